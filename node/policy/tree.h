/*
 * tree.h - hierarchies: organizations, regions, topics (DS-14). Each node has one parent or none.
 *
 * Trees are part of a snapshot but change on their own: rules name nodes, so a department that is added later falls
 * under the rules of those above it without an edit (AZ-3). A value that stands in no tree is above and below nothing
 * but itself.
 */
#ifndef HUFU_POLICY_TREE_H
#define HUFU_POLICY_TREE_H

#include "policy/schema.h"

#define HF_TREE_MAX 16
#define HF_TREE_DEPTH_MAX 32 /* nodes from a node to its root, itself included */
#define HF_TREE_NODES_MAX 1000000u

struct hf_tree_edge {
	const char *node;
	const char *parent; /* NULL: a root. A parent that has no edge of its own is a root. */
};
struct hf_tree_spec {
	const char *name;
	const struct hf_tree_edge *edges;
	size_t count;
};

struct hf_trees; /* immutable, counted; any thread */

/* Every tree that an attribute of the schema names must be there (it may be empty). Copies everything.
 * HF_E_UNKNOWN (a tree is missing), HF_E_EXISTS (two parents, a tree twice), HF_E_CONFLICT (a circle), HF_E_LIMIT;
 * f names the node. */
enum hf_err hf_trees_new(const struct hf_schema *schema, const struct hf_tree_spec *specs, size_t count,
                         struct hf_trees **ret_trees, struct hf_fault *f) HF_MUST_CHECK;
struct hf_trees *hf_trees_ref(const struct hf_trees *t);
void hf_trees_free(struct hf_trees *t);

/* Is node inside the subtree of top, or top itself? */
bool hf_trees_under(const struct hf_trees *t, const char *tree, const char *node, const char *top);
/* Is the node in the tree? */
bool hf_trees_has(const struct hf_trees *t, const char *tree, const char *node);

/* The name of the n-th tree, NULL behind the last. */
const char *hf_trees_name(const struct hf_trees *t, size_t n);
/* Every node of the tree, a parent (NULL: none) before its children; ends when fn returns false. Nothing for an unknown
 * tree. */
void hf_trees_each(const struct hf_trees *t, const char *tree,
                   bool (*fn)(void *ctx, const char *node, const char *parent), void *ctx);

#endif
