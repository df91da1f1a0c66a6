/* What an application and an agreement may say: periods, mandatory statements, fields, obligations, and the published
 * criteria. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "authz/internal.h"

#define DAY (INT64_C(24) * 60 * 60 * 1000)

static int64_t at(const char *text)
{
	int64_t ms = 0;
	assert_true(hf_time_parse(text, &ms));
	return ms;
}

static uint8_t resource[16] = {1};
static char *fields_two[] = {(char *)"flight", (char *)"arrival"};

static void app_init(Hufu__Application *app)
{
	hufu__application__init(app);
	app->resource = BIN(resource, 16);
	app->resource_version = 1;
	app->revision = 1;
	app->provider = (char *)"air";
	app->intake = (char *)"portal";
	app->organization = (char *)"claims";
	app->department = (char *)"";
	app->system = (char *)"desk";
	app->system_address = (char *)"10.0.0.5";
	app->reason = (char *)"Delay claims are checked against actual arrivals";
	app->purpose = (char *)"claims-check";
	app->from_ms = at("2026-01-01");
	app->until_ms = at("2027-01-01");
	app->fields = fields_two;
	app->n_fields = 2;
	app->action = (char *)"read";
	app->mechanism = (char *)"application";
	app->applicant = (char *)"wang";
}

static Hufu__Field field_rows[3];
static Hufu__Field *field_list[3];

static void entry_init(Hufu__CatalogEntry *e)
{
	static const char *const names[] = {"flight", "arrival", "tail"};
	hufu__catalog_entry__init(e);
	for (size_t i = 0; i < 3; i++) {
		hufu__field__init(&field_rows[i]);
		field_rows[i].name = (char *)names[i];
		field_list[i] = &field_rows[i];
	}
	e->id = BIN(resource, 16);
	e->version = 1;
	e->title = (char *)"航班到达";
	e->publisher = (char *)"air";
	e->sharing = 2;
	e->fields = field_list;
	e->n_fields = 3;
}

/* AZ-29: exactly three calendar years are legal, one day or one millisecond more is not. */
static void period_of_three_years_is_the_longest(void **state)
{
	struct hf_fault f;
	int64_t from = at("2026-03-15T08:00:00Z"), last = at("2029-03-15T08:00:00Z");
	(void)state;
	assert_int_equal(az_terms_period(from, last, &f), HF_OK);
	assert_int_equal(az_terms_period(from, last + 1, &f), HF_E_LIMIT);
	assert_int_equal(az_terms_period(from, last + DAY, &f), HF_E_LIMIT);
	assert_non_null(strstr(f.text, "2029-03-15T08:00:00.000Z"));
}

/* AZ-29: 29 February plus three years is 28 February. */
static void period_from_a_leap_day_ends_on_28_february(void **state)
{
	struct hf_fault f;
	(void)state;
	assert_int_equal(az_terms_period(at("2028-02-29"), at("2031-02-28"), &f), HF_OK);
	assert_int_equal(az_terms_period(at("2028-02-29"), at("2031-03-01"), &f), HF_E_LIMIT);
}

static void period_that_does_not_rise_is_refused(void **state)
{
	struct hf_fault f;
	(void)state;
	assert_int_equal(az_terms_period(at("2026-01-02"), at("2026-01-02"), &f), HF_E_ARGUMENT);
	assert_int_equal(az_terms_period(at("2026-01-02"), at("2026-01-01"), &f), HF_E_ARGUMENT);
}

/* AZ-8: reason, purpose and period are mandatory; the error names the field. */
static void each_missing_statement_is_named(void **state)
{
	Hufu__Application app;
	struct hf_fault f;
	(void)state;
	app_init(&app);
	assert_int_equal(az_terms_application(&app, &f), HF_OK);
	app.reason = (char *)" \n";
	assert_int_equal(az_terms_application(&app, &f), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "'reason'"));
	app_init(&app);
	app.purpose = (char *)"";
	assert_int_equal(az_terms_application(&app, &f), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "'purpose'"));
	app_init(&app);
	app.until_ms = 0;
	assert_int_equal(az_terms_application(&app, &f), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "'until'"));
	app_init(&app);
	app.system = (char *)""; /* AZ-7 */
	assert_int_equal(az_terms_application(&app, &f), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "'system'"));
}

