/* denials.c - what is tried beyond one's rights: an alarm each time, a lock when it goes on (DS-16, DS-21, DS-81). */
#include <string.h>

#include "identity/internal.h"

#define WINDOW_MS 60000
#define STRANGERS_MAX 5 /* requests without a session in a window before the alarm */

/* The account's window, or a new one in place of the oldest. */
static struct denial *find_window(struct hf_identity *id, const char *account, int64_t now)
{
	struct denial *oldest = &id->denials[0];
	for (size_t i = 0; i < DENIALS_MAX; i++) {
		struct denial *d = &id->denials[i];
		if (d->used && strcmp(d->account, account) == 0)
			return d;
		if (!d->used || (oldest->used && d->since_mono_ms < oldest->since_mono_ms))
			oldest = d;
	}
	*oldest = (struct denial){.since_mono_ms = now, .used = true};
	snprintf(oldest->account, sizeof(oldest->account), "%.*s", HF_NAME_MAX, account);
	return oldest;
}

static uint32_t count_denial(struct hf_identity *id, const char *account)
{
	int64_t now = hf_mono_ms(&id->base->clock);
	struct denial *d = find_window(id, account, now);
	if (now - d->since_mono_ms > WINDOW_MS) {
		d->since_mono_ms = now;
		d->count = 0;
	}
	return ++d->count;
}

static void lock(struct hf_identity *id, const char *account)
{
	Hufu__AccountRow *row = NULL;
	if (hf_account_row_get(id, account, &row) != HF_OK)
		return;
	struct hf_unit *unit = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_LOCKED, NULL);
	row->locked_until_ms = hf_now_ms(&id->base->clock) + (int64_t)id->policy.lock_minutes * 60 * 1000;
	hf_account_row_put(id, unit, row);
	hf_draft_text(d, HF_FIELD_ACTOR, id->base->self.s);
	hf_draft_text(d, HF_FIELD_OBJECT, account);
	hf_draft_outcome(d, HF_OK, "locked: too many requests beyond its rights");
	hf_unit_draft(unit, d);
	hf_store_submit(id->store, unit, NULL, NULL);
	hf_decoded_free(row);
	hf_account_sessions_end(id, account, 0);
	hf_alarm(id->base, "denial-rate", NULL,
	         "account %s was locked for %u minutes: too many requests beyond its rights", account,
	         id->policy.lock_minutes);
}

void hf_identity_denied(struct hf_identity *id, const char *account, const char *what, enum hf_err reason)
{
	uint32_t count = count_denial(id, account);
	if (!account[0]) {
		if (count == STRANGERS_MAX)
			hf_alarm(id->base, "requests-without-session", NULL,
			         "%u requests without a session within a minute, the last to %s", count, what);
		return;
	}
	hf_account_risk_refused(id, account, reason);
	if (reason != HF_E_STEP_UP) /* what led to it was alarmed */
		hf_alarm(id->base, "access-denied", NULL, "account %s was denied %s: %s", account, what,
		         hf_err_reason(reason));
	if (count >= id->policy.denials)
		lock(id, account);
}
