/* address.c - postal addresses of the mainland: units of administration, then road and number. */
#include "masking/detect/tables.h"

/* From the end, where the road and the number stand. */
static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	unsigned unit = 0, place = 0;
	size_t at = c->len;

	if (c->len > 300)
		return HF_MATCH_NO;
	while (at >= 3) {
		uint32_t han;

		if (c->data[at - 1] < 0x80) {
			at--;
			continue;
		}
		at -= 3;
		han = hf_han_at(c->data + at);
		place += hf_han_in(&t->places, han);
		unit += hf_han_in(&t->units, han);
		if (place >= 2 || (place == 1 && (unit >= 2 || (unit == 1 && c->digit))))
			return HF_MATCH_VALID;
	}
	return place ? HF_MATCH_SHAPE : HF_MATCH_NO;
}

static const char *const names[] = {"address", "addr", "home_address", "residence", "street", "domicile", "dz",
                                    "地址",    "住址", "住所",         "户籍",      "所在地", NULL};

extern const struct hf_detector hf_detector_address;
const struct hf_detector hf_detector_address = {
        .id = "cn.address",
        .title = "address",
        .basis = "units of administration, road, number",
        .technique = "hier",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.05,
        .shape = {{12, 64, HF_CHAR_HIGH,
                   HF_CHAR_HIGH | HF_CHAR_DIGIT | HF_CHAR_LETTER | HF_CHAR_MARK | HF_CHAR_POINT | HF_CHAR_OTHER}},
        .check = check,
        .names = names,
};
