/* trace_read.c - leaked rows that come as JSON; declared in trace.h. */
#include <stdlib.h>
#include <string.h>

#include "masking/trace_internal.h"

#define NAME_MOST 127u /* bytes of a column's name, as of a table's */

static enum hf_err read_header(const json_t *header, const char **names, struct hf_fault *f)
{
	const json_t *v;
	size_t i;

	json_array_foreach(header, i, v)
	{
		names[i] = json_string_value(v);
		if (!names[i] || !*names[i] || json_string_length(v) > NAME_MOST)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "column %zu of the leak has no name of up to %u bytes; give it one", i + 1,
			                    NAME_MOST);
		for (size_t k = 0; k < i; k++)
			if (strcmp(names[k], names[i]) == 0)
				return hf_fault_set(
				        f, HF_E_FORMAT,
				        "columns %zu and %zu of the leak have one name; take one of them away", k + 1,
				        i + 1);
	}
	return HF_OK;
}

static enum hf_err read_row(const json_t *row, size_t number, size_t width, struct hf_bytes *cells, struct hf_fault *f)
{
	const json_t *v;
	size_t i;

	if (!json_is_array(row) || json_array_size(row) != width)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "row %zu of the leak is no list of as many cells as there are columns, %zu; "
		                    "correct it",
		                    number, width);
	json_array_foreach(row, i, v)
	{
		const char *text = json_string_value(v);

		if (!text && !json_is_null(v))
			return hf_fault_set(f, HF_E_FORMAT,
			                    "row %zu, column %zu of the leak is neither a text nor null; write it as a "
			                    "text",
			                    number, i + 1);
		cells[i] = (struct hf_bytes){(const uint8_t *)text, text ? json_string_length(v) : 0};
	}
	return HF_OK;
}

static enum hf_err read_rows(struct hf_trace *t, const json_t *rows, struct hf_fault *f)
{
	struct hf_bytes *cells = hf_alloc((t->width + 1) * sizeof(*cells));
	enum hf_err e = HF_OK;
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (e == HF_OK)
			e = read_row(row, i + 1, t->width, cells, f);
		if (e == HF_OK && !hf_trace_leaked(t, cells))
			e = hf_fault_set(f, HF_E_LIMIT, "the leak has more than %u rows; take some of them",
			                 HF_TRACE_ROWS_MAX);
	}
	free(cells);
	return e;
}

enum hf_err hf_trace_read(const json_t *header, const json_t *rows, struct hf_trace **ret_t, struct hf_fault *f)
{
	const size_t width = json_array_size(header);
	const char *names[HF_TRACE_WIDTH_MAX];
	struct hf_trace *t;
	enum hf_err e;

	if (width == 0 || json_array_size(rows) == 0)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the leak has no header or no rows; give a list of names and a list of rows");
	if (width > HF_TRACE_WIDTH_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the leak has more than %u columns; take some of them",
		                    HF_TRACE_WIDTH_MAX);
	HF_TRY(read_header(header, names, f));
	t = hf_trace_new(names, width);
	e = read_rows(t, rows, f);
	if (e == HF_OK)
		*ret_t = t;
	else
		hf_trace_free(t);
	return e;
}
