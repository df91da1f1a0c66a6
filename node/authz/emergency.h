/*
 * emergency.h - emergency authorization (AZ-52 ... AZ-60, AZ-78): the steps that people take, and what they can see of
 * it. The API's handlers call these, as those of negotiation.h.
 *
 * The story: the authority in charge declares an event and raises a request for one organization, system and resource;
 * each node of the leading group votes T, F or S over the same bytes; when enough organizations say T, a data
 * management node carries it out; the provider's node checks all of it anew and makes the grant usable; the provider
 * sees every use, and reports to all when it is over. Loop thread.
 */
#ifndef HUFU_AUTHZ_EMERGENCY_H
#define HUFU_AUTHZ_EMERGENCY_H

#include "authz/emergency_states.h"
#include "authz/negotiation.h"
#include "emergency.pb-c.h"
#include "state_emergency.pb-c.h"

struct hf_em_event_in {
	const char *kind, *title, *description, *region;
	int64_t from_ms; /* 0: now */
	int64_t until_ms;
	const char *const *providers;
	size_t provider_count;
};
enum hf_err hf_emergency_declare(struct hf_authz *a, const struct hf_step_in *in, const struct hf_em_event_in *what,
                                 struct hf_id *ret_event) HF_MUST_CHECK;
/* Its active grants end with it. */
enum hf_err hf_emergency_over(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *event,
                              const char *reason) HF_MUST_CHECK;

/* In a resubmission NULL, 0 and no fields mean: as before. */
struct hf_em_request_in {
	struct hf_id event, entry;
	const char *publisher;    /* whose entry, when several members use the same id; NULL or "": the only one */
	const char *organization; /* "": this node */
	const char *department, *system;
	const char *system_address; /* of another organization's system; own systems: as registered */
	const char *reason, *purpose;
	int64_t from_ms; /* 0: from the execution on */
	int64_t until_ms;
	const char *const *fields;
	size_t field_count; /* 0: all */
};
enum hf_err hf_emergency_raise(struct hf_authz *a, const struct hf_step_in *in, const struct hf_em_request_in *what,
                               struct hf_id *ret_request) HF_MUST_CHECK;
/* After S: the next revision of the same request. */
enum hf_err hf_emergency_resubmit(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                  const struct hf_em_request_in *what, uint32_t *ret_revision) HF_MUST_CHECK;
/* This node's vote in the leading group: "T", "F" or "S". */
enum hf_err hf_emergency_decide(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                const char *result, const char *reason) HF_MUST_CHECK;
/* This node's vote to end an active grant; enough of them end it. */
enum hf_err hf_emergency_withdraw(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                  const char *reason) HF_MUST_CHECK;
/* AZ-16: the provider's privacy expert about personal data: necessity, compliance. */
enum hf_err hf_emergency_review(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                const struct hf_finding_in findings[2]) HF_MUST_CHECK;
/* AZ-55: the data management department carries an approved request out. */
enum hf_err hf_emergency_execute(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                 struct hf_id *ret_grant) HF_MUST_CHECK;
/* AZ-65: kind "application" or "scenario" continues the use. */
enum hf_err hf_emergency_follow(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                const char *kind, const struct hf_id *successor) HF_MUST_CHECK;

/* The gate: one use of an emergency grant begins (put into the unit of its decision), and ends. Other mechanisms:
 * nothing happens. */
struct hf_em_use {
	struct hf_id grant, transfer;
	const char *account, *system;
	const char *state; /* "started", "completed", "terminated" */
	uint64_t rows, bytes;
};
void hf_emergency_use(struct hf_authz *a, struct hf_unit *u, const struct hf_em_use *use);

/* Reading; rows are valid during the callback; fn returns false to stop. Newest first. */
typedef bool (*hf_em_event_fn)(void *ctx, const Hufu__EmergencyEventRow *row, bool over);
enum hf_err hf_emergency_events(struct hf_authz *a, hf_em_event_fn fn, void *ctx) HF_MUST_CHECK;
typedef bool (*hf_em_request_fn)(void *ctx, const Hufu__EmergencyRequestRow *row);
enum hf_err hf_emergency_requests(struct hf_authz *a, hf_em_request_fn fn, void *ctx) HF_MUST_CHECK;
/* hf_decoded_free. */
enum hf_err hf_emergency_request(struct hf_authz *a, const struct hf_id *request,
                                 Hufu__EmergencyRequestRow **ret_row) HF_MUST_CHECK;
typedef bool (*hf_em_use_fn)(void *ctx, const Hufu__EmergencyUse *use);
/* At the provider as they happen, elsewhere from the report. */
enum hf_err hf_emergency_uses(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, hf_em_use_fn fn,
                              void *ctx) HF_MUST_CHECK;
/* How the newest revision's votes stand under the descriptor that the request pins. */
void hf_emergency_count(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, struct hf_em_count *ret_count);
/* What of AZ-65 is known here of a successor: its state's name, or "" when it has not come here. */
const char *hf_emergency_successor(struct hf_authz *a, const Hufu__EmergencyLinkRow *link);

#endif
