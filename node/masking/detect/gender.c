/* gender.c - gender, by the field's name. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	static const char *const words[] = {"male", "female", "m", "f", "man", "woman", "男",      "女",
	                                    "男性", "女性",   "0", "1", "2",   "9",     "unknown", "未知"};
	char lower[8];

	(void)t;
	if (c->len >= sizeof(lower))
		return HF_MATCH_NO;
	for (size_t i = 0; i < c->len; i++)
		lower[i] = (char)(c->upper >> i & 1 ? c->data[i] | 0x20 : c->data[i]);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == c->len && memcmp(words[i], lower, c->len) == 0)
			return HF_MATCH_VALID;
	return HF_MATCH_NO;
}

static const char *const names[] = {"gender", "sex", "xb", "性别", NULL};

extern const struct hf_detector hf_detector_gender;
const struct hf_detector hf_detector_gender = {
        .id = "person.gender",
        .title = "gender",
        .basis = "GB/T 2261.1 codes and words, by the field's name",
        .technique = "lsup",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 2,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.1,
        .shape = {{1, 7, 0, HF_CHAR_DIGIT | HF_CHAR_LETTER | HF_CHAR_HIGH}},
        .check = check,
        .names = names,
};
