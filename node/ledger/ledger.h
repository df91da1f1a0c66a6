/*
 * ledger.h - this node's log, and its duties as witness and mirror for others; long because all duties are asked for
 * here.
 *
 * Drafts become entries in the committer (the store's sequencer). Checkpoints are signed after the commit, from the
 * stored bytes, pushed to the witnesses and mirrors, and collect cosignatures. Openings go to the parties of a
 * transaction. design: docs/architecture.md and docs/ledger.md. The code's own map stands in internal.h.
 */
#ifndef HUFU_LEDGER_LEDGER_H
#define HUFU_LEDGER_LEDGER_H

#include "evidence/entry.h"
#include "evidence/node_keys.h"
#include "ledger.pb-c.h"
#include "peers/peers.h"

struct hf_ledger;

/* Installs the sequencer in the store, writes the first entry when the log is empty. Before any other unit is
 * submitted. Refuses (HF_E_STATE) when the store does not hold what was signed before, or its newest entries do not fit
 * their hashes. */
enum hf_err hf_ledger_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                           const char *space_id, struct hf_ledger **ret_ledger, struct hf_fault *f) HF_MUST_CHECK;
/* Peers exist only later: starts signing and replication. Nothing is signed before a quorum of the witnesses has told
 * what it has seen of this ledger. */
void hf_ledger_start(struct hf_ledger *l, struct hf_peers *peers);
/* Before hf_peers_close: from now on nothing is asked of a peer, whatever is still committed. */
void hf_ledger_stop(struct hf_ledger *l);
/* After hf_peers_close and hf_store_close: the committer sequences through the ledger until then. Waits for its jobs in
 * the worker pool; their callbacks end with HF_E_CANCELLED when the loop runs next. Waiters are dropped without a call.
 */
void hf_ledger_close(struct hf_ledger *l);
/* Exact time of the newest entry at open, 0 for a new ledger: what the clock must not go back before (AZ-31). */
int64_t hf_ledger_newest_ms(const struct hf_ledger *l);

/* Requests of peers: HF_MSG_CHECKPOINT_ADD, MIRROR_ADD, OPENINGS_PUSH, LEDGER_HEADS, LEDGER_EVIDENCE, CONSISTENCY_GET.
 */
void hf_ledger_on_request(struct hf_ledger *l, struct hf_request *take);
/* From now on this node's ledger is mirrored by (and openings go to) that party too: an agreement was made with it. The
 * parties of any draft are taken in by themselves. */
void hf_ledger_add_mirror(struct hf_ledger *l, struct hf_unit *unit, const char *node);

/* How much of others' ledgers this node stores at most; 0: the default. Acts on the next push. */
#define HF_LEDGER_QUOTA_BYTES ((uint64_t)4 << 30)
#define HF_LEDGER_QUOTA_TOTAL_BYTES ((uint64_t)32 << 30)
struct hf_ledger_quota {
	uint64_t ledger_bytes, total_bytes;
};
void hf_ledger_set_quota(struct hf_ledger *l, const struct hf_ledger_quota *q);
/* One peer as owner of a ledger that is stored here, and as mirror of this one. */
struct hf_mirror_view {
	char node[HF_NAME_MAX + 1];
	uint64_t held_bytes;  /* of its ledger */
	enum hf_err refusing; /* why its ledger is not taken any further; HF_OK */
	enum hf_err refused;  /* why it takes no more of this ledger; HF_OK */
	bool named;           /* the descriptor names it as mirror of this ledger */
	char text[320];       /* its sentence */
};
/* False: nothing is known of it. */
bool hf_ledger_mirror(const struct hf_ledger *l, const char *node, struct hf_mirror_view *ret_view);
size_t hf_ledger_mirrors(const struct hf_ledger *l, struct hf_mirror_view *out, size_t cap);
void hf_ledger_held(const struct hf_ledger *l, uint64_t *ret_bytes, struct hf_ledger_quota *ret_quota);

struct hf_ledger_state {
	uint64_t durable, signed_size, witnessed_size;
	uint64_t mirrored_size; /* held and cosigned by at least one mirror */
	struct hf_hash root;    /* of signed_size */
	unsigned quorum, witnesses;
	bool read_only;     /* halted, but what people do is recorded */
	bool set_back;      /* entries are missing or in doubt; `hufu ledger recover` brings them back */
	uint64_t ahead;     /* size of the checkpoint that peers hold and the store does not; 0: none */
	const char *halted; /* why nothing is recorded or signed any more, "" while all is well; valid while the ledger
	                       is open */
};
void hf_ledger_state(struct hf_ledger *l, struct hf_ledger_state *ret_state);
/* False: since this node started, too few witnesses have told what they have seen of its ledger. Until then it may be
 * an old copy of itself, signs nothing, and must begin no exchange. */
