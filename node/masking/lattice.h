/*
 * lattice.h - how coarse each quasi-identifier has to be so that a table meets k, l and t, at the least loss.
 *
 * Each column has levels, from the values as they are to one that tells nothing, each coarser than the one before. A
 * choice of one level for each column is a node of the lattice. Its loss is the mean over the columns of their
 * non-uniform entropy (effect_utility.h), where rows that are suppressed lose all. Pure; any thread.
 *
 * The search takes nodes in the order of what generalization alone loses, which no suppression makes less: once that
 * reaches the loss of the best node found, no other can be better. Nodes below one that misses k or l miss them too,
 * and are passed over; such ones are looked for upwards, by halving a way to the top (as Flash does, Kohlmayer et al.
 * 2012).
 */
#ifndef HUFU_MASKING_LATTICE_H
#define HUFU_MASKING_LATTICE_H

#include "masking/effect_meet.h"

#define HF_LATTICE_COLUMNS 32u
#define HF_LATTICE_LEVELS 12u

struct hf_lattice_level {
	uint32_t *to; /* by code of the column: what it becomes; 0: null. Codes are numbered as they come */
	uint32_t count;
};
struct hf_lattice_column {
	size_t column; /* of the table */
	struct hf_lattice_level level[HF_LATTICE_LEVELS];
	size_t level_count;
};
struct hf_lattice {
	const struct hf_effect_table *rows;
	const struct hf_lattice_column *columns;
	size_t column_count;
	struct hf_effect_need need;
	double suppress; /* share of rows that may be suppressed for it */
};
struct hf_lattice_node {
	uint8_t level[HF_LATTICE_COLUMNS];
	double loss; /* 0 to 1 */
	uint32_t suppressed, classes;
};
struct hf_lattice_found {
	bool any;   /* best is one that meets the need */
	bool exact; /* and no other has less loss; without any: none meets it */
	struct hf_lattice_node best;
	double nodes, looked; /* of the lattice; how many were tried */
};
/* Again and again; false ends the search with what there is. */
typedef bool (*hf_lattice_go_on)(void *ctx, const struct hf_lattice_found *so_far);
void hf_lattice_search(const struct hf_lattice *l, hf_lattice_go_on go_on, void *ctx,
                       struct hf_lattice_found *ret_found);

/* One node: its level is given, the rest is filled. Returns whether it meets the need. */
struct hf_lattice_work;
struct hf_lattice_work *hf_lattice_work_new(const struct hf_lattice *l);
void hf_lattice_work_free(struct hf_lattice_work *w);
bool hf_lattice_try(struct hf_lattice_work *w, struct hf_lattice_node *node);
/* By row: whether the node suppresses it. The caller's. */
bool *hf_lattice_suppressed(struct hf_lattice_work *w, const struct hf_lattice_node *node);

/* Inside: what generalization alone loses; whether the last node that was tried misses k or l itself. */
double hf_lattice_least_loss(const struct hf_lattice_work *w, const uint8_t *level);
bool hf_lattice_missed_size(const struct hf_lattice_work *w);

#endif
