/*
 * sync.c - anti-entropy, per recipient: the subscriber shows a digest of what it holds of a publisher, the publisher
 * answers what it lacks.
 *
 * Everything the publisher looks at is what that subscriber may see; ids it was never to see are passed over exactly
 * like ids that do not exist (SB-23). Lists and answers come in pages in order of id; while one page is stored, the
 * next is on its way.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/internal.h"

static void add_to_digest(struct hf_sha256 *h, const struct hf_id *id, uint32_t version)
{
	uint8_t v[4];

	hf_put_u32(v, version);
	hf_sha256_add(h, id->b, sizeof(id->b));
	hf_sha256_add(h, v, sizeof(v));
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_id));
}

/* The publisher. */
static const struct hf_hash *visible_digest(struct hf_catalog *c, struct peer *p)
{
	uint64_t descriptor = hf_space_number(hf_peers_space(c->peers));
	struct hf_sha256 *h;

	if (p->digest_descriptor == descriptor && p->digest_generation == c->own.generation)
		return &p->digest;
	h = hf_sha256_new();
	for (size_t i = 0; i < c->own.count; i++) {
		struct holding should = own_holding(c, c->own.entries[i], p->id.s);

		if (should.version && !should.tombstone)
			add_to_digest(h, &c->own.entries[i]->id, should.version);
	}
	hf_sha256_end(h, &p->digest);
	hf_sha256_free(h);
	p->digest_generation = c->own.generation;
	p->digest_descriptor = descriptor;
	return &p->digest;
}

struct asked {
	const Hufu__CatalogSync *sync;
	struct hf_id after, until; /* until: zero, or the list ends there */
	size_t at;                 /* in the list */
};

static const uint8_t *have_id(const struct asked *a, size_t i)
{
	return a->sync->have[i]->id.data;
}

static bool read_asked(const Hufu__CatalogSync *sync, struct asked *a)
{
	memset(a, 0, sizeof(*a));
	a->sync = sync;
	if (sync->after.len)
		memcpy(a->after.b, sync->after.data, sizeof(a->after.b));
	for (size_t i = 0; i < sync->n_have; i++)
		if (compare(have_id(a, i), i ? have_id(a, i - 1) : a->after.b) <= 0)
			return false;
	if (sync->n_have >= HF_CATALOG_HAVE)
		memcpy(a->until.b, have_id(a, sync->n_have - 1), sizeof(a->until.b));
	return true;
}

/* What the asker has of an entry; 0: nothing. */
static uint32_t version_had(struct asked *a, const struct hf_id *id)
{
	while (a->at < a->sync->n_have && compare(have_id(a, a->at), id->b) < 0)
		a->at++;
	if (a->at < a->sync->n_have && compare(have_id(a, a->at), id->b) == 0)
		return a->sync->have[a->at]->version;
	return 0;
}

static bool lacks(struct hf_catalog *c, struct asked *a, const struct own_entry *e, const char *node)
{
	struct holding should = own_holding(c, e, node);
	uint32_t had = version_had(a, &e->id);

	return had < should.version && !(should.tombstone && had == 0);
}

/* Fills b from a->after on; *ret_next stays zero when nothing is left. A page ends at something that stands in it, or
 * in the asker's own list: the id of any other entry would tell the asker of it (SB-23). */
static void fill_page(struct hf_catalog *c, struct asked *a, const char *node, struct batch *b, struct hf_id *ret_next)
{
	struct hf_id last = a->after;

	for (size_t i = own_index_after(&c->own, &a->after); i < c->own.count; i++) {
		const struct own_entry *e = c->own.entries[i];

		if (!hf_id_is_zero(&a->until) && compare(&e->id, &a->until) > 0)
			break;
		if (!lacks(c, a, e, node))
			continue;
		if (!batch_add(c, b, e, node)) {
			*ret_next = last;
			return;
		}
		last = e->id;
	}
	*ret_next = a->until;
}

static void reply_page(struct hf_catalog *c, struct hf_request *take, struct asked *a)
{
	Hufu__CatalogSyncReply reply = HUFU__CATALOG_SYNC_REPLY__INIT;
	struct batch b = {NULL, 0, 0};
	struct hf_id next = {{0}};
	uint8_t *body;
	size_t len;

	fill_page(c, a, hf_request_peer(take), &b, &next);
	reply.entries = b.envelopes;
	reply.n_entries = b.count;
	if (!hf_id_is_zero(&next))
		reply.next = (ProtobufCBinaryData){sizeof(next.b), next.b};
	body = hf_encode(&reply.base, &len);
	if (body)
		hf_request_reply(take, HF_OK, "", body, len);
	else
		hf_request_reply(take, HF_E_BUSY, "", NULL, 0);
	free(body);
	batch_done(&b);
}

