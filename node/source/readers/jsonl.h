/*
 * jsonl.h - JSON lines: one object a line, read as cells with a name and a value.
 *
 * Pure and streaming: memory stays bounded by the longest line. RFC 8259, strictly: UTF-8, no duplicate names, numbers
 * as they stand, no lone surrogates. A value that is an object or an array is checked and handed out as its text. Lines
 * of spaces only are passed over; a UTF-8 byte order mark before the first is too. Any thread, one object on one thread
 * at a time.
 */
#ifndef HUFU_SOURCE_READERS_JSONL_H
#define HUFU_SOURCE_READERS_JSONL_H

#include "base/buf.h"
#include "base/limits.h"

#define HF_JSONL_LINE_MAX (1u << 20)   /* bytes of a line, unless hf_jsonl_allow says more */
#define HF_JSONL_LINE_MOST (16u << 20) /* what it may say */
#define HF_JSONL_CELLS_MAX HF_MAX_FIELDS
#define HF_JSONL_DEPTH_MAX 64u

enum hf_jsonl_defect {
	HF_JSONL_GOOD = 0,
	HF_JSONL_SYNTAX,
	HF_JSONL_UTF8,
	HF_JSONL_OBJECT,    /* a line that is not an object */
	HF_JSONL_DEEP,      /* more than HF_JSONL_DEPTH_MAX levels */
	HF_JSONL_LONG,      /* a line over HF_JSONL_LINE_MAX, or what hf_jsonl_allow said */
	HF_JSONL_MANY,      /* more than HF_JSONL_CELLS_MAX members */
	HF_JSONL_DUPLICATE, /* a name is there twice */
	HF_JSONL_STOPPED,   /* the callback said so */
	HF_JSONL_NAME,      /* a name has a NUL, which no column's name may have */
};
/* Half a sentence: "a line is not an object". */
const char *hf_jsonl_defect_text(enum hf_jsonl_defect d);

enum hf_jsonl_kind {
	HF_JSONL_NULL = 1,
	HF_JSONL_BOOLEAN,
	HF_JSONL_NUMBER,
	HF_JSONL_STRING,
	HF_JSONL_NESTED, /* an object or an array, as its text */
};
struct hf_jsonl_cell {
	struct hf_bytes name, value; /* without quotes and escapes; NULL has an empty value */
	enum hf_jsonl_kind kind;
};
struct hf_jsonl_record {
	const struct hf_jsonl_cell *cells;
	size_t cell_count;
	uint64_t number; /* of the record, from 0 */
};
/* Valid during the call. False stops. */
typedef bool (*hf_jsonl_record_fn)(void *ctx, const struct hf_jsonl_record *r);

struct hf_jsonl;
struct hf_jsonl *hf_jsonl_new(hf_jsonl_record_fn fn, void *ctx);
void hf_jsonl_free(struct hf_jsonl *j);
/* Anything but GOOD is final. */
enum hf_jsonl_defect hf_jsonl_feed(struct hf_jsonl *j, const void *data, size_t len);
enum hf_jsonl_defect hf_jsonl_end(struct hf_jsonl *j);
uint64_t hf_jsonl_records(const struct hf_jsonl *j);
/* After a defect: its line, from 1, and byte in the text, from 0. */
void hf_jsonl_where(const struct hf_jsonl *j, uint64_t *ret_line, uint64_t *ret_byte);
/* Before the first feed: lines of up to so many bytes, at most HF_JSONL_LINE_MOST. */
void hf_jsonl_allow(struct hf_jsonl *j, size_t line_max);
/* The text is one number, or true or false, and nothing else. */
bool hf_jsonl_is(const struct hf_bytes *text, enum hf_jsonl_kind kind);

#endif
