/*
 * tree.h - the Merkle tree of a ledger in tiles of 256 hashes (c2sp.org/tlog-tiles), as stored: reading nodes for
 * proofs, and the growing right edge.
 *
 * Level 0 holds leaf hashes; entry i of level l + 1 is the root of full tile i of level l. The compact range of the
 * whole tree is the ranges of the unfinished tiles, one after the other from the top level down, so appending costs
 * what a compact range costs.
 */
#ifndef HUFU_LEDGER_TREE_H
#define HUFU_LEDGER_TREE_H

#include "crypto/merkle.h"
#include "ledger/rows.h"

#define HF_TILE_WIDTH 256u
#define HF_TILE_LEVELS 8u /* 256^8 entries */
#define HF_TILE_BYTES (HF_TILE_WIDTH * sizeof(struct hf_hash))

/* The key number of a tile. */
static inline uint64_t hf_tile_number(unsigned level, uint64_t tile)
{
	return (uint64_t)level << 56 | tile;
}
/* Entries in the unfinished tile of a level of a tree of that size, and that tile's number. */
uint32_t hf_tile_partial(uint64_t size, unsigned level);
uint64_t hf_tile_index(uint64_t size, unsigned level);

/* A tree to read from; ctx of hf_tree_read. */
struct hf_tree {
	const struct hf_place *place;
	struct hf_rows *rows;
};
/* hf_merkle_read_fn. */
bool hf_tree_read(void *tree, unsigned level, uint64_t index, struct hf_hash *ret_hash);
/* The root of the first size leaves. */
bool hf_tree_root(struct hf_tree *t, uint64_t size, struct hf_hash *ret_root);
/* One tile, at least count hashes, borrowed from the rows. */
enum hf_err hf_tree_tile(struct hf_tree *t, unsigned level, uint64_t tile, uint32_t count,
                         const struct hf_hash **ret_hashes) HF_MUST_CHECK;

/* The right edge. Heap, one thread at a time. */
struct hf_edge_level {
	uint32_t count;
	bool dirty;
	struct hf_merkle_range range; /* over the hashes of this tile */
	struct hf_hash hash[HF_TILE_WIDTH];
};
struct hf_edge {
	uint64_t size;
	struct hf_hash last; /* leaf hash of entry size - 1; zero for an empty tree */
	struct hf_edge_level *level[HF_TILE_LEVELS];
};
void hf_edge_init(struct hf_edge *e);
void hf_edge_done(struct hf_edge *e); /* usable as HF_CLEANUP */
/* The edge of the first size leaves as stored. HF_E_STORE when a tile is missing or too short. */
enum hf_err hf_edge_load(struct hf_edge *e, const struct hf_place *p, struct hf_rows *r, uint64_t size) HF_MUST_CHECK;
/* Writes each tile that becomes full. */
enum hf_err hf_edge_append(struct hf_edge *e, const struct hf_place *p, const struct hf_sink *s,
                           const struct hf_hash *leaf) HF_MUST_CHECK;
/* Writes the unfinished tiles that have changed. */
enum hf_err hf_edge_flush(struct hf_edge *e, const struct hf_place *p, const struct hf_sink *s) HF_MUST_CHECK;
/* The compact range of the whole tree. */
void hf_edge_range(const struct hf_edge *e, struct hf_merkle_range *ret_range);

#endif
