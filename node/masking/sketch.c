/* sketch.c - the k smallest hashes, and a set of all; declared in sketch.h. SipHash-2-4, so that nobody can choose
 * values that collide.
 */
#include "masking/sketch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static inline uint64_t rotate(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t hf_sketch_hash(const uint8_t key[16], const void *data, size_t len)
{
	const uint8_t *value = data;
	uint64_t k[2], v[4], m = 0;
	size_t i;

	memcpy(k, key, 16);
	v[0] = k[0] ^ 0x736f6d6570736575u;
	v[1] = k[1] ^ 0x646f72616e646f6du;
	v[2] = k[0] ^ 0x6c7967656e657261u;
	v[3] = k[1] ^ 0x7465646279746573u;
	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&m, value + i, 8);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	m = 0;
	memcpy(&m, value + i, len - i);
	m |= (uint64_t)len << 56;
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xFF;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The first place whose hash is h or more. */
static size_t find(const struct hf_sketch *s, uint64_t h)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->smallest[middle] < h)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t hf_sketch_add(struct hf_sketch *s, const uint8_t key[16], const void *value, size_t len)
{
	uint64_t h = hf_sketch_hash(key, value, len);
	size_t at, moved;

	s->added++;
	if (s->count == HF_SKETCH_SIZE && h >= s->smallest[HF_SKETCH_SIZE - 1])
		return h;
	at = find(s, h);
	if (at < s->count && s->smallest[at] == h)
		return h;
	moved = (s->count < HF_SKETCH_SIZE ? s->count++ : HF_SKETCH_SIZE - 1) - at;
	memmove(&s->smallest[at + 1], &s->smallest[at], moved * sizeof(s->smallest[0]));
	s->smallest[at] = h;
	return h;
}

double hf_sketch_distinct(const struct hf_sketch *s)
{
	if (s->count < HF_SKETCH_SIZE)
		return (double)s->count;
	return (HF_SKETCH_SIZE - 1) / ((double)s->smallest[HF_SKETCH_SIZE - 1] / 18446744073709551616.0);
}

static bool put(uint64_t *slots, size_t cap, uint64_t hash)
{
	size_t at = (size_t)hash & (cap - 1);

	for (; slots[at]; at = (at + 1) & (cap - 1))
		if (slots[at] == hash)
			return false;
	slots[at] = hash;
	return true;
}

static void grow(struct hf_unique *u)
{
	size_t cap = u->cap ? 2 * u->cap : 1024;
	uint64_t *slots = hf_alloc_zero(cap * sizeof(*slots));

	for (size_t i = 0; i < u->cap; i++)
		if (u->slots[i])
			put(slots, cap, u->slots[i]);
	free(u->slots);
	u->slots = slots;
	u->cap = cap;
}

void hf_unique_add(struct hf_unique *u, uint64_t hash)
{
	if (u->repeated)
		return;
	if (2 * u->count >= u->cap && u->count < HF_UNIQUE_MOST)
		grow(u);
	u->repeated = u->count == HF_UNIQUE_MOST || !put(u->slots, u->cap, hash ? hash : 1);
	u->count++;
	if (u->repeated)
		hf_unique_done(u);
}

void hf_unique_done(struct hf_unique *u)
{
	free(u->slots);
	u->slots = NULL;
	u->cap = 0;
}

double hf_unique_share(const struct hf_unique *u, const struct hf_sketch *a)
{
	size_t both = 0;

	for (size_t i = 0; i < a->count && u->cap > 0; i++) {
		uint64_t hash = a->smallest[i] ? a->smallest[i] : 1;
		size_t at = (size_t)hash & (u->cap - 1);

		while (u->slots[at] && u->slots[at] != hash)
			at = (at + 1) & (u->cap - 1);
		both += u->slots[at] == hash;
	}
	return a->count ? (double)both / (double)a->count : 0;
}
