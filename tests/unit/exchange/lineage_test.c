/* Lineages over several real ledgers, one of which lies: what a third node writes of a transfer or of a derivation of
 * it is neither a source nor a use of it. */
#include "exchange/derive_text.h"
#include "exchange/transfer.h"
#include "unit/ledger/kit.h"

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

struct stage {
	struct kit_node *roads, *health, *hub;
	struct hf_id transfer, resource, other;
	uint8_t root[32], lie[32];
};

static struct hf_draft *about(enum hf_event event, const struct hf_id *txn, const struct hf_id *resource,
                              const char *counterparty)
{
	char text[HF_ID_TEXT];
	struct hf_draft *d = hf_draft_new(event, txn);
	hf_id_text(resource, text);
	hf_draft_text(d, HF_FIELD_RESOURCE, text);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, counterparty);
	hf_draft_party(d, counterparty);
	return d;
}

static void write_transfer(struct kit_node *n, enum hf_event event, const struct hf_id *txn,
                           const struct hf_id *resource, const char *counterparty, const uint8_t root[32])
{
	struct hf_draft *d = about(event, txn, resource, counterparty);
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, root, 32);
	kit_write(n, d);
}

/* "derived-from", as the node of that name would write it. */
static struct hf_draft *make_derived(const struct stage *s, const struct hf_id *id)
{
	char transfer[HF_ID_TEXT], resource[HF_ID_TEXT], text[HF_ID_TEXT], hex[65];
	struct hf_draft *d = about(HF_EVENT_DERIVED_FROM, NULL, &s->resource, "roads");
	hf_id_text(&s->transfer, transfer);
	hf_id_text(&s->resource, resource);
	hf_id_text(id, text);
	hf_hash_hex((const struct hf_hash *)s->root, hex);
	hf_draft_text(d, HF_FIELD_OBJECT, text);
	hf_draft_text(d, HF_FIELD_SYSTEM, "desk");
	hf_draft_bytes(d, HF_FIELD_DIGEST, s->lie, 32);
	hf_draft_textf(d, HF_FIELD_INPUTS, "transfer %s %s\n", transfer, hex);
	hf_draft_textf(d, HF_FIELD_SOURCES, "%s roads\n", resource);
	return d;
}

static void write_derived(struct kit_node *n, const struct stage *s, const struct hf_id *id)
{
	kit_write(n, make_derived(s, id));
}

/* "passed-on" of what that node says that it derived. */
static void write_passed_on(struct kit_node *n, const struct stage *s, const struct hf_id *transfer,
                            const struct hf_id *derivation, const char *to)
{
	char resource[HF_ID_TEXT], text[HF_ID_TEXT], hex[65];
	struct hf_draft *d = about(HF_EVENT_PASSED_ON, NULL, &s->resource, "roads");
	hf_id_text(&s->resource, resource);
	hf_id_text(transfer, text);
	hf_hash_hex((const struct hf_hash *)s->lie, hex);
	hf_draft_text(d, HF_FIELD_OBJECT, text);
	hf_draft_text(d, HF_FIELD_SYSTEM, "desk");
	hf_draft_text(d, HF_FIELD_ENDPOINT, to);
	hf_draft_bytes(d, HF_FIELD_DIGEST, s->lie, 32);
	hf_id_text(derivation, text);
	hf_draft_textf(d, HF_FIELD_INPUTS, "derivation %s %s\n", text, hex);
	hf_draft_textf(d, HF_FIELD_SOURCES, "%s roads\n", resource);
	kit_write(n, d);
}

/* What health derived of the transfer, in its own ledger. */
static void write_own_derivation(const struct stage *s, const struct hf_id *id)
{
	char transfer[HF_ID_TEXT], resource[HF_ID_TEXT], text[HF_ID_TEXT], hex[65];
	struct hf_draft *d = hf_draft_new(HF_EVENT_DERIVATION, id);
	hf_id_text(&s->transfer, transfer);
	hf_id_text(&s->resource, resource);
	hf_id_text(id, text);
	hf_hash_hex((const struct hf_hash *)s->root, hex);
	hf_draft_text(d, HF_FIELD_OBJECT, text);
	hf_draft_text(d, HF_FIELD_SYSTEM, "desk");
	hf_draft_bytes(d, HF_FIELD_DIGEST, s->lie, 32);
	hf_draft_textf(d, HF_FIELD_INPUTS, "transfer %s %s\n", transfer, hex);
	hf_draft_textf(d, HF_FIELD_SOURCES, "%s roads\n", resource);
	kit_write(s->health, d);
}

