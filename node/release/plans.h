/*
 * plans.h - masking plans as the node keeps them (JT/T 1480 5.5): the exact text that somebody put, in versions, and
 * who approved it.
 *
 * Three persons stand behind a run: who put the plan, who approved it under the permission mask-policy, and who
 * executes it, its operator; none of them is another (MK-37, MK-60). What was approved is the digest of the text's
 * bytes: a text that is not those bytes any more runs no more. Loop thread.
 */
#ifndef HUFU_RELEASE_PLANS_H
#define HUFU_RELEASE_PLANS_H

#include <jansson.h>

#include "identity/identity.h"
#include "masking/plan.h"
#include "release/states.h"
#include "state_release.pb-c.h"

#define HF_RELEASE_PLAN_TEXT_MAX ((size_t)640 << 10)
#define HF_RELEASE_PLANS_MAX 10000u /* rows, all versions */

struct hf_sources;
struct hf_release;

enum hf_err hf_release_open(const struct hf_base *base, struct hf_store *store, struct hf_identity *identity,
                            struct hf_sources *sources, struct hf_release **ret_release,
                            struct hf_fault *f) HF_MUST_CHECK;
void hf_release_close(struct hf_release *r);

/* Where the inventory (masking/inventory.h) of a source comes from, by its name; a new reference, NULL: there is
 * none. */
void hf_release_set_inventory(struct hf_release *r, json_t *(*fn)(void *ctx, const char *source), void *ctx);

/* The newest approved version of a stored plan, unchanged since; hf_plan_free. Otherwise NO_PLAN with a sentence that
 * names the plan and what is missing. */
enum hf_err hf_release_plan(struct hf_release *r, const char *name, struct hf_plan **ret_plan,
                            struct hf_fault *f) HF_MUST_CHECK;

/* That version, in whatever state it is; 0: the newest. */
enum hf_err hf_release_plan_version(struct hf_release *r, const char *name, uint32_t version, struct hf_plan **ret_plan,
                                    struct hf_fault *f) HF_MUST_CHECK;

/* A plan's text and, NULL or not, the inventory that it is held against; without one, those of the sources that are
 * named as its tables. Checked by hf_plan_read and hf_plan_lint; its version must be above all that were put, its
 * persons accounts that may do what the plan says of them. Puts the row into the unit and fills in the draft. Rows are
 * freed with hf_decoded_free. */
struct hf_plan_in {
	const char *text, *inventory;
	const struct hf_actor *actor;
};
enum hf_err hf_release_plan_put(struct hf_release *r, const struct hf_plan_in *in, struct hf_unit *unit,
                                struct hf_draft *draft, Hufu__MaskPlanRow **ret_row, struct hf_fault *f) HF_MUST_CHECK;

/* First, because a plan's own methods are tried as it is read: a worker does it, within so much processor time for all
 * of them, and fn is called on the loop, where putting the same text takes what was read. One plan at a time: BUSY.
 * When it returns an error, fn is not called. The text is copied. */
#define HF_RELEASE_TRIAL_MS 10000u
typedef void (*hf_release_tried_fn)(void *ctx, enum hf_err e, const struct hf_fault *f);
enum hf_err hf_release_plan_try(struct hf_release *r, const char *text, hf_release_tried_fn fn, void *ctx,
                                struct hf_fault *f) HF_MUST_CHECK;

/* That table of the plan over that source, whatever the plan calls it: people said of each of the source's fields what
 * it holds, and what is sensitive is masked (MK-14, DS-30). UNCLASSIFIED: nobody said; CONFLICT names the field.
 * ret_inventory (may be NULL): the source as the plan's table; a new reference. */
enum hf_err hf_release_fits(struct hf_sources *sources, const char *source, const struct hf_plan *p, const char *table,
                            json_t **ret_inventory, struct hf_fault *f) HF_MUST_CHECK;

/* Fields that people said belong together (source/relations.h) are masked alike by the plan, and by the other approved
 * plans whose results can be joined with its own: CONFLICT names both. That table of it is the source; source NULL:
 * each of its tables is the source of that name. */
enum hf_err hf_release_related(struct hf_release *r, const struct hf_plan *p, const char *source, const char *table,
                               struct hf_fault *f) HF_MUST_CHECK;

/* Version 0: the newest. UNKNOWN with a sentence. */
enum hf_err hf_release_plan_row(struct hf_release *r, const char *name, uint32_t version, Hufu__MaskPlanRow **ret_row,
                                struct hf_fault *f) HF_MUST_CHECK;
struct hf_plan_step {
	const char *name;
	uint32_t version; /* 0: the newest */
	enum hf_mask_plan_event event;
	const char *reason;
	const struct hf_actor *actor;
};
enum hf_err hf_release_plan_step(struct hf_release *r, const struct hf_plan_step *step, struct hf_unit *unit,
                                 struct hf_draft *draft, uint32_t *ret_version, struct hf_fault *f) HF_MUST_CHECK;
/* By name, oldest version first; false stops. */
typedef bool (*hf_release_plan_fn)(void *ctx, const Hufu__MaskPlanRow *row);
enum hf_err hf_release_plans(struct hf_release *r, hf_release_plan_fn fn, void *ctx) HF_MUST_CHECK;

#endif
