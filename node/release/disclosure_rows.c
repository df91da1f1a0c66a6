/* disclosure_rows.c - rows of what was given out, as they are kept and as they are looked at; see disclosure_rows.h. */
#include "release/disclosure_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"

/* ---- what is asked about ---- */

const struct hf_mask_scope *disclosure_scope(const struct hf_disclosure_in *in)
{
	static const struct hf_mask_scope none;

	if (in->scope)
		return in->scope;
	return in->plan ? &in->plan->scope : &none;
}

const char *disclosure_release(const struct hf_disclosure_in *in, char *out, size_t cap)
{
	if (in->release)
		return in->release;
	if (!in->plan)
		return "plain delivery";
	snprintf(out, cap, "%.100s %u", in->plan->name, in->plan->version);
	return out;
}

static bool is_out(const struct hf_disclosure_in *in, const struct hf_plan_field *f)
{
	for (size_t i = 0; i < in->only_count; i++)
		if (strcmp(in->only[i], f->name) == 0)
			return true;
	return in->only_count == 0;
}

struct hf_plan_field *disclosure_fields(const struct hf_disclosure_in *in, size_t more, size_t *ret_count)
{
	const struct hf_plan_table *t = in->plan ? hf_plan_table_named(in->plan, in->table) : NULL;
	size_t most = (t ? t->field_count : in->only_count) + more, n = 0;
	struct hf_plan_field *out = hf_alloc_zero((most + 1) * sizeof(*out));

	for (size_t i = 0; t && i < t->field_count; i++)
		if (is_out(in, &t->fields[i]))
			out[n++] = t->fields[i];
	for (size_t i = 0; !t && i < in->only_count; i++)
		out[n++].name = in->only[i];
	*ret_count = n;
	return out;
}

/* ---- keys ---- */

static void add_text(struct hf_buf *b, const char *text)
{
	hf_buf_add(b, text ? text : "", (text ? strlen(text) : 0) + 1);
}

static size_t begin_key(const char *dataset, char kind, uint8_t out[DISCLOSURE_KEY_MAX])
{
	size_t n = strnlen(dataset, HF_NAME_MAX);

	memcpy(out, dataset, n);
	out[n] = 0;
	out[n + 1] = (uint8_t)kind;
	return n + 2;
}

size_t disclosure_key(const struct hf_disclosure_in *in, enum disclosure_kind kind, uint8_t out[DISCLOSURE_KEY_MAX])
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	const struct hf_mask_scope *s = disclosure_scope(in);
	const char letter = kind == DISCLOSURE_ALLOWED ? 'A' : in->plan ? 'R' : 'P';
	size_t n = begin_key(in->dataset, letter, out);
	struct hf_hash h = {{0}};

	if (in->plan)
		h = in->plan->digest;
	add_text(&b, in->plan ? in->table : "");
	add_text(&b, in->recipient);
	hf_buf_add(&b, h.b, sizeof(h.b));
	if (kind == DISCLOSURE_ROW) {
		add_text(&b, s->group);
		add_text(&b, s->consumer);
		add_text(&b, s->contract);
		hf_buf_addf(&b, "%llu%s", (unsigned long long)s->epoch, in->emergency ? " in an emergency" : "");
	}
	hf_sha256(b.data, b.len, &h);
	memcpy(out + n, h.b, sizeof(h.b));
	return n + sizeof(h.b);
}

Hufu__DisclosureRow *disclosure_row(struct hf_store *store, const struct hf_disclosure_in *in)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[DISCLOSURE_KEY_MAX];
	size_t n = disclosure_key(in, DISCLOSURE_ROW, key);

	return hf_store_get(store, HF_TABLE_DISCLOSURE, key, n, &b) == HF_OK
	               ? HF_DECODE_OWN(disclosure_row, b.data, b.len)
	               : NULL;
}

static bool any_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	(void)value;
	*(bool *)ctx = true;
	return false;
}

enum hf_err hf_disclosure_masked(struct hf_store *store, const char *dataset, bool *ret_any)
{
	uint8_t prefix[DISCLOSURE_KEY_MAX];
	size_t n = begin_key(dataset, 'R', prefix);

	*ret_any = false;
	return hf_store_scan(store, HF_TABLE_DISCLOSURE, prefix, n, NULL, 0, any_row, ret_any);
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
	                                    .field_count = take->n_fields,
	                                    .plain = take->plan_digest.len == 0,
	                                    .inside = take->inside,
	                                    .emergency = take->emergency,
	                                    .k = take->k,
	                                    .quasi = (const char *const *)take->quasi,
	                                    .quasi_count = take->n_quasi,
	                                    .l = take->l,
	                                    .t = take->t,
	                                    .closes = take->closes,
	                                    .sensitive = (const char *const *)take->sensitive,
	                                    .sensitive_count = take->n_sensitive,
	                                    .suppresses = take->suppresses};
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
	uint8_t prefix[DISCLOSURE_KEY_MAX];
	enum hf_err e = HF_OK;

	l.d->list = hf_alloc_zero(sizeof(*l.d->list));
	hf_arena_init(&l.d->own, NULL, 0);
	for (const char *kind = "RP"; e == HF_OK && *kind; kind++) {
		size_t n = begin_key(dataset, *kind, prefix);

		e = hf_store_scan(store, HF_TABLE_DISCLOSURE, prefix, n, NULL, 0, load_row, &l);
		e = e == HF_OK ? l.e : e;
	}
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

