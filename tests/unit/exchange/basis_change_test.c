/* What a decision rested on changes while the transfer by a grant is under way: the whole decision is asked again at
 * the next chunk (SB-2, AZ-33), and only then. */
#include "unit/exchange/pair.h"

#include "authz/rulebook.h"

#define MIB ((size_t)1 << 20)

static const struct offer plain = {.title = "航班到达", .intake = "hub"};

static void edit(struct pair *p, struct offer o)
{
	o.title = o.title ? o.title : plain.title;
	o.intake = plain.intake;
	o.id = p->entry;
	(void)publish(p->roads, &o);
}

/* A transfer with its first chunk sent. */
static struct hf_id under_way(struct pair *p)
{
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	return id;
}

/* The next chunk is refused, and both sides end with that reason. */
static void stops(struct pair *p, const struct hf_id *id, enum hf_err e, const char *part)
{
	struct asked a = ask(p, p->health, id, 1, 0);
	if (a.e != e || !strstr(a.text, part))
		fail_msg("%s: %s", hf_err_reason(a.e), a.text);
	p->w->pass = NULL;
	wait_both(p, id, "TERMINATED");
	assert_reason(p->roads, id, e, part);
	assert_reason(p->health, id, e, part);
	assert_wiped(p, id);
}

static void an_entry_that_got_stricter_stops_at_the_next_chunk(void **state)
{
	static const struct {
		struct offer o;
		const char *part;
	} rows[] = {
	        {{.level = 2}, "of a higher level"},
	        {{.data_class = "transport/passenger"}, "of another class"},
	        {{.sensitive = true}, "sensitive"},
	        {{.sharing = 1}, "shared in another way"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = pair_of(state, 3 * MIB);
		struct hf_id id = under_way(p);
		edit(p, rows[i].o);
		stops(p, &id, HF_E_TERMS_CHANGED, rows[i].part);
		edit(p, plain);
	}
}

static void say(struct pair *p, const char *field, const char *kind)
{
	const struct hf_saying said = {.kind = kind, .by = "kang", .now_ms = 2};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	struct hf_source_view v;
	assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
	assert_int_equal(hf_source_class_say(&v, field, &said, &f), HF_OK);
	assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
	submit_wait(p->roads, u);
	hf_source_view_done(&v);
}

/* MK-15, DS-30: an entry is graded by what its fields were said to hold when it was published. When people say that one
 * holds something else, that field does not go out by the entry as it is: neither what is under way nor what begins. */
static void a_field_that_turns_out_to_be_sensitive_stops_at_the_next_chunk(void **state)
{
	static const char *const others[] = {"flight", "arrival"};
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	say(p, "delay", "cn.resident-id");
	stops(p, &id, HF_E_UNCLASSIFIED, "publishes it anew");
	assert_null(strstr(view_of(p->health, &id).reason, "resident-id")); /* what it is, is not the consumer's */
	id = begin(p);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	assert_reason(p->health, &id, HF_E_UNCLASSIFIED, "publishes it anew");
	assert_string_equal(view_of(p->roads, &id).state, ""); /* nothing was begun there */
	assert_wiped(p, &id);
	p = pair_of(state, 1000);
	say(p, "delay", "cn.resident-id");
	id = fetch_fields(p, others, 2).id;
	wait_both(p, &id, "COMPLETED"); /* it is about that field alone */
	p = pair_of(state, 1000);
	say(p, "delay", "none");
	id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

static void an_entry_that_is_withdrawn_stops_at_the_next_chunk(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	withdraw_entry(p->roads, &p->entry);
	stops(p, &id, HF_E_NOT_SHARED, "withdrawn");
	p->entry = publish(p->roads, &plain); /* for the tests behind this one, under a grant of its own */
	p->grant = (struct hf_id){{0}};
}

/* DS-27: an undertaking that nobody accepted, an attribute that the organization lacks. */
static void an_entry_that_asks_for_more_stops_at_the_next_chunk(void **state)
{
	Hufu__SharingCondition undertaking = HUFU__SHARING_CONDITION__INIT, sector = undertaking, *list[1];
	undertaking.name = (char *)"stays-inside";
	undertaking.text = (char *)"the data stays inside the named system";
	sector.name = (char *)"insurers-only";
	sector.text = (char *)"for insurers";
	sector.attribute = (char *)"sector";
	sector.value = (char *)"insurance";
	const struct {
		Hufu__SharingCondition *condition;
		const char *part;
	} rows[] = {{&undertaking, "'stays-inside' is not met"}, {&sector, "'insurers-only' is not met"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = pair_of(state, 3 * MIB);
		struct hf_id id = under_way(p);
		list[0] = rows[i].condition;
		edit(p, (struct offer){.conditions = list, .condition_count = 1});
		stops(p, &id, HF_E_CONDITION, rows[i].part);
		edit(p, plain);
	}
}

/* SB-26, AZ-73: what the resource demands holds for every mechanism. The transfer's own use counts once. */
static void a_duty_that_the_entry_gets_holds_for_what_is_under_way(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	struct hf_use_count c;
	assert_int_equal(hf_authz_use_count(p->roads->authz, &p->grant, true, &c), HF_OK);
	char duty[32];
	snprintf(duty, sizeof(duty), "uses:%llu", (unsigned long long)c.committed + 1);
	edit(p, (struct offer){.duty = duty});
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	struct fetching second = fetch_fields(p, NULL, 0);
	assert_int_equal(second.e, HF_OK);
	until(p, has_ended(p->health, &second.id));
	assert_reason(p->health, &second.id, HF_E_QUOTA, "1 are under way");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_exchange_cancel(p->roads->exchange, &id, "enough", u, &f), HF_OK);
	submit_wait(p->roads, u);
	wait_both(p, &id, "TERMINATED");
	edit(p, plain);
}

static void a_mechanism_that_is_closed_stops_at_the_next_chunk(void **state)
{
	static const char *const rules_alone[] = {"attribute"}, *const all[] = {"emergency", "attribute",
	                                                                        "application"};
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	COMMAND(c, p->roads, "zhou");
	MUST(command_end(&c, hf_authz_mechanisms(p->roads->authz, &c.in, &p->entry, rules_alone, 1)));
	stops(p, &id, HF_E_MECHANISM, "application");
	COMMAND(back, p->roads, "zhou");
	MUST(command_end(&back, hf_authz_mechanisms(p->roads->authz, &back.in, &p->entry, all, 3)));
}

/* What changes nothing about the answer stops nothing; a second grant is not the one that was asked under. */
static void a_change_that_leaves_the_answer_lets_a_transfer_go_on(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	edit(p, (struct offer){.title = "航班到达（更新）"});
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

static void another_grant_does_not_carry_on_what_the_first_began(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p), first = p->grant;
	p->application = granted(&p->s, &p->entry);
	p->grant = grant_at(p->health, &p->application);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	MUST(revoke_as(p->roads, "zhou", &first, "合同终止"));
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->roads, &id, HF_E_GRANT_REVOKED, "合同终止");
}

/* ---- the descriptor ---- */

static void next_descriptor(struct pair *p)
{
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	sb_sign(p->w->sb, &envelope);
	if (hf_space_extend(p->w->space, envelope.data, envelope.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	sb_next(p->w->sb, &envelope);
	hf_buf_done(&envelope);
}

/* The one in force, as the one under construction is to follow it. */
static void build_on(struct pair *p)
{
	struct hf_bytes newest;
	assert_true(hf_space_envelope(p->w->space, hf_space_number(p->w->space), &newest));
	const struct hf_buf b = {.data = (uint8_t *)(uintptr_t)newest.data, .len = newest.len};
	if (p->w->sb->d.number == hf_space_number(p->w->space))
		sb_next(p->w->sb, &b);
}

/* DS-27, AZ-48: an attribute that the authority takes back. */
static void an_attribute_that_the_consumer_loses_stops_at_the_next_chunk(void **state)
{
	static Hufu__Attribute insurer = HUFU__ATTRIBUTE__INIT, *attributes[] = {&insurer};
	struct pair *p = pair_of(state, 3 * MIB);
	Hufu__SharingCondition sector = HUFU__SHARING_CONDITION__INIT, *list[] = {&sector};
	sector.name = (char *)"insurers-only";
	sector.text = (char *)"for insurers";
	sector.attribute = insurer.name = (char *)"sector";
	sector.value = insurer.value = (char *)"insurance";
	build_on(p);
	p->w->sb->member[SB_HEALTH].attributes = attributes;
	p->w->sb->member[SB_HEALTH].n_attributes = 1;
	next_descriptor(p);
	edit(p, (struct offer){.conditions = list, .condition_count = 1});
	struct hf_id id = under_way(p);
	p->w->sb->member[SB_HEALTH].n_attributes = 0;
	next_descriptor(p);
	stops(p, &id, HF_E_CONDITION, "'insurers-only' is not met");
	edit(p, plain);
}

/* The membership ends by itself: the clock alone moves. */
static void a_membership_that_ends_stops_within_a_second(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	int64_t before = p->w->now_ms, ends = before + DAY;
	build_on(p);
	p->w->sb->member[SB_HEALTH].not_after_ms = ends;
	next_descriptor(p);
	struct hf_id id = under_way(p);
	p->w->now_ms = ends - 1;
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	p->w->now_ms = ends + 1000;
	assert_int_equal(ask(p, p->health, &id, 2, 0).e, HF_E_STANDING);
	p->w->now_ms = before;
	p->w->sb->member[SB_HEALTH].not_after_ms = SB_T0 + SB_YEAR;
	next_descriptor(p);
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->roads, &id, HF_E_STANDING, "may not ask for data");
}

static void enable_system(struct pair *p, bool enabled)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_system_enable(p->health->identity, u, "desk", enabled, &f), HF_OK);
	submit_wait(p->health, u);
}

