/*
 * json_value.h - the values of JSON in one line of text; for this folder only.
 */
#ifndef HUFU_SOURCE_READERS_JSON_VALUE_H
#define HUFU_SOURCE_READERS_JSON_VALUE_H

#include "source/readers/jsonl.h"

/* Advances over what is read; after a defect `at` is where it is. */
struct hf_json_text {
	const uint8_t *at, *end;
};
/* Passes over spaces. */
bool hf_json_at_end(struct hf_json_text *t);
/* Passes over spaces, then over c when it stands there. */
bool hf_json_take(struct hf_json_text *t, uint8_t c);
/* A string. Without escapes ret_value points into the text, else into decoded, which has room and does not move. */
enum hf_jsonl_defect hf_json_string(struct hf_json_text *t, struct hf_buf *decoded, struct hf_bytes *ret_value);
/* Sets value and kind of the cell. */
enum hf_jsonl_defect hf_json_value(struct hf_json_text *t, struct hf_buf *decoded, struct hf_jsonl_cell *cell);

#endif
