/*
 * authzen.c - the questions of the AuthZEN Authorization API 1.0, put to the decision point: evaluation, evaluations,
 * and the three searches. The gateway is authenticated, so what it says of subject and context is the organization's
 * word. Every evaluation is an entry of the ledger, which the answer does not wait for unless the policy demands it
 * (gateway_firm.c).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/authzen.h"
#include "authz/explain.h"

#define ITEMS_MAX 1000u               /* of one evaluations request */
#define ANSWER_MAX ((size_t)48 << 20) /* of evaluations; one more item fits into the buffer's own limit */
#define WORDS_MAX 1024u               /* bytes of a text: each may stand in a thousand entries of the ledger */

enum hf_err zen_fault(struct authzen_answer *a, unsigned status, const char *text)
{
	a->status = status;
	snprintf(a->text, sizeof(a->text), "%s", text);
	return HF_E_ARGUMENT;
}

/* ---- reading an entity ---- */

static const char *member_text(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));
	return text ? text : "";
}

static const char *property(const json_t *entity, const char *name)
{
	return member_text(json_object_get(entity, "properties"), name);
}

static bool has_words(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	return json_is_string(v) && json_string_length(v) > 0 && json_string_length(v) <= WORDS_MAX;
}

enum hf_err zen_entity(const json_t *in, const char *name, unsigned needs, struct authzen_answer *a)
{
	const json_t *o = json_object_get(in, name), *p = json_object_get(o, "properties");
	char text[160];
	const struct {
		unsigned need;
		const char *member;
	} members[] = {{ZEN_TYPE, "type"}, {ZEN_ID, "id"}, {ZEN_NAME, "name"}};
	if (!json_is_object(o)) {
		snprintf(text, sizeof(text), "the member '%s' is missing or no object", name);
		return zen_fault(a, 400, text);
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if ((needs & members[i].need) && !has_words(o, members[i].member)) {
			snprintf(text, sizeof(text),
			         "the member '%s.%s' is missing, empty, no string or longer than %u bytes", name,
			         members[i].member, WORDS_MAX);
			return zen_fault(a, 400, text);
		}
	if (p && !json_is_object(p)) {
		snprintf(text, sizeof(text), "the member '%s.properties' is no object", name);
		return zen_fault(a, 400, text);
	}
	return HF_OK;
}

/* "node/system", or a system with properties.organization, or an organization with properties.system. */
static void take_subject(const struct hf_modules *m, const json_t *subject, struct zen_question *q)
{
	const char *id = member_text(subject, "id"), *slash = strchr(id, '/');
	bool system = strcmp(member_text(subject, "type"), "organization") != 0;
	const char *organization = property(subject, "organization");
	if (!system) {
		q->rq.organization = id;
		q->rq.system = property(subject, "system");
		return;
	}
	q->rq.system = slash ? slash + 1 : id;
	if (slash)
		snprintf(q->organization, sizeof(q->organization), "%.*s", (int)(slash - id), id);
	else
		snprintf(q->organization, sizeof(q->organization), "%s",
		         *organization ? organization : m->base->self.s);
	q->rq.organization = q->organization;
}

static size_t take_list(const json_t *list, const char *out[], size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; i < json_array_size(list) && n < cap; i++)
		if (json_is_string(json_array_get(list, i)))
			out[n++] = json_string_value(json_array_get(list, i));
	return n;
}

static uint32_t methods_of(const json_t *list)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} names[] = {{"password", HF_AUTH_PASSWORD}, {"totp", HF_AUTH_TOTP}, {"device-key", HF_AUTH_DEVICE_KEY}};
	uint32_t bits = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t k = 0; k < 3; k++)
			if (strcmp(names[k].name, json_string_value(json_array_get(list, i))
			                                  ? json_string_value(json_array_get(list, i))
			                                  : "") == 0)
				bits |= names[k].bit;
	return bits;
}

