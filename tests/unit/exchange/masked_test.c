/*
 * masked_test.c - deliveries under the obligation "mask:PLAN": what arrives, that it is the same each time, and that
 * nothing leaves when plan, table or keys are not as they must be (MK-12, MK-30, DS-30, DS-31).
 */
#include "unit/exchange/by_rule.h"
#include "unit/exchange/masked_stage.h"

static Hufu__TransferStart *start_of(struct node *n, const struct hf_id *id)
{
	struct transfer *t;
	assert_int_equal(transfer_load(n->exchange, id, false, &t), HF_OK);
	Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	Hufu__TransferStart *s = HF_DECODE_OWN(transfer_start, e->payload.data, e->payload.len);
	hf_decoded_free(e);
	transfer_release(t);
	assert_non_null(s);
	return s;
}

/* The first cell of a row of a text. */
static void first_cell(const char *text, unsigned row, char out[128])
{
	for (unsigned i = 0; i < row; i++)
		text = strchr(text, '\n') + 1;
	size_t len = strcspn(text, ",");
	assert_true(len < 128);
	memcpy(out, text, len);
	out[len] = 0;
}

static enum hf_err unmask(struct pair *p, const struct hf_id *id, const char *field, const char *value, char out[128])
{
	const struct hf_unmask in = {.transfer = *id, .field = field, .values = &value, .count = 1};
	struct hf_draft *d = hf_draft_new(HF_EVENT_UNMASK, NULL);
	struct hf_fault f = {HF_OK, ""};
	char **values = NULL;
	enum hf_err e = hf_exchange_unmask(p->roads->exchange, &in, d, &values, &f);
	snprintf(out, 128, "%.127s", e == HF_OK ? values[0] : f.text);
	hf_unmask_free(values, 1);
	hf_draft_free(d);
	return e;
}

/* MK-67: only a reversible technique is reversed, only by the key of that contract, by the version that masked it. */
static void the_key_holder_reverses_what_was_delivered(void **state)
{
	struct pair *p = masked_pair(state, 1000);
	struct hf_id id = deliver_masked(p);
	char *text = read_output(p, p->output), cell[128], plain[128];
	first_cell(text, 4, cell);
	assert_string_not_equal(cell, "CA0000003");
	approved.version = 2; /* what is approved now is not what masked it */
	assert_int_equal(unmask(p, &id, "flight", cell, plain), HF_OK);
	assert_string_equal(plain, "CA0000003");
	cell[3] ^= 1;
	assert_int_equal(unmask(p, &id, "flight", cell, plain), HF_OK);
	assert_string_equal(plain, ""); /* none that this key gave */
	assert_int_equal(unmask(p, &id, "delay", "50", plain), HF_E_UNSUPPORTED);
	assert_int_equal(unmask(p, &id, "gate", "50", plain), HF_E_WRONG_FIELDS);
	approved.fields = "      flight: {technique: denc}\n      arrival: keep\n      delay: keep\n";
	assert_int_equal(unmask(p, &id, "flight", cell, plain), HF_E_CONFLICT);
	id.b[15] ^= 1;
	assert_int_equal(unmask(p, &id, "flight", cell, plain), HF_E_UNKNOWN);
	free(text);
}

/* MK-2, MK-12: no plain value arrives; the same contract gets the same bytes again. DS-32, MK-22: label and ledger say
 * which plan, technique and key. */
static void what_arrives_is_masked_and_the_same_each_time(void **state)
{
	struct pair *p = masked_pair(state, 3 * MIB);
	char first[160];
	struct hf_id id = deliver_masked(p);
	char *text = read_output(p, p->output);
	assert_memory_equal(text, "flight,arrival,delay\n", 21);
	assert_null(strstr(text, "\nCA0000001,"));
	assert_null(strstr(text, "\nCA0001000,"));
	assert_non_null(strstr(text, ",2026-03-01 10:00:00,0\n"));
	assert_null(strstr(text, " 10:01:00"));
	struct hf_transfer_view c = view_of(p->health, &id);
	assert_string_equal(c.quality, "met");
	Hufu__TransferStart *s = start_of(p->health, &id);
	assert_string_equal(s->label->mask_plan, "flights");
	assert_int_equal(s->label->mask_version, 1);
	assert_int_equal(s->label->mask_digest.len, 32);
	assert_string_equal(s->label->fields[0]->technique, "denc");
	assert_int_equal(strlen(s->label->fields[0]->mask_key), 16);
	assert_string_equal(s->label->fields[2]->technique, "round");
	assert_string_equal(s->label->fields[2]->mask_key, "");
	assert_true(entries_with_masking(p->roads, &id, s->label->fields[0]->mask_key) >= 2); /* start, sent */
	assert_true(entries_with_masking(p->health, &id, "flight: denc key ") >= 1);
	hf_decoded_free(s);
	snprintf(first, sizeof(first), "%s", p->output);
	p = masked_pair(state, 3 * MIB);
	deliver_masked(p);
	assert_true(same_files(first, p->output));
	free(text);
}

