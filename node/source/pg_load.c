/*
 * pg_load.c - the loader "postgresql": a table of a PostgreSQL database (load.h).
 *
 * As with SQLite all up to the commit is one transaction: COPY takes the bytes of the delivery as they are into a table
 * of a name of its own, which then takes the old one's; hufu_import in the same schema says which delivery a table is.
 * A kill of either side before the commit is a rollback, and a commit whose answer was lost is found done.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/load.h"
#include "source/pg_write.h"

#define NAME_OF_LOAD 64
#define QUOTED 140 /* a name of 63 bytes, each doubled, and quotes */

/* Nothing is found but by its schema's name; nobody is waited for without end. */
static const char settings[] =
        "SET search_path = pg_catalog, pg_temp; SET client_min_messages = error; SET lock_timeout = '20s'; "
        "SET idle_in_transaction_session_timeout = '2min'; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; "
        "SET standard_conforming_strings = on; BEGIN ISOLATION LEVEL READ COMMITTED";

struct loading {
	const struct hf_load *l;
	struct pg_link *link;
	char schema_name[64], table_name[64];
	char schema[QUOTED], table[QUOTED]; /* quoted */
	char fresh[NAME_OF_LOAD], old[NAME_OF_LOAD], entry[HF_ID_TEXT], transfer[HF_ID_TEXT];
};

/* As an identifier; column names may have any character but NUL. */
static bool quote(struct hf_buf *b, const char *name)
{
	bool ok = hf_buf_add(b, "\"", 1);

	for (const char *at = name; ok && *at; at++)
		ok = hf_buf_add(b, at, 1) && (*at != '"' || hf_buf_add(b, "\"", 1));
	return ok && hf_buf_add(b, "\"", 1);
}

static void close_load(void *state)
{
	struct loading *s = state;

	if (!s)
		return;
	pg_link_close(s->link); /* what was not committed is undone */
	free(s);
}

static void take_names(struct loading *s)
{
	const char *dot = strchr(s->l->table, '.');
	const size_t len = dot ? (size_t)(dot - s->l->table) : 6;

	snprintf(s->schema_name, sizeof(s->schema_name), "%.*s", (int)len, dot ? s->l->table : "public");
	snprintf(s->table_name, sizeof(s->table_name), "%.63s", dot ? dot + 1 : s->l->table);
	snprintf(s->schema, sizeof(s->schema), "\"%s\"", s->schema_name); /* outlet.c lets no quote through */
	snprintf(s->table, sizeof(s->table), "\"%s\"", s->table_name);
	hf_id_text(&s->l->resource, s->entry);
	hf_id_text(&s->l->transfer, s->transfer);
	snprintf(s->fresh, sizeof(s->fresh), "\"hufu_%s\"", s->transfer);
	snprintf(s->old, sizeof(s->old), "\"hufu_old_%s\"", s->transfer);
}

#define SQL_MAX 2000

