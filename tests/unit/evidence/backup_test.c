/* The list of a backup: one form only, and no name that leads out of the folder it is restored to (DS-99). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "evidence/backup.h"

#define D "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD "hufu-backup-v1\nroads.example insurer 1764493500000 57\n"

static bool parses(const char *text)
{
	struct hf_backup b = {.count = 0};
	bool ok = hf_backup_parse(text, strlen(text), &b);
	hf_backup_done(&b);
	return ok;
}

static void a_list_says_what_was_backed_up(void **state)
{
	static const char text[] = HEAD "5 " D " hufu.yaml\n4096 " D " state/data.mdb\n";
	struct hf_backup b = {.count = 0};
	(void)state;
	assert_true(hf_backup_parse(text, strlen(text), &b));
	assert_string_equal(b.space, "roads.example");
	assert_string_equal(b.node, "insurer");
	assert_int_equal(b.time_ms, 1764493500000);
	assert_int_equal(b.entries, 57);
	assert_int_equal(b.count, 2);
	assert_string_equal(b.files[1].path, "state/data.mdb");
	assert_int_equal(b.files[1].bytes, 4096);
	hf_backup_done(&b);
	for (size_t cut = 0; cut < strlen(text); cut++) {
		struct hf_backup c = {.count = 0};
		bool ok = hf_backup_parse(text, cut, &c);
		assert_int_equal(ok, ok && c.count == 1); /* whole at the end of a line, nowhere else */
		assert_int_equal(ok, cut == strlen(HEAD) + strlen("5 " D " hufu.yaml\n"));
		hf_backup_done(&c);
	}
}

static void what_leads_elsewhere_or_has_another_form_is_refused(void **state)
{
	static const char *const names[] = {"/etc/passwd", "../x", "a/../b", ".hidden",  "a/.b",
	                                    "a//b",        "a b",  "a\tb",   "\xc3\xa9", ""};
	static const char *const lists[] = {"",
	                                    "hufu-backup-v1\n",
	                                    HEAD,
	                                    HEAD "\n",
	                                    HEAD "5 " D " a",
	                                    HEAD "05 " D " a\n",
	                                    HEAD "+5 " D " a\n",
	                                    HEAD "-5 " D " a\n",
	                                    HEAD " 5 " D " a\n",
	                                    HEAD "5  " D " a\n",
	                                    HEAD "5 " D "0 a\n",
	                                    HEAD "5 0011 a\n",
	                                    HEAD "5 " D " b\n5 " D " a\n",
	                                    HEAD "5 " D " a\n5 " D " a\n",
	                                    HEAD "5 " D " a\n\n",
	                                    "hufu-backup-v2\nroads.example insurer 1 57\n5 " D " a\n",
	                                    "hufu-backup-v1\nRoads insurer 1 57\n5 " D " a\n",
	                                    "hufu-backup-v1\nroads.example insurer 1 57 9\n5 " D " a\n",
	                                    "hufu-backup-v1\nroads.example insurer 99999999999999999999 57\n5 " D
	                                    " a\n"};
	char text[400];
	(void)state;
	assert_true(parses(HEAD "5 " D " a\n"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), HEAD "5 " D " %s\n", names[i]);
		assert_false(parses(text));
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_false(parses(lists[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_list_says_what_was_backed_up),
	        cmocka_unit_test(what_leads_elsewhere_or_has_another_form_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
