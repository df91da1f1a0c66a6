/*
 * entries.c - what every step of a negotiation says in the ledger: who, about which application, organization, system,
 * resource and period, with which result (AZ-24), and the digest of the paper concerned. All three nodes are parties.
 */
#include <stdio.h>
#include <string.h>

#include "authz/internal.h"

void az_entry_id(struct hf_draft *d, enum hf_field field, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	hf_draft_text(d, field, text);
}

static void put_id(struct hf_draft *d, enum hf_field field, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	if (az_id_of(b, &id))
		az_entry_id(d, field, &id);
}

static void put_period(struct hf_draft *d, const Hufu__ApplicationRow *row, const struct entry_words *w)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	hf_time_text(w->until_ms ? w->from_ms : row->from_ms, from);
	hf_time_text(w->until_ms ? w->until_ms : row->until_ms, until);
	hf_draft_textf(d, HF_FIELD_PERIOD, "%s/%s", from, until);
}

static void put_parties(struct hf_draft *d, const Hufu__ApplicationRow *row)
{
	hf_draft_party(d, row->provider);
	hf_draft_party(d, row->organization);
	if (has_text(row->intake))
		hf_draft_party(d, row->intake);
}

void az_entry_fill(struct hf_draft *d, const Hufu__ApplicationRow *row, const struct entry_words *w)
{
	struct hf_id txn = az_row_txn(row);
	hf_draft_txn(d, &txn);
	put_id(d, HF_FIELD_OBJECT, row->id.len ? &row->id : &row->grant);
	put_id(d, HF_FIELD_APPLICATION, &row->id);
	put_id(d, HF_FIELD_RESOURCE, &row->resource);
	hf_draft_text(d, HF_FIELD_ACTOR, w->actor);
	hf_draft_textf(d, HF_FIELD_ORGANIZATION, "%s%s%s", row->organization, has_text(row->department) ? "/" : "",
	               row->department);
	hf_draft_text(d, HF_FIELD_SYSTEM, row->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, row->purpose);
	hf_draft_text(d, HF_FIELD_MECHANISM, w->mechanism ? w->mechanism : "application");
	put_period(d, row, w);
	hf_draft_text(d, HF_FIELD_RESULT, w->result);
	hf_draft_text(d, HF_FIELD_REASON, w->reason_code);
	hf_draft_text(d, HF_FIELD_DETAIL, w->detail);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, w->counterparty);
	if (w->digest)
		hf_draft_bytes(d, HF_FIELD_DIGEST, w->digest->b, sizeof(w->digest->b));
	if (w->grant)
		put_id(d, HF_FIELD_GRANT, &BIN_ID(w->grant));
	put_parties(d, row);
}

void az_entry_add(struct hf_authz *a, struct hf_unit *u, enum hf_event event, const Hufu__ApplicationRow *row,
                  const struct entry_words *w)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	az_entry_fill(d, row, w);
	hf_unit_draft(u, d);
}
