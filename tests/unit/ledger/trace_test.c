/*
 * Reading: one timeline out of several ledgers, what it says about gaps, the tally that an outsider can check, and the
 * exported folder.
 */
#include "crypto/hash.h"
#include "evidence/tally.h"
#include "kit.h"
#include "ledger/collect.h"
#include "unit/evidence/tally_builder.h"

#define ROWS_MAX 64
#define NOTES_MAX 16

static int start(void **state)
{
	struct kit *k = kit_new(NULL);

	for (unsigned n = 0; n < SB_NODES; n++)
		kit_open(k, n);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

struct told {
	size_t rows, notes;
	struct {
		char origin[64], event[64], actor[64], object[64], outcome[16], proof[32];
		uint64_t index;
		int64_t time_ms;
	} row[ROWS_MAX];
	char note[NOTES_MAX][400];
};

static bool take_row(void *ctx, const struct hf_ledger_row *r)
{
	struct told *t = ctx;

	assert_true(t->rows < ROWS_MAX);
	snprintf(t->row[t->rows].origin, sizeof(t->row[0].origin), "%s", r->origin);
	snprintf(t->row[t->rows].proof, sizeof(t->row[0].proof), "%s", r->proof);
	hf_opening_text(r->opening, HF_FIELD_EVENT, t->row[t->rows].event, sizeof(t->row[0].event));
	hf_opening_text(r->opening, HF_FIELD_ACTOR, t->row[t->rows].actor, sizeof(t->row[0].actor));
	hf_opening_text(r->opening, HF_FIELD_OBJECT, t->row[t->rows].object, sizeof(t->row[0].object));
	hf_opening_text(r->opening, HF_FIELD_OUTCOME, t->row[t->rows].outcome, sizeof(t->row[0].outcome));
	t->row[t->rows].index = r->index;
	t->row[t->rows++].time_ms = r->time_ms;
	return true;
}

static void take_note(void *ctx, const char *text)
{
	struct told *t = ctx;

	assert_true(t->notes < NOTES_MAX);
	snprintf(t->note[t->notes++], sizeof(t->note[0]), "%s", text);
}

static enum hf_err trace(struct kit_node *n, const struct hf_id *txn, struct told *t)
{
	memset(t, 0, sizeof(*t));
	return hf_ledger_trace(n->ledger, txn, take_row, take_note, t);
}

static bool said(const struct told *t, const char *words)
{
	for (size_t i = 0; i < t->notes; i++)
		if (strstr(t->note[i], words))
			return true;
	return false;
}

static bool has_row(const struct told *t, const char *node)
{
	for (size_t i = 0; i < t->rows; i++)
		if (strcmp(t->row[i].origin, node) == 0)
			return true;
	return false;
}

static struct hf_draft *step(enum hf_event event, const struct hf_id *txn, const char *actor, const char *counterparty)
{
	struct hf_draft *d = hf_draft_new(event, txn);

	hf_draft_text(d, HF_FIELD_ACTOR, actor);
	hf_draft_text(d, HF_FIELD_OBJECT, "dataset 7");
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, counterparty);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, "roads");
	hf_draft_party(d, "health");
	hf_draft_party(d, "hub");
	return d;
}

static void write_step(struct kit *k, struct kit_node *n, struct hf_draft *take)
{
	kit_write(n, take);
	k->jump_ms += 2; /* entries of one millisecond have no order of time */
}

static void write_story(struct kit *k, const struct hf_id *txn)
{
	struct hf_draft *d;

	write_step(k, &k->node[SB_HEALTH], step(HF_EVENT_APPLICATION_SUBMIT, txn, "health/li.na", "hub"));
	write_step(k, &k->node[SB_HUB], step(HF_EVENT_APPLICATION_RECEIVE, txn, "hub", "health"));
	write_step(k, &k->node[SB_HUB], step(HF_EVENT_COMPLIANCE_REVIEW, txn, "hub/wang.wei", "roads"));
	write_step(k, &k->node[SB_ROADS], step(HF_EVENT_DECISION, txn, "roads/zhao.min", "hub"));
	write_step(k, &k->node[SB_HEALTH], step(HF_EVENT_RESULT, txn, "health", "hub"));
	d = step(HF_EVENT_FINALIZED, txn, "roads", "health");
	hf_draft_close(d);
	write_step(k, &k->node[SB_ROADS], d);
}

