/*
 * main.c - the operator's command: options that every command knows, finding the command's row, help.
 *
 * Exit status: 0 done, 1 refused by policy or state, 2 wrong usage, 3 node or peer unreachable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli.h"
#include "crypto/crypto.h"

static const char head[] =
        "usage: hufu COMMAND [SUBCOMMAND] [ARGUMENTS] [OPTIONS]\n"
        "\n"
        "Options of every command:\n"
        "  --node DIR      the node's folder (or HUFU_NODE)\n"
        "  --as ACCOUNT    whose session to use (or HUFU_ACCOUNT); a token in HUFU_SESSION goes before\n"
        "  --socket FILE   the node's socket (or HUFU_SOCKET), when it is not DIR/run/api.sock\n"
        "  --json          print the answer as JSON\n"
        "  --help          explain the command, with an example\n"
        "\n"
        "Commands:\n";

static int row_width(const struct hf_command *c)
{
	return (int)(strlen(c->name) + (c->sub ? strlen(c->sub) + 1 : 0));
}

static void print_row(const struct hf_command *c)
{
	printf("  %s%s%s%*s%s\n", c->name, c->sub ? " " : "", c->sub ? c->sub : "",
	       24 - row_width(c) > 1 ? 24 - row_width(c) : 1, "", c->help);
}

/* name NULL: all commands. Returns how many were printed. */
static size_t print_rows(const char *name)
{
	size_t n = 0;
	for (const struct hf_command *const *t = hf_command_tables; *t; t++)
		for (const struct hf_command *c = *t; c->name; c++) {
			if (name && strcmp(c->name, name) != 0)
				continue;
			print_row(c);
			n++;
		}
	return n;
}

static const struct hf_command *find(const char *name, const char *sub)
{
	for (const struct hf_command *const *t = hf_command_tables; *t; t++)
		for (const struct hf_command *c = *t; c->name; c++)
			if (strcmp(c->name, name) == 0 && (!c->sub || (sub && strcmp(c->sub, sub) == 0)))
				return c;
	return NULL;
}

static int print_all(void)
{
	fputs(head, stdout);
	print_rows(NULL);
	printf("\nexample:\n  hufu status --node /var/lib/hufu/transport\n  hufu catalog search --help\n");
	return HF_EXIT_DONE;
}

static int unknown(const char *name, const char *sub)
{
	bool known = false;
	for (const struct hf_command *const *t = hf_command_tables; *t && !known; t++)
		for (const struct hf_command *c = *t; c->name && !known; c++)
			known = strcmp(c->name, name) == 0;
	if (!known) {
		fprintf(stderr, "hufu: there is no command '%s'; `hufu --help` lists them\n", name);
		return HF_EXIT_USAGE;
	}
	if (sub)
		fprintf(stderr, "hufu: '%s' has no subcommand '%s'; `hufu help %s` lists them:\n", name, sub, name);
	fflush(stderr);
	print_rows(name);
	return HF_EXIT_USAGE;
}

static int help(const char *name, const char *sub)
{
	if (!name)
		return print_all();
	const struct hf_command *c = find(name, sub);
	if (c) {
		printf("%s\n\nusage: %s\n", c->help, c->usage);
		return HF_EXIT_DONE;
	}
	if (!sub && print_rows(name) > 0)
		return HF_EXIT_DONE;
	return unknown(name, sub);
}

/* The value of an option that stands at argv[i] as --name VALUE or --name=VALUE; *skip gets the arguments it takes. */
static const char *value_of(int argc, char **argv, int i, const char *name, int *skip)
{
	size_t len = strlen(name);
	if (strncmp(argv[i], name, len) != 0)
		return NULL;
	if (argv[i][len] == '=') {
		*skip = 1;
		return argv[i] + len + 1;
	}
	if (argv[i][len] != '\0' || i + 1 >= argc)
		return NULL;
	*skip = 2;
	return argv[i + 1];
}

/* Takes the common options out of argv; returns the new count. */
static int take_common(struct hf_cli *cli, int argc, char **argv, bool *want_help)
{
	const struct {
		const char *name;
		const char **value;
	} texts[] = {{"--node", &cli->node}, {"--as", &cli->as}, {"--socket", &cli->socket}};
	int kept = 0, skip = 0;
	for (int i = 0; i < argc; i += skip) {
		skip = 1;
		if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				argv[kept++] = argv[i++];
			break;
		}
		bool taken = false;
		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]) && !taken; t++) {
			const char *value = value_of(argc, argv, i, texts[t].name, &skip);
			taken = value != NULL;
			if (taken)
				*texts[t].value = value;
		}
		if (taken)
			continue;
		if (strcmp(argv[i], "--json") == 0)
			cli->json = true;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			*want_help = true;
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

static int run(struct hf_cli *cli, int argc, char **argv, bool want_help)
{
	const char *name = argc > 0 ? argv[0] : NULL;
	const char *sub = argc > 1 ? argv[1] : NULL;
	if (name && strcmp(name, "help") == 0)
		return help(sub, argc > 2 ? argv[2] : NULL);
	if (want_help)
		return help(name, sub);
	if (!name) {
		print_all();
		return HF_EXIT_USAGE;
	}
	cli->command = find(name, sub);
	if (!cli->command)
		return unknown(name, sub);
	int used = cli->command->sub ? 2 : 1;
	return cli->command->run(cli, argc - used, argv + used);
}

/* The first argument that is no text, or NULL. */
static const char *find_no_text(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!hf_text_ok(argv[i], strlen(argv[i]), SIZE_MAX))
			return argv[i];
	return NULL;
}

/* An answer that a full disk swallowed was not given. */
static int written(struct hf_cli *cli, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	cli->json = false;
	return status != HF_EXIT_DONE ? status
	                              : hf_cli_fail(cli, "the answer cannot be written to standard output; make room "
	                                                 "where it goes, and ask again");
}

/* Keys and what is masked never leave memory by a core dump, nor by one that goes to a program. */
static void harden_process(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

int main(int argc, char **argv)
{
	struct hf_cli cli = {.node = getenv("HUFU_NODE"),
	                     .as = getenv("HUFU_ACCOUNT"),
	                     .socket = getenv("HUFU_SOCKET"),
	                     .session = getenv("HUFU_SESSION")};
	bool want_help = false;
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return printf("hufu %s\n", HUFU_VERSION), HF_EXIT_DONE;
	umask(0077);
	harden_process();
	if (!hf_crypto_init()) {
		fputs("hufu: the cryptographic libraries cannot be used; check the installation of libsodium and "
		      "OpenSSL\n",
		      stderr);
		return HF_EXIT_REFUSED;
	}
	const char *no_text = find_no_text(argc, argv);
	argc = take_common(&cli, argc - 1, argv + 1, &want_help);
	if (no_text) /* it could go neither to the node nor into an answer, and must not be left out in silence */
		return hf_cli_misuse(
		        &cli,
		        "the argument '%.80s' is not UTF-8 text without control characters; write it so, or "
		        "rename the file that it names",
		        no_text);
	return written(&cli, run(&cli, argc, argv + 1, want_help));
}
