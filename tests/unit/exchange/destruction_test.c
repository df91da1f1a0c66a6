/* The destruction of delivered data: two people, carried out, searched for, recorded and told (DS-144 ... DS-146). */
#include "exchange/destroying.h"
#include "exchange/held.h"
#include "source/load.h"
#include "source/outlet.h"
#include "unit/exchange/destroys.h"

/* ---- words ---- */

struct rows {
	char state[16], outcome[16], policy[400], verification[800], method[400], asked_by[64], approved_by[64];
	uint32_t attempts;
	size_t count;
};

/* The newest of that transfer at the consumer. */
static bool take_own(void *ctx, const Hufu__DestructionRow *r)
{
	struct rows *v = ctx;
	v->count++;
	v->attempts = r->attempts;
	snprintf(v->state, sizeof(v->state), "%s", r->state);
	snprintf(v->outcome, sizeof(v->outcome), "%s", r->outcome);
	snprintf(v->policy, sizeof(v->policy), "%s", r->policy);
	snprintf(v->method, sizeof(v->method), "%s", r->method);
	snprintf(v->verification, sizeof(v->verification), "%s", r->verification);
	snprintf(v->asked_by, sizeof(v->asked_by), "%s", r->asked_by);
	snprintf(v->approved_by, sizeof(v->approved_by), "%s", r->approved_by);
	return true;
}

static struct rows own(struct pair *p, const struct hf_id *id)
{
	struct rows v = {.count = 0};
	assert_int_equal(hf_destruction_list(p->health->exchange, id, take_own, &v), HF_OK);
	return v;
}

static bool take_told(void *ctx, const Hufu__DestroyedRow *r)
{
	struct rows *v = ctx;
	v->count++;
	assert_string_equal(r->consumer, "health");
	assert_int_equal(r->record_digest.len, 32);
	assert_true(r->destroyed_ms > 0);
	snprintf(v->outcome, sizeof(v->outcome), "%s", r->outcome);
	snprintf(v->policy, sizeof(v->policy), "%s", r->policy);
	snprintf(v->method, sizeof(v->method), "%s", r->method);
	snprintf(v->verification, sizeof(v->verification), "%s", r->verification);
	snprintf(v->asked_by, sizeof(v->asked_by), "%s", r->asked_by);
	snprintf(v->approved_by, sizeof(v->approved_by), "%s", r->approved_by);
	return true;
}

static struct rows told(struct pair *p, const struct hf_id *id)
{
	struct rows v = {.count = 0};
	settle(p->w);
	assert_int_equal(hf_destroyed_list(p->roads->authz, id, take_told, &v), HF_OK);
	return v;
}

static void wait_done(struct pair *p)
{
	until(p, !p->health->exchange->destroying);
	settle(p->w);
}

static void sealed_path(struct pair *p, const struct hf_id *id, char path[VAULT_PATH])
{
	vault_path(p->health->exchange->vault, id, path);
}

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	assert_true(in && out);
	for (int c; (c = getc_unlocked(in)) != EOF;)
		putc_unlocked(c, out);
	assert_int_equal(fclose(out), 0);
	fclose(in);
}

static struct hf_id delivered_as_file(struct pair *p)
{
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_true(is_there(p->output));
	return id;
}

static void assert_says(const char *part, const char *text)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

/* ---- two people ---- */

static bool is_replica(struct pair *p, const struct hf_id *id)
{
	uint8_t key[32];
	memcpy(key, p->entry.b, 16);
	memcpy(key + 16, id->b, 16);
	return hf_store_has(p->health->store, HF_TABLE_REPLICA, key, sizeof(key));
}

/* DS-144: without the approval of another person nothing is destroyed; DS-146: the record has object, manner, people,
 * time and verification, at both sides. */
