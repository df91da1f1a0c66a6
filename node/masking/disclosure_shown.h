/*
 * disclosure_shown.h - what one masking of one field shows, and when one shows all that another does. For disclosure.c.
 */
#ifndef HUFU_MASKING_DISCLOSURE_SHOWN_H
#define HUFU_MASKING_DISCLOSURE_SHOWN_H

#include "masking/disclosure.h"

#define HF_SHOWN_CUTS 256u

enum hf_shown_kind {
	HF_SHOWN_NOTHING = 1,
	HF_SHOWN_CLEAR, /* the value itself, perhaps not of all rows */
	HF_SHOWN_CHARS, /* some characters, and which values are equal */
	HF_SHOWN_CUTS_BETWEEN,
	HF_SHOWN_TIMES,
	HF_SHOWN_OTHER, /* as the text says; to be compared with the same only */
};
/* Cut points: a list, or in every period the same. A cut is 4 times its place in 10^-12, and 1 more when the place
 * itself lies below the cut: so that two grids that differ only there are told apart. */
struct hf_shown_cuts {
	__int128 period; /* 0: a list */
	size_t count;
	__int128 at[HF_SHOWN_CUTS];
};
struct hf_shown {
	enum hf_shown_kind kind;
	bool pseudonym, drawn;
	unsigned first, last; /* CHARS: so many at either end, */
	unsigned most;        /* in front perhaps up to so many */
	unsigned rank, step;  /* TIMES: 0 seconds of a step, then day, month, quarter, year */
	bool up;
	__int128 low, high;  /* CLEAR: only between them */
	int64_t level;       /* OTHER: the higher, the less it shows */
	struct hf_hash same; /* OTHER: of technique, parameters and scope */
	char technique[64];
	struct hf_shown_cuts cuts; /* CUTS_BETWEEN; OTHER: period not 0: coarsened by these */
};
/* field NULL: the release does not have it. */
void hf_shown_of(const struct hf_disclosure *d, const struct hf_plan_field *field, struct hf_shown *ret_s);
/* Another field of the release puts this one, as it is, behind its own. */
bool hf_shown_joined(const struct hf_disclosure *d, const char *name);
bool hf_shown_covers(const struct hf_shown *a, const struct hf_shown *b);
/* "first 3 characters"; for people. */
void hf_shown_text(const struct hf_shown *s, char *out, size_t cap);

#endif
