/* handshake_test.c - do two sides agree only when space, suite, cipher and versions are the same to both, and keys are
 * proved? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "channel/handshake.h"

static const uint8_t id[HF_SESSION_ID] = {7};

struct side {
	struct hf_agree_key *key;
	struct hf_handshake_local local;
	struct hf_handshake *h;
	struct hf_hello hello, peer;
};

struct bytes {
	uint8_t b[HF_FRAME_HANDSHAKE_MAX];
	size_t len;
};

static void side_init(struct side *s, const char *name, const char *space, uint16_t vmin, uint16_t vmax)
{
	memset(s, 0, sizeof(*s));
	s->key = hf_agree_key_new();
	s->local = (struct hf_handshake_local){s->key, space, vmin, vmax};
	assert_true(hf_name_parse(name, &s->hello.node));
	s->hello.time_ms = 1790000000000;
	s->hello.descriptor_number = 3;
	memset(s->hello.descriptor_digest, 0x5a, 32);
}

static void side_done(struct side *s)
{
	hf_handshake_free(s->h);
	hf_agree_key_free(s->key);
}

static void hs1(struct side *a, enum hf_aead_alg alg, struct bytes *m)
{
	a->h = hf_handshake_dial(&a->local, alg);
	assert_non_null(a->h);
	assert_int_equal(hf_handshake_write(a->h, NULL, m->b, &m->len), HF_OK);
}

static enum hf_err hs2(struct side *b, const struct bytes *m1, struct bytes *m2)
{
	HF_TRY(hf_handshake_answer(&b->local, m1->b, m1->len, &b->h));
	return hf_handshake_write(b->h, &b->hello, m2->b, &m2->len);
}

static enum hf_err hs3(struct side *a, const struct bytes *m2, struct bytes *m3)
{
	HF_TRY(hf_handshake_read(a->h, m2->b, m2->len, &a->peer));
	return hf_handshake_write(a->h, &a->hello, m3->b, &m3->len);
}

static void assert_speaks(struct hf_session *a, struct hf_session *b)
{
	uint8_t rec[HF_RECORD_OVERHEAD + 2] = {0};
	struct hf_frame f;
	size_t len;
	rec[HF_FRAME_HEAD] = 'o';
	assert_true(hf_session_seal(a, HF_FRAME_RECORD, NULL, rec, 2, NULL));
	assert_true(hf_frame_parse(rec, sizeof(rec), &f));
	assert_int_equal(hf_session_open(b, &f, NULL, &len), HF_OK);
	assert_int_equal(f.data[0], 'o');
}

static void assert_key(const struct hf_handshake *h, const struct side *of)
{
	struct hf_agree_pub proved, own;
	assert_true(hf_handshake_remote(h, &proved));
	hf_agree_key_pub(of->key, &own);
	assert_memory_equal(&proved, &own, sizeof(own));
}

/* DS-50: the suite is named in the first message, and either of its ciphers can be selected. */
static void both_sides_learn_the_other(void **state)
{
	static const enum hf_aead_alg algs[] = {HF_AEAD_AES256GCM, HF_AEAD_CHACHA20POLY1305};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct side a, b;
		struct bytes m;
		side_init(&a, "a", "space.example", 1, 1);
		side_init(&b, "b", "space.example", 1, 1);
		hs1(&a, algs[i], &m);
		assert_int_equal(hf_get_u32(m.b), HF_SUITE_INTL_1);
		assert_int_equal(hs2(&b, &m, &m), HF_OK);
		assert_int_equal(hs3(&a, &m, &m), HF_OK);
		assert_int_equal(hf_handshake_read(b.h, m.b, m.len, &b.peer), HF_OK);
		assert_string_equal(a.peer.node.s, "b");
		assert_string_equal(b.peer.node.s, "a");
		assert_int_equal(b.peer.descriptor_number, 3);
		assert_memory_equal(b.peer.descriptor_digest, a.hello.descriptor_digest, 32);
		assert_key(a.h, &b);
		assert_key(b.h, &a);
		struct hf_session *sa = hf_handshake_session(a.h, id, 0), *sb = hf_handshake_session(b.h, id, 0);
		assert_speaks(sa, sb);
		assert_speaks(sb, sa);
		hf_session_unref(sa);
		hf_session_unref(sb);
		side_done(&a);
		side_done(&b);
	}
}

static void the_highest_common_version_is_chosen(void **state)
{
	static const struct {
		uint16_t amin, amax, bmin, bmax;
		uint32_t chosen; /* 0: none */
	} rows[] = {{1, 1, 1, 1, 1}, {1, 3, 1, 2, 2}, {2, 5, 1, 9, 5},
	            {1, 1, 2, 3, 0}, {4, 9, 1, 3, 0}, {3, 3, 1, 3, 3}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct side a, b;
		struct bytes m;
		side_init(&a, "a", "s", rows[i].amin, rows[i].amax);
		side_init(&b, "b", "s", rows[i].bmin, rows[i].bmax);
		hs1(&a, HF_AEAD_AES256GCM, &m);
		enum hf_err e = hs2(&b, &m, &m);
		assert_int_equal(e, rows[i].chosen ? HF_OK : HF_E_VERSION);
		if (e == HF_OK) {
			assert_int_equal(hs3(&a, &m, &m), HF_OK);
			assert_int_equal(hf_handshake_version(a.h), rows[i].chosen);
			assert_int_equal(hf_handshake_version(b.h), rows[i].chosen);
		}
		side_done(&a);
		side_done(&b);
	}
}

