/*
 * trial.h - columns before and after a method, compared; for trial.c.
 */
#ifndef HUFU_MASKING_OWN_TRIAL_H
#define HUFU_MASKING_OWN_TRIAL_H

#include "masking/own/own.h"

struct hf_trial {
	const struct hf_own *own;
	struct hf_bytes *in, *out;
	size_t count;
	uint64_t unreadable; /* of the last run */
	uint64_t until_us;   /* by the thread's processor clock; 0: without a bound, and without one on bytes */
	struct hf_arena arena;
};
struct hf_trial_run {
	const struct hf_bytes *in;
	const struct hf_mask_key *key;
	size_t batch;
	bool turned, back;
};

struct hf_bytes hf_trial_keep(struct hf_trial *t, const struct hf_bytes *v);
size_t hf_trial_differ(const struct hf_trial *t, const struct hf_bytes *a, const struct hf_bytes *b);
/* How many: equal values with different results; different ones with equal results. */
size_t hf_trial_split(const struct hf_trial *t);
size_t hf_trial_met(const struct hf_trial *t);
/* Results with another number of characters, or, with kinds, none of the form. */
size_t hf_trial_misshapen(const struct hf_trial *t, bool kinds);
size_t hf_trial_disorder(const struct hf_trial *t);
bool hf_trial_distribution(const struct hf_trial *t, enum hf_keeps_distribution d);

#endif
