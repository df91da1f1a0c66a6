/*
 * internal.h - one table of members, and what each file of this folder does with it.
 *
 * membership.c: the descriptor chain and its answers to the channel. liveness.c: sessions, pings, what peers_list
 * shows. outbox.c, inbox.c, poll.c: mail. guard.c: refusals and lock-outs of addresses; suspicion.c, risk.c: of
 * members. Loop thread only.
 */
#ifndef HUFU_PEERS_INTERNAL_H
#define HUFU_PEERS_INTERNAL_H

#include <sys/queue.h>

#include "channel.pb-c.h"
#include "peers/guard.h"
#include "peers/peers.h"
#include "peers/risk.h"
#include "proto/codec.h"
#include "state_peers.pb-c.h"

#define HF_PEERS_HOOKS 8
#define HF_PEERS_BUCKETS 256u
#define HF_PEERS_TICK_MS 250
#define HF_PING_MS 15000
#define HF_POLL_MS 25000u
#define HF_DESCRIPTOR_GRACE_MS                                                                                         \
	60000 /* a peer with an older descriptor is served so long after it could have learnt of a newer one */
#define HF_DESCRIPTOR_CHECK_MS (10 * 60 * 1000)
#define HF_MAIL_SETTLED 0xffffu /* type of a Mail whose body is the MailReply to a mail that came with a poll */

/* Survives the module: what the store and the channel call back with. */
struct hf_peers_ref {
	struct hf_peers *p; /* NULL: closed */
	uint32_t refs;
};
struct hf_peers_ref *hf_peers_ref(struct hf_peers *p);
void hf_peers_unref(void *ref);

struct hf_peer {
	struct hf_peers *owner;
	char id[HF_NAME_MAX + 1];
	bool up_out, up_in, up; /* sessions, and what was told */
	int64_t last_seen_ms, heard_ms /* monotonic */, skew_ms;
	int64_t audited_ms, refused_ms; /* the last entry about a session, about a refused request */
	int64_t skew_alarm_ms;
	uint32_t address; /* the one in use of those in the descriptor */
	uint8_t key[32];  /* Noise, as of the newest descriptor */
	uint64_t shown;   /* the descriptor it last showed; 0: none */
	bool announce;    /* tell it our number */
	bool asking;      /* a descriptor-get is under way */
	int64_t ask_after_ms;
	bool pinging;
	int64_t ping_ms, pinged_ms; /* when the next ping is due, when the last one left */
	int64_t reply_ms;           /* how long the last answer took, plus 1 */
	struct hf_risk risk;
	char came_from[64]; /* the address of its last session inbound */
	/* mail to it */
	bool has_mail, sending;
	uint64_t next_key, next_sequence; /* next_key 0: not looked up */
	uint32_t mail_wait_ms;
	int64_t mail_after_ms;
	struct hf_request *held; /* its poll, until there is something for it */
	int64_t held_until_ms;
	bool polling; /* our poll at it, or what came with it */
	int64_t poll_after_ms;
	uint32_t poll_wait_ms;
	LIST_ENTRY(hf_peer) bucket;
};

struct hf_peers {
	struct hf_base base;
	struct hf_store *store;
	struct hf_peers_config cfg;
	struct hf_peers_ref *ref;
	struct hf_channel *channel;
	struct hf_space *space;
	struct hf_guard *guard;
	uv_timer_t *tick;
	uint8_t epoch[16];
	bool undialable;              /* this node has no address */
	uint64_t stored;              /* the store has the descriptors up to this number */
	uint64_t storing;             /* a unit with those up to this number is under way; 0: none */
	int64_t store_ms;             /* monotonic: not tried again before */
	uint64_t told;                /* what others may know that this node has: it outlives a crash */
	int64_t grown_ms;             /* monotonic: when told last grew */
	int64_t check_ms, checked_ms; /* next and last look for a newer descriptor */
	uint32_t check_at;
	uint32_t ticks;
	LIST_HEAD(, hf_peer) buckets[HF_PEERS_BUCKETS];
	void (*change[HF_PEERS_HOOKS])(void *ctx);
	void *change_ctx[HF_PEERS_HOOKS];
	size_t change_count;
	void (*up[HF_PEERS_HOOKS])(void *ctx, const char *peer);
	void *up_ctx[HF_PEERS_HOOKS];
	size_t up_count;
};

