/* sample_test.c - samples of entries: only what a masking task released, and nothing else, is offered as one. */
#include <fcntl.h>
#include <sys/stat.h>

#include "catalog/sample.h"
#include "net.h"
#include "proto/codec.h"
#include "release/tasks.h"
#include "state_release.pb-c.h"

struct stage {
	struct net *net;
	struct site *site;
	struct hf_release *release;
	struct hf_id entry; /* on the source "flights", seen by health and port */
	struct hf_hash digest;
	char file[64];
	struct hf_fault f;
};

/* The masked file, with these words in it. */
static void write_file(struct stage *g, const char *text)
{
	int fd = open(g->file, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	hf_sha256(text, strlen(text), &g->digest);
}

/* The source "masked" as a scan of that file finds it; made by task (NULL: by none). */
static void put_masked(struct stage *g, const struct hf_id *task)
{
	static struct hf_source_field fields[] = {{"id", "integer", 0, NOT_SENSITIVE}};
	struct hf_source_view v = {.name = "masked",
	                           .kind = "csv",
	                           .enabled = true,
	                           .rows = 2,
	                           .scanned_ms = 1,
	                           .fields = fields,
	                           .field_count = 1,
	                           .digest = g->digest};
	struct hf_unit *u = hf_unit_new();
	struct stat st;

	assert_int_equal(stat(g->file, &st), 0);
	snprintf(v.path, sizeof(v.path), "%s", g->file);
	v.bytes = (uint64_t)st.st_size;
	v.stamp = (struct hf_source_stamp){v.bytes, st.st_ino,
	                                   st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec};
	if (task) {
		v.masked = *task;
		snprintf(v.masked_of, sizeof(v.masked_of), "flights");
	}
	assert_int_equal(hf_source_put(g->site->sources, u, &v, &g->f), HF_OK);
	hf_store_submit(g->site->store, u, NULL, NULL);
	net_settle(g->net);
}

/* A masking task in that state, with the digest of the file as it is now as its result. */
static struct hf_id put_task(struct stage *g, enum hf_mask_task_state state, const char *source)
{
	Hufu__MaskTaskRow row = HUFU__MASK_TASK_ROW__INIT;
	struct hf_id id = hf_id_new(g->net->now_ms++);
	struct hf_hash plan;
	struct hf_unit *u = hf_unit_new();
	uint8_t *bytes;
	size_t len;

	hf_sha256("the plan", 8, &plan);
	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.plan = (char *)"coarse";
	row.version = 3;
	row.plan_digest = (ProtobufCBinaryData){sizeof(plan.b), plan.b};
	row.source = (char *)source;
	row.state = (uint32_t)state;
	row.result_digest = (ProtobufCBinaryData){sizeof(g->digest.b), g->digest.b};
	bytes = hf_encode(&row.base, &len);
	hf_unit_put(u, HF_TABLE_MASK_TASK, id.b, sizeof(id.b), bytes, len);
	free(bytes);
	hf_store_submit(g->site->store, u, NULL, NULL);
	net_settle(g->net);
	return id;
}

static void open_stage(struct stage *g)
{
	memset(g, 0, sizeof(*g));
	g->net = net_new();
	g->site = &g->net->site[SB_ROADS];
	snprintf(g->file, sizeof(g->file), "/tmp/hufu-sample-XXXXXX");
	close(mkstemp(g->file));
	for (size_t i = 0; i < SITES; i++)
		site_up(g->net, i);
	assert_int_equal(hf_release_open(&g->site->base, g->site->store, NULL, g->site->sources, &g->release, &g->f),
	                 HF_OK);
	hf_catalog_set_release(g->site->catalog, g->release);
	site_source(g->site, "flights");
	net_settle(g->net);
	g->entry = must_publish(g->site, "departures", "nodes:health,port").id;
	net_settle(g->net);
	write_file(g, "id\n1\n2\n");
}

static void close_stage(struct stage *g)
{
	hf_release_close(g->release);
	hf_catalog_set_release(g->site->catalog, NULL);
	unlink(g->file);
	net_free(g->net);
}

/* The source "masked" as the sample of that entry. */
static enum hf_err publish_as(struct stage *g, Hufu__CatalogEntry *e, const struct hf_id *of, const char *scope_text,
                              struct hf_published *ret)
{
	Hufu__MaskedSample wish = HUFU__MASKED_SAMPLE__INIT;
	struct hf_scope scope = {HF_SCOPE_INVALID, NULL, 0};
	struct hf_publication p = {
	        .entry = e, .source = "masked", .scope = &scope, .purpose = "open data plan 2026", .by = "pan"};
	struct hf_unit *u = hf_unit_new();
	enum hf_err err;

	if (e->sample)
		wish.task = e->sample->task;
	wish.of = (ProtobufCBinaryData){sizeof(of->b), (uint8_t *)of->b};
	e->sample = &wish;
	g->f = (struct hf_fault){HF_OK, ""};
	assert_int_equal(hf_scope_parse(scope_text, &scope, &g->f), HF_OK);
	err = hf_catalog_publish(g->site->catalog, &p, u, ret, &g->f);
	if (err == HF_OK)
		hf_store_submit(g->site->store, u, NULL, NULL);
	else
		hf_unit_free(u);
	hf_scope_done(&scope);
	net_settle(g->net);
	return err;
}

static struct hf_published sample(struct stage *g)
{
	Hufu__CatalogEntry e;
	struct hf_published p;

	entry_wish(&e, "departures, a sample");
	if (publish_as(g, &e, &g->entry, "nodes:health", &p) != HF_OK)
		fail_msg("%s", g->f.text);
	return p;
}

static void assert_refused(struct stage *g, const struct hf_id *of, const char *scope, enum hf_err want,
                           const char *words)
{
	Hufu__CatalogEntry e;
	struct hf_published p;

	entry_wish(&e, "departures, a sample");
	assert_int_equal(publish_as(g, &e, of, scope, &p), want);
	if (!strstr(g->f.text, words))
		fail_msg("'%s' does not say '%s'", g->f.text, words);
}

/* SB-10: publishing a sample whose masking-job reference is missing or failed is refused. */
static void a_sample_without_a_released_task_is_refused(void **state)
{
	static const struct {
		enum hf_mask_task_state state;
		const char *says;
	} rows[] = {{HF_TASK_QUEUED, "is queued"},       {HF_TASK_RUNNING, "is running"},
	            {HF_TASK_PAUSED, "is paused"},       {HF_TASK_CHECKING, "is checking"},
	            {HF_TASK_RELEASING, "is releasing"}, {HF_TASK_FAILED, "is failed"},
	            {HF_TASK_STOPPED, "is stopped"}};
	struct hf_id nobodys;
	struct stage g;

	(void)state;
	open_stage(&g);
	put_masked(&g, NULL);
	assert_refused(&g, &g.entry, "nodes:health", HF_E_MASKING, "not what a masking task released");
	nobodys = hf_id_new(g.net->now_ms);
	put_masked(&g, &nobodys);
	assert_refused(&g, &g.entry, "nodes:health", HF_E_UNKNOWN, "no masking task");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hf_id task = put_task(&g, rows[i].state, "flights");

		put_masked(&g, &task);
		assert_refused(&g, &g.entry, "nodes:health", HF_E_MASKING, rows[i].says);
	}
	close_stage(&g);
}

