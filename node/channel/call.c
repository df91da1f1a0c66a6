/*
 * call.c - requests that this node makes: waiting for a session, under way, answered.
 *
 * A call is encrypted only when a connection and a session are there. It ends exactly once, with the answer, its
 * time-out or the reason why there is no session.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "channel/internal.h"
#include "proto/codec.h"

struct hf_work *hf_work_new(struct hf_remote *r)
{
	struct hf_work *w = hf_alloc_zero(sizeof(*w));
	w->remote = r;
	return w;
}

void hf_work_abandon(struct hf_work *w)
{
	w->call = NULL;
	w->dial = NULL;
	w->remote->abandoned++;
}

/* A UUIDv7 as well: time, then what was drawn at the start plus a count. One draw for each would be a system call for
 * each. */
static struct hf_id next_id(struct hf_channel *c)
{
	uint64_t ms = (uint64_t)hf_now_ms(&c->base.clock), tail = hf_get_u64(c->id.b + 8);
	const uint64_t variant = UINT64_C(0xc) << 60;
	struct hf_id id = c->id;
	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	hf_put_u64(id.b + 8, (tail & variant) | ((tail + ++c->id_count) & ~variant));
	return id;
}

struct hf_ongoing *hf_call_new(struct hf_channel *c, const struct hf_call *in, hf_reply_fn fn, void *ctx)
{
	struct hf_ongoing *call = hf_alloc_zero(sizeof(*call));
	call->channel = c;
	call->fn = fn;
	call->ctx = ctx;
	call->since_ms = hf_channel_now(c);
	if (!in)
		return call;
	call->type = in->type;
	call->message_id = next_id(c);
	call->trace = in->trace;
	call->poll = in->poll;
	call->deadline_ms = call->since_ms + (in->timeout_ms ? in->timeout_ms : HF_CALL_MS);
	call->body = hf_alloc(in->body.len);
	call->body_len = in->body.len;
	if (in->body.len > 0)
		memcpy(call->body, in->body.data, in->body.len);
	return call;
}

void hf_call_free(struct hf_ongoing *call)
{
	if (call->work)
		hf_work_abandon(call->work);
	hf_session_unref(call->session);
	free(call->body);
	free(call);
}

static void held_bytes(const struct hf_held *h, size_t bulk_at, struct hf_reply *r)
{
	r->body = (struct hf_bytes){h->reply->body.data, h->reply->body.len};
	r->has_bulk = h->reply->bulk_tag.len == sizeof(r->bulk_tag);
	if (!r->has_bulk)
		return;
	memcpy(r->bulk_tag, h->reply->bulk_tag.data, sizeof(r->bulk_tag));
	r->bulk = (struct hf_bytes){(const uint8_t *)nng_msg_body(h->msg) + bulk_at, nng_msg_len(h->msg) - bulk_at};
}

static void unlink_call(struct hf_ongoing *call)
{
	struct hf_remote *r = call->remote;
	if (!r)
		return;
	if (call->running) {
		TAILQ_REMOVE(&r->running, call, list);
		*(call->poll ? &r->poll_count : &r->running_count) -= 1;
	} else {
		TAILQ_REMOVE(&r->waiting, call, list);
		r->waiting_count--;
	}
	call->running = false;
	call->remote = NULL;
}

/* bulk bytes begin at take->bulk_at of its message. */
void hf_call_settle(struct hf_ongoing *call, enum hf_err e, const char *text, struct hf_held *take)
{
	struct hf_reply r = {.error = e, .text = text ? text : "", .held = take};
	unlink_call(call);
	if (take && take->reply) {
		held_bytes(take, take->bulk_at, &r);
		r.text = take->reply->text;
	}
	call->fn(call->ctx, &r);
	hf_held_free(r.held);
	hf_call_free(call);
}

static void settle_later(struct hf_channel *c, struct hf_later *l)
{
	struct hf_ongoing *call = (struct hf_ongoing *)l;
	(void)c;
	hf_call_settle(call, call->fail, call->text, NULL);
}

static void fail_later(struct hf_ongoing *call, enum hf_err e, const char *text)
{
	unlink_call(call);
	call->fail = e;
	snprintf(call->text, sizeof(call->text), "%s", text);
	hf_later(call->channel, &call->later, settle_later);
}

void hf_channel_call_fail(struct hf_channel *c, enum hf_err e, const char *text, hf_reply_fn fn, void *ctx)
{
	fail_later(hf_call_new(c, NULL, fn, ctx), e, text);
}

