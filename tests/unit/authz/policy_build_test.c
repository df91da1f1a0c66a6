/* Snapshots of rules that a worker builds beside the one in force: they say what one compiled at once would say, with
 * everything that changed meanwhile; what cannot be used is compiled anew. */
#include "authz/policy.h"

#include "authz/rulebook.h"
#include "unit/authz/cast.h"

static const char form[] =
        "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
        "hierarchies:\n  organizations:\n    space: []\n    health: space\n  regions:\n    CN: []\n  topics: {}\n"
        "rules:\n  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    when:\n"
        "      subject.organization: {under: [space]}\n      system.name: %s\n";

static const char *text_of(const char *system)
{
	static char text[1024];
	static unsigned version;
	snprintf(text, sizeof(text), form, ++version, system);
	return text;
}

struct built {
	unsigned calls;
	enum hf_err e;
	char text[400];
};

static void on_built(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct built *b = ctx;
	b->calls++;
	b->e = e;
	snprintf(b->text, sizeof(b->text), "%s", f->text);
}

static void prepare(struct stage *s, const char *text, struct built *b)
{
	struct hf_fault f = {HF_OK, ""};
	*b = (struct built){.calls = 0};
	assert_int_equal(hf_authz_policy_prepare(s->roads->authz, text, on_built, b, &f), HF_OK);
	assert_int_equal(b->calls, 0); /* never from inside */
}

static void wait_for(struct stage *s, const struct built *b)
{
	uv_timer_start(&s->w->limit, world_too_late, LIMIT_MS, 0);
	while (!b->calls)
		uv_run(&s->w->loop, UV_RUN_ONCE);
	uv_timer_stop(&s->w->limit);
}

static enum hf_err apply(struct stage *s, const char *text)
{
	struct hf_policy_set set;
	COMMAND(c, s->roads, "zhou");
	return command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, text, "agreed with health", &set));
}

static struct hf_hash hash_of(struct stage *s)
{
	assert_non_null(s->roads->authz->policy.now);
	return *hf_policy_hash(s->roads->authz->policy.now);
}

/* As if the node had been started anew: everything compiled from what is stored. */
static void assert_as_compiled(struct stage *s)
{
	settle(s->w);
	struct hf_hash before = hash_of(s), after;
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	after = hash_of(s);
	assert_memory_equal(before.b, after.b, sizeof(before.b));
}

static struct hf_id hold(struct stage *s, const char *system)
{
	struct hf_id id;
	COMMAND(c, s->roads, "zhou");
	MUST(command_end(&c, hf_authz_hold(s->roads->authz, &c.in, "system", system, "looked into", &id)));
	return id;
}

static void lift(struct stage *s, const struct hf_id *id)
{
	COMMAND(c, s->roads, "zhou");
	MUST(command_end(&c, hf_authz_unhold(s->roads->authz, &c.in, id, "done")));
}

static bool permits(struct stage *s)
{
	struct hf_access_request rq = asking(&s->plain, s->w->now_ms);
	return decided(s->roads, &rq) == HF_OK;
}

/* ---- a policy ---- */

static void what_changes_while_it_is_built_is_in_it(void **state)
{
	struct stage *s = stage_of(state);
	struct built b;
	struct hf_id before = hold(s, "health/archive"), app = granted(s, &s->plain),
	             revoked = grant_at(s->roads, &app);
	const char *text = text_of("archive");
	prepare(s, text, &b);
	struct hf_id meanwhile = hold(s, "health/desk"); /* added, */
	lift(s, &before);                                /* taken away, */
	(void)granted(s, &s->plain);
	MUST(revoke_as(s->roads, "zhou", &revoked, "done")); /* changed */
	wait_for(s, &b);
	assert_int_equal(b.e, HF_OK);
	(void)granted(s, &s->strict); /* between the building and the commit */
	assert_non_null(s->roads->authz->policy.preparing);
	uint64_t changes = hf_authz_changes(s->roads->authz);
	MUST(apply(s, text));
	settle(s->w);
	assert_null(s->roads->authz->policy.preparing);
	assert_int_equal(hf_authz_changes(s->roads->authz), changes + 1); /* all of it at once */
	assert_false(permits(s));
	lift(s, &meanwhile);
	assert_true(permits(s));
	assert_as_compiled(s);
}

static void a_policy_that_is_bad_is_refused_in_the_same_words(void **state)
{
	struct stage *s = stage_of(state);
	struct built b;
	struct hf_hash before = hash_of(s);
	const char *bad = "policy:\n  name: roads\n  version: 900\n  attributes: standard\nrules:\n  - id: grant:1\n";
	prepare(s, bad, &b);
	wait_for(s, &b);
	enum hf_err e = apply(s, bad);
	assert_int_not_equal(e, HF_OK);
	assert_int_equal(b.e, e);
	assert_string_equal(b.text, last_fault);
	struct hf_hash after = hash_of(s);
	assert_memory_equal(before.b, after.b, sizeof(before.b));
}

