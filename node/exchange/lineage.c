/*
 * lineage.c - reading derivations (derive.h): back from a derived item to the entries of the consumer and of the
 * provider about each source, and forward from a source. Everything shown is a verified entry; what another node's
 * entry claims counts for what that node derived of what it was given, as this node's own record of the transfer says,
 * and for nothing else. What one member claims takes no other one's place.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "exchange/derive_text.h"
#include "exchange/transfer.h"
#include "ledger/opening.h"

#define USES_PAGES 64
#define MEMBER_ITEMS (HF_LINEAGE_ITEMS / 4) /* of one lineage, that one member tells of */

/* ---- who the two of a transfer are ---- */

struct ends {
	const char *self;
	struct hf_id resource;
	char provider[HF_NAME_MAX + 1], consumer[HF_NAME_MAX + 1]; /* "" when this node has no entry of it */
};

/* Only this node's own entry says it: a third one may write what it likes. */
static bool take_ends(void *ctx, const struct hf_ledger_row *row)
{
	struct ends *e = ctx;
	char other[HF_NAME_MAX + 1];
	bool sent = derive_says(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_TRANSFER_SENT));
	bool received = derive_says(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_TRANSFER_RECEIVED));
	if (strcmp(row->origin, e->self) != 0 || !(sent || received) ||
	    !hf_opening_text(row->opening, HF_FIELD_COUNTERPARTY, other, sizeof(other)))
		return true;
	snprintf(e->provider, sizeof(e->provider), "%s", sent ? e->self : other);
	snprintf(e->consumer, sizeof(e->consumer), "%s", sent ? other : e->self);
	if (!hf_opening_resource(row->opening, &e->resource))
		e->resource = (struct hf_id){{0}};
	return false;
}

static void nothing(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

static void find_ends(struct hf_exchange *x, const struct hf_id *id, struct ends *ret_ends)
{
	*ret_ends = (struct ends){.self = x->base->self.s};
	if (hf_ledger_trace(x->ledger, id, take_ends, nothing, ret_ends) != HF_OK)
		ret_ends->provider[0] = ret_ends->consumer[0] = '\0';
}

/* ---- back ---- */

/* An item still to be looked at. */
struct stop {
	struct hf_id id, towards;
	unsigned steps;
	bool stated; /* digest is what the derived item's entry says of it */
	struct hf_hash digest;
	char by[HF_NAME_MAX + 1]; /* whose entry led here; "": it began here */
};
struct walk {
	struct hf_exchange *x;
	const struct hf_lineage_sink *out;
	struct stop *stops;
	size_t count, at;
	struct derive_facts *facts, *said; /* of the entry at hand; by the provider of the stop */
	struct ends ends;                  /* of the stop at hand */
	bool derived, received, provided;  /* of it */
	bool passed;                       /* and the provider says that it had derived it; said has as what */
	bool full;
};

static void say(const struct hf_lineage_sink *out, const struct hf_id *id, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
static void say(const struct hf_lineage_sink *out, const struct hf_id *id, const char *fmt, ...)
{
	char name[HF_ID_TEXT], text[480], line[540];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hf_id_text(id, name);
	snprintf(line, sizeof(line), "%s: %s", name, text);
	out->note(out->ctx, line);
}

static void trace_note(void *ctx, const char *text)
{
	const struct walk *w = ctx;
	say(w->out, &w->stops[w->at].id, "%s", text);
}

static void show(const struct walk *w, const char *part, const struct hf_ledger_row *row)
{
	const struct stop *s = &w->stops[w->at];
	w->out->row(w->out->ctx, &(struct hf_lineage_row){part, s->id, s->towards, s->steps, row});
}

/* What was worked on is what was delivered or derived. */
static void check_digest(const struct walk *w, const struct hf_hash *digest, const char *node)
{
	const struct stop *s = &w->stops[w->at];
	if (s->stated && memcmp(digest->b, s->digest.b, sizeof(digest->b)) != 0)
		say(w->out, &s->id, "the ledger of %s states another digest of it than the item that was made of it",
		    node);
}

static void check_root(const struct walk *w, const struct hf_ledger_row *row)
{
	struct hf_hash root;
	for (size_t i = 0; row->opening && i < row->opening->n_fields; i++) {
		const Hufu__FieldOpening *f = row->opening->fields[i];
		if (f->field != HF_FIELD_CONTENT_ROOT || f->value.len != sizeof(root.b))
			continue;
		memcpy(root.b, f->value.data, sizeof(root.b));
		check_digest(w, &root, row->origin);
		return;
	}
}

static bool look_at_entry(void *ctx, const struct hf_ledger_row *row)
{
	struct walk *w = ctx;
	struct hf_id id;
	if (strcmp(row->origin, w->x->base->self.s) == 0 &&
	    derive_read(row->opening, HF_EVENT_DERIVATION, &id, w->facts) && hf_id_equal(&id, &w->stops[w->at].id)) {
		w->derived = true;
		check_digest(w, &w->facts->digest, row->origin);
		show(w, "derived", row);
		return false;
	}
	if (strcmp(row->origin, w->ends.consumer) == 0 &&
	    derive_says(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_TRANSFER_RECEIVED))) {
		w->received = true;
		check_root(w, row);
		show(w, "received", row);
	} else if (strcmp(row->origin, w->ends.provider) == 0 &&
	           derive_says(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_TRANSFER_SENT))) {
		w->provided = true;
		w->passed = derive_inputs(row->opening, w->said);
		check_root(w, row);
		show(w, "provided", row);
	}
	return true;
}

