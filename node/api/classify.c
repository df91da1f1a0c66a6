/*
 * classify.c - routes of what the fields of sources hold: shown to everybody of the node, said by those who may (MK-15,
 * MK-20, MK-23). No value is ever shown.
 */
#include "source/classify.h"

#include <string.h>

#include "api/sources.h"
#include "source/mask_policy.h"

static json_t *by_json(unsigned by)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{HF_BY_NAME, "name"},
	             {HF_BY_COMMENT, "comment"},
	             {HF_BY_TABLE, "table"},
	             {HF_BY_CONTENT, "content"},
	             {HF_BY_RULE, "rule"}};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (by & names[i].bit)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *field_json(const struct hf_source_field *f)
{
	const struct hf_field_class *c = &f->class;
	json_t *o = json_object();

	json_object_set_new(o, "field", json_string(f->name));
	json_object_set_new(o, "comment", json_string(f->comment));
	json_object_set_new(o, "state", json_string(hf_class_state_name(c->state)));
	json_object_set_new(o, "kind", text_or_null(c->kind));
	json_object_set_new(o, "class", json_string(c->data_class));
	json_object_set_new(o, "level", json_integer(c->level));
	json_object_set_new(o, "technique", text_or_null(c->technique));
	json_object_set_new(o, "found", text_or_null(c->found));
	json_object_set_new(o, "confidence", json_real((double)c->confidence / 1000));
	json_object_set_new(o, "by", by_json(c->by));
	json_object_set_new(o, "mixed", json_boolean(c->mixed));
	json_object_set_new(o, "evidence",
	                    json_pack("{s:I, s:I, s:I, s:I}", "values", (json_int_t)c->values, "nulls",
	                              (json_int_t)f->nulls, "valid", (json_int_t)c->valid, "shape",
	                              (json_int_t)c->shape));
	if (c->confirmed_by[0]) {
		json_object_set_new(o, "confirmed_by", json_string(c->confirmed_by));
		hf_api_out_time(o, "confirmed", c->confirmed_ms);
	}
	return o;
}

static void out_fields(json_t *out, const struct hf_source_view *v)
{
	json_t *fields = json_array();
	size_t open = 0;

	for (size_t i = 0; i < v->field_count; i++) {
		json_array_append_new(fields, field_json(&v->fields[i]));
		open += v->fields[i].class.state != HF_CLASS_CONFIRMED;
	}
	json_object_set_new(out, "source", json_string(v->name));
	json_object_set_new(out, "comment", json_string(v->comment));
	json_object_set_new(out, "rows_looked_at", json_integer((json_int_t)v->looked_rows));
	json_object_set_new(out, "unconfirmed", json_integer((json_int_t)open));
	json_object_set_new(out, "fields", fields);
}

static enum hf_err fields(struct hf_api_request *rq)
{
	struct hf_source_view v;

	HF_TRY(hf_api_source(rq, &v));
	out_fields(rq->out, &v);
	hf_source_view_done(&v);
	return HF_OK;
}

/* "FIELD" or "FIELD=KIND"; a field's name may have an equals sign in it, a kind not. */
static enum hf_err say_one(struct hf_api_request *rq, struct hf_source_view *v, const char *said,
                           const struct hf_rules *rules, struct hf_buf *done)
{
	struct hf_saying s = {.by = rq->actor->account, .now_ms = hf_now_ms(&rq->m->base->clock), .rules = rules};
	const char *mark = strrchr(said, '=');
	char field[sizeof(v->fields[0].name)];
	size_t len = mark ? (size_t)(mark - said) : strlen(said);

	if (len == 0 || len >= sizeof(field))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "'%.130s' names no field; say FIELD=KIND", said);
	memcpy(field, said, len);
	field[len] = '\0';
	s.kind = mark ? mark + 1 : NULL;
	HF_TRY(hf_source_class_say(v, field, &s, &rq->fault));
	hf_buf_addf(done, "%s%s", done->len ? ", " : "", said);
	return HF_OK;
}

static enum hf_err say(struct hf_api_request *rq, struct hf_source_view *v, const struct hf_rules *rules,
                       struct hf_buf *done)
{
	const json_t *list = json_object_get(rq->in, "fields"), *said;
	bool all;
	size_t i;

