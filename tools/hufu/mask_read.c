/* mask_read.c - a bounded sample of a file, as rows for the identification or as text; declared in mask.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "mask.h"
#include "masking/detect/embedded.h"
#include "masking/detect/tables.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"

#define PIECE ((size_t)256 << 10)
#define HITS_MAX 10000u
#define TEXT_LINE 1000u /* bytes of a text that a row of the limit stands for */
#define OVERLAP 256u    /* bytes of a text looked at again, for what a piece cuts apart */

struct reader {
	struct hf_cli *cli;
	const struct hf_identify_options *options;
	const json_t *about;
	struct hf_mask_reading *out;
	struct hf_buf values; /* cells without quotes */
	struct hf_bytes *cells;
	char **names; /* of JSON lines */
	size_t name_count;
	bool enough; /* the limit of rows is reached */
};

static const char *comment_of(const struct reader *r, const char *name)
{
	return json_string_value(json_object_get(r->about, name));
}

static void start(struct reader *r, char *const *names, size_t count)
{
	struct hf_named_field *fields = hf_alloc((count + 1) * sizeof(*fields));

	for (size_t i = 0; i < count; i++)
		fields[i] = (struct hf_named_field){names[i], comment_of(r, names[i])};
	r->out->x = hf_identify_new(r->options, fields, count);
	free(fields);
}

static void header(struct reader *r, const struct hf_csv_record *rec)
{
	char **names = hf_csv_names(rec);

	start(r, names, rec->field_count);
	for (size_t i = 0; i < rec->field_count; i++)
		free(names[i]);
	free(names);
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct reader *r = ctx;
	size_t quoted = 0;

	if (rec->number == 0) {
		header(r, rec);
		return true;
	}
	if (hf_identify_rows(r->out->x) >= r->out->sample.rows) {
		r->enough = true;
		return false;
	}
	for (size_t i = 0; i < rec->field_count; i++)
		quoted += rec->fields[i].quoted ? rec->fields[i].len : 0;
	hf_buf_clear(&r->values);
	hf_buf_reserve(&r->values, quoted + HF_CELL_SLACK); /* so that it does not move */
	for (size_t i = 0; i < rec->field_count; i++) {
		const struct hf_csv_field *f = &rec->fields[i];
		size_t at = r->values.len;

		r->cells[i] = (struct hf_bytes){f->data, f->len};
		if (f->quoted && hf_csv_value(f, &r->values))
			r->cells[i] = (struct hf_bytes){r->values.data + at, r->values.len - at};
	}
	hf_identify_row(r->out->x, r->cells, rec->field_count, true);
	return true;
}

static size_t name_index(struct reader *r, const struct hf_bytes *name)
{
	for (size_t i = 0; i < r->name_count; i++)
		if (strlen(r->names[i]) == name->len && memcmp(r->names[i], name->data, name->len) == 0)
			return i;
	if (r->name_count == HF_MAX_FIELDS)
		return HF_MAX_FIELDS;
	r->names = hf_realloc(r->names, (r->name_count + 1) * sizeof(*r->names));
	r->names[r->name_count] = hf_alloc(name->len + 1);
	memcpy(r->names[r->name_count], name->data, name->len);
	r->names[r->name_count][name->len] = '\0';
	return r->name_count++;
}

/* First the names are collected, then the values looked at. */
static bool on_object(void *ctx, const struct hf_jsonl_record *rec)
{
	struct reader *r = ctx;

	if (rec->number >= r->out->sample.rows) {
		r->enough = true;
		return false;
	}
	if (r->out->x)
		memset(r->cells, 0, HF_MAX_FIELDS * sizeof(*r->cells));
	for (size_t i = 0; i < rec->cell_count; i++) {
		size_t at = name_index(r, &rec->cells[i].name);

		if (r->out->x && at < HF_MAX_FIELDS)
			r->cells[at] = rec->cells[i].value;
	}
	if (r->out->x)
		hf_identify_row(r->out->x, r->cells, r->name_count, false);
	return true;
}

/* Where pieces of the file go, in UTF-8. False stops: enough is read, or what is wrong is printed. */
typedef bool (*take_fn)(struct reader *r, void *to, const uint8_t *data, size_t len, bool last);

