/* disclosures_test.c - the disclosure ledger in the store: asked, recorded, read again after a restart (MK-4, MK-8). */
#include "release/disclosures.h"

#include "unit/store/fixture.h"

static const char head[] = "masking-plan: 1\n"
                           "name: tolls\n"
                           "need: research\n"
                           "purpose: research\n"
                           "mode: static\n"
                           "people: {operator: li, security: wang, audit: zhao}\n"
                           "schedule: by hand\n"
                           "relations: []\n"
                           "emergency:\n"
                           "  source: {cause: a, solution: b, who: li}\n"
                           "  format: {cause: a, solution: b, who: li}\n"
                           "  key: {cause: a, solution: b, who: li}\n"
                           "  result: {cause: a, solution: b, who: li}\n"
                           "  space: {cause: a, solution: b, who: li}\n";

static const char *risk = ""; /* that the next plans demand of t */

static struct hf_plan *plan_of(unsigned version, const char *consumer, const char *fields)
{
	struct hf_plan *p = NULL;
	struct hf_fault f = {0};
	char text[4096];

	snprintf(text, sizeof(text),
	         "%sversion: %u\nscope: {group: tolls, consumer: %s}\ntables:\n  t:\n    fields: {%s}\n"
	         "result: {rows-least: 1%s}\n",
	         head, version, consumer, fields, risk);
	if (hf_plan_read("plan", text, strlen(text), &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	return p;
}

static struct hf_disclosure_in in_of(const struct hf_plan *p, const char *recipient)
{
	return (struct hf_disclosure_in){
	        .dataset = "passages", .plan = p, .table = "t", .recipient = recipient, .now_ms = fixture_now(NULL)};
}

static void submit(struct fixture *f, struct hf_unit *u)
{
	struct ending end = {0};

	hf_store_submit(f->store, u, ending_done, &end);
	fixture_run_until(f, &end.done);
	assert_int_equal(end.e, HF_OK);
}

static void give(struct fixture *f, const struct hf_disclosure_in *in)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};

	if (hf_disclosure_record(f->store, u, in, &fault) != HF_OK)
		fail_msg("%s", fault.text);
	submit(f, u);
}

static void refused(struct fixture *f, const struct hf_disclosure_in *in, const char *says)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};

	assert_int_equal(hf_disclosure_check(f->store, in, NULL), HF_E_DISCLOSURE);
	assert_int_equal(hf_disclosure_record(f->store, u, in, &fault), HF_E_DISCLOSURE);
	assert_true(hf_unit_empty(u));
	hf_unit_free(u);
	if (!strstr(fault.text, says))
		fail_msg("'%s' does not say '%s'", fault.text, says);
}

static const char *shown(struct fixture *f, const char *dataset, const char *field, char *out, size_t cap)
{
	json_t *o = NULL;
	char *text;

	assert_int_equal(hf_disclosures_show(f->store, dataset, field, &o), HF_OK);
	text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	snprintf(out, cap, "%s", text);
	free(text);
	json_decref(o);
	return out;
}

static void a_release_is_judged_with_those_before_it(void **state)
{
	struct hf_plan *first = plan_of(1, "university", "plate: {technique: mask, keep-first: 3}, fee: keep");
	struct hf_plan *other = plan_of(2, "insurer", "plate: {technique: mask, keep-last: 4}, fee: keep");
	struct hf_disclosure_in to_university = in_of(first, "university"), to_insurer = in_of(other, "insurer"),
	                        elsewhere = to_insurer;
	struct fixture f;
	char text[4096];

	(void)state;
	fixture_start(&f);
	give(&f, &to_university);
	refused(&f, &to_insurer,
	        "field plate: together with tolls 1 to university the release shows the first 3 and last 4");
	fixture_reopen(&f);
	refused(&f, &to_insurer, "together with tolls 1 to university");
	elsewhere.dataset = "passages-2025"; /* another dataset, of which nothing went out */
	assert_int_equal(hf_disclosure_check(f.store, &elsewhere, NULL), HF_OK);
	give(&f, &to_university);
	assert_non_null(strstr(shown(&f, "passages", "plate", text, sizeof(text)), "\"times\":2"));
	assert_null(strstr(text, "\"field\":\"fee\""));
	assert_non_null(strstr(text, "\"shows\":[\"first 3 characters\"],\"releases\":1"));
	assert_string_equal(shown(&f, "passages-2025", NULL, text, sizeof(text)),
	                    "{\"dataset\":\"passages-2025\",\"fields\":[],\"releases\":[]}");
	to_insurer.only = (const char *const[]){"fee"}; /* without the field there is nothing to put together */
	to_insurer.only_count = 1;
	give(&f, &to_insurer);
	to_insurer.only_count = 0;
	refused(&f, &to_insurer, "field plate");
	to_insurer.table = "u";
	assert_int_equal(hf_disclosure_check(f.store, &to_insurer, NULL), HF_E_UNKNOWN);
	fixture_stop(&f);
	hf_plan_free(first);
	hf_plan_free(other);
}

