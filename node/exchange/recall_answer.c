/* recall_answer.c - see recall.h: what the recipients answer, and who has not when it is due (DS-11). */
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "exchange/recall.h"
#include "exchange/transfer.h"
#include "proto/codec.h"
#include "recall.pb-c.h"

#define ALARM_AGAIN_MS (24 * 3600 * 1000)
#define TELL_AGAIN_MS (60 * 1000)
#define TELL_AT_ONCE 64u /* so many at a time */

/* ---- answers ---- */

static enum hf_err find_party(struct hf_exchange *x, const Hufu__RecallAnswer *m, const char *from,
                              Hufu__RecallPartyRow **ret_party, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__RecallPartyRow *party = NULL;
	uint8_t key[32];
	memcpy(key, m->recall.data, 16);
	memcpy(key + 16, m->transfer.data, 16);
	if (hf_store_get(x->store, HF_TABLE_RECALL_PARTY, key, sizeof(key), &b) == HF_OK)
		party = HF_DECODE_OWN(recall_party_row, b.data, b.len);
	if (!party || strcmp(party->node, from) != 0)
		return hf_fault_set(f, HF_E_UNKNOWN, "this node has recalled no such delivery");
	*ret_party = HF_TAKE(party);
	return HF_OK;
}

struct counting {
	const Hufu__RecallPartyRow *now; /* as it is with this answer */
	unsigned left;
};

static bool count_open(void *ctx, const Hufu__RecallPartyRow *row)
{
	struct counting *c = ctx;
	if (row->transfer.len == c->now->transfer.len && memcmp(row->transfer.data, c->now->transfer.data, 16) == 0)
		row = c->now;
	c->left += strcmp(row->state, "done") != 0;
	return true;
}

static void after_done(void *ctx)
{
	struct hf_exchange *x = ctx;
	if (!x->closing)
		recalled_sweep(x); /* one that this one followed from may be answered now */
}

static enum hf_err finish(struct hf_exchange *x, const struct hf_id *recall, const Hufu__RecallPartyRow *party,
                          struct hf_unit *unit)
{
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = NULL;
	struct counting c = {party, 0};
	HF_TRY(hf_recall_parties(x, recall, count_open, &c));
	if (c.left > 0)
		return HF_OK;
	HF_TRY(hf_recall_get(x, recall, &row));
	row->state = (char *)"done";
	row->done_ms = hf_now_ms(&x->base->clock);
	recall_put(unit, row);
	hf_unit_draft(unit, recall_draft(x, row, HF_EVENT_RECALL_DONE));
	hf_unit_after(unit, after_done, x, NULL);
	return HF_OK;
}

static void answer_draft(struct hf_exchange *x, const Hufu__RecallAnswer *m, const char *from,
                         const struct hf_hash *digest, struct hf_unit *unit)
{
	char text[HF_ID_TEXT];
	struct hf_id transfer, recall;
	if (!hf_id_from_bytes(m->transfer.data, m->transfer.len, &transfer) ||
	    !hf_id_from_bytes(m->recall.data, m->recall.len, &recall))
		return;
	struct hf_draft *d = hf_draft_new(HF_EVENT_RECALL_ANSWER, &transfer);
	hf_id_text(&recall, text);
	hf_draft_text(d, HF_FIELD_OBJECT, text);
	hf_draft_text(d, HF_FIELD_ACTOR, from);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, from);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, x->base->self.s);
	hf_draft_textf(d, HF_FIELD_CACHE_DELETION,
	               "%s: %zu objects destroyed, %u transfers of what was derived answered", m->state, m->n_objects,
	               m->passed_on);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, from);
	hf_unit_draft(unit, d);
}

