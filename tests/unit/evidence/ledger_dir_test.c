/*
 * ledger_dir_test.c - does the full check of an exported ledger find every manipulation? SB-58: tampering, deletion,
 * reordering and truncation, each on a folder that verified before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "unit/evidence/log_builder.h"
#include "vectors/tiles.h"

static void test_tile_paths(void **state)
{
	(void)state;
	char out[HF_TILE_PATH];
	static const struct {
		int level;
		uint64_t tile;
		uint32_t width;
		const char *path;
	} rows[] = {
	        {0, 0, 256, "tile/0/000"},
	        {0, C2SP_TILE_INDEX, 256, "tile/0/" C2SP_TILE_GROUPS},
	        {-1, C2SP_TILE_INDEX, 255, "tile/entries/" C2SP_TILE_GROUPS ".p/255"},
	        {0, 273, 112, "tile/0/273.p/112"},
	        {2, 0, 1, "tile/2/000.p/1"},
	        {-1, 1000, 256, "tile/entries/x001/000"},
	        {-1, 5, 7, "tile/entries/005.p/7"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hf_dir_tile_path(rows[i].level, rows[i].tile, rows[i].width, out);
		assert_string_equal(out, rows[i].path);
	}
}

static bool ignore_tile(void *ctx, unsigned level, uint64_t tile, uint32_t width, const struct hf_hash *hashes)
{
	uint64_t *seen = ctx;
	(void)tile;
	(void)hashes;
	seen[level] += width;
	return true;
}

/* The tree by tiles is the tree of RFC 6962. */
static void test_tree_root(void **state)
{
	(void)state;
	struct hf_hash *leaf = calloc(70000, sizeof(*leaf)), root, expected;
	struct hf_dir_tree *t = calloc(1, sizeof(*t));
	uint64_t seen[HF_DIR_LEVELS] = {0};
	hf_dir_tree_root(t, &root);
	hf_merkle_root(leaf, 0, &expected);
	assert_true(hf_hash_equal(&root, &expected));
	for (uint32_t i = 0; i < 70000; i++) {
		hf_put_u32(leaf[i].b, i);
		assert_true(hf_dir_tree_add(t, 0, &leaf[i], ignore_tile, seen));
		if (i < 600 || i % 9973 == 0 || i == 65535 || i == 69999) {
			hf_dir_tree_root(t, &root);
			hf_merkle_root(leaf, i + 1, &expected);
			assert_true(hf_hash_equal(&root, &expected));
		}
	}
	/* 70,000 entries: 273 full leaf tiles and 112 hashes, one full tile above and 17, one hash on top. */
	assert_true(hf_dir_tree_end(t, ignore_tile, seen));
	assert_int_equal(seen[0], 70000);
	assert_int_equal(seen[1], 273);
	assert_int_equal(seen[2], 1);
	free(t);
	free(leaf);
}

static bool count_tile(void *ctx, unsigned level, uint64_t tile, uint32_t width, const struct hf_hash *hashes)
{
	struct {
		uint64_t full;
		uint32_t partial;
	} *seen = ctx;
	(void)hashes;
	assert_true(level < 4);
	assert_int_equal(tile, seen[level].full);
	if (width == HF_DIR_TILE)
		seen[level].full++;
	else
		seen[level].partial = width;
	return true;
}

/* The trees of the examples in c2sp.org/tlog-tiles have the tiles that are listed there, in order and no others. */
static void test_the_published_trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(c2sp_trees) / sizeof(c2sp_trees[0]); i++) {
		struct {
			uint64_t full;
			uint32_t partial;
		} seen[4] = {{0, 0}};
		struct hf_dir_tree *t = calloc(1, sizeof(*t));
		struct hf_hash leaf = {{0}};
		for (uint64_t k = 0; k < c2sp_trees[i].size; k++)
			assert_true(hf_dir_tree_add(t, 0, &leaf, count_tile, seen));
		assert_true(hf_dir_tree_end(t, count_tile, seen));
		for (unsigned level = 0; level < 4; level++) {
			assert_int_equal(seen[level].full, c2sp_trees[i].level[level].full);
			assert_int_equal(seen[level].partial, c2sp_trees[i].level[level].partial);
		}
		free(t);
	}
}

