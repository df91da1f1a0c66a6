/* holds.c - see holds.h. In the snapshot a hold on a grant suspends that grant's rule; the others are rules themselves.
 */
#include "authz/holds.h"

#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "authz/rulebook.h"
#include "proto/codec.h"

#define NO_END INT64_C(253370764800000) /* the year 9999 */

static const char *const kinds[] = {"", "grant", "organization", "system", "resource"};

static enum az_hold_kind kind_of(const char *name)
{
	for (enum az_hold_kind k = AZ_HOLD_GRANT; k <= AZ_HOLD_RESOURCE; k++)
		if (same_text(kinds[k], name))
			return k;
	return AZ_HOLD_INVALID;
}

/* ---- in memory ---- */

static bool split_system(const char *target, struct az_hold *h)
{
	const char *slash = strchr(target, '/');
	size_t len = slash ? (size_t)(slash - target) : 0;
	if (!slash || len == 0 || len >= sizeof(h->organization) || !slash[1] || strlen(slash + 1) >= sizeof(h->system))
		return false;
	memcpy(h->organization, target, len);
	snprintf(h->system, sizeof(h->system), "%s", slash + 1);
	return true;
}

static bool hold_fill(struct az_hold *h, const char *kind, const char *target)
{
	h->kind = kind_of(kind);
	switch (h->kind) {
	case AZ_HOLD_GRANT:
	case AZ_HOLD_RESOURCE:
		return hf_id_parse(target, &h->subject);
	case AZ_HOLD_ORGANIZATION:
		snprintf(h->organization, sizeof(h->organization), "%s", target);
		return has_text(target) && strlen(target) < sizeof(h->organization);
	case AZ_HOLD_SYSTEM:
		return split_system(target, h);
	case AZ_HOLD_INVALID:
		return false;
	}
	return false;
}

static struct az_hold *hold_of(const Hufu__AccessHoldRow *row)
{
	struct az_hold *h = hf_alloc_zero(sizeof(*h));
	if (!az_id_of(&row->id, &h->id) || !hold_fill(h, row->kind, row->target)) {
		free(h);
		return NULL;
	}
	h->placed_ms = row->placed_ms;
	h->reason[0] = '\0';
	size_t len = hf_utf8_cut(row->reason, sizeof(h->reason) - 1);
	memcpy(h->reason, row->reason, len);
	h->reason[len] = '\0';
	return h;
}

const struct az_hold *az_hold_find(const struct hf_authz *a, const struct hf_id *id)
{
	for (const struct az_hold *h = a->holds; h; h = h->next)
		if (hf_id_equal(&h->id, id))
			return h;
	return NULL;
}

const struct az_hold *az_hold_of_grant(const struct hf_authz *a, const struct hf_id *grant)
{
	for (const struct az_hold *h = a->holds; h; h = h->next)
		if (h->kind == AZ_HOLD_GRANT && hf_id_equal(&h->subject, grant))
			return h;
	return NULL;
}

static bool covers(const struct az_hold *h, const struct grant_item *g)
{
	switch (h->kind) {
	case AZ_HOLD_GRANT:
		return hf_id_equal(&h->subject, &g->grant);
	case AZ_HOLD_RESOURCE:
		return hf_id_equal(&h->subject, &g->resource);
	case AZ_HOLD_ORGANIZATION:
		return same_text(h->organization, g->consumer.s);
	case AZ_HOLD_SYSTEM:
		return same_text(h->organization, g->consumer.s) && same_text(h->system, g->system);
	case AZ_HOLD_INVALID:
		return true;
	}
	return true;
}

const struct az_hold *az_hold_on(const struct hf_authz *a, const struct grant_item *g)
{
	for (const struct az_hold *h = a->holds; h; h = h->next)
		if (covers(h, g))
			return h;
	return NULL;
}

void az_holds_free(struct hf_authz *a)
{
	while (a->holds) {
		struct az_hold *h = a->holds;
		a->holds = h->next;
		free(h);
	}
}

/* ---- as rules ---- */

static bool hold_rule(const struct hf_authz *a, const struct az_hold *h, struct az_rule *r, char resource[HF_ID_TEXT])
{
	az_rule_begin(r, HF_MECHANISM_HOLD, "hold:", &h->id);
	r->rule.from_ms = 1; /* a hold is not begun and does not end by the clock */
	r->rule.until_ms = NO_END;
	if (h->kind == AZ_HOLD_GRANT)
		return false;
	if (h->kind == AZ_HOLD_RESOURCE) {
		hf_id_text(&h->subject, resource);
		az_rule_equals(a, r, AZ_ATTR_RESOURCE, resource);
		return true;
	}
	az_rule_equals(a, r, AZ_ATTR_ORGANIZATION, h->organization);
	if (h->kind == AZ_HOLD_SYSTEM)
		az_rule_equals(a, r, AZ_ATTR_SYSTEM, h->system);
	return true;
}

