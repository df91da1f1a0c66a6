/* update.c - see update.h. */
#include "exchange/update.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "exchange/transfer.h"
#include "proto/codec.h"
#include "transfer.pb-c.h"

#define TRANSFERS_MAX 32u /* named in a notice */
#define CHANGES_MAX 64u
#define NOTICES_MAX 32u /* kept of one entry; the ledger has all */

/* ---- rows ---- */

static void put_replica(struct hf_unit *u, const uint8_t key[32], const Hufu__ReplicaRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_REPLICA, key, 32, data, len);
	free(data);
}

static void replica_key(const struct hf_id *entry, const struct hf_id *transfer, uint8_t key[32])
{
	memcpy(key, entry->b, 16);
	memcpy(key + 16, transfer->b, 16);
}

/* NULL: nothing of it is known. hf_decoded_free. */
static Hufu__ReplicaRow *replica(struct hf_exchange *x, const struct hf_id *entry, const struct hf_id *transfer)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[32];
	replica_key(entry, transfer, key);
	return hf_store_get(x->store, HF_TABLE_REPLICA, key, sizeof(key), &b) == HF_OK
	               ? HF_DECODE_OWN(replica_row, b.data, b.len)
	               : NULL;
}

/* What an entry says of its data: fields, counts, time of change. */
static void data_of(const Hufu__CatalogEntry *e, struct hf_hash *ret_digest)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	bool ok = hf_buf_addf(&b, "%llu %llu %lld\n", (unsigned long long)e->rows, (unsigned long long)e->bytes,
	                      (long long)e->modified_ms);
	for (size_t i = 0; ok && i < e->n_fields; i++)
		ok = hf_buf_addf(&b, "%s %s\n", e->fields[i]->type, e->fields[i]->name);
	if (!ok)
		abort(); /* memory is gone */
	hf_sha256(b.data, b.len, ret_digest);
}

/* False: this node has another version of the entry. */
static bool data_here(const struct transfer *t, uint32_t version, struct hf_hash *ret_digest)
{
	struct hf_catalog_item item;
	if (hf_catalog_get(t->x->catalog, t->peer, &t->resource, &item) != HF_OK)
		return false;
	bool here = !item.entry->withdrawn && item.entry->version == version;
	if (here)
		data_of(item.entry, ret_digest);
	hf_catalog_item_done(&item);
	return here;
}

void update_delivered(const struct transfer *t, struct hf_unit *u)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	Hufu__ReplicaRow row = HUFU__REPLICA_ROW__INIT;
	struct hf_hash data;
	uint8_t key[32];
	if (!s || !s->label || t->stream || strcmp(t->peer, t->x->base->self.s) == 0)
		return; /* a stream goes on by itself; of its own data this node is the provider */
	row.provider = (char *)t->peer;
	row.version = s->label->version;
	if (data_here(t, row.version, &data))
		row.data = (ProtobufCBinaryData){sizeof(data.b), data.b};
	replica_key(&t->resource, &t->id, key);
	put_replica(u, key, &row);
}

void update_gone(struct hf_unit *u, const struct hf_id *entry, const struct hf_id *transfer)
{
	uint8_t key[32];
	replica_key(entry, transfer, key);
	hf_unit_del(u, HF_TABLE_REPLICA, key, sizeof(key));
}

