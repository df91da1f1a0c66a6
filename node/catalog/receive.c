/*
 * receive.c - entries of other nodes: who signed them, whether they are new, and into the store with them.
 *
 * The loop looks up the key that the header's time asks for; the worker pool decodes and verifies owned copies; the
 * loop then decides against what it has. An entry counts only when signer, issuer, publisher and the peer at the other
 * end of the channel are the same node. Versions only rise; the same version with other bytes is a contradiction that
 * goes into the ledger.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/internal.h"
#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "proto/envelope.h"

struct item {
	uint8_t *bytes; /* the envelope as sent */
	size_t len;
	struct hf_sign_pub key;
	enum hf_err error;
	Hufu__CatalogEntry *entry;
};
struct job {
	uv_work_t work;
	struct hf_catalog *c;
	struct peer *from;
	struct item *items;
	size_t count, fresh; /* fresh: ids not held before */
	received_fn fn;
	void *ctx;
	struct hf_fault fault;  /* the first refusal */
	struct hf_draft *draft; /* and its record */
};

static enum hf_err check_header(const struct hf_catalog *c, const Hufu__Header *h, const char *from)
{
	if (!hf_suite_usable(h->suite))
		return HF_E_SUITE;
	if (strcmp(h->space, hf_space_id(hf_peers_space(c->peers))) != 0)
		return HF_E_WRONG_SPACE;
	if (strcmp(h->issuer, from) != 0)
		return HF_E_SIGNATURE;
	return h->time_ms > hf_now_ms(&c->base->clock) + HF_CLOCK_SKEW_MS ? HF_E_STALE : HF_OK;
}

/* The key with which `from` signed at the time that the header states. */
static enum hf_err find_key(const struct hf_catalog *c, const Hufu__Envelope *e, const char *from,
                            struct hf_sign_pub *ret_key)
{
	const uint8_t *bytes;
	Hufu__Header *h = NULL;
	enum hf_err err = HF_E_FORMAT;
	size_t len;

	if (hf_payload_header(e->payload.data, e->payload.len, &bytes, &len))
		h = HF_DECODE(header, bytes, len);
	if (h)
		err = check_header(c, h, from);
	if (err == HF_OK && !hf_space_key(hf_peers_space(c->peers), from, HF_KEY_ENVELOPE, h->time_ms, ret_key->b))
		err = HF_E_SIGNATURE;
	hf_decoded_free(h);
	return err;
}

static void prepare(struct job *j, const Hufu__Envelope *e, struct item *it)
{
	it->bytes = hf_encode(&e->base, &it->len);
	if (!it->bytes)
		it->error = HF_E_MEMORY;
	else if (it->len > HF_MAX_ENVELOPE)
		it->error = HF_E_LIMIT;
	else
		it->error = find_key(j->c, e, j->from->id.s, &it->key);
}

/* Worker. */
static void verify(const char *from, struct item *it)
{
	Hufu__Envelope *e = HF_DECODE(envelope, it->bytes, it->len);

	if (!e)
		it->error = HF_E_FORMAT;
	else if (!hf_envelope_verify(e, HF_TYPE_CATALOG_ENTRY, from, &it->key))
		it->error = HF_E_SIGNATURE;
	else if (!(it->entry = HF_DECODE(catalog_entry, e->payload.data, e->payload.len)))
		it->error = HF_E_FORMAT;
	else if (strcmp(it->entry->publisher, from) != 0)
		it->error = HF_E_SIGNATURE;
	else if (it->entry->sample && memcmp(it->entry->sample->of.data, it->entry->id.data, it->entry->id.len) == 0)
		it->error = HF_E_FORMAT; /* both are ids */
	hf_decoded_free(e);
}

static void verify_all(uv_work_t *work)
{
	struct job *j = work->data;

	for (size_t i = 0; i < j->count; i++)
		if (j->items[i].error == HF_OK)
			verify(j->from->id.s, &j->items[i]);
}

static void tell(struct job *j, const struct item *it, const struct hf_id *id, const Hufu__CatalogRow *was,
                 const Hufu__CatalogEntry *old, struct hf_unit *unit)
{
	struct hf_catalog_renewed r = {j->from->id.s, id, old, it->entry, {{0}}, {{0}}};

	if (!j->c->renewed)
		return;
	hf_envelope_digest(was->envelope.data, was->envelope.len, &r.old_digest);
	hf_envelope_digest(it->bytes, it->len, &r.digest);
	j->c->renewed(j->c->renewed_ctx, &r, unit);
}

/* Loop again. */
static enum hf_err store_entry(struct job *j, struct item *it, const struct hf_id *id, const Hufu__CatalogRow *was,
                               struct hf_unit *unit)
{
	HF_CLEANUP(entry_done) Hufu__CatalogEntry *old = NULL;
	Hufu__CatalogRow row = HUFU__CATALOG_ROW__INIT;

