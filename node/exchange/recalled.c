/* recalled.c - see recall.h: a node whose provider takes back what it delivered (DS-11). The use ends with the commit
 * of the mail; what is there is found afterwards: the data, what was derived of it here and registered, what of that
 * was passed on. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/domains.h"
#include "exchange/derive_text.h"
#include "exchange/destroying.h"
#include "exchange/held.h"
#include "exchange/reading.h"
#include "exchange/recall.h"
#include "proto/codec.h"
#include "recall.pb-c.h"

#define DERIVATIONS_MAX 65536u
#define ALSO_MAX 64u /* further recalls of one delivery */

static bool same(const ProtobufCBinaryData *b, const struct hf_id *id)
{
	return b->len == sizeof(id->b) && memcmp(b->data, id->b, sizeof(id->b)) == 0;
}

/* ---- rows ---- */

static void put(struct hf_unit *u, const Hufu__RecalledRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_RECALLED, row->transfer.data, row->transfer.len, data, len);
	free(data);
}

struct listing {
	hf_recalled_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__RecalledRow *row = HF_DECODE_OWN(recalled_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_recalled_list(struct hf_exchange *x, hf_recalled_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(x->store, HF_TABLE_RECALLED, NULL, 0, NULL, 0, list_row, &l));
	return l.error;
}

static struct hf_draft *draft(struct hf_exchange *x, const Hufu__RecalledRow *row, enum hf_event event)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	struct hf_draft *d =
	        hf_draft_new(event, hf_id_from_bytes(row->transfer.data, row->transfer.len, &id) ? &id : NULL);
	if (hf_id_from_bytes(row->recall.data, row->recall.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_OBJECT, text);
	}
	if (hf_id_from_bytes(row->resource.data, row->resource.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_RESOURCE, text);
	}
	hf_draft_text(d, HF_FIELD_ACTOR, event == HF_EVENT_RECALLED ? row->provider : x->base->self.s);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, row->provider);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, x->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_party(d, row->provider);
	hf_draft_outcome(d, HF_OK, row->reason);
	return d;
}

/* ---- the provider says so ---- */

struct told {
	struct hf_exchange *x;
	struct hf_id transfer;
};

static void after_told(void *ctx)
{
	struct told *t = ctx;
	if (t->x->closing)
		return;
	reading_stop(t->x, &t->transfer, HF_E_RECALLED, "the data was recalled by its provider");
	recalled_sweep(t->x);
}

static enum hf_err check_transfer(struct hf_exchange *x, const char *from, const Hufu__Recall *m,
                                  struct transfer **ret_t, struct hf_fault *f)
{
	struct hf_id id;
	struct transfer *t = NULL;
	if (!hf_id_from_bytes(m->transfer.data, m->transfer.len, &id) || !same(&m->header->transaction, &id))
		return hf_fault_set(f, HF_E_CONFLICT, "the recall belongs to another transaction");
	enum hf_err e = transfer_get(x, &id, false, &t);
	if (e == HF_OK && (strcmp(t->peer, from) != 0 || !same(&m->resource, &t->resource))) {
		transfer_release(t);
		e = HF_E_UNKNOWN; /* somebody else's transfer does not exist for the sender */
	}
	if (e != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN, "this node has received no such delivery");
	*ret_t = t;
	return HF_OK;
}

static void take(struct hf_exchange *x, const char *from, const Hufu__Recall *m, struct transfer *t,
                 struct hf_unit *unit)
{
	Hufu__RecalledRow row = HUFU__RECALLED_ROW__INIT;
	char text[400];
	row.transfer = m->transfer;
	row.recall = m->recall;
	row.provider = (char *)from;
	row.resource = m->resource;
	row.reason = m->reason;
	row.deadline_ms = m->deadline_ms;
	row.state = (char *)"stopped";
	row.told_ms = hf_now_ms(&x->base->clock);
	put(unit, &row);
	hf_unit_draft(unit, draft(x, &row, HF_EVENT_RECALLED));
	if (recalled_answer_stopped(x, &row, &m->recall, unit) != HF_OK)
		hf_alarm(x->base, "recall-not-answered", &t->id, "a recall of %s cannot be answered at present", from);
	snprintf(text, sizeof(text), "the data was recalled: %.300s", m->reason);
	hf_utf8_mend(text);
	if (transfer_next(t->state, STEP_TERMINATE) != TRANSFER_NONE && !t->importing)
		end_transfer(t, HF_E_RECALLED, text, true, unit);
	hf_alarm(x->base, "recalled", &t->id, "%s has recalled what it delivered (%.200s); its use has ended", from,
	         m->reason);
}

