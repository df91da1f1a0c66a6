/*
 * whole_test.c - tables of which techniques need all rows: the same bytes whether they are held in memory or put away
 * on the disk, and what is on the disk tells nothing (MK-7).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "release/engine/spill.h"
#include "release/engine/stream.h"

#define ROWS 9000u
#define MARKER "MARKER-of-a-person"

#define SCHEME(kind) "  " kind ": {cause: c, solution: s, who: w}\n"
static const char plan_text[] =
        "masking-plan: 1\nname: whole\nversion: 1\nneed: n\npurpose: p\nmode: static\n"
        "people: {operator: a, security: b, audit: c}\nscope: {group: g, consumer: x}\nschedule: by hand\n"
        "result: {rows-least: 1%s}\nrelations: []\ntables:\n  t:\n    fields:\n"
        "      n: {technique: sample, rate: 0.5}\n      name: {technique: shuf}\n      income: {technique: avg, k: 5}\n"
        "      group: {technique: lsup, k: 3}\n      sum: {technique: agg, by: group, least: 2}\n"
        "      code: {technique: hash}\n      note: keep\n      gone: {technique: limc}\n"
        "emergency:\n" SCHEME("source") SCHEME("format") SCHEME("key") SCHEME("result") SCHEME("space");
static const struct hf_mask_key root = {{7}};
static enum hf_stream_form form;
/* What all rows of a table of row techniques alone are needed for, too. */
static const char *demand = "";
static char folder[] = "/tmp/hufu-whole-XXXXXX";

static enum hf_err take(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	(void)f;
	assert_true(hf_buf_add(ctx, data, len));
	return HF_OK;
}

