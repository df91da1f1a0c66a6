/*
 * destruction.h - the destruction of data that was delivered to this node (DS-144 ... DS-146): a person asks for it and
 * another one approves, or an obligation, the end of the authorization or a recall decides. It is carried out by a
 * worker, verified by search, and recorded: signed, for the provider too. Loop thread.
 *
 * The row says that it is decided before anything is done; what a crash leaves undone is done by the sweep.
 */
#ifndef HUFU_EXCHANGE_DESTRUCTION_H
#define HUFU_EXCHANGE_DESTRUCTION_H

#include "exchange/exchange.h"
#include "state_data.pb-c.h"

/* A person asks: of data that is kept sealed, or of a file that was delivered as one. */
enum hf_err hf_destruction_ask(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *transfer,
                               const char *reason, struct hf_unit *unit, struct hf_draft *draft,
                               struct hf_fault *f) HF_MUST_CHECK;
/* Another one answers what waits for him; words: why not, or "". */
struct hf_destruction_answer {
	struct hf_id transfer;
	bool approve;
	const char *words;
};
enum hf_err hf_destruction_answer(struct hf_exchange *x, const struct hf_actor *actor,
                                  const struct hf_destruction_answer *in, struct hf_unit *unit, struct hf_draft *draft,
                                  struct hf_fault *f) HF_MUST_CHECK;
/* Of one object, or all (NULL); returns false to stop. "asked", "approved", "refused", "open", "done". */
typedef bool (*hf_destruction_fn)(void *ctx, const Hufu__DestructionRow *row);
enum hf_err hf_destruction_list(struct hf_exchange *x, const struct hf_id *object, hf_destruction_fn fn,
                                void *ctx) HF_MUST_CHECK;

/* ---- inside of node/exchange ---- */

/* Everything that is due or approved is destroyed; at the start, now and then, and after a revocation. */
void destruction_sweep(struct hf_exchange *x);

#endif