static bool covered(struct kit *k, unsigned n, const struct hf_id *txn, size_t rows)
{
	struct told t;

	return trace(&k->node[n], txn, &t) == HF_OK && t.rows == rows && t.notes == 0;
}

/* SB-57: every use across nodes, in order, with subject, time, object and outcome; SB-66: the parties see the same.
 * DS-38: by one identifier. */
static void test_one_timeline_from_three_ledgers(void **state)
{
	static const char *const events[] = {
	        "application-submit", "application-receive", "compliance-review", "decision", "result", "finalized"};
	static const char *const origins[] = {"health", "hub", "hub", "roads", "health", "roads"};
	static const unsigned readers[] = {SB_HEALTH, SB_HUB, SB_ROADS};
	struct kit *k = *state;
	struct hf_id txn = hf_id_new(kit_now(k));
	struct told t;

	write_story(k, &txn);
	for (unsigned r = 0; r < 3; r++) {
		kit_until(k, covered(k, readers[r], &txn, 6));
		assert_int_equal(trace(&k->node[readers[r]], &txn, &t), HF_OK);
		for (size_t i = 0; i < 6; i++) {
			assert_string_equal(t.row[i].event, events[i]);
			assert_string_equal(t.row[i].origin, origins[i]);
			assert_string_equal(t.row[i].object, "dataset 7");
			assert_string_equal(t.row[i].outcome, "ok");
			assert_true(t.row[i].actor[0]);
			assert_true(strncmp(t.row[i].proof, "witnessed ", 10) == 0);
			assert_true(i == 0 || t.row[i - 1].time_ms <= t.row[i].time_ms);
		}
	}
	assert_int_equal(trace(&k->node[SB_PORT], &txn, &t),
	                 HF_E_UNKNOWN); /* no party: cannot even tell that it exists */
}

/* Of all that the node holds of the transaction: each entry as it stands in its writer's ledger, and what it says. */
static void record_digest(struct kit_node *n, const struct hf_id *txn, struct hf_hash *ret_digest)
{
	struct hf_collection c HF_CLEANUP(hf_collection_done) = {.ledger = n->ledger};
	struct hf_buf all HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	assert_int_equal(hf_collect(&c, txn), HF_OK);
	assert_int_equal(c.broken_count, 0);
	for (size_t i = 0; i < c.count; i++) {
		const struct hf_page *p = &c.items[i].page;

		assert_int_equal(p->under, HF_BOOK_WITNESSED);
		hf_buf_addf(&all, "%s %" PRIu64 " %zu ", c.items[i].shelf->book.node, p->index, p->bytes.len);
		hf_buf_add(&all, p->bytes.data, p->bytes.len);
		for (size_t f = 0; f < p->opened.opening->n_fields; f++) {
			const Hufu__FieldOpening *field = p->opened.opening->fields[f];

			hf_buf_addf(&all, " %u %zu ", (unsigned)field->field, field->value.len);
			hf_buf_add(&all, field->value.data, field->value.len);
		}
	}
	hf_sha256(all.data, all.len, ret_digest);
}

/* SB-66: one digest of a transaction's record at the provider, at the consumer and at the supervisor, who is told of
 * it; another transaction of the same three has another one. */
