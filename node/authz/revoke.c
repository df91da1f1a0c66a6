/*
 * revoke.c - a grant ends before its time (AZ-33): revoked by the provider, or given back by the consumer. At the
 * provider it has ended with the commit; the other side hears of it by mail and stores the same reason.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"

struct revoke {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__GrantRow *grant;
	Hufu__ApplicationRow *row;
	Hufu__SignedStatement *statement;
	struct paper paper;
	struct hf_id id;
	bool as_provider, as_consumer;
};

static void revoke_done(struct revoke *r)
{
	hf_decoded_free(r->grant);
	hf_decoded_free(r->row);
	hf_decoded_free(r->statement);
	az_paper_done(&r->paper);
}

static enum hf_err check_state(struct revoke *r)
{
	char text[HF_ID_TEXT];
	struct hf_fault *f = r->in->fault;
	hf_id_text(&r->id, text);
	if (r->grant->state == HF_GRANT_REVOKED)
		return hf_fault_set(f, HF_E_GRANT_REVOKED, "grant %s has ended already: %s", text, r->grant->reason);
	if (r->grant->until_ms <= now_of(r->a))
		return hf_fault_set(f, HF_E_GRANT_EXPIRED,
		                    "the period of grant %s is over, there is nothing left to revoke", text);
	if (r->grant->offer.len > 0 && r->grant->agreement_envelope.len == 0)
		return hf_fault_set(f, HF_E_STATE, "grant %s is only offered; refuse it with `hufu grant decide %s F`",
		                    text, text);
	if (r->grant->state != HF_GRANT_ACTIVE && !r->as_provider)
		return hf_fault_set(f, HF_E_STATE,
		                    "grant %s is not active yet; wait until the provider has finalized it", text);
	return HF_OK;
}

static enum hf_err load(struct revoke *r)
{
	char text[HF_ID_TEXT];
	struct hf_fault *f = r->in->fault;
	hf_id_text(&r->id, text);
	if (az_grant_get(r->a, &r->id, &r->grant) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no grant %s at this node; `hufu grants` lists them",
		                    text);
	r->as_provider = is_self(r->a, r->grant->provider);
	r->as_consumer = is_self(r->a, r->grant->consumer);
	if (r->as_provider && az_mechanism_find(r->grant->mechanism) == AZ_MECHANISM_EMERGENCY)
		return hf_fault_set(f, HF_E_SEPARATION,
		                    "grant %s was given in an emergency by the leading group, which alone withdraws it "
		                    "(`hufu emergency withdraw`)",
		                    text);
	HF_TRY(az_grant_row(r->a, r->grant, &r->row, f));
	HF_TRY(check_state(r));
	return az_person_two_factors(r->in->actor->methods, r->row->sensitive, f);
}

static enum hf_err sign_statement(struct revoke *r, const char *reason)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_id txn = az_row_txn(r->row);
	s.kind = (char *)"revocation";
	s.object = r->grant->grant;
	s.revision = r->grant->revision;
	s.object_digest = r->grant->agreement_digest;
	s.result = (char *)"revoke";
	s.reason = (char *)reason;
	return az_person_sign(r->a, r->in->actor, &s, &txn, &r->statement, r->in->fault);
}

static enum hf_err sign_revocation(struct revoke *r, const char *reason)
{
	struct paper_head head;
	struct hf_id txn = az_row_txn(r->row);
	Hufu__Revocation m = HUFU__REVOCATION__INIT;
	az_paper_head_init(r->a, &head, &txn, r->as_provider ? r->grant->consumer : r->grant->provider, NULL, NULL);
	m.header = &head.header;
	m.grant = r->grant->grant;
	m.agreement = r->grant->agreement;
	m.reason = (char *)reason;
	m.statement = r->statement;
	m.generation = r->grant->generation + 1;
	return az_paper_sign(r->a, HF_TYPE_REVOCATION, &txn, &m.base, r->in->unit, &r->paper, r->in->fault);
}

static enum hf_err mail_revocation(struct hf_authz *a, struct hf_unit *u, const char *to, const struct hf_id *txn,
                                   Hufu__Envelope *e, struct hf_fault *f)
{
	Hufu__RevocationMail mail = HUFU__REVOCATION_MAIL__INIT;
	mail.revocation = e;
	return az_paper_mail(a, u, to, HF_MAIL_REVOCATION, txn, &mail.base, f);
}

/* The parts that this node plays take the step; the other side gets the mail once it can know the grant. */
static enum hf_err take_steps(struct revoke *r, bool active)
{
	struct hf_authz *a = r->a;
	const struct hf_step_in *in = r->in;
	struct hf_id txn = az_row_txn(r->row);
	if (r->row->id.len == 0) { /* no application led to it, so there are no steps of one */
		const char *other = r->as_provider ? r->grant->consumer : r->grant->provider;
		return is_self(a, other) || !active
		               ? HF_OK
		               : mail_revocation(a, in->unit, other, &txn, r->paper.envelope, in->fault);
	}
	if (r->as_provider)
		HF_TRY(az_row_step(a, in->unit, r->row, HF_PART_PROVIDER, HF_STEP_REVOKE, in->fault));
	if (!active)
		return HF_OK; /* told when the countersignature comes */
	/* With both parts on one node the event FINALIZED may still be under way: the mail then follows it. */
	bool settled = az_row_state(r->row, HF_PART_CONSUMER) == HF_REVIEW_FINALIZED;
	if (r->as_consumer && settled)
		HF_TRY(az_row_step(a, in->unit, r->row, HF_PART_CONSUMER, HF_STEP_REVOKE, in->fault));
	if (r->as_provider && r->as_consumer && settled) {
		az_notice_put(a, in->unit, r->row, "revoked", "the grant was revoked");
		return HF_OK;
	}
	return mail_revocation(a, in->unit, r->as_provider ? r->grant->consumer : r->grant->provider, &txn,
	                       r->paper.envelope, in->fault);
}

