/*
 * utf8.h - strict UTF-8 for the text formats of this folder (RFC 3629: no overlong forms, no surrogates).
 */
#ifndef HUFU_CRYPTO_UTF8_H
#define HUFU_CRYPTO_UTF8_H

#include "crypto/crypto.h"

/* The code point at *at, which is advanced behind it; false on anything malformed or cut off. */
bool hf_utf8_next(const char **at, const char *end, uint32_t *ret_code);
/* A code point with the Unicode property White_Space. */
bool hf_utf8_is_space(uint32_t code);

#endif
