/*
 * opening.h - the private fields of entries: as kept for this node's own entries (values; the salts derive from the
 * slot), as received from others (salts and values), and as shown (EntryOpening). At rest both are sealed under a key
 * of this node (DS-67) and the bytes of a slot, so that they can be erased (slots.h).
 */
#ifndef HUFU_LEDGER_OPENING_H
#define HUFU_LEDGER_OPENING_H

#include "base/mem.h"
#include "crypto/aead.h"
#include "entry.pb-c.h"
#include "evidence/entry.h"
#include "ledger/rows.h"
#include "ledger/slots.h"

/* OpeningRow of a complete draft, replacing out's contents. Hand-written protobuf: no allocation per field. Any thread.
 */
void hf_opening_row_encode(const struct hf_draft *d, struct hf_buf *out);

/* What the two halves of a key give: the entry's secret, from which its salts derive, and the key of its box. */
struct hf_opening_secret {
	uint8_t salts[32], box[32];
};
void hf_opening_secret(const uint8_t key[32], const uint8_t slot[HF_SLOT_BYTES], struct hf_opening_secret *ret_secret);

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

/* The keys that openings at rest are sealed under, and the slots: of own entries by index; of received ones in the
 * order in which they came, the number standing in front of the box. */
struct hf_opening_keys {
	uint8_t own[32], mirror[32];
	struct hf_slots *slots_own, *slots_copies;
};

/* Reads and unseals. HF_E_UNKNOWN: none is held; HF_E_ERASED; HF_E_CRYPTO: altered at rest. An own opening shows all
 * fields. */
enum hf_err hf_opening_read(const struct hf_opening_keys *k, const struct hf_place *p, struct hf_rows *r,
                            uint64_t index, struct hf_opened *ret_opened) HF_MUST_CHECK;
/* The opening that a PUBLIC entry carries. HF_E_UNKNOWN when it carries none. */
enum hf_err hf_opening_of_entry(const Hufu__LedgerEntry *e, struct hf_opened *ret_opened) HF_MUST_CHECK;
/* The sealed form of an opening received from another node; its slot is written, not synced (hf_slots_sync before the
 * row is submitted). One that is held already keeps its slot. HF_E_ERASED: it was erased here and stays so. */
enum hf_err hf_opening_seal(const struct hf_opening_keys *k, const struct hf_place *p, struct hf_rows *r,
                            const Hufu__EntryOpening *o, struct hf_buf *out) HF_MUST_CHECK;
/* Leaves a slot in the place of an opening that is not held, so that it is not taken when it comes: once the caller has
 * erased the slot (hf_slots_erase, of many at once), and before it submits the unit. */
#define HF_OPENING_BAR_BYTES (8 + HF_BOX_OVERHEAD) /* of the row */
enum hf_err hf_opening_bar(const struct hf_opening_keys *k, const struct hf_place *p, uint64_t index,
                           struct hf_unit *unit, uint64_t *ret_slot) HF_MUST_CHECK;
/* Bytes of that form. */
size_t hf_opening_sealed_size(const Hufu__EntryOpening *o);
/* Is that what was written into a received opening's slot? */
bool hf_opening_slot_ok(const struct hf_opening_keys *k, uint64_t slot, const uint8_t bytes[HF_SLOT_BYTES]);
/* The slot of an opening that is held. */
enum hf_err hf_opening_slot(const struct hf_place *p, struct hf_rows *r, uint64_t index,
                            uint64_t *ret_slot) HF_MUST_CHECK;

/* Readers of one opening; false when the field is not shown or not of the form. */
bool hf_opening_text(const Hufu__EntryOpening *o, enum hf_field field, char *out, size_t cap);
bool hf_opening_number(const Hufu__EntryOpening *o, enum hf_field field, uint64_t *ret_value);
bool hf_opening_txn(const Hufu__EntryOpening *o, struct hf_id *ret_txn);
/* The catalog entry that it is about. */
bool hf_opening_resource(const Hufu__EntryOpening *o, struct hf_id *ret_resource);
/* The exact time; 0 when it is not shown. */
int64_t hf_opening_time(const Hufu__EntryOpening *o);

#endif
