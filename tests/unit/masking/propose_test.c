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

/* One of each kind; numbers are made up, or those of the standards. */
static const struct {
	const char *id, *value;
} values[] = {
        {"cn.resident-id", "11010519491231002X"},
        {"cn.credit-code", "91350100M000100Y43"},
        {"cn.bank-card", "6222021234567890128"},
        {"payment-card", "4111111111111111"},
        {"iban", "DE89370400440532013000"},
        {"cn.mobile", "13812345678"},
        {"phone", "+44 20 79460123"},
        {"cn.landline", "010-62345678"},
        {"email", "anna@example.com"},
        {"mac", "00:1b:44:11:3a:b7"},
        {"ip", "192.0.2.255"},
        {"cn.plate", "粤B12345"},
        {"vin", "1M8GDM9AXKP042788"},
        {"imo", "9074729"},
        {"cn.passport", "E12345678"},
        {"cn.travel-permit", "H12345678"},
        {"cn.driving-licence", "11010519491231002X"},
        {"cn.driver-file", "440312345678"},
        {"cn.transport-certificate", "440312345678"},
        {"cn.organization-code", "D2143569X"},
        {"cn.etc-card", "44011234567890123456"},
        {"mmsi", "412345678"},
        {"waybill", "SF1234567890"},
        {"person.name", "欧阳修"},
        {"organization.name", "恒通物流有限公司"},
        {"cn.address", "广东省深圳市南山区科技路12号"},
        {"position.path", "113.93451,22.54312;113.93452,22.54313"},
        {"position.longitude", "113.9345"},
        {"position.latitude", "22.5431"},
        {"person.birth", "1949-12-31"},
        {"person.gender", "女"},
        {"person.age", "44"},
        {"time", "2026-11-30 08:15:59"},
        {"amount", "-12.53"},
        {"text.embedded", "联系人电话13812345678，请速回"},
};

static const char *value_of(const struct hf_detector *d)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(values[i].id, d->id) == 0)
			return values[i].value;
	fail_msg("there is no value of %s", d->id);
	return NULL;
}

#define MANY 50u
/* The value, which stands in so many rows, as the plan leaves it; NULL: a null, or a row or column that is left out. */
static const char *masked(struct hf_apply *a, const char *value, size_t rows, struct hf_arena *arena)
{
	struct hf_bytes in[MANY], out[MANY];
	uint8_t drop[MANY] = {0};
	struct hf_apply_batch b = {in, out, drop, rows, 0, arena};
	struct hf_fault f = {.code = HF_OK};
	char *text;

	for (size_t i = 0; i < rows; i++)
		in[i] = (struct hf_bytes){(const uint8_t *)value, strlen(value)};
	if (hf_apply_rows(a, &b, &f) != HF_OK)
		fail_msg("%s", f.text);
	if (drop[0] || !out[0].data || !hf_apply_keeps(a, 0))
		return NULL;
	text = hf_arena_get(arena, out[0].len + 1);
	memcpy(text, out[0].data, out[0].len);
	text[out[0].len] = '\0';
	return text;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xC0) != 0x80;
	return n;
}

/* What came of one value is what the technique's record says: nothing only where all is said to be lost. */
static void assert_as_recorded(const struct hf_technique *t, const char *type, const char *was, const char *is)
{
	const struct hf_technique_record *r = &t->record;

	if (!is && !(r->format == HF_FORMAT_LOST && r->reference == HF_REFERENCE_LOST &&
	             r->meaning == HF_MEANING_LOST && r->distribution == HF_DISTRIBUTION_LOST))
		fail_msg("%s: nothing is left of '%s', of which %s is to keep something", type, was, t->id);
	if (!is)
		return;
	if (!*is || strstr(is, was))
		fail_msg("%s: '%s' is left as '%s'", type, was, is);
	if (r->format == HF_FORMAT_LENGTH && characters(is) != characters(was))
		fail_msg("%s: '%s' became '%s', and %s is to keep the length", type, was, is, t->id);
}

/* DS-88: the type chooses the method, for every sensitive type that there is, and the method reads its values. */
static void test_a_value_of_every_kind_is_masked_by_the_method_of_its_type(void **state)
{
	size_t count;
	const struct hf_detector *const *all = hf_detectors(&count);
	static const struct hf_mask_key root = {{1}};

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *const field[][3] = {{"t", "a", all[i]->id}}, *const header[] = {"a"};
		json_t *inventory;
		struct hf_plan *p;
		struct hf_apply *a = NULL;
		struct hf_fault f = {.code = HF_OK};
		struct hf_arena arena;
		struct hf_apply_count n;

		if (all[i]->level == 1)
			continue;
		inventory = inventory_of(field, 1);
		p = proposed(inventory);
		hf_arena_init(&arena, NULL, 0);
		assert_int_equal(
		        hf_apply_open(
		                &(struct hf_apply_setup){
		                        .plan = p, .table = "t", .header = header, .header_count = 1, .root = &root},
		                &f, &a),
		        HF_OK);
		const struct hf_technique *t = p->tables[0].fields[0].technique;
		const char *was = value_of(all[i]), *is = masked(a, was, 1, &arena);

		if (t->record.reach == HF_REACH_ROW) {
			assert_as_recorded(t, all[i]->id, was, is);
		} else { /* a value that is rare goes, and one that is not stays */
			assert_null(is);
			assert_string_equal(masked(a, was, MANY, &arena), was);
		}
		hf_apply_counts(a, 0, &n);
		if (n.unreadable)
			fail_msg("%s: %s cannot read '%s'", all[i]->id, t->id, was);
		hf_apply_close(a);
		hf_arena_done(&arena);
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
	        cmocka_unit_test(test_a_value_of_every_kind_is_masked_by_the_method_of_its_type),
	        cmocka_unit_test(test_what_belongs_together_is_masked_alike),
	        cmocka_unit_test(test_an_empty_inventory_proposes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
