/*
 * equivocation.h - proof that one log signed two histories, which anyone can check with the space's descriptors alone.
 *
 * Two checkpoints, each signed by the same log key: of one size with two roots; or of two sizes, with the root that the
 * larger tree has at the smaller size and the consistency path that shows it (RFC 9162 2.1.4.2) - another root than the
 * smaller checkpoint states. Two checkpoints of different sizes without that path prove nothing: the log may only have
 * been slow to answer.
 */
#ifndef HUFU_EVIDENCE_EQUIVOCATION_H
#define HUFU_EVIDENCE_EQUIVOCATION_H

#include "crypto/note.h"
#include "evidence/space.h"
#include "ledger.pb-c.h"

#define HF_EVIDENCE_MAX ((size_t)17 << 20)

struct hf_equivocation {
	struct hf_name node; /* whose log it is */
	struct hf_checkpoint first, second;
	struct hf_hash shown; /* root of the second tree at the size of the first; equal sizes: the second's root */
	struct hf_sign_pub key;
	int64_t revoked_ms; /* from when the key counts as revoked; INT64_MAX when it is not */
	struct hf_space_mark descriptor;
};
/* HF_OK only for a proof. The key may be any that a descriptor of the chain ever certified for that log. Errors:
 * FORMAT, WRONG_SPACE, STRANGER, SIGNATURE; STATE when both are signed and nothing contradicts. */
enum hf_err hf_equivocation_check(const struct hf_space *s, const Hufu__LedgerEvidence *e,
                                  struct hf_equivocation *ret_found, struct hf_fault *f) HF_MUST_CHECK;
/* The checks of one file as `hufu ledger evidence -o FILE` writes it: canonical encoding, descriptor chain to the root
 * key, and the proof. */
enum hf_err hf_equivocation_verify(const struct hf_trust *trust, const void *data, size_t len,
                                   struct hf_equivocation *ret_found, struct hf_fault *f) HF_MUST_CHECK;
/* Writes such a file. */
enum hf_err hf_equivocation_file(const struct hf_space *s, const Hufu__LedgerEvidence *e,
                                 struct hf_buf *out) HF_MUST_CHECK;

#endif
