/*
 * postgres.c - the adapter "postgresql": one table or view of a PostgreSQL database.
 *
 * A database changes while it is read, and a delivery that is resumed must find the same bytes. So a scan reads the
 * table once, in one read-only transaction of one snapshot, into a sealed copy in the node's folder (copy.h), which is
 * what is looked at, masked and delivered until the next scan: what was scanned, classified and published is what
 * leaves, and the database is asked once for each version and not for each delivery. The role must have been asked for
 * its password, and must be able to read only.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/copy.h"
#include "source/pg_link.h"
#include "source/secret.h"

#define PROBE_SECONDS 60u /* for a test, whatever a reading may take */
#define NO_TABLE                                                                                                       \
	"the database has no table or view %.128s of which the role may read a column; check the name, and GRANT "     \
	"SELECT"

/* Settings that decide how values read as text; the rest keeps the server from waiting for us, and us for it. */
static const char settings[] =
        "SET search_path = pg_catalog; SET default_transaction_read_only = on; SET client_min_messages = error; "
        "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '2min'; "
        "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = 1; "
        "SET bytea_output = 'hex'; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/* What the role, or one that it may become, can do beyond reading; null: nothing. */
static const char too_much[] =
        "WITH mine AS (SELECT * FROM pg_roles g WHERE pg_has_role(session_user, g.oid, 'MEMBER')) "
        "SELECT coalesce("
        "(SELECT 'is or may become the superuser ' || rolname FROM mine WHERE rolsuper LIMIT 1), "
        "(SELECT 'may make roles or databases, replicate, or pass over row security' FROM mine WHERE rolcreaterole OR "
        "rolcreatedb OR rolreplication OR rolbypassrls LIMIT 1), "
        "(SELECT 'is a member of ' || rolname FROM mine WHERE rolname IN ('pg_write_all_data', "
        "'pg_write_server_files', 'pg_read_server_files', 'pg_execute_server_program') LIMIT 1), "
        "(SELECT 'may create schemas in the database' FROM mine WHERE has_database_privilege(mine.oid, "
        "current_database(), 'CREATE') LIMIT 1), "
        "(SELECT 'may create objects in the schema ' || nspname FROM pg_namespace n, mine WHERE nspname !~ '^pg_' AND "
        "nspname <> 'information_schema' AND has_schema_privilege(mine.oid, n.oid, 'CREATE') LIMIT 1), "
        "(SELECT 'may write to ' || c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace, mine "
        "WHERE relkind IN ('r', 'p', 'v', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema' AND "
        "(has_table_privilege(mine.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR "
        "has_any_column_privilege(mine.oid, c.oid, 'INSERT, UPDATE')) LIMIT 1))";

/* The table's name, the columns that the role may read as they are selected, and the primary key when it may read that,
 * so that the same rows come in the same order. Booleans and times as a table has them (readers/csv.h). */
static const char shape[] =
        "WITH t AS (SELECT c.oid, format('%I.%I', nspname, relname) AS name FROM pg_class c JOIN pg_namespace n ON "
        "n.oid "
        "= relnamespace WHERE nspname = $1 AND relname = $2 AND relkind IN ('r', 'p', 'v', 'm', 'f')), "
        "k AS (SELECT string_agg(format('t.%I', attname), ', ' ORDER BY ord) AS list, "
        "bool_and(has_column_privilege(t.oid, attnum, 'SELECT')) AS may FROM t JOIN pg_index i ON indrelid = t.oid AND "
        "indisprimary, unnest(indkey) WITH ORDINALITY u(key, ord) JOIN pg_attribute a ON attnum = key WHERE attrelid = "
        "indrelid) "
        "SELECT t.name, (SELECT string_agg(CASE atttypid WHEN 'bool'::regtype THEN format('t.%1$I::text AS %1$I', "
        "attname) "
        "WHEN 'timestamptz'::regtype THEN format('CASE WHEN isfinite(t.%1$I) THEN (t.%1$I AT TIME ZONE ''UTC'')::text "
        "|| "
        "''Z'' ELSE t.%1$I::text END AS %1$I', attname) ELSE format('t.%I', attname) END, ', ' ORDER BY attnum) FROM "
        "pg_attribute WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND has_column_privilege(t.oid, "
        "attnum, "
        "'SELECT')), CASE WHEN k.may THEN ' ORDER BY ' || k.list ELSE '' END FROM t, k";

