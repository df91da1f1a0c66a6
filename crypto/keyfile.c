/*
 * keyfile.c - key files, as text so that a person sees at once what a file is.
 *
 * Plain:      first line HEAD_PLAIN, the bundle, "check HEX": SHA-256 of all before it, against accidents only.
 * Encrypted:  first line HEAD_ENCRYPTED, "argon2id OPS BYTES SALT-HEX", base64 of the sealed bundle.
 *             The two lines are bound in as additional data.
 * Bundle:     one line "NAME HEX" per secret.
 *
 * Everything read is bounded and checked before the slow key derivation, and lives in locked memory.
 */
#include "crypto/secret.h"

#include "crypto/aead.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_PLAIN "hufu key file, plain: NOT encrypted, whoever can read this file has the keys\n"
#define HEAD_ENCRYPTED "hufu key file, encrypted\n"

#define SECRET_BYTES 32
#define SALT_BYTES crypto_pwhash_SALTBYTES
#define FILE_MAX_BYTES 8192
#define BUNDLE_MAX_BYTES (HF_KEYFILE_MAX_KEYS * (HF_KEYFILE_NAME_MAX + 1 + 2 * SECRET_BYTES + 1))
#define CHECK_LINE_BYTES (sizeof("check \n") - 1 + 2 * SECRET_BYTES)
#define OPS_MAX 16
#define MEM_MAX crypto_pwhash_MEMLIMIT_SENSITIVE

_Static_assert(BUNDLE_MAX_BYTES * 2 < FILE_MAX_BYTES, "the largest bundle fits the largest file");

/* No pointers in here: leak checkers do not look into locked memory. */
struct hf_keyfile {
	size_t count;
	struct {
		char name[HF_KEYFILE_NAME_MAX + 1];
		uint8_t secret[SECRET_BYTES];
	} key[HF_KEYFILE_MAX_KEYS];
};

/* A text in locked memory. */
struct buffer {
	size_t len;
	char text[FILE_MAX_BYTES + 1];
};

struct hf_keyfile *hf_keyfile_new(void)
{
	return hf_secret_alloc(sizeof(struct hf_keyfile));
}

void hf_keyfile_free(struct hf_keyfile *f)
{
	hf_secret_free(f);
}

static bool name_good(const char *name)
{
	size_t len = strnlen(name, HF_KEYFILE_NAME_MAX + 1);

	return len > 0 && len <= HF_KEYFILE_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static size_t find(const struct hf_keyfile *f, const char *name)
{
	size_t i = 0;

	while (i < f->count && strcmp(f->key[i].name, name) != 0)
		i++;
	return i;
}

bool hf_keyfile_put(struct hf_keyfile *f, const char *name, const uint8_t secret[32])
{
	size_t i;

	if (!name_good(name))
		return false;
	i = find(f, name);
	if (i == HF_KEYFILE_MAX_KEYS)
		return false;
	if (i == f->count)
		f->count++;
	memcpy(f->key[i].name, name, strlen(name) + 1);
	memcpy(f->key[i].secret, secret, SECRET_BYTES);
	return true;
}

const uint8_t *hf_keyfile_get(const struct hf_keyfile *f, const char *name)
{
	size_t i = find(f, name);

	return i < f->count ? f->key[i].secret : NULL;
}

/* out holds BUNDLE_MAX_BYTES + 1. */
static size_t bundle_encode(const struct hf_keyfile *f, char *out)
{
	char *at = out;

	for (size_t i = 0; i < f->count; i++) {
		size_t len = strlen(f->key[i].name);

		memcpy(at, f->key[i].name, len);
		at += len;
		*at++ = ' ';
		hf_hex(f->key[i].secret, SECRET_BYTES, at);
		at += 2 * SECRET_BYTES;
		*at++ = '\n';
	}
	*at = '\0';
	return (size_t)(at - out);
}

/* One line without its LF. */
static bool bundle_line(struct hf_keyfile *f, const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	char name[HF_KEYFILE_NAME_MAX + 1] = {0};
	size_t name_len = space ? (size_t)(space - line) : 0;

	if (name_len == 0 || name_len > HF_KEYFILE_NAME_MAX || f->count == HF_KEYFILE_MAX_KEYS)
		return false;
	memcpy(name, line, name_len);
	if (!name_good(name) || find(f, name) < f->count)
		return false;
	if (!hf_hex_decode(space + 1, len - name_len - 1, f->key[f->count].secret, SECRET_BYTES))
		return false;
	memcpy(f->key[f->count++].name, name, sizeof(name));
	return true;
}

static bool bundle_decode(struct hf_keyfile *f, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));

		if (!lf || !bundle_line(f, text, (size_t)(lf - text)))
			return false;
		text = lf + 1;
	}
	return true;
}

