/* api_test.c - the operator's interface: sessions, rights, exactly one entry per command, hostile input, late answers.
 */
#include <dirent.h>

#include "crypto/base64.h"
#include "unit/api/desk.h"

static const struct hf_route *const identity_only[] = {hf_routes_identity, NULL};

static void make_admin(struct desk *d, char token[65])
{
	struct ask a;
	char first[65], body[512];
	people_token(&d->p, first);
	snprintf(body, sizeof(body),
	         "{\"token\":\"%s\",\"account\":\"admin\",\"display_name\":\"管理员\",\"real_name\":\"HR-1\","
	         "\"password\":\"" GOOD_PASSWORD "\"}",
	         first);
	assert_int_equal(desk_do(d, "POST", "/v1/users/first", NULL, body), 200);
	assert_int_equal(desk_ask(d, &a, "POST", "/v1/login", NULL,
	                          "{\"account\":\"admin\",\"password\":\"" GOOD_PASSWORD "\"}"),
	                 200);
	memcpy(token, ask_text(&a, "token"), 65);
	ask_end(&a);
}

/* The administrator proves a device key, as `hufu user device-key` does. */
static void add_factor(struct desk *d, const char *token)
{
	char challenge[HF_CHALLENGE_TEXT], message[320], sig_text[96], pub_text[48], body[512];
	struct hf_sign_key *k = hf_sign_key_new();
	struct hf_sign_pub pub;
	struct hf_sig sig;
	struct ask a;
	size_t len = 0;
	assert_int_equal(desk_ask(d, &a, "GET", "/v1/login/challenge?account=admin", NULL, NULL), 200);
	snprintf(challenge, sizeof(challenge), "%s", ask_text(&a, "challenge"));
	ask_end(&a);
	assert_true(hf_challenge_message("roads", "admin", challenge, message, sizeof(message), &len));
	assert_true(hf_sign(k, message, len, &sig));
	hf_sign_key_pub(k, &pub);
	hf_base64(sig.b, sizeof(sig.b), sig_text);
	hf_base64(pub.b, sizeof(pub.b), pub_text);
	snprintf(body, sizeof(body), "{\"public_key\":\"%s\",\"challenge\":\"%s\",\"signature\":\"%s\"}", pub_text,
	         challenge, sig_text);
	assert_int_equal(desk_do(d, "POST", "/v1/users/device-key", token, body), 200);
	hf_sign_key_free(k);
}

#define ADD_WANG                                                                                                       \
	"{\"account\":\"wang\",\"display_name\":\"王芳\",\"real_name\":\"HR-2\",\"department\":\"highways\","        \
	"\"roles\":[\"operator\"],"                                                                                    \
	"\"password\":\"" GOOD_PASSWORD "\"}"

