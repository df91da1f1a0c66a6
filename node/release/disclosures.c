/* disclosures.c - what was given out: asked, put, allowed and shown; declared in disclosures.h. */
#include "release/disclosure_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "proto/codec.h"

#define NAMED 3u /* releases that a sentence names */

/* ---- asking ---- */

/* Room for one more: nobody takes all of it, so nobody keeps the others out. */
static enum hf_err room(struct hf_store *store, const struct hf_disclosure_in *in, const struct hf_disclosures *d,
                        struct hf_fault *f)
{
	Hufu__DisclosureRow *there HF_CLEANUP(hf_decoded_done) = NULL;
	size_t all = 0, own = 0;

	for (size_t i = 0; i < d->count; i++) {
		all += !d->list[i].plain;
		own += !d->list[i].plain && strcmp(d->rows[i]->recipient, in->recipient) == 0;
	}
	if (!in->plan || (own < HF_DISCLOSURES_OF_ONE && all < HF_DISCLOSURES_MAX))
		return HF_OK;
	there = disclosure_row(store, in);
	if (there)
		return HF_OK;
	if (own >= HF_DISCLOSURES_OF_ONE)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%.60s was given out to %.60s in %u different ways; use plans and agreements by "
		                    "which it went there before, or have it allowed with a reason",
		                    in->dataset, in->recipient, HF_DISCLOSURES_OF_ONE);
	return hf_fault_set(f, HF_E_LIMIT,
	                    "%.60s was given out in %u different ways; use plans and agreements by which it "
	                    "went out before, or have it allowed with a reason",
	                    in->dataset, HF_DISCLOSURES_MAX);
}

static bool is_quasi(const struct hf_disclosure *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < list[i].quasi_count; k++)
			if (strcmp(list[i].quasi[k], name) == 0)
				return true;
	return false;
}

static bool has_quasi(const struct hf_disclosure *list, size_t count, const struct hf_disclosure *d)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (is_quasi(list, count, d->fields[i].name))
			return true;
	return false;
}

/* "tolls 1 to university, tolls 2 to insurer and 3 more" */
static void name_quasi(const struct hf_disclosure *list, size_t count, char *out, size_t cap)
{
	size_t named = 0, more = 0, n = 0;

	*out = '\0';
	for (size_t i = 0; i + 1 < count; i++) {
		if (!has_quasi(list, count, &list[i]))
			continue;
		if (named == NAMED)
			more++;
		else
			n += (size_t)snprintf(out + n, cap - n, "%s%.40s to %.30s", named++ ? ", " : "",
			                      list[i].release, list[i].recipient);
	}
	if (more)
		snprintf(out + n, cap - n, " and %zu more", more);
	hf_utf8_mend(out);
}

static enum hf_err judge_sensitive(const struct hf_disclosure_in *in, const struct hf_disclosure *list, size_t count,
                                   struct hf_fault *f)
{
	char names[300];

	if (!in->classes.missed[0])
		return HF_OK;
	name_quasi(list, count, names, sizeof(names));
	return hf_fault_set(f, HF_E_DISCLOSURE,
	                    "together with %.150s %s; give out fewer or coarser columns, or have it allowed", names,
	                    in->classes.missed);
}

/* What its plan demands holds for all that anybody has; and what an earlier one demanded is not made less. */
static enum hf_err judge_classes(const struct hf_disclosure_in *in, const struct hf_disclosure *list, size_t count,
                                 struct hf_fault *f)
{
	const struct hf_joint_classes *c = &in->classes;
	uint32_t own = list[count - 1].k, promised = 0;
	char names[300];

