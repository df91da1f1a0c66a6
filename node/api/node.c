/* node.c - routes about the node itself: status, metrics, peers, self-check, alarms, descriptors. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/doctor.h"
#include "api/selfcheck.h"
#include "api/sight.h"
#include "base/mem.h"
#include "crypto/base64.h"
#include "identity/accounts.h"
#include "ledger/ledger.h"

#define PEERS_MAX HF_MAX_MEMBERS
#define ALARM_SCAN 5000 /* newest entries that are looked through */

static json_t *service_json(const char *name, uint64_t calls, uint64_t failures, uint64_t micros)
{
	double average = calls ? (double)micros / (double)calls / 1000.0 : 0;
	double good = calls ? (double)(calls - failures) / (double)calls : 1;
	return json_pack("{s:s, s:I, s:I, s:f, s:f}", "service", name, "calls", (json_int_t)calls, "failures",
	                 (json_int_t)failures, "average_ms", average, "success_rate", good);
}

/* SB-53, SB-54: the node as a whole and each service. */
static void put_services(const struct hf_api_request *rq)
{
	struct hf_service_view *rows = hf_alloc(HF_METRICS_SERVICES * sizeof(*rows));
	size_t n = hf_metrics_services(rq->m->base->metrics, rows, HF_METRICS_SERVICES);
	uint64_t calls = 0, failures = 0, micros = 0;
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		calls += rows[i].calls;
		failures += rows[i].failures;
		micros += rows[i].micros;
		json_array_append_new(list,
		                      service_json(rows[i].service, rows[i].calls, rows[i].failures, rows[i].micros));
	}
	json_t *all = service_json("all", calls, failures, micros);
	json_object_set_new(all, "services", json_integer((json_int_t)n));
	json_object_set_new(rq->out, "overall", all);
	json_object_set_new(rq->out, "services", list);
	free(rows);
}

static void put_space(const struct hf_api_request *rq)
{
	const struct hf_space *s = rq->m->peers ? hf_peers_space(rq->m->peers) : NULL;
	if (!s || hf_space_number(s) == 0) {
		json_object_set_new(rq->out, "space", json_null());
		return;
	}
	json_t *o = json_pack("{s:s, s:s, s:I}", "id", hf_space_id(s), "name", hf_space_current(s)->space_name,
	                      "descriptor", (json_int_t)hf_space_number(s));
	struct hf_hash digest;
	hf_space_digest(s, &digest);
	hf_api_out_hex(o, "descriptor_digest", digest.b, sizeof(digest.b));
	hf_api_out_time(o, "valid_until", hf_space_current(s)->not_after_ms);
	json_object_set_new(rq->out, "space", o);
}

/* What is stored of others' ledgers, and who stores no more of this one. */
static void put_mirrors(const struct hf_modules *m, json_t *o)
{
	struct hf_mirror_view *v = hf_alloc_zero(PEERS_MAX * sizeof(*v));
	size_t n = hf_ledger_mirrors(m->ledger, v, PEERS_MAX);
	struct hf_ledger_quota quota;
	uint64_t held;
	json_t *refused = json_array();
	hf_ledger_held(m->ledger, &held, &quota);
	for (size_t i = 0; i < n; i++)
		if (v[i].refused == HF_E_QUOTA || (v[i].refused != HF_OK && v[i].named))
			json_array_append_new(refused, json_pack("{s:s, s:s, s:s}", "mirror", v[i].node, "reason",
			                                         hf_err_reason(v[i].refused), "text", v[i].text));
	json_object_set_new(o, "held_bytes", json_integer((json_int_t)held));
	json_object_set_new(o, "held_bytes_most", json_integer((json_int_t)quota.total_bytes));
	json_object_set_new(o, "mirrors_refusing", json_integer((json_int_t)json_array_size(refused)));
	json_object_set_new(o, "mirrors_refused", refused);
	free(v);
}

static void put_ledger(const struct hf_api_request *rq)
{
	struct hf_ledger_state s;
	if (!rq->m->ledger)
		return;
	hf_ledger_state(rq->m->ledger, &s);
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:i, s:i}", "durable", (json_int_t)s.durable, "signed",
	                      (json_int_t)s.signed_size, "witnessed", (json_int_t)s.witnessed_size, "mirrored",
	                      (json_int_t)s.mirrored_size, "quorum", (int)s.quorum, "witnesses", (int)s.witnesses);
	hf_api_out_hex(o, "root", s.root.b, sizeof(s.root.b));
	json_object_set_new(o, "halted", json_string(s.halted));
	json_object_set_new(o, "read_only", json_boolean(s.read_only));
	put_mirrors(rq->m, o);
	json_object_set_new(rq->out, "ledger", o);
}

