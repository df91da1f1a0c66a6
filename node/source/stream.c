/* stream.c - places and segments of a stream; declared in stream.h. */
#include "source/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/domains.h"
#include "source/internal.h"
#include "source/place.h"
#include "source/project.h"

#define TAIL ((size_t)256) /* bytes in front of a place that its mark covers */
#define MARK "hufu-stream-place"

bool hf_source_is_stream(const struct hf_source_view *v)
{
	return strcmp(v->kind, "stream") == 0;
}

/* ---- places ---- */

static enum hf_err mark(const struct hf_source_home *home, int fd, uint64_t inode, uint64_t at, uint8_t ret_check[32])
{
	uint8_t text[sizeof(MARK) + 16 + TAIL];
	size_t tail = at < TAIL ? (size_t)at : TAIL, n;
	struct hf_hash mac;

	memcpy(text, MARK, sizeof(MARK));
	hf_put_u64(text + sizeof(MARK), inode);
	hf_put_u64(text + sizeof(MARK) + 8, at);
	HF_TRY(hf_place_read(fd, at - tail, text + sizeof(MARK) + 16, tail, &n));
	if (n < tail)
		return HF_E_SOURCE_CHANGED;
	hf_hmac(home->key, sizeof(home->key), text, sizeof(MARK) + 16 + tail, &mac);
	memcpy(ret_check, mac.b, 32);
	hf_wipe(text, sizeof(text));
	return HF_OK;
}

/* An open stream. */
struct stream {
	const struct hf_source_home *home;
	const struct hf_source_view *v;
	int fd;
	struct hf_source_stamp now;
};

static enum hf_err changed(const struct hf_source_view *v, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_SOURCE_CHANGED,
	                    "the stream '%s' is not the one that was followed until now: it became shorter, or another "
	                    "file took its place; begin anew, into another folder",
	                    v->name);
}

static enum hf_err check_place(const struct stream *s, const struct hf_follow_place *p, struct hf_fault *f)
{
	uint8_t check[32];

	if (s->now.inode != s->v->stamp.inode || p->at > s->now.bytes)
		return changed(s->v, f);
	if (p->at == 0)
		return HF_OK;
	HF_TRY(hf_fault_default(f, mark(s->home, s->fd, s->now.inode, p->at, check)));
	return hf_equal_ct(check, p->check, sizeof(check)) ? HF_OK : changed(s->v, f);
}

static enum hf_err open_stream(struct hf_sources *all, const struct hf_source_view *v, struct stream *s,
                               struct hf_fault *f)
{
	*s = (struct stream){.home = &all->home, .v = v};
	if (!hf_source_is_stream(v))
		return hf_fault_set(f, HF_E_ARGUMENT, "source '%s' is no stream", v->name);
	HF_TRY(hf_source_whole(v, f));
	if (!v->enabled)
		return hf_fault_set(f, HF_E_STATE,
		                    "source '%s' is disabled; `hufu source enable %s` allows reading again", v->name,
		                    v->name);
	if (hf_place_open(all->home.node_dir, v->path, &s->fd, &s->now, f) == HF_OK)
		return HF_OK;
	return hf_fault_set(f, HF_E_SOURCE_CHANGED,
	                    "the file of the stream '%s' cannot be opened; its publisher must look", v->name);
}

/* The end of the whole lines behind `from`: at most `cap` bytes of them, or the first one when that is longer. */
static enum hf_err find_end(int fd, const struct hf_source_view *v, uint64_t from, size_t cap, uint64_t *ret_to,
                            struct hf_fault *f)
{
	uint8_t *bytes = hf_alloc(HF_FOLLOW_SEGMENT), *end = NULL;
	size_t n = 0;
	enum hf_err e = hf_place_read(fd, from, bytes, HF_FOLLOW_SEGMENT, &n);

	if (e == HF_OK)
		end = memrchr(bytes, '\n', n < cap ? n : cap);
	if (e == HF_OK && !end)
		end = memchr(bytes, '\n', n);
	if (end)
		*ret_to = from + (uint64_t)(end - bytes) + 1;
	hf_wipe(bytes, n);
	free(bytes);
	if (e != HF_OK)
		return hf_fault_set(f, HF_E_IO, "the stream '%s' cannot be read; check the disk", v->name);
	if (end)
		return HF_OK;
	if (n == HF_FOLLOW_SEGMENT)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the message at byte %" PRIu64
		                    " of the stream '%s' is longer than %zu bytes; take it "
		                    "out, and begin anew with another file",
		                    from, v->name, HF_FOLLOW_LINE);
	return hf_fault_set(f, HF_E_BUSY, "there is nothing new in the stream yet; ask again");
}

