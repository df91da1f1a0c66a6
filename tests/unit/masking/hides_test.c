/* hides_test.c - a plan whose technique hides nothing of a sensitive field is not what the inventory demands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/detector.h"
#include "masking/inventory.h"
#include "masking/plan.h"
#include "masking/plan_files.h"
#include "plans.h"

#define HEAD "masking-plan: 1\nname: p\nversion: 1\n" PLAN_REST "scope: {group: g, consumer: u, contract: c}\n"

/* Of a table t with the fields a, of that kind (NULL: not sensitive), and b, a resident ID. */
static json_t *inventory_of(const char *type)
{
	const struct hf_detector *d = type ? hf_detector_named(type) : NULL;
	json_t *found = type && !d ? json_pack("[{s:s, s:s, s:s, s:i, s:s, s:f}]", "name", "a", "type", type, "class",
	                                       "personal", "level", 3, "technique", "mask", "confidence", 1.0)
	                : d        ? json_pack("[{s:s, s:s, s:s, s:i, s:s, s:f}]", "name", "a", "type", d->id, "class",
	                                       hf_sensitivity_name(d->sensitivity), "level", d->level, "technique",
	                                       d->technique, "confidence", 1.0)
	                    : json_pack("[{s:s, s:n, s:s, s:i, s:f}]", "name", "a", "type", "class", "none", "level", 1,
	                                "confidence", 1.0);
	json_t *inventory = hf_inventory_new(), *id;

	id = json_pack("{s:s, s:s, s:s, s:i, s:s, s:f}", "name", "b", "type", "cn.resident-id", "class", "personal",
	               "level", 4, "technique", "mask", "confidence", 1.0);
	json_array_append_new(found, id);
	json_decref(hf_inventory_merge(inventory, "t", found));
	json_decref(found);
	hf_inventory_confirm_all(inventory, "wang");
	return inventory;
}

/* methods: what the plan defines itself, or "". */
static struct hf_plan *plan_with(const char *field, const char *methods, const struct hf_plan_file *file)
{
	char text[6000];
	struct hf_plan_source s = {.name = "p", .text = text, .files = file, .file_count = file ? 1 : 0, .bound = file};
	struct hf_plan *p = NULL;
	struct hf_fault f = {.code = HF_OK};

	s.len = (size_t)snprintf(text, sizeof(text),
	                         "%s%stables:\n  t:\n    fields:\n      a: %s\n      b: {technique: 'null'}\n", HEAD,
	                         methods, field);
	if (hf_plan_read_from(&s, &p, &f) != HF_OK)
		fail_msg("%s %s: %s", field, methods, f.text);
	return p;
}

static struct hf_plan *plan_of(const char *field, const struct hf_plan_file *file)
{
	return plan_with(field, "", file);
}

/* The first sentence; "": none. */
static void said_of(json_t *take_said, char *out, size_t cap)
{
	const char *first = json_string_value(json_array_get(take_said, 0));

	snprintf(out, cap, "%s", first ? first : "");
	json_decref(take_said);
}

static void lint(const char *field, const char *type, char *out, size_t cap)
{
	json_t *inventory = inventory_of(type);
	struct hf_plan *p = plan_of(field, NULL);

	said_of(hf_plan_lint(p, inventory), out, cap);
	hf_plan_free(p);
	json_decref(inventory);
}

