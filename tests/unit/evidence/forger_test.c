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

/* ---- papers that each side signed, but that do not hold together ---- */

#define BEND(name, k, ...)                                                                                             \
	static void name(struct tb *b, enum hf_doc_kind kind)                                                          \
	{                                                                                                              \
		if (kind == (k)) {                                                                                     \
			__VA_ARGS__;                                                                                   \
		}                                                                                                      \
	}

static Hufu__SignedStatement *sign_again(struct tb *b, const char *result, int64_t until_ms, const char *reason)
{
	b->said = reason;
	Hufu__SignedStatement *st = tb_statement(b, TB_APPROVER, "decision", &b->negotiation, &b->application, 1,
	                                         &b->h_app[0], NULL, 0, result, until_ms);
	b->said = NULL;
	return st;
}

static Hufu__Rule duty = {.base = PROTOBUF_C_MESSAGE_INIT(&hufu__rule__descriptor)};
static Hufu__Rule *duties[] = {&duty};
static char *same_fields[] = {(char *)(uintptr_t) "plate", (char *)(uintptr_t) "plate"};
static char *no_onward[] = {(char *)(uintptr_t) "receipt", (char *)(uintptr_t) "no-onward-sharing"};

BEND(reason_altered, HF_DOC_DECISION, b->decision[0].reason = tb_text("as a favour"))
BEND(until_unsigned, HF_DOC_DECISION, b->decision[0].decision = sign_again(b, "T", 0, ""))
BEND(entry_withdrawn, HF_DOC_ENTRY, b->entry.withdrawn = true; b->entry.title = b->entry.data_class = tb_text("");
     b->entry.intake = b->entry.title; b->entry.level = b->entry.sharing = 0; b->entry.provider_decides = false;
     b->entry.n_fields = 0)
BEND(entry_not_shared, HF_DOC_ENTRY, b->entry.sharing = 3)
BEND(entry_duty, HF_DOC_ENTRY, duty.kind = tb_text("duty"); duty.action = tb_text("delete-after-use");
     b->entry.n_policy = 1; b->entry.policy = duties)
BEND(event_without_agreement, HF_DOC_EVENT, b->event.agreement.len = 0)
BEND(request_other_address, HF_DOC_REQUEST, b->request.address = tb_text("10.0.0.1"))
BEND(request_without_address, HF_DOC_REQUEST, b->request.address = tb_text(""))
BEND(request_field_twice, HF_DOC_REQUEST, b->request.n_fields = 2; b->request.fields = same_fields)
BEND(label_field_twice, HF_DOC_START, b->label.fields[b->label.n_fields++] = b->label.fields[0])
BEND(label_field_level, HF_DOC_START, b->label.fields[1]->level = 1)
BEND(later_personal, HF_DOC_START, b->label.version++, b->label.personal = true)
BEND(later_level, HF_DOC_START, b->label.version++, b->label.level = 3)
BEND(later_sensitive, HF_DOC_START, b->label.version++, b->label.sensitive = true)
BEND(later_class, HF_DOC_START, b->label.version++, b->label.data_class = tb_text("transport/person"))
BEND(later_sharing, HF_DOC_START, b->label.version++, b->label.sharing = 1)
BEND(later_field_level, HF_DOC_START, b->label.version++, b->label.fields[0]->level = 3)
BEND(later_field_personal, HF_DOC_START, b->label.version++, b->label.fields[0]->personal = true)
BEND(label_personal, HF_DOC_START, b->label.personal = true)
BEND(label_field_type, HF_DOC_START, b->label.fields[0]->type = tb_text("number"))
BEND(start_size, HF_DOC_START, b->start.bytes = 77)
BEND(manifest_late, HF_DOC_MANIFEST, b->manifest.ended_ms = b->agreement.until_ms + 3600000;
     b->manifest.header->time_ms = b->manifest.ended_ms)
BEND(receipt_postdated, HF_DOC_RECEIPT, b->receipt.header->time_ms = b->cosigned_ms + 3600000)

static void onward_sharing(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_AGREEMENT) {
		b->agreement.n_obligations = 2;
		b->agreement.obligations = no_onward;
	}
	if (kind == HF_DOC_START)
		b->label.onward_sharing = true;
}

static void one_transaction(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_ENTRY)
		b->transfer = b->negotiation;
}

