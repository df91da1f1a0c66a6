/*
 * login.c - one attempt to log in, from the password in the worker pool to the session after the commit.
 *
 * Every attempt is exactly one ledger entry, granted, refused or locking. Why it was refused (name, password, factor)
 * is told to nobody, neither by words nor by the time that it took; of a locked account it is not even found out. The
 * tried name of an unknown account is not kept: people type passwords there.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "identity/internal.h"

struct login {
	struct hf_identity *id;
	char account[HF_NAME_MAX + 1];
	char totp[16];
	char device_signature[96];
	char challenge[HF_CHALLENGE_TEXT];
	char address[64];
	char replaces[65];
	hf_login_fn fn;
	void *ctx;
	uint32_t methods;
	struct hf_sign_key *key;
	bool restricted, second_factor; /* the account has one */
	enum hf_err e;
	struct hf_fault fault;
};

static void login_free(struct login *l)
{
	hf_sign_key_free(l->key);
	hf_wipe(l, sizeof(*l));
	free(l);
}

/* A text that does not fit is none that could be right. */
static void copy_text(char *out, size_t cap, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	memcpy(out, len < cap ? text ? text : "" : "!", len < cap ? len + 1 : 2);
}

static struct hf_draft *login_draft(const struct login *l, enum hf_event event, bool known)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	if (known)
		hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", l->id->base->self.s, l->account);
	else
		hf_draft_text(d, HF_FIELD_ACTOR, "unknown account");
	hf_draft_text(d, HF_FIELD_ADDRESS, l->address);
	hf_draft_text(d, HF_FIELD_OBJECT, "session");
	hf_draft_text(d, HF_FIELD_MANNER, "command /v1/login");
	return d;
}

/* Who logs in again from the same place goes on there; only a session elsewhere is a second one. */
static void end_replaced(struct login *l)
{
	struct hf_session *s = hf_account_session_find(l->id, l->replaces);
	if (s && strcmp(s->account, l->account) == 0)
		hf_identity_logout(l->id, l->replaces);
}

static void open_session(struct login *l, struct hf_login_result *r)
{
	end_replaced(l);
	r->concurrent = hf_identity_session_count(l->id, l->account) > 0;
	struct hf_session *s = hf_account_session_new(l->id, l->account, r->token);
	s->methods = l->methods;
	s->key = HF_TAKE(l->key);
	snprintf(s->address, sizeof(s->address), "%s", l->address);
	hf_account_risk_login(l->id, s, l->second_factor, r->concurrent);
	r->expires_ms = s->expires_ms;
	r->password_expired = l->restricted;
	if (r->concurrent)
		hf_alarm(l->id->base, "concurrent-sessions", NULL,
		         "account %s has more than one session: accounts are not shared", l->account);
}

/* After the commit: only what is on record may have an effect. */
static void on_commit(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct login *l = ctx;
	struct hf_identity *id = l->id;
	struct hf_login_result r = {"", 0, false, false};
	(void)info;
	if (l->e == HF_OK && e != HF_OK)
		l->e = e;
	if (l->e == HF_OK && id->closing)
		l->e = HF_E_CANCELLED;
	if (l->e == HF_OK)
		open_session(l, &r);
	else
		hf_fault_default(&l->fault, l->e);
	l->fn(l->ctx, l->e, &r, &l->fault);
	hf_wipe(&r, sizeof(r));
	login_free(l);
	id->commits--;
	hf_identity_release(id);
}

static void submit(struct login *l, struct hf_unit *unit, struct hf_draft *d)
{
	hf_draft_outcome(d, l->e, l->fault.text);
	hf_unit_draft(unit, d);
	l->id->commits++;
	hf_store_submit(l->id->store, unit, on_commit, l);
}

static void refuse(struct login *l, bool known, enum hf_err e, const char *text)
{
	l->e = hf_fault_set(&l->fault, e, "%s", text);
	submit(l, hf_unit_new(), login_draft(l, HF_EVENT_LOGIN, known));
}