	for (size_t i = 0; i + 1 < count; i++)
		promised = list[i].k > promised ? list[i].k : promised;
	if (c->before && c->k >= c->before)
		promised = 0;
	if (!c->k || (c->k >= own && c->k >= promised))
		return judge_sensitive(in, list, count, f);
	if (c->unopened[0])
		return hf_fault_set(f, HF_E_DISCLOSURE,
		                    "how %s, so it counts as given out as it is, and with that the least class of "
		                    "rows of %.60s has %u, and %s demands %u; mask coarser, or have it allowed",
		                    c->unopened, in->dataset, c->k, c->k < own ? "the plan" : "a plan of these",
		                    c->k < own ? own : promised);
	name_quasi(list, count, names, sizeof(names));
	return hf_fault_set(
	        f, HF_E_DISCLOSURE,
	        "together with %s the least class of rows of %.60s has %u, and %s demands %u; give out fewer or "
	        "coarser columns, or have it allowed with a reason",
	        names, in->dataset, c->k, c->k < own ? "the plan" : "a plan of these", c->k < own ? own : promised);
}

static enum hf_err judge(struct hf_store *store, const struct hf_disclosure_in *in, struct hf_disclosures *d,
                         struct hf_fault *f)
{
	size_t count;
	const struct hf_disclosure *list = hf_disclosures_list(d, in, &count);

	HF_TRY(room(store, in, d, f));
	HF_TRY(hf_disclosure_joint(list, count - 1, &list[count - 1], f, NULL));
	return judge_classes(in, list, count, f);
}

/* NULL: nobody allowed it. */
static Hufu__DisclosureAllowedRow *allowed_row(struct hf_store *store, const struct hf_disclosure_in *in)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[DISCLOSURE_KEY_MAX];
	size_t n = disclosure_key(in, DISCLOSURE_ALLOWED, key);

	return hf_store_get(store, HF_TABLE_DISCLOSURE, key, n, &b) == HF_OK
	               ? HF_DECODE_OWN(disclosure_allowed_row, b.data, b.len)
	               : NULL;
}

bool hf_disclosure_allowed(struct hf_store *store, const struct hf_disclosure_in *in)
{
	Hufu__DisclosureAllowedRow *row HF_CLEANUP(hf_decoded_done) = allowed_row(store, in);

	return row != NULL;
}

static enum hf_err sound(const struct hf_disclosure_in *in, struct hf_fault *f)
{
	if (strlen(in->dataset) > HF_NAME_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT, "the dataset's name is longer than %u bytes; take a shorter one",
		                    HF_NAME_MAX);
	if (in->plan && !hf_plan_table_named(in->plan, in->table))
		return hf_fault_set(f, HF_E_UNKNOWN, "the plan %.60s has no table %.60s; name one that it has",
		                    in->plan->name, in->table);
	return HF_OK;
}

enum hf_err hf_disclosure_check(struct hf_store *store, const struct hf_disclosure_in *in, struct hf_fault *f)
{
	Hufu__DisclosureAllowedRow *allowed HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_disclosures *d = NULL;
	bool masked = true;
	enum hf_err e;

	HF_TRY(sound(in, f));
	if (!in->plan)
		HF_TRY(hf_fault_default(f, hf_disclosure_masked(store, in->dataset, &masked)));
	allowed = masked ? allowed_row(store, in) : NULL;
	if (allowed || !masked)
		return HF_OK;
	HF_TRY(hf_fault_default(f, hf_disclosures_load(store, in->dataset, &d)));
	e = judge(store, in, d, f);
	hf_disclosures_free(d);
	return e;
}

/* ---- putting ---- */

static void put_row(struct hf_unit *unit, const struct hf_disclosure_in *in, enum disclosure_kind kind,
                    const ProtobufCMessage *m)
{
	uint8_t key[DISCLOSURE_KEY_MAX], *data;
	size_t n = disclosure_key(in, kind, key), len;

	data = hf_encode(m, &len);
	hf_unit_put(unit, HF_TABLE_DISCLOSURE, key, n, data, len);
	free(data);
}

static char *text(const char *t)
{
	union {
		const char *in;
		char *out;
	} u = {t ? t : ""}; /* the generated structs have no const */

	return u.out;
}

