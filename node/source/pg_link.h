/*
 * pg_link.h - one connection to a PostgreSQL server, for one worker: nothing waits longer than it may, and nothing that
 * the server sends stands in an error but its SQLSTATE, since its words may quote values. For this folder only.
 *
 * A place is a URI without a password: postgresql://USER@HOST[:PORT]/DATABASE[?sslrootcert=FILE]. With sslrootcert the
 * connection is TLS, the server's name and certificate are checked, and SCRAM is bound to the channel; without, the
 * host must be this machine.
 */
#ifndef HUFU_SOURCE_PG_LINK_H
#define HUFU_SOURCE_PG_LINK_H

#include "base/buf.h"
#include "source/pace.h"

#define PG_CONNECT_SECONDS 15
#define PG_SILENCE_SECONDS 60 /* without an answer, or for less than PG_LEAST bytes of a table */
#define PG_LEAST ((size_t)60 << 10)
#define PG_ANSWER_MAX ((size_t)4 << 20) /* bytes of a row, or of another answer, that are gathered: else LIMIT */

enum hf_err pg_place_check(const char *uri, struct hf_fault *f) HF_MUST_CHECK;

struct pg_link;
struct pg_bounds {
	struct hf_pace *pace; /* of a table's rows; stops everything */
	uint32_t seconds;     /* for all that is asked, from the connection on; then TIMEOUT */
};
/* Refuses a server that lets the role in without asking for the password (STATE). */
enum hf_err pg_link_open(const char *uri, const char *password, const struct pg_bounds *bounds,
                         struct pg_link **ret_link, struct hf_fault *f) HF_MUST_CHECK;
void pg_link_close(struct pg_link *l); /* NULL is fine */
/* Commands without a result. */
enum hf_err pg_link_do(struct pg_link *l, const char *sql, struct hf_fault *f) HF_MUST_CHECK;
/* One row of texts, to be freed with pg_row_done; NULL texts are nulls. UNKNOWN when there is none. */
#define PG_ROW_MAX 4u
#define PG_TEXT_MAX ((size_t)1 << 20)
struct pg_row {
	char *text[PG_ROW_MAX];
};
enum hf_err pg_link_row(struct pg_link *l, const char *sql, const char *const *params, size_t count,
                        struct pg_row *ret_row, struct hf_fault *f) HF_MUST_CHECK;
void pg_row_done(struct pg_row *r);
/* COPY ... TO STDOUT; fn gets the bytes. */
typedef enum hf_err (*pg_bytes_fn)(void *ctx, const void *data, size_t len, struct hf_fault *f);
enum hf_err pg_link_copy(struct pg_link *l, const char *sql, pg_bytes_fn fn, void *ctx,
                         struct hf_fault *f) HF_MUST_CHECK;

#endif
