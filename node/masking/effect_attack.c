/* effect_attack.c - the dictionary attack and the frequency attack; declared in effect_attack.h. Each gives a guess for
 * every masked value, and rows are counted in which the guess is the original. */
#include "masking/effect_attack.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "masking/sketch.h"

#define NO_GUESS UINT32_MAX
#define HEX_LEAST 8u
#define SHAPES_MOST 64u /* of values with '*': others are not attacked */

struct attack {
	const struct hf_effect_table *before, *after;
	size_t before_column, after_column;
	uint32_t originals, masked; /* codes are below */
	uint32_t *guess;            /* by masked code */
	bool *had;                  /* by original code: a row has it */
};

static struct hf_bytes original(const struct attack *a, uint32_t code)
{
	return hf_effect_value(a->before, a->before_column, code);
}

static struct hf_bytes masked(const struct attack *a, uint32_t code)
{
	return hf_effect_value(a->after, a->after_column, code);
}

static double share_right(const struct attack *a)
{
	const uint32_t *was = hf_effect_codes(a->before, a->before_column);
	const uint32_t *is = hf_effect_codes(a->after, a->after_column);
	uint32_t right = 0, all = 0;

	for (uint32_t i = 0; i < hf_effect_rows(a->before); i++) {
		all += was[i] != HF_EFFECT_NULL;
		right += was[i] != HF_EFFECT_NULL && a->guess[is[i]] == was[i];
	}
	return all ? (double)right / all : 0;
}

/* Digests. */
struct digest {
	char hex[65];
	uint32_t code;
};

static int by_hex(const void *a, const void *b)
{
	return memcmp(a, b, 64);
}

static bool is_hex(struct hf_bytes v, char lower[64])
{
	if (v.len < HEX_LEAST || v.len > 64)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		lower[i] = (char)(c >= 'A' && c <= 'F' ? c + 32 : c);
		if (!((c >= '0' && c <= '9') || (lower[i] >= 'a' && lower[i] <= 'f')))
			return false;
	}
	return true;
}

static uint32_t by_digest(const struct digest *d, uint32_t count, const char *lower, size_t len)
{
	uint32_t lo = 0, hi = count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (memcmp(d[mid].hex, lower, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == count || memcmp(d[lo].hex, lower, len) != 0)
		return NO_GUESS;
	if (lo + 1 < count && memcmp(d[lo + 1].hex, lower, len) == 0)
		return NO_GUESS;
	return d[lo].code;
}

static struct digest *digests(const struct attack *a, uint32_t *ret_count)
{
	struct digest *d = hf_alloc((size_t)a->originals * sizeof(*d));
	uint32_t count = 0;

	for (uint32_t i = 1; i < a->originals; i++) {
		struct hf_bytes v = original(a, i);
		struct hf_hash h;

		if (!a->had[i])
			continue;
		hf_sha256(v.data, v.len, &h);
		hf_hash_hex(&h, d[count].hex);
		d[count++].code = i;
	}
	qsort(d, count, sizeof(*d), by_hex);
	*ret_count = count;
	return d;
}

static void guess_digests(struct attack *a)
{
	struct digest *d = NULL;
	uint32_t count = 0;
	char lower[64];

	for (uint32_t i = 1; i < a->masked; i++) {
		struct hf_bytes v = masked(a, i);

		if (a->guess[i] != NO_GUESS || !is_hex(v, lower))
			continue;
		if (!d)
			d = digests(a, &count);
		a->guess[i] = by_digest(d, count, lower, v.len);
	}
	free(d);
}

/* Characters that became '*': which of the first 64, of how many. */
struct shape {
	uint64_t stars;
	unsigned length;
};
struct fit {
	uint64_t hash;
	uint32_t code;
};

/* stars NULL: those of the value itself are hidden, else those given. False: longer than 64 characters. */
static bool shown(struct hf_bytes v, const struct shape *hide, struct shape *ret_shape, uint64_t *ret_hash)
{
	static const uint8_t key[16] = {1};
	struct shape s = {0, 0};
	uint8_t text[4 * 64 + 64];
	size_t n = 0;

	for (size_t i = 0; i < v.len; s.length++) {
		size_t end = i + 1;
		bool star = v.data[i] == '*' && !hide;

		while (end < v.len && (v.data[end] & 0xC0) == 0x80)
			end++;
		if (s.length == 64 || end - i > 4)
			return false;
		star = star || (hide && (hide->stars >> s.length & 1));
		s.stars |= (uint64_t)star << s.length;
		if (star)
			text[n++] = 0;
		for (size_t j = i; !star && j < end; j++)
			text[n++] = v.data[j];
		i = end;
	}
	*ret_shape = s;
	*ret_hash = hf_sketch_hash(key, text, n);
	return true;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct fit *)a)->hash, y = ((const struct fit *)b)->hash;

	return x < y ? -1 : x > y;
}

