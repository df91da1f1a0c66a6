/*
 * destruction_search.h - inside of node/exchange: are pieces of what was destroyed still in a file of the node's
 * folder, or held open by this process? Worker.
 */
#ifndef HUFU_EXCHANGE_DESTRUCTION_SEARCH_H
#define HUFU_EXCHANGE_DESTRUCTION_SEARCH_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define SEARCH_WINDOW 32u
#define SEARCH_WINDOWS 64u

struct search {
	const uint8_t (*window)[SEARCH_WINDOW];
	size_t count;
	const atomic_bool *stop; /* CANCELLED when it is set */
	uint64_t files, bytes;   /* looked through */
	char found[300];         /* the first file that holds one; "": none does */
};
/* Every regular file in dir, however deep; links are not followed. What goes away meanwhile is gone. */
enum hf_err destruction_search(const char *dir, struct search *s) HF_MUST_CHECK;
/* A descriptor of this process is open on that file. */
bool destruction_is_open(dev_t dev, ino_t ino);

#endif
