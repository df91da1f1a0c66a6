/* trace.c - the leak, and one release after the other made again; declared in trace.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "masking/sketch.h"
#include "masking/trace_internal.h"

#define DISTINCT_MOST ((size_t)4 << 20) /* beyond, every value is counted as a new one */

/* ---- sets ---- */

static size_t slot_of(const struct trace_set *s, uint64_t h)
{
	size_t at = (size_t)(h ^ h >> 32) & (s->cap - 1);

	while (s->slots[at] && s->slots[at] != h)
		at = (at + 1) & (s->cap - 1);
	return at;
}

static void grow(struct trace_set *s)
{
	struct trace_set wider = {hf_alloc_zero((s->cap ? 2 * s->cap : 64) * sizeof(*s->slots)),
	                          s->cap ? 2 * s->cap : 64, s->count};

	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i])
			wider.slots[slot_of(&wider, s->slots[i])] = s->slots[i];
	free(s->slots);
	*s = wider;
}

bool trace_set_add(struct trace_set *s, uint64_t h)
{
	size_t at;

	h = h ? h : 1;
	if (2 * s->count >= s->cap)
		grow(s);
	at = slot_of(s, h);
	if (s->slots[at])
		return false;
	s->slots[at] = h;
	s->count++;
	return true;
}

size_t trace_set_find(const struct trace_set *s, uint64_t h)
{
	size_t at;

	h = h ? h : 1;
	if (s->cap == 0)
		return SIZE_MAX;
	at = slot_of(s, h);
	return s->slots[at] ? at : SIZE_MAX;
}

void trace_set_done(struct trace_set *s)
{
	free(s->slots);
}

/* ---- the leak ---- */

uint64_t trace_hash(const struct hf_trace *t, uint64_t salt, const void *data, size_t len)
{
	return hf_sketch_hash(t->key, data, len) ^ salt * 0x9E3779B97F4A7C15u;
}

const struct hf_bytes *trace_leaked(const struct hf_trace *t, size_t row, size_t column)
{
	return &t->cells[row * t->width + column];
}

struct hf_trace *hf_trace_new(const char *const *header, size_t width)
{
	struct hf_trace *t = hf_alloc_zero(sizeof(*t));

	t->width = width < HF_TRACE_WIDTH_MAX ? width : HF_TRACE_WIDTH_MAX;
	t->header = hf_alloc((width + 1) * sizeof(*t->header));
	for (size_t i = 0; i < t->width; i++)
		t->header[i] = hf_strdup(header[i]);
	hf_arena_init(&t->arena, NULL, 0);
	hf_random(t->key, sizeof(t->key));
	return t;
}

bool hf_trace_leaked(struct hf_trace *t, const struct hf_bytes *cells)
{
	struct hf_bytes *row;

	if (t->rows == HF_TRACE_ROWS_MAX)
		return false;
	if (t->rows == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->cells = hf_realloc(t->cells, t->cap * (t->width + 1) * sizeof(*t->cells));
	}
	row = &t->cells[t->rows++ * t->width];
	for (size_t i = 0; i < t->width; i++) {
		uint8_t *copy = hf_arena_get(&t->arena, cells[i].len + 1);

		if (cells[i].len)
			memcpy(copy, cells[i].data, cells[i].len);
		row[i] = (struct hf_bytes){cells[i].data ? copy : NULL, cells[i].len};
	}
	return true;
}

size_t hf_trace_leak_rows(const struct hf_trace *t)
{
	return t->rows;
}

size_t hf_trace_leak_width(const struct hf_trace *t)
{
	return t->width;
}

void trace_result_done(struct trace_result *r)
{
	free(r->name);
	free(r->recipient);
	free(r->evidence);
	free(r->row_hit);
}

static void free_run(struct trace_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->count; i++) {
		trace_set_done(&run->columns[i].leak);
		trace_set_done(&run->columns[i].distinct);
		free(run->columns[i].hit);
	}
	hf_apply_close(run->apply);
	trace_index_done(&run->index);
	free(run->columns);
	free(run->fields);
	free(run->found);
	hf_arena_done(&run->arena);
	free(run);
}

void hf_trace_free(struct hf_trace *t)
{
	if (!t)
		return;
	free_run(t->run);
	for (size_t i = 0; i < t->width; i++)
		free(t->header[i]);
	for (size_t i = 0; i < t->count; i++)
		trace_result_done(&t->results[i]);
	free(t->header);
	free(t->cells);
	free(t->results);
	hf_arena_done(&t->arena);
	free(t);
}

