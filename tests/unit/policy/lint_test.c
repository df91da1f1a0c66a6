/*
 * lint_test.c - lint against enumeration: for random rules over a small world, every finding that counting requests
 * gives is reported, and no other.
 */
#include "small_world.h"

#include "policy/lint.h"

struct expected {
	bool never, duplicate, shadowed;
	bool meets[WORLD_RULES]; /* of a hold: permitting rules that share a request */
};

struct world {
	struct hf_schema *schema;
	struct hf_trees *trees;
	struct world_rule rules[WORLD_RULES];
	const struct hf_rule *list[WORLD_RULES]; /* in the order in which rules are asked */
	size_t count;
	uint8_t *matches[WORLD_RULES]; /* by request */
	size_t others_seen;
};

static int by_order(const void *x, const void *y)
{
	const struct hf_rule *a = *(const struct hf_rule *const *)x, *b = *(const struct hf_rule *const *)y;

	if (a->mechanism != b->mechanism)
		return (int)a->mechanism - (int)b->mechanism;
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* A snapshot of one rule answers which requests it matches. */
static void count_matches(struct world *w, size_t r)
{
	struct hf_policy *one = world_compile(w->schema, w->trees, w->list + r, 1);

	for (unsigned n = 0; n < WORLD_REQUESTS; n++) {
		struct world_request q;
		struct hf_policy_decision d;

		world_request(n, &q);
		hf_policy_decide(one, &q.rq, &d);
		w->matches[r][n] = d.permit || d.reason == HF_WHY_HELD;
	}
	hf_policy_free(one);
}

static bool covers(const struct world *w, size_t other, size_t rule)
{
	return w->list[other]->state == HF_RULE_ACTIVE && (w->list[other]->mechanism == w->list[rule]->mechanism ||
	                                                   w->list[other]->mechanism == HF_MECHANISM_HOLD);
}

static void expect_of(const struct world *w, size_t r, struct expected *e)
{
	bool any = false, all_before = true;

	*e = (struct expected){.never = false};
	for (unsigned n = 0; n < WORLD_REQUESTS; n++) {
		bool before = false;

		any = any || w->matches[r][n];
		for (size_t o = 0; o < w->count && w->matches[r][n]; o++) {
			before = before || (o < r && covers(w, o, r) && w->matches[o][n]);
			e->meets[o] = e->meets[o] || (w->matches[o][n] && w->list[o]->state == HF_RULE_ACTIVE &&
			                              w->list[o]->mechanism != HF_MECHANISM_HOLD);
		}
		all_before = all_before && (before || !w->matches[r][n]);
	}
	for (size_t o = 0; o < r && any; o++)
		e->duplicate = e->duplicate || (covers(w, o, r) && w->list[o]->mechanism == w->list[r]->mechanism &&
		                                memcmp(w->matches[o], w->matches[r], WORLD_REQUESTS) == 0);
	e->never = !any;
	e->shadowed = any && all_before && !e->duplicate;
}

/* What lint said, by rule. */
struct said {
	const struct world *w;
	struct expected of[WORLD_RULES];
	bool undecided;
};

static size_t number_of(const struct world *w, const char *id)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->list[i]->id, id) == 0)
			return i;
	fail_msg("lint names a rule %s that is not there", id);
	return 0;
}

/* The rules that a finding names do cover the rule, and each is needed to be one that counts. */
static void check_others(const struct world *w, size_t rule, const struct hf_lint_finding *f)
{
	assert_true(f->other_count > 0);
	for (unsigned n = 0; n < WORLD_REQUESTS; n++) {
		bool covered = false;

		for (size_t i = 0; i < f->other_count && w->matches[rule][n]; i++)
			covered = covered || w->matches[number_of(w, f->others[i])][n];
		assert_true(covered || !w->matches[rule][n]);
	}
}

