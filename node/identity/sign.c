/* sign.c - what a person signs, with the certificate that this node gives for it, so that other nodes can check who
 * decided. */
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "identity/internal.h"

/* Which permission a kind of statement demands. A kind without a row is refused. */
static const struct {
	const char *kind;
	enum hf_permission permission;
} kinds[] = {
        {"request", HF_MAY_APPLY},
        {"need", HF_MAY_CONFIRM_NEED},
        {"compliance", HF_MAY_INTAKE},
        {"privacy", HF_MAY_PRIVACY_REVIEW},
        {"decision", HF_MAY_APPROVE},
        {"revocation", HF_MAY_APPROVE},
        {"access", HF_MAY_FETCH},
        {"offer", HF_MAY_PUBLISH},
        {"hold", HF_MAY_APPROVE},
        {"policy", HF_MAY_APPROVE},
        {"publish-mandate", HF_MAY_APPROVE},
        {"apply-mandate", HF_MAY_CONFIRM_NEED},
        {"emergency-declaration", HF_MAY_EMERGENCY_DECLARE},
        {"emergency-end", HF_MAY_EMERGENCY_DECLARE},
        {"emergency-request", HF_MAY_EMERGENCY_DECLARE},
        {"emergency-vote", HF_MAY_EMERGENCY_VOTE},
        {"emergency-withdrawal", HF_MAY_EMERGENCY_VOTE},
        {"emergency-execution", HF_MAY_EMERGENCY_EXECUTE},
        {"scenario", HF_MAY_SCENARIO},
        {"scenario-opening", HF_MAY_APPROVE},
        {"delegation", HF_MAY_APPROVE},
        {"promotion", HF_MAY_PUBLISH},
        {"promotion-decision", HF_MAY_APPROVE},
        {"supersession", HF_MAY_APPROVE},
        {"dispute", HF_MAY_DISPUTE},
        {"dispute-opinion", HF_MAY_DISPUTE_SETTLE},
        {"second-approval", HF_MAY_APPROVE_SECOND},
        {"use", HF_MAY_CONFIRM_NEED},
        {"time-recovery", HF_MAY_MANAGE_NODE},
        {"destruction", HF_MAY_CONFIRM_NEED},
        {"destruction-approval", HF_MAY_DESTROY_APPROVE},
        {"recall", HF_MAY_PUBLISH},
        {"recall-approval", HF_MAY_APPROVE},
};

static enum hf_err kind_permission(const char *kind, enum hf_permission *ret_permission, struct hf_fault *f)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		*ret_permission = kinds[i].permission;
		return HF_OK;
	}
	return hf_fault_set(f, HF_E_ARGUMENT, "nobody signs statements of the kind '%.40s' here", kind);
}

static void fill_header(struct hf_identity *id, const struct hf_id *message, const struct hf_id *txn, Hufu__Header *h)
{
	h->suite = HF_SUITE_INTL_1;
	h->space = id->space.s;
	h->issuer = (char *)id->base->self.s;
	h->message_id = (ProtobufCBinaryData){sizeof(message->b), (uint8_t *)message->b};
	h->time_ms = hf_now_ms(&id->base->clock);
	if (txn)
		h->transaction = (ProtobufCBinaryData){sizeof(txn->b), (uint8_t *)txn->b};
}

static size_t list_permissions(uint64_t permissions, char **out)
{
	size_t n = 0;
	for (int p = 0; p < HF_PERMISSION_COUNT; p++)
		if (permissions & HF_BIT(p))
			out[n++] = (char *)hf_permission_name((enum hf_permission)p);
	return n;
}

static size_t list_methods(uint32_t methods, char **out)
{
	size_t n = 0;
	if (methods & HF_AUTH_PASSWORD)
		out[n++] = (char *)"password";
	if (methods & HF_AUTH_TOTP)
		out[n++] = (char *)"totp";
	if (methods & HF_AUTH_DEVICE_KEY)
		out[n++] = (char *)"device-key";
	return n;
}

/* The reference that others see; it opens only to who is shown the salt. */
static void real_name_ref(const struct hf_identity *id, const Hufu__AccountRow *row, struct hf_hash *ret_hash)
{
	uint8_t salt[16];
	hf_account_real_name_salt(id, row->real_name, salt);
	hf_sha256_2(salt, sizeof(salt), row->real_name, strlen(row->real_name), ret_hash);
}

enum hf_err hf_account_name_ref(struct hf_identity *id, const char *account, uint8_t ret_ref[32])
{
	Hufu__AccountRow *row = NULL;
	struct hf_hash ref;
	HF_TRY(hf_account_get(id, account, &row));
	real_name_ref(id, row, &ref);
	memcpy(ret_ref, ref.b, sizeof(ref.b));
	hf_decoded_free(row);
	return HF_OK;
}