enum hf_err hf_authz_revoke(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                            const char *reason)
{
	HF_CLEANUP(revoke_done) struct revoke r = {.a = a, .in = in, .id = *grant};
	if (!reason || reason[strspn(reason, " \t\n")] == '\0')
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'reason' is missing; state why the grant ends");
	HF_TRY(load(&r));
	bool active = r.grant->state == HF_GRANT_ACTIVE;
	HF_TRY(sign_statement(&r, reason));
	HF_TRY(sign_revocation(&r, reason));
	az_row_result(r.row, r.row->result, hf_err_reason(HF_E_GRANT_REVOKED), reason);
	HF_TRY(take_steps(&r, active));
	r.grant->revocation_envelope = BIN(r.paper.bytes, r.paper.len);
	az_grant_end(a, in->unit, r.grant, a->base->self.s, reason);
	if (r.row->id.len)
		az_row_put(a, in->unit, r.row);
	az_entry_fill(in->draft, r.row,
	              &(struct entry_words){.digest = &r.paper.digest,
	                                    .result = "revoke",
	                                    .detail = reason,
	                                    .grant = &r.id,
	                                    .mechanism = r.grant->mechanism,
	                                    .counterparty = r.as_provider ? r.grant->consumer : r.grant->provider});
	return HF_OK;
}

enum hf_err az_revoke_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row,
                           const Hufu__GrantRow *grant, struct hf_fault *f)
{
	struct hf_id txn = az_row_txn(row);
	if (grant->revocation_envelope.len == 0)
		return HF_OK; /* the consumer ended it itself */
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *e = HF_DECODE_OWN(envelope, grant->revocation_envelope.data, grant->revocation_envelope.len);
	if (!e)
		return hf_fault_set(f, HF_E_STORE, "the revocation on record cannot be read");
	return mail_revocation(a, u, grant->consumer, &txn, e, f);
}

/* ---- the other side hears of it ---- */

