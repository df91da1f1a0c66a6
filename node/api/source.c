/*
 * source.c - routes of data sources: add, update, scan, test, enable, disable, remove, list, show.
 */
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/onward.h"
#include "api/sight.h"
#include "api/sources.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "release/tasks.h"
#include "source/classify.h"
#include "source/running.h"
#include "source/scanner.h"

static json_t *field_json(const struct hf_source_field *f)
{
	return json_pack("{s:s, s:s, s:I, s:I}", "name", f->name, "type", f->type, "nulls", (json_int_t)f->nulls,
	                 "distinct", (json_int_t)f->distinct);
}

static void view_json(json_t *o, const struct hf_source_view *v)
{
	json_t *fields = json_array();

	json_object_set_new(o, "name", json_string(v->name));
	json_object_set_new(o, "kind", json_string(v->kind));
	json_object_set_new(o, "path", json_string(v->path));
	if (v->table[0])
		json_object_set_new(o, "table", json_string(v->table));
	if (v->query[0])
		json_object_set_new(o, "query", json_string(v->query));
	if (v->parameters[0])
		json_object_set_new(o, "parameters", json_string(v->parameters));
	json_object_set_new(o, "department", json_string(v->department));
	json_object_set_new(o, "enabled", json_boolean(v->enabled));
	json_object_set_new(o, "bytes", json_integer((json_int_t)v->bytes));
	json_object_set_new(o, "rows", json_integer((json_int_t)v->rows));
	json_object_set_new(o, "whole", json_boolean(v->most_rows == 0));
	if (v->bytes_per_second)
		json_object_set_new(o, "bytes_per_second", json_integer((json_int_t)v->bytes_per_second));
	if (v->rows_per_second)
		json_object_set_new(o, "rows_per_second", json_integer((json_int_t)v->rows_per_second));
	hf_api_out_time(o, "scanned", v->scanned_ms);
	hf_api_out_time(o, "registered", v->registered_ms);
	json_object_set_new(o, "registered_by", json_string(v->registered_by));
	if (!hf_id_is_zero(&v->derivation))
		hf_api_out_id(o, "derivation", &v->derivation);
	if (!hf_id_is_zero(&v->masked)) {
		hf_api_out_id(o, "masked", &v->masked);
		json_object_set_new(o, "masked_of", json_string(v->masked_of));
	}
	for (size_t i = 0; i < v->field_count; i++)
		json_array_append_new(fields, field_json(&v->fields[i]));
	json_object_set_new(o, "fields", fields);
}

/* Scans end later; what they found goes into the request's unit then. */
struct scan_request {
	struct hf_api_request *rq;
	struct hf_source_view was; /* name, registration and switch stay as they are */
	bool adding, commented;
	/* Of a database, while the scanner looks at what was read. */
	struct hf_source_view scanned;
	struct hf_source_reader *reader;
	uint64_t fed;
};

/* MK-23: whoever registers is told what is left to be said. */
static void note_looked(struct hf_api_request *rq, const struct hf_source_view *v)
{
	size_t open = 0;

	for (size_t i = 0; i < v->field_count; i++)
		open += v->fields[i].class.state != HF_CLASS_CONFIRMED;
	json_object_set_new(rq->out, "rows_looked_at", json_integer((json_int_t)v->looked_rows));
	json_object_set_new(rq->out, "unconfirmed", json_integer((json_int_t)open));
}

/* MK-18: "rows" bounds what is read of the source, "look" what is looked at of the whole. */
static enum hf_err take_rows(struct hf_api_request *rq, struct hf_source_view *v)
{
	int64_t rows = 0, look = 0;

	HF_TRY(hf_api_int(rq, "rows", false, 1, HF_LOOK_ROWS_MAX, &rows));
	HF_TRY(hf_api_int(rq, "look", false, 1, HF_LOOK_ROWS_MAX, &look));
	v->most_rows = (uint64_t)rows;
	v->look_rows = (uint64_t)(look ? look : rows);
	return HF_OK;
}

/* What hangs on the whole of a source is not taken from it by a look at some rows. */
static enum hf_err check_rows(struct hf_api_request *rq, const struct hf_source_view *v)
{
	if (v->most_rows == 0)
		return HF_OK;
	if (!hf_id_is_zero(&v->derivation) || !hf_id_is_zero(&v->masked))
		return hf_fault_set(
		        &rq->fault, HF_E_STATE,
		        "source '%s' was derived or masked here, which its whole data tells; leave out --rows",
		        v->name);
	if (hf_catalog_uses_source(rq->m->catalog, v->name))
		return hf_fault_set(
		        &rq->fault, HF_E_STATE,
		        "source '%s' stands behind a published entry, which is of the whole; leave out --rows",
		        v->name);
	return HF_OK;
}

