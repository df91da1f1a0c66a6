/* accounts.c - bank and payment cards (issuer kept, Luhn mended), IBANs (country and bank kept, both check digits). */
#include "masking/codes.h"
#include "masking/formats/formats.h"

/* 13 to 19 digits: six of the issuer, then what is permuted, then the check. Spaces and hyphens stay. */
static bool card_digits(const struct hf_bytes *v, uint8_t digits[20], uint8_t at[20], size_t *ret_count)
{
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++) {
		const uint8_t c = v->data[i];

		if (c >= '0' && c <= '9') {
			if (n == 19)
				return false;
			at[n] = (uint8_t)i;
			digits[n++] = c;
		} else if (c != ' ' && c != '-') {
			return false;
		}
	}
	*ret_count = n;
	return n >= 13;
}

static bool read_card(const struct hf_bytes *v, struct hf_ranked *r)
{
	uint8_t digits[20], at[20];
	size_t n;

	if (!card_digits(v, digits, at, &n) || !hf_code_luhn_ok(digits, n))
		return false;
	hf_slots_begin(r);
	for (size_t i = 6; i + 1 < n; i++) {
		if (!hf_slots_add(r, v, at[i], 1, &hf_alphabet_digits))
			return false;
	}
	return hf_slots_end(r);
}

static void write_card(hf_u128 rank, const struct hf_ranked *r, uint8_t *value, size_t len)
{
	const struct hf_bytes v = {value, len};
	uint8_t digits[20], at[20];
	size_t n;

	hf_ranked_put(rank, r, value);
	if (card_digits(&v, digits, at, &n))
		value[at[n - 1]] = hf_code_luhn(digits, n - 1);
}

/* The last six to ten digits of an account number without spaces. */
static bool read_iban(const struct hf_bytes *v, struct hf_ranked *r)
{
	uint8_t check[2];
	size_t digits = 0;

	if (v->len < 15 || v->len > 34 || !hf_code_iban(v->data, v->len, check) || check[0] != v->data[2] ||
	    check[1] != v->data[3])
		return false;
	while (digits < 10 && digits + 8 < v->len && v->data[v->len - 1 - digits] <= '9')
		digits++;
	hf_slots_begin(r);
	return digits >= 6 && hf_slots_add(r, v, v->len - digits, digits, &hf_alphabet_digits) && hf_slots_end(r);
}

static void write_iban(hf_u128 rank, const struct hf_ranked *r, uint8_t *value, size_t len)
{
	uint8_t check[2];

	hf_ranked_put(rank, r, value);
	if (hf_code_iban(value, len, check)) {
		value[2] = check[0];
		value[3] = check[1];
	}
}

const struct hf_format hf_format_bank_card = {"cn.bank-card", read_card, write_card};
const struct hf_format hf_format_payment_card = {"payment-card", read_card, write_card};
const struct hf_format hf_format_iban = {"iban", read_iban, write_iban};