static enum hf_err open_revocation(struct hf_authz *a, const struct mail_in *in, const Hufu__RevocationMail *m,
                                   Hufu__Revocation **ret_revocation, Hufu__GrantRow **ret_grant)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Revocation *v = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct hf_id id, txn;
	struct hf_hash digest;
	struct person by;
	const struct paper_want want = {HF_TYPE_REVOCATION, &hufu__revocation__descriptor, in->from, NULL,
	                                "the revocation"};
	HF_TRY(az_paper_open(a, m->revocation, &want, &v, in->fault));
	if (!az_id_of(&v->grant, &id) || az_grant_get(a, &id, &grant) != HF_OK ||
	    (strcmp(grant->provider, in->from) != 0 && strcmp(grant->consumer, in->from) != 0))
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node and %s share no such grant", in->from);
	if (strcmp(grant->provider, in->from) == 0 && az_mechanism_find(grant->mechanism) == AZ_MECHANISM_EMERGENCY)
		return hf_fault_set(in->fault, HF_E_SEPARATION,
		                    "the leading group, not its provider, withdraws an emergency grant");
	if (!az_id_of(&grant->txn, &txn) || grant->agreement_digest.len != sizeof(digest.b))
		return hf_fault_set(in->fault, HF_E_STORE, "the grant on record cannot be read");
	memcpy(digest.b, grant->agreement_digest.data, sizeof(digest.b));
	if (v->agreement.len != grant->agreement.len ||
	    memcmp(v->agreement.data, grant->agreement.data, v->agreement.len) != 0)
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the revocation names another agreement");
	const struct statement_want by_want = {"revocation",    HF_MAY_APPROVE, in->from, &id,
	                                       grant->revision, &digest,        &txn};
	HF_TRY(az_person_check(a, v->statement, &by_want, &s, &by, in->fault));
	if (!has_text(v->reason) || !same_text(s->reason, v->reason))
		return hf_fault_set(in->fault, HF_E_SIGNATURE,
		                    "the revocation gives no reason, or another one than its signer");
	*ret_revocation = HF_TAKE(v);
	*ret_grant = HF_TAKE(grant);
	return HF_OK;
}

static enum hf_err end_as_consumer(struct hf_authz *a, const struct mail_in *in, Hufu__ApplicationRow *row,
                                   Hufu__GrantRow *grant, const Hufu__Revocation *v)
{
	if (row->id.len == 0) {
		az_notice_put(a, in->unit, row, "revoked", "the grant was revoked");
		az_grant_end(a, in->unit, grant, in->from, v->reason);
		return HF_OK;
	}
	HF_TRY(az_row_step(a, in->unit, row, HF_PART_CONSUMER, HF_STEP_REVOKE, in->fault));
	if (az_row_state(row, HF_PART_CONSUMER) == HF_REVIEW_FINALIZED)
		az_notice_put(a, in->unit, row, "revoked", "the grant was revoked");
	if (is_self(a, grant->provider))
		return HF_OK; /* its own row ended with the command */
	az_grant_end(a, in->unit, grant, in->from, v->reason);
	return HF_OK;
}

static enum hf_err end_as_provider(struct hf_authz *a, const struct mail_in *in, Hufu__ApplicationRow *row,
                                   Hufu__GrantRow *grant, const Hufu__Revocation *v)
{
	if (row->id.len)
		HF_TRY(az_row_step(a, in->unit, row, HF_PART_PROVIDER, HF_STEP_REVOKE, in->fault));
	if (grant->state != HF_GRANT_REVOKED)
		az_grant_end(a, in->unit, grant, in->from, v->reason);
	return HF_OK;
}

enum hf_err az_revoke_on_revocation(struct hf_authz *a, const struct mail_in *in, const Hufu__RevocationMail *m)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Revocation *v = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id id, txn;
	HF_TRY(open_revocation(a, in, m, &v, &grant));
	if (!az_id_of(&grant->grant, &id))
		return hf_fault_set(in->fault, HF_E_STORE, "the grant on record cannot be read");
	HF_TRY(az_grant_row(a, grant, &row, in->fault));
	txn = az_row_txn(row);
	bool from_provider = strcmp(grant->provider, in->from) == 0;
	HF_TRY(az_paper_keep(a, m->revocation, &txn, in->unit, &paper, in->fault));
	if (from_provider ||
	    grant->state != HF_GRANT_REVOKED) /* when both end it at once, the provider's reason stands on both sides */
		az_row_result(row, row->result, hf_err_reason(HF_E_GRANT_REVOKED), v->reason);
	grant->revocation_envelope = BIN(paper.bytes, paper.len);
	if (from_provider)
		HF_TRY(end_as_consumer(a, in, row, grant, v));
	else
		HF_TRY(end_as_provider(a, in, row, grant, v));
	if (row->id.len)
		az_row_put(a, in->unit, row);
	az_entry_add(a, in->unit, HF_EVENT_REVOCATION, row,
	             &(struct entry_words){.digest = &paper.digest,
	                                   .mechanism = grant->mechanism,
	                                   .result = "revoke",
	                                   .reason_code = hf_err_reason(HF_E_GRANT_REVOKED),
	                                   .detail = v->reason,
	                                   .grant = &id,
	                                   .counterparty = in->from});
	return HF_OK;
}
