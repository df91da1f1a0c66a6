/* settle_test.c - after a delivery that nobody signed for, nothing more goes out under the same authorization until it
 * is settled; a receipt that says not-met is a dispute. */
#include "exchange/settle.h"
#include "unit/exchange/by_rule.h"

#define RECEIPT_MS ((int64_t)HF_TRANSFER_RECEIPT_SECONDS * 1000)

static bool hold_receipts(const struct post *x)
{
	return x->type == HF_MAIL_RECEIPT;
}

static bool hold_ends(const struct post *x)
{
	return x->type == HF_MAIL_TRANSFER_END;
}

static void next_output(struct pair *p)
{
	snprintf(p->output, sizeof(p->output), "%s/out-%u.csv", p->files, ++p->outputs);
}

static void assert_open(struct pair *p, size_t missing, size_t disputed)
{
	struct open_ones o = open_at_roads(p);
	assert_int_equal(o.missing, missing);
	assert_int_equal(o.disputed, disputed);
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
	struct transfer *t = NULL;
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

static void deliver_end(struct pair *p, const struct hf_id *id, Hufu__Envelope *paper)
{
	Hufu__TransferEnd end = HUFU__TRANSFER_END__INIT;
	struct hf_buf body = HF_BUF_INIT;
	end.transfer = bytes_of(id->b, 16);
	end.state = (char *)"TERMINATED";
	end.reason_code = (char *)"cancelled";
	end.reason = (char *)"no more need";
	end.paper = paper;
	replace_body(&body, &end.base);
	assert_int_equal(deliver(p->roads, "health", HF_MAIL_TRANSFER_END, id, body.data, body.len), HF_OK);
	node_barrier(p->roads);
	hf_buf_done(&body);
}

/* A consumer of its own making takes so many chunks of three and says "end" instead of signing for them. The node
 * itself knows nothing of this. */
static struct hf_id ended_unsigned(struct pair *p, uint64_t chunks)
{
	struct hf_id id = begin_quiet(p, NULL, 0);
	for (uint64_t i = 0; i < chunks; i++)
		assert_int_equal(ask(p, p->health, &id, i, i).e, HF_OK);
	deliver_end(p, &id, NULL);
	until(p, has_ended(p->roads, &id));
	end_now(transfer_find(p->health->exchange, &id, false), HF_E_CANCELLED, "no more need", false);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	return id;
}

static void next_goes(struct pair *p)
{
	next_output(p);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

/* Whether it has everything or never asked for the last chunk. A person settles it. */
static void an_end_instead_of_a_signature_stops_the_next_delivery(void **state)
{
	for (uint64_t chunks = 2; chunks <= 3; chunks++) {
		struct pair *p = pair_of(state, 2 * CHUNK_BYTES + 1000);
		struct hf_id first = ended_unsigned(p, chunks);
		assert_int_equal(recorded(p->roads, &first, HF_EVENT_EXCEPTION), 1);
		assert_open(p, 1, 0);
		p->w->pass = NULL;
		next_output(p);
		struct hf_id second = begin(p);
		assert_blocked(p, &second, &first);
		settle_as(p, &first, HF_OK);
		assert_open(p, 0, 0);
		next_goes(p);
	}
}

/* An honest node that ends signs how far it came, and may ask anew at once. */
static void an_end_that_is_signed_stops_nothing(void **state)
{
	struct pair *p = pair_of(state, 2 * CHUNK_BYTES + 1000);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	end_now(transfer_find(p->health->exchange, &id, false), HF_E_CANCELLED, "no more need", true);
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
	assert_open(p, 0, 0);
	assert_int_equal(p->roads->alarms, 0);
	p->w->pass = NULL;
	next_goes(p);
}

/* Who stays away with a part of it signs when it is told the end; until then nothing more goes out to it. */
static void one_that_stays_away_is_held_back_until_it_signs(void **state)
{
	struct pair *p = pair_of(state, 2 * CHUNK_BYTES + 1000);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	p->w->hold = hold_ends;
	p->w->now_ms += (int64_t)HF_TRANSFER_IDLE_SECONDS * 1000;
	idle_watch(p->roads->exchange);
	until(p, has_ended(p->roads, &id) && is_idle(p->roads));
	assert_open(p, 1, 0);
	people_back(p->health);
	p->w->pass = NULL;
	next_output(p);
	struct hf_id second = begin(p);
	until(p, has_ended(p->health, &second) && is_idle(p->health));
	assert_reason(p->health, &second, HF_E_UNSETTLED, NULL);
	p->w->hold = NULL;
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
	assert_open(p, 0, 0);
	next_goes(p);
}

static void more_chunks(Hufu__UndeliveredPaper *x)
{
	x->chunks = 9;
}
static void fewer_chunks(Hufu__UndeliveredPaper *x)
{
	x->chunks = 0;
}
static void another_root(Hufu__UndeliveredPaper *x)
{
	x->root.data[5] ^= 1;
}
static void another_start(Hufu__UndeliveredPaper *x)
{
	x->start_digest.data[5] ^= 1;
}
static void another_transfer(Hufu__UndeliveredPaper *x)
{
	x->transfer.data[5] ^= 1;
}

/* What it signs of all three chunks, bent and signed by `signer`. */
static Hufu__Envelope *bent_paper(struct pair *p, const struct hf_id *id, void (*bend)(Hufu__UndeliveredPaper *x),
                                  struct node *signer, const char *name)
{
	struct transfer *t = NULL;
	Hufu__Header header = HUFU__HEADER__INIT;
	Hufu__UndeliveredPaper x = HUFU__UNDELIVERED_PAPER__INIT;
	struct hf_id message, transfer = *id;
	struct hf_hash start, root;
	char *audience[] = {(char *)"roads"};
	MUST(transfer_get(p->roads->exchange, id, true, &t));
	header_fill(p->health->exchange, &header, t, audience, &message);
	audience[0] = (char *)"roads";
	root = t->root;
	hf_sha256(t->start.data, t->start.len, &start);
	x.header = &header;
	x.transfer = bytes_of(transfer.b, 16);
	x.start_digest = bytes_of(start.b, 32);
	x.chunks = t->bytes_total / CHUNK_BYTES + 1;
	x.bytes = t->bytes_total;
	x.root = bytes_of(root.b, 32);
	x.reason_code = (char *)"cancelled";
	x.ended_ms = p->w->now_ms;
	if (bend)
		bend(&x);
	Hufu__Envelope *e = sign_as(signer, name, HF_TYPE_UNDELIVERED, &x.base);
	transfer_release(t);
	return e;
}

/* One that signs nothing of what it has all of, and then does: it is a dispute, with both signatures on record. What a
 * person has settled stays so. */
static void a_late_signed_end_of_everything_is_a_dispute(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = ended_unsigned(p, 1);
	assert_open(p, 1, 0);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *paper = bent_paper(p, &id, NULL, p->health, "health");
	deliver_end(p, &id, paper);
	assert_open(p, 0, 1);
	assert_int_equal(open_at_roads(p).undelivered, 1);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_DELIVERY_SETTLED), 1);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_DELIVERY_DISPUTE), 1);
	p->w->pass = NULL;
	next_goes(p);
	assert_open(p, 0, 0);
	deliver_end(p, &id, paper);
	assert_open(p, 0, 0);
}

