/* node_keys_test.c - a node's key file: made once, loaded again, never overwritten; derived keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "evidence/node_keys.h"

static void make_dir(char dir[32])
{
	char path[64];
	assert_true(hf_crypto_init());
	snprintf(dir, 32, "/tmp/hufu-keys-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void remove_dir(const char *dir)
{
	char path[64];
	snprintf(path, sizeof(path), "%s/keys/node.key", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/keys", dir);
	rmdir(path);
	rmdir(dir);
}

static void the_same_keys_come_back_under_the_passphrase(void **state)
{
	char dir[32];
	struct hf_node_keys a, b;
	struct hf_fault f = {HF_OK, ""};
	struct hf_sign_pub pa, pb, log;
	(void)state;
	make_dir(dir);
	assert_int_equal(hf_node_keys_load(dir, NULL, &a, &f), HF_E_UNKNOWN);
	assert_non_null(strstr(f.text, "hufu init"));
	assert_int_equal(hf_node_keys_create(dir, "open sesame", &a, &f), HF_OK);
	assert_int_equal(hf_node_keys_create(dir, "open sesame", &b, &f), HF_E_EXISTS);
	assert_int_equal(hf_node_keys_load(dir, NULL, &b, &f), HF_E_CREDENTIAL);
	assert_int_equal(hf_node_keys_load(dir, "open says me", &b, &f), HF_E_CREDENTIAL);
	assert_int_equal(hf_node_keys_load(dir, "open sesame", &b, &f), HF_OK);
	hf_sign_key_pub(a.envelope, &pa);
	hf_sign_key_pub(b.envelope, &pb);
	hf_sign_key_pub(b.log, &log);
	assert_memory_equal(pa.b, pb.b, 32);
	assert_memory_not_equal(pb.b, log.b, 32); /* every use has its own key */
	assert_memory_equal(a.store_key, b.store_key, 32);
	hf_node_keys_done(&a);
	hf_node_keys_done(&b);
	remove_dir(dir);
}

static void a_key_file_that_others_can_read_is_refused(void **state)
{
	char dir[32], path[64];
	struct hf_node_keys k;
	struct hf_fault f = {HF_OK, ""};
	(void)state;
	make_dir(dir);
	assert_int_equal(hf_node_keys_create(dir, NULL, &k, &f), HF_OK);
	hf_node_keys_done(&k);
	snprintf(path, sizeof(path), "%s/keys/node.key", dir);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_not_equal(hf_node_keys_load(dir, NULL, &k, &f), HF_OK);
	assert_non_null(strstr(f.text, "chmod 600"));
	remove_dir(dir);
}

static void pub_of(const struct hf_sign_key *k, uint8_t out[32])
{
	struct hf_sign_pub pub;
	assert_non_null(k);
	hf_sign_key_pub(k, &pub);
	memcpy(out, pub.b, 32);
}

/* A next key waits beside the present one, takes its place once, and then another one can follow. */
static void keys_follow_each_other(void **state)
{
	static const enum hf_key_use uses[] = {HF_KEY_LOG, HF_KEY_WITNESS, HF_KEY_MIRROR};
	char dir[32];
	struct hf_node_keys k;
	struct hf_fault f = {HF_OK, ""};
	uint8_t first[32], second[32], third[32], now[32];
	(void)state;
	make_dir(dir);
	assert_int_equal(hf_node_keys_create(dir, "sesame", &k, &f), HF_OK);
	hf_node_keys_done(&k);
	assert_int_equal(hf_node_keys_rotate(dir, "sesame", HF_KEY_NOISE, &k, &f), HF_E_ARGUMENT);
	assert_int_equal(hf_node_keys_rotate(dir, "wrong", HF_KEY_LOG, &k, &f), HF_E_CREDENTIAL);
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if (hf_node_keys_rotate(dir, "sesame", uses[i], &k, &f) != HF_OK)
			fail_msg("%s", f.text);
		pub_of(hf_node_keys_present(&k, uses[i]), first);
		pub_of(hf_node_keys_next(&k, uses[i]), second);
		assert_memory_not_equal(first, second, 32);
		assert_ptr_equal(hf_node_keys_find(&k, uses[i], second), hf_node_keys_next(&k, uses[i]));
		assert_ptr_equal(hf_node_keys_find(&k, uses[i], first), hf_node_keys_present(&k, uses[i]));
		hf_node_keys_done(&k);
		assert_int_equal(hf_node_keys_rotate(dir, "sesame", uses[i], &k, &f), HF_E_EXISTS);
		assert_int_equal(hf_node_keys_load(dir, "sesame", &k, &f), HF_OK);
		assert_int_equal(hf_node_keys_adopt(&k, dir, "sesame", uses[i], &f), HF_OK);
		pub_of(hf_node_keys_present(&k, uses[i]), now);
		assert_memory_equal(now, second, 32);
		assert_null(hf_node_keys_next(&k, uses[i]));
		assert_null(hf_node_keys_find(&k, uses[i], first));
		assert_int_equal(hf_node_keys_adopt(&k, dir, "sesame", uses[i], &f), HF_OK); /* nothing to do */
		hf_node_keys_done(&k);
		assert_int_equal(hf_node_keys_rotate(dir, "sesame", uses[i], &k, &f), HF_OK);
		pub_of(hf_node_keys_present(&k, uses[i]), now);
		pub_of(hf_node_keys_next(&k, uses[i]), third);
		assert_memory_equal(now, second, 32);
		assert_memory_not_equal(third, second, 32);
		hf_node_keys_done(&k);
	}
	remove_dir(dir);
}

