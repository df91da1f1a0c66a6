/*
 * erase_follow.c - what a party does about an erasure in another ledger: it overwrites the slots of its copies, and
 * writes down in its own ledger what it did.
 *
 * The owner's word alone ends no copy. Its entry counts once it stands under a witnessed checkpoint; each entry that it
 * names must be one before it and older, by the time of those witnesses, than the retention period (DS-66, DS-98,
 * DS-104, DS-130); what is under a legal hold here stays. What is refused raises an alarm.
 *
 * How much there is to follow is up to the owner, and all of it is done on the loop: so at most one batch a turn, with
 * one sync and one entry here about it, and after a batch in which something was asked for, a pause for that owner.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/entry_scan.h"
#include "ledger/internal.h"
#include "proto/codec.h"

/* Of one batch. */
#define LOOK_MAX 2048u  /* entries looked at */
#define ORDERS_MAX 256u /* of them those that ask for something; together for HF_ERASE_ENTRIES_MAX copies at most */
#define PAUSE_MS 1000

/* What the public entries of one batch ask for. */
struct order {
	struct hf_ledger *l;
	struct hf_unit *unit;
	const struct hf_place *place;
	struct hf_name owner;
	Hufu__MirrorRow *row;
	int64_t now_ms;       /* by the witnesses of the newest checkpoint */
	uint64_t about;       /* index of the entry at hand */
	uint64_t first, last; /* of those that asked */
	unsigned orders;
	size_t named;
	uint64_t *slots;
	size_t count;
	unsigned kept, barred, refused;
	uint64_t refused_by; /* the first that asked for what is refused */
};

static bool take_oldest(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	if (value.len == 8)
		*(uint64_t *)ctx = hf_get_u64(value.data);
	return false;
}

/* When this node's own ledger first speaks of the transaction; 0: never. */
static int64_t own_record_ms(struct hf_ledger *l, const struct hf_id *txn)
{
	uint64_t index = UINT64_MAX;
	struct hf_entry_view v;
	struct hf_bytes bytes;

	if (hf_store_scan(l->store, HF_TABLE_TXN_INDEX, txn->b, sizeof(txn->b), NULL, 0, take_oldest, &index) !=
	            HF_OK ||
	    index == UINT64_MAX || hf_place_entry(&l->own, &l->rows, index, &bytes) != HF_OK ||
	    !hf_entry_scan(bytes.data, bytes.len, &v))
		return 0;
	return v.time_s * 1000;
}

/* Its age counts from the latest of what the owner states and what this node has on record itself: of a transaction its
 * own first entry, else when it took the opening. Who writes an old time into an entry hastens nothing. txn NULL: none,
 * or not known. */
static bool may_go(const struct order *o, uint64_t index, const Hufu__EntryOpening *opening, const struct hf_id *txn)
{
	int64_t from, shown = hf_opening_time(opening), own = 0;
	struct hf_entry_view v;
	struct hf_bytes bytes;

	if (index >= o->about || hf_place_entry(o->place, &o->l->rows, index, &bytes) != HF_OK ||
	    !hf_entry_scan(bytes.data, bytes.len, &v) || v.event_class == HF_EVENT_CLASS_PUBLIC)
		return false;
	if (txn)
		own = own_record_ms(o->l, txn);
	else if (opening)
		own = hf_openings_taken_ms(o->l, opening);
	from = v.time_s * 1000;
	from = shown > from ? shown : from;
	from = own > from ? own : from;
	return from + HF_RETENTION_MS <= o->now_ms;
}

/* What has not arrived yet is not taken when it does. */
static void bar(struct order *o, uint64_t index)
{
	const int64_t bytes = HF_OPENING_BAR_BYTES + HF_HOLDING_OPENING;

	if (!hf_holding_room(o->l, o->owner.s, o->row, bytes) ||
	    hf_opening_bar(&o->l->opening_keys, o->place, index, o->unit, &o->slots[o->count]) != HF_OK) {
		o->refused++;
		return;
	}
	o->count++;
	o->barred++;
	o->row->bytes += (uint64_t)bytes;
	hf_holding_took(o->l, o->owner.s, o->row, false);
}

