/* metrics_test.c - counts under a scripted load, live values of the machine, and the form of the text. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "base/metrics.h"

/* The value of an exact sample ("name" or "name{labels}"), -1 when absent. */
static double sample(const struct hf_buf *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = (const char *)text->data; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			return strtod(line + len, NULL);
	return -1;
}

static void scripted_load(struct hf_metrics *m)
{
	for (int i = 0; i < 200; i++)
		hf_metrics_call(m, "catalog.search", 1000 + i, i % 4 != 0);
	for (int i = 0; i < 50; i++)
		hf_metrics_call(m, "peer.chunk-get", 2000000, true);
	hf_metrics_add(m, "alarms", 2);
	hf_metrics_add(m, "mail_sent_total", 7);
	hf_metrics_set(m, "peers_connected", -3);
}

/* SB-54: number of services, accesses, average response time and success rate match a scripted load with known counts
 * and failures. SB-53: both an overall and a per-service view exist. */
static void indicators_match_a_scripted_load(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf t = HF_BUF_INIT;
	struct hf_metrics *m = hf_metrics_new();
	struct hf_service_view v[4];

	(void)state;
	scripted_load(m);
	assert_int_equal(hf_metrics_services(m, v, 4), 2);
	assert_string_equal(v[0].service, "catalog.search");
	assert_int_equal(v[0].calls, 200);
	assert_int_equal(v[0].failures, 50);
	assert_int_equal(v[0].micros, 200 * 1000 + 199 * 200 / 2);
	assert_int_equal(hf_metrics_services(m, v, 1), 1);
	assert_true(hf_metrics_text(m, NULL, &t));
	assert_float_equal(sample(&t, "hufu_services"), 2, 0);
	assert_float_equal(sample(&t, "hufu_calls_total"), 250, 0);
	assert_float_equal(sample(&t, "hufu_failures_total"), 50, 0);
	assert_float_equal(sample(&t, "hufu_success_ratio"), 0.8, 1e-6);
	assert_float_equal(sample(&t, "hufu_response_seconds_average"), (219900 + 100e6) / 250 / 1e6, 1e-5);
	assert_float_equal(sample(&t, "hufu_service_calls_total{service=\"catalog.search\"}"), 200, 0);
	assert_float_equal(sample(&t, "hufu_service_failures_total{service=\"catalog.search\"}"), 50, 0);
	assert_float_equal(sample(&t, "hufu_service_response_seconds_average{service=\"catalog.search\"}"), 0.001099,
	                   1e-6);
	assert_float_equal(sample(&t, "hufu_service_success_ratio{service=\"catalog.search\"}"), 0.75, 1e-6);
	assert_float_equal(sample(&t, "hufu_service_response_seconds_average{service=\"peer.chunk-get\"}"), 2, 1e-6);
	assert_float_equal(sample(&t, "hufu_service_success_ratio{service=\"peer.chunk-get\"}"), 1, 1e-6);
	assert_float_equal(sample(&t, "hufu_alarms"), 2, 0);
	assert_float_equal(sample(&t, "hufu_mail_sent_total"), 7, 0);
	assert_float_equal(sample(&t, "hufu_peers_connected"), -3, 0);
	assert_int_equal(hf_metrics_get(m, "peers_connected"), -3);
	assert_int_equal(hf_metrics_get(m, "never_set"), 0);
	hf_metrics_free(m);
}

