/*
 * ledger_dir.h - a ledger as a folder (c2sp.org/tlog-tiles) with what is needed to check it: checkpoint, tile/L/N,
 * tile/entries/N, log.vkey, witness.vkeys, descriptors.dsse. Writing it; hf_ledger_verify_dir in tally.h reads it.
 */
#ifndef HUFU_EVIDENCE_LEDGER_DIR_H
#define HUFU_EVIDENCE_LEDGER_DIR_H

#include "evidence/checkpoint.h"

#define HF_DIR_TILE 256u
#define HF_DIR_LEVELS 8u

/* Entry of an index, valid until the next call. False: not to be had. */
typedef bool (*hf_ledger_entry_fn)(void *ctx, uint64_t index, struct hf_bytes *ret_entry);
/* Writes the folder for the size of the checkpoint `note`, which must pass hf_checkpoint_check. dir must not exist; its
 * parent must. The checkpoint is written last. Errors: EXISTS, UNKNOWN (an entry is missing), DIGEST (the entries do
 * not make the root), IO. */
enum hf_err hf_ledger_dir_write(const char *dir, const struct hf_space *s, const char *note, size_t note_len,
                                hf_ledger_entry_fn entry, void *ctx, struct hf_fault *f) HF_MUST_CHECK;

/* log.vkey and witness.vkeys: the keys that were valid at the checkpoint, one a line. */
enum hf_err hf_ledger_dir_vkeys(const struct hf_space *s, const struct hf_checked *c, struct hf_buf *log,
                                struct hf_buf *witnesses) HF_MUST_CHECK;

#define HF_TILE_PATH 96
/* "tile/0/x001/067" or, narrower than 256, "tile/0/x001/067.p/8"; level -1 is "tile/entries/...". */
void hf_dir_tile_path(int level, uint64_t tile, uint32_t width, char out[HF_TILE_PATH]);
/* The same the other way round, strictly: the path must be the one that hf_dir_tile_path gives, the level one of those
 * that there are. */
struct hf_tile_name {
	int level; /* -1: entries */
	uint64_t tile;
	uint32_t width;
};
bool hf_dir_tile_parse(const char *path, struct hf_tile_name *ret_name);

/* The right edge of a tree in tiles: level 0 takes leaf hashes, level l + 1 the roots of full tiles of level l. */
struct hf_dir_tree {
	uint64_t size;
	uint32_t count[HF_DIR_LEVELS];
	struct hf_hash hash[HF_DIR_LEVELS][HF_DIR_TILE];
};
/* Called for each full tile, and by hf_dir_tree_end for each unfinished one. False ends the walk. */
typedef bool (*hf_dir_tile_fn)(void *ctx, unsigned level, uint64_t tile, uint32_t width, const struct hf_hash *hashes);
bool hf_dir_tree_add(struct hf_dir_tree *t, unsigned level, const struct hf_hash *hash, hf_dir_tile_fn fn, void *ctx);
bool hf_dir_tree_end(struct hf_dir_tree *t, hf_dir_tile_fn fn, void *ctx);
/* Root of everything added. */
void hf_dir_tree_root(const struct hf_dir_tree *t, struct hf_hash *ret_root);

#endif
