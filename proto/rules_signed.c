/* rules_signed.c - bounds of envelopes, what persons sign, and the space descriptor. */
#include "proto/rules.h"

#include "envelope.pb-c.h"
#include "space.pb-c.h"

static const char *const statement_kinds[] = {"need",
                                              "request",
                                              "compliance",
                                              "privacy",
                                              "decision",
                                              "revocation",
                                              "access",
                                              "offer",
                                              "emergency-declaration",
                                              "emergency-end",
                                              "emergency-request",
                                              "emergency-vote",
                                              "emergency-withdrawal",
                                              "emergency-execution",
                                              "dispute",
                                              "dispute-opinion",
                                              "hold",
                                              "policy",
                                              "scenario",
                                              "scenario-opening",
                                              "delegation",
                                              "promotion",
                                              "promotion-decision",
                                              "supersession",
                                              "second-approval",
                                              "use",
                                              "time-recovery",
                                              "destruction",
                                              "destruction-approval",
                                              "recall",
                                              "recall-approval",
                                              NULL};
static const char *const statement_results[] = {"pass", "refuse", "return", "T",         "F",
                                                "S",    "revoke", "upheld", "dismissed", NULL};
static const char *const member_roles[] = {"provider",
                                           "consumer",
                                           "exchange-service",
                                           "data-authority",
                                           "business-authority",
                                           "emergency-authority",
                                           "leading-group",
                                           "data-management",
                                           "auditor",
                                           NULL};

/* One line is one field. */
/* clang-format off */
ROW(envelope, BODY,
	TEXT(payload_type, 1, 127),
	BYTES(payload, 1, KIB(16384)),
	MSGS_SOME(signatures, 4, signature));

ROW(signature, 0,
	KEYID(keyid),
	BYTES(sig, 64, 64));

ROW(header, SMALL,
	NUMBER(suite, 1, 255),
	NAME_OR_NONE(space),
	NAME(issuer),
	NAMES(audience, 256),
	ID(message_id),
	TIME(time_ms),
	ID_OR_NONE(transaction));

ROW(person_certificate, SMALL,
	MSG(header, header),
	TEXT(account, 1, 63),
	TEXT(display_name, 0, 512),
	BYTES_OR_NONE(real_name_ref, 32, 32),
	BYTES(public_key, 32, 32),
	TEXTS(permissions, 64, 63),
	TEXTS(methods, 8, 63),
	TEXT(department, 0, 127),
	TIME_OR_NONE(not_before_ms),
	TIME(not_after_ms));

ROW(statement, SMALL,
	MSG(header, header),
	TEXT(account, 1, 63),
	WORD(kind, statement_kinds),
	ID(object),
	NUMBER(revision, 0, UINT32_MAX),
	BYTES_OR_NONE(object_digest, 32, 32),
	MSGS(findings, 64, finding),
	WORD_OR_NONE(result, statement_results),
	TEXT(reason, 0, 4096),
	TIME_OR_NONE(until_ms));

ROW(finding, 0,
	TEXT(point, 1, 127),
	FLAG(ok),
	TEXT(text, 0, 4096));

ROW(signed_statement, SMALL,
	MSG(statement, envelope),
	MSG(certificate, envelope));

ROW(descriptor, BODY,
	MSG(header, header),
	NUMBER(number, 1, 10000),
	BYTES_OR_NONE(prev, 32, 32),
	TEXT(space_name, 0, 512),
	TIME_OR_NONE(not_before_ms),
	TIME(not_after_ms),
	BYTES(root_key, 32, 32),
	BYTES_OR_NONE(next_root_key, 32, 32),
	BYTES_OR_NONE(revocation_key, 32, 32),
	MSGS(members, 1024, member),
	NAMES(leading_group, 1024),
	NUMBER(leading_threshold, 0, 1024),
	NAMES(witnesses, 1024),
	NUMBER(quorum, 0, 1024),
	TEXTS(holidays, 3660, 10),
	MSGS(revocations, 4096, member_revocation),
	TEXTS(workdays, 3660, 10),
	TEXT(utc_offset, 0, 6));

ROW(member, SMALL,
	NAME(id),
	TEXT(organization, 1, 255),
	TEXT(organization_name, 0, 512),
	TEXT(jurisdiction, 0, 15),
	MSGS(attributes, 64, attribute),
	WORDS(roles, 16, member_roles),
	TEXTS(addresses, 8, 255),
	MSGS(keys, 64, member_key),
	TIME_OR_NONE(not_before_ms),
	TIME_OR_NONE(not_after_ms),
	NAMES(mirrors, 64),
	TEXTS(departments, 256, 127));

ROW(attribute, 0,
	TEXT(name, 1, 63),
	TEXT(value, 0, 255));

ROW(member_key, 0,
	NUMBER(use, 1, 7),
	BYTES(public_key, 32, 32),
	TIME_OR_NONE(not_before_ms),
	TIME_OR_NONE(not_after_ms));

ROW(member_revocation, 0,
	NAME(member),
	BYTES_OR_NONE(public_key, 32, 32),
	TIME(at_ms),
	TEXT(reason, 0, 1024));

ROW(member_request, SMALL,
	MSG(header, header),
	MSG(member, member));