static void add_stop(struct walk *w, const struct derive_line *l)
{
	const struct stop from = w->stops[w->at];
	for (size_t i = 0; i < w->count; i++)
		if (hf_id_equal(&w->stops[i].id, &l->id))
			return;
	if (w->count == HF_LINEAGE_ITEMS || from.steps == HF_LINEAGE_STEPS) {
		w->full = true;
		return;
	}
	w->stops = hf_realloc(w->stops, (w->count + 1) * sizeof(*w->stops));
	struct stop next = {l->id, from.id, from.steps + 1, true, l->digest, ""};
	snprintf(next.by, sizeof(next.by), "%s", w->passed ? w->ends.provider : w->x->base->self.s);
	w->stops[w->count++] = next;
}

/* What another node says of a derivation of its own counts as that, and leads to nothing that this one recorded. */
static bool is_of_another(const struct walk *w)
{
	const char *by = w->stops[w->at].by, *self = w->x->base->self.s;
	if (!by[0] || strcmp(by, self) == 0)
		return false;
	say(w->out, &w->stops[w->at].id,
	    "%s says that it derived this; its entry of that is not open to this node; ask %s", by, by);
	return true;
}

static enum hf_err look_at_stop(struct walk *w)
{
	const struct hf_id id = w->stops[w->at].id;
	if (is_of_another(w))
		return HF_OK;
	w->derived = w->received = w->provided = w->passed = false;
	find_ends(w->x, &id, &w->ends);
	enum hf_err e = hf_ledger_trace(w->x->ledger, &id, look_at_entry, trace_note, w);
	if (e != HF_OK && e != HF_E_UNKNOWN)
		return e;
	if (!w->derived && !w->received && !w->provided) {
		if (w->at == 0)
			return HF_E_UNKNOWN;
		say(w->out, &id, "no ledger held here has an entry that says where it comes from");
	} else if (!w->derived && (!w->received || !w->provided)) {
		say(w->out, &id, "the entry of the %s about this transfer is not held here",
		    w->received ? "provider" : "consumer");
	}
	const struct derive_facts *from = w->derived ? w->facts : w->passed ? w->said : NULL;
	for (size_t i = 0; from && i < from->input_count; i++)
		add_stop(w, &from->inputs[i]);
	return HF_OK;
}

