/*
 * rotation_test.c - the life of a log's key, as an outsider sees it: a folder, a proof and a tally across a rotation
 * and a compromise, key-change entries that are not what they should be, and clocks that do not agree with the
 * cosignatures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/base64.h"
#include "evidence/key_change.h"
#include "unit/evidence/log_builder.h"

#define ORIGIN SB_SPACE "/ledger/roads"
#define HOUR_MS 3600000ll
#define CHANGE_AT 4 /* index of the key-change entry */
#define ENTRIES 10

static Hufu__MemberKey next_row;
static uint8_t next_pub[32];
static struct hf_sign_key *next_key;

static int setup(void **state)
{
	(void)state;
	assert_true(hf_crypto_init());
	next_key = sb_key(9, 0x77);
	sb_pub(next_key, next_pub);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hf_sign_key_free(next_key);
	return 0;
}

/* Another log key of the node from then on, in the descriptor under construction. */
static void rotate(struct sb_space *sb, unsigned node, int64_t at_ms)
{
	Hufu__Member *m = &sb->member[node];
	sb->mkey[node][HF_KEY_LOG].not_after_ms = at_ms;
	hufu__member_key__init(&next_row);
	next_row.use = HF_KEY_LOG;
	next_row.public_key = sb_bytes(next_pub, sizeof(next_pub));
	next_row.not_before_ms = at_ms;
	sb->mkeys[node][m->n_keys++] = &next_row;
}

/* One way in which a log changes its key. */
struct life {
	int64_t rotate_ms, revoke_ms; /* 0: not */
	const struct hf_sign_key *change_signer;
	bool by_recovery, no_entry, no_genesis_key;
	const uint8_t *old_key, *recovery_key;
	const char *spoil; /* detail of the entry */
};

static void in_space(struct log *l)
{
	const struct life *x = l->plan.ctx;
	sb_next(l->sb, &l->descriptor);
	if (x->rotate_ms)
		rotate(l->sb, SB_ROADS, x->rotate_ms);
	if (x->revoke_ms)
		sb_revoke(l->sb, "roads", l->sb->pub[SB_ROADS][HF_KEY_LOG], x->revoke_ms);
	log_extend(l);
}

static struct hf_draft *genesis(const struct log *l, const struct life *x)
{
	const uint8_t *recovery = x->recovery_key ? x->recovery_key : l->sb->pub[SB_ROADS][HF_KEY_RECOVERY];
	struct hf_draft *d = hf_draft_new(HF_EVENT_GENESIS, NULL);
	char log_hex[65], recovery_hex[65];
	hf_hex(l->sb->pub[SB_ROADS][HF_KEY_LOG], 32, log_hex);
	hf_hex(recovery, 32, recovery_hex);
	hf_draft_text(d, HF_FIELD_OBJECT, ORIGIN);
	if (!x->no_genesis_key)
		hf_draft_textf(d, HF_FIELD_DETAIL, "log key %s, recovery key %s", log_hex, recovery_hex);
	return d;
}

static struct hf_draft *draft_of(struct log *l, size_t i)
{
	const struct life *x = l->plan.ctx;
	struct hf_key_change c = {.use = HF_KEY_LOG, .by_recovery = x->by_recovery};
	if (i == 0)
		return genesis(l, x);
	if (i != CHANGE_AT || x->no_entry)
		return NULL;
	struct hf_draft *d = hf_draft_new(HF_EVENT_KEY_CHANGE, NULL);
	memcpy(c.old_key, x->old_key ? x->old_key : l->sb->pub[SB_ROADS][HF_KEY_LOG], 32);
	memcpy(c.new_key, next_pub, 32);
	const struct hf_sign_key *signer = x->change_signer;
	if (!signer)
		signer = l->sb->key[SB_ROADS][x->by_recovery ? HF_KEY_RECOVERY : HF_KEY_LOG];
	assert_true(hf_key_change_draft(d, ORIGIN, &c, signer));
	if (x->spoil)
		hf_draft_text(d, HF_FIELD_DETAIL, x->spoil);
	return d;
}

static struct log *log_of(struct life *x, const struct hf_sign_key *signer, int64_t cosigned_ms)
{
	return log_planned(
	        ENTRIES,
	        &(struct log_plan){
	                .space = in_space, .draft = draft_of, .signer = signer, .cosigned_ms = cosigned_ms, .ctx = x});
}

static struct hf_ledger_report report_of(struct log *l)
{
	struct hf_ledger_report r;
	struct hf_fault f = {HF_OK, ""};
	if (hf_ledger_verify_dir(&l->trust, l->dir, &r, &f) != HF_OK)
		fail_msg("%s", f.text);
	return r;
}