static size_t releases_of(struct fixture *f, const char *dataset)
{
	struct hf_disclosures *d = NULL;
	size_t n;

	assert_int_equal(hf_disclosures_load(f->store, dataset, &d), HF_OK);
	hf_disclosures_list(d, NULL, &n);
	hf_disclosures_free(d);
	return n;
}

/* However its fields are asked for, one after another or all at once, it is one release, and shows all of them. */
static void fields_that_are_asked_for_are_of_one_release(void **state)
{
	struct hf_plan *first = plan_of(1, "university", "a: keep, b: keep, c: {technique: mask, keep-first: 3}");
	struct hf_plan *other = plan_of(2, "insurer", "a: keep, b: keep, c: {technique: mask, keep-last: 4}");
	struct hf_disclosure_in to_university = in_of(first, "university"), to_insurer = in_of(other, "insurer");
	static const char *const asked[][2] = {{"a", "c"}, {"b", "b"}, {"a", "b"}};
	struct fixture f;
	char text[4096];

	(void)state;
	fixture_start(&f);
	for (size_t i = 0; i < 3; i++) {
		to_university.only = asked[i];
		to_university.only_count = 2;
		give(&f, &to_university);
	}
	assert_int_equal(releases_of(&f, "passages"), 1);
	assert_non_null(strstr(shown(&f, "passages", NULL, text, sizeof(text)), "\"times\":3"));
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(
		        text, ((const char *const[]){"{\"field\":\"a\"", "{\"field\":\"b\"", "{\"field\":\"c\""})[i]));
	refused(&f, &to_insurer, "field c: together with tolls 1 to university");
	fixture_stop(&f);
	hf_plan_free(first);
	hf_plan_free(other);
}

/* As many rows as that, each for an agreement of its own. */
static void fill(struct fixture *f, const struct hf_plan *p, const char *recipient, unsigned count)
{
	struct hf_disclosure_in in = in_of(p, recipient);
	struct hf_mask_scope scope = p->scope;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};
	char contract[16];

	in.scope = &scope;
	scope.contract = contract;
	for (unsigned i = 0; i < count; i++) {
		snprintf(contract, sizeof(contract), "%u", i);
		assert_int_equal(hf_disclosure_record(f->store, u, &in, &fault), HF_OK);
	}
	submit(f, u);
}

/* A consumer with many agreements keeps nobody else out, and what went out before is never one too many. */
__attribute__((unused)) static void one_consumer_does_not_use_up_a_dataset(void **state)
{
	struct hf_plan *p = plan_of(1, "university", "fee: keep");
	struct hf_disclosure_in known = in_of(p, "university"), more = known, other = in_of(p, "insurer");
	struct hf_mask_scope scope = p->scope;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};
	struct fixture f;

	(void)state;
	scope.contract = "one more";
	more.scope = &scope;
	fixture_start(&f);
	give(&f, &known);
	fill(&f, p, "university", HF_DISCLOSURES_OF_ONE - 1);
	assert_int_equal(hf_disclosure_check(f.store, &more, &fault), HF_E_LIMIT);
	assert_non_null(strstr(fault.text, "to university in 500 different ways"));
	give(&f, &known);
	give(&f, &other);
	for (unsigned i = 0; i < 3; i++)
		fill(&f, p, (const char *const[]){"broker", "press", "ministry"}[i], HF_DISCLOSURES_OF_ONE - (i == 2));
	assert_int_equal(releases_of(&f, "passages"), HF_DISCLOSURES_MAX);
	other.recipient = "bank";
	assert_int_equal(hf_disclosure_check(f.store, &other, &fault), HF_E_LIMIT);
	assert_non_null(strstr(fault.text, "passages was given out in 2000 different ways"));
	give(&f, &known);
	assert_int_equal(hf_disclosure_allow(u, &other, "wang", "the bank is new", &fault), HF_OK);
	submit(&f, u);
	give(&f, &other);
	fixture_stop(&f);
	hf_plan_free(p);
}

