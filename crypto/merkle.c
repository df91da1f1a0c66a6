/*
 * merkle.c - tree hashes, compact ranges, proofs.
 *
 * A proof is made in two steps: walk from the root down and note the ranges of leaves that stand beside the way, then
 * read their roots from the deepest up. Every such range starts on a multiple of its own size rounded up to a power of
 * two, so its root folds from full subtrees, which are all that a store of the tree keeps.
 */
#include "crypto/merkle.h"

#include <assert.h>
#include <string.h>

void hf_merkle_leaf(const void *data, size_t len, struct hf_hash *ret_hash)
{
	static const uint8_t prefix = 0;

	hf_sha256_2(&prefix, 1, data, len, ret_hash);
}

void hf_merkle_node(const struct hf_hash *l, const struct hf_hash *r, struct hf_hash *ret_hash)
{
	uint8_t in[1 + 2 * sizeof(l->b)] = {1};

	memcpy(in + 1, l->b, sizeof(l->b));
	memcpy(in + 1 + sizeof(l->b), r->b, sizeof(r->b));
	hf_sha256(in, sizeof(in), ret_hash);
}

void hf_merkle_range_init(struct hf_merkle_range *r)
{
	r->size = 0;
	r->count = 0;
}

void hf_merkle_range_append(struct hf_merkle_range *r, const struct hf_hash *leaf)
{
	struct hf_hash h = *leaf;

	assert(r->size < UINT64_MAX);
	for (uint64_t full = r->size; full & 1; full >>= 1)
		hf_merkle_node(&r->node[--r->count], &h, &h);
	r->node[r->count++] = h;
	r->size++;
}

/* Root of count subtree roots, largest first. */
static void fold(const struct hf_hash *node, uint32_t count, struct hf_hash *ret_root)
{
	struct hf_hash h = node[count - 1];

	for (uint32_t i = count - 1; i > 0; i--)
		hf_merkle_node(&node[i - 1], &h, &h);
	*ret_root = h;
}

void hf_merkle_range_root(const struct hf_merkle_range *r, struct hf_hash *ret_root)
{
	if (r->count == 0)
		hf_sha256(NULL, 0, ret_root);
	else
		fold(r->node, r->count, ret_root);
}

void hf_merkle_root(const struct hf_hash *leaves, size_t n, struct hf_hash *ret_root)
{
	struct hf_merkle_range r;

	hf_merkle_range_init(&r);
	for (size_t i = 0; i < n; i++)
		hf_merkle_range_append(&r, &leaves[i]);
	hf_merkle_range_root(&r, ret_root);
}

struct span {
	uint64_t lo, hi;
};

/* The way from the root down; side[count - 1] is the deepest. */
struct way {
	struct span at;
	uint32_t count;
	struct span side[HF_MERKLE_PATH_MAX];
};

/* floor(log2 n) for n > 0. */
static unsigned log2_floor(uint64_t n)
{
	return 63 - (unsigned)__builtin_clzll(n);
}

/* RFC 9162 2.1.1: the largest power of two smaller than n, n > 1. */
static uint64_t split_of(uint64_t n)
{
	return (uint64_t)1 << log2_floor(n - 1);
}

/* Steps into the half that holds the leaf; true when that is the right half. */
static bool step_down(struct way *w, uint64_t leaf)
{
	uint64_t middle = w->at.lo + split_of(w->at.hi - w->at.lo);
	struct span *side = &w->side[w->count++];

	if (leaf < middle) {
		*side = (struct span){middle, w->at.hi};
		w->at.hi = middle;
		return false;
	}
	*side = (struct span){w->at.lo, middle};
	w->at.lo = middle;
	return true;
}

static bool span_root(hf_merkle_read_fn read, void *ctx, struct span s, struct hf_hash *ret_hash)
{
	struct hf_hash node[HF_MERKLE_PATH_MAX];
	uint32_t count = 0;

	while (s.lo < s.hi) {
		unsigned level = log2_floor(s.hi - s.lo);

		if (!read(ctx, level, s.lo >> level, &node[count++]))
			return false;
		s.lo += (uint64_t)1 << level;
	}
	fold(node, count, ret_hash);
	return true;
}

/* Appends the roots beside the way, the deepest first. */
static bool add_sides(hf_merkle_read_fn read, void *ctx, const struct way *w, struct hf_merkle_path *p)
{
	for (uint32_t i = w->count; i > 0; i--) {
		if (p->count == HF_MERKLE_PATH_MAX || !span_root(read, ctx, w->side[i - 1], &p->node[p->count++]))
			return false;
	}
	return true;
}

