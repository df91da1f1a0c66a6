/*
 * papers.h - signed envelopes of nodes: made, opened, kept, mailed. Private to the folder.
 */
#ifndef HUFU_AUTHZ_PAPERS_H
#define HUFU_AUTHZ_PAPERS_H

#include "authz/module.h"
#include "crypto/domains.h"

struct paper {
	uint8_t *bytes; /* the encoded Envelope */
	size_t len;
	struct hf_hash digest;
	Hufu__Envelope *envelope; /* decoded */
};
void az_paper_done(struct paper *p);
/* The header of a paper to be signed; stays where it is, because the message points into it. */
struct paper_head {
	Hufu__Header header;
	char *audience[3];
	struct hf_id message, txn;
};
/* Audience: up to three nodes, NULL ends. Doubles are left out. */
void az_paper_head_init(struct hf_authz *a, struct paper_head *h, const struct hf_id *txn, const char *to1,
                        const char *to2, const char *to3);
/* Signs with the node's key and keeps the envelope in the unit. */
enum hf_err az_paper_sign(struct hf_authz *a, const char *type, const struct hf_id *txn,
                          const ProtobufCMessage *message, struct hf_unit *unit, struct paper *ret_paper,
                          struct hf_fault *f) HF_MUST_CHECK;
struct paper_want {
	const char *type;
	const ProtobufCMessageDescriptor *desc;
	const char *issuer;      /* NULL: any member */
	const struct hf_id *txn; /* NULL: any */
	const char *what;        /* "the application", for the fault */
};
/* Signature, issuer, space, suite, transaction, audience, not from the future. ret_message: hf_decoded_free. */
enum hf_err az_paper_open(struct hf_authz *a, const Hufu__Envelope *e, const struct paper_want *want, void *ret_message,
                          struct hf_fault *f) HF_MUST_CHECK;
/* The same for papers that may be addressed to everybody: an empty audience. */
enum hf_err az_paper_open_public(struct hf_authz *a, const Hufu__Envelope *e, const struct paper_want *want,
                                 void *ret_message, struct hf_fault *f) HF_MUST_CHECK;
/* The same for papers of others that one of their parties shows to this node: whoever they are addressed to. */
enum hf_err az_paper_open_shown(struct hf_authz *a, const Hufu__Envelope *e, const struct paper_want *want,
                                void *ret_message, struct hf_fault *f) HF_MUST_CHECK;
/* The encoded form and digest of an envelope that was received, kept in the unit. ret_paper->envelope stays NULL. */
enum hf_err az_paper_keep(struct hf_authz *a, const Hufu__Envelope *e, const struct hf_id *txn, struct hf_unit *unit,
                          struct paper *ret_paper, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err az_paper_mail(struct hf_authz *a, struct hf_unit *unit, const char *to, enum hf_mail type,
                          const struct hf_id *txn, const ProtobufCMessage *body, struct hf_fault *f) HF_MUST_CHECK;

#endif
