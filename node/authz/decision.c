/*
 * decision.c - the decision point (PDP): five questions - who, when, in which manner, which data, which operation
 * (AZ-1) - put to every grant that could fit. Default deny (AZ-6). A denial names the one condition that decided it and
 * the way out (AZ-32).
 *
 * To those who may not know of a resource, every denial is the same as for a resource that does not exist.
 */
#include <stdio.h>
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"

/* What is asked, and what would be delivered. */
struct question {
	struct hf_authz *a;
	const struct hf_access_request *rq;
	const struct hf_catalog_item *item;
};

/* One grant held against one request. */
struct candidate {
	struct hf_authz *a;
	const struct hf_access_request *rq;
	const struct grant_item *grant;
	Hufu__Agreement *terms;             /* read when everything that memory can answer holds */
	const struct hf_catalog_item *item; /* what would be delivered */
};

struct verdict {
	enum hf_err error;
	char text[400];
	size_t passed; /* conditions; the candidate that comes furthest explains the denial */
};

static void grant_text(const struct candidate *c, char out[HF_ID_TEXT])
{
	hf_id_text(&c->grant->grant, out);
}

#define SAY(v, code, ...) ((void)snprintf((v)->text, sizeof((v)->text), __VA_ARGS__), (v)->error = (code))

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
	if (c->grant->state == HF_GRANT_ACTIVE)
		return true;
	grant_text(c, id);
	SAY(v, HF_E_GRANT_REVOKED, "grant %s was revoked (%s); file a new application with `hufu apply`", id,
	    c->grant->reason);
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
	if (c->rq->now_ms < c->grant->until_ms)
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

/* The agreement is about one version; a later one is delivered under it unless its terms got stricter (AZ-16). */
static bool is_terms(struct candidate *c, struct verdict *v)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__CatalogEntry *agreed = NULL;
	const ProtobufCBinaryData *digest = &c->terms->entry_digest;
	struct hf_fault f = {HF_OK, ""};
	if (az_hash_is(digest, &c->item->digest))
		return true;
	if (hf_store_get(c->a->store, HF_TABLE_ENVELOPE, digest->data, digest->len, &b) == HF_OK) {
		const ProtobufCBinaryData stored = BIN(b.data, b.len);
		agreed = az_stored_payload(&stored, &hufu__catalog_entry__descriptor);
	}
	if (!agreed) {
		SAY(v, HF_E_STORE,
		    "the entry that was agreed on cannot be read, so nothing is permitted; see `hufu doctor`");
		return false;
	}
	if (az_terms_still(c->terms, agreed, c->item->entry, &f) == HF_OK)
		return true;
	SAY(v, HF_E_TERMS_CHANGED, "%s", f.text);
	return false;
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

static bool is_two_factors(struct candidate *c, struct verdict *v)
{
	struct hf_fault f;
	if (az_person_two_factors(c->rq->methods, c->item->entry->sensitive, &f) == HF_OK)
		return true;
	SAY(v, HF_E_SECOND_FACTOR, "%s", f.text);
	return false;
}

/* The last one: what the grant rests on is recorded as firmly as its terms demand. Until then there is nothing to
 * decide. */
static bool is_recorded(struct candidate *c, struct verdict *v)
{
	enum hf_entry_state demanded = hf_authz_demands(c->terms, c->item->entry);
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
        is_agreement, is_department,  is_system, is_address,      is_finalized, is_standing,
        is_begun,     is_unexpired,   is_action, is_within_limit, is_purpose,   is_readable,
        is_terms,     is_two_factors, is_fields, is_obligation,   is_recorded,
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
}

/* What is under way for exactly this system, when no grant is there to speak. */
static bool explain_by_application(struct hf_authz *a, const struct hf_access_request *rq, struct verdict *v)
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

static void say_nothing_there(struct verdict *v)
{
	SAY(v, HF_E_NO_GRANT, "no authorization covers this request; file an application with `hufu apply`");
}

/* What this node only considers to give does not exist for the consumer. */
static struct grant_item *next_given(struct hf_authz *a, const struct hf_access_request *rq, struct grant_item *g)
{
	while ((g = az_grant_next(a, &rq->resource, rq->organization, g)) && g->offered)
		;
	return g;
}

