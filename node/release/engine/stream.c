/* stream.c - batches, workers, and the masked table's text; declared in stream.h. */
#include "release/engine/stream_internal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"

#define ROWS 2048u               /* of a batch */
#define TEXT ((size_t)512 << 10) /* bytes of a batch after which it is full */

enum hf_err hf_stream_fail(struct hf_stream *s, const char *kind, enum hf_err e)
{
	s->kind = kind;
	s->error = hf_fault_default(s->f, e);
	return e;
}

struct hf_stream *hf_stream_new(const struct hf_stream_setup *setup)
{
	struct hf_stream *s = hf_alloc_zero(sizeof(*s));

	s->setup = *setup;
	if (setup->from)
		s->from = *setup->from;
	s->rows_in = s->from.rows_in;
	s->rows_out = s->from.rows_out;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->full, NULL);
	pthread_cond_init(&s->done, NULL);
	for (size_t i = 0; i < HF_STREAM_JOBS; i++) {
		hf_buf_init(&s->jobs[i].text, HF_STREAM_WHOLE);
		hf_buf_init(&s->jobs[i].out, 4 * HF_STREAM_WHOLE);
	}
	return s;
}

/* Any thread: only the job and the apply are touched. */
static void work(const struct hf_put *put, struct hf_apply *a, struct job *j)
{
	size_t n = j->rows, width = put->width;
	struct hf_bytes *in, *out;
	struct hf_apply_batch b;
	struct hf_arena arena;

	hf_arena_init(&arena, NULL, 0);
	in = hf_arena_get(&arena, n * width * sizeof(*in) + 1);
	out = hf_arena_get(&arena, n * width * sizeof(*out) + 1);
	for (size_t row = 0; row < n; row++)
		for (size_t c = 0; c < width; c++) {
			struct hf_bytes cell = j->cells[row * width + c];

			if (cell.data)
				cell.data = j->text.data + ((uintptr_t)cell.data - 1);
			in[c * n + row] = cell;
		}
	b = (struct hf_apply_batch){in, out, hf_arena_get(&arena, n + 1), n, j->first_row, &arena};
	hf_buf_clear(&j->out);
	j->rows_out = 0;
	j->error = hf_apply_rows(a, &b, &j->f);
	for (size_t row = 0; j->error == HF_OK && row < n; row++) {
		if (b.drop[row])
			continue;
		j->error = hf_put_row(put, out + row, n, j->kinds ? j->kinds + row * width : NULL, &j->out, &j->f);
		j->rows_out++;
	}
	hf_arena_done(&arena);
	hf_wipe(j->text.data, j->text.len);
	hf_buf_clear(&j->text);
}

static void *run_worker(void *ctx)
{
	struct worker *w = ctx;
	struct hf_stream *s = w->s;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct job *j = NULL;

		for (uint64_t i = s->written; !j && i < s->filled; i++)
			if (s->jobs[i % HF_STREAM_JOBS].state == JOB_FULL)
				j = &s->jobs[i % HF_STREAM_JOBS];
		if (!j && s->over)
			break;
		if (!j) {
			pthread_cond_wait(&s->full, &s->lock);
			continue;
		}
		j->state = JOB_TAKEN;
		pthread_mutex_unlock(&s->lock);
		work(&s->put, w->apply, j);
		pthread_mutex_lock(&s->lock);
		j->state = JOB_DONE;
		pthread_cond_signal(&s->done);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void end_workers(struct hf_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->over = true;
	pthread_cond_broadcast(&s->full);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < HF_STREAM_WORKERS; i++)
		if (s->workers[i].started)
			pthread_join(s->workers[i].thread, NULL);
}