/* How fast scans may read it; 0: as it comes. */
static enum hf_err take_rates(struct hf_api_request *rq, struct hf_source_view *v)
{
	int64_t bytes = (int64_t)v->bytes_per_second, rows = (int64_t)v->rows_per_second;

	HF_TRY(hf_api_int(rq, "bytes_per_second", false, 0, HF_SOURCE_RATE_MAX, &bytes));
	HF_TRY(hf_api_int(rq, "rows_per_second", false, 0, HF_SOURCE_RATE_MAX, &rows));
	v->bytes_per_second = (uint64_t)bytes;
	v->rows_per_second = (uint64_t)rows;
	return HF_OK;
}

/* Evidence for what the fields hold, from the department's data dictionary. */
static enum hf_err take_about(struct hf_api_request *rq, struct hf_source_view *v)
{
	v->about = json_object_get(rq->in, "about");
	return v->about ? hf_source_about_check(v->about, &rq->fault) : HF_OK;
}

static enum hf_err store_scan(struct scan_request *s, struct hf_source_view *v)
{
	struct hf_api_request *rq = s->rq;
	struct hf_source_view now;
	enum hf_err e = hf_source_get(rq->m->sources, v->name, &now);

	v->enabled = s->was.enabled;
	if (e == HF_OK) {
		v->enabled = now.enabled; /* it may have been disabled meanwhile */
		hf_source_class_keep(v, &now);
		hf_source_view_done(&now);
	}
	if (s->adding && e == HF_OK)
		return hf_fault_set(&rq->fault, HF_E_EXISTS, "source '%s' was registered meanwhile", v->name);
	if (!s->adding && e != HF_OK)
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN, "source '%s' was removed meanwhile", v->name);
	if (!hf_id_is_zero(&v->masked) && !hf_task_made(rq->m->release, &v->masked, &v->digest)) {
		memset(&v->masked, 0, sizeof(v->masked)); /* another file now */
		v->masked_of[0] = '\0';
	}
	HF_TRY(hf_api_onward(rq, v));
	v->registered_ms = s->was.registered_ms;
	memcpy(v->registered_by, s->was.registered_by, sizeof(v->registered_by));
	HF_TRY(hf_api_derived(rq, v, &s->was.derivation, s->adding));
	HF_TRY(hf_source_put(rq->m->sources, rq->unit, v, &rq->fault));
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%s: %s%llu rows, %llu bytes, %zu fields%s%s", v->path,
	               v->most_rows ? "a look at " : "", (unsigned long long)v->rows, (unsigned long long)v->bytes,
	               v->field_count, s->commented ? ", comments given" : "",
	               rq->m->scanner ? ", examined by the scanner" : "");
	view_json(rq->out, v);
	note_looked(rq, v);
	return HF_OK;
}

static void finish_scan(struct scan_request *s, enum hf_err e, struct hf_source_view *v)
{
	if (e == HF_OK)
		e = store_scan(s, v);
	if (e != HF_OK)
		hf_source_discard(s->rq->m->sources, v);
	hf_api_finish(s->rq, e);
	free(s);
}

/* DS-100: what the operator's scanner refuses is not registered. */
static enum hf_err examined(struct scan_request *s, enum hf_err e, const char *text)
{
	struct hf_api_request *rq = s->rq;

	if (e == HF_OK)
		return e;
	if (e != HF_E_CANCELLED)
		hf_alarm(rq->m->base, e == HF_E_MALICIOUS ? "malicious-data" : "scanner", NULL,
		         "source %s was not registered: %s", s->was.name, text);
	return hf_fault_set(&rq->fault, e, "%s: %s", s->was.path, text);
}

static enum hf_err feed_scanner(void *ctx, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct scan_request *s = ctx;

	HF_TRY(hf_source_read(s->reader, s->fed, out, cap, ret_len));
	s->fed += *ret_len;
	return HF_OK;
}

