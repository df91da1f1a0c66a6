/*
 * heads_seen.h - what the committer must know of other nodes: the newest checkpoint seen of each one's ledger, and with
 * whom this node has already shared a transaction. Any thread.
 */
#ifndef HUFU_LEDGER_HEADS_SEEN_H
#define HUFU_LEDGER_HEADS_SEEN_H

#include "crypto/hash.h"

#define HF_HEAD_TEXT 88 /* "size/root-hex" and NUL */

struct hf_heads_seen;
struct hf_heads_seen *hf_heads_seen_new(void);
void hf_heads_seen_free(struct hf_heads_seen *s);
/* Keeps the larger size. */
void hf_heads_seen_put(struct hf_heads_seen *s, const char *node, uint64_t size, const struct hf_hash *root);
bool hf_heads_seen_get(struct hf_heads_seen *s, const char *node, char out[HF_HEAD_TEXT]);
/* True the first time a node is named, and again after clear. */
bool hf_heads_seen_party(struct hf_heads_seen *s, const char *node);
void hf_heads_seen_clear_parties(struct hf_heads_seen *s);

#endif
