/* sign.c - Ed25519 from libsodium; verification refuses small-order keys and non-canonical signatures. */
#include "crypto/sign.h"

#include "crypto/secret.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

struct hf_sign_key {
	uint8_t sk[crypto_sign_SECRETKEYBYTES]; /* seed || public key */
};

struct hf_sign_key *hf_sign_key_new(void)
{
	struct hf_sign_pub pub;
	struct hf_sign_key *k = hf_secret_alloc(sizeof(*k));

	if (k)
		crypto_sign_keypair(pub.b, k->sk);
	return k;
}

struct hf_sign_key *hf_sign_key_from_seed(const uint8_t seed[32])
{
	struct hf_sign_pub pub;
	struct hf_sign_key *k = hf_secret_alloc(sizeof(*k));

	if (k)
		crypto_sign_seed_keypair(pub.b, k->sk, seed);
	return k;
}

void hf_sign_key_free(struct hf_sign_key *k)
{
	hf_secret_free(k);
}

void hf_sign_key_pub(const struct hf_sign_key *k, struct hf_sign_pub *ret_pub)
{
	crypto_sign_ed25519_sk_to_pk(ret_pub->b, k->sk);
}

void hf_sign_key_seed(const struct hf_sign_key *k, uint8_t ret_seed[32])
{
	crypto_sign_ed25519_sk_to_seed(ret_seed, k->sk);
}

bool hf_sign(const struct hf_sign_key *k, const void *msg, size_t len, struct hf_sig *ret_sig)
{
	return crypto_sign_detached(ret_sig->b, NULL, msg, len, k->sk) == 0;
}

bool hf_sign_verify(const struct hf_sign_pub *pub, const void *msg, size_t len, const struct hf_sig *sig)
{
	return crypto_sign_verify_detached(sig->b, msg, len, pub->b) == 0;
}

#define DID_BYTES 34      /* multicodec ed25519-pub, then the key */
#define DID_DIGITS_MAX 47 /* ceil(34 * log 256 / log 58) */

/* Base58btc of DID_BYTES bytes that do not begin with 0; returns the number of digits, most significant first. */
static size_t base58(const uint8_t in[DID_BYTES], char out[DID_DIGITS_MAX])
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	uint8_t digit[DID_DIGITS_MAX] = {0}; /* least significant first */
	size_t count = 0;

	for (size_t i = 0; i < DID_BYTES; i++) {
		uint32_t carry = in[i];

		for (size_t j = 0; j < count || carry > 0; j++) {
			carry += (uint32_t)digit[j] << 8;
			digit[j] = (uint8_t)(carry % 58);
			carry /= 58;
			if (j == count)
				count++;
		}
	}
	for (size_t i = 0; i < count; i++)
		out[i] = alphabet[digit[count - 1 - i]];
	return count;
}

void hf_sign_pub_did(const struct hf_sign_pub *pub, char out[64])
{
	uint8_t raw[DID_BYTES] = {0xed, 0x01};
	char text[DID_DIGITS_MAX];

	memcpy(raw + 2, pub->b, sizeof(pub->b));
	snprintf(out, 64, "did:key:z%.*s", (int)base58(raw, text), text);
}
