/*
 * catalog.h - catalog entries: publishing, scopes, replication to the peers in scope, search.
 *
 * An entry is visible to a node when its scope says so; for all others it does not exist: not in a list, not by id, not
 * in an error text, not in a digest, sequence or page mark (SB-21 ... SB-23).
 */
#ifndef HUFU_CATALOG_CATALOG_H
#define HUFU_CATALOG_CATALOG_H

#include "catalog.pb-c.h"
#include "identity/identity.h"
#include "peers/peers.h"
#include "source/source.h"

struct hf_catalog;
enum hf_err hf_catalog_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                            struct hf_peers *peers, struct hf_sources *sources, struct hf_catalog **ret_catalog,
                            struct hf_fault *f) HF_MUST_CHECK;
void hf_catalog_close(struct hf_catalog *c);
/* Called after each commit that changed an own entry; one caller. fn NULL: nobody any more. */
void hf_catalog_on_changed(struct hf_catalog *c, void (*fn)(void *ctx, const struct hf_id *id), void *ctx);
/* HF_MSG_CATALOG_SYNC, HF_MSG_CATALOG_PUSH. */
void hf_catalog_on_request(struct hf_catalog *c, struct hf_request *take);

struct hf_catalog_item {
	Hufu__CatalogEntry *entry; /* owned by the item */
	uint8_t *envelope;         /* as signed */
	size_t envelope_len;
	struct hf_hash digest; /* of the envelope */
	bool own;
	char source[HF_NAME_MAX + 1]; /* own entries: the source behind it */
};
void hf_catalog_item_done(struct hf_catalog_item *it);
/* An entry of this node or one received, whatever its state. UNKNOWN when this node holds none. An id is unique with
 * its publisher only: with publisher NULL an own entry goes first, and CONFLICT means that several others use the id.
 * For own entries this is not a visibility check: use hf_catalog_visible before anything is said to a peer. */
enum hf_err hf_catalog_get(struct hf_catalog *c, const char *publisher, const struct hf_id *id,
                           struct hf_catalog_item *ret_item) HF_MUST_CHECK;
/* Rows that would be delivered now of an own entry: its source may have been scanned again since it was published. */
uint64_t hf_catalog_rows_now(struct hf_catalog *c, const struct hf_catalog_item *it);
/* The same for an own entry, NULL when there is none, kept decoded: borrowed until the next call or change. */
const struct hf_catalog_item *hf_catalog_own_item(struct hf_catalog *c, const struct hf_id *id);
/* May that node (or that principal "node/department") know of the entry? An own entry counts from its commit on. Own
 * departments: everyone and organization scopes include them, a nodes scope when it names this node or the department,
 * and the responsible department always; a version that is being committed is shown to none of them yet. */
bool hf_catalog_visible(struct hf_catalog *c, const struct hf_catalog_item *it, const char *principal);

/* Who may know of an entry. */
enum hf_scope_kind {
	HF_SCOPE_INVALID = 0,
	HF_SCOPE_EVERYONE = 1,     /* every member of the space */
	HF_SCOPE_NODES = 2,        /* node ids, and "self/department" for own departments */
	HF_SCOPE_ORGANIZATION = 3, /* members whose organization is the name or begins with the name and a dot */
};
struct hf_scope {
	enum hf_scope_kind kind;
	char **names; /* owned; hf_scope_done */
	size_t count;
};
/* "everyone", "nodes:a,b,self/roads", "organization:cn.gd". */
enum hf_err hf_scope_parse(const char *text, struct hf_scope *ret_scope, struct hf_fault *f) HF_MUST_CHECK;
void hf_scope_done(struct hf_scope *s);
/* The same text again. */
void hf_scope_text(const struct hf_scope *s, struct hf_buf *out);

/* What a person wants to publish. */
#define HF_DUTIES_MAX 8u /* that a publication adds to its offer */
struct hf_publication {
	/* title, description, department, topic, keywords, class, level, sensitive, personal, sharing, condition,
	 * criteria, intake (empty: this node), provider_decides, update cycle, validity, legal basis, sample (of; task
	 * or empty: the source's). id: empty for a new entry, or the own entry whose next version this is. fields: only
	 * those whose level, marks or description differ (level 0: the entry's). The rest is filled in from the source
	 * and by signing. Borrowed, not changed. */
	const Hufu__CatalogEntry *entry;
	const char *source;
	const struct hf_scope *scope;
	const char *mode;             /* NULL: "transfer" */
	const char *purpose;          /* of the publication (DS-23) */
	const char *by;               /* account */
	const char *duty;             /* of hf_entry_state_of_duty; NULL: none */
	const uint8_t *by_name;       /* 32 bytes: its real-name reference; NULL: not known */
	const struct hf_id *consents; /* consent.h: what the use of personal information rests on */
	size_t consent_count;         /* 0: as before */
};
struct hf_published {
	struct hf_id id;
	uint32_t version;
	struct hf_hash digest; /* of the envelope */
	struct hf_id mandate;  /* mandate.h: that let the entry be published */
};
typedef enum hf_err (*hf_catalog_derived_fn)(void *ctx, const struct hf_id *derivation, const Hufu__CatalogEntry *entry,
                                             struct hf_fault *f);
