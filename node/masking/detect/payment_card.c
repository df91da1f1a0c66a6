/* payment_card.c - cards of the international brands, by length, prefix and Luhn digit. */
#include "masking/detect/cards.h"

static bool brand(const uint8_t *p, size_t len)
{
	unsigned two = hf_digits(p, 2), four = hf_digits(p, 4);

	switch (len) {
	case 13: /* Visa */
		return p[0] == '4';
	case 14: /* Diners Club */
		return two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059);
	case 15: /* American Express */
		return two == 34 || two == 37;
	case 16: /* Visa, Mastercard, JCB, Discover, Maestro */
		return p[0] == '4' || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) ||
		       (four >= 3528 && four <= 3589) || four == 6011 || two == 65 || (four >= 6440 && four <= 6499) ||
		       two == 50 || (two >= 56 && two <= 58);
	case 19: /* Visa, Maestro */
		return p[0] == '4' || two == 50 || (two >= 56 && two <= 58);
	}
	return false;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	uint8_t own[HF_CARD_MOST];
	const uint8_t *d;
	size_t n = hf_card_digits(c, own, &d);

	(void)t;
	if (n < 13 || !brand(d, n))
		return HF_MATCH_NO;
	return hf_luhn_fast(d, n) ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"credit_card", "creditcard", "payment_card", "card_no", "card_number",
                                    "pan",         "cc_number",  "信用卡",       "卡号",    NULL};

extern const struct hf_detector hf_detector_payment_card;
const struct hf_detector hf_detector_payment_card = {
        .id = "payment-card",
        .title = "payment card number",
        .basis = "ISO/IEC 7812: ranges of the brands, Luhn",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.1,
        .shape = {{13, 16, HF_CHAR_DIGIT, HF_CHAR_DIGIT},
                  {19, 19, HF_CHAR_DIGIT, HF_CHAR_DIGIT},
                  {15, 23, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_MARK}},
        .check = check,
        .first = "2-6",
        .names = names,
};
