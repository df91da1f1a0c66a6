/*
 * whatif_test.c - what-if against enumeration: for random changes of random rules over a small world, the regions that
 * are reported hold exactly the requests whose decision changes, or the terms on which they are permitted.
 */
#include "small_world.h"

#include "policy/axes.h"
#include "policy/lint.h"

/* Requests that a region of a change holds, by its kind. */
struct regions {
	uint8_t *held_by[HF_CHANGE_TERMS + 1];
	unsigned count, held; /* changes reported; of those, for a hold that comes or goes */
	const struct hf_policy *before, *after;
};

/* No region is empty, and the rules that a change names are there. */
static void on_change(void *ctx, const struct hf_change *c)
{
	struct regions *r = ctx;
	bool any = false;

	r->count++;
	r->held += c->other != NULL && c->kind != HF_CHANGE_TERMS;
	assert_non_null(c->where);
	assert_true(hf_policy_rule(c->kind == HF_CHANGE_LOST ? r->before : r->after, c->rule, NULL, NULL));
	if (c->other)
		assert_true(hf_policy_rule(c->kind == HF_CHANGE_LOST ? r->after : r->before, c->other, NULL, NULL));
	for (unsigned n = 0; n < WORLD_REQUESTS; n++) {
		struct world_request q;
		struct hf_sample s;
		uint64_t first[512];
		struct hf_arena a;

		world_request(n, &q);
		hf_arena_init(&a, first, sizeof(first));
		hf_axes_sample(c->axes, c->kind == HF_CHANGE_LOST ? 0 : 1, &q.rq, &a, &s);
		if (hf_region_has(c->axes->axis, *c->region, &s)) {
			r->held_by[c->kind][n] = 1;
			any = true;
		}
		hf_arena_done(&a);
	}
	assert_true(any);
}

/* 0: the answers are the same. */
static enum hf_change_kind difference(const struct hf_policy *before, const struct hf_policy *after,
                                      const struct world_request *q)
{
	struct hf_policy_decision was, is;
	bool same;

	hf_policy_decide(before, &q->rq, &was);
	hf_policy_decide(after, &q->rq, &is);
	if (was.permit != is.permit)
		return is.permit ? HF_CHANGE_GAINED : HF_CHANGE_LOST;
	same = !is.permit || (was.mechanism == is.mechanism && was.obligation_count == is.obligation_count &&
	                      (was.obligation_count == 0 || was.obligations[0].number == is.obligations[0].number));
	return same ? HF_CHANGE_INVALID : HF_CHANGE_TERMS;
}

static void compare(const struct hf_policy *before, const struct hf_policy *after, struct regions *r, size_t *totals)
{
	struct hf_whatif_options o = {.limit = 100000};
	bool cut;

	for (int kind = HF_CHANGE_GAINED; kind <= HF_CHANGE_TERMS; kind++)
		memset(r->held_by[kind], 0, WORLD_REQUESTS);
	r->before = before;
	r->after = after;
	assert_int_equal(hf_policy_what_if(before, after, &o, on_change, r, &cut, NULL), HF_OK);
	assert_false(cut);
	for (unsigned n = 0; n < WORLD_REQUESTS; n++) {
		struct world_request q;
		enum hf_change_kind is;

		world_request(n, &q);
		is = difference(before, after, &q);
		totals[is]++;
		for (int kind = HF_CHANGE_GAINED; kind <= HF_CHANGE_TERMS; kind++)
			assert_int_equal(r->held_by[kind][n], (int)is == kind);
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
	struct regions r = {.count = 0};
	size_t totals[HF_CHANGE_TERMS + 1] = {0};

	(void)state;
	seed();
	for (int kind = HF_CHANGE_GAINED; kind <= HF_CHANGE_TERMS; kind++)
		r.held_by[kind] = hf_alloc(WORLD_REQUESTS);
	for (unsigned round = 0; round < rounds; round++) {
		const struct hf_rule *before[WORLD_RULES], *after[WORLD_RULES];
		size_t before_count, after_count;
		struct hf_trees *old = world_trees(schema, rnd(2)), *new = world_trees(schema, rnd(2));
		struct hf_policy *p, *q;

		random_change(rules, before, &before_count, after, &after_count);
		p = world_compile(schema, old, before, before_count);
		q = world_compile(schema, new, after, after_count);
		compare(p, q, &r, totals);
		hf_policy_free(p);
		hf_policy_free(q);
		hf_trees_free(old);
		hf_trees_free(new);
	}
	print_message("%u regions (%u of holds), %zu gained, %zu lost, %zu on other terms\n", r.count, r.held,
	              totals[HF_CHANGE_GAINED], totals[HF_CHANGE_LOST], totals[HF_CHANGE_TERMS]);
	for (int kind = HF_CHANGE_GAINED; kind <= HF_CHANGE_TERMS; kind++) {
		assert_true(totals[kind] > 0);
		free(r.held_by[kind]);
	}
	hf_schema_free(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_if_equals_enumeration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
