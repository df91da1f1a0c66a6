/*
 * answer.c - what arrives on accepted connections: the answerer's side of the handshake, and records.
 *
 * Whoever sends anything but a well-formed frame is cut off at once. Nothing reaches the owner's handler before the
 * sender's key, standing, clock and descriptor were checked and the record was opened with the key of that handshake.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "channel/internal.h"
#include "proto/codec.h"
#include "proto/messages.h"

#define HANDSHAKES_UNKNOWN 3u
#define HANDSHAKES_KNOWN 8u

struct incoming {
	struct hf_channel *c;
	struct hf_slot *slot;
	struct hf_guest *guest;
	struct hf_frame f;
	nng_msg *msg; /* freed at the end unless taken */
};

static const char *guest_name(const struct hf_guest *g)
{
	return g->caller ? g->caller->name.s : "";
}

static void cut_off(struct incoming *in, const char *node, enum hf_err e)
{
	hf_channel_refused(in->c, node, in->guest->pipe->address, e);
	in->guest->cut_off = in->guest->refused = true;
	hf_bridge_pipe_close(in->guest->pipe);
	hf_bridge_skip(in->slot);
}

static void reply_clear(struct incoming *in, enum hf_frame_kind kind, const uint8_t *session, const void *data,
                        size_t len)
{
	nng_msg *m = hf_channel_message(kind, session, data, len);
	in->c->stats.bytes_out += nng_msg_len(m);
	hf_bridge_reply(in->slot, m, NULL);
}

static void hint(struct incoming *in, enum hf_err e)
{
	const char *reason = hf_err_reason(e);
	reply_clear(in, HF_FRAME_HINT, in->f.session, reason, strlen(reason));
}

/* Each costs this node two Diffie-Hellman operations. */
static bool too_many_handshakes(struct hf_channel *c, struct hf_guest *g)
{
	int64_t now = hf_channel_now(c), forgiven = (now - g->handshakes_at_ms) / 1000;
	if (forgiven > 0) {
		g->handshakes -= forgiven < g->handshakes ? (uint32_t)forgiven : g->handshakes;
		g->handshakes_at_ms = now;
	}
	return ++g->handshakes > (g->caller ? HANDSHAKES_KNOWN : HANDSHAKES_UNKNOWN);
}

static void on_hs1(struct incoming *in)
{
	struct hf_channel *c = in->c;
	struct hf_guest *g = in->guest;
	uint8_t out[HF_FRAME_HANDSHAKE_MAX];
	size_t len;
	struct hf_hello own;
	if (too_many_handshakes(c, g)) {
		cut_off(in, guest_name(g), HF_E_RATE);
		return;
	}
	hf_handshake_free(HF_TAKE(g->handshake));
	enum hf_err e = hf_handshake_answer(&c->local, in->f.data, in->f.len, &g->handshake);
	if (e == HF_E_FORMAT) {
		cut_off(in, guest_name(g), e);
		return;
	}
	if (e != HF_OK) {
		g->refused = true;
		hf_channel_refused(c, guest_name(g), g->pipe->address, e);
		hint(in, e);
		return;
	}
	hf_random(g->session, sizeof(g->session));
	hf_channel_hello(c, &own);
	if (hf_handshake_write(g->handshake, &own, out, &len) == HF_OK)
		reply_clear(in, HF_FRAME_HS2, g->session, out, len);
	else
		cut_off(in, guest_name(g), HF_E_FORMAT); /* an ephemeral key of low order */
}

/* The last word of the handshake is a record of the new session, so that its reason can be believed. */
static void reply_done(struct incoming *in, struct hf_session *s, enum hf_err e)
{
	Hufu__ReplyHeader h = HUFU__REPLY_HEADER__INIT;
	size_t len = 0;
	if (e != HF_OK) {
		h.error = (char *)(uintptr_t)hf_err_reason(e);
		h.text = (char *)(uintptr_t)hf_err_text(e);
	}
	uint8_t *plain = hf_encode(&h.base, &len);
	nng_msg *m = hf_channel_alloc(len + HF_RECORD_OVERHEAD);
	uint8_t *frame = nng_msg_body(m);
	if (len > 0)
		memcpy(frame + HF_FRAME_HEAD, plain, len);
	free(plain);
	if (!hf_session_seal(s, HF_FRAME_HS_DONE, NULL, frame, len, NULL)) {
		nng_msg_free(m);
		hf_bridge_skip(in->slot);
		return;
	}
	in->c->stats.bytes_out += nng_msg_len(m);
	hf_bridge_reply(in->slot, m, NULL);
}