static void test_sizes(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 255, 256, 257, 700};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct log *l = log_new(sizes[i]);
		struct hf_fault f;
		assert_good(l);
		assert_int_equal(hf_ledger_dir_write(l->dir, l->space, l->note, strlen(l->note), read_entry, l, &f),
		                 HF_E_EXISTS);
		log_free(l);
	}
}

/* SB-58: one changed byte of any entry is found, and the entry named. */
static void test_sb58_tampering(void **state)
{
	(void)state;
	struct log *l = log_new(600);
	struct hf_buf b = HF_BUF_INIT;
	static const size_t which[] = {0, 1, 255, 256, 300, 511};
	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		const char *name = which[i] < 256 ? "tile/entries/000" : "tile/entries/001";
		load(l, name, &b);
		size_t at =
		        offset_of(l, which[i]) + l->entry[which[i]].len; /* within the commitment, or an opened value */
		b.data[at] ^= 1;
		save(l, name, b.data, b.len);
		assert_bad(l, which[i], "entry ");
		b.data[at] ^= 1;
		save(l, name, b.data, b.len);
	}
	assert_good(l);
	/* The same with a fitting leaf tile: the chain breaks behind it. */
	load(l, "tile/entries/001", &b);
	size_t at = offset_of(l, 300) + l->entry[300].len;
	struct hf_hash leaf;
	b.data[at] ^= 1;
	hf_merkle_leaf(b.data + offset_of(l, 300) + 2, l->entry[300].len, &leaf);
	save(l, "tile/entries/001", b.data, b.len);
	load(l, "tile/0/001", &b);
	memcpy(b.data + (300 - 256) * 32, leaf.b, 32);
	save(l, "tile/0/001", b.data, b.len);
	assert_bad(l, 301, "entry 301 does not follow the entry before it");
	hf_buf_done(&b);
	log_free(l);
}

/* SB-58: an entry that was taken out, with everything after it moved up. */
static void test_sb58_deletion(void **state)
{
	(void)state;
	struct log *l = log_new(600);
	struct hf_buf b = HF_BUF_INIT;
	load(l, "tile/entries/000", &b);
	size_t at = offset_of(l, 9), len = 2 + l->entry[9].len;
	memmove(b.data + at, b.data + at + len, b.len - at - len);
	save(l, "tile/entries/000", b.data, b.len - len);
	assert_bad(l, 9, "entry 10 stands in the place of entry 9");
	char path[256];
	path_of(l, "tile/entries/000", path);
	assert_int_equal(unlink(path), 0);
	assert_bad(l, 0, "tile/entries/000 is missing");
	hf_buf_done(&b);
	log_free(l);
}

/* SB-58: two entries exchanged. */
static void test_sb58_reordering(void **state)
{
	(void)state;
	struct log *l = log_new(300);
	struct hf_buf b = HF_BUF_INIT, out = HF_BUF_INIT;
	load(l, "tile/entries/000", &b);
	size_t a = offset_of(l, 20), z = offset_of(l, 22), middle = offset_of(l, 21);
	assert_true(hf_buf_add(&out, b.data, a) && hf_buf_add(&out, b.data + middle, z - middle) &&
	            hf_buf_add(&out, b.data + a, middle - a) && hf_buf_add(&out, b.data + z, b.len - z));
	save(l, "tile/entries/000", out.data, out.len);
	assert_bad(l, 20, "entry 21 stands in the place of entry 20");
	save(l, "tile/entries/000", b.data, b.len);
	assert_good(l);
	hf_buf_done(&b);
	hf_buf_done(&out);
	log_free(l);
}

