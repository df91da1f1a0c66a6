/* frame.c - see frame.h. */
#include "channel/frame.h"

#include <string.h>

#include "base/buf.h"
#include "crypto/aead.h"

enum { AT_VERSION = 2, AT_KIND = 3, AT_SESSION = 4, AT_COUNTER = 20, AT_LEN = 28 };

static bool kind_known(uint8_t kind)
{
	return kind >= HF_FRAME_HS1 && kind <= HF_FRAME_HINT;
}

static bool length_ok(enum hf_frame_kind kind, size_t len)
{
	switch (kind) {
	case HF_FRAME_HS1:
	case HF_FRAME_HS2:
	case HF_FRAME_HS3:
		return len > 0 && len <= HF_FRAME_HANDSHAKE_MAX;
	case HF_FRAME_HS_DONE:
	case HF_FRAME_RECORD:
	case HF_FRAME_REPLY:
		return len >= HF_AEAD_TAG_BYTES;
	case HF_FRAME_HINT:
		return len > 0 && len <= HF_FRAME_HINT_MAX;
	case HF_FRAME_INVALID:
		break;
	}
	return false;
}

bool hf_frame_parse(const uint8_t *data, size_t len, struct hf_frame *ret_frame)
{
	struct hf_frame f = {0};
	if (len < HF_FRAME_HEAD || data[0] != 'H' || data[1] != 'F' || data[AT_VERSION] != HF_FRAME_VERSION ||
	    !kind_known(data[AT_KIND]))
		return false;
	f.kind = (enum hf_frame_kind)data[AT_KIND];
	memcpy(f.session, data + AT_SESSION, HF_SESSION_ID);
	f.counter = hf_get_u64(data + AT_COUNTER);
	f.len = hf_get_u32(data + AT_LEN);
	f.head = data;
	f.data = data + HF_FRAME_HEAD;
	if (f.len > len - HF_FRAME_HEAD || !length_ok(f.kind, f.len))
		return false;
	f.bulk = f.data + f.len;
	f.bulk_len = len - HF_FRAME_HEAD - f.len;
	if (f.bulk_len > 0 && f.kind != HF_FRAME_REPLY)
		return false;
	*ret_frame = f;
	return true;
}

void hf_frame_head(uint8_t out[HF_FRAME_HEAD], enum hf_frame_kind kind, const uint8_t session[HF_SESSION_ID],
                   uint64_t counter, uint32_t len)
{
	out[0] = 'H';
	out[1] = 'F';
	out[AT_VERSION] = HF_FRAME_VERSION;
	out[AT_KIND] = (uint8_t)kind;
	memcpy(out + AT_SESSION, session, HF_SESSION_ID);
	hf_put_u64(out + AT_COUNTER, counter);
	hf_put_u32(out + AT_LEN, len);
}
