/*
 * What a node stores of others' ledgers: only with a reason, only up to the quota, and how a refused log and its mirror
 * go on.
 */
#include "kit.h"

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

static Hufu__MirrorRow *row_of(struct kit *k, unsigned mirror, unsigned of)
{
	char origin[HF_ORIGIN_MAX + 1];

	hf_space_origin(SB_SPACE, k->sb->name[of], origin);
	return hf_mirror_row(k->node[mirror].ledger, origin);
}

static uint64_t mirrored(struct kit *k, unsigned mirror, unsigned of)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = row_of(k, mirror, of);

	return row ? row->size : 0;
}

static struct hf_mirror_view view(struct kit *k, unsigned node, unsigned of)
{
	struct hf_mirror_view v = {.held_bytes = 0};

	hf_ledger_mirror(k->node[node].ledger, k->sb->name[of], &v);
	return v;
}

struct sum {
	uint64_t bytes, each;
};

static bool add_stored(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sum *s = ctx;

	(void)key;
	s->bytes += value.len + s->each;
	return true;
}

static uint64_t stored(struct kit_node *n, enum hf_table t, uint64_t each)
{
	struct sum s = {0, each};

	assert_int_equal(hf_store_scan(n->store, t, NULL, 0, NULL, 0, add_stored, &s), HF_OK);
	return s.bytes;
}

static uint64_t held(struct kit_node *n)
{
	struct hf_ledger_quota q;
	uint64_t bytes;

	hf_ledger_held(n->ledger, &bytes, &q);
	return bytes;
}

static void set_quota(struct kit_node *n, uint64_t ledger, uint64_t total)
{
	hf_ledger_set_quota(n->ledger, &(struct hf_ledger_quota){ledger, total});
}

struct found {
	enum hf_event event;
	unsigned count;
	char object[200], reason[64], detail[500];
};

static bool take_found(void *ctx, const struct hf_ledger_row *row)
{
	struct found *f = ctx;

	if (row->opening && hf_opening_is(row->opening, HF_FIELD_EVENT, hf_event_name(f->event)) && f->count++ == 0) {
		hf_opening_text(row->opening, HF_FIELD_OBJECT, f->object, sizeof(f->object));
		hf_opening_text(row->opening, HF_FIELD_REASON, f->reason, sizeof(f->reason));
		hf_opening_text(row->opening, HF_FIELD_DETAIL, f->detail, sizeof(f->detail));
	}
	return true;
}

/* Entries of that event in the node's ledger, and what the newest says. */
static struct found find(struct kit_node *n, enum hf_event event)
{
	struct found f = {.event = event};
	struct hf_unit *u = hf_unit_new();

	kit_submit(n, u); /* behind what was emitted */
	assert_int_equal(hf_ledger_tail(n->ledger, 10000, take_found, &f), HF_OK);
	return f;
}

static bool busy(const struct hf_lpeer *p)
{
	return p->lane[HF_LANE_MIRROR].busy || p->lane[HF_LANE_OPENINGS].busy;
}

/* The clock goes on, minute by minute so that what is asked meanwhile is answered, until n, which mirror refused, tries
 * again. */
static void try_again(struct kit *k, struct kit_node *n, const char *mirror)
{
	const struct hf_lpeer *p = hf_ledger_peer(n->ledger, mirror);
	unsigned before;

	kit_until(k, !busy(p));
	before = k->sent[HF_MSG_MIRROR_ADD];
	for (unsigned m = 0; m * HF_LEDGER_HEADS_MS < HF_PUSH_PAUSE_MAX_MS; m++) {
		k->jump_ms += HF_LEDGER_HEADS_MS;
		for (unsigned i = 0; i < SB_NODES; i++)
			if (k->node[i].ledger)
				hf_ledger_wake(k->node[i].ledger);
		kit_turn(k);
		kit_until(k, !k->live);
	}
	kit_until(k, k->sent[HF_MSG_MIRROR_ADD] > before && !busy(p));
}

static struct hf_draft *draft_for(struct kit *k, const char *party)
{
	struct hf_id txn = hf_id_new(kit_now(k));
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, &txn);

	hf_draft_text(d, HF_FIELD_DETAIL, "some");
	hf_draft_party(d, party);
	return d;
}

/* Nothing of a ledger is stored without a reason, neither entries nor openings; that is on record once, and the first
 * transaction of one's own is reason enough. */
