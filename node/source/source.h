/*
 * source.h - registered data sources and how they are read. An adapter is one file and one row in adapters.c;
 * long because everything that is done with a source is asked for here.
 */
#ifndef HUFU_SOURCE_SOURCE_H
#define HUFU_SOURCE_SOURCE_H

#include <jansson.h>

#include "crypto/hash.h"
#include "evidence/node_keys.h"
#include "store/store.h"

struct hf_sources;
enum hf_err hf_sources_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                            struct hf_sources **ret_sources, struct hf_fault *f) HF_MUST_CHECK;
/* For the whole reading of a database: 0 seconds: an hour; 0 bytes: as fast as they come. Before anything is read. */
struct hf_database_limits {
	uint32_t seconds;
	uint64_t bytes_per_second;
};
void hf_sources_set_limits(struct hf_sources *s, const struct hf_database_limits *limits);
void hf_sources_close(struct hf_sources *s);

/* What a transfer is bound to: if any of it differs later, the source has changed. */
struct hf_source_stamp {
	uint64_t bytes, inode;
	int64_t mtime_ns;
};
static inline bool hf_source_stamp_same(const struct hf_source_stamp *a, const struct hf_source_stamp *b)
{
	return a->bytes == b->bytes && a->inode == b->inode && a->mtime_ns == b->mtime_ns;
}
enum hf_class_state { HF_CLASS_UNSEEN = 0, HF_CLASS_PROPOSED, HF_CLASS_CONFIRMED, HF_CLASS_DOUBTED };
#define HF_KIND_MAX 64
/* What a field holds; classify.h. */
struct hf_field_class {
	enum hf_class_state state;
	char kind[HF_KIND_MAX];        /* proposed, or as a person said; "": not sensitive */
	char data_class[16];           /* "general", "personal", "important", "core", "none" */
	uint32_t level;                /* 1 to 4 */
	char technique[16];            /* that masks it when nothing else is said */
	char found[HF_KIND_MAX];       /* what the newest look found; "": nothing */
	uint32_t confidence, by;       /* of that, in a thousand; bits of enum hf_found_by */
	bool mixed;                    /* in some of the values only */
	uint64_t values, valid, shape; /* of the sample */
	char confirmed_by[HF_NAME_MAX + 1];
	int64_t confirmed_ms;
};
#define HF_COMMENT_MAX 255u /* bytes of a comment */
struct hf_source_field {
	char name[128];
	char type[16]; /* string, integer, number, date, datetime, boolean */
	uint64_t nulls;
	struct hf_field_class class;
	char comment[HF_COMMENT_MAX + 1]; /* what people say it is; "": nothing is said */
	uint64_t distinct;                /* different values that are not empty, about */
};
#define HF_SOURCE_SECRET_MAX 160u
struct hf_source_box { /* a secret under the node's key; len 0: none */
	uint32_t len;
	uint8_t b[HF_SOURCE_SECRET_MAX + 40];
};
#define HF_SOURCE_QUERY_MAX 2000u
#define HF_SOURCE_PARAMETERS_MAX 600u
#define HF_LOOK_ROWS 10000u       /* that are looked at unless something else is said, */
#define HF_LOOK_ROWS_MAX 1000000u /* and at most */
#define HF_SOURCE_RATE_MAX ((int64_t)1 << 40)
struct hf_source_view {
	char name[HF_NAME_MAX + 1];
	char kind[16];                       /* "csv", "jsonl", "sqlite", "postgresql" */
	char path[512];                      /* of PostgreSQL: its URI, without a password */
	char table[130];                     /* of a database: "table", "schema.table" */
	char query[HF_SOURCE_QUERY_MAX + 1]; /* of a database: SQL whose result is the table (query.h); "": `table` */
	char parameters[HF_SOURCE_PARAMETERS_MAX + 1]; /* of the query: fields with commas between them; "": none */
	char department[HF_NAME_MAX + 1];
	bool enabled;
	uint64_t bytes, rows; /* of the table as CSV, from the scan; rows 0 when not scanned */
	uint64_t look_rows;   /* wish for a scan: rows in which kinds are looked for; 0: HF_LOOK_ROWS */
	uint64_t most_rows;   /* the scan read no more, and nothing but these is known: nobody reads it; 0: the whole */
	uint64_t looked_rows; /* of the scan; 0: nobody looked */
	uint64_t bytes_per_second, rows_per_second; /* that a scan reads at most; 0: as they come */
	size_t field_count;
	struct hf_source_field *fields; /* free with hf_source_view_done */
	struct hf_source_stamp stamp;   /* of the file that was scanned, as it is kept, */
	struct hf_hash digest;          /* and its SHA-256; zero: scanned before it was kept */
	struct hf_hash cells;           /* SHA-256 of the table's cells, whatever it is kept in; zero as above */
	int64_t scanned_ms, registered_ms;
	char registered_by[HF_NAME_MAX + 1];
	struct hf_id derivation;         /* the data is what was derived here under this id; zero: it is not derived */
	struct hf_id masked;             /* the masking task whose result the data is; zero: none */
	char masked_of[HF_NAME_MAX + 1]; /* the source that it was made from */
	struct hf_source_box password;   /* of a database */
	struct hf_id copy;               /* of what the last scan read of it, in the node's folder; zero: none */
	struct hf_source_box copy_key;
	char comment[HF_COMMENT_MAX + 1]; /* on the table */
	/* Wish for a scan, lent: {"comment": TEXT, "fields": {NAME: TEXT}}, evidence for kinds; NULL: as they were. */
	const json_t *about;
};
/* Is it of that form, and no longer than can be kept? */
enum hf_err hf_source_about_check(const json_t *about, struct hf_fault *f) HF_MUST_CHECK;
void hf_source_view_done(struct hf_source_view *v);
enum hf_err hf_source_get(struct hf_sources *s, const char *name, struct hf_source_view *ret_view) HF_MUST_CHECK;
/* Every registered source in order of the name; false stops. The view is valid during the call. */
enum hf_err hf_sources_list(struct hf_sources *s, bool (*fn)(void *ctx, const struct hf_source_view *v),
                            void *ctx) HF_MUST_CHECK;

