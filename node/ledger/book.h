/*
 * book.h - reading one ledger, this node's own or a mirrored one, with proof: entry bytes are hashed anew, held against
 * the tree, and the tree against a signed checkpoint.
 */
#ifndef HUFU_LEDGER_BOOK_H
#define HUFU_LEDGER_BOOK_H

#include "ledger/internal.h"

struct hf_book {
	struct hf_ledger *ledger;
	struct hf_place place;
	char node[HF_NAME_MAX + 1];
	struct hf_rows *rows;
	uint64_t held; /* entries that are there and, for a mirror, checked against a checkpoint */
	/* The newest witnessed checkpoint, and the newest signed one; worth of an absent one is all zero. */
	struct hf_buf note[2];
	struct hf_worth worth[2];
};
enum { HF_BOOK_WITNESSED = 0, HF_BOOK_SIGNED = 1 };

/* node NULL or this node: the own ledger. HF_E_UNKNOWN when that node's ledger is not mirrored here. Loop thread. */
enum hf_err hf_book_open(struct hf_ledger *l, const char *node, struct hf_book *ret_book) HF_MUST_CHECK;
/* The same from other rows than the loop's own, which show what is submitted: a snapshot has what is durable. rows
 * outlive the book. */
enum hf_err hf_book_open_from(struct hf_ledger *l, const char *node, struct hf_rows *rows,
                              struct hf_book *ret_book) HF_MUST_CHECK;
void hf_book_done(struct hf_book *b);

struct hf_page {
	uint64_t index;
	struct hf_buf bytes;
	Hufu__LedgerEntry *entry;
	struct hf_opened opened;    /* empty when this node cannot open it */
	bool erased;                /* it could once */
	struct hf_merkle_path path; /* to the checkpoint `under` */
	int under;                  /* HF_BOOK_WITNESSED or _SIGNED, -1: no checkpoint covers it yet */
	int64_t time_ms;            /* exact when opened */
};
/* Reads and verifies one entry. Errors: UNKNOWN not held; DIGEST its bytes, its opening or its place in the tree do not
 * fit. */
enum hf_err hf_page_read(struct hf_book *b, uint64_t index, struct hf_page *ret_page) HF_MUST_CHECK;
void hf_page_done(struct hf_page *p);
/* "durable", "signed", "witnessed 2/3". */
void hf_page_proof(const struct hf_book *b, const struct hf_page *p, char out[32]);

#endif
