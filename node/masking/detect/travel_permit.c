/* travel_permit.c - permits between the mainland, Hong Kong, Macao and Taiwan. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->len == 8 && c->classes == HF_CHAR_DIGIT)
		return HF_MATCH_SHAPE; /* Taiwan residents */
	if (!(c->upper & 1) || !strchr("HMCWTL", c->data[0]))
		return HF_MATCH_NO;
	if (c->len == 11)
		return strchr("HM", c->data[0]) && hf_all(c->digit, 1, 10) ? HF_MATCH_VALID : HF_MATCH_NO;
	if (c->len != 9)
		return HF_MATCH_NO;
	return hf_all(c->digit, 1, 8) || ((c->upper & 2) && hf_all(c->digit, 2, 7)) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"travel_permit", "hk_permit", "hkm_permit", "macao_permit", "tw_permit", "mtp",
                                    "回乡证",        "台胞证",    "港澳通行证", "通行证",       NULL};

extern const struct hf_detector hf_detector_travel_permit;
const struct hf_detector hf_detector_travel_permit = {
        .id = "cn.travel-permit",
        .title = "permit for Hong Kong, Macao or Taiwan",
        .basis = "H, M, C, W, T, L and 8 or 10 digits; 8 digits",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.1,
        .shape = {{8, 8, HF_CHAR_DIGIT, HF_CHAR_DIGIT},
                  {9, 11, HF_CHAR_DIGIT | HF_CHAR_UPPER, HF_CHAR_DIGIT | HF_CHAR_UPPER}},
        .check = check,
        .names = names,
};
