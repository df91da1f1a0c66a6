/* sessions.c - who is logged in; in memory only, found by the token's hash. */
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "identity/internal.h"

#define TOKEN_TEXT 64
#define READING_MS (60 * 1000)

static void session_free(struct hf_session *s)
{
	hf_sign_key_free(s->key);
	hf_buf_done(&s->certificate);
	hf_wipe(s, sizeof(*s));
	free(s);
}

static void end_at(struct hf_identity *id, size_t i)
{
	session_free(id->sessions[i]);
	id->sessions[i] = NULL;
}

static bool over(const struct hf_identity *id, const struct hf_session *s)
{
	int64_t idle = hf_mono_ms(&id->base->clock) - s->used_mono_ms;
	return idle > (int64_t)id->policy.idle_minutes * 60 * 1000 || hf_now_ms(&id->base->clock) >= s->expires_ms;
}

/* A free place; when there is none, the one that was used longest ago. */
static size_t find_place(struct hf_identity *id)
{
	size_t oldest = 0;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		if (id->sessions[i] && over(id, id->sessions[i]))
			end_at(id, i);
		if (!id->sessions[i])
			return i;
		if (id->sessions[i]->used_mono_ms < id->sessions[oldest]->used_mono_ms)
			oldest = i;
	}
	end_at(id, oldest);
	return oldest;
}

struct hf_session *hf_account_session_new(struct hf_identity *id, const char *account, char ret_token[65])
{
	uint8_t raw[32];
	size_t place = find_place(id);
	struct hf_session *s = hf_alloc_zero(sizeof(*s));
	hf_random(raw, sizeof(raw));
	hf_hex(raw, sizeof(raw), ret_token);
	hf_wipe(raw, sizeof(raw));
	hf_sha256(ret_token, TOKEN_TEXT, &s->token);
	snprintf(s->account, sizeof(s->account), "%s", account);
	s->serial = id->next_serial++;
	s->used_mono_ms = hf_mono_ms(&id->base->clock);
	s->expires_ms = hf_now_ms(&id->base->clock) + (int64_t)id->policy.session_hours * 60 * 60 * 1000;
	id->sessions[place] = s;
	return s;
}

static size_t find_token(struct hf_identity *id, const char *token)
{
	struct hf_hash h;
	size_t found = SESSIONS_MAX;
	if (!token || strlen(token) != TOKEN_TEXT)
		return SESSIONS_MAX;
	hf_sha256(token, TOKEN_TEXT, &h);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (id->sessions[i] && hf_hash_equal(&id->sessions[i]->token, &h))
			found = i;
	return found;
}

struct hf_session *hf_account_session_find(struct hf_identity *id, const char *token)
{
	size_t i = find_token(id, token);
	if (i == SESSIONS_MAX)
		return NULL;
	if (over(id, id->sessions[i])) {
		end_at(id, i);
		return NULL;
	}
	return id->sessions[i];
}

struct hf_session *hf_account_session_of(struct hf_identity *id, const struct hf_actor *a)
{
	for (size_t i = 0; a && a->session && i < SESSIONS_MAX; i++)
		if (id->sessions[i] == a->session && strcmp(id->sessions[i]->account, a->account) == 0)
			return id->sessions[i];
	return NULL;
}

struct hf_session *hf_account_session_by_serial(struct hf_identity *id, uint64_t serial)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (id->sessions[i] && id->sessions[i]->serial == serial)
			return id->sessions[i];
	return NULL;
}

void hf_account_sessions_end(struct hf_identity *id, const char *account, uint64_t but_serial)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct hf_session *s = id->sessions[i];
		if (s && (!account || strcmp(s->account, account) == 0) && s->serial != but_serial)
			end_at(id, i);
	}
}

void hf_identity_end_sessions(struct hf_identity *id, const char *account)
{
	hf_account_sessions_end(id, account, 0);
}

size_t hf_identity_session_count(const struct hf_identity *id, const char *account)
{
	size_t n = 0;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct hf_session *s = id->sessions[i];
		n += s && !over(id, s) && (!account || strcmp(s->account, account) == 0);
	}
	return n;
}

struct ending {
	struct hf_identity *id;
	char account[HF_NAME_MAX + 1];
	uint64_t but_serial;
};