enum hf_err hf_lineage_back(struct hf_exchange *x, const struct hf_id *id, const struct hf_lineage_sink *out)
{
	struct walk w = {.x = x, .out = out, .facts = hf_alloc(sizeof(*w.facts)), .said = hf_alloc(sizeof(*w.said))};
	enum hf_err e = HF_OK;
	w.stops = hf_alloc(sizeof(*w.stops));
	w.stops[w.count++] = (struct stop){.id = *id};
	for (; e == HF_OK && w.at < w.count; w.at++)
		e = look_at_stop(&w);
	if (e == HF_OK && w.full)
		say(out, id, "it goes back further than %d items or %d steps; ask for one of the last ones shown",
		    HF_LINEAGE_ITEMS, HF_LINEAGE_STEPS);
	free(w.stops);
	free(w.facts);
	free(w.said);
	return e;
}

/* ---- forward ---- */

struct made {
	char node[HF_NAME_MAX + 1]; /* whose; "": nobody's */
	char by[HF_NAME_MAX + 1];   /* whose entry says so; "": it begins here */
	struct hf_id id;
	unsigned steps;
};
struct teller {
	char node[HF_NAME_MAX + 1];
	size_t items;
	bool over, unfounded; /* it was said */
};
struct ahead {
	struct hf_exchange *x;
	const struct hf_lineage_sink *out;
	const struct hf_id *from;
	struct made *made; /* the first is where it begins */
	size_t count;
	struct teller *tellers;
	size_t teller_count;
	struct derive_facts *facts;
	struct hf_id resources[HF_DERIVE_SOURCES];
	size_t resource_count;
	struct hf_id left_out;          /* the first resource for which there was no room */
	const struct hf_id *everything; /* the resource that is looked at, when it is where it begins */
	bool full;
};

static void add_resource(struct ahead *a, const struct hf_id *resource)
{
	for (size_t i = 0; i < a->resource_count; i++)
		if (hf_id_equal(&a->resources[i], resource))
			return;
	if (a->resource_count < HF_DERIVE_SOURCES)
		a->resources[a->resource_count++] = *resource;
	else if (hf_id_is_zero(&a->left_out))
		a->left_out = *resource;
}

static const struct made *find_made(const struct ahead *a, const char *node, const struct hf_id *id)
{
	for (size_t i = 0; i < a->count; i++)
		if (hf_id_equal(&a->made[i].id, id) && strcmp(a->made[i].node, node) == 0)
			return &a->made[i];
	return NULL;
}

/* Of a transfer, as this node has it on record; false: it has none. */
static bool own_ends(const struct ahead *a, const struct hf_id *id, struct ends *ret)
{
	struct hf_transfer_view v;
	if (hf_exchange_view(a->x, id, &v) != HF_OK) {
		find_ends(a->x, id, ret);
		return ret->consumer[0] != '\0';
	}
	*ret = (struct ends){.self = a->x->base->self.s, .resource = v.resource};
	snprintf(ret->provider, sizeof(ret->provider), "%s", v.provider ? ret->self : v.peer);
	snprintf(ret->consumer, sizeof(ret->consumer), "%s", v.provider ? v.peer : ret->self);
	return true;
}

/* One of the inputs is a transfer of that resource to that node. */
static bool was_given(const struct ahead *a, const char *node, const struct hf_id *resource)
{
	struct ends e;
	for (size_t i = 0; i < a->facts->input_count; i++)
		if (!a->facts->inputs[i].derivation && own_ends(a, &a->facts->inputs[i].id, &e) &&
		    strcmp(e.consumer, node) == 0 && hf_id_equal(&e.resource, resource))
			return true;
	return false;
}

/* What it was made of that is on the way; of several the one with the fewest steps. */
static const struct made *made_of(const struct ahead *a, const char *node)
{
	const struct made *best = NULL;
	for (size_t i = 0; i < a->facts->input_count; i++) {
		const struct made *m = find_made(a, node, &a->facts->inputs[i].id);
		if (m && (!best || m->steps < best->steps))
			best = m;
	}
	if (!best && a->everything && (strcmp(node, a->x->base->self.s) == 0 || was_given(a, node, a->everything)))
		best = &a->made[0];
	return best;
}

