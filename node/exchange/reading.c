/*
 * reading.c - the consumer's gate (DS-85): a read of sealed data is decided, recorded, and only then is its key
 * released, to a worker that makes one piece at a time. Before each piece the authorization is asked about again, so
 * that a revocation stops a running read. How far it came is recorded, and reported to the provider.
 */
#include "exchange/reading.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "authz/data_use.h"
#include "exchange/held.h"
#include "exchange/transfer.h"
#include "exchange/update.h"
#include "exchange/vault.h"
#include "release/engine/measure.h"
#include "release/trend.h"

enum { READ_KEY = 32 };

struct reading {
	struct reading *next;
	struct hf_exchange *x;
	struct hf_id id;
	Hufu__HeldRow *held; /* as it was at the decision */
	char account[HF_NAME_MAX + 1], department[HF_NAME_MAX + 1], second[HF_USE_SECOND_TEXT];
	char **fields;
	size_t field_count;
	int64_t begun_ms, used_ms; /* used: monotonic */
	uint64_t bytes, rows;      /* handed over */
	bool recorded, busy, over;
	enum hf_err reason; /* of its end; OK: complete */
	char text[400];
	uv_work_t work;
	struct view view; /* DS-87 */
	struct reading_file file;
	struct hf_data_sink sink; /* of the piece under way */
};

static void reading_free(struct reading *r)
{
	reading_file_done(&r->file);
	view_close(&r->view);
	for (size_t i = 0; i < r->field_count; i++)
		free(r->fields[i]);
	free(r->fields);
	hf_decoded_free(r->held);
	free(r);
}

static void unlink_reading(struct reading *r)
{
	struct reading **p = &r->x->readings;
	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
}

static struct hf_data_use use_of(const struct reading *r)
{
	return (struct hf_data_use){.held = r->held,
	                            .purpose = r->held->purpose,
	                            .fields = (const char *const *)r->fields,
	                            .field_count = r->field_count};
}

static struct view_reader reader_of(const struct reading *r)
{
	return (struct view_reader){.held = r->held,
	                            .account = r->account,
	                            .department = r->department,
	                            .fields = (const char *const *)r->fields,
	                            .field_count = r->field_count};
}

/* The authorization, and what he sees it through. */
static enum hf_err still(const struct reading *r, struct hf_fault *f)
{
	const struct hf_data_use use = use_of(r);
	const struct view_reader reader = reader_of(r);
	HF_TRY(hf_data_use_still(r->x->authz, &use, r->department, f));
	return view_still(&r->view, r->x, &reader, f);
}

/* ---- the record ---- */

static void put_read(struct hf_unit *u, const Hufu__HeldReadRow *row)
{
	uint8_t key[READ_KEY];
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	memcpy(key, row->transfer.data, 16);
	memcpy(key + 16, row->read.data, 16);
	hf_unit_put(u, HF_TABLE_HELD_READ, key, sizeof(key), data, len);
	free(data);
}

static void fill_row(struct reading *r, Hufu__HeldReadRow *row)
{
	row->transfer = r->held->transfer;
	row->read = (ProtobufCBinaryData){16, r->id.b};
	row->account = r->account;
	row->fields = r->fields;
	row->n_fields = r->field_count;
	row->begun_ms = r->begun_ms;
	row->second = r->second;
	row->view = r->view.row ? r->view.row->name : row->view;
	row->masking = (char *)view_text(&r->view);
}

