/* What the provider's decision point says of data that a consumer keeps sealed reaches its reads: suspensions,
 * consents, mandates, rules, mechanisms, memberships, and that they are there again (SB-2, SB-6, DS-85). */
#include "unit/exchange/by_rule.h"

#include "authz/data_use.h"
#include "authz/use_state.h"
#include "authz/walk.h"
#include "catalog/consent.h"
#include "catalog/mandate.h"
#include "exchange/data.h"

/* ---- words ---- */

static struct hf_id delivered(struct pair *p)
{
	p->output[0] = '\0';
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	return id;
}

/* The provider asks again, and what it has to say has arrived. */
static void look(struct pair *p)
{
	p->w->now_ms += 1000;
	az_use_watch_look(p->roads->authz);
	until(p, az_walks_idle(p->roads->authz));
	settle(p->w);
}

static enum hf_err open_read(struct pair *p, const struct hf_id *id, struct hf_id *ret_read)
{
	const struct hf_data_read in = {.transfer = *id, .purpose = "claims-check"};
	COMMAND(c, p->health, "wang");
	return command_end(
	        &c, hf_data_read_open(p->health->exchange, &c.actor, &in, c.in.unit, c.in.draft, ret_read, &c.fault));
}

/* A new read is answered so. */
static void reads(struct pair *p, const struct hf_id *id, enum hf_err e, const char *part)
{
	struct hf_id read;
	enum hf_err got = open_read(p, id, &read);
	if (got != e || (e != HF_OK && !strstr(last_fault, part)))
		fail_msg("%s: %s", hf_err_reason(got), last_fault);
}

static void stops(struct pair *p, const struct hf_id *id, enum hf_err e, const char *part)
{
	look(p);
	reads(p, id, e, part);
	reads(p, id, e, "the provider has stopped the use of this data");
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
	assert_int_equal(hf_data_get(p->health->exchange, id, &row), HF_OK);
	assert_string_equal(hf_data_state(p->health->exchange, row), "stopped");
}

static void goes_on(struct pair *p, const struct hf_id *id)
{
	look(p);
	reads(p, id, HF_OK, "");
}

static struct hf_id hold(struct pair *p, const char *kind, const char *target)
{
	struct hf_id id;
	COMMAND(c, p->roads, "zhou");
	MUST(command_end(&c, hf_authz_hold(p->roads->authz, &c.in, kind, target, "misuse is looked into", &id)));
	return id;
}

static void lift(struct pair *p, const struct hf_id *id)
{
	COMMAND(c, p->roads, "zhou");
	MUST(command_end(&c, hf_authz_unhold(p->roads->authz, &c.in, id, "looked into")));
}

/* ---- what reaches it ---- */

static void a_hold_of_the_provider_stops_the_reads_until_it_is_lifted(void **state)
{
	static const char *const kinds[] = {"grant", "resource", "organization", "system"};
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	char grant[HF_ID_TEXT], entry[HF_ID_TEXT];
	hf_id_text(&p->grant, grant);
	hf_id_text(&p->entry, entry);
	const char *const targets[] = {grant, entry, "health", "health/desk"};
	reads(p, &id, HF_OK, "");
	for (size_t i = 0; i < 4; i++) {
		struct hf_id placed = hold(p, kinds[i], targets[i]);
		reads(p, &id, HF_OK, ""); /* nobody was told yet */
		stops(p, &id, HF_E_HELD, "misuse is looked into");
		lift(p, &placed);
		goes_on(p, &id);
	}
	assert_int_equal(with_outcome(p->roads, &id, HF_EVENT_USE_STOPPED, NULL), 4);
	assert_int_equal(with_outcome(p->health, &id, HF_EVENT_USE_STOPPED, "refused"), 4);
	assert_int_equal(with_outcome(p->health, &id, HF_EVENT_USE_RESUMED, "ok"), 4);
	look(p); /* what was told is not told again */
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_USE_RESUMED), 4);
}

/* In front of the next piece. */
static void a_running_read_stops(void **state)
{
	struct pair *p = pair_of(state, (size_t)3 << 20);
	struct hf_id id = delivered(p), read;
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_fault f = {HF_OK, ""};
	struct hf_data_end end = {false, 0, 0};
	const struct hf_data_sink sink = {NULL, NULL};
	MUST(open_read(p, &id, &read));
	struct hf_id placed = hold(p, "organization", "health");
	look(p);
	assert_int_equal(hf_data_read_next(p->health->exchange, &a, &read, &sink, &end, &f), HF_E_HELD);
	lift(p, &placed);
	goes_on(p, &id);
}