/* SB-58: each checkpoint counts by the key of the time when it was cosigned, on either side of the change. */
static void test_a_folder_across_a_rotation(void **state)
{
	struct life x = {.rotate_ms = SB_T0 + HOUR_MS};
	struct log *l = log_of(&x, NULL, SB_T0 + HOUR_MS - 1000);
	struct hf_ledger_report r = report_of(l);
	(void)state;
	assert_true(r.size == ENTRIES && r.key_changes == 1 && r.unannounced_keys == 0);
	log_free(l);
	l = log_of(&x, next_key, SB_T0 + HOUR_MS);
	r = report_of(l);
	assert_true(r.key_changes == 1 && r.unannounced_keys == 0);
	log_free(l);
	x.no_entry = true; /* the authority alone says so */
	l = log_of(&x, next_key, SB_T0 + HOUR_MS);
	r = report_of(l);
	assert_true(r.key_changes == 0 && r.unannounced_keys == 1);
	log_free(l);
}

/* A cosignature states its second only; whichever key counted within it is good. */
static void test_a_rotation_within_a_second(void **state)
{
	struct life x = {.rotate_ms = SB_T0 + HOUR_MS + 500};
	struct log *l = log_of(&x, NULL, SB_T0 + HOUR_MS);
	(void)state;
	assert_good(l);
	log_free(l);
	l = log_of(&x, next_key, SB_T0 + HOUR_MS);
	assert_good(l);
	log_free(l);
}

/* The folder's writer refuses a checkpoint that is not good; so the note is put in behind it. */
static void assert_note_refused(struct life *x, const struct hf_sign_key *signer, int64_t cosigned_ms,
                                const char *reason)
{
	struct log *l = log_of(x, NULL, SB_T0);
	l->plan.signer = signer;
	l->plan.cosigned_ms = cosigned_ms;
	sign_note(l);
	save(l, "checkpoint", l->note, strlen(l->note));
	assert_bad(l, UINT64_MAX, reason);
	log_free(l);
}

static void test_keys_at_the_wrong_time(void **state)
{
	struct life x = {.rotate_ms = SB_T0 + HOUR_MS};
	struct hf_sign_key *strange = sb_key(9, 0x78);
	(void)state;
	assert_note_refused(&x, NULL, SB_T0 + HOUR_MS, "was valid until 2026-09-21T15:13:20");
	assert_note_refused(&x, next_key, SB_T0 + HOUR_MS - 1000, "was not valid at 2026-09-21T15:13:19");
	assert_note_refused(&x, strange, SB_T0 + HOUR_MS - 1000, "is not signed by its log key");
	hf_sign_key_free(strange);
}

/* In wrong hands from a time on: what was cosigned before stays good, what was cosigned after is named, and the log
 * goes on with a key that its recovery key announces. */
static void test_a_compromised_key(void **state)
{
	struct life x = {.rotate_ms = SB_T0 + 2 * HOUR_MS, .revoke_ms = SB_T0 + HOUR_MS, .by_recovery = true};
	struct log *l = log_of(&x, NULL, SB_T0 + HOUR_MS - 1000);
	(void)state;
	assert_good(l);
	log_free(l);
	assert_note_refused(&x, NULL, SB_T0 + HOUR_MS, "is revoked from 2026-09-21T15:13:20");
	assert_note_refused(&x, NULL, SB_T0 + 3 * HOUR_MS, "and the checkpoint was cosigned at 2026-09-21T17:13:20");
	l = log_of(&x, next_key, SB_T0 + 3 * HOUR_MS);
	assert_int_equal(report_of(l).key_changes, 1);
	log_free(l);
}

