/*
 * tally_test.c - does an outsider with nothing but the root key accept exactly the true evidence of a transfer?
 *
 * SB-58: tampering is found; tally_mutations_test.c has deletion, reordering and truncation. DS-55, DS-56: a manifest
 * without the provider's signature or with a wrong time is refused. DS-57: the receipt verifies offline.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/evidence/tally_check.h"

/* DS-57: transaction, digest of the data, time and the consumer's signature are in the receipt and verify offline. */
static void test_ds57_valid_tally_with_receipt(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	struct hf_tally_report r;
	tb_build(b);
	assert_good(b, &r);
	assert_memory_equal(r.transaction.b, b->transfer.b, 16);
	assert_memory_equal(r.negotiation.b, b->negotiation.b, 16);
	assert_string_equal(r.provider, "roads");
	assert_string_equal(r.consumer, "health");
	assert_string_equal(r.intake, "hub");
	assert_int_equal(r.bytes, 2500000);
	assert_int_equal(r.rows, 40000);
	assert_memory_equal(r.content_root.b, b->root.b, 32);
	assert_int_equal(r.documents, 10);
	assert_int_equal(r.ledgers, 3);
	assert_int_equal(r.entries, 12 - 1 + 3 + 11 - 1);
	assert_int_equal(r.cosignatures, 4 + 3 + 3); /* the hub and roads are witnesses, but not of themselves */
	assert_true(r.quality_met);
	assert_true(b->receipt.header->time_ms > 0 && b->receipt.header->transaction.len == 16 &&
	            b->receipt.root.len == 32);
	tb_free(b);
}

static void settled(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_ENTRY)
		b->entry.provider_decides = false;
	if (kind == HF_DOC_DECISION)
		b->decision[0].decision = b->intake[0].review;
}

static void not_met(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_RECEIPT)
		b->receipt.quality = tb_text("not-met");
}

static void test_valid_variants(void **state)
{
	(void)state;
	struct hf_tally_report r;
	for (unsigned i = 0; i < 5; i++) {
		struct tb *b = tb_new(1, 1);
		b->revisions = i == 0 ? 2 : 1;
		b->with_agreement = i == 1;
		b->quorum = i == 2 ? 3 : 4;
		b->hook = i == 3 ? settled : i == 4 ? not_met : NULL;
		tb_build(b);
		assert_good(b, &r);
		assert_int_equal(r.quality_met, i != 4);
		tb_free(b);
	}
}

/* SB-58 (tampering): a thousand changed bytes, each refused with a reason. */
static void test_sb58_any_changed_byte(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	struct hf_tally_report r;
	struct hf_fault f;
	uint64_t seed = 0x5b58;
	tb_build(b);
	for (int i = 0; i < 1000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		size_t at = (size_t)(seed >> 16) % b->tally.len;
		uint8_t change = (uint8_t)(1 + (seed >> 56) % 255);
		b->tally.data[at] ^= change;
		if (verify(b, &r, &f) == HF_OK)
			fail_msg("byte %zu changed by %02x: accepted", at, change);
		assert_true(f.text[0] != 0);
		b->tally.data[at] ^= change;
	}
	assert_good(b, &r);
	tb_free(b);
}

/* The same, but the writer of the tally signs it again: nothing below his own header may change either. */
static void test_sb58_any_changed_byte_signed_again(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	struct hf_tally_report r;
	struct hf_fault f;
	uint64_t seed = 0x1e5;
	tb_build(b);
	Hufu__Envelope *e = hf_decode_limit(&hufu__envelope__descriptor, b->tally.data, b->tally.len, HF_TALLY_MAX);
	size_t head = 2 + e->payload.data[1]; /* the header is short: tag, one byte of length */
	for (int i = 0; i < 1000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		size_t at = head + (size_t)(seed >> 16) % (e->payload.len - head);
		uint8_t change = (uint8_t)(1 + (seed >> 56) % 255);
		e->payload.data[at] ^= change;
		hf_buf_clear(&b->tally);
		assert_int_equal(hf_envelope_make(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", HF_TYPE_TALLY,
		                                  e->payload.data, e->payload.len, &b->tally),
		                 HF_OK);
		if (verify(b, &r, &f) == HF_OK)
			fail_msg("payload byte %zu changed by %02x: accepted", at, change);
		e->payload.data[at] ^= change;
	}
	hf_decoded_free(e);
	tb_free(b);
}