static enum hf_err take_answer(struct hf_exchange *x, const char *from, const Hufu__Envelope *e,
                               const Hufu__RecallAnswer *m, struct hf_unit *unit, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__RecallPartyRow *party = NULL;
	struct hf_id recall, transfer;
	struct hf_hash digest;
	size_t len = 0;
	int64_t now = hf_now_ms(&x->base->clock);
	HF_TRY(find_party(x, m, from, &party, f));
	if (m->header->transaction.len != 16 || memcmp(m->header->transaction.data, m->transfer.data, 16) != 0 ||
	    !hf_id_from_bytes(m->recall.data, m->recall.len, &recall) ||
	    !hf_id_from_bytes(m->transfer.data, m->transfer.len, &transfer))
		return hf_fault_set(f, HF_E_CONFLICT, "the answer to the recall belongs to another transaction");
	bool done = strcmp(m->state, "done") == 0;
	if (strcmp(party->state, "done") == 0 || (!done && strcmp(party->state, "stopped") == 0))
		return HF_OK; /* said already */
	uint8_t *data = hf_encode(&e->base, &len);
	if (!data)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to keep the answer");
	hf_ledger_keep_envelope(unit, &transfer, HF_TYPE_RECALL_ANSWER, data, len, &digest);
	free(data);
	party->state = (char *)(done ? "done" : "stopped");
	party->stopped_ms = party->stopped_ms ? party->stopped_ms : now;
	party->done_ms = done ? now : 0;
	party->objects = (uint32_t)m->n_objects;
	party->answer_digest = (ProtobufCBinaryData){32, digest.b};
	recall_party_put(unit, party);
	answer_draft(x, m, from, &digest, unit);
	return done ? hf_fault_default(f, finish(x, &recall, party, unit)) : HF_OK;
}

enum hf_err recall_on_answer(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                             struct hf_unit *unit, struct hf_fault *f)
{
	struct hf_exchange *x = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__RecallAnswer *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__RecallAnswerMail *mail = HF_DECODE(recall_answer_mail, body.data, body.len);
	const struct recall_want want = {HF_TYPE_RECALL_ANSWER, from, "the answer to the recall",
	                                 &hufu__recall_answer__descriptor};
	(void)txn;
	if (!mail)
		return hf_fault_set(f, HF_E_FORMAT, "the mail holds no answer to a recall");
	enum hf_err e = recall_open(x, mail->answer, &want, &m, f);
	if (e == HF_OK)
		e = take_answer(x, from, mail->answer, m, unit, f);
	if (e != HF_OK)
		hf_alarm(x->base, "recall-answer-refused", txn, "the answer of %s to a recall was refused: %s", from,
		         hf_err_reason(e));
	return e;
}

/* ---- the deadline ---- */

struct missing {
	char names[300];
	unsigned count;
};

static bool name_missing(void *ctx, const Hufu__RecallPartyRow *row)
{
	struct missing *m = ctx;
	size_t len = strlen(m->names);
	if (strcmp(row->state, "done") == 0)
		return true;
	m->count++;
	if (!strstr(m->names, row->node))
		snprintf(m->names + len, sizeof(m->names) - len, "%s%s (%s)", len ? ", " : "", row->node, row->state);
	return true;
}

/* The exchange service hears of it, too: it gets the entry with its content. */
static void add_services(struct hf_exchange *x, struct hf_draft *d)
{
	static struct hf_peer_view peers[64];
	const struct hf_space *space = hf_peers_space(x->peers);
	size_t n = hf_peers_list(x->peers, peers, sizeof(peers) / sizeof(peers[0]));
	for (size_t i = 0; i < n; i++)
		if (hf_space_has_role(space, peers[i].id, "exchange-service"))
			hf_draft_party(d, peers[i].id);
}

