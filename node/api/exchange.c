/*
 * exchange.c - routes of transfers: fetch, cancel, list, show.
 */
#include "exchange/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sight.h"
#include "api/transfers.h"
#include "exchange/unsettled.h"
#include "source/outlet.h"
#include "source/readers/csv_rules.h"
#include "transfer.pb-c.h"

static json_t *view_json(const struct hf_transfer_view *v)
{
	json_t *o = json_object();
	hf_api_out_id(o, "transfer", &v->transfer);
	hf_api_out_id(o, "grant", &v->grant);
	hf_api_out_id(o, "agreement", &v->agreement);
	hf_api_out_id(o, "entry", &v->resource);
	json_object_set_new(o, "role", json_string(v->provider ? "provider" : "consumer"));
	json_object_set_new(o, "peer", json_string(v->peer));
	json_object_set_new(o, "state", json_string(v->state));
	json_object_set_new(o, "reason", json_string(v->reason_code));
	json_object_set_new(o, "text", json_string(v->reason));
	json_object_set_new(o, "bytes_total", json_integer((json_int_t)v->bytes_total));
	json_object_set_new(o, "bytes_done", json_integer((json_int_t)v->bytes_done));
	json_object_set_new(o, "chunks", json_integer((json_int_t)v->chunks));
	json_object_set_new(o, "acknowledged", json_integer((json_int_t)v->acknowledged));
	json_object_set_new(o, "rows", json_integer((json_int_t)v->rows));
	if (v->provider) {
		json_object_set_new(o, "served", json_integer((json_int_t)v->served));
		json_object_set_new(o, "served_after_acknowledgement", json_integer((json_int_t)v->served_after_ack));
	} else {
		json_object_set_new(o, "output", json_string(v->output));
		json_object_set_new(o, "sealed", json_boolean(v->sealed));
		if (v->format)
			json_object_set_new(o, "format", json_string(v->format));
	}
	hf_api_out_hex(o, "root", v->root.b, sizeof(v->root.b));
	json_object_set_new(o, "quality", json_string(v->quality));
	json_object_set_new(o, "receipt", json_boolean(v->receipt));
	hf_api_out_time(o, "started", v->started_ms);
	if (v->ended_ms)
		hf_api_out_time(o, "ended", v->ended_ms);
	return o;
}

static enum hf_err no_transfer(struct hf_api_request *rq, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN, "there is no transfer %s; `hufu transfers` lists them", text);
}

/* Whose it is: the grant says for which department it runs, without one the system does. */
static bool whose(const struct hf_api_request *rq, const struct hf_transfer_view *v, struct hf_grant_view *g)
{
	struct hf_system_view s;
	if (hf_authz_grant(rq->m->authz, &v->grant, g) == HF_OK)
		return true;
	if (v->provider || hf_identity_system(rq->m->identity, v->system, &s) != HF_OK)
		return false;
	snprintf(g->consumer, sizeof(g->consumer), "%s", rq->m->base->self.s);
	snprintf(g->department, sizeof(g->department), "%s", s.department);
	return true;
}

/* What is nobody's is shown to those who see everything. */
bool hf_api_transfer_sees(const struct hf_api_request *rq, const struct hf_transfer_view *v)
{
	struct hf_grant_view g;
	bool known = whose(rq, v, &g);
	return hf_api_sees(rq, known ? g.consumer : "", known ? g.department : "");
}

bool hf_api_transfer_is_own(const struct hf_api_request *rq, const struct hf_transfer_view *v)
{
	struct hf_grant_view g;
	bool known = whose(rq, v, &g);
	return hf_api_acts_for(rq, known ? g.consumer : "", known ? g.department : "");
}

static enum hf_err find(struct hf_api_request *rq, struct hf_transfer_view *ret_view)
{
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "transfer", true, &id));
	if (hf_exchange_view(rq->m->exchange, &id, ret_view) != HF_OK)
		return no_transfer(rq, &id);
	if (hf_api_transfer_sees(rq, ret_view))
		return HF_OK;
	hf_api_unseen(rq, "to reach transfer", &id);
	return no_transfer(rq, &id);
}

