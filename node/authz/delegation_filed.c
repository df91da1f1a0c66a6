/*
 * delegation_filed.c - what an agent decided, as both sides see it: the provider questions and withdraws it (AZ-38),
 * or takes it on file, the agent sees what it has filed and what is not on file there yet (AZ-37).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/delegation_internal.h"
#include "proto/codec.h"

/* Of one decision. Each is kept for good by both sides; what the provider asks, and that it has the decision on file or
 * withdrew it, are what its agent takes in. */
#define QUESTIONS_MOST 100u
#define TELLINGS_MOST (QUESTIONS_MOST + 2)

struct asked {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__GrantRow *grant;
	Hufu__ApplicationRow *row;
	struct hf_id delegation, txn;
};

static void asked_done(struct asked *q)
{
	hf_decoded_free(q->grant);
	hf_decoded_free(q->row);
}

static enum hf_err load(struct asked *q, const struct hf_id *grant)
{
	struct hf_fault *f = q->in->fault;
	char id[HF_ID_TEXT];
	hf_id_text(grant, id);
	if (az_grant_get(q->a, grant, &q->grant) != HF_OK || !is_self(q->a, q->grant->provider))
		return hf_fault_set(f, HF_E_UNKNOWN, "this node gave no grant %s; `hufu grants` lists them", id);
	if (az_mechanism_find(q->grant->mechanism) != AZ_MECHANISM_APPLICATION ||
	    !az_id_of(&q->grant->basis, &q->delegation) || !az_id_of(&q->grant->txn, &q->txn))
		return hf_fault_set(f, HF_E_STATE, "grant %s was not decided by an agent; `hufu revoke` ends it", id);
	return az_grant_row(q->a, q->grant, &q->row, f);
}

static enum hf_err want_reason(const char *text, struct hf_fault *f)
{
	if (text && text[strspn(text, " \t\n")] != '\0')
		return HF_OK;
	return hf_fault_set(f, HF_E_ARGUMENT, "field 'reason' is missing; state what is asked, or why");
}

static enum hf_err tell_agent(struct asked *q, const char *kind, const char *text)
{
	Hufu__DelegationQuestion m = HUFU__DELEGATION_QUESTION__INIT;
	Hufu__DelegationQuestionMail mail = HUFU__DELEGATION_QUESTION_MAIL__INIT;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct paper_head head;
	az_paper_head_init(q->a, &head, &q->txn, q->row->intake, NULL, NULL);
	m.header = &head.header;
	m.delegation = q->grant->basis;
	m.grant = q->grant->grant;
	m.application = q->grant->application;
	m.kind = (char *)kind;
	m.text = (char *)text;
	HF_TRY(az_paper_sign(q->a, HF_TYPE_DELEGATION_QUESTION, &q->txn, &m.base, q->in->unit, &paper, q->in->fault));
	mail.question = paper.envelope;
	return az_paper_mail(q->a, q->in->unit, q->row->intake, HF_MAIL_DELEGATION_QUESTION, &q->txn, &mail.base,
	                     q->in->fault);
}

enum hf_err hf_delegation_question(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                   const char *text)
{
	HF_CLEANUP(asked_done) struct asked q = {.a = a, .in = in};
	HF_TRY(load(&q, grant));
	HF_TRY(want_reason(text, in->fault));
	if (q.row->questions >= QUESTIONS_MOST)
		return hf_fault_set(
		        in->fault, HF_E_LIMIT,
		        "%u questions were asked about this decision, which is as many as can be; withdraw it with "
		        "`hufu agent withdraw`, or ask its agent by other means",
		        QUESTIONS_MOST);
	q.row->questions++;
	az_row_put(a, in->unit, q.row);
	HF_TRY(tell_agent(&q, "question", text));
	az_entry_fill(in->draft, q.row,
	              &(struct entry_words){.detail = text, .grant = grant, .counterparty = q.row->intake});
	az_entry_id(in->draft, HF_FIELD_DELEGATION, &q.delegation);
	return HF_OK;
}

enum hf_err hf_delegation_withdraw(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                   const char *reason)
{
	HF_CLEANUP(asked_done) struct asked q = {.a = a, .in = in};
	HF_TRY(load(&q, grant));
	HF_TRY(want_reason(reason, in->fault));
	HF_TRY(hf_authz_revoke(a, in, grant, reason));
	HF_TRY(tell_agent(&q, "withdrawn", reason));
	az_entry_id(in->draft, HF_FIELD_DELEGATION, &q.delegation);
	return HF_OK;
}

/* ---- on file ---- */

enum hf_err hf_delegation_file(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                               const char *remark)
{
	HF_CLEANUP(asked_done) struct asked q = {.a = a, .in = in};
	char by[HF_NAME_MAX * 2 + 2], time[HF_TIME_TEXT];
	const char *text = has_text(remark) ? remark : "on file";
	HF_TRY(load(&q, grant));
	if (q.grant->filed_ms) {
		hf_time_text(q.grant->filed_ms, time);
		return hf_fault_set(in->fault, HF_E_STATE,
		                    "the decision is on file since %s, by %.127s; nothing is left to do", time,
		                    q.grant->filed_by);
	}
	HF_TRY(tell_agent(&q, "filed", text));
	snprintf(by, sizeof(by), "%s/%s", a->base->self.s, in->actor->account);
	q.grant->filed_ms = now_of(a);
	q.grant->filed_by = by;
	az_grant_put(a, in->unit, q.grant);
	az_entry_fill(in->draft, q.row,
	              &(struct entry_words){.detail = text, .grant = grant, .counterparty = q.row->intake});
	az_entry_id(in->draft, HF_FIELD_DELEGATION, &q.delegation);
	return HF_OK;
}

