/* stream.c - batches, workers, and the masked table's text; declared in stream.h. */
#include "release/engine/stream_internal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"

#define ROWS 512u                /* of a batch, which so stays in a core's own cache */
#define OUT ((size_t)256 << 20)  /* bytes that they may become */
#define TEXT ((size_t)128 << 10) /* bytes of a batch after which it is full */
#define AHEAD ((size_t)4 << 20)  /* bytes under way: with long rows, only a few batches are */
#define KEPT (4 * TEXT)          /* a buffer that long rows made larger than that is given back */

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
	s->slots = 1;
	if (setup->from)
		s->from = *setup->from;
	s->rows_in = s->from.rows_in;
	s->rows_out = s->from.rows_out;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->full, NULL);
	pthread_cond_init(&s->done, NULL);
	for (size_t i = 0; i < HF_STREAM_JOBS; i++) {
		hf_buf_init(&s->jobs[i].text, TEXT + 2 * (size_t)HF_CSV_RECORD_MOST);
		s->jobs[i].text.wiped = true;
		hf_buf_init(&s->jobs[i].out, OUT);
	}
	return s;
}

static void batch_of(const struct job *j, size_t width, struct hf_arena *arena, struct hf_apply_batch *ret_b)
{
	size_t n = j->rows;
	struct hf_bytes *in = hf_arena_get(arena, n * width * sizeof(*in) + 1);
	struct hf_bytes *out = hf_arena_get(arena, n * width * sizeof(*out) + 1);

	for (size_t row = 0; row < n; row++)
		for (size_t c = 0; c < width; c++) {
			struct cell cell = j->cells[row * width + c];

			in[c * n + row] = (struct hf_bytes){cell.at ? j->text.data + (cell.at - 1) : NULL, cell.len};
		}
	*ret_b = (struct hf_apply_batch){in, out, hf_arena_get(arena, n + 1), n, j->first_row, arena};
}

static void empty(struct hf_buf *b)
{
	if (b->cap > KEPT)
		hf_buf_done(b);
	else
		hf_buf_clear(b);
}

/* Any thread: only the job and the apply are touched. whole is NULL for techniques of rows. */
static void work(const struct hf_put *put, struct hf_apply *a, struct hf_whole *whole, struct job *j)
{
	size_t n = j->rows, width = put->width;
	struct hf_apply_batch b;
	struct hf_arena arena;

	hf_arena_init(&arena, NULL, 0);
	batch_of(j, width, &arena, &b);
	hf_buf_clear(&j->out);
	j->rows_out = 0;
	j->error = whole ? hf_whole_add(whole, &b, j->kinds, &j->f) : hf_apply_rows(a, &b, &j->f);
	for (size_t row = 0; !whole && j->error == HF_OK && row < n; row++) {
		if (b.drop[row])
			continue;
		j->error = hf_put_row(put, b.out + row, n, j->kinds ? j->kinds + row * width : NULL, &j->out, &j->f);
		j->rows_out++;
	}
	hf_arena_done(&arena);
	hf_wipe(j->text.data, j->text.len);
	empty(&j->text);
}

/* With the lock: the oldest batch that nobody works on, now taken; NULL: none. */
static struct job *take_full(struct hf_stream *s)
{
	for (uint64_t i = s->written; i < s->filled; i++) {
		struct job *j = &s->jobs[i % s->slots];

		if (j->state == JOB_FULL) {
			j->state = JOB_TAKEN;
			return j;
		}
	}
	return NULL;
}

/* With the lock, which is let go meanwhile. */
static void mask_batch(struct hf_stream *s, struct hf_apply *a, struct job *j)
{
	pthread_mutex_unlock(&s->lock);
	work(&s->put, a, NULL, j);
	pthread_mutex_lock(&s->lock);
	j->state = JOB_DONE;
}

