/*
 * promotion_rules.c - the rules of promotions in the decision point: one for each member, in force while the grants
 * behind it are. Whoever revokes or suspends one of them ends the rule that was made of it; the other grants of that
 * member then decide themselves again.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/promotion_internal.h"
#include "proto/codec.h"

#define PREFIX "promotion:"

struct draft {
	struct az_rule rule;
	struct hf_obligation fields;
	char resource[HF_ID_TEXT], department[HF_NAME_MAX * 2 + 2];
};

static struct az_promotion_rule *rule_of(struct hf_index_item *i)
{
	return (struct az_promotion_rule *)(void *)((char *)i - offsetof(struct az_promotion_rule, by_rule));
}

static void rule_name(char out[HF_RULE_ID_MAX + 1], const struct hf_id *promotion, const Hufu__PromotionMember *m)
{
	char text[HF_ID_TEXT];
	struct hf_hash h;
	az_digest(&m->base, &h);
	hf_id_text(promotion, text);
	snprintf(out, HF_RULE_ID_MAX + 1, PREFIX "%s:%02x%02x%02x%02x%02x%02x%02x%02x", text, h.b[0], h.b[1], h.b[2],
	         h.b[3], h.b[4], h.b[5], h.b[6], h.b[7]);
}

static struct az_promotion_rule *find(const struct hf_authz *a, const struct hf_id *promotion, const char *rule)
{
	uint64_t hash = hf_index_hash(promotion, rule);
	for (struct hf_index_item *i = hf_index_first(&a->promotion_rules, hash); i; i = i->next)
		if (i->hash == hash && strcmp(rule_of(i)->id, rule) == 0)
			return rule_of(i);
	return NULL;
}

const struct az_promotion_rule *az_promotion_rule_find(const struct hf_authz *a, const char *rule)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	size_t skip = sizeof(PREFIX) - 1;
	if (strncmp(rule, PREFIX, skip) != 0)
		return NULL;
	snprintf(text, sizeof(text), "%.36s", rule + skip);
	return hf_id_parse(text, &id) ? find(a, &id, rule) : NULL;
}

static bool make(struct hf_authz *a, struct draft *d, const Hufu__PromotionRow *row, const struct hf_id *id,
                 const Hufu__PromotionMember *m)
{
	struct az_rule *r = &d->rule;
	struct hf_id resource;
	if (!az_id_of(&row->terms->resource, &resource) || m->until_ms <= row->decided_ms)
		return false;
	az_rule_begin(r, HF_MECHANISM_ATTRIBUTE, PREFIX, id);
	rule_name(r->id, id, m);
	hf_id_text(&resource, d->resource);
	r->rule.from_ms = row->decided_ms;
	r->rule.until_ms = m->until_ms;
	az_rule_equals(a, r, AZ_ATTR_RESOURCE, d->resource);
	az_rule_equals(a, r, AZ_ATTR_ORGANIZATION, m->organization);
	az_rule_equals(a, r, AZ_ATTR_ACTION, "read");
	az_rule_equals(a, r, AZ_ATTR_PURPOSE, row->terms->purpose);
	if (has_text(m->system))
		az_rule_equals(a, r, AZ_ATTR_SYSTEM, m->system);
	if (has_text(m->department)) {
		snprintf(d->department, sizeof(d->department), "%.63s/%.63s", m->organization, m->department);
		az_rule_equals(a, r, AZ_ATTR_DEPARTMENT, d->department);
	}
	d->fields = (struct hf_obligation){
	        .type = HF_OBLIGE_FIELDS, .names = (const char *const *)m->fields, .name_count = m->n_fields};
	r->rule.obligations = &d->fields;
	r->rule.obligation_count = 1;
	if (!has_text(m->address))
		return true;
	size_t n = r->rule.condition_count;
	az_rule_equals(a, r, AZ_ATTR_ADDRESS, m->address);
	return hf_address_parse(m->address, &r->operand[n].address);
}

/* ---- which of them are in force ---- */

static bool is_behind(const struct hf_authz *a, const struct hf_id *promotion, const Hufu__PromotionSource *s)
{
	struct hf_id id;
	const struct grant_item *g = az_id_of(&s->grant, &id) ? az_grant_find(a, &id) : NULL;
	return g && g->state == HF_GRANT_ACTIVE && !g->superseded_over && hf_id_equal(&g->superseded, promotion) &&
	       !az_hold_of_grant(a, &g->grant);
}