/* MK-12: stopped in the middle and gone on with, at both ends, it is what it would have been. */
static void a_resumed_delivery_has_the_same_bytes(void **state)
{
	struct pair *p = masked_pair(state, 5 * MIB);
	char whole[160];
	deliver_masked(p);
	snprintf(whole, sizeof(whole), "%s", p->output);
	p = masked_pair(state, 5 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	restart_roads(p);
	p->w->pass = NULL;
	pair_restart(p->health);
	people_back(p->health);
	wait_both(p, &id, "COMPLETED");
	assert_true(same_files(whole, p->output));
}

static uint64_t last_chunk_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_size / MIB;
}

/* MK-12, DS-58: whichever chunk is asked for first, also the last one, and however often, bytes and number of rows are
 * those of the table; one chunk is sealed while the next one is read. */
static void chunks_in_any_order_are_the_same(void **state)
{
	struct pair *p = masked_pair(state, 5 * MIB + MIB / 2);
	struct asked many[6];
	char whole[160];
	deliver_masked(p);
	snprintf(whole, sizeof(whole), "%s", p->output);
	const uint64_t last = last_chunk_of(whole), order[] = {0, 1, 0, 2, last, 1};
	p = masked_pair(state, 5 * MIB + MIB / 2);
	struct hf_id id = begin_quiet(p, NULL, 0);
	struct asked a = ask(p, p->health, &id, last, 0);
	assert_int_equal(a.e, HF_OK);
	assert_true(a.last && a.manifest);
	for (size_t i = 0; i < 6; i++)
		ask_later(p->health, &id, order[i], 0, &many[i]);
	for (size_t i = 0; i < 6; i++) {
		until(p, many[i].done);
		if (order[i] != last || many[i].e != HF_E_CANCELLED) /* asked again before it was answered */
			assert_int_equal(many[i].e, HF_OK);
	}
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_string_equal(view_of(p->health, &id).quality, "met");
	assert_true(same_files(whole, p->output));
}

/* DS-26 with DS-30: fewer fields by the request, each masked as before. */
static void chosen_fields_are_masked_alike(void **state)
{
	static const char *const two[] = {"flight", "delay"};
	struct pair *p = masked_pair(state, MIB);
	struct hf_id id = deliver_masked(p);
	char *all = read_output(p, p->output);
	p = masked_pair(state, MIB);
	struct fetching r = fetch_fields(p, two, 2);
	assert_int_equal(r.e, HF_OK);
	wait_both(p, &r.id, "COMPLETED");
	char *some = read_output(p, p->output);
	assert_memory_equal(some, "flight,delay\n", 13);
	char *a = strchr(all, '\n') + 1, *b = strchr(some, '\n') + 1;
	for (unsigned row = 0; *a; row++) { /* flight,arrival,delay against flight,delay */
		char *comma = strchr(a, ','), *last = strchr(comma + 1, ','), *end = strchr(last, '\n');
		assert_memory_equal(a, b, (size_t)(comma - a));
		assert_memory_equal(last, b + (comma - a), (size_t)(end - last) + 1);
		b += (comma - a) + (end - last) + 1;
		a = end + 1;
	}
	assert_int_equal(*b, 0);
	(void)id;
	free(all);
	free(some);
}

/* DS-30: without a plan that is approved and fits, nothing goes out, and the reason is its own. */
static void without_a_plan_that_fits_nothing_goes_out(void **state)
{
	struct pair *p = masked_pair(state, 1000);
	approved.fields = NULL;
	expect_denied(p, "no approved plan 'flights'");
	p = masked_pair(state, 1000);
	approved.mode = "static";
	expect_denied(p, "static");
	p = masked_pair(state, 1000);
	approved.fields = "      flight: {technique: denc}\n      delay: keep\n";
	expect_denied(p, "arrival");
	p = masked_pair(state, 1000);
	approved.fields = "      flight: {technique: denc}\n      arrival: keep\n      delay: keep\n      gate: keep\n";
	expect_denied(p, "gate");
	p = masked_pair(state, 1000);
	approved.fields = "      flight: {technique: limc}\n      arrival: keep\n      delay: keep\n";
	expect_denied(p, "leaves out the field 'flight'");
	p = masked_pair(state, 1000);
	unlike = true; /* MK-32 */
	expect_denied(p, "flights.tail refers to fleet.tail");
	unlike = false;
	p = masked_pair(state, 1000);
	deliver_masked(p); /* and again, when it is in order */
}