/* ---- documents that do not fit together, each signed by its proper author ---- */

#define BEND(name, k, ...)                                                                                             \
	static void name(struct tb *b, enum hf_doc_kind kind)                                                          \
	{                                                                                                              \
		if (kind == (k)) {                                                                                     \
			__VA_ARGS__;                                                                                   \
		}                                                                                                      \
	}

static struct hf_hash wrong_hash = {{0xee}};
static struct sb_id wrong_id = {{1, 2, 3, 4, 5, 6, 0x77, 8, 0x99}};
static char *wrong_fields[] = {(char *)(uintptr_t) "plate", (char *)(uintptr_t) "lane"};

static Hufu__SignedStatement *sign_about(struct tb *b, enum tb_person p, const char *kind, const char *result)
{
	return tb_statement(b, p, kind, &b->negotiation, &b->application, 1, &b->h_app[0], NULL, 0, result, 0);
}

BEND(app_period, HF_DOC_APPLICATION, b->app[0].until_ms = b->app[0].from_ms + 4 * 366 * TB_DAY)
BEND(app_backwards, HF_DOC_APPLICATION, b->app[0].until_ms = b->app[0].from_ms - 1)
BEND(app_applicant, HF_DOC_APPLICATION, b->app[0].applicant = tb_text("somebody"))
BEND(app_previous, HF_DOC_APPLICATION, b->app[0].previous = sb_bytes(wrong_hash.b, 32))
BEND(app_txn, HF_DOC_APPLICATION, b->app[0].header->transaction.len = 0)
BEND(app_reason_late, HF_DOC_APPLICATION, b->app[0].reason = tb_text("something else"))
BEND(app_need_by_applicant, HF_DOC_APPLICATION, struct hf_hash h;
     static const char *const pts[] = {"need", "scope", "period"}; b->permission[TB_APPLICANT][2] = "confirm-need";
     hf_application_digest(&b->app[0], &h);
     b->app[0].need = tb_statement(b, TB_APPLICANT, "need", &b->negotiation, &b->application, 1, &h, pts, 3, "pass", 0))
BEND(app_need_not_confirmed, HF_DOC_APPLICATION, struct hf_hash h; static const char *const pts[] = {"need", "scope"};
     hf_application_digest(&b->app[0], &h);
     b->app[0].need = tb_statement(b, TB_AUTHORITY, "need", &b->negotiation, &b->application, 1, &h, pts, 2, "pass", 0))
BEND(app_need_without_permission, HF_DOC_APPLICATION, b->permission[TB_AUTHORITY][0] = "apply")
BEND(intake_other, HF_DOC_INTAKE, b->intake[0].application_digest = sb_bytes(wrong_hash.b, 32))
BEND(intake_refused, HF_DOC_INTAKE, b->intake[0].result = tb_text("refuse");
     b->intake[0].review = sign_about(b, TB_REVIEWER, "compliance", "refuse"))
BEND(intake_forged, HF_DOC_INTAKE, b->intake[0].review = sign_about(b, TB_REVIEWER, "compliance", "refuse"))
BEND(intake_criterion, HF_DOC_INTAKE, b->intake[0].criteria[1]->ok = false)
BEND(intake_reviewer, HF_DOC_INTAKE, b->intake[0].review = sign_about(b, TB_APPROVER, "compliance", "pass"))
BEND(intake_txn, HF_DOC_INTAKE, b->intake[0].header->transaction = sb_bytes(wrong_id.b, 16))
BEND(decision_f, HF_DOC_DECISION, b->decision[0].result = tb_text("F");
     b->decision[0].decision = sign_about(b, TB_APPROVER, "decision", "F"))
