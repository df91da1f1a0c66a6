/* rules_contract.c - bounds of the application mechanism's messages (AZ-24: DR, O, S, R, D and A are fields of them).
 */
#include "proto/rules.h"

#include "contract.pb-c.h"

/* AZ-26: an approval result is T, F or S, and nothing else. */
static const char *const approval_results[] = {"T", "F", "S", NULL};
static const char *const intake_results[] = {"pass", "refuse", "return", NULL};
static const char *const events[] = {"FINALIZED", "TERMINATED", "REMINDED", "OVERDUE", NULL};

#define FIELDS_MAX 1024
#define OBLIGATIONS_MAX 64
#define MAIL KIB(400)

/* One line is one field. */
/* clang-format off */
ROW(application, KIB(256),
	MSG(header, header),
	ID(id),
	NUMBER(revision, 1, UINT32_MAX),
	ID(resource),
	NUMBER(resource_version, 1, UINT32_MAX),
	NAME(provider),
	NAME(intake),
	NAME(organization),
	TEXT(department, 0, 127),
	TEXT(system, 1, 127),
	TEXT(system_address, 0, 255),
	TEXT(reason, 1, 4096),
	TEXT(purpose, 1, 127),
	TIME(from_ms),
	TIME(until_ms),
	TEXTS(fields, FIELDS_MAX, 127),
	TEXT(action, 1, 63),
	TEXT(mechanism, 1, 63),
	TEXT(applicant, 1, 63),
	MSG(need, signed_statement),
	MSG(request, signed_statement),
	BYTES_OR_NONE(previous, 32, 32),
	TEXTS(accepts, 16, 63),
	ID_OR_NONE(dispute),
	ID_OR_NONE(follows),
	TEXT(rows, 0, 250));

ROW(intake_record, KIB(256),
	MSG(header, header),
	ID(application),
	NUMBER(revision, 1, UINT32_MAX),
	BYTES(application_digest, 32, 32),
	WORD(result, intake_results),
	MSGS(criteria, 64, finding),
	TEXT(reason, 0, 4096),
	MSG(review, signed_statement));

ROW(decision, KIB(256),
	MSG(header, header),
	ID(application),
	NUMBER(revision, 1, UINT32_MAX),
	BYTES(application_digest, 32, 32),
	BYTES(intake_digest, 32, 32),
	WORD(result, approval_results),
	TEXT(reason, 0, 4096),
	TEXT(reason_code, 0, 63),
	TIME_OR_NONE(from_ms),
	TIME_OR_NONE(until_ms),
	MSG(decision, signed_statement),
	MSG_OR_NONE(privacy, signed_statement),
	MSG_OR_NONE(agreement, envelope),
	MSG_OR_NONE(second, signed_statement));

ROW(agreement, KIB(256),
	MSG(header, header),
	ID(id),
	ID_OR_NONE(application),
	NUMBER(revision, 0, UINT32_MAX),
	ID(resource),
	NUMBER(resource_version, 1, UINT32_MAX),
	NAME(assigner),
	NAME(assignee),
	TEXT(department, 0, 127),
	TEXT(system, 1, 127),
	TEXT(action, 1, 63),
	TEXT(purpose, 1, 127),
	TEXTS_SOME(fields, FIELDS_MAX, 127),
	TIME(from_ms),
	TIME(until_ms),
	TEXTS(obligations, OBLIGATIONS_MAX, 255),
	ID(grant),
	BYTES(entry_digest, 32, 32),
	TEXT(usage_terms, 0, 4096),
	TEXT(system_address, 0, 255),
	TEXTS(accepted, 16, 63));

ROW(verification, SMALL,
	MSG(header, header),
	ID(agreement),
	BYTES(agreement_digest, 32, 32));

ROW(negotiation_event, SMALL,
	MSG(header, header),
	ID(application),
	NUMBER(revision, 1, UINT32_MAX),
	WORD(event, events),
	TEXT(reason_code, 0, 63),
	TEXT(reason, 0, 4096),
	ID_OR_NONE(agreement));

ROW(revocation, SMALL,
	MSG(header, header),
	ID(grant),
	ID(agreement),
	TEXT(reason, 0, 4096),
	MSG(statement, signed_statement),
	NUMBER(generation, 0, UINT64_MAX));

ROW(provider_grant, KIB(256),
	MSG(header, header),
	MSG(agreement, envelope),
	MSG(offer, signed_statement),
	MSG(approval, signed_statement),
	MSG_OR_NONE(privacy, signed_statement));

ROW(application_mail, MAIL, MSG(application, envelope));
ROW(forward_mail, MAIL, MSG(application, envelope), MSG(intake, envelope));
ROW(intake_mail, MAIL, MSG(intake, envelope));
ROW(decision_mail, MAIL, MSG(decision, envelope), MSG_OR_NONE(intake, envelope), MSG_OR_NONE(entry, envelope));
ROW(verification_mail, SMALL, MSG(verification, envelope));
ROW(event_mail, SMALL, MSG(event, envelope));
ROW(revocation_mail, SMALL, MSG(revocation, envelope));
ROW(provider_grant_mail, MAIL, MSG(grant, envelope), MSG(entry, envelope));
