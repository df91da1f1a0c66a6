/*
 * ledger.c - routes of the ledger: state, tail, trace, prove, proof, export, verify. Reading the audit record is itself
 * an entry; the transaction that is read about is the entry's object, never its transaction, so that looking changes
 * nothing in the record.
 */
#include "ledger/ledger.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/transfers.h"
#include "base/mem.h"
#include "crypto/base64.h"
#include "exchange/exchange.h"

#define TAIL_DEFAULT 20
#define TAIL_MAX 10000
#define USES_DEFAULT 200

static void set_uint(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, json_integer((json_int_t)value));
}

/* ---- rows ---- */

static json_t *value_json(struct hf_bytes v)
{
	json_t *text = v.len && hf_text_ok((const char *)v.data, v.len, v.len)
	                       ? json_stringn((const char *)v.data, v.len)
	                       : NULL;
	if (text || v.len == 0)
		return text ? text : json_string("");
	char *hex = hf_alloc(2 * v.len + 1);
	hf_hex(v.data, v.len, hex);
	text = json_string(hex);
	free(hex);
	return text;
}

/* Every shown field under its name. */
static json_t *fields_json(const Hufu__EntryOpening *o)
{
	json_t *fields = json_object();
	for (size_t i = 0; o && i < o->n_fields; i++) {
		const Hufu__FieldOpening *f = o->fields[i];
		const char *name = hf_field_name((enum hf_field)f->field);
		if (name)
			json_object_set_new(fields, name, value_json((struct hf_bytes){f->value.data, f->value.len}));
	}
	return fields;
}

static const char *class_name(enum hf_event_class c)
{
	switch (c) {
	case HF_EVENT_CLASS_PUBLIC:
		return "public";
	case HF_EVENT_CLASS_SYSTEM:
		return "system";
	case HF_EVENT_CLASS_OPERATOR:
		return "operator";
	case HF_EVENT_CLASS_DECISION:
		return "decision";
	case HF_EVENT_CLASS_EXCHANGE:
		return "exchange";
	case HF_EVENT_CLASS_PEER:
		return "peer";
	case HF_EVENT_CLASS_INVALID:
		break;
	}
	return "unknown";
}

json_t *hf_api_ledger_row(const struct hf_ledger_row *r)
{
	static const char *const first[] = {"event",   "actor",  "object", "counterparty",
	                                    "outcome", "reason", "detail", NULL};
	json_t *o = json_object(), *fields = fields_json(r->opening);
	json_object_set_new(o, "ledger", json_string(r->origin));
	set_uint(o, "index", r->index);
	hf_api_out_time(o, "time", r->time_ms);
	json_object_set_new(o, "class", json_string(class_name(r->event_class)));
	for (size_t i = 0; first[i]; i++)
		if (json_object_get(fields, first[i]))
			json_object_set(o, first[i], json_object_get(fields, first[i]));
	json_object_set_new(o, "proof", json_string(r->proof));
	json_object_set_new(o, "fields", fields);
	return o;
}

static bool add_row(void *ctx, const struct hf_ledger_row *r)
{
	json_array_append_new(ctx, hf_api_ledger_row(r));
	return true;
}

struct story {
	json_t *entries, *coverage;
};

static bool add_story_row(void *ctx, const struct hf_ledger_row *r)
{
	return add_row(((struct story *)ctx)->entries, r);
}

static void add_story_note(void *ctx, const char *text)
{
	json_array_append_new(((struct story *)ctx)->coverage, json_string(text));
}

/* ---- reading ---- */