static void test_all_who_are_told_hold_the_same_record(void **state)
{
	static const unsigned others[] = {SB_HEALTH, SB_HUB};
	struct kit *k = *state;
	struct hf_id txn = hf_id_new(kit_now(k)), second = hf_id_new(kit_now(k));
	struct hf_hash first, same, other;

	write_story(k, &txn);
	write_story(k, &second);
	kit_until(k, covered(k, SB_ROADS, &txn, 6) && covered(k, SB_ROADS, &second, 6));
	kit_until_witnessed(&k->node[SB_ROADS]);
	record_digest(&k->node[SB_ROADS], &txn, &first);
	for (size_t i = 0; i < 2; i++) {
		kit_until(k, covered(k, others[i], &txn, 6) && covered(k, others[i], &second, 6));
		kit_until_witnessed(&k->node[others[i]]);
		record_digest(&k->node[others[i]], &txn, &same);
		assert_memory_equal(same.b, first.b, sizeof(first.b));
		record_digest(&k->node[others[i]], &second, &other);
		assert_memory_not_equal(other.b, first.b, sizeof(first.b));
	}
}

/* Whose ledger could not be covered, and why, in words. */
static void test_coverage_sentences(void **state)
{
	struct kit *k = *state;
	struct hf_id txn = hf_id_new(kit_now(k)), alone = hf_id_new(kit_now(k));
	struct hf_draft *d;
	struct told t;

	d = hf_draft_new(HF_EVENT_TRANSFER_SENT, &alone);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, "port");
	kit_write(&k->node[SB_ROADS], d);
	assert_int_equal(trace(&k->node[SB_ROADS], &alone, &t), HF_OK);
	assert_true(said(&t, "the ledger of port is not mirrored here"));
	kit_invite(&k->node[SB_ROADS], "health");          /* by another transaction */
	d = hf_draft_new(HF_EVENT_TRANSFER_REQUEST, &txn); /* not shared: a gap for the others */
	kit_write(&k->node[SB_HEALTH], d);
	kit_write(&k->node[SB_HEALTH], step(HF_EVENT_TRANSFER_RECEIVED, &txn, "health", "roads"));
	d = step(HF_EVENT_RECEIPT, &txn, "health", "roads");
	hf_draft_close(d);
	kit_write(&k->node[SB_HEALTH], d);
	kit_until(k, trace(&k->node[SB_ROADS], &txn, &t) == HF_OK && t.rows == 2);
	assert_true(said(&t, "the ledger of health has entries 1 to 1 of this transaction that are not held here"));
	assert_true(said(&t, "this node's own ledger has no entry of this transaction"));
}

/* An entry of a replica that was altered at rest is left out, and that is said. */
static void test_altered_replica(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = hf_id_new(kit_now(k));
	struct hf_buf bytes HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_place p = {.own = false};
	struct hf_unit *u;
	struct hf_bytes b;
	uint8_t key[HF_KEY_MAX];
	struct told t;

	write_story(k, &txn);
	kit_until(k, covered(k, SB_ROADS, &txn, 6));
	assert_int_equal(trace(n, &txn, &t), HF_OK);
	snprintf(p.origin, sizeof(p.origin), "%s", k->node[SB_HEALTH].ledger->own.origin);
	assert_int_equal(hf_place_entry(&p, &n->ledger->rows, t.row[0].index, &b), HF_OK);
	hf_buf_add(&bytes, b.data, b.len);
	bytes.data[bytes.len - 1] ^= 1;
	u = hf_unit_new();
	hf_unit_put(u, HF_TABLE_MIRROR_ENTRY, key, hf_place_key(&p, t.row[0].index, key), bytes.data, bytes.len);
	kit_submit(n, u);
	assert_int_equal(trace(n, &txn, &t), HF_OK);
	assert_int_equal(t.rows, 5);
	assert_true(said(&t, "of the ledger of health does not verify"));
}

static bool take_newest(void *ctx, const struct hf_ledger_row *r)
{
	return take_row(ctx, r) && ((struct told *)ctx)->rows < 3;
}