/* DS-50: downgrade is refused. Whatever is changed in message 1 on the way, the handshake breaks: at the answerer, or
 * at the dialler. */
static void a_changed_offer_is_noticed(void **state)
{
	struct side b;
	(void)state;
	side_init(&b, "b", "s", 1, 3);
	for (size_t bit = 0, bits = 1; bit < bits; bit++) {
		struct side a;
		struct bytes m;
		side_init(&a, "a", "s", 1, 3);
		hs1(&a, HF_AEAD_AES256GCM, &m);
		bits = m.len * 8;
		m.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (hs2(&b, &m, &m) == HF_OK)
			assert_int_equal(hs3(&a, &m, &m), HF_E_SIGNATURE);
		hf_handshake_free(HF_TAKE(b.h));
		side_done(&a);
	}
	side_done(&b);
}

/* DS-50: a suite that is not offered here is refused by name, the GM suite too: this version does not have it. */
static void an_unknown_suite_or_cipher_is_refused(void **state)
{
	struct side a, b;
	struct bytes first, m;
	(void)state;
	side_init(&a, "a", "s", 1, 1);
	side_init(&b, "b", "s", 1, 1);
	hs1(&a, HF_AEAD_AES256GCM, &first);
	for (uint32_t suite = 0; suite < 300; suite++) {
		struct bytes bent = first;
		hf_put_u32(bent.b, suite);
		if (!hf_suite_usable(suite))
			assert_int_equal(hs2(&b, &bent, &m), HF_E_SUITE);
	}
	assert_false(hf_suite_usable(HF_SUITE_GM_1));
	for (unsigned alg = 0; alg < 256; alg++) {
		struct bytes bent = first;
		bent.b[4] = (uint8_t)alg;
		if (alg != HF_AEAD_AES256GCM && alg != HF_AEAD_CHACHA20POLY1305)
			assert_int_equal(hs2(&b, &bent, &m), HF_E_SUITE);
	}
	side_done(&a);
	side_done(&b);
}

static void another_space_is_refused(void **state)
{
	struct side a, b;
	struct bytes m;
	(void)state;
	side_init(&a, "a", "space.example", 1, 1);
	side_init(&b, "b", "space.exampl", 1, 1);
	hs1(&a, HF_AEAD_AES256GCM, &m);
	assert_int_equal(hs2(&b, &m, &m), HF_E_WRONG_SPACE);
	side_done(&a);
	side_done(&b);
}

static void malformed_messages_are_refused(void **state)
{
	struct side a, b;
	struct bytes m1, m2, m3;
	(void)state;
	side_init(&a, "a", "space", 1, 1);
	side_init(&b, "b", "space", 1, 1);
	hs1(&a, HF_AEAD_AES256GCM, &m1);
	for (size_t n = 0; n < m1.len; n++)
		assert_int_equal(hf_handshake_answer(&b.local, m1.b, n, &b.h), HF_E_FORMAT);
	assert_int_equal(hs2(&b, &m1, &m2), HF_OK);
	for (size_t n = 0; n < 3; n++) {
		struct side c;
		struct bytes own, cut = m2;
		static const size_t lens[] = {0, 31, 95};
		side_init(&c, "c", "space", 1, 1);
		hs1(&c, HF_AEAD_AES256GCM, &own);
		cut.len = lens[n];
		assert_int_equal(hs3(&c, &cut, &m3), HF_E_SIGNATURE);
		side_done(&c);
	}
	side_done(&a);
	side_done(&b);
}

/* Message 3 of one handshake is no use in another. */
static void a_replayed_message_3_is_refused(void **state)
{
	struct side a, b;
	struct bytes m1, m2, m3;
	(void)state;
	side_init(&a, "a", "s", 1, 1);
	side_init(&b, "b", "s", 1, 1);
	hs1(&a, HF_AEAD_AES256GCM, &m1);
	assert_int_equal(hs2(&b, &m1, &m2), HF_OK);
	assert_int_equal(hs3(&a, &m2, &m3), HF_OK);
	hf_handshake_free(b.h);
	b.h = NULL;
	assert_int_equal(hs2(&b, &m1, &m2), HF_OK);
	assert_int_equal(hf_handshake_read(b.h, m3.b, m3.len, &b.peer), HF_E_SIGNATURE);
	side_done(&a);
	side_done(&b);
}

static void an_ephemeral_key_of_low_order_is_refused(void **state)
{
	struct side a, b;
	struct bytes m;
	(void)state;
	side_init(&a, "a", "s", 1, 1);
	side_init(&b, "b", "s", 1, 1);
	hs1(&a, HF_AEAD_AES256GCM, &m);
	memset(m.b + m.len - 32, 0, 32);
	assert_int_not_equal(hs2(&b, &m, &m), HF_OK);
	side_done(&a);
	side_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_sides_learn_the_other),
	        cmocka_unit_test(the_highest_common_version_is_chosen),
	        cmocka_unit_test(a_changed_offer_is_noticed),
	        cmocka_unit_test(an_unknown_suite_or_cipher_is_refused),
	        cmocka_unit_test(another_space_is_refused),
	        cmocka_unit_test(malformed_messages_are_refused),
	        cmocka_unit_test(a_replayed_message_3_is_refused),
	        cmocka_unit_test(an_ephemeral_key_of_low_order_is_refused),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
