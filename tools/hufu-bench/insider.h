/*
 * insider.h - the strongest forgery that one member can make of a tally alone; hufu-verify must refuse it.
 *
 * An insider of one node alters what was delivered, signs again every document of that node, makes the entries, the
 * tree and the checkpoint of its own ledger anew so that they agree with the altered documents, and signs the file.
 * What he cannot make are the documents and ledgers of the others and the witnesses' cosignatures.
 */
#ifndef HUFU_TOOLS_BENCH_INSIDER_H
#define HUFU_TOOLS_BENCH_INSIDER_H

#include "base/mem.h"
#include "crypto/hash.h"
#include "evidence/node_keys.h"
#include "tally.pb-c.h"

#define INSIDER_DOCS_MAX 256u

/* A value that the insider replaced: digest of a document, or a content root. */
struct insider_change {
	struct hf_hash before, after;
};
struct insider {
	struct hf_node_keys keys;
	const char *node, *what; /* what: the alteration, in words */
	const char *quality[2];  /* of the receipt, before and after; NULL while it stands as it was */
	Hufu__Tally *tally;
	struct hf_arena arena; /* what the altered messages point to */
	struct insider_change changes[2 * INSIDER_DOCS_MAX];
	size_t change_count;
	size_t documents, entries, checkpoints; /* made anew */
};

void *insider_copy(struct insider *x, const void *data, size_t len);
/* Replaces a value that was changed; false when it was not. */
bool insider_replace(struct insider *x, ProtobufCBinaryData *value);

/* insider_ledger.c: the node's own ledger in the tally, made to fit the altered documents. False when it has none. */
bool insider_remake_ledger(struct insider *x);

/* hufu-bench insider: reads the tally, alters it as the node in dir could, writes it, prints one line. Exit status. */
int insider_main(const char *tally, const char *dir, const char *output);

#endif
