/* slots.c - characters as one number in mixed radix, the first slot the most significant, and back. */
#include "masking/formats/format.h"

#include "masking/codes.h"

#include <string.h>

/* Each character's place plus one; 0: not in the alphabet. */
static const uint8_t digits_places[256] = {
        ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10};
static const uint8_t plate_places[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,
        ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
        ['J'] = 19, ['K'] = 20, ['L'] = 21, ['M'] = 22, ['N'] = 23, ['P'] = 24, ['Q'] = 25, ['R'] = 26, ['S'] = 27,
        ['T'] = 28, ['U'] = 29, ['V'] = 30, ['W'] = 31, ['X'] = 32, ['Y'] = 33, ['Z'] = 34};
static const uint8_t new_energy_places[256] = {
        ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8, ['J'] = 9, ['K'] = 10};
static const uint8_t vin_places[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,
        ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
        ['J'] = 19, ['K'] = 20, ['L'] = 21, ['M'] = 22, ['N'] = 23, ['P'] = 24, ['R'] = 25, ['S'] = 26, ['T'] = 27,
        ['U'] = 28, ['V'] = 29, ['W'] = 30, ['X'] = 31, ['Y'] = 32, ['Z'] = 33};
static const uint8_t credit_places[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
        ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
        ['G'] = 17, ['H'] = 18, ['J'] = 19, ['K'] = 20, ['L'] = 21, ['M'] = 22, ['N'] = 23, ['P'] = 24,
        ['Q'] = 25, ['R'] = 26, ['T'] = 27, ['U'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31};
static const uint8_t alnum_places[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,
        ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
        ['I'] = 19, ['J'] = 20, ['K'] = 21, ['L'] = 22, ['M'] = 23, ['N'] = 24, ['O'] = 25, ['P'] = 26, ['Q'] = 27,
        ['R'] = 28, ['S'] = 29, ['T'] = 30, ['U'] = 31, ['V'] = 32, ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36};
static const uint8_t hex_lower_places[256] = {
        ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
        ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};
static const uint8_t hex_upper_places[256] = {
        ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
        ['8'] = 9, ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

#define ALPHABET(name, text) const struct hf_alphabet hf_alphabet_##name = {text, name##_places, sizeof(text) - 1}
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

/* While the numbers are below 2^57 one more character (radix up to 36) fits 64 bits, which is much faster. */
bool hf_slots_add(struct hf_ranked *r, const struct hf_bytes *v, size_t at, size_t count, const struct hf_alphabet *a)
{
	if (at + count > v->len || r->slot_count + count > HF_SLOTS_MAX)
		return false;
	for (; count > 0; count--, at++) {
		const unsigned place = a->places[v->data[at]];

		if (place == 0 || r->size >= rank_end)
			return false;
		if (r->size >> 57 == 0) {
			r->rank = (uint64_t)r->rank * a->radix + (place - 1);
			r->size = (uint64_t)r->size * a->radix;
		} else {
			r->rank = r->rank * a->radix + (place - 1);
			r->size *= a->radix;
		}
		r->slots[r->slot_count++] = (struct hf_slot){(uint8_t)at, a};
	}
	return true;
}

bool hf_slots_last_digits(struct hf_ranked *r, const struct hf_bytes *v, size_t count)
{
	uint8_t at[HF_FORMAT_BYTES_MAX];
	size_t n = 0;

	while (n < count && n < v->len && (uint8_t)(v->data[v->len - 1 - n] - '0') < 10)
		n++;
	if (n == count) /* nothing stands between them, as in most values */
		return hf_slots_add(r, v, v->len - count, count, &hf_alphabet_digits);
	n = 0;
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

/* The last `count` slots, all of one alphabet; a radix that the compiler knows costs no division. */
static inline void put_known(uint64_t low, const struct hf_ranked *r, unsigned count, uint8_t *value, unsigned radix)
{
	for (unsigned i = count; i > 0; low /= radix) {
		const struct hf_slot *s = &r->slots[--i];

		value[s->at] = (uint8_t)s->alphabet->set[low % radix];
	}
}

static void put_low(uint64_t low, const struct hf_ranked *r, unsigned count, uint8_t *value)
{
	switch (r->length > 0 ? r->radix : 0) {
	case 10:
		put_known(low, r, count, value, 10);
		return;
	case 31:
		put_known(low, r, count, value, 31);
		return;
	case 33:
		put_known(low, r, count, value, 33);
		return;
	case 34:
		put_known(low, r, count, value, 34);
		return;
	}
	for (unsigned i = count; i > 0; low /= r->slots[i].alphabet->radix) {
		const struct hf_slot *s = &r->slots[--i];

		value[s->at] = (uint8_t)s->alphabet->set[low % s->alphabet->radix];
	}
}

void hf_ranked_put(hf_u128 rank, const struct hf_ranked *r, uint8_t *value)
{
	unsigned i = r->slot_count;

	while (i > 0 && rank >> 64) {
		const struct hf_slot *s = &r->slots[--i];

		value[s->at] = (uint8_t)s->alphabet->set[rank % s->alphabet->radix];
		rank /= s->alphabet->radix;
	}
	put_low((uint64_t)rank, r, i, value);
}
