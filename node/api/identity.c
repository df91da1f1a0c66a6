/* identity.c - routes of accounts, sessions, second factors, groups and business systems. */
#include "exchange/exchange.h"
#include "identity/accounts.h"
#include "identity/rights.h"

#include <stdlib.h>
#include <string.h>

#include "api/sight.h"
#include "base/mem.h"
#include "crypto/base64.h"

static struct hf_identity *people(const struct hf_api_request *rq)
{
	return rq->m->identity;
}

static void name_object(struct hf_api_request *rq, const char *object)
{
	if (rq->draft)
		hf_draft_text(rq->draft, HF_FIELD_OBJECT, object);
}

/* Every account command names its account first. */
static enum hf_err read_account(struct hf_api_request *rq, const char **ret_account)
{
	HF_TRY(hf_api_text(rq, "account", true, HF_NAME_MAX, ret_account));
	name_object(rq, *ret_account);
	return HF_OK;
}

/* Log in and out. */

static void on_login(void *ctx, enum hf_err e, const struct hf_login_result *r, const struct hf_fault *f)
{
	struct hf_api_request *rq = ctx;
	if (e == HF_OK) {
		json_object_set_new(rq->out, "token", json_string(r->token));
		json_object_set_new(rq->out, "password_expired", json_boolean(r->password_expired));
		json_object_set_new(rq->out, "concurrent", json_boolean(r->concurrent));
		hf_api_out_time(rq->out, "expires", r->expires_ms);
	} else {
		rq->fault = *f;
	}
	hf_api_finish(rq, e);
}

static enum hf_err login(struct hf_api_request *rq)
{
	struct hf_login in = {.address = rq->address};
	HF_TRY(hf_api_text(rq, "account", true, 255, &in.account));
	HF_TRY(hf_api_text(rq, "password", true, 1024, &in.password));
	HF_TRY(hf_api_text(rq, "totp", false, 64, &in.totp));
	HF_TRY(hf_api_text(rq, "device_signature", false, 128, &in.device_signature));
	HF_TRY(hf_api_text(rq, "challenge", false, 128, &in.challenge));
	hf_api_later(rq);
	hf_identity_login_again(people(rq), &in, rq->token, on_login, rq);
	return HF_OK;
}

static enum hf_err challenge(struct hf_api_request *rq)
{
	char text[HF_CHALLENGE_TEXT];
	const char *account;
	HF_TRY(hf_api_text(rq, "account", true, HF_NAME_MAX, &account));
	hf_identity_challenge(people(rq), account, text);
	json_object_set_new(rq->out, "challenge", json_string(text));
	json_object_set_new(rq->out, "node", json_string(rq->m->base->self.s));
	return HF_OK;
}

static enum hf_err logout(struct hf_api_request *rq)
{
	name_object(rq, "session");
	hf_identity_logout(people(rq), rq->token);
	return HF_OK;
}

static json_t *permission_names(uint64_t permissions)
{
	json_t *list = json_array();
	for (int p = 0; p < HF_PERMISSION_COUNT; p++)
		if (permissions & HF_BIT(p))
			json_array_append_new(list, json_string(hf_permission_name((enum hf_permission)p)));
	return list;
}

static enum hf_err session(struct hf_api_request *rq)
{
	const struct hf_actor *a = rq->actor;
	json_object_set_new(rq->out, "account", json_string(a->account));
	json_object_set_new(rq->out, "display_name", json_string(a->display_name));
	json_object_set_new(rq->out, "principal", json_string(a->principal));
	json_object_set_new(rq->out, "two_factors", json_boolean(hf_actor_two_factors(a)));
	json_object_set_new(rq->out, "permissions", permission_names(a->permissions));
	return HF_OK;
}

/* Accounts. */

static void on_account(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct hf_api_request *rq = ctx;
	if (e != HF_OK)
		rq->fault = *f;
	hf_api_finish(rq, e);
}

static enum hf_err read_new(struct hf_api_request *rq, struct hf_account_new *in)
{
	HF_TRY(read_account(rq, &in->name));
	HF_TRY(hf_api_text(rq, "display_name", true, 128, &in->display_name));
	HF_TRY(hf_api_text(rq, "real_name", false, 256, &in->real_name));
	HF_TRY(hf_api_text(rq, "department", false, HF_NAME_MAX, &in->department));
	HF_TRY(hf_api_text(rq, "password", true, 1024, &in->password));
	json_object_set_new(rq->out, "account", json_string(in->name));
	return HF_OK;
}

