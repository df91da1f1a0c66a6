#include "evidence/node_keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "crypto/domains.h"
#include "crypto/hash.h"
#include "evidence/space.h"

#define STORE_KEY "store"
#define MASK_ROOT "mask"

static bool key_path(const char *dir, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s/keys/node.key", dir);
	return n > 0 && (size_t)n < cap;
}

/* The keys that can be changed: the present one and the one that follows it. */
struct rotating {
	enum hf_key_use use;
	const char *next_name;
	struct hf_sign_key **present, **next;
};
#define ROTATING 3
static void rotating_of(struct hf_node_keys *k, struct rotating ret[ROTATING])
{
	ret[0] = (struct rotating){HF_KEY_LOG, "log-next", &k->log, &k->next_log};
	ret[1] = (struct rotating){HF_KEY_WITNESS, "witness-next", &k->witness, &k->next_witness};
	ret[2] = (struct rotating){HF_KEY_MIRROR, "mirror-next", &k->mirror, &k->next_mirror};
}

static bool rotating_find(struct hf_node_keys *k, enum hf_key_use use, struct rotating *ret)
{
	struct rotating all[ROTATING];
	rotating_of(k, all);
	for (size_t i = 0; i < ROTATING; i++)
		if (all[i].use == use) {
			*ret = all[i];
			return true;
		}
	return false;
}

/* One that has become the present key is nobody's next. */
static bool fill_nexts(struct hf_node_keys *k)
{
	struct rotating all[ROTATING];
	rotating_of(k, all);
	for (size_t i = 0; i < ROTATING; i++) {
		const uint8_t *seed = hf_keyfile_get(k->file, all[i].next_name);
		bool some = seed && memcmp(seed, hf_keyfile_get(k->file, hf_key_use_name(all[i].use)), 32) != 0;
		*all[i].next = some ? hf_sign_key_from_seed(seed) : NULL;
		if (some && !*all[i].next)
			return false;
	}
	return true;
}

/* A locked copy; NULL: it is not in the file, or locked memory is used up. */
static uint8_t *copy_secret(const struct hf_keyfile *file, const char *name)
{
	const uint8_t *secret = hf_keyfile_get(file, name);
	uint8_t *copy = secret ? hf_secret_alloc(32) : NULL;
	if (copy)
		memcpy(copy, secret, 32);
	return copy;
}

/* All uses are filled in from the bundle, or none. */
static bool fill(struct hf_node_keys *k)
{
	struct {
		enum hf_key_use use;
		struct hf_sign_key **key;
	} const signs[] = {{HF_KEY_ENVELOPE, &k->envelope},
	                   {HF_KEY_LOG, &k->log},
	                   {HF_KEY_WITNESS, &k->witness},
	                   {HF_KEY_MIRROR, &k->mirror},
	                   {HF_KEY_RECOVERY, &k->recovery}};
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const uint8_t *seed = hf_keyfile_get(k->file, hf_key_use_name(signs[i].use));
		*signs[i].key = seed ? hf_sign_key_from_seed(seed) : NULL;
		if (!*signs[i].key)
			return false;
	}
	if (!fill_nexts(k))
		return false;
	const uint8_t *noise = hf_keyfile_get(k->file, hf_key_use_name(HF_KEY_NOISE));
	const uint8_t *box = hf_keyfile_get(k->file, hf_key_use_name(HF_KEY_BOX));
	k->noise = noise ? hf_agree_key_from_seed(noise) : NULL;
	k->box = box ? hf_agree_key_from_seed(box) : NULL;
	k->store_key = copy_secret(k->file, STORE_KEY);
	k->mask_root = copy_secret(k->file, MASK_ROOT);
	return k->noise && k->box && k->store_key && (k->mask_root || !hf_keyfile_get(k->file, MASK_ROOT));
}

static enum hf_err take_file(struct hf_keyfile *file, struct hf_node_keys *ret_keys, struct hf_fault *f)
{
	struct hf_node_keys k = {.file = file};
	if (!fill(&k)) {
		hf_node_keys_done(&k);
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the node's key file lacks a key, or locked memory is used up; restore the file "
		                    "from its copy or raise "
		                    "the memlock limit");
	}
	*ret_keys = k;
	return HF_OK;
}

static enum hf_err load_error(enum hf_keyfile_result r)
{
	if (r == HF_KEYFILE_MISSING)
		return HF_E_UNKNOWN;
	if (r == HF_KEYFILE_PASSPHRASE_NEEDED || r == HF_KEYFILE_WRONG_PASSPHRASE)
		return HF_E_CREDENTIAL;
	return r == HF_KEYFILE_IO ? HF_E_IO : HF_E_FORMAT;
}

