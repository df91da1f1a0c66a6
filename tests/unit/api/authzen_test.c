/* authzen_test.c - the questions of gateways: what is asked is answered or refused, never another question. */
#include "authz/border.h"
#include "authz/rulebook.h"
#include "unit/authz/cast.h"

#include "unit/api/gate.h"

static const char policy[] =
        "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
        "hierarchies:\n  organizations:\n    space: []\n    health: space\n    hub: space\n    roads: space\n"
        "  regions:\n    CN: []\n  topics: {}\n"
        "rules:\n  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    when:\n"
        "%s      subject.organization: {under: [space]}\n      system.name: desk\n%s";

/* For this entry, or for all. */
static void apply(struct stage *s, const struct hf_id *entry, const char *obligations)
{
	static unsigned version;
	char text[2048], id[HF_ID_TEXT], condition[80] = "";
	struct hf_policy_set set;
	COMMAND(c, s->roads, "zhou");
	if (entry) {
		hf_id_text(entry, id);
		snprintf(condition, sizeof(condition), "      resource.id: \"%s\"\n", id);
	}
	snprintf(text, sizeof(text), policy, ++version, condition, obligations);
	MUST(command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, text, "agreed with health", &set)));
}

/* Asks as a gateway of roads; json_decref what comes back, NULL when it was refused with status and last_fault. */
static json_t *ask(struct stage *s, const char *path, json_t *in, unsigned *ret_status)
{
	return gate_ask(s->roads, path, in, ret_status);
}

static json_t *question(const struct hf_id *entry)
{
	char id[HF_ID_TEXT];
	hf_id_text(entry, id);
	return json_pack("{s:{s:s, s:s, s:{s:s}}, s:{s:s}, s:{s:s, s:s}, s:{s:s}}", "subject", "type", "system", "id",
	                 "health/desk", "properties", "address", "10.1.0.5", "action", "name", "read", "resource",
	                 "type", "dataset", "id", id, "context", "purpose", "claims-check");
}

static bool permitted(struct stage *s, const struct hf_id *entry)
{
	unsigned status;
	json_t *out = ask(s, "evaluation", question(entry), &status);
	bool yes = json_is_true(json_object_get(out, "decision"));
	assert_int_equal(status, 200);
	json_decref(out);
	return yes;
}

/* ---- fields ---- */

static json_t *odd_fields(size_t i)
{
	json_t *many = json_array();
	switch (i) {
	case 0:
		json_decref(many);
		return json_string("no_such_field");
	case 1:
		json_decref(many);
		return json_pack("{s:s}", "name", "no_such_field");
	case 2:
		json_decref(many);
		return json_pack("[s, i]", "flight", 7);
	case 3:
		for (size_t k = 0; k < 257; k++)
			json_array_append_new(many, json_string(k < 256 ? "flight" : "no_such_field"));
		return many;
	default:
		json_decref(many);
		return NULL;
	}
}

/* AZ-1: fields that cannot be read are not left out of the question, which would be one about all of them. */
static void fields_that_are_no_list_of_names_are_refused(void **state)
{
	static const char *const paths[] = {"evaluation", "evaluations", "search/subject", "search/resource",
	                                    "search/action"};
	struct stage *s = stage_of(state);
	unsigned status;
	apply(s, &s->plain, "    obligations:\n      - fields: [flight]\n");
	assert_true(permitted(s, &s->plain));
	for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++)
		for (size_t i = 0; i < 4; i++) {
			json_t *q = question(&s->plain);
			if (strcmp(paths[p], "search/action") == 0)
				json_object_del(q, "action");
			json_object_set_new(json_object_get(q, "context"), "fields", odd_fields(i));
			json_t *out = ask(s, paths[p], q, &status);
			if (status != 400)
				fail_msg("%s, case %zu: %u", paths[p], i, status);
			assert_null(out);
			assert_non_null(strstr(last_fault, "'context.fields'"));
		}
	json_t *q = question(&s->plain);
	json_object_set_new(json_object_get(q, "context"), "fields", json_pack("[s]", "flight"));
	json_t *out = ask(s, "evaluation", q, &status);
	assert_true(json_is_true(json_object_get(out, "decision")));
	json_decref(out);
}

static void a_search_with_a_context_that_is_no_object_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	json_t *q = question(&s->plain);
	unsigned status;
	json_object_set_new(q, "context", json_string("claims-check"));
	assert_null(ask(s, "search/resource", q, &status));
	assert_int_equal(status, 400);
	assert_non_null(strstr(last_fault, "'context'"));
}

/* ---- what would have to be counted ---- */

