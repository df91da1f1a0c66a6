#include "ledger/report.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/report_job.h"
#include "proto/codec.h"
#include "state_report.pb-c.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define WITNESS_MS 3000 /* a report waits so long for the newest entries to be cosigned */
#define FAILED_MAX 32u  /* remembered for those who ask what became of them */

/* A report that runs, or that came to nothing. */
struct running {
	struct running *next;
	struct hf_report_job *job; /* NULL: it has ended */
	struct hf_report_view view;
	struct hf_reports *owner;
};
struct hf_reports {
	const struct hf_base *base;
	struct hf_store *store;
	struct hf_ledger *ledger;
	char dir[640];
	struct running *first;
	unsigned refs; /* the owner and each job */
	bool closing;
};

const char *hf_report_format_name(enum hf_report_format f)
{
	static const char *const names[] = {NULL, "text", "csv", "html"};

	return (size_t)f < sizeof(names) / sizeof(names[0]) ? names[f] : NULL;
}

enum hf_report_format hf_report_format_find(const char *name)
{
	for (int f = HF_REPORT_TEXT; f <= HF_REPORT_HTML; f++)
		if (strcmp(name, hf_report_format_name((enum hf_report_format)f)) == 0)
			return (enum hf_report_format)f;
	return HF_REPORT_INVALID;
}

const char *hf_report_type(enum hf_report_format f)
{
	static const char *const types[] = {"application/octet-stream", "text/plain; charset=utf-8",
	                                    "text/csv; charset=utf-8; header=present", "text/html; charset=utf-8"};

	return (size_t)f < sizeof(types) / sizeof(types[0]) ? types[f] : types[0];
}

const char *hf_report_state_name(enum hf_report_state s)
{
	static const char *const names[] = {"unknown", "running", "ready", "failed", "lost"};

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : names[0];
}

void hf_report_filter_text(const struct hf_report_filter *f, char out[4 * HF_REPORT_WORD])
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];

	hf_time_text(f->from_ms, from);
	hf_time_text(f->until_ms, until);
	snprintf(out, 4 * HF_REPORT_WORD, "%s%s%s%s%s%s%s%s%s%s%s%s%s", f->masking ? "; masking" : "",
	         *f->system ? "; system " : "", f->system, *f->subject ? "; subject " : "", f->subject,
	         *f->object ? "; object " : "", f->object, *f->outcome ? "; outcome " : "", f->outcome,
	         f->event ? "; event " : "", f->event ? hf_event_name(f->event) : "", f->from_ms ? "; from " : "",
	         f->from_ms ? from : "");
	if (f->until_ms)
		snprintf(out + strlen(out), 4 * HF_REPORT_WORD - strlen(out), "; until %s", until);
	if (*out)
		memmove(out, out + 2, strlen(out + 2) + 1);
	else
		snprintf(out, 4 * HF_REPORT_WORD, "all entries");
}

/* ---- open and close ---- */

static void free_job(struct hf_report_job *j)
{
	hf_buf_done(&j->note);
	hf_rows_done(&j->rows);
	hf_snapshot_close(j->snapshot);
	free(j);
}

static void release(struct hf_reports *r)
{
	if (--r->refs > 0)
		return;
	while (r->first) {
		struct running *next = r->first->next;

		if (r->first->job) /* it still waited for the witnesses; the ledger forgets its waiters by itself */
			free_job(r->first->job);
		free(r->first);
		r->first = next;
	}
	free(r);
}

/* The id that a file's name begins with has a row. */
static bool has_row(struct hf_reports *r, const char *name)
{
	char text[HF_ID_TEXT];
	struct hf_id id;

	snprintf(text, sizeof(text), "%.36s", name);
	return hf_id_parse(text, &id) && name[HF_ID_TEXT - 1] == '.' &&
	       hf_store_has(r->store, HF_TABLE_REPORT, id.b, sizeof(id.b));
}

