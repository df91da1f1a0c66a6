/* node_test.c - status, metrics and self-check over the interface; a node that is in no space yet answers too. */
#include <netinet/in.h>

#include "api/doctor.h"
#include "unit/api/desk.h"

static const struct hf_route *const tables[] = {hf_routes_node, hf_routes_identity, NULL};

static void enter(struct desk *d, char token[65])
{
	struct ask a;
	people_first(&d->p, "admin");
	assert_int_equal(desk_ask(d, &a, "POST", "/v1/login", NULL,
	                          "{\"account\":\"admin\",\"password\":\"" GOOD_PASSWORD "\"}"),
	                 200);
	memcpy(token, ask_text(&a, "token"), 65);
	ask_end(&a);
}

static const json_t *find(const json_t *list, const char *key, const char *value)
{
	json_t *o;
	size_t i;
	json_array_foreach(list, i, o) if (strcmp(json_string_value(json_object_get(o, key)), value) == 0) return o;
	return NULL;
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void status_shows_the_whole_and_each_service(void **state)
{
	/* SB-53, SB-54: known counts and failures */
	struct desk d;
	struct ask a;
	char token[65];
	(void)state;
	desk_start(&d, tables);
	enter(&d, token);
	for (int i = 0; i < 6; i++)
		desk_do(&d, "GET", "/v1/session", token, NULL);
	for (int i = 0; i < 3; i++) {
		desk_ask(&d, &a, "POST", "/v1/systems/disable", token, "{\"system\":\"none\"}");
		ask_end(&a);
	}
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/status", token, NULL), 200);
	assert_string_equal(ask_text(&a, "node"), "roads");
	assert_string_equal(ask_text(&a, "version"), HUFU_VERSION);
	const json_t *all = json_object_get(a.json, "overall"), *services = json_object_get(a.json, "services");
	const json_t *session = find(services, "service", "/v1/session"),
	             *system_ = find(services, "service", "/v1/systems/disable");
	assert_int_equal(number(all, "calls"), 1 + 6 + 3);
	assert_int_equal(number(all, "failures"), 3);
	assert_int_equal(number(all, "services"), 3);
	assert_int_equal(number(session, "calls"), 6);
	assert_int_equal(number(session, "failures"), 0);
	assert_int_equal(number(system_, "calls"), 3);
	assert_int_equal(number(system_, "failures"), 3);
	assert_true(json_real_value(json_object_get(session, "success_rate")) == 1.0);
	assert_true(json_real_value(json_object_get(system_, "success_rate")) == 0.0);
	assert_true(json_real_value(json_object_get(session, "average_ms")) > 0);
	ask_end(&a);
	desk_stop(&d);
}

static void metrics_need_no_session_and_hold_no_name(void **state)
{
	struct desk d;
	struct ask a;
	char token[65];
	(void)state;
	desk_start(&d, tables);
	enter(&d, token);
	assert_int_equal(desk_ask(&d, &a, "GET", "/metrics", NULL, NULL), 200);
	assert_non_null(strstr(a.reply, "application/openmetrics-text"));
	assert_non_null(strstr(a.content, "# EOF"));
	assert_null(strstr(a.content, "admin"));
	ask_end(&a);
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/status", NULL, NULL), 401);
	ask_end(&a);
	desk_stop(&d);
}

static void each_finding_names_its_remedy(void **state)
{
	struct desk d;
	struct ask a;
	char token[65];
	json_t *finding;
	size_t i;
	(void)state;
	desk_start(&d, tables);
	enter(&d, token);
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/doctor", token, NULL), 200);
	const json_t *list = json_object_get(a.json, "findings");
	assert_true(json_array_size(list) >= 10);
	json_array_foreach(list, i, finding)
	{
		const char *s = json_string_value(json_object_get(finding, "state"));
		const char *remedy = json_string_value(json_object_get(finding, "remedy"));
		assert_true(strcmp(s, "ok") == 0 || strcmp(s, "warn") == 0 || strcmp(s, "bad") == 0);
		assert_int_equal(strcmp(s, "ok") == 0, *remedy == '\0');
	}
	assert_string_equal(json_string_value(json_object_get(find(list, "check", "keys"), "state")),
	                    "warn"); /* plain keys */
	assert_string_equal(json_string_value(json_object_get(find(list, "check", "descriptor"), "state")), "bad");
	assert_string_equal(json_string_value(json_object_get(find(list, "check", "ports"), "state")), "ok");
	ask_end(&a);
	desk_stop(&d);
}

static int listen_somewhere(unsigned *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void a_port_that_is_not_configured_is_reported(void **state)
{
	/* DS-83 */
	struct desk d;
	char text[32];
	unsigned port = 0;
	(void)state;
	desk_start(&d, tables);
	int fd = listen_somewhere(&port);
	snprintf(text, sizeof(text), "127.0.0.1:%u", port);
	json_t *list = json_array();
	doctor_ports(list, &d.m);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "state")), "bad");
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(list, 0), "text")), text));
	json_decref(list);

	char address[64];
	const char *listen_list[] = {address, NULL};
	snprintf(address, sizeof(address), "tcp://%s", text);
	d.m.listen = listen_list;
	list = json_array();
	doctor_ports(list, &d.m);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "state")), "ok");
	json_decref(list);
	close(fd);
	desk_stop(&d);
}

