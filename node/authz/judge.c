/*
 * judge.c - one grant held against one request: five questions - who, when, in which manner, which data, which
 * operation (AZ-1). The first that is not answered well is the reason (AZ-32).
 */
#include <stdio.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/internal.h"
#include "authz/judge.h"
#include "catalog/consent.h"
#include "proto/codec.h"

/* One grant held against one request. */
struct candidate {
	struct hf_authz *a;
	const struct hf_access_request *rq;
	const struct grant_item *grant;
	Hufu__Agreement *terms;             /* read when everything that memory can answer holds */
	const struct hf_catalog_item *item; /* what would be delivered */
	struct crossing crossing;
};

static void grant_text(const struct candidate *c, char out[HF_ID_TEXT])
{
	hf_id_text(&c->grant->grant, out);
}

static bool is_agreement(struct candidate *c, struct verdict *v)
{
	if (hf_id_is_zero(&c->rq->agreement) || hf_id_equal(&c->rq->agreement, &c->grant->agreement))
		return true;
	SAY(v, HF_E_NO_GRANT,
	    "the named agreement does not cover this resource; leave it out or name the right one (`hufu grants`)");
	return false;
}

/* A person without a department acts for the whole organization. */
static bool is_department(struct candidate *c, struct verdict *v)
{
	const char *asking = c->rq->department;
	if (!has_text(asking) || !has_text(c->grant->department) || strcmp(asking, c->grant->department) == 0)
		return true;
	SAY(v, HF_E_NO_GRANT,
	    "the authorization is for the department '%s', not for '%.63s'; apply for your department with `hufu "
	    "apply`",
	    c->grant->department, asking);
	return false;
}

static bool is_system(struct candidate *c, struct verdict *v)
{
	if (same_text(c->rq->system, c->grant->system))
		return true;
	SAY(v, HF_E_WRONG_SYSTEM,
	    "the business system '%.63s' is not the authorized one; apply for it with `hufu apply`",
	    c->rq->system ? c->rq->system : "");
	return false;
}

static bool is_address(struct candidate *c, struct verdict *v)
{
	const char *asking = has_text(c->rq->system_address) ? c->rq->system_address : "an address that is not stated";
	if (!has_text(c->grant->system_address) || same_text(c->grant->system_address, c->rq->system_address))
		return true;
	SAY(v, HF_E_WRONG_SYSTEM,
	    "the business system '%s' is authorized at the address %s, not at %.63s; correct it with `hufu system add` "
	    "or apply anew",
	    c->grant->system, c->grant->system_address, asking);
	return false;
}

static bool is_finalized(struct candidate *c, struct verdict *v)
{
	char id[HF_ID_TEXT];
	if (c->grant->state == HF_GRANT_ACTIVE || c->grant->state == HF_GRANT_REVOKED)
		return true;
	grant_text(c, id);
	SAY(v, HF_E_PENDING, "grant %s waits for the consumer's countersignature; it becomes active by itself", id);
	return false;
}

static bool is_standing(struct candidate *c, struct verdict *v)
{
	char id[HF_ID_TEXT];
	if (c->grant->state == HF_GRANT_ACTIVE && !c->grant->superseded_over)
		return true;
	grant_text(c, id);
	if (c->grant->state == HF_GRANT_ACTIVE) {
		SAY(v, HF_E_NO_GRANT,
		    "grant %s was superseded by a rule, and that rule has ended; file a new application with `hufu "
		    "apply`",
		    id);
		return false;
	}
	SAY(v, HF_E_GRANT_REVOKED, "grant %s was revoked (%s); file a new application with `hufu apply`", id,
	    c->grant->reason);
	return false;
}

/* AZ-37: as the operator set it. */
static bool is_filed(struct candidate *c, struct verdict *v)
{
	char id[HF_ID_TEXT];
	if (!az_grant_waits_for_filing(c->a, c->grant))
		return true;
	grant_text(c, id);
	SAY(v, HF_E_PENDING,
	    "grant %s was decided by an agent and is not on file at %s yet; one of its approvers takes it on file with "
	    "`hufu agent file`",
	    id, c->a->base->self.s);
	return false;
}

