/* window_test.c - does the map of seen sequences agree with a list, in order, with gaps, with neighbours swapped? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peers/window.h"

static void it_agrees_with_a_list(void **state)
{
	enum { SPAN = 40000 };
	bool *seen = calloc(SPAN, sizeof(bool));
	struct hf_seen s = {0};
	uint64_t x = 88172645463325252ull, next = 0;
	(void)state;
	for (int i = 0; i < 100000; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		uint64_t n = (uint64_t)i / 3 + x % 2500;
		if (n >= SPAN)
			continue;
		bool old = next > HF_SEEN_BITS && n < next - HF_SEEN_BITS;
		assert_int_equal(hf_seen_has(&s, n), seen[n] || old);
		if (seen[n] || old)
			continue;
		hf_seen_add(&s, n);
		seen[n] = true;
		next = n + 1 > next ? n + 1 : next;
	}
	free(seen);
}

static void swapped_neighbours_are_both_new(void **state)
{
	struct hf_seen s = {0};
	(void)state;
	hf_seen_add(&s, 2);
	assert_false(hf_seen_has(&s, 1));
	hf_seen_add(&s, 1);
	assert_true(hf_seen_has(&s, 1));
	assert_true(hf_seen_has(&s, 2));
	hf_seen_add(&s, 1000000);
	assert_true(hf_seen_has(&s, 2));
	assert_false(hf_seen_has(&s, 999999));
	assert_false(hf_seen_has(&s, 1000001));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_agrees_with_a_list),
	        cmocka_unit_test(swapped_neighbours_are_both_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
