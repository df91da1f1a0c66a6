/*
 * persons.c - what persons signed, and that nobody judges his own request.
 *
 * The separation of duties is checked on what was signed, not on roles: roles change, signatures stay. Two accounts of
 * one person show as the same real-name reference in the certificates of their node.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "identity/accounts.h"
#include "proto/codec.h"

static uint32_t methods_of(const Hufu__PersonCertificate *c)
{
	static const struct {
		const char *name;
		enum hf_auth_method method;
	} names[] = {{"password", HF_AUTH_PASSWORD}, {"totp", HF_AUTH_TOTP}, {"device-key", HF_AUTH_DEVICE_KEY}};
	uint32_t methods = 0;
	for (size_t i = 0; i < c->n_methods; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (strcmp(c->methods[i], names[k].name) == 0)
				methods |= names[k].method;
	return methods;
}

static void person_fill(const Hufu__PersonCertificate *c, const Hufu__Statement *s, struct person *out)
{
	*out = (struct person){.methods = methods_of(c), .signed_ms = s->header->time_ms};
	snprintf(out->node, sizeof(out->node), "%s", c->header->issuer);
	snprintf(out->account, sizeof(out->account), "%s", c->account);
	if (c->real_name_ref.len == sizeof(out->name_ref)) {
		out->has_name_ref = true;
		memcpy(out->name_ref, c->real_name_ref.data, sizeof(out->name_ref));
	}
}

static enum hf_err check_object(const Hufu__Statement *s, const struct statement_want *w, struct hf_fault *f)
{
	struct hf_id id;
	if (strcmp(s->kind, w->kind) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the statement of %s is a '%s', not the needed '%s'", s->account,
		                    s->kind, w->kind);
	if (strcmp(s->header->issuer, w->node) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the '%s' must be signed at %s, but %s certified its author",
		                    w->kind, w->node, s->header->issuer);
	if (!az_id_of(&s->object, &id) || !hf_id_equal(&id, w->object) || s->revision != w->revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the '%s' of %s is about another object or revision", w->kind,
		                    s->account);
	if (!az_hash_is(&s->object_digest, w->digest))
		return hf_fault_set(f, HF_E_DIGEST, "the '%s' of %s is about another wording", w->kind, s->account);
	if (!az_id_of(&s->header->transaction, &id) || !hf_id_equal(&id, w->txn))
		return hf_fault_set(f, HF_E_CONFLICT, "the '%s' of %s belongs to another transaction", w->kind,
		                    s->account);
	return HF_OK;
}

enum hf_err az_person_check(struct hf_authz *a, const Hufu__SignedStatement *st, const struct statement_want *want,
                            Hufu__Statement **ret_statement, struct person *ret_person, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__PersonCertificate *c = NULL;
	if (!st)
		return hf_fault_set(f, HF_E_SIGNATURE, "the signed '%s' of a person is missing", want->kind);
	HF_TRY(hf_space_open_statement(hf_peers_space(a->peers), st, hf_permission_name(want->permission), &s, &c, f));
	HF_TRY(check_object(s, want, f));
	if (s->header->time_ms > now_of(a) + HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_STALE, "the '%s' of %s is dated in the future", want->kind, s->account);
	person_fill(c, s, ret_person);
	if (ret_statement)
		*ret_statement = HF_TAKE(s);
	return HF_OK;
}

enum hf_err az_person_sign(struct hf_authz *a, const struct hf_actor *actor, Hufu__Statement *s,
                           const struct hf_id *txn, Hufu__SignedStatement **ret_statement, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out;
	hf_buf_init(&out, HF_MAX_ENVELOPE);
	HF_TRY(hf_identity_sign(a->identity, actor, s, txn, &out, f));
	Hufu__SignedStatement *st = HF_DECODE(signed_statement, out.data, out.len);
	if (!st)
		return hf_fault_set(f, HF_E_LIMIT, "the statement is longer than the form allows; shorten its texts");
	*ret_statement = st;
	return HF_OK;
}

bool az_person_of(const Hufu__SignedStatement *st, struct person *ret_person)
{
	if (!st || !st->statement || !st->certificate)
		return false;
	HF_CLEANUP(hf_decoded_done)
	Hufu__Statement *s = HF_DECODE(statement, st->statement->payload.data, st->statement->payload.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__PersonCertificate *c =
	        HF_DECODE(person_certificate, st->certificate->payload.data, st->certificate->payload.len);
	if (!s || !c)
		return false;
	person_fill(c, s, ret_person);
	return true;
}

bool az_person_same(const struct person *x, const struct person *y)
{
	if (strcmp(x->node, y->node) != 0)
		return false;
	if (strcmp(x->account, y->account) == 0)
		return true;
	return x->has_name_ref && y->has_name_ref && memcmp(x->name_ref, y->name_ref, sizeof(x->name_ref)) == 0;
}

enum hf_err az_person_apart(const struct person *x, const char *who, const struct person *y, const char *act,
                            struct hf_fault *f)
{
	if (!az_person_same(x, y))
		return HF_OK;
	return hf_fault_set(f, HF_E_SEPARATION,
	                    "%s is %s of this application and may not %s as well; another person must do it",
	                    y->account, who, act);
}

enum hf_err az_person_here(struct hf_authz *a, const Hufu__SignedStatement *st, const char *step, const char *way_out,
                           struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	struct person p;
	if (!az_person_of(st, &p))
		return hf_fault_set(f, HF_E_STORE, "the signature of %s cannot be read", step);
	if (!is_self(a, p.node))
		return HF_OK;
	enum hf_err e = hf_account_get(a->identity, p.account, &row);
	if (e == HF_OK && row->state != HF_ACCOUNT_REMOVED)
		return HF_OK;
	if (e != HF_OK && e != HF_E_UNKNOWN)
		return hf_fault_set(f, e, "the account '%s' cannot be read; see `hufu doctor`", p.account);
	return hf_fault_set(f, HF_E_STANDING, "%s is of '%s', who was deregistered meanwhile, so it does not count; %s",
	                    step, p.account, way_out);
}

enum hf_err az_person_two_factors(uint32_t methods, bool sensitive, struct hf_fault *f)
{
	if (!sensitive || (methods & (methods - 1)) != 0)
		return HF_OK;
	return hf_fault_set(f, HF_E_SECOND_FACTOR,
	                    "the resource is sensitive: log in with a second factor (`hufu login --totp CODE`) and "
	                    "repeat the command");
}

void hf_authz_signer(const Hufu__SignedStatement *st, char *out, size_t cap)
{
	struct person p;
	out[0] = '\0';
	if (az_person_of(st, &p))
		snprintf(out, cap, "%s/%s", p.node, p.account);
}
