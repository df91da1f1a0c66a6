/*
 * jsonl_file.c - the adapter "jsonl": one file of JSON lines, as a table.
 *
 * The fields are the members' names in the order of their first line; a member that a line lacks is null, like one that
 * says so. An object or an array in a member is its text. A first pass finds the fields, so that every pass behind it
 * streams. A line may lack most fields, and a file be packed: no more comes out than RATIO times the lines, and
 * HF_INPUT_RATIO times the file.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/adapters.h"
#include "source/cells.h"
#include "source/input.h"
#include "source/made.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"

#define PIECE ((size_t)256 << 10)
#define SLICE ((size_t)16 << 10) /* of short lines and many fields it becomes a few megabytes of nulls */
#define OUT_MAX ((size_t)24 << 20)
#define RATIO 64u

/* Names, and where the members of the line before were: mostly those of the next one too. */
struct columns {
	struct hf_source_field *fields;
	size_t count, guess[HF_JSONL_CELLS_MAX];
};

static bool is_name(const struct hf_source_field *f, const struct hf_bytes *name)
{
	return memcmp(f->name, name->data, name->len) == 0 && f->name[name->len] == '\0';
}

/* count when there is none. */
static size_t column_of(struct columns *c, size_t member, const struct hf_bytes *name)
{
	size_t at = c->guess[member];

	if (name->len >= sizeof(c->fields[0].name))
		return c->count;
	if (at < c->count && is_name(&c->fields[at], name))
		return at;
	for (at = 0; at < c->count && !is_name(&c->fields[at], name); at++)
		;
	c->guess[member] = at;
	return at;
}

static enum hf_err line_fault(const char *path, const struct hf_jsonl *j, const char *what, struct hf_fault *f)
{
	uint64_t line, byte;

	hf_jsonl_where(j, &line, &byte);
	return hf_fault_set(f, HF_E_FORMAT,
	                    "%s is no sound file of JSON lines: in line %" PRIu64 " (byte %" PRIu64
	                    "), %s; correct the file",
	                    path, line, byte, what);
}

/* Which fields there are. */
struct naming {
	struct columns c;
	struct hf_jsonl *lines;
	uint64_t most;     /* lines; 0: all */
	const char *wrong; /* half a sentence */
	bool enough;       /* these were the lines */
};

static bool on_names(void *ctx, const struct hf_jsonl_record *rec)
{
	struct naming *n = ctx;

	for (size_t i = 0; i < rec->cell_count; i++) {
		const struct hf_bytes *name = &rec->cells[i].name;
		size_t at = column_of(&n->c, i, name);

		if (at < n->c.count)
			continue;
		n->wrong = hf_cells_bad_name(name->data, name->len);
		if (!n->wrong && n->c.count == HF_CSV_FIELDS_MAX)
			n->wrong = "the lines have more than 1024 different fields";
		if (n->wrong)
			return false;
		memcpy(n->c.fields[n->c.count].name, name->data, name->len);
		n->c.count++;
	}
	n->enough = rec->number + 1 == n->most;
	return !n->enough;
}

static enum hf_err read_names(struct hf_input *in, const struct hf_source_view *v, struct naming *n,
                              struct hf_pace *pace, struct hf_fault *f)
{
	enum hf_jsonl_defect d = HF_JSONL_GOOD;
	uint8_t *piece = hf_alloc(PIECE);
	enum hf_err e = HF_OK;
	size_t len = PIECE;

	while (e == HF_OK && d == HF_JSONL_GOOD && len == PIECE) {
		uint64_t rows = hf_jsonl_records(n->lines);

		e = hf_input_read(in, piece, PIECE, &len, f);
		if (e == HF_OK)
			d = hf_jsonl_feed(n->lines, piece, len);
		if (n->enough)
			break;
		if (e == HF_OK)
			e = hf_pace_keep(pace, len, hf_jsonl_records(n->lines) - rows, f);
	}
	if (e == HF_OK && d == HF_JSONL_GOOD)
		d = hf_jsonl_end(n->lines);
	free(piece);
	if (e == HF_OK && d != HF_JSONL_GOOD && !n->enough)
		return line_fault(v->path, n->lines, n->wrong ? n->wrong : hf_jsonl_defect_text(d), f);
	if (e == HF_OK && n->c.count == 0)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s has no object with a member, hence no field; give a file that has", v->path);
	return e;
}

