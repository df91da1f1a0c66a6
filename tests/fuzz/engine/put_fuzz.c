/*
 * put_fuzz.c - rows from anywhere, written and read again: of JSON lines and of CSV (when the first byte is odd) what
 * was read, written and read is the same cells; and cells of any bytes, with kinds that they need not be, either are
 * refused with a sentence or come back as the same values.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "release/engine/put.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WIDTH 6u /* of rows of any bytes */
#define MOST ((size_t)4 << 20)

static void write_row(const struct hf_put *p, const struct hf_bytes *cells, const uint8_t *kinds, struct hf_buf *out)
{
	struct hf_fault f;

	if (hf_put_row(p, cells, 1, kinds, out, &f) != HF_OK)
		abort();
}

/* ---- JSON lines ---- */

struct lines {
	struct hf_buf seen, written; /* cells in words; as they are written again */
	bool nested;                 /* what is never written */
};

static bool on_object(void *ctx, const struct hf_jsonl_record *r)
{
	struct lines *l = ctx;
	const size_t n = r->cell_count;
	char **names = hf_alloc_zero((n + 1) * sizeof(*names));
	struct hf_bytes *cells = hf_alloc_zero((n + 1) * sizeof(*cells));
	uint8_t *kinds = hf_alloc_zero(n + 1), *keeps = hf_alloc(n + 1);
	const struct hf_put p = {HF_STREAM_LINES, (const char *const *)names, keeps, n};

	memset(keeps, 1, n + 1);
	hf_buf_addf(&l->seen, "line of %zu\n", n);
	for (size_t i = 0; i < n; i++) {
		const struct hf_jsonl_cell *c = &r->cells[i];

		hf_buf_addf(&l->seen, "%d %zu %zu ", c->kind, c->name.len, c->value.len);
		hf_buf_add(&l->seen, c->name.data, c->name.len);
		hf_buf_add(&l->seen, c->value.data, c->value.len);
		names[i] = hf_alloc(c->name.len + 1);
		if (c->name.len)
			memcpy(names[i], c->name.data, c->name.len);
		names[i][c->name.len] = '\0';
		if (strlen(names[i]) != c->name.len)
			abort();
		l->nested |= c->kind == HF_JSONL_NESTED;
		kinds[i] = (uint8_t)c->kind;
		if (c->kind != HF_JSONL_NULL)
			cells[i] = (struct hf_bytes){c->value.data ? c->value.data : (const uint8_t *)"", c->value.len};
	}
	if (!l->nested)
		write_row(&p, cells, kinds, &l->written);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	free(cells);
	free(kinds);
	free(keeps);
	return true;
}

static enum hf_jsonl_defect read_lines(const uint8_t *data, size_t size, struct lines *l)
{
	struct hf_jsonl *j = hf_jsonl_new(on_object, l);
	enum hf_jsonl_defect d;

	memset(l, 0, sizeof(*l));
	hf_buf_init(&l->seen, MOST);
	hf_buf_init(&l->written, MOST);
	d = hf_jsonl_feed(j, data, size);
	if (d == HF_JSONL_GOOD)
		d = hf_jsonl_end(j);
	hf_jsonl_free(j);
	return d;
}

static void same(const struct hf_buf *a, const struct hf_buf *b)
{
	if (a->len != b->len || (a->len && memcmp(a->data, b->data, a->len) != 0))
		abort();
}

static void lines_again(const uint8_t *data, size_t size)
{
	struct lines first, again;
	bool good = read_lines(data, size, &first) == HF_JSONL_GOOD && !first.nested;

	if (good) {
		if (read_lines(first.written.data, first.written.len, &again) != HF_JSONL_GOOD)
			abort();
		same(&first.seen, &again.seen);
		same(&first.written, &again.written);
		hf_buf_done(&again.seen);
		hf_buf_done(&again.written);
	}
	hf_buf_done(&first.seen);
	hf_buf_done(&first.written);
}

/* ---- CSV ---- */

struct table {
	struct hf_buf seen, written;
	size_t width;
	bool ragged, nul;
};

