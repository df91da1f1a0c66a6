/*
 * emergency_request.c - the authority in charge of an event raises a request for one organization, system and resource
 * (AZ-53, AZ-78), corrects it when it was returned, and everybody concerned gets it with its event.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

struct raise {
	struct hf_authz *a;
	const struct hf_step_in *in;
	struct hf_catalog_item it;
	Hufu__EmergencyEventRow *event;
	Hufu__EmergencyRequestRow *row; /* of a resubmission */
	Hufu__EmergencyRequest *before;
	Hufu__EmergencyRequest m;
	struct paper_head head;
	struct hf_id id, txn;
	struct hf_hash pin, previous;
	struct hf_system_view system;
	Hufu__SignedStatement *statement;
	struct paper paper;
	struct em_opened opened;
	Hufu__Envelope *event_paper;
};

static void raise_done(struct raise *r)
{
	hf_catalog_item_done(&r->it);
	hf_decoded_free(r->event);
	hf_decoded_free(r->row);
	hf_decoded_free(r->before);
	hf_decoded_free(r->statement);
	az_paper_done(&r->paper);
	em_opened_done(&r->opened);
	hf_decoded_free(r->event_paper);
}

static enum hf_err load_event(struct raise *r, const struct hf_id *id)
{
	struct hf_fault *f = r->in->fault;
	HF_TRY(em_event_need(r->a, id, &r->event, f));
	if (!is_self(r->a, r->event->authority))
		return hf_fault_set(
		        f, HF_E_STANDING,
		        "the event was declared by %s, and only the authority in charge of it raises requests",
		        r->event->authority);
	HF_TRY(em_event_lasts(r->a, r->event, f));
	r->event_paper = HF_DECODE_OWN(envelope, r->event->event_envelope.data, r->event->event_envelope.len);
	return r->event_paper ? HF_OK : hf_fault_set(f, HF_E_STORE, "the event on record cannot be read");
}

/* What may be asked for is what this node's catalog shows to the person: an emergency does not widen a scope. */
static enum hf_err load_entry(struct raise *r, const char *publisher, const struct hf_id *entry)
{
	struct hf_fault *f = r->in->fault;
	char text[HF_ID_TEXT];
	hf_id_text(entry, text);
	enum hf_err e = hf_catalog_get(r->a->catalog, has_text(publisher) ? publisher : NULL, entry, &r->it);
	if (e == HF_E_CONFLICT)
		return hf_fault_set(f, e,
		                    "several members have published a resource %s; name the one that is meant with "
		                    "--publisher, as `hufu catalog search` shows it",
		                    text);
	if (e != HF_OK || !hf_catalog_visible(r->a->catalog, &r->it, r->in->actor->principal))
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no catalog entry %s; `hufu catalog search` finds others",
		                    text);
	return az_terms_entry(r->it.entry, now_of(r->a), f);
}

/* An own system as it is registered; another organization's is known to that organization's node alone. */
static enum hf_err load_system(struct raise *r, const struct hf_em_request_in *what)
{
	if (is_self(r->a, r->m.organization)) {
		HF_TRY(az_application_system(r->a, what->department, what->system, &r->system, r->in->fault));
		r->m.department = r->system.department;
		r->m.system = r->system.name;
		r->m.system_address = r->system.address;
		return HF_OK;
	}
	r->m.department = (char *)(what->department ? what->department : "");
	r->m.system = (char *)(what->system ? what->system : "");
	r->m.system_address = (char *)(what->system_address ? what->system_address : "");
	return HF_OK;
}

static void fill_request(struct raise *r, const struct hf_em_request_in *what)
{
	const struct hf_space *space = hf_peers_space(r->a->peers);
	const Hufu__CatalogEntry *entry = r->it.entry;
	Hufu__EmergencyRequest *m = &r->m;
	hf_space_digest(space, &r->pin);
	m->id = BIN_ID(&r->id);
	m->event = r->event->id;
	m->event_digest = r->event->event_digest;
	m->resource = entry->id;
	m->resource_version = entry->version;
	m->title = entry->title;
	m->provider = entry->publisher;
	m->reason = (char *)what->reason;
	m->purpose = (char *)what->purpose;
	m->from_ms = what->from_ms;
	m->until_ms = what->until_ms;
	m->fields = (char **)what->fields;
	m->n_fields = what->field_count;
	m->action = (char *)"read";
	m->descriptor = hf_space_number(space);
	m->descriptor_digest = BIN_HASH(&r->pin);
	m->personal = entry->personal;
	m->sensitive = entry->sensitive;
}

