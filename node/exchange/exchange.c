/*
 * exchange.c - opens and closes the folder's module, routes peer requests, resumes after a restart, and shows
 * transfers.
 */
#include "exchange/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/destruction.h"
#include "exchange/held.h"
#include "exchange/reading.h"
#include "exchange/recall.h"
#include "exchange/transfer.h"
#include "exchange/update.h"
#include "exchange/vault.h"
#include "source/scanner.h"
#include "state_exchange.pb-c.h"

#define WATCH_MS 10000

/* A source that nobody reads is closed; the next chunk opens it again. */
static void close_idle(struct hf_exchange *x)
{
	int64_t now = hf_mono_ms(&x->base->clock);
	for (struct transfer *t = x->transfers; t; t = t->next)
		if (t->provider && t->serve && t->busy == 0 && now - t->used_ms > IDLE_MS && serve_idle(t))
			serve_close(t);
}

/* What is looked at now and then, in this order. */
static void (*const sweeps[])(struct hf_exchange *x) = {
        close_idle, idle_watch, reading_watch, destruction_sweep, recalled_sweep, recall_watch,
};

static void on_watch(uv_timer_t *h)
{
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
		sweeps[i](h->data);
}

/* The mails that this folder takes. */
static const struct exchange_mail {
	enum hf_mail type;
	hf_mail_fn fn;
} mails[] = {
        {HF_MAIL_RECEIPT, receipt_on_mail},
        {HF_MAIL_TRANSFER_END, end_on_mail},
        {HF_MAIL_RECALL, recalled_on_mail},
        {HF_MAIL_RECALL_ANSWER, recall_on_answer},
};

static void fill_mails(struct hf_exchange *x)
{
	x->mails = hf_alloc_zero((sizeof(mails) / sizeof(mails[0]) + 1) * sizeof(*x->mails)); /* ended by type 0 */
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++)
		x->mails[i] = (struct hf_mail_row){mails[i].type, mails[i].fn, x};
}

static void on_peer_up(void *ctx, const char *peer)
{
	struct hf_exchange *x = ctx;
	for (struct transfer *t = x->transfers, *next; t; t = next) {
		next = t->next;
		if (t->provider || t->gone || transfer_ended(t->state) || strcmp(t->peer, peer) != 0)
			continue;
		bool waiting = t->retry && uv_is_active((uv_handle_t *)t->retry);
		if (t->retry)
			uv_timer_stop(t->retry);
		t->retry_ms = 0;
		if (t->state == TRANSFER_STARTED)
			receive_pump(t);
		else if (waiting)
			fetch_send_request(t);
	}
}

enum hf_err hf_exchange_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                             struct hf_identity *identity, struct hf_peers *peers, struct hf_ledger *ledger,
                             struct hf_sources *sources, struct hf_catalog *catalog, struct hf_authz *authz,
                             struct hf_exchange **ret_exchange, struct hf_fault *f)
{
	(void)f;
	struct hf_exchange *x = calloc(1, sizeof(*x));
	if (!x)
		return HF_E_MEMORY;
	*x = (struct hf_exchange){.base = base,
	                          .store = store,
	                          .keys = keys,
	                          .identity = identity,
	                          .peers = peers,
	                          .ledger = ledger,
	                          .sources = sources,
	                          .catalog = catalog,
	                          .authz = authz};
	x->traffic = hf_traffic_new();
	x->allowance = allowance_new(base, store, identity);
	x->licenses = licenses_new();
	x->vault = vault_new(base, keys);
	fill_mails(x);
	hf_authz_on_revoked(authz, end_on_revoked, x);
	hf_peers_on_up(peers, on_peer_up, x);
	hf_catalog_on_derived(catalog, onward_of_entry, x);
	hf_catalog_on_renewed(catalog, update_on_renewed, x);
	x->watch = calloc(1, sizeof(*x->watch));
	if (!x->watch)
		abort();
	uv_timer_init(base->loop, x->watch);
	x->watch->data = x;
	uv_timer_start(x->watch, on_watch, WATCH_MS, WATCH_MS);
	uv_unref((uv_handle_t *)x->watch);
	*ret_exchange = x;
	return HF_OK;
}

void hf_exchange_set_scanner(struct hf_exchange *x, struct hf_scanner *scanner)
{
	x->scanner = scanner;
}

void hf_exchange_set_traffic(struct hf_exchange *x, const struct hf_traffic_policy *p)
{
	hf_traffic_set(x->traffic, p);
}

