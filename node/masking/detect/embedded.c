/* embedded.c - finds words that may be a value, and asks the detectors; declared in embedded.h. */
#include "masking/detect/embedded.h"

#include <string.h>

#include "masking/detect/tables.h"

#define WORD_MAX 254u

extern const struct hf_detector hf_detector_resident_id, hf_detector_mobile, hf_detector_bank_card,
        hf_detector_payment_card, hf_detector_credit_code, hf_detector_vin, hf_detector_email, hf_detector_plate,
        hf_detector_iban;

static bool letter_or_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10 || (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool shape_fits(const struct hf_detector *d, const struct hf_cell *c)
{
	for (size_t i = 0; i < 3 && d->shape[i].max; i++) {
		const struct hf_shape *s = &d->shape[i];

		if (c->len >= s->min && (c->len <= s->max || s->max >= 64) && (c->classes & s->need) == s->need &&
		    (c->classes & ~s->allow) == 0)
			return true;
	}
	return false;
}

/* The value is copied, because checks may read behind it. */
static bool is_one(const struct hf_detector *d, const uint8_t *word, size_t len, const struct hf_detect_tables *t)
{
	uint8_t copy[WORD_MAX + HF_CELL_SLACK] = {0};
	struct hf_cell c;

	if (len > WORD_MAX)
		return false;
	memcpy(copy, word, len);
	hf_cell_triage(copy, len, &c);
	return shape_fits(d, &c) && d->check(&c, t) == HF_MATCH_VALID;
}

static bool try_word(const uint8_t *text, size_t at, size_t len, const struct hf_detect_tables *t,
                     struct hf_embedded *ret_hit)
{
	static const struct hf_detector *const codes[] = {
	        &hf_detector_resident_id,  &hf_detector_credit_code, &hf_detector_mobile, &hf_detector_bank_card,
	        &hf_detector_payment_card, &hf_detector_vin,         &hf_detector_iban};

	for (size_t i = 0; len >= 11 && len < 40 && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (is_one(codes[i], text + at, len, t)) {
			*ret_hit = (struct hf_embedded){at, len, codes[i]};
			return true;
		}
	return false;
}

static bool mail_char(uint8_t c)
{
	return letter_or_digit(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

/* Around an @. */
static bool try_mail(const uint8_t *text, size_t len, size_t from, size_t at, const struct hf_detect_tables *t,
                     struct hf_embedded *ret_hit)
{
	size_t begin = at, end = at + 1;

	while (begin > from && at - begin < 64 && mail_char(text[begin - 1]))
		begin--;
	while (end < len && end - at < 180 && (letter_or_digit(text[end]) || text[end] == '.' || text[end] == '-'))
		end++;
	while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-'))
		end--;
	if (!is_one(&hf_detector_email, text + begin, end - begin, t))
		return false;
	*ret_hit = (struct hf_embedded){begin, end - begin, &hf_detector_email};
	return true;
}

/* A Han character, then what stands behind it: the longest that is a plate. */
static bool try_plate(const uint8_t *text, size_t len, size_t at, const struct hf_detect_tables *t,
                      struct hf_embedded *ret_hit)
{
	static const uint8_t lengths[] = {11, 10, 9};

	if (!hf_han_in(&t->provinces, hf_han_at(text + at)) || (uint8_t)(text[at + 3] - 'A') > 25)
		return false;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		size_t n = lengths[i];

		if (at + n > len || (at + n < len && letter_or_digit(text[at + n])) ||
		    !is_one(&hf_detector_plate, text + at, n, t))
			continue;
		*ret_hit = (struct hf_embedded){at, n, &hf_detector_plate};
		return true;
	}
	return false;
}

bool hf_embedded_next(const uint8_t *text, size_t len, size_t from, const struct hf_detect_tables *t,
                      struct hf_embedded *ret_hit)
{
	size_t at = from;

	while (at < len) {
		size_t end = at;

		while (end < len && letter_or_digit(text[end]))
			end++;
		if (end > at && (at == 0 || !letter_or_digit(text[at - 1])) && try_word(text, at, end - at, t, ret_hit))
			return true;
		if (end < len && text[end] == '@' && try_mail(text, len, from, end, t, ret_hit))
			return true;
		if (end + 9 <= len && text[end] >= 0xE0 && try_plate(text, len, end, t, ret_hit))
			return true;
		at = end + 1;
	}
	return false;
}
