/* grant_review.c - see grant_review.h. */
#include "authz/grant_review.h"

#include <stdlib.h>

#include "authz/internal.h"
#include "authz/trusted_time.h"
#include "authz/walk.h"
#include "proto/codec.h"

#define LAST_KEY "last"
#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define DISABLED_AT_ONCE 100 /* grants of one unit; the others follow with the next look */

void hf_authz_set_review(struct hf_authz *a, uint32_t hours, uint32_t unused_days)
{
	a->review_hours = hours;
	a->unused_days = unused_days;
}

static int64_t unused_ms(const struct hf_authz *a)
{
	return (int64_t)(a->unused_days ? a->unused_days : HF_UNUSED_DAYS) * DAY_MS;
}

/* ---- what is found ---- */

/* What has passed for sure; 0: nobody says so. */
static int64_t confirmed_ms(struct hf_authz *a)
{
	struct hf_time_view v;
	if (!a->base->guard)
		return now_of(a);
	hf_authz_time(a, &v);
	return v.mark_wrong ? 0 : v.mark_ms;
}

static bool newest_use(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantUseRow *row = HF_DECODE_OWN(grant_use_row, value.data, value.len);
	(void)key;
	if (row && !row->provider)
		return true;
	*(int64_t *)ctx = row ? row->begun_ms : -1;
	return false;
}

/* Transfers are numbered by time, so the last row is the newest. */
static enum hf_err used_at(struct hf_authz *a, const struct hf_id *grant, int64_t *ret_ms)
{
	*ret_ms = 0;
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_GRANT_USE, grant->b, sizeof(grant->b), NULL, 0, newest_use,
	                          ret_ms));
	return *ret_ms < 0 ? HF_E_STORE : HF_OK;
}

/* NULL: nothing is to be said of it. */
static const char *finding_of(struct hf_authz *a, const struct grant_item *g, int64_t now, int64_t used_ms)
{
	int64_t since = g->from_ms > g->made_ms ? g->from_ms : g->made_ms;
	if (used_ms > since)
		since = used_ms;
	if (g->disabled)
		return "disabled";
	if (now >= g->until_ms)
		return "expired";
	if (now - since >= unused_ms(a))
		return "unused";
	return g->until_ms - now <= (int64_t)HF_ENDING_DAYS * DAY_MS ? "ending" : NULL;
}

struct looking {
	struct hf_authz *a;
	hf_finding_fn fn;
	void *ctx;
	int64_t now;
};

static enum hf_err look_at(struct looking *l, const struct grant_item *g, bool *ret_on)
{
	struct hf_grant_finding f = {.used_ms = 0};
	if (!is_self(l->a, g->provider.s) || g->state != HF_GRANT_ACTIVE || g->offered)
		return HF_OK;
	HF_TRY(used_at(l->a, &g->grant, &f.used_ms));
	f.finding = finding_of(l->a, g, l->now, f.used_ms);
	HF_TRY(hf_authz_grant(l->a, &g->grant, &f.grant));
	*ret_on = l->fn(l->ctx, &f);
	return HF_OK;
}

/* Of every grant that this node gave and that was not revoked; finding NULL: in order. */
static enum hf_err look(struct hf_authz *a, hf_finding_fn fn, void *ctx)
{
	struct looking l = {a, fn, ctx, now_of(a)};
	bool on = true;
	for (size_t i = 0; i < a->grants.slot_count; i++)
		for (struct hf_index_item *it = a->grants.slots[i]; it && on; it = it->next)
			HF_TRY(look_at(&l, az_grant_of(it), &on));
	return HF_OK;
}

struct only_found {
	hf_finding_fn fn;
	void *ctx;
};

static bool found(void *ctx, const struct hf_grant_finding *f)
{
	const struct only_found *o = ctx;
	return !f->finding || o->fn(o->ctx, f);
}

