/* recall.c - routes of recalls (DS-10 ... DS-12): asked for by one, approved by another, answered by the recipients. */
#include "exchange/recall.h"

#include "api/rows.h"
#include "api/sight.h"
#include "api/transfers.h"

static enum hf_err no_recall(struct hf_api_request *rq, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN, "there is no recall %s; `hufu recall list` shows them", text);
}

/* Another department's entries do not exist for the account. */
static bool sees_entry(const struct hf_api_request *rq, const struct hf_id *entry)
{
	const struct hf_catalog_item *it = hf_catalog_own_item(rq->m->catalog, entry);
	return it && hf_api_sees(rq, rq->m->base->self.s, it->entry->department);
}

static bool sees_row(const struct hf_api_request *rq, const Hufu__RecallRow *r)
{
	struct hf_id entry;
	return hf_id_from_bytes(r->resource.data, r->resource.len, &entry) && sees_entry(rq, &entry);
}

static enum hf_err ask(struct hf_api_request *rq)
{
	struct hf_recall_in in = {.from = 0};
	int64_t from = 0, to = 0, hours = HF_RECALL_HOURS;
	struct hf_id recall;
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_id(rq, "entry", true, &in.entry));
	HF_TRY(hf_api_int(rq, "from_version", false, 0, UINT32_MAX, &from));
	HF_TRY(hf_api_int(rq, "to_version", false, 0, UINT32_MAX, &to));
	HF_TRY(hf_api_int(rq, "hours", false, 1, HF_RECALL_HOURS_MAX, &hours));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &in.reason));
	hf_id_text(&in.entry, text);
	if (!sees_entry(rq, &in.entry)) {
		hf_api_unseen(rq, "to recall entry", &in.entry);
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
		                    "this node has published no entry %s; `hufu catalog list` shows what it has", text);
	}
	in.from = (uint32_t)from;
	in.to = (uint32_t)to;
	in.hours = (uint32_t)hours;
	HF_TRY(hf_recall_ask(rq->m->exchange, rq->actor, &in, rq->unit, rq->draft, &recall, &rq->fault));
	hf_api_out_id(rq->out, "recall", &recall);
	return HF_OK;
}

static enum hf_err take_recall(struct hf_api_request *rq, Hufu__RecallRow **ret_row, struct hf_id *ret_id)
{
	HF_TRY(hf_api_id(rq, "recall", true, ret_id));
	enum hf_err e = hf_recall_get(rq->m->exchange, ret_id, ret_row);
	if (e == HF_OK && sees_row(rq, *ret_row))
		return HF_OK;
	if (e == HF_OK)
		hf_decoded_free(HF_TAKE(*ret_row));
	return e == HF_OK || e == HF_E_UNKNOWN ? no_recall(rq, ret_id) : hf_fault_default(&rq->fault, e);
}

static enum hf_err decide(struct hf_api_request *rq, bool yes, const char *words)
{
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = NULL;
	struct hf_recall_decision in = {.approve = yes, .words = words};
	HF_TRY(take_recall(rq, &row, &in.recall));
	HF_TRY(hf_recall_decide(rq->m->exchange, rq->actor, &in, rq->unit, rq->draft, &rq->fault));
	hf_api_out_id(rq->out, "recall", &in.recall);
	return HF_OK;
}

static enum hf_err approve(struct hf_api_request *rq)
{
	return decide(rq, true, "");
}

static enum hf_err refuse(struct hf_api_request *rq)
{
	const char *reason;
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	return decide(rq, false, reason);
}

/* ---- looking ---- */