/* What ends in ".part", or has no row, was not finished by the process before: nobody was told of it. */
static void sweep(struct hf_reports *r)
{
	DIR *d = opendir(r->dir);

	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		size_t len = strlen(e->d_name);
		bool part = len > 5 && strcmp(e->d_name + len - 5, ".part") == 0;

		if (e->d_name[0] != '.' && (part || !has_row(r, e->d_name)))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

enum hf_err hf_reports_open(const struct hf_base *base, struct hf_store *store, struct hf_ledger *ledger,
                            struct hf_reports **ret_reports, struct hf_fault *f)
{
	struct hf_reports *r = hf_alloc_zero(sizeof(*r));
	struct stat st;

	r->base = base;
	r->store = store;
	r->ledger = ledger;
	r->refs = 1;
	snprintf(r->dir, sizeof(r->dir), "%s/reports", base->dir);
	mkdir(r->dir, 0700);
	if (lstat(r->dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		enum hf_err e = hf_fault_set(
		        f, HF_E_IO, "the folder %.500s cannot be made; let the node's folder belong to its user",
		        r->dir);

		free(r);
		return e;
	}
	sweep(r);
	*ret_reports = r;
	return HF_OK;
}

void hf_reports_close(struct hf_reports *r)
{
	if (!r)
		return;
	r->closing = true;
	for (struct running *x = r->first; x; x = x->next)
		if (x->job)
			x->job->cancel = true;
	release(r);
}

/* ---- rows ---- */

static void view_of_row(struct hf_reports *r, const struct hf_id *id, const Hufu__ReportRow *row,
                        struct hf_report_view *out)
{
	char path[760];
	struct stat st;

	memset(out, 0, sizeof(*out));
	out->id = *id;
	out->format = (enum hf_report_format)row->format;
	snprintf(out->account, sizeof(out->account), "%s", row->account);
	snprintf(out->filter, sizeof(out->filter), "%s", row->filter);
	out->made_ms = row->made_ms;
	out->keep_until_ms = row->keep_until_ms;
	out->bytes = row->bytes;
	out->entries = row->entries;
	out->size = out->done = out->total = row->size;
	out->witnessed = row->witnessed;
	out->first = row->first;
	out->last = row->last || !row->size ? row->last : row->size - 1;
	if (row->digest.len == sizeof(out->digest.b) && row->root.len == sizeof(out->root.b)) {
		memcpy(out->digest.b, row->digest.data, sizeof(out->digest.b));
		memcpy(out->root.b, row->root.data, sizeof(out->root.b));
	}
	hf_report_path(r->dir, id, out->format, path, sizeof(path));
	out->state = lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == row->bytes
	                     ? HF_REPORT_READY
	                     : HF_REPORT_LOST;
}

static struct running *find_running(struct hf_reports *r, const struct hf_id *id)
{
	for (struct running *x = r->first; x; x = x->next)
		if (hf_id_equal(&x->view.id, id))
			return x;
	return NULL;
}

static void view_of_running(const struct running *x, struct hf_report_view *out)
{
	*out = x->view;
	if (x->job)
		out->done = x->job->done;
}

enum hf_err hf_report_view(struct hf_reports *r, const struct hf_id *id, struct hf_report_view *ret)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	Hufu__ReportRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	const struct running *x = find_running(r, id);

	if (x) {
		view_of_running(x, ret);
		return HF_OK;
	}
	HF_TRY(hf_store_get(r->store, HF_TABLE_REPORT, id->b, sizeof(id->b), &value));
	row = HF_DECODE_OWN(report_row, value.data, value.len);
	if (!row)
		return HF_E_STORE;
	view_of_row(r, id, row, ret);
	return HF_OK;
}

struct listing {
	struct hf_reports *r;
	hf_report_fn fn;
	void *ctx;
	uint64_t count, bytes;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	Hufu__ReportRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(report_row, value.data, value.len);
	struct hf_report_view v;
	struct hf_id id;

	if (!row || !hf_id_from_bytes(key.data, key.len, &id))
		return true;
	l->count++;
	l->bytes += row->bytes;
	if (!l->fn)
		return true;
	view_of_row(l->r, &id, row, &v);
	return l->fn(l->ctx, &v);
}

enum hf_err hf_report_list(struct hf_reports *r, hf_report_fn fn, void *ctx)
{
	struct listing l = {r, fn, ctx, 0, 0};

	for (const struct running *x = r->first; x; x = x->next) {
		struct hf_report_view v;

		view_of_running(x, &v);
		if (!fn(ctx, &v))
			return HF_OK;
	}
	return hf_store_scan_back(r->store, HF_TABLE_REPORT, NULL, 0, NULL, 0, list_row, &l);
}

/* ---- making one ---- */

static void put_row(struct hf_unit *u, const struct hf_report_job *j, const char *filter)
{
	Hufu__ReportRow row;
	size_t len;
	uint8_t *bytes;

	hufu__report_row__init(&row);
	row.account = (char *)j->account;
	row.filter = (char *)filter;
	row.format = (uint32_t)j->format;
	row.made_ms = j->made_ms;
	row.keep_until_ms = j->keep_until_ms;
	row.bytes = j->bytes;
	row.digest = hf_binary(j->digest.b, sizeof(j->digest.b));
	row.entries = j->listed;
	row.size = j->size;
	row.root = hf_binary(j->root.b, sizeof(j->root.b));
	row.witnessed = j->worth.witnessed;
	row.first = j->first;
	row.last = j->last;
	bytes = hf_encode(&row.base, &len);
	if (!bytes)
		abort();
	hf_unit_put(u, HF_TABLE_REPORT, j->id.b, sizeof(j->id.b), bytes, len);
	free(bytes);
}

static void add_draft(struct hf_unit *u, const struct hf_report_job *j, const char *filter)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_AUDIT_REPORT, NULL);
	char id[HF_ID_TEXT];

	hf_id_text(&j->id, id);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", j->node, j->account);
	hf_draft_textf(d, HF_FIELD_OBJECT, "audit report %s", id);
	hf_draft_text(d, HF_FIELD_MANNER, "worker");
	hf_draft_outcome(d, j->err, j->err == HF_OK ? NULL : j->text);
	if (j->err == HF_OK) {
		hf_draft_textf(d, HF_FIELD_DETAIL, "%s of %" PRIu64 " entries: %s; %" PRIu64 " listed",
		               hf_report_format_name(j->format), j->size, filter, j->listed);
		hf_draft_bytes(d, HF_FIELD_DIGEST, j->digest.b, sizeof(j->digest.b));
		hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)j->bytes);
	}
	hf_unit_draft(u, d);
}

