/*
 * transfer.h - inside of node/exchange: one transfer in memory, its stored row, and what the files of this folder
 * share; long because every file of the folder meets here.
 *
 * gate.c answers requests (provider), serve.c seals and sends chunks, fetch.c asks (consumer), receive.c opens and
 * writes chunks, import.c ends a delivery, receipt.c closes it, end.c stops one. Loop thread, except the functions
 * named *_work.
 */
#ifndef HUFU_EXCHANGE_TRANSFER_H
#define HUFU_EXCHANGE_TRANSFER_H

#include <stdatomic.h>

#include "authz/uses.h"
#include "crypto/aead.h"
#include "exchange/allowance.h"
#include "exchange/drafts.h"
#include "exchange/exchange.h"
#include "exchange/leaves.h"
#include "exchange/license.h"
#include "exchange/states.h"
#include "exchange/target.h"
#include "exchange/traffic.h"
#include "source/load.h"
#include "source/stream.h"

#define CHUNK_BYTES HF_MAX_CHUNK
#define WINDOW_MAX 8u     /* chunks in flight of one transfer: with two sides in one node 16 MiB */
#define WINDOW_ALL 20u    /* chunks in flight of all transfers of a side: the memory budget */
#define ACK_BATCH 32u     /* chunks between two durable acknowledgements */
#define OPEN_PER_PEER 64u /* transfers to one consumer at a time */
#define IDLE_MS 60000     /* a source is closed when nobody asks; it opens again with the next chunk */
#define ASK_AGAIN_MS 1000 /* the clock alone may end a decision: a membership, a consent, an offer run out */
#define DENIALS_MAX 64
#define DENIALS_RECORDED 20u
#define DENIALS_WINDOW_MS 60000
#define NO_SLOT UINT64_MAX

static inline ProtobufCBinaryData id_or_none(struct hf_id *id)
{
	return hf_id_is_zero(id) ? (ProtobufCBinaryData){0, NULL} : (ProtobufCBinaryData){16, id->b};
}

struct transfer {
	struct hf_exchange *x;
	struct transfer *next;
	struct hf_id id;
	bool provider;
	char peer[HF_NAME_MAX + 1];
	enum transfer_state state;
	char reason_code[32], reason[400];
	struct hf_id grant, agreement, resource, negotiation;
	char account[HF_NAME_MAX + 1], system[HF_NAME_MAX + 1], address[64], source[HF_NAME_MAX + 1], output[512];
	char purpose[128];
	enum target_kind kind;       /* consumer: where it goes, */
	const struct target *target; /* and how */
	struct hf_load *load;        /* consumer: made by target->ready */
	struct hf_load_made made;    /* consumer: the file that was made of it in another form */
	bool load_told;              /* consumer: it waits for a database, and people know */
	uint32_t level;              /* consumer: by the label of the start */
	uint64_t slot;               /* sealed: of its key */
	struct hf_id derivation;     /* provider: of the source as it was at the start; zero: none */
	bool asked;                  /* provider: a chunk was asked for in this run */
	bool reopened;               /* provider: read from the store; how much was served before is not known */
	char class_grade[160], permission_review[520], consumer_authn[96], quality[16];
	char **fields;
	size_t field_count;
	char **rules; /* consumer: its own about the rows */
	size_t rule_count;
	char *rows_wanted; /* conditions that the rows meet (chosen.h); consumer: those asked for; NULL: all rows */
	struct hf_source_stamp stamp;
	uint64_t table_bytes, table_rows; /* provider, while open: of what there is of the source, whole */
	bool stream;                      /* messages of a stream (stream.h): those from one place to another; */
	struct hf_follow_place from, to;  /* to.at 0: not known yet */
	char mask_plan[HF_NAME_MAX + 1];  /* provider: by which it goes out masked (masked.h); "": as it is */
	struct hf_hash mask_digest;       /* of that plan at the start; zero: not opened yet */
	const char *mask_error;           /* kind of the plan's scheme for what went wrong (masked.h); NULL: nothing */
	bool mask_waits;                  /* by the scheme; that is recorded */
	uint64_t most_bytes;              /* what the start promised not to exceed */
	uint64_t bytes_total, bytes_done, acknowledged, rows, served, served_after_ack, generation;
	struct hf_hash root;
	struct hf_buf request, start, manifest, receipt; /* envelopes */
	struct hf_buf undelivered;                       /* one more, of an end that is on its way (undelivered.h) */
	int64_t started_ms, ended_ms;
	uint64_t basis_changes; /* provider: of the last decision, which holds while they are the same, */
	int64_t asked_ms;       /* for ASK_AGAIN_MS from then, */
	int64_t until_ms;       /* and until then */
	uint64_t systems;       /* consumer: changes of the register of systems when it was looked at, and one */
	bool importing, receipt_overdue;
	bool starting;    /* consumer: the start is being stored; nothing is asked for before */
	bool rows_taken;  /* consumer: of its account's allowance (DS-117) */
	bool manifest_ok; /* consumer: the manifest at hand bears the provider's signature */
	bool cleared;     /* consumer, ended: the partial file is gone and that is recorded */
	bool recorded;    /* provider: the decision is durable; nothing is served before. Consumer: the request is */
	enum hf_entry_state demands;    /* provider: nothing is served before the record of the decision is in it */
	uint64_t decided_at;            /* entry that ends that record */
	int64_t used_ms;                /* monotonic: the last chunk asked for */
	int64_t heard_ms, seen_ms;      /* provider: the consumer's last word, monotonic and by the clock */
	struct hf_merkle_range durable; /* over [0, acknowledged) */

