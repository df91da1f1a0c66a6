/* entry_changed.c - see entry_changed.h. */
#include "authz/entry_changed.h"

#include "authz/conditions.h"
#include "authz/promotion_internal.h"
#include "authz/scenario_internal.h"

struct change {
	struct hf_authz *a;
	const struct hf_id *entry;
	const char *why;
	struct hf_unit *unit;
	size_t found;
};

static bool is_about(const ProtobufCBinaryData *resource, const struct hf_id *entry)
{
	return resource->len == sizeof(entry->b) && memcmp(resource->data, entry->b, sizeof(entry->b)) == 0;
}

static struct hf_draft *draft_of(struct change *c, enum hf_event event)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	c->found++;
	hf_draft_text(d, HF_FIELD_ACTOR, c->a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "entry");
	hf_draft_outcome(d, HF_OK, NULL);
	return d;
}

/* ---- openings ---- */

static void suspend_opening(struct change *c, const Hufu__ScenarioRow *row, const Hufu__ScenarioOpening *o)
{
	struct hf_draft *d = draft_of(c, HF_EVENT_SCENARIO_OPENING);
	char text[700], id[HF_ID_TEXT];
	struct hf_id opening;
	sc_entry_opening(d, row, o);
	hf_draft_text(d, HF_FIELD_RESULT, "suspended");
	hf_draft_text(d, HF_FIELD_DETAIL, c->why);
	hf_unit_draft(c->unit, d);
	if (!az_id_of(&o->id, &opening))
		return;
	hf_id_text(&opening, id);
	snprintf(text, sizeof(text), "the opening %s gives nothing any more (`hufu scenario close` ends it): %s", id,
	         c->why);
	sc_notice(c->a, c->unit, row, "scenario-suspended", text);
}

static bool look_at_scenario(void *ctx, const Hufu__ScenarioRow *row)
{
	struct change *c = ctx;
	for (size_t i = 0; i < row->n_openings; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *o = NULL;
		if (is_self(c->a, row->openings[i]->provider) && (o = sc_row_opening(row->openings[i])) && !o->closed &&
		    is_about(&o->resource, c->entry) && now_of(c->a) < o->until_ms)
			suspend_opening(c, row, o);
	}
	return true;
}

/* ---- promotions ---- */

static bool look_at_promotion(void *ctx, const Hufu__PromotionRow *row)
{
	struct change *c = ctx;
	Hufu__ApplicationRow about = HUFU__APPLICATION_ROW__INIT; /* of none: the notice is about the resource */
	char text[700], id[HF_ID_TEXT];
	struct hf_id promotion;
	if (row->state != PM_IN_FORCE || !row->terms || !is_about(&row->terms->resource, c->entry) ||
	    !az_id_of(&row->id, &promotion))
		return true;
	struct hf_draft *d = draft_of(c, HF_EVENT_PROMOTION);
	hf_id_text(&promotion, id);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	az_entry_id(d, HF_FIELD_PROMOTION, &promotion);
	az_entry_id(d, HF_FIELD_RESOURCE, c->entry);
	hf_draft_text(d, HF_FIELD_RESULT, "suspended");
	hf_draft_text(d, HF_FIELD_DETAIL, c->why);
	hf_unit_draft(c->unit, d);
	snprintf(text, sizeof(text),
	         "the rule of the promotion %s gives nothing any more (`hufu promote end` ends it): %s", id, c->why);
	about.resource = BIN_ID(c->entry);
	az_notice_put(c->a, c->unit, &about, "promotion-suspended", text);
	return true;
}

/* ---- the entry ---- */

static void on_changed(void *ctx, const struct hf_id *id)
{
	struct hf_authz *a = ctx;
	struct hf_fault why = {HF_OK, ""};
	const struct hf_catalog_item *it = hf_catalog_own_item(a->catalog, id);
	if (!it || it->entry->withdrawn || az_conditions_by_rule(it->entry, &why) == HF_OK)
		return;
	struct change c = {.a = a, .entry = id, .why = why.text, .unit = hf_unit_new()};
	enum hf_err e = sc_rows(a, look_at_scenario, &c);
	if (e == HF_OK)
		e = hf_promotions(a, look_at_promotion, &c);
	if (e == HF_OK && c.found) {
		hf_store_submit(a->store, c.unit, NULL, NULL);
		return;
	}
	hf_unit_free(c.unit);
	if (e != HF_OK)
		HF_LOG(a->base->log, HF_LOG_ERROR, "authz", "entry-changed", NULL, HF_LOG_E(e));
}

void az_entries_open(struct hf_authz *a)
{
	hf_catalog_on_changed(a->catalog, on_changed, a);
}

void az_entries_close(struct hf_authz *a)
{
	hf_catalog_on_changed(a->catalog, NULL, NULL);
}