bool hf_ledger_is_confirmed(const struct hf_ledger *l);
/* SB-55: what is known here of another node's ledger. */
struct hf_ledger_seen {
	uint64_t size;      /* of the newest checkpoint that was seen */
	uint64_t held;      /* entries that are mirrored here */
	uint64_t witnessed; /* of those */
	bool frozen;        /* two histories of it were shown */
	bool witness;       /* that node is a witness of this ledger */
	uint64_t cosigned;  /* the newest size of this ledger that it cosigned since this node started */
};
void hf_ledger_seen(struct hf_ledger *l, const char *node, struct hf_ledger_seen *ret_seen);
/* Calls fn once when the entry is witnessed by the quorum, or after the limit with HF_E_TIMEOUT; never from inside the
 * call. */
void hf_ledger_wait_witnessed(struct hf_ledger *l, uint64_t index, int64_t limit_ms,
                              void (*fn)(void *ctx, enum hf_err e), void *ctx);

/* How firm the record of something is; each state includes those before it. A policy names one by a duty,
 * "record-witnessed" or "record-mirrored": nothing is done under a grant, and no transfer begins, before the entries
 * that this node made of it are in that state. */
enum hf_entry_state {
	HF_ENTRY_INVALID = 0,
	HF_ENTRY_DURABLE,
	HF_ENTRY_WITNESSED, /* under a checkpoint with the witnesses' quorum */
	HF_ENTRY_MIRRORED,  /* and durable at a mirror */
};
enum hf_entry_state hf_entry_state_of_duty(const char *duty); /* INVALID when the duty is another one */
const char *hf_entry_state_duty(const char *word);            /* of "witnessed", "mirrored"; else NULL */
const char *hf_entry_state_word(enum hf_entry_state state);
bool hf_ledger_entry_is(struct hf_ledger *l, uint64_t index, enum hf_entry_state state);
/* Index of the newest own entry of a transaction; UNKNOWN when there is none. */
enum hf_err hf_ledger_txn_newest(struct hf_ledger *l, const struct hf_id *txn, uint64_t *ret_index) HF_MUST_CHECK;

/* Reading. Rows are opened from this node's own openings and those received from others. */
struct hf_ledger_row {
	const char *origin; /* node id of the ledger's owner */
	uint64_t index;
	int64_t time_ms; /* exact when opened, else rounded */
	enum hf_event_class event_class;
	const Hufu__EntryOpening *opening; /* NULL when this node cannot open it */
	const char *proof;                 /* "durable", "signed", "witnessed 2/3" */
};
typedef bool (*hf_ledger_row_fn)(void *ctx, const struct hf_ledger_row *row);
/* Own ledger, newest first. */
enum hf_err hf_ledger_tail(struct hf_ledger *l, uint64_t count, hf_ledger_row_fn fn, void *ctx) HF_MUST_CHECK;
/* Every entry of a transaction in all replicas, verified, in order of time; coverage sentences go to note(ctx, text).
 * HF_E_UNKNOWN when no replica here has an entry of it. */
enum hf_err hf_ledger_trace(struct hf_ledger *l, const struct hf_id *txn, hf_ledger_row_fn fn,
                            void (*note)(void *ctx, const char *text), void *ctx) HF_MUST_CHECK;
/* SB-57: what was done with a catalog entry, in all replicas, verified, in order of time, a page at a time; coverage
 * sentences transaction by transaction. HF_E_UNKNOWN when no replica here has an entry about it. ret_next: where the
 * next page begins; its node is "" when there is none. */
#define HF_USES_MAX 1000u
struct hf_use_at {
	int64_t time_ms;
	char node[HF_NAME_MAX + 1]; /* "": from that time on, else behind this entry */
	uint64_t index;
};
struct hf_uses {
	struct hf_id resource;
	struct hf_use_at after; /* zero: from the beginning */
	int64_t until_ms;       /* 0: no end */
	size_t limit;           /* entries of this page, 1 to HF_USES_MAX */
	hf_ledger_row_fn row;
	void (*note)(void *ctx, const char *text);
	void *ctx;
};
enum hf_err hf_ledger_uses(struct hf_ledger *l, const struct hf_uses *u, struct hf_use_at *ret_next) HF_MUST_CHECK;
/* The tally of a transaction: signed by this node; documents from HF_TABLE_ENVELOPE by HF_TABLE_ENVELOPE_TXN of txn and
 * of `also` (the negotiation's transaction; NULL or zero: none). HF_E_STATE when proofs are not yet witnessed. */
