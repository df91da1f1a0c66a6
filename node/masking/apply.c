/* apply.c - opening each column's technique with its key, and running batches through; declared in apply.h. */
#include "masking/apply.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "masking/demand.h"

struct column {
	struct hf_apply_count count;
	struct hf_mask_key key, mark;
	struct hf_mask_use use;
	struct hf_masker *masker; /* NULL: the column is kept */
	size_t by;                /* column that the technique names; SIZE_MAX: none */
	bool left_out;            /* nobody asked for it */
};

struct hf_apply {
	struct column *columns;
	size_t count;
	bool whole;
	const struct hf_plan_demand *demand; /* that rows are suppressed for; NULL: none */
	size_t *quasi, *sensitive;           /* its columns */
};

static const struct hf_plan_field *field_named(const struct hf_plan_table *t, const char *name)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	return NULL;
}

static size_t header_index(const struct hf_apply_setup *s, const char *name)
{
	for (size_t i = 0; i < s->header_count; i++)
		if (strcmp(s->header[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static bool left_out(const struct hf_apply_setup *s, const char *name)
{
	for (size_t i = 0; i < s->only_count; i++)
		if (strcmp(s->only[i], name) == 0)
			return false;
	return s->only_count > 0;
}

/* Pseudonyms are the consumer's; what would average out or show by difference is the dataset's. */
static enum hf_err derive(const struct hf_apply_setup *s, struct column *c)
{
	struct hf_mask_scope scope = s->scope ? *s->scope : s->plan->scope;
	const struct hf_technique *t = c->count.field->technique;

	scope.technique = t->id;
	if (t->record.keyed == HF_KEYED_DATASET) {
		scope.consumer = NULL;
		scope.contract = NULL;
	}
	HF_TRY(hf_mask_key_derive(s->root, t->record.keyed == HF_KEYED_DATASET ? NULL : s->seed, &scope, &c->key));
	hf_mask_key_id(&c->key, c->count.key_id);
	return HF_OK;
}

/* A recipient's fingerprint needs a recipient. */
static enum hf_err derive_mark(const struct hf_apply_setup *s, struct column *c)
{
	struct hf_mask_scope scope = s->scope ? *s->scope : s->plan->scope;

	scope.technique = "fingerprint";
	if (!s->root || !scope.consumer)
		return HF_OK;
	HF_TRY(hf_mask_key_derive(s->root, s->seed, &scope, &c->mark));
	c->use.mark = &c->mark;
	return HF_OK;
}

static enum hf_err open_column(const struct hf_apply_setup *s, struct hf_apply *a, size_t i, struct hf_fault *f)
{
	struct column *c = &a->columns[i];
	const struct hf_plan_field *field = c->count.field;

	c->by = SIZE_MAX;
	c->left_out = left_out(s, s->header[i]);
	if (!field->technique || (c->left_out && !field->technique->of_rows))
		return HF_OK;
	if (field->technique->record.keyed != HF_KEYED_NOT && !s->root)
		return hf_fault_set(f, HF_E_ARGUMENT, "field %.60s: %s needs a key; give the key file", field->name,
		                    field->technique->id);
	if (field->technique->record.keyed != HF_KEYED_NOT)
		HF_TRY(hf_fault_default(f, derive(s, c)));
	if (field->by)
		c->by = header_index(s, field->by);
	a->whole |= field->technique->record.reach == HF_REACH_TABLE;
	c->use = (struct hf_mask_use){.args = field->args,
	                              .arg_count = field->arg_count,
	                              .type = field->type,
	                              .key = c->count.key_id[0] ? &c->key : NULL,
	                              .engine = s->plan->engine,
	                              .file = s->file,
	                              .file_ctx = s->file_ctx,
	                              .put = s->put,
	                              .put_ctx = s->put_ctx};
	HF_TRY(hf_fault_default(f, derive_mark(s, c)));
	return hf_masker_open(field->technique, &c->use, f, &c->masker);
}

/* The plan was checked: its fields are columns. */
static void open_demand(const struct hf_apply_setup *s, const struct hf_plan_demand *d, struct hf_apply *a)
{
	a->demand = d;
	a->whole = true;
	a->quasi = hf_alloc((d->quasi_count + 1) * sizeof(*a->quasi));
	a->sensitive = hf_alloc((d->sensitive_count + 1) * sizeof(*a->sensitive));
	for (size_t i = 0; i < d->quasi_count; i++)
		a->quasi[i] = header_index(s, d->quasi[i]);
	for (size_t i = 0; i < d->sensitive_count; i++)
		a->sensitive[i] = header_index(s, d->sensitive[i]);
}

static enum hf_err open_columns(const struct hf_apply_setup *s, const struct hf_plan_table *t, struct hf_apply *a,
                                struct hf_fault *f)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (header_index(s, t->fields[i].name) == SIZE_MAX)
			return hf_fault_set(
			        f, HF_E_FORMAT,
			        "the plan's field %.60s is not in the table; correct the plan, or the table",
			        t->fields[i].name);
	for (size_t i = 0; i < s->header_count; i++) {
		a->columns[i].count.field = field_named(t, s->header[i]);
		if (!a->columns[i].count.field)
			return hf_fault_set(
			        f, HF_E_FORMAT,
			        "the plan says nothing of the table's field %.60s; give it a technique, or keep",
			        s->header[i]);
	}
	for (size_t i = 0; i < s->header_count; i++)
		HF_TRY(open_column(s, a, i, f));
	if (t->demand && t->demand->suppress > 0)
		open_demand(s, t->demand, a);
	return HF_OK;
}

enum hf_err hf_apply_open(const struct hf_apply_setup *setup, struct hf_fault *f, struct hf_apply **ret_a)
{
	const struct hf_plan_table *t = hf_plan_table_named(setup->plan, setup->table);
	struct hf_apply *a;
	enum hf_err e;

	if (!t)
		return hf_fault_set(f, HF_E_UNKNOWN, "the plan has no table %.60s; name one that it has", setup->table);
	a = hf_alloc_zero(sizeof(*a));
	a->columns = hf_alloc_zero((setup->header_count + 1) * sizeof(*a->columns));
	a->count = setup->header_count;
	e = open_columns(setup, t, a, f);
	if (e == HF_OK)
		*ret_a = a;
	else
		hf_apply_close(a);
	return e;
}

void hf_apply_close(struct hf_apply *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++) {
		hf_masker_close(a->columns[i].masker);
		hf_wipe(&a->columns[i].key, sizeof(a->columns[i].key));
		hf_wipe(&a->columns[i].mark, sizeof(a->columns[i].mark));
	}
	free(a->columns);
	free(a->quasi);
	free(a->sensitive);
	free(a);
}

bool hf_apply_whole(const struct hf_apply *a)
{
	return a->whole;
}

bool hf_apply_keeps(const struct hf_apply *a, size_t i)
{
	const struct hf_technique *t = a->columns[i].count.field->technique;

	return !a->columns[i].left_out && (!t || !t->drops_column);
}

enum hf_err hf_apply_unmask(struct hf_apply *a, size_t i, struct hf_mask_batch *b, struct hf_fault *f)
{
	const struct column *c = &a->columns[i];

	if (!c->masker)
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "the field %.60s was not masked: its values are what they were",
		                    c->count.field->name);
	return hf_masker_unmask(c->masker, b, f);
}

double hf_apply_chance(const struct hf_apply *a, size_t i, const struct hf_bytes *original)
{
	return a->columns[i].masker ? hf_masker_chance(a->columns[i].masker, original) : 1;
}

static enum hf_err run_column(struct column *c, struct hf_mask_batch *m, struct hf_fault *f)
{
	for (size_t r = 0; r < m->count; r++)
		c->count.values += m->in[r].data != NULL;
	if (c->left_out && !c->masker) {
		memset(m->out, 0, m->count * sizeof(*m->out));
		return HF_OK;
	}
	if (!c->masker) {
		memcpy(m->out, m->in, m->count * sizeof(*m->out));
		return HF_OK;
	}
	HF_TRY(hf_masker_mask(c->masker, m, f));
	c->count.unreadable += m->unreadable;
	return HF_OK;
}

static bool needs_all(const struct column *c)
{
	const struct hf_technique *t = c->count.field->technique;

	return t && t->record.reach == HF_REACH_TABLE;
}

static enum hf_err run_columns(struct hf_apply *a, struct hf_apply_batch *b, bool all, struct hf_fault *f)
{
	uint8_t *drop = hf_arena_get(b->arena, b->count + 1);

	memset(b->drop, 0, b->count);
	for (size_t i = 0; i < a->count; i++) {
		struct column *c = &a->columns[i];
		struct hf_mask_batch m = {.in = b->in + i * b->count,
		                          .out = b->out + i * b->count,
		                          .count = b->count,
		                          .by = c->by == SIZE_MAX ? NULL : b->in + c->by * b->count,
		                          .first_row = b->first_row,
		                          .drop = drop,
		                          .arena = b->arena};

		if (!all && needs_all(c)) {
			memset(m.out, 0, b->count * sizeof(*m.out));
			continue;
		}
		memset(drop, 0, b->count);
		HF_TRY(run_column(c, &m, f));
		for (size_t r = 0; r < b->count; r++)
			b->drop[r] |= drop[r];
	}
	return HF_OK;
}

enum hf_err hf_apply_rows(struct hf_apply *a, struct hf_apply_batch *b, struct hf_fault *f)
{
	return run_columns(a, b, true, f);
}

enum hf_err hf_apply_some(struct hf_apply *a, struct hf_apply_batch *b, struct hf_fault *f)
{
	return run_columns(a, b, false, f);
}

bool hf_apply_needs_all(const struct hf_apply *a, size_t i, size_t *ret_by)
{
	*ret_by = a->columns[i].by;
	return needs_all(&a->columns[i]);
}

enum hf_err hf_apply_column(struct hf_apply *a, size_t i, struct hf_apply_batch *b, const struct hf_bytes *by,
                            struct hf_fault *f)
{
	struct hf_mask_batch m = {
	        .in = b->in, .out = b->out, .count = b->count, .by = by, .drop = b->drop, .arena = b->arena};

	memset(b->drop, 0, b->count);
	return run_column(&a->columns[i], &m, f);
}

static size_t *copy(const size_t *columns, size_t count)
{
	size_t *c = hf_alloc((count + 1) * sizeof(*c));

	memcpy(c, columns, count * sizeof(*c));
	return c;
}

struct hf_sieve *hf_apply_sieve(const struct hf_apply *a)
{
	if (!a->demand)
		return NULL;
	return hf_sieve_new(a->demand, &(struct hf_sieve_columns){copy(a->quasi, a->demand->quasi_count),
	                                                          copy(a->sensitive, a->demand->sensitive_count)});
}

void hf_apply_counts(const struct hf_apply *a, size_t i, struct hf_apply_count *ret_c)
{
	*ret_c = a->columns[i].count;
}