static void every_command_leaves_exactly_one_entry(void **state)
{
	/* SB-56 */
	struct desk d;
	char token[65];
	(void)state;
	desk_start(&d, identity_only);
	make_admin(&d, token);
	assert_int_equal(desk_entries(&d), 2); /* the account, the login */
	add_factor(&d, token);
	assert_int_equal(desk_entries(&d), 3);
	const struct {
		const char *path, *body;
		unsigned status;
	} commands[] = {
	        {"/v1/users/add", ADD_WANG, 200},
	        {"/v1/users/add", ADD_WANG, 409},
	        {"/v1/users/add", "{\"account\":\"Wang!\",\"display_name\":\"x\",\"password\":\"" GOOD_PASSWORD "\"}",
	         400},
	        {"/v1/users/add", "{\"account\":\"li\",\"display_name\":\"x\",\"password\":\"weak\"}", 400},
	        {"/v1/users/add", "{\"account\":\"li\"}", 400},
	        {"/v1/users/roles", "{\"account\":\"wang\",\"roles\":[\"publisher\"]}", 200},
	        {"/v1/users/roles", "{\"account\":\"wang\",\"roles\":[\"admin\",\"auditor\"]}", 403},
	        {"/v1/users/roles", "{\"account\":\"admin\",\"roles\":[]}", 403},
	        {"/v1/users/edit", "{\"account\":\"wang\",\"department\":\"bridges\"}", 200},
	        {"/v1/users/disable", "{\"account\":\"wang\",\"reason\":\"leave\"}", 200},
	        {"/v1/users/enable", "{\"account\":\"wang\"}", 200},
	        {"/v1/users/reset-password", "{\"account\":\"wang\",\"password\":\"" NEXT_PASSWORD "\"}", 200},
	        {"/v1/groups/add", "{\"group\":\"night\"}", 200},
	        {"/v1/groups/add", "{\"group\":\"night\"}", 409},
	        {"/v1/groups/enter", "{\"group\":\"night\",\"account\":\"wang\"}", 200},
	        {"/v1/groups/grant", "{\"group\":\"night\",\"role\":\"operator\"}", 200},
	        {"/v1/groups/revoke", "{\"group\":\"night\",\"role\":\"operator\"}", 200},
	        {"/v1/groups/leave", "{\"group\":\"night\",\"account\":\"wang\"}", 200},
	        {"/v1/groups/remove", "{\"group\":\"night\"}", 200},
	        {"/v1/systems/add", "{\"system\":\"planning\",\"department\":\"highways\",\"business\":\"规划\"}", 200},
	        {"/v1/systems/add", "{\"system\":\"planning\"}", 409},
	        {"/v1/systems/disable", "{\"system\":\"planning\"}", 200},
	        {"/v1/systems/enable", "{\"system\":\"planning\"}", 200},
	        {"/v1/users/totp", "{}", 200},
	        {"/v1/users/totp-confirm", "{\"code\":\"000000x\"}", 400},
	        {"/v1/users/password", "{\"old\":\"" GOOD_PASSWORD "\",\"password\":\"" NEXT_PASSWORD "\"}", 200},
	        {"/v1/users/password", "{\"old\":\"" GOOD_PASSWORD "\",\"password\":\"Another-Word-33\"}", 403},
	        {"/v1/login", "{\"account\":\"admin\",\"password\":\"" NEXT_PASSWORD "\"}", 200},
	        {"/v1/login", "{\"account\":\"admin\",\"password\":\"Wrong-Password-1\"}", 403},
	        {"/v1/login", "{\"account\":\"admin\"}", 400},
	        {"/v1/users/remove", "{\"account\":\"wang\",\"reason\":\"left\"}", 200},
	        {"/v1/users/first", "{\"token\":\"0\",\"account\":\"x\",\"display_name\":\"x\",\"password\":\"x\"}",
	         409},
	        {"/v1/logout", "", 200},
	        {"/v1/logout", "", 401},
	};
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct ask a;
		size_t before = desk_entries(&d);
		bool login = strcmp(commands[i].path, "/v1/login") == 0;
		unsigned status = desk_ask(&d, &a, "POST", commands[i].path, login ? NULL : token, commands[i].body);
		if (status != commands[i].status)
			fail_msg("%s %s: %u %s", commands[i].path, commands[i].body, status, a.content);
		if (desk_entries(&d) != before + 1)
			fail_msg("%s %s: %zu entries", commands[i].path, commands[i].body, desk_entries(&d) - before);
		ask_end(&a);
	}
	size_t before = desk_entries(&d); /* reading leaves none */
	assert_int_equal(desk_do(&d, "GET", "/v1/login/challenge?account=admin", NULL, NULL), 200);
	assert_int_equal(desk_entries(&d), before);
	desk_stop(&d);
}

static void a_denial_is_blocked_alarmed_and_audited(void **state)
{
	/* DS-21, DS-81, DS-16: within the same second */
	struct desk d;
	struct ask a;
	char token[65], wang[65];
	(void)state;
	desk_start(&d, identity_only);
	make_admin(&d, token);
	people_person(&d.p, "wang", "operator", wang);
	assert_int_equal(people_count(&d.p, HF_EVENT_DENIED, NULL), 0);
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/users", wang, NULL), 403);
	assert_string_equal(ask_reason(&a), "permission");
	assert_null(strstr(a.content, "admin"));
	ask_end(&a);
	assert_int_equal(people_count(&d.p, HF_EVENT_DENIED, "permission"), 1);
	assert_int_equal(people_count(&d.p, HF_EVENT_ALARM, "access-denied"), 1);
	desk_stop(&d);
}

