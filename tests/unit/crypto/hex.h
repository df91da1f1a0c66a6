/*
 * hex.h - reading the vectors: hex text to bytes in tests.
 */
#ifndef HUFU_UNIT_CRYPTO_HEX_H
#define HUFU_UNIT_CRYPTO_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/base64.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Writes the bytes of text and returns how many; out holds cap. */
static inline size_t unhex(const char *text, uint8_t *out, size_t cap)
{
	size_t len = strlen(text);

	assert_true(len / 2 <= cap);
	assert_true(hf_hex_decode(text, len, out, len / 2));
	return len / 2;
}

static inline int start_crypto(void **state)
{
	(void)state;
	return hf_crypto_init() ? 0 : -1;
}

#endif
