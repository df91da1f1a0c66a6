/*
 * explain.c - see explain.h. What a decision was asked is logged in two fields: the attributes, which the rules are
 * about, in the form in which a request can be put to `hufu policy decide`; and the rest, line by line, which judge.c
 * asks for.
 */
#include "authz/explain.h"

#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "authz/judge.h"
#include "authz/rulebook.h"
#include "policy/file.h"

#define LOOKED_AT 1024
#define INPUT_BYTES 2047 /* most inputs are shorter */
#define ROLES_MAX 64
#define ASKED_FIELDS_MAX 512

/* ---- writing ---- */

static const struct {
	const char *name;
	uint32_t bit;
} methods[] = {{"password", HF_AUTH_PASSWORD}, {"totp", HF_AUTH_TOTP}, {"device-key", HF_AUTH_DEVICE_KEY}};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

/* The mechanisms that the snapshot is asked for first. */
static uint32_t mechanisms_of(struct hf_authz *a, const struct hf_access_request *rq)
{
	uint32_t chosen = HF_MECHANISM_ALL, allowed = 0;
	if (!az_mechanism_choice(rq->mechanism, &chosen) || !hf_authz_allowed(a, &rq->resource, &allowed))
		return 0;
	if (!hf_id_is_zero(&rq->agreement))
		allowed &= ~HF_MECHANISM_BIT(HF_MECHANISM_ATTRIBUTE);
	return chosen & allowed;
}

/* The values borrow from the request and from the entry. */
static void fill_values(struct hf_authz *a, const struct hf_access_request *rq, struct az_values *v)
{
	az_values_fill(a, rq, hf_catalog_own_item(a->catalog, &rq->resource), v);
}

static void add_line(struct hf_buf *b, const char *key, const char *value)
{
	if (has_text(value))
		(void)hf_buf_addf(b, "%s %s\n", key, value);
}

static void add_id(struct hf_buf *b, const char *key, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	add_line(b, key, hf_id_is_zero(id) ? NULL : text);
}

static void write_asked(const struct hf_access_request *rq, struct hf_buf *b)
{
	add_id(b, "resource", &rq->resource);
	add_id(b, "agreement", &rq->agreement);
	add_line(b, "address", rq->system_address);
	add_line(b, "mechanism", rq->mechanism);
	add_line(b, "second", rq->second ? "yes" : NULL);
	for (size_t i = 0; i < METHODS; i++)
		add_line(b, "method", rq->methods & methods[i].bit ? methods[i].name : NULL);
	for (size_t i = 0; i < rq->field_count; i++)
		add_line(b, "field", rq->fields[i]);
}

void hf_authz_draft_input(struct hf_authz *a, const struct hf_access_request *rq, struct hf_draft *draft)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct az_values v;
	(void)hf_buf_reserve(&b, INPUT_BYTES);
	if (a->policy.now) {
		fill_values(a, rq, &v);
		const struct hf_policy_request q = {
		        .values = v.value, .count = v.count, .now_ms = rq->now_ms, .mechanisms = mechanisms_of(a, rq)};
		if (hf_policy_request_write(hf_policy_schema(a->policy.now), &q, &b))
			hf_draft_bytes(draft, HF_FIELD_ATTRIBUTES, b.data, b.len);
	}
	hf_buf_clear(&b);
	write_asked(rq, &b);
	hf_draft_bytes(draft, HF_FIELD_ASKED, b.data, b.len);
}

enum hf_err hf_authz_rules_write(struct hf_authz *a, struct hf_buf *out)
{
	const struct hf_policy_head head = {"node", hf_authz_changes(a) + 1};
	if (!a->policy.now)
		return HF_E_NO_POLICY;
	return hf_policy_write(a->policy.now, &head, HF_FORM_LINES, out) ? HF_OK : HF_E_LIMIT;
}

/* ---- explaining ---- */

static void tell_miss(const struct hf_policy *p, const struct hf_policy_request *q, const struct hf_policy_miss *m,
                      const struct hf_explain_sink *sink)
{
	char *texts[HF_EXPLAIN_FAILS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < m->fail_count; i++) {
		struct hf_buf b = HF_BUF_INIT;
		size_t len;
		if (hf_policy_fail_text(p, q, m, i, &b) && hf_buf_add(&b, "", 1))
			texts[n++] = (char *)hf_buf_take(&b, &len);
		hf_buf_done(&b);
	}
	sink->miss(sink->ctx, m, texts, n);
	while (n > 0)
		free(texts[--n]);
}

static void tell_ways(const struct hf_policy_explanation *x, const struct hf_decision *d,
                      const struct hf_explain_sink *sink)
{
	const struct hf_policy_miss *m = x->misses;
	char text[640];
	if (d->result == HF_OK)
		return;
	if (x->miss_count > 0 && m->reason == HF_WHY_NO_RULE) {
		snprintf(text, sizeof(text),
		         "the rule '%.127s' (%s) would permit it if %s of its %u conditions that %s not hold were met",
		         m->rule, hf_mechanism_name(m->mechanism), m->failed == 1 ? "the one" : "those", m->conditions,
		         m->failed == 1 ? "does" : "do");
		sink->way(sink->ctx, text);
	} else if (x->miss_count > 0 && m->reason != HF_WHY_PERMITTED) {
		snprintf(text, sizeof(text), "the rule '%.127s' (%s) would permit it if it were in force: %s", m->rule,
		         hf_mechanism_name(m->mechanism), hf_policy_reason_text(m->reason));
		sink->way(sink->ctx, text);
	}
	sink->way(sink->ctx, d->text);
	if (d->may_apply && d->result != HF_E_HELD)
		sink->way(sink->ctx, "an application that is granted (`hufu apply`)");
}

