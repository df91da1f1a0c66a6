/*
 * rows.c - the stored row of a transfer and its life in memory. Key: transfer id, then 'P' or 'C' (one node may be both
 * sides).
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/stream.h"
#include "exchange/transfer.h"
#include "state_exchange.pb-c.h"

static void row_key(const struct hf_id *id, bool provider, uint8_t key[17])
{
	memcpy(key, id->b, 16);
	key[16] = provider ? 'P' : 'C';
}

#define BYTES(p, n) ((ProtobufCBinaryData){(n), (uint8_t *)(p)})
#define ID(field) BYTES((field).b, 16)
#define BUF(field) BYTES((field).data, (field).len)

static void row_fill_state(const struct transfer *t, Hufu__TransferRow *r)
{
	r->state = t->state;
	r->reason_code = (char *)t->reason_code;
	r->reason = (char *)t->reason;
	r->bytes_total = t->bytes_total;
	r->bytes_done = t->bytes_done;
	r->acknowledged = t->acknowledged;
	r->range = BYTES(t->durable.node, t->durable.count * sizeof(struct hf_hash));
	r->rows = t->rows;
	r->root = BYTES(t->root.b, 32);
	r->quality = (char *)t->quality;
	r->served = t->served;
	r->served_after_ack = t->served_after_ack;
	r->generation = t->generation;
	r->started_ms = t->started_ms;
	r->ended_ms = t->ended_ms;
	r->importing = t->importing;
	r->receipt_overdue = t->receipt_overdue;
	r->cleared = t->cleared;
	r->most_bytes = t->most_bytes;
	r->demands = t->demands;
	r->seen_ms = t->seen_ms;
	r->target = t->kind;
	r->level = t->level;
	r->slot = t->slot + 1; /* 0: none */
	r->manifest_ok = t->manifest_ok;
	r->made_bytes = t->made.bytes;
	if (t->made.known)
		r->made_digest = BYTES(t->made.digest.b, 32);
	stream_row(t, r);
}

static void row_fill_terms(const struct transfer *t, Hufu__TransferRow *r)
{
	r->id = ID(t->id);
	r->provider = t->provider;
	r->peer = (char *)t->peer;
	r->grant = ID(t->grant);
	r->agreement = ID(t->agreement);
	r->resource = ID(t->resource);
	r->negotiation = ID(t->negotiation);
	r->derivation = ID(t->derivation);
	r->account = (char *)t->account;
	r->system = (char *)t->system;
	r->purpose = (char *)t->purpose;
	r->mask_plan = (char *)t->mask_plan;
	if (t->mask_plan[0])
		r->mask_digest = BYTES(t->mask_digest.b, 32);
	r->fields = t->fields;
	r->n_fields = t->field_count;
	r->quality_rules = t->rules;
	r->n_quality_rules = t->rule_count;
	r->row_filter = t->rows_wanted ? t->rows_wanted : (char *)"";
	r->output = (char *)t->output;
	r->source = (char *)t->source;
	r->stamp_bytes = t->stamp.bytes;
	r->stamp_inode = t->stamp.inode;
	r->stamp_mtime_ns = t->stamp.mtime_ns;
	r->chunk_bytes = CHUNK_BYTES;
	r->address = (char *)t->address;
	r->class_grade = (char *)t->class_grade;
	r->permission_review = (char *)t->permission_review;
	r->consumer_authn = (char *)t->consumer_authn;
	r->request = BUF(t->request);
	r->start = BUF(t->start);
	r->manifest = BUF(t->manifest);
	r->receipt = BUF(t->receipt);
}

void transfer_put(struct hf_unit *u, const struct transfer *t)
{
	Hufu__TransferRow r = HUFU__TRANSFER_ROW__INIT;
	row_fill_terms(t, &r);
	row_fill_state(t, &r);
	size_t len = 0;
	uint8_t *data = hf_encode(&r.base, &len);
	if (!data)
		abort();
	uint8_t key[17];
	row_key(&t->id, t->provider, key);
	hf_unit_put(u, HF_TABLE_TRANSFER, key, sizeof(key), data, len);
	free(data);
}

static void copy_text(char *out, size_t cap, const char *in)
{
	snprintf(out, cap, "%s", in ? in : "");
}

static void copy_id(struct hf_id *out, const ProtobufCBinaryData *in)
{
	if (in->len == 16)
		memcpy(out->b, in->data, 16);
}

static bool copy_buf(struct hf_buf *out, const ProtobufCBinaryData *in)
{
	return in->len == 0 || hf_buf_add(out, in->data, in->len);
}

void transfer_rules(struct transfer *t, const char *const *rules, size_t count)
{
	t->rules = hf_alloc_zero((count + 1) * sizeof(char *));
	for (size_t i = 0; i < count; i++)
		t->rules[t->rule_count++] = strdup(rules[i]);
}

