/*
 * mask_keys.c - routes of the masking keys: the seeds of contracts are listed and erased. A key itself never leaves the
 * node.
 */
#include "release/mask_keys.h"

#include "api/rows.h"

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

const struct hf_route hf_routes_mask_keys[] = {
        {"GET", "/v1/mask/keys", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"POST", "/v1/mask/keys/erase", HF_MAY_MASK_KEYS, HF_EVENT_MASK_KEY_ERASED, erase,
         HF_ROUTE_TWO_FACTORS | HF_ROUTE_OWN_ENTRY},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
