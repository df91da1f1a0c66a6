/* trend_test.c - the figures that a run's evaluation has, and which of them are worse than those before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "release/trend.h"

/* An evaluation as evaluate.c writes it: two fields, one kept. */
static json_t *evaluation(int reached, double kept, double dictionary, bool residual)
{
	return json_pack("{s:[{s:s, s:i, s:i, s:f, s:f, s:b}, {s:s, s:i, s:i, s:b}], s:{s:i, s:i, s:[{s:f}, {s:f}]}}",
	                 "fields", "field", "plate", "values", 900, "unreadable", 9, "by_dictionary", dictionary,
	                 "by_frequency", 0.001, "residual", 0, "field", "lane", "values", 900, "unreadable", 0,
	                 "residual", residual, "coverage", "sensitive", 4, "reached", reached, "fields", "kept_share",
	                 kept, "kept_share", 0.0);
}

static double figure(const json_t *figures, const char *name)
{
	const json_t *v = json_object_get(figures, name);

	if (!v)
		fail_msg("there is no figure %s", name);
	return json_number_value(v);
}

static void test_figures_of_an_evaluation(void **state)
{
	json_t *e = evaluation(3, 0.25, 0.01, true), *f = hf_trend_figures(e), *none = json_object(), *g;

	(void)state;
	assert_true(figure(f, "reached") == 0.75);
	assert_true(figure(f, "kept") == 0.25);
	assert_true(figure(f, "by_dictionary") == 0.01);
	assert_true(figure(f, "by_frequency") == 0.001);
	assert_true(figure(f, "residual") == 1);
	assert_true(figure(f, "unreadable") == 9.0 / 1800);
	assert_null(json_object_get(f, "k")); /* nothing was demanded, so nothing was measured */
	json_object_set_new(e, "risk", json_pack("{s:i, s:f}", "k", 5, "prosecutor_max", 0.2));
	g = hf_trend_figures(e);
	assert_true(figure(g, "k") == 5 && figure(g, "risk") == 0.2);
	json_decref(g);
	g = hf_trend_figures(none);
	assert_int_equal(json_object_size(g), 1); /* no field was kept that looks sensitive */
	json_decref(g);
	json_decref(none);
	json_decref(f);
	json_decref(e);
}

/* Of two sets of figures: the words of worse and better, joined. */
static void compare(const char *before, const char *now, char worse[100], char better[100])
{
	json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL),
	       *lists[2] = {json_array(), json_array()};
	char *texts[2] = {worse, better};

	assert_non_null(a);
	assert_non_null(b);
	hf_trend_compare(a, b, lists[0], lists[1]);
	for (size_t k = 0; k < 2; k++) {
		texts[k][0] = '\0';
		for (size_t i = 0; i < json_array_size(lists[k]); i++)
			snprintf(texts[k] + strlen(texts[k]), 100 - strlen(texts[k]), "%s ",
			         json_string_value(json_array_get(lists[k], i)));
		json_decref(lists[k]);
	}
	json_decref(a);
	json_decref(b);
}

/* DS-89: which way each figure is better; a share that differs by chance only is neither. */
static void test_what_is_worse(void **state)
{
	char worse[100], better[100];

	(void)state;
	compare("{\"reached\": 1.0, \"kept\": 0.0, \"by_dictionary\": 0.01, \"residual\": 0, \"k\": 5, \"risk\": 0.2}",
	        "{\"reached\": 0.5, \"kept\": 0.3, \"by_dictionary\": 0.02, \"residual\": 2, \"k\": 4, \"risk\": 0.25}",
	        worse, better);
	assert_string_equal(worse, "reached kept by_dictionary residual k risk ");
	assert_string_equal(better, "");
	compare("{\"reached\": 0.5, \"by_frequency\": 0.3, \"unreadable\": 0.1, \"k\": 4}",
	        "{\"reached\": 0.6, \"by_frequency\": 0.2, \"unreadable\": 0.0, \"k\": 6}", worse, better);
	assert_string_equal(worse, "");
	assert_string_equal(better, "reached by_frequency unreadable k ");
	compare("{\"reached\": 0.5, \"kept\": 0.300}", "{\"reached\": 0.502, \"kept\": 0.304}", worse, better);
	assert_string_equal(worse, "");
	assert_string_equal(better, "");
	compare("{\"k\": 5}", "{\"reached\": 0.1}", worse, better); /* nothing of both */
	assert_string_equal(worse, "");
	assert_string_equal(better, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_figures_of_an_evaluation),
	        cmocka_unit_test(test_what_is_worse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