static struct hf_plan *read_plan(void)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;
	char text[4096];

	snprintf(text, sizeof(text), plan_text, demand);
	if (hf_plan_read("plan", text, strlen(text), &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	return p;
}

static void make_table(struct hf_buf *out)
{
	if (form == HF_STREAM_CSV)
		assert_true(hf_buf_addf(out, "n,name,income,group,sum,code,note,gone\n"));
	for (unsigned i = 0; i < ROWS; i++) {
		unsigned draw = i * 2654435761u >> 8;

		assert_true(hf_buf_addf(out,
		                        form == HF_STREAM_CSV ? "%u,\"" MARKER
		                                                "-%u, \"\"x\"\"\",%u.%u,G%u,%u,C%u,note %u,y\n"
		                                              : "{\"n\":%u,\"name\":\"" MARKER
		                                                "-%u\",\"income\":%u.%u,\"group\":\"G%u\","
		                                                "\"sum\":%u,\"code\":\"C%u\",\"note\":\"note %u\"}\n",
		                        i, i, draw % 1000, i % 10, draw % 3000, draw % 77, draw, i));
	}
}

static struct hf_stream *start(const struct hf_plan *plan, const char *where, struct hf_buf *out)
{
	const struct hf_stream_setup s = {.plan = plan,
	                                  .table = "t",
	                                  .root = &root,
	                                  .in_form = form,
	                                  .out_form = form,
	                                  .write = take,
	                                  .write_ctx = out,
	                                  .folder = where,
	                                  .memory = where ? 1 : 0};

	return hf_stream_new(&s);
}

static void feed(struct hf_stream *s, const struct hf_buf *in)
{
	struct hf_fault f = {.code = HF_OK};
	const char *kind;

	if (hf_stream_feed(s, in->data, in->len, &f, &kind) != HF_OK)
		fail_msg("%s", f.text);
}

static void masked(const struct hf_buf *in, const char *where, struct hf_buf *out)
{
	struct hf_plan *plan = read_plan();
	struct hf_stream *s = start(plan, where, out);
	struct hf_fault f = {.code = HF_OK};
	const char *kind;

	feed(s, in);
	if (hf_stream_end(s, &f, &kind) != HF_OK)
		fail_msg("%s", f.text);
	assert_int_equal(hf_stream_rows_in(s), ROWS);
	assert_in_range(hf_stream_rows_out(s), ROWS * 4 / 10, ROWS * 6 / 10);
	hf_stream_free(s);
	hf_plan_free(plan);
}

/* The columns of make_table's CSV, all at once through the techniques, nothing put away. */
static void reference(struct hf_buf *out)
{
	static const char *const header[] = {"n", "name", "income", "group", "sum", "code", "note", "gone"};
	struct hf_plan *plan = read_plan();
	const struct hf_apply_setup setup = {
	        .plan = plan, .table = "t", .header = header, .header_count = 8, .root = &root};
	const uint8_t keeps[8] = {1, 1, 1, 1, 1, 1, 1, 0};
	const struct hf_put put = {HF_STREAM_CSV, header, keeps, 8};
	struct hf_bytes *in = calloc(8 * ROWS, sizeof(*in)), *masked = calloc(8 * ROWS, sizeof(*masked));
	struct hf_fault f = {.code = HF_OK};
	struct hf_apply *a = NULL;
	struct hf_apply_batch b;
	struct hf_arena arena;

	hf_arena_init(&arena, NULL, 0);
	for (unsigned i = 0; i < ROWS; i++) {
		unsigned draw = i * 2654435761u >> 8;
		char *text = hf_arena_get(&arena, 8 * 64);

		snprintf(text, 64, "%u", i);
		snprintf(text + 64, 64, MARKER "-%u, \"x\"", i);
		snprintf(text + 128, 64, "%u.%u", draw % 1000, i % 10);
		snprintf(text + 192, 64, "G%u", draw % 3000);
		snprintf(text + 256, 64, "%u", draw % 77);
		snprintf(text + 320, 64, "C%u", draw);
		snprintf(text + 384, 64, "note %u", i);
		snprintf(text + 448, 64, "y");
		for (size_t c = 0; c < 8; c++)
			in[c * ROWS + i] = (struct hf_bytes){(uint8_t *)text + 64 * c, strlen(text + 64 * c)};
	}
	assert_int_equal(hf_apply_open(&setup, &f, &a), HF_OK);
	b = (struct hf_apply_batch){in, masked, hf_arena_get(&arena, ROWS), ROWS, 0, &arena};
	assert_int_equal(hf_apply_rows(a, &b, &f), HF_OK);
	assert_int_equal(hf_put_header(&put, out, &f), HF_OK);
	for (size_t r = 0; r < ROWS; r++)
		if (!b.drop[r])
			assert_int_equal(hf_put_row(&put, masked + r, ROWS, NULL, out, &f), HF_OK);
	hf_apply_close(a);
	hf_plan_free(plan);
	hf_arena_done(&arena);
	free(in);
	free(masked);
}

/* Ends with the number of bytes. */
static size_t same_everywhere(void)
{
	HF_CLEANUP(hf_buf_done)
	struct hf_buf in = HF_BUF_INIT, memory = HF_BUF_INIT, disk = HF_BUF_INIT, whole = HF_BUF_INIT;

	make_table(&in);
	masked(&in, NULL, &memory);
	masked(&in, folder, &disk);
	assert_int_equal(memory.len, disk.len);
	assert_memory_equal(memory.data, disk.data, disk.len);
	if (form == HF_STREAM_CSV && !demand[0]) {
		reference(&whole);
		assert_int_equal(memory.len, whole.len);
		assert_memory_equal(memory.data, whole.data, whole.len);
	}
	return memory.len;
}

static void test_the_disk_changes_nothing(void **state)
{
	(void)state;
	for (form = HF_STREAM_CSV; form <= HF_STREAM_LINES; form++) {
		size_t without = same_everywhere();

		demand = ", risk: {t: {quasi: [group, sum], sensitive: [income, name], k: 3, suppress: 1}}";
		assert_true(same_everywhere() < without); /* classes of one or two lost their quasi-identifiers */
		demand = "";
	}
	form = HF_STREAM_CSV;
}

/* The file without a name that this process holds open in the folder; its size, 0: there is none. */
static off_t nameless(int *ret_fd)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	off_t size = 0;

	while ((e = readdir(d))) {
		char path[300], to[300];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
		n = readlink(path, to, sizeof(to) - 1);
		if (n <= 0 || strncmp(to, folder, strlen(folder)) != 0)
			continue;
		*ret_fd = (int)strtol(e->d_name, NULL, 10);
		size = lseek(*ret_fd, 0, SEEK_END);
	}
	closedir(d);
	return size;
}

