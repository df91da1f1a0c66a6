/*
 * hierarchy.h - what a value is at level 1, 2, ... of a tree: lines "value,level 1,level 2,...", as the technique hier
 * takes them. Pure; any thread once read.
 */
#ifndef HUFU_MASKING_HIERARCHY_H
#define HUFU_MASKING_HIERARCHY_H

#include "base/buf.h"
#include "base/err.h"

#define HF_HIERARCHY_LEVELS 7u

struct hf_hierarchy;
/* name is for messages; the text is copied. FORMAT: no such lines, lines of different lengths, a value twice, or no
 * tree: two lines alike at one level and different above. */
enum hf_err hf_hierarchy_read(const char *name, const void *text, size_t len, struct hf_hierarchy **ret_h,
                              struct hf_fault *f) HF_MUST_CHECK;
void hf_hierarchy_free(struct hf_hierarchy *h);
uint32_t hf_hierarchy_levels(const struct hf_hierarchy *h); /* above the values; at least 1 */
/* The number of the node above the value at a level from 1 on; nodes of a level are numbered from 0. UINT32_MAX: the
 * value is not in the tree. */
uint32_t hf_hierarchy_node(const struct hf_hierarchy *h, struct hf_bytes value, uint32_t level);
uint32_t hf_hierarchy_nodes(const struct hf_hierarchy *h, uint32_t level);

#endif
