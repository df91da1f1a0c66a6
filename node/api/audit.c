/*
 * audit.c - routes of audit reports: making, following, listing, taking out, deleting. Reading, exporting and deleting
 * are three rights (DS-129); each use of one is an entry of its own.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "ledger/report.h"

static void set_uint(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, json_integer((json_int_t)value));
}

static void view_json(json_t *o, const struct hf_report_view *v)
{
	hf_api_out_id(o, "report", &v->id);
	json_object_set_new(o, "state", json_string(hf_report_state_name(v->state)));
	json_object_set_new(o, "format", json_string(hf_report_format_name(v->format)));
	json_object_set_new(o, "account", json_string(v->account));
	json_object_set_new(o, "filter", json_string(v->filter));
	hf_api_out_time(o, "made", v->made_ms);
	hf_api_out_time(o, "kept_until", v->keep_until_ms);
	set_uint(o, "done", v->done);
	set_uint(o, "total", v->total);
	if (v->state == HF_REPORT_FAILED) {
		json_object_set_new(o, "reason", json_string(hf_err_reason(v->err)));
		json_object_set_new(o, "text", json_string(v->text));
	}
	if (v->state != HF_REPORT_READY && v->state != HF_REPORT_LOST)
		return;
	set_uint(o, "entries", v->entries);
	set_uint(o, "size", v->size);
	set_uint(o, "bytes", v->bytes);
	hf_api_out_hex(o, "digest", v->digest.b, sizeof(v->digest.b));
	hf_api_out_hex(o, "root", v->root.b, sizeof(v->root.b));
	json_object_set_new(o, "witnessed", json_boolean(v->witnessed));
}

/* ---- making ---- */

static enum hf_err take_word(struct hf_api_request *rq, const char *name, char *out, size_t cap)
{
	const char *text;
	HF_TRY(hf_api_text(rq, name, false, cap - 1, &text));
	if (strpbrk(text, "\n\t"))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' has more than one line", name);
	memcpy(out, text, strlen(text) + 1);
	return HF_OK;
}

static enum hf_err take_event(struct hf_api_request *rq, enum hf_event *ret_event)
{
	const char *name;
	HF_TRY(hf_api_text(rq, "event", false, 64, &name));
	*ret_event = *name ? hf_event_from_name(name) : HF_EVENT_INVALID;
	if (*name && !*ret_event)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "there is no event '%.60s'; the entries in `hufu ledger tail` show their names",
		                    name);
	return HF_OK;
}

static enum hf_err take_filter(struct hf_api_request *rq, struct hf_report_filter *f)
{
	memset(f, 0, sizeof(*f));
	HF_TRY(take_word(rq, "subject", f->subject, sizeof(f->subject)));
	HF_TRY(take_word(rq, "object", f->object, sizeof(f->object)));
	HF_TRY(take_word(rq, "system", f->system, sizeof(f->system)));
	HF_TRY(hf_api_bool(rq, "masking", false, &f->masking));
	HF_TRY(take_word(rq, "outcome", f->outcome, sizeof(f->outcome)));
	HF_TRY(take_event(rq, &f->event));
	HF_TRY(hf_api_time(rq, "from", false, &f->from_ms));
	HF_TRY(hf_api_time(rq, "until", false, &f->until_ms));
	static const char *const outcomes[] = {"", "ok", "refused", "failed", "raised"};
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (strcmp(f->outcome, outcomes[i]) == 0)
			return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
	                    "the outcome is one of ok, refused, failed and raised (alarms), not '%s'", f->outcome);
}

static enum hf_err make(struct hf_api_request *rq)
{
	struct hf_report_filter f;
	const char *format;
	char words[4 * HF_REPORT_WORD];
	struct hf_id id;
	HF_TRY(take_filter(rq, &f));
	HF_TRY(hf_api_text(rq, "format", false, 16, &format));
	enum hf_report_format kind = *format ? hf_report_format_find(format) : HF_REPORT_TEXT;
	if (kind == HF_REPORT_INVALID)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "the format is one of text, csv and html, not '%s'",
		                    format);
	hf_report_filter_text(&f, words);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "audit report of %s", words);
	HF_TRY(hf_report_start(rq->m->reports, &f, kind, rq->actor->account, &id, &rq->fault));
	hf_api_out_id(rq->out, "report", &id);
	return HF_OK;
}

