/*
 * digest.h - hash of what was loaded, and of one change after it. For this folder only.
 */
#ifndef HUFU_POLICY_DIGEST_H
#define HUFU_POLICY_DIGEST_H

#include "policy/internal.h"

struct pol_digest;
struct pol_digest *pol_digest_new(const char *what);
void pol_digest_bytes(struct pol_digest *d, const void *data, size_t len);
void pol_digest_rule(struct pol_digest *d, const struct pol_store *s, const struct pol_rule *r);
void pol_digest_end(struct pol_digest *d, struct hf_hash *ret_hash); /* and frees it */

#endif
