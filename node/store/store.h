/*
 * store.h - the node's state: one LMDB environment, one committer thread, units of work.
 *
 * A handler on the loop thread reads, decides, and submits one unit: table writes, ledger drafts, mail (which are table
 * writes too). Units are applied in the order of submission, many in one LMDB transaction (group commit); `done` is
 * called on the loop after the commit is durable, and only then may anything be acknowledged or sent. So state, ledger
 * and mail never diverge, whatever instruction the process dies at.
 *
 * Reads on the loop thread see every submitted unit, also those not yet durable (an overlay over LMDB), so that two
 * handlers in a row never decide on the same old state. When a commit fails, all submitted units fail with it, in
 * order, and the overlay is dropped.
 *
 * LMDB types stay in this folder. All calls on the loop thread unless said otherwise.
 */
#ifndef HUFU_STORE_STORE_H
#define HUFU_STORE_STORE_H

#include "base/base.h"
#include "store/tables.h"

#define HF_KEY_MAX 480                  /* bytes of a key */
#define HF_VALUE_MAX ((size_t)16 << 20) /* bytes of a value */

struct hf_store;
struct hf_unit;

/* Opens or creates dir/state (0700); runs migrations; checks stale readers. Refuses a store of a newer schema
 * (HF_E_VERSION) and one that another process holds (HF_E_STATE). base outlives the store. */
enum hf_err hf_store_open(const struct hf_base *base, struct hf_store **ret_store, struct hf_fault *f) HF_MUST_CHECK;
/* The schema version that open found, before migrations; 0 for a new store. */
uint32_t hf_store_schema_found(const struct hf_store *s);
/* Waits for pending units, ends the committer. Callbacks of pending units are called before it returns; units that they
 * submit fail with HF_E_CANCELLED. Not from inside a callback of the store. The loop must run once more to release the
 * memory. */
void hf_store_close(struct hf_store *s);

/* Copies the value into out (replacing its contents). HF_E_UNKNOWN: absent; HF_E_LIMIT: over out's cap. */
enum hf_err hf_store_get(struct hf_store *s, enum hf_table t, const void *key, size_t key_len,
                         struct hf_buf *out) HF_MUST_CHECK;
bool hf_store_has(struct hf_store *s, enum hf_table t, const void *key, size_t key_len);

/* Calls fn for each row whose key starts with prefix, from key `from` on (NULL: the first), in key order. fn returns
 * false to stop. Key and value are valid during the call only; fn must not submit. */
typedef bool (*hf_store_row_fn)(void *ctx, struct hf_bytes key, struct hf_bytes value);
enum hf_err hf_store_scan(struct hf_store *s, enum hf_table t, const void *prefix, size_t prefix_len, const void *from,
                          size_t from_len, hf_store_row_fn fn, void *ctx) HF_MUST_CHECK;
/* The same backwards from the last row with the prefix that is before `before` (NULL: the end). */
enum hf_err hf_store_scan_back(struct hf_store *s, enum hf_table t, const void *prefix, size_t prefix_len,
                               const void *before, size_t before_len, hf_store_row_fn fn, void *ctx) HF_MUST_CHECK;
/* Forward over the rows that are durable and that no submitted unit touches: what may be sent to others, because no
 * crash takes it back. */
enum hf_err hf_store_scan_settled(struct hf_store *s, enum hf_table t, const void *prefix, size_t prefix_len,
                                  const void *from, size_t from_len, hf_store_row_fn fn, void *ctx) HF_MUST_CHECK;
/* Rises whenever reads of that table may see something else than before. */
uint64_t hf_store_changes(const struct hf_store *s, enum hf_table t);
uint64_t hf_store_count(struct hf_store *s, enum hf_table t); /* committed rows */

struct hf_unit *hf_unit_new(void);
void hf_unit_free(struct hf_unit *u); /* only for a unit that was not submitted */
/* Key and value are copied. A later put or del of the same key in the unit wins. A key of 0 or more than HF_KEY_MAX
 * bytes, a value over HF_VALUE_MAX and an unknown table make the unit fail with HF_E_ARGUMENT. */
void hf_unit_put(struct hf_unit *u, enum hf_table t, const void *key, size_t key_len, const void *value,
                 size_t value_len);
