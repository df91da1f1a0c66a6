/* mobile.c - mobile numbers of the mainland: 11 digits from 13 to 19, with or without country code, spaces and hyphens.
 */
#include "masking/detect/tables.h"

static bool is_mobile(const uint8_t *p)
{
	return p[0] == '1' && p[1] >= '3' && p[1] <= '9' && !(p[1] == '4' && p[2] < '4') &&
	       !(p[1] == '5' && p[2] == '4');
}

/* Digits only, from a value with spaces and hyphens and perhaps +86, 86, 0086 or 0 before. */
static bool spelled(const struct hf_cell *c)
{
	uint8_t d[20];
	size_t n = 0;

	for (size_t i = 0; i < c->len && n < sizeof(d); i++)
		if (c->digit >> i & 1)
			d[n++] = c->data[i];
		else if (c->data[i] != ' ' && c->data[i] != '-' && !(i == 0 && c->data[i] == '+'))
			return false;
	if (n == 12)
		return d[0] == '0' && is_mobile(d + 1);
	if (n == 13)
		return memcmp(d, "86", 2) == 0 && is_mobile(d + 2);
	if (n == 15)
		return memcmp(d, "0086", 4) == 0 && is_mobile(d + 4);
	return n == 11 && is_mobile(d);
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->len == 11 && c->classes == HF_CHAR_DIGIT)
		return is_mobile(c->data) ? HF_MATCH_VALID : HF_MATCH_OTHER;
	return spelled(c) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"mobile",     "mobile_no", "mobile_number", "mobile_phone", "cell",     "cellphone",
                                    "cell_phone", "phone",     "phone_no",      "phone_number", "tel",      "telephone",
                                    "msisdn",     "sjh",       "手机",          "移动电话",     "联系电话", "电话",
                                    NULL};

extern const struct hf_detector hf_detector_mobile;
const struct hf_detector hf_detector_mobile = {
        .id = "cn.mobile",
        .title = "mobile number",
        .basis = "numbering plan of the mainland: 1[3-9] and nine digits",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.06,
        .shape = {{11, 11, HF_CHAR_DIGIT, HF_CHAR_DIGIT}, {12, 20, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_MARK}},
        .check = check,
        .first = "018+",
        .names = names,
};
