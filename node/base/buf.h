/*
 * buf.h - a growable byte buffer with a hard cap; keys, whole files (file.c) and text (text.c).
 *
 * Once something was added, a NUL that is not counted stands after the last byte, so that text can be read as a string.
 */
#ifndef HUFU_BASE_BUF_H
#define HUFU_BASE_BUF_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hf_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max; /* 0: HF_BUF_DEFAULT_MAX */
	bool wiped; /* what it held is wiped where it grew out of, and when it is done */
};
#define HF_BUF_DEFAULT_MAX ((size_t)64 << 20)
#define HF_BUF_INIT                                                                                                    \
	{                                                                                                              \
		NULL, 0, 0, 0, false                                                                                   \
	}

void hf_buf_init(struct hf_buf *b, size_t max);
void hf_buf_done(struct hf_buf *b);  /* frees; usable as HF_CLEANUP(hf_buf_done) */
void hf_buf_clear(struct hf_buf *b); /* keeps the memory */
/* Makes room for more bytes after len. False when max would be exceeded. Memory that is gone aborts. */
bool hf_buf_reserve(struct hf_buf *b, size_t more);
/* False when max would be exceeded; the buffer is then unchanged. */
bool hf_buf_add(struct hf_buf *b, const void *data, size_t len);
bool hf_buf_addf(struct hf_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Hands the bytes over to the caller (free()); never NULL. */
uint8_t *hf_buf_take(struct hf_buf *b, size_t *ret_len);

/* Borrowed bytes. */
struct hf_bytes {
	const uint8_t *data;
	size_t len;
};

/* Big-endian numbers, for keys and blocks. */
static inline void hf_put_u64(uint8_t out[8], uint64_t v)
{
	v = htobe64(v);
	memcpy(out, &v, sizeof(v));
}
static inline uint64_t hf_get_u64(const uint8_t in[8])
{
	uint64_t v;

	memcpy(&v, in, sizeof(v));
	return be64toh(v);
}
static inline void hf_put_u32(uint8_t out[4], uint32_t v)
{
	v = htobe32(v);
	memcpy(out, &v, sizeof(v));
}
static inline uint32_t hf_get_u32(const uint8_t in[4])
{
	uint32_t v;

	memcpy(&v, in, sizeof(v));
	return be32toh(v);
}

/* Whole files, bounded. */
#include "base/err.h"
/* Replaces what out holds. HF_E_UNKNOWN: no such file; HF_E_LIMIT: over max or out's own cap; HF_E_IO. */
enum hf_err hf_file_read(const char *path, size_t max, struct hf_buf *out) HF_MUST_CHECK;
/* Says in f what hf_file_read met: no such file, too large, not readable; each with the way out. Returns e. */
enum hf_err hf_file_fault(struct hf_fault *f, enum hf_err e, const char *path, size_t max);
/* Temporary file beside path, fsync, rename, fsync of the folder. HF_E_NO_SPACE or HF_E_IO; path is then as it was. */
enum hf_err hf_file_write(const char *path, const void *data, size_t len, unsigned mode) HF_MUST_CHECK;
/* Makes the names in a folder durable, or in the one that path is in. HF_E_NO_SPACE or HF_E_IO, errno says why. */
enum hf_err hf_folder_sync(const char *folder) HF_MUST_CHECK;
/* To a new file (EXISTS), or over the bytes of the one that is there, which keeps its place; durable. UNKNOWN: from is
 * not there. */
enum hf_err hf_file_copy(const char *from, const char *to, unsigned mode, bool over) HF_MUST_CHECK;
enum hf_err hf_folder_sync_of(const char *path) HF_MUST_CHECK;

/* UTF-8 without NUL and control characters except LF and TAB; at most max bytes. */
bool hf_text_ok(const char *text, size_t len, size_t max);
/* Columns a terminal needs for the text (East Asian wide = 2). */
size_t hf_text_width(const char *text);

/* The largest length <= max (max bytes must be readable) that does not cut a character apart (crypto/utf8.h reads
 * them). */
size_t hf_utf8_cut(const char *text, size_t max);
/* Puts one '?' where bytes stand that are no character, such as the half that "%.40s" left. */
void hf_utf8_mend(char *text);

#endif
