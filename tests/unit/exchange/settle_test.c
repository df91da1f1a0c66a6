/* settle_test.c - after a delivery that nobody signed for, nothing more goes out under the same authorization until it
 * is settled; a receipt that says not-met is a dispute. */
#include "exchange/settle.h"
#include "exchange/unsettled.h"
#include "unit/exchange/by_rule.h"

#define RECEIPT_MS ((int64_t)HF_TRANSFER_RECEIPT_SECONDS * 1000)

static bool hold_receipts(const struct post *x)
{
	return x->type == HF_MAIL_RECEIPT;
}

static void next_output(struct pair *p)
{
	snprintf(p->output, sizeof(p->output), "%s/out-%u.csv", p->files, ++p->outputs);
}

struct open_ones {
	size_t missing, disputed;
};

static bool count_open(void *ctx, const struct hf_unsettled_view *v)
{
	struct open_ones *o = ctx;
	assert_string_equal(v->peer, "health");
	o->missing += v->missing;
	o->disputed += !v->missing;
	return true;
}

static void assert_open(struct pair *p, size_t missing, size_t disputed)
{
	struct open_ones o = {0};
	MUST(hf_exchange_unsettled(p->roads->exchange, count_open, &o));
	assert_int_equal(o.missing, missing);
	assert_int_equal(o.disputed, disputed);
}

static void settle_as(struct pair *p, const struct hf_id *id, enum hf_err want)
{
	struct hf_actor a = actor_of(p->roads, "zhou");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_exchange_settle(p->roads->exchange, &a, id, "agreed on the telephone", u, &f), want);
	submit_wait(p->roads, u);
}

/* Delivered, and its receipt does not come in time. */
static struct hf_id unsigned_one(struct pair *p, bool by_rule)
{
	p->w->hold = hold_receipts;
	struct hf_id id = by_rule ? fetch_by_rule(p, p->output) : begin(p);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	p->w->now_ms += RECEIPT_MS;
	idle_watch(p->roads->exchange);
	node_barrier(p->roads);
	next_output(p);
	return id;
}

static void assert_blocked(struct pair *p, const struct hf_id *id, const struct hf_id *missing)
{
	char text[HF_ID_TEXT];
	until(p, has_ended(p->health, id) && is_idle(p->health));
	hf_id_text(missing, text);
	assert_reason(p->health, id, HF_E_UNSETTLED, text);
	assert_string_equal(view_of(p->roads, id).state, "");
	assert_wiped(p, id);
}

/* DS-59: nothing more under that grant, also after a restart; the late receipt lifts it. */
static void a_missing_receipt_stops_the_next_delivery_until_it_comes(void **state)
{
	struct pair *p = pair_of(state, 1000);
	assert_open(p, 0, 0);
	struct hf_id first = unsigned_one(p, false);
	assert_open(p, 1, 0);
	struct hf_id second = begin(p);
	assert_blocked(p, &second, &first);
	pair_restart(p->roads);
	install_fallible(p->roads);
	people_back(p->roads);
	idle_watch(p->roads->exchange);
	second = begin(p);
	assert_blocked(p, &second, &first);
	assert_open(p, 1, 0);
	p->w->hold = NULL;
	wait_both(p, &first, "COMPLETED");
	assert_open(p, 0, 0);
	second = begin(p);
	wait_both(p, &second, "COMPLETED");
	assert_delivered(p, &second);
}

/* What a rule gives is stopped by itself; a grant for the same resource goes on. A person settles it. */
static void a_person_settles_what_a_rule_gave(void **state)
{
	struct pair *p = pair_of(state, 1000);
	apply_rule(p, "desk", "");
	struct hf_id first = unsigned_one(p, true);
	assert_open(p, 1, 0);
	struct hf_id second = fetch_by_rule(p, p->output);
	assert_blocked(p, &second, &first);
	struct hf_id other = begin(p); /* by its grant */
	until(p, has_ended(p->health, &other) && is_idle(p->health));
	assert_true(is_state(p->health, &other, "COMPLETED"));
	next_output(p);
	settle_as(p, &second, HF_E_UNKNOWN);
	settle_as(p, &first, HF_OK);
	assert_int_equal(recorded(p->roads, &first, HF_EVENT_DELIVERY_SETTLED), 1);
	assert_open(p, 0, 0);
	settle_as(p, &first, HF_E_UNKNOWN);
	idle_watch(p->roads->exchange); /* it is not opened again */
	assert_open(p, 0, 0);
	second = fetch_by_rule(p, p->output);
	until(p, has_ended(p->health, &second) && is_idle(p->health));
	assert_true(is_state(p->health, &second, "COMPLETED"));
	p->w->hold = NULL;
	wait_both(p, &first, "COMPLETED");
	wait_both(p, &second, "COMPLETED");
}

/* DS-58: both signatures are on record at the provider, and the delivery that is met ends the dispute. */
static void a_bad_verdict_is_a_dispute_until_a_delivery_is_met(void **state)
{
	static const char *const rules[] = {"not-empty arrival"};
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = "航班到达", .intake = "hub", .id = p->entry, .quality = rules, .quality_count = 1};
	(void)publish(p->roads, &o);
	struct hf_id bad = begin(p);
	wait_both(p, &bad, "COMPLETED");
	assert_string_equal(view_of(p->roads, &bad).quality, "not-met");
	assert_int_equal(recorded(p->roads, &bad, HF_EVENT_DELIVERY_DISPUTE), 1);
	assert_true(p->roads->alarms > 0);
	assert_open(p, 0, 1);
	struct transfer *t;
	struct hf_bytes payload;
	struct hf_fault f = {HF_OK, ""};
	MUST(transfer_load(p->roads->exchange, &bad, true, &t));
	Hufu__Envelope *m = HF_DECODE(envelope, t->manifest.data, t->manifest.len);
	Hufu__Envelope *r = HF_DECODE(envelope, t->receipt.data, t->receipt.len);
	MUST(hf_space_open(hf_peers_space(p->roads->exchange->peers), m, HF_TYPE_MANIFEST, &payload, &f));
	MUST(hf_space_open(hf_peers_space(p->roads->exchange->peers), r, HF_TYPE_RECEIPT, &payload, &f));
	hf_decoded_free(m);
	hf_decoded_free(r);
	transfer_release(t);
	o.quality_count = 0;
	(void)publish(p->roads, &o);
	next_output(p);
	struct hf_id good = begin(p); /* it stops nothing */
	wait_both(p, &good, "COMPLETED");
	assert_open(p, 0, 0);
	assert_int_equal(recorded(p->roads, &good, HF_EVENT_DELIVERY_DISPUTE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_missing_receipt_stops_the_next_delivery_until_it_comes),
	        cmocka_unit_test(a_person_settles_what_a_rule_gave),
	        cmocka_unit_test(a_bad_verdict_is_a_dispute_until_a_delivery_is_met),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