/* A source is one table: how a plan calls it makes no other one of it. */
static void the_name_of_a_plans_table_does_not_matter(void **state)
{
	struct hf_plan *first = plan_of(1, "university", "fee: {technique: bucket, cuts: [10, 20]}");
	struct hf_plan *other = plan_of(2, "insurer", "fee: {technique: bucket, cuts: [15]}");
	struct hf_plan_table called = other->tables[0];
	struct hf_plan renamed = *other;
	struct hf_disclosure_in a = in_of(first, "university"), b = in_of(&renamed, "insurer");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};
	struct fixture f;
	char text[4096];

	(void)state;
	called.name = b.table = "p2";
	renamed.tables = &called;
	fixture_start(&f);
	give(&f, &a);
	refused(&f, &b, "field fee: together with tolls 1 to university");
	assert_int_equal(hf_disclosure_allow(u, &b, "wang", "both are bound", &fault), HF_OK);
	submit(&f, u);
	give(&f, &b);
	shown(&f, "passages", NULL, text, sizeof(text));
	assert_non_null(strstr(text, "\"releases\":2,")); /* of one field, in one view */
	assert_non_null(strstr(text, "{\"table\":\"t\",\"release\":\"tolls 1\""));
	assert_non_null(strstr(text, "{\"table\":\"p2\",\"release\":\"tolls 2\""));
	fixture_stop(&f);
	hf_plan_free(first);
	hf_plan_free(other);
}

static void what_somebody_allowed_stays_on_record(void **state)
{
	struct hf_plan *first = plan_of(1, "university", "plate: keep");
	struct hf_plan *other = plan_of(2, "insurer", "plate: {technique: hash}");
	struct hf_plan *third = plan_of(3, "insurer", "plate: {technique: mask, keep-first: 2}");
	struct hf_disclosure_in a = in_of(first, "university"), b = in_of(other, "insurer"),
	                        c = in_of(third, "insurer");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};
	struct fixture f;
	char text[4096];

	(void)state;
	fixture_start(&f);
	give(&f, &a);
	refused(&f, &b, "puts the value itself beside its masking");
	assert_int_equal(hf_disclosure_allow(u, &b, "wang", "the university is the ministry's own", &fault), HF_OK);
	submit(&f, u);
	give(&f, &b);
	assert_non_null(strstr(shown(&f, "passages", NULL, text, sizeof(text)),
	                       "\"allowed_by\":\"wang\",\"reason\":\"the university is the ministry's own\""));
	refused(&f, &c, "tolls 1 to university"); /* it was that plan that was allowed */
	b.recipient = "broker";
	b.scope = &c.plan->scope;
	refused(&f, &b, "gives two recipients pseudonyms of one key"); /* and that recipient */
	fixture_stop(&f);
	hf_plan_free(first);
	hf_plan_free(other);
	hf_plan_free(third);
}

/* What is not built in is compared with itself, also when it was read again. */
static void methods_of_ones_own_are_compared_with_themselves(void **state)
{
	struct hf_technique own = *hf_technique_named("hash"), other = own;
	struct hf_plan *first = plan_of(1, "u", "plate: {technique: hash}"),
	               *again = plan_of(2, "i", "plate: {technique: hash}");
	struct hf_plan_field a = first->tables[0].fields[0], b = again->tables[0].fields[0];
	struct hf_plan_table one = {.name = "t", .fields = &a, .field_count = 1},
	                     two = {.name = "t", .fields = &b, .field_count = 1};
	struct hf_plan to_university = *first, to_insurer = *again;
	struct hf_disclosure_in x = in_of(&to_university, "university"), y = in_of(&to_insurer, "insurer");
	struct fixture f;

	(void)state;
	own.id = "acme.bands";
	own.record.keyed = HF_KEYED_NOT;
	other.id = "acme.other";
	other.record.keyed = HF_KEYED_NOT;
	a.technique = b.technique = &own;
	to_university.tables = &one;
	to_insurer.tables = &two;
	fixture_start(&f);
	give(&f, &x);
	give(&f, &x);
	assert_int_equal(hf_disclosure_check(f.store, &y, NULL), HF_OK);
	b.technique = &other;
	refused(&f, &y, "shows more than any of them alone");
	own.record.keyed = other.record.keyed = HF_KEYED_CONSUMER; /* pseudonyms: but for one key in two hands */
	x.dataset = y.dataset = "keyed";
	give(&f, &x);
	assert_int_equal(hf_disclosure_check(f.store, &y, NULL), HF_OK);
	b.technique = &own;
	to_insurer.scope.consumer = "u";
	refused(&f, &y, "gives two recipients pseudonyms of one key");
	fixture_stop(&f);
	hf_plan_free(first);
	hf_plan_free(again);
}

