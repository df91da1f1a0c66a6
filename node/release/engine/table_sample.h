/*
 * table_sample.h - the first rows of a table, as they come, in codes: for the detectors, and for what comes back.
 * Bounded memory, wiped at the end. Any thread, one at a time.
 */
#ifndef HUFU_RELEASE_TABLE_SAMPLE_H
#define HUFU_RELEASE_TABLE_SAMPLE_H

#include "masking/demand.h"
#include "masking/identify.h"
#include "source/readers/csv.h"

struct release_sample {
	uint64_t most;       /* rows */
	uint64_t bytes_most; /* of their values; 0: any number */
	uint64_t cells_most; /* 0: any number */
	uint64_t bytes;
	bool detect;  /* x is wanted */
	char **names; /* of the columns; width 0: no header yet */
	size_t width;
	struct hf_identify *x;
	struct hf_effect_table *codes;
	bool full; /* it has as many rows as it may, or holds no more */
	bool bad;  /* it is no table */
	struct hf_bytes *cells;
	struct hf_buf values;
	struct hf_csv *csv;
};
void release_sample_begin(struct release_sample *s, uint64_t most, bool detect);
/* The next bytes of the table; the last ones are followed by the end. False: it wants no more. */
bool release_sample_feed(struct release_sample *s, const void *data, size_t len);
bool release_sample_end(struct release_sample *s); /* false: it is no table */
/* It ended before the table did: at a bound, or where it is no table any more. */
bool release_sample_part(const struct release_sample *s);
void release_sample_done(struct release_sample *s);
struct hf_demand_table release_sample_named(const struct release_sample *s);

#endif
