/*
 * joint.h - classes of a dataset's rows that all its releases together leave, when a plan of one of them demands k, l
 * or t (MK-4). What a task makes and what a delivery gives are counted alike: loaded on the loop, counted by a worker
 * over the whole table, judged by hf_disclosure_check with the classes. One object, one thread at a time.
 */
#ifndef HUFU_RELEASE_JOINT_H
#define HUFU_RELEASE_JOINT_H

#include <stdatomic.h>

#include "masking/plan.h"
#include "release/disclosures.h"
#include "release/mask_keys.h"
#include "source/source.h"

struct hf_release_joint {
	struct hf_disclosures *given; /* own; what list borrows from, beside what was asked about */
	struct hf_disclosure *list;   /* own; the last one is what is asked about. count 0: nothing is counted */
	size_t count;
	struct hf_mask_key root;
	bool has_root;
	char folder[600];           /* of plans' tables */
	struct hf_plan_file *files; /* own; what the techniques read, by the names that they are bound to, lent */
	size_t file_count;
	const atomic_bool *stop;         /* counting breaks off with BUSY; NULL: it does not */
	struct hf_hash stamp;            /* of the releases that were looked at */
	struct hf_joint_classes classes; /* k 0: nothing is put together */
};
/* What `in` points at lives as long as j. keys may be NULL; dir: the node's. Its files are left out
 * (hf_release_joint_files). Loop. */
enum hf_err hf_release_joint_load(struct hf_store *store, const struct hf_mask_keys *keys, const char *dir,
                                  const struct hf_disclosure_in *in, struct hf_release_joint *j,
                                  struct hf_fault *f) HF_MUST_CHECK;
/* Does what is asked about add classes to those of earlier ones? Of a table of these columns. */
bool hf_release_joint_adds(struct hf_release_joint *j, const char *const *columns, size_t count);
/* reader: of the table, whole. BUSY: stopped. */
enum hf_err hf_release_joint_count(struct hf_release_joint *j, struct hf_source_reader *reader,
                                   struct hf_fault *f) HF_MUST_CHECK;
void hf_release_joint_done(struct hf_release_joint *j);

/* plan_files.c: files that the node keeps for plans; one that is not kept any more is missing. Loop. */
struct hf_release;
void hf_release_joint_files(struct hf_release *r, struct hf_release_joint *j);

#endif