static void one_asks_another_approves_and_both_sides_have_the_record(void **state)
{
	struct pair *p = pair_of(state, 5000);
	struct hf_id id = delivered(p);
	char path[VAULT_PATH];
	sealed_path(p, &id, path);
	assert_int_equal(answer_as(p->health, "qin", &id, true), HF_E_UNKNOWN); /* nobody asked */
	assert_int_equal(ask_as(p->health, "qin", &id), HF_E_PERMISSION);
	MUST(ask_as(p->health, "li", &id));
	assert_int_equal(ask_as(p->health, "li", &id), HF_E_STATE);
	assert_int_equal(answer_as(p->health, "li", &id, true), HF_E_PERMISSION);
	assert_int_equal(answer_as(p->health, "twin", &id, true), HF_E_SEPARATION); /* li's other account */
	destruction_sweep(p->health->exchange);
	wait_done(p);
	assert_true(is_there(path));
	assert_string_equal(own(p, &id).state, "asked");
	assert_true(is_replica(p, &id));
	MUST(answer_as(p->health, "qin", &id, true));
	wait_done(p);
	assert_false(is_there(path));
	assert_false(is_replica(p, &id)); /* newer versions are none of its business any more */
	struct rows here = own(p, &id), there = told(p, &id);
	assert_string_equal(here.state, "done");
	assert_int_equal(there.count, 1);
	assert_string_equal(there.outcome, "destroyed");
	assert_string_equal(there.policy, "");
	assert_string_equal(there.asked_by, "li");
	assert_string_equal(there.approved_by, "qin");
	assert_string_equal(there.method, here.method);
	assert_string_equal(there.verification, here.verification);
	assert_says("the key's slot reads erased", there.verification);
	assert_says("64 pieces of 32 bytes and the key's were looked for", there.verification);
	assert_int_equal(with_outcome(p->health, &id, HF_EVENT_DATA_DESTROYED, "ok"), 1);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_DESTRUCTION_RECORD), 1);
	assert_int_equal(ask_as(p->health, "li", &id), HF_E_ERASED);
}

static void what_is_refused_stays_and_may_be_asked_for_again(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	char path[VAULT_PATH];
	sealed_path(p, &id, path);
	MUST(ask_as(p->health, "li", &id));
	MUST(answer_as(p->health, "qin", &id, false));
	wait_done(p);
	assert_true(is_there(path));
	assert_string_equal(own(p, &id).state, "refused");
	assert_int_equal(answer_as(p->health, "qin", &id, true), HF_E_UNKNOWN);
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_int_equal(own(p, &id).count, 2);
	assert_string_equal(own(p, &id).state, "done");
}

/* ---- the search ---- */

/* DS-145, DS-146: a part that lies somewhere in the node's folder is found, and the destruction is not said to be done
 * before it is gone. */
static void a_copy_of_a_part_is_found(void **state)
{
	struct pair *p = pair_of(state, 5000);
	struct hf_id id = delivered(p);
	char path[VAULT_PATH], copy[200];
	sealed_path(p, &id, path);
	snprintf(copy, sizeof(copy), "%s/data/kept-by-somebody", p->health->dir);
	copy_file(path, copy);
	unsigned before = p->health->alarms;
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	struct rows here = own(p, &id);
	assert_string_equal(here.state, "approved");
	assert_string_equal(here.outcome, "failed");
	assert_int_equal(here.attempts, 1);
	assert_says("kept-by-somebody", here.verification);
	assert_true(p->health->alarms > before);
	assert_int_equal(told(p, &id).count, 0);
	pair_restart(p->health); /* what to look for is kept */
	wait_done(p);
	people_back(p->health);
	p->w->now_ms += 10 * 60 * 1000;
	destruction_sweep(p->health->exchange);
	wait_done(p);
	assert_int_equal(own(p, &id).attempts, 2);
	assert_int_equal(told(p, &id).count, 0);
	assert_int_equal(unlink(copy), 0);
	p->w->now_ms += 10 * 60 * 1000;
	destruction_sweep(p->health->exchange);
	wait_done(p);
	assert_string_equal(own(p, &id).state, "done");
	assert_int_equal(told(p, &id).count, 1);
	assert_says("64 pieces of 32 bytes were looked for", own(p, &id).verification);
}

static void a_descriptor_that_is_open_is_seen(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	char path[VAULT_PATH];
	sealed_path(p, &id, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_string_equal(own(p, &id).outcome, "failed");
	assert_says("still has the file open", own(p, &id).verification);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0); /* what it still shows is nothing */
	close(fd);
	p->w->now_ms += 10 * 60 * 1000;
	destruction_sweep(p->health->exchange);
	wait_done(p);
	assert_string_equal(own(p, &id).state, "done");
}

