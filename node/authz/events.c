/*
 * events.c - negotiation events: the consumer withdraws or cannot accept an agreement (TERMINATED, through the intake
 * node to the provider), the provider has finalized (FINALIZED, straight to the consumer).
 */
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"

/* ---- sending the end ---- */

enum hf_err az_events_send_end(struct hf_authz *a, struct hf_unit *unit, Hufu__ApplicationRow *row,
                               const char *reason_code, const char *reason, struct hf_hash *ret_digest,
                               struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Application *app = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct paper_head head;
	struct hf_id id = az_row_id(row), txn = az_row_txn(row);
	Hufu__NegotiationEvent m = HUFU__NEGOTIATION_EVENT__INIT;
	Hufu__EventMail mail = HUFU__EVENT_MAIL__INIT;
	if (az_revision_get(a, &id, row->submitted, &rev) != HF_OK)
		return hf_fault_set(f, HF_E_STORE, "the submitted application cannot be read");
	HF_TRY(az_revision_application(rev, &app, f));
	az_paper_head_init(a, &head, &txn, app->intake, app->provider, NULL);
	m.header = &head.header;
	m.application = row->id;
	m.revision = row->submitted;
	m.event = (char *)"TERMINATED";
	m.reason_code = (char *)reason_code;
	m.reason = (char *)reason;
	HF_TRY(az_paper_sign(a, HF_TYPE_NEGOTIATION_EVENT, &txn, &m.base, unit, &paper, f));
	mail.event = paper.envelope;
	*ret_digest = paper.digest;
	return az_paper_mail(a, unit, app->intake, HF_MAIL_EVENT, &txn, &mail.base, f);
}

enum hf_err hf_authz_withdraw(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                              const char *reason)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	const char *text = has_text(reason) ? reason : "withdrawn by the consumer";
	const char *code = hf_err_reason(HF_E_CANCELLED);
	struct hf_hash digest;
	if (!hf_actor_may(in->actor, HF_MAY_APPLY))
		return hf_fault_set(in->fault, HF_E_PERMISSION,
		                    "'%s' may not withdraw applications: the permission 'apply' is missing",
		                    in->actor->account);
	HF_TRY(az_row_need(a, application, &row, in->fault));
	HF_TRY(az_application_own(a, in->actor, row, in->fault));
	az_row_result(row, "withdrawn", code, text);
	HF_TRY(az_row_step(a, in->unit, row, HF_PART_CONSUMER, HF_STEP_WITHDRAW, in->fault));
	struct entry_words w = {.result = "withdrawn", .detail = text};
	if (row->submitted > 0) {
		HF_TRY(az_events_send_end(a, in->unit, row, code, text, &digest, in->fault));
		w.digest = &digest;
		w.counterparty = row->intake;
	}
	az_row_put(a, in->unit, row);
	az_entry_fill(in->draft, row, &w);
	return HF_OK;
}

/* ---- an event arrives ---- */

struct event_in {
	struct hf_authz *a;
	const struct mail_in *in;
	Hufu__ApplicationRow *row;
	Hufu__NegotiationEvent *event;
	struct paper paper;
};

static void event_done(struct event_in *v)
{
	hf_decoded_free(v->row);
	hf_decoded_free(v->event);
	az_paper_done(&v->paper);
}

static void describe(struct event_in *v, enum hf_event event, const char *counterparty)
{
	struct hf_id grant;
	struct entry_words w = {.digest = &v->paper.digest,
	                        .reason_code = v->event->reason_code,
	                        .detail = v->event->reason,
	                        .counterparty = counterparty};
	if (az_id_of(&v->row->grant, &grant))
		w.grant = &grant;
	az_entry_add(v->a, v->in->unit, event, v->row, &w);
}

static enum hf_err on_finalized(struct event_in *v)
{
	struct hf_authz *a = v->a;
	struct hf_fault *f = v->in->fault;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	struct hf_id id, agreement, named;
	if (!is_self(a, v->row->organization) || !az_id_of(&v->row->grant, &id) ||
	    az_grant_get(a, &id, &grant) != HF_OK)
		return hf_fault_set(f, HF_E_STATE, "this node has no agreement that could be finalized");
	if (!az_id_of(&v->event->agreement, &named) || !az_id_of(&grant->agreement, &agreement) ||
	    !hf_id_equal(&named, &agreement))
		return hf_fault_set(f, HF_E_CONFLICT, "the event is about another agreement");
	HF_TRY(az_row_step(a, v->in->unit, v->row, HF_PART_CONSUMER, HF_STEP_FINALIZE, f));
	if (!is_self(a, v->row->provider)) {
		grant->state = HF_GRANT_ACTIVE;
		grant->generation++;
		az_grant_put(a, v->in->unit, grant);
		hf_ledger_add_mirror(a->ledger, v->in->unit, v->row->provider);
	}
	describe(v, HF_EVENT_FINALIZED, v->row->provider);
	return HF_OK;
}

