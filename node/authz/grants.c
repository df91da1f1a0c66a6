/*
 * grants.c - grants in the store and in memory. The memory follows the commit: what a decision or a chunk's check sees
 * is durable.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"

#define ITEM(pointer, member, type) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

struct grant_item *az_grant_of(struct hf_index_item *by_id)
{
	return ITEM(by_id, by_id, struct grant_item);
}

struct grant_item *az_grant_find(const struct hf_authz *a, const struct hf_id *grant)
{
	uint64_t hash = hf_index_hash(grant, NULL);
	for (struct hf_index_item *i = hf_index_first(&a->grants, hash); i; i = i->next) {
		struct grant_item *g = ITEM(i, by_id, struct grant_item);
		if (i->hash == hash && hf_id_equal(&g->grant, grant))
			return g;
	}
	return NULL;
}

struct grant_item *az_grant_find_agreement(const struct hf_authz *a, const struct hf_id *agreement)
{
	uint64_t hash = hf_index_hash(agreement, NULL);
	for (struct hf_index_item *i = hf_index_first(&a->agreements, hash); i; i = i->next) {
		struct grant_item *g = ITEM(i, by_agreement, struct grant_item);
		if (i->hash == hash && hf_id_equal(&g->agreement, agreement))
			return g;
	}
	return NULL;
}

struct grant_item *az_grant_next(const struct hf_authz *a, const struct hf_id *resource, const char *consumer,
                                 const struct grant_item *after)
{
	uint64_t hash = hf_index_hash(resource, consumer);
	struct hf_index_item *i = after ? after->by_use.next : hf_index_first(&a->uses, hash);
	for (; i; i = i->next) {
		struct grant_item *g = ITEM(i, by_use, struct grant_item);
		if (i->hash == hash && hf_id_equal(&g->resource, resource) && strcmp(g->consumer.s, consumer) == 0)
			return g;
	}
	return NULL;
}

struct application_item *az_application_next(const struct hf_authz *a, const struct hf_id *resource,
                                             const char *organization, const struct application_item *after)
{
	uint64_t hash = hf_index_hash(resource, organization);
	struct hf_index_item *i = after ? after->by_use.next : hf_index_first(&a->applications, hash);
	for (; i; i = i->next) {
		struct application_item *p = ITEM(i, by_use, struct application_item);
		if (i->hash == hash && hf_id_equal(&p->resource, resource) &&
		    strcmp(p->organization.s, organization) == 0)
			return p;
	}
	return NULL;
}

/* Cut at a character's edge: reasons are often Chinese. */
static void copy_text(char *out, size_t cap, const char *text)
{
	size_t len = strlen(text ? text : "");
	if (len >= cap)
		len = hf_utf8_cut(text, cap - 1);
	memcpy(out, text ? text : "", len);
	out[len] = '\0';
}
#define COPY(array, text) copy_text((array), sizeof(array), (text))

/* Only what an application led to has its id. */
static bool application_id(struct grant_item *g, const Hufu__GrantRow *r)
{
	if (g->mechanism == AZ_MECHANISM_APPLICATION)
		return az_id_of(&r->application, &g->application);
	return r->application.len == 0 && (r->basis.len == 0 || az_id_of(&r->basis, &g->basis));
}

bool az_grant_ids(struct grant_item *g, const Hufu__GrantRow *r)
{
	g->mechanism = az_mechanism_find(r->mechanism);
	return g->mechanism != AZ_MECHANISM_INVALID && application_id(g, r) && az_id_of(&r->grant, &g->grant) &&
	       az_id_of(&r->agreement, &g->agreement) && az_id_of(&r->resource, &g->resource) &&
	       az_id_of(&r->txn, &g->txn) && r->state < HF_GRANT_STATE_COUNT;
}

static void item_fill(struct grant_item *g, const Hufu__GrantRow *r)
{
	COPY(g->provider.s, r->provider);
	COPY(g->consumer.s, r->consumer);
	COPY(g->department, r->department);
	COPY(g->system, r->system);
	COPY(g->purpose, r->purpose);
	COPY(g->action, r->action);
	COPY(g->system_address, r->system_address);
	COPY(g->reason, r->reason);
	g->state = (enum hf_grant_state)r->state;
	g->disabled = r->disabled_ms > 0;
	g->delegation = (struct hf_id){{0}};
	if (g->mechanism == AZ_MECHANISM_APPLICATION && r->basis.len > 0)
		(void)az_id_of(&r->basis, &g->delegation);
	g->filed_ms = r->filed_ms;
	g->offered = r->offer.len > 0 && r->agreement_envelope.len == 0;
	g->superseded = (struct hf_id){{0}};
	(void)az_id_of(&r->superseded_by, &g->superseded);
	g->superseded_over = r->superseded_over;
	g->generation = r->generation;
	g->from_ms = r->from_ms;
	g->until_ms = r->until_ms;
	g->made_ms = r->made_ms;
}

