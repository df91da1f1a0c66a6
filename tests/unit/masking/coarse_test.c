/* coarse_test.c - numbers, times and trees made coarser: examples (MK-65, MK-66), and each record on a million values.
 */
#include "trial.h"

static int money(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "%s%u.%02u", draw >> 60 == 0 ? "-" : "", (unsigned)(draw % 90000),
	                (unsigned)(draw >> 32) % 100);
}

static int moment(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "%u-%02u-%02u %02u:%02u:%02u", 1950 + (unsigned)(draw % 80),
	                1 + (unsigned)(draw >> 8) % 12, 1 + (unsigned)(draw >> 16) % 28, (unsigned)(draw >> 24) % 24,
	                (unsigned)(draw >> 32) % 60, (unsigned)(draw >> 40) % 60);
}

static int word(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "440%03u", (unsigned)(draw % 300));
}

static double number(const struct hf_bytes *v)
{
	return strtod((const char *)v->data, NULL);
}

static void compare_means(const struct trial *t, double bound)
{
	double in = 0, out = 0;

	for (size_t i = 0; i < t->count; i++) {
		in += number(&t->in[i]);
		out += number(&t->out[i]);
	}
	assert_true((in - out) / (double)t->count < bound && (out - in) / (double)t->count < bound);
}

static void test_examples(void **state)
{
	static const struct {
		const char *id;
		struct hf_arg args[2];
		size_t count;
		const char *in, *out;
	} cases[] = {
	        {"trunc", {{"first", "3"}}, 1, "13500010001", "135"},
	        {"trunc", {{"last", "2"}}, 1, "张三丰", "三丰"},
	        {"trunc", {{"first", "3"}}, 1, "abc", ""},
	        {"round", {{"step", "10"}}, 1, "25", "20"},
	        {"round", {{"step", "10"}}, 1, "35", "40"},
	        {"round", {{"step", "10"}, {"mode", "ceil"}}, 2, "-25", "-20"},
	        {"round", {{"step", "10"}, {"mode", "floor"}}, 2, "-25", "-30"},
	        {"round", {{"step", "0.05"}}, 1, "1.23", "1.25"},
	        {"round", {{"step", "0.5"}}, 1, "3", "3"},
	        {"round", {{"step", "2.5"}}, 1, "4", "5"},
	        {"round", {{"step", "1"}}, 1, "12.7", "13.0"},
	        {"round", {{"step", "1"}}, 1, "x", "(null)"},
	        {"bucket", {{"cuts", "18\n65"}}, 1, "17.9", "<18"},
	        {"bucket", {{"cuts", "18\n65"}}, 1, "18", "18..65"},
	        {"bucket", {{"cuts", "18\n65"}}, 1, "65.00", ">=65"},
	        {"topbot", {{"low", "0"}, {"high", "100"}}, 2, "100.01", "100"},
	        {"topbot", {{"low", "0"}, {"high", "100"}}, 2, "-1", "0"},
	        {"topbot", {{"high", "100"}}, 1, "7.5", "7.5"},
	        {"daterd", {{"unit", "second"}, {"every", "5"}}, 2, "2015-01-01 01:01:09", "2015-01-01 01:01:05"},
	        {"daterd",
	         {{"unit", "minute"}, {"every", "15"}},
	         2,
	         "2026-11-30T08:59:59.250+08:00",
	         "2026-11-30T08:45:00.000+08:00"},
	        {"daterd", {{"unit", "hour"}, {"mode", "ceil"}}, 2, "2026-12-31 23:00:01", "2027-01-01 00:00:00"},
	        {"daterd", {{"unit", "hour"}, {"mode", "ceil"}}, 2, "2026-12-31 23:00:00", "2026-12-31 23:00:00"},
	        {"daterd", {{"unit", "day"}}, 1, "2026/11/30 08:15", "2026/11/30 00:00"},
	        {"daterd", {{"unit", "month"}}, 1, "2026-11-30", "2026-11-01"},
	        {"daterd", {{"unit", "quarter"}, {"mode", "ceil"}}, 2, "2026-11-30", "2027-01-01"},
	        {"daterd", {{"unit", "year"}}, 1, "2024-02-29", "2024-01-01"},
	        {"daterd", {{"unit", "year"}}, 1, "2023-02-29", "(null)"},
	        {"daterd", {{"unit", "year"}}, 1, "30.11.2026", "(null)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(trial_one(cases[i].id, cases[i].args, cases[i].count, NULL, cases[i].in, NULL),
		                    cases[i].out);
}

static void test_a_tree(void **state)
{
	static const char tree[] = "440305,4403,44,*\n440306,4403,44,*\r\n\n广东省深圳市南山区,深圳市,"
	                           "广东省\n广东省深圳市,深圳市,广东省\n";
	static const struct hf_arg two[] = {{"tree", "f"}, {"level", "2"}},
	                           prefix[] = {{"tree", "f"}, {"level", "1"}, {"match", "prefix"}};

	(void)state;
	assert_string_equal(trial_one("hier", two, 2, tree, "440305", NULL), "44");
	assert_string_equal(trial_one("hier", two, 2, tree, "999999", NULL), "(null)");
	assert_string_equal(trial_one("hier", prefix, 3, tree, "广东省深圳市南山区科技路1号", NULL), "深圳市");
	assert_string_equal(trial_one("hier", prefix, 3, tree, "广西", NULL), "(null)");
}

static void test_numbers_keep_what_is_promised(void **state)
{
	static const struct {
		const char *id;
		struct hf_arg arg;
		double mean; /* of the results is within */
	} cases[] = {{"round", {"step", "10"}, 0.05},
	             {"bucket", {"cuts", "0\n10000\n50000"}, 0},
	             {"topbot", {"high", "89000"}, 10},
	             {"trunc", {"first", "2"}, 0}};
	struct trial_column c = trial_column(MILLION, money);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trial t = {
		        .id = cases[i].id, .args = {cases[i].arg}, .arg_count = 1, .in = c.v, .count = c.count};

		trial_promises(&t);
		if (cases[i].mean > 0)
			compare_means(&t, cases[i].mean);
		trial_end(&t);
	}
	trial_free(&c);
}

