/* obligation.c - see obligation.h. */
#include "authz/obligation.h"

#include <string.h>

#define PREFIX "uses:"

bool hf_uses_parse(const char *obligation, uint64_t *ret_most)
{
	uint64_t n = 0;
	if (!obligation || strncmp(obligation, PREFIX, sizeof(PREFIX) - 1) != 0)
		return false;
	const char *d = obligation + sizeof(PREFIX) - 1;
	if (*d < '1' || *d > '9') /* one form only: no sign, no leading zero */
		return false;
	for (; *d >= '0' && *d <= '9' && n <= HF_USES_AT_MOST; d++)
		n = n * 10 + (uint64_t)(*d - '0');
	if (*d || n > HF_USES_AT_MOST)
		return false;
	*ret_most = n;
	return true;
}

uint64_t hf_uses_most(const Hufu__Agreement *terms)
{
	uint64_t most = UINT64_MAX, n;
	for (size_t i = 0; i < terms->n_obligations; i++)
		if (hf_uses_parse(terms->obligations[i], &n) && n < most)
			most = n;
	return most;
}

uint64_t hf_uses_most_of(const Hufu__CatalogEntry *entry)
{
	uint64_t most = UINT64_MAX, n;
	for (size_t i = 0; i < entry->n_policy; i++)
		if (strcmp(entry->policy[i]->kind, "duty") == 0 && hf_uses_parse(entry->policy[i]->action, &n) &&
		    n < most)
			most = n;
	return most;
}

bool hf_obligation_known(const char *obligation)
{
	static const char *const known[] = {"log", "receipt", "no-onward-sharing", "report-use"};
	uint64_t n;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(obligation, known[i]) == 0)
			return true;
	return hf_uses_parse(obligation, &n);
}
