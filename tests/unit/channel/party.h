/*
 * party.h - channels over real sockets for the tests of this folder: parties that know each other from a list, an
 * injected clock, and a raw client that speaks frames by hand.
 *
 * Waiting means running the loop until something has happened, with a limit. Each test has addresses of its own on
 * 127/8.
 */
#ifndef HUFU_TESTS_UNIT_CHANNEL_PARTY_H
#define HUFU_TESTS_UNIT_CHANNEL_PARTY_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "channel.pb-c.h"
#include "channel/channel.h"
#include "channel/handshake.h"
#include "proto/codec.h"
#include "unit/channel/nng_leak.h"

#define LIMIT_MS 20000
#define PARTIES 4
#define T0 1790000000000
#define SAY 1000u       /* answered with the body */
#define SEND_BULK 1001u /* answered with bulk bytes of the size in the body */
#define KEEP 1002u      /* kept until the test answers */
#define DENY 1003u      /* answered with an error */

struct world;

struct party {
	struct world *w;
	char id[16];
	char ip[20];
	char url[40];
	struct hf_agree_key *key;
	struct hf_agree_pub pub;
	struct hf_base base;
	struct hf_channel *ch;
	int64_t clock_off_ms;
	enum hf_err standing; /* what the others think of it */
	uint64_t descriptor;
	unsigned requests, up, down, refused;
	enum hf_err last_refused;
	char refused_node[64], refused_address[64];
	int64_t skew_ms;
	bool lock_all;
	unsigned asked; /* whether it is locked */
	struct hf_request *held[256];
	unsigned held_count;
};

struct world {
	uv_loop_t loop;
	uv_timer_t limit;
	int64_t mono_ms; /* moves only when a test moves it */
	struct party p[PARTIES];
};

static inline int64_t party_now(void *ctx)
{
	struct party *p = ctx;
	return T0 + p->w->mono_ms + p->clock_off_ms;
}

static inline int64_t party_mono(void *ctx)
{
	struct party *p = ctx;
	return p->w->mono_ms;
}

static inline void party_audit(void *ctx, struct hf_draft *take)
{
	(void)ctx;
	hf_draft_free(take);
}

static inline struct party *party_named(struct world *w, const char *id)
{
	for (size_t i = 0; i < PARTIES; i++)
		if (strcmp(w->p[i].id, id) == 0)
			return &w->p[i];
	return NULL;
}

static inline void party_descriptor(void *ctx, uint64_t *ret_number, uint8_t ret_digest[32])
{
	struct party *p = ctx;
	*ret_number = p->descriptor;
	memset(ret_digest, (int)p->descriptor, 32);
}

static inline enum hf_err party_standing(void *ctx, const char *node, const struct hf_agree_pub *key,
                                         const char *address)
{
	struct party *p = ctx, *other = party_named(p->w, node);
	(void)address;
	if (!other || other == p || memcmp(&other->pub, key, sizeof(*key)) != 0)
		return HF_E_STRANGER;
	return other->standing;
}

static inline enum hf_err party_peer_descriptor(void *ctx, const char *node, uint64_t number, const uint8_t digest[32])
{
	struct party *p = ctx;
	(void)node;
	if (number == p->descriptor && digest[0] != (uint8_t)number)
		return HF_E_CONFLICT;
	return number < p->descriptor ? HF_E_OLD_DESCRIPTOR : HF_OK;
}

static inline void party_bulk(struct hf_request *r)
{
	size_t len = hf_get_u32(hf_request_body(r).data);
	uint8_t tag[16];
	struct hf_bulk *b = hf_bulk_new(len);
	assert_non_null(b);
	for (size_t i = 0; i < len; i++)
		hf_bulk_data(b)[i] = (uint8_t)(i * 7);
	memset(tag, 0x77, sizeof(tag));
	hf_request_reply_bulk(r, hf_request_body(r).data, hf_request_body(r).len, b, len, tag);
}

static inline void party_request(void *ctx, struct hf_request *take)
{
	struct party *p = ctx;
	p->requests++;
	if (hf_request_type(take) == SEND_BULK)
		party_bulk(take);
	else if (hf_request_type(take) == KEEP || hf_request_type(take) == 4)
		p->held[p->held_count++] = take;
	else if (hf_request_type(take) == DENY)
		hf_request_reply(take, HF_E_NO_GRANT, "no grant covers it", NULL, 0);
	else
		hf_request_reply(take, HF_OK, NULL, hf_request_body(take).data, hf_request_body(take).len);
}

static inline void party_session(void *ctx, const char *node, const char *address, bool up, bool inbound)
{
	struct party *p = ctx;
	(void)node, (void)address, (void)inbound;
	*(up ? &p->up : &p->down) += 1;
}