/* Whatever a piece of a file it stands across. */
static void the_search_finds_a_piece_at_every_place(void **state)
{
	struct pair *p = *state;
	static const size_t at[] = {
	        0, 1, (1 << 20) - 33, (1 << 20) - 31, (1 << 20) - 1, (1 << 20), (2 << 20) - 7, (2 << 20) + 68};
	uint8_t window[2][SEARCH_WINDOW];
	atomic_bool stop = false;
	char dir[100], deep[140], path[200];
	snprintf(dir, sizeof(dir), "%s/search", p->files);
	snprintf(deep, sizeof(deep), "%s/deep", dir);
	snprintf(path, sizeof(path), "%s/file", deep);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(deep, 0700), 0);
	hf_random(window, sizeof(window));
	struct search s = {.window = window, .count = 2, .stop = &stop};
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_int_equal(ftruncate(fd, (2 << 20) + 100), 0);
		assert_int_equal(destruction_search(dir, &s), HF_OK);
		assert_string_equal(s.found, "");
		assert_int_equal(s.bytes, (2 << 20) + 100);
		assert_int_equal(pwrite(fd, window[1], SEARCH_WINDOW, (off_t)at[i]), SEARCH_WINDOW);
		assert_int_equal(destruction_search(dir, &s), HF_OK);
		assert_string_equal(s.found, path);
		close(fd);
	}
	atomic_store(&stop, true);
	assert_int_equal(destruction_search(dir, &s), HF_E_CANCELLED);
}

/* ---- files ---- */

static void a_file_is_destroyed_when_it_is_the_one_that_was_delivered(void **state)
{
	struct pair *p = pair_of(state, (2 << 20) + 5);
	struct hf_id id = delivered_as_file(p), changed;
	char link_to[200];
	snprintf(link_to, sizeof(link_to), "%s/second-name", p->files);
	assert_int_equal(link(p->output, link_to), 0);
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_false(is_there(p->output));
	struct stat st;
	assert_int_equal(stat(link_to, &st), 0);
	assert_int_equal(st.st_size, 0); /* written over, whatever other name it has */
	assert_int_equal(unlink(link_to), 0);
	assert_string_equal(own(p, &id).state, "done");
	assert_string_equal(told(p, &id).outcome, "destroyed");
	pair_of(state, 3000);
	changed = delivered_as_file(p);
	int fd = open(p->output, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	MUST(destroy_as(p->health, &changed));
	wait_done(p);
	assert_true(is_there(p->output)); /* it may be anybody's by now */
	assert_string_equal(own(p, &changed).state, "open");
	assert_int_equal(told(p, &changed).count, 0);
	assert_int_equal(unlink(p->output), 0);
	MUST(destroy_as(p->health, &changed)); /* two people say that they saw to it */
	wait_done(p);
	assert_string_equal(own(p, &changed).state, "done");
	assert_string_equal(told(p, &changed).outcome, "absent");
}

/* The row as it stands when the file was looked at and found to be the one that was delivered. */
static void approve_marked(struct pair *p, const struct hf_id *id)
{
	Hufu__DestructionRow row = HUFU__DESTRUCTION_ROW__INIT;
	struct hf_id order = hf_id_new(p->w->now_ms);
	struct hf_unit *u = hf_unit_new();
	struct stat st;
	assert_int_equal(stat(p->output, &st), 0);
	const uint64_t mark[2] = {st.st_dev, st.st_ino};
	row.id = bytes_of(order.b, 16);
	row.object = row.transfer = bytes_of(id->b, 16);
	row.resource = bytes_of(p->entry.b, 16);
	row.kind = (char *)"file";
	row.provider = (char *)"roads";
	row.state = (char *)"approved";
	row.policy = row.reason = (char *)"the grant has ended";
	row.windows = bytes_of(mark, sizeof(mark));
	destruction_put(u, &row);
	submit_wait(p->health, u);
}

/* The node died while it wrote the file over: half of it is zeros, and it is not taken for somebody else's. */
static void a_crash_while_a_file_is_written_over_is_made_good(void **state)
{
	struct pair *p = pair_of(state, 3000);
	static const char zeros[1000];
	struct hf_id id = delivered_as_file(p);
	approve_marked(p, &id);
	int fd = open(p->output, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, zeros, sizeof(zeros)), sizeof(zeros));
	close(fd);
	pair_restart(p->health);
	wait_done(p);
	people_back(p->health);
	assert_false(is_there(p->output));
	assert_string_equal(own(p, &id).state, "done");
	assert_string_equal(told(p, &id).outcome, "destroyed");
}

