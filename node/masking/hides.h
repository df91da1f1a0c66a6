/*
 * hides.h - does a technique, with the parameters of a plan, hide anything of a sensitive field? A mask that keeps 17
 * of 18 characters, the 18th being their check digit, steps below what the values tell, a pattern that moves nothing
 * and techniques that only leave rows out let the values through. Looks at the parameters alone, never at values; a
 * method of the user's own is tried on values made for it (hides_measure.h). Pure; any thread.
 */
#ifndef HUFU_MASKING_HIDES_H
#define HUFU_MASKING_HIDES_H

#include "masking/plan.h"

#define HF_HIDES_WHY 240u

/* type: what the field is confirmed as; level: how sensitive that is. False: it does not, and why goes on "FIELD ...".
 */
bool hf_hides(const struct hf_plan_field *field, const char *type, unsigned level, char why[HF_HIDES_WHY]);
/* The same of the file that map or hier reads, of a bound plan (plan_files.h): most values do not become themselves. */
bool hf_hides_by_file(const struct hf_plan *p, const struct hf_plan_field *field, char why[HF_HIDES_WHY]);

#endif
