/*
 * turns_test.c - is everything else answered while the node goes through all of its grants, rules and emergencies: a
 * policy that is put in force, rules that are merged, the daily review, the look at what is over?
 *
 * HUFU_TURNS=100000 makes as many of each and prints how long the loop was held up at most, and what the same work
 * takes in one piece (docs/performance.md).
 */
#include "authz/emergency_internal.h"
#include "authz/grant_review.h"
#include "authz/policy.h"
#include "authz/rulebook.h"
#include "authz/use_state.h"
#include "authz/walk.h"
#include "proto/codec.h"
#include "unit/authz/cast.h"

static unsigned many = 8000; /* so that no machine reads them in one turn of the loop */

/* ---- the loop's turns ---- */

struct beat {
	uv_timer_t timer;
	struct world *w;
	uint64_t last_ns, longest_ns, begun_ns;
	unsigned turns;
};

static void on_beat(uv_timer_t *t)
{
	struct beat *b = t->data;
	uint64_t now = uv_hrtime();
	b->longest_ns = now - b->last_ns > b->longest_ns ? now - b->last_ns : b->longest_ns;
	b->last_ns = now;
	b->turns++;
}

static void beat_begin(struct beat *b, struct world *w)
{
	*b = (struct beat){.w = w};
	uv_timer_init(&w->loop, &b->timer);
	b->timer.data = b;
	b->last_ns = b->begun_ns = uv_hrtime();
	uv_timer_start(&b->timer, on_beat, 0, 1);
	uv_timer_start(&w->limit, world_too_late, LIMIT_MS, 0);
}

static void beat_end(struct beat *b, const char *what, uint64_t whole_ns)
{
	on_beat(&b->timer); /* what was not over yet counts, too */
	uv_timer_stop(&b->w->limit);
	uv_close((uv_handle_t *)&b->timer, NULL);
	uv_run(&b->w->loop, UV_RUN_NOWAIT);
	if (!getenv("HUFU_TURNS"))
		return;
	print_message("%-24s longest wait of the loop %7.1f ms, took %7.1f ms", what, (double)b->longest_ns / 1e6,
	              (double)(b->last_ns - b->begun_ns) / 1e6);
	if (whole_ns)
		print_message(", in one piece %7.1f ms", (double)whole_ns / 1e6);
	print_message("\n");
}

/* ---- as many as are wanted ---- */

static void put_grant(struct stage *s, struct hf_unit *u, Hufu__GrantRow row)
{
	struct hf_id ids[3];
	size_t len = 0;
	for (size_t i = 0; i < 3; i++)
		ids[i] = hf_id_new(s->w->now_ms);
	row.grant = BIN_ID(&ids[0]);
	row.agreement = BIN_ID(&ids[1]);
	row.resource = BIN_ID(&ids[2]);
	uint8_t *data = hf_encode(&row.base, &len);
	hf_unit_put(u, HF_TABLE_GRANT, ids[0].b, sizeof(ids[0].b), data, len);
	free(data);
}

static void put_emergency(struct stage *s, struct hf_unit *u)
{
	Hufu__EmergencyRequestRow row = HUFU__EMERGENCY_REQUEST_ROW__INIT;
	struct hf_id id = hf_id_new(s->w->now_ms);
	row.id = row.txn = row.event = BIN_ID(&id);
	row.state = HF_EM_ACTIVE;
	row.provider = (char *)"roads";
	row.organization = (char *)"health";
	row.until_ms = s->w->now_ms + 400 * DAY;
	em_row_put(s->roads->authz, u, &row);
}

static int up(void **state)
{
	const char *wanted = getenv("HUFU_TURNS");
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	int e = stage_up(state);
	struct stage *s = *state;
	many = wanted ? (unsigned)strtoul(wanted, NULL, 10) : many;
	struct hf_id application = granted(s, &s->plain), grant = grant_at(s->roads, &application);
	MUST(az_grant_get(s->roads->authz, &grant, &row));
	for (unsigned i = 0; i < many;) {
		struct hf_unit *u = hf_unit_new();
		for (unsigned k = 0; k < 1000 && i < many; k++, i++) {
			put_grant(s, u, *row);
			put_emergency(s, u);
		}
		submit_wait(s->roads, u);
	}
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	settle(s->w);
	return e;
}

/* ---- a policy ---- */

static const char *text(void)
{
	static char out[1024];
	static unsigned version;
	snprintf(out, sizeof(out),
	         "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
	         "hierarchies:\n  organizations: {space: [], health: space}\n  regions: {CN: []}\n  topics: {}\n"
	         "rules:\n  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n"
	         "    when:\n      system.name: archive\n",
	         ++version);
	return out;
}

static void apply(struct stage *s, const char *policy)
{
	struct hf_policy_set set;
	COMMAND(c, s->roads, "zhou");
	MUST(command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, policy, "agreed with health", &set)));
}

static void on_built(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	(void)f;
	assert_int_equal(e, HF_OK);
	*(bool *)ctx = true;
}

static void a_policy_is_put_in_force_beside_everything_else(void **state)
{
	struct stage *s = *state;
	struct hf_fault f = {HF_OK, ""};
	struct beat b;
	bool built = false;
	uint64_t begun = uv_hrtime();
	apply(s, text()); /* compiled by the loop */
	uint64_t whole = uv_hrtime() - begun;
	struct hf_hash before = *hf_policy_hash(s->roads->authz->policy.now);
	const char *next = text();
	beat_begin(&b, s->w);
	MUST(hf_authz_policy_prepare(s->roads->authz, next, on_built, &built, &f));
	while (!built)
		uv_run(&s->w->loop, UV_RUN_ONCE);
	unsigned turns = b.turns;
	apply(s, next);
	beat_end(&b, "policy apply", whole);
	assert_true(turns >= 3);
	assert_memory_equal(before.b, hf_policy_hash(s->roads->authz->policy.now)->b, sizeof(before.b));
}

