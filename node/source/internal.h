/* internal.h - what the files of this folder share of the register of sources. */
#ifndef HUFU_SOURCE_INTERNAL_H
#define HUFU_SOURCE_INTERNAL_H

#include <stdatomic.h>

#include "source/adapters.h"

struct hf_sources {
	const struct hf_base *base;
	struct hf_store *store;
	struct hf_source_home home;
	unsigned references; /* one, and one per running scan */
	atomic_bool stop;
};
/* A reference less; memory with the last. */
void sources_drop(struct hf_sources *s);

#endif