static void test_papers_that_do_not_hold_together(void **state)
{
	static const struct {
		const char *name;
		void (*hook)(struct tb *b, enum hf_doc_kind kind);
		const char *reason;
	} rows[] = {
	        {"reason", reason_altered, "gives another reason than the person who decided signed"},
	        {"until", until_unsigned, "ends at another time than the person who decided signed"},
	        {"withdrawn", entry_withdrawn, "the catalog entry says that the resource is not shared"},
	        {"not shared", entry_not_shared, "the catalog entry says that the resource is not shared"},
	        {"duty", entry_duty, "leaves out the duty \"delete-after-use\""},
	        {"event", event_without_agreement, "the negotiation event names another agreement"},
	        {"address", request_other_address, "names another address of the business system"},
	        {"no address", request_without_address, "names another address of the business system"},
	        {"field twice", request_field_twice, "the transfer request names the field \"plate\" twice"},
	        {"label twice", label_field_twice, "the label names a field twice"},
	        {"label level", label_field_level, "marks the field \"time\" otherwise than the catalog entry"},
	        {"label type", label_field_type, "marks the field \"plate\" otherwise than the catalog entry"},
	        {"onward", onward_sharing, "the label permits onward sharing, the agreement forbids it"},
	        {"size", start_size, "names another size than the transfer start"},
	        {"late", manifest_late, "the transfer went on after the agreed period"},
	        {"postdated", receipt_postdated, "the receipt is dated after the witnesses cosigned"},
	        {"one transaction", one_transaction, "bears the transaction of its own negotiation"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		b->hook = rows[i].hook;
		refused(b, rows[i].name, rows[i].reason);
	}
}

BEND(later_same, HF_DOC_START, b->label.version++, b->label.level = 1)

/* AZ-16: a version that nobody reviewed under its stricter terms is not covered by the agreement. */
static void test_later_version_under_stricter_terms(void **state)
{
	static void (*const stricter[])(struct tb * b, enum hf_doc_kind kind) = {
	        later_personal, later_level, later_sensitive, later_class, later_sharing};
	static void (*const field[])(struct tb * b, enum hf_doc_kind kind) = {later_field_level, later_field_personal};
	struct hf_tally_report r;
	(void)state;
	for (size_t i = 0; i < sizeof(stricter) / sizeof(stricter[0]); i++) {
		struct tb *b = tb_new(1, 1);
		b->hook = stricter[i];
		refused(b, "stricter", "version 4 was delivered under stricter terms than those of version 3");
	}
	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		struct tb *b = tb_new(1, 1);
		b->hook = field[i];
		refused(b, "stricter field", "the field \"plate\" was delivered under stricter terms");
	}
	struct tb *b = tb_new(1, 1);
	b->hook = label_personal;
	refused(b, "personal", "the label names another class or level than the catalog entry");
	b = tb_new(1, 1);
	b->hook = later_same;
	tb_build(b);
	assert_good(b, &r);
	tb_free(b);
}

static void sensitive(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_ENTRY)
		b->entry.sensitive = true;
	if (kind == HF_DOC_START)
		b->label.sensitive = true;
}

/* Sensitive data: who decides and who fetches shows two factors. */
static void test_factors(void **state)
{
	static const struct {
		enum tb_person person;
		const char *reason;
	} rows[] = {{TB_APPROVER, "chen.jie of roads signed after authentication with a single factor"},
	            {TB_APPLICANT, "li.wei of health signed after authentication with a single factor"}};
	struct hf_tally_report r;
	struct tb *b = tb_new(1, 1);
	(void)state;
	b->hook = sensitive;
	tb_build(b);
	assert_good(b, &r);
	tb_free(b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b = tb_new(1, 1);
		b->hook = sensitive;
		b->one_factor[rows[i].person] = true;
		refused(b, "factors", rows[i].reason);
	}
}

static void test_department(void **state)
{
	struct hf_tally_report r;
	struct tb *b = tb_new(1, 1);
	(void)state;
	b->department[TB_APPLICANT] = "emergency";
	tb_build(b);
	assert_good(b, &r);
	tb_free(b);
	b = tb_new(1, 1);
	b->department[TB_APPLICANT] = "billing";
	refused(b, "department", "the person who fetched is of the department billing, not of emergency");
}

/* ---- revisions ---- */

static char first_reason[] = "no field was named";

static void first_by_another(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_APPLICATION && b->revision == 0)
		b->app[0].reason = first_reason;
}

static void first_decided_without_intake(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_DECISION && b->revision == 0)
		b->decision[0].intake_digest = b->decision[0].application_digest;
}

static void numbered_alike(struct tb *b, enum hf_doc_kind kind)
{
	if (kind == HF_DOC_APPLICATION)
		b->app[b->revision].revision = 1;
}

/* What was returned is checked like what was decided. */
static void test_earlier_revisions(void **state)
{
	struct tb *b = tb_new(1, 1);
	(void)state;
	b->revisions = 2;
	b->late_hook = first_by_another;
	refused(b, "first revision", "\"request\" is about another wording");
	b = tb_new(1, 1);
	b->revisions = 2;
	b->hook = first_decided_without_intake;
	refused(b, "first revision", "the decision on revision 1 was taken on another intake record");
	/* Papers of one revision stand in the order of their digests, which differ with the transaction. */
	unsigned found = 0;
	for (uint32_t number = 1; number <= 16; number++) {
		b = tb_new(1, number);
		b->revisions = 2;
		b->hook = numbered_alike;
		tb_build(b);
		bool in_order = memcmp(b->h_app[0].b, b->h_app[1].b, sizeof(b->h_app[0].b)) < 0;
		assert_refused(b, "alike",
		               in_order ? "holds revision 1 of the application twice"
		                        : "the revision before revision 1 of the application is missing");
		found += in_order;
		tb_free(b);
	}
	assert_true(found > 0 && found < 16);
}

