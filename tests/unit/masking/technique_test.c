/* technique_test.c - no technique without its whole record (MK-36, MK-71); parameters; suppression of text (MK-65). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "masking/technique.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_every_record_is_whole(void **state)
{
	size_t count;
	const struct hf_technique *const *all = hf_techniques(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		const struct hf_technique_record *r = &all[i]->record;

		assert_ptr_equal(hf_technique_named(all[i]->id), all[i]);
		assert_true(all[i]->title[0] && r->principle[0] && r->cost[0] && r->constraint[0]);
		assert_non_null(hf_record_format(r));
		assert_non_null(hf_record_repeats(r));
		assert_non_null(hf_record_reversible(r));
		assert_non_null(hf_record_reference(r));
		assert_non_null(hf_record_meaning(r));
		assert_non_null(hf_record_distribution(r));
		assert_non_null(hf_record_reach(r));
		assert_non_null(hf_record_keyed(r));
		assert_true((r->reversible == HF_REVERSIBLE_NO) == (all[i]->unmask == NULL));
		for (const struct hf_param *p = all[i]->params; p && p->name; p++)
			assert_true(p->help && p->help[0] && p->kind && p->least <= p->most &&
			            (p->kind != HF_PARAM_CHOICE || p->choices));
	}
	assert_null(hf_technique_named("rot13"));
}

/* The one value that a technique without a key makes of in; NULL for null. */
static const char *masked(const char *technique, const struct hf_arg *args, size_t count, const char *in)
{
	static char text[200];
	const struct hf_mask_use use = {.args = args, .arg_count = count};
	const struct hf_bytes v = {(const uint8_t *)in, in ? strlen(in) : 0};
	struct hf_bytes out;
	struct hf_arena arena;
	struct hf_mask_batch b = {.in = &v, .out = &out, .count = 1, .arena = &arena};
	struct hf_masker *m = NULL;
	struct hf_fault f = {0};

	hf_arena_init(&arena, NULL, 0);
	if (hf_masker_open(hf_technique_named(technique), &use, &f, &m) != HF_OK)
		fail_msg("%s", f.text);
	assert_int_equal(hf_masker_mask(m, &b, &f), HF_OK);
	assert_true(out.len < sizeof(text));
	if (out.data)
		memcpy(text, out.data, out.len);
	text[out.len] = 0;
	hf_masker_close(m);
	hf_arena_done(&arena);
	return out.data ? text : NULL;
}

static void test_suppression(void **state)
{
	static const struct hf_arg phone[] = {{"keep-first", "3"}, {"keep-last", "4"}}, name[] = {{"keep-first", "1"}},
	                           cross[] = {{"char", "×"}, {"keep-last", "1"}}, value[] = {{"value", "removed"}};

	(void)state;
	assert_string_equal(masked("mask", phone, 2, "13812345678"), "138****5678");
	assert_string_equal(masked("mask", name, 1, "欧阳娜娜"), "欧***"); /* characters, not bytes */
	assert_string_equal(masked("mask", cross, 2, "张三丰"), "××丰");
	assert_string_equal(masked("mask", phone, 2, "1234567"), "*******"); /* not more is kept of a short value */
	assert_string_equal(masked("mask", NULL, 0, ""), "");
	assert_string_equal(masked("mask", NULL, 0, "\xff\x80z"), "**"); /* broken bytes do not come through */
	assert_null(masked("mask", NULL, 0, NULL));
	assert_string_equal(masked("const", value, 1, "secret"), "removed");
	assert_string_equal(masked("const", NULL, 0, "secret"), "***");
	assert_null(masked("const", NULL, 0, NULL));
	assert_null(masked("null", NULL, 0, "secret"));
}

/* Of a text what a detector finds in it, wherever it stands; the rest stays what it was. */
static void test_values_within_a_text(void **state)
{
	(void)state;
	assert_string_equal(masked("tag", NULL, 0, "请联系13812345678或a.b@example.com，车牌粤B12345。"),
	                    "请联系[cn.mobile]或[email]，车牌[cn.plate]。");
	assert_string_equal(masked("tag", NULL, 0, "13812345678"), "[cn.mobile]");
	assert_string_equal(masked("tag", NULL, 0, "13812345678 13812345678"), "[cn.mobile] [cn.mobile]");
	assert_string_equal(masked("tag", NULL, 0, "ID 11010519491231002X ok"), "ID [cn.resident-id] ok");
	assert_string_equal(masked("tag", NULL, 0, "nothing in 2026"), "nothing in 2026");
	assert_string_equal(masked("tag", NULL, 0, ""), "");
	assert_null(masked("tag", NULL, 0, NULL));
	assert_null(masked("tag", NULL, 0, "\xff 13812345678")); /* no text to look into */
}

static void test_parameters_are_checked(void **state)
{
	static const struct {
		struct hf_arg args[2];
		size_t count;
		const char *says;
	} wrong[] = {
	        {{{"keep-first", "three"}}, 1, "keep-first is 'three'; give a whole number from 0 to 64"},
	        {{{"keep-first", "65"}}, 1, "from 0 to 64"},
	        {{{"keep-first", " 3"}}, 1, "from 0 to 64"},
	        {{{"keep-first", "3"}, {"keep-first", "3"}}, 2, "given twice"},
	        {{{"keep-middle", "3"}}, 1, "no parameter 'keep-middle'"},
	        {{{"char", ""}}, 1, "UTF-8 of 1 to 4 bytes"},
	        {{{"char", "\xff"}}, 1, "UTF-8 of 1 to 4 bytes"},
	        {{{"char", "ab"}}, 1, "give one character"},
	        {{{"char", "aé"}}, 1, "give one character"},
	        {{{"char", "éé"}}, 1, "give one character"},
	};
	struct hf_masker *m = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		const struct hf_mask_use use = {.args = wrong[i].args, .arg_count = wrong[i].count};
		struct hf_fault f = {0};

		assert_int_equal(hf_masker_open(hf_technique_named("mask"), &use, &f, &m), HF_E_ARGUMENT);
		if (!strstr(f.text, wrong[i].says))
			fail_msg("%s", f.text);
	}
	assert_null(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_record_is_whole),
	        cmocka_unit_test(test_suppression),
	        cmocka_unit_test(test_values_within_a_text),
	        cmocka_unit_test(test_parameters_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
