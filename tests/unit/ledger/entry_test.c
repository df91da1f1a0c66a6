/*
 * What a draft becomes: an entry that shows nothing private, openings that show everything to those entitled, and the
 * place of the entry within its transaction.
 */
#include "kit.h"

static int start(void **state)
{
	*state = kit_new(NULL);
	kit_open(*state, SB_ROADS);
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static struct hf_id new_txn(struct kit *k)
{
	return hf_id_new(kit_now(k));
}

static void read_entry(struct kit_node *n, uint64_t index, struct hf_buf *out)
{
	struct hf_bytes b;

	hf_buf_clear(out);
	assert_int_equal(hf_place_entry(&n->ledger->own, &n->ledger->rows, index, &b), HF_OK);
	assert_true(hf_buf_add(out, b.data, b.len));
}

/* Every private field has a value of its own, made from its name. */
static struct hf_draft *full_draft(const struct hf_id *txn)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, txn);

	for (unsigned f = HF_FIELD_ACTOR; f < HF_FIELD_LIMIT; f++)
		if (hf_field_name((enum hf_field)f))
			hf_draft_textf(d, (enum hf_field)f, "secret-%s-value", hf_field_name((enum hf_field)f));
	return d;
}

/* The private value of every field is in no byte of what is replicated, and all of it comes back from the sealed
 * opening. */
static void test_leaf_shows_nothing_private(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_buf bytes HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, sealed HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_id txn = new_txn(k);
	char text[HF_ID_TEXT], value[96];
	uint8_t key[8];
	uint64_t index = kit_write(n, full_draft(&txn));

	read_entry(n, index, &bytes);
	hf_put_u64(key, index);
	assert_int_equal(hf_store_get(n->store, HF_TABLE_OPENING, key, sizeof(key), &sealed), HF_OK);
	hf_id_text(&txn, text);
	assert_null(memmem(bytes.data, bytes.len, text, strlen(text)));
	assert_null(memmem(bytes.data, bytes.len, txn.b, sizeof(txn.b)));
	assert_null(memmem(bytes.data, bytes.len, "transfer-sent", 13));
	for (unsigned f = HF_FIELD_ACTOR; f < HF_FIELD_LIMIT; f++) {
		if (!hf_field_name((enum hf_field)f))
			continue;
		snprintf(value, sizeof(value), "secret-%s-value", hf_field_name((enum hf_field)f));
		assert_null(memmem(bytes.data, bytes.len, value, strlen(value)));
		assert_null(memmem(sealed.data, sealed.len, value, strlen(value))); /* DS-67: confidential at rest */
		kit_assert_field(n, index, (enum hf_field)f, value);
	}
	assert_true(bytes.len < 300);
}

/* Two entries of one actor about one object do not look alike, neither in one ledger nor across two. */
static void test_equal_drafts_cannot_be_linked(void **state)
{
	struct kit *k = *state;
	struct hf_buf a HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, b HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_id txn = new_txn(k);
	struct kit_node *n[2] = {&k->node[SB_ROADS], kit_open(k, SB_HUB)};
	Hufu__LedgerEntry *e[2];
	uint64_t index[2];

	for (unsigned i = 0; i < 2; i++)
		index[i] = kit_write(n[i], full_draft(&txn));
	read_entry(n[0], index[0], &a);
	read_entry(n[1], index[1], &b);
	assert_int_equal(hf_entry_decode(a.data, a.len, &e[0]), HF_OK);
	assert_int_equal(hf_entry_decode(b.data, b.len, &e[1]), HF_OK);
	assert_memory_not_equal(e[0]->label.data, e[1]->label.data, 16);
	assert_memory_not_equal(e[0]->commitment.data, e[1]->commitment.data, 32);
	hf_decoded_free(e[0]);
	hf_decoded_free(e[1]);
}

/* DS-38: one identifier, given to every entry of the transaction, with ordinal, back-link and, at the end, the count.
 */
