/*
 * The pages of a store are looked at before LMDB maps them: whatever was cut off or altered, opening and reading ends
 * with a sentence or with rows, never with a signal.
 */
#include "crypto/crypto.h"
#include "fixture.h"
#include "store/pages.h"

#define PAGE 4096u

static void path_of(const struct fixture *f, char out[100])
{
	snprintf(out, 100, "%s/state/data.mdb", f->dir);
}

static void put_random(struct fixture *f, uint64_t *random, unsigned rows)
{
	struct ending end = {0};
	struct hf_unit *u = hf_unit_new();
	char key[40];

	for (unsigned i = 0; i < rows; i++) {
		enum hf_table t = (enum hf_table)(1 + test_below(random, HF_TABLE_COUNT - 1));
		size_t len = test_below(random, test_below(random, 4) ? 300 : 20000);
		char *value = calloc(1, len + 1);

		snprintf(key, sizeof(key), "key %zu", test_below(random, 400));
		if (test_below(random, 3))
			hf_unit_put(u, t, key, strlen(key), value, len);
		else
			hf_unit_del(u, t, key, strlen(key));
		free(value);
	}
	hf_store_submit(f->store, u, ending_done, &end);
	fixture_run_until(f, &end.done);
	assert_int_equal(end.e, HF_OK);
}

/* A healthy store is never refused: long values, deleted rows, free lists, after each commit. */
static void a_healthy_store_is_whole(void **state)
{
	uint64_t random = test_seed("pages");
	struct hf_fault fault = {HF_OK, ""};
	struct fixture f;
	char path[100];

	(void)state;
	fixture_start(&f);
	path_of(&f, path);
	for (unsigned i = 0; i < 150; i++) {
		put_random(&f, &random, 1 + (unsigned)test_below(&random, 60));
		if (hf_pages_check(path, &fault) != HF_OK)
			fail_msg("after commit %u: %s", i, fault.text);
	}
	fixture_stop(&f);
}

static bool count_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	unsigned *sum = ctx;

	if (key.len)
		*sum += key.data[0];
	if (value.len)
		*sum += value.data[value.len - 1];
	return true;
}

/* Opens, reads every table and writes; true when the store was taken. */
static bool use(struct fixture *f, struct hf_fault *fault)
{
	unsigned sum = 0;
	struct ending end = {0};

	if (hf_store_open_with(&f->base, &f->options, &f->store, fault) != HF_OK)
		return false;
	for (int t = 1; t < HF_TABLE_COUNT; t++)
		if (hf_store_scan(f->store, (enum hf_table)t, NULL, 0, NULL, 0, count_row, &sum) != HF_OK)
			fail_msg("table %d of a store that was taken cannot be read", t);
	submit_text(f, "after", "the harm", &end);
	fixture_run_until(f, &end.done);
	hf_store_close(f->store);
	return true;
}

static void read_file(const char *path, struct hf_buf *out)
{
	FILE *file = fopen(path, "rb");
	char chunk[PAGE];
	size_t n;

	hf_buf_init(out, SIZE_MAX);
	assert_non_null(file);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		hf_buf_add(out, chunk, n);
	fclose(file);
}

