/* ledger_trace_fill.c - see ledger_trace_fill.h. */
#include "ledger_trace_fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "ledger_drafts.h"
#include "ledger_raw.h"
#include "proto/codec.h"

#define UNIT_DRAFTS 256u
#define UNITS_OUT 16u
#define MESSAGE_ENTRIES 2048u
#define MESSAGE_OPENINGS 128u
#define NOTE_MAX 2048u

void trace_txns_init(struct trace_txns *t)
{
	for (unsigned i = 0; i < TRACE_TXNS; i++)
		t->id[i] = hf_id_new(1780000000000 + i);
}

/* The traced transaction whose entry stands at that place; the rounds through all transactions are the ordinals. */
static const struct hf_id *txn_at(const struct trace_txns *t, uint64_t at, uint64_t entries, uint32_t *ret_ordinal)
{
	uint64_t apart = entries / (TRACE_TXNS * TRACE_TXN_ENTRIES), n = at / apart;
	if (at % apart != apart / 2 || n >= TRACE_TXNS * TRACE_TXN_ENTRIES)
		return NULL;
	*ret_ordinal = (uint32_t)(n / TRACE_TXNS) + 1;
	return &t->id[n % TRACE_TXNS];
}

static struct hf_draft *draft_at(const struct hf_id *txn, const char *counterparty)
{
	struct hf_draft *d = txn ? ledger_draft_full(txn) : hf_draft_new(HF_EVENT_COMMAND, NULL);
	if (txn)
		hf_draft_text(d, HF_FIELD_COUNTERPARTY, counterparty);
	return d;
}

/* ---- the own ledger ---- */

struct own {
	uint64_t submitted, done;
	bool failed;
};

static void on_own_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct own *o = ctx;
	(void)info;
	o->done++;
	o->failed = o->failed || e != HF_OK;
}

static bool has_room(void *ctx)
{
	struct own *o = ctx;
	return o->submitted - o->done < UNITS_OUT;
}

static bool is_idle(void *ctx)
{
	struct own *o = ctx;
	return o->submitted == o->done;
}

bool trace_fill_own(struct ledger_town *town, const struct trace_txns *t, uint64_t entries, const char *counterparty)
{
	struct own o = {0, 0, false};
	uint32_t ordinal;
	bool ok = true;
	for (uint64_t i = 0; i < entries && ok;) {
		struct hf_unit *u = hf_unit_new();
		for (unsigned k = 0; k < UNIT_DRAFTS && i < entries; k++, i++)
			hf_unit_draft(u, draft_at(txn_at(t, i, entries, &ordinal), counterparty));
		o.submitted++;
		hf_store_submit(town->home[0].store, u, on_own_done, &o);
		ok = ledger_town_until(town, has_room, &o, "the entries of the own ledger");
	}
	ok = ledger_town_until(town, is_idle, &o, "the entries of the own ledger") && ok && !o.failed;
	if (!ok)
		fprintf(stderr, "hufu-bench: the own ledger cannot be filled; is the disk full?\n");
	return ok;
}

/* ---- a mirrored ledger ---- */

struct mirror {
	struct ledger_town *town;
	struct ledger_home *home; /* the mirror */
	const struct trace_txns *txns;
	const char *node;
	struct hf_node_keys keys;
	struct hf_place place;
	uint8_t label_key[32];
	uint64_t entries;
	uint64_t newest[TRACE_TXNS]; /* index of each transaction's last entry */
	struct hf_hash last;
	struct hf_merkle_range range;
	/* One message. */
	struct hf_buf bytes;
	size_t length[MESSAGE_ENTRIES], count;
	Hufu__EntryOpening *opening[MESSAGE_OPENINGS];
	size_t openings;
	uint8_t note[NOTE_MAX];
	size_t note_len;
	bool answered;
	enum hf_err err;
};

/* What a sequencer adds. */
static void complete(struct mirror *m, struct hf_draft *d, const struct hf_id *txn, uint32_t ordinal, int64_t now)
{
	char text[HF_ID_TEXT];
	hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(hf_draft_event(d)));
	hf_draft_time(d, HF_FIELD_TIME, now);
	if (!txn)
		return;
	hf_id_text(txn, text);
	hf_draft_text(d, HF_FIELD_TRANSACTION, text);
	hf_draft_int(d, HF_FIELD_ORDINAL, ordinal);
	if (ordinal > 1)
		hf_draft_int(d, HF_FIELD_BACK_LINK, (int64_t)m->newest[txn - m->txns->id]);
	m->newest[txn - m->txns->id] = m->range.size;
}

static bool add_opening(struct mirror *m, const struct hf_entry_in *in, const struct hf_draft *d)
{
	struct hf_buf out HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	if (m->openings == MESSAGE_OPENINGS || hf_entry_open_draft(in, d, &out) != HF_OK)
		return false;
	m->opening[m->openings] = HF_DECODE(entry_opening, out.data, out.len);
	return m->opening[m->openings++] != NULL;
}

