/*
 * promotion.c - the steps: somebody proposes a rule, another person puts it in force or refuses it, and it ends. Each
 * is signed, stored for good and an entry of the ledger. See promotion.h.
 */
#include "authz/promotion.h"

#include <stdlib.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/promotion_internal.h"
#include "authz/rulebook.h"
#include "proto/codec.h"

#define OPEN_MAX 200u /* proposed and in force, together */

static const char *const state_names[PM_STATE_COUNT] = {"", "proposed", "in force", "refused", "ended"};

const char *hf_promotion_state_name(const Hufu__PromotionRow *row)
{
	return row->state < PM_STATE_COUNT ? state_names[row->state] : "";
}

/* ---- rows ---- */

enum hf_err hf_promotion(struct hf_authz *a, const struct hf_id *promotion, Hufu__PromotionRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_PROMOTION, promotion->b, sizeof(promotion->b), &b));
	*ret_row = HF_DECODE_OWN(promotion_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

struct scan {
	hf_promotion_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__PromotionRow *row = HF_DECODE_OWN(promotion_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err hf_promotions(struct hf_authz *a, hf_promotion_fn fn, void *ctx)
{
	struct scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_PROMOTION, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

/* ---- one step ---- */

struct step {
	struct hf_authz *a;
	const struct hf_step_in *in;
	struct hf_id id, txn;
	Hufu__PromotionRow *row;
	Hufu__PromotionTerms *terms; /* made anew */
	struct hf_hash digest;
	struct hf_catalog_item it;
	Hufu__SignedStatement *statement;
	uint8_t *encoded; /* the statement */
	size_t encoded_len;
	char who[HF_NAME_MAX * 2 + 2];
};

static void step_done(struct step *s)
{
	hf_decoded_free(s->row);
	hf_decoded_free(s->terms);
	hf_catalog_item_done(&s->it);
	hf_decoded_free(s->statement);
	free(s->encoded);
}

static void put(struct step *s, Hufu__PromotionRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(s->in->unit, HF_TABLE_PROMOTION, s->id.b, sizeof(s->id.b), data, len);
	free(data);
	az_after(s->a, s->in->unit, &s->id, az_promotion_follow);
}

static enum hf_err sign(struct step *s, const char *kind, const char *result, const char *reason,
                        char *const *confirmed, size_t count)
{
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	Hufu__Finding point[HF_PROMOTION_ATTRIBUTES_MAX], *list[HF_PROMOTION_ATTRIBUTES_MAX];
	for (size_t i = 0; i < count && i < HF_PROMOTION_ATTRIBUTES_MAX; i++) {
		hufu__finding__init(&point[i]);
		point[i].point = confirmed[i];
		point[i].ok = true;
		point[i].text = (char *)"the rule may give more in this than the grants";
		list[st.n_findings++] = &point[i];
	}
	st.findings = list;
	st.kind = (char *)kind;
	st.object = BIN_ID(&s->id);
	st.object_digest = BIN_HASH(&s->digest);
	st.result = (char *)result;
	st.reason = (char *)(reason ? reason : "");
	HF_TRY(az_person_sign(s->a, s->in->actor, &st, &s->txn, &s->statement, s->in->fault));
	s->encoded = hf_encode(&s->statement->base, &s->encoded_len);
	if (!s->encoded)
		return hf_fault_set(s->in->fault, HF_E_MEMORY, "no memory is left to sign");
	snprintf(s->who, sizeof(s->who), "%.63s/%.63s", s->a->base->self.s, s->in->actor->account);
	return HF_OK;
}

static void describe(struct step *s, const Hufu__PromotionRow *row, const char *result)
{
	struct hf_draft *d = s->in->draft;
	const Hufu__PromotionTerms *t = row->terms;
	struct hf_id resource;
	char wider[128] = "";
	size_t kept = 0;
	for (size_t i = 0; i < t->n_sources; i++)
		kept += t->sources[i]->kept;
	for (size_t i = 0; i < t->n_wider; i++)
		snprintf(wider + strlen(wider), sizeof(wider) - strlen(wider), "%s%.20s", i ? "," : "", t->wider[i]);
	hf_draft_txn(d, &s->txn);
	az_entry_id(d, HF_FIELD_OBJECT, &s->id);
	az_entry_id(d, HF_FIELD_PROMOTION, &s->id);
	if (az_id_of(&t->resource, &resource))
		az_entry_id(d, HF_FIELD_RESOURCE, &resource);
	hf_draft_text(d, HF_FIELD_PURPOSE, t->purpose);
	hf_draft_text(d, HF_FIELD_MECHANISM, "attribute");
	hf_draft_text(d, HF_FIELD_RESULT, result);
	hf_draft_text(d, HF_FIELD_WIDER, wider);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s: %zu grants, %zu of them stay beside it, %zu members%s%s",
	               hf_promotion_state_name(row), t->n_sources, kept, t->n_members,
	               has_text(row->reason) ? ": " : "", row->reason);
	hf_draft_bytes(d, HF_FIELD_DIGEST, s->digest.b, sizeof(s->digest.b));
}

/* The resource can have such a rule at all. */
static enum hf_err check_entry(struct step *s, const struct hf_id *entry)
{
	struct hf_fault *f = s->in->fault;
	char text[HF_ID_TEXT];
	uint32_t allowed = 0;
	hf_id_text(entry, text);
	if (hf_catalog_get(s->a->catalog, s->a->base->self.s, entry, &s->it) != HF_OK || !s->it.own)
		return hf_fault_set(f, HF_E_UNKNOWN, "this node publishes no entry %s; `hufu catalog` lists them",
		                    text);
	HF_TRY(az_terms_entry(s->it.entry, now_of(s->a), f));
	if (!hf_authz_allowed(s->a, entry, &allowed) || !(allowed & HF_MECHANISM_BIT(HF_MECHANISM_ATTRIBUTE)))
		return hf_fault_set(f, HF_E_MECHANISM,
		                    "the entry does not allow attribute rules; `hufu policy mechanisms` allows them");
	HF_TRY(az_conditions_by_rule(s->it.entry, f));
	return az_person_two_factors(s->in->actor->methods, s->it.entry->sensitive, f);
}

/* ---- proposed ---- */

static bool count_open(void *ctx, const Hufu__PromotionRow *row)
{
	*(unsigned *)ctx += row->state == PM_PROPOSED || row->state == PM_IN_FORCE;
	return true;
}

static enum hf_err check_room(struct hf_authz *a, struct hf_fault *f)
{
	unsigned open = 0;
	HF_TRY(hf_fault_default(f, hf_promotions(a, count_open, &open)));
	if (open >= OPEN_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "there are %u promotions proposed or in force; end one (`hufu promote end`) first",
		                    open);
	return HF_OK;
}

enum hf_err hf_promotion_propose(struct hf_authz *a, const struct hf_step_in *in, const struct hf_promotion_in *what,
                                 struct hf_id *ret_promotion)
{
	HF_CLEANUP(step_done) struct step s = {.a = a, .in = in};
	Hufu__PromotionRow row = HUFU__PROMOTION_ROW__INIT;
	HF_TRY(az_terms_text(what->reason, "reason", "why the grants become a rule", REASON_MAX, in->fault));
	HF_TRY(check_entry(&s, &what->entry));
	HF_TRY(check_room(a, in->fault));
	s.id = hf_id_new(now_of(a));
	s.txn = hf_id_new(now_of(a));
	HF_TRY(pm_terms_make(a, &s.id, what, &s.it, &s.terms, in->fault));
	pm_terms_digest(s.terms, &s.digest);
	HF_TRY(sign(&s, "promotion", "pass", what->reason, NULL, 0));
	row.id = BIN_ID(&s.id);
	row.txn = BIN_ID(&s.txn);
	row.terms = s.terms;
	row.digest = BIN_HASH(&s.digest);
	row.title = s.it.entry->title;
	row.state = PM_PROPOSED;
	row.reason = (char *)what->reason;
	row.proposal = BIN(s.encoded, s.encoded_len);
	row.proposed_by = s.who;
	row.proposed_ms = now_of(a);
	put(&s, &row);
	describe(&s, &row, "pass");
	*ret_promotion = s.id;
	return HF_OK;
}

/* ---- decided ---- */

static enum hf_err load(struct step *s, const struct hf_id *id)
{
	struct hf_fault *f = s->in->fault;
	struct hf_id resource;
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	s->id = *id;
	enum hf_err e = hf_promotion(s->a, id, &s->row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no promotion %s at this node; `hufu promote list` lists them",
		                    text);
	if (e != HF_OK || !s->row->terms || !az_id_of(&s->row->txn, &s->txn) ||
	    !az_id_of(&s->row->terms->resource, &resource) || s->row->digest.len != sizeof(s->digest.b))
		return hf_fault_set(f, HF_E_STORE, "the promotion %s on record cannot be read", text);
	memcpy(s->digest.b, s->row->digest.data, sizeof(s->digest.b));
	return HF_OK;
}

/* What was proposed is made anew: a grant that has ended, a changed entry, a hold since then show in the digest. */
static enum hf_err check_still(struct step *s)
{
	const Hufu__PromotionTerms *t = s->row->terms;
	struct hf_id list[HF_PROMOTION_GRANTS_MAX], resource;
	struct hf_promotion_in what = {.purpose = t->purpose,
	                               .grants = list,
	                               .any = (const char *const *)t->any,
	                               .any_count = t->n_any,
	                               .fields = (const char *const *)t->fields,
	                               .field_count = t->n_fields,
	                               .until_ms = t->until_ms};
	struct hf_hash now;
	if (!az_id_of(&t->resource, &resource))
		return hf_fault_set(s->in->fault, HF_E_STORE, "the promotion on record cannot be read");
	what.entry = resource;
	for (size_t i = 0; i < t->n_sources && i < HF_PROMOTION_GRANTS_MAX; i++)
		if (az_id_of(&t->sources[i]->grant, &list[what.grant_count]))
			what.grant_count++;
	HF_TRY(check_entry(s, &resource));
	HF_TRY(pm_terms_make(s->a, &s->id, &what, &s->it, &s->terms, s->in->fault));
	pm_terms_digest(s->terms, &now);
	if (memcmp(now.b, s->digest.b, sizeof(now.b)) != 0)
		return hf_fault_set(
		        s->in->fault, HF_E_TERMS_CHANGED,
		        "the grants or the entry have changed since the proposal; refuse it (F) and propose "
		        "it anew");
	return HF_OK;
}

/* AZ-64: what the rule gives more is confirmed by name, all of it and nothing else. */
static enum hf_err check_confirmed(struct step *s, const char *const *wider, size_t count)
{
	const Hufu__PromotionTerms *t = s->row->terms;
	char all[128] = "", *at = all;
	size_t hits = 0;
	for (size_t i = 0; i < t->n_wider; i++) {
		at += snprintf(at, sizeof(all) - (size_t)(at - all), " --wider %.20s", t->wider[i]);
		for (size_t k = 0; k < count; k++)
			if (same_text(t->wider[i], wider[k])) {
				hits++;
				break;
			}
	}
	if (hits == t->n_wider && count == t->n_wider)
		return HF_OK;
	if (t->n_wider == 0)
		return hf_fault_set(s->in->fault, HF_E_ARGUMENT,
		                    "the rule gives nothing more than the grants; approve it without --wider");
	return hf_fault_set(s->in->fault, HF_E_STATE,
	                    "the rule would give more than the grants (`hufu promote show` says what, and to whom); "
	                    "confirm each attribute by its name:%s",
	                    all);
}

static enum hf_err check_apart(struct step *s, bool yes)
{
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *st = HF_DECODE_OWN(signed_statement, s->row->proposal.data, s->row->proposal.len);
	struct person proposer, now;
	if (!st || !az_person_of(st, &proposer) || !az_person_of(s->statement, &now))
		return hf_fault_set(s->in->fault, HF_E_STORE, "the signature of the proposal cannot be read");
	if (yes)
		HF_TRY(az_person_here(s->a, st, "the proposal", "refuse it (F), and let somebody propose it anew",
		                      s->in->fault));
	return az_person_apart(&proposer, "the person who proposed the rule", &now, "put it in force", s->in->fault);
}

static enum hf_err put_in_force(struct step *s)
{
	const struct pm_told t = {s->in, s->row, "superseded", ""};
	az_agreement_keep_entry(s->in->unit, &s->txn, &s->it);
	put(s, s->row);
	for (size_t i = 0; i < s->row->terms->n_sources; i++)
		if (!s->row->terms->sources[i]->kept)
			HF_TRY(pm_supersede(s->a, &t, s->row->terms->sources[i]));
	return HF_OK;
}

enum hf_err hf_promotion_decide(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *promotion,
                                const char *result, const char *const *wider, size_t wider_count, const char *reason)
{
	HF_CLEANUP(step_done) struct step s = {.a = a, .in = in};
	bool yes = same_text(result, "T");
	if (!yes && !same_text(result, "F"))
		return hf_fault_set(in->fault, HF_E_ARGUMENT,
		                    "field 'result' must be T (put it in force) or F (refuse it)");
	if (!yes)
		HF_TRY(az_terms_text(reason, "reason", "why the rule is refused", REASON_MAX, in->fault));
	HF_TRY(load(&s, promotion));
	if (s.row->state != PM_PROPOSED)
		return hf_fault_set(in->fault, HF_E_STATE, "the promotion is %s already",
		                    hf_promotion_state_name(s.row));
	if (yes)
		HF_TRY(check_still(&s));
	if (yes)
		HF_TRY(check_confirmed(&s, wider, wider_count));
	HF_TRY(sign(&s, "promotion-decision", result, reason, s.row->terms->wider, yes ? s.row->terms->n_wider : 0));
	HF_TRY(check_apart(&s, yes));
	char *was = s.row->reason, *by = s.row->decided_by;
	ProtobufCBinaryData decision = s.row->decision;
	s.row->state = yes ? PM_IN_FORCE : PM_REFUSED;
	s.row->reason = has_text(reason) ? (char *)reason : was;
	s.row->decision = BIN(s.encoded, s.encoded_len);
	s.row->decided_by = s.who;
	s.row->decided_ms = now_of(a);
	enum hf_err e = HF_OK;
	if (yes)
		e = put_in_force(&s);
	else
		put(&s, s.row);
	describe(&s, s.row, result);
	s.row->reason = was; /* what the row owns is freed with it */
	s.row->decision = decision;
	s.row->decided_by = by;
	return e;
}

/* ---- ended ---- */

enum hf_err hf_promotion_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *promotion,
                             bool restore, const char *reason)
{
	HF_CLEANUP(step_done) struct step s = {.a = a, .in = in};
	HF_TRY(az_terms_text(reason, "reason", "why the rule ends", REASON_MAX, in->fault));
	HF_TRY(load(&s, promotion));
	if (s.row->state != PM_IN_FORCE)
		return hf_fault_set(in->fault, HF_E_STATE, "the promotion is not in force but %s",
		                    hf_promotion_state_name(s.row));
	HF_TRY(sign(&s, "promotion-decision", "revoke", reason, NULL, 0));
	char *was = s.row->reason, *by = s.row->ended_by;
	ProtobufCBinaryData ending = s.row->ending;
	s.row->state = PM_ENDED;
	s.row->reason = (char *)reason;
	s.row->ending = BIN(s.encoded, s.encoded_len);
	s.row->ended_by = s.who;
	s.row->ended_ms = now_of(a);
	s.row->restored = restore;
	put(&s, s.row);
	const struct pm_told t = {in, s.row, restore ? "restored" : "ended", reason};
	enum hf_err e = HF_OK;
	for (size_t i = 0; i < s.row->terms->n_sources && e == HF_OK; i++)
		if (!s.row->terms->sources[i]->kept)
			e = pm_supersede(a, &t, s.row->terms->sources[i]);
	describe(&s, s.row, restore ? "restored" : "ended");
	s.row->reason = was;
	s.row->ending = ending;
	s.row->ended_by = by;
	return e;
}

/* ---- what could be promoted ---- */

struct group {
	const struct grant_item **list;
	size_t count, cap;
};

static int by_need(const void *x, const void *y)
{
	const struct grant_item *a = *(const struct grant_item *const *)x, *b = *(const struct grant_item *const *)y;
	int d = memcmp(a->resource.b, b->resource.b, sizeof(a->resource.b));
	d = d ? d : strcmp(a->purpose, b->purpose);
	return d ? d : strcmp(a->consumer.s, b->consumer.s);
}

static void collect(struct hf_authz *a, struct group *g)
{
	g->list = hf_alloc_zero((a->grants.item_count + 1) * sizeof(*g->list));
	for (size_t i = 0; i < a->grants.slot_count; i++)
		for (struct hf_index_item *x = a->grants.slots[i]; x; x = x->next)
			if (pm_source_check(a, az_grant_of(x), NULL) == HF_OK)
				g->list[g->count++] = az_grant_of(x);
	if (g->count)
		qsort(g->list, g->count, sizeof(*g->list), by_need);
}

void hf_promotion_candidates(struct hf_authz *a, hf_promotion_candidate_fn fn, void *ctx)
{
	struct group g = {NULL, 0, 0};
	bool on = true;
	collect(a, &g);
	for (size_t i = 0, end; on && i < g.count; i = end) {
		const struct grant_item *first = g.list[i];
		struct hf_promotion_candidate c = {.resource = first->resource,
		                                   .purpose = first->purpose,
		                                   .first_until_ms = first->until_ms,
		                                   .last_until_ms = first->until_ms};
		for (end = i; end < g.count && hf_id_equal(&g.list[end]->resource, &first->resource) &&
		              same_text(g.list[end]->purpose, first->purpose);
		     end++) {
			const struct grant_item *x = g.list[end];
			c.grants++;
			c.organizations += end == i || !same_text(g.list[end - 1]->consumer.s, x->consumer.s);
			c.first_until_ms = x->until_ms < c.first_until_ms ? x->until_ms : c.first_until_ms;
			c.last_until_ms = x->until_ms > c.last_until_ms ? x->until_ms : c.last_until_ms;
		}
		if (c.grants >= 2)
			on = fn(ctx, &c);
	}
	free(g.list);
}