void hf_exchange_set_bulk(struct hf_exchange *x, const struct hf_bulk_limit *limits, size_t count)
{
	allowance_set(x->allowance, limits, count);
}

void hf_exchange_set_licenses(struct hf_exchange *x, const struct hf_license *list, size_t count)
{
	licenses_set(x->licenses, list, count);
}

void hf_exchange_set_limits(struct hf_exchange *x, const struct hf_transfer_limits *limits)
{
	x->limits = *limits;
}

void hf_exchange_set_masking(struct hf_exchange *x, const struct hf_exchange_masking *m)
{
	x->masking = *m;
}

const struct hf_mail_row *hf_exchange_mails(struct hf_exchange *x)
{
	return x->mails;
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void free_exchange_when_idle(struct hf_exchange *x)
{
	while ((x->transfers || x->destroying || x->recalling || x->counting || !reading_close_all(x)) &&
	       uv_run(x->base->loop, UV_RUN_ONCE))
		;
	vault_free(x->vault);
	hf_traffic_free(x->traffic);
	allowance_free(x->allowance);
	licenses_free(x->licenses);
	free(x->mails);
	free(x);
}

void hf_exchange_close(struct hf_exchange *x)
{
	x->closing = true;
	atomic_store(&x->stopping, true);
	atomic_store(&x->load_pace.stop, true);
	hf_catalog_on_derived(x->catalog, NULL, NULL);
	hf_scanner_stop(x->scanner);
	uv_close((uv_handle_t *)x->watch, free_handle);
	for (struct transfer *t = x->transfers, *next; t; t = next) {
		next = t->next;
		if (!t->gone)
			transfer_drop(t);
	}
	free_exchange_when_idle(x);
}

static bool load_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	struct hf_exchange *x = ctx;
	struct transfer *t;
	if (transfer_decode(x, value.data, value.len, &t) != HF_OK) {
		hf_alarm(x->base, "transfer-row", NULL, "a stored transfer cannot be read");
		return true;
	}
	traffic_of_row(x, t);
	if (t->slot != NO_SLOT)
		vault_slot_used(x->vault, t->slot);
	if (!transfer_ended(t->state)) {
		transfer_add(t);
		return true;
	}
	/* The node died before the wiping, or before what was loaded was finished. */
	if (!t->provider && !t->cleared && (t->state == TRANSFER_TERMINATED || t->target->finish)) {
		transfer_add(t);
		return true;
	}
	transfer_release(t);
	return true;
}

static void resume(struct transfer *t)
{
	if (t->provider)
		return; /* the consumer asks */
	if (transfer_ended(t->state)) {
		end_clear(t);
		return;
	}
	if (t->state == TRANSFER_REQUESTED) {
		fetch_send_request(t);
		return;
	}
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = transfer_draft(t, HF_EVENT_TRANSFER_RESUME, HF_OK, NULL);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)t->bytes_done);
	hf_unit_draft(u, d);
	hf_store_submit(t->x->store, u, NULL, NULL);
	fetch_retry(t);
}

void hf_exchange_start(struct hf_exchange *x)
{
	if (hf_store_scan(x->store, HF_TABLE_TRANSFER, NULL, 0, NULL, 0, load_row, x) != HF_OK)
		hf_alarm(x->base, "transfer-rows", NULL, "the table of transfers cannot be read");
	for (struct transfer *t = x->transfers, *next; t; t = next) {
		next = t->next;
		resume(t);
	}
	reading_recover(x);
	destruction_sweep(x);
	recalled_sweep(x);
}

static void answer_chunk(struct transfer *t, struct hf_request *take, const Hufu__ChunkGet *get)
{
	struct hf_fault f = {HF_OK, ""};
	if (!t->recorded) {
		hf_request_reply(take, HF_E_BUSY, "the decision is being recorded; ask again", NULL, 0);
	} else if (transfer_settling(t)) {
		hf_request_reply(take, HF_E_BUSY, "the end of the transfer is being recorded; ask again", NULL, 0);
	} else if (t->state != TRANSFER_STARTED) {
		enum hf_err e = t->reason_code[0] ? hf_err_from_reason(t->reason_code) : HF_E_STATE;
		hf_request_reply(take, e, t->reason[0] ? t->reason : "the transfer has ended", NULL, 0);
	} else {
		enum hf_err e = gate_still_permits(t, &f);
		if (e != HF_OK) {
			hf_request_reply(take, e, f.text, NULL, 0);
			if (e != HF_E_BUSY) /* a record that the terms demand now is on its way */
				end_now(t, e, f.text, false);
		} else {
			serve_chunk(t, take, get);
		}
	}
}