static void test_uninvited(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *port = &k->node[SB_PORT];
	struct found f;

	kit_write(n, draft_for(k, "port"));
	kit_until(k, k->refused[HF_MSG_MIRROR_ADD] > 0 && k->refused[HF_MSG_OPENINGS_PUSH] > 0);
	assert_int_equal(view(k, SB_HEALTH, SB_PORT).refused, HF_E_UNINVITED);
	assert_int_equal(find(port, HF_EVENT_MIRROR_REFUSED).count, 0); /* the mail may be on its way */
	for (unsigned i = 0; i < 4; i++)
		try_again(k, n, "port");
	kit_until(k, view(k, SB_PORT, SB_HEALTH).refusing == HF_E_UNINVITED);
	f = find(port, HF_EVENT_MIRROR_REFUSED);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.object, "city.example/ledger/health");
	assert_string_equal(f.reason, "uninvited");
	assert_non_null(strstr(f.detail, "port has no reason to store the ledger of health"));
	assert_int_equal(stored(port, HF_TABLE_MIRROR_ENTRY, 1) + stored(port, HF_TABLE_MIRROR_OPENING, 1), 0);
	assert_int_equal(port->alarms + n->alarms, 0);
	kit_invite(port, "health");
	try_again(k, n, "port");
	kit_until(k, mirrored(k, SB_PORT, SB_HEALTH) > 1 && hf_store_count(n->store, HF_TABLE_SHARE) == 0);
	assert_int_equal(view(k, SB_HEALTH, SB_PORT).refused, HF_OK);
	assert_int_equal(view(k, SB_PORT, SB_HEALTH).refusing, HF_OK);
}

/* The count is that of what lies in the store, also after a restart and after entries that were sent twice. */
static void test_bytes_are_those_stored(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *hub = &k->node[SB_HUB];
	uint64_t bytes;

	kit_write(n, draft_for(k, "hub"));
	kit_fill(n, 300);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH) == kit_state(n).durable);
	kit_until(k, hf_store_count(n->store, HF_TABLE_SHARE) == 0);
	bytes = stored(hub, HF_TABLE_MIRROR_ENTRY, HF_HOLDING_ENTRY) +
	        stored(hub, HF_TABLE_MIRROR_OPENING, HF_HOLDING_OPENING);
	assert_int_equal(held(hub), bytes);
	assert_int_equal(hf_metrics_get(hub->base.metrics, "mirror_held_bytes"), bytes);
	kit_close(k, SB_HUB);
	hub = kit_open(k, SB_HUB);
	assert_int_equal(held(hub), bytes);
	assert_int_equal(view(k, SB_HUB, SB_HEALTH).held_bytes, bytes);
}

static bool bend_last(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	Hufu__MirrorAdd *add;
	uint8_t *bent;
	size_t len;

	if (c->type != HF_MSG_MIRROR_ADD)
		return true;
	add = HF_DECODE(mirror_add, body->data, body->len);
	if (add->n_entries > 0 && add->start + add->n_entries == 6001) /* the last: no entry after it tells */
		add->entries[add->n_entries - 1].data[add->entries[add->n_entries - 1].len - 1] ^= 1;
	bent = hf_encode(&add->base, &len);
	hf_buf_clear(body);
	hf_buf_add(body, bent, len);
	free(bent);
	hf_decoded_free(add);
	(void)k;
	return true;
}

/* Dropped entries are counted until others take their place. */
static void test_dropped_entries_are_counted_once(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *hub = &k->node[SB_HUB];

	k->bend = bend_last;
	kit_fill(n, 6000);
	kit_until(k, hub->alarms > 0);
	assert_string_equal(hub->alarm, "mirror-root");
	assert_int_equal(held(hub), stored(hub, HF_TABLE_MIRROR_ENTRY, HF_HOLDING_ENTRY));
	k->bend = NULL;
	hf_ledger_peer_up(n->ledger, "hub");
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH) == kit_state(n).durable);
	assert_int_equal(held(hub), stored(hub, HF_TABLE_MIRROR_ENTRY, HF_HOLDING_ENTRY));
}

static void fill_up(struct kit *k, struct kit_node *n, struct kit_node *hub)
{
	kit_fill(n, 50);
	kit_until(k, kit_state(n).mirrored_size == 51);
	set_quota(hub, held(hub) + 100, 0);
	kit_fill(n, 100);
	kit_until(k, view(k, SB_HEALTH, SB_HUB).refused == HF_E_QUOTA);
}

/* SB-58 with a bound: what is over the quota is refused with its reason, never cosigned, alarmed once on either side
 * and not pushed in a hurry; witnesses go on; a raised quota is enough to go on. */