/* SB-58: the end cut off, in the entries, in the tile, in the checkpoint. */
static void test_sb58_truncation(void **state)
{
	(void)state;
	struct log *l = log_new(600);
	struct hf_buf b = HF_BUF_INIT;
	const char *last = "tile/entries/002.p/88", *tile = "tile/0/002.p/88";
	load(l, last, &b);
	save(l, last, b.data, offset_of(l, 599));
	assert_bad(l, 599, "entry 599 is cut off");
	save(l, last, b.data, b.len - 1);
	assert_bad(l, 599, "entry 599 is cut off");
	save(l, last, b.data, b.len);
	load(l, tile, &b);
	save(l, tile, b.data, b.len - 32);
	assert_bad(l, 512, "is cut off after 2784 of the 2816 bytes of its 88 hashes");
	save(l, tile, b.data, b.len);
	assert_good(l);
	char path[256];
	path_of(l, last, path);
	assert_int_equal(unlink(path), 0);
	assert_bad(l, UINT64_MAX, "tile/entries/002.p/88 is missing: the ledger has 600 entries");
	hf_buf_done(&b);
	log_free(l);
}

/* An older checkpoint, rightly cosigned, beside the longer ledger. */
static void test_sb58_older_checkpoint(void **state)
{
	(void)state;
	struct log *l = log_new(512);
	size_t size = l->size;
	l->size = 256;
	sign_note(l);
	save(l, "checkpoint", l->note, strlen(l->note));
	assert_bad(l, UINT64_MAX, "tile/1/000.p/1 is missing");
	l->size = size;
	sign_note(l);
	save(l, "checkpoint", l->note, strlen(l->note));
	assert_good(l);
	save(l, "tile/0/009", "x", 1);
	assert_bad(l, UINT64_MAX, "tile/0/009 does not belong into the folder of a ledger of 512 entries");
	log_free(l);
}

static void test_upper_tiles_and_root(void **state)
{
	(void)state;
	struct log *l = log_new(600);
	struct hf_buf b = HF_BUF_INIT;
	load(l, "tile/1/000.p/2", &b);
	b.data[40] ^= 1;
	save(l, "tile/1/000.p/2", b.data, b.len);
	assert_bad(l, UINT64_MAX, "does not agree with the tiles below it");
	b.data[40] ^= 1;
	save(l, "tile/1/000.p/2", b.data, b.len);
	l->leaf[5].b[0] ^= 1; /* a cosigned root of other entries */
	sign_note(l);
	save(l, "checkpoint", l->note, strlen(l->note));
	assert_bad(l, UINT64_MAX, "do not make the root that the witnesses cosigned");
	hf_buf_done(&b);
	log_free(l);
}

static void test_keys_and_chain(void **state)
{
	(void)state;
	struct log *l = log_new(3);
	struct hf_buf b = HF_BUF_INIT;
	struct hf_fault f;
	load(l, "witness.vkeys", &b);
	save(l, "log.vkey", b.data, b.len);
	assert_bad(l, UINT64_MAX, "log.vkey holds a key that the space descriptor does not name");
	struct hf_buf log = HF_BUF_INIT;
	char text[400];
	struct hf_note_verifier v;
	struct hf_sign_pub pub;
	hf_sign_key_pub(l->sb->key[SB_ROADS][HF_KEY_LOG], &pub);
	assert_true(hf_note_verifier_init(&v, SB_SPACE "/ledger/roads", HF_NOTE_ED25519, &pub));
	hf_note_vkey(&v, text);
	assert_true(hf_buf_addf(&log, "%s\n", text));
	save(l, "log.vkey", log.data, log.len);
	assert_good(l);
	save(l, "witness.vkeys", log.data, log.len);
	assert_bad(l, UINT64_MAX, "witness.vkeys holds a key");
	save(l, "log.vkey", "", 0);
	assert_bad(l, UINT64_MAX, "log.vkey holds 0 keys; 1 are needed");
	save(l, "log.vkey", log.data, log.len);
	const char *second = (const char *)memchr(b.data, '\n', b.len) + 1;
	size_t first_len = (size_t)(second - (const char *)b.data);
	save(l, "witness.vkeys", b.data, first_len);
	assert_bad(l, UINT64_MAX, "witness.vkeys holds 1 keys; 3 are needed");
	struct hf_buf twice = HF_BUF_INIT;
	assert_true(hf_buf_add(&twice, b.data, first_len) && hf_buf_add(&twice, b.data, b.len));
	save(l, "witness.vkeys", twice.data, twice.len);
	assert_bad(l, UINT64_MAX, "twice");
	hf_buf_done(&twice);
	save(l, "witness.vkeys", b.data, b.len - 1);
	assert_bad(l, UINT64_MAX, "witness.vkeys was cut off within line 3");
	save(l, "witness.vkeys", b.data, b.len);
	load(l, "descriptors.dsse", &b);
	save(l, "descriptors.dsse", b.data, b.len - 1);
	assert_bad(l, UINT64_MAX, "descriptors is cut off");
	save(l, "descriptors.dsse", "", 0);
	assert_bad(l, UINT64_MAX, "descriptors is empty");
	save(l, "descriptors.dsse", b.data, b.len);
	assert_good(l);
	struct hf_trust other = {.number = 0};
	struct hf_ledger_report r;
	memcpy(other.root.b, l->sb->next_root_pub, 32);
	assert_int_equal(hf_ledger_verify_dir(&other, l->dir, &r, &f), HF_E_SIGNATURE);
	l->trust.number = 2;
	assert_bad(l, UINT64_MAX, "knows space descriptors up to number 1, but number 2 is demanded");
	l->trust.number = 1;
	l->trust.has_digest = true;
	assert_bad(l, UINT64_MAX, "descriptor 1 of the evidence has another digest");
	hf_space_digest(l->space, &l->trust.digest);
	assert_good(l);
	hf_buf_done(&b);
	hf_buf_done(&log);
	log_free(l);
}

