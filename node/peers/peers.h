/*
 * peers.h - membership, durable mail, liveness: who the others are and how to reach them.
 *
 * Holds the descriptor chain (evidence/space.h) loaded from the store, answers the channel's questions from it, fetches
 * newer descriptors from peers, keeps the outbox and the inbox marks, polls peers that cannot dial us.
 */
#ifndef HUFU_PEERS_PEERS_H
#define HUFU_PEERS_PEERS_H

#include "channel/channel.h"
#include "evidence/space.h"
#include "proto/messages.h"
#include "store/store.h"

struct hf_peers;

/* Effects of a mail go into unit together with its de-duplication mark. Returning a REFUSE or DENY error parks the mail
 * at its sender with f's text (the unit then holds only the mark); RETRY and ABORT errors make the sender try again
 * later. */
typedef enum hf_err (*hf_mail_fn)(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                                  struct hf_unit *unit, struct hf_fault *f);
struct hf_mail_row {
	enum hf_mail type;
	hf_mail_fn handle;
	void *ctx;
};

struct hf_peers_config {
	const char *space_dir; /* DIR/space: root.key and descriptors.dsse brought by the operator */
	struct hf_channel_config channel;
	const struct hf_mail_row *mails; /* table, borrowed, ended by type 0 */
	void (*on_request)(void *ctx,
	                   struct hf_request *take); /* dispatch, for types that peers does not handle itself */
	void *ctx;
};
enum hf_err hf_peers_open(const struct hf_base *base, struct hf_store *store, const struct hf_peers_config *cfg,
                          struct hf_peers **ret_peers, struct hf_fault *f) HF_MUST_CHECK;
void hf_peers_close(struct hf_peers *p);

/* The verified chain; the pointer may change after a descriptor update: fetch it anew in each callback. Never NULL
 * after open. */
const struct hf_space *hf_peers_space(const struct hf_peers *p);
/* Imports descriptors (a descriptors.dsse stream); stored and audited. Older or equal ones are skipped. */
enum hf_err hf_peers_import(struct hf_peers *p, const void *data, size_t len, struct hf_fault *f) HF_MUST_CHECK;
/* Called after the chain grew. At most 8. */
void hf_peers_on_change(struct hf_peers *p, void (*fn)(void *ctx), void *ctx);
/* Called when a peer becomes reachable again (first session or session after a failure). At most 8. */
void hf_peers_on_up(struct hf_peers *p, void (*fn)(void *ctx, const char *peer), void *ctx);

/* A request to a member, or to this node itself (then no socket is used). Exactly one callback, never from inside. */
void hf_peers_call(struct hf_peers *p, const char *peer, enum hf_msg type, const struct hf_id *trace, const void *body,
                   size_t len, uint32_t timeout_ms, hf_reply_fn fn, void *ctx);
/* Adds one mail to the unit; it is sent after the commit, in order per peer, until it is accepted or refused for good.
 * Mail to this node itself is delivered through the same handlers. HF_E_STRANGER when the peer is no member, HF_E_LIMIT
 * over the type's size, HF_E_UNSUPPORTED when neither node has an address at which the other could dial it. */
enum hf_err hf_peers_mail(struct hf_peers *p, struct hf_unit *unit, const char *to, enum hf_mail type,
                          const struct hf_id *txn, const void *body, size_t len) HF_MUST_CHECK;

/* Host part of the address at which that member is dialled, without scheme and port: "127.0.1.1"; "none" when it is
 * only polled. */
void hf_peers_host(struct hf_peers *p, const char *node, char *out, size_t cap);
/* True while a session with that member is up. */
bool hf_peers_is_up(struct hf_peers *p, const char *node);
struct hf_peer_view {
	char id[HF_NAME_MAX + 1];
	char name[192]; /* organization's name for people */
	char address[128];
	enum hf_err standing;
	bool up;
	int64_t last_seen_ms;
	uint64_t outbox, parked;
	int64_t clock_skew_ms;
	uint64_t descriptor; /* the number it last showed; 0: none yet */
	int64_t reply_ms;    /* how long its last answer to a ping took; -1: not pinged yet */
	uint32_t risk;       /* score, risk.h; HF_RISK_HIGH and more is high */
	bool risky, locked;
};
/* All members but this node, in order of id. Returns the number, at most cap. */
size_t hf_peers_list(struct hf_peers *p, struct hf_peer_view *out, size_t cap);
struct hf_parked_view {
	char peer[HF_NAME_MAX + 1];
	uint64_t sequence;
	uint32_t type; /* enum hf_mail */
	int64_t time_ms;
	enum hf_err reason;
	char text[400]; /* the receiver's sentence */
};
/* Mail that was refused for good, oldest first per peer. Returns the number, at most cap. */
size_t hf_peers_parked(struct hf_peers *p, struct hf_parked_view *out, size_t cap);
/* Sends parked mail again, behind what waits: sequence as listed. UNKNOWN, STRANGER. */
enum hf_err hf_peers_parked_retry(struct hf_peers *p, struct hf_unit *unit, const char *peer,
                                  uint64_t sequence) HF_MUST_CHECK;
/* Gives up on it. */
void hf_peers_parked_drop(struct hf_peers *p, struct hf_unit *unit, const char *peer, uint64_t sequence);

#endif
