/*
 * csv_file.c - the adapter "csv": one file of RFC 4180 with a header.
 *
 * A reader of the whole file keeps nothing but the descriptor, so that several threads may read at once. A projecting
 * reader runs the file through the CSV reader and keeps what was made and not yet asked for: one piece and one record.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/adapters.h"
#include "source/place.h"
#include "source/readers/csv.h"

#define PIECE (256u << 10)
#define OUT_MAX (PIECE + 2u * HF_CSV_RECORD_MAX)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void free_bytes(uint8_t **p)
{
	free(*p);
}

static void free_hash(struct hf_sha256 **h)
{
	hf_sha256_free(*h);
}

static void free_scan(struct hf_csv_scan **s)
{
	hf_csv_scan_free(*s);
}

static enum hf_err defect_fault(const char *path, enum hf_csv_defect d, const struct hf_csv_place *at,
                                struct hf_fault *f)
{
	if (at->record == 0)
		return hf_fault_set(f, HF_E_FORMAT, "%s is no sound CSV table: in the first line, %s; correct the file",
		                    path, hf_csv_defect_text(d));
	return hf_fault_set(f, HF_E_FORMAT,
	                    "%s is no sound CSV table: in row %" PRIu64 " (line %" PRIu64 ", byte %" PRIu64
	                    "), %s; correct the file",
	                    path, at->record, at->line, at->byte, hf_csv_defect_text(d));
}

static enum hf_err scan_fd(int fd, struct hf_csv_scan *scan, struct hf_source_view *v, const atomic_bool *stop,
                           struct hf_fault *f)
{
	HF_CLEANUP(free_bytes) uint8_t *piece = hf_alloc(PIECE);
	HF_CLEANUP(free_hash) struct hf_sha256 *hash = hf_sha256_new();
	enum hf_csv_defect d = HF_CSV_GOOD;
	uint64_t at = 0;
	size_t n = PIECE;

	while (n == PIECE && d == HF_CSV_GOOD) {
		if (atomic_load(stop))
			return hf_fault_set(f, HF_E_CANCELLED, "the scan of %s was cancelled; the node is stopping",
			                    v->path);
		if (hf_place_read(fd, at, piece, PIECE, &n) != HF_OK)
			return hf_fault_set(f, HF_E_IO, "%s cannot be read; check the disk", v->path);
		hf_sha256_add(hash, piece, n);
		d = hf_csv_scan_feed(scan, piece, n);
		at += n;
	}
	if (d == HF_CSV_GOOD)
		d = hf_csv_scan_end(scan);
	if (d != HF_CSV_GOOD) {
		struct hf_csv_place where;

		hf_csv_scan_where(scan, &where);
		return defect_fault(v->path, d, &where, f);
	}
	hf_sha256_end(hash, &v->digest);
	v->bytes = at;
	return HF_OK;
}

static void take_columns(const struct hf_csv_scan *scan, struct hf_source_view *v)
{
	const struct hf_csv_column *columns = hf_csv_scan_columns(scan, &v->field_count);

	free(v->fields);
	v->fields = hf_alloc_zero(v->field_count * sizeof(*v->fields));
	for (size_t i = 0; i < v->field_count; i++) {
		memcpy(v->fields[i].name, columns[i].name, strlen(columns[i].name));
		snprintf(v->fields[i].type, sizeof(v->fields[i].type), "%s", hf_csv_type_name(columns[i].type));
		v->fields[i].nulls = columns[i].nulls;
	}
	v->rows = hf_csv_scan_rows(scan);
}

static bool same_stamp(const struct hf_source_stamp *a, const struct hf_source_stamp *b)
{
	return a->bytes == b->bytes && a->inode == b->inode && a->mtime_ns == b->mtime_ns;
}

static enum hf_err scan_csv(const char *node_dir, struct hf_source_view *v, const atomic_bool *stop, struct hf_fault *f)
{
	HF_CLEANUP(close_fd) int fd = -1;
	HF_CLEANUP(free_scan) struct hf_csv_scan *scan = hf_csv_scan_new();
	struct hf_source_stamp after;

	HF_TRY(hf_place_open(node_dir, v->path, &fd, &v->stamp, f));
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	HF_TRY(scan_fd(fd, scan, v, stop, f));
	if (!hf_place_stamp(fd, &after) || !same_stamp(&v->stamp, &after) || v->bytes != after.bytes)
		return hf_fault_set(f, HF_E_SOURCE_CHANGED,
		                    "%s changed while it was scanned; scan again when nobody writes to it", v->path);
	take_columns(scan, v);
	return HF_OK;
}

static enum hf_err stamp_csv(const char *node_dir, const struct hf_source_view *v, struct hf_source_stamp *ret_stamp,
                             struct hf_fault *f)
{
	HF_CLEANUP(close_fd) int fd = -1;

	return hf_place_open(node_dir, v->path, &fd, ret_stamp, f);
}

/* The whole file. */
struct whole {
	struct hf_source_reader reader;
	int fd;
	uint64_t bytes; /* when it was opened */
	uint64_t rows;
};

static enum hf_err whole_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct whole *w = (struct whole *)r;
	if (offset > w->bytes)
		return HF_E_UNKNOWN;
	uint64_t left = w->bytes - offset;
	size_t want = left < cap ? (size_t)left : cap, len = 0;

	if (want > 0)
		HF_TRY(hf_place_read(w->fd, offset, out, want, &len));
	if (len < want)
		return HF_E_SOURCE_CHANGED;
	*ret_len = len;
	return HF_OK;
}

