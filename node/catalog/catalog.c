/* catalog.c - opening and closing, timers, the peers' state, and reading single entries. */
#include "catalog/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "evidence/envelope.h"

/* References: every call, job, unit and handle that will come back holds one, since it may come back after close. */
void catalog_ref(struct hf_catalog *c)
{
	c->references++;
}

static void free_peers(struct peer *p)
{
	while (p) {
		struct peer *next = p->next;

		free(p->push.ids);
		free(p);
		p = next;
	}
}

void catalog_unref(struct hf_catalog *c)
{
	if (--c->references > 0)
		return;
	catalog_cache_free(c);
	own_index_done(&c->own);
	free_peers(c->others);
	free(c);
}

struct peer *catalog_peer(struct hf_catalog *c, const char *node)
{
	struct peer *p = c->others;

	while (p && strcmp(p->id.s, node) != 0)
		p = p->next;
	if (p || !hf_space_member(hf_peers_space(c->peers), node) || strcmp(node, c->base->self.s) == 0)
		return p;
	p = hf_alloc_zero(sizeof(*p));
	if (!hf_name_parse(node, &p->id)) {
		free(p);
		return NULL;
	}
	p->next = c->others;
	c->others = p;
	return p;
}

/* Loading. */
struct loading {
	struct hf_catalog *c;
	struct hf_id *ids;
	size_t count;
};

static bool note_id(void *ctx, const struct hf_id *id, uint32_t version, bool withdrawn)
{
	struct loading *l = ctx;

	(void)version;
	(void)withdrawn;
	if (l->count % 256 == 0)
		l->ids = hf_realloc(l->ids, (l->count + 256) * sizeof(*l->ids));
	l->ids[l->count++] = *id;
	return true;
}

static enum hf_err load_one(struct hf_catalog *c, const struct hf_id *id)
{
	HF_CLEANUP(row_done) Hufu__CatalogRow *row = NULL;
	HF_CLEANUP(entry_done) Hufu__CatalogEntry *entry = NULL;

	HF_TRY(row_get(c, c->base->self.s, id, &row));
	HF_TRY(row_entry(row->envelope.data, row->envelope.len, &entry));
	own_index_put(&c->own, own_from_row(row, id, entry->department));
	return HF_OK;
}

static enum hf_err load_own(struct hf_catalog *c)
{
	static const struct hf_id none = {{0}};
	struct loading l = {c, NULL, 0};
	enum hf_err e = rows_of(c, c->base->self.s, &none, note_id, &l);

	for (size_t i = 0; e == HF_OK && i < l.count; i++)
		e = load_one(c, &l.ids[i]);
	free(l.ids);
	return e;
}

static bool count_one(void *ctx, const struct hf_id *id, uint32_t version, bool withdrawn)
{
	(void)id;
	(void)version;
	(void)withdrawn;
	++*(size_t *)ctx;
	return true;
}

static enum hf_err count_held(struct hf_catalog *c)
{
	static const struct hf_id none = {{0}};
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(c->peers));

	for (size_t i = 0; d && i < d->n_members; i++) {
		struct peer *p = catalog_peer(c, d->members[i]->id);

		if (p)
			HF_TRY(rows_of(c, p->id.s, &none, count_one, &p->held));
	}
	return HF_OK;
}

/* Anti-entropy: when a peer comes up, when the descriptor changes, and every minute, not all nodes at the same moment.
 */
static void on_up(void *ctx, const char *node)
{
	struct hf_catalog *c = ctx;
	struct peer *p = c->closing ? NULL : catalog_peer(c, node);

	if (p)
		sync_start(c, p);
}

static void sync_all(struct hf_catalog *c)
{
	struct hf_peer_view *views = hf_alloc(HF_MAX_MEMBERS * sizeof(*views));
	size_t count = hf_peers_list(c->peers, views, HF_MAX_MEMBERS);

	for (size_t i = 0; i < count; i++)
		if (views[i].up)
			on_up(c, views[i].id);
	free(views);
}

static void on_change(void *ctx)
{
	struct hf_catalog *c = ctx;

	if (!c->closing)
		sync_all(c);
}

static void start_sync_timer(struct hf_catalog *c);

static void on_sync_timer(uv_timer_t *t)
{
	struct hf_catalog *c = t->data;

	sync_all(c);
	start_sync_timer(c);
}

