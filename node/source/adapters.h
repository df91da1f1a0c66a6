/*
 * adapters.h - what a kind of source is. For this folder only.
 *
 * An adapter opens what it reads as the bytes of one CSV table with a header, which is what is scanned, sampled, masked
 * and delivered, whatever the data is kept in; fields are chosen behind it (project.h). It knows neither store nor
 * loop. One file and one row in adapters.c each.
 */
#ifndef HUFU_SOURCE_ADAPTERS_H
#define HUFU_SOURCE_ADAPTERS_H

#include <limits.h>

#include "source/pace.h"
#include "source/reader.h"

struct hf_source_home {
	char node_dir[PATH_MAX]; /* real path of the node's own folder, which no source may show */
	uint32_t read_seconds;   /* for the whole reading of a database */
	uint64_t read_rate;      /* bytes a second of it at most, also when its own rate is higher; 0: as they come */
	bool has_key;
	uint8_t key[32]; /* of boxes in rows (secret.h) */
};
struct hf_adapter {
	const char *kind;
	/* Are path, table and password of v well formed? NULL: v is a file. Loop thread. */
	enum hf_err (*check)(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_fault *f);
	/* Puts it into v, bound to name and path; NULL: it has none. */
	enum hf_err (*set_password)(const struct hf_source_home *home, struct hf_source_view *v, const char *password,
	                            struct hf_fault *f);
	/* Reads the data once, into a copy that the others read (copy.h), with its key in v; NULL: it is read where it
	 * is. As fast as pace allows; stops
	 * like `columns`. Any worker. */
	enum hf_err (*copy)(const struct hf_source_home *home, struct hf_source_view *v, struct hf_pace *pace,
	                    struct hf_fault *f);
	/* Could it be read again? Only with `copy`. Any worker. */
	enum hf_err (*probe)(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_pace *pace,
	                     struct hf_fault *f);
	/* Names the fields of v, whose path is given, and nothing else of them; NULL: the header says it. Stops with
	 * CANCELLED when pace says so. Any worker. */
	enum hf_err (*columns)(const struct hf_source_home *home, struct hf_source_view *v, struct hf_pace *pace,
	                       struct hf_fault *f);
	/* The stamp alone. */
	enum hf_err (*stamp)(const struct hf_source_home *home, const struct hf_source_view *v,
	                     struct hf_source_stamp *ret_stamp, struct hf_fault *f);
	/* The whole table, of which v knows the fields when there is `columns`. Opens and no more: loop thread. */
	enum hf_err (*open)(const struct hf_source_home *home, const struct hf_source_view *v,
	                    struct hf_source_reader **ret_reader, struct hf_fault *f);
	/* SHA-256 of the data as it is kept, when the table's bytes are not just that; NULL: they are. Any worker. */
	enum hf_err (*digest)(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_pace *pace,
	                      struct hf_hash *ret_digest);
};
const struct hf_adapter *hf_adapter_find(const char *kind); /* NULL: not offered */
const char *hf_adapter_kinds(void);                         /* "csv, jsonl, sqlite, postgresql, stream" */

extern const struct hf_adapter hf_adapter_csv, hf_adapter_jsonl, hf_adapter_sqlite, hf_adapter_postgresql,
        hf_adapter_stream;

/* jsonl_file.c: the lines of v's file between two places, which are ends of lines, as a table. Loop thread. */
enum hf_err hf_jsonl_open_lines(const struct hf_source_home *home, const struct hf_source_view *v, uint64_t from,
                                uint64_t to, struct hf_source_reader **ret_reader, struct hf_fault *f) HF_MUST_CHECK;
/* The same for the names of its fields. Any worker. */
enum hf_err hf_jsonl_columns_to(const struct hf_source_home *home, struct hf_source_view *v, uint64_t to,
                                struct hf_pace *pace, struct hf_fault *f) HF_MUST_CHECK;

/* scan.c: fills in bytes, rows, fields, digest and stamp of v. Stops with CANCELLED when pace says so. Any worker. */
enum hf_err hf_source_scan_now(const struct hf_adapter *a, const struct hf_source_home *home, struct hf_source_view *v,
                               struct hf_pace *pace, struct hf_fault *f) HF_MUST_CHECK;

#endif
