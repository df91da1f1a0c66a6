/*
 * report_job.h - the worker's half of an audit report: reads the ledger under one checkpoint and writes the file. For
 * this folder only.
 */
#ifndef HUFU_LEDGER_REPORT_JOB_H
#define HUFU_LEDGER_REPORT_JOB_H

#include "ledger/book.h"
#include "ledger/report_write.h"

struct hf_report_job {
	struct hf_job job; /* first */
	void *owner;       /* report.c */
	/* Set before it runs. */
	struct hf_id id;
	struct hf_report_filter filter;
	enum hf_report_format format;
	char account[HF_NAME_MAX + 1], node[HF_NAME_MAX + 1], space[HF_ORIGIN_MAX + 1];
	char dir[640]; /* DIR/reports */
	int64_t made_ms, keep_until_ms;
	struct hf_snapshot *snapshot; /* renewed while it reads */
	struct hf_rows rows;
	struct hf_place place;
	struct hf_buf note;    /* the checkpoint it is read under; empty: none is signed yet */
	struct hf_worth worth; /* of that */
	uint64_t size;         /* entries to read; without a checkpoint those that are there */
	/* Both threads. */
	atomic_bool cancel;
	atomic_uint_fast64_t done;
	/* Result. */
	enum hf_err err;
	char text[200];
	uint64_t bytes, listed, erased, unreadable, first, last;
	struct hf_hash digest, root;
};
/* hf_job.work. */
void hf_report_work(struct hf_job *job);
void hf_report_path(const char *dir, const struct hf_id *id, enum hf_report_format format, char *out, size_t cap);
bool hf_report_matches(const struct hf_report_filter *f, const Hufu__EntryOpening *o);

/* report_file.c: checks and opens the file of a report; end.fn is called once, on the loop. e: what is wrong already.
 */
struct hf_report_ending {
	hf_report_file_fn fn;
	void *ctx;
};
void hf_report_file_job(struct hf_ledger *l, const char *dir, const struct hf_report_view *v, enum hf_err e,
                        const struct hf_report_ending *end);

#endif
