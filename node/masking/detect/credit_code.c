/* credit_code.c - unified social credit codes, both checks. */
#include "masking/codes.h"
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	unsigned sum, inner;

	if (!hf_all(c->digit, 2, 6) || (c->data[1] != '9' && (uint8_t)(c->data[1] - '1') > 2))
		return HF_MATCH_OTHER;
	sum = hf_weigh(c->data, 17, t->credit);
	if (sum >= HF_WEIGHT_NONE)
		return HF_MATCH_OTHER;
	inner = hf_weigh(c->data + 8, 8, t->organization);
	if ((uint8_t)HF_CODE_CREDIT_SET[(31 - sum % 31) % 31] == c->data[17] &&
	    (uint8_t) "0X987654321"[inner % 11] == c->data[16])
		return HF_MATCH_VALID;
	return c->data[0] <= '9' && c->upper ? HF_MATCH_SHAPE : HF_MATCH_OTHER;
}

static const char *const names[] = {"credit_code", "uscc",         "social_credit", "social_credit_code",
                                    "tax_no",      "tax_id",       "taxpayer",      "统一社会信用",
                                    "信用代码",    "纳税人识别号", "税号",          NULL};

extern const struct hf_detector hf_detector_credit_code;
const struct hf_detector hf_detector_credit_code = {
        .id = "cn.credit-code",
        .title = "unified social credit code",
        .basis = "GB 32100-2015 modulo 31 with the GB 11714 code inside",
        .technique = "mask",
        .sensitivity = HF_SENS_GENERAL,
        .level = 2,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.003,
        .shape = {{18, 18, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_UPPER}},
        .check = check,
        .first = "0-9A-Z",
        .names = names,
};