/* Entry, row and report of a read that has ended. */
static void put_end(struct hf_exchange *x, struct hf_unit *u, const Hufu__HeldRow *held, const Hufu__HeldReadRow *row,
                    const char *text)
{
	struct hf_fault f = {HF_OK, ""};
	char id[HF_ID_TEXT];
	struct hf_id read;
	struct hf_draft *d = hf_draft_new(HF_EVENT_DATA_READ_END, NULL);
	held_describe(x, d, held);
	if (hf_id_from_bytes(row->read.data, row->read.len, &read)) {
		hf_id_text(&read, id);
		hf_draft_text(d, HF_FIELD_OBJECT, id);
	}
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", x->base->self.s, row->account);
	hf_draft_text(d, HF_FIELD_PURPOSE, held->purpose);
	hf_draft_time(d, HF_FIELD_START_TIME, row->begun_ms);
	hf_draft_time(d, HF_FIELD_END_TIME, row->ended_ms);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)row->bytes);
	hf_draft_textf(d, HF_FIELD_DELIVERY, "%s: %llu rows", row->outcome, (unsigned long long)row->rows);
	hf_draft_text(d, HF_FIELD_MANNER, "command");
	if (row->masking[0])
		hf_draft_text(d, HF_FIELD_MASKING, row->masking);
	hf_draft_outcome(d, row->reason[0] ? hf_err_from_reason(row->reason) : HF_OK, text);
	hf_unit_draft(u, d);
	put_read(u, row);
	if (hf_read_report_send(x->authz, u, held, row, &f) != HF_OK)
		hf_alarm(x->base, "read-not-reported", &read, "a read of sealed data could not be reported: %s",
		         f.text);
}

/* DS-89: what the view left, among the figures of its entry over time, and in the record. */
static void put_measured(struct reading *r, Hufu__HeldReadRow *row, struct hf_unit *u)
{
	struct hf_measured m = {
	        .what = "read", .id = r->id, .ms = row->ended_ms, .recipient = row->view, .figures = r->file.figures};
	char entry[HF_ID_TEXT], said[900];
	struct hf_id id;
	if (!m.figures || !hf_id_from_bytes(r->held->resource.data, r->held->resource.len, &id))
		return;
	hf_id_text(&id, entry);
	m.dataset = m.source = entry;
	m.plan = r->view.plan->name;
	m.version = r->view.plan->version;
	hf_trend_put(u, &m);
	hf_measure_text(m.figures, said, sizeof(said));
	if (hf_buf_addf(&r->view.text, "; %s", said))
		row->masking = (char *)view_text(&r->view);
}

/* It goes no further; the reason waits for who asks for the next piece. */
static void end(struct reading *r, enum hf_err reason, const char *text)
{
	Hufu__HeldReadRow row = HUFU__HELD_READ_ROW__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *now = NULL;
	struct hf_id transfer = r->file.transfer;
	if (r->over)
		return;
	r->over = true;
	r->reason = reason;
	snprintf(r->text, sizeof(r->text), "%s", text);
	fill_row(r, &row);
	row.ended_ms = hf_now_ms(&r->x->base->clock);
	row.rows = r->rows;
	row.bytes = r->bytes;
	row.outcome = (char *)(reason == HF_OK ? "complete" : "stopped");
	row.reason = (char *)(reason == HF_OK ? "" : hf_err_reason(reason));
	struct hf_unit *u = hf_unit_new();
	if (reason == HF_OK)
		put_measured(r, &row, u);
	put_end(r->x, u, held_get(r->x, &transfer, &now) == HF_OK ? now : r->held, &row, text);
	hf_store_submit(r->x->store, u, NULL, NULL);
	if (reason == HF_E_SEALED)
		hf_alarm(r->x->base, "sealed-damaged", &transfer, "%s", text);
}

/* ---- beginning ---- */

static void describe(struct reading *r, struct hf_draft *d, const struct hf_data_read *in)
{
	char id[HF_ID_TEXT], fields[1000] = "all that were delivered";
	size_t at = 0;
	held_describe(r->x, d, r->held);
	hf_id_text(&r->id, id);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_text(d, HF_FIELD_PURPOSE, in->purpose);
	for (size_t i = 0; i < in->field_count && at + 200 < sizeof(fields); i++)
		at += (size_t)snprintf(fields + at, sizeof(fields) - at, "%s%.127s", i ? ", " : "", in->fields[i]);
	hf_draft_textf(d, HF_FIELD_ASKED, "purpose %.127s\nfields %s%s", in->purpose ? in->purpose : "", fields,
	               in->stale ? "\nalso when the provider offers newer data" : "");
}