/* An entry that is not what a key change must be is named by its index. */
static void test_bad_key_changes(void **state)
{
	struct hf_sign_key *strange = sb_key(9, 0x79);
	uint8_t strange_pub[32];
	(void)state;
	sb_pub(strange, strange_pub);
	struct {
		struct life x;
		const char *reason;
	} rows[] = {
	        {{.change_signer = strange}, "is signed neither by the key that it replaces nor by"},
	        {{.change_signer = strange, .by_recovery = true},
	         "is signed neither by the key that it replaces nor by"},
	        {{.change_signer = strange, .by_recovery = true, .recovery_key = strange_pub},
	         "a recovery key that the descriptors do not name for roads"},
	        {{.by_recovery = true, .no_genesis_key = true}, "is signed neither by the key that it replaces nor by"},
	        {{.change_signer = strange, .old_key = strange_pub},
	         "replaces a log key that the descriptors do not name"},
	        {{.spoil = "log key 00 is followed by 01"}, "is a key change that is not of the required form"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rows[i].x.rotate_ms = SB_T0 + HOUR_MS;
		struct log *l = log_of(&rows[i].x, next_key, SB_T0 + HOUR_MS);
		assert_bad(l, CHANGE_AT, rows[i].reason);
		log_free(l);
	}
	hf_sign_key_free(strange);
}

/* DS-57, SB-58: proof and tally by the same rule. */
struct when {
	bool next;
	int64_t cosigned_ms, revoke_ms;
	const char *reason; /* NULL: good */
};
static const struct when whens[] = {
        {false, SB_T0 + TB_DAY, 0, NULL},
        {true, SB_T0 + 2 * TB_DAY, 0, NULL},
        {false, SB_T0 + 2 * TB_DAY, 0, "the log key that signed the checkpoint of roads was valid until"},
        {true, SB_T0 + TB_DAY, 0, "the log key that signed the checkpoint of roads was not valid at"},
        {false, SB_T0 + TB_DAY, SB_T0 + TB_DAY + HOUR_MS, NULL},
        {false, SB_T0 + TB_DAY, SB_T0 + TB_DAY - HOUR_MS,
         "the log key that signed the checkpoint of roads is revoked from"},
};

/* The builder signs checkpoints with what lies in its table of keys. */
static struct tb *tally_of(const struct when *w, struct hf_sign_key **ret_old)
{
	struct tb *b = tb_new(1, 1);
	rotate(b->sb, SB_ROADS, SB_T0 + TB_DAY + 2 * HOUR_MS);
	if (w->revoke_ms)
		sb_revoke(b->sb, "roads", b->sb->pub[SB_ROADS][HF_KEY_LOG], w->revoke_ms);
	sb_sign(b->sb, &b->descriptor);
	b->cosigned_ms = w->cosigned_ms;
	*ret_old = b->sb->key[SB_ROADS][HF_KEY_LOG];
	if (w->next)
		b->sb->key[SB_ROADS][HF_KEY_LOG] = next_key;
	tb_build(b);
	b->sb->key[SB_ROADS][HF_KEY_LOG] = *ret_old;
	return b;
}

static void test_a_tally_across_a_rotation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
		struct hf_sign_key *old;
		struct tb *b = tally_of(&whens[i], &old);
		struct hf_trust trust = tb_trust(b);
		struct hf_tally_report r;
		struct hf_fault f = {HF_OK, ""};
		enum hf_err e = hf_tally_verify(&trust, b->tally.data, b->tally.len, &r, &f);
		if ((e == HF_OK) != (whens[i].reason == NULL) || (whens[i].reason && !strstr(f.text, whens[i].reason)))
			fail_msg("row %zu: '%s'", i, f.text);
		tb_free(b);
	}
}

static void test_a_proof_across_a_rotation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
		struct hf_sign_key *old;
		struct tb *b = tally_of(&whens[i], &old);
		struct hf_buf proof = HF_BUF_INIT;
		struct hf_proof_report r;
		struct hf_fault f = {HF_OK, ""};
		struct hf_trust trust = tb_trust(b);
		struct hf_space *s = hf_space_new(&trust.root);
		assert_int_equal(hf_space_extend(s, b->descriptor.data, b->descriptor.len, &f), HF_OK);
		assert_int_equal(hf_proof_make(tb_tally_entry(b, &b->ledger[2], 5), b->ledger[2].note, &proof), HF_OK);
		enum hf_err e = hf_proof_check(s, proof.data, proof.len, &r, &f);
		if (e == HF_OK)
			hf_decoded_free(r.entry);
		if ((e == HF_OK) != (whens[i].reason == NULL) || (whens[i].reason && !strstr(f.text, whens[i].reason)))
			fail_msg("row %zu: '%s'", i, f.text);
		hf_buf_done(&proof);
		hf_space_free(s);
		tb_free(b);
	}
}

/* Entries of a writer whose clock is ahead of the witnesses' by more than the bound are counted, the first is named,
 * and the folder still verifies. */
static void test_clocks(void **state)
{
	struct log *l = log_planned(600, &(struct log_plan){.late_ms = HF_CLOCK_SKEW_MS - 70000});
	struct hf_ledger_report r = report_of(l);
	(void)state;
	assert_int_equal(r.ahead.entries, 0);
	log_free(l);
	l = log_planned(600, &(struct log_plan){.late_ms = HF_CLOCK_SKEW_MS + 900000});
	r = report_of(l);
	assert_int_equal(r.ahead.entries, 300);
	assert_int_equal(r.ahead.first, 300);
	assert_int_equal(r.ahead.most_ms, HF_CLOCK_SKEW_MS + 900000 + 50000);
	log_free(l);
	l = log_planned(600, &(struct log_plan){.cosigned_ms = SB_T0 + 30 * 86400000ll}); /* old entries are no skew */
	assert_int_equal(report_of(l).ahead.entries, 0);
	log_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_a_folder_across_a_rotation, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_a_rotation_within_a_second, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_keys_at_the_wrong_time, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_a_compromised_key, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_bad_key_changes, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_a_tally_across_a_rotation, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_a_proof_across_a_rotation, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_clocks, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
