/*
 * load_file.c - loads that end in a file: JSON lines, or either form packed by zstd (load.h).
 *
 * It is written under another name beside its own. To be committed is to have both names, so that after a crash one
 * look tells a file that is whole from one that is not, and from one that is somebody else's; `finish` takes the first
 * name away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/load.h"
#include "source/output.h"
#include "source/readers/jsonl_out.h"

#define PART_PATH 640
#define MADE_PIECE ((size_t)256 << 10)
#define LINES_MAX ((size_t)24 << 20)

struct loading {
	char part[PART_PATH], place[512];
	struct hf_pace *pace;
	struct hf_output *out;
	struct hf_jsonl_out *lines; /* NULL: the bytes as they are */
	struct hf_buf buf;
	uint64_t rows;
	bool committed;
};

static void part_path(const struct hf_load *l, char out[PART_PATH])
{
	char text[HF_ID_TEXT];

	hf_id_text(&l->transfer, text);
	snprintf(out, PART_PATH, "%s.%s.part", l->place, text);
}

static bool has_both_names(const char *part, const char *place)
{
	struct stat a, b;

	return lstat(part, &a) == 0 && lstat(place, &b) == 0 && S_ISREG(a.st_mode) && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static bool file_remove(const char *path, bool empty)
{
	int fd = empty ? open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW) : -1;

	if (fd >= 0)
		close(fd);
	return unlink(path) == 0 || errno == ENOENT;
}

static void close_file(void *state)
{
	struct loading *s = state;

	if (!s)
		return;
	hf_output_close(s->out);
	if (!s->committed && s->part[0])
		(void)file_remove(s->part, true);
	hf_jsonl_out_free(s->lines);
	hf_buf_done(&s->buf);
	free(s);
}

static enum hf_err begin(const struct hf_load *l, bool lines, bool packed, void **ret_state, bool *ret_done,
                         struct hf_fault *f)
{
	struct loading *s = hf_alloc_zero(sizeof(*s));
	enum hf_err e = HF_OK;

	part_path(l, s->part);
	snprintf(s->place, sizeof(s->place), "%s", l->place);
	s->pace = l->pace;
	s->rows = l->rows;
	*ret_done = s->committed = has_both_names(s->part, s->place);
	hf_buf_init(&s->buf, LINES_MAX);
	s->buf.wiped = true;
	if (!*ret_done)
		e = hf_output_open(s->part, packed, &s->out, f);
	if (e == HF_OK && lines) {
		enum hf_csv_type *types = hf_alloc((l->column_count + 1) * sizeof(*types));

		for (size_t i = 0; i < l->column_count; i++)
			types[i] = l->columns[i].type;
		s->lines = hf_jsonl_out_new(types, l->column_count);
		free(types);
	}
	if (e != HF_OK) {
		close_file(s);
		return e;
	}
	*ret_state = s;
	return HF_OK;
}

static enum hf_err begin_jsonl(const struct hf_load *l, void **ret_state, bool *ret_done, struct hf_fault *f)
{
	return begin(l, true, false, ret_state, ret_done, f);
}

static enum hf_err begin_csv_zst(const struct hf_load *l, void **ret_state, bool *ret_done, struct hf_fault *f)
{
	return begin(l, false, true, ret_state, ret_done, f);
}

static enum hf_err begin_jsonl_zst(const struct hf_load *l, void **ret_state, bool *ret_done, struct hf_fault *f)
{
	return begin(l, true, true, ret_state, ret_done, f);
}

static enum hf_err no_lines(const struct loading *s, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_FORMAT, "the data cannot become JSON lines: %s; fetch it as CSV",
	                    hf_jsonl_out_why(s->lines));
}

static enum hf_err feed(void *state, const uint8_t *data, size_t len, struct hf_fault *f)
{
	struct loading *s = state;

	if (atomic_load(&s->pace->stop))
		return hf_fault_set(f, HF_E_CANCELLED, "the node is stopping");
	if (!s->lines)
		return hf_output_write(s->out, data, len, f);
	while (len > 0) {
		size_t n = len < HF_JSONL_OUT_SLICE ? len : HF_JSONL_OUT_SLICE;

		hf_buf_clear(&s->buf);
		if (!hf_jsonl_out_feed(s->lines, data, n, &s->buf))
			return no_lines(s, f);
		HF_TRY(hf_output_write(s->out, s->buf.data, s->buf.len, f));
		data += n;
		len -= n;
	}
	return HF_OK;
}

