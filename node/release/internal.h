/* internal.h - what the files of this folder share. */
#ifndef HUFU_RELEASE_INTERNAL_H
#define HUFU_RELEASE_INTERNAL_H

#include "base/mem.h"
#include "proto/codec.h"
#include "release/plans.h"

struct hf_release {
	const struct hf_base *base;
	struct hf_store *store;
	struct hf_identity *identity;
	struct hf_sources *sources;
	json_t *(*inventory)(void *ctx, const char *source);
	void *inventory_ctx;
};

/* plans.c */
struct release_plan { /* an approved plan with its row */
	Hufu__MaskPlanRow *row;
	struct hf_plan *plan;
};
void release_plan_done(struct release_plan *p);
/* version 0: the newest approved one. NO_PLAN. */
enum hf_err release_plan_get(struct hf_release *r, const char *name, uint32_t version, struct release_plan *ret,
                             struct hf_fault *f) HF_MUST_CHECK;

/* plan_check.c */
/* The plan's persons are three accounts that may do what it says of them (MK-38). */
enum hf_err release_check_people(struct hf_release *r, const struct hf_plan *p, struct hf_fault *f) HF_MUST_CHECK;
/* The inventory of the plan's tables: text's, or else the sources'; NULL: there is none. A new reference. */
enum hf_err release_inventory(struct hf_release *r, const struct hf_plan *p, const char *text, json_t **ret_inventory,
                              struct hf_fault *f) HF_MUST_CHECK;
enum hf_err release_lint(const struct hf_plan *p, const json_t *inventory, struct hf_fault *f) HF_MUST_CHECK;
/* Who confirmed it: names joined by ", ". */
void release_confirmed_by(const json_t *inventory, char *out, size_t cap);

#endif
