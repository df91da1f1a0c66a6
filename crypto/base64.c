/*
 * base64.c - strict text forms of bytes.
 *
 * Decoding first checks every character and then writes, so that a refused text leaves the output untouched.
 */
#include "crypto/base64.h"

#include <sodium.h>

size_t hf_base64(const void *data, size_t len, char *out)
{
	sodium_bin2base64(out, HF_BASE64_LEN(len) + 1, data, len, sodium_base64_VARIANT_ORIGINAL);
	return HF_BASE64_LEN(len);
}

/* 0..63, or -1 for a character outside the alphabet. */
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool hf_base64_check(const char *text, size_t text_len, size_t *ret_len)
{
	size_t pad = 0, digits;

	if (text_len % 4 != 0)
		return false;
	while (pad < 2 && pad < text_len && text[text_len - 1 - pad] == '=')
		pad++;
	digits = text_len - pad;
	for (size_t i = 0; i < digits; i++) {
		if (base64_value(text[i]) < 0)
			return false;
	}
	/* The bits that padding leaves over must be zero, or one value would have several texts. */
	if (pad > 0 && (base64_value(text[digits - 1]) & (pad == 1 ? 0x3 : 0xf)) != 0)
		return false;
	*ret_len = text_len / 4 * 3 - pad;
	return true;
}

bool hf_base64_decode(const char *text, size_t text_len, uint8_t *out, size_t *ret_len)
{
	size_t len;
	uint32_t bits = 0;

	if (!hf_base64_check(text, text_len, &len))
		return false;
	for (size_t i = 0, n = 0; n < len; i++) {
		bits = bits << 6 | ((uint32_t)base64_value(text[i]) & 0x3f);
		if (i % 4 != 0)
			out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_len = len;
	return true;
}

void hf_hex(const void *data, size_t len, char *out)
{
	sodium_bin2hex(out, len * 2 + 1, data, len);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hf_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t len)
{
	if (text_len % 2 != 0 || text_len / 2 != len)
		return false;
	for (size_t i = 0; i < text_len; i++) {
		if (hex_value(text[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
	return true;
}

void hf_base32(const void *data, size_t len, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const uint8_t *in = data;
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 5; have -= 5)
			*out++ = alphabet[bits >> (have - 5) & 31];
	}
	if (have > 0)
		*out++ = alphabet[bits << (5 - have) & 31];
	*out = '\0';
}