static void test_tail(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct told t = {.rows = 0};

	kit_fill(n, 10);
	kit_until_witnessed(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 5, take_row, &t), HF_OK);
	assert_int_equal(t.rows, 5);
	assert_int_equal(t.row[0].index, 10);
	assert_int_equal(t.row[4].index, 6);
	assert_true(strncmp(t.row[0].proof, "witnessed ", 10) == 0);
	t.rows = 0;
	assert_int_equal(hf_ledger_tail(n->ledger, 100, take_newest, &t), HF_OK);
	assert_int_equal(t.rows, 3);
	t.rows = 0;
	assert_int_equal(hf_ledger_tail(n->ledger, 100, take_row, &t), HF_OK);
	assert_int_equal(t.rows, 11);
	assert_string_equal(t.row[10].event, "genesis");
}

/* ---- the tally ---- */

struct tale {
	struct kit *kit;
	struct tb *tb;
	struct hf_id negotiation, transfer;
};

static void record(struct tale *x, unsigned node, enum hf_event event, bool transfer, const struct hf_hash *digest,
                   bool closes)
{
	struct hf_draft *d = hf_draft_new(event, transfer ? &x->transfer : &x->negotiation);

	if (digest)
		hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, "roads");
	hf_draft_party(d, "health");
	if (!transfer)
		hf_draft_party(d, "hub");
	if (closes)
		hf_draft_close(d);
	kit_write(&x->kit->node[node], d);
}

static void record_all(struct tale *x)
{
	struct tb *b = x->tb;

	record(x, SB_HEALTH, HF_EVENT_APPLICATION_DRAFT, false, NULL, false);
	record(x, SB_HEALTH, HF_EVENT_APPLICATION_SUBMIT, false, &b->h_app[0], false);
	record(x, SB_HUB, HF_EVENT_APPLICATION_RECEIVE, false, &b->h_app[0], false);
	record(x, SB_HUB, HF_EVENT_COMPLIANCE_REVIEW, false, &b->h_intake[0], false);
	record(x, SB_HEALTH, HF_EVENT_COMPLIANCE_REVIEW, false, &b->h_intake[0], false);
	record(x, SB_ROADS, HF_EVENT_APPLICATION_RECEIVE, false, &b->h_app[0], false);
	record(x, SB_ROADS, HF_EVENT_COMPLIANCE_REVIEW, false, &b->h_intake[0], false);
	record(x, SB_ROADS, HF_EVENT_DECISION, false, &b->h_decision[0], false);
	record(x, SB_HUB, HF_EVENT_RESULT, false, &b->h_decision[0], true);
	record(x, SB_HEALTH, HF_EVENT_RESULT, false, &b->h_decision[0], false);
	record(x, SB_HEALTH, HF_EVENT_VERIFICATION, false, &b->h_verification, false);
	record(x, SB_ROADS, HF_EVENT_VERIFICATION, false, &b->h_verification, false);
	record(x, SB_ROADS, HF_EVENT_FINALIZED, false, &b->h_event, true);
	record(x, SB_HEALTH, HF_EVENT_FINALIZED, false, &b->h_event, true);
	record(x, SB_HEALTH, HF_EVENT_TRANSFER_REQUEST, true, &b->h_request, false);
	record(x, SB_ROADS, HF_EVENT_ACCESS_DECISION, true, &b->h_request, false);
	record(x, SB_ROADS, HF_EVENT_TRANSFER_START, true, &b->h_start, false);
	record(x, SB_HEALTH, HF_EVENT_TRANSFER_START, true, &b->h_start, false);
	record(x, SB_ROADS, HF_EVENT_TRANSFER_SENT, true, &b->h_manifest, false);
	record(x, SB_HEALTH, HF_EVENT_TRANSFER_RECEIVED, true, &b->h_manifest, false);
	record(x, SB_HEALTH, HF_EVENT_RECEIPT, true, &b->h_receipt, true);
	record(x, SB_ROADS, HF_EVENT_TRANSFER_CLOSED, true, &b->h_receipt, true);
}