/* And when it had removed it already, and died before that was recorded. */
static void a_crash_before_the_record_of_a_destroyed_file_is_made_good(void **state)
{
	struct pair *p = pair_of(state, 3000);
	struct hf_id id = delivered_as_file(p);
	approve_marked(p, &id);
	set_store_fails(p->health, true);
	destruction_sweep(p->health->exchange);
	wait_done(p);
	assert_false(is_there(p->output));
	assert_string_equal(own(p, &id).state, "approved");
	assert_int_equal(told(p, &id).count, 0);
	pair_restart(p->health);
	wait_done(p);
	people_back(p->health);
	assert_string_equal(own(p, &id).state, "done");
	assert_string_equal(told(p, &id).outcome, "destroyed");
}

/* ---- tables that were derived ---- */

struct registering {
	struct pair *p;
	bool done;
};

static void on_registered(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct registering *r = ctx;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {HF_OK, ""};
	if (e != HF_OK)
		fail_msg("%s", f->text);
	assert_int_equal(hf_source_put(r->p->health->sources, u, v, &fault), HF_OK);
	hf_store_submit(r->p->health->store, u, NULL, NULL);
	r->done = true;
}

static void register_table(struct pair *p, const char *name, const char *kind, const char *path)
{
	struct hf_source_view v = {.enabled = true};
	struct registering r = {.p = p};
	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.kind, sizeof(v.kind), "%s", kind);
	snprintf(v.path, sizeof(v.path), "%s", path);
	if (strcmp(kind, "sqlite") == 0)
		snprintf(v.table, sizeof(v.table), "derived");
	hf_source_scan(p->health->sources, &v, on_registered, &r);
	world_run_until(p->w, &r.done);
	node_barrier(p->health);
}

/* As a recall orders it. */
static struct hf_id destroy_source(struct pair *p, const struct hf_id *transfer, const char *name)
{
	struct destruction_wish w = {.kind = "source", .provider = "roads", .name = name, .why = "recalled"};
	struct hf_unit *u = hf_unit_new();
	w.object = hf_id_new(++p->w->now_ms);
	w.transfer = *transfer;
	w.resource = bytes_of(p->entry.b, 16);
	destruction_order(p->health->exchange, u, &w);
	submit_wait(p->health, u);
	destruction_sweep(p->health->exchange);
	wait_done(p);
	return w.object;
}

/* A table of an SQLite file, beside what else is in it. */
static void write_database(const char *path, const char *table)
{
	static const char text[] = "a\nx\n";
	struct hf_pace pace = {0};
	struct hf_load *l = hf_load_new();
	struct hf_fault f = {HF_OK, ""};
	void *load = NULL;
	bool done = true;
	hf_random(&l->transfer, sizeof(l->transfer));
	hf_random(&l->resource, sizeof(l->resource));
	snprintf(l->place, sizeof(l->place), "%s", path);
	snprintf(l->table, sizeof(l->table), "%s", table);
	l->columns = hf_alloc_zero(sizeof(*l->columns));
	snprintf(l->columns[0].name, sizeof(l->columns[0].name), "a");
	l->columns[0].type = HF_CSV_STRING;
	l->column_count = l->rows = 1;
	l->pace = &pace;
	assert_int_equal(hf_loader_sqlite.begin(l, &load, &done, &f), HF_OK);
	assert_false(done);
	assert_int_equal(hf_loader_sqlite.feed(load, (const uint8_t *)text, strlen(text), &f), HF_OK);
	assert_int_equal(hf_loader_sqlite.commit(load, &f), HF_OK);
	hf_loader_sqlite.close(load);
	hf_load_free(l);
}

