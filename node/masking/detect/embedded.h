/*
 * embedded.h - sensitive values inside a longer text: in a free-text field, a log line, a file that is no table.
 */
#ifndef HUFU_MASKING_DETECT_EMBEDDED_H
#define HUFU_MASKING_DETECT_EMBEDDED_H

#include "masking/detector.h"

struct hf_embedded {
	size_t at, len; /* in the text */
	const struct hf_detector *detector;
};
/* The first value from `from` on whose check is valid and that does not continue to the left or right; false: none.
 * Nothing behind len is read. */
bool hf_embedded_next(const uint8_t *text, size_t len, size_t from, const struct hf_detect_tables *t,
                      struct hf_embedded *ret_hit);

#endif
