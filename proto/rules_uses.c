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

ROW(read_report, KIB(192),
	MSG(header, header),
	ID(transfer),
	ID_OR_NONE(grant),
	ID(read),
	TEXT(account, 1, 127),
	TEXT(system, 1, 127),
	TEXT(purpose, 1, 127),
	TEXTS(fields, 1024, 127),
	NUMBER(count, 1, UINT64_MAX),
	NUMBER(rows, 0, UINT64_MAX),
	NUMBER(bytes, 0, UINT64_MAX),
	TIME(begun_ms),
	TIME(ended_ms),
	TEXT(outcome, 1, 31),
	TEXT(reason, 0, 63));

ROW(read_report_mail, KIB(192), MSG(report, envelope));

ROW(use_state, KIB(16),
	MSG(header, header),
	ID(transfer),
	NUMBER(sequence, 1, 1000),
	FLAG(stopped),
	TEXT(reason, 0, 63),
	TEXT(text, 0, 399),
	TIME(changed_ms));

ROW(use_state_mail, KIB(16), MSG(state, envelope));

ROW(use_end, KIB(16),
	MSG(header, header),
	ID(authorization),
	ID(resource),
	TEXT(system, 1, 127),
	TEXT(purpose, 1, 127),
	TIME(until_ms),
	TIME(ended_ms),
	TEXT(reason, 1, 4096));

ROW(use_end_mail, KIB(16), MSG(end, envelope));
/* clang-format on */
