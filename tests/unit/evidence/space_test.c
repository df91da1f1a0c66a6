/* space_test.c - does the chain of descriptors accept only what the space authority said, and remember whose key was
 * whose? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/evidence/space_builder.h"

struct fixture {
	struct sb_space *b;
	struct hf_space *s;
	struct hf_buf env;
	struct hf_fault f;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct hf_sign_pub root;
	assert_true(hf_crypto_init());
	x->b = sb_new(1);
	memcpy(root.b, x->b->root_pub, 32);
	x->s = hf_space_new(&root);
	hf_buf_init(&x->env, 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	hf_space_free(x->s);
	sb_free(x->b);
	hf_buf_done(&x->env);
	free(x);
	return 0;
}

static enum hf_err extend(struct fixture *x)
{
	x->f.text[0] = 0;
	return hf_space_extend(x->s, x->env.data, x->env.len, &x->f);
}

static void add_first(struct fixture *x)
{
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_OK);
}

static void test_first_descriptor(void **state)
{
	struct fixture *x = *state;
	struct hf_hash digest, expected;
	assert_null(hf_space_current(x->s));
	assert_string_equal(hf_space_id(x->s), "");
	add_first(x);
	assert_int_equal(hf_space_number(x->s), 1);
	assert_string_equal(hf_space_id(x->s), SB_SPACE);
	hf_envelope_digest(x->env.data, x->env.len, &expected);
	hf_space_digest(x->s, &digest);
	assert_true(hf_hash_equal(&digest, &expected));
	assert_true(hf_space_digest_at(x->s, 1, &digest));
	assert_false(hf_space_digest_at(x->s, 2, &digest));
	struct hf_bytes kept;
	assert_true(hf_space_envelope(x->s, 1, &kept));
	assert_int_equal(kept.len, x->env.len);
	assert_int_equal(extend(x), HF_OK); /* again: no news */
	assert_int_equal(hf_space_number(x->s), 1);
	assert_non_null(hf_space_member(x->s, "roads"));
	assert_null(hf_space_member(x->s, "nobody"));
}

static void test_wrong_signers(void **state)
{
	struct fixture *x = *state;
	sb_sign_with(x->b, x->b->next_root, "root", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE);
	sb_sign_with(x->b, x->b->root, "roads", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE);
	x->b->d.root_key = sb_bytes(x->b->next_root_pub, 32);
	sb_sign_with(x->b, x->b->next_root, "root", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE); /* not the root given out of band */
	assert_int_equal(hf_space_number(x->s), 0);
}

static void test_any_changed_bit_is_refused(void **state)
{
	struct fixture *x = *state;
	sb_sign(x->b, &x->env);
	for (size_t i = 0; i < x->env.len; i += 7) {
		x->env.data[i] ^= (uint8_t)(1u << i % 8);
		assert_int_not_equal(extend(x), HF_OK);
		assert_true(x->f.text[0] != 0);
		x->env.data[i] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(extend(x), HF_OK);
}

static void test_chain(void **state)
{
	struct fixture *x = *state;
	add_first(x);
	struct hf_buf first = HF_BUF_INIT;
	assert_true(hf_buf_add(&first, x->env.data, x->env.len));
	sb_next(x->b, &first);
	x->b->d.number = 3;
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_E_STATE); /* gap */
	x->b->d.number = 2;
	x->b->prev.b[0] ^= 1;
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_E_CONFLICT); /* follows something else */
	x->b->prev.b[0] ^= 1;
	x->b->header.space = (char *)(uintptr_t) "other.example";
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_E_WRONG_SPACE);
	x->b->header.space = (char *)(uintptr_t)SB_SPACE;
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_OK);
	assert_int_equal(hf_space_number(x->s), 2);
	/* Another number 2, signed by the same root: a contradiction. Signed by somebody else: only a bad signature. */
	x->b->d.not_after_ms++;
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_E_CONFLICT);
	sb_sign_with(x->b, x->b->next_root, "root", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE);
	hf_buf_done(&first);
}