static void reply_same(struct hf_request *take, bool same)
{
	Hufu__CatalogSyncReply reply = HUFU__CATALOG_SYNC_REPLY__INIT;
	uint8_t *body;
	size_t len;

	reply.same = same;
	body = hf_encode(&reply.base, &len);
	hf_request_reply(take, body ? HF_OK : HF_E_BUSY, "", body, body ? len : 0);
	free(body);
}

static bool digest_is(const Hufu__CatalogSync *sync, const struct hf_hash *h)
{
	return sync->digest.len == sizeof(h->b) && memcmp(sync->digest.data, h->b, sizeof(h->b)) == 0;
}

/* A digest alone is compared first; that of nothing at all needs no list. */
static void answer(struct hf_catalog *c, struct hf_request *take, struct peer *p, struct asked *a)
{
	const Hufu__CatalogSync *sync = a->sync;
	struct hf_hash nothing;

	hf_sha256("", 0, &nothing);
	if (sync->n_have == 0 && sync->after.len == 0 && sync->digest.len) {
		if (digest_is(sync, visible_digest(c, p))) {
			reply_same(take, true);
			return;
		}
		if (!digest_is(sync, &nothing)) {
			reply_same(take, false);
			return;
		}
	}
	reply_page(c, take, a);
}

void sync_on_request(struct hf_catalog *c, struct hf_request *take)
{
	struct hf_bytes body = hf_request_body(take);
	struct peer *p = catalog_peer(c, hf_request_peer(take));
	Hufu__CatalogSync *sync = HF_DECODE(catalog_sync, body.data, body.len);
	struct asked a;

	if (!p || c->closing)
		hf_request_reply(take, HF_E_STRANGER, "", NULL, 0);
	else if (!sync || !read_asked(sync, &a))
		hf_request_reply(take, HF_E_FORMAT, "the catalog request is not of the required form", NULL, 0);
	else
		answer(c, take, p, &a);
	hf_decoded_free(sync);
}

/* The subscriber. */
struct turn {
	struct hf_catalog *c;
	struct peer *p;
};

static struct turn *new_turn(struct hf_catalog *c, struct peer *p)
{
	struct turn *t = hf_alloc(sizeof(*t));

	*t = (struct turn){c, p};
	catalog_ref(c);
	return t;
}

static void free_turn(struct turn *t)
{
	catalog_unref(t->c);
	free(t);
}

static bool digest_one(void *ctx, const struct hf_id *id, uint32_t version, bool withdrawn)
{
	if (!withdrawn)
		add_to_digest(ctx, id, version);
	return true;
}

static enum hf_err held_digest(struct hf_catalog *c, const struct peer *p, struct hf_hash *ret_digest)
{
	static const struct hf_id none = {{0}};
	struct hf_sha256 *h = hf_sha256_new();
	enum hf_err e = rows_of(c, p->id.s, &none, digest_one, h);

	hf_sha256_end(h, ret_digest);
	hf_sha256_free(h);
	return e;
}

struct have_list {
	Hufu__CatalogHave *have, **pointers;
	struct hf_id *ids;
	size_t count;
};

static bool list_one(void *ctx, const struct hf_id *id, uint32_t version, bool withdrawn)
{
	struct have_list *l = ctx;
	Hufu__CatalogHave *h = &l->have[l->count];

	if (withdrawn)
		return true;
	l->ids[l->count] = *id;
	hufu__catalog_have__init(h);
	h->id = (ProtobufCBinaryData){sizeof(id->b), l->ids[l->count].b};
	h->version = version;
	l->pointers[l->count++] = h;
	return l->count < HF_CATALOG_HAVE;
}

static void send_sync(struct hf_catalog *c, struct peer *p, const Hufu__CatalogSync *sync);

static enum hf_err send_list(struct hf_catalog *c, struct peer *p)
{
	Hufu__CatalogSync sync = HUFU__CATALOG_SYNC__INIT;
	struct have_list l = {
	        hf_alloc(HF_CATALOG_HAVE * sizeof(*l.have)),
	        hf_alloc(HF_CATALOG_HAVE * sizeof(*l.pointers)),
	        hf_alloc(HF_CATALOG_HAVE * sizeof(*l.ids)),
	        0,
	};
	enum hf_err e = rows_of(c, p->id.s, &p->sync.after, list_one, &l);

