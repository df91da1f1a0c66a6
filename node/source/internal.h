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
	bool relating;   /* a worker compares sources */
	unsigned asking; /* databases that a worker waits for, */
};
#define SOURCES_ASKING_MAX 2u /* and at most: the other workers serve everybody else */
/* Before a worker asks a database, and after: BUSY when there are enough of them. Sources of other kinds are none. */
enum hf_err sources_ask(struct hf_sources *s, const char *kind, struct hf_fault *f) HF_MUST_CHECK;
void sources_asked(struct hf_sources *s, const char *kind);
/* A reference less; memory with the last. */
void sources_drop(struct hf_sources *s);

/* about.c: of a view, in the form of its about; a new reference. And the other way round: what it says nothing of stays
 * as it is, since a kind of source may have comments of its own. */
json_t *source_about_of(const struct hf_source_view *v);
void source_about_apply(const json_t *about, struct hf_source_view *v);

#endif
