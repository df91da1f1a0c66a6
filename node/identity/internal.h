/*
 * internal.h - what the files of identity/ share. Private to this folder.
 *
 * roles.c the tables; rows.c the stored rows; jobs.c slow password work; accounts.c, changes.c, groups.c, systems.c,
 * factors.c what administrators and persons change; sessions.c, login.c who is there; sign.c what they sign; denials.c
 * who tries too much; stepup.c who must authenticate again.
 */
#ifndef HUFU_IDENTITY_INTERNAL_H
#define HUFU_IDENTITY_INTERNAL_H

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "identity/accounts.h"
#include "identity/stepup.h"

#define SESSIONS_MAX 1024
#define CHALLENGES_MAX 64
#define DENIALS_MAX 64
#define JOBS_MAX 16
#define HISTORY_MAX 5    /* passwords that may not come back, the present one included */
#define PASSWORD_MAX 128 /* bytes */
#define ROLES_MAX 16
#define GROUPS_MAX 64
#define TOTP_SECRET_BYTES 20

#define READINGS 16u
struct reading {
	struct hf_hash what;
	int64_t since_mono_ms; /* 0: unused */
};

struct hf_session {
	struct hf_hash token; /* SHA-256: the token itself is with the person alone */
	char account[HF_NAME_MAX + 1];
	char address[64];
	uint32_t methods;
	bool step_up;    /* good for nothing before the account has authenticated again (DS-47) */
	uint64_t serial; /* never used twice while the process lives */
	int64_t used_mono_ms, expires_ms;
	struct reading readings[READINGS]; /* what it has read lately */
	struct hf_sign_key *key;           /* NULL until an own password is set */
	struct hf_buf certificate;         /* encoded envelope; empty: to be made */
	uint64_t certificate_generation;
	uint32_t certificate_methods;
	int64_t certificate_until_ms;
};

struct challenge {
	uint8_t b[32];
	char account[HF_NAME_MAX + 1];
	int64_t until_mono_ms; /* 0: unused */
};

struct denial {
	char account[HF_NAME_MAX + 1];
	int64_t since_mono_ms;
	uint32_t count;
	bool used;
};

struct hf_identity {
	const struct hf_base *base;
	struct hf_store *store;
	const struct hf_node_keys *keys;
	struct hf_name space; /* "" before a space is known */
	struct hf_account_policy policy;
	uint8_t *row_key; /* 32 bytes, locked: seals account rows */
	struct hf_session *sessions[SESSIONS_MAX];
	uint64_t next_serial;
	struct challenge challenges[CHALLENGES_MAX];
	size_t next_challenge;
	struct denial denials[DENIALS_MAX];
	struct account_risk risks[RISKS_MAX];
	bool first; /* no account yet; first_token is valid */
	struct hf_hash first_token;
	uv_timer_t *sweep;
	unsigned jobs;    /* in the worker pool; memory goes after the last one */
	unsigned commits; /* submitted units that call back here */
	bool closing;
};

/* rows.c */
enum hf_err hf_account_row_get(struct hf_identity *id, const char *account, Hufu__AccountRow **ret_row) HF_MUST_CHECK;
void hf_account_row_put(struct hf_identity *id, struct hf_unit *unit, const Hufu__AccountRow *row);
/* UNKNOWN also for removed accounts; f names the account. */
enum hf_err hf_account_row_want(struct hf_identity *id, const char *account, Hufu__AccountRow **ret_row,
                                struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_group_row_get(struct hf_identity *id, const char *group, Hufu__GroupRow **ret_row) HF_MUST_CHECK;
uint64_t hf_roles_permissions(const char *const *roles, size_t count);
uint64_t hf_account_row_permissions(struct hf_identity *id, const Hufu__AccountRow *row);
/* The password is somebody else's or too old: nothing but a new one may be set. */
bool hf_account_row_restricted(const struct hf_identity *id, const Hufu__AccountRow *row);

/* jobs.c: everything that takes a tenth of a second and more. One callback on the loop. */
struct job_secret {
	char password[PASSWORD_MAX + 1]; /* present one, to be verified */
	char fresh[PASSWORD_MAX + 1];    /* new one, to be set */
	uint8_t key[32], fresh_key[32];
};
struct hf_job {
	uv_work_t work;
	struct hf_identity *id;
	struct job_secret *secret;         /* locked */
	char hash[HF_PASSWORD_HASH_BYTES]; /* of the present password; "": verify against nothing, in the same time */
	bool verify, derive, set;
	uint8_t salt[16];
	char former[HISTORY_MAX][HF_PASSWORD_HASH_BYTES];
	size_t former_count;
	enum hf_err e; /* CRYPTO, or CANCELLED while closing; the results below count only with OK */
	bool verified, reused;
	char fresh_hash[HF_PASSWORD_HASH_BYTES];
	uint8_t fresh_salt[16];
	void (*done)(struct hf_job *j);
	void *ctx;
};
/* password or fresh may be NULL. BUSY when too many run; ARGUMENT when too long. */
enum hf_err hf_password_job_new(struct hf_identity *id, const char *password, const char *fresh,
                                struct hf_job **ret_job) HF_MUST_CHECK;
void hf_password_job_start(struct hf_job *j, void (*done)(struct hf_job *j), void *ctx);
void hf_password_job_free(struct hf_job *j); /* only for a job that was not started */

/* sessions.c */
struct hf_session *hf_account_session_new(struct hf_identity *id, const char *account, char ret_token[65]);
struct hf_session *hf_account_session_find(struct hf_identity *id, const char *token);
/* The session that an actor was made from, or NULL when it ended meanwhile. */
struct hf_session *hf_account_session_of(struct hf_identity *id, const struct hf_actor *a);
struct hf_session *hf_account_session_by_serial(struct hf_identity *id, uint64_t serial);
void hf_account_sessions_end(struct hf_identity *id, const char *account, uint64_t but_serial);
/* Ends them after the unit's commit. */
void hf_account_sessions_end_after(struct hf_identity *id, struct hf_unit *unit, const char *account,
                                   uint64_t but_serial);

/* factors.c */
bool hf_account_factor_totp(const struct hf_identity *id, Hufu__AccountRow *row, const char *code);
bool hf_account_factor_device(struct hf_identity *id, const Hufu__AccountRow *row, const char *challenge,
                              const char *signature);

/* identity.c */
void hf_identity_release(struct hf_identity *id); /* frees when closing and nothing is under way */
/* The first account is there: after the commit its token dies. */
void hf_account_first_used_after(struct hf_identity *id, struct hf_unit *unit);

/* changes.c: SEPARATION when the actor means himself. `what` ends "nobody changes his own ...". */
enum hf_err hf_account_want_other(const struct hf_actor *a, const char *account, const char *what,
                                  struct hf_fault *f) HF_MUST_CHECK;

#endif
