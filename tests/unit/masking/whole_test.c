/*
 * whole_test.c - techniques of rows and of whole columns: examples (MK-68, MK-69), and each record on a million values
 * (MK-71).
 */
#include "trial.h"

static int money(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "%u.%02u", 1000 + (unsigned)(draw % 9000), (unsigned)(draw >> 32) % 100);
}

static int person(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "person-%u", (unsigned)(draw % (MILLION / 10)));
}

static int group(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "G%u", (unsigned)(draw % (MILLION / 1000)));
}

static struct trial promises(const char *id, const struct trial_column *c, const struct trial_column *by,
                             const struct hf_arg *args, size_t count)
{
	struct trial t = {.id = id, .arg_count = count, .in = c->v, .by = by ? by->v : NULL, .count = c->count};

	if (count)
		memcpy(t.args, args, count * sizeof(*args));
	trial_promises(&t);
	return t;
}

static int by_value(const void *a, const void *b)
{
	return trial_compare(*(const struct hf_bytes *const *)a, *(const struct hf_bytes *const *)b);
}

/* Both hold the same values, each as often. */
static void same_values(const struct hf_bytes *a, const struct hf_bytes *b, size_t count)
{
	const struct hf_bytes **x = calloc(count, sizeof(*x)), **y = calloc(count, sizeof(*y));

	for (size_t i = 0; i < count; i++) {
		x[i] = &a[i];
		y[i] = &b[i];
	}
	qsort(x, count, sizeof(*x), by_value);
	qsort(y, count, sizeof(*y), by_value);
	for (size_t i = 0; i < count; i++)
		assert_true(trial_same(x[i], y[i]));
	free(x);
	free(y);
}

static int64_t cents(const struct hf_bytes *v)
{
	const char *point = strchr((const char *)v->data, '.');

	return strtoll((const char *)v->data, NULL, 10) * 100 + (point ? strtol(point + 1, NULL, 10) : 0);
}

static void test_shuffle_keeps_every_value(void **state)
{
	static const struct hf_arg block[] = {{"block", "1000"}};
	struct trial_column sums = trial_column(MILLION, money);
	struct trial t = promises("shuf", &sums, NULL, NULL, 0);

	(void)state;
	same_values(t.in, t.out, t.count);
	assert_true(trial_differ(t.in, t.out, t.count) > t.count * 99 / 100);
	trial_end(&t);
	t = promises("shuf", &sums, NULL, block, 1);
	for (size_t at = 0; at < t.count; at += MILLION / 10) /* within its thousand rows */
		same_values(t.in + at, t.out + at, 1000);
	trial_end(&t);
	trial_free(&sums);
}

static void test_averages_keep_the_total(void **state)
{
	static const struct hf_arg k[] = {{"k", "5"}};
	static const char *const few[] = {"1", "2", "4", "100", "101", "103", "104"};
	struct trial_column sums = trial_column(MILLION, money);
	struct trial t = promises("avg", &sums, NULL, k, 1);
	struct hf_bytes v[7];
	int64_t before = 0, after = 0;

	(void)state;
	for (size_t i = 0; i < t.count; i++) {
		before += cents(&t.in[i]);
		after += cents(&t.out[i]);
	}
	assert_int_equal(before, after);
	trial_end(&t);
	for (size_t i = 0; i < 7; i++)
		v[i] = (struct hf_bytes){(const uint8_t *)few[i], strlen(few[i])};
	t = (struct trial){.id = "avg", .in = v, .count = 7}; /* groups of three and four */
	trial_promises(&t);
	assert_string_equal((const char *)t.out[0].data, "3");
	assert_string_equal((const char *)t.out[1].data, "2");
	assert_string_equal((const char *)t.out[2].data, "2");
	assert_string_equal((const char *)t.out[3].data, "102");
	assert_string_equal((const char *)t.out[6].data, "102");
	trial_end(&t);
	trial_free(&sums);
}

