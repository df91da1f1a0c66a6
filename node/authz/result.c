/*
 * result.c - the decision as a paper: who had to sign it, on what it rests, and which persons may not be the same. The
 * intake node and the consumer check the same things that the provider checked before it signed.
 */
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"

enum hf_step az_result_step(const char *result)
{
	static const struct {
		const char *name;
		enum hf_step step;
	} rows[] = {{"T", HF_STEP_APPROVE}, {"F", HF_STEP_REJECT}, {"S", HF_STEP_RETURN}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (result && strcmp(result, rows[i].name) == 0)
			return rows[i].step;
	return HF_STEP_INVALID;
}

enum hf_err az_cast_check(const struct cast *c, struct hf_fault *f)
{
	const struct {
		const struct person *first;
		const char *who;
		const struct person *second;
		const char *act;
	} pairs[] = {
	        {c->applicant, "the applicant", c->need, "confirm the need"},
	        {c->applicant, "the applicant", c->reviewer, "review the compliance"},
	        {c->applicant, "the applicant", c->privacy, "review the privacy"},
	        {c->applicant, "the applicant", c->approver, "decide"},
	        {c->need, "the data authority", c->reviewer, "review the compliance"},
	        {c->need, "the data authority", c->approver, "decide"},
	        {c->reviewer, "the compliance reviewer", c->approver, "decide"},
	        {c->privacy, "the privacy expert", c->approver, "decide"},
	        {c->applicant, "the applicant", c->second, "decide"},
	        {c->need, "the data authority", c->second, "decide"},
	        {c->reviewer, "the compliance reviewer", c->second, "decide"},
	        {c->privacy, "the privacy expert", c->second, "decide"},
	        {c->approver, "the approver of the first level", c->second, "decide at the second"},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].first && pairs[i].second)
			HF_TRY(az_person_apart(pairs[i].first, pairs[i].who, pairs[i].second, pairs[i].act, f));
	return HF_OK;
}

void az_opened_decision_done(struct opened_decision *o)
{
	hf_decoded_free(o->decision);
	*o = (struct opened_decision){0};
}

static enum hf_err check_subject(const Hufu__Decision *d, const struct decision_want *w, struct hf_fault *f)
{
	struct hf_id id = az_row_id(w->row), named;
	bool approved = strcmp(d->result, "T") == 0;
	if (!az_id_of(&d->application, &named) || !hf_id_equal(&named, &id) || d->revision != w->revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the decision is about another application or revision");
	if (!az_hash_is(&d->application_digest, w->application_digest))
		return hf_fault_set(f, HF_E_DIGEST, "the decision is about another wording of the application");
	if (!az_hash_is(&d->intake_digest, w->intake_digest)) /* AZ-9 */
		return hf_fault_set(f, HF_E_DIGEST,
		                    "the decision does not rest on the intake record of this application");
	if (!approved && !has_text(d->reason)) /* AZ-15 */
		return hf_fault_set(f, HF_E_FORMAT, "the decision %s gives no reason", d->result);
	if (approved != (d->agreement != NULL))
		return hf_fault_set(f, HF_E_FORMAT, "the decision %s %s an agreement", d->result,
		                    approved ? "lacks" : "must not carry");
	return approved ? az_terms_period(d->from_ms, d->until_ms, f) : HF_OK;
}

static bool is_kind(const Hufu__SignedStatement *st, const char *kind)
{
	HF_CLEANUP(hf_decoded_done)
	Hufu__Statement *s = HF_DECODE(statement, st->statement->payload.data, st->statement->payload.len);
	return s && strcmp(s->kind, kind) == 0;
}

/* AZ-11: where the entry lets the intake node settle, the passing review is the approval. */
static enum hf_err check_settled(struct hf_authz *a, const Hufu__Decision *d, const struct statement_want *base,
                                 const struct decision_want *w, struct person *ret_by, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct statement_want by = *base;
	by.kind = "compliance";
	by.permission = HF_MAY_INTAKE;
	by.node = w->row->intake;
	HF_TRY(az_person_check(a, d->decision, &by, &s, ret_by, f));
	if (!same_text(s->result, "pass") || strcmp(d->result, "T") != 0)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "a compliance review can settle an application by passing it, and not otherwise");
	return HF_OK;
}

static struct statement_want second_of(const struct statement_want *base)
{
	struct statement_want by = *base;
	by.kind = "second-approval";
	by.permission = HF_MAY_APPROVE_SECOND;
	return by;
}

