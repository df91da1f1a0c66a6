#include "ledger/sequence.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/aead.h"
#include "evidence/entry.h"
#include "ledger/heads_seen.h"
#include "ledger/opening.h"
#include "ledger/txn_cache.h"

#define POOL_SLOTS 64u
#define FRESH_BYTES_MAX ((size_t)64 << 20)
#define LINES_BYTES_MAX ((size_t)64 << 20)

/* What is logged of an entry when its batch is durable: who did what in which transaction, never a value. */
struct line {
	struct hf_id txn;
	uint64_t index;
	enum hf_event event;
	enum hf_err reason;
	char peer[HF_NAME_MAX + 1];
};

struct hf_sequence {
	char self[HF_NAME_MAX + 1];
	struct hf_clock clock;
	struct hf_place place;
	uint8_t label_key[32], opening_key[32];
	void (*on_committed)(void *ctx);
	void *ctx;
	struct hf_log *log;
	atomic_bool halted;
	atomic_bool local; /* entries of transactions are refused */
	atomic_bool moved; /* the store holds another history than the edge */

	/* Committer thread. */
	struct hf_edge edge; /* with what the running batch has added */
	bool loaded;         /* edge is in step with the store */
	int64_t last_ms;
	struct hf_txn_cache *txns;
	struct hf_heads_seen *seen; /* guards itself */
	struct hf_buf entry, plain, sealed;
	struct hf_slots *slots;
	struct hf_buf fresh; /* slots of the running batch's entries, from first_fresh on */
	uint64_t first_fresh;
	struct hf_buf lines;                     /* struct line of the running batch */
	uint8_t pool[POOL_SLOTS][HF_SLOT_BYTES]; /* one call to the kernel for many entries */
	unsigned pool_left;

	uv_mutex_t mutex;
	struct hf_merkle_range durable; /* guarded by mutex */
};

struct hf_sequence *hf_sequence_new(const struct hf_sequence_config *cfg)
{
	struct hf_sequence *q = hf_alloc_zero(sizeof(*q));

	snprintf(q->self, sizeof(q->self), "%s", cfg->self);
	snprintf(q->place.origin, sizeof(q->place.origin), "%s", cfg->origin);
	q->place.own = true;
	q->clock = cfg->clock;
	memcpy(q->label_key, cfg->label_key, sizeof(q->label_key));
	memcpy(q->opening_key, cfg->opening_key, sizeof(q->opening_key));
	q->slots = cfg->slots;
	hf_buf_init(&q->fresh, FRESH_BYTES_MAX);
	hf_buf_init(&q->lines, LINES_BYTES_MAX);
	q->log = cfg->log;
	q->on_committed = cfg->on_committed;
	q->ctx = cfg->ctx;
	atomic_init(&q->halted, false);
	atomic_init(&q->local, false);
	atomic_init(&q->moved, false);
	hf_edge_init(&q->edge);
	q->txns = hf_txn_cache_new();
	q->seen = hf_heads_seen_new();
	hf_merkle_range_init(&q->durable);
	if (uv_mutex_init(&q->mutex) != 0)
		abort();
	return q;
}

void hf_sequence_free(struct hf_sequence *q)
{
	if (!q)
		return;
	hf_edge_done(&q->edge);
	hf_txn_cache_free(q->txns);
	hf_heads_seen_free(q->seen);
	hf_buf_done(&q->entry);
	hf_buf_done(&q->plain);
	hf_buf_done(&q->sealed);
	hf_buf_done(&q->fresh);
	hf_buf_done(&q->lines);
	uv_mutex_destroy(&q->mutex);
	hf_wipe(q, sizeof(*q));
	free(q);
}

static void publish_head(struct hf_sequence *q)
{
	uv_mutex_lock(&q->mutex);
	hf_edge_range(&q->edge, &q->durable);
	uv_mutex_unlock(&q->mutex);
}

enum hf_err hf_sequence_load(struct hf_sequence *q, struct hf_rows *rows, uint64_t size, int64_t last_ms)
{
	HF_TRY(hf_edge_load(&q->edge, &q->place, rows, size));
	q->last_ms = last_ms;
	q->loaded = true;
	publish_head(q);
	return HF_OK;
}

