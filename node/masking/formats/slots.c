/* slots.c - characters as one number in mixed radix, the first slot the most significant, and back. */
#include "masking/formats/format.h"

#include "masking/codes.h"

#include <string.h>

#define ALPHABET(name, text) const struct hf_alphabet hf_alphabet_##name = {text, sizeof(text) - 1}
ALPHABET(digits, "0123456789");
ALPHABET(plate, "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"); /* GA 36: without I and O */
ALPHABET(new_energy, "ABCDEFGHJK");
ALPHABET(vin, HF_CODE_VIN_SET);
ALPHABET(credit, HF_CODE_CREDIT_SET);
ALPHABET(alnum, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
ALPHABET(hex_lower, "0123456789abcdef");
ALPHABET(hex_upper, "0123456789ABCDEF");

static const hf_u128 rank_end = (hf_u128)1 << 100;

void hf_slots_begin(struct hf_ranked *r)
{
	r->rank = 0;
	r->size = 1;
	r->radix = 0;
	r->length = 0;
	r->slot_count = 0;
}

static int place_of(const struct hf_alphabet *a, uint8_t c)
{
	const char *p;

	if (a == &hf_alphabet_digits)
		return c >= '0' && c <= '9' ? c - '0' : -1;
	p = c ? memchr(a->set, c, a->radix) : NULL;
	return p ? (int)(p - a->set) : -1;
}

bool hf_slots_add(struct hf_ranked *r, const struct hf_bytes *v, size_t at, size_t count, const struct hf_alphabet *a)
{
	if (at + count > v->len || r->slot_count + count > HF_SLOTS_MAX)
		return false;
	for (; count > 0; count--, at++) {
		const int place = place_of(a, v->data[at]);

		if (place < 0 || r->size >= rank_end)
			return false;
		r->rank = r->rank * a->radix + (unsigned)place;
		r->size *= a->radix;
		r->slots[r->slot_count++] = (struct hf_slot){(uint8_t)at, a};
	}
	return true;
}

bool hf_slots_last_digits(struct hf_ranked *r, const struct hf_bytes *v, size_t count)
{
	uint8_t at[HF_FORMAT_BYTES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++) {
		if (v->data[i] >= '0' && v->data[i] <= '9')
			at[n++] = (uint8_t)i;
	}
	if (n < count)
		return false;
	for (size_t i = n - count; i < n; i++) {
		if (!hf_slots_add(r, v, at[i], 1, &hf_alphabet_digits))
			return false;
	}
	return true;
}

bool hf_slots_end(struct hf_ranked *r)
{
	const struct hf_alphabet *a = r->slot_count > 0 ? r->slots[0].alphabet : NULL;

	if (!a || r->size >= rank_end)
		return false;
	for (unsigned i = 1; i < r->slot_count; i++) {
		if (r->slots[i].alphabet != a)
			return true; /* mixed: the size says it */
	}
	r->radix = a->radix;
	r->length = r->slot_count;
	return true;
}

void hf_ranked_put(hf_u128 rank, const struct hf_ranked *r, uint8_t *value)
{
	unsigned i = r->slot_count;

	while (i > 0 && rank >> 64) {
		const struct hf_slot *s = &r->slots[--i];

		value[s->at] = (uint8_t)s->alphabet->set[rank % s->alphabet->radix];
		rank /= s->alphabet->radix;
	}
	for (uint64_t low = (uint64_t)rank; i > 0; low /= r->slots[i].alphabet->radix) {
		const struct hf_slot *s = &r->slots[--i];

		value[s->at] = (uint8_t)s->alphabet->set[low % s->alphabet->radix];
	}
}
