/*
 * report_write.h - an audit report as text for people, as CSV for programs, as HTML for paper.
 *
 * What stands in a record was written by whoever the record is about: no value may become a line, a formula, a tag or a
 * field of its own. Text: every value stands on one line. CSV: RFC 4180 with a byte order mark, every record of the
 * same columns, no field that a table program would take for a formula. HTML: one page that loads nothing and runs
 * nothing. Values that are not text are shown in hex. For this folder and its tests.
 */
#ifndef HUFU_LEDGER_REPORT_WRITE_H
#define HUFU_LEDGER_REPORT_WRITE_H

#include "base/buf.h"
#include "base/events.h"
#include "crypto/hash.h"
#include "ledger/report.h"

struct hf_report_row {
	uint64_t index;
	int64_t time_ms;
	enum hf_event_class event_class;
	struct hf_hash leaf;                   /* RFC 6962 leaf hash of the entry: its place in the tree */
	struct hf_bytes field[HF_FIELD_LIMIT]; /* .data NULL: not there */
	bool erased;                           /* the entry stands, its content is gone */
};
struct hf_report_fact {
	const char *name, *text; /* text may have many lines */
};

/* Goes to fd and into the digest; memory stays below one row and HF_REPORT_PIECE. After an error nothing more is
 * written. */
#define HF_REPORT_PIECE (64u << 10)
struct hf_report_out {
	enum hf_report_format format;
	int fd;
	struct hf_sha256 *digest; /* NULL: none */
	struct hf_buf buf;
	uint64_t bytes;
	enum hf_err err; /* NO_SPACE or IO */
};
/* title: of the whole report. */
void hf_report_head(struct hf_report_out *o, const char *title, const struct hf_report_fact *facts, size_t count);
void hf_report_row(struct hf_report_out *o, const struct hf_report_row *r);
void hf_report_tail(struct hf_report_out *o);
/* Copies the rest of a file. */
void hf_report_copy(struct hf_report_out *o, int from);
void hf_report_flush(struct hf_report_out *o);

#endif
