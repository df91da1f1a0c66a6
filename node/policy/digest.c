/*
 * digest.c - what a snapshot's hash is taken over: lengths before texts, big-endian numbers, one encoding for each
 * thing, so that two snapshots of one hash say the same.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "crypto/domains.h"
#include "policy/digest.h"

struct pol_digest {
	struct hf_sha256 *sha;
	size_t used;
	uint8_t data[8192];
};

static void start(struct pol_digest *d, const char *what)
{
	d->used = 0;
	pol_digest_bytes(d, HF_DOMAIN_POLICY, sizeof(HF_DOMAIN_POLICY));
	pol_digest_bytes(d, what, strlen(what) + 1);
}

static void finish(struct pol_digest *d, struct hf_hash *ret_hash)
{
	hf_sha256_add(d->sha, d->data, d->used);
	hf_sha256_end(d->sha, ret_hash);
	d->used = 0;
}

struct pol_digest *pol_digest_new(const char *what)
{
	struct pol_digest *d = hf_alloc(sizeof(*d));
	d->sha = hf_sha256_new();
	start(d, what);
	return d;
}

void pol_digest_bytes(struct pol_digest *d, const void *data, size_t len)
{
	if (d->used + len > sizeof(d->data)) {
		hf_sha256_add(d->sha, d->data, d->used);
		d->used = 0;
	}
	if (len > sizeof(d->data)) {
		hf_sha256_add(d->sha, data, len);
		return;
	}
	memcpy(d->data + d->used, data, len);
	d->used += len;
}

static void add_u64(struct pol_digest *d, uint64_t v)
{
	uint8_t b[8];
	hf_put_u64(b, v);
	pol_digest_bytes(d, b, sizeof(b));
}

static void add_u32(struct pol_digest *d, uint32_t v)
{
	uint8_t b[4];
	hf_put_u32(b, v);
	pol_digest_bytes(d, b, sizeof(b));
}

static void add_text(struct pol_digest *d, const char *text, size_t len)
{
	add_u32(d, (uint32_t)len);
	pol_digest_bytes(d, text, len);
}

static void add_pool_text(struct pol_digest *d, const struct pol_store *s, uint32_t place)
{
	size_t len = 0;
	const char *text = place ? pol_text(s, place, &len) : "";
	add_text(d, text, len);
}

static void add_operands(struct pol_digest *d, const struct pol_store *s, const struct pol_cond *c)
{
	const uint8_t *at = s->pool.data + c->ref;
	struct pol_choice one;
	if (c->kind == POL_TEXTS) {
		const struct pol_choice *list = pol_choices(s, c, &one);
		for (unsigned i = 0; i < c->count; i++)
			add_pool_text(d, s, list[i].text);
	} else if (c->kind == POL_ADDRESSES) {
		const struct pol_prefix *list = (const struct pol_prefix *)(const void *)at;
		for (unsigned i = 0; i < c->count; i++) {
			pol_digest_bytes(d, list[i].address.b, sizeof(list[i].address.b));
			add_u32(d, list[i].bits);
		}
	} else {
		const int64_t *list = (const int64_t *)(const void *)at;
		for (unsigned i = 0; i < 2u * c->count; i++)
			add_u64(d, (uint64_t)list[i]);
	}
}

static void add_obligation(struct pol_digest *d, const struct hf_obligation *o)
{
	add_u32(d, o->type);
	add_u64(d, (uint64_t)o->number);
	add_text(d, o->text ? o->text : "", o->text ? strlen(o->text) : 0);
	add_u32(d, (uint32_t)o->name_count);
	for (size_t i = 0; i < o->name_count; i++)
		add_text(d, o->names[i], strlen(o->names[i]));
}

static void add_rule(struct pol_digest *d, const struct pol_store *s, const struct pol_rule *r)
{
	const struct pol_obligations *o = pol_obligations(s, r);
	add_pool_text(d, s, r->id);
	add_u32(d, (uint32_t)r->mechanism << 16 | (uint32_t)r->state << 8 | r->count);
	add_u32(d, (uint32_t)r->priority);
	add_u64(d, (uint64_t)r->from_ms);
	add_u64(d, (uint64_t)r->until_ms);
	add_pool_text(d, s, r->quota);
	for (unsigned i = 0; i < r->count; i++) {
		const struct pol_cond *c = &r->conds[i];
		add_u32(d, (uint32_t)c->attr << 24 | (uint32_t)c->op << 16 | c->count);
		add_operands(d, s, c);
	}
	add_u32(d, o ? (uint32_t)o->count : 0);
	for (size_t i = 0; o && i < o->count; i++)
		add_obligation(d, &o->list[i]);
}

void pol_digest_end(struct pol_digest *d, struct hf_hash *ret_hash)
{
	finish(d, ret_hash);
	hf_sha256_free(d->sha);
	free(d);
}

/* A rule's numbers are 2048 bits drawn from its hash: to find two sets of one sum takes about 2^90 steps by the best
 * known way (Wagner's tree), where a sum of the 256 bits themselves would take 2^32. */
void pol_sum_rule(struct pol_sum *sum, struct pol_digest *d, const struct pol_store *s, const struct pol_rule *r,
                  bool add)
{
	struct hf_hash rule, drawn;
	finish(d, &rule); /* of what is in it */
	start(d, "rule");
	add_rule(d, s, r);
	finish(d, &rule);
	for (uint8_t i = 0; i < POL_LANES / 4; i++) {
		hf_sha256_2(rule.b, sizeof(rule.b), &i, 1, &drawn);
		for (unsigned k = 0; k < 4; k++) {
			uint64_t v = hf_get_u64(drawn.b + 8 * (size_t)k);
			sum->lanes[4 * i + k] += add ? v : -v;
		}
	}
}

void pol_hash_snapshot(struct hf_policy *p)
{
	struct pol_digest *d = pol_digest_new("snapshot");
	pol_digest_bytes(d, p->store->schema->digest.b, sizeof(p->store->schema->digest.b));
	pol_digest_bytes(d, pol_trees_digest(p->trees)->b, sizeof(struct hf_hash));
	for (unsigned i = 0; i < POL_LANES; i++)
		add_u64(d, p->sum.lanes[i]);
	pol_digest_end(d, &p->hash);
}
