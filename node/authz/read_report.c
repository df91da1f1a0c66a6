/* read_report.c - what a consumer tells the provider of each read of data that it keeps sealed (data_use.h). */
#include <stdlib.h>

#include "authz/data_use.h"
#include "authz/internal.h"
#include "authz/uses.h"
#include "proto/codec.h"

enum { REPORT_KEY = 32 };

static struct hf_draft *report_draft(struct hf_authz *a, const Hufu__ReadReport *m, const char *peer,
                                     const struct hf_id *resource, const struct hf_hash *digest)
{
	struct hf_id transfer, id;
	char text[HF_ID_TEXT];
	struct hf_draft *d = hf_draft_new(HF_EVENT_READ_REPORT, az_id_of(&m->transfer, &transfer) ? &transfer : NULL);
	hf_id_text(resource, text);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_RESOURCE, text);
	if (az_id_of(&m->read, &id))
		az_entry_id(d, HF_FIELD_OBJECT, &id);
	if (az_id_of(&m->grant, &id))
		az_entry_id(d, HF_FIELD_GRANT, &id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, peer);
	hf_draft_text(d, HF_FIELD_SYSTEM, m->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, m->purpose);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)m->bytes);
	hf_draft_text(d, HF_FIELD_DELIVERY, m->outcome);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, peer);
	return d;
}

/* ---- the consumer ---- */

static void fill(Hufu__ReadReport *m, const Hufu__HeldRow *held, const Hufu__HeldReadRow *read)
{
	m->transfer = held->transfer;
	m->grant = held->grant;
	m->read = read->read;
	m->account = read->account;
	m->system = held->system;
	m->purpose = held->purpose;
	m->fields = read->fields;
	m->n_fields = read->n_fields;
	m->count = held->reads;
	m->rows = read->rows;
	m->bytes = read->bytes;
	m->begun_ms = read->begun_ms;
	m->ended_ms = read->ended_ms;
	m->outcome = read->outcome;
	m->reason = read->reason;
}

enum hf_err hf_read_report_send(struct hf_authz *a, struct hf_unit *u, const Hufu__HeldRow *held,
                                const Hufu__HeldReadRow *read, struct hf_fault *f)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__ReadReport m = HUFU__READ_REPORT__INIT;
	Hufu__ReadReportMail mail = HUFU__READ_REPORT_MAIL__INIT;
	struct paper_head head;
	struct hf_id transfer, resource;
	if (!az_id_of(&held->transfer, &transfer) || !az_id_of(&held->resource, &resource))
		return hf_fault_set(f, HF_E_STORE, "the row of the sealed data cannot be read; see `hufu doctor`");
	az_paper_head_init(a, &head, &transfer, held->provider, NULL, NULL);
	fill(&m, held, read);
	m.header = &head.header;
	HF_TRY(az_paper_sign(a, HF_TYPE_READ_REPORT, &transfer, &m.base, u, &paper, f));
	mail.report = paper.envelope;
	hf_unit_draft(u, report_draft(a, &m, held->provider, &resource, &paper.digest));
	return az_paper_mail(a, u, held->provider, HF_MAIL_READ_REPORT, &transfer, &mail.base, f);
}

/* ---- the provider ---- */

struct wanted {
	const Hufu__ReadReport *report;
	const char *from;
	bool known, fits;
	struct hf_id resource;
};

static bool look(void *ctx, const Hufu__GrantUseRow *row)
{
	struct wanted *w = ctx;
	if (!row->provider || row->state == HF_USE_RELEASED || !same_text(row->peer, w->from) ||
	    row->transfer.len != w->report->transfer.len ||
	    memcmp(row->transfer.data, w->report->transfer.data, row->transfer.len) != 0)
		return true;
	w->known = az_id_of(&row->resource, &w->resource);
	w->fits = same_text(row->purpose, w->report->purpose) && same_text(row->system, w->report->system);
	return false;
}

