/*
 * sqlite_load.c - the loader "sqlite": a table of an SQLite file (load.h).
 *
 * Everything up to the commit is one transaction: the new table is filled under a name of its own and then takes the
 * old one's, which is kept beside it until `finish`; hufu_import says which delivery a table is. Readers see the old
 * version until the commit, a crash is undone by SQLite's own journal, and a table that no delivery of the same entry
 * made is never touched. Views and triggers of other people go on meaning the name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "crypto/utf8.h"
#include "source/load.h"

#define BUSY_MS 2000
#define NAME_OF_LOAD 64

struct loading {
	const struct hf_load *l;
	sqlite3 *db;
	sqlite3_stmt *insert;
	struct hf_csv *csv;
	struct hf_buf value;
	char fresh[NAME_OF_LOAD], old[NAME_OF_LOAD];
	struct hf_fault why; /* code OK: nothing is wrong */
	uint64_t rows;
	bool replaces;
};

static enum hf_err db_fault(const struct loading *s, struct hf_fault *f)
{
	int code = sqlite3_errcode(s->db);

	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return hf_fault_set(f, HF_E_BUSY, "%.300s is in use by another program", s->l->place);
	case SQLITE_FULL:
		return hf_fault_set(f, HF_E_NO_SPACE, "there is no room for the table in %.300s", s->l->place);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return hf_fault_set(f, HF_E_IO,
		                    "%.250s cannot be written (%s); the node's user needs the right to write "
		                    "file and folder",
		                    s->l->place, sqlite3_errstr(code));
	default:
		return hf_fault_set(f, HF_E_FORMAT, "%.300s takes no table: %s", s->l->place, sqlite3_errstr(code));
	}
}

/* Takes sql, which sqlite3_mprintf made. */
static enum hf_err run(struct loading *s, char *take_sql, struct hf_fault *f)
{
	int e = take_sql ? sqlite3_exec(s->db, take_sql, NULL, NULL, NULL) : SQLITE_NOMEM;

	sqlite3_free(take_sql);
	return e == SQLITE_OK ? HF_OK : db_fault(s, f);
}

static enum hf_err prepare(struct loading *s, char *take_sql, sqlite3_stmt **ret_stmt, struct hf_fault *f)
{
	int e = take_sql ? sqlite3_prepare_v2(s->db, take_sql, -1, ret_stmt, NULL) : SQLITE_NOMEM;

	sqlite3_free(take_sql);
	return e == SQLITE_OK ? HF_OK : db_fault(s, f);
}

static void close_load(void *state)
{
	struct loading *s = state;

	if (!s)
		return;
	sqlite3_finalize(s->insert);
	sqlite3_close_v2(s->db); /* what was not committed is undone */
	hf_csv_free(s->csv);
	hf_buf_done(&s->value);
	free(s);
}

/* Nothing of the file's schema is trusted. */
static enum hf_err open_db(struct loading *s, struct hf_fault *f)
{
	int fd = open(s->l->place, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600), off = 0;

	if (fd < 0)
		return hf_fault_set(f, errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO, "%.300s cannot be written: %s",
		                    s->l->place, strerror(errno));
	close(fd);
	if (sqlite3_open_v2(s->l->place, &s->db,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
	                            SQLITE_OPEN_PRIVATECACHE,
	                    NULL) != SQLITE_OK)
		return db_fault(s, f);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, &off);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 1, NULL);
	HF_TRY(run(s, sqlite3_mprintf("PRAGMA secure_delete = ON; BEGIN IMMEDIATE"), f));
	return run(
	        s,
	        sqlite3_mprintf("CREATE TABLE IF NOT EXISTS hufu_import (name TEXT PRIMARY KEY COLLATE NOCASE, entry "
	                        "TEXT NOT NULL, transfer TEXT NOT NULL, before TEXT)"),
	        f);
}

static enum hf_err open_load(const struct hf_load *l, struct loading **ret_s, struct hf_fault *f)
{
	struct loading *s = hf_alloc_zero(sizeof(*s));
	char id[HF_ID_TEXT];
	enum hf_err e;

	s->l = l;
	s->value.wiped = true;
	hf_id_text(&l->transfer, id);
	snprintf(s->fresh, sizeof(s->fresh), "hufu_%s", id);
	snprintf(s->old, sizeof(s->old), "hufu_old_%s", id);
	e = open_db(s, f);
	if (e != HF_OK) {
		close_load(s);
		return e;
	}
	*ret_s = s;
	return HF_OK;
}

enum made { MADE_NONE = 1, MADE_BEFORE, MADE_NOW };

/* Whose the table is: of nobody, of a version before of the same entry, of this delivery. */
static enum hf_err whose(struct loading *s, enum made *ret_made, struct hf_fault *f)
{
	char entry[HF_ID_TEXT], transfer[HF_ID_TEXT];
	sqlite3_stmt *q = NULL;
	enum hf_err e;