void zen_question(const struct hf_modules *m, const json_t *in, struct zen_question *q)
{
	const json_t *subject = json_object_get(in, "subject"), *context = json_object_get(in, "context");
	const json_t *properties = json_object_get(subject, "properties");
	*q = (struct zen_question){.rq = {.now_ms = hf_now_ms(&m->base->clock)}};
	take_subject(m, subject, q);
	q->rq.department = property(subject, "department");
	q->rq.system_address = property(subject, "address");
	q->rq.business = property(subject, "business");
	q->rq.account = property(subject, "identity");
	q->rq.role_count = take_list(json_object_get(properties, "roles"), q->roles, ZEN_LIST);
	q->rq.roles = q->roles;
	q->rq.methods = methods_of(json_object_get(properties, "methods"));
	q->rq.action = member_text(json_object_get(in, "action"), "name");
	q->rq.purpose = member_text(context, "purpose");
	q->rq.mechanism = member_text(context, "mechanism");
	q->rq.field_count = take_list(json_object_get(context, "fields"), q->fields, ZEN_LIST);
	q->rq.fields = q->fields;
	/* What is no entry's identifier names nothing here, which is a denial like any other. */
	if (!hf_id_parse(member_text(json_object_get(in, "resource"), "id"), &q->rq.resource))
		q->rq.resource = (struct hf_id){{0}};
}

/* ---- one decision ---- */

/* What a permit asks that no gateway does: its own software keeps what it is given in whatever form it likes, and
 * nothing is counted for it. False: nothing. */
static bool asks_too_much(const struct hf_decision *d, char *text, size_t cap)
{
	static const char way[] = "fetch the data with `hufu fetch`";
	if (d->sealed[0])
		snprintf(text, cap,
		         "'%s' asks for what a gateway cannot fulfil, which keeps nothing sealed; fetch the "
		         "data with `hufu fetch --sealed`",
		         d->sealed);
	else if (d->masked[0])
		snprintf(
		        text, cap,
		        "the obligation 'mask:%s' cannot be fulfilled by a gateway, whose own software has the data as "
		        "it is; %s",
		        d->masked, way);
	else if (d->rows || d->rows_beyond)
		snprintf(text, cap,
		         "the obligation 'rows:%.120s' cannot be fulfilled by a gateway, whose own software has all "
		         "rows; %s",
		         d->rows ? d->rows : "", way);
	else if (d->uses_most != UINT64_MAX)
		snprintf(text, cap,
		         "the obligation 'uses:%" PRIu64 "' cannot be fulfilled by a gateway, whose uses are not "
		         "counted; %s",
		         d->uses_most, way);
	else if (d->persons > 0)
		snprintf(text, cap,
		         "personal data across a border is counted at each delivery, which is not done for a gateway; "
		         "%s",
		         way);
	else
		return false;
	return true;
}

void zen_decide(const struct hf_modules *m, const struct zen_question *q, bool late, struct hf_decision *ret_d)
{
	hf_authz_decide(m->authz, &q->rq, ret_d);
	if (ret_d->result == HF_OK && asks_too_much(ret_d, ret_d->text, sizeof(ret_d->text)))
		ret_d->result = HF_E_OBLIGATION;
	if (ret_d->result != HF_OK || !late || ret_d->demands <= HF_ENTRY_DURABLE)
		return;
	ret_d->result = HF_E_BUSY;
	snprintf(ret_d->text, sizeof(ret_d->text),
	         "the record of the decision was not %s in time, which the obligation 'record-%s' demands; ask again",
	         hf_entry_state_word(ret_d->demands), hf_entry_state_word(ret_d->demands));
}

