/*
 * statistics.c - see statistics.h. One pass over applications with their papers, grants, emergencies and filed uses.
 */
#include "authz/statistics.h"

#include <stdlib.h>
#include <string.h>

#include "authz/deadline.h"
#include "authz/emergency_internal.h"
#include "authz/internal.h"
#include "authz/walk.h"
#include "proto/codec.h"
#include "state_statistics.pb-c.h"

enum { BY_APPLICATION, BY_ATTRIBUTE, BY_EMERGENCY, BY_PROVIDER };
static const char *const mechanism_names[HF_STAT_MECHANISMS] = {"application", "attribute", "emergency", "provider"};

struct department {
	struct hf_index_item item;
	struct hf_stat_department d;
};
/* What one mechanism's decisions took. */
struct sample {
	int64_t *ms, *steps;
	size_t count, room;
	uint64_t uses;
};
struct making {
	struct hf_authz *a;
	struct hf_stat_ask ask;
	struct hf_index departments;
	struct sample samples[HF_STAT_MECHANISMS];
	struct hf_statistics out;
	unsigned concluded;
	hf_statistics_fn fn;
	void *ctx;
};

/* ---- gathering ---- */

static bool wanted(const struct making *m, const char *organization, const char *department, int64_t at_ms)
{
	const struct hf_stat_ask *q = &m->ask;
	return at_ms >= q->from_ms && (q->until_ms == 0 || at_ms < q->until_ms) &&
	       (!q->sees || q->sees(q->ctx, organization, department));
}

static struct hf_stat_department *department_of(struct making *m, const char *organization, const char *department)
{
	static const struct hf_id none;
	char key[HF_NAME_MAX + 130];
	snprintf(key, sizeof(key), "%s/%.127s", organization, department);
	uint64_t hash = hf_index_hash(&none, key);
	for (struct hf_index_item *i = hf_index_first(&m->departments, hash); i; i = i->next) {
		struct department *d = (struct department *)(void *)i;
		if (i->hash == hash && same_text(d->d.organization, organization) &&
		    same_text(d->d.department, department))
			return &d->d;
	}
	struct department *d = hf_alloc_zero(sizeof(*d));
	snprintf(d->d.organization, sizeof(d->d.organization), "%s", organization);
	snprintf(d->d.department, sizeof(d->d.department), "%s", department);
	d->item.hash = hash;
	hf_index_add(&m->departments, &d->item);
	return &d->d;
}

static void add_sample(struct sample *s, int64_t ms, int64_t steps)
{
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		int64_t *more_ms = hf_alloc(s->room * sizeof(*more_ms)),
		        *more_steps = hf_alloc(s->room * sizeof(*more_steps));
		if (s->count) {
			memcpy(more_ms, s->ms, s->count * sizeof(*more_ms));
			memcpy(more_steps, s->steps, s->count * sizeof(*more_steps));
		}
		free(s->ms);
		free(s->steps);
		s->ms = more_ms;
		s->steps = more_steps;
	}
	s->ms[s->count] = ms > 0 ? ms : 0;
	s->steps[s->count++] = steps;
}

/* ---- applications ---- */

struct course {
	int64_t sent_ms, ended_ms, steps;
};

static bool add_revision(void *ctx, const Hufu__ApplicationRevision *rev)
{
	struct course *c = ctx;
	HF_CLEANUP(hf_decoded_done)
	Hufu__Application *app = az_stored_payload(&rev->application_envelope, &hufu__application__descriptor);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Decision *decision = az_stored_payload(&rev->decision_envelope, &hufu__decision__descriptor);
	if (!app) /* never submitted */
		return true;
	if (c->sent_ms == 0 || app->header->time_ms < c->sent_ms)
		c->sent_ms = app->header->time_ms;
	c->ended_ms = rev->ended_ms ? rev->ended_ms : c->ended_ms;
	c->steps += 2 + (rev->intake_envelope.len > 0) + (decision != NULL);
	c->steps += rev->privacy || (decision && decision->privacy);
	c->steps += decision && decision->second;
	return true;
}

static enum hf_review_state state_of(const Hufu__ApplicationRow *row)
{
	static const enum hf_part order[] = {HF_PART_INTAKE, HF_PART_PROVIDER, HF_PART_CONSUMER};
	enum hf_review_state s = HF_REVIEW_NONE;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && s == HF_REVIEW_NONE; i++)
		s = az_row_state(row, order[i]);
	return s;
}

