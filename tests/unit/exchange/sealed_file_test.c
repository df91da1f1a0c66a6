/* The form of data at rest (DS-85): what is opened is what was sealed, in its place, under its key, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exchange/sealed_file.h"

static const uint8_t level_key[32] = "level two", slot[32] = "a slot", other[32] = "another one";

static struct hf_sealed_head head_of(uint8_t wrapping[32])
{
	struct hf_sealed_head h = {.suite = HF_SUITE_INTL_1,
	                           .level = 2,
	                           .chunk_bytes = HF_MAX_CHUNK,
	                           .transfer = {{1, 2, 3}},
	                           .slot = UINT64_MAX - 1};
	uint8_t key[HF_SEALED_KEY] = "the data key";
	hf_sealed_wrapping_key(level_key, slot, &h.transfer, wrapping);
	assert_true(hf_sealed_wrap(&h, wrapping, key));
	return h;
}

static void a_head_comes_back_and_every_other_byte_is_another_head(void **state)
{
	(void)state;
	uint8_t wrapping[32], bytes[HF_SEALED_HEAD], again[HF_SEALED_HEAD], key[HF_SEALED_KEY];
	struct hf_sealed_head h = head_of(wrapping), back;
	hf_sealed_head_encode(&h, bytes);
	assert_true(hf_sealed_head_decode(bytes, sizeof(bytes), &back));
	hf_sealed_head_encode(&back, again);
	assert_memory_equal(bytes, again, sizeof(bytes));
	assert_true(hf_sealed_unwrap(&back, wrapping, key));
	assert_string_equal((char *)key, "the data key");
	assert_false(hf_sealed_head_decode(bytes, sizeof(bytes) - 1, &back));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 0x10;
		if (hf_sealed_head_decode(bytes, sizeof(bytes), &back))
			assert_false(hf_sealed_unwrap(&back, wrapping, key));
		bytes[i] ^= 0x10;
	}
}

/* DS-126: the key differs by level. */
static void another_level_slot_or_transfer_opens_nothing(void **state)
{
	(void)state;
	uint8_t wrapping[32], wrong[32], key[HF_SEALED_KEY];
	struct hf_sealed_head h = head_of(wrapping);
	struct hf_id transfer = {{9}};
	hf_sealed_wrapping_key(other, slot, &h.transfer, wrong);
	assert_false(hf_sealed_unwrap(&h, wrong, key));
	hf_sealed_wrapping_key(level_key, other, &h.transfer, wrong);
	assert_false(hf_sealed_unwrap(&h, wrong, key));
	hf_sealed_wrapping_key(level_key, slot, &transfer, wrong);
	assert_false(hf_sealed_unwrap(&h, wrong, key));
	assert_true(hf_sealed_unwrap(&h, wrapping, key));
}

/* nonce, ciphertext, tag as they lie in the file */
static void seal(struct hf_aead *a, const struct hf_id *id, uint64_t index, const char *text, uint8_t *out)
{
	uint8_t ends[HF_SEALED_OVER];
	size_t len = strlen(text);
	memcpy(out + HF_SEALED_NONCE, text, len);
	assert_true(hf_sealed_chunk_seal(a, id, index, out + HF_SEALED_NONCE, len, out + HF_SEALED_NONCE, ends));
	memcpy(out, ends, HF_SEALED_NONCE);
	memcpy(out + HF_SEALED_NONCE + len, ends + HF_SEALED_NONCE, HF_AEAD_TAG_BYTES);
}

static void a_chunk_opens_in_its_place_only_and_whole(void **state)
{
	(void)state;
	static const char text[] = "CA1234,2026-03-02,17\n";
	enum { LEN = sizeof(text) - 1, ALL = LEN + HF_SEALED_OVER };
	const uint8_t key[32] = "k";
	struct hf_aead *a = hf_aead_new(HF_AEAD_AES256GCM, key);
	struct hf_id id = {{7}}, foreign = {{8}};
	uint8_t sealed[ALL], twice[ALL], plain[ALL];
	seal(a, &id, 3, text, sealed);
	assert_null(memmem(sealed, ALL, "CA1234", 6));
	assert_true(hf_sealed_chunk_open(a, &id, 3, sealed, ALL, plain));
	assert_memory_equal(plain, text, LEN);
	assert_false(hf_sealed_chunk_open(a, &id, 4, sealed, ALL, plain));
	assert_false(hf_sealed_chunk_open(a, &foreign, 3, sealed, ALL, plain));
	for (size_t len = 0; len < ALL; len++)
		assert_false(hf_sealed_chunk_open(a, &id, 3, sealed, len, plain));
	for (size_t i = 0; i < ALL; i++) {
		sealed[i] ^= 1;
		assert_false(hf_sealed_chunk_open(a, &id, 3, sealed, ALL, plain));
		sealed[i] ^= 1;
	}
	seal(a, &id, 3, text, twice); /* again after a crash: never the same nonce under one key */
	assert_memory_not_equal(sealed, twice, HF_SEALED_NONCE);
	hf_aead_free(a);
}

static void the_last_chunk_is_always_there_and_short(void **state)
{
	(void)state;
	assert_int_equal(hf_sealed_chunks(0), 1);
	assert_int_equal(hf_sealed_bytes(0), HF_SEALED_HEAD + HF_SEALED_OVER);
	assert_int_equal(hf_sealed_chunks(HF_MAX_CHUNK - 1), 1);
	assert_int_equal(hf_sealed_chunks(HF_MAX_CHUNK), 2);
	assert_int_equal(hf_sealed_bytes(HF_MAX_CHUNK), hf_sealed_place(1) + HF_SEALED_OVER);
	assert_int_equal(hf_sealed_place(0), HF_SEALED_HEAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_head_comes_back_and_every_other_byte_is_another_head),
	        cmocka_unit_test(another_level_slot_or_transfer_opens_nothing),
	        cmocka_unit_test(a_chunk_opens_in_its_place_only_and_whole),
	        cmocka_unit_test(the_last_chunk_is_always_there_and_short),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
