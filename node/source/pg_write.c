/* pg_write.c - declared in pg_write.h. */
#include "source/pg_write.h"

#include <stdlib.h>
#include <string.h>

#include "source/pg_link_internal.h"

#define PIECE ((size_t)128 << 10) /* that libpq holds before it is sent */

static const struct {
	const char *begins; /* of the SQLSTATE */
	enum hf_err e;
	const char *text;
} states[] = {
        {"08", HF_E_UNREACHABLE, "the connection to the database is lost"},
        {"23505", HF_E_BUSY, "another load came first in the database"},
        {"22", HF_E_FORMAT, "a value does not fit the column that it is loaded into; fetch the data into a CSV file"},
        {"23", HF_E_FORMAT, "a row breaks a constraint of the database"},
        {"3F", HF_E_UNKNOWN,
         "the database has no schema of that name; create it, or name another (--to NAME/SCHEMA.TABLE)"},
        {"40", HF_E_BUSY, "the database undid the load in favour of another"},
        {"42501", HF_E_STATE,
         "the role of the target may not do that; GRANT USAGE, CREATE ON SCHEMA to it, and let it own what it "
         "replaces"},
        {"42P07", HF_E_BUSY, "a former load of the same data is still in the database"},
        {"2BP01", HF_E_STATE, "something in the database hangs on the table, such as a view; drop it first"},
        {"53", HF_E_BUSY, "the database has no room"},
        {"55", HF_E_BUSY, "the table is in use in the database"},
        {"57", HF_E_BUSY, "the database stopped the load"},
};

static enum hf_err write_fault(const PGresult *r, struct hf_fault *f)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (!state || strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5)
		return pg_lost(f);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(state, states[i].begins, strlen(states[i].begins)) == 0)
			return hf_fault_set(f, states[i].e, "%s (SQLSTATE %.5s)", states[i].text, state);
	return hf_fault_set(f, HF_E_STATE, "the database refused the load (SQLSTATE %.5s); its log says why", state);
}

/* The first error among what is left; *ret_rows of the last command that counts some. */
static enum hf_err take_results(struct pg_link *l, uint64_t *ret_rows, struct hf_fault *f)
{
	enum hf_err e = HF_OK;
	PGresult *r = NULL;

	for (;;) {
		HF_TRY(pg_next_result(l, &r, e == HF_OK ? f : NULL));
		if (!r)
			return e == HF_OK && PQstatus(l->c) == CONNECTION_BAD ? pg_lost(f) : e;
		ExecStatusType s = PQresultStatus(r);

		if (e == HF_OK && s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
			e = write_fault(r, f);
		if (ret_rows && s == PGRES_COMMAND_OK && *PQcmdTuples(r))
			*ret_rows = strtoull(PQcmdTuples(r), NULL, 10);
		PQclear(r);
		if (s == PGRES_COPY_IN || s == PGRES_COPY_OUT || s == PGRES_COPY_BOTH)
			return e;
	}
}

enum hf_err pg_write_do(struct pg_link *l, const char *sql, struct hf_fault *f)
{
	if (!PQsendQuery(l->c, sql))
		return pg_lost(f);
	HF_TRY(pg_send_all(l, f));
	return take_results(l, NULL, f);
}

enum hf_err pg_write_named(struct pg_link *l, const char *sql, const char *name, struct hf_fault *f)
{
	if (!PQsendQueryParams(l->c, sql, 1, NULL, &name, NULL, NULL, 0))
		return pg_lost(f);
	HF_TRY(pg_send_all(l, f));
	return take_results(l, NULL, f);
}

enum hf_err pg_write_begin(struct pg_link *l, const char *sql, struct hf_fault *f)
{
	PGresult *r = NULL;
	enum hf_err e;

	if (!PQsendQuery(l->c, sql))
		return pg_lost(f);
	HF_TRY(pg_send_all(l, f));
	HF_TRY(pg_next_result(l, &r, f));
	if (!r)
		return pg_lost(f);
	e = PQresultStatus(r) == PGRES_COPY_IN ? HF_OK : write_fault(r, f);
	PQclear(r);
	return e;
}

enum hf_err pg_write_put(struct pg_link *l, const void *data, size_t len, struct hf_fault *f)
{
	const char *at = data;

	while (len > 0) {
		size_t n = len < PIECE ? len : PIECE;

		if (PQputCopyData(l->c, at, (int)n) != 1)
			return pg_lost(f);
		HF_TRY(pg_send_all(l, f));
		at += n;
		len -= n;
	}
	return HF_OK;
}

enum hf_err pg_write_end(struct pg_link *l, uint64_t *ret_rows, struct hf_fault *f)
{
	*ret_rows = 0;
	if (PQputCopyEnd(l->c, NULL) != 1)
		return pg_lost(f);
	HF_TRY(pg_send_all(l, f));
	return take_results(l, ret_rows, f);
}
