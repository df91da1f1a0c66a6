/* merkle_test.c - roots and proofs against the published tree, then against the definition for every small size. */
#include "unit/crypto/hex.h"

#include "crypto/merkle.h"
#include "vectors/merkle.h"

#define LEAVES_MAX 70

/* A tree kept as its leaves; the unit under test asks it for full subtrees. */
struct tree {
	struct hf_hash leaf[LEAVES_MAX];
	uint64_t size;
};

/* RFC 6962 2.1, word for word. */
static void root_by_definition(const struct hf_hash *leaf, uint64_t n, struct hf_hash *ret)
{
	struct hf_hash l, r;
	uint64_t k = 1;

	if (n == 0) {
		hf_sha256("", 0, ret);
		return;
	}
	if (n == 1) {
		*ret = leaf[0];
		return;
	}
	while (k * 2 < n)
		k *= 2;
	root_by_definition(leaf, k, &l);
	root_by_definition(leaf + k, n - k, &r);
	hf_merkle_node(&l, &r, ret);
}

static bool read_tree(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret)
{
	const struct tree *t = ctx;
	uint64_t lo = index << level, hi = (index + 1) << level;

	if (hi > t->size)
		return false;
	root_by_definition(t->leaf + lo, hi - lo, ret);
	return true;
}

static void published_tree(struct tree *t)
{
	uint8_t in[16];

	for (t->size = 0; t->size < 8; t->size++) {
		size_t len = unhex(merkle_inputs[t->size], in, sizeof(in));

		hf_merkle_leaf(in, len, &t->leaf[t->size]);
	}
}

static void long_tree(struct tree *t)
{
	for (t->size = 0; t->size < LEAVES_MAX; t->size++)
		hf_merkle_leaf(&t->size, sizeof(t->size), &t->leaf[t->size]);
}

static void published_root(uint64_t size, struct hf_hash *ret)
{
	assert_true(hf_hash_from_hex(size == 0 ? MERKLE_EMPTY_ROOT : merkle_roots[size - 1], ret));
}

static void published_path(const struct merkle_proof *p, struct hf_merkle_path *ret)
{
	for (ret->count = 0; ret->count < 4 && p->path[ret->count]; ret->count++)
		assert_true(hf_hash_from_hex(p->path[ret->count], &ret->node[ret->count]));
}

static void assert_same_path(const struct hf_merkle_path *a, const struct hf_merkle_path *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->node, b->node, a->count * sizeof(a->node[0]));
}

static void roots_are_the_published_ones(void **state)
{
	struct hf_merkle_range r;
	struct hf_hash want, got;
	struct tree t;

	(void)state;
	published_tree(&t);
	hf_merkle_range_init(&r);
	for (uint64_t n = 0; n <= 8; n++) {
		published_root(n, &want);
		hf_merkle_root(t.leaf, n, &got);
		assert_true(hf_hash_equal(&want, &got));
		hf_merkle_range_root(&r, &got);
		assert_true(hf_hash_equal(&want, &got));
		assert_int_equal(r.count, __builtin_popcountll(n));
		if (n < 8)
			hf_merkle_range_append(&r, &t.leaf[n]);
	}
}

static void inclusion_proofs_are_the_published_ones(void **state)
{
	struct hf_merkle_path want, got;
	struct hf_hash root;
	struct tree t;

	(void)state;
	published_tree(&t);
	for (size_t i = 0; i < COUNT(merkle_inclusions); i++) {
		const struct merkle_proof *p = &merkle_inclusions[i];

		published_path(p, &want);
		published_root(p->size, &root);
		assert_true(hf_merkle_inclusion(read_tree, &t, p->at, p->size, &got));
		assert_same_path(&got, &want);
		assert_true(hf_merkle_verify_inclusion(&t.leaf[p->at], p->at, p->size, &want, &root));
	}
}

static void consistency_proofs_are_the_published_ones(void **state)
{
	struct hf_merkle_path want, got;
	struct hf_hash old_root, root;
	struct tree t;

	(void)state;
	published_tree(&t);
	for (size_t i = 0; i < COUNT(merkle_consistencies); i++) {
		const struct merkle_proof *p = &merkle_consistencies[i];

		published_path(p, &want);
		published_root(p->at, &old_root);
		published_root(p->size, &root);
		assert_true(hf_merkle_consistency(read_tree, &t, p->at, p->size, &got));
		assert_same_path(&got, &want);
		assert_true(hf_merkle_verify_consistency(p->at, &old_root, p->size, &root, &want));
	}
}

