/* cards.h - what the detectors of cards share. For this folder only. */
#ifndef HUFU_MASKING_DETECT_CARDS_H
#define HUFU_MASKING_DETECT_CARDS_H

#include "masking/detect/tables.h"

#define HF_CARD_MOST 19u
/* The digits of a card's number, which stand there in one, or in groups with spaces or dashes, and then go into own. 0:
 * it is none. */
static inline size_t hf_card_digits(const struct hf_cell *c, uint8_t own[HF_CARD_MOST], const uint8_t **ret_digits)
{
	size_t n = 0;

	*ret_digits = c->data;
	if (c->classes == HF_CHAR_DIGIT)
		return c->len <= HF_CARD_MOST ? c->len : 0;
	if (c->mark >> 7 & 1) /* groups of four, or of four, six and five: a day has one there */
		return 0;
	for (size_t i = 0; i < c->len; i++)
		if (c->digit >> i & 1 && n < HF_CARD_MOST)
			own[n++] = c->data[i];
		else if (c->data[i] != ' ' && c->data[i] != '-')
			return 0;
	*ret_digits = own;
	return n;
}

#endif
