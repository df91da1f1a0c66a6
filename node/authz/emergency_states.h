/*
 * emergency_states.h - an emergency request as a table (state × step gives the next state, an empty cell is a forbidden
 * step), the kinds of event, and how the leading group's votes are counted (AZ-52, AZ-54). Pure; any thread.
 */
#ifndef HUFU_AUTHZ_EMERGENCY_STATES_H
#define HUFU_AUTHZ_EMERGENCY_STATES_H

#include "base/err.h"
#include "space.pb-c.h"

/*        code                    name */
#define HF_EM_STATES(X)                                                                                                \
	X(HF_EM_NONE, "")             /* no such request here */                                                       \
	X(HF_EM_OPEN, "OPEN")         /* waits for the leading group */                                                \
	X(HF_EM_APPROVED, "APPROVED") /* T; waits for the data management department */                                \
	X(HF_EM_RETURNED, "RETURNED") /* S: the authority corrects it */                                               \
	X(HF_EM_REJECTED, "REJECTED") /* F; final */                                                                   \
	X(HF_EM_EXECUTED, "EXECUTED") /* the grant is signed; waits for the provider's node */                         \
	X(HF_EM_REFUSED, "REFUSED")   /* the provider's node cannot carry it out; final */                             \
	X(HF_EM_ACTIVE, "ACTIVE")     /* usable */                                                                     \
	X(HF_EM_ENDED, "ENDED")       /* expired, withdrawn, event over; final */

enum hf_em_state {
#define HF_EM_STATE_ENUM(code, name) code,
	HF_EM_STATES(HF_EM_STATE_ENUM)
#undef HF_EM_STATE_ENUM
	        HF_EM_STATE_COUNT,
};

#define HF_EM_STEPS(X)                                                                                                 \
	X(HF_EM_RAISE, "raise")                                                                                        \
	X(HF_EM_RESUBMIT, "correct and raise again")                                                                   \
	X(HF_EM_VOTE, "vote")                                                                                          \
	X(HF_EM_APPROVE, "approve")                                                                                    \
	X(HF_EM_REJECT, "reject")                                                                                      \
	X(HF_EM_RETURN, "return for correction")                                                                       \
	X(HF_EM_REVIEW, "review for privacy")                                                                          \
	X(HF_EM_EXECUTE, "carry out")                                                                                  \
	X(HF_EM_ACTIVATE, "make usable")                                                                               \
	X(HF_EM_REFUSE, "refuse to carry out")                                                                         \
	X(HF_EM_WITHDRAW, "withdraw")                                                                                  \
	X(HF_EM_FINISH, "end")

enum hf_em_step {
	HF_EM_STEP_INVALID = 0,
#define HF_EM_STEP_ENUM(code, name) code,
	HF_EM_STEPS(HF_EM_STEP_ENUM)
#undef HF_EM_STEP_ENUM
	        HF_EM_STEP_COUNT,
};

/* False: the step is forbidden there; ret_next is untouched. */
bool hf_em_next(enum hf_em_state from, enum hf_em_step step, enum hf_em_state *ret_next);
const char *hf_em_state_name(enum hf_em_state s);
const char *hf_em_step_name(enum hf_em_step s);
enum hf_em_state hf_em_state_from_name(const char *name); /* HF_EM_NONE when unknown */
/* What a person can do when a step is refused in this state. */
const char *hf_em_way_out(enum hf_em_state s);

/* One of the five kinds of AZ-52, unless `list` (the attribute "emergency-kinds" of the authority in the descriptor,
 * names with commas between them) says otherwise: then exactly those. NULL or "": no such attribute. */
bool hf_em_kind_ok(const char *kind, const char *list);
#define HF_EM_KINDS_TEXT "natural-disaster, fire, production-accident, public-health, public-security"

/* One node's vote: 'T', 'F', 'S' or, for a withdrawal, 'W'. */
struct hf_em_ballot {
	const char *node;
	char result;
};
/* Organizations that may not vote (AZ-54): of provider, consumer and authority; NULL ends. */
struct hf_em_barred {
	const char *organization[4];
};
/* Counted in organizations of the descriptor's leading group: two nodes of one count once, two votes of one node too.
 * Votes of one organization that differ count as the most cautious of them: F before S before T. */
struct hf_em_count {
	unsigned of;     /* organizations in the leading group */
	unsigned needed; /* more than half of them, and at least the descriptor's threshold */
	unsigned able;   /* that may vote on this request */
	unsigned t, f, s, w;
};
void hf_em_count(const Hufu__Descriptor *d, const struct hf_em_barred *barred, const struct hf_em_ballot *votes,
                 size_t count, struct hf_em_count *ret_count);
/* 'T', 'F' or 'S' when the group has decided, 0 while it has not. When neither T nor F can reach what is needed any
 * more, the request is returned. */
char hf_em_outcome(const struct hf_em_count *c);
/* In the leading group of that descriptor, and of no barred organization? */
bool hf_em_may_vote(const Hufu__Descriptor *d, const struct hf_em_barred *barred, const char *node);
/* The organization of a member of that descriptor; NULL when it is none. */
const char *hf_em_organization(const Hufu__Descriptor *d, const char *node);
bool hf_em_in_group(const Hufu__Descriptor *d, const char *node);

#endif
