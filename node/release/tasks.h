/*
 * tasks.h - masking tasks: an approved static plan over a registered source, in the seven steps of JT/T 1480 (5.1).
 *
 * A task is a row of the store, so that it goes on after the node was stopped or killed: rows go through the engine in
 * a worker, slice by slice; after each slice the result is durable up to a point, and the point is in the row. What
 * comes out is the same bytes as without interruption. The result is written beside its final name; it gets that name,
 * and becomes a source of the node, only when it met the plan's result scheme (MK-47). The original is only read.
 * Loop thread.
 */
#ifndef HUFU_RELEASE_TASKS_H
#define HUFU_RELEASE_TASKS_H

#include "release/plans.h"

#define HF_TASKS_RUNNING 2u  /* at once; others wait */
#define HF_TASK_PATH 1024    /* bytes of a result's path, with its NUL */
#define HF_TASKS_MAX 100000u /* rows */

struct hf_mask_keys;

enum hf_mask_step {
	HF_MASK_STEP_INVALID = 0,
	HF_MASK_STEP_IDENTIFY,
	HF_MASK_STEP_NEED,
	HF_MASK_STEP_TECHNIQUE,
	HF_MASK_STEP_PLAN,
	HF_MASK_STEP_EXECUTE,
	HF_MASK_STEP_EVALUATE,
	HF_MASK_STEP_AUDIT,
};
const char *hf_mask_step_name(enum hf_mask_step s); /* "identify"; NULL when unknown */

/* The node's masking keys; lent. Not set: a plan that needs a key fails with the kind "key". */
void hf_release_set_keys(struct hf_release *r, struct hf_mask_keys *keys);
/* What is masked of something that was derived here is derived anew (DS-97): the fn records it in the unit. Not set:
 * such a result is not released. */
struct hf_task_derived {
	struct hf_id from;
	struct hf_hash digest; /* of the result */
	uint64_t bytes;
	const char *account, *processing;
};
typedef enum hf_err (*hf_task_derive_fn)(void *ctx, const struct hf_task_derived *d, struct hf_unit *unit,
                                         struct hf_id *ret_derivation, struct hf_fault *f);
void hf_release_set_derive(struct hf_release *r, hf_task_derive_fn fn, void *ctx);
/* Takes up the tasks that a former process left. After everything else is open. */
void hf_release_start(struct hf_release *r);

struct hf_task_in {
	const char *plan, *source;
	const char *table;     /* of the plan; "": the one of the source's name, or the only one */
	const char *output;    /* absolute; no such file yet */
	const char *registers; /* name of the source that the result becomes */
	const char *manner;    /* "hand", "schedule", "timer" */
	const char *account;   /* the plan's operator */
};
/* Steps that are missing refuse (STATE, NO_PLAN) and are named. The unit gets the row and an entry for each step; the
 * draft is the one of the step "execute". */
enum hf_err hf_task_run(struct hf_release *r, const struct hf_task_in *in, struct hf_unit *unit, struct hf_draft *draft,
                        struct hf_id *ret_id, struct hf_fault *f) HF_MUST_CHECK;

/* pause, continue, stop, retry. version (of CONTINUE and RETRY; 0: as it was): another approved version of the plan
 * that differs in nothing but schedule, persons, result and emergency scheme. */
struct hf_task_command {
	struct hf_id id;
	enum hf_mask_task_event event;
	uint32_t version;
	const char *reason;
	const struct hf_actor *actor;
};
enum hf_err hf_task_command(struct hf_release *r, const struct hf_task_command *c, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f) HF_MUST_CHECK;
/* The last step: who audits says that he has looked (MK-49). Of a task that has ended. */
enum hf_err hf_task_audit(struct hf_release *r, const struct hf_id *id, const struct hf_actor *actor, const char *note,
                          struct hf_unit *unit, struct hf_draft *draft, struct hf_fault *f) HF_MUST_CHECK;

/* UNKNOWN with a sentence; hf_decoded_free. */
enum hf_err hf_task_get(struct hf_release *r, const struct hf_id *id, Hufu__MaskTaskRow **ret_row,
                        struct hf_fault *f) HF_MUST_CHECK;
/* Bytes of the source that went through so far, in memory too. */
uint64_t hf_task_progress(struct hf_release *r, const Hufu__MaskTaskRow *row);
/* Newest first; false stops. */
typedef bool (*hf_task_fn)(void *ctx, const Hufu__MaskTaskRow *row);
enum hf_err hf_tasks(struct hf_release *r, hf_task_fn fn, void *ctx) HF_MUST_CHECK;
/* The bytes of that digest are the released result of that task: its row, freed with hf_decoded_free; otherwise UNKNOWN
 * or MASKING with a sentence that says what became of the task. */
enum hf_err hf_task_result(struct hf_release *r, const struct hf_id *id, const struct hf_hash *digest,
                           Hufu__MaskTaskRow **ret_row, struct hf_fault *f) HF_MUST_CHECK;
/* Reversal (MK-67): values that a task has released, back to what they were, by the key or by key and vault.
 * ret_values: as of hf_unmask_values (masking/unmask.h). The draft gets plan, technique, key id and how many values
 * there were, never a value. STATE, ERASED, UNSUPPORTED, WRONG_FIELDS. */
struct hf_task_unmask {
	struct hf_id task;
	const char *field;
	const char *const *values;
	size_t count;
};
enum hf_err hf_task_unmask(struct hf_release *r, const struct hf_task_unmask *in, struct hf_draft *draft,
                           char ***ret_values, struct hf_fault *f) HF_MUST_CHECK;
bool hf_task_made(struct hf_release *r, const struct hf_id *id, const struct hf_hash *digest);
/* By which plan, in whatever state that is now, and which of its tables. hf_plan_free. */
enum hf_err hf_task_made_by(struct hf_release *r, const struct hf_id *id, struct hf_plan **ret_plan,
                            const struct hf_plan_table **ret_table, struct hf_fault *f) HF_MUST_CHECK;

#endif
