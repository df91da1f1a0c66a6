/* accounts.c - making accounts and setting passwords: the calls that hash in the worker pool and end in one callback.
 */
#include "identity/accounts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "identity/internal.h"

static const char *const state_names[] = {
        [HF_ACCOUNT_INACTIVE] = "inactive",
        [HF_ACCOUNT_ACTIVE] = "active",
        [HF_ACCOUNT_DISABLED] = "disabled",
        [HF_ACCOUNT_REMOVED] = "removed",
};

const char *hf_account_state_name(enum hf_account_state s)
{
	return (unsigned)s < sizeof(state_names) / sizeof(state_names[0]) && state_names[s] ? state_names[s]
	                                                                                    : "invalid";
}

static unsigned count_classes(const char *p)
{
	bool lower = false, upper = false, digit = false, other = false;
	for (; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (islower(c))
			lower = true;
		else if (isupper(c))
			upper = true;
		else if (isdigit(c))
			digit = true;
		else
			other = true;
	}
	return (unsigned)lower + upper + digit + other;
}

static size_t count_chars(const char *p)
{
	size_t n = 0;
	for (; *p; p++)
		n += ((unsigned char)*p & 0xC0) != 0x80;
	return n;
}

static unsigned count_distinct(const char *p)
{
	bool seen[256] = {false};
	unsigned n = 0;
	for (; *p; p++) {
		n += !seen[(unsigned char)*p];
		seen[(unsigned char)*p] = true;
	}
	return n;
}

const char *hf_password_weakness(const char *account, const char *password)
{
	size_t len = strlen(password), chars = count_chars(password);
	if (!hf_text_ok(password, len, PASSWORD_MAX) || strpbrk(password, "\n\t"))
		return "the password is longer than 128 bytes or holds control characters";
	if (chars < 12)
		return "the password is shorter than 12 characters";
	if (chars < 20 && count_classes(password) < 3)
		return "the password needs three of: small letters, capitals, digits, other characters; or 20 "
		       "characters";
	if (count_distinct(password) < 6)
		return "the password repeats too few characters";
	if (account && *account && strcasestr(password, account))
		return "the password contains the account's name";
	return NULL;
}

/* One administrative call that waits for the worker. */
struct pending {
	struct hf_identity *id;
	struct hf_unit *unit;
	hf_account_fn fn;
	void *ctx;
	char account[HF_NAME_MAX + 1];
	char display_name[129];
	char real_name[257];
	char department[HF_NAME_MAX + 1];
	const char *roles[ROLES_MAX]; /* names of hf_roles */
	size_t role_count;
	uint64_t serial;     /* of the session that changes its password */
	uv_timer_t *refused; /* brings an early refusal to the loop */
	bool first;
	enum hf_err e;
	struct hf_fault fault;
};

static void pending_end(struct pending *p, enum hf_err e)
{
	if (e != HF_OK)
		hf_fault_default(&p->fault, e);
	p->fn(p->ctx, e, &p->fault);
	free(p);
}

static void refused_closed(uv_handle_t *h)
{
	struct pending *p = h->data;
	struct hf_identity *id = p->id;
	free(h);
	pending_end(p, p->e);
	id->commits--;
	hf_identity_release(id);
}

/* The callback never comes from inside the starting call: a handle that closes at once brings it to the loop. */
static void refuse_later(struct pending *p, enum hf_err e)
{
	p->e = e;
	p->refused = hf_alloc_zero(sizeof(*p->refused));
	uv_timer_init(p->id->base->loop, p->refused);
	p->refused->data = p;
	p->id->commits++;
	uv_close((uv_handle_t *)p->refused, refused_closed);
}

static struct pending *pending_new(struct hf_identity *id, struct hf_unit *unit, hf_account_fn fn, void *ctx)
{
	struct pending *p = hf_alloc_zero(sizeof(*p));
	p->id = id;
	p->unit = unit;
	p->fn = fn;
	p->ctx = ctx;
	return p;
}

static enum hf_err copy_roles(struct pending *p, const struct hf_account_new *in)
{
	char text[300];
	if (hf_roles_conflict(in->roles, (unsigned)in->role_count, text, sizeof(text)))
		return hf_fault_set(&p->fault, HF_E_SEPARATION, "%s", text);
	for (size_t i = 0; i < in->role_count; i++) {
		if (p->role_count == ROLES_MAX)
			return hf_fault_set(&p->fault, HF_E_LIMIT, "an account has at most %d roles", ROLES_MAX);
		p->roles[p->role_count++] = hf_role_find(in->roles[i])->name;
	}
	return HF_OK;
}

