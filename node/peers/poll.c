/*
 * poll.c - mail for nodes that cannot be dialled: they ask each member, which answers when it has something, within 25
 * s.
 *
 * What came with a poll is taken in order, one after the other; the word on each goes back as a Mail of type
 * HF_MAIL_SETTLED before the next poll. What is not settled comes again with the next one, and is recognized.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "peers/internal.h"

#define POLL_SLACK_MS 5000u
#define POLL_WAIT_MAX_MS 60000u
#define POLL_PAUSE_MS 200 /* between two polls: an answerer that holds none of them */

/* The answering side. */

static void answer(struct hf_peers *p, struct hf_peer *k)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	hf_outbox_collect(p, k, &b);
	hf_request_reply(HF_TAKE(k->held), HF_OK, NULL, b.data, b.len);
}

void hf_poll_offer(struct hf_peers *p, struct hf_peer *k)
{
	struct hf_buf b = HF_BUF_INIT;
	if (k->held && hf_outbox_collect(p, k, &b) > 0)
		hf_request_reply(HF_TAKE(k->held), HF_OK, NULL, b.data, b.len);
	hf_buf_done(&b);
}

void hf_poll_request(struct hf_peers *p, struct hf_peer *k, struct hf_request *take)
{
	struct hf_bytes body = hf_request_body(take);
	Hufu__Poll *m = HF_DECODE(poll, body.data, body.len);
	if (!m) {
		hf_request_reply(take, HF_E_FORMAT, NULL, NULL, 0);
		return;
	}
	if (k->held) /* the older one was given up by its sender */
		hf_request_reply(HF_TAKE(k->held), HF_E_CANCELLED, NULL, NULL, 0);
	k->held = take;
	k->held_until_ms = hf_peers_now(p) + (m->wait_ms < HF_POLL_MS ? m->wait_ms : HF_POLL_MS);
	hf_decoded_free(m);
	hf_poll_offer(p, k);
}

void hf_poll_close(struct hf_peers *p, struct hf_peer *k)
{
	(void)p;
	if (k->held)
		hf_request_reply(HF_TAKE(k->held), HF_E_CANCELLED, NULL, NULL, 0);
}

/* The polling side. */

struct round {
	struct hf_peers_ref *ref;
	struct hf_peer *peer;
	Hufu__PollReply *reply;
	size_t at; /* the mail being taken */
};

static void end_round(struct round *r, bool good)
{
	struct hf_peers *p = r->ref->p;
	if (p) {
		struct hf_peer *k = r->peer;
		k->polling = false;
		k->poll_wait_ms = good ? 0 : hf_peers_back_off(k->poll_wait_ms, POLL_WAIT_MAX_MS);
		k->poll_after_ms = hf_peers_now(p) + (good ? POLL_PAUSE_MS : k->poll_wait_ms);
	}
	hf_peers_unref(r->ref);
	hf_decoded_free(r->reply);
	free(r);
}

static void take_next(struct hf_peers *p, struct round *r);

static void on_told(void *ctx, struct hf_reply *reply)
{
	struct round *r = ctx;
	if (reply->error != HF_OK || !r->ref->p) {
		end_round(r, false);
		return;
	}
	r->at++;
	take_next(r->ref->p, r);
}

static void tell(struct hf_peers *p, struct round *r, const Hufu__MailReply *word)
{
	const Hufu__Mail *in = r->reply->mails[r->at];
	Hufu__Mail m = HUFU__MAIL__INIT;
	size_t word_len = 0, len = 0;
	uint8_t *body = hf_encode(&word->base, &word_len), *bytes;
	m.epoch = in->epoch;
	m.sequence = in->sequence;
	m.type = HF_MAIL_SETTLED;
	m.body = (ProtobufCBinaryData){word_len, body};
	bytes = hf_encode(&m.base, &len);
	hf_peers_call(p, r->peer->id, HF_MSG_MAIL, NULL, bytes, len, 0, on_told, r);
	free(bytes);
	free(body);
}

static void on_taken(struct hf_peers *p, void *ctx, enum hf_err e, const Hufu__MailReply *word)
{
	if (!p || e != HF_OK)
		end_round(ctx, false);
	else
		tell(p, ctx, word);
}

static void take_next(struct hf_peers *p, struct round *r)
{
	if (r->at >= r->reply->n_mails) {
		end_round(r, true);
		return;
	}
	const Hufu__Mail *m = r->reply->mails[r->at];
	if (m->type == HF_MAIL_SETTLED || m->epoch.len != 16)
		end_round(r, false);
	else
		hf_inbox_take(p, r->peer->id, m, on_taken, r);
}

static void on_polled(void *ctx, struct hf_reply *reply)
{
	struct round *r = ctx;
	r->reply = reply->error == HF_OK ? HF_DECODE(poll_reply, reply->body.data, reply->body.len) : NULL;
	if (reply->error == HF_E_OLD_DESCRIPTOR)
		r->peer->announce = true;
	if (!r->reply || !r->ref->p) {
		end_round(r, false);
		return;
	}
	hf_liveness_heard(r->ref->p, r->peer);
	take_next(r->ref->p, r);
}

static void poll(struct hf_peers *p, struct hf_peer *k)
{
	const Hufu__Member *m = hf_space_member(p->space, k->id);
	Hufu__Poll in = HUFU__POLL__INIT;
	size_t len = 0;
	in.wait_ms = HF_POLL_MS;
	uint8_t *body = hf_encode(&in.base, &len);
	struct round *r = hf_alloc_zero(sizeof(*r));
	r->ref = hf_peers_ref(p);
	r->peer = k;
	k->polling = true;
	struct hf_call call = {.peer = k->id,
	                       .address = m->addresses[k->address % m->n_addresses],
	                       .type = HF_MSG_POLL,
	                       .body = {body, len},
	                       .timeout_ms = HF_POLL_MS + POLL_SLACK_MS,
	                       .poll = true};
	memcpy(call.key.b, k->key, sizeof(call.key.b));
	hf_channel_call(p->channel, &call, on_polled, r);
	free(body);
}

void hf_poll_tick(struct hf_peers *p, struct hf_peer *k)
{
	int64_t now = hf_peers_now(p);
	if (k->held && now >= k->held_until_ms)
		answer(p, k);
	if (!p->undialable || k->polling || now < k->poll_after_ms || !hf_peer_dialable(p, k))
		return;
	if (hf_space_standing(p->space, k->id, hf_now_ms(&p->base.clock)) == HF_OK)
		poll(p, k);
}
