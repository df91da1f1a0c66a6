/* keyfile_test.c - locked memory and key files. */
#include "unit/crypto/hex.h"

#include "crypto/hash.h"
#include "crypto/secret.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
	char dir[64], path[96];
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	snprintf(p->dir, sizeof(p->dir), "/tmp/hufu-keyfile-XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/node.key", p->dir);
	*state = p;
	return 0;
}

static int drop_place(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	rmdir(p->dir);
	free(p);
	return 0;
}

static struct hf_keyfile *two_keys(void)
{
	struct hf_keyfile *f = hf_keyfile_new();
	uint8_t a[32] = {0xaa, 1}, b[32] = {0xbb, 2};

	assert_true(hf_keyfile_put(f, "sign", a));
	assert_true(hf_keyfile_put(f, "agree-2", b));
	return f;
}

static void save(const struct place *p, const char *passphrase)
{
	struct hf_keyfile *f = two_keys();

	assert_int_equal(hf_keyfile_save(f, p->path, passphrase), HF_KEYFILE_OK);
	hf_keyfile_free(f);
}

static enum hf_keyfile_result load(const struct place *p, const char *passphrase)
{
	struct hf_keyfile *f = NULL;
	enum hf_keyfile_result r = hf_keyfile_load(p->path, passphrase, &f);

	if (r == HF_KEYFILE_OK) {
		assert_int_equal(hf_keyfile_get(f, "sign")[0], 0xaa);
		assert_int_equal(hf_keyfile_get(f, "agree-2")[1], 2);
		assert_null(hf_keyfile_get(f, "other"));
	} else {
		assert_null(f);
	}
	hf_keyfile_free(f);
	return r;
}

static size_t slurp(const struct place *p, char *text, size_t cap)
{
	FILE *f = fopen(p->path, "r");
	size_t len = fread(text, 1, cap - 1, f);

	fclose(f);
	text[len] = '\0';
	return len;
}

static void put(const struct place *p, const char *text, size_t len)
{
	int fd = open(p->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, 0600), 0);
	close(fd);
}

static void a_plain_file_says_so_and_loads(void **state)
{
	const struct place *p = *state;
	char text[4096];
	struct stat st;

	save(p, NULL);
	slurp(p, text, sizeof(text));
	assert_memory_equal(text, "hufu key file, plain: NOT encrypted", 35);
	assert_non_null(strstr(text, "sign aa01"));
	assert_int_equal(load(p, NULL), HF_KEYFILE_OK);
	assert_int_equal(load(p, "ignored"), HF_KEYFILE_OK);
	assert_true(hf_keyfile_is_plain(p->path));
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void an_encrypted_file_hides_the_keys(void **state)
{
	const struct place *p = *state;
	char text[4096];

	save(p, "open sesame");
	slurp(p, text, sizeof(text));
	assert_memory_equal(text, "hufu key file, encrypted\nargon2id 2 67108864 ", 45);
	assert_null(strstr(text, "aa01"));
	assert_null(strstr(text, "agree"));
	assert_false(hf_keyfile_is_plain(p->path));
	assert_int_equal(load(p, "open sesame"), HF_KEYFILE_OK);
	assert_int_equal(load(p, "open sesamf"), HF_KEYFILE_WRONG_PASSPHRASE);
	assert_int_equal(load(p, NULL), HF_KEYFILE_PASSPHRASE_NEEDED);
	assert_int_equal(load(p, ""), HF_KEYFILE_PASSPHRASE_NEEDED);
}

static void an_empty_passphrase_is_not_a_passphrase(void **state)
{
	const struct place *p = *state;
	struct hf_keyfile *f = two_keys();

	assert_int_equal(hf_keyfile_save(f, p->path, ""), HF_KEYFILE_PASSPHRASE_NEEDED);
	assert_int_equal(load(p, NULL), HF_KEYFILE_MISSING);
	hf_keyfile_free(f);
}

static void saving_replaces_and_leaves_nothing_behind(void **state)
{
	const struct place *p = *state;
	int files = 0;
	DIR *d;

	save(p, NULL);
	save(p, "pass");
	assert_false(hf_keyfile_is_plain(p->path));
	d = opendir(p->dir);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		files += e->d_name[0] != '.';
	closedir(d);
	assert_int_equal(files, 1);
}

static void a_file_others_can_reach_is_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0660, 0777};
	const struct place *p = *state;

	save(p, NULL);
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(chmod(p->path, modes[i]), 0);
		assert_int_equal(load(p, NULL), HF_KEYFILE_PERMISSIONS);
	}
	assert_int_equal(chmod(p->path, 0400), 0);
	assert_int_equal(load(p, NULL), HF_KEYFILE_OK);
}

