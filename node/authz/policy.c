/*
 * policy.c - see policy.h. A grant is one rule: resource, organization, system, operation, purpose; what else its
 * agreement says is judged in judge.c when its rule was found.
 */
#include "authz/policy.h"

#include <stdlib.h>
#include <string.h>

#include "authz/promotion_internal.h"
#include "authz/scenario_internal.h"
#include "policy/file.h"

static const struct {
	const char *name, *issuer;
} attributes[AZ_ATTR_COUNT] = {
#define AZ_ATTRIBUTE_ROW(code, name, issuer) [code] = {name, issuer},
        AZ_ATTRIBUTES(AZ_ATTRIBUTE_ROW)
#undef AZ_ATTRIBUTE_ROW
};

/* Rules that this node makes itself: a policy's own must not look like one. */
static const char *const own_prefixes[] = {"grant:", "hold:", "scenario:", "promotion:"};

/* ---- rules of grants ---- */

void az_rule_begin(struct az_rule *r, enum hf_mechanism m, const char *prefix, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	*r = (struct az_rule){.rule = {.mechanism = m, .state = HF_RULE_ACTIVE}};
	hf_id_text(id, text);
	snprintf(r->id, sizeof(r->id), "%s%s", prefix, text);
	r->rule.id = r->id;
	r->rule.conditions = r->condition;
}

void az_rule_equals(const struct hf_authz *a, struct az_rule *r, enum az_attribute attribute, const char *text)
{
	size_t n = r->rule.condition_count++;
	if (n == sizeof(r->condition) / sizeof(r->condition[0]))
		abort(); /* our own bug */
	r->operand[n] = (struct hf_operand){.text = text, .len = strlen(text)};
	r->condition[n] = (struct hf_condition){a->policy.attr[attribute].attr, HF_OP_EQUALS, &r->operand[n], 1};
}

static enum hf_rule_state state_of(const struct hf_authz *a, const struct grant_item *g)
{
	if (g->disabled)
		return HF_RULE_REVOKED;
	if (g->superseded_over && g->state == HF_GRANT_ACTIVE)
		return HF_RULE_SUPERSEDED;
	if (g->state == HF_GRANT_ACTIVE && az_grant_waits_for_filing(a, g))
		return HF_RULE_PENDING;
	if (g->state == HF_GRANT_ACTIVE)
		return az_hold_of_grant(a, &g->grant) ? HF_RULE_SUSPENDED : HF_RULE_ACTIVE;
	return g->state == HF_GRANT_PENDING ? HF_RULE_PENDING : HF_RULE_REVOKED;
}

/* False: the grant is no rule of this node. */
static bool grant_rule(const struct hf_authz *a, const struct grant_item *g, struct az_rule *r,
                       char resource[HF_ID_TEXT])
{
	enum hf_mechanism m =
	        g->mechanism == AZ_MECHANISM_EMERGENCY ? HF_MECHANISM_EMERGENCY : HF_MECHANISM_APPLICATION;
	az_rule_begin(r, m, "grant:", &g->grant);
	if (!is_self(a, g->provider.s) || g->offered)
		return false;
	hf_id_text(&g->resource, resource);
	r->rule.state = state_of(a, g);
	r->rule.from_ms = g->from_ms;
	r->rule.until_ms = g->until_ms;
	az_rule_equals(a, r, AZ_ATTR_RESOURCE, resource);
	az_rule_equals(a, r, AZ_ATTR_ORGANIZATION, g->consumer.s);
	az_rule_equals(a, r, AZ_ATTR_SYSTEM, g->system);
	az_rule_equals(a, r, AZ_ATTR_ACTION, g->action);
	az_rule_equals(a, r, AZ_ATTR_PURPOSE, g->purpose);
	return true;
}

static void log_unusable(const struct hf_authz *a, const char *id, const struct hf_fault *f)
{
	HF_LOG(a->base->log, HF_LOG_ERROR, "authz", "rule-unusable", NULL, HF_LOG_S("rule", id),
	       HF_LOG_S("why", f->text));
}

