/*
 * hides_measure.h - inside of hides: what a method of the user's own leaves readable, seen from what it really does
 * with values of the field's type and of its own form; no name and no record says that.
 */
#ifndef HUFU_MASKING_HIDES_MEASURE_H
#define HUFU_MASKING_HIDES_MEASURE_H

#include "masking/technique.h"

#define HF_HIDES_LEAST 4u /* characters of a code that nobody may read, its check digits not counted */

/* A code has one of two ranges of lengths, in characters, and check digits that follow from the others (places from 0,
 * below 0 from the end; 0: none); of `separated` its characters one in three is a sign between. Of other kinds `most`
 * characters may stay. Numbers must not be told more finely than `grain`; `size` is one of the usual ones. */
struct hf_hides_form {
	const char *type;
	uint8_t from[2], to[2];
	int8_t check[2];
	uint8_t check_of; /* only values of that length have them; 0: all */
	bool separated;
	uint8_t most;
	double grain, size;
};
/* Is the character at that place a check digit, or a sign between? */
bool hf_hides_idle(const struct hf_hides_form *m, size_t length, size_t place);

struct hf_hides_measured {
	size_t tried, readable; /* values; of them those that can be read in what became of them */
};
/* form: of the field's type, or one for types that are not known. technique is an own one. What it cannot read is
 * hidden, and so is everything when it cannot be opened. False: readable ones are more than a quarter of the tried, and
 * that is no accident. */
bool hf_hides_measure(const struct hf_technique *technique, const struct hf_hides_form *form,
                      struct hf_hides_measured *ret_m);

#endif
