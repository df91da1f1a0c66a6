/*
 * key_change.h - the public entry by which a log names the key that follows another one. Pure.
 *
 * What is signed: HF_DOMAIN_KEY_CHANGE NUL origin NUL use NUL old key in hex NUL new key in hex, by the old key, or,
 * when that is lost or in wrong hands, by the recovery key of the log's first entry; then the entry counts only under a
 * checkpoint with a quorum of cosignatures. From when on the new key counts is said by the space descriptor.
 */
#ifndef HUFU_EVIDENCE_KEY_CHANGE_H
#define HUFU_EVIDENCE_KEY_CHANGE_H

#include "base/audit.h"
#include "entry.pb-c.h"
#include "evidence/space.h"

struct hf_key_change {
	enum hf_key_use use;
	uint8_t old_key[32], new_key[32];
	bool by_recovery;
};
/* Fills the draft of HF_EVENT_KEY_CHANGE. False when it cannot be signed. */
bool hf_key_change_draft(struct hf_draft *d, const char *origin, const struct hf_key_change *c,
                         const struct hf_sign_key *signer);
/* Reads and verifies such an entry's opening. recovery: the key of the log's first entry. FORMAT, SIGNATURE. */
enum hf_err hf_key_change_open(const Hufu__EntryOpening *o, const char *origin, const struct hf_sign_pub *recovery,
                               struct hf_key_change *ret_change) HF_MUST_CHECK;
/* The recovery key that a log's first entry names; false when it names none. */
bool hf_key_recovery_of(const Hufu__EntryOpening *genesis, struct hf_sign_pub *ret_pub);

#endif
