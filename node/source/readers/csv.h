/*
 * csv.h - RFC 4180 tables with a header record: splitting, scanning (types, rows, nulls), checking, choosing columns.
 *
 * Pure and streaming: bytes go in piece by piece in order, memory stays bounded by the longest record allowed, whatever
 * the size of the table; records that lie whole in the caller's bytes are not copied. Any encoding goes in which a
 * comma, a quote and a line end are the bytes of ASCII and part of no other character (UTF-8, GB18030: recode.h). Line
 * ends are LF or CR LF, also mixed (at the end of the table a CR alone too); a CR elsewhere is data. A quote may stand
 * only around a whole field; inside it is doubled. A field is null when it is empty and not quoted. The last record may
 * lack its line end. A UTF-8 byte order mark before the header is skipped. Any thread, one object on one thread at a
 * time.
 */
#ifndef HUFU_SOURCE_READERS_CSV_H
#define HUFU_SOURCE_READERS_CSV_H

#include "base/buf.h"
#include "base/limits.h"

#define HF_CSV_RECORD_MAX (1u << 20)   /* bytes of one record, hence of one field, unless hf_csv_allow says more */
#define HF_CSV_RECORD_MOST (16u << 20) /* what it may say */
#define HF_CSV_FIELDS_MAX HF_MAX_FIELDS
#define HF_CSV_NAME_MAX 127u /* bytes of a column's name */

enum hf_csv_defect {
	HF_CSV_GOOD = 0,
	HF_CSV_QUOTE,    /* a quote inside an unquoted field, or text behind a closing quote */
	HF_CSV_UNCLOSED, /* the table ends inside quotes */
	HF_CSV_LONG,     /* a record longer than is allowed */
	HF_CSV_MANY,     /* more than HF_CSV_FIELDS_MAX fields */
	HF_CSV_WIDTH,    /* a record that has not as many fields as the header */
	HF_CSV_HEADER,   /* no header, or a name in it is empty, too long, not UTF-8, or there twice */
	HF_CSV_COLUMN,   /* a wanted column is not in the header */
	HF_CSV_STOPPED,  /* the callback said so */
	HF_CSV_TYPE,     /* a value is not of the type that its column must have */
};
/* Half a sentence: "a quote stands inside an unquoted field". */
const char *hf_csv_defect_text(enum hf_csv_defect d);

/* Splitting. */
#define HF_CSV_SLACK 32u /* bytes behind a field that may be read (not used) */
struct hf_csv_place {
	uint64_t record; /* the header is 0 */
	uint64_t line;   /* from 1; a record has several when it has line ends within quotes */
	uint64_t byte;   /* from 0 */
};
struct hf_csv_field {
	const uint8_t *data; /* as it stands, with its quotes */
	uint32_t len;
	bool quoted;
};
struct hf_csv_record {
	const struct hf_csv_field *fields;
	size_t field_count;
	const uint8_t *line_end; /* "\n", "\r\n"; at the end of the table also "\r" or nothing */
	size_t line_end_len;
	uint64_t number; /* the header is 0 */
	uint64_t byte;   /* place in the table of its first byte */
};
/* The record is valid during the call. False stops. */
typedef bool (*hf_csv_record_fn)(void *ctx, const struct hf_csv_record *r);

struct hf_csv;
struct hf_csv *hf_csv_new(hf_csv_record_fn fn, void *ctx);
void hf_csv_free(struct hf_csv *c);
/* Calls fn for each record that is complete. Anything but GOOD is final. */
enum hf_csv_defect hf_csv_feed(struct hf_csv *c, const void *data, size_t len);
enum hf_csv_defect hf_csv_end(struct hf_csv *c);
uint64_t hf_csv_records(const struct hf_csv *c); /* complete ones so far, the header too */
/* Before the first feed: records of up to so many bytes, at most HF_CSV_RECORD_MOST. */
void hf_csv_allow(struct hf_csv *c, size_t record_max);
/* After a defect: where it is; QUOTE, UNCLOSED and MANY exactly, the others by the record's first byte. Else where the
 * next record begins. */
void hf_csv_where(const struct hf_csv *c, struct hf_csv_place *ret_place);
bool hf_csv_value(const struct hf_csv_field *f, struct hf_buf *out); /* without its quotes; false when out is full */
char **hf_csv_names(const struct hf_csv_record *rec); /* a header's values as C texts; free each, and the array */

