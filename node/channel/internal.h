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

struct hf_remote;
struct hf_caller;
struct hf_request;

/* Connections that ended, or were ended by nng for a length beyond the limit, before they said anything that could be
 * judged. A node that comes back early makes a few; many are refusals like any other. */
#define HF_BRIEF_ADDRESSES 64u
#define HF_BRIEF_MAX 120u /* of one address in HF_BRIEF_WINDOW_MS */
#define HF_BRIEF_WINDOW_MS 60000
struct hf_brief {
	char address[HF_ADDRESS_MAX + 1];
	int64_t window_ms;
	uint32_t count;
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
	struct hf_id id; /* message ids are this one plus a count */
	uint64_t id_count;
	char locked[HF_LOCKED_MAX][HF_ADDRESS_MAX + 1];
	size_t locked_count;
	struct hf_brief brief[HF_BRIEF_ADDRESSES];
	uint64_t nameless; /* of hf_bridge_stats, that were counted as brief */
	struct hf_channel_stats stats;
	uint64_t trimmed_at_bytes, busy_bytes; /* memory handed back after bulk traffic */
};

/* channel.c */
size_t hf_channel_bucket(const char *text);
int64_t hf_channel_now(const struct hf_channel *c); /* monotonic */
void hf_channel_refused(struct hf_channel *c, const char *node, const char *address, enum hf_err reason);
uint64_t hf_channel_renew_ms(const struct hf_channel *c, const char *node);
void hf_channel_hello(struct hf_channel *c, struct hf_hello *ret_hello);
/* STALE when the peer's clock is hours off; tells the owner of the skew. */
enum hf_err hf_channel_clock(struct hf_channel *c, const struct hf_hello *hello) HF_MUST_CHECK;
/* Message with a head of this kind and copied data. Aborts when memory is gone. */
nng_msg *hf_channel_message(enum hf_frame_kind kind, const uint8_t session[HF_SESSION_ID], const void *data,
                            size_t len);
nng_msg *hf_channel_alloc(size_t len);

#include "channel/callers.h"
#include "channel/remotes.h"

#endif
