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
enum target_kind { TARGET_FILE = 0, TARGET_SEALED = 1, TARGET_KINDS };

struct target {
	const char *name;
	bool sealed; /* nothing of it is ever on a disk in plain */
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
	/* Worker: all is there and durable under its final name. Done twice it is done once. ret_sys: errno. */
	enum hf_err (*settle)(struct transfer *t, int *ret_sys);
	void (*unsettle)(struct transfer *t); /* no receipt could be made: as before */
	/* With the unit that records the delivery. */
	void (*delivered)(struct transfer *t, struct hf_unit *u);
	/* After an end before its time. False: something may be left. */
	bool (*wipe)(struct transfer *t);
	const char *cache; /* DS-53: what the entry of the delivery says of copies */
	const char *wiped; /* and that of an end */
};
const struct target *target_of(enum target_kind kind); /* NULL: there is none */

extern const struct target target_file, target_sealed; /* a row each */

#endif