static void test_quota_of_one_ledger(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *hub = &k->node[SB_HUB];
	uint64_t bytes, size;
	struct found f;

	fill_up(k, n, hub);
	bytes = held(hub);
	size = mirrored(k, SB_HUB, SB_HEALTH);
	assert_non_null(strstr(view(k, SB_HEALTH, SB_HUB).text, "mirrors.ledger_bytes"));
	for (unsigned i = 0; i < 5; i++)
		try_again(k, n, "hub");
	assert_int_equal(hub->alarms, 1);
	assert_string_equal(hub->alarm, "mirror-quota");
	assert_int_equal(n->alarms, 1);
	assert_string_equal(n->alarm, "mirror-refused");
	f = find(hub, HF_EVENT_MIRROR_REFUSED);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.object, "city.example/ledger/health");
	assert_string_equal(f.reason, "quota");
	assert_non_null(strstr(f.detail, "mirrors.ledger_bytes in hufu.yaml"));
	assert_true(hf_metrics_get(hub->base.metrics, "mirror_refused_total") >= 6);
	assert_int_equal(held(hub), bytes);
	assert_int_equal(mirrored(k, SB_HUB, SB_HEALTH), size);
	assert_int_equal(kit_state(n).mirrored_size, size); /* nothing was cosigned that is not there */
	kit_until_witnessed(n);                             /* the hub is a witness, too */
	set_quota(hub, 0, 0);
	k->jump_ms += HF_PUSH_PAUSE_MAX_MS;
	hf_ledger_wake(n->ledger);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH) == kit_state(n).durable &&
	                     view(k, SB_HEALTH, SB_HUB).refused == HF_OK);
	assert_int_equal(view(k, SB_HUB, SB_HEALTH).refusing, HF_OK);
}

/* A full mirror is left alone for longer and longer, whatever else the two say to each other. */
static void test_back_off(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *hub = &k->node[SB_HUB];
	const struct hf_lpeer *p;
	unsigned before;

	fill_up(k, n, hub);
	p = hf_ledger_peer(n->ledger, "hub");
	for (unsigned i = 0; i < 4; i++)
		try_again(k, n, "hub");
	assert_true(p->pushing.pause_ms >= 16 * HF_PUSH_PAUSE_MS);
	before = k->sent[HF_MSG_MIRROR_ADD];
	for (unsigned i = 0; i < 5; i++) {
		kit_fill(n, 1);
		kit_until_witnessed(n); /* the hub answered as a witness meanwhile */
		hf_ledger_heard(n->ledger, "hub");
	}
	assert_int_equal(k->sent[HF_MSG_MIRROR_ADD], before);
}

/* The total bounds all ledgers together. */
static void test_total(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *hub = &k->node[SB_HUB], *port = &k->node[SB_PORT];

	kit_open(k, SB_ROADS); /* the port's ledger needs one more witness */
	kit_invite(hub, "port");
	kit_invite(port, "hub");
	kit_fill(port, 50);
	kit_fill(n, 50);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH) == 51 && mirrored(k, SB_HUB, SB_PORT) == kit_state(port).durable);
	set_quota(hub, 0, held(hub) + 100);
	kit_fill(n, 50);
	kit_until(k, view(k, SB_HEALTH, SB_HUB).refused == HF_E_QUOTA);
	assert_non_null(strstr(view(k, SB_HEALTH, SB_HUB).text, "mirrors.total_bytes"));
	assert_true(view(k, SB_HEALTH, SB_HUB).named);
}

/* ---- erasures of entries that are not held ---- */

/* The owner's public entry about it, in whatever form; it names entries from first on. */
static uint64_t order(struct kit_node *owner, uint64_t first, unsigned count)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_ERASURE, NULL);
	struct hf_buf text HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	hf_buf_addf(&text, "%s ", owner->ledger->own.origin);
	for (unsigned i = 0; i < count; i++)
		hf_buf_addf(&text, "%s%" PRIu64, i ? "," : "", first + i);
	hf_draft_bytes(d, HF_FIELD_OBJECT, text.data, text.len);
	hf_draft_outcome(d, HF_OK, NULL);
	return kit_write(owner, d);
}

static uint64_t looked_at(struct kit *k, unsigned mirror, unsigned of)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = row_of(k, mirror, of);

	return !row ? 0 : row->public_from ? row->public_from - 1 : row->witnessed_size;
}

