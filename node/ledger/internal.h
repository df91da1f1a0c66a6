/*
 * internal.h - what the files of the ledger share; for this folder and its tests; long because all duties meet in one
 * struct.
 *
 * Story: sequence.c (committer) makes entries; the store wakes the loop; pump() in ledger.c then lets each duty do what
 * is due: sign.c signs a checkpoint in a worker, to_witness.c collects cosignatures, to_mirror.c sends entries,
 * to_party.c openings, heads.c compares notes with peers. witness.c, mirror.c, openings.c and heads.c answer the same
 * messages of others. book.c, trace.c, prove.c, export.c and verify.c read. slots_check.c looks at a start whether keys
 * of private fields were lost.
 *
 * Nothing calls a peer except from pump(), which runs from the loop's own handles only: so no call is made between the
 * closing of peers and that of the ledger.
 */
#ifndef HUFU_LEDGER_INTERNAL_H
#define HUFU_LEDGER_INTERNAL_H

#include <stdatomic.h>

#include "ledger.pb-c.h"
#include "ledger/holding.h"
#include "ledger/last_signed.h"
#include "ledger/ledger.h"
#include "ledger/notes.h"
#include "ledger/opening.h"
#include "ledger/sequence.h"
#include "ledger/tree.h"
#include "state_ledger.pb-c.h"

#define HF_LEDGER_SIGN_MIN_MS 1 /* pause between two signatures: as long as the last one took, within these */
#define HF_LEDGER_SIGN_MAX_MS 50
#define HF_LEDGER_ROUND_MIN_MS 50      /* the witnesses are asked so often at most */
#define HF_LEDGER_ROUND_MS 2000        /* a checkpoint waits so long for slow witnesses before the next one is signed */
#define HF_LEDGER_HEADS_MS (60 * 1000) /* anti-entropy */
#define HF_LEDGER_DOUBT_MS (10 * 60 * 1000) /* two checkpoints must be shown to agree by then */
#define HF_LEDGER_BACKOFF_MS 500            /* first pause after a failed call; doubles */
#define HF_LEDGER_BACKOFF_MAX_MS (60 * 1000)
#define HF_LEDGER_CALL_MS 10000
#define HF_LEDGER_BATCH_BYTES (440u << 10) /* of entries or openings in one message */
#define HF_LEDGER_BATCH_ENTRIES 4096u
#define HF_LEDGER_BATCH_OPENINGS 512u
#define HF_LEDGER_WAITING_MAX 65536u /* openings of one ledger kept before their entries arrive */

/* How the ledger reaches others: struct hf_peers in a node, anything in a test. */
struct hf_ledger_net {
	const struct hf_space *(*space)(void *ctx);
	void (*call)(void *ctx, const char *peer, enum hf_msg type, const void *body, size_t len, hf_reply_fn fn,
	             void *fn_ctx);
	void *ctx;
};
void hf_ledger_start_net(struct hf_ledger *l, const struct hf_ledger_net *net);
/* A peer became reachable. */
void hf_ledger_peer_up(struct hf_ledger *l, const char *peer);
/* A peer spoke: calls to it that wait out a long pause are tried again soon. */
void hf_ledger_heard(struct hf_ledger *l, const char *peer);
/* One request of a peer; answer is called exactly once, now or later. body is read before the call returns. */
struct hf_answer {
	void (*fn)(void *ctx, enum hf_err e, const char *text, const void *body, size_t len);
	void *ctx;
};
void hf_ledger_handle(struct hf_ledger *l, const char *peer, uint32_t type, struct hf_bytes body,
                      struct hf_answer answer);
void hf_answer(const struct hf_answer *a, enum hf_err e, const char *text);
void hf_ledger_answer(const struct hf_answer *a, const ProtobufCMessage *m);

/* One duty towards one peer: at most one call at a time, pauses that grow while it fails. */
struct hf_lane {
	bool busy;
	int64_t next_ms, backoff_ms; /* monotonic */
};
enum hf_lane_use {
	HF_LANE_WITNESS,
	HF_LANE_MIRROR,
	HF_LANE_OPENINGS,
	HF_LANE_HEADS,
	HF_LANE_EVIDENCE,
	HF_LANE_CONSISTENCY,
	HF_LANE_SEEN,
	HF_LANE_RECOVER,
	HF_LANE_COUNT,
};

