/* lattice_test.c - levels of columns, and the search for the best of them against trying every one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/levels.h"

#define COLUMNS 5u /* the last one is sensitive */
#define QUASI 4u

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* People by age, region code, town and day; what they earn depends on some of it. */
static struct hf_effect_table *people(uint32_t rows, uint64_t seed)
{
	static const char *const towns[] = {"Kunming", "Lhasa", "Wuhan", "Xian"};
	struct hf_effect_table *t = hf_effect_table_new(COLUMNS, (const uint8_t *)"sixteen bytes ok");

	for (uint32_t i = 0; i < rows; i++) {
		char text[COLUMNS][32];
		struct hf_bytes cells[COLUMNS];
		unsigned age = 18 + (unsigned)((draw(&seed) % 40 + draw(&seed) % 40) / 2);

		snprintf(text[0], 32, "%u", age);
		snprintf(text[1], 32, "53%02u%02u", (unsigned)(draw(&seed) % 3), (unsigned)(draw(&seed) % 5));
		snprintf(text[2], 32, "%s", draw(&seed) % 50 == 0 ? "" : towns[draw(&seed) % 4]);
		snprintf(text[3], 32, "2026-%02u-%02u", (unsigned)(1 + draw(&seed) % 6),
		         (unsigned)(1 + draw(&seed) % 9));
		snprintf(text[4], 32, "%u", (unsigned)(draw(&seed) % 5 + age / 20));
		for (size_t c = 0; c < COLUMNS; c++)
			cells[c] = (struct hf_bytes){(const uint8_t *)text[c], strlen(text[c])};
		assert_true(hf_effect_add(t, cells));
	}
	return t;
}

struct fixture {
	struct hf_effect_table *t;
	struct hf_levels levels[QUASI];
	struct hf_lattice_column columns[QUASI];
	struct hf_lattice l;
};

static const size_t sensitive[] = {QUASI};

static void fixture_init(struct fixture *x, uint32_t rows, uint64_t seed)
{
	struct hf_fault f = {.code = HF_OK};

	x->t = people(rows, seed);
	for (size_t i = 0; i < QUASI; i++) {
		if (hf_levels_make(x->t, i, NULL, &x->levels[i], &f) != HF_OK)
			fail_msg("%s", f.text);
		x->columns[i] = x->levels[i].lattice;
	}
	x->l = (struct hf_lattice){.rows = x->t, .columns = x->columns, .column_count = QUASI};
}

static void fixture_done(struct fixture *x)
{
	for (size_t i = 0; i < QUASI; i++)
		hf_levels_done(&x->levels[i]);
	hf_effect_table_free(x->t);
}

static void expect_levels(const struct hf_levels *l, const char *const *techniques)
{
	size_t n = 1;

	assert_null(l->technique[0].technique);
	for (; techniques[n - 1]; n++) {
		assert_true(n < l->lattice.level_count);
		assert_string_equal(l->technique[n].technique->id, techniques[n - 1]);
	}
	assert_int_equal(l->lattice.level_count, n);
}

static void test_columns_become_coarser_each_in_its_way(void **state)
{
	static const char *const ages[] = {"bucket", "bucket", "bucket", "bucket", "bucket", "const", NULL};
	static const char *const codes[] = {"trunc", "trunc", NULL};
	static const char *const towns[] = {"null", NULL};
	static const char *const days[] = {"daterd", "daterd", "daterd", NULL};
	struct fixture x;

	(void)state;
	fixture_init(&x, 500, 1);
	expect_levels(&x.levels[0], ages);
	assert_string_equal(x.levels[0].technique[2].args[0].value, "20\n24\n28\n32\n36\n40\n44\n48\n52\n56");
	expect_levels(&x.levels[1],
	              codes); /* 5 characters, as 4 say; 2, of which all are one: a constant says the same */
	expect_levels(&x.levels[2], towns); /* some are null: what tells nothing is null too */
	expect_levels(&x.levels[3], days);  /* month, quarter, and the year, which is one */
	fixture_done(&x);
}

static void test_ids_are_cut_where_they_mean_less(void **state)
{
	static const char *const first[] = {"14", "10", "8", "6", "4", "2"};
	struct hf_effect_table *t = hf_effect_table_new(1, (const uint8_t *)"sixteen bytes ok");
	struct hf_fault f = {.code = HF_OK};
	struct hf_levels l;

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		unsigned day = i / 2, k = i / 4; /* two of each day, two days of each year and county */
		char id[20];

		snprintf(id, sizeof(id), "%02u%02u%02u%04u%02u%02u%04u", 11 + k % 5, 1 + k % 3, 1 + k % 7,
		         1950 + k % 60, 1 + day % 12, 1 + day % 28, i);
		assert_true(hf_effect_add(t, &(struct hf_bytes){(const uint8_t *)id, strlen(id)}));
	}
	assert_int_equal(hf_levels_make(t, 0, NULL, &l, &f), HF_OK);
	assert_int_equal(l.lattice.level_count, 8);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(l.technique[i + 1].technique->id, "trunc");
		assert_string_equal(l.technique[i + 1].args[0].value, first[i]);
	}
	assert_string_equal(l.technique[7].technique->id, "const");
	hf_levels_done(&l);
	/* as resident IDs, to the day: three digits would be hidden, and the check that follows from the others */
	assert_int_equal(
	        hf_levels_make(t, 0, &(struct hf_levels_tree){.kind = hf_detector_named("cn.resident-id")}, &l, &f),
	        HF_OK);
	assert_int_equal(l.lattice.level_count, 7);
	assert_string_equal(l.technique[1].args[0].value, "10");
	hf_levels_done(&l);
	hf_effect_table_free(t);
}

