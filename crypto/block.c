/* block.c - see block.h. ECB over blocks that a caller made distinct; libcrypto works on eight at a time. */
#include "crypto/block.h"

#include "crypto/fetch.h"

#include <stdlib.h>

struct hf_block {
	EVP_CIPHER_CTX *ctx;
};

struct hf_block *hf_block_new(const uint8_t *key, size_t key_len)
{
	const EVP_CIPHER *cipher = hf_fetch_ecb(key_len);
	struct hf_block *b = cipher ? calloc(1, sizeof(*b)) : NULL;

	if (!b)
		return NULL;
	b->ctx = EVP_CIPHER_CTX_new();
	if (!b->ctx || EVP_EncryptInit_ex(b->ctx, cipher, NULL, key, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(b->ctx, 0) != 1) {
		hf_block_free(b);
		return NULL;
	}
	return b;
}

void hf_block_free(struct hf_block *b)
{
	if (!b)
		return;
	EVP_CIPHER_CTX_free(b->ctx);
	free(b);
}

bool hf_block_encrypt(struct hf_block *b, const void *in, size_t count, void *ret_out)
{
	const int len = (int)(count * HF_BLOCK_BYTES);
	int done = 0;

	if (count > (1u << 20))
		return false;
	return count == 0 || (EVP_EncryptUpdate(b->ctx, ret_out, &done, in, len) == 1 && done == len);
}
