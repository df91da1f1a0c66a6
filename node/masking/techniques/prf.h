/*
 * prf.h - what stands for chance in a technique: a keyed function of a value or of a row, the same on any machine.
 * Inside of techniques/.
 */
#ifndef HUFU_MASKING_TECHNIQUES_PRF_H
#define HUFU_MASKING_TECHNIQUES_PRF_H

#include "crypto/hash.h"
#include "masking/technique.h"

struct hf_prf {
	struct hf_hmac_key key;
};
/* The technique and the semantic type go in, so that one key never serves two. */
void hf_prf_init(struct hf_prf *p, const struct hf_mask_use *use, const char *technique);
void hf_prf_done(struct hf_prf *p);
void hf_prf_of_value(const struct hf_prf *p, const struct hf_bytes *v, struct hf_hash *ret_h);
void hf_prf_of_number(const struct hf_prf *p, uint64_t number, struct hf_hash *ret_h);
/* Of value i of the batch: of its subject when a column "by" is given, else of its row. */
void hf_prf_of_row(const struct hf_prf *p, const struct hf_mask_batch *b, size_t i, struct hf_hash *ret_h);

/* 64 bits of a hash, at 0 to 3. */
uint64_t hf_prf_bits(const struct hf_hash *h, unsigned at);
/* Below n, without more than 2^-32 of bias. */
uint64_t hf_prf_below(const struct hf_hash *h, unsigned at, uint64_t n);

#endif
