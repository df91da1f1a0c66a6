/*
 * data.c - routes of data that this node keeps sealed (DS-85): read piece by piece, listed with its reads.
 */
#include "exchange/data.h"

#include <stdlib.h>

#include "api/rows.h"
#include "api/sight.h"
#include "api/transfers.h"
#include "authz/data_use.h"

/* ---- whose it is ---- */

static enum hf_err not_here(struct hf_api_request *rq, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "nothing of transfer %s is kept sealed here; `hufu data list` shows what is", text);
}

/* Another department's data does not exist for the account. */
static enum hf_err check_own(struct hf_api_request *rq, const struct hf_id *id, const char *what)
{
	struct hf_transfer_view v;
	if (hf_exchange_view(rq->m->exchange, id, &v) != HF_OK)
		return not_here(rq, id);
	if (hf_api_transfer_is_own(rq, &v))
		return HF_OK;
	hf_api_unseen(rq, what, id);
	return not_here(rq, id);
}

/* ---- reading ---- */

static enum hf_err open_read(struct hf_api_request *rq)
{
	struct hf_data_read in = {.purpose = NULL};
	const char **fields = NULL;
	struct hf_id read;
	HF_TRY(hf_api_id(rq, "transfer", true, &in.transfer));
	HF_TRY(hf_api_text(rq, "purpose", true, 127, &in.purpose));
	HF_TRY(check_own(rq, &in.transfer, "to read the data of transfer"));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, &fields, &in.field_count));
	in.fields = fields;
	enum hf_err e = hf_api_bool(rq, "stale", false, &in.stale);
	if (e == HF_OK)
		e = hf_data_read_open(rq->m->exchange, rq->actor, &in, rq->unit, rq->draft, &read, &rq->fault);
	free(fields);
	if (e == HF_OK)
		hf_api_out_id(rq->out, "read", &read);
	return e;
}

static void on_piece(void *ctx, const struct hf_data_piece *p)
{
	struct hf_api_request *rq = ctx;
	if (p->error == HF_OK)
		hf_api_body(rq, "text/csv", p->bytes, p->len);
	else
		hf_fault_set(&rq->fault, p->error, "%s", p->text);
	hf_api_finish(rq, p->error);
}

/* A piece of the table, or, behind the last one, how much it was. The module writes the entry of the end itself. */
static enum hf_err next_piece(struct hf_api_request *rq)
{
	struct hf_data_sink sink = {on_piece, rq};
	struct hf_data_end end = {false, 0, 0};
	struct hf_id read;
	HF_TRY(hf_api_id(rq, "read", true, &read));
	if (!hf_data_read_is(rq->m->exchange, rq->actor, &read))
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
		                    "there is no such read under way; begin one with `hufu data read`");
	hf_api_later(rq);
	enum hf_err e = hf_data_read_next(rq->m->exchange, rq->actor, &read, &sink, &end, &rq->fault);
	if (e != HF_OK || !end.reached)
		return e;
	json_object_set_new(rq->out, "complete", json_true());
	json_object_set_new(rq->out, "rows", json_integer((json_int_t)end.rows));
	json_object_set_new(rq->out, "bytes", json_integer((json_int_t)end.bytes));
	hf_api_finish(rq, HF_OK);
	return HF_OK;
}

/* ---- looking ---- */

