/* disclosures.c - rows of what was given out, asked and put; declared in disclosures.h. */
#include "release/disclosures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/codec.h"
#include "state_disclosure.pb-c.h"

#define KEY_MAX (HF_NAME_MAX + 2 + sizeof(struct hf_hash))

struct hf_disclosures {
	Hufu__DisclosureRow **rows; /* what the list borrows from */
	struct hf_disclosure *list; /* room for one more */
	struct hf_plan_field **fields;
	struct hf_arg **args;
	size_t count;
	struct hf_plan_field *asked; /* of the release that is asked about */
	struct hf_arena own;         /* what stands for techniques that are not built in */
};

/* ---- keys ---- */

static const struct hf_mask_scope *scope_of(const struct hf_disclosure_in *in)
{
	return in->scope ? in->scope : &in->plan->scope;
}

static bool is_out(const struct hf_disclosure_in *in, const struct hf_plan_field *f)
{
	for (size_t i = 0; i < in->only_count; i++)
		if (strcmp(in->only[i], f->name) == 0)
			return true;
	return in->only_count == 0;
}

/* The fields that are given out; free() them. */
static struct hf_plan_field *fields_out(const struct hf_disclosure_in *in, size_t *ret_count)
{
	const struct hf_plan_table *t = hf_plan_table_named(in->plan, in->table);
	struct hf_plan_field *out = hf_alloc_zero((t->field_count + 1) * sizeof(*out));

	*ret_count = 0;
	for (size_t i = 0; i < t->field_count; i++)
		if (is_out(in, &t->fields[i]))
			out[(*ret_count)++] = t->fields[i];
	return out;
}

static void add_text(struct hf_buf *b, const char *text)
{
	hf_buf_add(b, text ? text : "", (text ? strlen(text) : 0) + 1);
}

/* kind 'R': with the scope. */
static size_t key_of(const struct hf_disclosure_in *in, char kind, uint8_t out[KEY_MAX])
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	const struct hf_mask_scope *s = scope_of(in);
	size_t n = strnlen(in->dataset, HF_NAME_MAX);
	struct hf_hash h;

	add_text(&b, in->table);
	add_text(&b, in->recipient);
	hf_buf_add(&b, in->plan->digest.b, sizeof(in->plan->digest.b));
	if (kind == 'R') {
		add_text(&b, s->group);
		add_text(&b, s->consumer);
		add_text(&b, s->contract);
		hf_buf_addf(&b, "%llu", (unsigned long long)s->epoch);
	}
	hf_sha256(b.data, b.len, &h);
	memcpy(out, in->dataset, n);
	out[n] = 0;
	out[n + 1] = (uint8_t)kind;
	memcpy(out + n + 2, h.b, sizeof(h.b));
	return n + 2 + sizeof(h.b);
}

static const char *release_of(const struct hf_disclosure_in *in, char *out, size_t cap)
{
	if (in->release)
		return in->release;
	snprintf(out, cap, "%.100s %u", in->plan->name, in->plan->version);
	return out;
}

/* ---- loading ---- */

struct loading {
	struct hf_disclosures *d;
	enum hf_err e;
};

static const char *given(const char *text)
{
	return text && *text ? text : NULL;
}

/* One that is not built in was a method of somebody's own: what it shows is only compared with itself. */
static const struct hf_technique *technique_of(struct hf_disclosures *d, const Hufu__DisclosureField *in)
{
	const struct hf_technique *t = given(in->technique) ? hf_technique_named(in->technique) : NULL;
	struct hf_technique *own;

	if (t || !given(in->technique))
		return t;
	own = hf_arena_get(&d->own, sizeof(*own));
	memset(own, 0, sizeof(*own));
	own->id = in->technique;
	own->record.keyed = (enum hf_keyed_by)in->keyed;
	return own;
}

