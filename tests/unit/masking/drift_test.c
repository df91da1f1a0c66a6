/* drift_test.c - a stream stops when something sensitive appears in a field that was confirmed as harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "masking/codes.h"
#include "masking/drift.h"

struct stream {
	struct hf_drift *d;
	uint64_t given;
};

static struct stream begin(unsigned every)
{
	static const struct hf_named_field fields[] = {{"id_card", NULL}, {"state", NULL}, {"remark", NULL}};
	static const bool watched[] = {false, true, true};
	const struct hf_identify_options o = {.table = NULL};

	return (struct stream){hf_drift_new(&o, fields, watched, 3, every), 0};
}

static bool give(struct stream *s, const char *state, const char *remark)
{
	char text[3][100 + HF_CELL_SLACK] = {{0}};
	struct hf_bytes cells[3];

	snprintf(text[0], 100, "11010519491231002X");
	snprintf(text[1], 100, "%s", state);
	snprintf(text[2], 100, "%s", remark);
	for (size_t i = 0; i < 3; i++)
		cells[i] = (struct hf_bytes){(const uint8_t *)text[i], strlen(text[i])};
	s->given++;
	return hf_drift_row(s->d, cells, 3);
}

/* Until it stops, at most so many rows. */
static bool give_many(struct stream *s, const char *state, const char *remark, unsigned rows)
{
	for (unsigned i = 0; i < rows; i++)
		if (!give(s, state, remark))
			return false;
	return true;
}

static void check(const struct stream *s, size_t field, const char *id)
{
	size_t at;
	const struct hf_finding *f = hf_drift_found(s->d, &at);

	assert_int_equal(at, field);
	assert_string_equal(f->detector->id, id);
}

static void test_harmless_rows_pass(void **state)
{
	struct stream s = begin(16);

	(void)state;
	assert_true(give_many(&s, "open", "arrived in good order", 10000));
	assert_true(hf_drift_end(s.d));
	assert_int_equal(hf_drift_rows(s.d), 10000 / 16);
	hf_drift_free(s.d);
}

/* The masked field's own values are no alarm; the same in another field are. */
static void test_a_new_kind_of_value_stops_the_stream(void **state)
{
	struct stream s = begin(16);

	(void)state;
	assert_true(give_many(&s, "open", "arrived", 5000));
	assert_false(give_many(&s, "11010519491231002X", "arrived", 16 * 40));
	check(&s, 1, "cn.resident-id");
	assert_false(give(&s, "open", "arrived")); /* for good */
	assert_false(hf_drift_end(s.d));
	hf_drift_free(s.d);
}

static void test_a_number_in_a_remark_stops_the_stream(void **state)
{
	struct stream s = begin(1);

	(void)state;
	assert_true(give_many(&s, "open", "arrived", 31));
	assert_false(give(&s, "open", "call 13812345678 for Mr Wang"));
	check(&s, 2, "text.embedded");
	hf_drift_free(s.d);
}

static void test_the_last_rows_are_judged_too(void **state)
{
	struct stream s = begin(1);

	(void)state;
	assert_true(give_many(&s, "open", "arrived", 3));
	assert_true(give(&s, "open", "plate 粤B12345 seen"));
	assert_false(hf_drift_end(s.d));
	check(&s, 2, "text.embedded");
	hf_drift_free(s.d);
}

static void test_a_short_row_is_no_value(void **state)
{
	struct stream s = begin(1);
	const struct hf_bytes one = {(const uint8_t *)"x", 1};

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_true(hf_drift_row(s.d, &one, 1));
	assert_true(hf_drift_end(s.d));
	hf_drift_free(s.d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_harmless_rows_pass),
	        cmocka_unit_test(test_a_new_kind_of_value_stops_the_stream),
	        cmocka_unit_test(test_a_number_in_a_remark_stops_the_stream),
	        cmocka_unit_test(test_the_last_rows_are_judged_too),
	        cmocka_unit_test(test_a_short_row_is_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
