/* holding.c - see holding.h. */
#include "ledger/holding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define MIB ((uint64_t)1 << 20)

void hf_ledger_set_quota(struct hf_ledger *l, const struct hf_ledger_quota *q)
{
	l->quota.ledger_bytes = q->ledger_bytes ? q->ledger_bytes : HF_LEDGER_QUOTA_BYTES;
	l->quota.total_bytes = q->total_bytes ? q->total_bytes : HF_LEDGER_QUOTA_TOTAL_BYTES;
}

static uint64_t total(const struct hf_ledger *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->peer_count; i++)
		sum += l->peer[i]->holding.bytes;
	return sum;
}

static bool add_size(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	*(uint64_t *)ctx += value.len + HF_HOLDING_ENTRY;
	return true;
}

/* For a store written before bytes were counted. */
static uint64_t count_bytes(struct hf_ledger *l, const char *origin)
{
	const enum hf_place_part parts[] = {HF_PLACE_ENTRY, HF_PLACE_OPENING};
	struct hf_place place = {.own = false};
	uint8_t key[HF_KEY_MAX];
	uint64_t sum = 0;

	snprintf(place.origin, sizeof(place.origin), "%s", origin);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (hf_store_scan(l->store, hf_place_table(&place, parts[i]), key, hf_place_prefix(&place, key), NULL,
		                  0, add_size, &sum) != HF_OK)
			break;
	return sum;
}

static bool load_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mirror_row, value.data, value.len);
	struct hf_ledger *l = ctx;
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_name node;

	if (!row || key.len > HF_ORIGIN_MAX)
		return true;
	memcpy(origin, key.data, key.len);
	origin[key.len] = '\0';
	if (hf_space_origin_node(l->space_id, origin, &node))
		hf_ledger_peer(l, node.s)->holding.bytes = row->bytes ? row->bytes : count_bytes(l, origin);
	return true;
}

static void show(struct hf_ledger *l)
{
	hf_metrics_set(l->base->metrics, "mirror_held_bytes", (int64_t)total(l));
}

void hf_holding_load(struct hf_ledger *l)
{
	if (hf_store_scan(l->store, HF_TABLE_MIRROR, NULL, 0, NULL, 0, load_row, l) != HF_OK)
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "mirror-rows-unread", NULL, HF_LOG_E(HF_E_STORE));
	show(l);
}

void hf_holding_fix(struct hf_ledger *l, const char *peer, Hufu__MirrorRow *row)
{
	if (row->bytes == 0 && row->next > 0)
		row->bytes = hf_ledger_peer(l, peer)->holding.bytes;
}

static bool names(const Hufu__Member *m, const char *node)
{
	for (size_t i = 0; m && i < m->n_mirrors; i++)
		if (strcmp(m->mirrors[i], node) == 0)
			return true;
	return false;
}

static bool invited(const struct hf_ledger *l, const char *peer)
{
	uint8_t key[HF_KEY_MAX];

	return names(hf_space_member(hf_ledger_space(l), peer), l->base->self.s) ||
	       hf_store_has(l->store, HF_TABLE_META, key, hf_key_mirror_to(peer, key));
}

static enum hf_err judge(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, int64_t more, char *text,
                         size_t cap)
{
	const struct hf_ledger_quota *q = &l->quota;
	const char *self = l->base->self.s;

	if (!invited(l, peer)) {
		snprintf(text, cap,
		         "%s has no reason to store the ledger of %s: no descriptor names it as mirror and no "
		         "transaction here has %s as a party; ask the space authority to name it",
		         self, peer, peer);
		return HF_E_UNINVITED;
	}
	if (more > 0 && row->bytes + (uint64_t)more > q->ledger_bytes) {
		snprintf(text, cap,
		         "%s stores at most %" PRIu64 " bytes of one ledger, and that of %s would take more; its "
		         "operator can raise mirrors.ledger_bytes in hufu.yaml",
		         self, q->ledger_bytes, peer);
		return HF_E_QUOTA;
	}
	if (more > 0 && total(l) + (uint64_t)more > q->total_bytes) {
		snprintf(text, cap,
		         "%s stores at most %" PRIu64 " bytes of others' ledgers, and with that of %s they would take "
		         "more; its operator can raise mirrors.total_bytes in hufu.yaml",
		         self, q->total_bytes, peer);
		return HF_E_QUOTA;
	}
	return HF_OK;
}

static void record(struct hf_ledger *l, const char *peer, struct hf_holding *h, const char *text)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_MIRROR_REFUSED, NULL);
	char origin[HF_ORIGIN_MAX + 1];

	hf_space_origin(l->space_id, peer, origin);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, peer);
	hf_draft_text(d, HF_FIELD_OBJECT, origin);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(d, h->refusing, text);
	if (h->unrecorded > 0)
		hf_draft_textf(d, HF_FIELD_DETAIL,
		               "%s; %" PRIu64 " pushes before it were refused without an entry of their own", text,
		               h->unrecorded);
	h->unrecorded = 0;
	hf_audit_emit(&l->base->audit, d);
	if (h->refusing == HF_E_QUOTA)
		hf_alarm(l->base, "mirror-quota", NULL, "%s", text);
}

/* Recorded when it begins and once an hour while it lasts, so that a peer that keeps pushing cannot fill this ledger
 * instead. */