static void rules_are_merged_beside_everything_else(void **state)
{
	struct stage *s = *state;
	struct hf_authz *a = s->roads->authz;
	struct beat b;
	struct hf_hash before = *hf_policy_hash(a->policy.now);
	uint64_t begun = uv_hrtime();
	hf_policy_free(hf_policy_merge(a->policy.now));
	uint64_t whole = uv_hrtime() - begun;
	beat_begin(&b, s->w);
	az_policy_merge(a);
	assert_non_null(a->policy.merging);
	while (a->policy.merging)
		uv_run(&s->w->loop, UV_RUN_ONCE);
	beat_end(&b, "merge of the rules", whole);
	assert_true(b.turns >= 3);
	assert_memory_equal(before.b, hf_policy_hash(a->policy.now)->b, sizeof(before.b));
}

/* ---- looks through all ---- */

struct reviewed {
	bool done;
	struct hf_unit *unit;
	struct hf_draft *draft;
};

static void on_reviewed(void *ctx, enum hf_err e, struct hf_review *r)
{
	struct reviewed *d = ctx;
	assert_int_equal(e, HF_OK);
	assert_int_equal(hf_review_put(r, d->unit, d->draft), HF_OK);
	d->done = true;
}

static bool count_one(void *ctx, const struct hf_grant_finding *f)
{
	(void)f;
	++*(unsigned *)ctx;
	return true;
}

/* DS-28 */
static void grants_are_reviewed_beside_everything_else(void **state)
{
	struct stage *s = *state;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantReviewRow *last = NULL;
	struct reviewed r = {.unit = hf_unit_new(), .draft = hf_draft_new(HF_EVENT_GRANT_REVIEW, NULL)};
	struct beat b;
	unsigned unused = 0;
	s->w->now_ms += 91 * DAY; /* nobody has used them: each is a finding */
	uint64_t begun = uv_hrtime();
	MUST(hf_authz_grant_findings(s->roads->authz, count_one, &unused));
	uint64_t whole = uv_hrtime() - begun;
	beat_begin(&b, s->w);
	hf_authz_review_grants(s->roads->authz, on_reviewed, &r);
	assert_false(r.done);
	while (!r.done)
		uv_run(&s->w->loop, UV_RUN_ONCE);
	beat_end(&b, "review of grants", whole);
	assert_true(b.turns >= 3);
	hf_unit_draft(r.unit, r.draft);
	submit_wait(s->roads, r.unit);
	MUST(hf_authz_last_review(s->roads->authz, &last));
	assert_int_equal(last->looked_at, many + 1);
	assert_int_equal(last->unused, unused);
	assert_int_equal(unused, many + 1);
	s->w->now_ms -= 91 * DAY;
}

static bool count_row(void *ctx, Hufu__EmergencyRequestRow *row)
{
	(void)row;
	++*(unsigned *)ctx;
	return true;
}

static void emergencies_are_looked_through_beside_everything_else(void **state)
{
	struct stage *s = *state;
	struct beat b;
	unsigned rows = 0;
	uint64_t begun = uv_hrtime();
	MUST(em_rows(s->roads->authz, count_row, &rows));
	uint64_t whole = uv_hrtime() - begun;
	assert_int_equal(rows, many);
	s->roads->authz->em_stirred = true;
	beat_begin(&b, s->w);
	az_em_sweep(s->roads->authz);
	while (!az_walks_idle(s->roads->authz))
		uv_run(&s->w->loop, UV_RUN_ONCE);
	beat_end(&b, "look at emergencies", whole);
	assert_true(b.turns >= 3);
}

/* SB-2: what was delivered to be kept sealed is asked about again. */
static void deliveries_are_asked_about_beside_everything_else(void **state)
{
	struct stage *s = *state;
	struct hf_authz *a = s->roads->authz;
	struct hf_access_request rq = asking(&s->plain, s->w->now_ms);
	struct beat b;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	for (unsigned i = 0; i < many;) {
		struct hf_unit *u = hf_unit_new();
		for (unsigned k = 0; k < 1000 && i < many; k++, i++) {
			struct hf_id transfer = hf_id_new(s->w->now_ms);
			hf_use_delivered(a, u, &transfer, &rq, s->w->now_ms + 10 * DAY);
		}
		submit_wait(s->roads, u);
	}
	s->w->now_ms += 2000;
	beat_begin(&b, s->w);
	az_use_watch_look(a);
	assert_false(az_walks_idle(a));
	while (!az_walks_idle(a))
		uv_run(&s->w->loop, UV_RUN_ONCE);
	beat_end(&b, "sealed deliveries", 0);
	assert_true(b.turns >= 3);
	assert_null(s->w->posts); /* nobody has anything to be told */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_policy_is_put_in_force_beside_everything_else),
	        cmocka_unit_test(rules_are_merged_beside_everything_else),
	        cmocka_unit_test(deliveries_are_asked_about_beside_everything_else), /* before the clock is set back */
	        cmocka_unit_test(grants_are_reviewed_beside_everything_else),
	        cmocka_unit_test(emergencies_are_looked_through_beside_everything_else),
	};
	return cmocka_run_group_tests(tests, up, stage_down);
}
