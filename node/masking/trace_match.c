/*
 * trace_match.c - leaked rows found again in the original by columns that are masked alike for every recipient.
 *
 * Each such column of a row is a part, a hash; a row's sum over all parts, over all but one, or over some kinds of them
 * is looked up among the leaked rows' sums. So a column that was left out of the leak or changed hides no row that the
 * others tell. Nothing here depends on a recipient's key: what is found by chance is as likely for each.
 */
#include <stdlib.h>
#include <string.h>

#include "masking/trace_internal.h"

/* Numbers however they are written: without zeros at the end. */
static uint64_t number_hash(const struct hf_trace *t, size_t salt, struct hf_decimal d)
{
	uint8_t b[16];

	while (d.scale > 0 && d.units % 10 == 0) {
		d.units /= 10;
		d.scale--;
	}
	hf_put_u64(b, (uint64_t)d.units);
	hf_put_u64(b + 8, d.scale);
	return trace_hash(t, salt, b, sizeof(b));
}

/* salt: the leaked column, from 1. */
static uint64_t part(const struct hf_trace *t, const struct trace_column *c, const struct hf_bytes *v)
{
	const size_t salt = c->leaked + 1;
	struct hf_decimal d;
	int64_t room;

	if (!v->data)
		return salt * 0xD6E8FEB86659FD93u;
	if (!hf_decimal_read(v->data, v->len, &d))
		return trace_hash(t, salt, v->data, v->len);
	if (c->kind == TRACE_MARKED) {
		if (d.scale < c->step.scale) { /* zeros at the end that were left out */
			int64_t units;

			if (hf_decimal_at(&d, c->step.scale, &units))
				d = (struct hf_decimal){units, c->step.scale};
		}
		if (hf_decimal_at(&c->step, d.scale, &room) && room > 1)
			d.units = hf_round_units(d.units, room, HF_ROUND_FLOOR);
	}
	return number_hash(t, salt, d);
}

static bool is_part(const struct trace_column *c)
{
	return c->kind != TRACE_KEYED;
}

/* ret_sums: by way of the index. */
static void sums(const struct trace_run *run, const uint64_t *parts, uint64_t *ret_sums)
{
	uint64_t all = 0, unmarked = 0, words = 0;

	for (size_t i = 0; i < run->count; i++) {
		all += is_part(&run->columns[i]) ? parts[i] : 0;
		unmarked += run->columns[i].kind == TRACE_ALIKE ? parts[i] : 0;
		words += run->columns[i].kind == TRACE_ALIKE && run->columns[i].words ? parts[i] : 0;
	}
	for (size_t w = 0; w < run->index.ways; w++) {
		uint64_t sum = all;

		if (run->way_of[w] == FOUND_UNMARKED)
			sum = unmarked;
		else if (run->way_of[w] == FOUND_WORDS)
			sum = words;
		else if (run->way_of[w] == FOUND_BUT_ONE)
			sum = all - parts[run->part_out[w]];
		ret_sums[w] = (sum ^ sum >> 29) * 0xBF58476D1CE4E5B9u + w;
	}
}

static void choose_ways(struct trace_run *run)
{
	size_t parts = 0, marked = 0, words = 0, n = 0;

	for (size_t i = 0; i < run->count; i++) {
		parts += is_part(&run->columns[i]);
		marked += run->columns[i].kind == TRACE_MARKED;
		words += run->columns[i].kind == TRACE_ALIKE && run->columns[i].words;
	}
	if (parts > 0)
		run->way_of[n++] = FOUND_ALL;
	if (marked > 0 && parts > marked)
		run->way_of[n++] = FOUND_UNMARKED;
	for (size_t i = 0; parts > 1 && i < run->count; i++)
		if (is_part(&run->columns[i])) {
			run->part_out[n] = i;
			run->way_of[n++] = FOUND_BUT_ONE;
		}
	if (words > 0 && words < parts)
		run->way_of[n++] = FOUND_WORDS;
	run->index.ways = n;
}