	/* Provider, while open. */
	struct hf_source_reader *reader;
	struct masked *masked; /* masked.h; NULL: it goes out as it is */
	struct serve *serve;   /* serve.c */
	/* Consumer, while running. */
	struct receive *receive; /* receive.c */
	uint32_t retry_ms;
	uv_timer_t *retry;
	unsigned busy; /* work items and calls under way; the struct lives until they have ended */
	bool gone;     /* taken out of the list; freed when busy is 0 */
};

struct hf_exchange {
	const struct hf_base *base;
	struct hf_store *store;
	const struct hf_node_keys *keys;
	struct hf_identity *identity;
	struct hf_peers *peers;
	struct hf_ledger *ledger;
	struct hf_sources *sources;
	struct hf_catalog *catalog;
	struct hf_authz *authz;
	struct transfer *transfers; /* not ended, or ended with work still under way */
	struct hf_mail_row *mails;  /* ended by type 0 */
	uv_timer_t *watch;
	struct hf_scanner *scanner;         /* NULL: none */
	struct hf_exchange_masking masking; /* keys NULL: this node masks nothing */
	unsigned masked_open;
	atomic_uint masked_holding; /* masked.h */
	struct counting *counting;  /* disclosed.h; NULL: none */
	struct vault *vault;
	struct reading *readings; /* of sealed data, under way */
	unsigned loading;         /* workers that load what was delivered */
	struct hf_pace load_pace; /* and end with its stop */
	unsigned destroying;      /* sealed data whose key is being overwritten */
	int64_t destroy_after_ms; /* monotonic: not before, after a failure */
	bool recalling;           /* a step of what was recalled is being stored */
	atomic_bool stopping;     /* for workers: what takes long breaks off */
	struct hf_traffic *traffic;
	struct allowance *allowance;
	struct licenses *licenses;
	struct hf_transfer_limits limits;
	struct denials {
		char peer[HF_NAME_MAX + 1];
		int64_t since_ms;
		unsigned count;
	} denials[DENIALS_MAX];
	bool closing;
};

/* The use of the grant that a transfer is; texts point into it. */
struct hf_use transfer_use(const struct transfer *t);
/* drift.c: the source as it is now may be sent on, and what watches it on the way; NULL: nothing to be watched. */
struct hf_sample;
enum hf_err drift_open(struct transfer *t, const struct hf_source_stamp *now, struct hf_sample **ret_sample,
                       struct hf_fault *f) HF_MUST_CHECK;
/* The end of it; says which of the user's detectors were too slow for it. */
void drift_close(struct transfer *t, struct hf_sample *s);
/* After the sample said no. */
void drift_stop(struct transfer *t, const struct hf_sample *s);
/* rows.c */
enum hf_err transfer_load(struct hf_exchange *x, const struct hf_id *id, bool provider,
                          struct transfer **ret_t) HF_MUST_CHECK;
enum hf_err transfer_decode(struct hf_exchange *x, const void *data, size_t len, struct transfer **ret_t) HF_MUST_CHECK;
void transfer_put(struct hf_unit *u, const struct transfer *t);
bool transfer_stored(struct hf_exchange *x, const struct hf_id *id, bool provider);
void transfer_rules(struct transfer *t, const char *const *rules, size_t count);
struct transfer *transfer_new(struct hf_exchange *x, const struct hf_id *id, bool provider);
/* The transfer in memory, or NULL. */
struct transfer *transfer_find(struct hf_exchange *x, const struct hf_id *id, bool provider);
/* In memory, or loaded and then owned by the list when it has not ended; the caller frees an ended one with
 * transfer_release. */
enum hf_err transfer_get(struct hf_exchange *x, const struct hf_id *id, bool provider,
                         struct transfer **ret_t) HF_MUST_CHECK;
void transfer_release(struct transfer *t);
/* It ends, but that is not durable yet: nobody is told, who asks asks again. */
bool transfer_settling(const struct transfer *t);
bool transfer_firm(const struct transfer *t); /* the record of the decision is as firm as the terms demand */
void transfer_add(struct transfer *t);
/* Takes it out of the list; memory goes when nothing is under way any more. */
void transfer_drop(struct transfer *t);
void transfer_hold(struct transfer *t);
void transfer_unhold(struct transfer *t);
unsigned transfer_window(const struct transfer *t);

