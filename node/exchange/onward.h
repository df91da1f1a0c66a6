/*
 * onward.h - may what was derived here be offered to others (AZ-77), and under which terms at least: those of the
 * deliveries that it was made of, which their manifests state.
 */
#ifndef HUFU_EXCHANGE_ONWARD_H
#define HUFU_EXCHANGE_ONWARD_H

#include "exchange/exchange.h"

/* Every own derivation of a file of that digest; false stops. */
enum hf_err hf_derived_list(struct hf_exchange *x, const struct hf_hash *digest,
                            bool (*fn)(void *ctx, const struct hf_id *derivation), void *ctx) HF_MUST_CHECK;
/* UNKNOWN (it was not derived here), CONFLICT (that was another file). */
enum hf_err hf_derived_is(struct hf_exchange *x, const struct hf_id *derivation, const struct hf_hash *digest,
                          struct hf_fault *f) HF_MUST_CHECK;
/* Every delivery that the derivation goes back to may be passed on in this way, now: else OBLIGATION, or RECALLED by
 * its provider. With an entry (NULL: none): that is also of a class of theirs, and of no lower level or weaker mark
 * than any of them: else ARGUMENT. LIMIT: it goes back too far to be looked through. */
enum hf_err hf_onward_check(struct hf_exchange *x, const struct hf_id *derivation, const Hufu__CatalogEntry *entry,
                            struct hf_fault *f) HF_MUST_CHECK;

/* ---- inside of node/exchange ---- */

/* RECALLED: it goes back to a delivery that its provider took back. Before the first byte of what was derived. */
enum hf_err onward_stands(struct hf_exchange *x, const struct hf_id *derivation, struct hf_fault *f) HF_MUST_CHECK;

#endif
