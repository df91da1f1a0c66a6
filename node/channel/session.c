/* session.c - see session.h. The window is the ring of RFC 6479. */
#include "channel/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define WORDS (HF_WINDOW_BITS / 64)
#define WINDOW_BACK (HF_WINDOW_BITS - 64)
#define COUNTER_MAX (UINT64_MAX - 1) /* the last nonce is not used, so that next never wraps */

bool hf_window_may(const struct hf_window *w, uint64_t counter)
{
	if (counter >= w->next)
		return counter < COUNTER_MAX;
	if (w->next - counter > WINDOW_BACK)
		return false;
	return !(w->bits[counter / 64 % WORDS] >> (counter % 64) & 1);
}

void hf_window_mark(struct hf_window *w, uint64_t counter)
{
	if (counter >= w->next) {
		uint64_t top = w->next == 0 ? 0 : (w->next - 1) / 64;
		uint64_t words = counter / 64 - top;
		for (uint64_t i = 1; i <= words && i <= WORDS; i++)
			w->bits[(top + i) % WORDS] = 0;
		w->next = counter + 1;
	}
	w->bits[counter / 64 % WORDS] |= (uint64_t)1 << (counter % 64);
}

struct hf_session *hf_session_new(enum hf_aead_alg alg, const uint8_t id[HF_SESSION_ID], const uint8_t send[32],
                                  const uint8_t recv[32], int64_t made_ms)
{
	struct hf_session *s = hf_alloc_zero(sizeof(*s));
	memcpy(s->id, id, HF_SESSION_ID);
	s->refs = 1;
	s->alg = alg;
	s->made_ms = made_ms;
	s->send = hf_aead_new(alg, send);
	s->recv = hf_aead_new(alg, recv);
	if (s->send && s->recv)
		return s;
	hf_session_unref(s);
	return NULL;
}

struct hf_session *hf_session_ref(struct hf_session *s)
{
	s->refs++;
	return s;
}

void hf_session_unref(struct hf_session *s)
{
	if (!s || --s->refs > 0)
		return;
	hf_aead_free(s->send);
	hf_aead_free(s->recv);
	hf_wipe(s, sizeof(*s));
	free(s);
}

static size_t make_ad(uint8_t ad[HF_FRAME_HEAD + 8], const uint8_t *head, const uint64_t *reply_to)
{
	memcpy(ad, head, HF_FRAME_HEAD);
	if (!reply_to)
		return HF_FRAME_HEAD;
	hf_put_u64(ad + HF_FRAME_HEAD, *reply_to);
	return HF_FRAME_HEAD + 8;
}

bool hf_session_seal(struct hf_session *s, enum hf_frame_kind kind, const uint64_t *reply_to, uint8_t *frame,
                     size_t plain_len, uint64_t *ret_counter)
{
	uint8_t nonce[12], ad[HF_FRAME_HEAD + 8];
	uint64_t counter = s->send_counter;
	if (plain_len > UINT32_MAX - HF_AEAD_TAG_BYTES || counter >= COUNTER_MAX)
		return false;
	s->send_counter++;
	hf_frame_head(frame, kind, s->id, counter, (uint32_t)(plain_len + HF_AEAD_TAG_BYTES));
	hf_aead_nonce(s->alg, counter, nonce);
	uint8_t *text = frame + HF_FRAME_HEAD;
	if (!hf_aead_seal(s->send, nonce, ad, make_ad(ad, frame, reply_to), text, plain_len, text, text + plain_len))
		return false;
	s->bytes += plain_len + HF_RECORD_OVERHEAD;
	if (ret_counter)
		*ret_counter = counter;
	return true;
}

enum hf_err hf_session_open(struct hf_session *s, const struct hf_frame *f, const uint64_t *reply_to, size_t *ret_len)
{
	uint8_t nonce[12], ad[HF_FRAME_HEAD + 8];
	if (f->len < HF_AEAD_TAG_BYTES)
		return HF_E_FORMAT;
	if (!hf_window_may(&s->window, f->counter))
		return HF_E_REPLAY;
	size_t len = f->len - HF_AEAD_TAG_BYTES;
	uint8_t *text = (uint8_t *)(uintptr_t)f->data;
	hf_aead_nonce(s->alg, f->counter, nonce);
	if (!hf_aead_open(s->recv, nonce, ad, make_ad(ad, f->head, reply_to), text, len, text + len, text))
		return HF_E_SIGNATURE;
	hf_window_mark(&s->window, f->counter);
	s->bytes += f->len + HF_FRAME_HEAD + f->bulk_len;
	*ret_len = len;
	return HF_OK;
}

bool hf_session_over(const struct hf_session *s, int64_t now_ms, uint64_t period_ms, uint64_t volume)
{
	return s->ended || now_ms - s->made_ms >= (int64_t)period_ms || s->bytes >= volume;
}
