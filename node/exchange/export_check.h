/*
 * export_check.h - inside of node/exchange: what is asked of one delivery at the provider before a byte of it goes out
 * (DS-37): authorization, destination, mark, masking (and the source), class and level, what it shows together with
 * earlier deliveries, encryption. A further point is a function and a row. The first refusal ends it; what was found
 * stands in the record of the decision. Loop thread.
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
	struct transfer *t; /* lent; NULL: not permitted yet */
	int64_t asked_ms;   /* the decision point was asked then; 0: it was not */
	uint8_t sealed_key[32 + HF_SEAL_OVERHEAD];
	bool uncounted; /* it ended there: the classes of its rows are to be counted first (disclosed.h) */
	const char *as; /* the point by whose name the present answer is recorded */
	char said[400]; /* "authorization ok; destination refused: must-be-sealed" */
};
struct export_point {
	const char *name;
	enum hf_err (*check)(struct export *o, struct hf_fault *f);
};
void export_done(struct export *o);

/* The decision point permits it, and the entry has what is asked for. BUSY: nothing was decided. */
enum hf_err export_authorized(struct export *o, struct hf_fault *f) HF_MUST_CHECK;
/* Everything else, of the transfer that would be. */
enum hf_err export_check(struct export *o, struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
/* DS-37: an organization whose attributes "max-level" and "data-classes" (names with commas between them; one stands
 * for what is below it too) are in the space descriptor gets nothing beyond them. Asked before every chunk. */
enum hf_err export_recipient(const struct hf_exchange *x, const char *peer, const Hufu__CatalogEntry *e,
                             struct hf_fault *f) HF_MUST_CHECK;
/* Adds a point's answer that was found elsewhere. */
void export_say(struct export *o, const char *point, enum hf_err e);
bool export_in_emergency(const struct export *o);
/* The chosen fields in the order of the entry, each once. They are always named: a source that has grown a column since
 * the entry was published must not send it. */
void export_take_fields(const struct export *o, struct transfer *t);

#endif
