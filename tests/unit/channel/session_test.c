/* session_test.c - are records opened exactly once, in any order within the window, and never when a bit of them was
 * changed? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "channel/session.h"

static const uint8_t id[HF_SESSION_ID] = {1, 2, 3};
static const enum hf_aead_alg algs[] = {HF_AEAD_AES256GCM, HF_AEAD_CHACHA20POLY1305};

struct two {
	struct hf_session *a, *b;
};

static struct two two_new(enum hf_aead_alg alg)
{
	uint8_t one[32], other[32];
	hf_random(one, sizeof(one));
	hf_random(other, sizeof(other));
	struct two t = {hf_session_new(alg, id, one, other, 0), hf_session_new(alg, id, other, one, 0)};
	assert_non_null(t.a);
	assert_non_null(t.b);
	return t;
}

static void two_free(struct two t)
{
	hf_session_unref(t.a);
	hf_session_unref(t.b);
}

#define TEXT "a request"
#define LEN (sizeof(TEXT) + HF_RECORD_OVERHEAD)

static uint64_t make(struct hf_session *s, enum hf_frame_kind kind, const uint64_t *reply_to, uint8_t out[LEN])
{
	uint64_t counter;
	memcpy(out + HF_FRAME_HEAD, TEXT, sizeof(TEXT));
	assert_true(hf_session_seal(s, kind, reply_to, out, sizeof(TEXT), &counter));
	return counter;
}

/* Opens a copy. */
static enum hf_err try_open(struct hf_session *s, const uint8_t rec[LEN], const uint64_t *reply_to)
{
	uint8_t copy[LEN];
	struct hf_frame f;
	size_t len;
	memcpy(copy, rec, LEN);
	if (!hf_frame_parse(copy, LEN, &f))
		return HF_E_FORMAT;
	HF_TRY(hf_session_open(s, &f, reply_to, &len));
	assert_int_equal(len, sizeof(TEXT));
	assert_memory_equal(f.data, TEXT, sizeof(TEXT));
	return HF_OK;
}

/* DS-50: tampered record detected, in both ciphers of the suite. */
static void a_record_with_any_bit_changed_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct two t = two_new(algs[i]);
		uint8_t rec[LEN];
		make(t.a, HF_FRAME_RECORD, NULL, rec);
		for (size_t bit = 0; bit < LEN * 8; bit++) {
			rec[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_not_equal(try_open(t.b, rec, NULL), HF_OK);
			rec[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_int_equal(try_open(t.b, rec, NULL), HF_OK);
		two_free(t);
	}
}

static void a_record_is_opened_once(void **state)
{
	struct two t = two_new(algs[0]);
	uint8_t rec[LEN];
	(void)state;
	make(t.a, HF_FRAME_RECORD, NULL, rec);
	assert_int_equal(try_open(t.b, rec, NULL), HF_OK);
	assert_int_equal(try_open(t.b, rec, NULL), HF_E_REPLAY);
	two_free(t);
}

static void a_record_is_not_opened_by_its_maker(void **state)
{
	struct two t = two_new(algs[1]);
	uint8_t rec[LEN];
	(void)state;
	make(t.a, HF_FRAME_RECORD, NULL, rec);
	assert_int_equal(try_open(t.a, rec, NULL), HF_E_SIGNATURE);
	two_free(t);
}

static void records_may_arrive_out_of_order_within_the_window(void **state)
{
	enum { N = 1500 };
	struct two t = two_new(algs[0]);
	uint8_t(*recs)[LEN] = calloc(N, LEN);
	(void)state;
	for (size_t i = 0; i < N; i++)
		make(t.a, HF_FRAME_RECORD, NULL, recs[i]);
	for (size_t i = N; i-- > 0;)
		assert_int_equal(try_open(t.b, recs[i], NULL), HF_OK);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(try_open(t.b, recs[i], NULL), HF_E_REPLAY);
	free(recs);
	two_free(t);
}

static void a_reply_belongs_to_its_request(void **state)
{
	struct two t = two_new(algs[0]);
	uint8_t one[LEN], reply[LEN];
	(void)state;
	uint64_t first = make(t.a, HF_FRAME_RECORD, NULL, one), second = make(t.a, HF_FRAME_RECORD, NULL, one);
	make(t.b, HF_FRAME_REPLY, &first, reply);
	assert_int_equal(try_open(t.a, reply, &second), HF_E_SIGNATURE);
	assert_int_equal(try_open(t.a, reply, NULL), HF_E_SIGNATURE);
	assert_int_equal(try_open(t.a, reply, &first), HF_OK);
	two_free(t);
}

/* The window against a list of what was seen. */
static void the_window_agrees_with_a_list(void **state)
{
	enum { SPAN = 20000 };
	struct hf_window w = {0};
	bool *seen = calloc(SPAN, sizeof(bool));
	uint64_t highest = 0, x = 88172645463325252ull;
	bool any = false;
	(void)state;
	for (int i = 0; i < 60000; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		uint64_t c = (uint64_t)i / 4 + x % 5000;
		if (c >= SPAN)
			continue;
		bool may = !seen[c] && (!any || c > highest || highest + 1 - c <= HF_WINDOW_BITS - 64);
		assert_int_equal(hf_window_may(&w, c), may);
		if (!may)
			continue;
		hf_window_mark(&w, c);
		seen[c] = any = true;
		highest = c > highest ? c : highest;
	}
	free(seen);
}

static void the_window_takes_jumps_and_the_last_counters(void **state)
{
	struct hf_window w = {0};
	(void)state;
	assert_true(hf_window_may(&w, 0));
	hf_window_mark(&w, 0);
	assert_false(hf_window_may(&w, 0));
	hf_window_mark(&w, UINT64_MAX / 2);
	assert_false(hf_window_may(&w, 0));
	assert_false(hf_window_may(&w, UINT64_MAX / 2));
	assert_true(hf_window_may(&w, UINT64_MAX / 2 - 1));
	assert_true(hf_window_may(&w, UINT64_MAX - 2));
	hf_window_mark(&w, UINT64_MAX - 2);
	assert_false(hf_window_may(&w, UINT64_MAX - 2));
	assert_false(hf_window_may(&w, UINT64_MAX - 1));
	assert_false(hf_window_may(&w, UINT64_MAX));
}

static void a_session_ends_by_time_and_by_volume(void **state)
{
	struct two t = two_new(algs[0]);
	uint8_t rec[LEN];
	(void)state;
	assert_false(hf_session_over(t.a, 999, 1000, 1000));
	assert_true(hf_session_over(t.a, 1000, 1000, 1000));
	for (int i = 0; i < 18; i++)
		make(t.a, HF_FRAME_RECORD, NULL, rec);
	assert_true(hf_session_over(t.a, 1, 1000, 1000));
	two_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_record_with_any_bit_changed_is_refused),
	        cmocka_unit_test(a_record_is_opened_once),
	        cmocka_unit_test(a_record_is_not_opened_by_its_maker),
	        cmocka_unit_test(records_may_arrive_out_of_order_within_the_window),
	        cmocka_unit_test(a_reply_belongs_to_its_request),
	        cmocka_unit_test(the_window_agrees_with_a_list),
	        cmocka_unit_test(the_window_takes_jumps_and_the_last_counters),
	        cmocka_unit_test(a_session_ends_by_time_and_by_volume),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
