/*
 * emergency_end.c - the provider's node tells what became of a grant: usable or not, ended before its time. The
 * consumer keeps its copy of the grant by these papers.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

/* ---- activation arrives ---- */

struct arrival {
	struct hf_authz *a;
	const struct mail_in *in;
	struct em_arrived v;
	Hufu__EmergencyActivation *m;
	Hufu__Agreement *agreement;
	struct hf_id grant;
	struct paper paper, agreement_paper, entry_paper;
};

static void arrival_done(struct arrival *x)
{
	em_arrived_done(&x->v);
	hf_decoded_free(x->m);
	hf_decoded_free(x->agreement);
	az_paper_done(&x->paper);
	az_paper_done(&x->agreement_paper);
	az_paper_done(&x->entry_paper);
}

static enum hf_err open_activation(struct arrival *x, const Hufu__Envelope *e)
{
	struct hf_fault *f = x->in->fault;
	struct hf_id id;
	const struct paper_want want = {HF_TYPE_EMERGENCY_ACTIVATION, &hufu__emergency_activation__descriptor,
	                                x->v.row->provider, &x->v.o.txn, "the activation"};
	if (strcmp(x->in->from, x->v.row->provider) != 0)
		return hf_fault_set(f, HF_E_STANDING, "the activation comes from the provider, %s", x->v.row->provider);
	HF_TRY(az_paper_open_public(x->a, e, &want, &x->m, f));
	if (!az_id_of(&x->m->request, &id) || !hf_id_equal(&id, &x->v.o.id) ||
	    x->m->revision != x->v.o.request->revision || !az_id_of(&x->m->grant, &x->grant))
		return hf_fault_set(f, HF_E_CONFLICT, "the activation is of another request or revision");
	bool active = strcmp(x->m->result, "active") == 0;
	if (active != (x->m->agreement != NULL))
		return hf_fault_set(f, HF_E_FORMAT, "the activation lacks its agreement");
	if (active)
		x->agreement = HF_DECODE(agreement, x->m->agreement->payload.data, x->m->agreement->payload.len);
	if (active && !x->agreement)
		return hf_fault_set(f, HF_E_FORMAT, "the agreement of the activation is not of the required form");
	return HF_OK;
}

static bool bytes_are_id(const ProtobufCBinaryData *b, const struct hf_id *id)
{
	struct hf_id own;
	return az_id_of(b, &own) && hf_id_equal(&own, id);
}

