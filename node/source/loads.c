/* loads.c - what a delivered table can be loaded into; declared in load.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/load.h"

static const struct hf_loader *const loaders[] = {
        &hf_loader_jsonl, &hf_loader_csv_zst, &hf_loader_jsonl_zst, &hf_loader_sqlite, &hf_loader_postgresql,
};

const struct hf_loader *hf_loader_find(const char *name)
{
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		if (strcmp(loaders[i]->name, name) == 0)
			return loaders[i];
	return NULL;
}

struct hf_load *hf_load_new(void)
{
	return hf_alloc_zero(sizeof(struct hf_load));
}

void hf_load_free(struct hf_load *l)
{
	if (!l)
		return;
	free(l->columns);
	hf_wipe(l, sizeof(*l));
	free(l);
}
