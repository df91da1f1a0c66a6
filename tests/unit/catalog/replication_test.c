/* replication_test.c - several nodes: who receives what, what a scope hides, what is refused, and how much at once. */
#include <time.h>

#include "crypto/dsse.h"
#include "net.h"
#include "proto/envelope.h"

static struct net *three_nodes(void)
{
	struct net *n = net_new();
	static const size_t used[] = {SB_ROADS, SB_HEALTH, SB_HUB};

	for (size_t i = 0; i < 3; i++)
		site_open(&n->site[used[i]]);
	site_source(&n->site[SB_ROADS], "flights");
	net_settle(n);
	return n;
}

/* SB-22: three-node test: two in scope receive it, the third does not. */
static void a_push_reaches_the_nodes_in_scope_at_once(void **state)
{
	struct net *n = three_nodes();
	struct hf_published all = must_publish(&n->site[SB_ROADS], "for all", "everyone"),
	                    some = must_publish(&n->site[SB_ROADS], "for health", "nodes:health");
	struct hf_catalog_item it;

	(void)state;
	net_settle(n);
	assert_int_equal(living_version(&n->site[SB_HEALTH], &all.id), 1);
	assert_int_equal(living_version(&n->site[SB_HUB], &all.id), 1);
	assert_int_equal(living_version(&n->site[SB_HEALTH], &some.id), 1);
	assert_int_equal(living_version(&n->site[SB_HUB], &some.id), 0);
	assert_int_equal(site_search(&n->site[SB_HUB], (struct hf_catalog_query){.text = "health"}).count, 0);
	assert_int_equal(hf_catalog_get(n->site[SB_HEALTH].catalog, NULL, &some.id, &it), HF_OK);
	assert_true(!it.own && hf_hash_equal(&it.digest, &some.digest)); /* the very bytes that were signed */
	assert_true(hf_catalog_visible(n->site[SB_HEALTH].catalog, &it, "health/ward"));
	assert_false(hf_catalog_visible(n->site[SB_HEALTH].catalog, &it, "hub"));
	hf_catalog_item_done(&it);
	net_free(n);
}

/* SB-22: a node that was away receives the same by synchronization. */
static void a_node_that_was_away_catches_up(void **state)
{
	struct net *n = three_nodes();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];
	struct hf_published kept, gone, newer, hidden;
	Hufu__CatalogEntry e;
	struct hf_fault f;

	(void)state;
	kept = must_publish(roads, "kept", "everyone");
	gone = must_publish(roads, "gone", "everyone");
	newer = must_publish(roads, "newer", "everyone");
	net_settle(n);
	health->down = true;
	must_withdraw(roads, &gone.id);
	entry_wish(&e, "newer, corrected");
	e.id = (ProtobufCBinaryData){sizeof(newer.id.b), newer.id.b};
	assert_int_equal(site_publish(roads, &e, "everyone", &newer, &f), HF_OK);
	hidden = must_publish(roads, "hidden", "nodes:hub");
	net_settle(n);
	assert_int_equal(living_version(health, &gone.id), 1);
	site_up(n, SB_HEALTH);
	assert_int_equal(living_version(health, &kept.id), 1);
	assert_int_equal(living_version(health, &gone.id), 0);
	assert_int_equal(living_version(health, &newer.id), 2);
	assert_int_equal(living_version(health, &hidden.id), 0);
	assert_int_equal(site_search(health, (struct hf_catalog_query){.text = "corrected"}).count, 1);
	assert_int_equal(site_search(health, (struct hf_catalog_query){.publisher = "roads"}).count, 2);
	net_free(n);
}

static void equal_nodes_only_compare_digests(void **state)
{
	struct net *n = three_nodes();
	size_t calls;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		must_publish(&n->site[SB_ROADS], "for all", i % 2 ? "everyone" : "nodes:hub");
	net_settle(n);
	calls = n->calls;
	n->bytes = 0;
	site_up(n, SB_HEALTH);
	assert_int_equal(n->calls - calls, 4); /* with each of the two others, in both directions */
	assert_true(n->bytes < 100);
	net_free(n);
}