/* DS-11: what was derived goes, and nothing that only lies in the same file. */
static void a_file_that_holds_more_than_what_was_derived_stays(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p), order;
	char path[200], copy[200];
	snprintf(path, sizeof(path), "%s/tables.db", p->files);
	snprintf(copy, sizeof(copy), "%s/as-it-was.db", p->files);
	write_database(path, "derived");
	write_database(path, "others");
	copy_file(path, copy);
	register_table(p, "derived", "sqlite", path);
	order = destroy_source(p, &id, "derived");
	assert_string_equal(own(p, &order).state, "open");
	assert_says("drop it there", own(p, &order).method);
	assert_true(same_files(path, copy));
	register_table(p, "made", "csv", p->source);
	register_table(p, "twice", "csv", p->source);
	order = destroy_source(p, &id, "made");
	assert_string_equal(own(p, &order).state, "open");
	assert_says("another source", own(p, &order).method);
	assert_true(is_there(p->source));
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_source_remove(p->health->sources, u, "twice", &f), HF_OK);
	submit_wait(p->health, u);
	order = destroy_source(p, &id, "made");
	assert_string_equal(own(p, &order).state, "done");
	assert_false(is_there(p->source));
}

/* ---- deliveries in databases, and in other forms ---- */

static void register_target(struct pair *p, const char *name, char path[200])
{
	struct hf_outlet o = {.kind = "sqlite"};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	snprintf(o.name, sizeof(o.name), "%s", name);
	snprintf(path, 200, "%s/%s.db", p->files, name);
	snprintf(o.place, sizeof(o.place), "%s", path);
	o.enabled = true;
	assert_int_equal(hf_outlet_put(p->health->sources, u, &o, &f), HF_OK);
	submit_wait(p->health, u);
}

static bool stands(const char *path, const char *table, const struct hf_id *transfer, const struct hf_id *entry)
{
	struct hf_load *l = hf_load_new();
	struct hf_fault f = {HF_OK, ""};
	bool there = false;
	l->transfer = *transfer;
	l->resource = *entry;
	snprintf(l->place, sizeof(l->place), "%s", path);
	snprintf(l->table, sizeof(l->table), "%s", table);
	assert_int_equal(hf_loader_sqlite.stands(l, &there, &f), HF_OK);
	hf_load_free(l);
	return there;
}

static struct hf_id delivered_to(struct pair *p, const char *to)
{
	p->to = to;
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	p->to = NULL;
	until(p, !transfer_find(p->health->exchange, &id, false));
	return id;
}

/* DS-11, DS-144: the table is dropped, and no other in the same database. */
static void a_delivery_in_a_database_is_dropped_there(void **state)
{
	struct pair *p = pair_of(state, 3000);
	char path[200];
	register_target(p, "store", path);
	write_database(path, "derived");
	struct hf_id id = delivered_to(p, "store/flights");
	assert_true(stands(path, "flights", &id, &p->entry));
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_string_equal(own(p, &id).state, "done");
	assert_string_equal(told(p, &id).outcome, "destroyed");
	assert_says("store/flights is dropped", own(p, &id).method);
	assert_says("no table of this delivery", own(p, &id).verification);
	register_table(p, "derived", "sqlite", path); /* another table, which is read as before */
	assert_false(stands(path, "flights", &id, &p->entry));
}

/* Nobody is told that a table is gone that the node has not looked for. */
static void a_delivery_in_a_database_that_cannot_be_reached_is_not_said_to_be_gone(void **state)
{
	struct pair *p = pair_of(state, 3000);
	struct hf_fault f = {HF_OK, ""};
	struct hf_outlet o;
	char path[200];
	register_target(p, "away", path);
	struct hf_id id = delivered_to(p, "away/flights");
	assert_int_equal(hf_outlet_get(p->health->sources, "away", &o, &f), HF_OK);
	o.enabled = false;
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(hf_outlet_put(p->health->sources, u, &o, &f), HF_OK);
	submit_wait(p->health, u);
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_string_equal(own(p, &id).state, "open");
	assert_says("target enable", own(p, &id).method);
	assert_int_equal(told(p, &id).count, 0);
}

