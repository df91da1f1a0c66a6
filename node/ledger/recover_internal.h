/*
 * recover_internal.h - one recovery under way, for recover.c (checkpoints, entries, the end) and recover_openings.c.
 */
#ifndef HUFU_LEDGER_RECOVER_INTERNAL_H
#define HUFU_LEDGER_RECOVER_INTERNAL_H

#include "ledger/internal.h"

#define HF_RECOVERY_TRIES 200u /* of one write that fails because something else in its batch does */

struct page;
struct hf_recovery {
	struct hf_ledger *ledger;
	void (*fn)(void *ctx, enum hf_err e, const struct hf_ledger_recovered *c);
	void *ctx;
	bool override;
	char (*mirror)[HF_NAME_MAX + 1];
	size_t mirrors, at;
	struct hf_checkpoint goal;
	struct hf_buf note;
	struct hf_edge edge; /* of what is in order so far */
	uint64_t stored;     /* entries in the store */
	uint64_t start;      /* they are fetched from here on */
	uint64_t lost_from;  /* the first that was fetched */
	size_t asked;        /* for openings */
	uint64_t from, from_before, gathered;
	unsigned tries;
	uint64_t best;     /* the largest checkpoint that a mirror had */
	bool wrong;        /* a mirror's entries do not lead where they should */
	struct page *page; /* on its way to the store */
	struct hf_ledger_recovered out;
};

/* Keeps an opening of entry e when it fits and nothing of it can be read so far; *opened counts. */
enum hf_err hf_recovery_take_opening(struct hf_recovery *r, struct hf_unit *u, const Hufu__EntryOpening *o,
                                     const Hufu__LedgerEntry *e, uint64_t *opened) HF_MUST_CHECK;
/* All entries are here: asks the next party for openings, and seals when there is none left. */
void hf_recovery_gather_next(struct hf_recovery *r);
/* The recovered checkpoint becomes this log's newest; then the log goes on. */
void hf_recovery_seal(struct hf_recovery *r);

#endif
