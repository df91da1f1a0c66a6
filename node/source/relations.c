/* relations.c - the rows of relations and what people say of them; declared in relations.h. */
#include "source/relations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/map.h"
#include "proto/codec.h"
#include "source/internal.h"
#include "state_source.pb-c.h"

struct relation {
	const char *kind, *state, *by;
	char from_source[HF_NAME_MAX + 1], from_field[128], to_source[HF_NAME_MAX + 1], to_field[128];
	int64_t said_ms;
};

/* "flights.origin refers to airports.iata" */
static void sentence(const struct relation *r, struct hf_buf *out)
{
	hf_buf_clear(out);
	hf_buf_addf(out, "%s.%s %s", r->from_source, r->from_field, hf_relation_verb(r->kind));
	if (r->to_source[0])
		hf_buf_addf(out, " %s.%s", r->to_source, r->to_field);
	hf_buf_add(out, "", 1);
}

static void put(struct hf_unit *unit, const struct relation *r)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	Hufu__SourceRelationRow row = HUFU__SOURCE_RELATION_ROW__INIT;
	struct hf_hash key;
	uint8_t *bytes;
	size_t len;

	sentence(r, &text);
	hf_sha256(text.data, text.len - 1, &key);
	row.kind = (char *)r->kind;
	row.from_source = (char *)r->from_source;
	row.from_field = (char *)r->from_field;
	row.to_source = (char *)r->to_source;
	row.to_field = (char *)r->to_field;
	row.state = (char *)r->state;
	row.by = (char *)r->by;
	row.said_ms = r->said_ms;
	bytes = hf_encode(&row.base, &len);
	if (!bytes)
		abort();
	hf_unit_put(unit, HF_TABLE_SOURCE_RELATION, key.b, sizeof(key.b), bytes, len);
	free(bytes);
}

static enum hf_err get(struct hf_sources *s, const char *text, Hufu__SourceRelationRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	struct hf_hash key;

	hf_sha256(text, strlen(text), &key);
	HF_TRY(hf_store_get(s->store, HF_TABLE_SOURCE_RELATION, key.b, sizeof(key.b), &value));
	*ret_row = HF_DECODE_OWN(source_relation_row, value.data, value.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

/* The row's texts are lent. */
static void of_row(const Hufu__SourceRelationRow *row, struct relation *r)
{
	*r = (struct relation){.kind = row->kind, .state = row->state, .by = row->by, .said_ms = row->said_ms};
	snprintf(r->from_source, sizeof(r->from_source), "%s", row->from_source);
	snprintf(r->from_field, sizeof(r->from_field), "%s", row->from_field);
	snprintf(r->to_source, sizeof(r->to_source), "%s", row->to_source);
	snprintf(r->to_field, sizeof(r->to_field), "%s", row->to_field);
}

/* ---- all of them ---- */

struct each {
	bool (*fn)(void *ctx, const struct relation *r);
	void *ctx;
};

static bool each_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	const struct each *e = ctx;
	Hufu__SourceRelationRow *row HF_CLEANUP(hf_decoded_done) =
	        HF_DECODE_OWN(source_relation_row, value.data, value.len);
	struct relation r;

	(void)key;
	if (!row || !hf_relation_verb(row->kind))
		return true;
	of_row(row, &r);
	return e->fn(e->ctx, &r);
}

static enum hf_err for_each(struct hf_sources *s, bool (*fn)(void *ctx, const struct relation *r), void *ctx)
{
	struct each e = {fn, ctx};

	return hf_store_scan(s->store, HF_TABLE_SOURCE_RELATION, NULL, 0, NULL, 0, each_row, &e);
}

static bool has_source(const struct relation *r, const char *source)
{
	return strcmp(r->from_source, source) == 0 || strcmp(r->to_source, source) == 0;
}

struct listing {
	const char *source;
	json_t *list;
};

static bool list_one(void *ctx, const struct relation *r)
{
	const struct listing *l = ctx;
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	json_t *o;

	if (l->source && !has_source(r, l->source))
		return true;
	sentence(r, &text);
	o = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:I}", "kind", r->kind, "from", "table", r->from_source,
	              "field", r->from_field, "text", (const char *)text.data, "state", r->state, "by", r->by,
	              "said_ms", (json_int_t)r->said_ms);
	if (r->to_source[0])
		json_object_set_new(o, "to", json_pack("{s:s, s:s}", "table", r->to_source, "field", r->to_field));
	json_array_append_new(l->list, o);
	return true;
}

