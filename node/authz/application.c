/*
 * application.c - an application from its first draft to its next revision at the consumer, and the door through which
 * an application of somebody else comes in (intake and provider use the same door).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/delegation_internal.h"
#include "authz/scenario_internal.h"
#include "base/limits.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

/* ---- the consumer drafts ---- */

/* AZ-7, AZ-25: the system is registered at this node and belongs to the applicant's department. */
enum hf_err az_application_system(struct hf_authz *a, const char *department, const char *name,
                                  struct hf_system_view *ret_system, struct hf_fault *f)
{
	if (!has_text(name))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "field 'system' is missing; state the registered business system that will use the data");
	if (hf_identity_system(a->identity, name, ret_system) != HF_OK)
		return hf_fault_set(
		        f, HF_E_WRONG_SYSTEM,
		        "no business system '%.63s' is registered at this node; register it with `hufu system add`",
		        name);
	if (!ret_system->enabled)
		return hf_fault_set(f, HF_E_WRONG_SYSTEM, "the business system '%.63s' is disabled; name another one",
		                    name);
	if (has_text(department) && strcmp(department, ret_system->department) != 0)
		return hf_fault_set(f, HF_E_WRONG_SYSTEM,
		                    "the business system '%.63s' belongs to '%s', not to the department '%s'", name,
		                    ret_system->department, department);
	return HF_OK;
}

/* Every receiver asks for it, this node's own intake among them: it is said before anything is on its way. */
enum hf_err az_application_standing(struct hf_authz *a, const Hufu__Application *app, struct hf_fault *f)
{
	if (same_text(app->organization, app->provider) ||
	    hf_space_has_role(hf_peers_space(a->peers), app->organization, "consumer"))
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_STANDING,
	        "%s does not hold the role 'consumer' in the space, so it cannot apply for data of others; the "
	        "space authority gives it with `hufu space add --role consumer` and `hufu space issue`",
	        app->organization);
}

static enum hf_err check_begin(struct hf_authz *a, const Hufu__Application *app, struct hf_fault *f)
{
	char text[HF_TIME_TEXT];
	if (app->from_ms >= now_of(a) - HF_CLOCK_SKEW_MS)
		return HF_OK;
	hf_time_text(app->from_ms, text);
	return hf_fault_set(f, HF_E_ARGUMENT,
	                    "field 'from' is %s, in the past; an authorization cannot be backdated, leave it out",
	                    text);
}

/* The content as far as the entry and the system say it. Texts are borrowed. */
static void fill_object(struct hf_authz *a, Hufu__Application *app, const Hufu__CatalogEntry *entry,
                        const struct hf_system_view *system, char intake[HF_NAME_MAX + 1])
{
	app->resource = entry->id;
	app->resource_version = entry->version;
	app->provider = entry->publisher;
	app->intake = az_intake_of(a, entry, intake);
	app->organization = (char *)a->base->self.s;
	app->department = (char *)system->department;
	app->system = (char *)system->name;
	app->system_address = (char *)system->address;
	app->action = (char *)"read";
	app->mechanism = (char *)"application";
}

static void fill_wish(struct hf_authz *a, Hufu__Application *app, const struct hf_application_in *what)
{
	app->reason = (char *)what->reason;
	app->purpose = (char *)what->purpose;
	app->from_ms = what->from_ms ? what->from_ms : now_of(a);
	app->until_ms = what->until_ms;
	app->fields = (char **)what->fields;
	app->n_fields = what->field_count;
	app->accepts = (char **)what->accepts;
	app->n_accepts = what->accept_count;
	app->rows = (char *)(what->rows ? what->rows : "");
}

/* Signs the applicant's request over the content and puts row and revision. */
static enum hf_err put_draft(struct hf_authz *a, const struct hf_step_in *in, Hufu__ApplicationRow *row,
                             Hufu__Application *app, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *request = NULL;
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	Hufu__ApplicationRevision rev = HUFU__APPLICATION_REVISION__INIT;
	struct hf_hash digest;
	struct hf_id txn = az_row_txn(row);
	hf_application_digest(app, &digest);
	s.kind = (char *)"request";
	s.object = app->id;
	s.revision = app->revision;
	s.object_digest = BIN_HASH(&digest);
	s.reason = app->reason;
	s.until_ms = app->until_ms;
	HF_TRY(az_person_sign(a, in->actor, &s, &txn, &request, f));
	rev.application = app->id;
	rev.revision = app->revision;
	rev.content = app;
	rev.request = request;
	rev.made_ms = now_of(a);
	az_revision_put(in->unit, &rev);
	row->revision = app->revision;
	row->applicant = app->applicant;
	row->purpose = app->purpose;
	row->from_ms = app->from_ms;
	row->until_ms = app->until_ms;
	az_row_put(a, in->unit, row);
	az_entry_fill(in->draft, row, &(struct entry_words){.detail = app->reason});
	return HF_OK;
}

