/* plate.c - number plates of the mainland: province, letter, five characters, or six of a new-energy vehicle; special
 * ones end in a Han character. */
#include "masking/detect/tables.h"

/* Letters and digits without I and O. */
static bool plain(const uint8_t *p, size_t n, uint64_t letters_and_digits, size_t at)
{
	if (!hf_all(letters_and_digits, at, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] == 'I' || p[i] == 'O')
			return false;
	return true;
}

/* 警 学 港 澳 挂 试 超 使 领: police, learner, Hong Kong, Macao, trailer, test, oversize, consular. */
static bool special(const uint8_t *p)
{
	static const char *const last[] = {"警", "学", "港", "澳", "挂", "试", "超", "使", "领"};

	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
		if (memcmp(p, last[i], 3) == 0)
			return true;
	return false;
}

static bool new_energy(const uint8_t *p)
{
	bool small = p[0] >= 'A' && p[0] <= 'K', large = p[5] >= 'A' && p[5] <= 'K';

	for (unsigned i = 2; i < 5; i++)
		if (p[i] > '9')
			return false;
	return (small && p[5] <= '9') || (large && p[0] <= '9' && p[1] <= '9');
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	uint64_t plates = c->digit | c->upper;
	size_t at = 4, left;

	if (!(c->upper >> 3 & 1) || !hf_han_in(&t->provinces, hf_han_at(c->data)))
		return HF_MATCH_NO;
	if (c->len > 9 && (c->data[4] == ' ' || c->data[4] == '-'))
		at = 5;
	else if (c->len > 10 && c->data[4] == 0xC2 && c->data[5] == 0xB7) /* the middle dot */
		at = 6;
	left = c->len - at;
	if (left == 5)
		return plain(c->data + at, 5, plates, at) ? HF_MATCH_VALID : HF_MATCH_NO;
	if (left == 6)
		return plain(c->data + at, 6, plates, at) && new_energy(c->data + at) ? HF_MATCH_VALID : HF_MATCH_NO;
	return left == 7 && plain(c->data + at, 4, plates, at) && special(c->data + at + 4) ? HF_MATCH_VALID
	                                                                                    : HF_MATCH_NO;
}

static const char *const names[] = {"plate",         "plate_no", "plate_number", "license_plate",
                                    "licence_plate", "car_no",   "vehicle_no",   "cph",
                                    "车牌",          "号牌",     "车号",         NULL};

extern const struct hf_detector hf_detector_plate;
const struct hf_detector hf_detector_plate = {
        .id = "cn.plate",
        .title = "vehicle number plate",
        .basis = "GA 36-2018: province, letter, five or six characters without I and O",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0,
        .shape = {{9, 13, HF_CHAR_HIGH | HF_CHAR_UPPER, HF_CHAR_HIGH | HF_CHAR_UPPER | HF_CHAR_DIGIT | HF_CHAR_MARK}},
        .check = check,
        .first = "\xE4-\xE9",
        .names = names,
};
