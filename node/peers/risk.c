#include "peers/risk.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS (24LL * 60 * 60 * 1000)

/* pause: an event of the kind counts once in so long, where a sound node may go on for a while without knowing. The
 * drain is five points a minute: what adds less than that never leads anywhere. */
static const struct weight {
	const char *name;
	uint32_t points;
	int64_t pause_ms;
	bool recorded;
} weights[HF_RISK_COUNT] = {
        [HF_RISK_REPLAY] = {"replays", 6, 0, true},
        [HF_RISK_FORGERY] = {"forged records or signatures", 6, 0, true},
        [HF_RISK_MALFORMED] = {"malformed messages", 4, 0, true},
        [HF_RISK_POSING] = {"posing as another", 10, 0, true},
        [HF_RISK_CONFLICT] = {"contradictions", 5, 60000, false},
        [HF_RISK_RIGHTS] = {"requests beyond its rights", 2, 0, true},
        [HF_RISK_CLOCK] = {"a wrong clock", 4, 60000, false},
        [HF_RISK_ADDRESS] = {"changes of address", 4, 0, false},
        [HF_RISK_UNINVITED] = {"ledgers nobody asked for", 1, 1000, false},
        [HF_RISK_RATE] = {"too many requests", 1, 15000, false},
};

static const struct {
	enum hf_err e;
	enum hf_risk_kind kind;
} kinds[] = {
        {HF_E_REPLAY, HF_RISK_REPLAY},       {HF_E_SIGNATURE, HF_RISK_FORGERY}, {HF_E_DIGEST, HF_RISK_FORGERY},
        {HF_E_FORMAT, HF_RISK_MALFORMED},    {HF_E_LIMIT, HF_RISK_RIGHTS},      {HF_E_STANDING, HF_RISK_RIGHTS},
        {HF_E_CONFLICT, HF_RISK_CONFLICT},   {HF_E_STALE, HF_RISK_CLOCK},       {HF_E_RATE, HF_RISK_RATE},
        {HF_E_UNINVITED, HF_RISK_UNINVITED},
};

enum hf_risk_kind hf_risk_of(enum hf_err e)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].e == e)
			return kinds[i].kind;
	return HF_RISK_NONE;
}

bool hf_risk_recorded(enum hf_risk_kind kind)
{
	return weights[kind].recorded;
}

static uint64_t left(const struct hf_risk *r, int64_t now)
{
	uint64_t gone = now > r->at_ms ? (uint64_t)(now - r->at_ms) : 0;
	return r->drained > gone ? r->drained - gone : 0;
}

uint32_t hf_risk_score(const struct hf_risk *r, int64_t now)
{
	return (uint32_t)((left(r, now) + HF_RISK_DRAIN_MS - 1) / HF_RISK_DRAIN_MS);
}

bool hf_risk_is_locked(const struct hf_risk *r, int64_t now)
{
	return now < r->locked_until_ms;
}

static enum hf_risk_verdict lock(struct hf_risk *r, int64_t now)
{
	bool recent = r->lock_ms > 0 && now - r->locked_ms < DAY_MS;
	r->lock_ms = recent ? r->lock_ms * 2 : HF_RISK_LOCK_MS;
	if (r->lock_ms > HF_RISK_LOCK_MAX_MS)
		r->lock_ms = HF_RISK_LOCK_MAX_MS;
	r->locked_ms = now;
	r->locked_until_ms = now + r->lock_ms;
	r->drained = (uint64_t)HF_RISK_THRESHOLD * HF_RISK_DRAIN_MS; /* still high when it comes back */
	r->next = 2 * HF_RISK_THRESHOLD;
	return HF_RISK_LOCK;
}

enum hf_risk_verdict hf_risk_add(struct hf_risk *r, enum hf_risk_kind kind, int64_t now)
{
	const struct weight *w = &weights[kind];
	if (kind == HF_RISK_NONE || hf_risk_is_locked(r, now) ||
	    (r->counted_ms[kind] != 0 && now - r->counted_ms[kind] < w->pause_ms))
		return HF_RISK_GOES_ON;
	if (hf_risk_score(r, now) < HF_RISK_HIGH)
		r->next = HF_RISK_THRESHOLD;
	if (hf_risk_score(r, now) == 0)
		memset(r->points, 0, sizeof(r->points));
	r->drained = left(r, now) + (uint64_t)w->points * HF_RISK_DRAIN_MS;
	r->at_ms = r->counted_ms[kind] = now;
	r->points[kind] += w->points;
	uint32_t score = hf_risk_score(r, now);
	if (score < r->next)
		return HF_RISK_GOES_ON;
	r->due = r->awaiting = true;
	if (score >= HF_RISK_LIMIT)
		return lock(r, now);
	r->next = score + HF_RISK_THRESHOLD;
	return HF_RISK_STEP_UP;
}

void hf_risk_text(const struct hf_risk *r, char *out, size_t cap)
{
	size_t at = 0;
	out[0] = '\0';
	for (int i = HF_RISK_NONE + 1; i < HF_RISK_COUNT; i++)
		if (r->points[i] > 0 && at < cap) {
			int n = snprintf(out + at, cap - at, "%s%s %u", at ? ", " : "", weights[i].name, r->points[i]);
			at += n > 0 ? (size_t)n : 0;
		}
}
