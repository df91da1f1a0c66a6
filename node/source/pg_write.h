/*
 * pg_write.h - putting rows into a PostgreSQL database over a connection of pg_link.h. For this folder only; any
 * worker.
 *
 * What the server says is turned into what the caller does: BUSY and UNREACHABLE pass; FORMAT: a value is not of its
 * column's type, or no text of the server's encoding; STATE: the role lacks a right.
 */
#ifndef HUFU_SOURCE_PG_WRITE_H
#define HUFU_SOURCE_PG_WRITE_H

#include <stdint.h>

#include "source/pg_link.h"

/* Commands without a result. */
enum hf_err pg_write_do(struct pg_link *l, const char *sql, struct hf_fault *f) HF_MUST_CHECK;
/* One command, in which $1 is the name, whatever characters it has. */
enum hf_err pg_write_named(struct pg_link *l, const char *sql, const char *name, struct hf_fault *f) HF_MUST_CHECK;
/* COPY ... FROM STDIN, then its bytes, then how many rows the server took. */
enum hf_err pg_write_begin(struct pg_link *l, const char *sql, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err pg_write_put(struct pg_link *l, const void *data, size_t len, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err pg_write_end(struct pg_link *l, uint64_t *ret_rows, struct hf_fault *f) HF_MUST_CHECK;

#endif
