/* authzen_test.c - the questions of gateways: what is asked is answered or refused, never another question. */
#include "api/gateway.h"
#include "authz/rulebook.h"
#include "unit/authz/cast.h"

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
	struct hf_modules m = {.base = &s->roads->base,
	                       .store = s->roads->store,
	                       .authz = s->roads->authz,
	                       .catalog = s->roads->catalog,
	                       .peers = &s->roads->peers};
	struct hf_unit *u = hf_unit_new();
	const struct authzen_asker gateway = {"front", u};
	struct authzen_answer a;
	char whole[64];
	snprintf(whole, sizeof(whole), "/access/v1/%s", path);
	assert_non_null(in);
	assert_true(authzen_answer(&m, &gateway, whole, in, &a));
	submit_wait(s->roads, u);
	json_decref(in);
	snprintf(last_fault, sizeof(last_fault), "%s", a.text);
	*ret_status = a.status;
	assert_true((a.status == 200) == (a.out != NULL));
	return a.out;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(fields_that_are_no_list_of_names_are_refused),
	        cmocka_unit_test(a_search_with_a_context_that_is_no_object_is_refused),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
