/* selfcheck_test.c - DS-54: the scheduled self-check, with a clock that the test turns and the real checks. */
#include "api/selfcheck.h"

#include "unit/api/desk.h"

static const struct hf_route *const tables[] = {hf_routes_node, hf_routes_identity, NULL};

struct bench {
	struct desk d;
	struct hf_self_check *check;
};

static void open_check(struct bench *b, uint32_t hours)
{
	hf_self_check_open(&b->d.m, hours, &b->check);
}

static void start(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	desk_start(&b->d, tables);
	open_check(b, 0);
}

static void stop(struct bench *b)
{
	hf_self_check_close(b->check);
	desk_stop(&b->d);
}

static void after(struct bench *b, int64_t ms)
{
	b->d.p.now_ms += ms;
	hf_self_check_tick(b->check);
	fixture_settle(&b->d.p.f);
}

static size_t runs(struct bench *b)
{
	return people_count(&b->d.p, HF_EVENT_SELF_CHECK, NULL);
}

static size_t alarms(struct bench *b)
{
	return people_count(&b->d.p, HF_EVENT_ALARM, "self-check");
}

static json_t *reports(struct bench *b, size_t count)
{
	json_t *list = NULL;
	assert_int_equal(hf_self_check_reports(b->d.p.f.store, count, &list), HF_OK);
	return list;
}

static const char *state_of(const json_t *report, const char *check)
{
	const json_t *o;
	size_t i;
	json_array_foreach(json_object_get(report, "findings"), i, o)
	{
		if (strcmp(json_string_value(json_object_get(o, "check")), check) == 0)
			return json_string_value(json_object_get(o, "state"));
	}
	return "missing";
}

static void it_runs_after_the_start_and_then_as_often_as_it_was_told(void **state)
{
	struct bench b;
	(void)state;
	start(&b);
	after(&b, HF_SELF_CHECK_FIRST_MS - 1);
	assert_int_equal(runs(&b), 0);
	after(&b, 1);
	assert_int_equal(runs(&b), 1);
	after(&b, DAY - 1);
	assert_int_equal(runs(&b), 1);
	after(&b, 1);
	assert_int_equal(runs(&b), 2);
	after(&b, -3 * DAY); /* a clock that was set back puts nothing off */
	assert_int_equal(runs(&b), 3);
	hf_self_check_close(b.check);
	open_check(&b, 2);
	after(&b, HF_SELF_CHECK_FIRST_MS);
	after(&b, DAY / 12 - 1);
	assert_int_equal(runs(&b), 4);
	after(&b, 1);
	assert_int_equal(runs(&b), 5);
	json_t *list = reports(&b, 10);
	assert_int_equal(json_array_size(list), 5);
	json_decref(list);
	stop(&b);
}

/* DS-54: suites, certificates, failures, latencies. */
static void a_report_names_what_the_standard_asks_for(void **state)
{
	static const char *const checks[] = {"suites", "keys", "descriptor", "failures", "latencies", "peers"};
	struct bench b;
	(void)state;
	start(&b);
	after(&b, HF_SELF_CHECK_FIRST_MS);
	json_t *list = reports(&b, 1);
	const json_t *report = json_array_get(list, 0);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		assert_string_not_equal(state_of(report, checks[i]), "missing");
	assert_string_equal(state_of(report, "suites"), "ok");
	assert_string_equal(state_of(report, "descriptor"), "bad"); /* in no space */
	assert_string_equal(json_string_value(json_object_get(report, "state")), "bad");
	assert_non_null(strstr(json_string_value(json_object_get(report, "text")), "bad: descriptor"));
	json_decref(list);
	hf_metrics_add(b.d.p.f.base.metrics, "store_failures_total", 1);
	after(&b, DAY);
	list = reports(&b, 1);
	assert_string_equal(state_of(json_array_get(list, 0), "failures"), "warn");
	json_decref(list);
	stop(&b);
}

static void remove_key(struct bench *b)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/keys/node.key", b->d.m.base->dir);
	assert_int_equal(unlink(path), 0);
}

static void what_became_bad_raises_one_alarm_and_a_restart_none(void **state)
{
	struct bench b;
	(void)state;
	start(&b);
	after(&b, HF_SELF_CHECK_FIRST_MS);
	assert_int_equal(alarms(&b), 1); /* the descriptor */
	after(&b, DAY);
	assert_int_equal(alarms(&b), 1);
	remove_key(&b);
	after(&b, DAY);
	assert_int_equal(alarms(&b), 2);
	hf_self_check_close(b.check);
	open_check(&b, 0);
	after(&b, HF_SELF_CHECK_FIRST_MS);
	assert_int_equal(runs(&b), 4);
	assert_int_equal(alarms(&b), 2);
	stop(&b);
}

static void the_last_reports_are_kept_and_shown(void **state)
{
	struct bench b;
	struct ask a;
	char token[65];
	(void)state;
	start(&b);
	people_first(&b.d.p, "admin");
	after(&b, HF_SELF_CHECK_FIRST_MS);
	for (int i = 0; i < HF_SELF_CHECK_KEPT + 3; i++)
		after(&b, DAY);
	json_t *list = reports(&b, 1000);
	assert_int_equal(json_array_size(list), HF_SELF_CHECK_KEPT);
	json_decref(list);
	assert_int_equal(desk_ask(&b.d, &a, "POST", "/v1/login", NULL,
	                          "{\"account\":\"admin\",\"password\":\"" GOOD_PASSWORD "\"}"),
	                 200);
	memcpy(token, ask_text(&a, "token"), 65);
	ask_end(&a);
	assert_int_equal(desk_ask(&b.d, &a, "GET", "/v1/doctor?last=2", token, NULL), 200);
	const json_t *shown = json_object_get(a.json, "reports");
	assert_int_equal(json_array_size(shown), 2);
	assert_true(strcmp(json_string_value(json_object_get(json_array_get(shown, 0), "time")),
	                   json_string_value(json_object_get(json_array_get(shown, 1), "time"))) > 0);
	ask_end(&a);
	assert_int_equal(desk_do(&b.d, "GET", "/v1/doctor?last=33", token, NULL), 400);
	stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_runs_after_the_start_and_then_as_often_as_it_was_told),
	        cmocka_unit_test(a_report_names_what_the_standard_asks_for),
	        cmocka_unit_test(what_became_bad_raises_one_alarm_and_a_restart_none),
	        cmocka_unit_test(the_last_reports_are_kept_and_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
