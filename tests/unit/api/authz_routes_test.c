/* authz_routes_test.c - the routes of applications, grants and notices: what comes in as JSON, what is shown, and to
 * whom. */
#include "api/api.h"
#include "unit/authz/cast.h"

struct asker {
	struct hf_modules m;
	struct node *node;
	struct hf_actor actor;
};

static struct asker asker(struct node *n, const char *who)
{
	struct asker a = {.node = n, .actor = actor_of(n, who)};
	a.m.base = &n->base;
	a.m.store = n->store;
	a.m.authz = n->authz;
	a.m.identity = n->identity;
	return a;
}

static struct hf_route find_route(const char *method, const char *path)
{
	const struct hf_route *const tables[] = {hf_routes_authz, hf_routes_rulebook};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct hf_route *r = tables[i]; r->path; r++)
			if (strcmp(r->path, path) == 0 && strcmp(r->method, method) == 0)
				return *r;
	fail_msg("no route %s %s", method, path);
	return hf_routes_authz[0];
}

/* Takes in; *ret_out is the answer, NULL when it was refused. */
static enum hf_err call(struct asker *a, const char *method, const char *path, json_t *in, json_t **ret_out)
{
	const struct hf_route r = find_route(method, path);
	struct hf_api_request rq = {.m = &a->m, .actor = &a->actor, .in = in, .out = json_object()};
	assert_non_null(in);
	rq.unit = hf_unit_new();
	rq.draft = hf_draft_new(HF_EVENT_COMMAND, NULL);
	enum hf_err e = hf_actor_may(&a->actor, r.permission) ? r.handle(&rq) : HF_E_PERMISSION;
	snprintf(last_fault, sizeof(last_fault), "%s", rq.fault.text);
	if (e == HF_OK)
		submit_wait(a->node, rq.unit);
	else
		hf_unit_free(rq.unit);
	settle(a->node->world);
	hf_draft_free(rq.draft);
	json_decref(in);
	if (e != HF_OK || !ret_out)
		json_decref(rq.out);
	else
		*ret_out = rq.out;
	return e;
}

static const char *text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));
	return s ? s : "";
}

static json_t *draft_json(const struct hf_id *entry)
{
	char id[HF_ID_TEXT];
	hf_id_text(entry, id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "entry", id, "system", "desk", "reason",
	                 "航班延误理赔需要核验实际到达", "purpose", "claims-check", "until", "2027-06-01", "fields",
	                 "flight,姓名");
}

static void file_draft(struct stage *s, char ret_id[HF_ID_TEXT])
{
	struct asker wang = asker(s->health, "wang");
	json_t *out = NULL;
	if (call(&wang, "POST", "/v1/applications/draft", draft_json(&s->plain), &out) != HF_OK)
		fail_msg("%s", last_fault);
	snprintf(ret_id, HF_ID_TEXT, "%s", text(out, "application"));
	assert_string_equal(text(out, "state"), "DRAFT");
	json_decref(out);
}

static json_t *findings(const char *id)
{
	return json_pack("{s:s, s:{s:b, s:s}, s:{s:b}, s:b}", "application", id, "need", "ok", 1, "text", "属实",
	                 "scope", "ok", 1, "period", 1);
}

static json_t *show(struct node *n, const char *who, const char *id)
{
	struct asker a = asker(n, who);
	json_t *out = NULL;
	if (call(&a, "GET", "/v1/applications/show", json_pack("{s:s}", "application", id), &out) != HF_OK)
		return NULL;
	return out;
}