static enum hf_err columns_of(struct hf_input *in, struct hf_source_view *v, struct hf_pace *pace, struct hf_fault *f)
{
	struct naming *n;
	enum hf_err e;

	n = hf_alloc_zero(sizeof(*n));
	n->c.fields = hf_alloc_zero(HF_CSV_FIELDS_MAX * sizeof(*n->c.fields));
	n->lines = hf_jsonl_new(on_names, n);
	n->most = v->most_rows;
	e = read_names(in, v, n, pace, f);
	if (e == HF_OK) {
		free(v->fields);
		v->field_count = n->c.count;
		v->fields = HF_TAKE(n->c.fields);
	}
	hf_jsonl_free(n->lines);
	free(n->c.fields);
	free(n);
	hf_input_close(in);
	return e;
}

static enum hf_err columns_jsonl(const struct hf_source_home *home, struct hf_source_view *v, struct hf_pace *pace,
                                 struct hf_fault *f)
{
	struct hf_input *in;

	HF_TRY(hf_input_open(home, v->path, &in, f));
	return columns_of(in, v, pace, f);
}

/* Between two places. What is packed has none. */
static enum hf_err open_lines(const struct hf_source_home *home, const char *path, uint64_t from, uint64_t to,
                              struct hf_input **ret_in, struct hf_fault *f)
{
	HF_TRY(hf_input_open(home, path, ret_in, f));
	if (!hf_input_packed(*ret_in)) {
		hf_input_window(*ret_in, from, to);
		return HF_OK;
	}
	hf_input_close(*ret_in);
	return hf_fault_set(f, HF_E_ARGUMENT, "%s is packed, and a stream is not; write its messages as they are",
	                    path);
}

enum hf_err hf_jsonl_columns_to(const struct hf_source_home *home, struct hf_source_view *v, uint64_t to,
                                struct hf_pace *pace, struct hf_fault *f)
{
	struct hf_input *in;

	HF_TRY(open_lines(home, v->path, 0, to, &in, f));
	return columns_of(in, v, pace, f);
}

/* The table. */
struct table {
	struct hf_maker maker;
	struct hf_input *in;
	char path[512];
	struct columns c;
	const struct hf_jsonl_cell **row; /* per column; NULL: null */
	struct hf_jsonl *lines;
	uint8_t *piece;
	size_t len, at;            /* read, and taken of it */
	uint64_t read, made, most; /* most: lines; 0: all */
	bool last;                 /* it was the file's last piece */
	struct hf_buf *out;        /* during more */
	enum hf_err error;
	bool begun, enough;
};

static bool on_row(void *ctx, const struct hf_jsonl_record *rec)
{
	struct table *t = ctx;
	bool room = true;

	memset(t->row, 0, t->c.count * sizeof(*t->row));
	for (size_t i = 0; i < rec->cell_count; i++) {
		size_t at = column_of(&t->c, i, &rec->cells[i].name);

		if (at == t->c.count) {
			t->error = HF_E_SOURCE_CHANGED; /* the scan saw every name */
			return false;
		}
		t->row[at] = rec->cells[i].kind == HF_JSONL_NULL ? NULL : &rec->cells[i];
	}
	for (size_t i = 0; room && i < t->c.count; i++)
		room = t->row[i] ? hf_cells_put(t->out, i == 0, t->row[i]->value.data, t->row[i]->value.len)
		                 : hf_cells_null(t->out, i == 0);
	room = room && hf_cells_end(t->out, t->c.count);
	if (!room)
		t->error = HF_E_LIMIT;
	t->enough = room && rec->number + 1 == t->most;
	return room && !t->enough;
}

static void table_top(struct hf_maker *m)
{
	struct table *t = (struct table *)m;

	hf_jsonl_free(t->lines);
	t->lines = hf_jsonl_new(on_row, t);
	hf_input_top(t->in);
	t->len = t->at = 0;
	t->read = t->made = 0;
	t->last = t->begun = t->enough = false;
	t->error = HF_OK;
}

static bool begin(struct table *t)
{
	struct hf_source_view v = {.fields = t->c.fields, .field_count = t->c.count};

	if (t->begun)
		return true;
	t->begun = true;
	return hf_cells_header(t->out, &v);
}

/* Slices until there is a piece of the table. */
static enum hf_jsonl_defect feed(struct table *t, struct hf_buf *out)
{
	enum hf_jsonl_defect d = HF_JSONL_GOOD;

