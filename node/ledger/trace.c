/*
 * trace.c - the story of a transaction, merged from this node's ledger and the mirrored ones, each entry verified; and
 * what could not be covered, in sentences.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/collect.h"
#include "ledger/skew.h"

enum hf_err hf_ledger_tail(struct hf_ledger *l, uint64_t count, hf_ledger_row_fn fn, void *ctx)
{
	struct hf_book b;
	enum hf_err e;
	bool go = true;

	HF_TRY(hf_book_open(l, NULL, &b));
	e = HF_OK;
	for (uint64_t i = b.held; go && e == HF_OK && i > 0 && count > 0; i--, count--) {
		struct hf_page page;
		char proof[32];

		e = hf_page_read(&b, i - 1, &page);
		if (e != HF_OK)
			break;
		hf_page_proof(&b, &page, proof);
		go = fn(ctx, &(struct hf_ledger_row){b.node, page.index, page.time_ms,
		                                     (enum hf_event_class)page.entry->event_class, page.opened.opening,
		                                     proof});
		hf_page_done(&page);
	}
	hf_book_done(&b);
	return e;
}

struct telling {
	struct hf_collection *found;
	void (*note)(void *ctx, const char *text);
	void *ctx;
};

static void say(const struct telling *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct telling *t, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	t->note(t->ctx, text);
}

static void tell_broken_run(const struct telling *t, const struct hf_broken *b, size_t count)
{
	char what[64];

	if (count == 1)
		snprintf(what, sizeof(what), "entry %" PRIu64, b->index);
	else
		snprintf(what, sizeof(what), "%zu entries from %" PRIu64 " on", count, b->index);
	if (b->err == HF_E_UNKNOWN)
		say(t, "%s of the ledger of %s %s been announced but not arrived under a signed checkpoint yet", what,
		    b->node, count == 1 ? "has" : "have");
	else if (b->err == HF_E_ERASED)
		say(t, "the content of %s of the ledger of %s was erased; what was recorded can be proven, not shown",
		    what, b->node);
	else if (b->err == HF_E_LIMIT)
		say(t,
		    "the ledger of %s names this transaction in more than %u entries; those from %" PRIu64
		    " on are left out",
		    b->node, HF_COLLECT_MAX, b->index);
	else
		say(t, "%s of the ledger of %s %s not verify (%s) and %s left out", what, b->node,
		    count == 1 ? "does" : "do", hf_err_text(b->err), count == 1 ? "is" : "are");
}

/* One sentence for what follows one another: a member that claims much shall not drown the rest. */
static void tell_broken(const struct telling *t)
{
	size_t first = 0;

	for (size_t i = 1; i <= t->found->broken_count; i++) {
		const struct hf_broken *b = &t->found->broken[first];

		if (i < t->found->broken_count && b[i - first].err == b->err && strcmp(b[i - first].node, b->node) == 0)
			continue;
		tell_broken_run(t, b, i - first);
		first = i;
	}
}

/* Ordinals run from 1; the closing entry states how many there are. */
static void tell_gaps(const struct telling *t, const struct hf_shelf *s)
{
	uint64_t expected = 1, total = 0, ordinal, count, held = 0;

	for (size_t i = 0; i < t->found->count; i++) {
		const struct hf_item *it = &t->found->items[i];

		if (it->shelf != s || !hf_opening_number(it->page.opened.opening, HF_FIELD_ORDINAL, &ordinal))
			continue;
		held++;
		if (ordinal > expected)
			say(t,
			    "the ledger of %s has entries %" PRIu64 " to %" PRIu64
			    " of this transaction that are not held here",
			    s->book.node, expected, ordinal - 1);
		expected = ordinal + 1;
		if (hf_opening_number(it->page.opened.opening, HF_FIELD_COUNT, &count))
			total = count;
	}
	if (total > 0 && held > 0 && expected <= total)
		say(t,
		    "the ledger of %s states %" PRIu64 " entries of this transaction; the last ones are not held here",
		    s->book.node, total);
}

static void tell_unwitnessed(const struct telling *t, const struct hf_shelf *s)
{
	uint64_t weak = 0;

	for (size_t i = 0; i < t->found->count; i++)
		weak += t->found->items[i].shelf == s && t->found->items[i].page.under != HF_BOOK_WITNESSED;
	if (weak)
		say(t, "%" PRIu64 " entries of the ledger of %s are not covered by a witnessed checkpoint here yet",
		    weak, s->book.node);
}

/* Times order the story; where a clock was wrong, the order is too. */
static void tell_clock(const struct telling *t, const struct hf_shelf *s)
{
	const struct hf_worth *w = &s->book.worth[HF_BOOK_WITNESSED];
	uint64_t off = 0, first = 0;

	for (size_t i = 0; i < t->found->count; i++) {
		const struct hf_page *p = &t->found->items[i].page;

		if (t->found->items[i].shelf == s && hf_clock_off(w, p->index, p->time_ms) && off++ == 0)
			first = p->index;
	}
	if (off)
		say(t,
		    "the clock of %s was more than %d minutes off the witnesses' in %" PRIu64
		    " entries, the first at %" PRIu64 ": their place in the order of time is not sure",
		    s->book.node, HF_CLOCK_SKEW_MS / 60000, off, first);
	if (w->spread_ms > HF_CLOCK_SKEW_MS)
		say(t, "the witnesses' clocks over the ledger of %s are %lld s apart", s->book.node,
		    (long long)(w->spread_ms / 1000));
}