static struct hf_id consent_kept(struct pair *p)
{
	static char *purposes[] = {(char *)"claims-check"};
	Hufu__ConsentRow row = HUFU__CONSENT_ROW__INIT;
	struct hf_id id = hf_id_new(p->w->now_ms);
	struct hf_unit *u = hf_unit_new();
	row.id = BIN_ID(&id);
	row.basis = (char *)"consent";
	row.subject = (char *)"旅客 118";
	row.purposes = purposes;
	row.n_purposes = 1;
	row.until_ms = p->w->now_ms + 20 * DAY;
	assert_int_equal(hf_consent_put(u, &row), HF_OK);
	submit_wait(p->roads, u);
	return id;
}

/* SB-6: the withdrawal stops the use of what was delivered before. */
static void a_withdrawn_consent_stops_the_reads(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id before = p->grant, consent = consent_kept(p);
	struct hf_id entry =
	        publish(p->roads, &(struct offer){.title = "people", .intake = "hub", .consent = &consent});
	struct hf_id application = granted(&p->s, &entry);
	p->grant = grant_at(p->health, &application);
	struct hf_id id = delivered(p);
	reads(p, &id, HF_OK, "");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_consent_end(p->roads->catalog, &consent, "zhao", "letter", u, &f), HF_OK);
	submit_wait(p->roads, u);
	stops(p, &id, HF_E_CONSENT, "consent");
	p->grant = before;
}

struct ending_all {
	struct pair *p;
	struct hf_unit *unit;
};

static bool end_one(void *ctx, const Hufu__MandateRow *row)
{
	struct ending_all *e = ctx;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;
	if (row->ended_ms == 0 && az_id_of(&row->id, &id))
		MUST(hf_mandate_end(e->p->roads->catalog, &id, "kang", "the plan is over", e->unit, &f));
	return true;
}

/* DS-24: and the leave to publish it, given anew, lets them go on. */
static void an_ended_mandate_stops_the_reads(void **state)
{
	static char *purposes[] = {(char *)"open data plan 2026"};
	struct pair *p = pair_of(state, 1000);
	const struct offer same = {.title = "航班到达", .intake = "hub", .id = p->entry};
	publish(p->roads, &same); /* says of the data what it is */
	struct hf_id id = delivered(p);
	struct ending_all e = {p, hf_unit_new()};
	MUST(hf_mandate_list(p->roads->catalog, end_one, &e));
	submit_wait(p->roads, e.unit);
	stops(p, &id, HF_E_NO_MANDATE, "");
	struct hf_unit *u = hf_unit_new();
	leave_publish(u, p->w->now_ms, purposes, 1);
	submit_wait(p->roads, u);
	publish(p->roads, &same);
	goes_on(p, &id);
}

static void allow(struct pair *p, const char *const *list, size_t count)
{
	COMMAND(c, p->roads, "zhou");
	MUST(command_end(&c, hf_authz_mechanisms(p->roads->authz, &c.in, &p->entry, list, count)));
}

static void a_mechanism_that_is_closed_stops_the_reads(void **state)
{
	static const char *const rules_alone[] = {"attribute"}, *const all[] = {"emergency", "attribute",
	                                                                        "application"};
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	allow(p, rules_alone, 1);
	stops(p, &id, HF_E_MECHANISM, "application");
	allow(p, all, 3);
	goes_on(p, &id);
}

static void apply(struct pair *p, const char *system)
{
	apply_rule(p, system, "    obligations:\n      - uses: 1\n");
}

/* There is no grant whose end the consumer would hear of. That the one use is used up takes nothing back. */
static void a_rule_that_ends_stops_the_reads_of_what_it_gave(void **state)
{
	struct pair *p = pair_of(state, 1000);
	apply(p, "desk");
	struct hf_id id = fetch_by_rule(p, "");
	wait_both(p, &id, "COMPLETED");
	apply(p, "desk");
	look(p);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_USE_STOPPED), 0);
	apply(p, "archive");
	stops(p, &id, HF_E_NO_GRANT, "no authorization covers");
	apply(p, "desk");
	look(p);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_USE_RESUMED), 1);
}

/* ---- standing ---- */

