/* internal.h - what the files of this folder share of the register of sources, and of what its workers do. */
#ifndef HUFU_SOURCE_INTERNAL_H
#define HUFU_SOURCE_INTERNAL_H

#include "source/adapters.h"

struct source_job;
struct hf_sources {
	const struct hf_base *base;
	struct hf_store *store;
	struct hf_codes *codes; /* NULL: none */
	struct hf_source_home home;
	unsigned references; /* one, and one per job */
	bool closing;
	bool relating;           /* a job compares sources */
	struct source_job *jobs; /* in the order in which they came */
};
/* The source has these fields. */
enum hf_err sources_check_fields(const struct hf_source_view *v, const char *const *fields, size_t count,
                                 struct hf_fault *f) HF_MUST_CHECK;
bool sources_all_fields(const struct hf_source_view *v, const char *const *fields, size_t count);
/* A reference less; memory with the last. */
void sources_drop(struct hf_sources *s);

/* jobs.c: what a worker does with sources for as long as it takes. Only so many at once, so that the other workers
 * serve everybody else; the rest waits for its turn. */
#define SOURCES_JOBS_MAX 3u      /* at once, */
#define SOURCES_DATABASES_MAX 2u /* and of them so many that wait for a database */
#define SOURCES_WAITING_MAX 64u
struct source_job { /* first member of each */
	uv_work_t work;
	struct source_job *next;
	struct hf_sources *sources;
	const char *what; /* "scan", "test", "comparison" */
	char source[HF_NAME_MAX + 1], department[HF_NAME_MAX + 1];
	bool database, begun;
	int64_t since_ms;
	struct hf_pace pace;
	/* The worker; not called when error is set by then, or it was stopped before. */
	void (*run)(struct source_job *j);
	/* On the loop, afterwards: tells, and frees. error: CANCELLED when it was stopped, whatever run said. */
	void (*ended)(struct source_job *j);
	enum hf_err error;
	struct hf_fault fault;
};
/* From here on it ends by itself, and never from inside the call. Too many that wait: BUSY is its error. */
void sources_begin(struct hf_sources *s, struct source_job *take_j);
void sources_stop_all(struct hf_sources *s);

/* about.c: of a view, in the form of its about; a new reference. And the other way round: what it says nothing of stays
 * as it is, since a kind of source may have comments of its own. */
json_t *source_about_of(const struct hf_source_view *v);
void source_about_apply(const json_t *about, struct hf_source_view *v);

#endif