static void tell_frozen(const struct telling *t, const struct hf_shelf *s)
{
	if (!s->book.place.own && hf_frozen(t->found->ledger, s->book.place.origin))
		say(t,
		    "the log key of %s signed two histories; what is held here is one of them (`hufu ledger evidence`)",
		    s->book.node);
}

/* A writer states the newest checkpoint it knew of its counterparty: when that ledger is held here, the two must agree.
 */
static void tell_binding(const struct telling *t, const struct hf_item *it)
{
	char node[HF_NAME_MAX + 1], text[96], hex[65];
	struct hf_shelf *other;
	struct hf_hash root;
	uint64_t size;

	if (!hf_opening_text(it->page.opened.opening, HF_FIELD_COUNTERPARTY, node, sizeof(node)) ||
	    !hf_opening_text(it->page.opened.opening, HF_FIELD_COUNTERPARTY_HEAD, text, sizeof(text)) ||
	    sscanf(text, "%20" SCNu64 "/%64[0-9a-f]", &size, hex) != 2 ||
	    !(other = hf_collection_shelf(t->found, node)) || size > other->book.held)
		return;
	struct hf_tree tree = {&other->book.place, other->book.rows};
	char held[65];

	if (!hf_tree_root(&tree, size, &root))
		return;
	hf_hash_hex(&root, held);
	if (strcmp(held, hex) != 0)
		say(t,
		    "the ledger of %s shown here is not the one that %s saw at size %" PRIu64 " (its entry %" PRIu64
		    "): two histories exist",
		    node, it->shelf->book.node, size, it->page.index);
}

static bool has_rows(const struct hf_collection *c, const char *node)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->items[i].shelf->book.node, node) == 0)
			return true;
	return false;
}

static void tell_absent(const struct telling *t, const char *node)
{
	struct hf_shelf *s = hf_collection_shelf(t->found, node);

	if (s && s->book.place.own)
		say(t, "this node's own ledger has no entry of this transaction");
	else if (s)
		say(t,
		    "the ledger of %s is held here up to %" PRIu64
		    " entries, but %s has sent no openings of this transaction",
		    node, s->book.held, node);
	else
		say(t,
		    "the ledger of %s is not mirrored here, so what %s recorded cannot be shown; ask its auditor or a "
		    "third mirror",
		    node, node);
}

/* Every node that an entry names as counterparty should be heard too; each is spoken of once. */
static void tell_parties(const struct telling *t)
{
	char node[HF_NAME_MAX + 1], other[HF_NAME_MAX + 1];

	for (size_t i = 0; i < t->found->count; i++) {
		size_t k;

		if (!hf_opening_text(t->found->items[i].page.opened.opening, HF_FIELD_COUNTERPARTY, node,
		                     sizeof(node)) ||
		    has_rows(t->found, node))
			continue;
		for (k = 0; k < i; k++)
			if (hf_opening_text(t->found->items[k].page.opened.opening, HF_FIELD_COUNTERPARTY, other,
			                    sizeof(other)) &&
			    strcmp(other, node) == 0)
				break;
		if (k == i)
			tell_absent(t, node);
	}
}

void hf_collection_tell(struct hf_collection *c, void (*note)(void *ctx, const char *text), void *ctx)
{
	const struct telling t = {c, note, ctx};

	tell_broken(&t);
	for (size_t i = 0; i < c->shelf_count; i++) {
		tell_gaps(&t, c->shelves[i]);
		tell_unwitnessed(&t, c->shelves[i]);
		tell_clock(&t, c->shelves[i]);
		tell_frozen(&t, c->shelves[i]);
	}
	for (size_t i = 0; i < c->count; i++)
		tell_binding(&t, &c->items[i]);
	tell_parties(&t);
}

enum hf_err hf_ledger_trace(struct hf_ledger *l, const struct hf_id *txn, hf_ledger_row_fn fn,
                            void (*note)(void *ctx, const char *text), void *ctx)
{
	struct hf_collection c HF_CLEANUP(hf_collection_done) = {.ledger = l};
	bool go = true;

	HF_TRY(hf_collect(&c, txn));
	if (c.count == 0 && c.broken_count == 0)
		return HF_E_UNKNOWN;
	hf_collection_tell(&c, note, ctx);
	hf_collection_by_time(&c);
	for (size_t i = 0; go && i < c.count; i++) {
		const struct hf_item *it = &c.items[i];
		char proof[32];

		hf_page_proof(&it->shelf->book, &it->page, proof);
		go = fn(ctx, &(struct hf_ledger_row){it->shelf->book.node, it->page.index, it->page.time_ms,
		                                     (enum hf_event_class)it->page.entry->event_class,
		                                     it->page.opened.opening, proof});
	}
	return HF_OK;
}
