/* rules_dispute.c - bounds of disputes and of reports of overdue decisions. */
#include "proto/rules.h"

#include "dispute.pb-c.h"

static const char *const subjects[] = {"conditions", "reasons", "result", NULL};
static const char *const outcomes[] = {"upheld", "dismissed", NULL};
static const char *const escalation_states[] = {"overdue", "decided", NULL};

/* One line is one field. */
/* clang-format off */
ROW(dispute, SMALL,
	MSG(header, header),
	ID(id),
	ID(application),
	NUMBER(revision, 1, UINT32_MAX),
	BYTES(application_digest, 32, 32),
	WORD(about, subjects),
	TEXT(reason, 1, 4096),
	TEXT(state, 1, 63),
	TEXT(result, 0, 63),
	TEXT(result_reason, 0, 4096),
	NUMBER(descriptor, 1, 10000),
	BYTES(descriptor_digest, 32, 32),
	MSG(statement, signed_statement));

ROW(dispute_opinion, SMALL,
	MSG(header, header),
	ID(dispute),
	BYTES(digest, 32, 32),
	NUMBER(descriptor, 1, 10000),
	WORD(result, outcomes),
	TEXT(reason, 1, 4096),
	MSG(statement, signed_statement));

ROW(escalation, SMALL,
	MSG(header, header),
	ID(application),
	NUMBER(revision, 1, UINT32_MAX),
	ID(resource),
	TEXT(title, 1, 512),
	NAME(provider),
	NAME(organization),
	TIME(sent_ms),
	TIME(due_ms),
	WORD(state, escalation_states),
	TEXT(result, 0, 63));

ROW(dispute_mail, KIB(320), MSG(dispute, envelope), MSG(application, envelope));
ROW(dispute_opinion_mail, KIB(384), MSG(dispute, envelope), MSG(application, envelope), MSG(opinion, envelope));
ROW(escalation_mail, SMALL, MSG(escalation, envelope));