static void assert_obligation(struct stage *s, const struct hf_id *entry, const char *why)
{
	unsigned status;
	json_t *out = ask(s, "evaluation", question(entry), &status), *c = json_object_get(out, "context");
	assert_true(json_is_false(json_object_get(out, "decision")));
	assert_string_equal(json_string_value(json_object_get(c, "reason")), hf_err_reason(HF_E_OBLIGATION));
	assert_non_null(strstr(json_string_value(json_object_get(c, "text")), why));
	assert_null(json_object_get(c, "obligations"));
	json_decref(out);
	json_t *q = question(entry);
	json_object_del(q, "action");
	out = ask(s, "search/action", q, &status);
	assert_int_equal(status, 200);
	assert_int_equal(json_array_size(json_object_get(out, "results")), 0);
	json_decref(out);
	q = question(entry);
	json_object_set_new(q, "subject", json_pack("{s:s}", "type", "system"));
	out = ask(s, "search/subject", q, &status);
	assert_int_equal(status, 200);
	assert_int_equal(json_array_size(json_object_get(out, "results")), 0);
	json_decref(out);
	q = question(entry);
	json_object_set_new(q, "evaluations", json_pack("[{}]"));
	out = ask(s, "evaluations", q, &status);
	assert_int_equal(status, 200);
	assert_true(json_is_false(json_object_get(json_array_get(json_object_get(out, "evaluations"), 0), "decision")));
	json_decref(out);
	q = question(entry);
	out = ask(s, "search/resource", q, &status);
	assert_int_equal(status, 200);
	char id[HF_ID_TEXT];
	size_t i;
	const json_t *r;
	hf_id_text(entry, id);
	json_array_foreach(json_object_get(out, "results"), i, r)
	        assert_string_not_equal(json_string_value(json_object_get(r, "id")), id);
	json_decref(out);
}

/* AZ-73, SB-26: nothing is reserved for a gateway, so what is given a number of times is not given to it at all. */
static void what_is_given_so_many_times_is_not_given_to_a_gateway(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "counted", .intake = "hub"});
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	apply(s, &entry, "    obligations:\n      - uses: 2\n");
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_obligation(s, &entry, "'uses:2'");
	apply(s, &entry, "");
	assert_true(permitted(s, &entry));
}

/* AZ-73, SB-26, DS-85: what the entry got after the grant was given holds for the grant, here as for a fetch; so does
 * what it says of the record. */
static void what_the_entry_demands_later_holds_for_a_grant(void **state)
{
	static const struct {
		const char *duty, *why;
	} rows[] = {{"uses:1", "'uses:1'"},     {"rows:delay < 5", "'rows:delay < 5'"}, /* SB-60 */
	            {"sealed", "'sealed'"},     {"delete-after:60000", "'delete-after:60000'"},
	            {"record-witnessed", NULL}, {"record-mirrored", NULL}};
	struct stage *s = stage_of(state);
	struct offer o = {.title = "later", .intake = "hub"};
	o.id = publish(s->roads, &o);
	(void)granted(s, &o.id);
	assert_true(permitted(s, &o.id));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o.duty = rows[i].duty;
		(void)publish(s->roads, &o);
		if (!rows[i].why) /* the grant's own record, before that of the answer */
			assert_false(permitted(s, &o.id));
		else
			assert_obligation(s, &o.id, rows[i].why);
		o.duty = NULL;
		(void)publish(s->roads, &o);
		assert_true(permitted(s, &o.id));
	}
}

static size_t found_actions(struct stage *s, const struct hf_id *entry)
{
	unsigned status;
	json_t *q = question(entry);
	json_object_del(q, "action");
	json_t *out = ask(s, "search/action", q, &status);
	assert_int_equal(status, 200);
	size_t n = json_array_size(json_object_get(out, "results"));
	json_decref(out);
	return n;
}

/* One that is permitted, one that is not. */
static json_t *two_questions(const struct hf_id *entry, const char *semantic)
{
	json_t *q = question(entry);
	json_object_set_new(q, "evaluations", json_pack("[{}, {s:{s:s}}]", "context", "purpose", "marketing"));
	json_object_set_new(q, "options", json_pack("{s:s}", "evaluations_semantic", semantic));
	return q;
}

/* AZ-73: what a rule demands of the record of the decision is told with the permit, so that the answer waits for it; a
 * denial waits for nothing, and when the time is over the permit becomes one. */