	hf_id_text(&s->l->resource, entry);
	hf_id_text(&s->l->transfer, transfer);
	*ret_made = MADE_NONE;
	HF_TRY(prepare(
	        s,
	        sqlite3_mprintf("SELECT i.entry, i.transfer FROM main.sqlite_schema m LEFT JOIN hufu_import i ON "
	                        "i.name = m.name COLLATE NOCASE WHERE m.name = %Q COLLATE NOCASE",
	                        s->l->table),
	        &q, f));
	int step = sqlite3_step(q);
	const char *of = step == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0) : NULL;
	const char *by = step == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 1) : NULL;

	if (step == SQLITE_ROW && (!of || !by || strcmp(of, entry) != 0)) {
		e = hf_fault_set(
		        f, HF_E_EXISTS,
		        "there is a table '%.80s' already that no delivery of this entry made; choose another name",
		        s->l->table);
	} else {
		if (step == SQLITE_ROW)
			*ret_made = strcmp(by, transfer) == 0 ? MADE_NOW : MADE_BEFORE;
		e = step == SQLITE_ROW || step == SQLITE_DONE ? HF_OK : db_fault(s, f);
	}
	sqlite3_finalize(q);
	return e;
}

static const char *type_of(enum hf_csv_type t)
{
	return t == HF_CSV_INTEGER ? "INTEGER" : t == HF_CSV_NUMBER ? "NUMERIC" : "TEXT";
}

static enum hf_err make_table(struct loading *s, struct hf_fault *f)
{
	sqlite3_str *create = sqlite3_str_new(s->db), *insert = sqlite3_str_new(s->db);

	sqlite3_str_appendf(create, "CREATE TABLE \"%w\" (", s->fresh);
	sqlite3_str_appendf(insert, "INSERT INTO \"%w\" VALUES (", s->fresh);
	for (size_t i = 0; i < s->l->column_count; i++) {
		sqlite3_str_appendf(create, "%s\"%w\" %s", i ? ", " : "", s->l->columns[i].name,
		                    type_of(s->l->columns[i].type));
		sqlite3_str_appendall(insert, i ? ", ?" : "?");
	}
	sqlite3_str_appendall(create, ")");
	sqlite3_str_appendall(insert, ")");

	char *sql = sqlite3_str_finish(insert);
	enum hf_err e = run(s, sqlite3_str_finish(create), f);

	if (e != HF_OK) {
		sqlite3_free(sql);
		return e;
	}
	return prepare(s, sql, &s->insert, f);
}

static bool is_text(const uint8_t *data, size_t len)
{
	const char *at = (const char *)data, *end = at + len;
	uint32_t code;

	while (at < end)
		if ((uint8_t)*at < 0x80)
			at++;
		else if (!hf_utf8_next(&at, end, &code))
			return false;
	return true;
}

static bool bind_field(struct loading *s, int at, const struct hf_csv_field *field)
{
	const uint8_t *data = field->data;
	size_t len = field->len;

	if (!field->quoted && len == 0)
		return sqlite3_bind_null(s->insert, at) == SQLITE_OK;
	if (field->quoted) {
		hf_buf_clear(&s->value);
		if (!hf_csv_value(field, &s->value))
			return false;
		data = s->value.data;
		len = s->value.len;
	}
	if (!is_text(data, len)) {
		hf_fault_set(&s->why, HF_E_FORMAT,
		             "the data cannot become a table of SQLite: a value is not UTF-8; fetch it as CSV");
		return false;
	}
	return sqlite3_bind_text(s->insert, at, len ? (const char *)data : "", (int)len, SQLITE_TRANSIENT) == SQLITE_OK;
}

static bool on_record(void *ctx, const struct hf_csv_record *r)
{
	struct loading *s = ctx;

	if (r->number == 0)
		return true; /* the header, which was looked at */
	for (size_t i = 0; i < r->field_count; i++)
		if (!bind_field(s, (int)i + 1, &r->fields[i])) {
			if (s->why.code == HF_OK)
				db_fault(s, &s->why);
			return false;
		}
	if (sqlite3_step(s->insert) != SQLITE_DONE) {
		db_fault(s, &s->why);
		return false;
	}
	sqlite3_reset(s->insert);
	s->rows++;
	return true;
}

static enum hf_err begin(const struct hf_load *l, void **ret_state, bool *ret_done, struct hf_fault *f)
{
	struct loading *s;
	enum made made = MADE_NONE;

	HF_TRY(open_load(l, &s, f));
	enum hf_err e = whose(s, &made, f);
	*ret_done = made == MADE_NOW;
	s->replaces = made == MADE_BEFORE;
	if (e == HF_OK && !*ret_done)
		e = make_table(s, f);
	if (e != HF_OK) {
		close_load(s);
		return e;
	}
	s->csv = hf_csv_new(on_record, s);
	*ret_state = s;
	return HF_OK;
}