static void item_link(struct hf_authz *a, struct grant_item *g)
{
	g->by_id.hash = hf_index_hash(&g->grant, NULL);
	g->by_agreement.hash = hf_index_hash(&g->agreement, NULL);
	g->by_use.hash = hf_index_hash(&g->resource, g->consumer.s);
	hf_index_add(&a->grants, &g->by_id);
	hf_index_add(&a->agreements, &g->by_agreement);
	hf_index_add(&a->uses, &g->by_use);
}

static enum hf_err remember(struct hf_authz *a, const Hufu__GrantRow *r)
{
	struct grant_item fresh = {0};
	if (!az_grant_ids(&fresh, r))
		return HF_E_STORE;
	struct grant_item *g = az_grant_find(a, &fresh.grant);
	if (g) { /* keys of a grant never change */
		item_fill(g, r);
		az_policy_grant(a, g);
		return HF_OK;
	}
	g = hf_alloc(sizeof(*g));
	*g = fresh;
	item_fill(g, r);
	item_link(a, g);
	az_policy_grant(a, g);
	return HF_OK;
}

enum hf_err az_grant_get(struct hf_authz *a, const struct hf_id *grant, Hufu__GrantRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_GRANT, grant->b, sizeof(grant->b), &b));
	*ret_row = HF_DECODE_OWN(grant_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

/* ---- the memory follows ---- */

/* A unit may be committed while the module is being closed: the link then leads nowhere. */
struct authz_link {
	struct hf_authz *a;
	unsigned holders;
};
struct follow {
	struct authz_link *link;
	struct hf_id id;
	bool ended;
};

static void drop_link(struct authz_link *l)
{
	if (--l->holders == 0)
		free(l);
}

static void follow_free(void *ctx)
{
	struct follow *w = ctx;
	drop_link(w->link);
	free(w);
}

static void call_hooks(struct hf_authz *a, const struct hf_id *grant, const char *reason)
{
	for (size_t i = 0; i < a->revoked_count; i++)
		a->revoked[i].fn(a->revoked[i].ctx, grant, reason);
}

static void follow_grant(void *ctx)
{
	struct follow *w = ctx;
	struct hf_authz *a = w->link->a;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *r = NULL;
	if (!a)
		return;
	enum hf_err e = az_grant_get(a, &w->id, &r);
	if (e == HF_OK)
		e = remember(a, r);
	if (e != HF_OK) { /* fail closed: a grant that cannot be read gives nothing */
		struct grant_item *g = az_grant_find(a, &w->id);
		if (g) {
			g->state = HF_GRANT_REVOKED;
			az_policy_grant(a, g);
		}
		HF_LOG(a->base->log, HF_LOG_ERROR, "authz", "grant-unreadable", NULL, HF_LOG_E(e));
		return;
	}
	if (w->ended)
		call_hooks(a, &w->id, r->reason);
}

static void after_commit(struct hf_authz *a, struct hf_unit *u, const struct hf_id *id, bool ended,
                         void (*fn)(void *ctx))
{
	struct follow *w = hf_alloc(sizeof(*w));
	*w = (struct follow){a->link, *id, ended};
	a->link->holders++;
	hf_unit_after(u, fn, w, follow_free);
}

struct call_after {
	struct authz_link *link;
	struct hf_id id;
	void (*fn)(struct hf_authz *a, const struct hf_id *id);
};

static void call_after_free(void *ctx)
{
	struct call_after *w = ctx;
	drop_link(w->link);
	free(w);
}

static void call_after(void *ctx)
{
	struct call_after *w = ctx;
	if (w->link->a)
		w->fn(w->link->a, &w->id);
}

void az_after(struct hf_authz *a, struct hf_unit *u, const struct hf_id *id,
              void (*fn)(struct hf_authz *a, const struct hf_id *id))
{
	struct call_after *w = hf_alloc(sizeof(*w));
	*w = (struct call_after){a->link, *id, fn};
	a->link->holders++;
	hf_unit_after(u, call_after, w, call_after_free);
}

static struct hf_id put_row(struct hf_unit *u, const Hufu__GrantRow *row)
{
	struct hf_id id = {{0}};
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data || row->grant.len != sizeof(id.b))
		abort(); /* memory is gone, or our own bug */
	memcpy(id.b, row->grant.data, sizeof(id.b));
	hf_unit_put(u, HF_TABLE_GRANT, id.b, sizeof(id.b), data, len);
	free(data);
	return id;
}

