/* sqlite_vfs.c - declared in sqlite_vfs.h. */
#include "source/sqlite_vfs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "source/place.h"

#define NAME "hufu-descriptor"
#define SECTOR 4096
#define HEAP_MAX ((sqlite3_int64)192 << 20) /* of all files that are open together; one takes about 3 MiB */

struct file {
	sqlite3_file base;
	int fd;
};

/* ---- the file ---- */

static int file_close(sqlite3_file *f)
{
	(void)f;
	return SQLITE_OK;
}

/* A database in WAL mode is read as the file is: its header's two bytes that ask for the log say that there is none. */
static void without_log(uint8_t *data, sqlite3_int64 at, int len)
{
	for (sqlite3_int64 i = 18; i <= 19; i++)
		if (i >= at && i < at + len && data[i - at] == 2)
			data[i - at] = 1;
}

static int file_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at)
{
	size_t n;

	if (len < 0 || at < 0 || hf_place_read(((struct file *)f)->fd, (uint64_t)at, out, (size_t)len, &n) != HF_OK)
		return SQLITE_IOERR_READ;
	without_log(out, at, (int)n);
	if (n == (size_t)len)
		return SQLITE_OK;
	memset((uint8_t *)out + n, 0, (size_t)len - n);
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	(void)f;
	(void)data;
	(void)len;
	(void)at;
	return SQLITE_READONLY;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 len)
{
	(void)f;
	(void)len;
	return SQLITE_READONLY;
}

static int file_flags(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
	struct hf_source_stamp s;

	if (!hf_place_stamp(((struct file *)f)->fd, &s))
		return SQLITE_IOERR_FSTAT;
	*ret_size = (sqlite3_int64)s.bytes;
	return SQLITE_OK;
}

static int file_reserved(sqlite3_file *f, int *ret_reserved)
{
	(void)f;
	*ret_reserved = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

static int file_traits(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_IMMUTABLE;
}

static const sqlite3_io_methods methods = {.iVersion = 1,
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_flags,
                                           .xFileSize = file_size,
                                           .xLock = file_flags,
                                           .xUnlock = file_flags,
                                           .xCheckReservedLock = file_reserved,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector,
                                           .xDeviceCharacteristics = file_traits};

/* ---- the file system ---- */

/* The name is the descriptor's number; everything else is not there. */
static int fs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct file *file = (struct file *)f;
	char *end;
	long fd;

	(void)v;
	memset(file, 0, sizeof(*file));
	if (!name || !(flags & SQLITE_OPEN_MAIN_DB))
		return SQLITE_CANTOPEN;
	fd = strtol(name, &end, 10);
	if (*end || fd < 0 || fd > INT32_MAX)
		return SQLITE_CANTOPEN;
	file->base.pMethods = &methods;
	file->fd = (int)fd;
	if (ret_flags)
		*ret_flags = SQLITE_OPEN_READONLY;
	return SQLITE_OK;
}

static int fs_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	(void)name;
	(void)sync;
	return SQLITE_READONLY;
}

static int fs_access(sqlite3_vfs *v, const char *name, int flags, int *ret_there)
{
	(void)v;
	(void)name;
	(void)flags;
	*ret_there = 0;
	return SQLITE_OK;
}

static int fs_full(sqlite3_vfs *v, const char *name, int cap, char *out)
{
	(void)v;
	return (size_t)snprintf(out, (size_t)cap, "%s", name) < (size_t)cap ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int fs_random(sqlite3_vfs *v, int len, char *out)
{
	(void)v;
	hf_random(out, (size_t)len);
	return len;
}

static int fs_sleep(sqlite3_vfs *v, int micros)
{
	(void)v;
	(void)micros;
	return 0;
}

static int fs_time(sqlite3_vfs *v, double *ret_day)
{
	(void)v;
	*ret_day = 2440587.5; /* no expression needs one */
	return SQLITE_OK;
}

static int fs_error(sqlite3_vfs *v, int len, char *out)
{
	(void)v;
	(void)len;
	(void)out;
	return 0;
}

static sqlite3_vfs fs = {.iVersion = 1,
                         .szOsFile = sizeof(struct file),
                         .mxPathname = 64,
                         .zName = NAME,
                         .xOpen = fs_open,
                         .xDelete = fs_delete,
                         .xAccess = fs_access,
                         .xFullPathname = fs_full,
                         .xRandomness = fs_random,
                         .xSleep = fs_sleep,
                         .xCurrentTime = fs_time,
                         .xGetLastError = fs_error};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void register_fs(void)
{
	if (sqlite3_vfs_register(&fs, 0) != SQLITE_OK)
		abort(); /* memory */
	sqlite3_hard_heap_limit64(HEAP_MAX);
}

/* ---- opening ---- */

static int only_reading(void *ctx, int action, const char *a, const char *b, const char *schema, const char *trigger)
{
	(void)ctx;
	(void)a;
	(void)b;
	(void)schema;
	(void)trigger;
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_PRAGMA ? SQLITE_OK : SQLITE_DENY;
}

static void bound(sqlite3 *db, int cell_max)
{
	static const int off[] = {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER,
	                          SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
	                          SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER,
	                          /* a name in quotes is that of a column, and never a text */
	                          SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL};

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		sqlite3_db_config(db, off[i], 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, cell_max);
	sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_set_authorizer(db, only_reading, NULL);
}

enum hf_err hf_sqlite_open(int fd, int cell_max, sqlite3 **ret_db, struct hf_fault *f)
{
	/* What would be sorted goes to a file, of which there are none: it ends instead of filling the memory. */
	static const char settings[] = "PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; "
	                               "PRAGMA temp_store = FILE; PRAGMA cache_size = -2048";
	char name[16];

	pthread_once(&once, register_fs);
	snprintf(name, sizeof(name), "%d", fd);
	*ret_db = NULL;
	if (sqlite3_open_v2(name, ret_db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NAME) == SQLITE_OK) {
		bound(*ret_db, cell_max);
		(void)sqlite3_exec(*ret_db, settings, NULL, NULL, NULL); /* of a file that is none: said by the next */
		return HF_OK;
	}
	sqlite3_close(*ret_db);
	*ret_db = NULL;
	return hf_fault_set(f, HF_E_IO, "the database cannot be opened; check the file");
}
