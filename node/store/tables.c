/* tables.c - see tables.h. */
#include "store/tables.h"

#include <stddef.h>

static const char *const names[HF_TABLE_COUNT] = {
#define HF_TABLE_NAME(code, name) [code] = name,
        HF_TABLES(HF_TABLE_NAME)
#undef HF_TABLE_NAME
};

const char *hf_table_name(enum hf_table t)
{
	return t > HF_TABLE_INVALID && t < HF_TABLE_COUNT ? names[t] : NULL;
}
