/* rules_promotion.c - bounds of what is told of superseded grants. */
#include "proto/rules.h"

#include "promotion.pb-c.h"

static const char *const states[] = {"superseded", "ended", "restored", NULL};

/* One line is one field. */
/* clang-format off */
ROW(supersession, KIB(40),
	MSG(header, header),
	ID(promotion),
	ID(grant),
	ID(agreement),
	WORD(state, states),
	TIME(until_ms),
	TEXT(reason, 0, 4096),
	MSG(statement, signed_statement));

ROW(supersession_mail, KIB(56), MSG(supersession, envelope));