static size_t bound_of(const struct hf_source_view *v, char out[700])
{
	return (size_t)snprintf(out, 700, "%s\n%s", v->name, v->path);
}

/* "schema.table"; without a dot in the schema public. */
static void split_table(const struct hf_source_view *v, char schema[130], char table[130])
{
	const char *dot = strchr(v->table, '.');

	snprintf(schema, 130, "%.*s", dot ? (int)(dot - v->table) : 6, dot ? v->table : "public");
	snprintf(table, 130, "%s", dot ? dot + 1 : v->table);
}

static enum hf_err check_pg(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_fault *f)
{
	if (!home->has_key)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "this node has no keys, and keeps no password");
	if (!v->query[0] && (!v->table[0] || !hf_text_ok(v->table, strlen(v->table), sizeof(v->table) - 1)))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "source '%s' is a database; say which table with --table SCHEMA.TABLE, or give a "
		                    "--query",
		                    v->name);
	if (v->password.len == 0)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "source '%s' is a database, and an unauthenticated source is refused; give the role's "
		        "password with --password-file FILE",
		        v->name);
	return pg_place_check(v->path, f);
}

static enum hf_err set_password(const struct hf_source_home *home, struct hf_source_view *v, const char *password,
                                struct hf_fault *f)
{
	size_t len = strlen(password);
	char bound[700];

	if (!home->has_key)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "this node has no keys, and keeps no password");
	if (len == 0 || len > HF_SOURCE_SECRET_MAX - 1)
		return hf_fault_set(f, HF_E_ARGUMENT, "the password is empty or longer than %u bytes",
		                    HF_SOURCE_SECRET_MAX - 1u);
	hf_source_secret_seal(home, "password", bound, bound_of(v, bound), password, len, &v->password);
	return HF_OK;
}

static enum hf_err open_link(const struct hf_source_home *home, const struct hf_source_view *v,
                             const struct pg_bounds *bounds, struct pg_link **ret_link, struct hf_fault *f)
{
	char password[HF_SOURCE_SECRET_MAX], bound[700];
	enum hf_err e;
	size_t len;

	if (!hf_source_secret_open(home, "password", bound, bound_of(v, bound), &v->password, password,
	                           sizeof(password) - 1, &len))
		return hf_fault_set(f, HF_E_STATE,
		                    "the password of source '%s' was given for another place; give it again with `hufu "
		                    "source update %s --password-file FILE`",
		                    v->name, v->name);
	password[len] = '\0';
	e = pg_link_open(v->path, password, bounds, ret_link, f);
	hf_wipe(password, sizeof(password));
	return e;
}

/* In a transaction from here on. */
static enum hf_err check_role(const struct hf_source_home *home, struct pg_link *l, struct hf_fault *f)
{
	struct pg_row row;
	char most[64];
	enum hf_err e;

	snprintf(most, sizeof(most), "SET statement_timeout = '%" PRIu32 "s'", home->read_seconds);
	HF_TRY(pg_link_do(l, most, f));
	HF_TRY(pg_link_do(l, settings, f));
	HF_TRY(pg_link_row(l, too_much, NULL, 0, &row, f));
	e = row.text[0] ? HF_E_STATE : HF_OK;
	if (e != HF_OK) {
		hf_utf8_mend(row.text[0]);
		hf_fault_set(
		        f, e,
		        "the role of the database %.100s; a source is read by a role that may only read: CREATE ROLE "
		        "reader LOGIN PASSWORD ..., GRANT SELECT",
		        row.text[0]);
	}
	pg_row_done(&row);
	return e;
}

static enum hf_err find_table(struct pg_link *l, const struct hf_source_view *v, struct pg_row *ret_row,
                              struct hf_fault *f)
{
	char schema[130], table[130];
	const char *const params[] = {schema, table};
	enum hf_err e;

	split_table(v, schema, table);
	e = pg_link_row(l, shape, params, 2, ret_row, f);
	if (e == HF_OK && !ret_row->text[1]) {
		pg_row_done(ret_row);
		e = HF_E_UNKNOWN;
	}
	return e == HF_E_UNKNOWN ? hf_fault_set(f, e, NO_TABLE, v->table) : e;
}

