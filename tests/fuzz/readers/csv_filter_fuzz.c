/*
 * csv_filter_fuzz.c - the text of a filter, then behind a NUL a table. What is read as conditions is written in a form
 * that reads as the same, and both leave the same rows of the table, which are rows of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/readers/csv_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hf_csv_filter *read_text(const char *text)
{
	struct hf_csv_filter *f = hf_csv_filter_new();

	if (hf_csv_filter_add(f, text, NULL) == HF_OK)
		return f;
	hf_csv_filter_free(f);
	return NULL;
}

/* Of the types that the table has. */
static enum hf_csv_defect sieve(struct hf_csv_filter *take_f, const struct hf_csv_scan *s, struct hf_bytes table,
                                struct hf_buf *out)
{
	size_t count;
	const struct hf_csv_column *columns = hf_csv_scan_columns(s, &count);
	const char **names = hf_alloc_zero((count + 1) * sizeof(*names));
	enum hf_csv_defect d = HF_CSV_STOPPED;

	for (size_t i = 0; i < count; i++)
		names[i] = columns[i].name;
	if (hf_csv_filter_bind(take_f, columns, count, NULL) == HF_OK) {
		struct hf_csv_project *p = hf_csv_project_new(names, count);

		hf_csv_project_filter(p, take_f);
		d = hf_csv_project_feed(p, table.data, table.len, out);
		if (d == HF_CSV_GOOD)
			d = hf_csv_project_end(p, out);
		if (d == HF_CSV_GOOD && hf_csv_project_rows(p) > hf_csv_scan_rows(s))
			abort();
		hf_csv_project_free(p);
	} else {
		hf_csv_filter_free(take_f);
	}
	free(names);
	return d;
}

static void both(struct hf_csv_filter *take_a, struct hf_csv_filter *take_b, struct hf_bytes table)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf a = HF_BUF_INIT, b = HF_BUF_INIT;
	struct hf_csv_scan *s = hf_csv_scan_new();

	if (hf_csv_scan_feed(s, table.data, table.len) == HF_CSV_GOOD && hf_csv_scan_end(s) == HF_CSV_GOOD) {
		enum hf_csv_defect d = sieve(take_a, s, table, &a), e = sieve(take_b, s, table, &b);

		if (d != e || a.len != b.len || (a.len && memcmp(a.data, b.data, a.len) != 0))
			abort();
	} else {
		hf_csv_filter_free(take_a);
		hf_csv_filter_free(take_b);
	}
	hf_csv_scan_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf once = HF_BUF_INIT, again = HF_BUF_INIT;
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	struct hf_csv_filter *f = nul ? read_text((const char *)data) : NULL, *g;

	if (!f)
		return 0;
	if (!hf_csv_filter_write(f, &once))
		abort();
	g = hf_csv_filter_new();
	if (once.len <= HF_CSV_FILTER_TEXT) {
		if (hf_csv_filter_add(g, (const char *)once.data, NULL) != HF_OK || !hf_csv_filter_write(g, &again) ||
		    once.len != again.len || memcmp(once.data, again.data, once.len) != 0)
			abort();
		both(f, g, (struct hf_bytes){nul + 1, size - (size_t)(nul + 1 - data)});
	} else {
		hf_csv_filter_free(f);
		hf_csv_filter_free(g);
	}
	return 0;
}
