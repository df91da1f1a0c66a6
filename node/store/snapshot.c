/* snapshot.c - consistent reads for other threads; declared in store.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store_internal.h"
#include "store/view.h"

struct hf_snapshot {
	struct hf_env *env;
	MDB_txn *txn;
};

enum hf_err hf_snapshot_open(struct hf_store *s, struct hf_snapshot **ret_snapshot)
{
	struct hf_env *env = hf_store_env(s);
	MDB_txn *txn = NULL;
	struct hf_snapshot *n;

	HF_TRY(hf_env_read_begin(env, &txn));
	uv_mutex_lock(&env->mutex);
	env->references++;
	uv_mutex_unlock(&env->mutex);
	n = hf_alloc_zero(sizeof(*n));
	n->env = env;
	n->txn = txn;
	*ret_snapshot = n;
	return HF_OK;
}

enum hf_err hf_snapshot_get(struct hf_snapshot *n, enum hf_table t, const void *key, size_t key_len,
                            struct hf_bytes *ret_value)
{
	const struct hf_view v = {n->env, n->txn, NULL};

	return hf_view_get(&v, t, (struct hf_bytes){key, key_len}, ret_value);
}

enum hf_err hf_snapshot_scan(struct hf_snapshot *n, enum hf_table t, const void *prefix, size_t prefix_len,
                             const void *from, size_t from_len, hf_store_row_fn fn, void *ctx)
{
	const struct hf_view v = {n->env, n->txn, NULL};
	const struct hf_scan_range range = {.prefix = {prefix, prefix_len}, .bound = {from, from_len}};

	return hf_view_scan(&v, t, &range, fn, ctx);
}

enum hf_err hf_snapshot_copy(struct hf_snapshot *n, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return errno == EEXIST ? HF_E_EXISTS : errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO;
	rc = mdb_env_copyfd2(n->env->mdb, fd, 0);
	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	close(fd);
	if (rc == 0)
		return HF_OK;
	unlink(path);
	return rc == ENOSPC || rc == EDQUOT ? HF_E_NO_SPACE : HF_E_IO;
}

void hf_snapshot_close(struct hf_snapshot *n)
{
	if (!n)
		return;
	hf_env_read_abort(n->env, n->txn);
	hf_env_release(n->env);
	free(n);
}