static void keep(struct tale *x, unsigned node, bool transfer, const char *type, const struct hf_buf *envelope,
                 const struct hf_hash *digest)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_hash is;

	hf_ledger_keep_envelope(u, transfer ? &x->transfer : &x->negotiation, type, envelope->data, envelope->len, &is);
	assert_true(hf_hash_equal(&is, digest));
	kit_submit(&x->kit->node[node], u);
}

static void keep_all(struct tale *x, unsigned node)
{
	struct tb *b = x->tb;
	struct hf_hash entry;

	hf_envelope_digest(b->e_entry.data, b->e_entry.len, &entry);
	keep(x, node, false, HF_TYPE_CATALOG_ENTRY, &b->e_entry, &entry);
	keep(x, node, false, HF_TYPE_APPLICATION, &b->e_app[0], &b->h_app[0]);
	keep(x, node, false, HF_TYPE_INTAKE, &b->e_intake[0], &b->h_intake[0]);
	keep(x, node, false, HF_TYPE_DECISION, &b->e_decision[0], &b->h_decision[0]);
	keep(x, node, false, HF_TYPE_VERIFICATION, &b->e_verification, &b->h_verification);
	keep(x, node, false, HF_TYPE_NEGOTIATION_EVENT, &b->e_event, &b->h_event);
	keep(x, node, true, HF_TYPE_TRANSFER_REQUEST, &b->e_request, &b->h_request);
	keep(x, node, true, HF_TYPE_TRANSFER_START, &b->e_start, &b->h_start);
	keep(x, node, true, HF_TYPE_MANIFEST, &b->e_manifest, &b->h_manifest);
	keep(x, node, true, HF_TYPE_RECEIPT, &b->e_receipt, &b->h_receipt);
}

static void tale_new(struct tale *x, struct kit *k)
{
	x->kit = k;
	x->tb = tb_new(1, 1);
	tb_documents(x->tb);
	memcpy(x->negotiation.b, x->tb->negotiation.b, sizeof(x->negotiation.b));
	memcpy(x->transfer.b, x->tb->transfer.b, sizeof(x->transfer.b));
}

/* SB-59: either party writes, from what it holds, one file that a third party verifies with nothing but the root key.
 */
static void test_tally_from_either_side(void **state)
{
	static const unsigned provers[] = {SB_ROADS, SB_HEALTH};
	struct kit *k = *state;
	struct tale x;
	struct hf_buf out HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	struct hf_tally_report report;
	struct hf_trust trust;

	tale_new(&x, k);
	trust = tb_trust(x.tb);
	record_all(&x);
	for (unsigned i = 0; i < 2; i++) {
		struct kit_node *n = &k->node[provers[i]];

		keep_all(&x, provers[i]);
		kit_until(k, hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) == HF_OK);
		if (hf_tally_verify(&trust, out.data, out.len, &report, &f) != HF_OK)
			fail_msg("%s", f.text);
		assert_string_equal(report.provider, "roads");
		assert_string_equal(report.consumer, "health");
		assert_string_equal(report.intake, "hub");
		assert_int_equal(report.ledgers, 3);
		assert_int_equal(report.entries, 22);
		assert_int_equal(report.documents, 10);
	}
	out.data[out.len / 2] ^= 1;
	assert_int_not_equal(hf_tally_verify(&trust, out.data, out.len, &report, &f), HF_OK);
	tb_free(x.tb);
}

static enum hf_err prove_entry(struct kit_node *n, const char *of, uint64_t index, const bool *shown,
                               struct hf_buf *out, struct hf_fault *f)
{
	struct hf_buf descriptors HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_ledger_entry_ask ask = {of, index, shown};

	hf_buf_clear(out);
	*f = (struct hf_fault){HF_OK, ""};
	return hf_ledger_prove_entry(n->ledger, &ask, out, &descriptors, f);
}

