/* organization_code.c - organization codes: eight characters and a check character. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	uint8_t last = c->data[c->len - 1];
	unsigned sum;

	if (!hf_all(c->digit | c->upper, 0, 8) || (c->len == 10 && c->data[8] != '-') || c->len > 10)
		return HF_MATCH_NO;
	sum = hf_weigh(c->data, 8, t->organization);
	return (uint8_t) "0X987654321"[sum % 11] == last ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"org_code",     "organization_code", "organisation_code",
                                    "组织机构代码", "机构代码",          NULL};

extern const struct hf_detector hf_detector_organization_code;
const struct hf_detector hf_detector_organization_code = {
        .id = "cn.organization-code",
        .title = "organization code",
        .basis = "GB 11714-1997 modulo 11",
        .technique = "mask",
        .sensitivity = HF_SENS_GENERAL,
        .level = 2,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.1,
        .shape = {{9, 10, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_UPPER | HF_CHAR_MARK}},
        .check = check,
        .names = names,
};
