/*
 * publish.h - what this node lets anybody read of ledgers whose owners chose to publish them (c2sp.org/tlog-tiles): its
 * own, and mirrored ones whose owner's descriptor entry has the attribute HF_PUBLISH_ATTRIBUTE = "yes".
 *
 * Two sides that share no state: the loop copies the newest witnessed checkpoint and the keys (refresh); another thread
 * looks paths up and reads tiles and entries from snapshots. Nothing is served beyond that checkpoint, and of an entry
 * only its bytes, which say nothing of its private fields.
 */
#ifndef HUFU_LEDGER_PUBLISH_H
#define HUFU_LEDGER_PUBLISH_H

#include "ledger/ledger.h"

#define HF_PUBLISH_ATTRIBUTE "publish-ledger"
#define HF_PUBLISH_PATH_MAX 256u

struct hf_published;
/* own, mirrors: which of the two are served at all. Loop thread. The reading thread must have ended before free. */
struct hf_published *hf_published_new(struct hf_ledger *l, struct hf_store *store, bool own, bool mirrors);
void hf_published_free(struct hf_published *p);
/* Cheap while nothing has changed. Loop thread. */
void hf_published_refresh(struct hf_published *p);

/* One file as served. */
struct hf_published_file {
	const char *type;
	bool immutable;
	uint64_t length;
	struct hf_buf bytes; /* all of it, or of an entry bundle the entry that is being read */
	/* Entry bundles. */
	struct hf_store *store;
	bool own;
	char origin[256];
	uint64_t first, next, end; /* indices */
	size_t at;                 /* in bytes */
};
/* path: "LEDGER/checkpoint", "LEDGER/tile/0/x001/067.p/8", ... without a slash in front; LEDGER is this node's id, or
 * the hex SHA-256 of the origin. UNKNOWN: nothing is served there; STORE, BUSY. The caller ends the file. Any thread.
 */
enum hf_err hf_published_open(struct hf_published *p, const char *path, struct hf_published_file *ret) HF_MUST_CHECK;
/* The next bytes, in order; 0 when they cannot be had any more. The thread that opened it. */
size_t hf_published_read(struct hf_published_file *f, uint64_t position, void *out, size_t max);
void hf_published_file_done(struct hf_published_file *f);

#endif