static void one_factor_is_not_enough_for_important_modules(void **state)
{
	/* DS-77 */
	struct desk d;
	struct ask a;
	char token[65];
	(void)state;
	desk_start(&d, identity_only);
	make_admin(&d, token);
	assert_int_equal(desk_ask(&d, &a, "POST", "/v1/users/add", token, ADD_WANG), 403);
	assert_string_equal(ask_reason(&a), "second-factor");
	ask_end(&a);
	add_factor(&d, token);
	assert_int_equal(desk_do(&d, "POST", "/v1/users/add", token, ADD_WANG), 200);
	desk_stop(&d);
}

static void without_a_session_only_the_way_in_is_open(void **state)
{
	/* DS-75: no anonymous administration path */
	struct desk d;
	(void)state;
	desk_start(&d, identity_only);
	for (const struct hf_route *r = hf_routes_identity; r->method; r++) {
		struct ask a;
		bool way_in = strcmp(r->path, "/v1/login") == 0 || strcmp(r->path, "/v1/login/challenge") == 0 ||
		              strcmp(r->path, "/v1/users/first") == 0;
		assert_int_equal(r->permission == HF_MAY_NOTHING_NEEDED, way_in);
		unsigned status = desk_ask(&d, &a, r->method, r->path, NULL, "{}");
		assert_int_equal(status, way_in ? 400 : 401);
		assert_string_equal(ask_reason(&a), way_in ? "argument" : "not-logged-in");
		ask_end(&a);
	}
	assert_int_equal(people_count(&d.p, HF_EVENT_ALARM, "requests-without-session"), 1);
	struct ask a;
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/users",
	                          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL),
	                 401);
	ask_end(&a);
	desk_stop(&d);
}

static void deregistration_ends_the_open_session(void **state)
{
	/* DS-15, DS-17 over the interface */
	struct desk d;
	char token[65], wang[65];
	(void)state;
	desk_start(&d, identity_only);
	make_admin(&d, token);
	add_factor(&d, token);
	people_person(&d.p, "wang", "operator", wang);
	assert_int_equal(desk_do(&d, "GET", "/v1/session", wang, NULL), 200);
	assert_int_equal(desk_do(&d, "POST", "/v1/users/remove", token, "{\"account\":\"wang\",\"reason\":\"left\"}"),
	                 200);
	assert_int_equal(desk_do(&d, "GET", "/v1/session", wang, NULL), 401);
	desk_stop(&d);
}

static void hostile_input_is_refused_in_words(void **state)
{
	struct desk d;
	struct ask a;
	(void)state;
	desk_start(&d, identity_only);
	const struct {
		const char *body, *says;
	} bodies[] = {
	        {"{\"account\":\"a\",\"account\":\"b\",\"password\":\"x\"}", "duplicate"},
	        {"[1,2]", "not a JSON object"},
	        {"{\"account\":", "not JSON"},
	        {"{\"account\":7,\"password\":\"x\"}", "not a text"},
	        {"{\"account\":\"a\\u0007b\",\"password\":\"x\"}", "not text"},
	        {"{\"account\":\"\xff\xfe\",\"password\":\"x\"}", "not JSON"},
	};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_int_equal(desk_ask(&d, &a, "POST", "/v1/login", NULL, bodies[i].body), 400);
		if (!strstr(a.content, bodies[i].says))
			fail_msg("%s: %s", bodies[i].body, a.content);
		ask_end(&a);
	}
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/login/challenge?account=a&account=b", NULL, NULL), 400);
	ask_end(&a);
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/nowhere", NULL, NULL), 404);
	ask_end(&a);
	assert_int_equal(desk_ask(&d, &a, "DELETE", "/v1/users", NULL, NULL), 404);
	ask_end(&a);

	char *large = malloc(HF_MAX_HTTP_BODY + 101);
	memset(large, ' ', HF_MAX_HTTP_BODY + 100);
	large[HF_MAX_HTTP_BODY + 100] = '\0';
	assert_int_equal(desk_ask(&d, &a, "POST", "/v1/login", NULL, large), 413);
	assert_string_equal(ask_reason(&a), "limit");
	ask_end(&a);
	free(large);
	desk_stop(&d);
}