static void derived_keys_differ_by_use_and_by_context(void **state)
{
	char dir[32];
	struct hf_node_keys k;
	struct hf_fault f = {HF_OK, ""};
	uint8_t a[32], b[32], c[32], again[32];
	(void)state;
	make_dir(dir);
	assert_int_equal(hf_node_keys_create(dir, NULL, &k, &f), HF_OK);
	hf_node_keys_derive(&k, "accounts", NULL, 0, a);
	hf_node_keys_derive(&k, "openings", NULL, 0, b);
	hf_node_keys_derive(&k, "accounts", "x", 1, c);
	hf_node_keys_derive(&k, "accounts", NULL, 0, again);
	assert_memory_equal(a, again, 32);
	assert_memory_not_equal(a, b, 32);
	assert_memory_not_equal(a, c, 32);
	hf_node_keys_done(&k);
	remove_dir(dir);
}

static void a_challenge_message_keeps_its_parts_apart(void **state)
{
	char a[300], b[300];
	size_t an = 0, bn = 0;
	(void)state;
	assert_true(hf_challenge_message("roads", "wang", "00", a, sizeof(a), &an));
	assert_true(hf_challenge_message("road", "swang", "00", b, sizeof(b), &bn));
	assert_int_equal(an, bn);
	assert_memory_not_equal(a, b, an);
	assert_false(hf_challenge_message("roads", "wang", "00", a, 10, &an));
}

/* A file of an earlier version gets its masking root once, under the same passphrase; all else stays as it was. */
static void a_file_without_a_masking_root_gets_one(void **state)
{
	char dir[32], path[64];
	struct hf_node_keys made, old, again;
	struct hf_fault f = {HF_OK, ""};
	uint8_t root[32];
	struct stat st;
	(void)state;
	make_dir(dir);
	assert_int_equal(hf_node_keys_create(dir, "open sesame", &made, &f), HF_OK);
	assert_non_null(made.mask_root);
	assert_memory_not_equal(made.mask_root, made.store_key, 32);
	snprintf(path, sizeof(path), "%s/keys/node.key", dir);
	struct hf_keyfile *without = hf_keyfile_new();
	static const char *const names[] = {"store",   "envelope", "noise", "log",
	                                    "witness", "mirror",   "box",   "recovery"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(hf_keyfile_put(without, names[i], hf_keyfile_get(made.file, names[i])));
	assert_int_equal(hf_keyfile_save(without, path, "open sesame"), HF_KEYFILE_OK);
	hf_keyfile_free(without);

	assert_int_equal(hf_node_keys_load(dir, "open sesame", &old, &f), HF_OK);
	assert_null(old.mask_root);
	assert_int_equal(hf_node_keys_complete(&old, dir, "open sesame", &f), HF_OK);
	memcpy(root, old.mask_root, sizeof(root));
	assert_int_equal(hf_node_keys_complete(&old, dir, "open sesame", &f), HF_OK);
	assert_memory_equal(old.mask_root, root, sizeof(root));
	assert_int_equal(hf_node_keys_load(dir, NULL, &again, &f), HF_E_CREDENTIAL);
	assert_int_equal(hf_node_keys_load(dir, "open sesame", &again, &f), HF_OK);
	assert_memory_equal(again.mask_root, root, sizeof(root));
	assert_memory_equal(again.store_key, made.store_key, 32);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	hf_node_keys_done(&made);
	hf_node_keys_done(&old);
	hf_node_keys_done(&again);
	remove_dir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_same_keys_come_back_under_the_passphrase),
	        cmocka_unit_test(a_key_file_that_others_can_read_is_refused),
	        cmocka_unit_test(keys_follow_each_other),
	        cmocka_unit_test(derived_keys_differ_by_use_and_by_context),
	        cmocka_unit_test(a_challenge_message_keeps_its_parts_apart),
	        cmocka_unit_test(a_file_without_a_masking_root_gets_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
