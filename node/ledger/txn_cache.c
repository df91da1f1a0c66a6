#include "ledger/txn_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/rows.h"

#define SLOTS 4096u

struct slot {
	struct hf_id id; /* zero: empty */
	struct hf_txn_last last;
};
struct hf_txn_cache {
	struct slot slot[SLOTS];
};

struct hf_txn_cache *hf_txn_cache_new(void)
{
	return hf_alloc_zero(sizeof(struct hf_txn_cache));
}

void hf_txn_cache_free(struct hf_txn_cache *c)
{
	free(c);
}

void hf_txn_cache_clear(struct hf_txn_cache *c)
{
	memset(c, 0, sizeof(*c));
}

/* The last bytes of a UUIDv7 are random. */
static unsigned slot_of(const struct hf_id *id)
{
	return hf_get_u32(id->b + 12) % SLOTS;
}

bool hf_txn_cache_get(const struct hf_txn_cache *c, const struct hf_id *id, struct hf_txn_last *ret_last)
{
	const struct slot *s = &c->slot[slot_of(id)];

	if (!hf_id_equal(&s->id, id))
		return false;
	*ret_last = s->last;
	return true;
}

void hf_txn_cache_put(struct hf_txn_cache *c, const struct hf_id *id, const struct hf_txn_last *last)
{
	c->slot[slot_of(id)] = (struct slot){*id, *last};
}

static enum hf_err get_index(struct hf_txn *txn, const struct hf_id *id, uint32_t ordinal, uint64_t *ret_index)
{
	uint8_t key[HF_KEY_MAX];
	struct hf_bytes v;

	HF_TRY(hf_txn_get(txn, HF_TABLE_TXN_INDEX, key, hf_key_txn(id, ordinal, key), &v));
	if (v.len != 8)
		return HF_E_STORE;
	*ret_index = hf_get_u64(v.data);
	return HF_OK;
}

/* low is there, high is not. */
static enum hf_err halve(struct hf_txn *txn, const struct hf_id *id, uint32_t high, struct hf_txn_last *low)
{
	while (high - low->ordinal > 1) {
		uint32_t middle = low->ordinal + (high - low->ordinal) / 2;
		uint64_t index;
		enum hf_err e = get_index(txn, id, middle, &index);

		if (e == HF_E_UNKNOWN)
			high = middle;
		else if (e == HF_OK)
			*low = (struct hf_txn_last){middle, index};
		else
			return e;
	}
	return HF_OK;
}

enum hf_err hf_txn_last_search(struct hf_txn *txn, const struct hf_id *id, struct hf_txn_last *ret_last)
{
	struct hf_txn_last low = {0, 0};
	uint32_t high = 1;
	uint64_t index;
	enum hf_err e;

	while ((e = get_index(txn, id, high, &index)) == HF_OK && high < UINT32_MAX / 2) {
		low = (struct hf_txn_last){high, index};
		high *= 2;
	}
	if (e != HF_OK && e != HF_E_UNKNOWN)
		return e;
	HF_TRY(halve(txn, id, high, &low));
	*ret_last = low;
	return HF_OK;
}