static const char *remedy(enum hf_keyfile_result r)
{
	if (r == HF_KEYFILE_MISSING)
		return "make the node's folder with `hufu init`";
	if (r == HF_KEYFILE_PASSPHRASE_NEEDED || r == HF_KEYFILE_WRONG_PASSPHRASE)
		return "name the file that holds the passphrase in hufu.yaml as passphrase_file";
	return r == HF_KEYFILE_PERMISSIONS ? "run `chmod 600` on it" : "restore it from its copy";
}

enum hf_err hf_node_keys_load(const char *dir, const char *passphrase, struct hf_node_keys *ret_keys,
                              struct hf_fault *f)
{
	char path[1024];
	struct hf_keyfile *file = NULL;
	if (!key_path(dir, path, sizeof(path)))
		return hf_fault_set(f, HF_E_LIMIT, "the node's folder name is too long; use a shorter path");
	enum hf_keyfile_result r = hf_keyfile_load(path, passphrase, &file);
	if (r != HF_KEYFILE_OK)
		return hf_fault_set(f, load_error(r), "the key file %.200s cannot be used: %s; %s", path,
		                    hf_keyfile_result_text(r), remedy(r));
	return take_file(file, ret_keys, f);
}

static bool put_new(struct hf_keyfile *file, const char *name)
{
	uint8_t seed[32];
	hf_random(seed, sizeof(seed));
	bool ok = hf_keyfile_put(file, name, seed);
	hf_wipe(seed, sizeof(seed));
	return ok;
}

static struct hf_keyfile *make_file(void)
{
	struct hf_keyfile *file = hf_keyfile_new();
	bool ok = file && put_new(file, STORE_KEY) && put_new(file, MASK_ROOT);
	for (int use = HF_KEY_INVALID + 1; ok && use < HF_KEY_USE_COUNT; use++)
		ok = put_new(file, hf_key_use_name((enum hf_key_use)use));
	if (ok)
		return file;
	hf_keyfile_free(file);
	return NULL;
}

enum hf_err hf_node_keys_create(const char *dir, const char *passphrase, struct hf_node_keys *ret_keys,
                                struct hf_fault *f)
{
	char path[1024];
	struct stat st;
	if (!key_path(dir, path, sizeof(path)))
		return hf_fault_set(f, HF_E_LIMIT, "the node's folder name is too long; use a shorter path");
	if (lstat(path, &st) == 0 || errno != ENOENT)
		return hf_fault_set(f, HF_E_EXISTS,
		                    "%.200s is there already; keys are never overwritten: choose another folder", path);
	struct hf_keyfile *file = make_file();
	if (!file)
		return hf_fault_set(f, HF_E_MEMORY,
		                    "no locked memory is left for the node's keys; raise the memlock limit");
	enum hf_keyfile_result r = hf_keyfile_save(file, path, passphrase);
	if (r != HF_KEYFILE_OK) {
		hf_keyfile_free(file);
		return hf_fault_set(f, HF_E_IO, "the key file %.200s cannot be written: %s", path,
		                    hf_keyfile_result_text(r));
	}
	return take_file(file, ret_keys, f);
}

static bool key_has(const struct hf_sign_key *k, const uint8_t pub[32])
{
	struct hf_sign_pub is;
	if (!k)
		return false;
	hf_sign_key_pub(k, &is);
	return memcmp(is.b, pub, sizeof(is.b)) == 0;
}

const struct hf_sign_key *hf_node_keys_present(const struct hf_node_keys *k, enum hf_key_use use)
{
	return use == HF_KEY_LOG       ? k->log
	       : use == HF_KEY_WITNESS ? k->witness
	       : use == HF_KEY_MIRROR  ? k->mirror
	                               : NULL;
}

const struct hf_sign_key *hf_node_keys_next(const struct hf_node_keys *k, enum hf_key_use use)
{
	return use == HF_KEY_LOG       ? k->next_log
	       : use == HF_KEY_WITNESS ? k->next_witness
	       : use == HF_KEY_MIRROR  ? k->next_mirror
	                               : NULL;
}

const struct hf_sign_key *hf_node_keys_find(const struct hf_node_keys *k, enum hf_key_use use, const uint8_t pub[32])
{
	if (key_has(hf_node_keys_next(k, use), pub))
		return hf_node_keys_next(k, use);
	return key_has(hf_node_keys_present(k, use), pub) ? hf_node_keys_present(k, use) : NULL;
}

static enum hf_err save(const struct hf_node_keys *k, const char *dir, const char *passphrase, struct hf_fault *f)
{
	char path[1024];
	if (!key_path(dir, path, sizeof(path)))
		return hf_fault_set(f, HF_E_LIMIT, "the node's folder name is too long; use a shorter path");
	enum hf_keyfile_result r = hf_keyfile_save(k->file, path, passphrase);
	return r == HF_KEYFILE_OK ? HF_OK
	                          : hf_fault_set(f, HF_E_IO, "the key file %.200s cannot be written: %s", path,
	                                         hf_keyfile_result_text(r));
}

