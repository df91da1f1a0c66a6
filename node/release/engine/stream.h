/*
 * stream.h - a table of CSV or JSON lines in, the masked one out, by one table of a plan: one engine for
 * the node's tasks, for `hufu mask run` and `hufu-bench mask`.
 *
 * JSON lines have the plan's fields, in its order; one that is not there is null, one that the plan does not name or
 * that holds an object or an array is refused.
 *
 * Rows go in batches through one or two threads, the caller's among them, and come out in their order, so that the
 * result does not depend on how many there are. Memory is that of a few batches, whatever the size. For techniques that
 * need the whole table it is put away: in memory up to a bound, beyond it encrypted in a file without a name (spill.h);
 * the result is the same. Nothing else of the original is written anywhere. Pure but for that file.
 */
#ifndef HUFU_RELEASE_ENGINE_STREAM_H
#define HUFU_RELEASE_ENGINE_STREAM_H

#include "masking/apply.h"
#include "release/engine/put.h"

#define HF_STREAM_WHOLE                                                                                                \
	((size_t)256 << 20)                 /* bytes of a table that a technique needs whole, when there is no folder  \
	                                     */
#define HF_STREAM_MEMORY ((size_t)16 << 20) /* of it that stay in memory, when there is one */
#define HF_STREAM_WORKERS 2u

/* How far it came: what is written stands for all records before byte. */
struct hf_stream_place {
	uint64_t header_end; /* of the input: its bytes before are the header record */
	uint64_t byte;       /* of the input */
	uint64_t rows_in, rows_out;
};

struct hf_stream;
struct hf_stream_setup {
	const struct hf_plan *plan; /* lent, like all of these */
	const char *table;
	const struct hf_mask_key *root;    /* NULL: there is none */
	const struct hf_mask_key *seed;    /* of the contract in the plan's scope; NULL: none */
	const struct hf_mask_scope *scope; /* NULL: the plan's own */
	const char *const *only;           /* fields of the result; count 0: all */
	size_t only_count;
	enum hf_stream_form in_form, out_form;
	unsigned workers; /* threads that mask, the caller's one of them; at most HF_STREAM_WORKERS, 0: as 1 */
	/* Goes on from there; NULL: from the top. The input's first header_end bytes are fed first, then those from
	 * byte on; no header is written, and the result is the rest of the one from the top. */
	const struct hf_stream_place *from;
	enum hf_err (*file)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *file_ctx;
	/* A vault of hf_mask_use, from any worker's thread; NULL: none. */
	enum hf_err (*put)(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f);
	void *put_ctx;
	/* Takes masked bytes, in the caller's thread. */
	enum hf_err (*write)(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f);
	void *write_ctx;
	const char *folder; /* where a table may be put away; NULL: nowhere */
	size_t memory;      /* 0: HF_STREAM_MEMORY */
};
struct hf_stream *hf_stream_new(const struct hf_stream_setup *setup);
void hf_stream_free(struct hf_stream *s);
/* Any error is final. ret_kind is then the kind of the plan's scheme: "format", "key", "source" or "space". */
enum hf_err hf_stream_feed(struct hf_stream *s, const void *data, size_t len, struct hf_fault *f,
                           const char **ret_kind) HF_MUST_CHECK;
enum hf_err hf_stream_end(struct hf_stream *s, struct hf_fault *f, const char **ret_kind) HF_MUST_CHECK;
/* The same a batch or so at a time, for whoever gives on what was written meanwhile: until there is no more. */
enum hf_err hf_stream_end_some(struct hf_stream *s, bool *ret_more, struct hf_fault *f,
                               const char **ret_kind) HF_MUST_CHECK;

/* Writes the rows that are complete so far. ret_place is then where another stream can go on; false after an error, and
 * when a technique needs the whole table: then only from the top. */
bool hf_stream_settle(struct hf_stream *s, struct hf_stream_place *ret_place, struct hf_fault *f,
                      const char **ret_kind);

uint64_t hf_stream_rows_in(const struct hf_stream *s);
uint64_t hf_stream_rows_out(const struct hf_stream *s);
size_t hf_stream_width(const struct hf_stream *s); /* 0: no header yet */
void hf_stream_counts(const struct hf_stream *s, size_t i, struct hf_apply_count *ret_c);

#endif