static void refuse(struct hf_ledger *l, const char *peer, enum hf_err e, const char *text)
{
	struct hf_holding *h = &hf_ledger_peer(l, peer)->holding;
	int64_t now = hf_ledger_mono(l);

	hf_metrics_add(l->base->metrics, "mirror_refused_total", 1);
	if (h->refusing != e) {
		h->refusing = e;
		h->since_ms = now;
	}
	if ((e == HF_E_UNINVITED && now - h->since_ms < HF_HOLDING_GRACE_MS) ||
	    (h->recorded_ms != 0 && now - h->recorded_ms < HF_HOLDING_RECORD_MS)) {
		h->unrecorded++;
		return;
	}
	h->recorded_ms = now;
	record(l, peer, h, text);
}

static enum hf_err admit(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, int64_t more,
                         char text[320])
{
	enum hf_err e = judge(l, peer, row, more, text, 320);

	if (e != HF_OK)
		refuse(l, peer, e, text);
	return e;
}

bool hf_holding_admit(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, int64_t more,
                      const struct hf_answer *answer)
{
	char text[320];
	enum hf_err e = admit(l, peer, row, more, text);

	if (e != HF_OK)
		hf_answer(answer, e, text);
	return e == HF_OK;
}

bool hf_holding_room(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, int64_t more)
{
	char text[320];

	return admit(l, peer, row, more, text) == HF_OK;
}

void hf_holding_took(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, bool entries)
{
	struct hf_holding *h = &hf_ledger_peer(l, peer)->holding;

	h->bytes = row->bytes;
	if (entries || h->refusing == HF_E_UNINVITED)
		h->refusing = HF_OK;
	show(l);
}

/* This node's own ledger at others. */

bool hf_push_ready(struct hf_ledger *l, const struct hf_lpeer *p)
{
	if (p->pushing.after_ms <= hf_ledger_mono(l))
		return true;
	hf_ledger_due(l, p->pushing.after_ms);
	return false;
}

static bool named(const struct hf_ledger *l, const char *node)
{
	return names(hf_space_member(hf_ledger_space(l), l->base->self.s), node);
}

bool hf_push_refused(struct hf_ledger *l, struct hf_lpeer *p, const struct hf_reply *r)
{
	struct hf_pushing *s = &p->pushing;
	int64_t now = hf_ledger_mono(l);

	if (r->error != HF_E_QUOTA && r->error != HF_E_UNINVITED)
		return false;
	s->reason = r->error;
	snprintf(s->text, sizeof(s->text), "%s", r->text);
	s->text[hf_utf8_cut(s->text, strlen(s->text))] = '\0';
	s->pause_ms = s->pause_ms ? 2 * s->pause_ms : HF_PUSH_PAUSE_MS;
	if (s->pause_ms > HF_PUSH_PAUSE_MAX_MS)
		s->pause_ms = HF_PUSH_PAUSE_MAX_MS;
	s->after_ms = now + s->pause_ms;
	/* A party that has not heard of the transaction so far, or never will, is nothing to be alarmed about. */
	if (r->error == HF_E_UNINVITED && !named(l, p->node))
		return true;
	if (s->alarm_ms == 0 || now - s->alarm_ms >= HF_HOLDING_RECORD_MS) {
		s->alarm_ms = now;
		hf_alarm(l->base, "mirror-refused", NULL, "%s stores no more of this ledger (%s): %s", p->node,
		         hf_err_reason(r->error), s->text);
	}
	return true;
}

void hf_push_taken(struct hf_lpeer *p, bool entries)
{
	if (!entries && p->pushing.reason != HF_E_UNINVITED)
		return;
	p->pushing.reason = HF_OK;
	p->pushing.text[0] = '\0';
	p->pushing.after_ms = p->pushing.pause_ms = 0;
}

void hf_push_again(struct hf_lpeer *p, bool whatever)
{
	if (whatever || p->pushing.reason == HF_E_UNINVITED)
		p->pushing.after_ms = p->pushing.pause_ms = 0;
}

/* What people are shown. */

static void fill_view(const struct hf_ledger *l, const struct hf_lpeer *p, struct hf_mirror_view *v)
{
	memset(v, 0, sizeof(*v));
	memcpy(v->node, p->node, sizeof(v->node));
	v->held_bytes = p->holding.bytes;
	v->refusing = p->holding.refusing;
	v->refused = p->pushing.reason;
	v->named = named(l, p->node);
	memcpy(v->text, p->pushing.text, sizeof(v->text));
}

size_t hf_ledger_mirrors(const struct hf_ledger *l, struct hf_mirror_view *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < l->peer_count && n < cap; i++)
		fill_view(l, l->peer[i], &out[n++]);
	return n;
}

bool hf_ledger_mirror(const struct hf_ledger *l, const char *node, struct hf_mirror_view *ret_view)
{
	for (size_t i = 0; i < l->peer_count; i++)
		if (strcmp(l->peer[i]->node, node) == 0) {
			fill_view(l, l->peer[i], ret_view);
			return true;
		}
	return false;
}

void hf_ledger_held(const struct hf_ledger *l, uint64_t *ret_bytes, struct hf_ledger_quota *ret_quota)
{
	*ret_bytes = total(l);
	*ret_quota = l->quota;
}
