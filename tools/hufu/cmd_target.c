/*
 * cmd_target.c - hufu target: the databases that deliveries may be loaded into.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "crypto/crypto.h"

static const struct hf_column columns[] = {
        {"NAME", "name", 0},
        {"KIND", "kind", 0},
        {"ENABLED", "enabled", 0},
        {"DEPARTMENT", "department", 20},
        {"PASSWORD", "password", 0},
        {"PLACE", "place", 60},
        {NULL, NULL, 0},
};

static bool is_database(const char *place)
{
	return strncmp(place, "postgresql://", 13) == 0;
}

/* The node resolves no relative path: it runs somewhere else. */
static bool put_place(struct hf_cli *cli, json_t *in, const char *place)
{
	char cwd[PATH_MAX], full[2 * PATH_MAX];

	if (place[0] == '/' || is_database(place)) {
		hf_cli_put(in, "place", place);
		return true;
	}
	if (!getcwd(cwd, sizeof(cwd))) {
		hf_cli_fail(cli, "the current folder has no name; give an absolute path");
		return false;
	}
	snprintf(full, sizeof(full), "%s/%s", cwd, place);
	hf_cli_put(in, "place", full);
	return true;
}

static bool put_password(struct hf_cli *cli, json_t *in, const char *file)
{
	char password[256];
	bool ok = hf_cli_secret(cli, file, "Password of the database's role", password, sizeof(password));

	if (ok)
		hf_cli_put(in, "password", password);
	hf_wipe(password, sizeof(password));
	return ok;
}

static int add(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *department = NULL, *password = NULL;
	const struct hf_opt opts[] = {
	        {"department", &department, NULL, NULL},
	        {"password-file", &password, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "name", pos[0]);
	hf_cli_put(in, "kind", is_database(pos[1]) ? "postgresql" : "sqlite");
	hf_cli_put(in, "department", department);
	if (!put_place(cli, in, pos[1]) || ((password || is_database(pos[1])) && !put_password(cli, in, password))) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return hf_cli_do(cli, "POST", "/v1/targets/add", in, "the target %s is registered", "name");
}

static int update(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *password = NULL;
	const struct hf_opt opts[] = {{"password-file", &password, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "name", pos[0]);
	if (!put_password(cli, in, password)) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return hf_cli_do(cli, "POST", "/v1/targets/update", in, "the target %s has a new password", "name");
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, "GET", "/v1/targets", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "targets", columns, "no database is registered; add one with `hufu target add`");
	json_decref(out);
	return status;
}

static int one(struct hf_cli *cli, int argc, char **argv, const char *route, const char *said)
{
	const char *pos[1];

	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", route, hf_cli_with("name", pos[0]), said, "name");
}

static int enable(struct hf_cli *cli, int argc, char **argv)
{
	return one(cli, argc, argv, "/v1/targets/enable", "the target %s is enabled");
}

static int disable(struct hf_cli *cli, int argc, char **argv)
{
	return one(cli, argc, argv, "/v1/targets/disable",
	           "the target %s is disabled; nothing is loaded into it any more");
}

static int drop(struct hf_cli *cli, int argc, char **argv)
{
	return one(cli, argc, argv, "/v1/targets/remove",
	           "the target %s is removed; what was loaded into it stays there");
}

const struct hf_command hf_commands_target[] = {
        {"target", "add", "register a database that deliveries may be loaded into",
         "hufu target add NAME FILE [--department NAME]\n"
         "hufu target add NAME postgresql://USER@HOST[:PORT]/DATABASE[?sslrootcert=FILE] [--password-file FILE]\n"
         "                [--department NAME]\n"
         "\n"
         "  FILE             an SQLite file, which the node makes when it is not there\n"
         "  --password-file  the password of the role, which is kept encrypted under the node's key; asked for on the\n"
         "                   terminal when left out\n"
         "  --department     only this department loads into it\n"
         "\n"
         "`hufu fetch --to NAME/TABLE` loads a delivery into it. A table that no delivery of the same entry made is\n"
         "never replaced.\n"
         "\n"
         "example:\n"
         "  hufu target add warehouse postgresql://loader@127.0.0.1/tolls --password-file loader.password\n",
         add},
        {"target", "list", "the registered databases", "hufu target list\nexample:\n  hufu target list", list},
        {"target", "update", "give a new password",
         "hufu target update NAME [--password-file FILE]\nexample:\n  hufu target update warehouse --password-file "
         "loader.password",
         update},
        {"target", "enable", "allow loading into a disabled one again",
         "hufu target enable NAME\nexample:\n  hufu target enable warehouse", enable},
        {"target", "disable", "stop loading into it",
         "hufu target disable NAME\nexample:\n  hufu target disable warehouse", disable},
        {"target", "remove", "forget it and its password",
         "hufu target remove NAME\nexample:\n  hufu target remove warehouse", drop},
        {NULL, NULL, NULL, NULL, NULL},
};