/* SB-21: a scope edit changes what the next catalog query returns. */
static void a_narrower_scope_ends_the_entry_for_those_outside(void **state)
{
	struct net *n = three_nodes();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH], *hub = &n->site[SB_HUB];
	struct hf_published p = must_publish(roads, "for all", "everyone"), q;

	(void)state;
	net_settle(n);
	assert_int_equal(site_rescope(roads, &p.id, "nodes:hub", &q), HF_OK);
	net_settle(n);
	assert_int_equal(living_version(hub, &p.id), 1); /* nothing changed for it, not even the version */
	assert_int_equal(living_version(health, &p.id), 0);
	assert_int_equal(site_search(health, (struct hf_catalog_query){.text = "all"}).count, 0);
	site_up(n, SB_HEALTH); /* and it stays so */
	assert_int_equal(living_version(health, &p.id), 0);
	assert_int_equal(site_rescope(roads, &p.id, "everyone", &q), HF_OK);
	net_settle(n);
	assert_true(living_version(health, &p.id) > 2);
	assert_int_equal(living_version(health, &p.id), living_version(hub, &p.id));
	assert_int_equal(site_search(health, (struct hf_catalog_query){.text = "all"}).count, 1);
	net_free(n);
}

static void a_tombstone_made_while_away_arrives_later(void **state)
{
	struct net *n = three_nodes();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];
	struct hf_published p = must_publish(roads, "for all", "everyone"), q;

	(void)state;
	net_settle(n);
	health->down = true;
	assert_int_equal(site_rescope(roads, &p.id, "nodes:hub", &q), HF_OK);
	net_settle(n);
	site_close(roads); /* what is in memory must come back from the store */
	uv_run(&n->loop, UV_RUN_NOWAIT);
	site_open(roads);
	site_up(n, SB_HEALTH);
	assert_int_equal(living_version(health, &p.id), 0);
	must_withdraw(roads, &p.id);
	net_settle(n);
	assert_int_equal(living_version(&n->site[SB_HUB], &p.id), 0);
	net_free(n);
}

/* SB-27 (publication): a withdrawal takes effect on all nodes. */
static void a_withdrawn_entry_leaves_lists_and_searches(void **state)
{
	struct net *n = three_nodes();
	struct site *health = &n->site[SB_HEALTH];
	struct hf_published p = must_publish(&n->site[SB_ROADS], "for all", "everyone");
	struct hf_catalog_item it;

	(void)state;
	net_settle(n);
	must_withdraw(&n->site[SB_ROADS], &p.id);
	net_settle(n);
	assert_int_equal(hf_catalog_get(health->catalog, NULL, &p.id, &it), HF_OK);
	assert_true(it.entry->withdrawn && it.entry->title[0] == '\0');
	hf_catalog_item_done(&it);
	assert_int_equal(site_search(health, (struct hf_catalog_query){.limit = 10}).count, 0);
	net_free(n);
}

/* Encoded CatalogSync with one id in the list. */
static size_t ask(struct net *n, struct site *from, struct site *to, const struct hf_id *id, uint8_t out[4096])
{
	Hufu__CatalogSync sync = HUFU__CATALOG_SYNC__INIT;
	Hufu__CatalogHave have = HUFU__CATALOG_HAVE__INIT, *list[] = {&have};
	size_t len;
	uint8_t *body;

	have.id = (ProtobufCBinaryData){sizeof(id->b), (uint8_t *)id->b};
	have.version = 1;
	sync.have = list;
	sync.n_have = 1;
	body = hf_encode(&sync.base, &len);
	net_send(from, to->name, HF_MSG_CATALOG_SYNC, body, len, NULL, NULL);
	free(body);
	net_settle(n);
	assert_true(n->last_reply.len <= 4096);
	memcpy(out, n->last_reply.data, n->last_reply.len);
	return n->last_reply.len;
}

