/*
 * disclosure.h - what all recipients of a dataset together have been given of it, and whether one more release makes
 * that too much (JT/T 1480-2023, 4.2.2: the risk must not grow by new releases or by links between recipients; MK-4).
 *
 * Rows of several releases of one table can be put side by side: by their order, or by columns that both have. So all
 * recipients are taken as one. What a field's masking shows is read from the plan alone: positions of characters, cuts
 * between numbers or times, the level in a tree, a draw of noise. Releases of a field may differ as long as one of them
 * alone shows what all of them show together (nested cuts, a shorter beginning). Two that only together tell more are
 * refused, and so are the value itself beside its masking, one scope of pseudonyms in two recipients' hands, and two
 * samples that are not parts of one another. A column that only one release has adds to what can be told apart: the
 * caller who has the table asks hf_disclosure_k.
 *
 * What went out without a plan counts as the values themselves: never against another such release, but against a
 * masking of the same field, when the masking is keyed (whose pseudonym is whose would be known, and noise taken away),
 * or when the masked release shows any field that the plain one has not (it would be told of known people). Who has all
 * of it in plain learns nothing by a coarser view. Pure; any thread.
 */
#ifndef HUFU_MASKING_DISCLOSURE_H
#define HUFU_MASKING_DISCLOSURE_H

#include "masking/plan.h"

/* One release of one table to one recipient. All lent. */
struct hf_disclosure {
	const char *release;   /* how people call it: its plan and version, or its task */
	const char *recipient; /* who has it */
	struct hf_mask_scope scope;
	enum hf_engine engine;
	const struct hf_plan_field *fields; /* of the table, all of them */
	size_t field_count;
	bool plain;     /* without a plan: its fields are as they are in the table */
	bool inside;    /* made for no consumer: nobody outside has it yet */
	bool emergency; /* went out whatever it shows: against what comes after it, and no precedent for it */
	/* What its plan demands of classes: rows of each; different values of each sensitive field in one; how far
	 * their values are from the whole's. 0, and closes false: nothing. */
	uint32_t k, l;
	double t;
	bool closes;              /* t is demanded */
	const char *const *quasi; /* columns by which someone is known elsewhere */
	size_t quasi_count;
	const char *const *sensitive; /* what nobody is to learn of them */
	size_t sensitive_count;
	bool suppresses; /* rows of smaller classes lose them */
	bool changed;    /* an earlier one: the table has other rows by now, of which this showed nothing yet */
};

/* Whether next may go out besides the earlier ones of the same table. DISCLOSURE: not, and the fault names field,
 * releases and recipients; *ret_clashes (may be NULL) then lists all as {field, rule, says, releases: [{release,
 * recipient}]}, to be decref'd. What was once allowed all the same is no reason against a release that shows no more
 * than that. */
enum hf_err hf_disclosure_joint(const struct hf_disclosure *earlier, size_t count, const struct hf_disclosure *next,
                                struct hf_fault *f, json_t **ret_clashes) HF_MUST_CHECK;

/* What all of them together show, field by field: [{field, shows, releases, draws, scopes, recipients: [...]}]. field
 * NULL: all. To be decref'd. */
json_t *hf_disclosure_view(const struct hf_disclosure *all, size_t count, const char *field);

/* The table that was given out, whole; value r of column c is cells[c * count + r], a null has data NULL. */
struct hf_disclosure_table {
	const char *const *header;
	size_t width;
	const struct hf_bytes *cells;
	size_t count;
	const char *const *quasi; /* columns by which someone is known elsewhere */
	size_t quasi_count;
	const struct hf_mask_key *root; /* NULL: none is needed */
	enum hf_err (*file)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *file_ctx;
};
/* Rows of the smallest class of those that are equal in every masking of every quasi-identifier that anybody has; 0:
 * nobody has any. Rows that nobody has are in no class. */
enum hf_err hf_disclosure_k(const struct hf_disclosure *all, size_t count, const struct hf_disclosure_table *t,
                            struct hf_fault *f, uint32_t *ret_k) HF_MUST_CHECK;

/* The same of a table that comes in pieces: cells and count of t are not looked at. Quasi-identifiers are also those of
 * the releases' plans. Masked again is only how rows are grouped, whatever the key was; what cannot be masked again (a
 * method of somebody's own, a tree that is gone) counts as the value itself, which is never coarser, and a tree that is
 * gone is said. Holds 4 bytes for each value of each
 * masking, and the different ones. */
struct hf_joint;
struct hf_joint *hf_joint_new(const struct hf_disclosure *all, size_t count, const struct hf_disclosure_table *t);
void hf_joint_free(struct hf_joint *j);
/* The last release masks some as none of the earlier ones of the same rows does. */
bool hf_joint_new_parts(const struct hf_joint *j);
bool hf_joint_old_parts(const struct hf_joint *j); /* an earlier one shows something besides */
bool hf_joint_whole(const struct hf_joint *j);     /* some technique needs all rows in one piece */
/* Cells as of hf_disclosure_table. LIMIT: too many rows. */
enum hf_err hf_joint_rows(struct hf_joint *j, const struct hf_bytes *cells, size_t count,
                          struct hf_fault *f) HF_MUST_CHECK;
/* Rows of the smallest class without the last release (of other rows, without those of the rows before), and with it;
 * 0: there is none. missed: what is not met of the l and t that a plan demands of a sensitive field, whose value is
 * then what all releases together show of it, as "field F has 1 ... in a class of rows, and ... demands 2"; empty: all
 * is. unopened: a masking that could not be made again, the first of them, as "field F of RELEASE to RECIPIENT was
 * masked cannot be made again (why)"; empty: there is none. */
struct hf_joint_classes {
	uint32_t before, k;
	char missed[220], unopened[320];
};
void hf_joint_end(struct hf_joint *j, struct hf_joint_classes *ret_classes);

#endif
