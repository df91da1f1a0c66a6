/* args.c - options and arguments of one command; where the node is; secrets. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "crypto/crypto.h"

static const struct hf_opt *find_opt(const struct hf_opt *opts, const char *arg, const char **ret_value)
{
	size_t len = strcspn(arg, "=");
	for (; opts && opts->name; opts++)
		if (strlen(opts->name) == len && strncmp(opts->name, arg, len) == 0) {
			*ret_value = arg[len] == '=' ? arg + len + 1 : NULL;
			return opts;
		}
	return NULL;
}

static bool store(struct hf_cli *cli, const struct hf_opt *o, const char *value)
{
	if (o->text) {
		*o->text = value;
		return true;
	}
	if (o->list->count < sizeof(o->list->item) / sizeof(o->list->item[0])) {
		o->list->item[o->list->count++] = value;
		return true;
	}
	hf_cli_misuse(cli, "--%s is given too often", o->name);
	return false;
}

/* Returns how many arguments the option took, 0 after an error. */
static int read_opt(struct hf_cli *cli, int left, char **argv, const struct hf_opt *opts)
{
	const char *value = NULL;
	const struct hf_opt *o = find_opt(opts, argv[0] + 2, &value);
	if (!o) {
		hf_cli_misuse(cli, "there is no option %s", argv[0]);
		return 0;
	}
	if (o->flag) {
		if (value)
			hf_cli_misuse(cli, "--%s takes no value", o->name);
		*o->flag = true;
		return value ? 0 : 1;
	}
	if (!value && left < 2) {
		hf_cli_misuse(cli, "--%s needs a value", o->name);
		return 0;
	}
	return store(cli, o, value ? value : argv[1]) ? (value ? 1 : 2) : 0;
}

bool hf_cli_args(struct hf_cli *cli, int argc, char **argv, const struct hf_opt *opts, const char **pos, size_t pos_min,
                 size_t pos_max)
{
	size_t count = 0;
	bool options = true;
	for (size_t i = 0; i < pos_max; i++)
		pos[i] = NULL;
	for (int i = 0; i < argc;) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			i++;
		} else if (options && strncmp(argv[i], "--", 2) == 0) {
			int took = read_opt(cli, argc - i, argv + i, opts);
			if (took == 0)
				return false;
			i += took;
		} else if (count < pos_max) {
			pos[count++] = argv[i++];
		} else {
			hf_cli_misuse(cli, "'%s' is one argument too many", argv[i]);
			return false;
		}
	}
	if (count < pos_min)
		hf_cli_misuse(cli,
		              "%zu of the %zu arguments that the command needs %s missing; they stand in capitals in "
		              "the usage",
		              pos_min - count, pos_min, pos_min - count == 1 ? "is" : "are");
	return count >= pos_min;
}

const char *hf_cli_node(struct hf_cli *cli)
{
	if (!cli->node || !*cli->node) {
		hf_cli_misuse(cli, "which node? Give its folder with --node DIR or HUFU_NODE");
		return NULL;
	}
	return cli->node;
}

static bool read_line(int fd, char *out, size_t cap)
{
	size_t len = 0;
	for (char c; len + 1 < cap && read(fd, &c, 1) == 1 && c != '\n';)
		out[len++] = c;
	while (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	return len > 0;
}

static bool secret_from_file(struct hf_cli *cli, const char *file, char *out, size_t cap)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool readable = fd >= 0 && fstat(fd, &st) == 0;
	const char *why = readable ? "" : strerror(errno);
	bool closed = readable && (!S_ISREG(st.st_mode) || (st.st_mode & 077) == 0);
	bool ok = closed && read_line(fd, out, cap);
	if (fd >= 0)
		close(fd);
	if (!readable)
		hf_cli_fail(cli, "the file %s cannot be read: %s", file, why);
	else if (!closed)
		hf_cli_fail(cli, "the file %s can be read by others; run `chmod 600` on it", file);
	else if (!ok)
		hf_cli_fail(cli, "the first line of %s is empty; it must hold the secret", file);
	return ok;
}

static bool secret_from_terminal(struct hf_cli *cli, const char *prompt, char *out, size_t cap)
{
	struct termios old, quiet;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || tcgetattr(fd, &old) != 0) {
		if (fd >= 0)
			close(fd);
		hf_cli_fail(cli, "there is no terminal to ask for the secret; name a file that holds it (see --help)");
		return false;
	}
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fd, TCSAFLUSH, &quiet);
	dprintf(fd, "%s: ", prompt);
	bool ok = read_line(fd, out, cap);
	tcsetattr(fd, TCSAFLUSH, &old);
	dprintf(fd, "\n");
	close(fd);
	if (!ok)
		hf_cli_fail(cli, "nothing was entered");
	return ok;
}

bool hf_cli_secret(struct hf_cli *cli, const char *file, const char *prompt, char *out, size_t cap)
{
	return file ? secret_from_file(cli, file, out, cap) : secret_from_terminal(cli, prompt, out, cap);
}

bool hf_cli_number(struct hf_cli *cli, const char *name, const char *text, uint32_t max, uint32_t *number)
{
	char *end;
	if (!text)
		return true;
	unsigned long n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || strlen(text) > 10 || n < 1 || n > max) {
		hf_cli_misuse(cli, "--%s is '%s'; give a whole number from 1 to %u", name, text, max);
		return false;
	}
	*number = (uint32_t)n;
	return true;
}

bool hf_cli_put_finding(struct hf_cli *cli, json_t *in, const char *point, const char *value)
{
	bool ok = value && strncmp(value, "ok", 2) == 0, no = value && strncmp(value, "no", 2) == 0;
	if (!value) {
		hf_cli_misuse(cli, "--%s is missing: ok, ok=TEXT or no=TEXT", point);
		return false;
	}
	if ((!ok && !no) || (value[2] != '\0' && value[2] != '=') || (no && (value[2] != '=' || !value[3]))) {
		hf_cli_misuse(cli, "--%s must be ok, ok=TEXT or no=TEXT", point);
		return false;
	}
	json_t *o = json_object();
	json_object_set_new(o, "ok", json_boolean(ok));
	hf_cli_put(o, "text", value[2] == '=' ? value + 3 : NULL);
	json_object_set_new(in, point, o);
	return true;
}

bool hf_cli_absolute(struct hf_cli *cli, const char *path, char *out)
{
	char cwd[PATH_MAX - 512];
	if (path[0] == '/')
		return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
	if (getcwd(cwd, sizeof(cwd)) && snprintf(out, PATH_MAX, "%s/%s", cwd, path) < PATH_MAX)
		return true;
	hf_cli_fail(cli, "%s: the path is too long; give a shorter one", path);
	return false;
}
