#include "release/work.h"
#include "release/engine/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/plan_files.h"

#define PIECE ((size_t)256 << 10)
#define FILE_MAX ((size_t)64 << 20)

struct release_work *release_work_new(void)
{
	struct release_work *w = hf_alloc_zero(sizeof(*w));

	w->fd = -1;
	w->slice = RELEASE_SLICE;
	return w;
}

void release_work_free(struct release_work *w)
{
	if (!w)
		return;
	hf_stream_free(w->stream);
	if (w->fd >= 0)
		close(w->fd);
	hf_source_reader_close(w->reader);
	hf_plan_free(w->plan);
	hf_wipe(&w->root, sizeof(w->root));
	hf_wipe(&w->seed, sizeof(w->seed));
	free(w->counts);
	free(w->base);
	free(w);
}

static bool fail(struct release_work *w, const char *kind, enum hf_err e)
{
	w->kind = kind;
	w->e = hf_fault_default(&w->f, e);
	return false;
}

/* ---- what the stream asks for ---- */

static enum hf_err write_out(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	struct release_work *w = ctx;

	while (len > 0) {
		ssize_t n = write(w->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return hf_fault_set(f, HF_E_NO_SPACE, "%s cannot be written: %s", w->part, strerror(errno));
		data += n;
		len -= (size_t)n;
		w->out_bytes += (uint64_t)n;
	}
	return HF_OK;
}

enum hf_err release_table(const struct hf_plan *p, const char *folder, const char *name, struct hf_buf *out,
                          struct hf_fault *f)
{
	size_t max = out->max ? out->max : FILE_MAX;
	char path[900];
	enum hf_err e = hf_plan_file((void *)p, name, out, f);

	if (e != HF_E_UNKNOWN)
		return e;
	if (strchr(name, '/') || name[0] == '.' || !*name)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the plan names the file '%.100s'; put it into %s and name it without a folder",
		                    name, folder);
	snprintf(path, sizeof(path), "%s/%.200s", folder, name);
	e = hf_file_read(path, max, out);
	return e == HF_OK ? e : hf_file_fault(f, e, path, max);
}

static enum hf_err read_table(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct release_work *w = ctx;

	return release_table(w->plan, w->folder, name, out, f);
}

/* A vault is a file of that folder, too. */
static enum hf_err put_vault(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f)
{
	const struct release_work *w = ctx;
	char path[900];

	if (strchr(name, '/') || name[0] == '.' || !*name)
		return hf_fault_set(f, HF_E_ARGUMENT, "the plan names the vault '%.100s'; name it without a folder",
		                    name);
	snprintf(path, sizeof(path), "%s/%.200s", w->folder, name);
	if (mkdir(w->folder, 0700) != 0 && errno != EEXIST)
		return hf_fault_set(f, HF_E_NO_SPACE, "%s cannot be made: %s", w->folder, strerror(errno));
	return hf_vault_put(path, data, len, f);
}

/* ---- a slice ---- */

/* What a former process wrote behind the durable point is taken back. */
static bool open_part(struct release_work *w)
{
	struct stat st;
	bool anew = w->out_bytes == 0;

	w->fd = open(w->part, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (anew ? O_CREAT | O_TRUNC : 0), 0600);
	if (w->fd < 0 || fstat(w->fd, &st) != 0)
		return fail(w, "space",
		            hf_fault_set(&w->f, errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO,
		                         "%s cannot be opened: %s; choose a folder that the node may write to", w->part,
		                         strerror(errno)));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < w->out_bytes)
		return fail(w, "space",
		            hf_fault_set(&w->f, HF_E_DIGEST,
		                         "%s is shorter than what was written of the result; retry the task", w->part));
	if (ftruncate(w->fd, (off_t)w->out_bytes) != 0 || lseek(w->fd, 0, SEEK_END) < 0)
		return fail(w, "space",
		            hf_fault_set(&w->f, HF_E_IO, "%s cannot be cut to its durable part: %s", w->part,
		                         strerror(errno)));
	return true;
}

static bool source_failed(struct release_work *w, enum hf_err e)
{
	const char *why = hf_source_reader_why(w->reader);

	return fail(w, "source", *why ? hf_fault_set(&w->f, e, "%s", why) : e);
}

