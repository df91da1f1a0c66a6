/* permutation_test.c - NIST's samples, and what every engine promises: a bijection on [0, N), its inverse, keys,
 * bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "crypto/crypto.h"
#include "masking/permutation/permutation.h"
#include "vectors/ff1.h"

static const uint8_t key[32] = {7, 1, 2, 3, 250};

static size_t from_hex(const char *hex, uint8_t *out)
{
	const size_t n = strlen(hex) / 2;
	unsigned byte;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return n;
}

static hf_u128 number(const char *text, unsigned radix)
{
	hf_u128 v = 0;

	for (; *text; text++)
		v = v * radix + (unsigned)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	return v;
}

static struct hf_permutation *make(enum hf_engine engine, const uint8_t *k, const char *tweak, hf_u128 size)
{
	struct hf_permutation *p = NULL;

	assert_int_equal(hf_permutation_new(&(struct hf_permutation_setup){.engine = engine,
	                                                                   .key = k,
	                                                                   .key_len = 32,
	                                                                   .tweak = tweak,
	                                                                   .tweak_len = strlen(tweak),
	                                                                   .size = size},
	                                    NULL, &p),
	                 HF_OK);
	return p;
}

static void test_nist_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ff1_vectors) / sizeof(ff1_vectors[0]); i++) {
		const struct ff1_vector *v = &ff1_vectors[i];
		uint8_t k[32], tweak[32];
		const struct hf_permutation_setup setup = {.engine = HF_ENGINE_FF1,
		                                           .key = k,
		                                           .key_len = from_hex(v->key, k),
		                                           .tweak = tweak,
		                                           .tweak_len = from_hex(v->tweak, tweak),
		                                           .radix = v->radix,
		                                           .length = (uint32_t)strlen(v->plain)};
		struct hf_permutation *p = NULL;
		hf_u128 x = number(v->plain, v->radix);

		assert_int_equal(hf_permutation_new(&setup, NULL, &p), HF_OK);
		assert_int_equal(hf_permutation_apply(p, &x, 1), HF_OK);
		assert_true(x == number(v->cipher, v->radix));
		assert_int_equal(hf_permutation_invert(p, &x, 1), HF_OK);
		assert_true(x == number(v->plain, v->radix));
		hf_permutation_free(p);
	}
}

/* Every value of a whole domain is met once, also where the engine's own domain is larger than N. */
static void bijection(enum hf_engine engine, hf_u128 size)
{
	struct hf_permutation *p = make(engine, key, "cn.plate", size);
	const size_t n = (size_t)size;
	uint8_t *met = calloc(n, 1);
	hf_u128 *values = malloc(n * sizeof(*values));
	size_t fixed = 0;

	assert_non_null(met);
	assert_non_null(values);
	for (size_t i = 0; i < n; i++)
		values[i] = i;
	assert_int_equal(hf_permutation_apply(p, values, n), HF_OK);
	for (size_t i = 0; i < n; i++) {
		assert_true(values[i] < size);
		assert_int_equal(met[(size_t)values[i]]++, 0);
		fixed += values[i] == i;
	}
	assert_true(fixed < 20); /* a random permutation has one fixed point on average */
	assert_int_equal(hf_permutation_invert(p, values, n), HF_OK);
	for (size_t i = 0; i < n; i++)
		assert_true(values[i] == i);
	free(values);
	free(met);
	hf_permutation_free(p);
}

static void test_every_value_once(void **state)
{
	(void)state;
	bijection(HF_ENGINE_FF1, 1000000);
	bijection(HF_ENGINE_FF1, 1000003); /* a prime: cycles are walked */
	bijection(HF_ENGINE_SWAP_OR_NOT, 1000003);
}

