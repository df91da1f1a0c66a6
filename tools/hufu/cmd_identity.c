/* cmd_identity.c - hufu login, logout, system. hufu user is in user.c. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "crypto/crypto.h"
#include "factors.h"
#include "session.h"
#include "user.h"

#define PASSWORD_CAP 256

struct login_options {
	const char *account, *password_file, *totp, *totp_file, *device_key, *new_password_file;
};

/* Sets the own password with the session that was just opened; both passwords are wiped by the caller. */
static int renew(struct hf_cli *cli, const char *old, const char *file)
{
	char fresh[PASSWORD_CAP];
	if (!hf_cli_secret(cli, file, "New password", fresh, sizeof(fresh)))
		return HF_EXIT_REFUSED;
	json_t *in = json_object();
	hf_cli_put(in, "old", old);
	hf_cli_put(in, "password", fresh);
	hf_wipe(fresh, sizeof(fresh));
	return hf_cli_call(cli, "POST", "/v1/users/password", in, NULL);
}

static int add_factors(struct hf_cli *cli, const struct login_options *o, json_t *in)
{
	char code[8];
	if (o->totp)
		hf_cli_put(in, "totp", o->totp);
	if (o->totp_file) {
		if (!factor_code(cli, o->totp_file, code))
			return HF_EXIT_REFUSED;
		hf_cli_put(in, "totp", code);
	}
	return o->device_key ? factor_device(cli, o->account, o->device_key, false, in, "device_signature", false)
	                     : HF_EXIT_DONE;
}

static int opened(struct hf_cli *cli, const struct login_options *o, const char *password, json_t *out)
{
	bool expired = json_is_true(json_object_get(out, "password_expired"));
	const char *token = json_string_value(json_object_get(out, "token"));
	if (!token || !session_save(cli, o->account, token))
		return HF_EXIT_REFUSED;
	cli->as = o->account;
	cli->session = NULL;
	if (expired && o->new_password_file) {
		int status = renew(cli, password, o->new_password_file);
		if (status != HF_EXIT_DONE)
			return status;
		expired = false;
		json_object_set_new(out, "password_expired", json_false());
	}
	if (cli->json) {
		hf_cli_json(out);
		return HF_EXIT_DONE;
	}
	printf("logged in as %s until %s\n", o->account, json_string_value(json_object_get(out, "expires")));
	if (json_is_true(json_object_get(out, "concurrent")))
		printf("the account has another open session; accounts are not shared\n");
	if (expired)
		printf("set an own password now, with `hufu user password`; until then nothing else is possible\n");
	return HF_EXIT_DONE;
}

