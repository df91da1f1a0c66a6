/*
 * ledger.c - opening a ledger (is the store what was signed?), the pump that lets each duty do what is due, worker
 * jobs, closing.
 */
#include "ledger/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"

static void release(struct hf_ledger *l)
{
	assert(l->refs > 0);
	if (--l->refs > 0)
		return;
	hf_waiters_free(l);
	hf_doubts_free(l);
	hf_ledger_peers_free(l);
	hf_signed_done(&l->newest);
	hf_recovery_free(l->recovery);
	hf_round_done(&l->round);
	hf_buf_done(&l->witnessed.note);
	hf_last_signed_close(l->last_signed);
	hf_sequence_free(l->sequence);
	hf_rows_done(&l->rows);
	hf_slots_close(l->opening_keys.slots_own);
	hf_slots_close(l->opening_keys.slots_copies);
	hf_wipe(&l->opening_keys, sizeof(l->opening_keys));
	uv_cond_destroy(&l->jobs_idle);
	uv_mutex_destroy(&l->jobs_mutex);
	free(l);
}

int64_t hf_ledger_mono(const struct hf_ledger *l)
{
	return hf_mono_ms(&l->base->clock);
}

void hf_ledger_wake(struct hf_ledger *l)
{
	if (!l->closing)
		uv_async_send(&l->wake);
}

void hf_ledger_due(struct hf_ledger *l, int64_t at_mono_ms)
{
	if (at_mono_ms < l->due_ms)
		l->due_ms = at_mono_ms;
}

const struct hf_space *hf_ledger_space(const struct hf_ledger *l)
{
	return l->started ? l->net.space(l->net.ctx) : NULL;
}

/* The alarm is in the record, or cannot be: now nothing follows it. */
static void on_halt_told(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_ledger *l = ctx;

	(void)e, (void)info;
	hf_sequence_halt(l->sequence);
}

void hf_ledger_halt(struct hf_ledger *l, const char *fmt, ...)
{
	va_list args;

	if (l->halted[0])
		return;
	va_start(args, fmt);
	vsnprintf(l->halted, sizeof(l->halted), fmt, args);
	va_end(args);
	hf_alarm(l->base, "ledger-halted", NULL, "%s", l->halted);
	hf_store_submit(l->store, hf_unit_new(), on_halt_told, l);
}

/* A log that is behind goes on recording, so that its store may grow past what was signed with other entries than
 * those; the mark tells that from a store that was swapped. */
static void mark_set_back(struct hf_ledger *l)
{
	struct hf_unit *u;

	if (l->setback > HF_SETBACK_KEY) {
		u = hf_unit_new();
		hf_unit_put(u, HF_TABLE_META, HF_SET_BACK_MARK, sizeof(HF_SET_BACK_MARK) - 1, NULL, 0);
		hf_store_submit(l->store, u, NULL, NULL);
	}
	hf_alarm(l->base, "ledger-halted", NULL, "%s", l->halted);
}

void hf_ledger_set_back(struct hf_ledger *l, enum hf_setback kind, const struct hf_promise *at, const char *fmt, ...)
{
	va_list args;

	if (at && at->size > l->ahead.size)
		l->ahead = *at;
	if (kind <= l->setback || (l->halted[0] && l->setback == HF_SETBACK_NONE))
		return;
	if (kind != HF_SETBACK_PROMISE)
		hf_settle_undo(l); /* the rows of the witness are in the same store, or another copy's are newer */
	l->setback = kind;
	va_start(args, fmt);
	vsnprintf(l->halted, sizeof(l->halted), fmt, args);
	va_end(args);
	hf_sequence_local(l->sequence, true);
	if (l->started)
		mark_set_back(l);
}

static void on_timer(uv_timer_t *timer);

static void arm(struct hf_ledger *l)
{
	int64_t wait = l->due_ms - hf_ledger_mono(l);

	uv_timer_start(&l->timer, on_timer, wait > 0 ? (uint64_t)wait : 1, 0);
	uv_unref((uv_handle_t *)&l->timer);
}

static void pump(struct hf_ledger *l)
{
	if (l->closing || !l->started)
		return;
	l->due_ms = hf_ledger_mono(l) + HF_LEDGER_HEADS_MS;
	hf_heads_pump(l);
	hf_evidence_pump(l);
	hf_doubts_pump(l);
	hf_settle_pump(l);
	hf_gate_open(l);
	hf_sign_pump(l);
	hf_to_witness_pump(l);
	hf_to_mirror_pump(l);
	hf_to_party_pump(l);
	hf_key_change_pump(l);
	hf_erase_pump(l);
	hf_waiters_pump(l);
	arm(l);
}