/* serve.c */
enum hf_err serve_open(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
void serve_close(struct transfer *t);
bool serve_idle(const struct transfer *t);
void serve_chunk(struct transfer *t, struct hf_request *take, const Hufu__ChunkGet *get);
/* label.c */
struct label_holder;
Hufu__Label *label_new(const struct transfer *t, const struct hf_catalog_item *item, const Hufu__Agreement *terms,
                       struct label_holder **ret_holder);
void label_free(struct label_holder *h);
/* The fields' labels in words, a field in a line; bounded. */
void label_text(const Hufu__Label *l, struct hf_buf *out);
/* The same of the start at hand, into the record (MK-22). */
void label_draft(struct hf_draft *d, const struct transfer *t);
/* export_check.c */
void content_key(const struct hf_exchange *x, const struct hf_id *transfer, uint8_t ret_key[32]);
/* gate.c */
void gate_on_request(struct hf_exchange *x, struct hf_request *take);
void gate_again(struct hf_exchange *x, struct hf_request *take); /* it waited (disclosed.h) */
/* What the decision point is asked for that request; borrows from all. */
struct hf_access_request access_of(const struct hf_exchange *x, const Hufu__TransferRequest *in,
                                   const Hufu__PersonCertificate *cert, const char *address);
/* The second authorization that the request carries (DS-86): OK when it is one for this very use; ret_text (may be
 * NULL) says whose, HF_USE_SECOND_TEXT bytes. */
enum hf_err second_of(const struct hf_exchange *x, const Hufu__TransferRequest *in, char *ret_text,
                      struct hf_fault *f) HF_MUST_CHECK;
/* Before every chunk: does the decision still stand, and is the source enabled? It is asked for anew, whole, when
 * something it rests on has changed. BUSY: not to be said at the moment, and no end. */
enum hf_err gate_still_permits(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
/* The source is there and enabled, and what people say of its fields by now is what the entry was published for. */
enum hf_err source_stands(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
/* Provider: the transfer ends with a receipt for data that is kept sealed; what the consumer is told of it from then on
 * (authz/use_state.h) begins with the unit. */
void access_delivered(struct transfer *t, struct hf_unit *u);
void fetch_send_request(struct transfer *t);
void fetch_retry(struct transfer *t);
/* The business system is still registered and enabled at this node. */
enum hf_err fetch_system_stands(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
bool fetch_passes(enum hf_err e); /* so that the same is asked again later */
enum hf_err receive_open(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
void receive_close(struct transfer *t);
void receive_pump(struct transfer *t);
void import_begin(struct transfer *t);
enum hf_err receipt_on_mail(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                            struct hf_unit *unit, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err receipt_make(struct transfer *t, const Hufu__Manifest *m, Hufu__Finding **findings, size_t count,
                         struct hf_unit *u) HF_MUST_CHECK;
/* idle.c: the consumer of a transfer has asked for something; ends and escalates what waits too long. */
void transfer_seen(struct transfer *t);
void idle_watch(struct hf_exchange *x);
/* passed.c: what goes out is derived: says so in the own draft, and tells the publishers of its sources. */
void passed_on(const struct transfer *t, struct hf_unit *u, struct hf_draft *own);
/* onward.c: for the catalog, of a struct hf_exchange; see onward.h */
enum hf_err onward_of_entry(void *ctx, const struct hf_id *derivation, const Hufu__CatalogEntry *entry,
                            struct hf_fault *f) HF_MUST_CHECK;
/* watch.c: DS-100 */
void traffic_seen(struct hf_exchange *x, const char *peer, enum hf_traffic_kind kind, uint64_t amount,
                  const struct hf_id *txn);
void traffic_of_row(struct hf_exchange *x, const struct transfer *t);
/* end.c */
/* Ends a transfer on this side with a reason: row, entries, cache wiped; tells the peer by mail when `tell`. Adds to
 * the unit. */
void end_transfer(struct transfer *t, enum hf_err reason, const char *text, bool tell, struct hf_unit *u);
/* The same in a unit of its own. */
void end_now(struct transfer *t, enum hf_err reason, const char *text, bool tell);
enum hf_err end_on_mail(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                        struct hf_unit *unit, struct hf_fault *f) HF_MUST_CHECK;
void end_on_request(struct hf_exchange *x, struct hf_request *take);
void end_on_revoked(void *ctx, const struct hf_id *grant, const char *reason);
/* Consumer, after the end: wipes the partial file, then records whether it is gone. After a delivery whose target has
 * `finish`: that, instead. */
void end_clear(struct transfer *t);

#endif
