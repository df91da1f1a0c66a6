/* siv.c - AES-SIV of libcrypto; declared in siv.h. */
#include "crypto/siv.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct hf_siv {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	size_t key_len;
	uint8_t key[HF_SIV_KEY];
};

struct hf_siv *hf_siv_new(const uint8_t *key, size_t key_len)
{
	const char *name = key_len == 32   ? "AES-128-SIV"
	                   : key_len == 48 ? "AES-192-SIV"
	                   : key_len == 64 ? "AES-256-SIV"
	                                   : NULL;
	struct hf_siv *s = name ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	s->ctx = EVP_CIPHER_CTX_new();
	s->key_len = key_len;
	memcpy(s->key, key, key_len);
	if (s->cipher && s->ctx)
		return s;
	hf_siv_free(s);
	return NULL;
}

void hf_siv_free(struct hf_siv *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->ctx);
	EVP_CIPHER_free(s->cipher);
	hf_wipe(s->key, sizeof(s->key));
	free(s);
}

static bool add_text(EVP_CIPHER_CTX *ctx, bool seal, const void *ad, size_t ad_len)
{
	int n;

	if (ad_len == 0)
		return true;
	return (seal ? EVP_EncryptUpdate(ctx, NULL, &n, ad, (int)ad_len)
	             : EVP_DecryptUpdate(ctx, NULL, &n, ad, (int)ad_len)) == 1;
}

bool hf_siv_seal(struct hf_siv *s, const void *ad, size_t ad_len, const void *plain, size_t len, uint8_t *ret_sealed)
{
	int n;

	return len <= INT32_MAX && ad_len <= INT32_MAX &&
	       EVP_EncryptInit_ex2(s->ctx, s->cipher, s->key, NULL, NULL) == 1 && add_text(s->ctx, true, ad, ad_len) &&
	       EVP_EncryptUpdate(s->ctx, ret_sealed + HF_SIV_TAG, &n, plain, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(s->ctx, ret_sealed + HF_SIV_TAG + len, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_GET_TAG, HF_SIV_TAG, ret_sealed) == 1;
}

bool hf_siv_open(struct hf_siv *s, const void *ad, size_t ad_len, const uint8_t *sealed, size_t len, uint8_t *ret_plain)
{
	uint8_t tag[HF_SIV_TAG];
	int n;

	if (len < HF_SIV_TAG || len > INT32_MAX || ad_len > INT32_MAX)
		return false;
	memcpy(tag, sealed, sizeof(tag));
	return EVP_DecryptInit_ex2(s->ctx, s->cipher, s->key, NULL, NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_SET_TAG, HF_SIV_TAG, tag) == 1 &&
	       add_text(s->ctx, false, ad, ad_len) &&
	       EVP_DecryptUpdate(s->ctx, ret_plain, &n, sealed + HF_SIV_TAG, (int)(len - HF_SIV_TAG)) == 1 &&
	       EVP_DecryptFinal_ex(s->ctx, ret_plain + (len - HF_SIV_TAG), &n) == 1;
}
