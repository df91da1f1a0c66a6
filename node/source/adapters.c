/* adapters.c - the kinds of sources there are. */
#include "source/adapters.h"

#include <string.h>

static const struct hf_adapter *const adapters[] = {
        &hf_adapter_csv, &hf_adapter_jsonl, &hf_adapter_sqlite, &hf_adapter_postgresql, &hf_adapter_stream,
};

const struct hf_adapter *hf_adapter_find(const char *kind)
{
	for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++)
		if (strcmp(adapters[i]->kind, kind) == 0)
			return adapters[i];
	return NULL;
}

const char *hf_adapter_kinds(void)
{
	return "csv, jsonl, sqlite, postgresql, stream";
}