/* Types, by the narrowest that fits every value that is not null. */
enum hf_csv_type {
	HF_CSV_UNSEEN = 0, /* nulls only */
	HF_CSV_BOOLEAN,    /* true, false in any case */
	HF_CSV_INTEGER,    /* at most 18 digits, no leading zeros */
	HF_CSV_NUMBER,     /* decimal, with or without an exponent */
	HF_CSV_DATE,       /* 2026-11-22 */
	HF_CSV_DATETIME,   /* 2026-11-22 08:15[:30[.5]][Z|+08:00], with a space or a T */
	HF_CSV_STRING,
};
const char *hf_csv_type_name(enum hf_csv_type t); /* "string" for UNSEEN too */
enum hf_csv_type hf_csv_type_of(const void *value, size_t len);
/* Whether the bytes of a field without quotes, from a record that is handed out, are of that type. */
bool hf_csv_field_fits(enum hf_csv_type t, const struct hf_csv_field *f);
/* The type of a column in which one more value was seen. */
enum hf_csv_type hf_csv_type_join(enum hf_csv_type column, const void *value, size_t len);

/* Scanning: what a source holds. */
struct hf_csv_column {
	char name[HF_CSV_NAME_MAX + 1];
	enum hf_csv_type type;
	uint64_t nulls;
};
struct hf_csv_scan;
struct hf_csv_scan *hf_csv_scan_new(void);
/* Before the first feed: appends to out, which the caller empties, what makes a table the same however it is written:
 * the number of columns, then each cell of header and rows, its length (u32, big-endian) and its value; nulls are
 * empty. */
void hf_csv_scan_cells(struct hf_csv_scan *s, struct hf_buf *out);
void hf_csv_scan_free(struct hf_csv_scan *s);
enum hf_csv_defect hf_csv_scan_feed(struct hf_csv_scan *s, const void *data, size_t len);
enum hf_csv_defect hf_csv_scan_end(struct hf_csv_scan *s);
/* Without the header. After a defect: the number of the record that has it (0: the header). */
uint64_t hf_csv_scan_rows(const struct hf_csv_scan *s);
void hf_csv_scan_where(const struct hf_csv_scan *s, struct hf_csv_place *ret_place);
/* Columns of the header; valid while s lives. */
const struct hf_csv_column *hf_csv_scan_columns(const struct hf_csv_scan *s, size_t *ret_count);

/* Checking, for the receiving side: counts and goes on whatever it finds; several bytes a cycle without quotes. */
struct hf_csv_check;
struct hf_csv_verdict {
	uint64_t bytes, rows; /* rows without the header */
	uint64_t wrong_width; /* rows that have not as many fields as the header */
	uint64_t first_wrong; /* number of the first of them, from 1; 0: none */
	enum hf_csv_defect
	        defect;      /* the first defect other than a wrong width; what is counted after it means nothing */
	uint64_t defect_row; /* 0: the header */
	size_t column_count; /* 0 while the header is not complete */
	const char *const *names;
	const uint64_t *nulls; /* per column */
};
struct hf_csv_check *hf_csv_check_new(void);
void hf_csv_check_free(struct hf_csv_check *c);
void hf_csv_check_feed(struct hf_csv_check *c, const void *data, size_t len);
/* Ends the last record when its line end is missing. Nothing may be fed afterwards. */
void hf_csv_check_end(struct hf_csv_check *c);
/* Pointers are valid until the next call with c. */
void hf_csv_check_verdict(const struct hf_csv_check *c, struct hf_csv_verdict *ret_verdict);

/* Choosing columns: the same table with these columns only, in the order of the table, quotes and line ends as they
 * were. */
struct hf_csv_project;
/* No table of so many bytes gives more than these, whatever has to be quoted. */
uint64_t hf_csv_project_most(uint64_t bytes);
struct hf_csv_project *hf_csv_project_new(const char *const *fields, size_t count);
/* Before the first feed: each value of these columns (by name; UNSEEN: any) that is not null must be of that type. */
void hf_csv_project_expect(struct hf_csv_project *p, const struct hf_csv_column *columns, size_t count);
void hf_csv_project_free(struct hf_csv_project *p);
/* Appends to out, which must have room for len + HF_CSV_RECORD_MAX bytes. */
enum hf_csv_defect hf_csv_project_feed(struct hf_csv_project *p, const void *data, size_t len, struct hf_buf *out);
enum hf_csv_defect hf_csv_project_end(struct hf_csv_project *p, struct hf_buf *out);
uint64_t hf_csv_project_rows(const struct hf_csv_project *p); /* given, without the header */
void hf_csv_project_where(const struct hf_csv_project *p, struct hf_csv_place *ret_place);

#endif
