/*
 * bridge.h - the one place where nng's threads meet the loop. Private to this folder.
 *
 * nng calls back on threads of its own; the callbacks here only move a slot into a list under a lock and ring a
 * uv_async. Everything else in this folder runs on the loop thread. A slot is one nng context with its aio: as many
 * requests can be under way as there are slots, which is the back-pressure.
 *
 * nng 1.5.2 may deadlock in nng_close, has use-after-free in closing dialers and in cancelled REQ contexts: nothing is
 * closed but pipes, nothing is cancelled (time-outs only), and what nng may still touch after hf_bridge_close is left
 * to the end of the process.
 */
#ifndef HUFU_CHANNEL_BRIDGE_H
#define HUFU_CHANNEL_BRIDGE_H

#include <nng/nng.h>
#include <sys/queue.h>

#include "base/base.h"

#define HF_ADDRESS_NONE "unknown" /* of a connection that was reset before it could be asked for: refused */
#define HF_ADDRESS_MAX 47u        /* text of an IP address without port, or "ipc" */

struct hf_bridge;
struct hf_link;
struct hf_pipe;
struct hf_slot;

/* First member of what belongs to a reply. */
struct hf_sent {
	STAILQ_ENTRY(hf_sent) next;
};

struct hf_bridge_ops {
	/* A request arrived; its message is taken. The slot is held until hf_bridge_reply or hf_bridge_skip. */
	void (*on_message)(void *ctx, struct hf_slot *slot, nng_msg *take);
	/* The reply of a slot has left, or is lost. Told with the next event, or by hf_bridge_tick. */
	void (*on_sent)(void *ctx, struct hf_sent *sent);
	/* End of hf_bridge_ask: take is NULL when result is not 0. */
	void (*on_answer)(void *ctx, void *work, int result, nng_msg *take);
	void (*on_link)(void *ctx, void *owner, bool up);
	/* The other side of an accepted connection is gone; p is freed afterwards. */
	void (*on_pipe_gone)(void *ctx, struct hf_pipe *p);
	/* nng clears no connection away any more: told once. What can be done without it goes on. */
	void (*on_stuck)(void *ctx);
	/* After each wake-up, also those of hf_bridge_wake. */
	void (*on_wake)(void *ctx);
	/* When the bridge is closed: connections that are left, work of hf_bridge_ask whose end will not be reported.
	 * Replies that are left are reported to on_sent. */
	void (*forget_pipe)(void *ctx, struct hf_pipe *p);
	void (*forget_work)(void *ctx, void *work);
	void *ctx;
};
/* One per channel. Once it has a socket it is never freed: see above. */
enum hf_err hf_bridge_open(const struct hf_base *base, const struct hf_bridge_ops *ops, struct hf_bridge **ret_bridge,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Starts `slots` answering contexts on up to 4 addresses. max_bytes: largest message taken. */
enum hf_err hf_bridge_listen(struct hf_bridge *b, const char *const *urls, size_t slots, size_t max_bytes,
                             struct hf_fault *f) HF_MUST_CHECK;
/* No callback comes after this but forget_pipe and forget_work, at once, and closed, when the loop has let go. */
void hf_bridge_close(struct hf_bridge *b, void (*closed)(void *ctx), void *ctx);
void hf_bridge_wake(struct hf_bridge *b); /* on_wake soon, never from inside */
void hf_bridge_tick(struct hf_bridge *b); /* a few times a second */

/* Answering. sent: handed back to on_sent when the reply has left; may be NULL. */
struct hf_pipe *hf_bridge_pipe(struct hf_bridge *b, const nng_msg *m); /* NULL: gone already */
void hf_bridge_reply(struct hf_slot *slot, nng_msg *take, struct hf_sent *sent);
void hf_bridge_skip(struct hf_slot *slot);          /* no answer */
uint64_t hf_slot_at_us(const struct hf_slot *slot); /* when its request came in, monotonic */

/* Accepted connections. */
struct hf_pipe {
	char address[HF_ADDRESS_MAX + 1]; /* of the other side */
	void *owner;                      /* loop thread: the channel's state of this connection */
	/* below: bridge.c only */
	struct hf_bridge *bridge;
	uint32_t id;
	int64_t since_ms; /* -1: not looked at by the loop so far */
	bool authenticated, gone;
	uint64_t ending_us; /* shut down since; 0: not. Loop thread */
	bool hung_up;       /* closed from above as well */
	LIST_ENTRY(hf_pipe) bucket;
	TAILQ_ENTRY(hf_pipe) list;
};
void hf_bridge_authenticated(struct hf_bridge *b, struct hf_pipe *p);
void hf_bridge_pipe_close(struct hf_pipe *p);
/* Closes what has been unauthenticated for limit_ms and reports each. */
void hf_bridge_sweep(struct hf_bridge *b, int64_t now_ms, int64_t limit_ms, void (*fn)(void *ctx, struct hf_pipe *p),
                     void *ctx);
/* Addresses refused in ADD_PRE; replaces the list. At most HF_LOCKED_MAX are kept. */
#define HF_LOCKED_MAX 256u
void hf_bridge_lock_addresses(struct hf_bridge *b, const char (*addresses)[HF_ADDRESS_MAX + 1], size_t count);

/* Dialling: one link (REQ socket, dialer, pool of contexts) per remote node and address. */
struct hf_link_config {
	const char *url;
	size_t max_bytes; /* largest reply taken */
	uint32_t reconnect_min_ms, reconnect_max_ms;
	void *owner;
};
enum hf_err hf_bridge_link(struct hf_bridge *b, const struct hf_link_config *cfg, struct hf_link **ret_link,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Sends on a free or new context; on_answer comes exactly once, later: with the answer, or when the connection is lost.
 * There is no time-out here, because nng 1.5.2 may fall over one that meets a send. False when nng has no memory; take
 * is then freed. */
bool hf_bridge_ask(struct hf_link *l, nng_msg *take, void *work);
/* The connection is gone, as an answer has shown; nng dials again. */
void hf_bridge_link_lost(struct hf_link *l);
/* Drops the connection; nng dials again after up to wait_ms. */
void hf_bridge_link_reset(struct hf_link *l, uint32_t wait_ms);
/* The wait before the next attempts when the connection is lost. */
void hf_bridge_link_wait(struct hf_link *l, uint32_t wait_ms);

struct hf_bridge_stats {
	uint64_t pipes, unauthenticated, refused, nameless /* of the refused */;
};
void hf_bridge_stats(struct hf_bridge *b, struct hf_bridge_stats *ret_stats);

#endif
