/* Detectors of the user in code: their own process, their record, and what becomes of it when they go wrong. */
#include "masking/code/code.h"

#include <linux/landlock.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "masking/code/host.h"
#include "masking/drift.h"
#include "masking/identify.h"
#include "masking/rules.h"

static const char *digest_of(const char *path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	static char hex[65];
	struct hf_hash h;

	assert_int_equal(hf_file_read(path, HF_CODE_LIBRARY, &bytes), HF_OK);
	hf_sha256(bytes.data, bytes.len, &h);
	hf_hash_hex(&h, hex);
	return hex;
}

static struct hf_codes *taken(const char *path)
{
	struct hf_codes *all = hf_codes_new(HUFU_TEST_CODE);
	struct hf_fault f = {.code = HF_OK};

	if (hf_codes_add(all, path, digest_of(path), &f) != HF_OK)
		fail_msg("%s", f.text);
	return all;
}

static struct hf_rules *rules(const struct hf_codes *all)
{
	json_t *o = json_pack("{s:[{s:s, s:s, s:s}]}", "detectors", "id", "acme.badge", "library", HUFU_TEST_DETECTOR,
	                      "sha256", digest_of(HUFU_TEST_DETECTOR));
	struct hf_fault f = {.code = HF_OK};
	struct hf_rules *r = NULL;

	if (hf_rules_read(o, all, &r, &f) != HF_OK)
		fail_msg("%s", f.text);
	json_decref(o);
	return r;
}

static void add(struct hf_identify *x, const char *first, const char *second)
{
	const struct hf_bytes cells[2] = {{(const uint8_t *)first, strlen(first)},
	                                  {(const uint8_t *)second, strlen(second)}};

	hf_identify_row(x, cells, 2, false);
}

static const struct hf_named_field fields[] = {{"code", NULL}, {"note", NULL}};

/* MK-35: name, evidence, validator, class, level and technique come with the library. */
static void test_code_finds_what_its_check_says(void **state)
{
	struct hf_codes *all = taken(HUFU_TEST_DETECTOR);
	struct hf_rules *r = rules(all);
	const struct hf_identify_options o = {.rules = r};
	struct hf_identify *x = hf_identify_new(&o, fields, 2);
	const struct hf_field_finding *found;
	struct hf_fault f = {.code = HF_OK};
	char text[32], wrong[32];
	size_t n;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		unsigned sum = i / 1000 % 10 + i / 100 % 10 + i / 10 % 10 + i % 10;

		snprintf(text, sizeof(text), "AC-%04u0%u", i, (10 - sum % 10) % 10);
		snprintf(wrong, sizeof(wrong), "AC-%04u0%u", i, (11 - sum % 10) % 10);
		add(x, text, wrong);
	}
	assert_int_equal(hf_identify_settle(x, &f), HF_OK);
	found = hf_identify_findings(x, &n);
	assert_int_equal(n, 2);
	assert_string_equal(found[0].best.detector->id, "acme.badge");
	assert_string_equal(found[0].best.detector->title, "works badge");
	assert_string_equal(found[0].best.detector->technique, "mask");
	assert_int_equal(found[0].best.detector->sensitivity, HF_SENS_PERSONAL);
	assert_int_equal(found[0].best.detector->level, 3);
	assert_int_equal(found[0].best.valid, 3000);
	assert_true(!found[1].best.detector || strcmp(found[1].best.detector->id, "acme.badge") != 0);
	hf_identify_free(x);
	hf_rules_free(r);
	hf_codes_free(all);
}

static void test_code_that_goes_wrong_is_an_error_that_names_it(void **state)
{
	static const struct {
		const char *value, *says;
	} tries[] = {
	        {"crash", "it crashed (Segmentation fault)"},   {"spin", "it took more than 1 s of processor time"},
	        {"file", "it tried what such code may not do"}, {"timer", "it tried what such code may not do"},
	        {"fork", "it tried what such code may not do"}, {"odd", "its check said neither 0 nor 1"}};
	struct hf_codes *all = taken(HUFU_TEST_DETECTOR);

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		struct hf_rules *r = rules(all);
		const struct hf_identify_options o = {.rules = r};
		struct hf_identify *x = hf_identify_new(&o, fields, 2);
		struct hf_fault f = {.code = HF_OK};

		add(x, "AC-123400", "nothing");
		add(x, tries[i].value, "nothing");
		assert_int_equal(hf_identify_settle(x, &f), HF_E_SCANNER);
		if (!strstr(f.text, tries[i].says) || !strstr(f.text, "detector acme.badge failed"))
			fail_msg("%s", f.text);
		add(x, "AC-123400", "nothing"); /* it stays failed */
		assert_int_equal(hf_identify_settle(x, &f), HF_E_SCANNER);
		hf_identify_free(x);
		hf_rules_free(r);
	}
	hf_codes_free(all);
}

