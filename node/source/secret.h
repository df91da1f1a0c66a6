/*
 * secret.h - small secrets of a source in its row: in a box under a key that is made from the node's, bound to what it
 * is for. For this folder only.
 */
#ifndef HUFU_SOURCE_SECRET_H
#define HUFU_SOURCE_SECRET_H

#include "source/adapters.h"

/* use and bound: opened only with the same. The plain bytes are at most HF_SOURCE_SECRET_MAX. */
void hf_source_secret_seal(const struct hf_source_home *home, const char *use, const void *bound, size_t bound_len,
                           const void *plain, size_t len, struct hf_source_box *ret_box);
/* False: there is none, or it is another one's, or does not fit. */
bool hf_source_secret_open(const struct hf_source_home *home, const char *use, const void *bound, size_t bound_len,
                           const struct hf_source_box *box, void *out, size_t cap, size_t *ret_len) HF_MUST_CHECK;

#endif