static void fill(const struct hf_api_request *rq, json_t *o, const Hufu__RecallRow *r)
{
	hf_api_out_id_of(o, "recall", &r->id);
	hf_api_out_id_of(o, "entry", &r->resource);
	hf_api_out_text(o, "state", hf_recall_state(rq->m->exchange, r));
	json_object_set_new(o, "from_version", json_integer(r->from_version));
	json_object_set_new(o, "to_version", json_integer(r->to_version));
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "asked_by", r->asked_by);
	hf_api_out_text(o, "answered_by", r->approved_by);
	hf_api_out_text(o, "answer", r->answer);
	hf_api_out_id_of(o, "follows", &r->parent);
	hf_api_out_id_of(o, "follows_transfer", &r->parent_transfer);
	json_object_set_new(o, "deliveries", json_integer(r->parties));
	hf_api_out_text(o, "note", r->note);
	hf_api_out_time_if(o, "asked", r->asked_ms);
	hf_api_out_time_if(o, "begun", r->approved_ms);
	if (r->approved_ms)
		hf_api_out_time_if(o, "deadline", r->deadline_ms);
	hf_api_out_time_if(o, "done", r->done_ms);
}

static bool add_row(void *ctx, const Hufu__RecallRow *r)
{
	struct hf_api_rows *l = ctx;
	if (!sees_row(l->rq, r))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	fill(l->rq, o, r);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "recalls", &rows));
	return hf_recall_list(rq->m->exchange, add_row, &rows);
}

static bool add_party(void *ctx, const Hufu__RecallPartyRow *r)
{
	struct hf_api_rows *l = ctx;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "transfer", &r->transfer);
	hf_api_out_text(o, "node", r->node);
	json_object_set_new(o, "version", json_integer(r->version));
	hf_api_out_text(o, "state", r->state);
	hf_api_out_text(o, "note", r->note);
	json_object_set_new(o, "objects", json_integer(r->objects));
	hf_api_out_hex(o, "answer", r->answer_digest.data, r->answer_digest.len);
	hf_api_out_time_if(o, "told", r->told_ms);
	hf_api_out_time_if(o, "stopped", r->stopped_ms);
	hf_api_out_time_if(o, "done", r->done_ms);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err show(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = NULL;
	struct hf_api_rows rows = {.rq = rq};
	struct hf_id id;
	HF_TRY(take_recall(rq, &row, &id));
	fill(rq, rq->out, row);
	HF_TRY(hf_api_rows_begin(rq, "parties", &rows));
	return hf_recall_parties(rq->m->exchange, &id, add_party, &rows);
}

static bool add_recalled(void *ctx, const Hufu__RecalledRow *r)
{
	struct hf_api_rows *l = ctx;
	struct hf_transfer_view v;
	struct hf_id id;
	if (!hf_id_from_bytes(r->transfer.data, r->transfer.len, &id) ||
	    hf_exchange_view(l->rq->m->exchange, &id, &v) != HF_OK || !hf_api_transfer_sees(l->rq, &v))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "transfer", &r->transfer);
	hf_api_out_id_of(o, "recall", &r->recall);
	hf_api_out_id_of(o, "entry", &r->resource);
	hf_api_out_text(o, "provider", r->provider);
	hf_api_out_text(o, "state", r->state);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_time_if(o, "told", r->told_ms);
	hf_api_out_time_if(o, "deadline", r->deadline_ms);
	hf_api_out_time_if(o, "done", r->done_ms);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err received(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "recalled", &rows));
	return hf_recalled_list(rq->m->exchange, add_recalled, &rows);
}

const struct hf_route hf_routes_recall[] = {
        {"POST", "/v1/recalls", HF_MAY_PUBLISH, HF_EVENT_RECALL_ASKED, ask, 0},
        {"POST", "/v1/recalls/approve", HF_MAY_APPROVE, HF_EVENT_RECALL_APPROVED, approve, 0},
        {"POST", "/v1/recalls/refuse", HF_MAY_APPROVE, HF_EVENT_RECALL_REFUSED, refuse, 0},
        {"GET", "/v1/recalls", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/recalls/show", HF_MAY_STATUS, HF_EVENT_INVALID, show, 0},
        {"GET", "/v1/recalls/received", HF_MAY_STATUS, HF_EVENT_INVALID, received, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