BEND(decision_forged, HF_DOC_DECISION, b->decision[0].decision = sign_about(b, TB_APPROVER, "decision", "F"))
BEND(decision_unpermitted, HF_DOC_DECISION, b->decision[0].decision = sign_about(b, TB_EXPERT, "decision", "T"))
BEND(decision_kind, HF_DOC_DECISION, b->permission[TB_REVIEWER][1] = "approve";
     b->decision[0].decision = sign_about(b, TB_APPROVER, "privacy", "T"))
BEND(decision_not_settled, HF_DOC_DECISION, b->decision[0].decision = b->intake[0].review)
BEND(decision_intake, HF_DOC_DECISION, b->decision[0].intake_digest = sb_bytes(wrong_hash.b, 32))
BEND(decision_app, HF_DOC_DECISION, b->decision[0].application_digest = sb_bytes(wrong_hash.b, 32))
BEND(decision_longer, HF_DOC_DECISION, b->decision[0].until_ms = b->app[0].until_ms + 1;
     b->decision[0].decision = tb_statement(b, TB_APPROVER, "decision", &b->negotiation, &b->application, 1,
                                            &b->h_app[0], NULL, 0, "T", b->decision[0].until_ms))
BEND(decision_until, HF_DOC_DECISION,
     b->decision[0].decision = tb_statement(b, TB_APPROVER, "decision", &b->negotiation, &b->application, 1,
                                            &b->h_app[0], NULL, 0, "T", b->decision[0].until_ms - 1))
BEND(decision_bare, HF_DOC_DECISION, b->decision[0].agreement = NULL)
BEND(privacy_failed, HF_DOC_DECISION, b->decision[0].privacy = sign_about(b, TB_EXPERT, "privacy", "refuse"))
static void privacy_missing(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_ENTRY)
		b->entry.personal = true;
	if (kind == HF_DOC_DECISION)
		b->decision[0].privacy = NULL;
}
BEND(agreement_purpose, HF_DOC_AGREEMENT, b->agreement.purpose = tb_text("advertising"))
BEND(agreement_system, HF_DOC_AGREEMENT, b->agreement.system = tb_text("other"))
BEND(agreement_assignee, HF_DOC_AGREEMENT, b->agreement.assignee = tb_text("port"))
BEND(agreement_resource, HF_DOC_AGREEMENT, b->agreement.resource = sb_bytes(wrong_id.b, 16))
BEND(agreement_fields, HF_DOC_AGREEMENT, b->agreement.fields = wrong_fields)
BEND(agreement_backdated, HF_DOC_AGREEMENT,
     b->agreement.from_ms = b->app[0].from_ms = b->agreement.header->time_ms - 10 * 60000)
BEND(agreement_entry, HF_DOC_AGREEMENT, b->agreement.entry_digest = sb_bytes(wrong_hash.b, 32))
BEND(agreement_version, HF_DOC_AGREEMENT, b->agreement.resource_version = 2)
BEND(entry_publisher, HF_DOC_ENTRY, b->entry.publisher = tb_text("port"))
BEND(entry_intake, HF_DOC_ENTRY, b->entry.intake = tb_text("roads"))
BEND(verification_other, HF_DOC_VERIFICATION, b->verification.agreement_digest = sb_bytes(wrong_hash.b, 32))
BEND(event_terminated, HF_DOC_EVENT, b->event.event = tb_text("TERMINATED"))
BEND(event_agreement, HF_DOC_EVENT, b->event.agreement = sb_bytes(wrong_id.b, 16))
BEND(request_grant, HF_DOC_REQUEST, b->request.grant = sb_bytes(wrong_id.b, 16))
BEND(request_purpose, HF_DOC_REQUEST, b->request.purpose = tb_text("advertising"))
BEND(request_field, HF_DOC_REQUEST, b->request.n_fields = 2; b->request.fields = wrong_fields)
BEND(request_transfer, HF_DOC_REQUEST, b->request.transfer = sb_bytes(wrong_id.b, 16))
BEND(request_subject, HF_DOC_REQUEST,
     b->request.subject = tb_statement(b, TB_AUTHORITY, "access", &b->transfer, &b->transfer, 0, NULL, NULL, 0, "", 0))
BEND(request_subject_replayed, HF_DOC_REQUEST,
     b->request.subject = tb_statement(b, TB_APPLICANT, "access", &wrong_id, &b->transfer, 0, NULL, NULL, 0, "", 0))
