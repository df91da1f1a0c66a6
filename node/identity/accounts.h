/*
 * accounts.h - administration of accounts, groups, second factors and business systems.
 *
 * Every change is put into the caller's unit, which the caller submits; what must follow (ending sessions, removing the
 * first user's token) follows the commit. Nobody changes his own roles, state or groups. Slow hashing runs in the
 * worker pool: those calls end in one callback on the loop, and the caller submits the unit there. Texts are UTF-8.
 * Loop thread.
 */
#ifndef HUFU_IDENTITY_ACCOUNTS_H
#define HUFU_IDENTITY_ACCOUNTS_H

#include "identity/identity.h"
#include "proto/codec.h"
#include "state_identity.pb-c.h"

enum hf_account_state {
	HF_ACCOUNT_INVALID = 0,
	HF_ACCOUNT_INACTIVE, /* no real-name reference yet (DS-80) */
	HF_ACCOUNT_ACTIVE,
	HF_ACCOUNT_DISABLED,
	HF_ACCOUNT_REMOVED, /* deregistered; the name is never given again */
};
const char *hf_account_state_name(enum hf_account_state s);

/* 0 stands for the default in brackets. */
struct hf_account_policy {
	uint32_t password_days;  /* lifetime of a password [90] (DS-76) */
	uint32_t inactive_days;  /* without a login: disabled [90] (DS-79) */
	uint32_t idle_minutes;   /* session [30] */
	uint32_t session_hours;  /* session [12] */
	uint32_t login_failures; /* until locked [5] */
	uint32_t lock_minutes;   /* [15] */
	uint32_t denials;        /* of one account within a minute until locked [20] (DS-16) */
	bool review_rights;      /* rights.h [no] */
};
void hf_identity_set_policy(struct hf_identity *id, const struct hf_account_policy *p);

/* NULL when the password may be used; else the rule it breaks: 12 to 128 bytes; three of small letters, capitals,
 * digits, others, or 20 characters; not the account's name in it (DS-76). */
const char *hf_password_weakness(const char *account, const char *password);

struct hf_account_new {
	const char *name;         /* [a-z0-9.-] */
	const char *display_name; /* 1 to 128 bytes */
	const char *real_name;    /* "" leaves the account inactive */
	const char *department;   /* "" or a name */
	const char *const *roles; /* borrowed during the call */
	size_t role_count;
	const char *password;
};
typedef void (*hf_account_fn)(void *ctx, enum hf_err e, const struct hf_fault *f);

/* True while no account exists: then DIR/run/first-user.token opens hf_account_first, once. */
bool hf_identity_first_needed(const struct hf_identity *id);
/* The first account: role admin alone, whatever in->roles says. The token dies with the commit. */
void hf_account_first(struct hf_identity *id, struct hf_unit *unit, const char *token, const struct hf_account_new *in,
                      hf_account_fn fn, void *ctx);
/* The password is one-time: its holder sets an own one before anything else, and the signing key is made then. */
void hf_account_add(struct hf_identity *id, struct hf_unit *unit, const struct hf_account_new *in, hf_account_fn fn,
                    void *ctx);
/* A new one-time password; the signing key that hung on the old one is gone, sessions and lock end. */
void hf_account_reset(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *account,
                      const char *password, hf_account_fn fn, void *ctx);
/* The actor's own password. Other sessions of the account end. */
void hf_account_password(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *old,
                         const char *password, hf_account_fn fn, void *ctx);

/* NULL members stay as they are. */
struct hf_account_change {
	const char *display_name, *real_name, *department;
};
enum hf_err hf_account_edit(struct hf_identity *id, struct hf_unit *unit, const char *account,
                            const struct hf_account_change *c, struct hf_fault *f) HF_MUST_CHECK;
