/* SB-57: the trace of a dataset: every use of a catalog entry in all ledgers held here, page by page, in order of time.
 */
#include "kit.h"

#define ROWS_MAX 64
#define NOTES_MAX 32

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
		char origin[64], event[64];
		uint64_t index;
		int64_t time_ms;
	} row[ROWS_MAX];
	char note[NOTES_MAX][500];
};

static bool take_row(void *ctx, const struct hf_ledger_row *r)
{
	struct told *t = ctx;

	assert_true(t->rows < ROWS_MAX);
	snprintf(t->row[t->rows].origin, sizeof(t->row[0].origin), "%s", r->origin);
	hf_opening_text(r->opening, HF_FIELD_EVENT, t->row[t->rows].event, sizeof(t->row[0].event));
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

static enum hf_err page(struct kit_node *n, const struct hf_id *resource, size_t limit, struct told *t,
                        struct hf_use_at *at)
{
	const struct hf_uses u = {
	        .resource = *resource, .after = *at, .limit = limit, .row = take_row, .note = take_note, .ctx = t};

	return hf_ledger_uses(n->ledger, &u, at);
}

static enum hf_err uses(struct kit_node *n, const struct hf_id *resource, struct told *t)
{
	struct hf_use_at at = {0};

	memset(t, 0, sizeof(*t));
	return page(n, resource, ROWS_MAX, t, &at);
}

static bool said(const struct told *t, const char *words)
{
	for (size_t i = 0; i < t->notes; i++)
		if (strstr(t->note[i], words))
			return true;
	return false;
}

/* One step about resource at node, told to roads and health. */
static void step(struct kit *k, unsigned node, enum hf_event event, const struct hf_id *txn,
                 const struct hf_id *resource)
{
	struct hf_draft *d = hf_draft_new(event, txn);
	char text[HF_ID_TEXT];

	hf_id_text(resource, text);
	hf_draft_text(d, HF_FIELD_RESOURCE, text);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, "roads");
	hf_draft_party(d, "health");
	kit_write(&k->node[node], d);
	k->jump_ms += 2; /* entries of one millisecond have no order of time */
}

struct tale {
	struct hf_id resource, other, first, second;
};

/* Two transactions about the resource that lie across each other, one about another, and a publication in none. */
static void write_tale(struct kit *k, struct tale *t)
{
	struct hf_id stranger = hf_id_new(kit_now(k));

	t->resource = hf_id_new(kit_now(k));
	t->other = hf_id_new(kit_now(k));
	t->first = hf_id_new(kit_now(k));
	t->second = hf_id_new(kit_now(k));
	step(k, SB_ROADS, HF_EVENT_PUBLISH, NULL, &t->resource);
	step(k, SB_HEALTH, HF_EVENT_APPLICATION_SUBMIT, &t->first, &t->resource);
	step(k, SB_ROADS, HF_EVENT_DECISION, &t->first, &t->resource);
	step(k, SB_ROADS, HF_EVENT_DECISION, &stranger, &t->other);
	step(k, SB_HEALTH, HF_EVENT_TRANSFER_REQUEST, &t->second, &t->resource);
	step(k, SB_ROADS, HF_EVENT_TRANSFER_SENT, &t->second, &t->resource);
	step(k, SB_ROADS, HF_EVENT_REVOCATION, &t->first, &t->resource);
	step(k, SB_HEALTH, HF_EVENT_TRANSFER_RECEIVED, &t->second, &t->resource);
}

static const char *const events[] = {"publish",       "application-submit", "decision",         "transfer-request",
                                     "transfer-sent", "revocation",         "transfer-received"};
static const char *const origins[] = {"roads", "health", "roads", "health", "roads", "roads", "health"};
#define USES (sizeof(events) / sizeof(events[0]))

static bool all_there(struct kit *k, unsigned node, const struct tale *x)
{
	struct told t;

	return uses(&k->node[node], &x->resource, &t) == HF_OK && t.rows == USES && t.notes == 0;
}

static void check_order(const struct told *t)
{
	assert_int_equal(t->rows, USES);
	for (size_t i = 0; i < USES; i++) {
		assert_string_equal(t->row[i].event, events[i]);
		assert_string_equal(t->row[i].origin, origins[i]);
		assert_true(i == 0 || t->row[i - 1].time_ms <= t->row[i].time_ms);
	}
}

/* SB-57: all uses across nodes in order, and nothing of another dataset; who is no party learns nothing. */
static void test_every_use_in_order(void **state)
{
	static const unsigned readers[] = {SB_ROADS, SB_HEALTH};
	struct kit *k = *state;
	struct tale x;
	struct told t;

	write_tale(k, &x);
	for (unsigned r = 0; r < 2; r++) {
		kit_until(k, all_there(k, readers[r], &x));
		assert_int_equal(uses(&k->node[readers[r]], &x.resource, &t), HF_OK);
		check_order(&t);
	}
	assert_int_equal(uses(&k->node[SB_ROADS], &x.other, &t), HF_OK);
	assert_int_equal(t.rows, 1);
	assert_int_equal(uses(&k->node[SB_PORT], &x.resource, &t), HF_E_UNKNOWN);
}