/* A hold that cannot be compiled must not be left out: then nothing is permitted. */
enum hf_err az_holds_supply(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f)
{
	char resource[HF_ID_TEXT];
	struct az_rule r;
	for (const struct az_hold *h = a->holds; h; h = h->next)
		if (hold_rule(a, h, &r, resource))
			HF_TRY(hf_policy_builder_add(b, &r.rule, f));
	return HF_OK;
}

static void follow_grant(struct hf_authz *a, const struct az_hold *h)
{
	const struct grant_item *g = h->kind == AZ_HOLD_GRANT ? az_grant_find(a, &h->subject) : NULL;
	if (g)
		az_policy_grant(a, g);
}

/* After the commit: the memory says what the row says. */
static void follow(struct hf_authz *a, const struct hf_id *id)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__AccessHoldRow *row = NULL;
	char resource[HF_ID_TEXT];
	struct az_rule r;
	struct az_hold **at = &a->holds;
	if (hf_store_get(a->store, HF_TABLE_ACCESS_HOLD, id->b, sizeof(id->b), &b) == HF_OK)
		row = HF_DECODE_OWN(access_hold_row, b.data, b.len);
	while (*at && !hf_id_equal(&(*at)->id, id))
		at = &(*at)->next;
	struct az_hold *h = *at;
	if (row && row->lifted_ms == 0 && !h && (h = hold_of(row))) {
		h->next = a->holds;
		a->holds = h;
		az_policy_change(a, NULL, hold_rule(a, h, &r, resource) ? &r.rule : NULL);
		follow_grant(a, h);
	} else if (row && row->lifted_ms && h) {
		*at = h->next;
		(void)hold_rule(a, h, &r, resource);
		az_policy_change(a, r.id, NULL);
		follow_grant(a, h);
		free(h);
	}
}

