/* disclosure_test.c - what releases show together, and which of them are refused (MK-4, MK-8). */
#include "unit/masking/disclosure_world.h"

#include "masking/disclosure_shown.h"
#include "masking/effect.h"

/* Two releases of one field to two recipients. */
static void pair(const char *first, const char *second, const char *says)
{
	struct world w = {.count = 0};
	char field[256];

	snprintf(field, sizeof(field), "v: {%s}", first);
	add(&w, "university", "consumer: university", field);
	allowed(&w);
	snprintf(field, sizeof(field), "v: {%s}", second);
	add(&w, "insurer", "consumer: insurer", field);
	if (says)
		refused(&w, says);
	else
		allowed(&w);
	done(&w);
}

static void test_characters_add_up(void **state)
{
	(void)state;
	pair("technique: mask, keep-first: 3", "technique: mask, keep-last: 4",
	     "field v: together with release 1 to university the release shows the first 3 and last 4 characters, "
	     "which "
	     "is the whole of a value of 7; mask as they do, or have it allowed with a reason");
	pair("technique: mask, keep-first: 6, keep-last: 1", "technique: mask, keep-first: 1, keep-last: 4",
	     "the first 6 and last 4 characters");
	pair("technique: trunc, last: 4", "technique: mask, keep-first: 3", "the first 3 and last 4");
	pair("technique: mask, keep-first: 3, keep-last: 4", "technique: mask, keep-first: 2, keep-last: 4", NULL);
	pair("technique: mask, keep-first: 3", "technique: mask, keep-first: 6", NULL);
	pair("technique: trunc, first: 3", "technique: mask, keep-first: 3", NULL);
	pair("technique: mask, keep-first: 3", "technique: limc", NULL);
	pair("technique: null", "technique: mask, keep-last: 4", NULL);
	/* What a pseudonym of the kind keeps in front counts, too. */
	pair("technique: fpe, type: cn.bank-card", "technique: mask, keep-last: 4", "the first 6 and last 4");
	pair("technique: fpe, type: cn.bank-card", "technique: mask, keep-first: 6", NULL);
	pair("technique: hash", "technique: mask, keep-first: 6", NULL);
	pair("technique: fpe, type: cn.plate", "technique: fpe, type: cn.plate", NULL);
}

static void test_cuts_must_be_nested(void **state)
{
	(void)state;
	pair("technique: bucket, cuts: [20, 30]", "technique: bucket, cuts: [25, 35]",
	     "cuts finer than any of them alone");
	pair("technique: bucket, cuts: [20, 30]", "technique: bucket, cuts: [20, 25, 30]", NULL);
	pair("technique: round, step: 10", "technique: round, step: 15, mode: floor", "cuts finer");
	pair("technique: round, step: 5, mode: floor", "technique: bucket, cuts: [10, 25]", NULL);
	pair("technique: bucket, cuts: [10, 25]", "technique: round, step: 0.5, mode: floor", NULL);
	pair("technique: bucket, cuts: [10, 25]", "technique: round, step: 10, mode: floor", "cuts finer");
	pair("technique: daterd, unit: hour", "technique: daterd, unit: minute, every: 15", NULL);
	pair("technique: daterd, unit: minute, every: 20", "technique: daterd, unit: minute, every: 15", "cuts finer");
	pair("technique: daterd, unit: day", "technique: daterd, unit: year", NULL);
	pair("technique: daterd, unit: day", "technique: daterd, unit: day, mode: ceil", "cuts finer");
	pair("technique: hier, tree: t.csv, level: 1", "technique: hier, tree: t.csv, level: 2", NULL);
	pair("technique: hier, tree: t.csv, level: 1", "technique: hier, tree: u.csv, level: 2", "shows more than any");
	pair("technique: bucket, cuts: [20, 30]", "technique: noise, scale: 5", "shows more than any");
}

