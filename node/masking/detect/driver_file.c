/* driver_file.c - file numbers of driving licences: twelve digits. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	return hf_province_code(c->data) ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"file_no",      "file_number",  "driver_file",
                                    "licence_file", "license_file", "archive_no",
                                    "档案编号",     "驾驶证档案",   NULL};

extern const struct hf_detector hf_detector_driver_file;
const struct hf_detector hf_detector_driver_file = {
        .id = "cn.driver-file",
        .title = "driving licence file number",
        .basis = "12 digits, region first",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.3,
        .shape = {{12, 12, HF_CHAR_DIGIT, HF_CHAR_DIGIT}},
        .check = check,
        .names = names,
};