static enum hf_err copy_new(struct pending *p, const struct hf_account_new *in)
{
	struct hf_name name, department;
	const char *department_text = in->department ? in->department : "";
	const char *real_name = in->real_name ? in->real_name : "";
	if (!hf_name_parse(in->name, &name))
		return hf_fault_set(&p->fault, HF_E_ARGUMENT, "an account's name is 1 to 63 of a-z, 0-9, '.' and '-'");
	if (*department_text && !hf_name_parse(department_text, &department))
		return hf_fault_set(&p->fault, HF_E_ARGUMENT,
		                    "a department's name is 1 to 63 of a-z, 0-9, '.' and '-'");
	if (!in->display_name || !*in->display_name || !hf_text_ok(in->display_name, strlen(in->display_name), 128))
		return hf_fault_set(&p->fault, HF_E_ARGUMENT, "the display name is missing or longer than 128 bytes");
	if (!hf_text_ok(real_name, strlen(real_name), 256))
		return hf_fault_set(&p->fault, HF_E_ARGUMENT, "the real-name reference is longer than 256 bytes");
	snprintf(p->account, sizeof(p->account), "%s", name.s);
	snprintf(p->display_name, sizeof(p->display_name), "%s", in->display_name);
	snprintf(p->real_name, sizeof(p->real_name), "%s", real_name);
	snprintf(p->department, sizeof(p->department), "%s", department_text);
	return HF_OK;
}

static enum hf_err check_password(struct pending *p, const char *password)
{
	const char *weakness = hf_password_weakness(p->account, password ? password : "");
	return weakness ? hf_fault_set(&p->fault, HF_E_ARGUMENT, "%s", weakness) : HF_OK;
}

static enum hf_err want_free(struct pending *p)
{
	Hufu__AccountRow *row = NULL;
	enum hf_err e = hf_account_row_get(p->id, p->account, &row);
	hf_decoded_free(row);
	if (e == HF_OK)
		return hf_fault_set(&p->fault, HF_E_EXISTS,
		                    "the account '%s' exists, or existed: names are not given twice", p->account);
	if (e != HF_E_UNKNOWN)
		return hf_fault_default(&p->fault, e);
	if (hf_store_count(p->id->store, HF_TABLE_ACCOUNT) >= HF_MAX_ACCOUNTS)
		return hf_fault_set(&p->fault, HF_E_LIMIT, "this node has %u accounts, the most it can have",
		                    HF_MAX_ACCOUNTS);
	return HF_OK;
}

/* Makes the signing key of an account and seals it under the new password's key. */
static enum hf_err seal_key(Hufu__AccountRow *row, const struct hf_sign_key *k, const struct hf_job *j, uint8_t *box,
                            struct hf_sign_pub *pub)
{
	uint8_t seed[32];
	hf_sign_key_seed(k, seed);
	bool ok = hf_box_seal(j->secret->fresh_key, row->name, strlen(row->name), seed, sizeof(seed), box);
	hf_wipe(seed, sizeof(seed));
	if (!ok)
		return HF_E_CRYPTO;
	hf_sign_key_pub(k, pub);
	row->key_box = (ProtobufCBinaryData){32 + HF_BOX_OVERHEAD, box};
	row->key_salt = (ProtobufCBinaryData){sizeof(j->fresh_salt), (uint8_t *)j->fresh_salt};
	row->public_key = (ProtobufCBinaryData){sizeof(pub->b), pub->b};
	return HF_OK;
}

static enum hf_err put_new(struct pending *p, const struct hf_job *j)
{
	Hufu__AccountRow row = HUFU__ACCOUNT_ROW__INIT;
	uint8_t box[32 + HF_BOX_OVERHEAD];
	struct hf_sign_pub pub;
	struct hf_sign_key *key = NULL;
	enum hf_err e = HF_OK;
	row.name = p->account;
	row.display_name = p->display_name;
	row.department = p->department;
	row.real_name = p->real_name;
	row.roles = (char **)p->roles;
	row.n_roles = p->role_count;
	row.state = p->real_name[0] ? HF_ACCOUNT_ACTIVE : HF_ACCOUNT_INACTIVE;
	row.password_hash = (char *)j->fresh_hash;
	row.created_ms = row.password_ms = hf_now_ms(&p->id->base->clock);
	row.one_time = !p->first;
	row.generation = 1;
	if (p->first) {
		key = hf_sign_key_new();
		e = key ? seal_key(&row, key, j, box, &pub) : HF_E_MEMORY;
	}
	if (e == HF_OK)
		hf_account_row_put(p->id, p->unit, &row);
	hf_sign_key_free(key);
	return e;
}

