/*
 * negotiate_base.h - the baseline of negotiate: what a negotiation has counted of signatures, verifications, messages
 * and commits, done alone and one after the other.
 */
#ifndef HUFU_TOOLS_BENCH_NEGOTIATE_BASE_H
#define HUFU_TOOLS_BENCH_NEGOTIATE_BASE_H

#include "pair.h"

/* Of one negotiation, at both nodes together. */
struct effort {
	double signatures, verifications, messages, commits, document_bytes;
};
struct effort_start; /* what the nodes had counted before */
struct effort_start *effort_begin(const struct pair *p);
/* Since then, by the number of negotiations; frees start. False when a node could not be asked. */
bool effort_end(struct effort_start *start, const struct pair *p, unsigned negotiations, struct effort *ret_effort);

struct alone;
/* Forks the process that answers messages. */
struct alone *alone_open(const char *dir);
void alone_close(struct alone *a);
/* Milliseconds for one negotiation's worth; negative when something failed. */
double alone_once(struct alone *a, const struct effort *e);

#endif
