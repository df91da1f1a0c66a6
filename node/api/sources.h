/* sources.h - what routes of sources share. */
#ifndef HUFU_API_SOURCES_H
#define HUFU_API_SOURCES_H

#include "api/api.h"
#include "source/source.h"

/* The source that the field `name` of the request names, which becomes the draft's object. hf_source_view_done. */
enum hf_err hf_api_source(struct hf_api_request *rq, struct hf_source_view *ret_view) HF_MUST_CHECK;
/* DS-5: the sources of another department are not there for the account; with one of its own, it has those alone. */
bool hf_api_source_seen(const struct hf_api_request *rq, const struct hf_source_view *v);
/* UNKNOWN, with an alarm, when name is a source that is not there for the account. One that is not there at all is
 * for the caller to name. */
enum hf_err hf_api_source_own(struct hf_api_request *rq, const char *name) HF_MUST_CHECK;

#endif
