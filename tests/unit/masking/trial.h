/*
 * trial.h - runs a technique over a column and holds it to its record: repetition, reference, reversal, length,
 * frequencies (design of masking, 1.4). For the property tests.
 */
#ifndef TESTS_UNIT_MASKING_TRIAL_H
#define TESTS_UNIT_MASKING_TRIAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/technique.h"

/* Values of a column: a million when all is asked for (tests/run --full), else a tenth of it. */
static inline size_t trial_rows(void)
{
	return getenv("HUFU_LONG") ? 1000000 : 100000;
}
#define MILLION trial_rows()

static const struct hf_mask_key trial_key = {"the key of one scope"}, trial_other = {"the key of another"};

struct trial {
	const char *id, *type;
	struct hf_arg args[6];
	size_t arg_count;
	const char *file; /* text of the file that a parameter names */
	struct hf_buf *vault;
	const struct hf_bytes *in, *by;
	size_t count;
	struct hf_bytes *out; /* of the last run */
	uint8_t *drop;
	uint64_t unreadable;
	struct hf_arena arena;
};

static enum hf_err trial_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	(void)name;
	(void)f;
	assert_true(hf_buf_add(out, ctx, strlen(ctx)));
	return HF_OK;
}

/* The vault of a trial. */
static enum hf_err trial_put(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f)
{
	(void)name;
	(void)f;
	assert_true(hf_buf_add(ctx, data, len));
	return HF_OK;
}

static enum hf_err trial_vault(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct hf_buf *vault = ctx;

	(void)name;
	(void)f;
	assert_true(hf_buf_add(out, vault->data, vault->len));
	return HF_OK;
}

/* Opens with that key and masks, or goes back, in batches of so many. */
static void trial_run(struct trial *t, const struct hf_mask_key *key, const struct hf_bytes *in, bool back,
                      size_t batch)
{
	union {
		const char *in;
		void *out;
	} file = {t->file};
	const struct hf_technique *technique = hf_technique_named(t->id);
	struct hf_mask_use use = {.args = t->args,
	                          .arg_count = t->arg_count,
	                          .type = t->type,
	                          .key = key,
	                          .engine = HF_ENGINE_FF1,
	                          .file = t->file ? trial_file : NULL,
	                          .file_ctx = file.out,
	                          .put = t->vault ? trial_put : NULL,
	                          .put_ctx = t->vault};
	struct hf_masker *m = NULL;
	struct hf_fault f = {0};

	assert_non_null(technique);
	if (t->vault) {
		use.file = trial_vault;
		use.file_ctx = t->vault;
	}
	if (technique->record.reach == HF_REACH_TABLE)
		batch = t->count;
	t->out = calloc(t->count + 1, sizeof(*t->out));
	t->drop = calloc(t->count + 1, 1);
	t->unreadable = 0;
	if (hf_masker_open(technique, &use, &f, &m) != HF_OK)
		fail_msg("%s: %s", t->id, f.text);
	for (size_t at = 0; at < t->count; at += batch) {
		struct hf_arena scratch;
		struct hf_mask_batch b = {.in = in + at,
		                          .out = t->out + at,
		                          .count = t->count - at < batch ? t->count - at : batch,
		                          .by = t->by ? t->by + at : NULL,
		                          .first_row = at,
		                          .drop = t->drop + at,
		                          .arena = &scratch};

		hf_arena_init(&scratch, NULL, 0);
		if ((back ? hf_masker_unmask(m, &b, &f) : hf_masker_mask(m, &b, &f)) != HF_OK)
			fail_msg("%s: %s", t->id, f.text);
		t->unreadable += b.unreadable;
		for (size_t i = at; i < at + b.count; i++) {
			uint8_t *copy;

			if (!t->out[i].data)
				continue;
			copy = hf_arena_get(&t->arena, t->out[i].len + 1);
			memcpy(copy, t->out[i].data, t->out[i].len);
			copy[t->out[i].len] = 0;
			t->out[i].data = copy;
		}
		hf_arena_done(&scratch);
	}
	hf_masker_close(m);
}

static bool trial_same(const struct hf_bytes *a, const struct hf_bytes *b)
{
	return !a->data == !b->data && a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

struct trial_pair {
	const struct hf_bytes *in, *out;
};

static int trial_compare(const struct hf_bytes *a, const struct hf_bytes *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->data, b->data, n) : 0;

	return c ? c : a->len < b->len ? -1 : a->len > b->len;
}

static int trial_by_in(const void *a, const void *b)
{
	return trial_compare(((const struct trial_pair *)a)->in, ((const struct trial_pair *)b)->in);
}

static int trial_by_out(const void *a, const void *b)
{
	return trial_compare(((const struct trial_pair *)a)->out, ((const struct trial_pair *)b)->out);
}

