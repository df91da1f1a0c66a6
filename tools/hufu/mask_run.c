/*
 * mask_run.c - `hufu mask plan` and `hufu mask run`: a plan is checked, and one table of it is run over a CSV file.
 *
 * The file streams through in batches; only masked rows are ever written, to a new file beside the result, which gets
 * its name when the checks of the plan have passed. Techniques that need the whole table hold it in memory, up to a
 * bound; nothing of the original goes to the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "masking/apply.h"
#include "source/readers/csv.h"

#define PIECE ((size_t)256 << 10)
#define ROWS 2048u                     /* of a batch */
#define WHOLE_MOST ((size_t)256 << 20) /* bytes of a table that a technique needs whole */
#define OUT_FLUSH ((size_t)256 << 10)

struct run {
	struct hf_cli *cli;
	struct hf_plan *plan;
	const char *table, *input, *output;
	char temporary[4096];
	struct hf_mask_key root;
	bool has_key;
	struct hf_apply *apply;
	char **header;
	size_t width;
	struct hf_buf text; /* cells of the batch */
	struct hf_bytes
	        *cells; /* by row while it is filled: row * width + column; places in text until the batch runs */
	size_t row_count, row_cap;
	uint64_t rows_in, rows_out;
	struct hf_buf out;
	int fd;
	const char *kind; /* of the error: a scheme of the plan */
	struct hf_fault f;
	bool failed;
};

static bool fail(struct run *r, const char *kind, enum hf_err e)
{
	r->kind = kind;
	r->failed = true;
	hf_fault_default(&r->f, e);
	return false;
}

