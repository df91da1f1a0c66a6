/*
 * internal.h - one request inside the operator's interface. Private to this folder.
 *
 * server.c speaks HTTP, call.c decides and records, json.c reads and writes fields. A call is held by its connection
 * and by its handler; it goes when both have let go, so that an answer may come after the client or the interface is
 * gone.
 */
#ifndef HUFU_API_INTERNAL_H
#define HUFU_API_INTERNAL_H

#include "api/api.h"

#define CALL_DEADLINE_MS 120000
#define TOKEN_MAX 128

struct call {
	struct hf_api_request rq; /* rq.internal is the call */
	struct hf_actor actor;
	const struct hf_route *route; /* NULL: no such path */
	const char *path;             /* for the record: the route's, or "/other" */
	char token[TOKEN_MAX + 1];
	bool later, finished, expired;
	uint64_t started_ns;
	enum hf_err result; /* while its unit is being committed */

	/* The answer. */
	bool answered;
	unsigned status;
	const char *type;
	uint8_t *bytes;
	size_t len;
	bool has_file; /* instead of bytes */
	int file;
	uint64_t file_bytes;

	/* server.c */
	unsigned holds;
	void *connection; /* NULL when the client or the interface is gone */
	bool suspended, dispatched, too_large;
	struct hf_buf body;
	int64_t deadline_ms;
	struct hf_api *api; /* NULL when closed */
	struct call *next, *prev;
};

/* Checks session and rights, reads the input, runs the handler. The answer is there at once, or server.c is told by
 * call_ready. */
void call_dispatch(struct call *c, const char *method, const char *path, const struct hf_route *const *tables);
void call_free(struct call *c);
/* Sets a JSON error as the answer. */
void call_refuse(struct call *c, enum hf_err e, const char *text);

/* server.c: the answer is set; sends it if somebody waits. */
void call_ready(struct call *c);
void call_hold(struct call *c);
void call_release(struct call *c);
/* server.c: the query's values as an object of texts. */
enum hf_err call_query(struct call *c, json_t **ret_in) HF_MUST_CHECK;

#endif
