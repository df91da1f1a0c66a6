/* recall.c - see recall.h: what two persons decide, and everybody who has received it. */
#include "exchange/recall.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/domains.h"
#include "exchange/derive_text.h"
#include "exchange/transfer.h"
#include "identity/accounts.h"
#include "ledger/opening.h"
#include "proto/codec.h"
#include "recall.pb-c.h"
#include "state_exchange.pb-c.h"

#define USES_PAGES 256u

#define BIN_OF(id) ((ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)(id)->b})

/* ---- rows ---- */

static void put(struct hf_unit *u, enum hf_table table, const void *key, size_t key_len, const ProtobufCMessage *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(row, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, table, key, key_len, data, len);
	free(data);
}

void recall_put(struct hf_unit *u, const Hufu__RecallRow *row)
{
	put(u, HF_TABLE_RECALL, row->id.data, row->id.len, &row->base);
}

void recall_party_put(struct hf_unit *u, const Hufu__RecallPartyRow *row)
{
	uint8_t key[32];
	memcpy(key, row->recall.data, 16);
	memcpy(key + 16, row->transfer.data, 16);
	put(u, HF_TABLE_RECALL_PARTY, key, sizeof(key), &row->base);
}

enum hf_err hf_recall_get(struct hf_exchange *x, const struct hf_id *recall, Hufu__RecallRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(x->store, HF_TABLE_RECALL, recall->b, sizeof(recall->b), &b));
	*ret_row = HF_DECODE_OWN(recall_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

struct listing {
	hf_recall_fn fn;
	hf_recall_party_fn party;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = HF_DECODE_OWN(recall_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_recall_list(struct hf_exchange *x, hf_recall_fn fn, void *ctx)
{
	struct listing l = {.fn = fn, .ctx = ctx};
	HF_TRY(hf_store_scan_back(x->store, HF_TABLE_RECALL, NULL, 0, NULL, 0, list_row, &l));
	return l.error;
}

static bool list_party(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__RecallPartyRow *row = HF_DECODE_OWN(recall_party_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->party(l->ctx, row);
}

enum hf_err hf_recall_parties(struct hf_exchange *x, const struct hf_id *recall, hf_recall_party_fn fn, void *ctx)
{
	struct listing l = {.party = fn, .ctx = ctx};
	HF_TRY(hf_store_scan(x->store, HF_TABLE_RECALL_PARTY, recall->b, sizeof(recall->b), NULL, 0, list_party, &l));
	return l.error;
}

const char *hf_recall_state(const struct hf_exchange *x, const Hufu__RecallRow *row)
{
	bool late = strcmp(row->state, "running") == 0 && hf_now_ms(&x->base->clock) >= row->deadline_ms;
	return late ? "overdue" : row->state;
}

/* ---- does it stand? ---- */

static bool covers(const Hufu__RecallRow *row, uint32_t version)
{
	return row->to_version == 0 || version == 0 || (version >= row->from_version && version <= row->to_version);
}

/* By the label of what was begun; 0: not begun. */
static uint32_t version_begun(const struct transfer *t)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	return s && s->label ? s->label->version : 0;
}

static uint32_t version_now(struct hf_exchange *x, const struct hf_id *entry)
{
	const struct hf_catalog_item *it = hf_catalog_own_item(x->catalog, entry);
	return it ? it->entry->version : 0;
}

struct standing {
	const struct hf_id *entry;
	uint32_t version;
	char reason[300];
	bool recalled;
};

static bool look_at(void *ctx, const Hufu__RecallRow *row)
{
	struct standing *s = ctx;
	bool begun = strcmp(row->state, "running") == 0 || strcmp(row->state, "done") == 0;
	if (!begun || row->resource.len != 16 || memcmp(row->resource.data, s->entry->b, 16) != 0 ||
	    !covers(row, s->version))
		return true;
	s->recalled = true;
	snprintf(s->reason, sizeof(s->reason), "%.299s", row->reason);
	return false;
}

enum hf_err recall_stands(const struct transfer *t, struct hf_fault *f)
{
	uint32_t version = version_begun(t);
	struct standing s = {.entry = &t->resource, .version = version ? version : version_now(t->x, &t->resource)};
	HF_TRY(hf_fault_default(f, hf_recall_list(t->x, look_at, &s)));
	hf_utf8_mend(s.reason);
	return s.recalled ? hf_fault_set(f, HF_E_RECALLED, "the data was recalled by its provider: %s", s.reason)
	                  : HF_OK;
}

/* ---- entries ---- */

/* DS-12: time (every entry has it), operator, reason, scope. */
struct hf_draft *recall_draft(const struct hf_exchange *x, const Hufu__RecallRow *row, enum hf_event event)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	struct hf_draft *d = hf_draft_new(event, hf_id_from_bytes(row->id.data, row->id.len, &id) ? &id : NULL);
	hf_id_text(&id, text);
	hf_draft_text(d, HF_FIELD_OBJECT, text);
	if (hf_id_from_bytes(row->resource.data, row->resource.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_RESOURCE, text);
	}
	hf_draft_text(d, HF_FIELD_ACTOR, x->base->self.s);
	if (row->to_version)
		hf_draft_textf(d, HF_FIELD_ASKED, "versions %u to %u", row->from_version, row->to_version);
	else
		hf_draft_text(d, HF_FIELD_ASKED, "all versions");
	hf_draft_outcome(d, HF_OK, row->reason);
	return d;
}

static void describe(const struct hf_exchange *x, struct hf_draft *d, const Hufu__RecallRow *row)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	if (hf_id_from_bytes(row->id.data, row->id.len, &id)) {
		hf_draft_txn(d, &id);
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_OBJECT, text);
	}
	if (hf_id_from_bytes(row->resource.data, row->resource.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_RESOURCE, text);
	}
	if (row->to_version)
		hf_draft_textf(d, HF_FIELD_ASKED, "versions %u to %u", row->from_version, row->to_version);
	else
		hf_draft_text(d, HF_FIELD_ASKED, "all versions");
	if (row->approved_by[0])
		hf_draft_textf(d, HF_FIELD_SECOND, "asked for by %s/%s", x->base->self.s, row->asked_by);
	hf_draft_text(d, HF_FIELD_DETAIL, row->answer[0] ? row->answer : row->reason);
}