static enum hf_err end_lines(struct loading *s, struct hf_fault *f)
{
	hf_buf_clear(&s->buf);
	if (!hf_jsonl_out_end(s->lines, &s->buf))
		return no_lines(s, f);
	if (hf_jsonl_out_rows(s->lines) != s->rows)
		return hf_fault_set(f, HF_E_FORMAT, "the data has %llu rows, and %llu were declared",
		                    (unsigned long long)hf_jsonl_out_rows(s->lines), (unsigned long long)s->rows);
	return hf_output_write(s->out, s->buf.data, s->buf.len, f);
}

static enum hf_err commit(void *state, struct hf_fault *f)
{
	struct loading *s = state;

	if (s->lines)
		HF_TRY(end_lines(s, f));
	HF_TRY(hf_output_end(s->out, f));
	if (link(s->part, s->place) != 0)
		return hf_fault_set(f, errno == EEXIST ? HF_E_EXISTS : HF_E_IO,
		                    "the delivered file cannot get its name %.250s: %s", s->place, strerror(errno));
	if (!hf_output_is(s->out, s->place) || hf_folder_sync_of(s->place) != HF_OK) {
		(void)unlink(s->place); /* DS-70 */
		return hf_fault_set(f, HF_E_DIGEST, "another file than the delivered one got the name %.250s",
		                    s->place);
	}
	s->committed = true;
	return HF_OK;
}

static enum hf_err not_removed(const char *path, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_IO, "%.300s cannot be emptied and removed: %s", path, strerror(errno));
}

/* Whoever has the file open by now has nothing of it. */
static enum hf_err undo(const struct hf_load *l, struct hf_fault *f)
{
	char part[PART_PATH];

	part_path(l, part);
	if (has_both_names(part, l->place) && !file_remove(l->place, true))
		return not_removed(l->place, f);
	return file_remove(part, true) ? HF_OK : not_removed(part, f);
}

static enum hf_err finish(const struct hf_load *l, struct hf_fault *f)
{
	char part[PART_PATH];

	part_path(l, part);
	return file_remove(part, false) ? HF_OK : not_removed(part, f);
}

/* Under the first name, which nobody else has for his own: after a crash it is read as well. */
static enum hf_err made(const struct hf_load *l, struct hf_load_made *ret_made, struct hf_fault *f)
{
	struct hf_load_made m = {.known = true};
	char part[PART_PATH];
	ssize_t n = -1;

	part_path(l, part);
	int fd = open(part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct hf_sha256 *h = hf_sha256_new();
	uint8_t *piece = hf_alloc(MADE_PIECE);

	while (fd >= 0 && !atomic_load(&l->pace->stop) && (n = read(fd, piece, MADE_PIECE)) > 0) {
		hf_sha256_add(h, piece, (size_t)n);
		m.bytes += (uint64_t)n;
	}
	enum hf_err e = n == 0 ? HF_OK
	                : fd >= 0 && atomic_load(&l->pace->stop)
	                        ? hf_fault_set(f, HF_E_CANCELLED, "the node is stopping")
	                        : hf_fault_set(f, HF_E_IO, "%.300s cannot be read: %s", part, strerror(errno));
	hf_wipe(piece, MADE_PIECE);
	free(piece);
	hf_sha256_end(h, &m.digest);
	hf_sha256_free(h);
	if (fd >= 0)
		close(fd);
	if (e == HF_OK)
		*ret_made = m;
	return e;
}

const struct hf_loader hf_loader_jsonl = {"jsonl",    false, begin_jsonl, feed, commit,
                                          close_file, undo,  finish,      NULL, made};
const struct hf_loader hf_loader_csv_zst = {"csv.zst",  true, begin_csv_zst, feed, commit,
                                            close_file, undo, finish,        NULL, made};
const struct hf_loader hf_loader_jsonl_zst = {"jsonl.zst", false, begin_jsonl_zst, feed, commit,
                                              close_file,  undo,  finish,          NULL, made};
