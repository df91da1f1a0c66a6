/* guard.c - see guard.h. The table is bounded: when it is full the address that failed longest ago makes room. */
#include "peers/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SUSPECTS 512u
#define ADDRESS_MAX 127u
#define FORGET_MS (24LL * 60 * 60 * 1000)

struct suspect {
	char address[ADDRESS_MAX + 1];
	int64_t window_ms, last_ms, locked_until_ms;
	int64_t lock_ms; /* length of the last lock */
	int64_t quiet_until_ms;
	uint32_t failures;
};

struct hf_guard {
	const struct hf_base *base;
	struct suspect suspects[SUSPECTS];
	size_t count;
	int64_t window_ms;
	uint32_t entries;
	uint64_t unrecorded;
};

struct hf_guard *hf_guard_new(const struct hf_base *base)
{
	struct hf_guard *g = hf_alloc_zero(sizeof(*g));
	g->base = base;
	return g;
}

void hf_guard_free(struct hf_guard *g)
{
	free(g);
}

static struct suspect *find(const struct hf_guard *g, const char *address)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->suspects[i].address, address) == 0)
			return (struct suspect *)(uintptr_t)&g->suspects[i];
	return NULL;
}

static struct suspect *find_or_make(struct hf_guard *g, const char *address, int64_t now)
{
	struct suspect *s = find(g, address);
	if (s)
		return s;
	if (g->count < SUSPECTS) {
		s = &g->suspects[g->count++];
	} else {
		s = &g->suspects[0];
		for (size_t i = 1; i < SUSPECTS; i++)
			if (g->suspects[i].last_ms < s->last_ms)
				s = &g->suspects[i];
	}
	*s = (struct suspect){.window_ms = now};
	snprintf(s->address, sizeof(s->address), "%s", address);
	return s;
}

/* Counting goes on when recording stops, so that a flood cannot fill the ledger and is still in it. */
static bool may_record(struct hf_guard *g, int64_t now)
{
	if (now - g->window_ms >= HF_GUARD_WINDOW_MS) {
		g->window_ms = now;
		g->entries = 0;
	}
	if (g->entries >= HF_GUARD_ENTRIES) {
		g->unrecorded++;
		return false;
	}
	g->entries++;
	return true;
}

static void record(struct hf_guard *g, const char *node, const char *address, enum hf_err reason)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_PEER_REFUSED, NULL);
	if (*node)
		hf_draft_text(d, HF_FIELD_COUNTERPARTY, node);
	hf_draft_text(d, HF_FIELD_ADDRESS, address);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(d, reason, hf_err_text(reason));
	if (g->unrecorded > 0)
		hf_draft_textf(d, HF_FIELD_DETAIL, "%s; %llu refusals before it were not recorded one by one",
		               hf_err_text(reason), (unsigned long long)g->unrecorded);
	g->unrecorded = 0;
	hf_audit_emit(&g->base->audit, d);
}

static void lock(struct hf_guard *g, struct suspect *s, const char *node, enum hf_err reason, int64_t now)
{
	s->lock_ms = s->lock_ms == 0 ? HF_GUARD_LOCK_MS : s->lock_ms * 2;
	if (s->lock_ms > HF_GUARD_LOCK_MAX_MS)
		s->lock_ms = HF_GUARD_LOCK_MAX_MS;
	s->locked_until_ms = now + s->lock_ms;
	s->failures = 0;
	s->window_ms = s->locked_until_ms;
	struct hf_draft *d = hf_draft_new(HF_EVENT_PEER_LOCKED, NULL);
	if (*node)
		hf_draft_text(d, HF_FIELD_COUNTERPARTY, node);
	hf_draft_text(d, HF_FIELD_ADDRESS, s->address);
	hf_draft_text(d, HF_FIELD_REASON, hf_err_reason(reason));
	hf_draft_textf(d, HF_FIELD_DETAIL, "locked for %lld s after %u failed connections in a minute",
	               (long long)s->lock_ms / 1000, HF_GUARD_FAILURES + 1);
	hf_audit_emit(&g->base->audit, d);
	if (now < s->quiet_until_ms)
		return;
	hf_alarm(g->base, "peer-locked", NULL,
	         "address %s is locked for %lld s after %u failed connections in a minute (the last one: %s)",
	         s->address, (long long)s->lock_ms / 1000, HF_GUARD_FAILURES + 1, hf_err_text(reason));
}

/* The address when this failure is one too many, else NULL. */
static struct suspect *count(struct hf_guard *g, const char *address, int64_t now)
{
	struct suspect *s = find_or_make(g, address, now);
	if (now - s->last_ms > FORGET_MS)
		s->lock_ms = 0;
	s->last_ms = now;
	if (now < s->locked_until_ms)
		return NULL;
	if (now - s->window_ms >= HF_GUARD_WINDOW_MS) {
		s->window_ms = now;
		s->failures = 0;
	}
	return ++s->failures > HF_GUARD_FAILURES ? s : NULL;
}

void hf_guard_refused(struct hf_guard *g, const char *node, const char *address, enum hf_err reason)
{
	int64_t now = hf_mono_ms(&g->base->clock);
	bool dialled_us = !strchr(address, '/') && strlen(address) <= ADDRESS_MAX;
	struct suspect *one_too_many = dialled_us ? count(g, address, now) : NULL;
	hf_metrics_add(g->base->metrics, "peer_refused", 1);
	/* What locks is always on record: others must not be able to use up the minute and so hide why. */
	if (one_too_many || may_record(g, now))
		record(g, node, address, reason);
	if (one_too_many)
		lock(g, one_too_many, node, reason, now);
}

void hf_guard_record(struct hf_guard *g, const char *node, const char *address, enum hf_err reason)
{
	hf_metrics_add(g->base->metrics, "peer_refused", 1);
	if (may_record(g, hf_mono_ms(&g->base->clock)))
		record(g, node, address, reason);
}

void hf_guard_quiet(struct hf_guard *g, const char *address, int64_t until_ms)
{
	int64_t now = hf_mono_ms(&g->base->clock);
	if (!*address || strchr(address, '/') || strlen(address) > ADDRESS_MAX)
		return;
	struct suspect *s = find_or_make(g, address, now);
	s->last_ms = now;
	s->quiet_until_ms = until_ms;
}

bool hf_guard_locked(const struct hf_guard *g, const char *address)
{
	const struct suspect *s = find(g, address);
	return s && hf_mono_ms(&g->base->clock) < s->locked_until_ms;
}
