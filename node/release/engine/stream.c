/* stream.c - batches, workers, and the masked table's text; declared in stream.h. */
#include "release/engine/stream.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/readers/csv.h"

#define ROWS 2048u                    /* of a batch */
#define TEXT ((size_t)512 << 10)      /* bytes of a batch after which it is full */
#define JOBS (HF_STREAM_WORKERS + 2u) /* batches at once: being filled, worked on, written */

enum state { JOB_EMPTY = 0, JOB_FULL, JOB_TAKEN, JOB_DONE };
struct job {
	enum state state;
	struct hf_buf text;     /* the cells */
	struct hf_bytes *cells; /* by row; data is the place in text plus one, so that 0 is null */
	size_t rows, cap;
	uint64_t first_row, rows_out;
	struct hf_buf out;
	enum hf_err error;
	struct hf_fault f;
};

struct worker {
	struct hf_stream *s;
	struct hf_apply *apply;
	pthread_t thread;
	bool started;
};

struct hf_stream {
	struct hf_stream_setup setup;
	struct hf_csv *csv;
	char **header;
	size_t width;
	struct worker workers[HF_STREAM_WORKERS];
	unsigned worker_count; /* at least one apply, also without threads */
	struct job jobs[JOBS];
	uint64_t filled, written; /* batches; the one being filled is filled % JOBS */
	uint64_t rows_in, rows_out;
	uint64_t header_end;         /* 0: no row was seen */
	struct hf_stream_place from; /* all 0: from the top */
	struct hf_fault *f;          /* during a call */
	const char *kind;
	enum hf_err error;
	pthread_mutex_t lock;
	pthread_cond_t full, done;
	bool over; /* workers end */
};

static enum hf_err fail(struct hf_stream *s, const char *kind, enum hf_err e)
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
	for (size_t i = 0; i < JOBS; i++) {
		hf_buf_init(&s->jobs[i].text, HF_STREAM_WHOLE);
		hf_buf_init(&s->jobs[i].out, 4 * HF_STREAM_WHOLE);
	}
	return s;
}

/* Bit 7 of a byte is set where the byte of v is c, and perhaps in higher ones: enough to tell whether there is any. */
static inline uint64_t equal_bytes(uint64_t v, uint8_t c)
{
	uint64_t x = v ^ (0x0101010101010101u * c);

	return (x - 0x0101010101010101u) & ~x & 0x8080808080808080u;
}

static inline uint64_t special_bytes(uint64_t v)
{
	return equal_bytes(v, ',') | equal_bytes(v, '"') | equal_bytes(v, '\n') | equal_bytes(v, '\r');
}

/* Whether a text must stand in quotes: it is empty but not null, or has a comma, a quote or a line end. */
static bool needs_quotes(const struct hf_bytes *v)
{
	uint64_t found = 0, word = 0;
	size_t i = 0;

	for (; i + 8 <= v->len; i += 8) {
		memcpy(&word, v->data + i, 8);
		found |= special_bytes(word);
	}
	for (word = 0; i < v->len; i++)
		word = word << 8 | v->data[i];
	return (found | special_bytes(word)) || (v->data && v->len == 0);
}

/* Room for twice the cell and two quotes is there. */
static uint8_t *put_cell(uint8_t *out, const struct hf_bytes *v)
{
	if (!needs_quotes(v)) {
		if (v->len)
			memcpy(out, v->data, v->len);
		return out + v->len;
	}
	*out++ = '"';
	for (size_t i = 0; i < v->len; i++) {
		if (v->data[i] == '"')
			*out++ = '"';
		*out++ = v->data[i];
	}
	*out++ = '"';
	return out;
}

static bool put_row(const struct hf_apply *a, struct job *j, const struct hf_bytes *first, size_t stride, size_t width)
{
	size_t most = 1;
	bool later = false;
	uint8_t *out;

	for (size_t c = 0; c < width; c++)
		most += 2 * first[c * stride].len + 3;
	if (!hf_buf_reserve(&j->out, most))
		return false;
	out = j->out.data + j->out.len;
	for (size_t c = 0; c < width; c++) {
		if (!hf_apply_keeps(a, c))
			continue;
		if (later)
			*out++ = ',';
		later = true;
		out = put_cell(out, &first[c * stride]);
	}
	*out++ = '\n';
	j->out.len = (size_t)(out - j->out.data);
	return true;
}