/* Old failures are forgotten first. */
static void forget(struct hf_reports *r)
{
	unsigned kept = 0;

	for (struct running **at = &r->first; *at;) {
		struct running *x = *at;

		if (x->job || ++kept <= FAILED_MAX) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		free(x);
	}
}

static void drop(struct hf_reports *r, struct running *x)
{
	for (struct running **at = &r->first; *at; at = &(*at)->next)
		if (*at == x) {
			*at = x->next;
			free(x);
			return;
		}
}

static void remove_file(const struct hf_report_job *j)
{
	char path[760];

	hf_report_path(j->dir, &j->id, j->format, path, sizeof(path));
	unlink(path);
}

/* The row is durable, or the file is nobody's. */
static void on_recorded(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct running *x = ctx;
	struct hf_reports *r = x->owner;
	struct hf_report_job *j = x->job;

	(void)info;
	x->job = NULL;
	if (e == HF_OK && j->err == HF_OK) {
		drop(r, x);
	} else {
		if (j->err == HF_OK)
			remove_file(j);
		x->view.state = HF_REPORT_FAILED;
		x->view.err = j->err != HF_OK ? j->err : e;
		snprintf(x->view.text, sizeof(x->view.text), "%s", *j->text ? j->text : hf_err_text(x->view.err));
		forget(r);
	}
	free_job(j);
	release(r);
}

