/*
 * tally_cast.h - the persons of a tally: their statements, and who may not have acted in two parts.
 */
#ifndef HUFU_EVIDENCE_TALLY_CAST_H
#define HUFU_EVIDENCE_TALLY_CAST_H

#include "evidence/space.h"

struct hf_tally;

/* A person whose statement was opened. */
struct hf_tally_person {
	char node[HF_NAME_MAX + 1], account[HF_NAME_MAX + 1]; /* account "": nobody acted in that part */
	bool has_name_ref;
	uint8_t name_ref[32];
	unsigned factors; /* independent ways in which he had authenticated himself */
	char department[128];
};

struct hf_statement_want {
	const char *kind, *permission, *issuer;
	const ProtobufCBinaryData *object, *txn;
	uint32_t revision;
	const struct hf_hash *digest; /* NULL: none demanded */
};
/* A person's statement; ret_person (may be NULL) says who he is. */
enum hf_err hf_tally_statement(const struct hf_tally *x, const Hufu__SignedStatement *st,
                               const struct hf_statement_want *want, Hufu__Statement **ret_statement,
                               struct hf_tally_person *ret_person, struct hf_fault *f) HF_MUST_CHECK;
/* The parts that the persons of one revision took; NULL where nobody did. */
struct hf_tally_cast {
	const struct hf_tally_person *applicant, *need, *reviewer, *privacy, *approver, *second;
};
/* No one judges what he asked for, or what he judged before (AZ-9 ... AZ-16, as the nodes check it). */
enum hf_err hf_tally_check_cast(const struct hf_tally_cast *c, struct hf_fault *f) HF_MUST_CHECK;
/* Sensitive data: two independent factors. */
enum hf_err hf_tally_two_factors(const struct hf_tally_person *p, bool sensitive, struct hf_fault *f) HF_MUST_CHECK;

#endif
