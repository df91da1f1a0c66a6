/*
 * opening.h - the private fields of entries: as kept for this node's own entries (secret and values), as received from
 * others (salts and values), and as shown (EntryOpening). At rest both are sealed under a key of this node (DS-67).
 */
#ifndef HUFU_LEDGER_OPENING_H
#define HUFU_LEDGER_OPENING_H

#include "base/mem.h"
#include "entry.pb-c.h"
#include "evidence/entry.h"
#include "ledger/rows.h"

/* OpeningRow of a complete draft, replacing out's contents. Hand-written protobuf: no allocation per field. Any thread.
 */
void hf_opening_row_encode(const struct hf_draft *d, const uint8_t secret[32], struct hf_buf *out);

/* An opening in memory. */
struct hf_opened {
	Hufu__EntryOpening *opening; /* NULL: empty */
	void *decoded;               /* when it was decoded from bytes */
	struct hf_arena arena;       /* when it was built here */
	bool built;
};
#define HF_OPENED_INIT                                                                                                 \
	{                                                                                                              \
		NULL, NULL, {NULL, 0, NULL}, false                                                                     \
	}
void hf_opened_done(struct hf_opened *o); /* usable as HF_CLEANUP */

/* The keys that openings at rest are sealed under. */
struct hf_opening_keys {
	uint8_t own[32], mirror[32];
};

/* Reads and unseals. HF_E_UNKNOWN: none is held; HF_E_CRYPTO: altered at rest. An own opening shows all fields. */
enum hf_err hf_opening_read(const struct hf_opening_keys *k, const struct hf_place *p, struct hf_rows *r,
                            uint64_t index, struct hf_opened *ret_opened) HF_MUST_CHECK;
/* The opening that a PUBLIC entry carries. HF_E_UNKNOWN when it carries none. */
enum hf_err hf_opening_of_entry(const Hufu__LedgerEntry *e, struct hf_opened *ret_opened) HF_MUST_CHECK;
/* The sealed form of an opening received from another node. */
enum hf_err hf_opening_seal(const struct hf_opening_keys *k, const struct hf_place *p, const Hufu__EntryOpening *o,
                            struct hf_buf *out) HF_MUST_CHECK;

/* Readers of one opening; false when the field is not shown or not of the form. */
bool hf_opening_text(const Hufu__EntryOpening *o, enum hf_field field, char *out, size_t cap);
bool hf_opening_number(const Hufu__EntryOpening *o, enum hf_field field, uint64_t *ret_value);
bool hf_opening_txn(const Hufu__EntryOpening *o, struct hf_id *ret_txn);

#endif