static size_t load_peers(const struct hf_api_request *rq, struct hf_peer_view **ret_rows)
{
	*ret_rows = hf_alloc_zero(PEERS_MAX * sizeof(**ret_rows));
	return rq->m->peers ? hf_peers_list(rq->m->peers, *ret_rows, PEERS_MAX) : 0;
}

static void put_peer_counts(const struct hf_api_request *rq)
{
	struct hf_peer_view *rows;
	size_t n = load_peers(rq, &rows), up = 0;
	for (size_t i = 0; i < n; i++)
		up += rows[i].up;
	json_object_set_new(rq->out, "peers", json_pack("{s:I, s:I}", "known", (json_int_t)n, "up", (json_int_t)up));
	free(rows);
}

static enum hf_err status(struct hf_api_request *rq)
{
	const struct hf_modules *m = rq->m;
	int64_t now = hf_now_ms(&m->base->clock);
	json_object_set_new(rq->out, "node", json_string(m->base->self.s));
	json_object_set_new(rq->out, "version", json_string(HUFU_VERSION));
	json_object_set_new(rq->out, "uptime_s", json_integer((now - m->started_ms) / 1000));
	hf_api_out_time(rq->out, "time", now);
	put_space(rq);
	put_peer_counts(rq);
	put_ledger(rq);
	json_object_set_new(rq->out, "accounts", json_integer((json_int_t)hf_store_count(m->store, HF_TABLE_ACCOUNT)));
	json_object_set_new(rq->out, "sessions",
	                    json_integer((json_int_t)hf_identity_session_count(m->identity, NULL)));
	char names[200];
	json_object_set_new(rq->out, "sessions_to_step_up",
	                    json_integer((json_int_t)hf_identity_step_ups(m->identity, names, sizeof(names))));
	json_object_set_new(rq->out, "alarms", json_integer(hf_metrics_get(m->base->metrics, "alarms")));
	put_services(rq);
	return HF_OK;
}

static enum hf_err metrics(struct hf_api_request *rq)
{
	struct hf_buf text = HF_BUF_INIT;
	size_t len = 0;
	if (!hf_metrics_text(rq->m->base->metrics, rq->m->base->dir, &text)) {
		hf_buf_done(&text);
		return hf_fault_set(&rq->fault, HF_E_LIMIT, "the metrics are larger than a page may be");
	}
	uint8_t *bytes = hf_buf_take(&text, &len);
	hf_api_body(rq, "application/openmetrics-text; version=1.0.0; charset=utf-8", bytes, len);
	return HF_OK;
}

/* "ours: REASON" it stores no more of this ledger, "its: REASON" this node stores no more of its. */
static void put_mirror(const struct hf_modules *m, const char *peer, json_t *o)
{
	struct hf_mirror_view v;
	char text[100] = "";
	if (m->ledger && hf_ledger_mirror(m->ledger, peer, &v)) {
		if (v.refused != HF_OK)
			snprintf(text, sizeof(text), "ours: %s", hf_err_reason(v.refused));
		if (v.refusing != HF_OK)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%sits: %s", text[0] ? ", " : "",
			         hf_err_reason(v.refusing));
		json_object_set_new(o, "mirrored_bytes", json_integer((json_int_t)v.held_bytes));
	}
	json_object_set_new(o, "mirror_refused", json_string(text));
}

static json_t *peer_json(const struct hf_modules *m, const struct hf_peer_view *v)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "id", v->id, "name", v->name, "address",
	                      v->address, "standing", hf_err_reason(v->standing), "up", v->up, "outbox",
	                      (json_int_t)v->outbox, "parked", (json_int_t)v->parked, "clock_skew_ms",
	                      (json_int_t)v->clock_skew_ms);
	if (!o)
		return NULL;
	hf_api_out_time(o, "last_seen", v->last_seen_ms);
	json_object_set_new(o, "risk", json_integer(v->risk));
	json_object_set_new(o, "locked", json_boolean(v->locked));
	put_mirror(m, v->id, o);
	return o;
}

static enum hf_err peers(struct hf_api_request *rq)
{
	struct hf_peer_view *rows;
	size_t n = load_peers(rq, &rows);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, peer_json(rq->m, &rows[i]));
	json_object_set_new(rq->out, "peers", list);
	free(rows);
	return HF_OK;
}