static void take_copy(struct order *o, uint64_t index)
{
	struct hf_opened opened HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	uint64_t slot;
	struct hf_id txn;
	bool here = hf_opening_slot(o->place, &o->l->rows, index, &slot) == HF_OK;
	bool known = here && hf_opening_read(&o->l->opening_keys, o->place, &o->l->rows, index, &opened) == HF_OK &&
	             hf_opening_txn(opened.opening, &txn);

	if (!may_go(o, index, opened.opening, known ? &txn : NULL))
		o->refused++;
	else if (known && hf_erase_held(o->l, &txn))
		o->kept++;
	else if (here)
		o->slots[o->count++] = slot;
	else
		bar(o, index);
}

static void complain(const struct order *o)
{
	if (o->refused > 0 && hf_ledger_may_alarm(o->l, o->owner.s))
		hf_alarm(o->l->base, "erasure-refused", NULL,
		         "entry %" PRIu64 " of the ledger of %s asks to erase %u entries that are inside the retention "
		         "period of six months or cannot be erased; their copies stay here; ask its operators why",
		         o->refused_by, o->owner.s, o->refused);
}

static void record_copies(const struct order *o, enum hf_err e)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_CACHE_CLEARED, NULL);

	if (o->orders == 1)
		hf_draft_textf(d, HF_FIELD_OBJECT, "copies of private fields, as entry %" PRIu64 " of %s says",
		               o->first, o->place->origin);
	else
		hf_draft_textf(d, HF_FIELD_OBJECT,
		               "copies of private fields, as %u entries from %" PRIu64 " to %" PRIu64 " of %s say",
		               o->orders, o->first, o->last, o->place->origin);
	hf_draft_textf(d, HF_FIELD_DETAIL,
	               "%zu erased, %u kept under a legal hold, %u never held here, %u refused as inside the retention "
	               "period or not to be erased",
	               o->count - o->barred, o->kept, o->barred, o->refused);
	hf_draft_text(d, HF_FIELD_MANNER, "slots overwritten");
	hf_draft_outcome(d, e == HF_OK && o->refused > 0 ? HF_E_STATE : e, NULL);
	hf_unit_draft(o->unit, d);
}

/* "ORIGIN 3,7,9" with the ledger's own origin, in rising order. False: not of that form, or too many. */
static bool read_order(const struct order *o, const char *text, uint64_t *ret_index, size_t *ret_count)
{
	const char *at = text + strlen(o->place->origin);
	size_t count = 0;
	char *end;

	do {
		uint64_t index = strtoull(at + 1, &end, 10);

		if (end == at + 1 || (*end && *end != ',') || count == HF_ERASE_ENTRIES_MAX ||
		    (count > 0 && index <= ret_index[count - 1]))
			return false;
		ret_index[count++] = index;
		at = end;
	} while (*at);
	*ret_count = count;
	return true;
}

static bool is_of_ledger(const struct order *o, const char *text)
{
	size_t head = strlen(o->place->origin);

	return strncmp(text, o->place->origin, head) == 0 && text[head] == ' ';
}

/* False: it does not fit into this batch any more. */
static bool obey(struct order *o, const char *text)
{
	uint64_t *index = hf_alloc(HF_ERASE_ENTRIES_MAX * sizeof(*index));
	unsigned refused = o->refused;
	size_t named = 0;
	bool form = read_order(o, text, index, &named), fits;

	named = form ? named : 0;
	fits = o->orders < ORDERS_MAX && o->named + named <= HF_ERASE_ENTRIES_MAX;
	if (fits) {
		o->refused += form ? 0 : 1;
		for (size_t i = 0; i < named; i++)
			take_copy(o, index[i]);
		o->refused_by = refused ? o->refused_by : o->about;
		o->first = o->orders ? o->first : o->about;
		o->last = o->about;
		o->orders++;
		o->named += named;
	}
	free(index);
	return fits;
}

