/*
 * entry.h - ledger entries: commitments, encoding, openings. Pure; used by the ledger and by the verifiers.
 */
#ifndef HUFU_EVIDENCE_ENTRY_H
#define HUFU_EVIDENCE_ENTRY_H

#include "base/audit.h"
#include "base/buf.h"
#include "crypto/hash.h"
#include "entry.pb-c.h"

/* The commitment of one field: SHA-256("hufu/commit/v1" 0x00 salt[32] u16 len name u32 len value). */
void hf_entry_commit_field(const uint8_t salt[32], enum hf_field field, const void *value, size_t len,
                           struct hf_hash *ret_hash);
/* The salt of a field from the entry's secret: HMAC-SHA-256(secret, "hufu/salt/v1" 0x00 u32 field). One secret of 32
 * bytes opens everything, one salt opens one field. */
void hf_entry_salt(const uint8_t secret[32], enum hf_field field, uint8_t ret_salt[32]);
/* Root over field commitments in rising field order with their count bound in. */
void hf_entry_commit_root(const struct hf_hash *hashes, const uint32_t *fields, size_t count, struct hf_hash *ret_root);

/* The commitments of the fields that a draft has so far, made before its place in the ledger is known: on any thread,
 * while nobody else touches the draft. A field that is set anew later is committed anew. */
struct hf_entry_prepared;
struct hf_entry_prepared *hf_entry_prepare(const struct hf_draft *d, const uint8_t secret[32]);
void hf_entry_prepared_free(struct hf_entry_prepared *p);

struct hf_entry_in {
	const char *origin;
	uint64_t index;
	int64_t time_ms;
	struct hf_hash prev;
	const uint8_t *label_key;                 /* 32 bytes, secret of this ledger */
	const uint8_t *secret;                    /* 32 bytes, of this entry */
	const struct hf_entry_prepared *prepared; /* of the same draft and secret; NULL: none */
};
/* Encodes the entry of a draft whose fields are complete (the ledger has added ordinal, time and so on). out gets the
 * entry's bytes, ret_leaf its RFC 6962 leaf hash. PUBLIC events carry all openings. HF_E_LIMIT over 65,535 bytes. */
enum hf_err hf_entry_encode(const struct hf_entry_in *in, const struct hf_draft *d, struct hf_buf *out,
                            struct hf_hash *ret_leaf) HF_MUST_CHECK;
/* The complete opening of the same entry (every field with its salt), encoded: what the parties of its transaction
 * receive. in->time_ms, prev and label_key are not used. HF_E_ARGUMENT when the draft lacks HF_FIELD_EVENT, as with
 * hf_entry_encode. */
enum hf_err hf_entry_open_draft(const struct hf_entry_in *in, const struct hf_draft *d,
                                struct hf_buf *out) HF_MUST_CHECK;
/* Checks the form of entry bytes from outside and decodes them (hf_decoded_free). */
enum hf_err hf_entry_decode(const void *data, size_t len, Hufu__LedgerEntry **ret_entry) HF_MUST_CHECK;
/* Does the opening fit the entry's commitment? Shown fields must appear in hashes with their own commitment. */
bool hf_entry_check_opening(const Hufu__LedgerEntry *e, const Hufu__EntryOpening *o);
/* The opened value of a field in an opening; false when not shown. */
bool hf_opening_get(const Hufu__EntryOpening *o, enum hf_field field, struct hf_bytes *ret_value);
/* True when a shown text field equals text. */
bool hf_opening_is(const Hufu__EntryOpening *o, enum hf_field field, const char *text);

#endif