/* ---- a person asks ---- */

static void order_digest(const Hufu__RecallRow *row, struct hf_hash *ret_digest)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t versions[8];
	hf_put_u32(versions, row->from_version);
	hf_put_u32(versions + 4, row->to_version);
	if (!hf_buf_add(&b, row->id.data, row->id.len) || !hf_buf_add(&b, row->resource.data, row->resource.len) ||
	    !hf_buf_add(&b, versions, sizeof(versions)) || !hf_buf_add(&b, row->reason, strlen(row->reason) + 1))
		abort(); /* memory is gone */
	hf_sha256(b.data, b.len, ret_digest);
}

static enum hf_err sign(struct hf_exchange *x, const struct hf_actor *actor, const Hufu__RecallRow *row,
                        const char *kind, struct hf_buf *out, struct hf_fault *f)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_hash digest;
	struct hf_id id;
	if (!hf_id_from_bytes(row->id.data, row->id.len, &id))
		return hf_fault_set(f, HF_E_STORE, "the row of the recall cannot be read; see `hufu doctor`");
	order_digest(row, &digest);
	s.kind = (char *)kind;
	s.object = row->id;
	s.object_digest = (ProtobufCBinaryData){32, digest.b};
	s.result = (char *)"pass";
	s.reason = row->reason;
	return hf_identity_sign(x->identity, actor, &s, &id, out, f);
}

static enum hf_err check_in(struct hf_exchange *x, const struct hf_recall_in *in, struct hf_fault *f)
{
	const struct hf_catalog_item *it = hf_catalog_own_item(x->catalog, &in->entry);
	char text[HF_ID_TEXT];
	hf_id_text(&in->entry, text);
	if (!it)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "this node has published no entry %s; `hufu catalog list --own` shows "
		                    "what it has",
		                    text);
	if (in->to && (in->from == 0 || in->from > in->to || in->to > it->entry->version))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "versions %u to %u cannot be recalled: the entry has versions 1 to %u", in->from,
		                    in->to, it->entry->version);
	if (in->hours == 0 || in->hours > HF_RECALL_HOURS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "answers may be due within 1 to %u hours", HF_RECALL_HOURS_MAX);
	return HF_OK;
}

enum hf_err hf_recall_ask(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_recall_in *in,
                          struct hf_unit *unit, struct hf_draft *draft, struct hf_id *ret_recall, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf statement = HF_BUF_INIT;
	Hufu__RecallRow row = HUFU__RECALL_ROW__INIT;
	int64_t now = hf_now_ms(&x->base->clock);
	struct hf_id id = hf_id_new(now);
	HF_TRY(check_in(x, in, f));
	row.id = BIN_OF(&id);
	row.resource = BIN_OF(&in->entry);
	row.from_version = in->to ? in->from : 0;
	row.to_version = in->to;
	row.reason = (char *)in->reason;
	row.state = (char *)"asked";
	row.asked_by = (char *)actor->account;
	row.asked_ms = now;
	row.deadline_ms = (int64_t)in->hours * 3600 * 1000; /* from the approval on */
	HF_TRY(sign(x, actor, &row, "recall", &statement, f));
	row.asked = (ProtobufCBinaryData){statement.len, statement.data};
	recall_put(unit, &row);
	describe(x, draft, &row);
	*ret_recall = id;
	return HF_OK;
}