/* A hold on this grant alone; what suspends organization, system or resource was asked before. */
static bool is_not_held(struct candidate *c, struct verdict *v)
{
	char id[HF_ID_TEXT];
	const struct az_hold *h = az_hold_of_grant(c->a, &c->grant->grant);
	if (!h)
		return true;
	grant_text(c, id);
	SAY(v, HF_E_HELD, "grant %s is suspended: %.200s; ask its provider", id, h->reason);
	return false;
}

static bool is_begun(struct candidate *c, struct verdict *v)
{
	char id[HF_ID_TEXT], time[HF_TIME_TEXT];
	if (c->rq->now_ms >= c->grant->from_ms)
		return true;
	grant_text(c, id);
	hf_time_text(c->grant->from_ms, time);
	SAY(v, HF_E_GRANT_NOT_YET, "grant %s begins at %s; try again then", id, time);
	return false;
}

/* AZ-31: [from, until), against the time passed in. */
static bool is_unexpired(struct candidate *c, struct verdict *v)
{
	char id[HF_ID_TEXT], time[HF_TIME_TEXT];
	if (c->rq->now_ms < c->grant->until_ms && !c->grant->disabled)
		return true;
	grant_text(c, id);
	hf_time_text(c->grant->until_ms, time);
	SAY(v, HF_E_GRANT_EXPIRED, "grant %s expired at %s; file a new application with `hufu apply`", id, time);
	return false;
}

static bool is_action(struct candidate *c, struct verdict *v)
{
	if (same_text(c->rq->action, c->grant->action))
		return true;
	SAY(v, HF_E_WRONG_ACTION, "the operation '%.31s' is not authorized, only '%s' is",
	    c->rq->action ? c->rq->action : "", c->grant->action);
	return false;
}

static bool is_purpose(struct candidate *c, struct verdict *v)
{
	if (same_text(c->rq->purpose, c->grant->purpose))
		return true;
	SAY(v, HF_E_WRONG_PURPOSE,
	    "the purpose '%.100s' is not the authorized '%.100s'; apply for it with `hufu apply`",
	    c->rq->purpose ? c->rq->purpose : "", c->grant->purpose);
	return false;
}

/* A grant that lasts longer than its mechanism allows gives nothing, whoever signed it. */
static bool is_within_limit(struct candidate *c, struct verdict *v)
{
	struct hf_fault f = {HF_OK, ""};
	char id[HF_ID_TEXT];
	if (az_mechanism_period(c->grant->mechanism, c->grant->from_ms, c->grant->until_ms, &f) == HF_OK)
		return true;
	grant_text(c, id);
	SAY(v, HF_E_NO_GRANT, "grant %s gives nothing: %.300s", id, f.text);
	return false;
}

/* The agreement as signed, not the row beside it, holds the fields and obligations. */
static bool is_readable(struct candidate *c, struct verdict *v)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	if (az_grant_get(c->a, &c->grant->grant, &row) == HF_OK)
		c->terms = az_grant_terms(row);
	if (c->terms)
		return true;
	SAY(v, HF_E_STORE, "the agreement on record cannot be read, so nothing is permitted; see `hufu doctor`");
	return false;
}

