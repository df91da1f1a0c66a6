/*
 * verify.h - the commands of hufu-verify: run a check of node/evidence, then say what it proves.
 */
#ifndef HUFU_VERIFY_VERIFY_H
#define HUFU_VERIFY_VERIFY_H

#include "evidence/tally.h"

/* How to print, and on failure the index of the first bad entry (UINT64_MAX: none can be named). */
struct verify_out {
	bool json;
	uint64_t bad;
};
typedef enum hf_err (*verify_fn)(const struct hf_trust *trust, const char *path, struct verify_out *out,
                                 struct hf_fault *f);
struct verify_command {
	const char *name;
	verify_fn run;
};
enum hf_err verify_tally(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f);
enum hf_err verify_ledger(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f);
enum hf_err verify_proof(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f);
enum hf_err verify_backup(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f);
enum hf_err verify_evidence(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f);

/* From a file of one line or the line itself: base64 of 32 bytes, 64 hex digits, or a C2SP verifier key (Ed25519). */
enum hf_err verify_root_key(const char *text, struct hf_sign_pub *ret_root, struct hf_fault *f);
/* "N" or "N:DIGEST": the space descriptor that the evidence must know, into a trust that has its root key already. */
enum hf_err verify_descriptor(const char *text, struct hf_trust *ret_trust, struct hf_fault *f);
/* Says on standard error, or as JSON on standard output, what does not verify. */
void verify_refused(const char *path, const struct verify_out *out, const struct hf_fault *f);

#endif
