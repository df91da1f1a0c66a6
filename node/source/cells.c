/* cells.c - declared in cells.h. */
#include "source/cells.h"

#include <string.h>

#include "source/readers/csv.h"

static bool needs_quotes(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] == ',' || at[i] == '"' || at[i] == '\n' || at[i] == '\r')
			return true;
	return len == 0;
}

bool hf_cells_put(struct hf_buf *out, bool first, const void *value, size_t len)
{
	const uint8_t *at = value, *end = at + len;

	if (!hf_buf_reserve(out, len + 4) || (!first && !hf_buf_add(out, ",", 1)))
		return false;
	if (!needs_quotes(at, len))
		return hf_buf_add(out, value, len);
	hf_buf_add(out, "\"", 1);
	while (at < end) {
		const uint8_t *quote = memchr(at, '"', (size_t)(end - at));
		size_t n = quote ? (size_t)(quote - at) + 1 : (size_t)(end - at);

		if (!hf_buf_add(out, at, n) || (quote && !hf_buf_add(out, "\"", 1)))
			return false;
		at += n;
	}
	return hf_buf_add(out, "\"", 1);
}

bool hf_cells_null(struct hf_buf *out, bool first)
{
	return first || hf_buf_add(out, ",", 1);
}

/* A null alone would be an empty line, which not everybody takes for a row: as in a table of chosen fields, it becomes
 * an empty text. */
bool hf_cells_end(struct hf_buf *out, size_t count)
{
	if (count == 1 && (out->len == 0 || out->data[out->len - 1] == '\n'))
		return hf_buf_add(out, "\"\"\n", 3);
	return hf_buf_add(out, "\n", 1);
}

bool hf_cells_header(struct hf_buf *out, const struct hf_source_view *v)
{
	for (size_t i = 0; i < v->field_count; i++)
		if (!hf_cells_put(out, i == 0, v->fields[i].name, strlen(v->fields[i].name)))
			return false;
	return hf_cells_end(out, v->field_count);
}

const char *hf_cells_bad_name(const void *name, size_t len)
{
	if (len == 0)
		return "a field's name is empty";
	if (len > HF_CSV_NAME_MAX)
		return "a field's name is longer than 127 bytes";
	return hf_text_ok(name, len, len) && !memchr(name, '\n', len) && !memchr(name, '\t', len)
	               ? NULL
	               : "a field's name holds control characters";
}
