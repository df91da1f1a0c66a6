/*
 * mark.h - a recipient's mark in the digits of a noised number that the plan declares to be noise anyway: what is below
 * `step` becomes a draw keyed by consumer and row, so that some leaked rows tell whose they were. Whole steps are the
 * same for all recipients, and nothing of the value is in the digits that differ. Inside of techniques/.
 */
#ifndef HUFU_MASKING_TECHNIQUES_MARK_H
#define HUFU_MASKING_TECHNIQUES_MARK_H

#include "masking/techniques/decimal.h"
#include "masking/techniques/prf.h"

struct hf_mark {
	bool on;
	struct hf_prf prf;
	struct hf_decimal step;
};
/* Parameters fingerprint and step. */
enum hf_err hf_mark_open(const struct hf_mask_use *use, const char *technique, struct hf_fault *f,
                         struct hf_mark *ret_m) HF_MUST_CHECK;
void hf_mark_done(struct hf_mark *m);
/* Different marks that a number with so many decimals can have; below 2: none. */
int64_t hf_mark_room(const struct hf_decimal *step, unsigned scale);
/* Of value i of the batch. Numbers from low to high only may come out; where a step is not all within them, its whole
 * step, or the limit, comes out. */
void hf_mark_put(const struct hf_mark *m, const struct hf_mask_batch *b, size_t i, const int64_t limits[2],
                 struct hf_decimal *d);

#define HF_MARK_PARAMS                                                                                                 \
	{"fingerprint",                                                                                                \
	 HF_PARAM_CHOICE,                                                                                              \
	 false,                                                                                                        \
	 0,                                                                                                            \
	 0,                                                                                                            \
	 "on off",                                                                                                     \
	 "on: what is below step is the recipient's mark; off when nothing is said"},                                  \
	{                                                                                                              \
		"step", HF_PARAM_DECIMAL, false, 0, INT32_MAX, NULL,                                                   \
		        "with fingerprint: numbers tell no more than this"                                             \
	}

#endif
