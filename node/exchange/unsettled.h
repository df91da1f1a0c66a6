/* unsettled.h - what people do with deliveries that are not settled; what they are: settle.h. */
#ifndef HUFU_EXCHANGE_UNSETTLED_H
#define HUFU_EXCHANGE_UNSETTLED_H

#include "exchange/exchange.h"

/* Provider: deliveries whose receipt is missing, which stop further ones under the same authorization, or about which
 * the consumer has signed something else than that all is well (DS-58, DS-59); and a person who settles one. */
struct hf_unsettled_view {
	struct hf_id transfer, resource;
	char peer[HF_NAME_MAX + 1];
	bool missing;     /* the receipt, */
	bool undelivered; /* or the consumer has signed that it took nothing; else the receipt says not-met */
	int64_t since_ms;
};
typedef bool (*hf_unsettled_fn)(void *ctx, const struct hf_unsettled_view *v);
enum hf_err hf_exchange_unsettled(struct hf_exchange *x, hf_unsettled_fn fn, void *ctx) HF_MUST_CHECK;
enum hf_err hf_exchange_settle(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *transfer,
                               const char *reason, struct hf_unit *unit, struct hf_fault *f) HF_MUST_CHECK;

#endif