static void encode_plain(const struct hf_keyfile *f, struct buffer *b)
{
	struct hf_hash check;
	char hex[65];

	memcpy(b->text, HEAD_PLAIN, sizeof(HEAD_PLAIN) - 1);
	b->len = sizeof(HEAD_PLAIN) - 1;
	b->len += bundle_encode(f, b->text + b->len);
	hf_sha256(b->text, b->len, &check);
	hf_hash_hex(&check, hex);
	b->len += (size_t)snprintf(b->text + b->len, CHECK_LINE_BYTES + 1, "check %s\n", hex);
}

struct cost {
	unsigned long long ops;
	size_t mem;
	uint8_t salt[SALT_BYTES];
};

static bool derive(const struct cost *c, const char *passphrase, uint8_t *ret_key)
{
	return crypto_pwhash(ret_key, SECRET_BYTES, passphrase, strlen(passphrase), c->salt, c->ops, c->mem,
	                     crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* bundle is scratch in locked memory. */
static bool encode_encrypted(const struct hf_keyfile *f, const char *passphrase, struct buffer *bundle,
                             struct buffer *b)
{
	struct cost c = {.ops = crypto_pwhash_OPSLIMIT_INTERACTIVE, .mem = crypto_pwhash_MEMLIMIT_INTERACTIVE};
	uint8_t box[BUNDLE_MAX_BYTES + HF_BOX_OVERHEAD];
	uint8_t key[SECRET_BYTES];
	char salt[2 * SALT_BYTES + 1];
	bool ok;

	hf_random(c.salt, sizeof(c.salt));
	hf_hex(c.salt, sizeof(c.salt), salt);
	b->len =
	        (size_t)snprintf(b->text, sizeof(b->text), HEAD_ENCRYPTED "argon2id %llu %zu %s\n", c.ops, c.mem, salt);
	bundle->len = bundle_encode(f, bundle->text);
	ok = derive(&c, passphrase, key) && hf_box_seal(key, b->text, b->len, bundle->text, bundle->len, box);
	hf_wipe(key, sizeof(key));
	if (!ok)
		return false;
	b->len += hf_base64(box, bundle->len + HF_BOX_OVERHEAD, b->text + b->len);
	b->text[b->len++] = '\n';
	return true;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* Makes a rename in the folder of path survive a crash. */
static bool sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd;
	bool ok;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return false;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

static bool replace_file(const char *path, const struct buffer *b)
{
	char temp[PATH_MAX];
	int fd;
	bool ok;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp))
		return false;
	fd = mkostemp(temp, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return false;
	ok = write_all(fd, b->text, b->len);
	ok = close(fd) == 0 && ok && rename(temp, path) == 0;
	if (!ok) {
		unlink(temp);
		return false;
	}
	return sync_folder(path);
}

enum hf_keyfile_result hf_keyfile_save(const struct hf_keyfile *f, const char *path, const char *passphrase)
{
	enum hf_keyfile_result r = HF_KEYFILE_IO;
	struct buffer *bundle, *b;

	if (passphrase && *passphrase == '\0')
		return HF_KEYFILE_PASSPHRASE_NEEDED;
	bundle = hf_secret_alloc(sizeof(*bundle));
	b = hf_secret_alloc(sizeof(*b));
	if (!bundle || !b)
		goto out;
	if (!passphrase)
		encode_plain(f, b);
	else if (!encode_encrypted(f, passphrase, bundle, b))
		goto out;
	if (replace_file(path, b))
		r = HF_KEYFILE_OK;
out:
	hf_secret_free(bundle);
	hf_secret_free(b);
	return r;
}

static bool starts_with(const struct buffer *b, const char *head)
{
	return b->len >= strlen(head) && memcmp(b->text, head, strlen(head)) == 0;
}

static enum hf_keyfile_result read_open_file(int fd, struct buffer *ret_b)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return HF_KEYFILE_IO;
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return HF_KEYFILE_PERMISSIONS;
	if (st.st_size > FILE_MAX_BYTES)
		return HF_KEYFILE_DAMAGED;
	while (ret_b->len < FILE_MAX_BYTES) {
		ssize_t n = read(fd, ret_b->text + ret_b->len, FILE_MAX_BYTES - ret_b->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return HF_KEYFILE_IO;
		if (n == 0)
			break;
		ret_b->len += (size_t)n;
	}
	return HF_KEYFILE_OK;
}

static enum hf_keyfile_result read_file(const char *path, struct buffer *ret_b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum hf_keyfile_result r;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? HF_KEYFILE_MISSING : HF_KEYFILE_IO;
	r = read_open_file(fd, ret_b);
	close(fd);
	return r;
}

static enum hf_keyfile_result decode_plain(const struct buffer *b, struct hf_keyfile *f)
{
	const size_t head_len = sizeof(HEAD_PLAIN) - 1;
	struct hf_hash check;
	char line[CHECK_LINE_BYTES + 1], hex[65];
	size_t len;

	if (b->len < head_len + CHECK_LINE_BYTES)
		return HF_KEYFILE_DAMAGED;
	len = b->len - CHECK_LINE_BYTES;
	hf_sha256(b->text, len, &check);
	hf_hash_hex(&check, hex);
	snprintf(line, sizeof(line), "check %s\n", hex);
	if (memcmp(b->text + len, line, CHECK_LINE_BYTES) != 0)
		return HF_KEYFILE_DAMAGED;
	return bundle_decode(f, b->text + head_len, len - head_len) ? HF_KEYFILE_OK : HF_KEYFILE_DAMAGED;
}

/* "argon2id OPS BYTES SALT-HEX LF" at text; weaker than INTERACTIVE or beyond the machine's reach is refused. */
static bool cost_decode(const char *text, size_t len, struct cost *ret_c)
{
	char line[128], salt[2 * SALT_BYTES + 1], again[128];
	unsigned long long mem;

	if (len == 0 || len >= sizeof(line))
		return false;
	memcpy(line, text, len);
	line[len] = '\0';
	if (sscanf(line, "argon2id %3llu %11llu %32[0-9a-f]", &ret_c->ops, &mem, salt) != 3)
		return false;
	ret_c->mem = (size_t)mem;
	/* Writing it again finds every deviation that scanning lets pass: signs, spaces, leading zeros, more text. */
	snprintf(again, sizeof(again), "argon2id %llu %zu %s\n", ret_c->ops, ret_c->mem, salt);
	return strcmp(line, again) == 0 && hf_hex_decode(salt, strlen(salt), ret_c->salt, SALT_BYTES) &&
	       ret_c->ops >= crypto_pwhash_OPSLIMIT_INTERACTIVE && ret_c->ops <= OPS_MAX &&
	       ret_c->mem >= crypto_pwhash_MEMLIMIT_INTERACTIVE && ret_c->mem <= MEM_MAX;
}

static size_t line_length(const struct buffer *b, size_t at)
{
	const char *lf = memchr(b->text + at, '\n', b->len - at);

	return lf ? (size_t)(lf - (b->text + at)) + 1 : 0;
}

/* bundle is scratch in locked memory. */
static enum hf_keyfile_result decode_encrypted(const struct buffer *b, const char *passphrase, struct buffer *bundle,
                                               struct hf_keyfile *f)
{
	const size_t cost_at = sizeof(HEAD_ENCRYPTED) - 1;
	size_t box_at = cost_at + line_length(b, cost_at), box_len;
	uint8_t box[FILE_MAX_BYTES], key[SECRET_BYTES];
	struct cost c;
	bool ok;

	if (!cost_decode(b->text + cost_at, box_at - cost_at, &c) || box_at + line_length(b, box_at) != b->len ||
	    b->len == box_at || !hf_base64_decode(b->text + box_at, b->len - box_at - 1, box, &box_len) ||
	    box_len < HF_BOX_OVERHEAD || box_len > BUNDLE_MAX_BYTES + HF_BOX_OVERHEAD)
		return HF_KEYFILE_DAMAGED;
	if (!passphrase || *passphrase == '\0')
		return HF_KEYFILE_PASSPHRASE_NEEDED;
	if (!derive(&c, passphrase, key))
		return HF_KEYFILE_IO;
	bundle->len = box_len - HF_BOX_OVERHEAD;
	ok = hf_box_open(key, b->text, box_at, box, box_len, bundle->text);
	hf_wipe(key, sizeof(key));
	if (!ok)
		return HF_KEYFILE_WRONG_PASSPHRASE;
	return bundle_decode(f, bundle->text, bundle->len) ? HF_KEYFILE_OK : HF_KEYFILE_DAMAGED;
}

static enum hf_keyfile_result decode(const struct buffer *b, const char *passphrase, struct buffer *bundle,
                                     struct hf_keyfile *f)
{
	if (starts_with(b, HEAD_PLAIN))
		return decode_plain(b, f);
	if (starts_with(b, HEAD_ENCRYPTED))
		return decode_encrypted(b, passphrase, bundle, f);
	return HF_KEYFILE_DAMAGED;
}

enum hf_keyfile_result hf_keyfile_load(const char *path, const char *passphrase, struct hf_keyfile **ret_file)
{
	enum hf_keyfile_result r = HF_KEYFILE_IO;
	struct buffer *b = hf_secret_alloc(sizeof(*b)), *bundle = hf_secret_alloc(sizeof(*bundle));
	struct hf_keyfile *f = hf_keyfile_new();

	if (!b || !bundle || !f)
		goto out;
	r = read_file(path, b);
	if (r == HF_KEYFILE_OK)
		r = decode(b, passphrase, bundle, f);
	if (r == HF_KEYFILE_OK) {
		*ret_file = f;
		f = NULL;
	}
out:
	hf_keyfile_free(f);
	hf_secret_free(bundle);
	hf_secret_free(b);
	return r;
}

bool hf_keyfile_is_plain(const char *path)
{
	struct buffer *b = hf_secret_alloc(sizeof(*b));
	enum hf_keyfile_result r = b ? read_file(path, b) : HF_KEYFILE_IO;
	bool plain = r == HF_KEYFILE_OK && starts_with(b, HEAD_PLAIN);

	hf_secret_free(b);
	return plain;
}

const char *hf_keyfile_result_text(enum hf_keyfile_result r)
{
	switch (r) {
	case HF_KEYFILE_OK:
		return "the key file is good";
	case HF_KEYFILE_MISSING:
		return "the key file does not exist: give its right path, restore it from its backup, or create new "
		       "keys";
	case HF_KEYFILE_PASSPHRASE_NEEDED:
		return "the key file is encrypted and no passphrase was given: give the passphrase it was made with";
	case HF_KEYFILE_WRONG_PASSPHRASE:
		return "the key file does not open: the passphrase is wrong, or the file was altered; try again or "
		       "restore it";
	case HF_KEYFILE_DAMAGED:
		return "the key file is damaged or is not a hufu key file: restore it from its backup";
	case HF_KEYFILE_PERMISSIONS:
		return "the key file can be reached by other users of this machine: change its mode to 0600";
	case HF_KEYFILE_IO:
		return "the key file cannot be read or written: check the disk, the permissions of its folder and the "
		       "limit of "
		       "locked memory";
	case HF_KEYFILE_INVALID:
		break;
	}
	return "the state of the key file is unknown";
}
