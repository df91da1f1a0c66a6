/* driving_licence.c - driving licence numbers, which are the holder's resident ID. */
#include "masking/detect/tables.h"

extern const struct hf_detector hf_detector_resident_id;

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	return hf_detector_resident_id.check(c, t);
}

static const char *const names[] = {
        "driving_licence", "driving_license", "driver_licence", "driver_license", "licence_no", "license_no",
        "dl_no",           "驾驶证号",        "驾驶证",         "驾照",           NULL};

extern const struct hf_detector hf_detector_driving_licence;
const struct hf_detector hf_detector_driving_licence = {
        .id = "cn.driving-licence",
        .title = "driving licence number",
        .basis = "the resident ID of the holder",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.1,
        .shape = {{15, 15, HF_CHAR_DIGIT, HF_CHAR_DIGIT}, {18, 18, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_LETTER}},
        .check = check,
        .first = "1-9",
        .names = names,
};
