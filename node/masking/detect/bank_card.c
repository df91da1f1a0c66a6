/* bank_card.c - cards of banks of the mainland: UnionPay numbers with the Luhn digit. */
#include "masking/detect/tables.h"

/* 62 and 81 are UnionPay's; the others are older ones of single banks. */
static bool known(const uint8_t *p)
{
	if (p[0] == '6')
		return p[1] == '2' || (p[1] == '0' && p[2] == '3');
	return (p[0] == '8' && p[1] == '1') || memcmp(p, "9558", 4) == 0 || memcmp(p, "9400", 4) == 0;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	uint8_t d[19];
	size_t n = 0;

	(void)t;
	if (c->classes == HF_CHAR_DIGIT)
		return c->len > 19 || !known(c->data)  ? HF_MATCH_NO
		       : hf_luhn_fast(c->data, c->len) ? HF_MATCH_VALID
		                                       : HF_MATCH_SHAPE;
	if (c->mark >> 7 & 1) /* groups of four, or of four, six and five: a day has one there */
		return HF_MATCH_NO;
	for (size_t i = 0; i < c->len; i++)
		if (c->digit >> i & 1 && n < sizeof(d))
			d[n++] = c->data[i];
		else if (c->data[i] != ' ' && c->data[i] != '-')
			return HF_MATCH_NO;
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
