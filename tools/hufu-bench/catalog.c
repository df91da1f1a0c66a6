/*
 * catalog.c - catalog-sync: how soon a new peer holds 10,000 entries of a publisher, and how long a search over 100,000
 * entries takes that shows only what the asker may see.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nng_base.h"
#include "pair.h"
#include "peek.h"

#define ENTRIES 10000u
#define MANY 100000u
#define ENTRIES_BRIEF 100u
#define MANY_BRIEF 1000u /* every word that is searched for stands in one */
#define PUBLISHERS 8u    /* connections that publish at once */
#define PAGE_BYTES ((size_t)450 << 10)
#define SEARCHES 40u
#define TABLE_BYTES 4096u
#define NEW_PEERS_MAX 9u
#define ADDRESS "tcp://127.0.2.206:7400"
#define SYNC_LIMIT_S 300u

struct run {
	struct bench *b;
	struct net net;
	struct net_node *publisher, *peer[NEW_PEERS_MAX];
	struct nng_base *nng;
	atomic_uint published;
	unsigned wanted;
	unsigned entries, many;
	atomic_bool failed;
	double *sync, *copy, *search;
	double bytes;
};

/* ---- publishing ---- */

/* One word in a hundred thousand is rare, one in a thousand is not; half of the entries are for one peer only. */
static json_t *entry_of(unsigned i, unsigned shared)
{
	char title[128], keyword[32];
	snprintf(title, sizeof(title), "通行记录 section %u of road %u", i, i % 1000);
	snprintf(keyword, sizeof(keyword), "k%u", i % 1000);
	json_t *entry = pair_entry("table", title);
	json_object_set_new(entry, "keywords", json_pack("[s, s]", "roads", keyword));
	if (i >= shared && i % 2)
		json_object_set_new(entry, "scope", json_string("nodes:peer-1"));
	return entry;
}

static void *publish(void *ctx)
{
	struct run *r = ctx;
	struct http *h = http_open(r->publisher, "publisher");
	if (!h)
		atomic_store(&r->failed, true);
	while (!atomic_load(&r->failed)) {
		unsigned i = atomic_fetch_add(&r->published, 1);
		if (i >= r->wanted)
			break;
		if (!http_call(h, "POST", "/v1/catalog/publish", entry_of(i, r->entries), NULL))
			atomic_store(&r->failed, true);
	}
	http_close(h);
	return NULL;
}

