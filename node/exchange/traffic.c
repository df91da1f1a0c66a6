#include "exchange/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WINDOW_MINUTES 60u
#define FACTOR 10u
#define FLOOR_MIB 1024u
#define FLOOR_REQUESTS 1000u
#define MEMORY 24u /* windows: how slowly the usual follows what is seen */

struct flow {
	char peer[HF_NAME_MAX + 1];
	enum hf_traffic_kind kind;
	int64_t window; /* number of the window that `seen` belongs to */
	uint64_t seen, usual;
	uint64_t past; /* on record before the start, since that window */
	int64_t since;
	bool told;
};
struct hf_traffic {
	struct hf_traffic_policy policy;
	struct flow flow[HF_TRAFFIC_PEERS];
	size_t count;
};

struct hf_traffic *hf_traffic_new(void)
{
	return hf_alloc_zero(sizeof(struct hf_traffic));
}

void hf_traffic_free(struct hf_traffic *t)
{
	free(t);
}

void hf_traffic_set(struct hf_traffic *t, const struct hf_traffic_policy *p)
{
	t->policy = *p;
}

uint32_t hf_traffic_window_minutes(const struct hf_traffic *t)
{
	return t->policy.window_minutes ? t->policy.window_minutes : WINDOW_MINUTES;
}

static int64_t window_of(const struct hf_traffic *t, int64_t now_ms)
{
	return now_ms / ((int64_t)hf_traffic_window_minutes(t) * 60000);
}

static struct flow *flow_of(struct hf_traffic *t, const char *peer, enum hf_traffic_kind kind, int64_t window)
{
	struct flow *oldest = &t->flow[0];
	for (struct flow *f = t->flow; f < t->flow + t->count; f++) {
		if (f->kind == kind && strcmp(f->peer, peer) == 0)
			return f;
		if (f->window < oldest->window)
			oldest = f;
	}
	struct flow *f = t->count < HF_TRAFFIC_PEERS ? &t->flow[t->count++] : oldest;
	*f = (struct flow){.kind = kind, .window = window};
	snprintf(f->peer, sizeof(f->peer), "%s", peer);
	return f;
}

static uint64_t limit_of(const struct hf_traffic *t, const struct flow *f)
{
	const struct hf_traffic_policy *p = &t->policy;
	uint64_t factor = p->factor ? p->factor : FACTOR;
	uint64_t least = f->kind == HF_TRAFFIC_ASKED ? (p->floor_requests ? p->floor_requests : FLOOR_REQUESTS)
	                                             : (uint64_t)(p->floor_mib ? p->floor_mib : FLOOR_MIB) << 20;
	uint64_t usual = f->usual > UINT64_MAX / factor ? UINT64_MAX : f->usual * factor;
	return usual > least ? usual : least;
}

/* The windows that have passed become part of what is usual; an abnormal one counts for no more than its limit, so that
 * nobody makes the extraordinary usual at one go. */
static void close_windows(const struct hf_traffic *t, struct flow *f, int64_t window)
{
	uint64_t limit = limit_of(t, f), seen = f->seen < limit ? f->seen : limit;
	if (window <= f->window) /* the same one, or a clock that was set back */
		return;
	f->usual = f->usual - f->usual / MEMORY + seen / MEMORY;
	for (int64_t empty = window - f->window - 1; empty > 0 && f->usual >= MEMORY; empty--)
		f->usual -= f->usual / MEMORY;
	f->window = window;
	f->seen = 0;
	f->told = false;
}

bool hf_traffic_count(struct hf_traffic *t, const char *peer, enum hf_traffic_kind kind, uint64_t amount,
                      int64_t now_ms, struct hf_traffic_finding *ret_finding)
{
	int64_t window = window_of(t, now_ms);
	struct flow *f = flow_of(t, peer, kind, window);
	close_windows(t, f, window);
	f->seen += amount < UINT64_MAX - f->seen ? amount : UINT64_MAX - f->seen;
	if (f->told || f->seen <= limit_of(t, f))
		return false;
	f->told = true;
	*ret_finding = (struct hf_traffic_finding){kind, f->seen, f->usual, limit_of(t, f)};
	return true;
}

void hf_traffic_past(struct hf_traffic *t, const char *peer, enum hf_traffic_kind kind, uint64_t amount,
                     int64_t when_ms, int64_t now_ms)
{
	int64_t window = window_of(t, now_ms), then = window_of(t, when_ms);
	struct flow *f = flow_of(t, peer, kind, window);
	if (f->past == 0 || then < f->since)
		f->since = then;
	f->past += amount < UINT64_MAX - f->past ? amount : UINT64_MAX - f->past;
	f->usual = f->past / (window > f->since ? (uint64_t)(window - f->since) : 1);
}