/* Any thread: only the job and the apply are touched. */
static void work(struct hf_apply *a, struct job *j, size_t width)
{
	size_t n = j->rows;
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
		if (!put_row(a, j, out + row, n, width))
			j->error = hf_fault_set(&j->f, HF_E_LIMIT, "the masked rows are too long; split the table");
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
			if (s->jobs[i % JOBS].state == JOB_FULL)
				j = &s->jobs[i % JOBS];
		if (!j && s->over)
			break;
		if (!j) {
			pthread_cond_wait(&s->full, &s->lock);
			continue;
		}
		j->state = JOB_TAKEN;
		pthread_mutex_unlock(&s->lock);
		work(w->apply, j, s->width);
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
	for (size_t i = 0; i < HF_STREAM_WORKERS; i++)
		hf_apply_close(s->workers[i].apply);
	for (size_t i = 0; i < JOBS; i++) {
		if (s->jobs[i].text.data)
			hf_wipe(s->jobs[i].text.data, s->jobs[i].text.cap);
		hf_buf_done(&s->jobs[i].text);
		hf_buf_done(&s->jobs[i].out);
		free(s->jobs[i].cells);
	}
	for (size_t i = 0; i < s->width && s->header; i++)
		free(s->header[i]);
	free(s->header);
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
			return fail(s, s->setup.root ? "format" : "key", e);
		w->s = s;
		if (hf_apply_whole(w->apply))
			s->worker_count = s->setup.workers = 0; /* one batch: nobody to share it with */
		else if (s->setup.workers)
			w->started = pthread_create(&w->thread, NULL, run_worker, w) == 0;
		if (s->setup.workers && !w->started)
			return fail(s, "source", hf_fault_set(s->f, HF_E_MEMORY, "no thread can be started"));
	}
	return HF_OK;
}

static enum hf_err put_header(struct hf_stream *s)
{
	struct hf_bytes *names = hf_alloc(s->width * sizeof(*names));
	struct job *j = &s->jobs[0];
	enum hf_err e;

	for (size_t c = 0; c < s->width; c++)
		names[c] = (struct hf_bytes){(const uint8_t *)s->header[c], strlen(s->header[c])};
	put_row(s->workers[0].apply, j, names, 1, s->width);
	e = s->setup.write(s->setup.write_ctx, j->out.data, j->out.len, s->f);
	hf_buf_clear(&j->out);
	free(names);
	return e == HF_OK ? e : fail(s, "space", e);
}

static bool on_header(struct hf_stream *s, const struct hf_csv_record *rec)
{
	s->header = hf_alloc_zero(rec->field_count * sizeof(*s->header));
	s->width = rec->field_count;
	for (size_t i = 0; i < s->width; i++) {
		struct hf_buf name = HF_BUF_INIT;

		hf_csv_value(&rec->fields[i], &name);
		hf_buf_add(&name, "", 1);
		s->header[i] = (char *)hf_buf_take(&name, &(size_t){0});
	}
	return open_workers(s) == HF_OK && (s->from.byte || put_header(s) == HF_OK);
}

/* Writes the oldest batch, which is done. */
static bool write_oldest(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->written % JOBS];
	enum hf_err e = j->error;

	if (e != HF_OK) {
		if (s->f)
			*s->f = j->f;
		return fail(s, "format", e) == HF_OK;
	}
	e = s->setup.write(s->setup.write_ctx, j->out.data, j->out.len, s->f);
	s->rows_out += j->rows_out;
	j->rows = 0;
	pthread_mutex_lock(&s->lock);
	j->state = JOB_EMPTY;
	s->written++;
	pthread_mutex_unlock(&s->lock);
	return e == HF_OK || fail(s, "space", e) == HF_OK;
}

