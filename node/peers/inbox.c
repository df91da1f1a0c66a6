/*
 * inbox.c - mail that arrives: each is carried out once, and answered when its effect is durable.
 *
 * The mark of a mail is written in the unit of its effect, so that a crash leaves both or neither. A mail that is
 * refused for good leaves only the mark and the reason: the same mail gets the same answer when it is sent again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "peers/internal.h"
#include "peers/window.h"

#define EPOCHS_KEPT 4u /* of one sender; older ones were settled before he began the next */

bool hf_mail_refused_for_good(enum hf_err e)
{
	switch (hf_err_class(e)) {
	case HF_CLASS_REFUSE:
	case HF_CLASS_DENY:
	case HF_CLASS_CLOSE:
		return true;
	case HF_CLASS_NONE:
	case HF_CLASS_RETRY:
	case HF_CLASS_ABORT:
		break;
	}
	return false;
}

static const struct hf_mail_row *find_row(const struct hf_peers *p, uint32_t type)
{
	for (const struct hf_mail_row *r = p->cfg.mails; r && r->type != HF_MAIL_INVALID; r++)
		if ((uint32_t)r->type == type)
			return r;
	return NULL;
}

enum hf_err hf_inbox_handle(struct hf_peers *p, const char *from, uint32_t type, const struct hf_id *txn,
                            struct hf_bytes body, struct hf_unit **ret_unit, struct hf_fault *f)
{
	const struct hf_mail_row *row = find_row(p, type);
	struct hf_unit *u = hf_unit_new();
	enum hf_err e;
	if (!row)
		e = hf_fault_set(f, HF_E_UNSUPPORTED, "this node takes no mail of type %u", type);
	else if (body.len > hf_mail_max(type))
		e = hf_fault_set(f, HF_E_LIMIT, "a mail \"%s\" may have %u bytes, not %zu", hf_mail_name(type),
		                 hf_mail_max(type), body.len);
	else
		e = row->handle(row->ctx, from, txn, body, u, f);
	if (e != HF_OK) {
		hf_unit_free(u);
		hf_fault_default(f, e);
		u = hf_mail_refused_for_good(e) ? hf_unit_new() : NULL;
	}
	*ret_unit = u;
	return e;
}

/* One mail on its way through the store. */
struct taking {
	struct hf_peers_ref *ref;
	hf_inbox_fn fn;
	void *ctx;
	uint64_t sequence;
	enum hf_err refused; /* HF_OK: accepted */
	enum hf_err fail;    /* not carried out; again later */
	char text[400];
};

static void on_taken(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct taking *t = ctx;
	Hufu__MailReply reply = HUFU__MAIL_REPLY__INIT;
	(void)info;
	reply.sequence = t->sequence;
	if (t->refused != HF_OK) {
		reply.refused = (char *)(uintptr_t)hf_err_reason(t->refused);
		reply.text = t->text;
	}
	if (e == HF_OK)
		e = t->ref->p ? t->fail : HF_E_CANCELLED;
	t->fn(t->ref->p, t->ctx, e, &reply);
	hf_peers_unref(t->ref);
	free(t);
}

struct mark {
	uint8_t key[HF_NAME_MAX + 1 + 16];
	size_t key_len;
	struct hf_seen seen;
	uint64_t refused_sequence;
	enum hf_err refused;
	char text[400];
	bool fresh; /* no row so far */
};

static void read_mark(struct hf_peers *p, const char *from, const uint8_t epoch[16], struct mark *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	size_t n = strlen(from) + 1;
	memset(m, 0, sizeof(*m));
	memcpy(m->key, from, n);
	memcpy(m->key + n, epoch, 16);
	m->key_len = n + 16;
	m->fresh = hf_store_get(p->store, HF_TABLE_INBOX, m->key, m->key_len, &b) != HF_OK;
	Hufu__InboxRow *row = m->fresh ? NULL : HF_DECODE_OWN(inbox_row, b.data, b.len);
	if (!row)
		return;
	m->seen.next = row->next;
	if (row->window.len == sizeof(m->seen.bits))
		memcpy(m->seen.bits, row->window.data, sizeof(m->seen.bits));
	m->refused_sequence = row->refused_sequence;
	m->refused = *row->refused ? hf_err_from_reason(row->refused) : HF_OK;
	snprintf(m->text, sizeof(m->text), "%s", row->text);
	hf_decoded_free(row);
}

static void put_mark(struct hf_peers *p, struct hf_unit *u, const struct mark *m)
{
	Hufu__InboxRow row = HUFU__INBOX_ROW__INIT;
	size_t len = 0;
	row.next = m->seen.next;
	row.window = (ProtobufCBinaryData){sizeof(m->seen.bits), (uint8_t *)(uintptr_t)m->seen.bits};
	row.refused_sequence = m->refused_sequence;
	if (m->refused != HF_OK) {
		row.refused = (char *)(uintptr_t)hf_err_reason(m->refused);
		row.text = (char *)(uintptr_t)m->text;
	}
	row.time_ms = hf_now_ms(&p->base.clock);
	uint8_t *bytes = hf_encode(&row.base, &len);
	if (!bytes)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_INBOX, m->key, m->key_len, bytes, len);
	free(bytes);
}