static void test_root_rotation(void **state)
{
	struct fixture *x = *state;
	x->b->d.next_root_key = sb_bytes(x->b->next_root_pub, 32);
	add_first(x);
	sb_next(x->b, &x->env);
	x->b->d.root_key = sb_bytes(x->b->next_root_pub, 32);
	x->b->d.next_root_key.len = 0;
	sb_sign_with(x->b, x->b->root, "root", &x->env); /* names the new key, signed by the old one */
	assert_int_equal(extend(x), HF_E_SIGNATURE);
	sb_sign_with(x->b, x->b->next_root, "root", &x->env);
	assert_int_equal(extend(x), HF_OK);
	/* The old key is out now. */
	sb_next(x->b, &x->env);
	x->b->d.root_key = sb_bytes(x->b->root_pub, 32);
	sb_sign_with(x->b, x->b->root, "root", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE);
	assert_int_equal(hf_space_number(x->s), 2);
}

static void test_unannounced_root(void **state)
{
	struct fixture *x = *state;
	add_first(x);
	sb_next(x->b, &x->env);
	x->b->d.root_key = sb_bytes(x->b->next_root_pub, 32);
	sb_sign_with(x->b, x->b->next_root, "root", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE);
	assert_non_null(strstr(x->f.text, "not announced"));
}

static void test_revocation_key(void **state)
{
	struct fixture *x = *state;
	x->b->d.revocation_key = sb_bytes(x->b->revocation_pub, 32);
	add_first(x);
	sb_next(x->b, &x->env);
	sb_sign_with(x->b, x->b->revocation, "revocation", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE); /* adds nothing */
	sb_revoke(x->b, "port", NULL, SB_T0 + 1000);
	x->b->d.quorum = 4;
	sb_sign_with(x->b, x->b->revocation, "revocation", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE); /* changes more than revocations */
	x->b->d.quorum = 3;
	sb_sign_with(x->b, x->b->revocation, "root", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE); /* under the wrong name */
	sb_sign_with(x->b, x->b->revocation, "revocation", &x->env);
	assert_int_equal(extend(x), HF_OK);
	assert_int_equal(hf_space_standing(x->s, "port", SB_T0 + 999), HF_OK);
	assert_int_equal(hf_space_standing(x->s, "port", SB_T0 + 1000), HF_E_MEMBER_REVOKED);
	/* Not even the root takes it back. */
	sb_next(x->b, &x->env);
	x->b->d.n_revocations = 0;
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_E_FORMAT);
	assert_non_null(strstr(x->f.text, "takes a revocation back"));
}

static void test_revocation_key_must_be_announced(void **state)
{
	struct fixture *x = *state;
	add_first(x);
	sb_next(x->b, &x->env);
	sb_revoke(x->b, "port", NULL, SB_T0);
	sb_sign_with(x->b, x->b->revocation, "revocation", &x->env);
	assert_int_equal(extend(x), HF_E_SIGNATURE);
	assert_non_null(strstr(x->f.text, "no revocation key"));
}

