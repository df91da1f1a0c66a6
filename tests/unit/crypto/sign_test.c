/* sign_test.c - Ed25519, did:key, DSSE, and suites. */
#include "unit/crypto/hex.h"

#include "crypto/dsse.h"
#include "crypto/sign.h"
#include "vectors/curve25519.h"
#include "vectors/dsse.h"

#include <stdlib.h>

static struct hf_sign_key *key_of(const char *seed_hex)
{
	uint8_t seed[32];

	assert_int_equal(unhex(seed_hex, seed, sizeof(seed)), 32);
	return hf_sign_key_from_seed(seed);
}

static void signatures_are_the_published_ones(void **state)
{
	struct hf_sign_pub pub, want_pub;
	struct hf_sig sig, want;
	uint8_t msg[16];

	(void)state;
	for (size_t i = 0; i < COUNT(rfc8032_vectors); i++) {
		struct hf_sign_key *k = key_of(rfc8032_vectors[i].seed);
		size_t len = unhex(rfc8032_vectors[i].msg, msg, sizeof(msg));

		unhex(rfc8032_vectors[i].pub, want_pub.b, 32);
		unhex(rfc8032_vectors[i].sig, want.b, 64);
		hf_sign_key_pub(k, &pub);
		assert_memory_equal(pub.b, want_pub.b, 32);
		assert_true(hf_sign(k, msg, len, &sig));
		assert_memory_equal(sig.b, want.b, 64);
		assert_true(hf_sign_verify(&pub, msg, len, &sig));
		hf_sign_key_free(k);
	}
}

