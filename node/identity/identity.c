#include "identity/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base64.h"
#include "crypto/secret.h"
#include "identity/internal.h"

#define SWEEP_MS ((uint64_t)60 * 60 * 1000)
#define TOKEN_FILE "/run/first-user.token"

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

void hf_identity_set_policy(struct hf_identity *id, const struct hf_account_policy *p)
{
	id->policy = (struct hf_account_policy){
	        .password_days = or_default(p->password_days, 90),
	        .inactive_days = or_default(p->inactive_days, 90),
	        .idle_minutes = or_default(p->idle_minutes, 30),
	        .session_hours = or_default(p->session_hours, 12),
	        .login_failures = or_default(p->login_failures, 5),
	        .lock_minutes = or_default(p->lock_minutes, 15),
	        .denials = or_default(p->denials, 20),
	        .review_rights = p->review_rights,
	};
}

static bool token_path(const struct hf_identity *id, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s" TOKEN_FILE, id->base->dir);
	return n > 0 && (size_t)n < cap;
}

static enum hf_err write_token(struct hf_identity *id, struct hf_fault *f)
{
	uint8_t raw[32];
	char text[66], path[600];
	if (!token_path(id, path, sizeof(path)))
		return hf_fault_set(f, HF_E_LIMIT, "the node's folder name is too long; use a shorter path");
	*strrchr(path, '/') = '\0';
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return hf_fault_set(f, HF_E_IO, "the folder %.300s cannot be made; check its permissions", path);
	token_path(id, path, sizeof(path));
	hf_random(raw, sizeof(raw));
	hf_hex(raw, sizeof(raw), text);
	hf_sha256(text, 64, &id->first_token);
	text[64] = '\n';
	enum hf_err e = hf_file_write(path, text, 65, 0600);
	hf_wipe(text, sizeof(text));
	hf_wipe(raw, sizeof(raw));
	id->first = e == HF_OK;
	return e == HF_OK ? HF_OK
	                  : hf_fault_set(f, e, "%.300s cannot be written; check the folder's permissions", path);
}

static bool any_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	(void)value;
	*(bool *)ctx = true;
	return false;
}

/* No default account: while there is none, a one-time token in the node's own folder opens the first. */
static enum hf_err offer_first(struct hf_identity *id, struct hf_fault *f)
{
	char path[600];
	bool any = false;
	enum hf_err e = hf_store_scan(id->store, HF_TABLE_ACCOUNT, NULL, 0, NULL, 0, any_row, &any);
	if (e != HF_OK)
		return hf_fault_set(f, e, "the accounts cannot be read from the store");
	if (!any)
		return write_token(id, f);
	if (token_path(id, path, sizeof(path)))
		unlink(path);
	return HF_OK;
}

struct first_used {
	struct hf_identity *id;
};

static void first_used(void *ctx)
{
	struct first_used *u = ctx;
	char path[600];
	u->id->first = false;
	hf_wipe(&u->id->first_token, sizeof(u->id->first_token));
	if (token_path(u->id, path, sizeof(path)))
		unlink(path);
}

static void first_used_free(void *ctx)
{
	struct first_used *u = ctx;
	struct hf_identity *id = u->id;
	free(u);
	id->commits--;
	hf_identity_release(id);
}

void hf_account_first_used_after(struct hf_identity *id, struct hf_unit *unit)
{
	struct first_used *u = hf_alloc(sizeof(*u));
	u->id = id;
	id->commits++;
	hf_unit_after(unit, first_used, u, first_used_free);
}

bool hf_identity_first_needed(const struct hf_identity *id)
{
	return id->first;
}

static void on_sweep(uv_timer_t *t)
{
	hf_identity_sweep(t->data);
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void start_sweep(struct hf_identity *id)
{
	id->sweep = hf_alloc_zero(sizeof(*id->sweep));
	uv_timer_init(id->base->loop, id->sweep);
	id->sweep->data = id;
	uv_timer_start(id->sweep, on_sweep, 1000, SWEEP_MS);
	uv_unref((uv_handle_t *)id->sweep);
}

static enum hf_err open_all(struct hf_identity *id, const char *space_id, struct hf_fault *f)
{
	if (space_id && *space_id && !hf_name_parse(space_id, &id->space))
		return hf_fault_set(f, HF_E_ARGUMENT, "the space id '%.63s' is not a name of [a-z0-9.-]", space_id);
	id->row_key = hf_secret_alloc(32);
	if (!id->row_key)
		return hf_fault_set(f, HF_E_MEMORY, "no locked memory is left; raise the memlock limit");
	hf_node_keys_derive(id->keys, "accounts", NULL, 0, id->row_key);
	return offer_first(id, f);
}

enum hf_err hf_identity_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                             const char *space_id, struct hf_identity **ret_identity, struct hf_fault *f)
{
	static const struct hf_account_policy defaults = {0};
	struct hf_identity *id = hf_alloc_zero(sizeof(*id));
	id->base = base;
	id->store = store;
	id->keys = keys;
	id->next_serial = 1;
	hf_identity_set_policy(id, &defaults);
	enum hf_err e = open_all(id, space_id, f);
	if (e != HF_OK) {
		hf_secret_free(id->row_key);
		free(id);
		return e;
	}
	start_sweep(id);
	*ret_identity = id;
	return HF_OK;
}

void hf_identity_release(struct hf_identity *id)
{
	if (!id->closing || id->jobs > 0 || id->commits > 0)
		return;
	hf_secret_free(id->row_key);
	hf_wipe(id->challenges, sizeof(id->challenges));
	free(id);
}

void hf_identity_close(struct hf_identity *id)
{
	id->closing = true;
	hf_account_sessions_end(id, NULL, 0);
	uv_timer_stop(id->sweep);
	uv_close((uv_handle_t *)id->sweep, free_handle);
	hf_identity_release(id);
}
