/* tracing_internal.h - between traced.c (what was released) and tracing.c (trying it); for this folder only. */
#ifndef HUFU_RELEASE_TRACING_INTERNAL_H
#define HUFU_RELEASE_TRACING_INTERNAL_H

#include "masking/keys.h"
#include "release/tracing.h"

struct traced {
	char plan[HF_NAME_MAX + 1], source[HF_NAME_MAX + 1], table[256];
	char consumer[HF_MASK_SCOPE_TEXT_MAX + 1];
	uint32_t version;
	struct hf_hash digest;
	struct hf_id contract;
	char **fields;
	size_t field_count; /* 0: all */
	bool task;
	struct hf_source_stamp stamp; /* of the newest */
	int64_t time_ms;
	json_t *ids, *registers, *delivered_to;
	size_t times;

	/* Once it was tried. */
	char name[200], recipient[HF_MASK_SCOPE_TEXT_MAX + 1], contract_text[HF_MASK_SCOPE_TEXT_MAX + 1];
	bool changed; /* the source is not what it was then */
};

/* Where the reading of a table goes on. */
struct traced_walk {
	enum hf_table table; /* 0: not begun */
	uint8_t before[HF_KEY_MAX];
	size_t before_len;
	bool over;
};

struct hf_traced_list {
	struct traced_walk walks[2];
	hf_store_row_fn row; /* while one is under way */
	void *row_ctx;
	struct traced_walk *walk;
	uint64_t until_ns;
	bool paused;

	struct hf_store *store;
	struct hf_sources *sources;
	char dataset[HF_NAME_MAX + 1];
	char known[16][HF_NAME_MAX + 1]; /* the last sources that were asked about, */
	bool wanted[16];                 /* and the answer */
	size_t next_known;
	struct traced *items;
	size_t count;
	json_t *plain_to; /* names */
};

#endif