/* SB-10: and so is one whose file is not, or no longer, what the task released. */
static void a_sample_of_another_file_is_refused(void **state)
{
	struct hf_id task;
	struct stage g;

	(void)state;
	open_stage(&g);
	task = put_task(&g, HF_TASK_RELEASED, "flights");
	write_file(&g, "id\n1\n3\n"); /* registered by hand as the task's */
	put_masked(&g, &task);
	assert_refused(&g, &g.entry, "nodes:health", HF_E_MASKING, "is not the one that masking task");
	task = put_task(&g, HF_TASK_RELEASED, "flights");
	put_masked(&g, &task);
	write_file(&g, "id\n1\n2\n3\n"); /* changed since it was scanned */
	assert_refused(&g, &g.entry, "nodes:health", HF_E_SOURCE_CHANGED, "is not the one that was scanned");
	put_masked(&g, &task); /* ... and scanned again, though the row says what it said */
	assert_refused(&g, &g.entry, "nodes:health", HF_E_MASKING, "is not the one that masking task");
	close_stage(&g);
}

static void a_sample_is_of_an_entry_on_the_source_that_was_masked(void **state)
{
	struct hf_id task, other, nowhere = hf_id_new(1795315259000);
	struct hf_published p;
	struct stage g;

	(void)state;
	open_stage(&g);
	task = put_task(&g, HF_TASK_RELEASED, "flights");
	put_masked(&g, &task);
	assert_refused(&g, &nowhere, "nodes:health", HF_E_UNKNOWN, "no entry");
	assert_refused(&g, &g.entry, "everyone", HF_E_ARGUMENT, "wider");
	p = sample(&g);
	assert_refused(&g, &p.id, "nodes:health", HF_E_STATE, "is a sample itself");
	other = put_task(&g, HF_TASK_RELEASED, "rivers");
	put_masked(&g, &other);
	assert_refused(&g, &g.entry, "nodes:health", HF_E_MASKING, "masked from source 'rivers'");
	assert_int_equal(site_rescope(g.site, &p.id, "everyone", &p), HF_E_ARGUMENT);
	assert_int_equal(site_rescope(g.site, &p.id, "nodes:health,port", &p), HF_OK);
	close_stage(&g);
}

