/*
 * channel.h - authenticated, encrypted request/reply between nodes over nng: Noise XX handshake, own records, limits
 * before authentication. Knows keys, not membership: who may speak is asked through callbacks.
 *
 * Requests to one peer share a session; many may be outstanding. nng calls back on its own threads; bridge.c is the one
 * place that turns those into loop events. Everything in this header is for the loop thread.
 */
#ifndef HUFU_CHANNEL_CHANNEL_H
#define HUFU_CHANNEL_CHANNEL_H

#include "base/base.h"
#include "crypto/seal.h"

struct hf_channel;
struct hf_request; /* an incoming request; answered exactly once */

#define HF_PROTOCOL_VERSION_MIN 1u
#define HF_PROTOCOL_VERSION_MAX 1u

/* What this node says of itself and asks about others. */
struct hf_channel_ops {
	/* Newest descriptor of this node: number and digest; and the space id, used in the prologue. */
	void (*descriptor)(void *ctx, uint64_t *ret_number, uint8_t ret_digest[32]);
	/* May the owner of this Noise key speak as `node`? Checks key, standing and time. address: the remote
	 * "127.0.1.2". OK or a CLOSE error. Called for both directions. */
	enum hf_err (*standing)(void *ctx, const char *node, const struct hf_agree_pub *key, const char *address);
	/* The peer showed a descriptor number and digest: OK, or OLD_DESCRIPTOR/CONFLICT; a higher number makes the
	 * owner fetch it. */
	enum hf_err (*peer_descriptor)(void *ctx, const char *node, uint64_t number, const uint8_t digest[32]);
	/* A request of an authenticated peer. The handler must answer now or later with hf_request_reply. */
	void (*on_request)(void *ctx, struct hf_request *take);
	/* Session made or ended, or a connection refused (node may be "" when unknown): for audit, alarms and lock-out.
	 */
	void (*on_session)(void *ctx, const char *node, const char *address, bool up, bool inbound);
	void (*on_refused)(void *ctx, const char *node, const char *address, enum hf_err reason);
	/* True when the address is locked out at the moment (rate of refusals): refused in ADD_PRE, before any work.
	 * Asked on the loop thread after each refusal and every second while it holds. */
	bool (*locked)(void *ctx, const char *address);
	/* The peer proved who it is and showed this clock; also when it is then refused as STALE. May be NULL. */
	void (*on_skew)(void *ctx, const char *node, int64_t skew_ms);
	/* A request of an authenticated peer was answered with an error. May be NULL. */
	void (*on_answered)(void *ctx, const char *node, const char *address, enum hf_err e);
	/* The period of sessions with that peer when it is to be shorter than renew_ms of the config; else 0. May be
	 * NULL. */
	uint64_t (*renew_ms)(void *ctx, const char *node);
	void *ctx;
};

struct hf_channel_config {
	const char *space;                     /* space id */
	const struct hf_agree_key *static_key; /* outlives the channel */
	const char *listen[4];                 /* "tcp://127.0.1.1:7400"; NULL-terminated; none: only dials */
	uint32_t outstanding_max;              /* per peer, inbound; 0: 64 */
	uint32_t rate_per_s;                   /* per peer, inbound requests; 0: 20000 */
	uint64_t renew_ms;                     /* DS-45; 0: HF_SESSION_RENEW_MS */
	uint64_t renew_bytes;                  /* likewise by volume; 0: HF_SESSION_RENEW_BYTES */
	bool chacha;                           /* offer ChaCha20-Poly1305 instead of AES-GCM when dialling */
	uint16_t version_min, version_max;     /* to hold a node back during an upgrade; 0: HF_PROTOCOL_VERSION_* */
	const char *advertise;                 /* where this node can be dialled, told to peers; NULL: it cannot */
};
enum hf_err hf_channel_open(const struct hf_base *base, const struct hf_channel_config *cfg,
                            const struct hf_channel_ops *ops, struct hf_channel **ret_channel,
                            struct hf_fault *f) HF_MUST_CHECK;
