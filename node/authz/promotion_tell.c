/*
 * promotion_tell.c - one grant is superseded by a rule, or no longer: marked in its row, recorded in its transaction,
 * told to its consumer, who asks by the rule from then on.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/promotion_internal.h"
#include "proto/codec.h"

static void wording_of(const Hufu__Supersession *m, struct hf_hash *ret_digest)
{
	Hufu__Supersession bare = *m;
	bare.header = NULL;
	bare.statement = NULL;
	az_digest(&bare.base, ret_digest);
}

/* The state in the row; what it takes effect on follows after the commit. Transfers under way go on when the rule takes
 * over, and stop when both end. */
static void mark(struct hf_authz *a, struct hf_unit *u, Hufu__GrantRow *row, const Hufu__Supersession *m)
{
	const ProtobufCBinaryData owned = row->superseded_by;
	bool restored = same_text(m->state, "restored"), ended = same_text(m->state, "ended");
	row->superseded_by = restored ? BIN(NULL, 0) : m->promotion;
	row->superseded_ms = now_of(a);
	row->superseded_over = ended;
	if (ended)
		row->generation++;
	az_grant_put(a, u, row);
	row->superseded_by = owned;
}

static void record(struct hf_authz *a, struct hf_unit *u, const Hufu__GrantRow *grant, const Hufu__Supersession *m,
                   const struct entry_words *w)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id promotion;
	if (az_grant_row(a, grant, &row, &f) != HF_OK || !az_id_of(&m->promotion, &promotion))
		return; /* the command's own entry stands */
	struct hf_draft *d = hf_draft_new(HF_EVENT_SUPERSESSION, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, w->actor ? "command" : "mail");
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	az_entry_fill(d, row, w);
	az_entry_id(d, HF_FIELD_PROMOTION, &promotion);
	hf_unit_draft(u, d);
	if (!is_self(a, grant->consumer))
		return;
	row->reason = m->reason;
	az_notice_put(
	        a, u, row, m->state,
	        same_text(m->state, "ended")      ? "the rule that superseded the grant has ended, and so has the grant"
	        : same_text(m->state, "restored") ? "the rule has ended, and the grant counts again"
	                                          : "a rule of the provider decides instead of the grant; nothing "
	                                            "is to be done");
}

/* ---- at the provider ---- */

struct telling {
	struct hf_authz *a;
	const struct pm_told *t;
	Hufu__GrantRow *grant;
	Hufu__Supersession m;
	Hufu__SignedStatement *statement;
	struct paper paper;
	struct hf_id id, txn;
};

static void telling_done(struct telling *x)
{
	hf_decoded_free(x->grant);
	hf_decoded_free(x->statement);
	az_paper_done(&x->paper);
}

static enum hf_err sign(struct telling *x)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct paper_head head;
	struct hf_hash wording;
	const struct hf_step_in *in = x->t->in;
	wording_of(&x->m, &wording);
	s.kind = (char *)"supersession";
	s.object = x->grant->grant;
	s.object_digest = BIN_HASH(&wording);
	s.result = (char *)"pass";
	s.reason = x->m.reason;
	HF_TRY(az_person_sign(x->a, in->actor, &s, &x->txn, &x->statement, in->fault));
	az_paper_head_init(x->a, &head, &x->txn, x->grant->consumer, NULL, NULL);
	x->m.header = &head.header;
	x->m.statement = x->statement;
	enum hf_err e = az_paper_sign(x->a, HF_TYPE_SUPERSESSION, &x->txn, &x->m.base, in->unit, &x->paper, in->fault);
	x->m.header = NULL;
	x->m.statement = NULL;
	return e;
}

static enum hf_err tell(struct telling *x)
{
	Hufu__SupersessionMail mail = HUFU__SUPERSESSION_MAIL__INIT;
	if (is_self(x->a, x->grant->consumer))
		return HF_OK;
	mail.supersession = x->paper.envelope;
	enum hf_err e = az_paper_mail(x->a, x->t->in->unit, x->grant->consumer, HF_MAIL_SUPERSESSION, &x->txn,
	                              &mail.base, x->t->in->fault);
	return e == HF_E_UNSUPPORTED || e == HF_E_STRANGER ? HF_OK : e; /* who is gone stops nobody's access */
}

static bool concerns(const Hufu__GrantRow *grant, const struct pm_told *t)
{
	bool of_this = grant->superseded_by.len == t->row->id.len && grant->superseded_by.len > 0 &&
	               memcmp(grant->superseded_by.data, t->row->id.data, t->row->id.len) == 0;
	return grant->state == HF_GRANT_ACTIVE && (same_text(t->state, "superseded") || of_this);
}