static struct reading *reading_new(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_data_read *in,
                                   Hufu__HeldRow *take_held)
{
	struct reading *r = hf_alloc_zero(sizeof(*r));
	r->x = x;
	r->held = take_held;
	r->begun_ms = hf_now_ms(&x->base->clock);
	r->used_ms = hf_mono_ms(&x->base->clock);
	r->id = hf_id_new(r->begun_ms);
	snprintf(r->account, sizeof(r->account), "%s", actor->account);
	snprintf(r->department, sizeof(r->department), "%s", actor->department);
	r->fields = hf_alloc_zero((in->field_count + 1) * sizeof(char *));
	for (size_t i = 0; i < in->field_count; i++)
		r->fields[r->field_count++] = hf_strdup(in->fields[i]);
	r->file = (struct reading_file){.vault = x->vault,
	                                .transfer = in->transfer,
	                                .slot = take_held->slot,
	                                .level = take_held->level,
	                                .bytes = take_held->bytes,
	                                .fd = -1};
	return r;
}

static enum hf_err check_there(const struct reading *r, struct hf_fault *f)
{
	const Hufu__HeldRow *h = r->held;
	unsigned running = 0;
	if (h->destroyed_ms || h->destroying)
		return hf_fault_set(f, HF_E_ERASED, "the data was destroyed: %.300s", h->destroyed_reason);
	for (const struct reading *i = r->x->readings; i; i = i->next)
		running += !i->over;
	if (running >= READINGS_MAX)
		return hf_fault_set(f, HF_E_BUSY, "%u reads of sealed data are under way; try again later", running);
	return vault_ready(r->x->vault, f);
}

/* The authorization first: that it has ended says more than that the data is gone for that reason. */
static enum hf_err decide(struct reading *r, const struct hf_actor *actor, const struct hf_data_read *in,
                          struct hf_fault *f)
{
	struct hf_data_use use = use_of(r);
	struct hf_id entry;
	use.purpose = in->purpose;
	HF_TRY(hf_fault_default(f, held_reads_made(r->x, r->held, &use.made)));
	HF_TRY(hf_data_use_decide(r->x->authz, actor, &use, &r->id, r->second, f));
	HF_TRY(licenses_check(r->x->licenses, HF_WAY_READ, r->held->data_class, r->held->level, f));
	HF_TRY(check_there(r, f));
	if (!in->stale && hf_id_from_bytes(r->held->resource.data, r->held->resource.len, &entry))
		HF_TRY(update_check(r->x, &entry, &in->transfer, f));
	const struct view_reader reader = reader_of(r);
	return hf_fault_default(f, view_open(&r->view, r->x, &reader, f));
}

static void after_open(void *ctx)
{
	struct reading *r = ctx;
	r->recorded = true;
}

/* What was not stored never was. */
static void after_open_free(void *ctx)
{
	struct reading *r = ctx;
	if (r->recorded)
		return;
	unlink_reading(r);
	reading_free(r);
}

enum hf_err hf_data_read_open(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_data_read *in,
                              struct hf_unit *unit, struct hf_draft *draft, struct hf_id *ret_read, struct hf_fault *f)
{
	Hufu__HeldReadRow row = HUFU__HELD_READ_ROW__INIT;
	Hufu__HeldRow *held = NULL;
	char id[HF_ID_TEXT];
	hf_id_text(&in->transfer, id);
	enum hf_err e = held_get(x, &in->transfer, &held);
	if (e != HF_OK) {
		hf_decoded_free(held);
		return hf_fault_set(f, e, "nothing of transfer %s is kept sealed here; `hufu data list` shows what is",
		                    id);
	}
	struct reading *r = reading_new(x, actor, in, held);
	describe(r, draft, in);
	e = decide(r, actor, in, f);
	if (e == HF_OK)
		e = allowance_take(x->allowance, actor->account, &(struct allowance_amount){.objects = 1}, unit, f);
	if (e != HF_OK) {
		reading_free(r);
		return e;
	}
	reading_file_init(&r->file, r->fields, r->field_count, &r->view);
	hf_draft_text(draft, HF_FIELD_SECOND, r->second);
	if (r->view.row)
		hf_draft_text(draft, HF_FIELD_MASKING, view_text(&r->view));
	fill_row(r, &row);
	held->reads++;
	held_put(unit, held);
	put_read(unit, &row);
	r->next = x->readings;
	x->readings = r;
	hf_unit_after(unit, after_open, r, after_open_free);
	*ret_read = r->id;
	return HF_OK;
}

