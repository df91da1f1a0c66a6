/* fetch.c - see fetch.h. */
#include "crypto/fetch.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *aes256gcm;
static EVP_CIPHER *chacha20poly1305;
static EVP_CIPHER *aes_ecb[3]; /* 128, 192, 256 bits */

static void fetch_all(void)
{
	aes256gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	chacha20poly1305 = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	aes_ecb[0] = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	aes_ecb[1] = EVP_CIPHER_fetch(NULL, "AES-192-ECB", NULL);
	aes_ecb[2] = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
}

const EVP_CIPHER *hf_fetch_cipher(enum hf_aead_alg alg)
{
	if (pthread_once(&once, fetch_all) != 0)
		return NULL;
	switch (alg) {
	case HF_AEAD_AES256GCM:
		return aes256gcm;
	case HF_AEAD_CHACHA20POLY1305:
		return chacha20poly1305;
	case HF_AEAD_INVALID:
		break;
	}
	return NULL;
}

const EVP_CIPHER *hf_fetch_ecb(size_t key_len)
{
	if ((key_len != 16 && key_len != 24 && key_len != 32) || pthread_once(&once, fetch_all) != 0)
		return NULL;
	return aes_ecb[key_len / 8 - 2];
}
