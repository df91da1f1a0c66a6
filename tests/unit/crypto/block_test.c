/* block_test.c - AES blocks as FIPS 197 has them, alone and among others; nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/block.h"
#include "hex.h"
#include "vectors/aes.h"

static void test_fips_197(void **state)
{
	uint8_t key[32], plain[16], cipher[16], out[5 * 16];

	(void)state;
	unhex(aes_key, key, sizeof(key));
	unhex(aes_plain, plain, sizeof(plain));
	for (size_t i = 0; i < sizeof(aes_vectors) / sizeof(aes_vectors[0]); i++) {
		struct hf_block *b = hf_block_new(key, aes_vectors[i].key_len);

		assert_non_null(b);
		unhex(aes_vectors[i].cipher, cipher, sizeof(cipher));
		memset(out, 0, sizeof(out));
		memcpy(out + 48, plain, 16);
		assert_true(hf_block_encrypt(b, out, 5, out));
		assert_memory_equal(out + 48, cipher, 16);
		assert_memory_not_equal(out, cipher, 16);
		assert_memory_equal(out, out + 64, 16);
		assert_true(hf_block_encrypt(b, plain, 1, out));
		assert_memory_equal(out, cipher, 16);
		assert_true(hf_block_encrypt(b, NULL, 0, NULL));
		assert_false(hf_block_encrypt(b, out, (1u << 20) + 1, out));
		hf_block_free(b);
	}
	assert_null(hf_block_new(key, 20));
	hf_block_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_fips_197)};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
