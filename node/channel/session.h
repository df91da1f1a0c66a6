/*
 * session.h - the keys of one finished handshake and the records made with them. Pure: no nng, no loop, no clock of its
 * own.
 *
 * Each side has one key per direction and counts its own records; the counter is the nonce. The receiver keeps a
 * sliding window over the counters it has accepted, because contexts deliver out of order. A reply names the counter of
 * its request in the associated data, so that replies cannot be exchanged with one another on the way.
 */
#ifndef HUFU_CHANNEL_SESSION_H
#define HUFU_CHANNEL_SESSION_H

#include <sys/queue.h>

#include "base/err.h"
#include "channel/frame.h"
#include "crypto/aead.h"

#define HF_WINDOW_BITS 4096u

/* Counters seen; the newest HF_WINDOW_BITS - 64 below the highest can still arrive. */
struct hf_window {
	uint64_t next; /* highest seen + 1 */
	uint64_t bits[HF_WINDOW_BITS / 64];
};
/* May this counter still come? Nothing is changed, so that a forged record cannot move the window. */
bool hf_window_may(const struct hf_window *w, uint64_t counter);
void hf_window_mark(struct hf_window *w, uint64_t counter);

struct hf_session {
	uint8_t id[HF_SESSION_ID];
	uint32_t refs;
	bool ended; /* refused from now on; lives until its last reply is settled */
	enum hf_aead_alg alg;
	struct hf_aead *send, *recv;
	uint64_t send_counter;
	struct hf_window window;
	int64_t made_ms; /* monotonic */
	uint64_t bytes;  /* both directions */
	void *owner;     /* answerer: whose it is; NULL when ended */
	LIST_ENTRY(hf_session) bucket;
};

/* refs 1. NULL when the cipher cannot be set up. Keys are copied. */
struct hf_session *hf_session_new(enum hf_aead_alg alg, const uint8_t id[HF_SESSION_ID], const uint8_t send[32],
                                  const uint8_t recv[32], int64_t made_ms);
struct hf_session *hf_session_ref(struct hf_session *s);
void hf_session_unref(struct hf_session *s); /* NULL is fine */

#define HF_RECORD_OVERHEAD (HF_FRAME_HEAD + HF_AEAD_TAG_BYTES)
/* frame holds HF_FRAME_HEAD bytes of room, plain_len bytes of plain text and HF_AEAD_TAG_BYTES of room; it becomes a
 * record. reply_to: counter of the request, NULL for a request. ret_counter: of this record; may be NULL. */
bool hf_session_seal(struct hf_session *s, enum hf_frame_kind kind, const uint64_t *reply_to, uint8_t *frame,
                     size_t plain_len, uint64_t *ret_counter);
/* Opens in place (f must point into memory that may be written). OK, REPLAY, or SIGNATURE for a record that was not
 * made with this session's key or was altered. ret_len: bytes of plain text at f->data. */
enum hf_err hf_session_open(struct hf_session *s, const struct hf_frame *f, const uint64_t *reply_to,
                            size_t *ret_len) HF_MUST_CHECK;

/* Its period or its volume is over (DS-45). */
bool hf_session_over(const struct hf_session *s, int64_t now_ms, uint64_t period_ms, uint64_t volume);

#endif
