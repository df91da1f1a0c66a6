/*
 * base64.h - RFC 4648 section 4 (padded, strict), section 6 base32 for TOTP secrets, and hex.
 */
#ifndef HUFU_CRYPTO_BASE64_H
#define HUFU_CRYPTO_BASE64_H

#include "crypto/crypto.h"

#define HF_BASE64_LEN(n) ((((n) + 2) / 3) * 4)
/* out holds HF_BASE64_LEN(len) + 1. Returns the length without the NUL. */
size_t hf_base64(const void *data, size_t len, char *out);
/* Strict: canonical padding bits, no white space. out holds (text_len / 4) * 3. */
bool hf_base64_decode(const char *text, size_t text_len, uint8_t *out, size_t *ret_len);
/* Only checks, for texts too long to keep; ret_len gets the number of bytes it stands for. */
bool hf_base64_check(const char *text, size_t text_len, size_t *ret_len);
/* out holds len * 2 + 1. */
void hf_hex(const void *data, size_t len, char *out);
/* Exactly 2 * len hex digits, either case. */
bool hf_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t len);
/* Upper-case base32 without padding; out holds len * 8 / 5 + 2. */
void hf_base32(const void *data, size_t len, char *out);

#endif
