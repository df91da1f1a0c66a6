/*
 * authzen_search_test.c - a search is complete over all mechanisms, and says what an evaluation of each result alone
 * says. "health" uses what "roads" gives by a scenario, a promotion, a policy rule, an application and an emergency.
 */
#include "authz/promotion.h"
#include "authz/rulebook.h"
#include "authz/scenario.h"
#include "unit/authz/emergency_stage.h"

#include "unit/api/gate.h"

#define PURPOSE "flood-relief"

struct search {
	struct scene *s;
	struct hf_id scenario, promoted, ruled, applied, emergency, closed; /* entries of roads, one mechanism each */
};

/* ---- what is given ---- */

static const char policy[] =
        "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
        "hierarchies:\n  organizations:\n    space: []\n    health: space\n    hub: space\n    roads: space\n"
        "    clinic: space\n"
        "  regions:\n    CN: []\n  topics: {}\nrules:\n%s";
/* Names: the rule, entry, the rest. */
static const char rule[] = "  - id: %s\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n"
                           "    when:\n      resource.id: \"%s\"\n      context.purpose: " PURPOSE "\n%s";

static void put_rules(struct scene *s, const char *rules)
{
	static unsigned version;
	struct hf_buf text = HF_BUF_INIT;
	struct hf_policy_set set;
	COMMAND(c, s->roads, "zhou");
	assert_true(hf_buf_addf(&text, policy, ++version, rules) && hf_buf_add(&text, "", 1));
	MUST(command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, (const char *)text.data, "agreed", &set)));
	hf_buf_done(&text);
}

static size_t add_rule(char *out, size_t cap, const char *name, const struct hf_id *entry, const char *rest)
{
	char id[HF_ID_TEXT];
	hf_id_text(entry, id);
	return (size_t)snprintf(out, cap, rule, name, id, rest);
}

