/* drift_test.c - a stream stops when something sensitive appears in a field that was confirmed as harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "masking/codes.h"
#include "masking/drift.h"
#include "masking/rules.h"

struct stream {
	struct hf_drift *d;
	uint64_t given;
};

static struct stream begin_with(unsigned every, struct hf_rules *rules)
{
	static const struct hf_named_field fields[] = {{"id_card", NULL}, {"state", NULL}, {"remark", NULL}};
	static const bool watched[] = {false, true, true};
	const struct hf_identify_options o = {.table = NULL, .rules = rules};

	return (struct stream){hf_drift_new(&o, fields, watched, 3, every), 0};
}

static struct stream begin(unsigned every)
{
	return begin_with(every, NULL);
}

static struct hf_rules *rules_of(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	struct hf_rules *r = NULL;
	struct hf_fault f;

	assert_non_null(o);
	assert_int_equal(hf_rules_read(o, NULL, &r, &f), HF_OK);
	json_decref(o);
	return r;
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

#define STAFF "{\"id\": \"own.staff\", \"class\": \"personal\", \"level\": 3, \"pattern\": \"S-[0-9]{6}\"}"
#define LANE "{\"id\": \"own.lane\", \"class\": \"general\", \"level\": 1, \"pattern\": \"[A-Z][0-9]\"}"

/* The user's own detectors watch, too: by the values that come now, however many came before. */
static void test_what_an_own_rule_says_stops_the_stream(void **state)
{
	struct hf_rules *r = rules_of("{\"detectors\": [" STAFF ", " LANE "]}");
	struct stream s = begin_with(1, r);

	(void)state;
	assert_true(give_many(&s, "open", "B7", 20000)); /* general: no alarm */
	assert_true(give_many(&s, "S-123456", "B7", 2)); /* a few that look like it are no kind */
	assert_true(give_many(&s, "open", "B7", 5000));
	assert_false(give_many(&s, "S-123456", "B7", 3000));
	check(&s, 1, "own.staff");
	hf_drift_free(s.d);
	s = begin_with(1, r);
	assert_true(give_many(&s, " S-123456 ", "arrived", 3)); /* judged at the end */
	assert_false(hf_drift_end(s.d));
	check(&s, 1, "own.staff");
	hf_drift_free(s.d);
	s = begin_with(1, r);
	hf_drift_known(s.d, 1, "own.staff"); /* who confirmed it had been told */
	assert_true(give_many(&s, "S-123456", "arrived", 5000));
	assert_true(hf_drift_end(s.d));
	hf_drift_free(s.d);
	hf_rules_free(r);
}

/* Such patterns, as many as there may be, and one more. */
static struct hf_rules *slow_rules(const char *slow)
{
	char text[16000] = "{\"detectors\": [";

	for (unsigned i = 0; i < HF_RULES_MAX - 1; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		         "{\"id\": \"slow%u\", \"class\": \"personal\", \"level\": 3, \"pattern\": \"%s%u\"}, ", i,
		         slow, i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s]}", STAFF);
	return rules_of(text);
}

static time_t seconds_of(struct stream *s, unsigned rows)
{
	struct timespec before, after;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	assert_true(give_many(s, "ac-07-1234567890-1234567890", "arrived-in-good-order-as-always", rows));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	return after.tv_sec - before.tv_sec;
}

/* Patterns without end are switched off; those that are slow, but not too slow for one value, get so much time a row.
 */
static void test_evil_patterns_do_not_hold_the_stream_up(void **state)
{
	static const char *const evil[] = {"(?:[a-z0-9-]*)*[A-Z]", ".*.*[A-Z]"};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct hf_rules *r = slow_rules(evil[k]);
		struct stream s = begin_with(1, r);

		assert_true(seconds_of(&s, 20000) < 2);
		for (size_t i = 0; i < HF_RULES_MAX - 1; i++)
			assert_int_equal(hf_rules_exhausted(r, i), k == 0);
		assert_false(hf_rules_exhausted(r, HF_RULES_MAX - 1));
		assert_false(give_many(&s, "S-123456", "arrived", 100000)); /* the others go on */
		check(&s, 1, "own.staff");
		hf_drift_free(s.d);
		hf_rules_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_harmless_rows_pass),
	        cmocka_unit_test(test_a_new_kind_of_value_stops_the_stream),
	        cmocka_unit_test(test_a_number_in_a_remark_stops_the_stream),
	        cmocka_unit_test(test_the_last_rows_are_judged_too),
	        cmocka_unit_test(test_a_short_row_is_no_value),
	        cmocka_unit_test(test_what_an_own_rule_says_stops_the_stream),
	        cmocka_unit_test(test_evil_patterns_do_not_hold_the_stream_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