/* SB-23: guessing an identifier gives the same answer as a non-existing one, on every path. */
static void a_hidden_entry_answers_like_one_that_does_not_exist(void **state)
{
	struct net *n = three_nodes();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];
	struct hf_published hidden = must_publish(roads, "hidden", "nodes:hub"),
	                    open = must_publish(roads, "open", "everyone"), q;
	struct hf_id guess = hf_id_new(n->now_ms);
	uint8_t real[4096], made_up[4096];
	size_t real_len, made_up_len;
	struct hf_catalog_item it;

	(void)state;
	net_settle(n);
	real_len = ask(n, health, roads, &hidden.id, real);
	made_up_len = ask(n, health, roads, &guess, made_up);
	assert_int_equal(real_len, made_up_len);
	assert_memory_equal(real, made_up, real_len);
	assert_null(memmem(real, real_len, "hidden", 6));
	assert_int_equal(hf_catalog_get(health->catalog, NULL, &hidden.id, &it), HF_E_UNKNOWN);
	assert_int_equal(hf_catalog_get(health->catalog, NULL, &guess, &it), HF_E_UNKNOWN);
	/* Nor does its end tell that it was: neither pushed nor answered. */
	must_withdraw(roads, &hidden.id);
	net_settle(n);
	real_len = ask(n, health, roads, &hidden.id, real);
	assert_int_equal(real_len, made_up_len);
	assert_memory_equal(real, made_up, real_len);
	assert_int_equal(hf_catalog_get(health->catalog, NULL, &hidden.id, &it), HF_E_UNKNOWN);
	/* One that could see it does learn of the end. */
	assert_int_equal(site_rescope(roads, &open.id, "nodes:hub", &q), HF_OK);
	net_settle(n);
	real_len = ask(n, health, roads, &open.id, real);
	assert_int_not_equal(real_len, made_up_len);
	net_free(n);
}

/* SB-23: digests are over what the asker may see, so hidden entries change none. */
static void hidden_entries_change_no_digest(void **state)
{
	struct net *n = three_nodes();
	struct peer *p;
	struct hf_hash before;
	size_t calls;

	(void)state;
	must_publish(&n->site[SB_ROADS], "open", "everyone");
	net_settle(n);
	site_up(n, SB_HEALTH);
	p = catalog_peer(n->site[SB_ROADS].catalog, "health");
	before = p->digest;
	calls = n->calls;
	must_publish(&n->site[SB_ROADS], "hidden", "nodes:hub");
	net_settle(n);
	assert_int_equal(n->calls - calls, 1); /* the hub alone was told */
	site_up(n, SB_HEALTH);
	assert_true(hf_hash_equal(&before, &p->digest));
	net_free(n);
}

struct marks {
	const struct hf_id *hidden;
	size_t hidden_count, pages, shown;
	struct hf_id next; /* zero: the last page */
	bool done;
};

static void on_marked_page(void *ctx, struct hf_reply *r)
{
	struct marks *m = ctx;
	Hufu__CatalogSyncReply *page = HF_DECODE(catalog_sync_reply, r->body.data, r->body.len);

	assert_non_null(page);
	m->next = (struct hf_id){{0}};
	if (page->next.len)
		assert_true(hf_id_from_bytes(page->next.data, page->next.len, &m->next));
	for (size_t i = 0; i < m->hidden_count; i++)
		assert_false(hf_id_equal(&m->hidden[i], &m->next));
	m->pages++;
	m->shown += page->n_entries;
	m->done = true;
	hf_decoded_free(page);
}

