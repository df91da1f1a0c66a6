/*
 * walk.h - reading what is long in pieces, a few milliseconds each turn of the loop, so that everything else is
 * answered meanwhile. Walks take turns one after the other. Private to the folder; loop thread.
 *
 * A row that is there all the time is seen once; one that comes, changes or goes meanwhile as it is when its place is
 * reached, or not at all.
 */
#ifndef HUFU_AUTHZ_WALK_H
#define HUFU_AUTHZ_WALK_H

#include "authz/module.h"

/* Either every row of a table, newest first, or a step that is called until it says that there is no more. An error
 * ends the walk with it. */
struct az_walk_part {
	enum hf_table table;
	enum hf_err (*row)(void *ctx, struct hf_bytes value);
	enum hf_err (*step)(void *ctx, bool *ret_more);
};
/* done is called exactly once, never from inside; HF_E_CANCELLED when the module closes first. parts is static, or
 * lives until then. */
void az_walk_begin(struct hf_authz *a, const struct az_walk_part *parts, size_t count, void *ctx,
                   void (*done)(void *ctx, enum hf_err e));
bool az_walks_idle(const struct hf_authz *a);
void az_walks_open(struct hf_authz *a);
void az_walks_close(struct hf_authz *a);

#endif