/* ---- who has received it ---- */

struct told {
	struct hf_id transfer;
	uint32_t version;
};

/* The recipients while they are found. */
struct finding {
	struct hf_exchange *x;
	Hufu__RecallRow *row;
	struct hf_id recall, resource;
	struct hf_unit *unit;
	struct told *seen; /* transfers of the entry in the table */
	size_t count, missed;
	char note[300], unreachable[300];
};

static void mail(struct finding *n, const struct hf_id *transfer, const char *node, Hufu__RecallPartyRow *party)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = NULL;
	Hufu__Recall m = HUFU__RECALL__INIT;
	Hufu__RecallMail mail = HUFU__RECALL_MAIL__INIT;
	struct recall_head head;
	struct hf_hash digest;
	size_t len = 0;
	recall_head_init(n->x, &head, transfer, node);
	m.header = &head.header;
	m.recall = n->row->id;
	m.transfer = BIN_OF(transfer);
	m.resource = n->row->resource;
	m.from_version = n->row->from_version;
	m.to_version = n->row->to_version;
	m.reason = n->row->reason;
	m.deadline_ms = n->row->deadline_ms;
	enum hf_err err = recall_sign(n->x, HF_TYPE_RECALL, transfer, &m.base, n->unit, &e, &digest);
	mail.recall = e;
	uint8_t *body = err == HF_OK ? hf_encode(&mail.base, &len) : NULL;
	if (body)
		err = hf_peers_mail(n->x->peers, n->unit, node, HF_MAIL_RECALL, transfer, body, len);
	free(body);
	party->state = (char *)(err == HF_OK ? "told" : "unreachable");
	party->note = (char *)(err == HF_OK ? "" : hf_err_text(err));
	if (err != HF_OK)
		snprintf(n->unreachable, sizeof(n->unreachable), "%s: %s", node, hf_err_text(err));
}

static void tell(struct finding *n, const struct hf_id *transfer, const char *node, uint32_t version)
{
	Hufu__RecallPartyRow party = HUFU__RECALL_PARTY_ROW__INIT;
	party.recall = n->row->id;
	party.transfer = BIN_OF(transfer);
	party.node = (char *)node;
	party.version = version;
	party.told_ms = hf_now_ms(&n->x->base->clock);
	mail(n, transfer, node, &party);
	recall_party_put(n->unit, &party);
	n->row->parties++;
}

/* A recipient that could not be told, once more. True: it is on its way. */
bool recall_tell_again(struct hf_exchange *x, Hufu__RecallRow *row, Hufu__RecallPartyRow *party, struct hf_unit *unit)
{
	struct finding n = {.x = x, .row = row, .unit = unit};
	struct hf_id transfer;
	if (!hf_id_from_bytes(party->transfer.data, party->transfer.len, &transfer))
		return false;
	char *state = party->state, *note = party->note; /* the row's own */
	party->told_ms = hf_now_ms(&x->base->clock);
	mail(&n, &transfer, party->node, party);
	recall_party_put(unit, party);
	party->state = state;
	party->note = note;
	return !n.unreachable[0];
}

/* Something of it may be at the other side. */
static bool went_out(const struct transfer *t)
{
	return t->state == TRANSFER_COMPLETED || t->served > 0 || t->acknowledged > 0 || t->manifest.len > 0 ||
	       (t->reopened && t->state == TRANSFER_STARTED);
}

static void look_at_transfer(struct finding *n, struct transfer *t, bool live)
{
	char text[400];
	uint32_t version = version_begun(t);
	n->seen = hf_realloc(n->seen, (n->count + 1) * sizeof(*n->seen));
	n->seen[n->count++] = (struct told){t->id, version};
	if (!covers(n->row, version))
		return;
	bool out = went_out(t);
	snprintf(text, sizeof(text), "the data was recalled: %.300s", n->row->reason);
	hf_utf8_mend(text);
	if (live && !t->gone && transfer_next(t->state, STEP_TERMINATE) != TRANSFER_NONE)
		end_transfer(t, HF_E_RECALLED, text, true, n->unit);
	if (out)
		tell(n, &t->id, t->peer, version);
}

