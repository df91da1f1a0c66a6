/*
 * bench.h - a register of sources over a store in a folder of its own, and a folder of files beside it.
 */
#ifndef HUFU_TESTS_UNIT_SOURCE_BENCH_H
#define HUFU_TESTS_UNIT_SOURCE_BENCH_H

#include "source/source.h"
#include "unit/store/fixture.h"

struct bench {
	struct fixture f;
	struct hf_sources *sources;
	char files[96]; /* outside the node's folder */
};

static inline void bench_open(struct bench *b)
{
	struct hf_fault fault = {HF_OK, ""};

	fixture_start(&b->f);
	snprintf(b->files, sizeof(b->files), "%s-files", b->f.dir);
	assert_int_equal(mkdir(b->files, 0700), 0);
	assert_int_equal(hf_sources_open(&b->f.base, b->f.store, NULL, &b->sources, &fault), HF_OK);
}

static inline void bench_close(struct bench *b)
{
	hf_sources_close(b->sources);
	assert_int_equal(nftw(b->files, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	fixture_stop(&b->f);
}

static inline const char *bench_write(struct bench *b, const char *name, const void *data, size_t len)
{
	static char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", b->files, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	return path;
}

static inline const char *bench_text(struct bench *b, const char *name, const char *text)
{
	return bench_write(b, name, text, strlen(text));
}

struct bench_scan {
	struct bench *b;
	bool done;
	enum hf_err e;
	struct hf_fault fault;
};

static inline void bench_on_scan(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct bench_scan *s = ctx;

	assert_false(s->done);
	s->done = true;
	s->e = e;
	s->fault = *f;
	if (e == HF_OK) {
		struct hf_unit *u = hf_unit_new();

		v->enabled = true;
		assert_int_equal(hf_source_put(s->b->sources, u, v, &s->fault), HF_OK);
		hf_store_submit(s->b->f.store, u, NULL, NULL);
	}
}

static inline enum hf_err bench_add(struct bench *b, const struct hf_source_view *v, struct hf_fault *ret_fault)
{
	struct bench_scan s = {.b = b};

	hf_source_scan(b->sources, v, bench_on_scan, &s);
	assert_false(s.done); /* never from inside the call */
	fixture_run_until(&b->f, &s.done);
	fixture_settle(&b->f);
	if (ret_fault)
		*ret_fault = s.fault;
	return s.e;
}

static inline enum hf_err bench_add_file(struct bench *b, const char *name, const char *kind, const char *path,
                                         struct hf_fault *ret_fault)
{
	struct hf_source_view v = {.enabled = true};

	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.kind, sizeof(v.kind), "%s", kind);
	snprintf(v.path, sizeof(v.path), "%s", path);
	return bench_add(b, &v, ret_fault);
}

static inline struct hf_source_reader *bench_reader(struct bench *b, const char *name, const char *const *fields,
                                                    size_t count)
{
	struct hf_fault fault = {HF_OK, ""};
	struct hf_source_reader *r = NULL;

	if (hf_source_open(b->sources, name, fields, count, &r, &fault) != HF_OK)
		fail_msg("%s", fault.text);
	return r;
}

/* The whole output, in uneven pieces. */
static inline void bench_read_all(struct hf_source_reader *r, struct hf_buf *out)
{
	size_t len, piece = 70001;

	hf_buf_clear(out);
	do {
		assert_true(hf_buf_reserve(out, piece));
		assert_int_equal(hf_source_read(r, out->len, out->data + out->len, piece, &len), HF_OK);
		out->len += len;
	} while (len == piece);
}

static inline void bench_assert_table(struct bench *b, const char *name, const char *const *fields, size_t count,
                                      const char *want)
{
	struct hf_source_reader *r = bench_reader(b, name, fields, count);
	struct hf_buf got = HF_BUF_INIT;

	for (unsigned i = 0; i < 2; i++) { /* the same bytes each time */
		bench_read_all(r, &got);
		assert_int_equal(got.len, strlen(want));
		assert_memory_equal(got.data, want, got.len);
	}
	hf_source_reader_close(r);
	hf_buf_done(&got);
}

#endif