/* A ledger that was rewritten from entry 5 on, with tiles and the log's own signature to fit, but without the
 * witnesses. */
static void test_sb58_rewritten_by_its_owner(void **state)
{
	(void)state;
	struct log *l = log_new(20);
	char old[8192], again[8192];
	snprintf(old, sizeof(old), "%s", l->note);
	hf_buf_clear(&l->entry[5]);
	struct hf_draft *d = hf_draft_new(HF_EVENT_LOGIN, NULL);
	hf_draft_text(d, HF_FIELD_EVENT, "login");
	uint8_t key[32] = {1}, secret[32] = {9};
	struct hf_entry_in in = {SB_SPACE "/ledger/roads", 5, SB_T0, l->leaf[4], key, secret, NULL};
	assert_int_equal(hf_entry_encode(&in, d, &l->entry[5], &l->leaf[5]), HF_OK);
	hf_draft_free(d);
	for (size_t i = 6; i < 20; i++) {
		hf_buf_clear(&l->entry[i]);
		add(l, i);
	}
	sign_note(l);
	/* Its own line is new, the witnesses' lines are the old ones. */
	char *fresh_end = strchr(strstr(l->note, "\n\n") + 2, '\n') + 1,
	     *old_lines = strchr(strstr(old, "\n\n") + 2, '\n') + 1;
	snprintf(again, sizeof(again), "%.*s%s", (int)(fresh_end - l->note), l->note, old_lines);
	save(l, "checkpoint", again, strlen(again));
	assert_bad(l, UINT64_MAX,
	           "the log of roads signed this checkpoint, but no cosignature under it is of its text");
	log_free(l);
}

/* Changes a byte of an entry; refit: the leaf tile is made to agree, so that only the chain tells. */
static void alter(struct log *l, size_t index, bool refit)
{
	struct hf_buf b = HF_BUF_INIT;
	struct hf_hash leaf;
	char name[HF_TILE_PATH];
	size_t bundle = index / 256, left = l->size - bundle * 256;
	uint32_t width = left < 256 ? (uint32_t)left : 256;
	hf_dir_tile_path(-1, bundle, width, name);
	load(l, name, &b);
	size_t at = offset_of(l, index);
	b.data[at + l->entry[index].len] ^= 1;
	save(l, name, b.data, b.len);
	hf_merkle_leaf(b.data + at + 2, l->entry[index].len, &leaf);
	hf_dir_tile_path(0, bundle, width, name);
	load(l, name, &b);
	memcpy(b.data + index % 256 * 32, leaf.b, refit ? 32 : 0);
	save(l, name, b.data, b.len);
	hf_buf_done(&b);
}