BEND(start_request, HF_DOC_START, b->start.request_digest = sb_bytes(wrong_hash.b, 32))
BEND(start_late, HF_DOC_START, b->start.header->time_ms = b->agreement.until_ms)
BEND(label_recipient, HF_DOC_START, b->label.recipient = tb_text("port"))
BEND(label_period, HF_DOC_START, b->label.until_ms++)
BEND(label_field, HF_DOC_START, b->label.fields[1]->name = tb_text("lane"))
BEND(label_fewer, HF_DOC_START, b->label.n_fields = 1)
BEND(label_level, HF_DOC_START, b->label.level = 1)
BEND(label_obligation, HF_DOC_START, b->label.n_obligations = 0)
BEND(manifest_agreement, HF_DOC_MANIFEST, b->manifest.agreement = sb_bytes(wrong_id.b, 16))
BEND(manifest_transfer, HF_DOC_MANIFEST, b->manifest.transfer = sb_bytes(wrong_id.b, 16))
BEND(manifest_label, HF_DOC_MANIFEST, b->label.onward_sharing = true)
BEND(manifest_sizes, HF_DOC_MANIFEST, b->manifest.chunks = 2)
BEND(manifest_times, HF_DOC_MANIFEST, b->manifest.started_ms = b->manifest.ended_ms + 1)
BEND(manifest_future, HF_DOC_MANIFEST, b->manifest.ended_ms = b->manifest.header->time_ms + 1)
BEND(manifest_early, HF_DOC_MANIFEST, b->manifest.header->time_ms = b->start.header->time_ms - 1;
     b->manifest.started_ms = b->manifest.ended_ms = b->start.header->time_ms - 2)
BEND(manifest_outside_key, HF_DOC_MANIFEST, b->manifest.header->time_ms = SB_T0 + 2 * SB_YEAR)
BEND(manifest_foreign_space, HF_DOC_MANIFEST, b->manifest.header->space = tb_text("other.example"))
BEND(manifest_txn, HF_DOC_MANIFEST, b->manifest.header->transaction = sb_bytes(b->negotiation.b, 16))
BEND(receipt_manifest, HF_DOC_RECEIPT, b->receipt.manifest_digest = sb_bytes(wrong_hash.b, 32))
BEND(receipt_root, HF_DOC_RECEIPT, b->receipt.root = sb_bytes(wrong_hash.b, 32))
BEND(receipt_bytes, HF_DOC_RECEIPT, b->receipt.bytes--)
BEND(receipt_times, HF_DOC_RECEIPT, b->receipt.received_ms = b->receipt.header->time_ms + 1)
static char *only_port[] = {(char *)(uintptr_t) "port"};
BEND(receipt_audience, HF_DOC_RECEIPT, b->receipt.header->n_audience = 1; b->receipt.header->audience = only_port)

struct bend_row {
	const char *name;
	void (*hook)(struct tb *b, enum hf_doc_kind kind);
	const char *reason;
	bool late;
};
#define ROW(hook, reason)                                                                                              \
	{                                                                                                              \
#hook, hook, reason, false                                                                             \
	}
#define LATE(hook, reason)                                                                                             \
	{                                                                                                              \
#hook, hook, reason, true                                                                              \
	}

