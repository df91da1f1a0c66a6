/*
 * dispatch.h - the table of peer messages: which module answers which request, and what the sender must be.
 */
#ifndef HUFU_NODE_DISPATCH_H
#define HUFU_NODE_DISPATCH_H

#include "api/api.h"
#include "channel/channel.h"

/* Refuses unknown types, bodies over the type's limit and senders without the required standing; counts the call. */
void hf_dispatch(const struct hf_modules *m, struct hf_request *take);

#endif
