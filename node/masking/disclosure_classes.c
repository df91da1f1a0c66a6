/* disclosure_classes.c - classes of rows that all releases together leave; declared in disclosure.h. */
#include "masking/disclosure.h"

#include <stdlib.h>
#include <string.h>

#include "masking/apply.h"
#include "masking/effect.h"

/* A quasi-identifier as one release masks it. */
struct part {
	const struct hf_disclosure *d;
	const struct hf_plan_field *field;
	size_t column;          /* of the table */
	struct hf_apply *apply; /* open as long as its values are looked at */
};
struct parts {
	struct part *list;
	size_t count;
};

static size_t column_of(const struct hf_disclosure_table *t, const char *name)
{
	for (size_t i = 0; i < t->width; i++)
		if (strcmp(t->header[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static bool quasi(const struct hf_disclosure_table *t, const char *name)
{
	for (size_t i = 0; i < t->quasi_count; i++)
		if (strcmp(t->quasi[i], name) == 0)
			return true;
	return false;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The same masking leaves the same classes: keyed by another consumer, too. */
static bool there(const struct parts *p, const struct part *q)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct part *o = &p->list[i];

		if (o->column == q->column && hf_plan_masked_alike(o->field, q->field) &&
		    same(o->d->scope.group, q->d->scope.group) && o->d->scope.epoch == q->d->scope.epoch)
			return true;
	}
	return false;
}

static void find_parts(const struct hf_disclosure *all, size_t count, const struct hf_disclosure_table *t,
                       struct parts *p)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i].field_count; k++) {
			const struct hf_plan_field *f = &all[i].fields[k];
			const struct part q = {&all[i], f, column_of(t, f->name), NULL};

			if (q.column == SIZE_MAX || (f->technique && f->technique->drops_column) ||
			    !quasi(t, f->name) || there(p, &q))
				continue;
			p->list = hf_realloc(p->list, (p->count + 1) * sizeof(*p->list));
			p->list[p->count++] = q;
		}
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

/* A plan that masks that one field and leaves out the others. out: one value a row. */
static enum hf_err run_part(struct part *q, const struct hf_disclosure_table *t, struct hf_arena *arena,
                            struct hf_bytes *out, struct hf_fault *f)
{
	struct hf_plan_field *fields = hf_arena_get(arena, t->width * sizeof(*fields));
	const struct hf_plan_table table = {.name = "table", .fields = fields, .field_count = t->width};
	const struct hf_plan plan = {.engine = q->d->engine, .scope = q->d->scope, .tables = &table, .table_count = 1};
	const struct hf_apply_setup setup = {.plan = &plan,
	                                     .table = table.name,
	                                     .header = t->header,
	                                     .header_count = t->width,
	                                     .root = t->root,
	                                     .put = forget,
	                                     .file = t->file,
	                                     .file_ctx = t->file_ctx};
	struct hf_apply_batch b = {.in = t->cells, .count = t->count, .arena = arena};
	enum hf_err e;

	for (size_t i = 0; i < t->width; i++)
		fields[i] = (struct hf_plan_field){.name = t->header[i], .technique = hf_technique_named("limc")};
	fields[q->column] = *q->field;
	HF_TRY(hf_apply_open(&setup, f, &q->apply));
	b.out = hf_arena_get(arena, t->width * t->count * sizeof(*b.out) + 1);
	b.drop = hf_arena_get(arena, t->count + 1);
	e = hf_apply_rows(q->apply, &b, f);
	for (size_t r = 0; e == HF_OK && r < t->count; r++)
		out[r] = b.drop[r] ? (struct hf_bytes){NULL, 0} : b.out[q->column * t->count + r];
	return e;
}

static enum hf_err run_parts(struct parts *p, const struct hf_disclosure_table *t, struct hf_fault *f, uint32_t *ret_k)
{
	struct hf_bytes *cells, *row;
	size_t *columns;
	struct hf_arena arena;
	struct hf_effect_table *table;
	struct hf_effect_classes classes;
	struct hf_effect_risk risk;
	enum hf_err e = HF_OK;
	uint8_t key[16] = {0};

	hf_arena_init(&arena, NULL, 0);
	cells = hf_arena_get(&arena, p->count * t->count * sizeof(*cells) + 1);
	row = hf_arena_get(&arena, p->count * sizeof(*row));
	columns = hf_arena_get(&arena, p->count * sizeof(*columns));
	for (size_t i = 0; e == HF_OK && i < p->count; i++) {
		columns[i] = i;
		e = run_part(&p->list[i], t, &arena, cells + i * t->count, f);
	}
	table = hf_effect_table_new(p->count, key);
	for (size_t r = 0; e == HF_OK && r < t->count; r++) {
		for (size_t i = 0; i < p->count; i++)
			row[i] = cells[i * t->count + r];
		if (!hf_effect_add(table, row))
			e = hf_fault_set(f, HF_E_LIMIT, "the table is too large to count its classes; split it");
	}
	if (e == HF_OK) {
		hf_effect_classes_make(table, columns, p->count, &classes);
		hf_effect_risk(&classes, 1, &risk);
		hf_effect_classes_done(&classes);
		*ret_k = risk.k;
	}
	hf_effect_table_free(table);
	for (size_t i = 0; i < p->count; i++)
		hf_apply_close(p->list[i].apply);
	hf_arena_done(&arena);
	return e;
}

enum hf_err hf_disclosure_k(const struct hf_disclosure *all, size_t count, const struct hf_disclosure_table *t,
                            struct hf_fault *f, uint32_t *ret_k)
{
	struct parts p = {NULL, 0};
	enum hf_err e = HF_OK;

	find_parts(all, count, t, &p);
	if (p.count)
		e = run_parts(&p, t, f, ret_k);
	else
		*ret_k = 0;
	free(p.list);
	return e;
}