void hf_sequence_head(struct hf_sequence *q, struct hf_merkle_range *ret_range)
{
	uv_mutex_lock(&q->mutex);
	*ret_range = q->durable;
	uv_mutex_unlock(&q->mutex);
}

uint64_t hf_sequence_size(struct hf_sequence *q)
{
	uint64_t size;

	uv_mutex_lock(&q->mutex);
	size = q->durable.size;
	uv_mutex_unlock(&q->mutex);
	return size;
}

void hf_sequence_saw(struct hf_sequence *q, const char *node, uint64_t size, const struct hf_hash *root)
{
	hf_heads_seen_put(q->seen, node, size, root);
}

bool hf_sequence_head_of(struct hf_sequence *q, const char *node, char *out)
{
	return hf_heads_seen_get(q->seen, node, out);
}

void hf_sequence_halt(struct hf_sequence *q)
{
	atomic_store(&q->halted, true);
}

bool hf_sequence_halted(struct hf_sequence *q)
{
	return atomic_load(&q->halted);
}

void hf_sequence_local(struct hf_sequence *q, bool on)
{
	atomic_store(&q->local, on);
}

void hf_sequence_resume(struct hf_sequence *q, const struct hf_merkle_range *head)
{
	uv_mutex_lock(&q->mutex);
	q->durable = *head;
	uv_mutex_unlock(&q->mutex);
	atomic_store(&q->moved, true);
	atomic_store(&q->halted, false);
}

/* After a failed batch: the edge anew from the rows of the running one, up to what is durable. */
static enum hf_err reload(struct hf_sequence *q, struct hf_txn *txn)
{
	struct hf_rows rows;

	if (q->loaded)
		return HF_OK;
	hf_rows_of_txn(&rows, txn);
	HF_TRY(hf_edge_load(&q->edge, &q->place, &rows, hf_sequence_size(q)));
	q->loaded = true;
	return HF_OK;
}

static const uint8_t *next_slot(struct hf_sequence *q)
{
	if (q->pool_left == 0) {
		hf_random(q->pool, sizeof(q->pool));
		q->pool_left = POOL_SLOTS;
	}
	return q->pool[--q->pool_left];
}

static int64_t next_time(struct hf_sequence *q)
{
	int64_t now = hf_now_ms(&q->clock);

	if (now > q->last_ms)
		q->last_ms = now;
	return q->last_ms;
}

/* Ordinal and index of the transaction's newest entry; false when it has none. */
static enum hf_err find_last(struct hf_sequence *q, struct hf_txn *txn, const struct hf_id *id,
                             struct hf_txn_last *ret_last)
{
	if (hf_txn_cache_get(q->txns, id, ret_last))
		return HF_OK;
	return hf_txn_last_search(txn, id, ret_last);
}

static enum hf_err add_to_txn(struct hf_sequence *q, struct hf_txn *txn, const struct hf_id *id,
                              struct hf_txn_last last)
{
	uint8_t key[HF_KEY_MAX], value[8];

	hf_put_u64(value, last.index);
	HF_TRY(hf_txn_put(txn, HF_TABLE_TXN_INDEX, key, hf_key_txn(id, last.ordinal, key), value, sizeof(value)));
	hf_txn_cache_put(q->txns, id, &last);
	return HF_OK;
}

/* Ordinal, back-link and, on the closing entry, the count: DS-38. */
static enum hf_err complete_txn(struct hf_sequence *q, struct hf_txn *txn, struct hf_draft *d)
{
	const struct hf_id *id = hf_draft_txn_get(d);
	struct hf_txn_last last;
	char text[HF_ID_TEXT];

	if (!id)
		return HF_OK;
	HF_TRY(find_last(q, txn, id, &last));
	hf_id_text(id, text);
	hf_draft_text(d, HF_FIELD_TRANSACTION, text);
	hf_draft_int(d, HF_FIELD_ORDINAL, (int64_t)last.ordinal + 1);
	if (last.ordinal > 0)
		hf_draft_int(d, HF_FIELD_BACK_LINK, (int64_t)last.index);
	if (hf_draft_closes(d))
		hf_draft_int(d, HF_FIELD_COUNT, (int64_t)last.ordinal + 1);
	return add_to_txn(q, txn, id, (struct hf_txn_last){last.ordinal + 1, q->edge.size});
}

