/*
 * receive.h - inside of node/exchange: the running state of a transfer on the consumer's side, shared by receive.c and
 * import.c.
 */
#ifndef HUFU_EXCHANGE_RECEIVE_H
#define HUFU_EXCHANGE_RECEIVE_H

#include "exchange/transfer.h"
#include "source/readers/csv.h"

#define OPENERS (WINDOW_MAX + 1u)

struct receive {
	int fd;
	struct hf_aead *aead[OPENERS];
	bool aead_used[OPENERS];
	struct hf_aead *seal[OPENERS], *unseal; /* target_sealed.c */
	bool asked[UNACKED_MAX];                /* by index modulo the window */
	unsigned in_flight;
	struct leaf_window leaves; /* range: the durable chunks */
	uint64_t written;          /* chunks [0, n) are in the file */
	uint64_t last_index;       /* UINT64_MAX: not known */
	uint32_t last_bytes;
	uint64_t checked_bytes;
	struct hf_csv_check *check;
	struct quality *quality; /* quality.h; NULL: there are no rules */
	/* After a restart: what lies in the file is hashed again and held against what was received before. */
	uint64_t resumed; /* chunks */
	struct hf_hash resumed_root;
	struct hf_merkle_range again;
	bool syncing, checking, importing;
};

#endif