/* Large domains of many sizes, halves above 2^32 too: there and back for values from all of the range. */
static void test_there_and_back(void **state)
{
	static const unsigned shift[] = {20, 32, 33, 47, 63, 64, 65, 80, 99};

	(void)state;
	for (enum hf_engine e = HF_ENGINE_FF1; e <= HF_ENGINE_SWAP_OR_NOT; e++) {
		for (size_t i = 0; i < sizeof(shift) / sizeof(shift[0]); i++) {
			const hf_u128 size = ((hf_u128)1 << shift[i]) + 12345;
			struct hf_permutation *p = make(e, key, "", size);
			hf_u128 values[300], was[300];

			assert_true(hf_permutation_size(p) == size);
			for (unsigned j = 0; j < 300; j++)
				was[j] = values[j] = size / 300 * j + (j == 299 ? size - size / 300 * 299 - 1 : 0);
			assert_int_equal(hf_permutation_apply(p, values, 300), HF_OK);
			assert_true(memcmp(values, was, sizeof(was)) != 0);
			for (unsigned j = 0; j < 300; j++)
				assert_true(values[j] < size);
			assert_int_equal(hf_permutation_invert(p, values, 300), HF_OK);
			assert_memory_equal(values, was, sizeof(was));
			hf_permutation_free(p);
		}
	}
}

/* One value alone, and in a batch of any size, gives the same; another key or tweak gives another. */
static void test_key_and_tweak_decide_alone(void **state)
{
	static const uint8_t other_key[32] = {8};

	(void)state;
	for (enum hf_engine e = HF_ENGINE_FF1; e <= HF_ENGINE_SWAP_OR_NOT; e++) {
		struct hf_permutation *p = make(e, key, "cn.mobile", 100000000);
		struct hf_permutation *q = make(e, other_key, "cn.mobile", 100000000);
		struct hf_permutation *r =
		        make(e, key, "a longer tweak than a block of AES has: cn.landline", 100000000);
		hf_u128 batch[500], alone, by_key[500], by_tweak[500];
		unsigned same_key = 0, same_tweak = 0;

		for (unsigned i = 0; i < 500; i++)
			batch[i] = by_key[i] = by_tweak[i] = 13800000 + i;
		assert_int_equal(hf_permutation_apply(p, batch, 500), HF_OK);
		assert_int_equal(hf_permutation_apply(q, by_key, 500), HF_OK);
		assert_int_equal(hf_permutation_apply(r, by_tweak, 500), HF_OK);
		for (unsigned i = 0; i < 500; i++) {
			alone = 13800000 + i;
			assert_int_equal(hf_permutation_apply(p, &alone, 1), HF_OK);
			assert_true(alone == batch[i]);
			same_key += by_key[i] == batch[i];
			same_tweak += by_tweak[i] == batch[i];
		}
		assert_true(same_key <= 1 && same_tweak <= 1);
		hf_permutation_free(p);
		hf_permutation_free(q);
		hf_permutation_free(r);
	}
}

static void test_bounds_are_refused(void **state)
{
	struct hf_permutation_setup s = {.engine = HF_ENGINE_FF1, .key = key, .key_len = 32, .size = 999999};
	struct hf_permutation *p = NULL;
	struct hf_fault f = {0};

	(void)state;
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_LIMIT);
	assert_non_null(strstr(f.text, "only 999999 values"));
	s.size = (hf_u128)1 << 100;
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_LIMIT);
	s = (struct hf_permutation_setup){.engine = HF_ENGINE_FF1, .key = key, .key_len = 32, .radix = 10, .length = 5};
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_LIMIT);
	s.length = 31;
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_LIMIT);
	s.length = 8;
	s.key_len = 31;
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_ARGUMENT);
	s.key_len = 32;
	s.tweak_len = HF_PERMUTATION_TWEAK_MAX + 1;
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_ARGUMENT);
	s.tweak_len = 0;
	s.radix = 65537;
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_ARGUMENT);
	s.radix = 10;
	s.engine = HF_ENGINE_INVALID;
	assert_int_equal(hf_permutation_new(&s, &f, &p), HF_E_ARGUMENT);
	assert_null(p);
	assert_int_equal(hf_engine_from_name("swap-or-not"), HF_ENGINE_SWAP_OR_NOT);
	assert_int_equal(hf_engine_from_name("ff3"), HF_ENGINE_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_nist_samples),       cmocka_unit_test(test_every_value_once),
	        cmocka_unit_test(test_there_and_back),     cmocka_unit_test(test_key_and_tweak_decide_alone),
	        cmocka_unit_test(test_bounds_are_refused),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
