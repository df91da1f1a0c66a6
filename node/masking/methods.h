/*
 * methods.h - masking methods of one's own (MK-35), beside the techniques that are built in: a pattern with its
 * replacement, a table, several techniques one behind the other, or a small shared library (method.h).
 *
 * Each has the whole record of a technique (MK-36) and a form of the values that it is for. A plan can use a method
 * only when the method was tried, as the plan is read, on values of that form, and did what its record says; so nobody
 * can forget it, and a method that was changed is tried again; only bytes that were tried before are believed, when the
 * reader says so (plan.h). All see single rows. A library is loaded only from a file of methods that names it and its
 * SHA-256, from the very bytes that were hashed. Any thread once read.
 */
#ifndef HUFU_MASKING_METHODS_H
#define HUFU_MASKING_METHODS_H

#include <jansson.h>

#include "crypto/hash.h"
#include "masking/technique.h"

#define HF_METHODS_MAX 256u
#define HF_METHOD_ROWS 10000u                /* on which a method of a plan is tried */
#define HF_METHOD_LIBRARY ((size_t)16 << 20) /* bytes of one */

struct hf_methods;
struct hf_methods_setup {
	const char *name; /* of the file, for messages */
	const void *text; /* YAML, or JSON, which is some; copied */
	size_t len;
	/* Reads files that steps name, and libraries; NULL: there are none. Lent as long as the methods live. */
	enum hf_err (*file)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *file_ctx;
};
/* methods: ID: {...}. Faults: "NAME:LINE: sentence". */
enum hf_err hf_methods_read(const struct hf_methods_setup *setup, struct hf_methods **ret_m,
                            struct hf_fault *f) HF_MUST_CHECK;
/* One more who holds them, each of whom frees them: plans may outlive whoever read the file. Any thread. */
struct hf_methods *hf_methods_share(struct hf_methods *m);
void hf_methods_free(struct hf_methods *m);
size_t hf_methods_count(const struct hf_methods *m);
const struct hf_technique *hf_methods_at(const struct hf_methods *m, size_t i);
const struct hf_technique *hf_methods_named(const struct hf_methods *m, const char *id); /* NULL: there is none */
const struct hf_hash *hf_methods_digest(const struct hf_methods *m);                     /* of the file */

/* Tries method i on so many values of its form: {"method", "rows", "good", "checks": [{"property", "says", "holds",
 * "seen"}]}. No value is in it. HF_E_QUALITY when it could not be run at all. The caller's. */
enum hf_err hf_methods_try(const struct hf_methods *m, size_t i, uint32_t rows, json_t **ret_report,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Tries all of them, within so much of this thread's processor time together (0: as much as they need). After HF_OK
 * they read no file any more and count as tried, so that any number of threads may read plans with them. HF_E_QUALITY.
 */
enum hf_err hf_methods_hold_all(struct hf_methods *m, uint32_t trial_ms, struct hf_fault *f) HF_MUST_CHECK;

#endif