enum hf_err hf_ledger_prove(struct hf_ledger *l, const struct hf_id *txn, const struct hf_id *also, struct hf_buf *out,
                            struct hf_fault *f) HF_MUST_CHECK;
/* One entry as a .tlog-proof (evidence/tally.h) under the newest witnessed checkpoint, and the descriptors that belong
 * beside it. Errors: UNKNOWN (ledger or entry not held), STATE (not witnessed yet, or this node cannot open it). */
struct hf_ledger_entry_ask {
	const char *node; /* NULL: this node's ledger */
	uint64_t index;
	const bool *shown; /* by field number, HF_FIELD_LIMIT of them; NULL: all that this node can open */
};
enum hf_err hf_ledger_prove_entry(struct hf_ledger *l, const struct hf_ledger_entry_ask *ask, struct hf_buf *proof,
                                  struct hf_buf *descriptors, struct hf_fault *f) HF_MUST_CHECK;
/* Writes a tlog-tiles folder of this node's ledger (node NULL), or of a mirrored one (node id), in the worker pool, up
 * to the newest witnessed checkpoint. dir: absolute, must not exist; folders above it are made. fn gets HF_E_STATE when
 * nothing is witnessed yet. */
void hf_ledger_export(struct hf_ledger *l, const char *node, const char *dir,
                      void (*fn)(void *ctx, enum hf_err e, uint64_t size), void *ctx);

/* The newest witnessed entry of each ledger held here against its cosignatures. */
struct hf_clock_view {
	char node[HF_NAME_MAX + 1];
	int64_t ahead_ms;  /* the writer's clock before the witnesses' middle one; negative says nothing but its age */
	int64_t spread_ms; /* of the witnesses' clocks among each other, and of how long they took */
};
void hf_ledger_clocks(struct hf_ledger *l, void (*fn)(void *ctx, const struct hf_clock_view *v), void *ctx);

/* What time has passed by the word of a quorum of the witnesses: the latest time that at least so many of them state or
 * exceed in their newest cosignatures of this run over this node's checkpoints (AZ-31). One that lies, in either
 * direction, moves it nowhere. 0: fewer have spoken. over: of checkpoints of at least that size. */
int64_t hf_ledger_passed_ms(struct hf_ledger *l, uint64_t over);
/* Called with each cosignature of a quorum, with the unit that stores it. One callback. */
void hf_ledger_on_passed(struct hf_ledger *l, void (*fn)(void *ctx, struct hf_unit *unit, int64_t passed_ms),
                         void *ctx);
/* Each witness's own word; says_ms 0: none in this run. */
void hf_ledger_said(struct hf_ledger *l, void (*fn)(void *ctx, const char *witness, int64_t says_ms), void *ctx);

/* What is on record of logs that signed two histories. */
struct hf_evidence_view {
	const char *node; /* whose log it is */
	const char *from; /* who found it: this node or the peer that sent it */
	int64_t seen_ms;
	uint64_t first, second; /* sizes of the two checkpoints */
	size_t told;            /* members that confirmed to have it */
	bool frozen;            /* the log still signs with that key */
	const Hufu__LedgerEvidence *evidence;
};
typedef bool (*hf_evidence_fn)(void *ctx, const struct hf_evidence_view *v);
enum hf_err hf_ledger_evidence(struct hf_ledger *l, hf_evidence_fn fn, void *ctx) HF_MUST_CHECK;
/* The file for `hufu-verify evidence`; HF_E_UNKNOWN when there is none about that node. */
enum hf_err hf_ledger_evidence_file(struct hf_ledger *l, const char *node, struct hf_buf *out) HF_MUST_CHECK;
/* Does an entry of this ledger name the node's next key of that use? False also when it has none. */
bool hf_ledger_key_announced(struct hf_ledger *l, enum hf_key_use use);
/* Brings lost entries of this node's ledger back from its mirrors, each page proven to lead to the newest checkpoint
 * that peers hold, and goes on behind them. override: whatever was signed here and is not part of that history is given
 * up; the caller has made sure that two people want it. While it runs nothing is recorded. fn is called once, on the
 * loop, not when the ledger is closed before: HF_OK, or an error with its sentence in c->text. Errors at once: STATE
 * (nothing is lost, or it needs override), BUSY (runs already, or too few witnesses have answered). */