static const struct {
	const char *type, *field, *says; /* says NULL: it hides enough */
} cases[] = {
        {"cn.resident-id", "{technique: mask, keep-first: 17}",
         "t.a keeps 17 of 18 characters of a cn.resident-id, so that 0 are hidden which do not follow from the others; "
         "keep less, so that at least 4 are, or take fpe or hash"},
        {"cn.resident-id", "{technique: mask, keep-first: 14}", "so that 1 are hidden"}, /* of 15 characters */
        {"cn.resident-id", "{technique: mask, keep-first: 6, keep-last: 6}", "so that 3 are hidden"},
        {"cn.resident-id", "{technique: mask, keep-first: 6, keep-last: 4}", NULL},
        {"cn.resident-id", "{technique: mask}", NULL},
        {"cn.resident-id", "{technique: trunc, first: 17}", "t.a keeps 17 of 18"},
        {"cn.resident-id", "{technique: trunc, last: 4}", NULL},
        {"cn.bank-card", "{technique: mask, keep-first: 12, keep-last: 3}", "so that 1 are hidden"},
        {"cn.bank-card", "{technique: mask, keep-first: 11}", NULL}, /* of 16: 4, and the check digit */
        {"cn.bank-card", "{technique: mask, keep-first: 12}", "so that 3 are hidden"},
        {"vin", "{technique: mask, keep-first: 8, keep-last: 5}", "so that 3 are hidden"}, /* the check is one of 4 */
        {"iban", "{technique: mask, keep-last: 10}", "so that 3 are hidden"},
        {"mac", "{technique: mask, keep-first: 13}", "so that 3 are hidden"}, /* one is a colon */
        {"mac", "{technique: mask, keep-first: 8}", NULL},
        {"cn.mobile", "{technique: mask, keep-first: 3, keep-last: 4}", NULL},
        {"cn.mobile", "{technique: mask, keep-first: 10}", "so that 1 are hidden"},
        {"cn.mobile", "{technique: round, step: 10}", "t.a has the step 10"},
        {"cn.mobile", "{technique: round, step: 10000}", NULL},
        {"cn.mobile", "{technique: noise, scale: 3}", "t.a has the scale 3"},
        {"cn.mobile", "{technique: mult, ratio: 0.00000001}", "t.a has the ratio 1e-08"},
        {"cn.mobile", "{technique: bucket, cuts: [13800000000, 13800000001, 13800000002]}", "t.a has bands that"},
        {"cn.mobile", "{technique: topbot, high: 2147483647}", "t.a is left by topbot"},
        {"cn.landline", "{technique: mask, keep-first: 4}", NULL},
        {"cn.plate", "{technique: mask, keep-first: 2}", NULL},
        {"cn.plate", "{technique: mask, keep-first: 6}", "so that 1 are hidden"},
        {"person.name", "{technique: mask, keep-first: 1, keep-last: 1}", NULL},
        {"person.name", "{technique: mask, keep-first: 20}", "t.a keeps 20 characters of a person.name"},
        {"person.gender", "{technique: trunc, first: 1}", "t.a keeps 1 characters of a person.gender"},
        {"text.embedded", "{technique: mask, keep-first: 64}", "t.a keeps 64 characters"},
        {"person.age", "{technique: bucket, cuts: [18, 30, 45]}", NULL},
        {"person.age", "{technique: bucket, cuts: [18, 19, 20, 21, 40]}", "t.a has bands that"},
        {"person.age", "{technique: round, step: 1}", "t.a has the step 1,"},
        {"person.age", "{technique: topbot, high: 200}", "t.a has limits that no person.age is beyond"},
        {"person.age", "{technique: topbot, high: 90}", NULL},
        {"person.birth", "{technique: daterd, unit: day}", "t.a is a day of birth"},
        {"person.birth", "{technique: daterd, unit: year}", NULL},
        {"person.birth", "{technique: datesh, days: 1, by: b}", "t.a has the days 1, below which"},
        {"person.birth", "{technique: datesh, days: 15, by: b}", NULL},
        {"acme.badge", "{technique: mask, keep-first: 17}", "t.a keeps 17 characters of a acme.badge"}, /* its user's */
        {"acme.badge", "{technique: trunc, first: 9}", "or take a method of your own"},
        {"acme.badge", "{technique: mask, keep-first: 4, keep-last: 2}", NULL},
        {"acme.badge", "{technique: topbot, high: 9}", "t.a is left by topbot"},
        {"position.latitude", "{technique: round, step: 0.000001}", "t.a has the step 1e-06"},
        {"position.latitude", "{technique: round, step: 0.01}", NULL},
        {"person.name", "{technique: reorder, pattern: [1, 2, 3]}", "t.a has a pattern that leaves every character"},
        {"person.name", "{technique: reorder, pattern: [2, 1]}", "t.a has all its characters in the result by reorder"},
        {"person.age", "{technique: reorder, pattern: [2, 1]}", NULL},
        {"cn.plate", "{technique: limr, rows: 1000000}", "t.a is masked by limr, which leaves rows out"},
        {"cn.plate", "{technique: sample, rate: 0.99}", "t.a is masked by sample"},
        {"cn.plate", "{technique: rsup, values: [x]}", "t.a is masked by rsup"},
        {"cn.plate", "{technique: shuf}", "t.a has every value in the result by shuf"},
        {"person.age", "{technique: shuf}", NULL},
        {"cn.plate", "{technique: lsup, k: 2}", "t.a has every value in the result by lsup"},
        {"person.gender", "{technique: lsup, k: 5}", NULL},
        {"cn.plate", "{technique: combine, by: b}", "t.a is put into the result by combine"},
        {NULL, "{technique: combine, by: b}", "t.a puts a sensitive field into the result as it is, by combine: b"},
        {NULL, "{technique: mask, keep-first: 17}", NULL},
        {"cn.plate", "{technique: fpe, type: cn.plate}", NULL},
        {"cn.mobile", "{technique: agg, by: [b], function: mean}", "t.a becomes a figure of several rows by agg"},
        {"cn.mobile", "{technique: avg, k: 5}", "t.a becomes a figure of several rows by avg"},
        {"person.age", "{technique: avg, k: 5}", NULL},
        {"cn.plate", "{technique: tag}", "t.a is masked by tag, which replaces values within a text"},
        {"text.embedded", "{technique: tag}", NULL},
        {"amount", "{technique: round, step: 0.01}", NULL}, /* general: it may be kept */
};

