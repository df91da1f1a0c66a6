/*
 * tally_internal.h - what the files of the tally check share: tally.c (the file and its frame), tally_docs.c (form and
 * order of the documents), tally_bind.c (negotiation), tally_transfer.c (transfer), tally_ledgers.c (entries,
 * checkpoints, commitments), tally_recorded.c (which entry records which document), tally_cast.c (who acted in which
 * part), tally_order.c (what stands before what).
 */
#ifndef HUFU_EVIDENCE_TALLY_INTERNAL_H
#define HUFU_EVIDENCE_TALLY_INTERNAL_H

#include "catalog.pb-c.h"
#include "contract.pb-c.h"
#include "evidence/tally.h"
#include "evidence/tally_cast.h"
#include "transfer.pb-c.h"

/* In the order in which documents stand in the file. */
enum hf_doc_kind {
	HF_DOC_INVALID = 0,
	HF_DOC_ENTRY,
	HF_DOC_APPLICATION,
	HF_DOC_INTAKE,
	HF_DOC_DECISION,
	HF_DOC_AGREEMENT,
	HF_DOC_VERIFICATION,
	HF_DOC_EVENT,
	HF_DOC_REQUEST,
	HF_DOC_START,
	HF_DOC_MANIFEST,
	HF_DOC_RECEIPT,
	HF_DOC_REVOCATION,
	HF_DOC_KIND_COUNT,
};
const char *hf_doc_name(enum hf_doc_kind kind); /* "manifest" */

struct hf_doc {
	enum hf_doc_kind kind;
	uint32_t revision; /* 0 where there is none */
	struct hf_hash digest;
	const Hufu__Envelope *envelope;
	ProtobufCMessage *message;  /* owned */
	const Hufu__Header *header; /* in message */
	bool bound;                 /* its place among the others is checked */
	/* Whose statements are in it: applicant and data authority; reviewer; approver and privacy expert. */
	struct hf_tally_person by[3];
};

/* One ledger entry with what its opening says. */
struct hf_tally_item {
	size_t ledger;
	uint64_t index;
	enum hf_event event;
	bool transfer; /* of the transfer's transaction, else of the negotiation's */
	bool ok;       /* it does not record a refusal */
	bool has_digest;
	struct hf_hash digest;
};
struct hf_tally_ledger {
	struct hf_name node;
	int64_t quorum_ms;
	bool ends[2];     /* the transaction is closed in it: the negotiation's, the transfer's */
	uint64_t last[2]; /* the last entry of each that is shown; 0, which is of no transaction: none is */
};

struct hf_tally {
	const Hufu__Tally *t;
	struct hf_space *space;
	struct hf_doc *docs;
	size_t doc_count;
	struct hf_tally_ledger *ledgers;
	struct hf_tally_item *items;
	size_t item_count;
	/* What the documents are to each other; borrowed from docs. */
	struct hf_doc *of[HF_DOC_KIND_COUNT]; /* the one that counts; the last revision's where there are several */
	const Hufu__CatalogEntry *entry;
	const Hufu__Application *app;
	const Hufu__IntakeRecord *intake;
	const Hufu__Decision *decision;
	const Hufu__Agreement *agreement;
	Hufu__Agreement *agreement_owned; /* it travels inside the decision */
	struct hf_hash agreement_digest;
	const Hufu__Receipt *receipt;
	const Hufu__Manifest *manifest;
	ProtobufCBinaryData transfer_txn, negotiation_txn;
	const char *provider, *consumer, *intake_node;
	size_t cosignatures;
};

/* Two things that must be equal, for tables. */
struct hf_same_text {
	const char *what, *is, *should;
};
struct hf_same_bytes {
	const char *what;
	const ProtobufCBinaryData *is, *should;
};
bool hf_bytes_same(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b);
bool hf_bytes_are_hash(const ProtobufCBinaryData *b, const struct hf_hash *h);
/* "the agreement names another purpose than the application" */
enum hf_err hf_same_texts(const char *doc, const char *other, const struct hf_same_text *rows, size_t count,
                          struct hf_fault *f);
enum hf_err hf_same_bytes(const char *doc, const char *other, const struct hf_same_bytes *rows, size_t count,
                          struct hf_fault *f);
#define HF_SAME_TEXTS(doc, other, f, ...)                                                                              \
	hf_same_texts((doc), (other), (const struct hf_same_text[]){__VA_ARGS__},                                      \
	              sizeof((const struct hf_same_text[]){__VA_ARGS__}) / sizeof(struct hf_same_text), (f))
#define HF_SAME_BYTES(doc, other, f, ...)                                                                              \
	hf_same_bytes((doc), (other), (const struct hf_same_bytes[]){__VA_ARGS__},                                     \
	              sizeof((const struct hf_same_bytes[]){__VA_ARGS__}) / sizeof(struct hf_same_bytes), (f))

/* Opens all documents and checks their order. */
enum hf_err hf_tally_open_docs(struct hf_tally *x, struct hf_fault *f) HF_MUST_CHECK;
/* The only document of a kind; f says when there is none or more than one. */
enum hf_err hf_tally_one(struct hf_tally *x, enum hf_doc_kind kind, struct hf_doc **ret_doc,
                         struct hf_fault *f) HF_MUST_CHECK;
/* Issuer, transaction and audience of a document. */
enum hf_err hf_doc_frame(const struct hf_doc *d, const char *issuer, const ProtobufCBinaryData *txn,
                         struct hf_fault *f) HF_MUST_CHECK;
void hf_docs_free(struct hf_tally *x);
/* For hf_tally_make: the order of documents. */
enum hf_err hf_docs_sort(Hufu__Tally *t) HF_MUST_CHECK;

bool hf_list_has(char *const *list, size_t count, const char *text);

enum hf_err hf_tally_bind_negotiation(struct hf_tally *x, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_tally_bind_transfer(struct hf_tally *x, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_tally_check_ledgers(struct hf_tally *x, struct hf_fault *f) HF_MUST_CHECK;
/* Each document stands in the ledgers of those who signed and received it, */
enum hf_err hf_tally_check_recorded(struct hf_tally *x, struct hf_fault *f) HF_MUST_CHECK;
/* ... and in the order in which the process went; nothing was started under a revoked grant. */
enum hf_err hf_tally_check_order(const struct hf_tally *x, struct hf_fault *f) HF_MUST_CHECK;
/* Does the entry record the document, in the transaction where it belongs? */
bool hf_tally_records(const struct hf_tally_item *it, const struct hf_doc *d);
/* Is the event one by which nodes record documents of the kind? */
bool hf_tally_event_records(enum hf_doc_kind kind, enum hf_event event);
const struct hf_tally_ledger *hf_tally_ledger_of(const struct hf_tally *x, const char *node);

#endif
