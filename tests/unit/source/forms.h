/*
 * forms.h - files of a bench (bench.h) in other forms than text: SQLite, packed with zstd.
 */
#ifndef HUFU_TESTS_UNIT_SOURCE_FORMS_H
#define HUFU_TESTS_UNIT_SOURCE_FORMS_H

#include <sqlite3.h>
#include <zstd.h>

#include "unit/source/bench.h"

/* What is in the file stays in it. */
static inline const char *bench_sql(struct bench *b, const char *name, const char *text)
{
	static char path[200];
	char *error = NULL;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/%s", b->files, name);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s", error);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return path;
}

static inline const char *bench_packed(struct bench *b, const char *name, const char *text)
{
	uint8_t packed[4096];
	size_t n = ZSTD_compress(packed, sizeof(packed), text, strlen(text), 3);

	assert_false(ZSTD_isError(n));
	return bench_write(b, name, packed, n);
}

#endif
