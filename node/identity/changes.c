/* changes.c - what administrators change at accounts, and what changes by itself when nobody uses them. */
#include <stdlib.h>
#include <string.h>

#include "identity/internal.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

enum hf_err hf_account_want_other(const struct hf_actor *a, const char *account, const char *what, struct hf_fault *f)
{
	if (a && strcmp(a->account, account) == 0)
		return hf_fault_set(f, HF_E_SEPARATION, "nobody changes his own %s; another administrator does", what);
	return HF_OK;
}

static bool fits(const char *text, size_t max)
{
	return !text || hf_text_ok(text, strlen(text), max);
}

enum hf_err hf_account_edit(struct hf_identity *id, struct hf_unit *unit, const char *account,
                            const struct hf_account_change *c, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	struct hf_name department;
	HF_TRY(hf_account_row_want(id, account, &row, f));
	if (!fits(c->display_name, 128) || !fits(c->real_name, 256) || (c->display_name && !*c->display_name))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the display name has 1 to 128 bytes, the real-name reference at most 256");
	if (c->department && *c->department && !hf_name_parse(c->department, &department))
		return hf_fault_set(f, HF_E_ARGUMENT, "a department's name is 1 to 63 of a-z, 0-9, '.' and '-'");
	if (c->real_name && !*c->real_name && row->real_name[0])
		return hf_fault_set(f, HF_E_ARGUMENT, "a real-name reference is replaced, never taken away");
	if (c->display_name)
		row->display_name = (char *)c->display_name;
	if (c->real_name)
		row->real_name = (char *)c->real_name;
	if (c->department)
		row->department = (char *)c->department;
	if (row->state == HF_ACCOUNT_INACTIVE && row->real_name[0])
		row->state = HF_ACCOUNT_ACTIVE;
	row->generation++;
	hf_account_row_put(id, unit, row);
	return HF_OK;
}

/* What the account would hold with these own roles and its groups. */
static enum hf_err check_roles(struct hf_identity *id, Hufu__AccountRow *row, struct hf_fault *f)
{
	const char *all[ROLES_MAX];
	char text[300];
	size_t n = hf_account_effective(id, row, all, ROLES_MAX);
	if (hf_roles_conflict(all, (unsigned)n, text, sizeof(text)))
		return hf_fault_set(f, HF_E_SEPARATION, "account '%s': %s", row->name, text);
	return HF_OK;
}

enum hf_err hf_account_roles(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                             const char *account, const char *const *roles, size_t count, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	char text[300];
	HF_TRY(hf_account_want_other(a, account, "roles", f));
	HF_TRY(hf_account_row_want(id, account, &row, f));
	if (count > ROLES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "an account has at most %d roles", ROLES_MAX);
	if (hf_roles_conflict(roles, (unsigned)count, text, sizeof(text)))
		return hf_fault_set(f, HF_E_SEPARATION, "%s", text);
	row->roles = (char **)roles;
	row->n_roles = count;
	HF_TRY(check_roles(id, row, f));
	row->generation++;
	hf_account_row_put(id, unit, row);
	return HF_OK;
}

enum hf_err hf_account_disable(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                               const char *account, const char *reason, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	HF_TRY(hf_account_want_other(a, account, "state", f));
	HF_TRY(hf_account_row_want(id, account, &row, f));
	if (row->state == HF_ACCOUNT_DISABLED)
		return hf_fault_set(f, HF_E_STATE, "the account '%s' is disabled already", row->name);
	row->state = HF_ACCOUNT_DISABLED;
	row->state_reason = (char *)(reason ? reason : "");
	row->generation++;
	hf_account_row_put(id, unit, row);
	hf_account_sessions_end_after(id, unit, row->name, 0);
	return HF_OK;
}

