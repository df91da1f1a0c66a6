#include "ledger/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WIDTH_BITS 8u

uint32_t hf_tile_partial(uint64_t size, unsigned level)
{
	return (uint32_t)(size >> (WIDTH_BITS * level)) & (HF_TILE_WIDTH - 1);
}

uint64_t hf_tile_index(uint64_t size, unsigned level)
{
	return level + 1 < HF_TILE_LEVELS ? size >> (WIDTH_BITS * (level + 1)) : 0;
}

enum hf_err hf_tree_tile(struct hf_tree *t, unsigned level, uint64_t tile, uint32_t count,
                         const struct hf_hash **ret_hashes)
{
	uint8_t key[HF_KEY_MAX];
	size_t key_len = hf_place_key(t->place, hf_tile_number(level, tile), key);
	struct hf_bytes v;
	enum hf_err e = hf_rows_get(t->rows, hf_place_table(t->place, HF_PLACE_TILE), key, key_len, &v);

	if (e != HF_OK)
		return e == HF_E_UNKNOWN ? HF_E_STORE : e;
	if (v.len > HF_TILE_BYTES || v.len < count * sizeof(struct hf_hash))
		return HF_E_STORE;
	*ret_hashes = (const struct hf_hash *)(const void *)v.data;
	return HF_OK;
}

bool hf_tree_read(void *tree, unsigned level, uint64_t index, struct hf_hash *ret_hash)
{
	unsigned inside = level % WIDTH_BITS, tile_level = level / WIDTH_BITS;
	uint32_t width = (uint32_t)1 << inside, first;
	const struct hf_hash *hashes;
	uint64_t at;

	if (tile_level >= HF_TILE_LEVELS || index > UINT64_MAX >> inside)
		return false;
	at = index << inside;
	first = (uint32_t)(at & (HF_TILE_WIDTH - 1));
	if (hf_tree_tile(tree, tile_level, at >> WIDTH_BITS, first + width, &hashes) != HF_OK)
		return false;
	hf_merkle_root(hashes + first, width, ret_hash);
	return true;
}

bool hf_tree_root(struct hf_tree *t, uint64_t size, struct hf_hash *ret_root)
{
	struct hf_merkle_range r;

	hf_merkle_range_init(&r);
	r.size = size;
	for (unsigned bit = 64; bit-- > 0;)
		if (size >> bit & 1 && !hf_tree_read(t, bit, (size >> bit) - 1, &r.node[r.count++]))
			return false;
	hf_merkle_range_root(&r, ret_root);
	return true;
}

void hf_edge_init(struct hf_edge *e)
{
	memset(e, 0, sizeof(*e));
}

void hf_edge_done(struct hf_edge *e)
{
	for (unsigned i = 0; i < HF_TILE_LEVELS; i++)
		free(e->level[i]);
	hf_edge_init(e);
}

static struct hf_edge_level *level_at(struct hf_edge *e, unsigned level)
{
	if (!e->level[level]) {
		e->level[level] = hf_alloc(sizeof(*e->level[level]));
		e->level[level]->count = 0;
		e->level[level]->dirty = false;
		hf_merkle_range_init(&e->level[level]->range);
	}
	return e->level[level];
}

static void add_hash(struct hf_edge_level *l, const struct hf_hash *h)
{
	l->hash[l->count++] = *h;
	hf_merkle_range_append(&l->range, h);
}

static enum hf_err load_level(struct hf_edge *e, struct hf_tree *t, unsigned level, uint64_t size)
{
	uint32_t count = hf_tile_partial(size, level);
	struct hf_edge_level *l;
	const struct hf_hash *hashes;

	if (count == 0)
		return HF_OK;
	HF_TRY(hf_tree_tile(t, level, hf_tile_index(size, level), count, &hashes));
	l = level_at(e, level);
	for (uint32_t i = 0; i < count; i++)
		add_hash(l, &hashes[i]);
	return HF_OK;
}

static enum hf_err load_last(struct hf_edge *e, struct hf_tree *t, uint64_t size)
{
	uint64_t at = size - 1;
	const struct hf_hash *hashes;

	if (size == 0)
		return HF_OK;
	HF_TRY(hf_tree_tile(t, 0, at / HF_TILE_WIDTH, (uint32_t)(at % HF_TILE_WIDTH) + 1, &hashes));
	e->last = hashes[at % HF_TILE_WIDTH];
	return HF_OK;
}

enum hf_err hf_edge_load(struct hf_edge *e, const struct hf_place *p, struct hf_rows *r, uint64_t size)
{
	struct hf_tree t = {p, r};

	hf_edge_done(e);
	for (unsigned level = 0; level < HF_TILE_LEVELS; level++)
		HF_TRY(load_level(e, &t, level, size));
	HF_TRY(load_last(e, &t, size));
	e->size = size;
	return HF_OK;
}

static enum hf_err write_tile(const struct hf_edge_level *l, const struct hf_place *p, const struct hf_sink *s,
                              uint64_t number)
{
	uint8_t key[HF_KEY_MAX];

	return hf_sink_put(s, hf_place_table(p, HF_PLACE_TILE), key, hf_place_key(p, number, key), l->hash,
	                   l->count * sizeof(l->hash[0]));
}

enum hf_err hf_edge_append(struct hf_edge *e, const struct hf_place *p, const struct hf_sink *s,
                           const struct hf_hash *leaf)
{
	struct hf_hash carry = *leaf;

	for (unsigned level = 0; level < HF_TILE_LEVELS; level++) {
		struct hf_edge_level *l = level_at(e, level);

		add_hash(l, &carry);
		l->dirty = true;
		if (l->count < HF_TILE_WIDTH)
			break;
		HF_TRY(write_tile(l, p, s, hf_tile_number(level, hf_tile_index(e->size, level))));
		carry = l->range.node[0];
		l->count = 0;
		l->dirty = false;
		hf_merkle_range_init(&l->range);
	}
	e->size++;
	e->last = *leaf;
	return HF_OK;
}

enum hf_err hf_edge_flush(struct hf_edge *e, const struct hf_place *p, const struct hf_sink *s)
{
	for (unsigned level = 0; level < HF_TILE_LEVELS; level++) {
		struct hf_edge_level *l = e->level[level];

		if (!l || !l->dirty)
			continue;
		HF_TRY(write_tile(l, p, s, hf_tile_number(level, hf_tile_index(e->size, level))));
		l->dirty = false;
	}
	return HF_OK;
}

void hf_edge_range(const struct hf_edge *e, struct hf_merkle_range *ret_range)
{
	hf_merkle_range_init(ret_range);
	ret_range->size = e->size;
	for (unsigned level = HF_TILE_LEVELS; level-- > 0;) {
		const struct hf_edge_level *l = e->level[level];

		if (!l)
			continue;
		memcpy(ret_range->node + ret_range->count, l->range.node, l->range.count * sizeof(l->range.node[0]));
		ret_range->count += l->range.count;
	}
}