/* SB-23: where a page ends tells nothing about entries that the asker may not see. */
static void no_page_mark_is_the_id_of_a_hidden_entry(void **state)
{
	enum { EACH = 300 };
	static struct hf_id hidden[EACH];
	static char text[3500];
	struct net *n = net_new();
	struct site *roads = &n->site[SB_ROADS];
	struct marks m = {hidden, EACH, 0, 0, {{0}}, false};

	(void)state;
	site_open(roads);
	site_source(roads, "flights");
	net_settle(n);
	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < EACH; i++, n->now_ms++) {
		Hufu__CatalogEntry e;
		struct hf_published p;
		struct hf_fault f = {HF_OK, ""};

		entry_wish(&e, "visible");
		e.description = text;
		if (site_publish(roads, &e, "everyone", &p, &f) != HF_OK)
			fail_msg("%s", f.text);
		n->now_ms++;
		hidden[i] = must_publish(roads, "hidden", "nodes:hub").id;
	}
	net_settle(n);
	do {
		Hufu__CatalogSync sync = HUFU__CATALOG_SYNC__INIT;
		size_t len;
		uint8_t *body;

		if (m.pages)
			sync.after = (ProtobufCBinaryData){sizeof(m.next.b), m.next.b};
		body = hf_encode(&sync.base, &len);
		m.done = false;
		net_send(&n->site[SB_HEALTH], "roads", HF_MSG_CATALOG_SYNC, body, len, on_marked_page, &m);
		free(body);
		net_settle(n);
		assert_true(m.done);
	} while (!hf_id_is_zero(&m.next));
	assert_true(m.pages > 2);
	assert_int_equal(m.shown, EACH);
	net_free(n);
}

static struct hf_published must_edit(struct site *s, const struct hf_id *id, const char *title, const char *scope)
{
	Hufu__CatalogEntry e;
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};

	entry_wish(&e, title);
	e.id = (ProtobufCBinaryData){sizeof(id->b), (uint8_t *)id->b};
	if (site_publish(s, &e, scope, &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	return p;
}

/* SB-23: once its tombstone was told, a node outside the scope hears nothing of what becomes of the entry. */
static void edits_out_of_sight_are_not_told(void **state)
{
	struct net *n = three_nodes();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];
	struct hf_published p = must_publish(roads, "for all", "everyone"), q;
	size_t calls;

	(void)state;
	net_settle(n);
	assert_int_equal(site_rescope(roads, &p.id, "nodes:hub", &q), HF_OK);
	net_settle(n);
	site_up(n, SB_PORT);
	calls = n->calls;
	must_edit(roads, &p.id, "edited", "nodes:hub");
	net_settle(n);
	assert_int_equal(n->calls - calls, 1); /* the hub alone was told */
	calls = n->calls;
	assert_int_equal(site_rescope(roads, &p.id, "nodes:hub,port", &q), HF_OK);
	net_settle(n);
	assert_int_equal(n->calls - calls, 1); /* the port alone */
	calls = n->calls;
	must_withdraw(roads, &p.id);
	net_settle(n);
	assert_int_equal(n->calls - calls, 2); /* both who saw it */
	assert_int_equal(living_version(&n->site[SB_HUB], &p.id), 0);
	assert_int_equal(health->drafts, 0);
	net_free(n);
}

/* Of each version a node gets the same bytes, whatever becomes of the entry where it does not see it. */
static void a_tombstone_keeps_its_bytes(void **state)
{
	struct net *n = three_nodes();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];
	struct hf_published p = must_publish(roads, "for all", "everyone"), q;
	uint8_t before[4096], after[4096];
	size_t len;

	(void)state;
	net_settle(n);
	assert_int_equal(site_rescope(roads, &p.id, "nodes:hub", &q), HF_OK);
	net_settle(n);
	len = ask(n, health, roads, &p.id, before);
	must_withdraw(roads, &p.id); /* its tombstone has the number of the other one */
	net_settle(n);
	assert_int_equal(ask(n, health, roads, &p.id, after), len);
	assert_memory_equal(before, after, len);
	net_free(n);
}

/* An envelope made by hand. */
struct forged {
	const char *publisher, *issuer, *keyid, *space, *title;
	const struct hf_sign_key *key;
	struct hf_id id;
	uint32_t version;
	bool withdrawn;
	const struct hf_id *sample_of; /* NULL: of none */
};

