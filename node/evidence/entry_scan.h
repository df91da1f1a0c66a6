/*
 * entry_scan.h - reads what the check of a whole ledger needs from an entry's bytes, without decoding: a full check
 * goes through millions of them.
 */
#ifndef HUFU_EVIDENCE_ENTRY_SCAN_H
#define HUFU_EVIDENCE_ENTRY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hf_entry_view {
	char origin[256];
	uint64_t index;
	uint32_t event_class;
	int64_t time_s; /* rounded */
	uint8_t prev[32];
};
/* True for exactly the bytes that hf_entry_decode accepts. */
bool hf_entry_scan(const void *data, size_t len, struct hf_entry_view *ret_view);

#endif