static void on_timer(uv_timer_t *timer)
{
	pump(timer->data);
}

static void on_wake(uv_async_t *wake)
{
	pump(wake->data);
}

/* Committer thread. The handle is open as long as the store is. */
static void on_committed(void *ctx)
{
	struct hf_ledger *l = ctx;

	uv_async_send(&l->wake);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct hf_ledger *l = handle->data;

	release(l);
}

static enum hf_err open_handles(struct hf_ledger *l, struct hf_fault *f)
{
	if (uv_async_init(l->base->loop, &l->wake, on_wake) != 0)
		return hf_fault_set(
		        f, HF_E_MEMORY,
		        "the ledger cannot join the loop: no descriptor or memory is left; raise the limits");
	uv_timer_init(l->base->loop, &l->timer);
	l->wake.data = l;
	l->timer.data = l;
	uv_unref((uv_handle_t *)&l->wake);
	l->handles = 2;
	l->refs += 2;
	return HF_OK;
}

static void run_job(uv_work_t *req)
{
	struct hf_job *job = req->data;
	struct hf_ledger *l = job->ledger;

	job->work(job);
	uv_mutex_lock(&l->jobs_mutex);
	if (--l->jobs == 0)
		uv_cond_signal(&l->jobs_idle);
	uv_mutex_unlock(&l->jobs_mutex);
}

static void after_job(uv_work_t *req, int status)
{
	struct hf_job *job = req->data;
	struct hf_ledger *l = job->ledger;

	(void)status; /* never cancelled */
	job->after(job);
	release(l);
}

void hf_ledger_job(struct hf_ledger *l, struct hf_job *job)
{
	job->ledger = l;
	job->req.data = job;
	l->refs++;
	uv_mutex_lock(&l->jobs_mutex);
	l->jobs++;
	uv_mutex_unlock(&l->jobs_mutex);
	uv_queue_work(l->base->loop, &job->req, run_job, after_job);
}

static void derive_keys(struct hf_ledger *l, uint8_t label_key[32])
{
	hf_node_keys_derive(l->keys, "ledger-opening", l->own.origin, strlen(l->own.origin), l->opening_keys.own);
	hf_node_keys_derive(l->keys, "ledger-mirror-opening", l->own.origin, strlen(l->own.origin),
	                    l->opening_keys.mirror);
	hf_node_keys_derive(l->keys, "ledger-label", l->own.origin, strlen(l->own.origin), label_key);
}

static void make_sequence(struct hf_ledger *l)
{
	uint8_t label_key[32];
	struct hf_sequence_config cfg = {.self = l->base->self.s,
	                                 .origin = l->own.origin,
	                                 .clock = l->base->clock,
	                                 .label_key = label_key,
	                                 .opening_key = l->opening_keys.own,
	                                 .slots = l->opening_keys.slots_own,
	                                 .log = l->base->log,
	                                 .on_committed = on_committed,
	                                 .ctx = l};

	derive_keys(l, label_key);
	l->sequence = hf_sequence_new(&cfg);
	hf_wipe(label_key, sizeof(label_key));
}

static bool take_size(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	if (key.len == 8)
		*(uint64_t *)ctx = hf_get_u64(key.data) + 1;
	return false;
}

enum hf_err hf_ledger_stored_size(struct hf_ledger *l, uint64_t *ret_size)
{
	*ret_size = 0;
	return hf_store_scan_back(l->store, HF_TABLE_ENTRY, NULL, 0, NULL, 0, take_size, ret_size);
}

/* The newest tile anew from the stored entries: a store that was damaged or truncated is noticed before it is built
 * upon. */
static enum hf_err check_newest(struct hf_ledger *l, uint64_t size, struct hf_fault *f)
{
	uint64_t first = size ? (size - 1) / HF_TILE_WIDTH * HF_TILE_WIDTH : 0;
	struct hf_tree tree = {&l->own, &l->rows};
	struct hf_hash kept[HF_TILE_WIDTH], leaf;
	const struct hf_hash *hashes;
	struct hf_bytes entry;