/* What its recipient has already without a plan: it is one with that. */
static size_t add_known(const struct hf_disclosures *d, const struct hf_disclosure_in *in, struct hf_plan_field *out,
                        size_t n)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct hf_disclosure *has = &d->list[i];

		if (!has->plain || has->emergency || strcmp(has->recipient, in->recipient) != 0)
			continue;
		for (size_t k = 0; k < has->field_count; k++) {
			size_t there = 0;

			while (there < n && strcmp(out[there].name, has->fields[k].name) != 0)
				there++;
			if (there == n)
				out[n++] = has->fields[k];
		}
	}
	return n;
}

static struct hf_plan_field *fields_asked(const struct hf_disclosures *d, const struct hf_disclosure_in *in,
                                          size_t *ret_count)
{
	size_t more = 0;
	struct hf_plan_field *out;

	for (size_t i = 0; !in->plan && i < d->count; i++)
		more += d->list[i].field_count;
	out = disclosure_fields(in, more, ret_count);
	if (!in->plan)
		*ret_count = add_known(d, in, out, *ret_count);
	return out;
}

const struct hf_disclosure *hf_disclosures_list(struct hf_disclosures *d, const struct hf_disclosure_in *in,
                                                size_t *ret_count)
{
	size_t field_count;

	*ret_count = d->count;
	if (!in || (in->plan && !hf_plan_table_named(in->plan, in->table)))
		return d->list;
	free(d->asked);
	d->asked = fields_asked(d, in, &field_count);
	const struct hf_plan_table *t = in->plan ? hf_plan_table_named(in->plan, in->table) : NULL;
	const struct hf_plan_demand *demand = t ? t->demand : NULL;

	d->list[d->count] = (struct hf_disclosure){
	        .release = disclosure_release(in, d->asked_name, sizeof(d->asked_name)),
	        .recipient = in->recipient,
	        .scope = *disclosure_scope(in),
	        .engine = in->plan ? in->plan->engine : HF_ENGINE_FF1,
	        .fields = d->asked,
	        .field_count = field_count,
	        .plain = !in->plan,
	        .inside = in->inside,
	        .k = demand ? demand->k : 0,
	        .quasi = demand ? demand->quasi : NULL,
	        .quasi_count = demand ? demand->quasi_count : 0,
	        .l = demand ? demand->l : 0,
	        .t = demand ? demand->t : 0,
	        .closes = demand && demand->t >= 0,
	        .sensitive = demand ? demand->sensitive : NULL,
	        .sensitive_count = demand ? demand->sensitive_count : 0,
	        .suppresses = demand && demand->suppress > 0,
	};
	*ret_count = d->count + 1;
	return d->list;
}

static bool has_field(const struct hf_disclosure *d, const char *name)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (strcmp(d->fields[i].name, name) == 0)
			return true;
	return false;
}

/* Nothing is new to whoever has all of it as it is. */
static bool has_all(const struct hf_disclosure *plain, const struct hf_disclosure *next)
{
	for (size_t i = 0; i < next->field_count; i++) {
		const struct hf_technique *t = next->fields[i].technique;

		if (!(t && t->drops_column) && !has_field(plain, next->fields[i].name))
			return false;
	}
	return plain->plain;
}

static bool of_other_rows(const Hufu__DisclosureRow *row, const struct hf_disclosure_in *in)
{
	const struct hf_hash *now = in ? in->content : NULL;

	return now && !(row->content.len == sizeof(now->b) && memcmp(row->content.data, now->b, sizeof(now->b)) == 0);
}

void hf_disclosures_classes(struct hf_disclosures *d, const struct hf_disclosure_in *in,
                            struct hf_disclosure **ret_list, size_t *ret_count, struct hf_hash *ret_stamp)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	size_t count, n = 0;
	const struct hf_disclosure *all = hf_disclosures_list(d, in, &count);
	bool demanded = false;

	*ret_list = hf_alloc(count * sizeof(**ret_list) + 1);
	for (size_t i = 0; i < count; i++) {
		const bool other = i < d->count && of_other_rows(d->rows[i], in);

		demanded |= all[i].k > 0 || all[i].l > 0 || all[i].closes;
		if (i + 1 == count || !has_all(&all[i], &all[count - 1])) {
			(*ret_list)[n] = all[i];
			(*ret_list)[n++].changed = other;
		}
		add_text(&b, all[i].release);
		add_text(&b, all[i].recipient);
		hf_buf_addf(&b, "%zu%s", all[i].field_count, other ? " of other rows" : "");
	}
	hf_sha256(b.data, b.len, ret_stamp);
	*ret_count = demanded ? n : 0;
}