static void read_fields(struct hf_disclosures *d, size_t i, const Hufu__DisclosureRow *row)
{
	size_t args = 0, at = 0;

	for (size_t k = 0; k < row->n_fields; k++)
		args += row->fields[k]->n_arg_names;
	d->fields[i] = hf_alloc_zero((row->n_fields + 1) * sizeof(**d->fields));
	d->args[i] = hf_alloc_zero((args + 1) * sizeof(**d->args));
	for (size_t k = 0; k < row->n_fields; k++) {
		const Hufu__DisclosureField *in = row->fields[k];
		struct hf_plan_field *f = &d->fields[i][k];

		f->name = in->name;
		f->technique = technique_of(d, in);
		f->type = given(in->type);
		f->by = given(in->by);
		f->args = &d->args[i][at];
		for (size_t n = 0; n < in->n_arg_names && n < in->n_arg_values; n++, f->arg_count++)
			d->args[i][at++] = (struct hf_arg){in->arg_names[n], in->arg_values[n]};
	}
}

static void read_row(struct hf_disclosures *d, Hufu__DisclosureRow *take)
{
	size_t i = d->count++;

	d->rows = hf_realloc(d->rows, d->count * sizeof(*d->rows));
	d->list = hf_realloc(d->list, (d->count + 1) * sizeof(*d->list));
	d->fields = hf_realloc(d->fields, d->count * sizeof(*d->fields));
	d->args = hf_realloc(d->args, d->count * sizeof(*d->args));
	d->rows[i] = take;
	read_fields(d, i, take);
	d->list[i] = (struct hf_disclosure){.release = take->release,
	                                    .recipient = take->recipient,
	                                    .scope = {.group = given(take->group),
	                                              .consumer = given(take->consumer),
	                                              .contract = given(take->contract),
	                                              .epoch = take->epoch},
	                                    .engine = (enum hf_engine)take->engine,
	                                    .fields = d->fields[i],
	                                    .field_count = take->n_fields};
}

static bool load_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct loading *l = ctx;
	Hufu__DisclosureRow *row = HF_DECODE_OWN(disclosure_row, value.data, value.len);

	(void)key;
	if (!row) {
		l->e = HF_E_STORE;
		return false;
	}
	read_row(l->d, row);
	return true;
}

static int by_time(const void *a, const void *b)
{
	const Hufu__DisclosureRow *x = *(Hufu__DisclosureRow *const *)a, *y = *(Hufu__DisclosureRow *const *)b;

	return x->first_ms < y->first_ms ? -1 : x->first_ms > y->first_ms;
}

/* Keys are hashes; people want the order in which things happened. */
static void put_in_order(struct hf_disclosures *d)
{
	struct hf_disclosures sorted = {.count = 0};

	if (d->count == 0)
		return;
	hf_arena_init(&sorted.own, NULL, 0);
	qsort(d->rows, d->count, sizeof(*d->rows), by_time);
	for (size_t i = 0; i < d->count; i++) {
		free(d->fields[i]);
		free(d->args[i]);
	}
	for (size_t i = 0; i < d->count; i++)
		read_row(&sorted, d->rows[i]);
	free(d->rows);
	free(d->list);
	free(d->fields);
	free(d->args);
	hf_arena_done(&d->own);
	*d = sorted;
}

enum hf_err hf_disclosures_load(struct hf_store *store, const char *dataset, struct hf_disclosures **ret_d)
{
	struct loading l = {.d = hf_alloc_zero(sizeof(*l.d)), .e = HF_OK};
	uint8_t prefix[KEY_MAX];
	size_t n = strnlen(dataset, HF_NAME_MAX);
	enum hf_err e;

	memcpy(prefix, dataset, n);
	prefix[n] = 0;
	prefix[n + 1] = 'R';
	l.d->list = hf_alloc_zero(sizeof(*l.d->list));
	hf_arena_init(&l.d->own, NULL, 0);
	e = hf_store_scan(store, HF_TABLE_DISCLOSURE, prefix, n + 2, NULL, 0, load_row, &l);
	if (e == HF_OK)
		e = l.e;
	if (e != HF_OK) {
		hf_disclosures_free(l.d);
		return e;
	}
	put_in_order(l.d);
	*ret_d = l.d;
	return HF_OK;
}

