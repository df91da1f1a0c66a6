/*
 * forger_test.c - what can those who hold the keys make of a tally? Parts left out, the order of the ledgers turned,
 * duties of two persons taken by one, the descriptor chain cut short: each is refused with its own reason.
 *
 * SB-58: deletion, reordering and truncation are found also when every signature is true. AZ-16: no personal data
 * without a privacy review. AZ-33: nothing is started under a revoked grant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/evidence/tally_check.h"

static void refused(struct tb *b, const char *name, const char *reason)
{
	tb_build(b);
	assert_refused(b, name, reason);
	tb_free(b);
}

/* ---- the catalog entry ---- */

static void personal_without_review(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_ENTRY)
		b->entry.personal = true;
	if (kind == HF_DOC_DECISION)
		b->decision[0].privacy = NULL;
}

/* AZ-16: whether the data is personal stands in the entry, so it cannot be left out. */
static void test_az16_entry_cannot_be_left_out(void **state)
{
	struct tb *b = tb_new(1, 1);
	(void)state;
	b->without_entry = true;
	b->hook = personal_without_review;
	refused(b, "no entry", "the tally holds no catalog entry");
	b = tb_new(1, 1);
	b->without_entry = true;
	refused(b, "no entry", "the tally holds no catalog entry");
}

/* ---- one person in two parts ---- */

static void same_person(struct tb *b, enum tb_person first, enum tb_person second, bool same_account)
{
	if (same_account)
		b->account[second] = b->account[first];
	else
		memcpy(b->name_ref[second], b->name_ref[first], sizeof(b->name_ref[second]));
}