static void test_ordinals_and_back_links(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = new_txn(k), other = new_txn(k);
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *last;
	char text[HF_ID_TEXT], number[24];
	uint64_t first;

	hf_unit_draft(u, hf_draft_new(HF_EVENT_TRANSFER_REQUEST, &txn));
	hf_unit_draft(u, hf_draft_new(HF_EVENT_TRANSFER_REQUEST, &other));
	hf_unit_draft(u, hf_draft_new(HF_EVENT_TRANSFER_START, &txn));
	first = kit_submit(n, u);
	last = hf_draft_new(HF_EVENT_TRANSFER_CLOSED, &txn);
	hf_draft_close(last);
	assert_int_equal(kit_write(n, last), first + 3);
	hf_id_text(&txn, text);
	kit_assert_field(n, first, HF_FIELD_TRANSACTION, text);
	kit_assert_field(n, first, HF_FIELD_ORDINAL, "1");
	kit_assert_field(n, first, HF_FIELD_BACK_LINK, "");
	kit_assert_field(n, first + 1, HF_FIELD_ORDINAL, "1");
	kit_assert_field(n, first + 2, HF_FIELD_ORDINAL, "2");
	snprintf(number, sizeof(number), "%llu", (unsigned long long)first);
	kit_assert_field(n, first + 2, HF_FIELD_BACK_LINK, number);
	kit_assert_field(n, first + 2, HF_FIELD_COUNT, "");
	kit_assert_field(n, first + 3, HF_FIELD_ORDINAL, "3");
	kit_assert_field(n, first + 3, HF_FIELD_COUNT, "3");
}

/* DS-38: the same after a restart, when nothing is in memory, for transactions of many lengths. */
static void test_ordinals_after_restart(void **state)
{
	struct kit *k = *state;
	struct hf_id txn[20];
	char number[24];

	for (unsigned i = 0; i < 20; i++) {
		struct hf_unit *u = hf_unit_new();

		txn[i] = new_txn(k);
		for (unsigned c = 0; c <= i; c++)
			hf_unit_draft(u, hf_draft_new(HF_EVENT_COMMAND, &txn[i]));
		kit_submit(&k->node[SB_ROADS], u);
	}
	kit_close(k, SB_ROADS);
	kit_open(k, SB_ROADS);
	for (unsigned i = 0; i < 20; i++) {
		struct kit_node *n = &k->node[SB_ROADS];
		uint64_t index = kit_write(n, hf_draft_new(HF_EVENT_COMMAND, &txn[i]));

		snprintf(number, sizeof(number), "%u", i + 2);
		kit_assert_field(n, index, HF_FIELD_ORDINAL, number);
	}
}

/* DS-60, DS-61, DS-62, DS-63, DS-64: each item that the standard asks for is a private field of its own, committed and
 * opened by name. */
static void test_record_items(void **state)
{
	static const struct {
		const char *id, *field;
	} items[] = {
	        {"DS-60", "data-format"},       {"DS-61", "transaction"},    {"DS-61", "start-time"},
	        {"DS-61", "end-time"},          {"DS-62", "class-grade"},    {"DS-62", "consumer-authentication"},
	        {"DS-62", "permission-review"}, {"DS-62", "packaging"},      {"DS-62", "delivery"},
	        {"DS-62", "cache-deletion"},    {"DS-63", "identity-check"}, {"DS-63", "endpoint"},
	        {"DS-63", "ip-address"},        {"DS-63", "data-length"},    {"DS-63", "time"},
	        {"DS-63", "exception"},         {"DS-63", "alarm"},          {"DS-64", "provider-authentication"},
	        {"DS-64", "reception-state"},   {"DS-64", "quality"},
	};
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_opened o = HF_OPENED_INIT;
	struct hf_id txn = new_txn(k);
	uint64_t index = kit_write(n, full_draft(&txn));

	assert_int_equal(hf_opening_read(&n->ledger->opening_keys, &n->ledger->own, &n->ledger->rows, index, &o),
	                 HF_OK);
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		enum hf_field f = hf_field_from_name(items[i].field);
		struct hf_bytes v;

		if (f == HF_FIELD_INVALID || !hf_opening_get(o.opening, f, &v) || v.len == 0)
			fail_msg("%s: the field %s is not recorded", items[i].id, items[i].field);
	}
	hf_opened_done(&o);
}