	if (size == 0)
		return HF_OK;
	if (hf_tree_tile(&tree, 0, first / HF_TILE_WIDTH, (uint32_t)(size - first), &hashes) != HF_OK)
		return hf_fault_set(f, HF_E_STATE,
		                    "the ledger's newest tile is missing; restore the node's folder from a backup");
	memcpy(kept, hashes, (size - first) * sizeof(kept[0]));
	for (uint64_t i = first; i < size; i++) {
		HF_TRY(hf_place_entry(&l->own, &l->rows, i, &entry));
		hf_merkle_leaf(entry.data, entry.len, &leaf);
		if (!hf_hash_equal(&leaf, &kept[i - first]))
			return hf_fault_set(f, HF_E_STATE,
			                    "ledger entry %" PRIu64
			                    " does not fit its stored hash; restore the node's folder "
			                    "from a backup",
			                    i);
	}
	return HF_OK;
}

/* What was signed must be here, unchanged. */
static enum hf_err check_promise(struct hf_ledger *l, uint64_t size, struct hf_fault *f)
{
	struct hf_tree tree = {&l->own, &l->rows};
	struct hf_hash root;

	if (l->promise.size > size) {
		hf_ledger_set_back(l, HF_SETBACK_BEHIND, &l->promise,
		                   "this ledger has signed %" PRIu64 " entries but only %" PRIu64
		                   " are stored, so it is read-only: recover them from a mirror with "
		                   "`hufu ledger recover`",
		                   l->promise.size, size);
		return HF_OK;
	}
	if (l->promise.size == 0)
		return HF_OK;
	if (!hf_tree_root(&tree, l->promise.size, &root))
		return hf_fault_set(f, HF_E_STATE,
		                    "a tile of the ledger is missing; restore the node's folder from a backup");
	if (!hf_hash_equal(&root, &l->promise.root) &&
	    hf_store_has(l->store, HF_TABLE_META, HF_SET_BACK_MARK, sizeof(HF_SET_BACK_MARK) - 1)) {
		hf_ledger_set_back(l, HF_SETBACK_BEHIND, &l->promise,
		                   "%" PRIu64
		                   " entries that this ledger has signed are not stored, so it is read-only: "
		                   "recover them from a mirror with `hufu ledger recover`",
		                   l->promise.size);
		return HF_OK;
	}
	if (!hf_hash_equal(&root, &l->promise.root))
		return hf_fault_set(f, HF_E_STATE,
		                    "the first %" PRIu64
		                    " entries of this ledger are not those that were signed: the store was "
		                    "changed or swapped; restore the right one",
		                    l->promise.size);
	return HF_OK;
}

static int64_t time_of_newest(struct hf_ledger *l, uint64_t size)
{
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	char text[HF_TIME_TEXT];
	int64_t ms;

	if (size == 0 || hf_opening_read(&l->opening_keys, &l->own, &l->rows, size - 1, &o) != HF_OK ||
	    !hf_opening_text(o.opening, HF_FIELD_TIME, text, sizeof(text)) || !hf_time_parse(text, &ms))
		return 0;
	return ms;
}

/* Behind its promise it signs nothing, and so needs nothing of this. */
static enum hf_err load_checked(struct hf_ledger *l, uint64_t size)
{
	struct hf_edge edge HF_CLEANUP(hf_edge_done);

	hf_edge_init(&edge);
	if (l->promise.size > size)
		return HF_OK;
	HF_TRY(hf_edge_load(&edge, &l->own, &l->rows, l->promise.size));
	hf_edge_range(&edge, &l->checked);
	return HF_OK;
}

/* A checkpoint on record counts as a promise too: the other file may have been deleted. */
static bool take_checkpoint(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_ledger *l = ctx;
	const char *end = memmem(value.data, value.len, "\n\n", 2);
	struct hf_checkpoint c;

	(void)key;
	if (end && hf_checkpoint_parse((const char *)value.data, (size_t)(end - (const char *)value.data) + 1, &c) &&
	    c.size > l->promise.size)
		l->promise = (struct hf_promise){c.size, c.root, 0};
	return false;
}

static enum hf_err load_state(struct hf_ledger *l, uint64_t *ret_size, struct hf_fault *f)
{
	bool lost;

	HF_TRY(hf_ledger_stored_size(l, ret_size));
	lost = *ret_size > 0 && !hf_last_signed_there(l->base->dir);
	if (!lost)
		HF_TRY(hf_last_signed_open(l->base->dir, l->own.origin, &l->last_signed, &l->promise, f));
	HF_TRY(hf_store_scan_back(l->store, HF_TABLE_CHECKPOINT, NULL, 0, NULL, 0, take_checkpoint, l));
	HF_TRY(check_newest(l, *ret_size, f));
	if (lost)
		hf_ledger_set_back(l, HF_SETBACK_PROMISE, NULL,
		                   "the file ledger/last-signed is gone, so it is not known what this log has signed: "
		                   "restore it, or let two people run `hufu ledger recover --override`");
	HF_TRY(check_promise(l, *ret_size, f));
	HF_TRY(hf_slots_check(l, f));
	l->newest_ms = time_of_newest(l, *ret_size);
	HF_TRY(load_checked(l, *ret_size));
	return hf_sequence_load(l->sequence, &l->rows, *ret_size, l->newest_ms);
}