static inline void party_refused(void *ctx, const char *node, const char *address, enum hf_err reason)
{
	struct party *p = ctx;
	p->refused++;
	p->last_refused = reason;
	snprintf(p->refused_node, sizeof(p->refused_node), "%s", node);
	snprintf(p->refused_address, sizeof(p->refused_address), "%s", address);
}

static inline bool party_locked(void *ctx, const char *address)
{
	struct party *p = ctx;
	(void)address;
	p->asked++;
	return p->lock_all;
}

static inline void party_skew(void *ctx, const char *node, int64_t skew_ms)
{
	struct party *p = ctx;
	(void)node;
	p->skew_ms = skew_ms;
}

static inline void world_too_late(uv_timer_t *t)
{
	fail_msg("%s: not in %d ms", (const char *)t->data, LIMIT_MS);
}

static inline void world_step(struct world *w)
{
	uv_run(&w->loop, UV_RUN_ONCE);
}

/* A condition that is not true in time ends the test. The tick of a channel wakes the loop often enough to look again.
 */
#define WAIT(w, condition)                                                                                             \
	do {                                                                                                           \
		(w)->limit.data = (void *)(uintptr_t) #condition;                                                      \
		uv_timer_start(&(w)->limit, world_too_late, LIMIT_MS, 0);                                              \
		while (!(condition))                                                                                   \
			world_step(w);                                                                                 \
		uv_timer_stop(&(w)->limit);                                                                            \
	} while (0)

static inline void world_init(struct world *w)
{
	static unsigned count;
	static const char *const ids[PARTIES] = {"anna", "bert", "cora", "dirk"};
	memset(w, 0, sizeof(*w));
	uv_loop_init(&w->loop);
	uv_timer_init(&w->loop, &w->limit);
	for (size_t i = 0; i < PARTIES; i++) {
		struct party *p = &w->p[i];
		unsigned n = ++count;
		p->w = w;
		p->standing = HF_OK;
		p->descriptor = 1;
		snprintf(p->id, sizeof(p->id), "%s", ids[i]);
		snprintf(p->ip, sizeof(p->ip), "127.%u.%u.%u", 16 + (unsigned)getpid() / 256 % 128,
		         (unsigned)getpid() % 256, n % 250 + 1);
		snprintf(p->url, sizeof(p->url), "tcp://%s:7400", p->ip);
		p->key = hf_agree_key_new();
		hf_agree_key_pub(p->key, &p->pub);
		p->base.loop = &w->loop;
		p->base.clock = (struct hf_clock){party_now, party_mono, p};
		p->base.audit = (struct hf_audit){party_audit, p};
		hf_name_parse(p->id, &p->base.self);
	}
}

static inline struct hf_channel_config party_config(struct party *p)
{
	struct hf_channel_config cfg = {.space = "space.example", .static_key = p->key, .listen = {p->url}};
	return cfg;
}

