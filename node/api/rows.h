/*
 * rows.h - what the files of routes have in common: the step that a command is, fields of stored rows in an answer,
 * lists that are cut at a limit.
 */
#ifndef HUFU_API_ROWS_H
#define HUFU_API_ROWS_H

#include "api/api.h"
#include "authz/negotiation.h"

static inline struct hf_step_in hf_api_step(struct hf_api_request *rq)
{
	return (struct hf_step_in){rq->actor, rq->unit, rq->draft, &rq->fault};
}

void hf_api_out_text(json_t *o, const char *name, const char *text); /* NULL is "" */
/* Left out when they are none: a time of 0, bytes that are no id. */
void hf_api_out_time_if(json_t *o, const char *name, int64_t ms);
void hf_api_out_id_of(json_t *o, const char *name, const ProtobufCBinaryData *b);

/* A list in an answer; each file's own callback context begins with it. */
struct hf_api_rows {
	struct hf_api_request *rq;
	json_t *list;
	int64_t limit; /* field "limit"; newest first, and what is older is left out */
};
/* Begins the array of that name; "more" tells that rows were left out. */
enum hf_err hf_api_rows_begin(struct hf_api_request *rq, const char *name, struct hf_api_rows *ret_rows) HF_MUST_CHECK;
/* Nothing more fits: the row at hand is left out. */
bool hf_api_rows_full(struct hf_api_rows *l);

#endif
