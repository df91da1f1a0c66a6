/* data_use.c - see data_use.h. Each question denies alone, with its own reason, as at the provider's gate (AZ-1). */
#include "authz/data_use.h"

#include "authz/internal.h"
#include "authz/obligation.h"
#include "authz/terms.h"
#include "authz/use_state.h"
#include "proto/codec.h"

/* ---- the authorization ---- */

/* It ended for good: later it cannot be in force again. */
static enum hf_err ended(struct hf_authz *a, const Hufu__HeldRow *h, const struct grant_item *g, struct hf_fault *f)
{
	char text[HF_TIME_TEXT];
	int64_t until = g ? g->until_ms : h->until_ms;
	if (g && g->state == HF_GRANT_REVOKED)
		return hf_fault_set(f, HF_E_GRANT_REVOKED, "the authorization of this data was revoked: %.250s",
		                    g->reason);
	if (now_of(a) < until && !(g && g->disabled))
		return HF_OK;
	hf_time_text(until, text);
	return hf_fault_set(f, HF_E_GRANT_EXPIRED,
	                    "the authorization of this data ended on %s; file a new application with `hufu apply`",
	                    text);
}

/* NULL and true: the data came by a rule, and the permission mark alone says how long it may be used. */
static bool grant_of(struct hf_authz *a, const Hufu__HeldRow *h, struct grant_item **ret_grant)
{
	struct hf_id id;
	*ret_grant = NULL;
	if (h->grant.len == 0)
		return true;
	if (az_id_of(&h->grant, &id))
		*ret_grant = az_grant_find(a, &id);
	return *ret_grant != NULL;
}

/* By a rule: as if a grant had given it. */
static const struct az_hold *hold_on(struct hf_authz *a, const Hufu__HeldRow *h, const struct grant_item *g)
{
	struct grant_item as_if = {.consumer = a->base->self};
	if (g)
		return az_hold_on(a, g);
	(void)az_id_of(&h->resource, &as_if.resource);
	snprintf(as_if.system, sizeof(as_if.system), "%s", h->system);
	return az_hold_on(a, &as_if);
}

static enum hf_err member_in_force(struct hf_authz *a, const char *node, struct hf_fault *f)
{
	enum hf_err e = hf_space_standing(hf_peers_space(a->peers), node, now_of(a));
	if (e == HF_OK)
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_STANDING,
	        "by the space descriptor that this node has, %.63s may not take part at present (%s), so this "
	        "data stays sealed; ask the space authority",
	        node, hf_err_text(e));
}

/* A member that may not be connected cannot be told that its use is stopped: what it has to know is in the descriptor.
 */
static enum hf_err members_in_force(struct hf_authz *a, const Hufu__HeldRow *h, struct hf_fault *f)
{
	HF_TRY(member_in_force(a, a->base->self.s, f));
	return member_in_force(a, h->provider, f);
}

enum hf_err hf_data_use_stopped(struct hf_authz *a, const Hufu__HeldRow *h, struct hf_fault *f)
{
	struct hf_id transfer;
	HF_TRY(members_in_force(a, h, f));
	if (!az_id_of(&h->transfer, &transfer))
		return hf_fault_set(f, HF_E_STORE, "the row of the sealed data cannot be read; see `hufu doctor`");
	return hf_use_stopped(a, &transfer, f);
}