static void requeue(struct hf_ongoing *call)
{
	struct hf_remote *r = call->remote;
	unlink_call(call);
	call->remote = r;
	hf_session_unref(HF_TAKE(call->session));
	TAILQ_INSERT_HEAD(&r->waiting, call, list);
	r->waiting_count++;
}

static uint8_t *encode_request(const struct hf_ongoing *call, size_t *ret_len)
{
	Hufu__RequestHeader h = HUFU__REQUEST_HEADER__INIT;
	h.type = call->type;
	h.message_id = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)call->message_id.b};
	if (!hf_id_is_zero(&call->trace))
		h.trace = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)call->trace.b};
	h.body = (ProtobufCBinaryData){call->body_len, call->body};
	return hf_encode(&h.base, ret_len);
}

/* NULL: too large, or the session can seal no more. */
static nng_msg *seal_request(struct hf_ongoing *call, struct hf_session *s)
{
	size_t len = 0;
	uint8_t *plain = encode_request(call, &len);
	if (!plain || len + HF_RECORD_OVERHEAD > HF_REQUEST_FRAME_MAX) {
		free(plain);
		return NULL;
	}
	nng_msg *m = hf_channel_alloc(len + HF_RECORD_OVERHEAD);
	uint8_t *frame = nng_msg_body(m);
	memcpy(frame + HF_FRAME_HEAD, plain, len);
	free(plain);
	if (hf_session_seal(s, HF_FRAME_RECORD, NULL, frame, len, &call->counter))
		return m;
	nng_msg_free(m);
	return NULL;
}

static void send_call(struct hf_remote *r, struct hf_ongoing *call)
{
	nng_msg *m = seal_request(call, r->session);
	if (!m) {
		fail_later(call, HF_E_LIMIT, "the request is larger than a message between nodes may be");
		return;
	}
	r->channel->stats.bytes_out += nng_msg_len(m);
	TAILQ_REMOVE(&r->waiting, call, list);
	r->waiting_count--;
	TAILQ_INSERT_TAIL(&r->running, call, list);
	*(call->poll ? &r->poll_count : &r->running_count) += 1;
	call->running = true;
	call->session = hf_session_ref(r->session);
	call->work = hf_work_new(r);
	call->work->call = call;
	if (hf_bridge_ask(r->link, m, call->work))
		return;
	free(HF_TAKE(call->work));
	fail_later(call, HF_E_BUSY, "no memory for another request");
}

static bool may_go(const struct hf_remote *r, const struct hf_ongoing *call)
{
	return call->poll ? r->poll_count < 2 : r->running_count < HF_CALLS_MAX;
}

static bool session_near_end(const struct hf_remote *r)
{
	const struct hf_channel_config *cfg = &r->channel->cfg;
	uint64_t renew_ms = hf_channel_renew_ms(r->channel, r->peer);
	return hf_session_over(r->session, hf_channel_now(r->channel), renew_ms - renew_ms / 10,
	                       cfg->renew_bytes - cfg->renew_bytes / 10);
}

void hf_remote_pump(struct hf_remote *r)
{
	struct hf_channel *c = r->channel;
	struct hf_ongoing *call, *next;
	if (!r->up || c->closed)
		return;
	if (r->session &&
	    hf_session_over(r->session, hf_channel_now(c), hf_channel_renew_ms(c, r->peer), c->cfg.renew_bytes))
		hf_remote_session_end(r);
	if (!r->dial && (!r->session || (session_near_end(r) && hf_channel_now(c) >= r->dial_after_ms)))
		hf_dial_start(r);
	if (!r->session)
		return;
	for (call = TAILQ_FIRST(&r->waiting); call; call = next) {
		next = TAILQ_NEXT(call, list);
		if (may_go(r, call))
			send_call(r, call);
		else if (!call->poll)
			break;
	}
}

void hf_remote_fail_waiting(struct hf_remote *r, enum hf_err e, const char *text)
{
	struct hf_ongoing *call;
	while ((call = TAILQ_FIRST(&r->waiting)))
		fail_later(call, e, text);
}

static enum hf_err open_reply(struct hf_ongoing *call, const struct hf_frame *f, struct hf_held *held)
{
	size_t len;
	if (memcmp(f->session, call->session->id, HF_SESSION_ID) != 0)
		return HF_E_SIGNATURE;
	HF_TRY(hf_session_open(call->session, f, &call->counter, &len));
	held->reply = HF_DECODE(reply_header, f->data, len);
	if (!held->reply || (held->reply->bulk_tag.len == 0 && f->bulk_len > 0))
		return HF_E_FORMAT;
	held->bulk_at = HF_FRAME_HEAD + f->len;
	return HF_OK;
}

