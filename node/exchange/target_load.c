/*
 * target_load.c - deliveries that are loaded into a form of the consumer's choice (source/load.h). While it comes, the
 * data lies sealed as it does in target_sealed.c; when all of it is there and was checked, a worker opens it chunk by
 * chunk, in order, into the loader. The sealed copy is destroyed when the delivery is recorded. Not for what must stay
 * sealed (seal.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/held.h"
#include "exchange/receive.h"
#include "exchange/vault.h"
#include "source/load.h"
#include "source/outlet.h"

static const struct hf_loader *loader_of(const struct transfer *t)
{
	return hf_loader_find(t->target->name);
}

static enum hf_err check_file(struct hf_exchange *x, const char *output, char ret_output[OUTPUT_MAX],
                              struct hf_fault *f)
{
	HF_TRY(target_file.check(x, output, ret_output, f));
	return vault_ready(x->vault, f);
}

static enum hf_err check_outlet(struct hf_exchange *x, const char *to, char ret_output[OUTPUT_MAX], struct hf_fault *f)
{
	struct hf_outlet o;
	char table[HF_LOAD_TABLE];
	HF_TRY(hf_outlet_find(x->sources, to, &o, table, f));
	snprintf(ret_output, OUTPUT_MAX, "%s", to);
	return vault_ready(x->vault, f);
}

bool hf_exchange_loads_into(const struct hf_exchange *x, const char *outlet)
{
	size_t len = strlen(outlet);
	for (const struct transfer *t = x->transfers; t; t = t->next)
		if (!t->provider && t->target->outlet && strncmp(t->output, outlet, len) == 0 && t->output[len] == '/')
			return true;
	return false;
}

/* ---- the sealed copy ---- */

static void folder(const struct transfer *t, char out[OUTPUT_MAX])
{
	target_sealed.folder(t, out);
}

static enum hf_err prepare_begin(struct transfer *t, struct hf_fault *f)
{
	return target_sealed.prepare_begin(t, f);
}

static enum hf_err prepare_work(struct transfer *t)
{
	return target_sealed.prepare_work(t);
}

static enum hf_err open_copy(struct transfer *t, struct receive *r, struct hf_fault *f)
{
	return target_sealed.open(t, r, f);
}

static void close_copy(struct receive *r)
{
	target_sealed.close(r);
}

static enum hf_err write_chunk(struct transfer *t, unsigned lane, uint64_t index, uint8_t *plain, size_t len)
{
	return target_sealed.write(t, lane, index, plain, len);
}

static enum hf_err read_chunk(struct transfer *t, uint64_t index, uint8_t *out, size_t len)
{
	return target_sealed.read(t, index, out, len);
}

static void examine(struct transfer *t, hf_scan_fn fn, void *ctx)
{
	held_scan(t, fn, ctx);
}

/* ---- loading it ---- */

static enum hf_csv_type type_of(const char *name)
{
	for (enum hf_csv_type t = HF_CSV_BOOLEAN; t < HF_CSV_STRING; t++)
		if (strcmp(hf_csv_type_name(t), name) == 0)
			return t;
	return HF_CSV_STRING;
}

/* A masked field is of another type than the label says. */
static void take_columns(const Hufu__Label *l, struct hf_load *load)
{
	load->columns = hf_alloc_zero((l->n_fields + 1) * sizeof(*load->columns));
	for (size_t i = 0; i < l->n_fields; i++) {
		const Hufu__FieldLabel *from = l->fields[i];
		struct hf_load_column *to = &load->columns[load->column_count++];
		snprintf(to->name, sizeof(to->name), "%s", from->name);
		to->type = from->technique[0] ? HF_CSV_STRING : type_of(from->type);
	}
}

static void columns_of(const struct transfer *t, struct hf_load *load)
{
	Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	if (s && s->label)
		take_columns(s->label, load);
	hf_decoded_free(s);
	hf_decoded_free(e);
}

/* What is no table of the declared columns can be kept as it came, and nowhere else. */
static enum hf_err check_table(const struct transfer *t, const struct hf_load *load, struct hf_fault *f)
{
	struct hf_csv_verdict c;
	hf_csv_check_end(t->receive->check);
	hf_csv_check_verdict(t->receive->check, &c);
	bool same = c.column_count == load->column_count;
	for (size_t i = 0; same && i < c.column_count; i++)
		same = strcmp(c.names[i], load->columns[i].name) == 0;
	if (c.defect == HF_CSV_GOOD && c.wrong_width == 0 && c.rows == t->rows && same)
		return HF_OK;
	return hf_fault_set(f, HF_E_FORMAT,
	                    "what was delivered is not the table that was declared (%s), so it cannot be loaded; fetch "
	                    "it into a CSV file to look at it",
	                    c.defect != HF_CSV_GOOD ? hf_csv_defect_text(c.defect)
	                    : c.wrong_width > 0     ? hf_csv_defect_text(HF_CSV_WIDTH)
	                    : same                  ? "it has another number of rows"
	                                            : "it has other columns");
}

