/*
 * last_signed.h - what this log has promised: size and root of the newest checkpoint it signed, in a file of its own
 * that is synced before the signature is made. A store that was restored, truncated or swapped is noticed by it before
 * a fork is signed.
 *
 * Both slots hold it, each with its digest; the second is written when the first is durable, so that a torn write
 * leaves the promise before it, and the loss of either slot nothing. One thread at a time.
 */
#ifndef HUFU_LEDGER_LAST_SIGNED_H
#define HUFU_LEDGER_LAST_SIGNED_H

#include "base/err.h"
#include "crypto/hash.h"

struct hf_promise {
	uint64_t size; /* 0: nothing was ever signed */
	struct hf_hash root;
	int64_t time_ms;
};
struct hf_last_signed;

/* Opens or makes dir/ledger/last-signed (0600, folder 0700). HF_E_STATE when the file is there but neither slot is
 * whole, or belongs to another log. */
enum hf_err hf_last_signed_open(const char *dir, const char *origin, struct hf_last_signed **ret_file,
                                struct hf_promise *ret_promise, struct hf_fault *f) HF_MUST_CHECK;
void hf_last_signed_close(struct hf_last_signed *s);
/* False when there is no such file. */
bool hf_last_signed_there(const char *dir);
/* Durable when it returns HF_OK. Refuses a smaller size, and the same size with another root, with HF_E_CONFLICT. */
enum hf_err hf_last_signed_write(struct hf_last_signed *s, const struct hf_promise *p) HF_MUST_CHECK;
/* The same whatever was promised before, in both slots: only where two people have decided so. */
enum hf_err hf_last_signed_replace(struct hf_last_signed *s, const struct hf_promise *p) HF_MUST_CHECK;

#endif