static enum hf_err state(struct hf_api_request *rq)
{
	struct hf_ledger_state s;
	hf_ledger_state(rq->m->ledger, &s);
	set_uint(rq->out, "durable", s.durable);
	set_uint(rq->out, "signed", s.signed_size);
	set_uint(rq->out, "witnessed", s.witnessed_size);
	set_uint(rq->out, "mirrored", s.mirrored_size);
	if (s.signed_size)
		hf_api_out_hex(rq->out, "root", s.root.b, sizeof(s.root.b));
	set_uint(rq->out, "quorum", s.quorum);
	set_uint(rq->out, "witnesses", s.witnesses);
	json_object_set_new(rq->out, "halted", json_string(s.halted));
	json_object_set_new(rq->out, "read_only", json_boolean(s.read_only));
	if (s.ahead)
		set_uint(rq->out, "peers_hold", s.ahead);
	return HF_OK;
}

static enum hf_err tail(struct hf_api_request *rq)
{
	int64_t count = TAIL_DEFAULT;
	HF_TRY(hf_api_int(rq, "count", false, 1, TAIL_MAX, &count));
	json_t *entries = json_array();
	json_object_set_new(rq->out, "entries", entries);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "ledger tail");
	return hf_ledger_tail(rq->m->ledger, count > 0 ? (uint64_t)count : TAIL_DEFAULT, add_row, entries);
}

static void set_object(struct hf_api_request *rq, const struct hf_id *txn)
{
	char text[HF_ID_TEXT];
	hf_id_text(txn, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "transaction %s", text);
}

/* "TIME/LEDGER/INDEX", as `next` was given. */
static enum hf_err take_after(struct hf_api_request *rq, struct hf_use_at *ret_after)
{
	const char *text = NULL;
	char time[HF_TIME_TEXT], node[HF_NAME_MAX + 1];
	struct hf_name name;
	int end = 0;
	HF_TRY(hf_api_time(rq, "from", false, &ret_after->time_ms));
	HF_TRY(hf_api_text(rq, "after", false, HF_TIME_TEXT + HF_NAME_MAX + 24, &text));
	if (!text || !*text)
		return HF_OK;
	if (sscanf(text, "%24[^/]/%63[^/]/%20" SCNu64 "%n", time, node, &ret_after->index, &end) != 3 || text[end] ||
	    !hf_time_parse(time, &ret_after->time_ms) || !hf_name_parse(node, &name))
		return hf_fault_set(
		        &rq->fault, HF_E_ARGUMENT,
		        "field 'after' is no place in a trace; give back what an earlier page named as 'next'");
	snprintf(ret_after->node, sizeof(ret_after->node), "%s", node);
	return HF_OK;
}

static void put_next(struct hf_api_request *rq, const struct hf_use_at *next)
{
	char time[HF_TIME_TEXT], text[HF_TIME_TEXT + HF_NAME_MAX + 24];
	if (!next->node[0])
		return;
	hf_time_text(next->time_ms, time);
	snprintf(text, sizeof(text), "%s/%s/%" PRIu64, time, next->node, next->index);
	json_object_set_new(rq->out, "next", json_string(text));
}

/* SB-57: by dataset. The entry that records the question names the dataset as its object, so it is no use of it. */
static enum hf_err trace_uses(struct hf_api_request *rq, struct story *s)
{
	struct hf_uses u = {.row = add_story_row, .note = add_story_note, .ctx = s};
	struct hf_use_at next = {0};
	char text[HF_ID_TEXT];
	int64_t limit = USES_DEFAULT;
	HF_TRY(hf_api_id(rq, "resource", true, &u.resource));
	hf_id_text(&u.resource, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "catalog entry %s", text);
	HF_TRY(take_after(rq, &u.after));
	HF_TRY(hf_api_time(rq, "until", false, &u.until_ms));
	HF_TRY(hf_api_int(rq, "limit", false, 1, HF_USES_MAX, &limit));
	u.limit = limit > 0 ? (size_t)limit : USES_DEFAULT;
	enum hf_err e = hf_ledger_uses(rq->m->ledger, &u, &next);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(
		        &rq->fault, e,
		        "no ledger held here has an entry about catalog entry %s; `hufu catalog search` finds "
		        "entries",
		        text);
	put_next(rq, &next);
	return e;
}

