/* birth.c - days of birth. */
#include "masking/codes.h"
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->len == 10)
		return hf_date_at(c->data) ? HF_MATCH_VALID : HF_MATCH_NO;
	return hf_all(c->digit, 0, 8) && hf_digits(c->data, 4) > 1880 &&
	                       hf_code_day_ok(hf_digits(c->data, 4), hf_digits(c->data + 4, 2),
	                                      hf_digits(c->data + 6, 2))
	               ? HF_MATCH_VALID
	               : HF_MATCH_NO;
}

static const char *const names[] = {"birth",    "birthday", "birthdate", "birth_date", "date_of_birth", "dob", "csrq",
                                    "出生日期", "出生年月", "生日",      NULL};

extern const struct hf_detector hf_detector_birth;
const struct hf_detector hf_detector_birth = {
        .id = "person.birth",
        .title = "day of birth",
        .basis = "a day, by the field's name",
        .technique = "bucket",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.02,
        .shape = {{8, 8, HF_CHAR_DIGIT, HF_CHAR_DIGIT},
                  {10, 10, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_MARK | HF_CHAR_POINT}},
        .check = check,
        .first = "12",
        .names = names,
};
