/*
 * env.h - the LMDB environment of the store: opening, errors, and a map that grows; for this folder only.
 *
 * The map may move only while no transaction is live. Readers are counted; the committer grows the map between two
 * batches when nobody reads, well before it is full, and waits for readers only when a batch did not fit.
 */
#ifndef HUFU_STORE_ENV_H
#define HUFU_STORE_ENV_H

#include <lmdb.h>
#include <uv.h>

#include "store/store.h"

struct hf_env {
	MDB_env *mdb;
	MDB_dbi dbi[HF_TABLE_COUNT];
	size_t max_bytes;    /* the map never grows beyond; 0: no bound */
	uint64_t wait_ns;    /* how long a full batch waits for readers */
	int dir_fd;          /* holds the lock against a second process */
	int stale_readers;   /* cleared at open */
	uv_mutex_t mutex;    /* guards what follows */
	uv_cond_t idle;      /* readers became 0 */
	uv_cond_t moved;     /* growing became false */
	unsigned readers;    /* live read transactions */
	unsigned references; /* the store and its snapshots */
	bool growing;
};

/* What a test may set; hf_store_open uses values of its own. */
struct hf_env_options {
	size_t map_bytes;     /* first size of the map */
	size_t map_max_bytes; /* 0: no bound */
	uint64_t wait_ns;
};

/* dir is made (0700) when absent. Tables are not opened yet. */
enum hf_err hf_env_open(const char *dir, const struct hf_env_options *o, struct hf_env **ret_env,
                        struct hf_fault *f) HF_MUST_CHECK;
/* Closes with the last reference. */
void hf_env_release(struct hf_env *env);
/* NOTFOUND is HF_E_UNKNOWN, a full disk or map HF_E_NO_SPACE. */
enum hf_err hf_env_error(const struct hf_env *env, int rc);

/* Begins a read transaction, or renews *txn when it is not NULL. Any thread; end resets or aborts it and leaves. */
enum hf_err hf_env_read_begin(struct hf_env *env, MDB_txn **txn) HF_MUST_CHECK;
void hf_env_read_reset(struct hf_env *env, MDB_txn *txn);
void hf_env_read_abort(struct hf_env *env, MDB_txn *txn);

/* Doubles the map. The caller has no transaction open. Without wait: HF_E_BUSY at once when somebody reads. */
enum hf_err hf_env_grow(struct hf_env *env, bool wait) HF_MUST_CHECK;
/* More than half of the map is in use. */
bool hf_env_half_full(struct hf_env *env);

/* The write transaction of a batch or a migration. full: an operation found the map full. */
struct hf_txn {
	struct hf_env *env;
	MDB_txn *mdb;
	bool full;
};
/* fill writes, then the transaction is committed; ended (may be NULL) hears of the end of every attempt. When the map
 * is full, it grows and fill is called again. */
struct hf_txn_job {
	enum hf_err (*fill)(void *ctx, struct hf_txn *txn);
	void (*ended)(void *ctx, bool ok);
	void *ctx;
};
enum hf_err hf_txn_run(struct hf_env *env, const struct hf_txn_job *job) HF_MUST_CHECK;

#endif
