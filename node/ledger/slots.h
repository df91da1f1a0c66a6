/*
 * slots.h - the erasable half of the keys that private fields are sealed under: a file of fixed places of 32 random
 * bytes, overwritten in place and synced. What is deleted from the store stays in its free pages and in every backup of
 * it; without the bytes of its slot it cannot be opened any more, nor can the salts of its commitments be had.
 *
 * A key needs both halves: the slot and a key of this node, so that the file alone opens nothing either. The file never
 * belongs into an ordinary backup: a copy of it undoes every erasure (docs/operations.md). On a file system that copies
 * on write, the overwriting is that file system's affair.
 *
 * FOLDER/ledger/slots-NAME: a slot with the form's name, then slot 0, 1, ... An erased slot says so; zeros were
 * never written, or lost.
 */
#ifndef HUFU_LEDGER_SLOTS_H
#define HUFU_LEDGER_SLOTS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define HF_SLOT_BYTES 32u

struct hf_slots;

/* Opens or makes the file. One process at a time (the store's lock sees to that); threads as each function says. */
enum hf_err hf_slots_open(const char *dir, const char *name, struct hf_slots **ret_slots,
                          struct hf_fault *f) HF_MUST_CHECK;
void hf_slots_close(struct hf_slots *s);

/* Slots [first, first + count), not durable before hf_slots_sync. One writing thread. NO_SPACE, IO. */
enum hf_err hf_slots_put(struct hf_slots *s, uint64_t first, const uint8_t *bytes, size_t count) HF_MUST_CHECK;
enum hf_err hf_slots_sync(struct hf_slots *s) HF_MUST_CHECK;
/* Any thread. HF_E_ERASED; HF_E_UNKNOWN: nothing was ever put there; IO. */
enum hf_err hf_slots_get(const struct hf_slots *s, uint64_t slot, uint8_t ret_bytes[HF_SLOT_BYTES]) HF_MUST_CHECK;
/* Overwrites and syncs; what was erased before stays so. Any thread. */
enum hf_err hf_slots_erase(struct hf_slots *s, const uint64_t *slots, size_t count) HF_MUST_CHECK;
/* Makes room for that many: the numbers below are not given out again. */
enum hf_err hf_slots_reserve(struct hf_slots *s, uint64_t count) HF_MUST_CHECK;
/* Slots that the file has room for; the next free one of a file that only grows. */
enum hf_err hf_slots_count(const struct hf_slots *s, uint64_t *ret_count) HF_MUST_CHECK;

#endif
