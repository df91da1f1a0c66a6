/* traced.c - the list of what was released of a dataset; declared in tracing.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/mem.h"
#include "proto/codec.h"
#include "release/disclosures.h"
#include "release/tasks.h"
#include "release/tracing_internal.h"

#define IDS_MOST 100u
#define SLICE_NS (3 * 1000000u)

enum hf_err hf_traced_new(struct hf_store *store, struct hf_sources *sources, const char *source,
                          struct hf_traced_list **ret_list, struct hf_fault *f)
{
	struct hf_traced_list *l;
	struct hf_source_view v;
	enum hf_err e = hf_source_get(sources, source, &v);

	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no source '%.60s'; `hufu source list` names them", source);
	HF_TRY(hf_fault_default(f, e));
	hf_source_view_done(&v);
	l = hf_alloc_zero(sizeof(*l));
	l->store = store;
	l->sources = sources;
	l->plain_to = json_array();
	e = hf_disclosure_dataset(store, sources, source, l->dataset, f);
	if (e == HF_OK)
		*ret_list = l;
	else
		hf_traced_free(l);
	return e;
}

static void free_fields(char **fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(fields[i]);
	free(fields);
}

void hf_traced_free(struct hf_traced_list *l)
{
	for (size_t i = 0; l && i < l->count; i++) {
		free_fields(l->items[i].fields, l->items[i].field_count);
		json_decref(l->items[i].ids);
		json_decref(l->items[i].registers);
		json_decref(l->items[i].delivered_to);
	}
	if (l) {
		json_decref(l->plain_to);
		free(l->items);
	}
	free(l);
}

bool hf_traced_wants(struct hf_traced_list *l, const char *source)
{
	char dataset[HF_NAME_MAX + 1];
	struct hf_fault f;
	size_t at;

	for (size_t i = 0; i < sizeof(l->known) / sizeof(l->known[0]); i++)
		if (strcmp(l->known[i], source) == 0)
			return l->wanted[i];
	at = l->next_known++ % (sizeof(l->known) / sizeof(l->known[0]));
	snprintf(l->known[at], sizeof(l->known[at]), "%s", source);
	l->wanted[at] = hf_disclosure_dataset(l->store, l->sources, source, dataset, &f) == HF_OK &&
	                strcmp(dataset, l->dataset) == 0;
	return l->wanted[at];
}

static bool same_release(const struct traced *t, const struct hf_traced *in)
{
	return t->task == in->task && t->version == in->version && strcmp(t->plan, in->plan) == 0 &&
	       memcmp(t->digest.b, in->digest->b, sizeof(t->digest.b)) == 0 && strcmp(t->source, in->source) == 0 &&
	       strcmp(t->table, in->table) == 0 && strcmp(t->consumer, in->consumer) == 0 &&
	       hf_id_equal(&t->contract, &in->contract);
}

static bool has_field(const struct traced *t, const char *name)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (strcmp(t->fields[i], name) == 0)
			return true;
	return false;
}

static void join_fields(struct traced *t, const struct hf_traced *in)
{
	if (t->times > 0 && (t->field_count == 0 || in->field_count == 0)) {
		free_fields(t->fields, t->field_count); /* all */
		t->fields = NULL;
		t->field_count = 0;
		return;
	}
	for (size_t i = 0; i < in->field_count; i++) {
		if (has_field(t, in->fields[i]))
			continue;
		t->fields = hf_realloc(t->fields, (t->field_count + 1) * sizeof(*t->fields));
		t->fields[t->field_count++] = hf_strdup(in->fields[i]);
	}
}

static struct traced *new_item(struct hf_traced_list *l, const struct hf_traced *in)
{
	struct traced *t;

	l->items = hf_realloc(l->items, (l->count + 1) * sizeof(*l->items));
	t = &l->items[l->count++];
	memset(t, 0, sizeof(*t));
	snprintf(t->plan, sizeof(t->plan), "%s", in->plan);
	snprintf(t->source, sizeof(t->source), "%s", in->source);
	snprintf(t->table, sizeof(t->table), "%s", in->table);
	snprintf(t->consumer, sizeof(t->consumer), "%s", in->consumer);
	t->version = in->version;
	t->digest = *in->digest;
	t->contract = in->contract;
	t->task = in->task;
	t->ids = json_array();
	t->registers = json_array();
	t->delivered_to = json_array();
	return t;
}

