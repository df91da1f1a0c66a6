/*
 * query.h - a source that is a query: SQL of the department's own, under the source's name, whose result a scan reads
 * (of PostgreSQL once, into the sealed copy). A consumer sends no SQL: the query's parameters are columns of its
 * result, and whoever uses it binds each by a condition FIELD = VALUE on the rows (readers/csv_filter.h), which the
 * terms limit (SB-60).
 */
#ifndef HUFU_SOURCE_QUERY_H
#define HUFU_SOURCE_QUERY_H

#include "source/source.h"

/* Are query and parameters well formed? Before a scan. */
enum hf_err hf_query_check(const struct hf_source_view *v, struct hf_fault *f) HF_MUST_CHECK;
/* Is each parameter a field? After it. */
enum hf_err hf_query_fits(const struct hf_source_view *v, struct hf_fault *f) HF_MUST_CHECK;
/* Do the terms say of each parameter which values it may have, and all conditions together which one it has? granted,
 * rows: conditions; NULL: none. OBLIGATION. */
enum hf_err hf_query_bound(const struct hf_source_view *v, const char *granted, const char *rows,
                           struct hf_fault *f) HF_MUST_CHECK;

#endif
