/* password_test.c - password hashes, password keys and one-time codes. */
#include "unit/crypto/hex.h"

#include "crypto/password.h"
#include "vectors/text.h"

static const uint8_t *secret = (const uint8_t *)RFC6238_SECRET;
static const size_t secret_len = sizeof(RFC6238_SECRET) - 1;

/* DS-40 (the codes themselves): one-time passwords are among the techniques. */
static void one_time_codes_are_the_published_ones(void **state)
{
	int64_t step;

	(void)state;
	for (size_t i = 0; i < COUNT(rfc6238_vectors); i++) {
		int64_t t = rfc6238_vectors[i].time_s;

		assert_int_equal(hf_totp_code(secret, secret_len, t), rfc6238_vectors[i].code);
		assert_true(hf_totp_verify(secret, secret_len, t, rfc6238_vectors[i].code, &step));
		assert_int_equal(step, t / 30);
	}
}

static void a_code_holds_one_step_around_and_names_its_step(void **state)
{
	int64_t t = 1234567890, step = -7;
	uint32_t code = hf_totp_code(secret, secret_len, t);

	(void)state;
	assert_true(hf_totp_verify(secret, secret_len, t + 30, code, &step));
	assert_int_equal(step, t / 30);
	assert_true(hf_totp_verify(secret, secret_len, t - 30, code, &step));
	assert_int_equal(step, t / 30);
	step = -7;
	assert_false(hf_totp_verify(secret, secret_len, t + 60, code, &step));
	assert_false(hf_totp_verify(secret, secret_len, t - 60, code, &step));
	assert_false(hf_totp_verify(secret, secret_len, t, code ^ 1, &step));
	assert_false(hf_totp_verify(secret, secret_len, t, code + 1000000, &step));
	assert_false(hf_totp_verify((const uint8_t *)"12345678901234567891", 20, t, code, &step));
	assert_int_equal(step, -7);
}

static void only_the_password_verifies(void **state)
{
	char hash[HF_PASSWORD_HASH_BYTES], other[HF_PASSWORD_HASH_BYTES], full[HF_PASSWORD_HASH_BYTES];

	(void)state;
	assert_true(hf_password_hash("correct horse", hash));
	assert_memory_equal(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
	assert_true(hf_password_verify(hash, "correct horse"));
	assert_false(hf_password_verify(hash, "correct horsf"));
	assert_false(hf_password_verify(hash, ""));
	assert_false(hf_password_verify("", "correct horse"));
	assert_false(hf_password_verify("$argon2id$", "correct horse"));
	memset(full, 'a', sizeof(full));
	assert_false(hf_password_verify(full, "correct horse"));
	assert_true(hf_password_hash("correct horse", other));
	assert_string_not_equal(hash, other);
	hash[strlen(hash) - 2] ^= 1;
	assert_false(hf_password_verify(hash, "correct horse"));
}

static void a_key_depends_on_password_and_salt(void **state)
{
	uint8_t salt[16] = {1}, a[32], b[32];

	(void)state;
	assert_true(hf_password_key("pass", salt, a) && hf_password_key("pass", salt, b));
	assert_memory_equal(a, b, 32);
	assert_true(hf_password_key("past", salt, b));
	assert_memory_not_equal(a, b, 32);
	salt[15] = 1;
	assert_true(hf_password_key("pass", salt, b));
	assert_memory_not_equal(a, b, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_time_codes_are_the_published_ones),
	        cmocka_unit_test(a_code_holds_one_step_around_and_names_its_step),
	        cmocka_unit_test(only_the_password_verifies),
	        cmocka_unit_test(a_key_depends_on_password_and_salt),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