static bool take_csv(struct reader *r, void *to, const uint8_t *data, size_t len, bool last)
{
	enum hf_csv_defect d = hf_csv_feed(to, data, len);
	struct hf_csv_place at;

	if (d == HF_CSV_GOOD && last)
		d = hf_csv_end(to);
	if (d == HF_CSV_GOOD || r->enough)
		return d == HF_CSV_GOOD;
	hf_csv_where(to, &at);
	hf_cli_fail(r->cli,
	            "%s, line %" PRIu64 ", byte %" PRIu64
	            ": %s; correct the file, or say --format text when it is no table",
	            r->out->sample.path, at.line, at.byte, hf_csv_defect_text(d));
	return false;
}

static bool take_lines(struct reader *r, void *to, const uint8_t *data, size_t len, bool last)
{
	enum hf_jsonl_defect d = hf_jsonl_feed(to, data, len);
	uint64_t line, byte;

	if (d == HF_JSONL_GOOD && last)
		d = hf_jsonl_end(to);
	if (d == HF_JSONL_GOOD || r->enough)
		return d == HF_JSONL_GOOD;
	hf_jsonl_where(to, &line, &byte);
	hf_cli_fail(r->cli,
	            "%s, line %" PRIu64 ", byte %" PRIu64
	            ": %s; correct the file, or say --format text when it is none of JSON lines",
	            r->out->sample.path, line, byte, hf_jsonl_defect_text(d));
	return false;
}

struct text {
	struct hf_detect_tables tables;
	struct hf_buf kept; /* the end of the last piece, and this one */
	uint64_t before;    /* bytes before kept */
	uint64_t from;      /* place from which hits are new */
};

static bool take_text(struct reader *r, void *to, const uint8_t *data, size_t len, bool last)
{
	struct text *t = to;
	struct hf_embedded hit;
	size_t at = 0, end;

	hf_buf_add(&t->kept, data, len);
	end = last || t->kept.len < OVERLAP ? t->kept.len : t->kept.len - OVERLAP;
	while (hf_embedded_next(t->kept.data, t->kept.len, at, &t->tables, &hit)) {
		at = hit.at + hit.len;
		if (t->before + hit.at < t->from || (hit.at >= end && !last))
			continue;
		if (r->out->hit_count < HITS_MAX)
			r->out->hits[r->out->hit_count++] = (struct hf_mask_hit){t->before + hit.at, hit.detector};
	}
	t->from = t->before + end;
	if (end > OVERLAP) { /* what stands before a value decides whether it begins there */
		size_t drop = end - OVERLAP;

		memmove(t->kept.data, t->kept.data + drop, t->kept.len - drop);
		t->kept.len -= drop;
		t->before += drop;
	}
	r->enough = t->before >= r->out->sample.rows * TEXT_LINE;
	return !r->enough;
}

/* n bytes were read, fewer than PIECE at the end of the file. False after printing what is wrong. */
static bool to_utf8(struct reader *r, struct hf_recode *recode, const uint8_t *piece, ssize_t n, struct hf_buf *out)
{
	hf_buf_clear(out);
	if (n < 0) {
		hf_cli_fail(r->cli, "%s cannot be read: %s", r->out->sample.path, strerror(errno));
		return false;
	}
	if (hf_recode_feed(recode, piece, (size_t)n, out) && (n == (ssize_t)PIECE || hf_recode_end(recode)))
		return true;
	hf_cli_fail(r->cli, "%s, byte %" PRIu64 ": not %s; name the encoding with --encoding", r->out->sample.path,
	            hf_recode_where(recode), hf_encoding_name(r->out->sample.encoding));
	return false;
}

/* The file's bytes in UTF-8, as they are needed. False after printing what is wrong. */
static bool pass(struct reader *r, int fd, take_fn take, void *to)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf utf8 = HF_BUF_INIT;
	uint8_t *piece = hf_alloc(PIECE);
	struct hf_recode *recode = hf_recode_new(r->out->sample.encoding);
	bool good = recode != NULL, more = good;
	uint64_t at = 0;

	if (!recode)
		hf_cli_fail(r->cli, "this machine's C library does not bring %s; convert the file to UTF-8",
		            hf_encoding_name(r->out->sample.encoding));
	while (more) {
		ssize_t n = pread(fd, piece, PIECE, (off_t)at);
		bool last = n < (ssize_t)PIECE;

		good = to_utf8(r, recode, piece, n, &utf8);
		at += n > 0 ? (uint64_t)n : 0;
		if (!good)
			break;
		more = take(r, to, utf8.data, utf8.len, last);
		good = more || r->enough;
		more = more && !last;
	}
	r->out->bytes = at;
	hf_recode_free(recode);
	free(piece);
	return good;
}

