/* sqlite_load_test.c - a table of an SQLite file: whole or not there, one version at any moment, also when the process
 * is killed between any two steps (DS-70, DS-71). */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "crypto/crypto.h"
#include "source/load.h"

static char dir[64], place[128];
static struct hf_pace pace;

static const char first[] = "id,fee,day,note\n1,2.50,2026-03-01,\"a \"\"b\"\"\nc\"\n2,,2026-03-02,\"\"\n3,7,,\n";
static const char second[] = "id,fee,day,note\n4,1e3,2026-03-03,\xE6\x9C\xBA\n";
static const char as_first[] = "1|2.5|2026-03-01|a \"b\"\nc;2|null|2026-03-02|;3|7|null|null;";
static const char as_second[] = "4|1000|2026-03-03|\xE6\x9C\xBA;";

static struct hf_load *load_of(uint8_t number, uint64_t rows)
{
	static const struct {
		const char *name;
		enum hf_csv_type type;
	} columns[] = {{"id", HF_CSV_INTEGER}, {"fee", HF_CSV_NUMBER}, {"day", HF_CSV_DATE}, {"note", HF_CSV_STRING}};
	struct hf_load *l = hf_load_new();

	l->transfer = (struct hf_id){{1, number}};
	l->resource = (struct hf_id){{7}};
	l->rows = rows;
	l->pace = &pace;
	l->columns = calloc(4, sizeof(*l->columns));
	l->column_count = 4;
	for (size_t i = 0; i < 4; i++) {
		snprintf(l->columns[i].name, sizeof(l->columns[i].name), "%s", columns[i].name);
		l->columns[i].type = columns[i].type;
	}
	snprintf(l->place, sizeof(l->place), "%s", place);
	snprintf(l->table, sizeof(l->table), "Tolls \xE8\xB7\xAF");
	return l;
}

static const struct hf_loader *const sqlite = &hf_loader_sqlite;

/* Up to a step: 1 begun, 2 fed, 3 committed, 4 finished. die: by SIGKILL then. */
static enum hf_err load_until(struct hf_load *l, const char *table, int step, bool die)
{
	struct hf_fault f = {HF_OK, ""};
	void *s = NULL;
	bool done = false;
	enum hf_err e = sqlite->begin(l, &s, &done, &f);

	for (size_t at = 0, len = strlen(table); e == HF_OK && step >= 2 && !done && at < len; at++)
		e = sqlite->feed(s, (const uint8_t *)table + at, 1, &f);
	if (e == HF_OK && step >= 3 && !done)
		e = sqlite->commit(s, &f);
	if (step < 4 && die)
		raise(SIGKILL);
	sqlite->close(s);
	if (e == HF_OK && step >= 4)
		e = sqlite->finish(l, &f);
	if (die)
		raise(SIGKILL);
	hf_load_free(l);
	return e;
}

static int add_row(void *ctx, int count, char **cells, char **names)
{
	(void)names;
	for (int i = 0; i < count; i++)
		assert_true(hf_buf_addf(ctx, "%s%s", i ? "|" : "", cells[i] ? cells[i] : "null"));
	assert_true(hf_buf_add(ctx, ";", 1));
	return 0;
}

static char *asked(const char *sql)
{
	static char text[600];
	struct hf_buf b = HF_BUF_INIT;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(place, &db), SQLITE_OK);
	text[0] = '\0';
	if (sqlite3_exec(db, sql, add_row, &b, NULL) == SQLITE_OK)
		snprintf(text, sizeof(text), "%s", b.data ? (char *)b.data : "");
	else
		snprintf(text, sizeof(text), "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	hf_buf_done(&b);
	return text;
}

#define TABLE "SELECT * FROM \"Tolls \xE8\xB7\xAF\""
#define TABLES "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
#define ALONE "Tolls \xE8\xB7\xAF;hufu_import;"

static void a_version_takes_the_place_of_the_one_before(void **state)
{
	(void)state;
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_OK);
	assert_string_equal(asked(TABLE), as_first);
	assert_string_equal(
	        asked("SELECT typeof(id), typeof(fee), typeof(day) FROM \"Tolls \xE8\xB7\xAF\" WHERE id = 1"),
	        "integer|real|text;");
	asked("CREATE VIEW seen AS SELECT count(*) FROM \"Tolls \xE8\xB7\xAF\"");
	assert_int_equal(load_until(load_of(2, 1), second, 4, false), HF_OK);
	assert_string_equal(asked(TABLE), as_second);
	assert_string_equal(asked("SELECT * FROM seen"), "1;"); /* of the name, not of what it was */
	assert_string_equal(asked(TABLES), ALONE);
}