static bool copy_fields(struct transfer *t, const Hufu__TransferRow *r)
{
	t->fields = calloc(r->n_fields + 1, sizeof(char *));
	if (!t->fields)
		return false;
	for (size_t i = 0; i < r->n_fields; i++)
		t->fields[t->field_count++] = strdup(r->fields[i]);
	transfer_rules(t, (const char *const *)r->quality_rules, r->n_quality_rules);
	t->rows_wanted = r->row_filter[0] ? strdup(r->row_filter) : NULL;
	return true;
}

static void load_terms(struct transfer *t, const Hufu__TransferRow *r)
{
	copy_text(t->peer, sizeof(t->peer), r->peer);
	copy_id(&t->grant, &r->grant);
	copy_id(&t->agreement, &r->agreement);
	copy_id(&t->resource, &r->resource);
	copy_id(&t->negotiation, &r->negotiation);
	copy_id(&t->derivation, &r->derivation);
	copy_text(t->account, sizeof(t->account), r->account);
	copy_text(t->system, sizeof(t->system), r->system);
	copy_text(t->purpose, sizeof(t->purpose), r->purpose);
	copy_text(t->mask_plan, sizeof(t->mask_plan), r->mask_plan);
	if (r->mask_digest.len == 32)
		memcpy(t->mask_digest.b, r->mask_digest.data, 32);
	t->reopened = true;
	copy_text(t->output, sizeof(t->output), r->output);
	copy_text(t->source, sizeof(t->source), r->source);
	copy_text(t->address, sizeof(t->address), r->address);
	copy_text(t->class_grade, sizeof(t->class_grade), r->class_grade);
	copy_text(t->permission_review, sizeof(t->permission_review), r->permission_review);
	copy_text(t->consumer_authn, sizeof(t->consumer_authn), r->consumer_authn);
	t->stamp = (struct hf_source_stamp){
	        .bytes = r->stamp_bytes, .inode = r->stamp_inode, .mtime_ns = r->stamp_mtime_ns};
}

static bool load_state(struct transfer *t, const Hufu__TransferRow *r)
{
	t->state = r->state < TRANSFER_STATE_COUNT ? (enum transfer_state)r->state : TRANSFER_NONE;
	copy_text(t->reason_code, sizeof(t->reason_code), r->reason_code);
	copy_text(t->reason, sizeof(t->reason), r->reason);
	copy_text(t->quality, sizeof(t->quality), r->quality);
	t->bytes_total = r->bytes_total;
	t->bytes_done = r->bytes_done;
	t->acknowledged = r->acknowledged;
	t->rows = r->rows;
	t->served = r->served;
	t->served_after_ack = r->served_after_ack;
	t->generation = r->generation;
	t->started_ms = r->started_ms;
	t->ended_ms = r->ended_ms;
	t->importing = r->importing;
	t->receipt_overdue = r->receipt_overdue;
	t->cleared = r->cleared;
	t->most_bytes = r->most_bytes;
	t->seen_ms = r->seen_ms ? r->seen_ms : r->started_ms; /* a row of an earlier version has none */
	t->heard_ms = hf_mono_ms(&t->x->base->clock);
	t->demands = (enum hf_entry_state)r->demands;
	t->kind = r->target < TARGET_KINDS ? (enum target_kind)r->target : TARGET_KINDS;
	t->target = target_of(t->kind);
	t->level = r->level;
	t->slot = r->slot - 1;
	t->manifest_ok = r->manifest_ok;
	t->made.known = r->made_digest.len == 32;
	t->made.bytes = r->made_bytes;
	if (t->made.known)
		memcpy(t->made.digest.b, r->made_digest.data, 32);
	if (!t->target)
		return false;
	if (t->demands > HF_ENTRY_DURABLE && !transfer_ended(t->state) &&
	    hf_ledger_txn_newest(t->x->ledger, &t->id, &t->decided_at) != HF_OK)
		return false;
	if (r->root.len == 32)
		memcpy(t->root.b, r->root.data, 32);
	if (r->range.len % 32 || r->range.len > sizeof(t->durable.node))
		return false;
	t->durable.size = r->acknowledged;
	t->durable.count = (uint32_t)(r->range.len / 32);
	if (r->range.len > 0)
		memcpy(t->durable.node, r->range.data, r->range.len);
	return copy_buf(&t->request, &r->request) && copy_buf(&t->start, &r->start) &&
	       copy_buf(&t->manifest, &r->manifest) && copy_buf(&t->receipt, &r->receipt);
}

