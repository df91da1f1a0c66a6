/*
 * plan_tree.h - a plan's text as a tree of texts, lists and mappings, each with its line; what they mean is plan.c's
 * matter. YAML without anchors, aliases, tags and second documents; sizes are bounded. For this folder only.
 */
#ifndef HUFU_MASKING_PLAN_TREE_H
#define HUFU_MASKING_PLAN_TREE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define HF_PLAN_BYTES ((size_t)4 << 20)
#define HF_PLAN_NODES 100000u
#define HF_PLAN_DEPTH 8u
#define HF_PLAN_TEXT 4096u

enum hf_plan_kind { HF_PLAN_TEXT_NODE = 1, HF_PLAN_LIST, HF_PLAN_MAP };
struct hf_plan_node {
	enum hf_plan_kind kind;
	uint32_t line;
	const char *key; /* in a mapping */
	const char *text;
	struct hf_plan_node *first, *last, *next; /* members; the next of the same list or mapping */
	size_t count;
};

/* The root is a mapping. Everything lives as long as the arena. Faults begin with "NAME:LINE: ". */
enum hf_err hf_plan_tree_read(const char *name, const void *text, size_t len, struct hf_arena *arena,
                              struct hf_plan_node **ret_root, struct hf_fault *f) HF_MUST_CHECK;
const struct hf_plan_node *hf_plan_get(const struct hf_plan_node *map, const char *key);
enum hf_err hf_plan_fault(struct hf_fault *f, const char *name, uint32_t line, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

#endif
