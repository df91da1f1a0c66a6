/*
 * mask_policy.c - routes of what the security administrator sets for masking (controls, rule base, operation rules;
 * MK-54, MK-55, MK-62, MK-63)
 * and of the needs that follow from it (JT/T 1480 5.3.2; MK-27, MK-28).
 */
#include "source/mask_policy.h"

#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "authz/negotiation.h"
#include "catalog/catalog.h"
#include "crypto/hash.h"
#include "proto/codec.h"
#include "source/classify.h"
#include "state_authz.pb-c.h"

/* ---- controls, rule base ---- */

static void out_row(json_t *o, const Hufu__MaskPolicyRow *row)
{
	json_error_t wrong;
	json_t *text = json_loadb((const char *)row->text.data, row->text.len, 0, &wrong);

	json_object_set_new(o, "version", json_integer(row->version));
	json_object_set_new(o, "set_by", json_string(row->set_by));
	hf_api_out_time(o, "set", row->set_ms);
	if (row->review_ms)
		hf_api_out_time(o, "review", row->review_ms);
	hf_api_out_hex(o, "digest", row->digest.data, row->digest.len);
	json_object_set_new(o, "text", text ? text : json_null());
}

static enum hf_err set(struct hf_api_request *rq, enum hf_mask_policy_kind kind, const char *what)
{
	struct hf_mask_policy_in in = {.kind = kind,
	                               .by = rq->actor->account,
	                               .now_ms = hf_now_ms(&rq->m->base->clock),
	                               .codes = hf_sources_codes(rq->m->sources)};
	struct hf_hash digest;
	uint32_t version;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, what);
	HF_TRY(hf_api_text(rq, "text", true, HF_MASK_POLICY_MAX, &in.text));
	HF_TRY(hf_mask_policy_put(rq->m->store, rq->unit, &in, &version, &rq->fault));
	hf_sha256(in.text, strlen(in.text), &digest);
	hf_draft_bytes(rq->draft, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "version %u", version);
	json_object_set_new(rq->out, "version", json_integer(version));
	return HF_OK;
}

static enum hf_err set_controls(struct hf_api_request *rq)
{
	return set(rq, HF_MASK_CONTROLS, "controls of masking");
}

static enum hf_err set_rules(struct hf_api_request *rq)
{
	return set(rq, HF_MASK_RULES, "rule base of masking");
}

static enum hf_err set_operation(struct hf_api_request *rq)
{
	return set(rq, HF_MASK_OPERATION, "operation rules of masking");
}

static const char *command_of(enum hf_mask_policy_kind kind)
{
	return kind == HF_MASK_CONTROLS ? "controls" : kind == HF_MASK_RULES ? "rules" : "operation";
}

static enum hf_err get(struct hf_api_request *rq, enum hf_mask_policy_kind kind)
{
	Hufu__MaskPolicyRow *row = NULL;
	int64_t version = 0;
	enum hf_err e;

	HF_TRY(hf_api_int(rq, "version", false, 1, UINT32_MAX, &version));
	e = hf_mask_policy_get(rq->m->store, kind, (uint32_t)version, &row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(&rq->fault, e,
		                    "there is no such version; `hufu release %s set FILE` sets the next one",
		                    command_of(kind));
	HF_TRY(hf_fault_default(&rq->fault, e));
	out_row(rq->out, row);
	hf_decoded_free(row);
	return HF_OK;
}

static enum hf_err get_controls(struct hf_api_request *rq)
{
	return get(rq, HF_MASK_CONTROLS);
}

static enum hf_err get_rules(struct hf_api_request *rq)
{
	return get(rq, HF_MASK_RULES);
}

static enum hf_err get_operation(struct hf_api_request *rq)
{
	return get(rq, HF_MASK_OPERATION);
}

/* ---- needs ---- */

struct making {
	struct hf_api_request *rq;
	struct hf_controls controls;
	json_t *rows;
	/* Of the source at hand. */
	const struct hf_source_view *source;
	struct hf_buf fields;
	bool masking;
	enum hf_err error;
};

static void out_need(json_t *rows, const Hufu__MaskNeedRow *r)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "need", r->id, "source", r->source,
	                      "fields", r->fields, "stage", r->stage, "role", r->role, "permission", r->permission,
	                      "masking", r->masking, "mode", r->mode, "decided_by", r->decided_by);

	hf_api_out_time(o, "made", r->made_ms);
	json_array_append_new(rows, o);
}