static void forge(struct net *n, const struct forged *x, struct hf_buf *out)
{
	Hufu__CatalogEntry e = HUFU__CATALOG_ENTRY__INIT;
	Hufu__Header h = HUFU__HEADER__INIT;
	Hufu__MaskedSample sample = HUFU__MASKED_SAMPLE__INIT;
	struct hf_id message = hf_id_new(n->now_ms), task = hf_id_new(n->now_ms);
	uint8_t digest[32] = {1};

	if (!x->withdrawn)
		entry_wish(&e, x->title ? x->title : "forged");
	if (x->sample_of) {
		sample.of = (ProtobufCBinaryData){16, (uint8_t *)x->sample_of->b};
		sample.task = (ProtobufCBinaryData){16, task.b};
		sample.plan = (char *)"coarse";
		sample.plan_version = 1;
		sample.plan_digest = sample.digest = (ProtobufCBinaryData){32, digest};
		e.sample = &sample;
	}
	e.intake = (char *)(x->withdrawn ? "" : "hub");
	e.withdrawn = x->withdrawn;
	e.provider_decides = !x->withdrawn;
	h.suite = HF_SUITE_INTL_1;
	h.space = (char *)(x->space ? x->space : SB_SPACE);
	h.issuer = (char *)x->issuer;
	h.message_id = (ProtobufCBinaryData){16, message.b};
	h.time_ms = n->now_ms;
	e.header = &h;
	e.id = (ProtobufCBinaryData){16, (uint8_t *)x->id.b};
	e.version = x->version;
	e.publisher = (char *)x->publisher;
	hf_buf_clear(out);
	assert_int_equal(hf_envelope_make_message(x->key, x->keyid, HF_TYPE_CATALOG_ENTRY, &e.base, out), HF_OK);
}

struct answer {
	bool done;
	enum hf_err error;
};

static void on_answer(void *ctx, struct hf_reply *r)
{
	*(struct answer *)ctx = (struct answer){true, r->error};
}

static enum hf_err push_bytes(struct net *n, struct site *from, struct site *to, const struct hf_buf *envelope)
{
	Hufu__CatalogPush push = HUFU__CATALOG_PUSH__INIT;
	Hufu__Envelope *e = HF_DECODE(envelope, envelope->data, envelope->len), *list[] = {e};
	struct answer a = {false, HF_OK};
	uint8_t *body;
	size_t len;

	assert_non_null(e);
	push.entries = list;
	push.n_entries = 1;
	body = hf_encode(&push.base, &len);
	net_send(from, to->name, HF_MSG_CATALOG_PUSH, body, len, on_answer, &a);
	free(body);
	hf_decoded_free(e);
	net_settle(n);
	assert_true(a.done);
	return a.error;
}

static void entries_count_only_from_their_publisher(void **state)
{
	struct net *n = three_nodes();
	struct site *health = &n->site[SB_HEALTH], *hub = &n->site[SB_HUB];
	const struct hf_sign_key *hub_key = n->sb->key[SB_HUB][HF_KEY_ENVELOPE],
	                         *roads_key = n->sb->key[SB_ROADS][HF_KEY_ENVELOPE];
	struct hf_buf out = HF_BUF_INIT;
	struct forged x = {.publisher = "hub",
	                   .issuer = "hub",
	                   .keyid = "hub",
	                   .key = hub_key,
	                   .id = hf_id_new(n->now_ms),
	                   .version = 1};
	struct hf_published theirs;

	(void)state;
	x.key = roads_key; /* signed by another key */
	forge(n, &x, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_E_SIGNATURE);
	x = (struct forged){
	        .publisher = "roads", .issuer = "roads", .keyid = "roads", .key = roads_key, .id = x.id, .version = 1};
	forge(n, &x, &out); /* good, but brought by somebody else */
	assert_int_equal(push_bytes(n, hub, health, &out), HF_E_SIGNATURE);
	x = (struct forged){
	        .publisher = "roads", .issuer = "hub", .keyid = "hub", .key = hub_key, .id = x.id, .version = 1};
	forge(n, &x, &out); /* of somebody else's data */
	assert_int_equal(push_bytes(n, hub, health, &out), HF_E_SIGNATURE);
	x.publisher = "hub";
	x.space = "other.example";
	forge(n, &x, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_E_WRONG_SPACE);
	assert_int_equal(living_version(health, &x.id), 0);
	assert_string_equal(health->reason, "wrong-space");
	assert_int_equal(health->drafts, 4); /* each refusal is on record */
	x.space = NULL;
	forge(n, &x, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK);
	assert_int_equal(living_version(health, &x.id), 1);
	theirs = must_publish(&n->site[SB_ROADS], "flights", "everyone");
	net_settle(n);
	x.id = theirs.id; /* an id that another publisher uses: an entry of its own */
	x.version = 9;
	forge(n, &x, &out);
	/* Answered like anything else: the sender does not learn that the id is in use (SB-23). */
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK);
	assert_int_equal(push_bytes(n, hub, &n->site[SB_ROADS], &out), HF_OK); /* its own, too */
	assert_int_equal(version_of(health, "roads", &theirs.id), 1);
	assert_int_equal(version_of(health, "hub", &theirs.id), 9);
	assert_int_equal(version_of(&n->site[SB_ROADS], NULL, &theirs.id), 1); /* for its publisher it is its own */
	hf_buf_done(&out);
	net_free(n);
}

