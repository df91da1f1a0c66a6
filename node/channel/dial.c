/*
 * dial.c - the dialler's side of the handshake, started whenever a connection comes up and when a session nears its
 * end.
 *
 * Nothing of this node but its ephemeral key is shown before the other side has proved the static key that the
 * descriptor names (message 3 is not sent to anybody else). A failed attempt drops the connection; the wait until nng
 * dials again doubles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "channel/internal.h"
#include "proto/codec.h"

struct hf_dial {
	struct hf_remote *remote;
	struct hf_handshake *handshake;
	struct hf_session *session; /* made with message 3, used when the answerer agrees */
	struct hf_work *work;
	uint8_t id[HF_SESSION_ID];
	int64_t deadline_ms; /* of the message under way */
};

void hf_dial_stop(struct hf_remote *r)
{
	struct hf_dial *d = HF_TAKE(r->dial);
	if (!d)
		return;
	if (d->work)
		hf_work_abandon(d->work);
	hf_session_unref(d->session);
	hf_handshake_free(d->handshake);
	free(d);
}

static void back_off(struct hf_remote *r)
{
	r->wait_ms = r->wait_ms == 0 ? 500 : r->wait_ms * 2;
	if (r->wait_ms > HF_BACKOFF_MAX_MS)
		r->wait_ms = HF_BACKOFF_MAX_MS;
}

/* A renewal that only got no answer leaves the present session alone: it is tried again until that one is over. */
static void fail(struct hf_remote *r, enum hf_err e, const char *text)
{
	struct hf_channel *c = r->channel;
	bool transient = hf_err_class(e) == HF_CLASS_RETRY, had = r->session != NULL;
	hf_dial_stop(r);
	r->dial_after_ms = hf_channel_now(c) + 1000;
	if (transient && had && r->up)
		return;
	hf_remote_session_end(r);
	r->last = e;
	snprintf(r->last_text, sizeof(r->last_text), "%s", text);
	back_off(r);
	r->up = false; /* until the next connection */
	hf_bridge_link_reset(r->link, r->wait_ms);
	if (!transient)
		hf_remote_fail_waiting(r, e, text);
	if (had)
		c->ops.on_session(c->ops.ctx, r->peer, r->url, false, false);
}

static void refuse(struct hf_remote *r, enum hf_err e)
{
	char text[320];
	snprintf(text, sizeof(text), "%s at %s: %s", r->peer, r->url, hf_err_text(e));
	hf_channel_refused(r->channel, r->peer, r->url, e);
	fail(r, e, text);
}

static bool ask(struct hf_remote *r, enum hf_frame_kind kind, const uint8_t *data, size_t len)
{
	struct hf_dial *d = r->dial;
	nng_msg *m = hf_channel_message(kind, d->id, data, len);
	d->work = hf_work_new(r);
	d->work->dial = d;
	d->deadline_ms = hf_channel_now(r->channel) + HF_HANDSHAKE_MS;
	if (hf_bridge_ask(r->link, m, d->work))
		return true;
	free(HF_TAKE(d->work));
	return false;
}

void hf_dial_start(struct hf_remote *r)
{
	struct hf_channel *c = r->channel;
	uint8_t out[HF_FRAME_HANDSHAKE_MAX];
	size_t len;
	enum hf_err e = c->ops.standing(c->ops.ctx, r->peer, &r->key, r->url);
	if (e != HF_OK) {
		char text[320];
		snprintf(text, sizeof(text), "%s: %s", r->peer, hf_err_text(e));
		fail(r, e, text);
		return;
	}
	r->dial = hf_alloc_zero(sizeof(*r->dial));
	r->dial->remote = r;
	r->dial->handshake = hf_handshake_dial(&c->local, c->cfg.chacha ? HF_AEAD_CHACHA20POLY1305 : HF_AEAD_AES256GCM);
	if (!r->dial->handshake || hf_handshake_write(r->dial->handshake, NULL, out, &len) != HF_OK ||
	    !ask(r, HF_FRAME_HS1, out, len))
		fail(r, HF_E_BUSY, "the handshake cannot be begun");
}

/* Everything that can be known of the answerer before this node shows its own name. */
static enum hf_err check_answerer(struct hf_remote *r, const uint8_t *data, size_t len)
{
	struct hf_channel *c = r->channel;
	struct hf_hello hello;
	struct hf_agree_pub key;
	HF_TRY(hf_handshake_read(r->dial->handshake, data, len, &hello));
	if (!hf_handshake_remote(r->dial->handshake, &key) || !hf_equal_ct(&key, &r->key, sizeof(key)) ||
	    strcmp(hello.node.s, r->peer) != 0)
		return HF_E_WRONG_NODE;
	HF_TRY(c->ops.standing(c->ops.ctx, r->peer, &key, r->url));
	HF_TRY(hf_channel_clock(c, &hello));
	return c->ops.peer_descriptor(c->ops.ctx, r->peer, hello.descriptor_number, hello.descriptor_digest);
}