static enum hf_err waits(struct hf_sources *all, const struct hf_source_view *v, const struct hf_follow_place *from,
                         struct hf_fault *f)
{
	struct stream s;
	uint64_t to;
	enum hf_err e;

	HF_TRY(open_stream(all, v, &s, f));
	e = check_place(&s, from, f);
	if (e == HF_OK)
		e = find_end(s.fd, v, from->at, HF_FOLLOW_SEGMENT, &to, f);
	close(s.fd);
	return e;
}

static enum hf_err get(struct hf_sources *s, const char *name, struct hf_source_view *ret_v, struct hf_fault *f)
{
	enum hf_err e = hf_source_get(s, name, ret_v);

	return e == HF_OK ? e : hf_fault_set(f, HF_E_SOURCE_CHANGED, "the source %s is not registered any more", name);
}

enum hf_err hf_follow_waits(struct hf_sources *s, const char *name, const struct hf_follow_place *from,
                            struct hf_fault *f)
{
	struct hf_source_view v;
	enum hf_err e;

	HF_TRY(get(s, name, &v, f));
	e = waits(s, &v, from, f);
	hf_source_view_done(&v);
	return e;
}

/* ---- segments ---- */

struct segment {
	struct hf_source_reader reader;
	struct hf_buf table;
	struct hf_source_stamp stamp;
	uint64_t rows;
};

static enum hf_err segment_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	const struct segment *s = (const struct segment *)r;
	size_t n;

	if (offset > s->table.len)
		return HF_E_UNKNOWN;
	n = s->table.len - (size_t)offset < cap ? s->table.len - (size_t)offset : cap;
	memcpy(out, s->table.data + offset, n);
	*ret_len = n;
	return HF_OK;
}

static void segment_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = ((const struct segment *)r)->stamp;
}

static uint64_t segment_bytes(const struct hf_source_reader *r)
{
	return ((const struct segment *)r)->table.len;
}

static uint64_t segment_rows(const struct hf_source_reader *r)
{
	return ((const struct segment *)r)->rows;
}

static void segment_close(struct hf_source_reader *r)
{
	struct segment *s = (struct segment *)r;

	if (s->table.data)
		hf_wipe(s->table.data, s->table.cap);
	hf_buf_done(&s->table);
	free(s);
}

static const struct hf_source_reader_ops ops = {segment_read, segment_stamp, segment_bytes, segment_rows,
                                                segment_close};

static enum hf_err drain(struct hf_source_reader *in, struct hf_buf *out, struct hf_fault *f)
{
	const size_t piece = (size_t)256 << 10;
	size_t n = piece;

	while (n == piece) {
		enum hf_err e;

		if (!hf_buf_reserve(out, piece))
			return hf_fault_set(f, HF_E_LIMIT, "its messages take more than %zu bytes as a table",
			                    HF_FOLLOW_TABLE);
		e = in->ops->read(in, out->len, out->data + out->len, piece, &n);
		if (e != HF_OK)
			return hf_fault_set(f, e, "%s", in->why.code != HF_OK ? in->why.text : hf_err_text(e));
		out->len += n;
	}
	return HF_OK;
}

/* The bytes say which they are, also after a restart: what is sealed once is never another text under the same key. */
static void stamp_segment(struct segment *g, const struct stream *s, uint64_t to)
{
	struct hf_hash h;
	uint64_t first;

	hf_sha256(g->table.data, g->table.len, &h);
	memcpy(&first, h.b, sizeof(first));
	g->stamp = (struct hf_source_stamp){.bytes = to, .inode = s->now.inode, .mtime_ns = (int64_t)(first >> 1)};
}

static enum hf_err fill(struct segment *g, const struct stream *s, const struct hf_follow_segment *seg,
                        struct hf_fault *f)
{
	struct hf_source_reader *in;
	struct hf_fault why = {.code = HF_OK};
	enum hf_err e = hf_jsonl_open_lines(s->home, s->v, seg->from.at, seg->to.at, &in, &why);
	const size_t path = strlen(s->v->path);

	if (e == HF_OK) {
		e = drain(in, &g->table, &why);
		g->rows = in->ops->rows(in);
		in->ops->close(in);
	}
	if (e == HF_OK)
		return HF_OK;
	/* Its path is for nobody else. */
	return hf_fault_set(
	        f, e, "the stream '%s' cannot be read on behind byte %" PRIu64 ": it%s", s->v->name, seg->from.at,
	        strncmp(why.text, s->v->path, path) == 0 ? why.text + path : " holds what the scan did not see");
}

/* As a table, messages that lack most fields are far longer than as lines: half of them until they fit. One alone does
 * (HF_FOLLOW_LINE and the field names are less than HF_FOLLOW_TABLE), so the stream never stands still for this. */
