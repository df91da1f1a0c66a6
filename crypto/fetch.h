/*
 * fetch.h - the libcrypto algorithms of this folder, looked up once per process.
 *
 * OpenSSL 3 resolves a name to a provider on every use of EVP_aes_256_gcm() and the like, which costs more than
 * encrypting a small record. The pointers behind these functions are the only static state of the folder;
 * they are written once, under pthread_once, and live as long as the process.
 */
#ifndef HUFU_CRYPTO_FETCH_H
#define HUFU_CRYPTO_FETCH_H

#include "crypto/aead.h"

#include <openssl/evp.h>

/* The cipher, or NULL for an unknown value or when libcrypto does not offer it. Thread-safe. */
const EVP_CIPHER *hf_fetch_cipher(enum hf_aead_alg alg);
/* AES on single blocks with a key of 16, 24 or 32 bytes; NULL for another length. Only block.c uses it. */
const EVP_CIPHER *hf_fetch_ecb(size_t key_len);

#endif
