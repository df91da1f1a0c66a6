/*
 * proof_fuzz.c - .tlog-proof files from anywhere, and Merkle paths. A file that passes proves an entry of the true log:
 * its leaf leads to the signed root by the path that the file holds. A path that passes leads to the root that is found
 * by walking it the plain way.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "evidence/tally.h"
#include "fuzz/evidence/cosigned.h"
#include "proto/codec.h"

static struct hf_space *begin(void)
{
	struct sb_space *sb;
	struct hf_space *space;

	if (!hf_crypto_init())
		abort();
	sb = sb_new(1);
	space = cosigned_space(sb);
	sb_free(sb);
	return space;
}

static void as_file(const struct hf_space *space, const uint8_t *data, size_t size)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_proof_report r;
	Hufu__LedgerEntry *e;

	if (hf_proof_check(space, data, size, &r, &f) != HF_OK) {
		if (f.text[0] == '\0')
			abort(); /* every refusal says why */
		return;
	}
	if (r.index >= r.size || r.cosignatures < COSIGNED_WITNESSES ||
	    hf_entry_decode(r.entry->entry.data, r.entry->entry.len, &e) != HF_OK)
		abort();
	if (e->index != r.index || !hf_entry_check_opening(e, r.entry->opening))
		abort();
	hf_decoded_free(e);
	hf_decoded_free(r.entry);
}

/* RFC 6962 2.1.1 by recursion: the root that a path gives; false when it is too short. Counts what it uses. */
static bool climb(const struct hf_merkle_path *p, const struct hf_hash *leaf, uint64_t index, uint64_t size,
                  uint32_t *used, struct hf_hash *ret_root)
{
	uint64_t k = 1;
	struct hf_hash below;

	if (size == 1) {
		*ret_root = *leaf;
		return true;
	}
	while (k < size - k)
		k *= 2;
	if (!climb(p, leaf, index < k ? index : index - k, index < k ? k : size - k, used, &below) || *used >= p->count)
		return false;
	if (index < k)
		hf_merkle_node(&below, &p->node[(*used)++], ret_root);
	else
		hf_merkle_node(&p->node[(*used)++], &below, ret_root);
	return true;
}

/* u64 index, u64 size, leaf, then the path. */
static void as_path(const uint8_t *data, size_t size)
{
	struct hf_merkle_path p = {.count = 0};
	struct hf_hash leaf, root;
	uint64_t index, tree;
	uint32_t used = 0;
	bool leads;

	if (size < 48 || (size - 48) % 32 != 0 || (size - 48) / 32 > HF_MERKLE_PATH_MAX)
		return;
	index = hf_get_u64(data);
	tree = hf_get_u64(data + 8);
	memcpy(leaf.b, data + 16, 32);
	p.count = (uint32_t)((size - 48) / 32);
	memcpy(p.node, data + 48, size - 48);
	if (tree > (uint64_t)1 << 62)
		return;
	leads = index < tree && climb(&p, &leaf, index, tree, &used, &root) && used == p.count;
	if (!leads)
		root = leaf;
	if (hf_merkle_verify_inclusion(&leaf, index, tree, &p, &root) != leads)
		abort();
	root.b[31] ^= 1;
	if (hf_merkle_verify_inclusion(&leaf, index, tree, &p, &root))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hf_space *space;

	if (!space)
		space = begin();
	if (size > (1u << 18))
		return 0;
	as_file(space, data, size);
	as_path(data, size);
	return 0;
}