/* JSON lines and packed files are known again by what was written. */
static void a_file_in_another_form_is_destroyed_when_it_is_the_one_that_was_made(void **state)
{
	static const char *const forms[] = {"jsonl", "csv.zst", "jsonl.zst"};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct pair *p = pair_of(state, (2 << 20) + 5);
		char link_to[200];
		struct stat st;
		p->format = forms[i];
		struct hf_id id = delivered_as_file(p);
		until(p, !transfer_find(p->health->exchange, &id, false));
		if (i == 1) {
			pair_restart(p->health); /* it is kept */
			people_back(p->health);
		}
		snprintf(link_to, sizeof(link_to), "%s/second-%zu", p->files, i);
		assert_int_equal(link(p->output, link_to), 0);
		MUST(destroy_as(p->health, &id));
		wait_done(p);
		assert_string_equal(own(p, &id).state, "done");
		assert_string_equal(told(p, &id).outcome, "destroyed");
		assert_false(is_there(p->output));
		assert_int_equal(stat(link_to, &st), 0);
		assert_int_equal(st.st_size, 0);
		assert_int_equal(unlink(link_to), 0);
	}
}

static void a_file_in_another_form_that_was_changed_is_for_people(void **state)
{
	struct pair *p = pair_of(state, 3000);
	p->format = "jsonl";
	struct hf_id id = delivered_as_file(p);
	until(p, !transfer_find(p->health->exchange, &id, false));
	int fd = open(p->output, O_RDWR | O_CLOEXEC);
	char c;
	assert_int_equal(pread(fd, &c, 1, 100), 1);
	c ^= 1; /* of the same length */
	assert_int_equal(pwrite(fd, &c, 1, 100), 1);
	close(fd);
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_string_equal(own(p, &id).state, "open");
	assert_says("other bytes than were made", own(p, &id).method);
	assert_true(is_there(p->output));
	assert_int_equal(told(p, &id).count, 0);
	assert_int_equal(unlink(p->output), 0);
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_string_equal(own(p, &id).state, "done");
	assert_string_equal(told(p, &id).outcome, "absent");
}

/* The row as an earlier version left it. */
static void forget_what_was_made(struct pair *p, const struct hf_id *id)
{
	struct hf_unit *u = hf_unit_new();
	struct transfer *t = NULL;
	assert_int_equal(transfer_load(p->health->exchange, id, false, &t), HF_OK);
	assert_true(t->made.known);
	t->made = (struct hf_load_made){.known = false};
	transfer_put(u, t);
	transfer_release(t);
	submit_wait(p->health, u);
}

static void a_file_whose_digest_was_never_kept_is_for_people(void **state)
{
	struct pair *p = pair_of(state, 3000);
	p->format = "jsonl";
	struct hf_id id = delivered_as_file(p);
	until(p, !transfer_find(p->health->exchange, &id, false));
	forget_what_was_made(p, &id);
	MUST(destroy_as(p->health, &id));
	wait_done(p);
	assert_string_equal(own(p, &id).state, "open");
	assert_says("before the node kept its digest", own(p, &id).method);
	assert_true(is_there(p->output));
	assert_int_equal(told(p, &id).count, 0);
}

/* ---- by itself ---- */

static struct hf_id delivered_for_an_hour(struct pair *p)
{
	people_back(p->s.hub);
	struct hf_id entry =
	        publish(p->roads, &(struct offer){.title = "一小时", .intake = "hub", .duty = "delete-after:3600000"});
	struct hf_id application = granted(&p->s, &entry), before = p->grant;
	p->grant = grant_at(p->health, &application);
	struct hf_id id = delivered(p);
	p->grant = before;
	return id;
}

static void an_obligation_ends_in_the_same_record(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered_for_an_hour(p);
	MUST(ask_as(p->health, "li", &id)); /* overtaken */
	p->w->now_ms += 3600000;
	destruction_sweep(p->health->exchange);
	wait_done(p);
	people_back(p->health);
	assert_string_equal(own(p, &id).state, "done");
	assert_int_equal(own(p, &id).count, 1);
	struct rows there = told(p, &id);
	assert_int_equal(there.count, 1);
	assert_says("the obligation to delete", there.policy);
	assert_string_equal(there.approved_by, "");
}

static void hold(struct pair *p, const struct hf_id *id, bool on)
{
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(on ? hf_ledger_hold(p->health->ledger, u, id, "court order", "wu")
	                    : hf_ledger_hold_lift(p->health->ledger, u, id),
	                 HF_OK);
	submit_wait(p->health, u);
}

