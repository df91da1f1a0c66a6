/*
 * decision.c - the routes of decisions: why one was made, of the ledger or of a request that nobody has made yet, and
 * the rules in memory for those who want to ask them elsewhere (`hufu policy decide`).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "authz/explain.h"
#include "crypto/base64.h"
#include "ledger/ledger.h"

#define LOOK_BACK 100000u /* entries of this ledger */

/* ---- the explanation as JSON ---- */

static void add_miss(void *ctx, const struct hf_policy_miss *m, char *const *texts, size_t count)
{
	json_t *fails = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(fails, json_string(texts[i]));
	json_array_append_new(json_object_get(ctx, "misses"),
	                      json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "rule", m->rule, "mechanism",
	                                hf_mechanism_name(m->mechanism), "reason", hf_policy_reason_name(m->reason),
	                                "conditions", (int)m->conditions, "failed", (int)m->failed, "failures", fails));
}

static void add_way(void *ctx, const char *text)
{
	json_array_append_new(json_object_get(ctx, "would_allow"), json_string(text));
}

static struct hf_explain_sink sink_of(struct hf_api_request *rq)
{
	json_object_set_new(rq->out, "misses", json_array());
	json_object_set_new(rq->out, "would_allow", json_array());
	return (struct hf_explain_sink){rq->out, add_miss, add_way};
}

static void out_decision(json_t *o, const struct hf_decision *d)
{
	json_object_set_new(o, "decision", json_boolean(d->result == HF_OK));
	json_object_set_new(o, "reason", json_string(hf_err_reason(d->result)));
	json_object_set_new(o, "text", json_string(d->text));
	json_object_set_new(o, "mechanism", json_string(d->mechanism));
	json_object_set_new(o, "rule", json_string(d->rule));
	hf_api_out_hex(o, "snapshot", d->snapshot.b, sizeof(d->snapshot.b));
}

/* ---- a decision of the ledger ---- */

struct search {
	bool by_index, found;
	uint64_t index;
	char id[HF_ID_TEXT];
	json_t *logged; /* field name to value */
};

static void take_field(json_t *o, const Hufu__FieldOpening *f)
{
	const char *name = hf_field_name((enum hf_field)f->field);
	if (!name)
		return;
	if (f->field == HF_FIELD_SNAPSHOT || f->field == HF_FIELD_DIGEST)
		hf_api_out_hex(o, name, f->value.data, f->value.len);
	else
		json_object_set_new(o, name, json_stringn((const char *)f->value.data, f->value.len));
}

static bool is_text(const json_t *o, const char *name, const char *text)
{
	const char *have = json_string_value(json_object_get(o, name));
	return have && strcmp(have, text) == 0;
}

static bool look(void *ctx, const struct hf_ledger_row *r)
{
	struct search *s = ctx;
	if (!r->opening || (s->by_index && r->index != s->index))
		return !s->by_index || r->index > s->index;
	json_t *o = json_object();
	for (size_t i = 0; i < r->opening->n_fields; i++)
		take_field(o, r->opening->fields[i]);
	s->found = is_text(o, "event", hf_event_name(HF_EVENT_ACCESS_DECISION)) &&
	           (s->by_index || is_text(o, "transaction", s->id) || is_text(o, "object", s->id));
	if (!s->found) {
		json_decref(o);
		return !s->by_index;
	}
	s->logged = o;
	s->index = r->index;
	return false;
}

static enum hf_err find(struct hf_api_request *rq, struct search *s)
{
	int64_t entry = -1;
	struct hf_id id = {{0}};
	HF_TRY(hf_api_int(rq, "entry", false, 0, INT64_MAX, &entry));
	HF_TRY(hf_api_id(rq, "transfer", entry < 0, &id));
	s->by_index = entry >= 0;
	s->index = entry >= 0 ? (uint64_t)entry : 0;
	hf_id_text(&id, s->id);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, s->by_index ? "decision in entry %s" : "decision on transfer %s",
	               s->by_index ? json_string_value(json_object_get(rq->in, "entry")) : s->id);
	HF_TRY(hf_ledger_tail(rq->m->ledger, s->by_index ? UINT64_MAX : LOOK_BACK, look, s));
	if (s->found)
		return HF_OK;
	if (s->by_index)
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
		                    "entry %" PRIu64 " is no decision about access; `hufu ledger tail` shows which are",
		                    s->index);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "the last %u entries of this ledger hold no decision about %s; name its entry with --entry",
	                    LOOK_BACK, s->id);
}

static const char *logged_text(const struct search *s, const char *name)
{
	const char *text = json_string_value(json_object_get(s->logged, name));
	return text ? text : "";
}

