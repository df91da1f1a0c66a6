/* jsonl.c - lines, and the cells of each; declared in jsonl.h, the values in json_value.c. */
#include "source/readers/jsonl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/readers/json_value.h"

struct hf_jsonl {
	hf_jsonl_record_fn fn;
	void *ctx;
	struct hf_buf carry, text;      /* a line in two pieces; strings without their escapes */
	uint64_t records, lines, bytes; /* bytes: before the running line */
	uint64_t where;                 /* of the defect */
	enum hf_jsonl_defect defect;
	size_t line_max;
	struct hf_jsonl_cell cells[HF_JSONL_CELLS_MAX];
};

const char *hf_jsonl_defect_text(enum hf_jsonl_defect d)
{
	switch (d) {
	case HF_JSONL_GOOD:
		return "nothing is wrong";
	case HF_JSONL_SYNTAX:
		return "a line is not JSON";
	case HF_JSONL_UTF8:
		return "a string is not UTF-8, or holds half of a surrogate pair";
	case HF_JSONL_OBJECT:
		return "a line is not an object";
	case HF_JSONL_DEEP:
		return "a value is nested more than 64 levels deep";
	case HF_JSONL_LONG:
		return "a line is longer than allowed (1 MiB unless more is asked for)";
	case HF_JSONL_MANY:
		return "an object has more than 1024 members";
	case HF_JSONL_DUPLICATE:
		return "a name stands twice in an object";
	case HF_JSONL_STOPPED:
		return "reading was stopped";
	case HF_JSONL_NAME:
		return "a name has the character NUL in it";
	}
	return "unknown defect";
}

struct hf_jsonl *hf_jsonl_new(hf_jsonl_record_fn fn, void *ctx)
{
	struct hf_jsonl *j = hf_alloc(sizeof(*j));

	memset(j, 0, offsetof(struct hf_jsonl, cells));
	j->fn = fn;
	j->ctx = ctx;
	hf_jsonl_allow(j, HF_JSONL_LINE_MAX);
	return j;
}

void hf_jsonl_allow(struct hf_jsonl *j, size_t line_max)
{
	j->line_max = line_max < HF_JSONL_LINE_MOST ? line_max : HF_JSONL_LINE_MOST;
	hf_buf_init(&j->carry, j->line_max + 2);
	hf_buf_init(&j->text, j->line_max);
	j->carry.wiped = j->text.wiped = true;
}

void hf_jsonl_free(struct hf_jsonl *j)
{
	if (!j)
		return;
	hf_buf_done(&j->carry);
	hf_buf_done(&j->text);
	free(j);
}

uint64_t hf_jsonl_records(const struct hf_jsonl *j)
{
	return j->records;
}

void hf_jsonl_where(const struct hf_jsonl *j, uint64_t *ret_line, uint64_t *ret_byte)
{
	*ret_line = j->lines + 1;
	*ret_byte = j->defect == HF_JSONL_GOOD ? j->bytes : j->where;
}

static bool name_is_new(const struct hf_jsonl *j, size_t count)
{
	const struct hf_bytes *n = &j->cells[count].name;

	for (size_t i = 0; i < count; i++)
		if (j->cells[i].name.len == n->len && memcmp(j->cells[i].name.data, n->data, n->len) == 0)
			return false;
	return true;
}

static enum hf_jsonl_defect one_cell(struct hf_jsonl *j, struct hf_json_text *t, size_t count)
{
	struct hf_jsonl_cell *c;
	enum hf_jsonl_defect d;

	if (count == HF_JSONL_CELLS_MAX)
		return HF_JSONL_MANY;
	c = &j->cells[count];
	d = hf_json_string(t, &j->text, &c->name);
	if (d != HF_JSONL_GOOD)
		return d;
	if (c->name.len && memchr(c->name.data, 0, c->name.len))
		return HF_JSONL_NAME;
	if (!name_is_new(j, count))
		return HF_JSONL_DUPLICATE;
	if (!hf_json_take(t, ':'))
		return HF_JSONL_SYNTAX;
	return hf_json_value(t, &j->text, c);
}