/* ---- pieces ---- */

static void hand_over(struct reading *r)
{
	struct reading_file *file = &r->file;
	struct hf_data_piece p = {HF_OK, "", NULL, 0};
	r->busy = false;
	r->used_ms = hf_mono_ms(&r->x->base->clock);
	if (r->over && r->reason != HF_OK) { /* stopped meanwhile: what was opened is not handed over */
		p.error = r->reason;
		p.text = r->text;
		if (file->out.data)
			hf_wipe(file->out.data, file->out.len);
	} else {
		r->bytes += file->out.len;
		r->rows = reading_file_rows(file);
		p.bytes = hf_buf_take(&file->out, &p.len);
		hf_buf_init(&file->out, file->out.max);
		if (file->end)
			end(r, HF_OK, "");
	}
	r->sink.done(r->sink.ctx, &p);
	if (p.error != HF_OK || r->x->closing) { /* a complete one says so when it is asked once more */
		unlink_reading(r);
		reading_free(r);
	}
}

static void on_taken(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct reading *r = ctx;
	(void)info;
	if (e != HF_OK && !r->over)
		end(r, e, "what was taken of it could not be recorded");
	hand_over(r);
}

/* DS-117: counted, and that is durable, before it is handed over. */
static enum hf_err take_piece(struct reading *r, struct hf_unit *u, struct hf_fault *f)
{
	const struct allowance_amount piece = {.rows = reading_file_rows(&r->file) - r->rows, .bytes = r->file.out.len};
	return allowance_take(r->x->allowance, r->account, &piece, u, f);
}

static void piece_done(uv_work_t *w, int status)
{
	struct reading *r = w->data;
	struct hf_fault f = {HF_OK, ""};
	(void)status;
	if (!r->over && r->file.error != HF_OK)
		end(r, r->file.error, r->file.text);
	if (r->over || !allowance_counts(r->x->allowance, r->account)) {
		hand_over(r);
		return;
	}
	struct hf_unit *u = hf_unit_new();
	if (take_piece(r, u, &f) == HF_OK) {
		hf_store_submit(r->x->store, u, on_taken, r);
		return;
	}
	hf_unit_free(u);
	end(r, f.code, f.text);
	hand_over(r);
}

static void piece_work(uv_work_t *w)
{
	struct reading *r = w->data;
	reading_file_piece(&r->file);
}

static struct reading *find(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *read)
{
	for (struct reading *r = x->readings; r; r = r->next)
		if (r->recorded && hf_id_equal(&r->id, read) && strcmp(r->account, actor->account) == 0)
			return r;
	return NULL;
}

bool hf_data_read_is(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *read)
{
	return find(x, actor, read) != NULL;
}