static enum hf_err trace(struct hf_api_request *rq)
{
	struct hf_id txn;
	char text[HF_ID_TEXT];
	struct story s = {json_array(), json_array()};
	json_object_set_new(rq->out, "entries", s.entries);
	json_object_set_new(rq->out, "coverage", s.coverage);
	bool by_resource = json_object_get(rq->in, "resource") != NULL;
	if (by_resource && json_object_get(rq->in, "transaction"))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "a trace is of a transaction or of a resource; leave out one of the two fields");
	if (by_resource)
		return trace_uses(rq, &s);
	HF_TRY(hf_api_id(rq, "transaction", true, &txn));
	set_object(rq, &txn);
	enum hf_err e = hf_ledger_trace(rq->m->ledger, &txn, add_story_row, add_story_note, &s);
	hf_id_text(&txn, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(&rq->fault, e,
		                    "no ledger held here has an entry of transaction %s; `hufu applications` and `hufu "
		                    "transfers` show the transactions of this node",
		                    text);
	return e;
}

/* ---- prove ---- */

struct saving {
	uv_work_t req;
	struct hf_api_request *rq;
	struct hf_buf bytes;
	char path[HF_API_PATH];
	enum hf_err err;
};

/* An evidence file is never replaced: whoever wants another one names another file. */
static void save(uv_work_t *req)
{
	struct saving *s = req->data;
	int fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		s->err = access(s->path, F_OK) == 0 ? HF_E_EXISTS : HF_E_IO;
		return;
	}
	close(fd);
	s->err = hf_file_write(s->path, s->bytes.data, s->bytes.len, 0600);
	if (s->err != HF_OK)
		unlink(s->path);
}

static void saved(uv_work_t *req, int status)
{
	struct saving *s = req->data;
	struct hf_api_request *rq = s->rq;
	enum hf_err e = status == 0 ? s->err : HF_E_CANCELLED;
	if (e == HF_E_EXISTS)
		hf_fault_set(&rq->fault, e, "%s is there already; evidence files are never replaced, name another one",
		             s->path);
	else if (e != HF_OK)
		hf_fault_set(&rq->fault, e,
		             "%s cannot be written by the node; name a file in a folder that it may write", s->path);
	hf_buf_done(&s->bytes);
	free(s);
	hf_api_finish(rq, e);
}

static enum hf_err answer_file(struct hf_api_request *rq, const char *path, struct hf_buf *bytes)
{
	struct saving *s = hf_alloc_zero(sizeof(*s));
	s->req.data = s;
	s->rq = rq;
	s->bytes = *bytes;
	*bytes = (struct hf_buf)HF_BUF_INIT;
	memcpy(s->path, path, strlen(path) + 1);
	json_object_set_new(rq->out, "file", json_string(path));
	hf_api_later(rq);
	uv_queue_work(rq->m->base->loop, &s->req, save, saved);
	return HF_OK;
}

static void set_base64(json_t *o, const char *name, const struct hf_buf *bytes)
{
	char *text = hf_alloc(HF_BASE64_LEN(bytes->len) + 1);
	hf_base64(bytes->data, bytes->len, text);
	json_object_set_new(o, name, json_string(text));
	free(text);
}

/* The negotiation that a transfer rests on, when the caller does not name it. */
static void find_negotiation(const struct hf_api_request *rq, const struct hf_id *txn, struct hf_id *ret_negotiation)
{
	struct hf_transfer_view t;
	struct hf_grant_view g;
	if (hf_exchange_view(rq->m->exchange, txn, &t) == HF_OK && hf_authz_grant(rq->m->authz, &t.grant, &g) == HF_OK)
		*ret_negotiation = g.txn;
}

