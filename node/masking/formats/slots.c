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
	r->run_count = 0;
}

static bool add_run(struct hf_ranked *r, size_t at, size_t count, const struct hf_alphabet *a)
{
	struct hf_slot_run *last = r->run_count ? &r->runs[r->run_count - 1] : NULL;

	if (last && last->alphabet == a && last->at + last->count == (int)at) {
		last->count = (uint8_t)(last->count + count);
		return true;
	}
	if (r->run_count == HF_RUNS_MAX)
		return false;
	r->runs[r->run_count++] = (struct hf_slot_run){(uint8_t)at, (uint8_t)count, a};
	return true;
}

/* While the numbers are below 2^57 one more character (radix up to 36) fits 64 bits, which is much faster. */
bool hf_slots_add(struct hf_ranked *r, const struct hf_bytes *v, size_t at, size_t count, const struct hf_alphabet *a)
{
	hf_u128 rank = r->rank, size = r->size;
	unsigned bad = 0;

	if (at + count > v->len || !add_run(r, at, count, a))
		return false;
	if (size >> 64 == 0) {
		uint64_t low = (uint64_t)rank, most = (uint64_t)size;

		for (; count > 0 && most >> 57 == 0; count--, at++) {
			const unsigned place = a->places[v->data[at]];

			bad |= place == 0;
			low = low * a->radix + (place - 1);
			most *= a->radix;
		}
		rank = low;
		size = most;
	}
	for (; count > 0; count--, at++) {
		const unsigned place = a->places[v->data[at]];

		if (size >= rank_end)
			return false;
		bad |= place == 0;
		rank = rank * a->radix + (place - 1);
		size *= a->radix;
	}
	r->rank = rank;
	r->size = size;
	return bad == 0;
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
	const struct hf_alphabet *a = r->run_count > 0 ? r->runs[0].alphabet : NULL;
	uint32_t length = 0;

	if (!a || r->size >= rank_end)
		return false;
	for (unsigned i = 0; i < r->run_count; i++) {
		if (r->runs[i].alphabet != a)
			return true; /* mixed: the size says it */
		length += r->runs[i].count;
	}
	r->radix = a->radix;
	r->length = length;
	return true;
}

/* Characters in front of end, two at a time, so that one division waits for half as many others; a radix that the
 * compiler knows costs none. Returns what is left of the number. */
static inline uint64_t put_known(uint64_t low, const char *set, uint8_t *end, unsigned count, unsigned radix)
{
	for (; count >= 2; count -= 2) {
		const uint64_t rest = low / (radix * radix);
		const unsigned two = (unsigned)(low - rest * (radix * radix));

		*--end = (uint8_t)set[two % radix];
		*--end = (uint8_t)set[two / radix];
		low = rest;
	}
	if (count) {
		*--end = (uint8_t)set[low % radix];
		low /= radix;
	}
	return low;
}

static uint64_t put_run(uint64_t low, const struct hf_alphabet *a, uint8_t *end, unsigned count)
{
	switch (a->radix) {
	case 10:
		return put_known(low, a->set, end, count, 10);
	case 31:
		return put_known(low, a->set, end, count, 31);
	case 33:
		return put_known(low, a->set, end, count, 33);
	case 34:
		return put_known(low, a->set, end, count, 34);
	}
	return put_known(low, a->set, end, count, a->radix);
}

void hf_ranked_put(hf_u128 rank, const struct hf_ranked *r, uint8_t *value)
{
	for (unsigned i = r->run_count; i > 0; i--) {
		const struct hf_slot_run *s = &r->runs[i - 1];
		unsigned left = s->count;

		for (; left > 0 && rank >> 64; left--) {
			value[s->at + left - 1] = (uint8_t)s->alphabet->set[rank % s->alphabet->radix];
			rank /= s->alphabet->radix;
		}
		if (left > 0)
			rank = put_run((uint64_t)rank, s->alphabet, value + s->at + left, left);
	}
}
