/* imo.c - IMO numbers of ships: seven digits, the last one checks. */
#include "masking/codes.h"
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	const uint8_t *p = c->data;

	(void)t;
	if (c->len > 7) {
		p += c->len - 7;
		if (memcmp(c->data, "IMO", 3) != 0 || !hf_all(c->digit, c->len - 7, 7) || c->len - 7 > 4 ||
		    (c->len == 11 && c->data[3] != ' '))
			return HF_MATCH_NO;
	}
	return hf_code_imo(p) == p[6] ? HF_MATCH_VALID : HF_MATCH_OTHER;
}

static const char *const names[] = {"imo", "imo_no", "imo_number", "国际海事组织编号", NULL};

extern const struct hf_detector hf_detector_imo;
const struct hf_detector hf_detector_imo = {
        .id = "imo",
        .title = "IMO number of a ship",
        .basis = "IMO resolution A.1117(30)",
        .technique = "map",
        .sensitivity = HF_SENS_GENERAL,
        .level = 2,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.1,
        .shape = {{7, 7, HF_CHAR_DIGIT, HF_CHAR_DIGIT},
                  {10, 11, HF_CHAR_DIGIT | HF_CHAR_UPPER, HF_CHAR_DIGIT | HF_CHAR_UPPER | HF_CHAR_MARK}},
        .check = check,
        .first = "0-9I",
        .names = names,
};
