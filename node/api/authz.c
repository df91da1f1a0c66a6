/*
 * authz.c - the routes of applications, grants and notices. What a person sends is read here, judged in node/authz,
 * shown here.
 */
#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sight.h"
#include "authz/deadline.h"
#include "authz/delegation.h"
#include "authz/dispute.h"
#include "authz/negotiation.h"

/* ---- showing ---- */

/* The state that matters here: the consumer's when this node applied, else the provider's, else the intake node's. */
static enum hf_part main_part(const Hufu__ApplicationRow *r)
{
	if (r->consumer_state)
		return HF_PART_CONSUMER;
	return r->provider_state ? HF_PART_PROVIDER : HF_PART_INTAKE;
}

static enum hf_review_state state_of(const Hufu__ApplicationRow *r, enum hf_part part)
{
	uint32_t s = part == HF_PART_CONSUMER ? r->consumer_state
	             : part == HF_PART_INTAKE ? r->intake_state
	                                      : r->provider_state;
	return s < HF_REVIEW_COUNT ? (enum hf_review_state)s : HF_REVIEW_NONE;
}

static json_t *parts_json(const Hufu__ApplicationRow *r)
{
	json_t *o = json_object();
	for (enum hf_part p = HF_PART_CONSUMER; p < HF_PART_COUNT; p++) {
		enum hf_review_state s = state_of(r, p);
		if (s == HF_REVIEW_NONE)
			continue;
		json_t *part = json_object();
		hf_api_out_text(part, "state", hf_states_name(s));
		hf_api_out_text(part, "negotiation", hf_states_negotiation_name(hf_states_negotiation(s)));
		json_object_set_new(o, hf_states_part_name(p), part);
	}
	return o;
}

static void out_subject(json_t *o, const Hufu__ApplicationRow *r)
{
	hf_api_out_id_of(o, "application", &r->id);
	hf_api_out_id_of(o, "transaction", &r->txn);
	json_object_set_new(o, "revision", json_integer(r->revision));
	hf_api_out_id_of(o, "resource", &r->resource);
	hf_api_out_text(o, "title", r->title);
	hf_api_out_text(o, "provider", r->provider);
	hf_api_out_text(o, "intake", r->intake);
	hf_api_out_text(o, "organization", r->organization);
	hf_api_out_text(o, "department", r->department);
	hf_api_out_text(o, "system", r->system);
	hf_api_out_text(o, "applicant", r->applicant);
	hf_api_out_text(o, "purpose", r->purpose);
	hf_api_out_time_if(o, "from", r->from_ms);
	hf_api_out_time_if(o, "until", r->until_ms);
	json_object_set_new(o, "sensitive", json_boolean(r->sensitive));
	json_object_set_new(o, "personal", json_boolean(r->personal));
}

/* AZ-21 */
static bool is_overdue(struct hf_api_request *rq, const Hufu__ApplicationRow *r)
{
	struct hf_deadline t;
	return hf_authz_deadline(rq->m->authz, r, &t) && t.open && hf_now_ms(&rq->m->base->clock) >= t.due_ms;
}

static void out_deadline(json_t *o, struct hf_api_request *rq, const Hufu__ApplicationRow *r)
{
	struct hf_deadline t;
	if (!hf_authz_deadline(rq->m->authz, r, &t))
		return;
	hf_api_out_time_if(o, "sent", t.sent_ms);
	hf_api_out_time_if(o, "due", t.due_ms);
	json_object_set_new(o, "overdue", json_boolean(is_overdue(rq, r)));
}

