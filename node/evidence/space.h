/*
 * space.h - the space descriptor chain: parse, check, look up members and keys. Pure: no store, no clock of its own.
 */
#ifndef HUFU_EVIDENCE_SPACE_H
#define HUFU_EVIDENCE_SPACE_H

#include "evidence/envelope.h"
#include "space.pb-c.h"

enum hf_key_use {
	HF_KEY_INVALID = 0,
	HF_KEY_ENVELOPE = 1,
	HF_KEY_NOISE = 2,
	HF_KEY_LOG = 3,
	HF_KEY_WITNESS = 4,
	HF_KEY_MIRROR = 5,
	HF_KEY_BOX = 6,
	HF_KEY_RECOVERY = 7,
	HF_KEY_USE_COUNT = 8,
};
/* "envelope", "noise", ...: also the names in the key file. */
const char *hf_key_use_name(enum hf_key_use use);

/* What a checker knows by another way than the evidence: the root key and, when he has it, a descriptor that the
 * evidence must know as well. Who shows evidence may cut the chain short, and with it the revocations of later
 * descriptors. */
struct hf_trust {
	struct hf_sign_pub root;
	uint64_t number; /* the chain must reach it; 0: any chain will do */
	bool has_digest; /* and the descriptor of that number must be this one */
	struct hf_hash digest;
};
/* The newest descriptor that a piece of evidence knows. */
struct hf_space_mark {
	uint64_t number;
	struct hf_hash digest;
};
struct hf_space; /* a verified chain of descriptors; immutable once extended; heap */

/* Starts an empty chain below a root key. space_id: the name of the space, e.g. "roads.example". */
struct hf_space *hf_space_new(const struct hf_sign_pub *root);
void hf_space_free(struct hf_space *s);
/* Verifies and appends the next descriptor (encoded Envelope): signature by the current root key, an announced next
 * root key, or the revocation key (added revocations only); number and prev; same space id; all rules of space.proto.
 * The space is unchanged on failure. The bytes of a known number again: HF_OK, nothing changes. Errors: FORMAT,
 * SIGNATURE, CONFLICT (same number, other bytes), STATE (gap), WRONG_SPACE, LIMIT, SUITE. */
enum hf_err hf_space_extend(struct hf_space *s, const void *envelope, size_t len, struct hf_fault *f) HF_MUST_CHECK;

/* A stream of descriptors ("descriptors.dsse"): u32 big-endian length and encoded Envelope, one after the other,
 * numbers rising from 1. Extends s by those it lacks. FORMAT when the stream is cut off or its numbers have a gap; else
 * as hf_space_extend. */
enum hf_err hf_space_read_stream(struct hf_space *s, const void *data, size_t len, struct hf_fault *f) HF_MUST_CHECK;
/* The whole chain as such a stream. */
enum hf_err hf_space_write_stream(const struct hf_space *s, struct hf_buf *out) HF_MUST_CHECK;

/* HF_OK when the chain knows the descriptor that the checker does; STATE when it ends before, CONFLICT when it is
 * another.
 */
enum hf_err hf_space_reaches(const struct hf_space *s, const struct hf_trust *t, struct hf_fault *f) HF_MUST_CHECK;
void hf_space_mark(const struct hf_space *s, struct hf_space_mark *ret_mark);
uint64_t hf_space_number(const struct hf_space *s); /* 0: empty */
const char *hf_space_id(const struct hf_space *s);
void hf_space_digest(const struct hf_space *s, struct hf_hash *ret_digest); /* of the newest envelope */
/* The digest of descriptor n; false when unknown. */
bool hf_space_digest_at(const struct hf_space *s, uint64_t number, struct hf_hash *ret_digest);
const Hufu__Descriptor *hf_space_current(const struct hf_space *s); /* NULL when empty */
/* Descriptor n (1 ... number), or NULL: what a paper that pins a number is held against. */
const Hufu__Descriptor *hf_space_at(const struct hf_space *s, uint64_t number);
/* The encoded envelope of descriptor n (1 ... number). */
bool hf_space_envelope(const struct hf_space *s, uint64_t number, struct hf_bytes *ret_envelope);

/* Member of the newest descriptor, or NULL. */
const Hufu__Member *hf_space_member(const struct hf_space *s, const char *node);
/* OK, or STRANGER, MEMBER_REVOKED, MEMBER_EXPIRED at the time now_ms; also OLD_DESCRIPTOR when the newest is past
 * not_after. */
enum hf_err hf_space_standing(const struct hf_space *s, const char *node, int64_t now_ms);
/* The member's key of a use that was valid at at_ms and not revoked before at_ms; keeps history, so old signatures stay
 * checkable. */
bool hf_space_key(const struct hf_space *s, const char *node, enum hf_key_use use, int64_t at_ms, uint8_t ret_key[32]);
/* The time from which the key (NULL: the whole member) counts as revoked; INT64_MAX when it is not. */
int64_t hf_space_revoked_ms(const struct hf_space *s, const char *node, const uint8_t *key);
/* The rules that one member must fulfil by itself (keys, addresses, departments, attributes), also before it is
 * admitted. */
enum hf_err hf_member_check(const Hufu__Member *m, struct hf_fault *f) HF_MUST_CHECK;
/* The member that owns a Noise static key now, or NULL. */
const Hufu__Member *hf_space_by_noise_key(const struct hf_space *s, const uint8_t key[32], int64_t now_ms);
bool hf_space_has_role(const struct hf_space *s, const char *node, const char *role);
/* The attribute's value, or NULL. */
const char *hf_space_attribute(const struct hf_space *s, const char *node, const char *name);
/* True when node is a witness whose cosignature counts for the ledger of `of` (a node's own never does). */
bool hf_space_is_witness(const struct hf_space *s, const char *node, const char *of);

/* Opens an envelope signed by a member: verifies type and signature by the key of `keyid` (a node id) valid at the
 * header's time, checks that header.issuer is that node, space and suite. ret_payload borrows from e. header is decoded
 * by the caller again with the full message. Errors: SIGNATURE, WRONG_SPACE, SUITE, FORMAT, STRANGER. */
enum hf_err hf_space_open(const struct hf_space *s, const Hufu__Envelope *e, const char *type,
                          struct hf_bytes *ret_payload, struct hf_fault *f) HF_MUST_CHECK;
/* Opens a person's statement: certificate by the node, statement by the certified key, permission listed, validity at
 * the statement's time, issuer equal. Returns both decoded (hf_decoded_free). */
enum hf_err hf_space_open_statement(const struct hf_space *s, const Hufu__SignedStatement *st, const char *permission,
                                    Hufu__Statement **ret_statement, Hufu__PersonCertificate **ret_cert,
                                    struct hf_fault *f) HF_MUST_CHECK;

/* Ledger names. origin: "SPACE/ledger/NODE". The key names of witness and mirror: "SPACE/witness/NODE",
 * "SPACE/mirror/NODE". */
#define HF_ORIGIN_MAX 255
void hf_space_origin(const char *space_id, const char *node, char out[HF_ORIGIN_MAX + 1]);
/* Splits an origin of this space into the node; false when it is not one. */
bool hf_space_origin_node(const char *space_id, const char *origin, struct hf_name *ret_node);

/* tcp://HOST:PORT with a name, an IPv4 address or an IPv6 address in brackets, or ipc:///PATH. */
bool hf_space_address_ok(const char *address);

#endif