static void on_copy_examined(void *ctx, enum hf_err e, const char *text)
{
	struct scan_request *s = ctx;
	struct hf_source_view v = s->scanned;

	hf_source_reader_close(s->reader);
	finish_scan(s, examined(s, e, text), &v);
	hf_source_view_done(&v);
}

/* What was read of a database is examined as it was read: there was no file before. */
static bool examine_copy(struct scan_request *s, struct hf_source_view *v)
{
	if (!s->rq->m->scanner || hf_id_is_zero(&v->copy) ||
	    hf_source_open_scanned(s->rq->m->sources, v, &s->reader, &s->rq->fault) != HF_OK)
		return false;
	s->scanned = *v;
	v->fields = NULL;
	v->field_count = 0;
	hf_scan_fed(s->rq->m->scanner, feed_scanner, s, on_copy_examined, s);
	return true;
}

static void on_scanned(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct scan_request *s = ctx;

	if (e != HF_OK) {
		s->rq->fault = *f;
		hf_api_finish(s->rq, e);
		free(s);
	} else if (!examine_copy(s, v)) {
		finish_scan(s, s->rq->fault.code, v);
	}
}

static void on_examined(void *ctx, enum hf_err e, const char *text)
{
	struct scan_request *s = ctx;

	if (examined(s, e, text) == HF_OK) {
		hf_source_scan(s->rq->m->sources, &s->was, on_scanned, s);
		return;
	}
	hf_api_finish(s->rq, e);
	free(s);
}

static enum hf_err start_scan(struct hf_api_request *rq, const struct hf_source_view *v, bool adding)
{
	struct scan_request *s;

	HF_TRY(hf_source_check(rq->m->sources, v, &rq->fault));
	HF_TRY(check_rows(rq, v));
	s = hf_alloc_zero(sizeof(*s));
	s->rq = rq;
	s->was = *v;
	s->adding = adding;
	s->commented = v->about != NULL;
	hf_api_later(rq);
	if (rq->m->scanner && v->path[0] == '/')
		hf_scan(rq->m->scanner, s->was.path, on_examined, s);
	else
		hf_source_scan(rq->m->sources, v, on_scanned, s);
	return HF_OK;
}

static enum hf_err copy_text(struct hf_api_request *rq, const char *name, bool required, char *to, size_t cap)
{
	const char *text;

	HF_TRY(hf_api_text(rq, name, required, cap - 1, &text));
	if (*text)
		memcpy(to, text, strlen(text) + 1);
	return HF_OK;
}

/* An account of a department registers for that one alone. */
static enum hf_err take_department(struct hf_api_request *rq, struct hf_source_view *v)
{
	HF_TRY(copy_text(rq, "department", false, v->department, sizeof(v->department)));
	if (!v->department[0])
		memcpy(v->department, rq->actor->department, sizeof(v->department));
	if (hf_api_source_seen(rq, v))
		return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_PERMISSION,
	                    "account %s is of department %s and registers sources for no other; leave out --department",
	                    rq->actor->account, rq->actor->department);
}

/* A table or a query: the one that is given takes the place of the other. */
static enum hf_err take_table(struct hf_api_request *rq, struct hf_source_view *v)
{
	const char *table, *query;

	HF_TRY(hf_api_text(rq, "table", false, sizeof(v->table) - 1, &table));
	HF_TRY(hf_api_text(rq, "query", false, sizeof(v->query) - 1, &query));
	if (*table && !*query)
		v->query[0] = v->parameters[0] = '\0';
	if (*query && !*table)
		v->table[0] = '\0';
	HF_TRY(copy_text(rq, "table", false, v->table, sizeof(v->table)));
	HF_TRY(copy_text(rq, "query", false, v->query, sizeof(v->query)));
	return copy_text(rq, "parameters", false, v->parameters, sizeof(v->parameters));
}

/* Of a database: what is kept is in a box. */
static enum hf_err take_password(struct hf_api_request *rq, struct hf_source_view *v)
{
	const char *password;

	HF_TRY(hf_api_text(rq, "password", false, HF_SOURCE_SECRET_MAX, &password));
	return *password ? hf_source_password(rq->m->sources, v, password, &rq->fault) : HF_OK;
}

static enum hf_err add(struct hf_api_request *rq)
{
	struct hf_source_view v = {.kind = "csv", .enabled = true}, there;

