/*
 * pattern_steps.h - how long a user's pattern may take on one value: steps of PCRE2 in proportion to its length, so
 * that the time for a table is bounded by its size, also by patterns that stay just below a fixed limit on every value.
 */
#ifndef HUFU_MASKING_PATTERN_STEPS_H
#define HUFU_MASKING_PATTERN_STEPS_H

#include <stddef.h>
#include <stdint.h>

#define HF_PATTERN_STEPS 2000u      /* of any value, */
#define HF_PATTERN_STEPS_A_BYTE 50u /* and for each byte of it */
#define HF_PATTERN_STEPS_MOST 2000000u

static inline uint32_t hf_pattern_steps(size_t len)
{
	return len < HF_PATTERN_STEPS_MOST / HF_PATTERN_STEPS_A_BYTE
	               ? HF_PATTERN_STEPS + HF_PATTERN_STEPS_A_BYTE * (uint32_t)len
	               : HF_PATTERN_STEPS_MOST;
}

#endif
