/*
 * internal.h - what the files of this folder share.
 *
 * own.c keeps every own entry's version and scope in memory, because each sync of each peer asks for them all; what
 * changes there changes after the commit. rows.c reads and writes the three tables. publish.c makes entries, receive.c
 * takes those of others in, sync.c answers and asks, push.c tells at once. scope.c, terms.c and search.c are on their
 * own.
 */
#ifndef HUFU_CATALOG_INTERNAL_H
#define HUFU_CATALOG_INTERNAL_H

#include "base/mem.h"
#include "catalog/own.h"
#include "catalog/renewed.h"
#include "catalog/terms.h"

#define HF_CATALOG_BATCH_BYTES (450u << 10) /* envelopes in one message */
#define HF_CATALOG_BATCH_COUNT 1000u
#define HF_CATALOG_HAVE 8000u       /* ids in one sync request */
#define HF_CATALOG_PER_PEER 200000u /* entries of one publisher, tombstones too */
#define HF_CATALOG_SYNC_MS 60000
#define HF_CATALOG_CALL_MS 30000u
#define HF_CATALOG_PAGES 3u /* of one sync under way at once */

struct sync_state {
	bool running, again;
	bool compared;  /* the digests were compared and differ: lists follow */
	bool asked;     /* a request is out */
	unsigned pages; /* being taken in */
	bool more;      /* a further page is known at `after` */
	struct hf_id after;
};
struct push_state {
	struct hf_id *ids; /* changed, not yet told */
	size_t count, cap;
	bool running;
};
/* One other member. */
struct peer {
	struct peer *next;
	struct hf_name id;
	size_t held; /* entries and tombstones received from it */
	struct sync_state sync;
	struct push_state push;
	/* The digest of what it may see here, and what that was made from. */
	uint64_t digest_generation, digest_descriptor;
	struct hf_hash digest;
};

struct hf_catalog {
	const struct hf_base *base;
	struct hf_store *store;
	const struct hf_node_keys *keys;
	struct hf_peers *peers;
	struct hf_sources *sources;
	struct own_index own;
	struct peer *others;
	uint8_t mark_key[32]; /* of this run */
	uv_timer_t sync_timer, push_timer;
	unsigned references; /* one for each call, job, unit or handle that will come back */
	bool closing;
	struct catalog_cache *cache; /* cache.c; NULL: empty */
	void (*on_changed)(void *ctx, const struct hf_id *id);
	void *on_changed_ctx;
	hf_catalog_renewed_fn renewed; /* NULL: nobody is told */
	void *renewed_ctx;
	hf_catalog_derived_fn derived; /* NULL: nothing that was derived is published */
	void *derived_ctx;
	struct hf_release *release; /* sample.h */
};
void catalog_cache_free(struct hf_catalog *c);
void catalog_ref(struct hf_catalog *c);
void catalog_unref(struct hf_catalog *c);
/* Never NULL for the name of a member; NULL for another one that was never seen. */
struct peer *catalog_peer(struct hf_catalog *c, const char *node);

/* catalog.c */
enum hf_err item_from_row(const Hufu__CatalogRow *row, struct hf_catalog_item *ret_item) HF_MUST_CHECK;
/* May that principal know of the own entry? */
bool own_visible(const struct hf_catalog *c, const struct own_entry *e, const char *principal);
/* own.c: what a node should hold of e, NULL: of nothing. */
struct holding {
	uint32_t version; /* 0: it may know nothing */
	bool tombstone;
	bool closed; /* the tombstone made for those that the scope left behind, not the entry's own end */
};
struct holding own_holding(const struct hf_catalog *c, const struct own_entry *e, const char *node);

/* rows.c */
void row_done(Hufu__CatalogRow **row);
void entry_done(Hufu__CatalogEntry **entry);
/* UNKNOWN; STORE when it does not decode. The row is freed with hf_decoded_free. */
#define HF_ENTRY_KEY_MAX (sizeof(struct hf_id) + HF_NAME_MAX)
enum hf_err row_get(struct hf_catalog *c, const char *publisher, const struct hf_id *id,
                    Hufu__CatalogRow **ret_row) HF_MUST_CHECK;
/* Every entry under that id, in order of publisher; row does not outlive fn, false stops. */
enum hf_err rows_with(struct hf_catalog *c, const struct hf_id *id,
                      bool (*fn)(void *ctx, const char *publisher, struct hf_bytes row), void *ctx) HF_MUST_CHECK;
bool row_has_term(struct hf_catalog *c, const struct hf_id *id, const char *publisher, const char *term);
/* The entry inside an encoded envelope that is known to be good. */
enum hf_err row_entry(const void *envelope, size_t len, Hufu__CatalogEntry **ret_entry) HF_MUST_CHECK;
/* Writes row and its place among the publisher's; the search terms of `was` go, those of `is` come (NULL: none). */
enum hf_err row_put(struct hf_unit *u, const struct hf_id *id, const Hufu__CatalogRow *row,
                    const Hufu__CatalogEntry *was, const Hufu__CatalogEntry *is) HF_MUST_CHECK;
/* Entries and tombstones held of a publisher in order of id after `after`; false stops. */
enum hf_err rows_of(struct hf_catalog *c, const char *publisher, const struct hf_id *after,
                    bool (*fn)(void *ctx, const struct hf_id *id, uint32_t version, bool withdrawn),
                    void *ctx) HF_MUST_CHECK;

/* receive.c: entries that came from a peer; their signatures are verified in the worker pool. fn once, on the loop,
 * after the commit: OK when every entry was taken in or was known, otherwise the first refusal. */
typedef void (*received_fn)(void *ctx, enum hf_err e, const struct hf_fault *f);
void receive_entries(struct hf_catalog *c, struct peer *from, Hufu__Envelope **envelopes, size_t count, received_fn fn,
                     void *ctx);

/* consent.c: all of them are there and in force. */
enum hf_err consents_check(struct hf_catalog *c, const ProtobufCBinaryData *ids, size_t count,
                           struct hf_fault *f) HF_MUST_CHECK;

/* sync.c */
void sync_start(struct hf_catalog *c, struct peer *p);
void sync_on_request(struct hf_catalog *c, struct hf_request *take);
/* push.c */
/* Before the index follows: tells those, and only those, who should hold something else from now on. */
void push_changed(struct hf_catalog *c, const struct own_entry *is);
void push_now(struct hf_catalog *c);
void push_on_request(struct hf_catalog *c, struct hf_request *take);
/* Adds the version of an own entry that a node should hold to list. False when it does not fit any more. */
struct batch {
	Hufu__Envelope **envelopes; /* decoded, owned */
	size_t count, bytes;
};
bool batch_add(struct hf_catalog *c, struct batch *b, const struct own_entry *e, const char *node);
void batch_done(struct batch *b);

#endif
