/*
 * export_check.h - inside of node/exchange: what is asked of one delivery at the provider before it goes out (DS-37).
 * Loop thread.
 */
#ifndef HUFU_EXCHANGE_EXPORT_CHECK_H
#define HUFU_EXCHANGE_EXPORT_CHECK_H

#include "exchange/transfer.h"

/* What goes out, to whom; what is found on the way is kept here. */
struct export
{
	struct hf_exchange *x;
	const Hufu__TransferRequest *in; /* lent, like certificate and address */
	const Hufu__PersonCertificate *cert;
	const char *address;
	struct hf_catalog_item item;
	struct hf_decision decision;
	int64_t asked_ms; /* the decision point was asked then; 0: it was not */
};
void export_done(struct export *o);

/* The decision point permits it, and says by which terms. */
enum hf_err export_decide(struct export *o, struct hf_fault *f) HF_MUST_CHECK;
/* This node can fulfil what the terms demand. */
enum hf_err export_obligations(const struct export *o, struct hf_fault *f) HF_MUST_CHECK;
/* A field that the entry no longer has cannot be delivered. */
enum hf_err export_fields(const struct export *o, struct hf_fault *f) HF_MUST_CHECK;
/* The chosen fields in the order of the entry, each once. They are always named: a source that has grown a column since
 * the entry was published must not send it. */
void export_take_fields(const struct export *o, struct transfer *t);
/* The content key, for the consumer's node alone. */
enum hf_err export_seal_key(const struct transfer *t, uint8_t sealed[32 + HF_SEAL_OVERHEAD],
                            struct hf_fault *f) HF_MUST_CHECK;

#endif