static void after(struct hf_job *job)
{
	struct hf_report_job *j = (struct hf_report_job *)job;
	struct running *x = j->owner;
	struct hf_reports *r = x->owner;

	if (r->closing || job->ledger->closing) {
		if (j->err == HF_OK)
			remove_file(j);
		x->job = NULL;
		free_job(j);
		release(r);
		return;
	}
	hf_snapshot_close(HF_TAKE(j->snapshot)); /* before the commit */
	if (j->err != HF_OK && !*j->text)
		snprintf(j->text, sizeof(j->text), "%s", hf_err_text(j->err));
	struct hf_unit *u = hf_unit_new();

	if (j->err == HF_OK)
		put_row(u, j, x->view.filter);
	add_draft(u, j, x->view.filter);
	hf_store_submit(r->store, u, on_recorded, x);
}

/* Of a witnessed checkpoint if one covers all that was there when the report was asked for, else of the newest. */
static enum hf_err prepare(struct hf_reports *r, struct hf_report_job *j, bool covered)
{
	struct hf_book book;

	HF_TRY(hf_snapshot_open(r->store, &j->snapshot));
	hf_rows_of_snapshot(&j->rows, j->snapshot);
	HF_TRY(hf_book_open_from(r->ledger, NULL, &j->rows, &book));
	const struct hf_worth *w = book.worth;
	bool newer = w[HF_BOOK_SIGNED].checkpoint.size > w[HF_BOOK_WITNESSED].checkpoint.size;
	int which = newer && !covered ? HF_BOOK_SIGNED : HF_BOOK_WITNESSED;

	j->place = book.place;
	j->worth = book.worth[which];
	j->size = j->worth.checkpoint.size ? j->worth.checkpoint.size : book.held;
	if (j->worth.checkpoint.size)
		hf_buf_add(&j->note, book.note[which].data, book.note[which].len);
	hf_book_done(&book);
	return HF_OK;
}

static enum hf_err check_room(struct hf_reports *r, struct hf_fault *f)
{
	struct listing l = {r, NULL, NULL, 0, 0};
	unsigned runs = 0;

	for (const struct running *x = r->first; x; x = x->next)
		runs += x->job != NULL;
	if (runs >= HF_REPORTS_RUNNING)
		return hf_fault_set(f, HF_E_BUSY,
		                    "%u audit reports are being made; wait for one, or end it with `hufu audit cancel`",
		                    runs);
	HF_TRY(hf_store_scan_back(r->store, HF_TABLE_REPORT, NULL, 0, NULL, 0, list_row, &l));
	if (l.count >= HF_REPORTS_MAX || l.bytes >= HF_REPORTS_BYTES)
		return hf_fault_set(f, HF_E_QUOTA,
		                    "%" PRIu64 " audit reports of %" PRIu64
		                    " bytes are kept, which is the limit; delete those that are past their period with "
		                    "`hufu audit delete`",
		                    l.count, l.bytes);
	return HF_OK;
}

static struct hf_report_job *make_job(struct hf_reports *r, const struct hf_report_filter *filter,
                                      enum hf_report_format format, const char *account)
{
	struct hf_report_job *j = hf_alloc_zero(sizeof(*j));

	j->job.work = hf_report_work;
	j->job.after = after;
	j->filter = *filter;
	j->format = format;
	j->made_ms = hf_now_ms(&r->base->clock);
	j->keep_until_ms = j->made_ms + HF_REPORT_KEEP_DAYS * DAY_MS;
	j->id = hf_id_new(j->made_ms);
	snprintf(j->account, sizeof(j->account), "%s", account);
	snprintf(j->node, sizeof(j->node), "%s", r->base->self.s);
	snprintf(j->space, sizeof(j->space), "%s", r->ledger->space_id);
	snprintf(j->dir, sizeof(j->dir), "%s", r->dir);
	return j;
}

/* All that was there when it was asked for is witnessed now, or it will not be soon. */
static void on_witnessed(void *ctx, enum hf_err witnessed)
{
	struct running *x = ctx;
	struct hf_report_job *j = x->job;

	j->err = j->cancel ? HF_E_CANCELLED : prepare(x->owner, j, witnessed == HF_OK);
	x->view.total = x->view.size = j->size;
	x->owner->refs++;
	hf_ledger_job(x->owner->ledger, &j->job);
}