static void on_hs2(struct hf_remote *r, const struct hf_frame *f)
{
	struct hf_channel *c = r->channel;
	struct hf_dial *d = r->dial;
	uint8_t out[HF_FRAME_HANDSHAKE_MAX];
	size_t len;
	struct hf_hello own;
	enum hf_err e = check_answerer(r, f->data, f->len);
	if (e != HF_OK) {
		refuse(r, e);
		return;
	}
	memcpy(d->id, f->session, HF_SESSION_ID);
	hf_channel_hello(c, &own);
	if (hf_handshake_write(d->handshake, &own, out, &len) == HF_OK)
		d->session = hf_handshake_session(d->handshake, d->id, hf_channel_now(c));
	if (!d->session || !ask(r, HF_FRAME_HS3, out, len))
		fail(r, HF_E_BUSY, "the handshake cannot be completed");
}

static void established(struct hf_remote *r)
{
	struct hf_channel *c = r->channel;
	hf_remote_session_end(r);
	r->session = HF_TAKE(r->dial->session);
	c->stats.sessions++;
	c->stats.handshakes++;
	hf_dial_stop(r);
	r->last = HF_OK;
	r->wait_ms = 0;
	hf_bridge_link_wait(r->link, HF_REDIAL_MS);
	c->ops.on_session(c->ops.ctx, r->peer, r->url, true, false);
	hf_remote_pump(r);
}

static void on_done(struct hf_remote *r, const struct hf_frame *f)
{
	struct hf_dial *d = r->dial;
	size_t len;
	if (memcmp(f->session, d->id, HF_SESSION_ID) != 0 || hf_session_open(d->session, f, NULL, &len) != HF_OK) {
		refuse(r, HF_E_SIGNATURE);
		return;
	}
	Hufu__ReplyHeader *h = HF_DECODE(reply_header, f->data, len);
	if (!h) {
		refuse(r, HF_E_FORMAT);
	} else if (*h->error) {
		char text[320];
		snprintf(text, sizeof(text), "%s refuses this node: %.100s", r->peer, h->text);
		fail(r, hf_err_from_reason(h->error), text);
	} else {
		established(r);
	}
	hf_decoded_free(h);
}

/* Not authenticated: good enough for a sentence to the caller, who has no session either way. */
static void on_hint(struct hf_remote *r, const struct hf_frame *f)
{
	char reason[HF_FRAME_HINT_MAX + 1], text[320];
	memcpy(reason, f->data, f->len);
	reason[f->len] = '\0';
	enum hf_err e = hf_err_from_reason(reason);
	bool known = e == HF_E_VERSION || e == HF_E_SUITE || e == HF_E_WRONG_SPACE;
	if (known)
		snprintf(text, sizeof(text), "%s at %s refuses the handshake: %s", r->peer, r->url, hf_err_text(e));
	else
		snprintf(text, sizeof(text), "%s at %s broke off the handshake", r->peer, r->url);
	fail(r, known ? e : HF_E_UNREACHABLE, text);
}

void hf_dial_tick(struct hf_remote *r)
{
	if (r->dial && hf_channel_now(r->channel) >= r->dial->deadline_ms)
		fail(r, HF_E_UNREACHABLE, "no answer to the handshake");
}

void hf_dial_answer(struct hf_dial *d, int result, nng_msg *take)
{
	struct hf_remote *r = d->remote;
	struct hf_frame f;
	bool done = d->session != NULL;
	d->work = NULL;
	if (result != 0)
		fail(r, HF_E_UNREACHABLE, "the connection was closed during the handshake");
	else if (!hf_frame_parse(nng_msg_body(take), nng_msg_len(take), &f))
		refuse(r, HF_E_FORMAT);
	else if (f.kind == HF_FRAME_HINT)
		on_hint(r, &f);
	else if (!done && f.kind == HF_FRAME_HS2)
		on_hs2(r, &f);
	else if (done && f.kind == HF_FRAME_HS_DONE)
		on_done(r, &f);
	else
		refuse(r, HF_E_FORMAT);
	nng_msg_free(take);
}

void hf_remote_reset(struct hf_remote *r)
{
	struct hf_channel *c = r->channel;
	bool had = r->session != NULL;
	hf_dial_stop(r);
	hf_remote_session_end(r);
	if (r->link)
		hf_bridge_link_reset(r->link, HF_REDIAL_MS);
	r->up = false; /* until the next connection */
	if (had)
		c->ops.on_session(c->ops.ctx, r->peer, r->url, false, false);
}

void hf_remote_link(void *ctx, void *owner, bool up)
{
	struct hf_channel *c = ctx;
	struct hf_remote *r = owner;
	bool had = r->session != NULL;
	if (up) {
		r->up = true;
		hf_remote_pump(r);
		return;
	}
	if (r->dial) /* refused in ADD_PRE, locked out, or the peer went away */
		fail(r, HF_E_UNREACHABLE, "the connection was closed during the handshake");
	r->up = false;
	r->abandoned = 0; /* their contexts end with the connection */
	hf_remote_session_end(r);
	if (had)
		c->ops.on_session(c->ops.ctx, r->peer, r->url, false, false);
	hf_remote_fail_running(r, HF_E_UNREACHABLE, NULL);
}