static enum hf_err prove(struct hf_api_request *rq)
{
	struct hf_id txn, negotiation = {{0}};
	char path[HF_API_PATH];
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	HF_TRY(hf_api_id(rq, "transaction", true, &txn));
	HF_TRY(hf_api_id(rq, "negotiation", false, &negotiation));
	HF_TRY(hf_api_place(rq, "file", false, path));
	set_object(rq, &txn);
	if (hf_id_is_zero(&negotiation))
		find_negotiation(rq, &txn, &negotiation);
	HF_TRY(hf_ledger_prove(rq->m->ledger, &txn, &negotiation, &bytes, &rq->fault));
	set_uint(rq->out, "bytes", bytes.len);
	hf_draft_int(rq->draft, HF_FIELD_DATA_LENGTH, (int64_t)bytes.len);
	if (*path)
		return answer_file(rq, path, &bytes);
	set_base64(rq->out, "tally", &bytes);
	return HF_OK;
}

/* ---- evidence of two histories ---- */

static bool add_evidence(void *ctx, const struct hf_evidence_view *v)
{
	json_t *o = json_pack("{s:s, s:s, s:b}", "ledger", v->node, "found_by", v->from, "frozen", v->frozen);
	hf_api_out_time(o, "seen", v->seen_ms);
	set_uint(o, "first_size", v->first);
	set_uint(o, "second_size", v->second);
	set_uint(o, "told", v->told);
	json_array_append_new(ctx, o);
	return true;
}

/* With a ledger named, also the file about it. */
static enum hf_err evidence(struct hf_api_request *rq)
{
	const char *node = NULL;
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	json_t *list = json_array();
	json_object_set_new(rq->out, "logs", list);
	HF_TRY(hf_api_text(rq, "ledger", false, HF_NAME_MAX, &node));
	HF_TRY(hf_ledger_evidence(rq->m->ledger, add_evidence, list));
	if (!node || !*node)
		return HF_OK;
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "ledger of %s", node);
	enum hf_err e = hf_ledger_evidence_file(rq->m->ledger, node, &bytes);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(&rq->fault, e, "no evidence of two histories of the ledger of %s is on record here",
		                    node);
	HF_TRY(e);
	char *text = hf_alloc(HF_BASE64_LEN(bytes.len) + 1);
	hf_base64(bytes.data, bytes.len, text);
	json_object_set_new(rq->out, "evidence", json_string(text));
	free(text);
	return HF_OK;
}

/* "" and an absent field mean this node. */
static enum hf_err take_node(struct hf_api_request *rq, const char **ret_node)
{
	struct hf_name name;
	HF_TRY(hf_api_text(rq, "ledger", false, HF_NAME_MAX, ret_node));
	if (*ret_node && !**ret_node)
		*ret_node = NULL;
	if (*ret_node && !hf_name_parse(*ret_node, &name))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field 'ledger' is no node id");
	return HF_OK;
}

/* Which fields a proof shows: those named, or all; without a choice, what happened and in which transaction, and to
 * which document. */
static enum hf_err take_shown(struct hf_api_request *rq, bool ret_shown[HF_FIELD_LIMIT], bool *ret_all)
{
	static const enum hf_field usual[] = {HF_FIELD_EVENT, HF_FIELD_TRANSACTION, HF_FIELD_ORDINAL, HF_FIELD_COUNT,
	                                      HF_FIELD_TIME,  HF_FIELD_OUTCOME,     HF_FIELD_DIGEST};
	const char **list = NULL;
	size_t count = 0;
	enum hf_err e = HF_OK;
	HF_TRY(hf_api_list(rq, "show", false, HF_FIELD_LIMIT, &list, &count));
	*ret_all = count == 1 && strcmp(list[0], "all") == 0;
	for (size_t i = 0; count == 0 && i < sizeof(usual) / sizeof(usual[0]); i++)
		ret_shown[usual[i]] = true;
	for (size_t i = 0; e == HF_OK && !*ret_all && i < count; i++) {
		enum hf_field f = hf_field_from_name(list[i]);
		if (f == HF_FIELD_INVALID)
			e = hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                 "field 'show': there is no private field \"%.60s\"; `hufu ledger tail "
			                 "--json` shows their names",
			                 list[i]);
		else
			ret_shown[f] = true;
	}
	free(list);
	return e;
}