/* The first entry: who writes this ledger, and the key that can name another one. */
static void write_genesis(struct hf_ledger *l)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_GENESIS, NULL);
	struct hf_unit *u = hf_unit_new();
	struct hf_sign_pub log, recovery;
	char log_hex[65], recovery_hex[65];

	hf_sign_key_pub(l->keys->log, &log);
	hf_sign_key_pub(l->keys->recovery, &recovery);
	hf_hex(log.b, sizeof(log.b), log_hex);
	hf_hex(recovery.b, sizeof(recovery.b), recovery_hex);
	hf_draft_text(d, HF_FIELD_ACTOR, l->base->self.s);
	hf_draft_text(d, HF_FIELD_OBJECT, l->own.origin);
	hf_draft_textf(d, HF_FIELD_DETAIL, "log key %s, recovery key %s", log_hex, recovery_hex);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_unit_draft(u, d);
	hf_store_submit(l->store, u, NULL, NULL);
}

static enum hf_err set_up(struct hf_ledger *l, struct hf_fault *f)
{
	struct hf_sequencer sequencer;
	uint64_t size = 0;
	enum hf_err e;

	if (strlen(l->space_id) + sizeof("/ledger/") + HF_NAME_MAX > HF_ORIGIN_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the space id %.40s... is too long to name ledgers by", l->space_id);
	hf_space_origin(l->space_id, l->base->self.s, l->own.origin);
	HF_TRY(hf_slots_open(l->base->dir, "own", &l->opening_keys.slots_own, f));
	HF_TRY(hf_slots_open(l->base->dir, "copies", &l->opening_keys.slots_copies, f));
	make_sequence(l);
	e = load_state(l, &size, f);
	if (e != HF_OK)
		return hf_fault_default(f, e);
	HF_TRY(open_handles(l, f));
	hf_sequence_get(l->sequence, &sequencer);
	hf_store_set_sequencer(l->store, &sequencer);
	if (size == 0)
		write_genesis(l);
	hf_slots_tell(l);
	return HF_OK;
}

enum hf_err hf_ledger_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                           const char *space_id, struct hf_ledger **ret_ledger, struct hf_fault *f)
{
	struct hf_ledger *l = hf_alloc_zero(sizeof(*l));
	enum hf_err e;

	l->base = base;
	l->store = store;
	l->keys = keys;
	l->own.own = true;
	l->refs = 1;
	snprintf(l->space_id, sizeof(l->space_id), "%s", space_id);
	hf_rows_of_store(&l->rows, store);
	hf_ledger_set_quota(l, &(struct hf_ledger_quota){0, 0});
	if (uv_mutex_init(&l->jobs_mutex) != 0 || uv_cond_init(&l->jobs_idle) != 0)
		abort();
	e = set_up(l, f);
	if (e != HF_OK) {
		HF_LOG(base->log, HF_LOG_ALARM, "ledger", "refused-to-open", NULL, HF_LOG_E(e));
		release(l);
		return e;
	}
	*ret_ledger = l;
	return HF_OK;
}

static const struct hf_space *peers_space(void *ctx)
{
	return hf_peers_space(ctx);
}

static void peers_call(void *ctx, const char *peer, enum hf_msg type, const void *body, size_t len, hf_reply_fn fn,
                       void *fn_ctx)
{
	hf_peers_call(ctx, peer, type, NULL, body, len, HF_LEDGER_CALL_MS, fn, fn_ctx);
}

static void on_peer_up(void *ctx, const char *peer)
{
	hf_ledger_peer_up(ctx, peer);
}

static void on_space_change(void *ctx)
{
	hf_ledger_wake(ctx);
}

void hf_ledger_start(struct hf_ledger *l, struct hf_peers *peers)
{
	struct hf_ledger_net net = {peers_space, peers_call, peers};

	hf_peers_on_up(peers, on_peer_up, l);
	hf_peers_on_change(peers, on_space_change, l);
	hf_ledger_start_net(l, &net);
}