static void ending_run(void *ctx)
{
	struct ending *x = ctx;
	hf_account_sessions_end(x->id, x->account, x->but_serial);
}

static void ending_free(void *ctx)
{
	struct ending *x = ctx;
	struct hf_identity *id = x->id;
	free(x);
	id->commits--;
	hf_identity_release(id);
}

void hf_account_sessions_end_after(struct hf_identity *id, struct hf_unit *unit, const char *account,
                                   uint64_t but_serial)
{
	struct ending *x = hf_alloc_zero(sizeof(*x));
	x->id = id;
	snprintf(x->account, sizeof(x->account), "%s", account);
	x->but_serial = but_serial;
	id->commits++;
	hf_unit_after(unit, ending_run, x, ending_free);
}

void hf_identity_logout(struct hf_identity *id, const char *token)
{
	size_t i = find_token(id, token);
	if (i != SESSIONS_MAX)
		end_at(id, i);
}

static void fill_actor(struct hf_identity *id, const struct hf_session *s, const Hufu__AccountRow *row,
                       const char *address, struct hf_actor *a)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->account, sizeof(a->account), "%s", row->name);
	snprintf(a->display_name, sizeof(a->display_name), "%s", row->display_name);
	snprintf(a->department, sizeof(a->department), "%s", row->department);
	snprintf(a->principal, sizeof(a->principal), "%s%s%s", id->base->self.s, row->department[0] ? "/" : "",
	         row->department);
	snprintf(a->address, sizeof(a->address), "%s", address);
	a->permissions = hf_account_row_permissions(id, row);
	a->password_expired = hf_account_row_restricted(id, row);
	a->methods = s->methods;
	a->session = s;
}

/* The account is read anew for every request, so that a right given or taken acts on the next one (DS-17). */
enum hf_err hf_identity_session(struct hf_identity *id, const char *token, const char *address,
                                struct hf_actor *ret_actor)
{
	Hufu__AccountRow *row = NULL;
	struct hf_session *s = hf_account_session_find(id, token);
	if (!s)
		return HF_E_NOT_LOGGED_IN;
	enum hf_err e = hf_account_row_get(id, s->account, &row);
	if (e != HF_OK || row->state != HF_ACCOUNT_ACTIVE) {
		hf_decoded_free(row);
		hf_identity_logout(id, token);
		return e == HF_E_STORE ? e : HF_E_NOT_LOGGED_IN;
	}
	s->used_mono_ms = hf_mono_ms(&id->base->clock);
	fill_actor(id, s, row, address, ret_actor);
	hf_decoded_free(row);
	return hf_account_risk_must_step_up(id, s, address) ? HF_E_STEP_UP : HF_OK;
}

bool hf_actor_may(const struct hf_actor *a, enum hf_permission p)
{
	return (unsigned)p < HF_PERMISSION_COUNT && (a->permissions & HF_BIT(p)) != 0;
}

bool hf_actor_two_factors(const struct hf_actor *a)
{
	uint32_t m = a->methods & (HF_AUTH_PASSWORD | HF_AUTH_TOTP | HF_AUTH_DEVICE_KEY);
	return (m & (m - 1)) != 0;
}

static struct reading *oldest_reading(struct hf_session *s)
{
	struct reading *oldest = &s->readings[0];
	for (unsigned i = 1; i < READINGS; i++)
		if (s->readings[i].since_mono_ms < oldest->since_mono_ms)
			oldest = &s->readings[i];
	return oldest;
}

bool hf_identity_reads_anew(struct hf_identity *id, const char *token, const void *what, size_t len)
{
	struct hf_session *s = hf_account_session_find(id, token);
	int64_t now = hf_mono_ms(&id->base->clock);
	struct hf_hash digest;
	struct reading *r;
	if (!s)
		return false;
	hf_sha256(what, len, &digest);
	for (unsigned i = 0; i < READINGS; i++)
		if (s->readings[i].since_mono_ms && now - s->readings[i].since_mono_ms < READING_MS &&
		    hf_hash_equal(&s->readings[i].what, &digest))
			return false;
	r = oldest_reading(s);
	r->what = digest;
	r->since_mono_ms = now ? now : 1;
	return true;
}