enum hf_err hf_data_read_next(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *read,
                              const struct hf_data_sink *sink, struct hf_data_end *ret_end, struct hf_fault *f)
{
	struct reading *r = find(x, actor, read);
	if (!r)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "there is no such read under way; begin one with `hufu data read`");
	if (r->busy)
		return hf_fault_set(f, HF_E_BUSY, "the piece before is still being made");
	struct hf_fault why = {HF_OK, ""};
	snprintf(r->department, sizeof(r->department), "%s", actor->department);
	enum hf_err e = r->over ? HF_OK : hf_fault_default(&why, still(r, &why));
	if (e != HF_OK)
		end(r, e, why.text);
	if (r->over) {
		e = r->reason == HF_OK ? HF_OK : hf_fault_set(f, r->reason, "%s", r->text);
		*ret_end = (struct hf_data_end){true, r->rows, r->bytes};
		unlink_reading(r);
		reading_free(r);
		return e;
	}
	r->busy = true;
	r->sink = *sink;
	r->work.data = r;
	uv_queue_work(x->base->loop, &r->work, piece_work, piece_done);
	return HF_OK;
}

/* ---- from outside ---- */

void reading_stop(struct hf_exchange *x, const struct hf_id *transfer, enum hf_err reason, const char *text)
{
	for (struct reading *r = x->readings; r; r = r->next)
		if (r->recorded && hf_id_equal(&r->file.transfer, transfer))
			end(r, reason, text);
}

static bool idle(const struct reading *r, int64_t now)
{
	return !r->busy && r->recorded && now - r->used_ms > READING_IDLE_MS;
}

void reading_watch(struct hf_exchange *x)
{
	int64_t now = hf_mono_ms(&x->base->clock);
	for (struct reading *r = x->readings, *next; r; r = next) {
		next = r->next;
		struct hf_fault f = {HF_OK, ""};
		if (r->recorded && !r->over && hf_fault_default(&f, still(r, &f)) != HF_OK)
			end(r, f.code, f.text);
		if (!idle(r, now))
			continue;
		end(r, HF_E_TIMEOUT, "nobody asked for the next piece");
		unlink_reading(r);
		reading_free(r);
	}
}

bool reading_close_all(struct hf_exchange *x)
{
	for (struct reading *r = x->readings, *next; r; r = next) {
		next = r->next;
		if (r->busy || !r->recorded) /* its callback frees it */
			continue;
		unlink_reading(r);
		reading_free(r);
	}
	return !x->readings;
}

/* ---- listing, and after a restart ---- */

struct read_listing {
	hf_held_read_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_read(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct read_listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldReadRow *row = HF_DECODE_OWN(held_read_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_data_reads(struct hf_exchange *x, const struct hf_id *transfer, hf_held_read_fn fn, void *ctx)
{
	struct read_listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(x->store, HF_TABLE_HELD_READ, transfer ? transfer->b : NULL, transfer ? 16 : 0, NULL, 0,
	                     list_read, &l));
	return l.error;
}

struct broken_off {
	struct hf_exchange *x;
	struct hf_unit *unit;
};

/* How much of it was handed over is not known any more: as far as anybody can say, all. */
static bool record_broken_off(void *ctx, const Hufu__HeldReadRow *found)
{
	struct broken_off *b = ctx;
	struct hf_id transfer;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *held = NULL;
	if (found->ended_ms || !hf_id_from_bytes(found->transfer.data, found->transfer.len, &transfer) ||
	    held_get(b->x, &transfer, &held) != HF_OK)
		return true;
	Hufu__HeldReadRow row = *found;
	row.ended_ms = hf_now_ms(&b->x->base->clock);
	row.rows = held->rows;
	row.bytes = held->bytes;
	row.outcome = (char *)"interrupted";
	row.reason = (char *)hf_err_reason(HF_E_CANCELLED);
	put_end(b->x, b->unit, held, &row, "the node stopped while the data was read");
	return true;
}

void reading_recover(struct hf_exchange *x)
{
	struct broken_off b = {x, hf_unit_new()};
	if (hf_data_reads(x, NULL, record_broken_off, &b) != HF_OK)
		hf_alarm(x->base, "held-reads", NULL, "the table of reads of sealed data cannot be read");
	if (hf_unit_empty(b.unit))
		hf_unit_free(b.unit);
	else
		hf_store_submit(x->store, b.unit, NULL, NULL);
}