static bool is_live(const struct hf_authz *a, const Hufu__PromotionRow *row, const struct hf_id *id, size_t member)
{
	bool any = false;
	if (row->state != PM_IN_FORCE)
		return false;
	for (size_t i = 0; i < row->terms->n_sources; i++) {
		const Hufu__PromotionSource *s = row->terms->sources[i];
		if (s->kept || s->member != member)
			continue;
		if (!is_behind(a, id, s))
			return false;
		any = true;
	}
	return any;
}

static void forget(struct hf_authz *a, struct az_promotion_rule *r)
{
	hf_index_remove(&a->promotion_rules, &r->by_rule);
	for (size_t i = 0; i < r->duty_count; i++)
		free(r->duties[i]);
	free(r);
}

static void remember(struct hf_authz *a, const Hufu__PromotionRow *row, const struct hf_id *id,
                     const Hufu__PromotionMember *m, const char *name)
{
	struct az_promotion_rule *r = hf_alloc_zero(sizeof(*r));
	r->promotion = *id;
	snprintf(r->id, sizeof(r->id), "%s", name);
	if (row->terms->entry_digest.len == sizeof(r->entry_digest.b))
		memcpy(r->entry_digest.b, row->terms->entry_digest.data, sizeof(r->entry_digest.b));
	for (size_t i = 0; i < m->n_obligations && i < PM_DUTIES_MAX; i++)
		r->duties[r->duty_count++] = hf_strdup(m->obligations[i]);
	r->by_rule.hash = hf_index_hash(id, r->id);
	hf_index_add(&a->promotion_rules, &r->by_rule);
}

static void follow_member(struct hf_authz *a, const Hufu__PromotionRow *row, const struct hf_id *id, size_t i)
{
	const Hufu__PromotionMember *m = row->terms->members[i];
	struct draft d = {.resource = ""};
	char name[HF_RULE_ID_MAX + 1];
	rule_name(name, id, m);
	struct az_promotion_rule *there = find(a, id, name);
	bool live = is_live(a, row, id, i) && make(a, &d, row, id, m);
	if (live == (there != NULL))
		return;
	az_policy_change(a, name, live ? &d.rule.rule : NULL);
	if (live)
		remember(a, row, id, m, name);
	else
		forget(a, there);
}

/* What cannot be read permits nothing. */
static void drop_all(struct hf_authz *a, const struct hf_id *id)
{
	for (size_t k = 0; k < a->promotion_rules.slot_count; k++)
		for (struct hf_index_item *i = a->promotion_rules.slots[k], *next; i; i = next) {
			struct az_promotion_rule *r = rule_of(i);
			next = i->next;
			if (id && !hf_id_equal(&r->promotion, id))
				continue;
			if (id)
				az_policy_change(a, r->id, NULL);
			forget(a, r);
		}
}

void az_promotion_follow(struct hf_authz *a, const struct hf_id *promotion)
{
	HF_CLEANUP(hf_decoded_done) Hufu__PromotionRow *row = NULL;
	if (!a->policy.now)
		return; /* everything is compiled anew later */
	if (hf_promotion(a, promotion, &row) != HF_OK || !row->terms) {
		drop_all(a, promotion);
		return;
	}
	for (size_t i = 0; i < row->terms->n_members; i++)
		follow_member(a, row, promotion, i);
}

struct supply {
	struct hf_authz *a;
	struct hf_policy_builder *builder;
};

static bool supply_row(void *ctx, const Hufu__PromotionRow *row)
{
	struct supply *s = ctx;
	struct hf_id id;
	for (size_t i = 0; row->terms && az_id_of(&row->id, &id) && i < row->terms->n_members; i++) {
		struct draft d = {.resource = ""};
		struct hf_fault why = {HF_OK, ""};
		if (!is_live(s->a, row, &id, i) || !make(s->a, &d, row, &id, row->terms->members[i]))
			continue;
		if (hf_policy_builder_add(s->builder, &d.rule.rule, &why) == HF_OK)
			remember(s->a, row, &id, row->terms->members[i], d.rule.id);
		else
			HF_LOG(s->a->base->log, HF_LOG_ERROR, "authz", "rule-unusable", NULL,
			       HF_LOG_S("rule", d.rule.id), HF_LOG_S("why", why.text));
	}
	return true;
}

enum hf_err az_promotions_supply(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f)
{
	struct supply s = {a, b};
	az_promotions_close(a);
	return hf_fault_default(f, hf_promotions(a, supply_row, &s));
}

void az_promotions_close(struct hf_authz *a)
{
	drop_all(a, NULL);
	hf_index_done(&a->promotion_rules);
}