static void guest_known(struct hf_channel *c, struct hf_guest *g, struct hf_caller *k)
{
	hf_bridge_authenticated(c->bridge, g->pipe);
	if (g->caller == k)
		return;
	g->caller = k;
	TAILQ_INSERT_TAIL(&k->guests, g, list);
	if (++k->pipes > HF_CALLER_PIPES_MAX) /* left over from a machine that vanished */
		hf_bridge_pipe_close(TAILQ_FIRST(&k->guests)->pipe);
}

static void admitted(struct incoming *in, const struct hf_hello *hello, struct hf_session *take)
{
	struct hf_channel *c = in->c;
	struct hf_guest *g = in->guest;
	struct hf_caller *k = hf_caller_get(c, &hello->node);
	memcpy(k->address, g->pipe->address, sizeof(k->address));
	guest_known(c, g, k);
	hf_caller_session(c, k, take);
	c->stats.handshakes++;
	reply_done(in, take, HF_OK);
	c->ops.on_session(c->ops.ctx, k->name.s, k->address, true, true);
}

static enum hf_err check_dialler(struct incoming *in, const struct hf_hello *hello)
{
	struct hf_channel *c = in->c;
	struct hf_guest *g = in->guest;
	struct hf_agree_pub key;
	if (!hf_handshake_remote(g->handshake, &key))
		return HF_E_SIGNATURE;
	if (g->caller && !hf_name_equal(&g->caller->name, &hello->node))
		return HF_E_WRONG_NODE; /* one connection, one node */
	HF_TRY(c->ops.standing(c->ops.ctx, hello->node.s, &key, g->pipe->address));
	HF_TRY(hf_channel_clock(c, hello));
	return c->ops.peer_descriptor(c->ops.ctx, hello->node.s, hello->descriptor_number, hello->descriptor_digest);
}

static void on_hs3(struct incoming *in)
{
	struct hf_channel *c = in->c;
	struct hf_guest *g = in->guest;
	struct hf_hello hello;
	if (!g->handshake || memcmp(in->f.session, g->session, HF_SESSION_ID) != 0) {
		hint(in, HF_E_UNKNOWN);
		return;
	}
	enum hf_err e = hf_handshake_read(g->handshake, in->f.data, in->f.len, &hello);
	struct hf_session *s = e == HF_OK ? hf_handshake_session(g->handshake, g->session, hf_channel_now(c)) : NULL;
	if (!s) {
		cut_off(in, guest_name(g), e == HF_OK ? HF_E_CRYPTO : e);
	} else if ((e = check_dialler(in, &hello)) == HF_OK) {
		admitted(in, &hello, s);
	} else {
		g->refused = true;
		hf_channel_refused(c, hello.node.s, g->pipe->address, e);
		reply_done(in, s, e);
		hf_session_unref(s);
	}
	hf_handshake_free(HF_TAKE(g->handshake));
}

/* A member that goes on for seconds is a refusal in each of them, so that its owner hears of it and may lock it. */
static void beyond_rate(struct incoming *in, struct hf_caller *k)
{
	int64_t now = hf_channel_now(in->c);
	if (now - k->rate_reported_ms < HF_RATE_REPORT_MS)
		return;
	k->rate_reported_ms = now;
	hf_channel_refused(in->c, k->name.s, in->guest->pipe->address, HF_E_RATE);
}

static void on_request(struct incoming *in, struct hf_session *s, struct hf_caller *k, Hufu__RequestHeader *header)
{
	struct hf_channel *c = in->c;
	struct hf_request *r = hf_alloc_zero(sizeof(*r));
	r->channel = c;
	r->slot = in->slot;
	r->caller = k;
	k->refs++;
	r->session = hf_session_ref(s);
	r->counter = in->f.counter;
	r->header = header;
	r->poll = header->type == HF_MSG_POLL;
	r->bytes = header->body.len;
	r->received_us = (int64_t)hf_slot_at_us(in->slot);
	if (header->trace.len == sizeof(r->trace.b))
		memcpy(r->trace.b, header->trace.data, sizeof(r->trace.b));
	memcpy(r->peer, k->name.s, sizeof(r->peer));
	memcpy(r->address, in->guest->pipe->address, sizeof(r->address));
	TAILQ_INSERT_TAIL(&c->requests, r, list);
	enum hf_err e = header->bulk_tag.len > 0 ? HF_E_UNSUPPORTED : hf_caller_admit(c, k, r);
	if (e == HF_E_RATE)
		beyond_rate(in, k);
	if (e == HF_OK)
		c->ops.on_request(c->ops.ctx, r);
	else
		hf_request_reply(r, e, hf_err_text(e), NULL, 0);
}

