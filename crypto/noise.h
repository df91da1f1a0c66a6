/*
 * noise.h - Noise_XX_25519_AESGCM_SHA256 and Noise_XX_25519_ChaChaPoly_SHA256, revision 34.
 *
 * One handshake object per attempt; messages are written and read strictly in turn (dialler: write 1, read 2, write 3;
 * answerer: read 1, write 2, read 3). Any failure ends the object. Checked against the published vectors.
 */
#ifndef HUFU_CRYPTO_NOISE_H
#define HUFU_CRYPTO_NOISE_H

#include "crypto/aead.h"
#include "crypto/seal.h"

#define HF_NOISE_MAX 65535

struct hf_noise;

/* prologue is copied. alg: the cipher of the handshake. s: the local static key, not owned, must outlive the object. */
struct hf_noise *hf_noise_new(enum hf_aead_alg alg, bool dialler, const struct hf_agree_key *s, const void *prologue,
                              size_t prologue_len);
void hf_noise_free(struct hf_noise *n);
/* For vectors only: fixes the ephemeral key. */
void hf_noise_set_ephemeral(struct hf_noise *n, const uint8_t seed[32]);

/* Writes the next message; cap must be at least payload_len + 96 + 16. payload and out must not overlap. */
bool hf_noise_write(struct hf_noise *n, const void *payload, size_t payload_len, uint8_t *out, size_t cap,
                    size_t *ret_len);
/* Reads the next message; cap of payload at least len. msg and payload must not overlap. */
bool hf_noise_read(struct hf_noise *n, const uint8_t *msg, size_t len, uint8_t *payload, size_t cap, size_t *ret_len);
/* The peer's static key once it is known (dialler: after message 2, answerer: after message 3). */
bool hf_noise_remote(const struct hf_noise *n, struct hf_agree_pub *ret_pub);
bool hf_noise_finished(const struct hf_noise *n);
/* After the last message, once: the two split keys (send and receive for this side) and the handshake hash. */
bool hf_noise_split(struct hf_noise *n, uint8_t ret_send[32], uint8_t ret_recv[32], uint8_t ret_hash[32]);

#endif