static enum hf_err user_first(struct hf_api_request *rq)
{
	struct hf_account_new in = {0};
	const char *token;
	HF_TRY(hf_api_text(rq, "token", true, 128, &token));
	HF_TRY(read_new(rq, &in));
	hf_draft_textf(rq->draft, HF_FIELD_ACTOR, "%s/%s", rq->m->base->self.s, in.name);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, "first account");
	hf_api_later(rq);
	hf_account_first(people(rq), rq->unit, token, &in, on_account, rq);
	return HF_OK;
}

/* DS-115: does a change of rights wait for another administrator? made_now: the account comes with the same unit. */
static enum hf_err ask_rights(struct hf_api_request *rq, const struct hf_rights_ask *in, bool *ret_waits)
{
	struct hf_id change = {{0}};
	*ret_waits = false;
	if (!hf_rights_reviewed(people(rq)))
		return HF_OK;
	HF_TRY(hf_rights_ask(people(rq), rq->actor, rq->unit, in, &change, &rq->fault));
	*ret_waits = !hf_id_is_zero(&change);
	if (!*ret_waits)
		return HF_OK;
	hf_api_out_id(rq->out, "change", &change);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, "asked for; waits for another administrator");
	return HF_OK;
}

static enum hf_err user_add(struct hf_api_request *rq)
{
	struct hf_account_new in = {0};
	const char **roles = NULL;
	HF_TRY(read_new(rq, &in));
	HF_TRY(hf_api_list(rq, "roles", false, 16, &roles, &in.role_count));
	in.roles = roles;
	bool waits = false;
	enum hf_err e = HF_OK;
	if (in.role_count > 0)
		e = ask_rights(rq, &(struct hf_rights_ask){in.name, roles, in.role_count, true}, &waits);
	if (e != HF_OK) {
		free(roles);
		return e;
	}
	if (waits)
		in.role_count = 0;
	hf_api_later(rq);
	hf_account_add(people(rq), rq->unit, &in, on_account, rq);
	free(roles);
	return HF_OK;
}

static json_t *text_list(char *const *texts, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(texts[i]));
	return list;
}

static json_t *factor_list(const Hufu__AccountRow *row)
{
	json_t *list = json_array();
	json_array_append_new(list, json_string("password"));
	if (row->totp_secret.len)
		json_array_append_new(list, json_string("totp"));
	if (row->device_key.len)
		json_array_append_new(list, json_string("device-key"));
	return list;
}

static const char *shown_state(const struct hf_api_request *rq, const Hufu__AccountRow *row)
{
	if (row->state == HF_ACCOUNT_ACTIVE && row->locked_until_ms > hf_now_ms(&rq->m->base->clock))
		return "locked";
	return hf_account_state_name((enum hf_account_state)row->state);
}

static json_t *account_json(const struct hf_api_request *rq, const Hufu__AccountRow *row)
{
	const char *effective[16];
	size_t n = hf_account_effective(people(rq), row, effective, 16);
	json_t *o = json_object();
	json_object_set_new(o, "account", json_string(row->name));
	json_object_set_new(o, "display_name", json_string(row->display_name));
	json_object_set_new(o, "department", json_string(row->department));
	json_object_set_new(o, "state", json_string(shown_state(rq, row)));
	json_object_set_new(o, "roles", text_list((char *const *)effective, n));
	json_object_set_new(o, "groups", text_list(row->groups, row->n_groups));
	json_object_set_new(o, "sessions", json_integer((json_int_t)hf_identity_session_count(people(rq), row->name)));
	hf_api_out_time(o, "last_login", row->last_login_ms);
	return o;
}

struct listing {
	struct hf_api_request *rq;
	json_t *list;
};

static bool list_account(void *ctx, const Hufu__AccountRow *row)
{
	struct listing *l = ctx;
	json_array_append_new(l->list, account_json(l->rq, row));
	return true;
}

static enum hf_err user_list(struct hf_api_request *rq)
{
	struct listing l = {rq, json_array()};
	json_object_set_new(rq->out, "accounts", l.list);
	return hf_account_list(people(rq), list_account, &l);
}

