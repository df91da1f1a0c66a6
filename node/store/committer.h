/*
 * committer.h - the thread that applies units: everything that is queued when the previous commit has finished goes
 * into the next one; for this folder only.
 *
 * After a failed commit it starts no further batch until the loop has taken the failure, because what was queued
 * meanwhile may have been decided on the state that failed.
 */
#ifndef HUFU_STORE_COMMITTER_H
#define HUFU_STORE_COMMITTER_H

#include "store/env.h"
#include "store/unit.h"

#define HF_BATCH_UNITS 4096u
#define HF_BATCH_BYTES ((size_t)32 << 20)

struct hf_committer;

/* wake is sent when units have ended; it must stay open until close. metrics may be NULL. */
enum hf_err hf_committer_open(struct hf_env *env, uv_async_t *wake, struct hf_metrics *metrics,
                              struct hf_committer **ret_committer) HF_MUST_CHECK;
/* Ends the thread. Nothing is queued any more. */
void hf_committer_close(struct hf_committer *c);
/* Before the first unit. */
void hf_committer_set_sequencer(struct hf_committer *c, const struct hf_sequencer *seq);
bool hf_committer_has_sequencer(const struct hf_committer *c);

/* A unit whose err is set already is passed through in its place. */
void hf_committer_submit(struct hf_committer *c, struct hf_unit *u);
/* Blocks until what was submitted has been committed or has failed; takes nothing. */
void hf_committer_drain(struct hf_committer *c);
/* Moves all that has ended into ret_ended, in order of submission. After a failure everything that is queued ends with
 * it: the error is returned, and the committer goes on with new units. With wait: blocks until something has ended. */
enum hf_err hf_committer_take(struct hf_committer *c, bool wait, struct hf_unit_list *ret_ended);

#endif
