/* codes_test.c - check digits against published examples, and every single wrong digit is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "masking/codes.h"

static const uint8_t *bytes(const char *text)
{
	return (const uint8_t *)text;
}

static void test_published_examples(void **state)
{
	uint8_t d[2];

	(void)state;
	assert_int_equal(hf_code_luhn(bytes("7992739871"), 10), '3'); /* the example of ISO/IEC 7812-1's commentaries */
	assert_true(hf_code_luhn_ok(bytes("4111111111111111"), 16));
	assert_int_equal(hf_code_resident(bytes("11010519491231002")), 'X'); /* GB 11643-1999, 5.1 */
	assert_int_equal(hf_code_resident(bytes("44052418800101001")), '4');
	assert_int_equal(hf_code_organization(bytes("D2143569")), 'X'); /* GB 11714-1997 */
	assert_true(hf_code_credit_ok(bytes("91350100M000100Y43")));    /* GB 32100-2015 */
	assert_int_equal(hf_code_vin(bytes("1M8GDM9AXKP042788")), 'X');
	assert_int_equal(hf_code_vin(bytes("11111111111111111")), '1');
	assert_int_equal(hf_code_imo(bytes("907472")), '9');
	assert_true(hf_code_iban(bytes("GB82WEST12345698765432"), 22, d));
	assert_memory_equal(d, "82", 2);
	assert_true(hf_code_iban(bytes("DE89370400440532013000"), 22, d));
	assert_memory_equal(d, "89", 2);
	assert_int_equal(hf_code_container(bytes("CSQU305438")), '3');
}

static void test_other_characters_are_refused(void **state)
{
	uint8_t d[2] = {0, 0};

	(void)state;
	assert_int_equal(hf_code_luhn(bytes("79927398a1"), 10), 0);
	assert_false(hf_code_luhn_ok(bytes("4111111111111a11"), 16));
	assert_int_equal(hf_code_resident(bytes("1101051949123100X")), 0);
	assert_int_equal(hf_code_organization(bytes("d2143569")), 0);
	assert_int_equal(hf_code_credit(bytes("9135010OM000100Y4")), 0);
	assert_int_equal(hf_code_vin(bytes("1M8GDM9AXKPO42788")), 0);
	assert_int_equal(hf_code_imo(bytes("90747 ")), 0);
	assert_false(hf_code_iban(bytes("GB82WEST1234569876-432"), 22, d));
	assert_false(hf_code_iban(bytes("0B82WEST12345698765432"), 22, d));
	assert_int_equal(d[0], 0);
	assert_int_equal(hf_code_container(bytes("CS1U305438")), 0);
}

/* Luhn, MOD 11-2, modulo 31 and modulo 11 notice each change of a single digit. */
static void test_single_changes_are_noticed(void **state)
{
	uint8_t id[18], card[16], code[18];

	(void)state;
	for (size_t i = 0; i < 16; i++)
		for (unsigned d = 1; d < 10; d++) {
			memcpy(id, "11010519491231002X", 18);
			memcpy(card, "4111111111111111", 16);
			id[i] = (uint8_t)('0' + (id[i] - '0' + d) % 10);
			card[i] = (uint8_t)('0' + (card[i] - '0' + d) % 10);
			assert_int_not_equal(hf_code_resident(id), id[17]);
			assert_false(hf_code_luhn_ok(card, 16));
		}
	for (size_t i = 0; i < 18; i++)
		for (const char *c = HF_CODE_CREDIT_SET; *c; c++) {
			memcpy(code, "91350100M000100Y43", 18);
			if (code[i] == (uint8_t)*c)
				continue;
			code[i] = (uint8_t)*c;
			assert_false(hf_code_credit_ok(code));
		}
}

static void test_days(void **state)
{
	(void)state;
	assert_true(hf_code_day_ok(2000, 2, 29));
	assert_false(hf_code_day_ok(1900, 2, 29));
	assert_false(hf_code_day_ok(2023, 2, 29));
	assert_true(hf_code_day_ok(1949, 12, 31));
	assert_false(hf_code_day_ok(1949, 13, 1));
	assert_false(hf_code_day_ok(1949, 4, 31));
	assert_false(hf_code_day_ok(1949, 4, 0));
	assert_false(hf_code_day_ok(0, 1, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_published_examples),
	        cmocka_unit_test(test_other_characters_are_refused),
	        cmocka_unit_test(test_single_changes_are_noticed),
	        cmocka_unit_test(test_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