static void whole_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = (struct hf_source_stamp){0, 0, 0};
	hf_place_stamp(((const struct whole *)r)->fd, ret_stamp);
}

static uint64_t whole_bytes(const struct hf_source_reader *r)
{
	return ((const struct whole *)r)->bytes;
}

static uint64_t whole_rows(const struct hf_source_reader *r)
{
	return ((const struct whole *)r)->rows;
}

static void whole_close(struct hf_source_reader *r)
{
	close(((struct whole *)r)->fd);
	free(r);
}

static const struct hf_source_reader_ops whole_ops = {whole_read, whole_stamp, whole_bytes, whole_rows, whole_close};

/* Chosen columns. */
struct chosen {
	struct hf_source_reader reader;
	int fd;
	char **fields;
	size_t field_count;
	struct hf_csv_project *project;
	uint8_t *piece;
	uint64_t in;    /* bytes of the file taken */
	uint64_t start; /* place in the output of out's first byte */
	struct hf_buf out;
	bool ended;
	enum hf_err error; /* final */
};

static void from_the_top(struct chosen *c)
{
	hf_csv_project_free(c->project);
	c->project = hf_csv_project_new((const char *const *)c->fields, c->field_count);
	c->in = c->start = 0;
	c->ended = false;
	c->error = HF_OK;
	hf_buf_clear(&c->out);
}

/* The scan found these columns and sound rows. */
static enum hf_err defect_error(enum hf_csv_defect d)
{
	if (d == HF_CSV_GOOD)
		return HF_OK;
	return d == HF_CSV_COLUMN || d == HF_CSV_HEADER ? HF_E_SOURCE_CHANGED : HF_E_QUALITY;
}

static enum hf_err make_more(struct chosen *c)
{
	enum hf_csv_defect d;
	size_t n;

	c->start += c->out.len;
	hf_buf_clear(&c->out);
	HF_TRY(hf_place_read(c->fd, c->in, c->piece, PIECE, &n));
	c->in += n;
	d = hf_csv_project_feed(c->project, c->piece, n, &c->out);
	if (d == HF_CSV_GOOD && n < PIECE) {
		c->ended = true;
		d = hf_csv_project_end(c->project, &c->out);
	}
	return defect_error(d);
}

static size_t copy_out(struct chosen *c, uint64_t offset, uint8_t *out, size_t cap)
{
	uint64_t skip = offset - c->start;
	size_t n;

	if (skip >= c->out.len)
		return 0;
	n = c->out.len - (size_t)skip < cap ? c->out.len - (size_t)skip : cap;
	memcpy(out, c->out.data + skip, n);
	return n;
}

static enum hf_err chosen_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct chosen *c = (struct chosen *)r;
	size_t len = 0;

	if (offset < c->start)
		from_the_top(c);
	while (c->error == HF_OK) {
		len += copy_out(c, offset + len, out + len, cap - len);
		if (len == cap || c->ended)
			break;
		c->error = make_more(c);
	}
	HF_TRY(c->error);
	if (offset > c->start + c->out.len)
		return HF_E_UNKNOWN;
	*ret_len = len;
	return HF_OK;
}

static void chosen_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = (struct hf_source_stamp){0, 0, 0};
	hf_place_stamp(((const struct chosen *)r)->fd, ret_stamp);
}

static uint64_t chosen_bytes(const struct hf_source_reader *r)
{
	(void)r;
	return 0;
}

static uint64_t chosen_rows(const struct hf_source_reader *r)
{
	return hf_csv_project_rows(((const struct chosen *)r)->project);
}

static void chosen_close(struct hf_source_reader *r)
{
	struct chosen *c = (struct chosen *)r;

	close(c->fd);
	hf_csv_project_free(c->project);
	for (size_t i = 0; i < c->field_count; i++)
		free(c->fields[i]);
	free(c->fields);
	free(c->piece);
	hf_buf_done(&c->out);
	free(c);
}

static const struct hf_source_reader_ops chosen_ops = {chosen_read, chosen_stamp, chosen_bytes, chosen_rows,
                                                       chosen_close};

static struct hf_source_reader *new_whole(int fd, const struct hf_source_stamp *stamp, const struct hf_source_view *v)
{
	struct whole *w = hf_alloc_zero(sizeof(*w));

	*w = (struct whole){{&whole_ops}, fd, stamp->bytes, same_stamp(stamp, &v->stamp) ? v->rows : 0};
	return &w->reader;
}

static struct hf_source_reader *new_chosen(int fd, const char *const *fields, size_t count)
{
	struct chosen *c = hf_alloc_zero(sizeof(*c));

	c->reader.ops = &chosen_ops;
	c->fd = fd;
	c->fields = hf_alloc_zero(count * sizeof(*c->fields));
	for (; c->field_count < count; c->field_count++)
		c->fields[c->field_count] = hf_strdup(fields[c->field_count]);
	c->piece = hf_alloc(PIECE);
	hf_buf_init(&c->out, OUT_MAX);
	from_the_top(c);
	return &c->reader;
}

static enum hf_err open_csv(const char *node_dir, const struct hf_source_view *v, const char *const *fields,
                            size_t count, struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct hf_source_stamp stamp;
	int fd;

	HF_TRY(hf_place_open(node_dir, v->path, &fd, &stamp, f));
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*ret_reader = count ? new_chosen(fd, fields, count) : new_whole(fd, &stamp, v);
	return HF_OK;
}

const struct hf_adapter hf_adapter_csv = {"csv", scan_csv, stamp_csv, open_csv};