static enum hf_err explain(struct hf_api_request *rq)
{
	struct search s = {.found = false};
	struct hf_decision d;
	char now[65];
	HF_TRY(find(rq, &s));
	const struct hf_explain_sink sink = sink_of(rq);
	const struct hf_logged_input in = {logged_text(&s, "attributes"), logged_text(&s, "asked")};
	json_object_set_new(rq->out, "entry", json_integer((json_int_t)s.index));
	json_object_set(rq->out, "logged", s.logged);
	enum hf_err e = hf_authz_explain_logged(rq->m->authz, &in, &sink, &d, &rq->fault);
	if (e == HF_OK) {
		out_decision(rq->out, &d);
		hf_hex(d.snapshot.b, sizeof(d.snapshot.b), now);
		json_object_set_new(rq->out, "same_rules", json_boolean(is_text(s.logged, "snapshot", now)));
		hf_decision_done(&d);
	}
	json_decref(s.logged);
	return e;
}

/* ---- a request that nobody has made ---- */

static enum hf_err read_who(struct hf_api_request *rq, struct hf_access_request *ask)
{
	const struct {
		const char *name, **member;
		bool required;
	} texts[] = {
	        {"organization", &ask->organization, true},
	        {"department", &ask->department, false},
	        {"system", &ask->system, true},
	        {"address", &ask->system_address, false},
	        {"business", &ask->business, false},
	        {"identity", &ask->account, false},
	        {"action", &ask->action, false},
	        {"purpose", &ask->purpose, false},
	        {"mechanism", &ask->mechanism, false},
	        {"peer_address", &ask->peer_address, false},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		HF_TRY(hf_api_text(rq, texts[i].name, texts[i].required, HF_MAX_TEXT, texts[i].member));
	if (!ask->action || !*ask->action)
		ask->action = "read";
	return HF_OK;
}

static enum hf_err read_methods(struct hf_api_request *rq, uint32_t *ret_bits)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} names[] = {{"password", HF_AUTH_PASSWORD}, {"totp", HF_AUTH_TOTP}, {"device-key", HF_AUTH_DEVICE_KEY}};
	const char **list = NULL;
	size_t count = 0;
	HF_TRY(hf_api_list(rq, "methods", false, 3, &list, &count));
	enum hf_err e = HF_OK;
	for (size_t i = 0; i < count && e == HF_OK; i++) {
		uint32_t bit = 0;
		for (size_t k = 0; k < 3; k++)
			bit |= strcmp(names[k].name, list[i]) == 0 ? names[k].bit : 0;
		*ret_bits |= bit;
		if (!bit)
			e = hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                 "there is no method '%.40s'; name password, totp or device-key", list[i]);
	}
	free(list);
	return e;
}

static enum hf_err ask(struct hf_api_request *rq)
{
	struct hf_access_request a = {.now_ms = hf_now_ms(&rq->m->base->clock)};
	const char **fields = NULL, **roles = NULL;
	struct hf_decision d;
	HF_TRY(read_who(rq, &a));
	HF_TRY(read_methods(rq, &a.methods));
	HF_TRY(hf_api_id(rq, "resource", true, &a.resource));
	HF_TRY(hf_api_id(rq, "agreement", false, &a.agreement));
	if (json_object_get(rq->in, "at"))
		HF_TRY(hf_api_time(rq, "at", true, &a.now_ms));
	enum hf_err e = hf_api_list(rq, "fields", false, 256, &fields, &a.field_count);
	if (e == HF_OK)
		e = hf_api_list(rq, "roles", false, 32, &roles, &a.role_count);
	if (e == HF_OK) {
		const struct hf_explain_sink sink = sink_of(rq);
		a.fields = fields;
		a.roles = roles;
		hf_authz_explain(rq->m->authz, &a, &sink, &d);
		out_decision(rq->out, &d);
		hf_decision_done(&d);
	}
	free(fields);
	free(roles);
	return e;
}

/* ---- the rules ---- */

static enum hf_err rules(struct hf_api_request *rq)
{
	struct hf_buf b;
	size_t len;
	hf_buf_init(&b, (size_t)1 << 30);
	enum hf_err e = hf_authz_rules_write(rq->m->authz, &b);
	if (e != HF_OK) {
		hf_buf_done(&b);
		return hf_fault_set(&rq->fault, e, "the rules in memory cannot be written (%s); see `hufu doctor`",
		                    hf_err_text(e));
	}
	uint8_t *bytes = hf_buf_take(&b, &len);
	hf_api_body(rq, "application/jsonl", bytes, len);
	return HF_OK;
}

const struct hf_route hf_routes_decision[] = {
        {"GET", "/v1/decisions/explain", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, explain, 0},
        {"GET", "/v1/decisions/ask", HF_MAY_STATUS, HF_EVENT_INVALID, ask, 0},
        {"GET", "/v1/decisions/rules", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, rules, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