/* The letters of the RFC's example as hashes. */
static void lettered(const struct tree *t, struct hf_hash letter[26])
{
	for (int i = 0; i < 6; i++)
		letter[i] = t->leaf[i];
	letter['j' - 'a'] = t->leaf[6];
	for (size_t i = 0; i < COUNT(rfc6962_nodes); i++) {
		const char *n = rfc6962_nodes[i];

		hf_merkle_node(&letter[n[1] - 'a'], &letter[n[2] - 'a'], &letter[n[0] - 'a']);
	}
}

static void assert_letters(const struct hf_merkle_path *path, const char *letters, const struct hf_hash letter[26])
{
	assert_int_equal(path->count, strlen(letters));
	for (uint32_t i = 0; i < path->count; i++)
		assert_true(hf_hash_equal(&path->node[i], &letter[letters[i] - 'a']));
}

static void the_example_of_rfc_6962(void **state)
{
	struct hf_hash letter[26], root, want;
	struct hf_merkle_path path;
	struct tree t;

	(void)state;
	published_tree(&t);
	t.size = 7;
	lettered(&t, letter);
	hf_merkle_root(t.leaf, 7, &root);
	hf_merkle_node(&letter['k' - 'a'], &letter['l' - 'a'], &want);
	assert_true(hf_hash_equal(&root, &want));
	for (size_t i = 0; i < COUNT(rfc6962_audit_paths); i++) {
		uint64_t index = rfc6962_audit_paths[i].index;

		assert_true(hf_merkle_inclusion(read_tree, &t, index, 7, &path));
		assert_letters(&path, rfc6962_audit_paths[i].path, letter);
		assert_true(hf_merkle_verify_inclusion(&t.leaf[index], index, 7, &path, &root));
	}
	for (size_t i = 0; i < COUNT(rfc6962_consistency_proofs); i++) {
		struct hf_hash old;

		hf_merkle_root(t.leaf, rfc6962_consistency_proofs[i].old_size, &old);
		assert_true(hf_merkle_consistency(read_tree, &t, rfc6962_consistency_proofs[i].old_size, 7, &path));
		assert_letters(&path, rfc6962_consistency_proofs[i].path, letter);
		assert_true(
		        hf_merkle_verify_consistency(rfc6962_consistency_proofs[i].old_size, &old, 7, &root, &path));
	}
}

/* Removing, adding, and flipping of each node. */
static void broken_paths(const struct hf_merkle_path *good, struct hf_merkle_path *out, size_t *ret_count)
{
	size_t n = 0;

	for (uint32_t i = 0; i < good->count; i++) {
		out[n] = *good;
		out[n++].node[i].b[i % 32] ^= 0x10;
	}
	out[n] = *good;
	hf_sha256("", 0, &out[n].node[out[n].count]);
	out[n++].count++;
	out[n] = *good;
	memmove(out[n].node + 1, out[n].node, good->count * sizeof(good->node[0]));
	out[n++].count++;
	if (good->count > 0) {
		out[n] = *good;
		out[n++].count--;
		out[n] = *good;
		memmove(out[n].node, out[n].node + 1, (good->count - 1) * sizeof(good->node[0]));
		out[n++].count--;
	}
	if (good->count > 1) {
		out[n] = *good;
		out[n].node[0] = good->node[1];
		out[n++].node[1] = good->node[0];
	}
	*ret_count = n;
}

static void every_inclusion_holds_and_no_broken_one_does(void **state)
{
	struct hf_merkle_path good, bad[HF_MERKLE_PATH_MAX];
	struct hf_hash root, other;
	struct tree t;
	size_t count;

	(void)state;
	long_tree(&t);
	for (uint64_t size = 1; size <= LEAVES_MAX; size++) {
		root_by_definition(t.leaf, size, &root);
		for (uint64_t i = 0; i < size; i++) {
			assert_true(hf_merkle_inclusion(read_tree, &t, i, size, &good));
			assert_true(hf_merkle_verify_inclusion(&t.leaf[i], i, size, &good, &root));
			assert_false(hf_merkle_verify_inclusion(&t.leaf[(i + 1) % LEAVES_MAX], i, size, &good, &root));
			assert_false(hf_merkle_verify_inclusion(&t.leaf[i], i ^ 1, size, &good, &root));
			assert_false(hf_merkle_verify_inclusion(&t.leaf[i], i + size, size, &good, &root));
			assert_false(hf_merkle_verify_inclusion(&t.leaf[i], i, size * 2, &good, &root));
			other = root;
			other.b[31] ^= 1;
			assert_false(hf_merkle_verify_inclusion(&t.leaf[i], i, size, &good, &other));
			broken_paths(&good, bad, &count);
			while (count-- > 0)
				assert_false(hf_merkle_verify_inclusion(&t.leaf[i], i, size, &bad[count], &root));
		}
		assert_false(hf_merkle_inclusion(read_tree, &t, size, size, &good));
	}
}

