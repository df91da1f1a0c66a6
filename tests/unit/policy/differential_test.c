/*
 * differential_test.c - the index against the reference evaluator over random schemas, rules, changes and requests.
 * HUFU_POLICY_CASES sets how many decisions are compared (default: one million), HUFU_SEED where the numbers begin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/policy/world.h"

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void ask(struct world *w, uint64_t count, uint64_t *cases)
{
	struct hf_attr_value values[WORLD_VALUES_MAX];
	struct hf_policy_request rq;
	for (uint64_t i = 0; i < count; i++, ++*cases) {
		world_request(w, values, &rq);
		world_compare(w, w->policy, &w->rules, &rq);
		if (i % 64 == 0)
			world_compare_misses(w, &w->rules, &rq);
	}
}

/* A snapshot of before the changes still says what it said. */
static void ask_old(struct world *w, const struct hf_policy *old, const struct ref_rules *rules, uint64_t *cases)
{
	struct hf_attr_value values[WORLD_VALUES_MAX];
	struct hf_policy_request rq;
	for (unsigned i = 0; i < 20; i++, ++*cases) {
		world_request(w, values, &rq);
		world_compare(w, old, rules, &rq);
	}
}

static void change_and_ask(struct world *w, uint64_t *cases)
{
	struct ref_rules before = {hf_alloc(WORLD_RULES_MAX * sizeof(*before.list)), w->rules.count};
	struct hf_policy *old = hf_policy_ref(w->policy);
	memcpy(before.list, w->rules.list, before.count * sizeof(*before.list));
	for (unsigned i = 0, n = draw(w->d, 30); i < n; i++)
		world_change(w);
	ask(w, 40, cases);
	ask_old(w, old, &before, cases);
	hf_policy_free(old);
	free(before.list);
}

static void merge_and_ask(struct world *w, uint64_t *cases)
{
	struct hf_policy *fresh = hf_policy_merge(w->policy);
	assert_memory_equal(hf_policy_hash(fresh), hf_policy_hash(w->policy), sizeof(struct hf_hash));
	hf_policy_free(w->policy);
	w->policy = fresh;
	ask(w, 20, cases);
}

static void move_trees_and_ask(struct world *w, uint64_t *cases)
{
	struct hf_trees *trees;
	struct hf_policy *next;
	struct hf_fault f;
	world_trees(w, &trees);
	assert_int_equal(hf_policy_apply_trees(w->policy, trees, &next, &f), HF_OK);
	hf_policy_free(w->policy);
	hf_trees_free(w->trees);
	w->policy = next;
	w->trees = trees;
	ask(w, 20, cases);
}

/* AZ-49, AZ-50, AZ-70, AZ-71: whatever rules there are, the answer is that of the plain reading. */
static void test_index_and_reference_agree(void **state)
{
	uint64_t cases = 0, want = number("HUFU_POLICY_CASES", 1000000), seed = number("HUFU_SEED", 1);
	struct draw d = {.state = seed};
	(void)state;
	while (cases < want) {
		struct world w;
		unsigned size = draw(&d, 100);
		world_init(&w, &d, size < 98 ? draw(&d, 80) : draw(&d, 2000));
		ask(&w, 150, &cases);
		change_and_ask(&w, &cases);
		if (draw(&d, 4) == 0)
			merge_and_ask(&w, &cases);
		if (draw(&d, 4) == 0)
			move_trees_and_ask(&w, &cases);
		change_and_ask(&w, &cases);
		world_done(&w);
	}
	print_message("%llu cases from seed %llu, no difference\n", (unsigned long long)cases,
	              (unsigned long long)seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_index_and_reference_agree)};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