void az_grant_put(struct hf_authz *a, struct hf_unit *u, const Hufu__GrantRow *row)
{
	struct hf_id id = put_row(u, row);
	after_commit(a, u, &id, false, follow_grant);
}

void az_grant_end(struct hf_authz *a, struct hf_unit *u, Hufu__GrantRow *row, const char *by, const char *reason)
{
	row->state = HF_GRANT_REVOKED;
	row->generation++;
	row->reason = (char *)reason;
	row->ended_by = (char *)by;
	row->ended_ms = now_of(a);
	struct hf_id id = put_row(u, row);
	after_commit(a, u, &id, true, follow_grant);
}

static void forget_application(struct hf_authz *a, struct application_item *p)
{
	hf_index_remove(&a->applications, &p->by_use);
	free(p);
}

static void note_application(struct hf_authz *a, const Hufu__ApplicationRow *row)
{
	struct hf_id id = az_row_id(row), resource;
	enum hf_review_state s = az_row_state(row, HF_PART_PROVIDER);
	az_quota_note(a, row);
	if (s == HF_REVIEW_NONE || !az_id_of(&row->resource, &resource))
		return;
	struct application_item *p = NULL;
	while ((p = az_application_next(a, &resource, row->organization, p)))
		if (hf_id_equal(&p->application, &id))
			break;
	/* From now on the grant speaks, or nothing is left to say. */
	bool over = s == HF_REVIEW_FINALIZED || s == HF_REVIEW_WITHDRAWN || s == HF_REVIEW_TERMINATED;
	if (over && p)
		forget_application(a, p);
	if (over)
		return;
	if (!p) {
		p = hf_alloc_zero(sizeof(*p));
		p->application = id;
		p->resource = resource;
		COPY(p->organization.s, row->organization);
		p->by_use.hash = hf_index_hash(&resource, row->organization);
		hf_index_add(&a->applications, &p->by_use);
	}
	COPY(p->department, row->department);
	COPY(p->system, row->system);
	COPY(p->reason, row->reason);
	p->state = s;
}

static void follow_application(void *ctx)
{
	struct follow *w = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	if (w->link->a && az_row_get(w->link->a, &w->id, &row) == HF_OK)
		note_application(w->link->a, row);
}

void az_applications_follow(struct hf_authz *a, struct hf_unit *u, const struct hf_id *application)
{
	after_commit(a, u, application, false, follow_application);
}

/* ---- start and end ---- */

struct load_scan {
	struct hf_authz *a;
	enum hf_err error;
};

static bool load_grant(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct load_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *r = HF_DECODE_OWN(grant_row, value.data, value.len);
	s->error = r ? remember(s->a, r) : HF_E_STORE;
	return s->error == HF_OK;
}

static bool load_application(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct load_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = HF_DECODE_OWN(application_row, value.data, value.len);
	if (!row) {
		s->error = HF_E_STORE;
		return false;
	}
	note_application(s->a, row);
	return true;
}

enum hf_err az_grants_load(struct hf_authz *a)
{
	struct load_scan s = {a, HF_OK};
	a->link = hf_alloc(sizeof(*a->link));
	*a->link = (struct authz_link){a, 1};
	HF_TRY(hf_store_scan(a->store, HF_TABLE_GRANT, NULL, 0, NULL, 0, load_grant, &s));
	HF_TRY(s.error);
	HF_TRY(hf_store_scan(a->store, HF_TABLE_APPLICATION, NULL, 0, NULL, 0, load_application, &s));
	return s.error;
}

static void free_items(struct hf_index *x, size_t offset)
{
	for (size_t i = 0; i < x->slot_count; i++)
		while (x->slots[i]) {
			struct hf_index_item *item = x->slots[i];
			x->slots[i] = item->next;
			free((char *)item - offset);
		}
	hf_index_done(x);
}

void az_grants_free(struct hf_authz *a)
{
	if (a->link) {
		a->link->a = NULL;
		drop_link(a->link);
	}
	az_quota_free(a);
	hf_index_done(&a->agreements);
	hf_index_done(&a->uses);
	free_items(&a->grants, offsetof(struct grant_item, by_id));
	free_items(&a->applications, offsetof(struct application_item, by_use));
}

/* ---- views ---- */

