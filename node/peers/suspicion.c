/*
 * suspicion.c - the risk score of each member (risk.h) at work: what is held against it, and what follows (DS-46,
 * DS-47).
 *
 * Sessions are ended from the tick and not from inside the answer that was one too many; until then its requests are
 * answered "busy", so that a sound peer tries again and gets through by its new handshake.
 */
#include <string.h>

#include "peers/internal.h"

static void record(struct hf_peers *p, struct hf_peer *k, enum hf_event event, const char *address, const char *text)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, k->id);
	hf_draft_text(d, HF_FIELD_ADDRESS, address);
	hf_draft_text(d, HF_FIELD_OBJECT, "session");
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(d, event == HF_EVENT_STEP_UP ? HF_E_STEP_UP : HF_E_LOCKED, text);
	hf_audit_emit(&p->base.audit, d);
}

static void step_up(struct hf_peers *p, struct hf_peer *k, const char *address)
{
	char why[300], text[600];
	hf_risk_text(&k->risk, why, sizeof(why));
	snprintf(text, sizeof(text),
	         "risk score %u (%s): its sessions end, and it must authenticate anew and show the newest descriptor",
	         hf_risk_score(&k->risk, hf_peers_now(p)), why);
	hf_metrics_add(p->base.metrics, "peer_step_ups_total", 1);
	record(p, k, HF_EVENT_STEP_UP, address, text);
}

/* One alarm: none when the lock of its address has raised it already, and none for that address afterwards. */
static void lock(struct hf_peers *p, struct hf_peer *k, const char *address)
{
	char why[300], text[600];
	long long seconds = (long long)(k->risk.lock_ms / 1000);
	hf_risk_text(&k->risk, why, sizeof(why));
	snprintf(text, sizeof(text), "%s is locked for %lld s: %s; ask its operator", k->id, seconds, why);
	hf_metrics_add(p->base.metrics, "peer_risk_locks_total", 1);
	record(p, k, HF_EVENT_PEER_LOCKED, address, text);
	if (!hf_guard_locked(p->guard, address))
		hf_alarm(&p->base, "peer-locked", NULL, "%s", text);
	hf_guard_quiet(p->guard, address, k->risk.locked_until_ms);
}

/* What was made before does not count any more. Without a session there is nothing to end, and nobody to keep waiting.
 */
static void forget(struct hf_peer *k)
{
	if (k->up)
		return;
	k->risk.due = false;
	k->shown = 0;
}

void hf_suspect(struct hf_peers *p, struct hf_peer *k, enum hf_risk_kind kind, const char *address)
{
	if (!k || kind == HF_RISK_NONE)
		return;
	switch (hf_risk_add(&k->risk, kind, hf_peers_now(p))) {
	case HF_RISK_GOES_ON:
		break;
	case HF_RISK_STEP_UP:
		forget(k);
		step_up(p, k, address);
		break;
	case HF_RISK_LOCK:
		forget(k);
		lock(p, k, address);
		break;
	}
}

/* A connection or record of a member that had authenticated the connection, or proved its key in this handshake. */
static bool is_proved(enum hf_err e)
{
	return e == HF_E_SIGNATURE || e == HF_E_REPLAY || e == HF_E_FORMAT || e == HF_E_RATE || e == HF_E_STALE ||
	       e == HF_E_CONFLICT;
}

void hf_suspicion_refused(struct hf_peers *p, const char *node, const char *address, enum hf_err e)
{
	if (*node && !strchr(address, '/') && is_proved(e))
		hf_suspect(p, hf_peer_find(p, node), hf_risk_of(e), address);
}

void hf_suspicion_answered(void *ctx, const char *node, const char *address, enum hf_err e)
{
	struct hf_peers *p = ctx;
	enum hf_risk_kind kind = hf_risk_of(e);
	if (hf_risk_recorded(kind))
		hf_guard_record(p->guard, node, address, e);
	hf_suspect(p, hf_peer_find(p, node), kind, address);
}

/* The members' own addresses change rarely; one that comes from ever others is looked at. */
void hf_suspicion_address(struct hf_peers *p, struct hf_peer *k, const char *address)
{
	size_t len = strnlen(address, sizeof(k->came_from) - 1);
	if (k->came_from[0] && strcmp(k->came_from, address) != 0)
		hf_suspect(p, k, HF_RISK_ADDRESS, address);
	memcpy(k->came_from, address, len);
	k->came_from[len] = '\0';
}

bool hf_suspicion_locked(struct hf_peers *p, const char *node)
{
	const struct hf_peer *k = hf_peer_find(p, node);
	return k && hf_risk_is_locked(&k->risk, hf_peers_now(p));
}

uint64_t hf_suspicion_renew_ms(void *ctx, const char *node)
{
	struct hf_peers *p = ctx;
	const struct hf_peer *k = hf_peer_find(p, node);
	return k && hf_risk_score(&k->risk, hf_peers_now(p)) >= HF_RISK_HIGH ? HF_RISK_RENEW_MS : 0;
}

enum hf_err hf_suspicion_admit(struct hf_peers *p, struct hf_peer *k)
{
	if (k->risk.due)
		return HF_E_BUSY;
	if (k->risk.awaiting && k->shown < hf_space_number(p->space))
		return HF_E_OLD_DESCRIPTOR;
	k->risk.awaiting = false;
	return HF_OK;
}

void hf_suspicion_tick(struct hf_peers *p, struct hf_peer *k)
{
	if (!k->risk.due)
		return;
	k->risk.due = false;
	k->shown = 0; /* to be shown again */
	hf_channel_drop(p->channel, k->id);
}
