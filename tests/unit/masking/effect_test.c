/* effect_test.c - figures of re-identification on tables small enough to count by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/effect.h"

#include <math.h>

#define WIDTH 3u
static const size_t both[] = {0, 1};

static void near_to(double got, double want)
{
	if (fabs(got - want) > 1e-12)
		fail_msg("%.15g is not %.15g", got, want);
}

static struct hf_effect_table *table(const char *const (*rows)[WIDTH], size_t count)
{
	struct hf_effect_table *t = hf_effect_table_new(WIDTH, (const uint8_t *)"sixteen bytes ok");

	for (size_t i = 0; i < count; i++) {
		struct hf_bytes cells[WIDTH];

		for (size_t j = 0; j < WIDTH; j++)
			cells[j] = (struct hf_bytes){(const uint8_t *)rows[i][j], strlen(rows[i][j])};
		assert_true(hf_effect_add(t, cells));
	}
	return t;
}

/* The table of Li, Li and Venkatasubramanian (2007), example 3: salaries 3k to 11k in three classes of three. */
static const char *const salaries[][WIDTH] = {
        {"476**", "2*", "3000"},   {"476**", "2*", "4000"},    {"476**", "2*", "5000"},
        {"4790*", ">=40", "6000"}, {"4790*", ">=40", "11000"}, {"4790*", ">=40", "8000"},
        {"476**", "3*", "7000"},   {"476**", "3*", "9000"},    {"476**", "3*", "10000"},
};
/* Classes of 3, 2, 1, and two rows that tell nothing. */
static const char *const mixed[][WIDTH] = {
        {"a", "x", "flu"}, {"a", "x", "flu"}, {"a", "x", "cold"}, {"b", "x", "flu"},
        {"b", "x", "flu"}, {"a", "", "hiv"},  {"", "", "flu"},    {"", "", "cold"},
};

static void test_classes_are_rows_with_equal_quasi_identifiers(void **state)
{
	struct hf_effect_table *t = table(mixed, 8);
	struct hf_effect_classes c;
	struct hf_effect_risk r;

	(void)state;
	hf_effect_classes_make(t, both, 2, &c);
	assert_int_equal(c.count, 3);
	assert_int_equal(c.of_row[0], c.of_row[2]);
	assert_int_not_equal(c.of_row[0], c.of_row[5]);
	assert_int_equal(c.of_row[7], HF_EFFECT_NO_CLASS);
	hf_effect_risk(&c, 0.4, &r);
	assert_int_equal(r.rows, 8);
	assert_int_equal(r.suppressed, 2);
	assert_int_equal(r.classes, 3);
	assert_int_equal(r.k, 1);
	assert_int_equal(r.uniques, 1);
	near_to(r.average, 2);
	near_to(r.max, 1);
	near_to(r.mean, 0.5);
	near_to(r.above, 0.5); /* the classes of 2 and of 1 */
	near_to(r.discernible, 9 + 4 + 1 + 2 * 8);
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
}

static void test_values_that_join_to_the_same_text_are_apart(void **state)
{
	static const char *const rows[][WIDTH] = {{"ab", "c", ""}, {"a", "bc", ""}, {"", "abc", ""}, {"abc", "", ""}};
	struct hf_effect_table *t = table(rows, 4);
	struct hf_effect_classes c;

	(void)state;
	hf_effect_classes_make(t, both, 2, &c);
	assert_int_equal(c.count, 4);
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
}

static void test_no_rows_have_no_risk(void **state)
{
	struct hf_effect_table *t = table(NULL, 0);
	struct hf_effect_classes c;
	struct hf_effect_risk r;
	struct hf_effect_closeness far;

	(void)state;
	hf_effect_classes_make(t, both, 2, &c);
	hf_effect_risk(&c, 0.05, &r);
	hf_effect_closeness(t, &c, 2, &far);
	assert_int_equal(r.k, 0);
	near_to(r.max, 0);
	near_to(far.equal, 0);
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
}

static void test_diversity_is_that_of_the_poorest_class(void **state)
{
	struct hf_effect_table *t = table(mixed, 3);
	struct hf_effect_classes c;
	struct hf_effect_diversity d;

	(void)state;
	hf_effect_classes_make(t, both, 2, &c);
	hf_effect_diversity(t, &c, 2, 2, &d);
	assert_int_equal(d.distinct, 2);
	near_to(d.entropy, exp(-(2.0 / 3 * log(2.0 / 3) + 1.0 / 3 * log(1.0 / 3))));
	near_to(d.c, 2); /* two of flu, one of cold */
	hf_effect_diversity(t, &c, 2, 3, &d);
	assert_true(isinf(d.c));
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
}

static void test_closeness_of_the_published_example(void **state)
{
	struct hf_effect_table *t = table(salaries, 9);
	struct hf_effect_classes c;
	struct hf_effect_closeness far;

	(void)state;
	hf_effect_classes_make(t, both, 2, &c);
	assert_int_equal(c.count, 3);
	hf_effect_closeness(t, &c, 2, &far);
	near_to(far.ordered, 0.375); /* {3k, 4k, 5k}, as the paper says; numbers in their order, 11000 after 3000 */
	near_to(far.equal, 2.0 / 3);
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
}

static void test_a_journalist_does_not_know_who_is_in_the_table(void **state)
{
	static const char *const sample[][WIDTH] = {{"a", "x", ""}, {"a", "x", ""}, {"b", "y", ""}};
	static const char *const people[][WIDTH] = {{"b", "y", ""}, {"a", "x", ""}, {"a", "x", ""}, {"a", "x", ""},
	                                            {"a", "x", ""}, {"b", "y", ""}, {"c", "z", ""}};
	struct hf_effect_table *t = table(sample, 3), *p = table(people, 7);
	struct hf_effect_classes c;
	struct hf_effect_journalist j;
	uint32_t *many;

	(void)state;
	hf_effect_classes_make(t, both, 2, &c);
	many = hf_effect_population(t, &c, both, 2, p, both);
	assert_int_equal(many[0], 4);
	assert_int_equal(many[1], 2);
	hf_effect_journalist(&c, many, 7, 0.4, &j);
	assert_int_equal(j.k, 2);
	assert_int_equal(j.strange, 0);
	near_to(j.max, 0.5);
	near_to(j.mean, (1.0 / 4 + 1.0 / 2) / 2);
	near_to(j.above, 1.0 / 3);
	near_to(j.marketer, (2.0 / 4 + 1.0 / 2) / 3);
	near_to(j.delta_min, 0); /* c, z is certainly not in the table */
	near_to(j.delta_max, 0.5);
	hf_effect_journalist(&c, (const uint32_t[]){1, 2}, 3, 0.4, &j);
	assert_int_equal(j.strange, 1);
	near_to(j.delta_max, 1);
	free(many);
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
	hf_effect_table_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_classes_are_rows_with_equal_quasi_identifiers),
	        cmocka_unit_test(test_values_that_join_to_the_same_text_are_apart),
	        cmocka_unit_test(test_no_rows_have_no_risk),
	        cmocka_unit_test(test_diversity_is_that_of_the_poorest_class),
	        cmocka_unit_test(test_closeness_of_the_published_example),
	        cmocka_unit_test(test_a_journalist_does_not_know_who_is_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
