/* destruction.c - routes of the destruction of delivered data: asked for, approved by another, recorded (DS-144). */
#include "exchange/destruction.h"

#include "api/rows.h"
#include "api/sight.h"
#include "api/transfers.h"
#include "authz/destruction.h"

static enum hf_err not_here(struct hf_api_request *rq, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "nothing of transfer %s lies here; `hufu data list` and `hufu transfers` show what does",
	                    text);
}

static bool take_made_of(void *ctx, const Hufu__DestructionRow *r)
{
	struct hf_id *transfer = ctx;
	return !hf_id_from_bytes(r->transfer.data, r->transfer.len, transfer);
}

/* Of a table that was made of a delivery: that delivery. */
static enum hf_err view_of(struct hf_api_request *rq, const struct hf_id *id, struct hf_transfer_view *ret_view)
{
	struct hf_id transfer = {{0}};
	if (hf_exchange_view(rq->m->exchange, id, ret_view) == HF_OK)
		return HF_OK;
	HF_TRY(hf_destruction_list(rq->m->exchange, id, take_made_of, &transfer));
	return hf_exchange_view(rq->m->exchange, &transfer, ret_view);
}

/* Another department's data does not exist for the account. */
static enum hf_err take_transfer(struct hf_api_request *rq, const char *what, struct hf_id *ret_id)
{
	struct hf_transfer_view v;
	HF_TRY(hf_api_id(rq, "transfer", true, ret_id));
	if (view_of(rq, ret_id, &v) != HF_OK)
		return not_here(rq, ret_id);
	if (hf_api_transfer_is_own(rq, &v))
		return HF_OK;
	hf_api_unseen(rq, what, ret_id);
	return not_here(rq, ret_id);
}

static enum hf_err ask(struct hf_api_request *rq)
{
	const char *reason;
	struct hf_id id;
	HF_TRY(take_transfer(rq, "to destroy the data of transfer", &id));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	HF_TRY(hf_destruction_ask(rq->m->exchange, rq->actor, &id, reason, rq->unit, rq->draft, &rq->fault));
	hf_api_out_id(rq->out, "transfer", &id);
	return HF_OK;
}

static enum hf_err answer(struct hf_api_request *rq, bool approved, const char *words)
{
	struct hf_destruction_answer in = {.approve = approved, .words = words ? words : ""};
	HF_TRY(take_transfer(rq, "to answer about the destruction of the data of transfer", &in.transfer));
	HF_TRY(hf_destruction_answer(rq->m->exchange, rq->actor, &in, rq->unit, rq->draft, &rq->fault));
	hf_api_out_id(rq->out, "transfer", &in.transfer);
	return HF_OK;
}

static enum hf_err approve(struct hf_api_request *rq)
{
	return answer(rq, true, NULL);
}

static enum hf_err refuse(struct hf_api_request *rq)
{
	const char *reason;
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	return answer(rq, false, reason);
}

/* ---- looking ---- */

static bool sees(const struct hf_api_request *rq, const ProtobufCBinaryData *transfer)
{
	struct hf_transfer_view v;
	struct hf_id id;
	return hf_id_from_bytes(transfer->data, transfer->len, &id) &&
	       hf_exchange_view(rq->m->exchange, &id, &v) == HF_OK && hf_api_transfer_sees(rq, &v);
}

static bool add_own(void *ctx, const Hufu__DestructionRow *r)
{
	struct hf_api_rows *l = ctx;
	if (!sees(l->rq, &r->transfer))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "destruction", &r->id);
	hf_api_out_id_of(o, "transfer", &r->transfer);
	hf_api_out_id_of(o, "object", &r->object);
	hf_api_out_id_of(o, "entry", &r->resource);
	hf_api_out_id_of(o, "recall", &r->recall);
	hf_api_out_text(o, "role", "consumer");
	hf_api_out_text(o, "party", r->provider);
	hf_api_out_text(o, "kind", r->kind);
	hf_api_out_text(o, "state", r->state);
	hf_api_out_text(o, "policy", r->policy);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "asked_by", r->asked_by);
	hf_api_out_text(o, "answered_by", r->approved_by);
	hf_api_out_text(o, "answer", r->answer);
	hf_api_out_text(o, "outcome", r->outcome);
	hf_api_out_text(o, "method", r->method);
	hf_api_out_text(o, "verification", r->verification);
	json_object_set_new(o, "failed", json_integer(r->attempts));
	hf_api_out_hex(o, "record", r->record_digest.data, r->record_digest.len);
	hf_api_out_time_if(o, "asked", r->asked_ms);
	hf_api_out_time_if(o, "answered", r->approved_ms);
	hf_api_out_time_if(o, "destroyed", r->ended_ms);
	json_array_append_new(l->list, o);
	return true;
}

static bool add_told(void *ctx, const Hufu__DestroyedRow *r)
{
	struct hf_api_rows *l = ctx;
	if (!sees(l->rq, &r->transfer))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "destruction", &r->destruction);
	hf_api_out_id_of(o, "transfer", &r->transfer);
	hf_api_out_id_of(o, "object", &r->object);
	hf_api_out_id_of(o, "entry", &r->resource);
	hf_api_out_id_of(o, "recall", &r->recall);
	hf_api_out_text(o, "role", "provider");
	hf_api_out_text(o, "party", r->consumer);
	hf_api_out_text(o, "kind", r->kind);
	hf_api_out_text(o, "state", "done");
	hf_api_out_text(o, "policy", r->policy);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "asked_by", r->asked_by);
	hf_api_out_text(o, "answered_by", r->approved_by);
	hf_api_out_text(o, "outcome", r->outcome);
	hf_api_out_text(o, "method", r->method);
	hf_api_out_text(o, "verification", r->verification);
	hf_api_out_hex(o, "record", r->record_digest.data, r->record_digest.len);
	hf_api_out_time_if(o, "destroyed", r->destroyed_ms);
	hf_api_out_time_if(o, "told", r->told_ms);
	json_array_append_new(l->list, o);
	return true;
}

/* Of both sides: this node's own, and the signed records of consumers. */
static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "transfer", false, &id));
	const struct hf_id *of = hf_id_is_zero(&id) ? NULL : &id;
	HF_TRY(hf_api_rows_begin(rq, "destructions", &rows));
	HF_TRY(hf_destruction_list(rq->m->exchange, of, add_own, &rows));
	return hf_destroyed_list(rq->m->authz, of, add_told, &rows);
}

const struct hf_route hf_routes_destruction[] = {
        {"POST", "/v1/data/destroy", HF_MAY_CONFIRM_NEED, HF_EVENT_DESTRUCTION_ASKED, ask, 0},
        {"POST", "/v1/data/destruction/approve", HF_MAY_DESTROY_APPROVE, HF_EVENT_DESTRUCTION_APPROVED, approve, 0},
        {"POST", "/v1/data/destruction/refuse", HF_MAY_DESTROY_APPROVE, HF_EVENT_DESTRUCTION_REFUSED, refuse, 0},
        {"GET", "/v1/data/destructions", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