/* The agreement says what was asked for, and nothing else. */
static enum hf_err agreement_fits(const struct arrival *x)
{
	const Hufu__Agreement *g = x->agreement;
	const Hufu__EmergencyRequest *r = x->v.o.request;
	struct hf_fault *f = x->in->fault;
	if (!same_text(g->assigner, r->provider) || !same_text(g->assignee, r->organization) ||
	    !same_text(g->department, r->department) || !same_text(g->system, r->system) ||
	    !same_text(g->purpose, r->purpose) || !same_text(g->action, r->action) ||
	    !bytes_are_id(&g->resource, &x->v.o.resource) || !bytes_are_id(&g->grant, &x->grant) || g->application.len)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement differs from the request that the group approved");
	if (g->from_ms < r->from_ms || g->until_ms > r->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement's period leaves the one that was asked for");
	return em_grant_period(g->from_ms, g->until_ms, f);
}

/* Without the entry that the agreement names, this node could not prove what it was allowed. */
static enum hf_err entry_fits(struct arrival *x, const Hufu__Envelope *e)
{
	struct hf_fault *f = x->in->fault;
	struct hf_bytes payload;
	struct hf_hash digest;
	if (!e)
		return hf_fault_set(f, HF_E_DIGEST, "the catalog entry did not come with the agreement that names it");
	HF_TRY(hf_envelope_digest_message(e, &digest));
	if (!az_hash_is(&x->agreement->entry_digest, &digest))
		return hf_fault_set(f, HF_E_DIGEST,
		                    "the catalog entry that came with the agreement is not the one it names");
	HF_TRY(hf_space_open(hf_peers_space(x->a->peers), e, HF_TYPE_CATALOG_ENTRY, &payload, f));
	HF_CLEANUP(hf_decoded_done) Hufu__CatalogEntry *entry = HF_DECODE(catalog_entry, payload.data, payload.len);
	if (!entry || !bytes_are_id(&entry->id, &x->v.o.resource) ||
	    strcmp(entry->header->issuer, x->v.row->provider) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the catalog entry that came with the agreement is of another resource");
	return az_paper_keep(x->a, e, &x->v.o.txn, x->in->unit, &x->entry_paper, f);
}

static enum hf_err take_as_consumer(struct arrival *x, const Hufu__Envelope *entry)
{
	struct hf_fault *f = x->in->fault;
	const struct paper_want want = {HF_TYPE_AGREEMENT, &hufu__agreement__descriptor, x->v.row->provider,
	                                &x->v.o.txn, "the agreement"};
	hf_decoded_free(HF_TAKE(x->agreement));
	HF_TRY(az_paper_open(x->a, x->m->agreement, &want, &x->agreement, f));
	HF_TRY(agreement_fits(x));
	HF_TRY(entry_fits(x, entry));
	HF_TRY(az_paper_keep(x->a, x->m->agreement, &x->v.o.txn, x->in->unit, &x->agreement_paper, f));
	const struct grant_new made = {.mechanism = AZ_MECHANISM_EMERGENCY,
	                               .basis = &x->v.o.id,
	                               .txn = &x->v.o.txn,
	                               .terms = x->agreement,
	                               .paper = &x->agreement_paper,
	                               .approver = x->m->executor};
	return az_grant_add(x->a, x->in->unit, &made, f);
}

static void fill_row(struct arrival *x, bool active)
{
	Hufu__EmergencyRequestRow *row = x->v.row;
	row->executor = x->m->executor;
	if (!row->grant_digest.len)
		row->grant_digest = x->m->grant_digest;
	row->result = (char *)"T";
	row->result_reason = x->m->reason;
	row->grant = x->m->grant;
	if (!active)
		return;
	row->agreement = x->agreement->id;
	row->from_ms = x->agreement->from_ms;
	row->until_ms = x->agreement->until_ms;
	row->active_ms = x->m->header->time_ms;
}

static void tell_operators(struct arrival *x, bool active)
{
	const Hufu__EmergencyRequestRow *row = x->v.row;
	em_entry_add(x->a, x->in->unit, HF_EVENT_EMERGENCY_ACTIVE, row,
	             &(struct em_words){.digest = &x->paper.digest,
	                                .result = active ? "T" : "refuse",
	                                .reason_code = x->m->reason_code,
	                                .detail = x->m->reason,
	                                .counterparty = row->provider,
	                                .executor = row->executor});
	if (!active)
		em_notice(x->a, x->in->unit, row, "emergency-refused",
		          "the provider's node cannot carry the emergency grant out");
	else if (is_self(x->a, row->organization))
		em_notice(x->a, x->in->unit, row, "emergency-granted", "the emergency grant is usable: `hufu fetch`");
	else
		em_notice(x->a, x->in->unit, row, "emergency-granted", "the emergency grant is usable by its consumer");
}

enum hf_err az_em_on_activation(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyActivationMail *m)
{
	HF_CLEANUP(arrival_done) struct arrival x = {.a = a, .in = in};
	const struct em_papers papers = {m->event, m->request, false};
	HF_TRY(em_request_arrive(a, in, &papers, &x.v));
	HF_TRY(open_activation(&x, m->activation));
	enum hf_em_state s = em_row_state(x.v.row), next;
	bool active = x.agreement != NULL;
	if (s == HF_EM_ACTIVE || s == HF_EM_ENDED || s == HF_EM_REFUSED)
		return HF_OK;
	if (active && is_self(a, x.v.row->organization))
		HF_TRY(take_as_consumer(&x, m->entry));
	HF_TRY(az_paper_keep(a, m->activation, &x.v.o.txn, in->unit, &x.paper, in->fault));
	/* What the provider made of it is so, whatever votes have come here. */
	if (!hf_em_next(s, active ? HF_EM_ACTIVATE : HF_EM_REFUSE, &next))
		next = active ? HF_EM_ACTIVE : HF_EM_REFUSED;
	x.v.row->state = next;
	fill_row(&x, active);
	tell_operators(&x, active);
	em_row_put(a, in->unit, x.v.row);
	return HF_OK;
}

/* ---- the end before its time ---- */

static enum hf_err end_grant_row(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyRequestRow *row,
                                 const char *by, const char *reason)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	struct hf_id id;
	if (!az_id_of(&row->grant, &id) || az_grant_get(a, &id, &grant) != HF_OK)
		return HF_OK; /* this node is no party of the grant */
	if (grant->state != HF_GRANT_REVOKED)
		az_grant_end(a, u, grant, by, reason);
	return HF_OK;
}

enum hf_err em_grant_end(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row, const char *cause,
                         const char *reason, struct hf_fault *f)
{
	Hufu__EmergencyEnd m = HUFU__EMERGENCY_END__INIT;
	Hufu__EmergencyEndMail mail = HUFU__EMERGENCY_END_MAIL__INIT;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct paper_head head;
	struct hf_id txn = em_row_txn(row);
	HF_TRY(em_row_step(row, HF_EM_FINISH, f));
	em_head_init(a, &head, &txn);
	m.header = &head.header;
	m.request = row->id;
	m.grant = row->grant;
	m.cause = (char *)cause;
	m.reason = (char *)(has_text(reason) ? reason : "the event is over");
	HF_TRY(az_paper_sign(a, HF_TYPE_EMERGENCY_END, &txn, &m.base, u, &paper, f));
	mail.end = paper.envelope;
	HF_TRY(em_tell(a, u, row, &(struct em_post){HF_MAIL_EMERGENCY_END, &mail.base, NULL}, f));
	HF_TRY(end_grant_row(a, u, row, a->base->self.s, m.reason));
	row->cause = (char *)cause;
	row->end_reason = m.reason;
	row->ended_ms = head.header.time_ms; /* as everybody else reads it */
	em_notice(a, u, row, "emergency-ended", "an emergency grant of this node's data has ended");
	em_entry_add(a, u, HF_EVENT_EMERGENCY_OVER, row,
	             &(struct em_words){.digest = &paper.digest,
	                                .result = "revoke",
	                                .reason_code = cause,
	                                .detail = m.reason,
	                                .counterparty = row->organization});
	return HF_OK;
}

/* By this node's own clock, or because its side gave it back: the provider, which counts, may have ended it before. */
static bool ended_here(const Hufu__EmergencyRequestRow *row)
{
	return em_row_state(row) == HF_EM_ENDED &&
	       (same_text(row->cause, "expired") || same_text(row->cause, "given-back"));
}

enum hf_err az_em_on_end(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyEndMail *m)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEnd *end = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id txn, id;
	const struct paper_want want = {HF_TYPE_EMERGENCY_END, &hufu__emergency_end__descriptor, in->from, NULL,
	                                "the end of the grant"};
	HF_TRY(az_paper_open_public(a, m->end, &want, &end, in->fault));
	HF_TRY(em_row_of(a, &end->request, &row, in->fault));
	txn = em_row_txn(row);
	if (!same_text(row->provider, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "the provider, %s, ends the grant, not %s", row->provider,
		                    in->from);
	if (!az_id_of(&end->header->transaction, &id) || !hf_id_equal(&id, &txn) || end->grant.len != row->grant.len ||
	    memcmp(end->grant.data, row->grant.data, row->grant.len) != 0)
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the end names another grant than the one on record");
	bool active = em_row_state(row) == HF_EM_ACTIVE;
	if (!active && !ended_here(row))
		return HF_OK;
	if (active)
		HF_TRY(em_row_step(row, HF_EM_FINISH, in->fault));
	HF_TRY(az_paper_keep(a, m->end, &txn, in->unit, &paper, in->fault));
	HF_TRY(end_grant_row(a, in->unit, row, in->from, end->reason));
	row->cause = end->cause;
	row->end_reason = end->reason;
	row->ended_ms = end->header->time_ms;
	if (active)
		em_notice(a, in->unit, row, "emergency-ended",
		          "the emergency grant has ended; for further use file an application with `hufu apply`");
	em_entry_add(a, in->unit, HF_EVENT_EMERGENCY_OVER, row,
	             &(struct em_words){.digest = &paper.digest,
	                                .result = "revoke",
	                                .reason_code = end->cause,
	                                .detail = end->reason,
	                                .counterparty = in->from});
	em_row_put(a, in->unit, row);
	return HF_OK;
}