static enum hf_err user_show(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	const char *account;
	uint8_t salt[16];
	HF_TRY(read_account(rq, &account));
	if (hf_account_get(people(rq), account, &row) != HF_OK)
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN, "there is no account '%s'", account);
	json_t *o = account_json(rq, row);
	json_object_set_new(o, "state_reason", json_string(row->state_reason));
	json_object_set_new(o, "real_name", json_string(row->real_name));
	hf_account_real_name_salt(people(rq), row->real_name, salt);
	hf_api_out_hex(o, "real_name_salt", salt, sizeof(salt));
	json_object_set_new(o, "own_roles", text_list(row->roles, row->n_roles));
	json_object_set_new(o, "factors", factor_list(row));
	json_object_set_new(o, "one_time_password", json_boolean(row->one_time));
	hf_api_out_hex(o, "public_key", row->public_key.data, row->public_key.len);
	hf_api_out_time(o, "created", row->created_ms);
	hf_api_out_time(o, "password_set", row->password_ms);
	json_object_update(rq->out, o);
	json_decref(o);
	return HF_OK;
}

static enum hf_err role_list(struct hf_api_request *rq)
{
	static const char *const groups[] = {"", "administration", "operation", "audit"};
	json_t *list = json_array();
	for (const struct hf_role *r = hf_roles; r->name; r++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "role", r->name, "group", groups[r->group],
		                                      "permissions", permission_names(r->permissions)));
	json_object_set_new(rq->out, "roles", list);
	return HF_OK;
}

static enum hf_err user_roles(struct hf_api_request *rq)
{
	const char *account, **roles = NULL;
	size_t count = 0;
	HF_TRY(read_account(rq, &account));
	HF_TRY(hf_api_list(rq, "roles", false, 16, &roles, &count));
	bool waits = false;
	enum hf_err e = ask_rights(rq, &(struct hf_rights_ask){account, roles, count, false}, &waits);
	if (e == HF_OK && !waits)
		e = hf_account_roles(people(rq), rq->actor, rq->unit, account, roles, count, &rq->fault);
	free(roles);
	return e;
}

static enum hf_err optional(struct hf_api_request *rq, const char *name, size_t max, const char **ret_text)
{
	if (json_object_get(rq->in, name))
		return hf_api_text(rq, name, false, max, ret_text);
	*ret_text = NULL;
	return HF_OK;
}

static enum hf_err user_edit(struct hf_api_request *rq)
{
	struct hf_account_change c = {NULL, NULL, NULL};
	const char *account;
	HF_TRY(read_account(rq, &account));
	HF_TRY(optional(rq, "display_name", 128, &c.display_name));
	HF_TRY(optional(rq, "real_name", 256, &c.real_name));
	HF_TRY(optional(rq, "department", HF_NAME_MAX, &c.department));
	return hf_account_edit(people(rq), rq->unit, account, &c, &rq->fault);
}

static enum hf_err user_disable(struct hf_api_request *rq)
{
	const char *account, *reason;
	HF_TRY(read_account(rq, &account));
	HF_TRY(hf_api_text(rq, "reason", true, 512, &reason));
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, reason);
	return hf_account_disable(people(rq), rq->actor, rq->unit, account, reason, &rq->fault);
}

static enum hf_err user_enable(struct hf_api_request *rq)
{
	const char *account;
	HF_TRY(read_account(rq, &account));
	return hf_account_enable(people(rq), rq->actor, rq->unit, account, &rq->fault);
}

static enum hf_err user_remove(struct hf_api_request *rq)
{
	const char *account, *reason;
	HF_TRY(read_account(rq, &account));
	HF_TRY(hf_api_text(rq, "reason", true, 512, &reason));
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, reason);
	HF_TRY(hf_account_remove(people(rq), rq->actor, rq->unit, account, reason, &rq->fault));
	if (rq->m->exchange)
		hf_exchange_end_of(rq->m->exchange, account, rq->unit);
	return HF_OK;
}

static enum hf_err user_reset(struct hf_api_request *rq)
{
	const char *account, *password;
	HF_TRY(read_account(rq, &account));
	HF_TRY(hf_api_text(rq, "password", true, 1024, &password));
	hf_api_later(rq);
	hf_account_reset(people(rq), rq->actor, rq->unit, account, password, on_account, rq);
	return HF_OK;
}

static enum hf_err user_password(struct hf_api_request *rq)
{
	const char *old, *password;
	name_object(rq, rq->actor->account);
	HF_TRY(hf_api_text(rq, "old", true, 1024, &old));
	HF_TRY(hf_api_text(rq, "password", true, 1024, &password));
	hf_api_later(rq);
	hf_account_password(people(rq), rq->actor, rq->unit, old, password, on_account, rq);
	return HF_OK;
}

/* Second factors. */

