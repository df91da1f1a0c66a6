/*
 * relations.c - routes of which fields of the sources belong together: found, said, imported, shown; and of the whole
 * inventory, as `hufu mask plan --propose` takes it (MK-20, MK-31). No value is ever shown.
 */
#include "source/relations.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/sight.h"
#include "api/sources.h"
#include "masking/inventory.h"
#include "source/classify.h"

#define SAID_MAX 1000u /* at once */

static enum hf_err out_list(struct hf_api_request *rq, const char *source)
{
	json_t *list = NULL, *o;
	size_t i, open = 0;

	HF_TRY(hf_fault_default(&rq->fault, hf_relations_list(rq->m->sources, source, &list)));
	json_array_foreach(list, i, o)
	{
		hf_api_out_time(o, "said", json_integer_value(json_object_get(o, "said_ms")));
		json_object_del(o, "said_ms");
		open += strcmp(json_string_value(json_object_get(o, "state")), "proposed") == 0;
	}
	json_object_set_new(rq->out, "relations", list);
	json_object_set_new(rq->out, "open", json_integer((json_int_t)open));
	return HF_OK;
}

static enum hf_err list(struct hf_api_request *rq)
{
	const char *name;

	HF_TRY(hf_api_text(rq, "name", false, HF_NAME_MAX, &name));
	return out_list(rq, *name ? name : NULL);
}

/* ---- found ---- */

static enum hf_err store_found(struct hf_api_request *rq, const json_t *found)
{
	size_t new = 0;

	HF_TRY(hf_api_again(rq));
	HF_TRY(hf_relations_propose(rq->m->sources, rq->unit, found, hf_now_ms(&rq->m->base->clock), &new, &rq->fault));
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%zu found, %zu of them proposed anew", json_array_size(found), new);
	json_object_set_new(rq->out, "found", json_integer((json_int_t)json_array_size(found)));
	json_object_set_new(rq->out, "proposed", json_integer((json_int_t) new));
	return HF_OK;
}

static void on_found(void *ctx, enum hf_err e, const json_t *found, const struct hf_fault *f)
{
	struct hf_api_request *rq = ctx;

	if (e != HF_OK)
		rq->fault = *f;
	hf_api_finish(rq, e == HF_OK ? store_found(rq, found) : e);
}

/* None is named: all are compared, which takes an account that sees them all. */
static enum hf_err names_own(struct hf_api_request *rq, const char *const *names, size_t count)
{
	if (count == 0 && !hf_api_sees(rq, rq->m->base->self.s, ""))
		return hf_fault_set(
		        &rq->fault, HF_E_PERMISSION,
		        "account %s is of department %s; name the department's sources that are to be compared",
		        rq->actor->account, rq->actor->department);
	for (size_t i = 0; i < count; i++)
		HF_TRY(hf_api_source_own(rq, names[i]));
	return HF_OK;
}

static enum hf_err find(struct hf_api_request *rq)
{
	struct hf_relate_in in = {.fn = on_found, .ctx = rq};
	const char **names = NULL;
	int64_t rows = 0;
	enum hf_err e;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "relations of sources");
	HF_TRY(hf_api_int(rq, "rows", false, 1, HF_RELATE_ROWS_MAX, &rows));
	HF_TRY(hf_api_list(rq, "sources", false, HF_RELATE_SOURCES, &names, &in.count));
	in.names = names;
	in.rows = (uint64_t)rows;
	e = names_own(rq, names, in.count);
	if (e == HF_OK)
		e = hf_sources_relate(rq->m->sources, &in, &rq->fault);
	free(names);
	if (e == HF_OK)
		hf_api_later(rq);
	return e;
}

/* ---- said ---- */

static enum hf_err check_said(struct hf_api_request *rq, const json_t *said)
{
	if (json_array_size(said) > SAID_MAX)
		return hf_fault_set(&rq->fault, HF_E_LIMIT, "more than %u relations are named; name fewer at once",
		                    SAID_MAX);
	return HF_OK;
}

/* At most as much as an entry holds. */
static void draft_said(struct hf_api_request *rq, const char *what, const struct hf_buf *done)
{
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%s: %.*s", what,
	               (int)hf_utf8_cut((const char *)done->data, done->len < 1000 ? done->len : 1000),
	               (const char *)done->data);
}

