/*
 * migrations.h - the steps of the store from one schema version to the next; for this folder only.
 */
#ifndef HUFU_STORE_MIGRATIONS_H
#define HUFU_STORE_MIGRATIONS_H

#include "store/env.h"

/* 1 to 2: the keys of catalog entries, and of their search terms, end in the publisher. */
enum hf_err hf_migrate_catalog_keys(struct hf_txn *txn) HF_MUST_CHECK;

#endif
