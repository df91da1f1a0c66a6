/*
 * disclosures.h - the disclosure ledger: what was given out, of which dataset, to whom (MK-4, MK-8).
 *
 * Every release, by a plan or without one, asks before it runs and is recorded in the unit of work in which it becomes
 * real. What it may not show beside the earlier ones is judged in masking/disclosure.h; somebody with the permission
 * mask-policy may allow it all the same, for one recipient and one plan's table, or no plan, with a reason that stays
 * on record. What goes to the same recipient by the same plan again adds nothing but fields. Loop thread; what was
 * loaded may be read by any.
 */
#ifndef HUFU_RELEASE_DISCLOSURES_H
#define HUFU_RELEASE_DISCLOSURES_H

#include "masking/disclosure.h"
#include "source/source.h"
#include "store/store.h"

#define HF_DISCLOSURES_MAX 2000u   /* different releases of one dataset, */
#define HF_DISCLOSURES_OF_ONE 500u /* and of those to one recipient; one that was there before is never too many */

struct hf_disclosure_in {
	const char *dataset;        /* hf_disclosure_dataset; at most HF_NAME_MAX bytes */
	const struct hf_plan *plan; /* NULL: none, the fields go out as they are */
	const char *table;          /* of the plan */
	const char *const *only;    /* its fields that are given out; count 0: all. Without a plan: the fields */
	size_t only_count;
	const struct hf_mask_scope *scope; /* of the keys as they are used; NULL: the plan's */
	/* Of the table as it goes out (hf_disclosure_content); NULL: taken for the one that went out before. */
	const struct hf_hash *content;
	const char *recipient;
	const char *release; /* how people call it; NULL: the plan's name and version, "plain delivery" */
	bool inside;         /* made for no consumer: the recipient is nobody outside */
	bool emergency;      /* recorded whatever it shows, and no precedent */
	int64_t now_ms;
	/* Over what hf_disclosures_classes gave; k 0: nobody counted, or nothing is put together. */
	struct hf_joint_classes classes;
};
/* Which dataset a source is: that of which the same cells, whatever they are kept in, the same bytes, or the same file
 * (of a database: the same table of it) went out or were masked before, under whatever name; that of the source that it
 * was masked from; else its own name. */
enum hf_err hf_disclosure_dataset(struct hf_store *store, struct hf_sources *sources, const char *source,
                                  char out[HF_NAME_MAX + 1], struct hf_fault *f) HF_MUST_CHECK;
/* Of its rows' cells, whatever they are kept in, else of its bytes; NULL: it was never scanned whole. */
const struct hf_hash *hf_disclosure_content(const struct hf_source_view *v);
/* From now on these cells, these bytes and this file are of that dataset. */
void hf_disclosure_origin(struct hf_unit *unit, const struct hf_source_view *v, const char *dataset);

/* DISCLOSURE: it would show too much together with earlier ones, which the fault names; UNKNOWN: no such table in the
 * plan; LIMIT. */
enum hf_err hf_disclosure_check(struct hf_store *store, const struct hf_disclosure_in *in,
                                struct hf_fault *f) HF_MUST_CHECK;
/* Somebody allowed it whatever it shows. */
bool hf_disclosure_allowed(struct hf_store *store, const struct hf_disclosure_in *in);
/* Checks again and puts the row into the unit. */
enum hf_err hf_disclosure_record(struct hf_store *store, struct hf_unit *unit, const struct hf_disclosure_in *in,
                                 struct hf_fault *f) HF_MUST_CHECK;
/* That this plan's table, or any field without a plan, may go to this recipient whatever it shows with others. now_ms
 * is when. */
enum hf_err hf_disclosure_allow(struct hf_unit *unit, const struct hf_disclosure_in *in, const char *by,
                                const char *reason, struct hf_fault *f) HF_MUST_CHECK;

/* Something of the dataset went out by a plan. */
enum hf_err hf_disclosure_masked(struct hf_store *store, const char *dataset, bool *ret_any) HF_MUST_CHECK;

/* Releases of a dataset, which is one table however their plans call it. The oldest first. */
struct hf_disclosures;
enum hf_err hf_disclosures_load(struct hf_store *store, const char *dataset,
                                struct hf_disclosures **ret_d) HF_MUST_CHECK;
void hf_disclosures_free(struct hf_disclosures *d);
/* All of them, and with `in` (may be NULL) one more. Lent until free. */
const struct hf_disclosure *hf_disclosures_list(struct hf_disclosures *d, const struct hf_disclosure_in *in,
                                                size_t *ret_count);
/* Those that are put together to count classes of rows, `in` the last: without what has in plain all that `in` shows
 * anyway. *ret_count 0: none of the plans demands classes. *ret_stamp: another one when others, or other fields, went
 * out. The list is free()d before d; in lives as long. */
void hf_disclosures_classes(struct hf_disclosures *d, const struct hf_disclosure_in *in,
                            struct hf_disclosure **ret_list, size_t *ret_count, struct hf_hash *ret_stamp);
/* {dataset, fields: hf_disclosure_view, releases: [{table, release, recipient, first, last, times, plain, inside,
 * emergency, allowed_by, reason}]}; field NULL: all. To be decref'd. */
enum hf_err hf_disclosures_show(struct hf_store *store, const char *dataset, const char *field,
                                json_t **ret_shown) HF_MUST_CHECK;

#endif