static size_t names(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void test_nothing_plain_is_on_the_disk(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf in = HF_BUF_INIT, out = HF_BUF_INIT;
	struct hf_plan *plan = read_plan();
	struct hf_stream *s = start(plan, folder, &out);
	uint8_t *bytes;
	off_t size;
	int fd = -1;

	(void)state;
	make_table(&in);
	assert_non_null(memmem(in.data, in.len, MARKER, strlen(MARKER)));
	feed(s, &in);
	size = nameless(&fd);
	assert_true(size > (off_t)in.len / 2);
	assert_int_equal(names(), 0);
	bytes = malloc((size_t)size);
	assert_int_equal(pread(fd, bytes, (size_t)size, 0), size);
	for (unsigned i = 0; i < 10; i++) {
		char word[12];

		snprintf(word, sizeof(word), "note %u", i * 777);
		assert_null(memmem(bytes, (size_t)size, word, strlen(word)));
	}
	assert_null(memmem(bytes, (size_t)size, "MARKER", 6));
	assert_null(memmem(bytes, (size_t)size, "person", 6));
	free(bytes);
	hf_stream_free(s);
	assert_int_equal(nameless(&fd), 0);
	hf_plan_free(plan);
}

/* What somebody changed on the disk is not taken for the table. */
static void test_what_was_changed_is_refused(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf in = HF_BUF_INIT, out = HF_BUF_INIT;
	struct hf_plan *plan = read_plan();
	struct hf_stream *s = start(plan, folder, &out);
	struct hf_fault f = {.code = HF_OK};
	const char *kind = NULL;
	int fd = -1;

	(void)state;
	make_table(&in);
	feed(s, &in);
	assert_true(nameless(&fd) > 0);
	assert_int_equal(pwrite(fd, "x", 1, 1000), 1);
	assert_int_equal(hf_stream_end(s, &f, &kind), HF_E_IO);
	assert_non_null(strstr(f.text, "was changed by somebody"));
	assert_string_equal(kind, "space");
	hf_stream_free(s);
	hf_plan_free(plan);
}

static void test_bytes_come_back_in_order(void **state)
{
	struct hf_spill *s = hf_spill_new(folder, (size_t)300 << 10);
	struct hf_spill_stream t[3] = {{.bytes = 0}};
	struct hf_fault f = {.code = HF_OK};
	uint8_t piece[5000], back[5000];

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		memset(piece, (int)(i * 7 % 251), sizeof(piece));
		assert_int_equal(hf_spill_put(s, &t[i % 3], piece, 1 + i * 8, &f), HF_OK);
	}
	assert_true(hf_spill_on_disk(s));
	for (unsigned again = 0; again < 2; again++) {
		for (unsigned i = 0; i < 600; i++) {
			memset(piece, (int)(i * 7 % 251), sizeof(piece));
			assert_int_equal(hf_spill_get(s, &t[i % 3], back, 1 + i * 8, &f), HF_OK);
			assert_memory_equal(piece, back, 1 + i * 8);
		}
		for (unsigned i = 0; i < 3; i++)
			hf_spill_rewind(&t[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		hf_spill_drop(s, &t[i]);
	hf_spill_free(s);
	s = hf_spill_new(NULL, (size_t)300 << 10); /* no folder: memory is all there is */
	for (unsigned i = 0; i < 100 && f.code == HF_OK; i++)
		f.code = hf_spill_put(s, &t[0], piece, sizeof(piece), &f);
	assert_int_equal(f.code, HF_E_LIMIT);
	assert_non_null(strstr(f.text, "needs the whole table"));
	hf_spill_drop(s, &t[0]);
	hf_spill_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_disk_changes_nothing),
	        cmocka_unit_test(test_nothing_plain_is_on_the_disk),
	        cmocka_unit_test(test_what_was_changed_is_refused),
	        cmocka_unit_test(test_bytes_come_back_in_order),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