/* SB-59: the proof of one entry, by its writer and by a party that mirrors it, shows what was chosen and no more; an
 * entry that is not witnessed, not there, or that this node cannot open is refused. */
static void test_proof_of_one_entry(void **state)
{
	struct kit *k = *state;
	struct kit_node *roads = &k->node[SB_ROADS], *health = &k->node[SB_HEALTH];
	struct hf_buf out HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	bool shown[HF_FIELD_LIMIT] = {[HF_FIELD_OUTCOME] = true};
	struct hf_id txn = hf_id_new(kit_now(k));
	struct hf_proof_report report;
	struct hf_fault f;
	uint64_t own, index;

	kit_invite(health, "roads");
	index = kit_write(roads, step(HF_EVENT_DECISION, &txn, "roads/zhao.min", "health"));
	own = kit_write(roads, hf_draft_new(HF_EVENT_COMMAND, NULL));
	kit_until(k, prove_entry(roads, NULL, index, shown, &out, &f) == HF_OK);
	assert_int_equal(hf_proof_check(k->space, out.data, out.len, &report, &f), HF_OK);
	assert_string_equal(report.node, "roads");
	assert_int_equal(report.index, index);
	assert_int_equal(report.entry->opening->n_fields, 1);
	assert_true(hf_opening_is(report.entry->opening, HF_FIELD_OUTCOME, "ok"));
	hf_decoded_free(report.entry);
	kit_until(k, prove_entry(health, "roads", index, NULL, &out, &f) == HF_OK);
	assert_int_equal(hf_proof_check(k->space, out.data, out.len, &report, &f), HF_OK);
	assert_true(hf_opening_is(report.entry->opening, HF_FIELD_ACTOR, "roads/zhao.min"));
	hf_decoded_free(report.entry);
	kit_until(k, prove_entry(health, "roads", own, NULL, &out, &f) == HF_E_STATE &&
	                     strstr(f.text, "this node was not given what entry"));
	assert_int_equal(prove_entry(roads, NULL, 1000, NULL, &out, &f), HF_E_UNKNOWN);
	assert_non_null(strstr(f.text, "there is no entry 1000 of the ledger of roads here"));
	assert_int_equal(prove_entry(roads, "nobody", 0, NULL, &out, &f), HF_E_UNKNOWN);
	assert_non_null(strstr(f.text, "the ledger of nobody is not mirrored here"));
	for (unsigned n = 0; n < SB_NODES; n++)
		k->down[n] = n != SB_ROADS;
	own = kit_write(roads, hf_draft_new(HF_EVENT_COMMAND, NULL));
	assert_int_equal(prove_entry(roads, NULL, own, NULL, &out, &f), HF_E_STATE);
	assert_non_null(strstr(f.text, "is not witnessed by a quorum yet"));
}

/* Half a proof is no proof: it is refused with the reason, and not handed out. */
static void test_incomplete_proof_is_refused(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_buf out HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id nothing = hf_id_new(kit_now(k));
	struct tale x;

	tale_new(&x, k);
	assert_int_equal(hf_ledger_prove(n->ledger, &nothing, NULL, &out, &f), HF_E_UNKNOWN);
	k->down[SB_HEALTH] = true;
	record_all(&x);
	keep_all(&x, SB_ROADS);
	kit_until_witnessed(n);
	assert_int_equal(hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f), HF_E_STATE);
	assert_true(f.text[0]);
	k->down[SB_HEALTH] = false;
	hf_ledger_peer_up(k->node[SB_HEALTH].ledger, "roads");
	for (unsigned i = 0; i < SB_NODES; i++)
		if (i != SB_HEALTH)
			hf_ledger_peer_up(k->node[SB_HEALTH].ledger, k->sb->name[i]);
	kit_until(k, hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) == HF_OK);
	tb_free(x.tb);
}

struct pushed {
	bool done;
	enum hf_err e;
};