void hf_catalog_on_derived(struct hf_catalog *c, hf_catalog_derived_fn fn, void *ctx); /* may it offer that? */
/* Checks, signs, and adds to the unit what the commit makes true; after it the peers in scope are told. Refused: what
 * lacks class, level, purpose, a condition (conditional), a legal basis or consent record (personal), a scanned and
 * enabled source, a mandate that covers it (mandate.h), or names an unknown intake node, scope, field or delivery mode.
 */
enum hf_err hf_catalog_publish(struct hf_catalog *c, const struct hf_publication *p, struct hf_unit *unit,
                               struct hf_published *ret_published, struct hf_fault *f) HF_MUST_CHECK;
/* The entry ends for all who could see it. */
enum hf_err hf_catalog_withdraw(struct hf_catalog *c, const struct hf_id *id, struct hf_unit *unit,
                                struct hf_published *ret_published, struct hf_fault *f) HF_MUST_CHECK;
/* Another scope: new ones receive the entry, those outside from now on a tombstone. */
struct hf_rescope {
	const struct hf_scope *scope;
	const char *purpose, *by;
	const uint8_t *by_name; /* as above */
};
enum hf_err hf_catalog_rescope(struct hf_catalog *c, const struct hf_id *id, const struct hf_rescope *to,
                               struct hf_unit *unit, struct hf_published *ret_published,
                               struct hf_fault *f) HF_MUST_CHECK;

/* What only the publisher's own people see of an entry. */
struct hf_catalog_own {
	struct hf_scope scope;
	char source[HF_NAME_MAX + 1];
	char by[HF_NAME_MAX + 1];
	char purpose[512];
	bool withdrawn;
	struct hf_id mandate;     /* zero: published before there were any */
	struct hf_id consents[8]; /* the first ones */
	size_t consent_count;
};
enum hf_err hf_catalog_own(struct hf_catalog *c, const struct hf_id *id, struct hf_catalog_own *ret_own) HF_MUST_CHECK;
void hf_catalog_own_done(struct hf_catalog_own *o);
/* Is there a living own entry on that source? */
bool hf_catalog_uses_source(const struct hf_catalog *c, const char *source);

/* Searching. Every condition that is set must hold; text: every word of it (Chinese: every two characters in a row). */
struct hf_catalog_query {
	const char *text, *topic, *publisher, *data_class, *department, *sample_of; /* NULL or "": any */
	uint32_t level, sharing;                                                    /* 0: any */
	const char *principal; /* who asks: sees what hf_catalog_visible allows; NULL: all that this node holds */
	bool own;              /* only entries of this node */
	struct hf_id after;    /* page mark of the answer before, for nobody's eyes; zero: from the start */
	size_t limit;          /* at most HF_CATALOG_PAGE */
};
#define HF_CATALOG_PAGE 200u
typedef bool (*hf_catalog_item_fn)(void *ctx, const struct hf_catalog_item *it);
/* Living entries only. ret_next: zero when complete; otherwise pass it as `after`; a page may hold fewer than limit,
 * even none, and still have a next one: the work of one call is bounded. */
enum hf_err hf_catalog_search(struct hf_catalog *c, const struct hf_catalog_query *q, hf_catalog_item_fn fn, void *ctx,
                              struct hf_id *ret_next, struct hf_fault *f) HF_MUST_CHECK;
/* A page mark on its way out and back. A page may end at an entry that the asker may not see, so the mark is sealed
 * with a key of this run of the node (SB-23). False: no mark of this run. */
#define HF_CATALOG_MARK 113 /* with its final NUL */
void hf_catalog_mark(const struct hf_catalog *c, const struct hf_id *next, char out[HF_CATALOG_MARK]);
bool hf_catalog_mark_read(const struct hf_catalog *c, const char *text, struct hf_id *ret_after) HF_MUST_CHECK;

#endif
