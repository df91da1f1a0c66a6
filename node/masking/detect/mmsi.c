/* mmsi.c - maritime mobile service identities: nine digits, of ships with a country's digits first. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	unsigned country = hf_digits(c->data, 3);

	(void)t;
	return country >= 201 && country <= 775 ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"mmsi", "mmsi_no", "水上移动通信", "船舶识别号", NULL};

extern const struct hf_detector hf_detector_mmsi;
const struct hf_detector hf_detector_mmsi = {
        .id = "mmsi",
        .title = "MMSI of a ship",
        .basis = "ITU-R M.585: maritime identification digits 201 to 775",
        .technique = "mask",
        .sensitivity = HF_SENS_GENERAL,
        .level = 2,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.57,
        .shape = {{9, 9, HF_CHAR_DIGIT, HF_CHAR_DIGIT}},
        .check = check,
        .names = names,
};
