/*
 * space.c - the descriptor chain: extending it, and looking up members and keys in it.
 *
 * Each link is kept as it came (the bytes are what digests speak of) and decoded. A link is checked completely before
 * it is added.
 */
#include "evidence/space_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "crypto/domains.h"

struct link {
	uint8_t *envelope;
	size_t len;
	struct hf_hash digest;
	Hufu__Descriptor *descriptor;
};

struct hf_space {
	struct hf_sign_pub root;
	struct link *links;
	size_t count, cap;
};

const char *hf_key_use_name(enum hf_key_use use)
{
	static const char *const names[HF_KEY_USE_COUNT] = {"",        "envelope", "noise", "log",
	                                                    "witness", "mirror",   "box",   "recovery"};
	return use > HF_KEY_INVALID && use < HF_KEY_USE_COUNT ? names[use] : "unknown";
}

struct hf_space *hf_space_new(const struct hf_sign_pub *root)
{
	struct hf_space *s = hf_alloc_zero(sizeof(*s));
	s->root = *root;
	return s;
}

static void link_done(struct link *l)
{
	free(l->envelope);
	hf_decoded_free(l->descriptor);
}

void hf_space_free(struct hf_space *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		link_done(&s->links[i]);
	free(s->links);
	free(s);
}

static const struct link *newest(const struct hf_space *s)
{
	return s->count == 0 ? NULL : &s->links[s->count - 1];
}

