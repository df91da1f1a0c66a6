#include "exchange/derive.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "exchange/derive_text.h"
#include "exchange/onward.h"
#include "exchange/transfer.h"
#include "ledger/opening.h"

#define LINES_MAX (HF_DRAFT_VALUE_MAX + 1)

/* ---- lines ---- */

/* The next line of a text, without its end; NULL when there is none. */
static const char *next_line(const char **at, char *out, size_t cap)
{
	size_t len = strcspn(*at, "\n");
	if (len == 0 || len >= cap)
		return NULL;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at += len + ((*at)[len] == '\n');
	return out;
}

static bool read_input(const char *line, struct derive_line *ret)
{
	char kind[16], id[HF_ID_TEXT], digest[2 * 32 + 1];
	int end = 0;
	if (sscanf(line, "%15[a-z] %36[0-9a-f-] %64[0-9a-f]%n", kind, id, digest, &end) != 3 || line[end])
		return false;
	ret->derivation = strcmp(kind, "derivation") == 0;
	return (ret->derivation || strcmp(kind, "transfer") == 0) && hf_id_parse(id, &ret->id) &&
	       hf_hex_decode(digest, strlen(digest), ret->digest.b, sizeof(ret->digest.b));
}

static bool read_source(const char *line, struct derive_source *ret)
{
	char id[HF_ID_TEXT];
	struct hf_name name;
	int end = 0;
	if (sscanf(line, "%36[0-9a-f-] %63[a-z0-9.-]%n", id, ret->node, &end) != 2 || line[end])
		return false;
	return hf_id_parse(id, &ret->resource) && hf_name_parse(ret->node, &name);
}

bool derive_inputs(const Hufu__EntryOpening *o, struct derive_facts *d)
{
	char line[160];
	char *text = hf_alloc(LINES_MAX);
	bool ok = hf_opening_text(o, HF_FIELD_INPUTS, text, LINES_MAX);
	d->input_count = 0;
	for (const char *at = text; ok && *at;)
		ok = d->input_count < HF_DERIVE_INPUTS && next_line(&at, line, sizeof(line)) &&
		     read_input(line, &d->inputs[d->input_count++]);
	free(text);
	return ok && d->input_count > 0;
}

static bool read_lines(const Hufu__EntryOpening *o, struct derive_facts *d)
{
	char line[160];
	char *text = hf_alloc(LINES_MAX);
	bool ok = derive_inputs(o, d) && hf_opening_text(o, HF_FIELD_SOURCES, text, LINES_MAX);
	for (const char *at = text; ok && *at;)
		ok = d->source_count < HF_DERIVE_SOURCES && next_line(&at, line, sizeof(line)) &&
		     read_source(line, &d->sources[d->source_count++]);
	free(text);
	return ok && d->source_count > 0;
}

bool derive_says(const Hufu__EntryOpening *o, enum hf_field field, const char *text)
{
	char own[128];
	return hf_opening_text(o, field, own, sizeof(own)) && strcmp(own, text) == 0;
}

static bool read_digest(const Hufu__EntryOpening *o, struct hf_hash *ret_digest)
{
	for (size_t i = 0; o && i < o->n_fields; i++)
		if (o->fields[i]->field == HF_FIELD_DIGEST && o->fields[i]->value.len == sizeof(ret_digest->b)) {
			memcpy(ret_digest->b, o->fields[i]->value.data, sizeof(ret_digest->b));
			return true;
		}
	return false;
}

bool derive_read(const Hufu__EntryOpening *o, enum hf_event event, struct hf_id *ret_id, struct derive_facts *ret_facts)
{
	char id[HF_ID_TEXT];
	memset(ret_facts, 0, sizeof(*ret_facts));
	return derive_says(o, HF_FIELD_EVENT, hf_event_name(event)) &&
	       hf_opening_text(o, HF_FIELD_OBJECT, id, sizeof(id)) && hf_id_parse(id, ret_id) &&
	       hf_opening_text(o, HF_FIELD_SYSTEM, ret_facts->system, sizeof(ret_facts->system)) &&
	       read_digest(o, &ret_facts->digest) && read_lines(o, ret_facts);
}

bool derive_goes_back_to(const struct derive_facts *d, const struct hf_id *resource)
{
	for (size_t i = 0; i < d->source_count; i++)
		if (hf_id_equal(&d->sources[i].resource, resource))
			return true;
	return false;
}

struct finding {
	const char *self;
	const struct hf_id *id;
	struct derive_facts *facts;
	bool found;
};

