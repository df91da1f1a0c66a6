/*
 * exchange.h - transfers: the gate in front of every byte (PEP), packages, chunks, resume, receipts.
 *
 * The provider's gate asks authz for a decision at the start and re-checks the grant's generation at every chunk. The
 * consumer imports atomically, and signs the receipt. Constant memory whatever the size. State table: Dataspace
 * Protocol transfer process.
 */
#ifndef HUFU_EXCHANGE_EXCHANGE_H
#define HUFU_EXCHANGE_EXCHANGE_H

#include <jansson.h>

#include "authz/authz.h"
#include "transfer.pb-c.h"

struct hf_exchange;
enum hf_err hf_exchange_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                             struct hf_identity *identity, struct hf_peers *peers, struct hf_ledger *ledger,
                             struct hf_sources *sources, struct hf_catalog *catalog, struct hf_authz *authz,
                             struct hf_exchange **ret_exchange, struct hf_fault *f) HF_MUST_CHECK;
void hf_exchange_close(struct hf_exchange *x);
/* Before start: what is examined before it is taken in (NULL: nothing), and when traffic is abnormal (DS-100). */
struct hf_scanner;
struct hf_traffic_policy;
void hf_exchange_set_scanner(struct hf_exchange *x, struct hf_scanner *scanner);
void hf_exchange_set_traffic(struct hf_exchange *x, const struct hf_traffic_policy *p);
/* Before start: the masking keys, and the plans that deliveries name: the newest approved one, hf_plan_free. */
struct hf_mask_keys;
struct hf_plan;
struct hf_plan_table;
struct hf_release_joint;
struct hf_exchange_masking {
	struct hf_mask_keys *keys;
	enum hf_err (*plan)(void *ctx, const char *name, struct hf_plan **ret_plan, struct hf_fault *f);
	/* Of that version, in whatever state it is. */
	enum hf_err (*version)(void *ctx, const char *name, uint32_t version, struct hf_plan **ret_plan,
	                       struct hf_fault *f);
	/* Is that table of the plan, over that source, masked alike with what belongs to it elsewhere? */
	enum hf_err (*related)(void *ctx, const struct hf_plan *p, const char *source, const char *table,
	                       struct hf_fault *f);
	void *ctx;
	/* By which that masking task made what it released; the table is of the plan. NULL: nothing here is made so. */
	enum hf_err (*made)(void *ctx, const struct hf_id *task, struct hf_plan **ret_plan,
	                    const struct hf_plan_table **ret_table, struct hf_fault *f);
	/* Plans cannot all be read yet, since the node has just started; NULL: they can. */
	bool (*waits)(void *ctx);
	/* Adds the files that the plans of these releases read (release/joint.h). NULL: there are none. */
	void (*files)(void *ctx, struct hf_release_joint *j);
};
void hf_exchange_set_masking(struct hf_exchange *x, const struct hf_exchange_masking *m);
/* How long a consumer may stay away, at the provider; 0: the default. */
#define HF_TRANSFER_IDLE_SECONDS 86400u
#define HF_TRANSFER_RECEIPT_SECONDS 900u
struct hf_transfer_limits {
	uint32_t idle_seconds;    /* without a word before everything was sent: then it has abandoned the transfer */
	uint32_t receipt_seconds; /* until the receipt is due (DS-59) */
};
void hf_exchange_set_limits(struct hf_exchange *x, const struct hf_transfer_limits *limits);
/* Resumes what was under way when the node last stopped (DS-71); after the peers are there. */
void hf_exchange_start(struct hf_exchange *x);
/* HF_MSG_TRANSFER_REQUEST, HF_MSG_CHUNK_GET, HF_MSG_TRANSFER_END. */
void hf_exchange_on_request(struct hf_exchange *x, struct hf_request *take);
/* Rows for the mail table (receipt, transfer-end), ended by type 0. */
const struct hf_mail_row *hf_exchange_mails(struct hf_exchange *x);

/* Consumer: begins to fetch. The statement "access" is signed by the actor. ret_transfer is the transfer's id and
 * transaction. The unit gets the transfer row and the draft's object; the request is sent after the commit. output:
 * absolute path of a file that must not exist; none: the data is kept sealed. MUST_SEAL: it may go nowhere else. */
