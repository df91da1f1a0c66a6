/*
 * dispute.c - a dispute is raised by the consumer or the provider of an application, told to the leading group and the
 * other parties, and, after an upheld one, the consumer files a linked new application (AZ-20).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/dispute_rows.h"
#include "authz/internal.h"
#include "base/limits.h"
#include "proto/codec.h"

/* ---- raised here ---- */

struct raise {
	struct hf_authz *a;
	const struct hf_step_in *in;
	const char *about, *reason;
	Hufu__ApplicationRow *row;
	Hufu__ApplicationRevision *rev;
	Hufu__Envelope *application;
	Hufu__SignedStatement *statement;
	struct hf_id id, txn;
	struct hf_hash pinned;
	struct paper paper;
	struct opened_dispute opened;
	Hufu__DisputeRow *dispute;
};

static void raise_done(struct raise *r)
{
	hf_decoded_free(r->row);
	hf_decoded_free(r->rev);
	hf_decoded_free(r->application);
	hf_decoded_free(r->statement);
	az_paper_done(&r->paper);
	az_opened_dispute_done(&r->opened);
	hf_decoded_free(r->dispute);
}

static bool is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\n")] == '\0';
}

static enum hf_err check_words(const struct raise *r)
{
	static const char *const subjects[] = {"conditions", "reasons", "result"};
	bool known = false;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		known |= same_text(r->about, subjects[i]);
	if (!known)
		return hf_fault_set(r->in->fault, HF_E_ARGUMENT,
		                    "field 'about' must be conditions, reasons or result: what the dispute is about");
	if (is_blank(r->reason))
		return hf_fault_set(r->in->fault, HF_E_ARGUMENT,
		                    "field 'reason' is missing; state what the leading group is asked to look at");
	return HF_OK;
}

/* The newest revision that was submitted: before, there is nothing that two could differ about. */
static uint32_t disputed_revision(const struct raise *r)
{
	if (is_self(r->a, r->row->organization))
		return r->row->submitted;
	return r->row->provider_revision;
}

static enum hf_err load(struct raise *r, const struct hf_id *application)
{
	struct hf_authz *a = r->a;
	struct hf_fault *f = r->in->fault;
	if (!hf_actor_may(r->in->actor, HF_MAY_DISPUTE))
		return hf_fault_set(f, HF_E_PERMISSION,
		                    "'%s' may not raise disputes: the permission 'dispute' is missing",
		                    r->in->actor->account);
	HF_TRY(az_row_need(a, application, &r->row, f));
	bool for_provider = is_self(a, r->row->provider) && hf_actor_may(r->in->actor, HF_MAY_APPROVE);
	if (!for_provider) /* who decides here acts for all departments */
		HF_TRY(az_application_own(a, r->in->actor, r->row, f));
	if (!for_provider && !is_self(a, r->row->organization))
		return hf_fault_set(f, HF_E_STANDING,
		                    "a dispute is raised by the consumer, %s, or the provider, %s, of the application",
		                    r->row->organization, r->row->provider);
	uint32_t revision = disputed_revision(r);
	if (revision == 0)
		return hf_fault_set(f, HF_E_STATE,
		                    "the application was not submitted yet, so there is nothing to dispute; the data "
		                    "authority confirms its need first (`hufu review --need ...`)");
	if (az_revision_get(a, application, revision, &r->rev) != HF_OK)
		return hf_fault_set(f, HF_E_STORE, "the application on record cannot be read; see `hufu doctor`");
	r->application = HF_DECODE_OWN(envelope, r->rev->application_envelope.data, r->rev->application_envelope.len);
	if (!r->application)
		return hf_fault_set(f, HF_E_STORE, "the application on record cannot be read; see `hufu doctor`");
	return HF_OK;
}

static void fill(struct raise *r, Hufu__Dispute *m, const Hufu__Descriptor *now)
{
	const Hufu__ApplicationRow *row = r->row;
	enum hf_part part = is_self(r->a, row->organization) ? HF_PART_CONSUMER : HF_PART_PROVIDER;
	hufu__dispute__init(m);
	m->id = BIN_ID(&r->id);
	m->application = row->id;
	m->revision = r->rev->revision;
	m->application_digest = r->rev->application_digest;
	m->about = (char *)r->about;
	m->reason = (char *)r->reason;
	m->state = (char *)hf_states_name(az_row_state(row, part));
	m->result = row->result;
	m->result_reason = row->reason;
	m->descriptor = now->number;
	m->descriptor_digest = BIN_HASH(&r->pinned);
}