/* Handlers for the framework's own behaviour. */
struct waiting {
	struct hf_api_request *rq;
	bool called;
};

static enum hf_err wait_handler(struct hf_api_request *rq)
{
	struct waiting *w = rq->m->stop_ctx;
	hf_unit_put(rq->unit, HF_TABLE_NOTICE, "late", 4, "1", 1);
	w->rq = rq;
	w->called = true;
	hf_api_later(rq);
	return HF_OK;
}

static enum hf_err body_handler(struct hf_api_request *rq)
{
	hf_api_body(rq, "text/csv", (uint8_t *)strdup("a,b\n1,2\n"), 8);
	return HF_OK;
}

static enum hf_err failing_handler(struct hf_api_request *rq)
{
	hf_unit_put(rq->unit, HF_TABLE_NOTICE, "never", 5, "1", 1);
	return hf_fault_set(&rq->fault, HF_E_UNREACHABLE, "the node 'ports' does not answer; try later");
}

static enum hf_err reading_handler(struct hf_api_request *rq)
{
	struct hf_id id;
	int64_t n = 7, ms = 0;
	bool flag = false;
	const char **list = NULL;
	size_t count = 0;
	HF_TRY(hf_api_id(rq, "id", false, &id));
	HF_TRY(hf_api_int(rq, "n", false, 1, 10, &n));
	HF_TRY(hf_api_time(rq, "until", false, &ms));
	HF_TRY(hf_api_bool(rq, "flag", true, &flag));
	HF_TRY(hf_api_list(rq, "list", false, 3, &list, &count));
	json_object_set_new(rq->out, "n", json_integer(n));
	json_object_set_new(rq->out, "flag", json_boolean(flag));
	json_object_set_new(rq->out, "count", json_integer((json_int_t)count));
	json_object_set_new(rq->out, "last", json_string(count ? list[count - 1] : ""));
	hf_api_out_time(rq->out, "until", ms);
	hf_api_out_id(rq->out, "id", &id);
	free(list);
	return HF_OK;
}

