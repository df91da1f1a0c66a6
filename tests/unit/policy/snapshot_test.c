/*
 * snapshot_test.c - changes: all or nothing, each snapshot stays what it was, readers are never held up.
 */
#include "unit/policy/kit.h"

#include <pthread.h>
#include <stdatomic.h>

static struct kit k;
static struct kit_request q;

static int setup(void **state)
{
	(void)state;
	kit_open(&k);
	kit_ask(&k, &q);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static struct kit_rule *grant(const char *id)
{
	struct kit_rule *r = kit_rule(&k, id, HF_MECHANISM_APPLICATION);
	kit_when(&k, r, "resource.id", HF_OP_EQUALS, "toll-records");
	return r;
}

static void change(const struct hf_policy_change *changes, size_t count)
{
	struct hf_policy *next = NULL;
	struct hf_fault f = {HF_OK, ""};
	if (hf_policy_apply(k.policy, changes, count, &next, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_policy_free(k.policy);
	k.policy = next;
}

static void not_changed(const struct hf_policy_change *changes, size_t count, enum hf_err e)
{
	struct hf_policy *next = NULL;
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_policy_apply(k.policy, changes, count, &next, &f), e);
	assert_int_equal(f.code, e);
	assert_null(next);
}

/* AZ-33, AZ-72: what was removed does not decide any more; an old snapshot still says what it said. */
static void test_add_and_remove(void **state)
{
	(void)state;
	kit_load(&k, NULL);
	struct hf_policy *empty = hf_policy_ref(k.policy);
	change(&(struct hf_policy_change){.add = &grant("g-1")->rule}, 1);
	assert_permitted(&k, &q, "g-1");
	struct hf_policy *one = hf_policy_ref(k.policy);
	change(&(struct hf_policy_change){.remove = "g-1"}, 1);
	assert_denied(&k, &q, "no-rule");
	assert_int_equal(hf_policy_version(k.policy), 3);
	struct hf_policy_decision d;
	q.rq.values = q.values;
	hf_policy_decide(one, &q.rq, &d);
	assert_true(d.permit);
	assert_int_equal(d.version, 2);
	hf_policy_decide(empty, &q.rq, &d);
	assert_false(d.permit);
	hf_policy_free(one);
	hf_policy_free(empty);
}

static void test_all_or_nothing(void **state)
{
	(void)state;
	kit_load(&k, grant("g-1"), grant("g-2"), NULL);
	struct hf_hash before = *hf_policy_hash(k.policy);
	struct kit_rule *bad = grant("g-4");
	bad->rule.until_ms = bad->rule.from_ms;
	const struct hf_policy_change unknown[] = {{.remove = "g-1"}, {.add = &grant("g-3")->rule}, {.remove = "g-9"}};
	const struct hf_policy_change twice[] = {{.add = &grant("g-3")->rule}, {.add = &grant("g-2")->rule}};
	const struct hf_policy_change wrong[] = {{.remove = "g-1"}, {.add = &bad->rule}};
	not_changed(unknown, 3, HF_E_UNKNOWN);
	not_changed(twice, 2, HF_E_EXISTS);
	not_changed(wrong, 2, HF_E_ARGUMENT);
	assert_permitted(&k, &q, "g-1");
	assert_memory_equal(hf_policy_hash(k.policy), &before, sizeof(before));
	assert_false(hf_policy_rule(k.policy, "g-3", NULL, NULL));
	const struct hf_policy_change good[] = {{.remove = "g-1"}, {.add = &grant("g-3")->rule}};
	change(good, 2);
	assert_permitted(&k, &q, "g-2");
	struct hf_policy_stats stats;
	hf_policy_stats(k.policy, &stats);
	assert_int_equal(stats.rules, 2);
	assert_true(hf_policy_rule(k.policy, "g-3", NULL, NULL));
	assert_false(hf_policy_rule(k.policy, "g-1", NULL, NULL));
}

static void test_only_the_newest_changes(void **state)
{
	(void)state;
	struct hf_policy *side, *next = NULL;
	kit_load(&k, grant("g-1"), NULL);
	struct hf_policy *old = hf_policy_ref(k.policy);
	change(&(struct hf_policy_change){.add = &grant("g-2")->rule}, 1);
	assert_int_equal(hf_policy_apply(old, &(struct hf_policy_change){.remove = "g-1"}, 1, &next, NULL), HF_E_STATE);
	side = hf_policy_merge(old); /* a copy can be changed on its own */
	assert_int_equal(hf_policy_apply(side, &(struct hf_policy_change){.remove = "g-1"}, 1, &next, NULL), HF_OK);
	struct hf_policy_decision d;
	q.rq.values = q.values;
	hf_policy_decide(next, &q.rq, &d);
	assert_false(d.permit);
	assert_permitted(&k, &q, "g-1");
	hf_policy_free(next);
	hf_policy_free(side);
	hf_policy_free(old);
}

/* A rule in the place of another: never a moment without one (AZ-63: access never gaps). */
static void test_replace(void **state)
{
	(void)state;
	kit_load(&k, grant("g-1"), NULL);
	for (unsigned i = 0; i < 100; i++) {
		struct kit_rule *r = grant("g-1");
		r->rule.priority = (int32_t)i;
		change(&(struct hf_policy_change){.remove = "g-1", .add = &r->rule}, 1);
		assert_permitted(&k, &q, "g-1");
	}
	struct kit_rule *r = grant("g-1");
	r->rule.state = HF_RULE_REVOKED;
	change(&(struct hf_policy_change){.remove = "g-1", .add = &r->rule}, 1);
	assert_denied(&k, &q, "revoked");
}

static void assert_hash(const struct hf_hash *want)
{
	assert_memory_equal(hf_policy_hash(k.policy), want, sizeof(*want));
}

/* What led to the rules does not count: loaded afresh, as after a restart, what changes made hashes the same. */
static void test_hash_without_history(void **state)
{
	(void)state;
	kit_load(&k, grant("g-1"), grant("g-2"), grant("g-3"), NULL);
	struct hf_hash three = *hf_policy_hash(k.policy);
	kit_load(&k, grant("g-1"), grant("g-2"), NULL);
	struct hf_hash two = *hf_policy_hash(k.policy);
	change(&(struct hf_policy_change){.add = &grant("g-3")->rule}, 1);
	assert_hash(&three);
	struct kit_rule *other = grant("g-1");
	other->rule.priority = 5;
	change(&(struct hf_policy_change){.remove = "g-1", .add = &other->rule}, 1);
	assert_memory_not_equal(hf_policy_hash(k.policy), &three, sizeof(three));
	change(&(struct hf_policy_change){.remove = "g-1", .add = &grant("g-1")->rule}, 1);
	assert_hash(&three);
	change(&(struct hf_policy_change){.remove = "g-3"}, 1);
	assert_hash(&two);
}

/* The same rules in another order of loading: the same hash; another rule, tree or change: another. */
static void test_hash(void **state)
{
	(void)state;
	kit_load(&k, grant("g-1"), grant("g-2"), NULL);
	struct hf_hash a = *hf_policy_hash(k.policy), b;
	kit_load(&k, grant("g-2"), grant("g-1"), NULL);
	assert_memory_equal(hf_policy_hash(k.policy), &a, sizeof(a));
	change(&(struct hf_policy_change){.add = &grant("g-3")->rule}, 1);
	b = *hf_policy_hash(k.policy);
	assert_memory_not_equal(&a, &b, sizeof(a));
	struct hf_policy *fresh = hf_policy_merge(k.policy);
	assert_memory_equal(hf_policy_hash(fresh), &b, sizeof(b));
	assert_int_equal(hf_policy_version(fresh), hf_policy_version(k.policy));
	hf_policy_free(fresh);
	struct kit_rule *r = grant("g-1");
	r->rule.until_ms++;
	kit_load(&k, r, grant("g-2"), NULL);
	assert_memory_not_equal(hf_policy_hash(k.policy), &a, sizeof(a));
}

/* More changes than the memory that was left for them: the line goes on in a fresh copy. */
static void test_many_changes(void **state)
{
	(void)state;
	char id[32];
	kit_load(&k, NULL);
	for (unsigned i = 0; i < 20000; i++) {
		struct kit_rule r;
		memset(&r, 0, sizeof(r));
		snprintf(id, sizeof(id), "grant-%u", i);
		r.rule = (struct hf_rule){.id = id,
		                          .mechanism = HF_MECHANISM_APPLICATION,
		                          .state = HF_RULE_ACTIVE,
		                          .until_ms = 2 * KIT_NOW,
		                          .conditions = r.conditions};
		kit_when(&k, &r, "resource.id", HF_OP_EQUALS, id);
		change(&(struct hf_policy_change){.add = &r.rule}, 1);
	}
	struct hf_policy_stats stats;
	hf_policy_stats(k.policy, &stats);
	assert_int_equal(stats.rules, 20000);
	assert_int_equal(hf_policy_version(k.policy), 20001);
	for (unsigned i = 0; i < 20000; i += 7) {
		snprintf(id, sizeof(id), "grant-%u", i);
		kit_give(&k, &q, "resource.id", id);
		assert_permitted(&k, &q, id);
	}
}

static bool in_order(void *ctx, const struct hf_rule *rule, bool indexed)
{
	char *all = ctx;
	snprintf(all + strlen(all), 100 - strlen(all), "%s%s ", rule->id, indexed ? "" : "!");
	return true;
}

static void test_each(void **state)
{
	(void)state;
	char all[100] = "";
	struct kit_rule *r = kit_rule(&k, "open", HF_MECHANISM_ATTRIBUTE), *first = grant("z");
	first->rule.priority = -1;
	kit_load(&k, grant("b"), grant("a"), first, r, kit_rule(&k, "stop", HF_MECHANISM_HOLD), NULL);
	change(&(struct hf_policy_change){.remove = "b"}, 1);
	hf_policy_each(k.policy, in_order, all);
	assert_string_equal(all, "stop! open! z a ");
}

/* Readers on another thread, each on the snapshot it took, while rules come and go. */
struct reading {
	_Atomic(struct hf_policy *) newest;
	atomic_bool stop;
	_Atomic uint64_t decisions, wrong;
};

static void *read_on(void *ctx)
{
	struct reading *r = ctx;
	struct kit_request mine = q;
	mine.rq.values = mine.values;
	while (!atomic_load(&r->stop)) {
		struct hf_policy *p = atomic_load(&r->newest);
		struct hf_policy_decision d;
		hf_policy_decide(p, &mine.rq, &d);
		/* the rule is there in every even version */
		if (d.permit != (d.version % 2 == 0) || d.version != hf_policy_version(p))
			atomic_fetch_add(&r->wrong, 1);
		atomic_fetch_add(&r->decisions, 1);
	}
	return NULL;
}

static void test_readers_while_it_changes(void **state)
{
	(void)state;
	enum { CHANGES = 4000 };
	struct reading r = {.newest = NULL};
	struct hf_policy **line = hf_alloc((CHANGES + 1) * sizeof(struct hf_policy *));
	pthread_t thread;
	kit_load(&k, grant("other"), NULL);
	kit_give(&k, &q, "resource.id", "changing");
	struct kit_rule *rule = kit_rule(&k, "on-and-off", HF_MECHANISM_APPLICATION);
	kit_when(&k, rule, "resource.id", HF_OP_EQUALS, "changing");
	line[0] = hf_policy_ref(k.policy);
	atomic_store(&r.newest, line[0]);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
	for (unsigned i = 0; i < CHANGES; i++) {
		const struct hf_policy_change add = {.add = &rule->rule}, rm = {.remove = "on-and-off"};
		assert_int_equal(hf_policy_apply(line[i], i % 2 ? &rm : &add, 1, &line[i + 1], NULL), HF_OK);
		atomic_store(&r.newest, line[i + 1]);
	}
	while (atomic_load(&r.decisions) < 1000)
		;
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(r.wrong, 0);
	for (unsigned i = 0; i <= CHANGES; i++)
		hf_policy_free(line[i]);
	free(line);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(test_add_and_remove), T(test_all_or_nothing), T(test_only_the_newest_changes),
	        T(test_replace),        T(test_hash),           T(test_hash_without_history),
	        T(test_many_changes),   T(test_each),           T(test_readers_while_it_changes),
	};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
