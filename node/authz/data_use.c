/* data_use.c - see data_use.h. Each question denies alone, with its own reason, as at the provider's gate (AZ-1). */
#include "authz/data_use.h"

#include "authz/internal.h"
#include "authz/obligation.h"
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

static enum hf_err in_force(struct hf_authz *a, const Hufu__HeldRow *h, struct hf_fault *f)
{
	struct grant_item *g;
	if (!grant_of(a, h, &g))
		return hf_fault_set(f, HF_E_NO_GRANT,
		                    "this node no longer holds the authorization that the data came under");
	HF_TRY(ended(a, h, g, f));
	const struct az_hold *hold = g ? az_hold_on(a, g) : NULL;
	if (hold)
		return hf_fault_set(f, HF_E_HELD, "the access is suspended: %.250s", hold->reason);
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

/* SB-26: a delivery that stays sealed is not used up by being delivered, but by being read. */
static enum hf_err check_count(const struct hf_data_use *use, struct hf_fault *f)
{
	uint64_t most = hf_uses_most_in(use->held->obligations, use->held->n_obligations);
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
	HF_TRY(check_count(use, f));
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