static enum hf_err sign_request(struct raise *r)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_hash wording;
	em_request_wording(&r->m, &wording);
	s.kind = (char *)"emergency-request";
	s.object = BIN_ID(&r->id);
	s.revision = r->m.revision;
	s.object_digest = BIN_HASH(&wording);
	s.reason = r->m.reason;
	s.until_ms = r->m.until_ms;
	HF_TRY(az_person_sign(r->a, r->in->actor, &s, &r->txn, &r->statement, r->in->fault));
	em_head_init(r->a, &r->head, &r->txn);
	r->m.header = &r->head.header;
	r->m.request = r->statement;
	HF_TRY(az_paper_sign(r->a, HF_TYPE_EMERGENCY_REQUEST, &r->txn, &r->m.base, r->in->unit, &r->paper,
	                     r->in->fault));
	/* Through the same door as at those who get it. */
	return em_request_open(r->a, r->event_paper, r->paper.envelope, &r->opened, r->in->fault);
}

static enum hf_err check_request(struct raise *r)
{
	struct hf_fault *f = r->in->fault;
	const struct hf_catalog_item *it = &r->it;
	HF_CLEANUP(em_opened_done) struct em_opened o = {.event = NULL};
	HF_TRY(em_event_open(r->a, r->event_paper, &o, f));
	HF_TRY(em_request_terms(&r->m, o.event, now_of(r->a), f));
	HF_TRY(az_terms_fields(it->entry, r->m.fields, r->m.n_fields, f));
	return az_person_two_factors(r->in->actor->methods, it->entry->sensitive, f);
}

static enum hf_err file_and_tell(struct raise *r)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	Hufu__EmergencyRequestMail mail = HUFU__EMERGENCY_REQUEST_MAIL__INIT;
	struct hf_fault *f = r->in->fault;
	bool is_new = false;
	HF_TRY(em_row_take(r->a, &r->opened, &row, &is_new, f));
	HF_TRY(em_row_unchained(r->a, row, true, f));
	mail.event = r->event_paper;
	mail.request = r->paper.envelope;
	HF_TRY(em_tell(r->a, r->in->unit, row, &(struct em_post){HF_MAIL_EMERGENCY_REQUEST, &mail.base, NULL}, f));
	em_row_put(r->a, r->in->unit, row);
	em_entry_fill(r->in->draft, row, &(struct em_words){.digest = &r->paper.digest, .detail = row->reason});
	return HF_OK;
}

enum hf_err hf_emergency_raise(struct hf_authz *a, const struct hf_step_in *in, const struct hf_em_request_in *what,
                               struct hf_id *ret_request)
{
	HF_CLEANUP(raise_done) struct raise r = {.a = a, .in = in};
	hufu__emergency_request__init(&r.m);
	HF_TRY(load_event(&r, &what->event));
	HF_TRY(load_entry(&r, what->publisher, &what->entry));
	r.id = hf_id_new(now_of(a));
	r.txn = hf_id_new(now_of(a));
	r.m.revision = 1;
	r.m.organization = (char *)(has_text(what->organization) ? what->organization : a->base->self.s);
	HF_TRY(load_system(&r, what));
	fill_request(&r, what);
	HF_TRY(check_request(&r));
	HF_TRY(sign_request(&r));
	HF_TRY(file_and_tell(&r));
	*ret_request = r.id;
	return HF_OK;
}

/* What is not stated anew stays as it was. */
static void merge(struct raise *r, const struct hf_em_request_in *what, struct hf_em_request_in *w)
{
	const Hufu__EmergencyRequest *old = r->before;
	*w = *what;
	w->system = old->system;
	w->department = old->department;
	w->system_address = old->system_address;
	w->reason = has_text(w->reason) ? w->reason : old->reason;
	w->purpose = has_text(w->purpose) ? w->purpose : old->purpose;
	w->until_ms = w->until_ms ? w->until_ms : old->until_ms;
	if (!w->from_ms && old->from_ms > now_of(r->a))
		w->from_ms = old->from_ms;
	if (w->field_count == 0) {
		w->fields = (const char *const *)old->fields;
		w->field_count = old->n_fields;
	}
}

static enum hf_err load_before(struct raise *r, const struct hf_id *request)
{
	struct hf_fault *f = r->in->fault;
	enum hf_em_state next;
	struct hf_id event;
	HF_TRY(em_row_need(r->a, request, &r->row, f));
	if (!is_self(r->a, r->row->authority))
		return hf_fault_set(f, HF_E_STANDING, "the request was raised by %s, which corrects it",
		                    r->row->authority);
	if (em_row_state(r->row) != HF_EM_RETURNED || !hf_em_next(HF_EM_RETURNED, HF_EM_RESUBMIT, &next))
		return hf_fault_set(f, HF_E_STATE, "the request is %s and only a returned one is corrected; %s",
		                    hf_em_state_name(em_row_state(r->row)), hf_em_way_out(em_row_state(r->row)));
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(r->row);
	r->before = rev ? az_stored_payload(&rev->envelope, &hufu__emergency_request__descriptor) : NULL;
	if (!r->before || rev->digest.len != sizeof(r->previous.b) || !az_id_of(&r->row->event, &event))
		return hf_fault_set(f, HF_E_STORE, "the request on record cannot be read");
	memcpy(r->previous.b, rev->digest.data, sizeof(r->previous.b));
	return load_event(r, &event);
}