/* One statement alone can be asked so, and nothing is read yet. */
static enum hf_err try_query(struct pg_link *l, const struct hf_source_view *v, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf sql = HF_BUF_INIT;
	struct pg_row row;
	enum hf_err e;

	hf_buf_addf(&sql, "SELECT 1 FROM (\n%s\n) q LIMIT 0", v->query);
	e = pg_link_row(l, (const char *)sql.data, NULL, 0, &row, f);
	pg_row_done(&row);
	return e == HF_E_UNKNOWN ? HF_OK : e;
}

/* What the copy is made of. */
static enum hf_err select_all(struct pg_link *l, const struct hf_source_view *v, struct hf_buf *sql, struct hf_fault *f)
{
	struct pg_row row;

	if (v->query[0]) {
		HF_TRY(try_query(l, v, f));
		hf_buf_addf(sql, v->most_rows ? "SELECT * FROM (\n%s\n) q" : "\n%s\n", v->query);
	} else {
		HF_TRY(find_table(l, v, &row, f));
		/* some rows: whichever come first; to sort them, the server would read them all */
		hf_buf_addf(sql, "SELECT %s FROM %s t%s", row.text[1], row.text[0],
		            row.text[2] && !v->most_rows ? row.text[2] : "");
		pg_row_done(&row);
	}
	if (v->most_rows)
		hf_buf_addf(sql, " LIMIT %" PRIu64, v->most_rows);
	return HF_OK;
}

static enum hf_err into_copy(void *ctx, const void *data, size_t len, struct hf_fault *f)
{
	return hf_copy_add(ctx, data, len, f);
}

static enum hf_err export_table(const struct hf_source_home *home, struct pg_link *l, struct hf_source_view *v,
                                struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf sql = HF_BUF_INIT;
	struct hf_copy *c;
	enum hf_err e;

	hf_buf_addf(&sql, "COPY (");
	HF_TRY(select_all(l, v, &sql, f));
	hf_buf_addf(&sql, ") TO STDOUT (FORMAT csv, HEADER true)");
	e = hf_copy_new(home, v, &c, f);
	if (e == HF_OK) {
		e = pg_link_copy(l, (const char *)sql.data, into_copy, c, f);
		if (e == HF_OK)
			e = hf_copy_end(c, f);
		else
			hf_copy_drop(c);
	}
	if (e != HF_OK)
		memset(&v->copy, 0, sizeof(v->copy));
	return e;
}

static enum hf_err copy_pg(const struct hf_source_home *home, struct hf_source_view *v, struct hf_pace *pace,
                           struct hf_fault *f)
{
	const struct pg_bounds bounds = {pace, home->read_seconds};
	struct pg_link *l = NULL;
	enum hf_err e;

	if (home->read_rate && (!pace->bytes_per_second || home->read_rate < pace->bytes_per_second))
		pace->bytes_per_second = home->read_rate;
	memset(&v->copy, 0, sizeof(v->copy)); /* that of the scan before is the row's until this one is put */
	e = open_link(home, v, &bounds, &l, f);
	if (e == HF_OK)
		e = check_role(home, l, f);
	if (e == HF_OK)
		e = export_table(home, l, v, f);
	pg_link_close(l);
	return e;
}

static enum hf_err probe_pg(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_pace *pace,
                            struct hf_fault *f)
{
	const struct pg_bounds bounds = {pace, home->read_seconds < PROBE_SECONDS ? home->read_seconds : PROBE_SECONDS};
	struct pg_link *l = NULL;
	HF_CLEANUP(hf_buf_done) struct hf_buf sql = HF_BUF_INIT;
	enum hf_err e = open_link(home, v, &bounds, &l, f);

	if (e == HF_OK)
		e = check_role(home, l, f);
	if (e == HF_OK)
		e = select_all(l, v, &sql, f);
	pg_link_close(l);
	return e;
}

const struct hf_adapter hf_adapter_postgresql = {.kind = "postgresql",
                                                 .check = check_pg,
                                                 .set_password = set_password,
                                                 .copy = copy_pg,
                                                 .probe = probe_pg,
                                                 .stamp = hf_copy_stamp,
                                                 .open = hf_copy_open};