static bool flush(struct run *r)
{
	size_t at = 0;

	while (at < r->out.len) {
		ssize_t n = write(r->fd, r->out.data + at, r->out.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(r, "space",
			            hf_fault_set(&r->f, HF_E_NO_SPACE, "%s cannot be written: %s; make room",
			                         r->temporary, strerror(errno)));
		at += (size_t)n;
	}
	hf_buf_clear(&r->out);
	return true;
}

/* RFC 4180: quotes where they are needed, and around an empty text, which is not null. */
static void put_cell(struct hf_buf *out, const struct hf_bytes *v)
{
	bool quote = v->data && v->len == 0;

	for (size_t i = 0; i < v->len && !quote; i++)
		quote = v->data[i] == ',' || v->data[i] == '"' || v->data[i] == '\n' || v->data[i] == '\r';
	if (!quote) {
		hf_buf_add(out, v->data, v->len);
		return;
	}
	hf_buf_add(out, "\"", 1);
	for (size_t i = 0; i < v->len; i++)
		hf_buf_add(out, v->data[i] == '"' ? "\"\"" : (const char *)&v->data[i], v->data[i] == '"' ? 2 : 1);
	hf_buf_add(out, "\"", 1);
}

static void put_row(struct run *r, const struct hf_bytes *by_column, size_t count, size_t row)
{
	size_t written = 0;

	for (size_t c = 0; c < r->width; c++) {
		if (!hf_apply_keeps(r->apply, c))
			continue;
		if (written++)
			hf_buf_add(&r->out, ",", 1);
		put_cell(&r->out, &by_column[c * count + row]);
	}
	hf_buf_add(&r->out, "\n", 1);
	r->rows_out++;
}

static bool put_header(struct run *r)
{
	size_t written = 0;

	for (size_t c = 0; c < r->width; c++) {
		const struct hf_bytes name = {(const uint8_t *)r->header[c], strlen(r->header[c])};

		if (!hf_apply_keeps(r->apply, c))
			continue;
		if (written++)
			hf_buf_add(&r->out, ",", 1);
		put_cell(&r->out, &name);
	}
	hf_buf_add(&r->out, "\n", 1);
	return true;
}

static bool run_batch(struct run *r)
{
	size_t n = r->row_count, cells = n * r->width;
	struct hf_bytes *in, *out;
	struct hf_arena arena;
	struct hf_apply_batch b;
	enum hf_err e;

	if (n == 0)
		return true;
	hf_arena_init(&arena, NULL, 0);
	in = hf_arena_get(&arena, cells * sizeof(*in));
	out = hf_arena_get(&arena, cells * sizeof(*out));
	for (size_t row = 0; row < n; row++)
		for (size_t c = 0; c < r->width; c++) {
			struct hf_bytes cell = r->cells[row * r->width + c];

			if (cell.data)
				cell.data = r->text.data + ((uintptr_t)cell.data - 1);
			in[c * n + row] = cell;
		}
	b = (struct hf_apply_batch){in, out, hf_arena_get(&arena, n), n, r->rows_in - n, &arena};
	e = hf_apply_rows(r->apply, &b, &r->f);
	for (size_t row = 0; e == HF_OK && row < n && !r->failed; row++) {
		if (!b.drop[row])
			put_row(r, out, n, row);
		if (r->out.len >= OUT_FLUSH)
			flush(r);
	}
	hf_arena_done(&arena);
	r->row_count = 0;
	hf_wipe(r->text.data, r->text.len);
	hf_buf_clear(&r->text);
	return e == HF_OK ? !r->failed : fail(r, "format", e);
}

static enum hf_err read_table(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	enum hf_err e = hf_file_read(name, out->max ? out->max : HF_BUF_DEFAULT_MAX, out);

	(void)ctx;
	return e == HF_OK ? e : hf_file_fault(f, e, name, out->max);
}

static bool on_header(struct run *r, const struct hf_csv_record *rec)
{
	struct hf_apply_setup s = {
	        .plan = r->plan, .table = r->table, .root = r->has_key ? &r->root : NULL, .file = read_table};
	enum hf_err e;

	r->header = hf_alloc_zero(rec->field_count * sizeof(*r->header));
	r->width = rec->field_count;
	for (size_t i = 0; i < r->width; i++) {
		struct hf_buf name = HF_BUF_INIT;

		hf_csv_value(&rec->fields[i], &name);
		hf_buf_add(&name, "", 1);
		r->header[i] = (char *)hf_buf_take(&name, &(size_t){0});
	}
	s.header = (const char *const *)r->header;
	s.header_count = r->width;
	e = hf_apply_open(&s, &r->f, &r->apply);
	if (e != HF_OK)
		return fail(r, r->has_key ? "format" : "key", e);
	return put_header(r);
}

static bool grow_rows(struct run *r)
{
	size_t most = hf_apply_whole(r->apply) ? WHOLE_MOST / (r->width * sizeof(*r->cells) + 1) : ROWS;

	if (r->row_count < r->row_cap)
		return true;
	if (r->row_cap >= most)
		return false;
	r->row_cap = r->row_cap * 2 > most ? most : r->row_cap ? r->row_cap * 2 : 1024;
	r->cells = hf_realloc(r->cells, r->row_cap * r->width * sizeof(*r->cells));
	return true;
}

static bool too_large(struct run *r)
{
	return fail(
	        r, "source",
	        hf_fault_set(
	                &r->f, HF_E_LIMIT,
	                "a technique of the plan needs the whole table in memory, which is bounded to %zu MiB; split "
	                "the table, or take techniques of rows",
	                WHOLE_MOST >> 20));
}

/* A place in text plus one, until text no longer moves; NULL is null. */
static bool keep_cell(struct run *r, const struct hf_csv_field *f, struct hf_bytes *ret_cell)
{
	size_t at = r->text.len;

	*ret_cell = (struct hf_bytes){NULL, 0};
	if (f->len == 0)
		return true;
	if (!hf_csv_value(f, &r->text))
		return false;
	*ret_cell = (struct hf_bytes){(const uint8_t *)(uintptr_t)(at + 1), r->text.len - at};
	return true;
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct run *r = ctx;

	if (rec->number == 0)
		return on_header(r, rec);
	if (rec->field_count != r->width)
		return fail(r, "format",
		            hf_fault_set(&r->f, HF_E_FORMAT,
		                         "row %" PRIu64 " has %zu fields, the header %zu; correct the file",
		                         rec->number, rec->field_count, r->width));
	if (!hf_apply_whole(r->apply) && (r->row_count == ROWS || r->text.len > 4 * PIECE) && !run_batch(r))
		return false;
	if (!grow_rows(r))
		return too_large(r);
	for (size_t i = 0; i < r->width; i++)
		if (!keep_cell(r, &rec->fields[i], &r->cells[r->row_count * r->width + i]))
			return too_large(r);
	r->row_count++;
	r->rows_in++;
	return true;
}

static bool read_input(struct run *r, int fd)
{
	uint8_t *piece = hf_alloc(PIECE);
	struct hf_csv *csv = hf_csv_new(on_record, r);
	enum hf_csv_defect d = HF_CSV_GOOD;
	struct hf_csv_place at;
	ssize_t n = 1;

	while (d == HF_CSV_GOOD && n > 0) {
		n = read(fd, piece, PIECE);
		if (n > 0)
			d = hf_csv_feed(csv, piece, (size_t)n);
	}
	if (d == HF_CSV_GOOD && n == 0)
		d = hf_csv_end(csv);
	hf_csv_where(csv, &at);
	hf_csv_free(csv);
	hf_wipe(piece, PIECE);
	free(piece);
	if (n < 0)
		return fail(r, "source",
		            hf_fault_set(&r->f, HF_E_IO, "%s cannot be read: %s", r->input, strerror(errno)));
	if (d != HF_CSV_GOOD && !r->failed)
		return fail(r, "format",
		            hf_fault_set(&r->f, HF_E_FORMAT,
		                         "%s, line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file", r->input,
		                         at.line, at.byte, hf_csv_defect_text(d)));
	if (!r->failed && !r->apply)
		return fail(r, "format",
		            hf_fault_set(&r->f, HF_E_FORMAT, "%s is empty; a table has at least a header", r->input));
	return !r->failed && run_batch(r) && flush(r);
}

/* The scheme of 5.5 d: nothing is released that fails it (MK-47). */
static bool check_result(struct run *r)
{
	uint64_t unreadable = 0;

	for (size_t i = 0; i < r->width; i++) {
		struct hf_apply_count c;

		hf_apply_counts(r->apply, i, &c);
		unreadable += c.unreadable;
	}
	if (r->rows_out < r->plan->rows_least || (r->plan->rows_most && r->rows_out > r->plan->rows_most))
		return fail(r, "result",
		            hf_fault_set(&r->f, HF_E_QUALITY,
		                         "the result has %" PRIu64 " rows; the plan expects %" PRIu64 " to %" PRIu64,
		                         r->rows_out, r->plan->rows_least, r->plan->rows_most));
	if (unreadable > r->plan->unreadable_most)
		return fail(
		        r, "result",
		        hf_fault_set(
		                &r->f, HF_E_QUALITY,
		                "%" PRIu64
		                " values are not of the type that the plan names and became null; it allows %" PRIu64,
		                unreadable, r->plan->unreadable_most));
	return true;
}

static bool open_output(struct run *r)
{
	int n = snprintf(r->temporary, sizeof(r->temporary), "%s.XXXXXX", r->output);

	r->fd = n < (int)sizeof(r->temporary) ? mkstemp(r->temporary) : -1;
	if (r->fd < 0)
		return fail(r, "space",
		            hf_fault_set(&r->f, HF_E_IO, "no file can be made beside %s: %s; choose another place",
		                         r->output,
		                         n < (int)sizeof(r->temporary) ? strerror(errno) : "the path is too long"));
	return true;
}

static bool finish(struct run *r)
{
	if (!check_result(r))
		return false;
	if (fsync(r->fd) != 0 || rename(r->temporary, r->output) != 0 || hf_folder_sync_of(r->output) != HF_OK)
		return fail(r, "space",
		            hf_fault_set(&r->f, HF_E_IO, "%s cannot be completed: %s", r->output, strerror(errno)));
	r->temporary[0] = '\0';
	return true;
}

static json_t *report(const struct run *r)
{
	char digest[65];
	json_t *columns = json_array(), *o;

	hf_hash_hex(&r->plan->digest, digest);
	for (size_t i = 0; i < r->width; i++) {
		struct hf_apply_count c;

		hf_apply_counts(r->apply, i, &c);
		json_array_append_new(
		        columns, json_pack("{s:s, s:s, s:s, s:I, s:I}", "field", c.field->name, "technique",
		                           c.field->technique ? c.field->technique->id : "keep", "key", c.key_id,
		                           "values", (json_int_t)c.values, "unreadable", (json_int_t)c.unreadable));
	}
	o = json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:o}", "plan", r->plan->name, "version", (int)r->plan->version,
	              "digest", digest, "table", r->table, "rows_in", (json_int_t)r->rows_in, "rows_out",
	              (json_int_t)r->rows_out, "columns", columns);
	return o;
}

