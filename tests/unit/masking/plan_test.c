/* plan_test.c - what a plan must say, line by line, and one table of it at work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/apply.h"

static const char whole[] = "masking-plan: 1\n"
                            "name: tolls to the university\n"
                            "version: 3\n"
                            "need: research on traffic\n"
                            "purpose: research\n"
                            "mode: static\n"
                            "people: {operator: li, security: wang, audit: zhao}\n"
                            "scope: {group: tolls, consumer: university, epoch: 1}\n"
                            "schedule: {start: 2026-12-01T02:00:00Z, every: 1d}\n"
                            "result: {rows-least: 1, rows-most: 1000000, unreadable-most: 0}\n"
                            "relations:\n"
                            "- [passages.plate, owners.plate]\n"
                            "tables:\n"
                            "  passages:\n"
                            "    fields:\n"
                            "      plate: {technique: fpe, type: cn.plate}\n"
                            "      fee: {technique: bucket, cuts: [10, 20]}\n"
                            "      lane: keep\n"
                            "  owners:\n"
                            "    fields:\n"
                            "      plate: {type: cn.plate, technique: fpe}\n"
                            "      name: {technique: mask, keep-first: 1}\n"
                            "      born: {technique: datesh, days: 30, by: plate}\n"
                            "      note: {technique: limc}\n"
                            "emergency:\n"
                            "  source: {cause: no file, solution: call the owner, who: li}\n"
                            "  format: {cause: bad row, solution: mend it, who: li}\n"
                            "  key: {cause: no key, solution: ask wang, who: wang}\n"
                            "  result: {cause: check failed, solution: do not release, who: wang}\n"
                            "  space: {cause: disk full, solution: make room, who: li}\n";

/* The text with one part replaced by another. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	size_t cap = strlen(text) + strlen(to) + 1;
	char *out = malloc(cap);

	assert_non_null(at);
	snprintf(out, cap, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static char *changed(const char *from, const char *to)
{
	return replaced(whole, from, to);
}

static void test_a_whole_plan(void **state)
{
	struct hf_plan *p = NULL;
	struct hf_fault f = {0};
	struct hf_hash digest;

	(void)state;
	if (hf_plan_read("p.yaml", whole, strlen(whole), &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	assert_string_equal(p->name, "tolls to the university");
	assert_int_equal(p->version, 3);
	assert_int_equal(p->mode, HF_PLAN_STATIC);
	assert_string_equal(p->audit, "zhao");
	assert_int_equal(p->table_count, 2);
	assert_int_equal(hf_plan_table_named(p, "owners")->field_count, 4);
	assert_string_equal(hf_plan_table_named(p, "passages")->fields[1].args[0].value, "10\n20");
	assert_null(hf_plan_table_named(p, "passages")->fields[2].technique);
	assert_string_equal(hf_plan_emergency_for(p, "key")->who, "wang");
	hf_sha256(whole, strlen(whole), &digest);
	assert_memory_equal(&p->digest, &digest, sizeof(digest));
	hf_plan_free(p);
}

/* MK-28, MK-32, MK-37, MK-38, MK-40, MK-41, MK-42: each item is a checked field, and each lack is named. */
static void test_what_a_plan_lacks_is_named(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} wrong[] = {
	        {"masking-plan: 1\n", "masking-plan: 2\n",
	         "p.yaml:1: the plan does not begin with masking-plan: 1; add it"},
	        {"version: 3\n", "", "p.yaml:1: 'version' is missing; add it"},
	        {"need: research on traffic\n", "", "p.yaml:1: 'need' is missing; add it"},
	        {"mode: static", "mode: fast", "p.yaml:6: 'mode' is 'fast'; write static or dynamic"},
	        {"mode: static\n", "", "p.yaml:1: 'mode' is missing; add it"},
	        {"audit: zhao", "audit: li", "p.yaml:7: one person has two of the roles"},
	        {", audit: zhao", "", "p.yaml:7: 'audit' is missing; add it"},
	        {"group: tolls, ", "", "p.yaml:8: 'group' is missing; add it"},
	        {"schedule: {start: 2026-12-01T02:00:00Z, every: 1d}\n", "", "'schedule' is missing"},
	        {"rows-least: 1", "rows-least: -1", "p.yaml:10: 'rows-least' is no whole number"},
	        {"rows-least", "rows-fewest", "p.yaml:10: 'rows-fewest' is not known here"},
	        {"relations:\n- [passages.plate, owners.plate]\n", "", "'relations' is missing"},
	        {"owners.plate]", "owners.plaque]", "p.yaml:12: the relation names a field that is in no table"},
	        {"{type: cn.plate, technique: fpe}", "{technique: hash}",
	         "p.yaml:12: passages.plate and owners.plate belong together and are masked differently"},
	        {"technique: bucket, cuts: [10, 20]", "technique: bin", "there is no technique bin"},
	        {"cuts: [10, 20]", "cut: 10", "p.yaml:17: field fee: bucket has no parameter 'cut'"},
	        {"by: plate", "by: plaque", "p.yaml:23: field born: there is no field plaque for by"},
	        {"lane: keep", "lane: leave", "p.yaml:18: field lane: write keep when it is not sensitive"},
	        {"      lane: keep\n", "      lane: keep\n      lane: keep\n", "p.yaml:19: 'lane' stands there twice"},
	        {"  key: {cause: no key, solution: ask wang, who: wang}\n", "", "'emergency' has no scheme for key"},
	        {"  space:", "  flood:", "'emergency' has no scheme for space"},
	        {"purpose: research", "purpose: *x", "p.yaml:5: anchors, aliases and tags are not taken"},
	        {"purpose: research", "purpose: [a", "this is not YAML"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *text = changed(wrong[i].from, wrong[i].to);
		struct hf_plan *p = NULL;
		struct hf_fault f = {0};

		assert_int_not_equal(hf_plan_read("p.yaml", text, strlen(text), &p, &f), HF_OK);
		if (!strstr(f.text, wrong[i].says))
			fail_msg("'%s' instead of '%s'", f.text, wrong[i].says);
		assert_null(p);
		free(text);
	}
	struct hf_plan *p = NULL;
	struct hf_fault f = {0};

	assert_int_equal(hf_plan_read("p.yaml", NULL, 0, &p, &f), HF_E_FORMAT);
	assert_string_equal(f.text, "p.yaml:1: the file is empty; write a plan");
	assert_null(p);
}

