/*
 * checkpoint.h - a ledger's signed checkpoint with its cosignatures, held strictly against the space descriptor.
 */
#ifndef HUFU_EVIDENCE_CHECKPOINT_H
#define HUFU_EVIDENCE_CHECKPOINT_H

#include "crypto/note.h"
#include "evidence/space.h"

struct hf_checked {
	struct hf_checkpoint checkpoint;
	struct hf_name node;        /* owner of the ledger */
	size_t cosignatures;        /* witnesses that signed; at least the quorum */
	int64_t quorum_ms;          /* when the quorum was reached, by the witnesses' own clocks */
	int64_t middle_ms;          /* the middle one of their clocks: no single witness moves it far */
	struct hf_sign_pub log_key; /* that the log's line was made with */
};
/* Accepted is a note with exactly one line of the log and one line of each of enough witnesses, and nothing else: each
 * line verifies with the key that was valid and not revoked at the time it states, the log's at that of the quorum.
 * Cosignatures state whole seconds: a key that took over within that second counts, too. Errors: FORMAT, SIGNATURE,
 * STRANGER, WRONG_SPACE. */
enum hf_err hf_checkpoint_check(const struct hf_space *s, const char *note, size_t len, struct hf_checked *ret_checked,
                                struct hf_fault *f) HF_MUST_CHECK;
/* The key name of a witness: "SPACE/witness/NODE". */
void hf_space_witness_name(const char *space_id, const char *node, char out[HF_ORIGIN_MAX + 1]);

#endif