bool az_judge_terms(struct hf_authz *a, const Hufu__Agreement *terms, const ProtobufCBinaryData *digest,
                    const struct hf_catalog_item *item, struct verdict *v)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__CatalogEntry *agreed = NULL;
	struct hf_fault f = {HF_OK, ""};
	if (az_hash_is(digest, &item->digest))
		return true;
	if (hf_store_get(a->store, HF_TABLE_ENVELOPE, digest->data, digest->len, &b) == HF_OK) {
		const ProtobufCBinaryData stored = BIN(b.data, b.len);
		agreed = az_stored_payload(&stored, &hufu__catalog_entry__descriptor);
	}
	if (!agreed) {
		SAY(v, HF_E_STORE,
		    "the entry that was agreed on cannot be read, so nothing is permitted; see `hufu doctor`");
		return false;
	}
	if (az_terms_still(terms, agreed, item->entry, &f) == HF_OK)
		return true;
	SAY(v, HF_E_TERMS_CHANGED, "%s", f.text);
	return false;
}

/* SB-6, DS-24: whatever permits, every use rests on the consents that the entry names and on the leave to publish it.
 */
bool az_judge_basis(const struct question *q, struct verdict *v)
{
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_catalog_basis(q->a->catalog, &q->rq->resource, q->rq->purpose, q->rq->now_ms, &f);
	if (e == HF_OK)
		return true;
	SAY(v, e, "%s", f.text);
	return false;
}

static bool is_based(struct candidate *c, struct verdict *v)
{
	return az_judge_basis(&(struct question){c->a, c->rq, c->item}, v);
}

static bool is_terms(struct candidate *c, struct verdict *v)
{
	return az_judge_terms(c->a, c->terms, &c->terms->entry_digest, c->item, v);
}

static bool has_field(const Hufu__Agreement *terms, const char *field)
{
	for (size_t i = 0; i < terms->n_fields; i++)
		if (same_text(terms->fields[i], field))
			return true;
	return false;
}

static bool is_fields(struct candidate *c, struct verdict *v)
{
	for (size_t i = 0; i < c->rq->field_count; i++)
		if (!has_field(c->terms, c->rq->fields[i])) {
			SAY(v, HF_E_WRONG_FIELDS,
			    "the field '%.100s' is outside the authorization; leave it out or apply for it",
			    c->rq->fields[i]);
			return false;
		}
	return true;
}

static bool is_obligation(struct candidate *c, struct verdict *v)
{
	for (size_t i = 0; i < c->terms->n_obligations; i++)
		if (!az_terms_obligation_known(c->terms->obligations[i])) {
			SAY(v, HF_E_OBLIGATION, "this node cannot fulfil the obligation '%.100s' of the agreement",
			    c->terms->obligations[i]);
			return false;
		}
	return true;
}

/* DS-26, DS-27: by the entry as it is now. */
static bool is_conditions(struct candidate *c, struct verdict *v)
{
	const struct question q = {c->a, c->rq, c->item};
	struct hf_fault f = {HF_OK, ""};
	bool emergency = az_mechanism_order(c->grant->mechanism) == 1;
	if (az_conditions_use(&q, c->terms, emergency ? HF_MECHANISM_EMERGENCY : HF_MECHANISM_APPLICATION, &f) == HF_OK)
		return true;
	SAY(v, f.code, "%s", f.text);
	return false;
}

static bool is_two_factors(struct candidate *c, struct verdict *v)
{
	struct hf_fault f;
	if (az_person_two_factors(c->rq->methods, c->item->entry->sensitive, &f) == HF_OK)
		return true;
	SAY(v, HF_E_SECOND_FACTOR, "%s", f.text);
	return false;
}

/* Of what was delivered long ago the number is counted; that it may cross is asked as for one. */
static uint64_t rows_of(const struct question *q)
{
	if (!q->item->entry->personal)
		return 0;
	return q->rq->made ? 1 : hf_catalog_rows_now(q->a->catalog, q->item);
}