static bool is_locked(const struct login *l, const Hufu__AccountRow *row)
{
	return row->locked_until_ms > hf_now_ms(&l->id->base->clock);
}

/* Counts the attempt. One that locks, and every one while the lock lasts, is answered in the same words; the password
 * plays no part any more. */
static void refuse_attempt(struct login *l, Hufu__AccountRow *row)
{
	const struct hf_account_policy *p = &l->id->policy;
	struct hf_unit *unit = hf_unit_new();
	bool locks = ++row->failures >= p->login_failures;
	if (locks) {
		row->failures = 0;
		row->locked_until_ms = hf_now_ms(&l->id->base->clock) + (int64_t)p->lock_minutes * 60 * 1000;
		hf_alarm(l->id->base, "account-locked", NULL, "account %s is locked after %u attempts to log in",
		         l->account, p->login_failures);
	}
	l->e = is_locked(l, row) ? hf_fault_set(&l->fault, HF_E_LOCKED,
	                                        "the account is locked for %u minutes after too many attempts; wait "
	                                        "without trying, or "
	                                        "have an administrator enable it",
	                                        p->lock_minutes)
	                         : hf_fault_set(&l->fault, HF_E_CREDENTIAL,
	                                        "the account's name, its password or the second factor is wrong");
	hf_account_row_put(l->id, unit, row);
	hf_account_risk_refused(l->id, l->account, HF_E_CREDENTIAL);
	submit(l, unit, login_draft(l, locks ? HF_EVENT_LOCKED : HF_EVENT_LOGIN, true));
}

static bool check_factors(struct login *l, Hufu__AccountRow *row)
{
	if (l->totp[0]) {
		if (!hf_account_factor_totp(l->id, row, l->totp))
			return false;
		l->methods |= HF_AUTH_TOTP;
	}
	if (l->device_signature[0]) {
		if (!hf_account_factor_device(l->id, row, l->challenge, l->device_signature))
			return false;
		l->methods |= HF_AUTH_DEVICE_KEY;
	}
	return true;
}

static bool open_key(struct login *l, const Hufu__AccountRow *row, const uint8_t key[32])
{
	uint8_t seed[32];
	if (row->key_box.len == 0)
		return true;
	if (row->key_box.len != sizeof(seed) + HF_BOX_OVERHEAD ||
	    !hf_box_open(key, row->name, strlen(row->name), row->key_box.data, row->key_box.len, seed))
		return false;
	l->key = hf_sign_key_from_seed(seed);
	hf_wipe(seed, sizeof(seed));
	return l->key != NULL;
}

static bool has_other_session(const struct login *l)
{
	const struct hf_session *s = hf_account_session_find(l->id, l->replaces);
	size_t replaced = s && strcmp(s->account, l->account) == 0;
	return hf_identity_session_count(l->id, l->account) > replaced;
}

static void grant(struct login *l, Hufu__AccountRow *row)
{
	struct hf_unit *unit = hf_unit_new();
	struct hf_draft *d = login_draft(l, HF_EVENT_LOGIN, true);
	row->failures = 0;
	row->last_login_ms = hf_now_ms(&l->id->base->clock);
	l->restricted = hf_account_row_restricted(l->id, row);
	l->second_factor = row->totp_secret.len > 0 || row->device_key.len > 0;
	hf_account_row_put(l->id, unit, row);
	if (has_other_session(l))
		hf_draft_text(d, HF_FIELD_EXCEPTION, "the account has another session");
	l->e = HF_OK;
	submit(l, unit, d);
}