static bool is_it(void *ctx, const struct hf_ledger_row *row)
{
	struct finding *f = ctx;
	struct hf_id id;
	f->found = strcmp(row->origin, f->self) == 0 && derive_read(row->opening, HF_EVENT_DERIVATION, &id, f->facts) &&
	           hf_id_equal(&id, f->id);
	return !f->found;
}

static void unsaid(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

enum hf_err derive_find(struct hf_exchange *x, const struct hf_id *id, struct derive_facts *ret_facts)
{
	struct finding f = {x->base->self.s, id, ret_facts, false};
	HF_TRY(hf_ledger_trace(x->ledger, id, is_it, unsaid, &f));
	return f.found ? HF_OK : HF_E_UNKNOWN;
}

/* ---- recording ---- */

/* What is known of each input while a derivation is made. */
struct made_of {
	struct derive_line line;
	struct derive_source sources[HF_DERIVE_SOURCES];
	size_t source_count;
};
struct making {
	struct hf_exchange *x;
	const struct hf_derive_in *in;
	struct hf_fault *f;
	struct hf_id id;
	struct made_of *of;
	struct derive_source all[HF_DERIVE_SOURCES];
	size_t all_count;
};

static enum hf_err look_at_transfer(const struct making *m, struct made_of *of, const struct hf_transfer_view *v)
{
	char text[HF_ID_TEXT];
	hf_id_text(&v->transfer, text);
	if (v->provider)
		return hf_fault_set(m->f, HF_E_STATE,
		                    "transfer %s is one that this node provides; name one that it received", text);
	if (strcmp(v->state, "COMPLETED") != 0)
		return hf_fault_set(m->f, HF_E_STATE,
		                    "transfer %s is %s and has delivered nothing to work on; `hufu transfers` shows "
		                    "which ones are complete",
		                    text, v->state);
	if (hf_store_has(m->x->store, HF_TABLE_RECALLED, v->transfer.b, sizeof(v->transfer.b)))
		return hf_fault_set(m->f, HF_E_RECALLED,
		                    "transfer %s was recalled by its provider: nothing more is made of it", text);
	of->line.digest = v->root;
	of->sources[0].resource = v->resource;
	snprintf(of->sources[0].node, sizeof(of->sources[0].node), "%s", v->peer);
	of->source_count = 1;
	return HF_OK;
}

static enum hf_err look_at_derivation(const struct making *m, struct made_of *of)
{
	char text[HF_ID_TEXT];
	struct derive_facts *d = hf_alloc(sizeof(*d));
	enum hf_err e = derive_find(m->x, &of->line.id, d);
	hf_id_text(&of->line.id, text);
	if (e == HF_OK)
		e = onward_stands(m->x, &of->line.id, m->f);
	if (e == HF_OK) {
		of->line.derivation = true;
		of->line.digest = d->digest;
		of->source_count = d->source_count;
		memcpy(of->sources, d->sources, sizeof(of->sources));
	} else if (e == HF_E_UNKNOWN) {
		e = hf_fault_set(m->f, e,
		                 "%s is neither a transfer to this node nor something that was derived here; `hufu "
		                 "transfers` lists transfers, `hufu derive` prints the id of what it records",
		                 text);
	}
	free(d);
	return e;
}

static enum hf_err add_source(struct making *m, const struct derive_source *s)
{
	for (size_t i = 0; i < m->all_count; i++)
		if (hf_id_equal(&m->all[i].resource, &s->resource) && strcmp(m->all[i].node, s->node) == 0)
			return HF_OK;
	if (m->all_count == HF_DERIVE_SOURCES)
		return hf_fault_set(m->f, HF_E_LIMIT,
		                    "the inputs go back to more than %d catalog entries; derive in several steps",
		                    HF_DERIVE_SOURCES);
	m->all[m->all_count++] = *s;
	return HF_OK;
}

static enum hf_err look_at(struct making *m, size_t i)
{
	struct made_of *of = &m->of[i];
	struct hf_transfer_view v;
	char text[HF_ID_TEXT];
	of->line.id = m->in->inputs[i].id;
	hf_id_text(&of->line.id, text);
	for (size_t k = 0; k < i; k++)
		if (hf_id_equal(&m->of[k].line.id, &of->line.id))
			return hf_fault_set(m->f, HF_E_EXISTS, "input %s is named twice; name it once", text);
	if (hf_exchange_view(m->x, &of->line.id, &v) == HF_OK)
		HF_TRY(look_at_transfer(m, of, &v));
	else
		HF_TRY(look_at_derivation(m, of));
	for (size_t k = 0; k < of->source_count; k++)
		HF_TRY(add_source(m, &of->sources[k]));
	return HF_OK;
}

void derive_put_input(struct hf_buf *b, const struct derive_line *l)
{
	char id[HF_ID_TEXT], digest[2 * 32 + 1], line[160];
	hf_id_text(&l->id, id);
	hf_hex(l->digest.b, sizeof(l->digest.b), digest);
	int n = snprintf(line, sizeof(line), "%s %s %s\n", l->derivation ? "derivation" : "transfer", id, digest);
	if (!hf_buf_add(b, line, (size_t)n))
		abort();
}

void derive_put_source(struct hf_buf *b, const struct derive_source *s)
{
	char id[HF_ID_TEXT], line[160];
	hf_id_text(&s->resource, id);
	int n = snprintf(line, sizeof(line), "%s %s\n", id, s->node);
	if (!hf_buf_add(b, line, (size_t)n))
		abort();
}

static bool comes_from(const struct made_of *of, const struct derive_source *s)
{
	for (size_t i = 0; i < of->source_count; i++)
		if (hf_id_equal(&of->sources[i].resource, &s->resource) && strcmp(of->sources[i].node, s->node) == 0)
			return true;
	return false;
}

/* only: what belongs to that source alone; NULL: everything. */
static void say_origin(const struct making *m, struct hf_draft *d, const struct derive_source *only)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf inputs = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf sources = HF_BUF_INIT;
	for (size_t i = 0; i < m->in->input_count; i++)
		if (!only || comes_from(&m->of[i], only))
			derive_put_input(&inputs, &m->of[i].line);
	for (size_t i = 0; i < m->all_count; i++)
		if (!only || &m->all[i] == only)
			derive_put_source(&sources, &m->all[i]);
	hf_draft_bytes(d, HF_FIELD_INPUTS, inputs.data, inputs.len);
	hf_draft_bytes(d, HF_FIELD_SOURCES, sources.data, sources.len);
}