static void row_init(struct hf_authz *a, Hufu__ApplicationRow *row, const Hufu__Application *app,
                     const Hufu__CatalogEntry *entry, const struct hf_id *txn)
{
	hufu__application_row__init(row);
	row->id = app->id;
	row->txn = BIN_ID(txn);
	row->organization = app->organization;
	row->department = app->department;
	row->system = app->system;
	row->provider = app->provider;
	row->intake = app->intake;
	row->applicant = app->applicant;
	row->resource = app->resource;
	row->title = entry->title;
	row->purpose = app->purpose;
	row->from_ms = app->from_ms;
	row->until_ms = app->until_ms;
	row->sensitive = entry->sensitive;
	row->personal = entry->personal;
	row->dispute = app->dispute;
	row->follows = app->follows;
	row->created_ms = now_of(a);
}

static enum hf_err check_wish(struct hf_authz *a, const struct hf_step_in *in, const Hufu__Application *app,
                              const Hufu__CatalogEntry *entry, const struct hf_application_in *what)
{
	HF_TRY(az_application_standing(a, app, in->fault));
	HF_TRY(az_terms_application(app, in->fault));
	if (what->from_ms)
		HF_TRY(check_begin(a, app, in->fault));
	HF_TRY(az_terms_against_entry(app, entry, now_of(a), in->fault));
	HF_TRY(az_purpose_fields(entry, app->purpose, app->fields, app->n_fields, in->fault));
	HF_TRY(az_conditions_accepts(entry, app->accepts, app->n_accepts, in->fault));
	HF_TRY(az_person_two_factors(in->actor->methods, entry->sensitive, in->fault));
	return az_mandate_apply(a, in, app, entry);
}

enum hf_err hf_authz_draft(struct hf_authz *a, const struct hf_step_in *in, const struct hf_application_in *what,
                           struct hf_id *ret_application)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_system_view system;
	char intake[HF_NAME_MAX + 1];
	Hufu__Application app = HUFU__APPLICATION__INIT;
	Hufu__ApplicationRow row;
	struct hf_id id = hf_id_new(now_of(a)), txn = hf_id_new(now_of(a));
	HF_TRY(az_application_entry_own(a, in, has_text(what->publisher) ? what->publisher : NULL, &what->entry, &it));
	HF_TRY(az_application_system(a, in->actor->department, what->system, &system, in->fault));
	app.id = BIN_ID(&id);
	app.revision = 1;
	app.applicant = (char *)in->actor->account;
	app.dispute = what->dispute ? BIN_ID(what->dispute) : app.dispute;
	app.follows = what->follows ? BIN_ID(what->follows) : app.follows;
	fill_object(a, &app, it.entry, &system, intake);
	fill_wish(a, &app, what);
	az_purpose_cut(it.entry, &app);
	if (!it.entry->personal && !az_terms_core(it.entry)) /* which no rule gives: conditions.c */
		HF_TRY(az_scenario_covers(a, &app, in->fault));
	HF_TRY(check_wish(a, in, &app, it.entry, what));
	row_init(a, &row, &app, it.entry, &txn);
	HF_TRY(az_row_step(a, in->unit, &row, HF_PART_CONSUMER, HF_STEP_DRAFT, in->fault));
	HF_TRY(put_draft(a, in, &row, &app, in->fault));
	*ret_application = id;
	return HF_OK;
}

enum hf_err az_application_own(struct hf_authz *a, const struct hf_actor *actor, const Hufu__ApplicationRow *row,
                               struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	struct hf_id id = az_row_id(row);
	if (!has_text(actor->department) ||
	    (is_self(a, row->organization) && same_text(actor->department, row->department)))
		return HF_OK;
	hf_id_text(&id, text);
	hf_alarm(a->base, "access-denied", NULL,
	         "account %s tried a step of application %s, which is not its department's", actor->account, text);
	return az_row_unknown(&id, f);
}