static bool hint_is_unknown(const struct hf_frame *f)
{
	const char *reason = hf_err_reason(HF_E_UNKNOWN);
	return f->len == strlen(reason) && memcmp(f->data, reason, f->len) == 0;
}

static void answer_reply(struct hf_ongoing *call, const struct hf_frame *f, nng_msg *take)
{
	struct hf_remote *r = call->remote;
	struct hf_held *held = hf_alloc_zero(sizeof(*held));
	held->msg = take;
	enum hf_err e = open_reply(call, f, held);
	if (e == HF_OK) {
		const char *reason = held->reply->error;
		hf_call_settle(call, *reason ? hf_err_from_reason(reason) : HF_OK, NULL, held);
		return;
	}
	hf_held_free(held);
	hf_channel_refused(r->channel, r->peer, r->url, e);
	hf_call_settle(call, HF_E_UNREACHABLE, "the answer was altered on the way", NULL);
}

/* The hint is not authenticated: it can only make us prove ourselves once more. */
static bool answer_hint(struct hf_ongoing *call, const struct hf_frame *f)
{
	struct hf_remote *r = call->remote;
	if (!hint_is_unknown(f) || call->sent_twice)
		return false;
	call->sent_twice = true;
	if (r->session == call->session)
		hf_remote_session_end(r);
	requeue(call);
	return true;
}

static const char lost_text[] = "the connection was lost before the answer came";

void hf_call_answer(struct hf_ongoing *call, int result, nng_msg *take)
{
	struct hf_remote *r = call->remote;
	struct hf_frame f;
	call->work = NULL;
	if (result != 0 && r->session == call->session) { /* heard before the link's own event: all of it is gone */
		hf_bridge_link_lost(r->link);
		hf_remote_link(r->channel, r, false);
	} else if (result != 0) {
		hf_call_settle(call, HF_E_UNREACHABLE, lost_text, NULL);
	} else if (!hf_frame_parse(nng_msg_body(take), nng_msg_len(take), &f)) {
		nng_msg_free(take);
		hf_call_settle(call, HF_E_UNREACHABLE, "the answer is not of this protocol", NULL);
	} else if (f.kind == HF_FRAME_REPLY) {
		answer_reply(call, &f, take);
	} else {
		bool again = f.kind == HF_FRAME_HINT && answer_hint(call, &f);
		nng_msg_free(take);
		if (!again)
			hf_call_settle(call, HF_E_UNREACHABLE, "the peer does not accept the session", NULL);
	}
	hf_remote_pump(r);
}

static struct hf_ongoing *first_late(const struct hf_call_list *l, int64_t now, bool unconnected)
{
	struct hf_ongoing *call;
	TAILQ_FOREACH(call, l, list)
	if (now >= call->deadline_ms || (unconnected && now - call->since_ms >= HF_CONNECT_MS))
		return call;
	return NULL;
}

void hf_remote_fail_running(struct hf_remote *r, enum hf_err e, const char *text)
{
	struct hf_ongoing *call;
	while ((call = TAILQ_FIRST(&r->running)))
		hf_call_settle(call, e, text ? text : lost_text, NULL);
}

/* A peer that has said nothing at all while a request ran into its time-out is taken for gone, as is a connection whose
 * contexts are all held by answers that never came. */
static bool time_out_running(struct hf_remote *r, int64_t now)
{
	struct hf_ongoing *call;
	bool silent = false;
	while (!r->channel->closed && (call = first_late(&r->running, now, false))) {
		silent = silent || (!call->poll && r->heard_ms <= call->since_ms);
		hf_call_settle(call, HF_E_TIMEOUT, "no answer in time", NULL);
	}
	return silent || r->abandoned > HF_CALLS_MAX;
}

void hf_remote_tick(struct hf_remote *r)
{
	int64_t now = hf_channel_now(r->channel);
	struct hf_ongoing *call;
	bool reset = time_out_running(r, now);
	if (r->channel->closed)
		return;
	if (reset && r->up)
		hf_remote_reset(r);
	hf_dial_tick(r);
	while (!r->channel->closed && (call = first_late(&r->waiting, now, !r->up))) {
		char text[320];
		if (r->up)
			snprintf(text, sizeof(text), "no answer from %s in time", r->peer);
		else
			snprintf(text, sizeof(text), "no connection to %s at %s", r->peer, r->url);
		hf_call_settle(call, r->up ? HF_E_TIMEOUT : HF_E_UNREACHABLE, text, NULL);
	}
	hf_remote_pump(r);
}