static void print_report(struct hf_cli *cli, const struct run *r)
{
	static const struct hf_column columns[] = {
	        {"FIELD", "field", 40},  {"TECHNIQUE", "technique", 0},   {"KEY", "key", 0},
	        {"VALUES", "values", 0}, {"UNREADABLE", "unreadable", 0}, {NULL, NULL, 0}};
	json_t *o = report(r);

	if (!cli->json)
		printf("plan %s, version %u, %s\n%" PRIu64 " rows read, %" PRIu64 " written to %s\n\n", r->plan->name,
		       r->plan->version, json_string_value(json_object_get(o, "digest")), r->rows_in, r->rows_out,
		       r->output);
	hf_cli_table(cli, o, "columns", columns, "no columns");
	json_decref(o);
}

static int say_failure(struct run *r)
{
	const struct hf_plan_emergency *e = r->plan ? hf_plan_emergency_for(r->plan, r->kind) : NULL;

	if (e)
		return hf_cli_fail(r->cli, "%s. By the plan (%s): %s; %s", r->f.text, e->when, e->solution, e->who);
	return hf_cli_fault(r->cli, r->f.code, &r->f);
}

static void run_done(struct run *r)
{
	if (r->fd >= 0)
		close(r->fd);
	if (r->temporary[0])
		unlink(r->temporary);
	hf_apply_close(r->apply);
	hf_plan_free(r->plan);
	for (size_t i = 0; i < r->width && r->header; i++)
		free(r->header[i]);
	free(r->header);
	if (r->text.data)
		hf_wipe(r->text.data, r->text.cap);
	hf_buf_done(&r->text);
	hf_buf_done(&r->out);
	free(r->cells);
	hf_wipe(&r->root, sizeof(r->root));
}