static enum hf_err previous_revision(struct hf_authz *a, const Hufu__ApplicationRow *row,
                                     Hufu__ApplicationRevision **ret_rev, Hufu__Application **ret_app,
                                     struct hf_fault *f)
{
	struct hf_id id = az_row_id(row);
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	if (az_revision_get(a, &id, row->revision, &rev) != HF_OK)
		return hf_fault_set(f, HF_E_STORE, "revision %u of the application cannot be read", row->revision);
	*ret_app = NULL;
	if (!rev->content) {
		HF_TRY(az_revision_application(rev, ret_app, f));
		rev->content = *ret_app;
	}
	*ret_rev = HF_TAKE(rev);
	return HF_OK;
}

/* The newest revision that left this node; the next one names its digest. */
static enum hf_err submitted_digest(struct hf_authz *a, const Hufu__ApplicationRow *row, struct hf_hash *ret_digest,
                                    bool *ret_there)
{
	struct hf_id id = az_row_id(row);
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	*ret_there = false;
	if (row->submitted == 0)
		return HF_OK;
	HF_TRY(az_revision_get(a, &id, row->submitted, &rev));
	if (rev->application_digest.len != sizeof(ret_digest->b))
		return HF_E_STORE;
	memcpy(ret_digest->b, rev->application_digest.data, sizeof(ret_digest->b));
	*ret_there = true;
	return HF_OK;
}

static enum hf_err too_often(struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_LIMIT, "an application has at most %u revisions; file a new one with `hufu apply`",
	                    HF_MAX_REVISIONS);
}

static enum hf_err build_next(struct hf_authz *a, const struct hf_step_in *in, Hufu__ApplicationRow *row,
                              struct hf_application_in *what)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Application *old = NULL;
	struct hf_system_view system;
	char intake[HF_NAME_MAX + 1];
	struct hf_hash previous;
	bool there;
	Hufu__Application app = HUFU__APPLICATION__INIT;
	if (row->revision >= HF_MAX_REVISIONS)
		return too_often(in->fault);
	HF_TRY(previous_revision(a, row, &rev, &old, in->fault));
	HF_TRY(az_entry_need(a, row, &it, in->fault));
	HF_TRY(az_application_system(a, in->actor->department, row->system, &system, in->fault));
	HF_TRY(submitted_digest(a, row, &previous, &there));
	az_application_merge(what, rev->content, now_of(a));
	app.id = row->id;
	app.revision = row->revision + 1;
	app.dispute = row->dispute;
	app.follows = row->follows;
	app.applicant = (char *)in->actor->account;
	if (there)
		app.previous = BIN_HASH(&previous);
	fill_object(a, &app, it.entry, &system, intake);
	fill_wish(a, &app, what);
	az_purpose_cut(it.entry, &app);
	HF_TRY(check_wish(a, in, &app, it.entry, what));
	row->intake = app.intake;
	row->department = app.department;
	return put_draft(a, in, row, &app, in->fault);
}

enum hf_err hf_authz_resubmit(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                              const struct hf_application_in *what, uint32_t *ret_revision)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_application_in wish = *what;
	HF_TRY(az_row_need(a, application, &row, in->fault));
	HF_TRY(az_application_own(a, in->actor, row, in->fault));
	if (has_text(what->system) && strcmp(what->system, row->system) != 0) /* AZ-22 */
		return hf_fault_set(in->fault, HF_E_ARGUMENT,
		                    "the application is for the system '%s' alone; for '%.63s' file a new application",
		                    row->system, what->system);
	az_row_result(row, "", "", "");
	HF_TRY(az_row_step(a, in->unit, row, HF_PART_CONSUMER, HF_STEP_RESUBMIT, in->fault));
	HF_TRY(build_next(a, in, row, &wish));
	*ret_revision = row->revision;
	return HF_OK;
}

