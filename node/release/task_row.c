/* task_row.c - the row of a task while it is being changed, with its row of what ran over what, and the entries of its
 * transaction; declared in internal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"

static ProtobufCBinaryData lent(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)data};
}

void release_change_begin(struct release_change *c, const Hufu__MaskTaskRow *row)
{
	memset(c, 0, sizeof(*c));
	c->row = *row;
	hufu__mask_place__init(&c->place);
	if (row->place)
		c->place = *row->place;
	c->row.place = &c->place;
	for (size_t i = 0; i < row->n_steps && i < RELEASE_STEPS; i++)
		c->steps[i] = row->steps[i];
	c->row.steps = c->steps;
}

void release_change_done(struct release_change *c)
{
	free(c->count_rows);
	free(c->counts);
}

void release_change_step(struct release_change *c, enum hf_mask_step step, int64_t ms, const char *person,
                         const char *note, const struct hf_hash *digest)
{
	Hufu__MaskStep *s;

	if (c->added_count == sizeof(c->added) / sizeof(c->added[0]) || c->row.n_steps == RELEASE_STEPS)
		return;
	s = &c->added[c->added_count++];
	hufu__mask_step__init(s);
	s->step = (uint32_t)step;
	s->time_ms = ms;
	s->person = (char *)person;
	s->note = (char *)note;
	if (digest)
		s->digest = lent(digest->b, sizeof(digest->b));
	c->steps[c->row.n_steps++] = s;
}

void release_change_counts(struct release_change *c, const struct release_count *counts, size_t count)
{
	free(c->count_rows);
	free(c->counts);
	c->count_rows = hf_alloc_zero((count + 1) * sizeof(*c->count_rows));
	c->counts = hf_alloc_zero((count + 1) * sizeof(*c->counts));
	for (size_t i = 0; i < count; i++) {
		Hufu__MaskCount *m = &c->count_rows[i];

		hufu__mask_count__init(m);
		m->field = (char *)counts[i].field;
		m->technique = (char *)counts[i].technique;
		m->key = (char *)counts[i].key;
		m->values = counts[i].values;
		m->unreadable = counts[i].unreadable;
		c->counts[i] = m;
	}
	c->row.counts = c->counts;
	c->row.n_counts = count;
}

/* ---- which table of which plan went over which source ---- */

#define RAN_KEY (sizeof(struct hf_hash) + sizeof(struct hf_id))

static void ran_prefix(const char *source, const char *plan, uint32_t version, const char *table, struct hf_hash *ret_h)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	hf_buf_add(&b, source, strlen(source) + 1);
	hf_buf_add(&b, plan, strlen(plan) + 1);
	hf_buf_add(&b, table, strlen(table) + 1);
	hf_buf_addf(&b, "%u", version);
	hf_sha256(b.data, b.len, ret_h);
}

static bool ran_key(const Hufu__MaskTaskRow *row, uint8_t key[RAN_KEY])
{
	struct hf_hash h;

	if (row->id.len != sizeof(struct hf_id))
		return false;
	ran_prefix(row->source, row->plan, row->version, row->table, &h);
	memcpy(key, h.b, sizeof(h.b));
	memcpy(key + sizeof(h.b), row->id.data, row->id.len);
	return true;
}

static bool leaves_nothing(const Hufu__MaskTaskRow *row)
{
	return row->state == HF_TASK_FAILED || row->state == HF_TASK_STOPPED;
}

static void put_ran(const Hufu__MaskTaskRow *row, struct hf_unit *unit)
{
	uint8_t key[RAN_KEY];

	if (!ran_key(row, key))
		return;
	if (leaves_nothing(row))
		hf_unit_del(unit, HF_TABLE_MASK_RAN, key, sizeof(key));
	else
		hf_unit_put(unit, HF_TABLE_MASK_RAN, key, sizeof(key), "", 0);
}

void release_ran_mend(struct hf_release *r, const Hufu__MaskTaskRow *row, struct hf_unit *unit)
{
	uint8_t key[RAN_KEY];

	if (!leaves_nothing(row) && ran_key(row, key) && !hf_store_has(r->store, HF_TABLE_MASK_RAN, key, sizeof(key)))
		put_ran(row, unit);
}

static bool any_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	(void)value;
	*(bool *)ctx = true;
	return false;
}

bool release_ran(struct hf_release *r, const char *source, const struct release_alike *a)
{
	struct hf_hash h;
	bool any = false;

	ran_prefix(source, a->plan->name, a->plan->version, a->table, &h);
	/* What cannot be read may have run. */
	return hf_store_scan(r->store, HF_TABLE_MASK_RAN, h.b, sizeof(h.b), NULL, 0, any_row, &any) != HF_OK || any;
}

void release_change_put(const struct release_change *c, struct hf_unit *unit)
{
	size_t len;
	uint8_t *bytes = hf_encode(&c->row.base, &len);

	if (!bytes)
		abort();
	hf_unit_put(unit, HF_TABLE_MASK_TASK, c->row.id.data, c->row.id.len, bytes, len);
	put_ran(&c->row, unit);
	free(bytes);
}

/* ---- counts and entries ---- */

struct release_count *release_counts_of(const Hufu__MaskTaskRow *row)
{
	struct release_count *out = hf_alloc_zero((row->n_counts + 1) * sizeof(*out));

	for (size_t i = 0; i < row->n_counts; i++) {
		const Hufu__MaskCount *m = row->counts[i];

		snprintf(out[i].field, sizeof(out[i].field), "%s", m->field);
		snprintf(out[i].technique, sizeof(out[i].technique), "%s", m->technique);
		snprintf(out[i].key, sizeof(out[i].key), "%s", m->key);
		out[i].values = m->values;
		out[i].unreadable = m->unreadable;
	}
	return out;
}

bool release_has_digest(const ProtobufCBinaryData *b, const struct hf_hash *h)
{
	return b->len == sizeof(h->b) && memcmp(b->data, h->b, sizeof(h->b)) == 0;
}

struct hf_draft *release_entry(struct hf_release *r, const Hufu__MaskTaskRow *row, enum hf_event event,
                               const char *person, const char *detail)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	struct hf_draft *d;

	if (!hf_id_from_bytes(row->id.data, row->id.len, &id))
		memset(&id, 0, sizeof(id));
	hf_id_text(&id, text);
	d = hf_draft_new(event, &id);
	if (*person)
		hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", r->base->self.s, person);
	else
		hf_draft_text(d, HF_FIELD_ACTOR, r->base->self.s);
	hf_draft_textf(d, HF_FIELD_OBJECT, "masking task %s", text);
	hf_draft_text(d, HF_FIELD_MANNER, row->manner);
	hf_draft_text(d, HF_FIELD_DETAIL, detail);
	hf_draft_bytes(d, HF_FIELD_DIGEST, row->plan_digest.data, row->plan_digest.len);
	hf_draft_outcome(d, HF_OK, NULL);
	return d;
}