static void a_signed_end_that_lies_counts_as_none(void **state)
{
	void (*const lies[])(Hufu__UndeliveredPaper *) = {more_chunks,   fewer_chunks,     another_root,
	                                                  another_start, another_transfer, NULL};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pair *p = pair_of(state, 2 * CHUNK_BYTES + 1000);
		struct hf_id id = begin_quiet(p, NULL, 0);
		for (uint64_t c = 0; c < 3; c++)
			assert_int_equal(ask(p, p->health, &id, c, c).e, HF_OK);
		bool forged = !lies[i];
		Hufu__Envelope *paper =
		        bent_paper(p, &id, lies[i], forged ? p->s.hub : p->health, forged ? "hub" : "health");
		Hufu__Envelope *good = bent_paper(p, &id, NULL, p->health, "health");
		deliver_end(p, &id, paper);
		assert_open(p, 1, 0);
		deliver_end(p, &id, good);
		assert_open(p, 0, 1);
		settle_as(p, &id, HF_OK);
		end_now(transfer_find(p->health->exchange, &id, false), HF_E_CANCELLED, "no more need", true);
		wait_both(p, &id, "TERMINATED");
		settle(p->w);
		hf_decoded_free(paper);
		hf_decoded_free(good);
		p->w->pass = NULL;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_missing_receipt_stops_the_next_delivery_until_it_comes),
	        cmocka_unit_test(a_person_settles_what_a_rule_gave),
	        cmocka_unit_test(a_bad_verdict_is_a_dispute_until_a_delivery_is_met),
	        cmocka_unit_test(an_end_instead_of_a_signature_stops_the_next_delivery),
	        cmocka_unit_test(an_end_that_is_signed_stops_nothing),
	        cmocka_unit_test(a_late_signed_end_of_everything_is_a_dispute),
	        cmocka_unit_test(one_that_stays_away_is_held_back_until_it_signs),
	        cmocka_unit_test(a_signed_end_that_lies_counts_as_none),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