/* The oldest epochs of a sender, beyond those kept. */
struct epochs {
	uint8_t oldest[HF_NAME_MAX + 1 + 16];
	size_t len, count;
	int64_t time_ms;
};

static bool note_epoch(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct epochs *o = ctx;
	Hufu__InboxRow *row = HF_DECODE_OWN(inbox_row, value.data, value.len);
	int64_t time = row ? row->time_ms : 0;
	if ((o->count++ == 0 || time < o->time_ms) && key.len <= sizeof(o->oldest)) {
		memcpy(o->oldest, key.data, key.len);
		o->len = key.len;
		o->time_ms = time;
	}
	hf_decoded_free(row);
	return true;
}

static void forget_epochs(struct hf_peers *p, struct hf_unit *u, const char *from)
{
	struct epochs o = {.count = 0};
	if (hf_store_scan(p->store, HF_TABLE_INBOX, from, strlen(from) + 1, NULL, 0, note_epoch, &o) == HF_OK &&
	    o.count >= EPOCHS_KEPT)
		hf_unit_del(u, HF_TABLE_INBOX, o.oldest, o.len);
}

static void submit(struct hf_peers *p, struct hf_unit *u, struct taking *t)
{
	hf_store_submit(p->store, u, on_taken, t);
}

/* Seen before: the same answer, behind what may still be on its way to the disk. */
static void answer_again(struct hf_peers *p, const struct mark *m, struct taking *t)
{
	if (m->refused != HF_OK && m->refused_sequence == t->sequence) {
		t->refused = m->refused;
		memcpy(t->text, m->text, sizeof(t->text));
	}
	submit(p, hf_unit_new(), t);
}

static void carry_out(struct hf_peers *p, const char *from, const Hufu__Mail *mail, struct mark *m, struct taking *t)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_id txn = {{0}};
	struct hf_unit *u = NULL;
	if (!hf_id_from_bytes(mail->transaction.data, mail->transaction.len, &txn))
		memset(&txn, 0, sizeof(txn));
	t->refused =
	        hf_inbox_handle(p, from, mail->type, &txn, (struct hf_bytes){mail->body.data, mail->body.len}, &u, &f);
	if (!u) { /* again later; the mark stays as it is */
		enum hf_err e = t->refused;
		t->refused = HF_OK;
		HF_LOG(p->base.log, HF_LOG_WARN, "peers", "mail-deferred", &txn, HF_LOG_S("peer", from), HF_LOG_E(e));
		t->fail = e;
		submit(p, hf_unit_new(), t);
		return;
	}
	if (t->refused != HF_OK) {
		hf_suspicion_answered(p, from, "", t->refused);
		snprintf(t->text, sizeof(t->text), "%s", f.text);
		m->refused = t->refused;
		m->refused_sequence = mail->sequence;
		memcpy(m->text, t->text, sizeof(m->text));
	}
	hf_seen_add(&m->seen, mail->sequence);
	if (m->fresh)
		forget_epochs(p, u, from);
	put_mark(p, u, m);
	submit(p, u, t);
}

void hf_inbox_take(struct hf_peers *p, const char *from, const Hufu__Mail *mail, hf_inbox_fn fn, void *ctx)
{
	struct mark m;
	struct taking *t = hf_alloc_zero(sizeof(*t));
	t->ref = hf_peers_ref(p);
	t->fn = fn;
	t->ctx = ctx;
	t->sequence = mail->sequence;
	t->refused = t->fail = HF_OK;
	read_mark(p, from, mail->epoch.data, &m);
	if (hf_seen_has(&m.seen, mail->sequence))
		answer_again(p, &m, t);
	else
		carry_out(p, from, mail, &m, t);
}

static void on_answered(struct hf_peers *p, void *ctx, enum hf_err e, const Hufu__MailReply *reply)
{
	struct hf_request *r = ctx;
	size_t len = 0;
	uint8_t *bytes = e == HF_OK ? hf_encode(&reply->base, &len) : NULL;
	(void)p;
	hf_request_reply(r, bytes ? HF_OK : e == HF_OK ? HF_E_BUSY : e, NULL, bytes, len);
	free(bytes);
}

/* The receiver's word on a mail that came to it with a poll. */
static void on_settled(struct hf_peers *p, struct hf_peer *k, const Hufu__Mail *mail, struct hf_request *take)
{
	Hufu__MailReply *m = HF_DECODE(mail_reply, mail->body.data, mail->body.len);
	if (m && m->sequence == mail->sequence)
		hf_outbox_settle(p, k, mail->epoch.data, mail->sequence, m->refused, m->text);
	hf_request_reply(take, m ? HF_OK : HF_E_FORMAT, NULL, NULL, 0);
	hf_decoded_free(m);
}

void hf_inbox_request(struct hf_peers *p, struct hf_peer *k, struct hf_request *take)
{
	struct hf_bytes body = hf_request_body(take);
	Hufu__Mail *mail = HF_DECODE(mail, body.data, body.len);
	if (!mail || mail->epoch.len != 16)
		hf_request_reply(take, HF_E_FORMAT, NULL, NULL, 0);
	else if (mail->type == HF_MAIL_SETTLED)
		on_settled(p, k, mail, take);
	else
		hf_inbox_take(p, k->id, mail, on_answered, take);
	hf_decoded_free(mail);
}
