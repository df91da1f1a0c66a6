/*
 * access.c - what the gate asks the decision point, at the start and again while a transfer runs: who asks is taken
 * from the signed request, the person's certificate and the channel, never from elsewhere (AZ-48).
 */
#include <string.h>

#include "authz/second_use.h"
#include "authz/use_state.h"
#include "catalog/classes.h"
#include "exchange/chosen.h"
#include "exchange/export_check.h"
#include "exchange/masked.h"
#include "exchange/recall.h"
#include "exchange/transfer.h"
#include "proto/codec.h"

static uint32_t methods_of(const Hufu__PersonCertificate *c)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < c->n_methods; i++) {
		if (strcmp(c->methods[i], "password") == 0)
			bits |= HF_AUTH_PASSWORD;
		if (strcmp(c->methods[i], "totp") == 0)
			bits |= HF_AUTH_TOTP;
		if (strcmp(c->methods[i], "device-key") == 0)
			bits |= HF_AUTH_DEVICE_KEY;
	}
	return bits;
}

enum hf_err second_of(const struct hf_exchange *x, const Hufu__TransferRequest *in, char *ret_text, struct hf_fault *f)
{
	char text[HF_USE_SECOND_TEXT];
	struct hf_fault unsaid = {HF_OK, ""};
	struct hf_id resource = {{0}};
	if (!in->second || !in->subject || !hf_id_from_bytes(in->resource.data, in->resource.len, &resource))
		return HF_E_SECOND_USE;
	const struct hf_use_object o = {&resource, x->base->self.s, in->system, in->purpose};
	return hf_authz_use_check(x->authz, in->second, in->subject, in->header->issuer, &o, ret_text ? ret_text : text,
	                          f ? f : &unsaid);
}

struct hf_access_request access_of(const struct hf_exchange *x, const Hufu__TransferRequest *in,
                                   const Hufu__PersonCertificate *cert, const char *address)
{
	struct hf_access_request rq = {
	        .organization = in->header->issuer,
	        .department = cert->department,
	        .system = in->system,
	        .system_address = in->address,
	        .action = in->action,
	        .purpose = in->purpose,
	        .fields = (const char *const *)in->fields,
	        .field_count = in->n_fields,
	        .methods = methods_of(cert),
	        .now_ms = hf_now_ms(&x->base->clock),
	        .mechanism = in->mechanism,
	        .account = cert->account,
	        .roles = (const char *const *)cert->permissions,
	        .role_count = cert->n_permissions,
	        .business = in->business,
	        .peer_address = address,
	};
	if (in->resource.len == 16)
		memcpy(rq.resource.b, in->resource.data, 16);
	if (in->agreement.len == 16)
		memcpy(rq.agreement.b, in->agreement.data, 16);
	rq.second = second_of(x, in, NULL, NULL) == HF_OK;
	return rq;
}

/* The request on record. */
struct recorded {
	Hufu__TransferRequest *in;
	Hufu__PersonCertificate *cert;
	struct hf_access_request rq; /* borrows from both, and from the transfer */
};

static void recorded_done(struct recorded *r)
{
	hf_decoded_free(r->in);
	hf_decoded_free(r->cert);
}

static bool recorded_of(const struct transfer *t, struct recorded *r)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->request.data, t->request.len);
	r->in = e ? HF_DECODE(transfer_request, e->payload.data, e->payload.len) : NULL;
	const Hufu__Envelope *c = r->in && r->in->subject ? r->in->subject->certificate : NULL;
	r->cert = c ? HF_DECODE(person_certificate, c->payload.data, c->payload.len) : NULL;
	if (!r->cert)
		return false;
	r->rq = access_of(t->x, r->in, r->cert, t->address);
	r->rq.going_on = t->id;
	r->rq.going_grant = t->grant;
	/* What is being sent, also when the consumer named none and took what the terms of that time gave. */
	r->rq.fields = (const char *const *)t->fields;
	r->rq.field_count = t->field_count;
	return true;
}

void access_delivered(struct transfer *t, struct hf_unit *u)
{
	HF_CLEANUP(recorded_done) struct recorded r = {.in = NULL};
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->manifest.data, t->manifest.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Manifest *m = e ? HF_DECODE(manifest, e->payload.data, e->payload.len) : NULL;
	if (m && m->label && recorded_of(t, &r))
		hf_use_delivered(t->x->authz, u, &t->id, &r.rq, m->label->until_ms);
	else
		hf_alarm(t->x->base, "delivery-unwatched", &t->id,
		         "the papers of a delivery that is kept sealed cannot be read, so its consumer is not told "
		         "when its "
		         "use has to stop; revoke the grant, or withdraw the entry, to end it");
}