bool hf_merkle_inclusion(hf_merkle_read_fn read, void *ctx, uint64_t index, uint64_t size,
                         struct hf_merkle_path *ret_path)
{
	struct way w = {.at = {0, size}};
	struct hf_merkle_path p = {.count = 0};

	if (index >= size)
		return false;
	while (w.at.hi - w.at.lo > 1)
		step_down(&w, index);
	if (!add_sides(read, ctx, &w, &p))
		return false;
	*ret_path = p;
	return true;
}

bool hf_merkle_consistency(hf_merkle_read_fn read, void *ctx, uint64_t old_size, uint64_t size,
                           struct hf_merkle_path *ret_path)
{
	struct way w = {.at = {0, size}};
	struct hf_merkle_path p = {.count = 0};
	bool whole = true; /* the subtree reached is the old tree itself: its root is known to the verifier */

	if (old_size > size)
		return false;
	while (old_size > 0 && w.at.hi != old_size)
		whole = !step_down(&w, old_size - 1) && whole;
	if (old_size > 0 && !whole && !span_root(read, ctx, w.at, &p.node[p.count++]))
		return false;
	if (!add_sides(read, ctx, &w, &p))
		return false;
	*ret_path = p;
	return true;
}

unsigned hf_merkle_path_length(uint64_t index, uint64_t size)
{
	unsigned inner = 0;

	for (uint64_t differing = index ^ (size - 1); differing > 0; differing >>= 1)
		inner++;
	return inner + (inner < 64 ? (unsigned)__builtin_popcountll(index >> inner) : 0);
}

bool hf_merkle_verify_inclusion(const struct hf_hash *leaf, uint64_t index, uint64_t size,
                                const struct hf_merkle_path *path, const struct hf_hash *root)
{
	uint64_t fn = index, sn = size - 1;
	struct hf_hash r = *leaf;

	if (index >= size || path->count > HF_MERKLE_PATH_MAX)
		return false;
	for (uint32_t i = 0; i < path->count; i++, fn >>= 1, sn >>= 1) {
		if (sn == 0)
			return false;
		if (!(fn & 1) && fn != sn) {
			hf_merkle_node(&r, &path->node[i], &r);
			continue;
		}
		hf_merkle_node(&path->node[i], &r, &r);
		for (; !(fn & 1) && fn != 0; fn >>= 1)
			sn >>= 1;
	}
	return sn == 0 && hf_hash_equal(&r, root);
}

/* RFC 9162 2.1.4.2 from step 3 on; the path is not empty and begins with the old root where the standard says so. */
static bool verify_growth(uint64_t old_size, const struct hf_hash *old_root, uint64_t size, const struct hf_hash *root,
                          const struct hf_merkle_path *path)
{
	uint64_t fn = old_size - 1, sn = size - 1;
	struct hf_hash fr = path->node[0], sr = path->node[0];

	for (; fn & 1; fn >>= 1)
		sn >>= 1;
	for (uint32_t i = 1; i < path->count; i++, fn >>= 1, sn >>= 1) {
		if (sn == 0)
			return false;
		if (!(fn & 1) && fn != sn) {
			hf_merkle_node(&sr, &path->node[i], &sr);
			continue;
		}
		hf_merkle_node(&path->node[i], &fr, &fr);
		hf_merkle_node(&path->node[i], &sr, &sr);
		for (; !(fn & 1) && fn != 0; fn >>= 1)
			sn >>= 1;
	}
	return sn == 0 && hf_hash_equal(&fr, old_root) && hf_hash_equal(&sr, root);
}

bool hf_merkle_verify_consistency(uint64_t old_size, const struct hf_hash *old_root, uint64_t size,
                                  const struct hf_hash *root, const struct hf_merkle_path *path)
{
	struct hf_merkle_path p = {.count = 1, .node[0] = *old_root};
	struct hf_hash empty;

	if (old_size > size)
		return false;
	if (old_size == size)
		return path->count == 0 && hf_hash_equal(old_root, root);
	if (old_size == 0) {
		hf_sha256(NULL, 0, &empty);
		return path->count == 0 && hf_hash_equal(old_root, &empty);
	}
	if (path->count == 0 || path->count > HF_MERKLE_PATH_MAX)
		return false;
	if ((old_size & (old_size - 1)) != 0)
		return verify_growth(old_size, old_root, size, root, path);
	/* The way of a power of two never takes every place, so one more always fits. */
	if (path->count == HF_MERKLE_PATH_MAX)
		return false;
	p.count += path->count;
	memcpy(p.node + 1, path->node, path->count * sizeof(path->node[0]));
	return verify_growth(old_size, old_root, size, root, &p);
}
