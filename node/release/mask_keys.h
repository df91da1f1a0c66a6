/*
 * mask_keys.h - the masking keys of this node: one root in the key file, one random seed for each contract in
 * ledger/slots-mask, which is overwritten to end reversibility for good (masking/keys.h has the tree).
 *
 * A contract is an agreement, or, where a rule permits without one, the catalog entry. Its seed is made when something
 * is first masked under it, and never made anew: what is lost or erased stays so, or the same values would get other
 * pseudonyms. Neither root nor seeds are in a backup of the store. Loop thread.
 */
#ifndef HUFU_RELEASE_MASK_KEYS_H
#define HUFU_RELEASE_MASK_KEYS_H

#include "evidence/node_keys.h"
#include "masking/keys.h"
#include "state_mask_keys.pb-c.h"
#include "store/store.h"

struct hf_mask_keys;
/* Erasures that were decided and not done when the node last stopped are done. */
enum hf_err hf_mask_keys_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                              struct hf_mask_keys **ret_keys, struct hf_fault *f) HF_MUST_CHECK;
/* Before the store. What is under way is done at the next start. */
void hf_mask_keys_close(struct hf_mask_keys *k);

void hf_mask_root(const struct hf_mask_keys *k, struct hf_mask_key *ret_root);
/* UNKNOWN: nothing was ever masked under that contract. ERASED. IO: it is lost, or the disk fails. */
enum hf_err hf_mask_seed(struct hf_mask_keys *k, const struct hf_id *contract, struct hf_mask_key *ret_seed,
                         struct hf_fault *f) HF_MUST_CHECK;
/* The same, and makes one, durable, in the place of UNKNOWN. */
enum hf_err hf_mask_seed_make(struct hf_mask_keys *k, const struct hf_id *contract, const char *consumer,
                              struct hf_mask_key *ret_seed, struct hf_fault *f) HF_MUST_CHECK;
/* Nobody has erased it, or decided to. */
bool hf_mask_seed_stands(struct hf_mask_keys *k, const struct hf_id *contract);

/* In the order of the contracts; the row is valid during the call, false stops. */
typedef bool (*hf_mask_seed_fn)(void *ctx, const Hufu__MaskSeedRow *row);
enum hf_err hf_mask_seeds(struct hf_mask_keys *k, hf_mask_seed_fn fn, void *ctx) HF_MUST_CHECK;

/* The decision is made durable, then the seed is overwritten, then the entry about it written, then fn called, once and
 * later. An error here: nothing was begun. */
typedef void (*hf_mask_erased_fn)(void *ctx, enum hf_err e);
struct hf_mask_erasure {
	struct hf_id contract;
	const char *reason, *by; /* account */
	hf_mask_erased_fn fn;    /* NULL: nobody waits */
	void *ctx;
};
enum hf_err hf_mask_seed_erase(struct hf_mask_keys *k, const struct hf_mask_erasure *in,
                               struct hf_fault *f) HF_MUST_CHECK;

#endif