/* Asked anew. */
static enum hf_err decide_again(struct transfer *t, struct hf_fault *f)
{
	HF_CLEANUP(recorded_done) struct recorded r = {.in = NULL};
	struct hf_decision d;
	if (!recorded_of(t, &r))
		return hf_fault_set(f, HF_E_STORE,
		                    "the request on record cannot be read, so nothing more is delivered");
	hf_authz_decide(t->x->authz, &r.rq, &d);
	enum hf_err e2 = d.result == HF_OK ? HF_OK : hf_fault_set(f, d.result, "%s", d.text);
	if (e2 == HF_OK && !d.terms)
		e2 = hf_fault_set(f, HF_E_INTERNAL,
		                  "the decision point permitted without naming its terms; nothing is delivered");
	if (e2 == HF_OK)
		e2 = masked_still(t, &d, f);
	if (e2 == HF_OK)
		e2 = chosen_still(t, &d, r.in, f);
	if (e2 == HF_OK) {
		t->demands = d.demands;
		t->basis_changes = d.basis_changes;
		t->asked_ms = r.rq.now_ms;
		t->until_ms = d.until_ms;
	}
	hf_decision_done(&d);
	return e2;
}

static bool stands(const struct transfer *t, int64_t now)
{
	return t->basis_changes == hf_authz_basis_changes(t->x->authz) && now < t->until_ms && now >= t->asked_ms &&
	       now - t->asked_ms < ASK_AGAIN_MS;
}

/* What people, and the controls, say of its fields now allows what the entry offers. Field and kind are for this node's
 * people alone. */
static enum hf_err classes_stand(struct transfer *t, const struct hf_source_view *v, struct hf_fault *f)
{
	const struct hf_going_out out = {(const char *const *)t->fields, t->field_count, t->mask_plan[0] != '\0'};
	const struct hf_catalog_item *it = hf_catalog_own_item(t->x->catalog, &t->resource);
	struct hf_fault why = {HF_OK, ""};
	char entry[HF_ID_TEXT];
	if (!it)
		return hf_fault_set(f, HF_E_NO_GRANT, "no authorization covers this request");
	HF_TRY(export_recipient(t->x, t->peer, it->entry, f));
	enum hf_err e = hf_catalog_classes_stand(t->x->catalog, it, v, &out, &why);
	if (e != HF_E_UNCLASSIFIED) {
		*f = e == HF_OK ? *f : why;
		return e;
	}
	masked_error(t, NULL); /* people said so */
	hf_id_text(&t->resource, entry);
	hf_alarm(t->x->base, "sensitive-data", &t->id,
	         "source %s is not delivered to %s by the entry %s as it is; publish it anew: %s", t->source, t->peer,
	         entry, why.text);
	return hf_fault_set(f, e,
	                    "what its fields hold by now is not what the entry was published with; ask for the data "
	                    "again when its publisher has looked, or publishes it anew");
}

enum hf_err source_stands(struct transfer *t, struct hf_fault *f)
{
	struct hf_source_view v;
	HF_TRY(recall_stands(t, f));
	enum hf_err e = hf_source_get(t->x->sources, t->source, &v);
	if (e == HF_OK && v.enabled) {
		e = classes_stand(t, &v, f);
		hf_source_view_done(&v);
		return e;
	}
	if (e == HF_OK)
		hf_source_view_done(&v);
	masked_error(t, "source");
	return hf_fault_set(f, HF_E_STATE,
	                    "the source '%s' is disabled or not there any more; fetch the data anew when its "
	                    "publisher has enabled it again",
	                    t->source);
}

enum hf_err gate_still_permits(struct transfer *t, struct hf_fault *f)
{
	int64_t now = hf_now_ms(&t->x->base->clock);
	if (!hf_id_is_zero(&t->grant)) /* says best what became of the grant itself */
		HF_TRY(hf_authz_check_generation(t->x->authz, &t->grant, t->generation, now, f));
	if (!stands(t, now))
		HF_TRY(decide_again(t, f));
	if (!transfer_firm(t))
		return hf_fault_set(f, HF_E_BUSY,
		                    "the record of the decision is not as firm yet as the terms demand; ask again");
	HF_TRY(masked_seed_stands(t, f));
	return source_stands(t, f);
}
