/*
 * merkle.h - the Merkle tree of RFC 6962 section 2.1 / RFC 9162 section 2.1, with proofs.
 */
#ifndef HUFU_CRYPTO_MERKLE_H
#define HUFU_CRYPTO_MERKLE_H

#include "crypto/hash.h"

#define HF_MERKLE_PATH_MAX 64

/* SHA-256(0x00 || data) and SHA-256(0x01 || l || r); ret_hash may be l or r. */
void hf_merkle_leaf(const void *data, size_t len, struct hf_hash *ret_hash);
void hf_merkle_node(const struct hf_hash *l, const struct hf_hash *r, struct hf_hash *ret_hash);

/* A compact range: the roots of the full subtrees of [0, size), largest first. Append is one extra hash on average. */
struct hf_merkle_range {
	uint64_t size;
	uint32_t count;
	struct hf_hash node[HF_MERKLE_PATH_MAX];
};
void hf_merkle_range_init(struct hf_merkle_range *r);
void hf_merkle_range_append(struct hf_merkle_range *r, const struct hf_hash *leaf);
/* Root of the range; the hash of the empty string for size 0. */
void hf_merkle_range_root(const struct hf_merkle_range *r, struct hf_hash *ret_root);

/* Root of n leaf hashes held in memory. */
void hf_merkle_root(const struct hf_hash *leaves, size_t n, struct hf_hash *ret_root);

/* A source of subtree hashes: the root of leaves [index << level, (index + 1) << level). False: not all there. */
typedef bool (*hf_merkle_read_fn)(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret_hash);

struct hf_merkle_path {
	uint32_t count;
	struct hf_hash node[HF_MERKLE_PATH_MAX];
};
bool hf_merkle_inclusion(hf_merkle_read_fn read, void *ctx, uint64_t index, uint64_t size,
                         struct hf_merkle_path *ret_path);
bool hf_merkle_consistency(hf_merkle_read_fn read, void *ctx, uint64_t old_size, uint64_t size,
                           struct hf_merkle_path *ret_path);
/* How many hashes an inclusion path has (RFC 9162 2.1.3.1); index must be below size. */
unsigned hf_merkle_path_length(uint64_t index, uint64_t size);
/* RFC 9162 2.1.3.2 and 2.1.4.2; a path too long or short fails. An old tree of size 0 needs the empty root and path. */
bool hf_merkle_verify_inclusion(const struct hf_hash *leaf, uint64_t index, uint64_t size,
                                const struct hf_merkle_path *path, const struct hf_hash *root);
bool hf_merkle_verify_consistency(uint64_t old_size, const struct hf_hash *old_root, uint64_t size,
                                  const struct hf_hash *root, const struct hf_merkle_path *path);

#endif