void hf_authz_explain(struct hf_authz *a, const struct hf_access_request *rq, const struct hf_explain_sink *sink,
                      struct hf_decision *ret_decision)
{
	struct hf_policy_explanation *x = hf_alloc_zero(sizeof(*x));
	struct az_values v;
	hf_authz_decide(a, rq, ret_decision);
	fill_values(a, rq, &v);
	const struct hf_policy_request q = {
	        .values = v.value, .count = v.count, .now_ms = rq->now_ms, .mechanisms = mechanisms_of(a, rq)};
	hf_policy_explain(a->policy.now, &q, LOOKED_AT, x);
	for (size_t i = 0; i < x->miss_count; i++)
		tell_miss(a->policy.now, &q, &x->misses[i], sink);
	tell_ways(x, ret_decision, sink);
	free(x);
}

/* ---- a past one ---- */

struct past {
	struct hf_authz *a;
	const struct hf_explain_sink *sink;
	struct hf_access_request rq;
	const char *roles[ROLES_MAX], *fields[ASKED_FIELDS_MAX];
	char peer_address[HF_ADDRESS_TEXT];
	struct hf_decision *decision;
	struct hf_fault *f;
	enum hf_err error;
};

static const char *take_name(const char *text)
{
	const char *slash = strchr(text, '/');
	return slash ? slash + 1 : text;
}

/* Texts end with a NUL, as the reader made them. */
static void take_value(struct past *p, const struct hf_attr_value *v)
{
	const struct hf_policy_attr *at = p->a->policy.attr;
	struct hf_access_request *rq = &p->rq;
	if (v->attr == at[AZ_ATTR_PEER_ADDRESS].attr) {
		hf_prefix_text(&v->u.address, 128, p->peer_address);
		rq->peer_address = p->peer_address;
	} else if (v->attr == at[AZ_ATTR_ROLE].attr && rq->role_count < ROLES_MAX) {
		p->roles[rq->role_count++] = v->u.text;
	} else if (v->attr == at[AZ_ATTR_DEPARTMENT].attr) {
		rq->department = take_name(v->u.text);
	} else if (v->attr == at[AZ_ATTR_IDENTITY].attr) {
		rq->account = take_name(v->u.text);
	}
	const struct {
		enum az_attribute attribute;
		const char **member;
	} texts[] = {
	        {AZ_ATTR_ORGANIZATION, &rq->organization}, {AZ_ATTR_SYSTEM, &rq->system},
	        {AZ_ATTR_BUSINESS, &rq->business},         {AZ_ATTR_ACTION, &rq->action},
	        {AZ_ATTR_PURPOSE, &rq->purpose},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (v->attr == at[texts[i].attribute].attr)
			*texts[i].member = v->u.text;
}

static bool ask_again(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect)
{
	struct past *p = ctx;
	if (!q) {
		p->error =
		        hf_fault_set(p->f, HF_E_FORMAT, "what the decision was asked cannot be read: %s", defect->text);
		return false;
	}
	for (size_t i = 0; i < q->request.count; i++)
		take_value(p, &q->request.values[i]);
	p->rq.now_ms = q->request.now_ms;
	hf_authz_explain(p->a, &p->rq, p->sink, p->decision);
	p->error = HF_OK;
	return false;
}

static bool take_line(struct past *p, const char *key, const char *value)
{
	struct hf_access_request *rq = &p->rq;
	if (strcmp(key, "resource") == 0)
		return hf_id_parse(value, &rq->resource);
	if (strcmp(key, "agreement") == 0)
		return hf_id_parse(value, &rq->agreement);
	if (strcmp(key, "address") == 0)
		rq->system_address = value;
	else if (strcmp(key, "mechanism") == 0)
		rq->mechanism = value;
	else if (strcmp(key, "second") == 0)
		rq->second = strcmp(value, "yes") == 0;
	else if (strcmp(key, "field") == 0 && rq->field_count < ASKED_FIELDS_MAX)
		p->fields[rq->field_count++] = value;
	else if (strcmp(key, "method") != 0)
		return false;
	for (size_t i = 0; i < METHODS; i++)
		if (strcmp(key, "method") == 0 && strcmp(value, methods[i].name) == 0)
			rq->methods |= methods[i].bit;
	return true;
}

static bool take_asked(struct past *p, char *text)
{
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *space = strchr(line, ' ');
		if (!space)
			return false;
		*space = '\0';
		if (!take_line(p, line, space + 1))
			return false;
	}
	return true;
}

static char *copy_of(const char *text)
{
	char *copy = strdup(text ? text : "");
	if (!copy)
		abort();
	return copy;
}

enum hf_err hf_authz_explain_logged(struct hf_authz *a, const struct hf_logged_input *in,
                                    const struct hf_explain_sink *sink, struct hf_decision *ret_decision,
                                    struct hf_fault *f)
{
	struct past *p = hf_alloc_zero(sizeof(*p));
	char *attributes = copy_of(in->attributes), *asked = copy_of(in->asked);
	*p = (struct past){.a = a, .sink = sink, .decision = ret_decision, .f = f};
	p->rq.roles = p->roles;
	p->rq.fields = p->fields;
	p->error = hf_fault_set(f, HF_E_FORMAT, "the entry does not hold what the decision was asked");
	if (!a->policy.now)
		p->error = hf_fault_set(f, HF_E_NO_POLICY, "no rules are loaded; see `hufu doctor`");
	else if (take_asked(p, asked))
		hf_policy_questions_read("the entry", attributes, strlen(attributes), hf_policy_schema(a->policy.now),
		                         ask_again, p);
	enum hf_err e = p->error;
	free(attributes);
	free(asked);
	free(p);
	return e;
}
