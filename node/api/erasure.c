/*
 * erasure.c - routes of erasure and legal holds: one keeper of records asks, another person approves. That the two are
 * two persons, and not two accounts of one, is decided here by their real-name references.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/mem.h"
#include "identity/accounts.h"
#include "ledger/report.h"
#include "state_identity.pb-c.h"

#define REASON_MAX 300

static enum hf_err ask(struct hf_api_request *rq)
{
	struct hf_erase_ask in = {.account = rq->actor->account};
	int64_t entry = -1;
	struct hf_id id;
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_id(rq, "transaction", false, &in.txn));
	HF_TRY(hf_api_int(rq, "entry", hf_id_is_zero(&in.txn), 0, INT64_MAX, &entry));
	HF_TRY(hf_api_text(rq, "reason", true, REASON_MAX, &in.reason));
	in.entry = (uint64_t)entry;
	HF_TRY(hf_ledger_erase_ask(rq->m->ledger, rq->unit, &in, &id, &rq->fault));
	hf_id_text(&id, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "erasure %s", text);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, in.reason);
	hf_api_out_id(rq->out, "erasure", &id);
	return HF_OK;
}

/* Who asked, when the erasure exists. */
struct asker {
	const struct hf_id *id;
	char account[HF_NAME_MAX + 1];
};

static bool find_asker(void *ctx, const struct hf_erasure_view *v)
{
	struct asker *a = ctx;
	if (!hf_id_equal(&v->id, a->id))
		return true;
	strncpy(a->account, v->asked_by, sizeof(a->account) - 1);
	return false;
}

static enum hf_err other_person(struct hf_api_request *rq, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *one = NULL, *two = NULL;
	struct asker a = {.id = id};
	HF_TRY(hf_ledger_erasures(rq->m->ledger, find_asker, &a));
	if (!a.account[0])
		return HF_OK; /* the ledger says that there is none */
	if (hf_account_get(rq->m->identity, a.account, &one) != HF_OK)
		return hf_fault_set(&rq->fault, HF_E_STATE,
		                    "the account '%s' that asked for it is gone, so nobody can tell whether you are "
		                    "another person; withdraw it and ask anew",
		                    a.account);
	HF_TRY(hf_account_get(rq->m->identity, rq->actor->account, &two));
	if (strcmp(one->real_name, two->real_name) == 0)
		return hf_fault_set(&rq->fault, HF_E_SEPARATION,
		                    "who asked for an erasure cannot approve it; another person has to");
	return HF_OK;
}

static enum hf_err approve(struct hf_api_request *rq)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_id(rq, "erasure", true, &id));
	hf_id_text(&id, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "erasure %s", text);
	HF_TRY(other_person(rq, &id));
	HF_TRY(hf_ledger_erase_approve(rq->m->ledger, rq->unit, &id, rq->actor->account, &rq->fault));
	hf_api_out_id(rq->out, "erasure", &id);
	return HF_OK;
}

static enum hf_err withdraw(struct hf_api_request *rq)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_id(rq, "erasure", true, &id));
	hf_id_text(&id, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "erasure %s", text);
	HF_TRY(hf_ledger_erase_withdraw(rq->m->ledger, rq->unit, &id, &rq->fault));
	hf_api_out_id(rq->out, "erasure", &id);
	return HF_OK;
}

/* The audit reports that are kept, read once for all erasures. */
struct shown {
	json_t *rows;
	struct hf_report_view *reports;
	size_t count;
};

static bool take_report(void *ctx, const struct hf_report_view *v)
{
	struct shown *s = ctx;
	if (v->state != HF_REPORT_READY)
		return true;
	if ((s->count & (s->count - 1)) == 0)
		s->reports = hf_realloc(s->reports, (s->count ? 2 * s->count : 1) * sizeof(*s->reports));
	s->reports[s->count++] = *v;
	return true;
}

static void add_reports(const struct shown *s, const struct hf_erasure_view *v, json_t *o)
{
	json_t *ids = json_array();
	char id[HF_ID_TEXT];
	for (size_t i = 0; i < s->count; i++) {
		if (!hf_report_may_show(&s->reports[i], v))
			continue;
		hf_id_text(&s->reports[i].id, id);
		json_array_append_new(ids, json_string(id));
	}
	json_object_set_new(o, "report_count", json_integer((json_int_t)json_array_size(ids)));
	json_object_set_new(o, "reports", ids);
}

