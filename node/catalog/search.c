/*
 * search.c - entries that have all terms of a query: the sorted lists of ids behind the terms are walked together, each
 * leaping to the largest id that another one stands at.
 *
 * A list is read in blocks, small ones after a leap and larger ones while it is walked through, so that rare terms cost
 * few reads and frequent ones few scans. One call reads at most READ_MAX ids; what remains is the next page's.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/internal.h"
#include "crypto/aead.h"
#include "crypto/base64.h"

#define BLOCK_MIN 16u
#define BLOCK_MAX 1024u
#define READ_MAX 120000u

struct list {
	const char *term;
	struct hf_id block[BLOCK_MAX];
	size_t count, at;
	size_t want, used; /* ids to read next time; ids of this block that were stood at */
	bool ended;        /* nothing behind the block */
};
struct search {
	struct hf_catalog *c;
	const struct hf_catalog_query *q;
	struct list *lists;
	size_t list_count;
	size_t read;
	bool ended; /* some list has no more ids */
	enum hf_err error;
};

static bool take_id(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct list *l = ctx;

	(void)value;
	const uint8_t *id = key.data + strlen(l->term) + 1;

	if (key.len < strlen(l->term) + 1 + sizeof(struct hf_id))
		return false;
	if (l->count > 0 && memcmp(l->block[l->count - 1].b, id, sizeof(struct hf_id)) == 0)
		return true; /* of another publisher */
	memcpy(l->block[l->count++].b, id, sizeof(struct hf_id));
	return l->count < l->want;
}

static void read_block(struct search *s, struct list *l, const struct hf_id *from)
{
	uint8_t key[HF_TERM_MAX + 1 + sizeof(struct hf_id)];
	size_t len = strlen(l->term);

	memcpy(key, l->term, len + 1);
	memcpy(key + len + 1, from->b, sizeof(from->b));
	l->want = l->used < l->count / 4 || l->count == 0 ? BLOCK_MIN : l->want < BLOCK_MAX ? l->want * 2 : BLOCK_MAX;
	l->count = l->at = l->used = 0;
	s->error = hf_store_scan(s->c->store, HF_TABLE_CATALOG_TERM, key, len + 1, key, len + 1 + sizeof(from->b),
	                         take_id, l);
	l->ended = s->error != HF_OK || l->count < l->want;
	s->read += l->count + BLOCK_MIN; /* a scan costs about as much as some ids */
}

