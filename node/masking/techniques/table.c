/* table.c - the techniques, in the order in which they are shown. */
#include "masking/techniques/techniques.h"

#include <string.h>

static const struct hf_technique *const techniques[] = {
#define ROW(name) &hf_technique_##name,
        HF_TECHNIQUES(ROW)
#undef ROW
};

const struct hf_technique *const *hf_techniques(size_t *ret_count)
{
	*ret_count = sizeof(techniques) / sizeof(techniques[0]);
	return techniques;
}

const struct hf_technique *hf_technique_named(const char *id)
{
	for (size_t i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++) {
		if (strcmp(techniques[i]->id, id) == 0)
			return techniques[i];
	}
	return NULL;
}