/* MK-35: the node's own methods are still being tried: its consumer asks again, and nothing is denied. */
static void what_has_to_wait_is_delivered_later(void **state)
{
	struct pair *p = masked_pair(state, 1000);
	struct hf_id id;

	just_started = true;
	id = begin(p);
	until(p, said_to_wait > 0);
	assert_false(transfer_stored(p->roads->exchange, &id, true));
	assert_false(has_ended(p->health, &id));
	just_started = false;
	wait_both(p, &id, "COMPLETED");
}

/* What a person says of a field of the table. */
static void say(struct pair *p, const char *field, const char *kind)
{
	const struct hf_saying s = {.kind = kind, .by = "kang", .now_ms = 1};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	struct hf_source_view v;
	assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
	assert_int_equal(hf_source_class_say(&v, field, &s, &f), HF_OK);
	assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
	hf_source_view_done(&v);
	hf_store_submit(p->roads->store, u, NULL, NULL);
	node_barrier(p->roads);
}

/* DS-30, MK-14, MK-15: whatever it calls its table, a plan masks what people said is sensitive in this very source. */
static void a_plan_that_keeps_what_is_sensitive_fulfils_nothing(void **state)
{
	struct pair *p = masked_pair(state, 1000);
	say(p, "flight", "cn.plate");
	approved.table = "t";
	approved.fields = "      flight: keep\n      arrival: keep\n      delay: keep\n";
	expect_denied(p, "t.flight is kept, and confirmed as cn.plate");
	p = masked_pair(state, 1000);
	say(p, "flight", "cn.plate");
	approved.table = "t";
	deliver_masked(p);
}

