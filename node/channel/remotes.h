/* remotes.h - nodes that this node dials (dial.c) and the calls it makes (call.c). Private; included by internal.h. */
#ifndef HUFU_CHANNEL_REMOTES_H
#define HUFU_CHANNEL_REMOTES_H

#include "channel/internal.h"

/* What an answer of nng belongs to; call and dial NULL: nobody waits any more, the context is taken until the
 * connection ends. */
struct hf_work {
	struct hf_remote *remote;
	struct hf_ongoing *call;
	struct hf_dial *dial;
};

struct hf_ongoing {
	struct hf_later later;
	struct hf_channel *channel;
	struct hf_remote *remote; /* NULL: local, or failed before it had one */
	hf_reply_fn fn;
	void *ctx;
	uint32_t type;
	struct hf_id message_id, trace;
	uint8_t *body;
	size_t body_len;
	bool poll, sent_twice, running;
	int64_t since_ms, deadline_ms;
	struct hf_session *session; /* of the record under way */
	uint64_t counter;
	struct hf_work *work;
	enum hf_err fail;
	char text[320];
	TAILQ_ENTRY(hf_ongoing) list; /* waiting or running of the remote */
};
TAILQ_HEAD(hf_call_list, hf_ongoing);

struct hf_remote {
	struct hf_channel *channel;
	struct hf_link *link;
	char peer[HF_NAME_MAX + 1];
	char url[128];
	struct hf_agree_pub key;
	bool up; /* the connection, not the session */
	struct hf_session *session;
	struct hf_dial *dial;  /* handshake under way */
	uint32_t wait_ms;      /* back-off after failed handshakes */
	int64_t dial_after_ms; /* a failed renewal is not repeated before */
	enum hf_err last;      /* why the last handshake failed; OK after a good one */
	char last_text[320];
	struct hf_call_list waiting, running;
	size_t waiting_count, running_count, poll_count, abandoned;
	int64_t heard_ms; /* the last answer of any kind */
	TAILQ_ENTRY(hf_remote) list;
	LIST_ENTRY(hf_remote) bucket;
};

/* dial.c: handshakes of remotes. */
void hf_dial_start(struct hf_remote *r);
void hf_dial_stop(struct hf_remote *r); /* the answer under way is ignored when it comes */
void hf_dial_tick(struct hf_remote *r);
void hf_dial_answer(struct hf_dial *d, int result, nng_msg *take);
/* Drops session and connection; a new one is dialled. */
void hf_remote_reset(struct hf_remote *r);
void hf_remote_link(void *ctx, void *owner, bool up);

/* call.c */
struct hf_work *hf_work_new(struct hf_remote *r);
void hf_work_abandon(struct hf_work *w);
void hf_remote_pump(struct hf_remote *r);
void hf_remote_fail_running(struct hf_remote *r, enum hf_err e, const char *text);
void hf_remote_fail_waiting(struct hf_remote *r, enum hf_err e, const char *text);
void hf_remote_tick(struct hf_remote *r);
void hf_remote_session_end(struct hf_remote *r);
void hf_call_settle(struct hf_ongoing *call, enum hf_err e, const char *text, struct hf_held *take);
void hf_call_answer(struct hf_ongoing *call, int result, nng_msg *take);
struct hf_ongoing *hf_call_new(struct hf_channel *c, const struct hf_call *in, hf_reply_fn fn, void *ctx);
void hf_call_free(struct hf_ongoing *call);
void hf_remote_free(struct hf_remote *r);

#endif