static void the_whole_way_through_the_routes(void **state)
{
	struct stage *s = stage_of(state);
	struct asker li = asker(s->health, "li"), chen = asker(s->hub, "chen"), zhou = asker(s->roads, "zhou");
	char id[HF_ID_TEXT];
	json_t *out = NULL;
	file_draft(s, id);
	MUST(call(&li, "POST", "/v1/applications/review-need", findings(id), NULL));
	MUST(call(&chen, "POST", "/v1/applications/review-compliance",
	          json_pack("{s:s, s:s}", "application", id, "result", "pass"), NULL));
	MUST(call(&zhou, "POST", "/v1/applications/decide",
	          json_pack("{s:s, s:s, s:s}", "application", id, "result", "T", "until", "2027-01-01"), NULL));
	out = show(s->health, "wang", id);
	assert_string_equal(text(out, "state"), "FINALIZED");
	assert_string_equal(text(out, "negotiation"), "FINALIZED");
	assert_string_equal(text(out, "result"), "T");
	json_t *revision = json_array_get(json_object_get(out, "revisions"), 0);
	assert_string_equal(text(revision, "stated_reason"), "航班延误理赔需要核验实际到达");
	assert_string_equal(text(revision, "applicant"), "health/wang");
	assert_string_equal(text(revision, "data_authority"), "health/li");
	assert_int_equal(json_array_size(json_object_get(revision, "need")), 3);
	assert_int_equal(json_array_size(json_object_get(revision, "fields")), 2);
	assert_int_equal(strlen(text(revision, "decision_digest")), 64);
	json_decref(out);
	MUST(call(&zhou, "GET", "/v1/grants", json_object(), &out));
	json_t *grant = json_array_get(json_object_get(out, "grants"), 0);
	assert_string_equal(text(grant, "state"), "active");
	assert_string_equal(text(grant, "approver"), "roads/zhou");
	assert_string_equal(text(grant, "until"), "2027-01-01T00:00:00.000Z");
	s->w->now_ms += 1000; /* notices are in order of time */
	MUST(call(&zhou, "POST", "/v1/grants/revoke",
	          json_pack("{s:s, s:s}", "grant", text(grant, "grant"), "reason", "法律依据已失效"), NULL));
	json_decref(out);
	struct asker wang = asker(s->health, "wang");
	MUST(call(&wang, "GET", "/v1/notices", json_pack("{s:i}", "limit", 1), &out));
	json_t *notice = json_array_get(json_object_get(out, "notices"), 0);
	assert_string_equal(text(notice, "kind"), "revoked");
	assert_string_equal(text(notice, "reason"), "法律依据已失效");
	assert_true(json_is_true(json_object_get(out, "more")));
	json_decref(out);
}

/* AZ-8: the error names the missing field. */
static void missing_fields_are_named(void **state)
{
	struct stage *s = stage_of(state);
	struct asker wang = asker(s->health, "wang"), li = asker(s->health, "li");
	static const char *const names[] = {"entry", "system", "reason", "purpose", "until"};
	char quoted[32], id[HF_ID_TEXT];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *in = draft_json(&s->plain);
		json_object_del(in, names[i]);
		assert_int_equal(call(&wang, "POST", "/v1/applications/draft", in, NULL), HF_E_ARGUMENT);
		snprintf(quoted, sizeof(quoted), "'%s'", names[i]);
		assert_non_null(strstr(last_fault, quoted));
	}
	file_draft(s, id);
	json_t *in = findings(id);
	json_object_del(in, "scope");
	assert_int_equal(call(&li, "POST", "/v1/applications/review-need", in, NULL), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "'scope'"));
	in = findings(id);
	json_object_set_new(in, "period", json_string("yes"));
	assert_int_equal(call(&li, "POST", "/v1/applications/review-need", in, NULL), HF_E_ARGUMENT);
}

static void each_step_asks_for_its_permission(void **state)
{
	struct stage *s = stage_of(state);
	struct asker wang = asker(s->health, "wang");
	char id[HF_ID_TEXT];
	file_draft(s, id);
	assert_int_equal(call(&wang, "POST", "/v1/applications/review-need", findings(id), NULL), HF_E_PERMISSION);
	assert_int_equal(call(&wang, "POST", "/v1/applications/decide", json_pack("{s:s}", "application", id), NULL),
	                 HF_E_PERMISSION);
	assert_int_equal(call(&wang, "POST", "/v1/grants/revoke", json_pack("{s:s}", "grant", id), NULL),
	                 HF_E_PERMISSION);
	MUST(call(&wang, "POST", "/v1/applications/withdraw", json_pack("{s:s}", "application", id), NULL));
}

static size_t listed(struct asker *a, json_t *in)
{
	json_t *out = NULL;
	MUST(call(a, "GET", "/v1/applications", in, &out));
	size_t n = json_array_size(json_object_get(out, "applications"));
	json_decref(out);
	return n;
}

