/*
 * uses.c - SB-57: what was done with a catalog entry, in every ledger held here, in order of time. Read by the index of
 * uses, a page at a time, each entry verified; then what is not covered, transaction by transaction.
 *
 * A row of the index is a claim until the entry's own verified opening says the same (openings.c), and what one page
 * costs is bounded whatever others claim.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/collect.h"

#define COVERAGE_ENTRIES 8192u /* looked at for the coverage of one page's transactions */

struct reading {
	const struct hf_uses *u;
	struct hf_collection found; /* its shelves serve the whole page */
	struct hf_use_key *at;
	size_t count;
	struct hf_id *txns; /* those seen, in order of first sight */
	size_t txn_count;
	size_t looked_at;
	const struct hf_id *about; /* the transaction that is spoken of; NULL: the page itself */
};

static void say(void *ctx, const char *text)
{
	const struct reading *r = ctx;
	char id[HF_ID_TEXT], line[480];

	if (!r->about) {
		r->u->note(r->u->ctx, text);
		return;
	}
	hf_id_text(r->about, id);
	snprintf(line, sizeof(line), "transaction %s: %s", id, text);
	r->u->note(r->u->ctx, line);
}

static bool take_key(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct reading *r = ctx;

	(void)value;
	if (!hf_key_use_parse(key, &r->at[r->count]))
		return true;
	if (r->u->until_ms > 0 && r->at[r->count].time_ms > r->u->until_ms)
		return false;
	return ++r->count <= r->u->limit; /* one more tells that there is more */
}

static enum hf_err find_keys(struct reading *r)
{
	const struct hf_use_at *after = &r->u->after;
	char origin[HF_ORIGIN_MAX + 1] = "";
	uint8_t from[HF_KEY_MAX + 1];
	size_t len;

	if (after->node[0])
		hf_space_origin(r->found.ledger->space_id, after->node, origin);
	len = hf_key_use(&r->u->resource, after->time_ms, origin, after->index, from);
	if (after->node[0])
		from[len++] = 0; /* the next key */
	else
		len = sizeof(struct hf_id) + 8; /* from that time on */
	return hf_store_scan(r->found.ledger->store, HF_TABLE_USE, r->u->resource.b, sizeof(r->u->resource.b), from,
	                     len, take_key, r);
}

static void note_txn(struct reading *r, const Hufu__EntryOpening *o)
{
	struct hf_id txn;

	if (!hf_opening_txn(o, &txn))
		return;
	for (size_t i = 0; i < r->txn_count; i++)
		if (hf_id_equal(&r->txns[i], &txn))
			return;
	r->txns[r->txn_count++] = txn;
}

static void say_broken(struct reading *r, const struct hf_use_key *at, const char *node, enum hf_err e)
{
	char line[240];

	if (e == HF_E_UNKNOWN)
		snprintf(line, sizeof(line),
		         "entry %" PRIu64 " of the ledger of %s has been announced but not arrived under a signed "
		         "checkpoint yet",
		         at->index, node);
	else if (e == HF_E_ERASED)
		snprintf(line, sizeof(line),
		         "the content of entry %" PRIu64 " of the ledger of %s was erased; what was recorded can be "
		         "proven, not shown",
		         at->index, node);
	else
		snprintf(line, sizeof(line),
		         "entry %" PRIu64 " of the ledger of %s does not verify (%s) and is left out", at->index, node,
		         hf_err_text(e));
	say(r, line);
}

/* False when the reader has enough. */
static bool show(struct reading *r, const struct hf_use_key *at, const char *node)
{
	struct hf_shelf *s = hf_collection_shelf(&r->found, node);
	struct hf_page page;
	struct hf_id resource;
	enum hf_err e = s ? hf_page_read(&s->book, at->index, &page) : HF_E_UNKNOWN;
	bool go = true;

	if (e != HF_OK) {
		say_broken(r, at, node, e);
		return true;
	}
	if (hf_opening_resource(page.opened.opening, &resource) && hf_id_equal(&resource, &r->u->resource)) {
		char proof[32];

		hf_page_proof(&s->book, &page, proof);
		note_txn(r, page.opened.opening);
		go = r->u->row(r->u->ctx, &(struct hf_ledger_row){s->book.node, page.index, page.time_ms,
		                                                  (enum hf_event_class)page.entry->event_class,
		                                                  page.opened.opening, proof});
	} else if (s->book.place.own || page.erased) {
		say_broken(r, at, node, page.erased ? HF_E_ERASED : HF_E_DIGEST);
	}
	hf_page_done(&page);
	return go;
}

static void show_all(struct reading *r, struct hf_use_at *ret_next)
{
	size_t shown = r->count > r->u->limit ? r->u->limit : r->count;
	struct hf_name node;
	bool go = true;

	for (size_t i = 0; go && i < shown; i++) {
		const struct hf_use_key *at = &r->at[i];

		if (!hf_space_origin_node(r->found.ledger->space_id, at->origin, &node))
			continue;
		go = show(r, at, node.s);
		*ret_next = (struct hf_use_at){.time_ms = at->time_ms, .index = at->index};
		snprintf(ret_next->node, sizeof(ret_next->node), "%s", node.s);
	}
	if (go && r->count <= r->u->limit)
		ret_next->node[0] = '\0'; /* that was all */
}

static void tell_txn(struct reading *r, const struct hf_id *txn)
{
	enum hf_err e;

	hf_collection_clear(&r->found);
	e = hf_collect(&r->found, txn);
	r->looked_at += r->found.count + r->found.broken_count;
	r->about = txn;
	if (e == HF_OK)
		hf_collection_tell(&r->found, say, r);
	else
		say(r, "its coverage could not be looked at here; `hufu ledger trace` says why");
	r->about = NULL;
}

static void tell_txns(struct reading *r)
{
	char line[200];

	for (size_t i = 0; i < r->txn_count; i++) {
		if (r->looked_at >= COVERAGE_ENTRIES) {
			snprintf(line, sizeof(line),
			         "the coverage of %zu further transactions was not looked at; `hufu ledger trace "
			         "TRANSACTION` does it for one",
			         r->txn_count - i);
			say(r, line);
			return;
		}
		tell_txn(r, &r->txns[i]);
	}
}

enum hf_err hf_ledger_uses(struct hf_ledger *l, const struct hf_uses *u, struct hf_use_at *ret_next)
{
	struct reading r = {.u = u, .found = {.ledger = l}};
	struct hf_use_at next = {0};
	enum hf_err e;

	if (u->limit == 0 || u->limit > HF_USES_MAX)
		return HF_E_ARGUMENT;
	r.at = hf_alloc_zero((u->limit + 1) * sizeof(*r.at));
	r.txns = hf_alloc_zero(u->limit * sizeof(*r.txns));
	e = find_keys(&r);
	if (e == HF_OK && r.count == 0 && u->after.time_ms == 0 && u->until_ms == 0)
		e = HF_E_UNKNOWN;
	if (e == HF_OK) {
		show_all(&r, &next);
		tell_txns(&r);
		*ret_next = next;
	}
	hf_collection_done(&r.found);
	free(r.at);
	free(r.txns);
	return e;
}