static enum hf_err proof(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf descriptors = HF_BUF_INIT;
	struct hf_ledger_entry_ask ask = {.node = NULL};
	bool shown[HF_FIELD_LIMIT] = {false}, all = false;
	int64_t index = 0;
	HF_TRY(hf_api_int(rq, "index", true, 0, INT64_MAX, &index));
	HF_TRY(take_node(rq, &ask.node));
	HF_TRY(take_shown(rq, shown, &all));
	ask.index = (uint64_t)index;
	ask.shown = all ? NULL : shown;
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "entry %lld of the ledger of %s", (long long)index,
	               ask.node ? ask.node : rq->m->base->self.s);
	HF_TRY(hf_ledger_prove_entry(rq->m->ledger, &ask, &bytes, &descriptors, &rq->fault));
	set_base64(rq->out, "proof", &bytes);
	set_base64(rq->out, "descriptors", &descriptors);
	hf_draft_int(rq->draft, HF_FIELD_DATA_LENGTH, (int64_t)bytes.len);
	return HF_OK;
}

/* ---- export and verify ---- */

static enum hf_err not_held(struct hf_api_request *rq)
{
	const char *node = json_string_value(json_object_get(rq->in, "ledger"));
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN, "the ledger of %s is not mirrored here",
	                    node ? node : "this node");
}

static void on_exported(void *ctx, enum hf_err e, uint64_t size)
{
	struct hf_api_request *rq = ctx;
	const char *dir = json_string_value(json_object_get(rq->in, "folder"));
	if (e == HF_E_UNKNOWN)
		not_held(rq);
	else if (e == HF_E_STATE)
		hf_fault_set(&rq->fault, e,
		             "no checkpoint of that ledger is witnessed by a quorum yet; try again in a moment");
	else if (e == HF_E_EXISTS)
		hf_fault_set(&rq->fault, e, "%s exists already; name a new folder", dir);
	else if (e == HF_E_IO)
		hf_fault_set(&rq->fault, e,
		             "%s cannot be written by the node; name a folder in a place that it may write", dir);
	set_uint(rq->out, "size", size);
	json_object_set_new(rq->out, "folder", json_string(dir));
	hf_api_finish(rq, e);
}

static enum hf_err export(struct hf_api_request *rq) {
	char dir[HF_API_PATH]; const char *node = NULL; HF_TRY(hf_api_place(rq, "folder", true, dir));
	HF_TRY(take_node(rq, &node));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "ledger of %s", node ? node : rq->m->base->self.s);
	hf_api_later(rq);
	hf_ledger_export(rq->m->ledger, node, dir, on_exported, rq);
	return HF_OK;
}

static void on_verified(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	struct hf_api_request *rq = ctx;
	set_uint(rq->out, "size", c->size);
	if (e == HF_E_UNKNOWN)
		not_held(rq);
	else if (e != HF_OK)
		hf_fault_set(&rq->fault, e, "%s; restore the node's folder from a backup", c->text);
	else
		json_object_set_new(rq->out, "text", json_string(c->text));
	hf_api_finish(rq, e);
}

static enum hf_err verify(struct hf_api_request *rq)
{
	const char *node = NULL;
	HF_TRY(take_node(rq, &node));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "ledger of %s", node ? node : rq->m->base->self.s);
	hf_api_later(rq);
	hf_ledger_verify(rq->m->ledger, node, on_verified, rq);
	return HF_OK;
}

/* ---- recovery ---- */

#define OVERRIDE_KEY "ledger/override"
#define OVERRIDE_MS ((int64_t)60 * 60 * 1000)