static void on_finding(void *ctx, const struct hf_lint_finding *f)
{
	struct said *s = ctx;
	size_t rule = number_of(s->w, f->rule);
	struct expected *e = s->of + rule;

	assert_true(f->reason && *f->reason);
	switch (f->kind) {
	case HF_LINT_NEVER:
		e->never = true;
		break;
	case HF_LINT_DUPLICATE:
		e->duplicate = true;
		assert_int_equal(f->other_count, 1);
		check_others(s->w, rule, f);
		break;
	case HF_LINT_SHADOWED:
		e->shadowed = true;
		check_others(s->w, rule, f);
		break;
	case HF_LINT_CONTRADICTORY:
		for (size_t i = 0; i < f->other_count; i++)
			e->meets[number_of(s->w, f->others[i])] = true;
		break;
	case HF_LINT_UNDECIDED:
		s->undecided = true;
		break;
	case HF_LINT_BROAD:
	case HF_LINT_UNINDEXED:
	case HF_LINT_EXPIRED:
	case HF_LINT_INVALID:
		break;
	}
}

static void compare(struct world *w, const struct said *s, size_t totals[4])
{
	for (size_t r = 0; r < w->count; r++) {
		struct expected e;

		if (w->list[r]->state != HF_RULE_ACTIVE)
			continue;
		expect_of(w, r, &e);
		assert_int_equal(s->of[r].never, e.never);
		assert_int_equal(s->of[r].duplicate, e.duplicate);
		assert_int_equal(s->of[r].shadowed, e.shadowed);
		totals[0] += e.never;
		totals[1] += e.duplicate;
		totals[2] += e.shadowed;
		for (size_t o = 0; o < w->count && w->list[r]->mechanism == HF_MECHANISM_HOLD; o++) {
			assert_int_equal(s->of[r].meets[o], e.meets[o]);
			totals[3] += e.meets[o];
		}
	}
}

static void random_world(struct world *w)
{
	uint64_t before = 0;

	w->count = 2 + rnd(WORLD_RULES - 1);
	for (unsigned i = 0; i < w->count; i++) {
		uint64_t after = 0;
		bool twin = i > 0 && rnd(4) == 0; /* of the rule before: by chance alone there is hardly one */
		if (twin) {
			after = random_state;
			random_state = before;
		} else {
			before = random_state;
		}
		random_rule(w->rules + i, i);
		if (twin)
			random_state = after;
		w->list[i] = &w->rules[i].rule;
	}
	qsort(w->list, w->count, sizeof(struct hf_rule *), by_order);
	for (size_t i = 0; i < w->count; i++)
		count_matches(w, i);
}

static void lint_equals_enumeration(void **state)
{
	struct world w = {.schema = world_schema()};
	unsigned rounds = getenv("HUFU_LONG") ? 2000 : 25;
	size_t totals[4] = {0};

	(void)state;
	seed();
	for (size_t i = 0; i < WORLD_RULES; i++)
		w.matches[i] = hf_alloc(WORLD_REQUESTS);
	for (unsigned round = 0; round < rounds; round++) {
		struct hf_lint_options o = {.timed = false};
		struct said s = {.w = &w};
		struct hf_policy *p;

		w.trees = world_trees(w.schema, round % 2);
		random_world(&w);
		p = world_compile(w.schema, w.trees, w.list, w.count);
		assert_int_equal(hf_policy_lint(p, &o, on_finding, &s, NULL, NULL), HF_OK);
		assert_false(s.undecided);
		compare(&w, &s, totals);
		hf_policy_free(p);
		hf_trees_free(w.trees);
	}
	print_message("never %zu, duplicate %zu, shadowed %zu, contradictions %zu\n", totals[0], totals[1], totals[2],
	              totals[3]);
	for (size_t i = 0; i < 4; i++)
		assert_true(totals[i] > 0);
	for (size_t i = 0; i < WORLD_RULES; i++)
		free(w.matches[i]);
	hf_schema_free(w.schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lint_equals_enumeration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
