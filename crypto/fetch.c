/* fetch.c - see fetch.h. */
#include "crypto/fetch.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *aes256gcm;
static EVP_CIPHER *chacha20poly1305;

static void fetch_all(void)
{
	aes256gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	chacha20poly1305 = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
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
