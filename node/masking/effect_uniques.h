/*
 * effect_uniques.h - how many people are alone in the population by their quasi-identifiers, estimated from a sample of
 * it: the three models that ARX has, each with whether it may be believed. Pure; any thread.
 */
#ifndef HUFU_MASKING_EFFECT_UNIQUES_H
#define HUFU_MASKING_EFFECT_UNIQUES_H

#include "masking/effect.h"

struct hf_effect_estimate {
	double uniques;  /* 0 when it is not valid */
	const char *why; /* NULL: valid; else half a sentence that says why not */
	double a, b;     /* pitman: theta, alpha; snb: alpha, beta */
};
struct hf_effect_uniques {
	double fraction; /* of the population that is in classes here */
	uint32_t sample; /* uniques here */
	/* Pitman's sampling formula, fitted by maximum likelihood, and its approximation of the uniques (Hoshino 2001).
	 */
	struct hf_effect_estimate pitman;
	/* Zayatz 1991: how likely a unique of the sample is one, when classes are as large in the population. */
	struct hf_effect_estimate zayatz;
	/* Shifted negative binomial sizes (Chen and Keller-McNulty 1998), fitted to how many classes of one and of two
	 * rows there are; the classes of the population by the third estimator of Haas and Stokes 1998. */
	struct hf_effect_estimate snb;
	const char *chosen; /* "pitman", "zayatz" or "snb" by Dankar et al. 2012: pitman up to a tenth of the
	                       population, else the lower of the others; zayatz when that one is not valid */
	double uniques;     /* of the chosen one */
};
/* population: people; fewer than rows in classes make every estimate invalid. */
void hf_effect_uniques(const struct hf_effect_classes *c, uint64_t population, struct hf_effect_uniques *ret_uniques);

#endif
