/*
 * liveness.c - who is there: sessions as the channel reports them, a ping every 15 s where nothing else is said,
 * clocks.
 *
 * A peer is up while there is a session with it in either direction and it is heard: a cut line closes no connection,
 * so silence over two pings counts as gone, until something is heard again. One that dialled us and can be dialled is
 * pinged at once, so that mail for it does not wait for its back-off.
 */
#include <stdlib.h>
#include <string.h>

#include "peers/internal.h"

#define PING_TIMEOUT_MS 5000u
#define SILENT_MS (2 * HF_PING_MS + PING_TIMEOUT_MS)
#define AUDIT_PAUSE_MS 60000
#define SKEW_ALARM_MS (60 * 60 * 1000)

void hf_liveness_heard(struct hf_peers *p, struct hf_peer *k)
{
	k->heard_ms = hf_peers_now(p);
	k->last_seen_ms = hf_now_ms(&p->base.clock);
}

/* Once a minute for each peer: a peer that keeps coming and going shall not fill the ledger. */
static void record_session(struct hf_peers *p, struct hf_peer *k, const char *address, bool inbound)
{
	int64_t now = hf_peers_now(p);
	if (k->audited_ms != 0 && now - k->audited_ms < AUDIT_PAUSE_MS)
		return;
	k->audited_ms = now;
	struct hf_draft *d = hf_draft_new(HF_EVENT_PEER_SESSION, NULL);
	hf_draft_textf(d, HF_FIELD_OBJECT, "session with %s", k->id); /* DS-128 */
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, k->id);
	hf_draft_text(d, HF_FIELD_ADDRESS, address);
	hf_draft_text(d, HF_FIELD_MANNER, inbound ? "channel, inbound" : "channel, outbound");
	hf_draft_outcome(d, HF_OK, NULL);
	hf_audit_emit(&p->base.audit, d);
}

static void came_up(struct hf_peers *p, struct hf_peer *k)
{
	k->mail_wait_ms = 0;
	k->poll_wait_ms = 0;
	k->poll_after_ms = 0;
	hf_outbox_kick(p, k, true);
	for (size_t i = 0; i < p->up_count; i++)
		p->up[i](p->up_ctx[i], k->id);
}

static bool is_there(const struct hf_peers *p, const struct hf_peer *k)
{
	return (k->up_in || k->up_out) && hf_peers_now(p) - k->heard_ms <= SILENT_MS;
}

void hf_liveness_session(void *ctx, const char *node, const char *address, bool up, bool inbound)
{
	struct hf_peers *p = ctx;
	struct hf_peer *k = hf_peer_find(p, node);
	if (!k)
		return;
	bool was = k->up, dialled = k->up_out;
	*(inbound ? &k->up_in : &k->up_out) = up;
	if (up)
		hf_liveness_heard(p, k);
	k->up = is_there(p, k);
	if (!up)
		return;
	if (inbound)
		hf_suspicion_address(p, k, address);
	record_session(p, k, address, inbound);
	if (inbound && !k->up_out)
		k->ping_ms = 0;
	if (!was ||
	    (!inbound && !dialled)) /* it may have been here by its own dialling: what waited for ours goes now */
		came_up(p, k);
}

void hf_liveness_skew(void *ctx, const char *node, int64_t skew_ms)
{
	struct hf_peers *p = ctx;
	struct hf_peer *k = hf_peer_find(p, node);
	int64_t now = hf_peers_now(p);
	if (!k)
		return;
	k->skew_ms = skew_ms;
	bool off = skew_ms > HF_CLOCK_SKEW_MS || skew_ms < -HF_CLOCK_SKEW_MS;
	if (off)
		hf_suspect(p, k, HF_RISK_CLOCK, k->came_from);
	if (!off || (k->skew_alarm_ms != 0 && now - k->skew_alarm_ms < SKEW_ALARM_MS))
		return;
	k->skew_alarm_ms = now;
	hf_alarm(&p->base, "clock-skew", NULL,
	         "the clocks of this node and of %s are %lld s apart; connections are refused until one of them is set "
	         "right",
	         k->id, (long long)(skew_ms < 0 ? -skew_ms : skew_ms) / 1000);
}

void hf_liveness_ping(struct hf_peers *p, struct hf_peer *k, struct hf_request *take)
{
	struct hf_bytes body = hf_request_body(take);
	Hufu__Ping *in = HF_DECODE(ping, body.data, body.len);
	Hufu__Ping out = HUFU__PING__INIT;
	size_t len = 0;
	if (!in) {
		hf_request_reply(take, HF_E_FORMAT, NULL, NULL, 0);
		return;
	}
	if (k && in->time_ms > 0)
		hf_liveness_skew(p, k->id, in->time_ms - hf_local_ms(&p->base));
	hf_decoded_free(in);
	out.time_ms = hf_local_ms(&p->base);
	uint8_t *bytes = hf_encode(&out.base, &len);
	hf_request_reply(take, bytes ? HF_OK : HF_E_BUSY, NULL, bytes, len);
	free(bytes);
}

static void on_pong(void *ctx, struct hf_reply *r)
{
	struct hf_peer *k = ctx;
	k->pinging = false;
	if (r->error == HF_OK)
		k->reply_ms = hf_peers_now(k->owner) - k->pinged_ms + 1;
	if (r->error == HF_E_OLD_DESCRIPTOR)
		k->announce = true;
}

static void ping(struct hf_peers *p, struct hf_peer *k)
{
	Hufu__Ping m = HUFU__PING__INIT;
	size_t len = 0;
	m.time_ms = hf_local_ms(&p->base);
	uint8_t *body = hf_encode(&m.base, &len);
	k->pinging = true;
	k->pinged_ms = hf_peers_now(p);
	hf_peers_call(p, k->id, HF_MSG_PING, NULL, body, len, PING_TIMEOUT_MS, on_pong, k);
	free(body);
}

void hf_liveness_tick(struct hf_peers *p, struct hf_peer *k)
{
	int64_t now = hf_peers_now(p);
	bool was = k->up;
	k->up = is_there(p, k);
	if (k->up && !was)
		came_up(p, k);
	bool quiet = !k->up_out || now - k->heard_ms >= HF_PING_MS;
	if (k->pinging || now < k->ping_ms || !quiet || !hf_peer_dialable(p, k))
		return;
	if (hf_space_standing(p->space, k->id, hf_now_ms(&p->base.clock)) != HF_OK)
		return;
	k->ping_ms = now + HF_PING_MS;
	ping(p, k);
}
