/*
 * outbox.c - mail that waits to be sent: in order per peer, one at a time, until it is accepted or refused for good.
 *
 * A row lives until the receiver has said that the effect is durable. The epoch is drawn anew at each start, so that a
 * node whose store was restored from a backup never gives a sequence number twice; rows keep the epoch they were
 * written in, so that the receiver recognizes what is sent a second time after a crash.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "peers/internal.h"

#define MAIL_TIMEOUT_MS 30000u
#define MAIL_WAIT_MAX_MS 60000u
#define COLLECT_MAX ((size_t)400 << 10) /* bytes of mail in one answer to a poll */
#define COLLECT_COUNT 64u

struct row_key {
	uint8_t b[HF_NAME_MAX + 1 + 8];
	size_t len;
};

static struct row_key make_key(const char *peer, uint64_t number)
{
	struct row_key k;
	size_t n = strlen(peer) + 1;
	memcpy(k.b, peer, n);
	hf_put_u64(k.b + n, number);
	k.len = n + 8;
	return k;
}

struct highest {
	uint64_t number;
};

static bool take_number(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct highest *h = ctx;
	(void)value;
	if (key.len >= 8)
		h->number = hf_get_u64(key.data + key.len - 8);
	return false;
}

static uint64_t last_number(struct hf_peers *p, enum hf_table t, const char *peer)
{
	struct highest h = {0};
	if (hf_store_scan_back(p->store, t, peer, strlen(peer) + 1, NULL, 0, take_number, &h) != HF_OK)
		return 0;
	return h.number;
}

static uint64_t take_key(struct hf_peers *p, struct hf_peer *k)
{
	if (k->next_key == 0) {
		uint64_t a = last_number(p, HF_TABLE_OUTBOX, k->id), b = last_number(p, HF_TABLE_OUTBOX_PARKED, k->id);
		k->next_key = (a > b ? a : b) + 1;
		k->next_sequence = 1;
	}
	return k->next_key++;
}

/* After the commit of a unit with mail. */
struct wake {
	struct hf_peers_ref *ref;
	char peer[HF_NAME_MAX + 1];
};

static void wake_run(void *ctx)
{
	struct wake *w = ctx;
	struct hf_peers *p = w->ref->p;
	struct hf_peer *k = p ? hf_peer_find(p, w->peer) : NULL;
	if (k)
		hf_outbox_kick(p, k, k->up || strcmp(k->id, p->base.self.s) == 0);
}

static void wake_free(void *ctx)
{
	struct wake *w = ctx;
	hf_peers_unref(w->ref);
	free(w);
}

static void wake_after(struct hf_peers *p, struct hf_unit *unit, const struct hf_peer *k)
{
	struct wake *w = hf_alloc_zero(sizeof(*w));
	w->ref = hf_peers_ref(p);
	memcpy(w->peer, k->id, sizeof(w->peer));
	hf_unit_after(unit, wake_run, w, wake_free);
}

static void put_row(struct hf_unit *unit, enum hf_table t, const struct row_key *key, const Hufu__OutboxRow *row)
{
	size_t len = 0;
	uint8_t *bytes = hf_encode(&row->base, &len);
	if (!bytes)
		abort(); /* memory is gone */
	hf_unit_put(unit, t, key->b, key->len, bytes, len);
	free(bytes);
}

/* Gives the row the next number, epoch and sequence of this run. */
static void enqueue(struct hf_peers *p, struct hf_unit *unit, struct hf_peer *k, Hufu__OutboxRow *row)
{
	struct row_key key = make_key(k->id, take_key(p, k));
	row->epoch = (ProtobufCBinaryData){sizeof(p->epoch), p->epoch};
	row->sequence = k->next_sequence++;
	row->time_ms = hf_now_ms(&p->base.clock);
	put_row(unit, HF_TABLE_OUTBOX, &key, row);
	wake_after(p, unit, k);
}