static void write_bytes(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

struct harmed {
	struct fixture f;
	struct hf_buf whole;
	char path[100];
	uint64_t random;
};

static void prepare(struct harmed *h, const char *name)
{
	h->random = test_seed(name);
	fixture_start(&h->f);
	path_of(&h->f, h->path);
	for (unsigned i = 0; i < 12; i++)
		put_random(&h->f, &h->random, 40);
	hf_store_close(h->f.store);
	read_file(h->path, &h->whole);
}

static void finish(struct harmed *h)
{
	hf_buf_done(&h->whole);
	fixture_close_loop(&h->f);
	fixture_remove(&h->f);
}

/* The sentence names the file and the way out. */
static bool refused(struct harmed *h)
{
	struct hf_fault fault = {HF_OK, ""};

	if (use(&h->f, &fault))
		return false;
	assert_non_null(strstr(fault.text, "/state"));
	assert_non_null(strstr(fault.text, "; "));
	return true;
}

static void a_file_that_was_cut_short_is_refused(void **state)
{
	struct harmed h;
	size_t pages;
	unsigned count = 0;

	(void)state;
	prepare(&h, "cut");
	pages = h.whole.len / PAGE;
	for (size_t keep = 1; keep < pages; keep++) {
		write_bytes(h.path, h.whole.data, keep * PAGE);
		count += refused(&h);
	}
	assert_true(count >= pages / 2);
	write_bytes(h.path, h.whole.data, h.whole.len);
	assert_false(refused(&h));
	finish(&h);
}

/* A full disk or the end of power while the file was made: it is made anew; one that was written to never is. */
static void a_file_whose_making_was_cut_off_is_made_anew(void **state)
{
	struct harmed h;
	struct hf_fault fault = {HF_OK, ""};
	MDB_env *mdb;
	struct hf_buf fresh;
	char dir[100];

	(void)state;
	prepare(&h, "new");
	write_bytes(h.path, h.whole.data, PAGE);
	assert_true(refused(&h));
	write_bytes(h.path, h.whole.data, 2 * PAGE);
	assert_true(refused(&h));
	assert_int_equal(remove(h.path), 0);
	snprintf(dir, sizeof(dir), "%s/state", h.f.dir);
	assert_int_equal(mdb_env_create(&mdb), 0);
	assert_int_equal(mdb_env_open(mdb, dir, 0, 0600), 0);
	mdb_env_close(mdb);
	read_file(h.path, &fresh);
	assert_int_equal(fresh.len, 2 * PAGE);
	for (size_t keep = 0; keep <= 2 * PAGE; keep += PAGE) {
		write_bytes(h.path, fresh.data, keep);
		if (!use(&h.f, &fault))
			fail_msg("%zu bytes: %s", keep, fault.text);
	}
	memset(fresh.data, 0, fresh.len);
	write_bytes(h.path, fresh.data, fresh.len);
	assert_true(use(&h.f, &fault));
	hf_buf_done(&fresh);
	finish(&h);
}

static void a_page_of_zeros_is_refused_or_not_needed(void **state)
{
	struct harmed h;
	unsigned count = 0;

	(void)state;
	prepare(&h, "zeros");
	for (size_t page = 2; page < h.whole.len / PAGE; page++) {
		struct hf_buf b HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

		hf_buf_init(&b, SIZE_MAX);
		hf_buf_add(&b, h.whole.data, h.whole.len);
		memset(b.data + page * PAGE, 0, PAGE);
		write_bytes(h.path, b.data, b.len);
		count += refused(&h);
	}
	assert_true(count > 20);
	finish(&h);
}

/* One table with leaves enough. */
static void put_many(struct fixture *f, unsigned rows)
{
	struct ending end = {0};
	struct hf_unit *u = hf_unit_new();
	char key[40], value[120] = "";

	for (unsigned i = 0; i < rows; i++) {
		snprintf(key, sizeof(key), "key %06u", i);
		hf_unit_put(u, HF_TABLE_META, key, strlen(key), value, sizeof(value));
	}
	hf_store_submit(f->store, u, ending_done, &end);
	fixture_run_until(f, &end.done);
	assert_int_equal(end.e, HF_OK);
}

/* The first key of a leaf, which nothing in the page itself holds against it: a torn page may have lost just that. What
 * the pages above say of the page does, but for the first leaf of a table. */
static void a_key_that_belongs_elsewhere_is_refused(void **state)
{
	struct harmed h;
	unsigned count = 0;

	(void)state;
	fixture_start(&h.f);
	path_of(&h.f, h.path);
	put_many(&h.f, 400);
	hf_store_close(h.f.store);
	read_file(h.path, &h.whole);
	for (size_t page = 2; page < h.whole.len / PAGE; page++) {
		uint8_t *bytes = h.whole.data + page * PAGE, kept[PAGE];
		uint16_t flags, lower, at, key_len;

		memcpy(&flags, bytes + 10, sizeof(flags));
		memcpy(&lower, bytes + 12, sizeof(lower));
		memcpy(&at, bytes + 16, sizeof(at));
		if (flags != 0x02 || lower <= 16 || at > PAGE - 8)
			continue;
		memcpy(&key_len, bytes + at + 6, sizeof(key_len));
		memcpy(kept, bytes, PAGE);
		memset(bytes + at + 8, 0, key_len < PAGE - at - 8u ? key_len : 0);
		write_bytes(h.path, h.whole.data, h.whole.len);
		count += refused(&h);
		memcpy(bytes, kept, PAGE);
	}
	assert_true(count > 10);
	finish(&h);
}

/* One byte of the heads and nodes of a page, thousands of times: no signal. */
static void an_altered_byte_kills_nobody(void **state)
{
	unsigned rounds = getenv("HUFU_LONG") ? 20000 : 400, count = 0;
	struct harmed h;

	(void)state;
	prepare(&h, "byte");
	for (unsigned i = 0; i < rounds; i++) {
		size_t page = 2 + test_below(&h.random, h.whole.len / PAGE - 2);
		size_t at = page * PAGE + test_below(&h.random, test_below(&h.random, 2) ? 64 : PAGE);
		uint8_t kept = h.whole.data[at];

		h.whole.data[at] ^= (uint8_t)(1 + test_below(&h.random, 255));
		write_bytes(h.path, h.whole.data, h.whole.len);
		count += refused(&h);
		h.whole.data[at] = kept;
	}
	assert_true(count > rounds / 50);
	finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_healthy_store_is_whole),
	        cmocka_unit_test(a_file_that_was_cut_short_is_refused),
	        cmocka_unit_test(a_file_whose_making_was_cut_off_is_made_anew),
	        cmocka_unit_test(a_page_of_zeros_is_refused_or_not_needed),
	        cmocka_unit_test(a_key_that_belongs_elsewhere_is_refused),
	        cmocka_unit_test(an_altered_byte_kills_nobody),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
