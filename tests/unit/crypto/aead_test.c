/* aead_test.c - bulk AEADs, boxes, agreement and sealed boxes. */
#include "unit/crypto/hex.h"

#include "crypto/aead.h"
#include "crypto/seal.h"
#include "vectors/aead.h"
#include "vectors/curve25519.h"

struct sample {
	uint8_t key[32], nonce[12], ad[64], plain[256], cipher[256], tag[16];
	size_t ad_len, len;
};

static void load(size_t i, struct sample *s)
{
	unhex(aead_vectors[i].key, s->key, 32);
	unhex(aead_vectors[i].nonce, s->nonce, 12);
	unhex(aead_vectors[i].tag, s->tag, 16);
	s->ad_len = unhex(aead_vectors[i].ad, s->ad, sizeof(s->ad));
	s->len = unhex(aead_vectors[i].plain, s->plain, sizeof(s->plain));
	assert_int_equal(unhex(aead_vectors[i].cipher, s->cipher, sizeof(s->cipher)), s->len);
}

static void sealing_gives_the_published_bytes_and_opens_again(void **state)
{
	struct sample s;
	uint8_t out[256], tag[16];

	(void)state;
	for (size_t i = 0; i < COUNT(aead_vectors); i++) {
		struct hf_aead *a;

		load(i, &s);
		a = hf_aead_new(aead_vectors[i].alg, s.key);
		assert_non_null(a);
		/* Twice, in turn: the context is used again with only the nonce set, in both directions. */
		for (int round = 0; round < 2; round++) {
			assert_true(hf_aead_seal(a, s.nonce, s.ad, s.ad_len, s.plain, s.len, out, tag));
			assert_memory_equal(out, s.cipher, s.len);
			assert_memory_equal(tag, s.tag, 16);
			assert_true(hf_aead_open(a, s.nonce, s.ad, s.ad_len, s.cipher, s.len, s.tag, out));
			assert_memory_equal(out, s.plain, s.len);
		}
		hf_aead_free(a);
	}
}

static void in_place_works(void **state)
{
	struct sample s;
	struct hf_aead *a;
	uint8_t tag[16];

	(void)state;
	load(3, &s);
	a = hf_aead_new(HF_AEAD_CHACHA20POLY1305, s.key);
	assert_true(hf_aead_seal(a, s.nonce, s.ad, s.ad_len, s.plain, s.len, s.plain, tag));
	assert_memory_equal(s.plain, s.cipher, s.len);
	assert_true(hf_aead_open(a, s.nonce, s.ad, s.ad_len, s.cipher, s.len, tag, s.cipher));
	assert_memory_equal(s.cipher, "Ladies", 6);
	hf_aead_free(a);
}

static void assert_refused(struct hf_aead *a, const struct sample *s)
{
	uint8_t out[256];
	static const uint8_t zero[256];

	memset(out, 0xaa, sizeof(out));
	assert_false(hf_aead_open(a, s->nonce, s->ad, s->ad_len, s->cipher, s->len, s->tag, out));
	assert_memory_equal(out, zero, s->len);
}