static enum hf_jsonl_defect all_cells(struct hf_jsonl *j, struct hf_json_text *t, size_t *ret_count)
{
	size_t n = 0;

	if (!hf_json_take(t, '{'))
		return HF_JSONL_OBJECT;
	for (bool more = !hf_json_take(t, '}'); more;) {
		enum hf_jsonl_defect d = one_cell(j, t, n);

		if (d != HF_JSONL_GOOD)
			return d;
		n++;
		more = hf_json_take(t, ',');
		if (!more && !hf_json_take(t, '}'))
			return HF_JSONL_SYNTAX;
	}
	*ret_count = n;
	return hf_json_at_end(t) ? HF_JSONL_GOOD : HF_JSONL_SYNTAX;
}

static void one_line(struct hf_jsonl *j, const uint8_t *line, size_t len)
{
	struct hf_json_text t = {line, line + len};
	size_t count = 0;

	if (j->lines == 0 && len >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
		t.at += 3;
	hf_buf_clear(&j->text);
	if (len > j->line_max) {
		j->defect = HF_JSONL_LONG;
	} else if (!hf_json_at_end(&t)) {
		struct hf_jsonl_record r = {j->cells, 0, j->records};

		hf_buf_reserve(&j->text, len); /* so that what is in it does not move */
		j->defect = all_cells(j, &t, &count);
		r.cell_count = count;
		if (j->defect == HF_JSONL_GOOD && !j->fn(j->ctx, &r))
			j->defect = HF_JSONL_STOPPED;
		j->records += j->defect == HF_JSONL_GOOD;
	}
	j->where = j->bytes + (uint64_t)(t.at - line);
}

static void end_line(struct hf_jsonl *j, size_t len)
{
	if (j->defect != HF_JSONL_GOOD)
		return;
	j->lines++;
	j->bytes += len;
}

enum hf_jsonl_defect hf_jsonl_feed(struct hf_jsonl *j, const void *data, size_t len)
{
	const uint8_t *at = data, *end = len ? at + len : at; /* data may be NULL when there is none */

	while (at < end && j->defect == HF_JSONL_GOOD) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *stop = lf ? lf : end;
		size_t n = (size_t)(stop - at);

		if ((!lf || j->carry.len > 0) && !hf_buf_add(&j->carry, at, n)) {
			j->where = j->bytes;
			j->defect = HF_JSONL_LONG;
		} else if (lf && j->carry.len > 0) {
			one_line(j, j->carry.data, j->carry.len);
			end_line(j, j->carry.len + 1);
			hf_buf_clear(&j->carry);
		} else if (lf) {
			one_line(j, at, n);
			end_line(j, n + 1);
		}
		at = stop + (lf != NULL);
	}
	return j->defect;
}

enum hf_jsonl_defect hf_jsonl_end(struct hf_jsonl *j)
{
	if (j->defect == HF_JSONL_GOOD && j->carry.len > 0) {
		one_line(j, j->carry.data, j->carry.len);
		end_line(j, j->carry.len);
		hf_buf_clear(&j->carry);
	}
	return j->defect;
}

bool hf_jsonl_is(const struct hf_bytes *text, enum hf_jsonl_kind kind)
{
	struct hf_json_text t = {text->data, text->data + text->len};
	struct hf_jsonl_cell cell = {.kind = HF_JSONL_NULL};
	struct hf_buf unused = HF_BUF_INIT; /* numbers and words decode nothing */

	if (text->len == 0 || (text->data[0] != '-' && (uint8_t)(text->data[0] - '0') > 9 && text->data[0] != 't' &&
	                       text->data[0] != 'f'))
		return false;
	return hf_json_value(&t, &unused, &cell) == HF_JSONL_GOOD && t.at == t.end && cell.kind == kind;
}
