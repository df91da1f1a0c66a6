/* effect_attack_test.c - original values that come back: what is weak is seen to be, what is keyed is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "masking/effect_attack.h"

#define ROWS 6u

static struct hf_effect_table *column(const char *const *values)
{
	struct hf_effect_table *t = hf_effect_table_new(1, (const uint8_t *)"sixteen bytes ok");

	for (size_t i = 0; i < ROWS; i++) {
		struct hf_bytes cell = {(const uint8_t *)values[i], strlen(values[i])};

		assert_true(hf_effect_add(t, &cell));
	}
	return t;
}

static struct hf_effect_attack attack(const char *const *before, const char *const *after)
{
	struct hf_effect_table *b = column(before), *a = column(after);
	struct hf_effect_attack r;

	hf_effect_attack(b, 0, a, 0, &r);
	hf_effect_table_free(b);
	hf_effect_table_free(a);
	return r;
}

static void expect(double got, unsigned of, unsigned rows)
{
	assert_int_equal((int)(got * 1000000 + 0.5), (int)(1000000.0 * of / rows + 0.5));
}

static const char *const places[ROWS] = {"Kunming", "Kunming", "Kunming", "Lhasa", "Lhasa", "Wuhan"};

static void test_values_that_stayed_are_counted(void **state)
{
	static const char *const after[ROWS] = {"Kunming", "Lhasa", "", "Lhasa", "Lhasa", "x"};
	struct hf_effect_attack r = attack(places, after);

	(void)state;
	expect(r.same, 3, 6);
	expect(r.dictionary, 3, 6);
}

static void test_an_unkeyed_digest_is_no_secret(void **state)
{
	/* SHA-256 of abc (FIPS 180-4), whole, cut, in capitals; what is too short or of nothing known is not found */
	static const char *const before[ROWS] = {"abc", "abc", "abc", "abc", "x", "y"};
	static const char *const after[ROWS] = {"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	                                        "ba7816bf",
	                                        "BA7816BF8F01",
	                                        "ba7816b",
	                                        "00000000000000",
	                                        "11111111"};
	struct hf_effect_attack r = attack(before, after);

	(void)state;
	expect(r.same, 0, 6);
	expect(r.dictionary, 3, 6);
}

static void test_stars_hide_only_what_has_company(void **state)
{
	static const char *const before[ROWS] = {"王小明",      "王小芳",      "李四",
	                                         "13800001111", "13800002222", "13912341111"};
	static const char *const after[ROWS] = {"王小*", "王**", "李*", "138****1111", "***********", "139****1111"};
	struct hf_effect_attack r = attack(before, after);

	(void)state;
	expect(r.dictionary, 3, 6); /* 李*, and both mobiles that show enough */
}

static void test_frequencies_give_pseudonyms_away(void **state)
{
	static const char *const after[ROWS] = {"p7", "p7", "p7", "a1", "a1", "q3"};
	static const char *const flat[ROWS] = {"f", "e", "d", "c", "b", "a"};
	static const char *const first[ROWS] = {"u", "v", "w", "", "", ""};
	struct hf_effect_attack r = attack(places, after);

	(void)state;
	expect(r.dictionary, 0, 6);
	expect(r.frequency, 6, 6);
	r = attack(flat, places); /* equally frequent originals go by their bytes: Kunming is a, Lhasa b, Wuhan c */
	expect(r.frequency, 1, 6);
	r = attack(first, first); /* rows without an original are not counted */
	expect(r.frequency, 3, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_values_that_stayed_are_counted),
	        cmocka_unit_test(test_an_unkeyed_digest_is_no_secret),
	        cmocka_unit_test(test_stars_hide_only_what_has_company),
	        cmocka_unit_test(test_frequencies_give_pseudonyms_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