static enum hf_err sign(struct raise *r)
{
	const struct hf_space *space = hf_peers_space(r->a->peers);
	const Hufu__Descriptor *now = hf_space_current(space);
	struct hf_fault *f = r->in->fault;
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	Hufu__Dispute m;
	struct hf_hash wording;
	struct paper_head head;
	if (!now || now->n_leading_group == 0)
		return hf_fault_set(f, HF_E_STATE,
		                    "the space has no leading group that could settle a dispute; the space authority "
		                    "names one with `hufu space issue --leading-member`");
	hf_space_digest(space, &r->pinned);
	r->id = hf_id_new(now_of(r->a));
	r->txn = az_row_txn(r->row);
	fill(r, &m, now);
	az_dispute_wording(&m, &wording);
	s.kind = (char *)"dispute";
	s.object = m.id;
	s.revision = m.revision;
	s.object_digest = BIN_HASH(&wording);
	s.reason = m.reason;
	HF_TRY(az_person_sign(r->a, r->in->actor, &s, &r->txn, &r->statement, f));
	az_paper_head_init(r->a, &head, &r->txn, NULL, NULL, NULL);
	m.header = &head.header;
	m.statement = r->statement;
	HF_TRY(az_paper_sign(r->a, HF_TYPE_DISPUTE, &r->txn, &m.base, r->in->unit, &r->paper, f));
	return az_dispute_open(r->a, r->paper.envelope, r->application, &r->opened, f);
}

enum hf_err hf_dispute_raise(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                             const char *about, const char *reason, struct hf_id *ret_dispute)
{
	HF_CLEANUP(raise_done) struct raise r = {.a = a, .in = in, .about = about, .reason = reason};
	Hufu__DisputeMail mail = HUFU__DISPUTE_MAIL__INIT;
	HF_TRY(check_words(&r));
	HF_TRY(load(&r, application));
	HF_TRY(az_person_two_factors(in->actor->methods, r.row->sensitive, in->fault));
	HF_TRY(sign(&r));
	HF_TRY(az_dispute_row(a, &r.opened, &r.dispute, in->fault));
	HF_TRY(az_dispute_link(a, in->unit, &r.opened, in->fault));
	mail.dispute = r.paper.envelope;
	mail.application = r.application;
	const struct group_post post = {HF_MAIL_DISPUTE, &mail.base, r.txn};
	HF_TRY(az_dispute_tell(a, in->unit, r.dispute, &post, in->fault));
	az_dispute_put(in->unit, r.dispute);
	az_dispute_notice(a, in->unit, r.dispute, "dispute",
	                  "a dispute about the application is with the leading group");
	az_dispute_entry(in->draft, r.dispute, &(struct dispute_words){.digest = &r.paper.digest, .detail = reason});
	*ret_dispute = r.id;
	return HF_OK;
}

/* ---- arrived ---- */

static bool is_new_paper(const struct opened_dispute *o, const Hufu__DisputeRow *row)
{
	return !az_hash_is(&row->digest, &o->digest);
}

/* A new one is filed and told to the operators; the caller puts the row. */
enum hf_err az_dispute_arrive(struct hf_authz *a, const struct mail_in *in, struct opened_dispute *o,
                              Hufu__DisputeRow **ret_row, bool *ret_new)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	HF_CLEANUP(az_paper_done) struct paper application = {0};
	enum hf_err e = hf_dispute_get(a, &o->id, ret_row);
	*ret_new = false;
	if (in->txn && !hf_id_is_zero(in->txn) && !hf_id_equal(in->txn, &o->txn))
		e = hf_fault_set(in->fault, HF_E_CONFLICT, "the mail belongs to another transaction than its dispute");
	else if (e == HF_OK && is_new_paper(o, *ret_row))
		e = hf_fault_set(in->fault, HF_E_CONFLICT, "another dispute has the same identifier");
	if (e != HF_E_UNKNOWN)
		return hf_fault_default(in->fault, e);
	HF_TRY(az_dispute_row(a, o, ret_row, in->fault));
	HF_TRY(az_dispute_link(a, in->unit, o, in->fault));
	HF_TRY(az_paper_keep(a, o->paper, &o->txn, in->unit, &paper, in->fault));
	HF_TRY(az_paper_keep(a, o->app_paper, &o->txn, in->unit, &application, in->fault));
	az_dispute_notice(a, in->unit, *ret_row, "dispute", "a dispute about an application was raised");
	az_dispute_entry_add(a, in->unit, HF_EVENT_DISPUTE, *ret_row,
	                     &(struct dispute_words){.digest = &paper.digest,
	                                             .detail = (*ret_row)->reason,
	                                             .counterparty = (*ret_row)->raised_by});
	*ret_new = true;
	return HF_OK;
}