static void record(const struct hf_modules *m, const struct authzen_asker *gateway, const struct zen_question *q,
                   const struct hf_decision *d)
{
	struct hf_draft *e = hf_draft_new(HF_EVENT_ACCESS_DECISION, NULL);
	char id[HF_ID_TEXT];
	hf_draft_textf(e, HF_FIELD_ACTOR, "%s/gateway/%s", m->base->self.s, gateway->name);
	hf_draft_text(e, HF_FIELD_MANNER, "authzen");
	hf_draft_text(e, HF_FIELD_ORGANIZATION, q->rq.organization);
	hf_draft_text(e, HF_FIELD_SYSTEM, q->rq.system);
	hf_draft_text(e, HF_FIELD_PURPOSE, q->rq.purpose);
	hf_id_text(&q->rq.resource, id);
	hf_draft_text(e, HF_FIELD_OBJECT, id);
	hf_draft_text(e, HF_FIELD_RESOURCE, id);
	hf_draft_text(e, HF_FIELD_MECHANISM, d->mechanism);
	hf_draft_text(e, HF_FIELD_RULE, d->rule);
	hf_draft_bytes(e, HF_FIELD_SNAPSHOT, d->snapshot.b, sizeof(d->snapshot.b));
	hf_authz_draft_input(m->authz, &q->rq, e);
	hf_draft_outcome(e, d->result, d->text);
	hf_unit_draft(gateway->unit, e);
}

/* Writes the answer; was it a permit? */
static bool decide(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                   struct authzen_answer *a)
{
	struct zen_question q;
	struct hf_decision d;
	zen_question(m, in, &q);
	zen_decide(m, &q, gateway->late, &d);
	record(m, gateway, &q, &d);
	zen_write_decision(&d, &a->body);
	bool permitted = d.result == HF_OK;
	if (permitted && d.demands > a->demands)
		a->demands = d.demands;
	hf_decision_done(&d);
	return permitted;
}

/* A list that was taken in part would ask for fewer fields, and none named asks for all. */
static enum hf_err check_fields(const json_t *fields, struct authzen_answer *a)
{
	bool ok = !fields || (json_is_array(fields) && json_array_size(fields) <= ZEN_LIST);
	for (size_t i = 0; ok && i < json_array_size(fields); i++)
		ok = json_is_string(json_array_get(fields, i));
	return ok ? HF_OK
	          : zen_fault(
	                    a, 400,
	                    "the member 'context.fields' is no array of strings or has more than 256; leave it out to "
	                    "ask for all fields");
}

enum hf_err zen_context(const json_t *in, struct authzen_answer *a)
{
	const json_t *context = json_object_get(in, "context");
	if (context && !json_is_object(context))
		return zen_fault(a, 400, "the member 'context' is no object");
	if (strlen(member_text(context, "purpose")) > WORDS_MAX)
		return zen_fault(a, 400, "the member 'context.purpose' is longer than 1024 bytes");
	return check_fields(json_object_get(context, "fields"), a);
}

static enum hf_err check_question(const json_t *in, struct authzen_answer *a)
{
	HF_TRY(zen_entity(in, "subject", ZEN_TYPE | ZEN_ID, a));
	HF_TRY(zen_entity(in, "action", ZEN_NAME, a));
	HF_TRY(zen_entity(in, "resource", ZEN_TYPE | ZEN_ID, a));
	HF_TRY(zen_context(in, a));
	return strlen(property(json_object_get(in, "subject"), "system")) > WORDS_MAX
	               ? zen_fault(a, 400, "the member 'subject.properties.system' is longer than 1024 bytes")
	               : HF_OK;
}

static enum hf_err evaluation(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                              struct authzen_answer *a)
{
	HF_TRY(check_question(in, a));
	(void)decide(m, gateway, in, a);
	return HF_OK;
}

/* ---- many at once ---- */

enum semantic { EXECUTE_ALL = 1, DENY_FIRST, PERMIT_FIRST };

static enum hf_err read_semantic(const json_t *in, enum semantic *ret, struct authzen_answer *a)
{
	static const char *const names[] = {"", "execute_all", "deny_on_first_deny", "permit_on_first_permit"};
	const json_t *v = json_object_get(json_object_get(in, "options"), "evaluations_semantic");
	*ret = EXECUTE_ALL;
	if (!v)
		return HF_OK;
	for (enum semantic s = EXECUTE_ALL; s <= PERMIT_FIRST; s++)
		if (json_is_string(v) && strcmp(json_string_value(v), names[s]) == 0) {
			*ret = s;
			return HF_OK;
		}
	return zen_fault(a, 400,
	                 "options.evaluations_semantic is none of execute_all, deny_on_first_deny, "
	                 "permit_on_first_permit");
}

