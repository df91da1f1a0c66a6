/* password.c - Argon2id from libsodium, TOTP over libcrypto's HMAC-SHA-1. */
#include "crypto/password.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

#define TOTP_STEP_S 30
#define TOTP_MODULUS 1000000

_Static_assert(HF_PASSWORD_HASH_BYTES == crypto_pwhash_STRBYTES, "the header states libsodium's size");

bool hf_password_hash(const char *password, char ret_hash[HF_PASSWORD_HASH_BYTES])
{
	char hash[HF_PASSWORD_HASH_BYTES];

	if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
	                      crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return false;
	memcpy(ret_hash, hash, sizeof(hash));
	return true;
}

bool hf_password_verify(const char *hash, const char *password)
{
	return strnlen(hash, HF_PASSWORD_HASH_BYTES) < HF_PASSWORD_HASH_BYTES &&
	       crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

bool hf_password_key(const char *password, const uint8_t salt[16], uint8_t ret_key[32])
{
	return crypto_pwhash(ret_key, 32, password, strlen(password), salt, crypto_pwhash_OPSLIMIT_INTERACTIVE,
	                     crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static uint32_t code_of_step(const uint8_t *secret, size_t len, int64_t step)
{
	uint8_t counter[8], mac[20];
	uint32_t code;
	size_t at;

	for (size_t i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	HMAC(EVP_sha1(), secret, (int)len, counter, sizeof(counter), mac, NULL);
	at = mac[19] & 0xf;
	code = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
	       mac[at + 3];
	hf_wipe(mac, sizeof(mac));
	return code % TOTP_MODULUS;
}

uint32_t hf_totp_code(const uint8_t *secret, size_t len, int64_t time_s)
{
	return code_of_step(secret, len, time_s / TOTP_STEP_S);
}

bool hf_totp_verify(const uint8_t *secret, size_t len, int64_t time_s, uint32_t code, int64_t *ret_step)
{
	int64_t now = time_s / TOTP_STEP_S;

	for (int64_t step = now - 1; step <= now + 1; step++) {
		uint32_t expected = code_of_step(secret, len, step);

		if (hf_equal_ct(&expected, &code, sizeof(code))) {
			*ret_step = step;
			return true;
		}
	}
	return false;
}