static bool same_bytes(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool same_revocation(const Hufu__MemberRevocation *a, const Hufu__MemberRevocation *b)
{
	return strcmp(a->member, b->member) == 0 && same_bytes(&a->public_key, &b->public_key) &&
	       a->at_ms == b->at_ms && strcmp(a->reason, b->reason) == 0;
}

static bool keeps_revocations(const Hufu__Descriptor *old, const Hufu__Descriptor *d)
{
	if (d->n_revocations < old->n_revocations)
		return false;
	for (size_t i = 0; i < old->n_revocations; i++)
		if (!same_revocation(old->revocations[i], d->revocations[i]))
			return false;
	return true;
}

/* Do both say the same once number, header and revocations are set aside? The copy borrows; encoding only reads. */
static bool only_adds_revocations(const Hufu__Descriptor *old, const Hufu__Descriptor *d)
{
	Hufu__Descriptor copy = *d;
	copy.header = old->header;
	copy.number = old->number;
	copy.prev = old->prev;
	copy.n_revocations = old->n_revocations;
	copy.revocations = old->revocations;
	size_t a_len = 0, b_len = 0;
	uint8_t *a = hf_encode(&old->base, &a_len), *b = hf_encode(&copy.base, &b_len);
	bool same = a != NULL && b != NULL && a_len == b_len && memcmp(a, b, a_len) == 0;
	free(a);
	free(b);
	return same && d->n_revocations > old->n_revocations;
}

static bool key_is(const ProtobufCBinaryData *key, const ProtobufCBinaryData *other)
{
	return other->len == 32 && same_bytes(key, other);
}

static enum hf_err verify_with(const Hufu__Envelope *e, const char *keyid, const ProtobufCBinaryData *key,
                               struct hf_fault *f)
{
	struct hf_sign_pub pub;
	memcpy(pub.b, key->data, sizeof(pub.b));
	if (!hf_envelope_verify(e, HF_TYPE_DESCRIPTOR, keyid, &pub))
		return hf_fault_set(f, HF_E_SIGNATURE, "the signature of the space descriptor does not verify");
	return HF_OK;
}

static bool signed_by_revocation_key(const Hufu__Envelope *e)
{
	return e->n_signatures == 1 && strcmp(e->signatures[0]->keyid, HF_KEYID_REVOCATION) == 0;
}

static enum hf_err check_first(const struct hf_space *s, const Hufu__Envelope *e, const Hufu__Descriptor *d,
                               struct hf_fault *f)
{
	if (d->number != 1)
		return hf_fault_set(f, HF_E_STATE, "descriptor %llu came before number 1",
		                    (unsigned long long)d->number);
	if (d->prev.len != 0)
		return hf_fault_set(f, HF_E_FORMAT, "descriptor 1 names a descriptor before it");
	if (memcmp(d->root_key.data, s->root.b, sizeof(s->root.b)) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the descriptor is signed by another root key than the given one");
	return verify_with(e, HF_KEYID_ROOT, &d->root_key, f);
}

static enum hf_err check_signer(const Hufu__Envelope *e, const Hufu__Descriptor *old, const Hufu__Descriptor *d,
                                struct hf_fault *f)
{
	if (signed_by_revocation_key(e)) {
		if (old->revocation_key.len != 32)
			return hf_fault_set(f, HF_E_SIGNATURE, "the space has no revocation key");
		HF_TRY(verify_with(e, HF_KEYID_REVOCATION, &old->revocation_key, f));
		if (!only_adds_revocations(old, d))
			return hf_fault_set(f, HF_E_SIGNATURE,
			                    "the revocation key may add revocations and change nothing else");
		return HF_OK;
	}
	if (!key_is(&d->root_key, &old->root_key) && !key_is(&d->root_key, &old->next_root_key))
		return hf_fault_set(f, HF_E_SIGNATURE, "descriptor %llu is signed by a root key that was not announced",
		                    (unsigned long long)d->number);
	return verify_with(e, HF_KEYID_ROOT, &d->root_key, f);
}

static enum hf_err check_next(const struct link *last, const Hufu__Envelope *e, const Hufu__Descriptor *d,
                              struct hf_fault *f)
{
	const Hufu__Descriptor *old = last->descriptor;
	if (d->number != old->number + 1)
		return hf_fault_set(f, HF_E_STATE, "descriptor %llu does not follow number %llu",
		                    (unsigned long long)d->number, (unsigned long long)old->number);
	if (strcmp(d->header->space, old->header->space) != 0)
		return hf_fault_set(f, HF_E_WRONG_SPACE, "the descriptor is of the space %s, not %s", d->header->space,
		                    old->header->space);
	if (d->prev.len != 32 || memcmp(d->prev.data, last->digest.b, 32) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "descriptor %llu follows another descriptor than the known one",
		                    (unsigned long long)d->number);
	HF_TRY(check_signer(e, old, d, f));
	if (!keeps_revocations(old, d))
		return hf_fault_set(f, HF_E_FORMAT, "descriptor %llu takes a revocation back",
		                    (unsigned long long)d->number);
	return HF_OK;
}

/* A number that is known already: the same bytes again are no news, other bytes are a contradiction when they are
 * signed. */
static enum hf_err check_known(const struct hf_space *s, const Hufu__Envelope *e, const Hufu__Descriptor *d,
                               const struct hf_hash *digest, struct hf_fault *f)
{
	const struct link *known = &s->links[d->number - 1];
	if (hf_hash_equal(&known->digest, digest))
		return HF_OK;
	const Hufu__Descriptor *k = known->descriptor;
	HF_TRY(verify_with(
	        e, signed_by_revocation_key(e) ? HF_KEYID_REVOCATION : HF_KEYID_ROOT,
	        signed_by_revocation_key(e) && k->revocation_key.len == 32 ? &k->revocation_key : &k->root_key, f));
	return hf_fault_set(f, HF_E_CONFLICT, "there are two different descriptors with the number %llu",
	                    (unsigned long long)d->number);
}

static void append(struct hf_space *s, struct link take)
{
	if (s->count == s->cap) {
		s->cap = s->cap == 0 ? 8 : s->cap * 2;
		s->links = hf_realloc(s->links, s->cap * sizeof(*s->links));
	}
	s->links[s->count++] = take;
}

static void envelope_done(Hufu__Envelope **e)
{
	hf_decoded_free(*e);
}
static void descriptor_done(Hufu__Descriptor **d)
{
	hf_decoded_free(*d);
}

enum hf_err hf_space_extend(struct hf_space *s, const void *envelope, size_t len, struct hf_fault *f)
{
	struct hf_hash digest;
	if (len > HF_MAX_DESCRIPTOR || s->count >= HF_MAX_DESCRIPTORS)
		return hf_fault_set(f, HF_E_LIMIT, "the descriptor is too large, or the chain too long");
	HF_CLEANUP(envelope_done) Hufu__Envelope *e = hf_decode_canonical(&hufu__envelope__descriptor, envelope, len);
	if (e == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the space descriptor is no signed envelope");
	HF_CLEANUP(descriptor_done)
	Hufu__Descriptor *d = hf_decode_canonical(&hufu__descriptor__descriptor, e->payload.data, e->payload.len);
	if (d == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the space descriptor is not of the required form");
	hf_envelope_digest(envelope, len, &digest);
	if (d->number <= s->count)
		return check_known(s, e, d, &digest, f);
	HF_TRY(s->count == 0 ? check_first(s, e, d, f) : check_next(newest(s), e, d, f));
	HF_TRY(hf_descriptor_check(d, f));
	uint8_t *bytes = hf_alloc(len);
	memcpy(bytes, envelope, len);
	append(s, (struct link){bytes, len, digest, HF_TAKE(d)});
	return HF_OK;
}

enum hf_err hf_space_reaches(const struct hf_space *s, const struct hf_trust *t, struct hf_fault *f)
{
	if (s->count < t->number)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the evidence knows space descriptors up to number %zu, but number %llu is demanded; "
		        "ask for evidence made with the newer one",
		        s->count, (unsigned long long)t->number);
	if (t->number > 0 && t->has_digest && !hf_hash_equal(&s->links[t->number - 1].digest, &t->digest))
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "descriptor %llu of the evidence has another digest than the one demanded",
		                    (unsigned long long)t->number);
	return HF_OK;
}

void hf_space_mark(const struct hf_space *s, struct hf_space_mark *ret_mark)
{
	ret_mark->number = s->count;
	hf_space_digest(s, &ret_mark->digest);
}

uint64_t hf_space_number(const struct hf_space *s)
{
	return s->count;
}

const char *hf_space_id(const struct hf_space *s)
{
	return s->count == 0 ? "" : newest(s)->descriptor->header->space;
}

void hf_space_digest(const struct hf_space *s, struct hf_hash *ret_digest)
{
	static const struct hf_hash none;
	*ret_digest = s->count == 0 ? none : newest(s)->digest;
}

bool hf_space_digest_at(const struct hf_space *s, uint64_t number, struct hf_hash *ret_digest)
{
	if (number == 0 || number > s->count)
		return false;
	*ret_digest = s->links[number - 1].digest;
	return true;
}

const Hufu__Descriptor *hf_space_current(const struct hf_space *s)
{
	return s->count == 0 ? NULL : newest(s)->descriptor;
}

const Hufu__Descriptor *hf_space_at(const struct hf_space *s, uint64_t number)
{
	return number == 0 || number > s->count ? NULL : s->links[number - 1].descriptor;
}

bool hf_space_envelope(const struct hf_space *s, uint64_t number, struct hf_bytes *ret_envelope)
{
	if (number == 0 || number > s->count)
		return false;
	*ret_envelope = (struct hf_bytes){s->links[number - 1].envelope, s->links[number - 1].len};
	return true;
}

const Hufu__Member *hf_space_member(const struct hf_space *s, const char *node)
{
	return s->count == 0 ? NULL : hf_descriptor_member(newest(s)->descriptor, node);
}

const Hufu__Member *hf_space_member_ever(const struct hf_space *s, const char *node)
{
	for (size_t i = s->count; i > 0; i--) {
		const Hufu__Member *m = hf_descriptor_member(s->links[i - 1].descriptor, node);
		if (m != NULL)
			return m;
	}
	return NULL;
}

int64_t hf_space_revoked_ms(const struct hf_space *s, const char *node, const uint8_t *key)
{
	int64_t first = INT64_MAX;
	const Hufu__Descriptor *d = hf_space_current(s);
	for (size_t i = 0; d != NULL && i < d->n_revocations; i++) {
		const Hufu__MemberRevocation *r = d->revocations[i];
		bool meant = r->public_key.len == 0 || (key != NULL && memcmp(r->public_key.data, key, 32) == 0);
		if (strcmp(r->member, node) == 0 && meant && r->at_ms < first)
			first = r->at_ms;
	}
	return first;
}

static bool within(int64_t at_ms, int64_t from_ms, int64_t until_ms)
{
	return at_ms >= from_ms && (until_ms == 0 || at_ms < until_ms);
}

enum hf_err hf_space_standing(const struct hf_space *s, const char *node, int64_t now_ms)
{
	const Hufu__Member *m = hf_space_member(s, node);
	if (hf_space_revoked_ms(s, node, NULL) <= now_ms)
		return HF_E_MEMBER_REVOKED;
	if (m == NULL)
		return HF_E_STRANGER;
	if (!within(now_ms, m->not_before_ms, m->not_after_ms))
		return HF_E_MEMBER_EXPIRED;
	return now_ms >= newest(s)->descriptor->not_after_ms ? HF_E_OLD_DESCRIPTOR : HF_OK;
}

static const Hufu__MemberKey *key_at(const Hufu__Member *m, enum hf_key_use use, int64_t at_ms)
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i]->use == (uint32_t)use &&
		    within(at_ms, m->keys[i]->not_before_ms, m->keys[i]->not_after_ms))
			return m->keys[i];
	return NULL;
}