static void test_documents_that_do_not_fit(void **state)
{
	(void)state;
	static const struct bend_row rows[] = {
	        ROW(app_period, "longer than 3 years"),
	        ROW(app_backwards, "ends before it begins"),
	        ROW(app_applicant, "another applicant"),
	        ROW(app_previous, "revision before revision 1 of the application is missing"),
	        ROW(app_txn, "the application names no transaction"),
	        LATE(app_reason_late, "\"request\" is about another wording"),
	        LATE(app_need_by_applicant, "is the applicant and also confirmed the need"),
	        LATE(app_need_not_confirmed, "did not confirm the period"),
	        ROW(app_need_without_permission, "lacks the permission confirm-need"),
	        ROW(intake_other, "intake record of revision 1 is about another application"),
	        ROW(intake_refused, "did not pass the compliance review"),
	        ROW(intake_forged, "its reviewer signed \"refuse\""),
	        ROW(intake_criterion, "although \"max_days\" is not met"),
	        ROW(intake_reviewer, "lacks the permission intake"),
	        ROW(intake_txn, "the intake record belongs to another transaction"),
	        ROW(decision_f, "the decision is F, which grants nothing"),
	        ROW(decision_forged, "the person who decided signed \"F\""),
	        ROW(decision_unpermitted, "lacks the permission approve"),
	        ROW(decision_kind, "of the kind \"privacy\" stands where \"decision\" is needed"),
	        ROW(decision_not_settled, "lacks the permission approve"),
	        ROW(decision_intake, "taken on another intake record"),
	        ROW(decision_app, "decision on revision 1 is about another application"),
	        ROW(decision_longer, "the decision's period leaves the one applied for"),
	        ROW(decision_until, "ends at another time than the person who decided signed"),
	        ROW(decision_bare, "grants without an agreement"),
	        ROW(privacy_failed, "the privacy review did not confirm the necessity"),
	        ROW(privacy_missing, "there is no privacy review"),
	        ROW(agreement_purpose, "the agreement names another purpose"),
	        ROW(agreement_system, "the agreement names another business system"),
	        ROW(agreement_assignee, "the agreement names another consumer"),
	        ROW(agreement_resource, "the agreement names another resource"),
	        ROW(agreement_fields, "\"lane\" of the agreement was not applied for"),
	        ROW(agreement_entry, "the catalog entry is not the one that the agreement names"),
	        ROW(agreement_version, "another resource or version than the agreement"),
	        ROW(entry_publisher, "the catalog entry is not of the provider roads"),
	        ROW(entry_intake, "names another intake node"),
	        ROW(verification_other, "the verification is of another agreement"),
	        ROW(event_terminated, "does not finalize this application"),
	        ROW(event_agreement, "the negotiation event names another agreement"),
	        ROW(request_grant, "the transfer request names another grant"),
	        ROW(request_purpose, "the transfer request names another purpose"),
	        ROW(request_field, "\"lane\", which was not agreed"),
	        ROW(request_transfer, "the transfer request names another transfer"),
	        ROW(request_subject, "lacks the permission fetch"),
	        ROW(request_subject_replayed, "the statement \"access\" belongs to another transaction"),
	        ROW(start_request, "the transfer start answers another request"),
	        ROW(start_late, "started outside the agreed period"),
	        ROW(label_recipient, "the label names another recipient"),
	        ROW(label_period, "the label names another period"),
	        ROW(label_field, "the label names the field \"lane\""),
	        ROW(label_fewer, "the label does not name the field \"time\""),
	        ROW(label_level, "another class or level than the catalog entry"),
	        ROW(label_obligation, "leaves out the obligation \"receipt\""),
	        ROW(manifest_agreement, "the manifest names another agreement"),
	        ROW(manifest_transfer, "the manifest names another transfer"),
	        ROW(manifest_label, "the manifest bears another label"),
	        ROW(manifest_sizes, "the manifest's sizes do not fit"),
	        ROW(manifest_foreign_space, "belongs to the space \"other.example\""),
	        ROW(manifest_txn, "the manifest belongs to another transaction"),
	        ROW(receipt_manifest, "the receipt is for another manifest"),
	        ROW(receipt_root, "the receipt names another content digest"),
	        ROW(receipt_bytes, "the receipt names other sizes"),
	        ROW(receipt_times, "the times of the receipt are not in order"),
	        ROW(receipt_audience, "the receipt is not addressed to roads"),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		if (rows[i].late)
			b->late_hook = rows[i].hook;
		else
			b->hook = rows[i].hook;
		tb_build(b);
		assert_refused(b, rows[i].name, rows[i].reason);
		tb_free(b);
	}
}

static void backdate(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_APPLICATION)
		b->app[0].from_ms = SB_T0 - TB_DAY;
	agreement_backdated(b, kind);
	if (kind == HF_DOC_AGREEMENT)
		b->app[0].from_ms = SB_T0 - TB_DAY;
}

static void test_backdated_agreement(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	b->hook = backdate;
	tb_build(b);
	assert_refused(b, "backdated", "begins before it was signed");
	tb_free(b);
}

