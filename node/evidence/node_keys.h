/*
 * node_keys.h - the separately certified keys of one node, in DIR/keys/node.key (crypto/secret.h). Made by `hufu init`,
 * loaded by hufud.
 */
#ifndef HUFU_EVIDENCE_NODE_KEYS_H
#define HUFU_EVIDENCE_NODE_KEYS_H

#include "base/err.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "evidence/space.h"

/* The node's keys, loaded from DIR/keys/node.key. */
struct hf_node_keys {
	struct hf_sign_key *envelope, *log, *witness, *mirror, *recovery;
	struct hf_agree_key *noise, *box;
	struct hf_sign_key *next_log, *next_witness, *next_mirror; /* made, not yet in use; NULL: none */
	uint8_t *store_key; /* 32 bytes, locked: root of everything encrypted at rest */
	uint8_t *
	        mask_root; /* 32 bytes, locked: root of the masking keys; NULL: a file of an earlier version has none */
	struct hf_keyfile *file;
};
/* passphrase NULL for a plain file. */
enum hf_err hf_node_keys_load(const char *dir, const char *passphrase, struct hf_node_keys *ret_keys,
                              struct hf_fault *f) HF_MUST_CHECK;
/* Makes all keys; refuses when a key file is there. */
enum hf_err hf_node_keys_create(const char *dir, const char *passphrase, struct hf_node_keys *ret_keys,
                                struct hf_fault *f) HF_MUST_CHECK;
/* Adds what the file of an earlier version lacks, the masking root, and saves it; OK when nothing is missing. */
enum hf_err hf_node_keys_complete(struct hf_node_keys *k, const char *dir, const char *passphrase,
                                  struct hf_fault *f) HF_MUST_CHECK;
/* Adds a new key of that use (LOG, WITNESS, MIRROR) beside the present one and saves the file. EXISTS when the last one
 * that was made so is not in use yet. */
enum hf_err hf_node_keys_rotate(const char *dir, const char *passphrase, enum hf_key_use use,
                                struct hf_node_keys *ret_keys, struct hf_fault *f) HF_MUST_CHECK;
/* The next key of that use takes the place of the present one, here and in the file: when the descriptor names it. */
enum hf_err hf_node_keys_adopt(struct hf_node_keys *k, const char *dir, const char *passphrase, enum hf_key_use use,
                               struct hf_fault *f) HF_MUST_CHECK;
/* NULL when there is none. */
const struct hf_sign_key *hf_node_keys_present(const struct hf_node_keys *k, enum hf_key_use use);
const struct hf_sign_key *hf_node_keys_next(const struct hf_node_keys *k, enum hf_key_use use);
/* The node's key of that use whose public half is pub: the present one or the next one; NULL when it is neither. */
const struct hf_sign_key *hf_node_keys_find(const struct hf_node_keys *k, enum hf_key_use use, const uint8_t pub[32]);
void hf_node_keys_done(struct hf_node_keys *k);
/* A 32-byte key for one use, derived from store_key: HKDF with HF_DOMAIN_STORE_KEY and the use's name. */
void hf_node_keys_derive(const struct hf_node_keys *k, const char *use, const void *info, size_t info_len,
                         uint8_t ret_key[32]);

/* What a person's device key signs to log in: HF_DOMAIN_SESSION NUL node NUL account NUL challenge. False when out is
 * too small. */
bool hf_challenge_message(const char *node, const char *account, const char *challenge, char *out, size_t cap,
                          size_t *ret_len);

#endif
