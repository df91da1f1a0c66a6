/*
 * scenario_rules.c - in the provider's decision point each own opening and each confirmed member together are one
 * attribute rule (AZ-42): resource, organization, department, system, its address, purpose, operation, period. The
 * rules follow the rows after each commit, so that who has left has no access at the next request (AZ-51).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/scenario_internal.h"
#include "proto/codec.h"

/* One rule in the snapshot, by its name. */
struct az_scenario_rule {
	struct az_scenario_rule *next;
	struct hf_id scenario;
	char id[HF_RULE_ID_MAX + 1];
};

struct draft {
	struct az_rule rule;
	struct hf_obligation duties[HF_RULE_OBLIGATIONS_MAX];
	char resource[HF_ID_TEXT], department[HF_NAME_MAX * 2 + 2];
};

/* What is done with each rule that a scenario makes. */
typedef void (*rule_fn)(struct hf_authz *a, void *ctx, const struct hf_id *scenario, const struct hf_rule *rule);

static void rule_name(struct az_rule *r, const struct hf_id *opening, const Hufu__ScenarioMember *m)
{
	char text[HF_ID_TEXT], all[512];
	struct hf_hash h;
	int n = snprintf(all, sizeof(all), "%s\n%s\n%s\n%s", m->organization, m->department, m->system, m->address);
	hf_sha256(all, n > 0 ? (size_t)n : 0, &h);
	hf_id_text(opening, text);
	snprintf(r->id, sizeof(r->id), "scenario:%s:%02x%02x%02x%02x%02x%02x%02x%02x", text, h.b[0], h.b[1], h.b[2],
	         h.b[3], h.b[4], h.b[5], h.b[6], h.b[7]);
}

static bool add_duties(struct draft *d, const Hufu__ScenarioOpening *o)
{
	struct hf_fault f = {HF_OK, ""};
	size_t n = 0;
	if (o->n_fields)
		d->duties[n++] = (struct hf_obligation){
		        .type = HF_OBLIGE_FIELDS, .names = (const char *const *)o->fields, .name_count = o->n_fields};
	for (size_t i = 0; i < o->n_obligations; i++)
		if (n == HF_RULE_OBLIGATIONS_MAX || sc_obligation(o->obligations[i], &d->duties[n++], &f) != HF_OK)
			return false; /* what is not understood permits nothing */
	d->rule.rule.obligations = d->duties;
	d->rule.rule.obligation_count = n;
	return true;
}

static bool add_address(const struct hf_authz *a, struct az_rule *r, const char *text)
{
	size_t n = r->rule.condition_count;
	if (!has_text(text))
		return true;
	az_rule_equals(a, r, AZ_ATTR_ADDRESS, text);
	return hf_address_parse(text, &r->operand[n].address);
}

static bool make(struct hf_authz *a, struct draft *d, const Hufu__Scenario *s, const Hufu__ScenarioOpening *o,
                 const Hufu__ScenarioMember *m)
{
	struct az_rule *r = &d->rule;
	struct hf_id opening, resource;
	if (!az_id_of(&o->id, &opening) || !az_id_of(&o->resource, &resource))
		return false;
	az_rule_begin(r, HF_MECHANISM_ATTRIBUTE, "scenario:", &opening);
	rule_name(r, &opening, m);
	hf_id_text(&resource, d->resource);
	r->rule.from_ms = o->from_ms > s->from_ms ? o->from_ms : s->from_ms;
	r->rule.until_ms = o->until_ms < s->until_ms ? o->until_ms : s->until_ms;
	if (r->rule.until_ms <= r->rule.from_ms)
		return false;
	az_rule_equals(a, r, AZ_ATTR_RESOURCE, d->resource);
	az_rule_equals(a, r, AZ_ATTR_ORGANIZATION, m->organization);
	if (has_text(m->department)) {
		snprintf(d->department, sizeof(d->department), "%.63s/%.63s", m->organization, m->department);
		az_rule_equals(a, r, AZ_ATTR_DEPARTMENT, d->department);
	}
	az_rule_equals(a, r, AZ_ATTR_SYSTEM, m->system);
	az_rule_equals(a, r, AZ_ATTR_ACTION, "read");
	az_rule_equals(a, r, AZ_ATTR_PURPOSE, s->purpose);
	return add_address(a, r, m->address) && add_duties(d, o);
}

/* The authority's right is asked anew: a member that the descriptor has taken from its jurisdiction gives no rule. */
static void each_of_opening(struct hf_authz *a, const Hufu__Scenario *s, const Hufu__ScenarioOpening *o, rule_fn fn,
                            void *ctx)
{
	struct hf_id id;
	if (o->closed || !az_id_of(&s->id, &id))
		return;
	for (size_t i = 0; i < s->n_members; i++) {
		struct draft d = {.resource = ""};
		struct hf_fault f = {HF_OK, ""};
		if (sc_in_jurisdiction(a, s->header->issuer, s->members[i], &f) == HF_OK &&
		    make(a, &d, s, o, s->members[i]))
			fn(a, ctx, &id, &d.rule.rule);
	}
}