/* A plan that changes under way ends the delivery: nobody gets one half by one plan and one by another. */
static void a_plan_that_changes_ends_the_delivery(void **state)
{
	struct pair *p = masked_pair(state, 5 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	approved.version = 2;
	restart_roads(p);
	struct asked a = ask(p, p->health, &id, 1, 0);
	assert_int_equal(a.e, HF_E_MASKING);
	assert_non_null(strstr(a.text, "changed"));
	p->w->pass = NULL;
	wait_terminated(p, &id);
	assert_wiped(p, &id);
}

/* An entry of its own, which the other tests do not meet: granted under the plan. */
static struct pair *pair_for(void **state, size_t bytes, const char *title)
{
	struct pair *p = masked_pair(state, bytes);
	p->entry = publish(p->roads, &(struct offer){.title = title, .intake = "hub", .duty = "mask:flights"});
	p->application = granted(&p->s, &p->entry);
	p->grant = grant_at(p->health, &p->application);
	return p;
}

static void demand(struct pair *p, const char *title, const char *duty)
{
	(void)publish(p->roads, &(struct offer){.title = title, .intake = "hub", .id = p->entry, .duty = duty});
}

/* DS-30: with two plans neither is chosen, not the agreement's and not the entry's. When one is left, it is that one.
 */
static void two_plans_at_once_are_refused(void **state)
{
	struct pair *p = pair_for(state, 1000, "two plans");
	demand(p, "two plans", "mask:other");
	expect_denied(p, "the masking plan 'flights' and another one");
	demand(p, "two plans", NULL); /* the agreement's own still holds */
	struct hf_id id = deliver_masked(p);
	Hufu__TransferStart *s = start_of(p->health, &id);
	assert_string_equal(s->label->mask_plan, "flights");
	hf_decoded_free(s);
}

/* The same, when it is a rule's obligation beside the entry's duty; the same plan twice is one. */
static void a_rule_and_an_entry_with_two_plans_are_refused(void **state)
{
	struct pair *p = pair_for(state, 1000, "rule and entry");
	apply_rule(p, "desk", "    obligations:\n      - mask: other\n");
	struct hf_id id = fetch_by_rule(p, p->output);
	until(p, has_ended(p->health, &id));
	settle(p->w);
	assert_reason(p->health, &id, HF_E_MASKING, " and another one");
	assert_false(is_there(p->output));
	apply_rule(p, "desk", "    obligations:\n      - mask: flights\n");
	id = fetch_by_rule(p, p->output);
	wait_both(p, &id, "COMPLETED");
	Hufu__TransferStart *s = start_of(p->health, &id);
	assert_string_equal(s->label->mask_plan, "flights");
	hf_decoded_free(s);
}

/* The same, when the second one comes while the data is being sent. */
static void a_second_plan_ends_the_delivery(void **state)
{
	struct pair *p = pair_for(state, 5 * MIB, "second plan");
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	demand(p, "second plan", "mask:other");
	struct asked a = ask(p, p->health, &id, 1, 0);
	assert_int_equal(a.e, HF_E_MASKING);
	assert_non_null(strstr(a.text, "demand another masking now"));
	p->w->pass = NULL;
	wait_terminated(p, &id);
	assert_reason(p->roads, &id, HF_E_MASKING, "demand another masking now");
	assert_wiped(p, &id);
}

/* ---- a provider that lies about it ---- */

static struct node *liar;
static void (*bend_label)(Hufu__Label *l);

static bool with_bent_label(struct hf_request *r)
{
	if (r->type != HF_MSG_TRANSFER_REQUEST || !r->answered || r->error != HF_OK)
		return true;
	Hufu__Envelope *e = HF_DECODE(envelope, r->reply.data, r->reply.len);
	Hufu__TransferStart *s = HF_DECODE(transfer_start, e->payload.data, e->payload.len);
	Hufu__TransferStart bent = *s;
	Hufu__Label label = *s->label;
	bend_label(&label);
	bent.label = &label;
	Hufu__Envelope *again = sign_as(liar, "roads", HF_TYPE_TRANSFER_START, &bent.base);
	replace_body(&r->reply, &again->base);
	hf_decoded_free(again);
	hf_decoded_free(s);
	hf_decoded_free(e);
	return true;
}

static void no_plan(Hufu__Label *l)
{
	l->mask_plan = (char *)"";
}
static void other_plan(Hufu__Label *l)
{
	l->mask_plan = (char *)"other";
}
static void no_digest(Hufu__Label *l)
{
	l->mask_digest.len = 0;
}
static void short_digest(Hufu__Label *l)
{
	assert_int_equal(l->mask_digest.len--, 32);
}
/* As if nothing had been agreed about masking. */
static void no_duty(Hufu__Label *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n_obligations; i++)
		if (strcmp(l->obligations[i], "mask:flights") != 0)
			kept++;
	assert_int_equal(kept, l->n_obligations - 1);
	assert_string_equal(l->obligations[kept], "mask:flights");
	l->n_obligations = kept;
	l->mask_plan = (char *)"";
	l->mask_digest.len = 0;
}

static void other_duty(Hufu__Label *l)
{
	no_duty(l);
	l->obligations[l->n_obligations++] = (char *)"mask:other";
	other_plan(l);
	l->mask_digest.len = 32;
}

/* DS-30, DS-32: the consumer holds the label against what was agreed; under one that does not say so it asks for
 * nothing, and keeps nothing. */
static void a_label_without_the_agreed_plan_ends_both_sides(void **state)
{
	static const struct {
		void (*bend)(Hufu__Label *l);
		enum hf_err e;
		const char *part;
	} lies[] = {
	        {no_plan, HF_E_OBLIGATION, "masked by the plan 'flights'"},
	        {other_plan, HF_E_OBLIGATION, "masked by the plan 'flights'"},
	        {no_digest, HF_E_OBLIGATION, "masked by the plan 'flights'"},
	        {short_digest, HF_E_FORMAT, "out of bounds"},
	        {no_duty, HF_E_OBLIGATION, "mask:flights"},
	};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pair *p = masked_pair(state, 3 * MIB);
		liar = p->roads;
		bend_label = lies[i].bend;
		p->w->pass = with_bent_label;
		struct hf_id id = begin(p);
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->health, &id, lies[i].e, lies[i].part);
		assert_reason(p->roads, &id, lies[i].e, NULL);
		assert_wiped(p, &id);
		assert_int_equal(recorded(p->health, &id, HF_EVENT_TRANSFER_RECEIVED), 0);
		assert_int_equal(view_of(p->roads, &id).served, 0);
	}
}

/* DS-30: where no agreement says it, the entry does, which its publisher has signed: its duty is not dropped by a rule.
 */