static void start_sync_timer(struct hf_catalog *c)
{
	uint8_t jitter[2];

	hf_random(jitter, sizeof(jitter));
	uv_timer_start(&c->sync_timer, on_sync_timer,
	               HF_CATALOG_SYNC_MS - 10000 + ((jitter[0] << 8 | jitter[1]) % 20000), 0);
}

static void open_timers(struct hf_catalog *c)
{
	uv_timer_init(c->base->loop, &c->sync_timer);
	uv_timer_init(c->base->loop, &c->push_timer);
	c->sync_timer.data = c->push_timer.data = c;
	catalog_ref(c);
	catalog_ref(c);
	start_sync_timer(c);
}

enum hf_err hf_catalog_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                            struct hf_peers *peers, struct hf_sources *sources, struct hf_catalog **ret_catalog,
                            struct hf_fault *f)
{
	struct hf_catalog *c = hf_alloc_zero(sizeof(*c));
	enum hf_err e;

	*c = (struct hf_catalog){
	        .base = base, .store = store, .keys = keys, .peers = peers, .sources = sources, .references = 1};
	hf_random(c->mark_key, sizeof(c->mark_key));
	e = load_own(c);
	if (e == HF_OK)
		e = count_held(c);
	if (e != HF_OK) {
		catalog_unref(c);
		return hf_fault_set(f, e, "the catalog cannot be read from the store; restore a backup");
	}
	open_timers(c);
	hf_peers_on_up(peers, on_up, c);
	hf_peers_on_change(peers, on_change, c);
	sync_all(c);
	*ret_catalog = c;
	return HF_OK;
}

static void on_handle_closed(uv_handle_t *h)
{
	catalog_unref(h->data);
}

void hf_catalog_on_changed(struct hf_catalog *c, void (*fn)(void *ctx, const struct hf_id *id), void *ctx)
{
	c->on_changed = fn;
	c->on_changed_ctx = ctx;
}

void hf_catalog_on_renewed(struct hf_catalog *c, hf_catalog_renewed_fn fn, void *ctx)
{
	c->renewed = fn;
	c->renewed_ctx = ctx;
}

void hf_catalog_close(struct hf_catalog *c)
{
	if (!c)
		return;
	c->closing = true;
	uv_close((uv_handle_t *)&c->sync_timer, on_handle_closed);
	uv_close((uv_handle_t *)&c->push_timer, on_handle_closed);
	catalog_unref(c);
}

void hf_catalog_on_request(struct hf_catalog *c, struct hf_request *take)
{
	switch (hf_request_type(take)) {
	case HF_MSG_CATALOG_SYNC:
		sync_on_request(c, take);
		return;
	case HF_MSG_CATALOG_PUSH:
		push_on_request(c, take);
		return;
	default:
		hf_request_reply(take, HF_E_UNSUPPORTED, "the catalog answers no such message", NULL, 0);
	}
}

/* Single entries. */
void hf_catalog_item_done(struct hf_catalog_item *it)
{
	hf_decoded_free(it->entry);
	free(it->envelope);
	*it = (struct hf_catalog_item){0};
}

enum hf_err item_from_row(const Hufu__CatalogRow *row, struct hf_catalog_item *ret_item)
{
	struct hf_catalog_item it = {.own = row->own, .envelope_len = row->envelope.len};

	HF_TRY(row_entry(row->envelope.data, row->envelope.len, &it.entry));
	it.envelope = hf_alloc(row->envelope.len);
	memcpy(it.envelope, row->envelope.data, row->envelope.len);
	hf_envelope_digest(it.envelope, it.envelope_len, &it.digest);
	snprintf(it.source, sizeof(it.source), "%s", row->source);
	*ret_item = it;
	return HF_OK;
}

struct choice {
	Hufu__CatalogRow *row;
	unsigned others; /* as good as that one */
};

/* Own before living before ended. */
static unsigned rank(const Hufu__CatalogRow *row)
{
	return row->own ? 3 : row->withdrawn ? 1 : 2;
}