/* The same data, stage and role have the same id: what was decided of it stays. */
static void id_of(const struct making *m, const char *stage, const char *role, char id[32])
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_hash h;
	char hex[65];

	hf_buf_addf(&b, "%s\n%s\n%s", m->source->name, stage, role);
	hf_sha256(b.data, b.len, &h);
	hf_hash_hex(&h, hex);
	snprintf(id, 32, HF_NEED_PREFIX "%.12s", hex);
}

static void add_need(struct making *m, const char *stage, const char *role, const char *permission, bool masking)
{
	Hufu__MaskNeedRow row = HUFU__MASK_NEED_ROW__INIT, *was = NULL;
	char id[32];

	id_of(m, stage, role, id);
	row.id = id;
	row.source = (char *)m->source->name;
	row.fields = (char *)m->fields.data;
	row.stage = (char *)stage;
	row.role = (char *)role;
	row.permission = (char *)permission;
	row.masking = masking;
	row.made_ms = hf_now_ms(&m->rq->m->base->clock);
	if (hf_need_get(m->rq->m->store, id, &was) == HF_OK) {
		row.mode = was->mode;
		row.decided_by = was->decided_by;
		row.decided_ms = was->decided_ms;
	}
	m->error = hf_need_put(m->rq->unit, &row);
	out_need(m->rows, &row);
	hf_decoded_free(was);
}

static bool on_grant(void *ctx, const Hufu__GrantRow *g, const char *state)
{
	struct making *m = ctx;
	struct hf_id id, resource;
	struct hf_catalog_own own;
	char role[2 * HF_NAME_MAX + 3], permission[HF_ID_TEXT + 50], text[HF_ID_TEXT];

	if (strcmp(state, "active") != 0 || strcmp(g->provider, m->rq->m->base->self.s) != 0 ||
	    !hf_id_from_bytes(g->grant.data, g->grant.len, &id) ||
	    !hf_id_from_bytes(g->resource.data, g->resource.len, &resource) ||
	    hf_catalog_own(m->rq->m->catalog, &resource, &own) != HF_OK)
		return true;
	if (strcmp(own.source, m->source->name) == 0) {
		hf_id_text(&id, text);
		snprintf(role, sizeof(role), "%.63s/%.63s", g->consumer, g->system);
		snprintf(permission, sizeof(permission), "%.31s by grant %s", g->action, text);
		add_need(m, "deliver", role, permission, m->masking);
	}
	hf_catalog_own_done(&own);
	return m->error == HF_OK;
}

/* Who comes near the data at which stage, by the node's own roles. */
static const struct {
	const char *stage;
	enum hf_permission permission;
} stages[] = {{"collect", HF_MAY_MANAGE_SOURCES},
              {"classify", HF_MAY_CLASSIFY},
              {"mask", HF_MAY_MASK},
              {"publish", HF_MAY_PUBLISH}};

static void add_stages(struct making *m)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && m->error == HF_OK; i++)
		for (const struct hf_role *r = hf_roles; r->name; r++)
			if (r->permissions & HF_BIT(stages[i].permission))
				add_need(m, stages[i].stage, r->name, hf_permission_name(stages[i].permission), false);
}

static bool on_source(void *ctx, const struct hf_source_view *v)
{
	struct making *m = ctx;

	hf_buf_clear(&m->fields);
	m->source = v;
	m->masking = false;
	for (size_t i = 0; i < v->field_count; i++) {
		const struct hf_field_class *c = &v->fields[i].class;

		if (c->state != HF_CLASS_CONFIRMED || c->kind[0] == '\0')
			continue;
		hf_buf_addf(&m->fields, "%s%s (%s)", m->fields.len ? ", " : "", v->fields[i].name, c->kind);
		m->masking |= hf_controls_of(&m->controls, c->data_class, c->level) >= HF_CONTROL_MASK;
	}
	if (m->fields.len == 0 || !hf_buf_add(&m->fields, "", 1))
		return true;
	add_stages(m);
	if (m->error == HF_OK)
		m->error = hf_authz_grants(m->rq->m->authz, on_grant, m);
	return m->error == HF_OK;
}

