/*
 * emergency_grant.c - an executed grant reaches the provider's node, which believes nobody: it checks event, request,
 * every vote, the executor and the period itself, and only then makes the grant usable (AZ-54 ... AZ-57). The agreement
 * that it signs holds the terms which its gate enforces.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

/* AZ-56: at most 14 days, whoever signed; over the limit is invalid, not cut. */
enum hf_err em_grant_period(int64_t from_ms, int64_t until_ms, struct hf_fault *f)
{
	return az_mechanism_period(AZ_MECHANISM_EMERGENCY, from_ms, until_ms, f);
}

void em_grant_done(struct em_grant *g)
{
	hf_decoded_free(g->grant);
	em_opened_done(&g->o);
	g->grant = NULL;
}

static enum hf_err open_votes(struct hf_authz *a, struct em_grant *g, struct hf_fault *f)
{
	const Hufu__EmergencyGrant *m = g->grant;
	if (m->n_votes > EM_VOTES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the grant carries more than %u votes", EM_VOTES_MAX);
	for (size_t i = 0; i < m->n_votes; i++) {
		HF_CLEANUP(em_vote_done) struct em_vote v = {.vote = NULL};
		HF_TRY(em_vote_open(a, m->votes[i], &g->o, NULL, &v, f));
		if (v.vote->header->time_ms > m->header->time_ms + HF_CLOCK_SKEW_MS)
			return hf_fault_set(f, HF_E_CONFLICT,
			                    "the vote of %s is younger than the grant that rests on it", v.person.node);
		snprintf(g->voters[i], sizeof(g->voters[i]), "%s", v.person.node);
		g->ballots[i] = (struct hf_em_ballot){g->voters[i], v.vote->result[0]};
		g->ballot_count = i + 1;
	}
	return em_votes_suffice(&g->o, g->ballots, g->ballot_count, f);
}

static enum hf_err open_execution(struct hf_authz *a, struct em_grant *g, struct hf_fault *f)
{
	const Hufu__EmergencyGrant *m = g->grant;
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	const char *node = m->header->issuer;
	HF_TRY(em_executor_check(a, &g->o, node, f));
	for (size_t i = 0; i < g->ballot_count; i++)
		if (strcmp(g->voters[i], node) == 0)
			return hf_fault_set(f, HF_E_SEPARATION, "%s voted on the request and may not carry it out",
			                    node);
	const struct statement_want by = {
	        "emergency-execution", HF_MAY_EMERGENCY_EXECUTE, node, &g->o.id, m->revision, &g->o.digest, &g->o.txn};
	HF_TRY(az_person_check(a, m->execution, &by, &s, &g->executor, f));
	if (s->until_ms != m->until_ms)
		return hf_fault_set(f, HF_E_SIGNATURE, "the grant ends at another time than its executor signed");
	HF_TRY(az_person_two_factors(g->executor.methods, g->o.request->sensitive, f));
	snprintf(g->executor_text, sizeof(g->executor_text), "%s/%s", g->executor.node, g->executor.account);
	return HF_OK;
}

/* Inside what was asked for and approved; begins with the execution or later. */
static enum hf_err check_period(const struct em_grant *g, struct hf_fault *f)
{
	const Hufu__EmergencyGrant *m = g->grant;
	const Hufu__EmergencyRequest *r = g->o.request;
	HF_TRY(em_grant_period(m->from_ms, m->until_ms, f));
	if (m->from_ms < m->header->time_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the grant is backdated: it begins before it was signed");
	if (m->header->time_ms < r->header->time_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_CONFLICT, "the grant is older than the request that it carries out");
	if (m->from_ms < r->from_ms || m->until_ms > r->until_ms || m->until_ms > g->o.event->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the grant's period leaves the one that was asked for");
	return HF_OK;
}

static enum hf_err check_privacy(struct hf_authz *a, const struct em_grant *g, struct hf_fault *f)
{
	struct person expert;
	bool ok = false;
	if (!g->o.request->personal)
		return HF_OK;
	if (!g->grant->privacy)
		return hf_fault_set(f, HF_E_STATE,
		                    "the data is personal, but no privacy expert of the provider reviewed the request");
	HF_TRY(em_privacy_check(a, &g->o, g->grant->privacy, &expert, &ok, f));
	return ok ? HF_OK : hf_fault_set(f, HF_E_STATE, "the provider's privacy expert did not pass the request");
}

enum hf_err em_grant_open(struct hf_authz *a, const Hufu__Envelope *e, const char *from, struct em_grant *g,
                          struct hf_fault *f)
{
	struct hf_id id;
	const struct paper_want want = {HF_TYPE_EMERGENCY_GRANT, &hufu__emergency_grant__descriptor, from, NULL,
	                                "the emergency grant"};
	HF_TRY(az_paper_open_public(a, e, &want, &g->grant, f));
	const Hufu__EmergencyGrant *m = g->grant;
	HF_TRY(hf_envelope_digest_message(e, &g->digest));
	HF_TRY(em_request_open(a, m->event, m->request_paper, &g->o, f));
	if (!az_id_of(&m->id, &g->id) || !az_id_of(&m->agreement, &g->agreement) || !az_id_of(&m->request, &id))
		return hf_fault_set(f, HF_E_FORMAT, "the emergency grant lacks an identifier");
	if (!hf_id_equal(&id, &g->o.id) || m->revision != g->o.request->revision ||
	    !az_hash_is(&m->request_digest, &g->o.digest) || !az_id_of(&m->header->transaction, &id) ||
	    !hf_id_equal(&id, &g->o.txn))
		return hf_fault_set(f, HF_E_CONFLICT, "the grant names another request than the one that came with it");
	HF_TRY(open_votes(a, g, f));
	HF_TRY(open_execution(a, g, f));
	HF_TRY(check_period(g, f));
	return check_privacy(a, g, f);
}

/* ---- the provider's node ---- */

struct activate {
	struct hf_authz *a;
	const struct mail_in *in;
	struct em_grant *g;
	struct em_arrived v;
	struct hf_catalog_item it;
	char **fields, **obligations;
	size_t field_count, obligation_count;
	struct paper agreement, paper, kept;
	struct hf_fault why; /* it cannot be carried out; the activation says so */
	char voters[512];
};

static void activate_done(struct activate *x)
{
	em_arrived_done(&x->v);
	hf_catalog_item_done(&x->it);
	free(x->fields);
	free(x->obligations);
	az_paper_done(&x->agreement);
	az_paper_done(&x->paper);
	az_paper_done(&x->kept);
}

/* The votes of the paper together with what this node has heard itself: an organization that told others something
 * else counts as the more cautious of both. */
static enum hf_err check_known_votes(struct activate *x)
{
	struct hf_em_ballot all[2 * EM_VOTES_MAX];
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(x->v.row);
	size_t n = x->g->ballot_count;
	memcpy(all, x->g->ballots, n * sizeof(all[0]));
	for (size_t i = 0; i < rev->n_votes && i < EM_VOTES_MAX; i++)
		all[n++] = (struct hf_em_ballot){rev->votes[i]->node, rev->votes[i]->result[0]};
	return em_votes_suffice(&x->g->o, all, n, x->in->fault);
}

static enum hf_err check_standing(struct activate *x)
{
	struct hf_fault *f = x->in->fault;
	if (x->v.row->revision != x->g->o.request->revision)
		return hf_fault_set(f, HF_E_STATE,
		                    "the request was corrected since; the grant is of an older revision");
	HF_TRY(check_known_votes(x));
	return em_row_unchained(x->a, x->v.row, false, f);
}

/* It may have been carried out while this node could not be reached: not a forgery, so the parties are told. */
static enum hf_err check_time(struct activate *x)
{
	HF_TRY(em_event_lasts(x->a, x->v.event, &x->why));
	if (x->g->grant->until_ms <= now_of(x->a))
		return hf_fault_set(&x->why, HF_E_GRANT_EXPIRED, "the grant's period was over when it came here");
	return HF_OK;
}

static bool listed(char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

static void list_fields(struct activate *x)
{
	const Hufu__EmergencyRequest *m = x->g->o.request;
	const Hufu__CatalogEntry *entry = x->it.entry;
	size_t n = m->n_fields ? m->n_fields : entry->n_fields;
	x->fields = hf_alloc_zero((n + 1) * sizeof(char *));
	for (size_t i = 0; i < n; i++)
		x->fields[i] = m->n_fields ? m->fields[i] : entry->fields[i]->name;
	x->field_count = n;
}

/* The duties that always hold, then those of the entry's policy (AZ-73). */
static enum hf_err list_obligations(struct activate *x)
{
	static const char *const always[] = {"log", "receipt", "no-onward-sharing"};
	enum { ALWAYS = sizeof(always) / sizeof(always[0]) };
	const Hufu__CatalogEntry *entry = x->it.entry;
	x->obligations = hf_alloc_zero((ALWAYS + entry->n_policy) * sizeof(char *));
	for (size_t i = 0; i < ALWAYS; i++)
		x->obligations[x->obligation_count++] = (char *)always[i];
	for (size_t i = 0; i < entry->n_policy; i++) {
		const Hufu__Rule *r = entry->policy[i];
		if (strcmp(r->kind, "duty") != 0 || listed(x->obligations, x->obligation_count, r->action))
			continue;
		if (!az_terms_obligation_known(r->action))
			return hf_fault_set(&x->why, HF_E_OBLIGATION,
			                    "the entry asks for the duty '%.60s', which cannot be enforced here",
			                    r->action);
		x->obligations[x->obligation_count++] = r->action;
	}
	return HF_OK;
}

/* What the resource itself does not allow: not a forgery, so the parties are told instead of the executor alone. */
static enum hf_err check_resource(struct activate *x)
{
	const Hufu__EmergencyRequest *m = x->g->o.request;
	if (hf_catalog_get(x->a->catalog, x->a->base->self.s, &x->g->o.resource, &x->it) != HF_OK || !x->it.own)
		return hf_fault_set(&x->why, HF_E_UNKNOWN, "there is no such resource at this node");
	HF_TRY(az_terms_entry(x->it.entry, now_of(x->a), &x->why));
	HF_TRY(az_terms_fields(x->it.entry, m->fields, m->n_fields, &x->why));
	list_fields(x);
	if (x->field_count == 0)
		return hf_fault_set(&x->why, HF_E_WRONG_FIELDS, "the resource has no field that could be delivered");
	return list_obligations(x);
}

static void fill_agreement(const struct activate *x, Hufu__Agreement *g)
{
	const Hufu__EmergencyRequest *m = x->g->o.request;
	g->id = BIN_ID(&x->g->agreement);
	g->resource = m->resource;
	g->resource_version = x->it.entry->version;
	g->assigner = m->provider;
	g->assignee = m->organization;
	g->department = m->department;
	g->system = m->system;
	g->system_address = m->system_address;
	g->action = m->action;
	g->purpose = m->purpose;
	g->fields = x->fields;
	g->n_fields = x->field_count;
	g->from_ms = x->g->grant->from_ms;
	g->until_ms = x->g->grant->until_ms;
	g->obligations = x->obligations;
	g->n_obligations = x->obligation_count;
	g->grant = BIN_ID(&x->g->id);
	g->entry_digest = BIN_HASH(&x->it.digest);
	g->usage_terms = x->it.entry->sharing_condition;
}

/* The agreement, and the grant that decisions find from now on. */
static enum hf_err make_usable(struct activate *x)
{
	struct hf_authz *a = x->a;
	struct hf_unit *u = x->in->unit;
	Hufu__Agreement g = HUFU__AGREEMENT__INIT;
	struct paper_head head;
	struct hf_hash digest;
	const struct em_opened *o = &x->g->o;
	az_paper_head_init(a, &head, &o->txn, o->request->organization, NULL, NULL);
	g.header = &head.header;
	fill_agreement(x, &g);
	HF_TRY(az_paper_sign(a, HF_TYPE_AGREEMENT, &o->txn, &g.base, u, &x->agreement, x->in->fault));
	hf_ledger_keep_envelope(u, &o->txn, HF_TYPE_CATALOG_ENTRY, x->it.envelope, x->it.envelope_len, &digest);
	const struct grant_new made = {.mechanism = AZ_MECHANISM_EMERGENCY,
	                               .basis = &o->id,
	                               .txn = &o->txn,
	                               .terms = &g,
	                               .paper = &x->agreement,
	                               .approver = x->voters};
	return az_grant_add(a, u, &made, x->in->fault);
}

static enum hf_err sign_activation(struct activate *x, bool active)
{
	Hufu__EmergencyActivation m = HUFU__EMERGENCY_ACTIVATION__INIT;
	struct paper_head head;
	const struct em_opened *o = &x->g->o;
	em_head_init(x->a, &head, &o->txn);
	m.header = &head.header;
	m.request = o->request->id;
	m.revision = o->request->revision;
	m.grant = BIN_ID(&x->g->id);
	m.grant_digest = BIN_HASH(&x->g->digest);
	m.result = (char *)(active ? "active" : "refused");
	m.reason_code = (char *)hf_err_reason(x->why.code);
	m.reason = x->why.text;
	m.executor = x->g->executor_text;
	m.agreement = active ? x->agreement.envelope : NULL;
	return az_paper_sign(x->a, HF_TYPE_EMERGENCY_ACTIVATION, &o->txn, &m.base, x->in->unit, &x->paper,
	                     x->in->fault);
}

/* The catalog entry goes to the consumer alone: others may not be in its scope. */
static enum hf_err tell_activation(struct activate *x, bool active)
{
	Hufu__EmergencyActivationMail mail = HUFU__EMERGENCY_ACTIVATION_MAIL__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *entry = NULL;
	const Hufu__EmergencyRequestRow *row = x->v.row;
	mail.event = x->g->grant->event;
	mail.request = x->g->grant->request_paper;
	mail.activation = x->paper.envelope;
	const struct em_post post = {HF_MAIL_EMERGENCY_ACTIVATION, &mail.base, row->organization};
	HF_TRY(em_tell(x->a, x->in->unit, row, &post, x->in->fault));
	if (active)
		mail.entry = entry = HF_DECODE_OWN(envelope, x->it.envelope, x->it.envelope_len);
	return az_paper_mail(x->a, x->in->unit, row->organization, HF_MAIL_EMERGENCY_ACTIVATION, &x->g->o.txn,
	                     &mail.base, x->in->fault);
}

static void describe(struct activate *x, bool active)
{
	struct hf_em_count c;
	Hufu__EmergencyRequestRow *row = x->v.row;
	hf_em_count(x->g->o.pinned, &x->g->o.barred, x->g->ballots, x->g->ballot_count, &c);
	em_entry_add(x->a, x->in->unit, HF_EVENT_EMERGENCY_EXECUTION, row,
	             &(struct em_words){.digest = &x->g->digest,
	                                .result = "T",
	                                .counterparty = x->in->from,
	                                .voters = x->voters,
	                                .executor = x->g->executor_text,
	                                .count = &c});
	em_entry_add(x->a, x->in->unit, HF_EVENT_EMERGENCY_ACTIVE, row,
	             &(struct em_words){.digest = active ? &x->agreement.digest : &x->paper.digest,
	                                .result = active ? "T" : "refuse",
	                                .reason_code = hf_err_reason(x->why.code),
	                                .detail = x->why.text,
	                                .counterparty = row->organization,
	                                .voters = x->voters,
	                                .executor = x->g->executor_text});
	em_notice(x->a, x->in->unit, row, active ? "emergency-granted" : "emergency-refused",
	          active ? "this node's data is granted in an emergency, by the leading group; `hufu emergency uses` "
	                   "lists "
	                   "every use"
	                 : "an emergency grant of this node's data cannot be carried out");
}

static void fill_row(struct activate *x, bool active)
{
	Hufu__EmergencyRequestRow *row = x->v.row;
	row->grant_envelope = BIN(x->kept.bytes, x->kept.len);
	row->grant_digest = BIN_HASH(&x->g->digest);
	row->executor = x->g->executor_text;
	row->result = (char *)"T";
	row->result_reason = active ? (char *)"" : x->why.text;
	row->grant = BIN_ID(&x->g->id);
	if (!active)
		return;
	row->agreement = BIN_ID(&x->g->agreement);
	row->from_ms = x->g->grant->from_ms;
	row->until_ms = x->g->grant->until_ms;
	row->active_ms = now_of(x->a);
}

static void voters_text(const struct em_grant *g, char *out, size_t cap)
{
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < g->ballot_count && len + 1 < cap; i++) {
		struct person p = {.node = ""};
		HF_CLEANUP(hf_decoded_done)
		Hufu__EmergencyVote *v =
		        HF_DECODE(emergency_vote, g->grant->votes[i]->payload.data, g->grant->votes[i]->payload.len);
		if (v)
			(void)az_person_of(v->vote, &p);
		int n = snprintf(out + len, cap - len, "%s%s/%s", len ? ", " : "", p.node, p.account);
		len += n > 0 ? (size_t)n : 0;
	}
}

/* The same paper again is nothing new; another one for the same request comes too late. */
static enum hf_err check_first(const Hufu__EmergencyRequestRow *row, const struct em_grant *g, bool *ret_again,
                               struct hf_fault *f)
{
	enum hf_em_state s = em_row_state(row);
	*ret_again = az_hash_is(&row->grant_digest, &g->digest) && s != HF_EM_OPEN && s != HF_EM_APPROVED &&
	             s != HF_EM_EXECUTED;
	if (*ret_again)
		return HF_OK;
	if (row->grant_digest.len && !az_hash_is(&row->grant_digest, &g->digest))
		return hf_fault_set(f, HF_E_EXISTS, "the request has been carried out already by %s", row->executor);
	return HF_OK;
}

static enum hf_err as_provider(struct activate *x, const Hufu__EmergencyGrantMail *m)
{
	bool again = false;
	HF_TRY(check_first(x->v.row, x->g, &again, x->in->fault));
	if (again)
		return HF_OK;
	HF_TRY(check_standing(x));
	voters_text(x->g, x->voters, sizeof(x->voters));
	bool active = check_time(x) == HF_OK && check_resource(x) == HF_OK;
	HF_TRY(az_paper_keep(x->a, m->grant, &x->g->o.txn, x->in->unit, &x->kept, x->in->fault));
	if (active)
		HF_TRY(make_usable(x));
	HF_TRY(em_row_step(x->v.row, active ? HF_EM_ACTIVATE : HF_EM_REFUSE, x->in->fault));
	HF_TRY(sign_activation(x, active));
	fill_row(x, active);
	HF_TRY(tell_activation(x, active));
	describe(x, active);
	em_row_put(x->a, x->in->unit, x->v.row);
	return HF_OK;
}

/* Everybody else notes that it was carried out, and by whom. */
static enum hf_err as_other(struct activate *x, const Hufu__EmergencyGrantMail *m)
{
	Hufu__EmergencyRequestRow *row = x->v.row;
	enum hf_em_state next;
	if (row->grant_digest.len || row->revision != x->g->o.request->revision)
		return HF_OK;
	HF_TRY(az_paper_keep(x->a, m->grant, &x->g->o.txn, x->in->unit, &x->kept, x->in->fault));
	voters_text(x->g, x->voters, sizeof(x->voters));
	if (hf_em_next(em_row_state(row), HF_EM_EXECUTE, &next))
		row->state = next;
	row->grant = BIN_ID(&x->g->id);
	row->agreement = BIN_ID(&x->g->agreement);
	row->grant_envelope = BIN(x->kept.bytes, x->kept.len);
	row->grant_digest = BIN_HASH(&x->g->digest);
	row->executor = x->g->executor_text;
	row->result = (char *)"T";
	em_entry_add(x->a, x->in->unit, HF_EVENT_EMERGENCY_EXECUTION, row,
	             &(struct em_words){.digest = &x->g->digest,
	                                .result = "T",
	                                .counterparty = x->in->from,
	                                .voters = x->voters,
	                                .executor = x->g->executor_text});
	em_row_put(x->a, x->in->unit, row);
	return HF_OK;
}

enum hf_err az_em_on_grant(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyGrantMail *m)
{
	struct em_grant *g = hf_alloc_zero(sizeof(*g));
	HF_CLEANUP(activate_done) struct activate x = {.a = a, .in = in, .g = g};
	enum hf_err e = em_grant_open(a, m->grant, in->from, g, in->fault);
	if (e == HF_OK) {
		const struct em_papers papers = {g->grant->event, g->grant->request_paper, false};
		e = em_request_arrive(a, in, &papers, &x.v);
	}
	if (e == HF_OK)
		e = is_self(a, x.v.row->provider) ? as_provider(&x, m) : as_other(&x, m);
	em_grant_done(g);
	free(g);
	return e;
}
