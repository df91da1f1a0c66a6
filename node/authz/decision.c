/*
 * decision.c - the decision point (PDP): holds first, then the mechanisms in their order, else deny (AZ-6, AZ-70). The
 * snapshot of rules (policy.h) says which mechanism could permit; judge.c and permit_rule.c hold the grant or the rule
 * against what only this node knows. A denial names the one condition that decided it and the way out (AZ-32).
 *
 * To those who may not know of a resource, every denial is the same as for a resource that does not exist.
 */
#include <stdio.h>
#include <string.h>

#include "authz/internal.h"
#include "authz/judge.h"
#include "authz/rulebook.h"

static void say_nothing_there(struct verdict *v)
{
	SAY(v, HF_E_NO_GRANT, "no authorization covers this request; file an application with `hufu apply`");
}

static bool request_whole(const struct hf_access_request *rq)
{
	return has_text(rq->organization) && !hf_id_is_zero(&rq->resource) && (rq->field_count == 0 || rq->fields);
}

/* ---- which mechanisms ---- */

bool az_mechanism_choice(const char *name, uint32_t *ret_mask)
{
	static const struct {
		const char *name;
		enum hf_mechanism mechanism;
	} choices[] = {
	        {"emergency", HF_MECHANISM_EMERGENCY},
	        {"attribute", HF_MECHANISM_ATTRIBUTE},
	        {"application", HF_MECHANISM_APPLICATION},
	        {"provider", HF_MECHANISM_APPLICATION}, /* a grant beside the applications */
	};
	*ret_mask = HF_MECHANISM_ALL;
	if (!has_text(name))
		return true;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (same_text(choices[i].name, name)) {
			*ret_mask = HF_MECHANISM_BIT(choices[i].mechanism);
			return true;
		}
	return false;
}

/* The consumer's choice (AZ-66) among what the resource allows (AZ-75). */
static enum hf_err choose(const struct question *q, struct hf_decision *d, uint32_t *ret_mask, struct verdict *v)
{
	uint32_t allowed = 0;
	if (!az_mechanism_choice(q->rq->mechanism, ret_mask))
		return SAY(v, HF_E_MECHANISM,
		           "there is no mechanism '%.40s'; name emergency, attribute, application or provider, or none",
		           q->rq->mechanism);
	if (!hf_authz_allowed(q->a, &q->rq->resource, &allowed))
		return SAY(v, HF_E_DECISION_FAULT,
		           "the mechanisms that the resource allows cannot be read, so nothing is permitted; see `hufu "
		           "doctor`");
	d->may_apply = (allowed & HF_MECHANISM_BIT(HF_MECHANISM_APPLICATION)) != 0;
	*ret_mask &= allowed;
	if (!hf_id_is_zero(&q->rq->agreement) || !hf_id_is_zero(&q->rq->going_grant)) /* no rule is meant */
		*ret_mask &= ~HF_MECHANISM_BIT(HF_MECHANISM_ATTRIBUTE);
	return HF_OK;
}

/* ---- holds and faults ---- */

static void say_held(const struct question *q, const struct hf_policy_decision *pd, struct verdict *v)
{
	struct hf_id id;
	const struct az_hold *h =
	        strncmp(pd->rule, "hold:", 5) == 0 && hf_id_parse(pd->rule + 5, &id) ? az_hold_find(q->a, &id) : NULL;
	if (h)
		SAY(v, HF_E_HELD, "the access is suspended: %.250s; ask the provider", h->reason);
	else
		SAY(v, HF_E_HELD, "the access is suspended by the rule '%.100s'; ask the provider", pd->rule);
}

