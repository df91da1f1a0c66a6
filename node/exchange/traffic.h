/*
 * traffic.h - DS-100: abnormal traffic. For each peer and direction, what a window of time brings is held against what
 * is usual between the two; far above it, and above a floor, raises one alarm and one exception entry for the window.
 *
 * Nothing is stopped by it: what is allowed stays allowed, a person looks. What was usual before a restart is taken
 * from the transfers on record.
 */
#ifndef HUFU_EXCHANGE_TRAFFIC_H
#define HUFU_EXCHANGE_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ids.h"

#define HF_TRAFFIC_PEERS 512 /* peers and directions that are watched; the longest silent one makes room */

/* 0: the default. */
struct hf_traffic_policy {
	uint32_t window_minutes; /* 60 */
	uint32_t factor;         /* 10: times the usual volume or number of requests */
	uint32_t floor_mib;      /* 1024: less in a window is never abnormal */
	uint32_t floor_requests; /* 1000 */
};

enum hf_traffic_kind { HF_TRAFFIC_INVALID = 0, HF_TRAFFIC_SENT, HF_TRAFFIC_RECEIVED, HF_TRAFFIC_ASKED };
struct hf_traffic_finding {
	enum hf_traffic_kind kind;
	uint64_t seen, usual, limit; /* bytes or requests of one window */
};

struct hf_traffic;
struct hf_traffic *hf_traffic_new(void);
void hf_traffic_free(struct hf_traffic *t);
void hf_traffic_set(struct hf_traffic *t, const struct hf_traffic_policy *p);
uint32_t hf_traffic_window_minutes(const struct hf_traffic *t);
/* Counts bytes (SENT, RECEIVED) or requests (ASKED). True once in a window: it became abnormal. */
bool hf_traffic_count(struct hf_traffic *t, const char *peer, enum hf_traffic_kind kind, uint64_t amount,
                      int64_t now_ms, struct hf_traffic_finding *ret_finding);
/* What was on record of it, one by one, before anything is counted. */
void hf_traffic_past(struct hf_traffic *t, const char *peer, enum hf_traffic_kind kind, uint64_t amount,
                     int64_t when_ms, int64_t now_ms);

#endif