struct hf_told; /* heads.c: which checkpoints this peer was told of */
struct hf_lpeer {
	char node[HF_NAME_MAX + 1];
	struct hf_lane lane[HF_LANE_COUNT];
	/* As our witness. */
	uint64_t witness_size;  /* what it has recorded of our ledger, as far as we know */
	uint64_t cosigned_size; /* newest checkpoint it cosigned */
	bool gate_answered;     /* told us at start what it had seen */
	int64_t says_ms;        /* the time in the newest cosignature of this run; 0: none */
	uint64_t says_size;     /* of the checkpoint that it is over */
	/* As our mirror. */
	bool mirror_known; /* mirror_next is its own word */
	uint64_t mirror_next, mirror_size, mirror_witnessed;
	struct hf_pushing pushing;
	struct hf_holding holding;
	bool complained;  /* an alarm about it was raised; not again before it works */
	int64_t heads_ms; /* next exchange of heads, monotonic */
	struct hf_told *told;
	unsigned weighed; /* heads it sent whose signatures were checked since weighed_ms, monotonic */
	int64_t weighed_ms;
	bool evidence_told;      /* it has every piece of evidence that is on record here */
	unsigned evidence_taken; /* pieces of its that were verified since evidence_ms, monotonic */
	int64_t evidence_ms;
	int64_t alarm_ms;  /* no further alarm about what it sends before then, monotonic */
	bool follow;       /* erasures of its ledger wait to be followed */
	int64_t follow_ms; /* not before then, monotonic */
	/* settle.c: what it has recorded as a witness. */
	bool seen_all;
	char seen_after[HF_ORIGIN_MAX + 1];
};

/* The newest signature. It lives in memory only: whoever loses it may sign the same size and root again. */
struct hf_signed {
	uint64_t size; /* 0: none yet */
	struct hf_hash root;
	const struct hf_sign_key *key; /* NULL: unknown, from before the restart */
	struct hf_buf text;            /* what is signed */
	struct hf_buf note;            /* text, log line */
};
/* The checkpoint that is being cosigned: one of those signed. */
struct hf_round {
	uint64_t size; /* 0: none yet */
	struct hf_hash root;
	const struct hf_sign_key *key; /* as in hf_signed */
	struct hf_buf text;            /* what is signed */
	struct hf_buf note;            /* text, log line, cosignatures so far */
	unsigned cosignatures;
	int64_t begun_ms; /* monotonic */
};
struct hf_witnessed {
	uint64_t size;
	struct hf_buf note;
	unsigned cosignatures;
};

/* Why this log does not go on by itself; with each of them it is read-only: what people do here is still recorded, but
 * nothing is signed or sent. */
#define HF_SET_BACK_MARK "ledger/set-back" /* key in HF_TABLE_META while it is so */
enum hf_setback {
	HF_SETBACK_NONE = 0,
	HF_SETBACK_KEY,     /* its key has signed two histories, as others prove: it goes on with another one */
	HF_SETBACK_BEHIND,  /* entries are lost: recover.c fetches them */
	HF_SETBACK_PROMISE, /* it is not known what was signed */
	HF_SETBACK_FORK,    /* it signed another history than the peers hold */
};

struct hf_waiter;
struct hf_doubt;
struct hf_recovery; /* recover.c */
struct hf_ledger {
	const struct hf_base *base;
	struct hf_store *store;
	const struct hf_node_keys *keys;
	char space_id[HF_ORIGIN_MAX + 1];
	struct hf_place own;
	struct hf_opening_keys opening_keys;
	struct hf_sequence *sequence;
	struct hf_last_signed *last_signed;
	struct hf_rows rows; /* loop thread */
	struct hf_ledger_quota quota;

	struct hf_ledger_net net;
	struct hf_peers *peers;
	atomic_bool closing; /* workers look at it too */
	bool started, gate_open;
	char halted[256]; /* why nothing is signed or recorded any more; "" while all is well */
	enum hf_setback setback;
	struct hf_promise ahead; /* the largest checkpoint of this log that peers hold and the store does not */
	struct hf_recovery *recovery;
	bool announcing;        /* a key change is on its way to the store */
	bool settled, settling; /* as a witness: knows what it has cosigned before */