static enum hf_err peers_retry(struct hf_api_request *rq)
{
	const char *peer;
	int64_t sequence = 0;
	HF_TRY(hf_api_text(rq, "peer", true, HF_NAME_MAX, &peer));
	HF_TRY(hf_api_int(rq, "sequence", true, 1, INT64_MAX, &sequence));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "mail %lld to %s", (long long)sequence, peer);
	if (!rq->m->peers)
		return hf_fault_set(&rq->fault, HF_E_STATE,
		                    "this node is in no space; join one with `hufu space join`");
	return hf_peers_parked_retry(rq->m->peers, rq->unit, peer, (uint64_t)sequence);
}

/* Only sizes and states: nothing of an entry, of a catalog, of a person (SB-55). */
static json_t *seen_json(const struct hf_modules *m, const char *node)
{
	struct hf_ledger_seen s;
	if (!m->ledger)
		return json_null();
	hf_ledger_seen(m->ledger, node, &s);
	return json_pack("{s:I, s:I, s:I, s:b, s:b, s:I}", "size", (json_int_t)s.size, "held", (json_int_t)s.held,
	                 "witnessed", (json_int_t)s.witnessed, "frozen", s.frozen, "witness", s.witness, "cosigned",
	                 (json_int_t)s.cosigned);
}

static json_t *member_json(const struct hf_modules *m, const struct hf_peer_view *v)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:s, s:I}", "node", v->id, "state", v->up ? "up" : "down", "self", 0,
	                      "standing", hf_err_reason(v->standing), "descriptor", (json_int_t)v->descriptor);
	if (!o)
		return NULL;
	hf_api_out_time(o, "last_seen", v->last_seen_ms);
	if (v->reply_ms >= 0)
		json_object_set_new(o, "reply_ms", json_integer((json_int_t)v->reply_ms));
	json_object_set_new(o, "ledger", seen_json(m, v->id));
	return o;
}

static json_t *self_json(const struct hf_modules *m)
{
	const struct hf_space *s = m->peers ? hf_peers_space(m->peers) : NULL;
	int64_t now = hf_now_ms(&m->base->clock);
	struct hf_ledger_state l = {.halted = ""};
	if (m->ledger)
		hf_ledger_state(m->ledger, &l);
	enum hf_err standing = s ? hf_space_standing(s, m->base->self.s, now) : HF_E_STATE;
	json_t *o = json_pack("{s:s, s:s, s:b, s:s, s:s, s:I}", "node", m->base->self.s, "state",
	                      l.halted[0] ? "halted" : "up", "self", 1, "version", HUFU_VERSION, "standing",
	                      hf_err_reason(standing), "descriptor", (json_int_t)(s ? hf_space_number(s) : 0));
	hf_api_out_time(o, "last_seen", now);
	json_object_set_new(o, "ledger",
	                    json_pack("{s:I, s:I, s:I, s:i, s:i}", "size", (json_int_t)l.durable, "held",
	                              (json_int_t)l.durable, "witnessed", (json_int_t)l.witnessed_size, "witnesses",
	                              (int)l.witnesses, "quorum", (int)l.quorum));
	return o;
}

/* SB-55: all nodes of the space at a glance. */
static enum hf_err space(struct hf_api_request *rq)
{
	struct hf_peer_view *rows;
	size_t n = load_peers(rq, &rows), up = 0;
	json_t *list = json_array();
	put_space(rq);
	json_array_append_new(list, self_json(rq->m));
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, member_json(rq->m, &rows[i]));
		up += rows[i].up;
	}
	json_object_set_new(rq->out, "up", json_integer((json_int_t)up + 1));
	json_object_set_new(rq->out, "nodes", list);
	free(rows);
	return HF_OK;
}

static enum hf_err doctor_last(struct hf_api_request *rq, size_t count)
{
	json_t *list = NULL;
	enum hf_err e = hf_self_check_reports(rq->m->store, count, &list);
	if (e != HF_OK)
		return hf_fault_set(&rq->fault, e, "the reports of the self-check cannot be read: %s; check the disk",
		                    hf_err_text(e));
	json_object_set_new(rq->out, "reports", list);
	return HF_OK;
}

static enum hf_err doctor(struct hf_api_request *rq)
{
	int64_t last = 0;
	HF_TRY(hf_api_int(rq, "last", false, 1, HF_SELF_CHECK_KEPT, &last));
	if (last > 0)
		return doctor_last(rq, (size_t)last);
	json_t *list = doctor_findings(rq->m);
	json_t *finding;
	size_t i, bad = 0;
	json_array_foreach(list, i, finding) bad +=
	        strcmp(json_string_value(json_object_get(finding, "state")), "ok") != 0;
	json_object_set_new(rq->out, "healthy", json_boolean(bad == 0));
	json_object_set_new(rq->out, "findings", list);
	return HF_OK;
}

