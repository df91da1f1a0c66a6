/* task_run.h - a task under way, between the loop's side and its end; for these two files only. */
#ifndef HUFU_RELEASE_TASK_RUN_H
#define HUFU_RELEASE_TASK_RUN_H

#include "release/internal.h"

/* One task that is under way or waits for room. */
struct release_active {
	struct release_active *next;
	struct hf_release *r;
	struct hf_id id;
	uv_work_t uv;
	bool busy;           /* a worker, a scan or a commit is at it */
	bool runs;           /* counts against HF_TASKS_RUNNING */
	int64_t rests_until; /* its state could not be written: it is not looked at before; 0: at any time */
	int64_t slice_ms;    /* of the loop's clock: when the last slice began, */
	uint64_t slice_at;   /* and at which byte of the source */
	int64_t paced_until; /* the next one begins then */
	struct release_work *work;
	struct release_check *check;
	bool counted; /* the classes of rows, beside the releases of that stamp */
	struct hf_hash stamp;
	enum hf_err placed;
	struct hf_fault f;
	char part[RELEASE_PATH], output[RELEASE_PATH];
};

/* A worker is given it; busy until the commit of what came of it. */
void task_queue(struct release_active *a, void (*work)(uv_work_t *), void (*after)(uv_work_t *, int));
/* First thing in every callback: the node is closing, a is gone, nothing is written any more. */
bool task_closed(struct release_active *a);
/* What the row asks for is looked at anew after the commit. */
void task_submit(struct release_active *a, struct hf_unit *take);
/* The end of a step that went wrong: the plan's scheme for kind is carried out. */
void task_fail(struct release_active *a, const Hufu__MaskTaskRow *row, const char *kind, const struct hf_fault *why);
/* Still what it was when the task began. */
enum hf_err task_open_source(struct hf_release *r, const Hufu__MaskTaskRow *row, struct hf_source_reader **ret_reader,
                             struct hf_fault *f) HF_MUST_CHECK;

/* task_end.c: in the states CHECKING and RELEASING. */
void task_check(struct release_active *a, const Hufu__MaskTaskRow *row);
void task_release(struct release_active *a, const Hufu__MaskTaskRow *row);

#endif