static void each_rule(struct hf_authz *a, const Hufu__ScenarioRow *row, rule_fn fn, void *ctx)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Scenario *s = sc_row_scenario(row);
	for (size_t i = 0; s && !s->ended && i < row->n_openings; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *o = NULL;
		if (is_self(a, row->openings[i]->provider) && (o = sc_row_opening(row->openings[i])))
			each_of_opening(a, s, o, fn, ctx);
	}
}

/* ---- what is in the snapshot ---- */

static void remember(struct hf_authz *a, const struct hf_id *scenario, const char *id)
{
	struct az_scenario_rule *r = hf_alloc_zero(sizeof(*r));
	r->scenario = *scenario;
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->next = a->scenario_rules;
	a->scenario_rules = r;
}

void az_scenarios_close(struct hf_authz *a)
{
	while (a->scenario_rules) {
		struct az_scenario_rule *r = a->scenario_rules;
		a->scenario_rules = r->next;
		free(r);
	}
}

static void change(struct hf_authz *a, void *ctx, const struct hf_id *scenario, const struct hf_rule *rule)
{
	(void)ctx;
	az_policy_change(a, rule->id, rule);
	remember(a, scenario, rule->id);
}

void sc_rules_follow(struct hf_authz *a, const struct hf_id *scenario)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *row = NULL;
	struct az_scenario_rule **at = &a->scenario_rules, *gone = NULL;
	while (*at) {
		struct az_scenario_rule *r = *at;
		if (!hf_id_equal(&r->scenario, scenario)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		r->next = gone;
		gone = r;
	}
	while (gone) {
		struct az_scenario_rule *r = gone;
		gone = r->next;
		az_policy_change(a, r->id, NULL);
		free(r);
	}
	if (sc_row_get(a, scenario, &row) == HF_OK)
		each_rule(a, row, change, NULL);
}

struct ids {
	struct hf_id *list;
	size_t count;
};

static bool take_id(void *ctx, const Hufu__ScenarioRow *row)
{
	struct ids *all = ctx;
	struct hf_id *list = hf_alloc((all->count + 1) * sizeof(*list));
	if (all->count)
		memcpy(list, all->list, all->count * sizeof(*list));
	free(all->list);
	all->list = list;
	all->count += az_id_of(&row->id, &list[all->count]);
	return true;
}

void hf_scenarios_judge_anew(struct hf_authz *a)
{
	struct ids all = {NULL, 0};
	if (sc_rows(a, take_id, &all) != HF_OK)
		hf_alarm(a->base, "scenarios-unreadable", NULL,
		         "the scenarios on record cannot be read, so the rules of them may not fit the new space "
		         "descriptor; see `hufu doctor` and restart the node");
	for (size_t i = 0; i < all.count; i++)
		sc_rules_follow(a, &all.list[i]);
	free(all.list);
}

struct supply {
	struct hf_authz *a;
	struct hf_policy_builder *builder;
};

static void add(struct hf_authz *a, void *ctx, const struct hf_id *scenario, const struct hf_rule *rule)
{
	struct supply *s = ctx;
	struct hf_fault why = {HF_OK, ""};
	if (hf_policy_builder_add(s->builder, rule, &why) == HF_OK)
		remember(a, scenario, rule->id);
	else
		HF_LOG(a->base->log, HF_LOG_ERROR, "authz", "rule-unusable", NULL, HF_LOG_S("rule", rule->id),
		       HF_LOG_S("why", why.text));
}

static bool supply_row(void *ctx, const Hufu__ScenarioRow *row)
{
	struct supply *s = ctx;
	each_rule(s->a, row, add, s);
	return true;
}

enum hf_err az_scenarios_supply(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f)
{
	struct supply s = {a, b};
	az_scenarios_close(a);
	return hf_fault_default(f, sc_rows(a, supply_row, &s));
}

/* ---- at the consumer ---- */

struct cover {
	struct hf_authz *a;
	const Hufu__Application *app;
	char scenario[HF_ID_TEXT], name[128];
};

static bool has_field(const Hufu__ScenarioOpening *o, const char *field)
{
	for (size_t i = 0; i < o->n_fields; i++)
		if (same_text(o->fields[i], field))
			return true;
	return o->n_fields == 0;
}

static bool covers_fields(const Hufu__ScenarioOpening *o, const Hufu__Application *app)
{
	for (size_t i = 0; i < app->n_fields; i++)
		if (!has_field(o, app->fields[i]))
			return false;
	return app->n_fields > 0 || o->n_fields == 0;
}

static bool is_member(const Hufu__Scenario *s, const Hufu__Application *app)
{
	for (size_t i = 0; i < s->n_members; i++) {
		const Hufu__ScenarioMember *m = s->members[i];
		if (same_text(m->organization, app->organization) && same_text(m->system, app->system) &&
		    (!has_text(m->department) || same_text(m->department, app->department)) &&
		    (!has_text(m->address) || same_text(m->address, app->system_address)))
			return true;
	}
	return false;
}