/* Pages of any size make the same whole, and the place between them survives that a new use comes in. */
static void test_pages(void **state)
{
	struct kit *k = *state;
	struct tale x;

	write_tale(k, &x);
	kit_until(k, all_there(k, SB_ROADS, &x));
	for (size_t limit = 1; limit <= USES + 1; limit++) {
		struct told t = {.rows = 0};
		struct hf_use_at at = {0};
		size_t pages = 0;

		do {
			t.notes = 0;
			assert_int_equal(page(&k->node[SB_ROADS], &x.resource, limit, &t, &at), HF_OK);
			pages++;
			assert_true(t.rows <= pages * limit);
		} while (at.node[0]);
		assert_int_equal(pages, (USES + limit - 1) / limit);
		check_order(&t);
	}
}

static void test_a_page_ends_where_it_is_told(void **state)
{
	struct kit *k = *state;
	struct hf_uses u = {.limit = ROWS_MAX, .row = take_row, .note = take_note};
	struct hf_use_at next = {0};
	struct told all, t = {.rows = 0};
	struct tale x;

	write_tale(k, &x);
	kit_until(k, all_there(k, SB_ROADS, &x));
	assert_int_equal(uses(&k->node[SB_ROADS], &x.resource, &all), HF_OK);
	u.resource = x.resource;
	u.ctx = &t;
	u.after.time_ms = all.row[2].time_ms;
	u.until_ms = all.row[4].time_ms;
	assert_int_equal(hf_ledger_uses(k->node[SB_ROADS].ledger, &u, &next), HF_OK);
	assert_string_equal(next.node, "");
	for (size_t i = 0; i < t.rows; i++)
		assert_true(t.row[i].time_ms >= u.after.time_ms && t.row[i].time_ms <= u.until_ms);
	assert_true(t.rows >= 3);
	u.limit = HF_USES_MAX + 1;
	assert_int_equal(hf_ledger_uses(k->node[SB_ROADS].ledger, &u, &next), HF_E_ARGUMENT);
}

/* What is missing of a transaction is said with its id. */
static void test_coverage_names_the_transaction(void **state)
{
	struct kit *k = *state;
	struct hf_id txn = hf_id_new(kit_now(k)), resource = hf_id_new(kit_now(k));
	char id[HF_ID_TEXT], words[128], text[HF_ID_TEXT];
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, &txn);
	struct told t;

	hf_id_text(&resource, text);
	hf_draft_text(d, HF_FIELD_RESOURCE, text);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, "port");
	kit_write(&k->node[SB_ROADS], d);
	hf_id_text(&txn, id);
	snprintf(words, sizeof(words), "transaction %s: the ledger of port is not mirrored here", id);
	assert_int_equal(uses(&k->node[SB_ROADS], &resource, &t), HF_OK);
	assert_int_equal(t.rows, 1);
	assert_true(said(&t, words));
}

/* The index is a claim: what an altered entry no longer says is left out, and that is said. */
static void test_altered_replica(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_buf bytes HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_place p = {.own = false};
	struct hf_unit *u;
	struct hf_bytes b;
	uint8_t key[HF_KEY_MAX];
	struct told t;
	struct tale x;

	write_tale(k, &x);
	kit_until(k, all_there(k, SB_ROADS, &x));
	assert_int_equal(uses(n, &x.resource, &t), HF_OK);
	snprintf(p.origin, sizeof(p.origin), "%s", k->node[SB_HEALTH].ledger->own.origin);
	assert_int_equal(hf_place_entry(&p, &n->ledger->rows, t.row[1].index, &b), HF_OK);
	hf_buf_add(&bytes, b.data, b.len);
	bytes.data[bytes.len - 1] ^= 1;
	u = hf_unit_new();
	hf_unit_put(u, HF_TABLE_MIRROR_ENTRY, key, hf_place_key(&p, t.row[1].index, key), bytes.data, bytes.len);
	kit_submit(n, u);
	assert_int_equal(uses(n, &x.resource, &t), HF_OK);
	assert_int_equal(t.rows, USES - 1);
	assert_true(said(&t, "of the ledger of health does not verify"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_every_use_in_order, start, stop),
	        cmocka_unit_test_setup_teardown(test_pages, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_page_ends_where_it_is_told, start, stop),
	        cmocka_unit_test_setup_teardown(test_coverage_names_the_transaction, start, stop),
	        cmocka_unit_test_setup_teardown(test_altered_replica, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
