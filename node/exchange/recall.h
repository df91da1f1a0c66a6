/*
 * recall.h - a recall (DS-10 ... DS-12): one person of the provider asks for it and another one approves; then nothing
 * of those versions goes out any more, everybody who has received one is found and told, and each one's node stops the
 * use, destroys what it has and what it made of it, and says so signed. What is missing after the deadline escalates.
 * Loop thread.
 *
 * recall.c: the two persons, the recipients; recall_paper.c: what is signed; recall_answer.c: their answers and the
 * deadline; recalled.c: a node that is told; recalled_answer.c: what it answers. What is decided stands in rows before
 * anything is done, so that a crash loses nothing.
 */
#ifndef HUFU_EXCHANGE_RECALL_H
#define HUFU_EXCHANGE_RECALL_H

#include "exchange/exchange.h"
#include "state_recall.pb-c.h"

#define HF_RECALL_HOURS 72u       /* until answers are due, unless something else is said, */
#define HF_RECALL_HOURS_MAX 2160u /* and at most */

struct hf_recall_in {
	struct hf_id entry;
	uint32_t from, to; /* 0: all versions */
	const char *reason;
	uint32_t hours;
};
enum hf_err hf_recall_ask(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_recall_in *in,
                          struct hf_unit *unit, struct hf_draft *draft, struct hf_id *ret_recall,
                          struct hf_fault *f) HF_MUST_CHECK;
struct hf_recall_decision {
	struct hf_id recall;
	bool approve;
	const char *words; /* why not, or "" */
};
enum hf_err hf_recall_decide(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_recall_decision *in,
                             struct hf_unit *unit, struct hf_draft *draft, struct hf_fault *f) HF_MUST_CHECK;

/* Rows are valid during the callback, which returns false to stop. */
typedef bool (*hf_recall_fn)(void *ctx, const Hufu__RecallRow *row);
enum hf_err hf_recall_list(struct hf_exchange *x, hf_recall_fn fn, void *ctx) HF_MUST_CHECK;
enum hf_err hf_recall_get(struct hf_exchange *x, const struct hf_id *recall, Hufu__RecallRow **ret_row) HF_MUST_CHECK;
typedef bool (*hf_recall_party_fn)(void *ctx, const Hufu__RecallPartyRow *row);
enum hf_err hf_recall_parties(struct hf_exchange *x, const struct hf_id *recall, hf_recall_party_fn fn,
                              void *ctx) HF_MUST_CHECK;
/* What others have recalled from this node. */
typedef bool (*hf_recalled_fn)(void *ctx, const Hufu__RecalledRow *row);
enum hf_err hf_recalled_list(struct hf_exchange *x, hf_recalled_fn fn, void *ctx) HF_MUST_CHECK;
/* "asked", "refused", "running", "overdue", "done". */
const char *hf_recall_state(const struct hf_exchange *x, const Hufu__RecallRow *row);

/* ---- inside of node/exchange ---- */

struct transfer;
/* RECALLED: the version of the entry that this transfer is of, or would be of, is recalled. */
enum hf_err recall_stands(const struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
/* What was recalled elsewhere was passed on from here: a recall by nobody but that one. Adds to the unit. */
struct recall_cause {
	const struct hf_id *recall, *transfer;
	const char *provider, *reason;
	int64_t deadline_ms;
};
enum hf_err recall_follow(struct hf_exchange *x, const struct hf_id *entry, const struct recall_cause *cause,
                          struct hf_unit *unit, struct hf_fault *f) HF_MUST_CHECK;
void recall_put(struct hf_unit *u, const Hufu__RecallRow *row);
void recall_party_put(struct hf_unit *u, const Hufu__RecallPartyRow *row);
bool recall_tell_again(struct hf_exchange *x, Hufu__RecallRow *row, Hufu__RecallPartyRow *party, struct hf_unit *unit);
struct hf_draft *recall_draft(const struct hf_exchange *x, const Hufu__RecallRow *row, enum hf_event event);
/* Header of a paper of a recall; stays where it is. */
struct recall_head {
	Hufu__Header header;
	char *audience[1];
	struct hf_id message, txn;
};
void recall_head_init(const struct hf_exchange *x, struct recall_head *h, const struct hf_id *txn, const char *to);
/* Signs, keeps and wraps: ret_envelope is hf_decoded_free. */
enum hf_err recall_sign(struct hf_exchange *x, const char *type, const struct hf_id *txn, const ProtobufCMessage *m,
                        struct hf_unit *unit, Hufu__Envelope **ret_envelope, struct hf_hash *ret_digest) HF_MUST_CHECK;
/* Signature, issuer, audience, transaction, time. ret_message: hf_decoded_free. */
struct recall_want {
	const char *type, *from, *what;
	const ProtobufCMessageDescriptor *desc;
};
enum hf_err recall_open(struct hf_exchange *x, const Hufu__Envelope *e, const struct recall_want *want,
                        void *ret_message, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err recall_on_answer(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                             struct hf_unit *unit, struct hf_fault *f) HF_MUST_CHECK;
/* Who could not be told is told as soon as that is possible; missing answers escalate. */
void recall_watch(struct hf_exchange *x);
enum hf_err recalled_on_mail(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                             struct hf_unit *unit, struct hf_fault *f) HF_MUST_CHECK;
/* Signed answers of who was told, with the unit. Done: to one recall, or (NULL) to all that the row knows of; STATE:
 * not all of it is done. */
enum hf_err recalled_answer_stopped(struct hf_exchange *x, const Hufu__RecalledRow *row,
                                    const ProtobufCBinaryData *recall, struct hf_unit *unit) HF_MUST_CHECK;
enum hf_err recalled_answer_done(struct hf_exchange *x, const Hufu__RecalledRow *row, const ProtobufCBinaryData *recall,
                                 struct hf_unit *unit) HF_MUST_CHECK;
/* What was told is carried on: destroyed, recalled in turn, answered. */
void recalled_sweep(struct hf_exchange *x);

#endif
