/* propose_test.c - a plan proposed from an inventory is one, for every kind, with and without relations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/apply.h"
#include "masking/detector.h"
#include "masking/inventory.h"
#include "masking/propose.h"

static json_t *inventory_of(const char *const (*fields)[3], size_t count)
{
	json_t *inventory = hf_inventory_new();
	struct hf_fault f = {.code = HF_OK};

	for (size_t i = 0; i < count; i++) {
		const struct hf_detector *d = fields[i][2] ? hf_detector_named(fields[i][2]) : NULL;
		json_t *found = d ? json_pack("[{s:s, s:s, s:s, s:i, s:s, s:f}]", "name", fields[i][1], "type", d->id,
		                              "class", hf_sensitivity_name(d->sensitivity), "level", d->level,
		                              "technique", d->technique, "confidence", 1.0)
		                  : json_pack("[{s:s, s:n, s:s, s:i, s:f}]", "name", fields[i][1], "type", "class",
		                              "none", "level", 1, "confidence", 1.0);

		json_decref(hf_inventory_merge(inventory, fields[i][0], found));
		json_decref(found);
	}
	hf_inventory_confirm_all(inventory, "wang");
	if (hf_inventory_check(inventory, &f) != HF_OK)
		fail_msg("%s", f.text);
	return inventory;
}

static void relate(json_t *inventory, const char *from_table, const char *from, const char *to_table, const char *to)
{
	json_t *r = json_pack("[{s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s}]", "kind", "refers", "from", "table", from_table,
	                      "field", from, "to", "table", to_table, "field", to, "text", from);

	hf_inventory_relate(inventory, r);
	json_decref(r);
	hf_inventory_confirm_all(inventory, "wang");
}

/* Read as any plan is, and held to the inventory that it comes from. */
static struct hf_plan *proposed(const json_t *inventory)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;
	json_t *said;

	assert_int_equal(hf_plan_propose(inventory, "proposed", &out, &f), HF_OK);
	if (hf_plan_read("proposed", out.data, out.len, &p, &f) != HF_OK)
		fail_msg("%s in\n%.*s", f.text, (int)out.len, (const char *)out.data);
	said = hf_plan_lint(p, inventory);
	if (json_array_size(said))
		fail_msg("%s", json_string_value(json_array_get(said, 0)));
	json_decref(said);
	return p;
}

/* DS-88: the type chooses the method, for every type that there is. */
static void test_every_kind_has_a_technique_that_opens(void **state)
{
	size_t count;
	const struct hf_detector *const *all = hf_detectors(&count);
	static const struct hf_mask_key root = {{1}};

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *const field[][3] = {{"t", "a field: \"odd\"", all[i]->id}};
		const char *const header[] = {field[0][1]};
		json_t *inventory = inventory_of(field, 1);
		struct hf_plan *p = proposed(inventory);
		const struct hf_apply_setup s = {
		        .plan = p, .table = "t", .header = header, .header_count = 1, .root = &root};
		struct hf_fault f = {.code = HF_OK};
		struct hf_apply *a = NULL;

		if (hf_apply_open(&s, &f, &a) != HF_OK)
			fail_msg("%s: %s", all[i]->id, f.text);
		assert_int_equal(p->tables[0].fields[0].technique != NULL, all[i]->level > 1);
		hf_apply_close(a);
		hf_plan_free(p);
		json_decref(inventory);
	}
}

static const struct hf_plan_field *field_of(const struct hf_plan *p, const char *table, const char *name)
{
	const struct hf_plan_table *t = hf_plan_table_named(p, table);

	for (size_t i = 0; i < t->field_count; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	fail_msg("no field %s.%s", table, name);
	return NULL;
}

static void test_what_belongs_together_is_masked_alike(void **state)
{
	static const char *const fields[][3] = {
	        {"passages", "plate", "cn.plate"},
	        {"passages", "lane", NULL},
	        {"passages", "driver", "person.name"},
	        {"owners", "plate", "cn.plate"},
	        {"owners", "name", "person.name"},
	        {"owners", "mobile", "cn.mobile"},
	        {"lanes", "lane", NULL},
	        {"lanes", "code", NULL},
	};
	json_t *inventory = inventory_of(fields, 8);
	struct hf_plan *p;

	(void)state;
	relate(inventory, "passages", "plate", "owners", "plate");
	relate(inventory, "passages", "driver", "owners", "name");
	relate(inventory, "passages", "lane", "lanes", "lane");
	p = proposed(inventory);
	assert_string_equal(field_of(p, "passages", "plate")->technique->id, "fpe");
	assert_string_equal(field_of(p, "owners", "plate")->type, "cn.plate");
	assert_string_equal(field_of(p, "passages", "driver")->technique->id, "hash"); /* names have no format */
	assert_string_equal(field_of(p, "owners", "name")->technique->id, "hash");
	assert_string_equal(field_of(p, "owners", "mobile")->technique->id, "mask");
	assert_int_equal(field_of(p, "owners", "mobile")->arg_count, 2);
	assert_null(field_of(p, "passages", "lane")->technique);
	assert_null(field_of(p, "lanes", "lane")->technique);
	hf_plan_free(p);
	json_decref(inventory);
}

static void test_an_empty_inventory_proposes_nothing(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	json_t *inventory = hf_inventory_new();
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	assert_int_equal(hf_plan_propose(inventory, "x", &out, &f), HF_E_FORMAT);
	assert_string_equal(f.text, "the inventory has no fields; scan a table into it first");
	json_decref(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_kind_has_a_technique_that_opens),
	        cmocka_unit_test(test_what_belongs_together_is_masked_alike),
	        cmocka_unit_test(test_an_empty_inventory_proposes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