static uint32_t by_fit(const struct fit *f, uint32_t count, uint64_t hash)
{
	uint32_t lo = 0, hi = count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (f[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == count || f[lo].hash != hash || (lo + 1 < count && f[lo + 1].hash == hash))
		return NO_GUESS;
	return f[lo].code;
}

static void guess_shape(struct attack *a, const struct shape *s, struct fit *fits)
{
	struct shape of;
	uint64_t hash;
	uint32_t count = 0;

	for (uint32_t i = 1; i < a->originals; i++)
		if (a->had[i] && shown(original(a, i), s, &of, &hash) && of.length == s->length)
			fits[count++] = (struct fit){hash, i};
	qsort(fits, count, sizeof(*fits), by_hash);
	for (uint32_t i = 1; i < a->masked; i++)
		if (a->guess[i] == NO_GUESS && shown(masked(a, i), NULL, &of, &hash) && of.stars == s->stars &&
		    of.length == s->length)
			a->guess[i] = by_fit(fits, count, hash);
}

static void guess_stars(struct attack *a)
{
	struct shape shapes[SHAPES_MOST], s;
	size_t count = 0, at;
	struct fit *fits = hf_alloc((size_t)a->originals * sizeof(*fits));
	uint64_t hash;

	for (uint32_t i = 1; i < a->masked && count < SHAPES_MOST; i++) {
		if (a->guess[i] != NO_GUESS || !shown(masked(a, i), NULL, &s, &hash) || !s.stars)
			continue;
		for (at = 0; at < count; at++)
			if (shapes[at].stars == s.stars && shapes[at].length == s.length)
				break;
		if (at == count)
			shapes[count++] = s;
	}
	for (size_t i = 0; i < count; i++)
		guess_shape(a, &shapes[i], fits);
	free(fits);
}

/* Values by how often they are there; equally frequent ones by their bytes. */
struct ranked {
	struct hf_bytes value;
	uint32_t rows, code;
};

static int by_rows(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	size_t n = x->value.len < y->value.len ? x->value.len : y->value.len;
	int d = n ? memcmp(x->value.data, y->value.data, n) : 0;

	if (x->rows != y->rows)
		return x->rows > y->rows ? -1 : 1;
	return d ? d : x->value.len < y->value.len ? -1 : x->value.len > y->value.len;
}

static struct ranked *ranked(const struct hf_effect_table *t, size_t column, uint32_t codes)
{
	const uint32_t *of_row = hf_effect_codes(t, column);
	struct ranked *r = hf_alloc_zero((size_t)codes * sizeof(*r));

	for (uint32_t i = 0; i < codes; i++)
		r[i] = (struct ranked){hf_effect_value(t, column, i), 0, i};
	for (uint32_t i = 0; i < hf_effect_rows(t); i++)
		r[of_row[i]].rows += of_row[i] != HF_EFFECT_NULL;
	qsort(r + 1, codes - 1, sizeof(*r), by_rows);
	return r;
}

static void guess_ranks(struct attack *a)
{
	struct ranked *was = ranked(a->before, a->before_column, a->originals);
	struct ranked *is = ranked(a->after, a->after_column, a->masked);

	for (uint32_t i = 1; i < a->masked; i++)
		a->guess[is[i].code] = i < a->originals ? was[i].code : NO_GUESS;
	free(was);
	free(is);
}

void hf_effect_attack(struct hf_effect_table *before, size_t before_column, const struct hf_effect_table *after,
                      size_t after_column, struct hf_effect_attack *ret_attack)
{
	struct attack a = {before,
	                   after,
	                   before_column,
	                   after_column,
	                   hf_effect_distinct(before, before_column),
	                   hf_effect_distinct(after, after_column),
	                   NULL,
	                   NULL};
	struct hf_effect_attack r;

	a.had = hf_alloc_zero(a.originals);
	for (uint32_t i = 0; i < hf_effect_rows(before); i++)
		a.had[hf_effect_codes(before, before_column)[i]] = true;
	a.guess = hf_alloc((size_t)a.masked * sizeof(*a.guess));
	a.guess[HF_EFFECT_NULL] = NO_GUESS;
	guess_ranks(&a);
	r.frequency = share_right(&a);
	for (uint32_t i = 1; i < a.masked; i++) {
		uint32_t code = hf_effect_code(before, before_column, masked(&a, i));

		a.guess[i] = code && code < a.originals && a.had[code] ? code : NO_GUESS;
	}
	r.same = share_right(&a);
	guess_digests(&a);
	r.unkeyed = share_right(&a);
	guess_stars(&a);
	r.dictionary = share_right(&a);
	free(a.guess);
	free(a.had);
	*ret_attack = r;
}
