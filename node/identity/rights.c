/* rights.c - see rights.h. */
#include "identity/rights.h"

#include <stdlib.h>
#include <string.h>

#include "identity/internal.h"

#define CHANGE_PREFIX "right-change/"
#define CHANGE_KEY (sizeof(CHANGE_PREFIX) + HF_NAME_MAX)

bool hf_rights_reviewed(const struct hf_identity *id)
{
	return id->policy.review_rights;
}

enum hf_err hf_rights_by_group(const struct hf_identity *id, struct hf_fault *f)
{
	if (!hf_rights_reviewed(id))
		return HF_OK;
	return hf_fault_set(f, HF_E_STATE,
	                    "rights are reviewed by a second administrator here (accounts.review_rights), and those of "
	                    "groups cannot be; give the roles to the account, with `hufu user roles`");
}

/* ---- rows ---- */

static size_t key_of(const char *account, char key[CHANGE_KEY])
{
	return (size_t)snprintf(key, CHANGE_KEY, CHANGE_PREFIX "%.*s", HF_NAME_MAX, account);
}

static void put_change(struct hf_unit *unit, const Hufu__RightChangeRow *row)
{
	char key[CHANGE_KEY];
	size_t len = 0, key_len = key_of(row->account, key);
	uint8_t *bytes = hf_encode(&row->base, &len);
	if (!bytes)
		abort(); /* memory is gone */
	hf_unit_put(unit, HF_TABLE_META, key, key_len, bytes, len);
	free(bytes);
}

static enum hf_err get_change(struct hf_identity *id, const char *account, Hufu__RightChangeRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	char key[CHANGE_KEY];
	size_t len = key_of(account, key);
	HF_TRY(hf_store_get(id->store, HF_TABLE_META, key, len, &b));
	*ret_row = HF_DECODE_OWN(right_change_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

/* ---- asking ---- */

struct reviewers {
	struct hf_identity *id;
	const char *but;
	size_t count;
};

static bool count_reviewer(void *ctx, const Hufu__AccountRow *row)
{
	struct reviewers *r = ctx;
	bool may = hf_account_row_permissions(r->id, row) & HF_BIT(HF_MAY_MANAGE_USERS);
	r->count += may && row->state == HF_ACCOUNT_ACTIVE && strcmp(row->name, r->but) != 0;
	return true;
}

/* Nobody could review it: a second administrator, and nothing else. */
static enum hf_err alone(struct hf_identity *id, const struct hf_rights_ask *in, struct hf_fault *f)
{
	if (in->count != 1 || strcmp(in->roles[0], "admin") != 0)
		return hf_fault_set(f, HF_E_SEPARATION,
		                    "rights are reviewed by a second administrator here (accounts.review_rights), and "
		                    "there is none; make one first, with --role admin alone");
	hf_alarm(id->base, "rights-unreviewed", NULL,
	         "'%s' was asked to become an administrator while there was only one: nobody could review it",
	         in->account);
	return HF_OK;
}

static enum hf_err check_ask(struct hf_identity *id, const struct hf_actor *a, const struct hf_rights_ask *in,
                             struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	char text[300];
	HF_TRY(hf_account_want_other(a, in->account, "roles", f));
	if (!in->made_now)
		HF_TRY(hf_account_row_want(id, in->account, &row, f));
	if (in->count > ROLES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "an account has at most %d roles", ROLES_MAX);
	if (hf_roles_conflict(in->roles, (unsigned)in->count, text, sizeof(text)))
		return hf_fault_set(f, HF_E_SEPARATION, "%s", text);
	return HF_OK;
}

enum hf_err hf_rights_ask(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                          const struct hf_rights_ask *in, struct hf_id *ret_change, struct hf_fault *f)
{
	Hufu__RightChangeRow row = HUFU__RIGHT_CHANGE_ROW__INIT;
	struct reviewers others = {id, a->account, 0};
	struct hf_name name;
	if (!hf_name_parse(in->account, &name))
		return hf_fault_set(f, HF_E_ARGUMENT, "an account's name is 1 to 63 of a-z, 0-9, '.' and '-'");
	HF_TRY(check_ask(id, a, in, f));
	HF_TRY(hf_fault_default(f, hf_account_list(id, count_reviewer, &others)));
	if (others.count == 0)
		return alone(id, in, f);
	row.asked_ms = hf_now_ms(&id->base->clock);
	*ret_change = hf_id_new(row.asked_ms);
	row.change = (ProtobufCBinaryData){sizeof(ret_change->b), ret_change->b};
	row.account = name.s;
	row.roles = (char **)(uintptr_t)in->roles;
	row.n_roles = in->count;
	row.asked_by = (char *)a->account;
	put_change(unit, &row);
	return HF_OK;
}

/* ---- answering ---- */

static enum hf_err check_answer(const struct hf_actor *a, const Hufu__RightChangeRow *row, const struct hf_id *change,
                                struct hf_fault *f)
{
	if (row->change.len != sizeof(change->b) || memcmp(row->change.data, change->b, sizeof(change->b)) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "another change of the rights of '%s' took the place of that one; look at it with "
		                    "`hufu user changes`",
		                    row->account);
	if (strcmp(row->asked_by, a->account) == 0)
		return hf_fault_set(
		        f, HF_E_SEPARATION,
		        "nobody reviews the change of rights that he asked for; another administrator does");
	return hf_account_want_other(a, row->account, "roles", f);
}

enum hf_err hf_rights_answer(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                             const char *account, const struct hf_id *change, bool approve, struct hf_draft *draft,
                             struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__RightChangeRow *row = NULL;
	char key[CHANGE_KEY];
	enum hf_err e = get_change(id, account, &row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "no change of the rights of '%.63s' waits; `hufu user changes` lists them",
		                    account);
	HF_TRY(hf_fault_default(f, e));
	HF_TRY(check_answer(a, row, change, f));
	hf_draft_textf(draft, HF_FIELD_DETAIL, "%s what %s asked for", approve ? "approves" : "rejects", row->asked_by);
	size_t len = key_of(account, key);
	hf_unit_del(unit, HF_TABLE_META, key, len);
	if (!approve)
		return HF_OK;
	return hf_account_roles(id, a, unit, account, (const char *const *)row->roles, row->n_roles, f);
}

/* ---- listing ---- */

struct list {
	hf_right_change_fn fn;
	void *ctx;
	enum hf_err e;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct list *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__RightChangeRow *row = HF_DECODE_OWN(right_change_row, value.data, value.len);
	if (!row)
		l->e = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_rights_list(struct hf_identity *id, hf_right_change_fn fn, void *ctx)
{
	struct list l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(id->store, HF_TABLE_META, CHANGE_PREFIX, sizeof(CHANGE_PREFIX) - 1, NULL, 0, list_row,
	                     &l));
	return l.e;
}