/* Every rule of one descriptor, each broken alone. */
static void few_witnesses(struct sb_space *b)
{
	b->d.n_witnesses = 2;
	b->d.quorum = 2;
}
static void half_quorum(struct sb_space *b)
{
	b->d.quorum = 2;
}
static void large_quorum(struct sb_space *b)
{
	b->d.quorum = 5;
}
static void witness_twice(struct sb_space *b)
{
	b->witnesses[1] = b->witnesses[0];
}
static void foreign_witness(struct sb_space *b)
{
	b->witnesses[1] = (char *)(uintptr_t) "nobody";
}
static void witness_without_key(struct sb_space *b)
{
	b->member[SB_HUB].n_keys = HF_KEY_WITNESS - 1;
}
static void member_twice(struct sb_space *b)
{
	b->member[SB_HEALTH].id = b->member[SB_AUDIT].id;
}
static void unordered(struct sb_space *b)
{
	b->members[0] = &b->member[1];
	b->members[1] = &b->member[0];
}
static void shared_key(struct sb_space *b)
{
	b->mkey[SB_HUB][HF_KEY_WITNESS].public_key = b->mkey[SB_PORT][HF_KEY_WITNESS].public_key;
}
static void key_with_two_uses(struct sb_space *b)
{
	b->mkey[SB_HUB][HF_KEY_WITNESS].public_key = b->mkey[SB_HUB][HF_KEY_MIRROR].public_key;
}
static void root_as_member_key(struct sb_space *b)
{
	b->mkey[SB_HUB][HF_KEY_LOG].public_key = b->d.root_key;
}
static void two_keys_at_once(struct sb_space *b)
{
	b->mkey[SB_HUB][HF_KEY_RECOVERY].use = HF_KEY_LOG;
}
static void no_log_key(struct sb_space *b)
{
	b->mkey[SB_HUB][HF_KEY_LOG].use = HF_KEY_RECOVERY;
	b->mkey[SB_HUB][HF_KEY_RECOVERY].not_before_ms = SB_T0;
	b->mkey[SB_HUB][HF_KEY_LOG].not_after_ms = SB_T0;
}
static void shared_address(struct sb_space *b)
{
	b->addresses[SB_HUB][0] = b->addresses[SB_PORT][0];
}
static void bad_address(struct sb_space *b)
{
	b->addresses[SB_HUB][0] = (char *)(uintptr_t) "127.0.1.1:7400";
}
static void backward_validity(struct sb_space *b)
{
	b->d.not_before_ms = b->d.not_after_ms;
}
static void backward_membership(struct sb_space *b)
{
	b->member[SB_HUB].not_after_ms = 1;
}
static void bad_holiday(struct sb_space *b)
{
	static char *day[] = {(char *)(uintptr_t) "2026-13-01"};
	b->d.n_holidays = 1;
	b->d.holidays = day;
}
static void foreign_mirror(struct sb_space *b)
{
	static char *self[] = {(char *)(uintptr_t) "hub"};
	b->member[SB_HUB].n_mirrors = 1;
	b->member[SB_HUB].mirrors = self;
}
static void leading_threshold(struct sb_space *b)
{
	b->d.n_leading_group = 1;
	b->d.leading_group = b->witnesses;
	b->d.leading_threshold = 2;
}
static void no_members(struct sb_space *b)
{
	b->d.n_members = 0;
}
static void foreign_suite(struct sb_space *b)
{
	b->header.suite = HF_SUITE_GM_1;
}
static void no_space(struct sb_space *b)
{
	b->header.space = (char *)(uintptr_t) "";
}

static void test_rules(void **state)
{
	(void)state;
	static const struct {
		void (*bend)(struct sb_space *b);
		const char *reason;
	} rows[] = {
	        {few_witnesses, "at least 3"},
	        {half_quorum, "more than half"},
	        {large_quorum, "more than half"},
	        {witness_twice, "stands twice"},
	        {foreign_witness, "no member with a witness key"},
	        {witness_without_key, "no member with a witness key"},
	        {member_twice, "twice or out of order"},
	        {unordered, "twice or out of order"},
	        {shared_key, "have the same key"},
	        {key_with_two_uses, "have the same key"},
	        {root_as_member_key, "have the same key"},
	        {two_keys_at_once, "two log keys"},
	        {no_log_key, "no log key"},
	        {shared_address, "is given twice"},
	        {bad_address, "not tcp://HOST:PORT"},
	        {backward_validity, "ends before it begins"},
	        {backward_membership, "ends before it begins"},
	        {bad_holiday, "is no date"},
	        {foreign_mirror, "cannot be a mirror"},
	        {leading_threshold, "threshold"},
	        {no_members, "no member"},
	        {foreign_suite, "suite 2"},
	        {no_space, "does not name its space"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *one;
		setup(&one);
		struct fixture *x = one;
		rows[i].bend(x->b);
		sb_sign(x->b, &x->env);
		assert_int_not_equal(extend(x), HF_OK);
		if (strstr(x->f.text, rows[i].reason) == NULL)
			fail_msg("rule %zu: \"%s\" does not say \"%s\"", i, x->f.text, rows[i].reason);
		assert_int_equal(hf_space_number(x->s), 0);
		teardown(&one);
	}
}

static void test_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *address;
		bool good;
	} rows[] = {
	        {"tcp://127.0.1.9:7400", true}, {"tcp://[::1]:7400", true},       {"tcp://node.example:1", true},
	        {"ipc:///tmp/n.sock", true},    {"tcp://:7400", false},           {"tcp://127.0.0.1", false},
	        {"tcp://127.0.0.1:0", false},   {"tcp://127.0.0.1:65536", false}, {"tcp://127.0.0.1:7400/x", false},
	        {"tcp://a b:7400", false},      {"http://127.0.0.1:7400", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *one;
		setup(&one);
		struct fixture *x = one;
		x->b->addresses[SB_HUB][0] = (char *)(uintptr_t)rows[i].address;
		sb_sign(x->b, &x->env);
		if ((extend(x) == HF_OK) != rows[i].good)
			fail_msg("%s: %s", rows[i].address, x->f.text);
		teardown(&one);
	}
}

