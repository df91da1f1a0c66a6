/* pg_link.c - declared in pg_link.h; libpq without its blocking calls. */
#include "source/pg_link.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/pg_link_internal.h"

#define TICK_MS 200
#define PLACE "postgresql://USER@HOST/DATABASE, with ?sslrootcert=FILE for a host that is not this machine"

/* ---- the place ---- */

static const char *option(const PQconninfoOption *all, const char *keyword)
{
	for (; all->keyword; all++)
		if (strcmp(all->keyword, keyword) == 0)
			return all->val ? all->val : "";
	return "";
}

static bool this_machine(const char *host)
{
	return host[0] == '/' || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

static enum hf_err check_options(const PQconninfoOption *all, struct hf_fault *f)
{
	static const char *const known[] = {"user", "host", "port", "dbname", "sslrootcert"};
	const char *host = option(all, "host"), *root = option(all, "sslrootcert");

	for (const PQconninfoOption *o = all; o->keyword; o++) {
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], o->keyword) != 0)
			i++;
		if (i == sizeof(known) / sizeof(known[0]) && o->val && o->val[0])
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "the place of a database does not say '%s'; write " PLACE
			                    " (the password goes into --password-file)",
			                    o->keyword);
	}
	if (!*option(all, "user") || !*host || !*option(all, "dbname") || strchr(host, ','))
		return hf_fault_set(f, HF_E_ARGUMENT, "the place names one user, host and database: " PLACE);
	if (*root && root[0] != '/')
		return hf_fault_set(f, HF_E_ARGUMENT, "sslrootcert is the absolute path of a file of certificates");
	if (!*root && !this_machine(host))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "%.100s is not this machine, so the connection must be TLS; add "
		                    "?sslrootcert=FILE, the authority of the server's certificate",
		                    host);
	return HF_OK;
}

static enum hf_err parse(const char *uri, PQconninfoOption **ret_all, struct hf_fault *f)
{
	char *error = NULL;

	*ret_all = strncmp(uri, "postgresql://", 13) == 0 ? PQconninfoParse(uri, &error) : NULL;
	PQfreemem(error);
	if (!*ret_all)
		return hf_fault_set(f, HF_E_ARGUMENT, "a database is named by " PLACE);
	return HF_OK;
}

enum hf_err pg_place_check(const char *uri, struct hf_fault *f)
{
	PQconninfoOption *all;
	enum hf_err e;

	HF_TRY(parse(uri, &all, f));
	e = check_options(all, f);
	PQconninfoFree(all);
	return e;
}

/* ---- waiting ---- */

int64_t pg_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Also where nothing is waited for: a server may answer without end. */
static enum hf_err go_on(const struct pg_link *l, struct hf_fault *f)
{
	if (atomic_load(&l->bounds.pace->stop))
		return hf_fault_set(f, HF_E_CANCELLED, "the reading was ended before it was done");
	if (pg_now_ms() > l->end_ms)
		return hf_fault_set(f, HF_E_TIMEOUT,
		                    "the database was not read within %" PRIu32
		                    " s; offer a view of fewer rows, or allow more (databases.seconds in hufu.yaml)",
		                    l->bounds.seconds);
	return HF_OK;
}

static enum hf_err too_long(const struct pg_link *l, struct hf_fault *f)
{
	return hf_fault_set(
	        f, HF_E_LIMIT,
	        "behind row %" PRIu64
	        ", the database sends a row, or another answer, of more than 4 MiB; offer a view without its "
	        "longest values",
	        l->rows);
}

enum hf_err pg_wait(struct pg_link *l, short events, int64_t until_ms, struct hf_fault *f)
{
	for (;;) {
		struct pollfd p = {PQsocket(l->c), events, 0};
		bool pumped = pg_pump_begun(&l->pump);
		int n;

		HF_TRY(go_on(l, f));
		if (pg_now_ms() > until_ms)
			return hf_fault_set(f, HF_E_TIMEOUT,
			                    "the database gave nothing, or next to nothing, for a minute; look at its "
			                    "load");
		n = poll(&p, 1, pumped ? 0 : TICK_MS);
		if (n > 0)
			return HF_OK;
		if (n < 0 && errno != EINTR)
			return hf_fault_set(f, HF_E_UNREACHABLE, "the connection to the database is lost");
		if (!pumped)
			continue;
		if (l->pump.answer > PG_ANSWER_MAX)
			return too_long(l, f);
		pg_pump_move(&l->pump, TICK_MS);
	}
}

/* ---- connecting ---- */

static void quiet(void *ctx, const PGresult *r)
{
	(void)ctx;
	(void)r;
}

static PGconn *start(const PQconninfoOption *all, const char *password)
{
	const char *root = option(all, "sslrootcert");
	const char *const keys[] = {"host",
	                            "port",
	                            "dbname",
	                            "user",
	                            "password",
	                            "sslmode",
	                            "sslrootcert",
	                            "options",
	                            "gssencmode",
	                            "channel_binding",
	                            "client_encoding",
	                            "application_name",
	                            NULL};
	const char *const values[] = {option(all, "host"),
	                              option(all, "port"),
	                              option(all, "dbname"),
	                              option(all, "user"),
	                              password,
	                              *root ? "verify-full" : "prefer",
	                              root,
	                              " ", /* nothing of the environment */
	                              "disable",
	                              *root ? "require" : "prefer",
	                              "UTF8",
	                              "hufu",
	                              NULL};

	return PQconnectStartParams(keys, values, 0);
}

