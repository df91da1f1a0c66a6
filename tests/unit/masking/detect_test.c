/* detect_test.c - detectors one by one on values that they must take and refuse; triage the same whatever the
 * processor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "masking/codes.h"
#include "masking/detect/embedded.h"
#include "masking/detect/tables.h"

static struct hf_detect_tables tables;

static enum hf_match match(const struct hf_detector *d, const char *value)
{
	uint8_t copy[512 + HF_CELL_SLACK] = {0};
	struct hf_cell c;
	bool fits = false;

	assert_true(strlen(value) <= 512);
	memcpy(copy, value, strlen(value));
	hf_cell_triage(copy, strlen(value), &c);
	for (size_t i = 0; i < 3 && d->shape[i].max; i++)
		fits |= c.len >= d->shape[i].min && (c.len <= d->shape[i].max || d->shape[i].max >= 64) &&
		        (c.classes & d->shape[i].need) == d->shape[i].need && !(c.classes & ~d->shape[i].allow);
	return fits ? d->check(&c, &tables) : HF_MATCH_NO;
}

/* MK-70: one value at least for each common field; numbers are made up or those of the standards. */
static const struct {
	const char *id, *value;
	enum hf_match want;
} cases[] = {
        {"cn.resident-id", "11010519491231002X", HF_MATCH_VALID},
        {"cn.resident-id", "11010519491231002x", HF_MATCH_VALID},
        {"cn.resident-id", "110105194912310021", HF_MATCH_SHAPE},
        {"cn.resident-id", "110105194913310029", HF_MATCH_OTHER},
        {"cn.resident-id", "990105194912310023", HF_MATCH_OTHER},
        {"cn.resident-id", "440524800101001", HF_MATCH_VALID},
        {"cn.resident-id", "440524801301001", HF_MATCH_OTHER},
        {"cn.mobile", "13812345678", HF_MATCH_VALID},
        {"cn.mobile", "+86 138-1234-5678", HF_MATCH_VALID},
        {"cn.mobile", "008613812345678", HF_MATCH_VALID},
        {"cn.mobile", "0086 13812345678", HF_MATCH_VALID},
        {"cn.mobile", "12812345678", HF_MATCH_OTHER},
        {"cn.landline", "010-62345678", HF_MATCH_VALID},
        {"cn.landline", "(0755)26345678", HF_MATCH_VALID},
        {"cn.landline", "075526345678", HF_MATCH_VALID},
        {"cn.landline", "26345678", HF_MATCH_SHAPE},
        {"cn.landline", "010-12345678", HF_MATCH_NO},
        {"cn.bank-card", "6222021234567890128", HF_MATCH_VALID},
        {"cn.bank-card", "6222020200112231", HF_MATCH_SHAPE},
        {"payment-card", "4111111111111111", HF_MATCH_VALID},
        {"payment-card", "4111 1111 1111 1111", HF_MATCH_VALID},
        {"payment-card", "378282246310005", HF_MATCH_VALID},
        {"payment-card", "5555555555554444", HF_MATCH_VALID},
        {"payment-card", "3530111333300000", HF_MATCH_VALID},
        {"payment-card", "4111111111111112", HF_MATCH_SHAPE},
        {"payment-card", "1111111111111117", HF_MATCH_NO},
        {"cn.plate", "粤B12345", HF_MATCH_VALID},
        {"cn.plate", "粤B·12345", HF_MATCH_VALID},
        {"cn.plate", "粤BD12345", HF_MATCH_VALID},
        {"cn.plate", "粤B12345D", HF_MATCH_VALID},
        {"cn.plate", "京A1234警", HF_MATCH_VALID},
        {"cn.plate", "粤Z1234港", HF_MATCH_VALID},
        {"cn.plate", "粤B1234O", HF_MATCH_NO},
        {"cn.plate", "粤B1I345", HF_MATCH_NO},
        {"cn.plate", "张B12345", HF_MATCH_NO},
        {"vin", "1M8GDM9AXKP042788", HF_MATCH_VALID},
        {"vin", "1M8GDM9A1KP042788", HF_MATCH_SHAPE},
        {"vin", "1M8GDM9AXKPO42788", HF_MATCH_NO},
        {"cn.credit-code", "91350100M000100Y43", HF_MATCH_VALID},
        {"cn.credit-code", "91350100M000100Y44", HF_MATCH_SHAPE},
        {"cn.credit-code", "91350100I000100Y43", HF_MATCH_OTHER},
        {"cn.organization-code", "D2143569X", HF_MATCH_VALID},
        {"cn.organization-code", "D2143569-X", HF_MATCH_VALID},
        {"cn.passport", "E12345678", HF_MATCH_VALID},
        {"cn.passport", "EA1234567", HF_MATCH_VALID},
        {"cn.passport", "X12345678", HF_MATCH_NO},
        {"cn.travel-permit", "H12345678", HF_MATCH_VALID},
        {"cn.travel-permit", "H1234567890", HF_MATCH_VALID},
        {"cn.driving-licence", "11010519491231002X", HF_MATCH_VALID},
        {"cn.driver-file", "440312345678", HF_MATCH_VALID},
        {"cn.transport-certificate", "440312345678", HF_MATCH_VALID},
        {"cn.etc-card", "44011234567890123456", HF_MATCH_VALID},
        {"waybill", "SF1234567890", HF_MATCH_VALID},
        {"mmsi", "412345678", HF_MATCH_VALID},
        {"mmsi", "912345678", HF_MATCH_NO},
        {"imo", "9074729", HF_MATCH_VALID},
        {"imo", "IMO 9074729", HF_MATCH_VALID},
        {"imo", "9074728", HF_MATCH_OTHER},
        {"email", "a.b+c@mail.example.com", HF_MATCH_VALID},
        {"email", "anna@example.com", HF_MATCH_VALID},
        {"email", "anna@localhost", HF_MATCH_NO},
        {"email", "anna@@example.com", HF_MATCH_NO},
        {"email", "@example.com", HF_MATCH_NO},
        {"email", "anna@example.c1", HF_MATCH_NO},
        {"ip", "192.0.2.255", HF_MATCH_VALID},
        {"ip", "192.0.2.256", HF_MATCH_NO},
        {"ip", "192.0.02.1", HF_MATCH_NO},
        {"ip", "1.2.3.4.5", HF_MATCH_NO},
        {"ip", "2001:db8::1", HF_MATCH_VALID},
        {"ip", "1:2:3:4:5:6:7:8", HF_MATCH_VALID},
        {"ip", "1:2:3:4:5:6:7:8:9", HF_MATCH_NO},
        {"ip", "12:30", HF_MATCH_NO},
        {"mac", "00:1b:44:11:3a:b7", HF_MATCH_VALID},
        {"mac", "00-1B-44-11-3A-B7", HF_MATCH_VALID},
        {"mac", "00:1b:44:11:3a:g7", HF_MATCH_NO},
        {"person.name", "张三", HF_MATCH_VALID},
        {"person.name", "欧阳修", HF_MATCH_VALID},
        {"person.name", "诸葛孔明", HF_MATCH_VALID},
        {"person.name", "金水桥", HF_MATCH_SHAPE},
        {"person.name", "Anna Meyer", HF_MATCH_SHAPE},
        {"organization.name", "恒通物流有限公司", HF_MATCH_VALID},
        {"cn.address", "广东省深圳市南山区科技路12号", HF_MATCH_VALID},
        {"cn.address", "设备运行正常", HF_MATCH_NO},
        {"position.longitude", "113.9345", HF_MATCH_VALID},
        {"position.longitude", "-0.12", HF_MATCH_SHAPE},
        {"position.longitude", "181.5", HF_MATCH_NO},
        {"position.latitude", "22.5431", HF_MATCH_VALID},
        {"position.latitude", "91.5431", HF_MATCH_NO},
        {"position.path", "113.93451,22.54312;113.93452,22.54313", HF_MATCH_VALID},
        {"position.path", "LINESTRING(113.93 22.54, 113.94 22.55)", HF_MATCH_VALID},
        {"position.path", "POINT(30.5 10.25)", HF_MATCH_NO}, /* fewer than four decimals in a pair */
        {"position.path", "1.5,2", HF_MATCH_NO},
        {"time", "2026-11-30", HF_MATCH_VALID},
        {"time", "2026/11/30 08:15:59", HF_MATCH_VALID},
        {"time", "2026-11-30T08:15:59.123+08:00", HF_MATCH_VALID},
        {"time", "2026-11-31", HF_MATCH_NO},
        {"time", "2026-11-30 25:00", HF_MATCH_NO},
        {"person.birth", "19491231", HF_MATCH_VALID},
        {"person.birth", "19491331", HF_MATCH_NO},
        {"person.gender", "女", HF_MATCH_VALID},
        {"person.gender", "Female", HF_MATCH_VALID},
        {"person.age", "44", HF_MATCH_VALID},
        {"person.age", "131", HF_MATCH_NO},
        {"amount", "-12.50", HF_MATCH_VALID},
        {"weight", "49000", HF_MATCH_VALID},
        {"weight", "-3", HF_MATCH_NO},
        {"speed", "88.5", HF_MATCH_VALID},
        {"iban", "DE89370400440532013000", HF_MATCH_VALID},
        {"iban", "DE89 3704 0044 0532 0130 00", HF_MATCH_VALID},
        {"iban", "DE88370400440532013000", HF_MATCH_SHAPE},
        {"iban", "DE8937040044053201300", HF_MATCH_NO},
        {"phone", "+44 20 79460123", HF_MATCH_VALID},
        {"phone", "+1(212)555-0123", HF_MATCH_VALID},
        {"phone", "44 20 79460123", HF_MATCH_NO},
        {"text.embedded", "联系人电话13812345678，请速回", HF_MATCH_VALID},
        {"text.embedded", "车牌粤B12345已离场", HF_MATCH_VALID},
        {"text.embedded", "write to anna@example.com.", HF_MATCH_VALID},
        {"text.embedded", "order 138123456789, item 7", HF_MATCH_NO},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct hf_detector *d = hf_detector_named(cases[i].id);

		assert_non_null(d);
		if (match(d, cases[i].value) != cases[i].want)
			fail_msg("%s '%s' is %d, not %d", cases[i].id, cases[i].value, match(d, cases[i].value),
			         cases[i].want);
	}
}

