/* session.c - see session.h: one file per open session, chosen by --as. */
#include "session.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ids.h"

#define PATH_CAP 1200

static bool folder(const struct hf_cli *cli, char out[PATH_CAP])
{
	int n = snprintf(out, PATH_CAP, "%s/run/sessions", cli->node);
	return n > 0 && n < PATH_CAP - HF_NAME_MAX - 2;
}

/* The only account with a session; count gets how many there are. */
static void find_only(const char *dir, struct hf_name *ret_name, size_t *ret_count)
{
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d)) != NULL;)
		*ret_count += hf_name_parse(e->d_name, ret_name);
	if (d)
		closedir(d);
}

static bool choose(struct hf_cli *cli, char path[PATH_CAP])
{
	struct hf_name name = {""};
	size_t count = 0;
	path[0] = '\0';
	if (!folder(cli, path))
		return false;
	if (cli->as) {
		if (!hf_name_parse(cli->as, &name)) {
			hf_cli_misuse(cli, "'%s' is no account's name", cli->as);
			return false;
		}
	} else {
		find_only(path, &name, &count);
		if (count > 1) {
			hf_cli_misuse(cli,
			              "several accounts are logged in; choose one with --as ACCOUNT or HUFU_ACCOUNT");
			return false;
		}
	}
	size_t len = strlen(path);
	snprintf(path + len, PATH_CAP - len, "/%s", name.s);
	return true;
}

bool session_load(struct hf_cli *cli, char out[SESSION_TEXT])
{
	struct hf_buf bytes = HF_BUF_INIT;
	char path[PATH_CAP];
	out[0] = '\0';
	if (cli->session) {
		snprintf(out, SESSION_TEXT, "%s", cli->session);
		return true;
	}
	if (!cli->node)
		return true;
	if (!choose(cli, path))
		return false;
	if (hf_file_read(path, SESSION_TEXT, &bytes) == HF_OK && bytes.len > 0)
		snprintf(out, SESSION_TEXT, "%.*s", (int)strcspn((const char *)bytes.data, "\n"),
		         (const char *)bytes.data);
	hf_buf_done(&bytes);
	return true;
}

bool session_save(struct hf_cli *cli, const char *account, const char *token)
{
	char path[PATH_CAP];
	struct hf_name name;
	if (!cli->node) /* --socket alone: the caller keeps the token himself */
		return true;
	if (!folder(cli, path) || !hf_name_parse(account, &name))
		return false;
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		hf_cli_fail(cli, "the folder %s cannot be made: %s", path, strerror(errno));
		return false;
	}
	size_t len = strlen(path);
	snprintf(path + len, PATH_CAP - len, "/%s", name.s);
	if (hf_file_write(path, token, strlen(token), 0600) == HF_OK)
		return true;
	hf_cli_fail(cli, "the session cannot be kept in %s", path);
	return false;
}

void session_forget(struct hf_cli *cli)
{
	char path[PATH_CAP];
	if (!cli->session && cli->node && choose(cli, path))
		unlink(path);
}
