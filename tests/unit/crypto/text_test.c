/* text_test.c - base64, base32 and hex. */
#include "unit/crypto/hex.h"

#include "vectors/text.h"

static void base64_gives_the_published_texts_and_reads_them(void **state)
{
	char text[64];
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rfc4648_vectors); i++) {
		const char *in = rfc4648_vectors[i].bytes;
		size_t len = 99;

		assert_int_equal(hf_base64(in, strlen(in), text), strlen(rfc4648_vectors[i].base64));
		assert_string_equal(text, rfc4648_vectors[i].base64);
		assert_true(hf_base64_decode(text, strlen(text), bytes, &len));
		assert_int_equal(len, strlen(in));
		assert_memory_equal(bytes, in, len);
	}
}

static void base64_refuses_every_other_spelling(void **state)
{
	static const char *const bad[] = {
	        "Zg",   "Zg=",  "Zg===", "Zh==", "Zm9=",     "Zm9vYg= =", "Zm 9v",      "Zm9v\n",  "Zm9-",
	        "Zm9_", "=m9v", "Z===",  "====", "Zg==Zg==", "Zm9v=",     "\xc3\xa4==", "Zm9vYmF", "Zm=v",
	};
	uint8_t bytes[64] = {7};
	size_t len = 99;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(hf_base64_decode(bad[i], strlen(bad[i]), bytes, &len));
	assert_false(hf_base64_decode("Zg=\0", 4, bytes, &len));
	assert_int_equal(bytes[0], 7);
	assert_int_equal(len, 99);
}

static void base64_of_every_byte_comes_back(void **state)
{
	uint8_t all[256], back[258];
	char text[HF_BASE64_LEN(256) + 1];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i * 151 + 3);
	for (size_t n = 0; n <= sizeof(all); n++) {
		assert_true(hf_base64_decode(text, hf_base64(all, n, text), back, &len));
		assert_int_equal(len, n);
		assert_memory_equal(back, all, n);
	}
}

static void base32_gives_the_published_texts(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rfc4648_vectors); i++) {
		hf_base32(rfc4648_vectors[i].bytes, strlen(rfc4648_vectors[i].bytes), text);
		assert_string_equal(text, rfc4648_vectors[i].base32);
	}
}

static void hex_is_exact(void **state)
{
	uint8_t bytes[3] = {9, 9, 9};
	char text[7];

	(void)state;
	assert_true(hf_hex_decode("00aBfF", 6, bytes, 3));
	hf_hex(bytes, 3, text);
	assert_string_equal(text, "00abff");
	assert_false(hf_hex_decode("00abf", 5, bytes, 3));
	assert_false(hf_hex_decode("00abff", 6, bytes, 2));
	assert_false(hf_hex_decode("00abfg", 6, bytes, 3));
	assert_false(hf_hex_decode("00 bff", 6, bytes, 3));
	assert_int_equal(bytes[2], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(base64_gives_the_published_texts_and_reads_them),
	        cmocka_unit_test(base64_refuses_every_other_spelling),
	        cmocka_unit_test(base64_of_every_byte_comes_back),
	        cmocka_unit_test(base32_gives_the_published_texts),
	        cmocka_unit_test(hex_is_exact),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