static bool is_known(const Hufu__RecalledRow *row, const Hufu__Recall *m)
{
	struct hf_id id;
	if (!hf_id_from_bytes(m->recall.data, m->recall.len, &id) || same(&row->recall, &id))
		return true;
	for (size_t i = 0; i < row->n_also; i++)
		if (same(&row->also[i], &id))
			return true;
	return false;
}

/* Recalled once more, by a recall of other versions, say: what is done for the first one answers this one, too. */
static enum hf_err take_again(struct hf_exchange *x, const Hufu__Recall *m, Hufu__RecalledRow *row,
                              struct hf_unit *unit)
{
	ProtobufCBinaryData also[ALSO_MAX];
	size_t n = row->n_also;
	if (n == ALSO_MAX)
		return HF_E_LIMIT;
	bool done = strcmp(row->state, "done") == 0;
	HF_TRY(done ? recalled_answer_done(x, row, &m->recall, unit)
	            : recalled_answer_stopped(x, row, &m->recall, unit));
	Hufu__RecalledRow more = *row;
	if (n > 0)
		memcpy(also, row->also, n * sizeof(*also));
	also[n] = m->recall;
	more.also = also;
	more.n_also = n + 1;
	put(unit, &more);
	more.recall = m->recall;
	more.reason = m->reason;
	hf_unit_draft(unit, draft(x, &more, HF_EVENT_RECALLED));
	return HF_OK;
}

static void keep_recall(struct hf_unit *unit, const struct transfer *t, const Hufu__Envelope *e)
{
	struct hf_hash digest;
	size_t len = 0;
	uint8_t *data = hf_encode(&e->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_ledger_keep_envelope(unit, &t->id, HF_TYPE_RECALL, data, len, &digest);
	free(data);
}

static enum hf_err take_any(struct hf_exchange *x, const char *from, const Hufu__Recall *m, struct transfer *t,
                            struct hf_unit *unit)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__RecalledRow *row = NULL;
	enum hf_err e = hf_store_get(x->store, HF_TABLE_RECALLED, t->id.b, sizeof(t->id.b), &b);
	if (e == HF_E_UNKNOWN) {
		struct told *told = hf_alloc_zero(sizeof(*told));
		take(x, from, m, t, unit);
		*told = (struct told){x, t->id};
		hf_unit_after(unit, after_told, told, free);
		return HF_OK;
	}
	HF_TRY(e);
	row = HF_DECODE_OWN(recalled_row, b.data, b.len);
	if (!row)
		return HF_E_STORE;
	return is_known(row, m) ? HF_E_EXISTS : take_again(x, m, row, unit);
}

enum hf_err recalled_on_mail(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                             struct hf_unit *unit, struct hf_fault *f)
{
	struct hf_exchange *x = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__Recall *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__RecallMail *mail = HF_DECODE(recall_mail, body.data, body.len);
	const struct recall_want want = {HF_TYPE_RECALL, from, "the recall", &hufu__recall__descriptor};
	struct transfer *t = NULL;
	if (!mail)
		return hf_fault_set(f, HF_E_FORMAT, "the mail holds no recall");
	enum hf_err e = recall_open(x, mail->recall, &want, &m, f);
	if (e == HF_OK)
		e = check_transfer(x, from, m, &t, f);
	if (e != HF_OK) {
		hf_alarm(x->base, "recall-refused", txn, "a recall of %s was refused: %s", from, hf_err_reason(e));
		return e;
	}
	e = take_any(x, from, m, t, unit);
	if (e == HF_OK)
		keep_recall(unit, t, mail->recall);
	else if (e != HF_E_EXISTS) /* said already */
		hf_alarm(x->base, "recall-not-answered", &t->id, "a further recall of %s cannot be answered: %s", from,
		         hf_err_text(e));
	transfer_release(t);
	return e == HF_E_EXISTS ? HF_OK : hf_fault_default(f, e);
}

/* ---- what was made of it ---- */

/* Own derivations, and which of them go back to the transfer. */
struct making {
	struct hf_exchange *x;
	struct hf_id transfer;
	struct hf_id *id; /* in order */
	bool *hit;
	size_t count;
};

static bool take_derivation(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct making *m = ctx;
	struct hf_id id;
	(void)key;
	if (!hf_id_from_bytes(value.data, value.len, &id))
		return true;
	m->id = hf_realloc(m->id, (m->count + 1) * sizeof(*m->id));
	m->id[m->count++] = id;
	return m->count < DERIVATIONS_MAX;
}

static int order_of(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_id));
}

static bool is_made(const struct making *m, const struct hf_id *id)
{
	const struct hf_id *at = m->count ? bsearch(id, m->id, m->count, sizeof(*m->id), order_of) : NULL;
	return at && m->hit[at - m->id];
}

