/* hierarchy_test.c - trees of values, what is none, and distances in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "masking/effect_tree.h"

/* The diseases of Li, Li and Venkatasubramanian 2007, figure 1, two of each branch. */
static const char diseases[] = "flu,respiratory infection,respiratory\n"
                               "pneumonia,respiratory infection,respiratory\n"
                               "bronchitis,respiratory infection,respiratory\n"
                               "gastric ulcer,stomach disease,digestive\n"
                               "gastritis,stomach disease,digestive\n"
                               "colitis,colon disease,digestive\n";

static struct hf_bytes text(const char *s)
{
	return (struct hf_bytes){(const uint8_t *)s, strlen(s)};
}

static struct hf_hierarchy *tree(const char *lines)
{
	struct hf_hierarchy *h = NULL;
	struct hf_fault f = {.code = HF_OK};

	if (hf_hierarchy_read("tree", lines, strlen(lines), &h, &f) != HF_OK)
		fail_msg("%s", f.text);
	return h;
}

static void test_nodes_above_values(void **state)
{
	struct hf_hierarchy *h = tree(diseases);

	(void)state;
	assert_int_equal(hf_hierarchy_levels(h), 2);
	assert_int_equal(hf_hierarchy_nodes(h, 1), 3);
	assert_int_equal(hf_hierarchy_nodes(h, 2), 2);
	assert_int_equal(hf_hierarchy_node(h, text("flu"), 1), hf_hierarchy_node(h, text("bronchitis"), 1));
	assert_int_not_equal(hf_hierarchy_node(h, text("gastritis"), 1), hf_hierarchy_node(h, text("colitis"), 1));
	assert_int_equal(hf_hierarchy_node(h, text("gastritis"), 2), hf_hierarchy_node(h, text("colitis"), 2));
	assert_int_equal(hf_hierarchy_node(h, text("cold"), 1), UINT32_MAX);
	hf_hierarchy_free(h);
}

static void refused(const char *lines, const char *says)
{
	struct hf_hierarchy *h = NULL;
	struct hf_fault f = {.code = HF_OK};

	assert_int_not_equal(hf_hierarchy_read("tree", lines, strlen(lines), &h, &f), HF_OK);
	if (!strstr(f.text, says))
		fail_msg("'%s' does not say '%s'", f.text, says);
}

static void test_what_is_no_tree_is_named(void **state)
{
	(void)state;
	refused("", "empty");
	refused("a\n", "fewer than 2");
	refused("a,b,c\nd,b\n", "line 2 has not as many levels as the first; give each 2");
	refused("a,b,c\nd,b,e\n", "line 2 goes to another parent at level 2");
	refused("a,b\na,c\n", "begins like an earlier one");
}

/* Each class of two; column 0 tells the class, column 1 the disease. */
static double distance(const char *const (*rows)[2], size_t count, uint32_t strange)
{
	static const size_t quasi[] = {0};
	struct hf_effect_table *t = hf_effect_table_new(2, (const uint8_t *)"sixteen bytes ok");
	struct hf_hierarchy *h = tree(diseases);
	struct hf_effect_classes c;
	double far = -1;

	for (size_t i = 0; i < count; i++)
		assert_true(hf_effect_add(t, (struct hf_bytes[2]){text(rows[i][0]), text(rows[i][1])}));
	hf_effect_classes_make(t, quasi, 1, &c);
	assert_int_equal(hf_effect_closeness_tree(t, &c, 1, h, &far), strange);
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
	hf_hierarchy_free(h);
	return far;
}

static void near_to(double got, double want)
{
	if (got - want > 1e-12 || want - got > 1e-12)
		fail_msg("%.15g is not %.15g", got, want);
}

static void test_the_distance_is_the_level_at_which_values_join(void **state)
{
	/* half moves from flu to pneumonia, or between stomach and colon, or to the other branch: 1, 2 or 3 of 3 levels
	 */
	static const char *const lungs[][2] = {{"a", "flu"}, {"a", "flu"}, {"b", "pneumonia"}, {"b", "pneumonia"}};
	static const char *const belly[][2] = {
	        {"a", "gastritis"}, {"a", "gastritis"}, {"b", "colitis"}, {"b", "colitis"}};
	static const char *const both[][2] = {{"a", "flu"}, {"a", "flu"}, {"b", "colitis"}, {"b", "colitis"}};
	static const char *const null[][2] = {{"a", "flu"}, {"a", "flu"}, {"b", ""}, {"b", ""}};
	static const char *const cold[][2] = {{"a", "flu"}, {"a", "cold"}, {"b", "pox"}, {"b", "pox"}};

	(void)state;
	near_to(distance(lungs, 4, 0), 0.5 / 3);
	near_to(distance(belly, 4, 0), 0.5 * 2 / 3);
	near_to(distance(both, 4, 0), 0.5);
	near_to(distance(null, 4, 0), 0.5);
	near_to(distance(cold, 4, 2), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_nodes_above_values),
	        cmocka_unit_test(test_what_is_no_tree_is_named),
	        cmocka_unit_test(test_the_distance_is_the_level_at_which_values_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