static void fill_field(const struct hf_plan_field *f, struct hf_arena *arena, Hufu__DisclosureField *ret)
{
	*ret = (Hufu__DisclosureField)HUFU__DISCLOSURE_FIELD__INIT;
	ret->name = text(f->name);
	ret->technique = text(f->technique ? f->technique->id : NULL);
	ret->keyed = f->technique ? f->technique->record.keyed : 0;
	ret->type = text(f->type);
	ret->by = text(f->by);
	ret->n_arg_names = ret->n_arg_values = f->arg_count;
	ret->arg_names = hf_arena_get(arena, (f->arg_count + 1) * sizeof(*ret->arg_names));
	ret->arg_values = hf_arena_get(arena, (f->arg_count + 1) * sizeof(*ret->arg_values));
	for (size_t i = 0; i < f->arg_count; i++) {
		ret->arg_names[i] = text(f->args[i].name);
		ret->arg_values[i] = text(f->args[i].value);
	}
}

static char **texts(const char *const *list, size_t count, struct hf_arena *arena)
{
	char **out = hf_arena_get(arena, (count + 1) * sizeof(*out));

	for (size_t i = 0; i < count; i++)
		out[i] = text(list[i]);
	return out;
}

static void fill_demand(const struct hf_plan_demand *d, struct hf_arena *arena, Hufu__DisclosureRow *row)
{
	if (!d)
		return;
	row->k = d->k;
	row->l = d->l;
	row->closes = d->t >= 0;
	row->t = row->closes ? d->t : 0;
	row->suppresses = d->suppress > 0;
	row->n_quasi = d->quasi_count;
	row->quasi = texts(d->quasi, d->quasi_count, arena);
	row->n_sensitive = d->sensitive_count;
	row->sensitive = texts(d->sensitive, d->sensitive_count, arena);
}

static void fill_row(const struct hf_disclosure_in *in, struct hf_arena *arena, Hufu__DisclosureRow *row)
{
	size_t count;
	struct hf_plan_field *out = disclosure_fields(in, 0, &count);
	const struct hf_mask_scope *s = disclosure_scope(in);
	Hufu__DisclosureField *fields = hf_arena_get(arena, (count + 1) * sizeof(*fields));
	char *name = hf_arena_get(arena, 128);

	row->recipient = text(in->recipient);
	row->release = text(disclosure_release(in, name, 128));
	row->inside = in->inside;
	row->emergency = in->emergency;
	if (in->plan) {
		row->table = text(in->table);
		row->plan_digest.data = hf_arena_get(arena, sizeof(in->plan->digest.b));
		row->plan_digest.len = sizeof(in->plan->digest.b);
		memcpy(row->plan_digest.data, in->plan->digest.b, sizeof(in->plan->digest.b));
		row->engine = in->plan->engine;
		fill_demand(hf_plan_table_named(in->plan, in->table)->demand, arena, row);
	}
	row->group = text(s->group);
	row->consumer = text(s->consumer);
	row->contract = text(s->contract);
	row->epoch = s->epoch;
	row->n_fields = count;
	if (in->content) {
		row->content.data = hf_arena_get(arena, sizeof(in->content->b));
		row->content.len = sizeof(in->content->b);
		memcpy(row->content.data, in->content->b, sizeof(in->content->b));
	}
	row->fields = hf_arena_get(arena, (count + 1) * sizeof(*row->fields));
	for (size_t i = 0; i < count; i++) {
		fill_field(&out[i], arena, &fields[i]);
		row->fields[i] = &fields[i];
	}
	free(out);
	row->first_ms = row->last_ms = in->now_ms;
	row->times = 1;
}

static bool names_field(const Hufu__DisclosureRow *row, const char *name)
{
	for (size_t i = 0; i < row->n_fields; i++)
		if (strcmp(row->fields[i]->name, name) == 0)
			return true;
	return false;
}

