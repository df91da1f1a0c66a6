/*
 * alike.h - how the newest approved version of each plan masks each of its fields, in memory: what a masked request
 * asks must cost the same however many plans there are. It is made anew when plans changed; a version that was read
 * once is not read again. For this folder only; loop thread.
 */
#ifndef HUFU_RELEASE_ALIKE_H
#define HUFU_RELEASE_ALIKE_H

#include "base/mem.h"
#include "masking/plan.h"

struct hf_release;

struct release_alike { /* equal how: masked alike, as hf_plan_masked_alike says */
	const char *field, *table;
	struct hf_hash how;
	const struct release_alike_plan *plan;
};
struct release_alike_plan {
	const char *name;
	uint32_t version;
	enum hf_plan_mode mode;
	struct hf_mask_scope scope;
	bool readable;
	struct release_alike *fields;
	size_t field_count;
	struct hf_arena arena;
};
/* Fields of that name in the newest approved versions of all plans; valid until a plan changes. */
enum hf_err release_alike_of(struct hf_release *r, const char *field, const struct release_alike *const **ret_list,
                             size_t *ret_count) HF_MUST_CHECK;
void release_alike_how(struct hf_release *r, const struct hf_plan *p, const struct hf_plan_field *f,
                       struct hf_hash *ret_how);
/* What the first one to ask would wait for. */
void release_alike_ready(struct hf_release *r);
void release_alike_forget(struct hf_release *r); /* something else than plans changed: they are looked at anew */
void release_alike_free(struct hf_release *r);

#endif