static bool publish_until(struct run *r, unsigned wanted)
{
	pthread_t thread[PUBLISHERS];
	unsigned started = 0;
	r->wanted = wanted;
	if (atomic_load(&r->published) > wanted)
		return false;
	while (started < PUBLISHERS && pthread_create(&thread[started], NULL, publish, r) == 0)
		started++;
	for (unsigned i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	atomic_store(&r->published, wanted);
	return started > 0 && !atomic_load(&r->failed);
}

/* ---- a new peer ---- */

static void add_size(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	*(double *)ctx += (double)value.len;
}

struct arrival {
	const struct net_node *peer;
	uint64_t entries;
};

static bool has_all(void *ctx)
{
	const struct arrival *a = ctx;
	uint64_t count = 0;
	return peek_count(a->peer, "catalog", &count) && count >= a->entries;
}

static bool sync_peer(struct run *r, struct net_node *peer, double *ret_s)
{
	struct arrival a = {peer, r->entries};
	double ready;
	int64_t begin = bench_now_us();
	bool ok = net_start_timed(peer, &ready) &&
	          net_wait_s(has_all, &a, "the new peer to hold every entry", SYNC_LIMIT_S);
	*ret_s = (double)(bench_now_us() - begin) / 1e6;
	r->bytes = 0;
	return ok && peek_rows(peer, "catalog", NULL, 0, add_size, &r->bytes) && net_stop(peer);
}

static bool copy_alone(struct run *r, double *ret_s)
{
	int64_t begin = bench_now_us();
	double rate = nng_base_window(r->nng, INT64_C(60000000), (uint64_t)(r->bytes / (double)PAGE_BYTES) + 1, NULL);
	*ret_s = (double)(bench_now_us() - begin) / 1e6;
	return rate > 0;
}

/* ---- searching ---- */

static bool search_once(struct http *h, unsigned i, double *ret_ms)
{
	char path[128];
	json_t *out = NULL;
	snprintf(path, sizeof(path),
	         i % 2 ? "/v1/catalog/search?text=section%%20k%u&limit=50"
	               : "/v1/catalog/search?text=road%%20%u&limit=50",
	         (i * 37) % 1000);
	int64_t begin = bench_now_us();
	bool ok = http_call(h, "GET", path, NULL, &out);
	*ret_ms = (double)(bench_now_us() - begin) / 1000;
	ok = ok && json_array_size(json_object_get(out, "entries")) > 0;
	json_decref(out);
	return ok;
}

static bool search_window(struct http *h, double *ret_ms)
{
	double ms[SEARCHES];
	for (unsigned i = 0; i < SEARCHES; i++)
		if (!search_once(h, i, &ms[i])) {
			fprintf(stderr, "hufu-bench: a search found nothing\n");
			return false;
		}
	*ret_ms = bench_median(ms, SEARCHES);
	return true;
}

static bool search_many(struct run *r)
{
	struct http *h = publish_until(r, r->many) ? http_open(r->publisher, "operator") : NULL;
	double ignored;
	bool ok = h && search_window(h, &ignored);
	for (unsigned i = 0; i < r->b->windows && ok; i++)
		ok = search_window(h, &r->search[i]);
	http_close(h);
	return ok;
}

/* ---- all of it ---- */

static bool prepare(struct run *r)
{
	char path[400], id[32];
	snprintf(path, sizeof(path), "%s/table.csv", r->b->dir);
	r->nng = nng_base_open(ADDRESS, 1, 64, PAGE_BYTES); /* forks, so before anything with threads */
	if (!r->nng || !tolls_write(path, TABLE_BYTES, 1) || !net_open(&r->net, r->b, "net"))
		return false;
	r->publisher = net_add(&r->net, "publisher");
	for (unsigned i = 0; i < r->b->windows && i < NEW_PEERS_MAX; i++) {
		snprintf(id, sizeof(id), "peer-%u", i + 1);
		r->peer[i] = net_add(&r->net, id);
	}
	return net_found(&r->net) && net_start(r->publisher) && net_admin(r->publisher) &&
	       net_user(r->publisher, "publisher", "publisher") && net_user(r->publisher, "owner", "data-authority") &&
	       net_user(r->publisher, "operator", "operator") && net_user(r->publisher, "approver", "approver") &&
	       net_mandate(r->publisher, "approver", "publish", PAIR_PURPOSE) &&
	       pair_source(r->publisher, "table", path) && publish_until(r, r->entries);
}

static void report(struct run *r)
{
	struct bench *b = r->b;
	bench_add(b, &(struct bench_result){.metric = "sync_s",
	                                    .unit = "s",
	                                    .value = bench_median(r->sync, b->windows),
	                                    .baseline = "raw copy of the same bytes over nng",
	                                    .baseline_value = bench_median(r->copy, b->windows),
	                                    .target = 3});
	bench_add(b, &(struct bench_result){.metric = "search_ms",
	                                    .unit = "ms",
	                                    .value = bench_median(r->search, b->windows),
	                                    .target = 10});
}

int bench_catalog_sync(struct bench *b)
{
	struct run *r = calloc(1, sizeof(*r));
	if (b->windows > NEW_PEERS_MAX)
		b->windows = NEW_PEERS_MAX;
	double *figures = calloc(3 * (size_t)b->windows, sizeof(double));
	bool ok = r && figures;
	if (ok) {
		r->b = b;
		r->entries = (unsigned)bench_count(b, ENTRIES, ENTRIES_BRIEF);
		r->many = (unsigned)bench_count(b, MANY, MANY_BRIEF);
		r->sync = figures;
		r->copy = figures + b->windows;
		r->search = figures + 2 * b->windows;
		ok = prepare(r);
		for (unsigned i = 0; i < b->windows && ok; i++)
			ok = sync_peer(r, r->peer[i], &r->sync[i]) && copy_alone(r, &r->copy[i]);
		ok = ok && search_many(r);
		net_done(&r->net);
		nng_base_close(r->nng);
	}
	if (ok)
		report(r);
	free(figures);
	free(r);
	return ok ? 0 : 1;
}