static void complete_counterparty(struct hf_sequence *q, struct hf_draft *d)
{
	char node[HF_NAME_MAX + 1], text[HF_HEAD_TEXT];
	const void *data;
	size_t len;

	if (!hf_draft_get(d, HF_FIELD_COUNTERPARTY, &data, &len) || len == 0 || len > HF_NAME_MAX)
		return;
	memcpy(node, data, len);
	node[len] = '\0';
	if (hf_heads_seen_get(q->seen, node, text))
		hf_draft_text(d, HF_FIELD_COUNTERPARTY_HEAD, text);
}

/* DS-128: time, type, subject, content and result are in every record, whoever drafted it. */
static void complete_five(struct hf_sequence *q, struct hf_draft *d, int64_t time_ms)
{
	const void *data;
	size_t len;

	hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(hf_draft_event(d)));
	hf_draft_time(d, HF_FIELD_TIME, time_ms);
	if (!hf_draft_get(d, HF_FIELD_ACTOR, &data, &len))
		hf_draft_text(d, HF_FIELD_ACTOR, q->self);
	if (!hf_draft_get(d, HF_FIELD_OBJECT, &data, &len))
		hf_draft_text(d, HF_FIELD_OBJECT, q->self);
	if (!hf_draft_get(d, HF_FIELD_OUTCOME, &data, &len))
		hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
}

static enum hf_err complete(struct hf_sequence *q, struct hf_txn *txn, struct hf_draft *d, int64_t time_ms)
{
	complete_five(q, d, time_ms);
	complete_counterparty(q, d);
	return complete_txn(q, txn, d);
}

static enum hf_err add_shares(struct hf_sequence *q, struct hf_txn *txn, const struct hf_draft *d)
{
	uint8_t key[HF_KEY_MAX];

	if (hf_event_class(hf_draft_event(d)) == HF_EVENT_CLASS_PUBLIC)
		return HF_OK;
	for (size_t i = 0; i < hf_draft_party_count(d); i++) {
		const char *node = hf_draft_party_at(d, i);

		if (strcmp(node, q->self) == 0)
			continue;
		HF_TRY(hf_txn_put(txn, HF_TABLE_SHARE, key, hf_key_share(node, q->edge.size, key), NULL, 0));
		if (hf_heads_seen_party(q->seen, node))
			HF_TRY(hf_txn_put(txn, HF_TABLE_META, key, hf_key_mirror_to(node, key), NULL, 0));
	}
	return HF_OK;
}

/* SB-57: all that is done with a dataset is found by its catalog entry. */
static enum hf_err add_use(struct hf_sequence *q, struct hf_txn *txn, const struct hf_draft *d, int64_t time_ms)
{
	uint8_t key[HF_KEY_MAX];
	char text[HF_ID_TEXT];
	struct hf_id resource;
	const void *data;
	size_t len;

	if (!hf_draft_get(d, HF_FIELD_RESOURCE, &data, &len) || len != HF_ID_TEXT - 1)
		return HF_OK;
	memcpy(text, data, len);
	text[len] = '\0';
	if (!hf_id_parse(text, &resource))
		return HF_OK;
	return hf_txn_put(txn, HF_TABLE_USE, key, hf_key_use(&resource, time_ms, q->place.origin, q->edge.size, key),
	                  NULL, 0);
}

static enum hf_err add_opening(struct hf_sequence *q, struct hf_txn *txn, const struct hf_draft *d,
                               const uint8_t box_key[32])
{
	uint8_t key[8];

	hf_put_u64(key, q->edge.size);
	hf_opening_row_encode(d, &q->plain);
	hf_buf_clear(&q->sealed);
	if (!hf_buf_reserve(&q->sealed, q->plain.len + HF_BOX_OVERHEAD))
		return HF_E_MEMORY;
	if (!hf_box_seal(box_key, key, sizeof(key), q->plain.data, q->plain.len, q->sealed.data))
		return HF_E_CRYPTO;
	return hf_txn_append(txn, HF_TABLE_OPENING, key, sizeof(key), q->sealed.data, q->plain.len + HF_BOX_OVERHEAD);
}