static void addresses_are_compared_as_the_kernel_writes_them(void **state)
{
	(void)state;
	assert_true(doctor_same_address("0101007F:1CE8", "tcp://127.0.1.1:7400"));
	assert_false(doctor_same_address("0101007F:1CE9", "tcp://127.0.1.1:7400"));
	assert_false(doctor_same_address("0201007F:1CE8", "tcp://127.0.1.1:7400"));
	assert_true(doctor_same_address("00000000:1CE8", "tcp://*:7400"));
	assert_false(doctor_same_address("0101007F:1CE8", "tcp://0.0.0.0:7400"));
	assert_false(doctor_same_address("0101007F:1CE8", "ipc:///tmp/x"));
}

static void a_node_in_no_space_says_so(void **state)
{
	struct desk d;
	struct ask a;
	char token[65];
	(void)state;
	desk_start(&d, tables);
	enter(&d, token);
	assert_int_equal(desk_ask(&d, &a, "GET", "/v1/peers", token, NULL), 200);
	assert_int_equal(json_array_size(json_object_get(a.json, "peers")), 0);
	ask_end(&a);
	assert_int_equal(desk_ask(&d, &a, "POST", "/v1/descriptors/import", token, "{\"descriptors\":\"AAAA\"}"), 409);
	assert_non_null(strstr(a.content, "hufu space join"));
	ask_end(&a);
	assert_int_equal(people_count(&d.p, HF_EVENT_DENIED, "state"), 1);
	desk_stop(&d);
}

struct stopped {
	bool done;
};

static void on_stop(void *ctx)
{
	((struct stopped *)ctx)->done = true;
}

static void the_node_ends_when_asked_after_the_entry_is_durable(void **state)
{
	struct desk d;
	char token[65];
	struct stopped s = {false};
	(void)state;
	desk_start(&d, tables);
	d.m.stop = on_stop;
	d.m.stop_ctx = &s;
	enter(&d, token);
	assert_int_equal(desk_do(&d, "POST", "/v1/stop", token, NULL), 200);
	assert_true(s.done);
	assert_int_equal(people_count(&d.p, HF_EVENT_COMMAND, NULL), 1);
	desk_stop(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(status_shows_the_whole_and_each_service),
	        cmocka_unit_test(metrics_need_no_session_and_hold_no_name),
	        cmocka_unit_test(each_finding_names_its_remedy),
	        cmocka_unit_test(a_port_that_is_not_configured_is_reported),
	        cmocka_unit_test(addresses_are_compared_as_the_kernel_writes_them),
	        cmocka_unit_test(a_node_in_no_space_says_so),
	        cmocka_unit_test(the_node_ends_when_asked_after_the_entry_is_durable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
