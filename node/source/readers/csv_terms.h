/* csv_terms.h - the conditions of a filter, as csv_filter_parse.c reads them and csv_filter.c asks them; for these two
 * only. */
#ifndef HUFU_SOURCE_READERS_CSV_TERMS_H
#define HUFU_SOURCE_READERS_CSV_TERMS_H

#include "source/readers/csv_filter.h"

enum csv_comparison {
	CSV_NONE = 0,
	CSV_EQUAL,
	CSV_OTHER,
	CSV_LESS,
	CSV_AT_MOST,
	CSV_MORE,
	CSV_AT_LEAST,
	CSV_IN,
	CSV_NULL,
	CSV_NOT_NULL,
};
enum csv_literal { CSV_NO_LITERAL = 0, CSV_TEXT, CSV_NUMBER_LITERAL, CSV_TRUTH };

/* A number as it stands: its digits from the first that is not zero, the places of ten of that one. */
struct csv_decimal {
	bool negative;
	int64_t top;
	const uint8_t *at, *end; /* the same: zero; a point may stand between */
};
struct csv_moment {
	int64_t seconds;
	uint32_t nanoseconds;
	bool zone;
};
struct csv_value {
	enum csv_literal literal;
	char *text; /* owned */
	size_t len;
	struct csv_decimal decimal; /* of a number, */
	struct csv_moment moment;   /* or, once bound, of a time; points into text */
};
struct csv_term {
	char field[HF_CSV_NAME_MAX + 1];
	enum csv_comparison is;
	struct csv_value *values; /* owned */
	size_t value_count;
	enum hf_csv_type type; /* once bound */
	uint32_t column;       /* once the header is here */
};
struct hf_csv_filter {
	struct csv_term terms[HF_CSV_FILTER_TERMS];
	size_t term_count, value_count;
	struct hf_buf value; /* of a quoted cell */
};

/* Of bytes that are a number. */
void csv_decimal_read(const uint8_t *v, size_t len, struct csv_decimal *ret_d);

#endif
