/* use_told.c - see use_state.h: the consumer's side. */
#include <stdlib.h>

#include "authz/internal.h"
#include "authz/use_state.h"
#include "proto/codec.h"
#include "state_data.pb-c.h"

static enum hf_err get(struct hf_authz *a, const struct hf_id *transfer, Hufu__UseStateRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_USE_STATE, transfer->b, sizeof(transfer->b), &b));
	*ret_row = HF_DECODE_OWN(use_state_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err hf_use_stopped(struct hf_authz *a, const struct hf_id *transfer, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__UseStateRow *row = NULL;
	if (hf_store_has(a->store, HF_TABLE_RECALLED, transfer->b, sizeof(transfer->b))) /* whatever is said later */
		return hf_fault_set(f, HF_E_RECALLED, "the provider has recalled this data; it is destroyed");
	enum hf_err e = get(a, transfer, &row);
	if (e == HF_E_UNKNOWN || (e == HF_OK && !row->stopped))
		return HF_OK;
	if (e != HF_OK)
		return hf_fault_set(f, e,
		                    "what the provider said of this data cannot be read, so nothing is permitted; see "
		                    "`hufu doctor`");
	return hf_fault_set(f, hf_err_from_reason(row->reason), "the provider has stopped the use of this data: %.330s",
	                    row->text);
}

static void put(struct hf_authz *a, struct hf_unit *u, const Hufu__UseState *m)
{
	Hufu__UseStateRow row = HUFU__USE_STATE_ROW__INIT;
	size_t len = 0;
	row.transfer = m->transfer;
	row.sequence = m->sequence;
	row.stopped = m->stopped;
	row.reason = m->reason;
	row.text = m->text;
	row.changed_ms = m->changed_ms;
	row.told_ms = now_of(a);
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_USE_STATE, m->transfer.data, m->transfer.len, data, len);
	free(data);
}

static struct hf_draft *told_draft(struct hf_authz *a, const Hufu__UseState *m, const Hufu__HeldRow *held,
                                   const struct hf_hash *digest)
{
	struct hf_id id;
	struct hf_draft *d = hf_draft_new(m->stopped ? HF_EVENT_USE_STOPPED : HF_EVENT_USE_RESUMED,
	                                  az_id_of(&held->transfer, &id) ? &id : NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, held->provider);
	if (az_id_of(&held->resource, &id)) {
		az_entry_id(d, HF_FIELD_OBJECT, &id);
		az_entry_id(d, HF_FIELD_RESOURCE, &id);
	}
	if (az_id_of(&held->grant, &id))
		az_entry_id(d, HF_FIELD_GRANT, &id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, held->provider);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, a->base->self.s);
	hf_draft_text(d, HF_FIELD_SYSTEM, held->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, held->purpose);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, m->stopped ? hf_err_from_reason(m->reason) : HF_OK, m->text);
	hf_draft_party(d, held->provider);
	return d;
}

/* To everybody but its provider the data does not exist. */
static enum hf_err held_from(struct hf_authz *a, const struct mail_in *in, const struct hf_id *transfer,
                             Hufu__HeldRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
	if (hf_store_get(a->store, HF_TABLE_HELD, transfer->b, sizeof(transfer->b), &b) == HF_OK)
		row = HF_DECODE_OWN(held_row, b.data, b.len);
	if (!row || !same_text(row->provider, in->from))
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node keeps no sealed data of that transfer");
	*ret_row = HF_TAKE(row);
	return HF_OK;
}

static enum hf_err open_state(struct hf_authz *a, const struct mail_in *in, const Hufu__UseStateMail *mail,
                              Hufu__UseState **ret_state, struct hf_id *ret_transfer)
{
	HF_CLEANUP(hf_decoded_done) Hufu__UseState *m = NULL;
	const struct paper_want want = {HF_TYPE_USE_STATE, &hufu__use_state__descriptor, in->from, NULL,
	                                "the word about the use of sealed data"};
	struct hf_id txn;
	HF_TRY(az_paper_open(a, mail->state, &want, &m, in->fault));
	if (!az_id_of(&m->transfer, ret_transfer) || !az_id_of(&m->header->transaction, &txn) ||
	    !hf_id_equal(&txn, ret_transfer))
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the word about the use of sealed data belongs to another transaction");
	if (m->stopped != has_text(m->reason))
		return hf_fault_set(in->fault, HF_E_FORMAT,
		                    "a stop of the use of sealed data has a reason, and nothing else has");
	*ret_state = HF_TAKE(m);
	return HF_OK;
}

/* What was overtaken by a later word changes nothing any more. */
enum hf_err az_use_on_state(struct hf_authz *a, const struct mail_in *in, const Hufu__UseStateMail *mail)
{
	HF_CLEANUP(hf_decoded_done) Hufu__UseState *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *held = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__UseStateRow *before = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id transfer;
	HF_TRY(open_state(a, in, mail, &m, &transfer));
	HF_TRY(held_from(a, in, &transfer, &held));
	enum hf_err e = get(a, &transfer, &before);
	if (e != HF_E_UNKNOWN)
		HF_TRY(hf_fault_default(in->fault, e));
	if (before && m->sequence <= before->sequence)
		return HF_OK;
	HF_TRY(az_paper_keep(a, mail->state, &transfer, in->unit, &paper, in->fault));
	put(a, in->unit, m);
	hf_unit_draft(in->unit, told_draft(a, m, held, &paper.digest));
	return HF_OK;
}