static bool look_at(struct order *order, uint64_t index)
{
	Hufu__LedgerEntry *e HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	struct hf_entry_view v;
	struct hf_bytes bytes, object;
	char event[32], *text;
	bool fits;

	if (hf_place_entry(order->place, &order->l->rows, index, &bytes) != HF_OK ||
	    !hf_entry_scan(bytes.data, bytes.len, &v) || v.event_class != HF_EVENT_CLASS_PUBLIC ||
	    hf_entry_decode(bytes.data, bytes.len, &e) != HF_OK || hf_opening_of_entry(e, &o) != HF_OK ||
	    !hf_opening_text(o.opening, HF_FIELD_EVENT, event, sizeof(event)) ||
	    hf_event_from_name(event) != HF_EVENT_ERASURE || !hf_opening_get(o.opening, HF_FIELD_OBJECT, &object))
		return true;
	text = strndup((const char *)object.data, object.len);
	if (!text)
		abort(); /* memory is gone */
	order->about = index;
	fits = !is_of_ledger(order, text) || obey(order, text);
	free(text);
	return fits;
}

static bool witnessed_at(struct hf_ledger *l, const char *owner, const Hufu__MirrorRow *row, int64_t *ret_ms)
{
	const struct hf_space *s = hf_ledger_space(l);
	struct hf_worth w;

	if (!s || hf_note_weigh(s, owner, row->witnessed_note.data, row->witnessed_note.len, hf_now_ms(&l->base->clock),
	                        &w) != HF_OK)
		return false;
	*ret_ms = w.cosigned_ms;
	return w.witnessed;
}

/* Returns where the next batch begins. */
static uint64_t look_through(struct order *o)
{
	uint64_t at = o->row->public_from - 1, end = o->row->witnessed_size;

	end = end - at > LOOK_MAX ? at + LOOK_MAX : end;
	while (at < end && look_at(o, at))
		at++;
	return at;
}

/* All slots of a batch are overwritten at once: one sync, however many there are. */
static void carry_out(struct order *o)
{
	if (o->orders == 0)
		return;
	record_copies(o, hf_slots_erase(o->l->opening_keys.slots_copies, o->slots, o->count));
	complain(o);
}

/* True: there is more. */
static bool follow_batch(struct hf_ledger *l, struct hf_lpeer *p, const char *origin)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, origin);
	struct hf_place place = {.own = false};
	struct order order = {.l = l, .place = &place, .row = row};
	uint64_t next;

	if (!row || row->frozen || row->public_from == 0 || row->public_from > row->witnessed_size ||
	    !hf_space_origin_node(l->space_id, origin, &order.owner) ||
	    !witnessed_at(l, order.owner.s, row, &order.now_ms))
		return false;
	snprintf(place.origin, sizeof(place.origin), "%s", origin);
	order.unit = hf_unit_new();
	order.slots = hf_alloc(HF_ERASE_ENTRIES_MAX * sizeof(*order.slots));
	next = look_through(&order);
	carry_out(&order);
	free(HF_TAKE(order.slots));
	/* what lies behind is looked at when it is witnessed */
	row->public_from = row->next > next ? next + 1 : 0;
	hf_mirror_row_put(order.unit, origin, row);
	hf_store_submit(l->store, order.unit, NULL, NULL);
	if (order.orders > 0)
		p->follow_ms = hf_ledger_mono(l) + PAUSE_MS;
	return next < row->witnessed_size;
}

void hf_erase_follow(struct hf_ledger *l, const char *origin)
{
	struct hf_lpeer *p;
	struct hf_name owner;

	if (!hf_space_origin_node(l->space_id, origin, &owner))
		return;
	p = hf_ledger_peer(l, owner.s);
	p->follow = p->follow_ms > hf_ledger_mono(l) || follow_batch(l, p, origin);
	if (p->follow)
		hf_ledger_wake(l);
}

/* The one whose turn it is next. */
static struct hf_lpeer *due_next(struct hf_ledger *l)
{
	for (size_t i = 0; i < l->peer_count; i++) {
		size_t at = (l->follow_turn + i) % l->peer_count;

		if (!l->peer[at]->follow)
			continue;
		if (l->peer[at]->follow_ms <= hf_ledger_mono(l)) {
			l->follow_turn = at + 1;
			return l->peer[at];
		}
		hf_ledger_due(l, l->peer[at]->follow_ms);
	}
	return NULL;
}

void hf_erase_pump(struct hf_ledger *l)
{
	struct hf_lpeer *p = due_next(l);
	char origin[HF_ORIGIN_MAX + 1];

	if (!p)
		return;
	hf_space_origin(l->space_id, p->node, origin);
	hf_erase_follow(l, origin);
	hf_ledger_wake(l); /* what else is due comes after what else the loop has to do */
}