enum hf_err hf_peers_mail(struct hf_peers *p, struct hf_unit *unit, const char *to, enum hf_mail type,
                          const struct hf_id *txn, const void *body, size_t len)
{
	Hufu__OutboxRow row = HUFU__OUTBOX_ROW__INIT;
	if (!hf_space_member(p->space, to))
		return HF_E_STRANGER;
	if (hf_mail_max((uint32_t)type) == 0)
		return HF_E_ARGUMENT;
	if (len > hf_mail_max((uint32_t)type))
		return HF_E_LIMIT;
	struct hf_peer *k = hf_peer_get(p, to);
	bool self = strcmp(to, p->base.self.s) == 0;
	if (!self && p->undialable && !hf_peer_dialable(p, k))
		return HF_E_UNSUPPORTED; /* neither can dial the other */
	row.type = (uint32_t)type;
	if (txn && !hf_id_is_zero(txn))
		row.transaction = (ProtobufCBinaryData){sizeof(txn->b), (uint8_t *)(uintptr_t)txn->b};
	row.body = (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)body};
	enqueue(p, unit, k, &row);
	return HF_OK;
}

/* The oldest row of a peer that is durable: what leaves this node must not be taken back by a crash. A row that is not
 * yet durable is sent by the hook of its unit. */
struct head {
	struct row_key key;
	Hufu__OutboxRow *row;
};

static bool take_head(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct head *h = ctx;
	h->row = HF_DECODE_OWN(outbox_row, value.data, value.len);
	if (key.len > sizeof(h->key.b) || !h->row)
		return true; /* not a row of ours; the next one */
	memcpy(h->key.b, key.data, key.len);
	h->key.len = key.len;
	return false;
}

static bool find_head(struct hf_peers *p, struct hf_peer *k, struct head *ret_head)
{
	ret_head->row = NULL;
	if (hf_store_scan_settled(p->store, HF_TABLE_OUTBOX, k->id, strlen(k->id) + 1, NULL, 0, take_head, ret_head) !=
	    HF_OK)
		return false;
	k->has_mail = ret_head->row != NULL;
	return k->has_mail;
}

static void park(struct hf_peers *p, struct hf_unit *u, struct hf_peer *k, const struct head *h, const char *refused,
                 const char *text)
{
	Hufu__OutboxRow row = *h->row;
	struct hf_id txn;
	row.refused = (char *)(uintptr_t)refused;
	row.text = (char *)(uintptr_t)text;
	put_row(u, HF_TABLE_OUTBOX_PARKED, &h->key, &row);
	bool has = hf_id_from_bytes(row.transaction.data, row.transaction.len, &txn);
	struct hf_draft *d = hf_draft_new(HF_EVENT_MAIL_PARKED, has ? &txn : NULL);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, k->id);
	hf_draft_text(d, HF_FIELD_OBJECT, hf_mail_name(row.type));
	hf_draft_text(d, HF_FIELD_OUTCOME, "refused");
	hf_draft_text(d, HF_FIELD_REASON, refused);
	hf_draft_text(d, HF_FIELD_DETAIL, text);
	hf_unit_draft(u, d);
	HF_LOG(p->base.log, HF_LOG_WARN, "peers", "mail-parked", has ? &txn : NULL, HF_LOG_S("peer", k->id),
	       HF_LOG_S("mail", hf_mail_name(row.type)),
	       HF_LOG_S("refused", hf_err_reason(hf_err_from_reason(refused))));
}

/* The word of the receiver that could not be stored: it is asked for again. */
struct settling {
	struct hf_peers_ref *ref;
	char peer[HF_NAME_MAX + 1];
};

static void later(struct hf_peers *p, struct hf_peer *k)
{
	k->mail_wait_ms = hf_peers_back_off(k->mail_wait_ms, MAIL_WAIT_MAX_MS);
	k->mail_after_ms = hf_peers_now(p) + k->mail_wait_ms;
}

static void on_settled(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct settling *s = ctx;
	struct hf_peers *p = s->ref->p;
	struct hf_peer *k = p && e != HF_OK ? hf_peer_find(p, s->peer) : NULL;
	(void)info;
	if (k) {
		k->has_mail = true;
		later(p, k);
	}
	hf_peers_unref(s->ref);
	free(s);
}