void hf_disclosures_free(struct hf_disclosures *d)
{
	for (size_t i = 0; d && i < d->count; i++) {
		hf_decoded_free(d->rows[i]);
		free(d->fields[i]);
		free(d->args[i]);
	}
	if (d) {
		free(d->rows);
		free(d->list);
		free(d->fields);
		free(d->args);
		free(d->asked);
		hf_arena_done(&d->own);
	}
	free(d);
}

const struct hf_disclosure *hf_disclosures_list(struct hf_disclosures *d, const struct hf_disclosure_in *in,
                                                size_t *ret_count)
{
	size_t field_count;

	*ret_count = d->count;
	if (!in || !hf_plan_table_named(in->plan, in->table))
		return d->list;
	free(d->asked);
	d->asked = fields_out(in, &field_count);
	d->list[d->count] = (struct hf_disclosure){.release = in->release ? in->release : in->plan->name,
	                                           .recipient = in->recipient,
	                                           .scope = *scope_of(in),
	                                           .engine = in->plan->engine,
	                                           .fields = d->asked,
	                                           .field_count = field_count};
	*ret_count = d->count + 1;
	return d->list;
}

/* ---- asking ---- */

/* What the row of the same release says already; NULL: there is none. */
static Hufu__DisclosureRow *earlier_row(struct hf_store *store, const struct hf_disclosure_in *in)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[KEY_MAX];
	size_t n = key_of(in, 'R', key);

	return hf_store_get(store, HF_TABLE_DISCLOSURE, key, n, &b) == HF_OK
	               ? HF_DECODE_OWN(disclosure_row, b.data, b.len)
	               : NULL;
}

/* Room for one more: nobody takes all of it, so nobody keeps the others out. */
static enum hf_err room(struct hf_store *store, const struct hf_disclosure_in *in, const struct hf_disclosures *d,
                        struct hf_fault *f)
{
	Hufu__DisclosureRow *there HF_CLEANUP(hf_decoded_done) = NULL;
	size_t own = 0;

	if (d->count < HF_DISCLOSURES_OF_ONE)
		return HF_OK;
	there = earlier_row(store, in);
	if (there)
		return HF_OK;
	for (size_t i = 0; i < d->count; i++)
		own += strcmp(d->rows[i]->recipient, in->recipient) == 0;
	if (own >= HF_DISCLOSURES_OF_ONE)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%.60s was given out to %.60s in %u different ways; use plans and agreements by "
		                    "which it went there before, or have it allowed with a reason",
		                    in->dataset, in->recipient, HF_DISCLOSURES_OF_ONE);
	if (d->count >= HF_DISCLOSURES_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%.60s was given out in %u different ways; use plans and agreements by which it "
		                    "went out before, or have it allowed with a reason",
		                    in->dataset, HF_DISCLOSURES_MAX);
	return HF_OK;
}

static enum hf_err judge(struct hf_store *store, const struct hf_disclosure_in *in, struct hf_disclosures *d,
                         struct hf_fault *f)
{
	size_t count;
	const struct hf_disclosure *list = hf_disclosures_list(d, in, &count);

	HF_TRY(room(store, in, d, f));
	HF_TRY(hf_disclosure_joint(list, count - 1, &list[count - 1], f, NULL));
	if (in->k_demanded && in->k < in->k_demanded)
		return hf_fault_set(
		        f, HF_E_DISCLOSURE,
		        "together with the %zu earlier releases of %.60s the least class of rows has %u, and "
		        "the plan demands %u; give out fewer or coarser columns, or have it allowed with a reason",
		        count - 1, in->dataset, in->k, in->k_demanded);
	return HF_OK;
}

