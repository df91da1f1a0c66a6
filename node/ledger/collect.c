#include "ledger/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hf_shelf *hf_collection_shelf(struct hf_collection *c, const char *node)
{
	struct hf_shelf *s;

	for (size_t i = 0; i < c->shelf_count; i++)
		if (strcmp(c->shelves[i]->book.node, node) == 0)
			return c->shelves[i];
	s = hf_alloc(sizeof(*s));
	if (hf_book_open(c->ledger, node, &s->book) != HF_OK) {
		free(s);
		return NULL;
	}
	c->shelves = hf_realloc(c->shelves, (c->shelf_count + 1) * sizeof(struct hf_shelf *));
	c->shelves[c->shelf_count++] = s;
	return s;
}

void hf_collection_clear(struct hf_collection *c)
{
	for (size_t i = 0; i < c->count; i++)
		hf_page_done(&c->items[i].page);
	c->count = c->broken_count = 0;
}

void hf_collection_done(struct hf_collection *c)
{
	hf_collection_clear(c);
	for (size_t i = 0; i < c->shelf_count; i++) {
		hf_book_done(&c->shelves[i]->book);
		free(c->shelves[i]);
	}
	free(c->items);
	free(c->shelves);
	free(c->broken);
}

/* Where the index tables say that entries are. */
struct place {
	char node[HF_NAME_MAX + 1];
	uint64_t index;
};
struct places {
	struct hf_ledger *ledger;
	struct place *at;
	size_t count;
	size_t of_node; /* of the same node as the last one */
};

/* False beyond the limit of one ledger: what its owner claims takes no room from the others. */
static bool add_place(struct places *p, const char *node, uint64_t index)
{
	if (p->count == 0 || strcmp(p->at[p->count - 1].node, node) != 0)
		p->of_node = 0;
	if (p->of_node > HF_COLLECT_MAX)
		return false;
	if (p->count % 64 == 0)
		p->at = hf_realloc(p->at, (p->count + 64) * sizeof(*p->at));
	snprintf(p->at[p->count].node, sizeof(p->at[0].node), "%s", node);
	p->at[p->count++].index = index;
	return ++p->of_node <= HF_COLLECT_MAX;
}

static bool take_own(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct places *p = ctx;

	(void)key;
	return value.len != 8 || add_place(p, p->ledger->base->self.s, hf_get_u64(value.data));
}

/* In order of origin, so that those of one node come one after the other. */
static bool take_mirrored(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct places *p = ctx;
	size_t head = sizeof(struct hf_id), len = key.len - head - 9;
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_name node;

	(void)value;
	if (key.len < head + 9 || len > HF_ORIGIN_MAX)
		return true;
	memcpy(origin, key.data + head, len);
	origin[len] = '\0';
	if (hf_space_origin_node(p->ledger->space_id, origin, &node))
		add_place(p, node.s, hf_get_u64(key.data + key.len - 8));
	return true;
}

static void add_broken(struct hf_collection *c, const char *node, uint64_t index, enum hf_err e)
{
	c->broken = hf_realloc(c->broken, (c->broken_count + 1) * sizeof(*c->broken));
	c->broken[c->broken_count] = (struct hf_broken){.index = index, .err = e};
	snprintf(c->broken[c->broken_count++].node, sizeof(c->broken[0].node), "%s", node);
}

/* An entry counts for the transaction only when its own verified opening says so. */
static bool speaks_of(const struct hf_page *p, const struct hf_id *txn)
{
	struct hf_id own;

	return hf_opening_txn(p->opened.opening, &own) && hf_id_equal(&own, txn);
}

static void add_item(struct hf_collection *c, const struct hf_id *txn, const char *node, uint64_t index)
{
	struct hf_shelf *s = hf_collection_shelf(c, node);
	struct hf_page page;
	enum hf_err e = s ? hf_page_read(&s->book, index, &page) : HF_E_UNKNOWN;

	if (e == HF_OK && !speaks_of(&page, txn)) {
		bool erased = page.erased;

		hf_page_done(&page);
		if (!s->book.place.own && !erased)
			return; /* a claim whose opening did not fit the entry and was dropped */
		e = erased ? HF_E_ERASED : HF_E_DIGEST;
	}
	if (e != HF_OK) {
		add_broken(c, node, index, e);
		return;
	}
	c->items = hf_realloc(c->items, (c->count + 1) * sizeof(*c->items));
	c->items[c->count++] = (struct hf_item){s, page};
}

static int by_origin(const void *a, const void *b)
{
	const struct hf_item *x = a, *y = b;
	int order = strcmp(x->shelf->book.place.origin, y->shelf->book.place.origin);

	return order ? order : (x->page.index > y->page.index) - (x->page.index < y->page.index);
}

static int by_time(const void *a, const void *b)
{
	const struct hf_item *x = a, *y = b;
	int order = (x->page.time_ms > y->page.time_ms) - (x->page.time_ms < y->page.time_ms);

	return order ? order : by_origin(a, b);
}

static void drop_doubles(struct hf_collection *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (kept > 0 && by_origin(&c->items[kept - 1], &c->items[i]) == 0)
			hf_page_done(&c->items[i].page);
		else
			c->items[kept++] = c->items[i];
	}
	c->count = kept;
}

static enum hf_err find_places(struct places *p, const struct hf_id *txn)
{
	struct hf_store *s = p->ledger->store;

	HF_TRY(hf_store_scan(s, HF_TABLE_TXN_INDEX, txn->b, sizeof(txn->b), NULL, 0, take_own, p));
	if (p->count > HF_COLLECT_MAX)
		return HF_E_LIMIT;
	return hf_store_scan(s, HF_TABLE_MIRROR_TXN, txn->b, sizeof(txn->b), NULL, 0, take_mirrored, p);
}

static void add_places(struct hf_collection *c, const struct places *p, const struct hf_id *txn)
{
	size_t of_node = 0;

	for (size_t i = 0; i < p->count; i++) {
		of_node = i > 0 && strcmp(p->at[i - 1].node, p->at[i].node) == 0 ? of_node + 1 : 1;
		if (of_node > HF_COLLECT_MAX)
			add_broken(c, p->at[i].node, p->at[i].index, HF_E_LIMIT);
		else
			add_item(c, txn, p->at[i].node, p->at[i].index);
	}
}

enum hf_err hf_collect(struct hf_collection *c, const struct hf_id *txn)
{
	struct places p = {.ledger = c->ledger};
	enum hf_err e = find_places(&p, txn);

	if (e == HF_OK)
		add_places(c, &p, txn);
	free(p.at);
	if (c->count > 1)
		qsort(c->items, c->count, sizeof(*c->items), by_origin);
	drop_doubles(c);
	return e;
}

void hf_collection_by_time(struct hf_collection *c)
{
	if (c->count > 1)
		qsort(c->items, c->count, sizeof(*c->items), by_time);
}