static bool saw_witness(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	Hufu__WitnessRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(witness_row, value.data, value.len);
	struct hf_ledger *l = ctx;
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_name node;
	struct hf_hash root;

	if (!row || key.len > HF_ORIGIN_MAX || row->root.len != sizeof(root.b))
		return true;
	memcpy(origin, key.data, key.len);
	origin[key.len] = '\0';
	memcpy(root.b, row->root.data, sizeof(root.b));
	if (hf_space_origin_node(l->space_id, origin, &node))
		hf_sequence_saw(l->sequence, node.s, row->size, &root);
	return true;
}

void hf_ledger_start_net(struct hf_ledger *l, const struct hf_ledger_net *net)
{
	l->net = *net;
	l->started = true;
	if (hf_store_scan(l->store, HF_TABLE_WITNESS, NULL, 0, NULL, 0, saw_witness, l) != HF_OK)
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "witness-rows-unread", NULL, HF_LOG_E(HF_E_STORE));
	hf_holding_load(l);
	hf_settle_load(l);
	hf_round_restore(l);
	hf_erase_resume(l);
	if (l->halted[0])
		mark_set_back(l);
	hf_evidence_check_own(l);
	hf_ledger_wake(l);
}

void hf_ledger_peer_up(struct hf_ledger *l, const char *peer)
{
	struct hf_lpeer *p = hf_ledger_peer(l, peer);

	for (unsigned i = 0; i < HF_LANE_COUNT; i++)
		hf_lane_ok(&p->lane[i]);
	hf_told_free(HF_TAKE(p->told)); /* it may have lost what it knew */
	hf_push_again(p, true);
	p->heads_ms = 0;
	hf_ledger_wake(l);
}

void hf_ledger_stop(struct hf_ledger *l)
{
	l->closing = true;
}

void hf_ledger_close(struct hf_ledger *l)
{
	l->closing = true;
	uv_mutex_lock(&l->jobs_mutex);
	while (l->jobs > 0)
		uv_cond_wait(&l->jobs_idle, &l->jobs_mutex);
	uv_mutex_unlock(&l->jobs_mutex);
	if (l->handles) {
		uv_close((uv_handle_t *)&l->wake, on_handle_closed);
		uv_close((uv_handle_t *)&l->timer, on_handle_closed);
	}
	release(l);
}

int64_t hf_ledger_newest_ms(const struct hf_ledger *l)
{
	return l->newest_ms;
}

void hf_ledger_add_mirror(struct hf_ledger *l, struct hf_unit *unit, const char *node)
{
	uint8_t key[HF_KEY_MAX];
	struct hf_name name;

	if (!hf_name_parse(node, &name) || strcmp(node, l->base->self.s) == 0)
		return;
	hf_unit_put(unit, HF_TABLE_META, key, hf_key_mirror_to(node, key), NULL, 0);
}

void hf_ledger_state(struct hf_ledger *l, struct hf_ledger_state *ret_state)
{
	const struct hf_space *s = hf_ledger_space(l);
	const Hufu__Descriptor *d = s ? hf_space_current(s) : NULL;

	*ret_state = (struct hf_ledger_state){
	        .durable = hf_sequence_size(l->sequence),
	        .signed_size = l->newest.size,
	        .witnessed_size = l->witnessed.size,
	        .mirrored_size = hf_to_mirror_size(l),
	        .root = l->newest.root,
	        .quorum = d ? d->quorum : 0,
	        .halted = l->halted,
	        .read_only = l->setback != HF_SETBACK_NONE,
	        .set_back = l->setback > HF_SETBACK_KEY,
	        .ahead = l->ahead.size,
	};
	for (size_t i = 0; d && i < d->n_witnesses; i++)
		ret_state->witnesses += hf_space_is_witness(s, d->witnesses[i], l->base->self.s);
}

void hf_ledger_keep_envelope(struct hf_unit *unit, const struct hf_id *txn, const char *type, const void *envelope,
                             size_t len, struct hf_hash *ret_digest)
{
	uint8_t key[sizeof(txn->b) + sizeof(ret_digest->b)];

	hf_envelope_digest(envelope, len, ret_digest);
	hf_unit_put(unit, HF_TABLE_ENVELOPE, ret_digest->b, sizeof(ret_digest->b), envelope, len);
	if (!txn || hf_id_is_zero(txn))
		return;
	memcpy(key, txn->b, sizeof(txn->b));
	memcpy(key + sizeof(txn->b), ret_digest->b, sizeof(ret_digest->b));
	hf_unit_put(unit, HF_TABLE_ENVELOPE_TXN, key, sizeof(key), type, strlen(type));
}
