/*
 * drafts.h - inside of node/exchange: what every ledger entry and every signed paper of a transfer says.
 */
#ifndef HUFU_EXCHANGE_DRAFTS_H
#define HUFU_EXCHANGE_DRAFTS_H

#include "exchange/exchange.h"

struct transfer;

/* The fields that every entry of a transfer carries. */
struct hf_draft *transfer_draft(const struct transfer *t, enum hf_event event, enum hf_err outcome, const char *detail);
void draft_digest(struct hf_draft *d, const struct hf_buf *envelope);
#define RECORD_WAITS "exchange_record_waits_total" /* what was put off until a record is firm */
#define RECORD_FORMAT "text/csv"
#define RECORD_NO_CACHE "chunks are made in memory and freed when sent; nothing was cached on disk"
#define RECORD_PACKAGING "sealed chunks of 1 MiB, AES-256-GCM, manifest signed by the provider"
/* DS-60 to DS-64: what an entry about the end of a transfer says on this side, however it ended: format part,
 * exchange-service part, and of the provider's or the consumer's part all but delivery, cache, reception and quality.
 */
void draft_record(struct hf_draft *d, const struct transfer *t);
/* What every paper of a transfer must hold, seen by its receiver: the peer's, for this node, about this transfer, of
 * its time. */
enum hf_err header_check(const struct transfer *t, const Hufu__Header *h, const char *paper,
                         struct hf_fault *f) HF_MUST_CHECK;
void header_fill(const struct hf_exchange *x, Hufu__Header *h, const struct transfer *t, char *audience[1],
                 struct hf_id *message_id);

/* The provider counts a use: "started" with the decision, "completed" or "terminated" with the end (AZ-59). */
void transfer_used(struct hf_unit *u, const struct transfer *t, const char *state);

#endif