static enum hf_err ask_value(struct hf_code_host *h, const char *value, struct hf_fault *f)
{
	h->page->count = 1;
	h->page->len[0] = (uint32_t)strlen(value);
	memcpy(h->page->data, value, strlen(value));
	return hf_code_host_ask(h, HF_CODE_CHECK, f);
}

/* Who takes no time of the processor, but answers late or never, is ended from outside, however often he is asked. */
static void test_code_is_not_waited_for_for_ever(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	int library = memfd_create("detector", MFD_CLOEXEC);
	struct hf_fault f = {.code = HF_OK};
	struct hf_code_host h;
	pid_t pid;

	(void)state;
	assert_int_equal(hf_file_read(HUFU_TEST_DETECTOR, HF_CODE_LIBRARY, &bytes), HF_OK);
	assert_int_equal(write(library, bytes.data, bytes.len), bytes.len);
	assert_int_equal(hf_code_host_start(HUFU_TEST_CODE, library, &h, &f), HF_OK);
	assert_int_equal(h.left_ms, HF_CODE_WAIT_ALL_MS);
	assert_int_equal(hf_code_host_ask(&h, HF_CODE_LOAD, &f), HF_OK);
	assert_int_equal(ask_value(&h, "AC-123400", &f), HF_OK);
	assert_int_equal(h.page->verdict[0], 1);
	h.left_ms = 60; /* as if its answers had taken all but that */
	pid = h.pid;
	assert_int_equal(ask_value(&h, "wait", &f), HF_E_SCANNER);
	assert_non_null(strstr(f.text, "its answers took more than 300 s together"));
	assert_null(h.page);
	assert_int_equal(kill(pid, 0), -1); /* it is gone */
	close(library);
}

/* Whoever ends a watch, on whatever thread, waits for no detector. */
static void test_what_a_watch_has_not_asked_yet_is_never_asked(void **state)
{
	static const uint8_t rows[2][9 + HF_CELL_SLACK] = {"wait", "nothing"};
	static const bool watched[] = {true, true};
	struct hf_codes *all = taken(HUFU_TEST_DETECTOR);
	struct hf_rules *r = rules(all);
	const struct hf_identify_options o = {.rules = r};
	struct hf_drift *d = hf_drift_new(&o, fields, watched, 2, 1);
	const struct hf_bytes cells[2] = {{rows[0], 4}, {rows[1], 7}};
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	assert_true(hf_drift_row(d, cells, 2));
	hf_drift_free(d);
	if (hf_rules_settle(r, &f) != HF_OK) /* asked, it would have failed, 30 s later */
		fail_msg("%s", f.text);
	hf_rules_free(r);
	hf_codes_free(all);
}

/* Memory that it cannot have is refused to it, which hurts nobody else. */
static void test_code_has_memory_of_its_own_and_not_much(void **state)
{
	struct hf_codes *all = taken(HUFU_TEST_DETECTOR);
	struct hf_rules *r = rules(all);
	struct hf_fault f = {.code = HF_OK};
	uint32_t counts[HF_RULES_MAX] = {0};

	(void)state;
	hf_rules_see(r, counts, (const uint8_t *)"room", 4);
	assert_int_equal(hf_rules_settle(r, &f), HF_OK);
	assert_int_equal(counts[0], 1);
	hf_rules_free(r);
	hf_codes_free(all);
}

static void test_the_watch_asks_code_and_stops_when_it_fails(void **state)
{
	static const uint8_t rows[3][8 + HF_CELL_SLACK] = {"AC-12340", "crash", "nothing"};
	static const uint8_t badge[16 + HF_CELL_SLACK] = "AC-123400";
	static const bool watched[] = {true, true};

	(void)state;
	for (unsigned crash = 0; crash < 2; crash++) {
		struct hf_codes *all = taken(HUFU_TEST_DETECTOR);
		struct hf_rules *r = rules(all);
		const struct hf_identify_options o = {.rules = r};
		struct hf_drift *d = hf_drift_new(&o, fields, watched, 2, 1);
		struct hf_bytes cells[2] = {{rows[2], 7}, {badge, 9}};
		const struct hf_finding *found;
		size_t field = 9;

		if (crash)
			cells[1] = (struct hf_bytes){rows[1], 5};
		for (unsigned i = 0; i < 3; i++)
			assert_true(hf_drift_row(d, cells, 2));
		assert_false(hf_drift_end(d));
		found = hf_drift_found(d, &field);
		if (crash) {
			assert_null(found->detector);
			assert_non_null(strstr(hf_drift_failed(d), "detector acme.badge failed: it crashed"));
		} else {
			assert_string_equal(found->detector->id, "acme.badge");
			assert_int_equal(field, 1);
			assert_string_equal(hf_drift_failed(d), "");
		}
		hf_drift_free(d);
		hf_rules_free(r);
		hf_codes_free(all);
	}
}