/* What the item says replaces the default whole. */
static json_t *merged(const json_t *in, const json_t *item)
{
	static const char *const names[] = {"subject", "action", "resource", "context"};
	json_t *o = json_object();
	for (size_t i = 0; i < 4; i++) {
		json_t *v = json_object_get(item, names[i]);
		if (!v)
			v = json_object_get(in, names[i]);
		if (v)
			json_object_set(o, names[i], v);
	}
	return o;
}

/* An item that is wrong denies, and says so; the others are answered. */
static bool one_of_many(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                        const json_t *item, struct authzen_answer *out)
{
	struct authzen_answer a = {.status = 200};
	json_t *q = merged(in, item);
	enum hf_err e = json_is_object(item) ? check_question(q, &a) : zen_fault(&a, 400, "the item is no object");
	bool permitted = e == HF_OK && decide(m, gateway, q, out);
	if (e != HF_OK)
		zen_write_json(json_pack("{s:b, s:{s:{s:i, s:s}}}", "decision", 0, "context", "error", "status",
		                         (int)a.status, "message", a.text),
		               &out->body);
	json_decref(q);
	return permitted;
}

static enum hf_err evaluations(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                               struct authzen_answer *a)
{
	const json_t *items = json_object_get(in, "evaluations");
	enum semantic s;
	if (items && !json_is_array(items))
		return zen_fault(a, 400, "the member 'evaluations' is no array");
	if (json_array_size(items) == 0)
		return evaluation(m, gateway, in, a);
	if (json_array_size(items) > ITEMS_MAX)
		return zen_fault(a, 400, "there are more than 1000 evaluations; divide them");
	HF_TRY(read_semantic(in, &s, a));
	(void)hf_buf_addf(&a->body, "{\"evaluations\":[");
	for (size_t i = 0; i < json_array_size(items); i++) {
		(void)hf_buf_add(&a->body, ",", i > 0);
		if (a->body.len > ANSWER_MAX)
			return zen_fault(a, 500, "the answer would be larger than 48 MiB; divide the evaluations");
		bool permitted = one_of_many(m, gateway, in, json_array_get(items, i), a);
		if ((s == DENY_FIRST && !permitted) || (s == PERMIT_FIRST && permitted))
			break;
	}
	(void)hf_buf_addf(&a->body, "]}");
	return HF_OK;
}

/* ---- the table ---- */

static const struct {
	const char *path, *name;
	enum hf_err (*answer)(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
	                      struct authzen_answer *a);
} endpoints[] = {
        {"/access/v1/evaluation", "access_evaluation_endpoint", evaluation},
        {"/access/v1/evaluations", "access_evaluations_endpoint", evaluations},
        {"/access/v1/search/subject", "search_subject_endpoint", zen_search_subject},
        {"/access/v1/search/resource", "search_resource_endpoint", zen_search_resource},
        {"/access/v1/search/action", "search_action_endpoint", zen_search_action},
};
#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))

bool authzen_answer(const struct hf_modules *m, const struct authzen_asker *gateway, const char *path, const json_t *in,
                    struct authzen_answer *a)
{
	for (size_t i = 0; i < ENDPOINTS; i++) {
		if (strcmp(endpoints[i].path, path) != 0)
			continue;
		*a = (struct authzen_answer){.status = 200};
		if (in && endpoints[i].answer(m, gateway, in, a) != HF_OK && a->status == 200)
			a->status = 500;
		if (a->status != 200)
			hf_buf_done(&a->body);
		return true;
	}
	return false;
}

json_t *authzen_metadata(const char *base)
{
	json_t *o = json_pack("{s:s}", "policy_decision_point", base);
	char url[600];
	for (size_t i = 0; i < ENDPOINTS; i++) {
		snprintf(url, sizeof(url), "%.400s%s", base, endpoints[i].path);
		json_object_set_new(o, endpoints[i].name, json_string(url));
	}
	return o;
}
