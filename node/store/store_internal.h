/*
 * store_internal.h - what the files and the tests of this folder know of a store.
 */
#ifndef HUFU_STORE_STORE_INTERNAL_H
#define HUFU_STORE_STORE_INTERNAL_H

#include "store/env.h"
#include "store/schema.h"

struct hf_store_options {
	struct hf_env_options env;
	struct hf_schema schema;
};

/* What hf_store_open uses: 1 GiB of sparse map at first, no bound, the current schema. */
void hf_store_options_default(struct hf_store_options *ret_options);
enum hf_err hf_store_open_with(const struct hf_base *base, const struct hf_store_options *o,
                               struct hf_store **ret_store, struct hf_fault *f) HF_MUST_CHECK;

/* Blocks until every submitted unit is committed or has failed; their callbacks come when the loop runs. For tests
 * whose order of events must not depend on threads. */
void hf_store_drain(struct hf_store *s);

struct hf_env *hf_store_env(struct hf_store *s);

#endif
