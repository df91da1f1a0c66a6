/*
 * dispute_settle.c - each node of the leading group gives its opinion of a dispute by a person's signature; more than
 * half of the group's organizations, and at least the descriptor's threshold, settle it. Who is party of the
 * application settles nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/dispute_rows.h"
#include "authz/internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

/* ---- one opinion ---- */

struct opinion {
	Hufu__DisputeOpinion *m;
	struct person person;
	struct hf_hash digest;
};

static void opinion_done(struct opinion *v)
{
	hf_decoded_free(v->m);
}

static enum hf_err check_right(const struct opened_dispute *o, const char *node, struct hf_fault *f)
{
	if (!hf_em_in_group(o->pinned, node) || !hf_em_in_group(o->newest, node))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s is not in the leading group of the space, which alone settles disputes", node);
	if (!hf_em_may_vote(o->pinned, &o->barred, node) || !hf_em_may_vote(o->newest, &o->barred, node))
		return hf_fault_set(f, HF_E_SEPARATION,
		                    "%s belongs to a party of the application and may not settle this dispute", node);
	return HF_OK;
}

static enum hf_err opinion_open(struct hf_authz *a, const Hufu__Envelope *e, const struct opened_dispute *o,
                                struct opinion *ret_opinion, struct hf_fault *f)
{
	const struct paper_want want = {HF_TYPE_DISPUTE_OPINION, &hufu__dispute_opinion__descriptor, NULL, &o->txn,
	                                "the opinion"};
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeOpinion *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct opinion v = {.m = NULL};
	struct hf_id id;
	HF_TRY(az_paper_open_public(a, e, &want, &m, f));
	HF_TRY(check_right(o, m->header->issuer, f));
	if (!az_id_of(&m->dispute, &id) || !hf_id_equal(&id, &o->id) || !az_hash_is(&m->digest, &o->digest) ||
	    m->descriptor != o->dispute->descriptor)
		return hf_fault_set(f, HF_E_DIGEST, "the opinion of %s is about another dispute or wording",
		                    m->header->issuer);
	if (m->header->time_ms < o->dispute->header->time_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_CONFLICT, "the opinion of %s is older than the dispute", m->header->issuer);
	const struct statement_want by = {
	        "dispute-opinion", HF_MAY_DISPUTE_SETTLE, m->header->issuer, &o->id, 0, &o->digest, &o->txn};
	HF_TRY(az_person_check(a, m->statement, &by, &s, &v.person, f));
	if (!same_text(s->result, m->result) || !same_text(s->reason, m->reason))
		return hf_fault_set(f, HF_E_SIGNATURE, "the opinion of %s differs from what its person signed",
		                    m->header->issuer);
	HF_TRY(hf_envelope_digest_message(e, &v.digest));
	v.m = HF_TAKE(m);
	*ret_opinion = v;
	return HF_OK;
}

static const Hufu__DisputeOpinionRow *opinion_of(const Hufu__DisputeRow *row, const char *node)
{
	for (size_t i = 0; i < row->n_opinions; i++)
		if (strcmp(row->opinions[i]->node, node) == 0)
			return row->opinions[i];
	return NULL;
}