enum hf_err hf_authz_grant_findings(struct hf_authz *a, hf_finding_fn fn, void *ctx)
{
	struct only_found o = {fn, ctx};
	return look(a, found, &o);
}

/* ---- a review ---- */

struct hf_review {
	struct looking look;
	int64_t confirmed_ms;
	Hufu__GrantReviewRow row;
	struct hf_id over[DISABLED_AT_ONCE];
	size_t over_count;
	uint64_t left; /* to be disabled with the next look */
	hf_review_fn done;
	void *ctx;
};

static struct hf_draft *disabled_draft(struct hf_authz *a, const struct hf_grant_view *g)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_GRANT_REVIEW, &g->txn);
	char id[HF_ID_TEXT], until[HF_TIME_TEXT];
	hf_id_text(&g->grant, id);
	hf_time_text(g->until_ms, until);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_text(d, HF_FIELD_GRANT, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, g->consumer);
	hf_draft_text(d, HF_FIELD_SYSTEM, g->system);
	hf_id_text(&g->resource, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_textf(d, HF_FIELD_DETAIL, "disabled: its period ended at %s", until);
	return d;
}

static enum hf_err set_disabled(struct hf_authz *a, struct hf_unit *u, const struct hf_id *grant, int64_t ms)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	HF_TRY(az_grant_get(a, grant, &row));
	row->disabled_ms = ms;
	az_grant_put(a, u, row);
	return HF_OK;
}

static bool count_one(void *ctx, const struct hf_grant_finding *f)
{
	struct hf_review *r = ctx;
	r->row.looked_at++;
	r->row.unused += same_text(f->finding, "unused");
	r->row.ending += same_text(f->finding, "ending");
	if (!same_text(f->finding, "expired"))
		return true;
	if (f->grant.until_ms > r->confirmed_ms)
		r->row.unconfirmed++;
	else if (r->over_count == DISABLED_AT_ONCE)
		r->left++;
	else
		r->over[r->over_count++] = f->grant.grant;
	return true;
}

static enum hf_err on_row(void *ctx, struct hf_bytes value)
{
	struct hf_review *r = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = HF_DECODE_OWN(grant_row, value.data, value.len);
	struct hf_id id;
	bool on = true;
	const struct grant_item *g = row && az_id_of(&row->grant, &id) ? az_grant_find(r->look.a, &id) : NULL;
	if (!row)
		return HF_E_STORE;
	return g ? look_at(&r->look, g, &on) : HF_OK;
}

static void on_looked(void *ctx, enum hf_err e)
{
	struct hf_review *r = ctx;
	r->row.more = r->left > 0;
	r->done(r->ctx, e, e == HF_OK ? r : NULL);
	free(r);
}

void hf_authz_review_grants(struct hf_authz *a, hf_review_fn done, void *ctx)
{
	static const struct az_walk_part parts[] = {{HF_TABLE_GRANT, on_row, NULL}};
	struct hf_review *r = hf_alloc_zero(sizeof(*r));
	hufu__grant_review_row__init(&r->row);
	r->look = (struct looking){a, count_one, r, now_of(a)};
	r->row.time_ms = r->look.now;
	r->confirmed_ms = confirmed_ms(a);
	r->done = done;
	r->ctx = ctx;
	az_walk_begin(a, parts, 1, r, on_looked);
}

static void tell(const struct hf_review *r, struct hf_draft *d)
{
	const Hufu__GrantReviewRow *w = &r->row;
	hf_draft_text(d, HF_FIELD_OBJECT, "grants");
	hf_draft_textf(
	        d, HF_FIELD_DETAIL,
	        "%llu grants: %llu expired and disabled, %llu expired by this node's clock alone, %llu unused for "
	        "%lld days, %llu end within %u days; `hufu grants review` names them",
	        (unsigned long long)w->looked_at, (unsigned long long)w->disabled, (unsigned long long)w->unconfirmed,
	        (unsigned long long)w->unused, (long long)(unused_ms(r->look.a) / DAY_MS),
	        (unsigned long long)w->ending, HF_ENDING_DAYS);
}

