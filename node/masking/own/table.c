/* table.c - a value becomes what the definition says beside it; both ways when the record says so. */
#include <stdlib.h>
#include <string.h>

#include "masking/own/own.h"

struct pair {
	struct hf_bytes from, to;
};
struct table {
	struct pair *there, *back; /* sorted by from; back NULL: not reversible */
	struct hf_bytes *values;   /* all that it knows */
	size_t count;
};

static void table_free(void *what)
{
	struct table *t = what;

	free(t->there);
	free(t->back);
	free(t->values);
	free(t);
}

static int compare(const struct hf_bytes *a, const struct hf_bytes *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->data, b->data, n) : 0;

	return c ? c : a->len < b->len ? -1 : a->len > b->len;
}

static int by_from(const void *a, const void *b)
{
	return compare(&((const struct pair *)a)->from, &((const struct pair *)b)->from);
}

static enum hf_err table_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const struct hf_own *own = use->technique->own;

	(void)f;
	*ret_state = own->what;
	return HF_OK;
}

static enum hf_err look_up(const struct pair *pairs, size_t count, struct hf_mask_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct pair key = {.from = b->in[i]}, *p = NULL;

		if (b->in[i].data)
			p = bsearch(&key, pairs, count, sizeof(*pairs), by_from);
		b->out[i] = p ? p->to : (struct hf_bytes){NULL, 0};
		b->unreadable += b->in[i].data && !p;
	}
	return HF_OK;
}

static enum hf_err table_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const struct table *t = state;

	(void)f;
	return look_up(t->there, t->count, b);
}

static enum hf_err table_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const struct table *t = state;

	(void)f;
	return look_up(t->back, t->count, b);
}

/* The pairs turned; false: two values become the same one. */
static bool turn(struct table *t)
{
	t->back = hf_alloc(t->count * sizeof(*t->back));
	for (size_t i = 0; i < t->count; i++)
		t->back[i] = (struct pair){t->there[i].to, t->there[i].from};
	qsort(t->back, t->count, sizeof(*t->back), by_from);
	for (size_t i = 1; i < t->count; i++)
		if (by_from(&t->back[i - 1], &t->back[i]) == 0)
			return false;
	return true;
}

enum hf_err hf_own_table(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f)
{
	struct table *t = hf_alloc_zero(sizeof(*t));

	o->what = t;
	o->free = table_free;
	if (n->kind != HF_PLAN_MAP || n->count == 0)
		return hf_own_fault(o, n, f, "'table' is no mapping; write VALUE: REPLACEMENT lines below it");
	t->there = hf_alloc(n->count * sizeof(*t->there));
	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		if (m->kind != HF_PLAN_TEXT_NODE)
			return hf_own_fault(o, m, f, "what stands beside '%.60s' is no text; write one", m->key);
		t->there[t->count++] = (struct pair){{(const uint8_t *)m->key, strlen(m->key)},
		                                     {(const uint8_t *)m->text, strlen(m->text)}};
	}
	qsort(t->there, t->count, sizeof(*t->there), by_from);
	if (o->technique.record.reversible == HF_REVERSIBLE_KEY)
		return hf_own_fault(o, n, f, "a table is not reversible by key; say by table, or no");
	if (o->technique.record.reversible == HF_REVERSIBLE_TABLE && !turn(t))
		return hf_own_fault(o, n, f,
		                    "two values become the same one, so it is not reversible; make it one to one");
	t->values = hf_alloc(t->count * sizeof(*t->values));
	for (size_t i = 0; i < t->count; i++)
		t->values[i] = t->there[i].from;
	o->values = t->values;
	o->value_count = t->count;
	o->technique.open = table_open;
	o->technique.mask = table_mask;
	o->technique.unmask = t->back ? table_unmask : NULL;
	return HF_OK;
}
