#include "ledger/report_job.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base64.h"

#define SNAPSHOT_ENTRIES 4096u /* read from one snapshot: the store's file cannot grow while one is open */
#define CLEAR_TIME_MS 10000    /* an entry's time in clear is rounded to this */

struct scan {
	struct hf_report_job *j;
	struct hf_merkle_range range; /* over the entries read so far */
	struct hf_report_out body;
	uint64_t stop; /* where this snapshot ends */
};

void hf_report_path(const char *dir, const struct hf_id *id, enum hf_report_format format, char *out, size_t cap)
{
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	snprintf(out, cap, "%s/%s.%s", dir, text, format == HF_REPORT_TEXT ? "txt" : hf_report_format_name(format));
}

/* ---- what is listed ---- */

static bool is_subject(struct hf_bytes actor, const char *subject)
{
	size_t len = strlen(subject);
	const char *text = (const char *)actor.data;

	if (actor.len < len)
		return false;
	if (actor.len == len)
		return memcmp(text, subject, len) == 0;
	return (memcmp(text, subject, len) == 0 && text[len] == '/') ||
	       (memcmp(text + actor.len - len, subject, len) == 0 && text[actor.len - len - 1] == '/');
}

static bool is_object(const Hufu__EntryOpening *o, const char *object)
{
	static const enum hf_field part[] = {HF_FIELD_OBJECT, HF_FIELD_RESOURCE};
	static const enum hf_field whole[] = {HF_FIELD_TRANSACTION, HF_FIELD_GRANT, HF_FIELD_APPLICATION};
	struct hf_bytes v;

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (hf_opening_get(o, part[i], &v) && memmem(v.data, v.len, object, strlen(object)))
			return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (hf_opening_is(o, whole[i], object))
			return true;
	return false;
}

static bool within(const struct hf_report_filter *f, int64_t ms, int64_t slack_ms)
{
	return (f->from_ms == 0 || ms + slack_ms >= f->from_ms) && (f->until_ms == 0 || ms - slack_ms < f->until_ms);
}

/* MK-49, MK-61: events of the seven steps and of what they rest on. */
static bool is_masking(const Hufu__EntryOpening *o)
{
	static const char *const others[] = {"classification", "drift", "unmask"};
	struct hf_bytes v;

	if (!hf_opening_get(o, HF_FIELD_EVENT, &v))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (v.len == strlen(others[i]) && memcmp(v.data, others[i], v.len) == 0)
			return true;
	return v.len > 5 && memcmp(v.data, "mask-", 5) == 0;
}

bool hf_report_matches(const struct hf_report_filter *f, const Hufu__EntryOpening *o)
{
	struct hf_bytes actor;

	if (f->event && !hf_opening_is(o, HF_FIELD_EVENT, hf_event_name(f->event)))
		return false;
	if (f->outcome[0] && !hf_opening_is(o, HF_FIELD_OUTCOME, f->outcome))
		return false;
	if (f->system[0] && !hf_opening_is(o, HF_FIELD_SYSTEM, f->system))
		return false;
	if (f->masking && !is_masking(o))
		return false;
	if (f->subject[0] && !(hf_opening_get(o, HF_FIELD_ACTOR, &actor) && is_subject(actor, f->subject)))
		return false;
	return !f->object[0] || is_object(o, f->object);
}

static void list_row(struct scan *s, struct hf_report_row *r)
{
	struct hf_report_job *j = s->j;

	if (j->listed++ == 0)
		j->first = r->index;
	j->last = r->index;
	hf_report_row(&s->body, r);
}

/* Whose content is gone is listed only when nothing is asked that its content would have to answer. */
static void list_erased(struct scan *s, struct hf_report_row *r)
{
	const struct hf_report_filter *f = &s->j->filter;

	s->j->erased++;
	if (f->subject[0] || f->object[0] || f->system[0] || f->outcome[0] || f->event || f->masking)
		return;
	r->erased = true;
	list_row(s, r);
}

static enum hf_err open_entry(struct scan *s, const Hufu__LedgerEntry *e, struct hf_opened *ret_opened)
{
	struct hf_report_job *j = s->j;
	enum hf_err err = hf_opening_read(&j->job.ledger->opening_keys, &j->place, &j->rows, e->index, ret_opened);

	return err == HF_E_UNKNOWN ? hf_opening_of_entry(e, ret_opened) : err;
}

static void list_opened(struct scan *s, const Hufu__LedgerEntry *e, const Hufu__EntryOpening *o,
                        struct hf_report_row *r)
{
	char text[HF_TIME_TEXT];