static struct hf_id apply_for(struct scene *s, const struct hf_id *entry, const char *system)
{
	struct hf_application_in in = wish(entry);
	struct hf_id id;
	in.system = system;
	in.purpose = PURPOSE;
	MUST(draft_as(s->health, "wang", &in, &id));
	MUST(need_as(s->health, "lin", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	return id;
}

static void open_scenario(struct scene *s, const struct hf_id *entry)
{
	static const char *const providers[] = {"roads"};
	const struct hf_scenario_in made = {.name = "relief",
	                                    .purpose = PURPOSE,
	                                    .until_ms = s->w->now_ms + 90 * DAY,
	                                    .providers = providers,
	                                    .provider_count = 1};
	struct hf_id id, opening;
	COMMAND(c, s->hub, "bai");
	MUST(command_end(&c, hf_scenario_create(s->hub->authz, &c.in, &made, &id)));
	COMMAND(m, s->hub, "bai");
	MUST(command_end(&m, hf_scenario_confirm(s->hub->authz, &m.in, &id,
	                                         &(struct hf_scenario_member){"health", "", "pumps", "10.1.0.9"})));
	const struct hf_opening_in in = {.scenario = id, .entry = *entry, .until_ms = s->w->now_ms + 60 * DAY};
	COMMAND(o, s->roads, "zhou");
	MUST(command_end(&o, hf_scenario_open(s->roads->authz, &o.in, &in, &opening)));
}

static void promote(struct scene *s, const struct hf_id *entry)
{
	const struct hf_promotion_in in = {.entry = *entry, .purpose = "", .reason = "needed every day"};
	struct hf_id id;
	(void)apply_for(s, entry, "desk");
	(void)apply_for(s, entry, "archive");
	COMMAND(c, s->roads, "pu");
	MUST(command_end(&c, hf_promotion_propose(s->roads->authz, &c.in, &in, &id)));
	COMMAND(d, s->roads, "zhou");
	MUST(command_end(&d, hf_promotion_decide(s->roads->authz, &d.in, &id, "T", NULL, 0, NULL)));
}

static struct hf_id offered(struct scene *s, const char *title)
{
	return publish(s->roads, &(struct offer){.title = title, .intake = "hub"});
}

static int up(void **state)
{
	struct search *x = hf_alloc_zero(sizeof(*x));
	char rules[4096];
	size_t n = 0;
	scene_up((void **)&x->s);
	struct scene *s = x->s;
	hire(s->health, "lin", "data-authority", "", "HR-1009");
	hire(s->roads, "pu", "publisher", "", "HR-3009");
	install(s->health, "desk", "", "10.1.0.6");
	install(s->roads, "depot", "", "10.3.0.1");
	x->scenario = offered(s, "scenario");
	x->promoted = offered(s, "promoted");
	x->ruled = offered(s, "ruled");
	x->applied = offered(s, "applied");
	x->emergency = s->bridges;
	x->closed = offered(s, "closed");
	open_scenario(s, &x->scenario);
	promote(s, &x->promoted);
	(void)apply_for(s, &x->applied, "desk");
	(void)in_use(s, &x->emergency);
	n += add_rule(rules + n, sizeof(rules) - n, "named", &x->ruled,
	              "      subject.organization: {under: [space]}\n      system.name: {one-of: [ward, theatre]}\n"
	              "      system.business: surgery\n      subject.role: [operator]\n");
	n += add_rule(rules + n, sizeof(rules) - n, "inside", &x->ruled,
	              "      subject.organization: roads\n      system.address: {within: [10.3.0.0/16]}\n");
	n += add_rule(rules + n, sizeof(rules) - n, "counted", &x->closed,
	              "      system.name: rescue\n    obligations:\n      - uses: 3\n");
	(void)add_rule(rules + n, sizeof(rules) - n, "guarded", &s->sensitive, "      system.name: rescue\n");
	put_rules(s, rules);
	*state = x;
	return 0;
}

static int down(void **state)
{
	struct search *x = *state;
	scene_down((void **)&x->s);
	free(x);
	return 0;
}

/* ---- asking ---- */

static json_t *question(const struct hf_id *entry, json_t *subject)
{
	char id[HF_ID_TEXT];
	hf_id_text(entry, id);
	return json_pack("{s:o, s:{s:s}, s:{s:s, s:s}, s:{s:s}}", "subject", subject, "action", "name", "read",
	                 "resource", "type", "dataset", "id", id, "context", "purpose", PURPOSE);
}

static bool permits(struct scene *s, const struct hf_id *entry, const json_t *subject)
{
	unsigned status;
	json_t *out = gate_ask(s->roads, "evaluation", question(entry, json_deep_copy(subject)), &status);
	bool yes = json_is_true(json_object_get(out, "decision"));
	assert_int_equal(status, 200);
	json_decref(out);
	return yes;
}

#define TOLD_MAX 2048
/* The ids, in the order of the answer, each with a space behind it, page by page; every one is held against an
 * evaluation of what was told of it, and nothing more. */
static void subjects(struct scene *s, const struct hf_id *entry, const char *type, int limit, char told[TOLD_MAX])
{
	char token[1024] = "";
	unsigned status;
	size_t n = 0;
	told[0] = '\0';
	do {
		json_t *q = question(entry, json_pack("{s:s}", "type", type));
		json_object_set_new(q, "page", json_pack("{s:i, s:s}", "limit", limit, "token", token));
		json_t *out = gate_ask(s->roads, "search/subject", q, &status);
		if (!out)
			fail_msg("%u: %s", status, last_fault);
		const json_t *list = json_object_get(out, "results");
		assert_true(json_array_size(list) <= (size_t)limit);
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *r = json_array_get(list, i);
			assert_true(permits(s, entry, r));
			n += (size_t)snprintf(told + n, TOLD_MAX - n, "%s ",
			                      json_string_value(json_object_get(r, "id")));
		}
		snprintf(token, sizeof(token), "%s",
		         json_string_value(json_object_get(json_object_get(out, "page"), "next_token")));
		json_decref(out);
	} while (token[0]);
}

static void assert_subjects(struct scene *s, const struct hf_id *entry, const char *want)
{
	char told[TOLD_MAX];
	for (int limit = 1; limit <= 100; limit += 99) {
		subjects(s, entry, "system", limit, told);
		assert_string_equal(told, want);
	}
}

/* ---- who may read R ---- */

/* AZ-68, AZ-70 */
static void each_mechanism_is_searched(void **state)
{
	struct search *x = *state;
	assert_subjects(x->s, &x->scenario, "health/pumps ");
	assert_subjects(x->s, &x->promoted, "health/archive health/desk ");
	assert_subjects(x->s, &x->applied, "health/desk ");
	assert_subjects(x->s, &x->emergency, "health/rescue ");
	assert_subjects(x->s, &x->ruled,
	                "health/theatre health/ward hub/theatre hub/ward roads/depot roads/theatre roads/ward ");
}

/* Everybody that there is, one by one. The others lie in no jurisdiction, which the rules of borders refuse. */
static void nobody_is_found_or_missed_that_an_evaluation_sees_otherwise(void **state)
{
	static const char *const systems[] = {"ward", "theatre", "depot", "desk", "rescue", "nothing"};
	struct search *x = *state;
	char told[TOLD_MAX], id[80];
	subjects(x->s, &x->ruled, "system", 100, told);
	for (size_t n = 0; n < NODES; n++)
		for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
			snprintf(id, sizeof(id), "%s/%s", x->s->w->node[n].name, systems[i]);
			json_t *subject =
			        json_pack("{s:s, s:s, s:{s:s, s:s, s:[s]}}", "type", "system", "id", id, "properties",
			                  "business", "surgery", "address",
			                  strcmp(systems[i], "depot") == 0 ? "10.3.0.1" : "", "roles", "operator");
			bool alone = permits(x->s, &x->ruled, subject);
			json_decref(subject);
			snprintf(id, sizeof(id), "%s/%s ", x->s->w->node[n].name, systems[i]);
			if (alone != (strstr(told, id) != NULL))
				fail_msg("%s: alone %d", id, alone);
		}
}