static bool choose(void *ctx, const char *publisher, struct hf_bytes bytes)
{
	struct choice *x = ctx;
	HF_CLEANUP(row_done) Hufu__CatalogRow *row = HF_DECODE_OWN(catalog_row, bytes.data, bytes.len);

	(void)publisher;
	if (!row || (x->row && rank(row) < rank(x->row)))
		return true;
	x->others = x->row && rank(row) == rank(x->row) ? x->others + 1 : 0;
	hf_decoded_free(x->row);
	x->row = HF_TAKE(row);
	return true;
}

uint64_t hf_catalog_rows_now(struct hf_catalog *c, const struct hf_catalog_item *it)
{
	struct hf_source_view v;
	uint64_t rows = it->entry->rows;
	if (hf_source_get(c->sources, it->source, &v) != HF_OK)
		return rows; /* nothing is delivered without it */
	if (v.rows > rows)
		rows = v.rows;
	hf_source_view_done(&v);
	return rows;
}

enum hf_err hf_catalog_get(struct hf_catalog *c, const char *publisher, const struct hf_id *id,
                           struct hf_catalog_item *ret_item)
{
	HF_CLEANUP(row_done) Hufu__CatalogRow *row = NULL;
	struct choice x = {NULL, 0};

	if (publisher) {
		HF_TRY(row_get(c, publisher, id, &row));
		return item_from_row(row, ret_item);
	}
	enum hf_err e = rows_with(c, id, choose, &x);
	row = x.row;
	HF_TRY(e);
	if (!row)
		return HF_E_UNKNOWN;
	return x.others > 0 ? HF_E_CONFLICT : item_from_row(row, ret_item);
}

bool own_visible(const struct hf_catalog *c, const struct own_entry *e, const char *principal)
{
	const struct hf_space *space = hf_peers_space(c->peers);
	struct hf_name node, department;

	if (!hf_principal_split(principal, &node, &department))
		return false;
	if (!hf_name_equal(&node, &c->base->self))
		return scope_covers_node(&e->scope, space, node.s);
	return strcmp(e->department, department.s) == 0 ||
	       scope_covers_department(&e->scope, space, node.s, department.s);
}

static bool is_node(const char *principal, const char *name)
{
	struct hf_name node, department;

	return hf_principal_split(principal, &node, &department) && strcmp(node.s, name) == 0;
}

/* Peers are shown no content by this, so for them the scope in force is enough. */
bool hf_catalog_visible(struct hf_catalog *c, const struct hf_catalog_item *it, const char *principal)
{
	const struct own_entry *e;
	struct hf_id id;

	if (!it->own)
		return is_node(principal, c->base->self.s) || is_node(principal, it->entry->publisher);
	if (!hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &id))
		return false;
	e = own_index_find(&c->own, &id);
	return e && own_visible(c, e, principal) &&
	       (e->version == it->entry->version || !is_node(principal, c->base->self.s));
}

enum hf_err hf_catalog_own(struct hf_catalog *c, const struct hf_id *id, struct hf_catalog_own *ret_own)
{
	HF_CLEANUP(row_done) Hufu__CatalogRow *row = NULL;
	struct hf_catalog_own o = {.scope = {HF_SCOPE_INVALID, NULL, 0}};

	HF_TRY(row_get(c, c->base->self.s, id, &row));
	if (!row->own)
		return HF_E_UNKNOWN;
	scope_from_row(row->scope, &o.scope);
	snprintf(o.source, sizeof(o.source), "%s", row->source);
	snprintf(o.by, sizeof(o.by), "%s", row->published_by);
	snprintf(o.purpose, sizeof(o.purpose), "%s", row->purpose);
	o.withdrawn = row->withdrawn;
	(void)hf_id_from_bytes(row->catalog_mandate.data, row->catalog_mandate.len, &o.mandate);
	for (size_t i = 0; i < row->n_consents && i < sizeof(o.consents) / sizeof(o.consents[0]); i++)
		o.consent_count +=
		        hf_id_from_bytes(row->consents[i].data, row->consents[i].len, &o.consents[o.consent_count]);
	*ret_own = o;
	return HF_OK;
}

void hf_catalog_own_done(struct hf_catalog_own *o)
{
	hf_scope_done(&o->scope);
}

bool hf_catalog_uses_source(const struct hf_catalog *c, const char *source)
{
	for (size_t i = 0; i < c->own.count; i++)
		if (!c->own.entries[i]->withdrawn && strcmp(c->own.entries[i]->source, source) == 0)
			return true;
	return false;
}