	sync.have = l.pointers;
	sync.n_have = l.count;
	if (!hf_id_is_zero(&p->sync.after))
		sync.after = (ProtobufCBinaryData){sizeof(p->sync.after.b), p->sync.after.b};
	if (e == HF_OK)
		send_sync(c, p, &sync);
	free(l.have);
	free(l.pointers);
	free(l.ids);
	return e;
}

static enum hf_err send_digest(struct hf_catalog *c, struct peer *p)
{
	Hufu__CatalogSync sync = HUFU__CATALOG_SYNC__INIT;
	struct hf_hash digest, nothing;

	HF_TRY(held_digest(c, p, &digest));
	hf_sha256("", 0, &nothing);
	p->sync.compared = hf_hash_equal(&digest, &nothing); /* then entries come at once */
	sync.digest = (ProtobufCBinaryData){sizeof(digest.b), digest.b};
	send_sync(c, p, &sync);
	return HF_OK;
}

static void finish(struct hf_catalog *c, struct peer *p)
{
	bool again = p->sync.again && !c->closing;

	memset(&p->sync, 0, sizeof(p->sync));
	if (again)
		sync_start(c, p);
}

/* Asks for the next page as long as few enough are being stored; ends when all are. */
static void advance(struct hf_catalog *c, struct peer *p)
{
	struct sync_state *s = &p->sync;

	if (s->more && !s->asked && s->pages < HF_CATALOG_PAGES && !c->closing) {
		s->more = false;
		if (send_list(c, p) == HF_OK && s->asked)
			return;
	}
	if (!s->asked && s->pages == 0 && (!s->more || c->closing))
		finish(c, p);
}

static void on_page(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct turn *t = ctx;

	(void)f;
	t->p->sync.pages--;
	if (hf_err_class(e) == HF_CLASS_ABORT || hf_err_class(e) == HF_CLASS_RETRY || e == HF_E_CANCELLED ||
	    e == HF_E_LIMIT)
		t->p->sync.more = false;
	advance(t->c, t->p);
	free_turn(t);
}

/* False when the answer makes no sense: what is there is kept, the rest waits for the next time. */
static bool take_page(struct hf_catalog *c, struct peer *p, const Hufu__CatalogSyncReply *r)
{
	struct sync_state *s = &p->sync;

	if (r->n_entries > 0) {
		s->pages++;
		receive_entries(c, p, r->entries, r->n_entries, on_page, new_turn(c, p));
	}
	if (r->next.len == 0)
		return true;
	if (compare(r->next.data, s->after.b) <= 0)
		return false;
	memcpy(s->after.b, r->next.data, sizeof(s->after.b));
	s->more = true;
	return true;
}

static void take_reply(struct hf_catalog *c, struct peer *p, const struct hf_reply *r)
{
	Hufu__CatalogSyncReply *reply =
	        r->error == HF_OK ? HF_DECODE(catalog_sync_reply, r->body.data, r->body.len) : NULL;

	if (reply && !reply->same && p->sync.compared &&
	    hf_space_has_role(hf_peers_space(c->peers), p->id.s, "provider")) {
		take_page(c, p, reply);
	} else if (reply && !reply->same && !p->sync.compared) {
		p->sync.compared = true;
		p->sync.more = true;
	}
	hf_decoded_free(reply);
}

static void on_reply(void *ctx, struct hf_reply *r)
{
	struct turn *t = ctx;

	t->p->sync.asked = false;
	if (!t->c->closing)
		take_reply(t->c, t->p, r);
	advance(t->c, t->p);
	free_turn(t);
}

static void send_sync(struct hf_catalog *c, struct peer *p, const Hufu__CatalogSync *sync)
{
	struct hf_id trace = hf_id_new(hf_now_ms(&c->base->clock));
	size_t len;
	uint8_t *body = hf_encode(&sync->base, &len);

	if (!body)
		return;
	p->sync.asked = true;
	hf_peers_call(c->peers, p->id.s, HF_MSG_CATALOG_SYNC, &trace, body, len, HF_CATALOG_CALL_MS, on_reply,
	              new_turn(c, p));
	free(body);
}

void sync_start(struct hf_catalog *c, struct peer *p)
{
	if (p->sync.running) {
		p->sync.again = true;
		return;
	}
	memset(&p->sync, 0, sizeof(p->sync));
	p->sync.running = true;
	if (send_digest(c, p) != HF_OK || !p->sync.asked)
		p->sync.running = false;
}
