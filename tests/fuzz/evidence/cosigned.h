/*
 * cosigned.h - a checkpoint of "roads" with the log's line, and the lines of its three witnesses, apart: for the fuzz
 * target and for the test that keeps its seeds true.
 */
#ifndef HUFU_TESTS_COSIGNED_H
#define HUFU_TESTS_COSIGNED_H

#include <stdlib.h>
#include <string.h>

#include "evidence/checkpoint.h"
#include "unit/evidence/space_builder.h"

#define COSIGNED_SIZE 7u
#define COSIGNED_WITNESSES 3u /* which are the quorum: a log's own cosignature does not count */

struct cosigned {
	struct hf_space *space;
	char head[1024]; /* text, empty line, the log's line */
	size_t head_len;
	char line[COSIGNED_WITNESSES][512];
};

static inline struct hf_space *cosigned_space(struct sb_space *sb)
{
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_sign_pub root;
	struct hf_space *space;

	sb_sign(sb, &envelope);
	memcpy(root.b, sb->root_pub, sizeof(root.b));
	space = hf_space_new(&root);
	if (hf_space_extend(space, envelope.data, envelope.len, NULL) != HF_OK)
		abort();
	hf_buf_done(&envelope);
	return space;
}

static inline void cosigned_make(struct cosigned *c)
{
	static const unsigned node[COSIGNED_WITNESSES] = {SB_AUDIT, SB_HUB, SB_PORT};
	struct hf_checkpoint cp = {.origin = SB_SPACE "/ledger/roads", .size = COSIGNED_SIZE};
	char name[HF_ORIGIN_MAX + 1];
	struct sb_space *sb;
	size_t text;

	if (!hf_crypto_init())
		abort();
	sb = sb_new(1);
	c->space = cosigned_space(sb);
	hf_sha256("root", 4, &cp.root);
	text = hf_checkpoint_text(&cp, c->head, sizeof(c->head));
	for (unsigned i = 0; i < COSIGNED_WITNESSES; i++) {
		hf_space_witness_name(SB_SPACE, sb->name[node[i]], name);
		if (!hf_note_cosign_line(sb->key[node[i]][HF_KEY_WITNESS], name, SB_T0 / 1000 + i, c->head, text,
		                         c->line[i], sizeof(c->line[i])))
			abort();
	}
	c->head_len = text;
	c->head[c->head_len++] = '\n';
	c->head_len += hf_note_sign_line(sb->key[SB_ROADS][HF_KEY_LOG], cp.origin, c->head, text, c->head + c->head_len,
	                                 sizeof(c->head) - c->head_len);
	sb_free(sb);
}

#endif
