/*
 * hash.c - SHA-256, HMAC and HKDF.
 *
 * Uses libcrypto's SHA256_* functions rather than EVP: the ledger hashes many inputs of 64 to 256 bytes, where an EVP
 * call costs as much as the hash itself, and a context on the stack needs neither memory nor a thread-local.
 * They are marked deprecated in OpenSSL 3, not removed; only this file would change.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include "crypto/base64.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 64

struct hf_sha256 {
	SHA256_CTX ctx;
};

static void add(SHA256_CTX *ctx, const void *data, size_t len)
{
	if (len > 0)
		SHA256_Update(ctx, data, len);
}

void hf_sha256(const void *data, size_t len, struct hf_hash *ret_hash)
{
	hf_sha256_2(data, len, NULL, 0, ret_hash);
}

void hf_sha256_2(const void *a, size_t a_len, const void *b, size_t b_len, struct hf_hash *ret_hash)
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	add(&ctx, a, a_len);
	add(&ctx, b, b_len);
	SHA256_Final(ret_hash->b, &ctx);
}

struct hf_sha256 *hf_sha256_new(void)
{
	struct hf_sha256 *h = malloc(sizeof(*h));

	if (!h)
		abort();
	SHA256_Init(&h->ctx);
	return h;
}

void hf_sha256_add(struct hf_sha256 *h, const void *data, size_t len)
{
	add(&h->ctx, data, len);
}

void hf_sha256_end(struct hf_sha256 *h, struct hf_hash *ret_hash)
{
	SHA256_Final(ret_hash->b, &h->ctx);
	SHA256_Init(&h->ctx);
}

void hf_sha256_free(struct hf_sha256 *h)
{
	if (!h)
		return;
	hf_wipe(h, sizeof(*h));
	free(h);
}

/* One HMAC key, already mixed into the two contexts of RFC 2104. */
struct mac_key {
	SHA256_CTX inner, outer;
};
static_assert(sizeof(struct mac_key) == sizeof(struct hf_hmac_key), "an hf_hmac_key holds a mac_key");

/* One message; secret as long as it runs. */
struct mac {
	SHA256_CTX inner, outer;
	struct hf_hash h;
};

static void mac_key_init(struct mac_key *k, const void *key, size_t key_len)
{
	uint8_t pad[BLOCK_BYTES] = {0};
	struct hf_hash short_key;

	if (key_len > BLOCK_BYTES) {
		hf_sha256(key, key_len, &short_key);
		memcpy(pad, short_key.b, sizeof(short_key.b));
		hf_wipe(&short_key, sizeof(short_key));
	} else if (key_len > 0) {
		memcpy(pad, key, key_len);
	}
	for (size_t i = 0; i < BLOCK_BYTES; i++)
		pad[i] ^= 0x36;
	SHA256_Init(&k->inner);
	SHA256_Update(&k->inner, pad, BLOCK_BYTES);
	for (size_t i = 0; i < BLOCK_BYTES; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&k->outer);
	SHA256_Update(&k->outer, pad, BLOCK_BYTES);
	hf_wipe(pad, sizeof(pad));
}

/* m->inner has taken the message; k is not changed and may serve again. */
static void mac_end(const struct mac_key *k, struct mac *m, struct hf_hash *ret_mac)
{
	m->outer = k->outer;
	SHA256_Final(m->h.b, &m->inner);
	SHA256_Update(&m->outer, m->h.b, sizeof(m->h.b));
	SHA256_Final(ret_mac->b, &m->outer);
	hf_wipe(m, sizeof(*m));
}

void hf_hmac_key_init(struct hf_hmac_key *ret_key, const void *key, size_t key_len)
{
	struct mac_key k;

	mac_key_init(&k, key, key_len);
	memcpy(ret_key, &k, sizeof(k));
	hf_wipe(&k, sizeof(k));
}

void hf_hmac_with(const struct hf_hmac_key *key, const void *data, size_t len, struct hf_hash *ret_mac)
{
	const struct mac_key *k = (const struct mac_key *)(const void *)key;
	struct mac m;

	m.inner = k->inner;
	add(&m.inner, data, len);
	mac_end(k, &m, ret_mac);
}

void hf_hmac(const void *key, size_t key_len, const void *data, size_t len, struct hf_hash *ret_mac)
{
	struct hf_hmac_key k;

	hf_hmac_key_init(&k, key, key_len);
	hf_hmac_with(&k, data, len, ret_mac);
	hf_wipe(&k, sizeof(k));
}

void hf_hkdf(const void *ikm, size_t ikm_len, const void *salt, size_t salt_len, const void *info, size_t info_len,
             void *out, size_t out_len)
{
	struct mac_key k;
	struct hf_hash t;
	uint8_t *at = out;

	assert(out_len <= 255 * sizeof(t.b));
	hf_hmac(salt, salt_len, ikm, ikm_len, &t);
	mac_key_init(&k, t.b, sizeof(t.b));
	for (uint8_t round = 1; out_len > 0; round++) {
		size_t n = out_len < sizeof(t.b) ? out_len : sizeof(t.b);
		struct mac m = {.inner = k.inner};

		if (round > 1)
			SHA256_Update(&m.inner, t.b, sizeof(t.b));
		add(&m.inner, info, info_len);
		SHA256_Update(&m.inner, &round, 1);
		mac_end(&k, &m, &t);
		memcpy(at, t.b, n);
		at += n;
		out_len -= n;
	}
	hf_wipe(&t, sizeof(t));
	hf_wipe(&k, sizeof(k));
}

bool hf_hash_equal(const struct hf_hash *a, const struct hf_hash *b)
{
	return hf_equal_ct(a->b, b->b, sizeof(a->b)); /* constant time: a hash may be a MAC */
}

void hf_hash_hex(const struct hf_hash *h, char out[65])
{
	hf_hex(h->b, sizeof(h->b), out);
}

bool hf_hash_from_hex(const char *text, struct hf_hash *ret_hash)
{
	return hf_hex_decode(text, strnlen(text, 65), ret_hash->b, sizeof(ret_hash->b));
}