/* Another department's system is none. */
enum hf_err hf_api_check_system(struct hf_api_request *rq, const char *name)
{
	struct hf_system_view s;
	if (!name || hf_identity_system(rq->m->identity, name, &s) != HF_OK ||
	    hf_api_acts_for(rq, rq->m->base->self.s, s.department))
		return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_NO_GRANT,
	                    "the system '%.63s' is another department's; name one of your own (`hufu system list`)",
	                    name);
}

/* Another department's agreement is none: refused in the words of the module that finds none. */
static enum hf_err check_grant(struct hf_api_request *rq, const struct hf_fetch *in)
{
	struct hf_grant_view g;
	enum hf_err e = hf_id_is_zero(&in->grant) ? hf_authz_find_grant(rq->m->authz, &in->resource, in->system, &g)
	                                          : hf_authz_grant(rq->m->authz, &in->grant, &g);
	if (e == HF_E_UNKNOWN ||
	    (hf_id_is_zero(&in->grant) && in->mechanism && strcmp(in->mechanism, "attribute") == 0))
		return hf_api_check_system(rq,
		                           in->system); /* by a rule, or the module says itself that nothing is there */
	HF_TRY(hf_fault_default(&rq->fault, e));
	if (hf_api_acts_for(rq, g.consumer, g.department))
		return HF_OK;
	if (!hf_id_is_zero(&in->grant))
		return hf_fault_set(&rq->fault, HF_E_NO_GRANT,
		                    "this node holds no such grant; `hufu grants` lists them");
	HF_TRY(hf_api_check_system(rq, in->system));
	return hf_fault_set(&rq->fault, HF_E_NO_GRANT,
	                    "this node holds no agreement for that resource and system; file an application "
	                    "with `hufu apply`, or state --purpose to ask by the provider's rules");
}

/* A slip in the choice is said here, and not hidden behind what is missing for another one. */
static enum hf_err check_mechanism(struct hf_api_request *rq, const char *name)
{
	static const char *const choices[] = {"attribute", "emergency", "application", "provider"};
	if (!name || !*name)
		return HF_OK;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (strcmp(choices[i], name) == 0)
			return HF_OK;
	return hf_fault_set(
	        &rq->fault, HF_E_MECHANISM,
	        "there is no mechanism '%.40s'; name emergency, attribute, application or provider, or none", name);
}

/* Another department's target is none. */
static enum hf_err check_outlet(struct hf_api_request *rq, const char *to)
{
	struct hf_outlet o;
	char table[HF_LOAD_TABLE];
	HF_TRY(hf_outlet_find(rq->m->sources, to, &o, table, &rq->fault));
	if (!o.department[0] || hf_api_acts_for(rq, rq->m->base->self.s, o.department))
		return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "there is no target '%.63s'; `hufu target list` shows those there are", o.name);
}

/* A file, a table of a registered database or, said in so many words, the node's sealed store. */
static enum hf_err take_target(struct hf_api_request *rq, struct hf_fetch *in)
{
	bool sealed;
	HF_TRY(hf_api_bool(rq, "sealed", false, &sealed));
	HF_TRY(hf_api_text(rq, "to", false, HF_NAME_MAX + HF_LOAD_TABLE, &in->to));
	HF_TRY(hf_api_text(rq, "output", !sealed && !in->to[0], 430, &in->output));
	if (in->to[0])
		HF_TRY(check_outlet(rq, in->to));
	if (in->to[0] && sealed)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "what is kept sealed goes into no table; leave 'to' out, or 'sealed'");
	HF_TRY(hf_api_text(rq, "format", false, 20, &in->format));
	if (sealed && in->output && in->output[0])
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "what is kept sealed has no output file; leave 'output' out, or 'sealed'");
	return HF_OK;
}

static enum hf_err take_choice(struct hf_api_request *rq, struct hf_fetch *in)
{
	HF_TRY(hf_api_text(rq, "system", hf_id_is_zero(&in->grant), HF_NAME_MAX, &in->system));
	HF_TRY(hf_api_text(rq, "purpose", false, 127, &in->purpose));
	HF_TRY(hf_api_text(rq, "mechanism", false, 63, &in->mechanism));
	HF_TRY(hf_api_text(rq, "publisher", false, HF_NAME_MAX, &in->publisher));
	HF_TRY(hf_api_text(rq, "rows", false, 1000, &in->rows));
	return check_mechanism(rq, in->mechanism);
}