static json_t *texts(char *const *list, size_t count)
{
	json_t *a = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

/* Why nobody reads it, when there is a word for it. */
static const char *why_closed(const struct hf_api_request *rq, const Hufu__HeldRow *h, struct hf_fault *f)
{
	if (h->destroyed_reason[0])
		return h->destroyed_reason;
	return hf_data_use_stopped(rq->m->authz, h, f) == HF_OK ? "" : f->text;
}

static json_t *held_json(const struct hf_api_request *rq, const Hufu__HeldRow *h)
{
	struct hf_fault f = {HF_OK, ""};
	json_t *o = json_object();
	hf_api_out_id_of(o, "transfer", &h->transfer);
	hf_api_out_text(o, "state", hf_data_state(rq->m->exchange, h));
	hf_api_out_id_of(o, "entry", &h->resource);
	hf_api_out_id_of(o, "grant", &h->grant);
	hf_api_out_text(o, "provider", h->provider);
	hf_api_out_text(o, "system", h->system);
	hf_api_out_text(o, "purpose", h->purpose);
	hf_api_out_text(o, "class", h->data_class);
	json_object_set_new(o, "level", json_integer(h->level));
	json_object_set_new(o, "sensitive", json_boolean(h->sensitive));
	json_object_set_new(o, "bytes", json_integer((json_int_t)h->bytes));
	json_object_set_new(o, "rows", json_integer((json_int_t)h->rows));
	json_object_set_new(o, "reads", json_integer((json_int_t)h->reads));
	json_object_set_new(o, "fields", texts(h->fields, h->n_fields));
	json_object_set_new(o, "obligations", texts(h->obligations, h->n_obligations));
	hf_api_out_text(o, "account", h->account);
	hf_api_out_time_if(o, "held", h->held_ms);
	hf_api_out_time_if(o, "until", h->until_ms);
	hf_api_out_time_if(o, "delete", h->delete_ms);
	json_object_set_new(o, "delete_at_end", json_boolean(h->delete_at_end));
	hf_api_out_time_if(o, "destroyed", h->destroyed_ms);
	hf_api_out_text(o, "reason", why_closed(rq, h, &f));
	return o;
}

static bool sees(const struct hf_api_request *rq, const ProtobufCBinaryData *transfer)
{
	struct hf_transfer_view v;
	struct hf_id id;
	return hf_id_from_bytes(transfer->data, transfer->len, &id) &&
	       hf_exchange_view(rq->m->exchange, &id, &v) == HF_OK && hf_api_transfer_sees(rq, &v);
}

static bool add_held(void *ctx, const Hufu__HeldRow *h)
{
	struct hf_api_rows *l = ctx;
	if (!sees(l->rq, &h->transfer))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_array_append_new(l->list, held_json(l->rq, h));
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "data", &rows));
	return hf_data_list(rq->m->exchange, add_held, &rows);
}

static bool add_read(void *ctx, const Hufu__HeldReadRow *r)
{
	struct hf_api_rows *l = ctx;
	if (!sees(l->rq, &r->transfer))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "read", &r->read);
	hf_api_out_id_of(o, "transfer", &r->transfer);
	hf_api_out_text(o, "role", "consumer");
	hf_api_out_text(o, "by", r->account);
	hf_api_out_text(o, "outcome", r->ended_ms ? r->outcome : "under way");
	hf_api_out_text(o, "reason", r->reason);
	json_object_set_new(o, "rows", json_integer((json_int_t)r->rows));
	json_object_set_new(o, "bytes", json_integer((json_int_t)r->bytes));
	json_object_set_new(o, "fields", texts(r->fields, r->n_fields));
	hf_api_out_text(o, "second", r->second);
	hf_api_out_text(o, "view", r->view);
	hf_api_out_text(o, "masking", r->masking);
	hf_api_out_time_if(o, "begun", r->begun_ms);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	json_array_append_new(l->list, o);
	return true;
}

static bool add_report(void *ctx, const Hufu__ReadReportRow *r)
{
	struct hf_api_rows *l = ctx;
	char by[2 * HF_NAME_MAX + 2];
	if (!sees(l->rq, &r->transfer))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	snprintf(by, sizeof(by), "%.63s/%.63s", r->consumer, r->account);
	hf_api_out_id_of(o, "read", &r->read);
	hf_api_out_id_of(o, "transfer", &r->transfer);
	hf_api_out_text(o, "role", "provider");
	hf_api_out_text(o, "by", by);
	hf_api_out_text(o, "system", r->system);
	hf_api_out_text(o, "purpose", r->purpose);
	hf_api_out_text(o, "outcome", r->outcome);
	hf_api_out_text(o, "reason", r->reason);
	json_object_set_new(o, "rows", json_integer((json_int_t)r->rows));
	json_object_set_new(o, "bytes", json_integer((json_int_t)r->bytes));
	json_object_set_new(o, "fields", texts(r->fields, r->n_fields));
	json_object_set_new(o, "count", json_integer((json_int_t)r->count));
	hf_api_out_time_if(o, "begun", r->begun_ms);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	hf_api_out_time_if(o, "reported", r->reported_ms);
	json_array_append_new(l->list, o);
	return true;
}

/* Of both sides: this node's own reads, and those that consumers have reported to it. */
static enum hf_err reads(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "transfer", false, &id));
	const struct hf_id *of = hf_id_is_zero(&id) ? NULL : &id;
	HF_TRY(hf_api_rows_begin(rq, "reads", &rows));
	HF_TRY(hf_data_reads(rq->m->exchange, of, add_read, &rows));
	return hf_read_reports(rq->m->authz, of, add_report, &rows);
}

const struct hf_route hf_routes_data[] = {
        {"POST", "/v1/data/read", HF_MAY_FETCH, HF_EVENT_DATA_READ, open_read, 0},
        {"POST", "/v1/data/next", HF_MAY_FETCH, HF_EVENT_DATA_READ, next_piece, HF_ROUTE_OWN_ENTRY},
        {"GET", "/v1/data", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/data/reads", HF_MAY_STATUS, HF_EVENT_INVALID, reads, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
