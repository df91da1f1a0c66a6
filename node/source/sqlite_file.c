/*
 * sqlite_file.c - the adapter "sqlite": one table of an SQLite file.
 *
 * The file is read as it is, through a descriptor (sqlite_vfs.h), in the order of the rowid or of the primary key, and
 * is as untrusted as any other: views, virtual tables and computed columns are not read, rows whose numbers do not rise
 * end the reading, and no more comes out than HF_RATIO times the file. What another program still keeps beside the file
 * (a log or a journal) is not in it: then it is not scanned.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/utf8.h"
#include "source/adapters.h"
#include "source/cells.h"
#include "source/input.h"
#include "source/made.h"
#include "source/place.h"
#include "source/readers/csv.h"
#include "source/sqlite_vfs.h"

#define PIECE ((size_t)256 << 10)
#define CELL_MAX ((int)HF_CSV_RECORD_MAX)
#define OUT_MAX (PIECE + 4 * (size_t)HF_CSV_RECORD_MAX) /* a row is at most CELL_MAX, as hex or quoted more */
#define RATIO 64u

static enum hf_err unsound(const char *path, sqlite3 *db, struct hf_fault *f)
{
	switch (sqlite3_errcode(db)) {
	case SQLITE_TOOBIG:
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s has a row or a value of more than 1 MiB; leave it out of the table", path);
	case SQLITE_NOMEM:
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "%s asks for more memory than SQLite files may have here; give a database that holds "
		        "the tables alone (CREATE TABLE ... AS SELECT)",
		        path);
	case SQLITE_IOERR:
		return hf_fault_set(f, HF_E_IO, "%s cannot be read; check the disk", path);
	default:
		return hf_fault_set(f, HF_E_FORMAT, "%s is no sound SQLite database (%s); make it anew with .dump",
		                    path, sqlite3_errstr(sqlite3_errcode(db)));
	}
}

static enum hf_err check_sqlite(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_fault *f)
{
	(void)home;
	if ((!v->table[0] && !v->query[0]) || v->password.len)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "source '%s' is an SQLite file; say which table with --table NAME, or give a --query, "
		        "and no password",
		        v->name);
	return hf_place_check(v->name, v->path, sizeof(v->path), f);
}

/* ---- which fields ---- */

static enum hf_err prepare(sqlite3 *db, const char *path, char *take_sql, sqlite3_stmt **ret_stmt, struct hf_fault *f)
{
	int e;

	if (!take_sql)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%s cannot be read now: SQLite files have all their memory in use; try again later",
		                    path);
	e = sqlite3_prepare_v2(db, take_sql, -1, ret_stmt, NULL);
	sqlite3_free(take_sql);
	return e == SQLITE_OK ? HF_OK : unsound(path, db, f);
}

/* Of the department's own, but over a file that is not trusted: it reads, without functions and without sorting. */
static enum hf_err prepare_query(sqlite3 *db, const struct hf_source_view *v, sqlite3_stmt **ret_stmt,
                                 struct hf_fault *f)
{
	if (sqlite3_prepare_v2(db, v->query, -1, ret_stmt, NULL) == SQLITE_OK && *ret_stmt)
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_ARGUMENT,
	        "the query of source '%s' is refused (%.100s); over an SQLite file it is one SELECT of columns "
	        "of tables, with joins and conditions and without functions",
	        v->name, sqlite3_errmsg(db));
}

/* SQLite keeps the text of a table from its third word on. PRAGMA table_list would work through every view of the file.
 */
static enum hf_err find_table(sqlite3 *db, const struct hf_source_view *v, struct hf_fault *f)
{
	static const char begins[] = "CREATE TABLE ";
	sqlite3_stmt *s = NULL;
	enum hf_err e = prepare(db, v->path,
	                        sqlite3_mprintf("SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = %Q "
	                                        "COLLATE NOCASE",
	                                        v->table),
	                        &s, f);
	int step = SQLITE_DONE;
	bool found = false;

	while (e == HF_OK && !found && (step = sqlite3_step(s)) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(s, 0);

		found = sql && sqlite3_strnicmp(sql, begins, sizeof(begins) - 1) == 0;
	}
	if (e == HF_OK && !found)
		e = step == SQLITE_DONE
		            ? hf_fault_set(f, HF_E_UNKNOWN,
		                           "%s has no table '%.100s'; views and virtual tables are not read", v->path,
		                           v->table)
		            : unsound(v->path, db, f);
	sqlite3_finalize(s);
	return e;
}

