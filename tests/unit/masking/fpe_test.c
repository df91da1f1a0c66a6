/*
 * fpe_test.c - format-preserving techniques: values of every format stay values of it, go back by key, stay apart, and
 * what is not of the type never comes through (MK-13, MK-67).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "masking/codes.h"
#include "masking/formats/format.h"
#include "masking/technique.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MANY 4

static const struct hf_mask_key key = {"the key of one consumer"}, other_key = {"the key of another"};

/* Values with right check digits, of each kind that a format knows. */
static const struct sample {
	const char *type;
	const char *values[MANY];
} samples[] = {
        {"cn.resident-id", {"11010519491231002X", "440524199001010018", "440524202402299988", "110105491231002"}},
        {"cn.driving-licence", {"11010519491231002X"}},
        {"cn.passport", {"E12345678", "EA1234567", "G12345678"}},
        {"cn.travel-permit", {"H12345678", "M1234567890"}},
        {"cn.driver-file", {"110012345678"}},
        {"cn.mobile", {"13800138000", "+86 138-0013-8000", "8613800138000"}},
        {"cn.landline", {"010-62345678", "(0755)2345678"}},
        {"phone", {"+1 212 555 0123", "+49 30 1234567"}},
        {"cn.bank-card", {"6222021234567890128", "4111111111111111", "4111 1111 1111 1111"}},
        {"payment-card", {"5555555555554444", "378282246310005"}},
        {"iban", {"GB82WEST12345698765432", "DE89370400440532013000"}},
        {"cn.plate", {"京A12345", "沪AD12345", "粤B12345D", "京A1234警"}},
        {"vin", {"1M8GDM9AXKP042788"}},
        {"cn.credit-code", {"91350100M000100Y43"}},
        {"cn.organization-code", {"D2143569X", "D2143569-X"}},
        {"cn.etc-card", {"11012345678901234567"}},
        {"cn.transport-certificate", {"110105012345"}},
        {"waybill", {"SF1234567890123"}},
        {"mmsi", {"413012345"}},
        {"mac", {"00:1A:2B:3C:4D:5E", "001a.2b3c.4d5e"}},
};

static struct hf_masker *open_fpe(const char *technique, const char *type, const struct hf_mask_key *k,
                                  enum hf_engine engine)
{
	static struct hf_mask_use uses[8]; /* lent to what is open */
	static unsigned at;
	struct hf_mask_use *use = &uses[at++ % COUNT(uses)];
	struct hf_masker *m = NULL;
	struct hf_fault f = {0};

	*use = (struct hf_mask_use){.type = type, .key = k, .engine = engine};
	if (hf_masker_open(hf_technique_named(technique), use, &f, &m) != HF_OK)
		fail_msg("%s", f.text);
	return m;
}

/* Masks (or unmasks) count values in batches; what comes out is copied to ret, 32 bytes each, "" for null. */
static uint64_t run(struct hf_masker *m, const struct hf_bytes *in, size_t count, bool back, char (*ret)[40])
{
	struct hf_bytes *out = calloc(count, sizeof(*out));
	struct hf_mask_batch b = {.in = in, .out = out, .count = count};
	struct hf_fault f = {0};
	struct hf_arena arena;

	assert_non_null(out);
	hf_arena_init(&arena, NULL, 0);
	b.arena = &arena;
	if ((back ? hf_masker_unmask(m, &b, &f) : hf_masker_mask(m, &b, &f)) != HF_OK)
		fail_msg("%s", f.text);
	for (size_t i = 0; i < count; i++) {
		assert_true(out[i].len < 40);
		if (out[i].data)
			memcpy(ret[i], out[i].data, out[i].len);
		ret[i][out[i].len] = 0;
	}
	hf_arena_done(&arena);
	free(out);
	return b.unreadable;
}

static struct hf_bytes bytes(const char *text)
{
	return (struct hf_bytes){(const uint8_t *)text, strlen(text)};
}

/* The same characters at the same places, as far as their classes go. */
static void same_shape(const char *a, const char *b)
{
	assert_int_equal(strlen(a), strlen(b));
	for (; *a; a++, b++) {
		const bool digit_a = *a >= '0' && *a <= '9', digit_b = *b >= '0' && *b <= '9';

		if ((uint8_t)*a >= 0x80 || *a == ' ' || *a == '-' || *a == ':' || *a == '(' || *a == '+')
			assert_int_equal(*a, *b);
		else
			assert_true(digit_b || (*b >= 'A' && *b <= 'Z') || (*b >= 'a' && *b <= 'f') ||
			            digit_a == digit_b);
	}
}

static void test_every_format_there_and_back(void **state)
{
	size_t formats;

	(void)state;
	hf_formats(&formats);
	assert_int_equal(formats, COUNT(samples)); /* a new format needs its sample here */
	for (enum hf_engine e = HF_ENGINE_FF1; e <= HF_ENGINE_SWAP_OR_NOT; e++) {
		for (size_t i = 0; i < COUNT(samples); i++) {
			struct hf_masker *m = open_fpe("fpe", samples[i].type, &key, e);
			struct hf_masker *other = open_fpe("fpe", samples[i].type, &other_key, e);

			for (size_t j = 0; j < MANY && samples[i].values[j]; j++) {
				const struct hf_bytes v = bytes(samples[i].values[j]);
				char masked[1][40], again[1][40], back[1][40];
				struct hf_ranked r;

				if (v.len == 0)
					continue;
				assert_int_equal(run(m, &v, 1, false, masked), 0);
				same_shape(samples[i].values[j], masked[0]);
				assert_string_not_equal(masked[0], samples[i].values[j]);
				/* A value of the type: it is read again, check digits and all. */
				assert_true(hf_format_named(samples[i].type)
				                    ->read(&(struct hf_bytes){(uint8_t *)masked[0], v.len}, &r));
				run(other, &v, 1, false, again);
				assert_string_not_equal(masked[0], again[0]);
				const struct hf_bytes out = bytes(masked[0]);
				assert_int_equal(run(m, &out, 1, true, back), 0);
				assert_string_equal(back[0], samples[i].values[j]);
			}
			hf_masker_close(m);
			hf_masker_close(other);
		}
	}
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 40);
}

