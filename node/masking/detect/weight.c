/* weight.c - weights, by the field's name. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	double v;
	unsigned decimals;

	(void)t;
	return hf_number_at(c, &v, &decimals) && v >= 0 ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"weight", "gross_weight", "net_weight", "load", "tonnage",
                                    "重量",   "载重",         "吨位",       "总重", NULL};

extern const struct hf_detector hf_detector_weight;
const struct hf_detector hf_detector_weight = {
        .id = "weight",
        .title = "weight",
        .basis = "a number, by the field's name",
        .technique = "round",
        .sensitivity = HF_SENS_GENERAL,
        .level = 1,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.5,
        .shape = {{1, 20, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_POINT | HF_CHAR_MARK}},
        .check = check,
        .names = names,
};