/* A grant that is no rule permits nothing; it must not keep the others out. */
static enum hf_err supply_grants(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f)
{
	char resource[HF_ID_TEXT];
	struct az_rule r;
	(void)f;
	for (size_t i = 0; i < a->grants.slot_count; i++)
		for (struct hf_index_item *x = a->grants.slots[i]; x; x = x->next) {
			struct hf_fault why = {HF_OK, ""};
			const struct grant_item *g = az_grant_of(x);
			if (grant_rule(a, g, &r, resource) && hf_policy_builder_add(b, &r.rule, &why) != HF_OK)
				log_unusable(a, r.id, &why);
		}
	return HF_OK;
}

/* Who brings rules when everything is compiled anew. */
static enum hf_err (*const suppliers[])(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f) = {
        az_holds_supply,
        az_scenarios_supply,
        az_promotions_supply,
        supply_grants,
};

/* ---- the text that a person signed ---- */

struct reading {
	struct hf_authz *a; /* NULL: only checked */
	struct hf_policy_builder *builder;
	struct az_policy_attrs {
		struct hf_policy_attr attr[AZ_ATTR_COUNT];
	} attrs;
	struct az_policy_head head;
};

/* The node vouches for the standard attributes and for no others; a rule about another one could never hold. */
static enum hf_err check_schema(const struct hf_schema *schema, struct hf_fault *f)
{
	struct hf_schema *standard = hf_schema_standard();
	enum hf_err e = HF_OK;
	for (unsigned i = 1; i <= hf_schema_count(schema) && e == HF_OK; i++)
		if (hf_schema_attr(standard, hf_schema_spec(schema, i)->name) != i)
			e = hf_fault_set(
			        f, HF_E_UNSUPPORTED,
			        "the policy declares the attribute '%.63s', which this node vouches for nobody; "
			        "write 'attributes: standard' and declare none",
			        hf_schema_spec(schema, i)->name);
	if (e == HF_OK && hf_schema_count(schema) != hf_schema_count(standard))
		e = hf_fault_set(f, HF_E_UNSUPPORTED,
		                 "the policy does not declare all standard attributes; write 'attributes: standard'");
	hf_schema_free(standard);
	return e;
}

static enum hf_err find_attributes(const struct hf_schema *schema, struct hf_policy_attr out[AZ_ATTR_COUNT],
                                   struct hf_fault *f)
{
	for (size_t i = 0; i < AZ_ATTR_COUNT; i++) {
		unsigned attr = hf_schema_attr(schema, attributes[i].name);
		unsigned issuer = hf_schema_issuer(schema, attributes[i].issuer);
		if (!attr || !issuer || !hf_schema_may_issue(schema, attr, issuer))
			return hf_fault_set(f, HF_E_UNSUPPORTED,
			                    "the policy does not let '%s' vouch for the attribute '%s'; write "
			                    "'attributes: standard'",
			                    attributes[i].issuer, attributes[i].name);
		out[i] = (struct hf_policy_attr){(uint16_t)attr, (uint16_t)issuer};
	}
	return HF_OK;
}

static enum hf_err begin(void *ctx, const struct hf_policy_head *head, struct hf_schema *schema, struct hf_trees *trees,
                         struct hf_fault *f)
{
	struct reading *r = ctx;
	snprintf(r->head.name, sizeof(r->head.name), "%s", head->name);
	r->head.version = head->version;
	HF_TRY(check_schema(schema, f));
	HF_TRY(find_attributes(schema, r->attrs.attr, f));
	r->builder = hf_policy_builder_new(schema, trees);
	return HF_OK;
}

/* NULL: it has none. */
static const char *own_prefix(const char *id)
{
	for (size_t i = 0; i < sizeof(own_prefixes) / sizeof(own_prefixes[0]); i++)
		if (strncmp(id, own_prefixes[i], strlen(own_prefixes[i])) == 0)
			return own_prefixes[i];
	return NULL;
}

