/*
 * keyfile_fuzz.c - key files from anywhere, without a passphrase (the key derivation is slow on purpose). Each input is
 * read as a file, then as the bundle of a plain file whose check line fits.
 */
#include "crypto/hash.h"
#include "crypto/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "hufu key file, plain: NOT encrypted, whoever can read this file has the keys\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int open_bytes(const void *data, size_t size)
{
	int fd = memfd_create("keyfile", MFD_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) != 0 || (size > 0 && write(fd, data, size) != (ssize_t)size))
		abort();
	return fd;
}

static void load_bytes(const void *data, size_t size)
{
	int fd = open_bytes(data, size);
	struct hf_keyfile *f = NULL;
	enum hf_keyfile_result r;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = hf_keyfile_load(path, NULL, &f);
	if ((r == HF_KEYFILE_OK) != (f != NULL))
		abort();
	if (r != HF_KEYFILE_OK && r != HF_KEYFILE_DAMAGED && r != HF_KEYFILE_PASSPHRASE_NEEDED)
		abort();
	if (r == HF_KEYFILE_OK && !hf_keyfile_is_plain(path))
		abort();
	hf_keyfile_free(f);
	close(fd);
}

static void load_as_bundle(const uint8_t *data, size_t size)
{
	size_t head_len = sizeof(HEAD) - 1, len = head_len + size;
	char *text = malloc(len + 80), hex[65];
	struct hf_hash h;

	memcpy(text, HEAD, head_len);
	if (size > 0)
		memcpy(text + head_len, data, size);
	hf_sha256(text, len, &h);
	hf_hash_hex(&h, hex);
	len += (size_t)snprintf(text + len, 80, "check %s\n", hex);
	load_bytes(text, len);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!hf_crypto_init() || size > 16384)
		return 0;
	load_bytes(data, size);
	load_as_bundle(data, size);
	return 0;
}