	if (hf_opening_text(o, HF_FIELD_TIME, text, sizeof(text)))
		(void)!hf_time_parse(text, &r->time_ms);
	if (!within(&s->j->filter, r->time_ms, 0) || !hf_report_matches(&s->j->filter, o))
		return;
	if (!hf_entry_check_opening(e, o)) {
		s->j->unreadable++;
		return;
	}
	for (unsigned f = 1; f < HF_FIELD_LIMIT; f++)
		if (!hf_opening_get(o, (enum hf_field)f, &r->field[f]))
			r->field[f] = (struct hf_bytes){NULL, 0};
		else if (!r->field[f].data)
			r->field[f].data = (const uint8_t *)"";
	list_row(s, r);
}

static void consider(struct scan *s, const Hufu__LedgerEntry *e, const struct hf_hash *leaf)
{
	const struct hf_report_filter *f = &s->j->filter;
	struct hf_report_row r = {.index = e->index,
	                          .time_ms = e->time_s * 1000,
	                          .event_class = (enum hf_event_class)e->event_class,
	                          .leaf = *leaf};
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;

	if (!within(f, r.time_ms, CLEAR_TIME_MS) || (f->event && hf_event_class(f->event) != r.event_class))
		return;
	switch ((int)open_entry(s, e, &o)) {
	case HF_OK:
		list_opened(s, e, o.opening, &r);
		break;
	case HF_E_ERASED:
		list_erased(s, &r);
		break;
	default:
		s->j->unreadable++;
	}
}

/* ---- reading ---- */

static bool broken(struct scan *s, enum hf_err e, const char *what)
{
	s->j->err = e;
	snprintf(s->j->text, sizeof(s->j->text), "entry %" PRIu64 " of the ledger %s; look at `hufu ledger verify`",
	         s->range.size, what);
	return false;
}

static bool take_entry(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	struct hf_report_job *j = s->j;
	Hufu__LedgerEntry *e HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_hash leaf;

	if (j->job.ledger->closing || j->cancel || s->body.err != HF_OK || s->range.size == s->stop)
		return false;
	if (key.len != 8 || hf_get_u64(key.data) != s->range.size)
		return broken(s, HF_E_DIGEST, "is missing");
	if (hf_entry_decode(value.data, value.len, &e) != HF_OK || e->index != s->range.size)
		return broken(s, HF_E_DIGEST, "is not of the required form");
	hf_merkle_leaf(value.data, value.len, &leaf);
	consider(s, e, &leaf);
	hf_merkle_range_append(&s->range, &leaf);
	j->done = s->range.size;
	return true;
}

/* Entries are only ever added, so a later snapshot shows the same ones. The new one is opened before the old one is
 * closed: that keeps the store's files open. */
static enum hf_err renew(struct hf_report_job *j)
{
	struct hf_snapshot *next;

	HF_TRY(hf_snapshot_open(j->job.ledger->store, &next));
	hf_snapshot_close(j->snapshot);
	j->snapshot = next;
	j->rows.snapshot = next;
	return HF_OK;
}

static bool ended(const struct scan *s)
{
	return s->j->err != HF_OK || s->body.err != HF_OK || s->j->cancel || s->j->job.ledger->closing;
}

static void read_entries(struct scan *s)
{
	struct hf_report_job *j = s->j;
	uint8_t from[8];

	while (!ended(s) && s->range.size < j->size) {
		uint64_t begin = s->range.size, left = j->size - begin;

		s->stop = begin + (left < SNAPSHOT_ENTRIES ? left : SNAPSHOT_ENTRIES);
		hf_put_u64(from, begin);
		enum hf_err e = hf_snapshot_scan(j->snapshot, HF_TABLE_ENTRY, NULL, 0, from, 8, take_entry, s);

		if (e != HF_OK)
			j->err = e;
		if (!ended(s) && s->range.size < s->stop)
			broken(s, HF_E_DIGEST, "is missing");
		if (!ended(s) && s->range.size < j->size && (e = renew(j)) != HF_OK)
			j->err = e;
	}
	if (j->cancel || j->job.ledger->closing)
		j->err = HF_E_CANCELLED;
	if (j->err == HF_OK)
		j->err = s->body.err;
	hf_merkle_range_root(&s->range, &j->root);
	if (j->err == HF_OK && j->note.len && !hf_hash_equal(&j->root, &j->worth.checkpoint.root)) {
		j->err = HF_E_DIGEST;
		snprintf(j->text, sizeof(j->text),
		         "the entries do not have the root of the checkpoint; look at `hufu ledger verify`");
	}
}

/* ---- the facts that head the report ---- */

#define FACTS_MAX 24u
struct facts {
	struct hf_report_fact fact[FACTS_MAX];
	char *text[FACTS_MAX];
	size_t count;
};