static void other_operations_and_mechanisms_are_not_offered(void **state)
{
	Hufu__Application app;
	struct hf_fault f;
	(void)state;
	app_init(&app);
	app.action = (char *)"write";
	assert_int_equal(az_terms_application(&app, &f), HF_E_UNSUPPORTED);
	app_init(&app);
	app.mechanism = (char *)"emergency";
	assert_int_equal(az_terms_application(&app, &f), HF_E_UNSUPPORTED);
}

static void application_must_fit_the_entry(void **state)
{
	Hufu__Application app;
	Hufu__CatalogEntry entry;
	struct hf_fault f;
	char *unknown[] = {(char *)"flight", (char *)"pilot"}, *twice[] = {(char *)"flight", (char *)"flight"};
	(void)state;
	app_init(&app);
	entry_init(&entry);
	assert_int_equal(az_terms_against_entry(&app, &entry, at("2026-01-01"), &f), HF_OK);
	app.fields = unknown;
	assert_int_equal(az_terms_against_entry(&app, &entry, 0, &f), HF_E_WRONG_FIELDS);
	app.fields = twice;
	assert_int_equal(az_terms_against_entry(&app, &entry, 0, &f), HF_E_ARGUMENT);
	app_init(&app);
	app.provider = (char *)"rail";
	assert_int_equal(az_terms_against_entry(&app, &entry, 0, &f), HF_E_CONFLICT);
	app_init(&app);
	app.resource_version = 2;
	assert_int_equal(az_terms_against_entry(&app, &entry, 0, &f), HF_E_CONFLICT);
}

static void entry_that_is_not_on_offer_is_refused(void **state)
{
	Hufu__CatalogEntry entry;
	struct hf_fault f;
	(void)state;
	entry_init(&entry);
	entry.sharing = 3;
	assert_int_equal(az_terms_entry(&entry, 0, &f), HF_E_NOT_SHARED);
	entry.sharing = 0;
	assert_int_equal(az_terms_entry(&entry, 0, &f), HF_E_NOT_SHARED);
	entry_init(&entry);
	entry.withdrawn = true;
	assert_int_equal(az_terms_entry(&entry, 0, &f), HF_E_NOT_SHARED);
	entry_init(&entry);
	entry.not_after_ms = 1000;
	assert_int_equal(az_terms_entry(&entry, 999, &f), HF_OK);
	assert_int_equal(az_terms_entry(&entry, 1000, &f), HF_E_NOT_SHARED);
}

/* AZ-26: T, F and S, and nothing else. */
static void result_is_one_of_three(void **state)
{
	static const char *const others[] = {"", "t", "TF", "true", "X", "T ", "approved"};
	(void)state;
	assert_int_equal(az_result_step("T"), HF_STEP_APPROVE);
	assert_int_equal(az_result_step("F"), HF_STEP_REJECT);
	assert_int_equal(az_result_step("S"), HF_STEP_RETURN);
	assert_int_equal(az_result_step(NULL), HF_STEP_INVALID);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(az_result_step(others[i]), HF_STEP_INVALID);
}

static Hufu__Header agreement_header = HUFU__HEADER__INIT;
static char *obligations[] = {(char *)"log", (char *)"receipt"};

static void agreement_init(Hufu__Agreement *g, const Hufu__Application *app)
{
	hufu__agreement__init(g);
	agreement_header.time_ms = app->from_ms;
	g->header = &agreement_header;
	g->resource = app->resource;
	g->assigner = app->provider;
	g->assignee = app->organization;
	g->department = app->department;
	g->system = app->system;
	g->system_address = app->system_address;
	g->action = app->action;
	g->purpose = app->purpose;
	g->fields = app->fields;
	g->n_fields = app->n_fields;
	g->from_ms = app->from_ms;
	g->until_ms = app->until_ms;
	g->obligations = obligations;
	g->n_obligations = 2;
}