static void test_a_value_beside_its_masking(void **state)
{
	struct world w = {.count = 0};

	(void)state;
	pair("technique: topbot, high: 100", "technique: bucket, cuts: [20]",
	     "puts the value itself beside its masking");
	pair("technique: topbot, high: 100", "technique: topbot, high: 50", NULL);
	pair("technique: topbot, high: 100", "technique: topbot, low: 50", "puts the value itself");
	add(&w, "university", "consumer: university", "plate: keep;fee: keep");
	add(&w, "insurer", "consumer: insurer", "plate: {technique: fpe, type: cn.plate};fee: keep");
	refused(&w, "field plate: together with release 1 to university the release puts the value itself beside its "
	            "masking");
	/* What somebody allowed: the same again adds nothing, less neither, and more is refused again. */
	add(&w, "broker", "consumer: broker", "plate: {technique: fpe, type: cn.plate};fee: keep");
	allowed(&w);
	add(&w, "broker", "consumer: broker", "plate: {technique: limc};fee: keep");
	allowed(&w);
	add(&w, "broker", "consumer: broker", "plate: {technique: mask, keep-last: 4};fee: keep");
	refused(&w, "release 1 to university");
	done(&w);
	/* A column that is put behind another one is there, whatever else is done to it. */
	add(&w, "university", "consumer: u", "plate: {technique: limc};name: {technique: combine, by: plate}");
	add(&w, "insurer", "consumer: i", "plate: {technique: mask, keep-first: 2};name: {technique: limc}");
	refused(&w, "field plate");
	done(&w);
}

static void test_second_draws(void **state)
{
	struct world w = {.count = 0};

	(void)state;
	pair("technique: noise, scale: 5", "technique: noise, scale: 5", NULL);
	pair("technique: noise, scale: 5", "technique: noise, scale: 6", "gives a second draw");
	pair("technique: ope, low: 0, high: 9, accept-order-leak: yes",
	     "technique: ope, low: 0, high: 9, accept-order-leak: yes", "gives a second draw");
	pair("technique: mult, ratio: 0.1", "technique: mult, ratio: 0.1", NULL);
	add(&w, "university", "consumer: u, epoch: 1", "v: {technique: noise, scale: 5}");
	add(&w, "university", "consumer: u, epoch: 2", "v: {technique: noise, scale: 5}");
	refused(&w, "gives a second draw, by which the noise can be taken away");
	done(&w);
}

static void test_scopes_and_samples(void **state)
{
	struct world w = {.count = 0};

	(void)state;
	add(&w, "university", "consumer: all", "plate: {technique: hash};x: keep");
	add(&w, "university", "consumer: all", "plate: {technique: hash};x: {technique: null}");
	allowed(&w);
	add(&w, "insurer", "consumer: all", "plate: {technique: hash};x: keep");
	refused(&w, "gives two recipients pseudonyms of one key");
	done(&w);
	add(&w, "university", "consumer: u", "x: {technique: sample, rate: 0.1}");
	add(&w, "insurer", "consumer: i", "x: {technique: sample, rate: 0.2}");
	allowed(&w);
	add(&w, "broker", "consumer: b, epoch: 2", "x: {technique: sample, rate: 0.1}");
	refused(&w, "field x: together with release 1 to university, release 2 to insurer the release gives a second "
	            "sample");
	done(&w);
}

/* Its fields as they are in the table, without a plan; fields: "plate: keep;fee: keep". */
static void add_plain(struct world *w, const char *recipient, const char *fields)
{
	add(w, recipient, "consumer: nobody", fields);
	w->all[w->count - 1].plain = true;
}

/* To one recipient without a plan, to another by one, in either order. */
static void beside(const char *plain, const char *masked, const char *says)
{
	struct world w = {.count = 0};

	for (int first = 0; first < 2; first++) {
		if (first)
			add(&w, "insurer", "consumer: insurer", masked);
		add_plain(&w, "police", plain);
		if (!first)
			add(&w, "insurer", "consumer: insurer", masked);
		if (says)
			refused(&w, says);
		else
			allowed(&w);
		done(&w);
	}
}