static enum hf_err connect_fault(struct pg_link *l, struct hf_fault *f)
{
	char text[200];
	size_t len;

	snprintf(text, sizeof(text), "%s", PQerrorMessage(l->c));
	len = strcspn(text, "\n");
	text[len] = '\0';
	hf_utf8_mend(text);
	if (PQconnectionNeedsPassword(l->c) || strstr(text, "authentication failed"))
		return hf_fault_set(f, HF_E_STATE,
		                    "the database refuses user and password; give them again with `hufu source update "
		                    "NAME --password-file FILE`");
	return hf_fault_set(f, HF_E_UNREACHABLE, "no connection to the database: %s", text);
}

static enum hf_err finish_connect(struct pg_link *l, struct hf_fault *f)
{
	int64_t until = pg_now_ms() + PG_CONNECT_SECONDS * 1000;
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;

	while (s != PGRES_POLLING_OK) {
		HF_TRY(pg_wait(l, s == PGRES_POLLING_READING ? POLLIN : POLLOUT, until, f));
		s = PQconnectPoll(l->c);
		if (s == PGRES_POLLING_FAILED)
			return connect_fault(l, f);
		pg_pump_look(&l->pump); /* it may have begun another connection */
		if (s == PGRES_POLLING_READING && !pg_pump_begun(&l->pump) && !pg_pump_begin(&l->pump, PQsocket(l->c)))
			return hf_fault_set(f, HF_E_LIMIT, "this node has no file descriptors left; try again later");
	}
	l->pump.answer = 0;
	if (!PQconnectionUsedPassword(l->c))
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the database lets the user in without asking for a password, and an unauthenticated "
		        "source is refused; demand scram-sha-256 in its pg_hba.conf");
	return HF_OK;
}

enum hf_err pg_link_open(const char *uri, const char *password, const struct pg_bounds *bounds,
                         struct pg_link **ret_link, struct hf_fault *f)
{
	struct pg_link *l = hf_alloc_zero(sizeof(*l));
	PQconninfoOption *all;
	enum hf_err e = parse(uri, &all, f);

	if (e != HF_OK) {
		free(l);
		return e;
	}
	e = check_options(all, f);
	l->bounds = *bounds;
	pg_pump_init(&l->pump);
	l->end_ms = pg_now_ms() + (int64_t)bounds->seconds * 1000;
	l->c = e == HF_OK ? start(all, password) : NULL;
	if (e == HF_OK && !l->c)
		abort(); /* memory */
	if (e == HF_OK)
		e = PQstatus(l->c) == CONNECTION_BAD ? connect_fault(l, f) : finish_connect(l, f);
	PQconninfoFree(all);
	if (e == HF_OK && PQsetnonblocking(l->c, 1) != 0)
		e = hf_fault_set(f, HF_E_INTERNAL, "the connection to the database cannot be made non-blocking");
	if (e != HF_OK) {
		pg_link_close(l);
		return e;
	}
	PQsetNoticeReceiver(l->c, quiet, NULL);
	*ret_link = l;
	return HF_OK;
}

void pg_link_close(struct pg_link *l)
{
	if (!l)
		return;
	PQfinish(l->c); /* NULL is fine */
	pg_pump_end(&l->pump);
	free(l);
}

/* ---- asking ---- */

enum hf_err pg_lost(struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_UNREACHABLE, "the connection to the database is lost; try again");
}

enum hf_err pg_send_all(struct pg_link *l, struct hf_fault *f)
{
	int64_t until = pg_now_ms() + PG_SILENCE_SECONDS * 1000;
	int n;

	while ((n = PQflush(l->c)) > 0) {
		HF_TRY(pg_wait(l, POLLIN | POLLOUT, until, f));
		if (!PQconsumeInput(l->c))
			return pg_lost(f);
	}
	return n == 0 ? HF_OK : pg_lost(f);
}

enum hf_err pg_next_result(struct pg_link *l, PGresult **ret_result, struct hf_fault *f)
{
	int64_t until = pg_now_ms() + PG_SILENCE_SECONDS * 1000;

	HF_TRY(go_on(l, f));
	while (PQisBusy(l->c)) {
		HF_TRY(pg_wait(l, POLLIN, until, f));
		if (!PQconsumeInput(l->c))
			return pg_lost(f);
	}
	*ret_result = PQgetResult(l->c);
	l->pump.answer = 0;
	return HF_OK;
}

static enum hf_err result_fault(const PGresult *r, struct hf_fault *f)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (!state || strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5)
		return pg_lost(f);
	if (strcmp(state, "57014") == 0)
		return hf_fault_set(f, HF_E_TIMEOUT,
		                    "the database stopped the reading (SQLSTATE 57014); offer a view of fewer rows");
	if (strcmp(state, "42501") == 0)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the database forbids the reading (SQLSTATE 42501); grant USAGE on the schema and SELECT "
		        "on the table");
	return hf_fault_set(f, HF_E_IO, "the database refused a query (SQLSTATE %.5s); its log says why", state);
}