static void write_file(const char *dir, size_t bytes)
{
	char path[128], *data = calloc(1, bytes);
	int fd;

	snprintf(path, sizeof(path), "%s/data", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	memset(data, 7, bytes);
	assert_int_equal(write(fd, data, bytes), (ssize_t)bytes);
	assert_int_equal(fsync(fd), 0);
	close(fd);
	free(data);
}

/* SB-52: processor, memory, storage, network and disk are exported with plausible live values. */
static void the_machine_is_measured_live(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf t = HF_BUF_INIT;
	struct hf_metrics *m = hf_metrics_new();
	char dir[] = "/tmp/hufu-metrics-XXXXXX", path[128];
	double cpu, used;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(hf_metrics_text(m, dir, &t));
	cpu = sample(&t, "hufu_process_cpu_seconds_total");
	used = sample(&t, "hufu_storage_used_bytes");
	assert_true(cpu > 0 && used >= 0 && used < 100000);
	assert_true(sample(&t, "hufu_process_memory_bytes") > 100e3 && sample(&t, "hufu_process_memory_bytes") < 100e9);
	assert_true(sample(&t, "hufu_machine_memory_available_bytes") > 1e6);
	assert_true(sample(&t, "hufu_storage_free_bytes") > 1e6);
	assert_true(sample(&t, "hufu_network_received_bytes_total") >= 0);
	assert_true(sample(&t, "hufu_network_sent_bytes_total") >= 0);
	write_file(dir, 1000000);
	hf_buf_clear(&t);
	assert_true(hf_metrics_text(m, dir, &t));
	assert_true(sample(&t, "hufu_process_cpu_seconds_total") > cpu);
	assert_true(sample(&t, "hufu_storage_used_bytes") >= used + 1000000);
	assert_true(sample(&t, "hufu_disk_written_bytes_total") >= 0);
	assert_true(sample(&t, "hufu_disk_read_bytes_total") >= 0);
	snprintf(path, sizeof(path), "%s/data", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	hf_metrics_free(m);
}

struct family {
	char name[80], type[16];
};

static void check_type_line(const char *line, struct family *f, struct family *seen, size_t *count)
{
	assert_int_equal(sscanf(line, "# TYPE %79s %15s", f->name, f->type), 2);
	assert_true(strncmp(f->name, "hufu_", 5) == 0);
	assert_true(strcmp(f->type, "counter") == 0 || strcmp(f->type, "gauge") == 0 ||
	            strcmp(f->type, "unknown") == 0);
	for (size_t i = 0; i < *count; i++)
		assert_string_not_equal(seen[i].name, f->name);
	seen[(*count)++] = *f;
}

static void check_sample(const char *line, const struct family *f)
{
	size_t len = strlen(f->name);
	const char *value = strrchr(line, ' ') + 1;
	char *end;

	assert_true(strncmp(line, f->name, len) == 0);
	if (strcmp(f->type, "counter") == 0) {
		assert_true(strncmp(line + len, "_total", 6) == 0);
		len += 6;
	}
	assert_true(line[len] == ' ' || line[len] == '{');
	strtod(value, &end);
	assert_true(end != value && *end == '\0');
}

static void the_text_is_open_metrics(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf t = HF_BUF_INIT;
	struct hf_metrics *m = hf_metrics_new();
	struct family f = {"", ""}, seen[64];
	size_t families = 0;
	char *rest, *line;

	(void)state;
	scripted_load(m);
	hf_metrics_call(m, "odd\"name\\with\nall", 1, true);
	assert_true(hf_metrics_text(m, "/tmp", &t));
	assert_string_equal((char *)t.data + t.len - 6, "# EOF\n");
	assert_non_null(strstr((char *)t.data, "{service=\"odd\\\"name\\\\with\\nall\"} 1\n"));
	rest = (char *)t.data;
	while ((line = strsep(&rest, "\n")) != NULL && strcmp(line, "# EOF") != 0) {
		if (strncmp(line, "# TYPE ", 7) == 0)
			check_type_line(line, &f, seen, &families);
		else if (strncmp(line, "# HELP ", 7) == 0)
			assert_true(strncmp(line + 7, f.name, strlen(f.name)) == 0 && line[7 + strlen(f.name)] == ' ');
		else
			check_sample(line, &f);
	}
	assert_string_equal(rest, "");
	hf_metrics_free(m);
}

static void services_beyond_the_limit_are_counted_as_other(void **state)
{
	struct hf_metrics *m = hf_metrics_new();
	struct hf_service_view v[HF_METRICS_SERVICES];
	char name[100];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "service-%d", i);
		hf_metrics_call(m, name, 1, i % 2 == 0);
	}
	assert_int_equal(hf_metrics_services(m, v, HF_METRICS_SERVICES), 257);
	assert_string_equal(v[255].service, "service-255");
	assert_string_equal(v[256].service, "other");
	assert_int_equal(v[256].calls, 744);
	assert_int_equal(v[256].failures, 372);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	hf_metrics_call(m, name, 1, true);
	assert_int_equal(hf_metrics_services(m, v, HF_METRICS_SERVICES), 257);
	hf_metrics_free(m);
}

static void counters_beyond_the_limit_are_ignored_and_a_small_buffer_is_refused(void **state)
{
	struct hf_metrics *m = hf_metrics_new();
	HF_CLEANUP(hf_buf_done) struct hf_buf t;
	char name[32];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "counter_%d", i);
		hf_metrics_add(m, name, i);
	}
	assert_int_equal(hf_metrics_get(m, "counter_127"), 127);
	assert_int_equal(hf_metrics_get(m, "counter_128"), 0);
	hf_buf_init(&t, 200);
	assert_false(hf_metrics_text(m, NULL, &t));
	hf_metrics_add(NULL, "alarms", 1);
	hf_metrics_set(NULL, "alarms", 1);
	hf_metrics_call(NULL, "s", 1, true);
	assert_int_equal(hf_metrics_get(NULL, "alarms"), 0);
	hf_metrics_free(NULL);
	hf_metrics_free(m);
}

static void add_many(void *arg)
{
	char name[32];

	for (int i = 0; i < 40000; i++) {
		snprintf(name, sizeof(name), "shared_%d", i % 20);
		hf_metrics_add(arg, name, 1);
	}
}

static void any_thread_may_add(void **state)
{
	struct hf_metrics *m = hf_metrics_new();
	uv_thread_t threads[4];
	char name[32];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(uv_thread_create(&threads[i], add_many, m), 0);
	for (int i = 0; i < 4; i++)
		uv_thread_join(&threads[i]);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "shared_%d", i);
		assert_int_equal(hf_metrics_get(m, name), 8000);
	}
	hf_metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(indicators_match_a_scripted_load),
	        cmocka_unit_test(the_machine_is_measured_live),
	        cmocka_unit_test(the_text_is_open_metrics),
	        cmocka_unit_test(services_beyond_the_limit_are_counted_as_other),
	        cmocka_unit_test(counters_beyond_the_limit_are_ignored_and_a_small_buffer_is_refused),
	        cmocka_unit_test(any_thread_may_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