struct hf_follow_place; /* source/stream.h */
struct hf_fetch {
	struct hf_id grant; /* or zero, then: */
	struct hf_id resource;
	const char *publisher; /* by a rule: whose entry, when several members use the same id; NULL: the only one */
	const char *system;
	const char *purpose;   /* NULL: the agreement's */
	const char *mechanism; /* the one to be asked for (AZ-66); NULL: any */
	const char *const *fields;
	size_t field_count;
	const char *rows;   /* conditions on fields that are granted, besides those of the terms; NULL or "": none */
	const char *output; /* NULL or "": kept sealed by the node (data.h) */
	const char *format; /* of the file: "csv.zst", "jsonl", "jsonl.zst"; NULL or "": CSV as it comes */
	const char *to;     /* "NAME/TABLE" of a registered database (source/outlet.h), instead of output */
	const struct hf_follow_place *stream; /* hf_exchange_subscribe's; NULL: a table */
	const char *const *quality;           /* the consumer's own rules about its rows (source/readers/csv_rules.h) */
	size_t quality_count;
};
enum hf_err hf_exchange_fetch(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_fetch *in,
                              struct hf_unit *unit, struct hf_draft *draft, struct hf_id *ret_transfer,
                              struct hf_fault *f) HF_MUST_CHECK;
/* Consumer: the next messages of a stream, into FOLDER/PLACE.csv, where PLACE are the bytes in front of them, of 20
 * digits. The node knows how far they are here, by entry, system and folder; what asks for them already is named
 * instead. in->output is passed over. */
struct hf_subscription {
	struct hf_id transfer;             /* that brings them */
	bool waits;                        /* it was begun before */
	uint64_t at, deliveries, messages; /* that are here */
};
enum hf_err hf_exchange_subscribe(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_fetch *in,
                                  const char *folder, struct hf_unit *unit, struct hf_draft *draft,
                                  struct hf_subscription *ret_s, struct hf_fault *f) HF_MUST_CHECK;
/* Either side. */
enum hf_err hf_exchange_cancel(struct hf_exchange *x, const struct hf_id *transfer, const char *reason,
                               struct hf_unit *unit, struct hf_fault *f) HF_MUST_CHECK;

/* DS-15: the account was deregistered: what its person began to fetch and what is not all here yet ends with the unit.
 */
void hf_exchange_end_of(struct hf_exchange *x, const char *account, struct hf_unit *unit);

/* Does a delivery that has not ended go into that registered database? */
bool hf_exchange_loads_into(const struct hf_exchange *x, const char *outlet);

struct hf_transfer_view {
	struct hf_id transfer, grant, agreement, resource;
	char peer[HF_NAME_MAX + 1];
	char system[HF_NAME_MAX + 1];
	bool provider;  /* this node's role */
	char state[16]; /* REQUESTED, STARTED, SUSPENDED, COMPLETED, TERMINATED */
	char reason_code[32];
	char reason[400];
	uint64_t bytes_total, bytes_done, chunks, acknowledged;
	uint64_t served, served_after_ack; /* provider's own counters */
	uint64_t rows;
	struct hf_hash root;
	char quality[16];
	char output[512];
	bool sealed;        /* consumer: kept sealed instead */
	const char *format; /* consumer: of the file; NULL: it is none */
	bool receipt;       /* consumer: signed; provider: received and verified */
	int64_t started_ms, ended_ms;
};
enum hf_err hf_exchange_view(struct hf_exchange *x, const struct hf_id *transfer,
                             struct hf_transfer_view *ret_view) HF_MUST_CHECK;
/* What the fields hold and how they were treated, as the provider signed it; in the order of the data. */
struct Hufu__FieldLabel;
typedef void (*hf_field_label_fn)(void *ctx, const struct Hufu__FieldLabel *l);
enum hf_err hf_exchange_labels(struct hf_exchange *x, const struct hf_id *transfer, hf_field_label_fn fn,
                               void *ctx) HF_MUST_CHECK;
/* What masking leaves of it, as its provider measured it (release/engine/measure.h). NULL: nothing was. The caller's.
 */
json_t *hf_exchange_effect(struct hf_exchange *x, const struct hf_id *transfer);
/* What the consumer signed of it in the receipt (DS-58); nothing while there is none. */
struct Hufu__Finding;
typedef void (*hf_quality_fn)(void *ctx, const struct Hufu__Finding *f);
enum hf_err hf_exchange_findings(struct hf_exchange *x, const struct hf_id *transfer, hf_quality_fn fn,
                                 void *ctx) HF_MUST_CHECK;
/* Newest first. */
typedef bool (*hf_transfer_fn)(void *ctx, const struct hf_transfer_view *v);
enum hf_err hf_exchange_list(struct hf_exchange *x, hf_transfer_fn fn, void *ctx) HF_MUST_CHECK;

#endif