void hf_delegation_set_unfiled(struct hf_authz *a, enum hf_unfiled how)
{
	a->unfiled_denies = how == HF_UNFILED_DENY;
	for (size_t i = 0; i < a->grants.slot_count; i++)
		for (struct hf_index_item *x = a->grants.slots[i]; x; x = x->next)
			if (az_grant_unfiled(az_grant_of(x)))
				az_policy_grant(a, az_grant_of(x));
}

int64_t hf_delegation_unfiled_ms(const struct hf_authz *a, const struct hf_id *grant, int64_t at_ms)
{
	const struct grant_item *g = az_grant_find(a, grant);
	if (!g || hf_id_is_zero(&g->delegation))
		return 0;
	return g->filed_ms == 0 || at_ms < g->filed_ms ? g->made_ms : 0;
}

/* ---- at the agent ---- */

static const struct telling {
	const char *kind, *notice, *text;
	bool over; /* nothing is left to be filed */
	enum hf_event event;
} tellings[] = {
        {"question", "agent-question", "the provider asks about what this node granted as its agent", false,
         HF_EVENT_AGENT_QUESTION},
        {"withdrawn", "agent-withdrawn", "the provider withdrew what this node granted as its agent", true,
         HF_EVENT_AGENT_QUESTION},
        {"filed", "agent-filed", "the provider has on file what this node granted as its agent", true,
         HF_EVENT_AGENT_FILED},
};

static const struct telling *telling_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(tellings) / sizeof(tellings[0]); i++)
		if (strcmp(tellings[i].kind, kind) == 0)
			return &tellings[i];
	return NULL;
}

enum hf_err az_dg_on_question(struct hf_authz *a, const struct mail_in *in, const Hufu__DelegationQuestionMail *m)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__DelegationQuestion *q = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id grant, delegation;
	HF_TRY(az_row_of_mail(a, in, m->question, &hufu__delegation_question__descriptor, &row));
	struct hf_id txn = az_row_txn(row);
	const struct paper_want want = {HF_TYPE_DELEGATION_QUESTION, &hufu__delegation_question__descriptor,
	                                row->provider, &txn, "the question"};
	HF_TRY(az_paper_open(a, m->question, &want, &q, in->fault));
	const struct telling *t = telling_of(q->kind);
	if (!t || !az_id_of(&q->grant, &grant) || !az_id_of(&q->delegation, &delegation) || !is_self(a, row->intake))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the question is about nothing that this node decided");
	if (row->questions >= TELLINGS_MOST)
		return hf_fault_set(in->fault, HF_E_LIMIT,
		                    "this node was told of that decision %u times, and takes in nothing more about it",
		                    TELLINGS_MOST);
	HF_TRY(az_paper_keep(a, m->question, &txn, in->unit, &paper, in->fault));
	row->questions++;
	if (t->over && row->filed_ms == 0)
		row->filed_ms = now_of(a);
	az_row_put(a, in->unit, row);
	row->reason = q->text;
	az_notice_put(a, in->unit, row, t->notice, t->text);
	az_entry_add(a, in->unit, t->event, row,
	             &(struct entry_words){.digest = &paper.digest,
	                                   .result = q->kind,
	                                   .detail = q->text,
	                                   .grant = &grant,
	                                   .counterparty = in->from});
	return HF_OK;
}

struct counting {
	struct hf_authz *a;
	const Hufu__Delegation *d;
	struct hf_delegation_count *out;
};

static void count_decision(struct hf_delegation_count *out, bool unfiled, int64_t since_ms)
{
	out->decided++;
	out->unfiled += unfiled;
	if (unfiled && (out->oldest_ms == 0 || since_ms < out->oldest_ms))
		out->oldest_ms = since_ms;
}

static bool count_one(void *ctx, const Hufu__ApplicationRow *row)
{
	struct counting *c = ctx;
	bool named = false;
	if (!is_self(c->a, row->intake) || row->agent_ms == 0 || !same_text(row->provider, c->d->header->issuer))
		return true;
	for (size_t i = 0; i < c->d->n_resources; i++)
		named |= c->d->resources[i].len == row->resource.len &&
		         memcmp(c->d->resources[i].data, row->resource.data, row->resource.len) == 0;
	if (!named)
		return true;
	count_decision(c->out, row->filed_ms == 0, row->agent_ms);
	c->out->on_the_way += az_row_state(row, HF_PART_INTAKE) == HF_REVIEW_FORWARDED;
	return true;
}

/* ---- at the provider ---- */

static void count_grants(struct hf_authz *a, const Hufu__Delegation *d, struct hf_delegation_count *out)
{
	struct hf_id id;
	if (!az_id_of(&d->id, &id))
		return;
	for (size_t i = 0; i < a->grants.slot_count; i++)
		for (struct hf_index_item *x = a->grants.slots[i]; x; x = x->next) {
			const struct grant_item *g = az_grant_of(x);
			if (hf_id_equal(&g->delegation, &id))
				count_decision(out, az_grant_unfiled(g) && g->state != HF_GRANT_REVOKED, g->made_ms);
		}
}

enum hf_err hf_delegation_counts(struct hf_authz *a, const Hufu__Delegation *d, struct hf_delegation_count *ret_count)
{
	struct counting c = {a, d, ret_count};
	*ret_count = (struct hf_delegation_count){.decided = 0};
	if (is_self(a, d->header->issuer))
		count_grants(a, d, ret_count);
	return is_self(a, d->agent) && d->decides ? hf_authz_applications(a, count_one, &c) : HF_OK;
}