static void add_said(struct hf_buf *done, const char *text)
{
	hf_buf_addf(done, "%s%s", done->len ? "; " : "", text);
}

static enum hf_err say(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf done = HF_BUF_INIT;
	struct hf_relation_saying s = {.by = rq->actor->account, .now_ms = hf_now_ms(&rq->m->base->clock)};
	const json_t *said = json_object_get(rq->in, "relations"), *text;
	size_t i, count = 0, all = 0;
	bool every;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "relations of sources");
	HF_TRY(hf_api_bool(rq, "right", true, &s.right));
	HF_TRY(hf_api_bool(rq, "all", false, &every));
	HF_TRY(check_said(rq, said));
	if (!every && json_array_size(said) == 0)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "nothing is said; give the sentence of a relation, or confirm all with --all");
	json_array_foreach(said, i, text)
	{
		s.text = json_string_value(text);
		if (!s.text)
			return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field 'relations' is no list of texts");
		HF_TRY(hf_relations_say(rq->m->sources, rq->unit, &s, &count, &rq->fault));
		add_said(&done, s.text);
		all += count;
	}
	s.text = NULL;
	if (every) {
		HF_TRY(hf_relations_say(rq->m->sources, rq->unit, &s, &count, &rq->fault));
		add_said(&done, "all that was proposed");
		all += count;
	}
	draft_said(rq, s.right ? "confirmed" : "dropped", &done);
	json_object_set_new(rq->out, "count", json_integer((json_int_t)all));
	return HF_OK;
}

static enum hf_err add(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf done = HF_BUF_INIT;
	const struct hf_relation_saying s = {.by = rq->actor->account, .now_ms = hf_now_ms(&rq->m->base->clock)};
	const json_t *said = json_object_get(rq->in, "relations"), *one;
	size_t i;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "relations of sources");
	HF_TRY(check_said(rq, said));
	if (json_array_size(said) == 0)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "no relation is given; name a kind and two fields");
	json_array_foreach(said, i, one)
	{
		char *text = NULL;
		enum hf_err e = hf_relations_define(rq->m->sources, rq->unit, one, &s, &text, &rq->fault);

		if (e == HF_OK)
			add_said(&done, text);
		free(text);
		HF_TRY(e);
	}
	draft_said(rq, "defined", &done);
	json_object_set_new(rq->out, "count", json_integer((json_int_t)json_array_size(said)));
	return HF_OK;
}

/* ---- the inventory ---- */

static bool join(void *ctx, const struct hf_source_view *v)
{
	struct hf_api_request *rq = ctx;
	json_t *one = hf_api_source_seen(rq, v) ? hf_source_inventory(rq->m->sources, v->name) : NULL;

	if (one)
		hf_inventory_join(rq->out, one);
	json_decref(one);
	return true;
}

static enum hf_err join_named(struct hf_api_request *rq, const char *name)
{
	struct hf_source_view v;

	HF_TRY(hf_api_source_own(rq, name));
	if (hf_source_get(rq->m->sources, name, &v) != HF_OK)
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
		                    "there is no source '%.63s'; `hufu source list` shows those there are", name);
	join(rq, &v);
	hf_source_view_done(&v);
	return HF_OK;
}

static enum hf_err inventory(struct hf_api_request *rq)
{
	const char **names = NULL;
	size_t count = 0;
	json_t *empty = hf_inventory_new();
	enum hf_err e;

	json_object_update(rq->out, empty);
	json_decref(empty);
	HF_TRY(hf_api_list(rq, "sources", false, HF_RELATE_SOURCES, &names, &count));
	e = count ? HF_OK : hf_fault_default(&rq->fault, hf_sources_list(rq->m->sources, join, rq));
	for (size_t i = 0; i < count && e == HF_OK; i++)
		e = join_named(rq, names[i]);
	free(names);
	return e;
}

const struct hf_route hf_routes_relations[] = {
        {"GET", "/v1/sources/relations", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/sources/inventory", HF_MAY_STATUS, HF_EVENT_INVALID, inventory, 0},
        {"POST", "/v1/sources/relations/find", HF_MAY_CLASSIFY, HF_EVENT_RELATION, find, 0},
        {"POST", "/v1/sources/relations/say", HF_MAY_CLASSIFY, HF_EVENT_RELATION, say, 0},
        {"POST", "/v1/sources/relations/add", HF_MAY_CLASSIFY, HF_EVENT_RELATION, add, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