static void one_is_built_at_a_time_and_the_next_takes_its_place(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_fault f = {HF_OK, ""};
	struct built b, other = {.calls = 0};
	char *first = hf_strdup(text_of("desk")), *second = hf_strdup(text_of("archive"));
	prepare(s, first, &b);
	assert_int_equal(hf_authz_policy_prepare(s->roads->authz, second, on_built, &other, &f), HF_E_BUSY);
	wait_for(s, &b);
	prepare(s, second, &b); /* the first never came to its commit, */
	wait_for(s, &b);
	MUST(apply(s, first)); /* or does so now: compiled by the loop */
	settle(s->w);
	assert_int_equal(other.calls, 0);
	assert_as_compiled(s);
	free(first);
	free(second);
}

static void after_too_many_changes_it_is_compiled_anew(void **state)
{
	struct stage *s = stage_of(state);
	struct built b;
	char id[HF_ID_TEXT + 8];
	const char *text = text_of("archive");
	prepare(s, text, &b);
	struct hf_id placed = hold(s, "health/desk");
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "grant:%u", i);
		az_policy_note(s->roads->authz, id);
	}
	wait_for(s, &b);
	MUST(apply(s, text));
	settle(s->w);
	assert_false(permits(s));
	lift(s, &placed);
	assert_as_compiled(s);
}

/* A suspension that cannot be put in force: nothing is permitted then, which is a change as any other one is. */
static void break_down(struct hf_authz *a)
{
	struct az_rule r;
	struct hf_id id = hf_id_new(NOW);
	uint64_t before = hf_authz_changes(a);
	az_rule_begin(&r, HF_MECHANISM_HOLD, "hold:", &id);
	r.rule.until_ms = INT64_MAX;
	az_rule_equals(a, &r, AZ_ATTR_SYSTEM, "elsewhere");
	r.condition[0].attr = UINT16_MAX; /* there is no such attribute */
	az_policy_change(a, NULL, &r.rule);
	assert_null(a->policy.now);
	assert_true(hf_authz_changes(a) > before);
}

static void one_built_while_nothing_is_in_force_is_not_taken(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_authz *a = s->roads->authz;
	struct built b;
	char *first = hf_strdup(text_of("desk")), *second = hf_strdup(text_of("archive"));
	struct hf_id placed = hold(s, "health/desk");
	break_down(a);
	assert_false(permits(s));
	prepare(s, second, &b);
	wait_for(s, &b);
	assert_int_equal(b.e, HF_OK);
	MUST(apply(s, first)); /* comes in force before it, with this node's own rules */
	MUST(apply(s, second));
	settle(s->w);
	assert_false(permits(s)); /* suspended still */
	lift(s, &placed);
	assert_true(permits(s));
	assert_as_compiled(s);
	free(first);
	free(second);
}

static void closing_ends_it_with_one_call(void **state)
{
	struct stage *s = stage_of(state);
	struct built b;
	prepare(s, text_of("desk"), &b);
	hf_authz_close(s->roads->authz);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.e, HF_E_CANCELLED);
	node_open_authz(s->roads);
	settle(s->w);
	assert_int_equal(b.calls, 1);
}

/* ---- a merge ---- */

/* So many changes that the snapshot is to be merged, and some while that is done. */
static void a_merge_says_the_same_and_loses_nothing(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_authz *a = s->roads->authz;
	struct az_rule r;
	struct hf_id id = hf_id_new(s->w->now_ms);
	az_rule_begin(&r, HF_MECHANISM_HOLD, "hold:", &id);
	r.rule.until_ms = INT64_MAX;
	az_rule_equals(a, &r, AZ_ATTR_SYSTEM, "elsewhere");
	for (unsigned i = 0; i < 20000 && !a->policy.merging; i++)
		az_policy_change(a, i % 2 ? r.id : NULL, i % 2 ? NULL : &r.rule);
	assert_non_null(a->policy.merging);
	assert_true(hf_policy_wants_merge(a->policy.now));
	az_policy_change(a, r.id, NULL);
	struct hf_id meanwhile = hold(s, "health/desk");
	struct hf_hash before = hash_of(s), after;
	uv_timer_start(&s->w->limit, world_too_late, LIMIT_MS, 0);
	while (a->policy.merging)
		uv_run(&s->w->loop, UV_RUN_ONCE);
	uv_timer_stop(&s->w->limit);
	after = hash_of(s);
	assert_memory_equal(before.b, after.b, sizeof(before.b));
	assert_false(hf_policy_wants_merge(a->policy.now));
	assert_false(permits(s));
	lift(s, &meanwhile);
	assert_as_compiled(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_changes_while_it_is_built_is_in_it),
	        cmocka_unit_test(a_policy_that_is_bad_is_refused_in_the_same_words),
	        cmocka_unit_test(one_is_built_at_a_time_and_the_next_takes_its_place),
	        cmocka_unit_test(after_too_many_changes_it_is_compiled_anew),
	        cmocka_unit_test(one_built_while_nothing_is_in_force_is_not_taken),
	        cmocka_unit_test(a_merge_says_the_same_and_loses_nothing),
	        cmocka_unit_test(closing_ends_it_with_one_call),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
