/* landline.c - fixed-line numbers: area code and seven or eight digits. */
#include "masking/detect/tables.h"

static bool area(const uint8_t *p, size_t len)
{
	if (p[0] != '0')
		return false;
	if (len == 3)
		return (p[1] == '1' && p[2] == '0') || (p[1] == '2' && p[2] != '6');
	return len == 4 && p[1] >= '3' && p[1] <= '9';
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	size_t at = 0, code, local = 0;

	(void)t;
	if (c->classes == HF_CHAR_DIGIT && c->len < 11)
		return c->len == 7 || c->len == 8 ? (c->data[0] > '1' ? HF_MATCH_SHAPE : HF_MATCH_NO) : HF_MATCH_NO;
	if (c->data[0] == '(')
		at = 1;
	code = area(c->data + at, 3) ? 3 : 4;
	if (!hf_all(c->digit, at, code) || !area(c->data + at, code))
		return c->classes == HF_CHAR_DIGIT ? HF_MATCH_OTHER : HF_MATCH_NO;
	for (at += code; at < c->len; at++)
		if (c->digit >> at & 1)
			local++;
		else if (local > 0 || !strchr("-) ", c->data[at]))
			return HF_MATCH_NO;
	if (local != 7 && local != 8)
		return HF_MATCH_OTHER;
	return c->data[c->len - local] > '1' ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"landline", "fixed_phone", "home_phone", "office_phone", "work_phone",
                                    "phone",    "tel",         "telephone",  "fax",          "固定电话",
                                    "座机",     "办公电话",    "传真",       "电话",         NULL};

extern const struct hf_detector hf_detector_landline;
const struct hf_detector hf_detector_landline = {
        .id = "cn.landline",
        .title = "landline number",
        .basis = "numbering plan of the mainland: area code and 7 or 8 digits",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.05,
        .shape = {{7, 8, HF_CHAR_DIGIT, HF_CHAR_DIGIT}, {10, 15, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_MARK}},
        .check = check,
        .first = "02-9(",
        .names = names,
};