static void missing_and_unreadable_are_told_apart(void **state)
{
	const struct place *p = *state;
	struct place folder = *p;
	struct hf_keyfile *f = two_keys();

	assert_int_equal(load(p, NULL), HF_KEYFILE_MISSING);
	snprintf(folder.path, sizeof(folder.path), "%s", p->dir);
	assert_int_equal(load(&folder, NULL), HF_KEYFILE_IO);
	assert_int_equal(hf_keyfile_save(f, "/nowhere/at/all", NULL), HF_KEYFILE_IO);
	assert_false(hf_keyfile_is_plain(p->path));
	hf_keyfile_free(f);
}

static void every_flipped_bit_of_a_plain_file_is_damage(void **state)
{
	const struct place *p = *state;
	char text[4096];
	size_t len;

	save(p, NULL);
	len = slurp(p, text, sizeof(text));
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		put(p, text, len);
		assert_int_equal(load(p, NULL), HF_KEYFILE_DAMAGED);
		text[i] ^= 1;
	}
	for (size_t cut = 0; cut < len; cut++) {
		put(p, text, cut);
		assert_int_equal(load(p, NULL), HF_KEYFILE_DAMAGED);
	}
	put(p, text, len);
	assert_int_equal(load(p, NULL), HF_KEYFILE_OK);
}

static void an_altered_encrypted_file_never_opens(void **state)
{
	const struct place *p = *state;
	char text[4096];
	size_t len, box_at;

	save(p, "pass");
	len = slurp(p, text, sizeof(text));
	for (size_t cut = 0; cut < len; cut++) {
		put(p, text, cut);
		assert_int_equal(load(p, NULL), HF_KEYFILE_DAMAGED);
	}
	box_at = (size_t)(strrchr(text, ' ') - text) + 34;
	/* Salt, nonce, ciphertext and tag: one character each, as the key derivation is slow. */
	for (size_t i = 0; i < 4; i++) {
		const size_t at[] = {box_at - 3, box_at + 2, box_at + 60, len - 8};
		char was = text[at[i]];

		text[at[i]] = was == '1' ? '2' : '1';
		put(p, text, len);
		assert_int_equal(load(p, "pass"), HF_KEYFILE_WRONG_PASSPHRASE);
		text[at[i]] = was;
	}
	put(p, text, len);
	assert_int_equal(load(p, "pass"), HF_KEYFILE_OK);
}

#define BOX "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
#define SALT "000102030405060708090a0b0c0d0e0f"

static void hostile_headers_are_refused_before_the_slow_part(void **state)
{
	static const char *const bad[] = {
	        "hufu key file, encrypted\nargon2id 1 67108864 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 2 67108863 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 17 67108864 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 2 1073741825 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 2 99999999999999 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 02 67108864 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id +2 67108864 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id  2 67108864 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2i 2 67108864 " SALT "\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 2 67108864 " SALT "00\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 2 67108864 00\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 2 67108864 " SALT " x\n" BOX "\n",
	        "hufu key file, encrypted\nargon2id 2 67108864 " SALT "\n" BOX "\n\n",
	        "hufu key file, encrypted\nargon2id 2 67108864 " SALT "\n" BOX,
	        "hufu key file, encrypted\nargon2id 2 67108864 " SALT "\nQUFB\n",
	        "hufu key file, encrypted\nargon2id 2 67108864 " SALT "\n\n",
	        "hufu key file, encrypted\n",
	        "hufu key file\n",
	        "",
	};
	const struct place *p = *state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		put(p, bad[i], strlen(bad[i]));
		assert_int_equal(load(p, NULL), HF_KEYFILE_DAMAGED);
	}
	put(p, "hufu key file, encrypted\nargon2id 2 67108864 " SALT "\n" BOX "\n", strlen(bad[0]));
	assert_int_equal(load(p, NULL), HF_KEYFILE_PASSPHRASE_NEEDED);
}

/* A plain file of the bundle text with a check line that fits. */
static void put_bundle(const struct place *p, const char *bundle)
{
	char text[4096], hex[65];
	struct hf_hash h;
	int len = snprintf(text, sizeof(text),
	                   "hufu key file, plain: NOT encrypted, whoever can read this file has the keys\n%s", bundle);

	hf_sha256(text, (size_t)len, &h);
	hf_hash_hex(&h, hex);
	len += snprintf(text + len, sizeof(text) - (size_t)len, "check %s\n", hex);
	put(p, text, (size_t)len);
}

#define HEX32 "aa01000000000000000000000000000000000000000000000000000000000000"

static void hostile_bundles_are_damage(void **state)
{
	static const char *const bad[] = {
	        "sign " HEX32 "\nsign " HEX32 "\n",
	        "Sign " HEX32 "\n",
	        " " HEX32 "\n",
	        HEX32 "\n",
	        "sign  " HEX32 "\n",
	        "sign " HEX32 "00\n",
	        "sign " HEX32 " \n",
	        "sign zz\n",
	        "\n",
	        "a-name-that-is-longer-than-the-32-x " HEX32 "\n",
	};
	const struct place *p = *state;
	char many[2048] = "";

	for (size_t i = 0; i < COUNT(bad); i++) {
		put_bundle(p, bad[i]);
		assert_int_equal(load(p, NULL), HF_KEYFILE_DAMAGED);
	}
	for (int i = 0; i < HF_KEYFILE_MAX_KEYS + 1; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "k%d " HEX32 "\n", i);
	put_bundle(p, many);
	assert_int_equal(load(p, NULL), HF_KEYFILE_DAMAGED);
	put_bundle(p, "sign " HEX32 "\nagree-2 bb02000000000000000000000000000000000000000000000000000000000000\n");
	assert_int_equal(load(p, NULL), HF_KEYFILE_OK);
}

