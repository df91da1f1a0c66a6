/*
 * digest.h - hashes over what schemas, trees and snapshots say. For this folder only.
 */
#ifndef HUFU_POLICY_DIGEST_H
#define HUFU_POLICY_DIGEST_H

#include "policy/internal.h"

struct pol_digest;
struct pol_digest *pol_digest_new(const char *what);
void pol_digest_bytes(struct pol_digest *d, const void *data, size_t len);
void pol_digest_end(struct pol_digest *d, struct hf_hash *ret_hash); /* and frees it */

/* Adds a rule to those of a snapshot, or takes it away. d: any, its content is lost. */
void pol_sum_rule(struct pol_sum *sum, struct pol_digest *d, const struct pol_store *s, const struct pol_rule *r,
                  bool add);
/* The hash of a snapshot, from its sum and trees. */
void pol_hash_snapshot(struct hf_policy *p);

#endif
