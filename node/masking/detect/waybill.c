/* waybill.c - numbers of waybills and parcels. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	size_t letters = hf_bits(c->upper);

	(void)t;
	return letters <= 4 && c->len - letters >= 8 ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"waybill",    "waybill_no", "tracking_no", "tracking_number",
                                    "express_no", "parcel_no",  "consignment", "运单",
                                    "快递单号",   "物流单号",   "提单",        NULL};

extern const struct hf_detector hf_detector_waybill;
const struct hf_detector hf_detector_waybill = {
        .id = "waybill",
        .title = "waybill number",
        .basis = "carrier's letters and 8 to 20 digits",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 2,
        .evidence = HF_EVIDENCE_NAME,
        .chance = 0.5,
        .shape = {{8, 24, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_UPPER}},
        .check = check,
        .names = names,
};