static enum hf_err take_load(struct transfer *t, struct hf_fault *f)
{
	struct hf_load *load = t->load;
	load->transfer = t->id;
	load->resource = t->resource;
	load->rows = t->rows;
	load->pace = &t->x->load_pace;
	snprintf(load->place, sizeof(load->place), "%s", t->output);
	if (t->target->outlet)
		HF_TRY(hf_outlet_load(t->x->sources, t->output, load, f));
	columns_of(t, load);
	return t->state != TRANSFER_STARTED || loader_of(t)->raw ? HF_OK : check_table(t, load, f);
}

static enum hf_err ready(struct transfer *t, struct hf_fault *f)
{
	hf_load_free(t->load);
	t->load = hf_load_new();
	enum hf_err e = take_load(t, f);
	if (e != HF_OK) {
		hf_load_free(t->load);
		t->load = NULL;
	}
	return e;
}

static enum hf_err feed_all(struct transfer *t, void *state, uint8_t *chunk, struct hf_fault *f)
{
	for (uint64_t at = 0; at < t->bytes_total;) {
		size_t len = t->bytes_total - at < CHUNK_BYTES ? (size_t)(t->bytes_total - at) : CHUNK_BYTES;
		enum hf_err e = read_chunk(t, at / CHUNK_BYTES, chunk, len);
		if (e != HF_OK)
			return hf_fault_set(f, e, "the sealed copy of the delivery cannot be read: %s; fetch it again",
			                    hf_err_text(e));
		HF_TRY(loader_of(t)->feed(state, chunk, len, f));
		at += len;
	}
	return HF_OK;
}

static enum hf_err settle(struct transfer *t, struct hf_fault *f)
{
	const struct hf_loader *l = loader_of(t);
	void *state = NULL;
	bool done = false;
	HF_TRY(l->begin(t->load, &state, &done, f));
	enum hf_err e = HF_OK;
	if (!done) {
		uint8_t *chunk = hf_alloc(CHUNK_BYTES);
		e = feed_all(t, state, chunk, f);
		hf_wipe(chunk, CHUNK_BYTES);
		free(chunk);
		if (e == HF_OK)
			e = l->commit(state, f);
	}
	l->close(state);
	if (e == HF_OK && l->made)
		e = l->made(t->load, &t->load->made, f);
	return hf_fault_default(f, e);
}

/* The end that follows undoes it, as often as it takes. */
static void unsettle(struct transfer *t)
{
	(void)t;
}

static enum hf_err finish(struct transfer *t, struct hf_fault *f)
{
	const struct hf_loader *l = loader_of(t);
	if (t->slot == NO_SLOT)
		return HF_OK; /* nothing ever came */
	bool gone = vault_destroy(t->x->vault, t->slot, &t->id) == HF_OK;
	if (!t->load)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the target %.200s is gone or disabled, so nothing in it was cleared", t->output);
	if (t->state == TRANSFER_COMPLETED)
		HF_TRY(l->finish(t->load, f));
	else if (t->manifest.len > 0) /* without one nothing was loaded */
		HF_TRY(l->undo(t->load, f));
	return gone ? HF_OK : hf_fault_set(f, HF_E_IO, "the sealed copy could not be destroyed");
}

static void delivered(struct transfer *t, struct hf_unit *u)
{
	(void)u;
	t->made = t->load->made;
}

#define ROW(row, text, file_format, kind, checks)                                                                      \
	const struct target row = {                                                                                    \
	        .name = text,                                                                                          \
	        .format = file_format,                                                                                 \
	        .outlet = kind,                                                                                        \
	        .check = checks,                                                                                       \
	        .folder = folder,                                                                                      \
	        .prepare_begin = prepare_begin,                                                                        \
	        .prepare_work = prepare_work,                                                                          \
	        .open = open_copy,                                                                                     \
	        .close = close_copy,                                                                                   \
	        .write = write_chunk,                                                                                  \
	        .read = read_chunk,                                                                                    \
	        .examine = examine,                                                                                    \
	        .ready = ready,                                                                                        \
	        .settle = settle,                                                                                      \
	        .unsettle = unsettle,                                                                                  \
	        .finish = finish,                                                                                      \
	        .delivered = delivered,                                                                                \
	        .cache = "it lay sealed until it was loaded; the sealed copy is destroyed after this record",          \
	        .wiped = "the sealed copy is destroyed, and nothing of it is loaded",                                  \
	}
ROW(target_jsonl, "jsonl", "jsonl", NULL, check_file);
ROW(target_csv_zst, "csv.zst", "csv.zst", NULL, check_file);
ROW(target_jsonl_zst, "jsonl.zst", "jsonl.zst", NULL, check_file);
ROW(target_sqlite, "sqlite", NULL, "sqlite", check_outlet);
ROW(target_postgresql, "postgresql", NULL, "postgresql", check_outlet);
#undef ROW
