/*
 * schema.h - the version of what the tables hold, and the steps from older versions; for this folder only.
 *
 * META "schema" is u32 version and u32 number of tables. A new table needs no new version; a changed value does, with a
 * row in the table of migrations.
 */
#ifndef HUFU_STORE_SCHEMA_H
#define HUFU_STORE_SCHEMA_H

#include "store/env.h"

#define HF_SCHEMA_KEY "schema"

/* From version `from` to from + 1, inside one transaction together with the new version number. */
struct hf_migration {
	uint32_t from;
	enum hf_err (*apply)(struct hf_txn *txn);
};

struct hf_schema {
	uint32_t version;
	const struct hf_migration *migrations;
	size_t count;
};

extern const struct hf_schema hf_schema_current;

/* Opens the tables, makes those that are missing, migrates. ret_found is the version that was there, 0 for a new store.
 */
enum hf_err hf_schema_prepare(struct hf_env *env, const struct hf_schema *schema, uint32_t *ret_found,
                              struct hf_fault *f) HF_MUST_CHECK;

#endif