/* Who learns an id early cannot keep the entry from those who do not have it yet. */
static void an_id_cannot_be_taken_from_its_publisher(void **state)
{
	struct net *n = three_nodes();
	struct site *health = &n->site[SB_HEALTH], *hub = &n->site[SB_HUB], *roads = &n->site[SB_ROADS];
	struct hf_catalog_item it = {0};
	struct hf_buf out = HF_BUF_INIT;
	struct found x;
	struct forged f = {.publisher = "hub",
	                   .issuer = "hub",
	                   .keyid = "hub",
	                   .key = n->sb->key[SB_HUB][HF_KEY_ENVELOPE],
	                   .version = 1000};
	struct hf_published theirs;

	(void)state;
	health->down = true;
	theirs = must_publish(roads, "flights", "everyone");
	net_settle(n);
	assert_int_equal(living_version(hub, &theirs.id), 1);
	health->down = false;
	f.id = theirs.id;
	forge(n, &f, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK); /* before roads is heard */
	assert_int_equal(version_of(health, "hub", &theirs.id), 1000);
	sync_start(health->catalog, catalog_peer(health->catalog, "roads"));
	net_settle(n);
	assert_int_equal(version_of(health, "roads", &theirs.id), 1);
	assert_int_equal(hf_catalog_get(health->catalog, NULL, &theirs.id, &it), HF_E_CONFLICT); /* whose? */
	x = site_search(health, (struct hf_catalog_query){.limit = 10});
	assert_int_equal(x.count, 2);
	x = site_search(health, (struct hf_catalog_query){.publisher = "roads"});
	assert_int_equal(x.count, 1);
	must_withdraw(roads, &theirs.id); /* the other one's terms stay */
	net_settle(n);
	x = site_search(health, (struct hf_catalog_query){.limit = 10});
	assert_int_equal(x.count, 1);
	x = site_search(health, (struct hf_catalog_query){.publisher = "hub"});
	assert_int_equal(x.count, 1);
	assert_int_equal(living_version(health, &theirs.id), 1000);
	hf_buf_done(&out);
	net_free(n);
}

