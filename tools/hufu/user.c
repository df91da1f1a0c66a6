/* user.c - accounts, passwords, second factors and groups. Secrets come from the terminal or a closed file, never from
 * arguments. */
#include "user.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "factors.h"

#define PASSWORD_CAP 256

/* Asks twice on a terminal. */
static bool new_password(struct hf_cli *cli, const char *file, const char *prompt, char out[PASSWORD_CAP])
{
	char again[PASSWORD_CAP];
	if (!hf_cli_secret(cli, file, prompt, out, PASSWORD_CAP))
		return false;
	if (file)
		return true;
	bool same = hf_cli_secret(cli, NULL, "The same again", again, sizeof(again)) && strcmp(out, again) == 0;
	hf_wipe(again, sizeof(again));
	if (!same)
		hf_cli_fail(cli, "the two passwords differ; try again");
	return same;
}

static bool put_password(struct hf_cli *cli, json_t *in, const char *name, const char *file, const char *prompt)
{
	char password[PASSWORD_CAP];
	bool ok = new_password(cli, file, prompt, password);
	if (ok)
		hf_cli_put(in, name, password);
	hf_wipe(password, sizeof(password));
	return ok;
}

struct person {
	const char *account, *display_name, *real_name, *department, *password_file, *token_file;
	struct hf_list roles;
};

static json_t *person_json(const struct person *p)
{
	json_t *in = json_object();
	hf_cli_put(in, "account", p->account);
	hf_cli_put(in, "display_name", p->display_name);
	hf_cli_put(in, "real_name", p->real_name);
	hf_cli_put(in, "department", p->department);
	hf_cli_put_list(in, "roles", &p->roles);
	return in;
}

int user_first(struct hf_cli *cli, int argc, char **argv)
{
	struct person p = {0};
	const struct hf_opt opts[] = {{"account", &p.account, NULL, NULL},
	                              {"display-name", &p.display_name, NULL, NULL},
	                              {"real-name", &p.real_name, NULL, NULL},
	                              {"token-file", &p.token_file, NULL, NULL},
	                              {"password-file", &p.password_file, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char path[1200], token[80];
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (!p.account || !p.display_name || !p.real_name)
		return hf_cli_misuse(cli, "--account, --display-name and --real-name are needed");
	if (!p.token_file) {
		if (!hf_cli_node(cli))
			return HF_EXIT_USAGE;
		snprintf(path, sizeof(path), "%s/run/first-user.token", cli->node);
		p.token_file = path;
	}
	if (!hf_cli_secret(cli, p.token_file, "", token, sizeof(token)))
		return HF_EXIT_REFUSED;
	json_t *in = person_json(&p);
	hf_cli_put(in, "token", token);
	if (!put_password(cli, in, "password", p.password_file, "Password of the new administrator")) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return hf_cli_do(cli, "POST", "/v1/users/first", in, "the administrator %s is made; log in with `hufu login`",
	                 "account");
}

int user_add(struct hf_cli *cli, int argc, char **argv)
{
	struct person p = {0};
	const struct hf_opt opts[] = {
	        {"display-name", &p.display_name, NULL, NULL},   {"real-name", &p.real_name, NULL, NULL},
	        {"department", &p.department, NULL, NULL},       {"role", NULL, NULL, &p.roles},
	        {"password-file", &p.password_file, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, &p.account, 1, 1))
		return HF_EXIT_USAGE;
	if (!p.display_name)
		return hf_cli_misuse(cli, "--display-name is needed");
	json_t *in = person_json(&p);
	if (!put_password(cli, in, "password", p.password_file, "One-time password")) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return hf_cli_do(cli, "POST", "/v1/users/add", in,
	                 "the account %s is made; its one-time password is good for setting an own one\n"
	                 "(where rights are reviewed, it has its roles when another administrator has approved them)",
	                 "account");
}

static int show(struct hf_cli *cli, const char *path, json_t *in, const char *rows, const struct hf_column *columns,
                const char *none)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", path, in, &out);
	if (status != HF_EXIT_DONE)
		return status;
	if (rows)
		hf_cli_table(cli, out, rows, columns, none);
	else
		hf_cli_details(cli, out, columns);
	json_decref(out);
	return HF_EXIT_DONE;
}

int user_list(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"ACCOUNT", "account", 0},       {"NAME", "display_name", 24},
	                                           {"DEPARTMENT", "department", 0}, {"STATE", "state", 0},
	                                           {"ROLES", "roles", 48},          {"GROUPS", "groups", 32},
	                                           {"LAST LOGIN", "last_login", 0}, {NULL, NULL, 0}};
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return show(cli, "/v1/users", NULL, "accounts", columns, "there is no account");
}

static json_t *account_json(const char *account)
{
	json_t *in = json_object();
	hf_cli_put(in, "account", account);
	return in;
}