static enum hf_err make_needs(struct hf_api_request *rq)
{
	struct making m = {.rq = rq, .rows = json_array(), .fields = HF_BUF_INIT};
	enum hf_err e;

	json_object_set_new(rq->out, "needs", m.rows);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "needs of masking");
	HF_TRY(hf_controls_load(rq->m->store, &m.controls, &rq->fault));
	e = hf_sources_list(rq->m->sources, on_source, &m);
	hf_buf_done(&m.fields);
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%zu rows", json_array_size(m.rows));
	return hf_fault_default(&rq->fault, e == HF_OK ? m.error : e);
}

static bool add_row(void *ctx, const Hufu__MaskNeedRow *row)
{
	out_need(ctx, row);
	return true;
}

static enum hf_err needs(struct hf_api_request *rq)
{
	json_t *rows = json_array();

	json_object_set_new(rq->out, "needs", rows);
	return hf_needs_list(rq->m->store, add_row, rows);
}

static enum hf_err decide_need(struct hf_api_request *rq)
{
	Hufu__MaskNeedRow *row = NULL;
	const char *id, *mode;
	char *was_mode, *was_by;
	enum hf_err e;

	HF_TRY(hf_api_text(rq, "need", true, HF_NAME_MAX, &id));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "need %s", id);
	HF_TRY(hf_api_text(rq, "mode", true, 15, &mode));
	if (strcmp(mode, "static") != 0 && strcmp(mode, "dynamic") != 0)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "the mode is static or dynamic, not '%s'", mode);
	e = hf_need_get(rq->m->store, id, &row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(&rq->fault, e, "there is no need '%s'; `hufu release needs` lists them", id);
	HF_TRY(hf_fault_default(&rq->fault, e));
	was_mode = row->mode;
	was_by = row->decided_by;
	row->mode = (char *)mode;
	row->decided_by = (char *)rq->actor->account;
	row->decided_ms = hf_now_ms(&rq->m->base->clock);
	e = hf_need_put(rq->unit, row);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, mode);
	row->mode = was_mode;
	row->decided_by = was_by;
	hf_decoded_free(row);
	json_object_set_new(rq->out, "need", json_string(id));
	json_object_set_new(rq->out, "mode", json_string(mode));
	return hf_fault_default(&rq->fault, e);
}

const struct hf_route hf_routes_mask_policy[] = {
        {"POST", "/v1/mask/controls", HF_MAY_MASK_POLICY, HF_EVENT_MASK_POLICY, set_controls, 0},
        {"GET", "/v1/mask/controls", HF_MAY_STATUS, HF_EVENT_INVALID, get_controls, 0},
        {"POST", "/v1/mask/rules", HF_MAY_MASK_POLICY, HF_EVENT_MASK_POLICY, set_rules, 0},
        {"GET", "/v1/mask/rules", HF_MAY_STATUS, HF_EVENT_INVALID, get_rules, 0},
        {"POST", "/v1/mask/operation", HF_MAY_MASK_POLICY, HF_EVENT_MASK_POLICY, set_operation, 0},
        {"GET", "/v1/mask/operation", HF_MAY_STATUS, HF_EVENT_INVALID, get_operation, 0},
        {"POST", "/v1/mask/needs", HF_MAY_MASK_POLICY, HF_EVENT_MASK_NEED, make_needs, 0},
        {"GET", "/v1/mask/needs", HF_MAY_STATUS, HF_EVENT_INVALID, needs, 0},
        {"POST", "/v1/mask/needs/decide", HF_MAY_MASK_POLICY, HF_EVENT_MASK_NEED, decide_need, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