static void on_recovered(void *ctx, enum hf_err e, const struct hf_ledger_recovered *c)
{
	struct hf_api_request *rq = ctx;
	if (e != HF_OK)
		hf_fault_set(&rq->fault, e, "%s", c->text);
	set_uint(rq->out, "size", c->size);
	set_uint(rq->out, "entries", c->entries);
	set_uint(rq->out, "opened", c->opened);
	set_uint(rq->out, "again", c->again);
	json_object_set_new(rq->out, "witnessed", json_boolean(c->witnessed));
	json_object_set_new(rq->out, "mirror", json_string(c->mirror));
	hf_api_finish(rq, e);
}

/* The row is "<milliseconds> <account>": who asked for it last, and when. */
static bool asked_by_another(struct hf_api_request *rq, int64_t now)
{
	struct hf_buf row HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	char *name = NULL;
	if (hf_store_get(rq->m->store, HF_TABLE_META, OVERRIDE_KEY, sizeof(OVERRIDE_KEY) - 1, &row) != HF_OK ||
	    !hf_buf_add(&row, "", 1))
		return false;
	int64_t at = strtoll((const char *)row.data, &name, 10);
	return *name == ' ' && now - at <= OVERRIDE_MS && at <= now && strcmp(name + 1, rq->actor->account) != 0;
}

static void ask_for_override(struct hf_api_request *rq, int64_t now)
{
	char row[HF_NAME_MAX + 32];
	int len = snprintf(row, sizeof(row), "%lld %s", (long long)now, rq->actor->account);
	hf_unit_put(rq->unit, HF_TABLE_META, OVERRIDE_KEY, sizeof(OVERRIDE_KEY) - 1, row, (size_t)len);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "override of the ledger, first person");
	json_object_set_new(rq->out, "waiting", json_true());
}

/* Giving up what was signed needs two people; each of them leaves an entry, which the recovery keeps. */
static enum hf_err recover(struct hf_api_request *rq)
{
	int64_t now = hf_now_ms(&rq->m->base->clock);
	bool override = false;
	HF_TRY(hf_api_bool(rq, "override", false, &override));
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, override ? "override of the ledger" : "recovery of the ledger");
	if (override && !asked_by_another(rq, now)) {
		struct hf_ledger_state s;
		hf_ledger_state(rq->m->ledger, &s);
		if (!s.set_back)
			return hf_fault_set(
			        &rq->fault, HF_E_STATE,
			        "there is nothing to override: no entry of this ledger is missing or in doubt");
		ask_for_override(rq, now);
		return HF_OK;
	}
	HF_TRY(hf_ledger_recover(rq->m->ledger, override, on_recovered, rq, &rq->fault));
	if (override)
		hf_unit_del(rq->unit, HF_TABLE_META, OVERRIDE_KEY, sizeof(OVERRIDE_KEY) - 1);
	hf_api_later(rq);
	return HF_OK;
}

const struct hf_route hf_routes_ledger[] = {
        {"GET", "/v1/ledger/state", HF_MAY_STATUS, HF_EVENT_INVALID, state, 0},
        {"GET", "/v1/ledger/tail", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, tail, 0},
        {"GET", "/v1/ledger/trace", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, trace, 0},
        {"GET", "/v1/ledger/evidence", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, evidence, 0},
        {"POST", "/v1/ledger/prove", HF_MAY_AUDIT_EXPORT, HF_EVENT_AUDIT_EXPORT, prove, 0},
        {"POST", "/v1/ledger/proof", HF_MAY_AUDIT_EXPORT, HF_EVENT_AUDIT_EXPORT, proof, 0},
        {"POST", "/v1/ledger/export", HF_MAY_AUDIT_EXPORT, HF_EVENT_AUDIT_EXPORT, export, 0},
        {"POST", "/v1/ledger/recover", HF_MAY_MANAGE_NODE, HF_EVENT_COMMAND, recover, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/ledger/verify", HF_MAY_AUDIT_READ, HF_EVENT_SELF_CHECK, verify, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