/* The consumer countersigns nothing but what it applied for. */
static void agreement_may_only_narrow_the_application(void **state)
{
	Hufu__Application app;
	Hufu__Agreement g;
	struct hf_fault f;
	char *more[] = {(char *)"flight", (char *)"tail"}, *strange[] = {(char *)"delete-after-use"};
	(void)state;
	app_init(&app);
	agreement_init(&g, &app);
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_OK);
	g.until_ms--;
	g.n_fields = 1;
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_OK);
	agreement_init(&g, &app);
	g.until_ms++;
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_E_CONFLICT);
	agreement_init(&g, &app);
	g.system = (char *)"other"; /* AZ-22 */
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_E_CONFLICT);
	agreement_init(&g, &app);
	g.fields = more;
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_E_WRONG_FIELDS);
	agreement_init(&g, &app);
	g.n_fields = 0;
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_E_WRONG_FIELDS);
	agreement_init(&g, &app);
	agreement_header.time_ms = app.from_ms + HF_CLOCK_SKEW_MS + 1; /* backdated */
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_E_CONFLICT);
	agreement_init(&g, &app);
	g.obligations = strange;
	g.n_obligations = 1;
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_E_OBLIGATION);
}

static void criteria_fill(Hufu__ReviewCriteria *c)
{
	static char *purposes[] = {(char *)"claims-check"}, *places[] = {(char *)"CN-31"},
	            *roles[] = {(char *)"consumer"};
	hufu__review_criteria__init(c);
	c->purposes = purposes;
	c->n_purposes = 1;
	c->jurisdictions = places;
	c->n_jurisdictions = 1;
	c->roles = roles;
	c->n_roles = 1;
	c->max_days = 366;
	c->max_fields = 2;
	c->purpose_text = true;
}

static void member_fill(Hufu__Member *m)
{
	static char *roles[] = {(char *)"provider", (char *)"consumer"};
	hufu__member__init(m);
	m->jurisdiction = (char *)"CN-31";
	m->roles = roles;
	m->n_roles = 2;
}

struct criteria_case {
	Hufu__Application app;
	Hufu__CatalogEntry entry;
	Hufu__ReviewCriteria criteria;
	Hufu__Member member;
	struct criteria_result result;
};

static void case_init(struct criteria_case *c)
{
	app_init(&c->app);
	entry_init(&c->entry);
	criteria_fill(&c->criteria);
	member_fill(&c->member);
	c->entry.criteria = &c->criteria;
}

static const char *first_failed(struct criteria_case *c)
{
	az_criteria_evaluate(&c->entry, &c->app, &c->member, &c->result);
	return c->result.failed < 0 ? "" : c->result.list[c->result.failed]->point;
}

/* AZ-10: each published criterion is checked and recorded, and fails alone. */
static void each_criterion_fails_alone(void **state)
{
	static struct criteria_case c;
	(void)state;
	case_init(&c);
	assert_string_equal(first_failed(&c), "");
	assert_int_equal(c.result.count, 6);
	c.app.purpose = (char *)"marketing";
	assert_string_equal(first_failed(&c), "purpose");
	case_init(&c);
	c.member.jurisdiction = (char *)"CN-32";
	assert_string_equal(first_failed(&c), "jurisdiction");
	case_init(&c);
	c.member.n_roles = 1;
	assert_string_equal(first_failed(&c), "role");
	case_init(&c);
	c.app.until_ms = c.app.from_ms + 367 * DAY;
	assert_string_equal(first_failed(&c), "period");
	case_init(&c);
	c.app.n_fields = 0; /* all three */
	assert_string_equal(first_failed(&c), "fields");
	case_init(&c);
	c.app.reason = (char *)"核验 理赔 延误";
	assert_string_equal(first_failed(&c), "reason");
	c.app.reason = (char *)"航班延误理赔需要核验实际到达";
	assert_string_equal(first_failed(&c), "");
}

static void entry_without_criteria_checks_the_period_alone(void **state)
{
	static struct criteria_case c;
	(void)state;
	case_init(&c);
	c.entry.criteria = NULL;
	assert_string_equal(first_failed(&c), "");
	assert_int_equal(c.result.count, 1);
	c.app.until_ms = c.app.from_ms + 4 * 366 * DAY;
	assert_string_equal(first_failed(&c), "period");
}

