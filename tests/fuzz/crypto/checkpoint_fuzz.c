/* checkpoint_fuzz.c - checkpoint texts from anywhere. What parses must come out as the same bytes again. */
#include "crypto/note.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_checkpoint c;
	char text[HF_NOTE_NAME_MAX + 128];

	if (!hf_checkpoint_parse((const char *)data, size, &c))
		return 0;
	if (hf_checkpoint_text(&c, text, sizeof(text)) != size || memcmp(text, data, size) != 0)
		abort();
	return 0;
}
