/* sealed_file.c - see sealed_file.h. */
#include "exchange/sealed_file.h"

#include <string.h>

#include "base/buf.h"
#include "crypto/domains.h"
#include "crypto/hash.h"

/* Head: form (16), suite (4), level (4), size of a chunk (4), zeros (4), transfer (16), slot (8), box (72). */
static const uint8_t form[16] = "hufu sealed v1";
enum { SUITE = 16, LEVEL = 20, CHUNK = 24, ZEROS = 28, TRANSFER = 32, SLOT = 48, BOX = 56 };
#define LEVEL_MAX 255u

_Static_assert(BOX + HF_SEALED_KEY + HF_BOX_OVERHEAD == HF_SEALED_HEAD, "the head is full");

void hf_sealed_head_encode(const struct hf_sealed_head *h, uint8_t out[HF_SEALED_HEAD])
{
	memcpy(out, form, sizeof(form));
	hf_put_u32(out + SUITE, h->suite);
	hf_put_u32(out + LEVEL, h->level);
	hf_put_u32(out + CHUNK, h->chunk_bytes);
	hf_put_u32(out + ZEROS, 0);
	memcpy(out + TRANSFER, h->transfer.b, sizeof(h->transfer.b));
	hf_put_u64(out + SLOT, h->slot);
	memcpy(out + BOX, h->box, sizeof(h->box));
}

bool hf_sealed_head_decode(const void *data, size_t len, struct hf_sealed_head *ret_head)
{
	const uint8_t *p = data;
	struct hf_sealed_head h;

	if (len != HF_SEALED_HEAD || memcmp(p, form, sizeof(form)) != 0 || hf_get_u32(p + ZEROS) != 0)
		return false;
	h.suite = hf_get_u32(p + SUITE);
	h.level = hf_get_u32(p + LEVEL);
	h.chunk_bytes = hf_get_u32(p + CHUNK);
	if (!hf_suite_usable(h.suite) || h.level > LEVEL_MAX || h.chunk_bytes != HF_MAX_CHUNK)
		return false;
	memcpy(h.transfer.b, p + TRANSFER, sizeof(h.transfer.b));
	h.slot = hf_get_u64(p + SLOT);
	memcpy(h.box, p + BOX, sizeof(h.box));
	*ret_head = h;
	return true;
}

void hf_sealed_wrapping_key(const uint8_t level_key[32], const uint8_t slot[32], const struct hf_id *transfer,
                            uint8_t ret_key[32])
{
	uint8_t info[sizeof(HF_DOMAIN_DATA_KEY) + 16];

	memcpy(info, HF_DOMAIN_DATA_KEY, sizeof(HF_DOMAIN_DATA_KEY));
	memcpy(info + sizeof(HF_DOMAIN_DATA_KEY), transfer->b, sizeof(transfer->b));
	hf_hkdf(level_key, 32, slot, 32, info, sizeof(info), ret_key, 32);
}

bool hf_sealed_wrap(struct hf_sealed_head *h, const uint8_t wrapping[32], const uint8_t data_key[32])
{
	uint8_t head[HF_SEALED_HEAD];

	hf_sealed_head_encode(h, head);
	return hf_box_seal(wrapping, head, BOX, data_key, HF_SEALED_KEY, h->box);
}

bool hf_sealed_unwrap(const struct hf_sealed_head *h, const uint8_t wrapping[32], uint8_t ret_data_key[32])
{
	uint8_t head[HF_SEALED_HEAD];

	hf_sealed_head_encode(h, head);
	return hf_box_open(wrapping, head, BOX, h->box, sizeof(h->box), ret_data_key);
}

#define AD_BYTES (sizeof(HF_DOMAIN_DATA_CHUNK) + 16 + 8)

static void make_ad(const struct hf_id *transfer, uint64_t index, uint8_t ad[AD_BYTES])
{
	memcpy(ad, HF_DOMAIN_DATA_CHUNK, sizeof(HF_DOMAIN_DATA_CHUNK));
	memcpy(ad + sizeof(HF_DOMAIN_DATA_CHUNK), transfer->b, sizeof(transfer->b));
	hf_put_u64(ad + sizeof(HF_DOMAIN_DATA_CHUNK) + sizeof(transfer->b), index);
}

bool hf_sealed_chunk_seal(struct hf_aead *a, const struct hf_id *transfer, uint64_t index, const void *plain,
                          size_t len, void *ret_cipher, uint8_t ret_ends[HF_SEALED_OVER])
{
	uint8_t ad[AD_BYTES];

	make_ad(transfer, index, ad);
	hf_random(ret_ends, HF_SEALED_NONCE);
	return hf_aead_seal(a, ret_ends, ad, sizeof(ad), plain, len, ret_cipher, ret_ends + HF_SEALED_NONCE);
}

bool hf_sealed_chunk_open(struct hf_aead *a, const struct hf_id *transfer, uint64_t index, const uint8_t *sealed,
                          size_t sealed_len, void *ret_plain)
{
	uint8_t ad[AD_BYTES];

	if (sealed_len < HF_SEALED_OVER || sealed_len > HF_MAX_CHUNK + HF_SEALED_OVER)
		return false;
	make_ad(transfer, index, ad);
	return hf_aead_open(a, sealed, ad, sizeof(ad), sealed + HF_SEALED_NONCE, sealed_len - HF_SEALED_OVER,
	                    sealed + sealed_len - HF_AEAD_TAG_BYTES, ret_plain);
}

uint64_t hf_sealed_place(uint64_t index)
{
	return HF_SEALED_HEAD + index * (HF_MAX_CHUNK + HF_SEALED_OVER);
}

uint64_t hf_sealed_chunks(uint64_t plain_bytes)
{
	return plain_bytes / HF_MAX_CHUNK + 1;
}

uint64_t hf_sealed_bytes(uint64_t plain_bytes)
{
	return HF_SEALED_HEAD + plain_bytes + hf_sealed_chunks(plain_bytes) * HF_SEALED_OVER;
}
