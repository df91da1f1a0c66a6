/*
 * request.c - requests as their handlers see them, the answers to them, and requests that a node makes to itself.
 *
 * A request holds its nng context until the answer has left, so that a peer that does not read its replies is counted
 * as outstanding. Bulk bytes are written into the nng message by the handler; the record is put in front of them
 * without a copy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "channel/internal.h"
#include "proto/codec.h"
#include "proto/messages.h"

#define BULK_ROOM 4096u /* in front of the bulk bytes; larger records cost a copy */
#define REPLY_FRAME_MAX (HF_MAX_FRAME - 64u)

struct hf_bulk {
	nng_msg *msg;
};

const char *hf_request_peer(const struct hf_request *r)
{
	return r->peer;
}

const char *hf_request_address(const struct hf_request *r)
{
	return r->address;
}

uint32_t hf_request_type(const struct hf_request *r)
{
	if (r->local)
		return r->local->type;
	return r->header ? r->header->type : 0; /* none: a local one whose channel was closed */
}

const struct hf_id *hf_request_trace(const struct hf_request *r)
{
	return &r->trace;
}

struct hf_bytes hf_request_body(const struct hf_request *r)
{
	if (r->local)
		return (struct hf_bytes){r->local->body, r->local->body_len};
	if (!r->header)
		return (struct hf_bytes){NULL, 0};
	return (struct hf_bytes){r->header->body.data, r->header->body.len};
}

int64_t hf_request_received_us(const struct hf_request *r)
{
	return r->received_us;
}

struct hf_bulk *hf_bulk_new(size_t bulk_len)
{
	nng_msg *m;
	if (bulk_len > HF_MAX_CHUNK + 64 || nng_msg_alloc(&m, BULK_ROOM + bulk_len) != 0)
		return NULL;
	struct hf_bulk *b = hf_alloc(sizeof(*b));
	b->msg = m;
	return b;
}

uint8_t *hf_bulk_data(struct hf_bulk *b)
{
	return (uint8_t *)nng_msg_body(b->msg) + BULK_ROOM;
}

void hf_bulk_free(struct hf_bulk *b)
{
	if (!b)
		return;
	nng_msg_free(b->msg);
	free(b);
}

static nng_msg *bulk_take(struct hf_bulk *b)
{
	nng_msg *m = b->msg;
	free(b);
	return m;
}

struct hf_held *hf_reply_hold(struct hf_reply *r)
{
	return HF_TAKE(r->held);
}

void hf_held_free(struct hf_held *h)
{
	if (!h)
		return;
	nng_msg_free(h->msg);
	hf_decoded_free(h->reply);
	free(h);
}

void hf_request_free(struct hf_request *r)
{
	struct hf_channel *c = r->channel;
	if (c)
		TAILQ_REMOVE(&c->requests, r, list);
	if (c && r->caller) {
		hf_caller_settle(c, r);
		r->caller->refs--;
		hf_caller_drop_if_idle(c, r->caller);
	}
	hf_session_unref(r->session);
	hf_decoded_free(r->header);
	hf_held_free(r->answer);
	free(r);
}

void hf_request_sent(void *ctx, struct hf_sent *sent)
{
	(void)ctx;
	hf_request_free((struct hf_request *)sent);
}

static struct hf_request *of_later(struct hf_later *l)
{
	return (struct hf_request *)((char *)l - offsetof(struct hf_request, later));
}

struct answer {
	Hufu__ReplyHeader h;
	nng_msg *bulk; /* with BULK_ROOM in front, or NULL */
	size_t bulk_len;
};

/* Puts the record in front of the bulk bytes, or into a message of its own. NULL when it would be too large. */
static nng_msg *place(struct answer *a, size_t record, uint8_t **ret_frame)
{
	nng_msg *m = a->bulk;
	if (record + a->bulk_len > REPLY_FRAME_MAX)
		return NULL;
	if (m && record <= BULK_ROOM) {
		nng_msg_trim(m, BULK_ROOM - record);
		nng_msg_chop(m, nng_msg_len(m) - record - a->bulk_len);
		a->bulk = NULL;
	} else {
		m = hf_channel_alloc(record + a->bulk_len);
		if (a->bulk_len > 0)
			memcpy((uint8_t *)nng_msg_body(m) + record, (uint8_t *)nng_msg_body(a->bulk) + BULK_ROOM,
			       a->bulk_len);
	}
	*ret_frame = nng_msg_body(m);
	return m;
}

static nng_msg *seal(struct hf_request *r, struct answer *a)
{
	size_t len = 0;
	uint8_t *plain = hf_encode(&a->h.base, &len), *frame;
	nng_msg *m = plain ? place(a, len + HF_RECORD_OVERHEAD, &frame) : NULL;
	if (m && len > 0)
		memcpy(frame + HF_FRAME_HEAD, plain, len);
	free(plain);
	if (!m || !hf_session_seal(r->session, HF_FRAME_REPLY, &r->counter, frame, len, NULL)) {
		nng_msg_free(m);
		return NULL;
	}
	r->session->bytes += a->bulk_len;
	return m;
}