/* DS-55, DS-56: wrong times and wrong signers of the manifest. */
static void foreign_signature(struct tb *b, unsigned node)
{
	tb_sign(b, node, HF_TYPE_MANIFEST, &b->manifest.base, &b->e_manifest, &b->h_manifest);
	tb_make_receipt(b);
	tb_ledgers(b);
	tb_tally(b);
}

static void test_ds55_ds56_manifest_signature_and_time(void **state)
{
	(void)state;
	static const struct bend_row rows[] = {
	        ROW(manifest_times, "the times of the manifest are not in order"),
	        ROW(manifest_future, "the times of the manifest are not in order"),
	        ROW(manifest_early, "signed before the transfer started"),
	        ROW(manifest_outside_key, "had no valid key when the manifest was signed"),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		b->hook = rows[i].hook;
		tb_build(b);
		assert_refused(b, rows[i].name, rows[i].reason);
		tb_free(b);
	}
	struct tb *b = tb_new(1, 1);
	tb_build(b);
	foreign_signature(b, SB_PORT); /* says roads in its header, signed by port */
	assert_refused(b, "foreign signature", "names roads as its issuer but is signed by port");
	b->manifest.header->issuer = tb_text("port");
	foreign_signature(b, SB_PORT);
	assert_refused(b, "foreign issuer", "the manifest is signed by port instead of roads");
	b->manifest.header->issuer = tb_text("roads");
	hf_sign_key_free(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE]);
	b->sb->key[SB_ROADS][HF_KEY_ENVELOPE] = sb_key(77, 77);
	struct hf_sign_key *stranger = b->sb->key[SB_ROADS][HF_KEY_ENVELOPE];
	tb_sign(b, SB_ROADS, HF_TYPE_MANIFEST, &b->manifest.base, &b->e_manifest, &b->h_manifest);
	b->sb->key[SB_ROADS][HF_KEY_ENVELOPE] = sb_key(1, SB_ROADS * 16 + HF_KEY_ENVELOPE);
	tb_make_receipt(b);
	tb_ledgers(b);
	tb_tally(b);
	assert_refused(b, "wrong key", "the signature of roads on the manifest does not verify");
	hf_sign_key_free(stranger);
	tb_free(b);
}

/* ---- a grant that was revoked after the transfer ---- */