static bool add_entry(struct mirror *m)
{
	uint32_t ordinal = 0;
	uint8_t secret[32];
	const struct hf_id *txn = txn_at(m->txns, m->range.size, m->entries, &ordinal);
	struct hf_draft *d = draft_at(txn, m->home->base.self.s);
	struct hf_entry_in in = {.origin = m->place.origin,
	                         .index = m->range.size,
	                         .time_ms = hf_now_ms(&m->home->base.clock),
	                         .prev = m->last,
	                         .label_key = m->label_key,
	                         .secret = secret};
	size_t before = m->bytes.len;
	hf_random(secret, sizeof(secret));
	complete(m, d, txn, ordinal, in.time_ms);
	bool ok = hf_entry_encode(&in, d, &m->bytes, &m->last) == HF_OK && (!txn || add_opening(m, &in, d));
	m->length[m->count++] = m->bytes.len - before;
	hf_merkle_range_append(&m->range, &m->last);
	hf_draft_free(d);
	return ok;
}

static bool add_line(struct mirror *m, size_t len)
{
	m->note_len += len;
	return len > 0;
}

/* A checkpoint of what is there, signed by its owner, cosigned by the witnesses. */
static bool sign(struct mirror *m)
{
	struct hf_checkpoint c = {.size = m->range.size};
	char *at = (char *)m->note, name[HF_ORIGIN_MAX + 1];
	memcpy(c.origin, m->place.origin, sizeof(m->place.origin));
	hf_merkle_range_root(&m->range, &c.root);
	size_t text = hf_checkpoint_text(&c, at, NOTE_MAX);
	if (text == 0 || text + 1 >= NOTE_MAX)
		return false;
	at[text] = '\n';
	m->note_len = text + 1;
	bool ok = add_line(
	        m, hf_note_sign_line(m->keys.log, c.origin, at, text, at + m->note_len, NOTE_MAX - m->note_len));
	for (unsigned i = 1; i <= TOWN_WITNESSES && ok; i++) {
		const struct ledger_home *w = &m->town->home[i];
		hf_cosigner_name(NET_SPACE, HF_KEY_WITNESS, w->base.self.s, name);
		ok = add_line(m, hf_note_cosign_line(w->keys.witness, name, (uint64_t)hf_now_ms(&w->base.clock) / 1000,
		                                     at, text, at + m->note_len, NOTE_MAX - m->note_len));
	}
	return ok;
}

static void on_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	struct mirror *m = ctx;
	(void)body, (void)len;
	m->answered = true;
	m->err = e;
	if (e != HF_OK)
		fprintf(stderr, "hufu-bench: the mirror of %s refuses: %s\n", m->node, text ? text : "");
}

static bool is_answered(void *ctx)
{
	return ((struct mirror *)ctx)->answered;
}

static bool deliver(struct mirror *m, enum hf_msg type, const ProtobufCMessage *message)
{
	size_t len;
	uint8_t *body = hf_encode(message, &len);
	m->answered = false;
	if (!body)
		return false;
	hf_ledger_handle(m->home->ledger, m->node, type, (struct hf_bytes){body, len},
	                 (struct hf_answer){on_answer, m});
	bool ok = ledger_town_until(m->town, is_answered, m, "a mirror's answer") && m->err == HF_OK;
	free(body);
	return ok;
}

static bool send_entries(struct mirror *m)
{
	ProtobufCBinaryData entry[MESSAGE_ENTRIES];
	Hufu__MirrorAdd add = HUFU__MIRROR_ADD__INIT;
	size_t at = 0;
	for (size_t i = 0; i < m->count; at += m->length[i++])
		entry[i] = hf_binary(m->bytes.data + at, m->length[i]);
	add.origin = m->place.origin;
	add.start = m->range.size - m->count;
	add.entries = entry;
	add.n_entries = m->count;
	add.note = hf_binary(m->note, m->note_len);
	return deliver(m, HF_MSG_MIRROR_ADD, &add.base);
}

static bool send_openings(struct mirror *m)
{
	Hufu__OpeningsPush push = HUFU__OPENINGS_PUSH__INIT;
	push.origin = m->place.origin;
	push.openings = m->opening;
	push.n_openings = m->openings;
	return m->openings == 0 || deliver(m, HF_MSG_OPENINGS_PUSH, &push.base);
}

static bool send_message(struct mirror *m)
{
	bool ok = true;
	hf_buf_clear(&m->bytes);
	m->count = m->openings = 0;
	while (ok && m->count < MESSAGE_ENTRIES && m->range.size < m->entries)
		ok = add_entry(m);
	ok = ok && sign(m) && send_entries(m) && send_openings(m);
	for (size_t i = 0; i < m->openings; i++)
		hf_decoded_free(m->opening[i]);
	return ok;
}

bool trace_fill_mirror(struct ledger_town *town, const struct trace_txns *t, uint64_t entries,
                       const struct net_node *owner)
{
	struct mirror *m = hf_alloc_zero(sizeof(*m));
	struct hf_fault f = {HF_OK, ""};
	bool ok = hf_node_keys_load(owner->dir, NULL, &m->keys, &f) == HF_OK;
	m->town = town;
	m->home = &town->home[0];
	m->txns = t;
	m->node = owner->id;
	m->entries = entries;
	hf_buf_init(&m->bytes, 0);
	hf_merkle_range_init(&m->range);
	hf_space_origin(NET_SPACE, owner->id, m->place.origin);
	hf_random(m->label_key, sizeof(m->label_key));
	if (!ok)
		fprintf(stderr, "hufu-bench: %s\n", f.text);
	while (ok && m->range.size < entries)
		ok = send_message(m);
	hf_buf_done(&m->bytes);
	hf_node_keys_done(&m->keys);
	free(m);
	return ok;
}