/* Nothing is submitted while the table is read: they are looked at afterwards. */
struct of_entry {
	struct hf_exchange *x;
	const struct hf_id *resource;
	struct hf_id *id;
	size_t count;
	enum hf_err error;
};

static bool take_transfer(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct of_entry *o = ctx;
	if (key.len != 17 || key.data[16] != 'P')
		return true;
	HF_CLEANUP(hf_decoded_done) Hufu__TransferRow *row = HF_DECODE_OWN(transfer_row, value.data, value.len);
	if (!row) {
		o->error = HF_E_STORE;
		return false;
	}
	if (row->resource.len == 16 && memcmp(row->resource.data, o->resource->b, 16) == 0) {
		o->id = hf_realloc(o->id, (o->count + 1) * sizeof(*o->id));
		memcpy(o->id[o->count++].b, key.data, 16);
	}
	return true;
}

static enum hf_err look_into_table(struct finding *n)
{
	struct of_entry o = {.x = n->x, .resource = &n->resource};
	enum hf_err e = hf_store_scan(n->x->store, HF_TABLE_TRANSFER, NULL, 0, NULL, 0, take_transfer, &o);
	e = e == HF_OK ? o.error : e;
	for (size_t i = 0; e == HF_OK && i < o.count; i++) {
		struct transfer *live = transfer_find(n->x, &o.id[i], true), *t = live;
		if (!live)
			e = transfer_load(n->x, &o.id[i], true, &t);
		if (e == HF_OK)
			look_at_transfer(n, t, live != NULL);
		if (e == HF_OK)
			transfer_release(t);
	}
	free(o.id);
	return e;
}

static bool was_seen(const struct finding *n, const struct hf_id *transfer)
{
	for (size_t i = 0; i < n->count; i++)
		if (hf_id_equal(&n->seen[i].transfer, transfer))
			return true;
	return false;
}

/* The ledger knows of deliveries that a restored table does not. */
static bool take_use(void *ctx, const struct hf_ledger_row *row)
{
	struct finding *n = ctx;
	char node[HF_NAME_MAX + 1];
	struct hf_id txn;
	if (strcmp(row->origin, n->x->base->self.s) != 0 ||
	    !derive_says(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_TRANSFER_SENT)) ||
	    !hf_opening_txn(row->opening, &txn) ||
	    !hf_opening_text(row->opening, HF_FIELD_COUNTERPARTY, node, sizeof(node)) || was_seen(n, &txn))
		return true;
	n->seen = hf_realloc(n->seen, (n->count + 1) * sizeof(*n->seen));
	n->seen[n->count++] = (struct told){txn, 0};
	n->missed++;
	tell(n, &txn, node, 0);
	return true;
}

static void take_note(void *ctx, const char *text)
{
	struct finding *n = ctx;
	if (!n->note[0])
		snprintf(n->note, sizeof(n->note), "%.299s", text);
}

static enum hf_err look_into_ledger(struct finding *n)
{
	struct hf_uses u = {
	        .resource = n->resource, .limit = HF_USES_MAX, .row = take_use, .note = take_note, .ctx = n};
	struct hf_use_at next = {0};
	for (unsigned page = 0; page < USES_PAGES; page++) {
		enum hf_err e = hf_ledger_uses(n->x->ledger, &u, &next);
		if (e != HF_OK)
			return e == HF_E_UNKNOWN && page == 0 ? HF_OK : e;
		if (!next.node[0])
			return HF_OK;
		u.after = next;
	}
	return HF_E_LIMIT;
}

/* Row, running exchanges, recipients, mails: all in one unit. */
static enum hf_err begin(struct hf_exchange *x, Hufu__RecallRow *row, struct hf_unit *unit, struct hf_fault *f)
{
	struct finding n = {.x = x, .row = row, .unit = unit};
	if (!hf_id_from_bytes(row->id.data, row->id.len, &n.recall) ||
	    !hf_id_from_bytes(row->resource.data, row->resource.len, &n.resource))
		return hf_fault_set(f, HF_E_STORE, "the row of the recall cannot be read; see `hufu doctor`");
	row->parties = 0;
	enum hf_err e = look_into_table(&n);
	if (e == HF_OK)
		e = look_into_ledger(&n);
	free(n.seen);
	if (e != HF_OK)
		return hf_fault_set(f, e,
		                    "the recipients cannot be looked up (%s), so nothing was recalled; see `hufu "
		                    "doctor`",
		                    hf_err_text(e));
	if (n.missed > 0)
		hf_alarm(x->base, "recall-recipients", &n.recall,
		         "%zu deliveries stand in the ledger and not in the table of transfers; their recipients are "
		         "told "
		         "as well",
		         n.missed);
	if (n.unreachable[0])
		hf_alarm(x->base, "recall-unreachable", &n.recall, "a recipient cannot be told of the recall: %s",
		         n.unreachable);
	row->state = (char *)(row->parties > 0 ? "running" : "done");
	if (row->parties == 0)
		row->done_ms = hf_now_ms(&x->base->clock);
	hf_utf8_mend(n.note);
	row->note = n.note;
	recall_put(unit, row);
	row->note = (char *)"";
	if (row->parties == 0)
		hf_unit_draft(unit, recall_draft(x, row, HF_EVENT_RECALL_DONE));
	return HF_OK;
}

