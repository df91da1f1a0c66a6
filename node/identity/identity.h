/*
 * identity.h - this node's keys, its people and its business systems.
 *
 * People have accounts here and nowhere else; other nodes see what they signed and the certificate this node issued.
 * Sessions live in memory only. The person's signing key is kept encrypted under the password and unlocked for the
 * session.
 */
#ifndef HUFU_IDENTITY_IDENTITY_H
#define HUFU_IDENTITY_IDENTITY_H

#include "envelope.pb-c.h"
#include "evidence/node_keys.h"
#include "identity/roles.h"
#include "store/store.h"

struct hf_identity;
struct hf_session; /* valid during the callback in which it was looked up */

enum hf_err hf_identity_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                             const char *space_id, struct hf_identity **ret_identity, struct hf_fault *f) HF_MUST_CHECK;
void hf_identity_close(struct hf_identity *id);
/* The space becomes known or changes its id only at start; certificates name it. */

/* Who acts: filled in from a session; handed to every command. */
struct hf_actor {
	char account[HF_NAME_MAX + 1];
	char display_name[192];
	char department[HF_NAME_MAX + 1];
	char principal[HF_PRINCIPAL_MAX + 1]; /* "node" or "node/department" */
	uint64_t permissions;                 /* bits of enum hf_permission */
	bool password_expired;                /* then none but to renew it */
	uint32_t methods;                     /* bits of enum hf_auth_method */
	char address[64];                     /* "unix", or an IP address */
	const struct hf_session *session;     /* for signing; valid during the callback */
};
bool hf_actor_may(const struct hf_actor *a, enum hf_permission p);
bool hf_actor_two_factors(const struct hf_actor *a);

/* Looks up the session of a token (text form); refreshes its idle time. NOT_LOGGED_IN when unknown, ended or idle too
 * long; STEP_UP (with ret_actor filled in) when the account must authenticate again first (DS-47). Rights are read from
 * the account each time, so a change acts on the very next request (DS-17). */
enum hf_err hf_identity_session(struct hf_identity *id, const char *token, const char *address,
                                struct hf_actor *ret_actor) HF_MUST_CHECK;

/* True when the session has not read the same within the last minute: then that reading is a ledger entry, and who
 * watches something does not fill the ledger. */
bool hf_identity_reads_anew(struct hf_identity *id, const char *token, const void *what, size_t len);

struct hf_login {
	const char *account;
	const char *password;
	const char *totp;             /* "" when none */
	const char *device_signature; /* base64 over the challenge, "" when none */
	const char *challenge;
	const char *address;
};
struct hf_login_result {
	char token[65];
	int64_t expires_ms;
	bool password_expired; /* may only change the password */
	bool concurrent;       /* the account has another session: flagged (DS-79) */
};
/* Password hashing runs in the worker pool; fn is called once on the loop. */
typedef void (*hf_login_fn)(void *ctx, enum hf_err e, const struct hf_login_result *r, const struct hf_fault *f);
void hf_identity_login(struct hf_identity *id, const struct hf_login *in, hf_login_fn fn, void *ctx);
/* The same; when it succeeds, the session of that token (NULL: none) ends if it is the account's own: who logs in again
 * goes on there. */
void hf_identity_login_again(struct hf_identity *id, const struct hf_login *in, const char *token, hf_login_fn fn,
                             void *ctx);
void hf_identity_logout(struct hf_identity *id, const char *token);
/* Ends all sessions of an account (deregistration, lock). */
void hf_identity_end_sessions(struct hf_identity *id, const char *account);

/* Signs a statement as the session's person: fills in header, account; returns the SignedStatement encoded. The
 * statement's kind demands a permission; without it HF_E_PERMISSION. The caller sets kind, object, revision,
 * object_digest, findings, result, reason. */
enum hf_err hf_identity_sign(struct hf_identity *id, const struct hf_actor *a, Hufu__Statement *statement,
                             const struct hf_id *txn, struct hf_buf *out, struct hf_fault *f) HF_MUST_CHECK;

struct hf_system_view {
	char name[HF_NAME_MAX + 1];
	char department[HF_NAME_MAX + 1];
	char address[64];
	char business[192];
	bool enabled;
};
/* A registered business system; UNKNOWN otherwise (AZ-7, AZ-25). */
enum hf_err hf_identity_system(struct hf_identity *id, const char *name,
                               struct hf_system_view *ret_system) HF_MUST_CHECK;

#endif