static enum hf_err choose_end(struct segment *g, const struct stream *s, struct hf_follow_segment *seg,
                              struct hf_fault *f)
{
	size_t cap = HF_FOLLOW_SEGMENT, len;
	enum hf_err e;

	do {
		HF_TRY(find_end(s->fd, s->v, seg->from.at, cap, &seg->to.at, f));
		hf_buf_clear(&g->table);
		e = fill(g, s, seg, f);
		len = (size_t)(seg->to.at - seg->from.at);
		if (e != HF_E_LIMIT || len > cap) /* longer: it is one message */
			return e;
		cap = len / 2;
	} while (cap > 0);
	return e;
}

static enum hf_err open_segment(struct hf_sources *all, const struct hf_source_view *v, struct hf_follow_segment *seg,
                                struct segment *g, struct hf_fault *f)
{
	struct stream s;
	enum hf_err e;

	HF_TRY(sources_check_fields(v, seg->fields, seg->field_count, f));
	HF_TRY(open_stream(all, v, &s, f));
	e = check_place(&s, &seg->from, f);
	if (e == HF_OK)
		e = seg->to.at == 0 ? choose_end(g, &s, seg, f) : fill(g, &s, seg, f);
	if (e == HF_OK)
		e = hf_fault_default(f, mark(s.home, s.fd, s.now.inode, seg->to.at, seg->to.check));
	if (e == HF_OK)
		stamp_segment(g, &s, seg->to.at);
	close(s.fd);
	return e;
}

enum hf_err hf_follow_open(struct hf_sources *s, const char *name, struct hf_follow_segment *seg,
                           struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct segment *g = hf_alloc_zero(sizeof(*g));
	struct hf_source_view v;
	const struct hf_source_choice choice = {.fields = seg->fields, .field_count = seg->field_count};
	enum hf_err e = get(s, name, &v, f);

	g->reader.ops = &ops;
	hf_buf_init(&g->table, HF_FOLLOW_TABLE);
	if (e != HF_OK) {
		segment_close(&g->reader);
		return e;
	}
	e = open_segment(s, &v, seg, g, f);
	if (e != HF_OK) {
		segment_close(&g->reader);
	} else {
		seg->bytes = g->table.len;
		seg->rows = g->rows;
		*ret_reader = &g->reader;
		if (seg->field_count > 0 && !sources_all_fields(&v, seg->fields, seg->field_count))
			*ret_reader = hf_project_reader_new(*ret_reader, &v, &choice);
	}
	hf_source_view_done(&v);
	return e;
}

/* ---- the adapter: the stream up to now, as a table, for scans and tasks ---- */

static enum hf_err stream_stamp(const struct hf_source_home *home, const struct hf_source_view *v,
                                struct hf_source_stamp *ret_stamp, struct hf_fault *f)
{
	struct hf_source_stamp now;
	int fd;

	HF_TRY(hf_place_open(home->node_dir, v->path, &fd, &now, f));
	close(fd);
	*ret_stamp = (struct hf_source_stamp){0, now.inode, 0}; /* whatever it grows to */
	return HF_OK;
}

/* Behind the last line end. */
static enum hf_err whole(const struct hf_source_home *home, const struct hf_source_view *v, uint64_t *ret_to,
                         struct hf_fault *f)
{
	struct hf_source_stamp now;
	uint64_t from;
	int fd;
	enum hf_err e;

	HF_TRY(hf_place_open(home->node_dir, v->path, &fd, &now, f));
	from = now.bytes > HF_FOLLOW_SEGMENT ? now.bytes - HF_FOLLOW_SEGMENT : 0;
	e = find_end(fd, v, from, HF_FOLLOW_SEGMENT, ret_to, f);
	close(fd);
	return e == HF_E_BUSY
	               ? hf_fault_set(f, HF_E_FORMAT,
	                              "%s has no whole message yet, so nobody can see which fields there are; write "
	                              "one first",
	                              v->path)
	               : e;
}

static enum hf_err stream_columns(const struct hf_source_home *home, struct hf_source_view *v, struct hf_pace *pace,
                                  struct hf_fault *f)
{
	uint64_t to;

	HF_TRY(whole(home, v, &to, f));
	return hf_jsonl_columns_to(home, v, to, pace, f);
}

static enum hf_err stream_open(const struct hf_source_home *home, const struct hf_source_view *v,
                               struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	uint64_t to;

	HF_TRY(whole(home, v, &to, f));
	return hf_jsonl_open_lines(home, v, 0, to, ret_reader, f);
}

const struct hf_adapter hf_adapter_stream = {
        .kind = "stream", .columns = stream_columns, .stamp = stream_stamp, .open = stream_open};