static void on_chunk_get(struct hf_exchange *x, struct hf_request *take)
{
	struct hf_bytes body = hf_request_body(take);
	struct hf_id id;
	struct transfer *t = NULL;
	Hufu__ChunkGet *get = HF_DECODE(chunk_get, body.data, body.len);
	if (!get || !hf_id_from_bytes(get->transfer.data, get->transfer.len, &id)) {
		hf_request_reply(take, HF_E_FORMAT, "the request for a chunk lacks a field or holds one out of bounds",
		                 NULL, 0);
	} else if (transfer_get(x, &id, true, &t) != HF_OK || strcmp(t->peer, hf_request_peer(take)) != 0) {
		hf_request_reply(take, HF_E_UNKNOWN, "there is no such transfer", NULL, 0);
	} else {
		transfer_seen(t);
		answer_chunk(t, take, get);
	}
	if (t)
		transfer_release(t);
	hf_decoded_free(get);
}

void hf_exchange_on_request(struct hf_exchange *x, struct hf_request *take)
{
	switch (hf_request_type(take)) {
	case HF_MSG_TRANSFER_REQUEST:
		gate_on_request(x, take);
		break;
	case HF_MSG_CHUNK_GET:
		on_chunk_get(x, take);
		break;
	case HF_MSG_TRANSFER_END:
		end_on_request(x, take);
		break;
	default:
		hf_request_reply(take, HF_E_UNSUPPORTED, "this node answers no such message", NULL, 0);
	}
}

static void fill_view(const struct transfer *t, struct hf_transfer_view *v)
{
	memset(v, 0, sizeof(*v));
	v->transfer = t->id;
	v->grant = t->grant;
	v->agreement = t->agreement;
	v->resource = t->resource;
	memcpy(v->peer, t->peer, sizeof(v->peer));
	memcpy(v->system, t->system, sizeof(v->system));
	v->provider = t->provider;
	snprintf(v->state, sizeof(v->state), "%s", transfer_state_name(t->state));
	memcpy(v->reason_code, t->reason_code, sizeof(v->reason_code));
	memcpy(v->reason, t->reason, sizeof(v->reason));
	v->bytes_total = t->bytes_total;
	v->bytes_done = t->bytes_done;
	v->chunks = t->bytes_total / CHUNK_BYTES + 1;
	v->acknowledged = t->acknowledged;
	v->served = t->served;
	v->served_after_ack = t->served_after_ack;
	v->rows = t->rows;
	v->root = t->root;
	memcpy(v->quality, t->quality, sizeof(v->quality));
	memcpy(v->output, t->output, sizeof(v->output));
	v->sealed = t->target->sealed;
	v->format = t->target->format;
	v->receipt = t->receipt.len > 0;
	v->started_ms = t->started_ms;
	v->ended_ms = t->ended_ms;
}

enum hf_err hf_exchange_view(struct hf_exchange *x, const struct hf_id *transfer, struct hf_transfer_view *ret_view)
{
	struct transfer *t = transfer_find(x, transfer, false);
	if (!t)
		t = transfer_find(x, transfer, true);
	bool loaded = !t;
	if (!t && transfer_load(x, transfer, false, &t) != HF_OK)
		HF_TRY(transfer_load(x, transfer, true, &t));
	fill_view(t, ret_view);
	if (loaded)
		transfer_release(t);
	return HF_OK;
}

struct listing {
	struct hf_exchange *x;
	hf_transfer_fn fn;
	void *ctx;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	struct hf_transfer_view v;
	struct hf_id id;
	struct transfer *t = NULL;
	memcpy(id.b, key.data, 16);
	struct transfer *live = transfer_find(l->x, &id, key.data[16] == 'P');
	if (!live && transfer_decode(l->x, value.data, value.len, &t) != HF_OK)
		return true;
	fill_view(live ? live : t, &v);
	transfer_release(t);
	return l->fn(l->ctx, &v);
}

enum hf_err hf_exchange_list(struct hf_exchange *x, hf_transfer_fn fn, void *ctx)
{
	struct listing l = {x, fn, ctx};
	return hf_store_scan_back(x->store, HF_TABLE_TRANSFER, NULL, 0, NULL, 0, list_row, &l);
}