void hf_remote_session_end(struct hf_remote *r)
{
	if (!r->session)
		return;
	hf_session_unref(HF_TAKE(r->session));
	r->channel->stats.sessions--;
}

void hf_remote_free(struct hf_remote *r)
{
	hf_session_unref(r->session);
	free(r);
}

static struct hf_remote *find_remote(struct hf_channel *c, const struct hf_call *in)
{
	struct hf_remote *r;
	LIST_FOREACH(r, &c->remote_buckets[hf_channel_bucket(in->peer)], bucket)
	if (strcmp(r->peer, in->peer) == 0 && strcmp(r->url, in->address) == 0)
		return r;
	return NULL;
}

/* Both ends on this machine's loopback: the kernel would show 127.0.0.1 for every node, so that limits by address and
 * records of it would mean nothing. Elsewhere the kernel knows better which address leads there. */
static void dial_url(const struct hf_channel *c, const char *url, char out[256])
{
	static const char local[] = "tcp://127.";
	if (c->source[0] && strncmp(url, local, sizeof(local) - 1) == 0)
		snprintf(out, 256, "tcp://%s;%s", c->source, url + strlen("tcp://"));
	else
		snprintf(out, 256, "%s", url);
}

static enum hf_err new_remote(struct hf_channel *c, const struct hf_call *in, struct hf_remote **ret_remote,
                              struct hf_fault *f)
{
	char url[256];
	if (strlen(in->address) >= sizeof((*ret_remote)->url) || strlen(in->peer) > HF_NAME_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT, "the address of %.63s is too long", in->peer);
	struct hf_remote *r = hf_alloc_zero(sizeof(*r));
	r->channel = c;
	snprintf(r->peer, sizeof(r->peer), "%s", in->peer);
	snprintf(r->url, sizeof(r->url), "%s", in->address);
	r->key = in->key;
	r->last = HF_OK;
	TAILQ_INIT(&r->waiting);
	TAILQ_INIT(&r->running);
	dial_url(c, in->address, url);
	struct hf_link_config cfg = {url, HF_MAX_FRAME, HF_REDIAL_MS, HF_REDIAL_MAX_MS, r};
	TAILQ_INSERT_TAIL(&c->remotes, r,
	                  list); /* also when it cannot be dialled, so that it is not tried with each call */
	LIST_INSERT_HEAD(&c->remote_buckets[hf_channel_bucket(r->peer)], r, bucket);
	r->last = hf_bridge_link(c->bridge, &cfg, &r->link, f);
	if (r->last != HF_OK)
		snprintf(r->last_text, sizeof(r->last_text), "%.300s", f ? f->text : "");
	*ret_remote = r;
	return r->last;
}

static enum hf_err get_remote(struct hf_channel *c, const struct hf_call *in, struct hf_remote **ret_remote,
                              struct hf_fault *f)
{
	struct hf_remote *r = find_remote(c, in);
	if (!r)
		return new_remote(c, in, ret_remote, f);
	if (!hf_equal_ct(&r->key, &in->key, sizeof(r->key))) {
		r->key = in->key;
		hf_dial_stop(r);
		hf_remote_session_end(r);
	}
	if (r->waiting_count >= HF_CALLS_WAITING_MAX)
		return hf_fault_set(f, HF_E_BUSY, "too many requests wait for %s", r->peer);
	if (!r->up && r->last != HF_OK && (!r->link || hf_err_class(r->last) != HF_CLASS_RETRY))
		return hf_fault_set(f, r->last, "%s", r->last_text);
	*ret_remote = r;
	return HF_OK;
}

void hf_channel_call(struct hf_channel *c, const struct hf_call *in, hf_reply_fn fn, void *ctx)
{
	struct hf_ongoing *call = hf_call_new(c, in, fn, ctx);
	struct hf_remote *r = NULL;
	struct hf_fault f = {0};
	enum hf_err e = get_remote(c, in, &r, &f);
	if (e != HF_OK) {
		fail_later(call, e, f.text);
		return;
	}
	call->remote = r;
	TAILQ_INSERT_TAIL(&r->waiting, call, list);
	r->waiting_count++;
	hf_remote_pump(r);
}