static void compose(char sql[SQL_MAX], const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void compose(char sql[SQL_MAX], const char *fmt, va_list ap)
{
	int n = vsnprintf(sql, SQL_MAX, fmt, ap);

	if (n < 0 || n >= SQL_MAX)
		abort(); /* names are bounded */
}

static enum hf_err doing(struct loading *s, struct hf_fault *f, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
static enum hf_err doing(struct loading *s, struct hf_fault *f, const char *fmt, ...)
{
	char sql[SQL_MAX];
	va_list ap;

	va_start(ap, fmt);
	compose(sql, fmt, ap);
	va_end(ap);
	return pg_write_do(s->link, sql, f);
}

/* One statement; $1 is the table's name, which a person chose, as a value. */
static enum hf_err noting(struct loading *s, struct hf_fault *f, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
static enum hf_err noting(struct loading *s, struct hf_fault *f, const char *fmt, ...)
{
	char sql[SQL_MAX];
	va_list ap;

	va_start(ap, fmt);
	compose(sql, fmt, ap);
	va_end(ap);
	return pg_write_named(s->link, sql, s->table_name, f);
}

/* Whoever may make tables in the schema may have made this one first, with triggers that would run as the role of the
 * target, and with rows that give tables of others away. */
static enum hf_err check_own(struct loading *s, struct hf_fault *f)
{
	const char *const params[] = {s->schema_name};
	struct pg_row row;
	enum hf_err e = pg_link_row(
	        s->link,
	        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 "
	        "AND "
	        "c.relname = 'hufu_import' AND c.relkind = 'r' AND c.relowner = (SELECT oid FROM pg_roles WHERE "
	        "rolname "
	        "= current_user) AND NOT c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = "
	        "c.oid) AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid) AND NOT EXISTS (SELECT FROM "
	        "pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent))",
	        params, 1, &row, f);

	if (e == HF_E_UNKNOWN)
		return hf_fault_set(
		        f, HF_E_EXISTS,
		        "hufu_import in schema %.63s is not a plain table of the role of the target; drop it, "
		        "or give it to that role without triggers and rules",
		        s->schema_name);
	HF_TRY(e);
	pg_row_done(&row);
	return HF_OK;
}

static enum hf_err enter(struct loading *s, struct hf_fault *f)
{
	const struct pg_bounds bounds = {.pace = s->l->pace, .seconds = s->l->seconds};
	enum hf_err e = pg_link_open(s->l->place, s->l->password, &bounds, &s->link, f);

	if (e == HF_E_STATE)
		return hf_fault_set(
		        f, e,
		        "the database does not let the role in with the password of the target, or asks for "
		        "none; demand scram-sha-256 in its pg_hba.conf, and give the password again with `hufu "
		        "target update NAME --password-file FILE`");
	HF_TRY(e);
	HF_TRY(doing(s, f, "%s", settings));
	HF_TRY(doing(
	        s, f,
	        "CREATE TABLE IF NOT EXISTS %s.hufu_import (name text PRIMARY KEY, entry text NOT NULL, transfer text "
	        "NOT NULL, before text)",
	        s->schema));
	return check_own(s, f);
}

static enum hf_err open_load(const struct hf_load *l, struct loading **ret_s, struct hf_fault *f)
{
	struct loading *s = hf_alloc_zero(sizeof(*s));
	enum hf_err e;

	s->l = l;
	take_names(s);
	e = enter(s, f);
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
	const char *const params[] = {s->schema_name, s->table_name};
	struct pg_row row;
	char sql[600];

	snprintf(sql, sizeof(sql),
	         "SELECT c.relname, i.entry, i.transfer FROM (SELECT $1::text AS s, $2::text AS t) q LEFT JOIN "
	         "pg_class c "
	         "ON c.relname = q.t AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = q.s) LEFT JOIN "
	         "%s.hufu_import i ON i.name = q.t",
	         s->schema);
	HF_TRY(pg_link_row(s->link, sql, params, 2, &row, f));
	enum hf_err e = HF_OK;

	if (!row.text[0])
		*ret_made = MADE_NONE;
	else if (!row.text[1] || !row.text[2] || strcmp(row.text[1], s->entry) != 0)
		e = hf_fault_set(
		        f, HF_E_EXISTS,
		        "there is a table '%.80s' already that no delivery of this entry made; choose another name",
		        s->l->table);
	else
		*ret_made = strcmp(row.text[2], s->transfer) == 0 ? MADE_NOW : MADE_BEFORE;
	pg_row_done(&row);
	return e;
}

/* What hangs on a table keeps that very one, whatever takes its name: a view would show the version before for ever,
 * and nobody could drop it. Its own rules, constraints and indexes go with it. */
static const char hanging[] =
        "WITH t AS (SELECT c.oid, c.reltype, y.typarray FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_type y ON y.oid = c.reltype WHERE n.nspname = $1 AND c.relname = $2), "
        "d AS (SELECT d.classid, d.objid, d.objsubid, r.ev_class FROM t JOIN pg_depend d ON d.deptype = 'n' AND "
        "((d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid) OR (d.refclassid = 'pg_type'::regclass AND "
        "d.refobjid IN (t.reltype, t.typarray))) "
        "LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid "
        "LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid "
        "WHERE coalesce(r.ev_class, k.conrelid, 0) <> t.oid), "
        "w AS (SELECT DISTINCT CASE WHEN ev_class IS NULL THEN pg_describe_object(classid, objid, objsubid) "
        "ELSE pg_describe_object('pg_class'::regclass, ev_class, 0) END AS what FROM d) "
        "SELECT min(what), CASE WHEN count(*) > 1 THEN ' and ' || count(*) - 1 || ' more' ELSE '' END FROM w";

static enum hf_err check_free(struct loading *s, const char *name, struct hf_fault *f)
{
	const char *const params[] = {s->schema_name, name};
	struct pg_row row;
	enum hf_err e = HF_OK;

	HF_TRY(pg_link_row(s->link, hanging, params, 2, &row, f));
	if (row.text[0])
		e = hf_fault_set(f, HF_E_STATE,
		                 "on the table '%.80s' hangs %.200s%.30s, which would keep the version before; drop it "
		                 "and make it anew "
		                 "after the load, or load into a table of another name",
		                 s->l->table, row.text[0], row.text[1] ? row.text[1] : "");
	pg_row_done(&row);
	return e;
}

static const char *type_of(enum hf_csv_type t)
{
	switch (t) {
	case HF_CSV_BOOLEAN:
		return "boolean";
	case HF_CSV_INTEGER:
		return "bigint";
	case HF_CSV_NUMBER:
		return "numeric";
	case HF_CSV_DATE:
		return "date";
	case HF_CSV_UNSEEN:
	case HF_CSV_DATETIME: /* with and without a zone may stand in one column */
	case HF_CSV_STRING:
		return "text";
	}
	return "text";
}

static enum hf_err make_table(struct loading *s, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	bool ok = hf_buf_addf(&b, "CREATE TABLE %s.%s (", s->schema, s->fresh);

	for (size_t i = 0; ok && i < s->l->column_count; i++)
		ok = (i == 0 || hf_buf_add(&b, ", ", 2)) && quote(&b, s->l->columns[i].name) &&
		     hf_buf_addf(&b, " %s", type_of(s->l->columns[i].type));
	if (!ok || !hf_buf_add(&b, ")", 1))
		return hf_fault_default(f, HF_E_LIMIT);
	HF_TRY(pg_write_do(s->link, (const char *)b.data, f));
	hf_buf_clear(&b);
	if (!hf_buf_addf(&b, "COPY %s.%s FROM STDIN (FORMAT csv, HEADER true)", s->schema, s->fresh))
		return hf_fault_default(f, HF_E_LIMIT);
	return pg_write_begin(s->link, (const char *)b.data, f);
}

static enum hf_err begin(const struct hf_load *l, void **ret_state, bool *ret_done, struct hf_fault *f)
{
	struct loading *s;
	enum made made = MADE_NONE;

	HF_TRY(open_load(l, &s, f));
	enum hf_err e = whose(s, &made, f);
	*ret_done = made == MADE_NOW;
	if (e == HF_OK && made == MADE_BEFORE)
		e = check_free(s, s->table_name, f);
	if (e == HF_OK && !*ret_done)
		e = make_table(s, f);
	if (e != HF_OK) {
		close_load(s);
		return e;
	}
	*ret_state = s;
	return HF_OK;
}

static enum hf_err feed(void *state, const uint8_t *data, size_t len, struct hf_fault *f)
{
	return pg_write_put(((struct loading *)state)->link, data, len, f);
}

static const char *old_name(const struct loading *s, char out[NAME_OF_LOAD])
{
	snprintf(out, NAME_OF_LOAD, "hufu_old_%s", s->transfer);
	return out;
}

/* DS-70: the step in which the new version takes the old one's place. Others may have loaded meanwhile. */
static enum hf_err commit(void *state, struct hf_fault *f)
{
	struct loading *s = state;
	enum made made = MADE_NONE;
	uint64_t rows;
	char old[NAME_OF_LOAD];

	HF_TRY(pg_write_end(s->link, &rows, f));
	if (rows != s->l->rows)
		return hf_fault_set(f, HF_E_FORMAT, "the database took %llu rows, and %llu were declared",
		                    (unsigned long long)rows, (unsigned long long)s->l->rows);
	HF_TRY(doing(s, f, "LOCK TABLE %s.hufu_import IN SHARE ROW EXCLUSIVE MODE", s->schema));
	HF_TRY(whose(s, &made, f));
	if (made == MADE_BEFORE) { /* from here on nobody else reaches it */
		HF_TRY(doing(s, f, "ALTER TABLE %s.%s RENAME TO %s", s->schema, s->table, s->old));
		HF_TRY(check_free(s, old_name(s, old), f));
	}
	HF_TRY(doing(s, f, "ALTER TABLE %s.%s RENAME TO %s", s->schema, s->fresh, s->table));
	HF_TRY(noting(s, f,
	              "INSERT INTO %s.hufu_import AS i VALUES ($1, '%s', '%s', NULL) ON CONFLICT (name) DO UPDATE SET "
	              "entry = excluded.entry, before = i.transfer, transfer = excluded.transfer",
	              s->schema, s->entry, s->transfer));
	return doing(s, f, "COMMIT");
}

/* Only what this delivery made. */
static enum hf_err undo_here(struct loading *s, struct hf_fault *f)
{
	char old[NAME_OF_LOAD];
	const char *const params[] = {s->schema_name, old_name(s, old)};
	struct pg_row row;

	HF_TRY(pg_link_row(
	        s->link,
	        "SELECT (SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
	        "n.nspname = $1 AND c.relname = $2)",
	        params, 2, &row, f));
	bool replaced = row.text[0] != NULL;
	pg_row_done(&row);
	HF_TRY(doing(s, f, "DROP TABLE %s.%s", s->schema, s->table));
	if (replaced) {
		HF_TRY(doing(s, f, "ALTER TABLE %s.%s RENAME TO %s", s->schema, s->old, s->table));
		HF_TRY(noting(s, f, "UPDATE %s.hufu_import SET transfer = before, before = NULL WHERE name = $1",
		              s->schema));
	} else {
		HF_TRY(noting(s, f, "DELETE FROM %s.hufu_import WHERE name = $1", s->schema));
	}
	return doing(s, f, "COMMIT");
}

static enum hf_err undo(const struct hf_load *l, struct hf_fault *f)
{
	struct loading *s;
	enum made made = MADE_NONE;

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
	enum hf_err e = doing(s, f, "DROP TABLE IF EXISTS %s.%s; COMMIT", s->schema, s->old);
	close_load(s);
	return e;
}

static enum hf_err stands(const struct hf_load *l, bool *ret_stands, struct hf_fault *f)
{
	struct loading *s;
	enum made made = MADE_NONE;

	HF_TRY(open_load(l, &s, f));
	enum hf_err e = whose(s, &made, f);
	*ret_stands = e == HF_OK && made == MADE_NOW;
	close_load(s);
	return e == HF_E_EXISTS ? HF_OK : e; /* somebody else's */
}

const struct hf_loader hf_loader_postgresql = {"postgresql", false, begin,  feed,   commit,
                                               close_load,   undo,  finish, stands, NULL};