static bool is_input_hit(const struct making *m, const struct derive_line *in)
{
	return hf_id_equal(&in->id, &m->transfer) || is_made(m, &in->id);
}

/* True: one more was found. Ids begin with the time, so that what is made of another stands behind it and one round
 * finds all; a clock that was put back costs a further one. */
static bool spread(struct making *m, struct derive_facts *d)
{
	bool more = false;
	for (size_t i = 0; i < m->count; i++) {
		if (m->hit[i] || derive_find(m->x, &m->id[i], d) != HF_OK)
			continue;
		for (size_t k = 0; k < d->input_count && !m->hit[i]; k++)
			m->hit[i] = is_input_hit(m, &d->inputs[k]);
		more |= m->hit[i];
	}
	return more;
}

static enum hf_err find_made(struct making *m)
{
	HF_TRY(hf_store_scan(m->x->store, HF_TABLE_DERIVED, NULL, 0, NULL, 0, take_derivation, m));
	struct derive_facts *d = hf_alloc(sizeof(*d));
	if (m->count > 0)
		qsort(m->id, m->count, sizeof(*m->id), order_of);
	m->hit = hf_alloc_zero((m->count + 1) * sizeof(*m->hit));
	while (spread(m, d))
		;
	free(d);
	return HF_OK;
}

/* ---- one transfer, all that there is of it ---- */

struct gathering {
	struct hf_exchange *x;
	const Hufu__RecalledRow *row;
	struct hf_id recall, transfer;
	struct making made;
	struct hf_unit *unit;
	char why[400];
	struct hf_fault fault;
};

static void order(struct gathering *g, const char *kind, const struct hf_id *object, const char *name)
{
	const struct destruction_wish w = {.kind = kind,
	                                   .object = *object,
	                                   .transfer = g->transfer,
	                                   .resource = g->row->resource,
	                                   .provider = g->row->provider,
	                                   .name = name,
	                                   .why = g->why,
	                                   .recall = &g->recall};
	destruction_order(g->x, g->unit, &w);
}

/* Nothing is submitted while a table is read: what is found is looked at afterwards. */
struct entries {
	const char *source;
	struct hf_id id[HF_CATALOG_PAGE];
	size_t count;
};

static bool take_entry(void *ctx, const struct hf_catalog_item *it)
{
	struct entries *e = ctx;
	if (it->own && strcmp(it->source, e->source) == 0 &&
	    hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &e->id[e->count]))
		e->count++;
	return true;
}

static enum hf_err end_entry(struct gathering *g, const struct hf_id *id)
{
	const struct recall_cause cause = {&g->recall, &g->transfer, g->row->provider, g->row->reason,
	                                   g->row->deadline_ms};
	struct hf_published done;
	HF_TRY(recall_follow(g->x, id, &cause, g->unit, &g->fault));
	return hf_catalog_withdraw(g->x->catalog, id, g->unit, &done, &g->fault);
}

/* The entries of a registered derived table end, and whoever received it is told. */
static enum hf_err withdraw_all(struct gathering *g, const char *source)
{
	struct hf_catalog_query q = {.own = true, .limit = HF_CATALOG_PAGE};
	struct hf_id next = {{0}};
	enum hf_err e = HF_OK;
	do {
		struct entries found = {.source = source};
		q.after = next;
		e = hf_catalog_search(g->x->catalog, &q, take_entry, &found, &next, &g->fault);
		for (size_t i = 0; e == HF_OK && i < found.count; i++)
			e = end_entry(g, &found.id[i]);
	} while (e == HF_OK && !hf_id_is_zero(&next));
	return e;
}

struct sources {
	const struct making *made;
	char (*name)[HF_NAME_MAX + 1];
	size_t count;
};

static bool take_source(void *ctx, const struct hf_source_view *v)
{
	struct sources *s = ctx;
	if (!is_made(s->made, &v->derivation))
		return true;
	s->name = hf_realloc(s->name, (s->count + 1) * sizeof(*s->name));
	memcpy(s->name[s->count++], v->name, sizeof(*s->name));
	return true;
}

static enum hf_err end_source(struct gathering *g, const char *name)
{
	struct hf_source_view v;
	struct hf_id object = hf_id_new(hf_now_ms(&g->x->base->clock));
	HF_TRY(hf_source_get(g->x->sources, name, &v));
	v.enabled = false;
	enum hf_err e = hf_source_put(g->x->sources, g->unit, &v, &g->fault);
	hf_source_view_done(&v);
	HF_TRY(e);
	HF_TRY(withdraw_all(g, name));
	order(g, "source", &object, name);
	return HF_OK;
}

