/*
 * unmask.h - masked values back to what they were, value by value (MK-67): by the key that made them, or, where a
 * technique keeps them in a vault, by key and vault. Who may ask that, and where it is recorded, is the caller's
 * matter. Pure; one object on one thread at a time.
 */
#ifndef HUFU_MASKING_UNMASK_H
#define HUFU_MASKING_UNMASK_H

#include "masking/apply.h"

#define HF_UNMASK_VALUES_MAX 1000u

struct hf_unmask_setup {
	const struct hf_plan *plan; /* lent, like all of these */
	const struct hf_plan_table *table;
	const char *field;
	const struct hf_mask_key *root, *seed; /* as of hf_apply_setup */
	const struct hf_mask_scope *scope;
	/* Reads vaults, and what else the plan names. */
	enum hf_err (*file)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *file_ctx;
};
struct hf_unmasker;
/* WRONG_FIELDS: the table has no such field. UNSUPPORTED: what masked it cannot be reversed so. */
enum hf_err hf_unmask_open(const struct hf_unmask_setup *s, struct hf_fault *f,
                           struct hf_unmasker **ret_u) HF_MUST_CHECK;
void hf_unmask_close(struct hf_unmasker *u);
/* ret_values: count texts, "" where the value is none that this key gave; hf_unmask_free. */
enum hf_err hf_unmask_values(struct hf_unmasker *u, const char *const *values, size_t count, char ***ret_values,
                             struct hf_fault *f) HF_MUST_CHECK;
void hf_unmask_free(char **values, size_t count); /* wipes them */
/* For the record: plan, field, technique, key id and how many values, never a value. */
void hf_unmask_text(const struct hf_unmasker *u, size_t count, char *out, size_t cap);

#endif