int user_show(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"account", "account", 0},
	                                           {"name", "display_name", 0},
	                                           {"real name", "real_name", 0},
	                                           {"department", "department", 0},
	                                           {"state", "state", 0},
	                                           {"reason", "state_reason", 0},
	                                           {"roles", "roles", 0},
	                                           {"own roles", "own_roles", 0},
	                                           {"groups", "groups", 0},
	                                           {"factors", "factors", 0},
	                                           {"sessions", "sessions", 0},
	                                           {"created", "created", 0},
	                                           {"last login", "last_login", 0},
	                                           {"password set", "password_set", 0},
	                                           {"one-time password", "one_time_password", 0},
	                                           {"signing key", "public_key", 0},
	                                           {NULL, NULL, 0}};
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	return show(cli, "/v1/users/show", account_json(pos[0]), NULL, columns, NULL);
}

int user_edit(struct hf_cli *cli, int argc, char **argv)
{
	struct person p = {0};
	const struct hf_opt opts[] = {{"display-name", &p.display_name, NULL, NULL},
	                              {"real-name", &p.real_name, NULL, NULL},
	                              {"department", &p.department, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, &p.account, 1, 1))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", "/v1/users/edit", person_json(&p), "the account is changed", NULL);
}

int user_roles(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"ROLE", "role", 0}, {"GROUP", "group", 0}, {"PERMISSIONS", "permissions", 0}, {NULL, NULL, 0}};
	const char *pos[1];
	struct hf_list roles = {.count = 0};
	bool list = false;
	const struct hf_opt opts[] = {
	        {"role", NULL, NULL, &roles}, {"list", NULL, &list, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1))
		return HF_EXIT_USAGE;
	if (list)
		return show(cli, "/v1/roles", NULL, "roles", columns, "");
	if (!pos[0])
		return hf_cli_misuse(cli, "whose roles? Give the account, or --list");
	json_t *in = account_json(pos[0]);
	hf_cli_put_list(in, "roles", &roles);
	json_t *out = NULL;
	int status = hf_cli_call(cli, "POST", "/v1/users/roles", in, &out);
	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	else if (status == HF_EXIT_DONE && json_object_get(out, "change"))
		printf("change %s waits for another administrator: hufu user approve-roles %s --change %s\n",
		       json_string_value(json_object_get(out, "change")), pos[0],
		       json_string_value(json_object_get(out, "change")));
	else if (status == HF_EXIT_DONE)
		printf("the roles are set; they act on the next request\n");
	json_decref(out);
	return status;
}

int user_changes(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"ACCOUNT", "account", 0}, {"ROLES", "roles", 48},
	                                           {"ASKED BY", "by", 0},     {"ASKED", "asked", 0},
	                                           {"CHANGE", "change", 0},   {NULL, NULL, 0}};
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return show(cli, "/v1/users/changes", NULL, "changes", columns, "no change of rights waits");
}