/* ---- columns ---- */

static size_t place(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static bool all_numbers(const struct hf_trace *t, size_t column)
{
	struct hf_decimal d;

	for (size_t r = 0; r < t->rows; r++) {
		const struct hf_bytes *v = trace_leaked(t, r, column);

		if (v->data && !hf_decimal_read(v->data, v->len, &d))
			return false;
	}
	return true;
}

static struct hf_decimal limit_of(const struct hf_mask_use *use, const char *name)
{
	struct hf_decimal d = {0, 99};
	const char *text = hf_arg_text(use, name, NULL);

	if (text && !hf_decimal_read((const uint8_t *)text, strlen(text), &d))
		d.scale = 99;
	return d;
}

/* False: the column tells nothing. */
static bool classify(const struct hf_trace *t, const struct hf_plan_field *f, struct trace_column *c)
{
	const struct hf_mask_use use = {.args = f->args, .arg_count = f->arg_count};
	const struct hf_trace_release *r = &t->run->release;

	c->by = f->by ? place(r->setup.header, r->setup.header_count, f->by) : SIZE_MAX;
	c->kind = TRACE_ALIKE;
	if (!f->technique)
		return true;
	if (f->technique->drops_column)
		return false;
	if (f->technique->record.keyed == HF_KEYED_CONSUMER)
		c->kind = TRACE_KEYED;
	if (strcmp(hf_arg_text(&use, "fingerprint", "off"), "on") == 0) {
		const char *step = hf_arg_text(&use, "step", "");

		c->kind = TRACE_MARKED;
		c->low = limit_of(&use, "low");
		c->high = limit_of(&use, "high");
		return hf_decimal_read((const uint8_t *)step, strlen(step), &c->step);
	}
	return true;
}

static void fill_leak_set(struct hf_trace *t, struct trace_column *c)
{
	for (size_t r = 0; r < t->rows; r++) {
		const struct hf_bytes *v = trace_leaked(t, r, c->leaked);

		if (v->data)
			trace_set_add(&c->leak, trace_hash(t, 0, v->data, v->len));
	}
	c->hit = hf_alloc_zero(c->leak.cap + 1);
}

static bool given_out(const struct hf_apply_setup *s, const char *name)
{
	return s->only_count == 0 || place(s->only, s->only_count, name) != SIZE_MAX;
}

static void find_columns(struct hf_trace *t, bool alike)
{
	struct trace_run *run = t->run;
	const struct hf_apply_setup *s = &run->release.setup;

	for (size_t i = 0; i < s->header_count; i++) {
		struct trace_column c = {.original = i};
		size_t field = 0;

		c.leaked = place((const char *const *)t->header, t->width, s->header[i]);
		while (field < run->table.field_count && strcmp(run->fields[field].name, s->header[i]) != 0)
			field++;
		if (c.leaked == SIZE_MAX || field == run->table.field_count || !given_out(s, s->header[i]) ||
		    !classify(t, &run->fields[field], &c) || (c.kind == TRACE_ALIKE) != alike)
			continue;
		c.words = !all_numbers(t, c.leaked);
		if (c.kind == TRACE_KEYED)
			fill_leak_set(t, &c);
		run->columns[run->count++] = c;
	}
}

/* ---- a release ---- */

/* The plan's table without what needs all rows at once: that is neither keyed nor needed. */
static enum hf_err copy_plan(struct trace_run *run, struct hf_fault *f)
{
	const struct hf_apply_setup *s = &run->release.setup;
	const struct hf_plan_table *t = hf_plan_table_named(s->plan, s->table);

	if (!t)
		return hf_fault_set(f, HF_E_UNKNOWN, "the plan has no table %.60s; name one that it has", s->table);
	run->fields = hf_alloc((t->field_count + 1) * sizeof(*run->fields));
	for (size_t i = 0; i < t->field_count; i++) {
		run->fields[i] = t->fields[i];
		if (t->fields[i].technique && t->fields[i].technique->record.reach == HF_REACH_TABLE)
			run->fields[i] = (struct hf_plan_field){.name = t->fields[i].name,
			                                        .technique = hf_technique_named("limc")};
	}
	run->table = (struct hf_plan_table){.name = s->table, .fields = run->fields, .field_count = t->field_count};
	run->plan = *s->plan;
	run->plan.tables = &run->table;
	run->plan.table_count = 1;
	return HF_OK;
}

/* Tokens are made again, and not put away again. */
static enum hf_err forget(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f)
{
	(void)ctx;
	(void)name;
	(void)data;
	(void)len;
	(void)f;
	return HF_OK;
}

enum hf_err hf_trace_begin(struct hf_trace *t, const struct hf_trace_release *r, struct hf_fault *f)
{
	struct trace_run *run = hf_alloc_zero(sizeof(*run));
	struct hf_apply_setup setup = r->setup;
	enum hf_err e = HF_OK;

	free_run(t->run);
	t->run = run;
	run->release = *r;
	hf_arena_init(&run->arena, NULL, 0);
	if (t->count == HF_TRACE_RELEASES_MAX || r->setup.header_count > HF_TRACE_WIDTH_MAX)
		e = hf_fault_set(f, HF_E_LIMIT, "more than %u releases, or a table of more than %u columns; name fewer",
		                 HF_TRACE_RELEASES_MAX, HF_TRACE_WIDTH_MAX);
	if (e == HF_OK)
		e = copy_plan(run, f);
	setup.plan = &run->plan;
	setup.put = forget;
	if (e == HF_OK)
		e = hf_apply_open(&setup, f, &run->apply);
	if (e != HF_OK) {
		free_run(run);
		t->run = NULL;
		return e;
	}
	run->columns = hf_alloc((setup.header_count + 1) * sizeof(*run->columns));
	find_columns(t, false);
	run->keyed = run->count;
	find_columns(t, true);
	trace_index_make(t);
	run->found = hf_alloc_zero((t->rows + 1) * FOUND_WAYS * sizeof(*run->found));
	return HF_OK;
}

/* What the release has of a pseudonym column, and which leaked ones are among it. */
static void note_pseudonym(struct hf_trace *t, struct trace_column *c, const struct hf_bytes *original,
                           const struct hf_bytes *masked)
{
	uint64_t h = trace_hash(t, 0, masked->data, masked->len);
	size_t at = trace_set_find(&c->leak, h);

	if (c->distinct.count < DISTINCT_MOST ? trace_set_add(&c->distinct, h)
	                                      : trace_set_find(&c->distinct, h) == SIZE_MAX)
		c->chance += hf_apply_chance(t->run->apply, c->original, original) + 0x1p-60;
	if (at != SIZE_MAX)
		c->hit[at] = 1;
}

enum hf_err hf_trace_original(struct hf_trace *t, const struct hf_bytes *in, size_t count, uint64_t first_row,
                              struct hf_fault *f)
{
	struct trace_run *run = t->run;
	const size_t width = run->release.setup.header_count;
	struct hf_apply_batch b = {.in = in, .count = count, .first_row = first_row};
	struct hf_arena arena;
	enum hf_err e;

	hf_arena_init(&arena, NULL, 0);
	b.arena = &arena;
	b.out = hf_arena_get(&arena, width * count * sizeof(*b.out) + 1);
	b.drop = hf_arena_get(&arena, count + 1);
	e = hf_apply_rows(run->apply, &b, f);
	for (size_t r = 0; e == HF_OK && r < count; r++) {
		if (b.drop[r])
			continue;
		for (size_t i = 0; i < run->keyed; i++) {
			struct trace_column *c = &run->columns[i];
			const size_t at = c->original * count + r;

			if (c->kind == TRACE_KEYED && b.out[at].data)
				note_pseudonym(t, c, &in[at], &b.out[at]);
		}
		trace_look(t, &b, r);
	}
	hf_arena_done(&arena);
	return e;
}

void hf_trace_end(struct hf_trace *t)
{
	uint32_t *rows = hf_alloc((t->rows + 1) * sizeof(*rows));
	const struct trace_part all = {rows, t->rows};
	struct trace_result *r;

	for (size_t i = 0; i < t->rows; i++)
		rows[i] = (uint32_t)i;
	t->results = hf_realloc(t->results, (t->count + 1) * sizeof(*t->results));
	r = &t->results[t->count++];
	memset(r, 0, sizeof(*r));
	r->name = hf_strdup(t->run->release.name);
	r->recipient = hf_strdup(t->run->release.recipient);
	trace_weigh(t, &all, r);
	free(rows);
	free_run(t->run);
	t->run = NULL;
}
