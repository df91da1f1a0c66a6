/*
 * ledger_keys.h - the key changes that one ledger records, held against its first entry and the space descriptors.
 * Entries may be taken in any order, also by several threads under a lock of the caller's.
 */
#ifndef HUFU_EVIDENCE_LEDGER_KEYS_H
#define HUFU_EVIDENCE_LEDGER_KEYS_H

#include "evidence/checkpoint.h"

#define HF_KEY_CHANGES_MAX 4096u

struct hf_ledger_key_entry {
	uint64_t index;
	struct hf_buf bytes;
};
struct hf_ledger_keys {
	struct hf_buf first; /* entry 0, when it is public */
	struct hf_ledger_key_entry *changes;
	size_t count;
	size_t unannounced; /* result: keys in use that the descriptors name and no entry does */
};
/* A public entry whose form is good. Keeps a copy when it is the first entry or a key change. LIMIT. */
enum hf_err hf_ledger_keys_take(struct hf_ledger_keys *k, uint64_t index, const void *data, size_t len) HF_MUST_CHECK;
/* After all were taken: each change is signed by the key that it replaces, which the descriptors name, or by the
 * recovery key of the first entry, which they name, too. Names the first bad one. FORMAT, SIGNATURE, CONFLICT. */
enum hf_err hf_ledger_keys_check(struct hf_ledger_keys *k, const struct hf_space *s, const struct hf_checked *c,
                                 uint64_t *ret_bad, struct hf_fault *f) HF_MUST_CHECK;
void hf_ledger_keys_done(struct hf_ledger_keys *k);

#endif
