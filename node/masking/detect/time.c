/* time.c - days and times of day. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	size_t at = 16;

	(void)t;
	if (c->len == 10)
		return hf_date_at(c->data) ? HF_MATCH_VALID : HF_MATCH_NO;
	if (c->len < 16 || !hf_date_at(c->data) || (c->data[10] != ' ' && c->data[10] != 'T'))
		return HF_MATCH_NO;
	if (c->len >= 19 && c->data[16] == ':')
		at = 19;
	if (!hf_time_at(c->data + 11, at - 11))
		return HF_MATCH_NO;
	return c->len == at || strchr(".,Z+- ", c->data[at]) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"time",       "timestamp",  "datetime", "date", "departure", "arrival",
                                    "created_at", "updated_at", "时间",     "日期", NULL};

extern const struct hf_detector hf_detector_time;
const struct hf_detector hf_detector_time = {
        .id = "time",
        .title = "time",
        .basis = "ISO 8601 day, or day and time",
        .technique = "daterd",
        .sensitivity = HF_SENS_GENERAL,
        .level = 2,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0,
        .shape = {{10, 10, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_MARK | HF_CHAR_POINT},
                  {16, 35, HF_CHAR_DIGIT | HF_CHAR_MARK, HF_CHAR_DIGIT | HF_CHAR_MARK | HF_CHAR_POINT | HF_CHAR_UPPER}},
        .check = check,
        .first = "12",
        .names = names,
};
