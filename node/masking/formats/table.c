/* table.c - the formats by their types. */
#include "masking/formats/formats.h"

#include <string.h>

static const struct hf_format *const formats[] = {
#define ROW(name) &hf_format_##name,
        HF_FORMATS(ROW)
#undef ROW
};

const struct hf_format *const *hf_formats(size_t *ret_count)
{
	*ret_count = sizeof(formats) / sizeof(formats[0]);
	return formats;
}

const struct hf_format *hf_format_named(const char *type)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i]->type, type) == 0)
			return formats[i];
	}
	return NULL;
}
