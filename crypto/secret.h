/*
 * secret.h - locked memory and key files.
 *
 * A key file holds one bundle of named 32-byte secrets, encrypted under a passphrase (Argon2id, INTERACTIVE limits or
 * stronger, XChaCha20-Poly1305) or, in the plain mode, not encrypted, which its first line says in words.
 */
#ifndef HUFU_CRYPTO_SECRET_H
#define HUFU_CRYPTO_SECRET_H

#include "crypto/crypto.h"

/* Locked, guarded, zeroed memory; NULL when the limit of locked memory is reached. */
void *hf_secret_alloc(size_t len);
void hf_secret_free(void *p); /* wipes; NULL is fine */

#define HF_KEYFILE_MAX_KEYS 16
#define HF_KEYFILE_NAME_MAX 32

struct hf_keyfile; /* a loaded bundle; locked memory */

struct hf_keyfile *hf_keyfile_new(void);
void hf_keyfile_free(struct hf_keyfile *f);
/* Adds or replaces; the name is [a-z0-9-]{1,32}. False when full or the name is bad. */
bool hf_keyfile_put(struct hf_keyfile *f, const char *name, const uint8_t secret[32]);
/* The secret, owned by f, or NULL. */
const uint8_t *hf_keyfile_get(const struct hf_keyfile *f, const char *name);

enum hf_keyfile_result {
	HF_KEYFILE_INVALID = 0,
	HF_KEYFILE_OK,
	HF_KEYFILE_MISSING,
	HF_KEYFILE_PASSPHRASE_NEEDED,
	HF_KEYFILE_WRONG_PASSPHRASE, /* or altered: the two cannot be told apart */
	HF_KEYFILE_DAMAGED,
	HF_KEYFILE_PERMISSIONS, /* readable by others; refused */
	HF_KEYFILE_IO,
};
/* Writes atomically (temporary file, fsync, rename), mode 0600. passphrase NULL selects the plain mode. */
enum hf_keyfile_result hf_keyfile_save(const struct hf_keyfile *f, const char *path, const char *passphrase);
/* passphrase may be NULL for a plain file. */
enum hf_keyfile_result hf_keyfile_load(const char *path, const char *passphrase, struct hf_keyfile **ret_file);
/* True when the file at path is in the plain mode. */
bool hf_keyfile_is_plain(const char *path);
const char *hf_keyfile_result_text(enum hf_keyfile_result r);

#endif
