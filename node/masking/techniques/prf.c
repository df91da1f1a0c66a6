/* prf.c - HMAC-SHA-256 with what it is for in front; declared in prf.h. */
#include "masking/techniques/prf.h"

#include <string.h>

#include "crypto/crypto.h"
#include "crypto/domains.h"

void hf_prf_init(struct hf_prf *p, const struct hf_mask_use *use, const char *technique)
{
	struct hf_buf what = HF_BUF_INIT;
	struct hf_hash key;

	hf_buf_add(&what, HF_DOMAIN_MASK_PRF, sizeof(HF_DOMAIN_MASK_PRF));
	hf_buf_add(&what, technique, strlen(technique) + 1);
	hf_buf_add(&what, use->type ? use->type : "", use->type ? strlen(use->type) : 0);
	hf_hmac(use->key->b, sizeof(use->key->b), what.data, what.len, &key);
	hf_hmac_key_init(&p->key, key.b, sizeof(key.b));
	hf_wipe(&key, sizeof(key));
	hf_buf_done(&what);
}

void hf_prf_done(struct hf_prf *p)
{
	hf_wipe(p, sizeof(*p));
}

void hf_prf_of_value(const struct hf_prf *p, const struct hf_bytes *v, struct hf_hash *ret_h)
{
	hf_hmac_with(&p->key, v->data, v->len, ret_h);
}

void hf_prf_of_number(const struct hf_prf *p, uint64_t number, struct hf_hash *ret_h)
{
	uint8_t b[8];

	hf_put_u64(b, number);
	hf_hmac_with(&p->key, b, sizeof(b), ret_h);
}

void hf_prf_of_row(const struct hf_prf *p, const struct hf_mask_batch *b, size_t i, struct hf_hash *ret_h)
{
	if (b->by)
		hf_prf_of_value(p, &b->by[i], ret_h);
	else
		hf_prf_of_number(p, b->first_row + i, ret_h);
}

uint64_t hf_prf_bits(const struct hf_hash *h, unsigned at)
{
	return hf_get_u64(h->b + 8 * (size_t)at);
}

uint64_t hf_prf_below(const struct hf_hash *h, unsigned at, uint64_t n)
{
	return (uint64_t)((unsigned __int128)hf_prf_bits(h, at) * n >> 64);
}
