/* rules_destruction.c - bounds of destruction.proto. */
#include "destruction.pb-c.h"
#include "proto/rules.h"

static const char *const destruction_kinds[] = {"sealed", "file", "source", NULL};
static const char *const destruction_outcomes[] = {"destroyed", "absent", NULL};

/* clang-format off */
ROW(destruction_record, SMALL,
	MSG(header, header),
	ID(destruction),
	ID(transfer),
	WORD(kind, destruction_kinds),
	ID(object),
	ID(resource),
	BYTES_OR_NONE(root, 32, 32),
	WORD(outcome, destruction_outcomes),
	TEXT(method, 1, 399),
	TEXT(verification, 1, 799),
	TEXT(policy, 0, 399),
	TEXT(reason, 1, 399),
	MSG_OR_NONE(asked, signed_statement),
	MSG_OR_NONE(approved, signed_statement),
	TIME(destroyed_ms),
	ID_OR_NONE(recall));

ROW(destruction_mail, SMALL, MSG(record, envelope));
/* clang-format on */