/* AZ-69: each fault of the decision point denies with a reason of its own. */
static bool is_fault(enum hf_policy_reason r, enum hf_err *ret_error)
{
	static const struct {
		enum hf_policy_reason reason;
		enum hf_err error;
	} faults[] = {
	        {HF_WHY_NO_SNAPSHOT, HF_E_NO_POLICY},     {HF_WHY_BUDGET, HF_E_DECISION_BUDGET},
	        {HF_WHY_SELF_CHECK, HF_E_DECISION_FAULT}, {HF_WHY_UNKNOWN_ATTRIBUTE, HF_E_DECISION_FAULT},
	        {HF_WHY_BAD_VALUE, HF_E_DECISION_FAULT},  {HF_WHY_TOO_LARGE, HF_E_LIMIT},
	        {HF_WHY_INVALID, HF_E_DECISION_FAULT},
	};
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].reason == r) {
			*ret_error = faults[i].error;
			return true;
		}
	return false;
}

/* Rules that cannot be decided by deny everybody: said once for each state of them, not once for each request. */
static void alarm_fault(struct hf_authz *a, enum hf_policy_reason why)
{
	bool of_one_request = why == HF_WHY_TOO_LARGE || why == HF_WHY_BAD_VALUE;
	if (of_one_request || a->policy.alarmed == a->policy.changes + 1)
		return;
	a->policy.alarmed = a->policy.changes + 1;
	hf_alarm(a->base, "decision-fault", NULL,
	         "a request could not be decided by the rules in force (%s), so it was denied, and others may be, too; "
	         "apply the policy before it, or a smaller one, under a higher version (`hufu policy history`)",
	         why == HF_WHY_INVALID ? "invalid" : hf_policy_reason_name(why));
}

/* ---- the order ---- */

/* Of several rules that do not reach the first explains. */
static enum hf_err attempt(const struct question *q, const struct az_policy_ask *ask,
                           const struct hf_policy_decision *pd, struct hf_decision *d, struct verdict *v)
{
	struct verdict later = {.error = HF_E_NO_GRANT};
	if (pd->mechanism == HF_MECHANISM_ATTRIBUTE)
		az_permit_rule(q, pd, d, ask->skip_count ? &later : v);
	else
		az_judge_grants(q, pd->mechanism == HF_MECHANISM_EMERGENCY ? 1 : 3, d, v);
	return d->terms ? HF_OK : v->error;
}

/* AZ-50: after a rule the next rule is asked, up to a limit; AZ-71: then the next mechanism. */
static void go_on(struct az_policy_ask *ask, const struct hf_policy_decision *pd)
{
	bool rule = pd->mechanism == HF_MECHANISM_ATTRIBUTE;
	ask->too_many = ask->too_many || (rule && ask->skip_count == AZ_SKIP_MAX);
	if (rule && !ask->too_many)
		ask->skip[ask->skip_count++] = pd->rule;
	else
		ask->mechanisms &= ~HF_MECHANISM_BIT(pd->mechanism);
}

/* Nothing permits: which grant came nearest, and does it miss its mechanism alone? A grant that would do although the
 * snapshot permitted nothing means that the two disagree. */
static void explain(const struct question *q, uint32_t mask, const struct hf_decision *d, struct verdict *v)
{
	static const struct {
		unsigned order;
		enum hf_mechanism mechanism;
	} orders[] = {{1, HF_MECHANISM_EMERGENCY}, {3, HF_MECHANISM_APPLICATION}};
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct hf_decision never = {.mechanism = ""};
		az_judge_grants(q, orders[i].order, &never, v);
		if (!never.terms)
			continue;
		hf_decision_done(&never);
		if (mask & HF_MECHANISM_BIT(orders[i].mechanism))
			SAY(v, HF_E_DECISION_FAULT,
			    "the decision point contradicts itself, so nothing is permitted; see `hufu doctor`");
		else
			SAY(v, HF_E_MECHANISM,
			    "the resource does not allow the mechanism '%s' for this request; use another one",
			    hf_mechanism_name(orders[i].mechanism));
		return;
	}
	if (v->error == HF_E_NO_GRANT && v->passed == 0 && !d->may_apply)
		SAY(v, HF_E_NO_GRANT,
		    "no authorization covers this request, and the resource takes no applications; ask its provider");
}