static void test_standing(void **state)
{
	struct fixture *x = *state;
	x->b->member[SB_HUB].not_after_ms = SB_T0 + 500;
	add_first(x);
	assert_int_equal(hf_space_standing(x->s, "nobody", SB_T0), HF_E_STRANGER);
	assert_int_equal(hf_space_standing(x->s, "roads", SB_T0), HF_OK);
	assert_int_equal(hf_space_standing(x->s, "hub", SB_T0 + 499), HF_OK);
	assert_int_equal(hf_space_standing(x->s, "hub", SB_T0 + 500), HF_E_MEMBER_EXPIRED);
	assert_int_equal(hf_space_standing(x->s, "hub", SB_T0 - 2 * SB_YEAR), HF_E_MEMBER_EXPIRED);
	x->b->member[SB_ROADS].not_after_ms = 0;
	sb_next(x->b, &x->env);
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_OK);
	assert_int_equal(hf_space_standing(x->s, "roads", SB_T0 + 2 * SB_YEAR), HF_E_OLD_DESCRIPTOR);
}

/* A replaced key stays good for what it signed in its time, and a revoked one for what it signed before. */
static void test_key_history(void **state)
{
	struct fixture *x = *state;
	uint8_t key[32], fresh_pub[32];
	struct hf_sign_key *fresh = sb_key(99, 99);
	sb_pub(fresh, fresh_pub);
	add_first(x);
	sb_next(x->b, &x->env);
	Hufu__MemberKey more = x->b->mkey[SB_ROADS][HF_KEY_ENVELOPE];
	x->b->mkey[SB_ROADS][HF_KEY_ENVELOPE].not_after_ms = SB_T0 + 1000;
	more.not_before_ms = SB_T0 + 1000;
	more.public_key = sb_bytes(fresh_pub, 32);
	x->b->mkeys[SB_ROADS][x->b->member[SB_ROADS].n_keys++] = &more;
	sb_revoke(x->b, "port", x->b->pub[SB_PORT][HF_KEY_WITNESS], SB_T0 + 7000);
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_OK);
	assert_true(hf_space_key(x->s, "roads", HF_KEY_ENVELOPE, SB_T0 + 999, key));
	assert_memory_equal(key, x->b->pub[SB_ROADS][HF_KEY_ENVELOPE], 32);
	assert_true(hf_space_key(x->s, "roads", HF_KEY_ENVELOPE, SB_T0 + 1000, key));
	assert_memory_equal(key, fresh_pub, 32);
	assert_false(hf_space_key(x->s, "roads", HF_KEY_ENVELOPE, SB_T0 - 2 * SB_YEAR, key));
	assert_true(hf_space_key(x->s, "port", HF_KEY_WITNESS, SB_T0 + 6999, key));
	assert_false(hf_space_key(x->s, "port", HF_KEY_WITNESS, SB_T0 + 7000, key));
	assert_true(hf_space_key(x->s, "port", HF_KEY_LOG, SB_T0 + 7000, key)); /* only the one key was revoked */
	/* A member that left: old signatures stay checkable. */
	sb_next(x->b, &x->env);
	x->b->members[SB_HEALTH] = &x->b->member[SB_HUB];
	x->b->members[SB_HUB] = &x->b->member[SB_PORT];
	x->b->members[SB_PORT] = &x->b->member[SB_ROADS];
	x->b->d.n_members = 4;
	sb_sign(x->b, &x->env);
	assert_int_equal(extend(x), HF_OK);
	assert_null(hf_space_member(x->s, "health"));
	assert_int_equal(hf_space_standing(x->s, "health", SB_T0), HF_E_STRANGER);
	assert_true(hf_space_key(x->s, "health", HF_KEY_ENVELOPE, SB_T0, key));
	hf_sign_key_free(fresh);
}

