/* resident_id.c - resident ID numbers: 18 characters with a check character, and the 15 digits issued until 1999. */
#include "masking/codes.h"
#include "masking/detect/tables.h"

static bool birthday(unsigned year, const uint8_t *month_day)
{
	return year >= 1850 && year < 2100 &&
	       hf_code_day_ok(year, hf_digits(month_day, 2), hf_digits(month_day + 2, 2));
}

static enum hf_match check_15(const struct hf_cell *c)
{
	const uint8_t *p = c->data;

	return hf_all(c->digit, 0, 15) && hf_province_code(p) && birthday(1900 + hf_digits(p + 6, 2), p + 8)
	               ? HF_MATCH_VALID
	               : HF_MATCH_OTHER;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	static const uint8_t weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	const uint8_t *p = c->data;
	unsigned sum = 0, last = p[17] == 'x' ? 'X' : p[17];

	(void)t;
	if (c->len == 15)
		return check_15(c);
	if (c->len != 18 || !hf_all(c->digit, 0, 17) || (last != 'X' && last > '9'))
		return HF_MATCH_NO;
	if (!hf_province_code(p) || !birthday(hf_digits(p + 6, 4), p + 10))
		return HF_MATCH_OTHER;
	for (unsigned i = 0; i < 17; i++)
		sum += weight[i] * (unsigned)(p[i] - '0');
	return (uint8_t) "10X98765432"[sum % 11] == last ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {
        "id_card",     "idcard",     "id_no",       "id_number", "identity_card", "identity_no", "identity_number",
        "resident_id", "citizen_id", "national_id", "sfz",       "sfzh",          "cert_no",     "身份证",
        "证件号",      "公民身份",   NULL};

extern const struct hf_detector hf_detector_resident_id;
const struct hf_detector hf_detector_resident_id = {
        .id = "cn.resident-id",
        .title = "resident ID number",
        .basis = "GB 11643-1999: region, day of birth, ISO 7064 MOD 11-2",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.1,
        .shape = {{15, 15, HF_CHAR_DIGIT, HF_CHAR_DIGIT}, {18, 18, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_LETTER}},
        .check = check,
        .first = "1-9",
        .names = names,
};