static struct teller *teller_of(struct ahead *a, const char *node)
{
	for (size_t i = 0; i < a->teller_count; i++)
		if (strcmp(a->tellers[i].node, node) == 0)
			return &a->tellers[i];
	a->tellers = hf_realloc(a->tellers, (a->teller_count + 1) * sizeof(*a->tellers));
	struct teller *t = &a->tellers[a->teller_count++];
	*t = (struct teller){.items = 0};
	snprintf(t->node, sizeof(t->node), "%s", node);
	return t;
}

static void say_unfounded(struct ahead *a, const char *node)
{
	struct teller *t = teller_of(a, node);
	if (a->everything && !t->unfounded)
		say(a->out, a->from,
		    "%s says that it made things of this, and names neither a transfer of it to %s nor what it made of "
		    "one; those entries are left out",
		    node, node);
	t->unfounded = true;
}

static bool has_room(struct ahead *a, const char *node)
{
	struct teller *t = teller_of(a, node);
	if (a->count == HF_LINEAGE_ITEMS) {
		a->full = true;
		return false;
	}
	if (t->items < MEMBER_ITEMS) {
		t->items++;
		return true;
	}
	if (!t->over)
		say(a->out, a->from,
		    "%s tells of more than %d items; ask for one of the last ones of it that are shown", node,
		    MEMBER_ITEMS);
	t->over = true;
	return false;
}

/* A transfer of what was derived: its recipient may make something of it, and says so to who passed it on. */
static void follow_transfer(struct ahead *a, const struct hf_ledger_row *row, const struct made *m)
{
	struct hf_transfer_view v;
	if (strcmp(row->origin, a->x->base->self.s) == 0 && hf_exchange_view(a->x, &m->id, &v) == HF_OK)
		add_resource(a, &v.resource);
	else
		say(a->out, &m->id, "what %s makes of it is told to %s and not to this node; ask %s", m->node,
		    row->origin, row->origin);
}

static bool was_told(const struct ahead *a, const char *by, const struct hf_id *id)
{
	for (size_t i = 0; i < a->count; i++)
		if (hf_id_equal(&a->made[i].id, id) && strcmp(a->made[i].by, by) == 0)
			return true;
	return false;
}

/* Only its provider can have passed a transfer on. Whoever says so is shown, the others, too. */
static void compare_passed(const struct ahead *a, struct made *m)
{
	struct ends e;
	for (size_t i = 1; i < a->count; i++)
		if (hf_id_equal(&a->made[i].id, &m->id)) {
			say(a->out, &m->id,
			    "%s and %s both say that they passed this on, and only one of them can have provided it; "
			    "both entries are shown",
			    a->made[i].by, m->by);
			break;
		}
	if (strcmp(m->by, a->x->base->self.s) == 0 || !own_ends(a, &m->id, &e) ||
	    (strcmp(e.provider, m->by) == 0 && strcmp(e.consumer, m->node) == 0))
		return;
	say(a->out, &m->id, "this node's own record is that %s provided it to %s, and not what %s says", e.provider,
	    e.consumer, m->by);
	m->node[0] = '\0';
}

static void add_made(struct ahead *a, const struct made *m)
{
	a->made = hf_realloc(a->made, (a->count + 1) * sizeof(*a->made));
	a->made[a->count++] = *m;
}

