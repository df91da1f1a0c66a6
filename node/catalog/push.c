/*
 * push.c - telling the peers in scope at once. Best effort: what is lost, or what a peer missed while it was away,
 * sync.c repairs.
 *
 * Changes of one moment travel together; one push per peer is under way at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/internal.h"

#define GATHER_MS 10
#define WAITING_MAX 20000u /* ids per peer; beyond them the sync does it better */

/* Batches. */
void batch_done(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		hf_decoded_free(b->envelopes[i]);
	free(b->envelopes);
	*b = (struct batch){NULL, 0, 0};
}

/* The entry's own end may have the number of an older tombstone; each node gets always the one that was made for it. */
static const ProtobufCBinaryData *version_bytes(const Hufu__CatalogRow *row, const struct holding *h)
{
	if (!h->closed)
		return row->version == h->version && row->withdrawn == h->tombstone ? &row->envelope : NULL;
	for (size_t i = 0; i < row->n_closed; i++)
		if (row->closed[i]->version == h->version)
			return &row->closed[i]->envelope;
	return NULL;
}

/* A version that the row has no more was replaced by one that is about to commit, which will be told in its turn. */
bool batch_add(struct hf_catalog *c, struct batch *b, const struct own_entry *e, const char *node)
{
	HF_CLEANUP(row_done) Hufu__CatalogRow *row = NULL;
	const ProtobufCBinaryData *bytes = NULL;
	Hufu__Envelope *envelope;
	struct holding h = own_holding(c, e, node);

	if (h.version && row_get(c, c->base->self.s, &e->id, &row) == HF_OK)
		bytes = version_bytes(row, &h);
	if (!bytes)
		return true;
	if (b->count > 0 && (b->bytes + bytes->len > HF_CATALOG_BATCH_BYTES || b->count == HF_CATALOG_BATCH_COUNT))
		return false;
	envelope = HF_DECODE(envelope, bytes->data, bytes->len);
	if (!envelope)
		return true;
	if (b->count % 64 == 0)
		b->envelopes = hf_realloc(b->envelopes, (b->count + 64) * sizeof(*b->envelopes));
	b->envelopes[b->count++] = envelope;
	b->bytes += bytes->len + 8;
	return true;
}

/* Sending. */
struct told {
	struct hf_catalog *c;
	struct peer *p;
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_id));
}

static void sort_ids(struct push_state *s)
{
	size_t kept = 0;

	qsort(s->ids, s->count, sizeof(*s->ids), compare);
	for (size_t i = 0; i < s->count; i++)
		if (kept == 0 || compare(&s->ids[kept - 1], &s->ids[i]) != 0)
			s->ids[kept++] = s->ids[i];
	s->count = kept;
}

static void take_batch(struct hf_catalog *c, struct peer *p, struct batch *b)
{
	struct push_state *s = &p->push;
	size_t i = 0;

	sort_ids(s);
	for (; i < s->count; i++) {
		const struct own_entry *e = own_index_find(&c->own, &s->ids[i]);

		if (e && !batch_add(c, b, e, p->id.s))
			break;
	}
	memmove(s->ids, s->ids + i, (s->count - i) * sizeof(*s->ids));
	s->count -= i;
}

static void tell(struct hf_catalog *c, struct peer *p);

static void on_told(void *ctx, struct hf_reply *r)
{
	struct told *t = ctx;

	t->p->push.running = false;
	if (r->error != HF_OK || t->c->closing)
		t->p->push.count = 0;
	else if (t->p->push.count > 0)
		tell(t->c, t->p);
	catalog_unref(t->c);
	free(t);
}

static void send_push(struct hf_catalog *c, struct peer *p, const struct batch *b)
{
	Hufu__CatalogPush push = HUFU__CATALOG_PUSH__INIT;
	struct hf_id trace = hf_id_new(hf_now_ms(&c->base->clock));
	struct told *t;
	uint8_t *body;
	size_t len;

	push.entries = b->envelopes;
	push.n_entries = b->count;
	body = hf_encode(&push.base, &len);
	if (!body)
		return;
	t = hf_alloc(sizeof(*t));
	*t = (struct told){c, p};
	catalog_ref(c);
	p->push.running = true;
	hf_peers_call(c->peers, p->id.s, HF_MSG_CATALOG_PUSH, &trace, body, len, HF_CATALOG_CALL_MS, on_told, t);
	free(body);
}

static void tell(struct hf_catalog *c, struct peer *p)
{
	struct batch b = {NULL, 0, 0};

	if (p->push.running || p->push.count == 0)
		return;
	take_batch(c, p, &b);
	if (b.count > 0)
		send_push(c, p, &b);
	batch_done(&b);
}

void push_now(struct hf_catalog *c)
{
	struct hf_peer_view *views = hf_alloc(HF_MAX_MEMBERS * sizeof(*views));
	size_t count = hf_peers_list(c->peers, views, HF_MAX_MEMBERS);

	for (size_t i = 0; i < count; i++) {
		struct peer *p = catalog_peer(c, views[i].id);

		if (p && views[i].up)
			tell(c, p);
		else if (p && !p->push.running)
			p->push.count = 0;
	}
	free(views);
}

static void on_timer(uv_timer_t *t)
{
	push_now(t->data);
}

static void add_id(struct push_state *s, const struct hf_id *id)
{
	if (s->count == WAITING_MAX)
		return;
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->ids = hf_realloc(s->ids, s->cap * sizeof(*s->ids));
	}
	s->ids[s->count++] = *id;
}

/* SB-23: an edit that a node does not see must not be told to it, not even that there was one. */
void push_changed(struct hf_catalog *c, const struct own_entry *is)
{
	const struct own_entry *was = own_index_find(&c->own, &is->id);
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(c->peers));

	for (size_t i = 0; d && i < d->n_members; i++) {
		const char *node = d->members[i]->id;
		struct holding old = own_holding(c, was, node), new = own_holding(c, is, node);
		struct peer *p = NULL;

		if (new.version && (new.version != old.version || new.closed != old.closed))
			p = catalog_peer(c, node);
		if (p)
			add_id(&p->push, &is->id);
	}
	if (!uv_is_active((uv_handle_t *)&c->push_timer))
		uv_timer_start(&c->push_timer, on_timer, GATHER_MS, 0);
}

/* Receiving. */
struct answering {
	struct hf_catalog *c;
	struct hf_request *request;
};

static void on_received(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct answering *a = ctx;

	hf_request_reply(a->request, e, e == HF_OK ? "" : f->text, NULL, 0);
	free(a);
}

void push_on_request(struct hf_catalog *c, struct hf_request *take)
{
	struct hf_bytes body = hf_request_body(take);
	struct peer *p = catalog_peer(c, hf_request_peer(take));
	Hufu__CatalogPush *push = HF_DECODE(catalog_push, body.data, body.len);
	struct answering *a;

	if (!p || c->closing || !push) {
		hf_request_reply(take, push ? HF_E_STRANGER : HF_E_FORMAT, "the catalog message cannot be taken", NULL,
		                 0);
		hf_decoded_free(push);
		return;
	}
	a = hf_alloc(sizeof(*a));
	*a = (struct answering){c, take};
	receive_entries(c, p, push->entries, push->n_entries, on_received, a);
	hf_decoded_free(push);
}