/* MK-4: what went out without a plan, beside what went out by one. */
static void test_what_is_given_as_it_is(void **state)
{
	(void)state;
	beside("plate: keep;lane: keep", "plate: {technique: hash};lane: keep",
	       "the release puts the value itself beside its masking; ");
	beside("plate: keep;lane: keep", "plate: {technique: fpe, type: cn.plate};lane: {technique: limc}",
	       "field plate: together with release 1 to ");
	beside("fee: keep", "fee: {technique: noise, scale: 5, fingerprint: on, step: 1}", "puts the value itself");
	beside("day: keep;plate: keep", "day: {technique: datesh, days: 9, by: plate};plate: {technique: limc}",
	       "field day");
	/* Who has all of it in plain learns nothing by a coarser view; but of what he has not, whose it is. */
	beside("name: keep;lane: keep", "name: {technique: mask, keep-first: 1};lane: keep", NULL);
	beside("name: keep;lane: keep", "name: {technique: mask, keep-first: 1};lane: {technique: bucket, cuts: [2]}",
	       NULL);
	beside("name: keep", "name: {technique: mask, keep-first: 1};lane: keep",
	       "puts the value itself beside its masking, and so beside lane, which is not in the plain one");
	beside("name: keep", "name: {technique: mask, keep-first: 1};lane: {technique: limc}", NULL);
	/* Nothing is combined when nobody masked it, or nothing of it is shown. */
	beside("lane: keep", "name: {technique: hash};lane: keep", NULL);
	beside("lane: keep", "name: {technique: hash}", NULL);
	beside("name: keep", "name: {technique: limc};lane: keep", NULL);
	beside("name: keep", "name: {technique: 'null'};lane: keep", NULL);
}

/* Without any plan nothing is refused; what is out already is no new matter, but for an emergency. */
static void test_what_is_no_new_matter(void **state)
{
	struct world w = {.count = 0};

	(void)state;
	add_plain(&w, "police", "plate: keep;lane: keep");
	add_plain(&w, "ministry", "plate: keep");
	allowed(&w);
	add(&w, "insurer", "consumer: insurer", "plate: {technique: hash};lane: keep");
	refused(&w, "together with release 1 to police, release 2 to ministry the release puts"); /* and was allowed */
	add(&w, "broker", "consumer: broker", "plate: {technique: hash};lane: keep");
	allowed(&w);
	add_plain(&w, "press", "plate: keep");
	allowed(&w);
	done(&w);
	add(&w, "insurer", "consumer: insurer", "plate: {technique: hash};lane: keep;fee: {technique: limc}");
	add_plain(&w, "firefighters", "plate: keep");
	refused(&w, "together with release 1 to insurer the release puts the value itself beside its masking; give it "
	            "out by a plan, or have it allowed");
	w.all[1].emergency = true; /* it went out all the same */
	add(&w, "insurer", "consumer: insurer", "plate: {technique: hash};lane: keep;fee: {technique: limc}");
	allowed(&w);
	add_plain(&w, "press", "plate: keep");
	refused(&w, "release 1 to insurer");
	w.count--;
	hf_plan_free(w.plans[w.count]);
	add(&w, "broker", "consumer: broker", "plate: {technique: hash};lane: keep;fee: keep");
	refused(&w, "release 2 to firefighters");
	done(&w);
	/* A result that was made for no consumer is nobody's until it is delivered. */
	add(&w, "own", "epoch: 1", "plate: {technique: hash}");
	w.all[0].inside = true;
	add(&w, "insurer", "epoch: 1", "plate: {technique: hash}");
	allowed(&w);
	add(&w, "broker", "epoch: 1", "plate: {technique: hash}");
	refused(&w, "together with release 2 to insurer the release gives two recipients pseudonyms of one key");
	done(&w);
}

