/* rules_statistics.c - bounds of statistics.proto. */
#include "proto/rules.h"
#include "statistics.pb-c.h"

static const char *const mechanisms[] = {"application", "provider", "emergency", "attribute", NULL};

/* One line is one field. */
/* clang-format off */
ROW(use_filing, KIB(128),
	MSG(header, header),
	ID(transfer),
	ID(resource),
	WORD(mechanism, mechanisms),
	ID_OR_NONE(application),
	NAME(organization),
	TEXT(department, 0, 127),
	TIME(asked_ms),
	TIME(decided_ms),
	MSG(report, envelope));

ROW(use_filing_mail, KIB(128), MSG(filing, envelope));