void hf_stream_free(struct hf_stream *s)
{
	if (!s)
		return;
	end_workers(s);
	hf_csv_free(s->csv);
	hf_jsonl_free(s->lines);
	for (size_t i = 0; i < HF_STREAM_WORKERS; i++)
		hf_apply_close(s->workers[i].apply);
	for (size_t i = 0; i < HF_STREAM_JOBS; i++) {
		if (s->jobs[i].text.data)
			hf_wipe(s->jobs[i].text.data, s->jobs[i].text.cap);
		hf_buf_done(&s->jobs[i].text);
		hf_buf_done(&s->jobs[i].out);
		free(s->jobs[i].cells);
		free(s->jobs[i].kinds);
	}
	for (size_t i = 0; i < s->width && s->header; i++)
		free(s->header[i]);
	free(s->header);
	free(s->columns);
	free(s->keeps);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->full);
	pthread_cond_destroy(&s->done);
	free(s);
}

static enum hf_err open_workers(struct hf_stream *s)
{
	const struct hf_apply_setup a = {.plan = s->setup.plan,
	                                 .table = s->setup.table,
	                                 .header = (const char *const *)s->header,
	                                 .header_count = s->width,
	                                 .root = s->setup.root,
	                                 .seed = s->setup.seed,
	                                 .file = s->setup.file,
	                                 .file_ctx = s->setup.file_ctx};

	s->worker_count = s->setup.workers ? s->setup.workers : 1;
	for (unsigned i = 0; i < s->worker_count; i++) {
		struct worker *w = &s->workers[i];
		enum hf_err e = hf_apply_open(&a, s->f, &w->apply);

		if (e != HF_OK)
			return hf_stream_fail(s, s->setup.root ? "format" : "key", e);
		w->s = s;
		if (hf_apply_whole(w->apply))
			s->worker_count = s->setup.workers = 0; /* one batch: nobody to share it with */
		else if (s->setup.workers)
			w->started = pthread_create(&w->thread, NULL, run_worker, w) == 0;
		if (s->setup.workers && !w->started)
			return hf_stream_fail(s, "source", hf_fault_set(s->f, HF_E_MEMORY, "no thread can be started"));
	}
	return HF_OK;
}

static enum hf_err put_header(struct hf_stream *s)
{
	struct job *j = &s->jobs[0];
	enum hf_err e;

	s->keeps = hf_alloc(s->width + 1);
	for (size_t c = 0; c < s->width; c++)
		s->keeps[c] = hf_apply_keeps(s->workers[0].apply, c);
	s->put = (struct hf_put){s->setup.out_form, (const char *const *)s->header, s->keeps, s->width};
	if (s->from.byte)
		return HF_OK;
	e = hf_put_header(&s->put, &j->out, s->f);
	if (e == HF_OK && j->out.len > 0)
		e = s->setup.write(s->setup.write_ctx, j->out.data, j->out.len, s->f);
	hf_buf_clear(&j->out);
	return e == HF_OK ? e : hf_stream_fail(s, "space", e);
}

bool hf_stream_open(struct hf_stream *s)
{
	return open_workers(s) == HF_OK && put_header(s) == HF_OK;
}

/* Writes the oldest batch, which is done. */
static bool write_oldest(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->written % HF_STREAM_JOBS];
	enum hf_err e = j->error;

	if (e != HF_OK) {
		if (s->f)
			*s->f = j->f;
		return hf_stream_fail(s, "format", e) == HF_OK;
	}
	e = s->setup.write(s->setup.write_ctx, j->out.data, j->out.len, s->f);
	s->rows_out += j->rows_out;
	j->rows = 0;
	pthread_mutex_lock(&s->lock);
	j->state = JOB_EMPTY;
	s->written++;
	pthread_mutex_unlock(&s->lock);
	return e == HF_OK || hf_stream_fail(s, "space", e) == HF_OK;
}

bool hf_stream_drain(struct hf_stream *s, uint64_t most)
{
	while (s->written < s->filled) {
		struct job *j = &s->jobs[s->written % HF_STREAM_JOBS];
		bool done;

		pthread_mutex_lock(&s->lock);
		while (j->state != JOB_DONE && s->filled - s->written > most)
			pthread_cond_wait(&s->done, &s->lock);
		done = j->state == JOB_DONE;
		pthread_mutex_unlock(&s->lock);
		if (!done)
			break;
		if (!write_oldest(s))
			return false;
	}
	return true;
}

