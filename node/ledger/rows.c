#include "ledger/rows.h"

#include <string.h>

static void init(struct hf_rows *r)
{
	memset(r, 0, sizeof(*r));
	hf_buf_init(&r->buf, HF_VALUE_MAX);
}

void hf_rows_of_store(struct hf_rows *r, struct hf_store *store)
{
	init(r);
	r->store = store;
}

void hf_rows_of_snapshot(struct hf_rows *r, struct hf_snapshot *snapshot)
{
	init(r);
	r->snapshot = snapshot;
}

void hf_rows_of_txn(struct hf_rows *r, struct hf_txn *txn)
{
	init(r);
	r->txn = txn;
}

void hf_rows_done(struct hf_rows *r)
{
	hf_buf_done(&r->buf);
}

enum hf_err hf_rows_get(struct hf_rows *r, enum hf_table t, const void *key, size_t key_len, struct hf_bytes *ret_value)
{
	if (r->snapshot)
		return hf_snapshot_get(r->snapshot, t, key, key_len, ret_value);
	if (r->txn)
		return hf_txn_get(r->txn, t, key, key_len, ret_value);
	HF_TRY(hf_store_get(r->store, t, key, key_len, &r->buf));
	*ret_value = (struct hf_bytes){r->buf.data, r->buf.len};
	return HF_OK;
}

enum hf_err hf_rows_scan(struct hf_rows *r, enum hf_table t, const void *prefix, size_t prefix_len, const void *from,
                         size_t from_len, hf_store_row_fn fn, void *ctx)
{
	if (r->snapshot)
		return hf_snapshot_scan(r->snapshot, t, prefix, prefix_len, from, from_len, fn, ctx);
	return hf_store_scan(r->store, t, prefix, prefix_len, from, from_len, fn, ctx);
}

enum hf_err hf_sink_put(const struct hf_sink *s, enum hf_table t, const void *key, size_t key_len, const void *value,
                        size_t value_len)
{
	if (s->txn)
		return hf_txn_put(s->txn, t, key, key_len, value, value_len);
	hf_unit_put(s->unit, t, key, key_len, value, value_len);
	return HF_OK;
}

enum hf_table hf_place_table(const struct hf_place *p, enum hf_place_part part)
{
	switch (part) {
	case HF_PLACE_ENTRY:
		return p->own ? HF_TABLE_ENTRY : HF_TABLE_MIRROR_ENTRY;
	case HF_PLACE_TILE:
		return p->own ? HF_TABLE_LEAF : HF_TABLE_MIRROR_LEAF;
	case HF_PLACE_OPENING:
		return p->own ? HF_TABLE_OPENING : HF_TABLE_MIRROR_OPENING;
	case HF_PLACE_INVALID:
		break;
	}
	return HF_TABLE_INVALID;
}

/* Text, a zero byte, a number: the form of every key that names a peer or an origin. */
static size_t text_key(uint8_t *key, const char *text, uint64_t number)
{
	size_t len = strnlen(text, HF_ORIGIN_MAX);

	memcpy(key, text, len);
	key[len] = 0;
	hf_put_u64(key + len + 1, number);
	return len + 9;
}

size_t hf_place_key(const struct hf_place *p, uint64_t number, uint8_t key[HF_KEY_MAX])
{
	if (!p->own)
		return text_key(key, p->origin, number);
	hf_put_u64(key, number);
	return 8;
}

size_t hf_place_prefix(const struct hf_place *p, uint8_t key[HF_KEY_MAX])
{
	return p->own ? 0 : text_key(key, p->origin, 0) - 8;
}

enum hf_err hf_place_entry(const struct hf_place *p, struct hf_rows *r, uint64_t index, struct hf_bytes *ret_entry)
{
	uint8_t key[HF_KEY_MAX];

	return hf_rows_get(r, hf_place_table(p, HF_PLACE_ENTRY), key, hf_place_key(p, index, key), ret_entry);
}

size_t hf_place_size(const struct hf_place *p, struct hf_rows *r, enum hf_place_part part, uint64_t number)
{
	struct hf_bytes v;
	uint8_t key[HF_KEY_MAX];

	return hf_rows_get(r, hf_place_table(p, part), key, hf_place_key(p, number, key), &v) == HF_OK ? v.len : 0;
}

size_t hf_key_txn(const struct hf_id *txn, uint32_t ordinal, uint8_t key[HF_KEY_MAX])
{
	memcpy(key, txn->b, sizeof(txn->b));
	hf_put_u32(key + sizeof(txn->b), ordinal);
	return sizeof(txn->b) + 4;
}

size_t hf_key_share(const char *peer, uint64_t index, uint8_t key[HF_KEY_MAX])
{
	return text_key(key, peer, index);
}

size_t hf_key_mirror_txn(const struct hf_id *txn, const char *origin, uint64_t index, uint8_t key[HF_KEY_MAX])
{
	memcpy(key, txn->b, sizeof(txn->b));
	return sizeof(txn->b) + text_key(key + sizeof(txn->b), origin, index);
}

size_t hf_key_use(const struct hf_id *resource, int64_t time_ms, const char *origin, uint64_t index,
                  uint8_t key[HF_KEY_MAX])
{
	const size_t head = sizeof(resource->b);

	memcpy(key, resource->b, head);
	hf_put_u64(key + head, time_ms > 0 ? (uint64_t)time_ms : 0);
	return head + 8 + text_key(key + head + 8, origin, index);
}

bool hf_key_use_parse(struct hf_bytes key, struct hf_use_key *ret_key)
{
	const size_t head = sizeof(struct hf_id) + 8;

	if (key.len < head + 10 || key.len - head - 9 > HF_ORIGIN_MAX)
		return false;
	ret_key->time_ms = (int64_t)hf_get_u64(key.data + head - 8);
	memcpy(ret_key->origin, key.data + head, key.len - head - 9);
	ret_key->origin[key.len - head - 9] = '\0';
	ret_key->index = hf_get_u64(key.data + key.len - 8);
	return true;
}

size_t hf_key_mirror_to(const char *node, uint8_t key[HF_KEY_MAX])
{
	size_t prefix = sizeof(HF_MIRROR_TO_PREFIX) - 1, len = strnlen(node, HF_NAME_MAX);

	memcpy(key, HF_MIRROR_TO_PREFIX, prefix);
	memcpy(key + prefix, node, len);
	return prefix + len;
}
