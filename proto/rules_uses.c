/* rules_uses.c - bounds of uses.proto. */
#include "proto/rules.h"
#include "uses.pb-c.h"

/* clang-format off */
ROW(use_report, SMALL,
	MSG(header, header),
	ID(transfer),
	ID_OR_NONE(grant),
	ID_OR_NONE(agreement),
	TEXT(system, 1, 127),
	TEXT(purpose, 1, 127),
	NUMBER(count, 1, UINT64_MAX),
	NUMBER(rows, 0, UINT64_MAX),
	NUMBER(bytes, 0, UINT64_MAX),
	TIME(used_ms));

ROW(use_report_mail, SMALL, MSG(report, envelope));
/* clang-format on */