/* MK-32: dates moved by the number of another column's subject are not the dates of the other table any more. */
static void test_related_fields_go_by_the_same_column(void **state)
{
	char *related = changed("[passages.plate, owners.plate]", "[passages.fee, owners.born]");
	char *same =
	        replaced(related, "{technique: bucket, cuts: [10, 20]}", "{technique: datesh, days: 30, by: plate}");
	char *other =
	        replaced(related, "{technique: bucket, cuts: [10, 20]}", "{technique: datesh, days: 30, by: lane}");
	struct hf_plan *p = NULL;
	struct hf_fault f = {0};

	(void)state;
	assert_int_equal(hf_plan_read("p.yaml", same, strlen(same), &p, &f), HF_OK);
	hf_plan_free(p);
	p = NULL;
	assert_int_equal(hf_plan_read("p.yaml", other, strlen(other), &p, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "passages.fee and owners.born belong together and are masked differently"));
	free(related);
	free(same);
	free(other);
}

static enum hf_err read_changed(const char *from, const char *to, struct hf_plan **ret_plan, struct hf_fault *f)
{
	char *text = changed(from, to);
	enum hf_err e = hf_plan_read("p.yaml", text, strlen(text), ret_plan, f);

	free(text);
	return e;
}

/* MK-33: what the configuration of rules covers, item by item: a right value is taken, a wrong one is refused
 * with its line. */