static enum hf_err take_name(struct hf_source_view *v, const char *name, struct hf_fault *f)
{
	size_t len = name ? strlen(name) : 0;
	const char *wrong =
	        v->field_count == HF_CSV_FIELDS_MAX ? "it has more than 1024 fields" : hf_cells_bad_name(name, len);
	if (wrong)
		return hf_fault_set(f, HF_E_FORMAT, "table '%.100s' of %s is none for a source: %s",
		                    v->query[0] ? v->name : v->table, v->path, wrong);
	memcpy(v->fields[v->field_count++].name, name, len);
	return HF_OK;
}

static enum hf_err find_names(sqlite3 *db, struct hf_source_view *v, struct hf_fault *f)
{
	sqlite3_stmt *s = NULL;
	enum hf_err e = prepare(db, v->path, sqlite3_mprintf("PRAGMA main.table_xinfo(%Q)", v->table), &s, f);
	int step = SQLITE_DONE;

	while (e == HF_OK && (step = sqlite3_step(s)) == SQLITE_ROW) {
		int hidden = sqlite3_column_int(s, 6);

		if (hidden == 0 || hidden == 3) /* else it is not stored */
			e = take_name(v, (const char *)sqlite3_column_text(s, 1), f);
	}
	if (e == HF_OK && step != SQLITE_DONE)
		e = unsound(v->path, db, f);
	sqlite3_finalize(s);
	return e;
}

static enum hf_err query_names(sqlite3 *db, struct hf_source_view *v, struct hf_fault *f)
{
	sqlite3_stmt *s = NULL;
	enum hf_err e = prepare_query(db, v, &s, f);

	for (int i = 0; e == HF_OK && i < sqlite3_column_count(s); i++)
		e = take_name(v, sqlite3_column_name(s, i), f);
	sqlite3_finalize(s);
	return e;
}

/* What stands in a log or a journal is not in the file. */
static enum hf_err check_beside(const char *path, struct hf_fault *f)
{
	static const char *const beside[] = {"-wal", "-journal"};
	char name[600];
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s%s", path, beside[i]);
		if (stat(name, &st) == 0 && st.st_size > 0)
			return hf_fault_set(
			        f, HF_E_STATE,
			        "%s holds changes that are not in the database's file; end the program that writes "
			        "(PRAGMA wal_checkpoint(TRUNCATE)), or give a copy (VACUUM INTO)",
			        name);
	}
	return HF_OK;
}

static enum hf_err columns_sqlite(const struct hf_source_home *home, struct hf_source_view *v, struct hf_pace *pace,
                                  struct hf_fault *f)
{
	struct hf_source_stamp stamp;
	sqlite3 *db = NULL;
	enum hf_err e;
	int fd;

	(void)pace;
	HF_TRY(check_beside(v->path, f));
	HF_TRY(hf_place_open(home->node_dir, v->path, &fd, &stamp, f));
	free(v->fields);
	v->fields = hf_alloc_zero(HF_CSV_FIELDS_MAX * sizeof(*v->fields));
	v->field_count = 0;
	e = hf_sqlite_open(fd, CELL_MAX, &db, f);
	if (e == HF_OK && !v->query[0])
		e = find_table(db, v, f);
	if (e == HF_OK)
		e = v->query[0] ? query_names(db, v, f) : find_names(db, v, f);
	sqlite3_close(db);
	close(fd);
	return e;
}

/* ---- the table ---- */

struct table {
	struct hf_maker maker;
	struct hf_source_view v; /* path, table, fields */
	int fd;
	sqlite3 *db;
	sqlite3_stmt *rows;
	bool numbered, begun; /* the last column is the row's number */
	sqlite3_int64 last;
	uint64_t count, made, most;
};

static void table_top(struct hf_maker *m)
{
	struct table *t = (struct table *)m;

	sqlite3_finalize(t->rows);
	t->rows = NULL;
	t->begun = false;
	t->count = t->made = 0;
}

/* A name of the row's number that no column has, those that are not read included: else the rows were to be sorted by
 * what an expression of the file makes of them. NULL: they have all, or the rows have no number. */
static enum hf_err number_name(struct table *t, const char **ret_name, struct hf_fault *f)
{
	static const char *const names[] = {"rowid", "_rowid_", "oid"};
	bool taken[3] = {false, false, false};
	sqlite3_stmt *s = NULL;
	int step = SQLITE_DONE;
	size_t k = 0;