/* DS-97: person, address of the system, time (every entry has it), manner. */
static void say_making(const struct making *m, struct hf_draft *d)
{
	char id[HF_ID_TEXT];
	hf_id_text(&m->id, id);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", m->x->base->self.s, m->in->account);
	hf_draft_text(d, HF_FIELD_SYSTEM, m->in->system->name);
	hf_draft_text(d, HF_FIELD_IP_ADDRESS, m->in->system->address);
	hf_draft_text(d, HF_FIELD_PROCESSING, m->in->processing);
	hf_draft_bytes(d, HF_FIELD_DIGEST, m->in->digest.b, sizeof(m->in->digest.b));
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)m->in->bytes);
}

static void tell_publisher(const struct making *m, const struct derive_source *s, struct hf_unit *unit)
{
	char id[HF_ID_TEXT];
	struct hf_draft *d = hf_draft_new(HF_EVENT_DERIVED_FROM, NULL);
	say_making(m, d);
	hf_id_text(&s->resource, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, s->node);
	hf_draft_text(d, HF_FIELD_MANNER, "record of a derivation");
	say_origin(m, d, s);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, s->node);
	hf_unit_draft(unit, d);
}

enum hf_err hf_derive(struct hf_exchange *x, const struct hf_derive_in *in, struct hf_unit *unit,
                      struct hf_draft *draft, struct hf_id *ret_derivation, struct hf_fault *f)
{
	struct making m = {.x = x, .in = in, .f = f, .id = hf_id_new(hf_now_ms(&x->base->clock))};
	enum hf_err e = HF_OK;
	if (in->input_count == 0 || in->input_count > HF_DERIVE_INPUTS)
		return hf_fault_set(f, HF_E_LIMIT, "a derived item is made of 1 to %d inputs; derive in several steps",
		                    HF_DERIVE_INPUTS);
	m.of = hf_alloc_zero(in->input_count * sizeof(*m.of));
	for (size_t i = 0; e == HF_OK && i < in->input_count; i++)
		e = look_at(&m, i);
	if (e == HF_OK) {
		hf_draft_txn(draft, &m.id);
		say_making(&m, draft);
		hf_draft_text(draft, HF_FIELD_DETAIL, in->title);
		say_origin(&m, draft, NULL);
		hf_draft_close(draft);
		for (size_t i = 0; i < m.all_count; i++)
			tell_publisher(&m, &m.all[i], unit);
		uint8_t key[32 + 16];
		memcpy(key, in->digest.b, 32);
		memcpy(key + 32, m.id.b, 16);
		hf_unit_put(unit, HF_TABLE_DERIVED, key, sizeof(key), m.id.b, 16);
		*ret_derivation = m.id;
	}
	free(m.of);
	return e;
}