/* Bundles are checked by several threads; the one that is named is the first in the ledger, not in time. */
static void test_the_first_bad_entry_is_named(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 12; round++) {
		struct log *l = log_new(3000);
		size_t first = 2999, bad[4];
		for (size_t i = 0; i < 4; i++) {
			bad[i] = (round * 977 + i * 613) % 3000;
			first = bad[i] < first ? bad[i] : first;
		}
		for (size_t i = 0; i < 4; i++)
			alter(l, bad[i], false);
		assert_bad(l, first, "entry ");
		log_free(l);
	}
}

/* Also when it is the first of a bundle, whose place behind the bundle before is checked when all bundles are done. */
static void test_the_first_bad_entry_begins_a_bundle(void **state)
{
	(void)state;
	struct log *l = log_new(1500);
	alter(l, 511, true);
	alter(l, 1000, false);
	assert_bad(l, 512, "entry 512 does not follow the entry before it");
	alter(l, 512, false);
	assert_bad(l, 512, "entry 512 ");
	log_free(l);
	l = log_new(1500);
	alter(l, 255, true);
	alter(l, 300, false);
	assert_bad(l, 256, "entry 256 does not follow the entry before it");
	log_free(l);
}

static void test_descriptor_stream(void **state)
{
	(void)state;
	struct log *l = log_new(0);
	struct hf_buf once = HF_BUF_INIT, twice = HF_BUF_INIT;
	struct hf_fault f;
	struct hf_space *s = hf_space_new(&l->trust.root);
	assert_int_equal(hf_space_write_stream(l->space, &once), HF_OK);
	assert_int_equal(hf_space_read_stream(s, once.data, once.len, &f), HF_OK);
	assert_int_equal(hf_space_number(s), 1);
	assert_int_equal(hf_space_read_stream(s, once.data, once.len, &f), HF_OK); /* no news */
	assert_true(hf_buf_add(&twice, once.data, once.len) && hf_buf_add(&twice, once.data, once.len));
	assert_int_equal(hf_space_read_stream(s, twice.data, twice.len, &f), HF_E_FORMAT);
	for (size_t len = 0; len < once.len; len += 13)
		assert_int_not_equal(hf_space_read_stream(s, once.data, len, &f), HF_OK);
	hf_space_free(s);
	hf_buf_done(&once);
	hf_buf_done(&twice);
	log_free(l);
}

/* The fuzz target of entry bundles begins with the true bundle of its ledger. HUFU_WRITE_SEEDS writes it. */
static void test_seed_of_bundles(void **state)
{
	struct log *l = log_new(5);
	struct hf_buf is = HF_BUF_INIT, seed = HF_BUF_INIT;
	const char *out = getenv("HUFU_WRITE_SEEDS");
	char path[1024];
	(void)state;
	load(l, "tile/entries/000.p/5", &is);
	if (out != NULL) {
		snprintf(path, sizeof(path), "%s/bundle_fuzz/true", out);
		assert_int_equal(hf_file_write(path, is.data, is.len, 0644), HF_OK);
	}
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/bundle_fuzz/true", HUFU_SOURCE_DIR);
	if (hf_file_read(path, 1 << 20, &seed) != HF_OK)
		fail_msg("%s is missing: run this test with HUFU_WRITE_SEEDS=tests/fuzz/corpus", path);
	assert_int_equal(seed.len, is.len);
	assert_memory_equal(seed.data, is.data, is.len);
	hf_buf_done(&is);
	hf_buf_done(&seed);
	log_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_tile_paths),
	        cmocka_unit_test(test_tree_root),
	        cmocka_unit_test(test_the_published_trees),
	        cmocka_unit_test(test_sizes),
	        cmocka_unit_test(test_sb58_tampering),
	        cmocka_unit_test(test_sb58_deletion),
	        cmocka_unit_test(test_sb58_reordering),
	        cmocka_unit_test(test_sb58_truncation),
	        cmocka_unit_test(test_sb58_older_checkpoint),
	        cmocka_unit_test(test_upper_tiles_and_root),
	        cmocka_unit_test(test_keys_and_chain),
	        cmocka_unit_test(test_sb58_rewritten_by_its_owner),
	        cmocka_unit_test(test_the_first_bad_entry_is_named),
	        cmocka_unit_test(test_the_first_bad_entry_begins_a_bundle),
	        cmocka_unit_test(test_descriptor_stream),
	        cmocka_unit_test(test_seed_of_bundles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
