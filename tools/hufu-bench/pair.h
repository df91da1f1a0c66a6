/*
 * pair.h - a provider and a consumer as real processes, with the people that an exchange needs, and the steps these
 * people take by HTTP.
 *
 * The provider is its own intake node (the default of a catalog entry).
 */
#ifndef HUFU_TOOLS_BENCH_PAIR_H
#define HUFU_TOOLS_BENCH_PAIR_H

#include "net.h"

#define PAIR_SYSTEM "claims"
#define PAIR_PURPOSE "measurement" /* of what is published */

struct pair {
	struct net net;
	struct net_node *provider, *consumer;
};
/* Founds, starts and staffs both: publisher, intake, approver; operator, authority. pair_done in any case. */
bool pair_open(struct pair *p, const struct bench *b);
void pair_done(struct pair *p);
/* A CSV file as a source of the provider and a published entry of its own; waits until the consumer sees it. */
bool pair_publish(struct pair *p, const char *name, const char *path, char ret_entry[40]);
bool pair_sees(struct pair *p, const char *entry); /* waits until the consumer does */

/* Registers a CSV file, as the account "publisher". */
bool pair_source(const struct net_node *node, const char *name, const char *path);
/* What is sent to publish an entry on a source. */
json_t *pair_entry(const char *source, const char *title);

/* The people's connections; one set per thread. */
struct people {
	struct http *operator, * authority, *intake, *approver;
};
bool people_open(struct people *w, const struct pair *p);
void people_close(struct people *w);
/* From the draft to FINALIZED at both nodes; what was waited for between the steps is part of it. */
bool people_negotiate(struct people *w, const char *entry, char ret_application[40]);

/* Starts witnesses and waits until both nodes have heard of them, without which no transfer begins. */
bool people_confirm(struct people *w, struct pair *p);
/* Begins to fetch; the transfer's id. */
bool people_fetch(struct people *w, const char *entry, const char *output, char ret_transfer[40]);
/* The transfer as a node shows it (json_decref), NULL when it does not. */
json_t *pair_transfer(struct http *h, const char *transfer);

#endif