/* AZ-24: an application decision refers to all six entities: DR, O, S, R, D, A. */
static void test_decision_refers_to_six_entities(void **state)
{
	static const struct {
		enum hf_field field;
		const char *value;
	} six[] = {
	        {HF_FIELD_RESOURCE, "0198a7aa-0000-7000-8000-000000000001"},
	        {HF_FIELD_ORGANIZATION, "health"},
	        {HF_FIELD_SYSTEM, "triage"},
	        {HF_FIELD_APPLICATION, "0198a7aa-0000-7000-8000-000000000002"},
	        {HF_FIELD_PERIOD, "2026-10-01T00:00:00.000Z/2027-10-01T00:00:00.000Z"},
	        {HF_FIELD_RESULT, "T"},
	};
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = new_txn(k);
	struct hf_draft *d = hf_draft_new(HF_EVENT_DECISION, &txn);
	uint64_t index;

	for (size_t i = 0; i < 6; i++)
		hf_draft_text(d, six[i].field, six[i].value);
	index = kit_write(n, d);
	for (size_t i = 0; i < 6; i++)
		kit_assert_field(n, index, six[i].field, six[i].value);
}

/* AZ-32: a denial is recorded with the condition that failed, in the machine's and in people's words. SB-57: subject,
 * time, object, outcome. */
static void test_denial_records_its_reason(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = new_txn(k);
	struct hf_draft *d = hf_draft_new(HF_EVENT_ACCESS_DECISION, &txn);
	char time[HF_TIME_TEXT];
	uint64_t index;
	int64_t ms;

	hf_draft_text(d, HF_FIELD_ACTOR, "health/li.na");
	hf_draft_text(d, HF_FIELD_OBJECT, "0198a7aa-0000-7000-8000-000000000001");
	hf_draft_outcome(d, HF_E_GRANT_EXPIRED,
	                 "the grant expired on 2026-09-01; file a new application with `hufu apply`");
	index = kit_write(n, d);
	kit_assert_field(n, index, HF_FIELD_EVENT, "access-decision");
	kit_assert_field(n, index, HF_FIELD_ACTOR, "health/li.na");
	kit_assert_field(n, index, HF_FIELD_OBJECT, "0198a7aa-0000-7000-8000-000000000001");
	kit_assert_field(n, index, HF_FIELD_OUTCOME, "refused");
	kit_assert_field(n, index, HF_FIELD_REASON, "grant-expired");
	kit_assert_field(n, index, HF_FIELD_DETAIL,
	                 "the grant expired on 2026-09-01; file a new application with `hufu apply`");
	kit_field(n, index, HF_FIELD_TIME, time, sizeof(time));
	assert_true(hf_time_parse(time, &ms));
	assert_true(llabs(ms - kit_now(k)) < 60000);
}

/* The first entry concerns everybody: it is open, names the log and the key that may name another one. */
static void test_genesis_is_public(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_buf bytes HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_opened o = HF_OPENED_INIT;
	Hufu__LedgerEntry *e;
	char hex[65];

	kit_until(k, kit_state(n).durable > 0);
	read_entry(n, 0, &bytes);
	assert_int_equal(hf_entry_decode(bytes.data, bytes.len, &e), HF_OK);
	assert_int_equal(e->event_class, HF_EVENT_CLASS_PUBLIC);
	assert_int_equal(hf_opening_of_entry(e, &o), HF_OK);
	assert_true(hf_entry_check_opening(e, o.opening));
	assert_true(hf_opening_is(o.opening, HF_FIELD_EVENT, "genesis"));
	assert_true(hf_opening_is(o.opening, HF_FIELD_OBJECT, SB_SPACE "/ledger/roads"));
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", k->sb->pub[SB_ROADS][HF_KEY_RECOVERY][i]);
	assert_non_null(memmem(bytes.data, bytes.len, hex, 64));
	hf_opened_done(&o);
	hf_decoded_free(e);
}

