/*
 * format.h - which characters of a value of some type are permuted, and what is repaired afterwards.
 *
 * A format reads a value into slots: positions with an alphabet each, whose characters together are one number below
 * `size`. What is no slot is kept. Writing puts another number into the slots and mends the check digits. A format is a
 * function and one row in table.c (design of masking, 1.3). Pure; any thread.
 */
#ifndef HUFU_MASKING_FORMATS_FORMAT_H
#define HUFU_MASKING_FORMATS_FORMAT_H

#include "base/buf.h"
#include "masking/permutation/permutation.h"

#define HF_FORMAT_BYTES_MAX 64u /* longer values are of no format */
#define HF_RUNS_MAX 20u

struct hf_alphabet {
	const char *set;
	const uint8_t *places; /* by character: its place plus one, 0 for none; 256 of them */
	uint8_t radix;
};
extern const struct hf_alphabet hf_alphabet_digits, hf_alphabet_plate, hf_alphabet_vin, hf_alphabet_credit,
        hf_alphabet_alnum, hf_alphabet_new_energy, hf_alphabet_hex_lower, hf_alphabet_hex_upper;

/* Slots that follow each other, of one alphabet. */
struct hf_slot_run {
	uint8_t at, count;
	const struct hf_alphabet *alphabet;
};

/* What was read. Uniform alphabets give radix and length, others the size alone. */
struct hf_ranked {
	hf_u128 rank, size;
	uint32_t radix, length; /* length 0: see size */
	uint8_t run_count;
	struct hf_slot_run runs[HF_RUNS_MAX];
};

struct hf_format {
	const char *type;
	/* False: not of the type. v is at most HF_FORMAT_BYTES_MAX long. */
	bool (*read)(const struct hf_bytes *v, struct hf_ranked *ret_r);
	/* value holds the bytes that were read. NULL: put the slots. */
	void (*write)(hf_u128 rank, const struct hf_ranked *r, uint8_t *value, size_t len);
};

const struct hf_format *hf_format_named(const char *type); /* NULL: there is none */
const struct hf_format *const *hf_formats(size_t *ret_count);

/* For formats: begin, add slots in order, end. A character outside its alphabet fails. */
void hf_slots_begin(struct hf_ranked *r);
bool hf_slots_add(struct hf_ranked *r, const struct hf_bytes *v, size_t at, size_t count, const struct hf_alphabet *a);
/* The last `count` digits of v, wherever they stand. False: there are fewer. */
bool hf_slots_last_digits(struct hf_ranked *r, const struct hf_bytes *v, size_t count);
bool hf_slots_end(struct hf_ranked *r); /* false: the number does not fit */
void hf_ranked_put(hf_u128 rank, const struct hf_ranked *r, uint8_t *value);

#endif