static int login(struct hf_cli *cli, int argc, char **argv)
{
	struct login_options o = {0};
	const struct hf_opt opts[] = {{"account", &o.account, NULL, NULL},
	                              {"password-file", &o.password_file, NULL, NULL},
	                              {"totp", &o.totp, NULL, NULL},
	                              {"totp-secret-file", &o.totp_file, NULL, NULL},
	                              {"device-key", &o.device_key, NULL, NULL},
	                              {"new-password-file", &o.new_password_file, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char password[PASSWORD_CAP];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (!o.account)
		o.account = cli->as;
	if (!o.account)
		return hf_cli_misuse(cli, "who logs in? Give --account NAME");
	if (!hf_cli_node(cli))
		return HF_EXIT_USAGE;
	if (!hf_cli_secret(cli, o.password_file, "Password", password, sizeof(password)))
		return HF_EXIT_REFUSED;
	cli->as = o.account;
	json_t *in = json_object();
	hf_cli_put(in, "account", o.account);
	hf_cli_put(in, "password", password);
	int status = add_factors(cli, &o, in);
	if (status != HF_EXIT_DONE)
		json_decref(in);
	else
		status = hf_cli_call(cli, "POST", "/v1/login", in, &out);
	if (status == HF_EXIT_DONE)
		status = opened(cli, &o, password, out);
	hf_wipe(password, sizeof(password));
	json_decref(out);
	return status;
}

static int logout(struct hf_cli *cli, int argc, char **argv)
{
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_do(cli, "POST", "/v1/logout", NULL, "logged out", NULL);
	if (status != HF_EXIT_UNREACHABLE)
		session_forget(cli);
	return status;
}

static int system_add(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *department = NULL, *address = NULL, *business = NULL;
	const struct hf_opt opts[] = {{"department", &department, NULL, NULL},
	                              {"address", &address, NULL, NULL},
	                              {"business", &business, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "system", pos[0]);
	hf_cli_put(in, "department", department);
	hf_cli_put(in, "address", address);
	hf_cli_put(in, "business", business);
	return hf_cli_do(cli, "POST", "/v1/systems/add", in, "the system %s is registered", "system");
}

static int system_switch(struct hf_cli *cli, int argc, char **argv, const char *path, const char *said)
{
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "system", pos[0]);
	return hf_cli_do(cli, "POST", path, in, said, NULL);
}

static int system_disable(struct hf_cli *cli, int argc, char **argv)
{
	return system_switch(cli, argc, argv, "/v1/systems/disable",
	                     "the system is disabled; nothing is fetched for it any more");
}

static int system_enable(struct hf_cli *cli, int argc, char **argv)
{
	return system_switch(cli, argc, argv, "/v1/systems/enable", "the system is enabled");
}

static int system_list(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"SYSTEM", "system", 0},      {"DEPARTMENT", "department", 0},
	                                           {"BUSINESS", "business", 40}, {"ADDRESS", "address", 0},
	                                           {"ENABLED", "enabled", 0},    {NULL, NULL, 0}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/systems", NULL, &out);
	if (status != HF_EXIT_DONE)
		return status;
	hf_cli_table(cli, out, "systems", columns, "no business system is registered; add one with `hufu system add`");
	json_decref(out);
	return HF_EXIT_DONE;
}

const struct hf_command hf_commands_identity[] = {
        {"login", NULL, "open a session",
         "hufu login --account NAME [--password-file FILE] [--totp CODE | --totp-secret-file FILE]\n"
         "           [--device-key FILE] [--new-password-file FILE]\n"
         "Without --password-file the password is asked for on the terminal. --new-password-file sets the own "
         "password\n"
         "when the present one is a one-time password or has expired.\n"
         "example:\n"
         "  hufu login --node /var/lib/hufu/transport --account li.wei",
         login},
        {"logout", NULL, "end the session", "hufu logout [--as ACCOUNT]\nexample:\n  hufu logout --as li.wei", logout},
        {"user", "first", "make the first account, an administrator",
         "hufu user first --account NAME --display-name TEXT --real-name REFERENCE [--token-file FILE]\n"
         "                [--password-file FILE]\n"
         "The token is in DIR/run/first-user.token while the node has no account; it is good once.\n"
         "example:\n"
         "  hufu user first --account li.wei --display-name 李伟 --real-name HR-0001",
         user_first},
        {"user", "add", "make an account with a one-time password",
         "hufu user add NAME --display-name TEXT --real-name REFERENCE [--department NAME] [--role ROLE]...\n"
         "              [--password-file FILE]\n"
         "The person sets an own password at the first login. Without --real-name the account stays inactive.\n"
         "example:\n"
         "  hufu user add wang.fang --display-name 王芳 --real-name HR-0002 --role operator --password-file once.txt",
         user_add},
        {"user", "list", "who has an account", "hufu user list\nexample:\n  hufu user list --json", user_list},
        {"user", "show", "one account in full", "hufu user show NAME\nexample:\n  hufu user show wang.fang", user_show},
        {"user", "edit", "change name, real-name reference or department",
         "hufu user edit NAME [--display-name TEXT] [--real-name REFERENCE] [--department NAME]\n"
         "example:\n  hufu user edit wang.fang --department highways",
         user_edit},
        {"user", "roles", "set the roles of an account, or list the roles there are",
         "hufu user roles NAME [--role ROLE]...\n"
         "       hufu user roles --list\n"
         "Replaces the account's own roles. Nobody changes his own.\n"
         "example:\n  hufu user roles wang.fang --role data-authority --role intake",
         user_roles},
        {"user", "changes", "changes of rights that wait for a second administrator",
         "hufu user changes\nexample:\n  hufu user changes --json", user_changes},
        {"user", "approve-roles", "approve a change of rights that another administrator asked for",
         "hufu user approve-roles NAME --change ID\n"
         "Where accounts.review_rights is set. Neither who asked for it nor whose roles they are approves.\n"
         "example:\n  hufu user approve-roles wang.fang --change 0198a7c2-5d1e-7a3b-9c44-1f2e3d4c5b6a",
         user_approve_roles},
        {"user", "reject-roles", "reject a change of rights that waits",
         "hufu user reject-roles NAME --change ID\n"
         "example:\n  hufu user reject-roles wang.fang --change 0198a7c2-5d1e-7a3b-9c44-1f2e3d4c5b6a",
         user_reject_roles},
        {"user", "disable", "close an account for the time being",
         "hufu user disable NAME --reason TEXT\nexample:\n  hufu user disable wang.fang --reason 'on leave'",
         user_disable},
        {"user", "enable", "open a disabled or locked account again",
         "hufu user enable NAME\nexample:\n  hufu user enable wang.fang", user_enable},
        {"user", "remove", "deregister an account: sessions and rights end at once",
         "hufu user remove NAME --reason TEXT\nexample:\n  hufu user remove wang.fang --reason 'left the office'",
         user_remove},
        {"user", "password", "set the own password",
         "hufu user password [--old-file FILE] [--password-file FILE]\n"
         "example:\n  hufu user password --as wang.fang",
         user_password},
        {"user", "reset-password", "give an account a new one-time password",
         "hufu user reset-password NAME [--password-file FILE]\n"
         "The person gets a new signing key at the next login.\n"
         "example:\n  hufu user reset-password wang.fang --password-file once.txt",
         user_reset},
        {"user", "totp", "enrol one-time codes as second factor",
         "hufu user totp [--secret-file FILE]\n"
         "       hufu user totp --confirm CODE\n"
         "Shows the secret and its otpauth link for an authenticator; confirm it with the first code. With "
         "--secret-file the\n"
         "secret is written there and confirmed at once.\n"
         "example:\n  hufu user totp --as li.wei",
         user_totp},
        {"user", "device-key", "enrol a key on this machine as second factor",
         "hufu user device-key --key-file FILE\n"
         "The key is made when the file is not there. The session has two factors afterwards.\n"
         "example:\n  hufu user device-key --key-file ~/.hufu-device.key --as li.wei",
         user_device_key},
        {"user", "group", "groups of accounts that are managed as a whole",
         "hufu user group list\n"
         "       hufu user group add|remove GROUP\n"
         "       hufu user group enter|leave GROUP ACCOUNT\n"
         "       hufu user group grant|revoke GROUP ROLE\n"
         "example:\n  hufu user group grant night-shift operator",
         user_group},
        {"system", "add", "register a business system",
         "hufu system add NAME [--department NAME] [--address ADDRESS] [--business TEXT]\n"
         "example:\n  hufu system add road-planning --department highways --business 路网规划",
         system_add},
        {"system", "list", "the registered business systems", "hufu system list\nexample:\n  hufu system list",
         system_list},
        {"system", "disable", "stop everything for a business system",
         "hufu system disable NAME\nexample:\n  hufu system disable road-planning", system_disable},
        {"system", "enable", "allow a disabled business system again",
         "hufu system enable NAME\nexample:\n  hufu system enable road-planning", system_enable},
        {NULL, NULL, NULL, NULL, NULL},
};
