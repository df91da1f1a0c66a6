/* leave_test.c - what an application and a use rest on: the data authority's leave to apply, the provider's leave to
 * publish, the consent of those whom the data is about. */
#include "authz/rulebook.h"
#include "catalog/consent.h"

#include "cast.h"

static bool end_apply(void *ctx, const Hufu__MandateRow *row)
{
	struct hf_id *out = ctx;
	if (row->ended_ms || strcmp(row->acts[0], HF_MANDATE_APPLY) != 0)
		return true;
	return !hf_id_from_bytes(row->id.data, row->id.len, out);
}

static bool end_data(void *ctx, const Hufu__MandateRow *row)
{
	struct hf_id *out = ctx;
	if (row->ended_ms || row->n_acts < 2)
		return true;
	return !hf_id_from_bytes(row->id.data, row->id.len, out);
}

static void withdraw_all(struct node *n, hf_mandate_fn find)
{
	for (;;) {
		struct hf_id id = {{0}};
		struct hf_fault f = {HF_OK, ""};
		assert_int_equal(hf_mandate_list(n->catalog, find, &id), HF_OK);
		if (hf_id_is_zero(&id))
			return;
		struct hf_unit *u = hf_unit_new();
		assert_int_equal(hf_mandate_end(n->catalog, &id, "kang", "plan withdrawn", u, &f), HF_OK);
		submit_wait(n, u);
	}
}

/* DS-25: an application without a recorded authorization is denied, and so is one for a purpose, a department or a
 * system outside it. */
static void nobody_applies_without_leave(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id id;
	in.purpose = "resale";
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_NO_MANDATE);
	assert_non_null(strstr(last_fault, "resale"));
	in = wish(&s->plain);
	withdraw_all(s->health, end_apply);
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_NO_MANDATE);
	assert_non_null(strstr(last_fault, "`hufu mandate apply`"));
	static char *acts[] = {(char *)HF_MANDATE_APPLY}, *purposes[] = {(char *)"claims-check"},
	            *systems[] = {(char *)"archive"};
	Hufu__MandateRow row = HUFU__MANDATE_ROW__INIT;
	struct hf_id narrow = hf_id_new(s->w->now_ms);
	struct hf_unit *u = hf_unit_new();
	row.id = BIN_ID(&narrow);
	row.acts = acts;
	row.n_acts = 1;
	row.purposes = purposes;
	row.n_purposes = 1;
	row.systems = systems;
	row.n_systems = 1;
	row.until_ms = s->w->now_ms + 10 * DAY;
	row.given_by = (char *)"li";
	assert_int_equal(hf_mandate_put(u, &row), HF_OK);
	submit_wait(s->health, u);
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_NO_MANDATE);
	assert_non_null(strstr(last_fault, "'desk' is outside its scope"));
	in.system = "archive";
	MUST(draft_as(s->health, "wang", &in, &id));
	MUST(withdraw_as(s->health, "wang", &id));
	install(s->health, "second", "", ""); /* with the usual leave for all */
}

static struct hf_id consent_kept(struct stage *s)
{
	static char *purposes[] = {(char *)"claims-check"};
	Hufu__ConsentRow row = HUFU__CONSENT_ROW__INIT;
	struct hf_id id = hf_id_new(s->w->now_ms);
	struct hf_unit *u = hf_unit_new();
	row.id = BIN_ID(&id);
	row.basis = (char *)"consent";
	row.subject = (char *)"旅客 118";
	row.purposes = purposes;
	row.n_purposes = 1;
	row.until_ms = s->w->now_ms + 20 * DAY;
	assert_int_equal(hf_consent_put(u, &row), HF_OK);
	submit_wait(s->roads, u);
	return id;
}

/* SB-6: after the withdrawal of the consent, and after its end, the next decision is a denial that names the record. */
static void withdraw_consent(struct stage *s, const struct hf_id *consent)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_consent_end(s->roads->catalog, consent, "zhao", "letter", u, &f), HF_OK);
	submit_wait(s->roads, u);
}

static void withdrawn_consent_stops_the_next_use(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id consent = consent_kept(s);
	struct hf_id entry =
	        publish(s->roads, &(struct offer){.title = "people", .intake = "hub", .consent = &consent});
	(void)granted(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	char text[HF_ID_TEXT];
	hf_id_text(&consent, text);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.now_ms = s->w->now_ms + 20 * DAY;
	assert_int_equal(decided(s->roads, &rq), HF_E_CONSENT);
	assert_non_null(strstr(last_fault, text));
	rq.now_ms = s->w->now_ms;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	withdraw_consent(s, &consent);
	assert_int_equal(decided(s->roads, &rq), HF_E_CONSENT);
	assert_non_null(strstr(last_fault, text));
}

/* SB-6: no mechanism gets around it: what the provider gives of itself and what a rule permits rest on it, too. */
static void every_mechanism_rests_on_the_consent(void **state)
{
	static const char policy[] = "policy:\n  name: consents\n  version: 1\n  attributes: standard\n"
	                             "rules:\n  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n"
	                             "    until: 2035-01-01\n    when:\n      resource.id: \"%s\"\n"
	                             "      subject.organization: health\n      system.name: archive\n"
	                             "      context.purpose: claims-check\n";
	struct stage *s = stage_of(state);
	struct hf_id consent = consent_kept(s), given;
	struct hf_id entry =
	        publish(s->roads, &(struct offer){.title = "people", .intake = "hub", .consent = &consent});
	struct hf_access_request by_gift = asking(&entry, s->w->now_ms), by_rule = asking(&entry, s->w->now_ms);
	struct hf_grant_offer_in in = gift(s, &entry);
	struct hf_policy_set set;
	char text[sizeof(policy) + HF_ID_TEXT], id[HF_ID_TEXT];
	hire(s->roads, "pan", "publisher", "", "HR-3002");
	by_rule.system = "archive";
	hf_id_text(&entry, id);
	snprintf(text, sizeof(text), policy, id);
	MUST(offer_as(s->roads, "pan", &in, &given));
	MUST(give_as(s->roads, "zhou", &given, "T", NULL));
	COMMAND(c, s->roads, "zhou");
	MUST(command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, text, "agreed with health", &set)));
	assert_int_equal(decided(s->roads, &by_gift), HF_OK);
	assert_int_equal(decided(s->roads, &by_rule), HF_OK);
	withdraw_consent(s, &consent);
	hf_id_text(&consent, id);
	assert_int_equal(decided(s->roads, &by_gift), HF_E_CONSENT);
	assert_non_null(strstr(last_fault, id));
	assert_int_equal(decided(s->roads, &by_rule), HF_E_CONSENT);
	assert_non_null(strstr(last_fault, id));
}

/* DS-24: data is delivered only as long as the leave to publish it is not withdrawn. */
static void withdrawn_leave_to_publish_stops_the_next_use(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "short", .intake = "hub"});
	(void)granted(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	withdraw_all(s->roads, end_data);
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_MANDATE);
	register_source(s->roads, "flights");
	(void)publish(s->roads, &(struct offer){.title = "short", .intake = "hub", .id = entry});
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nobody_applies_without_leave),
	        cmocka_unit_test(withdrawn_consent_stops_the_next_use),
	        cmocka_unit_test(every_mechanism_rests_on_the_consent),
	        cmocka_unit_test(withdrawn_leave_to_publish_stops_the_next_use),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
