/*
 * ledger_town.h - the ledger of a node in its founded folder, run inside the bench with those of its three witnesses:
 * the nodes' own stores, keys, space and ledgers without their network and API, where a bench has to write faster than
 * any of these would let it. Messages between them are carried by the loop, with nothing in between.
 *
 * One thread, and one committer thread for each store.
 */
#ifndef HUFU_TOOLS_BENCH_LEDGER_TOWN_H
#define HUFU_TOOLS_BENCH_LEDGER_TOWN_H

#include "ledger/internal.h"
#include "net.h"

#define TOWN_WITNESSES 3u

struct ledger_town;
struct ledger_home {
	struct ledger_town *town;
	struct hf_base base;
	struct hf_store *store;
	struct hf_node_keys keys;
	struct hf_ledger *ledger; /* NULL: it does not run */
};
struct ledger_carried;
struct ledger_town {
	uv_loop_t loop;
	uv_timer_t limit; /* keeps the loop alive */
	struct hf_system_clock *clock;
	struct hf_space *space;
	int log_fd;
	struct ledger_home home[1 + TOWN_WITNESSES]; /* first the node, then its witnesses */
	struct ledger_carried *calls;
};
/* The net's first node, and its last three, which net_found has made the witnesses. Returns when the first entry is
 * signed. False after printing why; ledger_town_close in any case. */
bool ledger_town_open(struct ledger_town *t, const struct net *n);
void ledger_town_close(struct ledger_town *t);
/* The node loses its store and its ledger's files, and is opened again: read-only until it is recovered. */
bool ledger_town_lose(struct ledger_town *t, const struct net *n);
/* Runs the loop until done(ctx); false after printing what was waited for in vain. */
bool ledger_town_until(struct ledger_town *t, bool (*done)(void *ctx), void *ctx, const char *what);
/* Waits until all durable entries of the node are signed. */
bool ledger_town_signed(struct ledger_town *t);

#endif