/* HF_OK: pd permits, and is to be held against the rest. */
static enum hf_err answer(const struct question *q, const struct az_policy_ask *ask, struct hf_policy_decision *pd,
                          struct verdict *v)
{
	enum hf_err error;
	az_policy_ask(q->a, ask, pd);
	if (is_fault(pd->reason, &error)) {
		alarm_fault(q->a, pd->reason);
		return SAY(v, error, "the decision point failed (%s), so nothing is permitted; see `hufu doctor`",
		           pd->reason == HF_WHY_INVALID ? "invalid" : hf_policy_reason_name(pd->reason));
	}
	if (pd->reason == HF_WHY_HELD)
		say_held(q, pd, v);
	return pd->reason == HF_WHY_HELD ? v->error : HF_OK;
}

static enum hf_err walk(const struct question *q, struct hf_decision *d, struct verdict *v)
{
	struct az_values values;
	struct az_policy_ask ask = {.values = &values, .now_ms = q->rq->now_ms};
	struct hf_policy_decision pd;
	uint32_t mask = 0;
	HF_TRY(choose(q, d, &mask, v));
	az_values_fill(q->a, q->rq, q->item, &values);
	d->basis_changes = hf_authz_basis_changes(q->a);
	if (q->a->policy.now)
		d->snapshot = *hf_policy_hash(q->a->policy.now);
	ask.mechanisms = mask;
	for (;;) {
		HF_TRY(answer(q, &ask, &pd, v));
		if (!pd.permit)
			break;
		if (attempt(q, &ask, &pd, d, v) == HF_OK)
			return HF_OK;
		go_on(&ask, &pd);
	}
	explain(q, mask, d, v);
	if (ask.too_many) {
		alarm_fault(q->a, HF_WHY_BUDGET);
		SAY(v, HF_E_DECISION_BUDGET,
		    "%u rules match this request and none of them reaches, so no further one is asked and nothing is "
		    "permitted; the provider has to put its rules together (`hufu policy lint`)",
		    AZ_SKIP_MAX + 1);
	}
	return v->error;
}

/* Does the organization have any business with the resource? To others it does not exist. */
static bool knows(struct hf_authz *a, const struct hf_access_request *rq, const struct hf_catalog_item *it)
{
	char principal[HF_NAME_MAX * 2 + 2];
	if (az_next_given(a, rq, NULL))
		return true;
	snprintf(principal, sizeof(principal), "%.63s%s%.63s", rq->organization, has_text(rq->department) ? "/" : "",
	         has_text(rq->department) ? rq->department : "");
	return hf_catalog_visible(a->catalog, it, principal);
}

/* ---- where it comes from ---- */

