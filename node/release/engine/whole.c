/* whole.c - rows put away, columns masked one by one; declared in whole.h. */
#include "release/engine/whole.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/demand.h"
#include "release/engine/spill.h"

#define ROWS 2048u /* that come back at a time */

struct column {
	bool all;    /* its technique needs all rows */
	bool needed; /* by that technique, or by another's */
	size_t by;
	struct hf_spill_stream before, after;
};

struct hf_whole {
	struct hf_whole_setup setup;
	struct hf_spill *spill;
	struct hf_spill_stream rows; /* kinds, and the masked values of the other columns */
	struct column *columns;
	uint8_t *drop; /* by row */
	size_t count, cap;
};

struct hf_whole *hf_whole_new(const struct hf_whole_setup *setup)
{
	struct hf_whole *w = hf_alloc_zero(sizeof(*w));

	w->setup = *setup;
	w->spill = hf_spill_new(setup->folder, setup->memory);
	w->columns = hf_alloc_zero((setup->width + 1) * sizeof(*w->columns));
	for (size_t c = 0; c < setup->width; c++) {
		w->columns[c].all = hf_apply_needs_all(setup->apply, c, &w->columns[c].by);
		if (!w->columns[c].all)
			continue;
		w->columns[c].needed = true;
		if (w->columns[c].by != SIZE_MAX)
			w->columns[w->columns[c].by].needed = true;
	}
	return w;
}

void hf_whole_free(struct hf_whole *w)
{
	if (!w)
		return;
	hf_spill_drop(w->spill, &w->rows);
	for (size_t c = 0; c < w->setup.width; c++) {
		hf_spill_drop(w->spill, &w->columns[c].before);
		hf_spill_drop(w->spill, &w->columns[c].after);
	}
	hf_spill_free(w->spill);
	free(w->columns);
	free(w->drop);
	free(w);
}

bool hf_whole_on_disk(const struct hf_whole *w)
{
	return hf_spill_on_disk(w->spill);
}

static enum hf_err keep_drops(struct hf_whole *w, const struct hf_apply_batch *b, struct hf_fault *f)
{
	if (w->count + b->count > HF_WHOLE_COLUMN / 32)
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "a technique of the plan needs the whole table, of which %zu rows can be held; split "
		        "the table, or take techniques of rows",
		        HF_WHOLE_COLUMN / 32);
	while (w->cap < w->count + b->count) {
		w->cap = w->cap ? 2 * w->cap : ROWS;
		w->drop = hf_realloc(w->drop, w->cap);
	}
	memcpy(w->drop + w->count, b->drop, b->count);
	w->count += b->count;
	return HF_OK;
}

static enum hf_err keep_column(struct hf_whole *w, size_t c, const struct hf_apply_batch *b, struct hf_fault *f)
{
	struct hf_spill_stream *t = &w->columns[c].before;

	for (size_t r = 0; r < b->count; r++)
		HF_TRY(hf_spill_put_value(w->spill, t, &b->in[c * b->count + r], f));
	if (t->bytes + w->count * 32 <= HF_WHOLE_COLUMN)
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT,
	                    "a technique of the plan needs all values of a column, of which %zu MiB can be held; split "
	                    "the table, or take techniques of rows",
	                    HF_WHOLE_COLUMN >> 20);
}

enum hf_err hf_whole_add(struct hf_whole *w, struct hf_apply_batch *b, const uint8_t *kinds, struct hf_fault *f)
{
	const size_t width = w->setup.width;

	HF_TRY(hf_apply_some(w->setup.apply, b, f));
	for (size_t r = 0; r < b->count; r++) {
		if (w->setup.kinds)
			HF_TRY(hf_spill_put(w->spill, &w->rows, kinds + r * width, width, f));
		for (size_t c = 0; c < width; c++)
			if (!w->columns[c].all)
				HF_TRY(hf_spill_put_value(w->spill, &w->rows, &b->out[c * b->count + r], f));
	}
	HF_TRY(keep_drops(w, b, f));
	for (size_t c = 0; c < width; c++)
		if (w->columns[c].needed)
			HF_TRY(keep_column(w, c, b, f));
	return HF_OK;
}

static enum hf_err load(struct hf_whole *w, size_t c, struct hf_arena *arena, struct hf_bytes **ret_values,
                        struct hf_fault *f)
{
	struct hf_spill_stream *t = &w->columns[c].before;
	struct hf_bytes *v = hf_arena_get(arena, (w->count + 1) * sizeof(*v));

	hf_spill_rewind(t);
	for (size_t r = 0; r < w->count; r++)
		HF_TRY(hf_spill_get_value(w->spill, t, arena, &v[r], f));
	*ret_values = v;
	return HF_OK;
}

