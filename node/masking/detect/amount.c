/* amount.c - amounts of money, by the field's name. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	double v;
	unsigned decimals;

	(void)t;
	return hf_number_at(c, &v, &decimals) && decimals <= 8 ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"amount", "price", "fee",     "fare", "fee_cents", "earnings", "income",
                                    "salary", "wage",  "balance", "cost", "payment",   "toll_fee", "金额",
                                    "费用",   "价格",  "工资",    "收入", "余额",      "运费",     NULL};

extern const struct hf_detector hf_detector_amount;
const struct hf_detector hf_detector_amount = {
        .id = "amount",
        .title = "amount of money",
        .basis = "a number, by the field's name",
        .technique = "round",
        .sensitivity = HF_SENS_GENERAL,
        .level = 2,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.5,
        .shape = {{1, 20, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_POINT | HF_CHAR_MARK}},
        .check = check,
        .names = names,
};