struct transfer *transfer_new(struct hf_exchange *x, const struct hf_id *id, bool provider)
{
	struct transfer *t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	t->x = x;
	t->id = *id;
	t->provider = provider;
	t->target = target_of(TARGET_FILE);
	t->slot = NO_SLOT;
	hf_merkle_range_init(&t->durable);
	return t;
}

enum hf_err transfer_decode(struct hf_exchange *x, const void *data, size_t len, struct transfer **ret_t)
{
	Hufu__TransferRow *r = HF_DECODE_OWN(transfer_row, data, len);
	struct hf_id id;
	if (!r || r->id.len != 16) {
		hf_decoded_free(r);
		return HF_E_STORE;
	}
	memcpy(id.b, r->id.data, 16);
	struct transfer *t = transfer_new(x, &id, r->provider);
	load_terms(t, r);
	stream_load(t, r);
	t->recorded = true;
	bool ok = load_state(t, r) && copy_fields(t, r);
	hf_decoded_free(r);
	if (!ok) {
		transfer_release(t);
		return HF_E_STORE;
	}
	*ret_t = t;
	return HF_OK;
}

enum hf_err transfer_load(struct hf_exchange *x, const struct hf_id *id, bool provider, struct transfer **ret_t)
{
	uint8_t key[17];
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	row_key(id, provider, key);
	HF_TRY(hf_store_get(x->store, HF_TABLE_TRANSFER, key, sizeof(key), &b));
	return transfer_decode(x, b.data, b.len, ret_t);
}

bool transfer_stored(struct hf_exchange *x, const struct hf_id *id, bool provider)
{
	uint8_t key[17];
	row_key(id, provider, key);
	return hf_store_has(x->store, HF_TABLE_TRANSFER, key, sizeof(key));
}

struct transfer *transfer_find(struct hf_exchange *x, const struct hf_id *id, bool provider)
{
	for (struct transfer *t = x->transfers; t; t = t->next)
		if (t->provider == provider && hf_id_equal(&t->id, id) && !t->gone)
			return t;
	return NULL;
}

enum hf_err transfer_get(struct hf_exchange *x, const struct hf_id *id, bool provider, struct transfer **ret_t)
{
	struct transfer *t = transfer_find(x, id, provider);
	if (!t) {
		HF_TRY(transfer_load(x, id, provider, &t));
		if (!transfer_ended(t->state))
			transfer_add(t);
	}
	*ret_t = t;
	return HF_OK;
}

static bool in_list(const struct transfer *t)
{
	for (const struct transfer *i = t->x->transfers; i; i = i->next)
		if (i == t)
			return true;
	return false;
}

static void transfer_free(struct transfer *t)
{
	for (size_t i = 0; i < t->field_count; i++)
		free(t->fields[i]);
	free(t->fields);
	hf_load_free(t->load);
	for (size_t i = 0; i < t->rule_count; i++)
		free(t->rules[i]);
	free(t->rules);
	free(t->rows_wanted);
	hf_buf_done(&t->request);
	hf_buf_done(&t->start);
	hf_buf_done(&t->manifest);
	hf_buf_done(&t->receipt);
	hf_buf_done(&t->undelivered);
	free(t);
}

void transfer_release(struct transfer *t)
{
	if (t && !in_list(t) && t->busy == 0)
		transfer_free(t);
}

bool transfer_settling(const struct transfer *t)
{
	return transfer_ended(t->state) && in_list(t);
}

bool transfer_firm(const struct transfer *t)
{
	return t->demands <= HF_ENTRY_DURABLE || hf_ledger_entry_is(t->x->ledger, t->decided_at, t->demands);
}

void transfer_add(struct transfer *t)
{
	t->next = t->x->transfers;
	t->x->transfers = t;
}

static void close_timer(uv_handle_t *h)
{
	free(h);
}

static void reap(struct transfer *t)
{
	struct transfer **p = &t->x->transfers;
	while (*p && *p != t)
		p = &(*p)->next;
	if (*p)
		*p = t->next;
	serve_close(t);
	receive_close(t);
	if (t->retry)
		uv_close((uv_handle_t *)t->retry, close_timer);
	transfer_free(t);
}

void transfer_drop(struct transfer *t)
{
	t->gone = true;
	if (t->busy == 0)
		reap(t);
}

void transfer_hold(struct transfer *t)
{
	t->busy++;
}

void transfer_unhold(struct transfer *t)
{
	t->busy--;
	if (t->gone && t->busy == 0)
		reap(t);
}

unsigned transfer_window(const struct transfer *t)
{
	unsigned active = 0;
	for (const struct transfer *i = t->x->transfers; i; i = i->next)
		if (i->provider == t->provider && i->state == TRANSFER_STARTED && !i->gone)
			active++;
	unsigned share = WINDOW_ALL / (active ? active : 1);
	return share > WINDOW_MAX ? WINDOW_MAX : share ? share : 1;
}
