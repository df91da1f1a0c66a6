/*
 * Mirrors and openings: what a mirror stores and refuses, that losing data on either side heals or stops, and that
 * parties can open what concerns them while nobody else can.
 */
#include "kit.h"
#include "ledger/book.h"

static char *hub_list[1] = {(char *)"hub"};

static void health_names_hub(struct sb_space *sb)
{
	sb->member[SB_HEALTH].mirrors = hub_list;
	sb->member[SB_HEALTH].n_mirrors = 1;
}

static int start(void **state)
{
	struct kit *k = kit_new(health_names_hub);

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
	kit_open(k, SB_HEALTH);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static uint64_t mirrored(struct kit *k, unsigned mirror, unsigned of, bool witnessed)
{
	char origin[HF_ORIGIN_MAX + 1];
	Hufu__MirrorRow *row;
	uint64_t size;

	hf_space_origin(SB_SPACE, k->sb->name[of], origin);
	row = hf_mirror_row(k->node[mirror].ledger, origin);
	size = row ? (witnessed ? row->witnessed_size : row->size) : 0;
	hf_decoded_free(row);
	return size;
}

static void check_copy(struct kit *k, unsigned mirror, unsigned of)
{
	struct kit_node *m = &k->node[mirror], *n = &k->node[of];
	struct hf_place p = {.own = false};
	struct hf_buf own HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_bytes copy, original;

	snprintf(p.origin, sizeof(p.origin), "%s", n->ledger->own.origin);
	for (uint64_t i = 0; i < mirrored(k, mirror, of, false); i++) {
		assert_int_equal(hf_place_entry(&n->ledger->own, &n->ledger->rows, i, &original), HF_OK);
		hf_buf_clear(&own);
		hf_buf_add(&own, original.data, original.len);
		assert_int_equal(hf_place_entry(&p, &m->ledger->rows, i, &copy), HF_OK);
		assert_int_equal(copy.len, own.len);
		assert_memory_equal(copy.data, own.data, own.len);
	}
}

struct check {
	bool done;
	enum hf_err e;
	struct hf_ledger_check c;
};

static void on_check(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	struct check *r = ctx;

	r->done = true;
	r->e = e;
	r->c = *c;
}

static struct check verify(struct kit *k, unsigned node, const char *of)
{
	struct check c = {.done = false};

	hf_ledger_verify(k->node[node].ledger, of, on_check, &c);
	assert_false(c.done);
	kit_until(k, c.done);
	return c;
}

/* SB-58: the named mirror holds the same bytes under a witnessed checkpoint, and can check them by itself. */
static void test_named_mirror(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct check c;

	kit_fill(n, 700);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH, true) == 701);
	kit_until(k, kit_state(n).mirrored_size == 701); /* acknowledged, so durable */
	check_copy(k, SB_HUB, SB_HEALTH);
	c = verify(k, SB_HUB, "health");
	assert_int_equal(c.e, HF_OK);
	assert_int_equal(c.c.size, 701);
	assert_int_equal(mirrored(k, SB_PORT, SB_HEALTH, false), 0); /* nobody else stores it */
	assert_int_equal(n->alarms + k->node[SB_HUB].alarms, 0);
}

static void test_large_ledger_goes_in_batches(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];

	kit_fill(n, 6000);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH, true) == 6001);
	assert_true(k->sent[HF_MSG_MIRROR_ADD] >= 3);
	kit_fill(n, 1);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH, true) == 6002);
}

/* A peer that lost its data is sent all of it again. */
static void test_mirror_that_lost_its_data(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];

	kit_fill(n, 300);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH, true) == 301);
	kit_close(k, SB_HUB);
	kit_lose(k, SB_HUB);
	k->down[SB_ROADS] = true;
	kit_open(k, SB_HUB); /* says what it has seen of health's ledger: nothing */
	hf_ledger_peer_up(k->node[SB_HUB].ledger, "health");
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH, true) >= 301);
	check_copy(k, SB_HUB, SB_HEALTH);
	assert_int_equal(n->alarms, 0);
}

/* A log restored from an old state meets a mirror that holds more: it stops before it signs a second history. */
static void test_log_that_lost_its_data(void **state)
{
	struct kit *k = *state;

	kit_fill(&k->node[SB_HEALTH], 300);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH, true) == 301);
	kit_close(k, SB_HEALTH);
	kit_lose(k, SB_HEALTH);
	kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(&k->node[SB_HEALTH]).halted[0]);
	assert_int_equal(mirrored(k, SB_HUB, SB_HEALTH, true), 301); /* for recovery */
}

static bool bend_entry(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	Hufu__MirrorAdd *add;
	uint8_t *bent;
	size_t len;

	(void)k;
	if (c->type != HF_MSG_MIRROR_ADD)
		return true;
	add = HF_DECODE(mirror_add, body->data, body->len);
	if (add->n_entries > 0)
		add->entries[add->n_entries - 1].data[add->entries[add->n_entries - 1].len - 1] ^= 1;
	bent = hf_encode(&add->base, &len);
	hf_buf_clear(body);
	hf_buf_add(body, bent, len);
	free(bent);
	hf_decoded_free(add);
	return true;
}

/* An altered entry is not cosigned, not kept, and fetched again. */
static void test_altered_entry(void **state)
{
	struct kit *k = *state;

	k->bend = bend_entry;
	kit_fill(&k->node[SB_HEALTH], 50);
	kit_until(k, k->refused[HF_MSG_MIRROR_ADD] > 0);
	assert_int_equal(mirrored(k, SB_HUB, SB_HEALTH, false), 0);
	assert_int_equal(kit_state(&k->node[SB_HEALTH]).mirrored_size, 0);
	k->bend = NULL;
	hf_ledger_peer_up(k->node[SB_HEALTH].ledger, "hub");
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH, true) >= 51); /* its alarm may be there, too */
	check_copy(k, SB_HUB, SB_HEALTH);
}