static void add(struct facts *f, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add(struct facts *f, const char *name, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (f->count == FACTS_MAX || vasprintf(&f->text[f->count], fmt, args) < 0)
		abort();
	va_end(args);
	f->fact[f->count] = (struct hf_report_fact){name, f->text[f->count]};
	f->count++;
}

static void add_time(struct facts *f, const char *name, int64_t ms, const char *none)
{
	char text[HF_TIME_TEXT];

	hf_time_text(ms, text);
	add(f, name, "%s", ms ? text : none);
}

static const char *or_any(const char *text)
{
	return *text ? text : "any";
}

static void add_checkpoint(struct facts *f, const struct hf_report_job *j)
{
	char root[HF_BASE64_LEN(32) + 1];

	hf_base64(j->root.b, sizeof(j->root.b), root);
	add(f, "ledger", "%s", j->place.origin);
	add(f, "ledger size", "%" PRIu64, j->size);
	add(f, "root", "%s (recomputed from the entries)", root);
	if (!j->note.len) {
		add(f, "checkpoint", "none: this ledger has not been signed yet");
		return;
	}
	add(f, "cosignatures", "%u of %u witnesses, quorum %u%s", j->worth.cosignatures, j->worth.witnesses,
	    j->worth.quorum, j->worth.witnessed ? "" : ": not witnessed by a quorum yet");
	add(f, "checkpoint", "%.*s", (int)j->note.len, (const char *)j->note.data);
}

static void gather(struct facts *f, const struct hf_report_job *j)
{
	char id[HF_ID_TEXT];

	hf_id_text(&j->id, id);
	add(f, "report", "%s", id);
	add(f, "node", "%s of %s", j->node, j->space);
	add(f, "made by", "%s/%s", j->node, j->account);
	add_time(f, "made at", j->made_ms, "");
	add_time(f, "kept until", j->keep_until_ms, "");
	add_time(f, "period from", j->filter.from_ms, "the first entry");
	add_time(f, "period until", j->filter.until_ms, "the last entry");
	add(f, "subject", "%s", or_any(j->filter.subject));
	add(f, "object", "%s", or_any(j->filter.object));
	add(f, "system", "%s", or_any(j->filter.system));
	add(f, "outcome", "%s", or_any(j->filter.outcome));
	add(f, "event", "%s",
	    j->filter.event     ? hf_event_name(j->filter.event)
	    : j->filter.masking ? "masking and its preparation"
	                        : "any");
	add(f, "entries listed", "%" PRIu64, j->listed);
	if (j->listed)
		add(f, "first and last", "%" PRIu64 " and %" PRIu64, j->first, j->last);
	add(f, "erased in the period", "%" PRIu64, j->erased);
	add(f, "could not be opened", "%" PRIu64, j->unreadable);
	add_checkpoint(f, j);
}

/* ---- the file ---- */

static int open_new(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Head, body, tail: how many entries there are is known only behind the body. */
static enum hf_err assemble(struct hf_report_job *j, int body, int fd)
{
	struct hf_report_out out = {.format = j->format, .fd = fd, .digest = hf_sha256_new()};
	struct facts f = {.count = 0};

	gather(&f, j);
	hf_report_head(&out, "Audit report", f.fact, f.count);
	if (lseek(body, 0, SEEK_SET) != 0)
		out.err = HF_E_IO;
	hf_report_copy(&out, body);
	hf_report_tail(&out);
	hf_report_flush(&out);
	for (size_t i = 0; i < f.count; i++)
		free(f.text[i]);
	hf_buf_done(&out.buf);
	hf_sha256_end(out.digest, &j->digest);
	hf_sha256_free(out.digest);
	j->bytes = out.bytes;
	if (out.err == HF_OK && fsync(fd) != 0)
		out.err = HF_E_IO;
	return out.err;
}

static enum hf_err finish(struct hf_report_job *j, int body)
{
	char path[760], part[770];
	int fd;
	enum hf_err e;

	hf_report_path(j->dir, &j->id, j->format, path, sizeof(path));
	snprintf(part, sizeof(part), "%s.part", path);
	fd = open_new(part);
	if (fd < 0)
		return HF_E_IO;
	e = assemble(j, body, fd);
	if (close(fd) != 0 && e == HF_OK)
		e = HF_E_IO;
	if (e == HF_OK && rename(part, path) != 0)
		e = HF_E_IO;
	if (e != HF_OK)
		unlink(part);
	return e == HF_OK ? hf_folder_sync(j->dir) : e;
}

void hf_report_work(struct hf_job *job)
{
	struct hf_report_job *j = (struct hf_report_job *)job;
	struct scan s = {.j = j, .body = {.format = j->format}};
	char id[HF_ID_TEXT], path[700];

	if (j->err != HF_OK)
		return;
	hf_id_text(&j->id, id);
	snprintf(path, sizeof(path), "%s/%s.rows.part", j->dir, id);
	s.body.fd = open_new(path);
	if (s.body.fd < 0) {
		j->err = HF_E_IO;
		return;
	}
	unlink(path); /* gone with the descriptor */
	hf_merkle_range_init(&s.range);
	read_entries(&s);
	hf_report_flush(&s.body);
	if (j->err == HF_OK)
		j->err = s.body.err;
	if (j->err == HF_OK)
		j->err = finish(j, s.body.fd);
	hf_buf_done(&s.body.buf);
	close(s.body.fd);
}
