/*
 * target.h - inside of node/exchange: where a delivery goes at the consumer. A kind of target is one file and one row
 * in target.c; receive.c, import.c, fetch.c and end.c know no kind.
 */
#ifndef HUFU_EXCHANGE_TARGET_H
#define HUFU_EXCHANGE_TARGET_H

#include "exchange/exchange.h"
#include "source/scanner.h"

struct transfer;
struct receive;

#define OUTPUT_MAX 512

/* Stored in the transfer's row: never renumbered. */
enum target_kind {
	TARGET_FILE = 0,
	TARGET_SEALED = 1,
	TARGET_JSONL = 2,
	TARGET_CSV_ZST = 3,
	TARGET_SQLITE = 4,
	TARGET_POSTGRESQL = 5,
	TARGET_JSONL_ZST = 6,
	TARGET_KINDS
};

struct target {
	const char *name;
	const char *format; /* by which a file of it is asked for; NULL: it is none */
	const char *outlet; /* kind of a registered database (source/outlet.h); NULL: it is none */
	bool sealed;        /* nothing of it is ever on a disk in plain */
	/* When it is asked for: may it go there? ret_output: as the row keeps it. */
	enum hf_err (*check)(struct hf_exchange *x, const char *output, char ret_output[OUTPUT_MAX],
	                     struct hf_fault *f);
	/* The folder whose room is asked for. */
	void (*folder)(const struct transfer *t, char out[OUTPUT_MAX]);
	/* Once, when the provider has agreed, before anything is asked for; NULL: nothing. begin on the loop, work in a
	 * worker. */
	enum hf_err (*prepare_begin)(struct transfer *t, struct hf_fault *f);
	enum hf_err (*prepare_work)(struct transfer *t);
	/* Also after a restart: what is durable must be there, what is behind it is cut off. Sets r->fd. */
	enum hf_err (*open)(struct transfer *t, struct receive *r, struct hf_fault *f);
	void (*close)(struct receive *r);
	/* Any worker; lane: no two calls at a time have the same. The bytes of plain may be changed. */
	enum hf_err (*write)(struct transfer *t, unsigned lane, uint64_t index, uint8_t *plain, size_t len);
	/* One worker at a time. Of what was written. */
	enum hf_err (*read)(struct transfer *t, uint64_t index, uint8_t *out, size_t len);
	/* The scanner looks at it (DS-100). */
	void (*examine)(struct transfer *t, hf_scan_fn fn, void *ctx);
	/* Loop, before a worker settles or finishes: t->load says what goes where. Only with `finish`. */
	enum hf_err (*ready)(struct transfer *t, struct hf_fault *f);
	/* Worker: all is there and durable under its final name. Done twice it is done once. */
	enum hf_err (*settle)(struct transfer *t, struct hf_fault *f);
	void (*unsettle)(struct transfer *t); /* no receipt could be made: as before */
	/* Worker, after the end. A delivery that is recorded: what it was made from goes, and what it took the place
	 * of. Any other end: what `wipe` is for. An error that passes: it is called again. NULL: nothing is left. */
	enum hf_err (*finish)(struct transfer *t, struct hf_fault *f);
	/* With the unit that records the delivery. */
	void (*delivered)(struct transfer *t, struct hf_unit *u);
	/* After an end before its time, without `finish`. False: something may be left. */
	bool (*wipe)(struct transfer *t);
	const char *cache; /* DS-53: what the entry of the delivery says of copies */
	const char *wiped; /* and that of an end */
};
const struct target *target_of(enum target_kind kind); /* NULL: there is none */
/* The kind that is asked for, and the place as its check takes it. */
enum hf_err target_choose(struct hf_exchange *x, const struct hf_fetch *in, enum target_kind *ret_kind,
                          const char **ret_place, struct hf_fault *f) HF_MUST_CHECK;
/* Workers that load at a time: a database that does not answer leaves the others to everybody else. */
#define TARGET_LOADS_MAX 2u
/* What a failed settle says of the system's error. */
enum hf_err target_not_there(enum hf_err e, int sys_error, struct hf_fault *f) HF_MUST_CHECK;
/* It may go otherwise later: nothing is lost, the same is done again. */
bool target_passes(enum hf_err e);

extern const struct target target_file, target_sealed; /* a row each */
extern const struct target target_jsonl, target_csv_zst, target_jsonl_zst, target_sqlite, target_postgresql;

#endif