enum hf_err pg_drain(struct pg_link *l, enum hf_err e, struct hf_fault *f)
{
	PGresult *r = NULL;

	for (;;) {
		enum hf_err next = pg_next_result(l, &r, e == HF_OK ? f : NULL);
		ExecStatusType s;

		if (next != HF_OK)
			return e == HF_OK ? next : e;
		if (!r)
			break;
		s = PQresultStatus(r);

		if (e == HF_OK && s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
			e = result_fault(r, f);
		PQclear(r);
		if (s == PGRES_COPY_IN || s == PGRES_COPY_OUT || s == PGRES_COPY_BOTH)
			return e;
	}
	return e == HF_OK && PQstatus(l->c) == CONNECTION_BAD ? pg_lost(f) : e;
}

enum hf_err pg_link_do(struct pg_link *l, const char *sql, struct hf_fault *f)
{
	if (!PQsendQuery(l->c, sql))
		return pg_lost(f);
	HF_TRY(pg_send_all(l, f));
	return pg_drain(l, HF_OK, f);
}

void pg_row_done(struct pg_row *r)
{
	for (size_t i = 0; i < PG_ROW_MAX; i++)
		free(r->text[i]);
	*r = (struct pg_row){{NULL}};
}

static enum hf_err take_row(const PGresult *r, struct pg_row *ret_row, struct hf_fault *f)
{
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		return result_fault(r, f);
	if (PQntuples(r) == 0)
		return HF_E_UNKNOWN;
	for (int i = 0; i < PQnfields(r) && i < (int)PG_ROW_MAX; i++) {
		if ((size_t)PQgetlength(r, 0, i) > PG_TEXT_MAX)
			return hf_fault_set(f, HF_E_LIMIT,
			                    "the table has more than a source may have; offer a smaller view");
		ret_row->text[i] = PQgetisnull(r, 0, i) ? NULL : hf_strdup(PQgetvalue(r, 0, i));
	}
	return HF_OK;
}

enum hf_err pg_link_row(struct pg_link *l, const char *sql, const char *const *params, size_t count,
                        struct pg_row *ret_row, struct hf_fault *f)
{
	PGresult *r = NULL;
	enum hf_err e, after;

	*ret_row = (struct pg_row){{NULL}};
	if (!PQsendQueryParams(l->c, sql, (int)count, NULL, params, NULL, NULL, 0))
		return pg_lost(f);
	HF_TRY(pg_send_all(l, f));
	HF_TRY(pg_next_result(l, &r, f));
	e = r ? take_row(r, ret_row, f) : pg_lost(f);
	PQclear(r);
	after = pg_drain(l, e, f);
	if (after != HF_OK)
		pg_row_done(ret_row);
	return after;
}

static enum hf_err copy_rows(struct pg_link *l, pg_bytes_fn fn, void *ctx, struct hf_fault *f)
{
	int64_t until = pg_now_ms() + PG_SILENCE_SECONDS * 1000;
	uint64_t taken = 0, counted = 0;
	enum hf_err e = HF_OK;

	while (e == HF_OK) {
		char *data = NULL;
		int n = PQgetCopyData(l->c, &data, 1);

		if (n > 0) {
			int64_t had = pg_now_ms();

			l->pump.answer = 0;
			e = fn(ctx, data, (size_t)n, f);
			hf_wipe(data, (size_t)n);
			PQfreemem(data);
			taken += (uint64_t)n;
			l->rows += taken > (uint64_t)n; /* the header is none */
			if (e == HF_OK)
				e = hf_pace_keep(l->bounds.pace, (uint64_t)n, 1, f);
			until += pg_now_ms() - had; /* the server waited for us */
			if (e == HF_OK)
				e = go_on(l, f);
			if (taken - counted >= PG_LEAST) {
				counted = taken;
				until = pg_now_ms() + PG_SILENCE_SECONDS * 1000;
			}
		} else if (n == 0) {
			e = pg_wait(l, POLLIN, until, f);
			if (e == HF_OK && !PQconsumeInput(l->c))
				e = pg_lost(f);
		} else {
			return n == -1 ? HF_OK : pg_lost(f);
		}
	}
	return e;
}

enum hf_err pg_link_copy(struct pg_link *l, const char *sql, pg_bytes_fn fn, void *ctx, struct hf_fault *f)
{
	PGresult *r = NULL;
	enum hf_err e;

	if (!PQsendQuery(l->c, sql))
		return pg_lost(f);
	HF_TRY(pg_send_all(l, f));
	HF_TRY(pg_next_result(l, &r, f));
	if (!r)
		return pg_lost(f);
	e = PQresultStatus(r) == PGRES_COPY_OUT ? HF_OK : result_fault(r, f);
	PQclear(r);
	HF_TRY(e);
	HF_TRY(copy_rows(l, fn, ctx, f));
	return pg_drain(l, HF_OK, f);
}