static void test_only_the_reviewed_library_is_taken(void **state)
{
	struct hf_codes *all = hf_codes_new(HUFU_TEST_CODE);
	const char none[] = "0000000000000000000000000000000000000000000000000000000000000000";
	char path[] = "/tmp/hufu-code-XXXXXX", kept[65];
	int fd = mkstemp(path);
	struct hf_fault f = {.code = HF_OK};
	struct hf_rules *r = NULL;
	json_t *o;

	(void)state;
	assert_int_equal(hf_codes_add(all, HUFU_TEST_DETECTOR, none, &f), HF_E_DIGEST);
	assert_non_null(strstr(f.text, "not the one that was reviewed"));
	assert_true(fd >= 0 && write(fd, "#!/bin/sh\n", 10) == 10);
	close(fd);
	snprintf(kept, sizeof(kept), "%s", digest_of(path));
	assert_int_equal(hf_codes_add(all, path, kept, &f), HF_E_SCANNER);
	assert_non_null(strstr(f.text, "is not used: detector"));
	unlink(path);
	o = json_pack("{s:[{s:s, s:s, s:s}]}", "detectors", "id", "a.b", "library", path, "sha256", kept);
	assert_int_equal(hf_rules_read(o, all, &r, &f), HF_E_SCANNER); /* it stays known as refused */
	assert_int_equal(hf_rules_read(o, NULL, &r, &f), HF_E_UNKNOWN);
	json_object_set_new(json_array_get(json_object_get(o, "detectors"), 0), "level", json_integer(1));
	assert_int_equal(hf_rules_read(o, all, &r, &f), HF_E_FORMAT); /* it would say less than the library */
	json_decref(o);
	hf_codes_free(all);
	all = hf_codes_new("/nonexistent/hufu-code");
	assert_int_equal(hf_codes_add(all, HUFU_TEST_DETECTOR, digest_of(HUFU_TEST_DETECTOR), &f), HF_E_SCANNER);
	assert_non_null(strstr(f.text, "cannot be started"));
	hf_codes_free(all);
}

/* Also what runs while it is being loaded sees no file of the node. */
static void test_code_reads_no_files_while_it_is_loaded(void **state)
{
	const struct hf_code *c;
	struct hf_codes *all;
	struct hf_fault f;

	(void)state;
	if (syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		skip(); /* this kernel cannot */
	all = taken(HUFU_TEST_NOSY);
	assert_int_equal(hf_codes_find(all, digest_of(HUFU_TEST_NOSY), &c, &f), HF_OK);
	assert_string_equal(hf_code_record(c)->title, "works badge");
	hf_codes_free(all);
}

/* Whether the kernel has Landlock or not: the call itself is not allowed. */
static void test_code_writes_no_files_while_it_is_loaded(void **state)
{
	struct hf_codes *all = hf_codes_new(HUFU_TEST_CODE);
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	assert_int_equal(hf_codes_add(all, HUFU_TEST_SCRIBE, digest_of(HUFU_TEST_SCRIBE), &f), HF_E_SCANNER);
	if (!strstr(f.text, "it tried what such code may not do"))
		fail_msg("%s", f.text);
	assert_int_not_equal(access("/tmp/hufu-detector-was-here", F_OK), 0);
	hf_codes_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_code_finds_what_its_check_says),
	        cmocka_unit_test(test_code_that_goes_wrong_is_an_error_that_names_it),
	        cmocka_unit_test(test_code_is_not_waited_for_for_ever),
	        cmocka_unit_test(test_what_a_watch_has_not_asked_yet_is_never_asked),
	        cmocka_unit_test(test_code_has_memory_of_its_own_and_not_much),
	        cmocka_unit_test(test_the_watch_asks_code_and_stops_when_it_fails),
	        cmocka_unit_test(test_only_the_reviewed_library_is_taken),
	        cmocka_unit_test(test_code_reads_no_files_while_it_is_loaded),
	        cmocka_unit_test(test_code_writes_no_files_while_it_is_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
