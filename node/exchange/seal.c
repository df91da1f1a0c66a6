/* seal.c - see seal.h. */
#include "exchange/seal.h"

#include <stdio.h>

#include "authz/obligation.h"

#define LEVEL_CORE 3u

void seal_duty(struct seal_why *w, const char *duty)
{
	if (!w->duty && hf_obligation_seals(duty))
		w->duty = duty;
}

enum hf_err seal_refuse(const struct seal_why *w, struct hf_fault *f)
{
	char why[160];
	if (w->duty)
		snprintf(why, sizeof(why), "carries the obligation '%.100s'", w->duty);
	else if (w->sensitive)
		snprintf(why, sizeof(why), "is sensitive");
	else if (w->level >= LEVEL_CORE)
		snprintf(why, sizeof(why), "is core data (level %u)", w->level);
	else if (w->viewed)
		snprintf(why, sizeof(why), "has views of this node (`hufu data view list`)");
	else
		return HF_OK;
	return hf_fault_set(f, HF_E_MUST_SEAL,
	                    "the data %s and may be kept only sealed, not in a file; fetch it with --sealed and read "
	                    "it with `hufu data read`",
	                    why);
}