/* MK-36, MK-70: each row says what a person and a program must know; and each has a value above. */
static void test_rows_are_complete(void **state)
{
	size_t count;
	const struct hf_detector *const *rows = hf_detectors(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool shown = false;

		assert_true(rows[i]->title[0] && rows[i]->basis[0] && rows[i]->technique[0]);
		assert_in_range(rows[i]->level, 1, 4);
		assert_string_not_equal(hf_sensitivity_name(rows[i]->sensitivity), "none");
		assert_non_null(rows[i]->check);
		assert_non_null(rows[i]->names[0]);
		assert_ptr_equal(hf_detector_named(rows[i]->id), rows[i]);
		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
			shown |= strcmp(cases[k].id, rows[i]->id) == 0 && cases[k].want >= HF_MATCH_SHAPE;
		if (!shown)
			fail_msg("no value of %s is tried", rows[i]->id);
	}
	assert_null(hf_detector_named("cn.nothing"));
}

static void test_check_digits_agree_with_the_codes(void **state)
{
	uint8_t id[20 + HF_CELL_SLACK] = {0}, check;
	const struct hf_detector *card = hf_detector_named("cn.bank-card"), *code = hf_detector_named("cn.credit-code"),
	                         *vin = hf_detector_named("vin");

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned len = 15 + i % 4;

		memset(id, 0, sizeof(id));
		for (unsigned k = 0; k < len; k++)
			id[k] = (uint8_t)('0' + rand() % 10);
		memcpy(id, "622", 3);
		check = hf_code_luhn(id, len);
		id[len] = check;
		assert_int_equal(match(card, (char *)id), HF_MATCH_VALID);
		id[len] = (uint8_t)('0' + (check - '0' + 1 + rand() % 9) % 10);
		assert_int_equal(match(card, (char *)id), HF_MATCH_SHAPE);
		memset(id, 0, sizeof(id));
		memcpy(id, "91440300", 8);
		for (unsigned k = 8; k < 16; k++)
			id[k] = (uint8_t)HF_CODE_CREDIT_SET[rand() % 31];
		id[16] = hf_code_organization(id + 8);
		id[17] = hf_code_credit(id);
		assert_int_equal(match(code, (char *)id), HF_MATCH_VALID);
		for (unsigned k = 0; k < 17; k++)
			id[k] = (uint8_t)HF_CODE_VIN_SET[rand() % 33];
		id[17] = 0;
		id[0] = 'L';
		id[8] = hf_code_vin(id);
		assert_int_equal(match(vin, (char *)id), HF_MATCH_VALID);
	}
}