static struct hf_plan *load_plan(struct hf_cli *cli, const char *path)
{
	struct hf_fault f = {.code = HF_OK};
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_plan *p = NULL;
	enum hf_err e = hf_file_read(path, (size_t)4 << 20, &text);

	if (e != HF_OK)
		hf_file_fault(&f, e, path, (size_t)4 << 20);
	else
		e = hf_plan_read(path, text.data, text.len, &p, &f);
	if (e != HF_OK)
		hf_cli_fault(cli, e, &f);
	return p;
}

static bool load_key(struct run *r, const char *path)
{
	char line[80];
	bool good = false;

	if (!path)
		return true;
	if (!hf_cli_secret(r->cli, path, NULL, line, sizeof(line)))
		return false;
	good = strlen(line) == 2 * HF_MASK_KEY_BYTES && hf_hex_decode(line, strlen(line), r->root.b, HF_MASK_KEY_BYTES);
	hf_wipe(line, sizeof(line));
	r->has_key = good;
	if (!good)
		hf_cli_fail(r->cli,
		            "the first line of %s is no key: 64 hex digits; make one with `openssl rand -hex 32`",
		            path);
	return good;
}

static int run_plan(struct run *r)
{
	int fd = open(r->input, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		fail(r, "source", hf_fault_set(&r->f, HF_E_IO, "%s cannot be opened: %s", r->input, strerror(errno)));
	good = fd >= 0 && open_output(r) && read_input(r, fd) && finish(r);
	if (fd >= 0)
		close(fd);
	if (!good)
		return say_failure(r);
	print_report(r->cli, r);
	return HF_EXIT_DONE;
}

int hf_mask_cli_run(struct hf_cli *cli, int argc, char **argv)
{
	struct run r = {.cli = cli, .fd = -1};
	const char *pos[2], *key = NULL;
	const struct hf_opt opts[] = {
	        {"table", &r.table, NULL, NULL}, {"output", &r.output, NULL, NULL}, {"key", &key, NULL, NULL}, {0}};
	int status = HF_EXIT_REFUSED;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (!r.table || !r.output)
		return hf_cli_misuse(cli, "--table NAME and --output FILE are needed");
	r.input = pos[1];
	hf_buf_init(&r.text, WHOLE_MOST);
	hf_buf_init(&r.out, 2 * OUT_FLUSH + ((size_t)64 << 20));
	r.plan = load_plan(cli, pos[0]);
	if (r.plan && load_key(&r, key))
		status = run_plan(&r);
	run_done(&r);
	return status;
}

int hf_mask_cli_plan(struct hf_cli *cli, int argc, char **argv)
{
	const char *path;
	struct hf_plan *p;
	char digest[65];

	if (!hf_cli_args(cli, argc, argv, NULL, &path, 1, 1))
		return HF_EXIT_USAGE;
	p = load_plan(cli, path);
	if (!p)
		return HF_EXIT_REFUSED;
	hf_hash_hex(&p->digest, digest);
	if (cli->json) {
		json_t *o = json_pack("{s:s, s:i, s:s, s:i}", "plan", p->name, "version", (int)p->version, "digest",
		                      digest, "tables", (int)p->table_count);

		hf_cli_json(o);
		json_decref(o);
	} else {
		printf("plan %s, version %u, is whole: %zu tables, digest %s\n", p->name, p->version, p->table_count,
		       digest);
	}
	hf_plan_free(p);
	return HF_EXIT_DONE;
}