static void escalate(struct hf_exchange *x, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = NULL;
	struct missing m = {.count = 0};
	if (hf_recall_get(x, id, &row) != HF_OK || hf_recall_parties(x, id, name_missing, &m) != HF_OK)
		return;
	hf_utf8_mend(m.names);
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = recall_draft(x, row, HF_EVENT_RECALL_OPEN);
	hf_draft_outcome(d, HF_E_TIMEOUT, row->reason);
	hf_draft_textf(d, HF_FIELD_EXCEPTION, "%u answers are missing: %s", m.count, m.names);
	add_services(x, d);
	hf_unit_draft(u, d);
	row->alarm_ms = hf_now_ms(&x->base->clock);
	recall_put(u, row);
	hf_store_submit(x->store, u, NULL, NULL);
	hf_alarm(x->base, "recall-open", id,
	         "%u answers to the recall are missing after its deadline: %s; ask them, `hufu recall show` says which",
	         m.count, m.names);
}

struct late {
	int64_t now_ms;
	struct hf_id id;
	bool found;
};

static bool find_late(void *ctx, const Hufu__RecallRow *row)
{
	struct late *l = ctx;
	l->found = strcmp(row->state, "running") == 0 && l->now_ms >= row->deadline_ms &&
	           (row->alarm_ms == 0 || l->now_ms - row->alarm_ms >= ALARM_AGAIN_MS) &&
	           hf_id_from_bytes(row->id.data, row->id.len, &l->id);
	return !l->found;
}

/* ---- who could not be told ---- */

struct untold {
	int64_t before_ms;
	struct hf_exchange *x;
	Hufu__RecallPartyRow *party[TELL_AT_ONCE];
	size_t count;
	struct hf_id recall;
};

static bool take_untold(void *ctx, const Hufu__RecallPartyRow *row)
{
	struct untold *u = ctx;
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[32];
	if (strcmp(row->state, "unreachable") != 0 || row->told_ms > u->before_ms)
		return true;
	memcpy(key, row->recall.data, 16);
	memcpy(key + 16, row->transfer.data, 16);
	if (hf_store_get(u->x->store, HF_TABLE_RECALL_PARTY, key, sizeof(key), &b) == HF_OK)
		u->party[u->count] = HF_DECODE_OWN(recall_party_row, b.data, b.len);
	u->count += u->party[u->count] != NULL;
	return u->count < TELL_AT_ONCE;
}

static bool find_untold(void *ctx, const Hufu__RecallRow *row)
{
	struct untold *u = ctx;
	if (strcmp(row->state, "running") != 0 || !hf_id_from_bytes(row->id.data, row->id.len, &u->recall))
		return true;
	(void)!hf_recall_parties(u->x, &u->recall, take_untold, u);
	return u->count == 0;
}

/* What was signed for nobody is not kept: of a try that fails only the time stands in the row. */
static bool tell_one(struct hf_exchange *x, Hufu__RecallRow *row, Hufu__RecallPartyRow *party, struct hf_unit *unit)
{
	struct hf_unit *try = hf_unit_new();
	if (recall_tell_again(x, row, party, try)) {
		hf_store_submit(x->store, try, NULL, NULL);
		return true;
	}
	hf_unit_free(try);
	recall_party_put(unit, party);
	return false;
}

static void tell_again(struct hf_exchange *x)
{
	struct untold u = {.x = x, .before_ms = hf_now_ms(&x->base->clock) - TELL_AGAIN_MS};
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = NULL;
	if (hf_recall_list(x, find_untold, &u) != HF_OK || u.count == 0)
		return;
	struct hf_unit *unit = hf_unit_new();
	size_t told = 0;
	enum hf_err e = hf_recall_get(x, &u.recall, &row);
	for (size_t i = 0; i < u.count; i++) {
		told += e == HF_OK && tell_one(x, row, u.party[i], unit);
		hf_decoded_free(u.party[i]);
	}
	if (told > 0)
		hf_alarm(x->base, "recall-told", &u.recall,
		         "%zu recipients of the recall that could not be reached are told now", told);
	hf_store_submit(x->store, unit, NULL, NULL);
}

void recall_watch(struct hf_exchange *x)
{
	if (x->closing)
		return;
	tell_again(x);
	struct late l = {.now_ms = hf_now_ms(&x->base->clock)};
	if (hf_recall_list(x, find_late, &l) == HF_OK && l.found)
		escalate(x, &l.id);
}
