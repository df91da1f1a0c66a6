/*
 * pg_pump.h - stands between libpq and its server, because libpq gathers a row or another message of up to 1 GB before
 * it gives any of it out: it gets the server's bytes through a pair of sockets, no more of them than one answer may
 * have. What TLS makes of them stays between libpq and the server. One thread. For this folder only.
 */
#ifndef HUFU_SOURCE_PG_PUMP_H
#define HUFU_SOURCE_PG_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_PUMP_PIECE ((size_t)64 << 10)

struct pg_way { /* one of the two directions */
	uint8_t piece[PG_PUMP_PIECE];
	size_t len, at; /* taken, and passed on of it */
	bool ended;
};
struct pg_pump {
	int near, far;   /* its end of the pair; the server. -1: it was not begun */
	uint64_t answer; /* bytes that libpq got since somebody set it to 0 */
	struct pg_way in, out;
};
void pg_pump_init(struct pg_pump *p);
bool pg_pump_begun(const struct pg_pump *p);
/* fd is libpq's, connected; it becomes the other end of the pair. False: no descriptors are left. */
bool pg_pump_begin(struct pg_pump *p, int fd);
/* libpq has closed its end, to connect once more or for good: what it had to say goes out, if that can be now. */
void pg_pump_end(struct pg_pump *p);
/* Ended, when libpq did that. */
void pg_pump_look(struct pg_pump *p);
/* Moves what can be moved at once, and when there is nothing, waits for it so long at most. */
void pg_pump_move(struct pg_pump *p, int wait_ms);

#endif