static void on_pushed(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	(void)text, (void)body, (void)len;
	*(struct pushed *)ctx = (struct pushed){true, e};
}

/* count openings of entries of from's ledger, from index first on, that claim to be of txn; none fits anything. */
static enum hf_err push_claims(struct kit *k, unsigned from, uint64_t first, size_t count, const struct hf_id *txn)
{
	static const uint8_t zero[32];
	struct pushed p = {.done = false};
	struct kit_node *to = &k->node[SB_ROADS];
	Hufu__OpeningsPush m = HUFU__OPENINGS_PUSH__INIT;
	Hufu__EntryOpening *list[512], *o = calloc(count, sizeof(*o));
	Hufu__FieldOpening field = HUFU__FIELD_OPENING__INIT, *fields[1] = {&field};
	Hufu__FieldHash hash = HUFU__FIELD_HASH__INIT, *hashes[1] = {&hash};
	char id[HF_ID_TEXT];
	size_t len;

	hf_id_text(txn, id);
	field.field = hash.field = HF_FIELD_TRANSACTION;
	field.salt = hash.hash = hf_binary(zero, sizeof(zero));
	field.value = hf_binary(id, strlen(id));
	for (size_t i = 0; i < count; i++) {
		list[i] = &o[i];
		hufu__entry_opening__init(&o[i]);
		o[i].origin = k->node[from].ledger->own.origin;
		o[i].index = first + i;
		o[i].n_fields = o[i].n_hashes = 1;
		o[i].fields = fields;
		o[i].hashes = hashes;
	}
	m.origin = k->node[from].ledger->own.origin;
	m.n_openings = count;
	m.openings = list;
	uint8_t *body = hf_encode(&m.base, &len);
	hf_ledger_handle(to->ledger, k->sb->name[from], HF_MSG_OPENINGS_PUSH, (struct hf_bytes){body, len},
	                 (struct hf_answer){on_pushed, &p});
	kit_until(k, p.done);
	free(body);
	free(o);
	return p.e;
}

/* Roads has something to do with that member, so its ledger is taken: in a transaction that is nobody else's affair. */
static void invite(struct kit *k, const char *member)
{
	struct hf_id other = hf_id_new(kit_now(k));
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, &other);

	hf_draft_party(d, member);
	kit_write(&k->node[SB_ROADS], d);
}

/* What one member says in its own name of a transaction of others, or of its own, spoils no proof. */
static void test_claims_of_one_member_spoil_no_proof(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_buf out HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	struct told t;
	struct tale x;

	tale_new(&x, k);
	record_all(&x);
	keep_all(&x, SB_ROADS);
	kit_until(k, hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) == HF_OK);
	assert_int_equal(push_claims(k, SB_AUDIT, 1000000, 1, &x.transfer), HF_E_UNINVITED);
	invite(k, "audit");
	invite(k, "port");
	for (unsigned i = 0; i < 10; i++) { /* entries that will never come: by a party, and by one that is none */
		assert_int_equal(push_claims(k, SB_HEALTH, 1000000 + 500 * i, 500, &x.transfer), HF_OK);
		assert_int_equal(push_claims(k, SB_AUDIT, 1000000 + 500 * i, 500, &x.transfer), HF_OK);
	}
	if (hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) != HF_OK)
		fail_msg("%s", f.text);
	/* And an entry that is really in the ledger of one who has no part in it. */
	struct hf_draft *d = hf_draft_new(HF_EVENT_RECEIPT, &x.transfer);

	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, "roads");
	kit_write(&k->node[SB_PORT], d);
	kit_until(k, trace(n, &x.transfer, &t) == HF_OK && has_row(&t, "port"));
	if (hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) != HF_OK)
		fail_msg("%s", f.text);
	tb_free(x.tb);
}

