/* waiters.c - who waits for an entry to be witnessed. */
#include <stdlib.h>

#include "ledger/internal.h"

struct hf_waiter {
	struct hf_waiter *next;
	uint64_t index;
	int64_t until_ms; /* monotonic */
	void (*fn)(void *ctx, enum hf_err e);
	void *ctx;
};

void hf_ledger_wait_witnessed(struct hf_ledger *l, uint64_t index, int64_t limit_ms,
                              void (*fn)(void *ctx, enum hf_err e), void *ctx)
{
	struct hf_waiter *w = hf_alloc(sizeof(*w)), **end = &l->waiters;

	*w = (struct hf_waiter){NULL, index, hf_ledger_mono(l) + limit_ms, fn, ctx};
	while (*end)
		end = &(*end)->next;
	*end = w;
	hf_ledger_wake(l);
}

/* Taken off before it is called, since it may add another one. */
static struct hf_waiter *take_ended(struct hf_ledger *l, int64_t now)
{
	for (struct hf_waiter **at = &l->waiters; *at; at = &(*at)->next) {
		struct hf_waiter *w = *at;

		if (w->index >= l->witnessed.size && w->until_ms > now) {
			hf_ledger_due(l, w->until_ms);
			continue;
		}
		*at = w->next;
		return w;
	}
	return NULL;
}

void hf_waiters_pump(struct hf_ledger *l)
{
	int64_t now = hf_ledger_mono(l);
	struct hf_waiter *w;

	while ((w = take_ended(l, now)) != NULL) {
		w->fn(w->ctx, w->index < l->witnessed.size ? HF_OK : HF_E_TIMEOUT);
		free(w);
	}
}

void hf_waiters_free(struct hf_ledger *l)
{
	while (l->waiters) {
		struct hf_waiter *w = l->waiters;

		l->waiters = w->next;
		free(w);
	}
}