/* disabled: grant_review.h */
static const char *state_word(enum hf_grant_state s, bool disabled, bool superseded, int64_t until_ms, int64_t now_ms)
{
	static const char *const words[HF_GRANT_STATE_COUNT] = {"", "pending", "active", "revoked"};
	if (s != HF_GRANT_REVOKED && (disabled || now_ms >= until_ms))
		return "expired";
	return s == HF_GRANT_ACTIVE && superseded ? "superseded" : words[s];
}

static void view_fill(struct hf_authz *a, const struct grant_item *g, struct hf_grant_view *v)
{
	*v = (struct hf_grant_view){.grant = g->grant,
	                            .agreement = g->agreement,
	                            .application = g->application,
	                            .resource = g->resource,
	                            .txn = g->txn,
	                            .from_ms = g->from_ms,
	                            .until_ms = g->until_ms,
	                            .generation = g->generation,
	                            .mechanism = az_mechanism_name(g->mechanism)};
	COPY(v->provider, g->provider.s);
	COPY(v->consumer, g->consumer.s);
	COPY(v->department, g->department);
	COPY(v->system, g->system);
	COPY(v->purpose, g->purpose);
	COPY(v->action, g->action);
	COPY(v->state, state_word(g->state, g->disabled, !hf_id_is_zero(&g->superseded), g->until_ms, now_of(a)));
}

enum hf_err hf_authz_grant(struct hf_authz *a, const struct hf_id *grant_or_agreement, struct hf_grant_view *ret_view)
{
	struct grant_item *g = az_grant_find(a, grant_or_agreement);
	if (!g)
		g = az_grant_find_agreement(a, grant_or_agreement);
	if (!g)
		return HF_E_UNKNOWN;
	view_fill(a, g, ret_view);
	return HF_OK;
}

enum hf_err hf_authz_obligations_in(struct hf_authz *a, const struct hf_id *agreement, char *const *list, size_t count,
                                    struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Agreement *terms = NULL;
	struct grant_item *g = az_grant_find_agreement(a, agreement);
	if (g && az_grant_get(a, &g->grant, &row) == HF_OK)
		terms = az_grant_terms(row);
	if (!terms)
		return hf_fault_set(f, HF_E_STORE, "the agreement on record cannot be read; see `hufu doctor`");
	for (size_t i = 0, k; i < terms->n_obligations; i++) {
		for (k = 0; k < count && strcmp(list[k], terms->obligations[i]) != 0;)
			k++;
		if (k == count)
			return hf_fault_set(f, HF_E_OBLIGATION, "the obligation '%.100s' of the agreement is left out",
			                    terms->obligations[i]);
	}
	return HF_OK;
}

/* Active before pending before ended; among equals the one that lasts longest. */
static int rank(const struct grant_item *g, int64_t now)
{
	if (g->superseded_over)
		return 0;
	if (g->state == HF_GRANT_ACTIVE && now >= g->from_ms && now < g->until_ms)
		return 3;
	return g->state == HF_GRANT_ACTIVE && now < g->from_ms ? 2 : g->state == HF_GRANT_PENDING ? 1 : 0;
}

enum hf_err hf_authz_find_grant(struct hf_authz *a, const struct hf_id *resource, const char *system,
                                struct hf_grant_view *ret_view)
{
	int64_t now = now_of(a);
	const struct grant_item *best = NULL;
	for (struct grant_item *g = NULL; (g = az_grant_next(a, resource, a->base->self.s, g));) {
		if (has_text(system) && strcmp(g->system, system) != 0)
			continue;
		if (!best || rank(g, now) > rank(best, now) ||
		    (rank(g, now) == rank(best, now) && g->until_ms > best->until_ms))
			best = g;
	}
	if (!best)
		return HF_E_UNKNOWN;
	view_fill(a, best, ret_view);
	return HF_OK;
}

struct grant_scan {
	struct hf_authz *a;
	hf_grant_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_grant_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct grant_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *r = HF_DECODE_OWN(grant_row, value.data, value.len);
	if (!r || r->state >= HF_GRANT_STATE_COUNT) {
		s->error = HF_E_STORE;
		return false;
	}
	return s->fn(s->ctx, r,
	             state_word((enum hf_grant_state)r->state, r->disabled_ms > 0, r->superseded_by.len > 0,
	                        r->until_ms, now_of(s->a)));
}

enum hf_err hf_authz_grants(struct hf_authz *a, hf_grant_fn fn, void *ctx)
{
	struct grant_scan s = {a, fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_GRANT, NULL, 0, NULL, 0, on_grant_row, &s));
	return s.error;
}