static enum hf_err end_sources(struct gathering *g)
{
	struct sources s = {.made = &g->made};
	enum hf_err e = hf_sources_list(g->x->sources, take_source, &s);
	for (size_t i = 0; e == HF_OK && i < s.count; i++)
		e = end_source(g, s.name[i]);
	free(s.name);
	return e;
}

static enum hf_err gather(struct gathering *g)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *held = NULL;
	struct transfer *t = NULL;
	HF_TRY(transfer_load(g->x, &g->transfer, false, &t));
	bool file = t->state == TRANSFER_COMPLETED && t->output[0];
	transfer_release(t);
	if (held_get(g->x, &g->transfer, &held) == HF_OK) {
		if (!held->destroyed_ms)
			order(g, "sealed", &g->transfer, "");
	} else if (file) {
		order(g, "file", &g->transfer, "");
	}
	HF_TRY(find_made(&g->made));
	return end_sources(g);
}

static void on_step(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_exchange *x = ctx;
	(void)info;
	x->recalling = false;
	if (e != HF_OK || x->closing)
		return; /* the next look does it again */
	destruction_sweep(x);
	recalled_sweep(x);
}

/* In one unit: what is to be destroyed, what ends, who is told. */
static void begin(struct hf_exchange *x, Hufu__RecalledRow *row)
{
	struct gathering g = {.x = x, .row = row, .unit = hf_unit_new()};
	char text[HF_ID_TEXT];
	enum hf_err e = HF_E_STORE;
	if (hf_id_from_bytes(row->transfer.data, row->transfer.len, &g.transfer) &&
	    hf_id_from_bytes(row->recall.data, row->recall.len, &g.recall)) {
		hf_id_text(&g.recall, text);
		snprintf(g.why, sizeof(g.why), "recall %s of %.63s: %.250s", text, row->provider, row->reason);
		hf_utf8_mend(g.why);
		g.made = (struct making){.x = x, .transfer = g.transfer};
		e = gather(&g);
	}
	free(g.made.id);
	free(g.made.hit);
	if (e != HF_OK) {
		hf_unit_free(g.unit);
		hf_alarm(x->base, "recall-stuck", &g.transfer,
		         "what must be destroyed after a recall cannot be found: %s; it is tried again",
		         hf_err_text(e));
		return;
	}
	row->state = (char *)"destroying";
	put(g.unit, row);
	x->recalling = true;
	hf_store_submit(x->store, g.unit, on_step, x);
}

/* ---- until all of it is done ---- */

static void finish(struct hf_exchange *x, Hufu__RecalledRow *row)
{
	struct hf_unit *u = hf_unit_new();
	if (recalled_answer_done(x, row, NULL, u) != HF_OK) {
		hf_unit_free(u);
		return; /* not all of it is done */
	}
	row->state = (char *)"done";
	row->done_ms = hf_now_ms(&x->base->clock);
	put(u, row);
	hf_unit_draft(u, draft(x, row, HF_EVENT_RECALL_DONE));
	x->recalling = true;
	hf_store_submit(x->store, u, on_step, x);
}

struct open_ones {
	struct hf_id *id;
	size_t count;
};

static bool take_open(void *ctx, const Hufu__RecalledRow *row)
{
	struct open_ones *o = ctx;
	struct hf_id id;
	if (strcmp(row->state, "done") != 0 && hf_id_from_bytes(row->transfer.data, row->transfer.len, &id)) {
		o->id = hf_realloc(o->id, (o->count + 1) * sizeof(*o->id));
		o->id[o->count++] = id;
	}
	return true;
}

static void carry_on(struct hf_exchange *x, const struct hf_id *transfer)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__RecalledRow *row = NULL;
	if (hf_store_get(x->store, HF_TABLE_RECALLED, transfer->b, sizeof(transfer->b), &b) == HF_OK)
		row = HF_DECODE_OWN(recalled_row, b.data, b.len);
	if (row && strcmp(row->state, "stopped") == 0 && !transfer_find(x, transfer, false))
		begin(x, row);
	else if (row && strcmp(row->state, "destroying") == 0)
		finish(x, row);
}

/* One step at a time; each that is stored begins the next. */
void recalled_sweep(struct hf_exchange *x)
{
	struct open_ones o = {NULL, 0};
	if (x->recalling || x->closing)
		return;
	if (hf_recalled_list(x, take_open, &o) != HF_OK)
		hf_alarm(x->base, "recalled-rows", NULL, "the table of recalled transfers cannot be read");
	for (size_t i = o.count; i-- > 0 && !x->recalling;) /* the oldest first */
		carry_on(x, &o.id[i]);
	free(o.id);
}
