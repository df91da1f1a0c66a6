/*
 * access.c - what the gate asks the decision point, at the start and again while a transfer runs: who asks is taken
 * from the signed request, the person's certificate and the channel, never from elsewhere (AZ-48).
 */
#include <string.h>

#include "authz/second_use.h"
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

/* The request on record, asked anew. */
static enum hf_err decide_again(struct transfer *t, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->request.data, t->request.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferRequest *in = e ? HF_DECODE(transfer_request, e->payload.data, e->payload.len) : NULL;
	const Hufu__Envelope *c = in && in->subject ? in->subject->certificate : NULL;
	HF_CLEANUP(hf_decoded_done)
	Hufu__PersonCertificate *cert = c ? HF_DECODE(person_certificate, c->payload.data, c->payload.len) : NULL;
	struct hf_decision d;
	if (!cert)
		return hf_fault_set(f, HF_E_STORE,
		                    "the request on record cannot be read, so nothing more is delivered");
	struct hf_access_request rq = access_of(t->x, in, cert, t->address);
	rq.going_on = t->id;
	rq.going_grant = t->grant;
	/* What is being sent, also when the consumer named none and took what the terms of that time gave. */
	rq.fields = (const char *const *)t->fields;
	rq.field_count = t->field_count;
	hf_authz_decide(t->x->authz, &rq, &d);
	enum hf_err e2 = d.result == HF_OK ? HF_OK : hf_fault_set(f, d.result, "%s", d.text);
	if (e2 == HF_OK && !d.terms)
		e2 = hf_fault_set(f, HF_E_INTERNAL,
		                  "the decision point permitted without naming its terms; nothing is delivered");
	if (e2 == HF_OK) {
		t->demands = d.demands;
		t->basis_changes = d.basis_changes;
		t->asked_ms = rq.now_ms;
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

/* It was enabled when it was opened. */
static enum hf_err source_stands(const struct transfer *t, struct hf_fault *f)
{
	struct hf_source_view v;
	bool enabled = false;
	if (hf_source_get(t->x->sources, t->source, &v) == HF_OK) {
		enabled = v.enabled;
		hf_source_view_done(&v);
	}
	if (!enabled)
		return hf_fault_set(f, HF_E_STATE,
		                    "the source '%s' is disabled or not there any more; fetch the data anew when its "
		                    "publisher has enabled it again",
		                    t->source);
	return HF_OK;
}

enum hf_err gate_still_permits(struct transfer *t, struct hf_fault *f)
{
	int64_t now = hf_now_ms(&t->x->base->clock);
	if (!hf_id_is_zero(&t->grant)) /* says best what became of the grant itself */
		HF_TRY(hf_authz_check_generation(t->x->authz, &t->grant, t->generation, now, f));
	if (!stands(t, now)) {
		HF_TRY(decide_again(t, f));
		if (!transfer_firm(t))
			return hf_fault_set(
			        f, HF_E_BUSY,
			        "the record of the decision is not as firm yet as the terms demand now; ask again");
	}
	return source_stands(t, f);
}
