/*
 * space_builder.h - a space of five nodes with keys from fixed seeds, for tests that need signed evidence.
 *
 * "roads" provides, "health" consumes, "hub" takes applications in, "audit" and "port" only witness. Witnesses: audit,
 * hub, port, roads; quorum 3. The descriptor is a plain message until sb_sign, so that a test can bend it first.
 */
#ifndef HUFU_TESTS_SPACE_BUILDER_H
#define HUFU_TESTS_SPACE_BUILDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "evidence/space.h"

#ifndef SB_EXTRA
#define SB_EXTRA 0 /* more nodes that a test wants, at most four: "data", "twin", "lane", "clinic" */
#endif
#define SB_NODES (5 + SB_EXTRA)
#define SB_SPACE "city.example"
#define SB_T0 1790000000000ll /* 2026-09-21 */
#define SB_YEAR (365ll * 86400000)

enum sb_node { SB_AUDIT, SB_HEALTH, SB_HUB, SB_PORT, SB_ROADS, SB_DATA, SB_TWIN, SB_LANE, SB_CLINIC };

struct sb_id {
	uint8_t b[16];
};

struct sb_space {
	struct hf_sign_key *root, *next_root, *revocation;
	const char *name[SB_NODES];
	struct hf_sign_key *key[SB_NODES][HF_KEY_USE_COUNT]; /* Ed25519 also where only the public half matters */
	/* The descriptor under construction. */
	Hufu__Descriptor d;
	Hufu__Header header;
	Hufu__Member member[SB_NODES], *members[SB_NODES + 1];
	Hufu__MemberKey mkey[SB_NODES][HF_KEY_USE_COUNT], *mkeys[SB_NODES][HF_KEY_USE_COUNT + 1];
	uint8_t pub[SB_NODES][HF_KEY_USE_COUNT][32], root_pub[32], next_root_pub[32], revocation_pub[32];
	char address[SB_NODES][40], *addresses[SB_NODES][2];
	char *witnesses[SB_NODES];
	Hufu__MemberRevocation revocation_row[4], *revocations[4];
	struct sb_id message_id;
	struct hf_hash prev;
};

static inline struct hf_sign_key *sb_key(uint8_t a, uint8_t b)
{
	uint8_t seed[32] = {'s', 'b', a, b};
	struct hf_sign_key *k = hf_sign_key_from_seed(seed);
	if (k == NULL)
		abort();
	return k;
}

static inline void sb_pub(const struct hf_sign_key *k, uint8_t ret_pub[32])
{
	struct hf_sign_pub p;
	hf_sign_key_pub(k, &p);
	memcpy(ret_pub, p.b, 32);
}

/* A valid UUIDv7 that is the same in every run. */
static inline struct sb_id sb_make_id(uint32_t n)
{
	struct sb_id id = {{0x01, 0x9a, 0, 0, 0, 0, 0x70, 0, 0x80}};
	hf_put_u32(id.b + 12, n);
	return id;
}