static bool add_erasure(void *ctx, const struct hf_erasure_view *v)
{
	static const char *const states[] = {"", "asked", "approved", "done", "withdrawn"};
	const struct shown *s = ctx;
	json_t *o = json_object();
	hf_api_out_id(o, "erasure", &v->id);
	json_object_set_new(o, "state", json_string((unsigned)v->state < 5 ? states[v->state] : ""));
	if (!hf_id_is_zero(&v->txn))
		hf_api_out_id(o, "transaction", &v->txn);
	json_object_set_new(o, "first_entry", json_integer((json_int_t)v->first));
	json_object_set_new(o, "entries", json_integer((json_int_t)v->count));
	json_object_set_new(o, "reason", json_string(v->reason));
	json_object_set_new(o, "asked_by", json_string(v->asked_by));
	hf_api_out_time(o, "asked", v->asked_ms);
	json_object_set_new(o, "approved_by", json_string(v->approved_by));
	if (v->approved_ms)
		hf_api_out_time(o, "approved", v->approved_ms);
	add_reports(s, v, o);
	json_array_append_new(s->rows, o);
	return json_array_size(s->rows) < 1000;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct shown s = {.rows = json_array()};
	json_object_set_new(rq->out, "erasures", s.rows);
	enum hf_err e = hf_report_list(rq->m->reports, take_report, &s);
	if (e == HF_OK)
		e = hf_ledger_erasures(rq->m->ledger, add_erasure, &s);
	free(s.reports);
	return e;
}

static enum hf_err hold_change(struct hf_api_request *rq, bool on)
{
	struct hf_id txn;
	const char *reason;
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_id(rq, "transaction", true, &txn));
	HF_TRY(hf_api_text(rq, "reason", true, REASON_MAX, &reason));
	hf_id_text(&txn, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "legal hold of transaction %s", text);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, reason);
	enum hf_err e = on ? hf_ledger_hold(rq->m->ledger, rq->unit, &txn, reason, rq->actor->account)
	                   : hf_ledger_hold_lift(rq->m->ledger, rq->unit, &txn);
	if (e == HF_E_EXISTS)
		return hf_fault_set(&rq->fault, e, "transaction %s is under a legal hold already", text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(&rq->fault, e, "transaction %s is under no legal hold", text);
	hf_api_out_id(rq->out, "transaction", &txn);
	return e;
}

static enum hf_err hold(struct hf_api_request *rq)
{
	return hold_change(rq, true);
}

static enum hf_err lift(struct hf_api_request *rq)
{
	return hold_change(rq, false);
}

static bool add_hold(void *ctx, const struct hf_id *txn, const char *reason, const char *by, int64_t since_ms)
{
	json_t *o = json_object();
	hf_api_out_id(o, "transaction", txn);
	json_object_set_new(o, "reason", json_string(reason));
	json_object_set_new(o, "by", json_string(by));
	hf_api_out_time(o, "since", since_ms);
	json_array_append_new(ctx, o);
	return json_array_size(ctx) < 10000;
}

static enum hf_err holds(struct hf_api_request *rq)
{
	json_t *rows = json_array();
	json_object_set_new(rq->out, "holds", rows);
	return hf_ledger_holds(rq->m->ledger, add_hold, rows);
}

const struct hf_route hf_routes_erasure[] = {
        {"POST", "/v1/ledger/erase", HF_MAY_AUDIT_ERASE, HF_EVENT_COMMAND, ask, 0},
        {"POST", "/v1/ledger/erase/approve", HF_MAY_AUDIT_ERASE, HF_EVENT_COMMAND, approve, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/ledger/erase/withdraw", HF_MAY_AUDIT_ERASE, HF_EVENT_COMMAND, withdraw, 0},
        {"GET", "/v1/ledger/erasures", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, list, 0},
        {"POST", "/v1/ledger/hold", HF_MAY_AUDIT_ERASE, HF_EVENT_COMMAND, hold, 0},
        {"POST", "/v1/ledger/hold/lift", HF_MAY_AUDIT_ERASE, HF_EVENT_COMMAND, lift, HF_ROUTE_TWO_FACTORS},
        {"GET", "/v1/ledger/holds", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, holds, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