bool az_is_across(const struct question *q, struct crossing *ret_crossing, struct verdict *v)
{
	struct hf_fault f = {HF_OK, ""};
	struct az_own_use own;
	az_uses_own(q->a, &q->rq->going_grant, &q->rq->going_on, &own);
	const struct hf_border_ask ask = {.consumer = q->rq->organization,
	                                  .purpose = q->rq->purpose,
	                                  .entry = q->item->entry,
	                                  .rows = rows_of(q),
	                                  .now_ms = q->rq->now_ms,
	                                  .own = q->rq->made ? UINT64_MAX : own.persons,
	                                  .own_begun_ms = q->rq->made ? q->rq->now_ms : own.begun_ms};
	if (hf_authz_border_check(q->a, &ask, ret_crossing->text, &ret_crossing->persons, &f) == HF_OK)
		return true;
	SAY(v, f.code, "%s", f.text);
	return false;
}

bool az_is_left(const struct question *q, const struct hf_id *counted, const char *name, uint64_t most,
                struct verdict *v)
{
	struct hf_fault f = {HF_OK, ""};
	struct az_own_use own;
	if (q->rq->made)
		return true;
	az_uses_own(q->a, &q->rq->going_grant, &q->rq->going_on, &own);
	const struct az_uses_ask ask = {counted, &own, name, most};
	if (az_uses_left(q->a, &ask, &f) == HF_OK)
		return true;
	SAY(v, f.code, "%s", f.text);
	return false;
}

bool az_is_left_of_entry(const struct question *q, const struct hf_id *counted, struct verdict *v)
{
	struct hf_fault f = {HF_OK, ""};
	struct az_own_use own;
	if (q->rq->made)
		return true;
	az_uses_own(q->a, &q->rq->going_grant, &q->rq->going_on, &own);
	own.counted = own.of_entry;
	const struct az_uses_ask ask = {counted, &own, "the resource, by whatever rule,",
	                                hf_uses_most_of(q->item->entry)};
	if (az_uses_left(q->a, &ask, &f) == HF_OK)
		return true;
	SAY(v, f.code, "%s", f.text);
	return false;
}

static bool is_across(struct candidate *c, struct verdict *v)
{
	const struct question q = {c->a, c->rq, c->item};
	return az_is_across(&q, &c->crossing, v);
}

static bool is_left(struct candidate *c, struct verdict *v)
{
	const struct question q = {c->a, c->rq, c->item};
	char id[HF_ID_TEXT], name[HF_ID_TEXT + 8];
	grant_text(c, id);
	snprintf(name, sizeof(name), "grant %s", id);
	uint64_t most = hf_uses_most(c->terms), of_entry = hf_uses_most_of(c->item->entry);
	return az_is_left(&q, &c->grant->grant, name, of_entry < most ? of_entry : most, v);
}

/* The last one: what the grant rests on is recorded as firmly as its terms demand. Until then there is nothing to
 * decide. */
static bool is_recorded(struct candidate *c, struct verdict *v)
{
	enum hf_entry_state demanded =
	        hf_authz_demands(c->terms, c->item->entry, az_mechanism_name(c->grant->mechanism));
	char id[HF_ID_TEXT];
	uint64_t newest;
	if (demanded <= HF_ENTRY_DURABLE)
		return true;
	if (hf_ledger_txn_newest(c->a->ledger, &c->grant->txn, &newest) == HF_OK &&
	    hf_ledger_entry_is(c->a->ledger, newest, demanded))
		return true;
	grant_text(c, id);
	SAY(v, HF_E_BUSY, "the record of grant %s is not %s yet, which its terms demand; it goes on by itself then", id,
	    hf_entry_state_word(demanded));
	return false;
}

/* In the order in which they are asked. */
static bool (*const conditions[])(struct candidate *c, struct verdict *v) = {
        is_agreement,  is_department, is_system, is_address,   is_finalized,   is_standing,
        is_filed,      is_not_held,   is_begun,  is_unexpired, is_action,      is_within_limit,
        is_purpose,    is_readable,   is_terms,  is_based,     is_two_factors, is_fields,
        is_obligation, is_conditions, is_across, is_left,      is_recorded,
};
enum { CONDITIONS = sizeof(conditions) / sizeof(conditions[0]) };

