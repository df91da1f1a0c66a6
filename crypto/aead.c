/* aead.c - one EVP context per key; a call sets only the nonce. Small boxes come from libsodium. */
#include "crypto/aead.h"

#include "crypto/fetch.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct hf_aead {
	EVP_CIPHER_CTX *ctx;
};

struct hf_aead *hf_aead_new(enum hf_aead_alg alg, const uint8_t key[32])
{
	const EVP_CIPHER *cipher = hf_fetch_cipher(alg);
	struct hf_aead *a = cipher ? calloc(1, sizeof(*a)) : NULL;

	if (!a)
		return NULL;
	a->ctx = EVP_CIPHER_CTX_new();
	if (!a->ctx || EVP_CipherInit_ex(a->ctx, cipher, NULL, key, NULL, 1) != 1) {
		hf_aead_free(a);
		return NULL;
	}
	return a;
}

void hf_aead_free(struct hf_aead *a)
{
	if (!a)
		return;
	EVP_CIPHER_CTX_free(a->ctx);
	free(a);
}

/* EVP takes int lengths, and reads a NULL input as "final": an empty part must not reach it. */
static bool update(EVP_CIPHER_CTX *ctx, uint8_t *out, const void *in, size_t len)
{
	int done;

	return len == 0 || (EVP_CipherUpdate(ctx, out, &done, in, (int)len) == 1 && (size_t)done == len);
}

static bool start(struct hf_aead *a, const uint8_t nonce[12], const void *ad, size_t ad_len, size_t len, int seal)
{
	return ad_len <= INT_MAX && len <= INT_MAX && EVP_CipherInit_ex(a->ctx, NULL, NULL, NULL, nonce, seal) == 1 &&
	       update(a->ctx, NULL, ad, ad_len);
}

bool hf_aead_seal(struct hf_aead *a, const uint8_t nonce[12], const void *ad, size_t ad_len, const void *plain,
                  size_t len, void *ret_cipher, uint8_t ret_tag[HF_AEAD_TAG_BYTES])
{
	uint8_t rest[16];
	int done;

	return start(a, nonce, ad, ad_len, len, 1) && update(a->ctx, ret_cipher, plain, len) &&
	       EVP_CipherFinal_ex(a->ctx, rest, &done) == 1 && done == 0 &&
	       EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_GET_TAG, HF_AEAD_TAG_BYTES, ret_tag) == 1;
}

bool hf_aead_open(struct hf_aead *a, const uint8_t nonce[12], const void *ad, size_t ad_len, const void *cipher,
                  size_t len, const uint8_t tag[HF_AEAD_TAG_BYTES], void *ret_plain)
{
	uint8_t expected[HF_AEAD_TAG_BYTES], rest[16];
	int done;
	bool ok;

	memcpy(expected, tag, sizeof(expected));
	ok = start(a, nonce, ad, ad_len, len, 0) &&
	     EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_TAG, HF_AEAD_TAG_BYTES, expected) == 1 &&
	     update(a->ctx, ret_plain, cipher, len) && EVP_CipherFinal_ex(a->ctx, rest, &done) == 1 && done == 0;
	if (!ok && len > 0)
		hf_wipe(ret_plain, len);
	return ok;
}

void hf_aead_nonce(enum hf_aead_alg alg, uint64_t counter, uint8_t ret_nonce[12])
{
	memset(ret_nonce, 0, 12);
	for (size_t i = 0; i < 8; i++) {
		size_t at = alg == HF_AEAD_AES256GCM ? 11 - i : 4 + i;

		ret_nonce[at] = (uint8_t)(counter >> (8 * i));
	}
}

bool hf_box_seal(const uint8_t key[32], const void *ad, size_t ad_len, const void *plain, size_t len, uint8_t *ret_box)
{
	uint8_t *nonce = ret_box;

	hf_random(nonce, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
	return crypto_aead_xchacha20poly1305_ietf_encrypt(ret_box + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, NULL,
	                                                  plain, len, ad, ad_len, NULL, nonce, key) == 0;
}

bool hf_box_open(const uint8_t key[32], const void *ad, size_t ad_len, const uint8_t *box, size_t box_len,
                 void *ret_plain)
{
	const size_t nonce_len = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;

	if (box_len < HF_BOX_OVERHEAD)
		return false;
	return crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, box + nonce_len, box_len - nonce_len,
	                                                  ad, ad_len, box, key) == 0;
}