/* The next messages of a stream. */
static enum hf_err subscribe(struct hf_api_request *rq)
{
	struct hf_fetch in = {.system = NULL};
	struct hf_subscription s;
	const char **fields = NULL, *folder;
	HF_TRY(hf_api_id(rq, "entry", true, &in.resource));
	HF_TRY(take_choice(rq, &in));
	HF_TRY(hf_api_text(rq, "folder", true, 400, &folder));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, &fields, &in.field_count));
	in.fields = fields;
	enum hf_err e = check_grant(rq, &in);
	if (e == HF_OK)
		e = hf_exchange_subscribe(rq->m->exchange, rq->actor, &in, folder, rq->unit, rq->draft, &s, &rq->fault);
	free(fields);
	HF_TRY(e);
	hf_api_out_id(rq->out, "transfer", &s.transfer);
	json_object_set_new(rq->out, "waits", json_boolean(s.waits));
	json_object_set_new(rq->out, "at", json_integer((json_int_t)s.at));
	json_object_set_new(rq->out, "deliveries", json_integer((json_int_t)s.deliveries));
	json_object_set_new(rq->out, "messages", json_integer((json_int_t)s.messages));
	return HF_OK;
}

static enum hf_err fetch(struct hf_api_request *rq)
{
	struct hf_fetch in = {.system = NULL};
	const char **fields = NULL, **quality = NULL;
	HF_TRY(hf_api_id(rq, "grant", false, &in.grant));
	HF_TRY(hf_api_id(rq, "entry", hf_id_is_zero(&in.grant), &in.resource));
	HF_TRY(take_choice(rq, &in));
	HF_TRY(take_target(rq, &in));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, &fields, &in.field_count));
	in.fields = fields;
	struct hf_id id;
	enum hf_err e = hf_api_list(rq, "quality", false, HF_CSV_RULES_OWN, &quality, &in.quality_count);
	in.quality = quality;
	if (e == HF_OK)
		e = check_grant(rq, &in);
	if (e == HF_OK)
		e = hf_exchange_fetch(rq->m->exchange, rq->actor, &in, rq->unit, rq->draft, &id, &rq->fault);
	free(fields);
	free(quality);
	if (e == HF_OK)
		hf_api_out_id(rq->out, "transfer", &id);
	return e;
}

static enum hf_err end(struct hf_api_request *rq, const struct hf_transfer_view *v)
{
	const char *reason;
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	HF_TRY(hf_exchange_cancel(rq->m->exchange, &v->transfer, reason, rq->unit, &rq->fault));
	hf_id_text(&v->transfer, text);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, text);
	hf_api_out_id(rq->out, "transfer", &v->transfer);
	return HF_OK;
}

/* By those who may fetch, for their own department. */
static enum hf_err cancel(struct hf_api_request *rq)
{
	struct hf_transfer_view v;
	struct hf_grant_view g;
	HF_TRY(find(rq, &v));
	if (v.provider)
		return hf_fault_set(&rq->fault, HF_E_PERMISSION,
		                    "this node provides the data of that transfer; an approver can stop it with `hufu "
		                    "transfers cancel --provider`");
	if (!whose(rq, &v, &g) || !hf_api_acts_for(rq, g.consumer, g.department))
		return hf_fault_set(&rq->fault, HF_E_PERMISSION,
		                    "that transfer is another department's; ask somebody there to cancel it");
	return end(rq, &v);
}

/* By approvers, of what this node provides, also to itself. */
static enum hf_err stop(struct hf_api_request *rq)
{
	struct hf_transfer_view v;
	HF_TRY(find(rq, &v));
	if (!v.provider && strcmp(v.peer, rq->m->base->self.s) != 0)
		return hf_fault_set(
		        &rq->fault, HF_E_PERMISSION,
		        "that transfer is one that this node receives; somebody who may fetch can end it with "
		        "`hufu transfers cancel`");
	return end(rq, &v);
}

static bool add_unsettled(void *ctx, const struct hf_unsettled_view *v)
{
	struct hf_api_rows *l = ctx;
	struct hf_transfer_view t;
	if (hf_exchange_view(l->rq->m->exchange, &v->transfer, &t) == HF_OK && !hf_api_transfer_sees(l->rq, &t))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id(o, "transfer", &v->transfer);
	hf_api_out_id(o, "entry", &v->resource);
	json_object_set_new(o, "peer", json_string(v->peer));
	json_object_set_new(o, "what",
	                    json_string(v->missing       ? "receipt-missing"
	                                : v->undelivered ? "not-taken"
	                                                 : "quality"));
	hf_api_out_time(o, "since", v->since_ms);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err unsettled(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "unsettled", &rows));
	return hf_exchange_unsettled(rq->m->exchange, add_unsettled, &rows);
}