enum hf_err az_dispute_on_dispute(struct hf_authz *a, const struct mail_in *in, const Hufu__DisputeMail *m)
{
	HF_CLEANUP(az_opened_dispute_done) struct opened_dispute o = {.dispute = NULL};
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	bool is_new = false;
	HF_TRY(az_dispute_open(a, m->dispute, m->application, &o, in->fault));
	if (!same_text(o.dispute->header->issuer, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "a dispute comes from who raises it, %s",
		                    o.dispute->header->issuer);
	HF_TRY(az_dispute_arrive(a, in, &o, &row, &is_new));
	if (is_new)
		az_dispute_put(in->unit, row);
	return HF_OK;
}

/* ---- the linked new application ---- */

static enum hf_err upheld_here(struct hf_authz *a, const struct hf_id *dispute, Hufu__DisputeRow **ret_row,
                               struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *later = NULL;
	struct hf_id id;
	char text[HF_ID_TEXT];
	HF_TRY(az_dispute_need(a, dispute, &row, f));
	if (!is_self(a, row->organization))
		return hf_fault_set(f, HF_E_STANDING, "the new application is filed by the consumer, %s",
		                    row->organization);
	if (row->outcome != HF_DISPUTE_UPHELD)
		return hf_fault_set(f, HF_E_STATE,
		                    "the dispute is %s; only an upheld one opens a linked application, without it file "
		                    "an ordinary one with `hufu apply ENTRY`",
		                    hf_dispute_outcome_name(row->outcome));
	if (az_id_of(&row->successor, &id) && az_row_get(a, &id, &later) == HF_OK &&
	    az_row_state(later, HF_PART_CONSUMER) != HF_REVIEW_WITHDRAWN) {
		hf_id_text(&id, text);
		return hf_fault_set(f, HF_E_EXISTS,
		                    "application %s was filed after this dispute already; go on with it", text);
	}
	*ret_row = HF_TAKE(row);
	return HF_OK;
}

enum hf_err hf_dispute_apply(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *dispute,
                             const struct hf_application_in *what, struct hf_id *ret_application)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *old = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Application *app = NULL;
	struct hf_application_in wish = *what;
	struct hf_id follows;
	HF_TRY(upheld_here(a, dispute, &row, in->fault));
	app = az_stored_payload(&row->application_envelope, &hufu__application__descriptor);
	if (!app || !az_id_of(&row->application, &follows) || !az_id_of(&row->resource, &wish.entry))
		return hf_fault_set(in->fault, HF_E_STORE,
		                    "the application in dispute cannot be read; see `hufu doctor`");
	HF_TRY(az_row_need(a, &follows, &old, in->fault));
	HF_TRY(az_application_own(a, in->actor, old, in->fault));
	wish.publisher = row->provider;
	wish.system = row->system;
	wish.dispute = dispute;
	wish.follows = &follows;
	az_application_merge(&wish, app, now_of(a));
	HF_TRY(hf_authz_draft(a, in, &wish, ret_application));
	row->successor = BIN_ID(ret_application);
	az_dispute_put(in->unit, row);
	az_entry_id(in->draft, HF_FIELD_DISPUTE, dispute);
	return HF_OK;
}

/* An application that says it follows a dispute: named on that, where it is known. */
enum hf_err az_dispute_followed(struct hf_authz *a, const struct mail_in *in, const Hufu__Application *app)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	struct hf_id id;
	if (!az_id_of(&app->dispute, &id) || hf_dispute_get(a, &id, &row) != HF_OK)
		return HF_OK; /* a link gives no right, so it may go before what it names */
	bool same = same_text(row->organization, app->organization) && same_text(row->provider, app->provider) &&
	            same_text(row->system, app->system) && row->application.len == app->follows.len &&
	            memcmp(row->application.data, app->follows.data, app->follows.len) == 0;
	if (!same || row->outcome == HF_DISPUTE_DISMISSED || row->outcome == HF_DISPUTE_UNDECIDED)
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the application names a dispute that is about another case or was not upheld");
	row->successor = app->id;
	az_dispute_put(in->unit, row);
	return HF_OK;
}