	HF_TRY(prepare(t->db, t->v.path, sqlite3_mprintf("PRAGMA main.table_xinfo(%Q)", t->v.table), &s, f));
	while ((step = sqlite3_step(s)) == SQLITE_ROW)
		for (size_t i = 0; i < 3; i++) {
			const char *name = (const char *)sqlite3_column_text(s, 1);

			taken[i] = taken[i] || !name || sqlite3_stricmp(name, names[i]) == 0;
		}
	sqlite3_finalize(s);
	if (step != SQLITE_DONE)
		return unsound(t->v.path, t->db, f);
	while (k < 3 && taken[k])
		k++;
	*ret_name = k < 3 && sqlite3_table_column_metadata(t->db, "main", t->v.table, names[k], NULL, NULL, NULL, NULL,
	                                                   NULL) == SQLITE_OK
	                    ? names[k]
	                    : NULL;
	return HF_OK;
}

/* number: of the rows; NULL: they have none. */
static char *select_of(const struct table *t, const char *number)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	for (size_t i = 0; i < t->v.field_count; i++)
		sqlite3_str_appendf(s, "%s\"%w\"", i ? ", " : "SELECT ", t->v.fields[i].name);
	if (number)
		sqlite3_str_appendf(s, ", %s", number);
	sqlite3_str_appendf(s, " FROM main.\"%w\" NOT INDEXED", t->v.table);
	if (number)
		sqlite3_str_appendf(s, " ORDER BY %s", number);
	if (t->v.most_rows)
		sqlite3_str_appendf(s, " LIMIT %lld", (sqlite3_int64)t->v.most_rows);
	return sqlite3_str_finish(s);
}

/* Of as many columns as the scan found. */
static enum hf_err begin_query(struct table *t, struct hf_fault *f)
{
	HF_TRY(prepare_query(t->db, &t->v, &t->rows, f));
	t->numbered = false;
	return sqlite3_column_count(t->rows) == (int)t->v.field_count
	               ? HF_OK
	               : hf_fault_set(f, HF_E_SOURCE_CHANGED, "%s has other columns now; scan the source again",
	                              t->v.path);
}

static enum hf_err begin(struct table *t, struct hf_buf *out, struct hf_fault *f)
{
	const char *number = NULL;

	if (!t->db)
		HF_TRY(hf_sqlite_open(t->fd, CELL_MAX, &t->db, f));
	if (t->v.query[0]) {
		HF_TRY(begin_query(t, f));
	} else {
		HF_TRY(find_table(t->db, &t->v, f));
		HF_TRY(number_name(t, &number, f));
		t->numbered = number != NULL;
		HF_TRY(prepare(t->db, t->v.path, select_of(t, number), &t->rows, f));
	}
	t->begun = true;
	return hf_cells_header(out, &t->v) ? HF_OK : HF_E_LIMIT;
}

/* The shortest decimal that is that number. */
static size_t put_real(double d, char out[40])
{
	int digits = DBL_DIG;

	do
		snprintf(out, 40, "%.*g", digits, d);
	while (digits++ < 17 && isfinite(d) && strtod(out, NULL) != d);
	return strlen(out);
}

static bool put_blob(struct hf_buf *out, bool first, const uint8_t *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	if (!hf_buf_reserve(out, 2 * len + 4))
		return false;
	hf_buf_addf(out, first ? "\\x" : ",\\x");
	for (size_t i = 0; i < len; i++) {
		out->data[out->len++] = (uint8_t)hex[data[i] >> 4];
		out->data[out->len++] = (uint8_t)hex[data[i] & 15];
	}
	return true;
}

static bool is_utf8(const char *at, size_t len)
{
	const char *end = at + len;
	uint32_t code;

	while (at < end)
		if (!hf_utf8_next(&at, end, &code))
			return false;
	return true;
}

static bool put_cell(sqlite3_stmt *s, int i, struct hf_buf *out, bool *ret_text)
{
	const void *data;
	char real[40];
	size_t len;

	switch (sqlite3_column_type(s, i)) {
	case SQLITE_NULL:
		return hf_cells_null(out, i == 0);
	case SQLITE_FLOAT:
		len = put_real(sqlite3_column_double(s, i), real);
		return hf_cells_put(out, i == 0, real, len);
	case SQLITE_BLOB:
		data = sqlite3_column_blob(s, i);
		return put_blob(out, i == 0, data, (size_t)sqlite3_column_bytes(s, i));
	default:
		data = sqlite3_column_text(s, i);
		len = data ? (size_t)sqlite3_column_bytes(s, i) : 0;
		*ret_text = data && is_utf8(data, len);
		return *ret_text && hf_cells_put(out, i == 0, data, len);
	}
}

