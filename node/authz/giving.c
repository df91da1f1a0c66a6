/*
 * giving.c - the provider gives a grant without an application (SB-24). The terms are fixed when they are offered; two
 * persons, for personal data three, sign the same bytes, and only then does the node sign, store and send the grant.
 */
#include "authz/giving.h"

#include <stdlib.h>

#include "authz/internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

/* One offer at the provider, as every step here needs it. */
struct giving {
	struct hf_authz *a;
	const struct hf_step_in *in;
	struct hf_fault *f;
	struct hf_id id, txn;
	Hufu__GrantRow *grant;
	Hufu__ApplicationRow *row; /* for entries */
	Hufu__Agreement *terms;
	struct hf_hash digest; /* of the terms */
	struct hf_catalog_item it;
	Hufu__SignedStatement *offer, *privacy, *statement;
	struct paper agreement, paper;
};

static void giving_done(struct giving *g)
{
	hf_decoded_free(g->grant);
	hf_decoded_free(g->row);
	hf_decoded_free(g->terms);
	hf_catalog_item_done(&g->it);
	hf_decoded_free(g->offer);
	hf_decoded_free(g->privacy);
	hf_decoded_free(g->statement);
	az_paper_done(&g->agreement);
	az_paper_done(&g->paper);
}

/* ---- the first person offers ---- */

static enum hf_err check_recipient(struct hf_authz *a, const char *consumer, const char *department,
                                   const struct hf_catalog_item *it, struct hf_fault *f)
{
	char principal[HF_NAME_MAX * 2 + 2];
	enum hf_err e = hf_space_standing(hf_peers_space(a->peers), consumer, now_of(a));
	if (e != HF_OK)
		return hf_fault_set(f, HF_E_STANDING,
		                    "nothing can be granted to %.63s: %s; `hufu peers` lists the members", consumer,
		                    hf_err_text(e));
	snprintf(principal, sizeof(principal), "%s%s%s", consumer, has_text(department) ? "/" : "",
	         has_text(department) ? department : "");
	if (!hf_catalog_visible(a->catalog, it, principal))
		return hf_fault_set(
		        f, HF_E_NOT_SHARED,
		        "the entry is not published for %.130s; widen its scope first (`hufu catalog scope`)",
		        principal);
	return HF_OK;
}

/* What the consumer would have applied for: the same criteria hold for what is given unasked (AZ-23). */
static void fill_wish(struct hf_authz *a, Hufu__Application *app, const struct hf_grant_offer_in *what,
                      const struct hf_catalog_item *it)
{
	app->resource = it->entry->id;
	app->resource_version = it->entry->version;
	app->provider = (char *)a->base->self.s;
	app->organization = (char *)what->consumer;
	app->department = (char *)(what->department ? what->department : "");
	app->system = (char *)what->system;
	app->system_address = (char *)(what->system_address ? what->system_address : "");
	app->reason = (char *)what->reason;
	app->purpose = (char *)what->purpose;
	app->from_ms = what->from_ms > now_of(a) ? what->from_ms : now_of(a); /* never backdated */
	app->until_ms = what->until_ms;
	app->fields = (char **)what->fields;
	app->n_fields = what->field_count;
	app->rows = (char *)(what->rows ? what->rows : "");
	app->action = (char *)"read";
	app->mechanism = (char *)"application";
}

static enum hf_err check_wish(struct hf_authz *a, const Hufu__Application *app, const struct hf_catalog_item *it,
                              struct hf_fault *f)
{
	struct criteria_result r;
	HF_TRY(az_terms_application(app, f));
	HF_TRY(az_terms_against_entry(app, it->entry, now_of(a), f));
	if (app->until_ms <= now_of(a))
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'until' lies in the past; state a later end");
	az_criteria_evaluate(it->entry, app, hf_space_member(hf_peers_space(a->peers), app->organization), &r);
	if (r.failed >= 0)
		return hf_fault_set(f, HF_E_CRITERION, "the published criterion '%s' is not met: %s",
		                    r.finding[r.failed].point, r.text[r.failed]);
	return HF_OK;
}