struct listing {
	hf_update_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__UpdateRow *row = HF_DECODE_OWN(update_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_update_list(struct hf_exchange *x, hf_update_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(x->store, HF_TABLE_UPDATE, NULL, 0, NULL, 0, list_row, &l));
	return l.error;
}

/* ---- what is different ---- */

static const Hufu__Field *field_of(const Hufu__CatalogEntry *e, const char *name)
{
	for (size_t i = 0; i < e->n_fields; i++)
		if (strcmp(e->fields[i]->name, name) == 0)
			return e->fields[i];
	return NULL;
}

struct changes {
	char *text[CHANGES_MAX];
	size_t count, more;
};

static void add_change(struct changes *c, char sign, const char *name, const char *type, const char *other)
{
	char text[300];
	if (c->count == CHANGES_MAX - 1) {
		c->more++;
		return;
	}
	snprintf(text, sizeof(text), "%c %.127s %.20s%s%.20s", sign, name, type, *other ? " " : "", other);
	c->text[c->count++] = hf_strdup(text);
}

static void compare_fields(const Hufu__CatalogEntry *old, const Hufu__CatalogEntry *new, struct changes *c)
{
	for (size_t i = 0; i < new->n_fields; i++) {
		const Hufu__Field *now = new->fields[i], *was = field_of(old, now->name);
		if (!was)
			add_change(c, '+', now->name, now->type, "");
		else if (strcmp(was->type, now->type) != 0)
			add_change(c, '~', now->name, was->type, now->type);
	}
	for (size_t i = 0; i < old->n_fields; i++)
		if (!field_of(new, old->fields[i]->name))
			add_change(c, '-', old->fields[i]->name, old->fields[i]->type, "");
	if (c->more > 0) {
		char text[64];
		snprintf(text, sizeof(text), "and %zu more", c->more);
		c->text[c->count++] = hf_strdup(text);
	}
}

static bool other_data(const struct hf_catalog_renewed *r, const struct changes *c)
{
	return c->count > 0 || r->old->rows != r->entry->rows || r->old->bytes != r->entry->bytes ||
	       r->old->modified_ms != r->entry->modified_ms;
}

/* ---- a new version ---- */

/* The deliveries of an entry that are older than its new version: `same` have the same data all the same. Nothing is
 * written while the table is read. */
struct copies {
	const struct hf_catalog_renewed *r;
	struct hf_hash data;
	bool other; /* data than the version before has */
	struct hf_id *id, *same;
	size_t count, same_count;
};

static bool same_data(const struct copies *c, const Hufu__ReplicaRow *row)
{
	if (row->data.len == sizeof(c->data.b) && memcmp(row->data.data, c->data.b, sizeof(c->data.b)) == 0)
		return true;
	return !c->other && row->version == c->r->old->version;
}

static void add_id(struct hf_id **list, size_t *count, const uint8_t *id)
{
	*list = hf_realloc(*list, (*count + 1) * sizeof(**list));
	memcpy((*list)[(*count)++].b, id, 16);
}

static bool take_copy(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct copies *c = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__ReplicaRow *row = HF_DECODE_OWN(replica_row, value.data, value.len);
	if (key.len != 32 || !row || strcmp(row->provider, c->r->publisher) != 0 ||
	    row->version >= c->r->entry->version)
		return true;
	if (same_data(c, row))
		add_id(&c->same, &c->same_count, key.data + 16);
	else
		add_id(&c->id, &c->count, key.data + 16);
	return true;
}

static void renew(const struct copies *c, struct hf_unit *u)
{
	for (size_t i = 0; i < c->same_count; i++) {
		Hufu__ReplicaRow row = HUFU__REPLICA_ROW__INIT;
		struct hf_hash data = c->data;
		uint8_t key[32];
		row.provider = (char *)c->r->publisher;
		row.version = c->r->entry->version;
		row.data = (ProtobufCBinaryData){sizeof(data.b), data.b};
		replica_key(c->r->id, &c->same[i], key);
		put_replica(u, key, &row);
	}
}

struct oldest {
	uint8_t key[20];
	unsigned count;
};

static bool count_notice(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct oldest *o = ctx;
	(void)value;
	if (o->count++ == 0 && key.len == sizeof(o->key))
		memcpy(o->key, key.data, sizeof(o->key));
	return true;
}

static void drop_oldest(struct hf_exchange *x, const struct hf_id *entry, struct hf_unit *u)
{
	struct oldest o = {.count = 0};
	if (hf_store_scan(x->store, HF_TABLE_UPDATE, entry->b, 16, NULL, 0, count_notice, &o) == HF_OK &&
	    o.count >= NOTICES_MAX)
		hf_unit_del(u, HF_TABLE_UPDATE, o.key, sizeof(o.key));
}

static void put_update(struct hf_unit *u, const struct hf_id *entry, const Hufu__UpdateRow *row)
{
	uint8_t key[20];
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	memcpy(key, entry->b, 16);
	hf_put_u32(key + 16, row->version);
	hf_unit_put(u, HF_TABLE_UPDATE, key, sizeof(key), data, len);
	free(data);
}

static void draft(struct hf_exchange *x, const struct hf_id *entry, const Hufu__UpdateRow *row, struct hf_unit *u)
{
	char id[HF_ID_TEXT], old[65], new[65], text[1200];
	struct hf_draft *d = hf_draft_new(HF_EVENT_UPDATE_NOTICE, entry);
	int n;
	hf_hex(row->old_digest.data, 32, old);
	hf_hex(row->digest.data, 32, new);
	hf_id_text(entry, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	hf_draft_text(d, HF_FIELD_ACTOR, row->provider);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, row->provider);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, x->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_bytes(d, HF_FIELD_DIGEST, row->digest.data, row->digest.len);
	n = snprintf(
	        text, sizeof(text),
	        "version %u (%s) became %u (%s); rows %llu to %llu, bytes %llu to %llu; %u deliveries here are older",
	        row->old_version, old, row->version, new, (unsigned long long)row->old_rows,
	        (unsigned long long)row->rows, (unsigned long long)row->old_bytes, (unsigned long long)row->bytes,
	        row->copies);
	for (size_t i = 0; i < row->n_changes && n > 0 && (size_t)n < sizeof(text) - 200; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "; %.150s", row->changes[i]);
	hf_utf8_mend(text);
	hf_draft_outcome(d, HF_OK, text);
	hf_unit_draft(u, d);
}

static void notice(struct hf_exchange *x, const struct hf_catalog_renewed *r, const struct copies *c,
                   const struct changes *changes, struct hf_unit *u)
{
	Hufu__UpdateRow row = HUFU__UPDATE_ROW__INIT;
	ProtobufCBinaryData transfers[TRANSFERS_MAX];
	struct hf_hash old = r->old_digest, new = r->digest;
	size_t n = c->count < TRANSFERS_MAX ? c->count : TRANSFERS_MAX;
	row.resource = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)r->id->b};
	row.provider = (char *)r->publisher;
	row.old_version = r->old->version;
	row.old_digest = (ProtobufCBinaryData){32, old.b};
	row.version = r->entry->version;
	row.digest = (ProtobufCBinaryData){32, new.b};
	row.changes = (char **)changes->text;
	row.n_changes = changes->count;
	row.old_rows = r->old->rows;
	row.rows = r->entry->rows;
	row.old_bytes = r->old->bytes;
	row.bytes = r->entry->bytes;
	row.modified_ms = r->entry->modified_ms;
	row.told_ms = hf_now_ms(&x->base->clock);
	for (size_t i = 0; i < n; i++)
		transfers[i] = (ProtobufCBinaryData){16, c->id[c->count - 1 - i].b};
	row.transfers = transfers;
	row.n_transfers = n;
	row.copies = (uint32_t)c->count;
	drop_oldest(x, r->id, u);
	put_update(u, r->id, &row);
	draft(x, r->id, &row, u);
}