/* AZ-20 */
static void out_disputes(json_t *o, struct hf_api_request *rq, const Hufu__ApplicationRow *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->n_disputes; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
		struct hf_id id;
		if (!hf_id_from_bytes(r->disputes[i].data, r->disputes[i].len, &id) ||
		    hf_dispute_get(rq->m->authz, &id, &row) != HF_OK)
			continue;
		json_t *d = json_object();
		hf_api_out_id(d, "dispute", &id);
		hf_api_out_text(d, "about", row->about);
		hf_api_out_text(d, "raised_by", row->raised_by);
		hf_api_out_text(d, "reason", row->reason);
		hf_api_out_text(d, "outcome", hf_dispute_outcome_name(row->outcome));
		hf_api_out_text(d, "outcome_reason", row->outcome_reason);
		hf_api_out_id_of(d, "successor", &row->successor);
		json_array_append_new(list, d);
	}
	json_object_set_new(o, "disputes", list);
	hf_api_out_id_of(o, "dispute", &r->dispute);
	hf_api_out_id_of(o, "follows", &r->follows);
}

/* As that part sees it; HF_PART_INVALID: the main one. */
static json_t *application_json(struct hf_api_request *rq, const Hufu__ApplicationRow *r, enum hf_part part)
{
	json_t *o = json_object();
	part = part == HF_PART_INVALID ? main_part(r) : part;
	enum hf_review_state s = state_of(r, part);
	out_subject(o, r);
	hf_api_out_text(o, "role", hf_states_part_name(part));
	hf_api_out_text(o, "state", hf_states_name(s));
	hf_api_out_text(o, "negotiation", hf_states_negotiation_name(hf_states_negotiation(s)));
	json_object_set_new(o, "parts", parts_json(r));
	hf_api_out_text(o, "result", r->result);
	hf_api_out_text(o, "reason_code", r->reason_code);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_id_of(o, "grant", &r->grant);
	hf_api_out_id_of(o, "agreement", &r->agreement);
	hf_api_out_time_if(o, "created", r->created_ms);
	hf_api_out_time_if(o, "changed", r->changed_ms);
	out_deadline(o, rq, r);
	out_disputes(o, rq, r);
	return o;
}

static json_t *findings_json(Hufu__Finding *const *list, size_t count)
{
	json_t *a = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();
		hf_api_out_text(o, "point", list[i]->point);
		json_object_set_new(o, "ok", json_boolean(list[i]->ok));
		hf_api_out_text(o, "text", list[i]->text);
		json_array_append_new(a, o);
	}
	return a;
}

static void out_signer(json_t *o, const char *name, const Hufu__SignedStatement *st)
{
	char who[HF_NAME_MAX * 2 + 2];
	hf_authz_signer(st, who, sizeof(who));
	if (who[0])
		hf_api_out_text(o, name, who);
}

static void out_content(json_t *o, const Hufu__Application *app)
{
	json_t *fields = json_array();
	for (size_t i = 0; i < app->n_fields; i++)
		json_array_append_new(fields, json_string(app->fields[i]));
	json_object_set_new(o, "fields", fields);
	json_t *accepts = json_array();
	for (size_t i = 0; i < app->n_accepts; i++)
		json_array_append_new(accepts, json_string(app->accepts[i]));
	json_object_set_new(o, "accepts", accepts);
	if (app->rows[0])
		hf_api_out_text(o, "rows", app->rows);
	hf_api_out_text(o, "stated_reason", app->reason);
	hf_api_out_text(o, "purpose", app->purpose);
	hf_api_out_time_if(o, "from", app->from_ms);
	hf_api_out_time_if(o, "until", app->until_ms);
}