/* SB-10: nobody puts a sample beside another's entry, and none is a sample of itself. */
static void samples_are_of_entries_of_their_own_publisher(void **state)
{
	struct net *n = three_nodes();
	struct site *health = &n->site[SB_HEALTH], *hub = &n->site[SB_HUB];
	struct hf_published theirs = must_publish(&n->site[SB_ROADS], "flights", "everyone");
	struct hf_buf out = HF_BUF_INIT;
	struct forged f = {.publisher = "hub",
	                   .issuer = "hub",
	                   .keyid = "hub",
	                   .key = n->sb->key[SB_HUB][HF_KEY_ENVELOPE],
	                   .id = hf_id_new(n->now_ms),
	                   .version = 1};
	char of[HF_ID_TEXT];

	(void)state;
	net_settle(n);
	f.sample_of = &f.id;
	forge(n, &f, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_E_FORMAT);
	assert_int_equal(living_version(health, &f.id), 0);
	f.sample_of = &theirs.id;
	forge(n, &f, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK);
	hf_id_text(&theirs.id, of);
	assert_int_equal(site_search(health, (struct hf_catalog_query){.sample_of = of, .publisher = "roads"}).count,
	                 0);
	assert_int_equal(site_search(health, (struct hf_catalog_query){.sample_of = of, .publisher = "hub"}).count, 1);
	f.version = 2; /* the next version is a sample of nothing */
	f.sample_of = NULL;
	forge(n, &f, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK);
	assert_int_equal(site_search(health, (struct hf_catalog_query){.sample_of = of}).count, 0);
	hf_buf_done(&out);
	net_free(n);
}

static void versions_never_fall_and_contradictions_are_recorded(void **state)
{
	struct net *n = three_nodes();
	struct site *health = &n->site[SB_HEALTH], *hub = &n->site[SB_HUB];
	struct hf_buf first = HF_BUF_INIT, out = HF_BUF_INIT;
	struct forged x = {.publisher = "hub",
	                   .issuer = "hub",
	                   .keyid = "hub",
	                   .key = n->sb->key[SB_HUB][HF_KEY_ENVELOPE],
	                   .id = hf_id_new(n->now_ms),
	                   .version = 3};

	(void)state;
	forge(n, &x, &first);
	assert_int_equal(push_bytes(n, hub, health, &first), HF_OK);
	assert_int_equal(push_bytes(n, hub, health, &first), HF_OK); /* again: known */
	assert_int_equal(health->drafts, 0);
	x.title = "forged otherwise";
	forge(n, &x, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_E_CONFLICT);
	assert_string_equal(health->reason, "conflict");
	x.version = 2;
	forge(n, &x, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK);
	assert_int_equal(living_version(health, &x.id), 3);
	x.version = 4;
	x.withdrawn = true;
	forge(n, &x, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK);
	assert_int_equal(push_bytes(n, hub, health, &first), HF_OK); /* an old version does not bring it back */
	assert_int_equal(living_version(health, &x.id), 0);
	x.id = hf_id_new(n->now_ms); /* the end of something never held is not kept */
	forge(n, &x, &out);
	assert_int_equal(push_bytes(n, hub, health, &out), HF_OK);
	assert_false(hf_store_has(health->store, HF_TABLE_CATALOG, x.id.b, sizeof(x.id.b)));
	hf_buf_done(&first);
	hf_buf_done(&out);
	net_free(n);
}

static void messages_that_are_no_messages_are_refused(void **state)
{
	struct net *n = three_nodes();
	struct answer a = {false, HF_OK};

	(void)state;
	net_send(&n->site[SB_HUB], "health", HF_MSG_CATALOG_PUSH, "\xFF\xFF", 2, on_answer, &a);
	net_settle(n);
	assert_int_equal(a.error, HF_E_FORMAT);
	net_send(&n->site[SB_HUB], "health", HF_MSG_CATALOG_SYNC, "\x0A\x01x", 3, on_answer, &a);
	net_settle(n);
	assert_int_equal(a.error, HF_E_FORMAT);
	net_free(n);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void publish_many(struct net *n, struct site *s, unsigned count)
{
	char title[80];

	for (unsigned i = 0; i < count; i++) {
		snprintf(title, sizeof(title),
		         "\xE6\x9C\xBA\xE5\x9C\xBA\xE8\x88\xAA\xE7\x8F\xAD %u flights of district %u", i, i % 97);
		must_publish(s, title, i % 10 ? "everyone" : "nodes:hub");
		if (i % 1000 == 999)
			net_settle(n);
	}
	net_settle(n);
}

/* SB-22 at size: a new node receives everything in scope, in pages, and the rest stays unknown to it. HUFU_MANY sets
 * how many. */
static void a_new_node_receives_thousands(void **state)
{
	const char *text = getenv("HUFU_MANY");
	unsigned many = text ? (unsigned)strtoul(text, NULL, 10) : 3000;
	struct net *n = net_new();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];
	double start;

	(void)state;
	site_open(roads);
	site_source(roads, "flights");
	publish_many(n, roads, many);
	start = seconds();
	site_up(n, SB_HEALTH);
	print_message("%u entries in %.2f s\n", many, seconds() - start);
	assert_int_equal(catalog_peer(health->catalog, "roads")->held, many - (many + 9) / 10);
	start = seconds();
	assert_true(site_search(health,
	                        (struct hf_catalog_query){.text = "flights \xE8\x88\xAA\xE7\x8F\xAD 42", .limit = 50})
	                    .count >= 1);
	print_message("a search in %.2f ms\n", (seconds() - start) * 1e3);
	n->bytes = 0;
	site_up(n, SB_HEALTH);
	assert_true(n->bytes < 100); /* now they agree */
	net_free(n);
}

