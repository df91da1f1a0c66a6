/*
 * view.h - inside of node/exchange: what a reader of sealed data sees it through (DS-87): the view that this node's
 * rules give him (authz/views.h), with the plan that it names, opened and held against the data.
 *
 * Fail closed: a plan that is gone, has changed, needs the whole table or is not of this data's fields denies. The keys
 * are the view's own, by its id, so that two views cannot be joined by their pseudonyms. Loop thread, but for the
 * stream.
 */
#ifndef HUFU_EXCHANGE_VIEW_H
#define HUFU_EXCHANGE_VIEW_H

#include "base/ids.h"
#include "base/limits.h"
#include "masking/plan.h"
#include "release/engine/stream.h"
#include "state_data.pb-c.h"

struct hf_exchange;

struct view_reader {
	const Hufu__HeldRow *held;
	const char *account, *department;
	const char *const *fields; /* none: all that were delivered */
	size_t field_count;
};
/* Stays where it is while it is open. */
struct view {
	Hufu__DataViewRow *row; /* NULL: the entry has none */
	struct hf_plan *plan;   /* NULL: as it was delivered */
	char contract[HF_ID_TEXT];
	struct hf_mask_scope scope;
	struct hf_mask_key root, seed;
	const char *quasi[HF_MAX_FIELDS]; /* by which somebody may be known elsewhere (release/engine/measure.h); the
	                                     plan's */
	size_t quasi_count;
	struct hf_buf text; /* for the record: view, plan, and what is done to each field; or empty */
};
/* v is all zeros before, and view_close'd whatever comes back. */
enum hf_err view_open(struct view *v, struct hf_exchange *x, const struct view_reader *r,
                      struct hf_fault *f) HF_MUST_CHECK;
void view_close(struct view *v);
/* It is still that view and that plan for him, and its keys stand. */
enum hf_err view_still(const struct view *v, struct hf_exchange *x, const struct view_reader *r,
                       struct hf_fault *f) HF_MUST_CHECK;
const char *view_text(const struct view *v); /* "": none */
/* NULL: nothing is masked. Gives those fields, in out; hf_stream_free before view_close. */
struct hf_measure *view_measure(const struct view *v); /* NULL: nothing is masked; before view_close */
struct hf_stream *view_stream(const struct view *v, const char *const *fields, size_t field_count, struct hf_buf *out);

#endif