/* AZ-22: an organization reads with one of its systems, which is told. */
static void organizations_are_told_with_the_system_that_reads(void **state)
{
	struct search *x = *state;
	char told[TOLD_MAX];
	subjects(x->s, &x->scenario, "organization", 100, told);
	assert_string_equal(told, "health ");
	subjects(x->s, &x->emergency, "organization", 100, told);
	assert_string_equal(told, "health ");
	subjects(x->s, &x->closed, "organization", 100, told);
	assert_string_equal(told, "");
}

/* What the question says of the subject holds, also against what a rule would have. */
static void what_the_question_states_narrows_the_search(void **state)
{
	struct search *x = *state;
	unsigned status;
	json_t *q = question(&x->scenario,
	                     json_pack("{s:s, s:{s:s}}", "type", "system", "properties", "address", "10.9.9.9"));
	json_t *out = gate_ask(x->s->roads, "search/subject", q, &status);
	assert_int_equal(status, 200);
	assert_int_equal(json_array_size(json_object_get(out, "results")), 0);
	json_decref(out);
}

/* SB-26, DS-86: what a gateway is never given is in none of its searches; AZ-6: neither is what nobody gave. */
static void what_an_evaluation_denies_is_not_found(void **state)
{
	struct search *x = *state;
	assert_subjects(x->s, &x->closed, "");
	assert_subjects(x->s, &x->s->sensitive, "");
	assert_subjects(x->s, &x->s->roads_map, "");
}

/* ---- which resources may X read ---- */