/* A row with one more opinion, decoded anew: what was added lives as long as it. */
static enum hf_err add_opinion(Hufu__DisputeRow **row, struct opinion *v, const Hufu__Envelope *paper,
                               struct hf_fault *f)
{
	Hufu__DisputeRow *r = *row;
	Hufu__DisputeOpinionRow fresh = HUFU__DISPUTE_OPINION_ROW__INIT, *list[OPINIONS_MAX];
	size_t len = 0, count = r->n_opinions;
	if (count >= OPINIONS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a dispute has at most %u opinions", OPINIONS_MAX);
	if (count)
		memcpy(list, r->opinions, count * sizeof(*list));
	fresh.node = v->m->header->issuer;
	fresh.account = v->person.account;
	fresh.result = v->m->result;
	fresh.reason = v->m->reason;
	fresh.time_ms = v->m->header->time_ms;
	fresh.digest = BIN_HASH(&v->digest);
	uint8_t *bytes = hf_encode(&paper->base, &len);
	fresh.envelope = BIN(bytes, len);
	list[count] = &fresh;
	Hufu__DisputeOpinionRow **before = r->opinions;
	r->opinions = list;
	r->n_opinions = count + 1;
	uint8_t *data = bytes ? hf_encode(&r->base, &len) : NULL;
	r->opinions = before;
	r->n_opinions = count;
	Hufu__DisputeRow *made = data ? HF_DECODE_OWN(dispute_row, data, len) : NULL;
	free(data);
	free(bytes);
	if (!made)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to keep the opinion");
	hf_decoded_free(*row);
	*row = made;
	return HF_OK;
}

/* ---- counting ---- */

static void count_under(const Hufu__DisputeRow *row, const Hufu__Descriptor *d, struct hf_em_count *ret_count)
{
	struct hf_em_ballot ballots[OPINIONS_MAX];
	const struct hf_em_barred barred = {{hf_em_organization(d, row->organization),
	                                     hf_em_organization(d, row->provider), hf_em_organization(d, row->intake),
	                                     NULL}};
	size_t count = row->n_opinions < OPINIONS_MAX ? row->n_opinions : OPINIONS_MAX;
	for (size_t i = 0; i < count; i++)
		ballots[i] = (struct hf_em_ballot){row->opinions[i]->node,
		                                   same_text(row->opinions[i]->result, "upheld") ? 'T' : 'F'};
	hf_em_count(d, &barred, ballots, count, ret_count);
}

void hf_dispute_count(struct hf_authz *a, const Hufu__DisputeRow *row, struct hf_em_count *ret_count)
{
	const Hufu__Descriptor *d = hf_space_at(hf_peers_space(a->peers), row->descriptor);
	*ret_count = (struct hf_em_count){.of = 0};
	if (d)
		count_under(row, d, ret_count);
}

/* Opinions reach the nodes in different orders; the one given first gives everybody the same words. */
static char *first_reason(const Hufu__DisputeRow *row, const char *result)
{
	const Hufu__DisputeOpinionRow *first = NULL;
	for (size_t i = 0; i < row->n_opinions; i++) {
		const Hufu__DisputeOpinionRow *v = row->opinions[i];
		if (!same_text(v->result, result))
			continue;
		if (!first || v->time_ms < first->time_ms ||
		    (v->time_ms == first->time_ms && strcmp(v->node, first->node) < 0))
			first = v;
	}
	return first ? first->reason : (char *)"the leading group did not come to one opinion";
}

static const struct conclusion {
	char result;
	enum hf_dispute_outcome outcome;
	const char *kind, *text;
} conclusions[] = {
        {'T', HF_DISPUTE_UPHELD, "dispute-upheld",
         "the leading group upheld the dispute; the consumer may file a linked application (`hufu dispute apply`)"},
        {'F', HF_DISPUTE_DISMISSED, "dispute-dismissed", "the leading group dismissed the dispute"},
        {'S', HF_DISPUTE_UNDECIDED, "dispute-undecided", "the leading group did not come to one opinion"},
};

/* The outcome is recorded; application, result and grants stay as they are. */
static void conclude(struct hf_authz *a, struct hf_unit *u, Hufu__DisputeRow *row)
{
	struct hf_em_count c;
	if (row->outcome != HF_DISPUTE_OPEN) { /* an opinion that came later may have been given before the others */
		row->outcome_reason = first_reason(row, hf_dispute_outcome_name(row->outcome));
		return;
	}
	hf_dispute_count(a, row, &c);
	for (size_t i = 0; i < sizeof(conclusions) / sizeof(conclusions[0]); i++) {
		const struct conclusion *o = &conclusions[i];
		if (hf_em_outcome(&c) != o->result)
			continue;
		row->outcome = o->outcome;
		row->outcome_reason = first_reason(row, hf_dispute_outcome_name(o->outcome));
		row->settled_ms = now_of(a);
		az_dispute_notice(a, u, row, o->kind, o->text);
		az_dispute_entry_add(a, u, HF_EVENT_DISPUTE_OUTCOME, row,
		                     &(struct dispute_words){.result = hf_dispute_outcome_name(o->outcome),
		                                             .detail = row->outcome_reason});
	}
}

/* ---- given here ---- */

struct settle {
	struct hf_authz *a;
	const struct hf_step_in *in;
	const char *result, *reason;
	Hufu__DisputeRow *row;
	Hufu__Envelope *dispute, *application;
	struct opened_dispute opened;
	Hufu__SignedStatement *statement;
	struct paper paper;
	struct opinion opinion;
};

static void settle_done(struct settle *s)
{
	hf_decoded_free(s->row);
	hf_decoded_free(s->dispute);
	hf_decoded_free(s->application);
	az_opened_dispute_done(&s->opened);
	hf_decoded_free(s->statement);
	az_paper_done(&s->paper);
	opinion_done(&s->opinion);
}

static enum hf_err check_words(const struct settle *s)
{
	struct hf_fault *f = s->in->fault;
	if (!same_text(s->result, "upheld") && !same_text(s->result, "dismissed"))
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'result' must be upheld or dismissed");
	if (!has_text(s->reason) || s->reason[strspn(s->reason, " \t\n")] == '\0')
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'reason' is missing; an opinion gives its reason");
	return HF_OK;
}

static enum hf_err load(struct settle *s, const struct hf_id *dispute)
{
	struct hf_fault *f = s->in->fault;
	const char *self = s->a->base->self.s;
	HF_TRY(az_dispute_need(s->a, dispute, &s->row, f));
	HF_TRY(az_dispute_papers(s->row, &s->dispute, &s->application, f));
	HF_TRY(az_dispute_open(s->a, s->dispute, s->application, &s->opened, f));
	HF_TRY(check_right(&s->opened, self, f));
	if (s->row->outcome != HF_DISPUTE_OPEN)
		return hf_fault_set(f, HF_E_STATE, "the dispute is settled already: %s",
		                    hf_dispute_outcome_name(s->row->outcome));
	if (opinion_of(s->row, self))
		return hf_fault_set(f, HF_E_EXISTS, "this node has given its opinion already; it stands");
	return HF_OK;
}

static enum hf_err sign(struct settle *s)
{
	struct hf_authz *a = s->a;
	struct hf_fault *f = s->in->fault;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	Hufu__DisputeOpinion m = HUFU__DISPUTE_OPINION__INIT;
	struct paper_head head;
	st.kind = (char *)"dispute-opinion";
	st.object = s->row->id;
	st.object_digest = BIN_HASH(&s->opened.digest);
	st.result = (char *)s->result;
	st.reason = (char *)s->reason;
	HF_TRY(az_person_sign(a, s->in->actor, &st, &s->opened.txn, &s->statement, f));
	az_paper_head_init(a, &head, &s->opened.txn, NULL, NULL, NULL);
	m.header = &head.header;
	m.dispute = s->row->id;
	m.digest = BIN_HASH(&s->opened.digest);
	m.descriptor = s->row->descriptor;
	m.result = (char *)s->result;
	m.reason = (char *)s->reason;
	m.statement = s->statement;
	HF_TRY(az_paper_sign(a, HF_TYPE_DISPUTE_OPINION, &s->opened.txn, &m.base, s->in->unit, &s->paper, f));
	return opinion_open(a, s->paper.envelope, &s->opened, &s->opinion, f);
}

enum hf_err hf_dispute_settle(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *dispute,
                              const char *result, const char *reason)
{
	HF_CLEANUP(settle_done) struct settle s = {.a = a, .in = in, .result = result, .reason = reason};
	Hufu__DisputeOpinionMail mail = HUFU__DISPUTE_OPINION_MAIL__INIT;
	HF_TRY(check_words(&s));
	HF_TRY(load(&s, dispute));
	HF_TRY(sign(&s));
	HF_TRY(add_opinion(&s.row, &s.opinion, s.paper.envelope, in->fault));
	mail.dispute = s.dispute;
	mail.application = s.application;
	mail.opinion = s.paper.envelope;
	const struct group_post post = {HF_MAIL_DISPUTE_OPINION, &mail.base, s.opened.txn};
	HF_TRY(az_dispute_tell(a, in->unit, s.row, &post, in->fault));
	conclude(a, in->unit, s.row);
	az_dispute_put(in->unit, s.row);
	az_dispute_entry(in->draft, s.row,
	                 &(struct dispute_words){.digest = &s.paper.digest, .result = result, .detail = reason});
	return HF_OK;
}

/* ---- arrived ---- */

enum hf_err az_dispute_on_opinion(struct hf_authz *a, const struct mail_in *in, const Hufu__DisputeOpinionMail *m)
{
	HF_CLEANUP(az_opened_dispute_done) struct opened_dispute o = {.dispute = NULL};
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	HF_CLEANUP(opinion_done) struct opinion v = {.m = NULL};
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	bool is_new = false;
	HF_TRY(az_dispute_open(a, m->dispute, m->application, &o, in->fault));
	HF_TRY(opinion_open(a, m->opinion, &o, &v, in->fault));
	if (!same_text(v.m->header->issuer, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "an opinion comes from the node that gives it");
	HF_TRY(az_dispute_arrive(a, in, &o, &row, &is_new));
	const Hufu__DisputeOpinionRow *before = opinion_of(row, in->from);
	if (before && !az_hash_is(&before->digest, &v.digest))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "%s has given another opinion before; an opinion stands",
		                    in->from);
	if (before)
		return HF_OK;
	HF_TRY(add_opinion(&row, &v, m->opinion, in->fault));
	HF_TRY(az_paper_keep(a, m->opinion, &o.txn, in->unit, &paper, in->fault));
	az_dispute_entry_add(a, in->unit, HF_EVENT_DISPUTE_OPINION, row,
	                     &(struct dispute_words){.digest = &paper.digest,
	                                             .result = v.m->result,
	                                             .detail = v.m->reason,
	                                             .counterparty = in->from});
	conclude(a, in->unit, row);
	az_dispute_put(in->unit, row);
	return HF_OK;
}
