/* internal.h - what the files of this folder share. */
#ifndef HUFU_RELEASE_INTERNAL_H
#define HUFU_RELEASE_INTERNAL_H

#include "base/mem.h"
#include "masking/plan_files.h"
#include "proto/codec.h"
#include "release/alike.h"
#include "release/tasks.h"
#include "release/work.h"

struct hf_release {
	const struct hf_base *base;
	struct hf_store *store;
	struct hf_identity *identity;
	struct hf_sources *sources;
	json_t *(*inventory)(void *ctx, const char *source);
	void *inventory_ctx;
	struct hf_mask_keys *keys; /* NULL: none */
	uint64_t slice;            /* bytes of a source between two durable points */
	int64_t look_ms;           /* when the schedules are looked at next; 0: now */
	uv_timer_t *timer;         /* NULL: not started */
	uv_timer_t *pace; /* for tasks that may only read so much of their source in a second; NULL: none yet */
	hf_task_derive_fn derive;
	void *derive_ctx;
	struct release_active *active; /* tasks that are under way or wait for room */
	unsigned refs;                 /* the owner, and whoever calls back */
	bool closing;
	struct release_trial *trial; /* of a plan that is about to be put; NULL: none */
	uint32_t trial_ms;           /* of processor time, for the methods of one plan */
	struct release_methods *methods;
	size_t methods_count;
	bool trying;                 /* a worker is at them, and nothing else reads them but on the loop */
	struct hf_plan_bytes **kept; /* files of plans that were read lately */
	size_t kept_count;
	bool sweeping, sweep_again;  /* those that nothing needs */
	struct release_index *index; /* of the fields of approved plans; NULL: not asked for yet */
};
void release_hold(struct hf_release *r);
void release_drop(struct hf_release *r);

/* plans.c */
struct release_plan { /* an approved plan with its row */
	Hufu__MaskPlanRow *row;
	struct hf_plan *plan;
};
void release_plan_done(struct release_plan *p);
/* version 0: the newest approved one. NO_PLAN. */
enum hf_err release_plan_get(struct hf_release *r, const char *name, uint32_t version, struct release_plan *ret,
                             struct hf_fault *f) HF_MUST_CHECK;

/* The text and what it means, approved or not: for the emergency scheme of a task under way. */
enum hf_err release_plan_any(struct hf_release *r, const char *name, uint32_t version, struct hf_plan **ret_plan,
                             struct hf_fault *f) HF_MUST_CHECK;

/* task_row.c: a row that is being changed; row is a shallow copy of what release_change_begin was given. */
#define RELEASE_STEPS 96u
#define RELEASE_ATTEMPTS 8u
struct release_change {
	Hufu__MaskTaskRow row;
	Hufu__MaskStep *steps[RELEASE_STEPS];
	Hufu__MaskStep added[6];
	size_t added_count;
	Hufu__MaskPlace place;
	Hufu__MaskCount *count_rows, **counts;
};
void release_change_begin(struct release_change *c, const Hufu__MaskTaskRow *row);
void release_change_done(struct release_change *c);
/* The texts and the digest (NULL: none) are lent until the row is put. */
void release_change_step(struct release_change *c, enum hf_mask_step step, int64_t ms, const char *person,
                         const char *note, const struct hf_hash *digest);
void release_change_counts(struct release_change *c, const struct release_count *counts, size_t count);
void release_change_put(const struct release_change *c, struct hf_unit *unit);
/* A task that neither failed nor was stopped ran, or runs, that table of that version over the source. */
bool release_ran(struct hf_release *r, const char *source, const struct release_alike *a);
/* For tasks of a time in which that was not kept. */
void release_ran_mend(struct hf_release *r, const Hufu__MaskTaskRow *row, struct hf_unit *unit);
struct release_count *release_counts_of(const Hufu__MaskTaskRow *row);
bool release_has_digest(const ProtobufCBinaryData *b, const struct hf_hash *h);

/* An entry of the task's transaction. */
struct hf_draft *release_entry(struct hf_release *r, const Hufu__MaskTaskRow *row, enum hf_event event,
                               const char *person, const char *detail);

/* task_run.c */
void release_part_of(const Hufu__MaskTaskRow *row, char out[RELEASE_PATH]);
/* Once the unit is committed: the task is taken up, and goes on by its state. */
void release_wake_after(struct hf_release *r, struct hf_unit *unit, const struct hf_id *id);
void release_unlink_after(struct hf_unit *unit, const char *path);
uint64_t release_progress(struct hf_release *r, const struct hf_id *id); /* 0: not in memory */
void release_close_tasks(struct hf_release *r);
void release_go_on(struct hf_release *r); /* tasks that waited */

/* plan_try.c */
/* What was read of that very text, once; NULL: another text was, or none. hf_plan_free. */
struct hf_plan *release_trial_take(struct hf_release *r, const char *text);
void release_trial_close(struct hf_release *r);
void release_trial_go_on(struct hf_release *r); /* one that waited for the node's own methods */

/* own_methods.c: for reading plans (masking/plan.h); ctx is the module, which the caller holds. Any
 * thread, but until all were tried the loop alone. */
struct hf_methods *release_methods_by(void *ctx, const char *sha256, struct hf_fault *f);
void release_methods_free(struct hf_release *r);

/* plan_files.c */
struct release_files {
	struct hf_plan_file file[HF_PLAN_FILES_MAX]; /* names lent */
	size_t count;
};
void release_files_done(struct release_files *all);
/* A plan that is about to be put: its methods are tried, and it is bound to its files as they are now. Any worker. */
enum hf_err release_plan_new(struct hf_release *r, const char *text, struct hf_plan **ret_plan,
                             struct hf_fault *f) HF_MUST_CHECK;
/* The contents; the row names them. */
void release_files_put(struct hf_unit *unit, const struct hf_plan *p);
void release_files_digest(const Hufu__MaskPlanRow *row, struct hf_hash *ret_digest);
/* Those of a row, by their digests; names lent by it. NO_PLAN. */
enum hf_err release_files_of(struct hf_release *r, const Hufu__MaskPlanRow *row, struct release_files *ret_all,
                             struct hf_fault *f) HF_MUST_CHECK;
void release_files_free(struct hf_release *r);
/* file_sweep.c: removes those that nothing needs any more, soon. */
void release_sweep(struct hf_release *r);
void release_sweep_after(struct hf_release *r, struct hf_unit *unit);

/* plan_check.c */
/* The plan's persons are three accounts that may do what it says of them (MK-38). */
enum hf_err release_check_people(struct hf_release *r, const struct hf_plan *p, struct hf_fault *f) HF_MUST_CHECK;
/* The inventory of the plan's tables: text's, or else the sources'; NULL: there is none. A new reference. */
enum hf_err release_inventory(struct hf_release *r, const struct hf_plan *p, const char *text, json_t **ret_inventory,
                              struct hf_fault *f) HF_MUST_CHECK;
enum hf_err release_lint(const struct hf_plan *p, const json_t *inventory, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err release_lint_files(const struct hf_plan *p, struct hf_fault *f) HF_MUST_CHECK; /* of a bound one */
/* Who confirmed it: names joined by ", ". */
void release_confirmed_by(const json_t *inventory, char *out, size_t cap);

#endif
