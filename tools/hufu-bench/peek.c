/* peek.c - see peek.h. */
#include "peek.h"

#include <lmdb.h>
#include <stdio.h>
#include <string.h>

#define MAP_BYTES ((size_t)256 << 30)
#define TABLES_MAX 64u

static int open_table(const struct net_node *node, const char *table, MDB_env **env, MDB_txn **txn, MDB_cursor **cursor)
{
	char dir[500];
	MDB_dbi dbi;
	snprintf(dir, sizeof(dir), "%s/state", node->dir);
	int rc = mdb_env_create(env);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(*env, TABLES_MAX);
	if (rc == 0)
		rc = mdb_env_set_mapsize(*env, MAP_BYTES);
	if (rc == 0)
		rc = mdb_env_open(*env, dir, MDB_RDONLY | MDB_NOTLS, 0600);
	if (rc == 0)
		rc = mdb_txn_begin(*env, NULL, MDB_RDONLY, txn);
	if (rc == 0)
		rc = mdb_dbi_open(*txn, table, 0, &dbi);
	return rc == 0 ? mdb_cursor_open(*txn, dbi, cursor) : rc;
}

static void each_row(MDB_cursor *cursor, const void *prefix, size_t prefix_len, peek_fn fn, void *ctx)
{
	MDB_val k = {prefix_len, (void *)prefix}, v;
	int rc = mdb_cursor_get(cursor, &k, &v, prefix_len ? MDB_SET_RANGE : MDB_FIRST);
	while (rc == 0 && k.mv_size >= prefix_len && (prefix_len == 0 || memcmp(k.mv_data, prefix, prefix_len) == 0)) {
		fn(ctx, (struct hf_bytes){k.mv_data, k.mv_size}, (struct hf_bytes){v.mv_data, v.mv_size});
		rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
	}
}

static void close_table(MDB_env *env, MDB_txn *txn, MDB_cursor *cursor)
{
	if (cursor)
		mdb_cursor_close(cursor);
	if (txn)
		mdb_txn_abort(txn);
	if (env)
		mdb_env_close(env);
}

bool peek_rows(const struct net_node *node, const char *table, const void *prefix, size_t prefix_len, peek_fn fn,
               void *ctx)
{
	MDB_env *env = NULL;
	MDB_txn *txn = NULL;
	MDB_cursor *cursor = NULL;
	int rc = open_table(node, table, &env, &txn, &cursor);
	if (rc == 0)
		each_row(cursor, prefix, prefix_len, fn, ctx);
	else
		fprintf(stderr, "hufu-bench: the table %s of %s cannot be read: %s\n", table, node->id,
		        mdb_strerror(rc));
	close_table(env, txn, cursor);
	return rc == 0;
}

bool peek_count(const struct net_node *node, const char *table, uint64_t *ret_count)
{
	MDB_env *env = NULL;
	MDB_txn *txn = NULL;
	MDB_cursor *cursor = NULL;
	MDB_stat stat;
	int rc = open_table(node, table, &env, &txn, &cursor);
	if (rc == 0)
		rc = mdb_stat(txn, mdb_cursor_dbi(cursor), &stat);
	if (rc == 0)
		*ret_count = stat.ms_entries;
	close_table(env, txn, cursor);
	return rc == 0;
}