bool hf_space_key(const struct hf_space *s, const char *node, enum hf_key_use use, int64_t at_ms, uint8_t ret_key[32])
{
	const Hufu__Member *m = hf_space_member_ever(s, node);
	if (m == NULL || !within(at_ms, m->not_before_ms, m->not_after_ms))
		return false;
	const Hufu__MemberKey *k = key_at(m, use, at_ms);
	if (k == NULL || hf_space_revoked_ms(s, node, k->public_key.data) <= at_ms)
		return false;
	memcpy(ret_key, k->public_key.data, 32);
	return true;
}

const Hufu__Member *hf_space_by_noise_key(const struct hf_space *s, const uint8_t key[32], int64_t now_ms)
{
	const Hufu__Descriptor *d = hf_space_current(s);
	for (size_t i = 0; d != NULL && i < d->n_members; i++) {
		const Hufu__MemberKey *k = key_at(d->members[i], HF_KEY_NOISE, now_ms);
		if (k != NULL && memcmp(k->public_key.data, key, 32) == 0)
			return hf_space_revoked_ms(s, d->members[i]->id, key) <= now_ms ? NULL : d->members[i];
	}
	return NULL;
}

bool hf_space_has_role(const struct hf_space *s, const char *node, const char *role)
{
	const Hufu__Member *m = hf_space_member(s, node);
	for (size_t i = 0; m != NULL && i < m->n_roles; i++)
		if (strcmp(m->roles[i], role) == 0)
			return true;
	return false;
}