static void test_separation_of_duties(void **state)
{
	static const struct {
		enum tb_person first, second;
		unsigned intake;
		const char *reason;
	} rows[] = {
	        {TB_APPLICANT, TB_AUTHORITY, SB_HUB, "is the applicant and also confirmed the need"},
	        {TB_EXPERT, TB_APPROVER, SB_HUB, "is the privacy expert and also decided"},
	        {TB_REVIEWER, TB_APPROVER, SB_ROADS, "is the compliance reviewer and also decided"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned same_account = 0; same_account < 2; same_account++) {
			struct tb *b = tb_new(1, 1);
			b->intake_node = rows[i].intake;
			same_person(b, rows[i].first, rows[i].second, same_account);
			refused(b, "one person", rows[i].reason);
		}
	struct tb *b = tb_new(1, 1);
	struct hf_tally_report r;
	same_person(b, TB_REVIEWER, TB_APPROVER, true); /* another organization's account may bear the same name */
	tb_build(b);
	assert_good(b, &r);
	tb_free(b);
	b = tb_new(1, 1);
	b->intake_node = SB_ROADS;
	tb_build(b);
	assert_good(b, &r);
	tb_free(b);
}

/* ---- a grant that was revoked before ---- */

static void add_ctx(struct tb *b, Hufu__Tally *t)
{
	tb_add_doc(b, t, b->ctx);
	assert_int_equal(hf_tally_make(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", t, &b->tally), HF_OK);
}

static void make_revocation(struct tb *b, unsigned by, struct hf_buf *out, struct hf_hash *ret_digest)
{
	Hufu__Revocation r = HUFU__REVOCATION__INIT;
	enum tb_person person = by == SB_ROADS ? TB_APPROVER : TB_AUTHORITY;
	b->permission[TB_AUTHORITY][1] = "approve";
	r.header = tb_header(b, by, &b->negotiation);
	r.grant = b->agreement.grant;
	r.agreement = b->agreement.id;
	r.generation = 2;
	r.statement = tb_statement(b, person, "revocation", &b->negotiation, &b->grant, 1, &b->h_agreement, NULL, 0,
	                           "revoke", 0);
	tb_sign(b, by, HF_TYPE_REVOCATION, &r.base, out, ret_digest);
}

struct revoking {
	struct hf_buf out;
	struct hf_hash digest;
	unsigned at; /* the node in whose ledger it comes before the transfer; the other records it at the end */
	enum hf_event before;
	bool done;
};

/* The revocation's entry goes in front of the entry that is about to be made. */
static void revoke_before(struct tb *b, unsigned node, enum hf_event event)
{
	struct revoking *r = b->before_ctx;
	if (r->done || node != r->at || event != r->before)
		return;
	r->done = true;
	tb_entry(b, &b->ledger[node == SB_HEALTH ? 0 : 2], HF_EVENT_REVOCATION, 0, &r->digest, false);
}

static void test_az33_revoked_before_the_start(void **state)
{
	static const struct {
		unsigned by, at;
		enum hf_event before;
		bool dated_before, shown;
		const char *reason; /* NULL: accepted */
	} rows[] = {
	        {SB_ROADS, SB_ROADS, HF_EVENT_TRANSFER_START, false, true,
	         "the ledger of roads the revocation stands before the transfer start"},
	        {SB_ROADS, SB_ROADS, HF_EVENT_INVALID, true, true, "roads had revoked the grant before the transfer"},
	        {SB_HEALTH, SB_ROADS, HF_EVENT_TRANSFER_START, false, true,
	         "the ledger of roads the revocation stands before the transfer start"},
	        {SB_HEALTH, SB_HEALTH, HF_EVENT_TRANSFER_REQUEST, false, true,
	         "the ledger of health the revocation stands before the transfer request"},
	        /* Its own clock may be slow, and the word of it may come late: the provider did not know. */
	        {SB_HEALTH, SB_ROADS, HF_EVENT_INVALID, true, true, NULL},
	        {SB_ROADS, SB_HEALTH, HF_EVENT_TRANSFER_START, false, true, NULL},
	        {SB_ROADS, SB_ROADS, HF_EVENT_INVALID, false, true, NULL},
	        {SB_ROADS, SB_ROADS, HF_EVENT_INVALID, false, false,
	         "records a revocation that the tally does not hold"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		struct hf_tally_report report;
		struct revoking r = {.out = HF_BUF_INIT, .at = rows[i].at, .before = rows[i].before};
		tb_documents(b);
		if (rows[i].dated_before)
			b->now = b->start.header->time_ms - 1500;
		make_revocation(b, rows[i].by, &r.out, &r.digest);
		b->before_hook = revoke_before;
		b->before_ctx = &r;
		tb_ledgers(b);
		for (unsigned l = 0; l < TB_LEDGERS; l += 2) {
			if (!r.done || b->ledger[l].node != r.at)
				tb_entry(b, &b->ledger[l], HF_EVENT_REVOCATION, 0, &r.digest, false);
			tb_checkpoint(b, &b->ledger[l]);
		}
		b->ctx = &r.out;
		b->tally_hook = rows[i].shown ? add_ctx : NULL;
		tb_tally(b);
		if (rows[i].reason == NULL)
			assert_good(b, &report);
		else
			assert_refused(b, "revoked", rows[i].reason);
		hf_buf_done(&r.out);
		tb_free(b);
	}
}

/* ---- the descriptor chain ---- */

static void add_second(struct tb *b, Hufu__Tally *t)
{
	t->descriptors[t->n_descriptors++] = tb_envelope(b, b->ctx);
	assert_int_equal(hf_tally_make(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", t, &b->tally), HF_OK);
}

/* A witness's key is revoked by the second descriptor. Who leaves that one out is refused by those who know of it, and
 * the others see of which descriptor the evidence is. */
static void test_sb58_chain_cut_short(void **state)
{
	(void)state;
	for (unsigned whole = 0; whole < 2; whole++) {
		struct tb *b = tb_new(1, 1);
		struct hf_buf second = HF_BUF_INIT;
		struct hf_trust trust = tb_trust(b);
		struct hf_tally_report r;
		struct hf_fault f = {HF_OK, ""};
		sb_next(b->sb, &b->descriptor);
		sb_revoke(b->sb, "port", b->sb->pub[SB_PORT][HF_KEY_WITNESS], SB_T0 + 1000);
		sb_sign(b->sb, &second);
		b->ctx = &second;
		b->tally_hook = whole ? add_second : NULL;
		tb_build(b);
		if (whole) {
			assert_refused(b, "revoked", "the witness port had no valid key");
		} else {
			assert_good(b, &r);
			assert_int_equal(r.descriptor.number, 1);
			hf_envelope_digest(b->descriptor.data, b->descriptor.len, &trust.digest);
			assert_memory_equal(r.descriptor.digest.b, trust.digest.b, 32);
			trust.number = 2;
			assert_int_equal(hf_tally_verify(&trust, b->tally.data, b->tally.len, &r, &f), HF_E_STATE);
			trust.number = 1;
			trust.has_digest = true;
			assert_int_equal(hf_tally_verify(&trust, b->tally.data, b->tally.len, &r, &f), HF_OK);
			trust.digest.b[7] ^= 1; /* a second descriptor 1 beside it */
			assert_int_equal(hf_tally_verify(&trust, b->tally.data, b->tally.len, &r, &f), HF_E_CONFLICT);
		}
		hf_buf_done(&second);
		tb_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_az16_entry_cannot_be_left_out),
	        cmocka_unit_test(test_separation_of_duties),
	        cmocka_unit_test(test_az33_revoked_before_the_start),
	        cmocka_unit_test(test_sb58_chain_cut_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