static enum hf_err in_force(struct hf_authz *a, const Hufu__HeldRow *h, struct hf_fault *f)
{
	struct grant_item *g;
	if (!grant_of(a, h, &g))
		return hf_fault_set(f, HF_E_NO_GRANT,
		                    "this node no longer holds the authorization that the data came under");
	HF_TRY(ended(a, h, g, f));
	const struct az_hold *hold = hold_on(a, h, g);
	if (hold)
		return hf_fault_set(f, HF_E_HELD, "the access is suspended: %.250s", hold->reason);
	HF_TRY(hf_data_use_stopped(a, h, f));
	if (g && g->superseded_over)
		return hf_fault_set(f, HF_E_NO_GRANT,
		                    "the authorization of this data was superseded by a rule, and that rule has ended; "
		                    "file a new application with `hufu apply`");
	if (g && g->state != HF_GRANT_ACTIVE)
		return hf_fault_set(f, HF_E_STATE, "the authorization of this data is not active");
	if (now_of(a) < (g ? g->from_ms : h->from_ms))
		return hf_fault_set(f, HF_E_GRANT_NOT_YET, "the authorization of this data has not begun");
	return HF_OK;
}

bool hf_data_use_over(struct hf_authz *a, const Hufu__HeldRow *held, struct hf_fault *ret_why)
{
	struct grant_item *g;
	return grant_of(a, held, &g) && ended(a, held, g, ret_why) != HF_OK;
}

/* ---- the resource ---- */

static enum hf_err entry_of(struct hf_authz *a, const Hufu__HeldRow *h, struct hf_catalog_item *ret_item,
                            struct hf_fault *f)
{
	struct hf_id resource;
	if (!az_id_of(&h->resource, &resource))
		return hf_fault_set(f, HF_E_STORE, "the row of the sealed data cannot be read; see `hufu doctor`");
	enum hf_err e = hf_catalog_get(a->catalog, h->provider, &resource, ret_item);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, HF_E_NOT_SHARED,
		                    "the catalog of this node holds no entry of this data any more; look with `hufu "
		                    "catalog show`");
	return hf_fault_default(f, e);
}

/* Stricter than what the data was delivered as: as at the provider's gate (terms.h), this asks for a new agreement. */
static enum hf_err entry_still(const Hufu__HeldRow *h, const Hufu__CatalogEntry *now, struct hf_fault *f)
{
	const char *what = NULL;
	if (now->level > h->level)
		what = "of a higher level";
	else if (!same_text(now->data_class, h->data_class))
		what = "of another class";
	else if (now->sensitive > h->sensitive)
		what = "sensitive";
	return what ? hf_fault_set(f, HF_E_TERMS_CHANGED,
	                           "the resource is %s since version %u, the data was delivered before; file a new "
	                           "application with `hufu apply`",
	                           what, now->version)
	            : HF_OK;
}

/* The provider's newest word about it comes as a signed entry of the catalog. */
static enum hf_err check_entry(struct hf_authz *a, const Hufu__HeldRow *h, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	HF_TRY(entry_of(a, h, &it, f));
	HF_TRY(az_terms_entry(it.entry, now_of(a), f));
	return entry_still(h, it.entry, f);
}

/* ---- what for, what of it, how often ---- */

static enum hf_err check_purpose(const struct hf_data_use *use, struct hf_fault *f)
{
	if (same_text(use->purpose, use->held->purpose))
		return HF_OK;
	return hf_fault_set(f, HF_E_WRONG_PURPOSE,
	                    "the purpose '%.60s' is not the authorized '%.60s'; apply for it with `hufu apply`",
	                    use->purpose ? use->purpose : "", use->held->purpose);
}

static enum hf_err check_fields(const struct hf_data_use *use, struct hf_fault *f)
{
	const Hufu__HeldRow *h = use->held;
	for (size_t i = 0; i < use->field_count; i++) {
		size_t k = 0;
		while (k < h->n_fields && !same_text(use->fields[i], h->fields[k]))
			k++;
		if (k == h->n_fields)
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the field '%.100s' was not delivered under this authorization; leave it "
			                    "out or apply for it",
			                    use->fields[i]);
	}
	return HF_OK;
}

/* SB-26: a delivery that stays sealed is not used up by being delivered, but by being read. AZ-73: what the entry
 * demands now holds, too.
 */
