/* alike.c - see alike.h. */
#include "release/alike.h"

#include <stdlib.h>
#include <string.h>

#include "release/internal.h"
#include "release/methods.h"

struct release_index {
	uint64_t changes;                    /* of the table of plans, when it was made */
	struct release_alike_plan **plans;   /* in the order of their names, backwards */
	const struct release_alike **fields; /* all of them, by their names, tables and plans */
	size_t plan_count, field_count;
	/* While it is made anew. */
	struct hf_release *r;
	struct release_alike_plan **was;
	size_t was_count, was_at;
	char done[HF_NAME_MAX + 1]; /* of this plan the newest approved version is there */
};

/* ---- how a field is masked ---- */

static void add(struct hf_buf *b, const char *text)
{
	hf_buf_add(b, text ? "=" : "", 1);
	if (text)
		hf_buf_add(b, text, strlen(text) + 1);
}

/* One that a plan defines itself is no other plan's. */
static void add_technique(struct hf_release *r, const struct hf_plan *p, const struct hf_technique *t, struct hf_buf *b)
{
	struct hf_release_methods_view v;

	add(b, t ? t->id : NULL);
	if (!t || hf_technique_named(t->id) == t)
		return;
	for (size_t i = 0; hf_release_methods_at(r, i, &v); i++)
		if (v.methods && hf_methods_named(v.methods, t->id) == t) {
			add(b, v.sha256);
			return;
		}
	hf_buf_add(b, p->digest.b, sizeof(p->digest.b));
}

void release_alike_how(struct hf_release *r, const struct hf_plan *p, const struct hf_plan_field *f,
                       struct hf_hash *ret_how)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	const struct hf_arg *last = NULL;

	add_technique(r, p, f->technique, &b);
	add(&b, f->type);
	for (size_t i = 0; i < f->arg_count; i++) { /* in the order of their names, whatever the plan's is */
		const struct hf_arg *next = NULL;

		for (size_t k = 0; k < f->arg_count; k++)
			if ((!last || strcmp(f->args[k].name, last->name) > 0) &&
			    (!next || strcmp(f->args[k].name, next->name) < 0))
				next = &f->args[k];
		if (!next)
			break;
		add(&b, next->name);
		add(&b, next->value);
		last = next;
	}
	hf_sha256(b.data, b.len, ret_how);
}

/* ---- a plan ---- */

static const char *keep(struct hf_arena *a, const char *text)
{
	size_t n = text ? strlen(text) + 1 : 0;

	return text ? memcpy(hf_arena_get(a, n), text, n) : NULL;
}

static void plan_free(struct release_alike_plan *o)
{
	if (!o)
		return;
	hf_arena_done(&o->arena);
	free(o);
}

static void take_fields(struct hf_release *r, struct release_alike_plan *o, const struct hf_plan *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->table_count; i++)
		count += p->tables[i].field_count;
	o->fields = hf_arena_get(&o->arena, (count + 1) * sizeof(*o->fields));
	for (size_t i = 0; i < p->table_count; i++) {
		const char *table = keep(&o->arena, p->tables[i].name);

		for (size_t k = 0; k < p->tables[i].field_count; k++) {
			const struct hf_plan_field *f = &p->tables[i].fields[k];
			struct release_alike *a = &o->fields[o->field_count++];

			*a = (struct release_alike){keep(&o->arena, f->name), table, {{0}}, o};
			release_alike_how(r, p, f, &a->how);
		}
	}
}

/* One that cannot be read does not run either: it has no fields. */
static struct release_alike_plan *plan_new(struct hf_release *r, const Hufu__MaskPlanRow *row)
{
	struct release_alike_plan *o = hf_alloc_zero(sizeof(*o));
	struct hf_plan *p = NULL;
	struct hf_fault f = {.code = HF_OK};

	hf_arena_init(&o->arena, NULL, 0);
	o->name = keep(&o->arena, row->name);
	o->version = row->version;
	o->readable = release_plan_any(r, row->name, row->version, &p, &f) == HF_OK;
	if (!o->readable)
		return o;
	o->mode = p->mode;
	o->scope = (struct hf_mask_scope){.group = keep(&o->arena, p->scope.group),
	                                  .consumer = keep(&o->arena, p->scope.consumer),
	                                  .contract = keep(&o->arena, p->scope.contract),
	                                  .epoch = p->scope.epoch};
	take_fields(r, o, p);
	hf_plan_free(p);
	return o;
}

