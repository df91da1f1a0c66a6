/*
 * application_entry.c - the entry that an application is for: whether this node speaks of it to who asks, and whether
 * it may still be on its way here (early.h).
 */
#include "authz/delegation_internal.h"
#include "authz/early.h"

/* Who asks: an own person (application NULL), or a peer with somebody's application in a mail for that part. */
struct asker {
	const char *principal;
	const char *publisher; /* of the resource; NULL: not stated */
	const struct opened_application *application;
	const char *from;
	enum hf_part part;
};

/* A node speaks of a resource as its publisher, to those whom the scope covers, and as its intake node, which knows no
 * scopes. It speaks of no other one to peers: those for whom it was published ask the publisher. */
static bool may_know(struct hf_authz *a, const struct hf_catalog_item *it, const struct asker *who)
{
	if (!who->application)
		return hf_catalog_visible(a->catalog, it, who->principal);
	if (!it->own)
		return who->part == HF_PART_INTAKE &&
		       az_takes_in(a, it->entry, a->base->self.s, who->application->app->organization);
	return hf_catalog_visible(a->catalog, it, who->principal) &&
	       (az_takes_in(a, it->entry, who->from, who->application->app->organization) ||
	        hf_catalog_visible(a->catalog, it, who->from));
}

/* The one answer to everybody for what does not exist and for what he may not know of (SB-23). */
static enum hf_err find_entry(struct hf_authz *a, const struct hf_id *id, const struct asker *who,
                              struct hf_catalog_item *ret_item, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	hf_id_text(id, text);
	enum hf_err e = hf_catalog_get(a->catalog, who->publisher, id, &it);
	if (e == HF_E_CONFLICT)
		return hf_fault_set(f, e,
		                    "several members have published a resource %s; name the one that is meant with "
		                    "--publisher, as `hufu catalog search` shows it",
		                    text);
	if (e == HF_E_UNKNOWN || (e == HF_OK && !may_know(a, &it, who)))
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "there is no resource %s in the catalog; `hufu catalog search` finds resources",
		                    text);
	if (e != HF_OK)
		return hf_fault_set(f, e, "the entry %s cannot be read: %s", text, hf_err_text(e));
	*ret_item = it;
	it = (struct hf_catalog_item){0};
	return HF_OK;
}

enum hf_err az_application_entry_own(struct hf_authz *a, const struct hf_step_in *in, const char *publisher,
                                     const struct hf_id *id, struct hf_catalog_item *ret_item)
{
	const struct asker who = {.principal = in->actor->principal, .publisher = publisher};
	return find_entry(a, id, &who, ret_item, in->fault);
}

/* ---- an application comes in ---- */

/* The publisher's news may still be on their way to an intake node. What never comes and what its author may not hear
 * of are waited for alike, and in the same words (SB-23). */
static enum hf_err find_sent_entry(struct hf_authz *a, const struct mail_in *in, const struct asker *who,
                                   struct hf_catalog_item *ret_item)
{
	const struct opened_application *o = who->application;
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	enum hf_err e = find_entry(a, &o->resource, who, &it, in->fault);
	bool missing = e == HF_E_UNKNOWN || (e == HF_OK && !it.own && o->app->resource_version > it.entry->version);
	if (who->part == HF_PART_INTAKE && missing && az_early_waits(a, in->from, o))
		return hf_fault_set(in->fault, HF_E_BUSY,
		                    "the entry that the application is for may still be on its way here; try again");
	if (e != HF_OK)
		return e;
	if (!missing)
		az_early_found(a, in->from, o);
	*ret_item = it;
	it = (struct hf_catalog_item){0};
	return HF_OK;
}

enum hf_err az_application_entry(struct hf_authz *a, const struct mail_in *in, const struct opened_application *o,
                                 enum hf_part part, struct hf_catalog_item *ret_item)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_fault *f = in->fault;
	char principal[HF_PRINCIPAL_MAX + 1];
	bool department = has_text(o->app->department);
	snprintf(principal, sizeof(principal), "%s%s%.63s", o->app->organization, department ? "/" : "",
	         o->app->department);
	const struct asker who = {principal, o->app->provider, o, in->from, part};
	HF_TRY(find_sent_entry(a, in, &who, &it));
	HF_TRY(az_terms_against_entry(o->app, it.entry, now_of(a), f));
	*ret_item = it;
	it = (struct hf_catalog_item){0};
	return HF_OK;
}
