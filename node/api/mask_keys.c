/*
 * mask_keys.c - routes of the masking keys: the seeds of contracts are listed and erased. A key itself never leaves the
 * node.
 */
#include "release/mask_keys.h"

#include <stdlib.h>

#include "api/rows.h"
#include "api/transfers.h"
#include "exchange/unmask.h"
#include "release/tasks.h"

static bool add_seed(void *ctx, const Hufu__MaskSeedRow *row)
{
	struct hf_api_rows *l = ctx;
	json_t *o;

	if (hf_api_rows_full(l))
		return false;
	o = json_object();
	hf_api_out_id_of(o, "contract", &row->contract);
	hf_api_out_text(o, "consumer", row->consumer);
	hf_api_out_text(o, "state", row->erased_ms ? "erased" : row->erasing ? "being erased" : "held");
	hf_api_out_time_if(o, "made", row->made_ms);
	hf_api_out_time_if(o, "erased", row->erased_ms);
	hf_api_out_text(o, "by", row->by);
	hf_api_out_text(o, "reason", row->reason);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};

	HF_TRY(hf_api_rows_begin(rq, "seeds", &rows));
	return hf_mask_seeds(rq->m->mask_keys, add_seed, &rows);
}

static void on_erased(void *ctx, enum hf_err e)
{
	struct hf_api_request *rq = ctx;

	if (e != HF_OK)
		hf_fault_set(&rq->fault, e,
		             "the masking seed could not be overwritten: %s; check the disk, and restart the node",
		             hf_err_text(e));
	hf_api_finish(rq, e);
}

static enum hf_err erase(struct hf_api_request *rq)
{
	struct hf_mask_erasure in = {.by = rq->actor->account, .fn = on_erased, .ctx = rq};
	enum hf_err e;

	HF_TRY(hf_api_id(rq, "contract", true, &in.contract));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &in.reason));
	e = hf_mask_seed_erase(rq->m->mask_keys, &in, &rq->fault);
	if (e != HF_OK)
		return e;
	hf_api_out_id(rq->out, "contract", &in.contract);
	hf_api_later(rq);
	return HF_OK;
}

/* ---- reversal ---- */

static bool is_task(struct hf_api_request *rq, const struct hf_id *id)
{
	Hufu__MaskTaskRow *row = NULL;
	struct hf_fault f;
	bool is = hf_task_get(rq->m->release, id, &row, &f) == HF_OK;

	hf_decoded_free(row);
	return is;
}

static enum hf_err see_transfer(struct hf_api_request *rq, const struct hf_id *id)
{
	struct hf_transfer_view v;
	char text[HF_ID_TEXT];

	if (hf_exchange_view(rq->m->exchange, id, &v) == HF_OK && hf_api_transfer_sees(rq, &v))
		return HF_OK;
	hf_id_text(id, text);
	return hf_fault_set(
	        &rq->fault, HF_E_UNKNOWN,
	        "there is no transfer and no masking task %s; `hufu transfers` and `hufu release list` list "
	        "them",
	        text);
}

static void put_values(struct hf_api_request *rq, const char *const *masked, char **plain, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
		        list, json_pack("{s:s, s:s?}", "masked", masked[i], "plain", *plain[i] ? plain[i] : NULL));
	json_object_set_new(rq->out, "values", list);
}

static enum hf_err reverse(struct hf_api_request *rq)
{
	struct hf_unmask in = {.field = NULL};
	const char **values = NULL, *reason = NULL;
	char **plain = NULL;
	enum hf_err e;

	HF_TRY(hf_api_id(rq, "transfer", true, &in.transfer)); /* or a task */
	bool task = is_task(rq, &in.transfer);
	HF_TRY(hf_api_text(rq, "field", true, 127, &in.field));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	if (!task)
		HF_TRY(see_transfer(rq, &in.transfer));
	HF_TRY(hf_api_list(rq, "values", true, HF_UNMASK_VALUES_MAX, &values, &in.count));
	in.values = values;
	hf_draft_text(rq->draft, HF_FIELD_PURPOSE, reason);
	const struct hf_task_unmask of = {in.transfer, in.field, values, in.count};
	e = task ? hf_task_unmask(rq->m->release, &of, rq->draft, &plain, &rq->fault)
	         : hf_exchange_unmask(rq->m->exchange, &in, rq->draft, &plain, &rq->fault);
	if (e == HF_OK)
		put_values(rq, values, plain, in.count);
	hf_unmask_free(plain, in.count);
	free(values);
	return e;
}

const struct hf_route hf_routes_mask_keys[] = {
        {"GET", "/v1/mask/keys", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"POST", "/v1/mask/keys/erase", HF_MAY_MASK_KEYS, HF_EVENT_MASK_KEY_ERASED, erase,
         HF_ROUTE_TWO_FACTORS | HF_ROUTE_OWN_ENTRY},
        {"POST", "/v1/mask/reverse", HF_MAY_UNMASK, HF_EVENT_UNMASK, reverse, HF_ROUTE_TWO_FACTORS},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
