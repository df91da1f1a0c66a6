/* env.c - see env.h. */
#include "store/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/pages.h"

#define LOCK_BYTES 8192                 /* LMDB's table of 126 readers */
#define SPARE_BYTES ((uint64_t)1 << 20) /* a file system with less is taken for full */

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* LMDB reports a write that a full disk cut short as EIO. */
static bool disk_full(const struct hf_env *env)
{
	struct statvfs fs;

	return fstatvfs(env->dir_fd, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < SPARE_BYTES;
}

enum hf_err hf_env_error(const struct hf_env *env, int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return HF_OK;
	case MDB_NOTFOUND:
		return HF_E_UNKNOWN;
	case MDB_READERS_FULL:
		return HF_E_BUSY;
	case MDB_MAP_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return HF_E_NO_SPACE;
	case ENOMEM:
		return HF_E_MEMORY;
	case EIO:
		return disk_full(env) ? HF_E_NO_SPACE : HF_E_STORE;
	default:
		return HF_E_STORE;
	}
}

static enum hf_err open_folder(const char *dir, int *ret_fd, struct hf_fault *f)
{
	int fd;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return hf_fault_set(f, HF_E_IO, "the folder %s cannot be made: %s; create the node's folder first", dir,
		                    strerror(errno));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0700) != 0) {
		hf_fault_set(f, HF_E_IO,
		             "the folder %s cannot be opened: %s; let it belong to the user who runs the node", dir,
		             strerror(errno));
		if (fd >= 0)
			close(fd);
		return HF_E_IO;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return hf_fault_set(f, HF_E_STATE, "the store %s is in use by another process; stop that node first",
		                    dir);
	}
	*ret_fd = fd;
	return HF_OK;
}

/* LMDB opens the data file so that programs which this process starts would have it, too. */
static int keep_data_file(MDB_env *mdb)
{
	mdb_filehandle_t fd;
	int rc = mdb_env_get_fd(mdb, &fd);

	return rc != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? rc : errno;
}

static int open_mdb(struct hf_env *env, const char *dir, size_t map_bytes)
{
	int rc = mdb_env_create(&env->mdb);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(env->mdb, HF_TABLE_COUNT);
	if (rc == 0)
		rc = mdb_env_set_mapsize(env->mdb, whole_pages(map_bytes));
	if (rc == 0)
		rc = mdb_env_open(env->mdb, dir, MDB_NOTLS, 0600);
	if (rc == 0)
		rc = keep_data_file(env->mdb);
	if (rc == 0)
		rc = mdb_reader_check(env->mdb, &env->stale_readers);
	return rc;
}

static void init_guard(struct hf_env *env)
{
	if (uv_mutex_init(&env->mutex) != 0 || uv_cond_init(&env->idle) != 0 || uv_cond_init(&env->moved) != 0)
		abort();
	env->references = 1;
}

static void destroy(struct hf_env *env)
{
	if (env->mdb)
		mdb_env_close(env->mdb);
	close(env->dir_fd);
	uv_cond_destroy(&env->moved);
	uv_cond_destroy(&env->idle);
	uv_mutex_destroy(&env->mutex);
	free(env);
}

static enum hf_err check_pages(const char *dir, struct hf_fault *f)
{
	char path[640];

	if (snprintf(path, sizeof(path), "%s/data.mdb", dir) >= (int)sizeof(path))
		return hf_fault_set(f, HF_E_LIMIT, "the folder %.100s... has too long a name; choose a shorter one",
		                    dir);
	return hf_pages_check(path, f);
}

/* LMDB maps this file and writes into the map: with a hole in it on a full disk that is SIGBUS. */
static enum hf_err reserve_lock(const char *dir, struct hf_fault *f)
{
	char path[640];
	int fd, rc;

