/*
 * values.c - the attributes of one request, each with the one who vouches for it: the space authority (descriptor), the
 * asking organization (certificate, signed request), the provider (catalog entry), the gate itself. What nobody vouches
 * for is not among them (AZ-48).
 */
#include <string.h>

#include "authz/internal.h"

static struct hf_attr_value *add(struct hf_authz *a, struct az_values *v, enum az_attribute attribute,
                                 enum hf_attr_type type)
{
	static struct hf_attr_value none;
	const struct hf_policy_attr *at = &a->policy.attr[attribute];
	if (v->count == AZ_VALUES_MAX) /* one more makes the request too large, which denies */
		return &none;
	struct hf_attr_value *x = &v->value[v->count++];
	*x = (struct hf_attr_value){.attr = at->attr, .issuer = at->issuer, .type = type};
	return x;
}

static void add_text(struct hf_authz *a, struct az_values *v, enum az_attribute attribute, const char *text)
{
	static const enum hf_attr_type types[AZ_ATTR_COUNT] = {
	        [AZ_ATTR_ORGANIZATION] = HF_ATTR_MEMBER, [AZ_ATTR_DEPARTMENT] = HF_ATTR_MEMBER,
	        [AZ_ATTR_REGION] = HF_ATTR_MEMBER,       [AZ_ATTR_TOPIC] = HF_ATTR_MEMBER,
	        [AZ_ATTR_OWNER] = HF_ATTR_MEMBER,        [AZ_ATTR_PERSONAL] = HF_ATTR_CHOICE,
	};
	if (!has_text(text))
		return;
	struct hf_attr_value *x = add(a, v, attribute, types[attribute] ? types[attribute] : HF_ATTR_TEXT);
	x->u.text = text;
	x->len = (uint32_t)strlen(text);
}

static void add_number(struct hf_authz *a, struct az_values *v, enum az_attribute attribute, enum hf_attr_type type,
                       int64_t number)
{
	add(a, v, attribute, type)->u.number = number;
}

/* What is no address matches no rule about addresses. */
static void add_address(struct hf_authz *a, struct az_values *v, enum az_attribute attribute, const char *text)
{
	struct hf_address address;
	if (has_text(text) && hf_address_parse(text, &address))
		add(a, v, attribute, HF_ATTR_ADDRESS)->u.address = address;
}

static void add_subject(struct hf_authz *a, const struct hf_access_request *rq, struct az_values *v)
{
	const Hufu__Member *m = hf_space_member(hf_peers_space(a->peers), rq->organization);
	add_text(a, v, AZ_ATTR_ORGANIZATION, rq->organization);
	if (has_text(rq->department)) {
		snprintf(v->department, sizeof(v->department), "%.63s/%.63s", rq->organization, rq->department);
		add_text(a, v, AZ_ATTR_DEPARTMENT, v->department);
	}
	if (has_text(rq->account)) {
		snprintf(v->identity, sizeof(v->identity), "%.63s/%.63s", rq->organization, rq->account);
		add_text(a, v, AZ_ATTR_IDENTITY, v->identity);
	}
	for (size_t i = 0; i < rq->role_count && i < 32; i++)
		add_text(a, v, AZ_ATTR_ROLE, rq->roles[i]);
	for (size_t i = 0; m && i < m->n_roles && i < 32; i++)
		add_text(a, v, AZ_ATTR_SPACE_ROLE, m->roles[i]);
	if (m)
		add_text(a, v, AZ_ATTR_REGION, m->jurisdiction);
	add_text(a, v, AZ_ATTR_SYSTEM, rq->system);
	add_address(a, v, AZ_ATTR_ADDRESS, rq->system_address);
	add_text(a, v, AZ_ATTR_BUSINESS, rq->business);
}

static void add_resource(struct hf_authz *a, const struct hf_catalog_item *it, struct az_values *v)
{
	const Hufu__CatalogEntry *e = it->entry;
	struct hf_id id = {{0}};
	(void)az_id_of(&e->id, &id);
	hf_id_text(&id, v->resource);
	snprintf(v->url, sizeof(v->url), "hufu:%.63s/%s", e->publisher, v->resource);
	add_text(a, v, AZ_ATTR_RESOURCE, v->resource);
	add_text(a, v, AZ_ATTR_URL, v->url);
	if (e->n_distributions > 0) {
		add_text(a, v, AZ_ATTR_PLACE, e->distributions[0]->id);
		add_text(a, v, AZ_ATTR_TYPE, e->distributions[0]->format);
	}
	add_text(a, v, AZ_ATTR_TOPIC, e->topic);
	add_text(a, v, AZ_ATTR_OWNER, e->publisher);
	add_text(a, v, AZ_ATTR_CLASS, e->data_class);
	add_number(a, v, AZ_ATTR_LEVEL, HF_ATTR_INTEGER, e->level);
	add_text(a, v, AZ_ATTR_PERSONAL, e->personal ? "yes" : "no");
}

void az_values_fill(struct hf_authz *a, const struct hf_access_request *rq, const struct hf_catalog_item *it,
                    struct az_values *v)
{
	v->count = 0;
	add_subject(a, rq, v);
	if (it) {
		add_resource(a, it, v);
	} else {
		hf_id_text(&rq->resource, v->resource);
		add_text(a, v, AZ_ATTR_RESOURCE, v->resource);
	}
	add_text(a, v, AZ_ATTR_ACTION, rq->action);
	add_text(a, v, AZ_ATTR_PURPOSE, rq->purpose);
	add_number(a, v, AZ_ATTR_TIME, HF_ATTR_TIME, rq->now_ms);
	add_address(a, v, AZ_ATTR_PEER_ADDRESS, rq->peer_address);
}
