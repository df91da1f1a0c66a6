/*
 * rows.h - where a ledger's rows are read from and written to, and under which keys: this node's own ledger and the
 * mirrored ones have the same shape in different tables.
 *
 * A tile key carries the tile's level in its first byte, so that the tables of leaves also hold the tiles above them
 * and no proof needs more than a few reads: level 0 is the plain tile number.
 */
#ifndef HUFU_LEDGER_ROWS_H
#define HUFU_LEDGER_ROWS_H

#include "evidence/space.h"
#include "store/store.h"

/* Exactly one of the three is set. A value got is valid until the next get. */
struct hf_rows {
	struct hf_store *store;       /* loop thread */
	struct hf_snapshot *snapshot; /* the thread that holds it */
	struct hf_txn *txn;           /* committer */
	struct hf_buf buf;
};
void hf_rows_of_store(struct hf_rows *r, struct hf_store *store);
void hf_rows_of_snapshot(struct hf_rows *r, struct hf_snapshot *snapshot);
void hf_rows_of_txn(struct hf_rows *r, struct hf_txn *txn);
void hf_rows_done(struct hf_rows *r);
enum hf_err hf_rows_get(struct hf_rows *r, enum hf_table t, const void *key, size_t key_len,
                        struct hf_bytes *ret_value) HF_MUST_CHECK;
/* Not on a batch. */
enum hf_err hf_rows_scan(struct hf_rows *r, enum hf_table t, const void *prefix, size_t prefix_len, const void *from,
                         size_t from_len, hf_store_row_fn fn, void *ctx) HF_MUST_CHECK;

/* One of the two is set. */
struct hf_sink {
	struct hf_txn *txn;   /* committer */
	struct hf_unit *unit; /* loop thread */
};
enum hf_err hf_sink_put(const struct hf_sink *s, enum hf_table t, const void *key, size_t key_len, const void *value,
                        size_t value_len) HF_MUST_CHECK;

/* A ledger in the store: this node's own, or the mirror of another's. */
struct hf_place {
	bool own;
	char origin[HF_ORIGIN_MAX + 1];
};
enum hf_place_part { HF_PLACE_INVALID = 0, HF_PLACE_ENTRY, HF_PLACE_TILE, HF_PLACE_OPENING };
enum hf_table hf_place_table(const struct hf_place *p, enum hf_place_part part);
/* Returns the key's length. number: index, or tile key. */
size_t hf_place_key(const struct hf_place *p, uint64_t number, uint8_t key[HF_KEY_MAX]);
/* The prefix that all keys of this ledger begin with; 0 for the own ledger. */
size_t hf_place_prefix(const struct hf_place *p, uint8_t key[HF_KEY_MAX]);
/* Entry bytes, borrowed from r. */
enum hf_err hf_place_entry(const struct hf_place *p, struct hf_rows *r, uint64_t index,
                           struct hf_bytes *ret_entry) HF_MUST_CHECK;

/* Bytes stored there; 0 when there is nothing. */
size_t hf_place_size(const struct hf_place *p, struct hf_rows *r, enum hf_place_part part, uint64_t number);

/* Keys of other tables. */
size_t hf_key_txn(const struct hf_id *txn, uint32_t ordinal, uint8_t key[HF_KEY_MAX]); /* HF_TABLE_TXN_INDEX */
size_t hf_key_share(const char *peer, uint64_t index, uint8_t key[HF_KEY_MAX]);        /* HF_TABLE_SHARE */
size_t hf_key_mirror_txn(const struct hf_id *txn, const char *origin, uint64_t index,
                         uint8_t key[HF_KEY_MAX]); /* HF_TABLE_MIRROR_TXN */
/* HF_TABLE_USE: in order of time. hf_key_use_parse takes such a key apart; false when it is none. */
size_t hf_key_use(const struct hf_id *resource, int64_t time_ms, const char *origin, uint64_t index,
                  uint8_t key[HF_KEY_MAX]);
struct hf_use_key {
	int64_t time_ms;
	char origin[HF_ORIGIN_MAX + 1];
	uint64_t index;
};
bool hf_key_use_parse(struct hf_bytes key, struct hf_use_key *ret_key);
size_t hf_key_mirror_to(const char *node, uint8_t key[HF_KEY_MAX]); /* HF_TABLE_META */
#define HF_MIRROR_TO_PREFIX "ledger/mirror-to/"

#endif