static void test_look_ups(void **state)
{
	struct fixture *x = *state;
	static char *roles[] = {(char *)(uintptr_t) "provider"};
	Hufu__Attribute region = HUFU__ATTRIBUTE__INIT, *attributes[] = {&region};
	region.name = (char *)(uintptr_t) "region";
	region.value = (char *)(uintptr_t) "north";
	x->b->member[SB_ROADS].n_roles = 1;
	x->b->member[SB_ROADS].roles = roles;
	x->b->member[SB_ROADS].n_attributes = 1;
	x->b->member[SB_ROADS].attributes = attributes;
	sb_revoke(x->b, "hub", x->b->pub[SB_HUB][HF_KEY_NOISE], SB_T0 + 10);
	add_first(x);
	assert_true(hf_space_has_role(x->s, "roads", "provider"));
	assert_false(hf_space_has_role(x->s, "roads", "auditor"));
	assert_false(hf_space_has_role(x->s, "hub", "provider"));
	assert_string_equal(hf_space_attribute(x->s, "roads", "region"), "north");
	assert_null(hf_space_attribute(x->s, "roads", "colour"));
	const Hufu__Member *m = hf_space_by_noise_key(x->s, x->b->pub[SB_ROADS][HF_KEY_NOISE], SB_T0);
	assert_non_null(m);
	assert_string_equal(m->id, "roads");
	assert_null(hf_space_by_noise_key(x->s, x->b->pub[SB_ROADS][HF_KEY_LOG], SB_T0));
	assert_non_null(hf_space_by_noise_key(x->s, x->b->pub[SB_HUB][HF_KEY_NOISE], SB_T0 + 9));
	assert_null(hf_space_by_noise_key(x->s, x->b->pub[SB_HUB][HF_KEY_NOISE], SB_T0 + 10));
	assert_true(hf_space_is_witness(x->s, "roads", "health"));
	assert_false(hf_space_is_witness(x->s, "roads", "roads")); /* its own cosignature never counts */
	assert_false(hf_space_is_witness(x->s, "health", "roads"));
}

static void test_origins(void **state)
{
	(void)state;
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_name node;
	hf_space_origin(SB_SPACE, "roads", origin);
	assert_string_equal(origin, SB_SPACE "/ledger/roads");
	assert_true(hf_space_origin_node(SB_SPACE, origin, &node));
	assert_string_equal(node.s, "roads");
	assert_false(hf_space_origin_node("other.example", origin, &node));
	assert_false(hf_space_origin_node(SB_SPACE, SB_SPACE "/witness/roads", &node));
	assert_false(hf_space_origin_node(SB_SPACE, SB_SPACE "/ledger/", &node));
	assert_false(hf_space_origin_node(SB_SPACE, SB_SPACE "/ledger/a/b", &node));
}

/* A Verification is as good as any payload: header and two fields. */
static Hufu__Envelope *signed_by(struct fixture *x, unsigned node, const char *issuer, const char *space,
                                 uint32_t suite, int64_t time_ms)
{
	Hufu__Header h = x->b->header;
	Hufu__MemberRequest rq = HUFU__MEMBER_REQUEST__INIT;
	struct hf_buf out = HF_BUF_INIT;
	h.issuer = (char *)(uintptr_t)issuer;
	h.space = (char *)(uintptr_t)space;
	h.suite = suite;
	h.time_ms = time_ms;
	rq.header = &h;
	rq.member = &x->b->member[0];
	assert_int_equal(hf_envelope_make_message(x->b->key[node][HF_KEY_ENVELOPE], issuer, HF_TYPE_MEMBER_REQUEST,
	                                          &rq.base, &out),
	                 HF_OK);
	Hufu__Envelope *e = HF_DECODE(envelope, out.data, out.len);
	assert_non_null(e);
	hf_buf_done(&out);
	return e;
}

