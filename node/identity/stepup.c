/*
 * stepup.c - what is refused to an account, and where its sessions are used from, raise a score; at the threshold each
 * of its sessions must authenticate again before the next command, with the second factor where the account has one
 * (DS-47).
 *
 * The table is bounded: when it is full the account that was quiet longest makes room. Scores live in memory like the
 * sessions they are about.
 */
#include <stdio.h>
#include <string.h>

#include "identity/internal.h"

#define THRESHOLD 10u
#define DRAIN_MS 30000 /* one point */

static const struct {
	enum hf_err reason; /* of a refused command or login */
	uint32_t points;
} weights[] = {
        {HF_E_CREDENTIAL, 3}, {HF_E_LOCKED, 3}, {HF_E_PERMISSION, 1}, {HF_E_SEPARATION, 1}, {HF_E_SECOND_FACTOR, 1},
};
#define POINTS_ELSEWHERE 1u    /* a second session was opened */
#define POINTS_MOVED THRESHOLD /* the session is used from another place than where it was opened */

static uint64_t left(const struct account_risk *r, int64_t now)
{
	uint64_t gone = now > r->at_ms ? (uint64_t)(now - r->at_ms) : 0;
	return r->drained > gone ? r->drained - gone : 0;
}

static struct account_risk *find(struct hf_identity *id, const char *account)
{
	for (size_t i = 0; i < RISKS_MAX; i++)
		if (strcmp(id->risks[i].account, account) == 0)
			return &id->risks[i];
	return NULL;
}

static struct account_risk *find_or_make(struct hf_identity *id, const char *account)
{
	struct account_risk *r = find(id, account), *oldest = &id->risks[0];
	if (r)
		return r;
	for (size_t i = 1; i < RISKS_MAX; i++)
		if (id->risks[i].at_ms < oldest->at_ms)
			oldest = &id->risks[i];
	memset(oldest, 0, sizeof(*oldest));
	snprintf(oldest->account, sizeof(oldest->account), "%s", account);
	return oldest;
}

static void demand(struct hf_identity *id, const char *account, const char *why)
{
	size_t flagged = 0;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct hf_session *s = id->sessions[i];
		if (s && !s->step_up && strcmp(s->account, account) == 0)
			flagged += s->step_up = true;
	}
	if (flagged == 0)
		return;
	struct hf_draft *d = hf_draft_new(HF_EVENT_STEP_UP, NULL);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", id->base->self.s, account);
	hf_draft_text(d, HF_FIELD_OBJECT, "session");
	hf_draft_outcome(d, HF_E_STEP_UP, why);
	hf_audit_emit(&id->base->audit, d);
	hf_metrics_add(id->base->metrics, "account_step_ups_total", 1);
}

static void add(struct hf_identity *id, const char *account, uint32_t points, const char *why)
{
	int64_t now = hf_mono_ms(&id->base->clock);
	struct account_risk *r = find_or_make(id, account);
	char text[200];
	r->drained = left(r, now) + (uint64_t)points * DRAIN_MS;
	r->at_ms = now;
	uint64_t score = (r->drained + DRAIN_MS - 1) / DRAIN_MS;
	if (score < THRESHOLD)
		return;
	if (score > 2 * (uint64_t)THRESHOLD) /* what is remembered is bounded */
		r->drained = 2 * (uint64_t)THRESHOLD * DRAIN_MS;
	snprintf(text, sizeof(text), "risk score %u, at last by %s: the account must authenticate again",
	         (unsigned)score, why);
	demand(id, account, text);
}

void hf_account_risk_refused(struct hf_identity *id, const char *account, enum hf_err reason)
{
	for (size_t i = 0; account[0] && i < sizeof(weights) / sizeof(weights[0]); i++)
		if (weights[i].reason == reason)
			add(id, account, weights[i].points, hf_err_reason(reason));
}

/* Who shows all the factors that the account has is believed again, in this session; older ones still have to. */
void hf_account_risk_login(struct hf_identity *id, struct hf_session *s, bool has_second_factor, bool elsewhere)
{
	const struct hf_actor shown = {.methods = s->methods};
	struct account_risk *r = find(id, s->account);
	bool high = r && left(r, hf_mono_ms(&id->base->clock)) > (uint64_t)(THRESHOLD - 1) * DRAIN_MS;
	if (has_second_factor && !hf_actor_two_factors(&shown)) {
		s->step_up = high;
		if (elsewhere)
			add(id, s->account, POINTS_ELSEWHERE, "a further session");
	} else if (r) {
		r->drained = 0;
	}
}

bool hf_account_risk_must_step_up(struct hf_identity *id, struct hf_session *s, const char *address)
{
	if (!s->step_up && strcmp(s->address, address) != 0)
		add(id, s->account, POINTS_MOVED, "a change of the session's address");
	return s->step_up;
}

size_t hf_identity_step_ups(const struct hf_identity *id, char *out, size_t cap)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct hf_session *s = id->sessions[i];
		if (!s || !s->step_up)
			continue;
		if (strlen(out) + strlen(s->account) + 3 < cap)
			snprintf(out + strlen(out), cap - strlen(out), "%s%s", n ? ", " : "", s->account);
		n++;
	}
	return n;
}