static bool add_revision(void *ctx, const Hufu__ApplicationRevision *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "revision", json_integer(r->revision));
	if (r->content)
		out_content(o, r->content);
	out_signer(o, "applicant", r->request);
	out_signer(o, "data_authority", r->need);
	out_signer(o, "privacy_expert", r->privacy);
	out_signer(o, "first_approver", r->approval);
	json_object_set_new(o, "need", findings_json(r->findings, r->n_findings));
	json_object_set_new(o, "criteria", findings_json(r->criteria, r->n_criteria));
	json_object_set_new(o, "privacy", findings_json(r->privacy_findings, r->n_privacy_findings));
	json_object_set_new(o, "submitted", json_boolean(r->application_envelope.len > 0));
	if (r->application_digest.len)
		hf_api_out_hex(o, "application_digest", r->application_digest.data, r->application_digest.len);
	if (r->intake_digest.len)
		hf_api_out_hex(o, "intake_digest", r->intake_digest.data, r->intake_digest.len);
	if (r->decision_digest.len)
		hf_api_out_hex(o, "decision_digest", r->decision_digest.data, r->decision_digest.len);
	hf_api_out_text(o, "result", r->result);
	hf_api_out_text(o, "reason_code", r->reason_code);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_time_if(o, "made", r->made_ms);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	json_array_append_new(ctx, o);
	return true;
}

static enum hf_err out_revisions(struct hf_api_request *rq, json_t *o, const ProtobufCBinaryData *id)
{
	struct hf_id application;
	json_t *list = json_array();
	json_object_set_new(o, "revisions", list);
	if (!hf_id_from_bytes(id->data, id->len, &application))
		return HF_E_STORE;
	return hf_authz_revisions(rq->m->authz, &application, add_revision, list);
}

struct listing {
	struct hf_api_rows rows;
	enum hf_review_state state; /* HF_REVIEW_NONE: any */
	enum hf_part part;          /* HF_PART_INVALID: any */
	enum hf_err error;
	bool overdue; /* only those */
};

static bool state_fits(const struct listing *l, const Hufu__ApplicationRow *r)
{
	for (enum hf_part p = HF_PART_CONSUMER; p < HF_PART_COUNT; p++) {
		enum hf_review_state s = state_of(r, p);
		if ((l->part == HF_PART_INVALID || l->part == p) && s != HF_REVIEW_NONE &&
		    (l->state == HF_REVIEW_NONE || l->state == s))
			return true;
	}
	return false;
}

static bool add_application(void *ctx, const Hufu__ApplicationRow *r)
{
	struct listing *l = ctx;
	if (!state_fits(l, r) || !hf_api_sees(l->rows.rq, r->organization, r->department))
		return true;
	if (l->overdue && !is_overdue(l->rows.rq, r))
		return true;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_t *o = application_json(l->rows.rq, r, l->part);
	json_array_append_new(l->rows.list, o);
	l->error = out_revisions(l->rows.rq, o, &r->id);
	return l->error == HF_OK;
}

static enum hf_err read_part(struct hf_api_request *rq, enum hf_part *ret_part)
{
	const char *role = "";
	HF_TRY(hf_api_text(rq, "role", false, 16, &role));
	*ret_part = HF_PART_INVALID;
	if (!*role)
		return HF_OK;
	for (enum hf_part p = HF_PART_CONSUMER; p < HF_PART_COUNT; p++)
		if (strcmp(role, hf_states_part_name(p)) == 0)
			*ret_part = p;
	if (*ret_part == HF_PART_INVALID)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field 'role' must be consumer, intake or provider");
	return HF_OK;
}

static enum hf_err list_applications(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	const char *state = "";
	HF_TRY(read_part(rq, &l.part));
	HF_TRY(hf_api_text(rq, "state", false, 32, &state));
	HF_TRY(hf_api_bool(rq, "overdue", false, &l.overdue));
	if (*state) {
		l.state = hf_states_from_name(state);
		if (l.state == HF_REVIEW_NONE)
			return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                    "field 'state' is no state of an application, such as DRAFT or RECEIVED");
	}
	HF_TRY(hf_api_rows_begin(rq, "applications", &l.rows));
	HF_TRY(hf_authz_applications(rq->m->authz, add_application, &l));
	return l.error;
}

static enum hf_err unknown_application(struct hf_api_request *rq)
{
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "there is no such application at this node; `hufu applications` lists them");
}