/* Grants of the mechanisms at that place of the order: the first one that meets every condition permits; else the
 * nearest miss explains. */
static void try_grants(const struct question *q, unsigned order, struct hf_decision *d, struct verdict *nearest)
{
	for (struct grant_item *g = NULL; (g = next_given(q->a, q->rq, g));) {
		struct verdict v;
		if (!is_self(q->a, g->provider.s) || az_mechanism_order(g->mechanism) != order)
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

/* The order of the mechanisms (AZ-70): what does not match or has expired is no denial, the next one is asked (AZ-71).
 */
static const struct mechanism {
	const char *name;
	unsigned order; /* az_mechanism_order */
	void (*attempt)(const struct question *q, unsigned order, struct hf_decision *d, struct verdict *nearest);
} mechanisms[] = {
        {"emergency", 1, try_grants},
        {"attribute", 2, NULL}, /* not offered yet, so it never matches */
        {"application", 3, try_grants},
};

static bool request_whole(const struct hf_access_request *rq)
{
	return has_text(rq->organization) && !hf_id_is_zero(&rq->resource) && (rq->field_count == 0 || rq->fields);
}

static enum hf_err decide_on(struct hf_authz *a, const struct hf_access_request *rq, struct hf_decision *d,
                             struct verdict *v)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_fault f = {HF_OK, ""};
	say_nothing_there(v);
	if (!request_whole(rq))
		return v->error;
	enum hf_err standing = hf_space_standing(hf_peers_space(a->peers), rq->organization, rq->now_ms);
	if (standing != HF_OK) {
		SAY(v, HF_E_STANDING, "%.63s may not ask for data at present: %s", rq->organization,
		    hf_err_text(standing));
		return v->error;
	}
	if (hf_catalog_get(a->catalog, a->base->self.s, &rq->resource, &it) != HF_OK || !it.own)
		return v->error;
	bool party = next_given(a, rq, NULL) != NULL;
	if (party && az_terms_entry(it.entry, rq->now_ms, &f) != HF_OK) {
		SAY(v, HF_E_NOT_SHARED, "%s", f.text);
		return v->error;
	}
	const struct question q = {a, rq, &it};
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]) && !d->terms; i++)
		if (mechanisms[i].attempt)
			mechanisms[i].attempt(&q, mechanisms[i].order, d, v);
	return d->terms ? HF_OK : v->error;
}

void hf_authz_decide(struct hf_authz *a, const struct hf_access_request *rq, struct hf_decision *ret_decision)
{
	struct verdict v = {.error = HF_E_NO_GRANT};
	*ret_decision = (struct hf_decision){.result = HF_E_NO_GRANT, .mechanism = ""};
	enum hf_err e = decide_on(a, rq, ret_decision, &v);
	if (e == HF_OK)
		return;
	if (v.error == HF_E_NO_GRANT || v.error == HF_E_WRONG_SYSTEM)
		(void)explain_by_application(a, rq, &v);
	ret_decision->result = v.error;
	memcpy(ret_decision->text, v.text, sizeof(v.text));
}

void hf_decision_done(struct hf_decision *d)
{
	hf_decoded_free(d->terms);
	d->terms = NULL;
}

enum hf_err hf_authz_check_generation(struct hf_authz *a, const struct hf_id *grant, uint64_t generation,
                                      int64_t now_ms, struct hf_fault *f)
{
	const struct grant_item *g = az_grant_find(a, grant);
	if (!g)
		return hf_fault_set(f, HF_E_NO_GRANT, "the grant is unknown to this node");
	if (g->state == HF_GRANT_REVOKED)
		return hf_fault_set(f, HF_E_GRANT_REVOKED, "the grant was revoked: %s", g->reason);
	if (g->state != HF_GRANT_ACTIVE || g->generation != generation)
		return hf_fault_set(f, HF_E_STATE,
		                    "the grant has changed since the transfer began; start the transfer again");
	if (now_ms < g->from_ms)
		return hf_fault_set(f, HF_E_GRANT_NOT_YET, "the grant's period has not begun");
	if (now_ms >= g->until_ms)
		return hf_fault_set(f, HF_E_GRANT_EXPIRED,
		                    "the grant's period is over; file a new application with `hufu apply`");
	return HF_OK;
}