/* Replaces the account's own roles. */
enum hf_err hf_account_roles(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                             const char *account, const char *const *roles, size_t count,
                             struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_account_disable(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                               const char *account, const char *reason, struct hf_fault *f) HF_MUST_CHECK;
/* Also ends a lock. Needs a real-name reference. */
enum hf_err hf_account_enable(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                              const char *account, struct hf_fault *f) HF_MUST_CHECK;
/* Deregistration: sessions, roles, groups and secrets go at once; the row stays as a record (DS-15). */
enum hf_err hf_account_remove(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                              const char *account, const char *reason, struct hf_fault *f) HF_MUST_CHECK;

/* Second factors, by the person. An account that has one enrols another only in a session with two factors. */
#define HF_TOTP_TEXT 40 /* base32 of 20 bytes and NUL, rounded up */
enum hf_err hf_account_totp_begin(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                                  char ret_secret[HF_TOTP_TEXT], struct hf_fault *f) HF_MUST_CHECK;
/* The first code makes the factor valid, and this session one of two factors. */
enum hf_err hf_account_totp_confirm(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                                    const char *code, struct hf_fault *f) HF_MUST_CHECK;
/* A fresh challenge, valid once, for two minutes. */
#define HF_CHALLENGE_TEXT 65
void hf_identity_challenge(struct hf_identity *id, const char *account, char ret_challenge[HF_CHALLENGE_TEXT]);
/* The device key signs hf_challenge_message (evidence/node_keys.h). */
/* public_key and signature are base64. */
enum hf_err hf_account_device_key(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                                  const char *public_key, const char *challenge, const char *signature,
                                  struct hf_fault *f) HF_MUST_CHECK;

/* Reading. Rows are freed with hf_decoded_free; they hold secrets: never hand them on whole. */
enum hf_err hf_account_get(struct hf_identity *id, const char *account, Hufu__AccountRow **ret_row) HF_MUST_CHECK;
typedef bool (*hf_account_row_fn)(void *ctx, const Hufu__AccountRow *row);
enum hf_err hf_account_list(struct hf_identity *id, hf_account_row_fn fn, void *ctx) HF_MUST_CHECK;
/* Own roles and those of the groups, each once; at most cap. The names live as long as the program. */
size_t hf_account_effective(struct hf_identity *id, const Hufu__AccountRow *row, const char **out, size_t cap);
/* Opens PersonCertificate.real_name_ref = SHA-256(salt || real name). The same name has the same salt at one node, so
 * that two accounts of one person are seen to be his; without the node's key it cannot be guessed from the name. */
enum hf_err hf_account_name_ref(struct hf_identity *id, const char *account, uint8_t ret_ref[32]) HF_MUST_CHECK;
void hf_account_real_name_salt(const struct hf_identity *id, const char *real_name, uint8_t ret_salt[16]);
/* Sessions that must authenticate again (DS-47), and their accounts' names. */
size_t hf_identity_step_ups(const struct hf_identity *id, char *out, size_t cap);
size_t hf_identity_session_count(const struct hf_identity *id, const char *account); /* NULL: all */

/* Groups: named sets of accounts that are managed as a whole (DS-18). A change that would give a member roles that
 * exclude each other is refused and names the member. */
enum hf_err hf_group_add(struct hf_identity *id, struct hf_unit *unit, const char *group,
                         struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_group_remove(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *group,
                            struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_group_member(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *group,
                            const char *account, bool in, struct hf_fault *f) HF_MUST_CHECK;
/* grant or revoke of a role: changes all members. */
enum hf_err hf_group_role(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *group,
                          const char *role, bool in, struct hf_fault *f) HF_MUST_CHECK;
typedef bool (*hf_group_row_fn)(void *ctx, const Hufu__GroupRow *row);
enum hf_err hf_group_list(struct hf_identity *id, hf_group_row_fn fn, void *ctx) HF_MUST_CHECK;

/* Business systems. */
enum hf_err hf_system_put(struct hf_identity *id, struct hf_unit *unit, const struct hf_system_view *in,
                          struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_system_enable(struct hf_identity *id, struct hf_unit *unit, const char *name, bool enabled,
                             struct hf_fault *f) HF_MUST_CHECK;
typedef bool (*hf_system_row_fn)(void *ctx, const struct hf_system_view *v);
enum hf_err hf_system_list(struct hf_identity *id, hf_system_row_fn fn, void *ctx) HF_MUST_CHECK;

/* A request was denied: raises the alarm (DS-21, DS-81), and when an account is denied too often within a minute, locks
 * it and ends its sessions (DS-16). account "" stands for requests without a session, which alarm by rate only. */
void hf_identity_denied(struct hf_identity *id, const char *account, const char *what, enum hf_err reason);
/* Disables accounts that nobody used for too long (DS-79); runs by itself at open and every hour. */
void hf_identity_sweep(struct hf_identity *id);

#endif
