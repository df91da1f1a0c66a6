/*
 * small_space.h - a space of four nodes with fresh keys, all witnesses, quorum three: for benches of evidence that need
 * no process of a node.
 */
#ifndef HUFU_TOOLS_BENCH_SMALL_SPACE_H
#define HUFU_TOOLS_BENCH_SMALL_SPACE_H

#include "evidence/checkpoint.h"

#define SMALL_SPACE "bench.example"
#define SMALL_SPACE_NODES 4u
#define SMALL_SPACE_QUORUM 3u
#define SMALL_SPACE_NOTE_MAX 4096u

struct small_space {
	struct hf_sign_pub root;
	struct hf_space *space;
	struct hf_sign_key *key[SMALL_SPACE_NODES][HF_KEY_USE_COUNT];
};
extern const char *const small_space_node[SMALL_SPACE_NODES];
/* False after printing why. */
bool small_space_open(struct small_space *s, int64_t now_ms);
void small_space_close(struct small_space *s);
/* The checkpoint of the first node's ledger, signed by it and cosigned by the three others; its length. */
size_t small_space_note(const struct small_space *s, uint64_t size, const struct hf_hash *root, int64_t now_ms,
                        char out[SMALL_SPACE_NOTE_MAX]);

#endif
