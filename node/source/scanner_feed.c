/* scanner_feed.c - see scanner_feed.h. */
#include "source/scanner_feed.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/crypto.h"

#define PIECE ((size_t)1 << 20)

struct scanner_feed {
	uv_pipe_t pipe;
	uv_work_t work;
	uv_write_t write;
	hf_scan_fill_fn fill;
	void *ctx;
	uint8_t *piece;
	int child_end; /* -1: closed */
	size_t len;
	enum hf_err error, filled; /* the loop's; what the worker came to, the worker's until on_filled */
	bool working, closed;
	void (*done)(void *ctx); /* NULL: not asked to end */
	void *done_ctx;
};

struct scanner_feed *scanner_feed_new(uv_loop_t *loop, hf_scan_fill_fn fill, void *ctx)
{
	struct scanner_feed *f = hf_alloc_zero(sizeof(*f));
	f->fill = fill;
	f->ctx = ctx;
	f->piece = hf_alloc(PIECE);
	uv_file ends[2];
	uv_pipe_init(loop, &f->pipe, 0);
	/* A pipe and no socket, which could not be opened by the name /dev/stdin. */
	f->child_end = uv_pipe(ends, 0, UV_NONBLOCK_PIPE) == 0 ? ends[0] : -1;
	if (f->child_end < 0 || uv_pipe_open(&f->pipe, ends[1]) != 0)
		f->error = HF_E_IO;
	f->pipe.data = f;
	f->work.data = f;
	return f;
}

void scanner_feed_stdin(struct scanner_feed *f, uv_stdio_container_t *ret_stdio)
{
	ret_stdio->flags = f->child_end >= 0 ? UV_INHERIT_FD : UV_IGNORE;
	ret_stdio->data.fd = f->child_end;
}

bool scanner_feed_failed(const struct scanner_feed *f)
{
	return f->error != HF_OK;
}

static void close_child_end(struct scanner_feed *f)
{
	if (f->child_end >= 0)
		close(f->child_end);
	f->child_end = -1;
}

static void finish(struct scanner_feed *f)
{
	if (!f->done || f->working || !f->closed)
		return;
	close_child_end(f);
	hf_wipe(f->piece, PIECE);
	free(f->piece);
	f->done(f->done_ctx);
	free(f);
}

static void on_closed(uv_handle_t *h)
{
	struct scanner_feed *f = h->data;
	f->closed = true;
	finish(f);
}

/* The scanner reads the end of its input. */
static void shut(struct scanner_feed *f)
{
	if (!uv_is_closing((uv_handle_t *)&f->pipe))
		uv_close((uv_handle_t *)&f->pipe, on_closed);
}

static void next(struct scanner_feed *f);

/* A scanner that closes its input has seen enough; its status says what. */
static void on_written(uv_write_t *w, int status)
{
	struct scanner_feed *f = w->data;
	if (status < 0 || f->done)
		shut(f);
	else
		next(f);
}

static void on_filled(uv_work_t *w, int status)
{
	struct scanner_feed *f = w->data;
	uv_buf_t b = uv_buf_init((char *)f->piece, (unsigned)f->len);
	(void)status;
	f->working = false;
	f->error = f->filled;
	f->write.data = f;
	if (f->done || f->error != HF_OK || f->len == 0 ||
	    uv_write(&f->write, (uv_stream_t *)&f->pipe, &b, 1, on_written) != 0)
		shut(f);
	finish(f);
}

static void fill(uv_work_t *w)
{
	struct scanner_feed *f = w->data;
	if (f->filled == HF_OK)
		f->filled = f->fill(f->ctx, f->piece, PIECE, &f->len);
}

static void next(struct scanner_feed *f)
{
	f->working = true;
	f->len = 0;
	f->filled = f->error;
	uv_queue_work(f->pipe.loop, &f->work, fill, on_filled);
}

void scanner_feed_begin(struct scanner_feed *f)
{
	close_child_end(f); /* or a scanner that ends would not be noticed */
	next(f);
}

void scanner_feed_end(struct scanner_feed *f, void (*done)(void *ctx), void *ctx)
{
	f->done = done;
	f->done_ctx = ctx;
	if (!f->working)
		shut(f);
	finish(f);
}
