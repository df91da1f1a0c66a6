/* bridge_internal.h - what bridge.c (slots) and pipes.c (connections) share. Private to the two. */
#ifndef HUFU_CHANNEL_BRIDGE_INTERNAL_H
#define HUFU_CHANNEL_BRIDGE_INTERNAL_H

#include <dirent.h>

#include "channel/bridge.h"

#define HF_SLOT_SEND_MS 30000 /* a peer that does not read its replies */
#define HF_PIPE_BUCKETS 256u
#define HF_HANG_UP_MS 2000    /* then a connection that was shut down is closed from above */
#define HF_REAP_MS 6000       /* then nng does not clear connections away any more (hangup.c) */
#define HF_REAP_AGAIN_MS 1000 /* once that is known */
#define HF_SENT_WAKE 32u      /* replies that have left, before the loop is woken for them alone */

enum hf_slot_state { HF_SLOT_IDLE = 1, HF_SLOT_RECV, HF_SLOT_HELD, HF_SLOT_SEND };

/* Belongs to nng while its aio is under way, then, by way of the ready list, to the loop. */
struct hf_slot {
	STAILQ_ENTRY(hf_slot) ready; /* in ready, or in a link's free list */
	SLIST_ENTRY(hf_slot) all;
	struct hf_bridge *bridge;
	struct hf_line *line; /* NULL: answering */
	nng_ctx ctx;
	nng_aio *aio;
	nng_aio *send; /* dialling: without a callback, so that sending wakes no thread */
	enum hf_slot_state state;
	int result;
	nng_msg *msg;
	uint64_t at_us;
	void *work;           /* dialling */
	struct hf_sent *sent; /* answering: of the reply under way */
};
STAILQ_HEAD(hf_slot_list, hf_slot);
TAILQ_HEAD(hf_pipe_list, hf_pipe);
STAILQ_HEAD(hf_sent_list, hf_sent);

/* One REQ socket with its dialler. A link is given another one when nng does not dial on it any more (hangup.c); the
 * old one is left to the end of the process. */
struct hf_line {
	struct hf_link *link;
	nng_socket socket;
	nng_dialer dialer;
};

struct hf_link {
	struct hf_bridge *bridge;
	struct hf_link_config cfg;
	char url[256];
	struct hf_slot_list free; /* of the line */
	uint32_t told;            /* the pipe that the owner was told of */
	uint32_t ending;          /* the pipe that was shut down or found dead; 0: none */
	uint64_t ending_us;       /* since */
	bool hung_up;             /* it was closed from above as well */
	uint64_t lost_us;         /* the line has lost its connection since; 0: not */
	TAILQ_ENTRY(hf_link) list;
	/* under the lock */
	struct hf_line *line;
	uint32_t pipe;          /* 0: none */
	uint64_t not_before_us; /* connections made earlier are dropped */
	bool queued;
	TAILQ_ENTRY(hf_link) change;
};

/* The async handle has a life of its own: libuv lets go of it later than the channel does. */
struct hf_wake {
	uv_async_t async;
	struct hf_bridge *bridge;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

#define HF_NNG_THREADS_MAX 256u /* 3 per processor and 7 */

/* nng's threads spend their time waking one another and waiting for the same locks. On one processor, and that of the
 * loop, the same work costs less than half (measured: 13,000 requests a second become 26,000, 0.75 GB/s of chunks
 * become 2). So they follow the loop: the kernel still moves the loop to where there is room. */
struct hf_threads {
	int ids[HF_NNG_THREADS_MAX];
	size_t count;
	int cpu; /* where they are; -1: anywhere */
};
void hf_threads_find(struct hf_threads *t);
void hf_threads_follow(struct hf_threads *t);

/* What ending a connection takes, when no descriptor is left for it. */
struct hf_hang_up {
	DIR *all; /* descriptors of this process; NULL: over */
	int spare;
};

struct hf_bridge {
	struct hf_bridge_ops ops;
	struct hf_wake *wake;
	nng_socket answering;
	struct hf_threads threads;
	TAILQ_HEAD(, hf_link) links; /* loop thread */
	SLIST_HEAD(, hf_slot) slots; /* all */
	uv_mutex_t lock;             /* guards what follows */
	bool closed;                 /* written by the loop thread only */
	struct hf_hang_up hang_up;   /* loop thread */
	struct hf_canary *canary;    /* loop thread; NULL: not needed so far */
	bool stuck;                  /* loop thread: nng does not clear connections away any more */
	struct hf_slot_list ready;
	struct hf_sent_list sent;
	size_t sent_count;
	TAILQ_HEAD(, hf_link) changed;
	LIST_HEAD(, hf_pipe) buckets[HF_PIPE_BUCKETS];
	struct hf_pipe_list unauthenticated, known, gone;
	size_t unauthenticated_count, known_count;
	uint64_t refused, nameless;
	char locked[HF_LOCKED_MAX][HF_ADDRESS_MAX + 1];
	size_t locked_count;
};

/* canary.c: false when nng clears nothing away any more. Asked while a link is without connection. */
bool hf_canary_lives(struct hf_bridge *b, uint64_t now_us);
/* hangup.c; the loop thread alone */
enum hf_err hf_hang_up_init(struct hf_hang_up *h, struct hf_fault *f) HF_MUST_CHECK;
void hf_hang_up_done(struct hf_hang_up *h); /* then nothing is shut down any more */
void hf_pipe_hang_up(struct hf_bridge *b, nng_pipe p);
void hf_bridge_finish_endings(struct hf_bridge *b);     /* loop thread, from the tick */
void hf_pipe_removed(struct hf_bridge *b, uint32_t id); /* pipes.c; any thread; once */
int hf_link_open_line(struct hf_link *l);               /* pipes.c; 0 or an error of nng */

int hf_bridge_quietly(int (*open_fn)(nng_socket *), nng_socket *ret_socket);
enum hf_err hf_bridge_answering_socket(struct hf_bridge *b, size_t max_bytes, struct hf_fault *f) HF_MUST_CHECK;
void hf_bridge_links_changed(struct hf_bridge *b);
/* Reports and frees. */
void hf_bridge_pipes_gone(struct hf_bridge *b, struct hf_pipe_list *gone);
void hf_bridge_close_pipes(struct hf_bridge *b);

#endif