static void resources_of_every_mechanism_are_found(void **state)
{
	struct search *x = *state;
	const struct {
		const char *system, *address;
		const struct hf_id *entries[3];
	} cases[] = {{"pumps", "10.1.0.9", {&x->scenario}},
	             {"desk", "10.1.0.6", {&x->promoted, &x->applied}},
	             {"archive", "", {&x->promoted}},
	             {"rescue", "10.1.0.5", {&x->emergency}},
	             {"nothing", "", {NULL}}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char id[80], entry[HF_ID_TEXT];
		unsigned status;
		size_t want = 0;
		snprintf(id, sizeof(id), "health/%s", cases[i].system);
		json_t *q = question(&x->closed, json_pack("{s:s, s:s, s:{s:s}}", "type", "system", "id", id,
		                                           "properties", "address", cases[i].address));
		json_t *out = gate_ask(x->s->roads, "search/resource", q, &status);
		assert_int_equal(status, 200);
		const json_t *list = json_object_get(out, "results");
		for (; want < 3 && cases[i].entries[want]; want++) {
			bool found = false;
			hf_id_text(cases[i].entries[want], entry);
			for (size_t k = 0; k < json_array_size(list); k++)
				found |= strcmp(json_string_value(json_object_get(json_array_get(list, k), "id")),
				                entry) == 0;
			if (!found)
				fail_msg("%s does not find entry %zu", id, want);
		}
		assert_int_equal(json_array_size(list), want);
		json_decref(out);
	}
}

/* ---- more than one turn does ---- */

enum { BUSINESSES = 75, ROLES = 70 };

/* One system in 5,250 shapes, given in none of them to a gateway. */
static void add_shapes(struct hf_buf *out, const char *name, const struct hf_id *entry)
{
	char id[HF_ID_TEXT];
	hf_id_text(entry, id);
	(void)hf_buf_addf(out, rule, name, id, "      subject.organization: health\n      system.name: ward\n");
	(void)hf_buf_addf(out, "      system.business: {one-of: [");
	for (unsigned i = 0; i < BUSINESSES; i++)
		(void)hf_buf_addf(out, "%sb%02u", i ? ", " : "", i);
	(void)hf_buf_addf(out, "]}\n      subject.role: {one-of: [");
	for (unsigned i = 0; i < ROLES; i++)
		(void)hf_buf_addf(out, "%sr%02u", i ? ", " : "", i);
	assert_true(hf_buf_addf(out, "]}\n    obligations:\n      - uses: 3\n"));
}

static json_t *search_subjects(struct search *x, const char *type, const char *organization, const char *token,
                               unsigned *ret_status)
{
	json_t *q = question(&x->closed, json_pack("{s:s}", "type", type));
	if (*organization)
		json_object_set_new(json_object_get(q, "subject"), "properties",
		                    json_pack("{s:s}", "organization", organization));
	json_object_set_new(q, "page", json_pack("{s:s}", "token", token));
	return gate_ask(x->s->roads, "search/subject", q, ret_status);
}

/* AZ-70: a page ends inside of one system or organization too, and what stands behind is found by the next. */
static void a_page_ends_within_one_name_and_goes_on_there(void **state)
{
	static const char *const types[] = {"system", "organization"};
	struct search *x = *state;
	struct hf_buf rules = HF_BUF_INIT;
	char id[HF_ID_TEXT], token[1024];
	unsigned status;
	hf_id_text(&x->closed, id);
	add_shapes(&rules, "many", &x->closed);
	(void)hf_buf_addf(&rules, rule, "last", id,
	                  "      subject.organization: health\n      system.name: ward\n"
	                  "      system.business: z\n      subject.role: [z]\n");
	assert_true(hf_buf_add(&rules, "", 1));
	put_rules(x->s, (const char *)rules.data);
	hf_buf_done(&rules);
	for (size_t i = 0; i < 2; i++) {
		json_t *out = search_subjects(x, types[i], "", "", &status);
		assert_int_equal(status, 200);
		assert_int_equal(json_array_size(json_object_get(out, "results")), 0);
		snprintf(token, sizeof(token), "%s",
		         json_string_value(json_object_get(json_object_get(out, "page"), "next_token")));
		assert_true(token[0] != '\0');
		json_decref(out);
		out = search_subjects(x, types[i], "", token, &status);
		assert_int_equal(status, 200);
		assert_int_equal(json_array_size(json_object_get(out, "results")), 1);
		assert_string_equal(json_string_value(json_object_get(json_object_get(out, "page"), "next_token")), "");
		json_decref(out);
	}
}

