/* consent.c - the routes of the records of consent, or of another lawful basis, that the use of personal information
 * rests on (SB-6). The privacy expert keeps them. Judged in node/catalog. */
#include "catalog/consent.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/limits.h"

static void record(struct hf_api_request *rq, const struct hf_id *id, const char *detail)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, text);
	hf_draft_bytes(rq->draft, HF_FIELD_CONSENT, id->b, sizeof(id->b));
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, detail);
	hf_api_out_id(rq->out, "consent", id);
}

static enum hf_err read_row(struct hf_api_request *rq, Hufu__ConsentRow *row, const char ***ret_purposes)
{
	const char *basis = "", *subject = "", *evidence = "";
	HF_TRY(hf_api_text(rq, "basis", true, 511, &basis));
	HF_TRY(hf_api_text(rq, "subject", true, 511, &subject));
	HF_TRY(hf_api_text(rq, "evidence", false, 511, &evidence));
	HF_TRY(hf_api_list(rq, "purposes", true, 64, ret_purposes, &row->n_purposes));
	HF_TRY(hf_api_time(rq, "from", false, &row->from_ms));
	HF_TRY(hf_api_time(rq, "until", true, &row->until_ms));
	row->basis = (char *)basis;
	row->subject = (char *)subject;
	row->evidence = (char *)evidence;
	row->purposes = (char **)*ret_purposes;
	return HF_OK;
}

static enum hf_err add(struct hf_api_request *rq)
{
	Hufu__ConsentRow row = HUFU__CONSENT_ROW__INIT;
	int64_t now = hf_now_ms(&rq->m->base->clock);
	struct hf_id id = hf_id_new(now);
	const char **purposes = NULL;
	enum hf_err e = read_row(rq, &row, &purposes);
	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.made_ms = now;
	row.recorded_by = (char *)rq->actor->account;
	if (e == HF_OK)
		e = hf_consent_check(rq->m->catalog, &row, &rq->fault);
	if (e == HF_OK)
		e = hf_fault_default(&rq->fault, hf_consent_put(rq->unit, &row));
	if (e == HF_OK)
		record(rq, &id, row.basis);
	free(purposes);
	return e;
}

static enum hf_err withdraw(struct hf_api_request *rq)
{
	const char *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "consent", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	HF_TRY(hf_consent_end(rq->m->catalog, &id, rq->actor->account, reason, rq->unit, &rq->fault));
	record(rq, &id, reason);
	return HF_OK;
}

struct listing {
	json_t *rows;
	int64_t now_ms;
};

static bool add_row(void *ctx, const Hufu__ConsentRow *row)
{
	struct listing *l = ctx;
	json_t *o = json_object(), *purposes = json_array();
	struct hf_id id;
	if (hf_id_from_bytes(row->id.data, row->id.len, &id))
		hf_api_out_id(o, "consent", &id);
	json_object_set_new(o, "state", json_string(hf_consent_state(row, l->now_ms)));
	json_object_set_new(o, "basis", json_string(row->basis));
	json_object_set_new(o, "subject", json_string(row->subject));
	json_object_set_new(o, "evidence", json_string(row->evidence));
	for (size_t i = 0; i < row->n_purposes; i++)
		json_array_append_new(purposes, json_string(row->purposes[i]));
	json_object_set_new(o, "purposes", purposes);
	json_object_set_new(o, "recorded_by", json_string(row->recorded_by));
	hf_api_out_time(o, "until", row->until_ms);
	if (row->ended_ms) {
		hf_api_out_time(o, "ended", row->ended_ms);
		json_object_set_new(o, "ended_reason", json_string(row->ended_reason));
	}
	json_array_append_new(l->rows, o);
	return json_array_size(l->rows) < 1000;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct listing l = {json_array(), hf_now_ms(&rq->m->base->clock)};
	json_object_set_new(rq->out, "consents", l.rows);
	return hf_fault_default(&rq->fault, hf_consent_list(rq->m->catalog, add_row, &l));
}

const struct hf_route hf_routes_consent[] = {
        {"POST", "/v1/consents/add", HF_MAY_PRIVACY_REVIEW, HF_EVENT_CONSENT, add, 0},
        {"POST", "/v1/consents/withdraw", HF_MAY_PRIVACY_REVIEW, HF_EVENT_CONSENT_END, withdraw, 0},
        {"GET", "/v1/consents", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