static enum hf_step end_step(const struct event_in *v)
{
	return same_text(v->event->reason_code, hf_err_reason(HF_E_CANCELLED)) ? HF_STEP_WITHDRAW : HF_STEP_TERMINATE;
}

static bool ended_by_consumer(enum hf_review_state s)
{
	return s == HF_REVIEW_WITHDRAWN || s == HF_REVIEW_TERMINATED;
}

static enum hf_err end_part(struct event_in *v, enum hf_part part)
{
	HF_TRY(az_row_step(v->a, v->in->unit, v->row, part, end_step(v), v->in->fault));
	if (ended_by_consumer(az_row_state(v->row, part)) && end_step(v) == HF_STEP_WITHDRAW)
		az_row_result(v->row, "withdrawn", v->event->reason_code, v->event->reason);
	else if (ended_by_consumer(az_row_state(v->row, part)))
		az_row_result(v->row, v->row->result, v->event->reason_code, v->event->reason);
	return HF_OK;
}

static enum hf_err intake_end(struct event_in *v, const Hufu__EventMail *m)
{
	struct hf_id txn = az_row_txn(v->row);
	struct hf_fault *f = v->in->fault;
	if (strcmp(v->in->from, v->row->organization) != 0)
		return hf_fault_set(f, HF_E_STANDING, "only %s may withdraw its application", v->row->organization);
	if (v->event->revision != v->row->intake_revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the event is about revision %u, the newest here is %u",
		                    v->event->revision, v->row->intake_revision);
	HF_TRY(end_part(v, HF_PART_INTAKE));
	if (!ended_by_consumer(az_row_state(v->row, HF_PART_INTAKE)) || v->row->forwarded == 0) {
		describe(v, HF_EVENT_TERMINATION, v->row->organization);
		return HF_OK;
	}
	describe(v, HF_EVENT_TERMINATION, v->row->provider);
	return az_paper_mail(v->a, v->in->unit, v->row->provider, HF_MAIL_EVENT, &txn, &m->base, f);
}

static enum hf_err provider_end(struct event_in *v)
{
	struct hf_fault *f = v->in->fault;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	struct hf_id id;
	if (strcmp(v->in->from, v->row->intake) != 0)
		return hf_fault_set(f, HF_E_STANDING, "news of this application come from %s, not from %s",
		                    v->row->intake, v->in->from);
	HF_TRY(end_part(v, HF_PART_PROVIDER));
	if (az_id_of(&v->row->grant, &id) && az_grant_get(v->a, &id, &grant) == HF_OK &&
	    grant->state == HF_GRANT_PENDING)
		az_grant_end(v->a, v->in->unit, grant, v->row->organization, v->event->reason);
	describe(v, HF_EVENT_TERMINATION, v->row->organization);
	return HF_OK;
}

/* A node that is intake node and provider gets the event twice: from the consumer as the one, from itself as the other.
 */
static enum hf_err on_terminated(struct event_in *v, const Hufu__EventMail *m)
{
	enum hf_review_state intake = az_row_state(v->row, HF_PART_INTAKE);
	if (is_self(v->a, v->row->intake) && intake != HF_REVIEW_NONE && !ended_by_consumer(intake))
		return intake_end(v, m);
	return provider_end(v);
}

static bool is_urging(const Hufu__NegotiationEvent *e)
{
	return strcmp(e->event, "REMINDED") == 0 || strcmp(e->event, "OVERDUE") == 0;
}

enum hf_err az_events_on_event(struct hf_authz *a, const struct mail_in *in, const Hufu__EventMail *m)
{
	HF_CLEANUP(event_done) struct event_in v = {.a = a, .in = in};
	struct paper_want want = {HF_TYPE_NEGOTIATION_EVENT, &hufu__negotiation_event__descriptor, NULL, NULL,
	                          "the event"};
	HF_TRY(az_row_of_mail(a, in, m->event, want.desc, &v.row));
	struct hf_id txn = az_row_txn(v.row);
	want.txn = &txn;
	HF_TRY(az_paper_open(a, m->event, &want, &v.event, in->fault));
	bool finalized = strcmp(v.event->event, "FINALIZED") == 0, urges = is_urging(v.event);
	const char *author = urges ? v.row->intake : finalized ? v.row->provider : v.row->organization;
	if (strcmp(v.event->header->issuer, author) != 0)
		return hf_fault_set(in->fault, HF_E_STANDING, "the event '%s' must come from %s, but %s signed it",
		                    v.event->event, author, v.event->header->issuer);
	if ((finalized || urges) && strcmp(in->from, author) != 0)
		return hf_fault_set(in->fault, HF_E_STANDING, "the event '%s' must come from %s itself", v.event->event,
		                    author);
	HF_TRY(az_paper_keep(a, m->event, &txn, in->unit, &v.paper, in->fault));
	if (urges)
		return az_deadline_told(a, in, v.row, v.event, &v.paper.digest);
	if (finalized)
		HF_TRY(on_finalized(&v));
	else
		HF_TRY(on_terminated(&v, m));
	az_row_put(a, in->unit, v.row);
	return HF_OK;
}
