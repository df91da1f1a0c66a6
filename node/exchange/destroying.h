/*
 * destroying.h - inside of node/exchange: one destruction under way (destruction_run.c), and the kinds of what can be
 * destroyed, a row each (destruction_kind.c).
 */
#ifndef HUFU_EXCHANGE_DESTROYING_H
#define HUFU_EXCHANGE_DESTROYING_H

#include <sys/types.h>

#include "exchange/destruction.h"
#include "exchange/destruction_search.h"
#include "exchange/transfer.h"
#include "exchange/vault.h"
#include "source/load.h"

struct destruction_kind;

/* What a worker has, and nobody else touches meanwhile. */
struct destruction {
	uv_work_t work;
	struct hf_exchange *x;
	Hufu__DestructionRow *row;
	const struct destruction_kind *kind;
	struct hf_id transfer;
	uint64_t slot;
	char path[VAULT_PATH];
	struct hf_hash root; /* of what was delivered */
	uint64_t bytes;
	struct hf_hash digest; /* of a source as it was scanned, of a file as it was made of a delivery */
	bool converted;        /* a file that holds the delivery in another form, */
	bool known;            /* and its digest is there */
	const char *loader;    /* of a delivery in a database, whose table is path, */
	struct hf_load *load;  /* and how to get there */
	bool database;         /* a table of one */
	bool shared;           /* another source reads the same file */
	bool there;
	dev_t dev;
	ino_t ino;
	uint8_t window[SEARCH_WINDOWS + 1][SEARCH_WINDOW]; /* the last: of the key */
	size_t windows;
	size_t with_key;    /* 0 or 1, behind the others */
	struct hf_buf keep; /* for the row, before anything is destroyed; empty: nothing */
	enum hf_err error;
	enum destruction_end { END_DESTROYED = 1, END_ABSENT, END_CHANGED, END_FAILED } end;
	char method[400], verification[800], found[300];
};

struct destruction_kind {
	const char *name;
	/* Loop: fills in what the worker needs. */
	enum hf_err (*prepare)(struct destruction *d, struct hf_fault *f);
	/* Worker, when the row keeps nothing yet: what there is, before anything is done to it; fills in keep. */
	void (*look)(struct destruction *d);
	/* Worker: sets end, method, error. */
	void (*destroy)(struct destruction *d);
	/* Worker: false with a word in verification when it is not so. The search comes besides. */
	bool (*verify)(struct destruction *d);
	/* Loop, with the unit of the record; NULL: nothing more. */
	enum hf_err (*record)(struct destruction *d, struct hf_unit *u, struct hf_fault *f);
};
/* What "file" becomes when the delivery went into a database. */
extern const struct destruction_kind destruction_of_load;
const struct destruction_kind *destruction_kind_of(const char *name);

/* Begins what the row says, on which nothing is under way. Takes the row. */
void destruction_run(struct hf_exchange *x, Hufu__DestructionRow *take);
void destruction_put(struct hf_unit *u, const Hufu__DestructionRow *row);

/* Decided by no person: with the unit the row says so; the sweep carries it out. An order of persons that waits for its
 * approval is overtaken; what is done or under way stays as it is. */
struct destruction_wish {
	const char *kind, *provider, *name, *why;
	struct hf_id object, transfer;
	ProtobufCBinaryData resource;
	const struct hf_id *recall; /* NULL: none */
};
void destruction_order(struct hf_exchange *x, struct hf_unit *u, const struct destruction_wish *w);

#endif