static const struct hf_route own_routes[] = {
        {"POST", "/t/wait", HF_MAY_NOTHING_NEEDED, HF_EVENT_COMMAND, wait_handler, 0},
        {"GET", "/t/body", HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, body_handler, 0},
        {"POST", "/t/fail", HF_MAY_NOTHING_NEEDED, HF_EVENT_COMMAND, failing_handler, 0},
        {"GET", "/t/read", HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, reading_handler, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
static const struct hf_route *const own_only[] = {own_routes, NULL};

static bool has_notice(struct desk *d, const char *key)
{
	return hf_store_has(d->p.f.store, HF_TABLE_NOTICE, key, strlen(key));
}

static void a_late_answer_comes_after_the_commit(void **state)
{
	struct desk d;
	struct ask a, other;
	struct waiting w = {NULL, false};
	(void)state;
	desk_start(&d, own_only);
	d.m.stop_ctx = &w;
	ask_begin(&d, &a, "POST", "/t/wait", NULL, "{}");
	fixture_run_until(&d.p.f, &w.called);
	assert_int_equal(desk_ask(&d, &other, "GET", "/t/body", NULL, NULL), 200); /* others are served meanwhile */
	assert_string_equal(other.content, "a,b\n1,2\n");
	assert_non_null(strstr(other.reply, "text/csv"));
	ask_end(&other);
	assert_false(a.done);
	assert_false(has_notice(&d, "late"));
	json_object_set_new(w.rq->out, "answer", json_string("晚到"));
	hf_api_finish(w.rq, HF_OK);
	fixture_run_until(&d.p.f, &a.done);
	assert_int_equal(a.status, 200);
	assert_string_equal(ask_text(&a, "answer"), "晚到");
	assert_true(has_notice(&d, "late"));
	assert_int_equal(people_count(&d.p, HF_EVENT_COMMAND, "ok"), 1);
	ask_end(&a);
	desk_stop(&d);
}

static const struct hf_route session_routes[] = {
        {"POST", "/t/wait", HF_MAY_ANY_SESSION, HF_EVENT_COMMAND, wait_handler, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
static const struct hf_route *const with_login[] = {hf_routes_identity, session_routes, NULL};

/* What goes on later in the name of a person whose session has ended meanwhile does nothing in it. */
static void a_session_that_ends_meanwhile_ends_what_goes_on_later(void **state)
{
	for (int ends = 0; ends < 2; ends++) {
		struct desk d;
		struct ask a, out;
		struct waiting w = {NULL, false};
		char token[65];
		(void)state;
		desk_start(&d, with_login);
		d.m.stop_ctx = &w;
		make_admin(&d, token);
		ask_begin(&d, &a, "POST", "/t/wait", token, "{}");
		fixture_run_until(&d.p.f, &w.called);
		if (ends) {
			assert_int_equal(desk_ask(&d, &out, "POST", "/v1/logout", token, "{}"), 200);
			ask_end(&out);
		}
		enum hf_err e = hf_api_again(w.rq);
		assert_int_equal(e, ends ? HF_E_NOT_LOGGED_IN : HF_OK);
		hf_api_finish(w.rq, e);
		fixture_run_until(&d.p.f, &a.done);
		assert_int_equal(a.status, ends ? 401 : 200);
		assert_int_equal(has_notice(&d, "late"), !ends);
		ask_end(&a);
		desk_stop(&d);
	}
}

static void a_call_over_its_deadline_is_answered_and_still_recorded(void **state)
{
	struct desk d;
	struct ask a;
	struct waiting w = {NULL, false};
	(void)state;
	desk_start(&d, own_only);
	d.m.stop_ctx = &w;
	ask_begin(&d, &a, "POST", "/t/wait", NULL, "{}");
	fixture_run_until(&d.p.f, &w.called);
	d.p.now_ms += 121000;
	fixture_run_until(&d.p.f, &a.done);
	assert_int_equal(a.status, 502);
	assert_string_equal(ask_reason(&a), "timeout");
	hf_api_finish(w.rq, HF_OK);
	assert_int_equal(people_count(&d.p, HF_EVENT_COMMAND, NULL), 1);
	assert_true(has_notice(&d, "late"));
	ask_end(&a);
	desk_stop(&d);
}

static void closing_lets_waiting_handlers_finish(void **state)
{
	struct desk d;
	struct ask a;
	struct waiting w = {NULL, false};
	(void)state;
	desk_start(&d, own_only);
	d.m.stop_ctx = &w;
	ask_begin(&d, &a, "POST", "/t/wait", NULL, "{}");
	fixture_run_until(&d.p.f, &w.called);
	hf_api_close(d.api);
	hf_api_finish(w.rq, HF_OK);
	fixture_run_until(&d.p.f, &a.done);
	assert_int_equal(people_count(&d.p, HF_EVENT_COMMAND, NULL), 1);
	assert_true(has_notice(&d, "late"));
	ask_end(&a);
	people_stop(&d.p);
}

static void a_failed_command_changes_nothing_and_is_recorded_as_failed(void **state)
{
	struct desk d;
	struct ask a;
	(void)state;
	desk_start(&d, own_only);
	assert_int_equal(desk_ask(&d, &a, "POST", "/t/fail", NULL, ""), 502);
	assert_string_equal(ask_reason(&a), "unreachable");
	assert_non_null(strstr(a.content, "does not answer; try later"));
	ask_end(&a);
	assert_false(has_notice(&d, "never"));
	assert_int_equal(people_count(&d.p, HF_EVENT_COMMAND, "unreachable"), 1);
	desk_stop(&d);
}

static void fields_are_read_from_query_and_checked(void **state)
{
	struct desk d;
	struct ask a;
	(void)state;
	desk_start(&d, own_only);
	assert_int_equal(
	        desk_ask(&d, &a, "GET", "/t/read?n=3&flag=false&until=2026-11-22&list=a,%E4%B8%AD,c", NULL, NULL), 200);
	assert_int_equal(json_integer_value(json_object_get(a.json, "n")), 3);
	assert_true(json_is_false(json_object_get(a.json, "flag")));
	assert_int_equal(json_integer_value(json_object_get(a.json, "count")), 3);
	assert_string_equal(ask_text(&a, "last"), "c");
	assert_string_equal(ask_text(&a, "until"), "2026-11-22T00:00:00.000Z");
	ask_end(&a);
	const char *const wrong[] = {"/t/read?n=11",           "/t/read?n=three",      "/t/read?flag=maybe",
	                             "/t/read?until=tomorrow", "/t/read?list=a,b,c,d", "/t/read?id=7"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(desk_ask(&d, &a, "GET", wrong[i], NULL, NULL), 400);
		assert_string_equal(ask_reason(&a), "argument");
		assert_non_null(strstr(a.content, "field '"));
		ask_end(&a);
	}
	desk_stop(&d);
}

static void indicators_match_a_scripted_load(void **state)
{
	/* SB-54 */
	struct desk d;
	struct hf_service_view rows[8];
	(void)state;
	desk_start(&d, own_only);
	for (int i = 0; i < 9; i++)
		desk_do(&d, "GET", "/t/body", NULL, NULL);
	for (int i = 0; i < 4; i++)
		desk_do(&d, "POST", "/t/fail", NULL, "");
	size_t n = hf_metrics_services(d.p.f.base.metrics, rows, 8);
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].service, "/t/body");
	assert_int_equal(rows[0].calls, 9);
	assert_int_equal(rows[0].failures, 0);
	assert_string_equal(rows[1].service, "/t/fail");
	assert_int_equal(rows[1].calls, 4);
	assert_int_equal(rows[1].failures, 4);
	desk_stop(&d);
}

static void the_interface_is_a_closed_socket_and_nothing_else(void **state)
{
	/* DS-82: not reachable on the data network */
	struct desk d;
	struct stat st;
	struct hf_api *second = NULL;
	struct hf_fault f = {HF_OK, ""};
	(void)state;
	desk_start(&d, own_only);
	assert_int_equal(stat(d.socket, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
	DIR *fds = opendir("/proc/self/fd");
	for (struct dirent *e; (e = readdir(fds)) != NULL;) { /* every socket of ours that listens is a Unix socket */
		int fd = (int)strtol(e->d_name, NULL, 10), domain = 0, listens = 0;
		socklen_t len = sizeof(domain);
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens) {
			len = sizeof(domain);
			assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len), 0);
			assert_int_equal(domain, AF_UNIX);
		}
	}
	closedir(fds);
	/* a second node on the same socket is refused; a socket left behind by a dead one is not in the way */
	assert_int_equal(hf_api_open(&d.m, own_only, d.socket, &second, &f), HF_E_STATE);
	desk_stop(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_command_leaves_exactly_one_entry),
	        cmocka_unit_test(a_denial_is_blocked_alarmed_and_audited),
	        cmocka_unit_test(one_factor_is_not_enough_for_important_modules),
	        cmocka_unit_test(without_a_session_only_the_way_in_is_open),
	        cmocka_unit_test(deregistration_ends_the_open_session),
	        cmocka_unit_test(hostile_input_is_refused_in_words),
	        cmocka_unit_test(a_late_answer_comes_after_the_commit),
	        cmocka_unit_test(a_session_that_ends_meanwhile_ends_what_goes_on_later),
	        cmocka_unit_test(a_call_over_its_deadline_is_answered_and_still_recorded),
	        cmocka_unit_test(closing_lets_waiting_handlers_finish),
	        cmocka_unit_test(a_failed_command_changes_nothing_and_is_recorded_as_failed),
	        cmocka_unit_test(fields_are_read_from_query_and_checked),
	        cmocka_unit_test(indicators_match_a_scripted_load),
	        cmocka_unit_test(the_interface_is_a_closed_socket_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
