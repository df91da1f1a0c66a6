/*
 * distinct.c - declared in distinct.h. HyperLogLog with 16384 registers (Flajolet, Fusy, Gandouet, Meunier 2007), over
 * SipHash under a random key, so that nobody can choose values that deceive it; while many registers are still empty,
 * those tell the count (linear counting). Up to FEW values are kept by their hashes and counted to the last one: a
 * column of seven kinds has seven.
 */
#include "source/distinct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/sketch.h"

#define BITS 14u
#define REGISTERS (1u << BITS)
#define FEW 32u

struct registers {
	uint8_t at[REGISTERS];
	uint32_t few_count; /* more than FEW: the registers tell */
	uint64_t few[FEW];
};
struct hf_distinct {
	uint8_t key[16];
	size_t count, next; /* columns; that of the next cell */
	bool header;        /* its names were passed over */
	struct registers *column;
};

struct hf_distinct *hf_distinct_new(void)
{
	struct hf_distinct *d = hf_alloc_zero(sizeof(*d));

	hf_random(d->key, sizeof(d->key));
	return d;
}

void hf_distinct_free(struct hf_distinct *d)
{
	if (!d)
		return;
	free(d->column);
	free(d);
}

static void add_few(struct registers *r, uint64_t hash)
{
	for (uint32_t i = 0; i < r->few_count; i++)
		if (r->few[i] == hash)
			return;
	if (r->few_count < FEW)
		r->few[r->few_count] = hash;
	r->few_count++;
}

static void add(struct registers *r, uint64_t hash)
{
	size_t which = (size_t)(hash >> (64 - BITS));
	uint64_t rest = hash << BITS | (uint64_t)1 << (BITS - 1); /* so that it ends */
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);

	if (rank > r->at[which])
		r->at[which] = rank;
	if (r->few_count <= FEW)
		add_few(r, hash);
}

void hf_distinct_feed(struct hf_distinct *d, const uint8_t *cells, size_t len)
{
	size_t at = 0;

	if (!d->column && len >= 4) {
		d->count = hf_get_u32(cells);
		d->column = hf_alloc_zero((d->count + 1) * sizeof(*d->column));
		at = 4;
	}
	while (at + 4 <= len) {
		size_t n = hf_get_u32(cells + at);

		if (d->header && n > 0)
			add(&d->column[d->next], hf_sketch_hash(d->key, cells + at + 4, n));
		at += 4 + n;
		d->next = d->next + 1 == d->count ? 0 : d->next + 1;
		d->header |= d->next == 0;
	}
}

uint64_t hf_distinct_count(const struct hf_distinct *d, size_t column)
{
	const double m = REGISTERS;
	double sum = 0, estimate;
	size_t empty = 0;

	if (column >= d->count)
		return 0;
	if (d->column[column].few_count <= FEW)
		return d->column[column].few_count;
	for (size_t i = 0; i < REGISTERS; i++) {
		sum += ldexp(1, -(int)d->column[column].at[i]);
		empty += d->column[column].at[i] == 0;
	}
	estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (estimate <= 2.5 * m && empty > 0)
		estimate = m * log(m / (double)empty);
	return (uint64_t)(estimate + 0.5);
}