static enum hf_err digest_terms(const Hufu__Agreement *terms, struct hf_hash *ret, struct hf_fault *f)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&terms->base, &len);
	if (!data)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to write the grant");
	hf_sha256(data, len, ret);
	free(data);
	return HF_OK;
}

static enum hf_err sign(struct giving *g, const char *kind, const char *result, const char *reason)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	s.kind = (char *)kind;
	s.object = BIN_ID(&g->id);
	s.object_digest = BIN_HASH(&g->digest);
	s.result = (char *)result;
	s.reason = (char *)(reason ? reason : "");
	return az_person_sign(g->a, g->in->actor, &s, &g->txn, &g->statement, g->f);
}

static void describe(struct giving *g, const char *result, const char *detail)
{
	az_entry_fill(g->in->draft, g->row,
	              &(struct entry_words){.digest = g->paper.bytes ? &g->paper.digest : &g->digest,
	                                    .result = result,
	                                    .detail = detail,
	                                    .grant = &g->id,
	                                    .mechanism = az_mechanism_name(AZ_MECHANISM_PROVIDER),
	                                    .counterparty = g->row->organization});
}

/* Nobody hears of an offer but this node: its entry has no parties. */
static enum hf_err put_offer(struct giving *g, const Hufu__Agreement *terms, const char *reason)
{
	size_t len = 0;
	char who[HF_NAME_MAX * 2 + 2];
	uint8_t *offer = hf_encode(&g->statement->base, &len);
	if (!offer)
		return hf_fault_set(g->f, HF_E_MEMORY, "no memory is left to write the grant");
	hf_authz_signer(g->statement, who, sizeof(who));
	const struct grant_new n = {.mechanism = AZ_MECHANISM_PROVIDER,
	                            .txn = &g->txn,
	                            .terms = terms,
	                            .offer = BIN(offer, len),
	                            .stated_reason = reason,
	                            .pending = true};
	enum hf_err e = az_grant_add(g->a, g->in->unit, &n, g->f);
	free(offer);
	HF_TRY(e);
	hf_draft_txn(g->in->draft, &g->txn);
	az_entry_id(g->in->draft, HF_FIELD_OBJECT, &g->id);
	az_entry_id(g->in->draft, HF_FIELD_GRANT, &g->id);
	hf_draft_text(g->in->draft, HF_FIELD_ORGANIZATION, terms->assignee);
	hf_draft_text(g->in->draft, HF_FIELD_SYSTEM, terms->system);
	hf_draft_text(g->in->draft, HF_FIELD_PURPOSE, terms->purpose);
	hf_draft_text(g->in->draft, HF_FIELD_MECHANISM, az_mechanism_name(AZ_MECHANISM_PROVIDER));
	hf_draft_text(g->in->draft, HF_FIELD_DETAIL, reason);
	hf_draft_bytes(g->in->draft, HF_FIELD_DIGEST, g->digest.b, sizeof(g->digest.b));
	return HF_OK;
}

static enum hf_err make_offer(struct giving *g, const Hufu__Application *app)
{
	struct hf_authz *a = g->a;
	HF_CLEANUP(az_terms_lists_done) struct az_terms_lists lists = {0};
	Hufu__Agreement terms = HUFU__AGREEMENT__INIT;
	struct paper_head head;
	const struct agreement_made made = {
	        .id = hf_id_new(now_of(a)), .grant = g->id, .from_ms = app->from_ms, .until_ms = app->until_ms};
	HF_TRY(az_terms_lists(&lists, app, g->it.entry, g->f));
	az_paper_head_init(a, &head, &g->txn, app->organization, NULL, NULL);
	terms.header = &head.header;
	az_agreement_fill(&terms, app, &g->it, &made, &lists);
	HF_TRY(digest_terms(&terms, &g->digest, g->f));
	HF_TRY(sign(g, "offer", "pass", app->reason));
	return put_offer(g, &terms, app->reason);
}