/* The revocation, signed by the person, recorded as one more entry of the negotiation on both sides. */
static void add_revocation(struct tb *b, Hufu__Tally *t)
{
	tb_add_doc(b, t, b->ctx);
	assert_int_equal(hf_tally_make(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", t, &b->tally), HF_OK);
}

static void make_revocation(struct tb *b, enum tb_person person, const char *reason, struct hf_buf *out,
                            struct hf_hash *ret_digest)
{
	Hufu__Revocation r = HUFU__REVOCATION__INIT;
	r.header = tb_header(b, SB_ROADS, &b->negotiation);
	r.grant = b->agreement.grant;
	r.agreement = b->agreement.id;
	r.reason = tb_text(reason);
	r.generation = 2;
	r.statement = tb_statement(b, person, "revocation", &b->negotiation, &b->grant, 1, &b->h_agreement, NULL, 0,
	                           "revoke", 0);
	tb_sign(b, SB_ROADS, HF_TYPE_REVOCATION, &r.base, out, ret_digest);
}

static void test_revocation_in_a_tally(void **state)
{
	(void)state;
	static const struct {
		enum tb_person person;
		const char *stated, *reason; /* reason NULL: accepted */
		bool recorded;
	} rows[] = {
	        {TB_APPROVER, "", NULL, true},
	        {TB_APPROVER, "", "the revocation with the digest", false},
	        {TB_EXPERT, "", "lacks the permission approve", true},
	        {TB_APPROVER, "other", "the revocation names another reason", true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		struct hf_buf out = HF_BUF_INIT;
		struct hf_hash digest;
		struct hf_tally_report r;
		tb_documents(b);
		make_revocation(b, rows[i].person, rows[i].stated, &out, &digest);
		tb_ledgers(b);
		for (unsigned l = 0; rows[i].recorded && l < TB_LEDGERS; l += 2) {
			tb_entry(b, &b->ledger[l], HF_EVENT_REVOCATION, 0, &digest, false);
			tb_checkpoint(b, &b->ledger[l]);
		}
		b->ctx = &out;
		b->tally_hook = add_revocation;
		tb_tally(b);
		if (rows[i].reason == NULL)
			assert_good(b, &r);
		else
			assert_refused(b, "revocation", rows[i].reason);
		hf_buf_done(&out);
		tb_free(b);
	}
}

/* ---- ledgers that do not say what they must ---- */

static void refuse_receipt(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_ROADS && event == HF_EVENT_TRANSFER_CLOSED)
		hf_draft_text(d, HF_FIELD_OUTCOME, "refused");
}
static void wrong_count(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_ROADS && event == HF_EVENT_TRANSFER_CLOSED)
		hf_draft_int(d, HF_FIELD_COUNT, 9);
}
static void wrong_back_link(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_HEALTH && event == HF_EVENT_RECEIPT)
		hf_draft_int(d, HF_FIELD_BACK_LINK, 1);
}
static void wrong_class(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_HEALTH && event == HF_EVENT_RECEIPT)
		hf_draft_text(d, HF_FIELD_EVENT, "login");
}
static void foreign_transaction(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_HUB && event == HF_EVENT_RESULT)
		hf_draft_text(d, HF_FIELD_TRANSACTION, "019a0000-0000-7000-8000-00000000ffff");
}
static void filed_elsewhere(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	if (node == SB_ROADS && event == HF_EVENT_FINALIZED)
		hf_draft_bytes(d, HF_FIELD_DIGEST, b->h_manifest.b,
		               32); /* the event's digest is gone, the manifest's in the wrong place */
}

