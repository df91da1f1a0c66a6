/* frame_fuzz.c - frames from anywhere. What parses lies inside the input, and its head comes out as the same bytes
 * again. */
#include "channel/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[HF_FRAME_HEAD];
	struct hf_frame f;
	if (!hf_frame_parse(data, size, &f))
		return 0;
	hf_frame_head(head, f.kind, f.session, f.counter, (uint32_t)f.len);
	if (memcmp(head, data, sizeof(head)) != 0 || f.data != data + HF_FRAME_HEAD || f.bulk != f.data + f.len ||
	    f.bulk + f.bulk_len != data + size)
		abort();
	return 0;
}