static void a_label_without_the_entrys_plan_is_refused_where_a_rule_gives(void **state)
{
	void (*const bends[])(Hufu__Label * l) = {no_duty, other_duty};
	struct pair *p = masked_pair(state, MIB);
	apply_rule(p, "desk", "");
	for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
		p = masked_pair(state, MIB);
		liar = p->roads;
		bend_label = bends[i];
		p->w->pass = with_bent_label;
		struct hf_id id = fetch_by_rule(p, p->output);
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->health, &id, HF_E_OBLIGATION, "'flights', which the entry of version");
		assert_wiped(p, &id);
		assert_int_equal(view_of(p->roads, &id).served, 0);
	}
	p = masked_pair(state, MIB);
	struct hf_id id = fetch_by_rule(p, p->output);
	wait_both(p, &id, "COMPLETED");
	Hufu__TransferStart *s = start_of(p->health, &id);
	assert_string_equal(s->label->mask_plan, "flights");
	hf_decoded_free(s);
}

/* SB-60, MK-30: rows are chosen by what they are, and go out masked; by what goes out masked the consumer chooses none.
 */
static void rows_are_chosen_before_they_are_masked(void **state)
{
	struct pair *p = masked_pair(state, 1 * MIB);
	struct hf_application_in in = wish(&p->entry);
	char line[200];
	uint64_t want = 0;
	struct fetching r = fetch_rows(p, NULL, 0, "delay > 200");
	until(p, has_ended(p->health, &r.id));
	assert_reason(p->health, &r.id, HF_E_WRONG_FIELDS, "delivered masked or not at all");
	settle(p->w);
	in.rows = "delay >= 200";
	MUST(draft_as(p->health, "wang", &in, &p->application));
	MUST(need_as(p->health, "li", &p->application, true, true, true));
	MUST(compliance_as(p->s.hub, "chen", &p->application, "pass", NULL));
	MUST(decide_as(p->roads, "zhou", &p->application, "T", NULL, 0));
	p->grant = grant_at(p->health, &p->application);
	struct hf_id id = deliver_masked(p);
	FILE *f = fopen(p->source, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f))
		want += strtoul(strrchr(line, ',') + 1, NULL, 10) >= 200;
	fclose(f);
	assert_int_equal(view_of(p->health, &id).rows, want);
	char *out = read_output(p, p->output);
	assert_null(strstr(out, "CA0000")); /* none of them as it was */
	free(out);
}

static void on_erased(void *ctx, enum hf_err e)
{
	assert_int_equal(e, HF_OK);
	*(bool *)ctx = true;
}

/* MK-67: the erased seed ends what is under way and denies what comes. */
static void an_erased_seed_ends_and_denies(void **state)
{
	struct pair *p = masked_pair(state, 5 * MIB);
	struct hf_fault f = {HF_OK, ""};
	bool done = false;
	struct hf_mask_erasure in = {.reason = "the end", .by = "zhou", .fn = on_erased, .ctx = &done};
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	in.contract = view_of(p->roads, &id).agreement;
	assert_int_equal(hf_mask_seed_erase(mask_keys, &in, &f), HF_OK);
	until(p, done);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_MASKING);
	p->w->pass = NULL;
	wait_terminated(p, &id);
	assert_wiped(p, &id);
	char text[128];
	assert_int_equal(unmask(p, &id, "flight", "anything", text), HF_E_ERASED);
	assert_non_null(strstr(text, "the end"));
	p = masked_pair(state, 1000);
	expect_denied(p, "erased: the end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_arrives_is_masked_and_the_same_each_time),
	        cmocka_unit_test(the_key_holder_reverses_what_was_delivered),
	        cmocka_unit_test(a_resumed_delivery_has_the_same_bytes),
	        cmocka_unit_test(chunks_in_any_order_are_the_same),
	        cmocka_unit_test(chosen_fields_are_masked_alike),
	        cmocka_unit_test(without_a_plan_that_fits_nothing_goes_out),
	        cmocka_unit_test(what_has_to_wait_is_delivered_later),
	        cmocka_unit_test(a_plan_that_keeps_what_is_sensitive_fulfils_nothing),
	        cmocka_unit_test(a_plan_that_changes_ends_the_delivery),
	        cmocka_unit_test(two_plans_at_once_are_refused),
	        cmocka_unit_test(a_rule_and_an_entry_with_two_plans_are_refused),
	        cmocka_unit_test(a_second_plan_ends_the_delivery),
	        cmocka_unit_test(a_label_without_the_agreed_plan_ends_both_sides),
	        cmocka_unit_test(a_label_without_the_entrys_plan_is_refused_where_a_rule_gives),
	        cmocka_unit_test(rows_are_chosen_before_they_are_masked),
	        cmocka_unit_test(an_erased_seed_ends_and_denies),
	};
	return cmocka_run_group_tests(tests, pair_up, masked_down);
}
