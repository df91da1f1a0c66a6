/*
 * plan_files.h - what a plan's techniques read from files (tables, trees, dictionaries), kept with the plan: so the
 * plan that was approved is the one that runs, whatever became of the files.
 *
 * A parameter that names a file is bound to the file's content when the plan is read with it: its value becomes
 * NAME#HEX of its SHA-256, so that two plans are alike only when they read the same bytes. Any thread.
 */
#ifndef HUFU_MASKING_PLAN_FILES_H
#define HUFU_MASKING_PLAN_FILES_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "masking/plan.h"

#define HF_PLAN_FILES_MAX 32u

/* Bytes that several hold and nobody changes. */
struct hf_plan_bytes;
struct hf_plan_bytes *hf_plan_bytes_new(const void *data, size_t len);
struct hf_plan_bytes *hf_plan_bytes_share(struct hf_plan_bytes *b);
void hf_plan_bytes_free(struct hf_plan_bytes *b);
bool hf_plan_bytes_shared(const struct hf_plan_bytes *b); /* by more than one */
struct hf_bytes hf_plan_bytes_of(const struct hf_plan_bytes *b);
const struct hf_hash *hf_plan_bytes_digest(const struct hf_plan_bytes *b);

struct hf_plan_file {
	const char *name;
	struct hf_plan_bytes *bytes;
};
/* The names of the files that the techniques of a plan read that is not bound, each once, lent; vaults are none.
 * Returns how many there are, also when that is more than HF_PLAN_FILES_MAX. */
size_t hf_plan_file_names(const struct hf_plan *p, const char *names[HF_PLAN_FILES_MAX]);
/* Reads what a bound plan has, as struct hf_mask_use asks for it; ctx is the plan. HF_E_UNKNOWN: it has no such file.
 */
enum hf_err hf_plan_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);

/* For plan.c: the plan holds what s has; and the name of a file becomes that of its content. False: it is not there. */
void hf_plan_take_files(struct hf_plan *p, struct hf_arena *arena, const struct hf_plan_source *s);
bool hf_plan_bind(const struct hf_plan *p, struct hf_arena *arena, struct hf_arg *arg);

#endif
