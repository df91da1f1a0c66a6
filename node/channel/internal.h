/*
 * internal.h - the channel's own parts: remotes (dial.c, call.c), callers (answer.c, caller.c), requests (request.c).
 *
 * A remote is a node that this node dials, with its session, its waiting and its running calls. A caller is a node that
 * dialled this one, with its sessions and its limits. A guest is an accepted connection, before and after it has shown
 * whose it is. Two nodes that speak to each other are remote and caller to one another, with two independent sessions.
 * Loop thread only.
 */
#ifndef HUFU_CHANNEL_INTERNAL_H
#define HUFU_CHANNEL_INTERNAL_H

#include "channel.pb-c.h"
#include "channel/bridge.h"
#include "channel/channel.h"
#include "channel/handshake.h"

#define HF_ANSWERING_SLOTS 128u
#define HF_REQUEST_FRAME_MAX                                                                                           \
	((size_t)544 << 10) /* HF_MAX_BODY and what stands around it: requests carry no bulk bytes */
#define HF_CALLS_MAX 64u    /* of one remote under way; more wait */
#define HF_CALLS_WAITING_MAX 4096u
#define HF_POLLS_HELD_MAX 48u /* in all; fewer than HF_ANSWERING_SLOTS */
#define HF_TICK_MS 250
#define HF_BUCKETS 256u
#define HF_RECENT 512u /* message ids remembered per caller */
#define HF_CALLER_PIPES_MAX 8u
#define HF_CALLER_BYTES_MAX ((size_t)16 << 20) /* of requests outstanding */
#define HF_CALL_MS 10000u
#define HF_CONNECT_MS 4000 /* a call waits so long for a connection */
#define HF_REDIAL_MS 200u
#define HF_REDIAL_MAX_MS 5000u
#define HF_BACKOFF_MAX_MS 30000u

/* Something to do on the loop, not from inside the present call. */
struct hf_later {
	void (*run)(struct hf_channel *c, struct hf_later *l);
	TAILQ_ENTRY(hf_later) list;
};
void hf_later(struct hf_channel *c, struct hf_later *l, void (*run)(struct hf_channel *c, struct hf_later *l));

struct hf_held {
	nng_msg *msg;
	Hufu__ReplyHeader *reply;
	size_t bulk_at; /* in the body of msg */
};

/* What an answer of nng belongs to; both NULL: nobody waits any more. */
struct hf_work {
	struct hf_ongoing *call;
	struct hf_dial *dial;
};

struct hf_ongoing {
	struct hf_later later;
	struct hf_channel *channel;
	struct hf_remote *remote; /* NULL: local, or failed before it had one */
	hf_reply_fn fn;
	void *ctx;
	uint32_t type;
	struct hf_id message_id, trace;
	uint8_t *body;
	size_t body_len;
	bool poll, sent_twice, running;
	int64_t since_ms, deadline_ms;
	struct hf_session *session; /* of the record under way */
	uint64_t counter;
	struct hf_work *work;
	enum hf_err fail;
	char text[320];
	TAILQ_ENTRY(hf_ongoing) list; /* waiting or running of the remote */
};
TAILQ_HEAD(hf_call_list, hf_ongoing);

struct hf_remote {
	struct hf_channel *channel;
	struct hf_link *link;
	char peer[HF_NAME_MAX + 1];
	char url[128];
	struct hf_agree_pub key;
	bool up; /* the connection, not the session */
	struct hf_session *session;
	struct hf_dial *dial;  /* handshake under way */
	uint32_t wait_ms;      /* back-off after failed handshakes */
	int64_t dial_after_ms; /* a failed renewal is not repeated before */
	enum hf_err last;      /* why the last handshake failed; OK after a good one */
	char last_text[320];
	struct hf_call_list waiting, running;
	size_t waiting_count, running_count, poll_count;
	TAILQ_ENTRY(hf_remote) list;
	LIST_ENTRY(hf_remote) bucket;
};

struct hf_caller {
	struct hf_name name;
	char address[HF_ADDRESS_MAX + 1];
	struct hf_session *current, *previous;
	TAILQ_HEAD(, hf_guest) guests;
	uint32_t pipes, outstanding, polls;
	uint32_t refs; /* requests that point here */
	size_t bytes;  /* of outstanding requests */
	double tokens;
	int64_t tokens_at_ms;
	uint64_t recent[HF_RECENT]; /* digests of message ids: a request is carried out once */
	LIST_ENTRY(hf_caller) bucket;
};

struct hf_guest {
	struct hf_pipe *pipe;
	struct hf_handshake *handshake;
	uint8_t session[HF_SESSION_ID];
	struct hf_caller *caller;
	uint32_t handshakes; /* begun; one a second is forgiven */
	int64_t handshakes_at_ms;
	TAILQ_ENTRY(hf_guest) list; /* of the caller */
};

