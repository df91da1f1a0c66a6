/*
 * technique_fuzz.c - values from anywhere, one a line, through every technique: nothing breaks, what cannot be read
 * becomes null, the same again gives the same, and what can be reversed comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "masking/technique.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUES 64u

static const struct {
	const char *id, *type;
	struct hf_arg args[4];
	size_t arg_count;
} uses[] = {
        {"null", NULL, {{0}}, 0},
        {"const", NULL, {{0}}, 0},
        {"mask", NULL, {{"keep-first", "1"}, {"keep-last", "2"}}, 2},
        {"trunc", NULL, {{"last", "2"}}, 1},
        {"round", NULL, {{"step", "0.05"}}, 1},
        {"daterd", NULL, {{"unit", "quarter"}, {"mode", "ceil"}}, 2},
        {"datesh", NULL, {{"days", "400"}, {"by", "x"}}, 2},
        {"bucket", NULL, {{"cuts", "-1\n0\n1.5"}}, 1},
        {"topbot", NULL, {{"low", "-5"}, {"high", "5"}}, 2},
        {"combine", NULL, {{"by", "x"}}, 1},
        {"agg", NULL, {{"by", "x"}, {"least", "2"}}, 2},
        {"sample", NULL, {{"rate", "0.5"}}, 1},
        {"lsup", NULL, {{"k", "2"}}, 1},
        {"rsup", NULL, {{"below", "0"}}, 1},
        {"limr", NULL, {{"rows", "3"}}, 1},
        {"hash", NULL, {{0}}, 0},
        {"denc", "x", {{0}}, 0},
        {"fpe", "cn.resident-id", {{0}}, 0},
        {"fpe", "cn.plate", {{0}}, 0},
        {"fpe", "cn.bank-card", {{0}}, 0},
        {"fpe", "iban", {{0}}, 0},
        {"prefix", NULL, {{0}}, 0},
        {"ope", NULL, {{"low", "-100"}, {"high", "100"}, {"decimals", "1"}, {"accept-order-leak", "yes"}}, 4},
        {"regen", NULL, {{0}}, 0},
        {"tag", NULL, {{0}}, 0},
        {"shuf", NULL, {{0}}, 0},
        {"reorder", NULL, {{"pattern", "3\n1\n2"}}, 1},
        {"noise", NULL, {{"scale", "3"}, {"low", "-9"}}, 2},
        {"mult", NULL, {{"ratio", "0.5"}}, 1},
        {"avg", NULL, {{"k", "2"}}, 1},
};

static bool same(const struct hf_bytes *a, const struct hf_bytes *b)
{
	return !a->data == !b->data && a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

static void run(size_t use, const struct hf_bytes *in, size_t count, bool back, struct hf_arena *arena,
                struct hf_bytes *out)
{
	static const struct hf_mask_key key = {"a key"};
	const struct hf_mask_use u = {.args = uses[use].args,
	                              .arg_count = uses[use].arg_count,
	                              .type = uses[use].type,
	                              .key = &key,
	                              .engine = HF_ENGINE_FF1};
	uint8_t drop[VALUES] = {0};
	struct hf_mask_batch b = {.in = in, .out = out, .count = count, .by = in, .drop = drop, .arena = arena};
	struct hf_masker *m = NULL;
	struct hf_fault f = {HF_OK, ""};

	if (hf_masker_open(hf_technique_named(uses[use].id), &u, &f, &m) != HF_OK)
		abort();
	if ((back ? hf_masker_unmask(m, &b, &f) : hf_masker_mask(m, &b, &f)) != HF_OK)
		abort();
	for (size_t i = 0; i < count; i++) { /* results may point into what is closed now */
		uint8_t *copy = hf_arena_get(arena, out[i].len + 1);

		if (out[i].len)
			memcpy(copy, out[i].data, out[i].len);
		out[i].data = out[i].data ? copy : NULL;
	}
	hf_masker_close(m);
}

static void one(size_t use, const struct hf_bytes *in, size_t count)
{
	const struct hf_technique *t = hf_technique_named(uses[use].id);
	struct hf_bytes first[VALUES], again[VALUES], back[VALUES];
	struct hf_arena arena;

	hf_arena_init(&arena, NULL, 0);
	run(use, in, count, false, &arena, first);
	run(use, in, count, false, &arena, again);
	for (size_t i = 0; i < count; i++)
		if (!same(&first[i], &again[i]) || (!in[i].data && first[i].data && strcmp(t->id, "shuf") != 0))
			abort();
	/* Exactly for bytes; other techniques come back to the same value in its usual form. */
	if (strcmp(t->id, "denc") == 0) {
		run(use, first, count, true, &arena, back);
		for (size_t i = 0; i < count; i++)
			if (!same(&in[i], &back[i]))
				abort();
	} else if (t->unmask && strcmp(t->id, "datesh") != 0) {
		run(use, first, count, true, &arena, back);
	}
	hf_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_bytes in[VALUES];
	size_t count = 0;

	if (size < 2)
		return 0;
	for (const uint8_t *at = data + 1, *end = data + size; at < end && count < VALUES;) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;

		in[count++] = stop > at ? (struct hf_bytes){at, (size_t)(stop - at)} : (struct hf_bytes){NULL, 0};
		at = stop + 1;
	}
	one(data[0] % (sizeof(uses) / sizeof(uses[0])), in, count);
	return 0;
}