/* DISABLED and INACTIVE are told, but only to who knows the password. */
static bool usable(struct login *l, const Hufu__AccountRow *row)
{
	if (row->state == HF_ACCOUNT_INACTIVE) {
		refuse(l, true, HF_E_STATE,
		       "the account is not active: it has no real-name reference; an administrator adds it with "
		       "`hufu user edit --real-name`");
		return false;
	}
	if (row->state != HF_ACCOUNT_ACTIVE) {
		refuse(l, true, HF_E_STATE,
		       "the account is disabled; an administrator can enable it with `hufu user enable`");
		return false;
	}
	return true;
}

static void judge(struct login *l, struct hf_job *j, Hufu__AccountRow *row)
{
	if (is_locked(l, row))
		refuse_attempt(l, row);
	else if (strcmp(row->password_hash, j->hash) != 0)
		refuse(l, true, HF_E_BUSY, "the account was changed at the same time; try again");
	else if (!j->verified)
		refuse_attempt(l, row);
	else if (usable(l, row)) {
		l->methods = HF_AUTH_PASSWORD;
		if (!check_factors(l, row))
			refuse_attempt(l, row);
		else if (!open_key(l, row, j->secret->key))
			refuse(l, true, HF_E_CRYPTO,
			       "the account's signing key cannot be opened; have an administrator reset the password");
		else
			grant(l, row);
	}
}

static void on_verified(struct hf_job *j)
{
	struct login *l = j->ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	if (j->e == HF_E_CANCELLED) {
		struct hf_login_result r = {"", 0, false, false};
		hf_fault_set(&l->fault, j->e, "the node is closing");
		l->fn(l->ctx, j->e, &r, &l->fault);
		login_free(l);
		return;
	}
	enum hf_err e = j->e != HF_OK ? j->e : hf_account_row_get(l->id, l->account, &row);
	if (e == HF_E_UNKNOWN || (e == HF_OK && row->state == HF_ACCOUNT_REMOVED))
		refuse(l, false, HF_E_CREDENTIAL, "the account's name, its password or the second factor is wrong");
	else if (e != HF_OK)
		refuse(l, true, e, hf_err_text(e));
	else
		judge(l, j, row);
}

/* The key is derived for every attempt, so that all take the same time. */
static void load_secrets(struct login *l, struct hf_job *j)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	j->derive = true;
	if (hf_account_row_get(l->id, l->account, &row) != HF_OK || row->state == HF_ACCOUNT_REMOVED)
		return;
	snprintf(j->hash, sizeof(j->hash), "%s", row->password_hash);
	if (row->key_salt.len == sizeof(j->salt) && row->key_box.len > 0)
		memcpy(j->salt, row->key_salt.data, sizeof(j->salt));
}

void hf_identity_login_again(struct hf_identity *id, const struct hf_login *in, const char *token, hf_login_fn fn,
                             void *ctx)
{
	struct login *l = hf_alloc_zero(sizeof(*l));
	struct hf_job *j = NULL;
	l->id = id;
	l->fn = fn;
	l->ctx = ctx;
	copy_text(l->account, sizeof(l->account), in->account);
	copy_text(l->totp, sizeof(l->totp), in->totp);
	copy_text(l->device_signature, sizeof(l->device_signature), in->device_signature);
	copy_text(l->challenge, sizeof(l->challenge), in->challenge);
	copy_text(l->address, sizeof(l->address), in->address);
	copy_text(l->replaces, sizeof(l->replaces), token);
	enum hf_err e = hf_password_job_new(id, in->password ? in->password : "", NULL, &j);
	if (e != HF_OK) {
		refuse(l, false, e == HF_E_ARGUMENT ? HF_E_CREDENTIAL : e,
		       e == HF_E_ARGUMENT ? "the account's name, its password or the second factor is wrong"
		                          : "too many people log in at once; try again");
		return;
	}
	load_secrets(l, j);
	hf_password_job_start(j, on_verified, l);
}

void hf_identity_login(struct hf_identity *id, const struct hf_login *in, hf_login_fn fn, void *ctx)
{
	hf_identity_login_again(id, in, NULL, fn, ctx);
}