static enum hf_err put_row(struct table *t, struct hf_buf *out, struct hf_fault *f)
{
	sqlite3_int64 number = t->numbered ? sqlite3_column_int64(t->rows, (int)t->v.field_count) : 0;
	size_t before = out->len;
	bool text = true;

	if (t->numbered && t->count > 0 && number <= t->last)
		return hf_fault_set(f, HF_E_FORMAT, "%s is no sound SQLite database: rows of '%.100s' are out of order",
		                    t->v.path, t->v.table);
	t->last = number;
	t->count++;
	for (size_t i = 0; i < t->v.field_count; i++)
		if (!put_cell(t->rows, (int)i, out, &text))
			return text ? hf_fault_set(f, HF_E_FORMAT, "%s has a row of more than 1 MiB", t->v.path)
			            : hf_fault_set(f, HF_E_FORMAT,
			                           "%s has a text that is not UTF-8 in row %llu of '%.100s'", t->v.path,
			                           (unsigned long long)t->count, t->v.table);
	if (!hf_cells_end(out, t->v.field_count))
		return hf_fault_set(f, HF_E_FORMAT, "%s has a row of more than 1 MiB", t->v.path);
	t->made += out->len - before;
	if (t->made > t->most)
		return hf_fault_set(f, HF_E_LIMIT, "%s holds more than %u times its size; make it anew with .dump",
		                    t->v.path, RATIO);
	return HF_OK;
}

static enum hf_err table_more(struct hf_maker *m, struct hf_buf *out, bool *ret_end, struct hf_fault *f)
{
	struct table *t = (struct table *)m;

	if (!t->begun)
		HF_TRY(begin(t, out, f));
	while (out->len < PIECE) {
		switch (sqlite3_step(t->rows)) {
		case SQLITE_ROW:
			if (t->v.query[0] && t->v.most_rows && t->count == t->v.most_rows) {
				*ret_end = true;
				return HF_OK;
			}
			HF_TRY(put_row(t, out, f));
			break;
		case SQLITE_DONE:
			*ret_end = true;
			return HF_OK;
		default:
			return unsound(t->v.path, t->db, f);
		}
	}
	return HF_OK;
}

static void table_stamp(const struct hf_maker *m, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = (struct hf_source_stamp){0, 0, 0};
	hf_place_stamp(((const struct table *)m)->fd, ret_stamp);
}

static uint64_t table_rows(const struct hf_maker *m)
{
	return ((const struct table *)m)->count;
}

static void table_free(struct hf_maker *m)
{
	struct table *t = (struct table *)m;

	sqlite3_finalize(t->rows);
	sqlite3_close(t->db);
	close(t->fd);
	hf_source_view_done(&t->v);
	free(t);
}

static const struct hf_maker_ops ops = {table_top, table_more, table_stamp, table_rows, table_free};

static enum hf_err open_sqlite(const struct hf_source_home *home, const struct hf_source_view *v,
                               struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct hf_source_stamp stamp;
	struct table *t;
	int fd;

	HF_TRY(hf_place_open(home->node_dir, v->path, &fd, &stamp, f));
	t = hf_alloc_zero(sizeof(*t));
	t->maker.ops = &ops;
	t->fd = fd;
	t->most = stamp.bytes * RATIO;
	memcpy(t->v.path, v->path, sizeof(t->v.path));
	memcpy(t->v.table, v->table, sizeof(t->v.table));
	t->v.most_rows = v->most_rows;
	memcpy(t->v.query, v->query, sizeof(t->v.query));
	memcpy(t->v.name, v->name, sizeof(t->v.name));
	t->v.field_count = v->field_count;
	t->v.fields = hf_alloc_zero((v->field_count + 1) * sizeof(*t->v.fields));
	for (size_t i = 0; i < v->field_count; i++)
		memcpy(t->v.fields[i].name, v->fields[i].name, sizeof(t->v.fields[i].name));
	*ret_reader = hf_made_reader_new(&t->maker, OUT_MAX);
	return HF_OK;
}

const struct hf_adapter hf_adapter_sqlite = {.kind = "sqlite",
                                             .check = check_sqlite,
                                             .columns = columns_sqlite,
                                             .stamp = hf_input_stamp_of,
                                             .open = open_sqlite,
                                             .digest = hf_input_digest_of};
