/*
 * password.h - Argon2id password hashes and TOTP (RFC 6238, SHA-1, 30 s, 6 digits: what authenticator programs speak).
 */
#ifndef HUFU_CRYPTO_PASSWORD_H
#define HUFU_CRYPTO_PASSWORD_H

#include "crypto/crypto.h"

#define HF_PASSWORD_HASH_BYTES 128
/* Slow on purpose (about 0.1 s and 64 MiB): call from a worker. ret_hash is a NUL-terminated encoded string. */
bool hf_password_hash(const char *password, char ret_hash[HF_PASSWORD_HASH_BYTES]);
bool hf_password_verify(const char *hash, const char *password);
/* A 32-byte key from a password and a 16-byte salt, Argon2id INTERACTIVE; slow. */
bool hf_password_key(const char *password, const uint8_t salt[16], uint8_t ret_key[32]);

/* The code of the step that time_s falls in. */
uint32_t hf_totp_code(const uint8_t *secret, size_t len, int64_t time_s);
/* Accepts the step before and after too; ret_step gets the matching step so that the caller can refuse its reuse. */
bool hf_totp_verify(const uint8_t *secret, size_t len, int64_t time_s, uint32_t code, int64_t *ret_step);

#endif