/* ---- ledgers whose entries are true, but say something else ---- */

struct swap {
	unsigned node;
	enum hf_event event;   /* in whose place ... */
	enum hf_event instead; /* ... stands this one */
	enum hf_field field;   /* or this field with */
	const char *value;     /* this text */
	const char *reason;
};

static void swap_entry(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	const struct swap *w = b->ctx;
	if (node != w->node || event != w->event)
		return;
	if (w->instead != HF_EVENT_INVALID)
		hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(w->instead));
	else
		hf_draft_text(d, w->field, w->value);
}

static void test_entries_that_record_nothing(void **state)
{
	static struct swap rows[] = {
	        {SB_ROADS, HF_EVENT_TRANSFER_SENT, HF_EVENT_TRANSFER_TERMINATED, 0, NULL,
	         "records the manifest as the event \"transfer-terminated\""},
	        {SB_HEALTH, HF_EVENT_RECEIPT, HF_EVENT_CACHE_CLEARED, 0, NULL,
	         "records the receipt as the event \"cache-cleared\""},
	        {SB_ROADS, HF_EVENT_DECISION, HF_EVENT_PRIVACY_REVIEW, 0, NULL,
	         "records the decision as the event \"privacy-review\""},
	        {SB_ROADS, HF_EVENT_TRANSFER_CLOSED, HF_EVENT_INVALID, HF_FIELD_COUNT, "four", "closes with a count"},
	        {SB_ROADS, HF_EVENT_TRANSFER_CLOSED, HF_EVENT_INVALID, HF_FIELD_COUNT, "04", "closes with a count"},
	        {SB_HEALTH, HF_EVENT_TRANSFER_REQUEST, HF_EVENT_INVALID, HF_FIELD_BACK_LINK, "none",
	         "does not follow the transaction's entry before it"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tb *b = tb_new(1, 1);
		b->ctx = &rows[i];
		b->entry_hook = swap_entry;
		refused(b, "entry", rows[i].reason);
	}
}

/* Both digests of a ledger are exchanged: everything is recorded, in the wrong order. */
static void turn_around(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	if (node == SB_ROADS && event == HF_EVENT_TRANSFER_START)
		hf_draft_bytes(d, HF_FIELD_DIGEST, b->h_manifest.b, 32);
	if (node == SB_ROADS && event == HF_EVENT_TRANSFER_SENT)
		hf_draft_bytes(d, HF_FIELD_DIGEST, b->h_start.b, 32);
	if (node == SB_ROADS && (event == HF_EVENT_TRANSFER_START || event == HF_EVENT_TRANSFER_SENT))
		hf_draft_text(d, HF_FIELD_EVENT,
		              hf_event_name(event == HF_EVENT_TRANSFER_START ? HF_EVENT_TRANSFER_SENT
		                                                             : HF_EVENT_TRANSFER_START));
}

/* The approval was recorded only after everything else of the negotiation. */
static void decide_last(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	if (node == SB_HEALTH && event == HF_EVENT_RESULT) {
		hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(HF_EVENT_VERIFICATION));
		hf_draft_bytes(d, HF_FIELD_DIGEST, b->h_verification.b, 32);
	}
	if (node == SB_HEALTH && event == HF_EVENT_VERIFICATION) {
		hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(HF_EVENT_RESULT));
		hf_draft_bytes(d, HF_FIELD_DIGEST, b->h_decision[0].b, 32);
	}
}

/* SB-58 (reordering): papers made afterwards stand in the ledgers after what they should have permitted. */
static void test_sb58_order_of_the_ledgers(void **state)
{
	struct tb *b = tb_new(1, 1);
	(void)state;
	b->entry_hook = turn_around;
	refused(b, "order", "in the ledger of roads the manifest stands before the transfer start");
	b = tb_new(1, 1);
	b->entry_hook = decide_last;
	refused(b, "order", "in the ledger of health the verification stands before the decision");
}

/* ---- a descriptor that had run out ---- */

static void test_descriptor_had_run_out(void **state)
{
	struct tb *b = tb_new(1, 1);
	(void)state;
	b->sb->d.not_after_ms = SB_T0 + 1000;
	sb_sign(b->sb, &b->descriptor);
	refused(b, "run out",
	        "descriptor 1, the newest of the evidence, had run out when the catalog entry was signed");
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
	        cmocka_unit_test(test_papers_that_do_not_hold_together),
	        cmocka_unit_test(test_later_version_under_stricter_terms),
	        cmocka_unit_test(test_factors),
	        cmocka_unit_test(test_department),
	        cmocka_unit_test(test_earlier_revisions),
	        cmocka_unit_test(test_entries_that_record_nothing),
	        cmocka_unit_test(test_sb58_order_of_the_ledgers),
	        cmocka_unit_test(test_descriptor_had_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