	uv_async_t wake;
	uv_timer_t timer;
	unsigned handles; /* open ones */
	unsigned refs;    /* handles and worker jobs that keep the struct */
	int64_t due_ms;   /* monotonic; when pump() wants to run next */
	uv_mutex_t jobs_mutex;
	uv_cond_t jobs_idle;
	unsigned jobs; /* in a worker; guarded by jobs_mutex */

	bool signing;
	int64_t sign_next_ms, sign_begun_ms;
	struct hf_signed newest;
	struct hf_merkle_range checked; /* over stored bytes, up to the newest signature */
	struct hf_promise promise;
	struct hf_round round;
	struct hf_witnessed witnessed;

	struct hf_lpeer **peer;
	size_t peer_count;
	size_t follow_turn; /* of the peers, whose erasures are followed next */
	struct hf_waiter *waiters;
	struct hf_doubt *doubts;
	int64_t watch_ms; /* monotonic; when the logs to watch are looked up again */
	int64_t newest_ms;
	void (*on_passed)(void *ctx, struct hf_unit *unit, int64_t passed_ms);
	void *on_passed_ctx;
	char slots_lost[200]; /* what of the files of slots is known to be lost; "" */
};

/* slots_check.c */
#define HF_SLOTS_TAKEN_KEY "ledger/slots-copies" /* HF_TABLE_META: how many, 8 bytes */
enum hf_err hf_slots_check(struct hf_ledger *l, struct hf_fault *f) HF_MUST_CHECK; /* at open */
void hf_slots_tell(struct hf_ledger *l); /* with a sequencer: puts on record what was lost and accepted */

/* ledger.c */
void hf_ledger_wake(struct hf_ledger *l);                    /* any thread: pump() runs soon */
void hf_ledger_due(struct hf_ledger *l, int64_t at_mono_ms); /* from pump(): run again then */
int64_t hf_ledger_mono(const struct hf_ledger *l);
const struct hf_space *hf_ledger_space(const struct hf_ledger *l); /* NULL before start */
/* Stops all signing and recording; alarm; reason names the thing and the way out. */
void hf_ledger_halt(struct hf_ledger *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Read-only until it is recovered; alarm. at (may be NULL): what a peer holds. A graver setback replaces a lesser one.
 */
void hf_ledger_set_back(struct hf_ledger *l, enum hf_setback kind, const struct hf_promise *at, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
enum hf_err hf_ledger_stored_size(struct hf_ledger *l, uint64_t *ret_size) HF_MUST_CHECK;
/* A worker job: work may run while the loop goes on, after runs on the loop, also when the ledger is closing (look at
 * l->closing). */
struct hf_job {
	uv_work_t req;
	struct hf_ledger *ledger;
	void (*work)(struct hf_job *job);
	void (*after)(struct hf_job *job);
};
void hf_ledger_job(struct hf_ledger *l, struct hf_job *job);

/* lanes.c */
struct hf_lpeer *hf_ledger_peer(struct hf_ledger *l, const char *node); /* made when new */
void hf_ledger_peers_free(struct hf_ledger *l);
/* At most one alarm a minute about what one peer sends, so that it cannot fill this ledger. */
bool hf_ledger_may_alarm(struct hf_ledger *l, const char *node);
/* True when a call may be made now; else, when it is only a matter of time, pump() is told. */
bool hf_lane_ready(struct hf_ledger *l, struct hf_lane *lane);
void hf_lane_ok(struct hf_lane *lane);
void hf_lane_failed(struct hf_ledger *l, struct hf_lane *lane);
/* Sends a message on the lane of p; fn gets p and the reply after the lane is free again (failed lanes pause by
 * themselves for errors of the transport). */
typedef void (*hf_lane_reply_fn)(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx);
void hf_lane_call(struct hf_ledger *l, struct hf_lpeer *p, enum hf_lane_use use, enum hf_msg type,
                  const ProtobufCMessage *m, hf_lane_reply_fn fn, void *ctx);
/* A member in good standing that is not this node. */
bool hf_ledger_reachable_member(const struct hf_ledger *l, const char *node);
bool hf_ledger_is_our_witness(const struct hf_ledger *l, const char *node);
bool hf_ledger_is_our_mirror(const struct hf_ledger *l, const char *node);
/* fn for each member that is to store this ledger. */
void hf_ledger_each_mirror(struct hf_ledger *l, void (*fn)(struct hf_ledger *l, struct hf_lpeer *p));

/* sign.c */
void hf_sign_pump(struct hf_ledger *l);
void hf_round_add_cosignature(struct hf_ledger *l, struct hf_lpeer *p, uint64_t size, struct hf_bytes line);
/* The checkpoints on record, after start: who has cosigned them is known only with the space. */
void hf_round_restore(struct hf_ledger *l);
void hf_round_done(struct hf_round *r);
void hf_signed_done(struct hf_signed *s);

/* passed.c: the time that the quorum's cosignatures of this ledger's newest witnessed checkpoint state; 0: none. It
 * outlives a restart. */
int64_t hf_ledger_witnessed_ms(const struct hf_ledger *l);
/* A cosignature over text came. */
void hf_passed_note(struct hf_ledger *l, struct hf_lpeer *p, struct hf_unit *u, struct hf_bytes line);

/* to_witness.c, to_mirror.c, to_party.c: from pump(). */
void hf_to_witness_pump(struct hf_ledger *l);
bool hf_to_witness_settled(struct hf_ledger *l); /* nobody is still expected to cosign the round */
void hf_to_mirror_pump(struct hf_ledger *l);
uint64_t hf_to_mirror_size(const struct hf_ledger *l);
void hf_to_party_pump(struct hf_ledger *l);

/* heads.c */
void hf_heads_pump(struct hf_ledger *l);
bool hf_gate_open(struct hf_ledger *l);
void hf_told_free(struct hf_told *t);
void hf_heads_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer);

/* witness.c, mirror.c, openings.c: requests. */
void hf_witness_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer);
void hf_mirror_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer);
void hf_openings_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body,
                            const struct hf_answer *answer);