static enum hf_err show_application(struct hf_api_request *rq)
{
	struct hf_id id;
	Hufu__ApplicationRow *row = NULL;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	if (hf_authz_application(rq->m->authz, &id, &row) != HF_OK)
		return unknown_application(rq);
	enum hf_err e = HF_OK;
	if (hf_api_sees(rq, row->organization, row->department)) {
		json_t *o = application_json(rq, row, HF_PART_INVALID);
		e = out_revisions(rq, o, &row->id);
		json_object_update(rq->out, o);
		json_decref(o);
	} else {
		hf_api_unseen(rq, "to see application", &id);
		e = unknown_application(rq);
	}
	hf_decoded_free(row);
	return e;
}

/* AZ-37: of what an agent decided, at its provider. */
static void out_filing(struct hf_api_request *rq, json_t *o, const Hufu__GrantRow *r, const char *state)
{
	struct hf_id id;
	if (strcmp(state, "revoked") != 0 && hf_id_from_bytes(r->grant.data, r->grant.len, &id))
		hf_api_out_time_if(o, "unfiled_since", hf_delegation_unfiled_ms(rq->m->authz, &id, INT64_MAX));
	hf_api_out_time_if(o, "filed", r->filed_ms);
	if (r->filed_ms)
		hf_api_out_text(o, "filed_by", r->filed_by);
}

static bool add_grant(void *ctx, const Hufu__GrantRow *r, const char *state)
{
	struct listing *l = ctx;
	if (!hf_api_sees(l->rows.rq, r->consumer, r->department))
		return true;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "grant", &r->grant);
	hf_api_out_id_of(o, "agreement", &r->agreement);
	hf_api_out_text(o, "mechanism", r->mechanism[0] ? r->mechanism : "application");
	hf_api_out_id_of(o, "application", &r->application);
	hf_api_out_id_of(o, "basis", &r->basis);
	hf_api_out_id_of(o, "superseded_by", &r->superseded_by);
	hf_api_out_id_of(o, "resource", &r->resource);
	hf_api_out_id_of(o, "transaction", &r->txn);
	hf_api_out_text(o, "state", state);
	hf_api_out_text(o, "provider", r->provider);
	hf_api_out_text(o, "consumer", r->consumer);
	hf_api_out_text(o, "department", r->department);
	hf_api_out_text(o, "system", r->system);
	hf_api_out_text(o, "system_address", r->system_address);
	hf_api_out_text(o, "purpose", r->purpose);
	hf_api_out_text(o, "action", r->action);
	hf_api_out_time_if(o, "from", r->from_ms);
	hf_api_out_time_if(o, "until", r->until_ms);
	json_object_set_new(o, "generation", json_integer((json_int_t)r->generation));
	hf_api_out_text(o, "approver", r->approver);
	out_filing(l->rows.rq, o, r, state);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "ended_by", r->ended_by);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	json_array_append_new(l->rows.list, o);
	return true;
}

static enum hf_err list_grants(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "grants", &l.rows));
	return hf_authz_grants(rq->m->authz, add_grant, &l);
}

static bool add_notice(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *n)
{
	struct listing *l = ctx;
	if (!hf_api_sees(l->rows.rq, l->rows.rq->m->base->self.s, n->department)) /* notices are the consumer's */
		return true;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_t *o = json_object();
	hf_api_out_id(o, "notice", id);
	hf_api_out_time_if(o, "time", n->time_ms);
	hf_api_out_text(o, "kind", n->kind);
	hf_api_out_text(o, "text", n->text);
	hf_api_out_id_of(o, "application", &n->application);
	hf_api_out_id_of(o, "emergency", &n->emergency);
	hf_api_out_id_of(o, "transaction", &n->txn);
	hf_api_out_id_of(o, "resource", &n->resource);
	hf_api_out_id_of(o, "grant", &n->grant);
	hf_api_out_text(o, "reason_code", n->reason_code);
	hf_api_out_text(o, "reason", n->reason);
	json_array_append_new(l->rows.list, o);
	return true;
}

