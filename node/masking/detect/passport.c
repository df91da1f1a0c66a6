/* passport.c - Chinese passports: E, G, D, S or P and eight digits, or E, a letter and seven digits. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->len != 9 || !strchr("EGDSP", c->data[0]))
		return HF_MATCH_NO;
	if (hf_all(c->digit, 1, 8))
		return HF_MATCH_VALID;
	return c->data[0] == 'E' && (c->upper & 2) && hf_all(c->digit, 2, 7) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"passport", "passport_no", "passport_number", "护照", "证件号", NULL};

extern const struct hf_detector hf_detector_passport;
const struct hf_detector hf_detector_passport = {
        .id = "cn.passport",
        .title = "passport number",
        .basis = "series E, G, D, S, P",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.1,
        .shape = {{9, 9, HF_CHAR_DIGIT | HF_CHAR_UPPER, HF_CHAR_DIGIT | HF_CHAR_UPPER}},
        .check = check,
        .first = "EGDSP",
        .names = names,
};
