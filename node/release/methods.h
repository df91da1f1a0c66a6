/*
 * methods.h - files of masking methods of one's own, with their shared libraries, that the node's configuration names
 * by their SHA-256 (MK-35; masking/methods.h): the plans of this node may use them, each by the file's digest.
 *
 * A file is read once, as the node starts, and every method of it is tried then, by a worker: until that is over, plans
 * that name it are refused with BUSY, and no task begins or goes on. A file that is not what was reviewed, or that has
 * a method which does not do what its record says, is not used, and the plans that name it are refused with the reason.
 * What happens to the files later changes nothing before the next start. Loop thread.
 */
#ifndef HUFU_RELEASE_METHODS_H
#define HUFU_RELEASE_METHODS_H

#include "release/plans.h"

#define HF_RELEASE_METHODS_MAX 16
#define HF_RELEASE_METHODS_FILE ((size_t)4 << 20)

/* Once, before any plan is read; the worker takes up to HF_RELEASE_TRIAL_MS of processor time for each file, one after
 * the other. Paths and digests (64 hex digits) are copied. */
struct hf_release_methods_in {
	const char *path, *sha256;
};
void hf_release_set_methods(struct hf_release *r, const struct hf_release_methods_in *files, size_t count);

struct hf_release_methods_view {
	const char *path, *sha256;
	const struct hf_methods *methods; /* NULL: refused, or not tried yet */
	bool tried;
	const char *why; /* it is refused */
};
bool hf_release_trying(const struct hf_release *r); /* some file is not tried yet */
/* False: there is no file i. */
bool hf_release_methods_at(const struct hf_release *r, size_t i, struct hf_release_methods_view *ret_view);

#endif