static uint64_t *place_of(struct hf_stat_department *d, enum hf_review_state s)
{
	switch (s) {
	case HF_REVIEW_SUBMITTED:
	case HF_REVIEW_RECEIVED:
	case HF_REVIEW_FORWARDED:
	case HF_REVIEW_PRIVACY_WAITING:
	case HF_REVIEW_PRIVACY_PASSED:
	case HF_REVIEW_PRIVACY_FAILED:
	case HF_REVIEW_SECOND_WAITING:
		return &d->pending;
	case HF_REVIEW_RETURNED:
		return &d->returned;
	case HF_REVIEW_REJECTED:
		return &d->rejected;
	case HF_REVIEW_COMPLIANCE_REFUSED:
		return &d->refused;
	case HF_REVIEW_AGREED:
	case HF_REVIEW_VERIFIED:
	case HF_REVIEW_FINALIZED:
		return &d->granted;
	case HF_REVIEW_WITHDRAWN:
		return &d->withdrawn;
	case HF_REVIEW_TERMINATED:
		return &d->terminated;
	case HF_REVIEW_NONE:
	case HF_REVIEW_DRAFT:
	case HF_REVIEW_NEED_REFUSED:
	case HF_REVIEW_COUNT:
		break;
	}
	return NULL;
}

static bool is_overdue(struct hf_authz *a, const Hufu__ApplicationRow *row)
{
	struct hf_deadline t;
	return hf_authz_deadline(a, row, &t) && t.open && now_of(a) >= t.due_ms;
}

static enum hf_err add_application(void *ctx, struct hf_bytes value)
{
	struct making *m = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = HF_DECODE_OWN(application_row, value.data, value.len);
	if (!row)
		return HF_E_STORE;
	struct hf_id id = az_row_id(row);
	struct course c = {0, 0, 0};
	struct hf_stat_department scratch;
	enum hf_review_state s = state_of(row);
	if (!place_of(&scratch, s))
		return HF_OK;
	HF_TRY(hf_authz_revisions(m->a, &id, add_revision, &c));
	if (c.sent_ms == 0 || !wanted(m, row->organization, row->department, c.sent_ms))
		return HF_OK;
	struct hf_stat_department *d = department_of(m, row->organization, row->department);
	uint64_t *place = place_of(d, s);
	d->applications++;
	(*place)++;
	d->overdue += place == &d->pending && is_overdue(m->a, row);
	if ((place == &d->granted || place == &d->rejected || place == &d->refused) && c.ended_ms)
		add_sample(&m->samples[BY_APPLICATION], c.ended_ms - c.sent_ms, c.steps);
	return HF_OK;
}

/* ---- grants without an application ---- */

static enum hf_err add_grant(void *ctx, struct hf_bytes value)
{
	struct making *m = ctx;
	struct person by;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = HF_DECODE_OWN(grant_row, value.data, value.len);
	if (!row)
		return HF_E_STORE;
	if (az_mechanism_find(row->mechanism) == AZ_MECHANISM_APPLICATION ||
	    !wanted(m, row->consumer, row->department, row->made_ms))
		return HF_OK;
	bool decided = row->state == HF_GRANT_ACTIVE || row->state == HF_GRANT_REVOKED;
	if (!decided)
		return HF_OK;
	department_of(m, row->consumer, row->department)->given++;
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *offer =
	        row->offer.len ? HF_DECODE_OWN(signed_statement, row->offer.data, row->offer.len) : NULL;
	if (row->given_ms && offer && az_person_of(offer, &by)) /* offer, approval, perhaps the privacy review */
		add_sample(&m->samples[BY_PROVIDER], row->given_ms - by.signed_ms, 2 + (row->privacy.len > 0));
	return HF_OK;
}

static enum hf_err add_emergency(void *ctx, struct hf_bytes value)
{
	struct making *m = ctx;
	int64_t steps = 1; /* the execution */
	HF_CLEANUP(hf_decoded_done)
	Hufu__EmergencyRequestRow *row = HF_DECODE_OWN(emergency_request_row, value.data, value.len);
	if (!row)
		return HF_E_STORE;
	if (!row->active_ms || !wanted(m, row->organization, row->department, row->made_ms))
		return HF_OK;
	for (size_t i = 0; i < row->n_revisions; i++)
		steps += 1 + (int64_t)row->revisions[i]->n_votes + (row->revisions[i]->privacy != NULL);
	add_sample(&m->samples[BY_EMERGENCY], row->active_ms - row->made_ms, steps);
	return HF_OK;
}

/* ---- uses ---- */

static enum hf_err add_use(void *ctx, struct hf_bytes value)
{
	struct making *m = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__UseFiledRow *row = HF_DECODE_OWN(use_filed_row, value.data, value.len);
	if (!row)
		return HF_E_STORE;
	if (!wanted(m, row->organization, row->department, row->used_ms))
		return HF_OK;
	struct hf_stat_department *d = department_of(m, row->organization, row->department);
	d->uses++;
	d->rows += row->rows;
	d->bytes += row->bytes;
	for (size_t i = 0; i < HF_STAT_MECHANISMS; i++)
		m->samples[i].uses += same_text(row->mechanism, mechanism_names[i]);
	if (same_text(row->mechanism, mechanism_names[BY_ATTRIBUTE])) /* no person decides: the rule was there */
		add_sample(&m->samples[BY_ATTRIBUTE], row->decided_ms - row->asked_ms, 0);
	return HF_OK;
}

