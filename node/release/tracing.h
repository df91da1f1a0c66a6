/*
 * tracing.h - leaked rows are traced among what this node itself released and delivered (masking/trace.h): root and
 * seeds stay in the node, which makes each release again from its source.
 *
 * A release is one plan's version over one source under one scope of keys, however often it ran or was delivered.
 * Releases of everything that is the same dataset as the source (disclosures.h) are tried one after the other by a
 * worker, piece by piece; one leak at a time. What was released is looked up before, some rows a turn of the loop. What
 * cannot be tried any more, because the contract's seed was erased or the source is gone, is named. What came of it is
 * an entry before anybody can read it; it is kept until the next leak or the end of the process. No value of the leak
 * or of a source is in it. Loop thread.
 */
#ifndef HUFU_RELEASE_TRACING_H
#define HUFU_RELEASE_TRACING_H

#include "masking/trace.h"
#include "source/source.h"
#include "store/store.h"

struct hf_mask_keys;
struct hf_release;

#define HF_TRACED_MAX 2000u /* releases that one leak is traced among */

/* ---- what was released ---- */

struct hf_traced_list;
/* Of the dataset that the source is, under whatever name; UNKNOWN: there is no such source. */
enum hf_err hf_traced_new(struct hf_store *store, struct hf_sources *sources, const char *source,
                          struct hf_traced_list **ret_list, struct hf_fault *f) HF_MUST_CHECK;
void hf_traced_free(struct hf_traced_list *l);
bool hf_traced_wants(struct hf_traced_list *l, const char *source); /* it is of that dataset */

struct hf_traced {
	const char *plan; /* all texts are copied */
	uint32_t version;
	const struct hf_hash *digest; /* of the plan when it masked */
	const char *source, *table;   /* table "": the one of the source's name, or the only one */
	const char *consumer;         /* "": of the plan's scope */
	struct hf_id contract;        /* zero: of the plan's scope */
	const char *const *fields;    /* that were given out; count 0: all */
	size_t field_count;
	bool task; /* else a transfer */
	struct hf_id id;
	const char *registers; /* of a task: the source that its result is; else "" */
	struct hf_source_stamp stamp;
	int64_t time_ms;
};
/* The same release again: its fields are joined, and its id is noted. LIMIT. */
enum hf_err hf_traced_add(struct hf_traced_list *l, const struct hf_traced *in, struct hf_fault *f) HF_MUST_CHECK;
/* After all tasks were added: that source was delivered to that peer as it is: the result of one, or, of the dataset,
 * what nothing tells apart. */
void hf_traced_delivered(struct hf_traced_list *l, const char *source, const char *peer);
size_t hf_traced_count(const struct hf_traced_list *l);
/* Rows of a table, newest first, for a few milliseconds, and from there on by the next call with that table: a node's
 * history is long, and everybody else is answered meanwhile. *ret_more: there are others. */
enum hf_err hf_traced_walk(struct hf_traced_list *l, enum hf_table t, hf_store_row_fn fn, void *ctx,
                           bool *ret_more) HF_MUST_CHECK;
/* The results of the node's tasks; again until there are no more. */
enum hf_err hf_traced_tasks(struct hf_traced_list *l, bool *ret_more, struct hf_fault *f) HF_MUST_CHECK;

/* ---- tracing ---- */

struct hf_tracing;
struct hf_tracing_setup {
	const struct hf_base *base;
	struct hf_store *store;
	struct hf_sources *sources;
	struct hf_mask_keys *keys;
	/* hf_release_plan_version */
	enum hf_err (*version)(void *ctx, const char *name, uint32_t version, struct hf_plan **ret_plan,
	                       struct hf_fault *f);
	void *ctx;
	/* Adds a part of what was released to the list, as hf_traced_tasks does; NULL: it is whole when it comes. */
	enum hf_err (*gather)(void *ctx, struct hf_traced_list *l, bool *ret_more, struct hf_fault *f);
};
void hf_tracing_open(const struct hf_tracing_setup *setup, struct hf_tracing **ret_tracing);
void hf_tracing_close(struct hf_tracing *x); /* what is under way comes to nothing; NULL is fine */

struct hf_tracing_in {
	struct hf_trace *trace;      /* taken, also by an error */
	struct hf_traced_list *list; /* taken */
	const char *source, *account, *reason;
	struct hf_hash digest; /* of the leak as it was sent */
};
/* BUSY: another leak is being traced. The draft gets what is known beforehand. */
enum hf_err hf_tracing_begin(struct hf_tracing *x, const struct hf_tracing_in *in, struct hf_draft *draft,
                             struct hf_id *ret_id, struct hf_fault *f) HF_MUST_CHECK;
/* {trace, source, state: "running"|"done"|"failed"|"cancelled", by, done, total (bytes of the sources)}; with "done"
 * also what hf_trace_report says, each release with {contract, source, source_changed, transfers or tasks (ids, 100 at
 * most), times, delivered_to}, and not_traceable: [{release, recipient, contract, source, reason, text}], plain_to:
 * whom the data was delivered to without masking. UNKNOWN. To be decref'd. */
enum hf_err hf_tracing_show(const struct hf_tracing *x, const struct hf_id *id, json_t **ret_shown,
                            struct hf_fault *f) HF_MUST_CHECK;
/* STATE: it has ended. */
enum hf_err hf_tracing_cancel(struct hf_tracing *x, const struct hf_id *id, struct hf_fault *f) HF_MUST_CHECK;

#endif
