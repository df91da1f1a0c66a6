/* etc_card.c - cards and on-board units of electronic toll collection. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->len == 20 && c->classes == HF_CHAR_DIGIT)
		return hf_province_code(c->data) ? HF_MATCH_VALID : HF_MATCH_SHAPE;
	return c->len == 16 ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"etc",    "etc_card", "etc_no", "etc_card_no", "obu", "obu_id",
                                    "obu_no", "cpu_card", "通行卡", "通行卡号",    NULL};
static const char *const weak_names[] = {"unit", "card", "card_no", NULL};
static const char *const tables[] = {"toll", "tolls", "passage", "passages", "etc", NULL};

extern const struct hf_detector hf_detector_etc_card;
const struct hf_detector hf_detector_etc_card = {
        .id = "cn.etc-card",
        .title = "ETC card or on-board unit number",
        .basis = "20 digits with the network first; units have 16 digits",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.5,
        .shape = {{16, 16, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_UPPER}, {20, 20, HF_CHAR_DIGIT, HF_CHAR_DIGIT}},
        .check = check,
        .names = names,
        .weak_names = weak_names,
        .tables = tables,
};
