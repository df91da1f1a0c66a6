/* rules_emergency.c - bounds of the emergency mechanism's messages. */
#include "proto/rules.h"

#include "emergency.pb-c.h"

static const char *const vote_results[] = {"T", "F", "S", "revoke", NULL};
static const char *const activation_results[] = {"active", "refused", NULL};
static const char *const end_causes[] = {"withdrawn", "event-ended", NULL};
static const char *const report_causes[] = {"expired", "withdrawn", "event-ended", "given-back", NULL};
static const char *const use_states[] = {"started", "completed", "terminated", NULL};
static const char *const successors[] = {"application", "scenario", NULL};

#define FIELDS_MAX 1024
#define VOTES_MAX 64
#define USES_MAX 500
#define MAIL KIB(400)

/* One line is one field. */
/* clang-format off */
ROW(emergency_event, SMALL,
	MSG(header, header),
	ID(id),
	TEXT(kind, 1, 63),
	TEXT(title, 1, 512),
	TEXT(description, 0, 4096),
	TEXT(region, 0, 127),
	TIME(from_ms),
	TIME(until_ms),
	NAMES(providers, 256),
	MSG(declaration, signed_statement));

ROW(emergency_event_end, SMALL,
	MSG(header, header),
	ID(event),
	BYTES(event_digest, 32, 32),
	TEXT(reason, 1, 4096),
	MSG(statement, signed_statement));

ROW(emergency_request, KIB(256),
	MSG(header, header),
	ID(id),
	NUMBER(revision, 1, 100),
	ID(event),
	BYTES(event_digest, 32, 32),
	ID(resource),
	NUMBER(resource_version, 1, UINT32_MAX),
	TEXT(title, 1, 512),
	NAME(provider),
	NAME(organization),
	TEXT(department, 0, 127),
	TEXT(system, 1, 127),
	TEXT(system_address, 0, 255),
	TEXT(reason, 1, 4096),
	TEXT(purpose, 1, 127),
	TIME_OR_NONE(from_ms),
	TIME(until_ms),
	TEXTS(fields, FIELDS_MAX, 127),
	TEXT(action, 1, 63),
	NUMBER(descriptor, 1, 10000),
	BYTES(descriptor_digest, 32, 32),
	BYTES_OR_NONE(previous, 32, 32),
	FLAG(personal),
	FLAG(sensitive),
	MSG(request, signed_statement));

ROW(emergency_vote, SMALL,
	MSG(header, header),
	ID(request),
	NUMBER(revision, 1, 100),
	BYTES(digest, 32, 32),
	NUMBER(descriptor, 1, 10000),
	WORD(result, vote_results),
	TEXT(reason, 0, 4096),
	MSG(vote, signed_statement));

ROW(emergency_grant, KIB(384),
	MSG(header, header),
	ID(id),
	ID(agreement),
	ID(request),
	NUMBER(revision, 1, 100),
	BYTES(request_digest, 32, 32),
	TIME(from_ms),
	TIME(until_ms),
	MSG(event, envelope),
	MSG(request_paper, envelope),
	MSGS_SOME(votes, VOTES_MAX, envelope),
	MSG_OR_NONE(privacy, signed_statement),
	MSG(execution, signed_statement));

ROW(emergency_activation, KIB(256),
	MSG(header, header),
	ID(request),
	NUMBER(revision, 1, 100),
	ID(grant),
	BYTES(grant_digest, 32, 32),
	WORD(result, activation_results),
	TEXT(reason_code, 0, 63),
	TEXT(reason, 0, 4096),
	KEYID(executor),
	MSG_OR_NONE(agreement, envelope));

ROW(emergency_end, SMALL,
	MSG(header, header),
	ID(request),
	ID(grant),
	WORD(cause, end_causes),
	TEXT(reason, 1, 4096));

ROW(emergency_use, 0,
	ID(transfer),
	TIME(time_ms),
	TEXT(account, 0, 63),
	TEXT(system, 0, 127),
	WORD(state, use_states),
	NUMBER(rows, 0, UINT64_MAX),
	NUMBER(bytes, 0, UINT64_MAX),
	TIME_OR_NONE(ended_ms));

ROW(emergency_report, KIB(256),
	MSG(header, header),
	ID(request),
	ID(grant),
	ID(event),
	ID(resource),
	NAME(organization),
	TEXT(system, 1, 127),
	TIME(from_ms),
	TIME(until_ms),
	TIME(ended_ms),
	WORD(cause, report_causes),
	NUMBER(use_count, 0, UINT64_MAX),
	NUMBER(bytes_total, 0, UINT64_MAX),
	MSGS(uses, USES_MAX, emergency_use));

ROW(emergency_link, SMALL,
	MSG(header, header),
	ID(request),
	ID(grant),
	WORD(kind, successors),
	ID(successor));

ROW(emergency_event_mail, SMALL, MSG(event, envelope));
ROW(emergency_event_end_mail, MAIL, MSG(event, envelope), MSG(end, envelope));
ROW(emergency_request_mail, MAIL, MSG(event, envelope), MSG(request, envelope));
ROW(emergency_vote_mail, MAIL, MSG(event, envelope), MSG(request, envelope), MSG(vote, envelope));
ROW(emergency_privacy_mail, MAIL, MSG(event, envelope), MSG(request, envelope), MSG(privacy, signed_statement));
ROW(emergency_grant_mail, MAIL, MSG(grant, envelope));
ROW(emergency_activation_mail, MAIL, MSG(event, envelope), MSG(request, envelope), MSG(activation, envelope), MSG_OR_NONE(entry, envelope));
ROW(emergency_end_mail, SMALL, MSG(end, envelope));
ROW(emergency_report_mail, KIB(320), MSG(report, envelope));
ROW(emergency_link_mail, SMALL, MSG(link, envelope));