static void on_new(struct hf_job *j)
{
	struct pending *p = j->ctx;
	enum hf_err e = j->e;
	if (e == HF_OK && p->first && !p->id->first)
		e = hf_fault_set(&p->fault, HF_E_STATE,
		                 "the first account exists already; an administrator adds others");
	if (e == HF_OK)
		e = want_free(p);
	if (e == HF_OK)
		e = put_new(p, j);
	if (e == HF_OK && p->first)
		hf_account_first_used_after(p->id, p->unit);
	pending_end(p, e);
}

static enum hf_err start_new(struct pending *p, const struct hf_account_new *in)
{
	struct hf_job *j = NULL;
	HF_TRY(copy_new(p, in));
	if (!p->first)
		HF_TRY(copy_roles(p, in));
	HF_TRY(check_password(p, in->password));
	HF_TRY(want_free(p));
	HF_TRY(hf_password_job_new(p->id, NULL, in->password, &j));
	hf_password_job_start(j, on_new, p);
	return HF_OK;
}

void hf_account_add(struct hf_identity *id, struct hf_unit *unit, const struct hf_account_new *in, hf_account_fn fn,
                    void *ctx)
{
	struct pending *p = pending_new(id, unit, fn, ctx);
	enum hf_err e = start_new(p, in);
	if (e != HF_OK)
		refuse_later(p, e);
}

static enum hf_err check_token(struct pending *p, const char *token)
{
	struct hf_hash h;
	if (!p->id->first)
		return hf_fault_set(
		        &p->fault, HF_E_STATE,
		        "the first account exists already; an administrator adds others with `hufu user add`");
	hf_sha256(token ? token : "", token ? strlen(token) : 0, &h);
	if (!hf_equal_ct(h.b, p->id->first_token.b, sizeof(h.b)))
		return hf_fault_set(&p->fault, HF_E_CREDENTIAL, "the token is not the one in DIR/run/first-user.token");
	return HF_OK;
}

/* DS-78: the first account administers and nothing else; it can give itself no other role. */
void hf_account_first(struct hf_identity *id, struct hf_unit *unit, const char *token, const struct hf_account_new *in,
                      hf_account_fn fn, void *ctx)
{
	struct pending *p = pending_new(id, unit, fn, ctx);
	p->first = true;
	p->roles[p->role_count++] = hf_role_find("admin")->name;
	enum hf_err e = check_token(p, token);
	if (e == HF_OK && (!in->real_name || !*in->real_name))
		e = hf_fault_set(&p->fault, HF_E_ARGUMENT,
		                 "the real-name reference is missing; accounts are in real names");
	if (e == HF_OK)
		e = start_new(p, in);
	if (e != HF_OK)
		refuse_later(p, e);
}

static size_t keep_history(Hufu__AccountRow *row, char **out)
{
	size_t n = 0;
	if (row->password_hash[0])
		out[n++] = row->password_hash;
	for (size_t i = 0; i < row->n_former_hashes && n < HISTORY_MAX - 1; i++)
		out[n++] = row->former_hashes[i];
	return n;
}

static void set_hash(struct pending *p, Hufu__AccountRow *row, struct hf_job *j, char **history)
{
	size_t n = keep_history(row, history);
	row->former_hashes = history;
	row->n_former_hashes = n;
	row->password_hash = j->fresh_hash;
	row->password_ms = hf_now_ms(&p->id->base->clock);
	row->failures = 0;
	row->generation++;
}

static enum hf_err put_reset(struct pending *p, struct hf_job *j)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	char *history[HISTORY_MAX];
	HF_TRY(hf_account_row_want(p->id, p->account, &row, &p->fault));
	set_hash(p, row, j, history);
	row->one_time = true;
	row->locked_until_ms = 0;
	row->key_box.len = row->key_salt.len = 0;
	hf_account_row_put(p->id, p->unit, row);
	hf_account_sessions_end_after(p->id, p->unit, p->account, 0);
	return HF_OK;
}

static void on_reset(struct hf_job *j)
{
	struct pending *p = j->ctx;
	pending_end(p, j->e != HF_OK ? j->e : put_reset(p, j));
}