/* Each entry names the leaf hash of the one before, across batches and restarts. */
static void test_chain(void **state)
{
	struct kit *k = *state;
	struct hf_hash prev = {{0}};

	kit_fill(&k->node[SB_ROADS], 300);
	kit_close(k, SB_ROADS);
	kit_open(k, SB_ROADS);
	kit_fill(&k->node[SB_ROADS], 5);
	for (uint64_t i = 0; i < kit_state(&k->node[SB_ROADS]).durable; i++) {
		struct hf_buf bytes HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
		Hufu__LedgerEntry *e;

		read_entry(&k->node[SB_ROADS], i, &bytes);
		assert_int_equal(hf_entry_decode(bytes.data, bytes.len, &e), HF_OK);
		assert_int_equal(e->index, i);
		assert_memory_equal(e->prev.data, prev.b, sizeof(prev.b));
		hf_merkle_leaf(bytes.data, bytes.len, &prev);
		hf_decoded_free(e);
	}
}

/* Two ledgers bind each other: what is written about a node states the newest checkpoint seen of its ledger. */
static void test_counterparty_checkpoint(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_hash root = {{0xab, 0xcd}};
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, NULL);
	char head[100];

	hf_sequence_saw(n->ledger->sequence, "health", 41, &root);
	hf_sequence_saw(n->ledger->sequence, "health", 40, &(struct hf_hash){{1}});
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, "health");
	kit_field(n, kit_write(n, d), HF_FIELD_COUNTERPARTY_HEAD, head, sizeof(head));
	assert_true(strncmp(head, "41/abcd000000", 13) == 0);
	assert_int_equal(strlen(head), 3 + 64);
}

/* A writer who names no actor acts itself; the clock of entries never goes back. */
static void test_actor_and_time_of_system_entries(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	uint64_t first = kit_write(n, hf_draft_new(HF_EVENT_SELF_CHECK, NULL)), second;
	char a[HF_TIME_TEXT], b[HF_TIME_TEXT];

	kit_assert_field(n, first, HF_FIELD_ACTOR, "roads");
	k->mono0 += 3600 * 1000; /* the wall clock is set back by an hour */
	second = kit_write(n, hf_draft_new(HF_EVENT_SELF_CHECK, NULL));
	kit_field(n, first, HF_FIELD_TIME, a, sizeof(a));
	kit_field(n, second, HF_FIELD_TIME, b, sizeof(b));
	assert_true(strcmp(a, b) <= 0);
	k->mono0 -= 3600 * 1000;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_leaf_shows_nothing_private, start, stop),
	        cmocka_unit_test_setup_teardown(test_equal_drafts_cannot_be_linked, start, stop),
	        cmocka_unit_test_setup_teardown(test_ordinals_and_back_links, start, stop),
	        cmocka_unit_test_setup_teardown(test_ordinals_after_restart, start, stop),
	        cmocka_unit_test_setup_teardown(test_record_items, start, stop),
	        cmocka_unit_test_setup_teardown(test_decision_refers_to_six_entities, start, stop),
	        cmocka_unit_test_setup_teardown(test_denial_records_its_reason, start, stop),
	        cmocka_unit_test_setup_teardown(test_genesis_is_public, start, stop),
	        cmocka_unit_test_setup_teardown(test_chain, start, stop),
	        cmocka_unit_test_setup_teardown(test_counterparty_checkpoint, start, stop),
	        cmocka_unit_test_setup_teardown(test_actor_and_time_of_system_entries, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