/* Equal values gave equal results; with one_to_one, different ones different results. */
static void trial_reference(const struct trial *t, bool one_to_one)
{
	struct trial_pair *p = calloc(t->count, sizeof(*p));

	for (size_t i = 0; i < t->count; i++)
		p[i] = (struct trial_pair){&t->in[i], &t->out[i]};
	qsort(p, t->count, sizeof(*p), trial_by_in);
	for (size_t i = 1; i < t->count; i++)
		if (trial_same(p[i - 1].in, p[i].in))
			assert_true(trial_same(p[i - 1].out, p[i].out));
	if (one_to_one) {
		qsort(p, t->count, sizeof(*p), trial_by_out);
		for (size_t i = 1; i < t->count; i++)
			if (trial_same(p[i - 1].out, p[i].out))
				assert_true(trial_same(p[i - 1].in, p[i].in));
	}
	free(p);
}

static size_t trial_differ(const struct hf_bytes *a, const struct hf_bytes *b, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += !trial_same(&a[i], &b[i]);
	return n;
}

static size_t trial_chars(const struct hf_bytes *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++)
		n += i == 0 || (v->data[i] & 0xC0) != 0x80;
	return n;
}

/* The round trip with the key, and that another key does not make it. */
static void trial_reversal(struct trial *t, const struct hf_technique_record *r)
{
	struct hf_bytes *masked = t->out;

	trial_run(t, &trial_key, masked, true, 1000);
	assert_int_equal(t->unreadable, 0);
	assert_int_equal(trial_differ(t->in, t->out, t->count), 0);
	free(t->out);
	free(t->drop);
	if (r->reversible == HF_REVERSIBLE_KEY || r->reversible == HF_REVERSIBLE_VAULT) {
		trial_run(t, &trial_other, masked, true, 1000);
		assert_true(trial_differ(t->in, t->out, t->count) > t->count / 2);
		free(t->out);
		free(t->drop);
	}
	t->out = masked;
	t->drop = NULL;
}

/* Holds the technique to its record on these values, none of which is null or unreadable. MK-12, MK-71. The results
 * stay in t until trial_end. */
static void trial_promises(struct trial *t)
{
	const struct hf_technique_record *r = &hf_technique_named(t->id)->record;
	struct hf_bytes *first;
	uint8_t *dropped;

	hf_arena_init(&t->arena, NULL, 0);
	trial_run(t, &trial_key, t->in, false, 1000);
	first = t->out;
	dropped = t->drop;
	assert_int_equal(t->unreadable, 0);
	trial_run(t, &trial_key, t->in, false, 777); /* again, cut otherwise */
	assert_int_equal(trial_differ(first, t->out, t->count), 0);
	assert_memory_equal(dropped, t->drop, t->count);
	free(t->out);
	if (r->keyed != HF_KEYED_NOT) {
		size_t differ;

		free(t->drop);
		trial_run(t, &trial_other, t->in, false, 1000);
		differ = trial_differ(first, t->out, t->count);
		for (size_t i = 0; i < t->count; i++)
			differ += dropped[i] != t->drop[i];
		assert_true(differ > t->count / 20);
		free(t->out);
	}
	free(t->drop);
	t->out = first;
	t->drop = dropped;
	if (r->repeats == HF_REPEATS_VALUE)
		trial_reference(t, r->reference == HF_REFERENCE_ONE_TO_ONE);
	for (size_t i = 0; r->format == HF_FORMAT_LENGTH && i < t->count; i++)
		assert_int_equal(trial_chars(&t->in[i]), trial_chars(&t->out[i]));
	if (r->reversible != HF_REVERSIBLE_NO) {
		free(t->drop);
		trial_reversal(t, r);
	}
}

static void trial_end(struct trial *t)
{
	hf_arena_done(&t->arena);
	free(t->out);
	free(t->drop);
}

/* A column of count values made by fmt from draws below n; freed with trial_free. */
struct trial_column {
	struct hf_bytes *v;
	char *text;
	size_t count;
};

static uint64_t trial_draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static struct trial_column trial_column(size_t count, int (*make)(char out[40], uint64_t draw, size_t row))
{
	struct trial_column c = {calloc(count + 1, sizeof(*c.v)), malloc(count * 40 + 40), count};
	uint64_t state = 42;

	for (size_t i = 0; i < count; i++) {
		int n = make(c.text + i * 40, trial_draw(&state), i);

		c.v[i] = (struct hf_bytes){(const uint8_t *)c.text + i * 40, (size_t)n};
	}
	return c;
}

static void trial_free(struct trial_column *c)
{
	free(c->v);
	free(c->text);
}

/* The one result of a technique for one value; "(null)" for null. */
static const char *trial_one(const char *id, const struct hf_arg *args, size_t count, const char *file, const char *in,
                             const char *by)
{
	static char text[4][300];
	static unsigned at;
	const struct hf_bytes v = {(const uint8_t *)in, strlen(in)}, w = {(const uint8_t *)by, by ? strlen(by) : 0};
	struct trial t = {.id = id, .arg_count = count, .file = file, .in = &v, .by = by ? &w : NULL, .count = 1};
	char *ret = text[at++ % 4];

	if (count)
		memcpy(t.args, args, count * sizeof(*args));
	hf_arena_init(&t.arena, NULL, 0);
	trial_run(&t, &trial_key, &v, false, 1);
	snprintf(ret, sizeof(text[0]), "%s", t.out[0].data ? (const char *)t.out[0].data : "(null)");
	trial_end(&t);
	return ret;
}

#endif