static const char *text_in(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

static int by_text(const void *a, const void *b)
{
	return strcmp(text_in(*(json_t *const *)a, "text"), text_in(*(json_t *const *)b, "text"));
}

/* The rows are in the order of hashes. */
static json_t *sorted(const json_t *list)
{
	size_t n = json_array_size(list);
	json_t **rows = hf_alloc_zero((n + 1) * sizeof(json_t *)), *out = json_array();

	for (size_t i = 0; i < n; i++)
		rows[i] = json_array_get(list, i);
	qsort(rows, n, sizeof(json_t *), by_text);
	for (size_t i = 0; i < n; i++)
		json_array_append(out, rows[i]);
	free(rows);
	return out;
}

enum hf_err hf_relations_list(struct hf_sources *s, const char *source, json_t **ret_list)
{
	struct listing l = {source, json_array()};
	enum hf_err e = for_each(s, list_one, &l);

	if (e == HF_OK)
		*ret_list = sorted(l.list);
	json_decref(l.list);
	return e;
}

struct forgetting {
	struct hf_unit *unit;
	const char *source;
};

static bool forget_one(void *ctx, const struct relation *r)
{
	const struct forgetting *g = ctx;
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_hash key;

	if (!has_source(r, g->source))
		return true;
	sentence(r, &text);
	hf_sha256(text.data, text.len - 1, &key);
	hf_unit_del(g->unit, HF_TABLE_SOURCE_RELATION, key.b, sizeof(key.b));
	return true;
}

enum hf_err hf_relations_forget(struct hf_sources *s, struct hf_unit *unit, const char *source)
{
	struct forgetting g = {unit, source};

	return for_each(s, forget_one, &g);
}

/* ---- what is found ---- */

static bool count_one(void *ctx, const struct relation *r)
{
	(void)r;
	++*(size_t *)ctx;
	return true;
}

static enum hf_err check_room(struct hf_sources *s, size_t more, struct hf_fault *f)
{
	size_t count = 0;

	HF_TRY(hf_fault_default(f, for_each(s, count_one, &count)));
	return count + more <= HF_RELATIONS_MAX
	               ? HF_OK
	               : hf_fault_set(f, HF_E_QUOTA,
	                              "the node would keep more than %u relations; name the sources that are to be "
	                              "compared",
	                              HF_RELATIONS_MAX);
}

static bool copy(char *to, size_t cap, const char *from)
{
	size_t n = strlen(from);

	if (n == 0 || n >= cap)
		return false;
	memcpy(to, from, n + 1);
	return true;
}

static bool place_of(const json_t *o, char *source, char *field)
{
	return copy(source, HF_NAME_MAX + 1, text_in(o, "table")) && copy(field, 128, text_in(o, "field"));
}

enum hf_err hf_relations_propose(struct hf_sources *s, struct hf_unit *unit, const json_t *found, int64_t now_ms,
                                 size_t *ret_new, struct hf_fault *f)
{
	const json_t *o;
	size_t i, n = 0;

	HF_TRY(check_room(s, json_array_size(found), f));
	json_array_foreach(found, i, o)
	{
		struct relation r = {.kind = text_in(o, "kind"), .state = "proposed", .by = "", .said_ms = now_ms};
		const json_t *to = json_object_get(o, "to");
		Hufu__SourceRelationRow *there HF_CLEANUP(hf_decoded_done) = NULL;

		if (!place_of(json_object_get(o, "from"), r.from_source, r.from_field) ||
		    (to && !place_of(to, r.to_source, r.to_field)) || get(s, text_in(o, "text"), &there) == HF_OK)
			continue;
		put(unit, &r);
		n++;
	}
	*ret_new = n;
	return HF_OK;
}

/* ---- what people say ---- */

struct saying_all {
	struct hf_unit *unit;
	const struct hf_relation_saying *said;
	size_t count;
};

static bool say_one(void *ctx, const struct relation *r)
{
	struct saying_all *a = ctx;
	struct relation now = *r;

	if (strcmp(r->state, "proposed") != 0)
		return true;
	now.state = a->said->right ? "confirmed" : "dropped";
	now.by = a->said->by;
	now.said_ms = a->said->now_ms;
	put(a->unit, &now);
	a->count++;
	return true;
}

enum hf_err hf_relations_say(struct hf_sources *s, struct hf_unit *unit, const struct hf_relation_saying *said,
                             size_t *ret_count, struct hf_fault *f)
{
	struct saying_all all = {unit, said, 0};
	Hufu__SourceRelationRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct relation r;
	enum hf_err e;

	if (!said->text) {
		e = for_each(s, say_one, &all);
		*ret_count = all.count;
		return hf_fault_default(f, e);
	}
	e = get(s, said->text, &row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(
		        f, e,
		        "there is no relation \"%.400s\"; give its sentence as `hufu source relations` shows "
		        "it",
		        said->text);
	HF_TRY(hf_fault_default(f, e));
	of_row(row, &r);
	r.state = said->right ? "confirmed" : "dropped";
	r.by = said->by;
	r.said_ms = said->now_ms;
	put(unit, &r);
	*ret_count = 1;
	return HF_OK;
}

static bool field_there(struct hf_sources *s, const char *source, const char *field)
{
	struct hf_source_view v;
	bool there = false;

	if (hf_source_get(s, source, &v) != HF_OK)
		return false;
	for (size_t i = 0; i < v.field_count && !there; i++)
		there = strcmp(v.fields[i].name, field) == 0;
	hf_source_view_done(&v);
	return there;
}

/* SOURCE.FIELD, both of which may have points in them. */
static bool split(struct hf_sources *s, const char *place, char *source, char *field)
{
	for (const char *point = strchr(place, '.'); point; point = strchr(point + 1, '.')) {
		size_t n = (size_t)(point - place);

		if (n == 0 || n > HF_NAME_MAX || !copy(field, 128, point + 1))
			continue;
		memcpy(source, place, n);
		source[n] = '\0';
		if (field_there(s, source, field))
			return true;
	}
	return false;
}

static enum hf_err take_place(struct hf_sources *s, const json_t *o, char *source, char *field, struct hf_fault *f)
{
	const char *place = json_string_value(o);

	if (place ? split(s, place, source, field) : place_of(o, source, field) && field_there(s, source, field))
		return HF_OK;
	return hf_fault_set(f, HF_E_UNKNOWN,
	                    "there is no field %.60s%s%.120s among the registered sources; name it as SOURCE.FIELD, as "
	                    "`hufu source fields SOURCE` shows it",
	                    place ? place : text_in(o, "table"), place ? "" : ".", place ? "" : text_in(o, "field"));
}

static enum hf_err check_kind(const struct relation *r, const json_t *to, struct hf_fault *f)
{
	if (!hf_relation_verb(r->kind))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.60s' is no kind of relation; say key, foreign-key, parent-child or same-kind",
		                    r->kind);
	if ((strcmp(r->kind, "key") == 0) == (to != NULL))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    to ? "a key has no second field; say foreign-key for what refers to it"
		                       : "a relation of kind %s has two fields; name what %.100s belongs to",
		                    r->kind, r->from_field);
	if (strcmp(r->state, "confirmed") != 0 && strcmp(r->state, "proposed") != 0 && strcmp(r->state, "dropped") != 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.60s' is no state of a relation; say confirmed, proposed or "
		                    "dropped",
		                    r->state);
	return HF_OK;
}