static int compare(const struct hf_id *a, const struct hf_id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

static void skip_below(struct list *l, const struct hf_id *id)
{
	size_t low = l->at, high = l->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (compare(&l->block[mid], id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	l->at = low;
}

/* The first id of the list that is not below id; NULL when there is none. */
static const struct hf_id *seek(struct search *s, struct list *l, const struct hf_id *id)
{
	skip_below(l, id);
	if (l->at == l->count && !l->ended)
		read_block(s, l, id);
	if (l->at == l->count)
		return NULL;
	l->used++;
	return &l->block[l->at];
}

/* Leaps all lists to the first id >= *id that is in each. False: some list ended, or enough was read; what is below *id
 * is done with. */
static bool meet(struct search *s, struct hf_id *id)
{
	size_t agreed = 0;

	for (size_t i = 0; agreed < s->list_count && s->read < READ_MAX; i = (i + 1) % s->list_count) {
		const struct hf_id *found = seek(s, &s->lists[i], id);

		if (!found) {
			s->ended = true;
			return false;
		}
		agreed = compare(found, id) == 0 ? agreed + 1 : 1;
		*id = *found;
	}
	return agreed == s->list_count;
}

static void next_id(struct hf_id *id)
{
	for (size_t i = sizeof(id->b); i-- > 0 && ++id->b[i] == 0;)
		;
}

static void id_before(struct hf_id *id)
{
	for (size_t i = sizeof(id->b); i-- > 0 && id->b[i]-- == 0;)
		;
}

/* Cheap, before the row is read: own entries by their scope in memory; what was received is for all of this node's
 * people. */
static bool may_see(const struct search *s, const struct hf_id *id, const char *publisher)
{
	const struct own_entry *e = strcmp(publisher, s->c->base->self.s) == 0 ? own_index_find(&s->c->own, id) : NULL;

	if (!e)
		return !s->q->own;
	return !s->q->principal || own_visible(s->c, e, s->q->principal);
}

/* The entries under one id: one, unless another member used it too. */
struct group {
	const struct search *s;
	const struct hf_id *id;
	Hufu__CatalogRow **rows; /* owned; those that may be seen */
	size_t count, all;
};

static bool add_row(void *ctx, const char *publisher, struct hf_bytes bytes)
{
	struct group *g = ctx;
	Hufu__CatalogRow *row;

	g->all++;
	if (!may_see(g->s, g->id, publisher) || !(row = HF_DECODE_OWN(catalog_row, bytes.data, bytes.len)))
		return true;
	g->rows = hf_realloc(g->rows, (g->count + 1) * sizeof(*g->rows));
	g->rows[g->count++] = row;
	return true;
}

/* The lists met at the id; whether at this entry only matters when there are others. */
static bool is_found(const struct search *s, const struct group *g, const Hufu__CatalogRow *row)
{
	for (size_t i = 0; g->all > 1 && i < s->list_count; i++)
		if (!row_has_term(s->c, g->id, row->publisher, s->lists[i].term))
			return false;
	return true;
}

static bool in_validity(const struct search *s, const Hufu__CatalogEntry *e)
{
	return e->not_after_ms == 0 || hf_now_ms(&s->c->base->clock) < e->not_after_ms;
}

/* Tells whether the item was shown; *ret_more is what fn said. */
static bool show_row(struct search *s, const Hufu__CatalogRow *row, hf_catalog_item_fn fn, void *ctx, bool *ret_more)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};

	if (row->withdrawn || item_from_row(row, &it) != HF_OK || !in_validity(s, it.entry))
		return false;
	if (s->q->principal && !hf_catalog_visible(s->c, &it, s->q->principal))
		return false;
	*ret_more = fn(ctx, &it);
	return true;
}

/* How many were shown: all under the id, so that a page never ends between two of them. */
static size_t show(struct search *s, const struct hf_id *id, hf_catalog_item_fn fn, void *ctx, bool *ret_more)
{
	struct group g = {s, id, NULL, 0, 0};
	size_t shown = 0;

	enum hf_err e = rows_with(s->c, id, add_row, &g);
	for (size_t i = 0; i < g.count; i++) {
		if (*ret_more && is_found(s, &g, g.rows[i]))
			shown += show_row(s, g.rows[i], fn, ctx, ret_more);
		hf_decoded_free(g.rows[i]);
	}
	free(g.rows);
	s->error = s->error == HF_OK ? e : s->error;
	return shown;
}

static void run(struct search *s, hf_catalog_item_fn fn, void *ctx, struct hf_id *ret_next)
{
	struct hf_id id = s->q->after;
	size_t shown = 0;
	bool more = true;

	next_id(&id);
	while (more && shown < s->q->limit && meet(s, &id)) {
		shown += show(s, &id, fn, ctx, &more);
		next_id(&id);
	}
	if (s->ended)
		id = (struct hf_id){{0}};
	else
		id_before(&id);
	*ret_next = id;
}

static void query_terms(const struct hf_catalog_query *q, const char *self, struct terms *t)
{
	terms_of_text(q->text ? q->text : "", t);
	terms_add_attribute(t, HF_TERM_TOPIC, q->topic);
	terms_add_attribute(t, HF_TERM_PUBLISHER, q->publisher);
	if (q->own)
		terms_add_attribute(t, HF_TERM_PUBLISHER, self);
	terms_add_attribute(t, HF_TERM_CLASS, q->data_class);
	terms_add_attribute(t, HF_TERM_DEPARTMENT, q->department);
	terms_add_attribute(t, HF_TERM_SAMPLE, q->sample_of);
	if (q->level)
		terms_add_number(t, HF_TERM_LEVEL, q->level);
	if (q->sharing)
		terms_add_number(t, HF_TERM_SHARING, q->sharing);
	if (t->count == 0)
		terms_add_attribute(t, HF_TERM_ALL, "*");
}

enum hf_err hf_catalog_search(struct hf_catalog *c, const struct hf_catalog_query *q, hf_catalog_item_fn fn, void *ctx,
                              struct hf_id *ret_next, struct hf_fault *f)
{
	struct terms t = {NULL, 0};
	struct search s = {.c = c, .q = q};

	if (q->limit == 0 || q->limit > HF_CATALOG_PAGE)
		return hf_fault_set(f, HF_E_ARGUMENT, "a page holds 1 to %u entries", HF_CATALOG_PAGE);
	query_terms(q, c->base->self.s, &t);
	s.list_count = t.count;
	s.lists = hf_alloc(t.count * sizeof(*s.lists));
	for (size_t i = 0; i < t.count; i++) {
		struct list *l = &s.lists[i];

		l->term = t.term[i];
		l->count = l->at = l->used = 0;
		l->ended = false;
	}
	run(&s, fn, ctx, ret_next);
	free(s.lists);
	terms_done(&t);
	return hf_fault_default(f, s.error);
}

#define MARK_AD "catalog page"
#define MARK_BYTES (sizeof(struct hf_id) + HF_BOX_OVERHEAD)
_Static_assert(2 * MARK_BYTES + 1 == HF_CATALOG_MARK, "a sealed id in hexadecimal digits");

void hf_catalog_mark(const struct hf_catalog *c, const struct hf_id *next, char out[HF_CATALOG_MARK])
{
	uint8_t box[MARK_BYTES];

	if (!hf_box_seal(c->mark_key, MARK_AD, sizeof(MARK_AD), next->b, sizeof(next->b), box))
		abort(); /* memory is gone */
	hf_hex(box, sizeof(box), out);
}

bool hf_catalog_mark_read(const struct hf_catalog *c, const char *text, struct hf_id *ret_after)
{
	uint8_t box[MARK_BYTES];

	return hf_hex_decode(text, strlen(text), box, sizeof(box)) &&
	       hf_box_open(c->mark_key, MARK_AD, sizeof(MARK_AD), box, sizeof(box), ret_after->b);
}