/* ---- all of them ---- */

/* Both lists go by name backwards; NULL: that version was not read before. */
static struct release_alike_plan *read_before(struct release_index *x, const Hufu__MaskPlanRow *row)
{
	while (x->was_at < x->was_count) {
		struct release_alike_plan *o = x->was[x->was_at];
		int order = strcmp(o->name, row->name);

		if (order < 0)
			return NULL;
		x->was_at++;
		if (order == 0 && o->version == row->version && o->readable)
			return o;
		plan_free(o);
	}
	return NULL;
}

static bool take_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct release_index *x = ctx;
	size_t n = strlen(x->done) + 1;

	if (n > 1 && key.len > n && memcmp(key.data, x->done, n) == 0)
		return true; /* an older version */
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mask_plan_row, value.data, value.len);
	struct release_alike_plan *o;

	if (!row || row->state != HF_PLAN_APPROVED || strlen(row->name) >= sizeof(x->done))
		return true;
	memcpy(x->done, row->name, strlen(row->name) + 1);
	o = read_before(x, row);
	x->plans = hf_realloc(x->plans, (x->plan_count + 1) * sizeof(struct release_alike_plan *));
	x->plans[x->plan_count++] = o ? o : plan_new(x->r, row);
	return true;
}

static int by_field(const void *a, const void *b)
{
	const struct release_alike *x = *(const struct release_alike *const *)a,
	                           *y = *(const struct release_alike *const *)b;
	int order = strcmp(x->field, y->field);

	if (order == 0)
		order = strcmp(x->table, y->table);
	return order ? order : strcmp(x->plan->name, y->plan->name);
}

static void sort_fields(struct release_index *x)
{
	x->field_count = 0;
	for (size_t i = 0; i < x->plan_count; i++)
		x->field_count += x->plans[i]->field_count;
	x->fields = hf_realloc(x->fields, (x->field_count + 1) * sizeof(const struct release_alike *));
	for (size_t i = 0, n = 0; i < x->plan_count; i++)
		for (size_t k = 0; k < x->plans[i]->field_count; k++)
			x->fields[n++] = &x->plans[i]->fields[k];
	if (x->field_count > 0)
		qsort(x->fields, x->field_count, sizeof(const struct release_alike *), by_field);
}

static enum hf_err make(struct hf_release *r, struct release_index *x)
{
	enum hf_err e;

	x->r = r;
	x->was = HF_TAKE(x->plans);
	x->was_count = x->plan_count;
	x->was_at = x->plan_count = 0;
	x->done[0] = '\0';
	e = hf_store_scan_back(r->store, HF_TABLE_MASK_PLAN, NULL, 0, NULL, 0, take_row, x);
	while (x->was_at < x->was_count)
		plan_free(x->was[x->was_at++]);
	free(HF_TAKE(x->was));
	sort_fields(x);
	return e;
}

enum hf_err release_alike_of(struct hf_release *r, const char *field, const struct release_alike *const **ret_list,
                             size_t *ret_count)
{
	const uint64_t changes = hf_store_changes(r->store, HF_TABLE_MASK_PLAN) + 1;
	size_t low = 0, high, n = 0;

	if (!r->index)
		r->index = hf_alloc_zero(sizeof(*r->index));
	struct release_index *x = r->index;

	if (x->changes != changes) {
		x->changes = 0;
		HF_TRY(make(r, x));
		x->changes = changes;
	}
	for (high = x->field_count; low < high;) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(x->fields[mid]->field, field) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + n < x->field_count && strcmp(x->fields[low + n]->field, field) == 0)
		n++;
	*ret_list = x->fields + low;
	*ret_count = n;
	return HF_OK;
}

void release_alike_ready(struct hf_release *r)
{
	const struct release_alike *const *list;
	size_t count;

	if (release_alike_of(r, "", &list, &count) != HF_OK)
		release_alike_forget(r); /* who asks is told */
}

void release_alike_forget(struct hf_release *r)
{
	if (r->index)
		r->index->changes = 0;
}

void release_alike_free(struct hf_release *r)
{
	for (size_t i = 0; r->index && i < r->index->plan_count; i++)
		plan_free(r->index->plans[i]);
	if (r->index) {
		free(r->index->plans);
		free(r->index->fields);
	}
	free(r->index);
}
