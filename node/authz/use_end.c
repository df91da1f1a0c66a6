/* use_end.c - a second authorization that its data authority ended is over at the provider, too (second_use.h). */
#include <stdlib.h>

#include "authz/internal.h"
#include "authz/second_use.h"
#include "proto/codec.h"
#include "state_data.pb-c.h"
#include "uses.pb-c.h"

#define OVER_MAX 1000u /* of one consumer, each until it would have ended anyway */

/* ---- the consumer ---- */

void az_use_end_tell(struct hf_authz *a, const struct hf_step_in *in, const Hufu__UseAuthorizationRow *row)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__UseEnd m = HUFU__USE_END__INIT;
	Hufu__UseEndMail mail = HUFU__USE_END_MAIL__INIT;
	struct hf_fault f = {HF_OK, ""};
	struct paper_head head;
	struct hf_id id;
	if (!az_id_of(&row->id, &id))
		return;
	az_paper_head_init(a, &head, &id, row->provider, NULL, NULL);
	m.header = &head.header;
	m.authorization = row->id;
	m.resource = row->resource;
	m.system = row->system;
	m.purpose = row->purpose;
	m.until_ms = row->until_ms;
	m.ended_ms = row->ended_ms;
	m.reason = row->ended_reason;
	enum hf_err e = az_paper_sign(a, HF_TYPE_USE_END, &id, &m.base, in->unit, &paper, &f);
	mail.end = paper.envelope;
	if (e == HF_OK)
		e = az_paper_mail(a, in->unit, row->provider, HF_MAIL_USE_END, &id, &mail.base, &f);
	if (e != HF_OK) /* it is over here all the same; a provider that left the space is asked for nothing any more */
		HF_LOG(a->base->log, HF_LOG_WARN, "authz", "use-end-not-told", &id, HF_LOG_S("why", f.text));
}

/* ---- the provider ---- */

enum { OVER_KEY = HF_NAME_MAX + 1 + 16 };

static size_t over_key(const char *consumer, const struct hf_id *id, uint8_t key[OVER_KEY])
{
	size_t len = strlen(consumer) + 1;
	memcpy(key, consumer, len);
	if (!id)
		return len;
	memcpy(key + len, id->b, sizeof(id->b));
	return len + sizeof(id->b);
}

enum hf_err az_use_over(struct hf_authz *a, const char *consumer, const struct hf_id *id, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__UseOverRow *row = NULL;
	uint8_t key[OVER_KEY];
	char time[HF_TIME_TEXT];
	enum hf_err e = hf_store_get(a->store, HF_TABLE_USE_OVER, key, over_key(consumer, id, key), &b);
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	row = e == HF_OK ? HF_DECODE_OWN(use_over_row, b.data, b.len) : NULL;
	if (!row)
		return hf_fault_set(f, HF_E_STORE,
		                    "the ended authorizations of uses cannot be read, so nothing is permitted; see "
		                    "`hufu doctor`");
	hf_time_text(row->ended_ms, time);
	return hf_fault_set(f, HF_E_SECOND_USE,
	                    "the second authorization of the use was ended by %.63s at %s; let its data authority "
	                    "authorize it anew (`hufu sensitive authorize`)",
	                    consumer, time);
}

struct counting {
	struct hf_unit *unit;
	int64_t now_ms;
	size_t count;
};

/* What would be over by now anyway goes. */
static bool count_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct counting *c = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__UseOverRow *row = HF_DECODE_OWN(use_over_row, value.data, value.len);
	if (row && row->until_ms <= c->now_ms)
		hf_unit_del(c->unit, HF_TABLE_USE_OVER, key.data, key.len);
	else
		c->count++;
	return true;
}

static enum hf_err make_room(struct hf_authz *a, const struct mail_in *in)
{
	struct counting c = {in->unit, now_of(a), 0};
	uint8_t prefix[OVER_KEY];
	size_t len = over_key(in->from, NULL, prefix);
	HF_TRY(hf_fault_default(in->fault,
	                        hf_store_scan(a->store, HF_TABLE_USE_OVER, prefix, len, NULL, 0, count_row, &c)));
	return c.count < OVER_MAX ? HF_OK
	                          : hf_fault_set(in->fault, HF_E_LIMIT,
	                                         "%zu ended authorizations of %s are kept here; those that are left "
	                                         "over end by their own date",
	                                         c.count, in->from);
}

static void put(struct hf_unit *u, const Hufu__UseEnd *m, const char *consumer, const struct hf_id *id)
{
	Hufu__UseOverRow row = HUFU__USE_OVER_ROW__INIT;
	uint8_t key[OVER_KEY];
	size_t len = 0;
	row.authorization = m->authorization;
	row.consumer = (char *)consumer;
	row.until_ms = m->until_ms;
	row.ended_ms = m->ended_ms;
	row.reason = m->reason;
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_USE_OVER, key, over_key(consumer, id, key), data, len);
	free(data);
}

static struct hf_draft *over_draft(const Hufu__UseEnd *m, const char *consumer, const struct hf_id *id,
                                   const struct hf_hash *digest)
{
	struct hf_id resource;
	struct hf_draft *d = hf_draft_new(HF_EVENT_USE_ENDED, id);
	hf_draft_text(d, HF_FIELD_ACTOR, consumer);
	az_entry_id(d, HF_FIELD_OBJECT, id);
	if (az_id_of(&m->resource, &resource))
		az_entry_id(d, HF_FIELD_RESOURCE, &resource);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, consumer);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, consumer);
	hf_draft_text(d, HF_FIELD_SYSTEM, m->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, m->purpose);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, HF_OK, m->reason);
	hf_draft_party(d, consumer);
	return d;
}

static enum hf_err check(struct hf_authz *a, const struct mail_in *in, const Hufu__UseEnd *m, struct hf_id *ret_id)
{
	struct hf_id txn;
	if (!az_id_of(&m->authorization, ret_id) || !az_id_of(&m->header->transaction, &txn) ||
	    !hf_id_equal(&txn, ret_id))
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the end of an authorization of a use belongs to another transaction");
	if (m->until_ms > now_of(a) + AZ_USE_LONGEST_MS + HF_CLOCK_SKEW_MS)
		return hf_fault_set(in->fault, HF_E_LIMIT, "an authorization of a use holds for at most 366 days");
	return HF_OK;
}

enum hf_err az_use_on_end(struct hf_authz *a, const struct mail_in *in, const Hufu__UseEndMail *mail)
{
	HF_CLEANUP(hf_decoded_done) Hufu__UseEnd *m = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	const struct paper_want want = {HF_TYPE_USE_END, &hufu__use_end__descriptor, in->from, NULL,
	                                "the end of an authorization of a use"};
	struct hf_id id;
	uint8_t key[OVER_KEY];
	HF_TRY(az_paper_open(a, mail->end, &want, &m, in->fault));
	HF_TRY(check(a, in, m, &id));
	if (m->until_ms <= now_of(a) || hf_store_has(a->store, HF_TABLE_USE_OVER, key, over_key(in->from, &id, key)))
		return HF_OK;
	HF_TRY(make_room(a, in));
	HF_TRY(az_paper_keep(a, mail->end, &id, in->unit, &paper, in->fault));
	put(in->unit, m, in->from, &id);
	hf_unit_draft(in->unit, over_draft(m, in->from, &id, &paper.digest));
	return HF_OK;
}
