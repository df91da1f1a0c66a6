/* keys_test.c - one scope one key, every part counts, parts cannot run into each other, an erased seed ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "masking/keys.h"

static const struct hf_mask_key root = {"the root of one organization"}, seed = {"the seed of one contract"};
static const struct hf_mask_scope base = {"tolls", "insurer", "grant-1", 3, "fpe"};

static struct hf_mask_key derive(const struct hf_mask_key *r, const struct hf_mask_key *s, struct hf_mask_scope scope)
{
	struct hf_mask_key key;

	assert_int_equal(hf_mask_key_derive(r, s, &scope, &key), HF_OK);
	return key;
}

static void test_every_part_counts(void **state)
{
	const struct hf_mask_key other = {"another"};
	const struct hf_mask_scope scopes[] = {
	        base,
	        {"toll", "insurer", "grant-1", 3, "fpe"},
	        {"tolls", "bank", "grant-1", 3, "fpe"},
	        {"tolls", "insurer", "grant-2", 3, "fpe"},
	        {"tolls", "insurer", "grant-1", 4, "fpe"},
	        {"tolls", "insurer", "grant-1", 3, "noise"},
	        {"tolls", NULL, "grant-1", 3, "fpe"},
	        {"tollsi", "nsurer", "grant-1", 3, "fpe"},
	        {"tolls", "insurergrant-1", NULL, 3, "fpe"},
	};
	struct hf_mask_key keys[sizeof(scopes) / sizeof(scopes[0]) + 3];
	char ids[sizeof(keys) / sizeof(keys[0])][HF_MASK_KEY_ID_TEXT];
	size_t n = sizeof(scopes) / sizeof(scopes[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		keys[i] = derive(&root, &seed, scopes[i]);
	keys[n++] = derive(&other, &seed, base);
	keys[n++] = derive(&root, &other, base);
	keys[n++] = derive(&root, NULL, base);
	for (size_t i = 0; i < n; i++) {
		hf_mask_key_id(&keys[i], ids[i]);
		assert_int_equal(strlen(ids[i]), HF_MASK_KEY_ID_TEXT - 1);
		for (size_t j = 0; j < i; j++) {
			assert_memory_not_equal(&keys[i], &keys[j], sizeof(keys[0]));
			assert_string_not_equal(ids[i], ids[j]);
		}
	}
}

static void test_the_same_again(void **state)
{
	const struct hf_mask_key a = derive(&root, &seed, base), b = derive(&root, &seed, base);

	(void)state;
	assert_memory_equal(&a, &b, sizeof(a));
}

static void test_long_parts_are_refused(void **state)
{
	char text[HF_MASK_SCOPE_TEXT_MAX + 2] = {0};
	struct hf_mask_scope scope = base;
	struct hf_mask_key key;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	scope.consumer = text;
	assert_int_equal(hf_mask_key_derive(&root, &seed, &scope, &key), HF_E_LIMIT);
	text[HF_MASK_SCOPE_TEXT_MAX] = 0;
	assert_int_equal(hf_mask_key_derive(&root, &seed, &scope, &key), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_part_counts),
	        cmocka_unit_test(test_the_same_again),
	        cmocka_unit_test(test_long_parts_are_refused),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