static bool look_at_use(void *ctx, const struct hf_ledger_row *row)
{
	struct ahead *a = ctx;
	struct made m = {.steps = 0};
	bool passed = derive_read(row->opening, HF_EVENT_PASSED_ON, &m.id, a->facts);
	snprintf(m.by, sizeof(m.by), "%s", row->origin);
	snprintf(m.node, sizeof(m.node), "%s", row->origin);
	if (passed ? !hf_opening_text(row->opening, HF_FIELD_ENDPOINT, m.node, sizeof(m.node))
	           : !derive_read(row->opening, HF_EVENT_DERIVED_FROM, &m.id, a->facts))
		return true;
	if (was_told(a, row->origin, &m.id))
		return true;
	const struct made *of = made_of(a, row->origin);
	if (!of) {
		say_unfounded(a, row->origin);
		return true;
	}
	if (!has_room(a, row->origin))
		return !a->full;
	m.steps = of->steps + 1;
	a->out->row(a->out->ctx, &(struct hf_lineage_row){passed ? "passed" : "derived", m.id, of->id, m.steps, row});
	if (passed)
		compare_passed(a, &m);
	if (passed && m.node[0])
		follow_transfer(a, row, &m);
	add_made(a, &m);
	return true;
}

static void use_note(void *ctx, const char *text)
{
	const struct ahead *a = ctx;
	a->out->note(a->out->ctx, text);
}

static enum hf_err look_ahead(struct ahead *a, const struct hf_id *resource)
{
	struct hf_uses u = {
	        .resource = *resource, .limit = HF_USES_MAX, .row = look_at_use, .note = use_note, .ctx = a};
	struct hf_use_at next = {0};
	for (unsigned page = 0; page < USES_PAGES && !a->full; page++) {
		HF_TRY(hf_ledger_uses(a->x->ledger, &u, &next));
		if (!next.node[0])
			return HF_OK;
		u.after = next;
	}
	a->full = true;
	return HF_OK;
}

static bool take_resource(void *ctx, const struct hf_ledger_row *row)
{
	struct ahead *a = ctx;
	struct hf_id id;
	if (strcmp(row->origin, a->x->base->self.s) == 0 &&
	    derive_read(row->opening, HF_EVENT_DERIVATION, &id, a->facts) && hf_id_equal(&id, a->from)) {
		for (size_t i = 0; i < a->facts->source_count; i++)
			add_resource(a, &a->facts->sources[i].resource);
		snprintf(a->made[0].node, sizeof(a->made[0].node), "%s", row->origin);
	} else if (strcmp(row->origin, a->x->base->self.s) == 0 && hf_opening_resource(row->opening, &id)) {
		add_resource(a, &id);
	}
	return true;
}

/* Only who received a transfer can have made something of it. */
static void begin_with(struct ahead *a)
{
	struct ends e;
	if (own_ends(a, a->from, &e))
		snprintf(a->made[0].node, sizeof(a->made[0].node), "%s", e.consumer);
}

enum hf_err hf_lineage_forward(struct hf_exchange *x, const struct hf_id *id, const struct hf_lineage_sink *out)
{
	struct ahead a = {.x = x, .out = out, .from = id, .facts = hf_alloc(sizeof(*a.facts)), .count = 1};
	a.made = hf_alloc_zero(sizeof(*a.made));
	a.made[0].id = *id;
	begin_with(&a);
	bool whole = false;
	enum hf_err e = hf_ledger_trace(x->ledger, id, take_resource, nothing, &a);
	if (e == HF_E_UNKNOWN || (e == HF_OK && a.resource_count == 0)) {
		whole = true;
		add_resource(&a, id);
		e = HF_OK;
	}
	for (size_t i = 0; e == HF_OK && i < a.resource_count; i++) { /* which grow on the way */
		const struct hf_id resource = a.resources[i];
		a.everything = whole && i == 0 ? &resource : NULL;
		e = look_ahead(&a, &resource);
		e = e == HF_E_UNKNOWN && i > 0 ? HF_OK : e;
	}
	if (e == HF_OK && !hf_id_is_zero(&a.left_out))
		say(out, &a.left_out,
		    "it goes on under more than %d catalog entries; what was made of this one and of later ones is "
		    "left "
		    "out; ask for each with `hufu ledger lineage ENTRY --forward`",
		    HF_DERIVE_SOURCES);
	if (e == HF_OK && a.full)
		say(out, id, "more was made of it than %d items; ask for one of the last ones shown", HF_LINEAGE_ITEMS);
	free(a.made);
	free(a.tellers);
	free(a.facts);
	return e;
}
