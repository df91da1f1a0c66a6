/*
 * trusted_time.h - the mark under every decision's time (AZ-31). It advances only to what a quorum of the witnesses
 * said has passed (ledger/passed.c), is stored with their cosignatures, and holds up the clock of the whole node
 * (base/clock.h). A local clock that is set back therefore revives nothing, one that jumps ahead leaves no trace.
 *
 * A mark that a quorum of witnesses with wrong clocks has moved ahead is taken back by two people: to what the
 * witnesses say afterwards, never to a time of the people's choice. Loop thread.
 */
#ifndef HUFU_AUTHZ_TRUSTED_TIME_H
#define HUFU_AUTHZ_TRUSTED_TIME_H

#include "authz/negotiation.h"
#include "state_uses.pb-c.h"

enum hf_recovery_state { HF_RECOVERY_INVALID = 0, HF_RECOVERY_ASKED = 1, HF_RECOVERY_DONE = 2 };

struct hf_time_view {
	int64_t local_ms, trusted_ms;
	int64_t mark_ms;   /* 0: a quorum of the witnesses has never spoken */
	int64_t passed_ms; /* by the witnesses' word in this run; 0: fewer than a quorum have spoken */
	bool provisional;  /* there is no mark: the time of the start, and of the newest entry, is the floor */
	bool local_off;    /* more than HF_CLOCK_SKEW_MS from what the witnesses say */
	bool mark_wrong;   /* more than that ahead of it */
};
void hf_authz_time(struct hf_authz *a, struct hf_time_view *ret_view);
/* Errors: STATE (nothing is wrong, or the witnesses have not spoken). */
enum hf_err hf_authz_time_recover(struct hf_authz *a, const struct hf_step_in *in, const char *reason,
                                  struct hf_id *ret_id) HF_MUST_CHECK;
/* By another person, once a quorum of witnesses has spoken since it was asked for. */
enum hf_err hf_authz_time_approve(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *id,
                                  int64_t *ret_mark_ms) HF_MUST_CHECK;
typedef bool (*hf_recovery_fn)(void *ctx, const Hufu__TimeRecoveryRow *row);
enum hf_err hf_authz_time_recoveries(struct hf_authz *a, hf_recovery_fn fn, void *ctx) HF_MUST_CHECK;

/* At the start, as soon as the store is open: puts the mark on record under the clock. ret_known: there was one. */
enum hf_err hf_authz_time_load(const struct hf_base *base, struct hf_store *store, bool *ret_known) HF_MUST_CHECK;

/* For authz.c. */
enum hf_err az_time_open(struct hf_authz *a) HF_MUST_CHECK;
void az_time_close(struct hf_authz *a);
/* From time to time: stores how far the floor has grown, so that a restart takes nothing back but the time it was down.
 */
void az_time_keep(struct hf_authz *a);
#define TIME_KEEP_MS 60000

#endif