static enum hf_err add_entry(struct hf_sequence *q, struct hf_txn *txn, const void *data, size_t len,
                             const struct hf_hash *leaf)
{
	const struct hf_sink sink = {.txn = txn};
	uint8_t key[8];

	hf_put_u64(key, q->edge.size);
	HF_TRY(hf_txn_append(txn, HF_TABLE_ENTRY, key, sizeof(key), data, len));
	return hf_edge_append(&q->edge, &q->place, &sink, leaf);
}

static void take_text(const struct hf_draft *d, enum hf_field field, char *out, size_t cap)
{
	const void *data = "";
	size_t len = 0;

	if (!hf_draft_get(d, field, &data, &len) || len >= cap)
		len = 0;
	memcpy(out, data, len);
	out[len] = '\0';
}

static enum hf_err add_line(struct hf_sequence *q, const struct hf_draft *d)
{
	struct line l = {.index = q->edge.size, .event = hf_draft_event(d), .reason = HF_OK};
	char reason[64];

	if (!q->log || !hf_draft_txn_get(d))
		return HF_OK;
	l.txn = *hf_draft_txn_get(d);
	take_text(d, HF_FIELD_REASON, reason, sizeof(reason));
	if (reason[0] && strcmp(reason, hf_err_reason(HF_OK)) != 0)
		l.reason = hf_err_from_reason(reason);
	take_text(d, HF_FIELD_COUNTERPARTY, l.peer, sizeof(l.peer));
	return hf_buf_add(&q->lines, &l, sizeof(l)) ? HF_OK : HF_E_LIMIT;
}

/* DS-94: the entries of an exchange are found in the logs of both sides by one trace. */
static void write_lines(struct hf_sequence *q)
{
	struct line l;

	for (size_t at = 0; at < q->lines.len; at += sizeof(l)) {
		memcpy(&l, q->lines.data + at, sizeof(l));
		HF_LOG(q->log, HF_LOG_INFO, "ledger", hf_event_name(l.event), &l.txn, HF_LOG_S("peer", l.peer),
		       HF_LOG_E(l.reason), HF_LOG_I("entry", l.index));
	}
	hf_buf_clear(&q->lines);
}

/* What a draft gets before its place is known: its slot, what follows from it, and the commitments. */
struct prepared {
	uint8_t slot[HF_SLOT_BYTES];
	struct hf_opening_secret secret;
	struct hf_entry_prepared *fields; /* NULL: none made beforehand */
};

static enum hf_err add_prepared(struct hf_sequence *q, struct hf_txn *txn, struct hf_draft *d, const struct prepared *p)
{
	struct hf_entry_in in = {.origin = q->place.origin,
	                         .index = q->edge.size,
	                         .time_ms = next_time(q),
	                         .prev = q->edge.last,
	                         .label_key = q->label_key,
	                         .secret = p->secret.salts,
	                         .prepared = p->fields};
	struct hf_hash leaf;

	if (!hf_buf_add(&q->fresh, p->slot, HF_SLOT_BYTES))
		return HF_E_LIMIT;
	HF_TRY(complete(q, txn, d, in.time_ms));
	HF_TRY(add_line(q, d));
	hf_buf_clear(&q->entry);
	HF_TRY(hf_entry_encode(&in, d, &q->entry, &leaf));
	HF_TRY(add_shares(q, txn, d));
	HF_TRY(add_use(q, txn, d, in.time_ms));
	HF_TRY(add_opening(q, txn, d, p->secret.box));
	return add_entry(q, txn, q->entry.data, q->entry.len, &leaf);
}

static enum hf_err add_draft(struct hf_sequence *q, struct hf_txn *txn, struct hf_draft *d)
{
	struct prepared fresh = {.fields = NULL};
	enum hf_err e;