/* MK-3: what hides nothing, or leaves less than ten thousand values to choose from, is no masking of a sensitive field.
 */
static void test_a_technique_that_keeps_nearly_everything_is_a_point(void **state)
{
	char says[500];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lint(cases[i].field, cases[i].type, says, sizeof(says));
		if (cases[i].says ? !strstr(says, cases[i].says) : *says != '\0')
			fail_msg("%s by %s: '%s', not '%s'", cases[i].type, cases[i].field, says,
			         cases[i].says ? cases[i].says : "");
	}
}

#define METHOD                                                                                                         \
	"methods:\n  acme.m:\n    title: t\n    principle: p\n    cost: c\n    constraint: c\n"                        \
	"    record: {format: lost, repeats: value, reversible: no, reference: lost, meaning: lost, distribution: "    \
	"lost, key: no key}\n"
#define KEYED                                                                                                          \
	"methods:\n  acme.m:\n    title: t\n    principle: p\n    cost: c\n    constraint: c\n"                        \
	"    record: {format: lost, repeats: value, reversible: no, reference: lost, meaning: lost, distribution: "    \
	"lost, key: consumer}\n"
#define FORM(form) "    form: '" form "'\n"

static const struct {
	const char *type, *method, *says;
} own_cases[] = {
        /* steps that hide nothing of the field, however many */
        {"cn.resident-id", METHOD FORM("##################") "    steps: [{technique: mask, keep-first: 17}]\n",
         "t.a is masked by acme.m, none of whose steps hides enough; the last one: it keeps 17 of 18"},
        {"cn.resident-id",
         METHOD FORM("##################") "    steps: [{technique: mask, keep-first: 17}, {technique: trunc, first: "
                                           "16}]\n",
         "none of whose steps hides enough"},
        {"cn.resident-id",
         METHOD FORM("##################") "    steps: [{technique: mask, keep-first: 6, keep-last: 4}]\n", NULL},
        {"cn.resident-id",
         KEYED FORM("##################") "    steps: [{technique: trunc, first: 17}, {technique: hash}]\n", NULL},
        {"person.age", METHOD FORM("##") "    steps: [{technique: bucket, cuts: [18, 19, 20, 21, 40]}]\n",
         "none of whose steps hides enough"},
        /* a pattern for whatever there is, which changes next to nothing, or adds something */
        {"cn.resident-id", METHOD FORM("##################") "    pattern: '(.{17}).'\n    replace: '$1*'\n",
         "can still be read"},
        {"cn.resident-id", METHOD FORM("##################") "    pattern: '(.*)'\n    replace: 'x-$1-y'\n",
         "can still be read"},
        {"cn.resident-id", METHOD FORM("##################") "    pattern: '(.{9})(.*)'\n    replace: '$1 and $2'\n",
         "can still be read"},
        {"cn.resident-id",
         METHOD FORM("##################") "    pattern: '(.{6}).{8}(.{4})'\n    replace: '$1********$2'\n", NULL},
        {"cn.plate", METHOD FORM("@@#####") "    pattern: '(..)(.....)'\n    replace: '$2$1'\n", "can still be read"},
        {"cn.plate", METHOD FORM("@@#####") "    pattern: '(..).*'\n    replace: '$1*****'\n", NULL},
        /* its form is masked well, and the field's values are not of that form */
        {"cn.plate", METHOD FORM("@@@@") "    pattern: '[A-Z]{4}|(.*)'\n    replace: '*$1'\n", "can still be read"},
        {"person.name", METHOD FORM("&&&&") "    pattern: '(.)(.*)'\n    replace: '$2 $1'\n", "can still be read"},
        {"person.name", METHOD FORM("&&&&") "    pattern: '(.).*'\n    replace: '$1**'\n", NULL},
        {"person.name", KEYED FORM("&&&&") "    steps: [{technique: hash, length: 64}]\n", NULL},
        {"email", METHOD FORM("%%%%%%") "    pattern: '(.*)(@.*)?'\n    replace: '<$1>'\n", "can still be read"},
        {"email", METHOD FORM("%%%%%%\\@%%.cn") "    pattern: '(.).*(@.*)'\n    replace: '$1***$2'\n", NULL},
        /* short values stand in long results by accident */
        {"person.age", KEYED FORM("##") "    steps: [{technique: hash, length: 64}]\n", NULL},
        {"person.gender", KEYED FORM("&") "    steps: [{technique: hash, length: 64}]\n", NULL},
        {"person.birth", METHOD FORM("####-##-##") "    pattern: '(.{10})'\n    replace: '$1 x'\n",
         "can still be read"},
        {"person.birth", METHOD FORM("####-##-##") "    pattern: '(.{7}).*'\n    replace: '$1'\n", NULL},
        /* of a type that only the user knows, his method says what its values are */
        {"acme.badge", METHOD FORM("AC-##-#####") "    pattern: 'AC-(\\d\\d)-\\d{5}'\n    replace: 'AC-$1-*****'\n",
         NULL},
        {"acme.badge", METHOD FORM("AC-##-#####") "    pattern: 'AC-(\\d\\d)-(\\d{4})\\d'\n    replace: 'AC-$1-$2*'\n",
         "can still be read"},
};

