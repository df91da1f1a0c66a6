/* siv_test.c - AES-SIV against the first example of RFC 5297, appendix A.1; a changed bit does not open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/siv.h"

static const uint8_t key[32] = {0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7, 0xf6, 0xf5,
                                0xf4, 0xf3, 0xf2, 0xf1, 0xf0, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5,
                                0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
static const uint8_t ad[24] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b,
                               0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27};
static const uint8_t plain[14] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};
static const uint8_t sealed[30] = {0x85, 0x63, 0x2d, 0x07, 0xc6, 0xe8, 0xf3, 0x7f, 0x95, 0x0a,
                                   0xcd, 0x32, 0x0a, 0x2e, 0xcc, 0x93, 0x40, 0xc0, 0x2b, 0x96,
                                   0x90, 0xc4, 0xdc, 0x04, 0xda, 0xef, 0x7f, 0x6a, 0xfe, 0x5c};

static void test_published_example(void **state)
{
	struct hf_siv *s = hf_siv_new(key, sizeof(key));
	uint8_t out[30], back[14];

	(void)state;
	assert_non_null(s);
	for (unsigned i = 0; i < 2; i++) { /* an object is used again */
		assert_true(hf_siv_seal(s, ad, sizeof(ad), plain, sizeof(plain), out));
		assert_memory_equal(out, sealed, sizeof(sealed));
		assert_true(hf_siv_open(s, ad, sizeof(ad), out, sizeof(out), back));
		assert_memory_equal(back, plain, sizeof(plain));
	}
	hf_siv_free(s);
}

static void test_what_was_changed_does_not_open(void **state)
{
	struct hf_siv *s = hf_siv_new(key, sizeof(key));
	uint8_t out[30], back[14];

	(void)state;
	for (size_t i = 0; i < sizeof(sealed) * 8; i++) {
		memcpy(out, sealed, sizeof(out));
		out[i / 8] ^= (uint8_t)(1u << (i % 8));
		assert_false(hf_siv_open(s, ad, sizeof(ad), out, sizeof(out), back));
	}
	assert_false(hf_siv_open(s, ad, sizeof(ad) - 1, sealed, sizeof(sealed), back));
	assert_false(hf_siv_open(s, ad, sizeof(ad), sealed, 15, back));
	assert_true(hf_siv_open(s, ad, sizeof(ad), sealed, sizeof(sealed), back));
	assert_null(hf_siv_new(key, 31));
	hf_siv_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_published_example),
	        cmocka_unit_test(test_what_was_changed_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