enum hf_err hf_emergency_resubmit(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                  const struct hf_em_request_in *what, uint32_t *ret_revision)
{
	HF_CLEANUP(raise_done) struct raise r = {.a = a, .in = in};
	struct hf_em_request_in w;
	struct hf_id resource;
	hufu__emergency_request__init(&r.m);
	HF_TRY(load_before(&r, request));
	if (!az_id_of(&r.row->resource, &resource))
		return hf_fault_set(in->fault, HF_E_STORE, "the request on record cannot be read");
	HF_TRY(load_entry(&r, r.row->provider, &resource));
	merge(&r, what, &w);
	r.id = em_row_id(r.row);
	r.txn = em_row_txn(r.row);
	r.m.revision = r.row->revision + 1;
	r.m.organization = r.row->organization;
	r.m.previous = BIN_HASH(&r.previous);
	HF_TRY(load_system(&r, &w));
	fill_request(&r, &w);
	HF_TRY(check_request(&r));
	HF_TRY(sign_request(&r));
	HF_TRY(file_and_tell(&r));
	*ret_revision = r.m.revision;
	return HF_OK;
}

/* ---- it arrives ---- */

/* The provider's own entry, as the consumer may know of it; to others it does not exist (SB-23). */
static enum hf_err check_own_entry(struct hf_authz *a, const struct em_opened *o, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	const Hufu__EmergencyRequest *m = o->request;
	if (!is_self(a, m->provider))
		return HF_OK;
	if (hf_catalog_get(a->catalog, a->base->self.s, &o->resource, &it) != HF_OK || !it.own ||
	    !hf_catalog_visible(a->catalog, &it, m->organization) ||
	    !hf_catalog_visible(a->catalog, &it, m->header->issuer))
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no such resource at this node");
	if (it.entry->sensitive > m->sensitive || it.entry->personal > m->personal)
		return hf_fault_set(
		        f, HF_E_TERMS_CHANGED,
		        "the request does not say that the data is sensitive or personal; raise it again from "
		        "the present catalog entry");
	return HF_OK;
}

static const char *notice_text(const struct hf_authz *a, const Hufu__EmergencyRequestRow *row)
{
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	if (is_self(a, row->provider))
		return row->personal ? "this node's data is asked for in an emergency; it is personal, so the privacy "
		                       "expert has "
		                       "to review it (`hufu emergency review`)"
		                     : "this node's data is asked for in an emergency; the leading group decides";
	if (d && hf_em_in_group(d, a->base->self.s))
		return "an emergency request waits for this node's vote (`hufu emergency decide`)";
	return "an emergency request was raised; the leading group decides";
}

static enum hf_err file_arrival(struct hf_authz *a, const struct mail_in *in, struct em_arrived *v, bool strict)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	if (strict) {
		HF_TRY(em_event_lasts(a, v->event, in->fault));
		HF_TRY(em_row_unchained(a, v->row, false, in->fault));
	}
	HF_TRY(az_paper_keep(a, v->o.request_paper, &v->o.txn, in->unit, &paper, in->fault));
	em_notice(a, in->unit, v->row, "emergency-requested", notice_text(a, v->row));
	em_entry_add(a, in->unit, HF_EVENT_EMERGENCY_REQUEST, v->row,
	             &(struct em_words){
	                     .digest = &paper.digest, .detail = v->row->reason, .counterparty = v->row->authority});
	return HF_OK;
}

void em_arrived_done(struct em_arrived *v)
{
	em_opened_done(&v->o);
	hf_decoded_free(v->event);
	hf_decoded_free(v->row);
}

enum hf_err em_request_arrive(struct hf_authz *a, const struct mail_in *in, const struct em_papers *papers,
                              struct em_arrived *v)
{
	HF_TRY(em_request_open(a, papers->event, papers->request, &v->o, in->fault));
	HF_TRY(check_own_entry(a, &v->o, in->fault));
	HF_TRY(em_event_take(a, in->unit, &v->o, &v->event, in->fault));
	HF_TRY(em_row_take(a, &v->o, &v->row, &v->is_new, in->fault));
	return v->is_new ? file_arrival(a, in, v, papers->strict) : HF_OK;
}

enum hf_err az_em_on_request(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyRequestMail *m)
{
	HF_CLEANUP(em_arrived_done) struct em_arrived v = {.row = NULL};
	const struct em_papers papers = {m->event, m->request, true};
	HF_TRY(em_request_arrive(a, in, &papers, &v));
	if (!same_text(v.row->authority, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "a request comes from the authority that raised it");
	if (v.is_new)
		em_row_put(a, in->unit, v.row);
	return HF_OK;
}