/* The header is written by its own function, from C texts. */
static void write_record(struct table *t, bool header, const struct hf_bytes *cells, size_t count)
{
	const char **names = hf_alloc_zero((count + 1) * sizeof(*names));
	uint8_t *keeps = hf_alloc(count + 1);
	const struct hf_put p = {HF_STREAM_CSV, names, keeps, count};
	struct hf_fault f;

	memset(keeps, 1, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = cells[i].data ? (const char *)cells[i].data : "";
	for (size_t i = 0; i < count && header; i++) /* no reader of tables takes an empty name */
		t->nul |= strlen(names[i]) != cells[i].len || cells[i].len == 0;
	if (!header)
		write_row(&p, cells, NULL, &t->written);
	else if (!t->nul && hf_put_header(&p, &t->written, &f) != HF_OK)
		abort();
	free(names);
	free(keeps);
}

static bool on_record(void *ctx, const struct hf_csv_record *r)
{
	struct table *t = ctx;
	const size_t n = r->field_count;
	struct hf_bytes *cells = hf_alloc_zero((n + 1) * sizeof(*cells));
	struct hf_buf *values = hf_alloc_zero((n + 1) * sizeof(*values));

	t->ragged |= r->number > 0 && n != t->width;
	t->width = n;
	hf_buf_addf(&t->seen, "record of %zu\n", n);
	for (size_t i = 0; i < n; i++) {
		hf_buf_init(&values[i], MOST);
		if (!hf_csv_value(&r->fields[i], &values[i]) || !hf_buf_add(&values[i], "", 1))
			abort();
		if (r->fields[i].len)
			cells[i] = (struct hf_bytes){values[i].data, values[i].len - 1};
		hf_buf_addf(&t->seen, "%d %zu ", cells[i].data != NULL, cells[i].len);
		hf_buf_add(&t->seen, cells[i].data, cells[i].len);
	}
	write_record(t, r->number == 0, cells, n);
	for (size_t i = 0; i < n; i++)
		hf_buf_done(&values[i]);
	free(values);
	free(cells);
	return true;
}

static enum hf_csv_defect read_table(const uint8_t *data, size_t size, struct table *t)
{
	struct hf_csv *c = hf_csv_new(on_record, t);
	enum hf_csv_defect d;

	memset(t, 0, sizeof(*t));
	hf_buf_init(&t->seen, MOST);
	hf_buf_init(&t->written, MOST);
	d = hf_csv_feed(c, data, size);
	if (d == HF_CSV_GOOD)
		d = hf_csv_end(c);
	hf_csv_free(c);
	return d;
}

static void table_again(const uint8_t *data, size_t size)
{
	struct table first, again;

	if (read_table(data, size, &first) == HF_CSV_GOOD && !first.ragged && !first.nul) {
		if (read_table(first.written.data, first.written.len, &again) != HF_CSV_GOOD)
			abort();
		same(&first.seen, &again.seen);
		same(&first.written, &again.written);
		hf_buf_done(&again.seen);
		hf_buf_done(&again.written);
	}
	hf_buf_done(&first.seen);
	hf_buf_done(&first.written);
}

/* ---- cells of any bytes ---- */

struct expected {
	const struct hf_bytes *cells;
	const uint8_t *kinds;
	size_t seen;
};

/* Members that were not there and are null are left out; the rest stands in its order. */
static bool as_expected(void *ctx, const struct hf_jsonl_record *r)
{
	struct expected *e = ctx;
	size_t at = 0;

	for (size_t i = 0; i < r->cell_count; i++, at++) {
		const struct hf_bytes *v;

		while (at < WIDTH && !e->cells[at].data && e->kinds[at] == 0)
			at++;
		v = &e->cells[at];
		if (at >= WIDTH || r->cells[i].name.len != 1 || r->cells[i].name.data[0] != (uint8_t)('a' + at) ||
		    (r->cells[i].kind == HF_JSONL_NULL) != !v->data || r->cells[i].value.len != v->len ||
		    (v->len && memcmp(r->cells[i].value.data, v->data, v->len) != 0))
			abort();
	}
	e->seen++;
	return true;
}

static void any_cells(const uint8_t *data, size_t size)
{
	static const char *const header[WIDTH] = {"a", "b", "c", "d", "e", "f"};
	static const uint8_t keeps[WIDTH] = {1, 1, 1, 1, 1, 1};
	const struct hf_put p = {HF_STREAM_LINES, header, keeps, WIDTH};
	struct hf_bytes cells[WIDTH] = {{0}};
	uint8_t kinds[WIDTH] = {0};
	struct expected e = {cells, kinds, 0};
	struct hf_buf out = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};

	/* A byte for the kind, a byte for the length, the bytes. */
	for (size_t i = 0, at = 0; i < WIDTH && at + 2 <= size; i++) {
		size_t len = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;

		kinds[i] = data[at] % HF_JSONL_NESTED;
		if (data[at] < 0xF0)
			cells[i] = (struct hf_bytes){data + at + 2, len};
		at += 2 + len;
	}
	if (hf_put_row(&p, cells, 1, kinds, &out, &f) == HF_OK) {
		struct hf_jsonl *j = hf_jsonl_new(as_expected, &e);

		if (hf_jsonl_feed(j, out.data, out.len) != HF_JSONL_GOOD || hf_jsonl_end(j) != HF_JSONL_GOOD ||
		    e.seen != 1)
			abort();
		hf_jsonl_free(j);
	} else if (!f.text[0]) {
		abort();
	}
	hf_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] & 1)
		table_again(data + 1, size - 1);
	else
		lines_again(data + 1, size - 1);
	any_cells(data + 1, size - 1);
	return 0;
}
