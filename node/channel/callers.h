/*
 * callers.h - nodes that dialled this one (caller.c), their connections (answer.c) and requests (request.c). Private;
 * included by internal.h.
 */
#ifndef HUFU_CHANNEL_CALLERS_H
#define HUFU_CHANNEL_CALLERS_H

#include "channel/internal.h"

#define HF_RATE_REPORT_MS 1000 /* between two reports about a caller beyond its rate */

struct hf_caller {
	struct hf_name name;
	char address[HF_ADDRESS_MAX + 1];
	struct hf_session *current, *previous;
	TAILQ_HEAD(, hf_guest) guests;
	uint32_t pipes, outstanding, polls;
	uint32_t refs; /* requests that point here */
	size_t bytes;  /* of outstanding requests */
	double tokens;
	int64_t tokens_at_ms;
	int64_t rate_reported_ms;
	uint64_t recent[HF_RECENT]; /* digests of message ids: a request is carried out once */
	LIST_ENTRY(hf_caller) bucket;
};

struct hf_guest {
	struct hf_pipe *pipe;
	struct hf_handshake *handshake;
	uint8_t session[HF_SESSION_ID];
	struct hf_caller *caller;
	bool refused;        /* and reported */
	bool cut_off;        /* nothing more is read from it */
	uint32_t handshakes; /* begun; one a second is forgiven */
	int64_t handshakes_at_ms;
	TAILQ_ENTRY(hf_guest) list; /* of the caller */
};

struct hf_request {
	struct hf_sent sent;
	struct hf_later later;
	struct hf_channel *channel; /* NULL: closed meanwhile */
	struct hf_slot *slot;
	struct hf_ongoing *local; /* made by this node itself */
	struct hf_caller *caller;
	struct hf_session *session;
	uint64_t counter;
	Hufu__RequestHeader *header;
	struct hf_id trace;
	char peer[HF_NAME_MAX + 1];
	char address[HF_ADDRESS_MAX + 1];
	size_t bytes;
	bool poll, counted;
	int64_t received_us;
	struct hf_held *answer; /* local: on its way */
	TAILQ_ENTRY(hf_request) list;
};

/* answer.c */
void hf_answer_message(void *ctx, struct hf_slot *slot, nng_msg *take);
void hf_answer_pipe_gone(void *ctx, struct hf_pipe *p);
void hf_answer_late(void *ctx, struct hf_pipe *p);
void hf_answer_nameless(struct hf_channel *c); /* once a second */

/* caller.c */
struct hf_caller *hf_caller_find(struct hf_channel *c, const char *name);
struct hf_caller *hf_caller_get(struct hf_channel *c, const struct hf_name *name);
void hf_caller_session(struct hf_channel *c, struct hf_caller *k, struct hf_session *take);
void hf_caller_end_sessions(struct hf_channel *c, struct hf_caller *k);
struct hf_session *hf_caller_session_find(struct hf_channel *c, const uint8_t id[HF_SESSION_ID]);
/* OK, or RATE, BUSY, REPLAY; counts the request as outstanding when OK. */
enum hf_err hf_caller_admit(struct hf_channel *c, struct hf_caller *k, struct hf_request *r) HF_MUST_CHECK;
void hf_caller_settle(struct hf_channel *c, struct hf_request *r);
void hf_caller_drop_if_idle(struct hf_channel *c, struct hf_caller *k);

/* request.c */
void hf_request_sent(void *ctx, struct hf_sent *sent);
void hf_request_free(struct hf_request *r);

#endif
