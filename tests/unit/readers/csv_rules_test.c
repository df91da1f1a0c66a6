/* csv_rules_test.c - planted defects are counted per rule, however the table is cut into pieces; what is no rule is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "crypto/short_hash.h"
#include "source/readers/csv_rules.h"

static const struct hf_csv_column columns[] = {
        {.name = "id", .type = HF_CSV_INTEGER},       {.name = "day", .type = HF_CSV_DATE},
        {.name = "fee", .type = HF_CSV_NUMBER},       {.name = "region", .type = HF_CSV_STRING},
        {.name = "two words", .type = HF_CSV_STRING}, {.name = "a \"b\"", .type = HF_CSV_STRING},
};
#define WIDTH (sizeof(columns) / sizeof(columns[0]))

static const char table[] = "id,day,fee,region,two words,\"a \"\"b\"\"\"\n"
                            "1,2026-11-01,5,N,x,q\n"
                            "2,2026-11-02,-1,N,x,q\n"       /* fee below 0 */
                            "2,2026-11-03,7,S,\"\",q\n"     /* id again, of another row; a text of no length */
                            "1,2026-11-01,\"5\",N,x,q\r\n"  /* the first row again */
                            "3,2026-13-01,100.5,E,,\"q\"\n" /* no such month; fee above 100; region; null */
                            ",2026-11-05,,W,x,q\n"          /* nulls */
                            "9,1,2\n"                       /* another width: not asked about */
                            "4,\"2026-11-06\",abc,N,x,q\n"  /* fee is no number */
                            "5,2026-11-07,1e1,N,x,q";

struct wanted {
	const char *text, *criterion;
	uint64_t rows, against;
};
static const struct wanted planted[] = {
        {"not-empty id", "empty", 8, 1},
        {"not-empty \"two words\"", "empty", 8, 1},
        {"not-empty \"a \"\"b\"\"\"", "empty", 8, 0},
        {"type day date", "type", 8, 1},
        {"type fee number", "type", 7, 1},
        {"type region string", "type", 8, 0},
        {"unique id", "duplicates", 7, 2},
        {"unique day", "duplicates", 8, 1},
        {"distinct", "duplicates", 8, 1},
        {"key id", "conflict", 7, 1},
        {"key region", "conflict", 8, 3},
        {"check fee >= 0 AND fee <= 100", "constraint", 7, 3},
        {"check region IN ('N', 'S')", "constraint", 8, 2},
        {"check fee >= 0 AND id > 1", "constraint", 7, 4},
};
#define PLANTED (sizeof(planted) / sizeof(planted[0]))

static struct hf_csv_rules *rules_of(void)
{
	struct hf_csv_rules *r = hf_csv_rules_new();
	struct hf_fault f = {HF_OK, ""};

	for (size_t i = 0; i < PLANTED; i++)
		if (hf_csv_rules_add(r, planted[i].text, columns, WIDTH, &f) != HF_OK)
			fail_msg("'%s': %s", planted[i].text, f.text);
	assert_int_equal(hf_csv_rules_count(r), PLANTED);
	return r;
}

/* DS-73: missing values, conflicting content, constraint violation: planted defects are counted per criterion. */
static void planted_defects_are_counted(void **state)
{
	(void)state;
	const size_t len = sizeof(table) - 1;

	for (size_t cut = 0; cut <= len; cut++) {
		struct hf_csv_rules *r = rules_of();
		struct hf_csv_rule_verdict v;

		hf_csv_rules_feed(r, table, cut);
		hf_csv_rules_feed(r, table + cut, len - cut);
		hf_csv_rules_end(r);
		for (size_t i = 0; i < PLANTED; i++) {
			hf_csv_rules_verdict(r, i, &v);
			assert_string_equal(v.text, planted[i].text);
			assert_string_equal(v.criterion, planted[i].criterion);
			if (v.rows != planted[i].rows || v.against != planted[i].against || !v.whole)
				fail_msg("cut %zu, '%s': %llu of %llu rows", cut, v.text, (unsigned long long)v.against,
				         (unsigned long long)v.rows);
		}
		hf_csv_rules_free(r);
	}
}

static void what_is_no_rule_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum hf_err e;
	} rows[] = {
	        {"", HF_E_ARGUMENT},
	        {"never id", HF_E_ARGUMENT},
	        {"not-empty", HF_E_ARGUMENT},
	        {"not-empty nowhere", HF_E_WRONG_FIELDS},
	        {"not-empty two words", HF_E_ARGUMENT},
	        {"not-empty \"two words", HF_E_ARGUMENT},
	        {"not-empty \"two words\"\"", HF_E_ARGUMENT},
	        {"type id", HF_E_ARGUMENT},
	        {"type id colour", HF_E_ARGUMENT},
	        {"distinct id", HF_E_ARGUMENT},
	        {"check", HF_E_ARGUMENT},
	        {"check fee >", HF_E_ARGUMENT},
	        {"check nowhere = 1", HF_E_WRONG_FIELDS},
	        {"check fee = 'x'", HF_E_ARGUMENT},
	        {"whole not-empty id", HF_E_ARGUMENT},
	        {"whole check fee > 1", HF_E_ARGUMENT},
	        {"whole", HF_E_ARGUMENT},
	        {"whole whole distinct", HF_E_ARGUMENT},
	        {"not-empty id\n", HF_E_LIMIT},
	};
	struct hf_csv_rules *r = hf_csv_rules_new();
	char text[400];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hf_fault f = {HF_OK, ""};
		enum hf_err e = hf_csv_rules_add(r, rows[i].text, columns, WIDTH, &f);

		if (e != rows[i].e)
			fail_msg("'%s': %d, %s", rows[i].text, e, f.text);
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "unique ", 7);
	text[sizeof(text) - 1] = '\0';
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_csv_rules_add(r, text, columns, WIDTH, &f), HF_E_LIMIT);
	for (size_t i = 0; i < HF_CSV_RULES_MAX; i++)
		assert_int_equal(hf_csv_rules_add(r, "distinct", columns, WIDTH, &f), HF_OK);
	assert_int_equal(hf_csv_rules_add(r, "distinct", columns, WIDTH, &f), HF_E_LIMIT);
	hf_csv_rules_free(r);
}