/* Stops all; outstanding requests end with HF_E_CANCELLED before it returns. nng sockets themselves live until process
 * end (nng 1.5.2 may deadlock in nng_close). */
void hf_channel_close(struct hf_channel *c);

struct hf_reply {
	enum hf_err error;    /* what the peer answered, or UNREACHABLE, TIMEOUT, a CLOSE error */
	const char *text;     /* the peer's sentence, "" when none; valid during the callback */
	struct hf_bytes body; /* valid during the callback */
	struct hf_bytes bulk; /* sealed bytes outside the record, bound by bulk_tag; valid during the callback */
	uint8_t bulk_tag[16];
	bool has_bulk;
	/* Keeps the message's memory beyond the callback: takes the buffer that holds body and bulk; free with
	 * hf_held_free. */
	struct hf_held *held;
};
struct hf_held;
/* Called in the callback: body and bulk of this reply stay valid until hf_held_free (any thread). */
struct hf_held *hf_reply_hold(struct hf_reply *r);
void hf_held_free(struct hf_held *h);

typedef void (*hf_reply_fn)(void *ctx, struct hf_reply *r);
struct hf_call {
	const char *peer;    /* node id; its Noise key must own it */
	const char *address; /* "tcp://..." */
	/* The dialled node's static key: the dialler aborts before message 3 unless it matches. */
	struct hf_agree_pub key;
	uint32_t type; /* enum hf_msg */
	struct hf_id trace;
	struct hf_bytes body; /* copied */
	uint32_t timeout_ms;  /* 0: 10,000 */
	bool poll;            /* long wait on a context of its own, outside the request limit */
};
/* One callback exactly, never from inside this call. */
void hf_channel_call(struct hf_channel *c, const struct hf_call *call, hf_reply_fn fn, void *ctx);
/* A call that cannot even be made: fn gets this error and sentence, later. */
void hf_channel_call_fail(struct hf_channel *c, enum hf_err e, const char *text, hf_reply_fn fn, void *ctx);

/* Incoming requests. */
const char *hf_request_peer(const struct hf_request *r);
const char *hf_request_address(const struct hf_request *r);
uint32_t hf_request_type(const struct hf_request *r);
const struct hf_id *hf_request_trace(const struct hf_request *r);
struct hf_bytes hf_request_body(const struct hf_request *r);
int64_t hf_request_received_us(const struct hf_request *r); /* monotonic, for latency */
/* Answers and frees r. error OK: body (copied). Otherwise error and text. Loop thread. */
void hf_request_reply(struct hf_request *r, enum hf_err error, const char *text, const void *body, size_t len);
/* Answers with bulk bytes: `bulk` is written into the nng message without another copy when it was allocated by
 * hf_bulk_new. */
struct hf_bulk;                               /* an outgoing message buffer with room for the record in front */
struct hf_bulk *hf_bulk_new(size_t bulk_len); /* NULL: no memory */
uint8_t *hf_bulk_data(struct hf_bulk *b);     /* bulk_len bytes to fill, on any thread */
void hf_bulk_free(struct hf_bulk *b);
void hf_request_reply_bulk(struct hf_request *r, const void *body, size_t len, struct hf_bulk *take, size_t bulk_len,
                           const uint8_t bulk_tag[16]);
/* A request that this node makes to itself (a department's system on the same node): the same handlers, no socket. */
void hf_channel_call_local(struct hf_channel *c, const char *self, const struct hf_call *call, hf_reply_fn fn,
                           void *ctx);

/* Ends all sessions with a peer (membership revoked). */
void hf_channel_drop(struct hf_channel *c, const char *peer);
struct hf_channel_stats {
	uint64_t pipes, unauthenticated, sessions, handshakes, refused, bytes_in, bytes_out;
};
void hf_channel_stats(const struct hf_channel *c, struct hf_channel_stats *ret_stats);

#endif
