/* txn.c - the write side of a batch; declared in store.h and env.h. */
#include "store/env.h"

static enum hf_err result(struct hf_txn *t, int rc)
{
	t->full = t->full || rc == MDB_MAP_FULL;
	return hf_env_error(t->env, rc);
}

static enum hf_err attempt(struct hf_txn *t, const struct hf_txn_job *job)
{
	enum hf_err e = result(t, mdb_txn_begin(t->env->mdb, NULL, 0, &t->mdb));

	if (e != HF_OK)
		return e;
	e = job->fill(job->ctx, t);
	if (e == HF_OK)
		e = result(t, mdb_txn_commit(t->mdb));
	else
		mdb_txn_abort(t->mdb);
	if (job->ended)
		job->ended(job->ctx, e == HF_OK);
	return e;
}

enum hf_err hf_txn_run(struct hf_env *env, const struct hf_txn_job *job)
{
	for (;;) {
		struct hf_txn t = {env, NULL, false};
		enum hf_err e = attempt(&t, job);

		if (e == HF_OK || !t.full)
			return e;
		HF_TRY(hf_env_grow(env, true));
	}
}

static bool key_ok(enum hf_table t, size_t key_len)
{
	return hf_table_name(t) && key_len > 0 && key_len <= HF_KEY_MAX;
}

enum hf_err hf_txn_get(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len, struct hf_bytes *ret_value)
{
	MDB_val k = {key_len, (void *)key}, v;

	if (!key_ok(t, key_len))
		return HF_E_UNKNOWN;
	HF_TRY(result(txn, mdb_get(txn->mdb, txn->env->dbi[t], &k, &v)));
	*ret_value = (struct hf_bytes){v.mv_data, v.mv_size};
	return HF_OK;
}

static enum hf_err put(struct hf_txn *txn, enum hf_table t, MDB_val k, MDB_val v, unsigned flags)
{
	int rc;

	if (!key_ok(t, k.mv_size) || v.mv_size > HF_VALUE_MAX)
		return HF_E_ARGUMENT;
	rc = mdb_put(txn->mdb, txn->env->dbi[t], &k, &v, flags);
	return rc == MDB_KEYEXIST ? HF_E_CONFLICT : result(txn, rc);
}

enum hf_err hf_txn_put(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len, const void *value,
                       size_t value_len)
{
	return put(txn, t, (MDB_val){key_len, (void *)key}, (MDB_val){value_len, (void *)value}, 0);
}

enum hf_err hf_txn_append(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len, const void *value,
                          size_t value_len)
{
	return put(txn, t, (MDB_val){key_len, (void *)key}, (MDB_val){value_len, (void *)value}, MDB_APPEND);
}

enum hf_err hf_txn_del(struct hf_txn *txn, enum hf_table t, const void *key, size_t key_len)
{
	MDB_val k = {key_len, (void *)key};
	int rc;

	if (!key_ok(t, key_len))
		return HF_E_ARGUMENT;
	rc = mdb_del(txn->mdb, txn->env->dbi[t], &k, NULL);
	return rc == MDB_NOTFOUND ? HF_OK : result(txn, rc);
}
