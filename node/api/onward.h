/*
 * onward.h - what was delivered to this node is no source of it: terms of grants forbid passing data on (AZ-77).
 */
#ifndef HUFU_API_ONWARD_H
#define HUFU_API_ONWARD_H

#include "api/api.h"
#include "source/source.h"

/* v, as scanned, is linked to the own derivation of that very file, by its digest: the one that is said (zero: none
 * is), else the first on record; none: to nothing. UNKNOWN, CONFLICT (said, but another file), OBLIGATION (with an
 * alarm: the terms of what it was made of forbid passing it on), STATE (the link is new and an entry was published
 * before). */
enum hf_err hf_api_derived(struct hf_api_request *rq, struct hf_source_view *v, const struct hf_id *said,
                           bool adding) HF_MUST_CHECK;
/* v: as scanned. Refuses, with an alarm, the file of a delivery and a file of exactly its size and rows. */
enum hf_err hf_api_onward(struct hf_api_request *rq, const struct hf_source_view *v) HF_MUST_CHECK;

#endif