enum hf_err hf_traced_add(struct hf_traced_list *l, const struct hf_traced *in, struct hf_fault *f)
{
	struct traced *t = NULL;
	char id[HF_ID_TEXT];

	for (size_t i = 0; i < l->count && !t; i++)
		if (same_release(&l->items[i], in))
			t = &l->items[i];
	if (!t && l->count == HF_TRACED_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%.60s was released in more than %u different ways, which is more than one leak "
		                    "is traced among",
		                    l->dataset, HF_TRACED_MAX);
	if (!t)
		t = new_item(l, in);
	join_fields(t, in);
	hf_id_text(&in->id, id);
	if (t->times++ < IDS_MOST)
		json_array_append_new(t->ids, json_string(id));
	if (*in->registers)
		json_array_append_new(t->registers, json_string(in->registers));
	if (in->time_ms >= t->time_ms) {
		t->time_ms = in->time_ms;
		t->stamp = in->stamp;
	}
	return HF_OK;
}

static bool listed(const json_t *list, const char *text)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o) if (strcmp(json_string_value(o), text) == 0) return true;
	return false;
}

static void note_name(json_t *list, const char *name)
{
	if (!listed(list, name))
		json_array_append_new(list, json_string(name));
}

void hf_traced_delivered(struct hf_traced_list *l, const char *source, const char *peer)
{
	bool made = false;

	for (size_t i = 0; i < l->count; i++)
		if (listed(l->items[i].registers, source)) {
			note_name(l->items[i].delivered_to, peer);
			made = true;
		}
	if (!made && hf_traced_wants(l, source))
		note_name(l->plain_to, peer);
}

size_t hf_traced_count(const struct hf_traced_list *l)
{
	return l->count;
}

/* ---- in slices ---- */

static bool one_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_traced_list *l = ctx;

	memcpy(l->walk->before, key.data, key.len);
	l->walk->before_len = key.len;
	if (!l->row(l->row_ctx, key, value)) {
		l->walk->over = true;
		return false;
	}
	l->paused = uv_hrtime() >= l->until_ns;
	return !l->paused;
}

enum hf_err hf_traced_walk(struct hf_traced_list *l, enum hf_table t, hf_store_row_fn fn, void *ctx, bool *ret_more)
{
	struct traced_walk *w = l->walks[0].table == 0 || l->walks[0].table == t ? &l->walks[0] : &l->walks[1];
	const void *before = w->before_len ? w->before : NULL;

	*ret_more = false;
	if (w->over)
		return HF_OK;
	w->table = t;
	l->walk = w;
	l->row = fn;
	l->row_ctx = ctx;
	l->paused = false;
	l->until_ns = uv_hrtime() + SLICE_NS;
	HF_TRY(hf_store_scan_back(l->store, t, NULL, 0, before, w->before_len, one_row, l));
	*ret_more = l->paused;
	w->over = !l->paused;
	return HF_OK;
}

/* ---- tasks ---- */

struct adding {
	struct hf_traced_list *l;
	struct hf_fault *f;
	enum hf_err e;
};

static void add_task(struct adding *a, const Hufu__MaskTaskRow *row)
{
	struct hf_hash digest;
	struct hf_traced in = {.plan = row->plan,
	                       .version = row->version,
	                       .digest = &digest,
	                       .source = row->source,
	                       .table = row->table,
	                       .consumer = "",
	                       .task = true,
	                       .registers = row->registers,
	                       .stamp = {row->source_bytes, row->source_inode, row->source_mtime_ns},
	                       .time_ms = row->created_ms};

	if (row->state != HF_TASK_RELEASED || row->plan_digest.len != sizeof(digest.b) ||
	    !hf_id_from_bytes(row->id.data, row->id.len, &in.id) || !hf_traced_wants(a->l, row->source))
		return;
	memcpy(digest.b, row->plan_digest.data, sizeof(digest.b));
	a->e = hf_traced_add(a->l, &in, a->f);
}

static bool look_at_task(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct adding *a = ctx;
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mask_task_row, value.data, value.len);

	(void)key;
	if (row)
		add_task(a, row);
	return a->e == HF_OK;
}

enum hf_err hf_traced_tasks(struct hf_traced_list *l, bool *ret_more, struct hf_fault *f)
{
	struct adding a = {l, f, HF_OK};

	HF_TRY(hf_fault_default(f, hf_traced_walk(l, HF_TABLE_MASK_TASK, look_at_task, &a, ret_more)));
	return a.e;
}