static void what_is_to_be_on_record_first_waits_for_its_record(void **state)
{
	static const enum hf_entry_state states[] = {HF_ENTRY_WITNESSED, HF_ENTRY_MIRRORED};
	struct stage *s = stage_of(state);
	struct offer o = {.title = "on record", .intake = "hub"};
	unsigned status;
	o.id = publish(s->roads, &o);
	apply(s, &o.id, "");
	assert_true(permitted(s, &o.id));
	assert_true(gate_demands <= HF_ENTRY_DURABLE);
	for (size_t i = 0; i < 2; i++) {
		o.duty = hf_entry_state_duty(hf_entry_state_word(states[i]));
		(void)publish(s->roads, &o);
		assert_true(permitted(s, &o.id));
		assert_int_equal(gate_demands, states[i]);
		assert_int_equal(found_actions(s, &o.id), 1);
		json_t *out = ask(s, "evaluations", two_questions(&o.id, "execute_all"), &status);
		assert_int_equal(json_array_size(json_object_get(out, "evaluations")), 2);
		assert_int_equal(gate_demands, states[i]);
		json_decref(out);
		gate_late = true;
		out = ask(s, "evaluation", question(&o.id), &status);
		const json_t *c = json_object_get(out, "context");
		assert_true(json_is_false(json_object_get(out, "decision")));
		assert_string_equal(json_string_value(json_object_get(c, "reason")), hf_err_reason(HF_E_BUSY));
		assert_non_null(strstr(json_string_value(json_object_get(c, "text")), o.duty));
		assert_null(json_object_get(c, "obligations"));
		assert_true(gate_demands <= HF_ENTRY_DURABLE);
		json_decref(out);
		out = ask(s, "evaluations", two_questions(&o.id, "deny_on_first_deny"), &status);
		assert_int_equal(json_array_size(json_object_get(out, "evaluations")), 1);
		assert_true(gate_demands <= HF_ENTRY_DURABLE);
		json_decref(out);
		gate_late = false;
	}
	apply(s, &o.id, "    obligations:\n      - uses: 2\n");
	assert_false(permitted(s, &o.id)); /* for another reason, which is no matter of time */
	assert_true(gate_demands <= HF_ENTRY_DURABLE);
}

static void health_abroad(struct sb_space *sb)
{
	sb->member[SB_HEALTH].jurisdiction = (char *)"SG";
}

static int abroad_up(void **state)
{
	stage_shape = health_abroad;
	int e = stage_up(state);
	stage_shape = NULL;
	return e;
}

/* SB-7: the persons of a year are counted before each delivery, which a gateway's own is not. */
static void personal_data_across_a_border_is_not_given_to_a_gateway(void **state)
{
	static char *any[] = {(char *)"*"};
	struct hf_border_rule rule = {
	        .others = any, .other_count = 1, .max_level = 4, .allow = true, .persons_per_year = 50000};
	struct hf_border_pack packs[2] = {{.name = (char *)"cn-export",
	                                   .jurisdiction = (char *)"CN",
	                                   .side = HF_BORDER_ORIGIN,
	                                   .rules = &rule,
	                                   .rule_count = 1,
	                                   .until_ms = NOW + 1000 * DAY},
	                                  {.name = (char *)"sg-import",
	                                   .jurisdiction = (char *)"SG",
	                                   .side = HF_BORDER_DESTINATION,
	                                   .rules = &rule,
	                                   .rule_count = 1,
	                                   .until_ms = NOW + 1000 * DAY}};
	struct hf_border_rules rules = {.packs = packs, .pack_count = 2};
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->personal);
	hire(s->roads, "xu", "privacy-expert", "", "HR-3002");
	MUST(privacy_as(s->roads, "xu", &id, true, true));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	hf_authz_set_border(s->roads->authz, &rules);
	struct hf_access_request rq = asking(&s->personal, s->w->now_ms);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_obligation(s, &s->personal, "border");
	hf_authz_set_border(s->roads->authz, NULL);
}

/* ---- pages ---- */

#define PAGE_MOST 8

/* One result of a search for resources; ret_id "" when there is none. */
static void one_more(struct stage *s, char token[1024], char ret_id[HF_ID_TEXT])
{
	json_t *q = question(&s->plain), *page = json_pack("{s:i, s:s}", "limit", 1, "token", token);
	unsigned status;
	json_object_set_new(q, "page", page);
	json_t *out = ask(s, "search/resource", q, &status);
	if (!out)
		fail_msg("%u: %s", status, last_fault);
	const json_t *first = json_array_get(json_object_get(out, "results"), 0);
	snprintf(ret_id, HF_ID_TEXT, "%s", first ? json_string_value(json_object_get(first, "id")) : "");
	snprintf(token, 1024, "%s", json_string_value(json_object_get(json_object_get(out, "page"), "next_token")));
	json_decref(out);
}

