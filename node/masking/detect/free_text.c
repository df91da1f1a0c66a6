/* free_text.c - text with sensitive values in it. */
#include "masking/detect/embedded.h"
#include "masking/detect/tables.h"

/* Eleven bits in a row. */
static bool long_run(uint64_t m)
{
	m &= m >> 1;
	m &= m >> 2;
	m &= m >> 4;
	return (m & m >> 3) != 0;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	struct hf_embedded hit;

	if (c->len <= 64 && !long_run(c->digit | c->upper) && !c->at && !(c->high << 1 & c->upper))
		return HF_MATCH_NO;
	return hf_embedded_next(c->data, c->len, 0, t, &hit) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"remark",   "remarks", "note", "notes", "comment", "description", "memo",
                                    "feedback", "备注",    "说明", "描述",  "摘要",    NULL};

extern const struct hf_detector hf_detector_free_text;
const struct hf_detector hf_detector_free_text = {
        .id = "text.embedded",
        .title = "text with sensitive values in it",
        .basis = "other detectors, inside the text",
        .technique = "regen",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0,
        .shape = {{12, 64, HF_CHAR_HIGH, HF_CHAR_ANY},
                  {12, 64, HF_CHAR_MARK, HF_CHAR_ANY},
                  {12, 64, HF_CHAR_OTHER, HF_CHAR_ANY}},
        .check = check,
        .names = names,
};