enum hf_err pm_supersede(struct hf_authz *a, const struct pm_told *t, const Hufu__PromotionSource *s)
{
	HF_CLEANUP(telling_done) struct telling x = {.a = a, .t = t};
	char who[HF_NAME_MAX * 2 + 2];
	if (!az_id_of(&s->grant, &x.id) || az_grant_get(a, &x.id, &x.grant) != HF_OK ||
	    !az_id_of(&x.grant->txn, &x.txn))
		return hf_fault_set(t->in->fault, HF_E_STORE, "a grant of the promotion cannot be read");
	if (!concerns(x.grant, t))
		return HF_OK; /* revoked since then */
	hufu__supersession__init(&x.m);
	x.m.promotion = t->row->id;
	x.m.grant = x.grant->grant;
	x.m.agreement = x.grant->agreement;
	x.m.state = (char *)t->state;
	x.m.until_ms = t->row->terms->members[s->member]->until_ms;
	x.m.reason = (char *)t->reason;
	HF_TRY(sign(&x));
	snprintf(who, sizeof(who), "%.63s/%.63s", a->base->self.s, t->in->actor->account);
	mark(a, t->in->unit, x.grant, &x.m);
	record(a, t->in->unit, x.grant, &x.m,
	       &(struct entry_words){.digest = &x.paper.digest,
	                             .actor = who,
	                             .result = t->state,
	                             .detail = t->reason,
	                             .grant = &x.id,
	                             .counterparty = x.grant->consumer});
	return tell(&x);
}

/* ---- at the consumer ---- */

static enum hf_err open_paper(struct hf_authz *a, const struct mail_in *in, const Hufu__Envelope *e,
                              Hufu__Supersession **ret_m, Hufu__GrantRow **ret_grant)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Supersession *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	const struct paper_want want = {HF_TYPE_SUPERSESSION, &hufu__supersession__descriptor, in->from, NULL,
	                                "the supersession"};
	struct hf_id id, txn, of_paper;
	struct hf_hash wording;
	struct person by;
	HF_TRY(az_paper_open(a, e, &want, &m, in->fault));
	if (!az_id_of(&m->grant, &id) || az_grant_get(a, &id, &grant) != HF_OK ||
	    !same_text(grant->provider, in->from) || !is_self(a, grant->consumer))
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "%s gave this node no such grant", in->from);
	if (az_mechanism_find(grant->mechanism) != AZ_MECHANISM_APPLICATION ||
	    m->agreement.len != grant->agreement.len ||
	    memcmp(m->agreement.data, grant->agreement.data, m->agreement.len) != 0 || !az_id_of(&grant->txn, &txn) ||
	    !az_id_of(&m->header->transaction, &of_paper) || !hf_id_equal(&txn, &of_paper))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the supersession is about another agreement");
	wording_of(m, &wording);
	const struct statement_want w = {"supersession", HF_MAY_APPROVE, in->from, &id, 0, &wording, &txn};
	HF_TRY(az_person_check(a, m->statement, &w, NULL, &by, in->fault));
	*ret_m = HF_TAKE(m);
	*ret_grant = HF_TAKE(grant);
	return HF_OK;
}

/* Identifiers rise with time: what is older than the state on record, or that state itself, is no news. */
static bool is_news(const Hufu__GrantRow *grant, const Hufu__Supersession *m)
{
	bool begins = same_text(m->state, "superseded");
	if (grant->state != HF_GRANT_ACTIVE)
		return false;
	if (grant->superseded_by.len != m->promotion.len)
		return begins || grant->superseded_by.len == 0;
	int d = memcmp(m->promotion.data, grant->superseded_by.data, m->promotion.len);
	return d > 0 ? begins : d == 0 && !begins && !grant->superseded_over;
}

enum hf_err az_pm_on_supersession(struct hf_authz *a, const struct mail_in *in, const Hufu__SupersessionMail *mail)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Supersession *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id id, txn;
	HF_TRY(open_paper(a, in, mail->supersession, &m, &grant));
	if (!az_id_of(&grant->grant, &id) || !az_id_of(&grant->txn, &txn))
		return hf_fault_set(in->fault, HF_E_STORE, "the grant on record cannot be read");
	if (!is_news(grant, m))
		return HF_OK;
	HF_TRY(az_paper_keep(a, mail->supersession, &txn, in->unit, &paper, in->fault));
	mark(a, in->unit, grant, m);
	record(a, in->unit, grant, m,
	       &(struct entry_words){.digest = &paper.digest,
	                             .result = m->state,
	                             .detail = m->reason,
	                             .grant = &id,
	                             .counterparty = in->from});
	return HF_OK;
}