static bool feed(struct release_work *w, uint64_t from, uint64_t len, uint8_t *piece, bool *ret_end)
{
	while (len > 0) {
		size_t want = len < PIECE ? (size_t)len : PIECE, n = 0;
		enum hf_err e = hf_source_read(w->reader, from, piece, want, &n);

		if (e != HF_OK)
			return source_failed(w, e);
		e = hf_stream_feed(w->stream, piece, n, &w->f, &w->kind);
		if (e != HF_OK)
			return fail(w, w->kind, e);
		from += n;
		len -= n;
		*ret_end = n < want;
		if (*ret_end)
			break;
	}
	atomic_store(&w->in, from);
	return true;
}

static bool open_stream(struct release_work *w, uint8_t *piece)
{
	const struct hf_stream_setup s = {.plan = w->plan,
	                                  .table = w->table,
	                                  .root = w->has_root ? &w->root : NULL,
	                                  .seed = w->has_seed ? &w->seed : NULL,
	                                  .from = w->place.byte ? &w->place : NULL,
	                                  .folder = w->node_dir,
	                                  .file = read_table,
	                                  .file_ctx = w,
	                                  .put = put_vault,
	                                  .put_ctx = w,
	                                  .write = write_out,
	                                  .write_ctx = w};
	bool end = false;

	if (w->place.byte == 0)
		w->out_bytes = 0;
	if (!open_part(w))
		return false;
	w->stream = hf_stream_new(&s);
	if (w->place.byte && !feed(w, 0, w->place.header_end, piece, &end))
		return false;
	atomic_store(&w->in, w->place.byte);
	return true;
}

static void take_counts(struct release_work *w)
{
	free(w->counts);
	w->count = hf_stream_width(w->stream);
	w->counts = hf_alloc_zero((w->count + 1) * sizeof(*w->counts));
	for (size_t i = 0; i < w->count; i++) {
		struct hf_apply_count c;
		struct release_count *out = &w->counts[i];

		hf_stream_counts(w->stream, i, &c);
		snprintf(out->field, sizeof(out->field), "%s", c.field->name);
		snprintf(out->technique, sizeof(out->technique), "%s",
		         c.field->technique ? c.field->technique->id : "keep");
		memcpy(out->key, c.key_id, sizeof(out->key));
		out->values = c.values;
		out->unreadable = c.unreadable;
		if (i < w->base_count) { /* the same header */
			out->values += w->base[i].values;
			out->unreadable += w->base[i].unreadable;
		}
	}
}

/* Nobody wrote to the source meanwhile. */
static bool same_source(struct release_work *w)
{
	struct hf_source_stamp now;

	hf_source_reader_stamp(w->reader, &now);
	if (hf_source_stamp_same(&now, &w->stamp))
		return true;
	return fail(w, "source",
	            hf_fault_set(&w->f, HF_E_SOURCE_CHANGED,
	                         "the source changed while it was masked; retry when nobody writes to it"));
}

static bool through(struct release_work *w)
{
	enum hf_err e = hf_stream_end(w->stream, &w->f, &w->kind);

	if (e != HF_OK)
		return fail(w, w->kind, e);
	w->place.rows_in = hf_stream_rows_in(w->stream);
	w->place.rows_out = hf_stream_rows_out(w->stream);
	w->place.byte = atomic_load(&w->in);
	w->settled = w->end = true;
	return same_source(w);
}

static bool sync_part(struct release_work *w)
{
	if (fdatasync(w->fd) == 0)
		return true;
	return fail(w, "space",
	            hf_fault_set(&w->f, errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO, "%s cannot be made durable: %s",
	                         w->part, strerror(errno)));
}

static void run_slice(struct release_work *w, uint8_t *piece)
{
	bool end = false;

	if (!w->stream && !open_stream(w, piece))
		return;
	if (!feed(w, atomic_load(&w->in), w->slice, piece, &end))
		return;
	if (end) {
		if (!through(w))
			return;
	} else {
		w->settled = hf_stream_settle(w->stream, &w->place, &w->f, &w->kind);
		if (!w->settled && w->kind) {
			fail(w, w->kind, w->f.code == HF_OK ? HF_E_INTERNAL : w->f.code);
			return;
		}
	}
	take_counts(w);
	if (w->settled)
		sync_part(w);
}

void release_work_slice(struct release_work *w)
{
	uint8_t *piece = hf_alloc(PIECE);

	w->settled = w->end = false;
	w->kind = NULL;
	w->e = HF_OK;
	run_slice(w, piece);
	hf_wipe(piece, PIECE);
	free(piece);
}