static inline void party_open(struct party *p, const struct hf_channel_config *cfg)
{
	struct hf_channel_ops ops = {.descriptor = party_descriptor,
	                             .standing = party_standing,
	                             .peer_descriptor = party_peer_descriptor,
	                             .on_request = party_request,
	                             .on_session = party_session,
	                             .on_refused = party_refused,
	                             .locked = party_locked,
	                             .on_skew = party_skew,
	                             .ctx = p};
	struct hf_fault f = {HF_OK, ""};
	if (hf_channel_open(&p->base, cfg, &ops, &p->ch, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static inline void world_open(struct world *w)
{
	for (size_t i = 0; i < PARTIES; i++) {
		struct hf_channel_config cfg = party_config(&w->p[i]);
		party_open(&w->p[i], &cfg);
	}
}

static inline void world_close(struct world *w)
{
	for (size_t i = 0; i < PARTIES; i++) {
		hf_channel_close(w->p[i].ch);
		for (unsigned n = 0; n < w->p[i].held_count; n++)
			if (w->p[i].held[n])
				hf_request_reply(w->p[i].held[n], HF_E_CANCELLED, "", NULL, 0);
		hf_agree_key_free(w->p[i].key);
	}
	uv_close((uv_handle_t *)&w->limit, NULL);
	while (uv_run(&w->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_int_equal(uv_loop_close(&w->loop), 0);
}

/* The end of one call. */
struct result {
	bool done;
	enum hf_err error;
	char text[400];
	uint8_t *body;
	size_t len, bulk_len;
	bool has_bulk, bulk_good;
	struct hf_held **hold;
};

static inline void result_fn(void *ctx, struct hf_reply *r)
{
	struct result *out = ctx;
	assert_false(out->done);
	out->done = true;
	out->error = r->error;
	snprintf(out->text, sizeof(out->text), "%s", r->text);
	out->body = malloc(r->body.len + 1);
	if (r->body.len > 0)
		memcpy(out->body, r->body.data, r->body.len);
	out->len = r->body.len;
	out->has_bulk = r->has_bulk;
	out->bulk_len = r->bulk.len;
	out->bulk_good = r->has_bulk && r->bulk_tag[0] == 0x77;
	for (size_t i = 0; i < r->bulk.len; i++)
		out->bulk_good = out->bulk_good && r->bulk.data[i] == (uint8_t)(i * 7);
	if (out->hold)
		*out->hold = hf_reply_hold(r);
}

static inline void result_done(struct result *r)
{
	free(r->body);
	memset(r, 0, sizeof(*r));
}

static inline struct hf_call call_to(const struct party *to, uint32_t type, const void *body, size_t len)
{
	return (struct hf_call){.peer = to->id, .address = to->url, .key = to->pub, .type = type, .body = {body, len}};
}

static inline enum hf_err ask(struct party *from, struct party *to, uint32_t type, const void *body, size_t len,
                              struct result *ret_result)
{
	struct hf_call call = call_to(to, type, body, len);
	memset(ret_result, 0, sizeof(*ret_result));
	hf_channel_call(from->ch, &call, result_fn, ret_result);
	assert_false(ret_result->done);
	WAIT(from->w, ret_result->done);
	return ret_result->error;
}

/* Only the outcome. */
static inline enum hf_err knock(struct party *from, struct party *to)
{
	struct result r;
	enum hf_err e = ask(from, to, SAY, "hello", 5, &r);
	if (e == HF_OK)
		assert_memory_equal(r.body, "hello", 5);
	result_done(&r);
	return e;
}

/* A client by hand: one TCP connection that speaks nng's framing (8 bytes of hello; length, request id, body). */
struct raw {
	struct world *w;
	int fd;
	uv_poll_t poll;
	bool gone; /* the party closed the connection */
	uint8_t *in;
	size_t in_len, skip;
	const uint8_t *reply; /* in the buffer */
	size_t len;
	struct hf_handshake_local local;
	struct hf_handshake *h;
	struct hf_hello hello, peer;
	struct hf_session *session;
};

#define RAW_BUFFER (HF_MAX_FRAME + 64u)

static inline void raw_readable(uv_poll_t *poll, int status, int events)
{
	struct raw *r = poll->data;
	ssize_t n = status < 0 ? 0 : read(r->fd, r->in + r->in_len, RAW_BUFFER - r->in_len);
	(void)events;
	if (n > 0)
		r->in_len += (size_t)n;
	else if (n == 0 || errno != EAGAIN) {
		r->gone = true;
		uv_poll_stop(poll);
	}
}

/* A plain connection; hello: with nng's. from: the address it comes from. */
static inline int connect_from(const char *from, const struct party *to, bool hello)
{
	static const uint8_t sp[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
	struct sockaddr_in a = {.sin_family = AF_INET}, b = {.sin_family = AF_INET, .sin_port = htons(7400)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	inet_pton(AF_INET, from, &a.sin_addr);
	inet_pton(AF_INET, to->ip, &b.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	(void)!connect(fd, (struct sockaddr *)&b, sizeof(b));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (hello)
		(void)!write(fd, sp, sizeof(sp));
	return fd;
}

static inline void raw_open(struct raw *r, struct world *w, const struct party *to, const char *from)
{
	memset(r, 0, sizeof(*r));
	r->w = w;
	r->fd = connect_from(from, to, true);
	r->in = malloc(RAW_BUFFER);
	r->skip = 8;
	r->poll.data = r;
	uv_poll_init(&w->loop, &r->poll, r->fd);
	uv_poll_start(&r->poll, UV_READABLE | UV_DISCONNECT, raw_readable);
}

static inline bool raw_has_message(struct raw *r)
{
	const uint8_t *at = r->in + r->skip;
	if (r->in_len < r->skip + 12 || r->in_len < r->skip + 8 + hf_get_u64(at))
		return false;
	r->reply = at + 12;
	r->len = hf_get_u64(at) - 4;
	return true;
}

/* Sends one frame and waits for what comes back; false when the connection is closed instead. */
static inline bool raw_ask(struct raw *r, const void *frame, size_t len)
{
	uint8_t head[12];
	hf_put_u64(head, len + 4);
	hf_put_u32(head + 8, 0x80000001u);
	if (r->reply) { /* forget what was answered before */
		r->in_len = r->skip = 0;
		r->reply = NULL;
	}
	(void)!write(r->fd, head, sizeof(head));
	for (size_t sent = 0; sent < len;) {
		ssize_t n = write(r->fd, (const uint8_t *)frame + sent, len - sent);
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		uv_run(&r->w->loop, UV_RUN_NOWAIT);
	}
	WAIT(r->w, raw_has_message(r) || r->gone);
	return r->reply != NULL;
}

static inline bool raw_ask_handshake(struct raw *r, enum hf_frame_kind kind, const uint8_t id[HF_SESSION_ID],
                                     const uint8_t *data, size_t len)
{
	uint8_t frame[HF_FRAME_HEAD + HF_FRAME_HANDSHAKE_MAX];
	hf_frame_head(frame, kind, id, 0, (uint32_t)len);
	memcpy(frame + HF_FRAME_HEAD, data, len);
	return raw_ask(r, frame, HF_FRAME_HEAD + len);
}

/* Who the raw client says it is. */
static inline void raw_as(struct raw *r, const struct hf_agree_key *key, const char *name, int64_t now)
{
	r->local = (struct hf_handshake_local){key, "space.example", 1, 1};
	assert_true(hf_name_parse(name, &r->hello.node));
	r->hello.time_ms = now;
	r->hello.descriptor_number = 1;
	memset(r->hello.descriptor_digest, 1, 32);
}

/* The whole handshake; HF_OK, or the reason the answerer gave; the session stays in r. */
static inline enum hf_err raw_handshake(struct raw *r)
{
	static const uint8_t none[HF_SESSION_ID];
	uint8_t out[HF_FRAME_HANDSHAKE_MAX], id[HF_SESSION_ID];
	struct hf_frame f;
	size_t len;
	hf_handshake_free(r->h);
	r->h = hf_handshake_dial(&r->local, HF_AEAD_AES256GCM);
	assert_int_equal(hf_handshake_write(r->h, NULL, out, &len), HF_OK);
	if (!raw_ask_handshake(r, HF_FRAME_HS1, none, out, len))
		return HF_E_UNREACHABLE;
	assert_true(hf_frame_parse(r->reply, r->len, &f));
	if (f.kind == HF_FRAME_HINT) {
		char reason[HF_FRAME_HINT_MAX + 1] = {0};
		memcpy(reason, f.data, f.len);
		return hf_err_from_reason(reason);
	}
	memcpy(id, f.session, sizeof(id));
	HF_TRY(hf_handshake_read(r->h, f.data, f.len, &r->peer));
	assert_int_equal(hf_handshake_write(r->h, &r->hello, out, &len), HF_OK);
	hf_session_unref(r->session);
	r->session = hf_handshake_session(r->h, id, 0);
	if (!raw_ask_handshake(r, HF_FRAME_HS3, id, out, len))
		return HF_E_UNREACHABLE;
	assert_true(hf_frame_parse(r->reply, r->len, &f));
	if (f.kind != HF_FRAME_HS_DONE)
		return HF_E_UNKNOWN;
	HF_TRY(hf_session_open(r->session, &f, NULL, &len));
	Hufu__ReplyHeader *h = hf_decode(&hufu__reply_header__descriptor, f.data, len);
	assert_non_null(h);
	enum hf_err e = *h->error ? hf_err_from_reason(h->error) : HF_OK;
	hf_decoded_free(h);
	return e;
}

/* A sealed request; free it. */
static inline uint8_t *raw_record(struct raw *r, uint32_t type, const void *body, size_t body_len, size_t *ret_len)
{
	Hufu__RequestHeader h = HUFU__REQUEST_HEADER__INIT;
	struct hf_id id = hf_id_new(T0);
	size_t len = 0;
	h.type = type;
	h.message_id = (ProtobufCBinaryData){16, id.b};
	h.body = (ProtobufCBinaryData){body_len, (uint8_t *)(uintptr_t)body};
	uint8_t *plain = hf_encode(&h.base, &len), *rec = malloc(len + HF_RECORD_OVERHEAD);
	memcpy(rec + HF_FRAME_HEAD, plain, len);
	free(plain);
	assert_true(hf_session_seal(r->session, HF_FRAME_RECORD, NULL, rec, len, NULL));
	*ret_len = len + HF_RECORD_OVERHEAD;
	return rec;
}

static inline void raw_close(struct raw *r)
{
	hf_handshake_free(r->h);
	hf_session_unref(r->session);
	free(r->in);
	uv_close((uv_handle_t *)&r->poll, NULL);
	uv_run(&r->w->loop, UV_RUN_NOWAIT);
	close(r->fd);
}

#endif