static void *run_worker(void *ctx)
{
	struct worker *w = ctx;
	struct hf_stream *s = w->s;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct job *j = take_full(s);

		if (!j && s->over)
			break;
		if (!j) {
			pthread_cond_wait(&s->full, &s->lock);
			continue;
		}
		mask_batch(s, w->apply, j);
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
	hf_whole_free(s->whole);
	for (size_t i = 0; i < HF_STREAM_WORKERS; i++)
		hf_apply_close(s->workers[i].apply);
	for (size_t i = 0; i < HF_STREAM_JOBS; i++) {
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

static bool needs_key(const struct hf_stream *s)
{
	const struct hf_plan_table *t = hf_plan_table_named(s->setup.plan, s->setup.table);

	for (size_t i = 0; t && i < t->field_count; i++)
		if (t->fields[i].technique && t->fields[i].technique->record.keyed != HF_KEYED_NOT)
			return true;
	return false;
}

static enum hf_err open_workers(struct hf_stream *s)
{
	const struct hf_apply_setup a = {.plan = s->setup.plan,
	                                 .table = s->setup.table,
	                                 .header = (const char *const *)s->header,
	                                 .header_count = s->width,
	                                 .root = s->setup.root,
	                                 .seed = s->setup.seed,
	                                 .scope = s->setup.scope,
	                                 .only = s->setup.only,
	                                 .only_count = s->setup.only_count,
	                                 .file = s->setup.file,
	                                 .file_ctx = s->setup.file_ctx,
	                                 .put = s->setup.put,
	                                 .put_ctx = s->setup.put_ctx};

	s->worker_count = s->setup.workers > 1 ? s->setup.workers : 1;
	s->slots = s->worker_count > 1 ? HF_STREAM_JOBS : 1;
	for (unsigned i = 0; i < s->worker_count; i++) {
		struct worker *w = &s->workers[i];
		enum hf_err e = hf_apply_open(&a, s->f, &w->apply);

		if (e != HF_OK)
			return hf_stream_fail(s, needs_key(s) && !s->setup.root ? "key" : "format", e);
		w->s = s;
		if (hf_apply_whole(w->apply))
			s->worker_count = s->slots = 1; /* one batch: nobody to share it with */
		if (i == 0)                             /* the caller's */
			continue;
		w->started = pthread_create(&w->thread, NULL, run_worker, w) == 0;
		if (!w->started)
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

static void open_whole(struct hf_stream *s)
{
	const struct hf_stream_setup *t = &s->setup;
	const struct hf_whole_setup w = {.apply = s->workers[0].apply,
	                                 .width = s->width,
	                                 .kinds = s->lines != NULL,
	                                 .folder = t->folder,
	                                 .memory = !t->folder  ? HF_STREAM_WHOLE
	                                           : t->memory ? t->memory
	                                                       : HF_STREAM_MEMORY};

	if (hf_apply_whole(w.apply))
		s->whole = hf_whole_new(&w);
}

bool hf_stream_open(struct hf_stream *s)
{
	if (open_workers(s) != HF_OK || put_header(s) != HF_OK)
		return false;
	open_whole(s);
	return true;
}

/* Which scheme of the plan is for an error of the work itself. */
static const char *kind_of(enum hf_err e)
{
	return e == HF_E_NO_SPACE || e == HF_E_IO ? "space" : e == HF_E_LIMIT ? "source" : "format";
}

static bool write_some(struct hf_stream *s, struct hf_buf *out)
{
	enum hf_err e = s->setup.write(s->setup.write_ctx, out->data, out->len, s->f);

	hf_buf_clear(out);
	return e == HF_OK || hf_stream_fail(s, "space", e) == HF_OK;
}

static enum hf_err row_out(void *ctx, const struct hf_bytes *first, const uint8_t *kinds, struct hf_fault *f)
{
	struct hf_stream *s = ctx;
	struct hf_buf *out = &s->jobs[0].out;

	HF_TRY(hf_put_row(&s->put, first, 1, kinds, out, f));
	s->rows_out++;
	return out->len < TEXT || write_some(s, out) ? HF_OK : s->error;
}

bool hf_stream_finish(struct hf_stream *s)
{
	enum hf_err e;

	if (!s->whole)
		return true;
	hf_buf_clear(&s->jobs[0].out);
	e = hf_whole_end(s->whole, row_out, s, s->f);
	if (e != HF_OK)
		return s->error != HF_OK ? false : hf_stream_fail(s, kind_of(e), e) == HF_OK;
	return s->jobs[0].out.len == 0 || write_some(s, &s->jobs[0].out);
}

/* Writes the oldest batch, which is done. */
static bool write_oldest(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->written % s->slots];
	enum hf_err e = j->error;

	if (e != HF_OK) {
		if (s->f)
			*s->f = j->f;
		return hf_stream_fail(s, kind_of(e), e) == HF_OK;
	}
	if (j->out.len > 0)
		e = s->setup.write(s->setup.write_ctx, j->out.data, j->out.len, s->f);
	s->rows_out += j->rows_out;
	s->ahead -= j->size;
	j->rows = 0;
	empty(&j->out);
	pthread_mutex_lock(&s->lock);
	j->state = JOB_EMPTY;
	s->written++;
	pthread_mutex_unlock(&s->lock);
	return e == HF_OK || hf_stream_fail(s, "space", e) == HF_OK;
}

/* Whether the oldest batch is done. While more than `most` are under way the caller masks too, so that there are no
 * more threads than were asked for, and none of them is idle. */
static bool oldest_done(struct hf_stream *s, uint64_t most)
{
	const struct job *j = &s->jobs[s->written % s->slots];
	bool done;

	pthread_mutex_lock(&s->lock);
	while (j->state != JOB_DONE && s->filled - s->written > most) {
		struct job *own = take_full(s);

		if (own)
			mask_batch(s, s->workers[0].apply, own);
		else
			pthread_cond_wait(&s->done, &s->lock);
	}
	done = j->state == JOB_DONE;
	pthread_mutex_unlock(&s->lock);
	return done;
}

bool hf_stream_drain(struct hf_stream *s, uint64_t most)
{
	while (s->written < s->filled && oldest_done(s, most)) {
		if (!write_oldest(s))
			return false;
	}
	return true;
}

bool hf_stream_hand_over(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->filled % s->slots];

	if (j->rows == 0)
		return true;
	j->first_row = s->rows_in - j->rows;
	j->size = j->text.len;
	s->ahead += j->size;
	if (s->worker_count == 1) {
		work(&s->put, s->workers[0].apply, s->whole, j);
		j->state = JOB_DONE;
		s->filled++;
		return hf_stream_drain(s, 0);
	}
	pthread_mutex_lock(&s->lock);
	j->state = JOB_FULL;
	s->filled++;
	pthread_cond_signal(&s->full);
	pthread_mutex_unlock(&s->lock);
	/* So that the next one is empty. */
	return hf_stream_drain(s, s->ahead > AHEAD ? HF_STREAM_WORKERS : s->slots - 1);
}

static void make_room(struct hf_stream *s, struct job *j)
{
	if (j->cells)
		return;
	j->cells = hf_alloc(ROWS * s->width * sizeof(*j->cells));
	if (s->lines)
		j->kinds = hf_alloc(ROWS * s->width);
}

bool hf_stream_too_large(struct hf_stream *s)
{
	return hf_stream_fail(s, "source",
	                      hf_fault_set(s->f, HF_E_LIMIT, "a row is longer than memory is kept for; split it")) ==
	       HF_OK;
}

struct job *hf_stream_next_row(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->filled % s->slots];

	if (j->rows == ROWS || j->text.len > TEXT) {
		if (!hf_stream_hand_over(s))
			return NULL;
		j = &s->jobs[s->filled % s->slots];
	}
	make_room(s, j);
	return j;
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