void update_on_renewed(void *ctx, const struct hf_catalog_renewed *r, struct hf_unit *u)
{
	struct hf_exchange *x = ctx;
	struct changes changes = {.count = 0};
	struct copies c = {.r = r, .other = true};
	if (r->entry->withdrawn)
		return;
	data_of(r->entry, &c.data);
	if (!r->old->withdrawn) {
		compare_fields(r->old, r->entry, &changes);
		c.other = other_data(r, &changes);
	}
	if (hf_store_scan(x->store, HF_TABLE_REPLICA, r->id->b, 16, NULL, 0, take_copy, &c) == HF_OK) {
		renew(&c, u);
		if (c.count > 0 && c.other)
			notice(x, r, &c, &changes, u);
	}
	for (size_t i = 0; i < changes.count; i++)
		free(changes.text[i]);
	free(c.id);
	free(c.same);
}

/* ---- stale ---- */

uint32_t hf_update_stale(struct hf_exchange *x, const struct hf_id *entry, const struct hf_id *transfer)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ReplicaRow *row = replica(x, entry, transfer);
	struct hf_catalog_item item;
	uint32_t now = 0;
	if (!row || hf_catalog_get(x->catalog, row->provider, entry, &item) != HF_OK)
		return 0;
	if (!item.entry->withdrawn && item.entry->version > row->version)
		now = item.entry->version;
	hf_catalog_item_done(&item);
	return now;
}

enum hf_err update_check(struct hf_exchange *x, const struct hf_id *entry, const struct hf_id *transfer,
                         struct hf_fault *f)
{
	uint32_t now = hf_update_stale(x, entry, transfer);
	char id[HF_ID_TEXT];
	if (!now)
		return HF_OK;
	hf_id_text(entry, id);
	return hf_fault_set(f, HF_E_OUTDATED,
	                    "its provider offers version %u of the entry %s with other data; fetch that, or read this "
	                    "with --stale, which stands in the record",
	                    now, id);
}