static enum hf_err check_use(struct hf_authz *a, const struct mail_in *in, struct wanted *w)
{
	struct hf_id grant = {{0}};
	if (w->report->grant.len > 0 && !az_id_of(&w->report->grant, &grant))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the report of a read names no grant");
	HF_TRY(hf_fault_default(in->fault, hf_authz_uses(a, &grant, look, w)));
	if (!w->known)
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node knows no such delivery");
	if (!w->fits) { /* AZ-76: the consumer says itself that it used the data for something else */
		return hf_fault_set(in->fault, HF_E_WRONG_PURPOSE,
		                    "the read was for the purpose '%.60s' of the system '%.60s', the delivery was "
		                    "permitted for another one",
		                    w->report->purpose, w->report->system);
	}
	return HF_OK;
}

static bool make_key(const Hufu__ReadReport *m, uint8_t key[REPORT_KEY])
{
	if (m->transfer.len != 16 || m->read.len != 16)
		return false;
	memcpy(key, m->transfer.data, 16);
	memcpy(key + 16, m->read.data, 16);
	return true;
}

static void put(struct hf_authz *a, const struct mail_in *in, const struct wanted *w, const uint8_t key[REPORT_KEY],
                const struct hf_hash *digest)
{
	const Hufu__ReadReport *m = w->report;
	Hufu__ReadReportRow row = HUFU__READ_REPORT_ROW__INIT;
	size_t len = 0;
	row.transfer = m->transfer;
	row.read = m->read;
	row.consumer = (char *)in->from;
	row.account = m->account;
	row.system = m->system;
	row.purpose = m->purpose;
	row.fields = m->fields;
	row.n_fields = m->n_fields;
	row.begun_ms = m->begun_ms;
	row.ended_ms = m->ended_ms;
	row.rows = m->rows;
	row.bytes = m->bytes;
	row.outcome = m->outcome;
	row.reason = m->reason;
	row.count = m->count;
	row.reported_ms = now_of(a);
	row.report_digest = BIN_HASH(digest);
	row.resource = BIN_ID(&w->resource);
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(in->unit, HF_TABLE_READ_REPORT, key, REPORT_KEY, data, len);
	free(data);
}

enum hf_err az_read_on_report(struct hf_authz *a, const struct mail_in *in, const Hufu__ReadReportMail *mail)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ReadReport *m = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	const struct paper_want want = {HF_TYPE_READ_REPORT, &hufu__read_report__descriptor, in->from, NULL,
	                                "the report of a read"};
	uint8_t key[REPORT_KEY];
	struct hf_id transfer, txn;
	HF_TRY(az_paper_open(a, mail->report, &want, &m, in->fault));
	struct wanted w = {.report = m, .from = in->from};
	if (!make_key(m, key) || !az_id_of(&m->transfer, &transfer) || !az_id_of(&m->header->transaction, &txn) ||
	    !hf_id_equal(&txn, &transfer))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the report of a read belongs to another transaction");
	HF_TRY(check_use(a, in, &w));
	if (hf_store_has(a->store, HF_TABLE_READ_REPORT, key, sizeof(key)))
		return hf_fault_set(in->fault, HF_E_EXISTS, "that read was reported already");
	HF_TRY(az_paper_keep(a, mail->report, &transfer, in->unit, &paper, in->fault));
	put(a, in, &w, key, &paper.digest);
	hf_unit_draft(in->unit, report_draft(a, m, in->from, &w.resource, &paper.digest));
	return HF_OK;
}

struct listing {
	hf_read_report_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done)
	Hufu__ReadReportRow *row = HF_DECODE_OWN(read_report_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_read_reports(struct hf_authz *a, const struct hf_id *transfer, hf_read_report_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(a->store, HF_TABLE_READ_REPORT, transfer ? transfer->b : NULL, transfer ? 16 : 0, NULL, 0,
	                     list_row, &l));
	return l.error;
}