static enum hf_err totp_begin(struct hf_api_request *rq)
{
	char secret[HF_TOTP_TEXT];
	name_object(rq, rq->actor->account);
	HF_TRY(hf_account_totp_begin(people(rq), rq->actor, rq->unit, secret, &rq->fault));
	json_object_set_new(rq->out, "secret", json_string(secret));
	json_object_set_new(rq->out, "uri",
	                    json_sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=6&period=30",
	                                 rq->m->base->self.s, rq->actor->account, secret, rq->m->base->self.s));
	hf_wipe(secret, sizeof(secret));
	return HF_OK;
}

static enum hf_err totp_confirm(struct hf_api_request *rq)
{
	const char *code;
	name_object(rq, rq->actor->account);
	HF_TRY(hf_api_text(rq, "code", true, 16, &code));
	return hf_account_totp_confirm(people(rq), rq->actor, rq->unit, code, &rq->fault);
}

static enum hf_err device_key(struct hf_api_request *rq)
{
	const char *key, *text, *signature;
	name_object(rq, rq->actor->account);
	HF_TRY(hf_api_text(rq, "public_key", true, 64, &key));
	HF_TRY(hf_api_text(rq, "challenge", true, 128, &text));
	HF_TRY(hf_api_text(rq, "signature", true, 128, &signature));
	return hf_account_device_key(people(rq), rq->actor, rq->unit, key, text, signature, &rq->fault);
}

/* Groups. */

static enum hf_err read_group(struct hf_api_request *rq, const char **ret_group)
{
	HF_TRY(hf_api_text(rq, "group", true, HF_NAME_MAX, ret_group));
	name_object(rq, *ret_group);
	return HF_OK;
}

static enum hf_err group_add(struct hf_api_request *rq)
{
	const char *group;
	HF_TRY(read_group(rq, &group));
	return hf_group_add(people(rq), rq->unit, group, &rq->fault);
}

static enum hf_err group_remove(struct hf_api_request *rq)
{
	const char *group;
	HF_TRY(read_group(rq, &group));
	return hf_group_remove(people(rq), rq->actor, rq->unit, group, &rq->fault);
}

static enum hf_err change_member(struct hf_api_request *rq, bool in)
{
	const char *group, *account;
	HF_TRY(read_group(rq, &group));
	HF_TRY(hf_api_text(rq, "account", true, HF_NAME_MAX, &account));
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%s %s", in ? "enters" : "leaves", account);
	return hf_group_member(people(rq), rq->actor, rq->unit, group, account, in, &rq->fault);
}

static enum hf_err group_enter(struct hf_api_request *rq)
{
	return change_member(rq, true);
}

static enum hf_err group_leave(struct hf_api_request *rq)
{
	return change_member(rq, false);
}

static enum hf_err change_role(struct hf_api_request *rq, bool in)
{
	const char *group, *role;
	HF_TRY(read_group(rq, &group));
	HF_TRY(hf_api_text(rq, "role", true, HF_NAME_MAX, &role));
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%s %s", in ? "grant" : "revoke", role);
	return hf_group_role(people(rq), rq->actor, rq->unit, group, role, in, &rq->fault);
}

static enum hf_err group_grant(struct hf_api_request *rq)
{
	return change_role(rq, true);
}

static enum hf_err group_revoke(struct hf_api_request *rq)
{
	return change_role(rq, false);
}

static bool list_group(void *ctx, const Hufu__GroupRow *row)
{
	struct listing *l = ctx;
	json_array_append_new(l->list, json_pack("{s:s, s:o, s:[]}", "group", row->name, "roles",
	                                         text_list(row->roles, row->n_roles), "members"));
	return true;
}

static bool list_member(void *ctx, const Hufu__AccountRow *row)
{
	struct listing *l = ctx;
	json_t *group;
	size_t at;
	for (size_t i = 0; i < row->n_groups; i++)
		json_array_foreach(l->list, at, group) if (strcmp(json_string_value(json_object_get(group, "group")),
		                                                  row->groups[i]) == 0)
		        json_array_append_new(json_object_get(group, "members"), json_string(row->name));
	return true;
}

static enum hf_err group_list(struct hf_api_request *rq)
{
	struct listing l = {rq, json_array()};
	json_object_set_new(rq->out, "groups", l.list);
	HF_TRY(hf_group_list(people(rq), list_group, &l));
	return hf_account_list(people(rq), list_member, &l);
}

/* Business systems. */

static enum hf_err read_system(struct hf_api_request *rq, const char **ret_name)
{
	HF_TRY(hf_api_text(rq, "system", true, HF_NAME_MAX, ret_name));
	name_object(rq, *ret_name);
	return HF_OK;
}

