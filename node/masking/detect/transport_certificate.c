/* transport_certificate.c - road-transport certificates and qualification certificates. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->classes == HF_CHAR_DIGIT)
		return hf_province_code(c->data) ? HF_MATCH_VALID : HF_MATCH_SHAPE;
	return hf_has(c, "交运") || hf_has(c, "运管") ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"transport_certificate",
                                    "transport_permit",
                                    "road_transport",
                                    "certificate_no",
                                    "qualification_no",
                                    "business_licence",
                                    "道路运输证",
                                    "运输证",
                                    "经营许可证",
                                    "从业资格证",
                                    NULL};

extern const struct hf_detector hf_detector_transport_certificate;
const struct hf_detector hf_detector_transport_certificate = {
        .id = "cn.transport-certificate",
        .title = "road-transport certificate number",
        .basis = "12 digits with the region first, or 19 of a qualification",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.3,
        .shape = {{9, 9, HF_CHAR_DIGIT, HF_CHAR_DIGIT},
                  {12, 12, HF_CHAR_DIGIT, HF_CHAR_DIGIT},
                  {18, 63, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_HIGH | HF_CHAR_UPPER | HF_CHAR_MARK}},
        .check = check,
        .names = names,
};