struct scan {
	struct hf_authz *a;
	hf_access_hold_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__AccessHoldRow *row = HF_DECODE_OWN(access_hold_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err hf_authz_holds(struct hf_authz *a, hf_access_hold_fn fn, void *ctx)
{
	struct scan s = {a, fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_ACCESS_HOLD, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

static bool load_one(void *ctx, const Hufu__AccessHoldRow *row)
{
	struct scan *s = ctx;
	struct az_hold *h = row->lifted_ms ? NULL : hold_of(row);
	if (!h && !row->lifted_ms)
		s->error = HF_E_STORE;
	if (h) {
		h->next = s->a->holds;
		s->a->holds = h;
	}
	return s->error == HF_OK;
}

enum hf_err az_holds_load(struct hf_authz *a, struct hf_fault *f)
{
	struct scan s = {.a = a};
	enum hf_err e = hf_authz_holds(a, load_one, &s);
	if (e == HF_OK)
		e = s.error;
	return e == HF_OK ? HF_OK
	                  : hf_fault_set(f, e,
	                                 "the stored holds cannot be read (%s); restore the node's state from a "
	                                 "backup",
	                                 hf_err_text(e));
}

/* ---- what persons do ---- */

static enum hf_err check_target(struct hf_authz *a, const struct az_hold *h, const char *target, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	const struct grant_item *g = h->kind == AZ_HOLD_GRANT ? az_grant_find(a, &h->subject) : NULL;
	if (h->kind == AZ_HOLD_GRANT && (!g || !is_self(a, g->provider.s) || g->offered))
		return hf_fault_set(f, HF_E_UNKNOWN, "this node gave no grant %.60s; `hufu grants` lists them", target);
	if (h->kind == AZ_HOLD_GRANT && g->state == HF_GRANT_REVOKED)
		return hf_fault_set(f, HF_E_GRANT_REVOKED, "grant %.60s has ended already: %s", target, g->reason);
	if (h->kind == AZ_HOLD_RESOURCE &&
	    (hf_catalog_get(a->catalog, a->base->self.s, &h->subject, &it) != HF_OK || !it.own))
		return hf_fault_set(f, HF_E_UNKNOWN, "this node publishes no entry %.60s; `hufu catalog` lists them",
		                    target);
	if (h->organization[0] && !hf_space_member(hf_peers_space(a->peers), h->organization))
		return hf_fault_set(f, HF_E_UNKNOWN, "%.63s is no member of the space; `hufu peers` lists them",
		                    h->organization);
	for (const struct az_hold *o = a->holds; o; o = o->next)
		if (o->kind == h->kind && hf_id_equal(&o->subject, &h->subject) &&
		    same_text(o->organization, h->organization) && same_text(o->system, h->system))
			return hf_fault_set(f, HF_E_EXISTS, "it is on hold already (%.200s); `hufu hold list` shows it",
			                    o->reason);
	return HF_OK;
}

static enum hf_err need_reason(const char *reason, const char *what, struct hf_fault *f)
{
	if (!reason || reason[strspn(reason, " \t\n")] == '\0')
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'reason' is missing; state why the hold is %s", what);
	return HF_OK;
}

static enum hf_err sign(struct hf_authz *a, const struct hf_step_in *in, const Hufu__AccessHoldRow *row, bool lift,
                        ProtobufCBinaryData *ret_signed)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *st = NULL;
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_hash digest;
	struct hf_id id;
	HF_CLEANUP(hf_buf_done) struct hf_buf what = HF_BUF_INIT;
	if (!az_id_of(&row->id, &id) || !hf_buf_add(&what, row->kind, strlen(row->kind) + 1) ||
	    !hf_buf_add(&what, row->target, strlen(row->target)))
		abort(); /* our own bug, or no memory */
	hf_sha256(what.data, what.len, &digest);
	s.kind = (char *)"hold";
	s.object = row->id;
	s.object_digest = BIN_HASH(&digest);
	s.result = (char *)(lift ? "pass" : "refuse");
	s.reason = lift ? row->lift_reason : row->reason;
	HF_TRY(az_person_sign(a, in->actor, &s, &id, &st, in->fault));
	ret_signed->data = hf_encode(&st->base, &ret_signed->len);
	return ret_signed->data ? HF_OK : hf_fault_set(in->fault, HF_E_MEMORY, "no memory is left to write the hold");
}

static void put(struct hf_authz *a, struct hf_unit *u, const Hufu__AccessHoldRow *row, const struct hf_id *id)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_ACCESS_HOLD, id->b, sizeof(id->b), data, len);
	free(data);
	az_after(a, u, id, follow);
}

static void describe(const struct hf_step_in *in, const Hufu__AccessHoldRow *row, const char *reason)
{
	hf_draft_textf(in->draft, HF_FIELD_OBJECT, "%s %s", row->kind, row->target);
	hf_draft_text(in->draft, HF_FIELD_MECHANISM, "hold");
	hf_draft_text(in->draft, HF_FIELD_DETAIL, reason);
}

static void fill_who(struct hf_authz *a, const struct hf_step_in *in, char who[HF_NAME_MAX * 2 + 2])
{
	snprintf(who, HF_NAME_MAX * 2 + 2, "%s/%s", a->base->self.s, in->actor->account);
}

enum hf_err hf_authz_hold(struct hf_authz *a, const struct hf_step_in *in, const char *kind, const char *target,
                          const char *reason, struct hf_id *ret_hold)
{
	Hufu__AccessHoldRow row = HUFU__ACCESS_HOLD_ROW__INIT;
	struct az_hold h = {.kind = AZ_HOLD_INVALID};
	char who[HF_NAME_MAX * 2 + 2];
	struct hf_id id = hf_id_new(now_of(a));
	HF_TRY(need_reason(reason, "placed", in->fault));
	if (!hold_fill(&h, kind, target))
		return hf_fault_set(
		        in->fault, HF_E_ARGUMENT,
		        "'%.20s %.80s' cannot be held; write grant ID, organization NODE, system NODE/NAME or "
		        "resource ENTRY",
		        kind, target);
	HF_TRY(check_target(a, &h, target, in->fault));
	fill_who(a, in, who);
	row.id = BIN_ID(&id);
	row.kind = (char *)kind;
	row.target = (char *)target;
	row.reason = (char *)reason;
	row.placed_by = who;
	row.placed_ms = now_of(a);
	HF_TRY(sign(a, in, &row, false, &row.statement));
	put(a, in->unit, &row, &id);
	free(row.statement.data);
	describe(in, &row, reason);
	*ret_hold = id;
	return HF_OK;
}

enum hf_err hf_authz_unhold(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *hold,
                            const char *reason)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__AccessHoldRow *row = NULL;
	char who[HF_NAME_MAX * 2 + 2], text[HF_ID_TEXT];
	HF_TRY(need_reason(reason, "lifted", in->fault));
	hf_id_text(hold, text);
	if (hf_store_get(a->store, HF_TABLE_ACCESS_HOLD, hold->b, sizeof(hold->b), &b) != HF_OK)
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "there is no hold %s; `hufu hold list` shows them", text);
	row = HF_DECODE_OWN(access_hold_row, b.data, b.len);
	if (!row)
		return hf_fault_set(in->fault, HF_E_STORE, "hold %s cannot be read", text);
	if (row->lifted_ms)
		return hf_fault_set(in->fault, HF_E_STATE, "hold %s was lifted already by %s", text, row->lifted_by);
	fill_who(a, in, who);
	row->lifted_by = who;
	row->lifted_ms = now_of(a);
	row->lift_reason = (char *)reason;
	HF_TRY(sign(a, in, row, true, &row->lift_statement));
	uint8_t *made = row->lift_statement.data;
	put(a, in->unit, row, hold);
	free(made);
	describe(in, row, reason);
	return HF_OK;
}
