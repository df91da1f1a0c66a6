/* crypto.c - start of the libraries, suites, random bytes, comparing and wiping. */
#include "crypto/crypto.h"

#include "crypto/fetch.h"

#include <sodium.h>

bool hf_suite_usable(uint32_t suite)
{
	return suite == HF_SUITE_INTL_1;
}

const char *hf_suite_name(uint32_t suite)
{
	switch (suite) {
	case HF_SUITE_INTL_1:
		return "intl-1";
	case HF_SUITE_GM_1:
		return "gm-1";
	default:
		return NULL;
	}
}

bool hf_crypto_init(void)
{
	if (sodium_init() < 0)
		return false;
	return hf_fetch_cipher(HF_AEAD_AES256GCM) && hf_fetch_cipher(HF_AEAD_CHACHA20POLY1305);
}

void hf_random(void *out, size_t len)
{
	randombytes_buf(out, len);
}

bool hf_equal_ct(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void hf_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}
