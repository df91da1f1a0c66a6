/* phone.c - telephone numbers in the international form: plus, country, number. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	size_t digits = hf_bits(c->digit);

	(void)t;
	if (c->data[0] != '+' || c->data[1] < '1' || c->data[1] > '9' || digits < 8 || digits > 15)
		return HF_MATCH_NO;
	for (size_t i = 1; i < c->len; i++)
		if (!(c->digit >> i & 1) && !strchr(" -()", c->data[i]))
			return HF_MATCH_NO;
	return HF_MATCH_VALID;
}

static const char *const names[] = {"phone",  "phone_no",       "phone_number", "tel", "telephone",
                                    "mobile", "contact_number", "电话",         NULL};

extern const struct hf_detector hf_detector_phone;
const struct hf_detector hf_detector_phone = {
        .id = "phone",
        .title = "telephone number",
        .basis = "ITU-T E.164: plus and 8 to 15 digits",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.01,
        .shape = {{9, 22, HF_CHAR_DIGIT | HF_CHAR_MARK, HF_CHAR_DIGIT | HF_CHAR_MARK}},
        .check = check,
        .first = "+",
        .names = names,
};
