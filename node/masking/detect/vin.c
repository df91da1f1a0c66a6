/* vin.c - vehicle identification numbers, with the check character where the maker's region uses it. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	unsigned sum;

	if (!hf_all(c->digit | c->upper, 0, 17))
		return HF_MATCH_NO;
	sum = hf_weigh(c->data, 17, t->vin);
	if (sum >= HF_WEIGHT_NONE)
		return HF_MATCH_NO;
	if ((uint8_t) "0123456789X"[sum % 11] == c->data[8])
		return HF_MATCH_VALID;
	return hf_all(c->digit, 13, 4) && (c->upper & 7) ? HF_MATCH_SHAPE : HF_MATCH_OTHER;
}

static const char *const names[] = {"vin",      "vin_code", "vin_no",       "chassis",    "chassis_no",
                                    "frame_no", "车架号",   "车辆识别代号", "车辆识别码", NULL};

extern const struct hf_detector hf_detector_vin;
const struct hf_detector hf_detector_vin = {
        .id = "vin",
        .title = "vehicle identification number",
        .basis = "GB 16735-2019, ISO 3779: 17 characters, check at position 9",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.1,
        .shape = {{17, 17, HF_CHAR_DIGIT | HF_CHAR_UPPER, HF_CHAR_DIGIT | HF_CHAR_UPPER}},
        .check = check,
        .first = "0-9A-Z",
        .names = names,
};