/* NULL: nobody allowed it. */
static Hufu__DisclosureAllowedRow *allowed_row(struct hf_store *store, const struct hf_disclosure_in *in)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[KEY_MAX];
	size_t n = key_of(in, 'A', key);

	return hf_store_get(store, HF_TABLE_DISCLOSURE, key, n, &b) == HF_OK
	               ? HF_DECODE_OWN(disclosure_allowed_row, b.data, b.len)
	               : NULL;
}

static enum hf_err sound(const struct hf_disclosure_in *in, struct hf_fault *f)
{
	if (strlen(in->dataset) > HF_NAME_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT, "the dataset's name is longer than %u bytes; take a shorter one",
		                    HF_NAME_MAX);
	if (!hf_plan_table_named(in->plan, in->table))
		return hf_fault_set(f, HF_E_UNKNOWN, "the plan %.60s has no table %.60s; name one that it has",
		                    in->plan->name, in->table);
	return HF_OK;
}

enum hf_err hf_disclosure_check(struct hf_store *store, const struct hf_disclosure_in *in, struct hf_fault *f)
{
	Hufu__DisclosureAllowedRow *allowed HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_disclosures *d = NULL;
	enum hf_err e;

	HF_TRY(sound(in, f));
	allowed = allowed_row(store, in);
	if (allowed)
		return HF_OK;
	HF_TRY(hf_fault_default(f, hf_disclosures_load(store, in->dataset, &d)));
	e = judge(store, in, d, f);
	hf_disclosures_free(d);
	return e;
}

/* ---- putting ---- */

static void put_row(struct hf_unit *unit, const struct hf_disclosure_in *in, char kind, const ProtobufCMessage *m)
{
	uint8_t key[KEY_MAX], *data;
	size_t n = key_of(in, kind, key), len;

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

static void fill_row(const struct hf_disclosure_in *in, struct hf_arena *arena, Hufu__DisclosureRow *row)
{
	size_t count;
	struct hf_plan_field *out = fields_out(in, &count);
	const struct hf_mask_scope *s = scope_of(in);
	Hufu__DisclosureField *fields = hf_arena_get(arena, (count + 1) * sizeof(*fields));
	char *name = hf_arena_get(arena, 128);

	row->table = text(in->table);
	row->recipient = text(in->recipient);
	row->release = text(release_of(in, name, 128));
	row->plan_digest.data = hf_arena_get(arena, sizeof(in->plan->digest.b));
	row->plan_digest.len = sizeof(in->plan->digest.b);
	memcpy(row->plan_digest.data, in->plan->digest.b, sizeof(in->plan->digest.b));
	row->group = text(s->group);
	row->consumer = text(s->consumer);
	row->contract = text(s->contract);
	row->epoch = s->epoch;
	row->engine = in->plan->engine;
	row->n_fields = count;
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

	HF_TRY(hf_disclosure_check(store, in, f));
	allowed = allowed_row(store, in);
	before = earlier_row(store, in);
	hf_arena_init(&arena, NULL, 0);
	fill_row(in, &arena, &row);
	if (before)
		fill_before(before, &arena, &row);
	if (allowed) {
		row.allowed_by = allowed->by;
		row.reason = allowed->reason;
	}
	put_row(unit, in, 'R', &row.base);
	hf_arena_done(&arena);
	return HF_OK;
}

enum hf_err hf_disclosure_allow(struct hf_unit *unit, const struct hf_disclosure_in *in, const char *by,
                                const char *reason, struct hf_fault *f)
{
	Hufu__DisclosureAllowedRow row = HUFU__DISCLOSURE_ALLOWED_ROW__INIT;
	struct hf_hash digest = in->plan->digest;

	HF_TRY(sound(in, f));
	row.table = text(in->table);
	row.recipient = text(in->recipient);
	row.plan_digest = (ProtobufCBinaryData){sizeof(digest.b), digest.b};
	row.by = text(by);
	row.reason = text(reason);
	row.time_ms = in->now_ms;
	put_row(unit, in, 'A', &row.base);
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