	HF_TRY(hf_api_bool(rq, "all", false, &all));
	if (!all && json_array_size(list) == 0)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "nothing is said; name fields with --field NAME=KIND, or confirm all with --all");
	json_array_foreach(list, i, said)
	{
		if (!json_is_string(said))
			return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field 'fields' is no list of texts");
		HF_TRY(say_one(rq, v, json_string_value(said), rules, done));
	}
	if (all) {
		hf_source_class_all(v, rq->actor->account, hf_now_ms(&rq->m->base->clock));
		hf_buf_addf(done, "%sall that was proposed", done->len ? ", " : "");
	}
	return HF_OK;
}

/* What each field is now, in the words of the record: at most as much as an entry holds. */
#define LABEL_MAX 4000u
static void draft_labels(struct hf_draft *d, const struct hf_source_view *v)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;

	for (size_t i = 0; i < v->field_count && text.len < LABEL_MAX; i++) {
		const struct hf_field_class *c = &v->fields[i].class;

		hf_buf_addf(&text, "%s %s %s %u\n", v->fields[i].name, c->kind[0] ? c->kind : "-", c->data_class,
		            c->level);
	}
	hf_buf_add(&text, "", 1);
	hf_draft_text(d, HF_FIELD_LABEL, (const char *)text.data);
}

static enum hf_err classify(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf done = HF_BUF_INIT;
	struct hf_source_view v;
	struct hf_rules *rules;
	enum hf_err e;

	HF_TRY(hf_mask_rules_load(rq->m->store, hf_sources_codes(rq->m->sources), &rules, &rq->fault));
	e = hf_api_source(rq, &v);
	if (e != HF_OK) {
		hf_rules_free(rules);
		return e;
	}
	e = v.fields[0].class.state != HF_CLASS_UNSEEN
	            ? say(rq, &v, rules, &done)
	            : hf_fault_set(&rq->fault, HF_E_STATE,
	                           "nobody has looked for what the fields of source '%s' hold; run `hufu source scan "
	                           "%s` first",
	                           v.name, v.name);
	if (e == HF_OK)
		e = hf_source_put(rq->m->sources, rq->unit, &v, &rq->fault);
	if (e == HF_OK) {
		hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%.*s", (int)(done.len < 1000 ? done.len : 1000),
		               (const char *)done.data);
		draft_labels(rq->draft, &v);
		out_fields(rq->out, &v);
	}
	hf_source_view_done(&v);
	hf_rules_free(rules);
	return e;
}

/* MK-20: every place of a kind that people confirmed, across all sources. */
struct placing {
	const struct hf_api_request *rq;
	json_t *kinds;
};

static bool add_places(void *ctx, const struct hf_source_view *v)
{
	const struct placing *p = ctx;
	json_t *kinds = p->kinds;

	for (size_t i = 0; hf_api_source_seen(p->rq, v) && i < v->field_count; i++) {
		const struct hf_field_class *c = &v->fields[i].class;
		json_t *places = json_object_get(kinds, c->kind);

		if (c->state != HF_CLASS_CONFIRMED || c->kind[0] == '\0')
			continue;
		if (!places) {
			places = json_array();
			json_object_set_new(kinds, c->kind, places);
		}
		json_array_append_new(places, json_sprintf("%s.%s", v->name, v->fields[i].name));
	}
	return true;
}

static enum hf_err places(struct hf_api_request *rq)
{
	json_t *kinds = json_object(), *rows = json_array(), *list;
	struct placing p = {rq, kinds};
	enum hf_err e = hf_sources_list(rq->m->sources, add_places, &p);
	const char *kind;

	json_object_foreach(kinds, kind, list)
	        json_array_append_new(rows, json_pack("{s:s, s:O}", "kind", kind, "places", list));
	json_object_set_new(rq->out, "kinds", rows);
	json_decref(kinds);
	return e;
}

const struct hf_route hf_routes_classify[] = {
        {"GET", "/v1/sources/places", HF_MAY_STATUS, HF_EVENT_INVALID, places, 0},
        {"GET", "/v1/sources/fields", HF_MAY_STATUS, HF_EVENT_INVALID, fields, 0},
        {"POST", "/v1/sources/classify", HF_MAY_CLASSIFY, HF_EVENT_CLASSIFICATION, classify, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
