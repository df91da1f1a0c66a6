/*
 * derive.h - what is made of delivered data (DS-97, DS-103): recorded in the ledger, followed back to the sources at
 * their providers, and forward from a source to everything that was made of it.
 *
 * The ledger is the only place where derivations stand; they are read from verified openings. One entry "derivation"
 * is the derived item's own transaction and is this node's alone. For each catalog entry that it goes back to, one
 * entry "derived-from" is opened to that entry's publisher, which learns nothing of the other sources. When a source of
 * this node is what was derived, its transfers name the derivation, and the same publishers are told of each by an
 * entry "passed-on" (DS-65).
 */
#ifndef HUFU_EXCHANGE_DERIVE_H
#define HUFU_EXCHANGE_DERIVE_H

#include "exchange/exchange.h"

#define HF_DERIVE_INPUTS 32   /* of one item */
#define HF_DERIVE_SOURCES 64  /* that it goes back to */
#define HF_LINEAGE_STEPS 64   /* of processing, back or forward */
#define HF_LINEAGE_ITEMS 1024 /* of one lineage */

struct hf_derive_input {
	struct hf_id id; /* of a completed transfer to this node, or of an earlier derivation of it */
};
struct hf_derive_in {
	const struct hf_derive_input *inputs;
	size_t input_count;
	const struct hf_system_view *system; /* where it was made */
	const char *account, *processing, *title;
	struct hf_hash digest; /* of the derived item */
	uint64_t bytes;
};
/* Fills the draft (event DERIVATION) and adds the others to the unit. Errors: UNKNOWN (an input), STATE (a transfer
 * that has not delivered), EXISTS (an input twice), LIMIT. */
enum hf_err hf_derive(struct hf_exchange *x, const struct hf_derive_in *in, struct hf_unit *unit,
                      struct hf_draft *draft, struct hf_id *ret_derivation, struct hf_fault *f) HF_MUST_CHECK;

/* One verified entry of a lineage. */
struct hf_lineage_row {
	const char *part; /* "derived", "received" (by the consumer), "provided" (by the provider), "passed" (on: what
	                     was derived; going forward) */
	struct hf_id id;  /* derivation or transfer */
	struct hf_id towards; /* what led here: the item that was made of it, or going forward one that it was made of;
	                         zero: where it began */
	unsigned steps;       /* of processing between this and where it began */
	const struct hf_ledger_row *entry;
};
struct hf_lineage_sink {
	void (*row)(void *ctx, const struct hf_lineage_row *r);
	void (*note)(void *ctx, const char *text); /* what is not covered */
	void *ctx;
};
/* From a derivation or a transfer back to the sources; UNKNOWN when no ledger here has an entry of it. */
enum hf_err hf_lineage_back(struct hf_exchange *x, const struct hf_id *id,
                            const struct hf_lineage_sink *out) HF_MUST_CHECK;
/* From a catalog entry, a transfer or a derivation to what was made of it, in order of time; UNKNOWN as above. */
enum hf_err hf_lineage_forward(struct hf_exchange *x, const struct hf_id *id,
                               const struct hf_lineage_sink *out) HF_MUST_CHECK;

#endif