/* A list of ids longer than one request. */
static void more_entries_than_one_list_holds(void **state)
{
	struct net *n = three_nodes();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];
	struct hf_published last;
	size_t lost;

	(void)state;
	publish_many(n, roads, HF_CATALOG_HAVE + 1200);
	health->down = true;
	last = must_publish(roads, "the last one", "everyone");
	net_settle(n);
	site_up(n, SB_HEALTH);
	assert_int_equal(living_version(health, &last.id), 1);
	n->drop = 1; /* a lost request ends the round; the next one repairs */
	last = must_publish(roads, "one more", "everyone");
	net_settle(n);
	lost = living_version(health, &last.id) == 0 || living_version(&n->site[SB_HUB], &last.id) == 0;
	assert_true(lost);
	site_up(n, SB_HEALTH);
	site_up(n, SB_HUB);
	assert_int_equal(living_version(health, &last.id), 1);
	assert_int_equal(living_version(&n->site[SB_HUB], &last.id), 1);
	net_free(n);
}

static void closing_in_the_middle_leaves_nothing_behind(void **state)
{
	struct net *n = net_new();
	struct site *roads = &n->site[SB_ROADS], *health = &n->site[SB_HEALTH];

	(void)state;
	site_open(roads);
	site_source(roads, "flights");
	publish_many(n, roads, 900);
	site_open(health);
	while (catalog_peer(health->catalog, "roads")->sync.pages == 0)
		uv_run(&n->loop, UV_RUN_ONCE);
	site_close(health); /* a page is being verified, another one asked for */
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_push_reaches_the_nodes_in_scope_at_once),
	        cmocka_unit_test(a_node_that_was_away_catches_up),
	        cmocka_unit_test(equal_nodes_only_compare_digests),
	        cmocka_unit_test(a_narrower_scope_ends_the_entry_for_those_outside),
	        cmocka_unit_test(a_tombstone_made_while_away_arrives_later),
	        cmocka_unit_test(a_withdrawn_entry_leaves_lists_and_searches),
	        cmocka_unit_test(a_hidden_entry_answers_like_one_that_does_not_exist),
	        cmocka_unit_test(hidden_entries_change_no_digest),
	        cmocka_unit_test(no_page_mark_is_the_id_of_a_hidden_entry),
	        cmocka_unit_test(edits_out_of_sight_are_not_told),
	        cmocka_unit_test(a_tombstone_keeps_its_bytes),
	        cmocka_unit_test(entries_count_only_from_their_publisher),
	        cmocka_unit_test(an_id_cannot_be_taken_from_its_publisher),
	        cmocka_unit_test(samples_are_of_entries_of_their_own_publisher),
	        cmocka_unit_test(versions_never_fall_and_contradictions_are_recorded),
	        cmocka_unit_test(messages_that_are_no_messages_are_refused),
	        cmocka_unit_test(a_new_node_receives_thousands),
	        cmocka_unit_test(more_entries_than_one_list_holds),
	        cmocka_unit_test(closing_in_the_middle_leaves_nothing_behind),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