/* What counts changes of the rules begins anew, and may come to the same number under other ones. */
static void a_token_of_before_a_start_is_refused(void **state)
{
	struct search *x = *state;
	struct node *roads = x->s->roads;
	char token[1024];
	unsigned status;
	uint64_t changes[2];
	for (size_t i = 0; i < 2; i++) {
		hf_authz_close(roads->authz);
		node_open_authz(roads);
		changes[i] = hf_authz_leave_changes(roads->authz);
		if (i == 0) {
			json_t *out = search_subjects(x, "system", "", "", &status);
			assert_int_equal(status, 200);
			snprintf(token, sizeof(token), "%s",
			         json_string_value(json_object_get(json_object_get(out, "page"), "next_token")));
			assert_true(token[0] != '\0');
			json_decref(out);
			out = search_subjects(x, "system", "", token, &status);
			assert_int_equal(status, 200);
			json_decref(out);
		}
	}
	assert_int_equal(changes[0], changes[1]);
	assert_null(search_subjects(x, "system", "", token, &status));
	assert_int_equal(status, 400);
	assert_non_null(strstr(last_fault, "page.token"));
}

/* The same few candidates, named again and again: the work is bounded, and not only what comes of it. */
static void rules_that_name_the_same_over_and_over_hold_nothing_up(void **state)
{
	struct search *x = *state;
	struct hf_buf rules = HF_BUF_INIT;
	char name[16];
	unsigned status;
	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "again-%u", i);
		add_shapes(&rules, name, &x->closed);
	}
	assert_true(hf_buf_add(&rules, "", 1));
	put_rules(x->s, (const char *)rules.data);
	hf_buf_done(&rules);
	assert_null(search_subjects(x, "system", "", "", &status));
	assert_int_equal(status, 400);
	assert_non_null(strstr(last_fault, "subject.properties.organization"));
	json_t *out = search_subjects(x, "system", "hub", "", &status);
	assert_int_equal(status, 200);
	json_decref(out);
}

/* As so many applications would leave them, for other entries. */
static void add_grants(struct hf_authz *a, const char *consumer, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct grant_item *g = hf_alloc_zero(sizeof(*g));
		g->grant = hf_id_new(NOW);
		snprintf(g->provider.s, sizeof(g->provider.s), "roads");
		snprintf(g->consumer.s, sizeof(g->consumer.s), "%s", consumer);
		snprintf(g->system, sizeof(g->system), "ward");
		g->by_id.hash = hf_index_hash(&g->grant, NULL);
		hf_index_add(&a->grants, &g->by_id);
		hf_index_add(&a->agreements, &g->by_agreement);
		hf_index_add(&a->uses, &g->by_use);
	}
}

/* AZ-70: what others were given does not keep one organization from being searched. */
static void an_organization_is_searched_whatever_others_were_given(void **state)
{
	struct search *x = *state;
	unsigned status;
	put_rules(x->s, " []");
	add_grants(x->s->roads->authz, "health", 130000);
	assert_null(search_subjects(x, "system", "", "", &status));
	assert_int_equal(status, 400);
	assert_null(search_subjects(x, "system", "health", "", &status));
	assert_int_equal(status, 400);
	json_t *out = search_subjects(x, "system", "hub", "", &status);
	assert_int_equal(status, 200);
	json_decref(out);
	hf_authz_close(x->s->roads->authz);
	node_open_authz(x->s->roads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_mechanism_is_searched),
	        cmocka_unit_test(nobody_is_found_or_missed_that_an_evaluation_sees_otherwise),
	        cmocka_unit_test(organizations_are_told_with_the_system_that_reads),
	        cmocka_unit_test(what_the_question_states_narrows_the_search),
	        cmocka_unit_test(what_an_evaluation_denies_is_not_found),
	        cmocka_unit_test(resources_of_every_mechanism_are_found),
	        cmocka_unit_test(a_page_ends_within_one_name_and_goes_on_there),
	        cmocka_unit_test(a_token_of_before_a_start_is_refused),
	        cmocka_unit_test(rules_that_name_the_same_over_and_over_hold_nothing_up),
	        cmocka_unit_test(an_organization_is_searched_whatever_others_were_given),
	};
	return cmocka_run_group_tests(tests, up, down);
}