/* ---- another person decides ---- */

static enum hf_err check_apart(struct hf_exchange *x, const struct hf_actor *actor, const Hufu__RecallRow *row,
                               struct hf_fault *f)
{
	uint8_t one[32], other[32];
	bool same = strcmp(row->asked_by, actor->account) == 0;
	if (!same && hf_account_name_ref(x->identity, row->asked_by, one) == HF_OK &&
	    hf_account_name_ref(x->identity, actor->account, other) == HF_OK)
		same = memcmp(one, other, sizeof(one)) == 0;
	return same ? hf_fault_set(f, HF_E_SEPARATION,
	                           "%s asked for the recall and may not approve it as well; another person must do it",
	                           actor->account)
	            : HF_OK;
}

static enum hf_err approve(struct hf_exchange *x, const struct hf_actor *actor, Hufu__RecallRow *row,
                           struct hf_unit *unit, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf statement = HF_BUF_INIT;
	HF_TRY(sign(x, actor, row, "recall-approval", &statement, f));
	row->approved = (ProtobufCBinaryData){statement.len, statement.data};
	row->deadline_ms += row->approved_ms;
	return begin(x, row, unit, f);
}

enum hf_err hf_recall_decide(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_recall_decision *in,
                             struct hf_unit *unit, struct hf_draft *draft, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = NULL;
	char text[HF_ID_TEXT];
	hf_id_text(&in->recall, text);
	enum hf_err e = hf_recall_get(x, &in->recall, &row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no recall %s; `hufu recall list` shows them", text);
	HF_TRY(hf_fault_default(f, e));
	if (strcmp(row->state, "asked") != 0)
		return hf_fault_set(f, HF_E_STATE, "the recall %s is %s and waits for no decision", text, row->state);
	HF_TRY(check_apart(x, actor, row, f));
	row->approved_by = (char *)actor->account;
	row->approved_ms = hf_now_ms(&x->base->clock);
	row->answer = (char *)in->words;
	if (in->approve) {
		e = approve(x, actor, row, unit, f);
	} else {
		row->state = (char *)"refused";
		recall_put(unit, row);
	}
	if (e == HF_OK)
		describe(x, draft, row);
	return e;
}

/* ---- in turn ---- */

struct running {
	const struct hf_id *entry;
	bool found;
};

static bool is_running(void *ctx, const Hufu__RecallRow *row)
{
	struct running *r = ctx;
	r->found |= strcmp(row->state, "running") == 0 && row->to_version == 0 && row->resource.len == 16 &&
	            memcmp(row->resource.data, r->entry->b, 16) == 0;
	return !r->found;
}

enum hf_err recall_follow(struct hf_exchange *x, const struct hf_id *entry, const struct recall_cause *cause,
                          struct hf_unit *unit, struct hf_fault *f)
{
	Hufu__RecallRow row = HUFU__RECALL_ROW__INIT;
	struct running r = {entry, false};
	char reason[400];
	int64_t now = hf_now_ms(&x->base->clock);
	struct hf_id id = hf_id_new(now);
	HF_TRY(hf_fault_default(f, hf_recall_list(x, is_running, &r)));
	if (r.found)
		return HF_OK; /* its recipients are told already */
	snprintf(reason, sizeof(reason), "%s has recalled what it was made of: %.300s", cause->provider, cause->reason);
	hf_utf8_mend(reason);
	row.id = BIN_OF(&id);
	row.resource = BIN_OF(entry);
	row.reason = reason;
	row.approved_ms = now;
	row.deadline_ms = cause->deadline_ms;
	row.parent = BIN_OF(cause->recall);
	row.parent_transfer = BIN_OF(cause->transfer);
	HF_TRY(begin(x, &row, unit, f));
	hf_unit_draft(unit, recall_draft(x, &row, HF_EVENT_RECALL_APPROVED));
	return HF_OK;
}