static void enable_source(struct pair *p, bool enabled)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	struct hf_source_view v;
	assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
	v.enabled = enabled;
	assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
	submit_wait(p->roads, u);
	hf_source_view_done(&v);
}

static void a_source_that_is_disabled_stops_at_the_next_chunk(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	enable_source(p, false);
	stops(p, &id, HF_E_STATE, "'flights' is disabled");
	enable_source(p, true);
}

/* AZ-7, AZ-25: the register of systems is the consumer's own; so it is the consumer that stops and says why. */
static void a_system_that_is_taken_off_the_register_gets_nothing_more(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	enable_system(p, false);
	struct fetching next = fetch_fields(p, NULL, 0);
	assert_int_equal(next.e, HF_E_WRONG_SYSTEM);
	assert_non_null(strstr(next.fault.text, "'desk' is disabled"));
	p->w->pass = NULL;
	receive_pump(transfer_find(p->health->exchange, &id, false));
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, HF_E_WRONG_SYSTEM, "'desk' is disabled");
	assert_reason(p->roads, &id, HF_E_WRONG_SYSTEM, "'desk' is disabled");
	assert_wiped(p, &id);
	enable_system(p, true);
}

/* The last one: health is no member any more. */
static void a_member_that_is_revoked_gets_no_further_chunk(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = under_way(p);
	build_on(p);
	sb_revoke(p->w->sb, "health", NULL, p->w->now_ms);
	next_descriptor(p);
	p->w->now_ms++;
	struct asked a = ask(p, p->health, &id, 1, 0);
	assert_int_equal(a.e, HF_E_STANDING);
	until(p, has_ended(p->roads, &id));
	assert_reason(p->roads, &id, HF_E_STANDING, "may not ask for data");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_entry_that_got_stricter_stops_at_the_next_chunk),
	        cmocka_unit_test(a_field_that_turns_out_to_be_sensitive_stops_at_the_next_chunk),
	        cmocka_unit_test(an_entry_that_is_withdrawn_stops_at_the_next_chunk),
	        cmocka_unit_test(an_entry_that_asks_for_more_stops_at_the_next_chunk),
	        cmocka_unit_test(a_duty_that_the_entry_gets_holds_for_what_is_under_way),
	        cmocka_unit_test(a_mechanism_that_is_closed_stops_at_the_next_chunk),
	        cmocka_unit_test(a_change_that_leaves_the_answer_lets_a_transfer_go_on),
	        cmocka_unit_test(another_grant_does_not_carry_on_what_the_first_began),
	        cmocka_unit_test(an_attribute_that_the_consumer_loses_stops_at_the_next_chunk),
	        cmocka_unit_test(a_membership_that_ends_stops_within_a_second),
	        cmocka_unit_test(a_source_that_is_disabled_stops_at_the_next_chunk),
	        cmocka_unit_test(a_system_that_is_taken_off_the_register_gets_nothing_more),
	        cmocka_unit_test(a_member_that_is_revoked_gets_no_further_chunk),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