static struct hf_disclosure_in plain_to(const char *recipient, const char *const *fields, size_t count)
{
	return (struct hf_disclosure_in){.dataset = "passages",
	                                 .recipient = recipient,
	                                 .only = fields,
	                                 .only_count = count,
	                                 .now_ms = fixture_now(NULL)};
}

/* MK-4: without a plan nothing is masked, and nothing refused; beside a plan it counts, in whatever order they come. */
static void what_goes_out_without_a_plan_counts(void **state)
{
	static const char *const plate[] = {"plate"}, *const lane[] = {"lane"}, *const both[] = {"plate", "lane"};
	struct hf_plan *p = plan_of(1, "insurer", "plate: {technique: hash}, lane: keep");
	struct hf_disclosure_in masked = in_of(p, "insurer"), to_police = plain_to("police", plate, 1),
	                        to_press = plain_to("press", plate, 1), to_city = plain_to("city", lane, 1);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};
	struct fixture f;
	char text[4096];

	(void)state;
	fixture_start(&f);
	give(&f, &to_police);
	to_press.now_ms++;
	to_police.only = lane; /* one row, of all that it has */
	give(&f, &to_police);
	give(&f, &to_press);
	assert_int_equal(releases_of(&f, "passages"), 2);
	refused(&f, &masked,
	        "field plate: together with plain delivery to police, plain delivery to press the release puts the "
	        "value itself beside its masking");
	fixture_reopen(&f);
	refused(&f, &masked, "plain delivery to police");
	assert_non_null(strstr(shown(&f, "passages", NULL, text, sizeof(text)),
	                       "{\"field\":\"lane\",\"shows\":[\"the value\"],\"releases\":1"));
	assert_non_null(strstr(text, "\"recipient\":\"police\"") ? strstr(text, "\"times\":2,\"plain\":true") : NULL);
	masked.dataset = to_press.dataset = to_police.dataset = to_city.dataset = "tolls"; /* the other way round */
	give(&f, &masked);
	give(&f, &to_city);
	refused(&f, &to_press,
	        "together with tolls 1 to insurer the release puts the value itself beside its masking; "
	        "give it out by a plan, or have it allowed with a reason");
	to_police.only = both;
	to_police.only_count = 2;
	refused(&f, &to_police, "field plate: together with tolls 1 to insurer");
	assert_int_equal(hf_disclosure_allow(u, &to_press, "wang", "by order of the court", &fault), HF_OK);
	submit(&f, u);
	give(&f, &to_press);
	assert_non_null(strstr(shown(&f, "tolls", NULL, text, sizeof(text)),
	                       "\"plain\":true,\"allowed_by\":\"wang\",\"reason\":\"by order of the court\""));
	fixture_stop(&f);
	hf_plan_free(p);
}

/* An emergency goes out, is on record and against what comes after it, and is no precedent. */
static void an_emergency_is_recorded_and_no_precedent(void **state)
{
	static const char *const plate[] = {"plate"};
	struct hf_plan *p = plan_of(1, "insurer", "plate: {technique: hash}, lane: keep"),
	               *more = plan_of(2, "broker", "plate: {technique: mask, keep-first: 2}, lane: keep");
	struct hf_disclosure_in masked = in_of(p, "insurer"), to_broker = in_of(more, "broker"),
	                        urgent = plain_to("firefighters", plate, 1), to_press = plain_to("press", plate, 1);
	struct fixture f;
	char text[4096];

	(void)state;
	fixture_start(&f);
	give(&f, &masked);
	refused(&f, &urgent, "tolls 1 to insurer");
	urgent.emergency = true;
	give(&f, &urgent);
	assert_non_null(
	        strstr(shown(&f, "passages", "plate", text, sizeof(text)), "\"plain\":true,\"emergency\":true"));
	give(&f, &masked);
	refused(&f, &to_press, "tolls 1 to insurer");
	refused(&f, &to_broker, "plain delivery to firefighters");
	urgent.emergency = false; /* without one it is refused as before */
	refused(&f, &urgent, "tolls 1 to insurer");
	fixture_stop(&f);
	hf_plan_free(p);
	hf_plan_free(more);
}