enum hf_err hf_authz_grant_offer(struct hf_authz *a, const struct hf_step_in *in, const struct hf_grant_offer_in *what,
                                 struct hf_id *ret_grant)
{
	HF_CLEANUP(giving_done) struct giving g = {.a = a, .in = in, .f = in->fault};
	Hufu__Application app = HUFU__APPLICATION__INIT;
	char id[HF_ID_TEXT];
	hf_id_text(&what->entry, id);
	if (hf_catalog_get(a->catalog, a->base->self.s, &what->entry, &g.it) != HF_OK || !g.it.own)
		return hf_fault_set(in->fault, HF_E_UNKNOWN,
		                    "this node publishes no entry %s; `hufu catalog` lists them", id);
	fill_wish(a, &app, what, &g.it);
	HF_TRY(check_wish(a, &app, &g.it, in->fault));
	if (az_terms_core(g.it.entry)) /* DS-20 */
		return hf_fault_set(in->fault, HF_E_MECHANISM,
		                    "core data (level 3) is not given without an application, which two levels of "
		                    "approval decide; ask %.63s to file one",
		                    what->consumer);
	HF_TRY(check_recipient(a, what->consumer, what->department, &g.it, in->fault));
	HF_TRY(az_person_two_factors(in->actor->methods, g.it.entry->sensitive, in->fault));
	g.id = hf_id_new(now_of(a));
	g.txn = hf_id_new(now_of(a));
	HF_TRY(make_offer(&g, &app));
	*ret_grant = g.id;
	return HF_OK;
}

/* ---- the others review it ---- */

static enum hf_err load_statement(const ProtobufCBinaryData *b, Hufu__SignedStatement **ret, struct hf_fault *f)
{
	*ret = b->len ? HF_DECODE_OWN(signed_statement, b->data, b->len) : NULL;
	return b->len && !*ret ? hf_fault_set(f, HF_E_STORE, "the signatures of the offer cannot be read") : HF_OK;
}

static enum hf_err check_open(struct giving *g)
{
	char id[HF_ID_TEXT];
	hf_id_text(&g->id, id);
	if (az_mechanism_find(g->grant->mechanism) != AZ_MECHANISM_PROVIDER || !is_self(g->a, g->grant->provider))
		return hf_fault_set(g->f, HF_E_STATE,
		                    "grant %s was not offered by this node; only `hufu grant offer` begins one", id);
	if (g->grant->state == HF_GRANT_REVOKED)
		return hf_fault_set(g->f, HF_E_STATE, "grant %s has ended already: %s", id, g->grant->reason);
	if (g->grant->state != HF_GRANT_PENDING)
		return hf_fault_set(g->f, HF_E_STATE, "grant %s is given already; `hufu revoke` ends it", id);
	return HF_OK;
}

static enum hf_err load(struct giving *g, const struct hf_id *id)
{
	struct hf_authz *a = g->a;
	struct hf_id resource;
	char text[HF_ID_TEXT];
	g->id = *id;
	hf_id_text(id, text);
	if (az_grant_get(a, id, &g->grant) != HF_OK)
		return hf_fault_set(g->f, HF_E_UNKNOWN, "there is no grant %s at this node; `hufu grants` lists them",
		                    text);
	HF_TRY(check_open(g));
	HF_TRY(az_grant_row(a, g->grant, &g->row, g->f));
	g->terms = az_grant_terms(g->grant);
	if (!g->terms || !az_id_of(&g->grant->txn, &g->txn) || !az_id_of(&g->grant->resource, &resource))
		return hf_fault_set(g->f, HF_E_STORE, "the offer on record cannot be read");
	HF_TRY(digest_terms(g->terms, &g->digest, g->f));
	HF_TRY(load_statement(&g->grant->offer, &g->offer, g->f));
	HF_TRY(load_statement(&g->grant->privacy, &g->privacy, g->f));
	if (hf_catalog_get(a->catalog, a->base->self.s, &resource, &g->it) != HF_OK)
		return hf_fault_set(g->f, HF_E_STORE, "the entry of the offer cannot be read");
	return az_person_two_factors(g->in->actor->methods, g->it.entry->sensitive, g->f);
}