static enum hf_err list_notices(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "notices", &l.rows));
	return hf_authz_notices(rq->m->authz, add_notice, &l);
}

/* ---- taking steps ---- */

static enum hf_err out_state(struct hf_api_request *rq, const struct hf_id *id, const char *state)
{
	hf_api_out_id(rq->out, "application", id);
	hf_api_out_text(rq->out, "state", state);
	return HF_OK;
}

static enum hf_err read_wish(struct hf_api_request *rq, bool again, struct hf_application_in *in,
                             const char ***ret_fields, const char ***ret_accepts)
{
	HF_TRY(hf_api_text(rq, "system", !again, HF_NAME_MAX, &in->system));
	HF_TRY(hf_api_text(rq, "reason", !again, HF_MAX_TEXT, &in->reason));
	HF_TRY(hf_api_text(rq, "purpose", !again, 127, &in->purpose));
	HF_TRY(hf_api_time(rq, "from", false, &in->from_ms));
	HF_TRY(hf_api_time(rq, "until", !again, &in->until_ms));
	HF_TRY(hf_api_text(rq, "rows", false, 250, &in->rows));
	HF_TRY(hf_api_bool(rq, "all_fields", false, &in->all_fields));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, ret_fields, &in->field_count));
	in->fields = *ret_fields;
	HF_TRY(hf_api_list(rq, "accepts", false, 16, ret_accepts, &in->accept_count));
	in->accepts = *ret_accepts;
	return HF_OK;
}

static enum hf_err draft_application(struct hf_api_request *rq)
{
	struct hf_application_in in = {.from_ms = 0};
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	const char **fields = NULL, **accepts = NULL;
	HF_TRY(hf_api_id(rq, "entry", true, &in.entry));
	HF_TRY(hf_api_text(rq, "publisher", false, HF_NAME_MAX, &in.publisher));
	enum hf_err e = read_wish(rq, false, &in, &fields, &accepts);
	if (e == HF_OK)
		e = hf_authz_draft(rq->m->authz, &step, &in, &id);
	free(fields);
	free(accepts);
	HF_TRY(e);
	json_object_set_new(rq->out, "revision", json_integer(1));
	return out_state(rq, &id, hf_states_name(HF_REVIEW_DRAFT));
}

static enum hf_err resubmit_application(struct hf_api_request *rq)
{
	struct hf_application_in in = {.from_ms = 0};
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	uint32_t revision = 0;
	const char **fields = NULL, **accepts = NULL;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	enum hf_err e = read_wish(rq, true, &in, &fields, &accepts);
	if (e == HF_OK)
		e = hf_authz_resubmit(rq->m->authz, &step, &id, &in, &revision);
	free(fields);
	free(accepts);
	HF_TRY(e);
	json_object_set_new(rq->out, "revision", json_integer(revision));
	return out_state(rq, &id, hf_states_name(HF_REVIEW_DRAFT));
}

static enum hf_err review_need(struct hf_api_request *rq)
{
	struct hf_finding_in f[3];
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	HF_TRY(hf_api_finding(rq, "need", &f[0]));
	HF_TRY(hf_api_finding(rq, "scope", &f[1]));
	HF_TRY(hf_api_finding(rq, "period", &f[2]));
	HF_TRY(hf_authz_review_need(rq->m->authz, &step, &id, f));
	bool ok = f[0].ok && f[1].ok && f[2].ok;
	return out_state(rq, &id, hf_states_name(ok ? HF_REVIEW_SUBMITTED : HF_REVIEW_NEED_REFUSED));
}

static enum hf_err review_compliance(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *result = "", *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	HF_TRY(hf_api_text(rq, "result", true, 16, &result));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_review_compliance(rq->m->authz, &step, &id, result, reason));
	hf_api_out_text(rq->out, "result", result);
	hf_api_out_id(rq->out, "application", &id);
	return HF_OK;
}