static void judge(struct candidate *c, struct verdict *v)
{
	*v = (struct verdict){.error = HF_OK};
	for (v->passed = 0; v->passed < CONDITIONS; v->passed++)
		if (!conditions[v->passed](c, v))
			return;
}

/* Hands the terms over. */
static void permit(const struct candidate *c, struct hf_decision *d)
{
	const struct grant_item *g = c->grant;
	char id[HF_ID_TEXT];
	grant_text(c, id);
	d->result = HF_OK;
	snprintf(d->text, sizeof(d->text), "permitted by grant %s", id);
	d->mechanism = az_mechanism_name(g->mechanism);
	d->grant = g->grant;
	d->agreement = g->agreement;
	d->application = g->application;
	d->basis = g->basis;
	d->txn = g->txn;
	d->generation = g->generation;
	d->from_ms = g->from_ms;
	d->until_ms = g->until_ms;
	d->terms = c->terms;
	d->counted = g->grant;
	memcpy(d->border, c->crossing.text, sizeof(d->border));
	d->persons = c->crossing.persons;
	snprintf(d->rule, sizeof(d->rule), "grant:%s", id);
}

/* What is under way for exactly this system, when no grant is there to speak. */
bool az_explain_by_application(struct hf_authz *a, const struct hf_access_request *rq, struct verdict *v)
{
	const struct application_item *best = NULL;
	for (struct application_item *p = NULL; (p = az_application_next(a, &rq->resource, rq->organization, p));)
		if (same_text(p->system, rq->system) &&
		    (!best || memcmp(p->application.b, best->application.b, 16) > 0))
			best = p;
	if (!best)
		return false;
	char id[HF_ID_TEXT];
	hf_id_text(&best->application, id);
	if (best->state == HF_REVIEW_RETURNED)
		SAY(v, HF_E_RETURNED, "application %s was returned (%.200s); correct it with `hufu apply --resubmit`",
		    id, best->reason);
	else if (best->state == HF_REVIEW_REJECTED)
		SAY(v, HF_E_REJECTED, "application %s was rejected (%.200s); file a new one with `hufu apply`", id,
		    best->reason);
	else
		SAY(v, HF_E_PENDING, "application %s is not decided yet; wait for its result (`hufu applications`)",
		    id);
	return true;
}

/* What this node only considers to give does not exist for the consumer. */
struct grant_item *az_next_given(struct hf_authz *a, const struct hf_access_request *rq, struct grant_item *g)
{
	while ((g = az_grant_next(a, &rq->resource, rq->organization, g)) && g->offered)
		;
	return g;
}

/* AZ-66: who chose a mechanism means that one. */
static bool chosen(const struct hf_access_request *rq, const struct grant_item *g)
{
	return !has_text(rq->mechanism) || same_text(rq->mechanism, az_mechanism_name(g->mechanism));
}

/* What began under one grant does not go on under another: each has terms and uses of its own. */
static bool goes_on(const struct hf_access_request *rq, const struct grant_item *g)
{
	return hf_id_is_zero(&rq->going_grant) || hf_id_equal(&rq->going_grant, &g->grant);
}

/* Grants of the mechanisms at that place of the order: the first one that meets every condition permits; else the
 * nearest miss explains. */
void az_judge_grants(const struct question *q, unsigned order, struct hf_decision *d, struct verdict *nearest)
{
	for (struct grant_item *g = NULL; (g = az_next_given(q->a, q->rq, g));) {
		struct verdict v;
		if (!is_self(q->a, g->provider.s) || az_mechanism_order(g->mechanism) != order || !chosen(q->rq, g) ||
		    !goes_on(q->rq, g))
			continue;
		struct candidate c = {.a = q->a, .rq = q->rq, .grant = g, .item = q->item};
		judge(&c, &v);
		if (v.error == HF_OK) {
			permit(&c, d);
			return;
		}
		hf_decoded_free(c.terms);
		if (v.passed >= nearest->passed)
			*nearest = v;
	}
}