/* AZ-9, AZ-10: the provider accepts a record only when it shows every criterion of its own entry, met. */
static void record_must_show_every_criterion(void **state)
{
	static struct criteria_case c;
	struct hf_fault f;
	(void)state;
	case_init(&c);
	assert_string_equal(first_failed(&c), "");
	assert_int_equal(az_criteria_agree(&c.result, c.result.list, c.result.count, &f), HF_OK);
	assert_int_equal(az_criteria_agree(&c.result, c.result.list, c.result.count - 1, &f), HF_E_CRITERION);
	assert_int_equal(az_criteria_agree(&c.result, c.result.list + 1, c.result.count - 1, &f), HF_E_CRITERION);
	c.result.finding[2].ok = false;
	assert_int_equal(az_criteria_agree(&c.result, c.result.list, c.result.count, &f), HF_E_CRITERION);
}

struct thing {
	struct hf_index_item item;
	struct hf_id id;
};

static void index_finds_what_was_added_and_forgets_what_was_removed(void **state)
{
	enum { THINGS = 1000 };
	static struct thing things[THINGS];
	struct hf_index x = {NULL, 0, 0};
	(void)state;
	assert_null(hf_index_first(&x, 1));
	for (size_t i = 0; i < THINGS; i++) {
		things[i].id = hf_id_new((int64_t)i);
		things[i].item.hash = hf_index_hash(&things[i].id, "claims");
		hf_index_add(&x, &things[i].item);
	}
	for (size_t i = 0; i < THINGS; i += 2)
		hf_index_remove(&x, &things[i].item);
	assert_int_equal(x.item_count, THINGS / 2);
	for (size_t i = 0; i < THINGS; i++) {
		struct hf_index_item *p = hf_index_first(&x, things[i].item.hash);
		while (p && p != &things[i].item)
			p = p->next;
		assert_int_equal(p != NULL, i % 2);
	}
	hf_index_done(&x);
}

/* A field that is gone, or was not there when it was agreed, is not what was agreed. */
static void every_agreed_field_must_still_be_there(void **state)
{
	Hufu__Field a = HUFU__FIELD__INIT, b = HUFU__FIELD__INIT;
	Hufu__Field *both[] = {&a, &b};
	char *names[] = {(char *)"flight", (char *)"delay"};
	Hufu__CatalogEntry agreed = HUFU__CATALOG_ENTRY__INIT, now;
	Hufu__Agreement g = HUFU__AGREEMENT__INIT;
	struct hf_fault f;
	(void)state;
	a.name = names[0];
	b.name = names[1];
	agreed.fields = both;
	agreed.n_fields = 2;
	g.fields = names;
	g.n_fields = 2;
	now = agreed;
	assert_int_equal(az_terms_still(&g, &agreed, &now, &f), HF_OK);
	now.n_fields = 1;
	assert_int_equal(az_terms_still(&g, &agreed, &now, &f), HF_E_TERMS_CHANGED);
	assert_non_null(strstr(f.text, "'delay'"));
	g.n_fields = 1; /* of no concern to who has not got it */
	assert_int_equal(az_terms_still(&g, &agreed, &now, &f), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(period_of_three_years_is_the_longest),
	        cmocka_unit_test(period_from_a_leap_day_ends_on_28_february),
	        cmocka_unit_test(period_that_does_not_rise_is_refused),
	        cmocka_unit_test(each_missing_statement_is_named),
	        cmocka_unit_test(other_operations_and_mechanisms_are_not_offered),
	        cmocka_unit_test(application_must_fit_the_entry),
	        cmocka_unit_test(entry_that_is_not_on_offer_is_refused),
	        cmocka_unit_test(result_is_one_of_three),
	        cmocka_unit_test(agreement_may_only_narrow_the_application),
	        cmocka_unit_test(each_criterion_fails_alone),
	        cmocka_unit_test(entry_without_criteria_checks_the_period_alone),
	        cmocka_unit_test(record_must_show_every_criterion),
	        cmocka_unit_test(every_agreed_field_must_still_be_there),
	        cmocka_unit_test(index_finds_what_was_added_and_forgets_what_was_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