static struct hf_draft *shared_draft(const struct hf_id *txn, const char *party, const char *secret)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, txn);

	hf_draft_text(d, HF_FIELD_DETAIL, secret);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, party);
	hf_draft_party(d, party);
	hf_draft_party(d, "health"); /* itself: ignored */
	return d;
}

static bool opened_at(struct kit *k, unsigned node, unsigned of, uint64_t index, const char *detail)
{
	struct hf_book b;
	struct hf_page p;
	bool found;

	if (hf_book_open(k->node[node].ledger, k->sb->name[of], &b) != HF_OK)
		return false;
	if (hf_page_read(&b, index, &p) != HF_OK) {
		hf_book_done(&b);
		return false;
	}
	found = p.opened.opening && hf_opening_is(p.opened.opening, HF_FIELD_DETAIL, detail);
	hf_page_done(&p);
	hf_book_done(&b);
	return found;
}

static uint64_t shares_left(struct kit_node *n)
{
	return hf_store_count(n->store, HF_TABLE_SHARE);
}

/* A party of a transaction gets the ledger and the openings of that transaction's entries, and of nothing else. */
static void test_openings_go_to_parties(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k));
	uint64_t first, other;

	kit_invite(&k->node[SB_PORT], "health");
	first = kit_write(n, shared_draft(&txn, "port", "the secret of the two"));
	other = kit_write(n, shared_draft(&txn, "hub", "for another one"));
	kit_until(k, opened_at(k, SB_PORT, SB_HEALTH, first, "the secret of the two"));
	kit_until(k, opened_at(k, SB_HUB, SB_HEALTH, other, "for another one"));
	kit_until(k, shares_left(n) == 0);
	assert_false(opened_at(k, SB_PORT, SB_HEALTH, other, "for another one"));
	assert_false(opened_at(k, SB_HUB, SB_HEALTH, first, "the secret of the two"));
	assert_true(mirrored(k, SB_PORT, SB_HEALTH, false) > first); /* became a mirror by being a party */
	assert_int_equal(mirrored(k, SB_AUDIT, SB_HEALTH, false), 0);
}

static bool hold_mirror(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	(void)k;
	(void)body;
	return c->type != HF_MSG_MIRROR_ADD;
}

/* An opening may come before its entry: it is kept and checked when the entry is there. */
static void test_opening_before_its_entry(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k));
	uint64_t index;

	kit_invite(&k->node[SB_PORT], "health");
	k->bend = hold_mirror;
	index = kit_write(n, shared_draft(&txn, "port", "early"));
	kit_until(k, shares_left(n) == 0);
	assert_false(opened_at(k, SB_PORT, SB_HEALTH, index, "early"));
	k->bend = NULL;
	hf_ledger_peer_up(n->ledger, "port");
	kit_until(k, opened_at(k, SB_PORT, SB_HEALTH, index, "early"));
	assert_int_equal(k->node[SB_PORT].alarms, 0);
}

static bool bend_opening(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	uint8_t *at = c->type == HF_MSG_OPENINGS_PUSH ? memmem(body->data, body->len, "original", 8) : NULL;

	(void)k;
	if (at)
		memcpy(at, "invented", 8);
	return true;
}

/* What does not fit the commitment is refused, whether the entry is there already or comes later. */
static void test_wrong_opening(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k));
	uint64_t index;

	kit_invite(&k->node[SB_PORT], "health");
	kit_write(n, shared_draft(&txn, "port", "first"));
	kit_until(k, shares_left(n) == 0);
	kit_until(k, mirrored(k, SB_PORT, SB_HEALTH, false) >= kit_state(n).durable);
	k->bend = bend_opening;
	index = kit_write(n, shared_draft(&txn, "port", "original"));
	kit_until(k, mirrored(k, SB_PORT, SB_HEALTH, false) > index);
	kit_until(k, k->refused[HF_MSG_OPENINGS_PUSH] > 0 || k->node[SB_PORT].alarms > 0);
	assert_false(opened_at(k, SB_PORT, SB_HEALTH, index, "invented"));
}

/* Openings outlive a restart of either side. */
static void test_openings_after_restart(void **state)
{
	struct kit *k = *state;
	struct hf_id txn = hf_id_new(kit_now(k));
	uint64_t index;

	kit_invite(&k->node[SB_PORT], "health");
	k->down[SB_PORT] = true;
	index = kit_write(&k->node[SB_HEALTH], shared_draft(&txn, "port", "later"));
	kit_close(k, SB_HEALTH);
	k->down[SB_PORT] = false;
	kit_open(k, SB_HEALTH);
	kit_until(k, opened_at(k, SB_PORT, SB_HEALTH, index, "later"));
	kit_close(k, SB_PORT);
	kit_open(k, SB_PORT);
	assert_true(opened_at(k, SB_PORT, SB_HEALTH, index, "later"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_named_mirror, start, stop),
	        cmocka_unit_test_setup_teardown(test_large_ledger_goes_in_batches, start, stop),
	        cmocka_unit_test_setup_teardown(test_mirror_that_lost_its_data, start, stop),
	        cmocka_unit_test_setup_teardown(test_log_that_lost_its_data, start, stop),
	        cmocka_unit_test_setup_teardown(test_altered_entry, start, stop),
	        cmocka_unit_test_setup_teardown(test_openings_go_to_parties, start, stop),
	        cmocka_unit_test_setup_teardown(test_opening_before_its_entry, start, stop),
	        cmocka_unit_test_setup_teardown(test_wrong_opening, start, stop),
	        cmocka_unit_test_setup_teardown(test_openings_after_restart, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