	if (was)
		HF_TRY(row_entry(was->envelope.data, was->envelope.len, &old));
	row.envelope = (ProtobufCBinaryData){it->len, it->bytes};
	row.version = it->entry->version;
	row.withdrawn = it->entry->withdrawn;
	row.publisher = j->from->id.s;
	row.stored_ms = hf_now_ms(&j->c->base->clock);
	j->fresh += !was;
	if (was)
		tell(j, it, id, was, old, unit);
	return row_put(unit, id, &row, old, it->entry);
}

static enum hf_err decide(struct job *j, struct item *it, const struct hf_id *id, struct hf_unit *unit)
{
	HF_CLEANUP(row_done) Hufu__CatalogRow *was = NULL;
	enum hf_err e = row_get(j->c, j->from->id.s, id, &was);

	if (e == HF_E_UNKNOWN) {
		if (it->entry->withdrawn)
			return HF_OK; /* the end of something this node never had */
		if (j->from->held + j->fresh >= HF_CATALOG_PER_PEER)
			return HF_E_LIMIT;
		return store_entry(j, it, id, NULL, unit);
	}
	HF_TRY(e);
	if (it->entry->version < was->version)
		return HF_OK;
	if (it->entry->version > was->version)
		return store_entry(j, it, id, was, unit);
	return was->envelope.len == it->len && memcmp(was->envelope.data, it->bytes, it->len) == 0 ? HF_OK
	                                                                                           : HF_E_CONFLICT;
}

static void note_refusal(struct job *j, const struct item *it, const struct hf_id *id, enum hf_err e)
{
	char text[HF_ID_TEXT];
	struct hf_hash digest;

	if (j->draft)
		return;
	hf_id_text(id, text);
	hf_fault_set(&j->fault, e, "entry %s: %s", text, hf_err_text(e));
	j->draft = hf_draft_new(HF_EVENT_PEER_REFUSED, NULL);
	hf_draft_text(j->draft, HF_FIELD_ACTOR, j->from->id.s);
	hf_draft_text(j->draft, HF_FIELD_COUNTERPARTY, j->from->id.s);
	hf_draft_textf(j->draft, HF_FIELD_OBJECT, "catalog entry %s", text);
	hf_draft_text(j->draft, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(j->draft, e, j->fault.text);
	if (it->bytes) {
		hf_envelope_digest(it->bytes, it->len, &digest);
		hf_draft_bytes(j->draft, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	}
}

/* Ids must rise, so that no id is there twice and each decision sees what the store has. */
static void decide_all(struct job *j, struct hf_unit *unit)
{
	struct hf_id last = {{0}};

	for (size_t i = 0; i < j->count; i++) {
		struct item *it = &j->items[i];
		struct hf_id id = {{0}};
		enum hf_err e = it->error;

		if (e == HF_OK && !hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &id))
			e = HF_E_FORMAT;
		if (e == HF_OK && memcmp(id.b, last.b, sizeof(id.b)) <= 0)
			e = HF_E_FORMAT;
		if (e == HF_OK) {
			last = id;
			e = decide(j, it, &id, unit);
		}
		if (e != HF_OK)
			note_refusal(j, it, &id, e);
	}
	if (j->draft)
		hf_unit_draft(unit, HF_TAKE(j->draft));
}

static void free_job(struct job *j)
{
	for (size_t i = 0; i < j->count; i++) {
		free(j->items[i].bytes);
		hf_decoded_free(j->items[i].entry);
	}
	free(j->items);
	catalog_unref(j->c);
	free(j);
}

static void on_committed(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct job *j = ctx;

	(void)info;
	if (e != HF_OK)
		hf_fault_set(&j->fault, e, "%s", hf_err_text(e));
	else
		j->from->held += j->fresh;
	j->fn(j->ctx, j->fault.code, &j->fault);
	free_job(j);
}

static void on_verified(uv_work_t *work, int status)
{
	struct job *j = work->data;
	struct hf_unit *unit;

	if (status != 0 || j->c->closing) {
		hf_fault_set(&j->fault, HF_E_CANCELLED, "the node is stopping");
		j->fn(j->ctx, HF_E_CANCELLED, &j->fault);
		free_job(j);
		return;
	}
	unit = hf_unit_new();
	decide_all(j, unit);
	hf_store_submit(j->c->store, unit, on_committed, j);
}

void receive_entries(struct hf_catalog *c, struct peer *from, Hufu__Envelope **envelopes, size_t count, received_fn fn,
                     void *ctx)
{
	struct job *j = hf_alloc_zero(sizeof(*j));

	*j = (struct job){.c = c, .from = from, .count = count, .fn = fn, .ctx = ctx, .fault = {HF_OK, ""}};
	j->work.data = j;
	j->items = hf_alloc_zero(count * sizeof(*j->items));
	for (size_t i = 0; i < count; i++)
		prepare(j, envelopes[i], &j->items[i]);
	catalog_ref(c);
	if (uv_queue_work(c->base->loop, &j->work, verify_all, on_verified) != 0)
		abort(); /* only without a loop */
}