/* The next descriptor of the space is in force on every node: what it changes stands between these two. */
static void space_begins(struct pair *p)
{
	struct hf_buf envelope = HF_BUF_INIT;
	sb_sign(p->w->sb, &envelope);
	sb_next(p->w->sb, &envelope);
	hf_buf_done(&envelope);
}

static void space_ends(struct pair *p)
{
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	sb_sign(p->w->sb, &envelope);
	if (hf_space_extend(p->w->space, envelope.data, envelope.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_buf_done(&envelope);
}

static void membership(struct pair *p, unsigned member, int64_t until_ms)
{
	space_begins(p);
	p->w->sb->member[member].not_after_ms = until_ms;
	space_ends(p);
}

/* No mail reaches a member that may not be connected: the reading node goes by the descriptor itself. */
static void a_membership_that_is_not_in_force_stops_the_reads(void **state)
{
	static const struct {
		unsigned member;
		const char *name;
	} who[] = {{SB_HEALTH, "health"}, {SB_ROADS, "roads"}};
	struct pair *p = pair_of(state, (size_t)3 << 20);
	struct hf_id id = delivered(p), read;
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_data_end end = {false, 0, 0};
	const struct hf_data_sink sink = {NULL, NULL};
	for (size_t i = 0; i < 2; i++) {
		struct hf_fault f = {HF_OK, ""};
		int64_t until = p->w->sb->member[who[i].member].not_after_ms;
		MUST(open_read(p, &id, &read));
		membership(p, who[i].member, p->w->now_ms);
		reads(p, &id, HF_E_STANDING, who[i].name);
		assert_int_equal(hf_data_read_next(p->health->exchange, &a, &read, &sink, &end, &f), HF_E_STANDING);
		HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
		assert_int_equal(hf_data_get(p->health->exchange, &id, &row), HF_OK);
		assert_string_equal(hf_data_state(p->health->exchange, row), "stopped");
		membership(p, who[i].member, until);
		reads(p, &id, HF_OK, "");
	}
}

static void take_out(struct pair *p, bool out)
{
	static Hufu__Member *members[SB_NODES];
	Hufu__Descriptor *d = &p->w->sb->d;
	size_t n = 0;
	space_begins(p);
	for (size_t i = 0; i < SB_NODES; i++)
		if (!out || i != SB_HEALTH)
			members[n++] = p->w->sb->members[i];
	d->members = members;
	d->n_members = n;
	space_ends(p);
}

/* Nobody can be told then; it is on record at the provider once, not at each look again. */
static void what_a_former_member_keeps_is_stopped_and_recorded_once(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	take_out(p, true);
	for (size_t i = 0; i < 3; i++) {
		look(p);
		p->w->now_ms += 60000;
		assert_int_equal(with_outcome(p->roads, &id, HF_EVENT_USE_STOPPED, NULL), 1);
	}
	reads(p, &id, HF_E_STANDING, "health");
	take_out(p, false);
	goes_on(p, &id);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_USE_RESUMED), 1);
}

/* ---- over restarts ---- */

static void what_changed_while_a_node_was_down_is_told(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	struct hf_id placed = hold(p, "organization", "health");
	pair_restart(p->roads); /* before it could look */
	install_fallible(p->roads);
	people_back(p->roads);
	stops(p, &id, HF_E_HELD, "misuse is looked into");
	pair_restart(p->health);
	install_fallible(p->health);
	people_back(p->health);
	reads(p, &id, HF_E_HELD, "misuse is looked into"); /* it is kept */
	lift(p, &placed);
	goes_on(p, &id);
}

/* The disk of the provider is full just then: told at the next look. */
static void what_could_not_be_stored_is_told_later(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	struct hf_id placed = hold(p, "organization", "health");
	set_store_fails(p->roads, true);
	look(p);
	reads(p, &id, HF_OK, "");
	set_store_fails(p->roads, false);
	p->w->now_ms += 60000;
	stops(p, &id, HF_E_HELD, "misuse is looked into");
	lift(p, &placed);
	goes_on(p, &id);
}

/* Behind the period nothing is told any more, and the row is gone. */
static void behind_the_period_nothing_is_left(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	int64_t before = p->w->now_ms;
	assert_true(hf_store_has(p->roads->store, HF_TABLE_DELIVERED, id.b, sizeof(id.b)));
	p->w->now_ms += 400 * DAY;
	look(p);
	node_barrier(p->roads);
	assert_false(hf_store_has(p->roads->store, HF_TABLE_DELIVERED, id.b, sizeof(id.b)));
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_USE_STOPPED), 0);
	p->w->now_ms = before;
	pair_restart(p->roads); /* its monotonic clock does not run backwards otherwise */
}

