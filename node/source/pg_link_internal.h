/* pg_link_internal.h - what the files that ask a PostgreSQL server share of a connection. */
#ifndef HUFU_SOURCE_PG_LINK_INTERNAL_H
#define HUFU_SOURCE_PG_LINK_INTERNAL_H

#include <postgresql/libpq-fe.h>

#include "source/pg_link.h"
#include "source/pg_pump.h"

struct pg_link {
	PGconn *c;
	struct pg_bounds bounds;
	int64_t end_ms;
	uint64_t rows;       /* of a table, given out */
	struct pg_pump pump; /* its answer is 0 again whenever libpq gave something out */
};
int64_t pg_now_ms(void); /* of a clock that nobody sets */
enum hf_err pg_lost(struct hf_fault *f);
/* Until libpq's socket can be read or written (POLLIN, POLLOUT), or until_ms (TIMEOUT). CANCELLED. */
enum hf_err pg_wait(struct pg_link *l, short events, int64_t until_ms, struct hf_fault *f) HF_MUST_CHECK;
/* What libpq has to send. */
enum hf_err pg_send_all(struct pg_link *l, struct hf_fault *f) HF_MUST_CHECK;
/* NULL: there are no more; PQclear. */
enum hf_err pg_next_result(struct pg_link *l, PGresult **ret_result, struct hf_fault *f) HF_MUST_CHECK;
/* Reads what is left to its end. e, or when that is OK the first error among it. */
enum hf_err pg_drain(struct pg_link *l, enum hf_err e, struct hf_fault *f) HF_MUST_CHECK;

#endif
