/* sources.h - what routes of sources share. */
#ifndef HUFU_API_SOURCES_H
#define HUFU_API_SOURCES_H

#include "api/api.h"
#include "source/source.h"

/* The source that the field `name` of the request names, which becomes the draft's object. hf_source_view_done. */
enum hf_err hf_api_source(struct hf_api_request *rq, struct hf_source_view *ret_view) HF_MUST_CHECK;

#endif
