/* vehicles.c - number plates and vehicle identification numbers. */
#include "masking/codes.h"
#include "masking/formats/formats.h"

#include <string.h>

/* Province, letter and perhaps a mark between: kept, and a Han character at the end too. New-energy vehicles have six
 * characters, whose letter says which: it stays a letter, where it was. */
static bool read_plate(const struct hf_bytes *v, struct hf_ranked *r)
{
	size_t at = 4, end = v->len;

	if (v->len < 8 || v->data[0] < 0xE3 || v->data[3] < 'A' || v->data[3] > 'Z')
		return false;
	while (at < v->len && (v->data[at] == ' ' || v->data[at] == '-' || v->data[at] == 0xC2 || v->data[at] == 0xB7))
		at++;
	if (end - at == 7 && v->data[end - 3] >= 0xE3)
		end -= 3;
	hf_slots_begin(r);
	if (end - at == 6 && v->data[at] > '9')
		return hf_slots_add(r, v, at, 1, &hf_alphabet_new_energy) &&
		       hf_slots_add(r, v, at + 1, 1, &hf_alphabet_plate) &&
		       hf_slots_add(r, v, at + 2, 4, &hf_alphabet_digits) && hf_slots_end(r);
	if (end - at == 6)
		return hf_slots_add(r, v, at, 5, &hf_alphabet_digits) &&
		       hf_slots_add(r, v, at + 5, 1, &hf_alphabet_new_energy) && hf_slots_end(r);
	return (end - at == 5 || end - at == 4) && hf_slots_add(r, v, at, end - at, &hf_alphabet_plate) &&
	       hf_slots_end(r);
}

/* The maker is kept, position 9 is the check. */
static bool read_vin(const struct hf_bytes *v, struct hf_ranked *r)
{
	hf_slots_begin(r);
	return v->len == 17 && hf_code_vin(v->data) == v->data[8] && hf_slots_add(r, v, 3, 5, &hf_alphabet_vin) &&
	       hf_slots_add(r, v, 9, 8, &hf_alphabet_vin) && hf_slots_end(r);
}

static void write_vin(hf_u128 rank, const struct hf_ranked *r, uint8_t *value, size_t len)
{
	(void)len;
	hf_ranked_put(rank, r, value);
	value[8] = hf_code_vin(value);
}

const struct hf_format hf_format_plate = {"cn.plate", read_plate, NULL};
const struct hf_format hf_format_vin = {"vin", read_vin, write_vin};