static void too_large_a_file_is_damage(void **state)
{
	const struct place *p = *state;
	char *big = calloc(1, 100000);

	put(p, big, 100000);
	assert_int_equal(load(p, NULL), HF_KEYFILE_DAMAGED);
	free(big);
}

static void names_and_count_are_bounded(void **state)
{
	struct hf_keyfile *f = hf_keyfile_new();
	uint8_t secret[32] = {1};
	char name[40];

	(void)state;
	assert_false(hf_keyfile_put(f, "", secret));
	assert_false(hf_keyfile_put(f, "Upper", secret));
	assert_false(hf_keyfile_put(f, "a b", secret));
	assert_false(hf_keyfile_put(f, "a\n", secret));
	assert_false(hf_keyfile_put(f, "123456789012345678901234567890123", secret));
	assert_true(hf_keyfile_put(f, "12345678901234567890123456789012", secret));
	for (int i = 1; i < HF_KEYFILE_MAX_KEYS; i++) {
		snprintf(name, sizeof(name), "key-%d", i);
		assert_true(hf_keyfile_put(f, name, secret));
	}
	assert_false(hf_keyfile_put(f, "one-more", secret));
	secret[0] = 9;
	assert_true(hf_keyfile_put(f, "key-3", secret));
	assert_int_equal(hf_keyfile_get(f, "key-3")[0], 9);
	hf_keyfile_free(f);
	hf_keyfile_free(NULL);
}

static void a_full_file_comes_back(void **state)
{
	const struct place *p = *state;
	struct hf_keyfile *f = hf_keyfile_new(), *back;
	uint8_t secret[32] = {0};
	char name[40];

	for (int i = 0; i < HF_KEYFILE_MAX_KEYS; i++) {
		secret[31] = (uint8_t)i;
		snprintf(name, sizeof(name), "a-name-of-thirty-two-letters--%02d", i);
		assert_true(hf_keyfile_put(f, name, secret));
	}
	assert_int_equal(hf_keyfile_save(f, p->path, "pass"), HF_KEYFILE_OK);
	assert_int_equal(hf_keyfile_load(p->path, "pass", &back), HF_KEYFILE_OK);
	assert_int_equal(hf_keyfile_get(back, name)[31], HF_KEYFILE_MAX_KEYS - 1);
	hf_keyfile_free(back);
	hf_keyfile_free(f);
}

static void every_result_has_a_text(void **state)
{
	(void)state;
	for (int r = HF_KEYFILE_INVALID; r <= HF_KEYFILE_IO; r++)
		assert_true(strlen(hf_keyfile_result_text((enum hf_keyfile_result)r)) > 10);
}

static void secret_memory_is_zeroed(void **state)
{
	uint8_t *p = hf_secret_alloc(100);
	static const uint8_t zero[100];

	(void)state;
	assert_non_null(p);
	assert_memory_equal(p, zero, 100);
	hf_secret_free(p);
	hf_secret_free(NULL);
}

/* In a child, as an ordinary user: root is above the limit. */
static int try_without_lock(void)
{
	struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
		return 2;
	return hf_secret_alloc(32) ? 1 : 0;
}

static void memory_that_cannot_be_locked_is_refused(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(try_without_lock());
	assert_int_equal(waitpid(pid, &status, 0), pid);
#ifdef HUFU_SANITIZED
	/* Sanitizers make mlock a no-op. */
	assert_true(WIFEXITED(status));
#else
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
#endif
}

#define at_place(f) cmocka_unit_test_setup_teardown(f, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_place(a_plain_file_says_so_and_loads),
	        at_place(an_encrypted_file_hides_the_keys),
	        at_place(an_empty_passphrase_is_not_a_passphrase),
	        at_place(saving_replaces_and_leaves_nothing_behind),
	        at_place(a_file_others_can_reach_is_refused),
	        at_place(missing_and_unreadable_are_told_apart),
	        at_place(every_flipped_bit_of_a_plain_file_is_damage),
	        at_place(an_altered_encrypted_file_never_opens),
	        at_place(hostile_headers_are_refused_before_the_slow_part),
	        at_place(hostile_bundles_are_damage),
	        at_place(too_large_a_file_is_damage),
	        cmocka_unit_test(names_and_count_are_bounded),
	        at_place(a_full_file_comes_back),
	        cmocka_unit_test(every_result_has_a_text),
	        cmocka_unit_test(secret_memory_is_zeroed),
	        cmocka_unit_test(memory_that_cannot_be_locked_is_refused),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