static enum hf_err take_rule(void *ctx, const struct hf_rule *rule, uint32_t line, struct hf_fault *f)
{
	struct reading *r = ctx;
	if (rule->mechanism != HF_MECHANISM_ATTRIBUTE && rule->mechanism != HF_MECHANISM_HOLD)
		return hf_fault_set(
		        f, HF_E_UNSUPPORTED,
		        "line %u: the rule '%.60s' is of the mechanism '%s', which no policy can give here; "
		        "write attribute rules and holds",
		        line, rule->id, hf_mechanism_name(rule->mechanism));
	const char *own = own_prefix(rule->id);
	if (own)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "line %u: the name '%.60s' begins with '%s', which the node keeps for its own "
		                    "rules; rename it",
		                    line, rule->id, own);
	r->head.rules++;
	return hf_policy_builder_add(r->builder, rule, f);
}

static enum hf_err read_text(const void *text, size_t len, struct reading *r, struct hf_fault *f)
{
	const struct hf_policy_sink sink = {r, begin, take_rule};
	char *copy = hf_alloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	enum hf_err e = hf_policy_text_read("policy", copy, len, &sink, f);
	free(copy);
	if (e == HF_OK && !r->builder)
		e = hf_fault_set(f, HF_E_FORMAT, "the policy has no rules; write a section 'rules'");
	return e;
}

/* Without a policy: the standard attributes, empty hierarchies, no rules. */
static enum hf_err read_nothing(struct reading *r, struct hf_fault *f)
{
	static const struct hf_tree_spec empty[] = {
	        {"organizations", NULL, 0}, {"regions", NULL, 0}, {"topics", NULL, 0}};
	struct hf_schema *schema = hf_schema_standard();
	struct hf_trees *trees = NULL;
	enum hf_err e = hf_trees_new(schema, empty, sizeof(empty) / sizeof(empty[0]), &trees, f);
	if (e == HF_OK)
		e = begin(r, &(struct hf_policy_head){"", 0}, schema, trees, f);
	hf_trees_free(trees);
	hf_schema_free(schema);
	return e;
}

struct copying {
	struct hf_policy_builder *builder;
	struct hf_fault *f;
	enum hf_err error;
};

static bool copy_own(void *ctx, const struct hf_rule *rule, bool indexed)
{
	struct copying *c = ctx;
	(void)indexed;
	if (own_prefix(rule->id))
		c->error = hf_policy_builder_add(c->builder, rule, c->f);
	return c->error == HF_OK;
}

enum hf_err az_policy_make(const void *text, size_t len, const struct hf_policy *own, uint64_t version,
                           struct hf_policy **ret_policy, struct az_policy_head *ret_head, struct hf_fault *f)
{
	struct reading r = {.a = NULL};
	enum hf_err e = read_text(text, len, &r, f);
	struct copying c = {r.builder, f, HF_OK};
	if (e == HF_OK && own)
		hf_policy_each(own, copy_own, &c);
	if (e == HF_OK)
		e = c.error;
	if (e == HF_OK)
		e = hf_policy_builder_finish(r.builder, version, ret_policy, f);
	hf_policy_builder_free(r.builder);
	if (e == HF_OK)
		*ret_head = r.head;
	return e;
}

enum hf_err az_policy_check(const void *text, size_t len, struct az_policy_head *ret_head, struct hf_fault *f)
{
	struct hf_policy *p = NULL;
	enum hf_err e = az_policy_make(text, len, NULL, 1, &p, ret_head, f);
	hf_policy_free(p);
	return e;
}

static enum hf_err compile(struct hf_authz *a, struct reading *r, struct hf_policy **ret, struct hf_fault *f)
{
	struct az_policy before = a->policy;
	memcpy(a->policy.attr, r->attrs.attr, sizeof(a->policy.attr));
	enum hf_err e = HF_OK;
	for (size_t i = 0; i < sizeof(suppliers) / sizeof(suppliers[0]) && e == HF_OK; i++)
		e = suppliers[i](a, r->builder, f);
	if (e == HF_OK)
		e = hf_policy_builder_finish(r->builder, a->policy.changes + 1, ret, f);
	if (e != HF_OK)
		a->policy = before;
	return e;
}