/* MK-3, MK-35: a method of one's own is judged by what becomes of values, not by what its record says. */
static void test_a_method_of_ones_own_that_keeps_nearly_everything_is_a_point(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own_cases) / sizeof(own_cases[0]); i++) {
		json_t *inventory = inventory_of(own_cases[i].type);
		struct hf_plan *p = plan_with("{technique: acme.m}", own_cases[i].method, NULL);
		const char *want = own_cases[i].says;
		char says[500];

		said_of(hf_plan_lint(p, inventory), says, sizeof(says));
		if (want ? !strstr(says, want) : *says != '\0')
			fail_msg("%zu: %s by %s: '%s', not '%s'", i, own_cases[i].type, own_cases[i].method, says,
			         want ? want : "");
		hf_plan_free(p);
		json_decref(inventory);
	}
}

static void lint_file(const char *field, const char *lines, char *out, size_t cap)
{
	struct hf_plan_file file = {"x.csv", hf_plan_bytes_new(lines, strlen(lines))};
	struct hf_plan *p = plan_of(field, &file);

	said_of(hf_plan_lint_files(p), out, cap);
	hf_plan_free(p);
	hf_plan_bytes_free(file.bytes);
}

static void test_a_table_whose_values_become_themselves_is_a_point(void **state)
{
	char says[500];

	(void)state;
	lint_file("{technique: map, table: x.csv}", "a,a\nb,b\nc,d\n", says, sizeof(says));
	assert_string_equal(
	        says, "t.a becomes itself by 2 of the 3 lines of the file that map reads; correct the file, or take "
	              "another technique");
	lint_file("{technique: map, table: x.csv}", "a,b\nb,a\nc,c\n", says, sizeof(says));
	assert_string_equal(says, "");
	lint_file("{technique: hier, tree: x.csv, level: 1}", "a,a,x\nb,b,x\n", says, sizeof(says));
	assert_non_null(strstr(says, "the file that hier reads"));
	lint_file("{technique: hier, tree: x.csv, level: 2}", "a,a,x\nb,b,x\n", says, sizeof(says));
	assert_string_equal(says, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_technique_that_keeps_nearly_everything_is_a_point),
	        cmocka_unit_test(test_a_method_of_ones_own_that_keeps_nearly_everything_is_a_point),
	        cmocka_unit_test(test_a_table_whose_values_become_themselves_is_a_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
