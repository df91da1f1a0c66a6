/* seal.c - X25519 and sealed boxes from libsodium. */
#include "crypto/seal.h"

#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

struct hf_agree_key {
	uint8_t sk[32];
	struct hf_agree_pub pub;
};

struct hf_agree_key *hf_agree_key_new(void)
{
	uint8_t seed[32];
	struct hf_agree_key *k;

	hf_random(seed, sizeof(seed));
	k = hf_agree_key_from_seed(seed);
	hf_wipe(seed, sizeof(seed));
	return k;
}

struct hf_agree_key *hf_agree_key_from_seed(const uint8_t seed[32])
{
	struct hf_agree_key *k = hf_secret_alloc(sizeof(*k));

	if (!k)
		return NULL;
	memcpy(k->sk, seed, sizeof(k->sk));
	crypto_scalarmult_base(k->pub.b, k->sk);
	return k;
}

void hf_agree_key_free(struct hf_agree_key *k)
{
	hf_secret_free(k);
}

void hf_agree_key_pub(const struct hf_agree_key *k, struct hf_agree_pub *ret_pub)
{
	*ret_pub = k->pub;
}

bool hf_agree(const struct hf_agree_key *k, const struct hf_agree_pub *peer, uint8_t ret_shared[32])
{
	uint8_t shared[32];
	bool ok = crypto_scalarmult(shared, k->sk, peer->b) == 0;

	if (ok)
		memcpy(ret_shared, shared, sizeof(shared));
	hf_wipe(shared, sizeof(shared));
	return ok;
}

bool hf_seal(const struct hf_agree_pub *to, const void *plain, size_t len, uint8_t *ret_sealed)
{
	return crypto_box_seal(ret_sealed, plain, len, to->b) == 0;
}

bool hf_seal_open(const struct hf_agree_key *k, const uint8_t *sealed, size_t sealed_len, void *ret_plain)
{
	return sealed_len >= HF_SEAL_OVERHEAD &&
	       crypto_box_seal_open(ret_plain, sealed, sealed_len, k->pub.b, k->sk) == 0;
}