/* DS-50 (its part of the cipher): a tampered record is detected. */
static void every_flipped_bit_is_refused_and_nothing_leaks(void **state)
{
	struct sample s;

	(void)state;
	for (size_t i = 2; i < COUNT(aead_vectors); i++) {
		struct hf_aead *a;

		load(i, &s);
		a = hf_aead_new(aead_vectors[i].alg, s.key);
		for (size_t bit = 0; bit < s.len * 8; bit++) {
			s.cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_refused(a, &s);
			s.cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < 128; bit++) {
			s.tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_refused(a, &s);
			s.tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		s.len--;
		assert_refused(a, &s);
		s.len++;
		s.ad_len--;
		assert_refused(a, &s);
		s.ad_len++;
		s.nonce[0] ^= 1;
		assert_refused(a, &s);
		s.nonce[0] ^= 1;
		assert_true(hf_aead_open(a, s.nonce, s.ad, s.ad_len, s.cipher, s.len, s.tag, s.plain));
		hf_aead_free(a);
	}
}

static void another_key_or_cipher_is_refused(void **state)
{
	struct sample s;
	struct hf_aead *a;

	(void)state;
	load(2, &s);
	a = hf_aead_new(HF_AEAD_CHACHA20POLY1305, s.key);
	assert_refused(a, &s);
	hf_aead_free(a);
	s.key[31] ^= 1;
	a = hf_aead_new(HF_AEAD_AES256GCM, s.key);
	assert_refused(a, &s);
	hf_aead_free(a);
	assert_null(hf_aead_new(HF_AEAD_INVALID, s.key));
	assert_null(hf_aead_new((enum hf_aead_alg)9, s.key));
}

static void nonces_are_laid_out_as_noise_says(void **state)
{
	static const uint8_t big[12] = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8},
	                     little[12] = {0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
	uint8_t nonce[12];

	(void)state;
	hf_aead_nonce(HF_AEAD_AES256GCM, 0x0102030405060708, nonce);
	assert_memory_equal(nonce, big, 12);
	hf_aead_nonce(HF_AEAD_CHACHA20POLY1305, 0x0102030405060708, nonce);
	assert_memory_equal(nonce, little, 12);
}

static void a_published_box_opens(void **state)
{
	uint8_t key[32], ad[16], box[256], plain[256];
	size_t ad_len = unhex(XCHACHA_AD, ad, sizeof(ad)), len = unhex(XCHACHA_BOX, box, sizeof(box));

	(void)state;
	unhex(KEY_80_9F, key, 32);
	assert_true(hf_box_open(key, ad, ad_len, box, len, plain));
	assert_memory_equal(plain, "Ladies and Gentlemen", 20);
	for (size_t bit = 0; bit < len * 8; bit++) {
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(hf_box_open(key, ad, ad_len, box, len, plain));
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_false(hf_box_open(key, ad, ad_len, box, cut, plain));
	assert_false(hf_box_open(key, ad, ad_len - 1, box, len, plain));
	key[0] ^= 1;
	assert_false(hf_box_open(key, ad, ad_len, box, len, plain));
}

static void a_box_comes_back_and_never_looks_the_same(void **state)
{
	uint8_t key[32] = {1}, a[5 + HF_BOX_OVERHEAD], b[5 + HF_BOX_OVERHEAD], plain[5];

	(void)state;
	assert_true(hf_box_seal(key, "ad", 2, "hello", 5, a));
	assert_true(hf_box_seal(key, "ad", 2, "hello", 5, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(hf_box_open(key, "ad", 2, a, sizeof(a), plain));
	assert_memory_equal(plain, "hello", 5);
}

static void agreement_gives_the_published_secrets(void **state)
{
	uint8_t scalar[32], want[32], got[32];
	struct hf_agree_pub peer;
	struct hf_agree_key *k;

	(void)state;
	for (size_t i = 0; i < COUNT(rfc7748_vectors); i++) {
		unhex(rfc7748_vectors[i].scalar, scalar, 32);
		unhex(rfc7748_vectors[i].u, peer.b, 32);
		unhex(rfc7748_vectors[i].out, want, 32);
		k = hf_agree_key_from_seed(scalar);
		assert_true(hf_agree(k, &peer, got));
		assert_memory_equal(got, want, 32);
		hf_agree_key_free(k);
	}
	unhex(RFC7748_ALICE_SCALAR, scalar, 32);
	unhex(RFC7748_ALICE_PUB, want, 32);
	k = hf_agree_key_from_seed(scalar);
	hf_agree_key_pub(k, &peer);
	assert_memory_equal(peer.b, want, 32);
	hf_agree_key_free(k);
}

static void a_small_order_peer_is_refused(void **state)
{
	struct hf_agree_key *k = hf_agree_key_new();
	struct hf_agree_pub zero = {{0}}, one = {{1}};
	uint8_t shared[32] = {0x55};

	(void)state;
	assert_false(hf_agree(k, &zero, shared));
	assert_false(hf_agree(k, &one, shared));
	assert_int_equal(shared[0], 0x55);
	hf_agree_key_free(k);
}

static void only_the_recipient_opens_a_sealed_box(void **state)
{
	struct hf_agree_key *k = hf_agree_key_new(), *other = hf_agree_key_new();
	uint8_t sealed[6 + HF_SEAL_OVERHEAD], plain[6];
	struct hf_agree_pub pub;

	(void)state;
	hf_agree_key_pub(k, &pub);
	assert_true(hf_seal(&pub, "secret", 6, sealed));
	assert_true(hf_seal_open(k, sealed, sizeof(sealed), plain));
	assert_memory_equal(plain, "secret", 6);
	assert_false(hf_seal_open(other, sealed, sizeof(sealed), plain));
	for (size_t cut = 0; cut < sizeof(sealed); cut++)
		assert_false(hf_seal_open(k, sealed, cut, plain));
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_false(hf_seal_open(k, sealed, sizeof(sealed), plain));
		sealed[i] ^= 1;
	}
	hf_agree_key_free(k);
	hf_agree_key_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sealing_gives_the_published_bytes_and_opens_again),
	        cmocka_unit_test(in_place_works),
	        cmocka_unit_test(every_flipped_bit_is_refused_and_nothing_leaks),
	        cmocka_unit_test(another_key_or_cipher_is_refused),
	        cmocka_unit_test(nonces_are_laid_out_as_noise_says),
	        cmocka_unit_test(a_published_box_opens),
	        cmocka_unit_test(a_box_comes_back_and_never_looks_the_same),
	        cmocka_unit_test(agreement_gives_the_published_secrets),
	        cmocka_unit_test(a_small_order_peer_is_refused),
	        cmocka_unit_test(only_the_recipient_opens_a_sealed_box),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