/* peers.c */
int64_t hf_peers_now(const struct hf_peers *p); /* monotonic */
struct hf_peer *hf_peer_find(struct hf_peers *p, const char *id);
struct hf_peer *hf_peer_get(struct hf_peers *p, const char *id); /* made when missing; only for members */
bool hf_peer_dialable(const struct hf_peers *p, const struct hf_peer *k);
struct hf_peer *hf_peer_at(struct hf_peers *p, size_t n); /* the nth other member of the newest descriptor, or NULL */
uint32_t hf_peers_back_off(uint32_t wait_ms, uint32_t most_ms);

/* membership.c */
enum hf_err hf_membership_open(struct hf_peers *p, struct hf_fault *f) HF_MUST_CHECK;
void hf_membership_ops(struct hf_channel_ops *ops);
bool hf_membership_behind(const struct hf_peers *p, const struct hf_peer *k);
void hf_membership_get(struct hf_peers *p, struct hf_peer *k, struct hf_request *take);
void hf_membership_ask(struct hf_peers *p, struct hf_peer *k);
void hf_membership_tick(struct hf_peers *p);

/* liveness.c */
void hf_liveness_session(void *ctx, const char *node, const char *address, bool up, bool inbound);
void hf_liveness_skew(void *ctx, const char *node, int64_t skew_ms);
void hf_liveness_heard(struct hf_peers *p, struct hf_peer *k);
void hf_liveness_ping(struct hf_peers *p, struct hf_peer *k, struct hf_request *take);
void hf_liveness_tick(struct hf_peers *p, struct hf_peer *k);

/* outbox.c */
enum hf_err hf_outbox_open(struct hf_peers *p) HF_MUST_CHECK;
void hf_outbox_kick(struct hf_peers *p, struct hf_peer *k, bool now);
/* The receiver's word on one mail. False when no such mail waits. */
bool hf_outbox_settle(struct hf_peers *p, struct hf_peer *k, const uint8_t epoch[16], uint64_t sequence,
                      const char *refused, const char *text);
/* The oldest mails for a peer, as a PollReply of bounded size; returns their number. */
size_t hf_outbox_collect(struct hf_peers *p, struct hf_peer *k, struct hf_buf *out);
void hf_outbox_tick(struct hf_peers *p, struct hf_peer *k);
uint64_t hf_outbox_count(struct hf_peers *p, enum hf_table t, const char *peer);

/* inbox.c: one mail in. fn gets the answer when the effect is durable, or an error that means: again later; p is NULL
 * when the module was closed meanwhile. Never from inside. */
typedef void (*hf_inbox_fn)(struct hf_peers *p, void *ctx, enum hf_err e, const Hufu__MailReply *reply);
void hf_inbox_take(struct hf_peers *p, const char *from, const Hufu__Mail *m, hf_inbox_fn fn, void *ctx);
/* The handler of the type, on a unit that is then given back complete or not at all. */
enum hf_err hf_inbox_handle(struct hf_peers *p, const char *from, uint32_t type, const struct hf_id *txn,
                            struct hf_bytes body, struct hf_unit **ret_unit, struct hf_fault *f) HF_MUST_CHECK;
void hf_inbox_request(struct hf_peers *p, struct hf_peer *k, struct hf_request *take);
bool hf_mail_refused_for_good(enum hf_err e);

/* poll.c */
void hf_poll_request(struct hf_peers *p, struct hf_peer *k, struct hf_request *take);
void hf_poll_offer(struct hf_peers *p, struct hf_peer *k);
void hf_poll_tick(struct hf_peers *p, struct hf_peer *k);
void hf_poll_close(struct hf_peers *p, struct hf_peer *k);

#include "peers/suspicion.h"

#endif
