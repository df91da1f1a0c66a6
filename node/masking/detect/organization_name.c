/* organization_name.c - names of companies and institutions, by what they end in. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	static const char *const ends[] = {"公司",   "集团", "厂",   "局",   "研究院", "研究所", "中心",
	                                   "委员会", "大学", "学校", "医院", "银行",   "合作社", "事务所"};

	if (!hf_han_in(&t->organizations, hf_han_at(c->data + c->len - 3)))
		return HF_MATCH_NO;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (c->len >= n + 6 && memcmp(c->data + c->len - n, ends[i], n) == 0)
			return HF_MATCH_VALID;
	}
	return HF_MATCH_NO;
}

static const char *const names[] = {"company",
                                    "company_name",
                                    "org_name",
                                    "organization_name",
                                    "organisation_name",
                                    "enterprise",
                                    "enterprise_name",
                                    "公司名称",
                                    "单位名称",
                                    "企业名称",
                                    "机构名称",
                                    "单位",
                                    NULL};

extern const struct hf_detector hf_detector_organization_name;
const struct hf_detector hf_detector_organization_name = {
        .id = "organization.name",
        .title = "name of an organization",
        .basis = "what names of organizations end in",
        .technique = "mask",
        .sensitivity = HF_SENS_GENERAL,
        .level = 2,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.01,
        .shape = {{9, 64, HF_CHAR_HIGH, HF_CHAR_HIGH | HF_CHAR_MARK | HF_CHAR_DIGIT | HF_CHAR_LETTER}},
        .check = check,
        .first = "0-9A-Za-z\xE4-\xE9(",
        .names = names,
};
