/* age.c - age in years, by the field's name. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	return hf_digits(c->data, c->len) <= 130 ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"age", "nl", "年龄", NULL};

extern const struct hf_detector hf_detector_age;
const struct hf_detector hf_detector_age = {
        .id = "person.age",
        .title = "age",
        .basis = "0 to 130, by the field's name",
        .technique = "bucket",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 2,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.5,
        .shape = {{1, 3, HF_CHAR_DIGIT, HF_CHAR_DIGIT}},
        .check = check,
        .names = names,
};