static enum hf_err open_and_free(struct fixture *x, Hufu__Envelope *e, const char *type)
{
	struct hf_bytes payload;
	enum hf_err err = hf_space_open(x->s, e, type, &payload, &x->f);
	hf_decoded_free(e);
	return err;
}

static void test_open(void **state)
{
	struct fixture *x = *state;
	const char *type = HF_TYPE_MEMBER_REQUEST;
	sb_revoke(x->b, "port", x->b->pub[SB_PORT][HF_KEY_ENVELOPE], SB_T0 + 10);
	add_first(x);
	assert_int_equal(open_and_free(x, signed_by(x, SB_ROADS, "roads", SB_SPACE, 1, SB_T0), type), HF_OK);
	assert_int_equal(open_and_free(x, signed_by(x, SB_ROADS, "roads", SB_SPACE, 1, SB_T0), HF_TYPE_RECEIPT),
	                 HF_E_FORMAT);
	assert_int_equal(open_and_free(x, signed_by(x, SB_HUB, "roads", SB_SPACE, 1, SB_T0), type), HF_E_SIGNATURE);
	assert_int_equal(open_and_free(x, signed_by(x, SB_ROADS, "stranger", SB_SPACE, 1, SB_T0), type), HF_E_STRANGER);
	assert_int_equal(open_and_free(x, signed_by(x, SB_ROADS, "roads", "other.example", 1, SB_T0), type),
	                 HF_E_WRONG_SPACE);
	assert_int_equal(open_and_free(x, signed_by(x, SB_ROADS, "roads", "", 1, SB_T0), type), HF_E_WRONG_SPACE);
	assert_int_equal(open_and_free(x, signed_by(x, SB_ROADS, "roads", SB_SPACE, 2, SB_T0), type), HF_E_SUITE);
	assert_int_equal(open_and_free(x, signed_by(x, SB_ROADS, "roads", SB_SPACE, 1, SB_T0 + 2 * SB_YEAR), type),
	                 HF_E_SIGNATURE);
	assert_int_equal(open_and_free(x, signed_by(x, SB_PORT, "port", SB_SPACE, 1, SB_T0 + 9), type), HF_OK);
	assert_int_equal(open_and_free(x, signed_by(x, SB_PORT, "port", SB_SPACE, 1, SB_T0 + 10), type),
	                 HF_E_SIGNATURE);
	/* The signature's name must be the header's. */
	Hufu__Envelope *e = signed_by(x, SB_ROADS, "roads", SB_SPACE, 1, SB_T0);
	char *keyid = e->signatures[0]->keyid;
	e->signatures[0]->keyid = (char *)(uintptr_t) "hub";
	struct hf_bytes payload;
	assert_int_equal(hf_space_open(x->s, e, type, &payload, &x->f), HF_E_SIGNATURE);
	e->signatures[0]->keyid = keyid;
	Hufu__Signature *two[2] = {e->signatures[0], e->signatures[0]};
	e->signatures = two;
	e->n_signatures = 2;
	assert_int_equal(hf_space_open(x->s, e, type, &payload, &x->f), HF_E_SIGNATURE);
	hf_decoded_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_first_descriptor, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_wrong_signers, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_any_changed_bit_is_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_root_rotation, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_unannounced_root, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_revocation_key, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_revocation_key_must_be_announced, setup, teardown),
	        cmocka_unit_test(test_rules),
	        cmocka_unit_test(test_addresses),
	        cmocka_unit_test_setup_teardown(test_standing, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_key_history, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_look_ups, setup, teardown),
	        cmocka_unit_test(test_origins),
	        cmocka_unit_test_setup_teardown(test_open, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
