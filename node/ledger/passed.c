/*
 * passed.c - which time has passed by the word of the witnesses. A cosignature states when it was made; it was made
 * before it arrived here. So a time that a quorum of the witnesses states or exceeds has passed, unless a quorum of
 * them is wrong together.
 */
#include <stdlib.h>

#include "evidence/checkpoint.h"
#include "ledger/internal.h"

static int latest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

int64_t hf_ledger_passed_ms(struct hf_ledger *l, uint64_t over)
{
	const struct hf_space *s = hf_ledger_space(l);
	const Hufu__Descriptor *d = s ? hf_space_current(s) : NULL;
	size_t count = 0;
	int64_t *says, passed;

	if (!d || d->quorum == 0)
		return 0;
	says = hf_alloc_zero((d->n_witnesses + 1) * sizeof(*says));
	for (size_t i = 0; i < d->n_witnesses; i++) {
		const struct hf_lpeer *p;

		if (!hf_ledger_is_our_witness(l, d->witnesses[i]))
			continue;
		p = hf_ledger_peer(l, d->witnesses[i]);
		if (p->says_ms > 0 && p->says_size >= over)
			says[count++] = p->says_ms;
	}
	qsort(says, count, sizeof(*says), latest_first);
	passed = count >= d->quorum ? says[d->quorum - 1] : 0;
	free(says);
	return passed;
}

void hf_ledger_on_passed(struct hf_ledger *l, void (*fn)(void *ctx, struct hf_unit *unit, int64_t passed_ms), void *ctx)
{
	l->on_passed = fn;
	l->on_passed_ctx = ctx;
}

void hf_passed_note(struct hf_ledger *l, struct hf_lpeer *p, struct hf_unit *u, struct hf_bytes line)
{
	int64_t passed;

	p->says_ms = hf_cosignature_time((const char *)l->round.text.data, l->round.text.len, line.data, line.len);
	p->says_size = l->round.size;
	passed = l->on_passed ? hf_ledger_passed_ms(l, 0) : 0;
	if (passed > 0)
		l->on_passed(l->on_passed_ctx, u, passed);
}

void hf_ledger_said(struct hf_ledger *l, void (*fn)(void *ctx, const char *witness, int64_t says_ms), void *ctx)
{
	const struct hf_space *s = hf_ledger_space(l);
	const Hufu__Descriptor *d = s ? hf_space_current(s) : NULL;

	for (size_t i = 0; d && i < d->n_witnesses; i++)
		if (hf_ledger_is_our_witness(l, d->witnesses[i]))
			fn(ctx, d->witnesses[i], hf_ledger_peer(l, d->witnesses[i])->says_ms);
}

int64_t hf_ledger_witnessed_ms(const struct hf_ledger *l)
{
	const struct hf_space *s = hf_ledger_space(l);
	struct hf_checked c;

	if (!s || l->witnessed.note.len == 0 ||
	    hf_checkpoint_check(s, (const char *)l->witnessed.note.data, l->witnessed.note.len, &c, NULL) != HF_OK)
		return 0;
	return c.quorum_ms;
}