/* A second transfer from roads to health, of what roads says that it derived under that id. */
static void write_passed(struct stage *s, const struct hf_id *transfer, const struct hf_id *derivation)
{
	char text[HF_ID_TEXT], hex[65];
	struct hf_draft *d = about(HF_EVENT_TRANSFER_SENT, transfer, &s->other, "health");
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, s->root, 32);
	hf_id_text(derivation, text);
	hf_hash_hex((const struct hf_hash *)s->lie, hex);
	hf_draft_textf(d, HF_FIELD_INPUTS, "derivation %s %s\n", text, hex);
	kit_write(s->roads, d);
	write_transfer(s->health, HF_EVENT_TRANSFER_RECEIVED, transfer, &s->other, "roads", s->root);
}

#define NOTES_MAX 256

struct told {
	size_t received, provided, derived, passed, notes;
	size_t of_hub, of_health;
	char node[4][64]; /* of the first */
	size_t nodes;
	char note[NOTES_MAX][600];
};

static void on_row(void *ctx, const struct hf_lineage_row *r)
{
	struct told *t = ctx;
	t->received += strcmp(r->part, "received") == 0;
	t->provided += strcmp(r->part, "provided") == 0;
	t->derived += strcmp(r->part, "derived") == 0;
	t->passed += strcmp(r->part, "passed") == 0;
	t->of_hub += strcmp(r->entry->origin, "hub") == 0;
	t->of_health += strcmp(r->entry->origin, "health") == 0;
	if (t->nodes < 4)
		snprintf(t->node[t->nodes++], 64, "%s", r->entry->origin);
}

static void on_note(void *ctx, const char *text)
{
	struct told *t = ctx;
	assert_true(t->notes < NOTES_MAX);
	snprintf(t->note[t->notes++], 600, "%s", text);
}

static struct told lineage(struct kit_node *n, const struct hf_id *id, bool forward)
{
	struct told t = {0};
	struct hf_exchange x = {.base = &n->base, .store = n->store, .ledger = n->ledger};
	const struct hf_lineage_sink sink = {on_row, on_note, &t};
	assert_int_equal(forward ? hf_lineage_forward(&x, id, &sink) : hf_lineage_back(&x, id, &sink), HF_OK);
	return t;
}

static bool is_noted(const struct told *t, const char *part)
{
	for (size_t i = 0; i < t->notes; i++)
		if (strstr(t->note[i], part) != NULL)
			return true;
	return false;
}

static bool count_row(void *ctx, const struct hf_ledger_row *row)
{
	(void)row;
	(*(size_t *)ctx)++;
	return true;
}

