/*
 * emergency_event.c - an event is declared by the authority in charge, told to the leading group, data management and
 * the providers concerned, and declared over (AZ-52). Its end ends every grant that rests on it.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

struct declare {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__EmergencyEvent m;
	struct paper_head head;
	struct hf_id id, txn;
	Hufu__SignedStatement *statement;
	struct paper paper;
	struct em_opened opened;
	Hufu__EmergencyEventRow *row;
};

static void declare_done(struct declare *d)
{
	hf_decoded_free(d->statement);
	az_paper_done(&d->paper);
	em_opened_done(&d->opened);
	hf_decoded_free(d->row);
}

static enum hf_err sign_event(struct declare *d)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_hash wording;
	em_event_wording(&d->m, &wording);
	s.kind = (char *)"emergency-declaration";
	s.object = BIN_ID(&d->id);
	s.object_digest = BIN_HASH(&wording);
	s.reason = d->m.title;
	HF_TRY(az_person_sign(d->a, d->in->actor, &s, &d->txn, &d->statement, d->in->fault));
	em_head_init(d->a, &d->head, &d->txn);
	d->m.header = &d->head.header;
	d->m.declaration = d->statement;
	HF_TRY(az_paper_sign(d->a, HF_TYPE_EMERGENCY_EVENT, &d->txn, &d->m.base, d->in->unit, &d->paper, d->in->fault));
	return em_event_open(d->a, d->paper.envelope, &d->opened, d->in->fault);
}

static void fill_event(struct declare *d, const struct hf_em_event_in *what)
{
	int64_t now = now_of(d->a);
	d->id = hf_id_new(now);
	d->txn = hf_id_new(now);
	hufu__emergency_event__init(&d->m);
	d->m.id = BIN_ID(&d->id);
	d->m.kind = (char *)what->kind;
	d->m.title = (char *)what->title;
	d->m.description = (char *)(what->description ? what->description : "");
	d->m.region = (char *)(what->region ? what->region : "");
	d->m.from_ms = what->from_ms ? what->from_ms : now;
	d->m.until_ms = what->until_ms;
	d->m.providers = (char **)what->providers;
	d->m.n_providers = what->provider_count;
}

static enum hf_err tell_event(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyEventRow *row,
                              Hufu__Envelope *paper, struct hf_fault *f)
{
	struct hf_id txn;
	Hufu__EmergencyEventMail mail = HUFU__EMERGENCY_EVENT_MAIL__INIT;
	if (!az_id_of(&row->txn, &txn))
		return HF_E_INTERNAL;
	mail.event = paper;
	const struct em_told told = {row->providers, row->n_providers, &txn};
	return em_tell_group(a, u, &told, &(struct em_post){HF_MAIL_EMERGENCY_EVENT, &mail.base, NULL}, f);
}

enum hf_err hf_emergency_declare(struct hf_authz *a, const struct hf_step_in *in, const struct hf_em_event_in *what,
                                 struct hf_id *ret_event)
{
	HF_CLEANUP(declare_done) struct declare d = {.a = a, .in = in};
	const Hufu__Descriptor *now = hf_space_current(hf_peers_space(a->peers));
	if (!now || now->n_leading_group == 0)
		return hf_fault_set(
		        in->fault, HF_E_STATE,
		        "the space has no leading group that could decide on emergencies; the space authority "
		        "names one with `hufu space issue --leading-member`");
	if (what->until_ms <= now_of(a))
		return hf_fault_set(in->fault, HF_E_ARGUMENT,
		                    "field 'until' is missing or over; state when the event ends "
		                    "at the latest");
	fill_event(&d, what);
	HF_TRY(em_event_terms(a, &d.m, a->base->self.s, in->fault));
	HF_TRY(sign_event(&d));
	HF_TRY(em_event_take(a, in->unit, &d.opened, &d.row, in->fault));
	HF_TRY(tell_event(a, in->unit, d.row, d.paper.envelope, in->fault));
	em_entry_event(in->draft, d.row, &d.paper.digest);
	*ret_event = d.id;
	return HF_OK;
}

static void describe_event(struct hf_authz *a, struct hf_unit *u, enum hf_event event,
                           const Hufu__EmergencyEventRow *row, const struct hf_hash *digest)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, row->authority);
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	em_entry_event(d, row, digest);
	hf_unit_draft(u, d);
}

enum hf_err az_em_on_event(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyEventMail *m)
{
	HF_CLEANUP(em_opened_done) struct em_opened o = {.event = NULL};
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventRow *row = NULL;
	HF_TRY(em_event_open(a, m->event, &o, in->fault));
	if (!same_text(o.event->header->issuer, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "an event comes from the authority that declared it");
	bool known = em_event_get(a, &o.event_id, &row) == HF_OK;
	hf_decoded_free(HF_TAKE(row));
	HF_TRY(em_event_take(a, in->unit, &o, &row, in->fault));
	if (!known)
		describe_event(a, in->unit, HF_EVENT_EMERGENCY_DECLARE, row, &o.event_digest);
	return HF_OK;
}

/* ---- it is over ---- */

