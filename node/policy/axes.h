/*
 * axes.h - the axes of the space of all requests that one or two snapshots speak of, and their rules as boxes in it.
 *
 * Axis 0 is the time of the decision, the others are the attributes. A text is the number that it got here; every text
 * that no rule and no hierarchy names is one and the same point, because no rule can tell two of them apart. Mechanisms
 * that a resource does not allow are no axis: who compares rules of different mechanisms must think of them. Private to
 * the folder.
 */
#ifndef HUFU_POLICY_AXES_H
#define HUFU_POLICY_AXES_H

#include "base/buf.h"
#include "policy/policy.h"
#include "policy/region.h"
#include "policy/texts.h"

#define HF_AXES_SIDES 2
#define HF_AXES_MAX (1 + HF_AXES_SIDES * HF_ATTR_MAX)
#define HF_POINT_OTHER ((hf_point)UINT32_MAX) /* of a text that is named nowhere */

/* A hierarchy of one snapshot on one axis, in pre-order. */
struct hf_axes_tree {
	uint32_t count;
	uint32_t *number; /* of the text on the axis */
	uint32_t *size;   /* of the subtree */
	uint32_t *place;  /* of a text's number: 1 + index above, 0: not in the tree */
	uint32_t place_count;
	struct hf_set *under; /* cache; count 0: not made yet */
};

struct hf_axes {
	struct hf_arena arena;
	uint32_t count;
	struct hf_axis axis[HF_AXES_MAX];
	struct hf_axes_axis {
		const struct hf_attr_spec *spec; /* NULL: time */
		struct hf_texts texts;
		struct hf_axes_tree tree[HF_AXES_SIDES];
		struct hf_set known; /* nodes of side 0's tree */
	} info[HF_AXES_MAX];
	uint8_t axis_of[HF_AXES_SIDES][HF_ATTR_MAX + 1]; /* of an attribute's number */
};

/* One rule, in the order in which rules are asked. */
struct hf_axes_rule {
	const char *id;
	enum hf_mechanism mechanism;
	enum hf_rule_state state;
	int32_t priority;
	int64_t from_ms, until_ms;
	const char *terms; /* obligations and quota as text */
	bool indexed;
	struct hf_box box;
};
struct hf_axes_rules {
	struct hf_axes_rule *rule;
	size_t count, cap;
};

/* Over one snapshot, or two. HF_E_CONFLICT: they declare an attribute differently, f says which. The snapshots must
 * outlive it. */
enum hf_err hf_axes_new(const struct hf_policy *const *sides, unsigned side_count, struct hf_axes **ret_space,
                        struct hf_fault *f) HF_MUST_CHECK;
void hf_axes_free(struct hf_axes *s);
/* Requests of the past are left out from here on; before any box is made. */
void hf_axes_from(struct hf_axes *s, int64_t now_ms);
/* The rules of a side as boxes; free() the array. */
void hf_axes_boxes(struct hf_axes *s, const struct hf_policy *p, unsigned side, struct hf_axes_rules *ret_rules);
/* The values that a person would take for all of them: the nodes of a hierarchy, else the whole axis. */
struct hf_set hf_axes_known(const struct hf_axes *s, uint32_t axis);

/* Where a request of that side stands; values that do not count (issuer) must have been left out. From the arena. */
void hf_axes_sample(const struct hf_axes *s, unsigned side, const struct hf_policy_request *rq, struct hf_arena *a,
                    struct hf_sample *ret_sample);

/* "resource.topic: roads, bridges", for people; of a region also what it leaves out. */
bool hf_axes_box_text(const struct hf_axes *s, const struct hf_box *b, struct hf_buf *out);
bool hf_axes_region_text(const struct hf_axes *s, struct hf_region r, struct hf_buf *out);

#endif