struct shown {
	size_t count;
	struct hf_id id;
	char plan[32];
	uint32_t version;
	bool digests;
	const struct hf_hash *result;
};

static bool on_found(void *ctx, const struct hf_catalog_item *it)
{
	struct shown *f = ctx;
	const Hufu__MaskedSample *s = it->entry->sample;

	f->count++;
	assert_non_null(s);
	assert_true(hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &f->id));
	snprintf(f->plan, sizeof(f->plan), "%s", s->plan);
	f->version = s->plan_version;
	f->digests = s->plan_digest.len == 32 && s->digest.len == 32 && memcmp(s->digest.data, f->result->b, 32) == 0;
	return true;
}

static struct shown samples_at(struct stage *g, size_t site)
{
	char text[HF_ID_TEXT];
	struct hf_catalog_query q = {.sample_of = text, .publisher = g->site->name, .limit = 10};
	struct shown f = {.result = &g->digest};
	struct hf_id next;

	hf_id_text(&g->entry, text);
	assert_int_equal(hf_catalog_search(g->net->site[site].catalog, &q, on_found, &f, &next, &g->f), HF_OK);
	return f;
}

/* SB-10: the entry carries its masking task to whoever sees it, and is found by the entry that it is a sample of. */
static void peers_find_the_sample_of_an_entry(void **state)
{
	struct hf_published p;
	struct hf_id task;
	struct shown f;
	struct stage g;

	(void)state;
	open_stage(&g);
	task = put_task(&g, HF_TASK_RELEASED, "flights");
	put_masked(&g, &task);
	p = sample(&g);
	f = samples_at(&g, SB_HEALTH);
	assert_int_equal(f.count, 1);
	assert_memory_equal(f.id.b, p.id.b, sizeof(p.id.b));
	assert_string_equal(f.plan, "coarse");
	assert_int_equal(f.version, 3);
	assert_true(f.digests);
	assert_int_equal(samples_at(&g, SB_PORT).count, 0); /* out of its scope */
	close_stage(&g);
}

/* Asked at each delivery: what was published as masked does not leave when it is another file. */
static void a_sample_stands_as_long_as_its_file(void **state)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	Hufu__CatalogEntry e;
	Hufu__MaskedSample named = HUFU__MASKED_SAMPLE__INIT;
	struct hf_published p;
	struct hf_id task, next;
	struct stage g;

	(void)state;
	open_stage(&g);
	task = put_task(&g, HF_TASK_RELEASED, "flights");
	put_masked(&g, NULL); /* registered again, under a name of its own */
	entry_wish(&e, "departures, a sample");
	named.task = (ProtobufCBinaryData){sizeof(task.b), task.b};
	e.sample = &named;
	assert_int_equal(publish_as(&g, &e, &g.entry, "nodes:health", &p), HF_OK);
	assert_int_equal(hf_catalog_get(g.site->catalog, g.site->name, &p.id, &it), HF_OK);
	assert_int_equal(hf_catalog_sample_stands(g.site->catalog, &it, &g.f), HF_OK);
	write_file(&g, "id\n1001\n1002\n");
	assert_int_equal(hf_catalog_sample_stands(g.site->catalog, &it, &g.f), HF_E_SOURCE_CHANGED);
	put_masked(&g, NULL);
	assert_int_equal(hf_catalog_sample_stands(g.site->catalog, &it, &g.f), HF_E_MASKING);
	next = put_task(&g, HF_TASK_RELEASED, "flights"); /* masked, but another sample than the one published */
	put_masked(&g, &next);
	assert_int_equal(hf_catalog_sample_stands(g.site->catalog, &it, &g.f), HF_E_MASKING);
	close_stage(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_sample_without_a_released_task_is_refused),
	        cmocka_unit_test(a_sample_of_another_file_is_refused),
	        cmocka_unit_test(a_sample_is_of_an_entry_on_the_source_that_was_masked),
	        cmocka_unit_test(peers_find_the_sample_of_an_entry),
	        cmocka_unit_test(a_sample_stands_as_long_as_its_file),
	};

	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
