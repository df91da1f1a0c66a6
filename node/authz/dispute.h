/*
 * dispute.h - disputes about the conditions, the reasons or the result of an application (AZ-20): raised by either
 * side, settled by the leading group, each of whose organizations says upheld or dismissed; the same majority as for
 * emergencies, counted by every node for itself. An open dispute blocks nothing; no outcome changes the old result
 * (AZ-28); after an upheld one the consumer may file a linked new application.
 *
 * Loop thread. The API's handlers call these, as those of negotiation.h.
 */
#ifndef HUFU_AUTHZ_DISPUTE_H
#define HUFU_AUTHZ_DISPUTE_H

#include "authz/emergency_states.h"
#include "authz/negotiation.h"
#include "state_dispute.pb-c.h"

#define HF_DISPUTES_MAX 8u        /* about one application */
#define HF_DISPUTES_OPEN_MAX 200u /* of one member, at one node */

/*        code                       name */
#define HF_DISPUTE_OUTCOMES(X)                                                                                         \
	X(HF_DISPUTE_OPEN, "open")                                                                                     \
	X(HF_DISPUTE_UPHELD, "upheld")                                                                                 \
	X(HF_DISPUTE_DISMISSED, "dismissed")                                                                           \
	X(HF_DISPUTE_UNDECIDED, "undecided") /* neither side can reach what is needed any more */
enum hf_dispute_outcome {
#define HF_DISPUTE_ENUM(code, name) code,
	HF_DISPUTE_OUTCOMES(HF_DISPUTE_ENUM)
#undef HF_DISPUTE_ENUM
	        HF_DISPUTE_OUTCOME_COUNT,
};
const char *hf_dispute_outcome_name(uint32_t outcome);

/* about: "conditions", "reasons", "result". */
enum hf_err hf_dispute_raise(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                             const char *about, const char *reason, struct hf_id *ret_dispute) HF_MUST_CHECK;
/* This node's opinion in the leading group: "upheld" or "dismissed", with a reason. */
enum hf_err hf_dispute_settle(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *dispute,
                              const char *result, const char *reason) HF_MUST_CHECK;
/* The linked new application after an upheld dispute, drafted; what is not stated is as in the old one. */
enum hf_err hf_dispute_apply(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *dispute,
                             const struct hf_application_in *what, struct hf_id *ret_application) HF_MUST_CHECK;

/* Reading; rows are valid during the callback; fn returns false to stop. Newest first. */
typedef bool (*hf_dispute_fn)(void *ctx, const Hufu__DisputeRow *row);
enum hf_err hf_disputes(struct hf_authz *a, hf_dispute_fn fn, void *ctx) HF_MUST_CHECK;
/* hf_decoded_free. */
enum hf_err hf_dispute_get(struct hf_authz *a, const struct hf_id *dispute, Hufu__DisputeRow **ret_row) HF_MUST_CHECK;
/* T: upheld, F: dismissed. */
void hf_dispute_count(struct hf_authz *a, const Hufu__DisputeRow *row, struct hf_em_count *ret_count);

/* Overdue decisions that intake nodes told this node of, as one of the leading group (AZ-18). */
typedef bool (*hf_escalation_fn)(void *ctx, const Hufu__EscalationRow *row);
enum hf_err hf_escalations(struct hf_authz *a, hf_escalation_fn fn, void *ctx) HF_MUST_CHECK;

#endif
