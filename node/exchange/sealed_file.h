/*
 * sealed_file.h - the form of delivered data at rest (DS-85): one head, then the chunks of the delivery, each sealed on
 * its own, so that they can be written in any order and one can be read without the others. Pure: bytes in, bytes out;
 * target_sealed.c and read.c do the reading and writing, vault.c has the keys. docs/protocol.md, "Sealed data".
 *
 * The head holds the data key, wrapped under a key that node, level and an erasable slot make together: without the
 * slot nothing opens, whatever copies of the file there are. The last chunk is always a short one, also when it is
 * empty, so that a file which was cut is known as one.
 */
#ifndef HUFU_EXCHANGE_SEALED_FILE_H
#define HUFU_EXCHANGE_SEALED_FILE_H

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"
#include "crypto/aead.h"

#define HF_SEALED_HEAD 128u
#define HF_SEALED_NONCE 12u
#define HF_SEALED_OVER (HF_SEALED_NONCE + HF_AEAD_TAG_BYTES)
#define HF_SEALED_KEY 32u

struct hf_sealed_head {
	uint32_t suite, level, chunk_bytes;
	struct hf_id transfer;
	uint64_t slot;
	uint8_t box[HF_SEALED_KEY + HF_BOX_OVERHEAD]; /* the wrapped data key */
};
void hf_sealed_head_encode(const struct hf_sealed_head *h, uint8_t out[HF_SEALED_HEAD]);
/* False: it is none, or of a form that this build does not read. Strict: each head has one encoding. */
bool hf_sealed_head_decode(const void *data, size_t len, struct hf_sealed_head *ret_head);

/* The key that wraps: level_key from the node's root, slot from the erasable file. */
void hf_sealed_wrapping_key(const uint8_t level_key[32], const uint8_t slot[32], const struct hf_id *transfer,
                            uint8_t ret_key[32]);
/* Everything in the head but the box is bound into the box. */
bool hf_sealed_wrap(struct hf_sealed_head *h, const uint8_t wrapping[32], const uint8_t data_key[32]);
bool hf_sealed_unwrap(const struct hf_sealed_head *h, const uint8_t wrapping[32], uint8_t ret_data_key[32]);

/* Chunk `index`: nonce, ciphertext, tag. The nonce is random, so that a chunk that is written again after a crash never
 * meets its nonce under the same key. In place is allowed. */
bool hf_sealed_chunk_seal(struct hf_aead *a, const struct hf_id *transfer, uint64_t index, const void *plain,
                          size_t len, void *ret_cipher, uint8_t ret_ends[HF_SEALED_OVER]);
/* sealed: nonce, ciphertext, tag. False when anything of it was altered or it stands in another place. */
bool hf_sealed_chunk_open(struct hf_aead *a, const struct hf_id *transfer, uint64_t index, const uint8_t *sealed,
                          size_t sealed_len, void *ret_plain);

uint64_t hf_sealed_place(uint64_t index); /* where a chunk begins */
/* Of a file that holds that much whole. */
uint64_t hf_sealed_chunks(uint64_t plain_bytes);
uint64_t hf_sealed_bytes(uint64_t plain_bytes);

#endif