void trace_index_make(struct hf_trace *t)
{
	struct trace_run *run = t->run;
	struct trace_index *x = &run->index;
	uint64_t *parts = hf_alloc((run->count + 1) * sizeof(*parts));
	uint64_t *row_sums = hf_alloc((run->count + 3) * sizeof(*row_sums));

	choose_ways(run);
	x->rows = t->rows;
	x->slot_count = 64;
	while (x->slot_count < 2 * x->rows * x->ways)
		x->slot_count *= 2;
	x->slots = hf_alloc_zero(x->slot_count * sizeof(*x->slots));
	x->sums = hf_alloc((x->rows * x->ways + 1) * sizeof(*x->sums));
	x->next = hf_alloc((x->rows * x->ways + 1) * sizeof(*x->next));
	for (size_t r = 0; r < t->rows; r++) {
		for (size_t i = 0; i < run->count; i++)
			parts[i] = part(t, &run->columns[i], trace_leaked(t, r, run->columns[i].leaked));
		sums(run, parts, row_sums);
		for (size_t w = 0; w < x->ways; w++) {
			size_t entry = w * x->rows + r, slot = (size_t)row_sums[w] & (x->slot_count - 1);

			x->sums[entry] = row_sums[w];
			x->next[entry] = x->slots[slot];
			x->slots[slot] = (uint32_t)entry + 1;
		}
	}
	free(parts);
	free(row_sums);
}

void trace_index_done(struct trace_index *x)
{
	free(x->sums);
	free(x->next);
	free(x->slots);
}

/* The digits of a fingerprint that the plan's limits left room for. */
static void read_mark(const struct trace_column *c, const struct hf_bytes *v, struct trace_cell *cell)
{
	struct hf_decimal d;
	int64_t whole, limit;

	if (!hf_decimal_read(v->data, v->len, &d) || !hf_decimal_at(&c->step, d.scale, &cell->room))
		return;
	cell->units = d.units;
	cell->scale = d.scale;
	if (d.scale < c->step.scale || cell->room < 2)
		cell->room = 0;
	else
		whole = hf_round_units(d.units, cell->room, HF_ROUND_FLOOR);
	if (cell->room && c->low.scale != 99 && hf_decimal_at(&c->low, d.scale, &limit) && whole < limit)
		cell->room = 0;
	if (cell->room && c->high.scale != 99 && hf_decimal_at(&c->high, d.scale, &limit) &&
	    whole > limit - (cell->room - 1))
		cell->room = 0;
	cell->there = cell->room > 0;
}

/* What the release has in that row. */
static struct trace_cell *cells_of(struct hf_trace *t, const struct hf_apply_batch *b, size_t r)
{
	struct trace_run *run = t->run;
	struct trace_cell *cells = hf_arena_get(&run->arena, (run->keyed + 1) * sizeof(*cells));
	uint8_t number[8];

	memset(cells, 0, (run->keyed + 1) * sizeof(*cells));
	hf_put_u64(number, b->first_row + r);
	for (size_t i = 0; i < run->keyed; i++) {
		const struct trace_column *c = &run->columns[i];
		const struct hf_bytes *in = &b->in[c->original * b->count + r];
		const struct hf_bytes *out = &b->out[c->original * b->count + r];

		if (!out->data)
			continue;
		if (c->kind == TRACE_MARKED) {
			const struct hf_bytes row = {number, sizeof(number)},
			                      *of = c->by == SIZE_MAX ? &row : &b->in[c->by * b->count + r];

			cells[i].unit = trace_hash(t, i + 1, of->data, of->len);
			read_mark(c, out, &cells[i]);
			continue;
		}
		cells[i].unit = trace_hash(t, i + 1, in->data, in->len);
		cells[i].text = trace_hash(t, 0, out->data, out->len);
		cells[i].chance = hf_apply_chance(run->apply, c->original, in);
		cells[i].there = cells[i].chance < 0.5;
	}
	return cells;
}

void trace_look(struct hf_trace *t, const struct hf_apply_batch *b, size_t r)
{
	struct trace_run *run = t->run;
	const struct trace_index *x = &run->index;
	uint64_t parts[HF_TRACE_WIDTH_MAX], row_sums[HF_TRACE_WIDTH_MAX + 3];
	struct trace_cell *cells = NULL;

	if (x->ways == 0)
		return;
	for (size_t i = 0; i < run->count; i++)
		parts[i] = part(t, &run->columns[i], &b->out[run->columns[i].original * b->count + r]);
	sums(run, parts, row_sums);
	for (size_t w = 0; w < x->ways; w++) {
		for (uint32_t e = x->slots[row_sums[w] & (x->slot_count - 1)]; e; e = x->next[e - 1]) {
			struct trace_found *found = &run->found[((e - 1) % x->rows) * FOUND_WAYS + run->way_of[w]];

			if (x->sums[e - 1] != row_sums[w] || found->row == b->first_row + r + 1)
				continue;
			found->several |= found->row != 0;
			found->row = b->first_row + r + 1;
			if (!cells)
				cells = cells_of(t, b, r);
			found->cells = cells;
		}
	}
}