enum hf_err hf_report_start(struct hf_reports *r, const struct hf_report_filter *filter, enum hf_report_format format,
                            const char *account, struct hf_id *ret_id, struct hf_fault *f)
{
	if (filter->from_ms && filter->until_ms && filter->from_ms >= filter->until_ms)
		return hf_fault_set(f, HF_E_ARGUMENT, "the period ends before it begins; exchange 'from' and 'until'");
	HF_TRY(check_room(r, f));
	struct hf_report_job *j = make_job(r, filter, format, account);
	struct running *x = hf_alloc_zero(sizeof(*x));
	struct hf_ledger_state state;

	hf_ledger_state(r->ledger, &state);
	x->job = j;
	x->owner = r;
	x->next = r->first;
	r->first = x;
	j->owner = x;
	x->view = (struct hf_report_view){.id = j->id,
	                                  .state = HF_REPORT_RUNNING,
	                                  .format = format,
	                                  .total = state.durable,
	                                  .made_ms = j->made_ms,
	                                  .keep_until_ms = j->keep_until_ms};
	snprintf(x->view.account, sizeof(x->view.account), "%s", account);
	hf_report_filter_text(filter, x->view.filter);
	*ret_id = j->id;
	hf_ledger_wait_witnessed(r->ledger, state.durable ? state.durable - 1 : 0, WITNESS_MS, on_witnessed, x);
	return HF_OK;
}

enum hf_err hf_report_cancel(struct hf_reports *r, const struct hf_id *id, struct hf_fault *f)
{
	struct running *x = find_running(r, id);
	struct hf_report_view v;

	if (x && x->job) {
		x->job->cancel = true;
		return HF_OK;
	}
	HF_TRY(hf_report_view(r, id, &v));
	return hf_fault_set(f, HF_E_STATE, "this audit report does not run any more; `hufu audit list` shows it");
}

void hf_report_file(struct hf_reports *r, const struct hf_id *id, hf_report_file_fn fn, void *ctx)
{
	struct hf_report_view v = {.id = *id, .format = HF_REPORT_TEXT};
	enum hf_err e = hf_report_view(r, id, &v);

	if (e == HF_OK && (v.state == HF_REPORT_RUNNING || v.state == HF_REPORT_FAILED))
		e = HF_E_STATE;
	hf_report_file_job(r->ledger, r->dir, &v, e, &(struct hf_report_ending){fn, ctx});
}

/* ---- deleting ---- */

struct removal {
	char path[760];
};

static void on_deleted(void *ctx)
{
	unlink(((struct removal *)ctx)->path);
}

enum hf_err hf_report_delete(struct hf_reports *r, struct hf_unit *unit, const struct hf_id *id, struct hf_fault *f)
{
	struct hf_report_view v;
	char until[HF_TIME_TEXT];

	HF_TRY(hf_report_view(r, id, &v));
	if (v.state == HF_REPORT_RUNNING)
		return hf_fault_set(f, HF_E_STATE, "this audit report is being made; end it with `hufu audit cancel`");
	hf_time_text(v.keep_until_ms, until);
	if (hf_now_ms(&r->base->clock) < v.keep_until_ms)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "audit reports are kept for %d days: this one until %s; it cannot be deleted before",
		        HF_REPORT_KEEP_DAYS, until);
	if (hf_ledger_witnessed_ms(r->ledger) < v.keep_until_ms)
		return hf_fault_set(f, HF_E_STATE,
		                    "by the witnesses' clocks the period of this audit report, until %s, is not over; "
		                    "set this node's clock right, or wait for a witnessed checkpoint",
		                    until);
	struct removal *x = hf_alloc_zero(sizeof(*x));

	hf_report_path(r->dir, id, v.format, x->path, sizeof(x->path));
	hf_unit_del(unit, HF_TABLE_REPORT, id->b, sizeof(id->b));
	hf_unit_after(unit, on_deleted, x, free);
	return HF_OK;
}
