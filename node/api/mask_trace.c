/*
 * mask_trace.c - routes of tracing: whose release leaked rows are from (release/tracing.h). The rows are bounded by the
 * size of the body before they are read.
 */
#include "release/tracing.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/sources.h"

/* Of what was sent, so that whoever has the file can show that it was this one. */
static void digest_of(const json_t *header, const json_t *rows, struct hf_hash *ret_digest)
{
	json_t *both = json_pack("{s:O, s:O}", "header", header, "rows", rows);
	char *text = json_dumps(both, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text)
		abort(); /* memory is gone */
	hf_sha256(text, strlen(text), ret_digest);
	free(text);
	json_decref(both);
}

static enum hf_err begin(struct hf_api_request *rq)
{
	const json_t *header = json_object_get(rq->in, "header"), *rows = json_object_get(rq->in, "rows");
	struct hf_tracing_in in = {.account = rq->actor->account};
	struct hf_id id;
	enum hf_err e;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "leak");
	HF_TRY(hf_api_text(rq, "source", true, HF_NAME_MAX, &in.source));
	HF_TRY(hf_api_source_own(rq, in.source));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &in.reason));
	HF_TRY(hf_trace_read(header, rows, &in.trace, &rq->fault));
	digest_of(header, rows, &in.digest);
	e = hf_traced_new(rq->m->store, rq->m->sources, in.source, &in.list, &rq->fault);
	if (e != HF_OK) {
		hf_trace_free(in.trace);
		return e;
	}
	HF_TRY(hf_tracing_begin(rq->m->tracing, &in, rq->draft, &id, &rq->fault));
	hf_api_out_id(rq->out, "trace", &id);
	return HF_OK;
}

static enum hf_err progress(struct hf_api_request *rq)
{
	json_t *shown = NULL;
	struct hf_id id;

	HF_TRY(hf_api_id(rq, "trace", true, &id));
	HF_TRY(hf_tracing_show(rq->m->tracing, &id, &shown, &rq->fault));
	json_object_update(rq->out, shown);
	json_decref(shown);
	return HF_OK;
}

static enum hf_err cancel(struct hf_api_request *rq)
{
	struct hf_id id;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "leak");
	HF_TRY(hf_api_id(rq, "trace", true, &id));
	hf_draft_txn(rq->draft, &id);
	hf_draft_text(rq->draft, HF_FIELD_PROCESSING, "the trace is to end");
	HF_TRY(hf_tracing_cancel(rq->m->tracing, &id, &rq->fault));
	hf_api_out_id(rq->out, "trace", &id);
	return HF_OK;
}

const struct hf_route hf_routes_mask_trace[] = {
        {"POST", "/v1/mask/trace", HF_MAY_TRACE, HF_EVENT_MASK_TRACE, begin, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/mask/trace/cancel", HF_MAY_TRACE, HF_EVENT_MASK_TRACE, cancel, HF_ROUTE_TWO_FACTORS},
        {"GET", "/v1/mask/trace/progress", HF_MAY_TRACE, HF_EVENT_INVALID, progress, HF_ROUTE_TWO_FACTORS},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