struct alarms {
	json_t *list;
	size_t max;
};

static json_t *field_json(const Hufu__EntryOpening *o, enum hf_field f)
{
	struct hf_bytes v;
	json_t *text = hf_opening_get(o, f, &v) ? json_stringn((const char *)v.data, v.len) : NULL;
	return text ? text : json_string("");
}

static bool add_alarm(void *ctx, const struct hf_ledger_row *row)
{
	struct alarms *a = ctx;
	if (!row->opening || !hf_opening_is(row->opening, HF_FIELD_EVENT, "alarm"))
		return true;
	json_t *o =
	        json_pack("{s:I, s:o, s:o}", "entry", (json_int_t)row->index, "kind",
	                  field_json(row->opening, HF_FIELD_ALARM), "text", field_json(row->opening, HF_FIELD_DETAIL));
	hf_api_out_time(o, "time", row->time_ms);
	json_array_append_new(a->list, o);
	return json_array_size(a->list) < a->max;
}

/* Alarms are ledger entries; the newest ones are read from there. */
static enum hf_err alarms(struct hf_api_request *rq)
{
	int64_t count = 50;
	HF_TRY(hf_api_int(rq, "count", false, 1, 1000, &count));
	if (!hf_api_sees(rq, rq->m->base->self.s, ""))
		return hf_fault_set(
		        &rq->fault, HF_E_PERMISSION,
		        "alarms are about the whole node, the account is a department's; ask an administrator "
		        "or auditor");
	struct alarms a = {json_array(), (size_t)count};
	json_object_set_new(rq->out, "alarms", a.list);
	if (!rq->m->ledger)
		return hf_fault_set(&rq->fault, HF_E_STATE, "this node keeps no ledger yet");
	return hf_ledger_tail(rq->m->ledger, ALARM_SCAN, add_alarm, &a);
}

static enum hf_err import(struct hf_api_request *rq)
{
	const char *text;
	HF_TRY(hf_api_text(rq, "descriptors", true, HF_MAX_HTTP_BODY, &text));
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "space descriptor");
	if (!rq->m->peers)
		return hf_fault_set(&rq->fault, HF_E_STATE,
		                    "this node is in no space; join one with `hufu space join`");
	uint8_t *bytes = hf_alloc(strlen(text));
	size_t len = 0;
	enum hf_err e = hf_base64_decode(text, strlen(text), bytes, &len)
	                        ? hf_peers_import(rq->m->peers, bytes, len, &rq->fault)
	                        : hf_fault_set(&rq->fault, HF_E_FORMAT, "field 'descriptors' is not base64");
	free(bytes);
	if (e == HF_OK)
		json_object_set_new(rq->out, "descriptor",
		                    json_integer((json_int_t)hf_space_number(hf_peers_space(rq->m->peers))));
	return e;
}

static void stop_now(void *ctx)
{
	const struct hf_modules *m = ctx;
	m->stop(m->stop_ctx);
}

static enum hf_err stop(struct hf_api_request *rq)
{
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "node");
	if (!rq->m->stop)
		return hf_fault_set(&rq->fault, HF_E_UNSUPPORTED, "this node is stopped by whoever started it");
	hf_unit_after(rq->unit, stop_now, (void *)rq->m, NULL);
	return HF_OK;
}

const struct hf_route hf_routes_node[] = {
        {"GET", "/metrics", HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, metrics, 0},
        {"GET", "/v1/status", HF_MAY_STATUS, HF_EVENT_INVALID, status, 0},
        {"GET", "/v1/space", HF_MAY_STATUS, HF_EVENT_INVALID, space, 0},
        {"GET", "/v1/peers", HF_MAY_STATUS, HF_EVENT_INVALID, peers, 0},
        {"POST", "/v1/peers/retry", HF_MAY_MANAGE_NODE, HF_EVENT_COMMAND, peers_retry, 0},
        {"GET", "/v1/doctor", HF_MAY_STATUS, HF_EVENT_INVALID, doctor, 0},
        {"GET", "/v1/alarms", HF_MAY_STATUS, HF_EVENT_INVALID, alarms, 0},
        {"POST", "/v1/descriptors/import", HF_MAY_MANAGE_NODE, HF_EVENT_COMMAND, import, 0},
        {"POST", "/v1/stop", HF_MAY_MANAGE_NODE, HF_EVENT_COMMAND, stop, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
