/*
 * states.h - the negotiation as a table: part × state × step gives the next state; an empty cell is a forbidden step
 * (SB-25).
 *
 * Two columns are stored for each part of an application: the review state (ours) and the negotiation state of the
 * Dataspace Protocol 2025-1, which follows from it. Pure; any thread.
 */
#ifndef HUFU_AUTHZ_STATES_H
#define HUFU_AUTHZ_STATES_H

#include <stdbool.h>

enum hf_part { HF_PART_INVALID = 0, HF_PART_CONSUMER, HF_PART_INTAKE, HF_PART_PROVIDER, HF_PART_COUNT };

/*        code                          name                   protocol */
#define HF_REVIEW_STATES(X)                                                                                            \
	X(HF_REVIEW_NONE, "", NONE)       /* no such application here */                                               \
	X(HF_REVIEW_DRAFT, "DRAFT", NONE) /* waits for the data authority */                                           \
	X(HF_REVIEW_NEED_REFUSED, "NEED_REFUSED", NONE)                                                                \
	X(HF_REVIEW_SUBMITTED, "SUBMITTED", REQUESTED)                                                                 \
	X(HF_REVIEW_RECEIVED, "RECEIVED",                                                                              \
	  REQUESTED) /* intake: waits for the compliance review; provider: for the approver */                         \
	X(HF_REVIEW_PRIVACY_WAITING, "PRIVACY_WAITING",                                                                \
	  REQUESTED) /* provider: personal data, waits for the privacy expert */                                       \
	X(HF_REVIEW_PRIVACY_PASSED, "PRIVACY_PASSED", REQUESTED)                                                       \
	X(HF_REVIEW_PRIVACY_FAILED, "PRIVACY_FAILED", REQUESTED) /* provider: may reject or return, not approve */     \
	X(HF_REVIEW_FORWARDED, "FORWARDED", REQUESTED)           /* intake: passed on to the provider */               \
	X(HF_REVIEW_COMPLIANCE_REFUSED, "COMPLIANCE_REFUSED", TERMINATED) /* final; not the provider's F */            \
	X(HF_REVIEW_RETURNED, "RETURNED", TERMINATED) /* of this revision only: the next one may follow */             \
	X(HF_REVIEW_REJECTED, "REJECTED", TERMINATED) /* final (AZ-28) */                                              \
	X(HF_REVIEW_AGREED, "AGREED", AGREED)                                                                          \
	X(HF_REVIEW_VERIFIED, "VERIFIED", VERIFIED)                                                                    \
	X(HF_REVIEW_FINALIZED, "FINALIZED", FINALIZED)                                                                 \
	X(HF_REVIEW_WITHDRAWN, "WITHDRAWN", TERMINATED)   /* by the consumer */                                        \
	X(HF_REVIEW_TERMINATED, "TERMINATED", TERMINATED) /* the agreement did not come about */                       \
	X(HF_REVIEW_SECOND_WAITING, "SECOND_WAITING",                                                                  \
	  REQUESTED) /* provider: core data, approved at the first level, waits for the second */

enum hf_review_state {
#define HF_REVIEW_ENUM(code, name, protocol) code,
	HF_REVIEW_STATES(HF_REVIEW_ENUM)
#undef HF_REVIEW_ENUM
	        HF_REVIEW_COUNT,
};

/*        code                          name                     */
#define HF_STEPS(X)                                                                                                    \
	X(HF_STEP_DRAFT, "draft")                                                                                      \
	X(HF_STEP_RESUBMIT, "resubmit")                                                                                \
	X(HF_STEP_NEED_CONFIRM, "confirm the need")                                                                    \
	X(HF_STEP_NEED_REFUSE, "refuse the need")                                                                      \
	X(HF_STEP_RECEIVE, "receive")                                                                                  \
	X(HF_STEP_RECEIVE_PERSONAL, "receive an application for personal data")                                        \
	X(HF_STEP_COMPLIANCE_PASS, "pass the compliance review")                                                       \
	X(HF_STEP_COMPLIANCE_REFUSE, "refuse in the compliance review")                                                \
	X(HF_STEP_COMPLIANCE_RETURN, "return in the compliance review")                                                \
	X(HF_STEP_PRIVACY_PASS, "pass the privacy review")                                                             \
	X(HF_STEP_PRIVACY_FAIL, "fail the privacy review")                                                             \
	X(HF_STEP_APPROVE, "approve") /* A = T */                                                                      \
	X(HF_STEP_REJECT, "reject")   /* A = F */                                                                      \
	X(HF_STEP_RETURN, "return")   /* A = S */                                                                      \
	X(HF_STEP_VERIFY, "verify the agreement")                                                                      \
	X(HF_STEP_FINALIZE, "finalize")                                                                                \
	X(HF_STEP_WITHDRAW, "withdraw")                                                                                \
	X(HF_STEP_TERMINATE, "terminate") /* the agreement does not fit, or is revoked before it is final */           \
	X(HF_STEP_REVOKE, "revoke")                                                                                    \
	X(HF_STEP_APPROVE_FIRST, "approve at the first level")

enum hf_step {
	HF_STEP_INVALID = 0,
#define HF_STEP_ENUM(code, name) code,
	HF_STEPS(HF_STEP_ENUM)
#undef HF_STEP_ENUM
	        HF_STEP_COUNT,
};

enum hf_negotiation_state {
	HF_NEGOTIATION_NONE = 0, /* not begun: nothing has left the consumer */
	HF_NEGOTIATION_REQUESTED,
	HF_NEGOTIATION_AGREED,
	HF_NEGOTIATION_VERIFIED,
	HF_NEGOTIATION_FINALIZED,
	HF_NEGOTIATION_TERMINATED,
	HF_NEGOTIATION_COUNT,
};

/* False: the step is forbidden there; ret_next is untouched. */
bool hf_states_next(enum hf_part part, enum hf_review_state from, enum hf_step step, enum hf_review_state *ret_next);
enum hf_negotiation_state hf_states_negotiation(enum hf_review_state s);
/* Nothing more is expected of anybody, or (RETURNED) of the consumer alone: these are reported to the consumer (AZ-12).
 */
bool hf_states_reported(enum hf_review_state s);
const char *hf_states_name(enum hf_review_state s);
const char *hf_states_negotiation_name(enum hf_negotiation_state s);
const char *hf_states_step_name(enum hf_step step);
enum hf_review_state hf_states_from_name(const char *name); /* HF_REVIEW_NONE when unknown */
const char *hf_states_part_name(enum hf_part part);         /* "consumer", "intake", "provider" */

#endif
