/*
 * mask_policy.h - what the security administrator sets for masking: which control belongs to each class and level of
 * data (JT/T 1480 6.1 b; MK-54, MK-55), the rule base of the organization's own detectors (MK-63), and the operation
 * rules of workflow and tools (6.1 c; MK-55).
 *
 * Each is a JSON text in versions that are never changed and name who set them. A table of controls names every class
 * and level, so that there is none without a control. Loop thread.
 */
#ifndef HUFU_SOURCE_MASK_POLICY_H
#define HUFU_SOURCE_MASK_POLICY_H

#include "masking/detector.h"
#include "masking/rules.h"
#include "state_source.pb-c.h"
#include "store/store.h"

#define HF_MASK_POLICY_MAX ((size_t)256 << 10)
#define HF_MASK_LEVELS 4u

enum hf_mask_policy_kind { HF_MASK_POLICY_INVALID = 0, HF_MASK_CONTROLS = 1, HF_MASK_RULES = 2, HF_MASK_OPERATION = 3 };

/* PUBLISH: may be offered to everybody. APPROVE: only by agreement, under a condition (MK-58). MASK: only under a
 * masking plan. NEVER: not at all. */
enum hf_control { HF_CONTROL_INVALID = 0, HF_CONTROL_PUBLISH, HF_CONTROL_APPROVE, HF_CONTROL_MASK, HF_CONTROL_NEVER };
const char *hf_control_name(enum hf_control c); /* "publish", "approve", "mask", "never" */

struct hf_controls {
	uint32_t version; /* 0: none was set; general data may be published, all other only by agreement */
	int64_t review_ms;
	enum hf_control of[HF_SENS_CORE + 1][HF_MASK_LEVELS + 1]; /* by enum hf_sensitivity and level */
};
/* {"controls": 1, "review": "2027-06-01", "levels": [{"class": "personal", "level": 3, "control": "approve"}, ...]}.
 * FORMAT with what is wrong, also when a class and level has no control or two. */
enum hf_err hf_controls_read(const char *text, struct hf_controls *ret_controls, struct hf_fault *f) HF_MUST_CHECK;
/* The newest. */
enum hf_err hf_controls_load(struct hf_store *store, struct hf_controls *ret_controls,
                             struct hf_fault *f) HF_MUST_CHECK;
/* data_class: "none" has no control and is published. */
enum hf_control hf_controls_of(const struct hf_controls *c, const char *data_class, uint32_t level);
/* {"operation": 1, "review": "2027-06-01", "rules": [{"of": "identify", "rule": "..."}, ...]}: how people go about each
 * of the seven steps, and about the tools. FORMAT with what is wrong, also when a step, or "tool", has no rule. */
enum hf_err hf_operation_read(const char *text, int64_t *ret_review_ms, struct hf_fault *f) HF_MUST_CHECK;
/* The newest rule base; NULL when none was set. hf_rules_free. */
enum hf_err hf_mask_rules_load(struct hf_store *store, const struct hf_codes *codes, struct hf_rules **ret_rules,
                               struct hf_fault *f) HF_MUST_CHECK;

struct hf_mask_policy_in {
	enum hf_mask_policy_kind kind;
	const char *text, *by;
	const struct hf_codes *codes; /* of a rule base; as hf_rules_read has them */
	int64_t now_ms;
};
/* Checks it and puts the next version into the unit. */
enum hf_err hf_mask_policy_put(struct hf_store *store, struct hf_unit *unit, const struct hf_mask_policy_in *in,
                               uint32_t *ret_version, struct hf_fault *f) HF_MUST_CHECK;
/* Version 0: the newest. UNKNOWN. hf_decoded_free. */
enum hf_err hf_mask_policy_get(struct hf_store *store, enum hf_mask_policy_kind kind, uint32_t version,
                               Hufu__MaskPolicyRow **ret_row) HF_MUST_CHECK;

/* What masking a plan's need asks for: "static" or "dynamic". STATE when nobody has decided, UNKNOWN when there is no
 * such need (MK-28). */
#define HF_NEED_PREFIX "need-"
enum hf_err hf_need_decided(struct hf_store *store, const char *id, char ret_mode[16],
                            struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_need_get(struct hf_store *store, const char *id, Hufu__MaskNeedRow **ret_row) HF_MUST_CHECK;
enum hf_err hf_need_put(struct hf_unit *unit, const Hufu__MaskNeedRow *row) HF_MUST_CHECK;
/* In order of the id; false stops. */
typedef bool (*hf_need_fn)(void *ctx, const Hufu__MaskNeedRow *row);
enum hf_err hf_needs_list(struct hf_store *store, hf_need_fn fn, void *ctx) HF_MUST_CHECK;

#endif