enum hf_err az_entry_need(struct hf_authz *a, const Hufu__ApplicationRow *row, struct hf_catalog_item *ret_item,
                          struct hf_fault *f)
{
	struct hf_id id;
	if (!az_id_of(&row->resource, &id))
		return hf_fault_set(f, HF_E_STORE, "the stored application names no resource");
	if (hf_catalog_get(a->catalog, row->provider, &id, ret_item) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the resource of the application is no longer in the catalog of this node");
	return HF_OK;
}

/* ---- an application comes in ---- */

void az_opened_application_done(struct opened_application *o)
{
	hf_decoded_free(o->app);
	*o = (struct opened_application){0};
}

/* AZ-13: the three findings, in order, all met. */
static enum hf_err check_need(const Hufu__Statement *s, struct hf_fault *f)
{
	static const char *const points[] = {"need", "scope", "period"};
	enum { POINTS = sizeof(points) / sizeof(points[0]) };
	if (s->n_findings != POINTS)
		return hf_fault_set(
		        f, HF_E_FORMAT,
		        "the data authority's statement does not have the three findings need, scope and period");
	for (size_t i = 0; i < POINTS; i++) {
		if (strcmp(s->findings[i]->point, points[i]) != 0)
			return hf_fault_set(f, HF_E_FORMAT, "the data authority's finding %zu is not '%s'", i + 1,
			                    points[i]);
		if (!s->findings[i]->ok)
			return hf_fault_set(f, HF_E_STATE, "the data authority did not confirm the point '%s'",
			                    points[i]);
	}
	return HF_OK;
}

static enum hf_err check_people(struct hf_authz *a, struct opened_application *o, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *need = NULL;
	struct hf_hash digest;
	const Hufu__Application *app = o->app;
	hf_application_digest(app, &digest);
	struct statement_want want = {"request", HF_MAY_APPLY, app->organization, &o->id, app->revision,
	                              &digest,   &o->txn};
	HF_TRY(az_person_check(a, app->request, &want, NULL, &o->applicant, f));
	want.kind = "need";
	want.permission = HF_MAY_CONFIRM_NEED;
	HF_TRY(az_person_check(a, app->need, &want, &need, &o->need, f));
	HF_TRY(check_need(need, f));
	if (strcmp(o->applicant.account, app->applicant) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the application names %.63s as applicant, but %.63s signed the request",
		                    app->applicant, o->applicant.account);
	if (app->from_ms < o->applicant.signed_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the period begins before the application was made; it cannot be backdated");
	return az_person_apart(&o->applicant, "the applicant", &o->need, "confirm the need", f);
}

enum hf_err az_application_open(struct hf_authz *a, const Hufu__Envelope *e, const char *consumer,
                                struct opened_application *ret_opened, struct hf_fault *f)
{
	HF_CLEANUP(az_opened_application_done) struct opened_application o = {0};
	const struct paper_want want = {HF_TYPE_APPLICATION, &hufu__application__descriptor, consumer, NULL,
	                                "the application"};
	HF_TRY(az_paper_open(a, e, &want, &o.app, f));
	if (!az_id_of(&o.app->id, &o.id) || !az_id_of(&o.app->resource, &o.resource) ||
	    !az_id_of(&o.app->header->transaction, &o.txn))
		return hf_fault_set(f, HF_E_FORMAT, "the application lacks an identifier");
	if (strcmp(o.app->organization, o.app->header->issuer) != 0)
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s applies in the name of %s; an organization applies for itself alone",
		                    o.app->header->issuer, o.app->organization);
	HF_TRY(az_application_standing(a, o.app, f));
	HF_TRY(az_terms_application(o.app, f));
	HF_TRY(hf_envelope_digest_message(e, &o.digest));
	HF_TRY(check_people(a, &o, f));
	*ret_opened = o;
	o = (struct opened_application){0};
	return HF_OK;
}

static enum hf_err check_same_case(const Hufu__ApplicationRow *row, const struct opened_application *o,
                                   struct hf_fault *f)
{
	struct hf_id txn = az_row_txn(row);
	bool same = same_text(row->organization, o->app->organization) && same_text(row->system, o->app->system) &&
	            same_text(row->provider, o->app->provider) && row->resource.len == 16 &&
	            memcmp(row->resource.data, o->resource.b, 16) == 0 && hf_id_equal(&txn, &o->txn);
	if (same)
		return HF_OK;
	return hf_fault_set(f, HF_E_CONFLICT,
	                    "an application with this identifier is on record for another organization, system, "
	                    "resource or transaction");
}

static enum hf_err check_revision(struct hf_authz *a, const Hufu__ApplicationRow *row,
                                  const struct opened_application *o, uint32_t last, bool chained, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	struct hf_id id = az_row_id(row);
	if (o->app->revision > HF_MAX_REVISIONS)
		return too_often(f);
	if (o->app->revision <= last)
		return hf_fault_set(f, HF_E_REPLAY,
		                    "revision %u of the application is on record; the next one is %u or later", last,
		                    last + 1);
	if (last == 0)
		return HF_OK;
	if (o->app->previous.len == 0)
		return hf_fault_set(f, HF_E_CONFLICT, "revision %u does not name the revision before",
		                    o->app->revision);
	if (!chained)
		return HF_OK; /* the provider does not see the revisions that ended at the intake node */
	HF_TRY(az_revision_get(a, &id, last, &rev));
	if (rev->application_digest.len != 32 || memcmp(rev->application_digest.data, o->app->previous.data, 32) != 0)
		return hf_fault_set(f, HF_E_DIGEST, "revision %u does not follow revision %u on record",
		                    o->app->revision, last);
	return HF_OK;
}

static void follow_revision(Hufu__ApplicationRow *row, const Hufu__Application *app)
{
	row->department = app->department;
	row->intake = app->intake;
	row->applicant = app->applicant;
	row->purpose = app->purpose;
	row->from_ms = app->from_ms;
	row->until_ms = app->until_ms;
	row->revision = app->revision > row->revision ? app->revision : row->revision;
	az_row_result(row, "", "", "");
}

/* A row that is made here lives as long as one that was read: as a decoded message. */
static Hufu__ApplicationRow *row_copy(const Hufu__ApplicationRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	Hufu__ApplicationRow *copy = data ? HF_DECODE_OWN(application_row, data, len) : NULL;
	free(data);
	if (!copy)
		abort(); /* memory is gone */
	return copy;
}

static bool any_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	(void)value;
	*(bool *)ctx = true;
	return false;
}

