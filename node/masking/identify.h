/*
 * identify.h - which fields of a table are sensitive: evidence from names, comments, the table's name and a bounded
 * sample of its content, joined into one finding per field.
 *
 * The caller reads the rows and says how many; what is not given is not looked at (MK-18). No value is kept: only
 * counts, and hashes of values under a key that lives as long as the object. Every field ends with a finding or is not
 * sensitive as far as the sample shows (MK-15). Pure; one object on one thread at a time.
 */
#ifndef HUFU_MASKING_IDENTIFY_H
#define HUFU_MASKING_IDENTIFY_H

#include "base/buf.h"
#include "base/limits.h"
#include "masking/detector.h"
#include "masking/sketch.h"

struct hf_rules; /* rules.h */

struct hf_named_field {
	const char *name, *comment; /* comment may be NULL */
};
struct hf_identify_options {
	const char *table, *table_comment; /* NULL: not known */
	bool shape_only;                   /* codes without a valid check digit count: they exist in practice */
	struct hf_rules *rules;            /* of the user, lent; NULL: none */
	const uint8_t *key;                /* 16 bytes for the sketches of tables to be compared; NULL: a random one */
};

enum hf_found_by { HF_BY_CONTENT = 1, HF_BY_NAME = 2, HF_BY_COMMENT = 4, HF_BY_TABLE = 8, HF_BY_RULE = 16 };

struct hf_finding {
	const struct hf_detector *detector; /* NULL: nothing found */
	unsigned by;                        /* bits of enum hf_found_by */
	bool mixed;                         /* in some of the values only */
	double confidence;                  /* 0 to 1 */
	uint64_t valid, shape;              /* values of the sample */
};
struct hf_field_finding {
	const char *name;
	uint64_t values, nulls; /* of the sample; a null is an empty value */
	uint64_t numbers;       /* values of digits, points and signs only */
	bool repeated;          /* a value came twice, or there are more than can be told */
	struct hf_finding best, second;
	const struct hf_sketch *sketch; /* of the values */
	const struct hf_unique *unique; /* all of them, unless repeated */
};

struct hf_identify;
/* The fields' texts are copied. count is at most HF_MAX_FIELDS. */
struct hf_identify *hf_identify_new(const struct hf_identify_options *o, const struct hf_named_field *fields,
                                    size_t count);
/* Waits for no detector: whoever shares the rules with others settles before. */
void hf_identify_free(struct hf_identify *x);
/* One row; a cell has HF_CELL_SLACK readable bytes behind it when padded says so. Cells beyond the fields are passed
 * over. */
void hf_identify_row(struct hf_identify *x, const struct hf_bytes *cells, size_t count, bool padded);
/* The same without rules, sketches and free text in long values: triage and checks only, for watching a stream. */
void hf_identify_watch(struct hf_identify *x, const struct hf_bytes *cells, size_t count);
/* After the rows: SCANNER when a detector of the user failed, which is named; then there are no findings. */
enum hf_err hf_identify_settle(struct hf_identify *x, struct hf_fault *f) HF_MUST_CHECK;
/* After the rows, which settle was asked about if there are rules. Valid until x is freed. */
const struct hf_field_finding *hf_identify_findings(struct hf_identify *x, size_t *ret_count);
uint64_t hf_identify_rows(const struct hf_identify *x);

#endif