static void test_levels_are_nested(void **state)
{
	struct fixture x;

	(void)state;
	fixture_init(&x, 500, 2);
	for (size_t i = 0; i < QUASI; i++) {
		const struct hf_lattice_column *c = &x.columns[i];

		for (size_t level = 1; level < c->level_count; level++) {
			uint32_t n = hf_effect_distinct(x.t, i);

			assert_true(c->level[level].count <= c->level[level - 1].count + 1);
			for (uint32_t a = 1; a < n; a++)
				for (uint32_t b = 1; b < a; b++)
					if (c->level[level - 1].to[a] == c->level[level - 1].to[b])
						assert_int_equal(c->level[level].to[a], c->level[level].to[b]);
		}
	}
	fixture_done(&x);
}

/* Every node. False: none meets the need. */
static bool exhaustive(const struct hf_lattice *l, struct hf_lattice_node *ret_best)
{
	struct hf_lattice_work *w = hf_lattice_work_new(l);
	struct hf_lattice_node node = {.loss = 0};
	bool any = false;
	size_t i = 0;

	while (i < QUASI) {
		if (hf_lattice_try(w, &node) && (!any || node.loss < ret_best->loss)) {
			*ret_best = node;
			any = true;
		}
		for (i = 0; i < QUASI && ++node.level[i] == l->columns[i].level_count; i++)
			node.level[i] = 0;
	}
	hf_lattice_work_free(w);
	return any;
}

static void test_the_search_finds_what_trying_every_choice_finds(void **state)
{
	static const struct hf_effect_need needs[] = {{2, 0, -1, NULL, 0},        {7, 0, -1, NULL, 0},
	                                              {30, 0, -1, NULL, 0},       {5, 3, -1, sensitive, 1},
	                                              {5, 0, 0.35, sensitive, 1}, {3, 2, 0.2, sensitive, 1},
	                                              {5000, 0, -1, NULL, 0},     {0, 0, 0.05, sensitive, 1}};
	static const double shares[] = {0, 0.02, 0.3};
	double looked = 0, nodes = 0;
	unsigned met = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fixture x;

		fixture_init(&x, 400, seed);
		for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]) * 3; i++) {
			struct hf_lattice_node best = {.loss = 0};
			struct hf_lattice_found found;
			bool any;

			x.l.need = needs[i / 3];
			x.l.suppress = shares[i % 3];
			any = exhaustive(&x.l, &best);
			hf_lattice_search(&x.l, NULL, NULL, &found);
			assert_true(found.exact);
			assert_int_equal(found.any, any);
			if (any && (found.best.loss - best.loss > 1e-9 || best.loss - found.best.loss > 1e-9))
				fail_msg("seed %d, need %zu: %.12f instead of %.12f", (int)seed, i, found.best.loss,
				         best.loss);
			met += any;
			looked += found.looked;
			nodes += found.nodes;
		}
		fixture_done(&x);
	}
	assert_true(met > 40 && met < 72);
	assert_true(looked < nodes * 2 / 3);
}

static bool until_one_is_found(void *ctx, const struct hf_lattice_found *so_far)
{
	(void)ctx;
	return !so_far->any;
}

static void test_a_search_that_is_ended_gives_the_best_so_far(void **state)
{
	struct hf_lattice_found found;
	struct hf_lattice_work *w;
	struct fixture x;
	bool *gone;
	uint32_t suppressed = 0;

	(void)state;
	fixture_init(&x, 400, 1);
	x.l.need = (struct hf_effect_need){10, 0, -1, NULL, 0};
	x.l.suppress = 0.1;
	hf_lattice_search(&x.l, until_one_is_found, NULL, &found);
	assert_false(found.exact);
	assert_true(found.any && found.looked < found.nodes);
	w = hf_lattice_work_new(&x.l);
	assert_true(hf_lattice_try(w, &found.best));
	gone = hf_lattice_suppressed(w, &found.best);
	for (uint32_t i = 0; i < 400; i++)
		suppressed += gone[i];
	assert_int_equal(suppressed, found.best.suppressed);
	free(gone);
	hf_lattice_work_free(w);
	fixture_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_columns_become_coarser_each_in_its_way),
	        cmocka_unit_test(test_ids_are_cut_where_they_mean_less),
	        cmocka_unit_test(test_levels_are_nested),
	        cmocka_unit_test(test_the_search_finds_what_trying_every_choice_finds),
	        cmocka_unit_test(test_a_search_that_is_ended_gives_the_best_so_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
