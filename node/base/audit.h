/*
 * audit.h - ledger drafts and the sink they go to, so that every folder can be in the ledger without knowing it.
 *
 * A draft names an event and its private fields. It travels in a unit of work (store/store.h) and becomes one ledger
 * entry, or, where nothing else is written (refusals, alarms), goes to the sink, which makes a unit of its own.
 */
#ifndef HUFU_BASE_AUDIT_H
#define HUFU_BASE_AUDIT_H

#include "base/err.h"
#include "base/events.h"
#include "base/ids.h"

#define HF_DRAFT_PARTIES_MAX 8
#define HF_DRAFT_VALUE_MAX 8192 /* bytes of one field */

struct hf_draft;

/* txn may be NULL: no transaction. Aborts only when memory is gone. */
struct hf_draft *hf_draft_new(enum hf_event event, const struct hf_id *txn);
void hf_draft_free(struct hf_draft *d);
/* A field is set once; setting it again replaces. Values over HF_DRAFT_VALUE_MAX are cut and end in "...". NULL text is
 * ignored. */
void hf_draft_text(struct hf_draft *d, enum hf_field field, const char *text);
void hf_draft_textf(struct hf_draft *d, enum hf_field field, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
void hf_draft_bytes(struct hf_draft *d, enum hf_field field, const void *data, size_t len);
void hf_draft_int(struct hf_draft *d, enum hf_field field, int64_t value); /* decimal text */
void hf_draft_time(struct hf_draft *d, enum hf_field field, int64_t ms);   /* RFC 3339 text */
void hf_draft_outcome(struct hf_draft *d, enum hf_err e,
                      const char *text); /* outcome "ok"|"refused"|"failed", reason, detail */
void hf_draft_txn(struct hf_draft *d, const struct hf_id *txn);
/* Nodes that receive the openings of this entry (the parties of the transaction); doubles are ignored, self later. */
void hf_draft_party(struct hf_draft *d, const char *node);
/* Marks this as the closing entry of its transaction: the sequencer adds the count of entries. */
void hf_draft_close(struct hf_draft *d);

/* Readers for the ledger. */
enum hf_event hf_draft_event(const struct hf_draft *d);
const struct hf_id *hf_draft_txn_get(const struct hf_draft *d); /* NULL when none */
bool hf_draft_closes(const struct hf_draft *d);
size_t hf_draft_party_count(const struct hf_draft *d);
const char *hf_draft_party_at(const struct hf_draft *d, size_t i);
/* False when unset. The bytes stay valid while the draft lives. */
bool hf_draft_get(const struct hf_draft *d, enum hf_field field, const void **ret_data, size_t *ret_len);
/* Something computed from the draft beforehand, which the draft then owns: free_extra is called with it. One only. */
void hf_draft_attach(struct hf_draft *d, void *extra, void (*free_extra)(void *extra));
void *hf_draft_attached(const struct hf_draft *d); /* NULL when nothing is */

/* The sink. emit takes the draft. alarm also raises an operator alarm (log at alarm level, counter, alarm list). */
struct hf_audit {
	void (*emit)(void *ctx, struct hf_draft *take);
	void *ctx;
};
void hf_audit_emit(const struct hf_audit *a, struct hf_draft *take);

#endif