struct over {
	struct hf_authz *a;
	struct hf_unit *unit;
	struct hf_fault *f;
	const Hufu__EmergencyEventRow *row;
	struct hf_id ids[EM_OPEN_REQUESTS_MAX];
	size_t count;
};

/* The provider's active grants of the event; more than fit are ended by the sweep. */
static bool collect(void *ctx, Hufu__EmergencyRequestRow *row)
{
	struct over *v = ctx;
	if (row->event.len == v->row->id.len && memcmp(row->event.data, v->row->id.data, row->event.len) == 0 &&
	    em_row_state(row) == HF_EM_ACTIVE && is_self(v->a, row->provider) && v->count < EM_OPEN_REQUESTS_MAX)
		v->ids[v->count++] = em_row_id(row);
	return true;
}

static enum hf_err end_grants(struct over *v)
{
	HF_TRY(em_rows(v->a, collect, v));
	for (size_t i = 0; i < v->count; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
		HF_TRY(em_row_need(v->a, &v->ids[i], &row, v->f));
		HF_TRY(em_grant_end(v->a, v->unit, row, "event-ended", v->row->end_reason, v->f));
		em_row_put(v->a, v->unit, row);
	}
	return HF_OK;
}

static enum hf_err record_over(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyEventRow *row,
                               const struct paper *paper, struct hf_fault *f)
{
	struct over *v = hf_alloc_zero(sizeof(*v));
	row->end_envelope = BIN(paper->bytes, paper->len);
	em_event_put(u, row);
	v->a = a;
	v->unit = u;
	v->f = f;
	v->row = row;
	enum hf_err e = end_grants(v);
	free(v);
	return e;
}

static enum hf_err sign_over(struct hf_authz *a, const struct hf_step_in *in, const Hufu__EmergencyEventRow *row,
                             Hufu__EmergencyEventEnd *m, struct paper *ret_paper)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *signed_by = NULL;
	struct paper_head head;
	struct hf_id txn;
	if (!az_id_of(&row->txn, &txn))
		return hf_fault_set(in->fault, HF_E_STORE, "the event on record cannot be read");
	s.kind = (char *)"emergency-end";
	s.object = row->id;
	s.object_digest = row->event_digest;
	s.result = (char *)"revoke";
	s.reason = m->reason;
	HF_TRY(az_person_sign(a, in->actor, &s, &txn, &signed_by, in->fault));
	em_head_init(a, &head, &txn);
	m->header = &head.header;
	m->event = row->id;
	m->event_digest = row->event_digest;
	m->statement = signed_by;
	enum hf_err e = az_paper_sign(a, HF_TYPE_EMERGENCY_EVENT_END, &txn, &m->base, in->unit, ret_paper, in->fault);
	m->header = NULL;
	m->statement = NULL;
	return e;
}

/* Consumers and providers of requests hear of it too, whether the event named them or not. */
struct concerned {
	const Hufu__EmergencyEventRow *event;
	char *nodes[2 * EM_OPEN_REQUESTS_MAX];
	size_t count;
};

static bool add_concerned(void *ctx, Hufu__EmergencyRequestRow *row)
{
	struct concerned *c = ctx;
	if (c->count + 2 > 2 * EM_OPEN_REQUESTS_MAX || row->event.len != c->event->id.len ||
	    memcmp(row->event.data, c->event->id.data, row->event.len) != 0)
		return true;
	c->nodes[c->count++] = strdup(row->provider);
	c->nodes[c->count++] = strdup(row->organization);
	return true;
}