/* Everything that is asked for, until the end. */
static bool covers(const struct cover *c, const Hufu__Scenario *s, const Hufu__ScenarioOpening *o)
{
	const Hufu__Application *app = c->app;
	int64_t now = now_of(c->a);
	return !o->closed && same_text(o->header->issuer, app->provider) && o->resource.len == app->resource.len &&
	       memcmp(o->resource.data, app->resource.data, app->resource.len) == 0 && o->from_ms <= now &&
	       s->from_ms <= now && app->until_ms > 0 && app->until_ms <= o->until_ms && app->until_ms <= s->until_ms &&
	       covers_fields(o, app);
}

static bool look(void *ctx, const struct hf_scenario_view *v)
{
	struct cover *c = ctx;
	const Hufu__Scenario *s = v->scenario;
	struct hf_id id;
	if (s->ended || !same_text(s->purpose, c->app->purpose) || !is_member(s, c->app) || !az_id_of(&s->id, &id))
		return true;
	for (size_t i = 0; i < v->row->n_openings; i++)
		if (covers(c, s, v->openings[i])) {
			hf_id_text(&id, c->scenario);
			snprintf(c->name, sizeof(c->name), "%s", s->name);
			return false;
		}
	return true;
}

enum hf_err az_scenario_covers(struct hf_authz *a, const Hufu__Application *app, struct hf_fault *f)
{
	struct cover c = {.a = a, .app = app};
	HF_TRY(hf_fault_default(f, hf_scenarios(a, look, &c)));
	if (!c.scenario[0])
		return HF_OK;
	return hf_fault_set(f, HF_E_EXISTS,
	                    "no application is needed: the scenario '%s' (%s) covers the system %s for this resource "
	                    "and purpose; fetch it with `hufu fetch --purpose %s`",
	                    c.name, c.scenario, app->system, app->purpose);
}

bool hf_scenario_covers(struct hf_authz *a, const struct hf_grant_view *use, const char *const *fields,
                        size_t field_count)
{
	Hufu__Application app = HUFU__APPLICATION__INIT;
	struct cover c = {.a = a, .app = &app};
	struct hf_system_view system;
	if (hf_identity_system(a->identity, use->system, &system) != HF_OK)
		return false;
	app.resource = BIN_ID(&use->resource);
	app.provider = (char *)use->provider;
	app.organization = (char *)a->base->self.s;
	app.department = system.department;
	app.system = system.name;
	app.system_address = system.address;
	app.purpose = (char *)use->purpose;
	app.fields = (char **)fields;
	app.n_fields = field_count;
	app.until_ms = now_of(a) + 1;
	return hf_scenarios(a, look, &c) == HF_OK && c.scenario[0];
}

/* ---- what follows an emergency ---- */

struct gives {
	const struct sc_use *use;
	int64_t now;
	bool member, open;
};

static bool look_at(void *ctx, const struct hf_scenario_view *v)
{
	struct gives *g = ctx;
	const Hufu__Scenario *s = v->scenario;
	for (size_t i = 0; i < s->n_members && !s->ended && g->now < s->until_ms; i++)
		g->member |= same_text(s->members[i]->organization, g->use->organization) &&
		             same_text(s->members[i]->system, g->use->system);
	for (size_t i = 0; i < v->row->n_openings; i++) {
		const Hufu__ScenarioOpening *o = v->openings[i];
		g->open |= !o->closed && g->now < o->until_ms && same_text(o->header->issuer, g->use->provider) &&
		           o->resource.len == g->use->resource->len &&
		           memcmp(o->resource.data, g->use->resource->data, o->resource.len) == 0;
	}
	return false;
}

/* As far as this node knows the entry: what no rule gives is given by no opening either. */
static enum hf_err check_given(struct hf_authz *a, const struct sc_use *use, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_fault why = {HF_OK, ""};
	struct hf_id entry;
	if (!az_id_of(use->resource, &entry) || hf_catalog_get(a->catalog, use->provider, &entry, &it) != HF_OK ||
	    az_conditions_by_rule(it.entry, &why) == HF_OK)
		return HF_OK;
	return hf_fault_set(f, HF_E_CONFLICT, "the resource is open to that scenario, which gives nothing of it: %s",
	                    why.text);
}

enum hf_err az_scenario_gives(struct hf_authz *a, const struct sc_use *use, struct hf_fault *f)
{
	struct gives g = {.use = use, .now = now_of(a)};
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *row = NULL;
	HF_TRY(sc_row_need(a, use->scenario, &row, f));
	HF_TRY(hf_fault_default(f, hf_scenario_show(a, use->scenario, look_at, &g)));
	if (!g.member)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the system %.63s of %.63s is no member of that scenario; its business authority "
		                    "confirms it first",
		                    use->system, use->organization);
	if (!g.open)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the resource is not open to that scenario; its provider, %.63s, opens it first",
		                    use->provider);
	return check_given(a, use, f);
}