	HF_TRY(copy_text(rq, "name", true, v.name, sizeof(v.name)));
	HF_TRY(copy_text(rq, "kind", false, v.kind, sizeof(v.kind)));
	HF_TRY(copy_text(rq, "path", true, v.path, sizeof(v.path)));
	HF_TRY(take_table(rq, &v));
	HF_TRY(take_department(rq, &v));
	HF_TRY(take_password(rq, &v));
	HF_TRY(hf_api_id(rq, "derivation", false, &v.derivation));
	HF_TRY(take_rows(rq, &v));
	HF_TRY(take_rates(rq, &v));
	HF_TRY(take_about(rq, &v));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "source %s", v.name);
	if (hf_source_get(rq->m->sources, v.name, &there) == HF_OK) {
		hf_source_view_done(&there);
		return hf_fault_set(&rq->fault, HF_E_EXISTS,
		                    "there is a source '%s' already; use another name or `hufu source update`", v.name);
	}
	v.registered_ms = hf_now_ms(&rq->m->base->clock);
	memcpy(v.registered_by, rq->actor->account, sizeof(v.registered_by));
	return start_scan(rq, &v, true);
}

static enum hf_err update(struct hf_api_request *rq)
{
	struct hf_source_view v;
	enum hf_err e;

	HF_TRY(hf_api_source(rq, &v));
	e = copy_text(rq, "path", false, v.path, sizeof(v.path));
	if (e == HF_OK)
		e = take_table(rq, &v);
	if (e == HF_OK)
		e = take_password(rq, &v);
	if (e == HF_OK)
		e = take_department(rq, &v);
	if (e == HF_OK)
		e = take_rows(rq, &v);
	if (e == HF_OK)
		e = take_rates(rq, &v);
	if (e == HF_OK)
		e = take_about(rq, &v);
	hf_source_view_done(&v);
	return e == HF_OK ? start_scan(rq, &v, false) : e;
}

static enum hf_err scan(struct hf_api_request *rq)
{
	struct hf_source_view v;

	HF_TRY(hf_api_source(rq, &v));
	hf_source_view_done(&v);
	HF_TRY(take_rows(rq, &v));
	HF_TRY(take_about(rq, &v));
	return start_scan(rq, &v, false);
}

static void on_probed(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct hf_api_request *rq = ctx;

	if (e == HF_OK)
		json_object_set_new(rq->out, "name", json_string(v->name));
	else
		rq->fault = *f;
	hf_api_finish(rq, e);
}

static enum hf_err test(struct hf_api_request *rq)
{
	struct hf_source_view v;

	HF_TRY(hf_api_source(rq, &v));
	hf_api_later(rq);
	hf_source_probe(rq->m->sources, v.name, on_probed, rq);
	hf_source_view_done(&v);
	return HF_OK;
}

/* What is being read of it ends; how much that was goes into the answer. */
static void put_stopped(struct hf_api_request *rq, const char *name)
{
	json_object_set_new(rq->out, "ended", json_integer((json_int_t)hf_source_stop(rq->m->sources, name)));
}

struct run_named {
	const struct hf_api_request *rq;
	const char *name;
	bool unseen;
};

static bool run_seen(const struct hf_api_request *rq, const struct hf_source_run *run)
{
	return hf_api_sees(rq, rq->m->base->self.s, run->department);
}

static void find_run(void *ctx, const struct hf_source_run *run)
{
	struct run_named *r = ctx;

	r->unseen |= strcmp(run->source, r->name) == 0 && !run_seen(r->rq, run);
}

/* Also of a source that is being registered, of which there is no row yet. */
static enum hf_err cancel(struct hf_api_request *rq)
{
	struct run_named r = {.rq = rq};
	const char *name;

	HF_TRY(hf_api_text(rq, "name", true, HF_NAME_MAX, &name));
	r.name = name;
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "source %s", name);
	HF_TRY(hf_api_source_own(rq, name));
	hf_sources_running(rq->m->sources, find_run, &r);
	if (!r.unseen)
		put_stopped(rq, name);
	if (json_integer_value(json_object_get(rq->out, "ended")) == 0)
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
		                    "no scan of a source '%s' is under way; `hufu source list` shows those that are",
		                    name);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, "scan cancelled");
	json_object_set_new(rq->out, "name", json_string(name));
	return HF_OK;
}

static enum hf_err set_enabled(struct hf_api_request *rq, bool enabled)
{
	struct hf_source_view v;
	enum hf_err e;

