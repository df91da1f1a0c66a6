/*
 * onward.h - what was delivered to this node is no source of it: terms of grants forbid passing data on (AZ-77).
 */
#ifndef HUFU_API_ONWARD_H
#define HUFU_API_ONWARD_H

#include "api/api.h"
#include "source/source.h"

/* What a source is said to be derived from (fields "derivation" and "digest" of the request): an own derivation of that
 * very file. Zero when nothing is said. UNKNOWN, CONFLICT (another file). */
enum hf_err hf_api_derived(struct hf_api_request *rq, struct hf_id *ret_derivation) HF_MUST_CHECK;
/* v: as scanned. Refuses, with an alarm, the file of a delivery and a file of exactly its size and rows. */
enum hf_err hf_api_onward(struct hf_api_request *rq, const struct hf_source_view *v) HF_MUST_CHECK;

#endif