/* ---- lies ---- */

static struct {
	struct hf_buf body;
	struct hf_id txn;
} caught;

static void capture(struct post *post)
{
	if (post->type != HF_MAIL_USE_STATE || !hf_id_equal(&post->txn, &caught.txn))
		return;
	hf_buf_clear(&caught.body);
	assert_true(hf_buf_add(&caught.body, post->body.data, post->body.len));
}

static enum hf_err said_by(struct pair *p, struct node *author, const char *from, Hufu__UseState *m)
{
	Hufu__UseStateMail mail = HUFU__USE_STATE_MAIL__INIT;
	size_t len = 0;
	m->header->issuer = (char *)from;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = sign_as(author, from, HF_TYPE_USE_STATE, &m->base);
	mail.state = e;
	uint8_t *body = hf_encode(&mail.base, &len);
	enum hf_err err = deliver(p->health, from, HF_MAIL_USE_STATE, &caught.txn, body, len);
	free(body);
	settle(p->w);
	return err;
}

static void nobody_but_its_provider_stops_it_and_an_older_word_does_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p), other = hf_id_new(p->w->now_ms);
	p->w->bend = capture;
	caught.txn = id;
	struct hf_id placed = hold(p, "organization", "health");
	look(p);
	p->w->bend = NULL;
	reads(p, &id, HF_E_HELD, "");
	lift(p, &placed);
	goes_on(p, &id);
	HF_CLEANUP(hf_decoded_done)
	Hufu__UseStateMail *mail = HF_DECODE(use_state_mail, caught.body.data, caught.body.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__UseState *m = HF_DECODE(use_state, mail->state->payload.data, mail->state->payload.len);
	assert_int_equal(m->sequence, 1);
	assert_int_equal(said_by(p, p->roads, "roads", m), HF_OK); /* the first word once more, behind the second */
	reads(p, &id, HF_OK, "");
	assert_int_equal(recorded(p->health, &id, HF_EVENT_USE_STOPPED), 1);
	m->sequence = 9;
	assert_int_equal(said_by(p, p->s.hub, "hub", m), HF_E_UNKNOWN);     /* not its provider */
	assert_int_equal(said_by(p, p->s.hub, "roads", m), HF_E_SIGNATURE); /* nor somebody in its name */
	m->transfer = BIN_ID(&other);
	assert_int_equal(said_by(p, p->roads, "roads", m), HF_E_CONFLICT);
	m->header->transaction = BIN_ID(&other);
	assert_int_equal(said_by(p, p->roads, "roads", m), HF_E_UNKNOWN); /* nothing of it is here */
	m->transfer = m->header->transaction = BIN_ID(&id);
	m->reason = (char *)"";
	assert_int_equal(said_by(p, p->roads, "roads", m), HF_E_FORMAT);
	reads(p, &id, HF_OK, "");
	assert_int_equal(recorded(p->health, &id, HF_EVENT_USE_STOPPED), 1);
	m->reason = (char *)"held";
	assert_int_equal(said_by(p, p->roads, "roads", m), HF_OK);
	reads(p, &id, HF_E_HELD, "");
	m->transfer = m->header->transaction = (ProtobufCBinaryData){0, NULL}; /* what its memory frees is its own */
	p->health->refused_count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_hold_of_the_provider_stops_the_reads_until_it_is_lifted),
	        cmocka_unit_test(a_running_read_stops),
	        cmocka_unit_test(a_withdrawn_consent_stops_the_reads),
	        cmocka_unit_test(an_ended_mandate_stops_the_reads),
	        cmocka_unit_test(a_mechanism_that_is_closed_stops_the_reads),
	        cmocka_unit_test(a_rule_that_ends_stops_the_reads_of_what_it_gave),
	        cmocka_unit_test(a_membership_that_is_not_in_force_stops_the_reads),
	        cmocka_unit_test(what_a_former_member_keeps_is_stopped_and_recorded_once),
	        cmocka_unit_test(what_changed_while_a_node_was_down_is_told),
	        cmocka_unit_test(what_could_not_be_stored_is_told_later),
	        cmocka_unit_test(nobody_but_its_provider_stops_it_and_an_older_word_does_nothing),
	        cmocka_unit_test(behind_the_period_nothing_is_left),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