enum hf_err hf_account_enable(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                              const char *account, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	HF_TRY(hf_account_want_other(a, account, "state", f));
	HF_TRY(hf_account_row_want(id, account, &row, f));
	if (!row->real_name[0])
		return hf_fault_set(f, HF_E_STATE,
		                    "the account '%s' has no real-name reference and cannot be activated; add it with "
		                    "`hufu user edit --real-name`",
		                    row->name);
	row->state = HF_ACCOUNT_ACTIVE;
	row->state_reason = (char *)"";
	row->locked_until_ms = 0;
	row->failures = 0;
	row->last_login_ms = hf_now_ms(&id->base->clock); /* the time without use counts from now */
	row->generation++;
	hf_account_row_put(id, unit, row);
	return HF_OK;
}

enum hf_err hf_account_remove(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                              const char *account, const char *reason, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	HF_TRY(hf_account_want_other(a, account, "account", f));
	HF_TRY(hf_account_row_want(id, account, &row, f));
	row->state = HF_ACCOUNT_REMOVED;
	row->state_reason = (char *)(reason ? reason : "");
	row->password_hash = (char *)"";
	row->n_roles = row->n_groups = row->n_former_hashes = 0;
	row->key_box.len = row->key_salt.len = row->totp_secret.len = row->totp_pending.len = row->device_key.len = 0;
	row->generation++;
	hf_account_row_put(id, unit, row);
	hf_account_sessions_end_after(id, unit, row->name, 0);
	return HF_OK;
}

struct sweep {
	struct hf_identity *id;
	struct hf_unit *unit;
	int64_t before_ms;
	int64_t newest_ms;
	struct hf_name keep; /* who manages users and was here last: somebody has to be able to enable the others */
};

static int64_t used_ms(const Hufu__AccountRow *row)
{
	return row->last_login_ms > row->created_ms ? row->last_login_ms : row->created_ms;
}

static bool find_newest(void *ctx, const Hufu__AccountRow *row)
{
	struct sweep *s = ctx;
	const char *roles[ROLES_MAX];
	if (row->state != HF_ACCOUNT_ACTIVE || used_ms(row) <= s->newest_ms)
		return true;
	size_t n = hf_account_effective(s->id, row, roles, ROLES_MAX);
	if ((hf_roles_permissions(roles, n) & HF_BIT(HF_MAY_MANAGE_USERS)) && hf_name_parse(row->name, &s->keep))
		s->newest_ms = used_ms(row);
	return true;
}

/* The row is only read while scanning; the unit is submitted afterwards. */
static bool sweep_row(void *ctx, const Hufu__AccountRow *row)
{
	struct sweep *s = ctx;
	if (row->state != HF_ACCOUNT_ACTIVE || used_ms(row) >= s->before_ms || strcmp(row->name, s->keep.s) == 0)
		return true;
	Hufu__AccountRow changed = *row;
	struct hf_draft *d = hf_draft_new(HF_EVENT_USER_CHANGE, NULL);
	changed.state = HF_ACCOUNT_DISABLED;
	changed.state_reason = (char *)"not used for too long";
	changed.generation++;
	hf_account_row_put(s->id, s->unit, &changed);
	hf_draft_text(d, HF_FIELD_ACTOR, s->id->base->self.s);
	hf_draft_text(d, HF_FIELD_OBJECT, row->name);
	hf_draft_text(d, HF_FIELD_MANNER, "scheduled");
	hf_draft_outcome(d, HF_OK, "disabled: not used for too long");
	hf_unit_draft(s->unit, d);
	hf_account_sessions_end_after(s->id, s->unit, row->name, 0);
	return true;
}

void hf_identity_sweep(struct hf_identity *id)
{
	struct sweep s = {.id = id,
	                  .unit = hf_unit_new(),
	                  .before_ms = hf_now_ms(&id->base->clock) - (int64_t)id->policy.inactive_days * DAY_MS};
	enum hf_err e = hf_account_list(id, find_newest, &s);
	if (e == HF_OK)
		e = hf_account_list(id, sweep_row, &s);
	if (e != HF_OK)
		HF_LOG(id->base->log, HF_LOG_ERROR, "identity", "sweep", NULL, HF_LOG_E(e));
	if (e != HF_OK || hf_unit_empty(s.unit))
		hf_unit_free(s.unit);
	else
		hf_store_submit(id->store, s.unit, NULL, NULL);
}
