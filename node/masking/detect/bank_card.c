/* bank_card.c - cards of banks of the mainland: UnionPay numbers with the Luhn digit. */
#include "masking/detect/cards.h"

/* 62 and 81 are UnionPay's; the others are older ones of single banks. */
static bool known(const uint8_t *p)
{
	if (p[0] == '6')
		return p[1] == '2' || (p[1] == '0' && p[2] == '3');
	return (p[0] == '8' && p[1] == '1') || memcmp(p, "9558", 4) == 0 || memcmp(p, "9400", 4) == 0;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	uint8_t own[HF_CARD_MOST];
	const uint8_t *d;
	size_t n = hf_card_digits(c, own, &d);

	(void)t;
	if (n < 16 || !known(d))
		return HF_MATCH_NO;
	return hf_luhn_fast(d, n) ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {
        "bank_card", "bankcard", "bank_card_no", "card_no",  "card_number", "account_no", "bank_account",
        "yhk",       "银行卡",   "卡号",         "银行账号", "账号",        NULL};

extern const struct hf_detector hf_detector_bank_card;
const struct hf_detector hf_detector_bank_card = {
        .id = "cn.bank-card",
        .title = "bank card number",
        .basis = "ISO/IEC 7812: issuer 62, 81 and older ones, Luhn",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.1,
        .shape = {{16, 19, HF_CHAR_DIGIT, HF_CHAR_DIGIT}, {19, 23, HF_CHAR_DIGIT, HF_CHAR_DIGIT | HF_CHAR_MARK}},
        .check = check,
        .first = "689",
        .names = names,
};
