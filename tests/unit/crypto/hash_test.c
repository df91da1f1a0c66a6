/* hash_test.c - SHA-256, HMAC and HKDF against published vectors. */
#include "unit/crypto/hex.h"

#include "crypto/hash.h"
#include "vectors/sha256.h"

#include <stdlib.h>

static void assert_hash(const struct hf_hash *h, const char *hex)
{
	char got[65];

	hf_hash_hex(h, got);
	assert_string_equal(got, hex);
}

static void sha256_gives_the_published_hashes(void **state)
{
	struct hf_hash h;

	(void)state;
	for (size_t i = 0; i < COUNT(fips180_vectors); i++) {
		hf_sha256(fips180_vectors[i].text, strlen(fips180_vectors[i].text), &h);
		assert_hash(&h, fips180_vectors[i].hash);
	}
}

static void sha256_in_pieces_is_the_same(void **state)
{
	const char *text = fips180_vectors[3].text;
	struct hf_sha256 *inc = hf_sha256_new();
	struct hf_hash h;

	(void)state;
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		hf_sha256_2(text, cut, text + cut, strlen(text) - cut, &h);
		assert_hash(&h, fips180_vectors[3].hash);
		hf_sha256_add(inc, text, cut);
		hf_sha256_add(inc, text + cut, strlen(text) - cut);
		hf_sha256_end(inc, &h);
		assert_hash(&h, fips180_vectors[3].hash);
	}
	hf_sha256_free(inc);
}

static void sha256_of_a_million_letters(void **state)
{
	struct hf_sha256 *inc = hf_sha256_new();
	char part[1000];
	struct hf_hash h;

	(void)state;
	memset(part, 'a', sizeof(part));
	for (int i = 0; i < 1000; i++)
		hf_sha256_add(inc, part, sizeof(part));
	hf_sha256_end(inc, &h);
	assert_hash(&h, FIPS180_MILLION_A);
	hf_sha256_free(inc);
}

static void hmac_gives_the_published_codes(void **state)
{
	uint8_t key[256], data[256];
	struct hf_hash mac;

	(void)state;
	for (size_t i = 0; i < COUNT(rfc4231_vectors); i++) {
		size_t key_len = unhex(rfc4231_vectors[i].key, key, sizeof(key));
		size_t len = unhex(rfc4231_vectors[i].data, data, sizeof(data));

		hf_hmac(key, key_len, data, len, &mac);
		assert_hash(&mac, rfc4231_vectors[i].mac);
	}
}

static void another_key_gives_another_code(void **state)
{
	struct hf_hash a, b;

	(void)state;
	hf_hmac("key1", 4, "data", 4, &a);
	hf_hmac("key2", 4, "data", 4, &b);
	assert_false(hf_hash_equal(&a, &b));
	hf_hmac("key1", 4, "data", 4, &b);
	assert_true(hf_hash_equal(&a, &b));
}

static void one_key_serves_many_messages(void **state)
{
	uint8_t data[200];
	struct hf_hmac_key k;
	struct hf_hash a, b;

	(void)state;
	memset(data, 0x3c, sizeof(data));
	for (size_t key_len = 0; key_len < sizeof(data); key_len += 31) {
		hf_hmac_key_init(&k, data, key_len);
		for (size_t len = 0; len < sizeof(data); len++) {
			hf_hmac(data, key_len, data, len, &a);
			hf_hmac_with(&k, data, len, &b);
			assert_true(hf_hash_equal(&a, &b));
		}
	}
}

static void hkdf_gives_the_published_keys(void **state)
{
	uint8_t ikm[128], salt[128], info[128], want[128], got[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rfc5869_vectors); i++) {
		size_t ikm_len = unhex(rfc5869_vectors[i].ikm, ikm, sizeof(ikm));
		size_t salt_len = unhex(rfc5869_vectors[i].salt, salt, sizeof(salt));
		size_t info_len = unhex(rfc5869_vectors[i].info, info, sizeof(info));
		size_t len = unhex(rfc5869_vectors[i].okm, want, sizeof(want));

		hf_hkdf(ikm, ikm_len, salt, salt_len, info, info_len, got, len);
		assert_memory_equal(got, want, len);
	}
}

static void hkdf_reaches_its_largest_output(void **state)
{
	uint8_t *out = calloc(1, 8160), first[32];

	(void)state;
	hf_hkdf("k", 1, NULL, 0, "i", 1, out, 8160);
	hf_hkdf("k", 1, NULL, 0, "i", 1, first, sizeof(first));
	assert_memory_equal(out, first, sizeof(first));
	assert_memory_not_equal(out + 8128, first, sizeof(first));
	free(out);
}

static void hex_of_a_hash_is_read_strictly(void **state)
{
	char text[80];
	struct hf_hash h, again;

	(void)state;
	hf_sha256("x", 1, &h);
	hf_hash_hex(&h, text);
	assert_true(hf_hash_from_hex(text, &again));
	assert_true(hf_hash_equal(&h, &again));
	text[63] = 'g';
	assert_false(hf_hash_from_hex(text, &again));
	text[63] = '\0';
	assert_false(hf_hash_from_hex(text, &again));
	hf_hash_hex(&h, text);
	memcpy(text + 64, "0", 2);
	assert_false(hf_hash_from_hex(text, &again));
	assert_true(hf_hash_equal(&h, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sha256_gives_the_published_hashes), cmocka_unit_test(sha256_in_pieces_is_the_same),
	        cmocka_unit_test(sha256_of_a_million_letters),       cmocka_unit_test(hmac_gives_the_published_codes),
	        cmocka_unit_test(one_key_serves_many_messages),      cmocka_unit_test(another_key_gives_another_code),
	        cmocka_unit_test(hkdf_gives_the_published_keys),     cmocka_unit_test(hkdf_reaches_its_largest_output),
	        cmocka_unit_test(hex_of_a_hash_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
