/*
 * catalog_request_fuzz.c - bodies of catalog requests from an authenticated peer, at a node with entries that the peer
 * may see and one that it may not: the handler answers exactly once, and never with a byte of what is hidden. The first
 * byte chooses the message.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/internal.h"
#include "crypto/crypto.h"
#include "unit/catalog/leave.h"
#include "unit/evidence/space_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HIDDEN "never-to-be-seen"

struct hf_peers {
	struct hf_space *space;
};
struct hf_request {
	uint32_t type;
	struct hf_bytes body;
	bool answered;
};
static struct world {
	uv_loop_t loop;
	struct hf_base base;
	struct hf_store *store;
	struct hf_node_keys keys;
	struct hf_peers peers;
	struct hf_sources *sources;
	struct hf_catalog *catalog;
	char dir[64];
} world;

/* What the catalog calls of peers.h and channel.h: nobody else is there. */
const struct hf_space *hf_peers_space(const struct hf_peers *p)
{
	return p->space;
}

void hf_peers_on_up(struct hf_peers *p, void (*fn)(void *ctx, const char *peer), void *ctx)
{
	(void)p;
	(void)fn;
	(void)ctx;
}

void hf_peers_on_change(struct hf_peers *p, void (*fn)(void *ctx), void *ctx)
{
	(void)p;
	(void)fn;
	(void)ctx;
}

void hf_peers_call(struct hf_peers *p, const char *peer, enum hf_msg type, const struct hf_id *trace, const void *body,
                   size_t len, uint32_t timeout_ms, hf_reply_fn fn, void *ctx)
{
	(void)p;
	(void)peer;
	(void)type;
	(void)trace;
	(void)body;
	(void)len;
	(void)timeout_ms;
	(void)fn;
	(void)ctx;
	abort(); /* no peer is up */
}

size_t hf_peers_list(struct hf_peers *p, struct hf_peer_view *out, size_t cap)
{
	(void)p;
	(void)out;
	(void)cap;
	return 0;
}

const char *hf_request_peer(const struct hf_request *r)
{
	(void)r;
	return "health";
}

uint32_t hf_request_type(const struct hf_request *r)
{
	return r->type;
}

struct hf_bytes hf_request_body(const struct hf_request *r)
{
	return r->body;
}

void hf_request_reply(struct hf_request *r, enum hf_err error, const char *text, const void *body, size_t len)
{
	(void)error;
	if (r->answered || (len && memmem(body, len, HIDDEN, strlen(HIDDEN))) || (text && strstr(text, HIDDEN)))
		abort();
	r->answered = true;
}

static int64_t now(void *ctx)
{
	(void)ctx;
	return SB_T0;
}

static enum hf_err sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                            uint64_t *ret_index)
{
	(void)ctx;
	(void)txn;
	(void)drafts;
	for (size_t i = 0; i < count; i++)
		ret_index[i] = i;
	return HF_OK;
}

static void sequenced(void *ctx, bool ok)
{
	(void)ctx;
	(void)ok;
}

static void must(enum hf_err e)
{
	if (e != HF_OK)
		abort();
}

static void on_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	must(e);
	*(bool *)ctx = true;
}

static void run_until(const bool *flag)
{
	while (!*flag)
		uv_run(&world.loop, UV_RUN_ONCE);
}

static void publish(const char *title, enum hf_scope_kind kind)
{
	char *names[] = {(char *)"hub"};
	struct hf_scope scope = {kind, kind == HF_SCOPE_NODES ? names : NULL, kind == HF_SCOPE_NODES};
	Hufu__CatalogEntry e = HUFU__CATALOG_ENTRY__INIT;
	struct hf_publication p = {.entry = &e, .source = "flights", .scope = &scope, .purpose = "fuzzing"};
	struct hf_published out;
	struct hf_fault f;
	struct hf_unit *u = hf_unit_new();
	bool done = false;

	e.title = (char *)title;
	e.data_class = (char *)"a/b";
	e.level = 1;
	e.sharing = 1;
	e.provider_decides = true;
	must(hf_catalog_publish(world.catalog, &p, u, &out, &f));
	hf_store_submit(world.store, u, on_done, &done);
	run_until(&done);
}

static void open_space(void)
{
	static char *roles[] = {(char *)"provider"};
	struct sb_space *sb = sb_new(7);
	struct hf_sign_pub root;
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f;

	for (size_t i = 0; i < SB_NODES; i++) {
		sb->member[i].roles = roles;
		sb->member[i].n_roles = 1;
	}
	memcpy(root.b, sb->root_pub, sizeof(root.b));
	world.peers.space = hf_space_new(&root);
	sb_sign(sb, &envelope);
	must(hf_space_extend(world.peers.space, envelope.data, envelope.len, &f));
	hf_buf_done(&envelope);
	world.keys.envelope = HF_TAKE(sb->key[SB_ROADS][HF_KEY_ENVELOPE]);
	sb_free(sb);
}

static void add_source(void)
{
	static struct hf_source_field fields[] = {
	        {"id", "integer", 0, {.state = HF_CLASS_CONFIRMED, .data_class = "none"}, "", 0}};
	struct hf_source_view v = {.name = "flights",
	                           .kind = "csv",
	                           .path = "/data/flights.csv",
	                           .enabled = true,
	                           .scanned_ms = 1,
	                           .fields = fields,
	                           .field_count = 1};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f;
	static char *purposes[] = {(char *)"fuzzing"};
	bool done = false;

	must(hf_source_put(world.sources, u, &v, &f));
	leave_publish(u, hf_now_ms(&world.base.clock), purposes, 1);
	hf_store_submit(world.store, u, on_done, &done);
	run_until(&done);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	nftw(world.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void open_world(void)
{
	const struct hf_sequencer seq = {sequence, sequenced, NULL, NULL};
	struct hf_fault f;

	if (!hf_crypto_init() || uv_loop_init(&world.loop) != 0)
		abort();
	snprintf(world.dir, sizeof(world.dir), "/tmp/hufu-fuzz-XXXXXX");
	if (!mkdtemp(world.dir))
		abort();
	atexit(clean_up);
	world.base = (struct hf_base){.loop = &world.loop, .clock = {now, now, NULL}};
	snprintf(world.base.dir, sizeof(world.base.dir), "%s", world.dir);
	snprintf(world.base.self.s, sizeof(world.base.self.s), "roads");
	open_space();
	must(hf_store_open(&world.base, &world.store, &f));
	hf_store_set_sequencer(world.store, &seq);
	must(hf_sources_open(&world.base, world.store, NULL, &world.sources, &f));
	must(hf_catalog_open(&world.base, world.store, &world.keys, &world.peers, world.sources, &world.catalog, &f));
	add_source();
	publish("open", HF_SCOPE_EVERYONE);
	publish(HIDDEN, HF_SCOPE_NODES);
	publish("open too", HF_SCOPE_EVERYONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_request r = {.type = HF_MSG_CATALOG_SYNC};

	if (!world.catalog)
		open_world();
	if (size == 0 || size > (512u << 10))
		return 0;
	if (data[0] & 1)
		r.type = HF_MSG_CATALOG_PUSH;
	r.body = (struct hf_bytes){data + 1, size - 1};
	hf_catalog_on_request(world.catalog, &r);
	run_until(&r.answered);
	return 0;
}
