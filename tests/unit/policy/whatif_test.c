/*
 * whatif_test.c - what-if against enumeration: for random changes of random rules over a small world, the regions that
 * are reported hold exactly the requests whose decision changes.
 */
#include "small_world.h"

#include "policy/axes.h"
#include "policy/lint.h"

/* Requests that a region of a change holds, gains and losses apart. */
struct regions {
	uint8_t *gained, *lost;
	unsigned count, held; /* changes reported; of those, for a hold that comes or goes */
	const struct hf_policy *before, *after;
};

/* The rule that a change names permits every request of its region, and the other side denies it. */
static void on_change(void *ctx, const struct hf_change *c)
{
	struct regions *r = ctx;
	bool any = false;

	r->count++;
	r->held += c->cause != NULL;
	assert_non_null(c->where);
	assert_true(hf_policy_rule(c->gains ? r->after : r->before, c->rule, NULL, NULL));
	if (c->cause)
		assert_true(hf_policy_rule(c->gains ? r->before : r->after, c->cause, NULL, NULL));
	for (unsigned n = 0; n < WORLD_REQUESTS; n++) {
		struct world_request q;
		struct hf_sample s;
		uint64_t first[512];
		struct hf_arena a;

		world_request(n, &q);
		hf_arena_init(&a, first, sizeof(first));
		hf_axes_sample(c->axes, c->gains ? 1 : 0, &q.rq, &a, &s);
		if (hf_region_has(c->axes->axis, *c->region, &s)) {
			(c->gains ? r->gained : r->lost)[n] = 1;
			any = true;
		}
		hf_arena_done(&a);
	}
	assert_true(any);
}

static bool permits(const struct hf_policy *p, const struct world_request *q)
{
	struct hf_policy_decision d;

	hf_policy_decide(p, &q->rq, &d);
	return d.permit;
}

static void compare(const struct hf_policy *before, const struct hf_policy *after, struct regions *r, size_t totals[2])
{
	struct hf_whatif_options o = {.limit = 100000};
	bool cut;

	memset(r->gained, 0, WORLD_REQUESTS);
	memset(r->lost, 0, WORLD_REQUESTS);
	r->before = before;
	r->after = after;
	assert_int_equal(hf_policy_what_if(before, after, &o, on_change, r, &cut, NULL), HF_OK);
	assert_false(cut);
	for (unsigned n = 0; n < WORLD_REQUESTS; n++) {
		struct world_request q;
		bool was, is;

		world_request(n, &q);
		was = permits(before, &q);
		is = permits(after, &q);
		assert_int_equal(r->gained[n], is && !was);
		assert_int_equal(r->lost[n], was && !is);
		totals[0] += is && !was;
		totals[1] += was && !is;
	}
}

/* Some rules of both, some of one alone, some changed under the same id. */
static void random_change(struct world_rule *rules, const struct hf_rule **before, size_t *before_count,
                          const struct hf_rule **after, size_t *after_count)
{
	*before_count = *after_count = 0;
	for (unsigned i = 0; i < WORLD_RULES; i++) {
		unsigned fate = rnd(6);

		random_rule(rules + i, i);
		random_rule(rules + WORLD_RULES + i, i);
		if (fate != 0 && fate != 5)
			before[(*before_count)++] = &rules[i].rule;
		if (fate == 1)
			after[(*after_count)++] = &rules[WORLD_RULES + i].rule;
		else if (fate != 2 && fate != 5)
			after[(*after_count)++] = &rules[i].rule;
	}
}

static void what_if_equals_enumeration(void **state)
{
	static struct world_rule rules[2 * WORLD_RULES];
	unsigned rounds = getenv("HUFU_LONG") ? 1000 : 10;
	struct hf_schema *schema = world_schema();
	struct regions r = {.gained = hf_alloc(WORLD_REQUESTS), .lost = hf_alloc(WORLD_REQUESTS)};
	size_t totals[2] = {0};

	(void)state;
	seed();
	for (unsigned round = 0; round < rounds; round++) {
		const struct hf_rule *before[WORLD_RULES], *after[WORLD_RULES];
		size_t before_count, after_count;
		struct hf_trees *old = world_trees(schema, rnd(2)), *new = world_trees(schema, rnd(2));
		struct hf_policy *p, *q;

		random_change(rules, before, &before_count, after, &after_count);
		p = compile(schema, old, before, before_count);
		q = compile(schema, new, after, after_count);
		compare(p, q, &r, totals);
		hf_policy_free(p);
		hf_policy_free(q);
		hf_trees_free(old);
		hf_trees_free(new);
	}
	print_message("%u regions (%u of holds), %zu gained, %zu lost\n", r.count, r.held, totals[0], totals[1]);
	assert_true(totals[0] > 0 && totals[1] > 0);
	free(r.gained);
	free(r.lost);
	hf_schema_free(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_if_equals_enumeration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