static void no_note(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

static size_t held(struct kit_node *n, const struct hf_id *txn)
{
	size_t rows = 0;
	return hf_ledger_trace(n->ledger, txn, count_row, no_note, &rows) == HF_OK ? rows : 0;
}

static size_t uses(struct kit_node *n, const struct hf_id *resource)
{
	size_t rows = 0;
	struct hf_use_at next = {0};
	const struct hf_uses u = {.resource = *resource, .limit = 100, .row = count_row, .note = no_note, .ctx = &rows};
	return hf_ledger_uses(n->ledger, &u, &next) == HF_OK ? rows : 0;
}

/* A transfer from roads to health; the hub says that it sent and derived, too. */
static void set(struct kit *k, struct stage *s)
{
	*s = (struct stage){.roads = &k->node[SB_ROADS], .health = &k->node[SB_HEALTH], .hub = &k->node[SB_HUB]};
	s->transfer = hf_id_new(kit_now(k));
	s->resource = hf_id_new(kit_now(k));
	s->other = hf_id_new(kit_now(k));
	memset(s->root, 1, sizeof(s->root));
	memset(s->lie, 2, sizeof(s->lie));
	kit_invite(s->health, "roads");
	kit_invite(s->health, "hub");
	kit_invite(s->roads, "health");
	kit_invite(s->roads, "hub");
	write_transfer(s->roads, HF_EVENT_TRANSFER_SENT, &s->transfer, &s->resource, "health", s->root);
	write_transfer(s->health, HF_EVENT_TRANSFER_RECEIVED, &s->transfer, &s->resource, "roads", s->root);
	write_transfer(s->hub, HF_EVENT_TRANSFER_SENT, &s->transfer, &s->other, "health", s->lie);
	write_transfer(s->hub, HF_EVENT_TRANSFER_RECEIVED, &s->transfer, &s->other, "roads", s->lie);
	kit_until(k, held(s->health, &s->transfer) == 3 && held(s->roads, &s->transfer) == 3);
}

/* DS-97: back to the one who provided it, whoever else says that he did */
static void a_third_node_is_no_source(void **state)
{
	struct stage s;
	set(*state, &s);
	for (unsigned i = 0; i < 2; i++) {
		struct told t = lineage(i == 0 ? s.health : s.roads, &s.transfer, false);
		assert_int_equal(t.provided, 1);
		assert_int_equal(t.received, 1);
		for (size_t n = 0; n < t.nodes; n++)
			assert_string_not_equal(t.node[n], "hub");
	}
}

/* DS-103: only who received it can have made something of it */
static void a_third_node_makes_nothing_of_anothers_transfer(void **state)
{
	struct kit *k = *state;
	struct stage s;
	struct hf_id truth = hf_id_new(kit_now(k)), claim = hf_id_new(kit_now(k));
	set(k, &s);
	write_derived(s.health, &s, &truth);
	write_derived(s.hub, &s, &claim);
	kit_until(k, uses(s.roads, &s.resource) == 4); /* sent, received, and two that derived */
	struct told t = lineage(s.roads, &s.transfer, true);
	assert_int_equal(t.derived, 1);
	assert_string_equal(t.node[0], "health");
	t = lineage(s.roads, &s.resource, true); /* nor of the entry, which it was never given */
	assert_int_equal(t.derived, 1);
	assert_int_equal(t.of_hub, 0);
	assert_true(is_noted(&t, "hub says that it made things of this"));
}

/* roads sends to the hub, too: the stage as the hub sees it. */
static struct stage take_in_hub(const struct stage *s)
{
	struct stage hubs = *s;
	hubs.transfer = hf_id_new(kit_now(s->roads->kit));
	write_transfer(s->roads, HF_EVENT_TRANSFER_SENT, &hubs.transfer, &s->resource, "hub", s->root);
	write_transfer(s->hub, HF_EVENT_TRANSFER_RECEIVED, &hubs.transfer, &s->resource, "roads", s->root);
	return hubs;
}

/* Pages of any number of uses. */
static size_t all_uses(struct kit_node *n, const struct hf_id *resource)
{
	size_t rows = 0;
	struct hf_use_at next = {0};
	struct hf_uses u = {
	        .resource = *resource, .limit = HF_USES_MAX, .row = count_row, .note = no_note, .ctx = &rows};
	while (hf_ledger_uses(n->ledger, &u, &next) == HF_OK && next.node[0])
		u.after = next;
	return rows;
}

/* DS-65, DS-103: a forged "passed-on" that comes first does not drop the true one. */
static void a_forged_hop_takes_no_true_ones_place(void **state)
{
	struct kit *k = *state;
	struct stage s, hubs;
	struct hf_id truth = hf_id_new(kit_now(k)), claim = hf_id_new(kit_now(k)), hop = hf_id_new(kit_now(k));
	set(k, &s);
	hubs = take_in_hub(&s);
	write_derived(hubs.hub, &hubs, &claim);
	write_passed_on(hubs.hub, &hubs, &hop, &claim, "port");
	kit_until(k, uses(s.roads, &s.resource) == 6);
	write_derived(s.health, &s, &truth);
	write_passed_on(s.health, &s, &hop, &truth, "audit");
	kit_until(k, uses(s.roads, &s.resource) == 8);
	struct told t = lineage(s.roads, &s.resource, true);
	assert_int_equal(t.derived, 2);
	assert_int_equal(t.passed, 2);
	assert_int_equal(t.of_health, 2);
	assert_true(is_noted(&t, "hub and health both say that they passed this on"));
}

/* DS-103: nor does a member that claims a thousand things */
static void one_member_does_not_push_out_the_others(void **state)
{
	struct kit *k = *state;
	struct stage s, hubs;
	struct hf_unit *u = hf_unit_new();
	struct hf_id truth = hf_id_new(kit_now(k));
	set(k, &s);
	hubs = take_in_hub(&s);
	for (unsigned i = 0; i < HF_LINEAGE_ITEMS + 10; i++) {
		struct hf_id claim = hf_id_new(kit_now(k));
		hf_unit_draft(u, make_derived(&hubs, &claim));
	}
	kit_submit(s.hub, u);
	kit_until(k, held(s.roads, &hubs.transfer) == 2 && all_uses(s.roads, &s.resource) == HF_LINEAGE_ITEMS + 14);
	write_derived(s.health, &s, &truth);
	kit_until(k, all_uses(s.roads, &s.resource) == HF_LINEAGE_ITEMS + 15);
	struct told t = lineage(s.roads, &s.resource, true);
	assert_int_equal(t.of_health, 1);
	assert_in_range(t.of_hub, 1, HF_LINEAGE_ITEMS / 2);
	assert_true(is_noted(&t, "hub tells of more than"));
}

/* DS-65: what a provider says that it derived is not this node's own derivation, though it names it so; where the view
 * ends is said. */
static void a_provider_cannot_point_to_a_derivation_of_its_consumer(void **state)
{
	struct kit *k = *state;
	struct stage s;
	struct hf_id mine = hf_id_new(kit_now(k)), again = hf_id_new(kit_now(k));
	set(k, &s);
	write_own_derivation(&s, &mine);
	write_passed(&s, &again, &mine);
	kit_until(k, held(s.health, &again) == 2);
	struct told t = lineage(s.health, &again, false);
	assert_int_equal(t.provided, 1);
	assert_int_equal(t.received, 1);
	assert_int_equal(t.derived, 0);
	assert_true(is_noted(&t, "roads says that it derived this"));
	t = lineage(s.health, &mine, false); /* which is what it was made of, and nothing else */
	assert_int_equal(t.derived, 1);
	assert_int_equal(t.provided, 1);
}

/* DS-65: what goes on under more entries than are followed is said not to be covered. */
static void entries_that_are_not_followed_are_named(void **state)
{
	struct kit *k = *state;
	struct kit_node *roads = &k->node[SB_ROADS];
	struct hf_id transfer = hf_id_new(kit_now(k)), resource = {{0}};
	char text[HF_ID_TEXT];
	for (unsigned i = 0; i <= HF_DERIVE_SOURCES; i++) {
		struct told t = i == 0 ? (struct told){0} : lineage(roads, &transfer, true);
		assert_false(is_noted(&t, "catalog entries"));
		resource = hf_id_new(kit_now(k));
		kit_write(roads, about(HF_EVENT_DECISION, &transfer, &resource, "health"));
	}
	struct told t = lineage(roads, &transfer, true);
	hf_id_text(&resource, text);
	assert_true(is_noted(&t, "more than 64 catalog entries"));
	assert_non_null(strstr(t.note[t.notes - 1], text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_third_node_is_no_source, start, stop),
	        cmocka_unit_test_setup_teardown(a_third_node_makes_nothing_of_anothers_transfer, start, stop),
	        cmocka_unit_test_setup_teardown(a_forged_hop_takes_no_true_ones_place, start, stop),
	        cmocka_unit_test_setup_teardown(one_member_does_not_push_out_the_others, start, stop),
	        cmocka_unit_test_setup_teardown(a_provider_cannot_point_to_a_derivation_of_its_consumer, start, stop),
	        cmocka_unit_test_setup_teardown(entries_that_are_not_followed_are_named, start, stop),
	};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