static void settle_head(struct hf_peers *p, struct hf_peer *k, const struct head *h, const char *refused,
                        const char *text)
{
	struct hf_unit *u = hf_unit_new();
	hf_unit_del(u, HF_TABLE_OUTBOX, h->key.b, h->key.len);
	if (*refused)
		park(p, u, k, h, refused, text);
	struct settling *s = hf_alloc_zero(sizeof(*s));
	s->ref = hf_peers_ref(p);
	memcpy(s->peer, k->id, sizeof(s->peer));
	hf_store_submit(p->store, u, on_settled, s);
	k->mail_wait_ms = 0;
}

static bool is_mail(const Hufu__OutboxRow *row, const uint8_t epoch[16], uint64_t sequence)
{
	return row->sequence == sequence && row->epoch.len == 16 && memcmp(row->epoch.data, epoch, 16) == 0;
}

/* Among the oldest ones: those that a poll may have carried. */
struct search {
	struct head head;
	const uint8_t *epoch;
	uint64_t sequence;
	size_t left;
};

static bool search_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct search *s = ctx;
	take_head(&s->head, key, value);
	if (s->head.row && is_mail(s->head.row, s->epoch, s->sequence))
		return false;
	hf_decoded_free(HF_TAKE(s->head.row));
	return --s->left > 0;
}

bool hf_outbox_settle(struct hf_peers *p, struct hf_peer *k, const uint8_t epoch[16], uint64_t sequence,
                      const char *refused, const char *text)
{
	struct search s = {.epoch = epoch, .sequence = sequence, .left = COLLECT_COUNT + 1};
	if (hf_store_scan_settled(p->store, HF_TABLE_OUTBOX, k->id, strlen(k->id) + 1, NULL, 0, search_row, &s) !=
	            HF_OK ||
	    !s.head.row)
		return false;
	settle_head(p, k, &s.head, refused, text);
	hf_decoded_free(s.head.row);
	return true;
}

static void fill_mail(Hufu__Mail *m, const Hufu__OutboxRow *row)
{
	m->epoch = row->epoch;
	m->sequence = row->sequence;
	m->type = row->type;
	m->transaction = row->transaction;
	m->body = row->body;
}

/* The mail under way. */
struct sending {
	struct hf_peer *peer;
	uint8_t epoch[16];
	uint64_t sequence;
};

static void on_sent(void *ctx, struct hf_reply *r)
{
	struct sending *s = ctx;
	struct hf_peer *k = s->peer;
	struct hf_peers *p = k->owner;
	Hufu__MailReply *m = r->error == HF_OK ? HF_DECODE(mail_reply, r->body.data, r->body.len) : NULL;
	k->sending = false;
	if (r->error == HF_E_OLD_DESCRIPTOR)
		k->announce = true;
	if (r->error != HF_E_CANCELLED) {
		if (m && m->sequence == s->sequence) {
			hf_outbox_settle(p, k, s->epoch, s->sequence, m->refused, m->text);
			hf_outbox_kick(p, k, true);
		} else {
			later(p, k);
		}
	}
	hf_decoded_free(m);
	free(s);
}

static void send_head(struct hf_peers *p, struct hf_peer *k, const struct head *h)
{
	Hufu__Mail m = HUFU__MAIL__INIT;
	struct hf_id trace = {{0}};
	size_t len = 0;
	fill_mail(&m, h->row);
	if (!hf_id_from_bytes(m.transaction.data, m.transaction.len, &trace))
		memset(&trace, 0, sizeof(trace));
	uint8_t *body = hf_encode(&m.base, &len);
	struct sending *s = hf_alloc_zero(sizeof(*s));
	s->peer = k;
	memcpy(s->epoch, h->row->epoch.data, sizeof(s->epoch));
	s->sequence = h->row->sequence;
	k->sending = true;
	hf_peers_call(p, k->id, HF_MSG_MAIL, &trace, body, len, MAIL_TIMEOUT_MS, on_sent, s);
	free(body);
}