void hf_unit_del(struct hf_unit *u, enum hf_table t, const void *key, size_t key_len);
void hf_unit_draft(struct hf_unit *u, struct hf_draft *take);
bool hf_unit_empty(const struct hf_unit *u);
/* Something to do on the loop after the commit (wake a sender, start a transfer); runs in order before done. Not called
 * on failure. free_ctx (may be NULL) is called in any case. */
void hf_unit_after(struct hf_unit *u, void (*fn)(void *ctx), void *ctx, void (*free_ctx)(void *ctx));

struct hf_commit {
	uint64_t first_entry; /* ledger index of the unit's first draft, when it had any */
	size_t entries;
};
typedef void (*hf_unit_done_fn)(void *ctx, enum hf_err e, const struct hf_commit *info);
/* Takes the unit. done (may be NULL) is called exactly once, on the loop, never from inside this call. Errors:
 * HF_E_NO_SPACE, HF_E_STORE, HF_E_BUSY (the file must grow and a snapshot stays open), what the sequencer returned,
 * HF_E_INTERNAL (drafts, but no sequencer). The store stays usable: what is submitted after done was called with an
 * error is tried again. An empty unit is a barrier. */
void hf_store_submit(struct hf_store *s, struct hf_unit *take, hf_unit_done_fn done, void *ctx);

/* The write side of a running batch, for the sequencer only (committer thread). A value got is valid until the next put
 * or del. Append refuses a key that does not rise with HF_E_CONFLICT; del of an absent key is HF_OK. */
struct hf_txn;
enum hf_err hf_txn_get(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len,
                       struct hf_bytes *ret_value) HF_MUST_CHECK;
enum hf_err hf_txn_put(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len, const void *value,
                       size_t value_len) HF_MUST_CHECK;
/* Appends at the end of the table (keys must rise); faster. */
enum hf_err hf_txn_append(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len, const void *value,
                          size_t value_len) HF_MUST_CHECK;
enum hf_err hf_txn_del(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len) HF_MUST_CHECK;

/* Set once before the first submit, by node.c, implemented by the ledger: turns all drafts of a batch into entries
 * inside the batch's transaction. ret_first[i] gets the index of draft i's entry. On failure the whole batch fails.
 * `committed` is called on the committer thread right after the commit (or with ok=false after a failed one), so that
 * in-memory heads move only then. Every call of sequence is followed by exactly one of committed; when the file had to
 * grow, the same drafts are sequenced again. */
struct hf_sequencer {
	enum hf_err (*sequence)(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
	                        uint64_t *ret_index);
	void (*committed)(void *ctx, bool ok);
	void *ctx;
	/* May be NULL. Work on one draft that needs nothing of the batch: called at most once, before sequence and on a
	 * thread of its own, for drafts that wait while a commit runs; for the others not at all. */
	void (*prepare)(void *ctx, struct hf_draft *draft);
};
void hf_store_set_sequencer(struct hf_store *s, const struct hf_sequencer *seq);

/* A consistent read snapshot for another thread (export, backup, proofs); not tied to the loop. Committed rows only.
 * One thread at a time; values live until close. It keeps old pages from being reused and the file from growing: never
 * wait for a commit while one is open. HF_E_BUSY when too many are open. May be closed after the store. */
struct hf_snapshot;
enum hf_err hf_snapshot_open(struct hf_store *s, struct hf_snapshot **ret_snapshot) HF_MUST_CHECK;
enum hf_err hf_snapshot_get(struct hf_snapshot *n, enum hf_table t, const void *key, size_t key_len,
                            struct hf_bytes *ret_value) HF_MUST_CHECK;
enum hf_err hf_snapshot_scan(struct hf_snapshot *n, enum hf_table t, const void *prefix, size_t prefix_len,
                             const void *from, size_t from_len, hf_store_row_fn fn, void *ctx) HF_MUST_CHECK;
/* The whole store as it is now (not older than the snapshot), as a new file that a store can be opened from; durable.
 */
enum hf_err hf_snapshot_copy(struct hf_snapshot *n, const char *path) HF_MUST_CHECK;
void hf_snapshot_close(struct hf_snapshot *n);

#endif
