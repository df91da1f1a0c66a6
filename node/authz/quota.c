/* quota.c - see quota.h. */
#include "authz/quota.h"

#include <stdlib.h>

#include "authz/rows.h"
#include "base/limits.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define ITEM(pointer) ((struct received *)(void *)((char *)(pointer)-offsetof(struct received, by_organization)))

struct received {
	struct hf_index_item by_organization;
	struct hf_name organization;
	struct hf_id application;
	int64_t created_ms; /* at this node */
	bool open;
};

static uint64_t hash_of(const char *organization)
{
	static const struct hf_id none;
	return hf_index_hash(&none, organization);
}

/* The next of that member's after `after`, or the first. */
static struct received *next(const struct hf_authz *a, const char *organization, const struct received *after)
{
	struct hf_index_item *i =
	        after ? after->by_organization.next : hf_index_first(&a->received, hash_of(organization));
	for (; i; i = i->next)
		if (strcmp(ITEM(i)->organization.s, organization) == 0)
			return ITEM(i);
	return NULL;
}

enum hf_err az_quota_check(const struct hf_authz *a, const char *organization, struct hf_fault *f)
{
	unsigned open = 0, today = 0;
	if (is_self(a, organization))
		return HF_OK;
	for (const struct received *r = NULL; (r = next(a, organization, r));) {
		open += r->open;
		today += r->created_ms > now_of(a) - DAY_MS;
	}
	if (open >= HF_MAX_OPEN_APPLICATIONS)
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "%u applications of %s are under way here; wait until some are decided, or withdraw some", open,
		        organization);
	if (today >= HF_MAX_APPLICATIONS_A_DAY)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%u applications of %s came within a day; send the next ones tomorrow", today,
		                    organization);
	return HF_OK;
}

/* To the intake node an agreement is the end. */
static bool is_open(enum hf_review_state s)
{
	return s == HF_REVIEW_RECEIVED || s == HF_REVIEW_FORWARDED || s == HF_REVIEW_RETURNED;
}

void az_quota_note(struct hf_authz *a, const Hufu__ApplicationRow *row)
{
	struct hf_id id = az_row_id(row);
	enum hf_review_state s = az_row_state(row, HF_PART_INTAKE);
	struct received *r = NULL;
	if (s == HF_REVIEW_NONE || is_self(a, row->organization))
		return;
	while ((r = next(a, row->organization, r)) && !hf_id_equal(&r->application, &id))
		;
	if (!r && !is_open(s) && row->created_ms <= now_of(a) - DAY_MS)
		return; /* loaded, and counts for nothing any more */
	if (!r) {
		r = hf_alloc_zero(sizeof(*r));
		r->application = id;
		r->created_ms = row->created_ms;
		snprintf(r->organization.s, sizeof(r->organization.s), "%s", row->organization);
		r->by_organization.hash = hash_of(row->organization);
		hf_index_add(&a->received, &r->by_organization);
	}
	r->open = is_open(s);
}

void az_quota_free(struct hf_authz *a)
{
	for (size_t i = 0; i < a->received.slot_count; i++)
		while (a->received.slots[i]) {
			struct hf_index_item *item = a->received.slots[i];
			a->received.slots[i] = item->next;
			free(ITEM(item));
		}
	hf_index_done(&a->received);
}
