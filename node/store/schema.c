/* schema.c - see schema.h. A version that changes a value is a row in the table of migrations here. */
#include "store/schema.h"

#include <string.h>

#include "store/migrations.h"

#define RECORD_BYTES 8u

/* Version 1 is the first, so nothing leads to it. */
static const struct hf_migration migrations[] = {
        {1, hf_migrate_catalog_keys},
};
const struct hf_schema hf_schema_current = {2, migrations, sizeof(migrations) / sizeof(migrations[0])};

struct preparation {
	struct hf_env *env;
	const struct hf_schema *schema;
	uint32_t found, tables; /* of the store; 0: new */
	const struct hf_migration *step;
};

static enum hf_err write_record(struct hf_txn *txn, uint32_t version)
{
	uint8_t record[RECORD_BYTES];

	hf_put_u32(record, version);
	hf_put_u32(record + 4, HF_TABLE_COUNT - 1);
	return hf_txn_put(txn, HF_TABLE_META, HF_SCHEMA_KEY, strlen(HF_SCHEMA_KEY), record, sizeof(record));
}

static enum hf_err read_record(struct preparation *p, struct hf_txn *txn)
{
	struct hf_bytes record;
	enum hf_err e = hf_txn_get(txn, HF_TABLE_META, HF_SCHEMA_KEY, strlen(HF_SCHEMA_KEY), &record);

	p->found = p->tables = 0;
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	if (e != HF_OK)
		return e;
	if (record.len != RECORD_BYTES)
		return HF_E_FORMAT;
	p->found = hf_get_u32(record.data);
	p->tables = hf_get_u32(record.data + 4);
	return p->found == 0 ? HF_E_FORMAT : HF_OK;
}

static enum hf_err open_table(struct hf_txn *txn, enum hf_table t)
{
	int rc = mdb_dbi_open(txn->mdb, hf_table_name(t), MDB_CREATE, &txn->env->dbi[t]);

	txn->full = txn->full || rc == MDB_MAP_FULL;
	return hf_env_error(txn->env, rc);
}

/* Nothing is written to a newer store, not even a missing table. */
static enum hf_err open_tables(void *ctx, struct hf_txn *txn)
{
	struct preparation *p = ctx;

	HF_TRY(open_table(txn, HF_TABLE_META));
	HF_TRY(read_record(p, txn));
	if (p->found > p->schema->version || p->tables > HF_TABLE_COUNT - 1)
		return HF_E_VERSION;
	for (int t = HF_TABLE_META + 1; t < HF_TABLE_COUNT; t++)
		HF_TRY(open_table(txn, (enum hf_table)t));
	return p->tables == HF_TABLE_COUNT - 1 ? HF_OK : write_record(txn, p->found ? p->found : p->schema->version);
}

static enum hf_err take_step(void *ctx, struct hf_txn *txn)
{
	struct preparation *p = ctx;

	HF_TRY(p->step->apply(txn));
	return write_record(txn, p->step->from + 1);
}

static const struct hf_migration *find_step(const struct hf_schema *schema, uint32_t from)
{
	for (size_t i = 0; i < schema->count; i++)
		if (schema->migrations[i].from == from)
			return &schema->migrations[i];
	return NULL;
}

static enum hf_err migrate(struct preparation *p, struct hf_fault *f)
{
	const struct hf_txn_job job = {take_step, NULL, p};
	enum hf_err e;

	for (uint32_t v = p->found; v && v < p->schema->version; v++) {
		p->step = find_step(p->schema, v);
		if (!p->step)
			return hf_fault_set(f, HF_E_VERSION,
			                    "the store has schema %u, from which this program knows no way to %u; "
			                    "upgrade through a version between them",
			                    v, p->schema->version);
		e = hf_txn_run(p->env, &job);
		if (e != HF_OK)
			return hf_fault_set(
			        f, e,
			        "the step of the store from schema %u to %u failed: %s; the store is unchanged, "
			        "repair that and start again",
			        v, v + 1, hf_err_text(e));
	}
	return HF_OK;
}

static enum hf_err refused(const struct preparation *p, enum hf_err e, struct hf_fault *f)
{
	if (e == HF_E_VERSION)
		return hf_fault_set(f, e,
		                    "the store has schema %u with %u tables, newer than %u with %u of this program; "
		                    "run the newer program, or restore an older backup",
		                    p->found, p->tables, p->schema->version, (unsigned)HF_TABLE_COUNT - 1);
	if (e == HF_E_FORMAT)
		return hf_fault_set(f, e, "the schema record of the store is damaged; restore a backup");
	return hf_fault_set(f, e, "the tables of the store cannot be opened: %s; repair that and start again",
	                    hf_err_text(e));
}

enum hf_err hf_schema_prepare(struct hf_env *env, const struct hf_schema *schema, uint32_t *ret_found,
                              struct hf_fault *f)
{
	struct preparation p = {env, schema, 0, 0, NULL};
	const struct hf_txn_job job = {open_tables, NULL, &p};
	enum hf_err e = hf_txn_run(env, &job);

	if (e != HF_OK)
		return refused(&p, e, f);
	HF_TRY(migrate(&p, f));
	*ret_found = p.found;
	return HF_OK;
}
