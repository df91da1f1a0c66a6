/*
 * rows_fuzz.c - files from anywhere, as `hufu mask evaluate`, `suggest` and `trace` read them: CSV or JSON lines,
 * UTF-8, GB18030 or whatever the first bytes look like (the first byte says which). Every row has as many cells as the
 * header, whole and UTF-8; what is refused is refused with a sentence, and the same file gives the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../tools/hufu/mask_rows.h"
#include "crypto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct hf_buf cells; /* in words */
	size_t width, rows;
	bool header, broken; /* broken: not UTF-8, which may be seen only when the piece has ended */
};

static void note(struct seen *s, const void *data, size_t len)
{
	const char *at = data, *end = data ? at + len : at;
	uint32_t code;

	hf_buf_addf(&s->cells, "%d %zu ", data != NULL, len);
	hf_buf_add(&s->cells, data, len);
	while (!s->broken && at < end)
		s->broken = !hf_utf8_next(&at, end, &code);
}

static enum hf_err on_header(void *ctx, const char *const *names, size_t count, struct hf_fault *f)
{
	struct seen *s = ctx;

	(void)f;
	if (s->header || s->rows)
		abort();
	s->header = true;
	s->width = count;
	for (size_t i = 0; i < count; i++)
		note(s, names[i], strlen(names[i]));
	return HF_OK;
}

static enum hf_err on_row(void *ctx, const struct hf_bytes *cells, struct hf_fault *f)
{
	struct seen *s = ctx;

	(void)f;
	if (!s->header)
		abort();
	s->rows++;
	for (size_t i = 0; i < s->width; i++)
		note(s, cells[i].data, cells[i].len);
	return HF_OK;
}

static enum hf_err read_file(const struct hf_mask_input *file, struct seen *s)
{
	const struct hf_mask_rows rows = {on_header, on_row, s};
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e;

	memset(s, 0, sizeof(*s));
	hf_buf_init(&s->cells, (size_t)64 << 20);
	e = hf_mask_rows_read(file, &rows, &f);
	if ((e != HF_OK && !f.text[0]) || (e == HF_OK && s->broken))
		abort();
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	struct hf_mask_input file = {.path = path};
	struct seen first, again;
	int fd;

	if (size < 1)
		return 0;
	fd = memfd_create("rows", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file.format = data[0] & 1 ? HF_MASK_CSV : HF_MASK_LINES;
	file.encoding = data[0] & 2 ? HF_ENCODING_UNKNOWN : data[0] & 4 ? HF_ENCODING_GB18030 : HF_ENCODING_UTF8;
	if (read_file(&file, &first) != read_file(&file, &again) || first.rows != again.rows ||
	    first.cells.len != again.cells.len ||
	    (first.cells.len && memcmp(first.cells.data, again.cells.data, first.cells.len) != 0))
		abort();
	hf_buf_done(&first.cells);
	hf_buf_done(&again.cells);
	close(fd);
	return 0;
}