/* When an opening about a catalog entry was first taken, by this node's clock; 0: not known. */
int64_t hf_openings_taken_ms(struct hf_ledger *l, const Hufu__EntryOpening *o);
/* Deletes what is kept of an opening of another log's entry, with its place in the index of transactions. */
void hf_openings_drop(struct hf_ledger *l, struct hf_unit *unit, const struct hf_place *place, uint64_t index);

/* Rows of other logs; both free with hf_decoded_free. NULL when there is none. */
Hufu__WitnessRow *hf_witness_row(struct hf_ledger *l, const char *origin);
Hufu__MirrorRow *hf_mirror_row(struct hf_ledger *l, const char *origin);
void hf_witness_row_put(struct hf_unit *u, const char *origin, const Hufu__WitnessRow *row);
void hf_mirror_row_put(struct hf_unit *u, const char *origin, const Hufu__MirrorRow *row);
/* True when origin is the ledger of peer, a member in good standing; answers the refusal otherwise. */
bool hf_ledger_owns(struct hf_ledger *l, const char *peer, const char *origin, const struct hf_answer *answer);

/* erase.c: what is approved and not done is done; what mirrored ledgers have announced is followed. */
#define HF_ERASE_ENTRIES_MAX 1000u /* of one erasure */
void hf_erase_resume(struct hf_ledger *l);
bool hf_erase_held(struct hf_ledger *l, const struct hf_id *txn); /* under a legal hold here */
/* erase_follow.c: the erasures in that mirrored ledger, as far as it is witnessed, that were not looked at yet; one
 * batch of them now, the others from pump(), one batch a turn. */
void hf_erase_follow(struct hf_ledger *l, const char *origin);
void hf_erase_pump(struct hf_ledger *l);

/* evidence.c. The key of that log's evidence is its current one: nothing of it is cosigned or stored any further. */
bool hf_frozen(struct hf_ledger *l, const char *origin);
/* Verifies; when it is new, puts row, freeze and public entry into the unit, raises the alarm, and pump() tells
 * everybody. from: who sent it. Errors: hf_equivocation_check. */
enum hf_err hf_evidence_take(struct hf_ledger *l, struct hf_unit *unit, const Hufu__LedgerEvidence *e,
                             const char *from) HF_MUST_CHECK;
/* The root that the second, larger tree has at the size of the first, and the path between. */
struct hf_shown {
	struct hf_hash root;
	struct hf_merkle_path path;
};
/* Of two signed notes; shown is NULL when their sizes are equal. */
enum hf_err hf_evidence_pair(struct hf_ledger *l, struct hf_unit *unit, const char *origin, struct hf_bytes first,
                             struct hf_bytes second, const struct hf_shown *shown) HF_MUST_CHECK;