	while (d == HF_JSONL_GOOD && t->at < t->len && out->len < PIECE) {
		size_t n = t->len - t->at < SLICE ? t->len - t->at : SLICE;

		d = hf_jsonl_feed(t->lines, t->piece + t->at, n);
		t->at += n;
	}
	return d;
}

static enum hf_err check_made(const struct table *t, struct hf_fault *f)
{
	uint64_t counted = t->made > HF_INPUT_FREE ? t->made - HF_INPUT_FREE : 0;

	if (counted > t->read * RATIO)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "as a table, %s takes more than %u times its lines; leave out the fields that most "
		                    "lines lack",
		                    t->path, RATIO);
	if (counted > hf_input_taken(t->in) * HF_INPUT_RATIO)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "as a table, %s takes more than %u times what it takes packed; unpack it and "
		                    "register that",
		                    t->path, HF_INPUT_RATIO);
	return HF_OK;
}

static enum hf_err table_more(struct hf_maker *m, struct hf_buf *out, bool *ret_end, struct hf_fault *f)
{
	struct table *t = (struct table *)m;
	enum hf_jsonl_defect d;

	t->out = out;
	if (!begin(t))
		return HF_E_LIMIT;
	if (t->at == t->len && !t->last) {
		HF_TRY(hf_input_read(t->in, t->piece, PIECE, &t->len, f));
		t->at = 0;
		t->read += t->len;
		t->last = t->len < PIECE;
	}
	d = feed(t, out);
	t->made += out->len;
	HF_TRY(check_made(t, f));
	*ret_end = t->enough || (t->last && t->at == t->len);
	if (t->enough)
		return HF_OK;
	if (d == HF_JSONL_GOOD && *ret_end)
		d = hf_jsonl_end(t->lines);
	if (d == HF_JSONL_GOOD)
		return HF_OK;
	return t->error != HF_OK ? t->error : line_fault(t->path, t->lines, hf_jsonl_defect_text(d), f);
}

static void table_stamp(const struct hf_maker *m, struct hf_source_stamp *ret_stamp)
{
	hf_input_stamp(((const struct table *)m)->in, ret_stamp);
}

static uint64_t table_rows(const struct hf_maker *m)
{
	return hf_jsonl_records(((const struct table *)m)->lines);
}

static void table_free(struct hf_maker *m)
{
	struct table *t = (struct table *)m;

	hf_input_close(t->in);
	hf_jsonl_free(t->lines);
	free(t->c.fields);
	free(t->row);
	hf_wipe(t->piece, PIECE);
	free(t->piece);
	free(t);
}

static const struct hf_maker_ops table_ops = {table_top, table_more, table_stamp, table_rows, table_free};

static struct hf_source_reader *table_new(struct hf_input *in, const struct hf_source_view *v)
{
	struct table *t = hf_alloc_zero(sizeof(*t));

	t->maker.ops = &table_ops;
	t->in = in;
	t->most = v->most_rows;
	memcpy(t->path, v->path, sizeof(t->path));
	t->c.count = v->field_count;
	t->c.fields = hf_alloc((v->field_count + 1) * sizeof(*t->c.fields));
	memcpy(t->c.fields, v->fields, v->field_count * sizeof(*t->c.fields));
	t->row = hf_alloc((v->field_count + 1) * sizeof(*t->row));
	t->piece = hf_alloc(PIECE);
	return hf_made_reader_new(&t->maker, OUT_MAX);
}

static enum hf_err open_jsonl(const struct hf_source_home *home, const struct hf_source_view *v,
                              struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct hf_input *in;

	HF_TRY(hf_input_open(home, v->path, &in, f));
	*ret_reader = table_new(in, v);
	return HF_OK;
}

enum hf_err hf_jsonl_open_lines(const struct hf_source_home *home, const struct hf_source_view *v, uint64_t from,
                                uint64_t to, struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct hf_input *in;

	HF_TRY(open_lines(home, v->path, from, to, &in, f));
	*ret_reader = table_new(in, v);
	return HF_OK;
}

const struct hf_adapter hf_adapter_jsonl = {.kind = "jsonl",
                                            .columns = columns_jsonl,
                                            .stamp = hf_input_stamp_of,
                                            .open = open_jsonl,
                                            .digest = hf_input_digest_of};