/* Who signs now is not who signed before. */
static enum hf_err check_apart(struct giving *g, const char *act)
{
	struct person now, offerer, expert;
	if (!az_person_of(g->statement, &now) || !az_person_of(g->offer, &offerer))
		return hf_fault_set(g->f, HF_E_STORE, "the signatures of the offer cannot be read");
	HF_TRY(az_person_apart(&offerer, "the person who offered the grant instead", &now, act, g->f));
	if (g->privacy && az_person_of(g->privacy, &expert))
		HF_TRY(az_person_apart(&expert, "the privacy expert", &now, act, g->f));
	return HF_OK;
}

static void end_offer(struct giving *g, const char *reason)
{
	az_grant_end(g->a, g->in->unit, g->grant, g->a->base->self.s, reason);
}

enum hf_err hf_authz_grant_privacy(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                   const struct hf_finding_in findings[2])
{
	HF_CLEANUP(giving_done) struct giving g = {.a = a, .in = in, .f = in->fault};
	Hufu__Finding points[2], *list[2] = {&points[0], &points[1]};
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	bool ok = false;
	size_t len = 0;
	HF_TRY(az_privacy_points(findings, points, &ok, in->fault));
	HF_TRY(load(&g, grant));
	s.kind = (char *)"privacy";
	s.object = BIN_ID(&g.id);
	s.object_digest = BIN_HASH(&g.digest);
	s.findings = list;
	s.n_findings = 2;
	s.result = (char *)(ok ? "pass" : "refuse");
	HF_TRY(az_person_sign(a, in->actor, &s, &g.txn, &g.statement, in->fault));
	HF_TRY(check_apart(&g, "review the privacy"));
	uint8_t *signed_bytes = hf_encode(&g.statement->base, &len);
	if (!signed_bytes)
		return hf_fault_set(in->fault, HF_E_MEMORY, "no memory is left to write the review");
	g.grant->privacy = BIN(signed_bytes, len);
	if (ok)
		az_grant_put(a, in->unit, g.grant);
	else
		end_offer(&g, points[points[0].ok ? 1 : 0].text);
	free(signed_bytes);
	hf_draft_txn(in->draft, &g.txn);
	az_entry_id(in->draft, HF_FIELD_OBJECT, &g.id);
	hf_draft_text(in->draft, HF_FIELD_RESULT, ok ? "pass" : "refuse");
	return HF_OK;
}

/* ---- the second person gives it ---- */

static enum hf_err check_still(struct giving *g)
{
	HF_TRY(az_terms_entry(g->it.entry, now_of(g->a), g->f));
	if (!az_hash_is(&g->terms->entry_digest, &g->it.digest))
		return hf_fault_set(
		        g->f, HF_E_TERMS_CHANGED,
		        "the entry was published anew since the offer; refuse it (F) and offer it once more");
	if (g->terms->until_ms <= now_of(g->a))
		return hf_fault_set(g->f, HF_E_STATE, "the period offered is over; refuse it (F)");
	HF_TRY(check_recipient(g->a, g->terms->assignee, g->terms->department, &g->it, g->f));
	if (!is_self(g->a, g->terms->assignee))
		HF_TRY(az_grant_room(g->a, g->a->base->self.s, g->terms->assignee, g->f));
	HF_TRY(az_person_here(g->a, g->offer, "the offer", "refuse it (F), and let somebody offer it anew", g->f));
	if (g->privacy)
		HF_TRY(az_person_here(g->a, g->privacy, "the review of the privacy",
		                      "have the privacy expert review it anew (`hufu grant review`)", g->f));
	if (g->it.entry->personal && !g->privacy) /* AZ-16 */
		return hf_fault_set(g->f, HF_E_STATE,
		                    "the data is personal: the privacy expert has to confirm necessity and compliance "
		                    "first (`hufu grant review`)");
	return HF_OK;
}

