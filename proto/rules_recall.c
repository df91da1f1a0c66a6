/* rules_recall.c - bounds of recall.proto. */
#include "proto/rules.h"
#include "recall.pb-c.h"

static const char *const recall_states[] = {"stopped", "done", NULL};
static const char *const recall_kinds[] = {"sealed", "file", "source", NULL};
static const char *const recall_outcomes[] = {"destroyed", "absent", NULL};

/* clang-format off */
ROW(recall, KIB(16),
	MSG(header, header),
	ID(recall),
	ID(transfer),
	ID(resource),
	NUMBER(from_version, 0, UINT32_MAX),
	NUMBER(to_version, 0, UINT32_MAX),
	TEXT(reason, 1, 399),
	TIME(deadline_ms));

ROW(recall_mail, KIB(16), MSG(recall, envelope));

ROW(recall_object, 0,
	WORD(kind, recall_kinds),
	ID(object),
	ID(destruction),
	WORD(outcome, recall_outcomes),
	BYTES_OR_NONE(record_digest, 32, 32));

ROW(recall_answer, SMALL,
	MSG(header, header),
	ID(recall),
	ID(transfer),
	WORD(state, recall_states),
	MSGS(objects, 256, recall_object),
	NUMBER(passed_on, 0, UINT32_MAX),
	TIME(answered_ms));

ROW(recall_answer_mail, SMALL, MSG(answer, envelope));
/* clang-format on */