/* All of them, a page each. */
static size_t walk(struct stage *s, char ids[PAGE_MOST][HF_ID_TEXT])
{
	char token[1024] = "";
	size_t n = 0;
	do {
		assert_true(n < PAGE_MOST);
		one_more(s, token, ids[n]);
		n += ids[n][0] != 0;
	} while (token[0]);
	return n;
}

/* What is there all the time is told exactly once, whatever comes or goes before it in between. */
static void a_page_goes_on_behind_the_last_name(void **state)
{
	struct stage *s = stage_of(state);
	char before[PAGE_MOST][HF_ID_TEXT], token[1024] = "", id[HF_ID_TEXT];
	apply(s, NULL, "");
	size_t count = walk(s, before);
	assert_true(count > 2);
	one_more(s, token, id);
	assert_string_equal(id, before[0]);
	struct hf_id first, gone;
	assert_true(hf_id_parse(before[0], &first));
	withdraw_entry(s->roads, &first);
	one_more(s, token, id);
	assert_string_equal(id, before[1]);
	assert_true(hf_id_parse(before[1], &gone));
	withdraw_entry(s->roads, &gone);
	for (size_t i = 2; i < count; i++) {
		one_more(s, token, id);
		assert_string_equal(id, before[i]);
	}
	if (token[0]) { /* behind it stands what is not permitted: identifiers of one millisecond are in any order */
		one_more(s, token, id);
		assert_string_equal(id, "");
	}
	assert_string_equal(token, "");
}

static void a_token_that_is_bent_is_refused(void **state)
{
	static const char *const odd[] = {"0", "00", "zz", "page"};
	struct stage *s = stage_of(state);
	char token[1024] = "", id[HF_ID_TEXT], bent[1024];
	unsigned status;
	apply(s, NULL, "");
	one_more(s, token, id);
	for (size_t i = 0; i < 7; i++) {
		json_t *q = question(&s->plain);
		snprintf(bent, sizeof(bent), "%s", i < 4 ? odd[i] : token);
		if (i == 4)
			bent[0] = bent[0] == '0' ? '1' : '0'; /* bound to something else */
		if (i == 5)
			bent[strlen(bent) - 1] = '\0'; /* half a byte */
		if (i == 6)
			snprintf(bent + strlen(bent), sizeof(bent) - strlen(bent),
			         "0041"); /* a name with an end in it */
		json_object_set_new(q, "page", json_pack("{s:i, s:s}", "limit", 1, "token", bent));
		assert_null(ask(s, "search/resource", q, &status));
		assert_int_equal(status, 400);
		assert_non_null(strstr(last_fault, "page.token"));
	}
}

/* A token is bound to all that permits, not to the rules alone: a mandate, and the descriptor. */
static void a_token_of_other_mandates_or_members_is_refused(void **state)
{
	static char *purposes[] = {(char *)"open data plan 2026"};
	struct stage *s = stage_of(state);
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	char id[HF_ID_TEXT];
	unsigned status;
	apply(s, NULL, "");
	for (int i = 0; i < 2; i++) {
		char token[1024] = "";
		one_more(s, token, id);
		assert_string_not_equal(token, "");
		json_t *q = question(&s->plain), *page = json_pack("{s:i, s:s}", "limit", 1, "token", token);
		if (i == 0) {
			struct hf_unit *u = hf_unit_new();
			leave_publish(u, s->w->now_ms, purposes, 1);
			submit_wait(s->roads, u);
		} else {
			sb_sign(s->w->sb, &envelope);
			sb_next(s->w->sb, &envelope);
			sb_sign(s->w->sb, &envelope);
			if (hf_space_extend(s->w->space, envelope.data, envelope.len, &f) != HF_OK)
				fail_msg("%s", f.text);
		}
		json_object_set_new(q, "page", page);
		assert_null(ask(s, "search/resource", q, &status));
		assert_int_equal(status, 400);
		assert_non_null(strstr(last_fault, "page.token"));
	}
	hf_buf_done(&envelope);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(fields_that_are_no_list_of_names_are_refused),
	        cmocka_unit_test(a_search_with_a_context_that_is_no_object_is_refused),
	        cmocka_unit_test(what_is_given_so_many_times_is_not_given_to_a_gateway),
	        cmocka_unit_test(what_the_entry_demands_later_holds_for_a_grant),
	        cmocka_unit_test(what_is_to_be_on_record_first_waits_for_its_record),
	        cmocka_unit_test(a_token_that_is_bent_is_refused),
	        cmocka_unit_test(a_token_of_other_mandates_or_members_is_refused),
	        cmocka_unit_test(a_page_goes_on_behind_the_last_name),
	        cmocka_unit_test_setup_teardown(personal_data_across_a_border_is_not_given_to_a_gateway, abroad_up,
	                                        stage_down),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
