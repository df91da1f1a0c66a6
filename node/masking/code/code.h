/*
 * code.h - detectors of the user in code: shared libraries (method.h), each in a process of its own that can reach
 * nothing of the node (tools/hufu-code). What such code does wrong is an error that names it.
 *
 * A library is taken by the SHA-256 of what was reviewed, from the very bytes that were hashed; it says its record and
 * is tried on its examples before anything uses it. Taking waits for a process, so it is done at the start of a
 * program; runs begin theirs with the first values, on a worker.
 */
#ifndef HUFU_MASKING_CODE_CODE_H
#define HUFU_MASKING_CODE_CODE_H

#include "base/buf.h"
#include "base/err.h"
#include "masking/code/page.h"

#define HF_CODES_MAX 64u
#define HF_CODE_LIBRARY ((size_t)16 << 20) /* bytes of one */

struct hf_code; /* taken; does not change, any thread */
const struct hf_code_record *hf_code_record(const struct hf_code *c);

struct hf_codes;
/* program: runs the code; NULL: "hufu-code" beside this program. Copied. */
struct hf_codes *hf_codes_new(const char *program);
/* After all runs. */
void hf_codes_free(struct hf_codes *all);
/* Once for each digest. What is refused stays known, with why. */
enum hf_err hf_codes_add(struct hf_codes *all, const char *path, const char *sha256, struct hf_fault *f) HF_MUST_CHECK;
/* UNKNOWN: none of that digest; else why it was refused. */
enum hf_err hf_codes_find(const struct hf_codes *all, const char *sha256, const struct hf_code **ret_code,
                          struct hf_fault *f) HF_MUST_CHECK;

/* One process; one thread at a time. */
struct hf_code_run;
struct hf_code_run *hf_code_run_new(const struct hf_code *c, const char *id);
void hf_code_run_free(struct hf_code_run *r);
/* Counts one more in *count if the value is such, at the latest after settle; of longer values the beginning counts. */
void hf_code_run_see(struct hf_code_run *r, uint32_t *count, const uint8_t *value, size_t len);
/* What was seen and not asked yet is not: counts that it would have gone to may end. Waits for nothing. */
void hf_code_run_drop(struct hf_code_run *r);
/* All values that were seen are counted. SCANNER: the code failed, now or before; counts are not to be used. */
enum hf_err hf_code_run_settle(struct hf_code_run *r, struct hf_fault *f) HF_MUST_CHECK;

#endif
