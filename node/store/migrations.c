/* migrations.c - see migrations.h. A step sees the store as the version before left it and runs once. */
#include "store/migrations.h"

#include <string.h>

#include "base/ids.h"
#include "proto/codec.h"
#include "state_catalog.pb-c.h"

#define ID_BYTES sizeof(struct hf_id)

struct key {
	uint8_t b[HF_KEY_MAX + 1];
	size_t len;
};

/* The first row whose key is not below `from`; its bytes are valid until the next write. UNKNOWN: none. */
static enum hf_err first_from(struct hf_txn *txn, enum hf_table t, const struct key *from, struct hf_bytes *ret_key,
                              struct hf_bytes *ret_value)
{
	MDB_val key = {from->len, (void *)(uintptr_t)from->b}, value;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn->mdb, txn->env->dbi[t], &cursor);

	if (rc != 0)
		return hf_env_error(txn->env, rc);
	rc = mdb_cursor_get(cursor, &key, &value, from->len ? MDB_SET_RANGE : MDB_FIRST);
	mdb_cursor_close(cursor);
	if (rc != 0)
		return hf_env_error(txn->env, rc);
	*ret_key = (struct hf_bytes){key.mv_data, key.mv_size};
	*ret_value = (struct hf_bytes){value.mv_data, value.mv_size};
	return HF_OK;
}

/* Behind every key that begins with this one. */
static void step_behind(struct key *at, const struct key *done)
{
	*at = *done;
	at->b[at->len++] = 0xff;
}

/* Writes the row under the key with the publisher behind it. */
static enum hf_err move_row(struct hf_txn *txn, enum hf_table t, const struct key *old, const char *publisher,
                            struct hf_bytes value)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf copy = HF_BUF_INIT;
	struct key key = *old;
	size_t len = strlen(publisher);

	if (key.len + len > HF_KEY_MAX || !hf_buf_add(&copy, value.data, value.len))
		return HF_E_FORMAT;
	memcpy(key.b + key.len, publisher, len);
	HF_TRY(hf_txn_del(txn, t, old->b, old->len));
	return hf_txn_put(txn, t, key.b, key.len + len, copy.data, copy.len);
}

static enum hf_err take_key(struct hf_bytes bytes, struct key *ret_key)
{
	if (bytes.len < ID_BYTES || bytes.len > HF_KEY_MAX)
		return HF_E_FORMAT;
	memcpy(ret_key->b, bytes.data, bytes.len);
	ret_key->len = bytes.len;
	return HF_OK;
}

static enum hf_err move_entry(struct hf_txn *txn, const struct key *old, struct hf_bytes value)
{
	Hufu__CatalogRow *row = HF_DECODE_OWN(catalog_row, value.data, value.len);
	enum hf_err e = row && old->len == ID_BYTES && row->publisher[0]
	                        ? move_row(txn, HF_TABLE_CATALOG, old, row->publisher, value)
	                        : HF_E_FORMAT;

	hf_decoded_free(row);
	return e;
}

/* After the entries: the one under the id says whose it is. */
static enum hf_err move_term(struct hf_txn *txn, const struct key *old, struct hf_bytes value)
{
	char publisher[HF_NAME_MAX + 1];
	struct key id = {.len = ID_BYTES};
	struct hf_bytes key, row;
	enum hf_err e;

	memcpy(id.b, old->b + old->len - ID_BYTES, ID_BYTES);
	e = first_from(txn, HF_TABLE_CATALOG, &id, &key, &row);
	if (e == HF_E_UNKNOWN || (e == HF_OK && memcmp(key.data, id.b, ID_BYTES) != 0))
		return hf_txn_del(txn, HF_TABLE_CATALOG_TERM, old->b, old->len); /* of no entry */
	HF_TRY(e);
	if (key.len - ID_BYTES > HF_NAME_MAX)
		return HF_E_FORMAT;
	memcpy(publisher, key.data + ID_BYTES, key.len - ID_BYTES);
	publisher[key.len - ID_BYTES] = '\0';
	return move_row(txn, HF_TABLE_CATALOG_TERM, old, publisher, value);
}

static enum hf_err move_all(struct hf_txn *txn, enum hf_table t,
                            enum hf_err (*move)(struct hf_txn *txn, const struct key *old, struct hf_bytes value))
{
	struct key at = {.len = 0}, old;
	struct hf_bytes key, value;
	enum hf_err e;

	while ((e = first_from(txn, t, &at, &key, &value)) == HF_OK) {
		HF_TRY(take_key(key, &old));
		step_behind(&at, &old);
		HF_TRY(move(txn, &old, value));
	}
	return e == HF_E_UNKNOWN ? HF_OK : e;
}

enum hf_err hf_migrate_catalog_keys(struct hf_txn *txn)
{
	HF_TRY(move_all(txn, HF_TABLE_CATALOG, move_entry));
	return move_all(txn, HF_TABLE_CATALOG_TERM, move_term);
}
