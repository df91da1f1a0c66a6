/* ids_test.c - UUIDv7, node names and principals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ids.h"
#include "crypto/crypto.h"

/* RFC 9562 appendix A.6 */
static const char published[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

static void the_published_example_parses_and_prints(void **state)
{
	struct hf_id id;
	char text[HF_ID_TEXT];

	(void)state;
	assert_true(hf_id_parse(published, &id));
	assert_int_equal(id.b[0], 0x01);
	assert_int_equal(id.b[15], 0x8f);
	hf_id_text(&id, text);
	assert_string_equal(text, published);
}

static void a_new_id_carries_its_time_sorts_by_it_and_is_unique(void **state)
{
	struct hf_id a = hf_id_new(1645557742000), b = hf_id_new(1645557742000), c = hf_id_new(1645557742001), back;
	char text[HF_ID_TEXT];

	(void)state;
	assert_memory_equal(a.b, ((const uint8_t[]){0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0}), 6);
	assert_false(hf_id_equal(&a, &b));
	assert_true(memcmp(a.b, c.b, 16) < 0 && memcmp(b.b, c.b, 16) < 0);
	hf_id_text(&a, text);
	assert_true(hf_id_parse(text, &back));
	assert_true(hf_id_equal(&a, &back));
	assert_true(hf_id_from_bytes(a.b, 16, &back));
	assert_false(hf_id_is_zero(&a));
	assert_true(hf_id_is_zero(&(struct hf_id){{0}}));
}

static void everything_but_the_canonical_form_of_version_7_is_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
	        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
	        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
	        "017f22e279b0-7cc3-98c4-dc0c0c07398f0",
	        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
	        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
	        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
	        "00000000-0000-0000-0000-000000000000",
	        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
	        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
	};
	struct hf_id id = {{7}};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hf_id_parse(bad[i], &id));
	assert_false(hf_id_parse(NULL, &id));
	assert_false(hf_id_from_bytes(published, 15, &id));
	assert_false(hf_id_from_bytes(NULL, 16, &id));
	assert_int_equal(id.b[0], 7); /* untouched on failure */
}

static void names_are_short_lower_case_and_start_with_a_letter_or_digit(void **state)
{
	char longest[65];
	struct hf_name n, m;

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[63] = '\0';
	assert_true(hf_name_parse(longest, &n));
	longest[63] = 'a';
	longest[64] = '\0';
	assert_false(hf_name_parse(longest, &n));
	assert_true(hf_name_parse("transport-2.city", &n));
	assert_true(hf_name_parse("transport-2.city", &m));
	assert_true(hf_name_equal(&n, &m));
	assert_true(hf_name_parse("7", &m));
	assert_false(hf_name_equal(&n, &m));
	assert_false(hf_name_parse("", &n));
	assert_false(hf_name_parse("-a", &n));
	assert_false(hf_name_parse(".a", &n));
	assert_false(hf_name_parse("Transport", &n));
	assert_false(hf_name_parse("a_b", &n));
	assert_false(hf_name_parse("a/b", &n));
	assert_false(hf_name_parse("\xE8\x99\x8E", &n));
	assert_false(hf_name_parse(NULL, &n));
}

static void a_principal_is_a_node_or_a_department_of_it(void **state)
{
	struct hf_name node, department;
	char longest[HF_PRINCIPAL_MAX + 2];

	(void)state;
	assert_true(hf_principal_split("transport", &node, &department));
	assert_string_equal(node.s, "transport");
	assert_string_equal(department.s, "");
	assert_true(hf_principal_split("transport/roads", &node, &department));
	assert_string_equal(department.s, "roads");
	assert_false(hf_principal_split("transport/", &node, &department));
	assert_false(hf_principal_split("/roads", &node, &department));
	assert_false(hf_principal_split("a/b/c", &node, &department));
	assert_false(hf_principal_split("", &node, &department));
	assert_false(hf_principal_split(NULL, &node, &department));
	memset(longest, 'a', sizeof(longest));
	longest[63] = '/';
	longest[HF_PRINCIPAL_MAX] = '\0';
	assert_true(hf_principal_split(longest, &node, &department));
	longest[HF_PRINCIPAL_MAX] = 'a';
	longest[HF_PRINCIPAL_MAX + 1] = '\0';
	assert_false(hf_principal_split(longest, &node, &department));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_published_example_parses_and_prints),
	        cmocka_unit_test(a_new_id_carries_its_time_sorts_by_it_and_is_unique),
	        cmocka_unit_test(everything_but_the_canonical_form_of_version_7_is_refused),
	        cmocka_unit_test(names_are_short_lower_case_and_start_with_a_letter_or_digit),
	        cmocka_unit_test(a_principal_is_a_node_or_a_department_of_it),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
