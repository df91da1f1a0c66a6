/*
 * leaves_test.c - chunks finish in any order; the root is that of the chunks in order, and the window is bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "exchange/transfer.h"

#define COUNT 200u

static struct hf_hash leaf_of(uint64_t index)
{
	struct hf_hash h;
	hf_merkle_leaf(&index, sizeof(index), &h);
	return h;
}

static void shuffle(uint64_t *order, unsigned n, unsigned *seed)
{
	for (unsigned i = n - 1; i > 0; i--) {
		unsigned j = (unsigned)rand_r(seed) % (i + 1);
		uint64_t t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
}

static void any_order_gives_the_same_root(void **state)
{
	(void)state;
	const char *given = getenv("HUFU_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 7;
	printf("seed %u\n", seed);
	struct hf_hash all[COUNT], want, got;
	uint64_t order[COUNT];
	struct leaf_window w;
	uint32_t bytes;
	for (uint64_t i = 0; i < COUNT; i++) {
		all[i] = leaf_of(i);
		order[i] = i;
	}
	hf_merkle_root(all, COUNT, &want);
	shuffle(order, COUNT, &seed);
	leaves_init(&w);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_true(leaves_put(&w, order[i], &all[order[i]], (uint32_t)order[i]));
		while (leaves_advance(&w, &bytes))
			assert_int_equal(bytes, w.range.size - 1);
	}
	assert_int_equal(w.range.size, COUNT);
	hf_merkle_range_root(&w.range, &got);
	assert_memory_equal(got.b, want.b, 32);
}

static void a_missing_chunk_stops_the_range(void **state)
{
	(void)state;
	struct leaf_window w;
	struct hf_hash h = leaf_of(1);
	uint32_t bytes;
	leaves_init(&w);
	assert_true(leaves_put(&w, 1, &h, 5));
	assert_false(leaves_advance(&w, &bytes));
	assert_false(leaves_has(&w, 0));
	assert_true(leaves_has(&w, 1));
}

static void what_lies_outside_the_window_is_refused(void **state)
{
	(void)state;
	struct leaf_window w;
	struct hf_hash h = leaf_of(0);
	uint32_t bytes;
	leaves_init(&w);
	assert_false(leaves_put(&w, UNACKED_MAX, &h, 1));
	assert_true(leaves_put(&w, 0, &h, 1));
	assert_true(leaves_advance(&w, &bytes));
	assert_false(leaves_put(&w, 0, &h, 1));
	assert_true(leaves_put(&w, UNACKED_MAX, &h, 1));
}

static int set_up(void **state)
{
	(void)state;
	return hf_crypto_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_order_gives_the_same_root),
	        cmocka_unit_test(a_missing_chunk_stops_the_range),
	        cmocka_unit_test(what_lies_outside_the_window_is_refused),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
