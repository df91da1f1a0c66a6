/*
 * persons.h - what persons signed, and who may not be whom. Private to the folder.
 */
#ifndef HUFU_AUTHZ_PERSONS_H
#define HUFU_AUTHZ_PERSONS_H

#include "authz/module.h"

struct person {
	char node[HF_NAME_MAX + 1];
	char account[HF_NAME_MAX + 1];
	bool has_name_ref;
	uint8_t name_ref[32];
	uint32_t methods;
	int64_t signed_ms;
};
struct statement_want {
	const char *kind;
	enum hf_permission permission;
	const char *node; /* that certified the person */
	const struct hf_id *object;
	uint32_t revision;
	const struct hf_hash *digest;
	const struct hf_id *txn;
};
/* Checks a person's statement. ret_statement (may be NULL): hf_decoded_free. */
enum hf_err az_person_check(struct hf_authz *a, const Hufu__SignedStatement *st, const struct statement_want *want,
                            Hufu__Statement **ret_statement, struct person *ret_person,
                            struct hf_fault *f) HF_MUST_CHECK;
/* Signs as the session's person. */
enum hf_err az_person_sign(struct hf_authz *a, const struct hf_actor *actor, Hufu__Statement *s,
                           const struct hf_id *txn, Hufu__SignedStatement **ret_statement,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Who signed, without any check: for own rows only. */
bool az_person_of(const Hufu__SignedStatement *st, struct person *ret_person);
/* The same account, or the same real name, at the same node. */
bool az_person_same(const struct person *x, const struct person *y);
/* SEPARATION when they are the same person; the words stand in the fault: "the applicant", "review the need". */
enum hf_err az_person_apart(const struct person *x, const char *who, const struct person *y, const char *act,
                            struct hf_fault *f) HF_MUST_CHECK;
/* DS-15: a step that waits for a second one counts no more once the person of this node who took it was deregistered:
 * STANDING. The words stand in the fault: "the first approval", "reject or return the application". */
enum hf_err az_person_here(struct hf_authz *a, const Hufu__SignedStatement *st, const char *step, const char *way_out,
                           struct hf_fault *f) HF_MUST_CHECK;
/* The person's sentence may stand for sensitive data only with two factors (DS-41, DS-77). */
enum hf_err az_person_two_factors(uint32_t methods, bool sensitive, struct hf_fault *f) HF_MUST_CHECK;
/* The persons of an application and who may not be whom (AZ-17, SB-3). NULL: not there. */
struct cast {
	const struct person *applicant, *need, *reviewer, *privacy, *approver, *second;
};
enum hf_err az_cast_check(const struct cast *c, struct hf_fault *f) HF_MUST_CHECK;

#endif