/* The same release again: of its fields all that were ever asked for. */
static void fill_before(const Hufu__DisclosureRow *before, struct hf_arena *arena, Hufu__DisclosureRow *row)
{
	Hufu__DisclosureField **all = hf_arena_get(arena, (row->n_fields + before->n_fields + 1) * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < before->n_fields; i++)
		if (!names_field(row, before->fields[i]->name))
			all[n++] = before->fields[i];
	for (size_t i = 0; i < row->n_fields; i++)
		all[n++] = row->fields[i];
	row->fields = all;
	row->n_fields = n;
	row->inside = row->inside && before->inside;
	row->first_ms = before->first_ms;
	row->times = before->times + 1;
}

enum hf_err hf_disclosure_record(struct hf_store *store, struct hf_unit *unit, const struct hf_disclosure_in *in,
                                 struct hf_fault *f)
{
	Hufu__DisclosureAllowedRow *allowed HF_CLEANUP(hf_decoded_done) = NULL;
	Hufu__DisclosureRow *before HF_CLEANUP(hf_decoded_done) = NULL;
	Hufu__DisclosureRow row = HUFU__DISCLOSURE_ROW__INIT;
	struct hf_arena arena;

	HF_TRY(in->emergency ? sound(in, f) : hf_disclosure_check(store, in, f));
	allowed = allowed_row(store, in);
	before = disclosure_row(store, in);
	hf_arena_init(&arena, NULL, 0);
	fill_row(in, &arena, &row);
	if (before)
		fill_before(before, &arena, &row);
	if (allowed) {
		row.allowed_by = allowed->by;
		row.reason = allowed->reason;
	}
	put_row(unit, in, DISCLOSURE_ROW, &row.base);
	hf_arena_done(&arena);
	return HF_OK;
}

enum hf_err hf_disclosure_allow(struct hf_unit *unit, const struct hf_disclosure_in *in, const char *by,
                                const char *reason, struct hf_fault *f)
{
	Hufu__DisclosureAllowedRow row = HUFU__DISCLOSURE_ALLOWED_ROW__INIT;
	struct hf_hash digest;

	HF_TRY(sound(in, f));
	row.recipient = text(in->recipient);
	if (in->plan) {
		digest = in->plan->digest;
		row.table = text(in->table);
		row.plan_digest = (ProtobufCBinaryData){sizeof(digest.b), digest.b};
	}
	row.by = text(by);
	row.reason = text(reason);
	row.time_ms = in->now_ms;
	put_row(unit, in, DISCLOSURE_ALLOWED, &row.base);
	return HF_OK;
}

/* ---- showing ---- */

static json_t *shown_row(const Hufu__DisclosureRow *r)
{
	char first[HF_TIME_TEXT], last[HF_TIME_TEXT];
	json_t *o;

	hf_time_text(r->first_ms, first);
	hf_time_text(r->last_ms, last);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "table", r->table, "release", r->release, "recipient",
	              r->recipient, "first", first, "last", last, "times", (json_int_t)r->times);
	if (r->plan_digest.len == 0)
		json_object_set_new(o, "plain", json_true());
	if (r->inside)
		json_object_set_new(o, "inside", json_true());
	if (r->emergency)
		json_object_set_new(o, "emergency", json_true());
	if (*r->allowed_by) {
		json_object_set_new(o, "allowed_by", json_string(r->allowed_by));
		json_object_set_new(o, "reason", json_string(r->reason));
	}
	return o;
}

enum hf_err hf_disclosures_show(struct hf_store *store, const char *dataset, const char *field, json_t **ret_shown)
{
	struct hf_disclosures *d = NULL;
	json_t *releases;

	HF_TRY(hf_disclosures_load(store, dataset, &d));
	releases = json_array();
	for (size_t i = 0; i < d->count; i++)
		json_array_append_new(releases, shown_row(d->rows[i]));
	*ret_shown = json_pack("{s:s, s:o, s:o}", "dataset", dataset, "fields",
	                       hf_disclosure_view(d->list, d->count, field), "releases", releases);
	hf_disclosures_free(d);
	return HF_OK;
}
