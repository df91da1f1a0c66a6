/*
 * sqlite_vfs.h - SQLite over one descriptor that is open already: it reads that file and can reach no other one, writes
 * nothing, takes no locks and makes no temporary files. For this folder only.
 */
#ifndef HUFU_SOURCE_SQLITE_VFS_H
#define HUFU_SOURCE_SQLITE_VFS_H

#include <sqlite3.h>

#include "base/err.h"

/* The database behind fd, which is the caller's and outlives it; hostile ones are bounded: nothing of its schema is
 * trusted or run, statements that do anything but read are refused, and the memory of all together is bounded.
 * cell_max: bytes of a value or a row. Opens lazily: what is wrong comes with the first statement. Any worker. */
enum hf_err hf_sqlite_open(int fd, int cell_max, sqlite3 **ret_db, struct hf_fault *f) HF_MUST_CHECK;

#endif
