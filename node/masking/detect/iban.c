/* iban.c - international bank account numbers. */
#include "masking/codes.h"
#include "masking/detect/tables.h"

/* Country and length, of the registry of ISO 13616. */
static const char lengths[] =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22"
        "GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU"
        "30"
        "NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";

static bool country_length(const uint8_t *p, size_t len)
{
	for (const char *r = lengths; *r; r += 4)
		if (memcmp(r, p, 2) == 0)
			return hf_digits((const uint8_t *)r + 2, 2) == len;
	return false;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	uint8_t text[40], digits[2];
	size_t n = 0;

	(void)t;
	if ((c->upper & 3) != 3 || !hf_all(c->digit, 2, 2))
		return HF_MATCH_NO;
	for (size_t i = 0; i < c->len; i++)
		if (c->data[i] == ' ' && i % 5 == 4)
			continue;
		else if (n < 34)
			text[n++] = c->data[i];
		else
			return HF_MATCH_NO;
	if (!country_length(text, n))
		return HF_MATCH_NO;
	return hf_code_iban(text, n, digits) && memcmp(digits, text + 2, 2) == 0 ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"iban", "account_no", "bank_account", "银行账号", NULL};

extern const struct hf_detector hf_detector_iban;
const struct hf_detector hf_detector_iban = {
        .id = "iban",
        .title = "international bank account number",
        .basis = "ISO 13616: length of the country, modulo 97",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.01,
        .shape = {{15, 42, HF_CHAR_DIGIT | HF_CHAR_UPPER, HF_CHAR_DIGIT | HF_CHAR_UPPER | HF_CHAR_MARK}},
        .check = check,
        .first = "A-Z",
        .names = names,
};
