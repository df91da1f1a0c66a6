/* space_open.c - opening what members and the persons they certified have signed. */
#include "evidence/space_internal.h"

#include <stdio.h>
#include <string.h>

#include "crypto/domains.h"
#include "proto/envelope.h"

static void header_done(Hufu__Header **h)
{
	hf_decoded_free(*h);
}
static void statement_done(Hufu__Statement **s)
{
	hf_decoded_free(*s);
}
static void certificate_done(Hufu__PersonCertificate **c)
{
	hf_decoded_free(*c);
}

static enum hf_err check_header(const struct hf_space *s, const Hufu__Header *h, const char *issuer, const char *what,
                                struct hf_fault *f)
{
	if (!hf_suite_usable(h->suite))
		return hf_fault_set(f, HF_E_SUITE, "%s uses suite %u, which this program does not offer", what,
		                    h->suite);
	if (strcmp(h->space, hf_space_id(s)) != 0)
		return hf_fault_set(f, HF_E_WRONG_SPACE, "%s belongs to the space \"%s\", not to %s", what, h->space,
		                    hf_space_id(s));
	if (strcmp(h->issuer, issuer) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "%s names %s as its issuer but is signed by %s", what, h->issuer,
		                    issuer);
	return HF_OK;
}

/* The last part of the payload type, for people: "manifest" of "application/vnd.hufu.manifest.v1". */
static const char *short_type(const char *type, char *out, size_t cap)
{
	static const char head[] = "application/vnd.hufu.";
	size_t skip = strncmp(type, head, sizeof(head) - 1) == 0 ? sizeof(head) - 1 : 0, len = strlen(type + skip);
	if (skip > 0 && len > 3 && strcmp(type + skip + len - 3, ".v1") == 0)
		len -= 3;
	snprintf(out, cap, "the %.*s", (int)(len > 60 ? 60 : len), type + skip);
	return out;
}

static enum hf_err signer_of(const Hufu__Envelope *e, const char *type, const char *what, const char **ret_keyid,
                             struct hf_fault *f)
{
	if (strcmp(e->payload_type, type) != 0)
		return hf_fault_set(f, HF_E_FORMAT, "the envelope holds %s where %s is expected", e->payload_type,
		                    type);
	if (e->n_signatures != 1)
		return hf_fault_set(f, HF_E_SIGNATURE, "%s does not have exactly one signature", what);
	*ret_keyid = e->signatures[0]->keyid;
	return HF_OK;
}

enum hf_err hf_space_open(const struct hf_space *s, const Hufu__Envelope *e, const char *type,
                          struct hf_bytes *ret_payload, struct hf_fault *f)
{
	char what[80];
	const char *node = "";
	const uint8_t *bytes;
	size_t len;
	struct hf_sign_pub pub;
	HF_TRY(signer_of(e, type, short_type(type, what, sizeof(what)), &node, f));
	if (!hf_payload_header(e->payload.data, e->payload.len, &bytes, &len))
		return hf_fault_set(f, HF_E_FORMAT, "%s does not begin with a header", what);
	HF_CLEANUP(header_done) Hufu__Header *h = HF_DECODE(header, bytes, len);
	if (h == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the header of %s is not of the required form", what);
	HF_TRY(check_header(s, h, node, what, f));
	if (hf_space_member_ever(s, node) == NULL)
		return hf_fault_set(f, HF_E_STRANGER, "%s is signed by %s, who is no member of %s", what, node,
		                    hf_space_id(s));
	if (!hf_space_key(s, node, HF_KEY_ENVELOPE, h->time_ms, pub.b))
		return hf_fault_set(f, HF_E_SIGNATURE, "%s had no valid key when %s was signed", node, what);
	if (!hf_envelope_verify(e, type, node, &pub))
		return hf_fault_set(f, HF_E_SIGNATURE, "the signature of %s on %s does not verify", node, what);
	*ret_payload = (struct hf_bytes){e->payload.data, e->payload.len};
	return HF_OK;
}

static bool lists(char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

static enum hf_err check_person(const struct hf_space *s, const Hufu__Statement *st,
                                const Hufu__PersonCertificate *cert, const char *permission, struct hf_fault *f)
{
	HF_TRY(check_header(s, st->header, cert->header->issuer, "the statement", f));
	if (strcmp(st->account, cert->account) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the statement is of %s, the certificate of %s", st->account,
		                    cert->account);
	if (st->header->time_ms < cert->not_before_ms || st->header->time_ms >= cert->not_after_ms)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the certificate of %s was not valid when the statement was signed", st->account);
	if (permission != NULL && !lists(cert->permissions, cert->n_permissions, permission))
		return hf_fault_set(f, HF_E_PERMISSION, "%s of %s lacks the permission %s", st->account,
		                    cert->header->issuer, permission);
	return HF_OK;
}

enum hf_err hf_space_open_statement(const struct hf_space *s, const Hufu__SignedStatement *st, const char *permission,
                                    Hufu__Statement **ret_statement, Hufu__PersonCertificate **ret_cert,
                                    struct hf_fault *f)
{
	struct hf_bytes payload;
	char keyid[HF_NAME_MAX * 2 + 2];
	const char *signer = "";
	struct hf_sign_pub pub;
	HF_TRY(hf_space_open(s, st->certificate, HF_TYPE_PERSON_CERT, &payload, f));
	HF_CLEANUP(certificate_done)
	Hufu__PersonCertificate *cert = HF_DECODE(person_certificate, payload.data, payload.len);
	if (cert == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the person's certificate is not of the required form");
	HF_TRY(signer_of(st->statement, HF_TYPE_STATEMENT, "the statement", &signer, f));
	snprintf(keyid, sizeof(keyid), "%s/%s", cert->header->issuer, cert->account);
	memcpy(pub.b, cert->public_key.data, sizeof(pub.b));
	if (!hf_envelope_verify(st->statement, HF_TYPE_STATEMENT, keyid, &pub))
		return hf_fault_set(f, HF_E_SIGNATURE, "the signature of %s on a statement does not verify", keyid);
	HF_CLEANUP(statement_done)
	Hufu__Statement *statement = HF_DECODE(statement, st->statement->payload.data, st->statement->payload.len);
	if (statement == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the statement of %s is not of the required form", keyid);
	HF_TRY(check_person(s, statement, cert, permission, f));
	*ret_statement = HF_TAKE(statement);
	*ret_cert = HF_TAKE(cert);
	return HF_OK;
}
