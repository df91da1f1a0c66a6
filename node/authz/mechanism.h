/*
 * mechanism.h - the mechanisms of authorization, as a table: name, place in the order of decision (AZ-70), longest
 * period. Pure; private to the folder.
 */
#ifndef HUFU_AUTHZ_MECHANISM_H
#define HUFU_AUTHZ_MECHANISM_H

#include "base/err.h"

#include <stdint.h>

#define EMERGENCY_MS_MAX ((int64_t)14 * 86400 * 1000)

/*        code                     name           asked  longest period */
#define AZ_MECHANISMS(X)                                                                                               \
	X(AZ_MECHANISM_EMERGENCY, "emergency", 1, az_period_emergency) /* AZ-56: 14 days */                            \
	X(AZ_MECHANISM_APPLICATION, "application", 3, az_period_years) /* AZ-29: 3 years */                            \
	X(AZ_MECHANISM_PROVIDER, "provider", 3, az_period_years)       /* SB-24: beside the applications */

enum az_mechanism {
	AZ_MECHANISM_INVALID = 0,
#define AZ_MECHANISM_ENUM(code, name, order, period) code,
	AZ_MECHANISMS(AZ_MECHANISM_ENUM)
#undef AZ_MECHANISM_ENUM
	        AZ_MECHANISM_COUNT,
};

const char *az_mechanism_name(enum az_mechanism m);
/* "" is "application"; AZ_MECHANISM_INVALID when unknown. */
enum az_mechanism az_mechanism_find(const char *name);
/* Mechanisms of a lower number are asked first; 2 is the attribute rules', which are no grants. */
unsigned az_mechanism_order(enum az_mechanism m);
/* [from, until) is not longer than the mechanism allows; a grant over the limit is invalid, not cut. */
enum hf_err az_mechanism_period(enum az_mechanism m, int64_t from_ms, int64_t until_ms,
                                struct hf_fault *f) HF_MUST_CHECK;

#endif
