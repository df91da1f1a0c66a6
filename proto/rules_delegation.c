/* rules_delegation.c - bounds of the messages about agents. */
#include "proto/rules.h"

#include "delegation.pb-c.h"

static const char *const levels[] = {"national", "province", "city", NULL};
static const char *const question_kinds[] = {"question", "withdrawn", "filed", NULL};

#define RESOURCES_MAX 256

/* One line is one field. */
/* clang-format off */
ROW(delegation, SMALL,
	MSG(header, header),
	ID(id),
	NUMBER(version, 1, UINT32_MAX),
	NAME(agent),
	BLOCKS(resources, RESOURCES_MAX, 16, 16),
	WORD(level, levels),
	TIME(from_ms),
	TIME(until_ms),
	FLAG(decides),
	FLAG(ended),
	TEXT(reason, 0, 4096),
	MSG(statement, signed_statement));

ROW(delegation_question, SMALL,
	MSG(header, header),
	ID(delegation),
	ID(grant),
	ID(application),
	WORD(kind, question_kinds),
	TEXT(text, 1, 4096));

ROW(delegation_mail, SMALL, MSG(delegation, envelope));
ROW(delegation_question_mail, SMALL, MSG(question, envelope));