static void every_flipped_bit_breaks_a_signature(void **state)
{
	struct hf_sign_key *k = key_of(rfc8032_vectors[2].seed);
	uint8_t msg[2] = {0xaf, 0x82};
	struct hf_sign_pub pub;
	struct hf_sig sig;

	(void)state;
	hf_sign_key_pub(k, &pub);
	assert_true(hf_sign(k, msg, sizeof(msg), &sig));
	for (size_t bit = 0; bit < 512; bit++) {
		sig.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(hf_sign_verify(&pub, msg, sizeof(msg), &sig));
		sig.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_false(hf_sign_verify(&pub, msg, 1, &sig));
	msg[0] ^= 1;
	assert_false(hf_sign_verify(&pub, msg, sizeof(msg), &sig));
	hf_sign_key_free(k);
}

static void another_key_does_not_verify(void **state)
{
	struct hf_sign_key *k = hf_sign_key_new(), *other = hf_sign_key_new();
	struct hf_sign_pub pub;
	struct hf_sig sig;

	(void)state;
	assert_true(hf_sign(k, "m", 1, &sig));
	hf_sign_key_pub(other, &pub);
	assert_false(hf_sign_verify(&pub, "m", 1, &sig));
	hf_sign_key_free(k);
	hf_sign_key_free(other);
}

static void a_small_order_key_never_verifies(void **state)
{
	struct hf_sign_pub zero = {{0}}, one = {{1}};
	struct hf_sig sig = {{1}}; /* R is the identity, S is 0: holds for any message under a small-order key */

	(void)state;
	assert_false(hf_sign_verify(&zero, "m", 1, &sig));
	assert_false(hf_sign_verify(&one, "m", 1, &sig));
}

static void the_seed_makes_the_same_key_again(void **state)
{
	struct hf_sign_key *k = hf_sign_key_new(), *again;
	struct hf_sign_pub a, b;
	uint8_t seed[32];

	(void)state;
	hf_sign_key_seed(k, seed);
	again = hf_sign_key_from_seed(seed);
	hf_sign_key_pub(k, &a);
	hf_sign_key_pub(again, &b);
	assert_memory_equal(a.b, b.b, 32);
	hf_sign_key_free(k);
	hf_sign_key_free(again);
}

static void did_key_is_the_published_form(void **state)
{
	struct hf_sign_pub pub;
	char did[64];

	(void)state;
	for (size_t i = 0; i < COUNT(did_key_vectors); i++) {
		struct hf_sign_key *k = key_of(did_key_vectors[i].seed);

		hf_sign_key_pub(k, &pub);
		hf_sign_pub_did(&pub, did);
		assert_string_equal(did, did_key_vectors[i].did);
		hf_sign_key_free(k);
	}
	memset(pub.b, 0xff, sizeof(pub.b));
	hf_sign_pub_did(&pub, did);
	assert_int_equal(strlen(did), 56);
	memset(pub.b, 0, sizeof(pub.b));
	hf_sign_pub_did(&pub, did);
	assert_int_equal(strlen(did), 56);
}

static void dsse_encoding_is_the_published_one(void **state)
{
	size_t len;
	uint8_t *pae = hf_dsse_pae(DSSE_EXAMPLE_TYPE, DSSE_EXAMPLE_PAYLOAD, strlen(DSSE_EXAMPLE_PAYLOAD), &len);

	(void)state;
	assert_int_equal(len, strlen(DSSE_EXAMPLE_PAE));
	assert_memory_equal(pae, DSSE_EXAMPLE_PAE, len);
	free(pae);
}

static void dsse_signatures_are_the_published_ones(void **state)
{
	struct hf_sign_key *k = key_of(DSSE_SEED);
	struct hf_sign_pub pub;
	uint8_t payload[256];
	size_t len, sig_len;

	(void)state;
	hf_sign_key_pub(k, &pub);
	for (size_t i = 0; i < COUNT(dsse_vectors); i++) {
		struct hf_sig sig, made;
		uint8_t raw[66];

		assert_true(hf_base64_decode(dsse_vectors[i].payload, strlen(dsse_vectors[i].payload), payload, &len));
		assert_true(hf_base64_decode(dsse_vectors[i].sig, strlen(dsse_vectors[i].sig), raw, &sig_len));
		memcpy(sig.b, raw, 64);
		assert_int_equal(hf_dsse_verify(&pub, dsse_vectors[i].type, payload, len, &sig),
		                 dsse_vectors[i].accept);
		assert_true(hf_dsse_sign(k, dsse_vectors[i].type, payload, len, &made));
		assert_int_equal(memcmp(made.b, sig.b, 64) == 0, dsse_vectors[i].accept);
	}
	hf_sign_key_free(k);
}

static void dsse_binds_type_and_payload(void **state)
{
	struct hf_sign_key *k = key_of(DSSE_SEED);
	struct hf_sign_pub pub;
	struct hf_sig sig;

	(void)state;
	hf_sign_key_pub(k, &pub);
	assert_true(hf_dsse_sign(k, "a/b", "payload", 7, &sig));
	assert_true(hf_dsse_verify(&pub, "a/b", "payload", 7, &sig));
	assert_false(hf_dsse_verify(&pub, "a/c", "payload", 7, &sig));
	assert_false(hf_dsse_verify(&pub, "a/b", "payload", 6, &sig));
	assert_false(hf_dsse_verify(&pub, "a/b", "qayload", 7, &sig));
	hf_sign_key_free(k);
}

static void only_the_usable_suite_is_usable(void **state)
{
	(void)state;
	assert_true(hf_suite_usable(HF_SUITE_INTL_1));
	assert_false(hf_suite_usable(HF_SUITE_INVALID));
	assert_false(hf_suite_usable(HF_SUITE_GM_1));
	assert_false(hf_suite_usable(77));
	assert_string_equal(hf_suite_name(HF_SUITE_GM_1), "gm-1");
	assert_string_equal(hf_suite_name(HF_SUITE_INTL_1), "intl-1");
	assert_null(hf_suite_name(0));
	assert_null(hf_suite_name(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(signatures_are_the_published_ones),
	        cmocka_unit_test(every_flipped_bit_breaks_a_signature),
	        cmocka_unit_test(another_key_does_not_verify),
	        cmocka_unit_test(a_small_order_key_never_verifies),
	        cmocka_unit_test(the_seed_makes_the_same_key_again),
	        cmocka_unit_test(did_key_is_the_published_form),
	        cmocka_unit_test(dsse_encoding_is_the_published_one),
	        cmocka_unit_test(dsse_signatures_are_the_published_ones),
	        cmocka_unit_test(dsse_binds_type_and_payload),
	        cmocka_unit_test(only_the_usable_suite_is_usable),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