static void deliver(struct hf_channel *c, struct hf_later *l)
{
	struct hf_request *r = of_later(l);
	struct hf_ongoing *call = r->local;
	struct hf_held *held = HF_TAKE(r->answer);
	enum hf_err e = c->closed             ? HF_E_CANCELLED
	                : *held->reply->error ? hf_err_from_reason(held->reply->error)
	                                      : HF_OK;
	hf_request_free(r);
	hf_call_settle(call, e, NULL, held);
}

/* The same bytes as over a socket, so that limits and errors are the same. */
static void answer_local(struct hf_request *r, struct answer *a)
{
	size_t len = 0;
	uint8_t *plain = hf_encode(&a->h.base, &len);
	r->answer = hf_alloc_zero(sizeof(*r->answer));
	r->answer->reply = plain ? HF_DECODE_OWN(reply_header, plain, len) : NULL;
	free(plain);
	if (!r->answer->reply)
		abort(); /* memory is gone */
	r->answer->msg = HF_TAKE(a->bulk);
	r->answer->bulk_at = BULK_ROOM;
	if (r->answer->msg)
		nng_msg_chop(r->answer->msg, nng_msg_len(r->answer->msg) - BULK_ROOM - a->bulk_len);
	hf_later(r->channel, &r->later, deliver);
}

static void too_large(struct answer *a)
{
	Hufu__ReplyHeader none = HUFU__REPLY_HEADER__INIT;
	a->h = none;
	a->h.error = (char *)(uintptr_t)hf_err_reason(HF_E_LIMIT);
	a->h.text = (char *)(uintptr_t) "the answer is larger than a message between nodes may be";
	a->bulk_len = 0;
}

static void answer(struct hf_request *r, struct answer *a)
{
	struct hf_channel *c = r->channel;
	if (!c || (!r->local && r->session->ended && !r->caller->current)) { /* closed, or the peer was dropped */
		if (c)
			hf_bridge_skip(r->slot);
		hf_request_free(r);
	} else if (r->local) {
		answer_local(r, a);
	} else {
		nng_msg *m = seal(r, a);
		if (!m) {
			too_large(a);
			m = seal(r, a);
		}
		if (m) {
			c->stats.bytes_out += nng_msg_len(m);
			hf_bridge_reply(r->slot, m, &r->sent);
		} else { /* the session can seal no more */
			hf_bridge_skip(r->slot);
			hf_request_free(r);
		}
	}
	nng_msg_free(a->bulk);
}

static void tell_owner(const struct hf_request *r, enum hf_err e)
{
	struct hf_channel *c = r->channel;
	if (c && !c->closed && !r->local && c->ops.on_answered)
		c->ops.on_answered(c->ops.ctx, r->peer, r->address, e);
}

/* Each type of message is a service (SB-54). A poll is held until there is mail, so its duration says nothing. */
static void count(const struct hf_request *r, enum hf_err e)
{
	struct hf_channel *c = r->channel;
	char service[HF_NAME_MAX + 1];
	if (!c || c->closed || r->local || r->poll)
		return;
	const char *name = hf_msg_name(r->header->type);
	snprintf(service, sizeof(service), "peer.%s", name ? name : "unknown");
	hf_metrics_call(c->base.metrics, service, (int64_t)(uv_hrtime() / 1000) - r->received_us, e == HF_OK);
}

void hf_request_reply(struct hf_request *r, enum hf_err error, const char *text, const void *body, size_t len)
{
	struct answer a = {.h = HUFU__REPLY_HEADER__INIT};
	if (error != HF_OK) {
		a.h.error = (char *)(uintptr_t)hf_err_reason(error);
		a.h.text = (char *)(uintptr_t)(text && *text ? text : hf_err_text(error));
	} else {
		a.h.body = (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)body};
	}
	if (error != HF_OK)
		tell_owner(r, error);
	count(r, error);
	answer(r, &a);
}

void hf_request_reply_bulk(struct hf_request *r, const void *body, size_t len, struct hf_bulk *take, size_t bulk_len,
                           const uint8_t bulk_tag[16])
{
	struct answer a = {.h = HUFU__REPLY_HEADER__INIT, .bulk_len = bulk_len};
	a.bulk = bulk_take(take);
	a.h.bulk_tag = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)bulk_tag};
	a.h.body = (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)body};
	count(r, HF_OK);
	answer(r, &a);
}

static void run_local(struct hf_channel *c, struct hf_later *l)
{
	struct hf_request *r = of_later(l);
	if (c->closed)
		hf_request_reply(r, HF_E_CANCELLED, "the node is stopping", NULL, 0);
	else
		c->ops.on_request(c->ops.ctx, r);
}

void hf_channel_call_local(struct hf_channel *c, const char *self, const struct hf_call *in, hf_reply_fn fn, void *ctx)
{
	struct hf_request *r = hf_alloc_zero(sizeof(*r));
	r->channel = c;
	r->local = hf_call_new(c, in, fn, ctx);
	r->trace = in->trace;
	r->received_us = (int64_t)(uv_hrtime() / 1000);
	memcpy(r->peer, self, strnlen(self, HF_NAME_MAX));
	memcpy(r->address, "local", sizeof("local"));
	TAILQ_INSERT_TAIL(&c->requests, r, list);
	hf_later(c, &r->later, run_local);
}
