/* update.c - newer versions of what was delivered to this node (DS-9). */
#include "exchange/update.h"

#include "api/rows.h"
#include "api/transfers.h"

/* Who sees one of the deliveries that are older. */
static bool sees(const struct hf_api_request *rq, const Hufu__UpdateRow *r)
{
	for (size_t i = 0; i < r->n_transfers; i++) {
		struct hf_transfer_view v;
		struct hf_id id;
		if (hf_id_from_bytes(r->transfers[i].data, r->transfers[i].len, &id) &&
		    hf_exchange_view(rq->m->exchange, &id, &v) == HF_OK && hf_api_transfer_sees(rq, &v))
			return true;
	}
	return false;
}

static bool add_update(void *ctx, const Hufu__UpdateRow *r)
{
	struct hf_api_rows *l = ctx;
	if (!sees(l->rq, r))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object(), *changes = json_array();
	hf_api_out_id_of(o, "entry", &r->resource);
	hf_api_out_text(o, "provider", r->provider);
	json_object_set_new(o, "old_version", json_integer(r->old_version));
	hf_api_out_hex(o, "old_digest", r->old_digest.data, r->old_digest.len);
	json_object_set_new(o, "version", json_integer(r->version));
	hf_api_out_hex(o, "digest", r->digest.data, r->digest.len);
	for (size_t i = 0; i < r->n_changes; i++)
		json_array_append_new(changes, json_string(r->changes[i]));
	json_object_set_new(o, "changes", changes);
	json_object_set_new(o, "old_rows", json_integer((json_int_t)r->old_rows));
	json_object_set_new(o, "rows", json_integer((json_int_t)r->rows));
	json_object_set_new(o, "old_bytes", json_integer((json_int_t)r->old_bytes));
	json_object_set_new(o, "bytes", json_integer((json_int_t)r->bytes));
	json_object_set_new(o, "copies", json_integer(r->copies));
	hf_api_out_time_if(o, "modified", r->modified_ms);
	hf_api_out_time_if(o, "told", r->told_ms);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "updates", &rows));
	return hf_update_list(rq->m->exchange, add_update, &rows);
}

const struct hf_route hf_routes_update[] = {
        {"GET", "/v1/updates", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