struct hf_ledger_recovered {
	uint64_t size;    /* of the ledger up to the checkpoint that it was recovered to */
	uint64_t entries; /* that were fetched */
	uint64_t opened;  /* of them, those whose private fields came back */
	uint64_t again;   /* entries that were written after the loss and are recorded again */
	bool witnessed;   /* that checkpoint carries a quorum of cosignatures */
	char mirror[HF_NAME_MAX + 1];
	char text[320];
};
enum hf_err hf_ledger_recover(struct hf_ledger *l, bool override,
                              void (*fn)(void *ctx, enum hf_err e, const struct hf_ledger_recovered *c), void *ctx,
                              struct hf_fault *f) HF_MUST_CHECK;

/* The full check in place, in the worker pool: every entry's form, chain, leaf hash and tile, the root against the
 * signed and the witnessed checkpoint. bad: index of the first entry that does not fit when e is not HF_OK and it can
 * be named, else UINT64_MAX. */
struct hf_ledger_check {
	uint64_t size, bad;
	uint64_t off; /* entries whose time does not agree with the cosignatures' (HF_CLOCK_SKEW_MS) */
	char text[320];
};
void hf_ledger_verify(struct hf_ledger *l, const char *node,
                      void (*fn)(void *ctx, enum hf_err e, const struct hf_ledger_check *c), void *ctx);

/* Erasure of the private fields of own entries: one person asks, another approves; then the slots of the entries are
 * overwritten here, and at every party that holds copies as soon as the public entry about it is witnessed there.
 * Refused inside the retention period, by this node's clock or by the witnesses' time, under a legal hold, and for
 * PUBLIC entries. Entry, chain and proofs stay what they are. */
enum hf_erasure_state {
	HF_ERASURE_INVALID = 0,
	HF_ERASURE_ASKED = 1,
	HF_ERASURE_APPROVED = 2, /* on record; the slots are being overwritten */
	HF_ERASURE_DONE = 3,
	HF_ERASURE_WITHDRAWN = 4,
};
struct hf_erase_ask {
	struct hf_id txn; /* all entries of a transaction; zero: `entry` */
	uint64_t entry;
	const char *reason, *account;
};
enum hf_err hf_ledger_erase_ask(struct hf_ledger *l, struct hf_unit *unit, const struct hf_erase_ask *in,
                                struct hf_id *ret_id, struct hf_fault *f) HF_MUST_CHECK;
/* account: of another person than the one who asked; the caller has made sure of the persons. */
enum hf_err hf_ledger_erase_approve(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *id,
                                    const char *account, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_ledger_erase_withdraw(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *id,
                                     struct hf_fault *f) HF_MUST_CHECK;
struct hf_erasure_view {
	struct hf_id id, txn;
	enum hf_erasure_state state;
	uint64_t first, count; /* lowest entry, number of entries */
	const uint64_t *entries;
	const char *reason, *asked_by, *approved_by;
	int64_t asked_ms, approved_ms;
};
typedef bool (*hf_erasure_fn)(void *ctx, const struct hf_erasure_view *v);
enum hf_err hf_ledger_erasures(struct hf_ledger *l, hf_erasure_fn fn, void *ctx) HF_MUST_CHECK;
/* Legal hold: nothing of the transaction is erased here, whoever asks, until it is lifted. */
enum hf_err hf_ledger_hold(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *txn, const char *reason,
                           const char *account) HF_MUST_CHECK;
enum hf_err hf_ledger_hold_lift(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *txn) HF_MUST_CHECK;
typedef bool (*hf_hold_fn)(void *ctx, const struct hf_id *txn, const char *reason, const char *by, int64_t since_ms);
enum hf_err hf_ledger_holds(struct hf_ledger *l, hf_hold_fn fn, void *ctx) HF_MUST_CHECK;

/* Keeps a signed envelope as sent, for proofs: put into the unit under its digest and its transaction. */
void hf_ledger_keep_envelope(struct hf_unit *unit, const struct hf_id *txn, const char *type, const void *envelope,
                             size_t len, struct hf_hash *ret_digest);

#endif
