/*
 * recode.h - the encoding of a text: telling UTF-8 from GB18030, and turning GB18030 (GBK, GB 2312) into UTF-8.
 *
 * Streaming, in bounded memory: a character that a piece cuts apart waits for the next. Nothing is replaced: bytes that
 * are no character of the encoding are an error with their place. Any thread, one object on one thread at a time.
 */
#ifndef HUFU_SOURCE_READERS_RECODE_H
#define HUFU_SOURCE_READERS_RECODE_H

#include "base/buf.h"

enum hf_encoding { HF_ENCODING_UNKNOWN = 0, HF_ENCODING_UTF8, HF_ENCODING_GB18030 };
const char *hf_encoding_name(enum hf_encoding e);     /* "UTF-8", "GB18030", "unknown" */
enum hf_encoding hf_encoding_named(const char *name); /* in any case, "GBK" and "GB2312" too */
/* What the beginning of a text is written in: UTF-8 when it can be, else GB18030 when it can be. whole: nothing
 * follows, so a character that is cut off at the end counts against it. */
enum hf_encoding hf_encoding_guess(const void *text, size_t len, bool whole);

struct hf_recode;
/* NULL: this machine's C library does not bring the conversion. */
struct hf_recode *hf_recode_new(enum hf_encoding from);
void hf_recode_free(struct hf_recode *r);
/* From now on UTF-8 is checked, too; else it goes through as it is. */
void hf_recode_check(struct hf_recode *r);
/* Appends UTF-8 to out, at most twice as long as data and what waited. False: bytes that are no character, or out is
 * full; final. A byte order mark becomes one of UTF-8. */
bool hf_recode_feed(struct hf_recode *r, const void *data, size_t len, struct hf_buf *out);
/* False: the text ends within a character. */
bool hf_recode_end(const struct hf_recode *r);
/* The place of the first byte that is not turned yet. */
uint64_t hf_recode_where(const struct hf_recode *r);

#endif