static void test_the_joint_view(void **state)
{
	struct world w = {.count = 0};
	json_t *view;
	char *text;

	(void)state;
	add(&w, "university", "consumer: u",
	    "plate: {technique: hash};fee: {technique: bucket, cuts: [10, 20]};x: {technique: noise, scale: 2}");
	add(&w, "insurer", "consumer: i",
	    "plate: {technique: hash};fee: {technique: bucket, cuts: [20]};x: {technique: limc}");
	add(&w, "insurer", "consumer: i",
	    "plate: {technique: mask, keep-first: 2};fee: {technique: limc};x: {technique: limc}");
	view = hf_disclosure_view(w.all, w.count, NULL);
	text = json_dumps(view, JSON_COMPACT | JSON_PRESERVE_ORDER);
	assert_string_equal(
	        text, "[{\"field\":\"plate\",\"shows\":[\"first 2 characters\"],\"releases\":3,\"draws\":0,\"scopes\":["
	              "\"tolls/u//0\",\"tolls/i//0\"],\"recipients\":[\"university\",\"insurer\"]},{\"field\":\"fee\","
	              "\"shows\":[\"cuts at 10, 20\"],\"releases\":2,\"draws\":0,\"scopes\":[],\"recipients\":["
	              "\"university\",\"insurer\"]},{\"field\":\"x\",\"shows\":[\"noise\"],\"releases\":1,\"draws\":1,"
	              "\"scopes\":[],\"recipients\":[\"university\"]}]");
	free(text);
	json_decref(view);
	view = hf_disclosure_view(w.all, w.count, "fee");
	assert_int_equal(json_array_size(view), 1);
	json_decref(view);
	done(&w);
}

/* As many as a table may have, of few ways. */
static void test_many_releases(void **state)
{
	static struct hf_disclosure many[2000];
	struct world w = {.count = 0};
	struct hf_fault f = {0};

	(void)state;
	add(&w, "university", "consumer: u", "v: {technique: mask, keep-first: 2};x: {technique: noise, scale: 2}");
	add(&w, "insurer", "consumer: i", "v: {technique: mask, keep-first: 3};x: {technique: noise, scale: 2}");
	add(&w, "broker", "consumer: b", "v: {technique: mask, keep-first: 6};x: {technique: noise, scale: 2}");
	add(&w, "ministry", "consumer: m", "v: {technique: mask, keep-first: 4};x: {technique: noise, scale: 2}");
	add(&w, "press", "consumer: p", "v: {technique: mask, keep-last: 4};x: {technique: noise, scale: 2}");
	for (size_t i = 0; i < 2000; i++)
		many[i] = w.all[i % 3];
	assert_int_equal(hf_disclosure_joint(many, 2000, &w.all[3], &f, NULL), HF_OK);
	assert_int_equal(hf_disclosure_joint(many, 2000, &w.all[4], &f, NULL), HF_E_DISCLOSURE);
	assert_non_null(strstr(f.text, "release 3 to broker and 1997 more the release shows the first 6 and last 4"));
	done(&w);
}

/* ---- what is said of cuts, against the techniques themselves ---- */

#define VALUES 1200u /* -60 to 89.875 by eighths: finer than every cut, and more than a pair of grids needs to part */

