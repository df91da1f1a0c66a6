/* jobs.c - scans, tests and comparisons take turns at the workers; declared in running.h, internal.h. */
#include <stdlib.h>
#include <string.h>

#include "source/internal.h"
#include "source/running.h"

static void work(uv_work_t *w)
{
	struct source_job *j = w->data;

	if (j->error == HF_OK && !atomic_load(&j->pace.stop))
		j->run(j);
}

static void begin_next(struct hf_sources *s);

static void unlink_job(struct hf_sources *s, const struct source_job *j)
{
	struct source_job **at = &s->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
}

static void done(uv_work_t *w, int status)
{
	struct source_job *j = w->data;
	struct hf_sources *s = j->sources;

	unlink_job(s, j);
	if (s->closing || status != 0)
		j->error =
		        hf_fault_set(&j->fault, HF_E_CANCELLED, "the %s was cancelled; the node is stopping", j->what);
	else if (atomic_load(&j->pace.stop))
		j->error = hf_fault_set(&j->fault, HF_E_CANCELLED,
		                        "the %s of source '%s' was ended before it was done, because the source was "
		                        "disabled or removed, or by `hufu source cancel`",
		                        j->what, j->source);
	begin_next(s);
	j->ended(j);
	sources_drop(s);
}

static void begin(struct source_job *j)
{
	j->begun = true;
	if (uv_queue_work(j->sources->base->loop, &j->work, work, done) != 0)
		abort(); /* only without a loop */
}

static void begin_next(struct hf_sources *s)
{
	unsigned all = 0, databases = 0;

	for (struct source_job *j = s->jobs; j; j = j->next) {
		all += j->begun;
		databases += j->begun && j->database;
	}
	for (struct source_job *j = s->jobs; j && all < SOURCES_JOBS_MAX; j = j->next) {
		if (j->begun || (j->database && databases == SOURCES_DATABASES_MAX))
			continue;
		all++;
		databases += j->database;
		begin(j);
	}
}

void sources_begin(struct hf_sources *s, struct source_job *j)
{
	struct source_job **at = &s->jobs;
	unsigned waiting = 0;

	for (; *at; at = &(*at)->next)
		waiting += !(*at)->begun;
	*at = j;
	j->next = NULL;
	j->sources = s;
	j->work.data = j;
	j->since_ms = hf_now_ms(&s->base->clock);
	s->references++;
	if (s->closing)
		atomic_store(&j->pace.stop, true);
	if (j->error == HF_OK && waiting >= SOURCES_WAITING_MAX)
		j->error = hf_fault_set(&j->fault, HF_E_BUSY,
		                        "%u scans of sources are waiting for their turn; try again when one is done",
		                        waiting);
	if (j->error != HF_OK || s->closing)
		begin(j); /* it has nothing to do */
	else
		begin_next(s);
}

/* One that waits has nothing to do then. */
static void stop(struct source_job *j)
{
	atomic_store(&j->pace.stop, true);
	if (!j->begun)
		begin(j);
}

void sources_stop_all(struct hf_sources *s)
{
	s->closing = true;
	for (struct source_job *j = s->jobs; j; j = j->next)
		stop(j);
}

size_t hf_source_stop(struct hf_sources *s, const char *name)
{
	size_t n = 0;

	for (struct source_job *j = s->jobs; j; j = j->next)
		if (strcmp(j->source, name) == 0) {
			stop(j);
			n++;
		}
	return n;
}

void hf_sources_running(struct hf_sources *s, void (*fn)(void *ctx, const struct hf_source_run *run), void *ctx)
{
	for (struct source_job *j = s->jobs; j; j = j->next) {
		const struct hf_source_run run = {.source = j->source,
		                                  .department = j->department,
		                                  .what = j->what,
		                                  .waiting = !j->begun,
		                                  .since_ms = j->since_ms,
		                                  .bytes = atomic_load(&j->pace.bytes),
		                                  .rows = atomic_load(&j->pace.rows)};

		fn(ctx, &run);
	}
}