/* Mail to this node itself: effect and removal in one unit, so that no mark is needed. */
struct own {
	struct hf_peers_ref *ref;
	struct hf_peer *peer;
};

static void on_own_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct own *o = ctx;
	struct hf_peers *p = o->ref->p;
	(void)info;
	if (p) {
		o->peer->sending = false;
		if (e == HF_OK)
			hf_outbox_kick(p, o->peer, true);
		else
			later(p, o->peer);
	}
	hf_peers_unref(o->ref);
	free(o);
}

static void deliver_own(struct hf_peers *p, struct hf_peer *k, const struct head *h)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_id txn = {{0}};
	struct hf_unit *u = NULL;
	if (!hf_id_from_bytes(h->row->transaction.data, h->row->transaction.len, &txn))
		memset(&txn, 0, sizeof(txn));
	enum hf_err e = hf_inbox_handle(p, k->id, h->row->type, &txn,
	                                (struct hf_bytes){h->row->body.data, h->row->body.len}, &u, &f);
	if (e != HF_OK && !hf_mail_refused_for_good(e)) {
		later(p, k);
		return;
	}
	hf_unit_del(u, HF_TABLE_OUTBOX, h->key.b, h->key.len);
	if (e != HF_OK)
		park(p, u, k, h, hf_err_reason(e), f.text);
	struct own *o = hf_alloc_zero(sizeof(*o));
	o->ref = hf_peers_ref(p);
	o->peer = k;
	k->sending = true;
	k->mail_wait_ms = 0;
	hf_store_submit(p->store, u, on_own_done, o);
}

void hf_outbox_kick(struct hf_peers *p, struct hf_peer *k, bool now)
{
	struct head h;
	bool self = strcmp(k->id, p->base.self.s) == 0;
	k->has_mail = true; /* as far as one knows without looking */
	if (now)
		k->mail_after_ms = 0;
	if (k->sending || hf_peers_now(p) < k->mail_after_ms)
		return;
	if (!self && !hf_peer_dialable(p, k)) {
		hf_poll_offer(p, k);
		return;
	}
	if (!find_head(p, k, &h))
		return;
	if (self)
		deliver_own(p, k, &h);
	else
		send_head(p, k, &h);
	hf_decoded_free(h.row);
}

void hf_outbox_tick(struct hf_peers *p, struct hf_peer *k)
{
	if (k->has_mail && !k->sending && hf_peers_now(p) >= k->mail_after_ms)
		hf_outbox_kick(p, k, false);
}

struct collect {
	Hufu__PollReply reply;
	Hufu__Mail mails[COLLECT_COUNT], *list[COLLECT_COUNT];
	Hufu__OutboxRow *rows[COLLECT_COUNT];
	size_t bytes;
};

static bool collect_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct collect *c = ctx;
	size_t n = c->reply.n_mails;
	(void)key;
	if (n == COLLECT_COUNT || (n > 0 && c->bytes + value.len > COLLECT_MAX))
		return false;
	if (!(c->rows[n] = HF_DECODE_OWN(outbox_row, value.data, value.len)))
		return true;
	hufu__mail__init(&c->mails[n]);
	fill_mail(&c->mails[n], c->rows[n]);
	c->list[n] = &c->mails[n];
	c->bytes += value.len;
	c->reply.n_mails++;
	return true;
}

size_t hf_outbox_collect(struct hf_peers *p, struct hf_peer *k, struct hf_buf *out)
{
	struct collect *c = hf_alloc_zero(sizeof(*c));
	size_t len = 0;
	hufu__poll_reply__init(&c->reply);
	c->reply.mails = c->list;
	if (hf_store_scan_settled(p->store, HF_TABLE_OUTBOX, k->id, strlen(k->id) + 1, NULL, 0, collect_row, c) !=
	    HF_OK)
		c->reply.n_mails = 0;
	uint8_t *bytes = hf_encode(&c->reply.base, &len);
	size_t count = bytes && hf_buf_add(out, bytes, len) ? c->reply.n_mails : 0;
	k->has_mail = count > 0;
	for (size_t i = 0; i < COLLECT_COUNT; i++)
		hf_decoded_free(c->rows[i]);
	free(bytes);
	free(c);
	return count;
}