static bool is_not_fee(void *ctx, const char *field)
{
	(void)ctx;
	return field && strcmp(field, "fee") != 0;
}

static void a_rule_says_which_fields_it_is_about(void **state)
{
	(void)state;
	assert_true(hf_csv_rule_is_about("key id", is_not_fee, NULL));
	assert_true(hf_csv_rule_is_about("check id > 1 AND region = 'N'", is_not_fee, NULL));
	assert_false(hf_csv_rule_is_about("check id > 1 AND fee > 2", is_not_fee, NULL));
	assert_false(hf_csv_rule_is_about("unique fee", is_not_fee, NULL));
	assert_false(hf_csv_rule_is_about("distinct", is_not_fee, NULL));
	assert_false(hf_csv_rule_is_about("nothing", is_not_fee, NULL));
}

/* Memory is bounded for all tables together, and the verdict says when it was not enough. */
static void what_cannot_be_remembered_is_said(void **state)
{
	(void)state;
	enum { ROWS = 500000 };
	static const char header[] = "id\n";
	struct hf_csv_column id = {.name = "id", .type = HF_CSV_INTEGER};
	struct hf_csv_rules *r[3] = {hf_csv_rules_new(), hf_csv_rules_new(), hf_csv_rules_new()};
	struct hf_csv_rule_verdict v;
	struct hf_fault f = {HF_OK, ""};
	char line[32];
	uint64_t lost;

	for (size_t k = 0; k < 3; k++) {
		assert_int_equal(hf_csv_rules_add(r[k], k == 2 ? "whole unique id" : "unique id", &id, 1, &f), HF_OK);
		hf_csv_rules_feed(r[k], header, sizeof(header) - 1);
	}
	for (unsigned i = 0; i < ROWS; i++)
		hf_csv_rules_feed(r[0], line, (size_t)snprintf(line, sizeof(line), "%u\n", i));
	for (unsigned i = 0; i < ROWS; i++) /* every row comes again */
		hf_csv_rules_feed(r[0], line, (size_t)snprintf(line, sizeof(line), "%u\n", i));
	hf_csv_rules_verdict(r[0], 0, &v);
	lost = v.unexamined / 2;
	assert_true(lost > 0 && lost < ROWS);
	assert_int_equal(v.against,
	                 ROWS - lost); /* of what is remembered none is missed, and nothing is counted twice */
	assert_false(v.whole);
	for (unsigned i = 0; i < 4000; i++) /* what there is room for beside it */
		for (size_t k = 1; k < 3; k++)
			hf_csv_rules_feed(r[k], line, (size_t)snprintf(line, sizeof(line), "%u\n", i / 2));
	hf_csv_rules_verdict(r[1], 0, &v);
	assert_int_equal(v.against, 2000);
	assert_true(v.whole);
	for (unsigned i = 0; i < ROWS; i++)
		hf_csv_rules_feed(r[2], line, (size_t)snprintf(line, sizeof(line), "x%u\n", i));
	hf_csv_rules_verdict(r[2], 0, &v);
	assert_true(v.unexamined > 0);
	assert_int_equal(v.against, 2000 + v.unexamined);
	for (size_t k = 0; k < 3; k++)
		hf_csv_rules_free(r[k]);
}

/* Nobody who does not know the key of the moment can tell which values get in each other's way. */
static void the_hash_is_of_the_moment(void **state)
{
	(void)state;
	/* SipHash-2-4, appendix A of its paper: key 00..0f, input 00..0e */
	struct hf_short_key k;
	uint8_t in[15];
	for (uint8_t i = 0; i < 16; i++)
		k.b[i] = i;
	for (uint8_t i = 0; i < 15; i++)
		in[i] = i;
	assert_true(hf_short_hash(&k, in, sizeof(in)) == 0xa129ca6149be45e5u);
	k.b[3] ^= 1;
	assert_true(hf_short_hash(&k, in, sizeof(in)) != 0xa129ca6149be45e5u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(planted_defects_are_counted),
	        cmocka_unit_test(what_is_no_rule_is_refused),
	        cmocka_unit_test(a_rule_says_which_fields_it_is_about),
	        cmocka_unit_test(what_cannot_be_remembered_is_said),
	        cmocka_unit_test(the_hash_is_of_the_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