static void test_values_inside_a_text(void **state)
{
	static const char text[] = "13812345678 called about 粤B12345; card 4111111111111111, x11010519491231002X, "
	                           "mail <a.b@example.org>, ID 11010519491231002X.";
	static const char *const want[] = {"cn.mobile", "cn.plate", "payment-card", "email", "cn.resident-id"};
	struct hf_embedded hit;
	size_t at = 0, n = 0;

	(void)state;
	while (hf_embedded_next((const uint8_t *)text, strlen(text), at, &tables, &hit)) {
		assert_true(n < sizeof(want) / sizeof(want[0]));
		assert_string_equal(hit.detector->id, want[n++]);
		assert_true(hit.at >= at && hit.at + hit.len <= strlen(text));
		at = hit.at + hit.len;
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
}

static void test_triage_is_the_same_everywhere(void **state)
{
	static const char hot[] = " -:/+(),;.@_*%09azAZ\x7F\x80\xE7";
	struct hf_cell one, two, three;
	const char *seed = getenv("HUFU_SEED");
	unsigned random = seed ? (unsigned)strtoul(seed, NULL, 10) : (unsigned)time(NULL);

	(void)state;
	print_message("HUFU_SEED=%u\n", random);
	srand(random);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t data[200 + HF_CELL_SLACK];
		struct hf_bytes b = {data, (size_t)(rand() % 100)};

		for (size_t k = 0; k < sizeof(data); k++)
			data[k] = (uint8_t)(rand() % 3 ? hot[(size_t)rand() % (sizeof(hot) - 1)] : rand() % 256);
		memset(&one, 0, sizeof(one));
		memset(&two, 0, sizeof(two));
		memset(&three, 0, sizeof(three));
		hf_triage_plain(&b, 1, &one);
		hf_triage()(&b, 1, &two);
		assert_memory_equal(&one, &two, sizeof(one));
#if defined(__x86_64__)
		if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
			continue;
		hf_triage_avx2(&b, 1, &three);
		assert_memory_equal(&one, &three, sizeof(one));
#endif
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_values),
	        cmocka_unit_test(test_rows_are_complete),
	        cmocka_unit_test(test_check_digits_agree_with_the_codes),
	        cmocka_unit_test(test_values_inside_a_text),
	        cmocka_unit_test(test_triage_is_the_same_everywhere),
	};

	hf_detect_tables_init(&tables);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