static enum hf_err sign_papers(struct giving *g)
{
	struct hf_authz *a = g->a;
	struct paper_head head;
	struct hf_hash digest;
	Hufu__ProviderGrant m = HUFU__PROVIDER_GRANT__INIT;
	HF_TRY(az_paper_sign(a, HF_TYPE_AGREEMENT, &g->txn, &g->terms->base, g->in->unit, &g->agreement, g->f));
	hf_sha256(g->agreement.envelope->payload.data, g->agreement.envelope->payload.len, &digest);
	if (memcmp(digest.b, g->digest.b, sizeof(digest.b)) != 0)
		return hf_fault_set(g->f, HF_E_INTERNAL, "the grant is not what was offered; nothing is given");
	az_paper_head_init(a, &head, &g->txn, g->terms->assignee, NULL, NULL);
	m.header = &head.header;
	m.agreement = g->agreement.envelope;
	m.offer = g->offer;
	m.approval = g->statement;
	m.privacy = g->privacy;
	return az_paper_sign(a, HF_TYPE_PROVIDER_GRANT, &g->txn, &m.base, g->in->unit, &g->paper, g->f);
}

static enum hf_err send_grant(struct giving *g)
{
	Hufu__ProviderGrantMail mail = HUFU__PROVIDER_GRANT_MAIL__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *entry = HF_DECODE_OWN(envelope, g->it.envelope, g->it.envelope_len);
	if (!entry)
		return hf_fault_set(g->f, HF_E_STORE, "the catalog entry on record cannot be read");
	az_agreement_keep_entry(g->in->unit, &g->txn, &g->it);
	if (is_self(g->a, g->terms->assignee)) {
		az_notice_put(g->a, g->in->unit, g->row, "granted", "the provider gave this grant of itself");
		return HF_OK;
	}
	mail.grant = g->paper.envelope;
	mail.entry = entry;
	hf_ledger_add_mirror(g->a->ledger, g->in->unit, g->terms->assignee);
	return az_paper_mail(g->a, g->in->unit, g->terms->assignee, HF_MAIL_PROVIDER_GRANT, &g->txn, &mail.base, g->f);
}

static enum hf_err give(struct giving *g)
{
	char who[HF_NAME_MAX * 2 + 2];
	HF_TRY(sign_papers(g));
	hf_authz_signer(g->statement, who, sizeof(who));
	g->grant->agreement_envelope = BIN(g->agreement.bytes, g->agreement.len);
	g->grant->agreement_digest = BIN_HASH(&g->agreement.digest);
	g->grant->approver = who;
	g->grant->state = HF_GRANT_ACTIVE;
	g->grant->given_ms = now_of(g->a);
	g->grant->generation++;
	az_grant_put(g->a, g->in->unit, g->grant);
	return send_grant(g);
}

enum hf_err hf_authz_grant_give(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                const char *result, const char *reason)
{
	HF_CLEANUP(giving_done) struct giving g = {.a = a, .in = in, .f = in->fault};
	bool given = same_text(result, "T");
	if (!given && !same_text(result, "F"))
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'result' must be T (give it) or F (refuse it)");
	if (!given && (!reason || reason[strspn(reason, " \t\n")] == '\0'))
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'reason' is missing; a refusal (F) needs one");
	HF_TRY(load(&g, grant));
	if (given)
		HF_TRY(check_still(&g));
	HF_TRY(sign(&g, "decision", result, reason));
	HF_TRY(check_apart(&g, "give it"));
	if (given)
		HF_TRY(give(&g));
	else
		end_offer(&g, reason);
	if (given)
		describe(&g, result, g.grant->stated_reason);
	else
		az_entry_id(in->draft, HF_FIELD_OBJECT, &g.id);
	return HF_OK;
}
