/* ledger_raw.c - see ledger_raw.h. */
#include "ledger_raw.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "ledger/tree.h"

#define MAP_BYTES ((size_t)64 << 30)

struct raw_ledger {
	MDB_env *env;
	MDB_dbi entry, leaf, txn_index;
	uint64_t size;
	struct txn_turns turns;
	uint8_t data[LEDGER_ENTRY_BYTES], tile[HF_TILE_BYTES];
};

void txn_turns_init(struct txn_turns *t)
{
	memset(t, 0, sizeof(*t));
	t->now_ms = (int64_t)time(NULL) * 1000;
}

const struct hf_id *txn_turns_next(struct txn_turns *t, uint32_t *ret_ordinal)
{
	unsigned i = t->next++ % LEDGER_OPEN_TXNS;
	if (t->ordinal[i] % LEDGER_TXN_ENTRIES == 0) {
		t->id[i] = hf_id_new(t->now_ms++);
		t->ordinal[i] = 0;
	}
	*ret_ordinal = ++t->ordinal[i];
	return &t->id[i];
}

static int open_tables(struct raw_ledger *r, const char *dir)
{
	MDB_txn *txn;
	int rc = mdb_env_create(&r->env);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(r->env, 3);
	if (rc == 0)
		rc = mdb_env_set_mapsize(r->env, MAP_BYTES);
	if (rc == 0)
		rc = mdb_env_open(r->env, dir, MDB_NOTLS, 0600);
	if (rc == 0)
		rc = mdb_txn_begin(r->env, NULL, 0, &txn);
	if (rc != 0)
		return rc;
	rc = mdb_dbi_open(txn, "entry", MDB_CREATE, &r->entry);
	if (rc == 0)
		rc = mdb_dbi_open(txn, "leaf", MDB_CREATE, &r->leaf);
	if (rc == 0)
		rc = mdb_dbi_open(txn, "txn-index", MDB_CREATE, &r->txn_index);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

struct raw_ledger *raw_ledger_open(const char *dir)
{
	struct raw_ledger *r = calloc(1, sizeof(*r));
	int rc = mkdir(dir, 0700);
	if (rc == 0 && r)
		rc = open_tables(r, dir);
	if (rc == 0 && r) {
		txn_turns_init(&r->turns);
		memset(r->data, 0x5a, sizeof(r->data));
		memset(r->tile, 0xa5, sizeof(r->tile));
		return r;
	}
	fprintf(stderr, "hufu-bench: %s: %s\n", dir, mdb_strerror(rc));
	raw_ledger_close(r);
	return NULL;
}

void raw_ledger_close(struct raw_ledger *r)
{
	if (!r)
		return;
	if (r->env)
		mdb_env_close(r->env);
	free(r);
}

static int put_tile(struct raw_ledger *r, MDB_txn *txn, unsigned level, uint64_t tile, size_t hashes)
{
	uint8_t key[8];
	hf_put_u64(key, hf_tile_number(level, tile));
	return mdb_put(txn, r->leaf, &(MDB_val){sizeof(key), key}, &(MDB_val){hashes * 32, r->tile}, 0);
}

/* Tiles that this entry completes; dirty gets the levels that have an unfinished one. */
static int put_tiles(struct raw_ledger *r, MDB_txn *txn, unsigned *dirty)
{
	uint64_t size = r->size;
	for (unsigned level = 0; level < HF_TILE_LEVELS; level++) {
		*dirty |= 1u << level;
		if (hf_tile_partial(size, level) != 0)
			return 0;
		int rc = put_tile(r, txn, level, hf_tile_index(size, level) - 1, HF_TILE_WIDTH);
		if (rc != 0)
			return rc;
		*dirty &= ~(1u << level);
	}
	return 0;
}

static int put_entry(struct raw_ledger *r, MDB_txn *txn, unsigned *dirty)
{
	uint8_t key[20], index[8];
	uint32_t ordinal;
	const struct hf_id *id = txn_turns_next(&r->turns, &ordinal);
	memcpy(key, id->b, 16);
	hf_put_u32(key + 16, ordinal);
	hf_put_u64(index, r->size);
	memcpy(r->data, index, sizeof(index));
	int rc = mdb_put(txn, r->txn_index, &(MDB_val){sizeof(key), key}, &(MDB_val){sizeof(index), index}, 0);
	if (rc == 0)
		rc = mdb_put(txn, r->entry, &(MDB_val){sizeof(index), index}, &(MDB_val){sizeof(r->data), r->data},
		             MDB_APPEND);
	if (rc != 0)
		return rc;
	r->size++;
	return put_tiles(r, txn, dirty);
}

static int put_batch(struct raw_ledger *r, uint64_t count)
{
	MDB_txn *txn;
	unsigned dirty = 0;
	int rc = mdb_txn_begin(r->env, NULL, 0, &txn);
	if (rc != 0)
		return rc;
	for (uint64_t i = 0; i < count && rc == 0; i++)
		rc = put_entry(r, txn, &dirty);
	for (unsigned level = 0; level < HF_TILE_LEVELS && rc == 0; level++)
		if (dirty & 1u << level)
			rc = put_tile(r, txn, level, hf_tile_index(r->size, level), hf_tile_partial(r->size, level));
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

bool raw_ledger_append(struct raw_ledger *r, uint64_t count, unsigned batch)
{
	for (uint64_t done = 0; done < count; done += batch) {
		int rc = put_batch(r, count - done < batch ? count - done : batch);
		if (rc != 0) {
			fprintf(stderr, "hufu-bench: LMDB: %s\n", mdb_strerror(rc));
			return false;
		}
	}
	return true;
}