static enum hf_err system_add(struct hf_api_request *rq)
{
	struct hf_system_view v = {.enabled = true};
	const char *name, *department, *address, *business;
	HF_TRY(read_system(rq, &name));
	HF_TRY(hf_api_text(rq, "department", false, HF_NAME_MAX, &department));
	HF_TRY(hf_api_text(rq, "address", false, sizeof(v.address) - 1, &address));
	HF_TRY(hf_api_text(rq, "business", false, sizeof(v.business) - 1, &business));
	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.department, sizeof(v.department), "%s", department);
	snprintf(v.address, sizeof(v.address), "%s", address);
	snprintf(v.business, sizeof(v.business), "%s", business);
	json_object_set_new(rq->out, "system", json_string(name));
	return hf_system_put(people(rq), rq->unit, &v, &rq->fault);
}

static enum hf_err system_disable(struct hf_api_request *rq)
{
	const char *name;
	HF_TRY(read_system(rq, &name));
	return hf_system_enable(people(rq), rq->unit, name, false, &rq->fault);
}

static enum hf_err system_enable(struct hf_api_request *rq)
{
	const char *name;
	HF_TRY(read_system(rq, &name));
	return hf_system_enable(people(rq), rq->unit, name, true, &rq->fault);
}

static bool list_system(void *ctx, const struct hf_system_view *v)
{
	struct listing *l = ctx;
	if (!hf_api_sees(l->rq, l->rq->m->base->self.s, v->department))
		return true;
	json_array_append_new(l->list,
	                      json_pack("{s:s, s:s, s:s, s:s, s:b}", "system", v->name, "department", v->department,
	                                "address", v->address, "business", v->business, "enabled", v->enabled));
	return true;
}

static enum hf_err system_list(struct hf_api_request *rq)
{
	struct listing l = {rq, json_array()};
	json_object_set_new(rq->out, "systems", l.list);
	return hf_system_list(people(rq), list_system, &l);
}

#define USERS HF_MAY_MANAGE_USERS
#define SELF HF_MAY_ANY_SESSION
#define OPEN HF_MAY_NOTHING_NEEDED
#define CHANGE HF_EVENT_USER_CHANGE

const struct hf_route hf_routes_identity[] = {
        {"POST", "/v1/login", OPEN, HF_EVENT_LOGIN, login, HF_ROUTE_OWN_ENTRY},
        {"GET", "/v1/login/challenge", OPEN, HF_EVENT_INVALID, challenge, 0},
        {"POST", "/v1/logout", SELF, HF_EVENT_LOGOUT, logout, 0},
        {"GET", "/v1/session", SELF, HF_EVENT_INVALID, session, 0},
        {"POST", "/v1/users/first", OPEN, CHANGE, user_first, 0},
        {"POST", "/v1/users/add", USERS, CHANGE, user_add, HF_ROUTE_TWO_FACTORS},
        {"GET", "/v1/users", USERS, HF_EVENT_INVALID, user_list, 0},
        {"GET", "/v1/users/show", USERS, HF_EVENT_INVALID, user_show, 0},
        {"GET", "/v1/roles", SELF, HF_EVENT_INVALID, role_list, 0},
        {"POST", "/v1/users/roles", USERS, CHANGE, user_roles, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/users/edit", USERS, CHANGE, user_edit, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/users/disable", USERS, CHANGE, user_disable, 0},
        {"POST", "/v1/users/enable", USERS, CHANGE, user_enable, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/users/remove", USERS, CHANGE, user_remove, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/users/reset-password", USERS, CHANGE, user_reset, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/users/password", SELF, CHANGE, user_password, 0},
        {"POST", "/v1/users/totp", SELF, CHANGE, totp_begin, 0},
        {"POST", "/v1/users/totp-confirm", SELF, CHANGE, totp_confirm, 0},
        {"POST", "/v1/users/device-key", SELF, CHANGE, device_key, 0},
        {"GET", "/v1/groups", USERS, HF_EVENT_INVALID, group_list, 0},
        {"POST", "/v1/groups/add", USERS, CHANGE, group_add, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/groups/remove", USERS, CHANGE, group_remove, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/groups/enter", USERS, CHANGE, group_enter, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/groups/leave", USERS, CHANGE, group_leave, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/groups/grant", USERS, CHANGE, group_grant, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/groups/revoke", USERS, CHANGE, group_revoke, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/systems/add", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, system_add, 0},
        {"POST", "/v1/systems/disable", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, system_disable, 0},
        {"POST", "/v1/systems/enable", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, system_enable, 0},
        {"GET", "/v1/systems", SELF, HF_EVENT_INVALID, system_list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