struct hf_request {
	struct hf_later later;
	struct hf_channel *channel; /* NULL: closed meanwhile */
	struct hf_slot *slot;
	struct hf_ongoing *local; /* made by this node itself */
	struct hf_caller *caller;
	struct hf_session *session;
	uint64_t counter;
	Hufu__RequestHeader *header;
	struct hf_id trace;
	char peer[HF_NAME_MAX + 1];
	char address[HF_ADDRESS_MAX + 1];
	size_t bytes;
	bool poll, counted;
	int64_t received_us;
	struct hf_held *answer; /* local: on its way */
	TAILQ_ENTRY(hf_request) list;
};

struct hf_channel {
	struct hf_base base;
	struct hf_channel_ops ops;
	struct hf_channel_config cfg; /* with defaults filled in */
	char *space;
	struct hf_handshake_local local;
	struct hf_agree_pub own_key;
	char source[HF_ADDRESS_MAX + 1]; /* dial from here, or "" */
	char advertise[HF_LISTEN_MAX + 1];
	struct hf_bridge *bridge;
	uv_timer_t *tick;
	uint32_t closing; /* handles not let go so far */
	uint32_t ticks;
	bool closed;
	TAILQ_HEAD(, hf_later) later;
	TAILQ_HEAD(, hf_remote) remotes;
	LIST_HEAD(, hf_remote) remote_buckets[HF_BUCKETS];
	LIST_HEAD(, hf_caller) callers[HF_BUCKETS];
	LIST_HEAD(, hf_session) sessions[HF_BUCKETS]; /* of callers */
	TAILQ_HEAD(, hf_request) requests;
	uint32_t polls;
	char locked[HF_LOCKED_MAX][HF_ADDRESS_MAX + 1];
	size_t locked_count;
	struct hf_channel_stats stats;
	uint64_t trimmed_at_bytes, busy_bytes; /* memory handed back after bulk traffic */
};

/* channel.c */
size_t hf_channel_bucket(const char *text);
int64_t hf_channel_now(const struct hf_channel *c); /* monotonic */
void hf_channel_refused(struct hf_channel *c, const char *node, const char *address, enum hf_err reason);
void hf_channel_hello(struct hf_channel *c, struct hf_hello *ret_hello);
/* STALE when the peer's clock is hours off; tells the owner of the skew. */
enum hf_err hf_channel_clock(struct hf_channel *c, const struct hf_hello *hello) HF_MUST_CHECK;
/* Message with a head of this kind and copied data. Aborts when memory is gone. */
nng_msg *hf_channel_message(enum hf_frame_kind kind, const uint8_t session[HF_SESSION_ID], const void *data,
                            size_t len);
nng_msg *hf_channel_alloc(size_t len);

/* dial.c: handshakes of remotes. */
void hf_dial_start(struct hf_remote *r);
void hf_dial_stop(struct hf_remote *r); /* the answer under way is ignored when it comes */
void hf_dial_answer(struct hf_dial *d, int result, nng_msg *take);
void hf_remote_link(void *ctx, void *owner, bool up);

/* call.c */
void hf_remote_pump(struct hf_remote *r);
void hf_remote_fail_waiting(struct hf_remote *r, enum hf_err e, const char *text);
void hf_remote_tick(struct hf_remote *r);
void hf_remote_session_end(struct hf_remote *r);
void hf_call_settle(struct hf_ongoing *call, enum hf_err e, const char *text, struct hf_held *take);
void hf_call_answer(struct hf_ongoing *call, int result, nng_msg *take);
struct hf_ongoing *hf_call_new(struct hf_channel *c, const struct hf_call *in, hf_reply_fn fn, void *ctx);
void hf_call_free(struct hf_ongoing *call);
void hf_remote_free(struct hf_remote *r);

/* answer.c */
void hf_answer_message(void *ctx, struct hf_slot *slot, nng_msg *take);
void hf_answer_pipe_gone(void *ctx, struct hf_pipe *p);
void hf_answer_late(void *ctx, struct hf_pipe *p);

/* caller.c */
struct hf_caller *hf_caller_find(struct hf_channel *c, const char *name);
struct hf_caller *hf_caller_get(struct hf_channel *c, const struct hf_name *name);
void hf_caller_session(struct hf_channel *c, struct hf_caller *k, struct hf_session *take);
void hf_caller_end_sessions(struct hf_channel *c, struct hf_caller *k);
struct hf_session *hf_caller_session_find(struct hf_channel *c, const uint8_t id[HF_SESSION_ID]);
/* OK, or RATE, BUSY, REPLAY; counts the request as outstanding when OK. */
enum hf_err hf_caller_admit(struct hf_channel *c, struct hf_caller *k, struct hf_request *r) HF_MUST_CHECK;
void hf_caller_settle(struct hf_channel *c, struct hf_request *r);
void hf_caller_drop_if_idle(struct hf_channel *c, struct hf_caller *k);

/* request.c */
void hf_request_sent(void *ctx, void *work);
void hf_request_free(struct hf_request *r);

#endif