/* Writes what is done; waits until at most `most` batches are under way. */
static bool drain(struct hf_stream *s, uint64_t most)
{
	while (s->written < s->filled) {
		struct job *j = &s->jobs[s->written % JOBS];
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

/* The batch that is being filled goes to the workers. */
static bool hand_over(struct hf_stream *s)
{
	struct job *j = &s->jobs[s->filled % JOBS];

	if (j->rows == 0)
		return true;
	j->first_row = s->rows_in - j->rows;
	if (s->setup.workers == 0) {
		work(s->workers[0].apply, j, s->width);
		j->state = JOB_DONE;
		s->filled++;
		return drain(s, 0);
	}
	pthread_mutex_lock(&s->lock);
	j->state = JOB_FULL;
	s->filled++;
	pthread_cond_signal(&s->full);
	pthread_mutex_unlock(&s->lock);
	return drain(s, JOBS - 1); /* so that the next one is empty */
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
	return true;
}

static bool too_large(struct hf_stream *s)
{
	return fail(s, "source",
	            hf_fault_set(
	                    s->f, HF_E_LIMIT,
	                    "a technique of the plan needs the whole table in memory, which is bounded to %zu MiB; "
	                    "split the table, or take techniques of rows",
	                    HF_STREAM_WHOLE >> 20)) == HF_OK;
}

/* Most cells are short: one copy of a fixed size, of which the rest is written over, beats a call. */
static inline void put_plain(uint8_t *out, const struct hf_csv_field *f)
{
	memcpy(out, f->data, HF_CSV_SLACK);
	if (f->len > HF_CSV_SLACK)
		memcpy(out + HF_CSV_SLACK, f->data + HF_CSV_SLACK, f->len - HF_CSV_SLACK);
}

static bool keep_cells(struct hf_stream *s, struct job *j, const struct hf_csv_record *rec)
{
	struct hf_bytes *cells = &j->cells[j->rows * s->width];
	size_t most = 0;

	for (size_t i = 0; i < s->width; i++)
		most += rec->fields[i].len;
	if (!hf_buf_reserve(&j->text, most + HF_CSV_SLACK))
		return too_large(s);
	for (size_t i = 0; i < s->width; i++) {
		const struct hf_csv_field *f = &rec->fields[i];
		size_t at = j->text.len;

		cells[i] = (struct hf_bytes){NULL, 0};
		if (f->len == 0)
			continue;
		if (f->quoted) {
			if (!hf_csv_value(f, &j->text))
				return too_large(s);
		} else {
			put_plain(j->text.data + at, f);
			j->text.len += f->len;
		}
		cells[i] = (struct hf_bytes){(const uint8_t *)(uintptr_t)(at + 1), j->text.len - at};
	}
	j->rows++;
	s->rows_in++;
	return true;
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct hf_stream *s = ctx;
	struct job *j = &s->jobs[s->filled % JOBS];

	if (rec->number == 0)
		return on_header(s, rec);
	if (rec->number == 1)
		s->header_end = rec->byte;
	if (rec->field_count != s->width)
		return fail(s, "format",
		            hf_fault_set(s->f, HF_E_FORMAT,
		                         "row %" PRIu64 " has %zu fields, the header %zu; correct the file",
		                         s->from.rows_in + rec->number, rec->field_count, s->width)) == HF_OK;
	if (!hf_apply_whole(s->workers[0].apply) && (j->rows == ROWS || j->text.len > TEXT)) {
		if (!hand_over(s))
			return false;
		j = &s->jobs[s->filled % JOBS];
	}
	return grow(s, j) ? keep_cells(s, j, rec) : too_large(s);
}

static enum hf_err ended(struct hf_stream *s, enum hf_csv_defect d, const char **ret_kind)
{
	struct hf_csv_place at;

	if (s->error == HF_OK && d != HF_CSV_GOOD) {
		hf_csv_where(s->csv, &at);
		fail(s, "format",
		     hf_fault_set(s->f, HF_E_FORMAT, "line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file",
		                  at.line, at.byte, hf_csv_defect_text(d)));
	}
	*ret_kind = s->kind;
	s->f = NULL;
	return s->error;
}

enum hf_err hf_stream_feed(struct hf_stream *s, const void *data, size_t len, struct hf_fault *f, const char **ret_kind)
{
	if (!s->csv)
		s->csv = hf_csv_new(on_record, s);
	s->f = f;
	return ended(s, hf_csv_feed(s->csv, data, len), ret_kind);
}

enum hf_err hf_stream_end(struct hf_stream *s, struct hf_fault *f, const char **ret_kind)
{
	enum hf_csv_defect d = s->csv ? hf_csv_end(s->csv) : HF_CSV_HEADER;

	s->f = f;
	if (d == HF_CSV_GOOD && s->error == HF_OK && s->width == 0)
		d = HF_CSV_HEADER;
	if (d == HF_CSV_GOOD && s->error == HF_OK && hand_over(s))
		drain(s, 0);
	return ended(s, d, ret_kind);
}

bool hf_stream_settle(struct hf_stream *s, struct hf_stream_place *ret_place, struct hf_fault *f, const char **ret_kind)
{
	struct hf_csv_place next;
	bool good = s->error == HF_OK && s->width > 0 && !hf_apply_whole(s->workers[0].apply);

	s->f = f;
	good = good && hand_over(s) && drain(s, 0);
	s->f = NULL;
	*ret_kind = s->kind;
	if (!good)
		return false;
	hf_csv_where(s->csv, &next);
	*ret_place =
	        (struct hf_stream_place){s->header_end ? s->header_end : next.byte, next.byte, s->rows_in, s->rows_out};
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