/* A legal hold is stronger than an obligation and than people; nobody reads the data meanwhile. */
static void a_legal_hold_keeps_the_data_until_it_is_lifted(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered_for_an_hour(p), other = delivered(p), read;
	const struct hf_data_read in = reading_of(&id);
	char path[VAULT_PATH];
	sealed_path(p, &id, path);
	hold(p, &id, true);
	hold(p, &other, true);
	assert_int_equal(ask_as(p->health, "li", &other), HF_E_STATE);
	p->w->now_ms += 3600000;
	for (unsigned i = 0; i < 3; i++) {
		destruction_sweep(p->health->exchange);
		wait_done(p);
	}
	people_back(p->health);
	assert_true(is_there(path));
	assert_string_equal(own(p, &id).outcome, "waits");
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_ERASED);
	hold(p, &id, false);
	destruction_sweep(p->health->exchange);
	wait_done(p);
	assert_false(is_there(path));
	assert_string_equal(own(p, &id).state, "done");
	hold(p, &other, false);
}

static int destruction_up(void **state)
{
	destroys_up(state);
	hire(((struct pair *)*state)->health, "twin", "destruction-approver", "", "HR-1002"); /* as li */
	return 0;
}

/* An order that cannot be prepared, as after a restore without its transfer: people hear of it, and the others go on.
 */
static void an_order_that_cannot_begin_holds_up_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	const struct hf_id gone = hf_id_new(1); /* before all others in the table */
	struct destruction_wish missing = {.kind = "file",
	                                   .object = gone,
	                                   .transfer = gone,
	                                   .resource = bytes_of(gone.b, sizeof(gone.b)),
	                                   .provider = "roads",
	                                   .name = "",
	                                   .why = "a test of what is missing"};
	struct hf_unit *u = hf_unit_new();
	char path[VAULT_PATH];
	people_back(p->health);
	struct hf_id id = delivered(p);
	struct destruction_wish there = missing;
	there.kind = "sealed";
	there.object = there.transfer = id;
	sealed_path(p, &id, path);
	destruction_order(p->health->exchange, u, &missing);
	destruction_order(p->health->exchange, u, &there);
	submit_wait(p->health, u);
	unsigned before = p->health->alarms;
	destruction_sweep(p->health->exchange);
	until(p, !is_there(path));
	wait_done(p);
	assert_int_equal(recorded(p->health, &missing.transfer, HF_EVENT_DATA_DESTROYED), 1); /* which failed */
	assert_int_equal(recorded(p->health, &id, HF_EVENT_DATA_DESTROYED), 1);
	assert_int_equal(p->health->alarms, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_asks_another_approves_and_both_sides_have_the_record),
	        cmocka_unit_test(what_is_refused_stays_and_may_be_asked_for_again),
	        cmocka_unit_test(a_copy_of_a_part_is_found),
	        cmocka_unit_test(a_descriptor_that_is_open_is_seen),
	        cmocka_unit_test(the_search_finds_a_piece_at_every_place),
	        cmocka_unit_test(a_file_is_destroyed_when_it_is_the_one_that_was_delivered),
	        cmocka_unit_test(a_crash_while_a_file_is_written_over_is_made_good),
	        cmocka_unit_test(a_crash_before_the_record_of_a_destroyed_file_is_made_good),
	        cmocka_unit_test(a_file_that_holds_more_than_what_was_derived_stays),
	        cmocka_unit_test(a_delivery_in_a_database_is_dropped_there),
	        cmocka_unit_test(a_delivery_in_a_database_that_cannot_be_reached_is_not_said_to_be_gone),
	        cmocka_unit_test(a_file_in_another_form_is_destroyed_when_it_is_the_one_that_was_made),
	        cmocka_unit_test(a_file_in_another_form_that_was_changed_is_for_people),
	        cmocka_unit_test(a_file_whose_digest_was_never_kept_is_for_people),
	        cmocka_unit_test(an_obligation_ends_in_the_same_record),
	        cmocka_unit_test(a_legal_hold_keeps_the_data_until_it_is_lifted),
	        cmocka_unit_test(an_order_that_cannot_begin_holds_up_nothing),
	};
	return cmocka_run_group_tests(tests, destruction_up, pair_down);
}