static bool note_peer(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_peers *p = ctx;
	char id[HF_NAME_MAX + 1] = "";
	(void)value;
	if (key.len < 9 || key.len - 9 > HF_NAME_MAX)
		return true;
	memcpy(id, key.data, key.len - 9);
	if (hf_space_member(p->space, id))
		hf_peer_get(p, id)->has_mail = true;
	return true;
}

enum hf_err hf_outbox_open(struct hf_peers *p)
{
	hf_random(p->epoch, sizeof(p->epoch));
	return hf_store_scan(p->store, HF_TABLE_OUTBOX, "", 0, NULL, 0, note_peer, p);
}

static bool count_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key, (void)value;
	++*(uint64_t *)ctx;
	return true;
}

uint64_t hf_outbox_count(struct hf_peers *p, enum hf_table t, const char *peer)
{
	uint64_t n = 0;
	if (hf_store_scan(p->store, t, peer, strlen(peer) + 1, NULL, 0, count_row, &n) != HF_OK)
		return 0;
	return n;
}

enum hf_err hf_peers_parked_retry(struct hf_peers *p, struct hf_unit *unit, const char *peer, uint64_t sequence)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	if (strlen(peer) > HF_NAME_MAX)
		return HF_E_UNKNOWN;
	struct row_key key = make_key(peer, sequence);
	HF_TRY(hf_store_get(p->store, HF_TABLE_OUTBOX_PARKED, key.b, key.len, &b));
	if (!hf_space_member(p->space, peer))
		return HF_E_STRANGER;
	Hufu__OutboxRow *row = HF_DECODE_OWN(outbox_row, b.data, b.len);
	if (!row)
		return HF_E_STORE;
	Hufu__OutboxRow again = *row;
	again.refused = again.text = (char *)(uintptr_t) "";
	hf_unit_del(unit, HF_TABLE_OUTBOX_PARKED, key.b, key.len);
	enqueue(p, unit, hf_peer_get(p, peer), &again);
	hf_decoded_free(row);
	return HF_OK;
}

void hf_peers_parked_drop(struct hf_peers *p, struct hf_unit *unit, const char *peer, uint64_t sequence)
{
	(void)p;
	if (strlen(peer) > HF_NAME_MAX)
		return;
	struct row_key key = make_key(peer, sequence);
	hf_unit_del(unit, HF_TABLE_OUTBOX_PARKED, key.b, key.len);
}

struct parked_list {
	struct hf_parked_view *out;
	size_t count, cap;
};

static bool list_parked(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct parked_list *l = ctx;
	Hufu__OutboxRow *row = HF_DECODE_OWN(outbox_row, value.data, value.len);
	if (row && key.len >= 9 && key.len - 9 <= HF_NAME_MAX) {
		struct hf_parked_view *v = &l->out[l->count++];
		memset(v, 0, sizeof(*v));
		memcpy(v->peer, key.data, key.len - 9);
		v->sequence = hf_get_u64(key.data + key.len - 8);
		v->type = row->type;
		v->time_ms = row->time_ms;
		v->reason = hf_err_from_reason(row->refused);
		strncpy(v->text, row->text, sizeof(v->text) - 1);
	}
	hf_decoded_free(row);
	return l->count < l->cap;
}

size_t hf_peers_parked(struct hf_peers *p, struct hf_parked_view *out, size_t cap)
{
	struct parked_list l = {out, 0, cap};
	if (cap == 0 || hf_store_scan(p->store, HF_TABLE_OUTBOX_PARKED, "", 0, NULL, 0, list_parked, &l) != HF_OK)
		return 0;
	return l.count;
}
