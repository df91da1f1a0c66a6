/* emergency_count_test.c - the state table of an emergency request, its kinds, and how votes are counted (AZ-52,
 * AZ-54). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "authz/emergency_states.h"

/* A leading group of nodes "a1", "a2", "b1", ...: the letter is the organization. */
struct group {
	Hufu__Descriptor d;
	Hufu__Member member[16], *members[16];
	char id[16][4], organization[16][2], *names[16];
};

static void group_fill(struct group *g, const char *nodes, unsigned threshold)
{
	memset(g, 0, sizeof(*g));
	hufu__descriptor__init(&g->d);
	size_t n = 0;
	for (const char *at = nodes; *at; at += at[2] ? 3 : 2, n++) {
		snprintf(g->id[n], sizeof(g->id[n]), "%.2s", at);
		snprintf(g->organization[n], sizeof(g->organization[n]), "%.1s", at);
		hufu__member__init(&g->member[n]);
		g->member[n].id = g->id[n];
		g->member[n].organization = g->organization[n];
		g->members[n] = &g->member[n];
		g->names[n] = g->id[n];
	}
	g->d.members = g->members;
	g->d.n_members = n;
	g->d.leading_group = g->names;
	g->d.n_leading_group = n;
	g->d.leading_threshold = threshold;
}

/* Each row: group, threshold, barred organization, votes "a1T b1F", outcome. */
static const struct row {
	const char *nodes;
	unsigned threshold;
	const char *barred, *votes;
	char outcome;
	unsigned t, needed;
} rows[] = {
        {"a1 b1 c1", 1, "", "", 0, 0, 2},
        {"a1 b1 c1", 1, "", "a1T", 0, 1, 2},
        {"a1 b1 c1", 1, "", "a1T b1T", 'T', 2, 2}, /* more than half, although the threshold says 1 */
        {"a1 b1 c1", 3, "", "a1T b1T", 0, 2, 3},   /* and the threshold when it says more */
        {"a1 b1 c1", 3, "", "a1T b1T c1T", 'T', 3, 3},
        {"a1 b1 c1 d1", 1, "", "a1T b1T", 0, 2, 3}, /* exactly half is not more than half */
        {"a1 b1 c1 d1", 1, "", "a1T b1T c1T", 'T', 3, 3},
        {"a1 b1 c1", 1, "", "a1T a1T a1T", 0, 1, 2},       /* one signer three times */
        {"a1 a2 a3 b1 c1", 1, "", "a1T a2T a3T", 0, 1, 2}, /* three nodes of one organization */
        {"a1 a2 a3 b1 c1", 1, "", "a1T b1T", 'T', 2, 2},   /* five nodes are three organizations */
        {"a1 a2 b1 c1", 1, "", "a1T a2F b1T", 0, 1, 2},    /* of one organization the most cautious vote counts */
        {"a1 a2 b1 c1", 1, "", "a1T a2F b1T c1T", 'T', 2, 2},
        {"a1 b1 c1", 1, "c", "a1T c1T", 0, 1, 2}, /* of the provider's or the applicant's organization */
        {"a1 b1 c1", 1, "c", "a1T b1T", 'T', 2, 2},
        {"a1 b1 c1 c2", 1, "c", "a1T c1T c2T", 0, 1, 2},
        {"a1 b1 c1", 1, "", "a1T x9T y9T", 0, 1, 2}, /* of nobody in the group */
        {"a1 b1 c1", 1, "", "a1F b1F", 'F', 0, 2},
        {"a1 b1 c1", 1, "", "a1S b1S", 'S', 0, 2},
        {"a1 b1 c1", 1, "", "a1F b1S", 0, 0, 2}, /* the last one can still make it F */
        {"a1 b1 c1", 1, "", "a1F b1S c1T", 'S', 1, 2},
        {"a1 b1 c1", 1, "", "a1T b1F", 0, 1, 2},
        {"a1 b1 c1", 1, "", "a1W b1W c1W", 'S', 0, 2}, /* a withdrawal approves nothing */
        {"", 0, "", "a1T", 0, 0, 1},                   /* no leading group: nothing is ever decided */
};

static size_t read_votes(const char *text, char nodes[16][4], struct hf_em_ballot votes[16])
{
	size_t n = 0;
	for (const char *at = text; *at; at += at[3] ? 4 : 3, n++) {
		snprintf(nodes[n], 4, "%.2s", at);
		votes[n] = (struct hf_em_ballot){nodes[n], at[2]};
	}
	return n;
}