/* A million mobile numbers: all different afterwards, all mobile numbers of the same prefixes, all come back. */
static void test_a_million_stay_apart(void **state)
{
	enum { N = 1000000, BATCH = 1000 };
	struct hf_masker *m = open_fpe("fpe", "cn.mobile", &key, HF_ENGINE_FF1);
	char(*out)[40] = calloc(N, sizeof(*out)), back[BATCH][40], text[BATCH][12];
	struct hf_bytes in[BATCH];

	(void)state;
	assert_non_null(out);
	for (unsigned at = 0; at < N; at += BATCH) {
		for (unsigned i = 0; i < BATCH; i++) {
			snprintf(text[i], sizeof(text[i]), "138%08u", (at + i) * 7);
			in[i] = bytes(text[i]);
		}
		assert_int_equal(run(m, in, BATCH, false, out + at), 0);
		for (unsigned i = 0; i < BATCH; i++) {
			assert_memory_equal(out[at + i], "138", 3);
			assert_int_equal(strspn(out[at + i], "0123456789"), 11);
			in[i] = bytes(out[at + i]);
		}
		run(m, in, BATCH, true, back);
		for (unsigned i = 0; i < BATCH; i++)
			assert_string_equal(back[i], text[i]);
	}
	qsort(out, N, sizeof(*out), compare);
	for (unsigned i = 1; i < N; i++)
		assert_memory_not_equal(out[i - 1], out[i], 12);
	free(out);
	hf_masker_close(m);
}

/* In a batch of cards of several lengths, and alone, a value gives the same. */
static void test_batches_do_not_matter(void **state)
{
	static const char *const cards[] = {"4111111111111111", "378282246310005", "5555555555554444", "4222222222222"};
	struct hf_masker *m = open_fpe("fpe", "payment-card", &key, HF_ENGINE_FF1);
	struct hf_bytes in[1001];
	char together[1001][40], alone[1][40];

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++)
		in[i] = i % 5 == 4 ? (struct hf_bytes){NULL, 0} : bytes(cards[i % 5]);
	assert_int_equal(run(m, in, COUNT(in), false, together), 0);
	for (size_t i = 0; i < 4; i++) {
		run(m, &in[i], 1, false, alone);
		assert_true(hf_code_luhn_ok((uint8_t *)alone[0], strlen(alone[0])));
		for (size_t j = i; j < COUNT(in); j += 5)
			assert_string_equal(together[j], alone[0]);
	}
	assert_string_equal(together[4], ""); /* null stays null */
	hf_masker_close(m);
}

/* What is not of the type becomes null and is counted; nothing comes through as it was. */
static void test_what_is_not_of_the_type(void **state)
{
	static const struct {
		const char *type, *value;
	} wrong[] = {
	        {"cn.mobile", "138001380"},
	        {"cn.mobile", "13800138000x"},
	        {"cn.mobile", ""},
	        {"cn.resident-id", "110105194912310021"}, /* the check is X */
	        {"cn.resident-id", "11010519490231002X"}, /* no such day */
	        {"cn.bank-card", "4111111111111112"},
	        {"iban", "GB83WEST12345698765432"},
	        {"vin", "1M8GDM9A1KP042788"},
	        {"cn.credit-code", "91350100M000100Y44"},
	        {"cn.plate", "京AI2345"},
	        {"mac", "00:1A:2B:3C:4D"},
	        {"waybill", "a value that is far longer than any code there is, sixty-four bytes 123456789"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct hf_masker *m = open_fpe("fpep", wrong[i].type, &key, HF_ENGINE_FF1);
		const struct hf_bytes v = bytes(wrong[i].value);
		char out[1][40];

		assert_int_equal(run(m, &v, 1, false, out), 1);
		assert_string_equal(out[0], "");
		hf_masker_close(m);
	}
}

static void test_opening_is_refused(void **state)
{
	const struct hf_technique *fpe = hf_technique_named("fpe");
	struct hf_mask_use use = {.type = "imo", .key = &key, .engine = HF_ENGINE_FF1};
	const struct hf_arg unknown = {"strength", "9"};
	struct hf_masker *m = NULL;
	struct hf_mask_batch none = {0};
	struct hf_fault f = {0};

	(void)state;
	assert_int_equal(hf_masker_open(fpe, &use, &f, &m), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "no format for the type 'imo'"));
	use.type = "cn.mobile";
	use.key = NULL;
	assert_int_equal(hf_masker_open(fpe, &use, &f, &m), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "needs a key"));
	use.key = &key;
	use.args = &unknown;
	use.arg_count = 1;
	assert_int_equal(hf_masker_open(fpe, &use, &f, &m), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "no parameter 'strength'"));
	assert_null(m);
	m = open_fpe("fpep", "cn.mobile", &key, HF_ENGINE_FF1);
	assert_int_equal(hf_masker_unmask(m, &none, &f), HF_E_UNSUPPORTED);
	hf_masker_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_format_there_and_back), cmocka_unit_test(test_a_million_stay_apart),
	        cmocka_unit_test(test_batches_do_not_matter),       cmocka_unit_test(test_what_is_not_of_the_type),
	        cmocka_unit_test(test_opening_is_refused),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