static int answer_change(struct hf_cli *cli, int argc, char **argv, const char *path, const char *said)
{
	const char *pos[1], *change = NULL;
	const struct hf_opt opts[] = {{"change", &change, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!change)
		return hf_cli_misuse(cli, "--change is missing: which one, as `hufu user changes` shows it");
	json_t *in = account_json(pos[0]);
	hf_cli_put(in, "change", change);
	return hf_cli_do(cli, "POST", path, in, said, NULL);
}

int user_approve_roles(struct hf_cli *cli, int argc, char **argv)
{
	return answer_change(cli, argc, argv, "/v1/users/changes/approve",
	                     "the roles are set; they act on the next request");
}

int user_reject_roles(struct hf_cli *cli, int argc, char **argv)
{
	return answer_change(cli, argc, argv, "/v1/users/changes/reject", "the roles stay as they are");
}

static int with_reason(struct hf_cli *cli, int argc, char **argv, const char *path, const char *said)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is needed; it is recorded");
	json_t *in = account_json(pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", path, in, said, NULL);
}

int user_disable(struct hf_cli *cli, int argc, char **argv)
{
	return with_reason(cli, argc, argv, "/v1/users/disable", "the account is disabled and its sessions are ended");
}

int user_remove(struct hf_cli *cli, int argc, char **argv)
{
	return with_reason(cli, argc, argv, "/v1/users/remove",
	                   "the account is deregistered; its sessions and rights are ended");
}

int user_enable(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", "/v1/users/enable", account_json(pos[0]), "the account is active", NULL);
}

int user_password(struct hf_cli *cli, int argc, char **argv)
{
	const char *old_file = NULL, *file = NULL;
	const struct hf_opt opts[] = {
	        {"old-file", &old_file, NULL, NULL}, {"password-file", &file, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char old[PASSWORD_CAP];
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (!hf_cli_secret(cli, old_file, "Present password", old, sizeof(old)))
		return HF_EXIT_REFUSED;
	json_t *in = json_object();
	hf_cli_put(in, "old", old);
	hf_wipe(old, sizeof(old));
	if (!put_password(cli, in, "password", file, "New password")) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return hf_cli_do(cli, "POST", "/v1/users/password", in,
	                 "the password is set; other sessions of the account are ended", NULL);
}

int user_reset(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *file = NULL;
	const struct hf_opt opts[] = {{"password-file", &file, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = account_json(pos[0]);
	if (!put_password(cli, in, "password", file, "One-time password")) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return hf_cli_do(cli, "POST", "/v1/users/reset-password", in,
	                 "the one-time password is set; the account's sessions are ended", NULL);
}

static int confirm(struct hf_cli *cli, const char *code)
{
	json_t *in = json_object();
	hf_cli_put(in, "code", code);
	return hf_cli_do(cli, "POST", "/v1/users/totp-confirm", in,
	                 "one-time codes are the second factor; this session has two factors now", NULL);
}

/* Keeps the secret in the file and confirms with its present code. */
static int keep_secret(struct hf_cli *cli, const char *file, const char *secret)
{
	char code[8];
	if (hf_file_write(file, secret, strlen(secret), 0600) != HF_OK)
		return hf_cli_fail(cli, "the secret cannot be written to %s", file);
	return factor_code(cli, file, code) ? confirm(cli, code) : HF_EXIT_REFUSED;
}

int user_totp(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"secret", "secret", 0}, {"link", "uri", 0}, {NULL, NULL, 0}};
	const char *code = NULL, *file = NULL;
	const struct hf_opt opts[] = {
	        {"confirm", &code, NULL, NULL}, {"secret-file", &file, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (code)
		return confirm(cli, code);
	int status = hf_cli_call(cli, "POST", "/v1/users/totp", NULL, &out);
	if (status != HF_EXIT_DONE)
		return status;
	if (file) {
		const char *secret = json_string_value(json_object_get(out, "secret"));
		status = keep_secret(cli, file, secret ? secret : "");
	} else {
		hf_cli_details(cli, out, columns);
		if (!cli->json)
			puts("enter the secret in an authenticator and confirm with `hufu user totp --confirm CODE`");
	}
	json_decref(out);
	return status;
}

static int own_account(struct hf_cli *cli, char *out, size_t cap)
{
	json_t *o = NULL;
	int status = hf_cli_call(cli, "GET", "/v1/session", NULL, &o);
	if (status == HF_EXIT_DONE) {
		const char *account = json_string_value(json_object_get(o, "account"));
		snprintf(out, cap, "%s", account ? account : "");
	}
	json_decref(o);
	return status;
}

int user_device_key(struct hf_cli *cli, int argc, char **argv)
{
	const char *file = NULL;
	const struct hf_opt opts[] = {{"key-file", &file, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char account[80];
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (!file)
		return hf_cli_misuse(cli, "--key-file is needed");
	int status = own_account(cli, account, sizeof(account));
	if (status != HF_EXIT_DONE)
		return status;
	json_t *in = json_object();
	status = factor_device(cli, account, file, true, in, "signature", true);
	if (status != HF_EXIT_DONE) {
		json_decref(in);
		return status;
	}
	return hf_cli_do(cli, "POST", "/v1/users/device-key", in,
	                 "the device key is enrolled; this session has two factors now", NULL);
}

/* What follows the group's name. */
static const struct group_verb {
	const char *verb, *path, *third, *said;
} group_verbs[] = {
        {"add", "/v1/groups/add", NULL, "the group is made"},
        {"remove", "/v1/groups/remove", NULL, "the group is removed; its members keep their own roles"},
        {"enter", "/v1/groups/enter", "account", "the account is in the group"},
        {"leave", "/v1/groups/leave", "account", "the account has left the group"},
        {"grant", "/v1/groups/grant", "role", "every member has the role"},
        {"revoke", "/v1/groups/revoke", "role", "the role is taken from the group"},
};

int user_group(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"GROUP", "group", 0}, {"ROLES", "roles", 48}, {"MEMBERS", "members", 60}, {NULL, NULL, 0}};
	const char *pos[3];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 3))
		return HF_EXIT_USAGE;
	if (strcmp(pos[0], "list") == 0)
		return show(cli, "/v1/groups", NULL, "groups", columns,
		            "there is no group; make one with `hufu user group add`");
	for (size_t i = 0; i < sizeof(group_verbs) / sizeof(group_verbs[0]); i++) {
		const struct group_verb *v = &group_verbs[i];
		if (strcmp(v->verb, pos[0]) != 0)
			continue;
		if (!pos[1] || !pos[2] != !v->third)
			return hf_cli_misuse(cli, "'group %s' needs the group%s%s", v->verb,
			                     v->third ? " and the " : "", v->third ? v->third : "");
		json_t *in = json_object();
		hf_cli_put(in, "group", pos[1]);
		if (v->third)
			hf_cli_put(in, v->third, pos[2]);
		return hf_cli_do(cli, "POST", v->path, in, v->said, NULL);
	}
	return hf_cli_misuse(cli, "there is no 'group %s'", pos[0]);
}