enum hf_err hf_relations_define(struct hf_sources *s, struct hf_unit *unit, const json_t *relation,
                                const struct hf_relation_saying *by, char **ret_text, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	Hufu__SourceRelationRow *there HF_CLEANUP(hf_decoded_done) = NULL;
	struct relation r = {.kind = text_in(relation, "kind"),
	                     .state = *text_in(relation, "state") ? text_in(relation, "state") : "confirmed",
	                     .by = by->by,
	                     .said_ms = by->now_ms};
	const json_t *to = json_object_get(relation, "to");

	to = json_is_null(to) ? NULL : to;
	HF_TRY(take_place(s, json_object_get(relation, "from"), r.from_source, r.from_field, f));
	HF_TRY(check_kind(&r, to, f));
	if (to)
		HF_TRY(take_place(s, to, r.to_source, r.to_field, f));
	if (to && strcmp(r.from_source, r.to_source) == 0 && strcmp(r.from_field, r.to_field) == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "%s.%s does not belong to itself; name two fields", r.from_source,
		                    r.from_field);
	HF_TRY(check_room(s, 1, f));
	sentence(&r, &text);
	*ret_text = hf_strdup((const char *)text.data);
	if (strcmp(r.state, "proposed") == 0) {
		if (get(s, *ret_text, &there) == HF_OK)
			return HF_OK;
		r.by = "";
	}
	put(unit, &r);
	return HF_OK;
}