enum hf_err az_policy_load(struct hf_authz *a, const void *text, size_t len, struct hf_fault *f)
{
	struct reading r = {.a = a};
	struct hf_policy *p = NULL;
	enum hf_err e = text ? read_text(text, len, &r, f) : read_nothing(&r, f);
	if (e == HF_OK)
		e = compile(a, &r, &p, f);
	hf_policy_builder_free(r.builder);
	HF_TRY(e);
	hf_policy_free(a->policy.now);
	a->policy.now = p;
	a->policy.changes++;
	return HF_OK;
}

void az_policy_none(struct hf_authz *a)
{
	hf_policy_free(HF_TAKE(a->policy.now));
	a->policy.changes++;
}

/* ---- changes ---- */

static bool have_rule(const struct hf_authz *a, const char *id)
{
	return id && hf_policy_rule(a->policy.now, id, NULL, NULL);
}

/* What was not understood must not stay half in force: without a snapshot nothing is permitted. */
static void break_down(struct hf_authz *a, const char *id, const struct hf_fault *f)
{
	log_unusable(a, id, f);
	hf_alarm(a->base, "policy-broken", NULL,
	         "the rules in memory could not follow a change (%.200s), so nothing is permitted; restart the node",
	         f->text);
	az_policy_none(a);
}

static void take_over(struct hf_authz *a, struct hf_policy *p)
{
	hf_policy_free(a->policy.now);
	a->policy.now = p;
	a->policy.changes++;
	if (hf_policy_wants_merge(p))
		az_policy_merge(a);
}

void az_policy_change(struct hf_authz *a, const char *remove, const struct hf_rule *add)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_policy *p = NULL;
	az_policy_note(a, remove);
	az_policy_note(a, add ? add->id : NULL);
	if (!a->policy.now)
		return;
	struct hf_policy_change c = {have_rule(a, remove) ? remove : NULL, add};
	if (!c.remove && !c.add)
		return;
	enum hf_err e = hf_policy_apply(a->policy.now, &c, 1, &p, &f);
	bool holds = c.add && c.add->mechanism == HF_MECHANISM_HOLD; /* left out it would permit */
	if (e != HF_OK && c.add && !holds) { /* the new form is unusable: at least the old one goes */
		log_unusable(a, c.add->id, &f);
		c.add = NULL;
		e = c.remove ? hf_policy_apply(a->policy.now, &c, 1, &p, &f) : HF_OK;
	}
	if (e != HF_OK)
		break_down(a, c.add ? c.add->id : remove, &f);
	else if (p)
		take_over(a, p);
}

void az_policy_grant(struct hf_authz *a, const struct grant_item *g)
{
	char resource[HF_ID_TEXT];
	struct az_rule r;
	bool is_rule = grant_rule(a, g, &r, resource);
	az_policy_change(a, r.id, is_rule ? &r.rule : NULL);
	if (!hf_id_is_zero(&g->superseded) && is_self(a, g->provider.s))
		az_promotion_follow(a, &g->superseded);
}

void az_policy_ask(struct hf_authz *a, const struct az_policy_ask *ask, struct hf_policy_decision *ret_decision)
{
	const struct hf_policy_request rq = {.values = ask->values->value,
	                                     .count = ask->values->count,
	                                     .now_ms = ask->now_ms,
	                                     .mechanisms = ask->mechanisms,
	                                     .skip = ask->skip,
	                                     .skip_count = ask->skip_count};
	hf_policy_decide(a->policy.now, &rq, ret_decision);
}

void az_policy_close(struct hf_authz *a)
{
	az_policy_jobs_close(a);
	hf_policy_free(a->policy.now);
	a->policy.now = NULL;
	az_holds_free(a);
	az_scenarios_close(a);
	az_promotions_close(a);
}