static uint64_t slots(struct kit_node *n)
{
	uint64_t count = 0;

	assert_int_equal(hf_slots_count(n->ledger->opening_keys.slots_copies, &count), HF_OK);
	return count;
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

/* The owner sends what was erased at the hub once more. */
static void push_again(struct kit *k, struct kit_node *owner, uint64_t index)
{
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	Hufu__OpeningsPush m = HUFU__OPENINGS_PUSH__INIT;
	struct pushed p = {.done = false};
	uint8_t *body;
	size_t len;

	assert_int_equal(
	        hf_opening_read(&owner->ledger->opening_keys, &owner->ledger->own, &owner->ledger->rows, index, &o),
	        HF_OK);
	m.origin = owner->ledger->own.origin;
	m.openings = &o.opening;
	m.n_openings = 1;
	body = hf_encode(&m.base, &len);
	hf_ledger_handle(k->node[SB_HUB].ledger, k->sb->name[owner->n], HF_MSG_OPENINGS_PUSH,
	                 (struct hf_bytes){body, len}, (struct hf_answer){on_pushed, &p});
	free(body);
	kit_until(k, p.done);
	assert_int_equal(p.e, HF_OK);
}

/* The place that is kept for an erased opening is stored, too: none for what is no entry, and counted. */
static void test_an_erasure_takes_no_more_than_there_is(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *hub = &k->node[SB_HUB];
	uint64_t last;

	kit_fill(n, 40);
	k->jump_ms += (int64_t)190 * 24 * 3600 * 1000;
	kit_fill(n, 1);
	kit_until_witnessed(n);
	last = order(n, 1, 3000); /* more than one erasure may name */
	kit_until(k, looked_at(k, SB_HUB, SB_HEALTH) > last);
	assert_int_equal(slots(hub), 0);
	assert_string_equal(hub->alarm, "erasure-refused");
	last = order(n, 31, 900); /* the first ten are old enough */
	kit_until(k, looked_at(k, SB_HUB, SB_HEALTH) > last);
	kit_submit(hub, hf_unit_new()); /* behind it */
	assert_int_equal(hf_store_count(hub->store, HF_TABLE_MIRROR_OPENING), 10);
	assert_int_equal(slots(hub), 10);
	assert_int_equal(held(hub), stored(hub, HF_TABLE_MIRROR_ENTRY, HF_HOLDING_ENTRY) +
	                                    stored(hub, HF_TABLE_MIRROR_OPENING, HF_HOLDING_OPENING));
	push_again(k, n, 31);
	assert_int_equal(held(hub), stored(hub, HF_TABLE_MIRROR_ENTRY, HF_HOLDING_ENTRY) +
	                                    stored(hub, HF_TABLE_MIRROR_OPENING, HF_HOLDING_OPENING));
}

/* Nor more than the quota. */
static void test_an_erasure_keeps_to_the_quota(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *hub = &k->node[SB_HUB];
	uint64_t last;

	kit_fill(n, 40);
	k->jump_ms += (int64_t)190 * 24 * 3600 * 1000;
	kit_fill(n, 1);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH) == kit_state(n).durable);
	kit_until_witnessed(n);
	k->down[SB_AUDIT] = k->down[SB_PORT] = true; /* taken, not followed yet */
	last = order(n, 1, 40);
	kit_until(k, mirrored(k, SB_HUB, SB_HEALTH) > last);
	set_quota(hub, held(hub) + 600, 0);
	k->down[SB_AUDIT] = k->down[SB_PORT] = false;
	for (unsigned i = 0; i < SB_NODES; i++)
		if (i != SB_HEALTH)
			hf_ledger_peer_up(n->ledger, k->sb->name[i]);
	kit_until(k, looked_at(k, SB_HUB, SB_HEALTH) > last);
	assert_true(slots(hub) > 0 && slots(hub) <= 2);
	assert_int_equal(find(hub, HF_EVENT_MIRROR_REFUSED).count, 1);
	assert_true(held(hub) <= hub->ledger->quota.ledger_bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_uninvited, start, stop),
	        cmocka_unit_test_setup_teardown(test_bytes_are_those_stored, start, stop),
	        cmocka_unit_test_setup_teardown(test_dropped_entries_are_counted_once, start, stop),
	        cmocka_unit_test_setup_teardown(test_quota_of_one_ledger, start, stop),
	        cmocka_unit_test_setup_teardown(test_back_off, start, stop),
	        cmocka_unit_test_setup_teardown(test_total, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_erasure_takes_no_more_than_there_is, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_erasure_keeps_to_the_quota, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