static bool is_in_prefix(const struct hf_address *x, const char *text, size_t len)
{
	char prefix[HF_ADDRESS_TEXT];
	struct hf_address net;
	unsigned bits = 0;
	if (len >= sizeof(prefix))
		return false;
	snprintf(prefix, sizeof(prefix), "%.*s", (int)len, text);
	if (!hf_prefix_parse(prefix, &net, &bits) || memcmp(x->b, net.b, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || ((x->b[bits / 8] ^ net.b[bits / 8]) >> (8 - bits % 8)) == 0;
}

/* AZ-45: the addresses of the member's node, as the descriptor lists them (attribute source-addresses, parted by
 * commas). The one that the channel saw must be among them; what cannot be read lists nothing. */
static bool comes_from_listed(struct hf_authz *a, const struct hf_access_request *rq)
{
	const char *list = hf_space_attribute(hf_peers_space(a->peers), rq->organization, "source-addresses");
	struct hf_address x;
	if (!list || !has_text(rq->peer_address))
		return true;
	if (!hf_address_parse(rq->peer_address, &x))
		return false;
	for (const char *at = list; *at; at += strspn(at, ", ")) {
		size_t len = strcspn(at, ", ");
		if (is_in_prefix(&x, at, len))
			return true;
		at += len;
	}
	return false;
}

static enum hf_err decide_on(struct hf_authz *a, const struct hf_access_request *rq, struct hf_decision *d,
                             struct verdict *v)
{
	const struct hf_catalog_item *it;
	struct hf_fault f = {HF_OK, ""};
	say_nothing_there(v);
	if (!request_whole(rq))
		return v->error;
	enum hf_err standing = hf_space_standing(hf_peers_space(a->peers), rq->organization, rq->now_ms);
	if (standing != HF_OK)
		return SAY(v, HF_E_STANDING, "%.63s may not ask for data at present: %s", rq->organization,
		           hf_err_text(standing));
	if (!comes_from_listed(a, rq))
		return SAY(v, HF_E_STANDING,
		           "%.63s may not ask for data from %.50s: the space descriptor lists other addresses for it "
		           "(source-addresses); ask from one of them, or the space authority to list this one",
		           rq->organization, rq->peer_address);
	it = hf_catalog_own_item(a->catalog, &rq->resource);
	if (!it || !knows(a, rq, it))
		return v->error;
	if (az_next_given(a, rq, NULL) && az_terms_entry(it->entry, rq->now_ms, &f) != HF_OK)
		return SAY(v, HF_E_NOT_SHARED, "%s", f.text);
	const struct question q = {a, rq, it};
	HF_TRY(walk(&q, d, v));
	az_terms_demands(it->entry, d);
	return HF_OK;
}

void hf_authz_decide(struct hf_authz *a, const struct hf_access_request *rq, struct hf_decision *ret_decision)
{
	struct verdict v = {.error = HF_E_NO_GRANT};
	*ret_decision = (struct hf_decision){.result = HF_E_NO_GRANT, .mechanism = ""};
	enum hf_err e = decide_on(a, rq, ret_decision, &v);
	if (e == HF_OK)
		return;
	if (v.error == HF_E_NO_GRANT || v.error == HF_E_WRONG_SYSTEM)
		(void)az_explain_by_application(a, rq, &v);
	ret_decision->result = v.error;
	memcpy(ret_decision->text, v.text, sizeof(v.text));
}

void hf_decision_done(struct hf_decision *d)
{
	hf_decoded_free(d->terms);
	d->terms = NULL;
	free(d->rows);
	d->rows = NULL;
}

enum hf_err hf_authz_check_generation(struct hf_authz *a, const struct hf_id *grant, uint64_t generation,
                                      int64_t now_ms, struct hf_fault *f)
{
	const struct grant_item *g = az_grant_find(a, grant);
	if (!g)
		return hf_fault_set(f, HF_E_NO_GRANT, "the grant is unknown to this node");
	if (g->state == HF_GRANT_REVOKED)
		return hf_fault_set(f, HF_E_GRANT_REVOKED, "the grant was revoked: %s", g->reason);
	const struct az_hold *h = az_hold_on(a, g);
	if (h)
		return hf_fault_set(f, HF_E_HELD, "the access is suspended: %.250s; ask the provider", h->reason);
	if (g->state != HF_GRANT_ACTIVE || g->generation != generation)
		return hf_fault_set(f, HF_E_STATE,
		                    "the grant has changed since the transfer began; start the transfer again");
	if (now_ms < g->from_ms)
		return hf_fault_set(f, HF_E_GRANT_NOT_YET, "the grant's period has not begun");
	if (now_ms >= g->until_ms || g->disabled)
		return hf_fault_set(f, HF_E_GRANT_EXPIRED,
		                    "the grant's period is over; file a new application with `hufu apply`");
	return HF_OK;
}

uint64_t hf_authz_changes(const struct hf_authz *a)
{
	return a->policy.changes;
}

uint64_t hf_authz_leave_changes(const struct hf_authz *a)
{
	static const enum hf_table tables[] = {HF_TABLE_MECHANISMS, HF_TABLE_MANDATE, HF_TABLE_CONSENT, HF_TABLE_GRANT,
	                                       HF_TABLE_USE_OVER};
	uint64_t sum = a->policy.changes + hf_space_number(hf_peers_space(a->peers)); /* each of them only rises */
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		sum += hf_store_changes(a->store, tables[i]);
	return sum;
}

const uint8_t *hf_authz_start(const struct hf_authz *a)
{
	return a->start;
}

uint64_t hf_authz_basis_changes(const struct hf_authz *a)
{
	return hf_authz_leave_changes(a) + hf_store_changes(a->store, HF_TABLE_CATALOG);
}