static void erase(struct kit_node *n, const struct hf_id *txn)
{
	const struct hf_erase_ask in = {.txn = *txn, .reason = "over", .account = "xu"};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;

	if (hf_ledger_erase_ask(n->ledger, u, &in, &id, &f) != HF_OK)
		fail_msg("%s", f.text);
	kit_submit(n, u);
	u = hf_unit_new();
	if (hf_ledger_erase_approve(n->ledger, u, &id, "he", &f) != HF_OK)
		fail_msg("%s", f.text);
	kit_submit(n, u);
}

static bool is_erased(struct kit_node *n, unsigned of, uint64_t index)
{
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	struct hf_place p = {.own = false};

	memcpy(p.origin, n->kit->node[of].ledger->own.origin, sizeof(p.origin));
	return hf_opening_read(&n->ledger->opening_keys, &p, &n->ledger->rows, index, &o) == HF_E_ERASED;
}

/* Nor does an entry that a member without a part in it wrote about it and erased since; what a party erased is missing,
 * and that is said. */
static void test_what_others_erase_spoils_no_proof(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *port = &k->node[SB_PORT], *health = &k->node[SB_HEALTH];
	struct hf_buf out HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	uint64_t index;
	struct tale x;

	tale_new(&x, k);
	record_all(&x);
	keep_all(&x, SB_ROADS);
	invite(k, "port");
	struct hf_draft *d = hf_draft_new(HF_EVENT_RECEIPT, &x.transfer);

	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, "roads");
	index = kit_write(port, d);
	kit_until(k, hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) == HF_OK);
	k->jump_ms += (int64_t)190 * 24 * 3600 * 1000;
	kit_fill(port, 1);
	kit_until_witnessed(port);
	erase(port, &x.transfer);
	kit_until(k, is_erased(n, SB_PORT, index));
	if (hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) != HF_OK)
		fail_msg("%s", f.text);
	kit_fill(health, 1);
	kit_until_witnessed(health);
	erase(health, &x.transfer);
	kit_until(k, hf_ledger_prove(n->ledger, &x.transfer, &x.negotiation, &out, &f) == HF_E_ERASED);
	assert_non_null(strstr(f.text, "of the ledger of health was erased"));
	tb_free(x.tb);
}

/* An opening that is replaced leaves no trace in the index; one message names a place once. */
static void test_replaced_claims_leave_no_rows(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = hf_id_new(kit_now(k));
	struct told t;

	invite(k, "health");
	for (unsigned i = 0; i < 20; i++) {
		txn = hf_id_new(kit_now(k));
		assert_int_equal(push_claims(k, SB_HEALTH, 1000000, 3, &txn), HF_OK);
	}
	assert_int_equal(hf_store_count(n->store, HF_TABLE_MIRROR_TXN), 3);
	assert_int_equal(hf_store_count(n->store, HF_TABLE_MIRROR_OPENING), 3);
	assert_int_equal(trace(n, &txn, &t), HF_OK);
	assert_true(said(&t, "3 entries from 1000000 on of the ledger of health have been announced but not arrived"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_one_timeline_from_three_ledgers, start, stop),
	        cmocka_unit_test_setup_teardown(test_all_who_are_told_hold_the_same_record, start, stop),
	        cmocka_unit_test_setup_teardown(test_coverage_sentences, start, stop),
	        cmocka_unit_test_setup_teardown(test_altered_replica, start, stop),
	        cmocka_unit_test_setup_teardown(test_tail, start, stop),
	        cmocka_unit_test_setup_teardown(test_tally_from_either_side, start, stop),
	        cmocka_unit_test_setup_teardown(test_proof_of_one_entry, start, stop),
	        cmocka_unit_test_setup_teardown(test_incomplete_proof_is_refused, start, stop),
	        cmocka_unit_test_setup_teardown(test_claims_of_one_member_spoil_no_proof, start, stop),
	        cmocka_unit_test_setup_teardown(test_what_others_erase_spoils_no_proof, start, stop),
	        cmocka_unit_test_setup_teardown(test_replaced_claims_leave_no_rows, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
