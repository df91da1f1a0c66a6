/*
 * given.c - a grant that its provider gave unasked reaches the consumer (SB-24): checked like an agreement that one had
 * applied for, then usable at once.
 */
#include <string.h>

#include "authz/internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

struct given {
	struct hf_authz *a;
	const struct mail_in *in;
	struct hf_fault *f;
	struct hf_id id, txn;
	Hufu__ProviderGrant *paper;
	Hufu__Agreement *terms;
	Hufu__CatalogEntry *entry;
	struct hf_hash digest; /* of the terms */
	struct person approver;
	struct paper agreement, kept, entry_paper;
};

static void given_done(struct given *g)
{
	hf_decoded_free(g->paper);
	hf_decoded_free(g->terms);
	hf_decoded_free(g->entry);
	az_paper_done(&g->agreement);
	az_paper_done(&g->kept);
	az_paper_done(&g->entry_paper);
}

static enum hf_err open_papers(struct given *g, const Hufu__ProviderGrantMail *m)
{
	struct paper_want want = {HF_TYPE_PROVIDER_GRANT, &hufu__provider_grant__descriptor, g->in->from, NULL,
	                          "the grant"};
	HF_TRY(az_paper_open(g->a, m->grant, &want, &g->paper, g->f));
	if (!az_id_of(&g->paper->header->transaction, &g->txn))
		return hf_fault_set(g->f, HF_E_FORMAT, "the grant names no transaction");
	want = (struct paper_want){HF_TYPE_AGREEMENT, &hufu__agreement__descriptor, g->in->from, &g->txn,
	                           "the agreement"};
	HF_TRY(az_paper_open(g->a, g->paper->agreement, &want, &g->terms, g->f));
	hf_sha256(g->paper->agreement->payload.data, g->paper->agreement->payload.len, &g->digest);
	if (!az_id_of(&g->terms->grant, &g->id))
		return hf_fault_set(g->f, HF_E_FORMAT, "the agreement names no grant");
	HF_TRY(az_paper_keep(g->a, g->paper->agreement, &g->txn, g->in->unit, &g->agreement, g->f));
	return az_paper_keep(g->a, m->grant, &g->txn, g->in->unit, &g->kept, g->f);
}

static enum hf_err check_terms(struct given *g)
{
	const Hufu__Agreement *t = g->terms;
	if (!same_text(t->assigner, g->in->from) || !is_self(g->a, t->assignee))
		return hf_fault_set(g->f, HF_E_STANDING, "the grant of %s is not from it to this node", g->in->from);
	if (t->application.len != 0 || t->revision != 0)
		return hf_fault_set(g->f, HF_E_CONFLICT,
		                    "the grant names an application, whose result comes through its intake node");
	if (t->from_ms < t->header->time_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(g->f, HF_E_CONFLICT, "the agreement is backdated: it begins before it was signed");
	return HF_OK;
}

static enum hf_err check_entry(struct given *g, const Hufu__Envelope *e)
{
	struct hf_bytes payload;
	struct hf_hash digest;
	HF_TRY(hf_envelope_digest_message(e, &digest));
	if (!az_hash_is(&g->terms->entry_digest, &digest))
		return hf_fault_set(g->f, HF_E_DIGEST,
		                    "the catalog entry that came with the grant is not the one it names");
	HF_TRY(hf_space_open(hf_peers_space(g->a->peers), e, HF_TYPE_CATALOG_ENTRY, &payload, g->f));
	g->entry = HF_DECODE(catalog_entry, payload.data, payload.len);
	if (!g->entry || g->entry->id.len != g->terms->resource.len ||
	    memcmp(g->entry->id.data, g->terms->resource.data, g->entry->id.len) != 0 ||
	    g->entry->version != g->terms->resource_version || !same_text(g->entry->header->issuer, g->in->from) ||
	    !same_text(g->entry->publisher, g->in->from))
		return hf_fault_set(g->f, HF_E_CONFLICT,
		                    "the catalog entry that came with the grant is of another resource");
	HF_TRY(az_terms_fields(g->entry, g->terms->fields, g->terms->n_fields, g->f));
	return az_paper_keep(g->a, e, &g->txn, g->in->unit, &g->entry_paper, g->f);
}

static enum hf_err check_privacy(struct given *g, const struct statement_want *base, struct person *ret_expert)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct statement_want want = *base;
	want.kind = "privacy";
	want.permission = HF_MAY_PRIVACY_REVIEW;
	HF_TRY(az_person_check(g->a, g->paper->privacy, &want, &s, ret_expert, g->f));
	if (!same_text(s->result, "pass"))
		return hf_fault_set(g->f, HF_E_STATE, "the privacy expert did not confirm the grant");
	return HF_OK;
}

