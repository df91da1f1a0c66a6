/*
 * risk.h - what a member's behaviour says of it (DS-47): each thing that a sound node does not do adds points to its
 * score, which drains again with time.
 *
 * A high score shortens the period of its sessions. At the threshold its sessions end: before its next request it must
 * authenticate anew, by a full handshake, and show the newest descriptor. At the limit it is locked out for a while,
 * with one alarm. Only what came over a connection that the member had authenticated counts, so that nobody can raise
 * the score of another. The weights are one table in risk.c.
 */
#ifndef HUFU_PEERS_RISK_H
#define HUFU_PEERS_RISK_H

#include "base/base.h"

#define HF_RISK_HIGH 10u       /* points: shorter sessions */
#define HF_RISK_THRESHOLD 20u  /* a new handshake; again with each further so many */
#define HF_RISK_LIMIT 60u      /* locked out */
#define HF_RISK_DRAIN_MS 12000 /* one point */
#define HF_RISK_RENEW_MS 30000 /* period of a session while the score is high */
#define HF_RISK_LOCK_MS 60000  /* doubles with each further lock within a day */
#define HF_RISK_LOCK_MAX_MS (60 * 60 * 1000)

enum hf_risk_kind {
	HF_RISK_NONE = 0,
	HF_RISK_REPLAY,
	HF_RISK_FORGERY,
	HF_RISK_MALFORMED,
	HF_RISK_POSING,
	HF_RISK_CONFLICT,
	HF_RISK_RIGHTS,
	HF_RISK_CLOCK,
	HF_RISK_ADDRESS,
	HF_RISK_UNINVITED,
	HF_RISK_RATE,
	HF_RISK_COUNT
};
enum hf_risk_kind hf_risk_of(enum hf_err e);   /* NONE: nothing to hold against anybody */
bool hf_risk_recorded(enum hf_risk_kind kind); /* worth an entry each, at the guard's bounded rate */

struct hf_risk {
	uint64_t drained; /* the score, in ms that it takes to drain */
	int64_t at_ms;    /* monotonic: drained until then */
	uint32_t next;    /* score at which it must authenticate anew; 0: the threshold */
	bool due;         /* sessions are to be ended */
	bool awaiting;    /* the newest descriptor was not shown since */
	int64_t locked_until_ms, lock_ms, locked_ms;
	int64_t counted_ms[HF_RISK_COUNT]; /* last time of each kind */
	uint32_t points[HF_RISK_COUNT];    /* since the score was low, for the record */
};
enum hf_risk_verdict { HF_RISK_GOES_ON = 1, HF_RISK_STEP_UP, HF_RISK_LOCK };
/* Adds the points of one event and says what follows. STEP_UP and LOCK set due and awaiting. */
enum hf_risk_verdict hf_risk_add(struct hf_risk *r, enum hf_risk_kind kind, int64_t now_ms) HF_MUST_CHECK;
uint32_t hf_risk_score(const struct hf_risk *r, int64_t now_ms);
bool hf_risk_is_locked(const struct hf_risk *r, int64_t now_ms);
/* What made the score, for people: "replays 12, malformed messages 8". */
void hf_risk_text(const struct hf_risk *r, char *out, size_t cap);

#endif