/* DS-70: an end before the commit, by hand or by kill, shows nothing; one after it is found done, and can be undone. */
static void a_kill_at_any_step_leaves_one_version(void **state)
{
	(void)state;
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_OK);
	for (int step = 1; step <= 4; step++) {
		struct hf_load *l = load_of((uint8_t)(10 + step), 1);
		struct hf_fault f = {HF_OK, ""};
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			_exit(load_until(l, second, step, true) == HF_OK);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_string_equal(asked(TABLE), step < 3 ? as_first : as_second);
		if (step < 3)
			assert_string_equal(asked(TABLES), ALONE);
		if (step == 3) { /* no record could be made */
			assert_int_equal(sqlite->undo(l, &f), HF_OK);
			assert_string_equal(asked(TABLE), as_first);
			assert_string_equal(asked(TABLES), ALONE);
		}
		hf_load_free(l);
		assert_int_equal(load_until(load_of((uint8_t)(10 + step), 1), second, 4, false), HF_OK);
		assert_string_equal(asked(TABLE), as_second);
		assert_string_equal(asked(TABLES), ALONE);
		assert_int_equal(load_until(load_of((uint8_t)(20 + step), 3), first, 4, false), HF_OK);
	}
}

static void a_first_version_that_is_undone_leaves_no_table(void **state)
{
	struct hf_load *l = load_of(1, 3);
	struct hf_fault f = {HF_OK, ""};

	(void)state;
	assert_int_equal(sqlite->undo(l, &f), HF_OK); /* before anything was loaded */
	assert_int_not_equal(access(place, F_OK), 0);
	assert_int_equal(load_until(load_of(1, 3), first, 3, false), HF_OK);
	assert_int_equal(sqlite->undo(l, &f), HF_OK);
	assert_int_equal(sqlite->undo(l, &f), HF_OK);
	assert_string_equal(asked(TABLES), "hufu_import;");
	assert_string_equal(asked("SELECT * FROM hufu_import"), "");
	hf_load_free(l);
}

static void what_is_not_its_own_is_left_alone(void **state)
{
	struct hf_load *l = load_of(1, 3);
	struct hf_fault f = {HF_OK, ""};

	(void)state;
	asked("CREATE TABLE \"TOLLS \xE8\xB7\xAF\" (mine)");
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_E_EXISTS);
	assert_int_equal(sqlite->undo(l, &f), HF_OK);
	assert_string_equal(asked(TABLES), "TOLLS \xE8\xB7\xAF;");
	asked("DROP TABLE \"TOLLS \xE8\xB7\xAF\"");
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_OK);
	l->resource.b[0] = 8; /* another entry's table is not its own either */
	assert_int_equal(load_until(l, second, 4, false), HF_E_EXISTS);
	assert_string_equal(asked(TABLE), as_first);
}

static void what_does_not_fit_is_refused_whole(void **state)
{
	(void)state;
	assert_int_equal(load_until(load_of(1, 4), first, 4, false), HF_E_FORMAT); /* of other rows than declared */
	assert_int_equal(load_until(load_of(1, 1), "id,fee,day,note\n1,2,3,\xFF\n", 4, false), HF_E_FORMAT);
	assert_int_equal(load_until(load_of(1, 1), "id,fee,day,note\n1,2,3,\"x\n", 4, false), HF_E_FORMAT);
	atomic_store(&pace.stop, true);
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_E_CANCELLED);
	atomic_store(&pace.stop, false);
	assert_string_equal(asked(TABLES), "");
	FILE *f = fopen(place, "w");
	fprintf(f, "this is no database, and long enough to be seen as none by whoever opens it");
	fclose(f);
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_E_FORMAT);
}

/* DS-71: it passes, so the same is tried again. */
static void a_file_in_use_is_waited_for(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(place, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE other (a); BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_E_BUSY);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(load_until(load_of(1, 3), first, 4, false), HF_OK);
	assert_string_equal(asked(TABLE), as_first);
}

static int up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/hufu-load-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(place, sizeof(place), "%s/tables.db", dir);
	return 0;
}

static int down(void **state)
{
	(void)state;
	unlink(place);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_version_takes_the_place_of_the_one_before, up, down),
	        cmocka_unit_test_setup_teardown(a_kill_at_any_step_leaves_one_version, up, down),
	        cmocka_unit_test_setup_teardown(a_first_version_that_is_undone_leaves_no_table, up, down),
	        cmocka_unit_test_setup_teardown(what_is_not_its_own_is_left_alone, up, down),
	        cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused_whole, up, down),
	        cmocka_unit_test_setup_teardown(a_file_in_use_is_waited_for, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