/* ---- the result ---- */

/* Moves the n-th smallest to its place, what is smaller before it (quickselect; the middle one parts, which is good for
 * what was gathered in order). */
static void select_nth(int64_t *list, size_t count, size_t n)
{
	size_t low = 0, high = count - 1;
	while (low < high) {
		int64_t part = list[low + (high - low) / 2];
		size_t i = low, k = high;
		for (;; i++, k--) {
			while (list[i] < part)
				i++;
			while (list[k] > part)
				k--;
			if (i >= k)
				break;
			int64_t held = list[i];
			list[i] = list[k];
			list[k] = held;
		}
		if (n <= k)
			high = k;
		else
			low = k + 1;
	}
}

/* Twice the median, so that half numbers stay whole. */
static int64_t median2(int64_t *list, size_t count)
{
	select_nth(list, count, count / 2);
	int64_t upper = list[count / 2], lower = count % 2 ? upper : list[0];
	for (size_t i = 1; count % 2 == 0 && i < count / 2; i++)
		lower = list[i] > lower ? list[i] : lower;
	return lower + upper;
}

/* One list of numbers at a time. */
static enum hf_err conclude(void *ctx, bool *ret_more)
{
	struct making *m = ctx;
	struct sample *s = &m->samples[m->concluded / 2];
	struct hf_stat_mechanism *out = &m->out.mechanisms[m->concluded / 2];
	bool steps = m->concluded % 2;
	if (!steps)
		*out = (struct hf_stat_mechanism){mechanism_names[m->concluded / 2], s->count, s->uses, -1, -1, 0};
	if (s->count && !steps)
		out->median_ms = median2(s->ms, s->count) / 2;
	if (s->count && steps)
		out->median_steps = (double)median2(s->steps, s->count) / 2;
	for (size_t i = 0; steps && i < s->count; i++)
		out->total_steps += (uint64_t)s->steps[i];
	*ret_more = ++m->concluded < 2 * HF_STAT_MECHANISMS;
	return HF_OK;
}

static int by_department(const void *x, const void *y)
{
	const struct hf_stat_department *p = x, *q = y;
	int order = strcmp(p->organization, q->organization);
	return order ? order : strcmp(p->department, q->department);
}

static void take_departments(struct making *m, struct hf_statistics *s)
{
	s->departments = hf_alloc_zero((m->departments.item_count + 1) * sizeof(*s->departments));
	for (size_t i = 0; i < m->departments.slot_count; i++)
		for (struct hf_index_item *item = m->departments.slots[i]; item; item = item->next)
			s->departments[s->count++] = ((struct department *)(void *)item)->d;
	if (s->count)
		qsort(s->departments, s->count, sizeof(*s->departments), by_department);
}

static void making_free(struct making *m)
{
	for (size_t i = 0; i < m->departments.slot_count; i++)
		while (m->departments.slots[i]) {
			struct hf_index_item *item = m->departments.slots[i];
			m->departments.slots[i] = item->next;
			free(item);
		}
	hf_index_done(&m->departments);
	for (size_t i = 0; i < HF_STAT_MECHANISMS; i++) {
		free(m->samples[i].ms);
		free(m->samples[i].steps);
	}
	free(m->out.departments);
	free(m);
}

static void on_walked(void *ctx, enum hf_err e)
{
	struct making *m = ctx;
	if (e == HF_OK)
		take_departments(m, &m->out);
	m->fn(m->ctx, e, e == HF_OK ? &m->out : NULL);
	making_free(m);
}

void hf_statistics_make(struct hf_authz *a, const struct hf_stat_ask *ask, hf_statistics_fn fn, void *ctx)
{
	static const struct az_walk_part parts[] = {{HF_TABLE_APPLICATION, add_application, NULL},
	                                            {HF_TABLE_GRANT, add_grant, NULL},
	                                            {HF_TABLE_EMERGENCY, add_emergency, NULL},
	                                            {HF_TABLE_USE_FILED, add_use, NULL},
	                                            {.step = conclude}};
	struct making *m = hf_alloc_zero(sizeof(*m));
	m->a = a;
	m->ask = *ask;
	m->fn = fn;
	m->ctx = ctx;
	az_walk_begin(a, parts, sizeof(parts) / sizeof(parts[0]), m, on_walked);
}
