/*
 * tally_bind.c - how the documents of the negotiation hang together: application, need, intake record, decision,
 * agreement, verification (AZ-7 ... AZ-16, AZ-22 ... AZ-29 seen from outside).
 */
#include "evidence/tally_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/domains.h"

#define YEARS_MAX 3
#define NOT_SHARED 3 /* CatalogEntry.sharing */

static void statement_done(Hufu__Statement **s)
{
	hf_decoded_free(*s);
}

/* ---- the application ---- */

static const Hufu__Application *app_of(const struct hf_doc *d)
{
	return (const Hufu__Application *)d->message;
}

void hf_application_digest(const Hufu__Application *app, struct hf_hash *ret_digest)
{
	Hufu__Application core = *app;
	size_t len = 0;
	core.header = NULL;
	core.need = NULL;
	core.request = NULL;
	uint8_t *bytes = hf_encode(&core.base, &len);
	if (bytes == NULL)
		abort();
	hf_sha256(bytes, len, ret_digest);
	free(bytes);
}

static enum hf_err check_revision(const struct hf_doc *before, const struct hf_doc *d, struct hf_fault *f)
{
	const Hufu__Application *a = app_of(d);
	if (before == NULL)
		return a->previous.len == 0
		               ? HF_OK
		               : hf_fault_set(f, HF_E_UNKNOWN,
		                              "the revision before revision %u of the application is missing",
		                              a->revision);
	const Hufu__Application *b = app_of(before);
	if (a->revision == b->revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the tally holds revision %u of the application twice",
		                    a->revision);
	if (!hf_bytes_are_hash(&a->previous, &before->digest))
		return hf_fault_set(f, HF_E_DIGEST, "revision %u of the application does not follow revision %u",
		                    a->revision, b->revision);
	HF_TRY(HF_SAME_BYTES("application", "revision before", f, {"identifier", &a->id, &b->id},
	                     {"transaction", &a->header->transaction, &b->header->transaction}));
	return HF_SAME_TEXTS("application", "revision before", f, {"consumer", a->organization, b->organization},
	                     {"provider", a->provider, b->provider});
}

/* The last revision is the one that was decided. */
static enum hf_err find_application(struct hf_tally *x, struct hf_fault *f)
{
	struct hf_doc *last = NULL;
	for (size_t i = 0; i < x->doc_count; i++) {
		if (x->docs[i].kind != HF_DOC_APPLICATION)
			continue;
		HF_TRY(check_revision(last, &x->docs[i], f));
		last = &x->docs[i];
		last->bound = true;
	}
	if (last == NULL)
		return hf_fault_set(f, HF_E_UNKNOWN, "the tally holds no application");
	x->of[HF_DOC_APPLICATION] = last;
	x->app = app_of(last);
	x->provider = x->app->provider;
	x->consumer = x->app->organization;
	x->intake_node = x->app->intake;
	x->negotiation_txn = x->app->header->transaction;
	if (x->negotiation_txn.len == 0)
		return hf_fault_set(f, HF_E_FORMAT, "the application names no transaction");
	if (hf_bytes_same(&x->negotiation_txn, &x->transfer_txn))
		return hf_fault_set(f, HF_E_CONFLICT, "the transfer bears the transaction of its own negotiation");
	return HF_OK;
}

static enum hf_err check_period(const char *what, int64_t from_ms, int64_t until_ms, struct hf_fault *f)
{
	if (until_ms <= from_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the period of the %s ends before it begins", what);
	if (until_ms > hf_time_add_years(from_ms, YEARS_MAX))
		return hf_fault_set(f, HF_E_LIMIT, "the period of the %s is longer than %d years", what, YEARS_MAX);
	return HF_OK;
}

static bool finding_ok(Hufu__Finding *const *list, size_t count, const char *point)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i]->point, point) == 0)
			return list[i]->ok;
	return false;
}

static enum hf_err check_need(const struct hf_tally *x, struct hf_doc *d, const struct hf_statement_want *want,
                              struct hf_fault *f)
{
	static const char *const points[] = {"need", "scope", "period"};
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	HF_TRY(hf_tally_statement(x, app_of(d)->need, want, &s, &d->by[1], f));
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (!finding_ok(s->findings, s->n_findings, points[i]))
			return hf_fault_set(f, HF_E_CONFLICT,
			                    "the data authority of %s did not confirm the %s of the application",
			                    x->consumer, points[i]);
	return hf_tally_check_cast(&(struct hf_tally_cast){.applicant = &d->by[0], .need = &d->by[1]}, f);
}