static void test_each_item_of_the_rules_is_a_checked_field(void **state)
{
#define HAND "schedule: {start: 2026-12-01T02:00:00Z, every: 1d}\n"
#define RESULT "result: {rows-least: 1, rows-most: 1000000, unreadable-most: 0}\n"
#define RISK(more) "result: {risk: {owners: {quasi: [born], sensitive: [name], " more "}}}\n"
	static const struct {
		const char *item, *from, *right, *wrong, *says;
	} items[] = {
	        {"user permission", "operator: li", "operator: chen", "operator: wang",
	         "p.yaml:7: one person has two of the roles"},
	        {"user permission", "audit: zhao}", "audit: qian}", "audit: [zhao]}", "p.yaml:7: 'audit' is no text"},
	        {"system attributes", "group: tolls", "group: roads", "group: ''",
	         "p.yaml:8: 'group' is no text, or empty"},
	        {"system attributes", "epoch: 1", "epoch: 7", "epoch: first", "p.yaml:8: 'epoch' is no whole number"},
	        {"system attributes", "mode: static\n", "mode: static\nengine: swap-or-not\n",
	         "mode: static\nengine: rot13\n", "p.yaml:7: 'engine' is 'rot13'; write ff1 or swap-or-not"},
	        {"connection", HAND, HAND "connection: {bytes-per-second: 1000000}\n",
	         HAND "connection: {bytes-per-second: fast}\n", "p.yaml:10: 'bytes-per-second' is no whole number"},
	        {"connection", HAND, HAND "connection: {bytes-per-second: 65536}\n",
	         HAND "connection: {bytes-per-second: 65535}\n", "p.yaml:10: 'bytes-per-second' is less than 65536"},
	        {"connection", HAND, HAND "connection: {bytes-per-second: 99999}\n", HAND "connection: {host: x}\n",
	         "p.yaml:10: 'host' is not known here"},
	        {"masked tables", "  owners:\n    fields:\n", "  owners:\n    fields:\n      address: keep\n",
	         "  owners:\n    columns:\n", "p.yaml:20: 'columns' is not known here"},
	        {"table relations", "- [passages.plate, owners.plate]\n", "- [owners.plate, passages.plate]\n",
	         "- [passages.plate, owners.name]\n",
	         "p.yaml:12: passages.plate and owners.name belong together and are masked differently"},
	        {"columns", "lane: keep", "gate: keep", "lane: [keep]", "p.yaml:18: field lane: write keep when"},
	        {"columns", "by: plate", "by: name", "by: owner",
	         "p.yaml:23: field born: there is no field owner for by"},
	        {"function grade", RESULT, RISK("grade: 3"), RISK("grade: 5"),
	         "p.yaml:10: 'grade' is no whole number from 1 to 4"},
	        {"function grade", RESULT, RISK("k: 5"), RISK("k: 0"), "p.yaml:10: 'k' is no whole number from 1"},
	        {"function settings", "cuts: [10, 20]", "cuts: [10, 20, 50]", "cuts: [10, {a: b}]",
	         "p.yaml:17: 'cuts' is no text and no list of texts"},
	        {"function settings", "keep-first: 1", "keep-first: 2", "keep-first: -1", "p.yaml:22: field name: "},
	        {"function settings", "days: 30", "days: 60", "days: some", "p.yaml:23: field born: "},
	        {"function rule assignment", "{technique: fpe, type: cn.plate}\n      fee",
	         "{technique: fpe, type: cn.plate}\n      toll", "{technique: fpe, type: cn.plaque}\n      fee",
	         "p.yaml:16: field plate: fpe has no format for the type 'cn.plaque'"},
	        {"function rule assignment", "{technique: mask, keep-first: 1}", "{technique: 'null'}",
	         "{technique: blur}", "p.yaml:22: field name: there is no technique blur"},
	        {"process control", "every: 1d", "every: 6h", "every: day",
	         "p.yaml:9: 'every' is 'day'; write a period"},
	        {"process control", "start: 2026-12-01T02:00:00Z", "start: 2026-12-01", "start: soon",
	         "p.yaml:9: 'start' is 'soon'; write a time"},
	        {"process control", "unreadable-most: 0", "unreadable-most: 9", "unreadable-most: few",
	         "p.yaml:10: 'unreadable-most' is no whole number"},
	        {"process control", "make room, who: li}", "make room, who: li, action: pause}",
	         "make room, who: li, action: wait}", "p.yaml:30: 'action' for space is 'wait'; write stop or pause"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		struct hf_fault f = {0};
		struct hf_plan *p = NULL;

		if (read_changed(items[i].from, items[i].right, &p, &f) != HF_OK)
			fail_msg("%s: '%s' is refused: %s", items[i].item, items[i].right, f.text);
		hf_plan_free(HF_TAKE(p));
		assert_int_not_equal(read_changed(items[i].from, items[i].wrong, &p, &f), HF_OK);
		if (!strstr(f.text, items[i].says))
			fail_msg("%s: '%s' instead of '%s'", items[i].item, f.text, items[i].says);
	}
	struct hf_fault f = {0};
	struct hf_plan *p = NULL;

	assert_int_equal(read_changed(HAND, HAND "connection: {bytes-per-second: 1000000}\n", &p, &f), HF_OK);
	assert_int_equal(p->source_rate, 1000000);
	hf_plan_free(p);
}

static void test_a_dynamic_plan_sees_no_whole_table(void **state)
{
	char *text = changed("mode: static", "mode: dynamic"), *bad;
	struct hf_plan *p = NULL;
	struct hf_fault f = {0};

	(void)state;
	assert_int_equal(hf_plan_read("p.yaml", text, strlen(text), &p, &f), HF_OK);
	hf_plan_free(p);
	p = NULL;
	bad = strstr(text, "technique: bucket, cuts: [10, 20]");
	memcpy(bad, "technique: avg                   ", 33);
	assert_int_equal(hf_plan_read("p.yaml", text, strlen(text), &p, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "field fee: avg needs the whole table, which a dynamic plan does not see"));
	free(text);
}

static const struct hf_mask_key root = {"the root of an organization"};

static struct hf_apply *open_table(const struct hf_plan *p, const char *table, const char *const *header, size_t count,
                                   const struct hf_mask_key *key, struct hf_fault *f)
{
	const struct hf_apply_setup s = {
	        .plan = p, .table = table, .header = header, .header_count = count, .root = key};
	struct hf_apply *a = NULL;

	if (hf_apply_open(&s, f, &a) != HF_OK)
		return NULL;
	return a;
}

/* One row; columns that were dropped give "-", nulls "". */
static void run_row(struct hf_apply *a, const char *const *cells, size_t count, char out[8][80])
{
	struct hf_bytes in[8], masked[8];
	struct hf_arena arena;
	uint8_t drop;
	struct hf_apply_batch b = {in, masked, &drop, 1, 0, &arena};
	struct hf_fault f = {0};

	for (size_t i = 0; i < count; i++)
		in[i] = (struct hf_bytes){(const uint8_t *)cells[i], cells[i] ? strlen(cells[i]) : 0};
	hf_arena_init(&arena, NULL, 0);
	if (hf_apply_rows(a, &b, &f) != HF_OK)
		fail_msg("%s", f.text);
	for (size_t i = 0; i < count; i++)
		snprintf(out[i], 80, "%.*s", (int)masked[i].len,
		         !hf_apply_keeps(a, i) ? "-"
		         : masked[i].data      ? (const char *)masked[i].data
		                               : "");
	hf_arena_done(&arena);
}

/* MK-21: a key and what refers to it stay equal, in two tables under one plan. */
static void test_tables_at_work(void **state)
{
	static const char *const passages[] = {"lane", "plate", "fee"}, *const owners[] = {"plate", "name", "born",
	                                                                                   "note"};
	static const char *const row[] = {"3", "粤B12345", "15"}, *const owner[] = {"粤B12345", "张三丰", "1980-02-29",
	                                                                            "x"};
	char out[8][80], other[8][80];
	struct hf_plan *p = NULL;
	struct hf_fault f = {0};
	struct hf_apply *a;
	struct hf_apply_count c;

	(void)state;
	assert_int_equal(hf_plan_read("p.yaml", whole, strlen(whole), &p, &f), HF_OK);
	a = open_table(p, "passages", passages, 3, &root, &f);
	assert_non_null(a);
	assert_false(hf_apply_whole(a));
	run_row(a, row, 3, out);
	assert_string_equal(out[0], "3");
	assert_string_equal(out[2], "10..20");
	hf_apply_counts(a, 1, &c);
	assert_int_equal(strlen(c.key_id), 16);
	hf_apply_close(a);
	a = open_table(p, "owners", owners, 4, &root, &f);
	assert_non_null(a);
	run_row(a, owner, 4, other);
	assert_string_equal(other[0], out[1]);
	assert_string_not_equal(other[0], "粤B12345");
	assert_string_equal(other[1], "张**");
	assert_string_not_equal(other[2], "1980-02-29");
	assert_false(hf_apply_keeps(a, 3));
	hf_apply_close(a);
	hf_plan_free(p);
}

static void test_a_forgotten_column_is_refused(void **state)
{
	static const char *const more[] = {"lane", "plate", "fee", "phone"}, *const fewer[] = {"lane", "plate"};
	struct hf_plan *p = NULL;
	struct hf_fault f = {0};

	(void)state;
	assert_int_equal(hf_plan_read("p.yaml", whole, strlen(whole), &p, &f), HF_OK);
	assert_null(open_table(p, "passages", more, 4, &root, &f));
	assert_string_equal(f.text, "the plan says nothing of the table's field phone; give it a technique, or keep");
	assert_null(open_table(p, "passages", fewer, 2, &root, &f));
	assert_string_equal(f.text, "the plan's field fee is not in the table; correct the plan, or the table");
	assert_null(open_table(p, "trips", fewer, 2, &root, &f));
	assert_string_equal(f.text, "the plan has no table trips; name one that it has");
	assert_null(open_table(p, "passages", more, 3, NULL, &f));
	assert_string_equal(f.text, "field plate: fpe needs a key; give the key file");
	hf_plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_whole_plan),
	        cmocka_unit_test(test_what_a_plan_lacks_is_named),
	        cmocka_unit_test(test_related_fields_go_by_the_same_column),
	        cmocka_unit_test(test_each_item_of_the_rules_is_a_checked_field),
	        cmocka_unit_test(test_a_dynamic_plan_sees_no_whole_table),
	        cmocka_unit_test(test_tables_at_work),
	        cmocka_unit_test(test_a_forgotten_column_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