static void test_group_statistics_hide_small_groups(void **state)
{
	static const struct hf_arg args[] = {{"by", "g"}, {"least", "3"}},
	                           count[] = {{"by", "g"}, {"function", "count"}};
	static const char *const values[] = {"1.0", "2.0", "4.0", "9", "10"}, *const groups[] = {"a", "a", "a", "b",
	                                                                                         "b"};
	struct trial_column sums = trial_column(MILLION, money), many = trial_column(MILLION, group);
	struct trial t = promises("agg", &sums, &many, args, 2);
	struct hf_bytes v[5], g[5];

	(void)state;
	trial_end(&t);
	t = promises("agg", &sums, &many, count, 2);
	for (size_t i = 0; i < t.count; i++)
		assert_in_range(strtol((const char *)t.out[i].data, NULL, 10), 800, 1200);
	trial_end(&t);
	for (size_t i = 0; i < 5; i++) {
		v[i] = (struct hf_bytes){(const uint8_t *)values[i], strlen(values[i])};
		g[i] = (struct hf_bytes){(const uint8_t *)groups[i], 1};
	}
	t = (struct trial){.id = "agg", .args = {args[0], args[1]}, .arg_count = 2, .in = v, .by = g, .count = 5};
	trial_promises(&t);
	assert_string_equal((const char *)t.out[0].data, "2.3");
	assert_null(t.out[3].data);
	trial_end(&t);
	trial_free(&sums);
	trial_free(&many);
}

static void test_rare_values_become_null(void **state)
{
	static const struct hf_arg k[] = {{"k", "12"}};
	struct trial_column persons = trial_column(MILLION, person);
	struct trial t = promises("lsup", &persons, NULL, k, 1);
	size_t nulls = 0;

	(void)state;
	for (size_t i = 0; i < t.count; i++) {
		nulls += !t.out[i].data;
		assert_true(!t.out[i].data || trial_same(&t.in[i], &t.out[i]));
	}
	assert_in_range(nulls, t.count / 2, t.count * 3 / 4); /* about ten rows each: most have fewer than twelve */
	trial_end(&t);
	trial_free(&persons);
}

static size_t dropped(const struct trial *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->drop[i];
	assert_int_equal(trial_differ(t->in, t->out, t->count), 0);
	return n;
}

static void test_rows_are_left_out(void **state)
{
	static const struct hf_arg tenth[] = {{"rate", "0.1"}}, fifth[] = {{"rate", "0.2"}, {"by", "id"}},
	                           first[] = {{"rows", "1234"}}, range[] = {{"below", "2000"}, {"above", "9000.50"}},
	                           values[] = {{"values", "person-1\nperson-2"}};
	struct trial_column sums = trial_column(MILLION, money), persons = trial_column(MILLION, person);
	struct trial t = promises("sample", &sums, NULL, tenth, 1), wide;

	(void)state;
	assert_in_range(t.count - dropped(&t), MILLION / 1000 * 97, MILLION / 1000 * 103);
	wide = promises("sample", &sums, NULL, (const struct hf_arg[]){{"rate", "0.2"}}, 1);
	for (size_t i = 0; i < t.count; i++) /* nested */
		assert_true(t.drop[i] || !wide.drop[i]);
	trial_end(&t);
	trial_end(&wide);
	t = promises("sample", &sums, &persons, fifth, 2);
	assert_in_range(t.count - dropped(&t), MILLION / 100 * 19, MILLION / 100 * 21);
	trial_end(&t);
	t = promises("limr", &sums, NULL, first, 1);
	assert_int_equal(t.count - dropped(&t), 1234);
	assert_false(t.drop[1233]);
	assert_true(t.drop[1234]);
	trial_end(&t);
	t = promises("rsup", &sums, NULL, range, 2);
	for (size_t i = 0; i < t.count; i++)
		assert_int_equal(t.drop[i], cents(&t.in[i]) < 200000 || cents(&t.in[i]) > 900050);
	dropped(&t);
	trial_end(&t);
	t = promises("rsup", &persons, NULL, values, 1);
	for (size_t i = 0; i < t.count; i++)
		assert_int_equal(t.drop[i], strcmp((const char *)t.out[i].data, "person-1") == 0 ||
		                                    strcmp((const char *)t.out[i].data, "person-2") == 0);
	trial_end(&t);
	trial_free(&sums);
	trial_free(&persons);
}

static void test_columns_are_dropped_or_joined(void **state)
{
	static const struct hf_arg by[] = {{"by", "c"}, {"separator", "/"}};

	(void)state;
	assert_string_equal(trial_one("combine", by, 2, NULL, "深圳", "男"), "深圳/男");
	assert_string_equal(trial_one("limc", NULL, 0, NULL, "x", NULL), "(null)");
	assert_true(hf_technique_named("limc")->drops_column);
	assert_true(hf_technique_named("sample")->of_rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_shuffle_keeps_every_value),
	        cmocka_unit_test(test_averages_keep_the_total),
	        cmocka_unit_test(test_group_statistics_hide_small_groups),
	        cmocka_unit_test(test_rare_values_become_null),
	        cmocka_unit_test(test_rows_are_left_out),
	        cmocka_unit_test(test_columns_are_dropped_or_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
