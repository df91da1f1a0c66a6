/* secret.c - declared in secret.h. */
#include "source/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"

#define BOUND 1024

static size_t ad_of(const char *use, const void *bound, size_t bound_len, uint8_t out[BOUND])
{
	size_t len = (size_t)snprintf((char *)out, BOUND, "hufu source %.60s", use) + 1;

	if (bound_len > BOUND - len)
		abort(); /* names and paths are shorter */
	memcpy(out + len, bound, bound_len);
	return len + bound_len;
}

void hf_source_secret_seal(const struct hf_source_home *home, const char *use, const void *bound, size_t bound_len,
                           const void *plain, size_t len, struct hf_source_box *ret_box)
{
	uint8_t ad[BOUND];
	size_t ad_len = ad_of(use, bound, bound_len, ad);

	if (len > HF_SOURCE_SECRET_MAX || !hf_box_seal(home->key, ad, ad_len, plain, len, ret_box->b))
		abort();
	ret_box->len = (uint32_t)len + HF_BOX_OVERHEAD;
}

bool hf_source_secret_open(const struct hf_source_home *home, const char *use, const void *bound, size_t bound_len,
                           const struct hf_source_box *box, void *out, size_t cap, size_t *ret_len)
{
	uint8_t ad[BOUND];
	size_t ad_len = ad_of(use, bound, bound_len, ad);

	if (!home->has_key || box->len < HF_BOX_OVERHEAD || box->len - HF_BOX_OVERHEAD > cap)
		return false;
	*ret_len = box->len - HF_BOX_OVERHEAD;
	return hf_box_open(home->key, ad, ad_len, box->b, box->len, out);
}
