/*
 * vault.h - where delivered data is kept sealed (DS-85): the folder FOLDER/data with one file of sealed_file.h for each
 * transfer, and the keys that open them. A key needs the node's root, the level and a slot of ledger/slots-data, which
 * is overwritten to destroy the data for good: in the file, in every copy of it and in every backup of the store.
 *
 * A key for each level, so that one level's can later be kept or released apart from the others.
 */
#ifndef HUFU_EXCHANGE_VAULT_H
#define HUFU_EXCHANGE_VAULT_H

#include "base/base.h"
#include "evidence/node_keys.h"
#include "exchange/sealed_file.h"

#define VAULT_PATH 640

struct vault;
struct vault *vault_new(const struct hf_base *base, const struct hf_node_keys *keys);
void vault_free(struct vault *v);
/* Makes the folder and opens the file of slots when that has not been done; again when it failed. Loop. */
enum hf_err vault_ready(struct vault *v, struct hf_fault *f) HF_MUST_CHECK;
const char *vault_folder(const struct vault *v);
void vault_path(const struct vault *v, const struct hf_id *transfer, char out[VAULT_PATH]);

/* That number is taken, whatever has become of the file of slots. At the start. */
void vault_slot_used(struct vault *v, uint64_t slot);
/* A number that no other data has. Loop, after vault_ready. */
enum hf_err vault_slot_new(struct vault *v, uint64_t *ret_slot) HF_MUST_CHECK;
/* Its random bytes, durable. Any thread. */
enum hf_err vault_slot_fill(struct vault *v, uint64_t slot) HF_MUST_CHECK;
/* The key that wraps and unwraps the data key. ERASED: it was destroyed. UNKNOWN: the slot was lost. Any thread. */
enum hf_err vault_wrapping_key(struct vault *v, uint32_t level, uint64_t slot, const struct hf_id *transfer,
                               uint8_t ret_key[32]) HF_MUST_CHECK;
/* The slot itself: ERASED when it was destroyed. Any thread. */
enum hf_err vault_slot_get(struct vault *v, uint64_t slot, uint8_t ret_half[32]) HF_MUST_CHECK;
/* As vault_destroy, the file's bytes written over besides; takes as long as writing it. Worker. */
enum hf_err vault_destroy_over(struct vault *v, uint64_t slot, const struct hf_id *transfer) HF_MUST_CHECK;
/* Overwrites the slot, then empties and removes the file. Loop or any thread. OK also when both were gone. */
enum hf_err vault_destroy(struct vault *v, uint64_t slot, const struct hf_id *transfer) HF_MUST_CHECK;

/* The data key of an open file, its head checked against what the node knows of it. SEALED: it is not that file, or was
 * altered. */
enum hf_err vault_open_head(struct vault *v, int fd, const struct hf_sealed_head *want,
                            uint8_t ret_data_key[32]) HF_MUST_CHECK;
/* A new head with a new data key at the file's beginning. */
enum hf_err vault_write_head(struct vault *v, int fd, const struct hf_sealed_head *want,
                             uint8_t ret_data_key[32]) HF_MUST_CHECK;

#endif