static void put_last(struct hf_unit *u, const Hufu__GrantReviewRow *row)
{
	size_t len = 0;
	uint8_t *value = hf_encode(&row->base, &len);
	if (!value)
		abort();
	hf_unit_put(u, HF_TABLE_GRANT_REVIEW, LAST_KEY, strlen(LAST_KEY), value, len);
	free(value);
}

/* Revoked meanwhile: nothing is left to disable. */
static enum hf_err disable(struct hf_review *r, const struct hf_id *grant, struct hf_unit *u)
{
	struct hf_grant_view g;
	HF_TRY(hf_authz_grant(r->look.a, grant, &g));
	if (!same_text(g.state, "expired"))
		return HF_OK;
	HF_TRY(set_disabled(r->look.a, u, grant, r->row.time_ms));
	hf_unit_draft(u, disabled_draft(r->look.a, &g));
	r->row.disabled++;
	return HF_OK;
}

enum hf_err hf_review_put(struct hf_review *r, struct hf_unit *unit, struct hf_draft *draft)
{
	for (size_t i = 0; i < r->over_count; i++)
		HF_TRY(disable(r, &r->over[i], unit));
	put_last(unit, &r->row);
	tell(r, draft);
	return HF_OK;
}

enum hf_err hf_authz_last_review(struct hf_authz *a, Hufu__GrantReviewRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_GRANT_REVIEW, LAST_KEY, strlen(LAST_KEY), &b));
	*ret_row = HF_DECODE_OWN(grant_review_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

/* A new node has nothing to look at: its first review is due when the time is over. */
static void begin_schedule(struct hf_authz *a)
{
	Hufu__GrantReviewRow row = HUFU__GRANT_REVIEW_ROW__INIT;
	struct hf_unit *u = hf_unit_new();
	row.time_ms = now_of(a);
	put_last(u, &row);
	hf_store_submit(a->store, u, NULL, NULL);
}

/* A clock that was set back does not put the next one off. */
static bool due(struct hf_authz *a)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantReviewRow *last = NULL;
	int64_t every = (int64_t)(a->review_hours ? a->review_hours : HF_REVIEW_HOURS) * HOUR_MS;
	enum hf_err e = hf_authz_last_review(a, &last);
	if (e == HF_E_UNKNOWN)
		begin_schedule(a);
	if (e != HF_OK)
		return e != HF_E_UNKNOWN;
	return last->more || llabs(now_of(a) - last->time_ms) >= every;
}

static void on_reviewed(void *ctx, enum hf_err e, struct hf_review *r)
{
	struct hf_authz *a = ctx;
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_GRANT_REVIEW, NULL);
	a->reviewing = false;
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_outcome(d, HF_OK, NULL);
	if (e == HF_OK)
		e = hf_review_put(r, u, d);
	if (e == HF_OK) {
		hf_unit_draft(u, d);
		hf_store_submit(a->store, u, NULL, NULL);
		return;
	}
	hf_draft_free(d);
	hf_unit_free(u);
	if (e != HF_E_CANCELLED)
		HF_LOG(a->base->log, HF_LOG_ERROR, "authz", "grant-review", NULL, HF_LOG_E(e));
}

void az_review_keep(struct hf_authz *a)
{
	if (a->reviewing || !due(a))
		return;
	a->reviewing = true;
	hf_authz_review_grants(a, on_reviewed, a);
}

enum hf_err az_review_undo(struct hf_authz *a, struct hf_unit *u, int64_t mark_ms)
{
	for (size_t i = 0; i < a->grants.slot_count; i++)
		for (struct hf_index_item *it = a->grants.slots[i]; it; it = it->next) {
			const struct grant_item *g = az_grant_of(it);
			if (g->disabled && g->until_ms > mark_ms)
				HF_TRY(set_disabled(a, u, &g->grant, 0));
		}
	return HF_OK;
}