/* Adds text and the log's own line of a note to out: what anyone can verify with the log's key alone. */
struct hf_bytes hf_evidence_part(struct hf_bytes note, const char *origin, struct hf_buf *out);
/* True when c is not a state of the copy that is held here; ret_shown then leads to the copy's newest checkpoint. */
bool hf_mirror_contradicts(struct hf_ledger *l, const char *origin, const Hufu__MirrorRow *m,
                           const struct hf_checkpoint *c, struct hf_shown *ret_shown);
/* Read-only when there is evidence against this node's own log key. */
void hf_evidence_check_own(struct hf_ledger *l);
/* Over all that is on record; false: nothing. */
bool hf_evidence_digest(struct hf_ledger *l, struct hf_hash *ret_digest);
/* The peer's word for the same: when the two differ, it is told everything again. */
void hf_evidence_compare(struct hf_ledger *l, struct hf_lpeer *p, struct hf_bytes theirs);
void hf_evidence_pump(struct hf_ledger *l);
void hf_evidence_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body,
                            const struct hf_answer *answer);

/* doubt.c: that somebody has this signed note of node's log on record. `which`: the first or the second that `from`
 * named in one message, of its own what it cosigned and what it mirrors; each takes the place of the one before. */
#define HF_HEAD_COSIGNED 0u
#define HF_HEAD_MIRRORED 1u
void hf_doubt(struct hf_ledger *l, const char *node, const char *from, unsigned which, struct hf_bytes head);
void hf_doubts_pump(struct hf_ledger *l);
void hf_doubts_free(struct hf_ledger *l);
void hf_consistency_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body,
                               const struct hf_answer *answer);

/* Holds a signed checkpoint of another log against what is on record here. True: that is proof of two histories, and
 * the unit that freezes the rows is on its way. */
bool hf_heads_contradict(struct hf_ledger *l, const char *origin, const struct hf_checkpoint *c, struct hf_bytes note);
/* A checkpoint of this node's own log, as p holds it; false when it could not be compared now. */
bool hf_heads_check_own(struct hf_ledger *l, struct hf_lpeer *p, const Hufu__LedgerHead *h);

/* settle.c: a witness asks the others before it cosigns. */
void hf_settle_pump(struct hf_ledger *l);
void hf_settle_load(struct hf_ledger *l);
void hf_settle_undo(struct hf_ledger *l); /* its rows are older than what it did */
/* The row's own checkpoint with more cosignatures: others may need them. */
void hf_settle_improve(struct hf_ledger *l, const char *origin, const struct hf_worth *w, struct hf_bytes note);
void hf_seen_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer);

/* recover.c, recover_serve.c, recover_tail.c */
void hf_recovery_free(struct hf_recovery *r);
void hf_fetch_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer);
/* Takes entries [from, to) of this log out of the store; they are kept aside, sealed, until hf_tail_bring_back. */
enum hf_err hf_tail_displace(struct hf_ledger *l, struct hf_unit *u, uint64_t from, uint64_t to) HF_MUST_CHECK;
/* Drafts of all that was kept aside; returns how many. */
size_t hf_tail_bring_back(struct hf_ledger *l, struct hf_unit *u);

/* key_change.c */
/* The key that the descriptor names now, of the two that the node may have. */
const struct hf_sign_key *hf_ledger_key(const struct hf_ledger *l, enum hf_key_use use);
void hf_key_change_pump(struct hf_ledger *l);
/* The entries may be gone: what is still next is announced again. */
void hf_key_change_forget(struct hf_ledger *l, struct hf_unit *u);

/* waiters.c */
void hf_waiters_pump(struct hf_ledger *l);
void hf_waiters_free(struct hf_ledger *l);

static inline struct hf_bytes hf_bytes_of(const ProtobufCBinaryData *b)
{
	return (struct hf_bytes){b->data, b->len};
}
static inline ProtobufCBinaryData hf_binary(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)data};
}
static inline bool hf_root_is(const ProtobufCBinaryData *b, const struct hf_hash *h)
{
	return b->len == sizeof(h->b) && hf_equal_ct(b->data, h->b, sizeof(h->b));
}

#endif
