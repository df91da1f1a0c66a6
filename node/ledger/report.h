/*
 * report.h - audit reports: entries of this node's own ledger by subject, object, period, event and outcome, read by a
 * worker under one checkpoint, whose root is recomputed from the entries on the way (DS-97 to DS-104, DS-127 to
 * DS-130).
 *
 * A finished report is a file in DIR/reports and a row of the store, written in one unit with the ledger entry that
 * states its digest. It is kept at least HF_REPORT_KEEP_DAYS: no setting and no command shortens that. A report goes
 * through every entry, however many there are: one entry is in memory at a time, and the snapshot is renewed while it
 * reads, so that the store can grow meanwhile. Loop thread.
 */
#ifndef HUFU_LEDGER_REPORT_H
#define HUFU_LEDGER_REPORT_H

#include "ledger/ledger.h"

#define HF_REPORT_KEEP_DAYS 184 /* six months, whichever */
#define HF_REPORT_WORD 256      /* of a filter, with its NUL */
#define HF_REPORTS_RUNNING 2u
#define HF_REPORTS_MAX 10000u
#define HF_REPORTS_BYTES ((uint64_t)8 << 30) /* of all that are kept: they cannot be deleted to make room */

enum hf_report_format { HF_REPORT_INVALID = 0, HF_REPORT_TEXT = 1, HF_REPORT_CSV = 2, HF_REPORT_HTML = 3 };
/* "text", "csv", "html"; NULL when unknown. */
const char *hf_report_format_name(enum hf_report_format f);
enum hf_report_format hf_report_format_find(const char *name);
const char *hf_report_type(enum hf_report_format f); /* of HTTP */

/* Empty or zero: everything. */
struct hf_report_filter {
	char subject[HF_REPORT_WORD]; /* the actor: "NODE/ACCOUNT", or NODE, or ACCOUNT */
	char object[HF_REPORT_WORD];  /* part of object or resource, or exactly a transaction, grant or application */
	char system[HF_REPORT_WORD];  /* business system that the entry names (MK-51) */
	bool masking;                 /* what masking and its preparation leave: steps, policy, plans, classification */
	char outcome[32];             /* "ok", "refused", "failed"; of alarms "raised" */
	enum hf_event event;
	int64_t from_ms, until_ms; /* from <= time < until */
};

enum hf_report_state {
	HF_REPORT_STATE_INVALID = 0,
	HF_REPORT_RUNNING,
	HF_REPORT_READY,
	HF_REPORT_FAILED, /* also cancelled; gone at the next start */
	HF_REPORT_LOST,   /* the row is there, the file is not */
};
const char *hf_report_state_name(enum hf_report_state s);

struct hf_report_view {
	struct hf_id id;
	enum hf_report_state state;
	enum hf_report_format format;
	char account[HF_NAME_MAX + 1];
	char filter[4 * HF_REPORT_WORD];
	uint64_t done, total; /* entries read, of how many; while it runs */
	int64_t made_ms, keep_until_ms;
	uint64_t bytes, entries, size; /* of the file; listed; of the ledger */
	uint64_t first, last;          /* lowest and highest index listed; where it is not known, of all read */
	struct hf_hash digest, root;
	bool witnessed;
	enum hf_err err; /* why it failed */
	char text[200];
};

struct hf_reports;
/* base, store and ledger outlive it. Makes DIR/reports, removes what a crash left half-written. */
enum hf_err hf_reports_open(const struct hf_base *base, struct hf_store *store, struct hf_ledger *ledger,
                            struct hf_reports **ret_reports, struct hf_fault *f) HF_MUST_CHECK;
/* Cancels what runs. Before the store is closed; memory goes when the workers have ended and the loop has run. */
void hf_reports_close(struct hf_reports *r);

/* Starts one. f: what is wrong with the filter, BUSY, QUOTA. */
enum hf_err hf_report_start(struct hf_reports *r, const struct hf_report_filter *filter, enum hf_report_format format,
                            const char *account, struct hf_id *ret_id, struct hf_fault *f) HF_MUST_CHECK;
/* UNKNOWN. */
enum hf_err hf_report_view(struct hf_reports *r, const struct hf_id *id, struct hf_report_view *ret) HF_MUST_CHECK;
/* STATE when it does not run. */
enum hf_err hf_report_cancel(struct hf_reports *r, const struct hf_id *id, struct hf_fault *f) HF_MUST_CHECK;
/* Newest first; false stops. */
typedef bool (*hf_report_fn)(void *ctx, const struct hf_report_view *v);
enum hf_err hf_report_list(struct hf_reports *r, hf_report_fn fn, void *ctx) HF_MUST_CHECK;
/* Does a kept file still hold what an erasure of these entries has taken from the ledger? By what is known of the file
 * without reading it: true, too, when a filter has left out those between its first and its last entry. */
bool hf_report_may_show(const struct hf_report_view *v, const struct hf_erasure_view *e);
/* The file, open for reading at its beginning, once a worker has held it against its digest: DIGEST when it was
 * altered, UNKNOWN when it is lost. fn is called once, not from inside; it takes the descriptor (-1 unless e is OK). */
typedef void (*hf_report_file_fn)(void *ctx, enum hf_err e, int take_fd, uint64_t bytes);
void hf_report_file(struct hf_reports *r, const struct hf_id *id, hf_report_file_fn fn, void *ctx);
/* Puts the deletion into the unit; the file goes after the commit. STATE while it is to be kept, by this node's clock
 * and by the witnesses' (DS-104, DS-129). */
enum hf_err hf_report_delete(struct hf_reports *r, struct hf_unit *unit, const struct hf_id *id,
                             struct hf_fault *f) HF_MUST_CHECK;

/* The filter in words: "subject transport/admin; from 2026-11-01T00:00:00.000Z". "all entries" for none. */
void hf_report_filter_text(const struct hf_report_filter *f, char out[4 * HF_REPORT_WORD]);

#endif