	if (hf_draft_attached(d))
		return add_prepared(q, txn, d, hf_draft_attached(d));
	memcpy(fresh.slot, next_slot(q), sizeof(fresh.slot));
	hf_opening_secret(q->opening_key, fresh.slot, &fresh.secret);
	e = add_prepared(q, txn, d, &fresh);
	hf_wipe(&fresh, sizeof(fresh));
	return e;
}

static void free_prepared(void *prepared)
{
	struct prepared *p = prepared;

	hf_entry_prepared_free(p->fields);
	hf_wipe(p, sizeof(*p));
	free(p);
}

/* Any thread: what does not depend on the entry's place. */
static void prepare(void *ctx, struct hf_draft *d)
{
	struct hf_sequence *q = ctx;
	struct prepared *p;

	if (hf_draft_attached(d))
		return;
	p = hf_alloc(sizeof(*p));
	hf_random(p->slot, sizeof(p->slot));
	hf_opening_secret(q->opening_key, p->slot, &p->secret);
	p->fields = hf_entry_prepare(d, p->secret.salts);
	hf_draft_attach(d, p, free_prepared);
}

static enum hf_err begin(struct hf_sequence *q, struct hf_txn *txn)
{
	if (atomic_load(&q->halted))
		return HF_E_STATE;
	if (atomic_exchange(&q->moved, false)) {
		q->loaded = false;
		hf_txn_cache_clear(q->txns);
	}
	return reload(q, txn);
}

static enum hf_err end(struct hf_sequence *q, struct hf_txn *txn)
{
	const struct hf_sink sink = {.txn = txn};

	return hf_edge_flush(&q->edge, &q->place, &sink);
}

/* Durable before the entries are: no entry is ever without the half of its key. */
static enum hf_err write_slots(struct hf_sequence *q)
{
	enum hf_err e = hf_slots_put(q->slots, q->first_fresh, q->fresh.data, q->fresh.len / HF_SLOT_BYTES);

	hf_wipe(q->fresh.data, q->fresh.len);
	return e == HF_OK ? hf_slots_sync(q->slots) : e;
}

static enum hf_err sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                            uint64_t *ret_index)
{
	struct hf_sequence *q = ctx;

	HF_TRY(begin(q, txn));
	hf_buf_clear(&q->fresh);
	hf_buf_clear(&q->lines);
	q->first_fresh = q->edge.size;
	for (size_t i = 0; i < count; i++) {
		ret_index[i] = q->edge.size;
		if (hf_draft_txn_get(drafts[i]) && atomic_load(&q->local))
			return HF_E_STATE;
		HF_TRY(add_draft(q, txn, drafts[i]));
	}
	HF_TRY(write_slots(q));
	return end(q, txn);
}

static enum hf_err add_raw(struct hf_sequence *q, struct hf_txn *txn, const struct hf_raw_entry *e)
{
	struct hf_txn_last last;
	struct hf_hash leaf;

	hf_merkle_leaf(e->data, e->len, &leaf);
	if (e->txn) {
		HF_TRY(find_last(q, txn, e->txn, &last));
		HF_TRY(add_to_txn(q, txn, e->txn, (struct hf_txn_last){last.ordinal + 1, q->edge.size}));
	}
	return add_entry(q, txn, e->data, e->len, &leaf);
}

enum hf_err hf_sequence_raw(struct hf_sequence *q, struct hf_txn *txn, const struct hf_raw_entry *entries, size_t count,
                            uint64_t *ret_index)
{
	HF_TRY(begin(q, txn));
	*ret_index = q->edge.size;
	for (size_t i = 0; i < count; i++)
		HF_TRY(add_raw(q, txn, &entries[i]));
	return end(q, txn);
}

static void committed(void *ctx, bool ok)
{
	struct hf_sequence *q = ctx;

	if (!ok) {
		q->loaded = false;
		hf_txn_cache_clear(q->txns);
		hf_heads_seen_clear_parties(q->seen);
		return;
	}
	publish_head(q);
	write_lines(q);
	if (q->on_committed)
		q->on_committed(q->ctx);
}

void hf_sequence_get(struct hf_sequence *q, struct hf_sequencer *ret_sequencer)
{
	*ret_sequencer = (struct hf_sequencer){sequence, committed, q, prepare};
}