static enum hf_err start_reset(struct pending *p, const struct hf_actor *a, const char *account, const char *password)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	struct hf_job *j = NULL;
	HF_TRY(hf_account_want_other(a, account, "password; use `hufu user password`", &p->fault));
	HF_TRY(hf_account_row_want(p->id, account, &row, &p->fault));
	snprintf(p->account, sizeof(p->account), "%s", row->name);
	HF_TRY(check_password(p, password));
	HF_TRY(hf_password_job_new(p->id, NULL, password, &j));
	hf_password_job_start(j, on_reset, p);
	return HF_OK;
}

void hf_account_reset(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *account,
                      const char *password, hf_account_fn fn, void *ctx)
{
	struct pending *p = pending_new(id, unit, fn, ctx);
	enum hf_err e = start_reset(p, a, account, password);
	if (e != HF_OK)
		refuse_later(p, e);
}

/* The session keeps its key, or gets its first one, now that nobody else knows the password. */
static enum hf_err put_password(struct pending *p, struct hf_session *s, struct hf_job *j)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	uint8_t box[32 + HF_BOX_OVERHEAD];
	struct hf_sign_pub pub;
	char *history[HISTORY_MAX];
	HF_TRY(hf_account_row_want(p->id, p->account, &row, &p->fault));
	if (strcmp(row->password_hash, j->hash) != 0)
		return hf_fault_set(&p->fault, HF_E_BUSY, "the password was changed at the same time; log in again");
	if (!s->key)
		s->key = hf_sign_key_new();
	if (!s->key)
		return HF_E_MEMORY;
	set_hash(p, row, j, history);
	row->one_time = false;
	HF_TRY(seal_key(row, s->key, j, box, &pub));
	hf_account_row_put(p->id, p->unit, row);
	hf_account_sessions_end_after(p->id, p->unit, p->account, s->serial);
	return HF_OK;
}

static void on_password(struct hf_job *j)
{
	struct pending *p = j->ctx;
	struct hf_session *s = j->e == HF_OK ? hf_account_session_by_serial(p->id, p->serial) : NULL;
	enum hf_err e = j->e;
	if (e == HF_OK && !s)
		e = hf_fault_set(&p->fault, HF_E_NOT_LOGGED_IN, "the session has ended; log in again");
	if (e == HF_OK && !j->verified)
		e = hf_fault_set(&p->fault, HF_E_CREDENTIAL, "the present password is wrong");
	if (e == HF_OK && j->reused)
		e = hf_fault_set(&p->fault, HF_E_ARGUMENT, "the new password is one of the last %d; choose another",
		                 HISTORY_MAX);
	if (e == HF_OK)
		e = put_password(p, s, j);
	pending_end(p, e);
}

static void load_history(const Hufu__AccountRow *row, struct hf_job *j)
{
	snprintf(j->hash, sizeof(j->hash), "%s", row->password_hash);
	snprintf(j->former[j->former_count++], sizeof(j->former[0]), "%s", row->password_hash);
	for (size_t i = 0; i < row->n_former_hashes && j->former_count < HISTORY_MAX; i++)
		snprintf(j->former[j->former_count++], sizeof(j->former[0]), "%s", row->former_hashes[i]);
}

static enum hf_err start_password(struct pending *p, const struct hf_actor *a, const char *old, const char *password)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	struct hf_job *j = NULL;
	struct hf_session *s = hf_account_session_of(p->id, a);
	if (!s)
		return hf_fault_set(&p->fault, HF_E_NOT_LOGGED_IN, "the session has ended; log in again");
	HF_TRY(hf_account_row_want(p->id, a->account, &row, &p->fault));
	snprintf(p->account, sizeof(p->account), "%s", row->name);
	p->serial = s->serial;
	HF_TRY(check_password(p, password));
	enum hf_err e = hf_password_job_new(p->id, old ? old : "", password, &j);
	if (e != HF_OK)
		return e == HF_E_ARGUMENT ? hf_fault_set(&p->fault, HF_E_CREDENTIAL, "the present password is wrong")
		                          : e;
	load_history(row, j);
	hf_password_job_start(j, on_password, p);
	return HF_OK;
}

void hf_account_password(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *old,
                         const char *password, hf_account_fn fn, void *ctx)
{
	struct pending *p = pending_new(id, unit, fn, ctx);
	enum hf_err e = start_password(p, a, old, password);
	if (e != HF_OK)
		refuse_later(p, e);
}