/* The classes of all releases and this one, as a worker counts them. Returns how many are put together. */
static size_t count(struct fixture *f, struct hf_disclosure_in *in)
{
	static const char *const header[] = {"age", "region"}, *const cells[] = {"31", "32", "33", "34",
	                                                                         "1",  "2",  "1",  "2"};
	struct hf_bytes values[8];
	const struct hf_disclosure_table t = {.header = header, .width = 2};
	struct hf_disclosures *d = NULL;
	struct hf_disclosure *list;
	struct hf_fault fault = {0};
	struct hf_hash stamp;
	struct hf_joint *j;
	size_t n;

	for (size_t i = 0; i < 8; i++)
		values[i] = (struct hf_bytes){(const uint8_t *)cells[i], strlen(cells[i])};
	assert_int_equal(hf_disclosures_load(f->store, in->dataset, &d), HF_OK);
	hf_disclosures_classes(d, in, &list, &n, &stamp);
	j = hf_joint_new(list, n, &t);
	assert_int_equal(hf_joint_rows(j, values, 4, &fault), HF_OK);
	hf_joint_end(j, &in->classes);
	hf_joint_free(j);
	free(list);
	hf_disclosures_free(d);
	return n;
}

/* MK-4: fields that nobody minds one by one, and what is left when they are put together */
static void classes_of_all_releases_are_what_the_plans_demand(void **state)
{
	struct hf_plan *ages, *regions, *light;
	struct hf_disclosure_in a, b, c;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {0};
	struct fixture f;

	(void)state;
	risk = ", risk: {t: {quasi: [age], k: 2}}";
	ages = plan_of(1, "u", "age: {technique: bucket, cuts: [33, 40]}, region: {technique: limc}");
	risk = ", risk: {t: {quasi: [region], k: 2}}";
	regions = plan_of(2, "i", "age: {technique: limc}, region: keep");
	risk = ", risk: {t: {quasi: [region], k: 1}}";
	light = plan_of(3, "b", "age: {technique: limc}, region: keep");
	risk = "";
	a = in_of(ages, "university");
	b = in_of(regions, "insurer");
	c = in_of(light, "broker");
	fixture_start(&f);
	assert_int_equal(count(&f, &a), 1);
	assert_int_equal(a.classes.k, 2);
	give(&f, &a);
	assert_int_equal(count(&f, &a), 2); /* the same again */
	give(&f, &a);
	fixture_reopen(&f);
	assert_int_equal(count(&f, &b), 2);
	assert_int_equal(b.classes.before, 2);
	refused(&f, &b,
	        "together with tolls 1 to university the least class of rows of passages has 1, and the plan demands "
	        "2; give out");
	assert_int_equal(count(&f, &c), 2); /* it asks for no more than 1, and the first one was promised 2 */
	refused(&f, &c,
	        "together with tolls 1 to university the least class of rows of passages has 1, and a plan of these "
	        "demands 2");
	assert_int_equal(hf_disclosure_allow(u, &b, "wang", "both are bound", &fault), HF_OK);
	submit(&f, u);
	give(&f, &b);
	assert_int_equal(count(&f, &c), 3); /* no less than it is already */
	assert_int_equal(c.classes.before, 1);
	give(&f, &c);
	fixture_stop(&f);
	hf_plan_free(ages);
	hf_plan_free(regions);
	hf_plan_free(light);
}

/* MK-4: what a plan demands of a sensitive field is kept with what went out by it. */
static void sensitive_values_of_all_releases_are_what_the_plans_demand(void **state)
{
	struct hf_plan *ages, *finer;
	struct hf_disclosure_in a, b;
	struct fixture f;

	(void)state;
	risk = ", risk: {t: {quasi: [age], sensitive: [region], l: 2, t: 0.1}}";
	ages = plan_of(1, "u", "age: {technique: bucket, cuts: [33, 40]}, region: keep");
	risk = "";
	finer = plan_of(2, "i", "age: {technique: bucket, cuts: [32, 33, 34, 40]}, region: {technique: limc}");
	a = in_of(ages, "university");
	b = in_of(finer, "insurer");
	fixture_start(&f);
	assert_int_equal(count(&f, &a), 1);
	give(&f, &a);
	fixture_reopen(&f);
	assert_int_equal(count(&f, &b), 2);
	refused(&f, &b,
	        "together with tolls 1 to university field region has 1 different values in a class of rows, and a "
	        "plan "
	        "of these demands 2; give out");
	fixture_stop(&f);
	hf_plan_free(ages);
	hf_plan_free(finer);
}

