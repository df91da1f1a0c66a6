/*
 * frame.h - the outer form of every message on a pipe: a fixed head, then handshake bytes, an encrypted record or a
 * hint, then, in replies only, bulk bytes. Pure; bytes from outside are looked at here first.
 *
 *   offset  bytes
 *   0       2      "HF"
 *   2       1      version of this layout, 1
 *   3       1      kind
 *   4       16     session id, chosen by the answerer in hs2 (hs1: zero)
 *   20      8      counter, big-endian: nonce of the record under its session's key (handshake and hints: 0)
 *   28      4      length of what follows without the bulk bytes
 *
 * The whole head is associated data of a record.
 */
#ifndef HUFU_CHANNEL_FRAME_H
#define HUFU_CHANNEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_FRAME_HEAD 32u
#define HF_FRAME_VERSION 1u
#define HF_SESSION_ID 16u
#define HF_FRAME_HANDSHAKE_MAX 4096u /* bytes after the head of a handshake frame */
#define HF_FRAME_HINT_MAX 64u

enum hf_frame_kind {
	HF_FRAME_INVALID = 0,
	HF_FRAME_HS1 = 1,     /* request: suite, cipher, versions, space in clear, Noise message 1 */
	HF_FRAME_HS2 = 2,     /* reply: Noise message 2 */
	HF_FRAME_HS3 = 3,     /* request: Noise message 3 */
	HF_FRAME_HS_DONE = 4, /* reply, a record of the new session: ReplyHeader, good or the reason of refusal */
	HF_FRAME_RECORD = 5,  /* request, a record: RequestHeader */
	HF_FRAME_REPLY = 6,   /* reply, a record: ReplyHeader; bulk bytes may follow */
	HF_FRAME_HINT =
	        7, /* reply, in clear and believed by nobody: the reason of an error; session: the one it is about */
};

struct hf_frame {
	enum hf_frame_kind kind;
	uint8_t session[HF_SESSION_ID];
	uint64_t counter;
	const uint8_t *head; /* HF_FRAME_HEAD bytes */
	const uint8_t *data;
	size_t len;
	const uint8_t *bulk; /* kind REPLY; len 0 otherwise */
	size_t bulk_len;
};
/* False for anything that is not exactly one frame of a known kind. ret_frame points into data. */
bool hf_frame_parse(const uint8_t *data, size_t len, struct hf_frame *ret_frame);
/* Writes a head. */
void hf_frame_head(uint8_t out[HF_FRAME_HEAD], enum hf_frame_kind kind, const uint8_t session[HF_SESSION_ID],
                   uint64_t counter, uint32_t len);

#endif