/* DS-38: a transaction's identifier is never used for a second case. */
static enum hf_err check_fresh_txn(struct hf_authz *a, const struct hf_id *txn, struct hf_fault *f)
{
	bool used = false;
	HF_TRY(hf_store_scan(a->store, HF_TABLE_ENVELOPE_TXN, txn->b, sizeof(txn->b), NULL, 0, any_row, &used));
	if (!used)
		return HF_OK;
	return hf_fault_set(f, HF_E_REPLAY,
	                    "the application's transaction identifier belongs to another case; file a new application");
}

enum hf_err az_application_row(struct hf_authz *a, const struct opened_application *o, const struct hf_catalog_item *it,
                               enum hf_part part, Hufu__ApplicationRow **ret_row, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	enum hf_err e = az_row_get(a, &o->id, &row);
	if (e == HF_E_UNKNOWN) {
		Hufu__ApplicationRow fresh;
		if (part == HF_PART_INTAKE)
			HF_TRY(az_quota_check(a, o->app->organization, f));
		HF_TRY(check_fresh_txn(a, &o->txn, f));
		row_init(a, &fresh, o->app, it->entry, &o->txn);
		row = row_copy(&fresh);
	} else if (e != HF_OK) {
		return hf_fault_set(f, HF_E_STORE, "the application on record cannot be read");
	}
	bool intake = part == HF_PART_INTAKE;
	uint32_t *last = intake ? &row->intake_revision : &row->provider_revision;
	HF_TRY(check_same_case(row, o, f));
	HF_TRY(check_revision(a, row, o, *last, intake, f));
	*last = o->app->revision;
	row->sensitive = it->entry->sensitive;
	row->personal = it->entry->personal;
	if (row->revision <= o->app->revision)
		follow_revision(row, o->app);
	*ret_row = HF_TAKE(row);
	return HF_OK;
}

static Hufu__ApplicationRevision *revision_copy(const Hufu__ApplicationRevision *rev)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&rev->base, &len);
	Hufu__ApplicationRevision *copy = data ? HF_DECODE_OWN(application_revision, data, len) : NULL;
	free(data);
	if (!copy)
		abort(); /* memory is gone */
	return copy;
}

enum hf_err az_application_revision(struct hf_authz *a, const struct opened_application *o, const struct paper *paper,
                                    Hufu__ApplicationRevision **ret_rev, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	enum hf_err e = az_revision_get(a, &o->id, o->app->revision, &rev);
	if (e == HF_OK) { /* made by another part of this node */
		if (!az_hash_is(&rev->application_digest, &paper->digest))
			return hf_fault_set(f, HF_E_CONFLICT, "revision %u is on record in another wording",
			                    o->app->revision);
		*ret_rev = HF_TAKE(rev);
		return HF_OK;
	}
	if (e != HF_E_UNKNOWN)
		return hf_fault_set(f, e, "revision %u on record cannot be read", o->app->revision);
	Hufu__ApplicationRevision fresh = HUFU__APPLICATION_REVISION__INIT;
	fresh.application = o->app->id;
	fresh.revision = o->app->revision;
	fresh.request = o->app->request;
	fresh.need = o->app->need;
	fresh.application_envelope = BIN(paper->bytes, paper->len);
	fresh.application_digest = BIN_HASH(&paper->digest);
	fresh.made_ms = now_of(a);
	*ret_rev = revision_copy(&fresh);
	return HF_OK;
}