/* ---- following, listing ---- */

static enum hf_err unknown(struct hf_api_request *rq, enum hf_err e)
{
	return e == HF_E_UNKNOWN
	               ? hf_fault_set(&rq->fault, e, "there is no such audit report; `hufu audit list` shows them")
	               : e;
}

static enum hf_err take_id(struct hf_api_request *rq, struct hf_id *ret_id)
{
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_id(rq, "report", true, ret_id));
	hf_id_text(ret_id, text);
	if (rq->draft)
		hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "audit report %s", text);
	return HF_OK;
}

static enum hf_err progress(struct hf_api_request *rq)
{
	struct hf_report_view v;
	struct hf_id id;
	HF_TRY(take_id(rq, &id));
	HF_TRY(unknown(rq, hf_report_view(rq->m->reports, &id, &v)));
	view_json(rq->out, &v);
	return HF_OK;
}

static enum hf_err cancel(struct hf_api_request *rq)
{
	struct hf_id id;
	HF_TRY(take_id(rq, &id));
	return unknown(rq, hf_report_cancel(rq->m->reports, &id, &rq->fault));
}

static bool add_report(void *ctx, const struct hf_report_view *v)
{
	json_t *o = json_object();
	view_json(o, v);
	json_array_append_new(ctx, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	json_t *reports = json_array();
	json_object_set_new(rq->out, "reports", reports);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "list of audit reports");
	return hf_report_list(rq->m->reports, add_report, reports);
}

/* ---- taking out, deleting ---- */

static void on_file(void *ctx, enum hf_err e, int take_fd, uint64_t bytes)
{
	struct hf_api_request *rq = ctx;
	const char *id = json_string_value(json_object_get(rq->in, "report"));
	struct hf_report_view v;
	struct hf_id parsed;
	if (e == HF_E_UNKNOWN)
		hf_fault_set(&rq->fault, e, "there is no file of audit report %s; `hufu audit list` shows what is kept",
		             id);
	else if (e == HF_E_STATE)
		hf_fault_set(&rq->fault, e, "audit report %s is not complete; `hufu audit list` shows its state", id);
	else if (e == HF_E_DIGEST)
		hf_fault_set(
		        &rq->fault, e,
		        "the file of audit report %s was altered at rest; make the report again, the ledger has it all",
		        id);
	if (e == HF_OK && id && hf_id_parse(id, &parsed) && hf_report_view(rq->m->reports, &parsed, &v) == HF_OK) {
		if (rq->draft) {
			hf_draft_bytes(rq->draft, HF_FIELD_DIGEST, v.digest.b, sizeof(v.digest.b));
			hf_draft_int(rq->draft, HF_FIELD_DATA_LENGTH, (int64_t)bytes);
		}
		hf_api_file(rq, hf_report_type(v.format), take_fd, bytes);
	} else if (take_fd >= 0) {
		close(take_fd);
		e = HF_E_UNKNOWN;
	}
	hf_api_finish(rq, e);
}

static enum hf_err file(struct hf_api_request *rq)
{
	struct hf_id id;
	HF_TRY(take_id(rq, &id));
	hf_api_later(rq);
	hf_report_file(rq->m->reports, &id, on_file, rq);
	return HF_OK;
}

static enum hf_err delete (struct hf_api_request *rq) {
	struct hf_id id; HF_TRY(take_id(rq, &id));
	return unknown(rq, hf_report_delete(rq->m->reports, rq->unit, &id, &rq->fault));
}

const struct hf_route hf_routes_audit[] = {
        {"POST", "/v1/audit/report", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, make, 0},
        {"GET", "/v1/audit/progress", HF_MAY_AUDIT_READ, HF_EVENT_INVALID, progress, 0},
        {"POST", "/v1/audit/cancel", HF_MAY_AUDIT_READ, HF_EVENT_COMMAND, cancel, 0},
        {"GET", "/v1/audit/reports", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, list, 0},
        {"GET", "/v1/audit/file", HF_MAY_AUDIT_EXPORT, HF_EVENT_AUDIT_EXPORT, file, 0},
        {"POST", "/v1/audit/delete", HF_MAY_AUDIT_DELETE, HF_EVENT_AUDIT_DELETE, delete, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
