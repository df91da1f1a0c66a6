/* disclosure_classes_test.c - classes of rows that releases of other columns leave together (MK-4). */
#include "unit/masking/disclosure_world.h"

#define ROWS 4000u

struct people {
	char text[ROWS][3][8];
	struct hf_bytes cells[3 * ROWS];
};

static void make_people(struct people *p)
{
	srand(11);
	for (size_t r = 0; r < ROWS; r++) {
		snprintf(p->text[r][0], 8, "%d", 20 + rand() % 40);
		snprintf(p->text[r][1], 8, "%d", rand() % 10);
		snprintf(p->text[r][2], 8, "%c", rand() % 2 ? 'f' : 'm');
		for (size_t c = 0; c < 3; c++)
			p->cells[c * ROWS + r] = (struct hf_bytes){(uint8_t *)p->text[r][c], strlen(p->text[r][c])};
	}
}

/* k of rows that are equal in the age by so many years, in the region, and in the sex. */
static unsigned count_k(const struct people *p, int years, bool region, bool sex)
{
	unsigned sizes[64 * 10 * 2] = {0}, k = ROWS;

	for (size_t r = 0; r < ROWS; r++) {
		int age = years ? (int)strtol(p->text[r][0], NULL, 10) / years : 0;

		sizes[(age * 10 + (region ? (int)strtol(p->text[r][1], NULL, 10) : 0)) * 2 +
		      (sex && p->text[r][2][0] == 'f')]++;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		k = sizes[i] && sizes[i] < k ? sizes[i] : k;
	return k;
}

/* MK-4: a second release with other columns is checked together with the first. */
static void test_k_of_all_releases(void **state)
{
	static const char *const header[] = {"age", "region", "sex"};
	struct people *p = malloc(sizeof(*p));
	const struct hf_disclosure_table t = {
	        .header = header, .width = 3, .cells = p->cells, .count = ROWS, .quasi = header, .quasi_count = 3};
	struct world w = {.count = 0};
	struct hf_fault f = {0};
	uint32_t alone, k;

	(void)state;
	make_people(p);
	assert_int_equal(hf_disclosure_k(w.all, 0, &t, &f, &k), HF_OK);
	assert_int_equal(k, 0);
	add(&w, "university", "consumer: u",
	    "age: {technique: round, step: 5, mode: floor};region: {technique: limc};sex: keep");
	assert_int_equal(hf_disclosure_k(w.all, 1, &t, &f, &alone), HF_OK);
	assert_int_equal(alone, count_k(p, 5, false, true));
	add(&w, "insurer", "consumer: i",
	    "age: {technique: round, step: 10, mode: floor};region: keep;sex: {technique: limc}");
	assert_int_equal(hf_disclosure_k(w.all + 1, 1, &t, &f, &k), HF_OK);
	assert_int_equal(k, count_k(p, 10, true, false));
	assert_int_equal(hf_disclosure_k(w.all, 2, &t, &f, &k), HF_OK);
	assert_int_equal(k, count_k(p, 5, true, true));
	assert_true(k < alone);
	allowed(&w); /* nothing is wrong with any field: only the classes tell */
	done(&w);
	free(p);
}

/* All rows, some at a time. */
static struct hf_joint_classes in_pieces(const struct people *p, const struct hf_disclosure *all, size_t count,
                                         const struct hf_disclosure_table *t)
{
	static struct hf_bytes piece[3 * 37];
	struct hf_joint *j = hf_joint_new(all, count, t);
	struct hf_joint_classes c;
	struct hf_fault f = {0};

	assert_false(hf_joint_whole(j));
	assert_true(hf_joint_new_parts(j));
	assert_true(hf_joint_old_parts(j));
	for (size_t from = 0, n; from < ROWS; from += n) {
		n = ROWS - from < 37 ? ROWS - from : 37;
		for (size_t i = 0; i < 3; i++)
			memcpy(&piece[i * n], &p->cells[i * ROWS + from], n * sizeof(*piece));
		assert_int_equal(hf_joint_rows(j, piece, n, &f), HF_OK);
	}
	hf_joint_end(j, &c);
	hf_joint_free(j);
	return c;
}

/* As count_k(5, true, true), but rows of which fewer than that are of one age by 5 and sex are in the second release's
 * classes only. */
static unsigned count_suppressed(const struct people *p, unsigned least)
{
	unsigned small[64] = {0}, sizes[64 * 10 * 2 + 64 * 10] = {0}, k = ROWS;

	for (size_t r = 0; r < ROWS; r++)
		small[strtol(p->text[r][0], NULL, 10) / 5 * 2 + (p->text[r][2][0] == 'f')]++;
	for (size_t r = 0; r < ROWS; r++) {
		const long age = strtol(p->text[r][0], NULL, 10), region = strtol(p->text[r][1], NULL, 10);
		const bool f = p->text[r][2][0] == 'f';

		sizes[small[age / 5 * 2 + f] < least ? 64 * 10 * 2 + age / 10 * 10 + region
		                                     : (age / 5 * 10 + region) * 2 + f]++;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		k = sizes[i] && sizes[i] < k ? sizes[i] : k;
	return k;
}

/* MK-4: a table of any size is counted in pieces; rows that a plan suppressed are in none of its classes. */
static void test_k_in_pieces(void **state)
{
	static const char *const header[] = {"age", "region", "sex"};
	struct people *p = malloc(sizeof(*p));
	const struct hf_disclosure_table t = {.header = header, .width = 3};
	struct world w = {.count = 0};
	struct hf_joint_classes c;
	struct hf_joint *j;

	(void)state;
	make_people(p);
	add(&w, "university", "consumer: u",
	    "age: {technique: round, step: 5, mode: floor};region: {technique: limc};sex: keep");
	add(&w, "insurer", "consumer: i, contract: of the delivery",
	    "age: {technique: round, step: 10, mode: floor};region: keep;sex: {technique: limc}");
	w.all[0].quasi = header;
	w.all[0].quasi_count = 3;
	c = in_pieces(p, w.all, 2, &t);
	assert_int_equal(c.before, count_k(p, 5, false, true));
	assert_int_equal(c.k, count_k(p, 5, true, true));
	w.all[0].suppresses = true;
	w.all[0].k = c.before + 10;
	c = in_pieces(p, w.all, 2, &t);
	assert_true(c.before >= w.all[0].k);
	assert_int_equal(c.k, count_suppressed(p, w.all[0].k));
	add(&w, "insurer", "consumer: i",
	    "age: {technique: lsup, k: 3};region: {technique: limc};sex: {technique: limc}");
	j = hf_joint_new(w.all, 3, &t);
	assert_true(hf_joint_whole(j));
	hf_joint_free(j);
	done(&w);
	free(p);
}

/* Least different values of the sex in rows of one age by so many years and one region, and how far the rows of one
 * are from the whole. */
static unsigned count_l(const struct people *p, int years, bool region, double *ret_far)
{
	unsigned sizes[64 * 10][2] = {{0}}, whole = 0, l = 2;

	*ret_far = 0;
	for (size_t r = 0; r < ROWS; r++) {
		size_t at = (size_t)strtol(p->text[r][0], NULL, 10) / (size_t)years * 10 +
		            (region ? (size_t)strtol(p->text[r][1], NULL, 10) : 0);

		sizes[at][p->text[r][2][0] == 'f']++;
		whole += p->text[r][2][0] == 'f';
	}
	for (size_t i = 0; i < 64 * 10; i++) {
		double all = sizes[i][0] + sizes[i][1], far = sizes[i][1] / all - whole / (double)ROWS;

		if (all == 0)
			continue;
		l = !sizes[i][0] || !sizes[i][1] ? 1 : l;
		far = far < 0 ? -far : far;
		*ret_far = far > *ret_far ? far : *ret_far;
	}
	return l;
}

static void assert_missed(const struct hf_joint_classes *c, const char *says)
{
	if (says ? !strstr(c->missed, says) : c->missed[0] != '\0')
		fail_msg("\"%s\" does not say \"%s\"", c->missed, says ? says : "");
}

/* MK-4: what a plan demands of a sensitive field in each class (l, t) holds for what all releases show together. */
static void test_l_and_t_of_all_releases(void **state)
{
	static const char *const header[] = {"age", "region", "sex"}, *const sex[] = {"sex"};
	struct people *p = malloc(sizeof(*p));
	const struct hf_disclosure_table t = {.header = header, .width = 3};
	struct world w = {.count = 0};
	struct hf_joint_classes c;
	double alone, joint;
	char says[100];

	(void)state;
	make_people(p);
	for (size_t r = 0; r < ROWS; r++) /* 37 year old people of one region are of one sex */
		if (strcmp(p->text[r][0], "37") == 0 && strcmp(p->text[r][1], "4") == 0)
			p->text[r][2][0] = 'f';
	assert_int_equal(count_l(p, 5, false, &alone), 2);
	assert_int_equal(count_l(p, 1, true, &joint), 1);
	assert_true(alone < 0.2 && joint > 0.4);
	add(&w, "university", "consumer: u",
	    "age: {technique: round, step: 5, mode: floor};region: {technique: limc};sex: keep");
	add(&w, "insurer", "consumer: i", "age: keep;region: keep;sex: {technique: limc}");
	w.all[0].quasi = header; /* age and region */
	w.all[0].quasi_count = 2;
	w.all[0].sensitive = sex;
	w.all[0].sensitive_count = 1;
	c = in_pieces(p, w.all, 2, &t);
	assert_missed(&c, NULL); /* nobody demands anything */
	w.all[0].l = 2;
	c = in_pieces(p, w.all, 2, &t);
	assert_missed(&c, "field sex has 1 different values in a class of rows, and a plan of these demands 2");
	w.all[0].l = 0;
	w.all[0].closes = true;
	w.all[0].t = alone + 0.001;
	c = in_pieces(p, w.all, 2, &t);
	snprintf(says, sizeof(says), "field sex in a class of rows are %.3f from those of all, and a plan of these",
	         joint);
	assert_missed(&c, says);
	w.all[0].t = joint;
	c = in_pieces(p, w.all, 2, &t);
	assert_missed(&c, NULL);
	w.all[0].closes = false;

	/* Who has demanded nothing is not told less than is known already; and who demands is not given what is. */
	w.all[0].l = 2;
	add(&w, "broker", "consumer: b",
	    "age: {technique: round, step: 2, mode: floor};region: {technique: limc};sex: keep");
	c = in_pieces(p, w.all, 3, &t);
	assert_missed(&c, NULL); /* no worse than before, by the second one */
	w.all[2].sensitive = sex;
	w.all[2].sensitive_count = 1;
	w.all[2].l = 2;
	c = in_pieces(p, w.all, 3, &t);
	assert_missed(&c, "and the plan demands 2");

	/* One that cannot be masked again shows nobody knows how many values. */
	w.all[2] = *add(&w, "police", "consumer: p",
	                "age: keep;region: keep;sex: {technique: hier, tree: sexes.csv, level: 1}");
	w.all[2].sensitive = sex;
	w.all[2].sensitive_count = 1;
	w.all[2].quasi = header;
	w.all[2].quasi_count = 2;
	w.all[2].l = 1;
	c = in_pieces(p, w.all + 1, 2, &t);
	assert_missed(&c, "nobody can say how many values of field sex");
	done(&w);
	free(p);
}

/* Two maskings of a sensitive field tell together more of it than each: (0, 0), (2, 0), (4, 0), (4, 5), (6, 5), (8, 5).
 */
static void test_l_by_two_maskings(void **state)
{
	static const char *const header[] = {"age", "region", "sex"}, *const region[] = {"region"};
	struct people *p = malloc(sizeof(*p));
	const struct hf_disclosure_table t = {.header = header, .width = 3};
	struct world w = {.count = 0};
	struct hf_joint_classes c;

	(void)state;
	make_people(p);
	add(&w, "university", "consumer: u",
	    "age: {technique: round, step: 20, mode: floor};region: {technique: round, step: 2, mode: floor};sex: "
	    "{technique: limc}");
	add(&w, "insurer", "consumer: i",
	    "age: {technique: round, step: 40, mode: floor};region: {technique: round, step: 5, mode: floor};sex: "
	    "{technique: limc}");
	w.all[1].quasi = header;
	w.all[1].quasi_count = 1;
	w.all[1].sensitive = region;
	w.all[1].sensitive_count = 1;
	w.all[1].l = 6;
	c = in_pieces(p, w.all, 2, &t);
	assert_missed(&c, NULL);
	w.all[1].l = 7;
	c = in_pieces(p, w.all, 2, &t);
	assert_missed(&c, "field region has 6 different values in a class of rows, and the plan demands 7");
	done(&w);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_k_of_all_releases),
	        cmocka_unit_test(test_k_in_pieces),
	        cmocka_unit_test(test_l_and_t_of_all_releases),
	        cmocka_unit_test(test_l_by_two_maskings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
