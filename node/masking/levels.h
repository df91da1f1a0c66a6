/*
 * levels.h - how a column can become coarser, level by level: the built-in ways for numbers, times, codes and other
 * texts, or a tree of the user. Each level is a technique with parameters, so that a plan can do it; what values become
 * is what the technique makes of them. Pure; any thread.
 *
 * Numbers: bands whose cuts are nested (bucket). Times: days, months, quarters, years (daterd). Codes, texts of one
 * length such as region codes, plates and ids: their first characters (trunc). A tree: its levels (hier). The last
 * level always is one value for all (const), or nothing (null) where some are null already.
 */
#ifndef HUFU_MASKING_LEVELS_H
#define HUFU_MASKING_LEVELS_H

#include "masking/detector.h"
#include "masking/hierarchy.h"
#include "masking/lattice.h"
#include "masking/technique.h"

struct hf_level_technique {
	const struct hf_technique *technique; /* NULL: the values stay as they are */
	struct hf_arg args[2];
	size_t arg_count;
};
struct hf_levels {
	struct hf_lattice_column lattice;
	struct hf_level_technique technique[HF_LATTICE_LEVELS]; /* by level */
	struct hf_effect_table *become[HF_LATTICE_LEVELS];      /* by level: its values, one column; NULL at level 0 */
	struct hf_arena arena;
};
/* A tree, and the name by which a plan finds its file; tree NULL: none. And what is known of the column. */
struct hf_levels_tree {
	const char *file;
	const struct hf_hierarchy *tree;
	enum hf_err (*read)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *ctx;
	const struct hf_detector
	        *kind; /* of the values; NULL: none. Levels that hide next to nothing of it are left out. */
};
/* done frees, also after a fault. HF_E_FORMAT: a value is not in the tree. */
enum hf_err hf_levels_make(const struct hf_effect_table *t, size_t column, const struct hf_levels_tree *tree,
                           struct hf_levels *ret_levels, struct hf_fault *f) HF_MUST_CHECK;
void hf_levels_done(struct hf_levels *l);
/* What the value of that code becomes at a level. */
struct hf_bytes hf_levels_value(const struct hf_levels *l, const struct hf_effect_table *t, size_t level,
                                uint32_t code);

#endif