/* SB-3: an operator of one department does not see what another department applies for; reviewers see all. */
static void lists_are_filtered_and_departments_apart(void **state)
{
	struct stage *s = stage_of(state);
	struct asker wang = asker(s->health, "wang"), dan = asker(s->health, "dan"), ma = asker(s->health, "ma");
	char id[HF_ID_TEXT];
	size_t before = listed(&wang, json_pack("{s:s}", "state", "DRAFT"));
	file_draft(s, id);
	assert_int_equal(listed(&wang, json_pack("{s:s}", "state", "DRAFT")), before + 1);
	assert_int_equal(listed(&wang, json_pack("{s:s, s:s}", "state", "DRAFT", "role", "provider")), 0);
	assert_int_equal(listed(&wang, json_pack("{s:i}", "limit", 1)), 1);
	assert_int_equal(listed(&dan, json_object()), 0);
	assert_null(show(s->health, "dan", id));
	assert_true(listed(&ma, json_object()) > 0);
	assert_int_equal(call(&wang, "GET", "/v1/applications", json_pack("{s:s}", "state", "OPEN"), NULL),
	                 HF_E_ARGUMENT);
	assert_int_equal(call(&wang, "GET", "/v1/applications", json_pack("{s:s}", "role", "boss"), NULL),
	                 HF_E_ARGUMENT);
}

static void resubmission_keeps_what_is_not_stated(void **state)
{
	struct stage *s = stage_of(state);
	struct asker wang = asker(s->health, "wang"), li = asker(s->health, "li");
	char id[HF_ID_TEXT];
	json_t *out = NULL, *in;
	file_draft(s, id);
	in = findings(id);
	json_object_set_new(in, "need", json_pack("{s:b, s:s}", "ok", 0, "text", "理由不充分"));
	MUST(call(&li, "POST", "/v1/applications/review-need", in, &out));
	assert_string_equal(text(out, "state"), "NEED_REFUSED");
	json_decref(out);
	MUST(call(&wang, "POST", "/v1/applications/resubmit",
	          json_pack("{s:s, s:s, s:b}", "application", id, "reason", "补充理由:逐笔核验", "all_fields", 1),
	          NULL));
	out = show(s->health, "wang", id);
	assert_string_equal(text(out, "state"), "DRAFT");
	assert_string_equal(text(out, "purpose"), "claims-check");
	json_t *revisions = json_object_get(out, "revisions");
	assert_int_equal(json_array_size(revisions), 2);
	assert_string_equal(text(json_array_get(revisions, 0), "reason"), "理由不充分");
	assert_int_equal(json_array_size(json_object_get(json_array_get(revisions, 1), "fields")), 0);
	json_decref(out);
	assert_int_equal(call(&wang, "POST", "/v1/applications/resubmit",
	                      json_pack("{s:s}", "application", "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"), NULL),
	                 HF_E_UNKNOWN);
}

/* Policies, their texts and holds name what other departments publish and to whom (SB-23). */
static void policies_and_holds_are_not_for_one_department(void **state)
{
	static const char *const paths[] = {"/v1/holds", "/v1/policy/history", "/v1/policy"};
	struct stage *s = stage_of(state);
	struct asker zhou = asker(s->roads, "zhou"), sun = asker(s->roads, "sun");
	char id[HF_ID_TEXT];
	json_t *out = NULL;
	hf_id_text(&s->inner, id);
	MUST(call(&zhou, "POST", "/v1/holds/place",
	          json_pack("{s:s, s:s, s:s}", "kind", "resource", "target", id, "reason", "misuse is looked into"),
	          &out));
	char *hold = strdup(text(out, "hold"));
	json_decref(out);
	MUST(call(&zhou, "GET", "/v1/holds", json_object(), &out));
	assert_int_equal(json_array_size(json_object_get(out, "holds")), 1);
	json_decref(out);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(call(&sun, "GET", paths[i], json_object(), NULL), HF_E_PERMISSION);
		assert_null(strstr(last_fault, id));
	}
	MUST(call(&zhou, "POST", "/v1/holds/lift", json_pack("{s:s, s:s}", "hold", hold, "reason", "nothing found"),
	          NULL));
	free(hold);
}

static int setup(void **state)
{
	stage_up(state);
	struct stage *s = *state;
	hire(s->health, "dan", "operator", "office", "HR-1004");
	hire(s->roads, "sun", "operator", "office", "HR-3003");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_whole_way_through_the_routes),
	        cmocka_unit_test(missing_fields_are_named),
	        cmocka_unit_test(each_step_asks_for_its_permission),
	        cmocka_unit_test(lists_are_filtered_and_departments_apart),
	        cmocka_unit_test(policies_and_holds_are_not_for_one_department),
	        cmocka_unit_test(resubmission_keeps_what_is_not_stated),
	};
	return cmocka_run_group_tests(tests, setup, stage_down);
}