static enum hf_err check_approver(struct hf_authz *a, const Hufu__Decision *d, const struct statement_want *base,
                                  const struct decision_want *w, struct person *ret_by, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct statement_want by = *base;
	if (w->settled && is_kind(d->decision, "compliance"))
		return check_settled(a, d, base, w, ret_by, f);
	if (strcmp(d->result, "T") != 0 && is_kind(d->decision, "second-approval"))
		by = second_of(base);
	HF_TRY(az_person_check(a, d->decision, &by, &s, ret_by, f));
	if (!same_text(s->result, d->result) || !same_text(s->reason, d->reason))
		return hf_fault_set(f, HF_E_SIGNATURE, "the decision says '%s', its approver signed '%s'", d->result,
		                    s->result);
	if (strcmp(d->result, "T") == 0 && s->until_ms != d->until_ms)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the decision's period ends at another time than its approver signed");
	return HF_OK;
}

static enum hf_err check_privacy(struct hf_authz *a, struct opened_decision *o, const struct statement_want *base,
                                 const struct decision_want *w, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	const Hufu__Decision *d = o->decision;
	bool approved = strcmp(d->result, "T") == 0;
	if (!d->privacy && w->personal && approved) /* AZ-16 */
		return hf_fault_set(f, HF_E_STATE,
		                    "the data is personal, but no privacy expert reviewed the application");
	if (!d->privacy)
		return HF_OK;
	struct statement_want by = *base;
	by.kind = "privacy";
	by.permission = HF_MAY_PRIVACY_REVIEW;
	HF_TRY(az_person_check(a, d->privacy, &by, &s, &o->privacy, f));
	o->has_privacy = true;
	for (size_t i = 0; i < s->n_findings; i++)
		if (!s->findings[i]->ok && approved)
			return hf_fault_set(f, HF_E_STATE, "the privacy expert did not confirm the point '%.60s'",
			                    s->findings[i]->point);
	if (s->n_findings != 2 || strcmp(s->findings[0]->point, "necessity") != 0 ||
	    strcmp(s->findings[1]->point, "compliance") != 0)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the privacy review does not have the findings necessity and compliance");
	return HF_OK;
}

/* DS-20: core data is given by two levels, each with its own signature under the same end. */
static enum hf_err check_second(struct hf_authz *a, struct opened_decision *o, const struct statement_want *base,
                                const struct decision_want *w, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	const Hufu__Decision *d = o->decision;
	const struct statement_want by = second_of(base);
	if (!d->second)
		return w->core && strcmp(d->result, "T") == 0
		               ? hf_fault_set(f, HF_E_STATE,
		                              "the data is core data, but no second level approved the application")
		               : HF_OK;
	HF_TRY(az_person_check(a, d->second, &by, &s, &o->second, f));
	o->has_second = true;
	if (strcmp(d->result, "T") != 0 || !same_text(s->result, "T") || s->until_ms != d->until_ms)
		return hf_fault_set(f, HF_E_SIGNATURE, "the second level signed something else than the decision says");
	return HF_OK;
}

static enum hf_err check_cast(const struct opened_decision *o, const struct decision_want *w, bool settled,
                              struct hf_fault *f)
{
	struct person applicant, need;
	if (!az_person_of(w->app->request, &applicant) || !az_person_of(w->app->need, &need))
		return hf_fault_set(f, HF_E_STORE, "the signatures of the application cannot be read");
	const struct cast c = {&applicant,
	                       &need,
	                       w->reviewer,
	                       o->has_privacy ? &o->privacy : NULL,
	                       settled ? NULL : &o->approver,
	                       o->has_second ? &o->second : NULL};
	return az_cast_check(&c, f);
}

enum hf_err az_decision_open(struct hf_authz *a, const Hufu__Envelope *e, const struct decision_want *w,
                             struct opened_decision *ret_opened, struct hf_fault *f)
{
	HF_CLEANUP(az_opened_decision_done) struct opened_decision o = {0};
	struct hf_id txn = az_row_txn(w->row), id = az_row_id(w->row);
	const struct paper_want want = {HF_TYPE_DECISION, &hufu__decision__descriptor, w->row->provider, &txn,
	                                "the decision"};
	HF_TRY(az_paper_open(a, e, &want, &o.decision, f));
	HF_TRY(check_subject(o.decision, w, f));
	const struct statement_want base = {
	        "decision", HF_MAY_APPROVE, w->row->provider, &id, w->revision, w->application_digest, &txn};
	HF_TRY(check_approver(a, o.decision, &base, w, &o.approver, f));
	HF_TRY(check_privacy(a, &o, &base, w, f));
	HF_TRY(check_second(a, &o, &base, w, f));
	o.settled = w->settled && is_kind(o.decision->decision, "compliance");
	HF_TRY(check_cast(&o, w, o.settled, f));
	HF_TRY(hf_envelope_digest_message(e, &o.digest));
	*ret_opened = o;
	o = (struct opened_decision){0};
	return HF_OK;
}
