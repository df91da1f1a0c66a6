/*
 * text.h - published vectors for text forms and one-time codes.
 * Sources: RFC 4648 section 10 (base64 and base32; the base32 texts without padding); RFC 6238 appendix B (SHA-1; the
 * eight-digit codes cut to their last six, which is what six digits mean).
 */
#ifndef HUFU_VECTORS_TEXT_H
#define HUFU_VECTORS_TEXT_H

#include <stdint.h>

static const struct {
	const char *bytes, *base64, *base32;
} rfc4648_vectors[] = {
        {"", "", ""},
        {"f", "Zg==", "MY"},
        {"fo", "Zm8=", "MZXQ"},
        {"foo", "Zm9v", "MZXW6"},
        {"foob", "Zm9vYg==", "MZXW6YQ"},
        {"fooba", "Zm9vYmE=", "MZXW6YTB"},
        {"foobar", "Zm9vYmFy", "MZXW6YTBOI"},
};

#define RFC6238_SECRET "12345678901234567890"
static const struct {
	int64_t time_s;
	uint32_t code;
} rfc6238_vectors[] = {
        {59, 94287082 % 1000000},         {1111111109, 7081804 % 1000000},  {1111111111, 14050471 % 1000000},
        {1234567890, 89005924 % 1000000}, {2000000000, 69279037 % 1000000}, {20000000000, 65353130 % 1000000},
};

#endif