static bool pass_csv(struct reader *r, int fd)
{
	struct hf_csv *csv = hf_csv_new(on_record, r);
	bool good;

	hf_csv_allow(csv, HF_CSV_RECORD_MOST);
	good = pass(r, fd, take_csv, csv);
	hf_csv_free(csv);
	if (good && !r->out->x)
		hf_cli_fail(r->cli, "%s is empty; a table has at least a header", r->out->sample.path);
	return good && r->out->x;
}

static bool pass_lines(struct reader *r, int fd)
{
	bool good = true;

	for (unsigned i = 0; i < 2 && good; i++) {
		struct hf_jsonl *lines = hf_jsonl_new(on_object, r);

		hf_jsonl_allow(lines, HF_JSONL_LINE_MOST);
		if (i == 1)
			start(r, r->names, r->name_count);
		r->enough = false;
		good = pass(r, fd, take_lines, lines);
		hf_jsonl_free(lines);
	}
	return good;
}

static bool pass_text(struct reader *r, int fd)
{
	struct text *t = hf_alloc_zero(sizeof(*t));
	bool good;

	hf_detect_tables_init(&t->tables);
	r->out->hits = hf_alloc(HITS_MAX * sizeof(*r->out->hits));
	good = pass(r, fd, take_text, t);
	hf_buf_done(&t->kept);
	free(t);
	return good;
}

static bool guess(struct reader *r, int fd)
{
	uint8_t *piece = hf_alloc(PIECE);
	ssize_t n = pread(fd, piece, PIECE, 0);

	if (n >= 0 && r->out->sample.encoding == HF_ENCODING_UNKNOWN)
		r->out->sample.encoding = hf_encoding_guess(piece, (size_t)n, n < (ssize_t)PIECE);
	free(piece);
	if (n < 0)
		hf_cli_fail(r->cli, "%s cannot be read: %s", r->out->sample.path, strerror(errno));
	else if (r->out->sample.encoding == HF_ENCODING_UNKNOWN && r->out->sample.format == HF_MASK_TEXT)
		r->out->sample.encoding = HF_ENCODING_UTF8; /* bytes between what is looked for do not matter */
	else if (r->out->sample.encoding == HF_ENCODING_UNKNOWN)
		hf_cli_fail(r->cli, "%s is neither UTF-8 nor GB18030; convert it to UTF-8", r->out->sample.path);
	return n >= 0 && r->out->sample.encoding != HF_ENCODING_UNKNOWN;
}

bool hf_mask_read(struct hf_cli *cli, const struct hf_mask_sample *s, const struct hf_identify_options *o,
                  const json_t *fields_about, struct hf_mask_reading *ret_reading)
{
	struct reader r = {.cli = cli, .options = o, .about = fields_about, .out = ret_reading};
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	bool good = false;

	*ret_reading = (struct hf_mask_reading){.sample = *s};
	if (fd < 0) {
		hf_cli_fail(cli, "%s cannot be opened: %s", s->path, strerror(errno));
		return false;
	}
	if (s->format == HF_MASK_BY_NAME)
		ret_reading->sample.format = hf_mask_format_of(s->path);
	r.cells = hf_alloc_zero(HF_MAX_FIELDS * sizeof(*r.cells));
	hf_buf_init(&r.values, HF_CSV_RECORD_MOST + HF_CELL_SLACK);
	if (guess(&r, fd))
		good = ret_reading->sample.format == HF_MASK_CSV     ? pass_csv(&r, fd)
		       : ret_reading->sample.format == HF_MASK_LINES ? pass_lines(&r, fd)
		                                                     : pass_text(&r, fd);
	close(fd);
	hf_buf_done(&r.values);
	free(r.cells);
	for (size_t i = 0; i < r.name_count; i++)
		free(r.names[i]);
	free(r.names);
	if (!good)
		hf_mask_reading_done(ret_reading);
	return good;
}

void hf_mask_reading_done(struct hf_mask_reading *r)
{
	hf_identify_free(r->x);
	free(r->hits);
	*r = (struct hf_mask_reading){.bytes = 0};
}