	snprintf(path, sizeof(path), "%.600s/lock.mdb", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	rc = fd < 0 ? errno : posix_fallocate(fd, 0, LOCK_BYTES);
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		return HF_OK;
	return hf_fault_set(f, rc == ENOSPC || rc == EDQUOT ? HF_E_NO_SPACE : HF_E_IO,
	                    "%s cannot be written: %s; make room there, or let it belong to the user who runs the node",
	                    path, strerror(rc));
}

enum hf_err hf_env_open(const char *dir, const struct hf_env_options *o, struct hf_env **ret_env, struct hf_fault *f)
{
	struct hf_env *env;
	int fd = -1, rc;
	enum hf_err e;

	HF_TRY(open_folder(dir, &fd, f));
	e = check_pages(dir, f);
	if (e == HF_OK)
		e = reserve_lock(dir, f);
	if (e != HF_OK) {
		close(fd);
		return e;
	}
	env = hf_alloc_zero(sizeof(*env));
	env->dir_fd = fd;
	env->max_bytes = o->map_max_bytes;
	env->wait_ns = o->wait_ns;
	init_guard(env);
	rc = open_mdb(env, dir, o->map_bytes);
	if (rc != 0) {
		e = hf_env_error(env, rc);
		destroy(env);
		return hf_fault_set(f, e, "the store %s cannot be opened: %s; repair that, or restore a backup", dir,
		                    mdb_strerror(rc));
	}
	*ret_env = env;
	return HF_OK;
}

void hf_env_release(struct hf_env *env)
{
	bool last;

	uv_mutex_lock(&env->mutex);
	last = --env->references == 0;
	uv_mutex_unlock(&env->mutex);
	if (last)
		destroy(env);
}

static void leave(struct hf_env *env)
{
	uv_mutex_lock(&env->mutex);
	if (--env->readers == 0)
		uv_cond_signal(&env->idle);
	uv_mutex_unlock(&env->mutex);
}

/* A waiting committer lets readers in as long as others read, since it could not go on anyway; once the last one has
 * left, newcomers wait the moment that growing takes. So nobody waits for somebody else's long read. */
static void enter(struct hf_env *env)
{
	uv_mutex_lock(&env->mutex);
	while (env->growing && env->readers == 0)
		uv_cond_wait(&env->moved, &env->mutex);
	env->readers++;
	uv_mutex_unlock(&env->mutex);
}

enum hf_err hf_env_read_begin(struct hf_env *env, MDB_txn **txn)
{
	int rc;

	enter(env);
	rc = *txn ? mdb_txn_renew(*txn) : mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, txn);
	if (rc != 0)
		leave(env);
	return hf_env_error(env, rc);
}

void hf_env_read_reset(struct hf_env *env, MDB_txn *txn)
{
	mdb_txn_reset(txn);
	leave(env);
}

void hf_env_read_abort(struct hf_env *env, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	leave(env);
}

static enum hf_err enlarge(struct hf_env *env)
{
	MDB_envinfo info;
	size_t size;

	mdb_env_info(env->mdb, &info);
	size = info.me_mapsize > SIZE_MAX / 2 ? SIZE_MAX : info.me_mapsize * 2;
	if (env->max_bytes && size > env->max_bytes)
		size = env->max_bytes;
	if (size <= info.me_mapsize)
		return HF_E_NO_SPACE;
	return hf_env_error(env, mdb_env_set_mapsize(env->mdb, whole_pages(size)));
}

enum hf_err hf_env_grow(struct hf_env *env, bool wait)
{
	enum hf_err e = HF_E_BUSY;

	uv_mutex_lock(&env->mutex);
	env->growing = true;
	while (wait && env->readers > 0)
		if (uv_cond_timedwait(&env->idle, &env->mutex, env->wait_ns) != 0)
			break;
	if (env->readers == 0)
		e = enlarge(env);
	env->growing = false;
	uv_cond_broadcast(&env->moved);
	uv_mutex_unlock(&env->mutex);
	return e;
}

bool hf_env_half_full(struct hf_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;

	mdb_env_info(env->mdb, &info);
	mdb_env_stat(env->mdb, &stat);
	return info.me_last_pgno >= info.me_mapsize / stat.ms_psize / 2;
}