enum hf_err hf_node_keys_complete(struct hf_node_keys *k, const char *dir, const char *passphrase, struct hf_fault *f)
{
	if (k->mask_root)
		return HF_OK;
	if (!put_new(k->file, MASK_ROOT))
		return hf_fault_set(f, HF_E_LIMIT, "the key file has no room for another key");
	HF_TRY(save(k, dir, passphrase, f));
	k->mask_root = copy_secret(k->file, MASK_ROOT);
	return k->mask_root ? HF_OK
	                    : hf_fault_set(f, HF_E_MEMORY,
	                                   "no locked memory is left for the node's keys; raise the memlock limit");
}

static enum hf_err add_next(struct hf_node_keys *k, const char *dir, const char *passphrase, enum hf_key_use use,
                            struct hf_fault *f)
{
	struct rotating r;
	if (!rotating_find(k, use, &r))
		return hf_fault_set(f, HF_E_ARGUMENT, "only the keys log, witness and mirror are rotated here");
	if (*r.next)
		return hf_fault_set(
		        f, HF_E_EXISTS,
		        "the node has a next %s key already: bring rotate.request to the space authority, and "
		        "restart the node when its descriptor counts",
		        hf_key_use_name(use));
	if (!put_new(k->file, r.next_name))
		return hf_fault_set(f, HF_E_LIMIT, "the key file has no room for another key");
	return save(k, dir, passphrase, f);
}

enum hf_err hf_node_keys_rotate(const char *dir, const char *passphrase, enum hf_key_use use,
                                struct hf_node_keys *ret_keys, struct hf_fault *f)
{
	struct hf_node_keys k;
	HF_TRY(hf_node_keys_load(dir, passphrase, &k, f));
	enum hf_err e = add_next(&k, dir, passphrase, use, f);
	hf_node_keys_done(&k);
	HF_TRY(e);
	return hf_node_keys_load(dir, passphrase, ret_keys, f);
}

enum hf_err hf_node_keys_adopt(struct hf_node_keys *k, const char *dir, const char *passphrase, enum hf_key_use use,
                               struct hf_fault *f)
{
	struct rotating r;
	if (!rotating_find(k, use, &r) || !*r.next)
		return HF_OK;
	if (!hf_keyfile_put(k->file, hf_key_use_name(use), hf_keyfile_get(k->file, r.next_name)))
		return hf_fault_set(f, HF_E_LIMIT, "the key file has no room for another key");
	HF_TRY(save(k, dir, passphrase, f));
	hf_sign_key_free(*r.present);
	*r.present = HF_TAKE(*r.next);
	return HF_OK;
}

void hf_node_keys_done(struct hf_node_keys *k)
{
	hf_sign_key_free(k->envelope);
	hf_sign_key_free(k->log);
	hf_sign_key_free(k->witness);
	hf_sign_key_free(k->mirror);
	hf_sign_key_free(k->recovery);
	hf_sign_key_free(k->next_log);
	hf_sign_key_free(k->next_witness);
	hf_sign_key_free(k->next_mirror);
	hf_agree_key_free(k->noise);
	hf_agree_key_free(k->box);
	hf_secret_free(k->store_key);
	hf_secret_free(k->mask_root);
	hf_keyfile_free(k->file);
	memset(k, 0, sizeof(*k));
}

/* info = domain NUL, use NUL, the caller's info: no two uses share a key. */
void hf_node_keys_derive(const struct hf_node_keys *k, const char *use, const void *info, size_t info_len,
                         uint8_t ret_key[32])
{
	size_t use_len = strlen(use) + 1, domain_len = sizeof(HF_DOMAIN_STORE_KEY);
	uint8_t *all = hf_alloc(domain_len + use_len + info_len);
	memcpy(all, HF_DOMAIN_STORE_KEY, domain_len);
	memcpy(all + domain_len, use, use_len);
	if (info_len)
		memcpy(all + domain_len + use_len, info, info_len);
	hf_hkdf(k->store_key, 32, NULL, 0, all, domain_len + use_len + info_len, ret_key, 32);
	free(all);
}

bool hf_challenge_message(const char *node, const char *account, const char *challenge, char *out, size_t cap,
                          size_t *ret_len)
{
	int n = snprintf(out, cap, "%s%c%s%c%s%c%s", HF_DOMAIN_SESSION, 0, node, 0, account, 0, challenge);
	if (n < 0 || (size_t)n >= cap)
		return false;
	*ret_len = (size_t)n;
	return true;
}