static void on_record(struct incoming *in)
{
	struct hf_channel *c = in->c;
	struct hf_session *s = hf_caller_session_find(c, in->f.session);
	size_t len;
	struct hf_caller *k = s ? s->owner : NULL;
	if (!k || hf_session_over(s, hf_channel_now(c), hf_channel_renew_ms(c, k->name.s), c->cfg.renew_bytes)) {
		hint(in, HF_E_UNKNOWN);
		return;
	}
	bool theirs = !in->guest->caller || in->guest->caller == k; /* one connection, one node */
	enum hf_err e = theirs ? hf_session_open(s, &in->f, NULL, &len) : HF_E_WRONG_NODE;
	if (e != HF_OK) { /* session ids can be read on the way: only its own connection speaks for a node */
		cut_off(in, guest_name(in->guest), e);
		return;
	}
	Hufu__RequestHeader *header = HF_DECODE(request_header, in->f.data, len);
	if (!header) {
		cut_off(in, k->name.s, HF_E_FORMAT);
		return;
	}
	guest_known(c, in->guest, k);
	on_request(in, s, k, header);
}

static struct hf_guest *guest_of(struct hf_channel *c, struct hf_pipe *p)
{
	if (p->owner)
		return p->owner;
	struct hf_guest *g = hf_alloc_zero(sizeof(*g));
	g->pipe = p;
	g->handshakes_at_ms = hf_channel_now(c);
	p->owner = g;
	return g;
}

void hf_answer_message(void *ctx, struct hf_slot *slot, nng_msg *take)
{
	struct hf_channel *c = ctx;
	struct hf_pipe *p = hf_bridge_pipe(c->bridge, take);
	if (!p || (p->owner && ((struct hf_guest *)p->owner)->cut_off)) { /* closed meanwhile, or about to be */
		nng_msg_free(take);
		hf_bridge_skip(slot);
		return;
	}
	struct incoming in = {.c = c, .slot = slot, .guest = guest_of(c, p), .msg = take};
	c->stats.bytes_in += nng_msg_len(take);
	if (!hf_frame_parse(nng_msg_body(take), nng_msg_len(take), &in.f))
		cut_off(&in, guest_name(in.guest), HF_E_FORMAT);
	else if (in.f.kind == HF_FRAME_RECORD)
		on_record(&in);
	else if (in.f.kind == HF_FRAME_HS1)
		on_hs1(&in);
	else if (in.f.kind == HF_FRAME_HS3)
		on_hs3(&in);
	else
		cut_off(&in, guest_name(in.guest), HF_E_FORMAT);
	nng_msg_free(take);
}

/* The address that was quiet for longest makes room. */
static struct hf_brief *brief_of(struct hf_channel *c, const char *address)
{
	int64_t now = hf_channel_now(c);
	struct hf_brief *b = &c->brief[0];
	for (size_t i = 0; i < HF_BRIEF_ADDRESSES && strcmp(b->address, address) != 0; i++)
		if (strcmp(c->brief[i].address, address) == 0 || c->brief[i].window_ms < b->window_ms)
			b = &c->brief[i];
	if (strcmp(b->address, address) != 0 || now - b->window_ms >= HF_BRIEF_WINDOW_MS) {
		*b = (struct hf_brief){.window_ms = now};
		memcpy(b->address, address, sizeof(b->address));
	}
	return b;
}

static void note_brief(struct hf_channel *c, const char *address, uint32_t count)
{
	struct hf_brief *b = brief_of(c, address);
	b->count += count;
	if (b->count > HF_BRIEF_MAX)
		hf_channel_refused(c, "", address, HF_E_RATE);
}

void hf_answer_nameless(struct hf_channel *c)
{
	struct hf_bridge_stats s;
	hf_bridge_stats(c->bridge, &s);
	if (s.nameless > c->nameless)
		note_brief(c, HF_ADDRESS_NONE, (uint32_t)(s.nameless - c->nameless));
	c->nameless = s.nameless;
}

void hf_answer_pipe_gone(void *ctx, struct hf_pipe *p)
{
	struct hf_channel *c = ctx;
	struct hf_guest *g = p->owner;
	if (!g || (!g->caller && !g->refused))
		note_brief(c, p->address, 1);
	if (!g)
		return;
	struct hf_caller *k = g->caller;
	hf_handshake_free(g->handshake);
	if (k)
		TAILQ_REMOVE(&k->guests, g, list);
	free(g);
	if (!k || --k->pipes > 0)
		return;
	hf_caller_end_sessions(c, k);
	c->ops.on_session(c->ops.ctx, k->name.s, k->address, false, true);
	hf_caller_drop_if_idle(c, k);
}

void hf_answer_late(void *ctx, struct hf_pipe *p)
{
	struct hf_guest *g = guest_of(ctx, p);
	if (!g->refused) /* else it was reported with its reason */
		hf_channel_refused(ctx, "", p->address, HF_E_TIMEOUT);
	g->refused = true;
}
