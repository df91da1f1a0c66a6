/*
 * handshake.h - Noise XX between two nodes, with what each says of itself as payload. Pure: bytes in, bytes out; no
 * nng, no loop.
 *
 *   hs1  dialler  -> suite, cipher, version range, space id in clear (the prologue) | e
 *   hs2  answerer -> e, ee, s, es, Hello
 *   hs3  dialler  -> s, se, Hello
 *
 * What stands in clear is in the prologue, so that whoever changes it on the way breaks the handshake: no downgrade of
 * suite, cipher or version (DS-50). There is no other way in: no password, no shared secret (DS-42). Membership is the
 * caller's business.
 */
#ifndef HUFU_CHANNEL_HANDSHAKE_H
#define HUFU_CHANNEL_HANDSHAKE_H

#include "base/ids.h"
#include "channel/session.h"
#include "crypto/noise.h"

#define HF_SPACE_MAX 255u
#define HF_LISTEN_MAX 255u

struct hf_hello {
	struct hf_name node;
	uint64_t descriptor_number;
	uint8_t descriptor_digest[32];
	uint32_t version;
	int64_t time_ms;
	char listen[HF_LISTEN_MAX + 1];
};

struct hf_handshake;
/* What this side is ready for. key and space outlive the object. */
struct hf_handshake_local {
	const struct hf_agree_key *key;
	const char *space;
	uint16_t version_min, version_max;
};
/* NULL: the space id is too long or the cipher is unknown. */
struct hf_handshake *hf_handshake_dial(const struct hf_handshake_local *local, enum hf_aead_alg alg);
/* From the bytes of hs1; nothing is kept of data. FORMAT, SUITE, VERSION, WRONG_SPACE. */
enum hf_err hf_handshake_answer(const struct hf_handshake_local *local, const uint8_t *data, size_t len,
                                struct hf_handshake **ret_handshake) HF_MUST_CHECK;
void hf_handshake_free(struct hf_handshake *h);

/* Writes this side's next message (dialler: 1, 3; answerer: 2); hello NULL for the first one, whose version is filled
 * in here. */
enum hf_err hf_handshake_write(struct hf_handshake *h, const struct hf_hello *hello,
                               uint8_t out[HF_FRAME_HANDSHAKE_MAX], size_t *ret_len) HF_MUST_CHECK;
/* Reads the other side's next message (dialler: 2; answerer: 3). SIGNATURE when it was not made for this handshake,
 * FORMAT when its Hello is malformed, VERSION when a version outside what was offered was chosen. Any failure ends the
 * handshake. */
enum hf_err hf_handshake_read(struct hf_handshake *h, const uint8_t *data, size_t len,
                              struct hf_hello *ret_hello) HF_MUST_CHECK;
/* The peer's proved static key, after its message was read. */
bool hf_handshake_remote(const struct hf_handshake *h, struct hf_agree_pub *ret_key);
/* After the last message, once. */
struct hf_session *hf_handshake_session(struct hf_handshake *h, const uint8_t id[HF_SESSION_ID], int64_t now_ms);
uint32_t hf_handshake_version(const struct hf_handshake *h);

#endif
