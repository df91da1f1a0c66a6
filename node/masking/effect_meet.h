/*
 * effect_meet.h - rows that have to be suppressed so that the others meet k, l and t. Pure; any thread.
 */
#ifndef HUFU_MASKING_EFFECT_MEET_H
#define HUFU_MASKING_EFFECT_MEET_H

#include "masking/effect.h"

struct hf_effect_need {
	uint32_t k, l; /* rows of a class; different values of each sensitive column in it. 0: not needed */
	double t;      /* the farthest that a class may be from the whole (equal distance); negative: not needed */
	const size_t *sensitive;
	size_t sensitive_count;
};
/* Takes classes out of c until those that stay meet the need: all that miss k or l, then, again and again, as the whole
 * becomes another one, those that are farther than t. Returns how many rows were taken: they are suppressed. */
uint32_t hf_effect_meet(const struct hf_effect_table *t, const struct hf_effect_need *need,
                        struct hf_effect_classes *c);

#endif