static enum hf_err went(struct loading *s, enum hf_csv_defect d, struct hf_fault *f)
{
	if (s->why.code != HF_OK)
		return hf_fault_set(f, s->why.code, "%s", s->why.text);
	return d == HF_CSV_GOOD ? HF_OK
	                        : hf_fault_set(f, HF_E_FORMAT, "the data is no sound table: %s", hf_csv_defect_text(d));
}

static enum hf_err feed(void *state, const uint8_t *data, size_t len, struct hf_fault *f)
{
	struct loading *s = state;

	if (atomic_load(&s->l->pace->stop))
		return hf_fault_set(f, HF_E_CANCELLED, "the node is stopping");
	return went(s, hf_csv_feed(s->csv, data, len), f);
}

/* DS-70: the step in which the new version takes the old one's place. */
static enum hf_err commit(void *state, struct hf_fault *f)
{
	struct loading *s = state;
	char entry[HF_ID_TEXT], transfer[HF_ID_TEXT];

	HF_TRY(went(s, hf_csv_end(s->csv), f));
	if (s->rows != s->l->rows)
		return hf_fault_set(f, HF_E_FORMAT, "the data has %llu rows, and %llu were declared",
		                    (unsigned long long)s->rows, (unsigned long long)s->l->rows);
	sqlite3_finalize(s->insert);
	s->insert = NULL;
	hf_id_text(&s->l->resource, entry);
	hf_id_text(&s->l->transfer, transfer);
	if (s->replaces)
		HF_TRY(run(s, sqlite3_mprintf("ALTER TABLE \"%w\" RENAME TO \"%w\"", s->l->table, s->old), f));
	HF_TRY(run(s, sqlite3_mprintf("ALTER TABLE \"%w\" RENAME TO \"%w\"", s->fresh, s->l->table), f));
	return run(s,
	           sqlite3_mprintf("INSERT INTO hufu_import VALUES (%Q, %Q, %Q, NULL) ON CONFLICT (name) DO UPDATE SET "
	                           "entry = excluded.entry, before = transfer, transfer = excluded.transfer; COMMIT",
	                           s->l->table, entry, transfer),
	           f);
}

/* Only what this delivery made. */
static enum hf_err undo_here(struct loading *s, struct hf_fault *f)
{
	sqlite3_stmt *q = NULL;

	HF_TRY(prepare(s, sqlite3_mprintf("SELECT 1 FROM main.sqlite_schema WHERE name = %Q", s->old), &q, f));
	bool replaced = sqlite3_step(q) == SQLITE_ROW;
	sqlite3_finalize(q);
	HF_TRY(run(s, sqlite3_mprintf("DROP TABLE \"%w\"", s->l->table), f));
	if (!replaced)
		return run(s, sqlite3_mprintf("DELETE FROM hufu_import WHERE name = %Q; COMMIT", s->l->table), f);
	HF_TRY(run(s, sqlite3_mprintf("ALTER TABLE \"%w\" RENAME TO \"%w\"", s->old, s->l->table), f));
	return run(s,
	           sqlite3_mprintf("UPDATE hufu_import SET transfer = before, before = NULL WHERE name = %Q; COMMIT",
	                           s->l->table),
	           f);
}

static enum hf_err undo(const struct hf_load *l, struct hf_fault *f)
{
	struct loading *s;
	enum made made = MADE_NONE;

	if (access(l->place, F_OK) != 0 && errno == ENOENT)
		return HF_OK; /* nothing was ever loaded */
	HF_TRY(open_load(l, &s, f));
	enum hf_err e = whose(s, &made, f);
	if (e == HF_E_EXISTS)
		e = HF_OK; /* somebody else's */
	if (e == HF_OK && made == MADE_NOW)
		e = undo_here(s, f);
	close_load(s);
	return e;
}

static enum hf_err finish(const struct hf_load *l, struct hf_fault *f)
{
	struct loading *s;

	HF_TRY(open_load(l, &s, f));
	enum hf_err e = run(s, sqlite3_mprintf("DROP TABLE IF EXISTS \"%w\"; COMMIT", s->old), f);
	close_load(s);
	return e;
}

static enum hf_err stands(const struct hf_load *l, bool *ret_stands, struct hf_fault *f)
{
	struct loading *s;
	enum made made = MADE_NONE;

	*ret_stands = false;
	if (access(l->place, F_OK) != 0 && errno == ENOENT)
		return HF_OK;
	HF_TRY(open_load(l, &s, f));
	enum hf_err e = whose(s, &made, f);
	*ret_stands = e == HF_OK && made == MADE_NOW;
	close_load(s);
	return e == HF_E_EXISTS ? HF_OK : e; /* somebody else's */
}

const struct hf_loader hf_loader_sqlite = {"sqlite",   false, begin,  feed,   commit,
                                           close_load, undo,  finish, stands, NULL};
