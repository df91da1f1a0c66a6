/* rules_scenario.c - bounds of the scenarios' messages. */
#include "proto/rules.h"

#include "scenario.pb-c.h"

#define MEMBERS_MAX 256
#define FIELDS_MAX 1024

/* One line is one field. */
/* clang-format off */
ROW(scenario_member, 0,
	NAME(organization),
	NAME_OR_NONE(department),
	NAME(system),
	TEXT(address, 0, 63));

ROW(scenario, KIB(112),
	MSG(header, header),
	ID(id),
	NUMBER(version, 1, UINT32_MAX),
	TEXT(name, 1, 127),
	TEXT(description, 0, 4096),
	TEXT(purpose, 1, 127),
	TIME(from_ms),
	TIME(until_ms),
	NAMES(providers, 256),
	MSGS(members, MEMBERS_MAX, scenario_member),
	FLAG(ended),
	TEXT(reason, 0, 4096),
	MSG(statement, signed_statement));

ROW(scenario_opening, KIB(192),
	MSG(header, header),
	ID(id),
	NUMBER(version, 1, UINT32_MAX),
	ID(scenario),
	ID(resource),
	TEXT(title, 1, 512),
	TEXTS(fields, FIELDS_MAX, 127),
	TEXTS(obligations, 16, 160),
	TIME(from_ms),
	TIME(until_ms),
	FLAG(closed),
	TEXT(reason, 0, 4096),
	MSG(statement, signed_statement));

ROW(scenario_mail, KIB(128), MSG(scenario, envelope));
ROW(scenario_opening_mail, KIB(352), MSG(scenario, envelope), MSG(opening, envelope));