/* Column c, all rows of it; its results are put away. */
static enum hf_err mask_column(struct hf_whole *w, size_t c, struct hf_arena *arena, struct hf_fault *f)
{
	struct hf_bytes *in = NULL, *by = NULL;
	struct hf_apply_batch b = {.count = w->count, .arena = arena};

	HF_TRY(load(w, c, arena, &in, f));
	if (w->columns[c].by != SIZE_MAX)
		HF_TRY(load(w, w->columns[c].by, arena, &by, f));
	b.in = in;
	b.out = hf_arena_get(arena, (w->count + 1) * sizeof(*b.out));
	b.drop = hf_arena_get(arena, w->count + 1);
	HF_TRY(hf_apply_column(w->setup.apply, c, &b, by, f));
	for (size_t r = 0; r < w->count; r++) {
		w->drop[r] |= b.drop[r];
		HF_TRY(hf_spill_put_value(w->spill, &w->columns[c].after, &b.out[r], f));
	}
	return HF_OK;
}

static enum hf_err one_row(struct hf_whole *w, struct hf_arena *arena, struct hf_bytes *values, uint8_t *kinds,
                           struct hf_fault *f)
{
	if (w->setup.kinds)
		HF_TRY(hf_spill_get(w->spill, &w->rows, kinds, w->setup.width, f));
	for (size_t c = 0; c < w->setup.width; c++)
		HF_TRY(hf_spill_get_value(w->spill, w->columns[c].all ? &w->columns[c].after : &w->rows, arena,
		                          &values[c], f));
	return HF_OK;
}

/* Every row that stays, in their order. */
static enum hf_err each_row(struct hf_whole *w, hf_whole_row_fn fn, void *ctx, struct hf_fault *f)
{
	struct hf_bytes *values = hf_alloc((w->setup.width + 1) * sizeof(*values));
	uint8_t *kinds = hf_alloc(w->setup.width + 1);
	struct hf_arena arena;
	enum hf_err e = HF_OK;

	hf_arena_init(&arena, NULL, 0);
	for (size_t r = 0; e == HF_OK && r < w->count; r++) {
		e = one_row(w, &arena, values, kinds, f);
		if (e == HF_OK && !w->drop[r])
			e = fn(ctx, values, w->setup.kinds ? kinds : NULL, f);
		if (r % ROWS == ROWS - 1) {
			hf_arena_done(&arena);
			hf_arena_init(&arena, NULL, 0);
		}
	}
	hf_arena_done(&arena);
	free(values);
	free(kinds);
	return e;
}

struct sieving {
	struct hf_sieve *sieve;
	struct hf_bytes *values; /* of a row */
	size_t width;
	hf_whole_row_fn fn;
	void *ctx;
};

static enum hf_err row_in(void *ctx, const struct hf_bytes *first, const uint8_t *kinds, struct hf_fault *f)
{
	struct sieving *s = ctx;

	(void)kinds;
	return hf_sieve_add(s->sieve, first, f);
}

static enum hf_err row_through(void *ctx, const struct hf_bytes *first, const uint8_t *kinds, struct hf_fault *f)
{
	struct sieving *s = ctx;

	memcpy(s->values, first, s->width * sizeof(*first));
	hf_sieve_next(s->sieve, s->values);
	return s->fn(s->ctx, s->values, kinds, f);
}

/* Once through to see which rows the plan suppresses, and once more to give them out. */
static enum hf_err rows_out(struct hf_whole *w, hf_whole_row_fn fn, void *ctx, struct hf_fault *f)
{
	struct sieving s = {hf_apply_sieve(w->setup.apply), NULL, w->setup.width, fn, ctx};
	enum hf_err e;

	if (!s.sieve)
		return each_row(w, fn, ctx, f);
	s.values = hf_alloc((s.width + 1) * sizeof(*s.values));
	e = each_row(w, row_in, &s, f);
	if (e == HF_OK) {
		hf_sieve_end(s.sieve);
		hf_spill_rewind(&w->rows);
		for (size_t c = 0; c < s.width; c++)
			hf_spill_rewind(&w->columns[c].after);
		e = each_row(w, row_through, &s, f);
	}
	hf_sieve_free(s.sieve);
	free(s.values);
	return e;
}

enum hf_err hf_whole_end(struct hf_whole *w, hf_whole_row_fn fn, void *ctx, struct hf_fault *f)
{
	enum hf_err e = HF_OK;

	for (size_t c = 0; e == HF_OK && c < w->setup.width; c++) {
		struct hf_arena arena;

		if (!w->columns[c].all)
			continue;
		hf_arena_init(&arena, NULL, 0);
		e = mask_column(w, c, &arena, f);
		hf_arena_done(&arena);
	}
	for (size_t c = 0; c < w->setup.width; c++) /* what it was needed for is done */
		hf_spill_drop(w->spill, &w->columns[c].before);
	return e == HF_OK ? rows_out(w, fn, ctx, f) : e;
}
