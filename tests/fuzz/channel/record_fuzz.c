/*
 * record_fuzz.c - what an authenticated peer may put into a record: the input is sealed as it is, opened, and read as a
 * request; a mail in it is read as mail. What decodes must come out as the same message again.
 */
#include "channel/session.h"

#include <stdlib.h>
#include <string.h>

#include "channel.pb-c.h"
#include "proto/codec.h"
#include "proto/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const ProtobufCMessageDescriptor *desc, const void *data, size_t len)
{
	size_t out_len = 0;
	void *m = hf_decode(desc, data, len);
	if (!m)
		return;
	uint8_t *out = hf_encode(m, &out_len);
	void *twice = out ? hf_decode(desc, out, out_len) : NULL;
	if (!twice)
		abort();
	hf_decoded_free(twice);
	hf_decoded_free(m);
	free(out);
}

static void as_mail(const ProtobufCBinaryData *body)
{
	Hufu__Mail *m = HF_DECODE(mail, body->data, body->len);
	if (m)
		again(&hufu__mail_reply__descriptor, m->body.data, m->body.len);
	hf_decoded_free(m);
	again(&hufu__mail__descriptor, body->data, body->len);
	again(&hufu__poll_reply__descriptor, body->data, body->len);
}

static void as_request(const uint8_t *text, size_t len)
{
	Hufu__RequestHeader *h = HF_DECODE(request_header, text, len);
	if (h && h->type == HF_MSG_MAIL)
		as_mail(&h->body);
	hf_decoded_free(h);
	again(&hufu__request_header__descriptor, text, len);
	again(&hufu__reply_header__descriptor, text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t one[32] = {1}, other[32] = {2}, id[HF_SESSION_ID] = {3};
	struct hf_frame f;
	size_t len;
	if (!hf_crypto_init() || size > 1u << 20)
		return 0;
	struct hf_session *a = hf_session_new(HF_AEAD_AES256GCM, id, one, other, 0);
	struct hf_session *b = hf_session_new(HF_AEAD_AES256GCM, id, other, one, 0);
	uint8_t *frame = malloc(size + HF_RECORD_OVERHEAD);
	if (!a || !b || !frame)
		abort();
	if (size > 0)
		memcpy(frame + HF_FRAME_HEAD, data, size);
	if (!hf_session_seal(a, HF_FRAME_RECORD, NULL, frame, size, NULL) ||
	    !hf_frame_parse(frame, size + HF_RECORD_OVERHEAD, &f) || hf_session_open(b, &f, NULL, &len) != HF_OK ||
	    len != size || (size > 0 && memcmp(f.data, data, size) != 0))
		abort();
	as_request(f.data, len);
	free(frame);
	hf_session_unref(a);
	hf_session_unref(b);
	return 0;
}
