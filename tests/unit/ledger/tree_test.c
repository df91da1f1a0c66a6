/* The tree in tiles: the same roots and proofs as the tree of RFC 6962 in memory, for sizes around every edge of a
 * tile. */
#include "kit.h"

#define LEAVES 1100u

struct forest {
	struct kit *kit;
	struct kit_node *node;
	struct hf_hash leaf[LEAVES];
};

static int start(void **state)
{
	struct forest *f = calloc(1, sizeof(*f));

	f->kit = kit_new(NULL);
	f->node = kit_open(f->kit, SB_ROADS);
	for (unsigned i = 0; i < LEAVES; i++)
		hf_merkle_leaf(&i, sizeof(i), &f->leaf[i]);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct forest *f = *state;

	kit_free(f->kit);
	free(f);
	return 0;
}

static void grow(struct forest *f, const struct hf_place *p, struct hf_edge *e, uint64_t to)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_sink sink = {.unit = u};

	while (e->size < to)
		assert_int_equal(hf_edge_append(e, p, &sink, &f->leaf[e->size]), HF_OK);
	assert_int_equal(hf_edge_flush(e, p, &sink), HF_OK);
	kit_submit(f->node, u);
}

static void check_size(struct forest *f, struct hf_tree *t, const struct hf_edge *e, uint64_t size)
{
	struct hf_merkle_range range;
	struct hf_merkle_path path;
	struct hf_hash should, is;

	hf_merkle_root(f->leaf, size, &should);
	assert_true(hf_tree_root(t, size, &is));
	assert_true(hf_hash_equal(&is, &should));
	hf_edge_range(e, &range);
	hf_merkle_range_root(&range, &is);
	assert_true(hf_hash_equal(&is, &should));
	for (uint64_t i = 0; i<size; i += size> 40 ? 37 : 1) {
		assert_true(hf_merkle_inclusion(hf_tree_read, t, i, size, &path));
		assert_true(hf_merkle_verify_inclusion(&f->leaf[i], i, size, &path, &should));
		hf_merkle_root(f->leaf, i, &is);
		assert_true(hf_merkle_consistency(hf_tree_read, t, i, size, &path));
		assert_true(hf_merkle_verify_consistency(i, &is, size, &should, &path));
	}
}

static void test_sizes(void **state)
{
	static const uint64_t sizes[] = {1, 2, 3, 255, 256, 257, 511, 512, 513, 768, 1000, 1023, 1024, 1025, 1100};
	struct forest *f = *state;
	struct hf_place p = {.own = false, .origin = "x/ledger/y"};
	struct hf_edge e;
	struct hf_rows rows;
	struct hf_tree t = {&p, &rows};

	hf_rows_of_store(&rows, f->node->store);
	hf_edge_init(&e);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		grow(f, &p, &e, sizes[i]);
		check_size(f, &t, &e, sizes[i]);
		assert_int_equal(hf_edge_load(&e, &p, &rows, sizes[i]), HF_OK); /* as after a restart */
		check_size(f, &t, &e, sizes[i]);
	}
	hf_edge_done(&e);
	hf_rows_done(&rows);
}

static void test_missing_tile_is_refused(void **state)
{
	struct forest *f = *state;
	struct hf_place p = {.own = false, .origin = "x/ledger/z"};
	struct hf_edge e;
	struct hf_rows rows;
	struct hf_tree t = {&p, &rows};
	struct hf_hash h;

	hf_rows_of_store(&rows, f->node->store);
	hf_edge_init(&e);
	assert_int_equal(hf_edge_load(&e, &p, &rows, 1), HF_E_STORE);
	assert_false(hf_tree_root(&t, 300, &h));
	assert_false(hf_tree_read(&t, 63, UINT64_MAX, &h));
	hf_edge_done(&e);
	hf_rows_done(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_sizes, start, stop),
	        cmocka_unit_test_setup_teardown(test_missing_tile_is_refused, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