static inline ProtobufCBinaryData sb_bytes(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static inline void sb_member(struct sb_space *s, unsigned n)
{
	Hufu__Member *m = &s->member[n];
	hufu__member__init(m);
	m->id = (char *)(uintptr_t)s->name[n];
	m->organization = (char *)(uintptr_t)s->name[n];
	m->organization_name = (char *)(uintptr_t) "市 organization";
	m->not_before_ms = SB_T0 - SB_YEAR;
	m->not_after_ms = SB_T0 + SB_YEAR;
	snprintf(s->address[n], sizeof(s->address[n]), "tcp://127.0.1.%u:7400", n + 1);
	s->addresses[n][0] = s->address[n];
	m->n_addresses = 1;
	m->addresses = s->addresses[n];
	m->keys = s->mkeys[n];
	for (unsigned use = 1; use < HF_KEY_USE_COUNT; use++) {
		Hufu__MemberKey *k = &s->mkey[n][use];
		hufu__member_key__init(k);
		sb_pub(s->key[n][use], s->pub[n][use]);
		k->use = use;
		k->public_key = sb_bytes(s->pub[n][use], 32);
		k->not_before_ms = SB_T0 - SB_YEAR;
		s->mkeys[n][m->n_keys++] = k;
	}
	s->members[n] = m;
}

static inline void sb_descriptor(struct sb_space *s)
{
	hufu__header__init(&s->header);
	s->message_id = sb_make_id(1);
	s->header.suite = HF_SUITE_INTL_1;
	s->header.space = (char *)(uintptr_t)SB_SPACE;
	s->header.issuer = (char *)(uintptr_t) "root";
	s->header.message_id = sb_bytes(s->message_id.b, 16);
	s->header.time_ms = SB_T0;
	Hufu__Descriptor *d = &s->d;
	hufu__descriptor__init(d);
	d->header = &s->header;
	d->number = 1;
	d->space_name = (char *)(uintptr_t) "The city";
	d->not_before_ms = SB_T0 - SB_YEAR;
	d->not_after_ms = SB_T0 + SB_YEAR;
	d->root_key = sb_bytes(s->root_pub, 32);
	for (unsigned n = 0; n < SB_NODES; n++)
		sb_member(s, n);
	d->n_members = SB_NODES;
	d->members = s->members;
	const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT, SB_ROADS};
	for (unsigned i = 0; i < 4; i++)
		s->witnesses[i] = (char *)(uintptr_t)s->name[witnesses[i]];
	d->n_witnesses = 4;
	d->witnesses = s->witnesses;
	d->quorum = 3;
}

/* salt tells one space from another: other keys everywhere. */
static inline struct sb_space *sb_new(uint8_t salt)
{
	static const char *const names[] = {"audit", "health", "hub",  "port",  "roads",
	                                    "data",  "twin",   "lane", "clinic"};
	struct sb_space *s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	s->root = sb_key(salt, 0xf0);
	s->next_root = sb_key(salt, 0xf1);
	s->revocation = sb_key(salt, 0xf2);
	sb_pub(s->root, s->root_pub);
	sb_pub(s->next_root, s->next_root_pub);
	sb_pub(s->revocation, s->revocation_pub);
	for (unsigned n = 0; n < SB_NODES; n++) {
		s->name[n] = names[n];
		for (unsigned use = 1; use < HF_KEY_USE_COUNT; use++)
			s->key[n][use] = sb_key(salt, (uint8_t)(n * 16 + use));
	}
	sb_descriptor(s);
	return s;
}

static inline void sb_free(struct sb_space *s)
{
	hf_sign_key_free(s->root);
	hf_sign_key_free(s->next_root);
	hf_sign_key_free(s->revocation);
	for (unsigned n = 0; n < SB_NODES; n++)
		for (unsigned use = 1; use < HF_KEY_USE_COUNT; use++)
			hf_sign_key_free(s->key[n][use]);
	free(s);
}

/* Signs the descriptor as it stands now. */
static inline void sb_sign_with(struct sb_space *s, const struct hf_sign_key *k, const char *keyid, struct hf_buf *out)
{
	hf_buf_clear(out);
	if (hf_envelope_make_message(k, keyid, HF_TYPE_DESCRIPTOR, &s->d.base, out) != HF_OK)
		abort();
}
static inline void sb_sign(struct sb_space *s, struct hf_buf *out)
{
	sb_sign_with(s, s->root, "root", out);
}

/* Makes the descriptor under construction follow the envelope. */
static inline void sb_next(struct sb_space *s, const struct hf_buf *envelope)
{
	hf_envelope_digest(envelope->data, envelope->len, &s->prev);
	s->d.number++;
	s->d.prev = sb_bytes(s->prev.b, 32);
	s->message_id = sb_make_id((uint32_t)s->d.number);
}

static inline void sb_revoke(struct sb_space *s, const char *member, const uint8_t *key, int64_t at_ms)
{
	size_t n = s->d.n_revocations++;
	Hufu__MemberRevocation *r = &s->revocation_row[n];
	hufu__member_revocation__init(r);
	r->member = (char *)(uintptr_t)member;
	r->public_key = sb_bytes(key, key == NULL ? 0 : 32);
	r->at_ms = at_ms;
	r->reason = (char *)(uintptr_t) "lost";
	s->revocations[n] = r;
	s->d.revocations = s->revocations;
}

#endif
