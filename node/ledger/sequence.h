/*
 * sequence.h - the committer's half of the ledger: drafts become entries inside the running batch.
 *
 * One thread sequences (the committer); heads move only when the batch is durable. A failed batch drops what is in
 * memory, and the next one starts from the store again. Everything else here may be called from any thread.
 */
#ifndef HUFU_LEDGER_SEQUENCE_H
#define HUFU_LEDGER_SEQUENCE_H

#include "base/clock.h"
#include "base/log.h"
#include "evidence/node_keys.h"
#include "ledger/slots.h"
#include "ledger/tree.h"

struct hf_sequence;

struct hf_sequence_config {
	const char *self;   /* node id */
	const char *origin; /* of this node's ledger */
	struct hf_clock clock;
	const uint8_t *label_key; /* 32 bytes each, copied */
	const uint8_t *opening_key;
	struct hf_slots *slots; /* of this ledger's entries; not taken */
	struct hf_log *log;     /* a line for each durable entry of a transaction; may be NULL */
	/* After every durable batch with entries; committer thread. */
	void (*on_committed)(void *ctx);
	void *ctx;
};
struct hf_sequence *hf_sequence_new(const struct hf_sequence_config *cfg);
void hf_sequence_free(struct hf_sequence *q);
/* Before the first batch: the ledger has size entries in the store. last_ms: the time of the newest; entries never go
 * back before it. */
enum hf_err hf_sequence_load(struct hf_sequence *q, struct hf_rows *rows, uint64_t size, int64_t last_ms) HF_MUST_CHECK;
/* The rows of struct hf_sequencer. */
void hf_sequence_get(struct hf_sequence *q, struct hf_sequencer *ret_sequencer);

/* Entries made elsewhere, for benches: the same tables and the same tree without drafts. txn may be NULL. Committer
 * thread. */
struct hf_raw_entry {
	const void *data;
	size_t len;
	const struct hf_id *txn;
};
enum hf_err hf_sequence_raw(struct hf_sequence *q, struct hf_txn *txn, const struct hf_raw_entry *entries, size_t count,
                            uint64_t *ret_index) HF_MUST_CHECK;

/* Durable entries and their compact range. */
void hf_sequence_head(struct hf_sequence *q, struct hf_merkle_range *ret_range);
uint64_t hf_sequence_size(struct hf_sequence *q);
/* The newest checkpoint known of another node's ledger; entries about that node state it. */
void hf_sequence_saw(struct hf_sequence *q, const char *node, uint64_t size, const struct hf_hash *root);
/* That checkpoint, as "size/root-hex"; cap HF_HEAD_TEXT. */
bool hf_sequence_head_of(struct hf_sequence *q, const char *node, char *out);
/* From now on no entry is made: every unit with drafts fails with HF_E_STATE. */
void hf_sequence_halt(struct hf_sequence *q);
bool hf_sequence_halted(struct hf_sequence *q);
/* While on, drafts of transactions make their batch fail: what people do is recorded, nothing that concerns others. */
void hf_sequence_local(struct hf_sequence *q, bool on);
/* After a halt, when the stored entries were replaced: goes on behind head. Loop thread; nothing may be on its way to
 * the committer that was submitted before the halt. */
void hf_sequence_resume(struct hf_sequence *q, const struct hf_merkle_range *head);

#endif
