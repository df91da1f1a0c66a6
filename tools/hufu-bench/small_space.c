/* small_space.c - see small_space.h. */
#include "small_space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "crypto/domains.h"

#define YEAR_MS (365ll * 86400000)

const char *const small_space_node[SMALL_SPACE_NODES] = {"anchor", "bridge", "canal", "dock"};

struct member {
	Hufu__Member m;
	Hufu__MemberKey key[HF_KEY_USE_COUNT], *keys[HF_KEY_USE_COUNT];
	uint8_t pub[HF_KEY_USE_COUNT][32];
	char address[40], *addresses[1];
};
struct draft {
	Hufu__Descriptor d;
	Hufu__Header header;
	struct member member[SMALL_SPACE_NODES];
	Hufu__Member *members[SMALL_SPACE_NODES];
	char *witnesses[SMALL_SPACE_NODES];
	struct hf_id id;
};

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static struct hf_sign_key *fresh_key(uint8_t pub[32])
{
	uint8_t seed[32];
	struct hf_sign_pub p;
	hf_random(seed, sizeof(seed));
	struct hf_sign_key *k = hf_sign_key_from_seed(seed);
	if (!k)
		abort();
	hf_sign_key_pub(k, &p);
	memcpy(pub, p.b, sizeof(p.b));
	return k;
}

static void add_member(struct small_space *s, struct draft *d, unsigned n, int64_t now_ms)
{
	struct member *x = &d->member[n];
	hufu__member__init(&x->m);
	x->m.id = text(small_space_node[n]);
	x->m.organization = text(small_space_node[n]);
	x->m.organization_name = text(small_space_node[n]);
	x->m.not_before_ms = now_ms - YEAR_MS;
	x->m.not_after_ms = now_ms + YEAR_MS;
	snprintf(x->address, sizeof(x->address), "tcp://127.0.1.%u:7400", n + 1);
	x->addresses[0] = x->address;
	x->m.addresses = x->addresses;
	x->m.n_addresses = 1;
	x->m.keys = x->keys;
	for (unsigned use = 1; use < HF_KEY_USE_COUNT; use++) {
		Hufu__MemberKey *k = &x->key[use];
		hufu__member_key__init(k);
		s->key[n][use] = fresh_key(x->pub[use]);
		k->use = use;
		k->public_key = (ProtobufCBinaryData){32, x->pub[use]};
		k->not_before_ms = now_ms - YEAR_MS;
		x->keys[x->m.n_keys++] = k;
	}
	d->members[n] = &x->m;
	d->witnesses[n] = text(small_space_node[n]);
}

static void fill(struct small_space *s, struct draft *d, int64_t now_ms)
{
	hufu__header__init(&d->header);
	d->id = hf_id_new(now_ms);
	d->header.suite = HF_SUITE_INTL_1;
	d->header.space = text(SMALL_SPACE);
	d->header.issuer = text("root");
	d->header.message_id = (ProtobufCBinaryData){sizeof(d->id.b), d->id.b};
	d->header.time_ms = now_ms;
	hufu__descriptor__init(&d->d);
	d->d.header = &d->header;
	d->d.number = 1;
	d->d.space_name = text("a space for measuring");
	d->d.not_before_ms = now_ms - YEAR_MS;
	d->d.not_after_ms = now_ms + YEAR_MS;
	d->d.root_key = (ProtobufCBinaryData){sizeof(s->root.b), s->root.b};
	for (unsigned n = 0; n < SMALL_SPACE_NODES; n++)
		add_member(s, d, n, now_ms);
	d->d.n_members = d->d.n_witnesses = SMALL_SPACE_NODES;
	d->d.members = d->members;
	d->d.witnesses = d->witnesses;
	d->d.quorum = SMALL_SPACE_QUORUM;
}

bool small_space_open(struct small_space *s, int64_t now_ms)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, "the space descriptor cannot be made"};
	struct draft *d = calloc(1, sizeof(*d));
	memset(s, 0, sizeof(*s));
	struct hf_sign_key *root = fresh_key(s->root.b);
	bool ok = d != NULL;
	if (ok) {
		fill(s, d, now_ms);
		s->space = hf_space_new(&s->root);
		ok = hf_envelope_make_message(root, "root", HF_TYPE_DESCRIPTOR, &d->d.base, &envelope) == HF_OK &&
		     hf_space_extend(s->space, envelope.data, envelope.len, &f) == HF_OK;
	}
	if (!ok)
		fprintf(stderr, "hufu-bench: %s\n", f.text);
	hf_sign_key_free(root);
	free(d);
	return ok;
}

void small_space_close(struct small_space *s)
{
	for (unsigned n = 0; n < SMALL_SPACE_NODES; n++)
		for (unsigned use = 1; use < HF_KEY_USE_COUNT; use++)
			hf_sign_key_free(s->key[n][use]);
	hf_space_free(s->space);
}

size_t small_space_note(const struct small_space *s, uint64_t size, const struct hf_hash *root, int64_t now_ms,
                        char out[SMALL_SPACE_NOTE_MAX])
{
	struct hf_checkpoint c = {.size = size, .root = *root};
	char name[HF_ORIGIN_MAX + 1];
	hf_space_origin(SMALL_SPACE, small_space_node[0], c.origin);
	size_t len = hf_checkpoint_text(&c, out, SMALL_SPACE_NOTE_MAX), at = len;
	out[at++] = '\n';
	at += hf_note_sign_line(s->key[0][HF_KEY_LOG], c.origin, out, len, out + at, SMALL_SPACE_NOTE_MAX - at);
	for (unsigned n = 1; n < SMALL_SPACE_NODES; n++) {
		hf_space_witness_name(SMALL_SPACE, small_space_node[n], name);
		at += hf_note_cosign_line(s->key[n][HF_KEY_WITNESS], name, (uint64_t)now_ms / 1000, out, len, out + at,
		                          SMALL_SPACE_NOTE_MAX - at);
	}
	return at;
}
