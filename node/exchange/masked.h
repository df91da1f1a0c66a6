/*
 * masked.h - data that goes out masked, because the terms or the entry say "mask:PLAN" (MK-30): the provider reads its
 * source through the plan, row by row, and nothing masked is kept anywhere here. Fail closed: without the plan, its
 * approval, its keys, or with a table that is not the source's, nothing goes out.
 *
 * Pseudonyms are keyed by consumer and contract (the agreement, or, by a rule, the entry), noise and the like by
 * dataset (masking/keys.h). What was done to each field stands in the label, with the ids of the keys. Loop thread, but
 * for the reader.
 */
#ifndef HUFU_EXCHANGE_MASKED_H
#define HUFU_EXCHANGE_MASKED_H

#include <jansson.h>

#include "exchange/transfer.h"
#include "masking/apply.h"
#include "source/reader.h"

#define MASKED_DEMAND_ROWS 1000000u               /* of a source whose plan demands figures of all of it */
#define MASKED_DEMAND_BYTES ((uint64_t)256 << 20) /* of their values, and of what is made of them */
#define MASKED_PARALLEL 4u /* so many transfers mask with threads of their own; others in the worker that reads */

/* The table of the plan that a source is: the one of its name, or the only one; NULL: none. */
const struct hf_plan_table *masked_table(const struct hf_plan *p, const char *source);
/* The newest approved version, in a state to be used for what goes out at once; hf_plan_free. was: its digest at an
 * earlier time, all zeros: none. */
enum hf_err masked_plan(const struct hf_exchange *x, const char *name, const struct hf_hash *was,
                        struct hf_plan **ret_plan, struct hf_fault *f) HF_MUST_CHECK;
/* What is wrong with a plan denies for this reason, whatever the error of its own is. */
enum hf_err masked_fault(enum hf_err e, const char *plan, struct hf_fault *f) HF_MUST_CHECK;
/* Plan and table of the setup are of that header, need no whole table, and give each field of `only`: one count of each
 * comes back. */
enum hf_err masked_fits(const struct hf_apply_setup *s, struct hf_apply_count *ret_counts,
                        struct hf_fault *f) HF_MUST_CHECK;
/* Whose keys a transfer's are. Points into itself, the transfer and the plan. */
struct masked_scope {
	struct hf_id contract;
	char text[HF_ID_TEXT];
	struct hf_mask_scope scope;
};
void masked_scope_of(const struct transfer *t, const struct hf_plan *p, struct masked_scope *ret_s);

/* ---- the gate ---- */

/* One plan at most, and this node can mask. */
enum hf_err masked_demand(const struct hf_exchange *x, const struct hf_decision *d, struct hf_fault *f) HF_MUST_CHECK;
/* Opens what t->mask_plan names, when it names one, and puts it before t->reader. The digest of the plan is taken at
 * the start and must be the same whenever it is opened again. */
enum hf_err masked_open(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
void masked_close(struct transfer *t); /* after the reader */
/* While it goes on: the decision still names that plan, which is still the approved one; the seed is not erased. */
enum hf_err masked_still(struct transfer *t, const struct hf_decision *d, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err masked_seed_stands(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
uint64_t masked_most(const struct transfer *t); /* bytes; the reader gives no more */
/* Why reading ended with e: the plan's check that failed, or the error's own text. */
void masked_why(const struct transfer *t, enum hf_err e, char out[400]);

/* ---- when it fails (MK-45) ---- */

/* What goes wrong with a masked delivery is of a kind of its plan's emergency schemes: "source", "format", "key",
 * "result" or "space"; whoever meets it says so, and the end of the transfer, or its denial, takes the scheme. NULL: it
 * is no error, but somebody's decision. Nothing when the delivery is not masked. */
void masked_error(struct transfer *t, const char *kind);
/* The same for reading that ended with e. */
void masked_read_error(struct transfer *t, enum hf_err e);
/* Does it end the delivery? Not one that may pass, such as a source that cannot be read at the moment, when the plan's
 * action for it is to pause: then its consumer asks again, which is recorded, once. */
bool masked_ends(struct transfer *t, enum hf_err e, const char *why);
/* The scheme for the end: an entry of this node alone, and an alarm for people. ret_said: what the consumer may know,
 * to be added to the reason; "": there was no such error. */
void masked_scheme(const struct transfer *t, enum hf_err e, const char *why, struct hf_unit *u, char ret_said[120]);

/* ---- disclosed.h ---- */

/* Plan, table, scope and release of one that is masked; text is the release's. */
struct hf_disclosure_in;
void masked_by(const struct transfer *t, char text[64], struct hf_disclosure_in *ret_in);

/* ---- what is said about it ---- */

void masked_label(const struct transfer *t, Hufu__Label *l);
/* DS-32: plan, version, digest, technique and key id of each field; at the provider the plan's operator too. Nothing
 * when it is not masked. */
void masked_draft(const struct transfer *t, struct hf_draft *d);
/* The plan demands something of the risk of the whole table. */
bool masked_demands(const struct transfer *t);
/* Does the field, one of the transfer's, go out as it is? */
bool masked_keeps(const struct transfer *t, const char *field);
/* ---- masked_effect.c: MK-3, what masking leaves ---- */

/* As it was measured while the transfer was read (masked.c); NULL: it was not. */
json_t *masked_figures(const struct transfer *t);
char *masked_effect(const struct transfer *t); /* for the manifest; free() it */
/* The same, or by the manifest at hand, both sides; NULL: there is nothing. The caller's. */
json_t *masked_effect_of(const struct transfer *t);
void masked_effect_text(const struct transfer *t, char *out, size_t cap); /* in words; "": nothing */
/* DS-89: that stands among the figures over time, of its dataset here, of its entry at the consumer. */
void masked_measured(const struct transfer *t, struct hf_unit *u);
/* Consumer: a label whose obligations name a plan says that it was masked by it. */
enum hf_err masked_as_agreed(const char *peer, const Hufu__Label *l, struct hf_fault *f) HF_MUST_CHECK;
/* Consumer: and by the one that the entry demands, as this node has it from its publisher: also when nothing was agreed
 * because a rule gives it, and when the label leaves the obligation out. */
enum hf_err masked_as_published(const struct transfer *t, const Hufu__Label *l, struct hf_fault *f) HF_MUST_CHECK;

/* ---- masked_reader.c ---- */

struct masked_setup {
	const struct hf_plan *plan; /* lent, like scope and fields */
	const char *table;
	const struct hf_mask_scope *scope;
	const char *const *fields;
	size_t field_count;
	struct hf_mask_key root, seed;
	uint64_t most;
	unsigned workers;
	/* Of which kind of the plan's schemes the last error of reading was; NULL: of none. Lent. */
	const char **ret_kind;
	/* What masking leaves, of the first rows; lent, NULL until there are so many. */
	const struct hf_plan_table *of;
	const char *const *quasi;
	size_t quasi_count;
	json_t **ret_effect;
	const atomic_bool *stop; /* of the node; the look at a whole table breaks off */
	atomic_uint *holding;    /* readers of this node that hold a whole table to what a plan demands, at most one */
};
/* Takes inner, a reader of the whole file. Reads as a projecting reader does; wipes plain bytes and keys when it is
 * closed. */
struct hf_source_reader *masked_reader_new(struct hf_source_reader *take_inner, const struct masked_setup *setup);
/* The plan's own check of a result that has come to its end (MK-47): what fails it counts for nothing. */
struct hf_stream;
enum hf_err masked_check(const struct hf_plan *p, const struct hf_stream *s, struct hf_fault *f) HF_MUST_CHECK;

#endif