	HF_TRY(hf_api_source(rq, &v));
	v.enabled = enabled;
	e = hf_source_put(rq->m->sources, rq->unit, &v, &rq->fault);
	if (e == HF_OK && !enabled)
		put_stopped(rq, v.name);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, enabled ? "enabled" : "disabled");
	json_object_set_new(rq->out, "name", json_string(v.name));
	json_object_set_new(rq->out, "enabled", json_boolean(enabled));
	hf_source_view_done(&v);
	return e;
}

static enum hf_err enable(struct hf_api_request *rq)
{
	return set_enabled(rq, true);
}

static enum hf_err disable(struct hf_api_request *rq)
{
	return set_enabled(rq, false);
}

static enum hf_err remove_source(struct hf_api_request *rq)
{
	struct hf_source_view v;
	enum hf_err e;

	HF_TRY(hf_api_source(rq, &v));
	if (hf_catalog_uses_source(rq->m->catalog, v.name))
		e = hf_fault_set(&rq->fault, HF_E_STATE,
		                 "source '%s' stands behind a published entry; withdraw that first, or disable the "
		                 "source",
		                 v.name);
	else
		e = hf_source_remove(rq->m->sources, rq->unit, v.name, &rq->fault);
	if (e == HF_OK)
		put_stopped(rq, v.name);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, "removed");
	json_object_set_new(rq->out, "name", json_string(v.name));
	hf_source_view_done(&v);
	return e;
}

struct listing {
	const struct hf_api_request *rq;
	json_t *rows, *running;
};

static bool add_row(void *ctx, const struct hf_source_view *v)
{
	const struct listing *l = ctx;
	json_t *o;

	if (!hf_api_source_seen(l->rq, v))
		return true;
	o = json_object();
	view_json(o, v);
	json_object_set_new(o, "field_count", json_integer((json_int_t)v->field_count));
	json_object_del(o, "fields");
	json_array_append_new(l->rows, o);
	return true;
}

static void add_run(void *ctx, const struct hf_source_run *run)
{
	const struct listing *l = ctx;
	json_t *o;

	if (!run_seen(l->rq, run))
		return;
	o = json_pack("{s:s, s:s, s:s, s:I, s:I}", "source", run->source, "what", run->what, "state",
	              run->waiting ? "waiting" : "running", "bytes", (json_int_t)run->bytes, "rows",
	              (json_int_t)run->rows);
	hf_api_out_time(o, "since", run->since_ms);
	json_array_append_new(l->running, o);
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct listing l = {rq, json_array(), json_array()};

	json_object_set_new(rq->out, "sources", l.rows);
	json_object_set_new(rq->out, "running", l.running);
	hf_sources_running(rq->m->sources, add_run, &l);
	return hf_sources_list(rq->m->sources, add_row, &l);
}

static enum hf_err show(struct hf_api_request *rq)
{
	struct hf_source_view v;

	HF_TRY(hf_api_source(rq, &v));
	view_json(rq->out, &v);
	hf_source_view_done(&v);
	return HF_OK;
}

const struct hf_route hf_routes_source[] = {
        {"POST", "/v1/sources/add", HF_MAY_MANAGE_SOURCES, HF_EVENT_SOURCE_CHANGE, add, 0},
        {"POST", "/v1/sources/update", HF_MAY_MANAGE_SOURCES, HF_EVENT_SOURCE_CHANGE, update, 0},
        {"POST", "/v1/sources/scan", HF_MAY_MANAGE_SOURCES, HF_EVENT_SOURCE_CHANGE, scan, 0},
        {"POST", "/v1/sources/test", HF_MAY_MANAGE_SOURCES, HF_EVENT_COMMAND, test, 0},
        {"POST", "/v1/sources/enable", HF_MAY_MANAGE_SOURCES, HF_EVENT_SOURCE_CHANGE, enable, 0},
        {"POST", "/v1/sources/disable", HF_MAY_MANAGE_SOURCES, HF_EVENT_SOURCE_CHANGE, disable, 0},
        {"POST", "/v1/sources/cancel", HF_MAY_MANAGE_SOURCES, HF_EVENT_SOURCE_CHANGE, cancel, 0},
        {"POST", "/v1/sources/remove", HF_MAY_MANAGE_SOURCES, HF_EVENT_SOURCE_CHANGE, remove_source, 0},
        {"GET", "/v1/sources", HF_MAY_MANAGE_SOURCES, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/sources/show", HF_MAY_MANAGE_SOURCES, HF_EVENT_INVALID, show, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
