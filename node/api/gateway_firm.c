/* gateway_firm.c - see gateway_firm.h. */
#include "api/gateway_firm.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"

/* The entries of one answer on their way to the disk; the request may end before they are there. */
struct firm_storing {
	const struct hf_base *base; /* lives longer than the listener */
	struct firm *wait;          /* NULL: it has ended */
};

static void on_stored(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct firm_storing *s = ctx;
	struct firm *w = s->wait;
	if (e != HF_OK)
		hf_alarm(s->base, "decision-unrecorded", NULL, "decisions for gateways could not be recorded: %s",
		         hf_err_text(e));
	if (w) {
		w->storing = NULL;
		w->stored = e == HF_OK && info->entries > 0;
		w->failed = !w->stored;
		if (w->stored)
			w->index = info->first_entry + info->entries - 1;
	}
	free(s);
}

static void digest_of(const struct authzen_answer *a, struct hf_hash *ret)
{
	hf_sha256(a->body.data, a->body.len, ret);
}

void firm_begin(struct firm_list *l, struct firm *w, struct MHD_Connection *c, struct authzen_answer *take,
                struct hf_unit *take_entries)
{
	struct firm_storing *s = hf_alloc_zero(sizeof(*s));
	int64_t now = hf_mono_ms(&l->m->base->clock);
	firm_drop(w);
	*w = (struct firm){.next = l->first,
	                   .before = &l->first,
	                   .connection = c,
	                   .storing = s,
	                   .demands = take->demands,
	                   .until_ms = w->until_ms ? w->until_ms : now + GATEWAY_FIRM_MS};
	digest_of(take, &w->answer);
	hf_buf_done(&take->body);
	*s = (struct firm_storing){l->m->base, w};
	if (w->next)
		w->next->before = &w->next;
	l->first = w;
	hf_metrics_add(l->m->base->metrics, "gateway_record_waits_total", 1);
	hf_store_submit(l->m->store, take_entries, on_stored, s);
	MHD_suspend_connection(c);
}

static void unlink_firm(struct firm *w)
{
	if (!w->before)
		return;
	*w->before = w->next;
	if (w->next)
		w->next->before = w->before;
	w->before = NULL;
	w->next = NULL;
}

static void resume(struct firm *w)
{
	unlink_firm(w);
	MHD_resume_connection(w->connection);
}

bool firm_reached(const struct firm_list *l, const struct firm *w)
{
	return w->stored && hf_ledger_entry_is(l->m->ledger, w->index, w->demands);
}

bool firm_look(struct firm_list *l, bool *ret_resumed)
{
	int64_t now = hf_mono_ms(&l->m->base->clock);
	*ret_resumed = false;
	for (struct firm *w = l->first, *next; w; w = next) {
		next = w->next;
		if (!w->failed && now < w->until_ms && !firm_reached(l, w))
			continue;
		resume(w);
		*ret_resumed = true;
	}
	return l->first != NULL;
}

bool firm_same(const struct firm *w, const struct authzen_answer *a)
{
	struct hf_hash now;
	digest_of(a, &now);
	return a->status == 200 && a->demands <= w->demands && memcmp(now.b, w->answer.b, sizeof(now.b)) == 0;
}

void firm_drop(struct firm *w)
{
	unlink_firm(w);
	if (w->storing)
		w->storing->wait = NULL;
	w->storing = NULL;
}

void firm_resume_all(struct firm_list *l)
{
	while (l->first)
		resume(l->first);
}