static void test_the_threshold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct group g;
		char nodes[16][4];
		struct hf_em_ballot votes[16];
		struct hf_em_count c;
		group_fill(&g, r->nodes, r->threshold);
		const struct hf_em_barred barred = {{r->barred[0] ? r->barred : NULL, NULL, NULL, NULL}};
		size_t n = read_votes(r->votes, nodes, votes);
		hf_em_count(&g.d, &barred, votes, n, &c);
		if (c.t != r->t || c.needed != r->needed || hf_em_outcome(&c) != r->outcome)
			fail_msg("row %zu (%s; %s): T %u of %u needed, outcome '%c'", i, r->nodes, r->votes, c.t,
			         c.needed, hf_em_outcome(&c) ? hf_em_outcome(&c) : '-');
	}
}

static void test_who_may_vote(void **state)
{
	struct group g;
	const struct hf_em_barred barred = {{"b", NULL, NULL, NULL}};
	(void)state;
	group_fill(&g, "a1 b1 c1", 2);
	g.d.n_leading_group = 2; /* c1 is a member and not in the group */
	assert_true(hf_em_may_vote(&g.d, &barred, "a1"));
	assert_false(hf_em_may_vote(&g.d, &barred, "b1"));
	assert_false(hf_em_may_vote(&g.d, &barred, "c1"));
	assert_false(hf_em_may_vote(&g.d, &barred, "zz"));
}

/* AZ-52: the five kinds, or those that the descriptor lists for the authority. */
static void test_kinds(void **state)
{
	static const char *const five[] = {"natural-disaster", "fire", "production-accident", "public-health",
	                                   "public-security"};
	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_true(hf_em_kind_ok(five[i], NULL));
	assert_false(hf_em_kind_ok("traffic-jam", NULL));
	assert_false(hf_em_kind_ok("", NULL));
	assert_false(hf_em_kind_ok("natural", NULL));
	assert_false(hf_em_kind_ok("fire, public-health", NULL));
	assert_true(hf_em_kind_ok("chemical-spill", "fire,chemical-spill"));
	assert_true(hf_em_kind_ok("fire", "fire, chemical-spill"));
	assert_false(hf_em_kind_ok("natural-disaster", "fire,chemical-spill"));
}

/* Final states lead nowhere; what is not in the table is forbidden. */
static void test_the_table(void **state)
{
	static const struct {
		enum hf_em_state from;
		enum hf_em_step step;
		enum hf_em_state to; /* NONE: forbidden */
	} steps[] = {
	        {HF_EM_NONE, HF_EM_RAISE, HF_EM_OPEN},           {HF_EM_NONE, HF_EM_EXECUTE, HF_EM_NONE},
	        {HF_EM_OPEN, HF_EM_APPROVE, HF_EM_APPROVED},     {HF_EM_OPEN, HF_EM_FINISH, HF_EM_NONE},
	        {HF_EM_APPROVED, HF_EM_EXECUTE, HF_EM_EXECUTED}, {HF_EM_APPROVED, HF_EM_RESUBMIT, HF_EM_NONE},
	        {HF_EM_RETURNED, HF_EM_RESUBMIT, HF_EM_OPEN},    {HF_EM_RETURNED, HF_EM_EXECUTE, HF_EM_NONE},
	        {HF_EM_RETURNED, HF_EM_APPROVE, HF_EM_NONE},     {HF_EM_REJECTED, HF_EM_RESUBMIT, HF_EM_NONE},
	        {HF_EM_REJECTED, HF_EM_ACTIVATE, HF_EM_NONE},    {HF_EM_EXECUTED, HF_EM_ACTIVATE, HF_EM_ACTIVE},
	        {HF_EM_ACTIVE, HF_EM_EXECUTE, HF_EM_NONE},       {HF_EM_ACTIVE, HF_EM_FINISH, HF_EM_ENDED},
	        {HF_EM_ENDED, HF_EM_ACTIVATE, HF_EM_NONE},       {HF_EM_ENDED, HF_EM_RESUBMIT, HF_EM_NONE},
	        {HF_EM_REFUSED, HF_EM_ACTIVATE, HF_EM_NONE},     {HF_EM_ENDED, HF_EM_FINISH, HF_EM_NONE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum hf_em_state next = HF_EM_NONE;
		bool may = hf_em_next(steps[i].from, steps[i].step, &next);
		if (may != (steps[i].to != HF_EM_NONE) || next != steps[i].to)
			fail_msg("%s, %s", hf_em_state_name(steps[i].from), hf_em_step_name(steps[i].step));
	}
	for (enum hf_em_state s = HF_EM_OPEN; s < HF_EM_STATE_COUNT; s++) {
		assert_int_equal(hf_em_state_from_name(hf_em_state_name(s)), s);
		assert_true(hf_em_way_out(s)[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_threshold),
	        cmocka_unit_test(test_who_may_vote),
	        cmocka_unit_test(test_kinds),
	        cmocka_unit_test(test_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