static void test_ledgers_that_disagree(void **state)
{
	(void)state;
	static const struct {
		void (*hook)(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d);
		const char *reason;
	} rows[] = {
	        {refuse_receipt, "records the receipt with another outcome than \"ok\""},
	        {wrong_count, "closes with a count of 9 after 4 entries"},
	        {wrong_back_link, "does not follow the transaction's entry before it"},
	        {wrong_class, "of another class than its event"},
	        {foreign_transaction, "of hub is neither of the tally's negotiation nor of its transfer"},
	        {filed_elsewhere, "the negotiation event with the digest"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		b->entry_hook = rows[i].hook;
		tb_build(b);
		assert_refused(b, "ledger", rows[i].reason);
		tb_free(b);
	}
}

/* ---- checkpoints ---- */

static void test_too_few_witnesses(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	b->quorum = 2;
	tb_build(b);
	assert_refused(b, "two of four", "2 cosignatures; the quorum is 3");
	tb_free(b);
}

static void add_line(struct tb *b, unsigned signer, enum hf_key_use use, const char *name, bool cosign)
{
	struct tb_ledger *l = &b->ledger[2];
	size_t len = strlen(l->note), text = (size_t)(strstr(l->note, "\n\n") - l->note) + 1;
	const struct hf_sign_key *k = b->sb->key[signer][use];
	size_t n = cosign ? hf_note_cosign_line(k, name, (uint64_t)SB_T0 / 1000, l->note, text, l->note + len,
	                                        sizeof(l->note) - len)
	                  : hf_note_sign_line(k, name, l->note, text, l->note + len, sizeof(l->note) - len);
	assert_true(n > 0);
}

static void test_lines_that_do_not_belong(void **state)
{
	(void)state;
	static const struct {
		unsigned signer;
		enum hf_key_use use;
		const char *name;
		bool cosign;
		const char *reason;
	} rows[] = {
	        {SB_ROADS, HF_KEY_WITNESS, SB_SPACE "/witness/roads", true, "no witness of it"}, /* its own */
	        {SB_HEALTH, HF_KEY_WITNESS, SB_SPACE "/witness/health", true, "no witness of it"},
	        {SB_PORT, HF_KEY_MIRROR, SB_SPACE "/mirror/port", true, "no witness of it"},
	        {SB_PORT, HF_KEY_WITNESS, SB_SPACE "/witness/port", true, "two lines of"},
	        {SB_ROADS, HF_KEY_LOG, SB_SPACE "/ledger/roads", false, "two lines of"},
	        {SB_PORT, HF_KEY_WITNESS, "someone.example", true, "no witness of it"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		tb_documents(b);
		tb_ledgers(b);
		add_line(b, rows[i].signer, rows[i].use, rows[i].name, rows[i].cosign);
		tb_tally(b);
		assert_refused(b, rows[i].name, rows[i].reason);
		tb_free(b);
	}
}

/* ---- revoked keys ---- */

static void test_revoked_key(void **state)
{
	(void)state;
	static const struct {
		int64_t at_ms;
		const char *reason; /* NULL: still good */
	} rows[] = {
	        {SB_T0 + 2 * TB_DAY, NULL},                            /* after the cosignatures */
	        {SB_T0 + TB_DAY / 2, "no cosignature shows that the"}, /* signed before, cosigned after */
	        {SB_T0 + 1000, "had no valid key when"},               /* before it was signed */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		struct hf_tally_report r;
		sb_revoke(b->sb, "health", b->sb->pub[SB_HEALTH][HF_KEY_ENVELOPE], rows[i].at_ms);
		sb_sign(b->sb, &b->descriptor);
		tb_build(b);
		if (rows[i].reason == NULL)
			assert_good(b, &r);
		else
			assert_refused(b, "revoked", rows[i].reason);
		tb_free(b);
	}
}

static void test_revoked_witness_and_log(void **state)
{
	(void)state;
	static const struct {
		unsigned node;
		enum hf_key_use use;
		const char *reason;
	} rows[] = {
	        {SB_PORT, HF_KEY_WITNESS, "the witness port had no valid key"},
	        {SB_HUB, HF_KEY_LOG, "the log key that signed the checkpoint of hub is revoked from"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		sb_revoke(b->sb, b->sb->name[rows[i].node], b->sb->pub[rows[i].node][rows[i].use], SB_T0 + TB_DAY / 2);
		sb_sign(b->sb, &b->descriptor);
		tb_build(b);
		assert_refused(b, "revoked", rows[i].reason);
		tb_free(b);
	}
}

/* A writer who is no member of the space any more, or never was. */
static void test_writer_must_be_a_member(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	tb_build(b);
	Hufu__Envelope *e = hf_decode_limit(&hufu__envelope__descriptor, b->tally.data, b->tally.len, HF_TALLY_MAX);
	struct hf_sign_key *stranger = sb_key(5, 5);
	hf_buf_clear(&b->tally);
	assert_int_equal(hf_envelope_make(stranger, "roads", HF_TYPE_TALLY, e->payload.data, e->payload.len, &b->tally),
	                 HF_OK);
	assert_refused(b, "stranger as roads", "the signature of roads on the tally does not verify");
	hf_buf_clear(&b->tally);
	assert_int_equal(
	        hf_envelope_make(stranger, "stranger", HF_TYPE_TALLY, e->payload.data, e->payload.len, &b->tally),
	        HF_OK);
	assert_refused(b, "stranger", "names roads as its issuer but is signed by stranger");
	hf_sign_key_free(stranger);
	hf_decoded_free(e);
	tb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_ds57_valid_tally_with_receipt),
	        cmocka_unit_test(test_valid_variants),
	        cmocka_unit_test(test_sb58_any_changed_byte),
	        cmocka_unit_test(test_sb58_any_changed_byte_signed_again),
	        cmocka_unit_test(test_documents_that_do_not_fit),
	        cmocka_unit_test(test_backdated_agreement),
	        cmocka_unit_test(test_ds55_ds56_manifest_signature_and_time),
	        cmocka_unit_test(test_revocation_in_a_tally),
	        cmocka_unit_test(test_ledgers_that_disagree),
	        cmocka_unit_test(test_too_few_witnesses),
	        cmocka_unit_test(test_lines_that_do_not_belong),
	        cmocka_unit_test(test_revoked_key),
	        cmocka_unit_test(test_revoked_witness_and_log),
	        cmocka_unit_test(test_writer_must_be_a_member),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