static enum hf_err tell_over(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyEventRow *row,
                             Hufu__Envelope *paper, struct hf_fault *f)
{
	Hufu__EmergencyEventEndMail mail = HUFU__EMERGENCY_EVENT_END_MAIL__INIT;
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *event = HF_DECODE_OWN(envelope, row->event_envelope.data, row->event_envelope.len);
	struct concerned *c = hf_alloc_zero(sizeof(*c));
	struct hf_id txn = {{0}};
	c->event = row;
	enum hf_err e = event && az_id_of(&row->txn, &txn) ? em_rows(a, add_concerned, c) : HF_E_STORE;
	for (size_t i = 0; i < row->n_providers && c->count < 2 * EM_OPEN_REQUESTS_MAX; i++)
		c->nodes[c->count++] = strdup(row->providers[i]);
	mail.event = event;
	mail.end = paper;
	const struct em_told told = {c->nodes, c->count, &txn};
	if (e == HF_OK)
		e = em_tell_group(a, u, &told, &(struct em_post){HF_MAIL_EMERGENCY_EVENT_END, &mail.base, NULL}, f);
	for (size_t i = 0; i < c->count; i++)
		free(c->nodes[i]);
	free(c);
	return hf_fault_default(f, e);
}

enum hf_err hf_emergency_over(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *event,
                              const char *reason)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__EmergencyEventEnd m = HUFU__EMERGENCY_EVENT_END__INIT;
	if (!reason || reason[strspn(reason, " \t\n")] == '\0')
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'reason' is missing; state why the event is over");
	HF_TRY(em_event_need(a, event, &row, in->fault));
	if (!is_self(a, row->authority))
		return hf_fault_set(in->fault, HF_E_STANDING, "the event was declared by %s, which declares it over",
		                    row->authority);
	HF_TRY(em_event_lasts(a, row, in->fault));
	m.reason = (char *)reason;
	HF_TRY(sign_over(a, in, row, &m, &paper));
	HF_TRY(tell_over(a, in->unit, row, paper.envelope, in->fault));
	row->ended_ms = now_of(a);
	row->end_reason = (char *)reason;
	HF_TRY(record_over(a, in->unit, row, &paper, in->fault));
	em_entry_event(in->draft, row, &paper.digest);
	hf_draft_text(in->draft, HF_FIELD_DETAIL, reason);
	return HF_OK;
}

static enum hf_err open_over(struct hf_authz *a, const struct mail_in *in, const struct em_opened *o,
                             const Hufu__Envelope *e, Hufu__EmergencyEventEnd **ret_end)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventEnd *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct hf_id id;
	struct person by;
	const struct paper_want want = {HF_TYPE_EMERGENCY_EVENT_END, &hufu__emergency_event_end__descriptor,
	                                o->event->header->issuer, &o->event_txn, "the end of the event"};
	HF_TRY(az_paper_open_public(a, e, &want, &m, in->fault));
	if (!az_id_of(&m->event, &id) || !hf_id_equal(&id, &o->event_id) ||
	    !az_hash_is(&m->event_digest, &o->event_digest))
		return hf_fault_set(in->fault, HF_E_DIGEST,
		                    "the end names another event than the one that came with it");
	const struct statement_want by_want = {
	        "emergency-end", HF_MAY_EMERGENCY_DECLARE, o->event->header->issuer, &o->event_id, 0, &o->event_digest,
	        &o->event_txn};
	HF_TRY(az_person_check(a, m->statement, &by_want, &s, &by, in->fault));
	if (!same_text(s->reason, m->reason))
		return hf_fault_set(in->fault, HF_E_SIGNATURE, "the end gives another reason than its signer");
	*ret_end = HF_TAKE(m);
	return HF_OK;
}

enum hf_err az_em_on_event_end(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyEventEndMail *m)
{
	HF_CLEANUP(em_opened_done) struct em_opened o = {.event = NULL};
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventEnd *end = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	HF_TRY(em_event_open(a, m->event, &o, in->fault));
	HF_TRY(open_over(a, in, &o, m->end, &end));
	HF_TRY(em_event_take(a, in->unit, &o, &row, in->fault));
	if (row->ended_ms)
		return HF_OK;
	HF_TRY(az_paper_keep(a, m->end, &o.event_txn, in->unit, &paper, in->fault));
	describe_event(a, in->unit, HF_EVENT_EMERGENCY_END, row, &paper.digest);
	row->ended_ms = end->header->time_ms;
	row->end_reason = end->reason;
	return record_over(a, in->unit, row, &paper, in->fault);
}

/* ---- reading ---- */

struct events_scan {
	hf_em_event_fn fn;
	void *ctx;
	int64_t now_ms;
	enum hf_err error;
};

static bool on_event_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct events_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done)
	Hufu__EmergencyEventRow *row = HF_DECODE_OWN(emergency_event_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row, row->ended_ms != 0 || s->now_ms >= row->until_ms);
}

enum hf_err hf_emergency_events(struct hf_authz *a, hf_em_event_fn fn, void *ctx)
{
	struct events_scan s = {fn, ctx, now_of(a), HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_EMERGENCY_EVENT, NULL, 0, NULL, 0, on_event_row, &s));
	return s.error;
}