/* Each result is the beginning of its cell, and less than a cell away. */
static void test_times_keep_what_is_promised(void **state)
{
	struct trial_column c = trial_column(MILLION, moment);
	struct trial t = {.id = "daterd",
	                  .args = {{"unit", "hour"}, {"every", "6"}},
	                  .arg_count = 2,
	                  .in = c.v,
	                  .count = c.count};

	(void)state;
	trial_promises(&t);
	for (size_t i = 0; i < c.count; i++) {
		assert_memory_equal(t.out[i].data, c.v[i].data, 10);
		assert_memory_equal(t.out[i].data + 13, ":00:00", 6);
		assert_int_equal(strtol((const char *)t.out[i].data + 11, NULL, 10),
		                 strtol((const char *)c.v[i].data + 11, NULL, 10) / 6 * 6);
	}
	trial_end(&t);
	trial_free(&c);
}

static void test_a_tree_keeps_what_is_promised(void **state)
{
	struct trial_column c = trial_column(MILLION, word);
	struct trial t = {
	        .id = "hier", .args = {{"tree", "f"}, {"level", "1"}}, .arg_count = 2, .in = c.v, .count = c.count};
	struct hf_buf tree = HF_BUF_INIT;

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		hf_buf_addf(&tree, "440%03u,%u\n", i, i / 50);
	hf_buf_add(&tree, "", 1);
	t.file = (const char *)tree.data;
	trial_promises(&t);
	trial_end(&t);
	hf_buf_done(&tree);
	trial_free(&c);
}

static void test_what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *id;
		struct hf_arg args[2];
		size_t count;
		const char *file, *says;
	} wrong[] = {
	        {"trunc", {{"first", "1"}, {"last", "1"}}, 2, NULL, "either the first or the last"},
	        {"round", {{"step", "0"}}, 1, NULL, "step is not above 0"},
	        {"round", {{"step", "1e3"}}, 1, NULL, "without an exponent"},
	        {"bucket", {{"cuts", "18\n18"}}, 1, NULL, "'18' among the cuts"},
	        {"bucket", {{"cuts", "x"}}, 1, NULL, "'x' among the cuts"},
	        {"topbot", {{"low", "5"}, {"high", "5"}}, 2, NULL, "a low below a high"},
	        {"topbot", {{"low", "5"}}, 0, NULL, "needs a limit"},
	        {"daterd", {{"unit", "minute"}, {"every", "7"}}, 2, NULL, "every 7 minutes do not divide a day"},
	        {"daterd", {{"unit", "month"}, {"every", "2"}}, 2, NULL, "come one by one"},
	        {"hier",
	         {{"tree", "f"}, {"level", "2"}},
	         2,
	         "a,b\n",
	         "line 1 of the table has an empty cell, fewer than 3"},
	        {"hier",
	         {{"tree", "f"}, {"level", "1"}},
	         2,
	         "a,b\na,c\n",
	         "line 2 of the table begins like an earlier one"},
	        {"hier", {{"tree", "f"}, {"level", "1"}}, 2, "\n", "the table is empty"},
	        {"map", {{"table", "f"}}, 1, "a,b\nc,b\n", "two values of the table become the same one"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		union {
			const char *in;
			void *out;
		} file = {wrong[i].file};
		const struct hf_mask_use use = {
		        .args = wrong[i].args, .arg_count = wrong[i].count, .file = trial_file, .file_ctx = file.out};
		struct hf_masker *m = NULL;
		struct hf_fault f = {0};

		assert_int_not_equal(hf_masker_open(hf_technique_named(wrong[i].id), &use, &f, &m), HF_OK);
		if (!strstr(f.text, wrong[i].says))
			fail_msg("%s", f.text);
		assert_null(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_examples),
	        cmocka_unit_test(test_a_tree),
	        cmocka_unit_test(test_numbers_keep_what_is_promised),
	        cmocka_unit_test(test_times_keep_what_is_promised),
	        cmocka_unit_test(test_a_tree_keeps_what_is_promised),
	        cmocka_unit_test(test_what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
