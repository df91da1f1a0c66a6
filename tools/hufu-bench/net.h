/*
 * net.h - a small data space of real node processes on this machine, for the benches: the released programs, nothing
 * else.
 *
 * hufud runs as a process per node, hufu is the operators' command; nodes listen on loopback addresses 127.0.2.N of
 * their own. A function that fails prints why (with the command that was refused) and returns false; net_done stops
 * what is running in any case.
 */
#ifndef HUFU_TOOLS_BENCH_NET_H
#define HUFU_TOOLS_BENCH_NET_H

#include "bench.h"

#define NET_NODES_MAX 16u
#define NET_SPACE "bench.example"
#define NET_LIMIT_MS 60000 /* how long any single event is waited for */

struct net;
struct net_node {
	struct net *net;
	char id[32], ip[32], dir[400], log[400];
	const char *mirror; /* node that stores its ledger, besides its parties; NULL: none */
	int pid;            /* 0: not running */
};
struct net {
	const char *bin;
	char dir[300];
	struct net_node node[NET_NODES_MAX];
	unsigned count;
};

/* The network's folder below the bench's own. */
bool net_open(struct net *n, const struct bench *b, const char *name);
/* Stops and kills what is left. */
void net_done(struct net *n);
/* Adds a member; made by net_found. NULL when there are too many. */
struct net_node *net_add(struct net *n, const char *id);
/* Authority, node folders, one descriptor with every member and three witnesses, which are members of their own and do
 * not run by themselves: what is measured is the node, and a witness that is down never stops its work. */
bool net_found(struct net *n);
/* These witnesses run from now on: a node begins no exchange before a quorum of them has answered it. */
bool net_start_witnesses(struct net *n);
/* The same with witnesses among the nodes that were added. */
bool net_found_with(struct net *n, const char *const *witnesses, unsigned count, unsigned quorum);

bool net_start(struct net_node *node); /* returns when it answers */
bool net_stop(struct net_node *node);  /* SIGTERM, and waits for the end */
bool net_kill(struct net_node *node);  /* SIGKILL, likewise */
/* exec to the first answer of /v1/status, in milliseconds. */
bool net_start_timed(struct net_node *node, double *ret_ms);

/* Runs hufu with --json for a node (NULL: none) as an account (NULL: the only session). The words end with NULL.
 * ret_out (may be NULL) is the answer. */
bool net_hufu(struct net *n, const struct net_node *node, const char *as, json_t **ret_out, ...)
        __attribute__((sentinel));
/* The first user: the administrator "admin", logged in with two factors. */
bool net_admin(struct net_node *node);
/* An account with one role, logged in. */
bool net_user(struct net_node *node, const char *account, const char *role);
/* Leave to "publish" or to "apply" for that purpose, given by that account for a year. */
bool net_mandate(const struct net_node *node, const char *account, const char *kind, const char *purpose);
bool net_login(const struct net_node *node, const char *account);

/* HTTP over the node's Unix socket with one connection that stays open. One thread at a time. */
struct http;
/* account NULL: without a session. NULL after printing that there is no session. */
struct http *http_open(const struct net_node *node, const char *account);
void http_close(struct http *h);
/* The status, 0 when the node does not answer. body is taken (NULL: none); ret_out (may be NULL) gets the JSON answer
 * or NULL. Prints nothing. */
int http_try(struct http *h, const char *method, const char *path, json_t *body, json_t **ret_out);
/* GET of an answer that is not JSON (free ret_text). */
int http_text(struct http *h, const char *path, char **ret_text);
/* The same where only 200 will do; prints the refusal. */
bool http_call(struct http *h, const char *method, const char *path, json_t *body, json_t **ret_out);

/* True as soon as fn is; asks again after pauses of a millisecond. Prints what was waited for in vain. */
bool net_wait(bool (*fn)(void *ctx), void *ctx, const char *what);
bool net_wait_s(bool (*fn)(void *ctx), void *ctx, const char *what, unsigned limit_s);
/* Waits a millisecond, for loops that ask again. */
void net_pause(void);
const char *json_text(const json_t *o, const char *key); /* "" when it is not there */
double json_real_of(const json_t *o, const char *key);   /* 0 when it is not there */

#endif