/* Each revision, also those that were returned. */
static enum hf_err check_application(const struct hf_tally *x, struct hf_doc *d, struct hf_fault *f)
{
	const Hufu__Application *a = app_of(d);
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	struct hf_hash wording;
	HF_TRY(hf_doc_frame(d, x->consumer, &x->negotiation_txn, f));
	HF_TRY(check_period("application", a->from_ms, a->until_ms, f));
	hf_application_digest(a, &wording);
	struct hf_statement_want want = {"request",           "apply",     x->consumer, &a->id,
	                                 &x->negotiation_txn, a->revision, &wording};
	HF_TRY(hf_tally_statement(x, a->request, &want, &s, &d->by[0], f));
	if (strcmp(d->by[0].account, a->applicant) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the application names another applicant than the person who signed it");
	want.kind = "need";
	want.permission = "confirm-need";
	return check_need(x, d, &want, f);
}

/* ---- the intake record ---- */

/* The document of a kind and revision that another one names by its digest, or NULL. */
static const struct hf_doc *doc_named(const struct hf_tally *x, enum hf_doc_kind kind, uint32_t revision,
                                      const ProtobufCBinaryData *digest)
{
	for (size_t i = 0; i < x->doc_count; i++)
		if (x->docs[i].kind == kind && x->docs[i].revision == revision &&
		    hf_bytes_are_hash(digest, &x->docs[i].digest))
			return &x->docs[i];
	return NULL;
}

static enum hf_err check_review(const struct hf_tally *x, struct hf_doc *d, const struct hf_doc *application,
                                struct hf_fault *f)
{
	const Hufu__IntakeRecord *r = (const Hufu__IntakeRecord *)d->message;
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	struct hf_hash digest;
	memcpy(digest.b, r->application_digest.data, sizeof(digest.b));
	struct hf_statement_want want = {"compliance",        "intake",    x->intake_node, &x->app->id,
	                                 &x->negotiation_txn, r->revision, &digest};
	HF_TRY(hf_tally_statement(x, r->review, &want, &s, &d->by[0], f));
	if (strcmp(s->result, r->result) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the intake record says \"%s\", its reviewer signed \"%s\"",
		                    r->result, s->result);
	return hf_tally_check_cast(&(struct hf_tally_cast){.applicant = &application->by[0],
	                                                   .need = &application->by[1],
	                                                   .reviewer = &d->by[0]},
	                           f);
}

static enum hf_err check_intake_doc(struct hf_tally *x, struct hf_doc *d, struct hf_fault *f)
{
	const Hufu__IntakeRecord *r = (const Hufu__IntakeRecord *)d->message;
	HF_TRY(hf_doc_frame(d, x->intake_node, &x->negotiation_txn, f));
	const struct hf_doc *app = doc_named(x, HF_DOC_APPLICATION, r->revision, &r->application_digest);
	if (!hf_bytes_same(&r->application, &x->app->id) || app == NULL)
		return hf_fault_set(f, HF_E_DIGEST, "the intake record of revision %u is about another application",
		                    r->revision);
	HF_TRY(check_review(x, d, app, f));
	d->bound = true;
	if (r->revision != x->app->revision)
		return HF_OK;
	if (x->intake != NULL)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the tally holds more than one intake record of the decided revision");
	if (strcmp(r->result, "pass") != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the application did not pass the compliance review: \"%s\"",
		                    r->result);
	for (size_t i = 0; i < r->n_criteria; i++)
		if (!r->criteria[i]->ok)
			return hf_fault_set(f, HF_E_CRITERION,
			                    "the intake record passes the application although \"%s\" is not met",
			                    r->criteria[i]->point);
	x->intake = r;
	x->of[HF_DOC_INTAKE] = d;
	return HF_OK;
}

/* ---- the decision ---- */

#define LEVEL_CORE 3u

static bool same_statement(const Hufu__SignedStatement *a, const Hufu__SignedStatement *b)
{
	size_t a_len = 0, b_len = 0;
	uint8_t *x = hf_encode(&a->base, &a_len), *y = hf_encode(&b->base, &b_len);
	bool same = x != NULL && y != NULL && a_len == b_len && memcmp(x, y, a_len) == 0;
	free(x);
	free(y);
	return same;
}

/* AZ-11: an entry may let the compliance review settle the application; the reviewer's statement, checked with the
 * intake record, then stands in the place of the decider's. */
static bool settled_by_review(const struct hf_tally *x, const Hufu__Decision *d, const struct hf_doc *intake)
{
	return !x->entry->provider_decides && !x->entry->personal && x->entry->level < LEVEL_CORE &&
	       strcmp(d->result, "T") == 0 &&
	       same_statement(d->decision, ((const Hufu__IntakeRecord *)intake->message)->review);
}

static bool is_second(const Hufu__SignedStatement *st)
{
	HF_CLEANUP(statement_done)
	Hufu__Statement *s = HF_DECODE(statement, st->statement->payload.data, st->statement->payload.len);
	return s != NULL && strcmp(s->kind, "second-approval") == 0;
}

static enum hf_err check_decider(const struct hf_tally *x, struct hf_doc *doc, struct hf_fault *f)
{
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	const Hufu__Decision *d = (const Hufu__Decision *)doc->message;
	struct hf_hash digest;
	memcpy(digest.b, d->application_digest.data, sizeof(digest.b));
	struct hf_statement_want want = {"decision",          "approve",   x->provider, &x->app->id,
	                                 &x->negotiation_txn, d->revision, &digest};
	if (strcmp(d->result, "T") != 0 && is_second(d->decision)) {
		want.kind = "second-approval";
		want.permission = "approve-second";
	}
	HF_TRY(hf_tally_statement(x, d->decision, &want, &s, &doc->by[0], f));
	if (strcmp(s->result, d->result) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the decision says \"%s\", the person who decided signed \"%s\"",
		                    d->result, s->result);
	if (strcmp(s->reason, d->reason) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the decision gives another reason than the person who decided signed");
	if (strcmp(d->result, "T") == 0 && s->until_ms != d->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the decision ends at another time than the person who decided signed");
	return hf_tally_two_factors(&doc->by[0], x->entry->sensitive, f);
}

static enum hf_err check_privacy(const struct hf_tally *x, struct hf_doc *doc, struct hf_fault *f)
{
	const Hufu__Decision *d = (const Hufu__Decision *)doc->message;
	static const char *const points[] = {"necessity", "compliance"};
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	struct hf_hash digest;
	if (d->privacy == NULL)
		return x->entry->personal ? hf_fault_set(f, HF_E_UNKNOWN,
		                                         "the resource is personal, but there is no privacy review")
		                          : HF_OK;
	memcpy(digest.b, d->application_digest.data, sizeof(digest.b));
	struct hf_statement_want want = {"privacy",           "privacy-review", x->provider, &x->app->id,
	                                 &x->negotiation_txn, d->revision,      &digest};
	HF_TRY(hf_tally_statement(x, d->privacy, &want, &s, &doc->by[1], f));
	for (size_t i = 0; strcmp(d->result, "T") == 0 && i < sizeof(points) / sizeof(points[0]); i++)
		if (!finding_ok(s->findings, s->n_findings, points[i]))
			return hf_fault_set(f, HF_E_CONFLICT, "the privacy review did not confirm the %s", points[i]);
	return HF_OK;
}

/* DS-20: core data is given by two levels. */
static enum hf_err check_second(const struct hf_tally *x, struct hf_doc *doc, struct hf_fault *f)
{
	const Hufu__Decision *d = (const Hufu__Decision *)doc->message;
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	struct hf_hash digest;
	if (d->second == NULL)
		return x->entry->level >= LEVEL_CORE && strcmp(d->result, "T") == 0
		               ? hf_fault_set(f, HF_E_UNKNOWN,
		                              "the resource is core data, but no second level approved it")
		               : HF_OK;
	memcpy(digest.b, d->application_digest.data, sizeof(digest.b));
	struct hf_statement_want want = {"second-approval",   "approve-second", x->provider, &x->app->id,
	                                 &x->negotiation_txn, d->revision,      &digest};
	HF_TRY(hf_tally_statement(x, d->second, &want, &s, &doc->by[2], f));
	if (strcmp(s->result, d->result) != 0 || s->until_ms != d->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the second level signed something else than the decision says");
	return hf_tally_two_factors(&doc->by[2], x->entry->sensitive, f);
}

/* On what it rests, and who took part in it. */
static enum hf_err check_decided_by(const struct hf_tally *x, struct hf_doc *d, struct hf_fault *f)
{
	const Hufu__Decision *m = (const Hufu__Decision *)d->message;
	const struct hf_doc *app = doc_named(x, HF_DOC_APPLICATION, m->revision, &m->application_digest);
	const struct hf_doc *intake = doc_named(x, HF_DOC_INTAKE, m->revision, &m->intake_digest);
	if (!hf_bytes_same(&m->application, &x->app->id) || app == NULL)
		return hf_fault_set(f, HF_E_DIGEST, "the decision on revision %u is about another application",
		                    m->revision);
	if (intake == NULL || strcmp(((const Hufu__IntakeRecord *)intake->message)->result, "pass") != 0)
		return hf_fault_set(f, HF_E_DIGEST,
		                    "the decision on revision %u was taken on another intake record, or on one that "
		                    "does not pass",
		                    m->revision);
	bool settled = settled_by_review(x, m, intake);
	if (!settled)
		HF_TRY(check_decider(x, d, f));
	HF_TRY(check_privacy(x, d, f));
	HF_TRY(check_second(x, d, f));
	const struct hf_tally_cast cast = {&app->by[0],
	                                   &app->by[1],
	                                   &intake->by[0],
	                                   m->privacy != NULL ? &d->by[1] : NULL,
	                                   settled ? NULL : &d->by[0],
	                                   m->second != NULL ? &d->by[2] : NULL};
	return hf_tally_check_cast(&cast, f);
}

/* AZ-26: T grants, F ends the application, S asks for another revision. */
static enum hf_err check_decision_doc(struct hf_tally *x, struct hf_doc *d, struct hf_fault *f)
{
	const Hufu__Decision *m = (const Hufu__Decision *)d->message;
	HF_TRY(hf_doc_frame(d, x->provider, &x->negotiation_txn, f));
	HF_TRY(check_decided_by(x, d, f));
	d->bound = true;
	if (m->revision != x->app->revision)
		return strcmp(m->result, "S") == 0
		               ? HF_OK
		               : hf_fault_set(f, HF_E_CONFLICT, "revision %u was decided with %s, not returned",
		                              m->revision, m->result);
	if (x->decision != NULL)
		return hf_fault_set(f, HF_E_CONFLICT, "the tally holds more than one decision on the last revision");
	if (strcmp(m->result, "T") != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the decision is %s, which grants nothing", m->result);
	if (m->agreement == NULL)
		return hf_fault_set(f, HF_E_UNKNOWN, "the decision grants without an agreement");
	x->decision = m;
	x->of[HF_DOC_DECISION] = d;
	return HF_OK;
}

static enum hf_err check_decided(struct hf_tally *x, struct hf_fault *f)
{
	if (x->decision == NULL)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the tally holds no decision on the last revision of the application");
	if (x->decision->from_ms < x->app->from_ms || x->decision->until_ms > x->app->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the decision's period leaves the one applied for");
	return check_period("decision", x->decision->from_ms, x->decision->until_ms, f);
}

/* ---- the agreement ---- */

bool hf_list_has(char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static enum hf_err check_fields(const struct hf_tally *x, const Hufu__Agreement *g, struct hf_fault *f)
{
	for (size_t i = 0; i < g->n_fields; i++) {
		bool known = false;
		for (size_t k = 0; !known && k < x->entry->n_fields; k++)
			known = strcmp(x->entry->fields[k]->name, g->fields[i]) == 0;
		if (!known)
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the resource has no field \"%s\", which the agreement names",
			                    g->fields[i]);
		if (x->app->n_fields > 0 && !hf_list_has(x->app->fields, x->app->n_fields, g->fields[i]))
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the field \"%s\" of the agreement was not applied for", g->fields[i]);
		if (hf_list_has(g->fields, i, g->fields[i]))
			return hf_fault_set(f, HF_E_FORMAT, "the agreement names the field \"%s\" twice", g->fields[i]);
	}
	return HF_OK;
}

static enum hf_err check_agreement(const struct hf_tally *x, const Hufu__Agreement *g, struct hf_fault *f)
{
	const Hufu__Application *a = x->app;
	HF_TRY(HF_SAME_TEXTS("agreement", "application", f, {"provider", g->assigner, a->provider},
	                     {"consumer", g->assignee, a->organization}, {"department", g->department, a->department},
	                     {"business system", g->system, a->system}, {"operation", g->action, a->action},
	                     {"purpose", g->purpose, a->purpose},
	                     {"system address", g->system_address, a->system_address}));
	HF_TRY(HF_SAME_BYTES("agreement", "application", f, {"application", &g->application, &a->id},
	                     {"resource", &g->resource, &a->resource},
	                     {"transaction", &g->header->transaction, &x->negotiation_txn}));
	if (g->revision != a->revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement names another revision than the application");
	if (g->from_ms != x->decision->from_ms || g->until_ms != x->decision->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement names another period than the decision");
	if (g->from_ms < g->header->time_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement begins before it was signed");
	return check_fields(x, g, f);
}

static enum hf_err open_agreement(struct hf_tally *x, struct hf_fault *f)
{
	struct hf_bytes payload;
	const Hufu__Envelope *e = x->decision->agreement;
	HF_TRY(hf_space_open(x->space, e, HF_TYPE_AGREEMENT, &payload, f));
	x->agreement_owned = hf_decode_canonical(&hufu__agreement__descriptor, payload.data, payload.len);
	x->agreement = x->agreement_owned;
	if (x->agreement == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the agreement is not of the required form");
	if (strcmp(x->agreement->header->issuer, x->provider) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the agreement is signed by %s instead of %s",
		                    x->agreement->header->issuer, x->provider);
	HF_TRY(hf_envelope_digest_message(e, &x->agreement_digest));
	return check_agreement(x, x->agreement, f);
}

static enum hf_err check_verification(struct hf_tally *x, struct hf_fault *f)
{
	struct hf_doc *d = NULL;
	HF_TRY(hf_tally_one(x, HF_DOC_VERIFICATION, &d, f));
	HF_TRY(hf_doc_frame(d, x->consumer, &x->negotiation_txn, f));
	const Hufu__Verification *v = (const Hufu__Verification *)d->message;
	if (!hf_bytes_same(&v->agreement, &x->agreement->id) ||
	    !hf_bytes_are_hash(&v->agreement_digest, &x->agreement_digest))
		return hf_fault_set(f, HF_E_DIGEST, "the verification is of another agreement");
	return HF_OK;
}

/* ---- what may stand beside them ---- */

/* Found first, because much of what follows rests on it; held against the agreement once that is open. */
static enum hf_err find_entry(struct hf_tally *x, struct hf_fault *f)
{
	struct hf_doc *d = NULL;
	HF_TRY(hf_tally_one(x, HF_DOC_ENTRY, &d, f));
	x->entry = (const Hufu__CatalogEntry *)d->message;
	if (x->entry->withdrawn || x->entry->sharing == NOT_SHARED)
		return hf_fault_set(f, HF_E_NOT_SHARED, "the catalog entry says that the resource is not shared");
	return HF_OK;
}

static enum hf_err check_entry(struct hf_tally *x, struct hf_fault *f)
{
	const struct hf_doc *d = x->of[HF_DOC_ENTRY];
	if (!hf_bytes_are_hash(&x->agreement->entry_digest, &d->digest))
		return hf_fault_set(f, HF_E_DIGEST, "the catalog entry is not the one that the agreement names");
	if (strcmp(d->header->issuer, x->provider) != 0 || strcmp(x->entry->publisher, x->provider) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the catalog entry is not of the provider %s", x->provider);
	if (!hf_bytes_same(&x->entry->id, &x->agreement->resource) ||
	    x->entry->version != x->agreement->resource_version)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the catalog entry is of another resource or version than the agreement");
	if (strcmp(x->entry->intake, x->intake_node) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the catalog entry names another intake node than the application");
	const Hufu__Agreement *g = x->agreement;
	for (size_t i = 0; i < x->entry->n_policy; i++) {
		const Hufu__Rule *r = x->entry->policy[i];
		if (strcmp(r->kind, "duty") == 0 && !hf_list_has(g->obligations, g->n_obligations, r->action))
			return hf_fault_set(f, HF_E_OBLIGATION,
			                    "the agreement leaves out the duty \"%s\" of the catalog entry", r->action);
	}
	return HF_OK;
}

static enum hf_err check_event(struct hf_tally *x, struct hf_fault *f)
{
	struct hf_doc *d = NULL;
	HF_TRY(hf_tally_one(x, HF_DOC_EVENT, &d, f));
	const Hufu__NegotiationEvent *m = (const Hufu__NegotiationEvent *)d->message;
	HF_TRY(hf_doc_frame(d, x->provider, &x->negotiation_txn, f));
	if (strcmp(m->event, "FINALIZED") != 0 || !hf_bytes_same(&m->application, &x->app->id) ||
	    m->revision != x->app->revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the negotiation event does not finalize this application");
	if (!hf_bytes_same(&m->agreement, &x->agreement->id))
		return hf_fault_set(f, HF_E_CONFLICT, "the negotiation event names another agreement");
	return HF_OK;
}

/* Either side may end the grant; a person of that side signed it, with the same reason. */
static enum hf_err check_revocation(struct hf_tally *x, struct hf_doc *d, struct hf_fault *f)
{
	const Hufu__Revocation *m = (const Hufu__Revocation *)d->message;
	const char *by = strcmp(d->header->issuer, x->provider) == 0 ? x->provider : x->consumer;
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	HF_TRY(hf_doc_frame(d, by, &x->negotiation_txn, f));
	HF_TRY(HF_SAME_BYTES("revocation", "agreement", f, {"grant", &m->grant, &x->agreement->grant},
	                     {"agreement", &m->agreement, &x->agreement->id}));
	struct hf_statement_want want = {"revocation",         "approve",           by,
	                                 &x->agreement->grant, &x->negotiation_txn, x->agreement->revision,
	                                 &x->agreement_digest};
	HF_TRY(hf_tally_statement(x, m->statement, &want, &s, NULL, f));
	HF_TRY(HF_SAME_TEXTS("revocation", "statement of its signer", f, {"reason", m->reason, s->reason}));
	d->bound = true;
	return HF_OK;
}

static enum hf_err check_others(struct hf_tally *x, struct hf_fault *f)
{
	for (size_t i = 0; i < x->doc_count; i++) {
		struct hf_doc *d = &x->docs[i];
		if (d->kind == HF_DOC_REVOCATION)
			HF_TRY(check_revocation(x, d, f));
		if (d->kind != HF_DOC_AGREEMENT)
			continue;
		if (!hf_hash_equal(&d->digest, &x->agreement_digest))
			return hf_fault_set(f, HF_E_DIGEST, "the agreement is not the one inside the decision");
		d->bound = true;
	}
	return HF_OK;
}

enum hf_err hf_tally_bind_negotiation(struct hf_tally *x, struct hf_fault *f)
{
	HF_TRY(find_application(x, f));
	HF_TRY(find_entry(x, f));
	for (size_t i = 0; i < x->doc_count; i++)
		if (x->docs[i].kind == HF_DOC_APPLICATION)
			HF_TRY(check_application(x, &x->docs[i], f));
	for (size_t i = 0; i < x->doc_count; i++)
		if (x->docs[i].kind == HF_DOC_INTAKE)
			HF_TRY(check_intake_doc(x, &x->docs[i], f));
	if (x->intake == NULL)
		return hf_fault_set(f, HF_E_UNKNOWN, "the tally holds no intake record of the decided revision");
	for (size_t i = 0; i < x->doc_count; i++)
		if (x->docs[i].kind == HF_DOC_DECISION)
			HF_TRY(check_decision_doc(x, &x->docs[i], f));
	HF_TRY(check_decided(x, f));
	HF_TRY(open_agreement(x, f));
	HF_TRY(check_entry(x, f));
	HF_TRY(check_verification(x, f));
	HF_TRY(check_event(x, f));
	return check_others(x, f);
}