static enum hf_err make_certificate(struct hf_identity *id, struct hf_session *s, const Hufu__AccountRow *row)
{
	Hufu__PersonCertificate c = HUFU__PERSON_CERTIFICATE__INIT;
	Hufu__Header h = HUFU__HEADER__INIT;
	char *permissions[HF_PERMISSION_COUNT], *methods[3];
	struct hf_id message = hf_id_new(hf_now_ms(&id->base->clock));
	struct hf_hash ref;
	struct hf_sign_pub pub;
	fill_header(id, &message, NULL, &h);
	real_name_ref(id, row, &ref);
	hf_sign_key_pub(s->key, &pub);
	c.header = &h;
	c.account = row->name;
	c.display_name = row->display_name;
	c.real_name_ref = (ProtobufCBinaryData){sizeof(ref.b), ref.b};
	c.public_key = (ProtobufCBinaryData){sizeof(pub.b), pub.b};
	c.permissions = permissions;
	c.n_permissions = list_permissions(hf_account_row_permissions(id, row), permissions);
	c.methods = methods;
	c.n_methods = list_methods(s->methods, methods);
	c.department = row->department;
	c.not_before_ms = h.time_ms;
	c.not_after_ms = s->expires_ms;
	hf_buf_clear(&s->certificate);
	HF_TRY(hf_envelope_make_message(id->keys->envelope, id->base->self.s, HF_TYPE_PERSON_CERT, &c.base,
	                                &s->certificate));
	s->certificate_generation = row->generation;
	s->certificate_methods = s->methods;
	return HF_OK;
}

/* Rights may have changed since the last one, also by a group: a certificate older than a minute is made anew. */
static enum hf_err want_certificate(struct hf_identity *id, struct hf_session *s, const Hufu__AccountRow *row)
{
	int64_t now = hf_now_ms(&id->base->clock);
	bool fresh = s->certificate.len > 0 && s->certificate_generation == row->generation &&
	             s->certificate_methods == s->methods && now < s->certificate_until_ms;
	if (fresh)
		return HF_OK;
	HF_TRY(make_certificate(id, s, row));
	s->certificate_until_ms = now + 60000;
	return HF_OK;
}

static enum hf_err join(const struct hf_buf *statement, const struct hf_buf *certificate, struct hf_buf *out)
{
	Hufu__SignedStatement st = HUFU__SIGNED_STATEMENT__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *a = HF_DECODE(envelope, statement->data, statement->len);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *b = HF_DECODE(envelope, certificate->data, certificate->len);
	size_t len = 0;
	if (!a || !b)
		return HF_E_INTERNAL;
	st.statement = a;
	st.certificate = b;
	uint8_t *bytes = hf_encode(&st.base, &len);
	hf_buf_clear(out);
	bool ok = bytes && hf_buf_add(out, bytes, len);
	free(bytes);
	return ok ? HF_OK : HF_E_LIMIT;
}

static enum hf_err sign_with(struct hf_identity *id, struct hf_session *s, Hufu__Statement *statement,
                             const struct hf_id *txn, struct hf_buf *out)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf signed_bytes = HF_BUF_INIT;
	Hufu__Header h = HUFU__HEADER__INIT;
	char keyid[2 * HF_NAME_MAX + 2];
	struct hf_id message = hf_id_new(hf_now_ms(&id->base->clock));
	fill_header(id, &message, txn, &h);
	snprintf(keyid, sizeof(keyid), "%s/%s", id->base->self.s, s->account);
	statement->header = &h;
	statement->account = s->account;
	enum hf_err e = hf_envelope_make_message(s->key, keyid, HF_TYPE_STATEMENT, &statement->base, &signed_bytes);
	statement->header = NULL;
	statement->account = (char *)"";
	return e == HF_OK ? join(&signed_bytes, &s->certificate, out) : e;
}

enum hf_err hf_identity_sign(struct hf_identity *id, const struct hf_actor *a, Hufu__Statement *statement,
                             const struct hf_id *txn, struct hf_buf *out, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	enum hf_permission permission = HF_PERMISSION_COUNT;
	struct hf_session *s = hf_account_session_of(id, a);
	if (!s)
		return hf_fault_set(f, HF_E_NOT_LOGGED_IN, "the session has ended; log in again with `hufu login`");
	HF_TRY(kind_permission(statement->kind, &permission, f));
	HF_TRY(hf_account_row_want(id, s->account, &row, f));
	if (!(hf_account_row_permissions(id, row) & HF_BIT(permission)))
		return hf_fault_set(f, HF_E_PERMISSION, "'%s' may not sign this: the permission '%s' is missing",
		                    s->account, hf_permission_name(permission));
	if (!s->key)
		return hf_fault_set(f, HF_E_STATE,
		                    "'%s' has no signing key yet; set an own password with `hufu user password`",
		                    s->account);
	HF_TRY(want_certificate(id, s, row));
	enum hf_err e = sign_with(id, s, statement, txn, out);
	return e == HF_OK ? HF_OK : hf_fault_default(f, e);
}