static enum hf_err settle(struct hf_api_request *rq)
{
	struct hf_transfer_view v;
	const char *reason;
	char text[HF_ID_TEXT];
	HF_TRY(find(rq, &v));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	HF_TRY(hf_exchange_settle(rq->m->exchange, rq->actor, &v.transfer, reason, rq->unit, &rq->fault));
	hf_id_text(&v.transfer, text);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, text);
	hf_api_out_id(rq->out, "transfer", &v.transfer);
	return HF_OK;
}

struct list_ctx {
	struct hf_api_request *rq;
	json_t *rows;
	size_t left;
};

static bool add_row(void *ctx, const struct hf_transfer_view *v)
{
	struct list_ctx *l = ctx;
	if (!hf_api_transfer_sees(l->rq, v))
		return true;
	json_array_append_new(l->rows, view_json(v));
	return --l->left > 0;
}

static enum hf_err list(struct hf_api_request *rq)
{
	int64_t limit = 100;
	HF_TRY(hf_api_int(rq, "limit", false, 1, 10000, &limit));
	struct list_ctx l = {rq, json_array(), limit ? (size_t)limit : 100};
	json_object_set_new(rq->out, "transfers", l.rows);
	return hf_exchange_list(rq->m->exchange, add_row, &l);
}

/* MK-22, MK-25: what travelled with the data. */
static void add_label(void *ctx, const Hufu__FieldLabel *l)
{
	json_array_append_new(ctx, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:b}", "field", l->name, "type",
	                                     l->type, "kind", l->kind, "class", l->data_class, "level", (int)l->grade,
	                                     "treatment", l->technique[0] ? l->technique : "plain", "personal",
	                                     l->personal, "sensitive", l->sensitive));
}

static void add_finding(void *ctx, const Hufu__Finding *f)
{
	json_array_append_new(ctx, json_pack("{s:s, s:b, s:s}", "point", f->point, "ok", f->ok, "text", f->text));
}

static enum hf_err show(struct hf_api_request *rq)
{
	struct hf_transfer_view v;
	HF_TRY(find(rq, &v));
	json_t *o = view_json(&v);
	json_t *labels = json_array();
	json_object_set_new(o, "labels", labels);
	if (hf_exchange_labels(rq->m->exchange, &v.transfer, add_label, labels) != HF_OK)
		json_object_del(o, "labels");
	json_t *effect = hf_exchange_effect(rq->m->exchange, &v.transfer);
	if (effect)
		json_object_set_new(o, "effect", effect);
	json_t *findings = json_array();
	json_object_set_new(o, "findings", findings);
	if (hf_exchange_findings(rq->m->exchange, &v.transfer, add_finding, findings) != HF_OK)
		json_object_del(o, "findings");
	json_object_set_new(o, "peer_up", json_boolean(hf_peers_is_up(rq->m->peers, v.peer)));
	json_object_update(rq->out, o);
	json_decref(o);
	return HF_OK;
}

const struct hf_route hf_routes_exchange[] = {
        {"POST", "/v1/transfers/fetch", HF_MAY_FETCH, HF_EVENT_COMMAND, fetch, 0},
        {"POST", "/v1/transfers/subscribe", HF_MAY_FETCH, HF_EVENT_COMMAND, subscribe, 0},
        {"POST", "/v1/transfers/cancel", HF_MAY_FETCH, HF_EVENT_COMMAND, cancel, 0},
        {"POST", "/v1/transfers/stop", HF_MAY_APPROVE, HF_EVENT_COMMAND, stop, 0},
        {"POST", "/v1/transfers/settle", HF_MAY_APPROVE, HF_EVENT_COMMAND, settle, 0},
        {"GET", "/v1/transfers/unsettled", HF_MAY_STATUS, HF_EVENT_INVALID, unsettled, 0},
        {"GET", "/v1/transfers", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/transfers/show", HF_MAY_STATUS, HF_EVENT_INVALID, show, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
