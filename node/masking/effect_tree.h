/*
 * effect_tree.h - t-closeness where values are as far apart as the level at which a tree joins them (hierarchical
 * distance of Li, Li and Venkatasubramanian 2007). Pure; any thread.
 */
#ifndef HUFU_MASKING_EFFECT_TREE_H
#define HUFU_MASKING_EFFECT_TREE_H

#include "masking/effect.h"
#include "masking/hierarchy.h"

/* The distance of the farthest class from the whole table: 0 to 1. A tree without one root gets one above it; null
 * hangs from the root. Returns how many different values of the column are not in the tree: ret_distance is only set
 * when it is 0. */
uint32_t hf_effect_closeness_tree(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                                  const struct hf_hierarchy *h, double *ret_distance);

#endif