const char *hf_space_attribute(const struct hf_space *s, const char *node, const char *name)
{
	const Hufu__Member *m = hf_space_member(s, node);
	for (size_t i = 0; m != NULL && i < m->n_attributes; i++)
		if (strcmp(m->attributes[i]->name, name) == 0)
			return m->attributes[i]->value;
	return NULL;
}

bool hf_space_is_witness(const struct hf_space *s, const char *node, const char *of)
{
	const Hufu__Descriptor *d = hf_space_current(s);
	if (strcmp(node, of) == 0)
		return false;
	for (size_t i = 0; d != NULL && i < d->n_witnesses; i++)
		if (strcmp(d->witnesses[i], node) == 0)
			return true;
	return false;
}

#define LEDGER_PART "/ledger/"

void hf_space_origin(const char *space_id, const char *node, char out[HF_ORIGIN_MAX + 1])
{
	snprintf(out, HF_ORIGIN_MAX + 1, "%s" LEDGER_PART "%s", space_id, node);
}

bool hf_space_origin_node(const char *space_id, const char *origin, struct hf_name *ret_node)
{
	size_t len = strlen(space_id), part = strlen(LEDGER_PART);
	return strncmp(origin, space_id, len) == 0 && strncmp(origin + len, LEDGER_PART, part) == 0 &&
	       hf_name_parse(origin + len + part, ret_node);
}