/* Registering is two steps: scan what is to be registered (name, kind, path, department of v, which is copied), then
 * put the view that the scan filled in. The scan runs in the worker pool; fn is called once on the loop, with CANCELLED
 * after hf_sources_close. It finds fields, types, rows, bytes, nulls, and what the fields may hold (classify.h); a file
 * that is not a sound table of its kind is refused with the row that is wrong. */
typedef void (*hf_source_scan_fn)(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f);
void hf_source_scan(struct hf_sources *s, const struct hf_source_view *v, hf_source_scan_fn fn, void *ctx);
/* What the scan left of a view that is not put after all. */
void hf_source_discard(struct hf_sources *s, const struct hf_source_view *v);
/* Puts the password of a database into v, as it is named and placed by then. Before check and scan. */
enum hf_err hf_source_password(struct hf_sources *s, struct hf_source_view *v, const char *password,
                               struct hf_fault *f) HF_MUST_CHECK;
/* Are name, kind, place and department well formed? Before a scan. */
enum hf_err hf_source_check(struct hf_sources *s, const struct hf_source_view *v, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_source_put(struct hf_sources *s, struct hf_unit *unit, const struct hf_source_view *v,
                          struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_source_remove(struct hf_sources *s, struct hf_unit *unit, const char *name,
                             struct hf_fault *f) HF_MUST_CHECK;
/* STATE: only so many rows of it were ever read. */
enum hf_err hf_source_whole(const struct hf_source_view *v, struct hf_fault *f) HF_MUST_CHECK;
/* Can it be read now, and is it still what was scanned? SOURCE_CHANGED when it is not. */
enum hf_err hf_source_test(struct hf_sources *s, const char *name, struct hf_fault *f) HF_MUST_CHECK;

struct hf_source_reader; /* one open source; used by one thread at a time */
struct hf_source_choice {
	const char *const *fields; /* NULL or none: all */
	size_t field_count;
	const char *rows; /* conditions (readers/csv_filter.h); NULL or "": every row */
	bool text;        /* in UTF-8, also when the source is written in GB18030: for whoever masks its values */
};
/* As hf_source_open; of the rows those that meet the conditions, before fields are chosen: a condition may be on a
 * field that is not given (SB-60). ARGUMENT, WRONG_FIELDS: conditions that do not fit the source. */
enum hf_err hf_source_choose(struct hf_sources *s, const char *name, const struct hf_source_choice *c,
                             struct hf_source_reader **ret_reader, struct hf_fault *f) HF_MUST_CHECK;
/* Do the conditions fit the source as it was scanned? */
enum hf_err hf_source_rows_check(const struct hf_source_view *v, const char *rows, struct hf_fault *f) HF_MUST_CHECK;
/* The bytes are a table of RFC 4180 with a header, whatever the source is kept in. fields NULL, empty, or all fields
 * that there are: the whole; of a CSV file its bytes as they are. Otherwise only these, in the order of the source,
 * with the same line ends. A source that is disabled or not registered is refused. Loop thread. */
enum hf_err hf_source_open(struct hf_sources *s, const char *name, const char *const *fields, size_t field_count,
                           struct hf_source_reader **ret_reader, struct hf_fault *f) HF_MUST_CHECK;
/* All of it, of a view that a scan filled in and that is not put yet. Loop thread. */
enum hf_err hf_source_open_scanned(struct hf_sources *s, const struct hf_source_view *v,
                                   struct hf_source_reader **ret_reader, struct hf_fault *f) HF_MUST_CHECK;
void hf_source_reader_close(struct hf_source_reader *r);
/* As it is at this moment: equal to what it was after open as long as nobody writes to the file. Any thread. */
void hf_source_reader_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp);
/* Bytes of the output when they are known beforehand and can be read from any place (a whole CSV file), else 0. */
uint64_t hf_source_reader_bytes(const struct hf_source_reader *r);
/* Fills up to cap bytes of the output at offset. Readers that say their bytes may be asked for any offset, also in
 * parallel from several threads; the others, which make them, only in rising order (an earlier offset starts again from
 * the top). ret_len < cap only at the end; an offset behind the end is UNKNOWN. Pure: any worker. */
enum hf_err hf_source_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap,
                           size_t *ret_len) HF_MUST_CHECK;
/* What is wrong with the data, after an error of such a reader; "": the error says it all. Names the source's place:
 * for this node's people. */
const char *hf_source_reader_why(const struct hf_source_reader *r);
/* Data rows without the header. Whole file: as scanned, or 0 when the file is no longer what was scanned. Made: those
 * given out or ready so far, all of them once the end was reached. */
uint64_t hf_source_reader_rows(const struct hf_source_reader *r);

#endif