bool hf_stream_hand_over(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->filled % HF_STREAM_JOBS];

	if (j->rows == 0)
		return true;
	j->first_row = s->rows_in - j->rows;
	if (s->setup.workers == 0) {
		work(&s->put, s->workers[0].apply, j);
		j->state = JOB_DONE;
		s->filled++;
		return hf_stream_drain(s, 0);
	}
	pthread_mutex_lock(&s->lock);
	j->state = JOB_FULL;
	s->filled++;
	pthread_cond_signal(&s->full);
	pthread_mutex_unlock(&s->lock);
	return hf_stream_drain(s, HF_STREAM_JOBS - 1); /* so that the next one is empty */
}

static bool grow(struct hf_stream *s, struct job *j)
{
	size_t most = hf_apply_whole(s->workers[0].apply) ? HF_STREAM_WHOLE / (s->width * sizeof(*j->cells)) : ROWS;

	if (j->rows < j->cap)
		return true;
	if (j->cap >= most)
		return false;
	j->cap = j->cap ? j->cap * 2 : ROWS;
	j->cap = j->cap < most ? j->cap : most;
	j->cells = hf_realloc(j->cells, j->cap * s->width * sizeof(*j->cells));
	if (s->lines)
		j->kinds = hf_realloc(j->kinds, j->cap * s->width);
	return true;
}

bool hf_stream_too_large(struct hf_stream *s)
{
	return hf_stream_fail(
	               s, "source",
	               hf_fault_set(
	                       s->f, HF_E_LIMIT,
	                       "a technique of the plan needs the whole table in memory, which is bounded to %zu MiB; "
	                       "split the table, or take techniques of rows",
	                       HF_STREAM_WHOLE >> 20)) == HF_OK;
}

struct job *hf_stream_next_row(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->filled % HF_STREAM_JOBS];

	if (!hf_apply_whole(s->workers[0].apply) && (j->rows == ROWS || j->text.len > TEXT)) {
		if (!hf_stream_hand_over(s))
			return NULL;
		j = &s->jobs[s->filled % HF_STREAM_JOBS];
	}
	if (grow(s, j))
		return j;
	hf_stream_too_large(s);
	return NULL;
}

bool hf_stream_settle(struct hf_stream *s, struct hf_stream_place *ret_place, struct hf_fault *f, const char **ret_kind)
{
	struct hf_csv_place next;
	bool good = s->error == HF_OK && s->width > 0 && !hf_apply_whole(s->workers[0].apply);

	s->f = f;
	good = good && hf_stream_hand_over(s) && hf_stream_drain(s, 0);
	s->f = NULL;
	*ret_kind = s->kind;
	if (!good)
		return false;
	if (s->csv)
		hf_csv_where(s->csv, &next);
	else
		hf_jsonl_where(s->lines, &next.line, &next.byte);
	*ret_place = (struct hf_stream_place){s->header_end || s->lines ? s->header_end : next.byte, next.byte,
	                                      s->rows_in, s->rows_out};
	if (s->from.byte) /* of the input it saw only the header before */
		ret_place->byte += s->from.byte - s->from.header_end;
	return true;
}

uint64_t hf_stream_rows_in(const struct hf_stream *s)
{
	return s->rows_in;
}

uint64_t hf_stream_rows_out(const struct hf_stream *s)
{
	return s->rows_out;
}

size_t hf_stream_width(const struct hf_stream *s)
{
	return s->width;
}

void hf_stream_counts(const struct hf_stream *s, size_t i, struct hf_apply_count *ret_c)
{
	hf_apply_counts(s->workers[0].apply, i, ret_c);
	for (unsigned w = 1; w < HF_STREAM_WORKERS; w++) {
		struct hf_apply_count more;

		if (!s->workers[w].apply)
			continue;
		hf_apply_counts(s->workers[w].apply, i, &more);
		ret_c->values += more.values;
		ret_c->unreadable += more.unreadable;
	}
}