static enum hf_err review_privacy(struct hf_api_request *rq)
{
	struct hf_finding_in f[2];
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	HF_TRY(hf_api_finding(rq, "necessity", &f[0]));
	HF_TRY(hf_api_finding(rq, "compliance", &f[1]));
	HF_TRY(hf_authz_review_privacy(rq->m->authz, &step, &id, f));
	hf_api_out_text(rq->out, "result", f[0].ok && f[1].ok ? "pass" : "refuse");
	hf_api_out_id(rq->out, "application", &id);
	return HF_OK;
}

static enum hf_err decide_application(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *result = "", *reason = "";
	int64_t until = 0;
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	HF_TRY(hf_api_text(rq, "result", true, 16, &result));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_api_time(rq, "until", false, &until));
	HF_TRY(hf_authz_decide_application(rq->m->authz, &step, &id, result, reason, until));
	hf_api_out_text(rq->out, "result", result);
	hf_api_out_id(rq->out, "application", &id);
	return HF_OK;
}

static enum hf_err decide_second(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *result = "", *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	HF_TRY(hf_api_text(rq, "result", true, 16, &result));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_decide_second(rq->m->authz, &step, &id, result, reason));
	hf_api_out_text(rq->out, "result", result);
	hf_api_out_id(rq->out, "application", &id);
	return HF_OK;
}

static enum hf_err withdraw_application(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "application", true, &id));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_withdraw(rq->m->authz, &step, &id, reason));
	return out_state(rq, &id, hf_states_name(HF_REVIEW_WITHDRAWN));
}

static enum hf_err revoke_grant(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "grant", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_revoke(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, "grant", &id);
	hf_api_out_text(rq->out, "state", "revoked");
	return HF_OK;
}

/* Two factors are asked for by the resource (DS-41, DS-77): node/authz checks them where it knows the entry. */
const struct hf_route hf_routes_authz[] = {
        {"POST", "/v1/applications/draft", HF_MAY_APPLY, HF_EVENT_APPLICATION_DRAFT, draft_application, 0},
        {"POST", "/v1/applications/resubmit", HF_MAY_APPLY, HF_EVENT_APPLICATION_DRAFT, resubmit_application, 0},
        {"POST", "/v1/applications/review-need", HF_MAY_CONFIRM_NEED, HF_EVENT_NEED_REVIEW, review_need, 0},
        {"POST", "/v1/applications/review-compliance", HF_MAY_INTAKE, HF_EVENT_COMPLIANCE_REVIEW, review_compliance, 0},
        {"POST", "/v1/applications/review-privacy", HF_MAY_PRIVACY_REVIEW, HF_EVENT_PRIVACY_REVIEW, review_privacy, 0},
        {"POST", "/v1/applications/decide", HF_MAY_APPROVE, HF_EVENT_DECISION, decide_application, 0},
        {"POST", "/v1/applications/decide-second", HF_MAY_APPROVE_SECOND, HF_EVENT_SECOND_APPROVAL, decide_second, 0},
        {"POST", "/v1/applications/withdraw", HF_MAY_APPLY, HF_EVENT_TERMINATION, withdraw_application, 0},
        {"GET", "/v1/applications", HF_MAY_STATUS, HF_EVENT_INVALID, list_applications, 0},
        {"GET", "/v1/applications/show", HF_MAY_STATUS, HF_EVENT_INVALID, show_application, 0},
        {"GET", "/v1/grants", HF_MAY_STATUS, HF_EVENT_INVALID, list_grants, 0},
        {"POST", "/v1/grants/revoke", HF_MAY_APPROVE, HF_EVENT_REVOCATION, revoke_grant, 0},
        {"GET", "/v1/notices", HF_MAY_STATUS, HF_EVENT_INVALID, list_notices, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
