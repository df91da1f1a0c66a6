/* keys.c - HKDF over root and seed; every part of a scope with its length, so that no two scopes are the same bytes. */
#include "masking/keys.h"

#include "base/buf.h"
#include "crypto/domains.h"
#include "crypto/hash.h"

#include <stdio.h>
#include <string.h>

static bool add(struct hf_buf *info, const char *part)
{
	const size_t len = part ? strlen(part) : 0;
	uint8_t head[4];

	hf_put_u32(head, (uint32_t)len);
	return len <= HF_MASK_SCOPE_TEXT_MAX && hf_buf_add(info, head, sizeof(head)) && hf_buf_add(info, part, len);
}

enum hf_err hf_mask_key_derive(const struct hf_mask_key *root, const struct hf_mask_key *seed,
                               const struct hf_mask_scope *scope, struct hf_mask_key *ret_key)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf info = HF_BUF_INIT;
	uint8_t material[2 * HF_MASK_KEY_BYTES] = {0}, epoch[8];

	hf_put_u64(epoch, scope->epoch);
	if (!hf_buf_add(&info, HF_DOMAIN_MASK_KEY, sizeof(HF_DOMAIN_MASK_KEY)) || !add(&info, scope->group) ||
	    !add(&info, scope->consumer) || !add(&info, scope->contract) || !add(&info, scope->technique) ||
	    !hf_buf_add(&info, epoch, sizeof(epoch)))
		return HF_E_LIMIT;
	memcpy(material, root->b, HF_MASK_KEY_BYTES);
	if (seed)
		memcpy(material + HF_MASK_KEY_BYTES, seed->b, HF_MASK_KEY_BYTES);
	hf_hkdf(material, seed ? sizeof(material) : HF_MASK_KEY_BYTES, NULL, 0, info.data, info.len, ret_key->b,
	        sizeof(ret_key->b));
	hf_wipe(material, sizeof(material));
	return HF_OK;
}

void hf_mask_key_id(const struct hf_mask_key *key, char ret_id[HF_MASK_KEY_ID_TEXT])
{
	uint8_t id[(HF_MASK_KEY_ID_TEXT - 1) / 2];

	hf_hkdf(key->b, sizeof(key->b), NULL, 0, HF_DOMAIN_MASK_KEY_ID, sizeof(HF_DOMAIN_MASK_KEY_ID), id, sizeof(id));
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(ret_id + 2 * i, 3, "%02x", id[i]);
}
