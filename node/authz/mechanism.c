/* mechanism.c - see mechanism.h. */
#include "authz/mechanism.h"

#include <string.h>

#include "authz/terms.h"

static enum hf_err az_period_years(int64_t from_ms, int64_t until_ms, struct hf_fault *f)
{
	return az_terms_period(from_ms, until_ms, f);
}

static enum hf_err az_period_emergency(int64_t from_ms, int64_t until_ms, struct hf_fault *f)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	HF_TRY(az_terms_period(from_ms, until_ms, f));
	if (until_ms - from_ms <= EMERGENCY_MS_MAX)
		return HF_OK;
	hf_time_text(from_ms, from);
	hf_time_text(until_ms, until);
	return hf_fault_set(f, HF_E_LIMIT,
	                    "the period from %s until %s is longer than 14 days, which an emergency lasts at most; for "
	                    "longer use file an application with `hufu apply`",
	                    from, until);
}

static const struct {
	const char *name;
	unsigned order;
	enum hf_err (*period)(int64_t from_ms, int64_t until_ms, struct hf_fault *f);
} rows[AZ_MECHANISM_COUNT] = {
#define AZ_MECHANISM_ROW(code, name, order, period) [code] = {name, order, period},
        AZ_MECHANISMS(AZ_MECHANISM_ROW)
#undef AZ_MECHANISM_ROW
};

const char *az_mechanism_name(enum az_mechanism m)
{
	return m > AZ_MECHANISM_INVALID && m < AZ_MECHANISM_COUNT ? rows[m].name : "";
}

enum az_mechanism az_mechanism_find(const char *name)
{
	if (!has_text(name))
		return AZ_MECHANISM_APPLICATION;
	for (enum az_mechanism m = AZ_MECHANISM_INVALID + 1; m < AZ_MECHANISM_COUNT; m++)
		if (strcmp(rows[m].name, name) == 0)
			return m;
	return AZ_MECHANISM_INVALID;
}

unsigned az_mechanism_order(enum az_mechanism m)
{
	return m > AZ_MECHANISM_INVALID && m < AZ_MECHANISM_COUNT ? rows[m].order : 0;
}

enum hf_err az_mechanism_period(enum az_mechanism m, int64_t from_ms, int64_t until_ms, struct hf_fault *f)
{
	if (m <= AZ_MECHANISM_INVALID || m >= AZ_MECHANISM_COUNT)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "the mechanism of the grant is not offered here");
	return rows[m].period(from_ms, until_ms, f);
}