static enum hf_err check_count(struct hf_authz *a, const struct hf_data_use *use, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	HF_TRY(entry_of(a, use->held, &it, f));
	uint64_t most = hf_uses_most_in(use->held->obligations, use->held->n_obligations);
	uint64_t of_entry = hf_uses_most_of(it.entry);
	most = of_entry < most ? of_entry : most;
	if (use->made < most)
		return HF_OK;
	return hf_fault_set(f, HF_E_QUOTA,
	                    "the authorization allows %llu uses, and the data was read %llu times; file a new "
	                    "application with `hufu apply`",
	                    (unsigned long long)most, (unsigned long long)use->made);
}

/* Still an own, enabled system of the person's department. */
static enum hf_err check_system(struct hf_authz *a, const Hufu__HeldRow *h, const char *department, struct hf_fault *f)
{
	struct hf_system_view system;
	return az_application_system(a, department, h->system, &system, f);
}

/* ---- DS-86 ---- */

static bool object_of(const Hufu__HeldRow *h, struct hf_id *resource, struct hf_use_object *ret_object)
{
	*ret_object = (struct hf_use_object){resource, h->provider, h->system, h->purpose};
	return az_id_of(&h->resource, resource);
}

static enum hf_err check_second(struct hf_authz *a, const Hufu__HeldRow *h, const Hufu__SignedStatement *subject,
                                char text[HF_USE_SECOND_TEXT], struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *second = NULL;
	struct hf_use_object o;
	struct hf_id resource;
	text[0] = '\0';
	struct grant_item *g;
	bool emergency = grant_of(a, h, &g) && g && g->mechanism == AZ_MECHANISM_EMERGENCY; /* as at the provider */
	if (!h->sensitive || emergency)
		return HF_OK;
	if (!object_of(h, &resource, &o))
		return hf_fault_set(f, HF_E_STORE, "the row of the sealed data cannot be read; see `hufu doctor`");
	HF_TRY(hf_authz_use_find(a, &o, &second, text, f));
	return subject ? hf_authz_use_check(a, second, subject, a->base->self.s, &o, text, f) : HF_OK;
}

static enum hf_err sign_read(struct hf_authz *a, const struct hf_actor *actor, const struct hf_id *read,
                             const struct hf_id *transfer, Hufu__SignedStatement **ret_subject, struct hf_fault *f)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	s.kind = (char *)"access";
	s.object = BIN_ID(read);
	return az_person_sign(a, actor, &s, transfer, ret_subject, f);
}

/* ---- the decision ---- */

static enum hf_err decide(struct hf_authz *a, const struct hf_data_use *use, const char *department, struct hf_fault *f)
{
	HF_TRY(in_force(a, use->held, f));
	HF_TRY(check_entry(a, use->held, f));
	HF_TRY(check_system(a, use->held, department, f));
	HF_TRY(check_purpose(use, f));
	return check_fields(use, f);
}

enum hf_err hf_data_use_decide(struct hf_authz *a, const struct hf_actor *actor, const struct hf_data_use *use,
                               const struct hf_id *read, char text[HF_USE_SECOND_TEXT], struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *subject = NULL;
	struct hf_id transfer;
	HF_TRY(decide(a, use, actor->department, f));
	HF_TRY(check_count(a, use, f));
	HF_TRY(az_person_two_factors(actor->methods, use->held->sensitive, f));
	if (!az_id_of(&use->held->transfer, &transfer))
		return hf_fault_set(f, HF_E_STORE, "the row of the sealed data cannot be read; see `hufu doctor`");
	HF_TRY(sign_read(a, actor, read, &transfer, &subject, f));
	return check_second(a, use->held, subject, text, f);
}

enum hf_err hf_data_use_still(struct hf_authz *a, const struct hf_data_use *use, const char *department,
                              struct hf_fault *f)
{
	char text[HF_USE_SECOND_TEXT];
	HF_TRY(decide(a, use, department, f));
	return check_second(a, use->held, NULL, text, f);
}