static void mask_values(const struct hf_disclosure *d, struct hf_arena *arena, struct hf_bytes *out)
{
	const struct hf_mask_use use = {.args = d->fields[0].args, .arg_count = d->fields[0].arg_count};
	struct hf_bytes *in = hf_arena_get(arena, VALUES * sizeof(*in));
	struct hf_mask_batch b = {.in = in, .out = out, .count = VALUES, .arena = arena};
	struct hf_masker *m = NULL;
	struct hf_fault f = {0};

	for (size_t i = 0; i < VALUES; i++) {
		char *text = hf_arena_get(arena, 16);

		snprintf(text, 16, "%.3f", (double)i / 8 - 60);
		in[i] = (struct hf_bytes){(const uint8_t *)text, strlen(text)};
	}
	assert_int_equal(hf_masker_open(d->fields[0].technique, &use, &f, &m), HF_OK);
	assert_int_equal(hf_masker_mask(m, &b, &f), HF_OK);
	assert_int_equal(b.unreadable, 0);
	for (size_t i = 0; i < VALUES; i++) { /* some point into the masker */
		uint8_t *copy = hf_arena_get(arena, out[i].len + 1);

		memcpy(copy, out[i].data, out[i].len);
		out[i].data = copy;
	}
	hf_masker_close(m);
}

/* Values that a leaves alike and b tells apart. */
static bool b_tells_more(const struct hf_bytes *a, const struct hf_bytes *b)
{
	for (size_t i = 1; i < VALUES; i++) /* cells are intervals */
		if (a[i].len == a[i - 1].len && memcmp(a[i].data, a[i - 1].data, a[i].len) == 0 &&
		    (b[i].len != b[i - 1].len || memcmp(b[i].data, b[i - 1].data, b[i].len) != 0))
			return true;
	return false;
}

static void any_cuts(char *out, size_t cap)
{
	static const char *const steps[] = {"0.5", "1", "1.5", "2",  "3",  "4",  "5",
	                                    "6",   "9", "10",  "12", "15", "20", "30"};
	static const char *const modes[] = {"floor", "ceil", "half-even"};
	int at = -20;

	if (rand() % 3) {
		snprintf(out, cap, "v: {technique: round, step: %s, mode: %s}", steps[rand() % 14], modes[rand() % 3]);
		return;
	}
	snprintf(out, cap, "v: {technique: bucket, cuts: [");
	for (int i = 0, n = 1 + rand() % 3; i < n; i++, at += 5 * (1 + rand() % 3))
		snprintf(out + strlen(out), cap - strlen(out), "%s%d", i ? ", " : "", at);
	snprintf(out + strlen(out), cap - strlen(out), "]}");
}

static void test_cuts_against_the_techniques(void **state)
{
	unsigned covered = 0, not_covered = 0;

	(void)state;
	srand(7);
	for (unsigned trial = 0; trial < 2000; trial++) {
		struct world w = {.count = 0};
		struct hf_bytes out[2][VALUES];
		struct hf_shown a, b;
		struct hf_arena arena;
		char field[256];
		bool covers;

		hf_arena_init(&arena, NULL, 0);
		for (size_t i = 0; i < 2; i++) {
			any_cuts(field, sizeof(field));
			mask_values(add(&w, "r", "consumer: r", field), &arena, out[i]);
		}
		hf_shown_of(&w.all[0], &w.all[0].fields[0], &a);
		hf_shown_of(&w.all[1], &w.all[1].fields[0], &b);
		covers = hf_shown_covers(&a, &b);
		if (covers == b_tells_more(out[0], out[1]))
			fail_msg("trial %u, %s: covers is %d", trial, field, covers);
		covered += covers;
		not_covered += !covers;
		hf_arena_done(&arena);
		done(&w);
	}
	assert_true(covered > 100 && not_covered > 100);
}

/* ---- classes of all releases together ---- */

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_characters_add_up),
	        cmocka_unit_test(test_cuts_must_be_nested),
	        cmocka_unit_test(test_a_value_beside_its_masking),
	        cmocka_unit_test(test_second_draws),
	        cmocka_unit_test(test_scopes_and_samples),
	        cmocka_unit_test(test_what_is_given_as_it_is),
	        cmocka_unit_test(test_what_is_no_new_matter),
	        cmocka_unit_test(test_the_joint_view),
	        cmocka_unit_test(test_many_releases),
	        cmocka_unit_test(test_cuts_against_the_techniques),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