/* Who has all of it as it is learns nothing by coarser classes; who has another column does. */
static void plain_columns_are_put_together_with_classes(void **state)
{
	static const char *const region[] = {"region"}, *const both[] = {"region", "age"};
	struct hf_plan *ages, *regions;
	struct hf_disclosure_in a, b, plain = plain_to("police", both, 2);
	struct fixture f;

	(void)state;
	risk = ", risk: {t: {quasi: [age, region], k: 2}}";
	ages = plan_of(1, "u", "age: {technique: bucket, cuts: [33, 40]}, region: {technique: 'null'}");
	risk = "";
	regions = plan_of(2, "i", "age: {technique: limc}, region: {technique: limc}");
	a = in_of(ages, "university");
	b = in_of(regions, "insurer");
	fixture_start(&f);
	give(&f, &plain);
	assert_int_equal(count(&f, &a), 1);
	give(&f, &a);
	assert_int_equal(count(&f, &b), 2); /* that of nothing */
	assert_int_equal(b.classes.k, 2);
	a.dataset = plain.dataset = "odd";
	plain.only = region;
	plain.only_count = 1;
	give(&f, &plain);
	assert_int_equal(count(&f, &a), 2);
	refused(&f, &a, "together with plain delivery to police the least class of rows of odd has 1");
	fixture_stop(&f);
	hf_plan_free(ages);
	hf_plan_free(regions);
}

/* A tree that is gone: the bound that is left may hold, and if it does not, the sentence says why. */
static void a_masking_that_cannot_be_made_again_is_named(void **state)
{
	struct hf_plan *trees, *regions, *ages;
	struct hf_disclosure_in a, b, c;
	struct fixture f;

	(void)state;
	risk = ", risk: {t: {quasi: [age], k: 1}}";
	trees = plan_of(1, "u", "age: {technique: hier, tree: ages.csv, level: 1}, region: {technique: limc}");
	risk = ", risk: {t: {quasi: [region], k: 2}}";
	regions = plan_of(2, "i", "age: {technique: limc}, region: keep");
	risk = ", risk: {t: {quasi: [region], k: 1}}";
	ages = plan_of(3, "b", "age: {technique: limc}, region: keep");
	risk = "";
	a = in_of(trees, "university");
	b = in_of(regions, "insurer");
	c = in_of(ages, "broker");
	fixture_start(&f);
	give(&f, &a);
	assert_int_equal(count(&f, &b), 2);
	refused(&f, &b,
	        "how field age of tolls 1 to university was masked cannot be made again (hier: no files can be read "
	        "here), so it counts as given out as it is, and with that the least class of rows of passages has 1, "
	        "and "
	        "the plan demands 2; mask coarser");
	assert_int_equal(count(&f, &c), 2);
	give(&f, &c);
	fixture_stop(&f);
	hf_plan_free(trees);
	hf_plan_free(regions);
	hf_plan_free(ages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_release_is_judged_with_those_before_it),
	        cmocka_unit_test(fields_that_are_asked_for_are_of_one_release),
#ifndef HUFU_SANITIZED /* two thousand times the same, a minute there */
	        cmocka_unit_test(one_consumer_does_not_use_up_a_dataset),
#endif
	        cmocka_unit_test(the_name_of_a_plans_table_does_not_matter),
	        cmocka_unit_test(what_somebody_allowed_stays_on_record),
	        cmocka_unit_test(methods_of_ones_own_are_compared_with_themselves),
	        cmocka_unit_test(what_goes_out_without_a_plan_counts),
	        cmocka_unit_test(an_emergency_is_recorded_and_no_precedent),
	        cmocka_unit_test(classes_of_all_releases_are_what_the_plans_demand),
	        cmocka_unit_test(sensitive_values_of_all_releases_are_what_the_plans_demand),
	        cmocka_unit_test(plain_columns_are_put_together_with_classes),
	        cmocka_unit_test(a_masking_that_cannot_be_made_again_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
