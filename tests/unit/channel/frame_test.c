/* frame_test.c - is anything but exactly one well-formed frame refused, at whatever byte it is cut or bent? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "channel/frame.h"
#include "crypto/crypto.h"

static const uint8_t id[HF_SESSION_ID] = {9, 8, 7, 6, 5, 4, 3, 2, 1};

static size_t build(uint8_t *out, enum hf_frame_kind kind, size_t len, size_t bulk)
{
	hf_frame_head(out, kind, id, 0x1122334455667788u, (uint32_t)len);
	memset(out + HF_FRAME_HEAD, 0xab, len + bulk);
	return HF_FRAME_HEAD + len + bulk;
}

static void reads_back_what_was_written(void **state)
{
	uint8_t buf[256];
	struct hf_frame f;
	size_t len = build(buf, HF_FRAME_REPLY, 40, 100);
	(void)state;
	assert_true(hf_frame_parse(buf, len, &f));
	assert_int_equal(f.kind, HF_FRAME_REPLY);
	assert_memory_equal(f.session, id, sizeof(id));
	assert_true(f.counter == 0x1122334455667788u);
	assert_int_equal(f.len, 40);
	assert_ptr_equal(f.data, buf + HF_FRAME_HEAD);
	assert_int_equal(f.bulk_len, 100);
	assert_ptr_equal(f.bulk, buf + HF_FRAME_HEAD + 40);
}

static void a_truncated_frame_is_refused_at_every_length(void **state)
{
	uint8_t buf[256];
	struct hf_frame f;
	size_t len = build(buf, HF_FRAME_RECORD, 60, 0);
	(void)state;
	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n + 1); /* so that a sanitizer sees each byte too many */
		memcpy(exact, buf, n);
		assert_false(hf_frame_parse(exact, n, &f));
		free(exact);
	}
	assert_true(hf_frame_parse(buf, len, &f));
}

static void a_forged_length_is_refused(void **state)
{
	static const uint32_t forged[] = {0, 15, 59, 61, 4097, 0x7fffffff, 0x80000000, 0xffffffe0, 0xffffffff};
	uint8_t buf[256];
	struct hf_frame f;
	size_t len = build(buf, HF_FRAME_RECORD, 60, 0);
	(void)state;
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		hf_put_u32(buf + 28, forged[i]);
		assert_false(hf_frame_parse(buf, len, &f));
	}
}

static void only_replies_carry_bulk_bytes(void **state)
{
	uint8_t buf[512];
	struct hf_frame f;
	(void)state;
	for (int kind = 0; kind < 256; kind++) {
		size_t len = build(buf, (enum hf_frame_kind)kind, 48, 16);
		assert_int_equal(hf_frame_parse(buf, len, &f), kind == HF_FRAME_REPLY);
		len = build(buf, (enum hf_frame_kind)kind, 48, 0);
		assert_int_equal(hf_frame_parse(buf, len, &f), kind >= HF_FRAME_HS1 && kind <= HF_FRAME_HINT);
	}
}

static void another_layout_is_refused(void **state)
{
	uint8_t buf[128];
	struct hf_frame f;
	size_t len = build(buf, HF_FRAME_HS1, 48, 0);
	(void)state;
	for (size_t at = 0; at < 3; at++) {
		buf[at] ^= 1;
		assert_false(hf_frame_parse(buf, len, &f));
		buf[at] ^= 1;
	}
	assert_true(hf_frame_parse(buf, len, &f));
}

static void garbage_is_refused(void **state)
{
	uint8_t buf[300];
	struct hf_frame f;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		hf_random(buf, sizeof(buf));
		assert_false(hf_frame_parse(buf, (size_t)i % sizeof(buf), &f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(reads_back_what_was_written),
	        cmocka_unit_test(a_truncated_frame_is_refused_at_every_length),
	        cmocka_unit_test(a_forged_length_is_refused),
	        cmocka_unit_test(only_replies_carry_bulk_bytes),
	        cmocka_unit_test(another_layout_is_refused),
	        cmocka_unit_test(garbage_is_refused),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