/* AZ-17, DS-13: who offered, who approved and who reviewed are different persons. */
static enum hf_err check_persons(struct given *g)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct person offerer, expert;
	struct statement_want want = {.kind = "offer",
	                              .permission = HF_MAY_PUBLISH,
	                              .node = g->in->from,
	                              .object = &g->id,
	                              .digest = &g->digest,
	                              .txn = &g->txn};
	HF_TRY(az_person_check(g->a, g->paper->offer, &want, NULL, &offerer, g->f));
	want.kind = "decision";
	want.permission = HF_MAY_APPROVE;
	HF_TRY(az_person_check(g->a, g->paper->approval, &want, &s, &g->approver, g->f));
	if (!same_text(s->result, "T"))
		return hf_fault_set(g->f, HF_E_SIGNATURE, "the approver of the grant signed '%s', not T", s->result);
	HF_TRY(az_person_apart(&offerer, "the person who offered the grant instead", &g->approver, "give it", g->f));
	if (!g->paper->privacy)
		return g->entry->personal ? hf_fault_set(g->f, HF_E_STATE,
		                                         "the data is personal, but no privacy expert reviewed the "
		                                         "grant")
		                          : HF_OK;
	HF_TRY(check_privacy(g, &want, &expert));
	HF_TRY(az_person_apart(&expert, "the privacy expert", &g->approver, "give it", g->f));
	return az_person_apart(&offerer, "the person who offered the grant instead", &expert, "review the privacy",
	                       g->f);
}

static enum hf_err put(struct given *g)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	Hufu__GrantRow view = HUFU__GRANT_ROW__INIT;
	char who[HF_NAME_MAX * 2 + 2];
	hf_authz_signer(g->paper->approval, who, sizeof(who));
	const struct grant_new n = {.mechanism = AZ_MECHANISM_PROVIDER,
	                            .txn = &g->txn,
	                            .terms = g->terms,
	                            .paper = &g->agreement,
	                            .approver = who};
	HF_TRY(az_grant_add(g->a, g->in->unit, &n, g->f));
	az_grant_fill(g->a, &view, &n);
	HF_TRY(az_grant_row(g->a, &view, &row, g->f));
	row->title = g->entry->title;
	az_notice_put(g->a, g->in->unit, row, "granted", "the provider gave this grant of itself");
	az_entry_add(g->a, g->in->unit, HF_EVENT_GRANT_GIVEN, row,
	             &(struct entry_words){.digest = &g->kept.digest,
	                                   .result = "T",
	                                   .grant = &g->id,
	                                   .mechanism = az_mechanism_name(AZ_MECHANISM_PROVIDER),
	                                   .counterparty = g->in->from});
	return HF_OK;
}

enum hf_err az_given_on_grant(struct hf_authz *a, const struct mail_in *in, const Hufu__ProviderGrantMail *m)
{
	HF_CLEANUP(given_done) struct given g = {.a = a, .in = in, .f = in->fault};
	HF_TRY(open_papers(&g, m));
	HF_TRY(check_terms(&g));
	HF_TRY(check_entry(&g, m->entry));
	HF_TRY(check_persons(&g));
	if (!is_self(a, in->from))
		HF_TRY(az_grant_room(a, in->from, a->base->self.s, in->fault));
	return put(&g);
}
