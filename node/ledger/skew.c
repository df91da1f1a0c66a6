/* skew.c - the writer's clock in its entries, held against the witnesses' clocks in the cosignatures. */
#include "ledger/skew.h"

#include <string.h>

#include "evidence/entry_scan.h"

bool hf_clock_off(const struct hf_worth *witnessed, uint64_t index, int64_t time_ms)
{
	if (witnessed->checkpoint.size == 0 || witnessed->cosigned_ms == 0)
		return false;
	if (index < witnessed->checkpoint.size) /* it was there when they cosigned */
		return time_ms > witnessed->cosigned_ms + HF_CLOCK_SKEW_MS;
	return time_ms < witnessed->cosigned_ms - HF_CLOCK_SKEW_MS; /* and this one was not */
}

static bool look(struct hf_ledger *l, const char *node, struct hf_clock_view *ret_view)
{
	struct hf_entry_view v;
	struct hf_bytes bytes;
	struct hf_book book;
	const struct hf_worth *w;
	bool ok;

	if (hf_book_open(l, node, &book) != HF_OK)
		return false;
	w = &book.worth[HF_BOOK_WITNESSED];
	ok = w->checkpoint.size > 0 && w->cosigned_ms > 0 && w->checkpoint.size <= book.held &&
	     hf_place_entry(&book.place, book.rows, w->checkpoint.size - 1, &bytes) == HF_OK &&
	     hf_entry_scan(bytes.data, bytes.len, &v);
	if (ok) {
		memcpy(ret_view->node, book.node, sizeof(book.node));
		ret_view->ahead_ms = v.time_s * 1000 - w->cosigned_ms;
		ret_view->spread_ms = w->spread_ms;
	}
	hf_book_done(&book);
	return ok;
}

void hf_ledger_clocks(struct hf_ledger *l, void (*fn)(void *ctx, const struct hf_clock_view *v), void *ctx)
{
	const struct hf_space *s = hf_ledger_space(l);
	const Hufu__Descriptor *d = s ? hf_space_current(s) : NULL;
	struct hf_clock_view v;

	for (size_t i = 0; d && i < d->n_members; i++)
		if (look(l, d->members[i]->id, &v))
			fn(ctx, &v);
}
