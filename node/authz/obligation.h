/*
 * obligation.h - the obligations of agreements as texts: which of them the gate can fulfil, and what they say. Pure.
 */
#ifndef HUFU_AUTHZ_OBLIGATION_H
#define HUFU_AUTHZ_OBLIGATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "catalog.pb-c.h"
#include "contract.pb-c.h"

/* The obligation "uses:N", N from 1 to HF_USES_AT_MOST; false: not of that form. The one place that reads it. */
#define HF_USES_AT_MOST 1000000000u
bool hf_uses_parse(const char *obligation, uint64_t *ret_most);
/* The smallest N of an agreement; UINT64_MAX: without limit. */
uint64_t hf_uses_most(const Hufu__Agreement *terms);
/* The smallest N that the resource itself demands, as its entry is now: it holds for every mechanism (AZ-73). */
uint64_t hf_uses_most_of(const Hufu__CatalogEntry *entry);
/* Of a list of obligations. */
uint64_t hf_uses_most_in(char *const *obligations, size_t count);
/* The obligation "delete-after:N": milliseconds after the delivery. */
#define HF_DELETE_AFTER_AT_MOST (UINT64_C(36600) * 24 * 60 * 60 * 1000) /* a hundred years */
bool hf_delete_after_parse(const char *obligation, uint64_t *ret_ms);
/* Can be fulfilled only by a consumer that keeps the data sealed behind its gate (DS-85): "sealed", "delete-at-end",
 * "delete-after:N". */
bool hf_obligation_seals(const char *obligation);
/* The publisher lets what is derived of the data be passed on; it then stands in the agreement in the place of
 * "no-onward-sharing" (AZ-77). What was delivered stays with its consumer in any case. */
#define HF_DUTY_ONWARD_DERIVED "onward-derived"
bool hf_terms_onward(char *const *obligations, size_t count);
/* The entry's policy has that duty. */
bool hf_duty_asked(const Hufu__CatalogEntry *entry, const char *duty);
/* The obligation "mask:PLAN": the name of the masking plan by which the data is delivered; a duty of an entry has room
 * for HF_MASK_PLAN_MAX bytes of it. */
#define HF_MASK_PLAN_MAX 58
bool hf_mask_parse(const char *obligation, char ret_plan[HF_NAME_MAX + 1]);
/* The obligation "rows:CONDITIONS": only the rows that meet them (source/readers/csv_filter.h); of several, and of
 * those that the entry has as duties, all hold (SB-60). Points behind the colon. */
#define HF_ROWS_MAX 250u /* bytes of the conditions */
bool hf_rows_parse(const char *obligation, const char **ret_conditions);
/* What a gate can fulfil, the provider's or the consumer's. */
bool hf_obligation_known(const char *obligation);

#endif