static void every_growth_holds_and_no_broken_one_does(void **state)
{
	struct hf_merkle_path good, bad[HF_MERKLE_PATH_MAX];
	struct hf_hash old_root, root, other;
	struct tree t;
	size_t count;

	(void)state;
	long_tree(&t);
	for (uint64_t size = 1; size <= LEAVES_MAX; size++) {
		root_by_definition(t.leaf, size, &root);
		for (uint64_t old = 1; old < size; old++) {
			root_by_definition(t.leaf, old, &old_root);
			assert_true(hf_merkle_consistency(read_tree, &t, old, size, &good));
			assert_true(hf_merkle_verify_consistency(old, &old_root, size, &root, &good));
			assert_false(hf_merkle_verify_consistency(old, &root, size, &old_root, &good));
			assert_false(hf_merkle_verify_consistency(size, &old_root, old, &root, &good));
			other = root;
			other.b[0] ^= 1;
			assert_false(hf_merkle_verify_consistency(old, &old_root, size, &other, &good));
			other = old_root;
			other.b[0] ^= 1;
			assert_false(hf_merkle_verify_consistency(old, &other, size, &root, &good));
			broken_paths(&good, bad, &count);
			while (count-- > 0)
				assert_false(hf_merkle_verify_consistency(old, &old_root, size, &root, &bad[count]));
		}
		assert_false(hf_merkle_consistency(read_tree, &t, size + 1, size, &good));
	}
}

static void the_edges_are_strict(void **state)
{
	struct hf_merkle_path none = {.count = 0}, one = {.count = 1};
	struct hf_hash empty, some = {{1}};

	(void)state;
	hf_sha256("", 0, &empty);
	assert_true(hf_merkle_verify_consistency(0, &empty, 5, &some, &none));
	assert_true(hf_merkle_verify_consistency(0, &empty, 0, &empty, &none));
	assert_true(hf_merkle_verify_consistency(3, &some, 3, &some, &none));
	assert_false(hf_merkle_verify_consistency(0, &some, 5, &some, &none));
	assert_false(hf_merkle_verify_consistency(0, &empty, 5, &some, &one));
	assert_false(hf_merkle_verify_consistency(0, &empty, 0, &some, &none));
	assert_false(hf_merkle_verify_consistency(3, &some, 3, &empty, &none));
	assert_false(hf_merkle_verify_consistency(3, &some, 3, &some, &one));
	assert_false(hf_merkle_verify_consistency(1, &some, 2, &some, &none));
	assert_false(hf_merkle_verify_inclusion(&some, 0, 0, &none, &some));
	assert_true(hf_merkle_verify_inclusion(&some, 0, 1, &none, &some));
	one.count = HF_MERKLE_PATH_MAX + 1;
	assert_false(hf_merkle_verify_inclusion(&some, 0, UINT64_MAX, &one, &some));
	assert_false(hf_merkle_verify_consistency(3, &some, UINT64_MAX, &some, &one));
}

static bool read_anything(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret)
{
	(void)ctx;
	memset(ret, (int)level, sizeof(*ret));
	memcpy(ret->b, &index, sizeof(index));
	return true;
}

static void huge_sizes_stay_in_bounds(void **state)
{
	static const uint64_t sizes[] = {UINT64_MAX, (uint64_t)1 << 63, ((uint64_t)1 << 63) + 1};
	struct hf_merkle_path p;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_true(hf_merkle_inclusion(read_anything, NULL, 0, sizes[i], &p));
		assert_true(hf_merkle_inclusion(read_anything, NULL, sizes[i] - 1, sizes[i], &p));
		hf_merkle_consistency(read_anything, NULL, 1, sizes[i], &p);
		hf_merkle_consistency(read_anything, NULL, 3, sizes[i], &p);
		hf_merkle_consistency(read_anything, NULL, sizes[i] - 1, sizes[i], &p);
	}
}

static void a_missing_subtree_fails_the_proof(void **state)
{
	struct hf_merkle_path p = {.count = 77};
	struct tree t;

	(void)state;
	published_tree(&t);
	t.size = 5;
	assert_false(hf_merkle_inclusion(read_tree, &t, 0, 8, &p));
	assert_false(hf_merkle_consistency(read_tree, &t, 3, 8, &p));
	assert_int_equal(p.count, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(roots_are_the_published_ones),
	        cmocka_unit_test(inclusion_proofs_are_the_published_ones),
	        cmocka_unit_test(consistency_proofs_are_the_published_ones),
	        cmocka_unit_test(the_example_of_rfc_6962),
	        cmocka_unit_test(every_inclusion_holds_and_no_broken_one_does),
	        cmocka_unit_test(every_growth_holds_and_no_broken_one_does),
	        cmocka_unit_test(the_edges_are_strict),
	        cmocka_unit_test(huge_sizes_stay_in_bounds),
	        cmocka_unit_test(a_missing_subtree_fails_the_proof),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
