/* permutation.c - the checks, the batches and the cycle walk that both engines share. */
#include "masking/permutation/permutation.h"

#include "base/mem.h"
#include "masking/permutation/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct hf_permutation {
	const struct hf_engine_row *engine;
	void *state;
	hf_u128 size, domain;
};

static const struct hf_engine_row *const engines[] = {
        [HF_ENGINE_FF1] = &hf_engine_ff1,
        [HF_ENGINE_SWAP_OR_NOT] = &hf_engine_swap_or_not,
};
#define ENGINES (sizeof(engines) / sizeof(engines[0]))

static const hf_u128 size_end = (hf_u128)1 << 100;

const char *hf_engine_name(enum hf_engine e)
{
	return e > 0 && e < ENGINES ? engines[e]->name : NULL;
}

enum hf_engine hf_engine_from_name(const char *name)
{
	for (size_t i = 1; i < ENGINES; i++) {
		if (strcmp(engines[i]->name, name) == 0)
			return (enum hf_engine)i;
	}
	return HF_ENGINE_INVALID;
}

/* radix^length, or 0 when that is not below 2^100. */
static hf_u128 power(uint32_t radix, uint32_t length)
{
	hf_u128 n = 1;

	for (uint32_t i = 0; i < length; i++) {
		n *= radix;
		if (n >= size_end)
			return 0;
	}
	return n;
}

static enum hf_err check(const struct hf_permutation_setup *s, hf_u128 size, struct hf_fault *f)
{
	if (!hf_engine_name(s->engine))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the engine of a permutation is ff1 or swap-or-not; name one of them");
	if ((s->key_len != 16 && s->key_len != 24 && s->key_len != 32) || s->tweak_len > HF_PERMUTATION_TWEAK_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "a permutation takes a key of 16, 24 or 32 bytes and a tweak of at most %u",
		                    HF_PERMUTATION_TWEAK_MAX);
	if (s->length > 0 && (s->radix < 2 || s->radix > HF_PERMUTATION_RADIX_MAX || s->length < 2))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "an alphabet has 2 to 65536 characters and a string of it at least two, not %u and %u",
		        s->radix, s->length);
	if (size == 0 || size >= size_end)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "the domain has 2^100 values or more; mask a shorter part, or take denc");
	if (size < HF_PERMUTATION_FLOOR)
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "the domain has only %llu values, and below %u a permutation is found by trying; mask "
		        "more characters, or take map or bucket",
		        (unsigned long long)size, HF_PERMUTATION_FLOOR);
	return HF_OK;
}

enum hf_err hf_permutation_new(const struct hf_permutation_setup *setup, struct hf_fault *f,
                               struct hf_permutation **ret_p)
{
	const hf_u128 size = setup->length > 0 ? power(setup->radix, setup->length) : setup->size;
	struct hf_permutation *p;

	HF_TRY(check(setup, size, f));
	p = hf_alloc_zero(sizeof(*p));
	p->engine = engines[setup->engine];
	p->size = size;
	p->state = p->engine->new (setup, size, &p->domain);
	if (!p->state) {
		free(p);
		return HF_E_CRYPTO;
	}
	*ret_p = p;
	return HF_OK;
}

void hf_permutation_free(struct hf_permutation *p)
{
	if (!p)
		return;
	p->engine->free(p->state);
	free(p);
}

hf_u128 hf_permutation_size(const struct hf_permutation *p)
{
	return p->size;
}

/* Those that left [0, N) go round again, together, until all are back: a permutation restricted to its cycles. */
static bool walk(struct hf_permutation *p, hf_u128 *values, size_t count, bool invert)
{
	hf_u128 out[HF_LANES];
	size_t at[HF_LANES], left = 0;

	for (size_t i = 0; i < count; i++) {
		if (values[i] >= p->size)
			at[left++] = i;
	}
	while (left > 0) {
		size_t still = 0;

		for (size_t i = 0; i < left; i++)
			out[i] = values[at[i]];
		if (!p->engine->apply(p->state, out, left, invert))
			return false;
		for (size_t i = 0; i < left; i++) {
			values[at[i]] = out[i];
			if (out[i] >= p->size)
				at[still++] = at[i];
		}
		left = still;
	}
	return true;
}

static enum hf_err run(struct hf_permutation *p, hf_u128 *values, size_t count, bool invert)
{
	for (size_t i = 0; i < count; i++)
		assert(values[i] < p->size);
	while (count > 0) {
		const size_t n = count < HF_LANES ? count : HF_LANES;

		if (!p->engine->apply(p->state, values, n, invert) ||
		    (p->domain > p->size && !walk(p, values, n, invert)))
			return HF_E_CRYPTO;
		values += n;
		count -= n;
	}
	return HF_OK;
}

enum hf_err hf_permutation_apply(struct hf_permutation *p, hf_u128 *values, size_t count)
{
	return run(p, values, count, false);
}

enum hf_err hf_permutation_invert(struct hf_permutation *p, hf_u128 *values, size_t count)
{
	return run(p, values, count, true);
}
